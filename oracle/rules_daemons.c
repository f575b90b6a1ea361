// SPDX-License-Identifier: GPL-2.0-only
/*
 * rules_daemons.c - what kswapd and kcompactd do when they are about to sleep or wake up: which
 * pageblocks are scanned again, whether memory is fragmented enough, for which order. Functions
 * named are those of mm/compaction.c of 6.1.
 */
#include <string.h>

#include "../impls/dump.h"
#include "rules.h"

static uint32_t *field_of(struct pf_lane *lane, unsigned z)
{
	return lane->rules.field[z];
}

/* ------------------------------------------------- pageblocks to skip -- */

/* Of the pageblock that the page is in; the bit is kept with its first page. */
static struct pf_node *block_of(const struct pf_lane *lane, pf_pfn pfn)
{
	const struct pf_layout *l = &lane->run->layout;

	return &lane->rules.node[(pfn - l->base_pfn) & ~((1u << l->pageblock_order) - 1)];
}

void pf_rules_look_at_skips(struct pf_lane *lane)
{
	const struct pf_layout *l = &lane->run->layout;
	const struct pf_dump *d = lane->dump;

	for (unsigned z = 0; z < l->nr_zones; z++) {
		pf_pfn pfn = l->zone[z].start_pfn & ~((1u << l->pageblock_order) - 1);

		for (uint32_t i = 0; i < d->zone[z].blocks.nr; i++, pfn += 1u << l->pageblock_order)
			if (pfn >= l->base_pfn &&
			    d->word[d->zone[z].blocks.first + i] & PF_BLOCK_SKIP)
				block_of(lane, pfn)->marks |= PF_MARK_SKIP;
	}
}

/* On an LRU list: not while a cpu still collects it. */
static bool is_on_lru(const struct pf_lane *lane, pf_pfn pfn)
{
	uint32_t unit = lane->owner[pfn - lane->run->layout.base_pfn];
	const struct pf_dump *d = lane->dump;

	if (!unit || !(pf_unit_slot(lane->run, unit - 1)->attrs & PF_PAGE_LRU) ||
	    lane->unit_pfn[unit - 1] != pfn)
		return false;
	for (unsigned cpu = 0; cpu < d->nr_cpus; cpu++)
		for (uint32_t i = 0; i < d->lru_add[cpu].nr; i++)
			if (d->word[d->lru_add[cpu].first + i] == pfn)
				return false;
	return true;
}

/* pageblock_skip_persistent() */
static bool is_persistent(const struct pf_lane *lane, pf_pfn pfn)
{
	uint32_t unit = lane->owner[pfn - lane->run->layout.base_pfn];
	unsigned order = unit ? pf_unit_slot(lane->run, unit - 1)->order : 0;

	return order && order >= lane->run->layout.pageblock_order;
}

/* __reset_isolation_pfn() */
static bool forget(struct pf_lane *lane, unsigned z, pf_pfn pfn, bool source, bool target)
{
	const struct pf_zone_layout *zl = &lane->run->layout.zone[z];
	uint32_t block = 1u << lane->run->layout.pageblock_order;
	pf_pfn at = pfn & ~(block - 1), end = at + block;
	struct pf_node *b = block_of(lane, pfn);

	if (is_persistent(lane, pfn))
		return false;
	if (source && target && !(b->marks & PF_MARK_SKIP))
		return true;
	if (!source && target && b->type != PF_MOVABLE)
		return false;
	at = at < zl->start_pfn ? zl->start_pfn : at;
	end = end > zl->start_pfn + zl->spanned ? zl->start_pfn + zl->spanned : end;
	for (; at < end; at += 1u << 3)
		if ((source && is_on_lru(lane, at)) ||
		    (target && lane->rules.node[at - lane->run->layout.base_pfn].order)) {
			b->marks &= (uint8_t)~PF_MARK_SKIP;
			return true;
		}
	return false;
}

