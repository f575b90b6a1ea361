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
#define ALLOC_CPUSET	    0x40u
#define ALLOC_CMA	    0x80u
#define ALLOC_NOFRAGMENT    0x100u
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

/* What a request comes down to. */
struct alloc_context {
	const struct zonelist *zonelist;
	const struct zoneref *preferred_zoneref; /* NULL: no zone is allowed */
	unsigned int migratetype;
	unsigned int highest_zoneidx;
};

/* No such page or list. */
#define LX_NONE UINT32_MAX

/* ------------------------------------------------------------ pageblocks -- */

static inline u32 pageblock_nr_pages(const struct machine *m)
{
	return 1u << m->pageblock_order;
}

static inline unsigned int get_pageblock_migratetype(const struct machine *m, u32 pfn)
{
	return m->pageblock_flags[pfn >> m->pageblock_order] & PB_TYPE_MASK;
}

static inline void set_pfnblock_flags_mask(struct machine *m, u32 pfn, unsigned int flags,
					   unsigned int mask)
{
	u8 *byte = &m->pageblock_flags[pfn >> m->pageblock_order];

	*byte = (u8)((*byte & ~mask) | flags);
}

static inline bool get_pageblock_skip(const struct machine *m, u32 pfn)
{
	return m->pageblock_flags[pfn >> m->pageblock_order] & PB_MIGRATE_SKIP;
}

static inline void set_pageblock_skip(struct machine *m, u32 pfn)
{
	m->pageblock_flags[pfn >> m->pageblock_order] |= PB_MIGRATE_SKIP;
}

static inline void clear_pageblock_skip(struct machine *m, u32 pfn)
{
	m->pageblock_flags[pfn >> m->pageblock_order] &= (u8)~PB_MIGRATE_SKIP;
}

static inline bool is_migrate_isolate(unsigned int mt)
{
	return mt == MIGRATE_ISOLATE;
}

