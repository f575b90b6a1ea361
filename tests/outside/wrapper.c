// SPDX-License-Identifier: MIT
/*
 * wrapper.c - the pool as pagefuzz sees it. The pool has one instance, so one zone; its
 * globals are put back by the loader, so nothing of it is kept in the state block.
 */
#include <pagefuzz/impl.h>

#include "pool.h"

struct state {
	const struct pf_layout *layout;
	struct pf_world *world;
	struct pf_zone_counters count;
};

static const struct pf_limits pool_limits = {
	.max_zones = 1,
	.max_nodes = 1,
	.max_pages = POOL_MAX,
};

static size_t pool_footprint(const void *self, const struct pf_layout *layout)
{
	(void)self;
	(void)layout;
	return sizeof(struct state);
}

static bool is_memory(const struct pf_layout *l, pf_pfn pfn)
{
	for (unsigned i = 0; i < l->nr_ranges; i++)
		if (pfn >= l->range[i].start_pfn &&
		    pfn - l->range[i].start_pfn < l->range[i].nr_pages)
			return false;
	return true;
}

static void pool_start(const void *self, void *state, const struct pf_layout *layout,
		       struct pf_world *world)
{
	const struct pf_zone_layout *zl = &layout->zone[0];
	struct state *s = state;

	(void)self;
	*s = (struct state){.layout = layout, .world = world};
	pool_init(zl->start_pfn, zl->spanned);
	for (pf_pfn p = zl->start_pfn; p < zl->start_pfn + zl->spanned; p++)
		if (is_memory(layout, p))
			pool_free(p, 1);
	s->count.managed = pool_nr_free();
}

static pf_pfn pool_take(void *state, const struct pf_request *req)
{
	struct state *s = state;
	unsigned long page = POOL_NONE;

	s->world->spent(s->world, 1);
	if (req->order <= s->layout->max_order && s->layout->zone[0].type <= req->zone)
		page = pool_alloc(req->order);
	return page == POOL_NONE ? PF_NO_PFN : (pf_pfn)page;
}

static void pool_give(void *state, pf_pfn pfn, unsigned order, unsigned cpu)
{
	(void)state;
	(void)cpu;
	pool_free(pfn, 1ul << order);
}

static void pool_census(void *state, pf_block_fn fn, void *arg)
{
	const struct pf_zone_layout *zl = &((struct state *)state)->layout->zone[0];

	for (uint32_t i = 0; i < zl->spanned; i++) {
		struct pf_block block = {.pfn = zl->start_pfn + i};

		if (pool_is_free(block.pfn))
			fn(arg, &block);
	}
}

static const struct pf_zone_counters *pool_counters(void *state, unsigned zone)
{
	struct state *s = state;

	(void)zone;
	s->count.free = pool_nr_free();
	return &s->count;
}

static const struct pf_impl pf_impl_pool = {
	.name = "pool",
	.summary = "next fit over a bitmap",
	.features = PF_F_ZONES | PF_F_SNAPSHOT,
	.tier = PF_TIER_SPEC,
	.limits = &pool_limits,
	.footprint = pool_footprint,
	.init = pool_start,
	.alloc = pool_take,
	.free = pool_give,
	.census = pool_census,
	.counters = pool_counters,
};

PF_PLUGIN(pf_impl_pool);
