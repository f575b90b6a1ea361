// SPDX-License-Identifier: GPL-2.0-only
/*
 * mobility.c - the core of the mobility allocator: free lists by order and
 * type, pageblock types, fallbacks and watermarks. The place of each block on
 * its list is Linux's; the policy for stealing less than a pageblock is not.
 */
#include "zone.h"

#include <string.h>

static uint32_t table_pages(const struct pf_layout *layout, const struct pf_zone_layout *zl)
{
	uint32_t mask = (1u << layout->max_order) - 1;

	return ((zl->start_pfn + zl->spanned + mask) & ~mask) - (zl->start_pfn & ~mask);
}

static size_t mob_footprint(const struct pf_layout *layout, const struct pf_zone_layout *zl)
{
	size_t pages = table_pages(layout, zl);

	return sizeof(struct mob_zone) +
	       (pages + MOB_NR_TYPES * PF_NR_ORDERS) * sizeof(struct mob_link) +
	       (pages >> layout->pageblock_order) + pages;
}

static inline uint32_t list_head(const struct mob_zone *z, unsigned order, unsigned type)
{
	return z->nr_pages + type * PF_NR_ORDERS + order;
}

void mob_list_add(struct mob_zone *z, uint32_t i, unsigned order, unsigned type, bool tail)
{
	uint32_t head = list_head(z, order, type);
	uint32_t prev = tail ? z->link[head].prev : head;
	uint32_t next = z->link[prev].next;

	z->link[i] = (struct mob_link){.next = next, .prev = prev};
	z->link[prev].next = i;
	z->link[next].prev = i;
	z->tag[i] = MOB_TAG(order, type);
	z->filled[type] |= 1u << order;
	if (type == MOB_ISOLATE) {
		z->count.isolated += 1u << order;
	} else {
		z->count.free += 1u << order;
		z->count.nr_free[order]++;
	}
}

void mob_list_del(struct mob_zone *z, uint32_t i)
{
	unsigned order = mob_tag_order(z->tag[i]), type = mob_tag_type(z->tag[i]);
	struct mob_link l = z->link[i];

	z->link[l.prev].next = l.next;
	z->link[l.next].prev = l.prev;
	z->tag[i] = 0;
	if (l.prev == l.next && l.prev >= z->nr_pages)
		z->filled[type] &= ~(1u << order);
	if (type == MOB_ISOLATE) {
		z->count.isolated -= 1u << order;
	} else {
		z->count.free -= 1u << order;
		z->count.nr_free[order]--;
	}
}

/* The free block that page i lies in. */
uint32_t mob_holder(const struct mob_zone *z, uint32_t i)
{
	for (unsigned order = 0; order <= z->max_order; order++) {
		uint32_t first = i >> order << order;

		if (z->tag[first] && mob_tag_order(z->tag[first]) == order)
			return first;
	}
	return MOB_NOT_FOUND;
}

/* Take the block of `order` at `want` out of the free block at i; the rest keeps its type. */
void mob_cut(struct mob_zone *z, uint32_t i, uint32_t want, unsigned order)
{
	unsigned from = mob_tag_order(z->tag[i]), type = mob_tag_type(z->tag[i]);

	mob_list_del(z, i);
	while (from > order) {
		from--;
		if (want & 1u << from) {
			mob_list_add(z, i, from, type, false);
			i += 1u << from;
		} else {
			mob_list_add(z, i + (1u << from), from, type, false);
		}
	}
}

/* Give a block back: merge as far as it goes, then put the result on its list. */
void mob_release(struct mob_zone *z, uint32_t i, unsigned order, bool tail)
{
	unsigned block = z->block[i >> z->block_order];
	unsigned type = block & MOB_BLOCK_ISOLATED ? MOB_ISOLATE : block & MOB_BLOCK_TYPE;
	unsigned limit = type == MOB_ISOLATE ? z->block_order : z->max_order;

	if (z->nr_isolated && order > z->block_order) {
		/* Its pageblocks may differ; those that do not merge again. */
		for (uint32_t end = i + (1u << order); i < end; i += mob_block_pages(z))
			mob_release(z, i, z->block_order, tail);
		return;
	}
	while (order < limit) {
		uint8_t tag = z->tag[i ^ 1u << order];

		if (!tag || mob_tag_order(tag) != order ||
		    (mob_tag_type(tag) == MOB_ISOLATE) != (type == MOB_ISOLATE))
			break;
		mob_list_del(z, i ^ 1u << order);
		i &= ~(1u << order);
		order++;
	}
	/*
	 * If only this block's buddy is missing for a merge two orders up, the
	 * block goes last, so that it is still there when the buddy comes.
	 */
	if (order + 1 < z->max_order) {
		uint8_t tag = z->tag[(i & ~(1u << order)) ^ 2u << order];

		tail |= tag && mob_tag_order(tag) == order + 1;
	}
	mob_list_add(z, i, order, type, tail);
}

