// SPDX-License-Identifier: GPL-2.0-only
/*
 * granule.c - a run allocator over one bitmap of all zones, as small kernels and
 * boot loaders have it: a request is a number of pages, an alignment and a window, a
 * block is a run that happens to be a power of two. It has all of the contract that is
 * about runs, so that somebody exercises those laws.
 */
#include "granule.h"

#include <string.h>

#define WORD 64u
#define NONE UINT32_MAX
/* A page of tables for so many pages, at the beginning of each zone. */
#define PAGES_PER_TABLE 4096u

/* Pages are counted from layout->base_pfn. */
struct granule {
	const struct pf_layout *layout;
	struct pf_world *world;
	uint32_t nr_words;
	/* The pages that a zone's tables take: its first ones that are memory. */
	struct {
		pf_pfn pfn;
		uint32_t nr;
	} table[PF_MAX_ZONES];
	struct pf_zone_counters count[PF_MAX_ZONES];
	struct pf_stats stats;
	uint64_t free[]; /* a bit a page */
};

static uint32_t words_of(const struct pf_layout *l)
{
	return pf_layout_pages(l) / WORD + 1;
}

static size_t granule_footprint(const void *self, const struct pf_layout *layout)
{
	(void)self;
	return sizeof(struct granule) + words_of(layout) * sizeof(uint64_t);
}

/* --------------------------------------------------------------- bitmap -- */

/* First page at or after i that is free, or not (flip: all bits); `end` if none is before. */
static uint32_t next(const struct granule *g, uint32_t i, uint32_t end, uint64_t flip)
{
	uint32_t w = i / WORD;
	uint64_t bits;

	if (i >= end)
		return end;
	bits = (g->free[w] ^ flip) & UINT64_MAX << i % WORD;
	while (!bits) {
		if (++w * WORD >= end)
			return end;
		bits = g->free[w] ^ flip;
	}
	g->world->spent(g->world, w - i / WORD + 1);
	i = w * WORD + (uint32_t)__builtin_ctzll(bits);
	return i < end ? i : end;
}

static uint32_t next_free(const struct granule *g, uint32_t i, uint32_t end)
{
	return next(g, i, end, 0);
}

static uint32_t next_used(const struct granule *g, uint32_t i, uint32_t end)
{
	return next(g, i, end, UINT64_MAX);
}

static void set_free(struct granule *g, uint32_t i, uint32_t nr, bool free)
{
	while (nr) {
		uint32_t bit = i % WORD, bits = WORD - bit < nr ? WORD - bit : nr;
		uint64_t mask = UINT64_MAX >> (WORD - bits) << bit;

		if (free)
			g->free[i / WORD] |= mask;
		else
			g->free[i / WORD] &= ~mask;
		i += bits;
		nr -= bits;
	}
}

/* ---------------------------------------------------------------- zones -- */

static uint32_t index_of(const struct granule *g, pf_pfn pfn)
{
	return pfn - g->layout->base_pfn;
}

static uint32_t zone_end(const struct granule *g, unsigned zone)
{
	const struct pf_zone_layout *zl = &g->layout->zone[zone];

	return index_of(g, zl->start_pfn) + zl->spanned;
}

/* The zone that holds all of the run; nr_zones: none does. */
static unsigned zone_of(const struct granule *g, pf_pfn pfn, uint32_t nr)
{
	unsigned i;

	for (i = 0; i < g->layout->nr_zones; i++) {
		const struct pf_zone_layout *zl = &g->layout->zone[i];

		if (pfn >= zl->start_pfn && pfn - zl->start_pfn < zl->spanned)
			return nr <= zl->spanned - (pfn - zl->start_pfn) ? i : g->layout->nr_zones;
	}
	return i;
}

static void take(struct granule *g, unsigned zone, uint32_t i, uint32_t nr)
{
	set_free(g, i, nr, false);
	g->count[zone].free -= nr;
	g->stats.pgalloc += nr;
}

static void give(struct granule *g, pf_pfn pfn, uint32_t nr)
{
	g->world->spent(g->world, 1 + nr / WORD);
	set_free(g, index_of(g, pfn), nr, true);
	g->count[zone_of(g, pfn, nr)].free += nr;
	g->stats.pgfree += nr;
}

static bool is_memory(const struct pf_layout *l, pf_pfn pfn)
{
	for (unsigned i = 0; i < l->nr_ranges; i++)
		if (pfn >= l->range[i].start_pfn &&
		    pfn - l->range[i].start_pfn < l->range[i].nr_pages)
			return false;
	return true;
}

