// SPDX-License-Identifier: GPL-2.0-only
/*
 * dump.c - the whole state as a struct pf_dump, and from one. Not a port.
 */
#include "debug.h"
#include "internal.h"

/* -------------------------------------------------------------- writing --- */

/* A list that is a loop ends as one that is too long: for the reader to say. */
static void dump_list(const struct machine *m, struct pf_dump *d, struct pf_list *list, u32 head)
{
	pf_dump_begin(d, list);
	for (u32 at = m->lru[head].next; at != head && list->nr <= 2 * m->nr_pages + 64;
	     at = m->lru[at].next)
		pf_dump_add(d, list, absolute_pfn(m, at));
}

static void dump_zone_fields(const struct zone *zone, u32 *f)
{
	f[PF_DUMP_MANAGED] = zone->managed_pages;
	f[PF_DUMP_PRESENT] = zone->present_pages;
	f[PF_DUMP_FREE] = (u32)zone->vm_stat_free;
	f[PF_DUMP_WMARK_MIN] = zone->_watermark[WMARK_MIN];
	f[PF_DUMP_WMARK_LOW] = zone->_watermark[WMARK_LOW];
	f[PF_DUMP_WMARK_HIGH] = zone->_watermark[WMARK_HIGH];
	f[PF_DUMP_BOOST] = zone->watermark_boost;
	f[PF_DUMP_RESERVE_DMA] = zone->count.lowmem_reserve[PF_ZONE_DMA];
	f[PF_DUMP_RESERVE_DMA32] = zone->count.lowmem_reserve[PF_ZONE_DMA32];
	f[PF_DUMP_RESERVE_NORMAL] = zone->count.lowmem_reserve[PF_ZONE_NORMAL];
	f[PF_DUMP_RESERVE_MOVABLE] = zone->count.lowmem_reserve[PF_ZONE_MOVABLE];
	f[PF_DUMP_BOOSTED] = !!(zone->flags & ZONE_BOOSTED_WATERMARK);
	f[PF_DUMP_RECLAIM_ACTIVE] = !!(zone->flags & ZONE_RECLAIM_ACTIVE);
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
	f[PF_DUMP_ORDER_FAILED] = (u32)zone->compact_order_failed;
	f[PF_DUMP_BLOCKSKIP_FLUSH] = zone->compact_blockskip_flush;
}

static void dump_cpu(const struct machine *m, const struct per_cpu_pages *pcp, struct pf_dump *d,
		     u32 *f, struct pf_list *lists)
{
	f[PF_DUMP_COUNT] = (u32)pcp->count;
	f[PF_DUMP_HIGH] = (u32)pcp->high;
	f[PF_DUMP_BATCH] = (u32)pcp->batch;
	f[PF_DUMP_FREE_FACTOR] = (u32)pcp->free_factor;
	f[PF_DUMP_FREE_DIFF] = (u32)pcp->free_diff;
	f[PF_DUMP_STAT_THRESHOLD] = (u32)pcp->stat_threshold;
	for (unsigned int i = 0; i < NR_PCP_LISTS; i++)
		dump_list(m, d, &lists[i], pcp->list_base + i);
}

/* Pageblocks that the span of a zone touches. */
static u32 first_block(const struct machine *m, const struct zone *zone)
{
	return zone->zone_start_pfn >> m->pageblock_order;
}

static u32 end_block(const struct machine *m, const struct zone *zone)
{
	return ((zone->zone_end_pfn - 1) >> m->pageblock_order) + 1;
}

