// SPDX-License-Identifier: GPL-2.0-only
/*
 * check.c - is the kernel's own state consistent, as far as no law can see from outside?
 * Between two operations nothing is on its way.
 */
#include "shim.h"
#include <linux/page-isolation.h>
#include <linux/vmstat.h>

static unsigned long isolated_blocks(const struct zone *zone)
{
	unsigned long pfn = pageblock_start_pfn(zone->zone_start_pfn), nr = 0;

	for (; pfn < zone_end_pfn(zone); pfn += pageblock_nr_pages)
		if (valid_section(__pfn_to_section(pfn)) && page_zone(pfn_to_page(pfn)) == zone)
			nr += is_migrate_isolate_page(pfn_to_page(pfn));
	return nr;
}

static long node_pages(pg_data_t *pgdat, enum node_stat_item item)
{
	long nr = atomic_long_read(&pgdat->vm_stat[item]);
	int cpu;

	for_each_possible_cpu(cpu)
		nr += per_cpu_ptr(pgdat->per_cpu_nodestats, cpu)->vm_node_stat_diff[item];
	return nr;
}

static const char *check_free(struct zone *zone)
{
	unsigned int order, t;
	struct page *page;

	for (order = 0; order <= SHIM_MAX_ORDER; order++) {
		struct free_area *area = &zone->free_area[order];
		unsigned long nr = 0;

		for (t = 0; t < MIGRATE_TYPES; t++)
			list_for_each_entry(page, &area->free_list[t], buddy_list) {
				if (!PageBuddy(page) || page_private(page) != order)
					return "a page on a free list has another order";
				if (page_count(page))
					return "a page on a free list has a reference";
				if (nr++ > shim_most_pages())
					return "a free list is a loop";
			}
		if (nr != area->nr_free)
			return "nr_free is not the length of the free lists";
	}
	return NULL;
}

static const char *check_cpus(struct zone *zone)
{
	unsigned int cpu, i;
	struct page *page;

	for (cpu = 0; cpu < shim_layout->nr_cpus; cpu++) {
		struct per_cpu_pages *pcp = per_cpu_ptr(zone->per_cpu_pageset, cpu);
		int nr = 0;

		for (i = 0; i < NR_PCP_LISTS; i++)
			list_for_each_entry(page, &pcp->lists[i], pcp_list) {
				nr += 1 << pf_pcp_order(shim_layout, i);
				if (nr > (int)shim_most_pages())
					return "a list of pcp is a loop";
			}
		if (nr != pcp->count)
			return "pcp->count is not what its lists hold";
	}
	return NULL;
}

const char *shim_self_check(void)
{
	const char *wrong;
	unsigned int z;
	int nid;

	for (z = 0; z < shim_layout->nr_zones; z++) {
		struct zone *zone = shim_zones[z];

		wrong = check_free(zone);
		if (!wrong)
			wrong = check_cpus(zone);
		if (wrong)
			return wrong;
		if (zone->nr_isolate_pageblock != isolated_blocks(zone))
			return "nr_isolate_pageblock is not the number of isolated pageblocks";
	}
	for_each_online_node(nid) if (node_pages(NODE_DATA(nid), NR_ISOLATED_ANON) ||
				      node_pages(NODE_DATA(nid),
						 NR_ISOLATED_FILE)) return "pages are counted as "
									   "isolated, and none is";
	return NULL;
}
