// SPDX-License-Identifier: GPL-2.0-only
/*
 * laws.c - what holds for every implementation by itself, a function for each
 * law. Laws of one operation cost what the operation touched; the audit costs
 * what the zone holds.
 */
#include <string.h>

#include "lane.h"

const char *const pf_law_name[PF_NR_LAWS] = {
#define X(id, name) #name,
	PF_LAWS(X)
#undef X
};

const char *const pf_law_text[PF_NR_LAWS] = {
	[PF_LAW_PLACEMENT] = "a block lies inside one allowed zone and is aligned to its size",
	[PF_LAW_EXCLUSIVE] =
		"a block handed out overlaps no live, reserved, isolated or missing page",
	[PF_LAW_CONSERVATION] = "free + cached + isolated + live pages are the managed pages",
	[PF_LAW_CENSUS] = "counters and free lists tell the same, and the truth",
	[PF_LAW_COALESCED] = "no two free buddies are left unmerged",
	[PF_LAW_CONTENTS] = "contents follow the page: nothing lost, doubled or changed",
	[PF_LAW_IMMOVABLE] = "what is unmovable or pinned stays where it is",
	[PF_LAW_CONSENT] = "pages move and go only with the world's consent",
	[PF_LAW_LIVENESS] = "every operation ends within its work bound",
	[PF_LAW_RESERVES] = "an ordinary request leaves the min watermark free",
	[PF_LAW_FEASIBILITY] = "a failure has a reason",
	[PF_LAW_TRUTHFUL] = "results say what happened",
	[PF_LAW_IDENTITIES] = "running totals agree with each other and with the world",
	[PF_LAW_BLOCK_TYPES] = "pageblock types are lawful and survive isolation",
	[PF_LAW_CANONICAL] = "with everything freed and drained, the start is restored",
	[PF_LAW_SELF_CHECK] = "the implementation finds its own state consistent",
	[PF_LAW_TOTALS] = "equal live sets leave equal totals of unused memory",
	[PF_LAW_FREE_SET] = "with everything freed and drained, free sets are equal",
	[PF_LAW_HISTOGRAM] = "with everything freed and drained, free blocks by order are equal",
	[PF_LAW_SAME_LOG] = "members of a group answer alike until their policies part",
	[PF_LAW_MIRRORED] = "one's placements, forced on another, give the same answers",
	[PF_LAW_EXACT] = "twins give the same answers, moves and dumps to the end",
	[PF_LAW_PROGRESS] = "one compaction does not move a page again and again",
	[PF_LAW_SETTLED] =
		"a whole compaction that found nothing to do finds nothing when repeated",
	[PF_LAW_ALIVE] = "an implementation outside the process answers every call",
};

static const char *zone_name(const struct pf_layout *l, unsigned z)
{
	static const char *const name[] = {"DMA", "DMA32", "Normal", "Movable"};

	return name[l->zone[z].type & 3];
}

/* --------------------------------------------------- after one request -- */

PF_HOT void pf_law_placement(struct pf_lane *lane, pf_pfn pfn, unsigned order,
			     const struct pf_request *req)
{
	const struct pf_layout *l = &lane->run->layout;
	uint32_t idx = pfn - l->base_pfn;
	unsigned z;

	lane->figures.checks++;
	if (idx >= pf_layout_pages(l) || pf_layout_pages(l) - idx < 1u << order)
		pf_broken(lane, PF_LAW_PLACEMENT, "pfn %u, order %u: outside memory [%u, %u)", pfn,
			  order, l->base_pfn, l->end_pfn);
	if (order > l->max_order)
		pf_broken(lane, PF_LAW_PLACEMENT, "order %u is above the maximum of %u", order,
			  l->max_order);
	if (pfn & ((1u << order) - 1))
		pf_broken(lane, PF_LAW_PLACEMENT, "pfn %u is not aligned to order %u", pfn, order);
	z = pf_zone_of(l, idx);
	if (pfn < l->zone[z].start_pfn ||
	    l->zone[z].start_pfn + l->zone[z].spanned - pfn < 1u << order)
		pf_broken(lane, PF_LAW_PLACEMENT, "pfn %u, order %u: crosses the end of zone %s",
			  pfn, order, zone_name(l, z));
	if (!(lane->impl->features & PF_F_ZONES))
		return;
	if (l->zone[z].type > req->zone)
		pf_broken(lane, PF_LAW_PLACEMENT,
			  "pfn %u lies in zone %s, which this request may not use", pfn,
			  zone_name(l, z));
	if (req->gfp & PF_GFP_THISNODE && l->zone[z].node != req->node)
		pf_broken(lane, PF_LAW_PLACEMENT,
			  "pfn %u lies on node %u, the request wants node %u only", pfn,
			  l->zone[z].node, req->node);
}

