// SPDX-License-Identifier: GPL-2.0-only
/*
 * compaction.c - making large free blocks by moving pages: one scanner walks up
 * a zone and picks pages that can be moved, the other walks down and picks free
 * pages for them. Who starts it (requests, kcompactd, people), how hard it
 * tries, when it ends and when it is not worth trying. Ports mm/compaction.c of
 * 6.1; every function has the name of the one that it follows.
 *
 * Pfns are absolute in this file, and 64 bits wide: positions may step below a
 * zone, and distances wrap as the kernel's do. A page is page(m, pfn).
 *
 * The pages that can be moved are single ones: those whose owner follows, as
 * pages with movable_operations do in the kernel, and those of the page cache,
 * which are taken from an LRU list. Others that want the same lock, this cpu or
 * this task's life are the world's to name.
 */
#include "compaction.h"

#include <errno.h>

#include "migrate.h"

#define COMPACT_CLUSTER_MAX	32u
#define COMPACT_MAX_DEFER_SHIFT 6
#define BITS_PER_LONG		64

#define GFP_KERNEL (PF_GFP_DIRECT_RECLAIM | PF_GFP_KSWAPD_RECLAIM | PF_GFP_IO | PF_GFP_FS)

/* fast_start_pfn: the place was used up. */
#define PFN_USED UINT64_MAX

/* The state of one compaction of one zone; some of it lives on to the next zone. */
struct compact_control {
	struct machine *m;
	struct zone *zone;
	u32 freepages;	  /* list: targets, single pages */
	u32 migratepages; /* list: sources */
	unsigned int nr_freepages;
	unsigned int nr_migratepages;
	u64 free_pfn;
	u64 migrate_pfn;
	u64 fast_start_pfn; /* 0: none yet */
	u64 total_migrate_scanned;
	u64 total_free_scanned;
	uint16_t fast_search_fail;
	short search_order;
	int order; /* -1: no particular one */
	unsigned int migratetype;
	unsigned int alloc_flags;
	unsigned int highest_zoneidx;
	u32 gfp_mask;
	enum migrate_mode mode;
	bool ignore_skip_hint;
	bool no_set_skip_hint;
	bool ignore_block_suitable;
	bool direct_compaction;
	bool proactive_compaction;
	bool whole_zone;
	bool contended;
	bool rescan;
};

/* ----------------------------------------------------------- environment -- */

static inline bool need_resched(struct machine *m)
{
	return m->world->hindered(m->world, PF_INJECT_RESCHED);
}

static inline bool fatal_signal_pending(struct machine *m)
{
	return m->world->hindered(m->world, PF_INJECT_KILLED);
}

/* Without waiting it is only tried; whoever holds it makes compaction end soon. */
static void compact_lock(struct compact_control *cc)
{
	if (cc->mode == MIGRATE_ASYNC && !cc->contended)
		cc->contended = cc->m->world->hindered(cc->m->world, PF_INJECT_CONTENDED);
}

/* Others' isolated pages are the world's; ours are put back before the next are taken. */
static bool too_many_isolated(struct machine *m, const struct zone *zone)
{
	const pg_data_t *pgdat = &m->node[zone->node];

	return pgdat->nr_isolated_file > pgdat->nr_inactive_file / 2 ||
	       m->world->hindered(m->world, PF_INJECT_ISOLATED);
}

/* kswapd does its work within a call, and sleeps otherwise. */
static inline bool kswapd_is_running(void)
{
	return false;
}

/* ----------------------------------------------------------- pfns, pages -- */

static inline u32 page(const struct machine *m, u64 pfn)
{
	return (u32)(pfn - m->base_pfn);
}

static inline u64 round_down_to(u64 pfn, unsigned int order)
{
	return pfn & ~(((u64)1 << order) - 1);
}

static inline u64 block_end_pfn(u64 pfn, unsigned int order)
{
	return round_down_to(pfn, order) + ((u64)1 << order);
}

static inline u64 pageblock_start_pfn(const struct machine *m, u64 pfn)
{
	return round_down_to(pfn, m->pageblock_order);
}

static inline u64 pageblock_end_pfn(const struct machine *m, u64 pfn)
{
	return block_end_pfn(pfn, m->pageblock_order);
}

static inline bool pageblock_aligned(const struct machine *m, u64 pfn)
{
	return !(pfn & (pageblock_nr_pages(m) - 1));
}

static inline u64 zone_start(const struct machine *m, const struct zone *zone)
{
	return absolute_pfn(m, zone->zone_start_pfn);
}

static inline u64 zone_end(const struct machine *m, const struct zone *zone)
{
	return absolute_pfn(m, zone->zone_end_pfn);
}

static inline u64 min_pfn_of(u64 a, u64 b)
{
	return a < b ? a : b;
}

static inline u64 max_pfn_of(u64 a, u64 b)
{
	return a > b ? a : b;
}

static inline bool pfn_valid(const struct machine *m, u64 pfn)
{
	return pfn >= m->base_pfn && pfn - m->base_pfn < m->nr_pages;
}

/*
 * Where memory is absent, the kernel has a memmap by whole sections only, and calls pages
 * online by whole subsections.
 */
#define PAGES_PER_SECTION    0x8000u
#define PAGES_PER_SUBSECTION 0x200u

/* Pages that [start, end) and [from, from + nr) have in common. */
static u64 overlap(u64 start, u64 end, u64 from, u64 nr)
{
	start = max_pfn_of(start, from);
	end = min_pfn_of(end, from + nr);
	return start < end ? end - start : 0;
}

/* Is there any memory in the aligned part, of nr pages, that pfn is in? */
static bool has_memory_around(const struct machine *m, u64 pfn, u64 nr)
{
	const struct pf_layout *layout = m->layout;
	u64 start = pfn & ~(nr - 1), end = start + nr, pages = 0;

	for (unsigned int i = 0; i < layout->nr_zones; i++)
		pages += overlap(start, end, layout->zone[i].start_pfn, layout->zone[i].spanned);
	for (unsigned int i = 0; i < layout->nr_ranges; i++)
		if (layout->range[i].kind != PF_RANGE_RESERVED)
			pages -= overlap(start, end, layout->range[i].start_pfn,
					 layout->range[i].nr_pages);
	return pages;
}

/* Ports pfn_to_online_page() (6.1). */
static bool page_online(const struct machine *m, u64 pfn)
{
	return has_memory_around(m, pfn, PAGES_PER_SUBSECTION);
}

bool lx_page_in_zone(struct machine *m, u64 pfn, const struct zone *zone, bool online)
{
	const struct pf_layout *layout = m->layout;

	/* A dump knows better. */
	if (pfn_valid(m, pfn) && (m->page_flags[page(m, pfn)] & PG_STATE_MASK) == PG_HOLE)
		return false;
	if (!has_memory_around(m, pfn, PAGES_PER_SECTION) || (online && !page_online(m, pfn)))
		return false;
	for (unsigned int i = 0; i < layout->nr_ranges; i++) {
		const struct pf_range *hole = &layout->range[i];

		if (hole->kind != PF_RANGE_RESERVED && pfn - hole->start_pfn < hole->nr_pages)
			pfn = (u64)hole->start_pfn + hole->nr_pages;
	}
	/* Behind the last memory the memmap goes on with its zone. */
	if (pfn == absolute_pfn(m, m->nr_pages))
		return zone == &m->zone[m->nr_zones - 1];
	return pfn_valid(m, pfn) && page_zone(m, page(m, pfn)) == zone;
}

/* First page of [start, end) if the range is of this zone, LX_NONE if not. */
static u32 pageblock_pfn_to_page(struct machine *m, u64 start, u64 end, struct zone *zone)
{
	if (!zone->contiguous &&
	    (!lx_page_in_zone(m, start, zone, true) || !lx_page_in_zone(m, end - 1, zone, false)))
		return LX_NONE;
	return page(m, start);
}

/* Order of the compound block around a page that is not free; 0: none. */
static unsigned int compound_around(const struct machine *m, u32 pg)
{
	unsigned int order;

	if ((m->page_flags[pg] & PG_STATE_MASK) == PG_FOREIGN)
		return m->lru[pg].prev;
	order = m->world->unit_order(m->world, absolute_pfn(m, pg));

	return order && lx_page_compound(m, pg & ~((1u << order) - 1)) ? order : 0;
}

