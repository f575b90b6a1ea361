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
static bool tree_too_many_isolated(pg_data_t *pgdat);
static bool asked_too_many_isolated(pg_data_t *pgdat)
{
	return tree_too_many_isolated(pgdat) || shim_hindered(PF_INJECT_ISOLATED);
}
#define SHIM_TYPE_pg_data_t	 ~, tree_too_many_isolated,
#define SHIM_TYPE_struct	 ~, tree_too_many_isolated,
#define too_many_isolated(pgdat) SHIM_PICK(SHIM_TYPE_##pgdat, asked_too_many_isolated, ~)(pgdat)

#include <mm/compaction.c>

void shim_compact_node(int nid)
{
	compact_node(nid);
}

/* Woken for an order, as by an allocation; then what it does when it is awake. */
void shim_kcompactd(pg_data_t *pgdat, unsigned int order)
{
	wakeup_kcompactd(pgdat, order, pgdat->nr_zones - 1);
	if (pgdat->kcompactd_max_order > 0)
		kcompactd_do_work(pgdat);
}

/* What it does when it was not woken in time. How long it sleeps next is told from outside. */
void shim_kcompactd_proactive(pg_data_t *pgdat)
{
	if (should_proactive_compact_node(pgdat))
		proactive_compact_node(pgdat);
	pgdat->proactive_compact_trigger = false;
}
