// SPDX-License-Identifier: GPL-2.0-only
/*
 * rules_lists.c - the fast paths, foretold: which block a request gets from which list, what
 * becomes of the rest, where a freed block goes and what it merges with. Some calls are picked;
 * the dump before is worked on as mm/page_alloc.c of 6.1 says, and the dump after must be that.
 * What needs more than lists to foretell (the slow path, fallbacks) is not.
 */
#include <string.h>

#include "../impls/dump.h"
#include "rules.h"

/* One call of so many is foretold, in memory of up to so many pages. */
#define ONE_OF	  4
#define MAX_PAGES 8192

#define NONE	     UINT32_MAX
#define COSTLY_ORDER 3
#define LOW_LISTS    (PF_NR_MOBILITY * (COSTLY_ORDER + 1))
/* Doublings of a batch while nothing but frees comes: CONFIG_PCP_BATCH_SCALE_MAX. */
#define SCALE_MAX 5

static struct pf_node *node_of(struct pf_lane *lane)
{
	return lane->rules.node;
}

static uint32_t nr_heads(const struct pf_layout *l)
{
	return l->nr_zones *
	       (PF_NR_ORDERS * PF_NR_BLOCK_TYPES + (uint32_t)l->nr_cpus * PF_NR_PCP_LISTS);
}

static uint32_t free_head(const struct pf_layout *l, unsigned z, unsigned order, unsigned mt)
{
	return pf_layout_pages(l) + (z * PF_NR_ORDERS + order) * PF_NR_BLOCK_TYPES + mt;
}

static uint32_t pcp_head(const struct pf_layout *l, unsigned z, unsigned cpu, unsigned list)
{
	return free_head(l, l->nr_zones, 0, 0) + (z * l->nr_cpus + cpu) * PF_NR_PCP_LISTS + list;
}

static void link_behind(struct pf_node *n, uint32_t at, uint32_t entry)
{
	n[entry].next = n[at].next;
	n[entry].prev = at;
	n[n[at].next].prev = entry;
	n[at].next = entry;
}

static void unlink_node(struct pf_node *n, uint32_t entry)
{
	n[n[entry].prev].next = n[entry].next;
	n[n[entry].next].prev = n[entry].prev;
}

static bool is_empty(const struct pf_node *n, uint32_t head)
{
	return n[head].next == head;
}

/* A list that can't be one is somebody else's law: nothing is foretold. */
static void load_list(struct pf_lane *lane, const struct pf_dump *d, const struct pf_list *list,
		      uint32_t head, unsigned order, unsigned z, bool is_free)
{
	const struct pf_layout *l = &lane->run->layout;
	struct pf_node *n = node_of(lane);

	n[head].next = n[head].prev = head;
	for (uint32_t i = 0; i < list->nr; i++) {
		uint32_t idx = d->word[list->first + i] - l->base_pfn;

		if (idx >= pf_layout_pages(l) || idx & ((1u << order) - 1) ||
		    pf_layout_pages(l) - idx < 1u << order || n[idx].next | n[idx].prev) {
			lane->rules.unsure = true;
			return;
		}
		n[idx].order = is_free ? (uint8_t)(order + 1) : 0;
		n[idx].zone = (uint8_t)z;
		link_behind(n, n[head].prev, idx);
	}
}

static void load_types(struct pf_lane *lane, const struct pf_dump *d, unsigned z)
{
	const struct pf_layout *l = &lane->run->layout;
	uint32_t first = (l->zone[z].start_pfn - l->base_pfn) >> l->pageblock_order;

	for (uint32_t i = 0;
	     i < d->zone[z].blocks.nr && (first + i) << l->pageblock_order < pf_layout_pages(l);
	     i++)
		node_of(lane)[(first + i) << l->pageblock_order].type =
			d->word[d->zone[z].blocks.first + i] & PF_BLOCK_TYPE;
}

/* False: nothing can be foretold of that. */
static bool load(struct pf_lane *lane, const struct pf_dump *d)
{
	const struct pf_layout *l = &lane->run->layout;
	struct pf_rules *r = &lane->rules;
	uint32_t room = pf_layout_pages(l) + nr_heads(l);

	if (room > lane->node_room) {
		lane->node = pf_resize(lane->run, lane->node, room, sizeof(*lane->node));
		lane->node_room = room;
	}
	r->node = lane->node;
	memset(r->node, 0, sizeof(*r->node) * pf_layout_pages(l));
	for (unsigned z = 0; z < l->nr_zones; z++) {
		memcpy(r->field[z], d->zone[z].field, sizeof(r->field[z]));
		memcpy(r->cpu[z], d->zone[z].cpu, sizeof(r->cpu[z]));
		load_types(lane, d, z);
		for (unsigned o = 0; o <= l->max_order; o++)
			for (unsigned t = 0; t < PF_NR_BLOCK_TYPES; t++)
				load_list(lane, d, &d->zone[z].free[o][t], free_head(l, z, o, t), o,
					  z, true);
		for (unsigned cpu = 0; cpu < l->nr_cpus; cpu++)
			for (unsigned i = 0; i < PF_NR_PCP_LISTS; i++)
				load_list(lane, d, &d->zone[z].pcp[cpu][i], pcp_head(l, z, cpu, i),
					  pf_pcp_order(l, i), z, false);
	}
	return !lane->rules.unsure;
}