/* Pages that a scanner leaves out at a page of a compound block: a tail says 1. */
static inline u32 compound_nr(u32 pg, unsigned int order)
{
	return pg & ((1u << order) - 1) ? 1 : 1u << order;
}

static inline bool is_migrate_movable(unsigned int mt)
{
	return mt == MIGRATE_MOVABLE || mt == MIGRATE_CMA;
}

static inline bool block_skip(const struct machine *m, u32 pg)
{
	return !m->off.no_skip_hints && get_pageblock_skip(m, pg);
}

static inline void mark_block_skip(struct machine *m, u32 pg)
{
	if (!m->off.no_skip_hints)
		set_pageblock_skip(m, pg);
}

/* ---------------------------------------------------------- target pages -- */

/* Give back the targets that are left. The highest of their pfns. */
static u64 release_freepages(struct compact_control *cc)
{
	struct machine *m = cc->m;
	u32 high = 0;
	u32 pg, next;

	for (pg = m->lru[cc->freepages].next; pg != cc->freepages; pg = next) {
		next = m->lru[pg].next;
		list_del(m->lru, pg);
		lx_put_page(m, pg);
		if (pg > high)
			high = pg;
	}
	spent(m, cc->nr_freepages);
	return absolute_pfn(m, high);
}

/*
 * Take a free block as targets. The kernel keeps a list of blocks and splits it
 * later, into a list that is backwards. This is what comes of it: the list is
 * always empty when the first block is added.
 */
static void add_freepages(struct compact_control *cc, u32 pg, unsigned int order)
{
	struct machine *m = cc->m;

	cc->nr_freepages += 1u << order;
	for (u32 i = 0; i < 1u << order; i++)
		list_add(m->lru, pg + i, cc->freepages);
	spent(m, 1u << order);
}

/* -------------------------------------------------------------- deferral -- */

#define trace_defer(m, event, zone, order)                                                    \
	lx_event(m, event, (zone)->node, (zone)->zone_idx, order, (zone)->compact_considered, \
		 (zone)->compact_defer_shift, (zone)->compact_order_failed)

void lx_defer_compaction(struct machine *m, struct zone *zone, int order)
{
	if (m->off.no_deferral)
		return;
	zone->compact_considered = 0;
	if (zone->compact_defer_shift < COMPACT_MAX_DEFER_SHIFT)
		zone->compact_defer_shift++;
	if (order < zone->compact_order_failed)
		zone->compact_order_failed = order;
	trace_defer(m, PF_EV_COMPACT_DEFER, zone, order);
}

bool lx_compaction_deferred(struct machine *m, struct zone *zone, int order)
{
	u32 defer_limit = 1u << zone->compact_defer_shift;

	if (m->off.no_deferral || order < zone->compact_order_failed)
		return false;
	if (++zone->compact_considered >= defer_limit) {
		zone->compact_considered = defer_limit;
		return false;
	}
	trace_defer(m, PF_EV_COMPACT_DEFERRED, zone, order);
	return true;
}

void lx_compaction_defer_reset(struct machine *m, struct zone *zone, int order, bool alloc_success)
{
	if (alloc_success) {
		zone->compact_considered = 0;
		zone->compact_defer_shift = 0;
	}
	if (order >= zone->compact_order_failed)
		zone->compact_order_failed = order + 1;
	trace_defer(m, PF_EV_COMPACT_DEFER_RESET, zone, order);
}

bool lx_compaction_restarting(const struct zone *zone, int order)
{
	return order >= zone->compact_order_failed &&
	       zone->compact_defer_shift == COMPACT_MAX_DEFER_SHIFT &&
	       zone->compact_considered >= 1u << zone->compact_defer_shift;
}

/* ------------------------------------------- skip hints, cached positions -- */

static inline bool isolation_suitable(const struct compact_control *cc, u32 pg)
{
	return cc->ignore_skip_hint || !block_skip(cc->m, pg);
}

static void reset_cached_positions(const struct machine *m, struct zone *zone)
{
	zone->compact_cached_migrate_pfn[0] = (pf_pfn)zone_start(m, zone);
	zone->compact_cached_migrate_pfn[1] = (pf_pfn)zone_start(m, zone);
	zone->compact_cached_free_pfn = (pf_pfn)pageblock_start_pfn(m, zone_end(m, zone) - 1);
}

/* Compound blocks that fill a pageblock are never worth a look while they live. */
static bool pageblock_skip_persistent(const struct machine *m, u32 pg)
{
	unsigned int order = compound_around(m, pg);

	return order && order >= m->pageblock_order;
}

/*
 * Clear the skip bit of a pageblock if samples of it show something for one of
 * the scanners; true: it is clear.
 */
static bool __reset_isolation_pfn(struct machine *m, struct zone *zone, u64 pfn, bool check_source,
				  bool check_target)
{
	u64 start, end;
	u32 pg;

	if (!lx_page_in_zone(m, pfn, zone, true))
		return false;
	pg = page(m, pfn);
	if (pageblock_skip_persistent(m, pg))
		return false;
	if (check_source && check_target && !block_skip(m, pg))
		return true;
	if (!check_source && check_target && get_pageblock_migratetype(m, pg) != MIGRATE_MOVABLE)
		return false;

	start = max_pfn_of(pageblock_start_pfn(m, pfn), zone_start(m, zone));
	if (page_online(m, start))
		pfn = start;
	end = min_pfn_of(pageblock_end_pfn(m, pfn) - 1, zone_end(m, zone) - 1);
	if (!page_online(m, end))
		return false;
	for (; pfn <= end; pfn += 1u << PAGE_ALLOC_COSTLY_ORDER) {
		pg = page(m, pfn);
		spent(m, 1);
		if ((check_source && page_lru(m, pg)) || (check_target && page_buddy(m, pg))) {
			clear_pageblock_skip(m, pg);
			return true;
		}
	}
	return false;
}

/* Walk over the pageblocks from both ends, and move the cached positions to what is found. */
static void __reset_isolation_suitable(struct machine *m, struct zone *zone)
{
	u64 migrate_pfn = zone_start(m, zone);
	u64 free_pfn = zone_end(m, zone) - 1;
	u64 reset_migrate = free_pfn;
	u64 reset_free = migrate_pfn;
	bool source_set = false, free_set = false;

	if (!zone->compact_blockskip_flush)
		return;
	zone->compact_blockskip_flush = false;

	for (; migrate_pfn < free_pfn;
	     migrate_pfn += pageblock_nr_pages(m), free_pfn -= pageblock_nr_pages(m)) {
		if (__reset_isolation_pfn(m, zone, migrate_pfn, true, source_set) &&
		    migrate_pfn < reset_migrate) {
			source_set = true;
			reset_migrate = migrate_pfn;
			zone->compact_init_migrate_pfn = (pf_pfn)reset_migrate;
			zone->compact_cached_migrate_pfn[0] = (pf_pfn)reset_migrate;
			zone->compact_cached_migrate_pfn[1] = (pf_pfn)reset_migrate;
		}
		if (__reset_isolation_pfn(m, zone, free_pfn, free_set, true) &&
		    free_pfn > reset_free) {
			free_set = true;
			reset_free = free_pfn;
			zone->compact_init_free_pfn = (pf_pfn)reset_free;
			zone->compact_cached_free_pfn = (pf_pfn)reset_free;
		}
	}

	if (reset_migrate >= reset_free) {
		zone->compact_cached_migrate_pfn[0] = (pf_pfn)migrate_pfn;
		zone->compact_cached_migrate_pfn[1] = (pf_pfn)migrate_pfn;
		zone->compact_cached_free_pfn = (pf_pfn)free_pfn;
	}
}

void lx_reset_isolation_suitable(struct machine *m, unsigned int nid)
{
	for (unsigned int type = 0; type < MAX_NR_ZONES; type++)
		if (m->node[nid].zone[type] != LX_NO_ZONE)
			__reset_isolation_suitable(m, &m->zone[m->node[nid].zone[type]]);
}

