// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab_symbols.c - what the lab needs of the kernel and is not exported: functions and
 * variables, found by name when the module is loaded. Their types are in internal.h.
 */
#include "internal.h"

#include <linux/kprobes.h>

typeof(p_drain_all_pages) p_drain_all_pages;
typeof(p_get_pfnblock_flags_mask) p_get_pfnblock_flags_mask;
typeof(p_compact_node) p_compact_node;
typeof(p_free_unref_page_list) p_free_unref_page_list;
typeof(p_kswapd_stop) p_kswapd_stop;
typeof(p_alloc_pages_exact_nid) p_alloc_pages_exact_nid;
typeof(p_set_pageblock_migratetype) p_set_pageblock_migratetype;
typeof(p_setup_per_zone_wmarks) p_setup_per_zone_wmarks;
typeof(p_reset_isolation_suitable) p_reset_isolation_suitable;
typeof(p_lru_add_drain) p_lru_add_drain;
typeof(p_folio_isolate_lru) p_folio_isolate_lru;
typeof(p_filemap_remove_folio) p_filemap_remove_folio;
typeof(p_knob) p_knob;
typeof(p_cpu_fbatches) p_cpu_fbatches;
typeof(p_try_to_compact_pages) p_try_to_compact_pages;
typeof(p_move_freepages_block) p_move_freepages_block;

u32 symbols;

int find_symbols(void)
{
	static const struct {
		const char *name;
		void *pointer;
	} wanted[LAB_NR_SYMBOLS] = {
		[LAB_SYM_DRAIN_ALL_PAGES] = {"drain_all_pages", &p_drain_all_pages},
		[LAB_SYM_GET_PFNBLOCK_FLAGS_MASK] = {"get_pfnblock_flags_mask",
						     &p_get_pfnblock_flags_mask},
		[LAB_SYM_COMPACT_NODE] = {"compact_node", &p_compact_node},
		[LAB_SYM_FREE_UNREF_PAGE_LIST] = {"free_unref_page_list", &p_free_unref_page_list},
		[LAB_SYM_KSWAPD_STOP] = {"kswapd_stop", &p_kswapd_stop},
		[LAB_SYM_TRY_TO_COMPACT_PAGES] = {"try_to_compact_pages", &p_try_to_compact_pages},
		[LAB_SYM_SET_PAGEBLOCK_MIGRATETYPE] = {"set_pageblock_migratetype",
						       &p_set_pageblock_migratetype},
		[LAB_SYM_MOVE_FREEPAGES_BLOCK] = {"move_freepages_block", &p_move_freepages_block},
		[LAB_SYM_SETUP_PER_ZONE_WMARKS] = {"setup_per_zone_wmarks",
						   &p_setup_per_zone_wmarks},
		[LAB_SYM_MIN_FREE_KBYTES] = {"min_free_kbytes", &p_knob[LAB_MIN_FREE_KBYTES]},
		[LAB_SYM_WATERMARK_SCALE_FACTOR] = {"watermark_scale_factor",
						    &p_knob[LAB_WATERMARK_SCALE_FACTOR]},
		[LAB_SYM_WATERMARK_BOOST_FACTOR] = {"watermark_boost_factor",
						    &p_knob[LAB_WATERMARK_BOOST_FACTOR]},
		[LAB_SYM_EXTFRAG_THRESHOLD] = {"sysctl_extfrag_threshold",
					       &p_knob[LAB_EXTFRAG_THRESHOLD]},
		[LAB_SYM_COMPACTION_PROACTIVENESS] = {"sysctl_compaction_proactiveness",
						      &p_knob[LAB_COMPACTION_PROACTIVENESS]},
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
		[LAB_SYM_ALLOC_PAGES_EXACT_NID] = {"alloc_pages_exact_nid_noprof",
						   &p_alloc_pages_exact_nid},
#else
		[LAB_SYM_ALLOC_PAGES_EXACT_NID] = {"alloc_pages_exact_nid",
						   &p_alloc_pages_exact_nid},
#endif
		[LAB_SYM_RESET_ISOLATION_SUITABLE] = {"reset_isolation_suitable",
						      &p_reset_isolation_suitable},
		[LAB_SYM_COMPACT_UNEVICTABLE_ALLOWED] = {"sysctl_compact_unevictable_allowed",
							 &p_knob[LAB_COMPACT_UNEVICTABLE_ALLOWED]},
		[LAB_SYM_LRU_ADD_DRAIN] = {"lru_add_drain", &p_lru_add_drain},
		[LAB_SYM_FOLIO_ISOLATE_LRU] = {"folio_isolate_lru", &p_folio_isolate_lru},
		[LAB_SYM_FILEMAP_REMOVE_FOLIO] = {"filemap_remove_folio", &p_filemap_remove_folio},
		[LAB_SYM_CPU_FBATCHES] = {"cpu_fbatches", &p_cpu_fbatches},
	};
	struct kprobe probe = {.symbol_name = "kallsyms_lookup_name"};
	unsigned long (*lookup)(const char *name);
	int i, rc = register_kprobe(&probe);

	if (rc) {
		pr_err("no kprobe on kallsyms_lookup_name: %d\n", rc);
		return rc;
	}
	lookup = (void *)probe.addr;
	unregister_kprobe(&probe);
	for (i = 0; i < LAB_NR_SYMBOLS; i++) {
		unsigned long address;

		if (!wanted[i].name)
			continue;
		address = lookup(wanted[i].name);
		*(unsigned long *)wanted[i].pointer = address;
		if (address)
			symbols |= 1u << i;
		else
			pr_info("this kernel has no %s\n", wanted[i].name);
	}
	return p_drain_all_pages && p_get_pfnblock_flags_mask ? 0 : -ENOENT;
}
