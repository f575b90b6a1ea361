// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_alloc.c - the buddy allocator itself: free lists, merging and splitting,
 * fallback between migrate types, watermarks, the walk over zones, and the
 * allocation path. Ports mm/page_alloc.c of 6.1; every function has the name
 * of the one that it follows.
 */
#include "internal.h"

struct alloc_context {
	const struct zonelist *zonelist;
	const struct zoneref *preferred_zoneref; /* NULL: no zone is allowed */
	unsigned int migratetype;
	unsigned int highest_zoneidx;
};

/* ------------------------------------------------------------ pageblocks -- */

void lx_set_pageblock_migratetype(struct machine *m, u32 pfn, unsigned int mt)
{
	if (unlikely(m->page_group_by_mobility_disabled && mt < MIGRATE_PCPTYPES))
		mt = MIGRATE_UNMOVABLE;
	m->pageblock_flags[pfn >> m->pageblock_order] = (u8)mt;
}

static void change_pageblock_range(struct machine *m, u32 pfn, unsigned int order, unsigned int mt)
{
	u32 nr = 1u << (order - m->pageblock_order);

	spent(m, nr);
	for (u32 i = 0; i < nr; i++)
		lx_set_pageblock_migratetype(m, pfn + (i << m->pageblock_order), mt);
}

/* ------------------------------------------------------------ free lists -- */

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