/* Give back a range as the largest aligned blocks, lowest first. */
void mob_release_range(struct mob_zone *z, uint32_t i, uint32_t nr, bool tail)
{
	while (nr) {
		unsigned order = mob_chunk_order(z, i, nr);

		mob_release(z, i, order, tail);
		i += 1u << order;
		nr -= 1u << order;
	}
}

/* ------------------------------------------------------------ fallbacks -- */

static const uint8_t fallbacks[PF_NR_MOBILITY][2] = {
	[PF_UNMOVABLE] = {PF_RECLAIMABLE, PF_MOVABLE},
	[PF_MOVABLE] = {PF_RECLAIMABLE, PF_UNMOVABLE},
	[PF_RECLAIMABLE] = {PF_UNMOVABLE, PF_MOVABLE},
};

static void move_to_tail(struct mob_zone *z, uint32_t i, unsigned type)
{
	unsigned order = mob_tag_order(z->tag[i]);

	mob_list_del(z, i);
	mob_list_add(z, i, order, type, true);
}

static uint32_t free_in_block(struct mob_zone *z, uint32_t block)
{
	uint32_t free = 0;

	for (uint32_t i = mob_block_first(z, block); i < mob_block_end(z, block);) {
		uint32_t nr = z->tag[i] ? 1u << mob_tag_order(z->tag[i]) : 0;

		mob_spend(z, 1);
		free += nr;
		i += nr ? nr : 1;
	}
	return free;
}

/* Take over a pageblock with all that is free in it. */
static void claim_pageblock(struct mob_zone *z, uint32_t block, unsigned type)
{
	for (uint32_t i = mob_block_first(z, block); i < mob_block_end(z, block);) {
		mob_spend(z, 1);
		if (z->tag[i]) {
			move_to_tail(z, i, type);
			i += 1u << mob_tag_order(z->tag[i]);
		} else {
			i++;
		}
	}
	z->block[block >> z->block_order] = (uint8_t)type;
}

/* Put a suitable block of another type, or more, on this type's list. */
static bool steal(struct mob_zone *z, unsigned order, unsigned type)
{
	unsigned first = fallbacks[type][0], second = fallbacks[type][1];
	uint32_t fitting = (z->filled[first] | z->filled[second]) >> order << order;
	struct pf_event ev = {.type = PF_EV_EXTFRAG, .nr_fields = 6};
	unsigned from, from_type;
	uint32_t i, block;

	if (!fitting)
		return false;
	from = 31u - (unsigned)__builtin_clz(fitting);
	from_type = z->filled[first] >> from & 1 ? first : second;
	i = z->link[list_head(z, from, from_type)].next;
	block = i & ~(mob_block_pages(z) - 1);
	if (from >= z->block_order) {
		for (uint32_t b = i; b < i + (1u << from); b += mob_block_pages(z))
			z->block[b >> z->block_order] = (uint8_t)type;
		move_to_tail(z, i, type);
	} else if (type != PF_MOVABLE && free_in_block(z, block) >= mob_block_pages(z) / 2) {
		claim_pageblock(z, block, type);
	} else {
		/* Spoil as little as possible of a foreign pageblock. */
		from = (unsigned)__builtin_ctz(fitting);
		from_type = z->filled[first] >> from & 1 ? first : second;
		i = z->link[list_head(z, from, from_type)].next;
		move_to_tail(z, i, type);
	}
	z->env->stats->extfrag++;
	ev.field[0] = z->base + i;
	ev.field[1] = order;
	ev.field[2] = from;
	ev.field[3] = type;
	ev.field[4] = from_type;
	ev.field[5] = z->block[i >> z->block_order] == type;
	z->world->event(z->world, &ev);
	return true;
}

static inline uint32_t take_smallest(struct mob_zone *z, unsigned order, unsigned type)
{
	uint32_t fitting = z->filled[type] >> order;
	uint32_t i;

	if (!fitting)
		return MOB_NOT_FOUND;
	i = z->link[list_head(z, order + (unsigned)__builtin_ctz(fitting), type)].next;
	mob_cut(z, i, i, order);
	return i;
}