void lx_dump(const struct machine *m, struct pf_dump *d)
{
	d->nr_words = 0;
	d->nr_zones = m->nr_zones;
	d->nr_cpus = m->nr_cpus;
	d->nr_online_nodes = m->nr_online_nodes;
	for (unsigned int i = 0; i < PF_NR_TOTAL_FIELDS; i++)
		d->total[i] = (u32)m->total[i];
	for (unsigned int cpu = 0; cpu < m->nr_cpus; cpu++) {
		const struct folio_batch *fbatch = &m->lru_add[cpu];

		pf_dump_begin(d, &d->lru_add[cpu]);
		for (unsigned int i = 0; i < fbatch->nr; i++)
			pf_dump_add(d, &d->lru_add[cpu], absolute_pfn(m, fbatch->pages[i]));
	}
	for (unsigned int i = 0; i < m->nr_zones; i++) {
		const struct zone *zone = &m->zone[i];
		struct pf_zone_dump *zd = &d->zone[i];

		dump_zone_fields(zone, zd->field);
		for (unsigned int order = 0; order <= m->max_order; order++)
			for (unsigned int mt = 0; mt < MIGRATE_TYPES; mt++)
				dump_list(m, d, &zd->free[order][mt], free_list(zone, order, mt));
		for (unsigned int order = m->max_order + 1u; order < PF_NR_ORDERS; order++)
			for (unsigned int mt = 0; mt < MIGRATE_TYPES; mt++)
				pf_dump_begin(d, &zd->free[order][mt]);
		for (unsigned int cpu = 0; cpu < m->nr_cpus; cpu++)
			dump_cpu(m, &zone->pcp[cpu], d, zd->cpu[cpu], zd->pcp[cpu]);
		pf_dump_begin(d, &zd->others);
		pf_dump_begin(d, &zd->blocks);
		for (u32 block = first_block(m, zone); block < end_block(m, zone); block++)
			pf_dump_add(d, &zd->blocks, m->pageblock_flags[block]);
	}
}

/* -------------------------------------------------------------- reading --- */

/* compact_defer_shift is at most that; compaction.c counts up to it. */
#define MAX_DEFER_SHIFT 6
/* Of a mark, a reserve or a list, so that sums of them stay below 2^32. */
#define MAX_PAGES (1u << 29)
/* Batches are doubled so often: PCP_BATCH_SCALE_MAX of page_alloc.c. */
#define MAX_SCALE 5

static bool amounts_ok(const u32 *f)
{
	static const u8 amount[] = {PF_DUMP_WMARK_MIN,	    PF_DUMP_WMARK_LOW,
				    PF_DUMP_WMARK_HIGH,	    PF_DUMP_BOOST,
				    PF_DUMP_RESERVE_DMA,    PF_DUMP_RESERVE_DMA32,
				    PF_DUMP_RESERVE_NORMAL, PF_DUMP_RESERVE_MOVABLE};

	for (unsigned int i = 0; i < sizeof(amount); i++)
		if (f[amount[i]] > MAX_PAGES)
			return false;
	return f[PF_DUMP_WMARK_MIN] <= f[PF_DUMP_WMARK_LOW] &&
	       f[PF_DUMP_WMARK_LOW] <= f[PF_DUMP_WMARK_HIGH];
}

/* Nothing that the code divides by, shifts by or counts down is out of its range. */
static bool zone_fields_ok(const struct machine *m, const struct zone *zone, const u32 *f)
{
	return amounts_ok(f) && f[PF_DUMP_PRESENT] <= zone->spanned_pages &&
	       f[PF_DUMP_MANAGED] <= f[PF_DUMP_PRESENT] &&
	       f[PF_DUMP_HIGHATOMIC] <= zone->spanned_pages + pageblock_nr_pages(m) &&
	       f[PF_DUMP_DEFER_SHIFT] <= MAX_DEFER_SHIFT &&
	       f[PF_DUMP_CONSIDERED] <= 1u << f[PF_DUMP_DEFER_SHIFT] &&
	       f[PF_DUMP_ORDER_FAILED] <= m->max_order + 1u;
}

static bool cpu_fields_ok(const u32 *f)
{
	int diff = (int)f[PF_DUMP_FREE_DIFF];

	return f[PF_DUMP_HIGH] <= MAX_PAGES && f[PF_DUMP_BATCH] <= MAX_PAGES >> MAX_SCALE &&
	       f[PF_DUMP_FREE_FACTOR] < 32 &&
	       (u64)f[PF_DUMP_BATCH] << f[PF_DUMP_FREE_FACTOR] <= MAX_PAGES &&
	       f[PF_DUMP_STAT_THRESHOLD] <= INT8_MAX && diff >= INT8_MIN && diff <= INT8_MAX;
}

