// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab_compact.c - compaction of a node and for an order, rounds of the daemons, types
 * of pageblocks and tuning; and what keeps daemons and other tasks out of it.
 */
#include "internal.h"

#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/sched/mm.h>
#include <linux/tracepoint.h>
#include <linux/vmstat.h>

struct compact_control; /* known to its address only */

/* ------------------------------------------- compaction, types, knobs -- */

u32 do_compact_node(void)
{
	if (!p_compact_node)
		return LAB_UNSUPPORTED;
	moved = 0;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
	p_compact_node(NODE_DATA(node), false);
#else
	p_compact_node(node);
#endif
	return moved;
}

static u32 to_lab_result(enum compact_result result)
{
	switch (result) {
	case COMPACT_SKIPPED:
		return LAB_COMPACT_SKIPPED;
	case COMPACT_DEFERRED:
		return LAB_COMPACT_DEFERRED;
	case COMPACT_COMPLETE:
		return LAB_COMPACT_COMPLETE;
	case COMPACT_PARTIAL_SKIPPED:
		return LAB_COMPACT_PARTIAL_SKIPPED;
	case COMPACT_CONTENDED:
		return LAB_COMPACT_CONTENDED;
	case COMPACT_SUCCESS:
		return LAB_COMPACT_SUCCESS;
	default:
		return LAB_INVALID;
	}
}

/* Direct compaction as the allocator's slow path starts it, without the allocation. */
u32 do_compact(const struct lab_request *r)
{
	static const enum compact_priority priority[] = {
		[MIGRATE_ASYNC] = COMPACT_PRIO_ASYNC,
		[MIGRATE_SYNC_LIGHT] = COMPACT_PRIO_SYNC_LIGHT,
		[MIGRATE_SYNC] = COMPACT_PRIO_SYNC_FULL,
	};
	const unsigned int alloc_cpuset = 0x40; /* and the min watermark, which is 0 */
	gfp_t gfp = GFP_KERNEL | __GFP_THISNODE | __GFP_NOWARN;
	struct alloc_context ac = {.migratetype = r->mobility};
	struct page *captured = NULL;
	enum compact_result result;
	unsigned int saved;

	if (!p_try_to_compact_pages)
		return LAB_UNSUPPORTED;
	if (r->flags >= ARRAY_SIZE(priority) || r->mobility >= MIGRATE_PCPTYPES)
		return LAB_INVALID;
	/* The kernel would look behind the end of its free areas. */
	if (r->order > LAB_MAX_ORDER)
		return LAB_COMPACT_SKIPPED;
	if (r->mobility == MIGRATE_MOVABLE)
		gfp |= __GFP_MOVABLE | __GFP_HIGHMEM;
	else if (r->mobility == MIGRATE_RECLAIMABLE)
		gfp |= __GFP_RECLAIMABLE;
	ac.highest_zoneidx = gfp_zone(gfp);
	ac.zonelist = node_zonelist(node, gfp);
	ac.preferred_zoneref = ac.zonelist->_zonerefs;
	while (zonelist_zone_idx(ac.preferred_zoneref) > (int)ac.highest_zoneidx)
		ac.preferred_zoneref++;
	saved = memalloc_noreclaim_save();
	result = p_try_to_compact_pages(gfp, r->order, alloc_cpuset, &ac, priority[r->flags],
					&captured);
	memalloc_noreclaim_restore(saved);
	if (captured) {
		/* Taken from under the allocator's hands: nobody has a reference yet. */
		set_page_private(captured, 0);
		init_page_count(captured);
		__free_pages(captured, r->order);
	}
	return to_lab_result(result);
}

static int proactiveness = 20; /* of ticks; the kernel's own value is 0 all other time */

static bool kcompactd_works(const pg_data_t *pgdat)
{
	return READ_ONCE(pgdat->kcompactd_max_order) ||
	       READ_ONCE(pgdat->proactive_compact_trigger) ||
	       !(READ_ONCE(pgdat->kcompactd->__state) & TASK_INTERRUPTIBLE);
}

/*
 * One round of kcompactd, by its own thread. It has no work at any other time:
 * nobody wakes it, and with a proactiveness of 0 its timer does nothing.
 */
