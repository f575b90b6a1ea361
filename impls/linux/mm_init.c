// SPDX-License-Identifier: GPL-2.0-only
/*
 * mm_init.c - from a layout to a machine with all its memory on the free lists:
 * where the arrays lie in the state, zones, zonelists, first release of memory; and
 * the formulas for marks, reserves and the size of per-cpu lists, at boot and
 * later. The kernel does this in mm/page_alloc.c and mm/memblock.c (6.1).
 */
#include <string.h>

#include "compaction.h"
#include "swap.h"

static size_t align_up(size_t n, size_t to)
{
	return (n + to - 1) & ~(to - 1);
}

static u32 nr_pageblocks(const struct pf_layout *layout)
{
	u32 last = (1u << layout->pageblock_order) - 1;

	return (pf_layout_pages(layout) + last) >> layout->pageblock_order;
}

/* Free lists of all zones, per-cpu lists of all zones and cpus, scratch lists. */
static u32 nr_list_heads(const struct pf_layout *layout)
{
	return layout->nr_zones * ((layout->max_order + 1u) * MIGRATE_TYPES +
				   layout->nr_cpus * (u32)NR_PCP_LISTS) +
	       NR_SCRATCH_LISTS;
}

/* Offsets of the arrays behind struct machine, a guard in front of each; returns the end of the last. */
static size_t place_arrays(const struct pf_layout *layout, size_t *flags, size_t *blocks,
			   size_t *links)
{
	size_t at = align_up(sizeof(struct machine), 64);

	at += PF_GUARD_BYTES;
	*flags = at;
	at = align_up(at + pf_layout_pages(layout), 64) + PF_GUARD_BYTES;
	*blocks = at;
	at = align_up(at + nr_pageblocks(layout), 64) + PF_GUARD_BYTES;
	*links = at;
	return at +
	       sizeof(struct list_head) * ((size_t)pf_layout_pages(layout) + nr_list_heads(layout));
}

size_t lx_footprint(const void *self, const struct pf_layout *layout)
{
	size_t flags, blocks, links;

	(void)self;
	return place_arrays(layout, &flags, &blocks, &links);
}

/* Memory that comes later has a memmap then, and none before. */
static bool is_absent(const struct pf_range *range)
{
	return range->kind != PF_RANGE_RESERVED;
}

static void init_lists(struct machine *m, u32 first, u32 nr)
{
	for (u32 head = first; head < first + nr; head++)
		m->lru[head].next = m->lru[head].prev = head;
}

/* Pages of the zone that are there at all. */
static u32 present_pages(const struct pf_layout *layout, const struct pf_zone_layout *zl)
{
	u32 present = zl->spanned;

	for (unsigned int i = 0; i < layout->nr_ranges; i++)
		if (is_absent(&layout->range[i]) &&
		    layout->range[i].start_pfn - zl->start_pfn < zl->spanned)
			present -= layout->range[i].nr_pages;
	return present;
}

/*
 * The first and the last page of each pageblock are in the zone. A small hole does not
 * count: there the memmap says what follows it. Ports the outcome of that name.
 */
static void set_zone_contiguous(struct machine *m, struct zone *zone)
{
	u64 nr = pageblock_nr_pages(m), end = absolute_pfn(m, zone->zone_end_pfn);
	u64 next;

	zone->contiguous = true;
	for (u64 pfn = absolute_pfn(m, zone->zone_start_pfn); pfn < end; pfn = next) {
		next = (pfn & ~(nr - 1)) + nr;
		if (next > end)
			next = end;
		if (!lx_page_in_zone(m, pfn, zone, true) ||
		    !lx_page_in_zone(m, next - 1, zone, false))
			zone->contiguous = false;
	}
}

