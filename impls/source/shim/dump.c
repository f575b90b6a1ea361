// SPDX-License-Identifier: GPL-2.0-only
/* dump.c - the whole state as a struct pf_dump. */
#include "shim.h"
#include <linux/swap.h>
#include <linux/vmstat.h>

/* The kernel's types are fewer without CMA, and in another order. */
unsigned int shim_block_type(unsigned int migratetype)
{
	switch (migratetype) {
	case MIGRATE_HIGHATOMIC:
		return PF_HIGHATOMIC;
#ifdef CONFIG_CMA
	case MIGRATE_CMA:
		return PF_CMA;
#endif
	case MIGRATE_ISOLATE:
		return PF_ISOLATE;
	}
	return migratetype;
}

/* The other way round; -1: there are no pageblocks of that type. */
int shim_migratetype(unsigned int block_type)
{
	int t;

	for (t = 0; t < MIGRATE_TYPES; t++)
		if (shim_block_type(t) == block_type)
			return t;
	return -1;
}

static void dump_zone_fields(struct zone *zone, u32 *f)
{
	f[PF_DUMP_MANAGED] = zone_managed_pages(zone);
	f[PF_DUMP_PRESENT] = zone->present_pages;
	f[PF_DUMP_FREE] = atomic_long_read(&zone->vm_stat[NR_FREE_PAGES]);
	f[PF_DUMP_WMARK_MIN] = zone->_watermark[WMARK_MIN];
	f[PF_DUMP_WMARK_LOW] = zone->_watermark[WMARK_LOW];
	f[PF_DUMP_WMARK_HIGH] = zone->_watermark[WMARK_HIGH];
	f[PF_DUMP_BOOST] = zone->watermark_boost;
	f[PF_DUMP_RESERVE_DMA] = zone->lowmem_reserve[ZONE_DMA];
	f[PF_DUMP_RESERVE_DMA32] = zone->lowmem_reserve[ZONE_DMA32];
	f[PF_DUMP_RESERVE_NORMAL] = zone->lowmem_reserve[ZONE_NORMAL];
	f[PF_DUMP_RESERVE_MOVABLE] = zone->lowmem_reserve[ZONE_MOVABLE];
	f[PF_DUMP_BOOSTED] = test_bit(ZONE_BOOSTED_WATERMARK, &zone->flags);
	f[PF_DUMP_RECLAIM_ACTIVE] = test_bit(ZONE_RECLAIM_ACTIVE, &zone->flags);
	f[PF_DUMP_HIGHATOMIC] = zone->nr_reserved_highatomic;
	f[PF_DUMP_NR_ISOLATE] = zone->nr_isolate_pageblock;
	f[PF_DUMP_CONTIGUOUS] = zone->contiguous;
	f[PF_DUMP_CACHED_FREE] = zone->compact_cached_free_pfn;
	f[PF_DUMP_CACHED_MIGRATE_ASYNC] = zone->compact_cached_migrate_pfn[0];
	f[PF_DUMP_CACHED_MIGRATE_SYNC] = zone->compact_cached_migrate_pfn[1];
	f[PF_DUMP_INIT_FREE] = zone->compact_init_free_pfn;
	f[PF_DUMP_INIT_MIGRATE] = zone->compact_init_migrate_pfn;
	f[PF_DUMP_CONSIDERED] = zone->compact_considered;
	f[PF_DUMP_DEFER_SHIFT] = zone->compact_defer_shift;
	f[PF_DUMP_ORDER_FAILED] = zone->compact_order_failed;
	f[PF_DUMP_BLOCKSKIP_FLUSH] = zone->compact_blockskip_flush;
}

static void dump_cpu(struct zone *zone, unsigned int cpu, struct pf_dump *d, u32 *f,
		     struct pf_list *lists)
{
	struct per_cpu_pages *pcp = per_cpu_ptr(zone->per_cpu_pageset, cpu);
	struct per_cpu_zonestat *stat = per_cpu_ptr(zone->per_cpu_zonestats, cpu);
	struct page *page;
	unsigned int i;

	BUILD_BUG_ON(NR_PCP_LISTS != PF_NR_PCP_LISTS);
	f[PF_DUMP_COUNT] = pcp->count;
	f[PF_DUMP_HIGH] = pcp->high;
	f[PF_DUMP_BATCH] = pcp->batch;
	f[PF_DUMP_FREE_FACTOR] = SHIM_FREE_FACTOR(pcp);
	f[PF_DUMP_FREE_DIFF] = stat->vm_stat_diff[NR_FREE_PAGES];
	f[PF_DUMP_STAT_THRESHOLD] = stat->stat_threshold;
	for (i = 0; i < NR_PCP_LISTS; i++) {
		pf_dump_begin(d, &lists[i]);
		list_for_each_entry(page, &pcp->lists[i], pcp_list) {
			if (lists[i].nr > shim_most_pages())
				break;
			pf_dump_add(d, &lists[i], page_to_pfn(page));
		}
	}
}