static void init_zone(struct granule *g, unsigned zone)
{
	const struct pf_zone_layout *zl = &g->layout->zone[zone];
	uint32_t tables = (zl->spanned + PAGES_PER_TABLE - 1) / PAGES_PER_TABLE;

	for (pf_pfn pfn = zl->start_pfn; pfn < zl->start_pfn + zl->spanned; pfn++) {
		if (!is_memory(g->layout, pfn))
			continue;
		g->count[zone].managed++;
		/* In one piece, however small that makes it. */
		if (!g->table[zone].nr)
			g->table[zone].pfn = pfn;
		if (g->table[zone].nr < tables && pfn == g->table[zone].pfn + g->table[zone].nr) {
			g->table[zone].nr++;
			continue;
		}
		set_free(g, index_of(g, pfn), 1, true);
		g->count[zone].free++;
	}
}

static void granule_init(const void *self, void *state, const struct pf_layout *layout,
			 struct pf_world *world)
{
	struct granule *g = state;

	memset(g, 0, granule_footprint(self, layout));
	g->layout = layout;
	g->world = world;
	g->nr_words = words_of(layout);
	for (unsigned i = 0; i < layout->nr_zones; i++)
		init_zone(g, i);
}

/* ----------------------------------------------------------------- runs -- */

static uint32_t align(const struct granule *g, uint64_t i, uint32_t to, bool up)
{
	uint64_t pfn = g->layout->base_pfn + i;

	pfn = (up ? pfn + to - 1 : pfn) & ~(uint64_t)(to - 1);
	return pfn < g->layout->base_pfn || pfn >= g->layout->end_pfn
		       ? NONE
		       : (uint32_t)(pfn - g->layout->base_pfn);
}

/* The lowest place in [from, to), or the highest. */
static uint32_t find(const struct granule *g, const struct pf_run_request *req, uint32_t from,
		     uint32_t to)
{
	uint32_t best = NONE, start, end, at;

	for (start = next_free(g, from, to); start < to; start = next_free(g, end, to)) {
		end = next_used(g, start, to);
		if (end - start < req->nr_pages)
			continue;
		at = align(g, req->top ? end - req->nr_pages : start, req->align, !req->top);
		if (at == NONE || at < start || at > end - req->nr_pages)
			continue;
		best = at;
		if (!req->top)
			break;
	}
	return best;
}

static pf_pfn run_from_zone(struct granule *g, unsigned zone, const struct pf_run_request *req)
{
	const struct pf_layout *l = g->layout;
	uint32_t from = index_of(g, l->zone[zone].start_pfn), to = zone_end(g, zone), i;

	if (req->from > l->base_pfn && index_of(g, req->from) > from)
		from = index_of(g, req->from);
	if (req->to < l->end_pfn && (req->to <= l->base_pfn || index_of(g, req->to) < to))
		to = req->to <= l->base_pfn ? 0 : index_of(g, req->to);
	if (from >= to || req->nr_pages > g->count[zone].free)
		return PF_NO_PFN;
	i = find(g, req, from, to);
	if (i == NONE)
		return PF_NO_PFN;
	take(g, zone, i, req->nr_pages);
	return l->base_pfn + i;
}

/* The preferred node's zones first, the highest type first. */
static pf_pfn granule_alloc_run(void *state, const struct pf_run_request *req)
{
	struct granule *g = state;
	int distances = req->gfp & PF_GFP_THISNODE ? 1 : 2;

	for (int other = 0; other < distances; other++) {
		for (unsigned i = g->layout->nr_zones; i-- > 0;) {
			const struct pf_zone_layout *zl = &g->layout->zone[i];
			pf_pfn pfn;

			if (zl->type > req->zone || (zl->node != req->node) != other)
				continue;
			pfn = run_from_zone(g, i, req);
			if (pfn != PF_NO_PFN)
				return pfn;
		}
	}
	return PF_NO_PFN;
}

static void granule_free_run(void *state, pf_pfn pfn, uint32_t nr, unsigned cpu)
{
	(void)cpu;
	give(state, pfn, nr);
}

static bool granule_take_run(void *state, pf_pfn pfn, uint32_t nr)
{
	struct granule *g = state;
	unsigned zone = zone_of(g, pfn, nr);
	uint32_t i = index_of(g, pfn);

	if (zone == g->layout->nr_zones || !nr)
		return false;
	if (next_used(g, i, i + nr) < i + nr)
		return false;
	take(g, zone, i, nr);
	return true;
}

static bool granule_resize_run(void *state, pf_pfn pfn, uint32_t old, uint32_t nr)
{
	struct granule *g = state;

	if (nr < old)
		give(g, pfn + nr, old - nr);
	if (nr <= old)
		return true;
	return zone_of(g, pfn, nr) < g->layout->nr_zones &&
	       granule_take_run(g, pfn + old, nr - old);
}

static uint32_t granule_largest_free(void *state, unsigned zone)
{
	struct granule *g = state;
	uint32_t to = zone_end(g, zone), best = 0, start, end;

	for (start = next_free(g, index_of(g, g->layout->zone[zone].start_pfn), to); start < to;
	     start = next_free(g, end, to)) {
		end = next_used(g, start, to);
		if (end - start > best)
			best = end - start;
	}
	return best;
}

