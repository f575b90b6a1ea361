// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmstat.c - counters: the shares of NR_FREE_PAGES that cpus hold back, events,
 * and what the numbers of free blocks say about fragmentation. Ports the part
 * of mm/vmstat.c of 6.1 that decisions depend on.
 */
#include "internal.h"

void lx_emit(struct machine *m, enum pf_event_type type, const int64_t *field, size_t nr)
{
	struct pf_event ev = {.type = (uint16_t)type, .nr_fields = (uint16_t)nr};

	for (size_t i = 0; i < nr; i++)
		ev.field[i] = field[i];
	m->world->event(m->world, &ev);
}

/* ------------------------------------------------- differences per cpu --- */

static unsigned int nr_online_cpus(const struct machine *m)
{
	return (unsigned int)__builtin_popcount(m->cpu_online);
}

static unsigned int fls(u32 x)
{
	return x ? 32u - (unsigned int)__builtin_clz(x) : 0;
}

/* More cpus and larger zones: more to gain, and a larger error does no harm. */
static unsigned int calculate_normal_threshold(const struct machine *m, const struct zone *zone)
{
	unsigned int per_128mb = zone->managed_pages >> (27 - 12);
	unsigned int threshold = 2 * fls(nr_online_cpus(m)) * (1 + fls(per_128mb));

	return threshold < 125 ? threshold : 125;
}

void lx_refresh_zone_stat_thresholds(struct machine *m)
{
	for (unsigned int i = 0; i < m->nr_zones; i++) {
		struct zone *zone = &m->zone[i];
		unsigned int threshold =
			m->off.no_vmstat_diff ? 0 : calculate_normal_threshold(m, zone);
		u32 max_drift = nr_online_cpus(m) * threshold;

		for (unsigned int cpu = 0; cpu < m->nr_cpus; cpu++)
			if (m->cpu_online & (1u << cpu))
				zone->pcp[cpu].stat_threshold = (short)threshold;
		/* Only if cpus could hide that the MIN mark is passed. */
		if (max_drift > zone->_watermark[WMARK_LOW] - zone->_watermark[WMARK_MIN])
			zone->percpu_drift_mark = wmark_pages(zone, WMARK_HIGH) + max_drift;
	}
}

void lx_cpu_vm_stats_fold(struct machine *m, unsigned int cpu)
{
	for (unsigned int i = 0; i < m->nr_zones; i++) {
		struct zone *zone = &m->zone[i];

		zone->vm_stat_free += zone->pcp[cpu].free_diff;
		zone->pcp[cpu].free_diff = 0;
	}
}

u32 lx_zone_page_state_snapshot(const struct machine *m, const struct zone *zone)
{
	int64_t x = zone->vm_stat_free;

	for (unsigned int cpu = 0; cpu < m->nr_cpus; cpu++)
		if (m->cpu_online & (1u << cpu))
			x += zone->pcp[cpu].free_diff;
	return x < 0 ? 0 : (u32)x;
}

/* -------------------------------------------------------- fragmentation --- */

static void fill_contig_page_info(const struct machine *m, const struct zone *zone,
				  unsigned int suitable_order, struct contig_page_info *info)
{
	*info = (struct contig_page_info){0};
	for (unsigned int order = 0; order <= m->max_order; order++) {
		u64 blocks = zone->count.nr_free[order];

		info->free_blocks_total += blocks;
		info->free_pages += blocks << order;
		if (order >= suitable_order)
			info->free_blocks_suitable += blocks << (order - suitable_order);
	}
}

int lx_fragmentation_index(const struct machine *m, const struct zone *zone, unsigned int order)
{
	struct contig_page_info info;

	fill_contig_page_info(m, zone, order, &info);
	if (order > m->max_order || !info.free_blocks_total)
		return 0;
	if (info.free_blocks_suitable)
		return -1000;
	return 1000 -
	       (int)((1000 + info.free_pages * 1000 / (1u << order)) / info.free_blocks_total);
}

unsigned int lx_extfrag_for_order(const struct machine *m, const struct zone *zone,
				  unsigned int order)
{
	struct contig_page_info info;

	fill_contig_page_info(m, zone, order, &info);
	if (!info.free_pages)
		return 0;
	return (unsigned int)((info.free_pages - (info.free_blocks_suitable << order)) * 100 /
			      info.free_pages);
}