static inline void __free_one_page(struct machine *m, struct zone *zone, u32 pfn,
				   unsigned int order, unsigned int mt, fpi_t fpi_flags)
{
	u32 buddy_pfn = 0;
	bool to_tail;

	zone->count.free += 1u << order;

	while (order < m->max_order) {
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

void lx_free_pages_ok(struct machine *m, u32 pfn, unsigned int order, fpi_t fpi_flags)
{
	__free_one_page(m, page_zone(m, pfn), pfn, order, get_pageblock_migratetype(m, pfn),
			fpi_flags);
	m->stat.pgfree += 1u << order;
}

void lx_free_pages_core(struct machine *m, u32 pfn, unsigned int order)
{
	page_zone(m, pfn)->count.managed += 1u << order;
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
		struct zone *zone;

		if (!page_buddy(m, head) || buddy_order(m, head) != high)
			continue;
		zone = page_zone(m, head);
		del_page_from_free_list(m, zone, head, high);
		break_down_buddy_pages(m, zone, head, pfn, order, high,
				       get_pageblock_migratetype(m, head));
		zone->count.free -= 1u << order;
		m->stat.pgalloc += 1u << order;
		return true;
	}
	return false;
}

/* -------------------------------------------------------------- fallback -- */

static inline u32 __rmqueue_smallest(struct machine *m, struct zone *zone, unsigned int order,
				     unsigned int mt)
{
	for (unsigned int high = order; high <= m->max_order; high++) {
		u32 pfn = get_page_from_free_area(m, zone, high, mt);

		if (pfn == LX_NONE)
			continue;
		del_page_from_free_list(m, zone, pfn, high);
		expand(m, zone, pfn, order, high, mt);
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
			/* The kernel asks PageLRU() or __PageMovable(). */
			if (m->world->attrs(m->world, absolute_pfn(m, pfn)) & PF_PAGE_MOVABLE)
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
static u32 move_freepages_block(struct machine *m, struct zone *zone, u32 pfn, unsigned int mt,
				u32 *num_movable)
{
	u32 start = pfn & ~(pageblock_nr_pages(m) - 1);
	u32 end = start + pageblock_nr_pages(m);

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
 * Bring the free block at pfn to the lists of start_mt, and with it all that is
 * free in its pageblock if whole_block. The pageblock itself changes type when
 * half of it is free or of a compatible kind.
 */
static void steal_suitable_fallback(struct machine *m, struct zone *zone, u32 pfn,
				    unsigned int start_mt, bool whole_block)
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

	if (!whole_block)
		goto single_page;

	free_pages = move_freepages_block(m, zone, pfn, start_mt, &movable_pages);
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

/* The type whose list of this order can help out, -1 if none. */
static int find_suitable_fallback(const struct machine *m, const struct zone *zone,
				  unsigned int order, unsigned int mt, bool only_stealable,
				  bool *can_steal)
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

static void trace_mm_page_alloc_extfrag(struct machine *m, u32 pfn, unsigned int alloc_order,
					unsigned int fallback_order, unsigned int alloc_mt,
					unsigned int fallback_mt)
{
	struct pf_event ev = {
		.type = PF_EV_EXTFRAG,
		.nr_fields = 6,
		.field = {absolute_pfn(m, pfn), alloc_order, fallback_order, alloc_mt, fallback_mt,
			  alloc_mt == get_pageblock_migratetype(m, pfn)},
	};

	m->stat.extfrag++;
	m->world->event(m->world, &ev);
}

/*
 * Bring a block of another type, or many, to the lists of type mt. True: there
 * is a block of at least this order on them now.
 */
static bool __rmqueue_fallback(struct machine *m, struct zone *zone, unsigned int order,
			       unsigned int mt)
{
	unsigned int high = m->max_order + 1u;
	int fallback_mt = -1;
	bool can_steal;
	u32 pfn;

	/* The largest block: its pageblock is likely the one with most free pages. */
	while (high > order) {
		high--;
		fallback_mt = find_suitable_fallback(m, zone, high, mt, false, &can_steal);
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
			fallback_mt = find_suitable_fallback(m, zone, high, mt, false, &can_steal);
			if (fallback_mt >= 0)
				break;
		}
	}

	pfn = get_page_from_free_area(m, zone, high, (unsigned int)fallback_mt);
	steal_suitable_fallback(m, zone, pfn, mt, can_steal);
	trace_mm_page_alloc_extfrag(m, pfn, order, high, mt, (unsigned int)fallback_mt);
	return true;
}

static inline u32 __rmqueue(struct machine *m, struct zone *zone, unsigned int order,
			    unsigned int mt)
{
	u32 pfn = __rmqueue_smallest(m, zone, order, mt);

	while (unlikely(pfn == LX_NONE) && __rmqueue_fallback(m, zone, order, mt))
		pfn = __rmqueue_smallest(m, zone, order, mt);
	return pfn;
}

static inline u32 rmqueue_buddy(struct machine *m, struct zone *zone, unsigned int order,
				unsigned int mt)
{
	u32 pfn = __rmqueue(m, zone, order, mt);

	if (unlikely(pfn == LX_NONE))
		return LX_NONE;
	zone->count.free -= 1u << order;
	m->stat.pgalloc += 1u << order;
	return pfn;
}

static inline u32 rmqueue(struct machine *m, struct zone *zone, unsigned int order, unsigned int mt)
{
	return rmqueue_buddy(m, zone, order, mt);
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

static bool __zone_watermark_ok(const struct machine *m, const struct zone *zone,
				unsigned int order, u32 mark, unsigned int highest_zoneidx,
				unsigned int alloc_flags, int64_t free_pages)
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

	if (free_pages <= min + zone->lowmem_reserve[highest_zoneidx])
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

static inline bool zone_watermark_fast(const struct machine *m, const struct zone *zone,
				       unsigned int order, u32 mark, unsigned int highest_zoneidx,
				       unsigned int alloc_flags)
{
	int64_t free_pages = zone->count.free;

	/* The common case; what the flags allow on top can only widen it. */
	if (!order && free_pages - __zone_watermark_unusable_free(zone, 0, alloc_flags) >
			      (int64_t)mark + zone->lowmem_reserve[highest_zoneidx])
		return true;

	return __zone_watermark_ok(m, zone, order, mark, highest_zoneidx, alloc_flags, free_pages);
}

/* ------------------------------------------------------------- allocation -- */

/* First zone at or after z that the request may use; NULL at the end of the list. */
static inline const struct zoneref *next_zones_zonelist(const struct zonelist *list,
							const struct zoneref *z,
							unsigned int highest_zoneidx)
{
	const struct zoneref *end = list->ref + list->nr;

	while (z < end && z->zone_idx > highest_zoneidx)
		z++;
	return z < end ? z : NULL;
}

#define for_each_zone_zonelist(z, ac)        \
	for (z = (ac)->preferred_zoneref; z; \
	     z = next_zones_zonelist((ac)->zonelist, z + 1, (ac)->highest_zoneidx))

static u32 get_page_from_freelist(struct machine *m, unsigned int order, unsigned int alloc_flags,
				  const struct alloc_context *ac)
{
	const struct zoneref *z;

	for_each_zone_zonelist(z, ac)
	{
		struct zone *zone = &m->zone[z->zone];
		u32 mark = zone->_watermark[alloc_flags & ALLOC_WMARK_MASK] + zone->watermark_boost;
		u32 pfn;

		if (!zone_watermark_fast(m, zone, order, mark, ac->highest_zoneidx, alloc_flags) &&
		    !(alloc_flags & ALLOC_NO_WATERMARKS))
			continue;
		pfn = rmqueue(m, zone, order, ac->migratetype);
		if (likely(pfn != LX_NONE))
			return pfn;
	}
	return LX_NONE;
}

/* As the tracepoint, the event names the highest zone type that the request allows. */
static void wakeup_kswapd(struct machine *m, unsigned int node, unsigned int order,
			  unsigned int highest_zoneidx)
{
	struct pf_event ev = {
		.type = PF_EV_WAKEUP_KSWAPD,
		.nr_fields = 3,
		.field = {node, highest_zoneidx, order},
	};

	m->world->event(m->world, &ev);
}

/* One wake-up a node, in the order of the zonelist. */
static void wake_all_kswapds(struct machine *m, unsigned int order, const struct alloc_context *ac)
{
	const struct zoneref *z;
	int last_node = -1;

	for_each_zone_zonelist(z, ac)
	{
		int node = m->zone[z->zone].node;

		if (node == last_node)
			continue;
		wakeup_kswapd(m, (unsigned int)node, order, ac->highest_zoneidx);
		last_node = node;
	}
}

static unsigned int gfp_to_alloc_flags(u32 gfp)
{
	unsigned int alloc_flags = ALLOC_WMARK_MIN;

	alloc_flags |= gfp & (PF_GFP_HIGH | PF_GFP_KSWAPD_RECLAIM);
	if (!(gfp & (PF_GFP_DIRECT_RECLAIM | PF_GFP_NOMEMALLOC)))
		alloc_flags |= ALLOC_NON_BLOCK;
	return alloc_flags;
}

static unsigned int __gfp_pfmemalloc_flags(u32 gfp)
{
	if (gfp & PF_GFP_NOMEMALLOC)
		return 0;
	return gfp & PF_GFP_MEMALLOC ? ALLOC_NO_WATERMARKS : 0;
}

static __attribute__((noinline)) u32 __alloc_pages_slowpath(struct machine *m, u32 gfp,
							    unsigned int order,
							    const struct alloc_context *ac)
{
	unsigned int alloc_flags = gfp_to_alloc_flags(gfp);
	unsigned int reserve_flags;
	u32 pfn;

	if (!ac->preferred_zoneref)
		return LX_NONE;

	/*
	 * The kernel calls this again before its retry, where it reports nothing
	 * as kswapd is awake by then.
	 */
	if (alloc_flags & ALLOC_KSWAPD)
		wake_all_kswapds(m, order, ac);

	pfn = get_page_from_freelist(m, order, alloc_flags, ac);
	if (pfn != LX_NONE)
		return pfn;

	/* Without reserves the kernel's retry would ask the same question again. */
	reserve_flags = __gfp_pfmemalloc_flags(gfp);
	if (!reserve_flags)
		return LX_NONE;
	return get_page_from_freelist(m, order, reserve_flags | (alloc_flags & ALLOC_KSWAPD), ac);
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

	pfn = get_page_from_freelist(m, req->order,
				     ALLOC_WMARK_LOW | (req->gfp & PF_GFP_KSWAPD_RECLAIM), &ac);
	if (likely(pfn != LX_NONE))
		return pfn;
	return __alloc_pages_slowpath(m, req->gfp, req->order, &ac);
}
