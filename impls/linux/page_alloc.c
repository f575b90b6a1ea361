// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_alloc.c - the buddy allocator itself: free lists, merging and splitting,
 * fallback between migrate types, per-cpu lists, watermarks, the walk over zones,
 * and the allocation path. Ports mm/page_alloc.c of 6.1; every function has the name
 * of the one that it follows.
 */
#include "compaction.h"
#include "migrate.h"

/* ------------------------------------------------------------ pageblocks -- */

void lx_set_pageblock_migratetype(struct machine *m, u32 pfn, unsigned int mt)
{
	if (unlikely(m->page_group_by_mobility_disabled && mt < MIGRATE_PCPTYPES))
		mt = MIGRATE_UNMOVABLE;
	set_pfnblock_flags_mask(m, pfn, mt, PB_TYPE_MASK);
}

static void change_pageblock_range(struct machine *m, u32 pfn, unsigned int order, unsigned int mt)
{
	u32 nr = 1u << (order - m->pageblock_order);

	spent(m, nr);
	for (u32 i = 0; i < nr; i++)
		lx_set_pageblock_migratetype(m, pfn + (i << m->pageblock_order), mt);
}

static inline bool has_isolate_pageblock(const struct zone *zone)
{
	return zone->nr_isolate_pageblock;
}

/* ------------------------------------------------------------ free lists -- */

/*
 * NR_FREE_PAGES changes by delta, which the running cpu may hold back. The sum
 * in count.free is exact.
 */
static inline void __mod_zone_page_state(struct machine *m, struct zone *zone, int delta)
{
	struct per_cpu_pages *pcp = &zone->pcp[m->cpu];
	int x = pcp->free_diff + delta;

	zone->count.free += (u32)delta;
	if (x > pcp->stat_threshold || -x > pcp->stat_threshold) {
		zone->vm_stat_free += x;
		x = 0;
	}
	pcp->free_diff = x;
}

/* Isolated pages are not NR_FREE_PAGES; the kernel does not count them at all. */
static inline void account_freepages(struct machine *m, struct zone *zone, int delta,
				     unsigned int mt)
{
	if (unlikely(is_migrate_isolate(mt)))
		zone->count.isolated += (u32)delta;
	else
		__mod_zone_page_state(m, zone, delta);
}

static inline void add_to_free_list(struct machine *m, struct zone *zone, u32 pfn,
				    unsigned int order, unsigned int mt)
{
	list_add(m->lru, pfn, free_list(zone, order, mt));
	zone->count.nr_free[order]++;
}

static inline void add_to_free_list_tail(struct machine *m, struct zone *zone, u32 pfn,
					 unsigned int order, unsigned int mt)
{
	list_add_tail(m->lru, pfn, free_list(zone, order, mt));
	zone->count.nr_free[order]++;
}

/* To the tail: what was just moved should not be the next to go. */
static inline void move_to_free_list(struct machine *m, struct zone *zone, u32 pfn,
				     unsigned int order, unsigned int mt)
{
	list_del(m->lru, pfn);
	list_add_tail(m->lru, pfn, free_list(zone, order, mt));
}

static inline void del_page_from_free_list(struct machine *m, struct zone *zone, u32 pfn,
					   unsigned int order)
{
	list_del(m->lru, pfn);
	m->page_flags[pfn] &= PG_ZONE_MASK;
	zone->count.nr_free[order]--;
}

/* ------------------------------------------------------------------ free -- */

/*
 * Is the block that these two buddies would form likely to merge further soon?
 * Then the caller's page is better left alone. The combined page can lie in
 * another zone when this one starts unaligned, and the answer is "no" then.
 */
static inline bool buddy_merge_likely(const struct machine *m, u32 pfn, u32 buddy_pfn,
				      unsigned int order)
{
	u32 higher = pfn & buddy_pfn;

	if (order + 1u >= m->max_order)
		return false;
	return page_is_buddy(m, higher, higher ^ (2u << order), order + 1);
}

/* The running compaction, if it waits for a block of this zone. */
static inline struct capture_control *task_capc(struct machine *m, const struct zone *zone)
{
	struct capture_control *capc = &m->capc;

	return unlikely(capc->active) && capc->page == LX_NONE && capc->zone == zone->index ? capc
											    : NULL;
}

static inline bool compaction_capture(const struct machine *m, struct capture_control *capc,
				      u32 pfn, unsigned int order, unsigned int mt)
{
	if (likely(!capc) || order != capc->order)
		return false;
	if (is_migrate_cma(mt) || is_migrate_isolate(mt))
		return false;
	/* Small blocks of movable pageblocks are left for movable pages. */
	if (order < m->pageblock_order && mt == MIGRATE_MOVABLE)
		return false;
	capc->page = pfn;
	return true;
}

static inline void __free_one_page(struct machine *m, struct zone *zone, u32 pfn,
				   unsigned int order, unsigned int mt, fpi_t fpi_flags)
{
	struct capture_control *capc = task_capc(m, zone);
	u32 buddy_pfn = 0;
	bool to_tail;

	account_freepages(m, zone, 1 << order, mt);

	while (order < m->max_order) {
		if (compaction_capture(m, capc, pfn, order, mt)) {
			__mod_zone_page_state(m, zone, -(1 << order));
			/* The kernel counts this page nowhere. */
			m->stat.pgalloc += 1u << order;
			return;
		}
		buddy_pfn = pfn ^ (1u << order);
		if (!page_is_buddy(m, pfn, buddy_pfn, order))
			break;

		/*
		 * Blocks of types without fallbacks are accounted apart, so
		 * a free block must not reach across their border.
		 */
		if (unlikely(order >= m->pageblock_order)) {
			unsigned int buddy_mt = get_pageblock_migratetype(m, buddy_pfn);

			if (mt != buddy_mt &&
			    !(migratetype_is_mergeable(mt) && migratetype_is_mergeable(buddy_mt)))
				break;
		}

		del_page_from_free_list(m, zone, buddy_pfn, order);
		pfn &= buddy_pfn;
		order++;
	}

	set_buddy_order(m, pfn, order);

	if (fpi_flags & FPI_TO_TAIL)
		to_tail = true;
	else
		to_tail = buddy_merge_likely(m, pfn, buddy_pfn, order);

	if (to_tail)
		add_to_free_list_tail(m, zone, pfn, order, mt);
	else
		add_to_free_list(m, zone, pfn, order, mt);
}

