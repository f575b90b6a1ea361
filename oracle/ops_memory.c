// SPDX-License-Identifier: GPL-2.0-only
/* ops_memory.c - blocks and single pages: alloc, free, bulk, exact, split. */
#include "consensus.h"
#include "laws.h"
#include "ops.h"
#include "rules.h"
#include "relations.h"

static void accept(struct pf_lane *lane, uint32_t unit, pf_pfn pfn, const struct pf_request *req)
{
	uint32_t idx = pfn - lane->run->layout.base_pfn;

	pf_law_placement(lane, pfn, req->order, req);
	pf_world_exclusive(lane, idx, req->order);
	pf_world_place(lane, unit, idx, req->order);
	if (!lane->run->options.unchecked)
		pf_law_reserves(lane, idx, req);
	lane->figures.alloc_ok[req->order]++;
}

static void reject(struct pf_lane *lane, const struct pf_request *req)
{
	if (!lane->run->options.unchecked)
		pf_law_feasibility(lane, req);
	lane->figures.alloc_failed[req->order]++;
}

static void fail(struct pf_lane *lane, const struct pf_request *req)
{
	reject(lane, req);
	pf_note(lane, PF_ANSWER_FAILED, 0, 0);
}

/* The answers of all to one request; alloc is a function that all have. */
static void agree(struct pf_oracle *run, struct pf_slot *slot, const pf_pfn *pfn, unsigned cpu)
{
	uint32_t could = 0, got = 0;

	if (!run->options.unchecked)
		pf_relation_same_log(run, pfn);
	pf_for_each_lane(run, lane)
	{
		could |= 1u << lane->index;
		got |= (uint32_t)(pfn[lane->index] != PF_NO_PFN) << lane->index;
	}
	if (got != could)
		pf_settle(run, slot, could, got, cpu);
}

void pf_do_alloc(struct pf_oracle *run, const struct pf_op *op)
{
	struct pf_request req =
		pf_request_of(run, op->arg[PF_ALLOC_ORDER], &op->arg[PF_ALLOC_MOBILITY]);
	struct pf_slot *slot = pf_slot_to_fill(run, op->slot, req.cpu);
	uint32_t unit = slot - run->slot;
	pf_pfn pfn[PF_MAX_LANES];

	pf_slot_fill(run, slot, PF_SLOT_BLOCK, req.order, req.mobility, 1);
	pf_relation_request(run, &req, 1u << req.order);
	pf_for_each_lane(run, lane)
	{
		pf_pfn got;

		lane->unit_pfn[unit] = PF_NO_PFN;
		if (lane->rules.observer)
			pf_rules_before_alloc(lane, &req);
		got = pfn[lane->index] = PF_ASK(lane, alloc, &req);
		if (lane->rules.observer)
			pf_rules_after_alloc(lane, &req, got);
		pf_said(lane, got);
		if (got != PF_NO_PFN) {
			accept(lane, unit, got, &req);
			pf_note(lane, PF_ANSWER_PFN, got, 0);
		} else {
			fail(lane, &req);
		}
	}
	agree(run, slot, pfn, req.cpu);
}

void pf_do_free(struct pf_oracle *run, const struct pf_op *op)
{
	struct pf_slot *slot = pf_slot_of(run, op->slot);

	if (slot->state != PF_SLOT_EMPTY)
		pf_free_slot(run, slot, pf_cpu_of(run, op->arg[PF_FREE_CPU]));
}

/* ----------------------------------------------------------------- bulk -- */

static unsigned bulk_alloc(struct pf_lane *lane, const struct pf_request *req, unsigned nr,
			   pf_pfn *pfn)
{
	unsigned got = 0;

	if (pf_can(lane, PF_CAN_BULK))
		return PF_ASK(lane, alloc_bulk, req, nr, pfn);
	for (; got < nr; got++) {
		pfn[got] = PF_ASK(lane, alloc, req);
		if (pfn[got] == PF_NO_PFN)
			break;
	}
	return got;
}

void pf_do_bulk(struct pf_oracle *run, const struct pf_op *op)
{
	struct pf_request req = pf_request_of(run, 0, &op->arg[PF_BULK_MOBILITY]);
	struct pf_slot *slot = pf_slot_to_fill(run, op->slot, req.cpu);
	unsigned want = op->arg[PF_BULK_COUNT] ? op->arg[PF_BULK_COUNT] : 1, least = want;
	pf_pfn(*pfn)[PF_MAX_BULK] = run->bulk, one[PF_MAX_LANES];
	unsigned got[PF_MAX_LANES];

	pf_slot_fill(run, slot, PF_SLOT_UNITS, 0, req.mobility, want);
	pf_relation_request(run, &req, want);
	pf_for_each_lane(run, lane)
	{
		unsigned i = lane->index;

		for (unsigned u = 0; u < want; u++)
			lane->unit_pfn[slot->first_unit + u] = PF_NO_PFN;
		got[i] = bulk_alloc(lane, &req, want, pfn[i]);
		pf_said(lane, got[i]);
		if (pf_can(lane, PF_CAN_BULK))
			pf_checked(lane, PF_LAW_TRUTHFUL);
		if (got[i] > want)
			pf_broken_as(lane, PF_LAW_TRUTHFUL, PF_ABOUT_ANSWER_BULK,
				     "asked for %u pages, answered %u", want, got[i]);
		for (unsigned u = 0; u < got[i]; u++) {
			pf_said(lane, pfn[i][u]);
			accept(lane, slot->first_unit + u, pfn[i][u], &req);
		}
		/* One page at least, or a reason: Linux's bulk falls back to a request for one. */
		if (got[i] < want && (!got[i] || !pf_can(lane, PF_CAN_BULK)))
			reject(lane, &req);
		pf_note(lane, PF_ANSWER_BULK, got[i], got[i] ? pfn[i][0] : 0);
		if (got[i] < least)
			least = got[i];
		if (got[i] < want)
			lane->grouped = false;
	}
	for (unsigned u = 0; u < least && !run->options.unchecked; u++) {
		pf_for_each_lane(run, lane) one[lane->index] = pfn[lane->index][u];
		pf_relation_same_log(run, one);
	}
	if (least == want)
		return;
	pf_relation_leave(run);
	pf_for_each_lane(run, lane) for (unsigned u = got[lane->index]; u > least; u--)
		pf_give_back(lane, slot->first_unit + u - 1, 0, req.cpu);
	if (least)
		slot->nr_units = least;
	else
		pf_slot_empty(run, slot);
}

