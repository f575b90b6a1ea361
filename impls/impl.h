/* SPDX-License-Identifier: MIT */
/*
 * impl.h - the contract between pagefuzz and a page-allocator implementation.
 *
 * This header is all that an implementation needs from the project. It holds
 * the memory layout that an implementation is started on, the world that it
 * may ask, the requests and answers, and the table of functions that it
 * fills in. An absent (NULL) function means "unsupported, skip", never "fail".
 *
 * Units: page frames unless said otherwise. A pfn is absolute: alignment is
 * judged on the pfn itself, and "aligned to order k" means pfn % 2^k == 0.
 */
#ifndef PAGEFUZZ_IMPL_H
#define PAGEFUZZ_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PF_CONTRACT_VERSION 2

typedef uint32_t pf_pfn;
#define PF_NO_PFN UINT32_MAX

/* Orders run from 0 to layout->max_order inclusive, at most PF_MAX_ORDER. */
#define PF_MAX_ORDER   18
#define PF_NR_ORDERS   (PF_MAX_ORDER + 1)
#define PF_MAX_ZONES   8
#define PF_MAX_NODES   8
#define PF_MAX_CPUS    16
#define PF_MAX_RANGES  16
#define PF_MAX_REGIONS 16

/* Mobility of an allocation, and type of a pageblock; values as in Linux. */
enum pf_mobility {
	PF_UNMOVABLE = 0,
	PF_MOVABLE = 1,
	PF_RECLAIMABLE = 2,
	PF_NR_MOBILITY = 3,
	/* Pageblock types beyond what a request can ask for. */
	PF_HIGHATOMIC = 3,
	PF_CMA = 4,
	PF_ISOLATE = 5,
	PF_NR_BLOCK_TYPES = 6,
};

/* Zone types, lowest first. A request that may use type t may use all below. */
enum pf_zone_type {
	PF_ZONE_DMA,
	PF_ZONE_DMA32,
	PF_ZONE_NORMAL,
	PF_ZONE_MOVABLE,
	PF_NR_ZONE_TYPES,
};

enum pf_wmark { PF_WMARK_MIN, PF_WMARK_LOW, PF_WMARK_HIGH, PF_NR_WMARK };

/*
 * Request flags: the kernel's names and 6.1's bit values. What an
 * implementation does not know it ignores.
 */
#define PF_GFP_HIGH	      0x20u /* may use half of the min watermark */
#define PF_GFP_IO	      0x40u
#define PF_GFP_FS	      0x80u
#define PF_GFP_ZERO	      0x100u
#define PF_GFP_ATOMIC	      0x200u /* the caller cannot sleep */
#define PF_GFP_DIRECT_RECLAIM 0x400u /* may compact and reclaim itself */
#define PF_GFP_KSWAPD_RECLAIM 0x800u /* may wake the background daemons */
#define PF_GFP_NOWARN	      0x2000u
#define PF_GFP_RETRY_MAYFAIL  0x4000u
#define PF_GFP_NOFAIL	      0x8000u
#define PF_GFP_NORETRY	      0x10000u
#define PF_GFP_MEMALLOC	      0x20000u /* ignores watermarks altogether */
#define PF_GFP_COMP	      0x40000u
#define PF_GFP_NOMEMALLOC     0x80000u
#define PF_GFP_THISNODE	      0x200000u /* only zones of the request's node */

/* ------------------------------------------------------------- layout -- */

struct pf_zone_layout {
	pf_pfn start_pfn; /* first page of the span; need not be aligned */
	uint32_t spanned; /* pages in the span, holes and reserved included */
	uint8_t node;	  /* < layout->nr_nodes */
	uint8_t type;	  /* enum pf_zone_type */
	/* Pages, MIN <= LOW <= HIGH; all 0: no watermarks in this zone. */
	uint32_t wmark[PF_NR_WMARK];
};

enum pf_range_kind {
	PF_RANGE_RESERVED, /* memory that is never the allocator's */
	PF_RANGE_HOLE,	   /* no memory there at all */
	PF_RANGE_LATER,	   /* not there at first: see add_memory(); whole pageblocks */
};

