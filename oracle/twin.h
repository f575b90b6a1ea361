/* SPDX-License-Identifier: GPL-2.0-only */
/* twin.h - the relation of those that promise to be the same; see twin.c. */
#ifndef PAGEFUZZ_TWIN_H
#define PAGEFUZZ_TWIN_H

#include "world.h"

/* Who is a twin; with more than one, run->witness is set. */
void pf_twins_start(struct pf_oracle *run);
void pf_twins_free(struct pf_lane *lane);
/* Before each operation. */
void pf_twins_step(struct pf_lane *lane);
/* Behind each operation: equal answers, equal moves. */
void pf_relation_twins(struct pf_oracle *run);
/* Equal dumps; with options.dumps also where there is nobody to compare with. */
void pf_relation_dumps(struct pf_oracle *run);

#endif /* PAGEFUZZ_TWIN_H */
