// SPDX-License-Identifier: GPL-2.0-only
/*
 * relations.c - what holds between implementations that ran the same program.
 *
 * Consensus (lockstep.c) keeps their live sets equal, so these comparisons
 * stay valid to the end of a run. Each relation says when it applies.
 */
#include <string.h>

#include "laws.h"
#include "relations.h"

/* ---------------------------------------------------- same log (groups) -- */

/*
 * Members of a group use the same list discipline, so they answer every
 * request with the same pfn until something happens that their policies are
 * free to treat differently. Then a member leaves for the rest of the run:
 *  - it fell back to another type's list below pageblock_order (what to steal
 *    is policy; from pageblock_order up it is the whole block in all);
 *  - it moved or evicted a page, or took part in a request that another member
 *    answered otherwise (success against failure: consensus takes it back);
 *  - it has no mobility types, and a request was not MOVABLE, as all memory is
 *    at the start;
 *  - it has no watermarks, and some zone came near its LOW mark, where those
 *    that have them go to the next zone.
 * Where a zone begins inside a maximal block, nothing is compared: Linux's
 * guess whether a freed block will merge (buddy_merge_likely, 6.1) then looks
 * at free blocks of the neighbouring zone, which an implementation that knows
 * one zone at a time can't see.
 */
void pf_relations_start(struct pf_oracle *run)
{
	const struct pf_layout *l = &run->layout;
	bool aligned = true;

	for (unsigned z = 1; z < l->nr_zones; z++)
		aligned &= !(l->zone[z].start_pfn & ((1u << l->max_order) - 1));
	pf_for_each_lane(run, lane) lane->grouped = aligned && lane->impl->tier == PF_TIER_EXACT;
}

void pf_relation_leave(struct pf_oracle *run)
{
	pf_for_each_lane(run, lane) lane->grouped = false;
}

static bool near_low(const struct pf_lane *lane, uint32_t pages)
{
	const struct pf_layout *l = &lane->run->layout;

	for (unsigned z = 0; z < l->nr_zones; z++)
		if (l->zone[z].wmark[PF_WMARK_LOW] &&
		    lane->mirror.nset[z][0] <= l->zone[z].wmark[PF_WMARK_LOW] + pages)
			return true;
	return false;
}

void pf_relation_request(struct pf_oracle *run, const struct pf_request *req, uint32_t pages)
{
	pf_for_each_lane(run, lane)
	{
		uint32_t features = lane->impl->features;

		if (!lane->grouped)
			continue;
		if (!(features & PF_F_MOBILITY) && req->mobility != PF_MOVABLE)
			lane->grouped = false;
		if (!(features & PF_F_WATERMARKS) && near_low(lane, pages))
			lane->grouped = false;
	}
}

static bool same_group(const struct pf_lane *a, const struct pf_lane *b)
{
	return a->grouped && b->grouped && !strcmp(a->impl->group, b->impl->group);
}

/* How many members of its group, itself included, answered as this lane did. */
static unsigned votes(struct pf_oracle *run, const struct pf_lane *voter, const pf_pfn *pfn)
{
	unsigned n = 0;

	pf_for_each_lane(run, lane) n +=
		same_group(voter, lane) && pfn[lane->index] == pfn[voter->index];
	return n;
}

void pf_relation_same_log(struct pf_oracle *run, const pf_pfn *pfn)
{
	struct pf_lane *first = NULL, *odd = NULL;

	pf_for_each_lane(run, lane)
	{
		if (!lane->grouped)
			continue;
		pf_checked(lane, PF_LAW_SAME_LOG);
		if (pfn[lane->index] == PF_NO_PFN || lane->moved) {
			/* A failure near a watermark or a success bought by moves. */
			lane->grouped = false;
			continue;
		}
		if (!first)
			first = lane;
		else if (same_group(first, lane) && pfn[lane->index] != pfn[first->index])
			odd = lane;
	}
	if (!odd)
		return;
	/* The minority is blamed; between two the later one of the lineup. */
	if (votes(run, odd, pfn) > votes(run, first, pfn)) {
		struct pf_lane *swap = odd;

		odd = first;
		first = swap;
	}
	/* A broken law says more than a disagreement. */
	pf_laws_step(odd);
	pf_laws_audit(odd);
	pf_laws_step(first);
	pf_laws_audit(first);
	pf_relation_broken(odd, first, PF_LAW_SAME_LOG,
			   "%s answers pfn %u, %s pfn %u, after equal histories", odd->impl->name,
			   pfn[odd->index], first->impl->name, pfn[first->index]);
}

