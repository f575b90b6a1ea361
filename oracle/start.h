/* SPDX-License-Identifier: GPL-2.0-only */
/* start.h - the memory of a run and the state that implementations begin with. */
#ifndef PAGEFUZZ_START_H
#define PAGEFUZZ_START_H

#include "world.h"

void pf_start_new(struct pf_oracle *run);
void pf_start_free(struct pf_oracle *run);
/*
 * Everything as at the beginning, for run->ops; leaves the run if an implementation
 * breaks a law. False: nobody can run the layout.
 */
bool pf_run_start(struct pf_oracle *run);

#endif /* PAGEFUZZ_START_H */
