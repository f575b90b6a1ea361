/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * proto.h - what host and guest say to each other through the shared memory.
 *
 * One header for the module, the agent and the host. All fields have a fixed
 * width and x86's byte order; numbers are append-only, and a change of meaning
 * raises LAB_PROTO_VERSION.
 *
 * The host writes a batch of requests, then host_seq; the guest runs them in
 * order, writes the replies, then guest_seq. Each side writes its own fields only.
 */
#ifndef LAB_PROTO_H
#define LAB_PROTO_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
#endif

#define LAB_MAGIC	  0x62616c66u /* "flab" */
#define LAB_PROTO_VERSION 4u

/* The shared memory: control block, requests, replies. */
#define LAB_SHM_BYTES	    (64u << 20)
#define LAB_REQUESTS_OFFSET (1u << 20)
#define LAB_REPLIES_OFFSET  (16u << 20)
#define LAB_MAX_REQUESTS    (1u << 18)
#define LAB_MAX_REPLY_WORDS (8u << 20)

#define LAB_NR_SLOTS  (1u << 17)
#define LAB_MAX_BULK  512u
#define LAB_MAX_ZONES 4u
#define LAB_NO_PFN    0xffffffffu

enum lab_state { LAB_BOOTING, LAB_READY, LAB_STOPPED, LAB_BROKEN };

struct lab_control {
	/* Written by the host. */
	uint32_t magic;
	uint32_t version;
	uint32_t host_seq; /* number of the last batch handed over, from 1 */
	uint32_t nr_requests;
	/* Written by the guest. */
	uint32_t guest_magic;
	uint32_t guest_version;
	uint32_t state;	    /* enum lab_state */
	uint32_t guest_seq; /* number of the last batch answered */
	uint32_t status;    /* of that batch: enum lab_status */
	uint32_t nr_done;   /* requests that were run */
	uint32_t reply_words;
	uint32_t reserved;
	uint64_t nanoseconds; /* guest time that the batch took */
};

enum lab_status {
	LAB_OK,
	LAB_OVERFLOW, /* the replies did not fit: they are cut off, the batch as well */
	LAB_FAILED,   /* the agent could not run the batch */
};

/*
 * Blocks are named in two ways. With slots, a batch can free what it allocated
 * itself; who waits for every answer names a block by its first pfn. Whatever
 * is of order 0 and movable can be moved by compaction, and MOVE says where to.
 */
enum lab_op {
	LAB_PING = 1,	   /* answer: arg */
	LAB_HELLO,	   /* a HELLO record of zone arg; answer: 0 */
	LAB_ALLOC,	   /* order, mobility, gfp, slot; answer: pfn. Stays where it is */
	LAB_ALLOC_MOVABLE, /* one page that compaction may move, into slot; answer: pfn */
	LAB_FREE,	   /* slot; answer: pfn */
	LAB_BULK_ALLOC,	   /* arg pages into slot...; a PAGES record; answer: how many */
	LAB_BULK_FREE,	   /* order-0 pages of arg slots from slot on; answer: how many */
	LAB_SPLIT,	   /* slot to pages: first stays, others to arg...; answer: how many */
	LAB_DRAIN,	   /* empty the zones' per-cpu lists; answer: 0 */
	LAB_COMPACT_NODE,  /* compact the whole node, synchronously; answer: pages moved */
	LAB_INJECT,	   /* after slot asked, arg migrations return `flags`; answer: arg */
	LAB_DUMP,	   /* a DUMP record of zone arg; flags 1: with others' pages; answer: 0 */
	LAB_SHUTDOWN,	   /* answer: 0; no request behind it is run */
	/* Blocks by pfn. */
	LAB_PAGE_ALLOC, /* order, mobility, gfp, flags: highest zone; answer: pfn */
	LAB_PAGE_FREE,	/* slot: pfn, order; answer: pfn */
	LAB_PAGE_BULK,	/* arg pages, else as PAGE_ALLOC; a PAGES record; answer: how many */
	LAB_PAGE_SPLIT, /* slot: pfn; answer: how many */
	LAB_PAGE_ATTRS, /* slot: pfn, arg: LAB_PAGE_*; answer: 0 */
	/* The rest of the zones' machinery. */
	LAB_RETYPE,  /* type arg for the pageblock of pfn slot; answer: 0 */
	LAB_COMPACT, /* order, mobility, flags: mode; answer: enum lab_compact_result */
	LAB_TICK,    /* flags: enum lab_daemon, order; answer: 0 */
	LAB_TUNE,    /* flags: enum lab_knob, arg; answer: 1, or 0 for a bad value */
	LAB_STATE,   /* a STATE record; answer: 0 */
	LAB_BREAK,   /* for tests: flags 0 panics, 1 hangs */
	LAB_EXACT,   /* arg pages in one run, else as PAGE_ALLOC; each is a block; answer: pfn */
	LAB_NR_OPS,
};

