// SPDX-License-Identifier: GPL-2.0-only
/*
 * twin.c - implementations that promise to be the same: every answer, every
 * question whether a page may move, and every dump must be equal to the end.
 *
 * The one that runs outside the process (the real kernel, or a record of it) is
 * right; among others the first of the lineup is.
 */
#include <stdlib.h>
#include <string.h>

#include "../impls/names.h"
#include "twin.h"

static void *grow(struct pf_lane *lane, void *p, uint32_t *max, size_t size)
{
	*max = *max ? *max * 2 : 64;
	return pf_resize(lane->run, p, *max, size);
}

static void said(struct pf_lane *lane, uint64_t value)
{
	if (lane->nr_said == lane->max_said)
		lane->said = grow(lane, lane->said, &lane->max_said, sizeof(*lane->said));
	lane->said[lane->nr_said++] = value;
}

static void moved(struct pf_lane *lane, pf_pfn src, pf_pfn dst, unsigned mode, unsigned result)
{
	if (lane->nr_moves == lane->max_moves)
		lane->move = grow(lane, lane->move, &lane->max_moves, sizeof(*lane->move));
	lane->move[lane->nr_moves++] = (struct pf_move){src, dst, mode, result};
}

static bool is_twin(const struct pf_lane *lane)
{
	return lane->impl->tier == PF_TIER_TWIN;
}

static const struct pf_witness witness = {said, moved};

void pf_twins_start(struct pf_oracle *run)
{
	memset(&run->exact, 0, sizeof(run->exact));
	run->nr_twins = 0;
	pf_for_each_lane(run, lane) run->nr_twins += is_twin(lane);
	run->witness = run->nr_twins > 1 ? &witness : NULL;
}

void pf_twins_step(struct pf_lane *lane)
{
	lane->nr_said = lane->nr_moves = 0;
	if (lane->run->nr_twins > 1)
		memset(lane->told, 0, sizeof(lane->told));
}

void pf_twins_free(struct pf_lane *lane)
{
	pf_arena_free(lane->run->arena, lane->said);
	pf_arena_free(lane->run->arena, lane->move);
	if (lane->dump)
		free(lane->dump->word);
	free(lane->dump);
}

static struct pf_lane *reference(struct pf_oracle *run, const struct pf_lane *twin)
{
	struct pf_lane *best = NULL;

	pf_for_each_lane(run, lane)
	{
		if (!is_twin(lane) || strcmp(lane->impl->group, twin->impl->group))
			continue;
		if (!best ||
		    (!(best->impl->features & PF_F_REMOTE) && lane->impl->features & PF_F_REMOTE))
			best = lane;
	}
	return best;
}

/* --------------------------------------------------------------- report -- */

#define tell(lane, ...) pf_tell(&(lane)->run->blame, __VA_ARGS__)

#define NEIGHBOURS 4

/* Where in the lists of this lane a page is, with what stands around it. */
static bool tell_if_listed(struct pf_lane *lane, const struct pf_list *list, unsigned order,
			   pf_pfn pfn, const char *kind)
{
	const uint32_t *word = lane->dump->word + list->first;
	unsigned mt = kind[0] == 'f' ? (list - lane->dump->zone[0].free[0]) % PF_NR_BLOCK_TYPES : 0;

	for (uint32_t i = 0; i < list->nr; i++) {
		if (pfn - word[i] >= 1u << order)
			continue;
		tell(lane, "          pfn %#x in %s: %s of order %u%s%s, %u of %u:", pfn,
		     lane->impl->name, kind, order, kind[0] == 'f' ? " " : "",
		     kind[0] == 'f' ? pf_block_type_name(mt) : "", i + 1, list->nr);
		for (uint32_t k = i > NEIGHBOURS ? i - NEIGHBOURS : 0;
		     k < list->nr && k <= i + NEIGHBOURS; k++)
			tell(lane, k == i ? " [%#x]" : " %#x", word[k]);
		tell(lane, "\n");
		return true;
	}
	return false;
}

