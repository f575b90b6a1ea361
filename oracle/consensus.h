/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * consensus.h - what the operations share: requests, answers, and how the live
 * sets of all lanes are kept equal. What only some could get by policy is given
 * back in all; who has no function for it goes on without.
 */
#ifndef PAGEFUZZ_CONSENSUS_H
#define PAGEFUZZ_CONSENSUS_H

#include "world.h"

/* What bulk and exact ask for at most fits the arrays of a run. */
_Static_assert(PF_MAX_BULK >= PF_MAX_BULK_COUNT, "room for a bulk request");

/* For the story and the trace. */
void pf_note(struct pf_lane *lane, enum pf_answer_kind kind, uint32_t a, uint32_t b);
/* The implementation has no function for this operation. */
void pf_note_skipped(struct pf_lane *lane);

/* Linux runs nothing on a cpu that is offline: the first one there does it. */
unsigned pf_cpu_of(const struct pf_oracle *run, uint32_t cpu);
/* rest: the operands from mobility on, in this order for alloc, bulk, exact and run. */
struct pf_request pf_request_of(const struct pf_oracle *run, unsigned order, const uint32_t *rest);

/* The slot that an operation fills, empty: what was in it is freed first. */
struct pf_slot *pf_slot_to_fill(struct pf_oracle *run, uint32_t name, unsigned cpu);
/* One unit goes back to its allocator. */
void pf_give_back(struct pf_lane *lane, uint32_t unit, unsigned order, unsigned cpu);
/* All of a slot that this lane has goes back. */
void pf_release_slot(struct pf_lane *lane, const struct pf_slot *slot, unsigned cpu);
void pf_free_slot(struct pf_oracle *run, struct pf_slot *slot, unsigned cpu);

/*
 * got: a bit for each lane that filled the slot, of those that could. If that is
 * not all of them, these give it back, leave their group, and nobody has it. Else
 * the others go on without.
 */
void pf_settle(struct pf_oracle *run, struct pf_slot *slot, uint32_t could, uint32_t got,
	       unsigned cpu);
/* Slots that some lane's reclaim emptied are emptied in all. */
void pf_share_evictions(struct pf_oracle *run);

#endif /* PAGEFUZZ_CONSENSUS_H */