static void dump_free(struct zone *zone, struct pf_dump *d, struct pf_zone_dump *zd)
{
	unsigned int order, t;
	struct page *page;

	for (order = 0; order < PF_NR_ORDERS; order++)
		for (t = 0; t < PF_NR_BLOCK_TYPES; t++)
			pf_dump_begin(d, &zd->free[order][t]);
	for (order = 0; order <= SHIM_MAX_ORDER; order++) {
		for (t = 0; t < MIGRATE_TYPES; t++) {
			struct pf_list *list = &zd->free[order][shim_block_type(t)];

			pf_dump_begin(d, list);
			list_for_each_entry(page, &zone->free_area[order].free_list[t], lru) {
				if (list->nr > shim_most_pages())
					break;
				pf_dump_add(d, list, page_to_pfn(page));
			}
		}
	}
}

/* As in a dump. Where a whole section has no memory, there is nothing to ask. */
unsigned int shim_block_word(unsigned long pfn)
{
	struct page *page = pfn_to_page(pfn);

	if (!valid_section(__pfn_to_section(pfn)))
		return PF_UNMOVABLE;
	return shim_block_type(get_pageblock_migratetype(page)) |
	       (get_pageblock_skip(page) ? PF_BLOCK_SKIP : 0);
}

static void dump_blocks(struct zone *zone, struct pf_dump *d, struct pf_list *list)
{
	unsigned long pfn = pageblock_start_pfn(zone->zone_start_pfn);

	pf_dump_begin(d, list);
	for (; pfn < zone_end_pfn(zone); pfn += pageblock_nr_pages)
		pf_dump_add(d, list, shim_block_word(pfn));
}

static const struct {
	unsigned int total, item;
} totals[] = {
	{PF_DUMP_COMPACT_MIGRATE_SCANNED, COMPACTMIGRATE_SCANNED},
	{PF_DUMP_COMPACT_FREE_SCANNED, COMPACTFREE_SCANNED},
	{PF_DUMP_COMPACT_ISOLATED, COMPACTISOLATED},
	{PF_DUMP_COMPACT_STALL, COMPACTSTALL},
	{PF_DUMP_COMPACT_FAIL, COMPACTFAIL},
	{PF_DUMP_COMPACT_SUCCESS, COMPACTSUCCESS},
	{PF_DUMP_KCOMPACTD_WAKE, KCOMPACTD_WAKE},
	{PF_DUMP_KCOMPACTD_MIGRATE_SCANNED, KCOMPACTD_MIGRATE_SCANNED},
	{PF_DUMP_KCOMPACTD_FREE_SCANNED, KCOMPACTD_FREE_SCANNED},
	{PF_DUMP_PGMIGRATE_SUCCESS, PGMIGRATE_SUCCESS},
	{PF_DUMP_PGMIGRATE_FAIL, PGMIGRATE_FAIL},
};

u64 shim_event_total(unsigned int item)
{
	u64 total = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		total += per_cpu(vm_event_states, cpu).event[item];
	return total;
}

static void dump_totals(u32 *total)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(totals); i++)
		total[totals[i].total] = shim_event_total(totals[i].item);
}

void shim_load_totals(const u32 *total)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(totals); i++)
		per_cpu(vm_event_states, 0).event[totals[i].item] = total[totals[i].total];
}

void shim_dump(void *state, struct pf_dump *d)
{
	const struct pf_layout *l = shim_layout;
	unsigned int z, cpu, i;

	d->nr_words = 0;
	d->nr_zones = l->nr_zones;
	d->nr_cpus = l->nr_cpus;
	d->nr_online_nodes = l->nr_nodes;
	dump_totals(d->total);
	for (cpu = 0; cpu < l->nr_cpus; cpu++) {
		struct folio **folios;
		unsigned int nr = shim_lru_add_batch(cpu, &folios);

		pf_dump_begin(d, &d->lru_add[cpu]);
		for (i = 0; i < nr; i++)
			pf_dump_add(d, &d->lru_add[cpu], folio_pfn(folios[i]));
	}
	for (z = 0; z < l->nr_zones; z++) {
		struct zone *zone = shim_zones[z];
		struct pf_zone_dump *zd = &d->zone[z];

		dump_zone_fields(zone, zd->field);
		dump_free(zone, d, zd);
		for (cpu = 0; cpu < l->nr_cpus; cpu++)
			dump_cpu(zone, cpu, d, zd->cpu[cpu], zd->pcp[cpu]);
		pf_dump_begin(d, &zd->others);
		dump_blocks(zone, d, &zd->blocks);
	}
}
