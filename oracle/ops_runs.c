// SPDX-License-Identifier: GPL-2.0-only
/*
 * ops_runs.c - any number of pages in one piece: contiguous ranges for which
 * others move away, and runs of an allocator that knows such: contig, run, take,
 * trim, resize.
 */
#include "consensus.h"
#include "laws.h"
#include "ops.h"
#include "rules.h"

/* A run of pages became the units of a slot, from the u-th on. */
static void accept(struct pf_lane *lane, const struct pf_slot *slot, uint32_t u, pf_pfn pfn,
		   uint32_t nr)
{
	const struct pf_layout *l = &lane->run->layout;
	uint32_t idx = pfn - l->base_pfn;
	unsigned z;

	pf_checked(lane, PF_LAW_PLACEMENT);
	if (idx >= pf_layout_pages(l) || nr > pf_layout_pages(l) - idx)
		pf_broken(lane, PF_LAW_PLACEMENT, "run [%u, %u): outside memory", pfn, pfn + nr);
	z = pf_zone_of(l, idx);
	if (pfn < l->zone[z].start_pfn || l->zone[z].start_pfn + l->zone[z].spanned - pfn < nr)
		pf_broken(lane, PF_LAW_PLACEMENT, "range [%u, %u) leaves its zone", pfn, pfn + nr);
	for (uint32_t i = 0; i < nr; i++) {
		pf_world_exclusive(lane, idx + i, 0);
		pf_world_place(lane, slot->first_unit + u + i, idx + i, 0);
	}
}

static uint32_t bit(const struct pf_lane *lane)
{
	return 1u << lane->index;
}

struct range {
	uint32_t idx, nr;
};

/* What the operands say, inside memory. */
static struct range range_of(const struct pf_oracle *run, uint32_t at, uint32_t nr)
{
	uint32_t pages = pf_layout_pages(&run->layout);
	struct range r = {at % pages, nr ? nr : 1};

	if (r.nr > pages - r.idx)
		r.nr = pages - r.idx;
	return r;
}

/* Everybody who can is asked for exactly this range. */
static void ask_range(struct pf_oracle *run, const struct pf_op *op, struct range r,
		      enum pf_slot_state state, unsigned mobility)
{
	enum pf_ability what = state == PF_SLOT_CONTIG ? PF_CAN_CONTIG : PF_CAN_TAKE;
	unsigned cpu = pf_cpu_of(run, 0);
	struct pf_slot *slot = pf_slot_to_fill(run, op->slot, cpu);
	pf_pfn pfn = run->layout.base_pfn + r.idx;
	uint32_t could = 0, got = 0;

	pf_slot_fill(run, slot, state, 0, mobility, r.nr);
	pf_for_each_lane(run, lane)
	{
		bool ok;

		if (!pf_can(lane, what)) {
			pf_note_skipped(lane);
			continue;
		}
		could |= bit(lane);
		lane->grouped = false;
		if (what == PF_CAN_CONTIG)
			pf_rules_retyped(lane);
		ok = what == PF_CAN_CONTIG ? PF_ASK(lane, alloc_contig, pfn, r.nr, mobility)
					   : PF_ASK(lane, take_run, pfn, r.nr);
		pf_said(lane, ok);
		pf_note(lane, ok ? PF_ANSWER_RUN : PF_ANSWER_REFUSED, pfn, r.nr);
		if (ok)
			accept(lane, slot, 0, pfn, r.nr);
		/* Whether a contiguous range can be had depends on more than free pages. */
		else if (what == PF_CAN_TAKE && !run->options.unchecked)
			pf_law_range_feasibility(lane, r.idx, r.idx, r.nr);
		got |= ok ? bit(lane) : 0;
	}
	pf_settle(run, slot, could, got, cpu);
}

void pf_do_contig(struct pf_oracle *run, const struct pf_op *op)
{
	struct range r = range_of(run, op->arg[PF_CONTIG_AT], op->arg[PF_CONTIG_PAGES]);

	ask_range(run, op, r, PF_SLOT_CONTIG, op->arg[PF_CONTIG_MOBILITY]);
}

void pf_do_take(struct pf_oracle *run, const struct pf_op *op)
{
	struct range r = range_of(run, op->arg[PF_TAKE_AT], op->arg[PF_TAKE_PAGES]);

	ask_range(run, op, r, PF_SLOT_RUN, PF_UNMOVABLE);
}

