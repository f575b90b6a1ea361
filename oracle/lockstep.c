// SPDX-License-Identifier: GPL-2.0-only
/*
 * lockstep.c - runs a program on every implementation of a lineup, operation
 * by operation, and keeps their live sets equal (consensus): a success that
 * not all share is taken back, a slot evicted in one is freed in all.
 */
#include <stdarg.h>
#include <string.h>

#include "lane.h"

/* -------------------------------------------------------------- helpers -- */

static void answer(struct pf_lane *lane, const struct pf_op *op, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void answer(struct pf_lane *lane, const struct pf_op *op, const char *fmt, ...)
{
	const struct pf_oracle *run = lane->run;
	char text[120];
	va_list ap;

	if (!run->options.trace || !op)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	run->options.trace(run->options.trace_arg, run->step, op, lane->index, text);
}

static void answer_skipped(struct pf_lane *lane, const struct pf_op *op)
{
	lane->figures.skipped++;
	answer(lane, op, "skipped: not supported");
}

static inline void mix(struct pf_lane *lane, uint64_t v)
{
	lane->hash = (lane->hash ^ v) * 0x9e3779b97f4a7c15ull;
	lane->hash ^= lane->hash >> 29;
	if (lane->run->nr_twins > 1)
		pf_twin_said(lane, v);
}

/* Work is bounded for each call of an implementation. */
static inline void begin(struct pf_lane *lane)
{
	lane->work = 0;
}

static struct pf_slot *slot_of(struct pf_oracle *run, uint32_t name)
{
	struct pf_slot *slot;

	if (run->slot_epoch[name] == run->epoch)
		return &run->slot[run->slot_index[name]];
	run->slot_epoch[name] = run->epoch;
	run->slot_index[name] = run->nr_slots;
	slot = &run->slot[run->nr_slots++];
	memset(slot, 0, sizeof(*slot));
	slot->name = name;
	return slot;
}

static uint32_t index_of(const struct pf_oracle *run, const struct pf_slot *slot)
{
	return slot - run->slot;
}

static void fill_slot(struct pf_oracle *run, struct pf_slot *slot, enum pf_slot_state state,
		      unsigned order, unsigned mobility, uint32_t nr_units)
{
	uint32_t index = index_of(run, slot);

	slot->state = state;
	slot->order = order;
	slot->mobility = mobility;
	slot->attrs = mobility == PF_MOVABLE ? PF_PAGE_MOVABLE : 0;
	slot->accesses = 0;
	slot->generation = ++run->generation & 0xfffff;
	slot->nr_units = nr_units;
	slot->first_unit = state == PF_SLOT_BLOCK ? index : pf_units_get(run, nr_units, index);
	pf_for_each_lane(run, lane) lane->seen_accesses[index] = 0;
}

static void empty_slot(struct pf_oracle *run, struct pf_slot *slot)
{
	if (slot->state != PF_SLOT_BLOCK)
		pf_units_put(run, slot->first_unit, slot->nr_units);
	slot->state = PF_SLOT_EMPTY;
}

/* Linux runs nothing on a cpu that is offline. */
static unsigned cpu_of(const struct pf_oracle *run, unsigned cpu)
{
	cpu %= run->layout.nr_cpus;
	return run->online >> cpu & 1 ? cpu : (unsigned)__builtin_ctz(run->online);
}

static void give_back(struct pf_lane *lane, uint32_t unit, unsigned order, unsigned cpu)
{
	pf_pfn pfn = lane->unit_pfn[unit];

	pf_world_release(lane, unit);
	begin(lane);
	lane->impl->free(lane->state, pfn, order, cpu);
}

static void free_slot(struct pf_oracle *run, struct pf_slot *slot, unsigned cpu)
{
	pf_for_each_lane(run, lane)
	{
		if (slot->state == PF_SLOT_CONTIG) {
			pf_pfn pfn = lane->unit_pfn[slot->first_unit];

			for (uint32_t u = 0; u < slot->nr_units; u++)
				pf_world_release(lane, slot->first_unit + u);
			begin(lane);
			lane->impl->free_contig(lane->state, pfn, slot->nr_units);
			continue;
		}
		for (uint32_t u = 0; u < slot->nr_units; u++)
			give_back(lane, slot->first_unit + u, slot->order, cpu);
	}
	empty_slot(run, slot);
}

/* Slots that some lane's reclaim emptied are emptied in all. */
static void share_evictions(struct pf_oracle *run)
{
	for (uint32_t i = 0; i < run->nr_evicted; i++) {
		struct pf_slot *slot = &run->slot[run->evicted[i]];

		pf_for_each_lane(run, lane) if (lane->unit_pfn[slot->first_unit] != PF_NO_PFN)
			give_back(lane, slot->first_unit, slot->order, cpu_of(run, 0));
		empty_slot(run, slot);
	}
	if (run->nr_evicted)
		pf_relation_leave(run);
	run->nr_evicted = 0;
}

/* ----------------------------------------------------------- operations -- */

static struct pf_request request(const struct pf_oracle *run, unsigned order, const uint32_t *rest)
{
	/* rest: mobility, gfp, cpu, node, zone, bits, in this order for alloc, bulk and exact. */
	struct pf_request req = {
		.order = order,
		.mobility = rest[0],
		.gfp = pf_gfp_flags[rest[1]] | rest[5],
		.cpu = cpu_of(run, rest[2]),
		.node = rest[3] % run->layout.nr_nodes,
		.zone = rest[4] ? rest[4] - 1u : PF_ZONE_MOVABLE,
	};

	/* As Linux: only movable requests may use ZONE_MOVABLE. */
	if (req.mobility != PF_MOVABLE && req.zone == PF_ZONE_MOVABLE)
		req.zone = PF_ZONE_NORMAL;
	return req;
}

static void accept(struct pf_lane *lane, uint32_t unit, pf_pfn pfn, const struct pf_request *req)
{
	uint32_t idx = pfn - lane->run->layout.base_pfn;

	pf_law_placement(lane, pfn, req->order, req);
	pf_law_exclusive(lane, idx, req->order);
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

static void fail(struct pf_lane *lane, const struct pf_op *op, const struct pf_request *req)
{
	reject(lane, req);
	answer(lane, op, "failed");
}

/*
 * The answers of all to one request. Consensus: what only some of them got is
 * given back, and nobody has it.
 */
static void agree(struct pf_oracle *run, const struct pf_op *op, struct pf_slot *slot,
		  const pf_pfn *pfn, unsigned cpu)
{
	bool all = true;

	if (!run->options.unchecked)
		pf_relation_same_log(run, pfn);
	pf_for_each_lane(run, lane) all &= pfn[lane->index] != PF_NO_PFN;
	if (all)
		return;
	pf_for_each_lane(run, lane)
	{
		if (pfn[lane->index] != PF_NO_PFN) {
			for (uint32_t u = 0; u < slot->nr_units; u++)
				give_back(lane, slot->first_unit + u, slot->order, cpu);
			answer(lane, op, "taken back: not all succeeded");
		}
		lane->grouped = false;
	}
	empty_slot(run, slot);
}

static void do_alloc(struct pf_oracle *run, const struct pf_op *op)
{
	struct pf_request req = request(run, op->arg[PF_ALLOC_ORDER], &op->arg[PF_ALLOC_MOBILITY]);
	struct pf_slot *slot = slot_of(run, op->slot);
	uint32_t unit = index_of(run, slot);
	pf_pfn pfn[PF_MAX_LANES];

	if (slot->state != PF_SLOT_EMPTY)
		free_slot(run, slot, req.cpu);
	fill_slot(run, slot, PF_SLOT_BLOCK, req.order, req.mobility, 1);
	pf_relation_request(run, &req, 1u << req.order);
	pf_for_each_lane(run, lane)
	{
		pf_pfn got;

		lane->unit_pfn[unit] = PF_NO_PFN;
		begin(lane);
		got = pfn[lane->index] = lane->impl->alloc(lane->state, &req);
		mix(lane, got);
		if (got != PF_NO_PFN) {
			accept(lane, unit, got, &req);
			answer(lane, op, "pfn %u", got);
		} else {
			fail(lane, op, &req);
		}
	}
	agree(run, op, slot, pfn, req.cpu);
}

static unsigned bulk_alloc(struct pf_lane *lane, const struct pf_request *req, unsigned nr,
			   pf_pfn *pfn)
{
	unsigned got = 0;

	begin(lane);
	if (lane->impl->alloc_bulk)
		return lane->impl->alloc_bulk(lane->state, req, nr, pfn);
	for (; got < nr; got++) {
		begin(lane);
		pfn[got] = lane->impl->alloc(lane->state, req);
		if (pfn[got] == PF_NO_PFN)
			break;
	}
	return got;
}

static void do_bulk(struct pf_oracle *run, const struct pf_op *op)
{
	struct pf_request req = request(run, 0, &op->arg[PF_BULK_MOBILITY]);
	struct pf_slot *slot = slot_of(run, op->slot);
	unsigned want = op->arg[PF_BULK_COUNT] ? op->arg[PF_BULK_COUNT] : 1, least = want;
	pf_pfn(*pfn)[PF_MAX_BULK_COUNT] = run->bulk, one[PF_MAX_LANES];
	unsigned got[PF_MAX_LANES];

	if (slot->state != PF_SLOT_EMPTY)
		free_slot(run, slot, req.cpu);
	fill_slot(run, slot, PF_SLOT_UNITS, 0, req.mobility, want);
	pf_relation_request(run, &req, want);
	pf_for_each_lane(run, lane)
	{
		unsigned i = lane->index;

		for (unsigned u = 0; u < want; u++)
			lane->unit_pfn[slot->first_unit + u] = PF_NO_PFN;
		got[i] = bulk_alloc(lane, &req, want, pfn[i]);
		mix(lane, got[i]);
		if (got[i] > want)
			pf_broken(lane, PF_LAW_TRUTHFUL, "asked for %u pages, answered %u", want,
				  got[i]);
		for (unsigned u = 0; u < got[i]; u++) {
			mix(lane, pfn[i][u]);
			accept(lane, slot->first_unit + u, pfn[i][u], &req);
		}
		if (got[i] < want && !lane->impl->alloc_bulk)
			reject(lane, &req);
		answer(lane, op, "%u pages, first pfn %u", got[i], got[i] ? pfn[i][0] : 0);
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
		give_back(lane, slot->first_unit + u - 1, 0, req.cpu);
	if (least) {
		slot->nr_units = least;
	} else {
		empty_slot(run, slot);
	}
}

/* A block of req->order, of which the first nr pages are kept. */
static pf_pfn exact_by_split(struct pf_lane *lane, const struct pf_request *req, unsigned nr)
{
	pf_pfn pfn = lane->impl->alloc(lane->state, req);

	if (pfn == PF_NO_PFN)
		return pfn;
	pf_law_placement(lane, pfn, req->order, req);
	pf_law_exclusive(lane, pfn - lane->run->layout.base_pfn, req->order);
	begin(lane);
	if (req->order && lane->impl->split)
		lane->impl->split(lane->state, pfn, req->order);
	for (unsigned u = nr; u < 1u << req->order; u++) {
		begin(lane);
		lane->impl->free(lane->state, pfn + u, 0, req->cpu);
	}
	return pfn;
}

static pf_pfn exact_alloc(struct pf_lane *lane, const struct pf_request *req, unsigned nr)
{
	begin(lane);
	if (!lane->impl->alloc_exact || lane->run->no_exact)
		return exact_by_split(lane, req, nr);
	/* What it frees goes elsewhere than what others free. */
	lane->grouped = false;
	return lane->impl->alloc_exact(lane->state, req, nr);
}

static void accept_exact(struct pf_lane *lane, const struct pf_slot *slot, pf_pfn pfn,
			 const struct pf_request *req)
{
	const struct pf_layout *l = &lane->run->layout;
	uint32_t idx = pfn - l->base_pfn;

	for (uint32_t u = 0; u < slot->nr_units; u++) {
		pf_law_placement(lane, pfn + u, 0, req);
		pf_law_exclusive(lane, idx + u, 0);
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

static void do_exact(struct pf_oracle *run, const struct pf_op *op)
{
	unsigned nr = op->arg[PF_EXACT_COUNT] ? op->arg[PF_EXACT_COUNT] : 1;
	struct pf_request req = request(run, order_of(nr), &op->arg[PF_EXACT_MOBILITY]);
	struct pf_slot *slot = slot_of(run, op->slot);
	pf_pfn pfn[PF_MAX_LANES];

	/* As Linux: it is for pages with an address, which are parts of no compound one. */
	req.gfp &= ~PF_GFP_COMP;
	if (req.zone == PF_ZONE_MOVABLE)
		req.zone = PF_ZONE_NORMAL;
	if (slot->state != PF_SLOT_EMPTY)
		free_slot(run, slot, req.cpu);
	fill_slot(run, slot, PF_SLOT_UNITS, 0, req.mobility, nr);
	pf_relation_request(run, &req, 1u << req.order);
	pf_for_each_lane(run, lane)
	{
		pf_pfn got;

		for (unsigned u = 0; u < nr; u++)
			lane->unit_pfn[slot->first_unit + u] = PF_NO_PFN;
		got = pfn[lane->index] = exact_alloc(lane, &req, nr);
		mix(lane, got);
		if (got != PF_NO_PFN) {
			accept_exact(lane, slot, got, &req);
			answer(lane, op, "pfn %u, %u pages", got, nr);
		} else {
			fail(lane, op, &req);
		}
	}
	agree(run, op, slot, pfn, req.cpu);
}

static void do_split(struct pf_oracle *run, const struct pf_op *op)
{
	struct pf_slot *slot = slot_of(run, op->slot);
	uint32_t unit = slot->first_unit, nr = 1u << slot->order, first;

	if (slot->state != PF_SLOT_BLOCK || !slot->order)
		return;
	first = pf_units_get(run, nr, index_of(run, slot));
	pf_for_each_lane(run, lane)
	{
		pf_pfn pfn = lane->unit_pfn[unit];

		pf_world_split(lane, unit, first);
		begin(lane);
		if (lane->impl->split)
			lane->impl->split(lane->state, pfn, slot->order);
		answer(lane, op, "%u pages from pfn %u", nr, pfn);
	}
	slot->state = PF_SLOT_UNITS;
	slot->order = 0;
	slot->first_unit = first;
	slot->nr_units = nr;
}

static void accept_contig(struct pf_lane *lane, struct pf_slot *slot, pf_pfn pfn)
{
	const struct pf_layout *l = &lane->run->layout;
	uint32_t idx = pfn - l->base_pfn, nr = slot->nr_units;
	unsigned z = pf_zone_of(l, idx);

	lane->figures.checks++;
	if (pfn < l->zone[z].start_pfn || l->zone[z].start_pfn + l->zone[z].spanned - pfn < nr)
		pf_broken(lane, PF_LAW_PLACEMENT, "range [%u, %u) leaves its zone", pfn, pfn + nr);
	for (uint32_t i = 0; i < nr; i++) {
		pf_law_exclusive(lane, idx + i, 0);
		pf_world_place(lane, slot->first_unit + i, idx + i, 0);
	}
}

static void do_contig(struct pf_oracle *run, const struct pf_op *op)
{
	uint32_t pages = pf_layout_pages(&run->layout), at = op->arg[PF_CONTIG_AT] % pages;
	uint32_t nr = op->arg[PF_CONTIG_PAGES] ? op->arg[PF_CONTIG_PAGES] : 1;
	struct pf_slot *slot = slot_of(run, op->slot);
	pf_pfn pfn = run->layout.base_pfn + at;
	bool ok[PF_MAX_LANES] = {false}, all = true;

	if (slot->state != PF_SLOT_EMPTY)
		free_slot(run, slot, cpu_of(run, 0));
	if (nr > pages - at)
		nr = pages - at;
	fill_slot(run, slot, PF_SLOT_CONTIG, 0, op->arg[PF_CONTIG_MOBILITY], nr);
	pf_for_each_lane(run, lane)
	{
		unsigned i = lane->index;

		if (!lane->impl->alloc_contig) {
			answer_skipped(lane, op);
			all = false;
			continue;
		}
		begin(lane);
		ok[i] = lane->impl->alloc_contig(lane->state, pfn, nr, slot->mobility);
		mix(lane, ok[i]);
		if (ok[i])
			accept_contig(lane, slot, pfn);
		answer(lane, op, ok[i] ? "pfn %u, %u pages" : "failed", pfn, nr);
		all &= ok[i];
	}
	pf_relation_leave(run);
	if (all)
		return;
	pf_for_each_lane(run, lane)
	{
		if (!ok[lane->index])
			continue;
		for (uint32_t i = 0; i < nr; i++)
			pf_world_release(lane, slot->first_unit + i);
		begin(lane);
		lane->impl->free_contig(lane->state, pfn, nr);
	}
	empty_slot(run, slot);
}

static void do_attr(struct pf_oracle *run, const struct pf_op *op)
{
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
	struct pf_slot *slot = slot_of(run, op->slot);
	unsigned said = change[op->kind].set | change[op->kind].clear;

	if (slot->state == PF_SLOT_EMPTY)
		return;
	/* Contiguous ranges never move, and compound pages in the cache are not modelled. */
	if (op->kind == PF_OP_LRU &&
	    (slot->order || !(slot->attrs & PF_PAGE_MOVABLE) || slot->state == PF_SLOT_CONTIG))
		return;
	if (op->kind == PF_OP_ACCESS)
		slot->accesses++;
	slot->attrs = (slot->attrs | change[op->kind].set) & ~change[op->kind].clear;
	pf_for_each_lane(run, lane)
	{
		uint32_t end = slot->first_unit + slot->nr_units;

		for (uint32_t u = slot->first_unit; u < end; u++)
			lane->waited[u] &= ~said;
		if (!lane->impl->set_attrs || slot->state == PF_SLOT_CONTIG)
			continue;
		for (uint32_t u = slot->first_unit; u < end; u++) {
			if (lane->unit_pfn[u] == PF_NO_PFN)
				continue;
			begin(lane);
			lane->impl->set_attrs(lane->state, lane->unit_pfn[u],
					      slot->attrs & ~(unsigned)lane->waited[u]);
		}
	}
}

static void do_compact(struct pf_oracle *run, const struct pf_op *op)
{
	static const char *const name[] = {"skipped",	      "deferred",  "complete",
					   "partial_skipped", "contended", "success"};
	struct pf_compact_request req = {
		.order = op->arg[PF_COMPACT_WHOLE] ? -1 : (int)op->arg[PF_COMPACT_ORDER],
		.mobility = op->arg[PF_COMPACT_MOBILITY],
		.mode = op->arg[PF_COMPACT_MODE],
		.node = op->arg[PF_COMPACT_NODE] % run->layout.nr_nodes,
	};

	pf_for_each_lane(run, lane)
	{
		enum pf_compact_result r;
		uint64_t before = lane->migrated_pages;

		if (!lane->impl->compact) {
			answer_skipped(lane, op);
			continue;
		}
		begin(lane);
		run->compaction = ++run->nr_compactions;
		r = lane->impl->compact(lane->state, &req);
		run->compaction = 0;
		mix(lane, r);
		answer(lane, op, "%s, %llu pages moved", r < PF_NR_COMPACT_RESULTS ? name[r] : "?",
		       (unsigned long long)(lane->migrated_pages - before));
		if (!run->options.unchecked) {
			pf_law_truthful_compact(lane, &req, r);
			pf_law_settled(lane, &req);
		}
	}
}

static void do_reclaim(struct pf_oracle *run, const struct pf_op *op)
{
	unsigned nr = op->arg[PF_RECLAIM_PAGES] ? op->arg[PF_RECLAIM_PAGES] : 1;

	pf_for_each_lane(run, lane)
	{
		unsigned got;

		if (!lane->impl->reclaim) {
			answer_skipped(lane, op);
			continue;
		}
		begin(lane);
		got = lane->impl->reclaim(lane->state,
					  op->arg[PF_RECLAIM_NODE] % run->layout.nr_nodes, nr,
					  op->arg[PF_RECLAIM_MODE]);
		mix(lane, got);
		answer(lane, op, "%u pages", got);
		pf_law_truthful_reclaim(lane, got);
	}
}

static void undo_block(struct pf_lane *lane, uint32_t block)
{
	const struct pf_layout *l = &lane->run->layout;
	pf_pfn pfn = l->base_pfn + (block << l->pageblock_order);
	bool isolated = lane->block_state[block] == PF_BLOCK_ISOLATED;

	pf_world_set_block(lane, block, PF_BLOCK_NORMAL);
	begin(lane);
	(isolated ? lane->impl->undo_isolate : lane->impl->online)(lane->state, pfn);
	if (isolated)
		pf_law_undone(lane, block);
}

static void hide_block(struct pf_lane *lane, uint32_t block, bool offline)
{
	const struct pf_layout *l = &lane->run->layout;
	uint32_t idx = block << l->pageblock_order;

	lane->figures.checks++;
	for (uint32_t i = idx;
	     offline && i < idx + (1u << l->pageblock_order) && i < pf_layout_pages(l); i++)
		if (lane->owner[i])
			pf_broken(
				lane, PF_LAW_TRUTHFUL,
				"says that the pageblock at pfn %u is offline, but a%u lives there",
				l->base_pfn + idx,
				pf_unit_slot(lane->run, lane->owner[i] - 1)->name);
	pf_world_set_block(lane, block, offline ? PF_BLOCK_OFFLINE : PF_BLOCK_ISOLATED);
}

static void do_block(struct pf_oracle *run, const struct pf_op *op)
{
	const struct pf_layout *l = &run->layout;
	uint32_t blocks = ((pf_layout_pages(l) - 1) >> l->pageblock_order) + 1;
	uint32_t block = op->arg[PF_BLOCK_NR] % blocks;
	pf_pfn pfn = l->base_pfn + (block << l->pageblock_order);
	bool offline = op->kind == PF_OP_OFFLINE || op->kind == PF_OP_ONLINE;
	bool undo = op->kind == PF_OP_UNDO || op->kind == PF_OP_ONLINE;

	pf_relation_leave(run);
	pf_for_each_lane(run, lane)
	{
		const struct pf_impl *impl = lane->impl;
		bool ok;

		if (offline ? !impl->offline || !impl->online
			    : !impl->isolate || !impl->undo_isolate) {
			answer_skipped(lane, op);
			continue;
		}
		if (undo) {
			if (lane->block_state[block] ==
			    (offline ? PF_BLOCK_OFFLINE : PF_BLOCK_ISOLATED))
				undo_block(lane, block);
			continue;
		}
		if (lane->block_state[block] != PF_BLOCK_NORMAL)
			continue;
		/* The type of a block that no memory starts in can't be told. */
		lane->block_type[block] = PF_NR_BLOCK_TYPES;
		if (impl->block_type && pf_mirror_test(&run->valid, pfn - l->base_pfn, 0))
			lane->block_type[block] = impl->block_type(lane->state, pfn);
		begin(lane);
		ok = (offline ? impl->offline : impl->isolate)(lane->state, pfn);
		mix(lane, ok);
		answer(lane, op, ok ? "pageblock at pfn %u" : "refused", pfn);
		if (ok)
			hide_block(lane, block, offline);
	}
}

static void do_daemon(struct pf_oracle *run, const struct pf_op *op)
{
	pf_for_each_lane(run, lane)
	{
		begin(lane);
		if (op->kind == PF_OP_DRAIN && lane->impl->drain) {
			lane->impl->drain(lane->state, op->arg[PF_DRAIN_CPU]
							       ? (int)((op->arg[PF_DRAIN_CPU] - 1) %
								       run->layout.nr_cpus)
							       : -1);
		} else if (op->kind == PF_OP_TICK && lane->impl->tick) {
			enum pf_daemon daemon = op->arg[PF_TICK_DAEMON];

			if (daemon == PF_KCOMPACTD && op->arg[PF_TICK_PROACTIVE])
				daemon = PF_KCOMPACTD_PROACTIVE;
			if (!lane->impl->tick(lane->state, daemon,
					      op->arg[PF_TICK_NODE] % run->layout.nr_nodes,
					      op->arg[PF_TICK_ORDER]))
				answer_skipped(lane, op);
		} else if (op->kind == PF_OP_TUNE && lane->impl->tune &&
			   op->arg[PF_TUNE_KNOB] < PF_NR_KNOBS) {
			mix(lane, lane->impl->tune(lane->state, op->arg[PF_TUNE_KNOB],
						   op->arg[PF_TUNE_VALUE]));
			lane->grouped = false;
		} else {
			answer_skipped(lane, op);
		}
	}
}

/* Blocks that are out of use, or that no memory starts in, keep their type. */
static void do_retype(struct pf_oracle *run, const struct pf_op *op)
{
	const struct pf_layout *l = &run->layout;
	uint32_t blocks = ((pf_layout_pages(l) - 1) >> l->pageblock_order) + 1;
	uint32_t block = op->arg[PF_RETYPE_BLOCK] % blocks;
	uint32_t idx = block << l->pageblock_order;

	if (!pf_mirror_test(&run->valid, idx, 0))
		return;
	pf_for_each_lane(run, lane)
	{
		if (!lane->impl->retype) {
			answer_skipped(lane, op);
			continue;
		}
		if (lane->block_state[block] != PF_BLOCK_NORMAL)
			continue;
		begin(lane);
		lane->impl->retype(lane->state, l->base_pfn + idx, op->arg[PF_RETYPE_TYPE]);
		lane->grouped = false;
	}
}

/* The first cpu stays, as in the kernel. What a cpu that is gone asks for, it does. */
static void do_cpu(struct pf_oracle *run, const struct pf_op *op)
{
	unsigned cpu = op->arg[PF_CPU_NR] % run->layout.nr_cpus;
	uint32_t now =
		op->arg[PF_CPU_ONLINE] ? run->online | 1u << cpu : run->online & ~(1u << cpu);

	if (!cpu || now == run->online)
		return;
	pf_for_each_lane(run, lane)
	{
		if (!lane->impl->set_cpu) {
			answer_skipped(lane, op);
			continue;
		}
		begin(lane);
		mix(lane, lane->impl->set_cpu(lane->state, cpu, op->arg[PF_CPU_ONLINE]));
	}
	run->online = now;
}

static void do_inject(struct pf_oracle *run, const struct pf_op *op)
{
	unsigned what = op->arg[PF_INJECT_WHAT], count = op->arg[PF_INJECT_COUNT];

	if (what >= PF_NR_INJECT)
		return;
	/* A machine's environment is what it is. */
	if (what >= PF_INJECT_CONTENDED)
		pf_for_each_lane(run, lane) if (lane->impl->features & PF_F_REMOTE) return;
	pf_for_each_lane(run, lane)
	{
		lane->inject[what].after = op->arg[PF_INJECT_AFTER];
		lane->inject[what].count = count ? count : 1;
		if (!lane->impl->inject)
			continue;
		begin(lane);
		lane->impl->inject(lane->state, what, op->arg[PF_INJECT_AFTER], count ? count : 1);
	}
}

static void audit(struct pf_oracle *run)
{
	pf_for_each_lane(run, lane) pf_laws_audit(lane);
	pf_relation_totals(run);
}

static void do_op(struct pf_oracle *run, const struct pf_op *op)
{
	struct pf_slot *slot;

	switch (op->kind) {
	case PF_OP_ALLOC:
		do_alloc(run, op);
		break;
	case PF_OP_FREE:
		slot = slot_of(run, op->slot);
		if (slot->state != PF_SLOT_EMPTY)
			free_slot(run, slot, cpu_of(run, op->arg[PF_FREE_CPU]));
		break;
	case PF_OP_BULK:
		do_bulk(run, op);
		break;
	case PF_OP_EXACT:
		do_exact(run, op);
		break;
	case PF_OP_SPLIT:
		do_split(run, op);
		break;
	case PF_OP_CONTIG:
		do_contig(run, op);
		break;
	case PF_OP_COMPACT:
		do_compact(run, op);
		break;
	case PF_OP_RECLAIM:
		do_reclaim(run, op);
		break;
	case PF_OP_ISOLATE:
	case PF_OP_UNDO:
	case PF_OP_OFFLINE:
	case PF_OP_ONLINE:
		do_block(run, op);
		break;
	case PF_OP_DRAIN:
	case PF_OP_TICK:
	case PF_OP_TUNE:
		do_daemon(run, op);
		break;
	case PF_OP_INJECT:
		do_inject(run, op);
		break;
	case PF_OP_RETYPE:
		do_retype(run, op);
		break;
	case PF_OP_CPU:
		do_cpu(run, op);
		break;
	case PF_OP_CHECK:
		if (run->options.unchecked)
			break;
		audit(run);
		pf_for_each_lane(run, lane) pf_law_self_check(lane);
		pf_relation_mirrored(run);
		pf_relation_dumps(run);
		break;
	case PF_OP_RUN:
	case PF_OP_TAKE:
	case PF_OP_TRIM:
	case PF_OP_RESIZE:
	case PF_OP_ADD:
		break;
	default:
		if (!pf_op_is_config(op->kind))
			do_attr(run, op);
	}
}

static void after_op(struct pf_oracle *run)
{
	share_evictions(run);
	pf_for_each_lane(run, lane)
	{
		lane->total_migrated += lane->migrated_pages;
		lane->total_evicted += lane->evicted_pages;
		if (run->options.unchecked)
			continue;
		/* Moves first: a census can say more than a count about pages moved wrongly. */
		if (lane->moved) {
			lane->grouped = false;
			if (!(lane->impl->features & PF_F_REMOTE))
				pf_law_census(lane);
		}
		pf_laws_step(lane);
	}
	pf_relation_twins(run);
}

static void step(struct pf_oracle *run, const struct pf_op *op)
{
	pf_for_each_lane(run, lane)
	{
		lane->moved = false;
		lane->evicted_pages = 0;
		lane->migrated_pages = 0;
		lane->asked = 0;
		lane->nr_said = lane->nr_moves = 0;
		lane->figures.ops++;
	}
	if (run->options.trace)
		run->options.trace(run->options.trace_arg, run->step, op, 0, NULL);
	do_op(run, op);
	/* A change of an owner's mind reaches no implementation. */
	if (op->kind < PF_OP_PIN || op->kind > PF_OP_UNLOCK)
		after_op(run);
	if (run->options.dump_every && (run->step + 1) % run->options.dump_every == 0)
		pf_relation_dumps(run);
}

/* ------------------------------------------------------------------ end -- */

static void note_end(struct pf_lane *lane)
{
	const struct pf_layout *l = &lane->run->layout;
	uint64_t free = 0, suitable = 0;

	lane->figures.largest_free_order = -1;
	for (unsigned z = 0; z < l->nr_zones; z++) {
		free += lane->mirror.nset[z][0];
		suitable += (uint64_t)lane->mirror.nset[z][l->pageblock_order]
			    << l->pageblock_order;
		for (int o = l->max_order; o > lane->figures.largest_free_order; o--)
			if (lane->mirror.nset[z][o])
				lane->figures.largest_free_order = o;
	}
	lane->figures.free_pages = free;
	/* Linux's unusable free space index, unusable_free_index(). */
	lane->figures.unusable_index = free ? (free - suitable) * 1000 / free : 1000;
	if (lane->impl->stats) {
		const struct pf_stats *s = lane->impl->stats(lane->state);

		lane->figures.migrate_scanned += s->compact_migrate_scanned;
		lane->figures.free_scanned += s->compact_free_scanned;
	}
}

/* Give everything back; what is left must be the start. */
static void finish(struct pf_oracle *run)
{
	bool check = !run->options.unchecked;

	run->step = run->nr_ops;
	if (check)
		audit(run);
	pf_relation_dumps(run);
	pf_for_each_lane(run, lane) note_end(lane);
	if (run->options.before_end)
		run->options.before_end(run->options.before_end_arg);
	if (run->options.maps_before_end)
		pf_oracle_maps(run, run->options.maps_before_end);
	for (uint32_t s = 0; s < run->nr_slots; s++)
		if (run->slot[s].state != PF_SLOT_EMPTY)
			free_slot(run, &run->slot[s], cpu_of(run, 0));
	pf_for_each_lane(run, lane)
	{
		uint32_t blocks = pf_block_of(run, pf_layout_pages(&run->layout) - 1) + 1;

		for (uint32_t b = 0; lane->has_ranges && b < blocks; b++)
			if (lane->block_state[b] != PF_BLOCK_NORMAL)
				undo_block(lane, b);
		lane->has_ranges = false;
		begin(lane);
		if (lane->impl->drain)
			lane->impl->drain(lane->state, -1);
		if (!check)
			continue;
		pf_laws_step(lane);
		pf_law_canonical(lane);
	}
	if (check)
		pf_relations_end(run);
	pf_relation_dumps(run);
}

static bool is_known(const char *signature)
{
	for (size_t i = 0; i < pf_nr_known; i++)
		if (!strcmp(pf_known[i].signature, signature))
			return true;
	return false;
}

enum pf_outcome pf_oracle_run(struct pf_oracle *run, const struct pf_op *ops, size_t n,
			      struct pf_verdict *verdict)
{
	enum pf_outcome outcome = PF_CLEAN;

	run->ops = ops;
	run->nr_ops = n;
	run->step = 0;
	run->hash = 0;
	run->report[0] = '\0';
	run->compaction = 0;
	if (!pf_run_start(run))
		return PF_UNSUPPORTED;
	if (!setjmp(run->out)) {
		for (; run->step < n; run->step++)
			if (!pf_op_is_config(ops[run->step].kind))
				step(run, &ops[run->step]);
		finish(run);
	} else {
		run->dirty = true;
		pf_for_each_lane(run, lane) lane->muted = false;
		*verdict = run->verdict;
		outcome = is_known(verdict->signature) ? PF_KNOWN : PF_FINDING;
	}
	for (unsigned i = 0; i < run->nr_lanes; i++)
		run->hash = (run->hash ^ run->lane[i]->hash) * 0x9e3779b97f4a7c15ull;
	return outcome;
}
