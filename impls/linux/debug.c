// SPDX-License-Identifier: GPL-2.0-only
/*
 * debug.c - the audit of the state: do lists, flags and counters agree? Not a
 * port: the kernel has such checks as VM_BUG_ON all over the place.
 */
#include "debug.h"
#include "swap.h"

struct tally {
	u32 nr_free[PF_NR_ORDERS];
	u64 pages;
	u64 isolated; /* of these, on the lists of type ISOLATE */
	u64 cached;   /* pages on per-cpu lists; for pages: blocks */
	u32 inactive_file, off_lru;
};

/* One list: every link, and the flags of every block on it. */
static const char *check_list(struct machine *m, const struct zone *zone, unsigned int order,
			      unsigned int mt, struct tally *tally)
{
	u32 head = free_list(zone, order, mt);
	u32 prev = head;
	u32 pfn = m->lru[head].next;

	for (; pfn != head; prev = pfn, pfn = m->lru[pfn].next) {
		if (pfn >= m->nr_pages)
			return "free list leads to something that is not a page";
		if (m->lru[pfn].prev != prev)
			return "free list: prev of next is not me";
		/* Also what ends the walk on a list that is a loop. */
		if (tally->nr_free[order]++ >= zone->count.nr_free[order])
			return "more blocks on the free lists than nr_free says";
		if (page_zone(m, pfn) != zone)
			return "block on the free list of another zone";
		if (!page_buddy(m, pfn))
			return "page on a free list without Buddy";
		if (buddy_order(m, pfn) != order)
			return "block on the free list of another order";
		if (is_migrate_isolate(mt))
			tally->isolated += 1u << order;
	}
	if (m->lru[head].prev != prev)
		return "free list: tail of head is not the last block";
	return NULL;
}

/* The lists of one cpu. */
static const char *check_pcp(struct machine *m, const struct zone *zone,
			     const struct per_cpu_pages *pcp, struct tally *tally)
{
	int count = 0;

	for (unsigned int i = 0; i < NR_PCP_LISTS; i++) {
		u32 head = pcp->list_base + i;
		unsigned int order = pindex_to_order(m, i);
		u32 prev = head;
		u32 pfn = m->lru[head].next;

		for (; pfn != head; prev = pfn, pfn = m->lru[pfn].next) {
			if (pfn >= m->nr_pages)
				return "per-cpu list leads to something that is not a page";
			if (m->lru[pfn].prev != prev)
				return "per-cpu list: prev of next is not me";
			if (page_zone(m, pfn) != zone)
				return "block on a per-cpu list of another zone";
			if (!page_pcp(m, pfn))
				return "page on a per-cpu list that does not know it";
			if (get_pcppage_migratetype(m, pfn) >= MIGRATE_TYPES)
				return "cached block of no known type";
			if (pfn & ((1u << order) - 1))
				return "cached block is not aligned";
			count += 1 << order;
			tally->cached++;
			/* Also what ends the walk on a list that is a loop. */
			if (count > pcp->count)
				return "more pages on the per-cpu lists than count says";
		}
		if (m->lru[head].prev != prev)
			return "per-cpu list: tail of head is not the last block";
	}
	return count == pcp->count ? NULL : "fewer pages on the per-cpu lists than count says";
}

/* The counters that are kept twice. */
static const char *check_counters(const struct machine *m, const struct zone *zone)
{
	int64_t free = zone->vm_stat_free, cached = 0;

	for (unsigned int cpu = 0; cpu < m->nr_cpus; cpu++) {
		free += zone->pcp[cpu].free_diff;
		cached += zone->pcp[cpu].count;
	}
	if (free != (int64_t)zone->count.free)
		return "NR_FREE_PAGES and its differences are not what is free";
	if (cached != (int64_t)zone->count.cached)
		return "cached pages are not what the cpus have";
	if ((u64)zone->count.free + zone->count.cached + zone->count.isolated > zone->count.managed)
		return "more free pages than managed ones";
	return NULL;
}

/*
 * May these two free buddies stay apart? Only if a type without fallbacks is
 * involved, or was: blocks do not merge when their pageblocks change type.
 */
static bool may_stay_apart(const struct machine *m, u32 pfn, u32 buddy, unsigned int order)
{
	unsigned int a, b;

	if (!m->off.no_highatomic)
		return order >= m->pageblock_order;
	a = get_pageblock_migratetype(m, pfn);
	b = get_pageblock_migratetype(m, buddy);

	return order >= m->pageblock_order && a != b &&
	       !(migratetype_is_mergeable(a) && migratetype_is_mergeable(b));
}

