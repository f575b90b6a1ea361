// SPDX-License-Identifier: GPL-2.0-only
/*
 * rules_compact.c - compaction, followed by the events of the kernel's own names: where its
 * scanners begin, go and meet, what they take, how it ends, and when it is put off. What is not
 * in the events is not asked. Functions named are those of mm/compaction.c of 6.1.
 */
#include <string.h>

#include "../impls/dump.h"
#include "rules.h"

/* The kernel's enum compact_result, as events carry it. */
enum {
	NOT_SUITABLE_ZONE,
	SKIPPED,
	DEFERRED,
	NO_SUITABLE_PAGE,
	CONTINUE,
	COMPLETE,
	PARTIAL_SKIPPED,
	CONTENDED,
	SUCCESS,
};

#define PRIO_ASYNC	  2
#define CLUSTER_MAX	  32
#define COSTLY_ORDER	  3
#define MAX_DEFER_SHIFT	  6
#define DEFER_LIMIT(zone) (1u << (zone)->shift)

static struct pf_scan *scan_of(struct pf_lane *lane)
{
	return &lane->rules.scan;
}

static pf_pfn zone_end(const struct pf_lane *lane, unsigned z)
{
	return lane->run->layout.zone[z].start_pfn + lane->run->layout.zone[z].spanned;
}

static uint32_t block_of(const struct pf_lane *lane, uint64_t pfn)
{
	return (uint32_t)(pfn >> lane->run->layout.pageblock_order);
}

static pf_pfn block_start(const struct pf_lane *lane, uint64_t pfn)
{
	return (pf_pfn)(pfn & ~((1ull << lane->run->layout.pageblock_order) - 1));
}

/* The zone that an event names by its node and type; nr_zones: there is none. */
static unsigned zone_named(const struct pf_lane *lane, const struct pf_event *ev)
{
	const struct pf_layout *l = &lane->run->layout;
	unsigned z = 0;

	while (z < l->nr_zones &&
	       (l->zone[z].node != ev->field[0] || l->zone[z].type != ev->field[1]))
		z++;
	return z;
}

/* ------------------------------------------------------------- deferral -- */

/* compaction_deferred() said no: silent, but it counts. */
static void not_deferred(struct pf_lane *lane, unsigned z, int order)
{
	struct pf_deferral *d = &lane->rules.deferral[z];

	if (order < d->order_failed)
		return;
	if (d->considered + 1 < DEFER_LIMIT(d))
		PF_RULE_BROKEN(
			lane, RULES_DEFER,
			"order %d is tried in a zone that is put off: considered %u times, shift "
			"%u, "
			"order failed %d",
			order, d->considered, d->shift, d->order_failed);
	d->considered = DEFER_LIMIT(d);
}

static void deferral_event(struct pf_lane *lane, const struct pf_event *ev)
{
	unsigned z = zone_named(lane, ev);
	struct pf_scan *s = scan_of(lane);
	struct pf_deferral *d = &lane->rules.deferral[z];
	int order = (int)ev->field[2];
	bool zeroed = false;

	if (z == lane->run->layout.nr_zones)
		PF_RULE_BROKEN(lane, RULES_DEFER, "a zone is put off that is not there");
	switch (ev->type) {
	case PF_EV_COMPACT_DEFERRED:
		s->best = DEFERRED > s->best ? DEFERRED : s->best;
		s->deferred |= 1u << z;
		if (order < d->order_failed || ++d->considered >= DEFER_LIMIT(d))
			PF_RULE_BROKEN(
				lane, RULES_DEFER,
				"order %d is put off, considered %u times, shift %u, order failed "
				"%d",
				order, d->considered, d->shift, d->order_failed);
		s->owed = 0;
		break;
	case PF_EV_COMPACT_DEFER:
		/* Only what went to its end in vain. */
		if (s->last_zone != z || (s->last != COMPLETE && s->last != PARTIAL_SKIPPED))
			PF_RULE_BROKEN(lane, RULES_DEFER, "order %d is put off after result %d",
				       order, s->last);
		d->considered = 0;
		d->shift = d->shift < MAX_DEFER_SHIFT ? d->shift + 1 : MAX_DEFER_SHIFT;
		d->order_failed = order < d->order_failed ? order : d->order_failed;
		s->owed = 0;
		break;
	default: /* compaction_defer_reset(): wholly, if an allocation succeeded */
		zeroed = !ev->field[3] && !ev->field[4];
		if (zeroed)
			d->considered = d->shift = 0;
		if (order >= d->order_failed)
			d->order_failed = order + 1;
		s->owed = 0;
	}
	if (ev->field[3] != d->considered || ev->field[4] != d->shift ||
	    ev->field[5] != d->order_failed)
		PF_RULE_BROKEN(lane, RULES_DEFER,
			       "considered %lld times, shift %lld, order failed %lld; should be "
			       "%u, %u, %d",
			       (long long)ev->field[3], (long long)ev->field[4],
			       (long long)ev->field[5], d->considered, d->shift, d->order_failed);
}

/* What a finished compaction owes: to be put off, or to be known as a success. */
static void nothing_owed(struct pf_lane *lane)
{
	struct pf_scan *s = scan_of(lane);

	if (s->owed)
		PF_RULE_BROKEN(lane, RULES_DEFER,
			       "compaction for order %d ended with %d, and that was not noted",
			       s->order, s->last);
}

/* ------------------------------------------------------------- scanners -- */

