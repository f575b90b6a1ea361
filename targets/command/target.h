/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * target.h - programs in the fuzz target, one process for each: what its sanitizers
 * see in there, the command itself does not.
 */
#ifndef PAGEFUZZ_TARGET_H
#define PAGEFUZZ_TARGET_H

#include "cmd.h"

#define PF_TARGET_NAME 80

/* What a target that ended has said. Free text with free(). */
struct pf_target_log {
	char *text;
	size_t len;
	int status; /* as waitpid() has it */
};

/*
 * A name for an end that no law explains, from the sanitizer's summary: KIND-WHAT-WHERE,
 * where KIND is what libFuzzer calls it. It has no slash, as signatures of laws have.
 */
void pf_target_name(const char *log, size_t len, const char *kind, char name[PF_TARGET_NAME]);

/* Is that such a name? */
bool pf_target_named(const char *word);

/* Of a log what is about the end: the engine's own lines left out. */
void pf_target_story(const char *log, size_t len, FILE *out);

/* Run a program in a target (NULL: the command's own). False: complained. */
bool pf_target_run(const char *target, const char *impls, const struct pf_op *ops, size_t n,
		   struct pf_target_log *log);

/* The target's path, for people. */
const char *pf_target_path(void);

#endif /* PAGEFUZZ_TARGET_H */
