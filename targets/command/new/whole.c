// SPDX-License-Identifier: MIT
/*
 * mine.c - a page allocator with several zones, and what pagefuzz wants to know of it.
 * If yours knows one zone only, `pagefuzz new --zoned` makes less work.
 *
 * As it is: first fit over one byte a page. FILL IN marks what gives way to your own.
 * All state lies in the block of memory that each function gets (or in globals of this
 * library, which are saved and put back with it). Nothing is allocated with malloc().
 */
#include <pagefuzz/impl.h>

#include <string.h>

/* FILL IN: the allocator's state. */
struct mine {
	const struct pf_layout *layout;
	struct pf_world *world;
	struct pf_zone_counters count[PF_MAX_ZONES]; /* what the laws compare with theirs */
	uint8_t used[];				     /* from layout->base_pfn on; 0: free */
};

static bool in_zone(const struct pf_zone_layout *zl, pf_pfn pfn)
{
	return pfn >= zl->start_pfn && pfn - zl->start_pfn < zl->spanned;
}

/* Holes, what is reserved, and what comes later are nobody's. */
static bool in_range(const struct pf_layout *l, pf_pfn pfn)
{
	for (unsigned i = 0; i < l->nr_ranges; i++)
		if (pfn >= l->range[i].start_pfn &&
		    pfn - l->range[i].start_pfn < l->range[i].nr_pages)
			return true;
	return false;
}

/* FILL IN: bytes of state for a layout. 0: this one can't be run. */
static size_t mine_footprint(const void *self, const struct pf_layout *layout)
{
	(void)self;
	return sizeof(struct mine) + pf_layout_pages(layout);
}

/* FILL IN: all memory that is managed is free then. */
static void mine_init(const void *self, void *state, const struct pf_layout *layout,
		      struct pf_world *world)
{
	struct mine *m = (struct mine *)state;

	(void)self;
	m->layout = layout;
	m->world = world;
	memset(m->count, 0, sizeof(m->count));
	memset(m->used, 1, pf_layout_pages(layout));
	for (unsigned i = 0; i < layout->nr_zones; i++) {
		const struct pf_zone_layout *zl = &layout->zone[i];

		for (pf_pfn p = zl->start_pfn; in_zone(zl, p); p++) {
			if (in_range(layout, p))
				continue;
			m->used[p - layout->base_pfn] = 0;
			m->count[i].managed++;
		}
		m->count[i].free = m->count[i].managed;
	}
}

static bool is_free(const struct mine *m, pf_pfn pfn, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		if (m->used[pfn - m->layout->base_pfn + i])
			return false;
	return true;
}

static void mark(struct mine *m, unsigned zone, pf_pfn pfn, uint32_t nr, uint8_t used)
{
	memset(m->used + (pfn - m->layout->base_pfn), used, nr);
	if (used)
		m->count[zone].free -= nr;
	else
		m->count[zone].free += nr;
}

static pf_pfn alloc_from(struct mine *m, unsigned zone, uint32_t size)
{
	const struct pf_zone_layout *zl = &m->layout->zone[zone];
	uint64_t end = (uint64_t)zl->start_pfn + zl->spanned;

	for (uint64_t p = ((uint64_t)zl->start_pfn + size - 1) / size * size; p + size <= end;
	     p += size) {
		/* Work is counted, so that one that searches without end is found out. */
		m->world->spent(m->world, 1);
		if (is_free(m, (pf_pfn)p, size)) {
			mark(m, zone, (pf_pfn)p, size, 1);
			return (pf_pfn)p;
		}
	}
	return PF_NO_PFN;
}

/*
 * FILL IN: a block of 2^order pages whose first page frame number is a multiple of its
 * size, or PF_NO_PFN. Zones of the wanted node first, of no type above req->zone.
 */
static pf_pfn mine_alloc(void *state, const struct pf_request *req)
{
	struct mine *m = (struct mine *)state;
	bool any_node = !(req->gfp & PF_GFP_THISNODE);

	if (req->order > m->layout->max_order)
		return PF_NO_PFN;
	for (int other = 0; other <= (any_node ? 1 : 0); other++) {
		for (unsigned i = m->layout->nr_zones; i-- > 0;) {
			const struct pf_zone_layout *zl = &m->layout->zone[i];
			pf_pfn pfn;

			if (zl->type > req->zone || (zl->node != req->node) != other)
				continue;
			pfn = alloc_from(m, i, 1u << req->order);
			if (pfn != PF_NO_PFN)
				return pfn;
		}
	}
	return PF_NO_PFN;
}

/* FILL IN: give a block back; after a split, its pages one by one. */
static void mine_free(void *state, pf_pfn pfn, unsigned order, unsigned cpu)
{
	struct mine *m = (struct mine *)state;
	unsigned zone = 0;

	(void)cpu;
	while (!in_zone(&m->layout->zone[zone], pfn))
		zone++;
	mark(m, zone, pfn, 1u << order, 0);
}

/* FILL IN: call fn for each free block. Of your own lists, if there are such. */
static void mine_census(void *state, pf_block_fn fn, void *arg)
{
	struct mine *m = (struct mine *)state;

	for (uint32_t i = 0; i < pf_layout_pages(m->layout); i++) {
		struct pf_block block = {.pfn = m->layout->base_pfn + i, .where = PF_FREE};

		if (!m->used[i])
			fn(arg, &block);
	}
}

/* FILL IN, if it counts otherwise. */
static const struct pf_zone_counters *mine_counters(void *state, unsigned zone)
{
	return &((struct mine *)state)->count[zone];
}

/*
 * FILL IN: what layouts it takes; 0 is no limit. A largest order of n is written n + 1:
 * {.max_order = 1} has single pages only.
 */
static const struct pf_limits mine_limits = {
	.max_order = 0,
};

/*
 * FILL IN: what it keeps to. Each bit of features switches on laws, see impl.h; start with
 * these two, add PF_F_CANONICAL once it merges free blocks as a buddy allocator does.
 */
static const struct pf_impl pf_impl_mine = {
	.name = "mine",
	.summary = "first fit over bytes",
	.features = PF_F_ZONES | PF_F_SNAPSHOT,
	.tier = PF_TIER_SPEC,
	.limits = &mine_limits,
	.footprint = mine_footprint,
	.init = mine_init,
	.alloc = mine_alloc,
	.free = mine_free,
	.census = mine_census,
	.counters = mine_counters,
};

PF_PLUGIN(pf_impl_mine);