/* Where others stopped; anew, if that is outside of the zone. */
static void check_positions(struct pf_lane *lane, const struct pf_event *ev, unsigned z)
{
	const struct pf_scan *s = scan_of(lane);
	const struct pf_deferral *d = &lane->rules.deferral[z];
	const struct pf_zone_layout *zl = &lane->run->layout.zone[z];
	const uint32_t *f = lane->rules.field[z];
	pf_pfn from = f[s->sync ? PF_DUMP_CACHED_MIGRATE_SYNC : PF_DUMP_CACHED_MIGRATE_ASYNC];
	pf_pfn to = f[PF_DUMP_CACHED_FREE], end = zone_end(lane, z);

	/* compaction_restarting() may forget hints and positions first. */
	if (!s->looked || s->begun || s->whole ||
	    (d->shift == MAX_DEFER_SHIFT && d->considered >= DEFER_LIMIT(d)))
		return;
	if (to < zl->start_pfn || to >= end)
		to = block_start(lane, end - 1);
	if (from < zl->start_pfn || from >= end)
		from = zl->start_pfn;
	if (ev->field[1] != from || ev->field[2] != to)
		PF_RULE_BROKEN(
			lane, RULES_SCANNER,
			"scanners begin at pfn %lld and %lld, the last ones stopped at %u and %u",
			(long long)ev->field[1], (long long)ev->field[2], from, to);
}

static void begin(struct pf_lane *lane, const struct pf_event *ev)
{
	const struct pf_layout *l = &lane->run->layout;
	struct pf_scan *s = scan_of(lane);
	unsigned z = 0;

	while (z < l->nr_zones && l->zone[z].start_pfn != ev->field[0])
		z++;
	if (z == l->nr_zones || zone_end(lane, z) != ev->field[3])
		PF_RULE_BROKEN(lane, RULES_SCANNER, "compaction of [%lld, %lld), which is no zone",
			       (long long)ev->field[0], (long long)ev->field[3]);
	if (ev->field[1] < ev->field[0] || ev->field[1] > ev->field[3] ||
	    ev->field[2] < block_start(lane, (uint64_t)ev->field[0]) ||
	    ev->field[2] >= ev->field[3])
		PF_RULE_BROKEN(lane, RULES_SCANNER,
			       "scanners begin at pfn %lld and %lld, outside [%lld, %lld)",
			       (long long)ev->field[1], (long long)ev->field[2],
			       (long long)ev->field[0], (long long)ev->field[3]);
	if (s->kind == PF_SCAN_NONE)
		PF_RULE_BROKEN(lane, RULES_SCANNER, "nobody asked for compaction");
	if (s->whole && (ev->field[1] != ev->field[0] ||
			 ev->field[2] != block_start(lane, (uint64_t)ev->field[3] - 1)))
		PF_RULE_BROKEN(lane, RULES_SCANNER,
			       "a whole zone is scanned from pfn %lld up and %lld down, it is "
			       "[%lld, %lld)",
			       (long long)ev->field[1], (long long)ev->field[2],
			       (long long)ev->field[0], (long long)ev->field[3]);
	if (!!ev->field[4] != s->sync)
		PF_RULE_BROKEN(lane, RULES_SCANNER, "compaction %s waits",
			       ev->field[4] ? "that should not wait" : "that may wait never");
	if (s->suitable != CONTINUE)
		PF_RULE_BROKEN(lane, RULES_SCANNER, "compaction begins, though it was found %d",
			       s->suitable);
	check_positions(lane, ev, z);
	s->inside = true;
	s->first_look = !s->begun;
	s->targets = 0;
	s->asked_since = false;
	s->begun = true;
	s->zones |= 1u << z;
	s->last_from = 0;
	s->zone = z;
	s->migrate = s->iteration = (pf_pfn)ev->field[1];
	s->free = s->first_free = (pf_pfn)ev->field[2];
	s->from = s->to = 0;
	s->taken = s->moved = 0;
	s->migrate_scanned = s->free_scanned = s->isolated = 0;
	s->finished = CONTINUE;
}

static void mark(struct pf_lane *lane, pf_pfn pfn, unsigned marks)
{
	pf_pfn first = block_start(lane, pfn);

	if (scan_of(lane)->looked && first >= lane->run->layout.base_pfn)
		lane->rules.node[first - lane->run->layout.base_pfn].marks |= (uint8_t)marks;
}

static const struct pf_node *node_at(const struct pf_lane *lane, pf_pfn pfn)
{
	return &lane->rules.node[pfn - lane->run->layout.base_pfn];
}

static unsigned type_at(const struct pf_lane *lane, pf_pfn pfn)
{
	pf_pfn first = block_start(lane, pfn);

	return first < lane->run->layout.base_pfn
		       ? PF_NR_BLOCK_TYPES
		       : lane->rules.node[first - lane->run->layout.base_pfn].type;
}

/*
 * How many pages a scan of [from, to) looks at: one of each free block. 0: can't be told, as
 * larger blocks may have merged over the pageblock's border since, cached pages may have been
 * freed, and not all that is allocated in one piece is compound.
 */
