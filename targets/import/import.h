/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * import.h - from a recorded kmem trace to a program. Readers (ftrace text,
 * trace.dat) bring struct pf_trace_event one by one; the importer keeps the view
 * of what is live and writes operations. No global state.
 */
#ifndef PAGEFUZZ_IMPORT_H
#define PAGEFUZZ_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../../oracle/op.h"

/* What of the kernel's tracepoints means something here, by the tracepoint's name. */
#define PF_TRACE_KINDS(X)                                  \
	X(ALLOC, mm_page_alloc)                            \
	X(FREE, mm_page_free)                              \
	X(FREE_BATCHED, mm_page_free_batched)              \
	X(ALLOC_LOCKED, mm_page_alloc_zone_locked)         \
	X(DRAIN, mm_page_pcpu_drain)                       \
	X(EXTFRAG, mm_page_alloc_extfrag)                  \
	X(COMPACT_TRY, mm_compaction_try_to_compact_pages) \
	X(COMPACT_BEGIN, mm_compaction_begin)              \
	X(COMPACT_FINISHED, mm_compaction_finished)        \
	X(COMPACT_END, mm_compaction_end)                  \
	X(KCOMPACTD_WAKE, mm_compaction_kcompactd_wake)    \
	X(KSWAPD_WAKE, mm_vmscan_kswapd_wake)              \
	X(RECLAIM_BEGIN, mm_vmscan_direct_reclaim_begin)   \
	X(RECLAIM_END, mm_vmscan_direct_reclaim_end)

enum pf_trace_kind {
#define X(id, name) PF_TRACE_##id,
	PF_TRACE_KINDS(X)
#undef X
		PF_TRACE_OTHER,
	PF_NR_TRACE_KINDS = PF_TRACE_OTHER,
};

/* Everything that can go wrong in a trace, or that the language cannot say. */
#define PF_IMPORT_NOTES(X)                                                                       \
	X(FREE_BEFORE, "frees of pages allocated before the recording began: no operation")      \
	X(FREE_UNSEEN, "frees of pages that a call without event allocated: no operation")       \
	X(FREE_SKIPPED, "frees of allocations that were skipped: no operation")                  \
	X(FREE_BATCH_ONLY, "frees seen only as mm_page_free_batched: freed")                     \
	X(FREE_PARTLY, "blocks freed in parts: split, and held until their last page is freed")  \
	X(FREE_LARGER, "frees of a larger order than was allocated: all blocks in it freed")     \
	X(MOVED, "blocks that compaction moved: they stay live, place unknown")                  \
	X(MOVED_FREED, "frees of unknown pages, taken as those of the oldest moved blocks")      \
	X(ISOLATED, "free pages that compaction took and gave back: no operation")               \
	X(STILL_LIVE, "blocks still live when a page of theirs is allocated again: freed first") \
	X(FAILED, "failed allocations: tried, and given back at once")                           \
	X(NO_SLOT, "allocations skipped: more live blocks than the language has slots")          \
	X(ORDER, "allocations skipped: of an order that the language does not have")             \
	X(MIGRATETYPE, "allocations of a type nobody can ask for: taken as unmovable")           \
	X(ZONE_LIMIT, "allocations for DMA zones only: the limit is left out")                   \
	X(GFP_NAME, "unknown gfp flags: left out")                                               \
	X(CPU, "events on cpus above 3: cpu taken modulo 4")                                     \
	X(NO_CPU, "events without a cpu: taken as of cpu 0")                                     \
	X(COMPACT_ZONE, "compactions of further zones in one go: taken as one operation")        \
	X(LOST, "events lost by the recorder, at least")                                         \
	X(TIME_BACK, "timestamps going back: events taken in the order of the trace")            \
	X(BAD, "lines or records that are no event: left out")                                   \
	X(CUT_OFF, "last lines without an end: left out")

enum pf_import_note {
#define X(id, text) PF_NOTE_##id,
	PF_IMPORT_NOTES(X)
#undef X
		PF_NR_IMPORT_NOTES,
};

/* The kernel's gfp bits that impls/impl.h does not name; values of 6.1. */
#define PF_TRACE_GFP_DMA      0x01u
#define PF_TRACE_GFP_HIGHMEM  0x02u
#define PF_TRACE_GFP_DMA32    0x04u
#define PF_TRACE_GFP_MOVABLE  0x08u
#define PF_TRACE_GFP_WRITE    0x1000u
#define PF_TRACE_GFP_HARDWALL 0x100000u
#define PF_TRACE_GFP_ACCOUNT  0x400000u

