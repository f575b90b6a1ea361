/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * version.h - what is called otherwise, or has another shape, in later trees. There are
 * two: 6.1, and 6.12, for which whatever is newer than 6.1 is taken. No more of this is
 * in other files than an #if around a function whose parameters differ.
 */
#ifndef SHIM_VERSION_H
#define SHIM_VERSION_H

#include <linux/version.h>

#define SHIM_6_12 (LINUX_VERSION_CODE > KERNEL_VERSION(6, 1, 255))

#if SHIM_6_12

/* The largest order is inclusive (first.h); a 0 for that it is no hot-plugged memory. */
#define SHIM_FREE_CORE(page, order)	__free_pages_core(page, order, MEMINIT_EARLY)
#define subsection_map_init		sparse_init_subsection_map
#define SHIM_CHECK_FOR_MEMORY(node, id) check_for_memory(node)
/* Without that of the blocks in use: what a watermark test subtracts. */
#define SHIM_HIGHATOMIC(zone) ((zone)->nr_free_highatomic)
/* Pages freed in a row; before, how often the batch was doubled for that. */
#define SHIM_FREE_FACTOR(pcp)		   ((pcp)->free_count)
#define SHIM_FREE_FACTOR_OK(batch, factor) ((factor) <= S16_MAX)
#define SHIM_COMPACT_NODE(nid)		   compact_node(NODE_DATA(nid), false)
#define SHIM_PROACTIVE(pgdat)		   compact_node(pgdat, true)
#define SHIM_ISOLATE_LRU(folio)		   folio_isolate_lru(folio)
/* What migrates, to those that find it a place. */
#define SHIM_MOVABLE struct folio
/* What the event of a migration is told. */
#define SHIM_NR_MIGRATEPAGES(of) ((int)(of))
/* Whose isolated pages are counted. */
struct compact_control;
#define SHIM_ISOLATED_BY struct compact_control

/* Profiling of allocations: the functions have other names than their callers use. */
#undef kmem_cache_create
#undef kmem_cache_alloc
#undef kmem_cache_alloc_lru
#undef __kmalloc
#undef __kmalloc_node
#define kmem_cache_alloc     kmem_cache_alloc_noprof
#define kmem_cache_alloc_lru kmem_cache_alloc_lru_noprof
#define __kmalloc	     __kmalloc_noprof
#define __kmalloc_node	     __kmalloc_node_noprof
#define kmalloc_trace	     __kmalloc_cache_noprof
#define kmalloc_node_trace   __kmalloc_cache_node_noprof

#define need_mlock_page_drain	need_mlock_drain
#define mlock_page_drain_local	mlock_drain_local
#define mlock_page_drain_remote mlock_drain_remote

#define __list_add_valid       __list_add_valid_or_report
#define __list_del_entry_valid __list_del_entry_valid_or_report

#define SHIM_CPU_NUMBER pcpu_hot.cpu_number

#else

#define SHIM_FREE_CORE(page, order)	   __free_pages_core(page, order)
#define SHIM_CHECK_FOR_MEMORY(node, id)	   check_for_memory(node, id)
#define SHIM_HIGHATOMIC(zone)		   ((zone)->nr_reserved_highatomic)
#define SHIM_FREE_FACTOR(pcp)		   ((pcp)->free_factor)
#define SHIM_FREE_FACTOR_OK(batch, factor) ((factor) < 32 && (u64)(batch) << (factor) <= MAX_PAGES)
#define SHIM_COMPACT_NODE(nid)		   compact_node(nid)
#define SHIM_PROACTIVE(pgdat)		   proactive_compact_node(pgdat)
#define SHIM_ISOLATE_LRU(folio)		   (!folio_isolate_lru(folio))
#define SHIM_MOVABLE			   struct page
#define SHIM_NR_MIGRATEPAGES(of)	   ((int)(of)->nr_migratepages)
#define SHIM_ISOLATED_BY		   pg_data_t
#define SHIM_CPU_NUMBER			   cpu_number

#endif
#endif
