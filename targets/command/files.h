/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * files.h - how the command reads and writes files: whole, gzipped or not; and an
 * output is there in all or not at all.
 */
#ifndef PAGEFUZZ_FILES_H
#define PAGEFUZZ_FILES_H

#include <stdbool.h>
#include <stdio.h>

/* What a file is called in complaints: "-" is standard input. */
const char *pf_input_name(const char *path);
/*
 * Read a whole file ("-": standard input); what is gzipped is unpacked. NULL:
 * complained. Free with free().
 */
unsigned char *pf_read_file(const char *path, size_t *len);
/* The same, but as it is. */
unsigned char *pf_read_raw(const char *path, size_t *len);

/*
 * Open for writing ("-" or NULL: standard output). A file is written beside its place
 * and takes it in pf_close(); what is no file (a device, a pipe) is written directly.
 * NULL: complained.
 */
FILE *pf_create(const char *path);
/*
 * Close what pf_create() returned. False: not everything could be written; then the
 * file is as it was before, and that is said (of standard output, pf_finish_output()
 * says it). With synced, what it holds has reached the disk.
 */
bool pf_close(FILE *f, const char *path);
bool pf_close_synced(FILE *f, const char *path);
/* What was renamed or made in a folder has reached the disk. */
bool pf_sync_folder(const char *path);
/* Close it and leave the place as it was. NULL: nothing. */
void pf_discard(FILE *f);
/* mkdir -p. False: complained. */
bool pf_make_folders(const char *path);

/* First thing of all: a standard stream that is closed is none of the files to come. */
void pf_start_output(void);
/* False: standard output did not get everything. To be asked before a child process ends. */
bool pf_flush_output(void);
/* A child process lost some; error is an errno. */
void pf_output_lost(int error);
/* Last thing of all: `status`, or PF_EXIT_USAGE and a complaint if output was lost. */
int pf_finish_output(int status);

#endif /* PAGEFUZZ_FILES_H */
