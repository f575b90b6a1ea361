// SPDX-License-Identifier: MIT
/*
 * zoned.c - the adaptor behind PF_ZONED_IMPL: zonelists, the passes of an
 * allocation over them, and the way from a pfn to its zone. What happens
 * inside a zone belongs to the implementation.
 */
#include "zoned.h"

#include <string.h>

#define ZONE_ALIGN 64

struct zonelist {
	uint8_t nr;	  /* zones in all */
	uint8_t nr_local; /* of them on the preferred node; they come first */
	uint8_t zone[PF_MAX_ZONES];
};

struct backoff {
	uint8_t shift, considered;
};

struct zoned {
	const struct pf_zone_impl *ops;
	const struct pf_layout *layout;
	struct pf_world *world;
	void *zone[PF_MAX_ZONES];
	pf_pfn end[PF_MAX_ZONES];
	uint8_t nr_zones;
	bool watermarks;
	struct zonelist list[PF_MAX_NODES][PF_NR_ZONE_TYPES];
	struct backoff compaction, reclaim; /* direct ones */
	struct pf_stats stats;
	struct pf_zone_env env[PF_MAX_ZONES];
	/*
	 * With whole_blocks, by page: order + 1 of the block that begins here and is out, or
	 * PARKED; how many pages of that block are parked.
	 */
	uint8_t *out;
	uint32_t *nr_parked;
	struct pf_zone_counters count[PF_MAX_ZONES];
	uint32_t parked[PF_MAX_ZONES];
};

#define PARKED 0x80u

static size_t align_up(size_t size)
{
	return (size + ZONE_ALIGN - 1) & ~(size_t)(ZONE_ALIGN - 1);
}

size_t pf_zoned_footprint(const void *self, const struct pf_layout *layout)
{
	const struct pf_zone_impl *ops = self;
	size_t total = align_up(sizeof(struct zoned)), pages = pf_layout_pages(layout);

	if (ops->whole_blocks)
		total += align_up(pages) + align_up(pages * sizeof(uint32_t));
	for (unsigned i = 0; i < layout->nr_zones; i++) {
		size_t size = ops->footprint(layout, &layout->zone[i]);

		if (!size)
			return 0;
		total += align_up(size) + PF_GUARD_BYTES;
	}
	return total;
}

static void add_node(struct zonelist *list, const struct pf_layout *layout, unsigned node, int type)
{
	for (; type >= 0; type--) {
		for (unsigned i = 0; i < layout->nr_zones; i++) {
			if (layout->zone[i].node == node && layout->zone[i].type == type)
				list->zone[list->nr++] = (uint8_t)i;
		}
	}
}

static void build_zonelist(struct zonelist *list, const struct pf_layout *layout, unsigned node,
			   int type)
{
	list->nr = 0;
	add_node(list, layout, node, type);
	list->nr_local = list->nr;
	for (unsigned distance = 1; distance < layout->nr_nodes; distance++) {
		if (distance <= node)
			add_node(list, layout, node - distance, type);
		if (node + distance < layout->nr_nodes)
			add_node(list, layout, node + distance, type);
	}
}

void pf_zoned_init(const void *self, void *state, const struct pf_layout *layout,
		   struct pf_world *world)
{
	const struct pf_zone_impl *ops = self;
	struct zoned *z = state;
	char *at = (char *)state + align_up(sizeof(*z));