/* Pages that no implementation may hand out, but those added later. */
struct pf_range {
	pf_pfn start_pfn;
	uint32_t nr_pages;
	uint8_t kind; /* enum pf_range_kind */
};

/*
 * Invariants that the framework guarantees: 1 <= nr_zones <= PF_MAX_ZONES;
 * zones ascend by start_pfn, do not overlap and lie in [base_pfn, end_pfn);
 * base_pfn is aligned to max_order and at least 2^max_order; a node has at
 * most one zone of a type; ranges ascend, do not overlap each other, and each
 * lies inside one zone; pageblock_order <= max_order; every zone has at least
 * one managed page.
 */
struct pf_layout {
	pf_pfn base_pfn;
	pf_pfn end_pfn; /* exclusive; per-page arrays have end_pfn - base_pfn entries */
	uint8_t pageblock_order;
	uint8_t max_order; /* inclusive (Linux 6.1 says MAX_ORDER - 1) */
	uint8_t nr_nodes;
	uint8_t nr_cpus;
	uint8_t nr_zones;
	uint8_t nr_ranges;
	struct pf_zone_layout zone[PF_MAX_ZONES];
	struct pf_range range[PF_MAX_RANGES];
};

static inline uint32_t pf_layout_pages(const struct pf_layout *l)
{
	return l->end_pfn - l->base_pfn;
}

/*
 * What layouts an implementation takes; 0 means no limit. Said instead of
 * refused, so that programs can be made that all of a lineup can run.
 */
struct pf_limits {
	uint8_t max_order;     /* largest layout->max_order, + 1: 1 is single pages only */
	uint8_t min_max_order; /* smallest one */
	uint8_t zone_align;    /* zones begin and end at multiples of 2^n pages */
	uint8_t max_zones, max_nodes, max_cpus;
	bool no_holes;	    /* no ranges of kind HOLE */
	bool no_reserved;   /* none of kind RESERVED */
	uint32_t min_pages; /* fewest in a zone, of its span */
	uint32_t max_pages; /* most */
};

/* -------------------------------------------------------------- world -- */

/* How hard a move or an eviction may try; values as Linux's migrate_mode. */
enum pf_mode { PF_MODE_ASYNC, PF_MODE_SYNC_LIGHT, PF_MODE_SYNC, PF_NR_MODES };

enum pf_migrate_result {
	PF_MIGRATED,	  /* contents and owner are at dst now; src is yours to free */
	PF_MIGRATE_AGAIN, /* not now; nothing changed (-EAGAIN) */
	PF_MIGRATE_BUSY,  /* not at all; nothing changed (-EBUSY) */
	PF_MIGRATE_NOMEM, /* its owner lacks memory; nothing changed (-ENOMEM) */
};

enum pf_evict_result {
	PF_EVICTED,	/* the owner let go: the block is yours to free */
	PF_EVICT_KEPT,	/* the owner keeps it; nothing changed */
	PF_EVICT_DIRTY, /* would need writing first; nothing changed */
};

/* What the world may be told to say at the next questions of that kind. */
enum pf_inject {
	PF_INJECT_MIGRATE_AGAIN,
	PF_INJECT_MIGRATE_BUSY,
	PF_INJECT_EVICT_KEPT,
	PF_INJECT_EVICT_DIRTY,
	PF_INJECT_MIGRATE_NOMEM,
	/* The environment, which says no to all of these unless told otherwise. */
	PF_INJECT_CONTENDED, /* somebody else holds the lock that is tried */
	PF_INJECT_RESCHED,   /* need_resched(): others wait for this cpu */
	PF_INJECT_KILLED,    /* a fatal signal is pending */
	PF_INJECT_ISOLATED,  /* too many pages are isolated by others */
	PF_NR_INJECT,
};