/* The source scanner is done with the block *before* pfn if pfn is the end of one. */
static void update_cached_migrate(struct compact_control *cc, u64 pfn)
{
	struct zone *zone = cc->zone;

	pfn = pageblock_end_pfn(cc->m, pfn);
	if (cc->no_set_skip_hint)
		return;
	if (pfn > zone->compact_cached_migrate_pfn[0])
		zone->compact_cached_migrate_pfn[0] = (pf_pfn)pfn;
	if (cc->mode != MIGRATE_ASYNC && pfn > zone->compact_cached_migrate_pfn[1])
		zone->compact_cached_migrate_pfn[1] = (pf_pfn)pfn;
}

/* The target scanner has been through the whole block. */
static void update_pageblock_skip(struct compact_control *cc, u32 pg, u64 pfn)
{
	if (cc->no_set_skip_hint)
		return;
	mark_block_skip(cc->m, pg);
	if (pfn < cc->zone->compact_cached_free_pfn)
		cc->zone->compact_cached_free_pfn = (pf_pfn)pfn;
}

/* ------------------------------------------------------ scanners, a block -- */

/*
 * Take free blocks in [*start_pfn, end_pfn) until there are as many targets as
 * sources, looking at each stride-th page only. *start_pfn: how far that went.
 * How many pages were taken.
 */
static unsigned int isolate_freepages_block(struct compact_control *cc, u64 *start_pfn, u64 end_pfn,
					    unsigned int stride)
{
	struct machine *m = cc->m;
	unsigned int nr_scanned = 0, total_isolated = 0, steps = 0;
	u64 blockpfn = *start_pfn;
	bool locked = false;

	for (; blockpfn < end_pfn; blockpfn += stride) {
		u32 pg = page(m, blockpfn);
		unsigned int order;

		if (blockpfn % COMPACT_CLUSTER_MAX == 0) {
			locked = false;
			if (fatal_signal_pending(m)) {
				cc->contended = true;
				break;
			}
		}

		nr_scanned++;
		steps++;
		if (!page_buddy(m, pg)) {
			order = compound_around(m, pg);
			if (order)
				blockpfn += compound_nr(pg, order) - 1;
			continue;
		}

		if (!locked)
			compact_lock(cc);
		locked = true;
		order = buddy_order(m, pg);
		if (!lx_isolate_free_page(m, pg, order))
			break;
		nr_scanned += (1u << order) - 1;
		total_isolated += 1u << order;
		add_freepages(cc, pg, order);
		if (cc->nr_migratepages <= cc->nr_freepages) {
			blockpfn += 1u << order;
			break;
		}
		blockpfn += (1u << order) - 1;
	}
	spent(m, steps);
	/* A free block may be larger than what is scanned. */
	if (blockpfn > end_pfn)
		blockpfn = end_pfn;

	lx_event(m, PF_EV_ISOLATE_FREEPAGES, (int64_t)*start_pfn, (int64_t)blockpfn, nr_scanned,
		 total_isolated);
	*start_pfn = blockpfn;
	cc->total_free_scanned += nr_scanned;
	count_vm_events(m, PF_DUMP_COMPACT_ISOLATED, total_isolated);
	return total_isolated;
}

/* What pages of the cache are worth isolating; bits of isolate_mode_t. */
#define ISOLATE_ASYNC_MIGRATE (1u << 0) /* without waiting for them later */
#define ISOLATE_UNEVICTABLE   (1u << 1) /* also where reclaim can't */

static bool cache_page_suitable(const struct compact_control *cc, u32 pg, unsigned int mode)
{
	struct pf_world *world = cc->m->world;
	unsigned int attrs;

	if (!(cc->gfp_mask & PF_GFP_FS))
		return false;
	if (!(mode & ISOLATE_UNEVICTABLE) && page_unevictable(cc->m, pg))
		return false;
	if (!(mode & ISOLATE_ASYNC_MIGRATE))
		return true;
	/* A dirty one is never moved without waiting, locked or not; see swap.h. */
	attrs = world->attrs(world, absolute_pfn(cc->m, pg));
	return !(attrs & (PF_PAGE_WRITEBACK | PF_PAGE_DIRTY));
}

/* The first to isolate a page of a pageblock claims it; true: somebody else had. */
static bool test_and_set_skip(struct compact_control *cc, u32 pg, u64 pfn)
{
	bool skip;

	if (cc->ignore_skip_hint || !pageblock_aligned(cc->m, pfn))
		return false;
	skip = block_skip(cc->m, pg);
	if (!skip && !cc->no_set_skip_hint)
		mark_block_skip(cc->m, pg);
	return skip;
}

/*
 * Isolate pages that can be moved in [low_pfn, end_pfn), which is in one
 * pageblock: a cluster of them, or all if the block is scanned once more. For a
 * request that shall not wait, one order-aligned part with a page that can't be
 * moved is as good as lost, so its pages are let go and it is left. False:
 * compaction must end, with what is isolated.
 */
static bool isolate_migratepages_block(struct compact_control *cc, u64 low_pfn, u64 end_pfn,
				       unsigned int mode)
{
	struct machine *m = cc->m;
	bool skip_on_failure = cc->direct_compaction && cc->mode == MIGRATE_ASYNC;
	unsigned int nr_scanned = 0, nr_isolated = 0;
	u32 valid_page = LX_NONE;
	u64 start_pfn = low_pfn, next_skip_pfn = 0;
	bool locked = false, skip_updated = false, killed = false;

	cc->migrate_pfn = low_pfn;
	while (too_many_isolated(m, cc->zone)) {
		spent(m, 1);
		if (cc->nr_migratepages || cc->mode == MIGRATE_ASYNC || fatal_signal_pending(m))
			return false;
	}
	if (skip_on_failure)
		next_skip_pfn = block_end_pfn(low_pfn, (unsigned int)cc->order);

	for (; low_pfn < end_pfn; low_pfn++) {
		u32 pg = page(m, low_pfn);
		unsigned int order;
		bool take = false;

		if (skip_on_failure && low_pfn >= next_skip_pfn) {
			if (nr_isolated)
				break;
			next_skip_pfn = block_end_pfn(low_pfn, (unsigned int)cc->order);
		}

		if (low_pfn % COMPACT_CLUSTER_MAX == 0) {
			locked = false;
			killed = fatal_signal_pending(m);
			if (killed) {
				cc->contended = true;
				break;
			}
		}

		nr_scanned++;

		/* Only at its start: what follows may be the rest of a cluster. */
		if (valid_page == LX_NONE && pageblock_aligned(m, low_pfn)) {
			if (!isolation_suitable(cc, pg)) {
				low_pfn = end_pfn;
				break;
			}
			valid_page = pg;
		}

		if (page_buddy(m, pg)) {
			low_pfn += (1u << buddy_order(m, pg)) - 1;
			continue;
		}

		order = compound_around(m, pg);
		if (order) {
			low_pfn += compound_nr(pg, order) - 1;
		} else if (page_lru(m, pg)) {
			take = cache_page_suitable(cc, pg, mode);
			if (take && !locked) {
				compact_lock(cc);
				if (!skip_updated && test_and_set_skip(cc, pg, low_pfn))
					break;
				skip_updated = true;
			}
			locked = take;
			if (take) {
				lx_lruvec_del_folio(m, pg);
				m->node[cc->zone->node].nr_isolated_file++;
			}
		} else if (lx_page_movable(m, pg)) {
			take = true;
			locked = false;
		}
		if (take) {
			list_add(m->lru, pg, cc->migratepages);
			cc->nr_migratepages++;
			nr_isolated++;
			if (cc->nr_migratepages >= COMPACT_CLUSTER_MAX && !cc->rescan &&
			    !cc->contended) {
				low_pfn++;
				break;
			}
			continue;
		}

		if (!skip_on_failure)
			continue;
		if (nr_isolated) {
			locked = false;
			lx_putback_movable_pages(m, cc->migratepages);
			cc->nr_migratepages = 0;
			nr_isolated = 0;
		}
		if (low_pfn < next_skip_pfn) {
			low_pfn = next_skip_pfn - 1;
			next_skip_pfn += (u64)1 << cc->order;
		}
	}
	spent(m, nr_scanned);
	/* A free block may reach beyond the pageblock. */
	if (low_pfn > end_pfn)
		low_pfn = end_pfn;
	cc->total_migrate_scanned += nr_scanned;
	count_vm_events(m, PF_DUMP_COMPACT_ISOLATED, nr_isolated);
	cc->migrate_pfn = low_pfn;
	if (killed)
		return false;

	if (low_pfn == end_pfn && (!nr_isolated || cc->rescan)) {
		if (valid_page != LX_NONE && !skip_updated)
			mark_block_skip(m, valid_page);
		update_cached_migrate(cc, low_pfn);
	}

	lx_event(m, PF_EV_ISOLATE_MIGRATEPAGES, (int64_t)start_pfn, (int64_t)low_pfn, nr_scanned,
		 nr_isolated);
	return true;
}

