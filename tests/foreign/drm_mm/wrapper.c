// SPDX-License-Identifier: GPL-2.0-only
/*
 * wrapper.c - the kernel's manager of ranges, drivers/gpu/drm/drm_mm.c, as an implementation: an
 * address is a page frame number, a zone has a manager of its own. Requests of any size, alignment and
 * window are what it is for, so they are handed on as they come.
 */
#include <linux/kmemleak.h>
#include <drm/drm_mm.h>

#include <pagefuzz/zoned.h>

#include <stdlib.h>
#include <string.h>

struct zone {
	const struct pf_zone_env *env;
	struct pf_zone_counters count;
	struct drm_mm mm;
	/* Nodes that are in no tree, through their lists. */
	struct list_head unused;
	struct drm_mm_node node[];
};

/* ------------------------------------------------------- what it wants -- */

/* It has no globals, and so we have none: which run this is can't be known here. */
void shim_failed(const char *text)
{
	(void)text;
	abort();
}

void *shim_zalloc(size_t size)
{
	(void)size;
	return NULL;
}

/* ---------------------------------------------------------------- nodes -- */

static size_t mm_footprint(const struct pf_layout *layout, const struct pf_zone_layout *zl)
{
	/* A node a page, those that are no memory too, and two while one is cut. */
	(void)layout;
	return sizeof(struct zone) + (zl->spanned + 2) * sizeof(struct drm_mm_node);
}

static struct drm_mm_node *new_node(struct zone *z)
{
	struct drm_mm_node *node = list_first_entry(&z->unused, struct drm_mm_node, node_list);

	list_del(&node->node_list);
	/* What drm_mm wants of its caller. */
	memset(node, 0, sizeof(*node));
	return node;
}

static void put_node(struct zone *z, struct drm_mm_node *node)
{
	list_add(&node->node_list, &z->unused);
}

static bool reserve(struct zone *z, uint64_t from, uint64_t to)
{
	struct drm_mm_node *node;

	if (from == to)
		return true;
	z->env->world->spent(z->env->world, 1);
	node = new_node(z);
	node->start = from;
	node->size = to - from;
	if (!drm_mm_reserve_node(&z->mm, node))
		return true;
	put_node(z, node);
	return false;
}

static pf_pfn insert(struct zone *z, uint32_t nr, uint32_t align, uint64_t from, uint64_t to,
		     enum drm_mm_insert_mode mode)
{
	struct drm_mm_node *node = new_node(z);

	z->env->world->spent(z->env->world, 1);
	if (!drm_mm_insert_node_in_range(&z->mm, node, nr, align, 0, from, to, mode))
		return (pf_pfn)node->start;
	put_node(z, node);
	return PF_NO_PFN;
}

static void mm_init(void *zone, const struct pf_zone_env *env)
{
	pf_pfn start, end, behind = env->zl->start_pfn;
	struct zone *z = zone;

	memset(z, 0, mm_footprint(env->layout, env->zl));
	z->env = env;
	INIT_LIST_HEAD(&z->unused);
	for (uint32_t i = 0; i < env->zl->spanned + 2; i++)
		put_node(z, &z->node[i]);
	drm_mm_init(&z->mm, env->zl->start_pfn, env->zl->spanned);
	for (start = env->zl->start_pfn; pf_zone_next_run(env, &start, &end);
	     start = behind = end) {
		reserve(z, behind, start);
		z->count.managed += end - start;
	}
	reserve(z, behind, env->zl->start_pfn + env->zl->spanned);
}

/* ------------------------------------------------------------- requests -- */

/* All four ways to search. */
static enum drm_mm_insert_mode mode_of(const struct pf_request *req)
{
	switch (req->mobility) {
	case PF_MOVABLE:
		return DRM_MM_INSERT_HIGH;
	case PF_RECLAIMABLE:
		return req->gfp & PF_GFP_DIRECT_RECLAIM ? DRM_MM_INSERT_EVICT : DRM_MM_INSERT_LOW;
	default:
		return DRM_MM_INSERT_BEST;
	}
}

static pf_pfn mm_alloc(void *zone, const struct pf_request *req, unsigned wmark)
{
	uint32_t nr = 1u << req->order;

	(void)wmark;
	return insert(zone, nr, nr, 0, U64_MAX, mode_of(req));
}

/* A node that is freed in part goes, and what stays of it is reserved anew. */
static void mm_free_run(void *zone, pf_pfn pfn, uint32_t nr)
{
	uint64_t end = (uint64_t)pfn + nr, at = pfn;
	struct zone *z = zone;

	while (at < end) {
		struct drm_mm_node *node;

		/* The first that overlaps; it ends at once. */
		drm_mm_for_each_node_in_range(node, &z->mm, at, at + 1) break;
		uint64_t first = node->start, behind = first + node->size;

		z->env->world->spent(z->env->world, 1);
		if (node == &z->mm.head_node || first > at)
			shim_failed("what was handed out is not there");
		drm_mm_remove_node(node);
		put_node(z, node);
		if (!reserve(z, first, at) || (behind > end && !reserve(z, end, behind)))
			shim_failed("what is left of a node is not free");
		at = behind;
	}
}