/* Attributes of an allocated page, as the owner set them. */
#define PF_PAGE_LIVE	   0x01u /* allocated; all other bits are 0 without it */
#define PF_PAGE_MOVABLE	   0x02u /* the owner can follow a move */
#define PF_PAGE_PINNED	   0x04u /* extra reference: moves and evictions fail */
#define PF_PAGE_DIRTY	   0x08u
#define PF_PAGE_WRITEBACK  0x10u
#define PF_PAGE_LOCKED	   0x20u
#define PF_PAGE_REFERENCED 0x40u
#define PF_PAGE_EVICTABLE  0x80u  /* reclaim may ask for it */
#define PF_PAGE_HEAD	   0x100u /* first page of an allocation unit */
/*
 * In the page cache, of a file system that cannot migrate dirty pages, and so on
 * an LRU list: the unevictable one without EVICTABLE. Comes with set_attrs, only
 * to movable units of order 0, and stays for the rest of their life. While it is
 * locked, dirty or written it is not moved: wait() ends that. Movable units
 * without it have an owner of their own, as Linux's movable_operations.
 */
#define PF_PAGE_LRU 0x200u

/*
 * Events an implementation reports so that relations know where policies
 * part, and so that traces can be printed. Fields as in the kernel's
 * tracepoint of that name.
 */
enum pf_event_type {
	/* pfn, alloc_order, fallback_order, alloc_mt, fallback_mt, change_ownership */
	PF_EV_EXTFRAG,
	/* node, highest allowed zone type, order: no zone could serve at its LOW mark */
	PF_EV_WAKEUP_KSWAPD,
	/* Named and with the fields of the tracepoints; targets/command/ftrace.c prints them. */
	PF_EV_PAGE_ALLOC,	 /* mm_page_alloc: pfn, order, gfp_flags, migratetype */
	PF_EV_PAGE_FREE,	 /* mm_page_free: pfn, order */
	PF_EV_PAGE_FREE_BATCHED, /* mm_page_free_batched: pfn */
	PF_EV_ALLOC_ZONE_LOCKED, /* mm_page_alloc_zone_locked: pfn, order, migratetype, refill */
	PF_EV_PCPU_DRAIN,	 /* mm_page_pcpu_drain: pfn, order, migratetype */
	PF_EV_COMPACT_BEGIN,	 /* zone_start, migrate_pfn, free_pfn, zone_end, sync */
	PF_EV_COMPACT_END,	 /* the same, then status */
	PF_EV_COMPACT_TRY,	 /* try_to_compact_pages: order, gfp_mask, prio */
	PF_EV_COMPACT_FINISHED,	 /* node, zone type, order, ret */
	PF_EV_COMPACT_SUITABLE,	 /* node, zone type, order, ret */
	PF_EV_COMPACT_DEFERRED,	 /* node, zone type, order, considered, defer_shift, order_failed */
	PF_EV_COMPACT_DEFER,	 /* likewise: compact_defer_compaction */
	PF_EV_COMPACT_DEFER_RESET,  /* likewise */
	PF_EV_COMPACT_MIGRATEPAGES, /* nr_migrated, nr_failed */
	PF_EV_ISOLATE_MIGRATEPAGES, /* start_pfn, end_pfn, nr_scanned, nr_taken */
	PF_EV_ISOLATE_FREEPAGES,    /* likewise */
	PF_EV_COMPACT_RETRY,	    /* order, priority, result, retries, max_retries, ret */
	PF_EV_WAKEUP_KCOMPACTD,	    /* node, order, highest zone type */
	PF_EV_KCOMPACTD_SLEEP,	    /* node */
	PF_EV_KCOMPACTD_WAKE,	    /* node, order, highest zone type */
	PF_EV_MIGRATE_PAGES,	    /* succeeded, failed, mode, reason */
	PF_NR_EVENTS,
};

struct pf_event {
	uint16_t type;
	uint16_t nr_fields;
	int64_t field[8];
};

/*
 * The world owns the contents and the owners of all allocated pages, and is
 * handed to init(). Functions may be called only from inside a call of the
 * implementation; `w` is the pointer given to init(). spent() may not return
 * (it leaves the implementation by longjmp once the work bound is passed).
 */