/* The pageblock's type is kept with its first page. */
static struct pf_node *block_of(const struct pf_lane *lane, uint32_t idx)
{
	return &lane->rules.node[idx & ~((1u << lane->run->layout.pageblock_order) - 1)];
}

static unsigned type_of(const struct pf_lane *lane, uint32_t idx)
{
	return block_of(lane, idx)->type;
}

/* ---------------------------------------------------------------- model -- */

static void put_free(struct pf_lane *lane, unsigned z, uint32_t idx, unsigned order, unsigned mt,
		     bool tail)
{
	struct pf_node *n = node_of(lane);
	uint32_t head = free_head(&lane->run->layout, z, order, mt);

	n[idx].order = (uint8_t)(order + 1);
	n[idx].zone = (uint8_t)z;
	link_behind(n, tail ? n[head].prev : head, idx);
}

static void take_free(struct pf_lane *lane, uint32_t idx)
{
	unlink_node(node_of(lane), idx);
	node_of(lane)[idx].order = 0;
}

static bool is_buddy(const struct pf_lane *lane, unsigned z, uint32_t idx, unsigned order)
{
	const struct pf_node *n = lane->rules.node;

	return idx < pf_layout_pages(&lane->run->layout) && n[idx].order == order + 1 &&
	       n[idx].zone == z;
}

/*
 * __free_one_page(): merge upwards, but not across the border of a pageblock whose type has no
 * fallbacks; at the tail if the next merge is likely.
 */
static void free_one(struct pf_lane *lane, unsigned z, uint32_t idx, unsigned order, unsigned mt)
{
	const struct pf_layout *l = &lane->run->layout;
	uint32_t buddy = 0, higher;
	bool tail = false;

	for (; order < l->max_order; order++) {
		buddy = idx ^ (1u << order);
		if (!is_buddy(lane, z, buddy, order))
			break;
		if (order >= l->pageblock_order) {
			unsigned other = type_of(lane, buddy);

			if (other != mt && (mt >= PF_NR_MOBILITY || other >= PF_NR_MOBILITY))
				break;
		}
		take_free(lane, buddy);
		idx &= buddy;
	}
	/* buddy_merge_likely(): the pair's own buddy is free already. */
	if (order + 1u < l->max_order) {
		higher = idx & (idx ^ (1u << order));
		/* What zone a page that is none says it is in is the memmap's affair. */
		if (higher + l->base_pfn < l->zone[z].start_pfn)
			lane->rules.unsure = true;
		tail = is_buddy(lane, z, higher ^ (2u << order), order + 1);
	}
	put_free(lane, z, idx, order, mt, tail);
}

/* __rmqueue_smallest() with expand(): the low part is kept. */
static uint32_t take_smallest(struct pf_lane *lane, unsigned z, unsigned order, unsigned mt)
{
	const struct pf_layout *l = &lane->run->layout;
	struct pf_node *n = node_of(lane);

	for (unsigned o = order; o <= l->max_order; o++) {
		uint32_t head = free_head(l, z, o, mt), idx = n[head].next;

		if (idx == head)
			continue;
		take_free(lane, idx);
		while (o > order) {
			o--;
			put_free(lane, z, idx + (1u << o), o, mt, false);
		}
		return idx;
	}
	return NONE;
}

static bool has_lists(const struct pf_layout *l, unsigned order)
{
	return order <= COSTLY_ORDER || order == l->pageblock_order;
}

static unsigned list_of(unsigned order, unsigned mt)
{
	return order <= COSTLY_ORDER ? PF_NR_MOBILITY * order + mt : LOW_LISTS + (mt == PF_MOVABLE);
}

/*
 * free_pcppages_bulk(): lists in turn, each emptied from its tail, beginning with `first`. False:
 * it can't be told what type a page had when it came.
 */
static bool bulk_free(struct pf_lane *lane, unsigned z, unsigned cpu, int count, int first)
{
	const struct pf_layout *l = &lane->run->layout;
	struct pf_node *n = node_of(lane);
	int *pages = (int *)&lane->rules.cpu[z][cpu][PF_DUMP_COUNT];
	int low = 0, high = PF_NR_PCP_LISTS - 1, at = first - 1;
	bool isolated = lane->rules.field[z][PF_DUMP_NR_ISOLATE];
	bool reserved = lane->rules.reserved;

	/* Of any zone: two may share a pageblock. */
	for (unsigned i = 0; i < l->nr_zones; i++)
		reserved |= lane->rules.field[i][PF_DUMP_HIGHATOMIC] != 0;
	if (count > *pages)
		count = *pages;
	while (count > 0) {
		unsigned order, mt;
		uint32_t head;

		do {
			if (++at > high)
				at = low;
			head = pcp_head(l, z, cpu, (unsigned)at);
			if (!is_empty(n, head))
				break;
			high -= at == high;
			low += at == low;
		} while (true);
		/* Of the last two lists one is for two types; the movable ones hold reserves, too. */
		if (!isolated &&
		    (at == LOW_LISTS ||
		     (reserved && (at > LOW_LISTS || at % PF_NR_MOBILITY == PF_MOVABLE))))
			return false;
		order = pf_pcp_order(l, (unsigned)at);
		mt = at < LOW_LISTS ? (unsigned)at % PF_NR_MOBILITY : PF_MOVABLE;
		do {
			uint32_t idx = n[head].prev;

			unlink_node(n, idx);
			count -= 1 << order;
			*pages -= 1 << order;
			free_one(lane, z, idx, order, isolated ? type_of(lane, idx) : mt);
		} while (count > 0 && !is_empty(n, head));
	}
	return true;
}

