/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * internal.h - small inline helpers on the state of mmzone.h, and the functions
 * that one file of this folder offers to another (prefix lx_, so that ports of
 * several kernels can live in one program). Follows mm/internal.h of 6.1.
 */
#ifndef PAGEFUZZ_LINUX_INTERNAL_H
#define PAGEFUZZ_LINUX_INTERNAL_H

#include "mmzone.h"

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* How hard an allocation tries; bit values of 6.1.192. */
#define ALLOC_WMARK_MIN	    WMARK_MIN
#define ALLOC_WMARK_LOW	    WMARK_LOW
#define ALLOC_WMARK_HIGH    WMARK_HIGH
#define ALLOC_WMARK_MASK    0x3u
#define ALLOC_NO_WATERMARKS 0x4u
#define ALLOC_OOM	    0x8u
#define ALLOC_NON_BLOCK	    0x10u
#define ALLOC_MIN_RESERVE   0x20u
#define ALLOC_HIGHATOMIC    0x200u
#define ALLOC_KSWAPD	    0x800u
#define ALLOC_RESERVES	    (ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE | ALLOC_HIGHATOMIC | ALLOC_OOM)

/* Two request flags are passed through as they are. */
_Static_assert(ALLOC_MIN_RESERVE == PF_GFP_HIGH, "bit of ALLOC_MIN_RESERVE");
_Static_assert(ALLOC_KSWAPD == PF_GFP_KSWAPD_RECLAIM, "bit of ALLOC_KSWAPD");

/* How a block is put on its free list. */
typedef unsigned int fpi_t;
#define FPI_NONE    0u
#define FPI_TO_TAIL 1u /* at the tail, whatever else speaks for the head */

/* No such page or list. */
#define LX_NONE UINT32_MAX

/* ------------------------------------------------------------ pageblocks -- */

static inline u32 pageblock_nr_pages(const struct machine *m)
{
	return 1u << m->pageblock_order;
}

static inline unsigned int get_pageblock_migratetype(const struct machine *m, u32 pfn)
{
	return m->pageblock_flags[pfn >> m->pageblock_order];
}

static inline bool migratetype_is_mergeable(unsigned int mt)
{
	return mt < MIGRATE_PCPTYPES;
}

/* ----------------------------------------------------------------- pages -- */

static inline struct zone *page_zone(struct machine *m, u32 pfn)
{
	return &m->zone[m->page_flags[pfn] >> PG_ZONE_SHIFT];
}

static inline bool page_buddy(const struct machine *m, u32 pfn)
{
	return m->page_flags[pfn] & PG_BUDDY_MASK;
}

/* Only for a page that heads a free block. */
static inline unsigned int buddy_order(const struct machine *m, u32 pfn)
{
	return (m->page_flags[pfn] & PG_BUDDY_MASK) - 1u;
}

static inline void set_buddy_order(struct machine *m, u32 pfn, unsigned int order)
{
	m->page_flags[pfn] = (u8)((m->page_flags[pfn] & PG_ZONE_MASK) | (order + 1));
}

static inline bool zone_spans_pfn(const struct zone *zone, u32 pfn)
{
	return zone->zone_start_pfn <= pfn && pfn < zone->zone_end_pfn;
}

/*
 * Is `buddy` the head of a free block of just this order, in the zone that page
 * `pfn` says it is in? False beyond the end of the layout.
 */
static inline bool page_is_buddy(const struct machine *m, u32 pfn, u32 buddy, unsigned int order)
{
	return buddy < m->nr_pages &&
	       m->page_flags[buddy] == ((m->page_flags[pfn] & PG_ZONE_MASK) | (order + 1));
}

/* ------------------------------------------------------------- free lists -- */

static inline u32 free_list(const struct zone *zone, unsigned int order, unsigned int mt)
{
	return zone->free_list_base + order * MIGRATE_TYPES + mt;
}

static inline bool free_area_empty(const struct machine *m, const struct zone *zone,
				   unsigned int order, unsigned int mt)
{
	u32 head = free_list(zone, order, mt);

	return m->lru[head].next == head;
}

/* First block of a list, LX_NONE if it is empty. */
static inline u32 get_page_from_free_area(const struct machine *m, const struct zone *zone,
					  unsigned int order, unsigned int mt)
{
	u32 head = free_list(zone, order, mt);
	u32 pfn = m->lru[head].next;

	return pfn == head ? LX_NONE : pfn;
}

static inline void __list_insert(struct list_head *lru, u32 entry, u32 prev, u32 next)
{
	lru[entry].prev = prev;
	lru[entry].next = next;
	lru[prev].next = entry;
	lru[next].prev = entry;
}

static inline void list_add(struct list_head *lru, u32 entry, u32 head)
{
	__list_insert(lru, entry, head, lru[head].next);
}

static inline void list_add_tail(struct list_head *lru, u32 entry, u32 head)
{
	__list_insert(lru, entry, lru[head].prev, head);
}

static inline void list_del(struct list_head *lru, u32 entry)
{
	u32 prev = lru[entry].prev;
	u32 next = lru[entry].next;

	lru[prev].next = next;
	lru[next].prev = prev;
}

/* ---------------------------------------------------------------- others -- */

static inline pf_pfn absolute_pfn(const struct machine *m, u32 pfn)
{
	return m->base_pfn + pfn;
}

/* Account `units` pages, blocks or entries looked at. May not return. */
static inline void spent(struct machine *m, unsigned int units)
{
	m->world->spent(m->world, units);
}

/* ---------------------------------------------------------- mm_init.c --- */

/* Bytes of state for a layout. */
size_t lx_footprint(const struct pf_layout *layout);

/*
 * Boot: describe zones and pages, order the zonelists and give all memory to
 * the free lists. Ports the outcome of memmap_init(), build_all_zonelists() and
 * memblock_free_all() (6.1).
 */
void lx_boot(struct machine *m, const struct pf_layout *layout, struct pf_world *world);

/* ------------------------------------------------------- page_alloc.c --- */

/* A block of 2^req->order pages, LX_NONE if there is none. Ports __alloc_pages() (6.1). */
u32 lx_alloc_pages(struct machine *m, const struct pf_request *req);

/* Give back 2^order allocated pages. Ports __free_pages_ok() (6.1). */
void lx_free_pages_ok(struct machine *m, u32 pfn, unsigned int order, fpi_t fpi_flags);

/*
 * First release of 2^order pages: they become managed, and go to the tail of
 * their list. Ports __free_pages_core() (6.1).
 */
void lx_free_pages_core(struct machine *m, u32 pfn, unsigned int order);

/*
 * Take exactly these 2^order pages out of the free block around them; false if
 * there is none. Ports take_page_off_buddy() (6.1), for any order.
 */
bool lx_take_page_off_buddy(struct machine *m, u32 pfn, unsigned int order);

/* Change the type of one pageblock. Ports set_pageblock_migratetype() (6.1). */
void lx_set_pageblock_migratetype(struct machine *m, u32 pfn, unsigned int mt);

#endif /* PAGEFUZZ_LINUX_INTERNAL_H */
