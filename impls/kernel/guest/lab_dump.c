// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab_dump.c - what the kernel has in its zones: HELLO, whole dumps, and STATE, the few
 * numbers and totals of events that are cheap enough to be asked for all the time.
 */
#include "internal.h"

#include <linux/pageblock-flags.h>
#include <linux/utsname.h>
#include <linux/vmstat.h>

static struct per_cpu_pages *pcp_of(const struct zone *zone)
{
	return per_cpu_ptr(zone->per_cpu_pageset, 0);
}

static struct per_cpu_zonestat *stat_of(const struct zone *zone)
{
	return per_cpu_ptr(zone->per_cpu_zonestats, 0);
}

static u32 lru_pages(struct zone *zone)
{
	u32 nr = 0;
	int i;

	for (i = NR_ZONE_LRU_BASE; i <= NR_ZONE_UNEVICTABLE; i++)
		nr += zone_page_state(zone, i);
	return nr;
}

u32 do_hello(const struct lab_request *r)
{
	struct zone *zone = r->arg < nr_zones ? zones[r->arg] : NULL;
	struct lab_hello hello = {
		.version_code = LINUX_VERSION_CODE,
		.symbols = symbols,
		.node = node,
		.nr_zones = nr_zones,
		.block_order = pageblock_order,
		.max_order = LAB_MAX_ORDER,
		.nr_pcp_lists = NR_PCP_LISTS,
	};
	int i;

	if (!zone)
		return LAB_INVALID;
	hello.lru_pages = lru_pages(zone);
	hello.start_pfn = zone->zone_start_pfn;
	hello.end_pfn = zone_end_pfn(zone);
	hello.present = zone->present_pages;
	hello.managed = zone_managed_pages(zone);
	for (i = 0; i < 3; i++)
		hello.watermark[i] = zone->_watermark[i];
	hello.pcp_high = pcp_of(zone)->high;
	hello.pcp_batch = pcp_of(zone)->batch;
	hello.stat_threshold = stat_of(zone)->stat_threshold;
	strscpy(hello.release, init_utsname()->release, sizeof(hello.release));
	strscpy(hello.zone, zone->name, sizeof(hello.zone));
	put_record(LAB_REC_HELLO, &hello, sizeof(hello));
	return 0;
}

static u32 free_exact(const struct zone *zone)
{
	return atomic_long_read(&zone->vm_stat[NR_FREE_PAGES]) +
	       stat_of(zone)->vm_stat_diff[NR_FREE_PAGES];
}

static void fill_dump_head(struct lab_dump_head *h, struct zone *zone)
{
	const struct per_cpu_pages *pcp = pcp_of(zone);
	int i, order;

	h->start_pfn = zone->zone_start_pfn;
	h->spanned = zone->spanned_pages;
	h->present = zone->present_pages;
	h->managed = zone_managed_pages(zone);
	h->block_order = pageblock_order;
	h->max_order = LAB_MAX_ORDER;
	h->nr_types = LAB_NR_TYPES;
	h->nr_pcp_lists = NR_PCP_LISTS;
	h->free_global = atomic_long_read(&zone->vm_stat[NR_FREE_PAGES]);
	h->free_exact = free_exact(zone);
	for (i = 0; i < 3; i++)
		h->watermark[i] = zone->_watermark[i];
	h->watermark_boost = zone->watermark_boost;
	h->lowmem_reserve[0] = zone->lowmem_reserve[ZONE_DMA];
	h->lowmem_reserve[1] = zone->lowmem_reserve[ZONE_DMA32];
	h->lowmem_reserve[2] = zone->lowmem_reserve[ZONE_NORMAL];
	h->lowmem_reserve[3] = zone->lowmem_reserve[ZONE_MOVABLE];
	h->boosted = test_bit(ZONE_BOOSTED_WATERMARK, &zone->flags);
	h->reclaim_active = test_bit(ZONE_RECLAIM_ACTIVE, &zone->flags);
	h->nr_reserved_highatomic = zone->nr_reserved_highatomic;
	h->nr_isolate_pageblock = zone->nr_isolate_pageblock;
	h->contiguous = zone->contiguous;
	h->compact_cached_free_pfn = zone->compact_cached_free_pfn;
	h->compact_cached_migrate_pfn[0] = zone->compact_cached_migrate_pfn[0];
	h->compact_cached_migrate_pfn[1] = zone->compact_cached_migrate_pfn[1];
	h->compact_init_free_pfn = zone->compact_init_free_pfn;
	h->compact_init_migrate_pfn = zone->compact_init_migrate_pfn;
	h->compact_considered = zone->compact_considered;
	h->compact_defer_shift = zone->compact_defer_shift;
	h->compact_order_failed = zone->compact_order_failed;
	h->compact_blockskip_flush = zone->compact_blockskip_flush;
	h->pcp_count = pcp->count;
	h->pcp_high = pcp->high;
	h->pcp_batch = pcp->batch;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	h->pcp_free_factor = pcp->free_factor;
#else
	h->pcp_free_factor = pcp->free_count;
#endif
	h->pcp_expire = pcp->expire;
	h->stat_threshold = stat_of(zone)->stat_threshold;
	h->stray_moves = stray_moves;
	h->refusals_left = refusals_left();
	for (order = 0; order <= LAB_MAX_ORDER; order++)
		h->nr_free[order] = zone->free_area[order].nr_free;
}

