// SPDX-License-Identifier: GPL-2.0-only
/*
 * laws.c - what holds for every implementation by itself, a function for each
 * law. Laws of one operation cost what the operation touched; the audit costs
 * what the zone holds.
 */
#include <stdio.h>
#include <string.h>

#include "../impls/dump.h"
#include "../impls/names.h"
#include "laws.h"

static const char *zone_name(const struct pf_layout *l, unsigned z)
{
	return pf_zone_type_name(l->zone[z].type);
}

/* --------------------------------------------------- after one request -- */

PF_HOT void pf_law_placement(struct pf_lane *lane, pf_pfn pfn, unsigned order,
			     const struct pf_request *req)
{
	const struct pf_layout *l = &lane->run->layout;
	uint32_t idx = pfn - l->base_pfn;
	unsigned z;

	pf_checked(lane, PF_LAW_PLACEMENT);
	if (idx >= pf_layout_pages(l) || pf_layout_pages(l) - idx < 1u << order)
		pf_broken(lane, PF_LAW_PLACEMENT, "pfn %u, order %u: outside memory [%u, %u)", pfn,
			  order, l->base_pfn, l->end_pfn);
	if (order > l->max_order)
		pf_broken_as(lane, PF_LAW_PLACEMENT, PF_ABOUT_BOUNDS_ORDER,
			     "order %u is above the maximum of %u", order, l->max_order);
	if (pfn & ((1u << order) - 1))
		pf_broken_as(lane, PF_LAW_PLACEMENT, PF_ABOUT_BOUNDS_ALIGNMENT,
			     "pfn %u is not aligned to order %u", pfn, order);
	z = pf_zone_of(l, idx);
	if (pfn < l->zone[z].start_pfn ||
	    l->zone[z].start_pfn + l->zone[z].spanned - pfn < 1u << order)
		pf_broken(lane, PF_LAW_PLACEMENT, "pfn %u, order %u: crosses the end of zone %s",
			  pfn, order, zone_name(l, z));
	if (!(lane->impl->features & PF_F_ZONES))
		return;
	if (l->zone[z].type > req->zone)
		pf_broken_as(lane, PF_LAW_PLACEMENT, PF_ABOUT_BOUNDS_ZONELIST,
			     "pfn %u lies in zone %s, which this request may not use", pfn,
			     zone_name(l, z));
	if (req->gfp & PF_GFP_THISNODE && l->zone[z].node != req->node)
		pf_broken_as(lane, PF_LAW_PLACEMENT, PF_ABOUT_BOUNDS_NODE,
			     "pfn %u lies on node %u, the request wants node %u only", pfn,
			     l->zone[z].node, req->node);
}

static bool urgent(const struct pf_request *req)
{
	return req->gfp & (PF_GFP_HIGH | PF_GFP_ATOMIC | PF_GFP_MEMALLOC | PF_GFP_NOFAIL);
}

/*
 * Linux's test is free - (2^order - 1) > min before the block is taken, hence
 * free >= min after it (__zone_watermark_ok, 6.1).
 */
PF_HOT void pf_law_reserves(struct pf_lane *lane, uint32_t idx, const struct pf_request *req)
{
	const struct pf_layout *l = &lane->run->layout;
	unsigned z;
	uint32_t free;

	if (!(lane->impl->features & PF_F_WATERMARKS) || urgent(req))
		return;
	pf_checked(lane, PF_LAW_RESERVES);
	z = pf_zone_of(l, idx);
	free = lane->mirror.nset[z][0] + PF_ASK(lane, counters, z)->drift;
	if (free < l->zone[z].wmark[PF_WMARK_MIN])
		pf_broken(lane, PF_LAW_RESERVES,
			  "an ordinary request left %u pages free in zone %s, min watermark %u",
			  free, zone_name(l, z), l->zone[z].wmark[PF_WMARK_MIN]);
}

/* gfp_to_alloc_flags() of 6.1.192: ALLOC_NON_BLOCK. */
static bool is_nonblocking(const struct pf_request *req)
{
	return !(req->gfp & (PF_GFP_DIRECT_RECLAIM | PF_GFP_NOMEMALLOC));
}

/* The kernel's reductions of the min watermark, __zone_watermark_ok() of 6.1.192. */
static int64_t effective_min(const struct pf_zone_layout *z, const struct pf_request *req)
{
	int64_t min = z->wmark[PF_WMARK_MIN];

	if (req->gfp & PF_GFP_HIGH) {
		min -= min / 2;
		if (is_nonblocking(req))
			min -= min / 4;
	}
	return min;
}

/* The highest zone type that the request may use and that there is. */
static unsigned highest_type(const struct pf_layout *l, const struct pf_request *req)
{
	unsigned type = 0;

	for (unsigned z = 0; z < l->nr_zones; z++)
		if (l->zone[z].type <= req->zone && l->zone[z].type > type)
			type = l->zone[z].type;
	return type;
}

/* ---------------------------------------------------------------- runs -- */

static bool run_zone_allowed(const struct pf_lane *lane, unsigned z,
			     const struct pf_run_request *req)
{
	const struct pf_zone_layout *zl = &lane->run->layout.zone[z];

	return !(lane->impl->features & PF_F_ZONES) ||
	       (zl->type <= req->zone && (!(req->gfp & PF_GFP_THISNODE) || zl->node == req->node));
}