bool lx_page_compound(const struct machine *m, u32 pfn)
{
	return (m->page_flags[pfn] & PG_STATE_MASK) == PG_HEAD;
}

/* The kernel reads the type again if it may have changed before it took the lock. */
static void free_one_page(struct machine *m, struct zone *zone, u32 pfn, unsigned int order,
			  unsigned int mt, fpi_t fpi_flags)
{
	if (unlikely(has_isolate_pageblock(zone) || is_migrate_isolate(mt)))
		mt = get_pageblock_migratetype(m, pfn);
	__free_one_page(m, zone, pfn, order, mt, fpi_flags);
}

static inline void free_pages_prepare(struct machine *m, u32 pfn, unsigned int order)
{
	m->stat.pgfree += 1u << order;
	clear_page_state(m, pfn);
	lx_event(m, PF_EV_PAGE_FREE, absolute_pfn(m, pfn), order);
}

void lx_free_pages_ok(struct machine *m, u32 pfn, unsigned int order, fpi_t fpi_flags)
{
	free_pages_prepare(m, pfn, order);
	free_one_page(m, page_zone(m, pfn), pfn, order, get_pageblock_migratetype(m, pfn),
		      fpi_flags);
}

void lx_free_pages_core(struct machine *m, u32 pfn, unsigned int order)
{
	page_zone(m, pfn)->count.managed += 1u << order;
	page_zone(m, pfn)->managed_pages += 1u << order;
	lx_free_pages_ok(m, pfn, order, FPI_TO_TAIL);
}

/* ----------------------------------------------------------------- split -- */

/* Keep the low 2^low pages of a block of 2^high; the rest goes back, at the head. */
static inline void expand(struct machine *m, struct zone *zone, u32 pfn, unsigned int low,
			  unsigned int high, unsigned int mt)
{
	while (high > low) {
		u32 upper;

		high--;
		upper = pfn + (1u << high);
		add_to_free_list(m, zone, upper, high, mt);
		set_buddy_order(m, upper, high);
	}
}

/* As expand(), but what is kept is the part that begins at `target`. */
static void break_down_buddy_pages(struct machine *m, struct zone *zone, u32 pfn, u32 target,
				   unsigned int low, unsigned int high, unsigned int mt)
{
	while (high > low) {
		u32 half, other;

		high--;
		half = 1u << high;
		other = pfn;
		if (target >= pfn + half)
			pfn += half;
		else
			other += half;
		add_to_free_list(m, zone, other, high, mt);
		set_buddy_order(m, other, high);
	}
}

bool lx_take_page_off_buddy(struct machine *m, u32 pfn, unsigned int order)
{
	for (unsigned int high = order; high <= m->max_order; high++) {
		u32 head = pfn & ~((1u << high) - 1);
		unsigned int mt;
		struct zone *zone;

		if (!page_buddy(m, head) || buddy_order(m, head) != high)
			continue;
		zone = page_zone(m, head);
		mt = get_pageblock_migratetype(m, head);
		del_page_from_free_list(m, zone, head, high);
		break_down_buddy_pages(m, zone, head, pfn, order, high, mt);
		account_freepages(m, zone, -(1 << order), mt);
		m->stat.pgalloc += 1u << order;
		return true;
	}
	return false;
}

bool lx_isolate_free_page(struct machine *m, u32 pfn, unsigned int order)
{
	struct zone *zone = page_zone(m, pfn);
	unsigned int mt = get_pageblock_migratetype(m, pfn);
	u32 end = pfn + (1u << order) - 1;

	/* As if it were allocated; the boost does not count here. */
	if (!is_migrate_isolate(mt) &&
	    !lx_zone_watermark_ok(m, zone, 0, zone->_watermark[WMARK_MIN] + (1u << order), 0,
				  ALLOC_CMA))
		return false;
	account_freepages(m, zone, -(1 << order), mt);
	del_page_from_free_list(m, zone, pfn, order);

	/* Most of the pageblock goes to movable pages. */
	if (order + 1u >= m->pageblock_order)
		for (; pfn < end; pfn += pageblock_nr_pages(m))
			if (migratetype_is_mergeable(get_pageblock_migratetype(m, pfn)))
				lx_set_pageblock_migratetype(m, pfn, MIGRATE_MOVABLE);
	return true;
}

/* -------------------------------------------------------------- fallback -- */

static inline bool pcp_allowed_order(const struct machine *m, unsigned int order)
{
	return order <= PAGE_ALLOC_COSTLY_ORDER || order == m->pageblock_order;
}

static inline u32 __rmqueue_smallest(struct machine *m, struct zone *zone, unsigned int order,
				     unsigned int mt)
{
	for (unsigned int high = order; high <= m->max_order; high++) {
		u32 pfn = get_page_from_free_area(m, zone, high, mt);

		if (pfn == LX_NONE)
			continue;
		del_page_from_free_list(m, zone, pfn, high);
		expand(m, zone, pfn, order, high, mt);
		lx_event(m, PF_EV_ALLOC_ZONE_LOCKED, absolute_pfn(m, pfn), order, mt,
			 pcp_allowed_order(m, order) && mt < MIGRATE_PCPTYPES);
		return pfn;
	}
	return LX_NONE;
}

#define NR_FALLBACKS 2

/* Whose lists to try when the own ones are empty, in this order. */
static const u8 fallbacks[MIGRATE_PCPTYPES][NR_FALLBACKS] = {
	[MIGRATE_UNMOVABLE] = {MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE},
	[MIGRATE_MOVABLE] = {MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE},
	[MIGRATE_RECLAIMABLE] = {MIGRATE_UNMOVABLE, MIGRATE_MOVABLE},
};

/*
 * Move the free blocks of [start, end) to the tails of their lists of type mt,
 * lowest first; returns how many pages that were. *num_movable: how many others
 * could be moved elsewhere.
 */
static u32 move_freepages(struct machine *m, struct zone *zone, u32 start, u32 end, unsigned int mt,
			  u32 *num_movable)
{
	u32 moved = 0;
	unsigned int steps = 0;

	for (u32 pfn = start; pfn < end; steps++) {
		unsigned int order;

		if (!page_buddy(m, pfn)) {
			if (num_movable && (page_lru(m, pfn) || lx_page_movable(m, pfn)))
				(*num_movable)++;
			pfn++;
			continue;
		}
		order = buddy_order(m, pfn);
		move_to_free_list(m, zone, pfn, order, mt);
		pfn += 1u << order;
		moved += 1u << order;
	}
	spent(m, steps);
	return moved;
}

