// SPDX-License-Identifier: GPL-2.0-only
/*
 * ranges.c - pageblocks out of use and contiguous ranges, as memory_hotplug.c and
 * alloc_contig_pages() ask for them: mm/page_isolation.c is the tree's own.
 */
#include "shim.h"
#include <linux/gfp.h>
#include <linux/page-isolation.h>

/* Types of isolated blocks, by their places in the layout; plus 1, 0 where it is not. */
static u8 *isolated;

size_t shim_ranges_bytes(const struct pf_layout *l)
{
	return ALIGN(DIV_ROUND_UP(pf_layout_pages(l), 1ul << l->pageblock_order), 64);
}

void shim_setup_ranges(void)
{
	isolated = shim_alloc(shim_ranges_bytes(shim_layout), 64);
}

static u8 *isolated_as(unsigned long pfn)
{
	return &isolated[(pfn - shim_layout->base_pfn) >> pageblock_order];
}

/*
 * Before 6.10 a block freed in one piece was counted with its first page's pageblock:
 * pages of an isolated block within it were free afterwards. Compound blocks are seen to
 * when they are isolated, others are not, so nobody asks for theirs. Per-cpu lists go by the
 * first page in later kernels as well, but a block in one is larger than a pageblock in none.
 */
static bool miscounts(unsigned long block)
{
	return (LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0) ||
		pageblock_order < PAGE_ALLOC_COSTLY_ORDER) &&
	       shim_world->unit_order(shim_world, block) > pageblock_order;
}

/*
 * The same is true of a block in a per-cpu list. In kernels that boot a pageblock is as
 * large as any of these; of smaller ones nothing is cached when they are isolated.
 */
static void empty_caches(struct page *page)
{
	if (pageblock_order < PAGE_ALLOC_COSTLY_ORDER)
		drain_all_pages(page_zone(page));
}

/*
 * Is something else isolated that free pages of [pfn, end) could merge with? Who isolates
 * has whole blocks of the largest order (memory_hotplug.c) or a lock (cma.c): of two
 * isolated pageblocks that merged, the end of one isolation hands out the other. And where
 * alloc_contig_range() comes upon an isolated block it fails, and ends that isolation.
 */
static bool is_isolated_nearby(unsigned long pfn, unsigned long end)
{
	unsigned long nr = 1ul << SHIM_MAX_ORDER, at = round_down(pfn, nr);

	end = min_t(unsigned long, round_up(end, nr), shim_layout->end_pfn);
	for (; at < end; at += pageblock_nr_pages)
		if (*isolated_as(at))
			return true;
	return false;
}

/*
 * 6.12 sees to it that free pages are on the list of their pageblock's type. Blocks in
 * per-cpu lists that are larger than a pageblock, which they are in no kernel that boots,
 * defeat it. And on a machine that does not group by mobility it gives pageblocks back as movable, takes
 * them for unmovable, and warns that their free pages are on the wrong list.
 */
static bool mixes_types(void)
{
	return SHIM_6_12 &&
	       (page_group_by_mobility_disabled || pageblock_order < PAGE_ALLOC_COSTLY_ORDER);
}

/*
 * A block that is in one zone, as its callers make sure. Free pages in per-cpu lists
 * would still be handed out, so these are emptied, as offline_pages() does.
 */
bool shim_isolate(unsigned long block)
{
	unsigned long end = block + pageblock_nr_pages;
	unsigned int type;

	if (end > shim_layout->end_pfn || !shim_may_be_contig(block, pageblock_nr_pages) ||
	    miscounts(block) || mixes_types() || is_isolated_nearby(block, end))
		return false;
	empty_caches(pfn_to_page(block));
	type = get_pageblock_migratetype(pfn_to_page(block));
	if (start_isolate_page_range(block, end, type, 0, GFP_USER | __GFP_NOWARN))
		return false;
	drain_all_pages(page_zone(pfn_to_page(block)));
	*isolated_as(block) = type + 1;
	return true;
}

/*
 * A kernel that does not group by mobility calls every block unmovable that it gives a
 * type. The type of before is that of the lists which the pages go back to.
 */
void shim_undo_isolate(unsigned long block)
{
	unsigned int type = *isolated_as(block) - 1;

	undo_isolate_page_range(block, block + pageblock_nr_pages, type);
	if (page_group_by_mobility_disabled)
		set_pfnblock_flags_mask(pfn_to_page(block), type, block, MIGRATETYPE_MASK);
	*isolated_as(block) = 0;
}

/*
 * Its pageblocks are wholly in its zone, as in kernels that boot: others can be made
 * isolated, but their free pages stay where they are (move_freepages_block()).
 */
bool shim_alloc_contig(unsigned long pfn, unsigned long nr)
{
	unsigned long end = pfn + nr;
	struct zone *zone;

	if (!shim_may_be_contig(pfn, nr) || mixes_types() || is_isolated_nearby(pfn, end))
		return false;
	empty_caches(pfn_to_page(pfn));
	zone = page_zone(pfn_to_page(pfn));
	return zone_spans_pfn(zone, pageblock_start_pfn(pfn)) &&
	       zone_spans_pfn(zone, pageblock_align(end) - 1) &&
	       !alloc_contig_range(pfn, end, MIGRATE_MOVABLE, GFP_KERNEL | __GFP_NOWARN);
}
