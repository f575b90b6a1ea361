// SPDX-License-Identifier: GPL-2.0-only
/*
 * load.c - a machine just started becomes that of a dump: the free lists, per-cpu lists,
 * pageblocks and counters of some other machine of the same layout. Pages that the dump
 * has on no list are somebody's for ever. It is believed in nothing that indexes, shifts
 * or divides.
 */
#include "shim.h"
#include <linux/vmstat.h>
#include <mm/internal.h>

static const struct pf_dump *dump;

/* ------------------------------------------------------------- plausible --- */

/* Of a mark, a reserve or a list, so that sums of them stay below 2^32. */
#define MAX_PAGES (1u << 29)
/* COMPACT_MAX_DEFER_SHIFT of mm/compaction.c. */
#define MAX_DEFER_SHIFT 6

static bool list_ok(const struct pf_list *list)
{
	return list->first <= dump->nr_words && list->nr <= dump->nr_words - list->first;
}

static bool zone_fields_ok(const struct zone *zone, const u32 *f)
{
	unsigned int i;

	for (i = PF_DUMP_WMARK_MIN; i <= PF_DUMP_RESERVE_MOVABLE; i++)
		if (f[i] > MAX_PAGES)
			return false;
	return f[PF_DUMP_WMARK_MIN] <= f[PF_DUMP_WMARK_LOW] &&
	       f[PF_DUMP_WMARK_LOW] <= f[PF_DUMP_WMARK_HIGH] &&
	       f[PF_DUMP_PRESENT] <= zone->spanned_pages &&
	       f[PF_DUMP_MANAGED] <= f[PF_DUMP_PRESENT] &&
	       f[PF_DUMP_HIGHATOMIC] <= zone->spanned_pages + pageblock_nr_pages &&
	       f[PF_DUMP_DEFER_SHIFT] <= MAX_DEFER_SHIFT &&
	       f[PF_DUMP_CONSIDERED] <= 1u << f[PF_DUMP_DEFER_SHIFT] &&
	       f[PF_DUMP_ORDER_FAILED] <= SHIM_MAX_ORDER + 1;
}

static bool cpu_fields_ok(const u32 *f)
{
	int diff = (int)f[PF_DUMP_FREE_DIFF];

	return f[PF_DUMP_HIGH] <= MAX_PAGES && f[PF_DUMP_BATCH] <= MAX_PAGES &&
	       SHIM_FREE_FACTOR_OK(f[PF_DUMP_BATCH], f[PF_DUMP_FREE_FACTOR]) &&
	       f[PF_DUMP_STAT_THRESHOLD] <= S8_MAX && diff >= S8_MIN && diff <= S8_MAX;
}

/* ------------------------------------------------------------------ pages --- */

/* All that was free at the start: now nobody knows whose it is. */
static void empty_lists(struct zone *zone)
{
	unsigned int order, t;
	unsigned long i;
	struct page *page, *next;

	for (order = 0; order <= SHIM_MAX_ORDER; order++) {
		struct free_area *area = &zone->free_area[order];

		for (t = 0; t < MIGRATE_TYPES; t++)
			list_for_each_entry_safe(page, next, &area->free_list[t], buddy_list)
			{
				list_del(&page->buddy_list);
				__ClearPageBuddy(page);
				set_page_private(page, 0);
				for (i = 0; i < 1ul << order; i++)
					set_page_count(page + i, 1);
			}
		area->nr_free = 0;
	}
}

/* A block of 2^order pages at that pfn, all of it in the zone and nobody's yet. */
static struct page *nobodys(struct zone *zone, unsigned long pfn, unsigned int order)
{
	unsigned long i;

	if (order > SHIM_MAX_ORDER || !IS_ALIGNED(pfn, 1ul << order) ||
	    !zone_spans_pfn(zone, pfn) || !zone_spans_pfn(zone, pfn + (1ul << order) - 1))
		return NULL;
	for (i = pfn; i < pfn + (1ul << order); i++) {
		struct page *page;

		if (!pfn_valid(i))
			return NULL;
		page = pfn_to_page(i);
		if (page_count(page) != 1 || PageReserved(page) || PageCompound(page) ||
		    page_zone(page) != zone)
			return NULL;
	}
	return pfn_to_page(pfn);
}

static void make_free(struct page *page, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < 1ul << order; i++)
		set_page_count(page + i, 0);
}

static bool load_free(struct zone *zone, unsigned int order, unsigned int type,
		      const struct pf_list *list)
{
	struct free_area *area = &zone->free_area[order];
	u32 i;

	if (!list->nr)
		return true;
	if (!list_ok(list) || order > SHIM_MAX_ORDER)
		return false;
	for (i = 0; i < list->nr; i++) {
		struct page *page = nobodys(zone, dump->word[list->first + i], order);

		if (!page)
			return false;
		make_free(page, order);
		set_page_private(page, order);
		__SetPageBuddy(page);
		list_add_tail(&page->buddy_list, &area->free_list[type]);
		area->nr_free++;
	}
	return true;
}