/* The kernel's number of a type has holes where it was built without one. */
static int kernel_type(int type)
{
	switch (type) {
	case 3:
		return MIGRATE_HIGHATOMIC;
	case 4:
#ifdef CONFIG_CMA
		return MIGRATE_CMA;
#else
		return -1;
#endif
	case 5:
#ifdef CONFIG_MEMORY_ISOLATION
		return MIGRATE_ISOLATE;
#else
		return -1;
#endif
	}
	return type;
}

static u32 lab_type(u32 kernel)
{
	u32 type;

	for (type = 0; type < LAB_NR_TYPES; type++)
		if (kernel_type(type) == (int)kernel)
			return type;
	return 7;
}

/* The count is known behind the list only, and goes in front of it. */
#define put_list(head, member)                            \
	do {                                              \
		u32 count_at = reply_words;               \
		struct page *page;                        \
                                                          \
		put_word(0);                              \
		list_for_each_entry(page, head, member) { \
			put_word(page_to_pfn(page));      \
			if (overflow)                     \
				break;                    \
			reply[count_at]++;                \
		}                                         \
	} while (0)

static void put_pageblocks(const struct zone *zone)
{
	unsigned long pfn, first = ALIGN_DOWN(zone->zone_start_pfn, pageblock_nr_pages);
	const unsigned long type = 0x7, skip = 0x8;

	put_word((zone_end_pfn(zone) - first + pageblock_nr_pages - 1) / pageblock_nr_pages);
	for (pfn = first; pfn < zone_end_pfn(zone); pfn += pageblock_nr_pages) {
		unsigned long bits;

		if (!pfn_valid(pfn)) {
			put_word(LAB_BLOCK_HOLE);
			continue;
		}
		bits = p_get_pfnblock_flags_mask(pfn_to_page(pfn), pfn, type | skip);
		put_word(lab_type(bits & type) | (bits & skip));
	}
}

static bool in_zone(unsigned long pfn, const struct zone *zone)
{
	return pfn_valid(pfn) && page_zone(pfn_to_page(pfn)) == zone;
}

/* Holes and compound blocks, as long as the lab has no pages of its own. */
static void put_others(const struct zone *zone)
{
	unsigned long pfn = zone->zone_start_pfn, end = zone_end_pfn(zone), from;
	u32 count_at = reply_words;

	put_word(0);
	while (pfn < end && !overflow) {
		for (from = pfn; pfn < end && !in_zone(pfn, zone);)
			pfn++;
		if (pfn != from) {
			put_word(from);
			put_word(LAB_OTHERS_HOLE | (pfn - from));
			reply[count_at] += 2;
		} else if (PageHead(pfn_to_page(pfn))) {
			put_word(pfn);
			put_word(compound_order(pfn_to_page(pfn)));
			reply[count_at] += 2;
			pfn += 1ul << compound_order(pfn_to_page(pfn));
		} else {
			pfn++;
		}
	}
}