static uint32_t pages_looked_at(const struct pf_lane *lane, pf_pfn from, pf_pfn to)
{
	const struct pf_layout *l = &lane->run->layout;
	const struct pf_node *n = lane->rules.node;
	uint32_t scanned = 0, first = block_start(lane, from) - l->base_pfn;

	for (uint32_t i = first; i < first + (1u << l->pageblock_order) && i < pf_layout_pages(l);
	     i++)
		if (!n[i].order && n[i].next | n[i].prev)
			return 0;
	for (pf_pfn pfn = from; pfn < to;) {
		uint32_t idx = pfn - l->base_pfn, unit = lane->owner[idx];

		if (n[idx].order > l->pageblock_order ||
		    (unit && pf_unit_slot(lane->run, unit - 1)->order))
			return 0;
		scanned++;
		pfn += n[idx].order ? 1u << (n[idx].order - 1) : 1;
	}
	return scanned;
}

static void check_range(struct pf_lane *lane, const struct pf_event *ev, const char *what)
{
	struct pf_scan *s = scan_of(lane);
	int64_t start = ev->field[0], end = ev->field[1];
	const struct pf_zone_layout *zl = &lane->run->layout.zone[s->zone];

	if (!s->inside)
		PF_RULE_BROKEN(lane, RULES_SCANNER, "%s are isolated outside of compaction", what);
	if (start < zl->start_pfn || end > zone_end(lane, s->zone) || start > end ||
	    (start < end && block_of(lane, (uint64_t)start) != block_of(lane, (uint64_t)end - 1)))
		PF_RULE_BROKEN(lane, RULES_SCANNER,
			       "%s are isolated in [%lld, %lld): not inside one pageblock of zone "
			       "[%u, %u)",
			       what, (long long)start, (long long)end, zl->start_pfn,
			       zone_end(lane, s->zone));
	if (ev->field[3] > ev->field[2] || ev->field[3] < 0)
		PF_RULE_BROKEN(lane, RULES_COUNTER, "%lld %s taken of %lld scanned",
			       (long long)ev->field[3], what, (long long)ev->field[2]);
}

/* Pages of [from, to) that have an owner who follows a move, of no LRU list. */
static uint32_t movable_pages(const struct pf_lane *lane, pf_pfn from, pf_pfn to, uint32_t *lru)
{
	const struct pf_oracle *run = lane->run;
	uint32_t n = 0;

	*lru = 0;
	for (pf_pfn pfn = from; pfn < to; pfn++) {
		uint32_t unit = lane->owner[pfn - run->layout.base_pfn];
		const struct pf_slot *slot;

		if (!unit)
			continue;
		slot = pf_unit_slot(run, unit - 1);
		if (slot->order || !(slot->attrs & PF_PAGE_MOVABLE) ||
		    slot->state == PF_SLOT_CONTIG || slot->state == PF_SLOT_RUN)
			continue;
		if (slot->attrs & PF_PAGE_LRU)
			++*lru;
		else
			n++;
	}
	return n;
}

/*
 * isolation_suitable(): where the skip bit was, nobody begins who heeds it; unless the zone was
 * about to forget the bits, or begins in the midst of a pageblock.
 */
static void check_heeds_skip(struct pf_lane *lane, pf_pfn start)
{
	const struct pf_scan *s = scan_of(lane);

	if (s->looked && !s->ignore_skip && start == block_start(lane, start) &&
	    !lane->rules.field[s->zone][PF_DUMP_BLOCKSKIP_FLUSH] &&
	    node_at(lane, start)->marks & PF_MARK_SKIP)
		PF_RULE_BROKEN(lane, RULES_SCANNER,
			       "pages to move are isolated in the pageblock at pfn %u, which has "
			       "the skip bit",
			       start);
}

static void check_sources(struct pf_lane *lane, const struct pf_event *ev)
{
	struct pf_scan *s = scan_of(lane);
	pf_pfn start = (pf_pfn)ev->field[0], end = (pf_pfn)ev->field[1];
	pf_pfn next = block_start(lane, start) + (1u << lane->run->layout.pageblock_order);
	const struct pf_zone_layout *zone = &lane->run->layout.zone[s->zone];
	unsigned type;
	uint32_t scanned;

	/*
	 * compact_zone(): who begins a second time in a pageblock takes all of one at once, be it
	 * another one that fast_find_migrateblock() then turns to. 0 stands for none as well.
	 */
	if (ev->field[3] > CLUSTER_MAX &&
	    block_of(lane, s->iteration) != block_of(lane, s->last_from) &&
	    block_of(lane, s->iteration) != block_of(lane, 0))
		PF_RULE_BROKEN(lane, RULES_SCANNER, "%lld pages are isolated at once in [%u, %u)",
			       (long long)ev->field[3], start, end);
	/* A whole pageblock, unless there are enough. */
	if (s->kind != PF_SCAN_DIRECT && end != next && ev->field[3] < CLUSTER_MAX)
		PF_RULE_BROKEN(lane, RULES_SCANNER,
			       "the scan for pages to move stops at pfn %u with %lld pages", end,
			       (long long)ev->field[3]);
	check_heeds_skip(lane, start);
	if (ev->field[3])
		s->last_from = s->iteration;
	mark(lane, start, PF_MARK_SEEN);
	if (s->ignore_skip && start == block_start(lane, start) && end == next && !ev->field[3])
		mark(lane, start, PF_MARK_VAIN);
	if (!s->looked)
		return;
	type = type_at(lane, start);
	/* suitable_migration_source(): who does not wait stays with its own kind. */
	if (s->kind == PF_SCAN_DIRECT && !s->sync && type != s->mobility &&
	    !(s->mobility == PF_MOVABLE && type == PF_CMA))
		PF_RULE_BROKEN(
			lane, RULES_SCANNER,
			"pages are taken out of a pageblock of type %u for a request of type %u",
			type, s->mobility);
	/*
	 * Targets found on the lists may be in the same pageblock; and what was moved out of it
	 * merges with what was free, so that a second scan begins in the midst of a free block.
	 */
	scanned = s->order < 0 && (start == block_start(lane, start) || start == zone->start_pfn)
			  ? pages_looked_at(lane, start, end)
			  : 0;
	if (scanned && ev->field[2] != scanned)
		PF_RULE_BROKEN(lane, RULES_COUNTER,
			       "%lld pages are scanned in [%u, %u), there are %u",
			       (long long)ev->field[2], start, end, scanned);
}