/*
 * The type that a cached block goes back to. The dump has only the list, so it is a
 * guess where one list serves several types.
 */
static unsigned int cached_type(struct page *page, unsigned int pindex)
{
	unsigned int block = get_pageblock_migratetype(page);

	if (pindex == NR_LOWORDER_PCP_LISTS)
		return block == MIGRATE_RECLAIMABLE ? block : MIGRATE_UNMOVABLE;
	if (pindex < NR_LOWORDER_PCP_LISTS && pindex % MIGRATE_PCPTYPES != MIGRATE_MOVABLE)
		return pindex % MIGRATE_PCPTYPES;
	return block == MIGRATE_HIGHATOMIC ? block : MIGRATE_MOVABLE;
}

static bool load_cpu(struct zone *zone, unsigned int cpu, const struct pf_zone_dump *zd)
{
	struct per_cpu_pages *pcp = per_cpu_ptr(zone->per_cpu_pageset, cpu);
	struct per_cpu_zonestat *stat = per_cpu_ptr(zone->per_cpu_zonestats, cpu);
	const u32 *f = zd->cpu[cpu];
	unsigned int i;
	u32 k;

	if (!cpu_fields_ok(f))
		return false;
	pcp->high = f[PF_DUMP_HIGH];
	pcp->batch = max(f[PF_DUMP_BATCH], 1u);
	SHIM_FREE_FACTOR(pcp) = f[PF_DUMP_FREE_FACTOR];
	stat->vm_stat_diff[NR_FREE_PAGES] = (int)f[PF_DUMP_FREE_DIFF];
	stat->stat_threshold = f[PF_DUMP_STAT_THRESHOLD];
	for (i = 0; i < NR_PCP_LISTS; i++) {
		unsigned int order = pf_pcp_order(shim_layout, i);
		const struct pf_list *list = &zd->pcp[cpu][i];

		if (!list_ok(list))
			return false;
		for (k = 0; k < list->nr; k++) {
			struct page *page = nobodys(zone, dump->word[list->first + k], order);

			if (!page)
				return false;
			make_free(page, order);
			page->index = cached_type(page, i);
			list_add_tail(&page->pcp_list, &pcp->lists[i]);
			pcp->count += 1 << order;
		}
	}
	return pcp->count == f[PF_DUMP_COUNT];
}

static bool is_hole(struct zone *zone, unsigned long pfn)
{
	return !pfn_valid(pfn) || PageReserved(pfn_to_page(pfn)) ||
	       page_zone(pfn_to_page(pfn)) != zone;
}

/* Compound blocks of others, and where there is no memory. */
static bool load_others(struct zone *zone, const struct pf_list *list)
{
	u32 i, k;

	if (!list_ok(list) || list->nr % 2)
		return false;
	for (i = 0; i < list->nr; i += 2) {
		unsigned long pfn = dump->word[list->first + i];
		u32 what = dump->word[list->first + i + 1], nr = what & ~PF_OTHERS_HOLE;
		struct page *page;

		if (!(what & PF_OTHERS_HOLE)) {
			page = nobodys(zone, pfn, what);
			if (!page)
				return false;
			if (what)
				prep_compound_page(page, what);
			continue;
		}
		if (!zone_spans_pfn(zone, pfn) || nr > zone_end_pfn(zone) - pfn)
			return false;
		for (k = 0; k < nr; k++) {
			if (is_hole(zone, pfn + k))
				continue;
			if (!nobodys(zone, pfn + k, 0))
				return false;
			__SetPageReserved(pfn_to_page(pfn + k));
		}
	}
	return true;
}

/* ------------------------------------------------------------------ zones --- */

static bool load_blocks(struct zone *zone, const struct pf_list *list)
{
	unsigned long pfn = pageblock_start_pfn(zone->zone_start_pfn);
	u32 i;

	if (!list_ok(list) ||
	    list->nr != DIV_ROUND_UP(zone_end_pfn(zone) - pfn, pageblock_nr_pages))
		return false;
	for (i = 0; i < list->nr; i++, pfn += pageblock_nr_pages) {
		u32 word = dump->word[list->first + i];
		int type = shim_migratetype(word & PF_BLOCK_TYPE);
		struct page *page = pfn_to_page(pfn);

		if (type < 0)
			return false;
		if (!valid_section(__pfn_to_section(pfn)))
			continue;
		set_pfnblock_flags_mask(page, type, pfn, MIGRATETYPE_MASK);
		if (word & PF_BLOCK_SKIP)
			set_pageblock_skip(page);
		else
			clear_pageblock_skip(page);
	}
	return true;
}