/* Every page of the zone: where are blocks, and do they overlap? */
static const char *check_pages(struct machine *m, const struct zone *zone, struct tally *tally)
{
	u32 pfn = zone->zone_start_pfn;

	while (pfn < zone->zone_end_pfn) {
		unsigned int order;
		u32 size;

		/* The memmap of a hole says what follows it. */
		if (page_zone(m, pfn) != zone && !lx_in_hole(m, pfn))
			return "page says it is in another zone";
		if (page_pcp(m, pfn))
			tally->cached++;
		if (page_in_cache(m, pfn)) {
			tally->inactive_file += page_lru(m, pfn) && !page_unevictable(m, pfn);
			tally->off_lru += !page_lru(m, pfn);
		}
		if (!page_buddy(m, pfn)) {
			pfn++;
			continue;
		}
		order = buddy_order(m, pfn);
		size = 1u << (order & 31u);
		if (order > m->max_order)
			return "order of a free block above the largest";
		if (pfn & (size - 1))
			return "free block is not aligned";
		if (size > zone->zone_end_pfn - pfn)
			return "free block reaches beyond its zone";
		if (order < m->max_order && page_is_buddy(m, pfn, pfn ^ size, order) &&
		    !may_stay_apart(m, pfn, pfn ^ size, order))
			return "two free buddies that should have merged";
		for (u32 i = 1; i < size; i++)
			if (m->page_flags[pfn + i] & PG_STATE_MASK)
				return "free or cached block inside a free block";
		tally->nr_free[order]++;
		tally->pages += size;
		pfn += size;
	}
	return NULL;
}

/* Between calls nothing is isolated: a cached page is on its list or in a batch. */
static const char *check_batches(struct machine *m, const struct zone *zone,
				 const struct tally *in_pages)
{
	u32 in_batches = 0;

	for (unsigned int cpu = 0; cpu < m->nr_cpus; cpu++)
		for (u32 i = 0; i < m->lru_add[cpu].nr; i++) {
			u32 pfn = m->lru_add[cpu].pages[i];

			if (pfn >= m->nr_pages || !page_in_cache(m, pfn) || page_lru(m, pfn))
				return "page in an LRU batch that is not of the cache, or on a "
				       "list";
			in_batches += page_zone(m, pfn) == zone;
		}
	if (in_batches != in_pages->off_lru)
		return "page of the cache is on no LRU list and in no batch";
	if (in_pages->inactive_file != zone->nr_zone_inactive_file)
		return "inactive file pages are not what is counted";
	return NULL;
}

static const char *check_node(const struct machine *m, const pg_data_t *pgdat)
{
	u32 inactive_file = 0;

	for (unsigned int type = 0; type < MAX_NR_ZONES; type++)
		if (pgdat->zone[type] != LX_NO_ZONE)
			inactive_file += m->zone[pgdat->zone[type]].nr_zone_inactive_file;
	if (inactive_file != pgdat->nr_inactive_file)
		return "inactive file pages of a node are not those of its zones";
	return pgdat->nr_isolated_file ? "pages stayed isolated" : NULL;
}

static const char *check_zone(struct machine *m, const struct zone *zone)
{
	struct tally on_lists = {0}, in_pages = {0};
	const char *err;

	for (unsigned int order = 0; order <= m->max_order; order++) {
		for (unsigned int mt = 0; mt < MIGRATE_TYPES; mt++) {
			err = check_list(m, zone, order, mt, &on_lists);
			if (err)
				return err;
		}
		if (on_lists.nr_free[order] != zone->count.nr_free[order])
			return "fewer blocks on the free lists than nr_free says";
	}
	err = check_pages(m, zone, &in_pages);
	if (err)
		return err;
	for (unsigned int order = 0; order <= m->max_order; order++)
		if (in_pages.nr_free[order] != on_lists.nr_free[order])
			return "page has Buddy but is on no free list";
	for (unsigned int cpu = 0; cpu < m->nr_cpus; cpu++) {
		err = check_pcp(m, zone, &zone->pcp[cpu], &on_lists);
		if (err)
			return err;
	}
	if (in_pages.cached != on_lists.cached)
		return "page says that it is cached but is on no per-cpu list";
	if (on_lists.isolated != zone->count.isolated)
		return "isolated free pages are not what their lists hold";
	if (in_pages.pages - on_lists.isolated != zone->count.free)
		return "NR_FREE_PAGES is not what the free lists hold";
	err = check_batches(m, zone, &in_pages);
	return err ? err : check_counters(m, zone);
}

const char *lx_self_check(struct machine *m)
{
	for (u32 i = 0; i < m->nr_pageblocks; i++)
		if ((m->pageblock_flags[i] & PB_TYPE_MASK) >= MIGRATE_TYPES)
			return "pageblock of no known type";
	for (unsigned int i = 0; i < m->nr_zones; i++) {
		const char *err = check_zone(m, &m->zone[i]);

		if (err)
			return err;
	}
	for (unsigned int i = 0; i < m->nr_nodes; i++) {
		const char *err = check_node(m, &m->node[i]);

		if (err)
			return err;
	}
	return NULL;
}