/* isolate_migratepages_block() */
static void isolated_sources(struct pf_lane *lane, const struct pf_event *ev)
{
	struct pf_scan *s = scan_of(lane);
	pf_pfn start = (pf_pfn)ev->field[0], end = (pf_pfn)ev->field[1];
	uint32_t lru, movable;

	check_range(lane, ev, "pages to move");
	if (s->taken)
		PF_RULE_BROKEN(lane, RULES_SCANNER, "%u isolated pages are left where they were",
			       s->taken);
	/* fast_find_migrateblock() may jump, and the search go back once. */
	if (start < s->migrate && (s->ignore_skip || s->order <= COSTLY_ORDER))
		PF_RULE_BROKEN(lane, RULES_SCANNER,
			       "the scan for pages to move goes back from pfn %u to %u", s->migrate,
			       start);
	if (block_of(lane, start) >= block_of(lane, s->first_free))
		PF_RULE_BROKEN(
			lane, RULES_SCANNER,
			"pages to move are isolated at pfn %u, the other scanner began at %u",
			start, s->first_free);
	if (ev->field[2] > end - start + 1)
		PF_RULE_BROKEN(lane, RULES_COUNTER, "%lld pages are scanned in [%u, %u)",
			       (long long)ev->field[2], start, end);
	movable = movable_pages(lane, start, end, &lru);
	/*
	 * Who does not wait lets go of what it has in a part that is lost; a pageblock with
	 * the skip bit, which the search of the free lists had set, is left at its first page.
	 */
	if (ev->field[3] > movable + lru ||
	    (s->kind != PF_SCAN_DIRECT && (s->ignore_skip || ev->field[2] > 1) &&
	     ev->field[3] < movable))
		PF_RULE_BROKEN(
			lane, RULES_SCANNER,
			"%lld pages are isolated in [%u, %u), where %u can be moved, %u of them of "
			"the "
			"page cache",
			(long long)ev->field[3], start, end, movable + lru, lru);
	if (ev->field[3] > 1 << lane->run->layout.pageblock_order)
		PF_RULE_BROKEN(lane, RULES_SCANNER, "%lld pages are isolated at once",
			       (long long)ev->field[3]);
	check_sources(lane, ev);
	s->migrate_scanned += (uint64_t)ev->field[2];
	s->isolated += (uint64_t)ev->field[3];
	s->from = start;
	s->to = end;
	s->migrate = end;
	s->taken = (uint32_t)ev->field[3];
	s->moved = 0;
}

/* isolate_freepages_block() */
static void isolated_targets(struct pf_lane *lane, const struct pf_event *ev)
{
	struct pf_scan *s = scan_of(lane);
	pf_pfn start = (pf_pfn)ev->field[0];
	bool fast = s->order > 0;

	check_range(lane, ev, "free pages");
	if (!s->taken)
		PF_RULE_BROKEN(lane, RULES_SCANNER, "free pages are isolated at pfn %u for nobody",
			       start);
	if (block_of(lane, start) < block_of(lane, s->migrate ? s->migrate - 1 : 0))
		PF_RULE_BROKEN(lane, RULES_SCANNER,
			       "free pages are isolated at pfn %u, below the other scanner's %u",
			       start, s->migrate);
	if (!fast && block_of(lane, start) > block_of(lane, s->free))
		PF_RULE_BROKEN(lane, RULES_SCANNER,
			       "the scan for free pages goes up from pfn %u to %u", s->free, start);
	/* compaction_free(): targets that were not used are used first. */
	if (!fast && s->asked_since && s->targets > 0)
		PF_RULE_BROKEN(lane, RULES_SCANNER,
			       "free pages are isolated, though %d isolated ones are left",
			       s->targets);
	if (s->targets >= (int)s->taken)
		PF_RULE_BROKEN(lane, RULES_SCANNER,
			       "free pages are isolated at pfn %u, there are %d for %u to move",
			       start, s->targets, s->taken);
	s->asked_since = false;
	s->targets += (int)ev->field[3];
	mark(lane, start, PF_MARK_SEEN);
	if (s->ignore_skip && !fast &&
	    (pf_pfn)ev->field[1] ==
		    block_start(lane, start) + (1u << lane->run->layout.pageblock_order))
		mark(lane, start, PF_MARK_VAIN);
	/* suitable_migration_target(); who searches the lists takes what lies around a find as well. */
	if (s->looked && !fast && type_at(lane, start) != PF_MOVABLE &&
	    type_at(lane, start) != PF_CMA)
		PF_RULE_BROKEN(
			lane, RULES_SCANNER,
			"free pages are taken out of a pageblock of type %u for pages that move",
			type_at(lane, start));
	/*
	 * A free block of that size is none to fill: suitable_migration_target(). Merged into a
	 * larger one it may look like a pageblock in use, but then there is nothing to take.
	 */
	if (s->looked && !fast && ev->field[3] && start == block_start(lane, start) &&
	    node_at(lane, start)->order > lane->run->layout.pageblock_order)
		PF_RULE_BROKEN(lane, RULES_SCANNER,
			       "free pages are taken out of a free block of order %u at pfn %u",
			       node_at(lane, start)->order - 1u, start);
	s->free = start;
	s->free_scanned += (uint64_t)ev->field[2];
	s->isolated += (uint64_t)ev->field[3];
}