/* May pages be moved out of this pageblock? Not waiting means not being thorough either. */
static bool suitable_migration_source(const struct compact_control *cc, u32 pg)
{
	unsigned int block_mt;

	if (pageblock_skip_persistent(cc->m, pg))
		return false;
	if (cc->mode != MIGRATE_ASYNC || !cc->direct_compaction)
		return true;
	block_mt = get_pageblock_migratetype(cc->m, pg);
	if (cc->migratetype == MIGRATE_MOVABLE)
		return is_migrate_movable(block_mt);
	return block_mt == cc->migratetype;
}

/* May pages be moved into it? Not if it is what compaction wants to make. */
static bool suitable_migration_target(const struct compact_control *cc, u32 pg)
{
	if (page_buddy(cc->m, pg) && buddy_order(cc->m, pg) >= cc->m->pageblock_order)
		return false;
	return cc->ignore_block_suitable ||
	       is_migrate_movable(get_pageblock_migratetype(cc->m, pg));
}

/* List entries that a search may look at; fewer after each failure. */
static inline unsigned int freelist_scan_limit(const struct compact_control *cc)
{
	unsigned int shift =
		cc->fast_search_fail < BITS_PER_LONG - 1 ? cc->fast_search_fail : BITS_PER_LONG - 1;

	return (unsigned int)((u64)COMPACT_CLUSTER_MAX >> shift) + 1;
}

static inline bool compact_scanners_met(const struct compact_control *cc)
{
	return cc->free_pfn >> cc->m->pageblock_order <= cc->migrate_pfn >> cc->m->pageblock_order;
}

/* ---------------------------------------------------------- target search -- */

/* Turn a free list around until `pg` is its first entry; nothing if pg is its head. */
static void move_freelist_head(struct machine *m, u32 list, u32 pg)
{
	if (pg == list || m->lru[list].next == pg)
		return;
	list_del(m->lru, list);
	list_add_tail(m->lru, list, pg);
}

/* The same until `pg` is the last one. */
static void move_freelist_tail(struct machine *m, u32 list, u32 pg)
{
	if (m->lru[list].prev == pg)
		return;
	list_del(m->lru, list);
	list_add(m->lru, list, pg);
}

/* A free page was found in this pageblock: try the rest of it too. */
static void fast_isolate_around(struct compact_control *cc, u64 pfn)
{
	struct machine *m = cc->m;
	u64 start_pfn, end_pfn;
	u32 pg;

	if (cc->nr_freepages >= cc->nr_migratepages ||
	    (cc->direct_compaction && cc->mode == MIGRATE_ASYNC))
		return;

	start_pfn = max_pfn_of(pageblock_start_pfn(m, pfn), zone_start(m, cc->zone));
	end_pfn = min_pfn_of(pageblock_end_pfn(m, pfn), zone_end(m, cc->zone));
	pg = pageblock_pfn_to_page(m, start_pfn, end_pfn, cc->zone);
	if (pg == LX_NONE)
		return;
	isolate_freepages_block(cc, &start_pfn, end_pfn, 1);
	if (cc->nr_freepages < cc->nr_migratepages)
		mark_block_skip(m, pg);
}

/* Orders are searched downwards and around. -1: it has been around. */
static int next_search_order(struct compact_control *cc, int order)
{
	if (--order < 0)
		order = cc->order - 1;
	if (order != cc->search_order)
		return order;
	if (--cc->search_order < 0)
		cc->search_order = (short)(cc->order - 1);
	return -1;
}

/*
 * Look for targets on the free lists, high up in what is left between the
 * scanners. Finding none may still move the scanner to where some were seen.
 */
static void fast_isolate_freepages(struct compact_control *cc)
{
	struct machine *m = cc->m;
	struct zone *zone = cc->zone;
	unsigned int limit = freelist_scan_limit(cc) >> 1;
	unsigned int nr_scanned = 0;
	u64 distance, low_pfn, min_pfn, highest = 0;
	u32 pg = LX_NONE;
	bool scan_start = false;

	if (cc->order <= 0 || m->off.no_fast_search)
		return;
	if (!limit)
		limit = 1;
	if (cc->free_pfn >= zone->compact_init_free_pfn) {
		limit = pageblock_nr_pages(m) >> 1;
		scan_start = true;
	}

	distance = cc->free_pfn - cc->migrate_pfn;
	low_pfn = pageblock_start_pfn(m, cc->free_pfn - (distance >> 2));
	min_pfn = pageblock_start_pfn(m, cc->free_pfn - (distance >> 1));
	if (min_pfn > low_pfn)
		low_pfn = min_pfn;

	if (cc->order - 1 < cc->search_order)
		cc->search_order = (short)(cc->order - 1);

	for (int order = cc->search_order; pg == LX_NONE && order >= 0;
	     order = next_search_order(cc, order)) {
		u32 freelist = free_list(zone, (unsigned int)order, MIGRATE_MOVABLE);
		unsigned int order_scanned = 0;
		u64 high_pfn = 0;
		u32 at;

		if (!zone->count.nr_free[order])
			continue;

		for (at = m->lru[freelist].prev; at != freelist; at = m->lru[at].prev) {
			u64 pfn = absolute_pfn(m, at);

			order_scanned++;
			if (pfn >= highest)
				highest = max_pfn_of(pageblock_start_pfn(m, pfn),
						     zone_start(m, zone));
			if (pfn >= low_pfn) {
				cc->fast_search_fail = 0;
				cc->search_order = (short)order;
				pg = at;
				break;
			}
			if (pfn >= min_pfn && pfn > high_pfn) {
				high_pfn = pfn;
				limit >>= 1;
			}
			if (order_scanned >= limit)
				break;
		}
		nr_scanned += order_scanned;
		spent(m, order_scanned);

		/* The second best is better than nothing. */
		if (pg == LX_NONE && high_pfn)
			at = pg = page(m, high_pfn);

		/* The next search begins with what this one did not see. */
		move_freelist_head(m, freelist, at);

		if (pg != LX_NONE) {
			if (lx_isolate_free_page(m, pg, (unsigned int)order)) {
				nr_scanned += (1u << order) - 1;
				add_freepages(cc, pg, (unsigned int)order);
				count_vm_events(m, PF_DUMP_COMPACT_ISOLATED, (u64)1 << order);
			} else {
				/* Too little memory: this ends the search. */
				order = cc->search_order + 1;
				pg = LX_NONE;
			}
		}

		if (order_scanned >= limit)
			limit = limit >> 1 ? limit >> 1 : 1;
	}

	if (pg == LX_NONE) {
		cc->fast_search_fail++;
		if (scan_start) {
			if (highest >= min_pfn) {
				pg = page(m, highest);
				cc->free_pfn = highest;
			} else if (cc->direct_compaction && pfn_valid(m, min_pfn)) {
				pg = pageblock_pfn_to_page(m, min_pfn,
							   min_pfn_of(pageblock_end_pfn(m, min_pfn),
								      zone_end(m, zone)),
							   zone);
				cc->free_pfn = min_pfn;
			}
		}
	}

	if (highest && highest >= zone->compact_cached_free_pfn) {
		highest -= pageblock_nr_pages(m);
		zone->compact_cached_free_pfn = (pf_pfn)highest;
	}

	cc->total_free_scanned += nr_scanned;
	if (pg != LX_NONE)
		fast_isolate_around(cc, absolute_pfn(m, pg));
}

