// SPDX-License-Identifier: GPL-2.0-only
/*
 * impl.c - the tree as a struct pf_impl: requests to calls of the kernel's functions,
 * in the ways that the laboratory calls them (../kernel/README.md).
 */
#include "shim.h"
#include "events.h"
#include <generated/utsrelease.h>
#include <linux/compaction.h>
#include <linux/migrate.h>
#include <linux/page-isolation.h>
#include <linux/sched/mm.h>
#include <linux/swap.h>
#include <linux/vmstat.h>
#include <mm/internal.h>

static struct pf_stats stats, at_load;
static struct pf_zone_counters counters[PF_MAX_ZONES];
/* Pages that a dump has on no list. */
static u32 others[PF_MAX_ZONES];
static bool min_free_kbytes_set;

/* --------------------------------------------------------------- events --- */

unsigned int shim_gfp;
u64 shim_nr_extfrag;

void shim_event(enum pf_event_type type, unsigned int nr, const s64 *fields)
{
	struct pf_event ev = {.type = type, .nr_fields = nr};
	unsigned int i;

	for (i = 0; i < nr; i++)
		ev.field[i] = fields[i];
	shim_world->event(shim_world, &ev);
}

/* ---------------------------------------------------------------- start --- */

/* Every machine has memory outside of ZONE_MOVABLE; 6.12 divides by its size. */
static bool has_low_memory(const struct pf_layout *l)
{
	unsigned int z;

	for (z = 0; z < l->nr_zones; z++)
		if (l->zone[z].type != PF_ZONE_MOVABLE)
			return true;
	return false;
}

static size_t source_footprint(const void *self, const struct pf_layout *l)
{
	size_t memmap, arena;

	/*
	 * No kernel has pageblocks of one page: that order means that none is chosen yet.
	 * Nor larger ones than a section, which has the flags of its pageblocks.
	 */
	if (!l->pageblock_order || l->pageblock_order > PFN_SECTION_SHIFT ||
	    (SHIM_6_12 && !has_low_memory(l)))
		return 0;
	return shim_place_memory(l, &memmap, &arena);
}

static void source_init(const void *self, void *state, const struct pf_layout *layout,
			struct pf_world *world)
{
	const struct pf_source_self *s = self;

	shim_put_back_data(s->fresh);
	shim_self = s;
	shim_world = world;
	shim_layout = layout;
	shim_nr_orders = layout->max_order + 1;
	shim_setup_memory(state, layout);
	shim_setup_cpus(layout->nr_cpus);
	shim_boot(layout);
	shim_begin_to_listen();
}

extern char __kdata_start[], __kdata_end[];

static unsigned int source_regions(const void *self, struct pf_region *region, unsigned int max)
{
	region[0] = (struct pf_region){__kdata_start, __kdata_end - __kdata_start};
	return 1;
}

/* A cpu that is not there can't run anything; then the first one did it. */
static unsigned int run_on(unsigned int cpu)
{
	if (!cpu_online(cpu))
		cpu = cpumask_first(cpu_online_mask);
	shim_run_on(cpu);
	return cpu;
}

/* ------------------------------------------------------------ allocation --- */