static void tell_where(struct pf_lane *lane, pf_pfn pfn)
{
	const struct pf_layout *l = &lane->run->layout;

	/* What is recorded can't be asked at any time. */
	if (!lane->impl->dump || !lane->impl->census || pfn == PF_NO_PFN)
		return;
	pf_dump_lane(lane);
	for (unsigned z = 0; z < l->nr_zones; z++) {
		const struct pf_zone_dump *zone = &lane->dump->zone[z];

		for (unsigned o = 0; o <= l->max_order; o++)
			for (unsigned t = 0; t < PF_NR_BLOCK_TYPES; t++)
				if (tell_if_listed(lane, &zone->free[o][t], o, pfn, "free list"))
					return;
		for (unsigned cpu = 0; cpu < l->nr_cpus; cpu++)
			for (unsigned i = 0; i < PF_NR_PCP_LISTS; i++)
				if (tell_if_listed(lane, &zone->pcp[cpu][i], pf_pcp_order(l, i),
						   pfn, "per-cpu list"))
					return;
	}
	if (lane->owner[pfn - l->base_pfn])
		tell(lane, "          pfn %#x in %s: belongs to %s\n", pfn, lane->impl->name,
		     pf_owner_name(lane, pfn - l->base_pfn).s);
}

/* ----------------------------------------------------- after each operation -- */

static bool looks_like_pfn(const struct pf_oracle *run, uint64_t v)
{
	return v >= run->layout.base_pfn && v < run->layout.end_pfn;
}

_Noreturn static void blame_answer(struct pf_lane *lane, struct pf_lane *ref, uint32_t i)
{
	struct pf_oracle *run = lane->run;
	bool mine = i < lane->nr_said, theirs = i < ref->nr_said;
	uint64_t a = mine ? lane->said[i] : 0, b = theirs ? ref->said[i] : 0;

	if (mine && theirs && (looks_like_pfn(run, a) || looks_like_pfn(run, b))) {
		if (looks_like_pfn(run, b)) {
			tell_where(lane, b);
			tell_where(ref, b);
		}
		if (looks_like_pfn(run, a)) {
			tell_where(ref, a);
			tell_where(lane, a);
		}
	}
	pf_relation_broken(lane, ref, PF_LAW_EXACT,
			   "answer %u of this operation is %#llx%s in %s, %#llx%s in %s", i + 1,
			   (unsigned long long)a,
			   !mine	    ? " (missing)"
			   : a == PF_NO_PFN ? " (failed)"
					    : "",
			   lane->impl->name, (unsigned long long)b,
			   !theirs	    ? " (missing)"
			   : b == PF_NO_PFN ? " (failed)"
					    : "",
			   ref->impl->name);
}

static void tell_moves(struct pf_lane *lane, uint32_t at)
{
	tell(lane, "          moves of %s:\n", lane->impl->name);
	for (uint32_t i = at > 3 ? at - 3 : 0; i < lane->nr_moves && i < at + 4; i++)
		tell(lane, "          %s%5u  %#x -> %#x mode %u %s\n", i == at ? "*" : " ", i + 1,
		     lane->move[i].src, lane->move[i].dst, lane->move[i].mode,
		     lane->move[i].result == PF_WAITED
			     ? "waited for"
			     : pf_migrate_result_name(lane->move[i].result));
	if (at >= lane->nr_moves)
		tell(lane, "          * no move %u\n", at + 1);
}

static void compare_moves(struct pf_lane *lane, struct pf_lane *ref)
{
	uint32_t n = lane->nr_moves < ref->nr_moves ? lane->nr_moves : ref->nr_moves, i;

	for (i = 0; i < n; i++)
		if (memcmp(&lane->move[i], &ref->move[i], offsetof(struct pf_move, result) + 1))
			break;
	lane->run->exact.migrations += i;
	if (i == n && lane->nr_moves == ref->nr_moves)
		return;
	tell_moves(lane, i);
	tell_moves(ref, i);
	pf_relation_broken_as(lane, ref, PF_LAW_EXACT, PF_ABOUT_TWIN_MOVES,
			      "move %u of this operation differs (%u and %u)", i + 1,
			      lane->nr_moves, ref->nr_moves);
}

/* Who is held to Linux's rules tells what Linux does on its way. */
static void compare_events(struct pf_lane *lane, struct pf_lane *ref)
{
	static const char *const name[PF_NR_EVENTS] = {
		[PF_EV_EXTFRAG] = "fallbacks",
		[PF_EV_WAKEUP_KSWAPD] = "wake-ups of kswapd",
		[PF_EV_WAKEUP_KCOMPACTD] = "wake-ups of kcompactd",
		[PF_EV_KCOMPACTD_WAKE] = "kcompactd's beginnings",
		[PF_EV_COMPACT_SUITABLE] = "zones that are suitable for compaction",
		[PF_EV_COMPACT_BEGIN] = "compaction's beginnings",
		[PF_EV_COMPACT_FINISHED] = "compaction's looks at its end",
		[PF_EV_COMPACT_END] = "compaction's ends",
		[PF_EV_ISOLATE_MIGRATEPAGES] = "isolated pages to move",
		[PF_EV_ISOLATE_FREEPAGES] = "isolated free pages",
		[PF_EV_COMPACT_DEFERRED] = "zones whose compaction is put off",
		[PF_EV_COMPACT_DEFER] = "compactions that are put off from now on",
		[PF_EV_COMPACT_DEFER_RESET] = "compactions that are not put off any more",
	};

	if (!lane->rules.observer || !ref->rules.observer)
		return;
	for (unsigned e = 0; e < PF_NR_EVENTS; e++)
		if (name[e] && (lane->told[e].nr != ref->told[e].nr ||
				lane->told[e].hash != ref->told[e].hash))
			pf_relation_broken_as(lane, ref, PF_LAW_EXACT, PF_ABOUT_TWIN_EVENTS,
					      "%s: %u of this operation, %u, or not the same",
					      name[e], lane->told[e].nr, ref->told[e].nr);
}