/* free_unref_page_commit() */
static bool free_to_list(struct pf_lane *lane, unsigned z, unsigned cpu, uint32_t idx,
			 unsigned order, unsigned mt)
{
	uint32_t *c = lane->rules.cpu[z][cpu];
	unsigned list = list_of(order, mt);
	int high = (int)c[PF_DUMP_HIGH], batch = (int)c[PF_DUMP_BATCH], nr, most;
	bool free_high = c[PF_DUMP_FREE_FACTOR] && order && order <= COSTLY_ORDER;

	link_behind(node_of(lane), pcp_head(&lane->run->layout, z, cpu, list), idx);
	c[PF_DUMP_COUNT] += 1u << order;
	if ((int)c[PF_DUMP_COUNT] < (free_high ? 0 : high))
		return true;
	if (free_high) {
		nr = (int)c[PF_DUMP_COUNT];
	} else if (high < batch) {
		nr = 1;
	} else {
		most = high - batch;
		nr = batch << c[PF_DUMP_FREE_FACTOR];
		if (nr < most && c[PF_DUMP_FREE_FACTOR] < SCALE_MAX)
			c[PF_DUMP_FREE_FACTOR]++;
		nr = nr < batch ? batch : nr;
		nr = nr > most ? most : nr;
	}
	return bulk_free(lane, z, cpu, nr, (int)list);
}

/* ------------------------------------------------ what others have to give -- */

static void set_type(struct pf_lane *lane, uint32_t idx, unsigned mt)
{
	block_of(lane, idx)->type =
		lane->rules.ungrouped && mt < PF_NR_MOBILITY ? PF_UNMOVABLE : (uint8_t)mt;
}

static void move_free(struct pf_lane *lane, uint32_t idx, unsigned mt)
{
	struct pf_node *n = node_of(lane);

	unlink_node(n, idx);
	put_free(lane, n[idx].zone, idx, n[idx].order - 1u, mt, true);
}

/* Pages of a pageblock, as far as they are the zone's: move_freepages_block(). False: none. */
static bool block_range(const struct pf_lane *lane, unsigned z, uint32_t idx, uint32_t *from,
			uint32_t *to)
{
	const struct pf_layout *l = &lane->run->layout;
	const struct pf_zone_layout *zl = &l->zone[z];
	uint32_t nr = 1u << l->pageblock_order, start = zl->start_pfn - l->base_pfn;

	*from = idx & ~(nr - 1);
	*to = *from + nr;
	if (*from < start)
		*from = idx;
	return *to <= start + zl->spanned;
}

/* How many pages that went to the lists of mt; *movable: how many others can be moved. */
static uint32_t move_block(struct pf_lane *lane, unsigned z, uint32_t idx, unsigned mt,
			   uint32_t *movable)
{
	const struct pf_node *n = node_of(lane);
	uint32_t from, to, moved = 0;

	*movable = 0;
	if (!block_range(lane, z, idx, &from, &to))
		return 0;
	while (from < to) {
		uint32_t owner = lane->owner[from];

		if (n[from].order) {
			uint32_t nr = 1u << (n[from].order - 1);

			move_free(lane, from, mt);
			moved += nr;
			from += nr;
			continue;
		}
		if (owner) {
			const struct pf_slot *slot = pf_unit_slot(lane->run, owner - 1);

			/* Those of the page cache may wait for their list still. */
			if (slot->attrs & PF_PAGE_LRU || slot->state == PF_SLOT_CONTIG ||
			    slot->state == PF_SLOT_RUN)
				lane->rules.unsure = true;
			else if (!slot->order && slot->attrs & PF_PAGE_MOVABLE)
				++*movable;
		}
		from++;
	}
	return moved;
}

/* boost_watermark() */
static void boost(struct pf_lane *lane, unsigned z)
{
	uint32_t *f = lane->rules.field[z];
	uint64_t nr = 1u << lane->run->layout.pageblock_order;
	uint64_t most = (uint64_t)f[PF_DUMP_WMARK_HIGH] *
			lane->rules.knob[PF_WATERMARK_BOOST_FACTOR] / 10000;

	if (!most || 4 * nr > f[PF_DUMP_MANAGED])
		return;
	lane->rules.boosts = true;
	most = most < nr ? nr : most;
	f[PF_DUMP_BOOST] = (uint32_t)(f[PF_DUMP_BOOST] + nr < most ? f[PF_DUMP_BOOST] + nr : most);
}