/* A free block of the order, whatever the watermarks say. */
uint32_t mob_take(struct mob_zone *z, unsigned order, unsigned type)
{
	uint32_t i = take_smallest(z, order, type);

	if (i == MOB_NOT_FOUND && steal(z, order, type))
		i = take_smallest(z, order, type);
	return i;
}

/* ----------------------------------------------------------- allocation -- */

static bool watermark_ok(const struct mob_zone *z, const struct pf_request *req, unsigned mark)
{
	int64_t min;

	if (mark == PF_WMARK_NONE)
		return true;
	min = z->env->zl->wmark[mark];
	if (mark == PF_WMARK_MIN && req->gfp & PF_GFP_HIGH) {
		min -= min / 2;
		if (!(req->gfp & (PF_GFP_DIRECT_RECLAIM | PF_GFP_NOMEMALLOC)))
			min -= min / 4;
	}
	return (int64_t)z->count.free - ((1ll << req->order) - 1) > min;
}

static pf_pfn mob_alloc(void *zone, const struct pf_request *req, unsigned mark)
{
	struct mob_zone *z = zone;
	uint32_t i = MOB_NOT_FOUND;

	z->pending++;
	if (watermark_ok(z, req, mark))
		i = mob_take(z, req->order, req->mobility);
	mob_flush(z);
	return i == MOB_NOT_FOUND ? PF_NO_PFN : z->base + i;
}

static void mob_free(void *zone, pf_pfn pfn, unsigned order)
{
	struct mob_zone *z = zone;

	z->world->spent(z->world, 1);
	mob_release(z, pfn - z->base, order, false);
}

static bool mob_claim(void *zone, pf_pfn pfn, unsigned order, unsigned mobility)
{
	struct mob_zone *z = zone;
	uint32_t i = mob_holder(z, pfn - z->base);

	(void)mobility;
	z->world->spent(z->world, 1);
	if (i == MOB_NOT_FOUND || mob_tag_type(z->tag[i]) == MOB_ISOLATE ||
	    mob_tag_order(z->tag[i]) < order)
		return false;
	mob_cut(z, i, pfn - z->base, order);
	return true;
}

static void mob_init(void *zone, const struct pf_zone_env *env)
{
	struct mob_zone *z = zone;
	pf_pfn start, end;

	memset(z, 0, sizeof(*z));
	z->env = env;
	z->world = env->world;
	z->max_order = env->layout->max_order;
	z->block_order = env->layout->pageblock_order;
	z->base = env->zl->start_pfn >> z->max_order << z->max_order;
	z->nr_pages = table_pages(env->layout, env->zl);
	z->first = env->zl->start_pfn - z->base;
	z->end = z->first + env->zl->spanned;
	z->hand = z->first;
	z->tag = (uint8_t *)(z->link + z->nr_pages + MOB_NR_TYPES * PF_NR_ORDERS);
	z->block = z->tag + z->nr_pages;
	memset(z->tag, 0, z->nr_pages);
	memset(z->block, PF_MOVABLE, z->nr_pages >> z->block_order);
	for (uint32_t i = z->nr_pages; i < z->nr_pages + MOB_NR_TYPES * PF_NR_ORDERS; i++)
		z->link[i] = (struct mob_link){.next = i, .prev = i};
	for (start = env->zl->start_pfn; pf_zone_next_run(env, &start, &end); start = end)
		mob_release_range(z, start - z->base, end - start, true);
	z->count.managed = z->count.free;
}

/* ------------------------------------------------------------ reporting -- */

static void mob_census(void *zone, pf_block_fn fn, void *arg)
{
	struct mob_zone *z = zone;

	for (unsigned type = 0; type < MOB_NR_TYPES; type++) {
		for (uint32_t left = z->filled[type]; left; left &= left - 1) {
			unsigned order = (unsigned)__builtin_ctz(left);
			uint32_t head = list_head(z, order, type);

			for (uint32_t i = z->link[head].next; i != head; i = z->link[i].next) {
				struct pf_block block = {
					.pfn = z->base + i,
					.order = (uint8_t)order,
					.type = type == MOB_ISOLATE ? PF_ISOLATE : (uint8_t)type,
					.where = type == MOB_ISOLATE ? PF_ISOLATED : PF_FREE,
				};

				fn(arg, &block);
			}
		}
	}
}

