/* SPDX-License-Identifier: GPL-2.0-only */
/* tell.h - a finding's story for a person: on a terminal with colours, else as it is. */
#ifndef PAGEFUZZ_COMMAND_TELL_H
#define PAGEFUZZ_COMMAND_TELL_H

#include "judge.h"

/* To standard output: the story of the finding that the judge had last. */
void pf_tell_story(struct pf_judge *j, const struct pf_op *ops, size_t n,
		   const struct pf_verdict *v);

#endif /* PAGEFUZZ_COMMAND_TELL_H */