/* __reset_isolation_suitable(): positions are kept among the zone's fields. */
static void forget_in_zone(struct pf_lane *lane, unsigned z)
{
	const struct pf_zone_layout *zl = &lane->run->layout.zone[z];
	uint32_t block = 1u << lane->run->layout.pageblock_order, *f = field_of(lane, z);
	uint64_t up = zl->start_pfn, down = (uint64_t)zl->start_pfn + zl->spanned - 1;
	uint64_t lowest = down, highest = up;
	bool source = false, target = false;

	if (!f[PF_DUMP_BLOCKSKIP_FLUSH])
		return;
	for (; up < down; up += block, down -= block) {
		if (forget(lane, z, (pf_pfn)up, true, source) && up < lowest) {
			source = true;
			lowest = up;
			f[PF_DUMP_INIT_MIGRATE] = f[PF_DUMP_CACHED_MIGRATE_ASYNC] =
				f[PF_DUMP_CACHED_MIGRATE_SYNC] = (uint32_t)up;
		}
		if (forget(lane, z, (pf_pfn)down, target, true) && down > highest) {
			target = true;
			highest = down;
			f[PF_DUMP_INIT_FREE] = f[PF_DUMP_CACHED_FREE] = (uint32_t)down;
		}
	}
	if (lowest >= highest) {
		f[PF_DUMP_CACHED_MIGRATE_ASYNC] = f[PF_DUMP_CACHED_MIGRATE_SYNC] = (uint32_t)up;
		f[PF_DUMP_CACHED_FREE] = (uint32_t)down;
	}
}

static void check_forgotten(struct pf_lane *lane, const struct pf_dump *d, unsigned z)
{
	static const unsigned position[] = {PF_DUMP_CACHED_MIGRATE_ASYNC,
					    PF_DUMP_CACHED_MIGRATE_SYNC, PF_DUMP_CACHED_FREE,
					    PF_DUMP_INIT_MIGRATE, PF_DUMP_INIT_FREE};
	const struct pf_layout *l = &lane->run->layout;
	pf_pfn pfn = l->zone[z].start_pfn & ~((1u << l->pageblock_order) - 1);
	const struct pf_list *b = &d->zone[z].blocks;
	const uint32_t *f = field_of(lane, z);

	/* Whose memory is not balanced does not go to sleep, and forgets nothing. */
	if (f[PF_DUMP_BLOCKSKIP_FLUSH] && d->zone[z].field[PF_DUMP_BLOCKSKIP_FLUSH])
		return;
	for (unsigned i = 0; i < sizeof(position) / sizeof(position[0]); i++)
		if (d->zone[z].field[position[i]] != f[position[i]])
			PF_RULE_BROKEN(
				lane, RULES_SCANNER,
				"kswapd sleeps, and compaction would go on at pfn %u, should be "
				"%u",
				d->zone[z].field[position[i]], f[position[i]]);
	for (uint32_t i = 0; i < b->nr; i++, pfn += 1u << l->pageblock_order) {
		bool skip = d->word[b->first + i] & PF_BLOCK_SKIP;

		if (pfn >= l->base_pfn && skip != !!(block_of(lane, pfn)->marks & PF_MARK_SKIP))
			PF_RULE_BROKEN(lane, RULES_SCANNER,
				       "kswapd sleeps, and the pageblock at pfn %u %s skipped", pfn,
				       skip ? "is still" : "is not");
	}
}

/* Foretold where a zone is whole: in holes it matters what the memmap says. */
static void kswapd_begins(struct pf_lane *lane, unsigned node)
{
	const struct pf_layout *l = &lane->run->layout;
	struct pf_daemons *s = &lane->rules.daemons;

	if (l->nr_ranges || lane->run->options.dump_every)
		return;
	for (unsigned type = 0; type < PF_NR_ZONE_TYPES; type++)
		for (unsigned z = 0; z < l->nr_zones; z++)
			if (l->zone[z].node == node && l->zone[z].type == type)
				forget_in_zone(lane, z);
	s->kswapd = true;
	s->node = node;
}

/* ---------------------------------------------------------- kcompactd -- */