/* steal_suitable_fallback() */
static void steal(struct pf_lane *lane, unsigned z, uint32_t idx, unsigned mt, bool whole)
{
	const struct pf_layout *l = &lane->run->layout;
	unsigned order = node_of(lane)[idx].order - 1u, was = type_of(lane, idx);
	uint32_t nr = 1u << l->pageblock_order, moved, movable, alike = 0;

	if (was != PF_HIGHATOMIC && order >= l->pageblock_order) {
		for (uint32_t b = idx; b < idx + (1u << order); b += nr)
			set_type(lane, b, mt);
	} else if (was != PF_HIGHATOMIC) {
		boost(lane, z);
		moved = whole ? move_block(lane, z, idx, mt, &movable) : 0;
		if (moved) {
			if (mt == PF_MOVABLE)
				alike = movable;
			else if (was == PF_MOVABLE)
				alike = nr - (moved + movable);
			if (moved + alike >= nr / 2 || lane->rules.ungrouped)
				set_type(lane, idx, mt);
			return;
		}
	}
	move_free(lane, idx, mt);
}

static bool find_fallback(const struct pf_lane *lane, unsigned z, unsigned order, unsigned mt,
			  uint32_t *idx)
{
	/* fallbacks[] */
	static const uint8_t types[PF_NR_MOBILITY][2] = {
		[PF_UNMOVABLE] = {PF_RECLAIMABLE, PF_MOVABLE},
		[PF_MOVABLE] = {PF_RECLAIMABLE, PF_UNMOVABLE},
		[PF_RECLAIMABLE] = {PF_UNMOVABLE, PF_MOVABLE},
	};

	for (unsigned i = 0; i < 2; i++) {
		uint32_t head = free_head(&lane->run->layout, z, order, types[mt][i]);

		*idx = lane->rules.node[head].next;
		if (*idx != head)
			return true;
	}
	return false;
}

/* __rmqueue_fallback(): the largest; the smallest, if it does no lasting harm. */
static bool take_from_others(struct pf_lane *lane, unsigned z, unsigned order, unsigned mt,
			     bool nofragment)
{
	const struct pf_layout *l = &lane->run->layout;
	int least = (int)(nofragment && order < l->pageblock_order ? l->pageblock_order : order);
	int o = l->max_order;
	uint32_t idx;
	bool whole;

	while (o >= least && !find_fallback(lane, z, (unsigned)o, mt, &idx))
		o--;
	if (o < least)
		return false;
	whole = o >= l->pageblock_order / 2 || mt != PF_MOVABLE || lane->rules.ungrouped;
	if (!whole && o > (int)order)
		for (o = (int)order; !find_fallback(lane, z, (unsigned)o, mt, &idx);)
			o++;
	steal(lane, z, idx, mt, whole);
	return true;
}

static uint32_t take(struct pf_lane *lane, unsigned z, unsigned order, unsigned mt, bool nofragment)
{
	uint32_t idx;

	while ((idx = take_smallest(lane, z, order, mt)) == NONE &&
	       take_from_others(lane, z, order, mt, nofragment))
		;
	return idx;
}

/* rmqueue_pcplist(): from the list's head; an empty one gets a batch. */
static uint32_t take_from_list(struct pf_lane *lane, unsigned z, unsigned cpu, unsigned order,
			       unsigned mt, bool nofragment)
{
	struct pf_node *n = node_of(lane);
	uint32_t *c = lane->rules.cpu[z][cpu];
	uint32_t head = pcp_head(&lane->run->layout, z, cpu, list_of(order, mt)), idx;

	c[PF_DUMP_FREE_FACTOR] >>= 1;
	if (is_empty(n, head)) {
		uint32_t batch = c[PF_DUMP_BATCH];

		if (batch > 1)
			batch = batch >> order > 2 ? batch >> order : 2;
		while (batch-- && (idx = take(lane, z, order, mt, nofragment)) != NONE) {
			link_behind(n, n[head].prev, idx);
			c[PF_DUMP_COUNT] += 1u << order;
		}
		if (is_empty(n, head))
			return NONE;
	}
	idx = n[head].next;
	unlink_node(n, idx);
	c[PF_DUMP_COUNT] -= 1u << order;
	return idx;
}

/* reserve_highatomic_pageblock() */
static void reserve(struct pf_lane *lane, unsigned z, uint32_t idx)
{
	uint32_t *f = lane->rules.field[z], nr = 1u << lane->run->layout.pageblock_order, movable;

	if (f[PF_DUMP_HIGHATOMIC] >= f[PF_DUMP_MANAGED] / 100 + nr ||
	    type_of(lane, idx) >= PF_NR_MOBILITY)
		return;
	f[PF_DUMP_HIGHATOMIC] += nr;
	set_type(lane, idx, PF_HIGHATOMIC);
	move_block(lane, z, idx, PF_HIGHATOMIC, &movable);
}

/* ----------------------------------------------------------- watermarks -- */