void pf_law_run_placement(struct pf_lane *lane, pf_pfn pfn, const struct pf_run_request *req)
{
	const struct pf_layout *l = &lane->run->layout;
	pf_pfn end = pfn + req->nr_pages;
	unsigned z;

	pf_checked(lane, PF_LAW_PLACEMENT);
	if (pfn < l->base_pfn || end > l->end_pfn || end < pfn)
		pf_broken(lane, PF_LAW_PLACEMENT, "run [%u, %u): outside memory [%u, %u)", pfn, end,
			  l->base_pfn, l->end_pfn);
	if (pfn & (req->align - 1))
		pf_broken_as(lane, PF_LAW_PLACEMENT, PF_ABOUT_BOUNDS_ALIGNMENT,
			     "run at pfn %u is not aligned to %u pages", pfn, req->align);
	if (pfn < req->from || end > req->to)
		pf_broken_as(lane, PF_LAW_PLACEMENT, PF_ABOUT_BOUNDS_WINDOW,
			     "run [%u, %u) leaves its window [%u, %u)", pfn, end, req->from,
			     req->to);
	z = pf_zone_of(l, pfn - l->base_pfn);
	if (pfn < l->zone[z].start_pfn || end > l->zone[z].start_pfn + l->zone[z].spanned)
		pf_broken(lane, PF_LAW_PLACEMENT, "run [%u, %u) leaves its zone", pfn, end);
	if (!run_zone_allowed(lane, z, req))
		pf_broken_as(lane, PF_LAW_PLACEMENT, PF_ABOUT_BOUNDS_ZONELIST,
			     "run [%u, %u) lies in zone %s of node %u, which it may not use", pfn,
			     end, zone_name(l, z), l->zone[z].node);
}

/* First pfn of a free, aligned run of the window inside [start, end), or PF_NO_PFN. */
static pf_pfn find_run(const struct pf_lane *lane, pf_pfn start, pf_pfn end, uint32_t nr,
		       uint32_t align)
{
	const struct pf_layout *l = &lane->run->layout;
	uint32_t free = 0;

	for (pf_pfn pfn = start; pfn < end; pfn++) {
		if (!pf_mirror_test(&lane->mirror, pfn - l->base_pfn, 0)) {
			free = 0;
			continue;
		}
		/* Counting begins where a run may begin. */
		if (!free && pfn & (align - 1))
			continue;
		if (++free == nr)
			return pfn - nr + 1;
		/* The next start is tried only if this one fails: it is inside this run. */
	}
	return PF_NO_PFN;
}

void pf_law_run_feasibility(struct pf_lane *lane, const struct pf_run_request *req)
{
	const struct pf_layout *l = &lane->run->layout;

	pf_checked(lane, PF_LAW_FEASIBILITY);
	/* What mobility types, watermarks and caches forbid is policy. */
	if (lane->impl->features & (PF_F_MOBILITY | PF_F_WATERMARKS | PF_F_CACHE))
		return;
	for (unsigned z = 0; z < l->nr_zones; z++) {
		const struct pf_zone_layout *zl = &l->zone[z];
		pf_pfn start = zl->start_pfn, end = start + zl->spanned, found;

		start = start < req->from ? req->from : start;
		end = end > req->to ? req->to : end;
		if (zl->type > req->zone || (req->gfp & PF_GFP_THISNODE && zl->node != req->node))
			continue;
		found = find_run(lane, start, end, req->nr_pages, req->align);
		if (found != PF_NO_PFN)
			pf_broken_as(lane, PF_LAW_FEASIBILITY, PF_ABOUT_REFUSAL_RUN,
				     "found no run of %u pages, aligned to %u, in [%u, %u); pfn %u "
				     "begins "
				     "one",
				     req->nr_pages, req->align, req->from, req->to, found);
	}
}

void pf_law_range_feasibility(struct pf_lane *lane, uint32_t start, uint32_t idx, uint32_t nr)
{
	const struct pf_layout *l = &lane->run->layout;

	pf_checked(lane, PF_LAW_FEASIBILITY);
	if (lane->impl->features & PF_F_CACHE || idx >= pf_layout_pages(l) ||
	    nr > pf_layout_pages(l) - idx || pf_zone_of(l, start) != pf_zone_of(l, idx + nr - 1))
		return;
	for (uint32_t i = idx; i < idx + nr; i++)
		if (!pf_mirror_test(&lane->mirror, i, 0))
			return;
	pf_broken_as(lane, PF_LAW_FEASIBILITY, PF_ABOUT_REFUSAL_RANGE,
		     "refused [%u, %u), all of which is free", l->base_pfn + idx,
		     l->base_pfn + idx + nr);
}

struct search {
	pf_pfn start, end;
	unsigned order;
	bool reserve_too, found;
};

static void search_block(void *arg, const struct pf_block *b)
{
	struct search *s = arg;

	s->found |= b->pfn >= s->start && b->pfn < s->end && b->order >= s->order &&
		    b->where == PF_FREE && (b->type != PF_HIGHATOMIC || s->reserve_too) &&
		    b->type != PF_ISOLATE;
}

