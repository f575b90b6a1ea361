/* SPDX-License-Identifier: MIT */
/*
 * dump.h - the whole state of an allocator at one moment, as `dump` writes it
 * and `load` reads it: every list in order, every counter that decides
 * something. An implementation includes this beside impl.h if it offers one of
 * the two. Names and meaning of the fields are those of Linux 6.1.
 *
 * Lists are runs of 32-bit words in one array that the caller of `dump` owns.
 * A word is an absolute pfn (first page of the block), except in `blocks`.
 */
#ifndef PAGEFUZZ_DUMP_H
#define PAGEFUZZ_DUMP_H

#include <string.h>

#include "impl.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Per zone. free: NR_FREE_PAGES without the per-cpu differences, which is what
 * watermark checks see. managed: pages of the zone given to the allocator,
 * those that somebody outside the program uses included. skip and cached
 * positions are absolute pfns.
 */
#define PF_ZONE_FIELDS(X)                                         \
	X(MANAGED, managed)                                       \
	X(PRESENT, present)                                       \
	X(FREE, free)                                             \
	X(WMARK_MIN, wmark_min)                                   \
	X(WMARK_LOW, wmark_low)                                   \
	X(WMARK_HIGH, wmark_high)                                 \
	X(BOOST, watermark_boost)                                 \
	X(RESERVE_DMA, lowmem_reserve_dma)                        \
	X(RESERVE_DMA32, lowmem_reserve_dma32)                    \
	X(RESERVE_NORMAL, lowmem_reserve_normal)                  \
	X(RESERVE_MOVABLE, lowmem_reserve_movable)                \
	X(BOOSTED, boosted) /* flag ZONE_BOOSTED_WATERMARK */     \
	X(RECLAIM_ACTIVE, reclaim_active)                         \
	X(HIGHATOMIC, nr_reserved_highatomic)                     \
	X(NR_ISOLATE, nr_isolate_pageblock)                       \
	X(CONTIGUOUS, contiguous)                                 \
	X(CACHED_FREE, compact_cached_free_pfn)                   \
	X(CACHED_MIGRATE_ASYNC, compact_cached_migrate_pfn_async) \
	X(CACHED_MIGRATE_SYNC, compact_cached_migrate_pfn_sync)   \
	X(INIT_FREE, compact_init_free_pfn)                       \
	X(INIT_MIGRATE, compact_init_migrate_pfn)                 \
	X(CONSIDERED, compact_considered)                         \
	X(DEFER_SHIFT, compact_defer_shift)                       \
	X(ORDER_FAILED, compact_order_failed)                     \
	X(BLOCKSKIP_FLUSH, compact_blockskip_flush)

/* Per zone and cpu: its per-cpu list, and its share of the zone's counters. */
#define PF_CPU_FIELDS(X)                                                            \
	X(COUNT, count) /* pages */                                                 \
	X(HIGH, high)                                                               \
	X(BATCH, batch)                                                             \
	X(FREE_FACTOR, free_factor)                                                 \
	X(FREE_DIFF, free_diff) /* vm_stat_diff[NR_FREE_PAGES], two's complement */ \
	X(STAT_THRESHOLD, stat_threshold)

/*
 * Totals of the machine since its start, named as in /proc/vmstat. `load`
 * takes them over.
 */
#define PF_TOTAL_FIELDS(X)                                           \
	X(COMPACT_MIGRATE_SCANNED, compact_migrate_scanned)          \
	X(COMPACT_FREE_SCANNED, compact_free_scanned)                \
	X(COMPACT_ISOLATED, compact_isolated)                        \
	X(COMPACT_STALL, compact_stall)                              \
	X(COMPACT_FAIL, compact_fail)                                \
	X(COMPACT_SUCCESS, compact_success)                          \
	X(KCOMPACTD_WAKE, compact_daemon_wake)                       \
	X(KCOMPACTD_MIGRATE_SCANNED, compact_daemon_migrate_scanned) \
	X(KCOMPACTD_FREE_SCANNED, compact_daemon_free_scanned)       \
	X(PGMIGRATE_SUCCESS, pgmigrate_success)                      \
	X(PGMIGRATE_FAIL, pgmigrate_fail)