/*
 * The same for the pageblock of page pfn. A zone that starts inside the block
 * limits the move to what follows pfn; one that ends inside it prevents it.
 */
u32 lx_move_freepages_block(struct machine *m, struct zone *zone, u32 pfn, unsigned int mt,
			    u32 *num_movable)
{
	u32 start = pfn & ~(pageblock_nr_pages(m) - 1);
	u32 end = start + pageblock_nr_pages(m);

	if (num_movable)
		*num_movable = 0;
	if (!zone_spans_pfn(zone, start))
		start = pfn;
	if (!zone_spans_pfn(zone, end - 1))
		return 0;
	return move_freepages(m, zone, start, end, mt, num_movable);
}

/*
 * May a fallback take more than the one block? Large blocks promise more around
 * them; and it is better that unmovable and reclaimable pages fill one
 * pageblock than that they spoil several.
 */
static bool can_steal_fallback(const struct machine *m, unsigned int order, unsigned int start_mt)
{
	return order >= m->pageblock_order / 2u || start_mt == MIGRATE_RECLAIMABLE ||
	       start_mt == MIGRATE_UNMOVABLE || m->page_group_by_mobility_disabled;
}

/*
 * Fallbacks spoil pageblocks, so let kswapd free more for a while, that the next
 * ones need not. False: not in this zone.
 */
static bool boost_watermark(const struct machine *m, struct zone *zone)
{
	u32 high = zone->_watermark[WMARK_HIGH];
	u32 factor = (u32)m->watermark_boost_factor;
	u64 max_boost, boost;

	if (!factor || m->off.no_boost)
		return false;
	/* In a small zone that would take all there is. */
	if (pageblock_nr_pages(m) * 4u > zone->managed_pages)
		return false;
	max_boost = (u64)(high / 10000) * factor + (u64)(high % 10000) * factor / 10000;
	if (!max_boost)
		return false;
	if (max_boost < pageblock_nr_pages(m))
		max_boost = pageblock_nr_pages(m);
	boost = (u64)zone->watermark_boost + pageblock_nr_pages(m);
	zone->watermark_boost = (u32)(boost < max_boost ? boost : max_boost);
	return true;
}

/*
 * Bring the free block at pfn to the lists of start_mt, and with it all that is
 * free in its pageblock if whole_block. The pageblock itself changes type when
 * half of it is free or of a compatible kind.
 */
static void steal_suitable_fallback(struct machine *m, struct zone *zone, u32 pfn,
				    unsigned int alloc_flags, unsigned int start_mt,
				    bool whole_block)
{
	unsigned int order = buddy_order(m, pfn);
	unsigned int old_block_type = get_pageblock_migratetype(m, pfn);
	u32 free_pages, movable_pages, alike_pages;

	if (old_block_type == MIGRATE_HIGHATOMIC)
		goto single_page;

	if (order >= m->pageblock_order) {
		change_pageblock_range(m, pfn, order, start_mt);
		goto single_page;
	}

	if (boost_watermark(m, zone) && (alloc_flags & ALLOC_KSWAPD))
		zone->flags |= ZONE_BOOSTED_WATERMARK;

	if (!whole_block)
		goto single_page;

	free_pages = lx_move_freepages_block(m, zone, pfn, start_mt, &movable_pages);
	if (!free_pages)
		goto single_page;

	/*
	 * Pages of a movable block that cannot be moved are compatible with
	 * either other type. In other blocks there is no telling those apart.
	 */
	if (start_mt == MIGRATE_MOVABLE)
		alike_pages = movable_pages;
	else if (old_block_type == MIGRATE_MOVABLE)
		alike_pages = pageblock_nr_pages(m) - (free_pages + movable_pages);
	else
		alike_pages = 0;

	if (free_pages + alike_pages >= pageblock_nr_pages(m) / 2 ||
	    m->page_group_by_mobility_disabled)
		lx_set_pageblock_migratetype(m, pfn, start_mt);
	return;

single_page:
	move_to_free_list(m, zone, pfn, order, start_mt);
}

int lx_find_suitable_fallback(const struct machine *m, const struct zone *zone, unsigned int order,
			      unsigned int mt, bool only_stealable, bool *can_steal)
{
	*can_steal = false;
	if (!zone->count.nr_free[order])
		return -1;

	for (unsigned int i = 0; i < NR_FALLBACKS; i++) {
		if (free_area_empty(m, zone, order, fallbacks[mt][i]))
			continue;
		*can_steal = can_steal_fallback(m, order, mt);
		if (*can_steal || !only_stealable)
			return fallbacks[mt][i];
	}
	return -1;
}

/*
 * Bring a block of another type, or many, to the lists of type mt. True: there
 * is a block of at least this order on them now.
 */
static bool __rmqueue_fallback(struct machine *m, struct zone *zone, unsigned int order,
			       unsigned int mt, unsigned int alloc_flags)
{
	unsigned int high = m->max_order + 1u;
	unsigned int min_order = order;
	int fallback_mt = -1;
	bool can_steal;
	u32 pfn;

	/* Whole pageblocks only: what is smaller would mix types in one. */
	if ((alloc_flags & ALLOC_NOFRAGMENT) && order < m->pageblock_order)
		min_order = m->pageblock_order;

	/* The largest block: its pageblock is likely the one with most free pages. */
	while (high > min_order) {
		high--;
		fallback_mt = lx_find_suitable_fallback(m, zone, high, mt, false, &can_steal);
		if (fallback_mt >= 0)
			break;
	}
	if (fallback_mt < 0)
		return false;

	/*
	 * Movable pages that cannot have the whole pageblock do no lasting harm
	 * wherever they are, so they had better not split the largest block.
	 */
	if (!can_steal && mt == MIGRATE_MOVABLE && high > order) {
		for (high = order;; high++) {
			fallback_mt =
				lx_find_suitable_fallback(m, zone, high, mt, false, &can_steal);
			if (fallback_mt >= 0)
				break;
		}
	}

	pfn = get_page_from_free_area(m, zone, high, (unsigned int)fallback_mt);
	steal_suitable_fallback(m, zone, pfn, alloc_flags, mt, can_steal);
	m->stat.extfrag++;
	lx_event(m, PF_EV_EXTFRAG, absolute_pfn(m, pfn), order, high, mt, fallback_mt,
		 mt == get_pageblock_migratetype(m, pfn));
	return true;
}