static void init_zone(struct machine *m, unsigned int index)
{
	const struct pf_zone_layout *zl = &m->layout->zone[index];
	struct zone *zone = &m->zone[index];
	u32 nr_lists = (m->max_order + 1u) * MIGRATE_TYPES;
	u32 first_pcp = m->nr_pages + m->nr_zones * nr_lists;

	zone->zone_start_pfn = zl->start_pfn - m->base_pfn;
	zone->zone_end_pfn = zone->zone_start_pfn + zl->spanned;
	zone->spanned_pages = zl->spanned;
	zone->present_pages = present_pages(m->layout, zl);
	zone->index = (u8)index;
	zone->zone_idx = zl->type;
	zone->node = zl->node;
	for (unsigned int i = 0; i < NR_WMARK; i++)
		zone->_watermark[i] = zl->wmark[i];

	zone->free_list_base = m->nr_pages + index * nr_lists;
	init_lists(m, zone->free_list_base, nr_lists);

	/* BOOT_PAGESET_HIGH and _BATCH, and no differences are held back. */
	for (unsigned int cpu = 0; cpu < m->nr_cpus; cpu++) {
		struct per_cpu_pages *pcp = &zone->pcp[cpu];

		pcp->batch = 1;
		pcp->list_base = first_pcp + (index * m->nr_cpus + cpu) * NR_PCP_LISTS;
		init_lists(m, pcp->list_base, NR_PCP_LISTS);
	}
}

bool lx_in_hole(const struct machine *m, u32 pfn)
{
	for (unsigned int i = 0; i < m->layout->nr_ranges; i++) {
		const struct pf_range *range = &m->layout->range[i];

		if (is_absent(range) && absolute_pfn(m, pfn) - range->start_pfn < range->nr_pages)
			return true;
	}
	return false;
}

/* Behind the last page of the zone that is not in a hole. */
static u32 memory_end(const struct machine *m, const struct zone *zone)
{
	u32 end = zone->zone_end_pfn;

	for (unsigned int i = m->layout->nr_ranges; i-- > 0;) {
		const struct pf_range *range = &m->layout->range[i];

		if (is_absent(range) && range->start_pfn + range->nr_pages == absolute_pfn(m, end))
			end -= range->nr_pages;
	}
	return end;
}

/*
 * Which zone each page says it is in. Pages between two zones say the upper
 * one, pages after the last zone that one: the kernel initialises the memmap of
 * holes with the zone of the memory that follows. It matters in one place,
 * where buddy_merge_likely() starts from a page that need not be in the zone.
 *
 * A pageblock becomes movable with its first page. If that is no memory of the
 * zone, the block stays what zero means.
 */
static void memmap_init(struct machine *m)
{
	u32 nr = pageblock_nr_pages(m);
	u32 from = 0;

	for (unsigned int i = 0; i < m->nr_zones; i++) {
		u32 to = i + 1u == m->nr_zones ? m->nr_pages : memory_end(m, &m->zone[i]);

		memset(m->page_flags + from, (int)(i << PG_ZONE_SHIFT), to - from);
		from = to;
	}
	memset(m->pageblock_flags, m->off.always_grouping ? MIGRATE_MOVABLE : MIGRATE_UNMOVABLE,
	       m->nr_pageblocks);
	if (m->off.always_grouping)
		return;
	for (unsigned int i = 0; i < m->nr_zones; i++) {
		const struct zone *zone = &m->zone[i];

		for (u32 pfn = (zone->zone_start_pfn + nr - 1) & ~(nr - 1);
		     pfn < zone->zone_end_pfn; pfn += nr)
			if (!lx_in_hole(m, pfn))
				m->pageblock_flags[pfn >> m->pageblock_order] = MIGRATE_MOVABLE;
	}
}

static void init_node(struct machine *m, unsigned int node)
{
	pg_data_t *pgdat = &m->node[node];

	pgdat->node_id = (u8)node;
	pgdat->kswapd_highest_zoneidx = MAX_NR_ZONES;
	memset(pgdat->zone, LX_NO_ZONE, sizeof(pgdat->zone));
	for (unsigned int i = m->nr_zones; i-- > 0;) {
		const struct zone *zone = &m->zone[i];

		if (zone->node != node)
			continue;
		pgdat->zone[zone->zone_idx] = (u8)i;
		if (pgdat->nr_zones <= zone->zone_idx)
			pgdat->nr_zones = zone->zone_idx + 1;
		pgdat->node_present_pages += zone->present_pages;
		pgdat->node_start_pfn = zone->zone_start_pfn;
	}
	/* As kcompactd() sets it when it starts. */
	pgdat->kcompactd_highest_zoneidx = (u8)(pgdat->nr_zones - 1);
}