/* --------------------------------------------------------------- blocks -- */

/* nr pages of a block of an order: what is behind them is left alone. */
static pf_pfn alloc_pages(struct granule *g, const struct pf_request *req, uint32_t nr)
{
	struct pf_run_request run = {
		.nr_pages = nr,
		.align = 1u << req->order,
		.to = g->layout->end_pfn,
		.mobility = req->mobility,
		.node = req->node,
		.zone = req->zone,
		.gfp = req->gfp,
	};

	return req->order > g->layout->max_order ? PF_NO_PFN : granule_alloc_run(g, &run);
}

static pf_pfn granule_alloc(void *state, const struct pf_request *req)
{
	return alloc_pages(state, req, req->order > PF_MAX_ORDER ? 1 : 1u << req->order);
}

static pf_pfn granule_alloc_exact(void *state, const struct pf_request *req, unsigned nr)
{
	return alloc_pages(state, req, nr);
}

static unsigned granule_alloc_bulk(void *state, const struct pf_request *req, unsigned nr,
				   pf_pfn *pfns)
{
	unsigned n = 0;

	while (n < nr && (pfns[n] = granule_alloc(state, req)) != PF_NO_PFN)
		n++;
	return n;
}

static void granule_free(void *state, pf_pfn pfn, unsigned order, unsigned cpu)
{
	(void)cpu;
	give(state, pfn, 1u << order);
}

static bool granule_contig(void *state, pf_pfn pfn, unsigned nr, unsigned mobility)
{
	(void)mobility;
	return granule_take_run(state, pfn, nr);
}

static void granule_free_contig(void *state, pf_pfn pfn, unsigned nr)
{
	give(state, pfn, nr);
}

static bool granule_claim(void *state, pf_pfn pfn, unsigned order, unsigned mobility)
{
	(void)mobility;
	return granule_take_run(state, pfn, 1u << order);
}

/* ------------------------------------------------------ memory and tables -- */

static bool granule_add_memory(void *state, pf_pfn pfn, uint32_t nr)
{
	struct granule *g = state;
	unsigned zone = zone_of(g, pfn, nr);

	if (zone == g->layout->nr_zones)
		return false;
	set_free(g, index_of(g, pfn), nr, true);
	g->count[zone].managed += nr;
	g->count[zone].free += nr;
	return true;
}

static void granule_own_pages(void *state, pf_pages_fn fn, void *arg)
{
	struct granule *g = state;

	for (unsigned i = 0; i < g->layout->nr_zones; i++)
		if (g->table[i].nr)
			fn(arg, g->table[i].pfn, g->table[i].nr);
}

/* ------------------------------------------------------------ what it says -- */

static void granule_census(void *state, pf_block_fn fn, void *arg)
{
	struct granule *g = state;

	for (uint32_t w = 0; w < g->nr_words; w++) {
		for (uint64_t bits = g->free[w]; bits; bits &= bits - 1) {
			struct pf_block block = {
				.pfn = g->layout->base_pfn + w * WORD +
				       (uint32_t)__builtin_ctzll(bits),
				.where = PF_FREE,
			};

			fn(arg, &block);
		}
	}
}

static const struct pf_zone_counters *granule_counters(void *state, unsigned zone)
{
	return &((struct granule *)state)->count[zone];
}

static const struct pf_stats *granule_stats(void *state)
{
	return &((struct granule *)state)->stats;
}

static const char *granule_self_check(void *state)
{
	struct granule *g = state;
	uint32_t bits = 0, count = 0;

	for (uint32_t w = 0; w < g->nr_words; w++)
		bits += (uint32_t)__builtin_popcountll(g->free[w]);
	for (unsigned i = 0; i < g->layout->nr_zones; i++)
		count += g->count[i].free;
	return bits == count ? NULL : "granule: the free count is not that of the bitmap";
}

/* Below that a table page would be much of it. */
static const struct pf_limits granule_limits = {.min_pages = 16};

const struct pf_impl pf_impl_granule = {
	.name = "granule",
	.summary = "runs from a bitmap, its tables in its own memory",
	.features = PF_F_ZONES | PF_F_SNAPSHOT,
	.tier = PF_TIER_SPEC,
	.limits = &granule_limits,
	.footprint = granule_footprint,
	.init = granule_init,
	.alloc = granule_alloc,
	.free = granule_free,
	.census = granule_census,
	.counters = granule_counters,
	.stats = granule_stats,
	.alloc_bulk = granule_alloc_bulk,
	.alloc_exact = granule_alloc_exact,
	.alloc_run = granule_alloc_run,
	.free_run = granule_free_run,
	.take_run = granule_take_run,
	.resize_run = granule_resize_run,
	.alloc_contig = granule_contig,
	.free_contig = granule_free_contig,
	.add_memory = granule_add_memory,
	.claim = granule_claim,
	.own_pages = granule_own_pages,
	.largest_free = granule_largest_free,
	.self_check = granule_self_check,
};