/* migrate_pages() is through with a batch. */
static void migrated(struct pf_lane *lane, const struct pf_event *ev)
{
	struct pf_scan *s = scan_of(lane);

	if (!s->inside || !s->taken)
		PF_RULE_BROKEN(lane, RULES_SCANNER, "a batch of pages that nobody isolated");
	if (ev->field[0] != s->moved || ev->field[0] + ev->field[1] != s->taken)
		PF_RULE_BROKEN(lane, RULES_COUNTER,
			       "%lld pages moved and %lld not: %u were isolated, %u moved",
			       (long long)ev->field[0], (long long)ev->field[1], s->taken,
			       s->moved);
	/* mm_migrate_pages: a large folio that fails counts once, here by its pages. */
	if (s->said_moved != ev->field[0] || s->said_failed > ev->field[1] ||
	    !s->said_failed != !ev->field[1])
		PF_RULE_BROKEN(lane, RULES_COUNTER,
			       "migrate_pages() moved %lld and failed for %lld, compaction has "
			       "%lld and %lld",
			       (long long)s->said_moved, (long long)s->said_failed,
			       (long long)ev->field[0], (long long)ev->field[1]);
	s->said_moved = s->said_failed = 0;
	s->taken = s->moved = 0;
}

static void ended(struct pf_lane *lane, const struct pf_event *ev)
{
	struct pf_scan *s = scan_of(lane);
	int status = (int)ev->field[5];
	bool met = block_of(lane, (uint64_t)ev->field[2]) <= block_of(lane, (uint64_t)ev->field[1]);

	if (!s->inside)
		PF_RULE_BROKEN(lane, RULES_SCANNER, "compaction ends that did not begin");
	s->inside = false;
	s->last = status;
	s->last_zone = s->zone;
	if (ev->field[1] < ev->field[0] || ev->field[1] > ev->field[3] + (1 << 18) ||
	    ev->field[2] > ev->field[3])
		PF_RULE_BROKEN(lane, RULES_SCANNER,
			       "scanners end at pfn %lld and %lld, outside [%lld, %lld)",
			       (long long)ev->field[1], (long long)ev->field[2],
			       (long long)ev->field[0], (long long)ev->field[3]);
	if ((status == COMPLETE || status == PARTIAL_SKIPPED) && !met)
		PF_RULE_BROKEN(lane, RULES_SCANNER,
			       "compaction is through with the scanners at pfn %lld and %lld",
			       (long long)ev->field[1], (long long)ev->field[2]);
	if ((status == COMPLETE && s->kind != PF_SCAN_DIRECT && s->kind != PF_SCAN_KCOMPACTD &&
	     !s->whole) ||
	    (status == PARTIAL_SKIPPED && s->whole))
		PF_RULE_BROKEN(lane, RULES_SCANNER, "compaction of %s zone ends with %d",
			       s->whole ? "a whole" : "a part of a", status);
	if (status < COMPLETE || status > SUCCESS ||
	    (status == SUCCESS && s->kind == PF_SCAN_MANUAL))
		PF_RULE_BROKEN(lane, RULES_SCANNER, "compaction ends with %d", status);
	/* What was found last is what is said, unless it was left in the middle. */
	if (status != s->finished && status != CONTENDED &&
	    !(status == SUCCESS && s->kind == PF_SCAN_DIRECT))
		PF_RULE_BROKEN(lane, RULES_SCANNER, "compaction ends with %d, it found %d", status,
			       s->finished);
	/* try_to_compact_pages() and kcompactd_do_work() note what came of it. */
	s->owed = (s->kind == PF_SCAN_DIRECT || s->kind == PF_SCAN_KCOMPACTD) &&
		  (status == SUCCESS ||
		   ((status == COMPLETE || status == PARTIAL_SKIPPED) && s->sync));
	/* Seen by __compact_finished() alone. */
	met = status == COMPLETE || (status == PARTIAL_SKIPPED && s->kind != PF_SCAN_PROACTIVE);
	s->met = (s->met & ~(1u << s->zone)) | (uint32_t)met << s->zone;
	s->best = status > s->best ? status : s->best;
	s->aborted |= status == CONTENDED;
	s->all_free_scanned += s->free_scanned;
	s->all_migrate_scanned += s->migrate_scanned;
	s->all_isolated += s->isolated;
}

static void check_suitable(struct pf_lane *lane, unsigned z, int order)
{
	struct pf_scan *s = scan_of(lane);
	unsigned node = lane->run->layout.zone[z].node, zones = 0;
	int should;

	/* By the lists as they were: before any compaction of this operation. */
	if (!s->looked || s->begun)
		return;
	/* For whom kcompactd was woken first is not known. */
	for (unsigned i = 0; i < lane->run->layout.nr_zones; i++)
		zones += lane->run->layout.zone[i].node == node;
	if (s->kind != PF_SCAN_DIRECT && zones > 1)
		return;
	should = pf_rules_suitable(lane, z, order,
				   s->kind == PF_SCAN_DIRECT ? s->type
							     : lane->run->layout.zone[z].type);
	if (s->suitable != should)
		PF_RULE_BROKEN(
			lane, RULES_SCANNER,
			"compaction for order %d is found %d, should be %d (the kernel's enum "
			"compact_result)",
			order, s->suitable, should);
}

