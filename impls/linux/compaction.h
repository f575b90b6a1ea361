/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compaction.h - what compaction.c offers to the allocation path, to kswapd, and
 * to glue.c; and the priorities of direct compaction. Follows
 * include/linux/compaction.h of 6.1.
 */
#ifndef PAGEFUZZ_LINUX_COMPACTION_H
#define PAGEFUZZ_LINUX_COMPACTION_H

#include "internal.h"

/* A lower number tries harder. */
enum compact_priority {
	COMPACT_PRIO_SYNC_FULL,
	COMPACT_PRIO_SYNC_LIGHT,
	COMPACT_PRIO_ASYNC,
	MIN_COMPACT_PRIORITY = COMPACT_PRIO_SYNC_FULL,
	MIN_COMPACT_COSTLY_PRIORITY = COMPACT_PRIO_SYNC_LIGHT,
	DEF_COMPACT_PRIORITY = COMPACT_PRIO_SYNC_LIGHT,
	INIT_COMPACT_PRIORITY = COMPACT_PRIO_ASYNC,
};

/*
 * The kernel's enum compact_result, whose numbers events carry. The first, the
 * fourth and the fifth are never the answer of a whole compaction.
 */
enum compact_result {
	COMPACT_NOT_SUITABLE_ZONE,
	COMPACT_SKIPPED,
	COMPACT_DEFERRED,
	COMPACT_NO_SUITABLE_PAGE,
	COMPACT_CONTINUE,
	COMPACT_COMPLETE,
	COMPACT_PARTIAL_SKIPPED,
	COMPACT_CONTENDED,
	COMPACT_SUCCESS,
};

/* The kernel's number of a result, for events. */
enum compact_result lx_compact_result(enum pf_compact_result result);

/* Free pages that compaction wants to have above a mark. */
static inline u32 compact_gap(unsigned int order)
{
	return 2u << order;
}

/*
 * Compact the zones of a request, hardest to easiest 0 to 2 in `prio`. *capture:
 * a block of the order that was formed on the way, taken from the free lists
 * for the caller; LX_NONE: none. Ports try_to_compact_pages() (6.1).
 */
enum pf_compact_result lx_try_to_compact_pages(struct machine *m, u32 gfp, unsigned int order,
					       unsigned int alloc_flags,
					       const struct alloc_context *ac, unsigned int prio,
					       u32 *capture);

/* The contract's `compact`: a whole node, or one attempt for an order. */
enum pf_compact_result lx_compact(struct machine *m, const struct pf_compact_request *req);

/* All zones of a node, in full. Ports compact_node() (6.1). */
void lx_compact_node(struct machine *m, unsigned int nid);

/*
 * One round of a node's kcompactd: after a wake-up for `order` (0: for what was
 * asked of it before), or after its timer. Ports the loop of kcompactd() (6.1).
 */
bool lx_kcompactd_tick(struct machine *m, unsigned int nid, unsigned int order, bool proactive);

/* Ask a node's kcompactd for an order. Ports wakeup_kcompactd() (6.1). */
void lx_wakeup_kcompactd(struct machine *m, unsigned int nid, unsigned int order,
			 unsigned int highest_zoneidx);

/* Would compaction go ahead now? Ports compaction_suitable() (6.1). */
enum compact_result lx_compaction_suitable(struct machine *m, struct zone *zone, int order,
					   unsigned int alloc_flags, unsigned int highest_zoneidx);

/* Would it in one of the zones, if reclaim went on? Ports compaction_zonelist_suitable() (6.1). */
bool lx_compaction_zonelist_suitable(struct machine *m, const struct alloc_context *ac,
				     unsigned int order, unsigned int alloc_flags);

/* Back-off after failures. Port compaction_deferred(), compaction_defer_reset() and others (6.1). */
bool lx_compaction_deferred(struct machine *m, struct zone *zone, int order);
void lx_defer_compaction(struct machine *m, struct zone *zone, int order);
void lx_compaction_defer_reset(struct machine *m, struct zone *zone, int order, bool alloc_success);
bool lx_compaction_restarting(const struct zone *zone, int order);

/* Forget which pageblocks to skip, where that is due. Ports reset_isolation_suitable() (6.1). */
void lx_reset_isolation_suitable(struct machine *m, unsigned int nid);

/* 0..100: how fragmented. Port fragmentation_score_node() and others (6.1). */
unsigned int lx_fragmentation_score_zone(const struct machine *m, const struct zone *zone);
unsigned int lx_fragmentation_score_node(const struct machine *m, unsigned int nid);
unsigned int lx_fragmentation_score_wmark(const struct machine *m, bool low);

/*
 * Was the allocated block that begins at pfn asked for with __GFP_COMP, at an
 * order above 0? Follows PageHead() (6.1). In page_alloc.c.
 */
bool lx_page_compound(const struct machine *m, u32 pfn);

/*
 * Does the memmap say that the page (an absolute pfn) is in this zone? That of a hole
 * says what follows the hole, and may be missing. `online`: is it in use besides?
 */
bool lx_page_in_zone(struct machine *m, u64 pfn, const struct zone *zone, bool online);

#endif /* PAGEFUZZ_LINUX_COMPACTION_H */
