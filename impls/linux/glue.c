// SPDX-License-Identifier: GPL-2.0-only
/*
 * glue.c - the port as a struct pf_impl. Only translation belongs here: absolute
 * pfns to those relative to the base, requests to calls, lists to a census.
 */
#include "compaction.h"
#include "debug.h"
#include "internal.h"
#include "linux.h"
#include "swap.h"

/* A cpu that is not there can't run anything; then another one did it. */
static void run_on(struct machine *m, unsigned int cpu)
{
	m->cpu = m->cpu_online >> cpu & 1u ? cpu : (unsigned int)__builtin_ctz(m->cpu_online);
}

static pf_pfn linux_alloc(void *state, const struct pf_request *req)
{
	struct machine *m = state;
	u32 pfn;

	run_on(m, req->cpu);
	pfn = lx_alloc_pages(m, req);
	return pfn == LX_NONE ? PF_NO_PFN : absolute_pfn(m, pfn);
}

static unsigned linux_alloc_bulk(void *state, const struct pf_request *req, unsigned nr,
				 pf_pfn *pfns)
{
	struct machine *m = state;
	unsigned int got;

	run_on(m, req->cpu);
	got = lx_alloc_pages_bulk(m, req, nr, pfns);
	for (unsigned int i = 0; i < got; i++)
		pfns[i] = absolute_pfn(m, pfns[i]);
	return got;
}

static pf_pfn linux_alloc_exact(void *state, const struct pf_request *req, unsigned nr)
{
	struct machine *m = state;
	u32 pfn;

	run_on(m, req->cpu);
	pfn = lx_alloc_pages_exact(m, req, nr);
	return pfn == LX_NONE ? PF_NO_PFN : absolute_pfn(m, pfn);
}

static void linux_free(void *state, pf_pfn pfn, unsigned order, unsigned cpu)
{
	struct machine *m = state;

	run_on(m, cpu);
	if (page_in_cache(m, pfn - m->base_pfn))
		lx_uncache_page(m, pfn - m->base_pfn);
	lx_free_pages(m, pfn - m->base_pfn, order, m->cpu);
}

static void linux_split(void *state, pf_pfn pfn, unsigned order)
{
	struct machine *m = state;

	(void)order;
	clear_page_state(m, pfn - m->base_pfn);
}

static bool linux_claim(void *state, pf_pfn pfn, unsigned order, unsigned mobility)
{
	struct machine *m = state;

	(void)mobility;
	if (order > m->max_order || pfn < m->base_pfn || pfn - m->base_pfn >= m->nr_pages ||
	    (pfn & ((1u << order) - 1)))
		return false;
	if (lx_take_page_off_buddy(m, pfn - m->base_pfn, order))
		return true;
	/* Part of it may be cached. */
	run_on(m, 0);
	lx_drain_all_pages(m, NULL);
	return lx_take_page_off_buddy(m, pfn - m->base_pfn, order);
}

static void census_list(const struct machine *m, u32 head, unsigned int order, enum pf_where where,
			unsigned int mt, pf_block_fn fn, void *arg)
{
	struct pf_block block = {.order = (u8)order, .type = (u8)mt, .where = (u8)where};

	for (u32 at = m->lru[head].next; at != head; at = m->lru[at].next) {
		block.pfn = absolute_pfn(m, at);
		if (where == PF_CACHED)
			block.type = (u8)get_pcppage_migratetype(m, at);
		fn(arg, &block);
	}
}

static void linux_census(void *state, pf_block_fn fn, void *arg)
{
	struct machine *m = state;

	for (unsigned int i = 0; i < m->nr_zones; i++) {
		const struct zone *zone = &m->zone[i];

		for (unsigned int order = 0; order <= m->max_order; order++) {
			if (!zone->count.nr_free[order])
				continue;
			for (unsigned int mt = 0; mt < MIGRATE_TYPES; mt++)
				census_list(m, free_list(zone, order, mt), order,
					    is_migrate_isolate(mt) ? PF_ISOLATED : PF_FREE, mt, fn,
					    arg);
		}
		for (unsigned int cpu = 0; cpu < m->nr_cpus; cpu++) {
			const struct per_cpu_pages *pcp = &zone->pcp[cpu];

			for (unsigned int l = 0; pcp->count && l < NR_PCP_LISTS; l++)
				census_list(m, pcp->list_base + l, pindex_to_order(m, l), PF_CACHED,
					    0, fn, arg);
		}
	}
}