void pf_relation_twins(struct pf_oracle *run)
{
	if (run->nr_twins < 2)
		return;
	pf_for_each_lane(run, lane)
	{
		struct pf_lane *ref = is_twin(lane) ? reference(run, lane) : lane;
		uint32_t i;

		if (ref == lane)
			continue;
		pf_checked(lane, PF_LAW_EXACT);
		compare_moves(lane, ref);
		for (i = 0; i < lane->nr_said && i < ref->nr_said; i++)
			if (lane->said[i] != ref->said[i])
				blame_answer(lane, ref, i);
		if (lane->nr_said != ref->nr_said)
			blame_answer(lane, ref, i);
		compare_events(lane, ref);
		if (run->step < run->nr_ops && (run->ops[run->step].kind == PF_OP_ALLOC ||
						run->ops[run->step].kind == PF_OP_BULK ||
						run->ops[run->step].kind == PF_OP_EXACT))
			run->exact.allocations++;
	}
}

/* ---------------------------------------------------------------- dumps -- */

/* Both lists around the first difference. */
static void tell_lists(struct pf_lane *lane, struct pf_lane *ref, const struct pf_dump_diff *d)
{
	for (unsigned side = 0; side < 2; side++) {
		const struct pf_list *l = side ? d->b_list : d->a_list;
		struct pf_lane *of = side ? ref : lane;
		const uint32_t *w = of->dump->word + l->first;

		tell(lane, "          %-10s", of->impl->name);
		for (uint32_t j = d->at > 3 ? d->at - 3 : 0; j < l->nr && j < d->at + 5; j++)
			tell(lane, j == d->at ? " [%#x]" : " %#x", w[j]);
		tell(lane, "\n");
	}
}

static void compare_dumps(struct pf_lane *lane, struct pf_lane *ref)
{
	static const enum pf_about about[] = {
		[PF_DUMP_FREE_LIST] = PF_ABOUT_TWIN_FREE_LISTS,
		[PF_DUMP_PCP_LIST] = PF_ABOUT_TWIN_CPU_LISTS,
		[PF_DUMP_BLOCKS] = PF_ABOUT_TWIN_PAGEBLOCKS,
		[PF_DUMP_LRU_LIST] = PF_ABOUT_TWIN_LRU,
		[PF_DUMP_ZONE_FIELD] = PF_ABOUT_TWIN_ZONE,
		[PF_DUMP_CPU_FIELD] = PF_ABOUT_TWIN_CPU,
		[PF_DUMP_TOTAL] = PF_ABOUT_TWIN_EVENTS,
		[PF_DUMP_LISTS_HASH] = PF_ABOUT_TWIN_FREE_LISTS,
	};
	struct pf_dump_diff d = {0};
	char text[300];

	if (pf_dump_diff(&d, &lane->run->layout, lane->dump, ref->dump))
		return;
	pf_dump_diff_text(&d, lane->impl->name, ref->impl->name, text, sizeof(text));
	if (d.a_list && !lane->dump->lists_absent && !ref->dump->lists_absent)
		tell_lists(lane, ref, &d);
	pf_relation_broken_as(lane, ref, PF_LAW_EXACT, about[d.part], "the dumps differ: %s", text);
}

void pf_relation_dumps(struct pf_oracle *run)
{
	if (run->nr_twins < 2 && !run->options.dumps)
		return;
	pf_for_each_lane(run, lane) if (is_twin(lane) && lane->impl->dump) pf_dump_lane(lane);
	pf_for_each_lane(run, lane)
	{
		struct pf_lane *ref = is_twin(lane) ? reference(run, lane) : lane;

		if (ref == lane || !lane->impl->dump || !ref->impl->dump)
			continue;
		pf_checked(lane, PF_LAW_EXACT);
		compare_dumps(lane, ref);
		run->exact.dumps++;
	}
}