/* Requests speak 6.1; the values of the bits have changed since. */
static gfp_t to_gfp(const struct pf_request *req)
{
	static const struct {
		u32 from;
		gfp_t to;
	} map[] = {
		{PF_GFP_HIGH, __GFP_HIGH},
		{PF_GFP_IO, __GFP_IO},
		{PF_GFP_FS, __GFP_FS},
		{PF_GFP_ZERO, __GFP_ZERO},
#ifdef __GFP_ATOMIC
		{PF_GFP_ATOMIC, __GFP_ATOMIC},
#endif
		{PF_GFP_DIRECT_RECLAIM, __GFP_DIRECT_RECLAIM},
		{PF_GFP_KSWAPD_RECLAIM, __GFP_KSWAPD_RECLAIM},
		{PF_GFP_RETRY_MAYFAIL, __GFP_RETRY_MAYFAIL},
		{PF_GFP_NORETRY, __GFP_NORETRY},
		{PF_GFP_MEMALLOC, __GFP_MEMALLOC},
		{PF_GFP_COMP, __GFP_COMP},
		{PF_GFP_NOMEMALLOC, __GFP_NOMEMALLOC},
		{PF_GFP_THISNODE, __GFP_THISNODE},
	};
	gfp_t gfp = __GFP_NOWARN;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(map); i++)
		if (req->gfp & map[i].from)
			gfp |= map[i].to;
	if (req->mobility == PF_MOVABLE)
		gfp |= __GFP_MOVABLE;
	else if (req->mobility == PF_RECLAIMABLE)
		gfp |= __GFP_RECLAIMABLE;
	switch (req->zone) {
	case PF_ZONE_DMA:
		return gfp | __GFP_DMA;
	case PF_ZONE_DMA32:
		return gfp | __GFP_DMA32;
	case PF_ZONE_MOVABLE:
		return gfp | __GFP_HIGHMEM;
	}
	return gfp;
}

/*
 * Compaction is allowed and reclaim is not: as for a task that reclaims already, and does
 * not want the reserves that it could have.
 */
static unsigned int forbid_reclaim(gfp_t *gfp)
{
	if (!(*gfp & __GFP_DIRECT_RECLAIM))
		return current->flags & PF_MEMALLOC;
	if (!(*gfp & __GFP_MEMALLOC))
		*gfp |= __GFP_NOMEMALLOC;
	return memalloc_noreclaim_save();
}

/* The kernel complains about a caller that can't sleep and may, and then has its way. */
static void begin_request(const struct pf_request *req)
{
	const u32 both = PF_GFP_ATOMIC | PF_GFP_DIRECT_RECLAIM;

	shim_gfp = req->gfp;
	shim_overhear_warnings = (req->gfp & both) == both;
}

static void end_request(void)
{
	shim_overhear_warnings = false;
}

static struct page *alloc_block(const struct pf_request *req)
{
	gfp_t gfp = to_gfp(req);
	unsigned int saved;
	struct page *page;

	run_on(req->cpu);
	if (req->order > SHIM_MAX_ORDER)
		return NULL;
	saved = forbid_reclaim(&gfp);
	begin_request(req);
	page = __alloc_pages(gfp, req->order, req->node, NULL);
	end_request();
	memalloc_noreclaim_restore(saved);
	if (page)
		stats.pgalloc += 1u << req->order;
	return page;
}

/* Movable single pages have an owner of their own. */
static void give_owner(const struct pf_request *req, struct page *page)
{
	if (req->mobility == PF_MOVABLE)
		shim_set_movable(page_to_pfn(page), true);
}

static pf_pfn source_alloc(void *state, const struct pf_request *req)
{
	struct page *page = alloc_block(req);

	if (!page)
		return PF_NO_PFN;
	if (!req->order)
		give_owner(req, page);
	return page_to_pfn(page);
}

static unsigned int source_alloc_bulk(void *state, const struct pf_request *req, unsigned int nr,
				      pf_pfn *pfns)
{
	/* Exactly as long, so that a step too far is seen. */
	struct page *pages[nr];
	gfp_t gfp = to_gfp(req);
	unsigned int saved, i, got;

	run_on(req->cpu);
	if (!nr)
		return 0;
	memset(pages, 0, sizeof(pages));
	begin_request(req);
	saved = forbid_reclaim(&gfp);
	got = __alloc_pages_bulk(gfp, req->node, NULL, nr, NULL, pages);
	end_request();
	memalloc_noreclaim_restore(saved);
	for (i = 0; i < got; i++) {
		pfns[i] = page_to_pfn(pages[i]);
		give_owner(req, pages[i]);
	}
	stats.pgalloc += got;
	return got;
}