/* Those of the lab among the pages that the cpu has not yet added to an LRU list. */
static void put_lru_add(void)
{
	const struct folio_batch *batch;
	u32 i, count_at = reply_words;

	put_word(0);
	if (!p_cpu_fbatches)
		return;
	batch = &per_cpu_ptr(p_cpu_fbatches, 0)->lru_add;
	for (i = 0; i < batch->nr; i++) {
		if (folio_nid(batch->folios[i]) != node)
			continue;
		put_word(folio_pfn(batch->folios[i]));
		if (!overflow)
			reply[count_at]++;
	}
}

u32 do_dump(const struct lab_request *r)
{
	static struct lab_dump_head head;
	struct zone *zone = r->arg < nr_zones ? zones[r->arg] : NULL;
	u32 start = reply_words, after_record_head;
	unsigned long flags;
	int i, order, type;

	if (!zone)
		return LAB_INVALID;
	put_head(LAB_REC_DUMP, 0);
	after_record_head = reply_words;
	spin_lock_irqsave(&zone->lock, flags);
	fill_dump_head(&head, zone);
	put_words(&head, sizeof(head));
	for (i = 0; i < NR_PCP_LISTS; i++)
		put_list(&pcp_of(zone)->lists[i], pcp_list);
	put_pageblocks(zone);
	for (order = 0; order <= LAB_MAX_ORDER; order++)
		for (type = 0; type < LAB_NR_TYPES; type++)
			if (kernel_type(type) >= 0)
				put_list(&zone->free_area[order].free_list[kernel_type(type)],
					 buddy_list);
			else
				put_word(0);
	spin_unlock_irqrestore(&zone->lock, flags);
	if (r->flags)
		put_others(zone);
	else
		put_word(0);
	if (!r->arg)
		put_lru_add();
	else
		put_word(0);
	if (!overflow)
		((struct lab_record_head *)&reply[start])->nr_words =
			reply_words - after_record_head;
	return 0;
}

static const enum vm_event_item events[] = {
	COMPACTMIGRATE_SCANNED,
	COMPACTFREE_SCANNED,
	COMPACTISOLATED,
	COMPACTSTALL,
	COMPACTFAIL,
	COMPACTSUCCESS,
	KCOMPACTD_WAKE,
	KCOMPACTD_MIGRATE_SCANNED,
	KCOMPACTD_FREE_SCANNED,
	PGMIGRATE_SUCCESS,
	PGMIGRATE_FAIL,
};
static unsigned long events_before[ARRAY_SIZE(events)];

static unsigned long event_count(enum vm_event_item event)
{
	unsigned long sum = 0;
	int cpu;

	for_each_online_cpu(cpu)
		sum += per_cpu(vm_event_states, cpu).event[event];
	return sum;
}

void begin_counting(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(events); i++)
		events_before[i] = event_count(events[i]);
}

u32 do_state(void)
{
	struct lab_state_record state = {.nr_zones = nr_zones,
					 .stray_moves = stray_moves + missed_probes()};
	u32 i;

	BUILD_BUG_ON(ARRAY_SIZE(events) != ARRAY_SIZE(state.total));
	for (i = 0; i < nr_zones; i++) {
		state.zone[i].free_exact = free_exact(zones[i]);
		state.zone[i].pcp_count = pcp_of(zones[i])->count;
		state.zone[i].wmark_min = zones[i]->_watermark[WMARK_MIN];
		state.zone[i].watermark_boost = zones[i]->watermark_boost;
		state.zone[i].nr_reserved_highatomic = zones[i]->nr_reserved_highatomic;
	}
	for (i = 0; i < ARRAY_SIZE(events); i++)
		state.total[i] = event_count(events[i]) - events_before[i];
	put_record(LAB_REC_STATE, &state, sizeof(state));
	return 0;
}