struct pf_world {
	/*
	 * Move the allocation unit (the block one alloc returned, or one page
	 * of a split or bulk one) whose first page is `src` to `dst`. `dst`
	 * must be free memory that the implementation holds, aligned to and as
	 * large as the unit. On PF_MIGRATED the implementation must treat
	 * `dst` as allocated and `src` as free. Only this call moves contents.
	 */
	enum pf_migrate_result (*migrate)(struct pf_world *w, pf_pfn src, pf_pfn dst,
					  enum pf_mode mode);
	/* Ask the owner of the unit at `pfn` to let go of it. */
	enum pf_evict_result (*evict)(struct pf_world *w, pf_pfn pfn, enum pf_mode mode);
	/* PF_PAGE_* of any pfn in [base_pfn, end_pfn). */
	unsigned (*attrs)(struct pf_world *w, pf_pfn pfn);
	/*
	 * Wait for the owner of the unit at `pfn` until it is through with one of
	 * PF_PAGE_LOCKED, PF_PAGE_WRITEBACK, or has written PF_PAGE_DIRTY. It is
	 * gone then.
	 */
	void (*wait)(struct pf_world *w, pf_pfn pfn, unsigned attr);
	/* Does somebody get in the way just now? Only PF_INJECT_CONTENDED and those behind it. */
	bool (*hindered)(struct pf_world *w, enum pf_inject what);
	/* Order of the allocation unit that `pfn` lies in; 0 if not live. */
	unsigned (*unit_order)(struct pf_world *w, pf_pfn pfn);
	/* Account work: about one unit per page or list entry looked at. */
	void (*spent)(struct pf_world *w, unsigned units);
	/*
	 * Events that somebody wants to see, 1 << enum pf_event_type; the
	 * others need not be reported. Set before init(), constant in a run.
	 */
	uint64_t wanted;
	/* Report an event. */
	void (*event)(struct pf_world *w, const struct pf_event *ev);
	/*
	 * The simulated memory of a page, page_bytes long, pages one after the other, at
	 * an address divisible by that for 8 and 16. Contents of live
	 * pages belong to their owner. Those of free pages are the
	 * implementation's with PF_F_INPAGE; without it they are poisoned under
	 * ASan, so that a stray access stops the run.
	 */
	void *(*contents)(struct pf_world *w, pf_pfn pfn);
	/*
	 * An assertion of the implementation's own failed; `text` says in one line
	 * which. Does not return. abort() would do as well, but says less.
	 */
	void (*failed)(struct pf_world *w, const char *text);
	/*
	 * From init() only: nobody may touch these bytes of the state block until
	 * the next init(). Under ASan they are a red zone, so that a step past the
	 * end of the table in front of them is seen; elsewhere nothing happens.
	 * Whole multiples of 8, at an address divisible by 8. May be absent: call
	 * pf_guard().
	 */
	void (*guard)(struct pf_world *w, void *start, size_t size);
	/*
	 * Only with PF_F_REMOTE: the implementation is gone (its machine died,
	 * hangs, or ran out of recorded answers); `why` is for people. Does not
	 * return, as spent() may.
	 */
	void (*lost)(struct pf_world *w, const char *why);
};

/* Bytes of a page, if an implementation wants no more. */
#define PF_PAGE_BYTES	  8
#define PF_PAGE_BYTES_MAX 64

/* A good size for a gap between two tables, which keeps them aligned as they were. */
#define PF_GUARD_BYTES 64

static inline void pf_guard(struct pf_world *w, void *start, size_t size)
{
	if (w->guard)
		w->guard(w, start, size);
}

/* ------------------------------------------------- requests and answers -- */

struct pf_request {
	uint8_t order;	  /* 0..PF_MAX_ORDER; above max_order must fail */
	uint8_t mobility; /* enum pf_mobility, < PF_NR_MOBILITY */
	uint8_t cpu;	  /* < nr_cpus */
	uint8_t node;	  /* < nr_nodes: the preferred node */
	uint8_t zone;	  /* enum pf_zone_type: highest allowed type */
	uint32_t gfp;	  /* PF_GFP_* */
};

/* A run of any number of pages, aligned and placed as it says; see alloc_run(). */
struct pf_run_request {
	uint32_t nr_pages; /* at least 1 */
	uint32_t align;	   /* of its first pfn: a power of two, 1 for none */
	pf_pfn from, to;   /* all of it lies in [from, to) */
	bool top;	   /* as high as possible; else as low as possible */
	uint8_t mobility;  /* as in struct pf_request */
	uint8_t cpu, node, zone;
	uint32_t gfp;
};

