/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap.h - pages of the page cache and their way to the LRU lists. Follows the
 * part of mm/swap.c of 6.1 that compaction meets; reclaim has no say yet, so
 * whether a page is on a list is kept, but not where.
 *
 * Such a page is one that the world called PF_PAGE_LRU: single, of a mapping
 * without a migrate_folio() of its own, referenced by the cache alone.
 */
#ifndef PAGEFUZZ_LINUX_SWAP_H
#define PAGEFUZZ_LINUX_SWAP_H

#include "internal.h"

/* In the page cache; the rest of its life. */
static inline bool page_in_cache(const struct machine *m, u32 pfn)
{
	return (m->page_flags[pfn] & PG_STATE_MASK) >= PG_LRU;
}

/* Ports PageLRU() (6.1). */
static inline bool page_lru(const struct machine *m, u32 pfn)
{
	return page_in_cache(m, pfn) && (m->page_flags[pfn] & PG_STATE_MASK) != PG_LRU_OFF;
}

/* Ports PageUnevictable() (6.1), for a page that is on a list. */
static inline bool page_unevictable(const struct machine *m, u32 pfn)
{
	return (m->page_flags[pfn] & PG_STATE_MASK) == PG_LRU_UNEVICTABLE;
}

/* To the batch of the running cpu, which empties itself once it is full. folio_add_lru() (6.1). */
void lx_folio_add_lru(struct machine *m, u32 pfn);

/* Off its list; it is still in the cache. Ports lruvec_del_folio() (6.1). */
void lx_lruvec_del_folio(struct machine *m, u32 pfn);

/* The batch of a cpu to the lists. Ports lru_add_drain_cpu() (6.1); of all: lru_add_drain_all(). */
void lx_lru_add_drain_cpu(struct machine *m, unsigned int cpu);
void lx_lru_add_drain_all(struct machine *m);

/*
 * An allocated page goes into the cache, or changes from one list to the other,
 * as filemap_add_folio() and mlock() do it. It is on its list afterwards.
 */
void lx_cache_page(struct machine *m, u32 pfn);

/*
 * The last reference of a page of the cache goes: it is an ordinary allocated
 * page then, for the caller to free. Like truncation and munmap(), this empties
 * the batch first.
 */
void lx_uncache_page(struct machine *m, u32 pfn);

/* What reclaim could free in a zone. Ports zone_reclaimable_pages() (6.1.192). */
u32 lx_zone_reclaimable_pages(const struct machine *m, const struct zone *zone);

#endif /* PAGEFUZZ_LINUX_SWAP_H */
