// SPDX-License-Identifier: GPL-2.0-only
/*
 * compaction.c - the tree's file of that name, in an environment that the world makes;
 * and its daemons, which here do one round when they are told to.
 */
#include "shim.h"
#include "events.h"
#include <linux/huge_mm.h>
#include <linux/sched/signal.h>
#include <linux/compaction.h>
#include <trace/events/compaction.h>

/* Proactive compaction measures by huge pages, which here are as large as a pageblock. */
#undef HPAGE_PMD_ORDER
#define HPAGE_PMD_ORDER pageblock_order

#define need_resched()		   shim_hindered(PF_INJECT_RESCHED)
#define fatal_signal_pending(task) shim_hindered(PF_INJECT_KILLED)
#undef spin_trylock_irqsave
#define spin_trylock_irqsave(lock, flags)          \
	(!shim_hindered(PF_INJECT_CONTENDED) && ({ \
		spin_lock_irqsave(lock, flags);    \
		1;                                 \
	}))

/* Where it is asked for, others may have isolated pages as well. */
static bool tree_too_many_isolated(SHIM_ISOLATED_BY *by);
static bool asked_too_many_isolated(SHIM_ISOLATED_BY *by)
{
	return tree_too_many_isolated(by) || shim_hindered(PF_INJECT_ISOLATED);
}
#define SHIM_TYPE_pg_data_t   ~, tree_too_many_isolated,
#define SHIM_TYPE_struct      ~, tree_too_many_isolated,
#define too_many_isolated(by) SHIM_PICK(SHIM_TYPE_##by, asked_too_many_isolated, ~)(by)

/* Its tracepoints; results are those of the kernel's enum. */
#define DEFER_EVENT(type, zone, order)                                                         \
	SHIM_EVENT(type, zone_to_nid(zone), zone_idx(zone), order, (zone)->compact_considered, \
		   (zone)->compact_defer_shift, (zone)->compact_order_failed)
#define trace_mm_compaction_defer_compaction(zone, order) \
	DEFER_EVENT(PF_EV_COMPACT_DEFER, zone, order)
#define trace_mm_compaction_deferred(zone, order) DEFER_EVENT(PF_EV_COMPACT_DEFERRED, zone, order)
#define trace_mm_compaction_defer_reset(zone, order) \
	DEFER_EVENT(PF_EV_COMPACT_DEFER_RESET, zone, order)
#define trace_mm_compaction_isolate_freepages(start, end, scanned, taken) \
	SCAN_EVENT(PF_EV_ISOLATE_FREEPAGES, start, end, scanned, taken)
#define trace_mm_compaction_isolate_migratepages(start, end, scanned, taken) \
	SCAN_EVENT(PF_EV_ISOLATE_MIGRATEPAGES, start, end, scanned, taken)
/* Pages looked at are work. */
#define SCAN_EVENT(type, start, end, scanned, taken)          \
	do {                                                  \
		shim_spend(scanned);                          \
		SHIM_EVENT(type, start, end, scanned, taken); \
	} while (0)
#define trace_mm_compaction_finished(zone, order, ret) \
	SHIM_EVENT(PF_EV_COMPACT_FINISHED, zone_to_nid(zone), zone_idx(zone), order, ret)
#define trace_mm_compaction_suitable(zone, order, ret) \
	SHIM_EVENT(PF_EV_COMPACT_SUITABLE, zone_to_nid(zone), zone_idx(zone), order, ret)
#define trace_mm_compaction_begin(cc, start, end, sync) \
	SHIM_EVENT(PF_EV_COMPACT_BEGIN, start, (cc)->migrate_pfn, (cc)->free_pfn, end, sync)
#define trace_mm_compaction_end(cc, start, end, sync, ret) \
	SHIM_EVENT(PF_EV_COMPACT_END, start, (cc)->migrate_pfn, (cc)->free_pfn, end, sync, ret)
#define trace_mm_compaction_migratepages(of, moved) \
	SHIM_EVENT(PF_EV_COMPACT_MIGRATEPAGES, moved, SHIM_NR_MIGRATEPAGES(of) - (moved))
/* Without the flags that impl.c adds. */
#define ADDED_GFP (__GFP_NOWARN | __GFP_HIGHMEM | __GFP_NOMEMALLOC)
#define trace_mm_compaction_try_to_compact_pages(order, gfp, prio) \
	SHIM_EVENT(PF_EV_COMPACT_TRY, order,                       \
		   ((gfp) & ~ADDED_GFP) | (shim_gfp & (PF_GFP_NOWARN | PF_GFP_NOMEMALLOC)), prio)
#define trace_mm_compaction_kcompactd_wake(nid, order, zid) \
	SHIM_EVENT(PF_EV_KCOMPACTD_WAKE, nid, order, zid)
#define trace_mm_compaction_wakeup_kcompactd(nid, order, zid) \
	SHIM_EVENT(PF_EV_WAKEUP_KCOMPACTD, nid, order, zid)

#include <mm/compaction.c>

int *const shim_extfrag_threshold = &sysctl_extfrag_threshold;
int *const shim_compact_unevictable_allowed = &sysctl_compact_unevictable_allowed;
unsigned int *const shim_compaction_proactiveness = &sysctl_compaction_proactiveness;

void shim_compact_node(int nid)
{
	SHIM_COMPACT_NODE(nid);
}

/* Woken for an order, as by an allocation; then what it does when it is awake. */
void shim_kcompactd(pg_data_t *pgdat, unsigned int order)
{
	wakeup_kcompactd(pgdat, order, pgdat->nr_zones - 1);
	if (pgdat->kcompactd_max_order > 0)
		kcompactd_do_work(pgdat);
	SHIM_EVENT(PF_EV_KCOMPACTD_SLEEP, pgdat->node_id);
}

/* What it does when it was not woken in time. How long it sleeps next is told from outside. */
void shim_kcompactd_proactive(pg_data_t *pgdat)
{
	if (should_proactive_compact_node(pgdat))
		SHIM_PROACTIVE(pgdat);
	pgdat->proactive_compact_trigger = false;
	SHIM_EVENT(PF_EV_KCOMPACTD_SLEEP, pgdat->node_id);
}