/* Writable memory outside the state block that belongs to the state. */
struct pf_region {
	void *start;
	size_t size; /* bytes */
};

/* Results of compaction; Linux's enum compact_result, same meaning. */
enum pf_compact_result {
	PF_COMPACT_SKIPPED,	    /* not worth trying (free memory, index) */
	PF_COMPACT_DEFERRED,	    /* not tried because of recent failures */
	PF_COMPACT_COMPLETE,	    /* whole range scanned, nothing suitable made */
	PF_COMPACT_PARTIAL_SKIPPED, /* part of the range scanned, likewise */
	PF_COMPACT_CONTENDED,	    /* gave up early */
	PF_COMPACT_SUCCESS,	    /* a free block of the order is there now */
	PF_NR_COMPACT_RESULTS,
};

struct pf_compact_request {
	int8_t order; /* wanted order; -1: the whole zone, no particular order */
	uint8_t mobility;
	uint8_t mode; /* enum pf_mode */
	uint8_t node; /* compact the zones of this node */
};

struct pf_block {
	pf_pfn pfn; /* first page */
	uint8_t order;
	uint8_t type;  /* list it is on, < PF_NR_BLOCK_TYPES; 0 without mobility types */
	uint8_t where; /* enum pf_where */
};

enum pf_where {
	PF_FREE,     /* on a free list */
	PF_CACHED,   /* in a per-cpu list or another cache; not coalesced */
	PF_ISOLATED, /* free, but in an isolated pageblock: not to be handed out */
};

/*
 * Counters of one zone, kept by the implementation as it works; the oracle
 * compares them with its own count after each operation. Pages.
 */
struct pf_zone_counters {
	uint32_t managed;  /* memory given to the allocator (not holes, not reserved) */
	uint32_t free;	   /* on the free lists, isolated pageblocks excluded */
	uint32_t cached;   /* in caches */
	uint32_t isolated; /* free pages inside isolated pageblocks */
	/* By how much its watermark checks may see `free` wrongly (per-cpu differences). */
	uint32_t drift;
	/* Of `free`: what ordinary requests may not count on beyond the watermark (reserve, boost). */
	uint32_t withheld;
	/* Likewise, of requests whose highest zone is of that type: lowmem_reserve[]. */
	uint32_t lowmem_reserve[PF_NR_ZONE_TYPES];
	/* Free blocks by order (all types); needed with PF_F_CANONICAL only. */
	uint32_t nr_free[PF_NR_ORDERS];
};

/* Running totals since init(); names as in /proc/vmstat. */
struct pf_stats {
	uint64_t pgalloc; /* pages */
	uint64_t pgfree;  /* pages, evicted ones too: pgalloc - pgfree are live */
	uint64_t pgmigrate_success, pgmigrate_fail;	       /* pages */
	uint64_t compact_stall, compact_success, compact_fail; /* direct compactions */
	uint64_t compact_migrate_scanned, compact_free_scanned;
	uint64_t pgscan, pgsteal; /* pages looked at and evicted by reclaim */
	uint64_t extfrag;	  /* fallbacks to another type's list */
};

/*
 * Background daemons of a node. PF_KSWAPD: reclaim, and what kswapd does before
 * it sleeps; without reclaim only the latter. PF_KCOMPACTD: what kcompactd does
 * when it is woken; PF_KCOMPACTD_PROACTIVE: what it does when its timer says so.
 */
enum pf_daemon { PF_KSWAPD, PF_KCOMPACTD, PF_KCOMPACTD_PROACTIVE, PF_NR_DAEMONS };

/* Knobs of tune(); names of the sysctls. */
enum pf_knob {
	PF_WATERMARK_SCALE_FACTOR,
	PF_MIN_FREE_KBYTES,
	PF_WATERMARK_BOOST_FACTOR,
	PF_EXTFRAG_THRESHOLD,
	PF_COMPACTION_PROACTIVENESS,
	PF_COMPACT_UNEVICTABLE_ALLOWED,
	PF_NR_KNOBS,
};

/* ------------------------------------------------------- implementation -- */