static void load_zone_fields(struct zone *zone, const u32 *f)
{
	zone->managed_pages = f[PF_DUMP_MANAGED];
	zone->present_pages = f[PF_DUMP_PRESENT];
	zone->vm_stat_free = (int32_t)f[PF_DUMP_FREE];
	zone->_watermark[WMARK_MIN] = f[PF_DUMP_WMARK_MIN];
	zone->_watermark[WMARK_LOW] = f[PF_DUMP_WMARK_LOW];
	zone->_watermark[WMARK_HIGH] = f[PF_DUMP_WMARK_HIGH];
	zone->watermark_boost = f[PF_DUMP_BOOST];
	zone->count.lowmem_reserve[PF_ZONE_DMA] = f[PF_DUMP_RESERVE_DMA];
	zone->count.lowmem_reserve[PF_ZONE_DMA32] = f[PF_DUMP_RESERVE_DMA32];
	zone->count.lowmem_reserve[PF_ZONE_NORMAL] = f[PF_DUMP_RESERVE_NORMAL];
	zone->count.lowmem_reserve[PF_ZONE_MOVABLE] = f[PF_DUMP_RESERVE_MOVABLE];
	zone->flags = (f[PF_DUMP_BOOSTED] ? ZONE_BOOSTED_WATERMARK : 0) |
		      (f[PF_DUMP_RECLAIM_ACTIVE] ? ZONE_RECLAIM_ACTIVE : 0);
	zone->nr_reserved_highatomic = f[PF_DUMP_HIGHATOMIC];
	zone->nr_isolate_pageblock = f[PF_DUMP_NR_ISOLATE];
	zone->contiguous = f[PF_DUMP_CONTIGUOUS];
	zone->compact_cached_free_pfn = f[PF_DUMP_CACHED_FREE];
	zone->compact_cached_migrate_pfn[0] = f[PF_DUMP_CACHED_MIGRATE_ASYNC];
	zone->compact_cached_migrate_pfn[1] = f[PF_DUMP_CACHED_MIGRATE_SYNC];
	zone->compact_init_free_pfn = f[PF_DUMP_INIT_FREE];
	zone->compact_init_migrate_pfn = f[PF_DUMP_INIT_MIGRATE];
	zone->compact_considered = f[PF_DUMP_CONSIDERED];
	zone->compact_defer_shift = f[PF_DUMP_DEFER_SHIFT];
	zone->compact_order_failed = (int)f[PF_DUMP_ORDER_FAILED];
	zone->compact_blockskip_flush = f[PF_DUMP_BLOCKSKIP_FLUSH];
}

static bool list_ok(const struct pf_dump *d, const struct pf_list *list)
{
	return list->first <= d->nr_words && list->nr <= d->nr_words - list->first;
}

static bool load_blocks(struct machine *m, const struct zone *zone, const struct pf_dump *d,
			const struct pf_list *list)
{
	u32 first = first_block(m, zone);

	if (!list_ok(d, list) || list->nr != end_block(m, zone) - first)
		return false;
	for (u32 i = 0; i < list->nr; i++) {
		u32 word = d->word[list->first + i];

		if ((word & PB_TYPE_MASK) >= MIGRATE_TYPES)
			return false;
		m->pageblock_flags[first + i] = (u8)(word & (PB_TYPE_MASK | PB_MIGRATE_SKIP));
	}
	return true;
}

/* The relative pfn of a list's word; LX_NONE if no block of that order can be there. */
static u32 block_of_word(const struct machine *m, const struct zone *zone, u32 word,
			 unsigned int order)
{
	u32 pfn = word - m->base_pfn;

	if ((word & ((1u << order) - 1)) || pfn < zone->zone_start_pfn ||
	    pfn >= zone->zone_end_pfn || zone->zone_end_pfn - pfn < 1u << order ||
	    (m->page_flags[pfn] & PG_STATE_MASK))
		return LX_NONE;
	return pfn;
}