#define PF_DUMP_ENUM(id, name) PF_DUMP_##id,
enum pf_zone_field { PF_ZONE_FIELDS(PF_DUMP_ENUM) PF_NR_ZONE_FIELDS };
enum pf_cpu_field { PF_CPU_FIELDS(PF_DUMP_ENUM) PF_NR_CPU_FIELDS };
enum pf_total_field { PF_TOTAL_FIELDS(PF_DUMP_ENUM) PF_NR_TOTAL_FIELDS };
#undef PF_DUMP_ENUM

/*
 * Lists of a per-cpu set: 3 * order + mobility for orders 0..3, then the two
 * of pageblock order, without and with movable (6.1.192's order_to_pindex()).
 */
#define PF_NR_PCP_LISTS 14

/* Order of the blocks on such a list. */
static inline unsigned pf_pcp_order(const struct pf_layout *l, unsigned list)
{
	return list < PF_NR_PCP_LISTS - 2 ? list / PF_NR_MOBILITY : l->pageblock_order;
}

/* Pages that a cpu collects before it adds them to an LRU list (PAGEVEC_SIZE). */
#define PF_LRU_BATCH 15

struct pf_list {
	uint32_t first; /* index into pf_dump.word[] */
	uint32_t nr;
};

/* One word of `blocks`: type of the pageblock, and PF_BLOCK_SKIP if it has the skip bit. */
#define PF_BLOCK_TYPE 0x7u
#define PF_BLOCK_SKIP 0x8u

struct pf_zone_dump {
	uint32_t field[PF_NR_ZONE_FIELDS];
	uint32_t cpu[PF_MAX_CPUS][PF_NR_CPU_FIELDS];
	/* First block of the list first. */
	struct pf_list free[PF_NR_ORDERS][PF_NR_BLOCK_TYPES];
	struct pf_list pcp[PF_MAX_CPUS][PF_NR_PCP_LISTS];
	/* A word per pageblock that the zone's span touches, ascending. */
	struct pf_list blocks;
	/*
	 * For `load` only, of a machine where somebody else has pages: two words
	 * each, a pfn and what begins there. Others' pages that are on no list
	 * and not named here are single ones.
	 */
	struct pf_list others;
};

#define PF_OTHERS_HOLE 0x80000000u /* | pages of no memory, or of another zone */
/* Without that bit: the order of a compound block. */

struct pf_dump {
	uint32_t *word;
	uint32_t nr_words; /* written; more than room: some are missing, call again with more */
	uint32_t room;
	/* True: only the lengths of the lists are known, and the hash of all words. */
	bool lists_absent;
	uint64_t list_hash;
	uint32_t total[PF_NR_TOTAL_FIELDS];
	/*
	 * Pages that a cpu is about to add to an LRU list, oldest first: they are in
	 * use, but on none until the batch is full or drained. Words of word[].
	 */
	struct pf_list lru_add[PF_MAX_CPUS];
	uint32_t nr_zones; /* as in the layout, same order */
	uint32_t nr_cpus;
	uint32_t nr_online_nodes; /* of the machine, at least those of the layout */
	struct pf_zone_dump zone[PF_MAX_ZONES];
};

/* For writers: begin a list, add its words. */
static inline void pf_dump_begin(struct pf_dump *d, struct pf_list *list)
{
	list->first = d->nr_words;
	list->nr = 0;
}

static inline void pf_dump_add(struct pf_dump *d, struct pf_list *list, uint32_t word)
{
	if (d->nr_words < d->room)
		d->word[d->nr_words] = word;
	d->nr_words++;
	list->nr++;
}

static inline uint64_t pf_dump_hash_list(const struct pf_dump *d, const struct pf_list *list,
					 uint64_t hash)
{
	for (uint32_t i = 0; i < list->nr; i++) {
		hash = (hash ^ d->word[list->first + i]) * 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 29;
	}
	return hash * 31 + list->nr;
}