/* --------------------------------------------------------------- totals -- */

static uint32_t unused_pages(struct pf_lane *lane)
{
	uint32_t n = 0;

	for (unsigned z = 0; z < lane->run->layout.nr_zones; z++) {
		const struct pf_zone_counters *c = PF_ASK(lane, counters, z);

		n += c->free + c->cached + c->isolated + lane->offline[z] + lane->own[z];
	}
	return n;
}

/* The first lane of the lineup with the same live set, maybe this one. */
static struct pf_lane *like_minded(struct pf_oracle *run, const struct pf_lane *of)
{
	pf_for_each_lane(run, lane) if (lane->missing == of->missing) return lane;
	return NULL;
}

/*
 * Free, cached, isolated and offline pages are what the live set leaves, where
 * live sets are equal: all slots are there, or the same ones are absent.
 */
void pf_relation_totals(struct pf_oracle *run)
{
	pf_for_each_lane(run, lane)
	{
		struct pf_lane *first = like_minded(run, lane);

		if (first == lane)
			continue;
		pf_checked(lane, PF_LAW_TOTALS);
		if (unused_pages(lane) != unused_pages(first))
			pf_relation_broken(lane, first, PF_LAW_TOTALS,
					   "%s has %u unused pages, %s %u, with equal live sets",
					   lane->impl->name, unused_pages(lane), first->impl->name,
					   unused_pages(first));
	}
}

/* ----------------------------------------------------- mirrored replay -- */

static bool claim_unit(struct pf_lane *follower, const struct pf_lane *leader,
		       const struct pf_slot *slot, uint32_t unit)
{
	return PF_ASK(follower, claim, leader->unit_pfn[unit], slot->order, slot->mobility);
}

static bool leader_has_block(const struct pf_lane *leader, unsigned order)
{
	for (unsigned z = 0; z < leader->run->layout.nr_zones; z++)
		if (leader->mirror.nset[z][order])
			return true;
	return false;
}

static void replay(struct pf_lane *leader, struct pf_lane *follower)
{
	struct pf_oracle *run = leader->run;
	const struct pf_layout *l = &run->layout;

	for (uint32_t s = 0; s < run->nr_slots; s++) {
		const struct pf_slot *slot = &run->slot[s];

		if (slot->state == PF_SLOT_EMPTY || pf_absent(leader, slot))
			continue;
		for (uint32_t u = 0; u < slot->nr_units; u++)
			if (!claim_unit(follower, leader, slot, slot->first_unit + u))
				pf_relation_broken(follower, leader, PF_LAW_MIRRORED,
						   "%s can't take a%u at pfn %u, where %s has it",
						   follower->impl->name, slot->name,
						   leader->unit_pfn[slot->first_unit + u],
						   leader->impl->name);
	}
	/* What it took it counts as taken. */
	for (unsigned z = 0; z < l->nr_zones && !leader->has_ranges; z++) {
		const struct pf_zone_counters *c = PF_ASK(follower, counters, z);

		if (c->free + c->cached + leader->live[z] + follower->own[z] != c->managed)
			pf_broken(
				follower, PF_LAW_CONSERVATION,
				"with the places of %s, zone %u: free %u + cached %u + taken %u is "
				"not managed %u",
				leader->impl->name, z, c->free, c->cached, leader->live[z],
				c->managed);
	}
	for (unsigned o = 0; o <= l->max_order; o++) {
		struct pf_request req = {.order = o,
					 .mobility = PF_MOVABLE,
					 .zone = PF_ZONE_MOVABLE,
					 .gfp = PF_GFP_MEMALLOC};
		pf_pfn pfn = PF_ASK(follower, alloc, &req);

		if ((pfn != PF_NO_PFN) != leader_has_block(leader, o))
			pf_relation_broken_as(
				follower, leader, PF_LAW_MIRRORED,
				pfn != PF_NO_PFN ? PF_ABOUT_OVERLAP_PAGE
						 : pf_about_refusal(follower, o),
				"with the places of %s, %s %s a block of order %u; there is %s",
				leader->impl->name, follower->impl->name,
				pfn != PF_NO_PFN ? "finds" : "can't find", o,
				leader_has_block(leader, o) ? "one" : "none");
		if (pfn != PF_NO_PFN)
			PF_TELL(follower, free, pfn, o, 0);
		/* What it caches would be missing from the next order. */
		if (follower->impl->drain)
			PF_TELL(follower, drain, -1);
	}
}