/* What a try in the zonelist may use: ALLOC_*. */
struct attempt {
	enum pf_wmark mark;
	bool half, quarter; /* ALLOC_MIN_RESERVE, ALLOC_NON_BLOCK */
	bool highatomic;    /* ALLOC_HIGHATOMIC */
	uint32_t more;	    /* beyond the mark */
	bool snapshot;	    /* zone_watermark_ok_safe() adds what cpus hold back */
};

/* zone_watermark_fast() */
static bool mark_is_met(const struct pf_lane *lane, unsigned z, const struct pf_request *req,
			const struct attempt *a)
{
	const struct pf_layout *l = &lane->run->layout;
	const uint32_t *f = lane->rules.field[z];
	unsigned order = req->order;
	/* zone_page_state(): what cpus hold back may make it negative. */
	int64_t free = (int32_t)f[PF_DUMP_FREE];
	int64_t min = (int64_t)f[PF_DUMP_WMARK_MIN + a->mark] + f[PF_DUMP_BOOST] + a->more;

	for (unsigned cpu = 0; a->snapshot && cpu < l->nr_cpus; cpu++)
		free += (int32_t)lane->rules.cpu[z][cpu][PF_DUMP_FREE_DIFF];
	free = free < 0 ? 0 : free;
	free -= (1 << order) - 1;
	if (!a->half && !a->quarter)
		free -= f[PF_DUMP_HIGHATOMIC];
	if (a->half) {
		min -= min / 2;
		if (a->quarter)
			min -= min / 4;
	}
	if (free <= min + f[PF_DUMP_RESERVE_DMA + req->zone]) {
		/* Without the boost for those who can't wait; who says both is not believed. */
		if (order ||
		    (req->gfp & (PF_GFP_ATOMIC | PF_GFP_DIRECT_RECLAIM)) != PF_GFP_ATOMIC ||
		    a->mark != PF_WMARK_MIN)
			return false;
		min = f[PF_DUMP_WMARK_MIN];
		if (a->half) {
			min -= min / 2;
			if (a->quarter)
				min -= min / 4;
		}
		return free > min + f[PF_DUMP_RESERVE_DMA + req->zone];
	}
	if (!order)
		return true;
	for (unsigned o = order; o <= l->max_order; o++) {
		for (unsigned t = 0; t < PF_NR_MOBILITY; t++)
			if (!is_empty(lane->rules.node, free_head(l, z, o, t)))
				return true;
		if (a->highatomic && !is_empty(lane->rules.node, free_head(l, z, o, PF_HIGHATOMIC)))
			return true;
	}
	return false;
}

/* The order of nodes in a zonelist: by distance, the lower number first. */
static int node_at(const struct pf_layout *l, unsigned node, unsigned rank)
{
	unsigned n = 0;

	for (int distance = 0; distance < l->nr_nodes; distance++)
		for (int sign = -1; sign <= 1; sign += 2) {
			int at = (int)node + sign * distance;

			if (at < 0 || at >= l->nr_nodes || (!distance && sign > 0))
				continue;
			if (n++ == rank)
				return at;
		}
	return -1;
}

/* rmqueue() */
static uint32_t take_in_zone(struct pf_lane *lane, unsigned z, const struct pf_request *req,
			     const struct attempt *a, bool nofragment)
{
	unsigned mt = lane->rules.ungrouped ? PF_UNMOVABLE : req->mobility;
	uint32_t idx = NONE;

	if (has_lists(&lane->run->layout, req->order))
		idx = take_from_list(lane, z, req->cpu, req->order, mt, nofragment);
	if (idx == NONE && a->highatomic)
		idx = take_smallest(lane, z, req->order, PF_HIGHATOMIC);
	if (idx == NONE)
		idx = take(lane, z, req->order, mt, nofragment);
	if (idx == NONE && a->quarter)
		idx = take_smallest(lane, z, req->order, PF_HIGHATOMIC);
	return idx;
}

/* The nth zone of a zonelist, nearest node first, highest type first; -1: there is none. */
static int zone_at(const struct pf_layout *l, const struct pf_request *req, unsigned nth)
{
	for (unsigned rank = 0; rank < l->nr_nodes; rank++) {
		int node = node_at(l, req->node, rank);

		if (rank && req->gfp & PF_GFP_THISNODE)
			break;
		for (int type = req->zone; type >= 0; type--)
			for (unsigned z = 0; z < l->nr_zones; z++)
				if (l->zone[z].node == node && l->zone[z].type == type && !nth--)
					return (int)z;
	}
	return -1;
}

static bool has_zone(const struct pf_layout *l, unsigned node, unsigned type)
{
	for (unsigned z = 0; z < l->nr_zones; z++)
		if (l->zone[z].node == node && l->zone[z].type == type)
			return true;
	return false;
}

/* alloc_flags_nofragment(): not at the cost of what is below DMA32. */
static bool avoids_fragments(const struct pf_layout *l, const struct pf_request *req)
{
	int z = zone_at(l, req, 0);

	return z >= 0 && l->zone[z].type == PF_ZONE_NORMAL &&
	       (l->nr_nodes == 1 || has_zone(l, l->zone[z].node, PF_ZONE_DMA32));
}