static void suitable(struct pf_lane *lane, const struct pf_event *ev)
{
	struct pf_scan *s = scan_of(lane);
	unsigned z = zone_named(lane, ev);

	if (z == lane->run->layout.nr_zones)
		PF_RULE_BROKEN(lane, RULES_SCANNER, "compaction of a zone that is not there");
	nothing_owed(lane);
	s->suitable = (int)ev->field[3];
	if (s->suitable != CONTINUE) {
		int status = s->suitable == NOT_SUITABLE_ZONE ? SKIPPED : s->suitable;

		s->best = status > s->best ? status : s->best;
	}
	check_suitable(lane, z, (int)ev->field[2]);
	/* The kernel asks once more when it begins. */
	if ((s->kind == PF_SCAN_DIRECT && s->prio) || s->kind == PF_SCAN_KCOMPACTD) {
		if (!(s->asked >> z & 1))
			not_deferred(lane, z, (int)ev->field[2]);
		s->asked |= 1u << z;
	}
}

static void try(struct pf_lane *lane, const struct pf_event *ev)
{
	struct pf_scan *s = scan_of(lane);

	nothing_owed(lane);
	s->kind = PF_SCAN_DIRECT;
	s->order = (int)ev->field[0];
	s->prio = (unsigned)ev->field[2];
	s->sync = s->prio != PRIO_ASYNC;
	s->whole = s->ignore_skip = !s->prio;
	s->asked = 0;
}

/* __compact_finished(): is there a block that the request could have, of its own type or another's? */
static bool is_there(const struct pf_lane *lane, unsigned z, unsigned order, unsigned mt)
{
	const struct pf_layout *l = &lane->run->layout;

	for (unsigned o = order; o <= l->max_order; o++) {
		if (pf_rules_has_block(lane, z, o, mt) ||
		    (mt == PF_MOVABLE && pf_rules_has_block(lane, z, o, PF_CMA)))
			return true;
		/* Stealing what is not worth a pageblock would not last. */
		if (o < l->pageblock_order / 2u && mt == PF_MOVABLE && !lane->rules.ungrouped)
			continue;
		for (unsigned other = 0; other < PF_NR_MOBILITY; other++)
			if (other != mt && pf_rules_has_block(lane, z, o, other))
				return true;
	}
	return false;
}

/* The first look at the end, by the lists as they were before the operation. */
static void check_finished(struct pf_lane *lane)
{
	struct pf_scan *s = scan_of(lane);
	unsigned mt = s->kind == PF_SCAN_KCOMPACTD ? PF_UNMOVABLE : s->mobility;
	bool first = s->first_look;

	s->first_look = false;
	if (!first || !s->looked || s->order <= 0 || s->finished == CONTENDED ||
	    s->finished == COMPLETE || s->finished == PARTIAL_SKIPPED ||
	    s->migrate & ((1u << lane->run->layout.pageblock_order) - 1))
		return;
	if ((s->finished == SUCCESS) != is_there(lane, s->zone, (unsigned)s->order, mt))
		PF_RULE_BROKEN(lane, RULES_SCANNER,
			       "compaction for order %d, type %u, finds %d at its beginning",
			       s->order, mt, s->finished);
}

static void event(struct pf_lane *lane, const struct pf_event *ev)
{
	struct pf_scan *s = scan_of(lane);

	if (ev->type == PF_EV_WAKEUP_KSWAPD && ev->field[0] >= 0 && ev->field[0] < PF_MAX_NODES)
		lane->rules.woken |= 1u << ev->field[0];
	if (ev->type == PF_EV_EXTFRAG && ev->field[2] <= PF_MAX_ORDER &&
	    ev->field[2] >= lane->run->layout.pageblock_order)
		lane->rules.taken_over += 1u << (ev->field[2] - lane->run->layout.pageblock_order);
	pf_daemon_event(lane, ev);
	if (s->kind == PF_SCAN_RANGE)
		return;
	switch (ev->type) {
	case PF_EV_COMPACT_TRY:
		try(lane, ev);
		break;
	case PF_EV_KCOMPACTD_WAKE:
		s->kind = PF_SCAN_KCOMPACTD;
		s->node = (unsigned)ev->field[0];
		s->order = (int)ev->field[1];
		s->sync = true;
		s->whole = s->ignore_skip = false;
		s->asked = 0;
		break;
	case PF_EV_COMPACT_SUITABLE:
		suitable(lane, ev);
		break;
	case PF_EV_COMPACT_BEGIN:
		begin(lane, ev);
		break;
	case PF_EV_COMPACT_FINISHED:
		if (!s->inside)
			PF_RULE_BROKEN(lane, RULES_SCANNER,
				       "compaction finds its end outside of one");
		s->finished = (int)ev->field[3];
		s->iteration = s->migrate;
		check_finished(lane);
		break;
	case PF_EV_ISOLATE_MIGRATEPAGES:
		isolated_sources(lane, ev);
		break;
	case PF_EV_ISOLATE_FREEPAGES:
		isolated_targets(lane, ev);
		break;
	case PF_EV_MIGRATE_PAGES:
		s->said_moved = ev->field[0];
		s->said_failed = ev->field[1];
		break;
	case PF_EV_COMPACT_MIGRATEPAGES:
		migrated(lane, ev);
		break;
	case PF_EV_COMPACT_END:
		ended(lane, ev);
		break;
	case PF_EV_COMPACT_DEFERRED:
	case PF_EV_COMPACT_DEFER:
	case PF_EV_COMPACT_DEFER_RESET:
		deferral_event(lane, ev);
		break;
	default:
		break;
	}
}

