// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_alloc.c - the tree's file of that name, its tracepoints as events; and the boot,
 * from a layout to a machine with all its memory on the free lists, in the order of the
 * kernel's own start and by its own functions, many of which are static there.
 */
#include "shim.h"
#include "events.h"
#include <linux/huge_mm.h>
#include <linux/memblock.h>
#include <linux/migrate.h>
#include <mm/internal.h>
#include <trace/events/kmem.h>
#include <trace/events/oom.h>

/* Huge pages, which have per-cpu lists, are as large as a pageblock. */
#undef HPAGE_PMD_ORDER
#define HPAGE_PMD_ORDER pageblock_order

#define trace_mm_page_alloc_extfrag(page, order, fallback_order, mt, fallback_mt)   \
	do {                                                                        \
		shim_nr_extfrag++;                                                  \
		SHIM_EVENT(PF_EV_EXTFRAG, page_to_pfn(page), order, fallback_order, \
			   shim_block_type(mt), shim_block_type(fallback_mt),       \
			   (mt) == get_pageblock_migratetype(page));                \
	} while (0)
#define trace_mm_page_alloc(page, order, gfp, mt) \
	SHIM_EVENT(PF_EV_PAGE_ALLOC, (page) ? (s64)page_to_pfn(page) : -1, order, shim_gfp, mt)
#define trace_mm_page_free(page, order)	 SHIM_EVENT(PF_EV_PAGE_FREE, page_to_pfn(page), order)
#define trace_mm_page_free_batched(page) SHIM_EVENT(PF_EV_PAGE_FREE_BATCHED, page_to_pfn(page))
#define trace_mm_page_alloc_zone_locked(page, order, mt, refill) \
	SHIM_EVENT(PF_EV_ALLOC_ZONE_LOCKED, page_to_pfn(page), order, shim_block_type(mt), refill)
#define trace_mm_page_pcpu_drain(page, order, mt) \
	SHIM_EVENT(PF_EV_PCPU_DRAIN, page_to_pfn(page), order, shim_block_type(mt))
#define trace_compact_retry(order, prio, result, retries, max, ret) \
	SHIM_EVENT(PF_EV_COMPACT_RETRY, order, prio, result, retries, max, ret)

/*
 * Where pages of a contiguous range move to. Like the requests of impl.c, this one may
 * compact, and neither reclaim nor have the reserves of a task that reclaims.
 */
static SHIM_MOVABLE *shim_migration_target(SHIM_MOVABLE *page, unsigned long private)
{
	struct migration_target_control mtc = *(struct migration_target_control *)private;

	mtc.gfp_mask |= __GFP_NOWARN | __GFP_NOMEMALLOC;
	return alloc_migration_target(page, (unsigned long)&mtc);
}
#define alloc_migration_target shim_migration_target
/* It would free clean pages of the page cache that others still have: they move instead. */
#define reclaim_clean_pages_from_list(zone, list) 0

#include <mm/page_alloc.c>
#undef alloc_migration_target
/* What was in it until 6.3, the start of zones and of the memmap. */
#include <mm/mm_init.c>

/* ------------------------------------------------------------------ boot --- */

static bool is_absent(const struct pf_range *range)
{
	return range->kind != PF_RANGE_RESERVED;
}

/* Calls fn for the pieces of a zone: without its holes, or without any range. */
static void
for_each_piece(const struct pf_layout *l, const struct pf_zone_layout *z, bool reserved_too,
	       void (*fn)(const struct pf_zone_layout *z, unsigned long start, unsigned long end))
{
	unsigned long pfn = z->start_pfn, end = pfn + z->spanned;
	unsigned int i;

	for (i = 0; i < l->nr_ranges; i++) {
		const struct pf_range *range = &l->range[i];

		if (range->start_pfn < pfn || range->start_pfn >= end ||
		    (!reserved_too && !is_absent(range)))
			continue;
		if (range->start_pfn > pfn)
			fn(z, pfn, range->start_pfn);
		pfn = range->start_pfn + range->nr_pages;
	}
	if (pfn < end)
		fn(z, pfn, end);
}

static void add_memory_piece(const struct pf_zone_layout *z, unsigned long start, unsigned long end)
{
	memblock_add_node(PFN_PHYS(start), PFN_PHYS(end - start), z->node, MEMBLOCK_NONE);
}

