// SPDX-License-Identifier: GPL-2.0-only
/*
 * buddy.c - a plain binary buddy allocator for one zone: one free list per
 * order, no types, no watermarks. The place of each block on its list is
 * Linux's, so that the same movable requests get the same pages. This is the
 * implementation to read first.
 */
#include "buddy.h"

#include "../zoned/zoned.h"

#include <string.h>

#define NOT_FOUND UINT32_MAX

struct link {
	uint32_t next, prev;
};

/*
 * Pages are counted from `base`. It is aligned to the largest blocks, and
 * nr_pages is a multiple of them, so a buddy's number is always in the table.
 * link[nr_pages + order] is the head of that order's circular list.
 */
struct buddy_zone {
	struct pf_world *world;
	pf_pfn base;
	uint32_t nr_pages;
	unsigned max_order;
	uint32_t filled; /* bit per order: its list is not empty */
	struct pf_zone_counters count;
	uint8_t *tag; /* order + 1 in the first page of a free block, else 0 */
	struct link link[];
};

static uint32_t table_pages(const struct pf_layout *layout, const struct pf_zone_layout *zl)
{
	uint32_t mask = (1u << layout->max_order) - 1;

	return ((zl->start_pfn + zl->spanned + mask) & ~mask) - (zl->start_pfn & ~mask);
}

static size_t buddy_footprint(const struct pf_layout *layout, const struct pf_zone_layout *zl)
{
	size_t pages = table_pages(layout, zl);

	return sizeof(struct buddy_zone) + (pages + PF_NR_ORDERS) * sizeof(struct link) + pages;
}

static inline void add_block(struct buddy_zone *z, uint32_t i, unsigned order, bool tail)
{
	uint32_t head = z->nr_pages + order;
	uint32_t prev = tail ? z->link[head].prev : head;
	uint32_t next = z->link[prev].next;

	z->link[i] = (struct link){.next = next, .prev = prev};
	z->link[prev].next = i;
	z->link[next].prev = i;
	z->tag[i] = (uint8_t)(order + 1);
	z->filled |= 1u << order;
	z->count.nr_free[order]++;
}

static inline void del_block(struct buddy_zone *z, uint32_t i, unsigned order)
{
	struct link l = z->link[i];

	z->link[l.prev].next = l.next;
	z->link[l.next].prev = l.prev;
	z->tag[i] = 0;
	if (!--z->count.nr_free[order])
		z->filled &= ~(1u << order);
}

/* Give a block back: merge as far as it goes, then put the result on its list. */
static inline void release(struct buddy_zone *z, uint32_t i, unsigned order, bool tail)
{
	z->count.free += 1u << order;
	while (order < z->max_order && z->tag[i ^ 1u << order] == order + 1) {
		del_block(z, i ^ 1u << order, order);
		i &= ~(1u << order);
		order++;
	}
	/*
	 * If only this block's buddy is missing for a merge two orders up, the
	 * block goes last, so that it is still there when the buddy comes.
	 */
	if (order + 1 < z->max_order)
		tail |= z->tag[(i & ~(1u << order)) ^ 2u << order] == order + 2;
	add_block(z, i, order, tail);
}

/* Give back a range as the largest aligned blocks, lowest first. */
static void release_range(struct buddy_zone *z, uint32_t i, uint32_t nr, bool tail)
{
	while (nr) {
		unsigned order = i ? (unsigned)__builtin_ctz(i) : z->max_order;

		if (order > z->max_order)
			order = z->max_order;
		while (1u << order > nr)
			order--;
		release(z, i, order, tail);
		i += 1u << order;
		nr -= 1u << order;
	}
}

/* Take the block of `order` at `want` out of the free block at i; the rest stays free. */
static inline void cut(struct buddy_zone *z, uint32_t i, unsigned from, uint32_t want,
		       unsigned order)
{
	del_block(z, i, from);
	z->count.free -= 1u << order;
	while (from > order) {
		from--;
		if (want & 1u << from) {
			add_block(z, i, from, false);
			i += 1u << from;
		} else {
			add_block(z, i + (1u << from), from, false);
		}
	}
}

/* The free block that page i lies in, and its order. */
static uint32_t holder(const struct buddy_zone *z, uint32_t i, unsigned *order)
{
	for (*order = 0; *order <= z->max_order; ++*order) {
		uint32_t first = i >> *order << *order;

		if (z->tag[first] == *order + 1)
			return first;
	}
	return NOT_FOUND;
}

static void buddy_init(void *zone, const struct pf_zone_env *env)
{
	struct buddy_zone *z = zone;
	pf_pfn start, end;

	memset(z, 0, sizeof(*z));
	z->world = env->world;
	z->max_order = env->layout->max_order;
	z->base = env->zl->start_pfn >> z->max_order << z->max_order;
	z->nr_pages = table_pages(env->layout, env->zl);
	z->tag = (uint8_t *)(z->link + z->nr_pages + PF_NR_ORDERS);
	memset(z->tag, 0, z->nr_pages);
	for (uint32_t i = z->nr_pages; i < z->nr_pages + PF_NR_ORDERS; i++)
		z->link[i] = (struct link){.next = i, .prev = i};
	for (start = env->zl->start_pfn; pf_zone_next_run(env, &start, &end); start = end)
		release_range(z, start - z->base, end - start, true);
	z->count.managed = z->count.free;
}

