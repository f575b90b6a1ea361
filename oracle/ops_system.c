// SPDX-License-Identifier: GPL-2.0-only
/*
 * ops_system.c - the allocator as a whole: compaction, reclaim, pageblocks,
 * memory that comes, daemons, caches, knobs, cpus, injections, checkpoints.
 */
#include "consensus.h"
#include "cpus.h"
#include "laws.h"
#include "ops.h"
#include "packing.h"
#include "relations.h"
#include "rules.h"
#include "twin.h"

void pf_do_compact(struct pf_oracle *run, const struct pf_op *op)
{
	struct pf_compact_request req = {
		.order = op->arg[PF_COMPACT_WHOLE] ? -1 : (int8_t)op->arg[PF_COMPACT_ORDER],
		.mobility = op->arg[PF_COMPACT_MOBILITY],
		.mode = op->arg[PF_COMPACT_MODE],
		.node = op->arg[PF_COMPACT_NODE] % run->layout.nr_nodes,
	};

	pf_for_each_lane(run, lane)
	{
		enum pf_compact_result r;
		uint64_t before = lane->migrated_pages;
		struct pf_before was = {0};
		struct pf_packing packing;

		if (!pf_can(lane, PF_CAN_COMPACT)) {
			pf_note_skipped(lane);
			continue;
		}
		if (!run->options.unchecked && req.order < 0)
			pf_before_compaction(lane, &was);
		pf_packing_before(lane, &req, &packing);
		run->compaction = ++run->nr_compactions;
		r = PF_ASK(lane, compact, &req);
		run->compaction = 0;
		pf_packing_after(lane, &packing);
		pf_said(lane, r);
		pf_scan_result(lane, r);
		pf_note(lane, PF_ANSWER_COMPACTED, r, (uint32_t)(lane->migrated_pages - before));
		if (!run->options.unchecked) {
			pf_law_truthful_compact(lane, &req, r);
			pf_law_settled(lane, &req, &was);
		}
	}
}

void pf_do_reclaim(struct pf_oracle *run, const struct pf_op *op)
{
	unsigned nr = op->arg[PF_RECLAIM_PAGES] ? op->arg[PF_RECLAIM_PAGES] : 1;
	unsigned node = op->arg[PF_RECLAIM_NODE] % run->layout.nr_nodes;

	pf_for_each_lane(run, lane)
	{
		unsigned got;

		if (!pf_can(lane, PF_CAN_RECLAIM)) {
			pf_note_skipped(lane);
			continue;
		}
		got = PF_ASK(lane, reclaim, node, nr, op->arg[PF_RECLAIM_MODE]);
		pf_said(lane, got);
		pf_note(lane, PF_ANSWER_PAGES, got, 0);
		pf_law_truthful_reclaim(lane, got);
	}
}

/* ----------------------------------------------------------- pageblocks -- */

static pf_pfn block_pfn(const struct pf_oracle *run, uint32_t block)
{
	return run->layout.base_pfn + (block << run->layout.pageblock_order);
}

static uint32_t block_of_operand(const struct pf_oracle *run, uint32_t nr)
{
	return nr % (pf_block_of(run, pf_layout_pages(&run->layout) - 1) + 1);
}

static void undo_block(struct pf_lane *lane, uint32_t block)
{
	pf_pfn pfn = block_pfn(lane->run, block);
	bool isolated = lane->block_state[block] == PF_BLOCK_ISOLATED;

	pf_world_set_block(lane, block, PF_BLOCK_NORMAL);
	if (isolated) {
		PF_TELL(lane, undo_isolate, pfn);
		pf_rules_retyped(lane);
		pf_law_undone(lane, block);
	} else {
		PF_TELL(lane, online, pfn);
	}
}

void pf_undo_blocks(struct pf_lane *lane)
{
	uint32_t last = pf_block_of(lane->run, pf_layout_pages(&lane->run->layout) - 1);
	bool left = false;

	if (!lane->has_ranges)
		return;
	for (uint32_t b = 0; b <= last; b++) {
		if (lane->block_state[b] == PF_BLOCK_LATER)
			left = true;
		else if (lane->block_state[b] != PF_BLOCK_NORMAL)
			undo_block(lane, b);
	}
	lane->has_ranges = left;
}

static void hide_block(struct pf_lane *lane, uint32_t block, bool offline)
{
	const struct pf_layout *l = &lane->run->layout;
	uint32_t idx = block << l->pageblock_order, end = idx + (1u << l->pageblock_order);

	pf_checked(lane, PF_LAW_TRUTHFUL);
	for (uint32_t i = idx; offline && i < end && i < pf_layout_pages(l); i++)
		if (lane->owner[i])
			pf_broken_as(
				lane, PF_LAW_TRUTHFUL, PF_ABOUT_ANSWER_OFFLINE,
				"says that the pageblock at pfn %u is offline, but %s lives there",
				l->base_pfn + idx, pf_owner_name(lane, i).s);
	pf_world_set_block(lane, block, offline ? PF_BLOCK_OFFLINE : PF_BLOCK_ISOLATED);
}