static struct pf_run_request run_request_of(const struct pf_oracle *run, const struct pf_op *op)
{
	const struct pf_layout *l = &run->layout;
	struct pf_request req = pf_request_of(run, 0, &op->arg[PF_RUN_MOBILITY]);
	uint32_t pages = pf_layout_pages(l), nr = op->arg[PF_RUN_PAGES];
	uint32_t from = op->arg[PF_RUN_FROM] % pages, to = op->arg[PF_RUN_TO];

	if (!to || to > pages || to <= from)
		to = pages;
	return (struct pf_run_request){
		.nr_pages = !nr		 ? 1
			    : nr < pages ? nr
					 : pages,
		.align = 1u << op->arg[PF_RUN_ALIGN],
		.from = l->base_pfn + from,
		.to = l->base_pfn + to,
		.top = op->arg[PF_RUN_TOP],
		.mobility = req.mobility,
		.cpu = req.cpu,
		.node = req.node,
		.zone = req.zone,
		.gfp = req.gfp,
	};
}

void pf_do_run(struct pf_oracle *run, const struct pf_op *op)
{
	struct pf_run_request req = run_request_of(run, op);
	struct pf_slot *slot = pf_slot_to_fill(run, op->slot, req.cpu);
	uint32_t could = 0, got = 0;

	pf_slot_fill(run, slot, PF_SLOT_RUN, 0, req.mobility, req.nr_pages);
	pf_for_each_lane(run, lane)
	{
		pf_pfn pfn;

		if (!pf_can(lane, PF_CAN_RUN)) {
			pf_note_skipped(lane);
			continue;
		}
		could |= bit(lane);
		lane->grouped = false;
		pfn = PF_ASK(lane, alloc_run, &req);
		pf_said(lane, pfn);
		if (pfn == PF_NO_PFN) {
			if (!run->options.unchecked)
				pf_law_run_feasibility(lane, &req);
			pf_note(lane, PF_ANSWER_FAILED, 0, 0);
			continue;
		}
		got |= bit(lane);
		pf_law_run_placement(lane, pfn, &req);
		accept(lane, slot, 0, pfn, req.nr_pages);
		pf_note(lane, PF_ANSWER_RUN, pfn, req.nr_pages);
	}
	pf_settle(run, slot, could, got, req.cpu);
}

/* Units [first, first + nr) of a run go back. */
static void give_part(struct pf_lane *lane, uint32_t first, uint32_t nr, unsigned cpu)
{
	pf_pfn pfn = lane->unit_pfn[first];

	if (!nr)
		return;
	for (uint32_t u = first; u < first + nr; u++)
		pf_world_release(lane, u);
	PF_TELL(lane, free_run, pfn, nr, cpu);
}

void pf_do_trim(struct pf_oracle *run, const struct pf_op *op)
{
	struct pf_slot *slot = pf_slot_of(run, op->slot);
	uint32_t head = op->arg[PF_TRIM_HEAD], tail = op->arg[PF_TRIM_TAIL];
	unsigned cpu = pf_cpu_of(run, op->arg[PF_TRIM_CPU]);

	/* Something stays. */
	if (slot->state != PF_SLOT_RUN || head >= slot->nr_units || tail >= slot->nr_units - head)
		return;
	pf_for_each_lane(run, lane)
	{
		uint32_t last = slot->first_unit + slot->nr_units - tail;

		if (pf_absent(lane, slot))
			continue;
		give_part(lane, slot->first_unit, head, cpu);
		give_part(lane, last, tail, cpu);
		pf_note(lane, PF_ANSWER_RUN, lane->unit_pfn[slot->first_unit + head],
			slot->nr_units - head - tail);
	}
	slot->first_unit += head;
	slot->nr_units -= head + tail;
}