u32 do_tick(const struct lab_request *r)
{
	pg_data_t *pgdat = NODE_DATA(node);
	u64 end = ktime_get_ns() + 10 * NSEC_PER_SEC;

	if (r->flags == LAB_KSWAPD) {
		if (!p_reset_isolation_suitable)
			return LAB_UNSUPPORTED;
		p_reset_isolation_suitable(pgdat);
		return 0;
	}
	if (!pgdat->kcompactd || !p_knob[LAB_COMPACTION_PROACTIVENESS])
		return LAB_UNSUPPORTED;
	if (r->flags == LAB_KCOMPACTD) {
		if (!r->order || r->order > LAB_MAX_ORDER)
			return 0;
		WRITE_ONCE(pgdat->kcompactd_max_order, r->order);
	} else {
		if (!proactiveness)
			return 0;
		WRITE_ONCE(*p_knob[LAB_COMPACTION_PROACTIVENESS], proactiveness);
		WRITE_ONCE(pgdat->proactive_compact_trigger, true);
	}
	runner = pgdat->kcompactd;
	wake_up_interruptible(&pgdat->kcompactd_wait);
	while (kcompactd_works(pgdat) && ktime_get_ns() < end)
		usleep_range(20, 40);
	runner = current;
	WRITE_ONCE(*p_knob[LAB_COMPACTION_PROACTIVENESS], 0);
	return kcompactd_works(pgdat) ? LAB_INVALID : 0;
}

static struct zone *zone_of(u32 pfn)
{
	u32 i;

	for (i = 0; i < nr_zones; i++)
		if (zone_spans_pfn(zones[i], pfn))
			return zones[i];
	return NULL;
}

u32 do_retype(const struct lab_request *r)
{
	struct zone *zone = zone_of(r->slot);

	/* In a hole there may be no memmap to keep the type in. */
	if (!zone || !pfn_valid(r->slot) || r->arg >= MIGRATE_PCPTYPES)
		return LAB_INVALID;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
	if (p_set_pageblock_migratetype && p_move_freepages_block) {
		struct page *page = pfn_to_page(r->slot);
		unsigned long flags;

		spin_lock_irqsave(&zone->lock, flags);
		p_set_pageblock_migratetype(page, r->arg);
		p_move_freepages_block(zone, page, r->arg, NULL);
		spin_unlock_irqrestore(&zone->lock, flags);
		return 0;
	}
#endif
	return LAB_UNSUPPORTED;
}

static bool is_lab_zone(const struct zone *zone)
{
	return zone->zone_pgdat == NODE_DATA(node);
}

/*
 * The kernel's own formula, as if the lab's node were the whole machine: the other
 * zones have no share in it and keep their marks, so that the guest lives on.
 */
static void set_watermarks(void)
{
	static struct {
		struct zone *zone;
		long managed;
		unsigned long marks[NR_WMARK];
		unsigned long boost;
	} other[MAX_NR_ZONES * 4];
	unsigned int nr = 0, i;
	int nid;

	for_each_online_node(nid)
	{
		for (i = 0; i < MAX_NR_ZONES && nr < ARRAY_SIZE(other); i++) {
			struct zone *zone = &NODE_DATA(nid)->node_zones[i];

			if (is_lab_zone(zone) || !populated_zone(zone))
				continue;
			other[nr].zone = zone;
			other[nr].managed = atomic_long_read(&zone->managed_pages);
			other[nr].boost = zone->watermark_boost;
			memcpy(other[nr].marks, zone->_watermark, sizeof(other[nr].marks));
			atomic_long_set(&zone->managed_pages, 0);
			nr++;
		}
	}
	p_setup_per_zone_wmarks();
	for (i = 0; i < nr; i++) {
		atomic_long_set(&other[i].zone->managed_pages, other[i].managed);
		memcpy(other[i].zone->_watermark, other[i].marks, sizeof(other[i].marks));
		other[i].zone->watermark_boost = other[i].boost;
	}
}