/* Called before a block is placed; range and alignment hold. */
PF_HOT void pf_law_exclusive(struct pf_lane *lane, uint32_t idx, unsigned order)
{
	const struct pf_oracle *run = lane->run;
	pf_pfn base = run->layout.base_pfn;

	lane->figures.checks++;
	if (order <= run->layout.max_order && pf_mirror_test(&lane->mirror, idx, order))
		return;
	for (uint32_t i = idx; i < idx + (1u << order); i++) {
		if (lane->owner[i])
			pf_broken(lane, PF_LAW_EXCLUSIVE, "pfn %u belongs to a%u already", base + i,
				  pf_unit_slot(run, lane->owner[i] - 1)->name);
		if (!pf_mirror_test(&run->valid, i, 0))
			pf_broken(lane, PF_LAW_EXCLUSIVE, "pfn %u is reserved or no memory at all",
				  base + i);
		if (lane->block_state[pf_block_of(run, i)])
			pf_broken(lane, PF_LAW_EXCLUSIVE, "pfn %u lies in an %s pageblock",
				  base + i,
				  lane->block_state[pf_block_of(run, i)] == PF_BLOCK_ISOLATED
					  ? "isolated"
					  : "offline");
	}
	pf_broken(lane, PF_LAW_PLACEMENT, "block at pfn %u, order %u, spans two zones", base + idx,
		  order);
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
	lane->figures.checks++;
	z = pf_zone_of(l, idx);
	free = lane->mirror.nset[z][0] + lane->impl->counters(lane->state, z)->drift;
	if (free < l->zone[z].wmark[PF_WMARK_MIN])
		pf_broken(lane, PF_LAW_RESERVES,
			  "an ordinary request left %u pages free in zone %s, min watermark %u",
			  free, zone_name(l, z), l->zone[z].wmark[PF_WMARK_MIN]);
}