/* Does a watermark bind this request at all? */
static bool is_bound(const struct pf_lane *lane, const struct pf_request *req)
{
	return lane->impl->features & PF_F_WATERMARKS &&
	       (req->gfp & (PF_GFP_MEMALLOC | PF_GFP_NOMEMALLOC)) != PF_GFP_MEMALLOC;
}

/* Who is held to Linux's rules may be asked for a dump at any time; a record of it is not. */
static bool shows_at_any_time(const struct pf_lane *lane)
{
	return lane->rules.observer;
}

/*
 * A free block outside the reserve for urgent requests of higher orders, which even those that
 * ignore watermarks may not touch; but who is bound by them and can't wait gets one of it before
 * it fails, if its order is 0 or it is urgent (rmqueue_buddy(), __zone_watermark_ok(), 6.1.192).
 */
static bool has_block_for(struct pf_lane *lane, unsigned z, const struct pf_request *req)
{
	const struct pf_zone_layout *zl = &lane->run->layout.zone[z];
	unsigned order = req->order;
	struct search s = {
		.start = zl->start_pfn,
		.end = zl->start_pfn + zl->spanned,
		.order = order,
		.reserve_too = shows_at_any_time(lane) && is_bound(lane, req) &&
			       is_nonblocking(req) && (!order || req->gfp & PF_GFP_HIGH),
	};

	/*
	 * Who has no census can't show which blocks are ordinary. Some are if there are
	 * more than the reserve can hold; a block of several pageblocks may be unmerged
	 * besides.
	 */
	if (!lane->impl->census)
		return order <= lane->run->layout.pageblock_order &&
		       (uint64_t)lane->mirror.nset[z][order] << order >
			       PF_ASK(lane, counters, z)->withheld;
	PF_TELL(lane, census, search_block, &s);
	return s.found;
}

/*
 * Pages that this request may not count on. Whose dumps tell what they are withheld for is held
 * to it: the reserve is there for who can't wait or is urgent, at any order
 * (__zone_watermark_unusable_free(), 6.1.192), and the boost is none of theirs at order 0
 * (zone_watermark_fast()).
 */
static int64_t withheld_from(struct pf_lane *lane, unsigned z, const struct pf_request *req)
{
	int64_t withheld = PF_ASK(lane, counters, z)->withheld;
	const uint32_t *field;

	if (!withheld || !shows_at_any_time(lane) ||
	    !(is_nonblocking(req) || req->gfp & PF_GFP_HIGH))
		return withheld;
	pf_dump_lane(lane);
	field = lane->dump->zone[z].field;
	withheld -= field[PF_DUMP_HIGHATOMIC];
	if (!req->order && req->gfp & PF_GFP_HIGH && req->gfp & PF_GFP_ATOMIC)
		withheld -= field[PF_DUMP_BOOST];
	return withheld;
}

/* Is there a reason why this zone could not serve the request? */
static bool zone_has_reason(struct pf_lane *lane, unsigned z, const struct pf_request *req)
{
	const struct pf_zone_layout *zl = &lane->run->layout.zone[z];
	const struct pf_zone_counters *c;

	if (!lane->mirror.nset[z][req->order])
		return true;
	c = PF_ASK(lane, counters, z);
	if (c->cached)
		return true; /* the block may be made of cached pages */
	if (is_bound(lane, req) &&
	    (int64_t)c->free - c->drift - withheld_from(lane, z, req) - ((1 << req->order) - 1) <=
		    effective_min(zl, req) +
			    c->lowmem_reserve[highest_type(&lane->run->layout, req)])
		return true;
	/* Last, as it looks at every free block. */
	return lane->impl->features & PF_F_MOBILITY && !has_block_for(lane, z, req);
}

/* Which watermark could have been the reason, if any. */
static const char *tell_mark(const struct pf_lane *lane, const struct pf_zone_layout *zl,
			     const struct pf_request *req, char *text, size_t size)
{
	unsigned min = zl->wmark[PF_WMARK_MIN];
	long long mark = effective_min(zl, req);

	if (!(lane->impl->features & PF_F_WATERMARKS))
		snprintf(text, size, "min watermark %u; it promises none, no PF_F_WATERMARKS", min);
	else if (!is_bound(lane, req))
		snprintf(text, size, "min watermark %u, not for this request", min);
	else if (mark != min)
		snprintf(text, size, "min watermark %u, %lld for this urgent request", min, mark);
	else
		snprintf(text, size, "min watermark %u", min);
	return text;
}

/*
 * A block that is free is not given: for want of merging, or was it refused? Who lists
 * none that large can't give one; who counts no blocks at all says nothing about that.
 */
enum pf_about pf_about_refusal(struct pf_lane *lane, unsigned order)
{
	const struct pf_layout *l = &lane->run->layout;
	bool counts = false;

	for (unsigned z = 0; z < l->nr_zones; z++) {
		const struct pf_zone_counters *c = PF_ASK(lane, counters, z);

		for (unsigned o = 0; o <= l->max_order; o++) {
			if (c->nr_free[o] && o >= order)
				return PF_ABOUT_REFUSAL_BLOCK;
			counts |= c->nr_free[o] != 0;
		}
	}
	return counts ? PF_ABOUT_MERGING_FREE_LISTS : PF_ABOUT_REFUSAL_BLOCK;
}

