// SPDX-License-Identifier: GPL-2.0-only
/*
 * twin.c - implementations that promise to be the same: every answer, every
 * question whether a page may move, and every dump must be equal to the end.
 *
 * The one that runs outside the process (the real kernel, or a record of it) is
 * right; among others the first of the lineup is.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lane.h"

static void *grow(void *p, uint32_t *max, size_t size)
{
	*max = *max ? *max * 2 : 64;
	p = realloc(p, *max * size);
	if (!p)
		abort();
	return p;
}

void pf_twin_said(struct pf_lane *lane, uint64_t value)
{
	if (lane->nr_said == lane->max_said)
		lane->said = grow(lane->said, &lane->max_said, sizeof(*lane->said));
	lane->said[lane->nr_said++] = value;
}

void pf_twin_moved(struct pf_lane *lane, pf_pfn src, pf_pfn dst, unsigned mode, unsigned result)
{
	if (lane->nr_moves == lane->max_moves)
		lane->move = grow(lane->move, &lane->max_moves, sizeof(*lane->move));
	lane->move[lane->nr_moves++] = (struct pf_move){src, dst, mode, result};
}

static bool is_twin(const struct pf_lane *lane)
{
	return lane->impl->tier == PF_TIER_TWIN;
}

void pf_twins_start(struct pf_oracle *run)
{
	memset(&run->exact, 0, sizeof(run->exact));
	run->nr_twins = 0;
	run->no_exact = false;
	pf_for_each_lane(run, lane)
	{
		if (!is_twin(lane))
			continue;
		run->nr_twins++;
		/* Its way and the framework's leave other lists behind. */
		run->no_exact |= !lane->impl->alloc_exact;
	}
}