/* Features: what the oracle may expect, and which laws apply. */
#define PF_F_MOBILITY	(1u << 0) /* keeps lists by mobility type, has pageblock types */
#define PF_F_ZONES	(1u << 1) /* obeys zone limits and nodes */
#define PF_F_WATERMARKS (1u << 2) /* ordinary requests leave wmark[MIN] pages free */
#define PF_F_CANONICAL	(1u << 3) /* free blocks are always fully merged, nr_free kept */
#define PF_F_CACHE	(1u << 4) /* keeps free pages in caches (pcp) until drained */
#define PF_F_SNAPSHOT	(1u << 5) /* state may be saved and restored by memcpy */
#define PF_F_CAPTURE	(1u << 6) /* direct compaction hands the block to the requester */
#define PF_F_REMOTE	(1u << 7) /* outside this process: reports moves as events */
#define PF_F_INPAGE	(1u << 8) /* keeps metadata inside free pages */
/* Compaction may move single pages into isolated pageblocks, as that of Linux does. */
#define PF_F_FILLS_ISOLATED (1u << 9)
/*
 * With PF_TIER_TWIN, dump and the events: keeps the formulas, limits and lists of the kernel
 * that its group names ("linux-6.1"), not only what a page allocator has to keep.
 */
#define PF_F_RULES (1u << 10)

/* How much an implementation promises. */
enum pf_tier {
	PF_TIER_SPEC,	/* the laws of one implementation */
	PF_TIER_CENSUS, /* also: equal free-block histograms for equal free sets */
	PF_TIER_EXACT,	/* also: equal answers within its group, see oracle/README.md */
	/* Also: every answer, move and dump equal to those of its group, to the end. */
	PF_TIER_TWIN,
};

typedef void (*pf_block_fn)(void *arg, const struct pf_block *block);
typedef void (*pf_pages_fn)(void *arg, pf_pfn pfn, uint32_t nr_pages);

struct pf_dump; /* dump.h */

/*
 * All functions get the state block that the framework allocated: at least
 * footprint() bytes, aligned to 64, contents undefined before init(). The
 * implementation keeps everything in it, allocates nothing elsewhere and has
 * no writable statics, or names them in regions(). With PF_F_SNAPSHOT the block
 * may hold pointers into itself and to the world and layout: it is restored at
 * the same address, the regions with it.
 *
 * One set of functions may serve several members of a lineup: `self` says which
 * one is meant, and is handed to the functions that have no state yet.
 */
struct pf_impl {
	/* Optional. Anything; the framework never writes through it. */
	const void *self;
	/* Required. [a-z][a-z0-9_-]*, at most 15 characters. */
	const char *name;
	/* Required. One line for people. */
	const char *summary;
	/* Required. PF_F_* */
	uint32_t features;
	enum pf_tier tier;
	/* Required from PF_TIER_EXACT on: members of one group must agree. */
	const char *group;

	/* Optional. What layouts it takes; NULL: any. It is asked for no other. */
	const struct pf_limits *limits;
	/*
	 * Optional, with PF_F_INPAGE. Bytes of a page that contents() gives: 8 (or 0), 16,
	 * 32 or 64, for who keeps more than a pointer in a free page.
	 */
	uint32_t page_bytes;

	/* Required. Bytes of state for this layout; 0: layout unsupported, skip. */
	size_t (*footprint)(const void *self, const struct pf_layout *layout);
	/*
	 * Required. Start with all managed memory free. `layout` and `world`
	 * stay valid and at their address as long as the state is used.
	 */
	void (*init)(const void *self, void *state, const struct pf_layout *layout,
		     struct pf_world *world);
	/*
	 * Optional. Writable memory outside the block that belongs to the state:
	 * a library's globals. Up to max of them into r[]; returns how many there
	 * are, at most PF_MAX_REGIONS. The same in every call. Two members of a
	 * lineup can't share one.
	 */
	unsigned (*regions)(const void *self, struct pf_region *r, unsigned max);