	z->ops = ops;
	z->layout = layout;
	z->world = world;
	z->nr_zones = layout->nr_zones;
	z->watermarks = ops->watermarks;
	z->out = NULL;
	if (ops->whole_blocks) {
		size_t pages = pf_layout_pages(layout);

		z->out = (uint8_t *)at;
		z->nr_parked = (uint32_t *)(at + align_up(pages));
		at += align_up(pages) + align_up(pages * sizeof(uint32_t));
		memset(z->out, 0, pages);
		memset(z->nr_parked, 0, pages * sizeof(uint32_t));
		memset(z->parked, 0, sizeof(z->parked));
	}
	memset(&z->stats, 0, sizeof(z->stats));
	z->compaction = z->reclaim = (struct backoff){0};
	for (unsigned node = 0; node < layout->nr_nodes; node++) {
		for (int type = 0; type < PF_NR_ZONE_TYPES; type++)
			build_zonelist(&z->list[node][type], layout, node, type);
	}
	for (unsigned i = 0; i < layout->nr_zones; i++) {
		const struct pf_zone_layout *zl = &layout->zone[i];

		z->env[i] = (struct pf_zone_env){
			.layout = layout, .zl = zl, .world = world, .stats = &z->stats, .index = i};
		z->end[i] = zl->start_pfn + zl->spanned;
		pf_guard(world, at, PF_GUARD_BYTES);
		z->zone[i] = at + PF_GUARD_BYTES;
		at += align_up(ops->footprint(layout, zl)) + PF_GUARD_BYTES;
		ops->init(z->zone[i], &z->env[i]);
	}
}

/* The zone that holds pfn, which some zone must do. */
static inline void *zone_of(const struct zoned *z, pf_pfn pfn)
{
	unsigned i = 0;

	while (i + 1 < z->nr_zones && pfn >= z->end[i])
		i++;
	return z->zone[i];
}

/* The zone that holds all of [pfn, pfn + nr), NULL if none does. */
static void *zone_of_range(const struct zoned *z, pf_pfn pfn, uint32_t nr)
{
	for (unsigned i = 0; i < z->nr_zones; i++) {
		const struct pf_zone_layout *zl = z->env[i].zl;

		if (pfn >= zl->start_pfn && pfn < z->end[i])
			return nr && nr <= z->end[i] - pfn ? z->zone[i] : NULL;
	}
	return NULL;
}

static void *zone_of_block(const struct zoned *z, pf_pfn block)
{
	uint32_t nr = 1u << z->layout->pageblock_order;

	return block % nr ? NULL : zone_of_range(z, block, nr);
}

/* -------------------------------------------------- whole blocks and parts -- */

static inline void note_out(struct zoned *z, pf_pfn pfn, unsigned order)
{
	if (z->out)
		z->out[pfn - z->layout->base_pfn] = (uint8_t)(order + 1);
}

static void park(struct zoned *z, unsigned zone, uint32_t idx, unsigned order)
{
	uint32_t nr = 1u << order;

	for (uint32_t i = idx; i < idx + nr; i++)
		z->out[i] |= PARKED;
	z->parked[zone] += nr;
}

static void unpark(struct zoned *z, unsigned zone, uint32_t idx, unsigned order)
{
	uint32_t nr = 1u << order;

	memset(z->out + idx, 0, nr);
	z->nr_parked[idx] = 0;
	z->parked[zone] -= nr;
}

/* A block or a part of one has come back. */
static void free_part(struct zoned *z, pf_pfn pfn, unsigned order)
{
	uint32_t idx = pfn - z->layout->base_pfn, first = idx;
	unsigned zone = 0, o = order;

	while (zone + 1 < z->nr_zones && pfn >= z->end[zone])
		zone++;
	/* Blocks are aligned, and what is out does not overlap. */
	while ((z->out[first] & ~PARKED) != o + 1 && o < z->layout->max_order) {
		o++;
		first = (pfn >> o << o) - z->layout->base_pfn;
	}
	/* What nobody has given out is the implementation's to complain about. */
	if (o == order || (z->out[first] & ~PARKED) != o + 1) {
		z->out[idx] = 0;
		z->ops->free(z->zone[zone], pfn, order);
		return;
	}
	park(z, zone, idx, order);
	z->nr_parked[first] += 1u << order;
	if (z->nr_parked[first] < 1u << o)
		return;
	unpark(z, zone, first, o);
	z->ops->free(z->zone[zone], z->layout->base_pfn + first, o);
}

static void census_parked(const struct zoned *z, pf_block_fn fn, void *arg)
{
	for (uint32_t i = 0; i < pf_layout_pages(z->layout); i++) {
		struct pf_block block = {.pfn = z->layout->base_pfn + i, .where = PF_CACHED};

		if (z->out[i] & PARKED)
			fn(arg, &block);
	}
}