static void zonelist_add_node(const struct machine *m, struct zonelist *list, unsigned int node)
{
	for (int type = MAX_NR_ZONES - 1; type >= 0; type--) {
		for (unsigned int i = 0; i < m->nr_zones; i++) {
			if (m->zone[i].node != node || m->zone[i].zone_idx != type)
				continue;
			list->ref[list->nr].zone = (u8)i;
			list->ref[list->nr].zone_idx = (u8)type;
			list->nr++;
		}
	}
}

/* Nearest nodes first; the distance of two nodes is the difference of their numbers. */
static void build_zonelists(struct machine *m, unsigned int node)
{
	struct zonelist *fallback = &m->node[node].node_zonelists[ZONELIST_FALLBACK];
	struct zonelist *nofallback = &m->node[node].node_zonelists[ZONELIST_NOFALLBACK];

	zonelist_add_node(m, nofallback, node);
	zonelist_add_node(m, fallback, node);
	for (unsigned int distance = 1; distance < m->nr_nodes; distance++) {
		if (distance <= node)
			zonelist_add_node(m, fallback, node - distance);
		if (node + distance < m->nr_nodes)
			zonelist_add_node(m, fallback, node + distance);
	}
}

/* Release [pfn, end) in the largest aligned blocks. Ports __free_pages_memory() (6.1). */
static void free_pages_memory(struct machine *m, u32 pfn, u32 end)
{
	while (pfn < end) {
		unsigned int order = m->max_order;

		if (pfn && (unsigned int)__builtin_ctz(pfn) < order)
			order = (unsigned int)__builtin_ctz(pfn);
		while ((1u << order) > end - pfn)
			order--;
		lx_free_pages_core(m, pfn, order);
		pfn += 1u << order;
	}
}

static void free_all_memory(struct machine *m)
{
	const struct pf_layout *layout = m->layout;
	unsigned int next = 0;

	for (unsigned int i = 0; i < m->nr_zones; i++) {
		u32 pfn = m->zone[i].zone_start_pfn;
		u32 end = m->zone[i].zone_end_pfn;

		for (; next < layout->nr_ranges; next++) {
			u32 start = layout->range[next].start_pfn - m->base_pfn;

			if (start >= end)
				break;
			free_pages_memory(m, pfn, start);
			pfn = start + layout->range[next].nr_pages;
		}
		free_pages_memory(m, pfn, end);
	}
}

/* ------------------------------------------------------------ formulas --- */

/* Types of pageblocks in the kernel that is followed, which is built without CMA. */
#define KERNEL_MIGRATE_TYPES 5

static u64 mult_frac(u64 x, u64 numer, u64 denom)
{
	return x / denom * numer + x % denom * numer / denom;
}

static unsigned int int_sqrt(u64 x)
{
	u64 root = 0;

	for (u64 bit = 1ull << 31; bit; bit >>= 1)
		if ((root | bit) * (root | bit) <= x)
			root |= bit;
	return (unsigned int)root;
}

/* Pages beyond the HIGH marks of all zones up to a type, those of any node. */
static u32 nr_free_zone_pages(const struct machine *m, unsigned int highest_zoneidx)
{
	u32 sum = 0;

	for (unsigned int i = 0; i < m->nr_zones; i++) {
		const struct zone *zone = &m->zone[i];
		u32 high = wmark_pages(zone, WMARK_HIGH);

		if (zone->zone_idx <= highest_zoneidx && zone->managed_pages > high)
			sum += zone->managed_pages - high;
	}
	return sum;
}

unsigned int lx_nr_free_buffer_pages(const struct machine *m)
{
	return nr_free_zone_pages(m, PF_ZONE_NORMAL);
}

/* Four times the root of the memory in KiB. */
static void calculate_min_free_kbytes(struct machine *m)
{
	int new = (int)int_sqrt((u64)lx_nr_free_buffer_pages(m) * 4 * 16);

	if (new <= m->user_min_free_kbytes)
		return;
	m->min_free_kbytes = new < 128 ? 128 : new > 262144 ? 262144 : new;
}

/* About a thousandth of the zone, at most 64: one less than a power of two. */
static int zone_batchsize(const struct zone *zone)
{
	u32 batch = zone->managed_pages >> 10;

	if (batch > 256)
		batch = 256;
	batch /= 4;
	if (batch < 1)
		batch = 1;
	batch += batch / 2;
	return (1 << (31 - __builtin_clz(batch))) - 1;
}