void pf_law_feasibility(struct pf_lane *lane, const struct pf_request *req)
{
	const struct pf_layout *l = &lane->run->layout;
	char mark[100];

	pf_checked(lane, PF_LAW_FEASIBILITY);
	if (req->order > l->max_order)
		return;
	for (unsigned z = 0; z < l->nr_zones; z++) {
		if (l->zone[z].type > req->zone ||
		    (req->gfp & PF_GFP_THISNODE && l->zone[z].node != req->node))
			continue;
		if (!zone_has_reason(lane, z, req))
			pf_broken_as(
				lane, PF_LAW_FEASIBILITY, pf_about_refusal(lane, req->order),
				"failed, though zone %s (node %u) has %u free blocks of order %u "
				"and %u free pages (%s)",
				zone_name(l, z), l->zone[z].node, lane->mirror.nset[z][req->order],
				req->order, lane->mirror.nset[z][0],
				tell_mark(lane, &l->zone[z], req, mark, sizeof(mark)));
	}
}

/* Would a request of this order succeed now? */
static bool would_succeed(struct pf_lane *lane, const struct pf_request *req)
{
	pf_pfn pfn;

	pf_what_if(lane);
	/* The world takes cached pages for free ones. */
	if (lane->impl->drain)
		PF_TELL(lane, drain, -1);
	pfn = PF_ASK(lane, alloc, req);
	pf_what_if_ends(lane);
	return pfn != PF_NO_PFN;
}

/*
 * Is there a free block of that order in the reserve for urgent requests? Linux
 * hands a captured block to its requester whatever pageblock it is in; a request
 * to compact gives it back, and then it is in the reserve.
 */
static bool in_reserve(struct pf_lane *lane, unsigned node, unsigned order)
{
	const struct pf_layout *l = &lane->run->layout;

	if (!lane->impl->block_type)
		return false;
	for (uint32_t idx = 0; idx < pf_layout_pages(l); idx += 1u << order)
		if (pf_mirror_test(&lane->mirror, idx, order) &&
		    l->zone[pf_zone_of(l, idx)].node == node &&
		    PF_ASK(lane, block_type, l->base_pfn + idx) == PF_HIGHATOMIC)
			return true;
	return false;
}

void pf_law_truthful_compact(struct pf_lane *lane, const struct pf_compact_request *req,
			     enum pf_compact_result result)
{
	const struct pf_layout *l = &lane->run->layout;
	int highest = -1;
	unsigned z;

	pf_checked(lane, PF_LAW_TRUTHFUL);
	if (result >= PF_NR_COMPACT_RESULTS)
		pf_broken_as(lane, PF_LAW_TRUTHFUL, PF_ABOUT_ANSWER_COMPACT,
			     "compaction answered %d, which is no result", result);
	if (result != PF_COMPACT_SUCCESS || req->order < 0)
		return;
	/* The highest: a request that may use it may use those below. */
	for (z = l->nr_zones; z--;)
		if (l->zone[z].node == req->node && req->order <= l->max_order &&
		    lane->mirror.nset[z][req->order] &&
		    (highest < 0 || l->zone[z].type > l->zone[highest].type))
			highest = (int)z;
	if (highest < 0)
		pf_broken_as(lane, PF_LAW_TRUTHFUL, PF_ABOUT_ANSWER_COMPACT,
			     "compaction says success, but node %u has no free block of order %d",
			     req->node, req->order);
	if (!pf_can_ask_what_if(lane))
		return;
	if (!would_succeed(lane, &(struct pf_request){.order = req->order,
						      .mobility = req->mobility,
						      .node = req->node,
						      .zone = l->zone[highest].type,
						      .gfp = PF_GFP_MEMALLOC | PF_GFP_THISNODE}) &&
	    !in_reserve(lane, req->node, (unsigned)req->order))
		pf_broken_as(
			lane, PF_LAW_TRUTHFUL, PF_ABOUT_ANSWER_COMPACT,
			"compaction says success, but order %d can't be allocated even without "
			"watermarks",
			req->order);
}

static void hash_block(void *arg, const struct pf_block *b)
{
	uint64_t *hash = arg;

	*hash = (*hash ^ ((uint64_t)b->pfn << 8 | b->order << 2 | b->where)) *
		0x9e3779b97f4a7c15ull;
	*hash ^= *hash >> 29;
}

void pf_before_compaction(struct pf_lane *lane, struct pf_before *before)
{
	*before = (struct pf_before){0};
	if (!lane->impl->stats || !lane->impl->census || !pf_can_ask_what_if(lane))
		return;
	before->failed = PF_ASK(lane, stats)->pgmigrate_fail;
	before->lists = 1;
	PF_TELL(lane, census, hash_block, &before->lists);
}

/* Is there a page of the cache for which somebody has to wait? */
static bool pages_to_wait_for(const struct pf_oracle *run)
{
	for (uint32_t s = 0; s < run->nr_slots; s++)
		if (run->slot[s].state != PF_SLOT_EMPTY && run->slot[s].attrs & PF_PAGE_LRU &&
		    run->slot[s].attrs & (PF_PAGE_DIRTY | PF_PAGE_WRITEBACK | PF_PAGE_LOCKED))
			return true;
	return false;
}