static inline bool is_migrate_cma(unsigned int mt)
{
	return mt == MIGRATE_CMA;
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

/* Does the page head a free block? */
static inline bool page_buddy(const struct machine *m, u32 pfn)
{
	return (m->page_flags[pfn] & PG_STATE_MASK) - 1u < PG_PCP - 1;
}

/* Only for a page that heads a free block. */
static inline unsigned int buddy_order(const struct machine *m, u32 pfn)
{
	return (m->page_flags[pfn] & PG_STATE_MASK) - 1u;
}

static inline void set_buddy_order(struct machine *m, u32 pfn, unsigned int order)
{
	m->page_flags[pfn] = (u8)((m->page_flags[pfn] & PG_ZONE_MASK) | (order + 1));
}

/* Does the page head a block on a per-cpu list? */
static inline bool page_pcp(const struct machine *m, u32 pfn)
{
	return (m->page_flags[pfn] & PG_STATE_MASK) - PG_PCP < MIGRATE_TYPES;
}

static inline unsigned int get_pcppage_migratetype(const struct machine *m, u32 pfn)
{
	return (m->page_flags[pfn] & PG_STATE_MASK) - PG_PCP;
}

static inline void set_pcppage_migratetype(struct machine *m, u32 pfn, unsigned int mt)
{
	m->page_flags[pfn] = (u8)((m->page_flags[pfn] & PG_ZONE_MASK) | (PG_PCP + mt));
}

static inline void clear_page_state(struct machine *m, u32 pfn)
{
	m->page_flags[pfn] &= PG_ZONE_MASK;
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

/* --------------------------------------------------------- per-cpu lists -- */

/* Order of the blocks on a list. Ports pindex_to_order() (6.1.192). */
static inline unsigned int pindex_to_order(const struct machine *m, unsigned int pindex)
{
	return pf_pcp_order(m->layout, pindex);
}

/* ------------------------------------------------------------- free lists -- */

static inline bool list_empty(const struct list_head *lru, u32 head)
{
	return lru[head].next == head;
}

static inline u32 free_list(const struct zone *zone, unsigned int order, unsigned int mt)
{
	return zone->free_list_base + order * MIGRATE_TYPES + mt;
}

static inline bool free_area_empty(const struct machine *m, const struct zone *zone,
				   unsigned int order, unsigned int mt)
{
	return list_empty(m->lru, free_list(zone, order, mt));
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

/* Event totals that dumps carry; PF_DUMP_* of enum pf_total_field. */
static inline void count_vm_events(struct machine *m, enum pf_total_field item, u64 n)
{
	m->total[item] += n;
}

/* Report an event if somebody wants it; the fields follow its type. */
#define lx_event(m, ev, ...)                                                               \
	do {                                                                               \
		if (unlikely((m)->wanted >> (ev)&1))                                       \
			lx_emit(m, ev, (const int64_t[]){__VA_ARGS__},                     \
				sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)); \
	} while (0)

void lx_emit(struct machine *m, enum pf_event_type type, const int64_t *field, size_t nr);

/* First zone at or after z that the request may use; NULL at the end of the list. */
static inline const struct zoneref *next_zones_zonelist(const struct zonelist *list,
							const struct zoneref *z,
							unsigned int highest_zoneidx)
{
	const struct zoneref *end = list->ref + list->nr;

	while (z < end && z->zone_idx > highest_zoneidx)
		z++;
	return z < end ? z : NULL;
}

/* Zones of a request from the preferred one on. */
#define for_each_zone_zonelist(z, ac)        \
	for (z = (ac)->preferred_zoneref; z; \
	     z = next_zones_zonelist((ac)->zonelist, z + 1, (ac)->highest_zoneidx))

static inline u32 wmark_pages(const struct zone *zone, enum zone_watermarks w)
{
	return zone->_watermark[w] + zone->watermark_boost;
}

/* zone_page_state(): what fast checks see, and never below zero. */
static inline u32 zone_page_state_free(const struct zone *zone)
{
	return zone->vm_stat_free < 0 ? 0 : (u32)zone->vm_stat_free;
}

/* Account `units` pages, blocks or entries looked at. May not return. */
static inline void spent(struct machine *m, unsigned int units)
{
	m->world->spent(m->world, units);
}

/* ---------------------------------------------------------- mm_init.c --- */

/* Bytes of state for a layout. */
size_t lx_footprint(const void *self, const struct pf_layout *layout);

/*
 * Boot: describe zones and pages, order the zonelists and give all memory to
 * the free lists. Ports the outcome of memmap_init(), build_all_zonelists() and
 * memblock_free_all() (6.1).
 */
void lx_boot(struct machine *m, const struct pf_layout *layout, struct pf_world *world,
	     const struct lx_switches *off);
/* Is there no memory at that page? */
bool lx_in_hole(const struct machine *m, u32 pfn);

/* Recompute marks, reserves and list sizes. Named as in mm/page_alloc.c (6.1). */
void lx_setup_per_zone_wmarks(struct machine *m);
void lx_setup_per_zone_lowmem_reserve(struct machine *m);
void lx_zone_pcp_update(struct machine *m, struct zone *zone, int cpu_online);
unsigned int lx_nr_free_buffer_pages(const struct machine *m);

/* A sysctl is written; false: value refused. */
bool lx_min_free_kbytes_sysctl_handler(struct machine *m, u32 value);
bool lx_watermark_scale_factor_sysctl_handler(struct machine *m, u32 value);

/*
 * A cpu goes or has come: these also do what mm/vmstat.c does then. Port
 * page_alloc_cpu_dead() and page_alloc_cpu_online() (6.1).
 */
void lx_page_alloc_cpu_dead(struct machine *m, unsigned int cpu);
void lx_page_alloc_cpu_online(struct machine *m, unsigned int cpu);

/* ------------------------------------------------------- page_alloc.c --- */

/* A block of 2^req->order pages, LX_NONE if there is none. Ports __alloc_pages() (6.1). */
u32 lx_alloc_pages(struct machine *m, const struct pf_request *req);

/* Up to nr pages into pfns[]; returns how many. Ports __alloc_pages_bulk() (6.1). */
unsigned int lx_alloc_pages_bulk(struct machine *m, const struct pf_request *req, unsigned int nr,
				 u32 *pfns);

/*
 * The first of nr pages in one run, LX_NONE if there are none; req->order is
 * what holds them. Ports alloc_pages_exact_nid() and make_alloc_exact() (6.1).
 */
u32 lx_alloc_pages_exact(struct machine *m, const struct pf_request *req, unsigned int nr);

/* Try the zones of a request once. Ports get_page_from_freelist() (6.1). */
u32 lx_get_page_from_freelist(struct machine *m, unsigned int order, u32 gfp,
			      unsigned int alloc_flags, const struct alloc_context *ac);

/*
 * Give one highatomic pageblock back to the request's type; at least one is
 * kept unless force. False: there is none. unreserve_highatomic_pageblock()
 * (6.1), whose callers are all in reclaim.
 */
bool lx_unreserve_highatomic_pageblock(struct machine *m, const struct alloc_context *ac,
				       bool force);

/* Give back 2^order allocated pages on a cpu. Ports __free_pages() (6.1). */
void lx_free_pages(struct machine *m, u32 pfn, unsigned int order, unsigned int cpu);

/* The same past the per-cpu lists. Ports __free_pages_ok() (6.1). */
void lx_free_pages_ok(struct machine *m, u32 pfn, unsigned int order, fpi_t fpi_flags);

/*
 * First release of 2^order pages: they become managed, and go to the tail of
 * their list. Ports __free_pages_core() (6.1).
 */
void lx_free_pages_core(struct machine *m, u32 pfn, unsigned int order);

/*
 * Take a free block, given by its first page, off its list without counting it
 * as allocated; its order must be `order`. False: that would leave the zone
 * below its MIN mark. Ports __isolate_free_page() (6.1). The kernel returns
 * 1 << order for true.
 */
bool lx_isolate_free_page(struct machine *m, u32 pfn, unsigned int order);

/*
 * Take exactly these 2^order pages out of the free block around them; false if
 * there is none. Ports take_page_off_buddy() (6.1), for any order.
 */
bool lx_take_page_off_buddy(struct machine *m, u32 pfn, unsigned int order);

/* Change the type of one pageblock. Ports set_pageblock_migratetype() (6.1). */
void lx_set_pageblock_migratetype(struct machine *m, u32 pfn, unsigned int mt);

/*
 * Move the free blocks of pfn's pageblock to the lists of type mt; how many
 * pages. *num_movable, if not NULL: how many others could be moved elsewhere.
 * Ports move_freepages_block() (6.1).
 */
u32 lx_move_freepages_block(struct machine *m, struct zone *zone, u32 pfn, unsigned int mt,
			    u32 *num_movable);

/* The type whose list of this order can help out, -1 if none. find_suitable_fallback() (6.1). */
int lx_find_suitable_fallback(const struct machine *m, const struct zone *zone, unsigned int order,
			      unsigned int mt, bool only_stealable, bool *can_steal);

/* Port __zone_watermark_ok(), zone_watermark_ok() and zone_watermark_ok_safe() (6.1). */
bool lx___zone_watermark_ok(const struct machine *m, const struct zone *zone, unsigned int order,
			    u32 mark, unsigned int highest_zoneidx, unsigned int alloc_flags,
			    int64_t free_pages);
bool lx_zone_watermark_ok(const struct machine *m, const struct zone *zone, unsigned int order,
			  u32 mark, unsigned int highest_zoneidx, unsigned int alloc_flags);
bool lx_zone_watermark_ok_safe(const struct machine *m, const struct zone *zone, unsigned int order,
			       u32 mark, unsigned int highest_zoneidx);

/*
 * Empty per-cpu lists: of every cpu, of the running cpu, of one cpu; of all
 * zones if zone is NULL. Port drain_all_pages(), drain_local_pages() and
 * drain_pages() with drain_pages_zone() (6.1).
 */
void lx_drain_all_pages(struct machine *m, struct zone *zone);
void lx_drain_local_pages(struct machine *m, struct zone *zone);
void lx_drain_pages(struct machine *m, unsigned int cpu, struct zone *zone);

/* ------------------------------------------------------------- dump.c --- */

/* The state as a dump, and the other way round: false if the dump can't be taken. */
void lx_dump(const struct machine *m, struct pf_dump *d);
bool lx_load(struct machine *m, const struct pf_dump *d);

/* ----------------------------------------------------------- vmstat.c --- */

/* How far off NR_FREE_PAGES may be, from the size of the zone. refresh_zone_stat_thresholds(). */
void lx_refresh_zone_stat_thresholds(struct machine *m);
/* Fold what one cpu, or the running one, holds back. Port cpu_vm_stats_fold(), (6.1). */
void lx_cpu_vm_stats_fold(struct machine *m, unsigned int cpu);
/* NR_FREE_PAGES with all differences. Ports zone_page_state_snapshot() (6.1). */
u32 lx_zone_page_state_snapshot(const struct machine *m, const struct zone *zone);

/* Free blocks of a zone, as seen from an order. */
struct contig_page_info {
	u64 free_pages;
	u64 free_blocks_total;
	u64 free_blocks_suitable;
};

/*
 * In thousandths: does a failure come from fragmentation (towards 1000) or from
 * too little memory (towards 0)? -1000: the request would succeed.
 */
int lx_fragmentation_index(const struct machine *m, const struct zone *zone, unsigned int order);
/* Percent of free memory that is in blocks too small. extfrag_for_order() (6.1). */
unsigned int lx_extfrag_for_order(const struct machine *m, const struct zone *zone,
				  unsigned int order);

#endif /* PAGEFUZZ_LINUX_INTERNAL_H */