/* get_page_from_freelist(); *zone: where. */
static uint32_t get_page(struct pf_lane *lane, const struct pf_request *req,
			 const struct attempt *a, unsigned *zone)
{
	const struct pf_layout *l = &lane->run->layout;
	bool nofragment = a->mark == PF_WMARK_LOW && avoids_fragments(l, req);
	int first = zone_at(l, req, 0), z;

	for (;;) {
		bool before = nofragment;

		for (unsigned nth = 0; (z = zone_at(l, req, nth)) >= 0; nth++) {
			uint32_t idx;

			/* A mixed pageblock is better than a remote page. */
			if (nofragment && l->zone[z].node != l->zone[first].node) {
				nofragment = false;
				break;
			}
			if (!mark_is_met(lane, (unsigned)z, req, a))
				continue;
			idx = take_in_zone(lane, (unsigned)z, req, a, nofragment);
			if (idx == NONE)
				continue;
			*zone = (unsigned)z;
			if (a->highatomic)
				reserve(lane, (unsigned)z, idx);
			return idx;
		}
		if (!before)
			return NONE;
		nofragment = false;
	}
}

/*
 * wakeup_kswapd(): nodes that have neither a zone with the high mark free for this order nor
 * none, and those whose marks are boosted, a bit each.
 */
static uint32_t nodes_to_wake(struct pf_lane *lane, const struct pf_request *req)
{
	const struct pf_layout *l = &lane->run->layout;
	const struct attempt high = {.mark = PF_WMARK_HIGH};
	const struct attempt closely = {.mark = PF_WMARK_HIGH, .snapshot = true};
	const struct pf_request plain = {.order = req->order, .zone = req->zone};
	uint32_t nodes = 0, there = 0, well = 0;

	for (unsigned z = 0; z < l->nr_zones; z++) {
		const uint32_t *f = lane->rules.field[z];
		uint32_t bit = 1u << l->zone[z].node;

		if (req->gfp & PF_GFP_THISNODE && l->zone[z].node != req->node)
			continue;
		if (l->zone[z].type > req->zone)
			continue;
		there |= bit;
		if (mark_is_met(lane, z, &plain, &high))
			well |= bit;
		if (f[PF_DUMP_BOOST])
			nodes |= bit;
		/* Whether it looks that closely depends on what it was at boot. */
		if (mark_is_met(lane, z, &plain, &high) != mark_is_met(lane, z, &plain, &closely))
			lane->rules.unsure = true;
	}
	return nodes | (there & ~well);
}

/* ------------------------------------------------------------------ both -- */

static bool is_picked(struct pf_lane *lane)
{
	struct pf_rules *r = &lane->rules;

	return r->observer && !lane->muted && pf_layout_pages(&lane->run->layout) <= MAX_PAGES &&
	       r->calls++ % ONE_OF == 0;
}

static void same_list(struct pf_lane *lane, const struct pf_dump *d, const struct pf_list *list,
		      uint32_t head, const char *what, unsigned a, unsigned b)
{
	const struct pf_node *n = node_of(lane);
	pf_pfn base = lane->run->layout.base_pfn;
	uint32_t at = n[head].next;

	for (uint32_t i = 0; i < list->nr || at != head; i++, at = n[at].next) {
		if (i < list->nr && at != head && d->word[list->first + i] == base + at)
			continue;
		if (i >= list->nr)
			PF_RULE_BROKEN(lane, RULES_LIST,
				       "%s %u, %u: entry %u is missing, should be pfn %u", what, a,
				       b, i, base + at);
		if (at == head)
			PF_RULE_BROKEN(lane, RULES_LIST,
				       "%s %u, %u: entry %u is pfn %u, should be none", what, a, b,
				       i, d->word[list->first + i]);
		PF_RULE_BROKEN(lane, RULES_LIST, "%s %u, %u: entry %u is pfn %u, should be %u",
			       what, a, b, i, d->word[list->first + i], base + at);
	}
}

static void same_types(struct pf_lane *lane, const struct pf_dump *d, unsigned z)
{
	const struct pf_layout *l = &lane->run->layout;
	uint32_t first = (l->zone[z].start_pfn - l->base_pfn) >> l->pageblock_order;

	for (uint32_t i = 0;
	     i < d->zone[z].blocks.nr && (first + i) << l->pageblock_order < pf_layout_pages(l);
	     i++) {
		unsigned is = d->word[d->zone[z].blocks.first + i] & PF_BLOCK_TYPE;
		unsigned should = node_of(lane)[(first + i) << l->pageblock_order].type;

		if (is != should)
			PF_RULE_BROKEN(lane, PAGEBLOCK_TYPE,
				       "pageblock at pfn %u has type %u, should be %u",
				       l->base_pfn + ((first + i) << l->pageblock_order), is,
				       should);
	}
}