static void take_block(struct pf_oracle *run, const struct pf_op *op, bool offline)
{
	uint32_t block = block_of_operand(run, op->arg[PF_BLOCK_NR]);
	pf_pfn pfn = block_pfn(run, block);

	pf_relation_leave(run);
	pf_for_each_lane(run, lane)
	{
		bool ok;

		if (!pf_can(lane, offline ? PF_CAN_OFFLINE : PF_CAN_ISOLATE)) {
			pf_note_skipped(lane);
			continue;
		}
		if (lane->block_state[block] != PF_BLOCK_NORMAL)
			continue;
		/* The type of a block that no memory starts in can't be told. */
		lane->block_type[block] = PF_NR_BLOCK_TYPES;
		if (lane->impl->block_type &&
		    pf_mirror_test(&run->valid, pfn - run->layout.base_pfn, 0))
			lane->block_type[block] = PF_ASK(lane, block_type, pfn);
		ok = offline ? PF_ASK(lane, offline, pfn) : PF_ASK(lane, isolate, pfn);
		pf_said(lane, ok);
		pf_note(lane, ok ? PF_ANSWER_BLOCK : PF_ANSWER_REFUSED, pfn, 0);
		pf_rules_retyped(lane);
		if (ok)
			hide_block(lane, block, offline);
	}
}

static void return_block(struct pf_oracle *run, const struct pf_op *op, bool offline)
{
	uint32_t block = block_of_operand(run, op->arg[PF_BLOCK_NR]);

	pf_relation_leave(run);
	pf_for_each_lane(run, lane)
	{
		if (!pf_can(lane, offline ? PF_CAN_OFFLINE : PF_CAN_ISOLATE))
			pf_note_skipped(lane);
		else if (lane->block_state[block] ==
			 (offline ? PF_BLOCK_OFFLINE : PF_BLOCK_ISOLATED))
			undo_block(lane, block);
	}
}

void pf_do_isolate(struct pf_oracle *run, const struct pf_op *op)
{
	take_block(run, op, false);
}

void pf_do_undo(struct pf_oracle *run, const struct pf_op *op)
{
	return_block(run, op, false);
}

void pf_do_offline(struct pf_oracle *run, const struct pf_op *op)
{
	take_block(run, op, true);
}

void pf_do_online(struct pf_oracle *run, const struct pf_op *op)
{
	return_block(run, op, true);
}

/* Blocks that are out of use, or that no memory starts in, keep their type. */
void pf_do_retype(struct pf_oracle *run, const struct pf_op *op)
{
	uint32_t block = block_of_operand(run, op->arg[PF_RETYPE_BLOCK]);
	pf_pfn pfn = block_pfn(run, block);

	if (!pf_mirror_test(&run->valid, pfn - run->layout.base_pfn, 0))
		return;
	pf_for_each_lane(run, lane)
	{
		if (!pf_can(lane, PF_CAN_RETYPE)) {
			pf_note_skipped(lane);
			continue;
		}
		if (lane->block_state[block] != PF_BLOCK_NORMAL)
			continue;
		PF_TELL(lane, retype, pfn, op->arg[PF_RETYPE_TYPE]);
		pf_rules_retyped(lane);
		lane->grouped = false;
	}
}

/* The nth range of kind LATER; NULL: there is none. */
static const struct pf_range *later_range(const struct pf_layout *l, unsigned *nth)
{
	unsigned nr = 0, n = 0;

	for (unsigned i = 0; i < l->nr_ranges; i++)
		nr += l->range[i].kind == PF_RANGE_LATER;
	if (!nr)
		return NULL;
	*nth %= nr;
	for (unsigned i = 0; i < l->nr_ranges; i++)
		if (l->range[i].kind == PF_RANGE_LATER && n++ == *nth)
			return &l->range[i];
	return NULL;
}

void pf_do_add(struct pf_oracle *run, const struct pf_op *op)
{
	unsigned nth = op->arg[PF_ADD_RANGE];
	const struct pf_range *r = later_range(&run->layout, &nth);

	if (!r)
		return;
	pf_for_each_lane(run, lane)
	{
		uint32_t first = pf_block_of(run, r->start_pfn - run->layout.base_pfn);
		uint32_t last =
			pf_block_of(run, r->start_pfn + r->nr_pages - 1 - run->layout.base_pfn);
		bool ok;

		if (!pf_can(lane, PF_CAN_ADD)) {
			pf_note_skipped(lane);
			continue;
		}
		if (lane->added >> nth & 1)
			continue;
		lane->grouped = false;
		ok = PF_ASK(lane, add_memory, r->start_pfn, r->nr_pages);
		pf_said(lane, ok);
		pf_note(lane, ok ? PF_ANSWER_RUN : PF_ANSWER_REFUSED, r->start_pfn, r->nr_pages);
		if (!ok)
			continue;
		lane->added |= 1u << nth;
		for (uint32_t b = first; b <= last; b++)
			pf_world_set_block(lane, b, PF_BLOCK_NORMAL);
		pf_world_ask_own(lane);
		if (!run->options.unchecked)
			pf_rules_resized(lane);
	}
}