static const struct pf_zone_counters *mob_counters(void *zone)
{
	return &((struct mob_zone *)zone)->count;
}

static unsigned mob_block_type(void *zone, pf_pfn pfn)
{
	struct mob_zone *z = zone;
	unsigned block = z->block[(pfn - z->base) >> z->block_order];

	return block & MOB_BLOCK_ISOLATED ? PF_ISOLATE : block & MOB_BLOCK_TYPE;
}

static const char *check_block(const struct mob_zone *z, uint32_t i, unsigned order, unsigned type)
{
	bool isolated = z->block[i >> z->block_order] & MOB_BLOCK_ISOLATED;
	unsigned limit = isolated ? z->block_order : z->max_order;
	uint8_t buddy = order < limit ? z->tag[i ^ 1u << order] : 0;

	if (z->tag[i] != MOB_TAG(order, type) || i & ((1u << order) - 1))
		return "mobility: block on the wrong list";
	if (isolated != (type == MOB_ISOLATE))
		return "mobility: isolated block on the wrong list";
	if (buddy && mob_tag_order(buddy) == order &&
	    (mob_tag_type(buddy) == MOB_ISOLATE) == isolated)
		return "mobility: two free buddies not merged";
	return NULL;
}

static const char *mob_self_check(void *zone)
{
	struct mob_zone *z = zone;
	uint32_t nr_free[PF_NR_ORDERS] = {0};
	uint32_t pages[2] = {0, 0}, listed = 0, isolated = 0;

	for (unsigned list = 0; list < MOB_NR_TYPES * PF_NR_ORDERS; list++) {
		unsigned order = list % PF_NR_ORDERS, type = list / PF_NR_ORDERS;
		uint32_t head = z->nr_pages + list, nr = 0;

		for (uint32_t i = z->link[head].next; i != head; i = z->link[i].next, nr++) {
			const char *wrong;

			if (nr > z->nr_pages || i >= z->nr_pages ||
			    z->link[z->link[i].next].prev != i)
				return "mobility: broken list";
			wrong = check_block(z, i, order, type);
			if (wrong)
				return wrong;
		}
		if (!nr != !(z->filled[type] >> order & 1))
			return "mobility: wrong mark of a filled list";
		listed += nr;
		pages[type == MOB_ISOLATE] += nr << order;
		if (type != MOB_ISOLATE)
			nr_free[order] += nr;
	}
	if (memcmp(nr_free, z->count.nr_free, sizeof(nr_free)))
		return "mobility: wrong number of blocks";
	if (pages[0] != z->count.free || pages[1] != z->count.isolated)
		return "mobility: wrong number of free or isolated pages";
	for (uint32_t i = 0; i < z->nr_pages; i++)
		listed -= z->tag[i] != 0;
	if (listed)
		return "mobility: tagged block on no list";
	for (uint32_t b = 0; b < z->nr_pages >> z->block_order; b++)
		isolated += (z->block[b] & MOB_BLOCK_ISOLATED) != 0;
	return isolated == z->nr_isolated ? NULL : "mobility: wrong number of isolated blocks";
}

static const struct pf_zone_impl mob_ops = {
	.watermarks = true,
	.footprint = mob_footprint,
	.init = mob_init,
	.alloc = mob_alloc,
	.free = mob_free,
	.census = mob_census,
	.counters = mob_counters,
	.compact = mob_compact,
	.reclaim = mob_reclaim,
	.alloc_contig = mob_alloc_contig,
	.free_contig = mob_free_contig,
	.isolate = mob_isolate,
	.undo_isolate = mob_undo_isolate,
	.offline = mob_offline,
	.online = mob_online,
	.claim = mob_claim,
	.block_type = mob_block_type,
	.self_check = mob_self_check,
};

PF_ZONED_IMPL(pf_impl_mobility, mob_ops, .name = "mobility",
	      .summary = "buddy with mobility types, pageblocks and a simple compaction",
	      .features = PF_F_MOBILITY | PF_F_ZONES | PF_F_WATERMARKS | PF_F_CANONICAL |
			  PF_F_SNAPSHOT,
	      .tier = PF_TIER_EXACT, .group = "lists", PF_ZONED_COMPACT, PF_ZONED_RECLAIM,
	      PF_ZONED_CONTIG, PF_ZONED_ISOLATE, PF_ZONED_HOTPLUG, PF_ZONED_CLAIM,
	      PF_ZONED_BLOCK_TYPE, PF_ZONED_SELF_CHECK);