static pf_pfn buddy_alloc(void *zone, const struct pf_request *req, unsigned mark)
{
	struct buddy_zone *z = zone;
	uint32_t fitting = z->filled >> req->order;
	unsigned order;
	uint32_t i;

	(void)mark;
	z->world->spent(z->world, 1);
	if (!fitting)
		return PF_NO_PFN;
	order = req->order + (unsigned)__builtin_ctz(fitting);
	i = z->link[z->nr_pages + order].next;
	cut(z, i, order, i, req->order);
	return z->base + i;
}

static void buddy_free(void *zone, pf_pfn pfn, unsigned order)
{
	struct buddy_zone *z = zone;

	z->world->spent(z->world, 1);
	release(z, pfn - z->base, order, false);
}

static bool buddy_claim(void *zone, pf_pfn pfn, unsigned order, unsigned mobility)
{
	struct buddy_zone *z = zone;
	unsigned from;
	uint32_t i = holder(z, pfn - z->base, &from);

	(void)mobility;
	z->world->spent(z->world, 1);
	if (i == NOT_FOUND || from < order)
		return false;
	cut(z, i, from, pfn - z->base, order);
	return true;
}

static bool buddy_contig(void *zone, pf_pfn pfn, unsigned nr, unsigned mobility)
{
	struct buddy_zone *z = zone;
	uint32_t i = pfn - z->base, end = i + nr;
	unsigned from;

	(void)mobility;
	while (i < end) {
		uint32_t first = holder(z, i, &from);

		z->world->spent(z->world, 1);
		if (first == NOT_FOUND)
			return false;
		i = first + (1u << from);
	}
	for (i = pfn - z->base; i < end;) {
		uint32_t first = holder(z, i, &from);
		unsigned order = i ? (unsigned)__builtin_ctz(i) : from;

		/* An aligned block of free pages always lies in one free block. */
		if (order > from)
			order = from;
		while (1u << order > end - i)
			order--;
		cut(z, first, from, i, order);
		i += 1u << order;
	}
	return true;
}

static void buddy_free_contig(void *zone, pf_pfn pfn, unsigned nr)
{
	struct buddy_zone *z = zone;

	z->world->spent(z->world, 1);
	release_range(z, pfn - z->base, nr, false);
}

static void buddy_census(void *zone, pf_block_fn fn, void *arg)
{
	struct buddy_zone *z = zone;

	for (unsigned order = 0; order <= z->max_order; order++) {
		uint32_t head = z->nr_pages + order;

		for (uint32_t i = z->link[head].next; i != head; i = z->link[i].next) {
			struct pf_block block = {
				.pfn = z->base + i, .order = (uint8_t)order, .where = PF_FREE};

			fn(arg, &block);
		}
	}
}

static const struct pf_zone_counters *buddy_counters(void *zone)
{
	return &((struct buddy_zone *)zone)->count;
}

static const char *buddy_self_check(void *zone)
{
	struct buddy_zone *z = zone;
	uint32_t listed = 0, free = 0, tagged = 0;

	for (unsigned order = 0; order <= z->max_order; order++) {
		uint32_t head = z->nr_pages + order, nr = 0;

		for (uint32_t i = z->link[head].next; i != head; i = z->link[i].next, nr++) {
			if (nr > z->nr_pages || i >= z->nr_pages ||
			    z->link[z->link[i].next].prev != i)
				return "buddy: broken list";
			if (z->tag[i] != order + 1 || i & ((1u << order) - 1))
				return "buddy: block on the wrong list";
			if (order < z->max_order && z->tag[i ^ 1u << order] == order + 1)
				return "buddy: two free buddies not merged";
		}
		if (nr != z->count.nr_free[order] || !nr != !(z->filled >> order & 1))
			return "buddy: wrong number of blocks";
		listed += nr;
		free += nr << order;
	}
	for (uint32_t i = 0; i < z->nr_pages; i++)
		tagged += z->tag[i] != 0;
	if (tagged != listed)
		return "buddy: tagged block on no list";
	return free == z->count.free ? NULL : "buddy: free count is wrong";
}

static const struct pf_zone_impl buddy_zone = {
	.footprint = buddy_footprint,
	.init = buddy_init,
	.alloc = buddy_alloc,
	.free = buddy_free,
	.census = buddy_census,
	.counters = buddy_counters,
	.alloc_contig = buddy_contig,
	.free_contig = buddy_free_contig,
	.claim = buddy_claim,
	.self_check = buddy_self_check,
};

PF_ZONED_IMPL(pf_impl_buddy, buddy_zone, .name = "buddy",
	      .summary = "plain binary buddy, one list per order",
	      .features = PF_F_ZONES | PF_F_CANONICAL | PF_F_SNAPSHOT, .tier = PF_TIER_EXACT,
	      .group = "lists", PF_ZONED_CONTIG, PF_ZONED_CLAIM, PF_ZONED_SELF_CHECK);