/* Of all lists, independent of where in word[] they are. */
static inline uint64_t pf_dump_hash(const struct pf_layout *l, const struct pf_dump *d)
{
	uint64_t hash = 1;

	for (unsigned z = 0; z < l->nr_zones; z++) {
		const struct pf_zone_dump *zone = &d->zone[z];

		for (unsigned o = 0; o <= l->max_order; o++)
			for (unsigned t = 0; t < PF_NR_BLOCK_TYPES; t++)
				hash = pf_dump_hash_list(d, &zone->free[o][t], hash);
		for (unsigned cpu = 0; cpu < l->nr_cpus; cpu++)
			for (unsigned i = 0; i < PF_NR_PCP_LISTS; i++)
				hash = pf_dump_hash_list(d, &zone->pcp[cpu][i], hash);
		hash = pf_dump_hash_list(d, &zone->blocks, hash);
	}
	for (unsigned cpu = 0; cpu < l->nr_cpus; cpu++)
		if (d->lru_add[cpu].nr)
			hash = pf_dump_hash_list(d, &d->lru_add[cpu], hash);
	return hash;
}

/* Padding has no say. */
static inline bool pf_layout_same(const struct pf_layout *a, const struct pf_layout *b)
{
	if (a->base_pfn != b->base_pfn || a->end_pfn != b->end_pfn ||
	    a->pageblock_order != b->pageblock_order || a->max_order != b->max_order ||
	    a->nr_nodes != b->nr_nodes || a->nr_cpus != b->nr_cpus || a->nr_zones != b->nr_zones ||
	    a->nr_ranges != b->nr_ranges)
		return false;
	for (unsigned z = 0; z < a->nr_zones; z++) {
		const struct pf_zone_layout *x = &a->zone[z], *y = &b->zone[z];

		if (x->start_pfn != y->start_pfn || x->spanned != y->spanned ||
		    x->node != y->node || x->type != y->type ||
		    memcmp(x->wmark, y->wmark, sizeof(x->wmark)))
			return false;
	}
	for (unsigned i = 0; i < a->nr_ranges; i++)
		if (a->range[i].start_pfn != b->range[i].start_pfn ||
		    a->range[i].nr_pages != b->range[i].nr_pages ||
		    a->range[i].kind != b->range[i].kind)
			return false;
	return true;
}

/* ---------------------------------------------------- two of one layout -- */

enum pf_dump_part {
	PF_DUMP_EQUAL,
	PF_DUMP_FREE_LIST,  /* i: order, k: type */
	PF_DUMP_PCP_LIST,   /* i: cpu, k: list */
	PF_DUMP_BLOCKS,	    /* types and skip bits */
	PF_DUMP_LRU_LIST,   /* i: cpu */
	PF_DUMP_ZONE_FIELD, /* i: enum pf_zone_field */
	PF_DUMP_CPU_FIELD,  /* i: cpu, k: enum pf_cpu_field */
	PF_DUMP_TOTAL,	    /* i: enum pf_total_field */
	PF_DUMP_LISTS_HASH, /* some list; one of the two has only their hash */
};

/* Where two dumps part first. */
struct pf_dump_diff {
	enum pf_dump_part part;
	unsigned zone, i, k;
	/* Of a list: both of them, and the first entry that differs (or one of them lacks). */
	const struct pf_list *a_list, *b_list;
	uint32_t at;
	uint32_t a, b; /* the two values of a field */
};

/* True: equal, and d->part says so. Lists are compared by length and hash if one has no more. */
bool pf_dump_diff(struct pf_dump_diff *d, const struct pf_layout *l, const struct pf_dump *a,
		  const struct pf_dump *b);
/* One line, without a newline; returns as snprintf() does. */
int pf_dump_diff_text(const struct pf_dump_diff *d, const char *a_name, const char *b_name,
		      char *buf, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* PAGEFUZZ_DUMP_H */
