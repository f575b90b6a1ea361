// SPDX-License-Identifier: GPL-2.0-only
/*
 * mm_init.c - from a layout to a machine with all its memory on the free lists:
 * where the arrays lie in the state, zones, zonelists, first release of memory.
 * The kernel does this in mm/page_alloc.c and mm/memblock.c (6.1).
 */
#include <string.h>

#include "internal.h"

static size_t align_up(size_t n, size_t to)
{
	return (n + to - 1) & ~(to - 1);
}

static u32 nr_pageblocks(const struct pf_layout *layout)
{
	u32 last = (1u << layout->pageblock_order) - 1;

	return (pf_layout_pages(layout) + last) >> layout->pageblock_order;
}

static u32 nr_list_heads(const struct pf_layout *layout)
{
	return (u32)layout->nr_zones * (layout->max_order + 1u) * MIGRATE_TYPES;
}

/* Offsets of the arrays behind struct machine; returns the end of the last. */
static size_t place_arrays(const struct pf_layout *layout, size_t *flags, size_t *blocks,
			   size_t *links)
{
	size_t at = align_up(sizeof(struct machine), 64);

	*flags = at;
	at = align_up(at + pf_layout_pages(layout), 64);
	*blocks = at;
	at = align_up(at + nr_pageblocks(layout), 64);
	*links = at;
	return at +
	       sizeof(struct list_head) * ((size_t)pf_layout_pages(layout) + nr_list_heads(layout));
}

size_t lx_footprint(const struct pf_layout *layout)
{
	size_t flags, blocks, links;

	return place_arrays(layout, &flags, &blocks, &links);
}

static void init_zone(struct machine *m, unsigned int index)
{
	const struct pf_zone_layout *zl = &m->layout->zone[index];
	struct zone *zone = &m->zone[index];
	u32 nr_lists = (m->max_order + 1u) * MIGRATE_TYPES;
	u32 head;

	zone->zone_start_pfn = zl->start_pfn - m->base_pfn;
	zone->zone_end_pfn = zone->zone_start_pfn + zl->spanned;
	zone->index = (u8)index;
	zone->zone_idx = zl->type;
	zone->node = zl->node;
	for (unsigned int i = 0; i < NR_WMARK; i++)
		zone->_watermark[i] = zl->wmark[i];

	zone->free_list_base = m->nr_pages + index * nr_lists;
	for (head = zone->free_list_base; head < zone->free_list_base + nr_lists; head++)
		m->lru[head].next = m->lru[head].prev = head;
}

/*
 * Which zone each page says it is in. Pages between two zones say the upper
 * one, pages after the last zone that one: the kernel initialises the memmap of
 * holes with the zone of the memory that follows. It matters in one place,
 * where buddy_merge_likely() starts from a page that need not be in the zone.
 */
static void memmap_init(struct machine *m)
{
	u32 from = 0;

	for (unsigned int i = 0; i < m->nr_zones; i++) {
		u32 to = i + 1u == m->nr_zones ? m->nr_pages : m->zone[i].zone_end_pfn;

		memset(m->page_flags + from, (int)(i << PG_ZONE_SHIFT), to - from);
		from = to;
	}
	memset(m->pageblock_flags, MIGRATE_MOVABLE, m->nr_pageblocks);
}

static void zonelist_add_node(const struct machine *m, struct zonelist *list, unsigned int node)
{
	for (int type = MAX_NR_ZONES - 1; type >= 0; type--) {
		for (unsigned int i = 0; i < m->nr_zones; i++) {
			if (m->zone[i].node != node || m->zone[i].zone_idx != type)
				continue;
			list->ref[list->nr].zone = (u8)i;
			list->ref[list->nr].zone_idx = (u8)type;
			list->nr++;
		}
	}
}

/* Nearest nodes first; the distance of two nodes is the difference of their numbers. */
static void build_zonelists(struct machine *m, unsigned int node)
{
	struct zonelist *fallback = &m->node[node].node_zonelists[ZONELIST_FALLBACK];
	struct zonelist *nofallback = &m->node[node].node_zonelists[ZONELIST_NOFALLBACK];

	m->node[node].node_id = (u8)node;
	zonelist_add_node(m, nofallback, node);
	zonelist_add_node(m, fallback, node);
	for (unsigned int distance = 1; distance < m->nr_nodes; distance++) {
		if (distance <= node)
			zonelist_add_node(m, fallback, node - distance);
		if (node + distance < m->nr_nodes)
			zonelist_add_node(m, fallback, node + distance);
	}
}

/* Release [pfn, end) in the largest aligned blocks. Ports __free_pages_memory() (6.1). */
static void free_pages_memory(struct machine *m, u32 pfn, u32 end)
{
	while (pfn < end) {
		unsigned int order = m->max_order;

		if (pfn && (unsigned int)__builtin_ctz(pfn) < order)
			order = (unsigned int)__builtin_ctz(pfn);
		while ((1u << order) > end - pfn)
			order--;
		lx_free_pages_core(m, pfn, order);
		pfn += 1u << order;
	}
}

static void free_all_memory(struct machine *m)
{
	const struct pf_layout *layout = m->layout;
	unsigned int next = 0;

	for (unsigned int i = 0; i < m->nr_zones; i++) {
		u32 pfn = m->zone[i].zone_start_pfn;
		u32 end = m->zone[i].zone_end_pfn;

		for (; next < layout->nr_ranges; next++) {
			u32 start = layout->range[next].start_pfn - m->base_pfn;

			if (start >= end)
				break;
			free_pages_memory(m, pfn, start);
			pfn = start + layout->range[next].nr_pages;
		}
		free_pages_memory(m, pfn, end);
	}
}

void lx_boot(struct machine *m, const struct pf_layout *layout, struct pf_world *world)
{
	size_t flags, blocks, links;

	place_arrays(layout, &flags, &blocks, &links);
	memset(m, 0, sizeof(*m));
	m->layout = layout;
	m->world = world;
	m->page_flags = (u8 *)m + flags;
	m->pageblock_flags = (u8 *)m + blocks;
	m->lru = (struct list_head *)((char *)m + links);
	m->nr_pages = pf_layout_pages(layout);
	m->nr_pageblocks = nr_pageblocks(layout);
	m->base_pfn = layout->base_pfn;
	m->max_order = layout->max_order;
	m->pageblock_order = layout->pageblock_order;
	m->nr_zones = layout->nr_zones;
	m->nr_nodes = layout->nr_nodes;

	for (unsigned int i = 0; i < m->nr_zones; i++)
		init_zone(m, i);
	memmap_init(m);
	for (unsigned int i = 0; i < m->nr_nodes; i++)
		build_zonelists(m, i);
	free_all_memory(m);
	/* Totals start after boot. */
	memset(&m->stat, 0, sizeof(m->stat));
}