/* What the owner says of a block; values as impl.h's. */
#define LAB_PAGE_LIVE	   0x1u
#define LAB_PAGE_MOVABLE   0x2u
#define LAB_PAGE_PINNED	   0x4u
#define LAB_PAGE_DIRTY	   0x8u
#define LAB_PAGE_WRITEBACK 0x10u
#define LAB_PAGE_LOCKED	   0x20u
#define LAB_PAGE_EVICTABLE 0x80u
#define LAB_PAGE_LRU	   0x200u /* in the page cache from now on; order 0, movable, by pfn */

enum lab_compact_result {
	LAB_COMPACT_SKIPPED,
	LAB_COMPACT_DEFERRED,
	LAB_COMPACT_COMPLETE,
	LAB_COMPACT_PARTIAL_SKIPPED,
	LAB_COMPACT_CONTENDED,
	LAB_COMPACT_SUCCESS,
};

enum lab_daemon {
	LAB_KCOMPACTD,
	LAB_KCOMPACTD_PROACTIVE,
	LAB_KSWAPD, /* what it does before it sleeps: forget which pageblocks to skip */
};

enum lab_knob {
	LAB_WATERMARK_SCALE_FACTOR,
	LAB_MIN_FREE_KBYTES,
	LAB_WATERMARK_BOOST_FACTOR,
	LAB_EXTFRAG_THRESHOLD,
	LAB_COMPACTION_PROACTIVENESS,
	LAB_COMPACT_UNEVICTABLE_ALLOWED,
	LAB_NR_KNOBS,
};

/* Answers that are no pfn and no count. */
#define LAB_NONE	0xffffffffu /* allocation failed, or nothing in the slot */
#define LAB_INVALID	0xfffffffeu /* bad slot, order, count or opcode; nothing done */
#define LAB_UNSUPPORTED 0xfffffffdu /* this kernel has no such function */

struct lab_request {
	uint8_t op;
	uint8_t order;
	uint8_t mobility; /* 0 unmovable, 1 movable, 2 reclaimable */
	uint8_t flags;	  /* LAB_INJECT: enum lab_move_result; others as said at the op */
	uint32_t gfp;	  /* 6.1's bits; see LAB_GFP_* for those that are passed on */
	uint32_t slot;
	uint32_t arg;
};

/* Values of 6.1, whatever kernel runs. The node is always the lab's, without fallback. */
#define LAB_GFP_HIGH	       0x20u
#define LAB_GFP_IO	       0x40u
#define LAB_GFP_FS	       0x80u
#define LAB_GFP_ZERO	       0x100u
#define LAB_GFP_ATOMIC	       0x200u
#define LAB_GFP_DIRECT_RECLAIM 0x400u
#define LAB_GFP_KSWAPD_RECLAIM 0x800u
#define LAB_GFP_RETRY_MAYFAIL  0x4000u
#define LAB_GFP_NORETRY	       0x10000u
#define LAB_GFP_MEMALLOC       0x20000u
#define LAB_GFP_COMP	       0x40000u
#define LAB_GFP_NOMEMALLOC     0x80000u

/*
 * The replies are records, one behind the other. A request makes any number of
 * MOVE records, then its HELLO, PAGES, DUMP or STATE, then exactly one ANSWER.
 */
enum lab_record_kind {
	LAB_REC_ANSWER = 1, /* one word */
	LAB_REC_MOVE,	    /* struct lab_move */
	LAB_REC_HELLO,	    /* struct lab_hello */
	LAB_REC_PAGES,	    /* pfns */
	LAB_REC_DUMP,	    /* struct lab_dump_head, then the lists */
	LAB_REC_STATE,	    /* struct lab_state_record */
	LAB_NR_RECORD_KINDS,
};

struct lab_record_head {
	uint16_t kind;
	uint16_t op;
	uint32_t index; /* of the request in its batch */
	uint32_t nr_words;
};

/* Of what was waited for, in the place of the mode. */
#define LAB_WAITED_SHIFT 3

enum lab_move_result {
	LAB_MOVED,
	LAB_MOVE_AGAIN,
	LAB_MOVE_BUSY,
	LAB_MOVE_NOMEM,
	LAB_WAITED, /* no move: the kernel waited for the owner of src, or had src written */
};

struct lab_move {
	uint32_t src;
	uint32_t dst;  /* LAB_WAITED: src */
	uint32_t slot; /* LAB_NR_SLOTS: in none */
	uint16_t mode; /* the kernel's enum migrate_mode; LAB_WAITED: LAB_PAGE_*, shifted */
	uint16_t result;
};