/* Get targets for the sources at hand: from the lists, or block by block downwards. */
static void isolate_freepages(struct compact_control *cc)
{
	struct machine *m = cc->m;
	struct zone *zone = cc->zone;
	u64 block_start_pfn, isolate_start_pfn, block_end, low_pfn;
	unsigned int stride;

	fast_isolate_freepages(cc);
	if (cc->nr_freepages)
		return;

	isolate_start_pfn = cc->free_pfn;
	block_start_pfn = pageblock_start_pfn(m, isolate_start_pfn);
	block_end = min_pfn_of(block_start_pfn + pageblock_nr_pages(m), zone_end(m, zone));
	low_pfn = pageblock_end_pfn(m, cc->migrate_pfn);
	stride = cc->mode == MIGRATE_ASYNC ? COMPACT_CLUSTER_MAX : 1;

	for (; block_start_pfn >= low_pfn; block_end = block_start_pfn,
					   block_start_pfn -= pageblock_nr_pages(m),
					   isolate_start_pfn = block_start_pfn) {
		unsigned int nr_isolated;
		u32 pg;

		spent(m, 1);
		pg = pageblock_pfn_to_page(m, block_start_pfn, block_end, zone);
		if (pg == LX_NONE || !suitable_migration_target(cc, pg) ||
		    !isolation_suitable(cc, pg))
			continue;

		nr_isolated = isolate_freepages_block(cc, &isolate_start_pfn, block_end, stride);

		if (isolate_start_pfn == block_end)
			update_pageblock_skip(cc, pg, block_start_pfn);

		if (cc->nr_freepages >= cc->nr_migratepages) {
			if (isolate_start_pfn >= block_end)
				isolate_start_pfn = block_start_pfn - pageblock_nr_pages(m);
			break;
		}
		/* Stopped early for another reason: the zone is too low on memory. */
		if (isolate_start_pfn < block_end)
			break;

		if (nr_isolated)
			stride = 1;
		else
			stride = stride << 1 < COMPACT_CLUSTER_MAX ? stride << 1
								   : COMPACT_CLUSTER_MAX;
	}
	cc->free_pfn = isolate_start_pfn;
}

static u32 compaction_alloc(struct machine *m, u32 src, void *private)
{
	struct compact_control *cc = private;
	u32 pg;

	(void)src;
	if (list_empty(m->lru, cc->freepages)) {
		isolate_freepages(cc);
		if (list_empty(m->lru, cc->freepages))
			return LX_NONE;
	}
	pg = m->lru[cc->freepages].next;
	list_del(m->lru, pg);
	cc->nr_freepages--;
	return pg;
}

static void compaction_free(struct machine *m, u32 dst, void *private)
{
	struct compact_control *cc = private;

	list_add(m->lru, dst, cc->freepages);
	cc->nr_freepages++;
}

/* ---------------------------------------------------------- source search -- */

static inline void update_fast_start_pfn(struct compact_control *cc, u64 pfn)
{
	if (cc->fast_start_pfn == PFN_USED)
		return;
	if (!cc->fast_start_pfn || pfn < cc->fast_start_pfn)
		cc->fast_start_pfn = pfn;
}

/* Once searching fails, scan from the lowest place that it has found. */
static inline u64 reinit_migrate_pfn(struct compact_control *cc)
{
	if (!cc->fast_start_pfn || cc->fast_start_pfn == PFN_USED)
		return cc->migrate_pfn;
	cc->migrate_pfn = cc->fast_start_pfn;
	cc->fast_start_pfn = PFN_USED;
	return cc->migrate_pfn;
}

/*
 * Look on the free lists for a low pageblock that is partly free already: the
 * fewer pages are left to move. Only for large blocks, which it is worth for,
 * and only if what is made free is for movable pages or for nobody yet.
 */
static u64 fast_find_migrateblock(struct compact_control *cc)
{
	struct machine *m = cc->m;
	struct zone *zone = cc->zone;
	unsigned int limit = freelist_scan_limit(cc);
	unsigned int nr_scanned = 0;
	u64 distance, high_pfn;
	u64 pfn = cc->migrate_pfn;
	bool found_block = false;

	if (cc->ignore_skip_hint || m->off.no_skip_hints || m->off.no_fast_search)
		return pfn;
	/* In the midst of a block. */
	if (pfn != zone_start(m, zone) && !pageblock_aligned(m, pfn))
		return pfn;
	if (cc->order <= PAGE_ALLOC_COSTLY_ORDER)
		return pfn;
	if (cc->direct_compaction && cc->migratetype != MIGRATE_MOVABLE)
		return pfn;

	distance = (cc->free_pfn - cc->migrate_pfn) >> 1;
	if (cc->migrate_pfn != zone_start(m, zone))
		distance >>= 2;
	high_pfn = pageblock_start_pfn(m, cc->migrate_pfn + distance);

	for (int order = cc->order - 1;
	     order >= PAGE_ALLOC_COSTLY_ORDER && !found_block && nr_scanned < limit; order--) {
		u32 freelist = free_list(zone, (unsigned int)order, MIGRATE_MOVABLE);

		if (!zone->count.nr_free[order])
			continue;

		for (u32 at = m->lru[freelist].next; at != freelist; at = m->lru[at].next) {
			u64 free_pfn = absolute_pfn(m, at);

			if (nr_scanned++ >= limit) {
				move_freelist_tail(m, freelist, at);
				break;
			}
			if (free_pfn >= high_pfn || block_skip(m, at))
				continue;
			/* The next search begins with what this one did not see. */
			move_freelist_tail(m, freelist, at);
			update_fast_start_pfn(cc, free_pfn);
			pfn = max_pfn_of(pageblock_start_pfn(m, free_pfn), zone_start(m, zone));
			cc->fast_search_fail = 0;
			found_block = true;
			mark_block_skip(m, at);
			break;
		}
	}
	spent(m, nr_scanned);
	cc->total_migrate_scanned += nr_scanned;

	if (!found_block) {
		cc->fast_search_fail++;
		pfn = reinit_migrate_pfn(cc);
	}
	return pfn;
}

enum isolate { ISOLATE_ABORT, ISOLATE_NONE, ISOLATE_SUCCESS };

/* Isolate sources in the next pageblock that has some. */
static enum isolate isolate_migratepages(struct compact_control *cc)
{
	struct machine *m = cc->m;
	unsigned int mode = (m->compact_unevictable_allowed ? ISOLATE_UNEVICTABLE : 0) |
			    (cc->mode != MIGRATE_SYNC ? ISOLATE_ASYNC_MIGRATE : 0);
	u64 low_pfn = fast_find_migrateblock(cc);
	u64 block_start_pfn = max_pfn_of(pageblock_start_pfn(m, low_pfn), zone_start(m, cc->zone));
	u64 block_end = pageblock_end_pfn(m, low_pfn);
	/* The search has set the skip bit itself. */
	bool fast_find_block = low_pfn != cc->migrate_pfn && !cc->fast_search_fail;

	for (; block_end <= cc->free_pfn;
	     fast_find_block = false, cc->migrate_pfn = low_pfn = block_end,
	     block_start_pfn = block_end, block_end += pageblock_nr_pages(m)) {
		u32 pg;

		spent(m, 1);
		pg = pageblock_pfn_to_page(m, block_start_pfn, block_end, cc->zone);
		if (pg == LX_NONE)
			continue;
		if (pageblock_aligned(m, low_pfn) && !fast_find_block &&
		    !isolation_suitable(cc, pg))
			continue;
		if (!suitable_migration_source(cc, pg)) {
			update_cached_migrate(cc, block_end);
			continue;
		}
		if (!isolate_migratepages_block(cc, low_pfn, block_end, mode))
			return ISOLATE_ABORT;
		break;
	}
	return cc->nr_migratepages ? ISOLATE_SUCCESS : ISOLATE_NONE;
}

/* ---------------------------------------------------------------- scores -- */

/* Blocks below this order count as fragmented; the kernel's is that of a huge page. */
static inline unsigned int compaction_hpage_order(const struct machine *m)
{
	return m->pageblock_order;
}

unsigned int lx_fragmentation_score_zone(const struct machine *m, const struct zone *zone)
{
	return lx_extfrag_for_order(m, zone, compaction_hpage_order(m));
}

static unsigned int fragmentation_score_zone_weighted(const struct machine *m,
						      const struct zone *zone)
{
	u64 score = (u64)zone->present_pages * lx_fragmentation_score_zone(m, zone);

	return (unsigned int)(score / (m->node[zone->node].node_present_pages + (u64)1));
}

unsigned int lx_fragmentation_score_node(const struct machine *m, unsigned int nid)
{
	unsigned int score = 0;

	for (unsigned int type = 0; type < MAX_NR_ZONES; type++)
		if (m->node[nid].zone[type] != LX_NO_ZONE)
			score += fragmentation_score_zone_weighted(
				m, &m->zone[m->node[nid].zone[type]]);
	return score;
}