/* The kernel's reductions of the min watermark, __zone_watermark_ok() of 6.1.192. */
static int64_t effective_min(const struct pf_zone_layout *z, const struct pf_request *req)
{
	int64_t min = z->wmark[PF_WMARK_MIN];

	if (req->gfp & PF_GFP_HIGH) {
		min -= min / 2;
		if (!(req->gfp & (PF_GFP_DIRECT_RECLAIM | PF_GFP_NOMEMALLOC)))
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

struct search {
	pf_pfn start, end;
	unsigned order;
	bool found;
};

static void search_block(void *arg, const struct pf_block *b)
{
	struct search *s = arg;

	s->found |= b->pfn >= s->start && b->pfn < s->end && b->order >= s->order &&
		    b->where == PF_FREE && b->type != PF_HIGHATOMIC && b->type != PF_ISOLATE;
}

/*
 * A free block outside the reserve for urgent requests of higher orders, which
 * even those that ignore watermarks may not touch (rmqueue_buddy(), 6.1.192).
 */
static bool has_ordinary_block(struct pf_lane *lane, unsigned z, unsigned order)
{
	const struct pf_zone_layout *zl = &lane->run->layout.zone[z];
	struct search s = {zl->start_pfn, zl->start_pfn + zl->spanned, order, false};

	if (!lane->impl->census)
		return true;
	lane->impl->census(lane->state, search_block, &s);
	return s.found;
}

/* Is there a reason why this zone could not serve the request? */
static bool zone_has_reason(struct pf_lane *lane, unsigned z, const struct pf_request *req)
{
	const struct pf_zone_layout *zl = &lane->run->layout.zone[z];
	const struct pf_zone_counters *c;

	if (!lane->mirror.nset[z][req->order])
		return true;
	c = lane->impl->counters(lane->state, z);
	if (c->cached)
		return true; /* the block may be made of cached pages */
	if (lane->impl->features & PF_F_WATERMARKS &&
	    (req->gfp & (PF_GFP_MEMALLOC | PF_GFP_NOMEMALLOC)) != PF_GFP_MEMALLOC &&
	    (int64_t)c->free - c->drift - c->withheld - ((1 << req->order) - 1) <=
		    effective_min(zl, req) +
			    c->lowmem_reserve[highest_type(&lane->run->layout, req)])
		return true;
	/* Last, as it looks at every free block. */
	return lane->impl->features & PF_F_MOBILITY && !has_ordinary_block(lane, z, req->order);
}

void pf_law_feasibility(struct pf_lane *lane, const struct pf_request *req)
{
	const struct pf_layout *l = &lane->run->layout;

	lane->figures.checks++;
	if (req->order > l->max_order)
		return;
	for (unsigned z = 0; z < l->nr_zones; z++) {
		if (l->zone[z].type > req->zone ||
		    (req->gfp & PF_GFP_THISNODE && l->zone[z].node != req->node))
			continue;
		if (!zone_has_reason(lane, z, req))
			pf_broken(lane, PF_LAW_FEASIBILITY,
				  "failed, though zone %s (node %u) has %u free blocks of order %u "
				  "and %u free pages (min watermark %u)",
				  zone_name(l, z), l->zone[z].node,
				  lane->mirror.nset[z][req->order], req->order,
				  lane->mirror.nset[z][0], l->zone[z].wmark[PF_WMARK_MIN]);
	}
}

/* What is asked between these two is only a question: the state is as before. */
static void what_if(struct pf_lane *lane)
{
	lane->muted = true;
	memcpy(lane->spare, lane->state, lane->state_size);
}

static void what_if_ends(struct pf_lane *lane)
{
	memcpy(lane->state, lane->spare, lane->state_size);
	lane->muted = false;
}

/* Would a request of this order succeed now? */
static bool would_succeed(struct pf_lane *lane, const struct pf_request *req)
{
	pf_pfn pfn;

	what_if(lane);
	/* The world takes cached pages for free ones. */
	if (lane->impl->drain)
		lane->impl->drain(lane->state, -1);
	pfn = lane->impl->alloc(lane->state, req);
	what_if_ends(lane);
	return pfn != PF_NO_PFN;
}

/*
 * Is there a free block of that order in the reserve for urgent requests? Linux
 * hands a captured block to its requester whatever pageblock it is in; a request
 * to compact gives it back, and then it is in the reserve.
 */
static bool in_reserve(const struct pf_lane *lane, unsigned node, unsigned order)
{
	const struct pf_layout *l = &lane->run->layout;

	if (!lane->impl->block_type)
		return false;
	for (uint32_t idx = 0; idx < pf_layout_pages(l); idx += 1u << order)
		if (pf_mirror_test(&lane->mirror, idx, order) &&
		    l->zone[pf_zone_of(l, idx)].node == node &&
		    lane->impl->block_type(lane->state, l->base_pfn + idx) == PF_HIGHATOMIC)
			return true;
	return false;
}

#define WHAT_IF_LIMIT (1u << 20) /* bytes of state worth copying for one question */

void pf_law_truthful_compact(struct pf_lane *lane, const struct pf_compact_request *req,
			     enum pf_compact_result result)
{
	const struct pf_layout *l = &lane->run->layout;
	int highest = -1;
	unsigned z;

	lane->figures.checks++;
	if (result >= PF_NR_COMPACT_RESULTS)
		pf_broken(lane, PF_LAW_TRUTHFUL, "compaction answered %d, which is no result",
			  result);
	if (result != PF_COMPACT_SUCCESS || req->order < 0)
		return;
	/* The highest: a request that may use it may use those below. */
	for (z = l->nr_zones; z--;)
		if (l->zone[z].node == req->node && req->order <= l->max_order &&
		    lane->mirror.nset[z][req->order] &&
		    (highest < 0 || l->zone[z].type > l->zone[highest].type))
			highest = (int)z;
	if (highest < 0)
		pf_broken(lane, PF_LAW_TRUTHFUL,
			  "compaction says success, but node %u has no free block of order %d",
			  req->node, req->order);
	if (!(lane->impl->features & PF_F_SNAPSHOT) || lane->state_size > WHAT_IF_LIMIT)
		return;
	if (!would_succeed(lane, &(struct pf_request){.order = req->order,
						      .mobility = req->mobility,
						      .node = req->node,
						      .zone = l->zone[highest].type,
						      .gfp = PF_GFP_MEMALLOC | PF_GFP_THISNODE}) &&
	    !in_reserve(lane, req->node, (unsigned)req->order))
		pf_broken(lane, PF_LAW_TRUTHFUL,
			  "compaction says success, but order %d can't be allocated even without "
			  "watermarks",
			  req->order);
}

/*
 * Asked again at once, a compaction of a whole node that neither moved nor was
 * refused anything has no more to ask the world. (One that did move pages may
 * well find more: its scanners meet, and pages it freed are targets now.)
 */
void pf_law_settled(struct pf_lane *lane, const struct pf_compact_request *req)
{
	if (req->order >= 0 || lane->asked || !(lane->impl->features & PF_F_SNAPSHOT) ||
	    lane->state_size > WHAT_IF_LIMIT)
		return;
	lane->figures.checks++;
	what_if(lane);
	lane->impl->compact(lane->state, req);
	what_if_ends(lane);
	if (lane->asked)
		pf_broken(lane, PF_LAW_SETTLED,
			  "compaction of node %u found nothing to move, but repeated it asks for "
			  "%u moves",
			  req->node, lane->asked);
}

void pf_law_truthful_reclaim(struct pf_lane *lane, unsigned answer)
{
	lane->figures.checks++;
	if (answer != lane->evicted_pages)
		pf_broken(lane, PF_LAW_TRUTHFUL, "reclaim says %u pages, its owners gave up %u",
			  answer, lane->evicted_pages);
}

/* ------------------------------------------------ after every operation -- */

PF_HOT static void law_conservation(struct pf_lane *lane, unsigned z,
				    const struct pf_zone_counters *c)
{
	const struct pf_mirror *valid = &lane->run->valid;
	uint32_t managed = valid->nset[z][0] - lane->offline[z];
	uint32_t live = lane->live[z];

	if (c->managed != managed)
		pf_broken(lane, PF_LAW_CONSERVATION, "zone %s: manages %u pages, should be %u",
			  zone_name(&lane->run->layout, z), c->managed, managed);
	if (c->free + c->cached + c->isolated + live != managed)
		pf_broken(lane, PF_LAW_CONSERVATION,
			  "zone %s: free %u + cached %u + isolated %u + live %u is not managed %u",
			  zone_name(&lane->run->layout, z), c->free, c->cached, c->isolated, live,
			  managed);
	if (c->isolated != lane->isolated[z])
		pf_broken(lane, PF_LAW_CONSERVATION,
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
		const struct pf_zone_counters *c = lane->impl->counters(lane->state, z);

		law_conservation(lane, z, c);
		lane->figures.checks++;
		if (lane->impl->features & PF_F_CANONICAL && !c->cached) {
			law_coalesced(lane, z, c);
			lane->figures.checks++;
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
	if (lane->moved && (slot->attrs & PF_PAGE_PINNED || !(slot->attrs & PF_PAGE_MOVABLE)))
		pf_broken(lane, PF_LAW_IMMOVABLE,
			  "pfn %u is listed as free, but a%u (%s) still lives there", pfn,
			  slot->name, slot->attrs & PF_PAGE_PINNED ? "pinned" : "unmovable");
	if (lane->moved)
		pf_broken(lane, PF_LAW_CONSENT,
			  "pfn %u is listed as free, but a%u still lives there: the world had "
			  "refused",
			  pfn, slot->name);
	pf_broken(lane, PF_LAW_CENSUS, "pfn %u is listed as free, but belongs to a%u", pfn,
		  slot->name);
}

static void check_block_pages(struct pf_lane *lane, uint32_t idx, uint32_t n, bool isolated)
{
	const struct pf_oracle *run = lane->run;
	pf_pfn base = run->layout.base_pfn;

	for (uint32_t i = idx; i < idx + n; i++) {
		if (lane->owner[i])
			blame_overlap(lane, i);
		if (!pf_mirror_test(&run->valid, i, 0))
			pf_broken(lane, PF_LAW_CENSUS,
				  "pfn %u is listed as free, but is reserved or no memory",
				  base + i);
		if ((lane->block_state[pf_block_of(run, i)] == PF_BLOCK_ISOLATED) != isolated)
			pf_broken(lane, PF_LAW_CENSUS,
				  "pfn %u is listed as %s, but its pageblock is %s", base + i,
				  isolated ? "isolated" : "free", isolated ? "not" : "isolated");
		if (lane->block_state[pf_block_of(run, i)] == PF_BLOCK_OFFLINE)
			pf_broken(lane, PF_LAW_CENSUS, "pfn %u is listed as free, but is offline",
				  base + i);
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

PF_HOT static void census_block(void *arg, const struct pf_block *b)
{
	struct census *census = arg;
	struct pf_lane *lane = census->lane;
	const struct pf_layout *l = &lane->run->layout;
	uint32_t idx = b->pfn - l->base_pfn, n = 1u << b->order;
	struct pf_zone_counters *sum;
	unsigned z;

	if (b->order > l->max_order || idx >= pf_layout_pages(l) || pf_layout_pages(l) - idx < n ||
	    idx & (n - 1))
		pf_broken(lane, PF_LAW_CENSUS,
			  "listed free block pfn %u order %u: outside or unaligned", b->pfn,
			  b->order);
	z = pf_zone_of(l, idx);
	if (!(b->where != PF_ISOLATED && pf_mirror_test(&lane->mirror, idx, b->order)))
		check_block_pages(lane, idx, n, b->where == PF_ISOLATED);
	if (b->pfn < l->zone[z].start_pfn || l->zone[z].start_pfn + l->zone[z].spanned - b->pfn < n)
		pf_broken(lane, PF_LAW_CENSUS, "listed free block pfn %u order %u crosses zones",
			  b->pfn, b->order);
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

void pf_law_census(struct pf_lane *lane)
{
	const struct pf_layout *l = &lane->run->layout;
	struct census census = {.lane = lane};

	/* Only one that repeats what was recorded has none. */
	if (!lane->impl->census)
		return;
	memset(lane->run->seen, 0, (pf_layout_pages(l) / 64 + 1) * sizeof(uint64_t));
	lane->impl->census(lane->state, census_block, &census);
	for (unsigned z = 0; z < l->nr_zones; z++) {
		const struct pf_zone_counters *c = lane->impl->counters(lane->state, z);
		const struct pf_zone_counters *s = &census.sum[z];

		if (c->free != s->free || c->cached != s->cached || c->isolated != s->isolated)
			pf_broken(lane, PF_LAW_CENSUS,
				  "zone %s counts %u free, %u cached, %u isolated pages; its lists "
				  "hold %u, %u, %u",
				  zone_name(l, z), c->free, c->cached, c->isolated, s->free,
				  s->cached, s->isolated);
		for (unsigned o = 0; lane->impl->features & PF_F_CANONICAL && o <= l->max_order;
		     o++)
			if (c->nr_free[o] != s->nr_free[o])
				pf_broken(lane, PF_LAW_CENSUS,
					  "zone %s counts %u free blocks of order %u, its lists "
					  "hold %u",
					  zone_name(l, z), c->nr_free[o], o, s->nr_free[o]);
	}
	lane->figures.checks++;
}

static void law_contents(struct pf_lane *lane)
{
	const struct pf_oracle *run = lane->run;

	for (uint32_t s = 0; s < run->nr_slots; s++) {
		const struct pf_slot *slot = &run->slot[s];

		if (slot->state == PF_SLOT_EMPTY)
			continue;
		for (uint32_t u = 0; u < slot->nr_units; u++)
			pf_world_verify(lane, slot->first_unit + u);
	}
	lane->figures.checks++;
}

static void law_identities(struct pf_lane *lane)
{
	const struct pf_stats *s;
	uint64_t live = 0;

	if (!lane->impl->stats)
		return;
	lane->figures.checks++;
	s = lane->impl->stats(lane->state);
	for (unsigned z = 0; z < lane->run->layout.nr_zones; z++)
		live += lane->live[z];
	if (s->pgalloc - s->pgfree != live)
		pf_broken(lane, PF_LAW_IDENTITIES,
			  "pgalloc %llu - pgfree %llu is not the %llu live pages",
			  (unsigned long long)s->pgalloc, (unsigned long long)s->pgfree,
			  (unsigned long long)live);
	if (s->pgmigrate_success != lane->total_migrated)
		pf_broken(lane, PF_LAW_IDENTITIES,
			  "pgmigrate_success %llu, the world moved %llu pages",
			  (unsigned long long)s->pgmigrate_success,
			  (unsigned long long)lane->total_migrated);
	if (s->compact_stall != s->compact_success + s->compact_fail)
		pf_broken(lane, PF_LAW_IDENTITIES,
			  "compact_stall %llu is not compact_success %llu + compact_fail %llu",
			  (unsigned long long)s->compact_stall,
			  (unsigned long long)s->compact_success,
			  (unsigned long long)s->compact_fail);
	if (s->pgsteal != lane->total_evicted || s->pgsteal > s->pgscan)
		pf_broken(lane, PF_LAW_IDENTITIES,
			  "pgsteal %llu of pgscan %llu, the owners gave up %llu pages",
			  (unsigned long long)s->pgsteal, (unsigned long long)s->pgscan,
			  (unsigned long long)lane->total_evicted);
	if (s->extfrag != lane->figures.events[PF_EV_EXTFRAG] - lane->extfrag_before)
		pf_broken(lane, PF_LAW_IDENTITIES, "extfrag %llu, reported fallbacks %llu",
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
	lane->figures.checks++;
	for (uint32_t b = 0; b < blocks; b++) {
		uint32_t idx = b << l->pageblock_order;
		unsigned type;

		if (!pf_mirror_test(&lane->run->valid, idx, 0))
			continue;
		type = lane->impl->block_type(lane->state, l->base_pfn + idx);
		if (type >= PF_NR_BLOCK_TYPES)
			pf_broken(lane, PF_LAW_BLOCK_TYPES, "pageblock at pfn %u has type %u",
				  l->base_pfn + idx, type);
		if ((type == PF_ISOLATE) != (lane->block_state[b] == PF_BLOCK_ISOLATED) &&
		    lane->block_state[b] != PF_BLOCK_OFFLINE)
			pf_broken(lane, PF_LAW_BLOCK_TYPES,
				  "pageblock at pfn %u is %sisolated, its type says %u",
				  l->base_pfn + idx,
				  lane->block_state[b] == PF_BLOCK_ISOLATED ? "" : "not ", type);
	}
}

void pf_law_undone(struct pf_lane *lane, uint32_t block)
{
	const struct pf_layout *l = &lane->run->layout;
	pf_pfn pfn = l->base_pfn + (block << l->pageblock_order);

	if (lane->block_type[block] == PF_NR_BLOCK_TYPES)
		return;
	lane->figures.checks++;
	if (lane->impl->block_type(lane->state, pfn) != lane->block_type[block])
		pf_broken(lane, PF_LAW_BLOCK_TYPES,
			  "pageblock at pfn %u had type %u before its isolation and has %u after",
			  pfn, lane->block_type[block], lane->impl->block_type(lane->state, pfn));
}

void pf_laws_audit(struct pf_lane *lane)
{
	pf_law_census(lane);
	law_contents(lane);
	law_identities(lane);
	law_block_types(lane);
}

/* Mostly a second walk over what the census has seen: at checkpoints only. */
void pf_law_self_check(struct pf_lane *lane)
{
	const char *wrong;

	if (!lane->impl->self_check)
		return;
	lane->figures.checks++;
	wrong = lane->impl->self_check(lane->state);
	if (wrong)
		pf_broken(lane, PF_LAW_SELF_CHECK, "%s", wrong);
}

void pf_law_canonical(struct pf_lane *lane)
{
	const struct pf_oracle *run = lane->run;

	lane->figures.checks++;
	for (unsigned z = 0; z < run->layout.nr_zones; z++) {
		const struct pf_zone_counters *c = lane->impl->counters(lane->state, z);

		if (c->cached || c->isolated || c->free != run->valid.nset[z][0])
			pf_broken(lane, PF_LAW_CANONICAL,
				  "zone %s: everything is freed, but %u free, %u cached, %u "
				  "isolated of %u pages",
				  zone_name(&run->layout, z), c->free, c->cached, c->isolated,
				  run->valid.nset[z][0]);
	}
	pf_law_census(lane);
}