/* Has it tried to move a page, failed, and changed its lists in doing so? */
static bool left_traces(struct pf_lane *lane, const struct pf_before *before)
{
	struct pf_before now;

	if (!before->lists || !pages_to_wait_for(lane->run) ||
	    PF_ASK(lane, stats)->pgmigrate_fail == before->failed)
		return false;
	pf_before_compaction(lane, &now);
	return now.lists != before->lists;
}

/*
 * Asked again at once, a compaction of a whole node that neither moved nor was
 * refused anything has no more to ask the world. (One that did move pages may
 * well find more: its scanners meet, and pages it freed are targets now.)
 *
 * But Linux 6.12 tries a batch of pages without waiting first, in which it passes over
 * dirty ones and asks nobody, and ends there if it runs out of targets; those that it had
 * go back to a per-cpu list, which may drive out others that are targets the next time.
 * (6.1 tries each page to its end.)
 */
void pf_law_settled(struct pf_lane *lane, const struct pf_compact_request *req,
		    const struct pf_before *before)
{
	if (req->order >= 0 || lane->asked || !pf_can_ask_what_if(lane) ||
	    left_traces(lane, before))
		return;
	pf_checked(lane, PF_LAW_SETTLED);
	pf_what_if(lane);
	PF_ASK(lane, compact, req);
	pf_what_if_ends(lane);
	if (lane->asked)
		pf_broken(lane, PF_LAW_SETTLED,
			  "compaction of node %u found nothing to move, but repeated it asks for "
			  "%u moves",
			  req->node, lane->asked);
}

void pf_law_truthful_reclaim(struct pf_lane *lane, unsigned answer)
{
	pf_checked(lane, PF_LAW_TRUTHFUL);
	if (answer != lane->evicted_pages)
		pf_broken_as(lane, PF_LAW_TRUTHFUL, PF_ABOUT_ANSWER_RECLAIM,
			     "reclaim says %u pages, its owners gave up %u", answer,
			     lane->evicted_pages);
}

/* ------------------------------------------------ after every operation -- */

PF_HOT static void law_conservation(struct pf_lane *lane, unsigned z,
				    const struct pf_zone_counters *c)
{
	const struct pf_mirror *valid = &lane->run->valid;
	uint32_t managed = valid->nset[z][0] - lane->offline[z];
	uint32_t live = lane->live[z];

	if (c->managed != managed)
		pf_broken_as(lane, PF_LAW_CONSERVATION, PF_ABOUT_COUNT_MANAGED,
			     "zone %s: manages %u pages, should be %u",
			     zone_name(&lane->run->layout, z), c->managed, managed);
	if (c->free + c->cached + c->isolated + live + lane->own[z] != managed)
		pf_broken(
			lane, PF_LAW_CONSERVATION,
			"zone %s: free %u + cached %u + isolated %u + live %u%s is not managed %u",
			zone_name(&lane->run->layout, z), c->free, c->cached, c->isolated, live,
			lane->own[z] ? " + its own" : "", managed);
	if (c->isolated != lane->isolated[z])
		pf_broken_as(lane, PF_LAW_CONSERVATION, PF_ABOUT_COUNT_ISOLATED,
			     "zone %s: counts %u isolated free pages, there are %u",
			     zone_name(&lane->run->layout, z), c->isolated, lane->isolated[z]);
}

PF_HOT static void law_coalesced(struct pf_lane *lane, unsigned z, const struct pf_zone_counters *c)
{
	const struct pf_mirror *m = &lane->mirror;
	unsigned max = lane->run->layout.max_order;

	for (unsigned o = 0; o <= max; o++)
		if (c->nr_free[o] != pf_mirror_canonical(m, z, o)) {
			/* Unmerged, or lists that do not hold what they count? */
			pf_law_census(lane);
			pf_broken(lane, PF_LAW_COALESCED,
				  "zone %s: %u free blocks of order %u, fully merged there are %u",
				  zone_name(&lane->run->layout, z), c->nr_free[o], o,
				  pf_mirror_canonical(m, z, o));
		}
}

PF_HOT void pf_laws_step(struct pf_lane *lane)
{
	for (unsigned z = 0; z < lane->run->layout.nr_zones; z++) {
		const struct pf_zone_counters *c = PF_ASK(lane, counters, z);

		law_conservation(lane, z, c);
		pf_checked(lane, PF_LAW_CONSERVATION);
		if (lane->impl->features & PF_F_CANONICAL && !c->cached) {
			law_coalesced(lane, z, c);
			pf_checked(lane, PF_LAW_COALESCED);
		}
	}
}

/* ------------------------------------------------------------ the audit -- */

struct census {
	struct pf_lane *lane;
	struct pf_zone_counters sum[PF_MAX_ZONES];
};

/* A listed free block meets a live page: which law is it? */
_Noreturn static void blame_overlap(struct pf_lane *lane, uint32_t idx)
{
	const struct pf_slot *slot = pf_unit_slot(lane->run, lane->owner[idx] - 1);
	pf_pfn pfn = lane->run->layout.base_pfn + idx;

	/*
	 * A lost or doubled block would upset the counts as well; a block that
	 * is live here after an operation that asked for moves was moved
	 * without the owner's yes.
	 */
	if (lane->moved && !pf_is_own(slot, lane->run) &&
	    (slot->attrs & PF_PAGE_PINNED || !(slot->attrs & PF_PAGE_MOVABLE)))
		pf_broken(lane, PF_LAW_IMMOVABLE,
			  "pfn %u is listed as free, but a%u (%s) still lives there", pfn,
			  slot->name, slot->attrs & PF_PAGE_PINNED ? "pinned" : "unmovable");
	if (lane->moved && !pf_is_own(slot, lane->run))
		pf_broken(lane, PF_LAW_CONSENT,
			  "pfn %u is listed as free, but a%u still lives there: the world had "
			  "refused",
			  pfn, slot->name);
	pf_broken(lane, PF_LAW_CENSUS, "pfn %u is listed as free, but belongs to %s", pfn,
		  pf_owner_name(lane, idx).s);
}