static pf_pfn source_alloc_exact(void *state, const struct pf_request *req, unsigned int nr)
{
	struct page *page = alloc_block(req);
	unsigned int i;

	if (!page)
		return PF_NO_PFN;
	shim_make_exact((unsigned long)page_address(page), req->order, (size_t)nr << PAGE_SHIFT);
	stats.pgfree += (1u << req->order) - nr;
	for (i = 0; i < nr; i++)
		give_owner(req, page + i);
	return page_to_pfn(page);
}

static void source_free(void *state, pf_pfn pfn, unsigned int order, unsigned int cpu)
{
	run_on(cpu);
	stats.pgfree += 1u << order;
	if (!order && shim_in_cache(pfn)) {
		shim_uncache(pfn);
		return;
	}
	shim_set_movable(pfn, false);
	__free_pages(pfn_to_page(pfn), order);
}

/* A compound block is taken apart first, as by freeing it. */
static void source_split(void *state, pf_pfn pfn, unsigned int order)
{
	struct page *page = pfn_to_page(pfn);
	unsigned int i;

	if (PageHead(page)) {
		for (i = 1; i < 1u << order; i++) {
			page[i].mapping = NULL;
			clear_compound_head(page + i);
		}
#ifdef PAGE_FLAGS_SECOND
		page[1].flags &= ~PAGE_FLAGS_SECOND;
#endif
		ClearPageHead(page);
	}
	split_page(page, order);
	if (shim_world->attrs(shim_world, pfn) & PF_PAGE_MOVABLE)
		for (i = 0; i < 1u << order; i++)
			shim_set_movable(pfn + i, true);
}

/* On the cpu that ran last; attributes come from no cpu. */
static void source_set_attrs(void *state, pf_pfn pfn, unsigned int attrs)
{
	if (attrs & PF_PAGE_LRU)
		shim_cache(pfn, attrs);
}

static void source_drain(void *state, int cpu)
{
	if (cpu < 0) {
		run_on(0);
		drain_all_pages(NULL);
	} else if (cpu_online(cpu)) {
		run_on(cpu);
		drain_local_pages(NULL);
	}
}

/* ---------------------------------------------------------------- ranges --- */

static bool source_isolate(void *state, pf_pfn block)
{
	run_on(0);
	return shim_isolate(block);
}

static void source_undo_isolate(void *state, pf_pfn block)
{
	run_on(0);
	shim_undo_isolate(block);
}

/* As alloc_contig_pages() asks, whatever the range is for. */
static bool source_alloc_contig(void *state, pf_pfn pfn, unsigned int nr, unsigned int mobility)
{
	unsigned int saved;
	bool done;

	run_on(0);
	shim_gfp = 0;
	saved = memalloc_noreclaim_save();
	done = shim_alloc_contig(pfn, nr);
	memalloc_noreclaim_restore(saved);
	if (done)
		stats.pgalloc += nr;
	return done;
}

static void source_free_contig(void *state, pf_pfn pfn, unsigned int nr)
{
	run_on(0);
	stats.pgfree += nr;
	free_contig_range(pfn, nr);
}

/* ------------------------------------------------------------ compaction --- */

static unsigned int compact_result(int result)
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
	}
	return PF_COMPACT_SKIPPED;
}

static enum pf_compact_result compact_for_order(const struct pf_compact_request *req)
{
	static const enum compact_priority priority[] = {
		[PF_MODE_ASYNC] = COMPACT_PRIO_ASYNC,
		[PF_MODE_SYNC_LIGHT] = COMPACT_PRIO_SYNC_LIGHT,
		[PF_MODE_SYNC] = COMPACT_PRIO_SYNC_FULL,
	};
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN | __GFP_THISNODE;
	struct alloc_context ac = {};
	struct page *captured = NULL;
	enum compact_result result;
	unsigned int saved;