static const struct pf_zone_counters *linux_counters(void *state, unsigned zone)
{
	struct machine *m = state;
	struct zone *z = &m->zone[zone];
	u32 mark = m->layout->zone[zone].wmark[PF_WMARK_MIN];
	u32 now = z->_watermark[WMARK_MIN];

	/* A mark that was tuned counts as well. */
	z->count.drift = m->nr_cpus * (u32)z->pcp[0].stat_threshold + (mark > now ? mark - now : 0);
	z->count.withheld =
		z->watermark_boost + z->nr_reserved_highatomic + (now > mark ? now - mark : 0);
	return &z->count;
}

static const struct pf_stats *linux_stats(void *state)
{
	struct machine *m = state;

#define TOTAL(item) (m->total[PF_DUMP_##item] - m->total_at_load[PF_DUMP_##item])
	m->stat.pgmigrate_success = TOTAL(PGMIGRATE_SUCCESS);
	m->stat.pgmigrate_fail = TOTAL(PGMIGRATE_FAIL);
	m->stat.compact_stall = TOTAL(COMPACT_STALL);
	m->stat.compact_success = TOTAL(COMPACT_SUCCESS);
	m->stat.compact_fail = TOTAL(COMPACT_FAIL);
	m->stat.compact_migrate_scanned = TOTAL(COMPACT_MIGRATE_SCANNED);
	m->stat.compact_free_scanned = TOTAL(COMPACT_FREE_SCANNED);
#undef TOTAL
	return &m->stat;
}

static void linux_drain(void *state, int cpu)
{
	struct machine *m = state;

	if (cpu < 0) {
		run_on(m, 0);
		lx_drain_all_pages(m, NULL);
	} else if (m->cpu_online >> cpu & 1u) {
		run_on(m, (unsigned int)cpu);
		lx_drain_local_pages(m, NULL);
	}
}

static bool linux_tune(void *state, enum pf_knob knob, uint32_t value)
{
	struct machine *m = state;

	run_on(m, 0);
	switch (knob) {
	case PF_WATERMARK_SCALE_FACTOR:
		return lx_watermark_scale_factor_sysctl_handler(m, value);
	case PF_MIN_FREE_KBYTES:
		return lx_min_free_kbytes_sysctl_handler(m, value);
	case PF_WATERMARK_BOOST_FACTOR:
		if (value > INT32_MAX)
			return false;
		m->watermark_boost_factor = (int)value;
		return true;
	case PF_EXTFRAG_THRESHOLD:
		if (value > 1000)
			return false;
		m->extfrag_threshold = value;
		return true;
	case PF_COMPACTION_PROACTIVENESS:
		if (value > 100)
			return false;
		m->compaction_proactiveness = value;
		for (unsigned int i = 0; value && i < m->nr_nodes; i++)
			m->node[i].proactive_compact_trigger = true;
		return true;
	case PF_COMPACT_UNEVICTABLE_ALLOWED:
		if (value > 1)
			return false;
		m->compact_unevictable_allowed = value;
		return true;
	default:
		return false;
	}
}

static void linux_retype(void *state, pf_pfn pfn, unsigned type)
{
	struct machine *m = state;
	u32 at = pfn - m->base_pfn;

	run_on(m, 0);
	lx_set_pageblock_migratetype(m, at, type);
	lx_move_freepages_block(m, page_zone(m, at), at, type, NULL);
}