static void check_block_pages(struct pf_lane *lane, uint32_t idx, uint32_t n, bool isolated)
{
	const struct pf_oracle *run = lane->run;
	pf_pfn base = run->layout.base_pfn;

	for (uint32_t i = idx; i < idx + n; i++) {
		if (lane->owner[i])
			blame_overlap(lane, i);
		if (!pf_mirror_test(&run->valid, i, 0))
			pf_broken_as(lane, PF_LAW_CENSUS, PF_ABOUT_OVERLAP_HOLE,
				     "pfn %u is listed as free, but is reserved or no memory",
				     base + i);
		if ((lane->block_state[pf_block_of(run, i)] == PF_BLOCK_ISOLATED) != isolated)
			pf_broken_as(lane, PF_LAW_CENSUS, PF_ABOUT_ISOLATION_PAGEBLOCK,
				     "pfn %u is listed as %s, but its pageblock is %s", base + i,
				     isolated ? "isolated" : "free", isolated ? "not" : "isolated");
		if (lane->block_state[pf_block_of(run, i)] == PF_BLOCK_OFFLINE)
			pf_broken_as(lane, PF_LAW_CENSUS, PF_ABOUT_OVERLAP_HOLE,
				     "pfn %u is listed as free, but is offline", base + i);
	}
}

PF_HOT static void mark_seen(struct pf_lane *lane, uint32_t idx, uint32_t n)
{
	uint64_t *seen = lane->run->seen;

	while (n) {
		uint32_t bits = 64 - (idx & 63) < n ? 64 - (idx & 63) : n;
		uint64_t mask = (bits == 64 ? ~0ull : (1ull << bits) - 1) << (idx & 63);

		if (seen[idx >> 6] & mask)
			pf_broken(lane, PF_LAW_CENSUS, "a page near pfn %u is listed twice",
				  lane->run->layout.base_pfn + idx);
		seen[idx >> 6] |= mask;
		idx += bits;
		n -= bits;
	}
}

PF_HOT static void count_block(struct census *census, const struct pf_block *b)
{
	struct pf_lane *lane = census->lane;
	const struct pf_layout *l = &lane->run->layout;
	uint32_t idx = b->pfn - l->base_pfn, n = b->order <= l->max_order ? 1u << b->order : 0;
	struct pf_zone_counters *sum;
	unsigned z;

	if (!n || idx >= pf_layout_pages(l) || pf_layout_pages(l) - idx < n || idx & (n - 1))
		pf_broken(lane, PF_LAW_CENSUS,
			  "listed free block pfn %u order %u: outside or unaligned", b->pfn,
			  b->order);
	z = pf_zone_of(l, idx);
	if (!(b->where != PF_ISOLATED && pf_mirror_test(&lane->mirror, idx, b->order)))
		check_block_pages(lane, idx, n, b->where == PF_ISOLATED);
	if (b->pfn < l->zone[z].start_pfn || l->zone[z].start_pfn + l->zone[z].spanned - b->pfn < n)
		pf_broken_as(lane, PF_LAW_CENSUS, PF_ABOUT_BOUNDS_ZONE,
			     "listed free block pfn %u order %u crosses zones", b->pfn, b->order);
	mark_seen(lane, idx, n);
	sum = &census->sum[z];
	switch (b->where) {
	case PF_FREE:
		sum->free += n;
		sum->nr_free[b->order]++;
		break;
	case PF_CACHED:
		sum->cached += n;
		break;
	default:
		sum->isolated += n;
	}
}

PF_HOT static void census_block(void *arg, const struct pf_block *b)
{
	struct census *census = arg;

	pf_open(census->lane);
	count_block(census, b);
	pf_close(census->lane);
}

void pf_law_census(struct pf_lane *lane)
{
	const struct pf_layout *l = &lane->run->layout;
	struct census census = {.lane = lane};

	/* Only one that repeats what was recorded has none. */
	if (!lane->impl->census)
		return;
	memset(lane->run->seen, 0, (pf_layout_pages(l) / 64 + 1) * sizeof(uint64_t));
	PF_TELL(lane, census, census_block, &census);
	for (unsigned z = 0; z < l->nr_zones; z++) {
		const struct pf_zone_counters *c = PF_ASK(lane, counters, z);
		const struct pf_zone_counters *s = &census.sum[z];

		if (c->free != s->free || c->cached != s->cached || c->isolated != s->isolated)
			pf_broken_as(
				lane, PF_LAW_CENSUS, PF_ABOUT_COUNT_FREE,
				"zone %s counts %u free, %u cached, %u isolated pages; its lists "
				"hold %u, %u, %u",
				zone_name(l, z), c->free, c->cached, c->isolated, s->free,
				s->cached, s->isolated);
		for (unsigned o = 0; lane->impl->features & PF_F_CANONICAL && o <= l->max_order;
		     o++)
			if (c->nr_free[o] != s->nr_free[o])
				pf_broken_as(lane, PF_LAW_CENSUS, PF_ABOUT_COUNT_FREE_BLOCKS,
					     "zone %s counts %u free blocks of order %u, its lists "
					     "hold %u",
					     zone_name(l, z), c->nr_free[o], o, s->nr_free[o]);
	}
	pf_checked(lane, PF_LAW_CENSUS);
}