static void compare(struct pf_lane *lane)
{
	const struct pf_layout *l = &lane->run->layout;
	const struct pf_rules *r = &lane->rules;
	const struct pf_dump *d;

	pf_checked(lane, PF_LAW_RULES);
	pf_dump_lane(lane);
	d = lane->dump;
	for (unsigned z = 0; z < l->nr_zones; z++) {
		for (unsigned o = 0; o <= l->max_order; o++)
			for (unsigned t = 0; t < PF_NR_BLOCK_TYPES; t++)
				same_list(lane, d, &d->zone[z].free[o][t], free_head(l, z, o, t),
					  "the free list of order and type", o, t);
		same_types(lane, d, z);
		if (d->zone[z].field[PF_DUMP_BOOST] != r->field[z][PF_DUMP_BOOST])
			PF_RULE_BROKEN(lane, RULES_COUNTER,
				       "watermarks are boosted by %u pages, should be %u",
				       d->zone[z].field[PF_DUMP_BOOST], r->field[z][PF_DUMP_BOOST]);
		for (unsigned cpu = 0; cpu < l->nr_cpus; cpu++) {
			for (unsigned i = 0; i < PF_NR_PCP_LISTS; i++)
				same_list(lane, d, &d->zone[z].pcp[cpu][i], pcp_head(l, z, cpu, i),
					  "the list of cpu and index", cpu, i);
			if (d->zone[z].cpu[cpu][PF_DUMP_FREE_FACTOR] !=
			    r->cpu[z][cpu][PF_DUMP_FREE_FACTOR])
				PF_RULE_BROKEN(lane, RULES_COUNTER,
					       "pcp->free_factor is %u, should be %u",
					       d->zone[z].cpu[cpu][PF_DUMP_FREE_FACTOR],
					       r->cpu[z][cpu][PF_DUMP_FREE_FACTOR]);
		}
	}
}

bool pf_rules_look(struct pf_lane *lane)
{
	lane->rules.unsure = false;
	if (pf_layout_pages(&lane->run->layout) > MAX_PAGES)
		return false;
	pf_dump_lane(lane);
	return load(lane, lane->dump);
}

bool pf_rules_has_block(const struct pf_lane *lane, unsigned z, unsigned order, unsigned mt)
{
	return !is_empty(lane->rules.node, free_head(&lane->run->layout, z, order, mt));
}

/* fragmentation_index(): is it memory that lacks (0), or large blocks (1000)? */
static int fragmentation_index(const struct pf_lane *lane, unsigned z, unsigned order)
{
	const struct pf_layout *l = &lane->run->layout;
	const struct pf_node *n = lane->rules.node;
	uint64_t pages = 0, blocks = 0, suitable = 0;

	for (unsigned o = 0; o <= l->max_order; o++)
		for (unsigned t = 0; t < PF_NR_BLOCK_TYPES; t++) {
			uint32_t head = free_head(l, z, o, t);

			for (uint32_t at = n[head].next; at != head; at = n[at].next) {
				pages += 1u << o;
				blocks++;
				suitable += o >= order;
			}
		}
	if (!blocks)
		return 0;
	if (suitable)
		return -1000;
	return 1000 - (int)((1000 + pages * 1000 / (1u << order)) / blocks);
}

int pf_rules_suitable(const struct pf_lane *lane, unsigned z, int order, unsigned type)
{
	const struct pf_request req = {.order = (uint8_t)order, .zone = (uint8_t)type};
	const struct pf_request one = {.zone = (uint8_t)type};
	struct attempt a = {.mark = PF_WMARK_MIN};
	int threshold, index;

	if (order < 0)
		return PF_SUITABLE_CONTINUE;
	if (mark_is_met(lane, z, &req, &a))
		return PF_SUITABLE_SUCCESS;
	a.mark = order > COSTLY_ORDER ? PF_WMARK_LOW : PF_WMARK_MIN;
	a.more = 2u << order;
	if (!mark_is_met(lane, z, &one, &a))
		return PF_SUITABLE_SKIPPED;
	if (order <= COSTLY_ORDER)
		return PF_SUITABLE_CONTINUE;
	threshold = (int)lane->rules.knob[PF_EXTFRAG_THRESHOLD];
	index = fragmentation_index(lane, z, (unsigned)order);
	return index >= 0 && index <= threshold ? PF_SUITABLE_NOT : PF_SUITABLE_CONTINUE;
}

void pf_rules_before_alloc(struct pf_lane *lane, const struct pf_request *req)
{
	struct pf_rules *r = &lane->rules;
	struct attempt a = {.mark = PF_WMARK_LOW};
	bool waits = req->gfp & PF_GFP_DIRECT_RECLAIM;
	unsigned z;
	uint32_t idx;

	r->foretold = r->unsure = r->boosts = false;
	r->waking = r->woken = 0;
	r->may_wake = true;
	if (req->order > lane->run->layout.max_order || !is_picked(lane))
		return;
	pf_dump_lane(lane);
	if (!load(lane, lane->dump))
		return;
	idx = get_page(lane, req, &a, &z);
	/* Taking from others boosts, and that wakes it. */
	r->may_wake = idx == NONE || r->boosts || r->field[z][PF_DUMP_BOOSTED];
	if (idx == NONE) {
		/* __alloc_pages_slowpath(): wake kswapd, then try with the min mark. */
		if (req->gfp & PF_GFP_KSWAPD_RECLAIM && !r->unsure)
			r->waking = nodes_to_wake(lane, req);
		if (r->unsure)
			r->waking = 0;
		a.mark = PF_WMARK_MIN;
		a.half = req->gfp & PF_GFP_HIGH;
		a.quarter = !waits && !(req->gfp & PF_GFP_NOMEMALLOC);
		a.highatomic = a.half && a.quarter && req->order;
		idx = get_page(lane, req, &a, &z);
	}
	/* rmqueue(): boosted marks want to be met again. */
	if (idx != NONE && r->boosts && req->gfp & PF_GFP_KSWAPD_RECLAIM && !r->unsure)
		r->waking |= 1u << lane->run->layout.zone[z].node;
	/* Who may neither wait nor take all there is gets nothing. */
	if (idx == NONE && (waits || req->gfp & (PF_GFP_MEMALLOC | PF_GFP_NOFAIL)))
		return;
	r->lists_too = idx != NONE;
	r->foretold = !r->unsure;
	r->pfn = idx == NONE ? PF_NO_PFN : lane->run->layout.base_pfn + idx;
}