static inline u32 __rmqueue(struct machine *m, struct zone *zone, unsigned int order,
			    unsigned int mt, unsigned int alloc_flags)
{
	u32 pfn = __rmqueue_smallest(m, zone, order, mt);

	while (unlikely(pfn == LX_NONE) && __rmqueue_fallback(m, zone, order, mt, alloc_flags))
		pfn = __rmqueue_smallest(m, zone, order, mt);
	return pfn;
}

/* ---------------------------------------------------- highatomic reserve -- */

/* The pageblock of page pfn is kept for requests like the one that just got it. */
static void reserve_highatomic_pageblock(struct machine *m, struct zone *zone, u32 pfn)
{
	/* About one percent, but at least one pageblock. */
	u32 max_managed = zone->managed_pages / 100 + pageblock_nr_pages(m);

	if (zone->nr_reserved_highatomic >= max_managed)
		return;
	if (!migratetype_is_mergeable(get_pageblock_migratetype(m, pfn)))
		return;
	zone->nr_reserved_highatomic += pageblock_nr_pages(m);
	lx_set_pageblock_migratetype(m, pfn, MIGRATE_HIGHATOMIC);
	lx_move_freepages_block(m, zone, pfn, MIGRATE_HIGHATOMIC, NULL);
}

bool lx_unreserve_highatomic_pageblock(struct machine *m, const struct alloc_context *ac,
				       bool force)
{
	const struct zoneref *z =
		next_zones_zonelist(ac->zonelist, ac->zonelist->ref, ac->highest_zoneidx);

	for (; z; z = next_zones_zonelist(ac->zonelist, z + 1, ac->highest_zoneidx)) {
		struct zone *zone = &m->zone[z->zone];
		u32 nr = pageblock_nr_pages(m);

		if (!force && zone->nr_reserved_highatomic <= nr)
			continue;
		for (unsigned int order = 0; order <= m->max_order; order++) {
			u32 pfn = get_page_from_free_area(m, zone, order, MIGRATE_HIGHATOMIC);

			if (pfn == LX_NONE)
				continue;
			/* The list can hold pages of blocks that were given back before. */
			if (get_pageblock_migratetype(m, pfn) == MIGRATE_HIGHATOMIC)
				zone->nr_reserved_highatomic -=
					zone->nr_reserved_highatomic < nr
						? zone->nr_reserved_highatomic
						: nr;
			lx_set_pageblock_migratetype(m, pfn, ac->migratetype);
			if (lx_move_freepages_block(m, zone, pfn, ac->migratetype, NULL))
				return true;
		}
	}
	return false;
}

/* --------------------------------------------------------- per-cpu lists -- */

static inline u32 pcp_list(const struct per_cpu_pages *pcp, unsigned int pindex)
{
	return pcp->list_base + pindex;
}

static inline unsigned int order_to_pindex(unsigned int mt, unsigned int order)
{
	if (unlikely(order > PAGE_ALLOC_COSTLY_ORDER))
		return NR_LOWORDER_PCP_LISTS + (mt == MIGRATE_MOVABLE);
	return MIGRATE_PCPTYPES * order + mt;
}

/* Cached pages of the zone change together with those of one cpu. */
static inline void pcp_count_add(struct zone *zone, struct per_cpu_pages *pcp, int pages)
{
	pcp->count += pages;
	zone->count.cached += (u32)pages;
}

/*
 * Give about `count` pages back: a list is emptied before its turn ends, then
 * the next one that has something. List `pindex` is the first.
 */
static void free_pcppages_bulk(struct machine *m, struct zone *zone, int count,
			       struct per_cpu_pages *pcp, unsigned int pindex)
{
	bool isolated_pageblocks = has_isolate_pageblock(zone);
	unsigned int min_pindex = 0, max_pindex = NR_PCP_LISTS - 1;

	if (count > pcp->count)
		count = pcp->count;
	/* Wraps for list 0, and is stepped on before it is used. */
	pindex--;

	while (count > 0) {
		unsigned int order;
		u32 head;

		for (;;) {
			if ((int)++pindex > (int)max_pindex)
				pindex = min_pindex;
			head = pcp_list(pcp, pindex);
			if (!list_empty(m->lru, head))
				break;
			if (pindex == max_pindex)
				max_pindex--;
			if (pindex == min_pindex)
				min_pindex++;
		}

		order = pindex_to_order(m, pindex);
		do {
			u32 pfn = m->lru[head].prev;
			unsigned int mt = get_pcppage_migratetype(m, pfn);

			list_del(m->lru, pfn);
			clear_page_state(m, pfn);
			count -= 1 << order;
			pcp_count_add(zone, pcp, -(1 << order));
			if (unlikely(isolated_pageblocks))
				mt = get_pageblock_migratetype(m, pfn);
			__free_one_page(m, zone, pfn, order, mt, FPI_NONE);
			lx_event(m, PF_EV_PCPU_DRAIN, absolute_pfn(m, pfn), order, mt);
		} while (count > 0 && !list_empty(m->lru, head));
	}
}

/* Up to `count` blocks to the tail of a per-cpu list; how many. */
static int rmqueue_bulk(struct machine *m, struct zone *zone, unsigned int order, int count,
			u32 list, unsigned int mt, unsigned int alloc_flags)
{
	int i;

	for (i = 0; i < count; i++) {
		u32 pfn = __rmqueue(m, zone, order, mt, alloc_flags);

		if (unlikely(pfn == LX_NONE))
			break;
		set_pcppage_migratetype(m, pfn, mt);
		list_add_tail(m->lru, pfn, list);
	}
	__mod_zone_page_state(m, zone, -(i << order));
	return i;
}

#define PCP_BATCH_SCALE_MAX 5

static void drain_pages_zone(struct machine *m, unsigned int cpu, struct zone *zone)
{
	struct per_cpu_pages *pcp = &zone->pcp[cpu];
	int count = pcp->count;

	spent(m, (unsigned int)count);
	while (count) {
		int chunk = pcp->batch << PCP_BATCH_SCALE_MAX;
		int to_drain = count < chunk ? count : chunk;

		free_pcppages_bulk(m, zone, to_drain, pcp, 0);
		count = pcp->count < count - to_drain ? pcp->count : count - to_drain;
	}
}