/* In the largest aligned blocks, as memblock does; but never across the end of a zone. */
static void release_piece(const struct pf_zone_layout *z, unsigned long start, unsigned long end)
{
	while (start < end) {
		unsigned int order = min_t(unsigned int, SHIM_MAX_ORDER, __ffs(start));

		while (start + (1ul << order) > end)
			order--;
		SHIM_FREE_CORE(pfn_to_page(start), order);
		start += 1ul << order;
	}
}

static void init_subsections(const struct pf_zone_layout *z, unsigned long start, unsigned long end)
{
	subsection_map_init(start, end - start);
}

/*
 * As free_area_init_node(), but that zones of one type need not be in one piece, nor in
 * the order of their types, and may begin or end with a hole: each node gets limits of
 * its own, and none from memblock.
 */
static void init_node(const struct pf_layout *l, int nid)
{
	pg_data_t *pgdat = NODE_DATA(nid);
	unsigned long start = 0, end = 0;
	unsigned int i;

	memset(arch_zone_lowest_possible_pfn, 0, sizeof(arch_zone_lowest_possible_pfn));
	memset(arch_zone_highest_possible_pfn, 0, sizeof(arch_zone_highest_possible_pfn));
	for (i = 0; i < l->nr_zones; i++) {
		const struct pf_zone_layout *z = &l->zone[i];

		if (z->node != nid)
			continue;
		arch_zone_lowest_possible_pfn[z->type] = z->start_pfn;
		arch_zone_highest_possible_pfn[z->type] = z->start_pfn + z->spanned;
		start = start ? start : z->start_pfn;
		end = z->start_pfn + z->spanned;
	}
	pgdat->node_id = nid;
	pgdat->node_start_pfn = start;
	calculate_node_totalpages(pgdat, start, end);
	pgdat_set_deferred_range(pgdat);
	free_area_init_core(pgdat);
	if (pgdat->node_present_pages)
		node_set_state(nid, N_MEMORY);
	SHIM_CHECK_FOR_MEMORY(pgdat, nid);
}

/* Where the memmap has come to. */
static unsigned long hole_pfn;

static void init_memmap_piece(const struct pf_zone_layout *z, unsigned long start,
			      unsigned long end)
{
	memmap_init_zone_range(&NODE_DATA(z->node)->node_zones[z->type], start, end, &hole_pfn);
}

/* As memmap_init(), which goes by the types of zones, upwards by their places. */
static void init_memmap(const struct pf_layout *l)
{
	const struct pf_zone_layout *last = &l->zone[l->nr_zones - 1];
	unsigned int i;

	/* Below there is no memmap. */
	hole_pfn = l->base_pfn;
	for (i = 0; i < l->nr_zones; i++)
		for_each_piece(l, &l->zone[i], false, init_memmap_piece);
	init_unavailable_range(hole_pfn, round_up((unsigned long)l->end_pfn, PAGES_PER_SECTION),
			       last->type, last->node);
}

static void set_marks(const struct pf_layout *l)
{
	unsigned int i;

	for (i = 0; i < l->nr_zones; i++) {
		shim_zones[i]->_watermark[WMARK_MIN] = l->zone[i].wmark[PF_WMARK_MIN];
		shim_zones[i]->_watermark[WMARK_LOW] = l->zone[i].wmark[PF_WMARK_LOW];
		shim_zones[i]->_watermark[WMARK_HIGH] = l->zone[i].wmark[PF_WMARK_HIGH];
		shim_zones[i]->_watermark[WMARK_PROMO] = l->zone[i].wmark[PF_WMARK_HIGH];
		/*
		 * init_per_zone_wmark_min() has set it by the marks it made, and
		 * refresh_zone_stat_thresholds() never takes it back: by these it is made anew.
		 */
		shim_zones[i]->percpu_drift_mark = 0;
	}
}

/* Somebody sleeps there, so that waking is more than nothing. */
static void put_to_sleep(struct wait_queue_head *wq)
{
	struct wait_queue_entry *entry = shim_alloc(sizeof(*entry), 64);

	list_add(&entry->entry, &wq->head);
}

struct zone *shim_zones[PF_MAX_ZONES];