/* Functions that are not exported; the bit says that this kernel has it. */
enum lab_symbol {
	LAB_SYM_DRAIN_ALL_PAGES,
	LAB_SYM_GET_PFNBLOCK_FLAGS_MASK,
	LAB_SYM_COMPACT_NODE,
	LAB_SYM_FREE_UNREF_PAGE_LIST,
	LAB_SYM_KSWAPD_STOP,
	LAB_SYM_TRY_TO_COMPACT_PAGES,
	LAB_SYM_SET_PAGEBLOCK_MIGRATETYPE,
	LAB_SYM_MOVE_FREEPAGES_BLOCK,
	LAB_SYM_SETUP_PER_ZONE_WMARKS,
	LAB_SYM_MIN_FREE_KBYTES,
	LAB_SYM_WATERMARK_SCALE_FACTOR,
	LAB_SYM_WATERMARK_BOOST_FACTOR,
	LAB_SYM_EXTFRAG_THRESHOLD,
	LAB_SYM_COMPACTION_PROACTIVENESS,
	LAB_SYM_ALLOC_PAGES_EXACT_NID,
	LAB_SYM_RESET_ISOLATION_SUITABLE,
	LAB_SYM_COMPACT_UNEVICTABLE_ALLOWED,
	LAB_SYM_LRU_ADD_DRAIN,
	LAB_SYM_FOLIO_ISOLATE_LRU,
	LAB_SYM_FILEMAP_REMOVE_FOLIO,
	LAB_SYM_CPU_FBATCHES,
	LAB_SYM_LRU_PAGES, /* no function: all that LAB_PAGE_LRU needs is there */
	LAB_NR_SYMBOLS,
};

struct lab_hello {
	uint32_t version_code; /* the kernel's LINUX_VERSION_CODE */
	uint32_t symbols;      /* bits of enum lab_symbol */
	uint32_t node;
	uint32_t nr_zones; /* of the node, lowest first; the next fields are of one */
	uint32_t lru_pages;
	uint32_t start_pfn;
	uint32_t end_pfn; /* exclusive */
	uint32_t present;
	uint32_t managed;
	uint32_t block_order; /* the kernel has a macro of the full name, pageblock_order */
	uint32_t max_order;   /* inclusive */
	uint32_t nr_pcp_lists;
	uint32_t watermark[3]; /* min, low, high */
	uint32_t pcp_high;
	uint32_t pcp_batch;
	uint32_t stat_threshold;
	char release[64];
	char zone[16];
};

/* Pageblock types, the same on all kernels. */
#define LAB_NR_TYPES 6u /* unmovable, movable, reclaimable, highatomic, CMA, isolate */

#define LAB_BLOCK_HOLE	0x10u
#define LAB_OTHERS_HOLE 0x80000000u

/*
 * A dump is this head, then lists of the form "count, count pfns or values":
 *   nr_pcp_lists per-cpu lists, first page first;
 *   one list with a value per pageblock: bits 0-2 its type, bit 3 skip, or
 *   LAB_BLOCK_HOLE where there is no memory;
 *   for each order from 0 to max_order, nr_types free lists, first page first;
 *   one list of pairs, empty unless it was asked for: a pfn, then the order of
 *   the compound block there or LAB_OTHERS_HOLE | pages. Only true while the lab
 *   has no pages of its own;
 *   one list of the pages of all zones that the cpu is about to add to an LRU list,
 *   oldest first; empty in dumps of zones other than 0.
 */
struct lab_dump_head {
	uint32_t start_pfn;
	uint32_t spanned;
	uint32_t present;
	uint32_t managed;
	uint32_t block_order;
	uint32_t max_order;
	uint32_t nr_types; /* LAB_NR_TYPES */
	uint32_t nr_pcp_lists;
	uint32_t free_global; /* NR_FREE_PAGES without the per-cpu differences: what marks see */
	uint32_t free_exact;  /* with them */
	uint32_t watermark[3];
	uint32_t watermark_boost;
	uint32_t lowmem_reserve[4]; /* DMA, DMA32, Normal, Movable */
	uint32_t boosted;	    /* zone flags */
	uint32_t reclaim_active;
	uint32_t nr_reserved_highatomic;
	uint32_t nr_isolate_pageblock;
	uint32_t contiguous;
	uint32_t compact_cached_free_pfn;
	uint32_t compact_cached_migrate_pfn[2]; /* async, sync */
	uint32_t compact_init_free_pfn;
	uint32_t compact_init_migrate_pfn;
	uint32_t compact_considered;
	uint32_t compact_defer_shift;
	uint32_t compact_order_failed;
	uint32_t compact_blockskip_flush;
	uint32_t pcp_count;
	uint32_t pcp_high;
	uint32_t pcp_batch;
	uint32_t pcp_free_factor; /* pcp->free_count from 6.8 on */
	uint32_t pcp_expire;	  /* counts down with the clock: never compare it */
	uint32_t stat_threshold;
	uint32_t stray_moves; /* migrations outside a batch, which left no MOVE record */
	uint32_t refusals_left;
	uint32_t nr_free[16]; /* free blocks by order, as the kernel counts them */
};

/* What changes with nearly every request, for who wants to know it after each. */
struct lab_state_record {
	uint32_t nr_zones;
	uint32_t stray_moves;
	struct {
		uint32_t free_exact;
		uint32_t pcp_count;
		uint32_t wmark_min;
		uint32_t watermark_boost;
		uint32_t nr_reserved_highatomic;
	} zone[LAB_MAX_ZONES];
	/* Events since the module was loaded, in the order of impls/dump.h. */
	uint32_t total[11];
};

#endif /* LAB_PROTO_H */