void lx_drain_pages(struct machine *m, unsigned int cpu, struct zone *zone)
{
	if (zone) {
		drain_pages_zone(m, cpu, zone);
		return;
	}
	/* By nodes and types, wherever the zones are: what is freed first may merge or wait. */
	for (unsigned int nid = 0; nid < m->nr_nodes; nid++)
		for (unsigned int type = 0; type < MAX_NR_ZONES; type++)
			if (m->node[nid].zone[type] != LX_NO_ZONE)
				drain_pages_zone(m, cpu, &m->zone[m->node[nid].zone[type]]);
}

void lx_drain_local_pages(struct machine *m, struct zone *zone)
{
	lx_drain_pages(m, m->cpu, zone);
}

void lx_drain_all_pages(struct machine *m, struct zone *zone)
{
	for (unsigned int cpu = 0; cpu < m->nr_cpus; cpu++)
		if (m->cpu_online & (1u << cpu))
			lx_drain_pages(m, cpu, zone);
}

static int nr_pcp_free(struct per_cpu_pages *pcp, int high, int batch, bool free_high)
{
	int max_nr_free, nr;

	if (unlikely(free_high))
		return pcp->count;
	if (unlikely(high < batch))
		return 1;

	/* Leave a batch; double what goes as long as nobody allocates. */
	max_nr_free = high - batch;
	nr = batch << pcp->free_factor;
	if (nr < max_nr_free && pcp->free_factor < PCP_BATCH_SCALE_MAX)
		pcp->free_factor++;
	/* In this order: with high below two batches the upper bound wins. */
	if (nr < batch)
		nr = batch;
	return nr > max_nr_free ? max_nr_free : nr;
}

static int nr_pcp_high(const struct per_cpu_pages *pcp, const struct zone *zone, bool free_high)
{
	if (unlikely(!pcp->high || free_high))
		return 0;
	if (likely(!(zone->flags & ZONE_RECLAIM_ACTIVE)))
		return pcp->high;
	return pcp->batch << 2 < pcp->high ? pcp->batch << 2 : pcp->high;
}

static void free_unref_page_commit(struct machine *m, struct zone *zone, struct per_cpu_pages *pcp,
				   u32 pfn, unsigned int mt, unsigned int order)
{
	unsigned int pindex = order_to_pindex(mt, order);
	bool free_high;
	int high;

	list_add(m->lru, pfn, pcp_list(pcp, pindex));
	pcp_count_add(zone, pcp, 1 << order);

	/* Keep few larger blocks while somebody does nothing but free. */
	free_high = pcp->free_factor && order && order <= PAGE_ALLOC_COSTLY_ORDER;
	high = nr_pcp_high(pcp, zone, free_high);
	if (pcp->count >= high)
		free_pcppages_bulk(m, zone, nr_pcp_free(pcp, high, pcp->batch, free_high), pcp,
				   pindex);
}

static inline void free_unref_page(struct machine *m, u32 pfn, unsigned int order)
{
	struct zone *zone = page_zone(m, pfn);
	unsigned int mt = get_pageblock_migratetype(m, pfn);
	unsigned int pcpmigratetype = mt;

	free_pages_prepare(m, pfn, order);
	/* No lists for the other types: treated as movable, but they go back as what they are. */
	if (unlikely(mt >= MIGRATE_PCPTYPES)) {
		if (unlikely(is_migrate_isolate(mt))) {
			free_one_page(m, zone, pfn, order, mt, FPI_NONE);
			return;
		}
		pcpmigratetype = MIGRATE_MOVABLE;
	}
	set_pcppage_migratetype(m, pfn, mt);
	free_unref_page_commit(m, zone, &zone->pcp[m->cpu], pfn, pcpmigratetype, order);
}

void lx_free_pages(struct machine *m, u32 pfn, unsigned int order, unsigned int cpu)
{
	m->cpu = cpu;
	if (pcp_allowed_order(m, order) && !m->off.no_pcp)
		free_unref_page(m, pfn, order);
	else
		lx_free_pages_ok(m, pfn, order, FPI_NONE);
}

/* ---------------------------------------------------- out of one zone ----- */

static inline u32 rmqueue_buddy(struct machine *m, struct zone *zone, unsigned int order,
				unsigned int alloc_flags, unsigned int mt)
{
	u32 pfn = LX_NONE;

	if (unlikely(alloc_flags & ALLOC_HIGHATOMIC))
		pfn = __rmqueue_smallest(m, zone, order, MIGRATE_HIGHATOMIC);
	if (pfn == LX_NONE)
		pfn = __rmqueue(m, zone, order, mt, alloc_flags);
	/* To fail now is worse than a large atomic request that may fail later. */
	if (unlikely(pfn == LX_NONE) && (alloc_flags & (ALLOC_OOM | ALLOC_NON_BLOCK)))
		pfn = __rmqueue_smallest(m, zone, order, MIGRATE_HIGHATOMIC);
	if (unlikely(pfn == LX_NONE))
		return LX_NONE;
	__mod_zone_page_state(m, zone, -(1 << order));
	return pfn;
}

static inline u32 __rmqueue_pcplist(struct machine *m, struct zone *zone, unsigned int order,
				    unsigned int mt, unsigned int alloc_flags,
				    struct per_cpu_pages *pcp, u32 list)
{
	u32 pfn;

	if (unlikely(list_empty(m->lru, list))) {
		int batch = pcp->batch;

		/* 1 means that nothing should stay on the lists. */
		if (batch > 1)
			batch = batch >> order > 2 ? batch >> order : 2;
		pcp_count_add(zone, pcp,
			      rmqueue_bulk(m, zone, order, batch, list, mt, alloc_flags) << order);
		if (unlikely(list_empty(m->lru, list)))
			return LX_NONE;
	}
	pfn = m->lru[list].next;
	list_del(m->lru, pfn);
	clear_page_state(m, pfn);
	pcp_count_add(zone, pcp, -(1 << order));
	return pfn;
}

static inline u32 rmqueue_pcplist(struct machine *m, struct zone *zone, unsigned int order,
				  unsigned int mt, unsigned int alloc_flags)
{
	struct per_cpu_pages *pcp = &zone->pcp[m->cpu];

	pcp->free_factor >>= 1;
	return __rmqueue_pcplist(m, zone, order, mt, alloc_flags, pcp,
				 pcp_list(pcp, order_to_pindex(mt, order)));
}

static void wakeup_kswapd(struct machine *m, const struct zone *zone, u32 gfp, unsigned int order,
			  unsigned int highest_zoneidx);