static void put_bit(unsigned int bit, unsigned long *flags, bool value)
{
	if (value)
		set_bit(bit, flags);
	else
		clear_bit(bit, flags);
}

static void load_zone_fields(struct zone *zone, const u32 *f)
{
	unsigned int i;

	atomic_long_set(&zone->managed_pages, f[PF_DUMP_MANAGED]);
	zone->zone_pgdat->node_present_pages += f[PF_DUMP_PRESENT] - zone->present_pages;
	zone->present_pages = f[PF_DUMP_PRESENT];
	atomic_long_add((s32)f[PF_DUMP_FREE] - atomic_long_read(&zone->vm_stat[NR_FREE_PAGES]),
			&vm_zone_stat[NR_FREE_PAGES]);
	atomic_long_set(&zone->vm_stat[NR_FREE_PAGES], (s32)f[PF_DUMP_FREE]);
	zone->_watermark[WMARK_MIN] = f[PF_DUMP_WMARK_MIN];
	zone->_watermark[WMARK_LOW] = f[PF_DUMP_WMARK_LOW];
	zone->_watermark[WMARK_HIGH] = f[PF_DUMP_WMARK_HIGH];
	zone->watermark_boost = f[PF_DUMP_BOOST];
	for (i = 0; i < MAX_NR_ZONES; i++)
		zone->lowmem_reserve[i] = f[PF_DUMP_RESERVE_DMA + i];
	put_bit(ZONE_BOOSTED_WATERMARK, &zone->flags, f[PF_DUMP_BOOSTED]);
	put_bit(ZONE_RECLAIM_ACTIVE, &zone->flags, f[PF_DUMP_RECLAIM_ACTIVE]);
	SHIM_HIGHATOMIC(zone) = f[PF_DUMP_HIGHATOMIC];
	zone->nr_isolate_pageblock = f[PF_DUMP_NR_ISOLATE];
	zone->contiguous = f[PF_DUMP_CONTIGUOUS];
	zone->compact_cached_free_pfn = f[PF_DUMP_CACHED_FREE];
	zone->compact_cached_migrate_pfn[0] = f[PF_DUMP_CACHED_MIGRATE_ASYNC];
	zone->compact_cached_migrate_pfn[1] = f[PF_DUMP_CACHED_MIGRATE_SYNC];
	zone->compact_init_free_pfn = f[PF_DUMP_INIT_FREE];
	zone->compact_init_migrate_pfn = f[PF_DUMP_INIT_MIGRATE];
	zone->compact_considered = f[PF_DUMP_CONSIDERED];
	zone->compact_defer_shift = f[PF_DUMP_DEFER_SHIFT];
	zone->compact_order_failed = f[PF_DUMP_ORDER_FAILED];
	zone->compact_blockskip_flush = f[PF_DUMP_BLOCKSKIP_FLUSH];
}

static bool load_zone(struct zone *zone, const struct pf_zone_dump *zd)
{
	unsigned long drift = 0;
	unsigned int order, t, cpu;

	if (!zone_fields_ok(zone, zd->field))
		return false;
	empty_lists(zone);
	load_zone_fields(zone, zd->field);
	/* What else there is of per-cpu lists follows from the zone. */
	shim_zone_pcp_update(zone, 0);
	if (!load_blocks(zone, &zd->blocks))
		return false;
	for (order = 0; order < PF_NR_ORDERS; order++)
		for (t = 0; t < PF_NR_BLOCK_TYPES; t++) {
			const struct pf_list *list = &zd->free[order][t];
			int type = shim_migratetype(t);

			if (type < 0 ? list->nr : !load_free(zone, order, type, list))
				return false;
		}
	for (cpu = 0; cpu < shim_layout->nr_cpus; cpu++) {
		if (!load_cpu(zone, cpu, zd))
			return false;
		drift += zd->cpu[cpu][PF_DUMP_STAT_THRESHOLD];
	}
	/* Not in the dump, but it follows from what is: refresh_zone_stat_thresholds(). */
	zone->percpu_drift_mark = 0;
	if (drift > low_wmark_pages(zone) - min_wmark_pages(zone))
		zone->percpu_drift_mark = high_wmark_pages(zone) + drift;
	return load_others(zone, &zd->others);
}

bool shim_load(const struct pf_dump *d)
{
	unsigned int i;

	dump = d;
	if (d->lists_absent || d->nr_words > d->room || d->nr_zones != shim_layout->nr_zones ||
	    d->nr_cpus != shim_layout->nr_cpus || d->nr_online_nodes > MAX_NUMNODES)
		return false;
	for (i = 0; i < d->nr_zones; i++)
		if (!load_zone(shim_zones[i], &d->zone[i]))
			return false;
	/* There may be nodes that the layout does not show. */
	nr_online_nodes = max_t(unsigned int, nr_online_nodes, d->nr_online_nodes);
	page_group_by_mobility_disabled = 0;
	return true;
}