/* extfrag_for_order() for a pageblock: per cent of free memory that is in smaller blocks. */
static unsigned scattered(const struct pf_lane *lane, const struct pf_dump *d, unsigned z)
{
	const struct pf_layout *l = &lane->run->layout;
	uint64_t pages = 0, suitable = 0;

	for (unsigned o = 0; o <= l->max_order; o++)
		for (unsigned t = 0; t < PF_NR_BLOCK_TYPES; t++) {
			pages += (uint64_t)d->zone[z].free[o][t].nr << o;
			if (o >= l->pageblock_order)
				suitable += (uint64_t)d->zone[z].free[o][t].nr << o;
		}
	return pages ? (unsigned)((pages - suitable) * 100 / pages) : 0;
}

/* should_proactive_compact_node(): fragmentation_score_node() above the high mark of it. */
static bool is_worth_it(const struct pf_lane *lane, const struct pf_dump *d, unsigned node)
{
	const struct pf_layout *l = &lane->run->layout;
	unsigned eager = lane->rules.knob[PF_COMPACTION_PROACTIVENESS], mark;
	uint64_t present = 0;
	unsigned score = 0;

	for (unsigned z = 0; z < l->nr_zones; z++)
		if (l->zone[z].node == node)
			present += d->zone[z].field[PF_DUMP_PRESENT];
	for (unsigned z = 0; z < l->nr_zones; z++)
		if (l->zone[z].node == node)
			score += (unsigned)((uint64_t)d->zone[z].field[PF_DUMP_PRESENT] *
					    scattered(lane, d, z) / (present + 1));
	mark = (eager < 95 ? 100 - eager : 5) + 10;
	return eager && score > (mark < 100 ? mark : 100);
}

/* Who is woken for several orders, before it runs, compacts for the largest, in the lowest. */
void pf_daemon_event(struct pf_lane *lane, const struct pf_event *ev)
{
	struct pf_daemons *s = &lane->rules.daemons;
	unsigned node = (unsigned)ev->field[0];

	if (node >= PF_MAX_NODES)
		return;
	if (ev->type == PF_EV_WAKEUP_KCOMPACTD) {
		if (!s->woken[node] || ev->field[1] > s->order[node])
			s->order[node] = (int)ev->field[1];
		if (!s->woken[node] || ev->field[2] < s->zone[node])
			s->zone[node] = (int)ev->field[2];
		s->woken[node] = true;
	} else if (ev->type == PF_EV_KCOMPACTD_WAKE) {
		bool woken = s->woken[node];

		s->woken[node] = false;
		if (woken && (ev->field[1] < s->order[node] || ev->field[2] > s->zone[node]))
			PF_RULE_BROKEN(lane, RULES_WAKE,
				       "kcompactd wakes up for order %d up to zone type %d, it was "
				       "woken for %d and %d",
				       (int)ev->field[1], (int)ev->field[2], s->order[node],
				       s->zone[node]);
	}
}

/* -------------------------------------------------------------- both -- */

void pf_daemons_begin(struct pf_lane *lane, const struct pf_op *op)
{
	struct pf_daemons *s = &lane->rules.daemons;
	unsigned node = op->arg[PF_TICK_NODE] % lane->run->layout.nr_nodes;

	s->kswapd = s->proactive = false;
	if (op->kind != PF_OP_TICK || !lane->rules.scan.looked)
		return;
	if (op->arg[PF_TICK_DAEMON] == PF_KSWAPD) {
		kswapd_begins(lane, node);
	} else if (op->arg[PF_TICK_PROACTIVE]) {
		s->proactive = true;
		s->worth_it = is_worth_it(lane, lane->dump, node);
	}
}

void pf_daemons_end(struct pf_lane *lane)
{
	struct pf_daemons *s = &lane->rules.daemons;

	if (s->proactive && s->worth_it != lane->rules.scan.begun)
		PF_RULE_BROKEN(lane, RULES_SCANNER,
			       "kcompactd compacts of its own accord: %s, by its score it should%s",
			       lane->rules.scan.begun ? "yes" : "no", s->worth_it ? "" : " not");
	/* Reclaim is another matter: what it took is not on the lists that were looked at. */
	if (!s->kswapd || lane->evicted_pages)
		return;
	pf_dump_lane(lane);
	for (unsigned z = 0; z < lane->run->layout.nr_zones; z++)
		if (lane->run->layout.zone[z].node == s->node)
			check_forgotten(lane, lane->dump, z);
}