	if (req->mobility == PF_MOVABLE)
		gfp |= __GFP_MOVABLE | __GFP_HIGHMEM;
	else if (req->mobility == PF_RECLAIMABLE)
		gfp |= __GFP_RECLAIMABLE;
	ac.migratetype = gfp_migratetype(gfp);
	ac.highest_zoneidx = gfp_zone(gfp);
	ac.zonelist = node_zonelist(req->node, gfp);
	ac.preferred_zoneref = first_zones_zonelist(ac.zonelist, ac.highest_zoneidx, NULL);
	shim_gfp = 0;
	saved = memalloc_noreclaim_save();
	result = try_to_compact_pages(gfp, req->order, ALLOC_WMARK_MIN, &ac, priority[req->mode],
				      &captured);
	memalloc_noreclaim_restore(saved);
	if (captured) {
		set_page_private(captured, 0);
		init_page_count(captured);
		__free_pages(captured, req->order);
	}
	return compact_result(result);
}

static enum pf_compact_result source_compact(void *state, const struct pf_compact_request *req)
{
	run_on(0);
	/* It would look behind the end of its arrays. */
	if (!req->order || req->order > (int)SHIM_MAX_ORDER)
		return PF_COMPACT_SKIPPED;
	if (req->order > 0)
		return compact_for_order(req);
	lru_add_drain_all();
	shim_compact_node(req->node);
	return PF_COMPACT_COMPLETE;
}

static bool source_tick(void *state, enum pf_daemon daemon, unsigned int node, unsigned int order)
{
	pg_data_t *pgdat = NODE_DATA(node);

	run_on(0);
	/* Nobody wakes it for what can't be. */
	if (order > SHIM_MAX_ORDER)
		order = 0;
	switch ((int)daemon) {
	case SHIM_TICK_KSWAPD:
		reset_isolation_suitable(pgdat);
		return true;
	case SHIM_TICK_KCOMPACTD:
		if (!pgdat->nr_zones)
			return false;
		shim_kcompactd(pgdat, order);
		return true;
	case PF_KCOMPACTD_PROACTIVE:
		if (!pgdat->nr_zones)
			return false;
		shim_kcompactd_proactive(pgdat);
		return true;
	}
	return false;
}

/* ------------------------------------------------------------------ knobs --- */

/*
 * As long as nobody has set min_free_kbytes, the MIN marks are those that the machine was
 * started with, whatever they came from.
 */
static void setup_marks(void)
{
	unsigned long min[PF_MAX_ZONES];
	unsigned int z;

	for (z = 0; z < shim_layout->nr_zones; z++)
		min[z] = shim_zones[z]->_watermark[WMARK_MIN];
	setup_per_zone_wmarks();
	if (min_free_kbytes_set)
		return;
	for (z = 0; z < shim_layout->nr_zones; z++) {
		struct zone *zone = shim_zones[z];
		u64 gap = max_t(
			u64, min[z] >> 2,
			mult_frac(zone_managed_pages(zone), *shim_watermark_scale_factor, 10000));

		zone->_watermark[WMARK_MIN] = min[z];
		zone->_watermark[WMARK_LOW] = min[z] + gap;
		zone->_watermark[WMARK_HIGH] = min[z] + 2 * gap;
		shim_zone_pcp_update(zone, 0);
	}
}

extern int user_min_free_kbytes;

static bool source_tune(void *state, enum pf_knob knob, uint32_t value)
{
	unsigned int nid;

	run_on(0);
	switch (knob) {
	case PF_WATERMARK_SCALE_FACTOR:
		if (value < 1 || value > 3000)
			return false;
		*shim_watermark_scale_factor = value;
		setup_marks();
		return true;
	case PF_MIN_FREE_KBYTES:
		if (value > INT_MAX)
			return false;
		user_min_free_kbytes = min_free_kbytes = value;
		min_free_kbytes_set = true;
		setup_marks();
		return true;
	case PF_WATERMARK_BOOST_FACTOR:
		if (value > INT_MAX)
			return false;
		*shim_watermark_boost_factor = value;
		return true;
	case PF_EXTFRAG_THRESHOLD:
		if (value > 1000)
			return false;
		*shim_extfrag_threshold = value;
		return true;
	case PF_COMPACTION_PROACTIVENESS:
		if (value > 100)
			return false;
		*shim_compaction_proactiveness = value;
		for (nid = 0; value && nid < shim_layout->nr_nodes; nid++)
			NODE_DATA(nid)->proactive_compact_trigger = true;
		return true;
	case PF_COMPACT_UNEVICTABLE_ALLOWED:
		if (value > 1)
			return false;
		*shim_compact_unevictable_allowed = value;
		return true;
	default:
		return false;
	}
}

