/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * figures.h - what is counted for each implementation while programs run, and probes: how often
 * a rare condition was met. What no campaign meets, no campaign tests.
 */
#ifndef PAGEFUZZ_FIGURES_H
#define PAGEFUZZ_FIGURES_H

#include "../impls/impl.h"
#include "blame.h"

/* Conditions of Linux, told by its events or, of who shows a dump, at checkpoints. */
#define PF_PROBES(X)                                                               \
	X(STEAL, "a fallback takes over the pageblock")                            \
	X(FALLBACK, "a fallback leaves the pageblock its type")                    \
	X(KSWAPD, "kswapd is woken")                                               \
	X(KCOMPACTD, "kcompactd wakes up for an order")                            \
	X(LITTLE, "no compaction: too little memory is free")                      \
	X(SCATTERED, "no compaction: memory lacks, not large blocks")              \
	X(DEFERRED, "no compaction: it is put off")                                \
	X(DEFER_MAX, "compaction is put off as long as can be")                    \
	X(DEFER_RESET, "and not any longer")                                       \
	X(ASYNC, "compaction that does not wait")                                  \
	X(SYNC, "compaction that waits")                                           \
	X(GOES_ON, "which goes on where the last one stopped")                     \
	X(SUCCESS, "and ends with a block")                                        \
	X(PARTIAL, "or at the other scanner, having begun amid the zone")          \
	X(COMPLETE, "or after the whole zone")                                     \
	X(CONTENDED, "or because somebody is in the way")                          \
	X(WHOLE_BLOCK, "more than a batch is isolated: a pageblock's second time") \
	X(NO_SOURCE, "a pageblock is scanned in vain for pages to move")           \
	X(NO_TARGET, "or for free ones")                                           \
	X(MOVES_NONE, "all pages of a batch refuse")                               \
	X(MOVES_SOME, "or some of them")                                           \
	X(BOOSTED, "watermarks are boosted at a checkpoint")                       \
	X(RESERVE, "there is a reserve for urgent requests")                       \
	X(ISOLATED, "pageblocks are isolated")                                     \
	X(FREE_FACTOR, "a cpu frees in larger batches")                            \
	X(UNGROUPED, "memory is too small for grouping by mobility")               \
	X(BORDER, "a zone begins or ends inside a pageblock")                      \
	X(NODES, "there are two nodes or more")                                    \
	X(ABOVE, "blocks are larger than pageblocks")
#define PF_PROBE_ENUM(id, text) PF_PROBE_##id,
enum pf_probe { PF_PROBES(PF_PROBE_ENUM) PF_NR_PROBES };
#undef PF_PROBE_ENUM
extern const char *const pf_probe_text[PF_NR_PROBES];

/* Figures of one implementation, summed over runs until pf_oracle_reset_figures(). */
struct pf_figures {
	uint64_t runs, refused_runs; /* programs; those of a layout that it does not take */
	uint64_t ops;		     /* operations that reached the implementation */
	uint64_t skipped;	     /* operations it has no function for */
	uint64_t alloc_ok[PF_NR_ORDERS], alloc_failed[PF_NR_ORDERS];
	uint64_t migrations, refused, evictions; /* units */
	uint64_t migrate_scanned, free_scanned;	 /* pages, as the implementation counts */
	uint64_t events[PF_NR_EVENTS];
	uint64_t met[PF_NR_PROBES];
	/*
	 * Whole compactions that wait, nobody refusing: those that could make the only free
	 * pageblock of a zone, those that did; pages that had to be moved at least, pages that were.
	 */
	uint64_t packable, packed, least_moves, packing_moves;
	uint64_t checks;	      /* laws evaluated */
	uint64_t checked[PF_NR_LAWS]; /* each of those that have a place where they are */
	/* At the end of the last run, before everything is freed. */
	uint32_t free_pages;
	int largest_free_order;	 /* -1: nothing free */
	unsigned unusable_index; /* for the layout's pageblock order, thousandths */
};

/* An event has been seen. */
void pf_probe_event(struct pf_figures *f, const struct pf_event *ev);

/* Add all counts; what is about the end of a run is left alone. */
void pf_figures_add(struct pf_figures *to, const struct pf_figures *from);

/* What the comparison of twins found equal. */
struct pf_exact {
	uint64_t allocations, migrations, dumps;
};

#endif /* PAGEFUZZ_FIGURES_H */