unsigned int lx_fragmentation_score_wmark(const struct machine *m, bool low)
{
	unsigned int wmark_low =
		m->compaction_proactiveness < 95 ? 100 - m->compaction_proactiveness : 5;

	if (low)
		return wmark_low;
	return wmark_low + 10 < 100 ? wmark_low + 10 : 100;
}

static bool should_proactive_compact_node(const struct machine *m, unsigned int nid)
{
	if (!m->compaction_proactiveness || kswapd_is_running())
		return false;
	return lx_fragmentation_score_node(m, nid) > lx_fragmentation_score_wmark(m, false);
}

/* --------------------------------------------------------- begin and end -- */

static enum compact_result __compact_finished(struct compact_control *cc)
{
	struct machine *m = cc->m;
	enum compact_result ret = COMPACT_NO_SUITABLE_PAGE;

	if (compact_scanners_met(cc)) {
		reset_cached_positions(m, cc->zone);
		/* The hints are for requests, so only requests make them void. */
		if (cc->direct_compaction)
			cc->zone->compact_blockskip_flush = true;
		return cc->whole_zone ? COMPACT_COMPLETE : COMPACT_PARTIAL_SKIPPED;
	}

	if (cc->proactive_compaction) {
		if (kswapd_is_running())
			return COMPACT_PARTIAL_SKIPPED;
		ret = lx_fragmentation_score_zone(m, cc->zone) >
				      lx_fragmentation_score_wmark(m, true)
			      ? COMPACT_CONTINUE
			      : COMPACT_SUCCESS;
		goto out;
	}

	if (cc->order == -1)
		return COMPACT_CONTINUE;
	/* A block that was begun is finished. */
	if (!pageblock_aligned(m, cc->migrate_pfn))
		return COMPACT_CONTINUE;

	for (unsigned int order = (unsigned int)cc->order; order <= m->max_order; order++) {
		bool can_steal;

		if (!free_area_empty(m, cc->zone, order, cc->migratetype))
			return COMPACT_SUCCESS;
		if (cc->migratetype == MIGRATE_MOVABLE &&
		    !free_area_empty(m, cc->zone, order, MIGRATE_CMA))
			return COMPACT_SUCCESS;
		if (lx_find_suitable_fallback(m, cc->zone, order, cc->migratetype, true,
					      &can_steal) != -1)
			return COMPACT_SUCCESS;
	}
out:
	if (cc->contended || fatal_signal_pending(m))
		ret = COMPACT_CONTENDED;
	return ret;
}

static enum compact_result compact_finished(struct compact_control *cc)
{
	enum compact_result ret = __compact_finished(cc);

	lx_event(cc->m, PF_EV_COMPACT_FINISHED, cc->zone->node, cc->zone->zone_idx, cc->order, ret);
	return ret == COMPACT_NO_SUITABLE_PAGE ? COMPACT_CONTINUE : ret;
}

static enum compact_result __compaction_suitable(const struct machine *m, const struct zone *zone,
						 int order, unsigned int alloc_flags,
						 unsigned int highest_zoneidx, u64 free_pages)
{
	u32 watermark;

	if (order == -1)
		return COMPACT_CONTINUE;

	watermark = wmark_pages(zone, alloc_flags & ALLOC_WMARK_MASK);
	if (lx_zone_watermark_ok(m, zone, (unsigned int)order, watermark, highest_zoneidx,
				 alloc_flags))
		return COMPACT_SUCCESS;

	/* Targets must pass the test of __isolate_free_page(), with something to spare. */
	watermark = wmark_pages(zone, order > PAGE_ALLOC_COSTLY_ORDER ? WMARK_LOW : WMARK_MIN);
	watermark += compact_gap((unsigned int)order);
	if (!lx___zone_watermark_ok(m, zone, 0, watermark, highest_zoneidx, ALLOC_CMA,
				    (int64_t)free_pages))
		return COMPACT_SKIPPED;
	return COMPACT_CONTINUE;
}

enum compact_result lx_compaction_suitable(struct machine *m, struct zone *zone, int order,
					   unsigned int alloc_flags, unsigned int highest_zoneidx)
{
	enum compact_result ret = __compaction_suitable(
		m, zone, order, alloc_flags, highest_zoneidx, zone_page_state_free(zone));

	/* Is it memory that lacks, rather than large blocks? */
	if (ret == COMPACT_CONTINUE && order > PAGE_ALLOC_COSTLY_ORDER) {
		int fragindex = lx_fragmentation_index(m, zone, (unsigned int)order);

		if (fragindex >= 0 && fragindex <= (int)m->extfrag_threshold)
			ret = COMPACT_NOT_SUITABLE_ZONE;
	}
	lx_event(m, PF_EV_COMPACT_SUITABLE, zone->node, zone->zone_idx, order, ret);
	return ret == COMPACT_NOT_SUITABLE_ZONE ? COMPACT_SKIPPED : ret;
}

bool lx_compaction_zonelist_suitable(struct machine *m, const struct alloc_context *ac,
				     unsigned int order, unsigned int alloc_flags)
{
	const struct zoneref *z;

	for_each_zone_zonelist(z, ac)
	{
		const struct zone *zone = &m->zone[z->zone];
		u64 available = lx_zone_reclaimable_pages(m, zone) / order;

		available += lx_zone_page_state_snapshot(m, zone);
		if (__compaction_suitable(m, zone, (int)order, alloc_flags, ac->highest_zoneidx,
					  available) == COMPACT_CONTINUE)
			return true;
	}
	return false;
}

/* ------------------------------------------------------------- main loop -- */

/* Where the scanners begin: at the ends of the zone, or where others stopped. */
static void set_start(struct compact_control *cc)
{
	struct machine *m = cc->m;
	struct zone *zone = cc->zone;
	u64 start_pfn = zone_start(m, zone), end_pfn = zone_end(m, zone);

	cc->fast_start_pfn = 0;
	if (cc->whole_zone) {
		cc->migrate_pfn = start_pfn;
		cc->free_pfn = pageblock_start_pfn(m, end_pfn - 1);
		return;
	}

	cc->migrate_pfn = zone->compact_cached_migrate_pfn[cc->mode != MIGRATE_ASYNC];
	cc->free_pfn = zone->compact_cached_free_pfn;
	if (cc->free_pfn < start_pfn || cc->free_pfn >= end_pfn) {
		cc->free_pfn = pageblock_start_pfn(m, end_pfn - 1);
		zone->compact_cached_free_pfn = (pf_pfn)cc->free_pfn;
	}
	if (cc->migrate_pfn < start_pfn || cc->migrate_pfn >= end_pfn) {
		cc->migrate_pfn = start_pfn;
		zone->compact_cached_migrate_pfn[0] = (pf_pfn)start_pfn;
		zone->compact_cached_migrate_pfn[1] = (pf_pfn)start_pfn;
	}
	if (cc->migrate_pfn <= zone->compact_init_migrate_pfn)
		cc->whole_zone = true;
}

/*
 * Move the sources at hand. False: targets have run out although the scanners
 * have not met.
 */
static bool migrate_isolated(struct compact_control *cc, u64 *last_migrated_pfn)
{
	struct machine *m = cc->m;
	unsigned int nr_succeeded = 0;
	int err = lx_migrate_pages(m, cc->migratepages, compaction_alloc, compaction_free, cc,
				   cc->mode, MR_COMPACTION, &nr_succeeded);

	lx_event(m, PF_EV_COMPACT_MIGRATEPAGES, nr_succeeded,
		 (int64_t)cc->nr_migratepages - nr_succeeded);
	cc->nr_migratepages = 0;
	if (!err)
		return true;

	lx_putback_movable_pages(m, cc->migratepages);
	if (err == -ENOMEM && !compact_scanners_met(cc))
		return false;
	/* With one page left there is no block to be had here any more. */
	if (cc->direct_compaction && cc->mode == MIGRATE_ASYNC) {
		cc->migrate_pfn = block_end_pfn(cc->migrate_pfn - 1, (unsigned int)cc->order);
		*last_migrated_pfn = 0;
	}
	return true;
}

