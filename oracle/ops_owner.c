// SPDX-License-Identifier: GPL-2.0-only
/* ops_owner.c - what the owner of a slot's pages says about them. */
#include "ops.h"

static const struct {
	uint16_t set, clear;
} change[PF_NR_OPS] = {
	[PF_OP_PIN] = {PF_PAGE_PINNED, 0},
	[PF_OP_UNPIN] = {0, PF_PAGE_PINNED},
	[PF_OP_DIRTY] = {PF_PAGE_DIRTY, 0},
	[PF_OP_CLEAN] = {0, PF_PAGE_DIRTY},
	[PF_OP_WRITEBACK] = {PF_PAGE_WRITEBACK, PF_PAGE_DIRTY},
	[PF_OP_WRITTEN] = {0, PF_PAGE_WRITEBACK},
	[PF_OP_EVICTABLE] = {PF_PAGE_EVICTABLE, 0},
	[PF_OP_UNEVICTABLE] = {0, PF_PAGE_EVICTABLE},
	[PF_OP_LOCK] = {PF_PAGE_LOCKED, 0},
	[PF_OP_UNLOCK] = {0, PF_PAGE_LOCKED},
	[PF_OP_LRU] = {PF_PAGE_LRU, 0},
};

static bool is_fixed(const struct pf_slot *slot)
{
	return slot->state == PF_SLOT_CONTIG || slot->state == PF_SLOT_RUN;
}

void pf_do_owner(struct pf_oracle *run, const struct pf_op *op)
{
	struct pf_slot *slot = pf_slot_of(run, op->slot);
	unsigned said = change[op->kind].set | change[op->kind].clear;
	uint32_t end = slot->first_unit + slot->nr_units;

	if (slot->state == PF_SLOT_EMPTY)
		return;
	/* Ranges and runs never move, and compound pages in the cache are not modelled. */
	if (op->kind == PF_OP_LRU &&
	    (slot->order || !(slot->attrs & PF_PAGE_MOVABLE) || is_fixed(slot)))
		return;
	if (op->kind == PF_OP_ACCESS)
		slot->accesses++;
	slot->attrs = (slot->attrs | change[op->kind].set) & ~change[op->kind].clear;
	pf_for_each_lane(run, lane)
	{
		for (uint32_t u = slot->first_unit; u < end; u++)
			lane->waited[u] &= ~said;
		if (!lane->impl->set_attrs || is_fixed(slot))
			continue;
		for (uint32_t u = slot->first_unit; u < end; u++)
			if (lane->unit_pfn[u] != PF_NO_PFN)
				PF_TELL(lane, set_attrs, lane->unit_pfn[u],
					slot->attrs & ~(unsigned)lane->waited[u]);
	}
}