static void mm_free(void *zone, pf_pfn pfn, unsigned order)
{
	mm_free_run(zone, pfn, 1u << order);
}

static pf_pfn mm_alloc_run(void *zone, const struct pf_run_request *req)
{
	return insert(zone, req->nr_pages, req->align, req->from, req->to,
		      req->top ? DRM_MM_INSERT_HIGH : DRM_MM_INSERT_LOW);
}

static bool mm_take_run(void *zone, pf_pfn pfn, uint32_t nr)
{
	return reserve(zone, pfn, (uint64_t)pfn + nr);
}

static bool mm_claim(void *zone, pf_pfn pfn, unsigned order, unsigned mobility)
{
	(void)mobility;
	return reserve(zone, pfn, (uint64_t)pfn + (1u << order));
}

/* ---------------------------------------------------------- what it says -- */

/* A hole is the largest blocks that it has. */
static unsigned block_order(const struct zone *z, uint64_t start, uint64_t end)
{
	unsigned order = 0;

	while (order < z->env->layout->max_order && !(start >> order & 1) &&
	       start + (2u << order) <= end)
		order++;
	return order;
}

static void mm_census(void *zone, pf_block_fn fn, void *arg)
{
	struct zone *z = zone;
	struct drm_mm_node *node;
	uint64_t start, end;

	drm_mm_for_each_hole(node, &z->mm, start, end)
	{
		for (; start < end; start += 1u << block_order(z, start, end)) {
			struct pf_block block = {.pfn = (pf_pfn)start,
						 .order = (uint8_t)block_order(z, start, end)};

			fn(arg, &block);
		}
	}
}

static const struct pf_zone_counters *mm_counters(void *zone)
{
	struct zone *z = zone;
	struct drm_mm_node *node;
	uint64_t start, end;

	z->count.free = 0;
	memset(z->count.nr_free, 0, sizeof(z->count.nr_free));
	drm_mm_for_each_hole(node, &z->mm, start, end)
	{
		z->count.free += (uint32_t)(end - start);
		for (; start < end; start += 1u << block_order(z, start, end))
			z->count.nr_free[block_order(z, start, end)]++;
	}
	return &z->count;
}

/* By its own order of sizes. */
static uint32_t mm_largest_free(void *zone)
{
	struct zone *z = zone;
	struct rb_node *first = rb_first_cached(&z->mm.holes_size);

	return first ? (uint32_t)rb_entry(first, struct drm_mm_node, rb_hole_size)->hole_size : 0;
}

/* The list, the two trees of holes and the nodes tell of the same. */
static const char *mm_self_check(void *zone)
{
	struct zone *z = zone;
	struct drm_mm_node *node;
	struct rb_node *rb;
	uint64_t at = z->env->zl->start_pfn;
	uint32_t listed = 0, by_size = 0, by_addr = 0;

	list_for_each_entry(node, &z->mm.hole_stack, hole_stack)
		listed++;
	for (rb = rb_first_cached(&z->mm.holes_size); rb; rb = rb_next(rb))
		by_size++;
	for (rb = rb_first(&z->mm.holes_addr); rb; rb = rb_next(rb)) {
		node = rb_entry(rb, struct drm_mm_node, rb_hole_addr);
		if (by_addr++ && __drm_mm_hole_node_start(node) <= at)
			return "drm_mm: holes are not in the order of their addresses";
		at = __drm_mm_hole_node_start(node);
		if (node->subtree_max_hole < node->hole_size)
			return "drm_mm: a hole is larger than its subtree's largest";
	}
	return listed == by_size && listed == by_addr ? NULL
						      : "drm_mm: its trees have not the same holes";
}

static const struct pf_zone_impl mm_zone = {
	.footprint = mm_footprint,
	.init = mm_init,
	.alloc = mm_alloc,
	.free = mm_free,
	.census = mm_census,
	.counters = mm_counters,
	.alloc_run = mm_alloc_run,
	.free_run = mm_free_run,
	.take_run = mm_take_run,
	.largest_free = mm_largest_free,
	.claim = mm_claim,
	.self_check = mm_self_check,
};

PF_ZONED_IMPL(pf_impl_drm_mm, mm_zone, .name = "drm_mm",
	      .summary = "the manager of ranges in Linux",
	      .features = PF_F_ZONES | PF_F_SNAPSHOT | PF_F_CANONICAL, .tier = PF_TIER_CENSUS,
	      PF_ZONED_RUNS, PF_ZONED_LARGEST, PF_ZONED_CLAIM, PF_ZONED_SELF_CHECK);

PF_PLUGIN(pf_impl_drm_mm);