static enum compact_result compact_zone(struct compact_control *cc)
{
	struct machine *m = cc->m;
	struct zone *zone = cc->zone;
	u64 start_pfn = zone_start(m, zone), end_pfn = zone_end(m, zone);
	u64 last_migrated_pfn = 0;
	const bool sync = cc->mode != MIGRATE_ASYNC;
	enum compact_result ret;
	bool update_cached;

	cc->total_migrate_scanned = 0;
	cc->total_free_scanned = 0;
	cc->nr_migratepages = 0;
	cc->nr_freepages = 0;
	cc->freepages = init_scratch_list(m, SCRATCH_FREEPAGES);
	cc->migratepages = init_scratch_list(m, SCRATCH_MIGRATEPAGES);

	ret = lx_compaction_suitable(m, zone, cc->order, cc->alloc_flags, cc->highest_zoneidx);
	if (ret != COMPACT_CONTINUE)
		return ret;
	if (lx_compaction_restarting(zone, cc->order))
		__reset_isolation_suitable(m, zone);
	set_start(cc);

	/* The position of the other modes follows as long as there is nothing to isolate. */
	update_cached =
		!sync && zone->compact_cached_migrate_pfn[0] == zone->compact_cached_migrate_pfn[1];

	lx_event(m, PF_EV_COMPACT_BEGIN, (int64_t)start_pfn, (int64_t)cc->migrate_pfn,
		 (int64_t)cc->free_pfn, (int64_t)end_pfn, sync);

	lx_lru_add_drain_cpu(m, m->cpu);

	while ((ret = compact_finished(cc)) == COMPACT_CONTINUE) {
		u64 iteration_start_pfn = cc->migrate_pfn;
		enum isolate isolated;

		/* The second time in the same block all of it is taken at once. */
		cc->rescan = pageblock_start_pfn(m, last_migrated_pfn) ==
			     pageblock_start_pfn(m, iteration_start_pfn);

		isolated = isolate_migratepages(cc);
		if (isolated == ISOLATE_ABORT) {
			lx_putback_movable_pages(m, cc->migratepages);
			cc->nr_migratepages = 0;
			ret = COMPACT_CONTENDED;
			break;
		}
		if (isolated == ISOLATE_SUCCESS) {
			update_cached = false;
			last_migrated_pfn = iteration_start_pfn;
			if (!migrate_isolated(cc, &last_migrated_pfn)) {
				ret = COMPACT_CONTENDED;
				break;
			}
		} else if (update_cached) {
			zone->compact_cached_migrate_pfn[1] = zone->compact_cached_migrate_pfn[0];
		}

		/* Past an aligned part of the order: let what was freed there merge. */
		if (cc->order > 0 && last_migrated_pfn &&
		    last_migrated_pfn < round_down_to(cc->migrate_pfn, (unsigned int)cc->order)) {
			lx_lru_add_drain_cpu(m, m->cpu);
			lx_drain_local_pages(m, zone);
			last_migrated_pfn = 0;
		}

		if (m->capc.active && m->capc.page != LX_NONE) {
			ret = COMPACT_SUCCESS;
			break;
		}
	}

	if (cc->nr_freepages > 0) {
		u64 free_pfn = pageblock_start_pfn(m, release_freepages(cc));

		cc->nr_freepages = 0;
		/* Only upwards; it may stand at the end of the zone already. */
		if (free_pfn > zone->compact_cached_free_pfn)
			zone->compact_cached_free_pfn = (pf_pfn)free_pfn;
	}

	count_vm_events(m, PF_DUMP_COMPACT_MIGRATE_SCANNED, cc->total_migrate_scanned);
	count_vm_events(m, PF_DUMP_COMPACT_FREE_SCANNED, cc->total_free_scanned);
	lx_event(m, PF_EV_COMPACT_END, (int64_t)start_pfn, (int64_t)cc->migrate_pfn,
		 (int64_t)cc->free_pfn, (int64_t)end_pfn, sync, ret);
	return ret;
}

/* ----------------------------------------------------- direct compaction -- */

static enum compact_result compact_zone_order(struct machine *m, struct zone *zone,
					      unsigned int order, u32 gfp, unsigned int prio,
					      unsigned int alloc_flags,
					      const struct alloc_context *ac, u32 *capture)
{
	struct compact_control cc = {
		.m = m,
		.zone = zone,
		.order = (int)order,
		.search_order = (short)order,
		.gfp_mask = gfp,
		.migratetype = ac->migratetype,
		.alloc_flags = alloc_flags,
		.highest_zoneidx = ac->highest_zoneidx,
		.mode = prio == COMPACT_PRIO_ASYNC ? MIGRATE_ASYNC : MIGRATE_SYNC_LIGHT,
		.direct_compaction = true,
		.whole_zone = prio == MIN_COMPACT_PRIORITY,
		.ignore_skip_hint = prio == MIN_COMPACT_PRIORITY,
		.ignore_block_suitable = prio == MIN_COMPACT_PRIORITY,
	};
	enum compact_result ret;

	m->capc = (struct capture_control){
		.active = !m->off.no_capture,
		.order = (u8)order,
		.migratetype = (u8)ac->migratetype,
		.zone = zone->index,
		.page = LX_NONE,
	};
	ret = compact_zone(&cc);
	m->capc.active = false;
	*capture = m->capc.page;
	return *capture != LX_NONE ? COMPACT_SUCCESS : ret;
}

enum compact_result lx_compact_result(enum pf_compact_result result)
{
	static const u8 numbers[PF_NR_COMPACT_RESULTS] = {
		[PF_COMPACT_SKIPPED] = COMPACT_SKIPPED,
		[PF_COMPACT_DEFERRED] = COMPACT_DEFERRED,
		[PF_COMPACT_COMPLETE] = COMPACT_COMPLETE,
		[PF_COMPACT_PARTIAL_SKIPPED] = COMPACT_PARTIAL_SKIPPED,
		[PF_COMPACT_CONTENDED] = COMPACT_CONTENDED,
		[PF_COMPACT_SUCCESS] = COMPACT_SUCCESS,
	};

	return numbers[result];
}

static enum pf_compact_result to_pf_result(enum compact_result result)
{
	switch (result) {
	case COMPACT_DEFERRED:
		return PF_COMPACT_DEFERRED;
	case COMPACT_COMPLETE:
		return PF_COMPACT_COMPLETE;
	case COMPACT_PARTIAL_SKIPPED:
		return PF_COMPACT_PARTIAL_SKIPPED;
	case COMPACT_CONTENDED:
		return PF_COMPACT_CONTENDED;
	case COMPACT_SUCCESS:
		return PF_COMPACT_SUCCESS;
	default:
		return PF_COMPACT_SKIPPED;
	}
}

enum pf_compact_result lx_try_to_compact_pages(struct machine *m, u32 gfp, unsigned int order,
					       unsigned int alloc_flags,
					       const struct alloc_context *ac, unsigned int prio,
					       u32 *capture)
{
	/* __GFP_MOVABLE and __GFP_RECLAIMABLE, which requests here name apart. */
	static const u32 mobility_gfp[MIGRATE_PCPTYPES] = {0, 0x8, 0x10};
	enum compact_result rc = COMPACT_SKIPPED;
	const struct zoneref *z;

	*capture = LX_NONE;
	if (m->off.no_compaction || !(gfp & PF_GFP_IO))
		return PF_COMPACT_SKIPPED;

	if (m->off.compact_only_prio)
		prio = m->off.compact_only_prio - 1u;
	lx_event(m, PF_EV_COMPACT_TRY, order, gfp | mobility_gfp[ac->migratetype], prio);

	for_each_zone_zonelist(z, ac)
	{
		struct zone *zone = &m->zone[z->zone];
		enum compact_result status;

		if (prio > MIN_COMPACT_PRIORITY && lx_compaction_deferred(m, zone, (int)order)) {
			if (rc < COMPACT_DEFERRED)
				rc = COMPACT_DEFERRED;
			continue;
		}

		status = compact_zone_order(m, zone, order, gfp, prio, alloc_flags, ac, capture);
		if (rc < status)
			rc = status;

		/* Whether the allocation succeeds remains to be seen. */
		if (status == COMPACT_SUCCESS) {
			lx_compaction_defer_reset(m, zone, (int)order, false);
			break;
		}
		if (prio != COMPACT_PRIO_ASYNC &&
		    (status == COMPACT_COMPLETE || status == COMPACT_PARTIAL_SKIPPED))
			lx_defer_compaction(m, zone, (int)order);

		if ((prio == COMPACT_PRIO_ASYNC && need_resched(m)) || fatal_signal_pending(m))
			break;
	}
	return to_pf_result(rc);
}