/* ----------------------------------------------------------- allocation -- */

static inline pf_pfn try_zones(const struct zoned *z, const struct zonelist *list, unsigned nr,
			       const struct pf_request *req, unsigned mark)
{
	for (unsigned i = 0; i < nr; i++) {
		pf_pfn pfn = z->ops->alloc(z->zone[list->zone[i]], req, mark);

		if (pfn != PF_NO_PFN)
			return pfn;
	}
	return PF_NO_PFN;
}

static void wake_kswapd(const struct zoned *z, unsigned zone, unsigned order)
{
	struct pf_event ev = {.type = PF_EV_WAKEUP_KSWAPD, .nr_fields = 3};

	ev.field[0] = z->layout->zone[zone].node;
	ev.field[1] = zone;
	ev.field[2] = order;
	z->world->event(z->world, &ev);
}

/*
 * Work for a request that failed often will fail again: after each failure twice
 * as many requests do without it, up to 64, as Linux defers compaction.
 */
#define BACKOFF_MAX_SHIFT 6

static bool deferred(struct backoff *b)
{
	if (++b->considered < 1u << b->shift)
		return true;
	b->considered = 0;
	return false;
}

static void note_result(struct backoff *b, bool success)
{
	b->considered = 0;
	if (success)
		b->shift = 0;
	else if (b->shift < BACKOFF_MAX_SHIFT)
		b->shift++;
}

static pf_pfn direct_compact(struct zoned *z, const struct zonelist *list, unsigned nr,
			     const struct pf_request *req, unsigned mark)
{
	struct pf_compact_request creq = {
		.order = (int8_t)req->order,
		.mobility = req->mobility,
		.mode = req->gfp & PF_GFP_NORETRY ? PF_MODE_ASYNC : PF_MODE_SYNC_LIGHT,
	};
	pf_pfn pfn = PF_NO_PFN;
	bool stalled = false;

	for (unsigned i = 0; i < nr && pfn == PF_NO_PFN; i++) {
		void *zone = z->zone[list->zone[i]];
		enum pf_compact_result result;

		creq.node = z->layout->zone[list->zone[i]].node;
		result = z->ops->compact(zone, &creq);
		stalled |= result != PF_COMPACT_SKIPPED;
		if (result == PF_COMPACT_SUCCESS)
			pfn = z->ops->alloc(zone, req, mark);
	}
	if (stalled) {
		z->stats.compact_stall++;
		if (pfn != PF_NO_PFN)
			z->stats.compact_success++;
		else
			z->stats.compact_fail++;
	}
	return pfn;
}

static pf_pfn direct_reclaim(struct zoned *z, const struct zonelist *list, unsigned nr,
			     const struct pf_request *req, unsigned mark)
{
	unsigned want = 2u << req->order;
	unsigned freed = 0;

	if (want < 32)
		want = 32;
	for (unsigned i = 0; i < nr; i++)
		freed += z->ops->reclaim(z->zone[list->zone[i]], want, PF_MODE_SYNC_LIGHT);
	return freed ? try_zones(z, list, nr, req, mark) : PF_NO_PFN;
}

static pf_pfn alloc_slow(struct zoned *z, const struct zonelist *list, unsigned nr,
			 const struct pf_request *req)
{
	bool compacts = z->ops->compact && req->order > 0;
	unsigned mark = PF_WMARK_MIN;
	pf_pfn pfn = PF_NO_PFN;

	if (!nr)
		return PF_NO_PFN;
	if (z->watermarks) {
		if (req->gfp & PF_GFP_KSWAPD_RECLAIM)
			wake_kswapd(z, list->zone[0], req->order);
		pfn = try_zones(z, list, nr, req, mark);
		if (pfn == PF_NO_PFN && req->gfp & PF_GFP_MEMALLOC &&
		    !(req->gfp & PF_GFP_NOMEMALLOC)) {
			mark = PF_WMARK_NONE;
			pfn = try_zones(z, list, nr, req, mark);
		}
	}
	if (!(req->gfp & PF_GFP_DIRECT_RECLAIM))
		return pfn;
	if (pfn == PF_NO_PFN && compacts && !deferred(&z->compaction)) {
		pfn = direct_compact(z, list, nr, req, mark);
		note_result(&z->compaction, pfn != PF_NO_PFN);
	}
	if (pfn == PF_NO_PFN && z->ops->reclaim && !deferred(&z->reclaim)) {
		pfn = direct_reclaim(z, list, nr, req, mark);
		if (pfn == PF_NO_PFN && compacts)
			pfn = direct_compact(z, list, nr, req, mark);
		note_result(&z->reclaim, pfn != PF_NO_PFN);
	}
	return pfn;
}

