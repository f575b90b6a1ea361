// SPDX-License-Identifier: GPL-2.0-only
/*
 * swap.c - pages of the page cache on their way to the LRU lists: collected by
 * cpu, 15 at a time, and on no list until then. Ports the part of mm/swap.c of
 * 6.1 that compaction meets; see swap.h.
 */
#include "swap.h"

static void set_lru_state(struct machine *m, u32 pfn, unsigned int state)
{
	m->page_flags[pfn] = (u8)((m->page_flags[pfn] & PG_ZONE_MASK) | state);
}

/* Counted on the inactive file list: what the cache holds is never promoted yet. */
static void update_lru_size(struct machine *m, u32 pfn, int nr)
{
	struct zone *zone = page_zone(m, pfn);

	zone->nr_zone_inactive_file += (u32)nr;
	m->node[zone->node].nr_inactive_file += (u32)nr;
}

/* mapping_unevictable(): the world keeps that apart for each page. Ports lru_add_fn() (6.1). */
static void lru_add_fn(struct machine *m, u32 pfn)
{
	if (m->world->attrs(m->world, absolute_pfn(m, pfn)) & PF_PAGE_EVICTABLE) {
		set_lru_state(m, pfn, PG_LRU);
		update_lru_size(m, pfn, 1);
	} else {
		set_lru_state(m, pfn, PG_LRU_UNEVICTABLE);
	}
}

void lx_lruvec_del_folio(struct machine *m, u32 pfn)
{
	if (!page_unevictable(m, pfn))
		update_lru_size(m, pfn, -1);
	set_lru_state(m, pfn, PG_LRU_OFF);
}

static void folio_batch_move_lru(struct machine *m, struct folio_batch *fbatch)
{
	spent(m, fbatch->nr);
	for (unsigned int i = 0; i < fbatch->nr; i++)
		lru_add_fn(m, fbatch->pages[i]);
	fbatch->nr = 0;
}

void lx_folio_add_lru(struct machine *m, u32 pfn)
{
	struct folio_batch *fbatch = &m->lru_add[m->cpu];

	set_lru_state(m, pfn, PG_LRU_OFF);
	fbatch->pages[fbatch->nr++] = pfn;
	if (fbatch->nr == PAGEVEC_SIZE)
		folio_batch_move_lru(m, fbatch);
}

void lx_lru_add_drain_cpu(struct machine *m, unsigned int cpu)
{
	if (m->lru_add[cpu].nr)
		folio_batch_move_lru(m, &m->lru_add[cpu]);
}

void lx_lru_add_drain_all(struct machine *m)
{
	for (unsigned int cpu = 0; cpu < m->nr_cpus; cpu++)
		lx_lru_add_drain_cpu(m, cpu);
}

/* The page may wait in the batch of a cpu that is not the running one. */
static void drain_for(struct machine *m, u32 pfn)
{
	lx_lru_add_drain_cpu(m, m->cpu);
	if (page_in_cache(m, pfn) && !page_lru(m, pfn))
		lx_lru_add_drain_all(m);
}

void lx_cache_page(struct machine *m, u32 pfn)
{
	drain_for(m, pfn);
	if (page_lru(m, pfn))
		lx_lruvec_del_folio(m, pfn);
	lx_folio_add_lru(m, pfn);
	lx_lru_add_drain_cpu(m, m->cpu);
}

void lx_uncache_page(struct machine *m, u32 pfn)
{
	drain_for(m, pfn);
	lx_lruvec_del_folio(m, pfn);
	clear_page_state(m, pfn);
}

u32 lx_zone_reclaimable_pages(const struct machine *m, const struct zone *zone)
{
	return zone->nr_zone_inactive_file ? zone->nr_zone_inactive_file
					   : lx_zone_page_state_snapshot(m, zone);
}
