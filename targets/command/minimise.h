/* SPDX-License-Identifier: GPL-2.0-only */
/* minimise.h - from a program with a finding to a small one that shows the same. */
#ifndef PAGEFUZZ_MINIMISE_H
#define PAGEFUZZ_MINIMISE_H

#include "cmd.h"
#include "judge.h"

/*
 * v is that finding. With a machine in the lineup another operation of its program may show
 * it in the end: run it again to know. A transcript has answers to its own program only, so
 * with one what is behind the finding falls off, and no more.
 *
 * Make *p as small as it goes while it shows the finding that the judge had last, or as
 * far as one gets until `end` (pf_now(); 0: no limit). With progress on a terminal.
 * False: complained. *tried: how many candidates.
 */
bool pf_minimise(struct pf_judge *j, struct pf_program *p, const struct pf_verdict *v, double end,
		 size_t *tried);

/*
 * The same for what only the fuzz target's sanitizers see: p shows `name` there, as
 * pf_target_name() has it.
 */
bool pf_minimise_in_target(const char *impls, struct pf_program *p, const char *name, double end,
			   size_t *tried);

#endif /* PAGEFUZZ_MINIMISE_H */