/* The first cpu stays: on x86 it cannot go. */
static bool linux_set_cpu(void *state, unsigned cpu, bool online)
{
	struct machine *m = state;

	if (cpu >= m->nr_cpus || !cpu || !!(m->cpu_online >> cpu & 1u) == online)
		return false;
	run_on(m, 0);
	if (online)
		lx_page_alloc_cpu_online(m, cpu);
	else
		lx_page_alloc_cpu_dead(m, cpu);
	return true;
}

static enum pf_compact_result linux_compact(void *state, const struct pf_compact_request *req)
{
	struct machine *m = state;

	run_on(m, 0);
	return lx_compact(m, req);
}

static bool linux_tick(void *state, enum pf_daemon daemon, unsigned node, unsigned order)
{
	struct machine *m = state;

	run_on(m, 0);
	if (m->off.no_compaction)
		return false;
	/* There is no reclaim: it finds nothing to do. prepare_kswapd_sleep() was true. */
	if (daemon == PF_KSWAPD) {
		lx_reset_isolation_suitable(m, node);
		return true;
	}
	/* Nobody wakes it for what can't be. */
	if (order > m->max_order)
		order = 0;
	return lx_kcompactd_tick(m, node, order, daemon == PF_KCOMPACTD_PROACTIVE);
}

/* On the cpu that ran last; attributes come from no cpu. */
static void linux_set_attrs(void *state, pf_pfn pfn, unsigned attrs)
{
	struct machine *m = state;

	if (attrs & PF_PAGE_LRU)
		lx_cache_page(m, pfn - m->base_pfn);
}

static bool linux_load(void *state, const struct pf_dump *dump)
{
	return lx_load(state, dump);
}

static void linux_dump(void *state, struct pf_dump *d)
{
	lx_dump(state, d);
}

static unsigned linux_block_type(void *state, pf_pfn pfn)
{
	struct machine *m = state;

	return get_pageblock_migratetype(m, pfn - m->base_pfn);
}

static const char *linux_self_check(void *state)
{
	return lx_self_check(state);
}

/* What all variants have; a later initialiser of a field wins. */
#define COMMON                                                                                   \
	.footprint = lx_footprint, .init = linux_init, .alloc = linux_alloc, .free = linux_free, \
	.census = linux_census, .counters = linux_counters, .stats = linux_stats,                \
	.split = linux_split, .claim = linux_claim, .block_type = linux_block_type,              \
	.self_check = linux_self_check, .retype = linux_retype, .load = linux_load,              \
	.dump = linux_dump, .tune = linux_tune, .set_cpu = linux_set_cpu,                        \
	.set_attrs = linux_set_attrs

#define FEATURES (PF_F_MOBILITY | PF_F_ZONES | PF_F_SNAPSHOT)

/* `self` says what is left out; NULL: nothing. */
static void linux_init(const void *self, void *state, const struct pf_layout *layout,
		       struct pf_world *world)
{
	static const struct lx_switches none;

	lx_boot(state, layout, world, self ? self : &none);
}

static const struct lx_switches plain = {
	.no_pcp = true,
	.no_vmstat_diff = true,
	.no_nofragment = true,
	.no_boost = true,
	.no_highatomic = true,
	.no_lowmem_reserve = true,
	.always_grouping = true,
	.always_wake = true,
	.no_compaction = true,
};

const struct pf_impl pf_impl_linux = {
	COMMON,
	.name = "linux",
	.summary = "port of the Linux 6.1.192 page allocator",
	.features = FEATURES | PF_F_WATERMARKS | PF_F_CACHE | PF_F_CAPTURE | PF_F_RULES,
	.tier = PF_TIER_TWIN,
	.group = "linux-6.1",
	.alloc_bulk = linux_alloc_bulk,
	.drain = linux_drain,
	.compact = linux_compact,
	.tick = linux_tick,
	.alloc_exact = linux_alloc_exact,
};

const struct pf_impl pf_impl_linux_plain = {
	COMMON,
	.name = "linux-plain",
	.summary = "linux with all of that left out: the buddy core and nothing else",
	.features = FEATURES | PF_F_WATERMARKS | PF_F_CANONICAL,
	.tier = PF_TIER_EXACT,
	.group = "lists",
	.self = &plain,
};