static void source_retype(void *state, pf_pfn pfn, unsigned int type)
{
	run_on(0);
	shim_retype(pfn_to_page(pfn), type);
}

/* The first cpu stays: on x86 it cannot go. */
static bool source_set_cpu(void *state, unsigned int cpu, bool online)
{
	if (!cpu || cpu >= shim_layout->nr_cpus || cpu_online(cpu) == online)
		return false;
	run_on(0);
	if (online)
		shim_cpu_online(cpu);
	else
		shim_cpu_dead(cpu);
	return true;
}

/* ------------------------------------------------------------- inspection --- */

static void census_list(struct list_head *list, struct pf_block block, pf_block_fn fn, void *arg)
{
	struct page *page;

	list_for_each_entry(page, list, lru) {
		block.pfn = page_to_pfn(page);
		if (block.where == PF_CACHED)
			block.type = shim_block_type(page->index);
		fn(arg, &block);
	}
}

static void source_census(void *state, pf_block_fn fn, void *arg)
{
	unsigned int z, order, t, cpu, i;

	for (z = 0; z < shim_layout->nr_zones; z++) {
		struct zone *zone = shim_zones[z];

		for (order = 0; order <= SHIM_MAX_ORDER; order++)
			for (t = 0; t < MIGRATE_TYPES; t++)
				census_list(&zone->free_area[order].free_list[t],
					    (struct pf_block){
						    .order = order,
						    .type = shim_block_type(t),
						    .where = is_migrate_isolate(t) ? PF_ISOLATED
										   : PF_FREE,
					    },
					    fn, arg);
		for (cpu = 0; cpu < shim_layout->nr_cpus; cpu++)
			for (i = 0; i < NR_PCP_LISTS; i++)
				census_list(&per_cpu_ptr(zone->per_cpu_pageset, cpu)->lists[i],
					    (struct pf_block){
						    .order = pf_pcp_order(shim_layout, i),
						    .where = PF_CACHED,
					    },
					    fn, arg);
	}
}

static const struct pf_zone_counters *source_counters(void *state, unsigned int z)
{
	struct pf_zone_counters *c = &counters[z];
	struct zone *zone = shim_zones[z];
	u32 mark = shim_layout->zone[z].wmark[PF_WMARK_MIN];
	u32 now = zone->_watermark[WMARK_MIN];
	long free = atomic_long_read(&zone->vm_stat[NR_FREE_PAGES]);
	unsigned int cpu, order, i;
	struct page *page;

	c->managed = zone_managed_pages(zone) - others[z];
	c->cached = c->isolated = c->drift = 0;
	for (cpu = 0; cpu < shim_layout->nr_cpus; cpu++) {
		struct per_cpu_zonestat *stat = per_cpu_ptr(zone->per_cpu_zonestats, cpu);

		free += stat->vm_stat_diff[NR_FREE_PAGES];
		c->cached += per_cpu_ptr(zone->per_cpu_pageset, cpu)->count;
		c->drift += stat->stat_threshold;
	}
	c->free = free;
	for (order = 0; order <= SHIM_MAX_ORDER; order++) {
		c->nr_free[order] = zone->free_area[order].nr_free;
		if (zone->nr_isolate_pageblock)
			list_for_each_entry(
				page, &zone->free_area[order].free_list[MIGRATE_ISOLATE], lru) {
				c->isolated += 1u << order;
				if (c->isolated > shim_most_pages())
					break; /* a loop: check.c says so */
			}
	}
	/* A mark that was tuned counts as well. */
	c->drift += mark > now ? mark - now : 0;
	c->withheld = zone->watermark_boost + SHIM_HIGHATOMIC(zone) + (now > mark ? now - mark : 0);
	for (i = 0; i < PF_NR_ZONE_TYPES; i++)
		c->lowmem_reserve[i] = zone->lowmem_reserve[i];
	return c;
}