static inline u32 rmqueue(struct machine *m, struct zone *zone, unsigned int order,
			  unsigned int alloc_flags, unsigned int mt)
{
	u32 pfn = LX_NONE;

	if (likely(pcp_allowed_order(m, order) && !m->off.no_pcp))
		pfn = rmqueue_pcplist(m, zone, order, mt, alloc_flags);
	if (pfn == LX_NONE)
		pfn = rmqueue_buddy(m, zone, order, alloc_flags, mt);

	if (unlikely(zone->flags & ZONE_BOOSTED_WATERMARK)) {
		zone->flags &= ~ZONE_BOOSTED_WATERMARK;
		wakeup_kswapd(m, zone, 0, 0, zone->zone_idx);
	}
	if (likely(pfn != LX_NONE))
		m->stat.pgalloc += 1u << order;
	return pfn;
}

/* ------------------------------------------------------------ watermarks -- */

static inline int64_t __zone_watermark_unusable_free(const struct zone *zone, unsigned int order,
						     unsigned int alloc_flags)
{
	int64_t unusable = (int64_t)(1u << order) - 1;

	if (likely(!(alloc_flags & ALLOC_RESERVES)))
		unusable += zone->nr_reserved_highatomic;
	return unusable;
}

bool lx___zone_watermark_ok(const struct machine *m, const struct zone *zone, unsigned int order,
			    u32 mark, unsigned int highest_zoneidx, unsigned int alloc_flags,
			    int64_t free_pages)
{
	int64_t min = mark;

	free_pages -= __zone_watermark_unusable_free(zone, order, alloc_flags);

	if (alloc_flags & ALLOC_MIN_RESERVE) {
		min -= min / 2;
		/* Only on top of the half; not waiting alone earns nothing. */
		if (alloc_flags & ALLOC_NON_BLOCK)
			min -= min / 4;
	}
	if (alloc_flags & ALLOC_OOM)
		min -= min / 2;

	if (free_pages <= min + zone->count.lowmem_reserve[highest_zoneidx])
		return false;
	if (!order)
		return true;

	/* Enough pages, but is there one block large enough? */
	for (unsigned int high = order; high <= m->max_order; high++) {
		if (!zone->count.nr_free[high])
			continue;
		for (unsigned int mt = 0; mt < MIGRATE_PCPTYPES; mt++)
			if (!free_area_empty(m, zone, high, mt))
				return true;
		if ((alloc_flags & (ALLOC_HIGHATOMIC | ALLOC_OOM)) &&
		    !free_area_empty(m, zone, high, MIGRATE_HIGHATOMIC))
			return true;
	}
	return false;
}

bool lx_zone_watermark_ok(const struct machine *m, const struct zone *zone, unsigned int order,
			  u32 mark, unsigned int highest_zoneidx, unsigned int alloc_flags)
{
	return lx___zone_watermark_ok(m, zone, order, mark, highest_zoneidx, alloc_flags,
				      zone_page_state_free(zone));
}

bool lx_zone_watermark_ok_safe(const struct machine *m, const struct zone *zone, unsigned int order,
			       u32 mark, unsigned int highest_zoneidx)
{
	u32 free_pages = zone_page_state_free(zone);

	/* So low that what the cpus hold back may decide. */
	if (zone->percpu_drift_mark && free_pages < zone->percpu_drift_mark)
		free_pages = lx_zone_page_state_snapshot(m, zone);
	return lx___zone_watermark_ok(m, zone, order, mark, highest_zoneidx, 0, free_pages);
}

static inline bool zone_watermark_fast(const struct machine *m, const struct zone *zone,
				       unsigned int order, u32 mark, unsigned int highest_zoneidx,
				       unsigned int alloc_flags, u32 gfp)
{
	int64_t free_pages = zone_page_state_free(zone);

	/* The common case; what the flags allow on top can only widen it. */
	if (!order && free_pages - __zone_watermark_unusable_free(zone, 0, alloc_flags) >
			      (int64_t)mark + zone->count.lowmem_reserve[highest_zoneidx])
		return true;

	if (lx___zone_watermark_ok(m, zone, order, mark, highest_zoneidx, alloc_flags, free_pages))
		return true;

	/* A boost is for kswapd to work on; those who can't wait are not to pay for it. */
	if (unlikely(!order && (gfp & PF_GFP_ATOMIC) && zone->watermark_boost &&
		     (alloc_flags & ALLOC_WMARK_MASK) == WMARK_MIN))
		return lx___zone_watermark_ok(m, zone, order, zone->_watermark[WMARK_MIN],
					      highest_zoneidx, alloc_flags, free_pages);
	return false;
}

/* ----------------------------------------------------------------- kswapd -- */

static bool pgdat_watermark_boosted(const struct machine *m, const pg_data_t *pgdat,
				    unsigned int highest_zoneidx)
{
	for (unsigned int i = 0; i <= highest_zoneidx; i++)
		if (pgdat->zone[i] != LX_NO_ZONE && m->zone[pgdat->zone[i]].watermark_boost)
			return true;
	return false;
}

static bool pgdat_balanced(const struct machine *m, const pg_data_t *pgdat, unsigned int order,
			   unsigned int highest_zoneidx)
{
	bool any = false;

	for (unsigned int i = 0; i <= highest_zoneidx; i++) {
		const struct zone *zone;

		if (pgdat->zone[i] == LX_NO_ZONE)
			continue;
		zone = &m->zone[pgdat->zone[i]];
		any = true;
		if (lx_zone_watermark_ok_safe(m, zone, order, wmark_pages(zone, WMARK_HIGH),
					      highest_zoneidx))
			return true;
	}
	return !any;
}

#define MAX_RECLAIM_RETRIES 16

/*
 * kswapd always sleeps here. As the tracepoint, the event names the highest zone
 * type that the request allows.
 */
static void wakeup_kswapd(struct machine *m, const struct zone *zone, u32 gfp, unsigned int order,
			  unsigned int highest_zoneidx)
{
	pg_data_t *pgdat = &m->node[zone->node];

	if (pgdat->kswapd_highest_zoneidx == MAX_NR_ZONES ||
	    pgdat->kswapd_highest_zoneidx < highest_zoneidx)
		pgdat->kswapd_highest_zoneidx = (u8)highest_zoneidx;
	if (pgdat->kswapd_order < order)
		pgdat->kswapd_order = (u8)order;

	if (!m->off.always_wake && (pgdat->kswapd_failures >= MAX_RECLAIM_RETRIES ||
				    (pgdat_balanced(m, pgdat, order, highest_zoneidx) &&
				     !pgdat_watermark_boosted(m, pgdat, highest_zoneidx)))) {
		/* Enough memory, but perhaps not in one piece. */
		if (!(gfp & PF_GFP_DIRECT_RECLAIM))
			lx_wakeup_kcompactd(m, zone->node, order, highest_zoneidx);
		return;
	}
	lx_event(m, PF_EV_WAKEUP_KSWAPD, zone->node, highest_zoneidx, order);
}