static void check_wakes(struct pf_lane *lane)
{
	struct pf_rules *r = &lane->rules;

	if (r->woken && !r->may_wake)
		PF_RULE_BROKEN(lane, RULES_WAKE,
			       "kswapd of node %d is woken by a request that was served at once",
			       __builtin_ctz(r->woken));
	if (r->waking & ~r->woken)
		PF_RULE_BROKEN(lane, RULES_WAKE,
			       "kswapd of node %d is not woken, with less than the low mark free",
			       __builtin_ctz(r->waking & ~r->woken));
	r->may_wake = true;
	r->waking = 0;
}

/* A request that may have made a reserve: which zones have one from now on? */
void pf_rules_urgent(struct pf_lane *lane, const struct pf_request *req)
{
	if (!lane->rules.observer || !req->order || !(req->gfp & PF_GFP_HIGH) ||
	    req->gfp & PF_GFP_DIRECT_RECLAIM)
		return;
	pf_dump_lane(lane);
	for (unsigned z = 0; z < lane->run->layout.nr_zones; z++)
		if (lane->dump->zone[z].field[PF_DUMP_HIGHATOMIC])
			lane->rules.reserved |= 1u << z;
}

void pf_rules_after_alloc(struct pf_lane *lane, const struct pf_request *req, pf_pfn pfn)
{
	check_wakes(lane);
	pf_rules_urgent(lane, req);
	if (!lane->rules.foretold)
		return;
	lane->rules.foretold = false;
	if (pfn != lane->rules.pfn)
		PF_RULE_BROKEN(lane, RULES_LIST, "gives pfn %d; it should be %d", (int)pfn,
			       (int)lane->rules.pfn);
	if (lane->rules.lists_too)
		compare(lane);
}

void pf_rules_before_free(struct pf_lane *lane, pf_pfn pfn, unsigned order, unsigned cpu,
			  unsigned attrs)
{
	const struct pf_layout *l = &lane->run->layout;
	struct pf_rules *r = &lane->rules;
	uint32_t idx = pfn - l->base_pfn;
	unsigned z, mt;

	r->foretold = r->unsure = false;
	/* A page that waits to be added to the LRU lists is held there. */
	if (attrs & PF_PAGE_LRU || !is_picked(lane))
		return;
	pf_dump_lane(lane);
	if (!load(lane, lane->dump))
		return;
	z = pf_zone_of(l, idx);
	mt = type_of(lane, idx);
	if (!has_lists(l, order))
		free_one(lane, z, idx, order, mt);
	else if (mt == PF_ISOLATE)
		free_one(lane, z, idx, order, mt);
	else if (!free_to_list(lane, z, cpu, idx, order, mt < PF_NR_MOBILITY ? mt : PF_MOVABLE))
		return;
	r->foretold = !r->unsure;
}

void pf_rules_after_free(struct pf_lane *lane)
{
	if (!lane->rules.foretold)
		return;
	lane->rules.foretold = false;
	compare(lane);
}

/* drain_pages(): one cpu's lists (-1: all cpus'), the zones by nodes and types. */
void pf_rules_before_drain(struct pf_lane *lane, int only)
{
	const struct pf_layout *l = &lane->run->layout;
	struct pf_rules *r = &lane->rules;

	r->foretold = r->unsure = false;
	if (!is_picked(lane))
		return;
	pf_dump_lane(lane);
	if (!load(lane, lane->dump))
		return;
	for (unsigned cpu = 0; cpu < l->nr_cpus; cpu++) {
		if ((only >= 0 && (unsigned)only != cpu) || !(lane->run->online >> cpu & 1))
			continue;
		for (unsigned at = 0; at < (unsigned)l->nr_nodes * PF_NR_ZONE_TYPES; at++)
			for (unsigned z = 0; z < l->nr_zones; z++) {
				uint32_t *c = r->cpu[z][cpu];

				if (l->zone[z].node * (unsigned)PF_NR_ZONE_TYPES +
					    l->zone[z].type !=
				    at)
					continue;
				while (c[PF_DUMP_COUNT])
					if (!bulk_free(lane, z, cpu,
						       (int)(c[PF_DUMP_BATCH] << SCALE_MAX), 0))
						return;
			}
	}
	r->foretold = !r->unsure;
}