/*
 * All lists of the zone together may hold as much as reaches to its LOW mark.
 * The cpus belong to every node, as in a machine whose nodes are emulated.
 */
static int zone_highsize(const struct machine *m, const struct zone *zone, int batch,
			 int cpu_online)
{
	int nr_split_cpus = __builtin_popcount(m->cpu_online) + cpu_online;
	int high = (int)wmark_pages(zone, WMARK_LOW) / nr_split_cpus;

	return high > batch << 2 ? high : batch << 2;
}

void lx_zone_pcp_update(struct machine *m, struct zone *zone, int cpu_online)
{
	int batch = zone_batchsize(zone);
	int high;

	if (batch < 1)
		batch = 1;
	high = zone_highsize(m, zone, batch, cpu_online);
	for (unsigned int cpu = 0; cpu < m->nr_cpus; cpu++) {
		zone->pcp[cpu].batch = batch;
		zone->pcp[cpu].high = high;
	}
}

/*
 * What of min_free_kbytes falls to a zone. As long as nobody has set that one
 * anew, it is what the machine was started with, whatever it came from.
 */
static u64 min_share(const struct machine *m, const struct zone *zone)
{
	u64 lowmem_pages = 0;

	if (!m->min_free_kbytes_set)
		return zone->_watermark[WMARK_MIN];
	for (unsigned int i = 0; i < m->nr_zones; i++)
		lowmem_pages += m->zone[i].managed_pages;
	return (u64)(m->min_free_kbytes >> 2) * zone->managed_pages / lowmem_pages;
}

static void __setup_per_zone_wmarks(struct machine *m)
{
	for (unsigned int i = 0; i < m->nr_zones; i++) {
		struct zone *zone = &m->zone[i];
		u64 tmp = min_share(m, zone);
		u64 scaled = mult_frac(zone->managed_pages, (u64)m->watermark_scale_factor, 10000);

		zone->_watermark[WMARK_MIN] = (u32)tmp;
		tmp >>= 2;
		if (tmp < scaled)
			tmp = scaled;
		zone->watermark_boost = 0;
		zone->_watermark[WMARK_LOW] = zone->_watermark[WMARK_MIN] + (u32)tmp;
		zone->_watermark[WMARK_HIGH] = zone->_watermark[WMARK_LOW] + (u32)tmp;
	}
}

void lx_setup_per_zone_wmarks(struct machine *m)
{
	__setup_per_zone_wmarks(m);
	for (unsigned int i = 0; i < m->nr_zones; i++)
		lx_zone_pcp_update(m, &m->zone[i], 0);
}

bool lx_min_free_kbytes_sysctl_handler(struct machine *m, u32 value)
{
	if (value > INT32_MAX)
		return false;
	m->user_min_free_kbytes = m->min_free_kbytes = (int)value;
	m->min_free_kbytes_set = true;
	lx_setup_per_zone_wmarks(m);
	return true;
}

bool lx_watermark_scale_factor_sysctl_handler(struct machine *m, u32 value)
{
	if (value < 1 || value > 3000)
		return false;
	m->watermark_scale_factor = (int)value;
	lx_setup_per_zone_wmarks(m);
	return true;
}

/* Lower zones keep pages from requests that could use the upper ones of the node. */
void lx_setup_per_zone_lowmem_reserve(struct machine *m)
{
	static const u32 sysctl_lowmem_reserve_ratio[MAX_NR_ZONES] = {
		[PF_ZONE_DMA] = 256,
		[PF_ZONE_DMA32] = 256,
		[PF_ZONE_NORMAL] = 32,
		[PF_ZONE_MOVABLE] = 0,
	};

	for (unsigned int i = 0; i < m->nr_zones; i++) {
		struct zone *zone = &m->zone[i];
		u32 ratio = sysctl_lowmem_reserve_ratio[zone->zone_idx];
		u32 managed_pages = 0;

		for (unsigned int j = zone->zone_idx + 1u; j < MAX_NR_ZONES; j++) {
			u8 upper = m->node[zone->node].zone[j];

			if (upper != LX_NO_ZONE)
				managed_pages += m->zone[upper].managed_pages;
			zone->count.lowmem_reserve[j] = ratio ? managed_pages / ratio : 0;
		}
	}
}