void shim_boot(const struct pf_layout *l)
{
	unsigned int i;
	int nid, cpu;

	pageblock_order = l->pageblock_order;
	gfp_allowed_mask = __GFP_BITS_MASK; /* as once the scheduler runs */
	mm_percpu_wq = alloc_workqueue("mm_percpu_wq", 0, 0);
	nodes_clear(node_possible_map);
	for (nid = 0; nid < l->nr_nodes; nid++) {
		node_set(nid, node_possible_map);
		node_data[nid] = shim_alloc(sizeof(pg_data_t), 64);
		node_set_online(nid);
		node_set_state(nid, N_CPU);
	}
	for (i = 0; i < l->nr_zones; i++)
		for_each_piece(l, &l->zone[i], false, add_memory_piece);
	sparse_init();
	for (i = 0; i < l->nr_zones; i++)
		for_each_piece(l, &l->zone[i], false, init_subsections);
	mminit_verify_pageflags_layout();
	setup_nr_node_ids();
	for (nid = 0; nid < l->nr_nodes; nid++)
		init_node(l, nid);
	init_memmap(l);
	for (i = 0; i < l->nr_zones; i++) {
		shim_zones[i] = &NODE_DATA(l->zone[i].node)->node_zones[l->zone[i].type];
		atomic_long_set(&shim_zones[i]->managed_pages, 0);
	}
	for (i = 0; i < l->nr_zones; i++)
		for_each_piece(l, &l->zone[i], true, release_piece);
	/* Not before: here the memmap takes no memory, so that an estimate would be wrong. */
	set_marks(l);
	build_all_zonelists(NULL);
	setup_per_cpu_pageset();
	init_per_zone_wmark_min();
	set_marks(l);
	shim_refresh_thresholds();
	for (i = 0; i < l->nr_zones; i++) {
		zone_pcp_update(shim_zones[i], 0);
		set_zone_contiguous(shim_zones[i]);
	}
	for (nid = 0; nid < l->nr_nodes; nid++) {
		pg_data_t *pgdat = NODE_DATA(nid);

		pgdat->kcompactd_highest_zoneidx = pgdat->nr_zones - 1;
		put_to_sleep(&pgdat->kswapd_wait);
		put_to_sleep(&pgdat->kcompactd_wait);
	}
	shim_guard_holes();
	shim_boot_caches();
	shim_setup_ranges();
	for_each_possible_cpu(cpu)
		memset(&per_cpu(vm_event_states, cpu), 0, sizeof(vm_event_states));
}

/* ------------------------------------------------------- what is static there --- */

int *const shim_watermark_scale_factor = &watermark_scale_factor;
int *const shim_watermark_boost_factor = &watermark_boost_factor;

void shim_zone_pcp_update(struct zone *zone, int cpu_online)
{
	zone_pcp_update(zone, cpu_online);
}

/* Numbers of isolated and inactive pages are compared: those of a node are exact. */
void shim_refresh_thresholds(void)
{
	pg_data_t *pgdat;
	int cpu;

	refresh_zone_stat_thresholds();
	for_each_online_pgdat(pgdat)
		for_each_possible_cpu(cpu)
			per_cpu_ptr(pgdat->per_cpu_nodestats, cpu)->stat_threshold = 0;
}

void *shim_make_exact(unsigned long addr, unsigned int order, size_t size)
{
	return make_alloc_exact(addr, order, size);
}

void shim_cpu_dead(unsigned int cpu)
{
	shim_set_online(cpu, false);
	page_alloc_cpu_dead(cpu);
	shim_refresh_thresholds();
}

void shim_cpu_online(unsigned int cpu)
{
	page_alloc_cpu_online(cpu);
	shim_set_online(cpu, true);
	shim_refresh_thresholds();
}

/* One zone, and nothing that is never free. */
bool shim_may_be_contig(unsigned long pfn, unsigned long nr)
{
	struct page *page = pfn_to_online_page(pfn);

	return page && pfn_range_valid_contig(page_zone(page), pfn, nr);
}

void shim_retype(struct page *page, int migratetype)
{
#if SHIM_6_12
	/*
	 * Lists hold blocks of one type alone: it parts a larger free block, as for
	 * isolation. Types never mix by themselves on a machine that does not group by
	 * mobility, nor in a block on a per-cpu list, which no kernel has of several
	 * pageblocks: later it would take one of the types for all.
	 */
	if (!page_group_by_mobility_disabled && pageblock_order >= PAGE_ALLOC_COSTLY_ORDER)
		move_freepages_block_isolate(page_zone(page), page, migratetype);
#else
	set_pageblock_migratetype(page, migratetype);
	move_freepages_block(page_zone(page), page, migratetype, NULL);
#endif
}