/*
 * Put the leader's live set on a fresh follower, then ask it for each order:
 * with types, caches and watermarks out of the way, a block can be had if and
 * only if the leader's free pages hold an aligned run (G1, R9). The fresh one
 * lives in the second state block and in the leader's world.
 */
static void mirror_on(struct pf_lane *leader, struct pf_lane *follower)
{
	void *state = follower->state;

	pf_checked(follower, PF_LAW_MIRRORED);
	follower->borrowed = true;
	leader->muted = true;
	follower->state = follower->spare;
	follower->spare = state;
	pf_enter(follower);
	follower->impl->init(follower->impl->self, follower->state, &leader->run->layout,
			     &leader->world);
	pf_leave(follower);
	replay(leader, follower);
	follower->spare = follower->state;
	follower->state = state;
	follower->borrowed = false;
	leader->muted = false;
}

/* One leader a checkpoint: they take turns by the position in the program. */
void pf_relation_mirrored(struct pf_oracle *run)
{
	struct pf_lane *leader = run->lane[run->step % run->nr_lanes];

	/* Blocks out of use are no part of a live set, and what it keeps is not known. */
	if (!leader->active || leader->has_ranges || run->options.start)
		return;
	for (unsigned z = 0; z < run->layout.nr_zones; z++)
		if (leader->own[z])
			return;
	/* One with state elsewhere has one of it only. */
	pf_for_each_lane(run, follower) if (follower != leader && follower->impl->claim &&
					    !follower->nr_regions && !follower->impl->own_pages)
		mirror_on(leader, follower);
}

/* -------------------------------------------------- everything is freed -- */

/* The same memory came to both in the end, and neither keeps any for itself. */
static bool comparable(const struct pf_lane *a, const struct pf_lane *b)
{
	return a->added == b->added && !a->impl->own_pages && !b->impl->own_pages;
}

static void compare_histograms(struct pf_lane *lane, struct pf_lane *other)
{
	const struct pf_layout *l = &lane->run->layout;

	pf_checked(lane, PF_LAW_HISTOGRAM);
	for (unsigned z = 0; z < l->nr_zones; z++)
		for (unsigned o = 0; o <= l->max_order; o++) {
			uint32_t a = PF_ASK(lane, counters, z)->nr_free[o];
			uint32_t b = PF_ASK(other, counters, z)->nr_free[o];

			if (a != b)
				pf_relation_broken(lane, other, PF_LAW_HISTOGRAM,
						   "with everything freed, zone %u has %u blocks "
						   "of order %u in %s, %u in %s",
						   z, a, o, lane->impl->name, b, other->impl->name);
		}
}

static bool has_histogram(const struct pf_lane *lane)
{
	return lane->impl->tier >= PF_TIER_CENSUS && lane->impl->features & PF_F_CANONICAL;
}

void pf_relations_end(struct pf_oracle *run)
{
	pf_for_each_lane(run, lane)
	{
		bool counted = false;

		for (unsigned i = 0; i < lane->index; i++) {
			struct pf_lane *other = run->lane[i];

			if (!other->active || !comparable(lane, other))
				continue;
			pf_checked(lane, PF_LAW_FREE_SET);
			/* Equal totals of all-free memory with a truthful census are equal sets. */
			if (memcmp(lane->mirror.words, other->mirror.words,
				   lane->mirror.nr_words * sizeof(*lane->mirror.words)))
				pf_relation_broken(lane, other, PF_LAW_FREE_SET,
						   "with everything freed, %s and %s have "
						   "different free pages",
						   lane->impl->name, other->impl->name);
			if (has_histogram(lane) && has_histogram(other) && !counted)
				compare_histograms(lane, other);
			counted |= has_histogram(other);
			if (counted || !has_histogram(lane))
				break;
		}
	}
}