pf_pfn pf_zoned_alloc(void *state, const struct pf_request *req)
{
	struct zoned *z = state;
	const struct zonelist *list = &z->list[req->node][req->zone];
	unsigned nr = req->gfp & PF_GFP_THISNODE ? list->nr_local : list->nr;
	pf_pfn pfn;

	if (req->order > z->layout->max_order)
		return PF_NO_PFN;
	pfn = try_zones(z, list, nr, req, PF_WMARK_LOW);
	if (pfn == PF_NO_PFN)
		pfn = alloc_slow(z, list, nr, req);
	if (pfn != PF_NO_PFN) {
		z->stats.pgalloc += 1u << req->order;
		note_out(z, pfn, req->order);
	}
	return pfn;
}

void pf_zoned_free(void *state, pf_pfn pfn, unsigned order, unsigned cpu)
{
	struct zoned *z = state;

	(void)cpu;
	z->stats.pgfree += 1u << order;
	if (z->out)
		free_part(z, pfn, order);
	else
		z->ops->free(zone_of(z, pfn), pfn, order);
}

/* --------------------------------------------------- one zone after all -- */

void pf_zoned_census(void *state, pf_block_fn fn, void *arg)
{
	struct zoned *z = state;

	for (unsigned i = 0; i < z->nr_zones; i++)
		z->ops->census(z->zone[i], fn, arg);
	if (z->out)
		census_parked(z, fn, arg);
}

const struct pf_zone_counters *pf_zoned_counters(void *state, unsigned zone)
{
	struct zoned *z = state;

	if (!z->out)
		return z->ops->counters(z->zone[zone]);
	z->count[zone] = *z->ops->counters(z->zone[zone]);
	z->count[zone].cached += z->parked[zone];
	return &z->count[zone];
}

const struct pf_stats *pf_zoned_stats(void *state)
{
	struct zoned *z = state;

	return &z->stats;
}

enum pf_compact_result pf_zoned_compact(void *state, const struct pf_compact_request *req)
{
	struct zoned *z = state;
	enum pf_compact_result best = PF_COMPACT_SKIPPED;

	for (unsigned i = 0; i < z->nr_zones && best != PF_COMPACT_SUCCESS; i++) {
		enum pf_compact_result result;

		if (z->layout->zone[i].node != req->node)
			continue;
		result = z->ops->compact(z->zone[i], req);
		if (result > best)
			best = result;
	}
	return best;
}

unsigned pf_zoned_reclaim(void *state, unsigned node, unsigned nr, enum pf_mode mode)
{
	struct zoned *z = state;
	const struct zonelist *list = &z->list[node][PF_NR_ZONE_TYPES - 1];
	unsigned freed = 0;

	for (unsigned i = 0; i < list->nr_local && freed < nr; i++)
		freed += z->ops->reclaim(z->zone[list->zone[i]], nr - freed, mode);
	return freed;
}

bool pf_zoned_alloc_contig(void *state, pf_pfn pfn, unsigned nr, unsigned mobility)
{
	struct zoned *z = state;
	void *zone = zone_of_range(z, pfn, nr);

	if (!zone || !z->ops->alloc_contig(zone, pfn, nr, mobility))
		return false;
	z->stats.pgalloc += nr;
	return true;
}

