// SPDX-License-Identifier: GPL-2.0-only
/*
 * glue.c - the port as a struct pf_impl. Only translation belongs here: absolute
 * pfns to those relative to the base, requests to calls, lists to a census.
 */
#include "debug.h"
#include "internal.h"
#include "linux.h"

static void linux_init(void *state, const struct pf_layout *layout, struct pf_world *world)
{
	lx_boot(state, layout, world);
}

static pf_pfn linux_alloc(void *state, const struct pf_request *req)
{
	struct machine *m = state;
	u32 pfn = lx_alloc_pages(m, req);

	return pfn == LX_NONE ? PF_NO_PFN : absolute_pfn(m, pfn);
}

static void linux_free(void *state, pf_pfn pfn, unsigned order, unsigned cpu)
{
	struct machine *m = state;

	(void)cpu;
	lx_free_pages_ok(m, pfn - m->base_pfn, order, FPI_NONE);
}

/* No state is kept for an allocated block as a whole, so there is nothing to divide. */
static void linux_split(void *state, pf_pfn pfn, unsigned order)
{
	(void)state;
	(void)pfn;
	(void)order;
}

static bool linux_claim(void *state, pf_pfn pfn, unsigned order, unsigned mobility)
{
	struct machine *m = state;

	(void)mobility;
	if (order > m->max_order || pfn < m->base_pfn || pfn - m->base_pfn >= m->nr_pages ||
	    (pfn & ((1u << order) - 1)))
		return false;
	return lx_take_page_off_buddy(m, pfn - m->base_pfn, order);
}

static void linux_census(void *state, pf_block_fn fn, void *arg)
{
	struct machine *m = state;
	struct pf_block block = {.where = PF_FREE};

	for (unsigned int i = 0; i < m->nr_zones; i++) {
		const struct zone *zone = &m->zone[i];

		for (unsigned int order = 0; order <= m->max_order; order++) {
			if (!zone->count.nr_free[order])
				continue;
			block.order = (u8)order;
			for (unsigned int mt = 0; mt < MIGRATE_TYPES; mt++) {
				u32 head = free_list(zone, order, mt);

				block.type = (u8)mt;
				for (u32 at = m->lru[head].next; at != head; at = m->lru[at].next) {
					block.pfn = absolute_pfn(m, at);
					fn(arg, &block);
				}
			}
		}
	}
}

static const struct pf_zone_counters *linux_counters(void *state, unsigned zone)
{
	struct machine *m = state;

	return &m->zone[zone].count;
}

static const struct pf_stats *linux_stats(void *state)
{
	struct machine *m = state;

	return &m->stat;
}

static unsigned linux_block_type(void *state, pf_pfn pfn)
{
	struct machine *m = state;

	return get_pageblock_migratetype(m, pfn - m->base_pfn);
}

static const char *linux_self_check(void *state)
{
	return lx_self_check(state);
}

const struct pf_impl pf_impl_linux = {
	.name = "linux",
	.summary = "port of the Linux 6.1 page allocator: buddy core, migrate types, watermarks",
	.features = PF_F_MOBILITY | PF_F_ZONES | PF_F_WATERMARKS | PF_F_CANONICAL | PF_F_SNAPSHOT,
	.tier = PF_TIER_EXACT,
	.group = "lists",
	.footprint = lx_footprint,
	.init = linux_init,
	.alloc = linux_alloc,
	.free = linux_free,
	.census = linux_census,
	.counters = linux_counters,
	.stats = linux_stats,
	.split = linux_split,
	.claim = linux_claim,
	.block_type = linux_block_type,
	.self_check = linux_self_check,
};