/* And its usual sets of bits, without the prefix GFP_ there. */
#define PF_TRACE_GFP_RECLAIM	      (PF_GFP_DIRECT_RECLAIM | PF_GFP_KSWAPD_RECLAIM)
#define PF_TRACE_GFP_KERNEL	      (PF_TRACE_GFP_RECLAIM | PF_GFP_IO | PF_GFP_FS)
#define PF_TRACE_GFP_USER	      (PF_TRACE_GFP_KERNEL | PF_TRACE_GFP_HARDWALL)
#define PF_TRACE_GFP_HIGHUSER	      (PF_TRACE_GFP_USER | PF_TRACE_GFP_HIGHMEM)
#define PF_TRACE_GFP_HIGHUSER_MOVABLE (PF_TRACE_GFP_HIGHUSER | PF_TRACE_GFP_MOVABLE)
#define PF_TRACE_GFP_THP_LIGHT                                                               \
	((PF_TRACE_GFP_HIGHUSER_MOVABLE | PF_GFP_COMP | PF_GFP_NOMEMALLOC | PF_GFP_NOWARN) & \
	 ~PF_TRACE_GFP_RECLAIM)

#define PF_TRACE_MAX_PFN   (1ull << 40)
#define PF_TRACE_MAX_ORDER 18

struct pf_trace_event {
	enum pf_trace_kind kind;
	const char *name; /* not NUL-terminated; needed with PF_TRACE_OTHER only */
	size_t name_len;
	uint64_t time; /* ns, or ticks of a clock without a point */
	unsigned cpu;
	int pid;
	bool in_irq;
	bool no_cpu; /* the trace does not say */
	bool sync;   /* compaction */
	bool failed; /* an allocation without a page */
	int order;   /* -1: the whole zone */
	int migratetype;
	uint32_t gfp;
	unsigned bad_gfp; /* names that were not known */
	uint64_t pfn;
	uint64_t zone_start;
	uint64_t nr; /* pages reclaimed */
};

struct pf_import_options {
	/*
	 * Allocations and frees: those to pass over (what is live behind them is
	 * allocated first), and those to take then (0: all).
	 */
	uint64_t skip, events;
	bool evictable; /* mark page cache */
	uint32_t pages; /* 0: from the peak of live pages */
	unsigned pageblock_order, max_order;
};

#define PF_IMPORT_MAX_PAGES (16383u << 8)

struct pf_import;

/* NULL: out of memory. */
struct pf_import *pf_import_new(const struct pf_import_options *options);
void pf_import_free(struct pf_import *im);

/* Take an event. False: enough, or out of memory (then pf_import_error() says so). */
bool pf_import_event(struct pf_import *im, const struct pf_trace_event *ev);
/* Take a line of ftrace text without its newline. False as above. */
bool pf_import_line(struct pf_import *im, const char *line, size_t len);
/* Note a line or record that cannot be used. */
void pf_import_bad(struct pf_import *im, uint64_t nr, const char *text, size_t len);
void pf_import_note(struct pf_import *im, enum pf_import_note note, uint64_t n);

/*
 * Settle the configuration. False: nothing to import or out of memory, see
 * pf_import_error(). Then the program is ready: it belongs to the importer.
 */
bool pf_import_finish(struct pf_import *im);
const struct pf_op *pf_import_ops(const struct pf_import *im, size_t *n);
/* One line without a newline. */
const char *pf_import_error(const struct pf_import *im);
uint64_t pf_import_noted(const struct pf_import *im, enum pf_import_note note);
uint64_t pf_import_events(const struct pf_import *im, enum pf_trace_kind kind);
void pf_import_report(const struct pf_import *im, FILE *out);

/* The gfp symbol of the language that is nearest to a kernel's flags. */
unsigned pf_import_gfp(uint32_t gfp);

/* ---------------------------------------------------------- the readers -- */

/* Kind by the tracepoint's name. */
enum pf_trace_kind pf_trace_kind(const char *name, size_t len);

enum pf_line { PF_LINE_EVENT, PF_LINE_COMMENT, PF_LINE_LOST, PF_LINE_BAD };

/* One line of ftrace text. PF_LINE_LOST: ev->nr events are lost, 0: unknown how many. */
enum pf_line pf_ftrace_parse(const char *line, size_t len, struct pf_trace_event *ev);

/*
 * Feed a whole file ("-": standard input) to the importer. Plain or gzipped
 * ftrace text, or trace.dat. False: `error` says in one line why.
 */
bool pf_import_file(struct pf_import *im, const char *path, char *error, size_t size);
bool pf_import_dat(struct pf_import *im, const char *path, char *error, size_t size);

#endif /* PAGEFUZZ_IMPORT_H */
