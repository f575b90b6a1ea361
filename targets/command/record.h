/* SPDX-License-Identifier: GPL-2.0-only */
/* record.h - what a machine says to a program, for whoever wants to keep it. */
#ifndef PAGEFUZZ_COMMAND_RECORD_H
#define PAGEFUZZ_COMMAND_RECORD_H

#include "cmd.h"

/*
 * A transcript as in a file, with dumps at checkpoints and at the end, of one
 * implementation alone. `name` is the program's, for people. NULL: complained. Free it
 * with free().
 */
unsigned char *pf_record(const char *impl, const struct pf_program *p, const char *name,
			 unsigned seconds, size_t *len);

#endif /* PAGEFUZZ_COMMAND_RECORD_H */