static bool load_free_list(struct machine *m, struct zone *zone, const struct pf_dump *d,
			   unsigned int order, unsigned int mt, const struct pf_list *list)
{
	if (order > m->max_order)
		return !list->nr;
	if (!list_ok(d, list))
		return false;
	for (u32 i = 0; i < list->nr; i++) {
		u32 pfn = block_of_word(m, zone, d->word[list->first + i], order);

		if (pfn == LX_NONE)
			return false;
		set_buddy_order(m, pfn, order);
		list_add_tail(m->lru, pfn, free_list(zone, order, mt));
		zone->count.nr_free[order]++;
		if (is_migrate_isolate(mt))
			zone->count.isolated += 1u << order;
		else
			zone->count.free += 1u << order;
	}
	return true;
}

/*
 * The type that a cached block goes back to. The dump has only the list, so it
 * is a guess where one list serves several types.
 */
static unsigned int cached_type(const struct machine *m, u32 pfn, unsigned int pindex)
{
	unsigned int block_mt = get_pageblock_migratetype(m, pfn);
	unsigned int mt = pindex % MIGRATE_PCPTYPES;

	if (pindex >= NR_LOWORDER_PCP_LISTS)
		mt = pindex > NR_LOWORDER_PCP_LISTS ? MIGRATE_MOVABLE : MIGRATE_UNMOVABLE;
	if (mt == MIGRATE_MOVABLE)
		return block_mt == MIGRATE_HIGHATOMIC || is_migrate_cma(block_mt) ? block_mt : mt;
	if (pindex == NR_LOWORDER_PCP_LISTS && block_mt == MIGRATE_RECLAIMABLE)
		return block_mt;
	return mt;
}

static bool load_cpu(struct machine *m, struct zone *zone, const struct pf_dump *d,
		     unsigned int cpu, const struct pf_zone_dump *zd)
{
	struct per_cpu_pages *pcp = &zone->pcp[cpu];
	const u32 *f = zd->cpu[cpu];

	if (!cpu_fields_ok(f))
		return false;
	pcp->count = 0;
	pcp->high = (int)f[PF_DUMP_HIGH];
	pcp->batch = f[PF_DUMP_BATCH] ? (int)f[PF_DUMP_BATCH] : 1;
	pcp->free_factor = (short)f[PF_DUMP_FREE_FACTOR];
	pcp->free_diff = (int)f[PF_DUMP_FREE_DIFF];
	pcp->stat_threshold = (short)f[PF_DUMP_STAT_THRESHOLD];

	for (unsigned int i = 0; i < NR_PCP_LISTS; i++) {
		const struct pf_list *list = &zd->pcp[cpu][i];
		unsigned int order = pindex_to_order(m, i);

		if (!list_ok(d, list) || (list->nr && order > m->max_order))
			return false;
		for (u32 j = 0; j < list->nr; j++) {
			u32 pfn = block_of_word(m, zone, d->word[list->first + j], order);

			if (pfn == LX_NONE)
				return false;
			set_pcppage_migratetype(m, pfn, cached_type(m, pfn, i));
			list_add_tail(m->lru, pfn, pcp->list_base + i);
			pcp->count += 1 << order;
		}
	}
	zone->count.cached += (u32)pcp->count;
	return (u32)pcp->count == f[PF_DUMP_COUNT];
}

static void forget_lists(struct machine *m, struct zone *zone)
{
	u32 nr = (m->max_order + 1u) * MIGRATE_TYPES;

	for (u32 pfn = zone->zone_start_pfn; pfn < zone->zone_end_pfn; pfn++)
		clear_page_state(m, pfn);
	for (u32 head = zone->free_list_base; head < zone->free_list_base + nr; head++)
		m->lru[head].next = m->lru[head].prev = head;
	for (unsigned int cpu = 0; cpu < m->nr_cpus; cpu++)
		for (u32 head = zone->pcp[cpu].list_base;
		     head < zone->pcp[cpu].list_base + NR_PCP_LISTS; head++)
			m->lru[head].next = m->lru[head].prev = head;
	zone->count = (struct pf_zone_counters){0};
}