void pf_twins_free(struct pf_lane *lane)
{
	free(lane->said);
	free(lane->move);
	free(lane->dump.word);
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

static void tell(struct pf_oracle *run, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void tell(struct pf_oracle *run, const char *fmt, ...)
{
	size_t used = strlen(run->report);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(run->report + used, sizeof(run->report) - used, fmt, ap);
	va_end(ap);
}

#define NEIGHBOURS 4

/* Where in the lists of this lane a page is, with what stands around it. */
static bool tell_if_listed(struct pf_lane *lane, const struct pf_list *list, unsigned order,
			   pf_pfn pfn, const char *kind)
{
	static const char *const type[] = {"unmovable",	 "movable", "reclaimable",
					   "highatomic", "cma",	    "isolate"};
	const uint32_t *word = lane->dump.word + list->first;
	unsigned mt = kind[0] == 'f' ? (list - lane->dump.zone[0].free[0]) % PF_NR_BLOCK_TYPES : 0;

	for (uint32_t i = 0; i < list->nr; i++) {
		if (pfn - word[i] >= 1u << order)
			continue;
		tell(lane->run, "          pfn %#x in %s: %s of order %u%s%s, %u of %u:", pfn,
		     lane->impl->name, kind, order, kind[0] == 'f' ? " " : "",
		     kind[0] == 'f' ? type[mt] : "", i + 1, list->nr);
		for (uint32_t k = i > NEIGHBOURS ? i - NEIGHBOURS : 0;
		     k < list->nr && k <= i + NEIGHBOURS; k++)
			tell(lane->run, k == i ? " [%#x]" : " %#x", word[k]);
		tell(lane->run, "\n");
		return true;
	}
	return false;
}

/* As many words as a dump can have: a block a page, and the pageblocks. */
static void make_room(struct pf_lane *lane)
{
	uint32_t room = 2 * pf_layout_pages(&lane->run->layout) + 64;

	if (lane->dump.room >= room)
		return;
	free(lane->dump.word);
	lane->dump.word = malloc(room * sizeof(uint32_t));
	if (!lane->dump.word)
		abort();
	lane->dump.room = room;
}

void pf_twin_dump(struct pf_lane *lane)
{
	struct pf_dump *d = &lane->dump;

	make_room(lane);
	d->nr_words = 0;
	d->lists_absent = false;
	lane->work = 0;
	lane->impl->dump(lane->state, d);
	if (d->nr_words > d->room)
		pf_broken(lane, PF_LAW_CENSUS, "a dump of %u words for %u pages", d->nr_words,
			  pf_layout_pages(&lane->run->layout));
}

static void tell_where(struct pf_lane *lane, pf_pfn pfn)
{
	const struct pf_layout *l = &lane->run->layout;

	/* What is recorded can't be asked at any time. */
	if (!lane->impl->dump || !lane->impl->census || pfn == PF_NO_PFN)
		return;
	pf_twin_dump(lane);
	for (unsigned z = 0; z < l->nr_zones; z++) {
		const struct pf_zone_dump *zone = &lane->dump.zone[z];

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
		tell(lane->run, "          pfn %#x in %s: belongs to a%u\n", pfn, lane->impl->name,
		     pf_unit_slot(lane->run, lane->owner[pfn - l->base_pfn] - 1)->name);
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
	static const char *const result[] = {"moved", "again", "busy", "no memory", "waited for"};

	tell(lane->run, "          moves of %s:\n", lane->impl->name);
	for (uint32_t i = at > 3 ? at - 3 : 0; i < lane->nr_moves && i < at + 4; i++)
		tell(lane->run, "          %s%5u  %#x -> %#x mode %u %s\n", i == at ? "*" : " ",
		     i + 1, lane->move[i].src, lane->move[i].dst, lane->move[i].mode,
		     result[lane->move[i].result % (sizeof(result) / sizeof(result[0]))]);
	if (at >= lane->nr_moves)
		tell(lane->run, "          * no move %u\n", at + 1);
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
	pf_relation_broken(lane, ref, PF_LAW_EXACT, "move %u of this operation differs (%u and %u)",
			   i + 1, lane->nr_moves, ref->nr_moves);
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
		lane->figures.checks++;
		compare_moves(lane, ref);
		for (i = 0; i < lane->nr_said && i < ref->nr_said; i++)
			if (lane->said[i] != ref->said[i])
				blame_answer(lane, ref, i);
		if (lane->nr_said != ref->nr_said)
			blame_answer(lane, ref, i);
		if (run->step < run->nr_ops && (run->ops[run->step].kind == PF_OP_ALLOC ||
						run->ops[run->step].kind == PF_OP_BULK ||
						run->ops[run->step].kind == PF_OP_EXACT))
			run->exact.allocations++;
	}
}

/* ---------------------------------------------------------------- dumps -- */

static const char *const zone_field[] = {
#define X(id, name) #name,
	PF_ZONE_FIELDS(X)
#undef X
};
static const char *const cpu_field[] = {
#define X(id, name) #name,
	PF_CPU_FIELDS(X)
#undef X
};
static const char *const total_field[] = {
#define X(id, name) #name,
	PF_TOTAL_FIELDS(X)
#undef X
};

struct pair {
	struct pf_lane *lane, *ref;
};

_Noreturn __attribute__((format(printf, 2, 3))) static void differs(struct pair p, const char *fmt,
								    ...)
{
	char what[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	pf_relation_broken(p.lane, p.ref, PF_LAW_EXACT, "the dumps differ: %s", what);
}

static void compare_list(struct pair p, const struct pf_list *a, const struct pf_list *b,
			 const char *what, unsigned z, unsigned i, unsigned k)
{
	const uint32_t *aw = p.lane->dump.word + a->first, *bw = p.ref->dump.word + b->first;
	uint32_t n = a->nr < b->nr ? a->nr : b->nr, at = 0;

	if (!p.ref->dump.lists_absent && !p.lane->dump.lists_absent)
		while (at < n && aw[at] == bw[at])
			at++;
	else
		at = n;
	if (at == n && a->nr == b->nr)
		return;
	if (!p.ref->dump.lists_absent && !p.lane->dump.lists_absent)
		for (unsigned side = 0; side < 2; side++) {
			const struct pf_list *l = side ? b : a;
			const uint32_t *w = side ? bw : aw;

			tell(p.lane->run, "          %-10s", (side ? p.ref : p.lane)->impl->name);
			for (uint32_t j = at > 3 ? at - 3 : 0; j < l->nr && j < at + 5; j++)
				tell(p.lane->run, j == at ? " [%#x]" : " %#x", w[j]);
			tell(p.lane->run, "\n");
		}
	differs(p, "zone %u, %s [%u][%u] from entry %u on; it has %u in %s, %u in %s", z, what, i,
		k, at, a->nr, p.lane->impl->name, b->nr, p.ref->impl->name);
}

static void compare_fields(struct pair p, const uint32_t *a, const uint32_t *b, unsigned nr,
			   const char *const *name, const char *what, unsigned z)
{
	for (unsigned i = 0; i < nr; i++)
		if (a[i] != b[i])
			differs(p, "%s %u, %s is %d in %s, %d in %s", what, z, name[i], (int)a[i],
				p.lane->impl->name, (int)b[i], p.ref->impl->name);
}

static void compare_dumps(struct pair p)
{
	const struct pf_layout *l = &p.lane->run->layout;
	const struct pf_dump *a = &p.lane->dump, *b = &p.ref->dump;
	uint64_t ah, bh;

	for (unsigned z = 0; z < l->nr_zones; z++) {
		const struct pf_zone_dump *az = &a->zone[z], *bz = &b->zone[z];

		for (unsigned o = 0; o <= l->max_order; o++)
			for (unsigned t = 0; t < PF_NR_BLOCK_TYPES; t++)
				compare_list(p, &az->free[o][t], &bz->free[o][t],
					     "free list [order][type]", z, o, t);
		for (unsigned cpu = 0; cpu < l->nr_cpus; cpu++)
			for (unsigned i = 0; i < PF_NR_PCP_LISTS; i++)
				compare_list(p, &az->pcp[cpu][i], &bz->pcp[cpu][i],
					     "per-cpu list [cpu][list]", z, cpu, i);
		compare_list(p, &az->blocks, &bz->blocks, "pageblock type and skip", z, 0, 0);
		compare_fields(p, az->field, bz->field, PF_NR_ZONE_FIELDS, zone_field, "zone", z);
		for (unsigned cpu = 0; cpu < l->nr_cpus; cpu++)
			compare_fields(p, az->cpu[cpu], bz->cpu[cpu], PF_NR_CPU_FIELDS, cpu_field,
				       "cpu 0 of zone", z);
	}
	for (unsigned cpu = 0; cpu < l->nr_cpus; cpu++)
		compare_list(p, &a->lru_add[cpu], &b->lru_add[cpu], "LRU batch [cpu]", 0, cpu, 0);
	compare_fields(p, a->total, b->total, PF_NR_TOTAL_FIELDS, total_field, "machine", 0);
	if (!a->lists_absent && !b->lists_absent)
		return;
	ah = a->lists_absent ? a->list_hash : pf_dump_hash(l, a);
	bh = b->lists_absent ? b->list_hash : pf_dump_hash(l, b);
	if (ah != bh)
		differs(p, "the order of some list (its record holds hashes only, the next full "
			   "dump tells where)");
}

void pf_relation_dumps(struct pf_oracle *run)
{
	if (run->nr_twins < 2 && !run->options.dumps)
		return;
	pf_for_each_lane(run, lane) if (is_twin(lane) && lane->impl->dump) pf_twin_dump(lane);
	pf_for_each_lane(run, lane)
	{
		struct pf_lane *ref = is_twin(lane) ? reference(run, lane) : lane;

		if (ref == lane || !lane->impl->dump || !ref->impl->dump)
			continue;
		lane->figures.checks++;
		compare_dumps((struct pair){lane, ref});
		run->exact.dumps++;
	}
}

const struct pf_dump *pf_oracle_dump(struct pf_oracle *o, unsigned lane)
{
	if (!o->lane[lane]->active || !o->lane[lane]->impl->dump)
		return NULL;
	pf_twin_dump(o->lane[lane]);
	return &o->lane[lane]->dump;
}