/* Longer: the units move into a larger range, where the new ones have room behind them. */
static bool grow(struct pf_lane *lane, const struct pf_slot *slot, uint32_t first, uint32_t nr)
{
	pf_pfn pfn = lane->unit_pfn[slot->first_unit];
	uint32_t old = slot->nr_units, idx = pfn - lane->run->layout.base_pfn;
	bool ok = PF_ASK(lane, resize_run, pfn, old, nr);
	struct pf_slot bigger = *slot;

	pf_said(lane, ok);
	if (!ok) {
		if (!lane->run->options.unchecked)
			pf_law_range_feasibility(lane, idx, idx + old, nr - old);
		return false;
	}
	bigger.first_unit = first;
	accept(lane, &bigger, old, pfn + old, nr - old);
	return true;
}

static void shrink(struct pf_lane *lane, uint32_t first, uint32_t old, uint32_t nr)
{
	pf_pfn pfn = lane->unit_pfn[first];

	for (uint32_t u = first + nr; u < first + old; u++)
		pf_world_release(lane, u);
	pf_checked(lane, PF_LAW_TRUTHFUL);
	if (!PF_ASK(lane, resize_run, pfn, old, nr))
		pf_broken_as(lane, PF_LAW_TRUTHFUL, PF_ABOUT_ANSWER_RESIZE,
			     "refuses to shorten the run at pfn %u to %u pages", pfn, nr);
}

/* The lanes that have the slot and can change its size. */
static uint32_t resizers(struct pf_oracle *run, const struct pf_slot *slot)
{
	uint32_t could = 0;

	pf_for_each_lane(run, lane)
	{
		if (pf_absent(lane, slot))
			continue;
		if (pf_can(lane, PF_CAN_RESIZE))
			could |= bit(lane);
		else
			pf_note_skipped(lane);
	}
	return could;
}

/* What is longer in some lanes only becomes as it was; else the others go on without. */
static void settle_growth(struct pf_oracle *run, struct pf_slot *slot, uint32_t first, uint32_t nr,
			  uint32_t could, uint32_t got)
{
	uint32_t old = slot->nr_units;

	pf_for_each_lane(run, lane)
	{
		if (pf_absent(lane, slot))
			continue;
		if (could != got && got & bit(lane)) {
			/* The new units lie behind the larger range's first `old`, which are empty. */
			lane->unit_pfn[first] = lane->unit_pfn[slot->first_unit];
			shrink(lane, first, nr, old);
			lane->unit_pfn[first] = PF_NO_PFN;
		} else if (could == got && !(could & bit(lane))) {
			pf_release_slot(lane, slot, pf_cpu_of(run, 0));
			pf_slot_absent(lane, slot);
		} else if (could == got) {
			for (uint32_t u = 0; u < old; u++)
				pf_world_rename(lane, slot->first_unit + u, first + u);
		}
	}
	if (could != got) {
		pf_units_put(run, first, nr);
		return;
	}
	pf_units_put(run, slot->range, slot->range_nr);
	slot->first_unit = slot->range = first;
	slot->nr_units = slot->range_nr = nr;
}

void pf_do_resize(struct pf_oracle *run, const struct pf_op *op)
{
	struct pf_slot *slot = pf_slot_of(run, op->slot);
	uint32_t pages = pf_layout_pages(&run->layout), nr = op->arg[PF_RESIZE_PAGES];
	uint32_t could, got = 0, first = 0, old = slot->nr_units;

	nr = !nr ? 1 : nr < pages ? nr : pages;
	if (slot->state != PF_SLOT_RUN || nr == old)
		return;
	could = resizers(run, slot);
	if (!could)
		return;
	if (nr > old)
		first = pf_units_get(run, nr, slot - run->slot);
	pf_for_each_lane(run, lane)
	{
		bool ok = true;

		if (!(could & bit(lane)))
			continue;
		if (nr > old)
			ok = grow(lane, slot, first, nr);
		else
			shrink(lane, slot->first_unit, old, nr);
		got |= ok ? bit(lane) : 0;
		pf_note(lane, ok ? PF_ANSWER_RUN : PF_ANSWER_REFUSED,
			lane->unit_pfn[slot->first_unit], nr);
	}
	if (nr > old) {
		settle_growth(run, slot, first, nr, could, got);
		return;
	}
	/* Who can't do it does it by giving the last pages back. */
	pf_for_each_lane(run, lane) if (!pf_absent(lane, slot) && !(could & bit(lane)))
		give_part(lane, slot->first_unit + nr, old - nr, pf_cpu_of(run, 0));
	slot->nr_units = nr;
}