/* One wake-up a node, in the order of the zonelist. */
static void wake_all_kswapds(struct machine *m, unsigned int order, u32 gfp,
			     const struct alloc_context *ac)
{
	const struct zoneref *z;
	int last_node = -1;

	for_each_zone_zonelist(z, ac)
	{
		const struct zone *zone = &m->zone[z->zone];

		if (zone->node == last_node || !zone->managed_pages)
			continue;
		wakeup_kswapd(m, zone, gfp, order, ac->highest_zoneidx);
		last_node = zone->node;
	}
}

/* ------------------------------------------------------------- allocation -- */

/* What is left of it: a page knows whether it heads a compound one. */
static inline void prep_new_page(struct machine *m, u32 pfn, unsigned int order, u32 gfp)
{
	if (order && (gfp & PF_GFP_COMP))
		m->page_flags[pfn] |= PG_HEAD;
}

/*
 * ZONE_NORMAL can leave a fallback to DMA32 next to it; below that, and from
 * other zones, avoiding mixed pageblocks is not worth it.
 */
static inline unsigned int alloc_flags_nofragment(const struct machine *m,
						  const struct zoneref *preferred, u32 gfp)
{
	unsigned int alloc_flags = gfp & PF_GFP_KSWAPD_RECLAIM;
	const struct zone *zone;

	if (!preferred || preferred->zone_idx != PF_ZONE_NORMAL || m->off.no_nofragment)
		return alloc_flags;
	/* The kernel takes DMA32 for granted if there is only one node. */
	zone = &m->zone[preferred->zone];
	if (m->nr_online_nodes > 1 && m->node[zone->node].zone[PF_ZONE_DMA32] == LX_NO_ZONE)
		return alloc_flags;
	return alloc_flags | ALLOC_NOFRAGMENT;
}

u32 lx_get_page_from_freelist(struct machine *m, unsigned int order, u32 gfp,
			      unsigned int alloc_flags, const struct alloc_context *ac)
{
	const struct zoneref *z;
	bool no_fallback;

retry:
	no_fallback = alloc_flags & ALLOC_NOFRAGMENT;
	for_each_zone_zonelist(z, ac)
	{
		struct zone *zone = &m->zone[z->zone];
		u32 pfn;

		/* A mixed pageblock is better than a remote page. */
		if (no_fallback && m->nr_online_nodes > 1 &&
		    zone->node != m->zone[ac->preferred_zoneref->zone].node) {
			alloc_flags &= ~ALLOC_NOFRAGMENT;
			goto retry;
		}

		if (!zone_watermark_fast(m, zone, order,
					 wmark_pages(zone, alloc_flags & ALLOC_WMARK_MASK),
					 ac->highest_zoneidx, alloc_flags, gfp) &&
		    !(alloc_flags & ALLOC_NO_WATERMARKS))
			continue;
		pfn = rmqueue(m, zone, order, alloc_flags, ac->migratetype);
		if (likely(pfn != LX_NONE)) {
			prep_new_page(m, pfn, order, gfp);
			if (unlikely(alloc_flags & ALLOC_HIGHATOMIC))
				reserve_highatomic_pageblock(m, zone, pfn);
			return pfn;
		}
	}
	if (no_fallback) {
		alloc_flags &= ~ALLOC_NOFRAGMENT;
		goto retry;
	}
	return LX_NONE;
}

static unsigned int gfp_to_alloc_flags(const struct machine *m, u32 gfp, unsigned int order)
{
	unsigned int alloc_flags = ALLOC_WMARK_MIN;

	alloc_flags |= gfp & (PF_GFP_HIGH | PF_GFP_KSWAPD_RECLAIM);
	if (!(gfp & (PF_GFP_DIRECT_RECLAIM | PF_GFP_NOMEMALLOC))) {
		alloc_flags |= ALLOC_NON_BLOCK;
		if (order && (alloc_flags & ALLOC_MIN_RESERVE) && !m->off.no_highatomic)
			alloc_flags |= ALLOC_HIGHATOMIC;
	}
	return alloc_flags;
}

/* The task never has PF_MEMALLOC for this question; see README.md. */
static unsigned int __gfp_pfmemalloc_flags(u32 gfp)
{
	if (gfp & PF_GFP_NOMEMALLOC)
		return 0;
	return gfp & PF_GFP_MEMALLOC ? ALLOC_NO_WATERMARKS : 0;
}

static bool gfp_compaction_allowed(const struct machine *m, u32 gfp)
{
	return !m->off.no_compaction && (gfp & PF_GFP_IO);
}

static u32 __alloc_pages_direct_compact(struct machine *m, u32 gfp, unsigned int order,
					unsigned int alloc_flags, const struct alloc_context *ac,
					enum compact_priority prio,
					enum pf_compact_result *compact_result)
{
	u32 pfn = LX_NONE;

	m->pf_memalloc = true;
	*compact_result = lx_try_to_compact_pages(m, gfp, order, alloc_flags, ac, prio, &pfn);
	m->pf_memalloc = false;
	if (*compact_result == PF_COMPACT_SKIPPED)
		return LX_NONE;
	count_vm_events(m, PF_DUMP_COMPACT_STALL, 1);

	if (pfn != LX_NONE)
		prep_new_page(m, pfn, order, gfp);
	else
		pfn = lx_get_page_from_freelist(m, order, gfp, alloc_flags, ac);
	if (pfn != LX_NONE) {
		struct zone *zone = page_zone(m, pfn);

		zone->compact_blockskip_flush = false;
		lx_compaction_defer_reset(m, zone, (int)order, true);
		count_vm_events(m, PF_DUMP_COMPACT_SUCCESS, 1);
		return pfn;
	}
	count_vm_events(m, PF_DUMP_COMPACT_FAIL, 1);
	return LX_NONE;
}