/* What the others' pages are, as far as it matters to a scanner. */
static bool load_others(struct machine *m, const struct zone *zone, const struct pf_dump *d,
			const struct pf_list *list)
{
	if (!list_ok(d, list) || list->nr % 2)
		return false;
	for (u32 i = 0; i < list->nr; i += 2) {
		u32 pfn = d->word[list->first + i] - m->base_pfn,
		    what = d->word[list->first + i + 1];
		bool hole = what & PF_OTHERS_HOLE;
		u32 nr = hole ? what & ~PF_OTHERS_HOLE : 1u << (what & 31);

		if ((!hole && what > m->max_order) || pfn < zone->zone_start_pfn ||
		    pfn >= zone->zone_end_pfn || nr > zone->zone_end_pfn - pfn)
			return false;
		for (u32 pg = pfn; pg < pfn + nr; pg++) {
			if (m->page_flags[pg] & PG_STATE_MASK)
				return false;
			m->page_flags[pg] |= hole ? PG_HOLE : PG_FOREIGN;
			m->lru[pg] = (struct list_head){.next = pfn, .prev = what};
		}
	}
	return true;
}

static bool load_zone(struct machine *m, struct zone *zone, const struct pf_dump *d,
		      const struct pf_zone_dump *zd)
{
	u32 max_drift = 0;

	if (!zone_fields_ok(m, zone, zd->field))
		return false;
	forget_lists(m, zone);
	load_zone_fields(zone, zd->field);
	if (!load_blocks(m, zone, d, &zd->blocks))
		return false;
	for (unsigned int order = 0; order < PF_NR_ORDERS; order++)
		for (unsigned int mt = 0; mt < MIGRATE_TYPES; mt++)
			if (!load_free_list(m, zone, d, order, mt, &zd->free[order][mt]))
				return false;
	for (unsigned int cpu = 0; cpu < m->nr_cpus; cpu++) {
		if (!load_cpu(m, zone, d, cpu, zd))
			return false;
		max_drift += (u32)zone->pcp[cpu].stat_threshold;
	}
	if (!load_others(m, zone, d, &zd->others))
		return false;
	/* Pages on no list belong to other people. */
	zone->count.managed = zone->count.free + zone->count.cached + zone->count.isolated;
	if (zone->count.managed > zone->managed_pages)
		return false;
	/* Not in the dump, but it follows from what is. */
	zone->percpu_drift_mark = 0;
	if (max_drift > zone->_watermark[WMARK_LOW] - zone->_watermark[WMARK_MIN])
		zone->percpu_drift_mark = zone->_watermark[WMARK_HIGH] + max_drift;
	return true;
}

bool lx_load(struct machine *m, const struct pf_dump *d)
{
	if (d->lists_absent || d->nr_words > d->room || d->nr_zones != m->nr_zones ||
	    d->nr_cpus != m->nr_cpus || d->nr_online_nodes > UINT8_MAX)
		return false;
	for (unsigned int i = 0; i < m->nr_zones; i++)
		if (!load_zone(m, &m->zone[i], d, &d->zone[i]))
			return false;
	for (unsigned int i = 0; i < PF_NR_TOTAL_FIELDS; i++)
		m->total[i] = m->total_at_load[i] = d->total[i];
	for (unsigned int i = 0; i < m->nr_nodes; i++) {
		m->node[i].node_present_pages = 0;
		for (unsigned int type = 0; type < MAX_NR_ZONES; type++)
			if (m->node[i].zone[type] != LX_NO_ZONE)
				m->node[i].node_present_pages +=
					m->zone[m->node[i].zone[type]].present_pages;
	}
	/* There may be nodes that the layout does not show. */
	if (d->nr_online_nodes > m->nr_nodes)
		m->nr_online_nodes = d->nr_online_nodes;
	m->page_group_by_mobility_disabled = false;
	return !lx_self_check(m);
}