static void law_contents(struct pf_lane *lane)
{
	const struct pf_oracle *run = lane->run;

	for (uint32_t s = 0; s < run->nr_slots; s++) {
		const struct pf_slot *slot = &run->slot[s];

		if (slot->state == PF_SLOT_EMPTY || pf_absent(lane, slot))
			continue;
		for (uint32_t u = 0; u < slot->nr_units; u++)
			pf_world_verify(lane, slot->first_unit + u);
	}
	pf_checked(lane, PF_LAW_CONTENTS);
}

static void law_identities(struct pf_lane *lane)
{
	const struct pf_stats *s;
	uint64_t live = 0;

	if (!lane->impl->stats)
		return;
	pf_checked(lane, PF_LAW_IDENTITIES);
	s = PF_ASK(lane, stats);
	for (unsigned z = 0; z < lane->run->layout.nr_zones; z++)
		live += lane->live[z];
	if (s->pgalloc - s->pgfree != live)
		pf_broken_as(lane, PF_LAW_IDENTITIES, PF_ABOUT_COUNT_PGALLOC,
			     "pgalloc %llu - pgfree %llu is not the %llu live pages",
			     (unsigned long long)s->pgalloc, (unsigned long long)s->pgfree,
			     (unsigned long long)live);
	if (s->pgmigrate_success != lane->total_migrated)
		pf_broken_as(lane, PF_LAW_IDENTITIES, PF_ABOUT_COUNT_PGMIGRATE,
			     "pgmigrate_success %llu, the world moved %llu pages",
			     (unsigned long long)s->pgmigrate_success,
			     (unsigned long long)lane->total_migrated);
	if (s->compact_stall != s->compact_success + s->compact_fail)
		pf_broken_as(lane, PF_LAW_IDENTITIES, PF_ABOUT_COUNT_COMPACT_STALL,
			     "compact_stall %llu is not compact_success %llu + compact_fail %llu",
			     (unsigned long long)s->compact_stall,
			     (unsigned long long)s->compact_success,
			     (unsigned long long)s->compact_fail);
	if (s->pgsteal != lane->total_evicted || s->pgsteal > s->pgscan)
		pf_broken_as(lane, PF_LAW_IDENTITIES, PF_ABOUT_COUNT_PGSTEAL,
			     "pgsteal %llu of pgscan %llu, the owners gave up %llu pages",
			     (unsigned long long)s->pgsteal, (unsigned long long)s->pgscan,
			     (unsigned long long)lane->total_evicted);
	if (s->extfrag != lane->figures.events[PF_EV_EXTFRAG] - lane->extfrag_before)
		pf_broken_as(lane, PF_LAW_IDENTITIES, PF_ABOUT_COUNT_EXTFRAG,
			     "extfrag %llu, reported fallbacks %llu",
			     (unsigned long long)s->extfrag,
			     (unsigned long long)(lane->figures.events[PF_EV_EXTFRAG] -
						  lane->extfrag_before));
}

static void law_block_types(struct pf_lane *lane)
{
	const struct pf_layout *l = &lane->run->layout;
	uint32_t blocks =
		(pf_layout_pages(l) + (1u << l->pageblock_order) - 1) >> l->pageblock_order;

	if (!lane->impl->block_type)
		return;
	pf_checked(lane, PF_LAW_BLOCK_TYPES);
	for (uint32_t b = 0; b < blocks; b++) {
		uint32_t idx = b << l->pageblock_order;
		unsigned type;

		if (!pf_mirror_test(&lane->run->valid, idx, 0))
			continue;
		type = PF_ASK(lane, block_type, l->base_pfn + idx);
		if (type >= PF_NR_BLOCK_TYPES)
			pf_broken_as(lane, PF_LAW_BLOCK_TYPES, PF_ABOUT_PAGEBLOCK_TYPE,
				     "pageblock at pfn %u has type %u", l->base_pfn + idx, type);
		if ((type == PF_ISOLATE) != (lane->block_state[b] == PF_BLOCK_ISOLATED) &&
		    lane->block_state[b] < PF_BLOCK_OFFLINE)
			pf_broken(lane, PF_LAW_BLOCK_TYPES,
				  "pageblock at pfn %u is %sisolated, its type says %u",
				  l->base_pfn + idx,
				  lane->block_state[b] == PF_BLOCK_ISOLATED ? "" : "not ", type);
	}
}

struct type_of {
	pf_pfn pfn;
	unsigned pageblock_order;
	unsigned type; /* of the list; PF_NR_BLOCK_TYPES: it is in no such block */
};