/* Of the machine, of which the dump that was loaded had some already. */
static void read_stats(struct pf_stats *s)
{
	s->pgmigrate_success = shim_event_total(PGMIGRATE_SUCCESS);
	s->pgmigrate_fail = shim_event_total(PGMIGRATE_FAIL);
	s->compact_stall = shim_event_total(COMPACTSTALL);
	s->compact_success = shim_event_total(COMPACTSUCCESS);
	s->compact_fail = shim_event_total(COMPACTFAIL);
	s->compact_migrate_scanned = shim_event_total(COMPACTMIGRATE_SCANNED);
	s->compact_free_scanned = shim_event_total(COMPACTFREE_SCANNED);
}

static const struct pf_stats *source_stats(void *state)
{
	read_stats(&stats);
	stats.pgmigrate_success -= at_load.pgmigrate_success;
	stats.pgmigrate_fail -= at_load.pgmigrate_fail;
	stats.compact_stall -= at_load.compact_stall;
	stats.compact_success -= at_load.compact_success;
	stats.compact_fail -= at_load.compact_fail;
	stats.compact_migrate_scanned -= at_load.compact_migrate_scanned;
	stats.compact_free_scanned -= at_load.compact_free_scanned;
	stats.extfrag = shim_nr_extfrag;
	return &stats;
}

static bool source_load(void *state, const struct pf_dump *d)
{
	unsigned int z;

	if (!shim_load(d))
		return false;
	shim_load_totals(d->total);
	for (z = 0; z < shim_layout->nr_zones; z++) {
		const struct pf_zone_counters *c = source_counters(state, z);
		u32 in_lists = c->free + c->cached + c->isolated;

		if (c->managed < in_lists)
			return false;
		others[z] = c->managed - in_lists;
	}
	read_stats(&at_load);
	return true;
}

static const char *source_self_check(void *state)
{
	return shim_self_check();
}

static unsigned int source_block_type(void *state, pf_pfn pfn)
{
	return shim_block_word(pfn) & PF_BLOCK_TYPE;
}

static const struct pf_impl source_impl = {
	.features = PF_F_MOBILITY | PF_F_ZONES | PF_F_SNAPSHOT | PF_F_WATERMARKS | PF_F_CACHE |
		    PF_F_CAPTURE | PF_F_FILLS_ISOLATED,
	.tier = PF_TIER_TWIN,
	.footprint = source_footprint,
	.init = source_init,
	.regions = source_regions,
	.alloc = source_alloc,
	.free = source_free,
	.census = source_census,
	.counters = source_counters,
	.stats = source_stats,
	.alloc_bulk = source_alloc_bulk,
	.alloc_exact = source_alloc_exact,
	.split = source_split,
	.isolate = source_isolate,
	.undo_isolate = source_undo_isolate,
	.alloc_contig = source_alloc_contig,
	.free_contig = source_free_contig,
	.compact = source_compact,
	.drain = source_drain,
	.tick = source_tick,
	.tune = source_tune,
	.retype = source_retype,
	.set_cpu = source_set_cpu,
	.load = source_load,
	.dump = shim_dump,
	.set_attrs = source_set_attrs,
	.block_type = source_block_type,
	.self_check = source_self_check,
};

/* No part of the state, nor of what is put back. */
static void *kept __attribute__((section(".kept")));

/* Found by its name, which is the only one that can be seen. */
extern __attribute__((visibility("default"))) const struct pf_source_object pagefuzz_source;
const struct pf_source_object pagefuzz_source = {
	.abi = PF_SOURCE_ABI,
	.impl_size = sizeof(struct pf_impl),
	.dump_size = sizeof(struct pf_dump),
	.release = UTS_RELEASE,
	.impl = &source_impl,
	.data = __kdata_start,
	.data_end = __kdata_end,
	.kept = &kept,
};