/* ---------------------------------------------------------------- exact -- */

/* A block of req->order, of which the first nr pages are kept. */
static pf_pfn exact_by_split(struct pf_lane *lane, const struct pf_request *req, unsigned nr)
{
	pf_pfn pfn = PF_ASK(lane, alloc, req);

	pf_rules_urgent(lane, req);
	if (pfn == PF_NO_PFN)
		return pfn;
	pf_law_placement(lane, pfn, req->order, req);
	pf_world_exclusive(lane, pfn - lane->run->layout.base_pfn, req->order);
	if (req->order && lane->impl->split)
		PF_TELL(lane, split, pfn, req->order);
	for (unsigned u = nr; u < 1u << req->order; u++)
		PF_TELL(lane, free, pfn + u, 0, req->cpu);
	return pfn;
}

static pf_pfn exact_alloc(struct pf_lane *lane, const struct pf_request *req, unsigned nr)
{
	pf_pfn pfn;

	if (!pf_can(lane, PF_CAN_EXACT))
		return exact_by_split(lane, req, nr);
	/* What it frees goes elsewhere than what others free. */
	lane->grouped = false;
	pfn = PF_ASK(lane, alloc_exact, req, nr);
	pf_rules_urgent(lane, req);
	return pfn;
}

static void accept_exact(struct pf_lane *lane, const struct pf_slot *slot, pf_pfn pfn,
			 const struct pf_request *req)
{
	const struct pf_layout *l = &lane->run->layout;
	uint32_t idx = pfn - l->base_pfn;

	for (uint32_t u = 0; u < slot->nr_units; u++) {
		pf_law_placement(lane, pfn + u, 0, req);
		pf_world_exclusive(lane, idx + u, 0);
		if (pf_zone_of(l, idx + u) != pf_zone_of(l, idx))
			pf_broken(lane, PF_LAW_PLACEMENT, "pages [%u, %u) lie in two zones", pfn,
				  pfn + slot->nr_units);
		pf_world_place(lane, slot->first_unit + u, idx + u, 0);
	}
	if (!lane->run->options.unchecked)
		pf_law_reserves(lane, idx, req);
	lane->figures.alloc_ok[req->order]++;
}

static unsigned order_of(unsigned nr)
{
	unsigned order = 0;

	while (1u << order < nr)
		order++;
	return order;
}

void pf_do_exact(struct pf_oracle *run, const struct pf_op *op)
{
	unsigned nr = op->arg[PF_EXACT_COUNT] ? op->arg[PF_EXACT_COUNT] : 1;
	struct pf_request req = pf_request_of(run, order_of(nr), &op->arg[PF_EXACT_MOBILITY]);
	struct pf_slot *slot = pf_slot_to_fill(run, op->slot, req.cpu);
	pf_pfn pfn[PF_MAX_LANES];

	/* As Linux: it is for pages with an address, which are parts of no compound one. */
	req.gfp &= ~PF_GFP_COMP;
	if (req.zone == PF_ZONE_MOVABLE)
		req.zone = PF_ZONE_NORMAL;
	pf_slot_fill(run, slot, PF_SLOT_UNITS, 0, req.mobility, nr);
	pf_relation_request(run, &req, 1u << req.order);
	pf_for_each_lane(run, lane)
	{
		pf_pfn got;

		for (unsigned u = 0; u < nr; u++)
			lane->unit_pfn[slot->first_unit + u] = PF_NO_PFN;
		got = pfn[lane->index] = exact_alloc(lane, &req, nr);
		pf_said(lane, got);
		if (got != PF_NO_PFN) {
			accept_exact(lane, slot, got, &req);
			pf_note(lane, PF_ANSWER_RUN, got, nr);
		} else {
			fail(lane, &req);
		}
	}
	agree(run, slot, pfn, req.cpu);
}

void pf_do_split(struct pf_oracle *run, const struct pf_op *op)
{
	struct pf_slot *slot = pf_slot_of(run, op->slot);
	uint32_t unit = slot->first_unit, nr = 1u << slot->order, first;
	unsigned order = slot->order;
	pf_pfn pfn[PF_MAX_LANES];

	if (slot->state != PF_SLOT_BLOCK || !order)
		return;
	first = pf_units_get(run, nr, slot - run->slot);
	pf_for_each_lane(run, lane)
	{
		pfn[lane->index] = lane->unit_pfn[unit];
		pf_world_split(lane, unit, first);
	}
	/* Whoever is told may ask about the pages, which are single ones by then. */
	slot->state = PF_SLOT_UNITS;
	slot->order = 0;
	slot->first_unit = slot->range = first;
	slot->nr_units = slot->range_nr = nr;
	pf_for_each_lane(run, lane)
	{
		if (lane->impl->split)
			PF_TELL(lane, split, pfn[lane->index], order);
		pf_note(lane, PF_ANSWER_SPLIT, nr, pfn[lane->index]);
	}
}
