/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmd.h - what the subcommands of pagefuzz share: exit statuses, complaints,
 * reading and writing programs, the closing table.
 */
#ifndef PAGEFUZZ_CMD_H
#define PAGEFUZZ_CMD_H

#include <stdio.h>

#include "../../oracle/oracle.h"
#include "../engines/lineup.h"
#include "files.h"
#include "options.h"

enum { PF_EXIT_CLEAN = 0, PF_EXIT_FINDING = 1, PF_EXIT_USAGE = 2 };

struct pf_program {
	struct pf_op *ops;
	size_t nr;
};

/* "pagefuzz: ..." on stderr, one line; returns PF_EXIT_USAGE. */
int pf_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Read a program in text or byte form, gzipped or not ("-": standard input). False:
 * complained. Free ops with free().
 */
bool pf_load(struct pf_program *p, const char *path);
/* What pf_load() makes of a file's content, which it was read from. */
bool pf_load_data(struct pf_program *p, const char *name, const unsigned char *data, size_t len);

/* A number of 0..max, decimal digits and nothing else. False: complained. */
bool pf_number(const char *text, const char *option, unsigned long max, unsigned long *out);

/*
 * Named implementations (NULL: all built-in ones). With options, the machines of
 * machine.h may be among them; what they want of a run is put into options then,
 * which are to be handed to the oracle. False: complained, and nothing to free.
 */
bool pf_open_lineup(const char *names, struct pf_lineup *lineup, struct pf_options *options);
/* An oracle for them. Free the oracle, then the lineup, which the impls are in. */
struct pf_oracle *pf_open_oracle(const char *names, struct pf_lineup *lineup,
				 struct pf_options *options);

/*
 * Where a finding goes if nobody said: findings/WHO-LAW-IMPL-OPERATION.txt; makes the folder.
 * False: complained.
 */
bool pf_finding_path(const char *who, const struct pf_verdict *v, char *path, size_t size);

void pf_write_text(FILE *out, const struct pf_op *ops, size_t n);
bool pf_write_bytes(FILE *out, const struct pf_op *ops, size_t n);
void pf_print_op_to(FILE *out, const struct pf_op *op);

/* The closing table: a line for each implementation. */
void pf_print_figures(FILE *out, const char *const *name, const struct pf_figures *f, unsigned nr);
/* How well whole compactions did, against what was possible; nothing of who had none. */
void pf_print_packing(FILE *out, const char *const *name, const struct pf_figures *f, unsigned nr);
/* Of all lanes together: which conditions were met, and which never were. Nothing if none was. */
void pf_print_probes(FILE *out, const struct pf_figures *f, unsigned nr);
/* Behind it: how memory was left, and which programs one could not run. */
void pf_print_ends(FILE *out, const char *const *name, const struct pf_figures *f, unsigned nr);
void pf_print_table(FILE *out, const struct pf_oracle *o);

int cmd_run(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_asm(int argc, char **argv);
int cmd_min(int argc, char **argv);
int cmd_emit_c(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_impls(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_exhaust(int argc, char **argv);
int cmd_fuzz(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_triage(int argc, char **argv);
int cmd_story(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_generate(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_golden(int argc, char **argv);
int cmd_new(int argc, char **argv);
int cmd_build(int argc, char **argv);
int cmd_results(int argc, char **argv);

#endif /* PAGEFUZZ_CMD_H */