	/* Required. First pfn of a block of 2^order pages, or PF_NO_PFN. */
	pf_pfn (*alloc)(void *state, const struct pf_request *req);
	/*
	 * Required. Give back a whole unit that alloc, alloc_bulk, alloc_exact,
	 * split or alloc_contig produced (contig ranges: free_contig).
	 */
	void (*free)(void *state, pf_pfn pfn, unsigned order, unsigned cpu);
	/*
	 * Required. Call fn once for each free block, any order of visits.
	 * Without PF_F_CANONICAL any cover by aligned blocks will do.
	 */
	void (*census)(void *state, pf_block_fn fn, void *arg);
	/* Required. Current counters of layout->zone[zone]; valid until the next call. */
	const struct pf_zone_counters *(*counters)(void *state, unsigned zone);

	/* Optional. Running totals; valid until the next call. */
	const struct pf_stats *(*stats)(void *state);
	/*
	 * Optional. Up to nr order-0 pages into pfns[]; returns how many.
	 * req->order is 0.
	 */
	unsigned (*alloc_bulk)(void *state, const struct pf_request *req, unsigned nr,
			       pf_pfn *pfns);
	/*
	 * Optional. First of exactly nr pages in one run, or PF_NO_PFN; each is
	 * a unit of order 0 then, freed one by one. req->order is the smallest
	 * that holds nr, and fails above max_order as in alloc; zone MOVABLE and
	 * PF_GFP_COMP are not asked for. alloc_pages_exact_nid() of Linux 6.1,
	 * which frees what it splits off at once, past all caches. Absent, or
	 * absent in a twin: the framework asks for the block, splits it and
	 * frees the pages behind the first nr.
	 */
	pf_pfn (*alloc_exact)(void *state, const struct pf_request *req, unsigned nr);
	/*
	 * Optional, with free_run. First page of a run, or PF_NO_PFN. A run lies in
	 * one zone. `free_run` gives back all of a run or its first or last pages;
	 * what is left stays a run.
	 */
	pf_pfn (*alloc_run)(void *state, const struct pf_run_request *req);
	void (*free_run)(void *state, pf_pfn pfn, uint32_t nr, unsigned cpu);
	/*
	 * Optional, needs free_run. Take exactly the run [pfn, pfn + nr), nothing
	 * moves for it; all or nothing. From then on it is a run like others.
	 */
	bool (*take_run)(void *state, pf_pfn pfn, uint32_t nr);
	/*
	 * Optional, needs free_run. A run of `old` pages gets `nr` instead, in place:
	 * pages join or leave behind its last one. False: nothing changed; getting
	 * smaller never fails.
	 */
	bool (*resize_run)(void *state, pf_pfn pfn, uint32_t old, uint32_t nr);
	/*
	 * Optional. An allocated block becomes 2^order single pages, to be
	 * freed one by one. Absent: the framework still splits the owner's
	 * view, and frees page by page - leave it out only if free() copes.
	 */
	void (*split)(void *state, pf_pfn pfn, unsigned order);
	/* Optional. Make free blocks by moving movable units with world->migrate. */
	enum pf_compact_result (*compact)(void *state, const struct pf_compact_request *req);
	/* Optional. Evict up to nr pages on a node through world->evict; pages freed. */
	unsigned (*reclaim)(void *state, unsigned node, unsigned nr, enum pf_mode mode);
	/*
	 * Optional. Allocate exactly [pfn, pfn + nr), moving what is in the
	 * way; all or nothing. Freed by free_contig, same range. For the world
	 * each page is a unit of its own, and none of them can be moved.
	 */
	bool (*alloc_contig)(void *state, pf_pfn pfn, unsigned nr, unsigned mobility);
	void (*free_contig)(void *state, pf_pfn pfn, unsigned nr);
	/*
	 * Optional. Take a pageblock (by its first pfn, aligned) out of use:
	 * its free pages may not be handed out and pages freed into it stay
	 * isolated. False: refused, nothing changed. undo restores its type.
	 */
	bool (*isolate)(void *state, pf_pfn block);
	void (*undo_isolate)(void *state, pf_pfn block);
	/*
	 * Optional. Remove a pageblock from management for good: move or find
	 * free all of it. Then its pages count nowhere. online gives it back.
	 */
	bool (*offline)(void *state, pf_pfn block);
	void (*online)(void *state, pf_pfn block);
	/*
	 * Optional. Memory that was not there at first (a range of kind LATER)
	 * becomes free memory of its zone; false: refused, nothing changed.
	 */
	bool (*add_memory)(void *state, pf_pfn pfn, uint32_t nr);
	/* Optional. Empty the caches of one cpu, or of all (cpu == -1). */
	void (*drain)(void *state, int cpu);
	/*
	 * Optional. One round of a background daemon of a node; false: this
	 * one is not offered. `order` is what it is woken for.
	 */
	bool (*tick)(void *state, enum pf_daemon daemon, unsigned node, unsigned order);
	/* Optional. False: knob unknown or value refused. */
	bool (*tune)(void *state, enum pf_knob knob, uint32_t value);
	/*
	 * Optional. Give the pageblock that holds pfn another type, < PF_NR_MOBILITY,
	 * and move its free blocks to that type's lists: set_pageblock_migratetype()
	 * and move_freepages_block() of Linux. A tool of tests.
	 */
	void (*retype)(void *state, pf_pfn pfn, unsigned type);
	/* Optional. A cpu goes (its caches are emptied) or comes; false: refused. */
	bool (*set_cpu)(void *state, unsigned cpu, bool online);