void lx_page_alloc_cpu_dead(struct machine *m, unsigned int cpu)
{
	m->cpu_online &= ~(1u << cpu);
	m->cpu = (unsigned int)__builtin_ctz(m->cpu_online);
	lx_lru_add_drain_cpu(m, cpu);
	lx_drain_pages(m, cpu, NULL);
	lx_cpu_vm_stats_fold(m, cpu);
	for (unsigned int i = 0; i < m->nr_zones; i++)
		lx_zone_pcp_update(m, &m->zone[i], 0);
	lx_refresh_zone_stat_thresholds(m);
}

void lx_page_alloc_cpu_online(struct machine *m, unsigned int cpu)
{
	/* The kernel asks before the cpu counts, hence the 1. */
	for (unsigned int i = 0; i < m->nr_zones; i++)
		lx_zone_pcp_update(m, &m->zone[i], 1);
	m->cpu_online |= 1u << cpu;
	lx_refresh_zone_stat_thresholds(m);
}

/* ---------------------------------------------------------------- boot --- */

static void init_sysctls(struct machine *m)
{
	m->user_min_free_kbytes = -1;
	m->watermark_boost_factor = 15000;
	m->watermark_scale_factor = 10;
	m->extfrag_threshold = 500;
	m->compaction_proactiveness = 20;
	m->compact_unevictable_allowed = true;
}

void lx_boot(struct machine *m, const struct pf_layout *layout, struct pf_world *world,
	     const struct lx_switches *off)
{
	size_t flags, blocks, links;

	place_arrays(layout, &flags, &blocks, &links);
	memset(m, 0, sizeof(*m));
	m->layout = layout;
	m->world = world;
	m->off = *off;
	m->wanted = world->wanted;
	m->page_flags = (u8 *)m + flags;
	m->pageblock_flags = (u8 *)m + blocks;
	m->lru = (struct list_head *)((char *)m + links);
	pf_guard(world, (char *)m + flags - PF_GUARD_BYTES, PF_GUARD_BYTES);
	pf_guard(world, (char *)m + blocks - PF_GUARD_BYTES, PF_GUARD_BYTES);
	pf_guard(world, (char *)m + links - PF_GUARD_BYTES, PF_GUARD_BYTES);
	m->nr_pages = pf_layout_pages(layout);
	m->nr_pageblocks = nr_pageblocks(layout);
	m->base_pfn = layout->base_pfn;
	m->max_order = layout->max_order;
	m->pageblock_order = layout->pageblock_order;
	m->nr_zones = layout->nr_zones;
	m->nr_nodes = layout->nr_nodes;
	m->nr_online_nodes = layout->nr_nodes;
	m->nr_cpus = layout->nr_cpus;
	m->cpu_online = (1u << layout->nr_cpus) - 1;
	m->scratch_list_base = m->nr_pages + nr_list_heads(layout) - NR_SCRATCH_LISTS;
	m->capc.page = LX_NONE;
	init_sysctls(m);

	for (unsigned int i = 0; i < m->nr_zones; i++)
		init_zone(m, i);
	memmap_init(m);
	for (unsigned int i = 0; i < m->nr_zones; i++)
		set_zone_contiguous(m, &m->zone[i]);
	for (unsigned int i = 0; i < m->nr_nodes; i++) {
		init_node(m, i);
		build_zonelists(m, i);
	}
	free_all_memory(m);

	/* The kernel decides on an estimate of what will be managed. */
	if (!off->always_grouping)
		m->page_group_by_mobility_disabled =
			off->no_grouping || nr_free_zone_pages(m, MAX_NR_ZONES - 1) <
						    pageblock_nr_pages(m) * KERNEL_MIGRATE_TYPES;
	calculate_min_free_kbytes(m);
	for (unsigned int i = 0; i < m->nr_zones; i++)
		lx_zone_pcp_update(m, &m->zone[i], 0);
	lx_refresh_zone_stat_thresholds(m);
	if (!off->no_lowmem_reserve)
		lx_setup_per_zone_lowmem_reserve(m);
	/* Totals start after boot. */
	memset(&m->stat, 0, sizeof(m->stat));
}