/* Each page that moves was isolated, and goes to memory of its zone. */
static void moved(struct pf_lane *lane, pf_pfn src, pf_pfn dst, enum pf_migrate_result result)
{
	struct pf_scan *s = scan_of(lane);

	if (!s->inside)
		return;
	if (src < s->from || src >= s->to)
		PF_RULE_BROKEN(lane, RULES_SCANNER, "pfn %u is moved, isolated was [%u, %u)", src,
			       s->from, s->to);
	if (dst < lane->run->layout.zone[s->zone].start_pfn || dst >= zone_end(lane, s->zone))
		PF_RULE_BROKEN(lane, RULES_SCANNER,
			       "pfn %u is moved to %u, which is of another zone", src, dst);
	s->moved += result == PF_MIGRATED;
	s->targets -= result == PF_MIGRATED;
	s->asked_since = true;
}

const struct pf_observer pf_scan_observer = {event, moved};

uint64_t pf_scan_events(void)
{
	return 1ull << PF_EV_COMPACT_TRY | 1ull << PF_EV_KCOMPACTD_WAKE |
	       1ull << PF_EV_COMPACT_SUITABLE | 1ull << PF_EV_COMPACT_BEGIN |
	       1ull << PF_EV_COMPACT_FINISHED | 1ull << PF_EV_ISOLATE_MIGRATEPAGES |
	       1ull << PF_EV_ISOLATE_FREEPAGES | 1ull << PF_EV_COMPACT_MIGRATEPAGES |
	       1ull << PF_EV_COMPACT_END | 1ull << PF_EV_COMPACT_DEFERRED |
	       1ull << PF_EV_MIGRATE_PAGES | 1ull << PF_EV_WAKEUP_KCOMPACTD |
	       1ull << PF_EV_COMPACT_DEFER | 1ull << PF_EV_COMPACT_DEFER_RESET;
}

/* ------------------------------------------------------------ operations -- */

void pf_scan_begins(struct pf_lane *lane, const struct pf_op *op)
{
	struct pf_scan *s = scan_of(lane);

	memset(s, 0, sizeof(*s));
	s->sync = true;
	s->order = -1;
	s->best = SKIPPED;
	if (op->kind == PF_OP_COMPACT && op->arg[PF_COMPACT_WHOLE])
		s->kind = PF_SCAN_MANUAL;
	else if (op->kind == PF_OP_CONTIG || op->kind == PF_OP_OFFLINE)
		s->kind = PF_SCAN_RANGE;
	else if (op->kind == PF_OP_TICK && op->arg[PF_TICK_PROACTIVE])
		s->kind = PF_SCAN_PROACTIVE;
	s->whole = s->ignore_skip = s->kind == PF_SCAN_MANUAL || s->kind == PF_SCAN_PROACTIVE;
	if (op->kind != PF_OP_COMPACT && op->kind != PF_OP_TICK)
		return;
	s->looked = pf_rules_look(lane);
	if (s->looked)
		pf_rules_look_at_skips(lane);
	s->mobility = lane->rules.ungrouped ? PF_UNMOVABLE : op->arg[PF_COMPACT_MOBILITY];
	s->type = op->arg[PF_COMPACT_MOBILITY] == PF_MOVABLE ? PF_ZONE_MOVABLE : PF_ZONE_NORMAL;
	s->total_migrate = lane->dump->total[PF_DUMP_COMPACT_MIGRATE_SCANNED];
	s->total_free = lane->dump->total[PF_DUMP_COMPACT_FREE_SCANNED];
	s->total_isolated = lane->dump->total[PF_DUMP_COMPACT_ISOLATED];
}

/* What is counted is what was reported; searches of the lists come on top, and have no event. */
static void check_totals(struct pf_lane *lane, const struct pf_dump *d)
{
	struct pf_scan *s = scan_of(lane);
	const struct {
		const char *what;
		uint64_t is, said;
	} total[] = {
		{"compact_migrate_scanned",
		 d->total[PF_DUMP_COMPACT_MIGRATE_SCANNED] - s->total_migrate,
		 s->all_migrate_scanned},
		{"compact_free_scanned", d->total[PF_DUMP_COMPACT_FREE_SCANNED] - s->total_free,
		 s->all_free_scanned},
		{"compact_isolated", d->total[PF_DUMP_COMPACT_ISOLATED] - s->total_isolated,
		 s->all_isolated},
	};
	bool exact = s->ignore_skip && s->order < 0 && !s->aborted;

	for (unsigned i = 0; i < sizeof(total) / sizeof(total[0]); i++)
		if (exact ? total[i].is != total[i].said : total[i].is < total[i].said)
			PF_RULE_BROKEN(lane, RULES_COUNTER,
				       "%s counts %llu more, its events say %llu", total[i].what,
				       (unsigned long long)total[i].is,
				       (unsigned long long)total[i].said);
}