static __attribute__((noinline)) u32
__alloc_pages_slowpath(struct machine *m, u32 gfp, unsigned int order, struct alloc_context *ac)
{
	unsigned int alloc_flags, reserve_flags;
	enum pf_compact_result compact_result;
	u32 pfn;

	/* A contradiction, about which the kernel complains. */
	if ((gfp & PF_GFP_ATOMIC) && (gfp & PF_GFP_DIRECT_RECLAIM))
		gfp &= ~PF_GFP_ATOMIC;
	alloc_flags = gfp_to_alloc_flags(m, gfp, order);
	if (!ac->preferred_zoneref)
		return LX_NONE;

	if (alloc_flags & ALLOC_KSWAPD)
		wake_all_kswapds(m, order, gfp, ac);

	pfn = lx_get_page_from_freelist(m, order, gfp, alloc_flags, ac);
	if (pfn != LX_NONE)
		return pfn;

	/*
	 * Before reclaim, as there is likely enough memory for this; but not for
	 * those who have not yet tried it without watermarks.
	 */
	if ((gfp & PF_GFP_DIRECT_RECLAIM) && gfp_compaction_allowed(m, gfp) &&
	    (order > PAGE_ALLOC_COSTLY_ORDER || (order && ac->migratetype != MIGRATE_MOVABLE)) &&
	    !__gfp_pfmemalloc_flags(gfp)) {
		pfn = __alloc_pages_direct_compact(m, gfp, order, alloc_flags, ac,
						   INIT_COMPACT_PRIORITY, &compact_result);
		if (pfn != LX_NONE)
			return pfn;
		/* No hope soon, or compacting one node was all that was wanted. */
		if (order > PAGE_ALLOC_COSTLY_ORDER && (gfp & PF_GFP_NORETRY) &&
		    (compact_result == PF_COMPACT_SKIPPED ||
		     compact_result == PF_COMPACT_DEFERRED || (gfp & PF_GFP_THISNODE)))
			return LX_NONE;
	}

	if (m->off.always_wake) {
		if (!__gfp_pfmemalloc_flags(gfp))
			return LX_NONE;
	} else if (alloc_flags & ALLOC_KSWAPD) {
		wake_all_kswapds(m, order, gfp, ac);
	}

	reserve_flags = __gfp_pfmemalloc_flags(gfp);
	if (reserve_flags)
		alloc_flags = reserve_flags | (alloc_flags & ALLOC_KSWAPD);
	/*
	 * After this comes reclaim, which a task with PF_MEMALLOC must not enter:
	 * for it the kernel gives up here, and so does this port.
	 */
	return lx_get_page_from_freelist(m, order, gfp, alloc_flags, ac);
}

static inline void prepare_alloc_pages(const struct machine *m, const struct pf_request *req,
				       struct alloc_context *ac)
{
	unsigned int which = req->gfp & PF_GFP_THISNODE ? ZONELIST_NOFALLBACK : ZONELIST_FALLBACK;

	ac->highest_zoneidx = req->zone;
	ac->zonelist = &m->node[req->node].node_zonelists[which];
	ac->migratetype = m->page_group_by_mobility_disabled ? MIGRATE_UNMOVABLE : req->mobility;
	ac->preferred_zoneref = next_zones_zonelist(ac->zonelist, ac->zonelist->ref, req->zone);
}

u32 lx_alloc_pages(struct machine *m, const struct pf_request *req)
{
	struct alloc_context ac;
	u32 pfn;

	if (unlikely(req->order > m->max_order))
		return LX_NONE;
	prepare_alloc_pages(m, req, &ac);

	pfn = lx_get_page_from_freelist(
		m, req->order, req->gfp,
		ALLOC_WMARK_LOW | alloc_flags_nofragment(m, ac.preferred_zoneref, req->gfp), &ac);
	if (unlikely(pfn == LX_NONE))
		pfn = __alloc_pages_slowpath(m, req->gfp, req->order, &ac);
	lx_event(m, PF_EV_PAGE_ALLOC, pfn == LX_NONE ? (int64_t)-1 : (int64_t)absolute_pfn(m, pfn),
		 req->order, req->gfp, ac.migratetype);
	return pfn;
}

/* The first allowed zone of the preferred node that can spare nr pages; NULL: none. */
static struct zone *zone_for_bulk(struct machine *m, const struct pf_request *req, unsigned int nr,
				  const struct alloc_context *ac)
{
	const struct zoneref *z;

	for_each_zone_zonelist(z, ac)
	{
		struct zone *zone = &m->zone[z->zone];

		if (zone->node != m->zone[ac->preferred_zoneref->zone].node)
			return NULL;
		/* The kernel passes the type of the preferred zone, not the highest allowed. */
		if (zone_watermark_fast(m, zone, 0, wmark_pages(zone, WMARK_LOW) + nr,
					ac->preferred_zoneref->zone_idx, ALLOC_WMARK_LOW, req->gfp))
			return zone;
	}
	return NULL;
}

unsigned int lx_alloc_pages_bulk(struct machine *m, const struct pf_request *req, unsigned int nr,
				 u32 *pfns)
{
	struct alloc_context ac;
	struct zone *zone = NULL;
	struct per_cpu_pages *pcp;
	unsigned int got = 0;
	u32 list;

	if (!nr)
		return 0;
	if (nr > 1 && !m->off.no_pcp) {
		prepare_alloc_pages(m, req, &ac);
		zone = zone_for_bulk(m, req, nr, &ac);
	}
	if (!zone)
		goto failed;

	pcp = &zone->pcp[m->cpu];
	list = pcp_list(pcp, order_to_pindex(ac.migratetype, 0));
	while (got < nr) {
		u32 pfn = __rmqueue_pcplist(m, zone, 0, ac.migratetype, ALLOC_WMARK_LOW, pcp, list);

		if (unlikely(pfn == LX_NONE))
			break;
		pfns[got++] = pfn;
	}
	m->stat.pgalloc += got;
	if (got)
		return got;
failed:
	pfns[0] = lx_alloc_pages(m, req);
	return pfns[0] != LX_NONE;
}

u32 lx_alloc_pages_exact(struct machine *m, const struct pf_request *req, unsigned int nr)
{
	u32 pfn = lx_alloc_pages(m, req);

	if (pfn == LX_NONE)
		return LX_NONE;
	/* The block is of single pages now. Those that nobody wants are not worth caching. */
	for (u32 i = nr; i < 1u << req->order; i++)
		lx_free_pages_ok(m, pfn + i, 0, FPI_TO_TAIL);
	return pfn;
}
