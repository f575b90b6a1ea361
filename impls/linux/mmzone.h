/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmzone.h - the state: pages, pageblocks, free areas, zones, nodes, and the
 * machine that holds them. Types and constants only; what works on them is in
 * internal.h and the .c files. Follows include/linux/mmzone.h of 6.1.
 *
 * Two things look different from the kernel, both for speed under a fuzzer:
 *
 * - There is no struct page. A page is its pfn *relative to the base of the
 *   layout* (u32); "pfn" in this folder means that one. Only events, calls to
 *   the world and glue.c deal in absolute pfns. The base is aligned to the
 *   largest block, so alignment can be judged on either. What the kernel keeps
 *   in struct page is in two arrays: one byte of flags, and the list links.
 * - List links are 32-bit numbers. List heads are numbered after the pages in
 *   the same array, so that inserting and unlinking need no special cases.
 */
#ifndef PAGEFUZZ_LINUX_MMZONE_H
#define PAGEFUZZ_LINUX_MMZONE_H

#include "../impl.h"

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

enum migratetype {
	MIGRATE_UNMOVABLE = PF_UNMOVABLE,
	MIGRATE_MOVABLE = PF_MOVABLE,
	MIGRATE_RECLAIMABLE = PF_RECLAIMABLE,
	MIGRATE_PCPTYPES = 3, /* the types that a request can ask for */
	MIGRATE_HIGHATOMIC = PF_HIGHATOMIC,
	MIGRATE_CMA = PF_CMA,
	MIGRATE_ISOLATE = PF_ISOLATE,
	MIGRATE_TYPES = PF_NR_BLOCK_TYPES,
};

enum zone_watermarks {
	WMARK_MIN = PF_WMARK_MIN,
	WMARK_LOW = PF_WMARK_LOW,
	WMARK_HIGH = PF_WMARK_HIGH,
	NR_WMARK = PF_NR_WMARK,
};

#define MAX_NR_ZONES PF_NR_ZONE_TYPES

/*
 * Flags of a page: bits 5..7 the index of its zone, bits 0..4 zero unless it
 * heads a free block (PageBuddy), then the order + 1. So "is this page the
 * free buddy of order o in that zone" is one comparison.
 */
#define PG_BUDDY_MASK 0x1fu
#define PG_ZONE_SHIFT 5
#define PG_ZONE_MASK  0xe0u

_Static_assert(PF_MAX_ORDER + 1 <= PG_BUDDY_MASK, "order does not fit the page flags");
_Static_assert(PF_MAX_ZONES <= 8, "zone does not fit the page flags");

struct list_head {
	u32 next;
	u32 prev;
};

struct zone {
	u32 zone_start_pfn;
	u32 zone_end_pfn;   /* exclusive */
	u32 free_list_base; /* number of the list head of order 0, type 0 */
	u8 index;	    /* in machine->zone[] and layout->zone[] */
	u8 zone_idx;	    /* enum pf_zone_type */
	u8 node;

	u32 _watermark[NR_WMARK];
	u32 watermark_boost;
	u32 nr_reserved_highatomic;
	u32 lowmem_reserve[MAX_NR_ZONES];

	/*
	 * managed_pages, NR_FREE_PAGES and free_area[].nr_free, in the form in
	 * which they are reported, so that reporting costs nothing.
	 */
	struct pf_zone_counters count;
};

struct zoneref {
	u8 zone;     /* index in machine->zone[] */
	u8 zone_idx; /* its enum pf_zone_type */
};

struct zonelist {
	u32 nr;
	struct zoneref ref[PF_MAX_ZONES];
};

enum { ZONELIST_FALLBACK, ZONELIST_NOFALLBACK, MAX_ZONELISTS };

typedef struct pglist_data {
	u8 node_id;
	struct zonelist node_zonelists[MAX_ZONELISTS];
} pg_data_t;

/* One booted machine: what the kernel has in globals. First thing in the state. */
struct machine {
	const struct pf_layout *layout;
	struct pf_world *world;

	u8 *page_flags;	       /* nr_pages */
	u8 *pageblock_flags;   /* one migrate type per pageblock */
	struct list_head *lru; /* links: nr_pages pages, then the list heads */

	u32 nr_pages;
	u32 nr_pageblocks;
	u32 base_pfn;
	u8 max_order; /* inclusive; the kernel's MAX_ORDER is one more */
	u8 pageblock_order;
	u8 nr_zones;
	u8 nr_nodes;
	bool page_group_by_mobility_disabled;

	struct pf_stats stat;
	struct zone zone[PF_MAX_ZONES];
	pg_data_t node[PF_MAX_NODES];
};

#endif /* PAGEFUZZ_LINUX_MMZONE_H */