/* Pageblocks that were scanned to their end in vain have the skip bit; others got none. */
static void check_skip(struct pf_lane *lane, const struct pf_dump *d)
{
	const struct pf_layout *l = &lane->run->layout;
	const struct pf_scan *s = scan_of(lane);

	for (unsigned z = 0; z < l->nr_zones; z++) {
		const struct pf_list *b = &d->zone[z].blocks;
		pf_pfn pfn = block_start(lane, l->zone[z].start_pfn);

		for (uint32_t i = 0; i < b->nr; i++, pfn += 1u << l->pageblock_order) {
			unsigned marks =
				pfn < l->base_pfn ? 0 : lane->rules.node[pfn - l->base_pfn].marks;
			bool skip = d->word[b->first + i] & PF_BLOCK_SKIP;

			if (marks & PF_MARK_VAIN && !skip && s->zones >> z & 1)
				PF_RULE_BROKEN(lane, RULES_SCANNER,
					       "the pageblock at pfn %u was scanned in vain and "
					       "has no skip bit",
					       pfn);
		}
	}
}

void pf_scan_result(struct pf_lane *lane, enum pf_compact_result result)
{
	static const int number[PF_NR_COMPACT_RESULTS] = {
		[PF_COMPACT_SKIPPED] = SKIPPED,	    [PF_COMPACT_DEFERRED] = DEFERRED,
		[PF_COMPACT_COMPLETE] = COMPLETE,   [PF_COMPACT_PARTIAL_SKIPPED] = PARTIAL_SKIPPED,
		[PF_COMPACT_CONTENDED] = CONTENDED, [PF_COMPACT_SUCCESS] = SUCCESS,
	};
	struct pf_scan *s = scan_of(lane);

	/* try_to_compact_pages(): the best of all zones. */
	if (!lane->rules.observer || s->kind != PF_SCAN_DIRECT || result >= PF_NR_COMPACT_RESULTS)
		return;
	/* A block that is captured is a success, whatever else came of it. */
	if (number[result] != s->best && result != PF_COMPACT_SUCCESS)
		PF_RULE_BROKEN(lane, RULES_COUNTER,
			       "compaction answers %d, the best of its zones is %d", number[result],
			       s->best);
}

/* Who woke up compacts what can be, if it is not put off: asked where a node has one zone. */
static void check_kcompactd(struct pf_lane *lane)
{
	const struct pf_layout *l = &lane->run->layout;
	const struct pf_scan *s = scan_of(lane);
	unsigned zones = 0, z = 0;

	if (s->kind != PF_SCAN_KCOMPACTD || !s->looked || s->begun)
		return;
	for (unsigned i = 0; i < l->nr_zones; i++)
		if (l->zone[i].node == s->node)
			z = i, zones++;
	if (zones == 1 && !(s->deferred >> z & 1) &&
	    pf_rules_suitable(lane, z, s->order, l->zone[z].type) == PF_SUITABLE_CONTINUE)
		PF_RULE_BROKEN(lane, RULES_SCANNER,
			       "kcompactd wakes up for order %d and does nothing", s->order);
}

void pf_scan_ends(struct pf_lane *lane)
{
	struct pf_scan *s = scan_of(lane);
	const struct pf_layout *l = &lane->run->layout;

	if (s->inside)
		PF_RULE_BROKEN(lane, RULES_SCANNER, "compaction began and does not end");
	nothing_owed(lane);
	check_kcompactd(lane);
	if (s->looked && s->begun) {
		pf_dump_lane(lane);
		check_totals(lane, lane->dump);
		check_skip(lane, lane->dump);
	} else if (s->met) {
		pf_dump_lane(lane);
	}
	/* reset_cached_positions() */
	for (unsigned z = 0; z < l->nr_zones; z++) {
		const uint32_t *f = lane->dump->zone[z].field;
		pf_pfn last = block_start(lane, zone_end(lane, z) - 1);

		if (s->met >> z & 1 && (f[PF_DUMP_CACHED_MIGRATE_ASYNC] != l->zone[z].start_pfn ||
					f[PF_DUMP_CACHED_MIGRATE_SYNC] != l->zone[z].start_pfn ||
					f[PF_DUMP_CACHED_FREE] != last))
			PF_RULE_BROKEN(
				lane, RULES_SCANNER,
				"the scanners met, and the next compaction begins at %u, %u and %u",
				f[PF_DUMP_CACHED_MIGRATE_ASYNC], f[PF_DUMP_CACHED_MIGRATE_SYNC],
				f[PF_DUMP_CACHED_FREE]);
	}
}

void pf_scan_audit(struct pf_lane *lane, const struct pf_dump *d)
{
	for (unsigned z = 0; z < d->nr_zones; z++) {
		const struct pf_deferral *r = &lane->rules.deferral[z];
		const uint32_t *f = d->zone[z].field;

		if (f[PF_DUMP_CONSIDERED] != r->considered || f[PF_DUMP_DEFER_SHIFT] != r->shift ||
		    (int)f[PF_DUMP_ORDER_FAILED] != r->order_failed)
			PF_RULE_BROKEN(
				lane, RULES_DEFER,
				"considered %u times, shift %u, order failed %u; by its events %u, "
				"%u, "
				"%d",
				f[PF_DUMP_CONSIDERED], f[PF_DUMP_DEFER_SHIFT],
				f[PF_DUMP_ORDER_FAILED], r->considered, r->shift, r->order_failed);
	}
}