static void find_type(void *arg, const struct pf_block *b)
{
	struct type_of *t = arg;

	if (b->where == PF_FREE && b->order > t->pageblock_order &&
	    t->pfn - b->pfn < 1u << b->order)
		t->type = b->type;
}

/*
 * The type of before; but a free block of several pageblocks may give all of them the type
 * of its list, as in Linux 6.12, where pages that merge have one type.
 */
void pf_law_undone(struct pf_lane *lane, uint32_t block)
{
	struct type_of merged;
	const struct pf_layout *l = &lane->run->layout;
	pf_pfn pfn = l->base_pfn + (block << l->pageblock_order);
	unsigned type;

	if (lane->block_type[block] == PF_NR_BLOCK_TYPES)
		return;
	pf_checked(lane, PF_LAW_BLOCK_TYPES);
	type = PF_ASK(lane, block_type, pfn);
	if (type == lane->block_type[block])
		return;
	merged = (struct type_of){pfn, l->pageblock_order, PF_NR_BLOCK_TYPES};
	if (lane->impl->census)
		PF_TELL(lane, census, find_type, &merged);
	if (type != merged.type)
		pf_broken_as(
			lane, PF_LAW_BLOCK_TYPES, PF_ABOUT_PAGEBLOCK_TYPE,
			"pageblock at pfn %u had type %u before its isolation and has %u after",
			pfn, lane->block_type[block], type);
}

/* Bits [from, to) of a bitmap, 64 at most, from bit 0 on. */
static uint64_t bits_of(const uint64_t *words, uint32_t from, uint32_t to)
{
	uint64_t w = words[from >> 6] >> (from & 63);

	if (from & 63 && (from >> 6) != (to - 1) >> 6)
		w |= words[(from >> 6) + 1] << (64 - (from & 63));
	return to - from < 64 ? w & ((1ull << (to - from)) - 1) : w;
}

/* The longest run of pages of a zone that are free in this lane. */
static uint32_t longest_run(const struct pf_lane *lane, unsigned z)
{
	const struct pf_layout *l = &lane->run->layout;
	uint32_t i = l->zone[z].start_pfn - l->base_pfn, end = i + l->zone[z].spanned;
	uint32_t run = 0, best = 0, n;

	for (; i < end; i += n) {
		uint64_t w;

		n = end - i < 64 ? end - i : 64;
		w = bits_of(lane->mirror.level[0], i, i + n);
		if (!~w) {
			run += 64;
			continue;
		}
		/* What is free at the word's beginning goes on from the last one. */
		run += (uint32_t)__builtin_ctzll(~w);
		best = run > best ? run : best;
		run = (uint32_t)__builtin_clzll(~(w << (64 - n)) | 1);
		/* Not longer than that. */
		for (uint32_t inside = 1; w && best < 62; inside++) {
			best = inside > best ? inside : best;
			w &= w >> 1;
		}
	}
	return run > best ? run : best;
}

static void law_largest(struct pf_lane *lane)
{
	const struct pf_layout *l = &lane->run->layout;

	if (!lane->impl->largest_free)
		return;
	pf_checked(lane, PF_LAW_LARGEST);
	for (unsigned z = 0; z < l->nr_zones; z++) {
		uint32_t said, is = 0;

		if (lane->impl->alloc_run) {
			is = longest_run(lane, z);
		} else {
			/* Without full merging there may be less in one piece. */
			if (!(lane->impl->features & PF_F_CANONICAL))
				return;
			for (unsigned o = 0; o <= l->max_order; o++)
				if (lane->mirror.nset[z][o])
					is = 1u << o;
		}
		/* Cached pages look free from here. */
		if (PF_ASK(lane, counters, z)->cached)
			continue;
		said = PF_ASK(lane, largest_free, z);
		if (said != is)
			pf_broken(
				lane, PF_LAW_LARGEST,
				"zone %s: says that its largest free piece has %u pages, it has %u",
				zone_name(l, z), said, is);
	}
}

void pf_laws_audit(struct pf_lane *lane)
{
	pf_law_census(lane);
	law_contents(lane);
	law_identities(lane);
	law_block_types(lane);
	law_largest(lane);
}

/* Mostly a second walk over what the census has seen: at checkpoints only. */
void pf_law_self_check(struct pf_lane *lane)
{
	const char *wrong;

	if (!lane->impl->self_check)
		return;
	pf_checked(lane, PF_LAW_SELF_CHECK);
	wrong = PF_ASK(lane, self_check);
	if (wrong)
		pf_broken(lane, PF_LAW_SELF_CHECK, "%s", wrong);
}

void pf_law_canonical(struct pf_lane *lane)
{
	const struct pf_oracle *run = lane->run;

	pf_checked(lane, PF_LAW_CANONICAL);
	for (unsigned z = 0; z < run->layout.nr_zones; z++) {
		const struct pf_zone_counters *c = PF_ASK(lane, counters, z);

		/* Memory that never came, or that it keeps for itself, can't be free. */
		uint32_t all = run->valid.nset[z][0] - lane->offline[z] - lane->own[z];

		if (c->cached || c->isolated || c->free != all)
			pf_broken(lane, PF_LAW_CANONICAL,
				  "zone %s: everything is freed, but %u free, %u cached, %u "
				  "isolated of %u pages",
				  zone_name(&run->layout, z), c->free, c->cached, c->isolated, all);
	}
	pf_law_census(lane);
}