	/*
	 * Optional. Replace the state by that of a dump, right after init() on
	 * the dump's layout. Pages that are on none of its lists belong to
	 * somebody outside the program for ever. False: this dump can't be taken.
	 */
	bool (*load)(void *state, const struct pf_dump *dump);
	/* Optional. Describe the state; d->word, d->room and nothing else are set. */
	void (*dump)(void *state, struct pf_dump *d);

	/* Optional. The owner of the unit at pfn has just given it other PF_PAGE_*. */
	void (*set_attrs)(void *state, pf_pfn pfn, unsigned attrs);
	/*
	 * Only with PF_F_REMOTE, optional: what the world would answer is told
	 * ahead. From the `after`-th such question on, `count` are answered so.
	 */
	void (*inject)(void *state, enum pf_inject what, unsigned after, unsigned count);

	/*
	 * Optional, needed for mirrored replay. Take exactly this free block
	 * as if alloc had returned it. False: it is not free.
	 */
	bool (*claim)(void *state, pf_pfn pfn, unsigned order, unsigned mobility);
	/*
	 * Optional. Call fn for the managed pages that it uses itself, for tables
	 * say. They count as managed, and are neither free nor anybody's. Asked
	 * after init() and add_memory(); between these they stay the same.
	 */
	void (*own_pages)(void *state, pf_pages_fn fn, void *arg);
	/*
	 * Optional. Pages of the largest piece of free memory of a zone that one
	 * request could get: the longest run with alloc_run, else the largest
	 * block. What is cached or isolated does not count.
	 */
	uint32_t (*largest_free)(void *state, unsigned zone);
	/* Optional. Type of the pageblock that holds pfn, < PF_NR_BLOCK_TYPES. */
	unsigned (*block_type)(void *state, pf_pfn pfn);
	/* Optional. NULL if the state is consistent, else what is wrong (static text). */
	const char *(*self_check)(void *state);
};

/* ------------------------------------------------------------- plug-ins -- */

/* What a shared library shows of itself: one implementation. */
struct pf_plugin {
	uint32_t version; /* PF_CONTRACT_VERSION that it was compiled with */
	uint32_t size;	  /* of its struct pf_impl */
	const struct pf_impl *impl;
};

/*
 * PF_PLUGIN(pf_impl_mine); makes a shared library (or an object file that a fuzz
 * target is linked with) a plug-in. All that is writable in the library's segments is
 * part of the state as if regions() had named it.
 */
#ifdef __cplusplus
#define PF_PLUGIN_LINKAGE extern "C"
#else
#define PF_PLUGIN_LINKAGE extern
#endif
#define PF_PLUGIN(object)                                                                          \
	PF_PLUGIN_LINKAGE __attribute__((visibility("default"))) const struct pf_plugin pf_plugin; \
	const struct pf_plugin pf_plugin = {PF_CONTRACT_VERSION, sizeof(struct pf_impl), &(object)}

#ifdef __cplusplus
}
#endif

#endif /* PAGEFUZZ_IMPL_H */
