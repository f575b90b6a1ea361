/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * laws.h - what holds for every implementation by itself. Each returns normally
 * or leaves the run with a verdict.
 */
#ifndef PAGEFUZZ_LAWS_H
#define PAGEFUZZ_LAWS_H

#include "world.h"

/* Of one request. */
void pf_law_placement(struct pf_lane *lane, pf_pfn pfn, unsigned order,
		      const struct pf_request *req);
void pf_law_reserves(struct pf_lane *lane, uint32_t idx, const struct pf_request *req);
void pf_law_feasibility(struct pf_lane *lane, const struct pf_request *req);
/* What a refusal of a block that is free is about. */
enum pf_about pf_about_refusal(struct pf_lane *lane, unsigned order);
/* A run: inside one allowed zone, its window, aligned; a failure: no such run is free. */
void pf_law_run_placement(struct pf_lane *lane, pf_pfn pfn, const struct pf_run_request *req);
void pf_law_run_feasibility(struct pf_lane *lane, const struct pf_run_request *req);
/* Of [idx, idx + nr), nr >= 1: refused, though all of it is free, in the zone of page start? */
void pf_law_range_feasibility(struct pf_lane *lane, uint32_t start, uint32_t idx, uint32_t nr);

/* Of one compaction, reclaim, undo. */
void pf_law_truthful_compact(struct pf_lane *lane, const struct pf_compact_request *req,
			     enum pf_compact_result result);
/* How many moves had failed before it, and a hash of all lists; 0: it can't tell. */
struct pf_before {
	uint64_t failed, lists;
};
void pf_before_compaction(struct pf_lane *lane, struct pf_before *before);
void pf_law_settled(struct pf_lane *lane, const struct pf_compact_request *req,
		    const struct pf_before *before);
void pf_law_truthful_reclaim(struct pf_lane *lane, unsigned answer);
void pf_law_undone(struct pf_lane *lane, uint32_t block);

/* The cheap ones, after every operation. */
void pf_laws_step(struct pf_lane *lane);
/* Free lists against counters and the world; also after moves and evictions. */
void pf_law_census(struct pf_lane *lane);
/* The full audit: census, contents, identities, block types, largest piece. */
void pf_laws_audit(struct pf_lane *lane);
void pf_law_self_check(struct pf_lane *lane);
/* After everything was freed and drained. */
void pf_law_canonical(struct pf_lane *lane);

#endif /* PAGEFUZZ_LAWS_H */