/* ------------------------------------------------- daemons and settings -- */

void pf_do_drain(struct pf_oracle *run, const struct pf_op *op)
{
	uint32_t cpu = op->arg[PF_DRAIN_CPU];

	pf_for_each_lane(run, lane)
	{
		int only = cpu ? (int)((cpu - 1) % run->layout.nr_cpus) : -1;

		if (!pf_can(lane, PF_CAN_DRAIN)) {
			pf_note_skipped(lane);
			continue;
		}
		pf_rules_before_drain(lane, only);
		PF_TELL(lane, drain, only);
		if (lane->rules.observer)
			pf_rules_after_free(lane);
	}
}

void pf_do_tick(struct pf_oracle *run, const struct pf_op *op)
{
	enum pf_daemon daemon = op->arg[PF_TICK_DAEMON];
	unsigned node = op->arg[PF_TICK_NODE] % run->layout.nr_nodes;

	if (daemon == PF_KCOMPACTD && op->arg[PF_TICK_PROACTIVE])
		daemon = PF_KCOMPACTD_PROACTIVE;
	pf_for_each_lane(run, lane) if (!pf_can(lane, PF_CAN_TICK) ||
					!PF_ASK(lane, tick, daemon, node, op->arg[PF_TICK_ORDER]))
		pf_note_skipped(lane);
}

void pf_do_tune(struct pf_oracle *run, const struct pf_op *op)
{
	unsigned knob = op->arg[PF_TUNE_KNOB];

	pf_for_each_lane(run, lane)
	{
		bool ok;

		if (knob >= PF_NR_KNOBS || !pf_can(lane, PF_CAN_TUNE)) {
			pf_note_skipped(lane);
			continue;
		}
		ok = PF_ASK(lane, tune, knob, op->arg[PF_TUNE_VALUE]);
		pf_said(lane, ok);
		lane->grouped = false;
		if (ok && !run->options.unchecked)
			pf_rules_tuned(lane, knob, op->arg[PF_TUNE_VALUE]);
	}
}

/* The first cpu stays, as in the kernel. What a cpu that is gone asks for, another does. */
void pf_do_cpu(struct pf_oracle *run, const struct pf_op *op)
{
	unsigned cpu = op->arg[PF_CPU_NR] % run->layout.nr_cpus;
	uint32_t now = pf_online_after(run->online, run->layout.nr_cpus, op);

	if (now == run->online)
		return;
	pf_for_each_lane(run, lane)
	{
		if (pf_can(lane, PF_CAN_CPU))
			pf_said(lane, PF_ASK(lane, set_cpu, cpu, op->arg[PF_CPU_ONLINE]));
		else
			pf_note_skipped(lane);
	}
	run->online = now;
	pf_for_each_lane(run, lane) if (!run->options.unchecked) pf_rules_resized(lane);
}

void pf_do_inject(struct pf_oracle *run, const struct pf_op *op)
{
	unsigned what = op->arg[PF_INJECT_WHAT], after = op->arg[PF_INJECT_AFTER];
	unsigned count = op->arg[PF_INJECT_COUNT] ? op->arg[PF_INJECT_COUNT] : 1;

	if (what >= PF_NR_INJECT)
		return;
	/* A machine's environment is what it is. */
	if (what >= PF_INJECT_CONTENDED && run->remote)
		return;
	pf_for_each_lane(run, lane)
	{
		lane->inject[what].after = after;
		lane->inject[what].count = count;
		if (lane->impl->inject)
			PF_TELL(lane, inject, what, after, count);
	}
}

/* ---------------------------------------------------------- checkpoints -- */

void pf_audit(struct pf_oracle *run)
{
	pf_for_each_lane(run, lane)
	{
		pf_laws_audit(lane);
		pf_rules_audit(lane);
		pf_rules_raise(lane);
	}
	pf_relation_totals(run);
}

void pf_do_check(struct pf_oracle *run, const struct pf_op *op)
{
	(void)op;
	if (run->options.unchecked)
		return;
	pf_audit(run);
	pf_for_each_lane(run, lane) pf_law_self_check(lane);
	pf_relation_mirrored(run);
	pf_relation_dumps(run);
}