void pf_zoned_free_contig(void *state, pf_pfn pfn, unsigned nr)
{
	struct zoned *z = state;

	z->stats.pgfree += nr;
	z->ops->free_contig(zone_of(z, pfn), pfn, nr);
}

pf_pfn pf_zoned_alloc_run(void *state, const struct pf_run_request *req)
{
	struct zoned *z = state;
	const struct zonelist *list = &z->list[req->node][req->zone];
	unsigned nr = req->gfp & PF_GFP_THISNODE ? list->nr_local : list->nr;

	for (unsigned i = 0; i < nr; i++) {
		pf_pfn pfn = z->ops->alloc_run(z->zone[list->zone[i]], req);

		if (pfn != PF_NO_PFN) {
			z->stats.pgalloc += req->nr_pages;
			return pfn;
		}
	}
	return PF_NO_PFN;
}

void pf_zoned_free_run(void *state, pf_pfn pfn, uint32_t nr, unsigned cpu)
{
	struct zoned *z = state;

	(void)cpu;
	z->stats.pgfree += nr;
	z->ops->free_run(zone_of(z, pfn), pfn, nr);
}

bool pf_zoned_take_run(void *state, pf_pfn pfn, uint32_t nr)
{
	struct zoned *z = state;
	void *zone = zone_of_range(z, pfn, nr);

	if (!zone || !z->ops->take_run(zone, pfn, nr))
		return false;
	z->stats.pgalloc += nr;
	return true;
}

bool pf_zoned_resize_run(void *state, pf_pfn pfn, uint32_t old, uint32_t nr)
{
	if (nr > old)
		return zone_of_range(state, pfn, nr) &&
		       pf_zoned_take_run(state, pfn + old, nr - old);
	if (nr < old)
		pf_zoned_free_run(state, pfn + nr, old - nr, 0);
	return true;
}

bool pf_zoned_add_memory(void *state, pf_pfn pfn, uint32_t nr)
{
	struct zoned *z = state;
	void *zone = zone_of_range(z, pfn, nr);

	return zone && z->ops->add_memory(zone, pfn, nr);
}

uint32_t pf_zoned_largest_free(void *state, unsigned zone)
{
	struct zoned *z = state;

	return z->ops->largest_free(z->zone[zone]);
}

bool pf_zoned_isolate(void *state, pf_pfn block)
{
	struct zoned *z = state;
	void *zone = zone_of_block(z, block);

	return zone && z->ops->isolate(zone, block);
}

void pf_zoned_undo_isolate(void *state, pf_pfn block)
{
	struct zoned *z = state;
	void *zone = zone_of_block(z, block);

	if (zone)
		z->ops->undo_isolate(zone, block);
}

bool pf_zoned_offline(void *state, pf_pfn block)
{
	struct zoned *z = state;
	void *zone = zone_of_block(z, block);

	return zone && z->ops->offline(zone, block);
}

void pf_zoned_online(void *state, pf_pfn block)
{
	struct zoned *z = state;
	void *zone = zone_of_block(z, block);

	if (zone)
		z->ops->online(zone, block);
}

bool pf_zoned_claim(void *state, pf_pfn pfn, unsigned order, unsigned mobility)
{
	struct zoned *z = state;
	void *zone;

	if (order > z->layout->max_order || pfn % (1u << order))
		return false;
	zone = zone_of_range(z, pfn, 1u << order);
	if (!zone || !z->ops->claim(zone, pfn, order, mobility))
		return false;
	z->stats.pgalloc += 1u << order;
	note_out(z, pfn, order);
	return true;
}

unsigned pf_zoned_block_type(void *state, pf_pfn pfn)
{
	struct zoned *z = state;

	return z->ops->block_type(zone_of(z, pfn), pfn);
}

const char *pf_zoned_self_check(void *state)
{
	struct zoned *z = state;

	for (unsigned i = 0; i < z->nr_zones; i++) {
		const char *wrong = z->ops->self_check(z->zone[i]);

		if (wrong)
			return wrong;
	}
	return NULL;
}
