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

#include "../dump.h"
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
 * Flags of a page: bits 5..7 the index of its zone, bits 0..4 what it is. Zero:
 * allocated, a tail, or no memory. Then: heads a free block (PageBuddy), the
 * order + 1, so "is this page the free buddy of order o in that zone" is one
 * comparison. Then: heads a block on a per-cpu list, with the type that it goes
 * back to (the kernel's pcppage_migratetype, in page->index). Then: heads an
 * allocated block of __GFP_COMP (PageHead).
 */
#define PG_STATE_MASK 0x1fu
#define PG_PCP	      20u
#define PG_HEAD	      26u
/*
 * Every page of a compound block that somebody outside the program has: its links
 * hold the first page (next) and the order (prev). And no memory, or no page of
 * this zone. Both only after a load.
 */
#define PG_FOREIGN 27u
#define PG_HOLE	   28u
/* In the page cache: on an LRU list, on the unevictable one, or isolated or in a batch. */
#define PG_LRU		   29u
#define PG_LRU_UNEVICTABLE 30u
#define PG_LRU_OFF	   31u
#define PG_ZONE_SHIFT	   5
#define PG_ZONE_MASK	   0xe0u

_Static_assert(PF_MAX_ORDER + 1 < PG_PCP, "order does not fit the page flags");
_Static_assert(PG_PCP + MIGRATE_TYPES <= PG_HEAD, "type does not fit the page flags");
_Static_assert(PF_MAX_ZONES <= 8, "zone does not fit the page flags");

/* A byte a pageblock: its type, and the skip bit of compaction. */
#define PB_TYPE_MASK	0x7u
#define PB_MIGRATE_SKIP 0x8u

_Static_assert(PB_TYPE_MASK == PF_BLOCK_TYPE && PB_MIGRATE_SKIP == PF_BLOCK_SKIP, "as dumped");

struct list_head {
	u32 next;
	u32 prev;
};

#define PAGE_ALLOC_COSTLY_ORDER 3
#define NR_PCP_LISTS		PF_NR_PCP_LISTS
#define NR_LOWORDER_PCP_LISTS	(MIGRATE_PCPTYPES * (PAGE_ALLOC_COSTLY_ORDER + 1))
/* List heads for whoever needs some for the time of a call. */
#define NR_SCRATCH_LISTS 16

/* A zone's share that belongs to one cpu: its lists of free pages, and its counter. */
struct per_cpu_pages {
	int count; /* pages, on all lists */
	int high;
	int batch;
	short free_factor;
	short stat_threshold;
	int free_diff; /* vm_stat_diff[NR_FREE_PAGES] */
	u32 list_base; /* number of the list head of index 0 */
};

#define PAGEVEC_SIZE PF_LRU_BATCH

/* Pages that a cpu is about to put on the LRU lists. */
struct folio_batch {
	u32 nr;
	u32 pages[PAGEVEC_SIZE];
};

/* zone->flags */
#define ZONE_BOOSTED_WATERMARK (1u << 0)
#define ZONE_RECLAIM_ACTIVE    (1u << 1)

struct zone {
	u32 zone_start_pfn;
	u32 zone_end_pfn;   /* exclusive */
	u32 free_list_base; /* number of the list head of order 0, type 0 */
	u8 index;	    /* in machine->zone[] and layout->zone[] */
	u8 zone_idx;	    /* enum pf_zone_type */
	u8 node;
	bool contiguous;
	u32 flags;

	u32 _watermark[NR_WMARK];
	u32 watermark_boost;
	u32 nr_reserved_highatomic;
	u32 percpu_drift_mark;
	u32 managed_pages; /* other people's pages included, unlike count.managed */
	u32 present_pages;
	u32 spanned_pages;
	u32 nr_isolate_pageblock;
	u32 nr_zone_inactive_file;
	/*
	 * NR_FREE_PAGES without the differences that the cpus hold back; can be
	 * below zero. With them it is count.free.
	 */
	int64_t vm_stat_free;

	/*
	 * Compaction. The positions are *absolute* pfns, as the kernel compares
	 * its boot value 0 with them.
	 */
	pf_pfn compact_cached_free_pfn;
	pf_pfn compact_cached_migrate_pfn[2]; /* [0] for ASYNC, [1] for the others */
	pf_pfn compact_init_migrate_pfn;
	pf_pfn compact_init_free_pfn;
	u32 compact_considered;
	u32 compact_defer_shift;
	int compact_order_failed;
	bool compact_blockskip_flush;

	/*
	 * managed_pages, NR_FREE_PAGES, free_area[].nr_free and lowmem_reserve, in the form in
	 * which they are reported, so that reporting costs nothing.
	 */
	struct pf_zone_counters count;

	struct per_cpu_pages pcp[PF_MAX_CPUS];
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
	bool proactive_compact_trigger;
	u8 kswapd_order;
	u8 kswapd_highest_zoneidx; /* MAX_NR_ZONES: none */
	u8 kcompactd_max_order;
	u8 kcompactd_highest_zoneidx;
	u8 kswapd_failures;
	u8 nr_zones;	    /* the highest populated zone type + 1 */
	u32 node_start_pfn; /* of its lowest zone */
	u32 node_present_pages;
	/* NR_INACTIVE_FILE and NR_ISOLATED_FILE, always exact: nothing but compaction reads them. */
	u32 nr_inactive_file;
	u32 nr_isolated_file;
	u8 zone[MAX_NR_ZONES]; /* node_zones[]: index in machine->zone[], LX_NO_ZONE if empty */
	struct zonelist node_zonelists[MAX_ZONELISTS];
} pg_data_t;

#define LX_NO_ZONE 0xffu

/* Parts that can be switched off, for variants of the port; all false is the kernel. */
struct lx_switches {
	bool no_pcp;
	bool no_vmstat_diff; /* NR_FREE_PAGES is always exact */
	bool no_nofragment;
	bool no_boost;
	bool no_highatomic;
	bool no_lowmem_reserve;
	bool no_grouping;     /* of pages by mobility */
	bool always_grouping; /* however small the memory is; all blocks start as movable */
	bool always_wake;     /* report each wake-up of kswapd, once a request and node */
	/* Compaction. */
	bool no_compaction;
	bool no_fast_search;
	bool no_skip_hints;
	bool no_deferral;
	bool no_capture;
	u8 compact_only_prio; /* 0: any, else the only priority, plus 1 */
};

/* The kernel's capture_control: what a direct compaction wants to have for itself. */
struct capture_control {
	bool active; /* current->capture_control is set */
	u8 order;
	u8 migratetype;
	u8 zone;  /* index in machine->zone[] */
	u32 page; /* what was captured, LX_NONE: nothing yet */
};

/* One booted machine: what the kernel has in globals. First thing in the state. */
struct machine {
	const struct pf_layout *layout;
	struct pf_world *world;

	u8 *page_flags;	       /* nr_pages */
	u8 *pageblock_flags;   /* one byte per pageblock */
	struct list_head *lru; /* links: nr_pages pages, then the list heads */

	u32 nr_pages;
	u32 nr_pageblocks;
	u32 base_pfn;
	u32 scratch_list_base; /* NR_SCRATCH_LISTS list heads, not initialised */
	u8 max_order;	       /* inclusive; the kernel's MAX_ORDER is one more */
	u8 pageblock_order;
	u8 nr_zones;
	u8 nr_nodes;
	u8 nr_online_nodes; /* nr_nodes, and those of the machine that are not in the layout */
	u8 nr_cpus;
	bool page_group_by_mobility_disabled;
	struct lx_switches off;
	u64 wanted; /* events that are reported, 1 << enum pf_event_type */

	/* The running call: the cpu that it is on, and what its compaction captures. */
	unsigned int cpu;
	struct capture_control capc;
	bool pf_memalloc; /* current->flags: it frees memory, and so must not wait for locks */
	struct folio_batch lru_add[PF_MAX_CPUS];
	u32 cpu_online; /* a bit a cpu */

	/* sysctls; names of theirs */
	int user_min_free_kbytes; /* -1: never set */
	int min_free_kbytes;
	bool min_free_kbytes_set; /* since boot: marks follow from it */
	int watermark_boost_factor;
	int watermark_scale_factor;
	unsigned int extfrag_threshold;
	unsigned int compaction_proactiveness;
	bool compact_unevictable_allowed;

	struct pf_stats stat;
	u64 total[PF_NR_TOTAL_FIELDS];
	u64 total_at_load[PF_NR_TOTAL_FIELDS]; /* what was there when stat began */
	struct zone zone[PF_MAX_ZONES];
	pg_data_t node[PF_MAX_NODES];
};

#endif /* PAGEFUZZ_LINUX_MMZONE_H */