u32 do_tune(const struct lab_request *r)
{
	/* What the sysctls take. */
	static const struct {
		u32 least, most;
	} range[LAB_NR_KNOBS] = {
		[LAB_WATERMARK_SCALE_FACTOR] = {1, 3000},
		[LAB_MIN_FREE_KBYTES] = {0, INT_MAX},
		[LAB_WATERMARK_BOOST_FACTOR] = {0, INT_MAX},
		[LAB_EXTFRAG_THRESHOLD] = {0, 1000},
		[LAB_COMPACTION_PROACTIVENESS] = {0, 100},
		[LAB_COMPACT_UNEVICTABLE_ALLOWED] = {0, 1},
	};

	if (r->flags >= LAB_NR_KNOBS || r->arg < range[r->flags].least ||
	    r->arg > range[r->flags].most)
		return 0;
	if (!p_knob[r->flags] || !p_setup_per_zone_wmarks)
		return LAB_UNSUPPORTED;
	if (r->flags == LAB_COMPACTION_PROACTIVENESS) {
		proactiveness = r->arg;
		return 1;
	}
	*p_knob[r->flags] = r->arg;
	if (r->flags == LAB_WATERMARK_SCALE_FACTOR || r->flags == LAB_MIN_FREE_KBYTES)
		set_watermarks();
	return 1;
}

/*
 * Compaction compares how many pages are isolated with how many are on LRU lists.
 * What cpus have not added yet would make it wait, for ever: they never add it.
 */
static void make_node_counters_exact(void)
{
	pg_data_t *pgdat = NODE_DATA(node);
	int cpu, i;

	for_each_online_cpu(cpu) {
		struct per_cpu_nodestat *stat = per_cpu_ptr(pgdat->per_cpu_nodestats, cpu);

		stat->stat_threshold = 0;
		for (i = 0; i < NR_VM_NODE_STAT_ITEMS; i++) {
			node_page_state_add(stat->vm_node_stat_diff[i], pgdat, i);
			stat->vm_node_stat_diff[i] = 0;
		}
	}
}

/* The daemons of the node work only when told to; watermarks are the lab's alone. */
void settle(void)
{
	unsigned long min = 0;
	u32 i;

	make_node_counters_exact();

	if (p_kswapd_stop)
		p_kswapd_stop(node);
	if (p_knob[LAB_COMPACTION_PROACTIVENESS])
		*p_knob[LAB_COMPACTION_PROACTIVENESS] = 0;
	if (!p_knob[LAB_MIN_FREE_KBYTES] || !p_setup_per_zone_wmarks)
		return;
	for (i = 0; i < nr_zones; i++)
		min += zones[i]->_watermark[WMARK_MIN];
	*p_knob[LAB_MIN_FREE_KBYTES] = min << (PAGE_SHIFT - 10);
	set_watermarks();
}

/* ---------------------------------------------------------- nobody else -- */

/*
 * ASYNC compaction ends between two zones when another task should run, and
 * which one should is a matter of the clock. So others wait for the next tick,
 * from the last events before the kernel looks. (As SCHED_FIFO the agent would
 * be left alone as well, but a real-time task may use the reserves.)
 */
static void let_others_wait(void)
{
	if (current != runner)
		return;
	clear_tsk_need_resched(current);
	clear_preempt_need_resched();
}

static void at_compaction_end(void *data, struct compact_control *cc, unsigned long zone_start,
			      unsigned long zone_end, bool sync, int status)
{
	let_others_wait();
}

static void at_compaction_suitable(void *data, struct zone *zone, int order, int ret)
{
	let_others_wait();
}

static struct {
	const char *name;
	void *function;
	struct tracepoint *tracepoint;
} hooks[] = {
	{"mm_compaction_end", at_compaction_end},
	{"mm_compaction_suitable", at_compaction_suitable},
};

static void hook_if_wanted(struct tracepoint *tracepoint, void *data)
{
	int i;

	for (i = 0; i < (int)ARRAY_SIZE(hooks); i++)
		if (!strcmp(tracepoint->name, hooks[i].name) &&
		    !tracepoint_probe_register(tracepoint, hooks[i].function, NULL))
			hooks[i].tracepoint = tracepoint;
}

void hook_compaction(void)
{
	int i;

	for_each_kernel_tracepoint(hook_if_wanted, NULL);
	for (i = 0; i < (int)ARRAY_SIZE(hooks); i++)
		if (!hooks[i].tracepoint)
			pr_warn("no tracepoint %s: compaction may end early\n", hooks[i].name);
}

void unhook_compaction(void)
{
	int i;

	for (i = 0; i < (int)ARRAY_SIZE(hooks); i++)
		if (hooks[i].tracepoint)
			tracepoint_probe_unregister(hooks[i].tracepoint, hooks[i].function, NULL);
	tracepoint_synchronize_unregister();
}