/* As __alloc_pages_direct_compact(), without the allocation. */
static enum pf_compact_result compact_for_order(struct machine *m,
						const struct pf_compact_request *req)
{
	static const u8 prio[PF_NR_MODES] = {
		[PF_MODE_ASYNC] = COMPACT_PRIO_ASYNC,
		[PF_MODE_SYNC_LIGHT] = COMPACT_PRIO_SYNC_LIGHT,
		[PF_MODE_SYNC] = COMPACT_PRIO_SYNC_FULL,
	};
	const u32 gfp = PF_GFP_DIRECT_RECLAIM | PF_GFP_IO | PF_GFP_FS | PF_GFP_THISNODE;
	const struct zonelist *zonelist = &m->node[req->node].node_zonelists[ZONELIST_NOFALLBACK];
	struct alloc_context ac = {
		.zonelist = zonelist,
		.migratetype =
			m->page_group_by_mobility_disabled ? MIGRATE_UNMOVABLE : req->mobility,
		.highest_zoneidx = req->mobility == PF_MOVABLE ? PF_ZONE_MOVABLE : PF_ZONE_NORMAL,
	};
	enum pf_compact_result result;
	u32 capture;

	ac.preferred_zoneref = next_zones_zonelist(zonelist, zonelist->ref, ac.highest_zoneidx);
	m->pf_memalloc = true;
	result = lx_try_to_compact_pages(m, gfp, (unsigned int)req->order, ALLOC_WMARK_MIN, &ac,
					 prio[req->mode], &capture);
	m->pf_memalloc = false;
	if (capture != LX_NONE)
		lx_free_pages(m, capture, (unsigned int)req->order, m->cpu);
	return result;
}

enum pf_compact_result lx_compact(struct machine *m, const struct pf_compact_request *req)
{
	/* Nothing in the kernel compacts for single pages. */
	if (m->off.no_compaction || !req->order || req->order > m->max_order)
		return PF_COMPACT_SKIPPED;
	if (req->order >= 0)
		return compact_for_order(m, req);
	/* As writing to a node's file `compact` does. */
	lx_lru_add_drain_all(m);
	lx_compact_node(m, req->node);
	return PF_COMPACT_COMPLETE;
}

/* ------------------------------------------------ whole nodes, kcompactd -- */

/* The zones of a node that have memory, lowest first. */
#define for_each_populated_zone_of(m, nid, type, last, zone)           \
	for (type = 0; type <= (last); type++)                         \
		if ((m)->node[nid].zone[type] == LX_NO_ZONE ||         \
		    !((zone) = &(m)->zone[(m)->node[nid].zone[type]])) \
			continue;                                      \
		else

static void compact_all_zones(struct compact_control *cc, unsigned int nid)
{
	struct zone *zone;
	unsigned int type;

	for_each_populated_zone_of(cc->m, nid, type, MAX_NR_ZONES - 1, zone)
	{
		cc->zone = zone;
		compact_zone(cc);
	}
}

static void proactive_compact_node(struct machine *m, unsigned int nid)
{
	struct compact_control cc = {
		.m = m,
		.order = -1,
		.gfp_mask = GFP_KERNEL,
		.mode = MIGRATE_SYNC_LIGHT,
		.ignore_skip_hint = true,
		.whole_zone = true,
		.migratetype = MIGRATE_UNMOVABLE,
		.proactive_compaction = true,
	};

	compact_all_zones(&cc, nid);
}

void lx_compact_node(struct machine *m, unsigned int nid)
{
	struct compact_control cc = {
		.m = m,
		.order = -1,
		.gfp_mask = GFP_KERNEL,
		.mode = MIGRATE_SYNC,
		.ignore_skip_hint = true,
		.whole_zone = true,
		.migratetype = MIGRATE_UNMOVABLE,
	};

	compact_all_zones(&cc, nid);
}

static bool kcompactd_node_suitable(struct machine *m, unsigned int nid)
{
	unsigned int highest_zoneidx = m->node[nid].kcompactd_highest_zoneidx;
	struct zone *zone;
	unsigned int type;

	for_each_populated_zone_of(m, nid, type, highest_zoneidx, zone)
	{
		if (lx_compaction_suitable(m, zone, m->node[nid].kcompactd_max_order, 0,
					   highest_zoneidx) == COMPACT_CONTINUE)
			return true;
	}
	return false;
}

static void kcompactd_do_work(struct machine *m, unsigned int nid)
{
	pg_data_t *pgdat = &m->node[nid];
	struct compact_control cc = {
		.m = m,
		.order = pgdat->kcompactd_max_order,
		.search_order = pgdat->kcompactd_max_order,
		.highest_zoneidx = pgdat->kcompactd_highest_zoneidx,
		.gfp_mask = GFP_KERNEL,
		.mode = MIGRATE_SYNC_LIGHT,
		.migratetype = MIGRATE_UNMOVABLE,
	};
	struct zone *zone;
	unsigned int type;

	lx_event(m, PF_EV_KCOMPACTD_WAKE, nid, cc.order, cc.highest_zoneidx);
	count_vm_events(m, PF_DUMP_KCOMPACTD_WAKE, 1);

	for_each_populated_zone_of(m, nid, type, cc.highest_zoneidx, zone)
	{
		enum compact_result status;

		if (lx_compaction_deferred(m, zone, cc.order))
			continue;
		if (lx_compaction_suitable(m, zone, cc.order, 0, type) != COMPACT_CONTINUE)
			continue;

		cc.zone = zone;
		status = compact_zone(&cc);
		if (status == COMPACT_SUCCESS) {
			lx_compaction_defer_reset(m, zone, cc.order, false);
		} else if (status == COMPACT_PARTIAL_SKIPPED || status == COMPACT_COMPLETE) {
			/* What is on per-cpu lists might merge. */
			lx_drain_all_pages(m, zone);
			lx_defer_compaction(m, zone, cc.order);
		}
		count_vm_events(m, PF_DUMP_KCOMPACTD_MIGRATE_SCANNED, cc.total_migrate_scanned);
		count_vm_events(m, PF_DUMP_KCOMPACTD_FREE_SCANNED, cc.total_free_scanned);
	}

	if (pgdat->kcompactd_max_order <= cc.order)
		pgdat->kcompactd_max_order = 0;
	if (pgdat->kcompactd_highest_zoneidx >= cc.highest_zoneidx)
		pgdat->kcompactd_highest_zoneidx = pgdat->nr_zones - 1;
}

void lx_wakeup_kcompactd(struct machine *m, unsigned int nid, unsigned int order,
			 unsigned int highest_zoneidx)
{
	pg_data_t *pgdat = &m->node[nid];

	if (!order || m->off.no_compaction)
		return;
	if (pgdat->kcompactd_max_order < order)
		pgdat->kcompactd_max_order = (u8)order;
	if (pgdat->kcompactd_highest_zoneidx > highest_zoneidx)
		pgdat->kcompactd_highest_zoneidx = (u8)highest_zoneidx;
	if (!kcompactd_node_suitable(m, nid))
		return;
	lx_event(m, PF_EV_WAKEUP_KCOMPACTD, nid, order, highest_zoneidx);
}

bool lx_kcompactd_tick(struct machine *m, unsigned int nid, unsigned int order, bool proactive)
{
	pg_data_t *pgdat = &m->node[nid];

	if (m->off.no_compaction || !pgdat->nr_zones)
		return false;

	if (proactive) {
		/* How long it would sleep after no success does not matter: time is told. */
		if (should_proactive_compact_node(m, nid))
			proactive_compact_node(m, nid);
		pgdat->proactive_compact_trigger = false;
	} else {
		lx_wakeup_kcompactd(m, nid, order, pgdat->nr_zones - 1u);
		if (pgdat->kcompactd_max_order > 0)
			kcompactd_do_work(m, nid);
	}
	lx_event(m, PF_EV_KCOMPACTD_SLEEP, nid);
	return true;
}
