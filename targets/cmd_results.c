// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_results.c - pagefuzz results: what was published about parts of Linux's
 * page allocator, measured again on the port with the part and without.
 *
 * The workload follows the descriptions of those who published. It was written
 * down before the first run and is not to be tuned towards their figures:
 *
 *  1. create: small files, 150 % of memory, from four cpus (thpfioscale): 16 pages
 *     of cache each, and in between slab and other kernel memory, so that what is
 *     allocated is 75 % movable, 15 % reclaimable, 10 % unmovable by pages;
 *  2. read: as many pages of cache as there is memory, with a quarter of the slab;
 *  3. four rounds of thpscale: holes of 1 to 64 pages are punched into the cache
 *     until a third of memory is free; huge pages are asked for, a quarter of memory,
 *     with 32 pages read and dropped between two of them; they are given back, and
 *     files are read until memory is full again;
 *  4. at rest: all cache and, at random, half of the slab are gone, and huge pages
 *     are asked for, as many as memory could hold.
 *
 * Cache is single pages, as in the kernels of the time. Slab has orders 0 to 3 and
 * is asked for as SLUB does: above order 0 it neither reclaims nor compacts. What
 * kswapd does is part of the program, as the port has no reclaim: when little is
 * free, the oldest cache goes, one in ten gets a second chance, and slab in
 * proportion. "Little" is the low mark and as much again, which per-cpu lists may
 * hold. Unmovable memory is a tenth at most; who frees it is young in three of four
 * cases. The marks are those that khugepaged recommends. A program is one for all
 * variants and can't see who refuses what.
 *
 * ALLOC_NOFRAGMENT needs a lower zone, so there is a DMA32 for that row. Nobody
 * works watermark boosts off, and with them stuck there is no compaction: they are
 * switched off by sysctl where they aren't the question.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "mutate.h"

#define HUGE	  9
#define PAGEBLOCK (1u << HUGE)
#define SCALE	  7
#define CPUS	  4
#define NONE	  UINT32_MAX

/* Symbols of the operand gfp, see op.c. */
enum { GFP_KERNEL = 0, GFP_NOWAIT = 2, GFP_NONE = 3, GFP_NORETRY = 6, GFP_THP = 15 };

/* ------------------------------------------------------------- workload -- */

struct unit {
	uint32_t slot;
	uint8_t order;
};

struct load {
	struct pf_rng rng;
	struct pf_op *ops;
	size_t nr, room;
	uint32_t pages, used; /* as if every request succeeded */
	uint32_t little, enough;
	/* Cache by age; holes are NONE. */
	uint32_t *cache, first, end, cache_room, cache_pages;
	struct unit *slab, *kernel;
	uint32_t nr_slab, slab_pages, nr_kernel, kernel_pages;
	uint32_t *spare, nr_spare, next_slot;
	unsigned cpu;
};

static void *room_for(void *array, size_t size)
{
	array = realloc(array, size);
	if (!array) {
		pf_complain("out of memory");
		exit(PF_EXIT_USAGE);
	}
	return array;
}

static struct pf_op *add_op(struct load *l, unsigned kind)
{
	if (l->nr == l->room) {
		l->room = l->room ? 2 * l->room : 1 << 16;
		l->ops = room_for(l->ops, l->room * sizeof(*l->ops));
	}
	l->ops[l->nr] = (struct pf_op){.kind = kind};
	return &l->ops[l->nr++];
}

static void add_free(struct load *l, uint32_t slot, unsigned order)
{
	struct pf_op *op = add_op(l, PF_OP_FREE);

	op->slot = slot;
	op->arg[PF_FREE_CPU] = l->cpu;
	l->used -= 1u << order;
	l->spare[l->nr_spare++] = slot;
}

static void free_unit(struct load *l, struct unit *units, uint32_t *nr, uint32_t *pages, uint32_t i)
{
	*pages -= 1u << units[i].order;
	add_free(l, units[i].slot, units[i].order);
	units[i] = units[--*nr];
}

static void drop_cache(struct load *l, uint32_t at)
{
	add_free(l, l->cache[at], 0);
	l->cache[at] = NONE;
	l->cache_pages--;
}

static void keep_cache(struct load *l, uint32_t slot)
{
	if (l->end == l->cache_room) {
		l->cache_room = l->cache_room ? 2 * l->cache_room : 1 << 16;
		l->cache = room_for(l->cache, l->cache_room * sizeof(*l->cache));
	}
	l->cache[l->end++] = slot;
}

static void reclaim_one(struct load *l)
{
	if (pf_rng_below(&l->rng, l->slab_pages + l->cache_pages) < l->slab_pages) {
		/* Objects die at random, so pages of slab do. */
		free_unit(l, l->slab, &l->nr_slab, &l->slab_pages,
			  pf_rng_below(&l->rng, l->nr_slab));
		return;
	}
	for (;; l->first++) {
		if (l->cache[l->first] == NONE)
			continue;
		if (pf_rng_below(&l->rng, 10))
			break;
		keep_cache(l, l->cache[l->first]);
		l->cache[l->first] = NONE;
	}
	drop_cache(l, l->first++);
}

static void reclaim(struct load *l)
{
	if (l->pages - l->used >= l->little)
		return;
	while (l->pages - l->used < l->enough)
		reclaim_one(l);
}

static uint32_t add_alloc(struct load *l, unsigned order, unsigned mobility, unsigned gfp)
{
	uint32_t slot;
	struct pf_op *op;

	reclaim(l);
	while (!l->nr_spare && l->next_slot == PF_NR_SLOTS)
		reclaim_one(l);
	slot = l->nr_spare ? l->spare[--l->nr_spare] : l->next_slot++;
	op = add_op(l, PF_OP_ALLOC);
	op->slot = slot;
	op->arg[PF_ALLOC_ORDER] = order;
	op->arg[PF_ALLOC_MOBILITY] = mobility;
	op->arg[PF_ALLOC_GFP] = gfp;
	op->arg[PF_ALLOC_CPU] = l->cpu;
	l->used += 1u << order;
	return slot;
}

/* per_cent: shares of orders 0 to 3. */
static unsigned pick_order(struct load *l, const uint8_t *per_cent)
{
	uint32_t at = pf_rng_below(&l->rng, 100);
	unsigned order = 0;

	while (at >= per_cent[order])
		at -= per_cent[order++];
	return order;
}

static void add_slab(struct load *l)
{
	/* 3.8 pages on average. */
	static const uint8_t orders[] = {30, 20, 25, 25};
	unsigned order = pick_order(l, orders);
	uint32_t slot =
		add_alloc(l, order, PF_RECLAIMABLE, order ? GFP_NONE : GFP_KERNEL);

	l->slab[l->nr_slab++] = (struct unit){slot, order};
	l->slab_pages += 1u << order;
}

static void add_kernel(struct load *l)
{
	/* 2.3 pages on average. */
	static const uint8_t orders[] = {60, 15, 15, 10};
	unsigned order = pick_order(l, orders);
	uint32_t slot =
		add_alloc(l, order, PF_UNMOVABLE, order ? GFP_NOWAIT : GFP_KERNEL);

	l->kernel[l->nr_kernel++] = (struct unit){slot, order};
	l->kernel_pages += 1u << order;
	while (l->kernel_pages > l->pages / 10) {
		uint32_t young = l->nr_kernel < 512 ? l->nr_kernel : 512;
		uint32_t among = pf_rng_below(&l->rng, 4) ? young : l->nr_kernel;

		free_unit(l, l->kernel, &l->nr_kernel, &l->kernel_pages,
			  l->nr_kernel - 1 - pf_rng_below(&l->rng, among));
	}
}

/* Pages of cache, file by file; slab_share: of what new files need, a quarter each. */
static void use_files(struct load *l, uint32_t pages, unsigned slab_share)
{
	for (uint32_t i = 0; i < pages; i++) {
		if (i % 16 == 0)
			l->cpu = pf_rng_below(&l->rng, CPUS);
		keep_cache(l, add_alloc(l, 0, PF_MOVABLE, GFP_KERNEL));
		l->cache_pages++;
		/* 0.2 pages of slab, 0.133 of other kernel memory for one of cache. */
		if (pf_rng_below(&l->rng, 4 * 1000) < slab_share * 53)
			add_slab(l);
		if (pf_rng_below(&l->rng, 1000) < 58)
			add_kernel(l);
	}
}

static void punch_holes(struct load *l)
{
	while (l->pages - l->used < l->pages / 3) {
		uint32_t at = l->first + pf_rng_below(&l->rng, l->end - l->first);
		uint32_t end = at + 1 + pf_rng_below(&l->rng, 64);

		for (; at < end && at < l->end; at++)
			if (l->cache[at] != NONE)
				drop_cache(l, at);
	}
}

static void thpscale(struct load *l)
{
	uint32_t nr = l->pages / 4 / PAGEBLOCK, *huge = room_for(NULL, nr * sizeof(*huge));

	punch_holes(l);
	for (uint32_t i = 0; i < nr; i++) {
		l->cpu = pf_rng_below(&l->rng, CPUS);
		huge[i] = add_alloc(l, HUGE, PF_MOVABLE, GFP_THP);
		use_files(l, 32, 1);
		for (unsigned p = 0; p < 32; p++)
			reclaim_one(l);
	}
	for (uint32_t i = 0; i < nr; i++)
		add_free(l, huge[i], HUGE);
	free(huge);
	use_files(l, l->pages - l->used, 1);
}

/* As thpscale(), but memory is full: only what compaction demands is made free. */
static void thpscale_full(struct load *l)
{
	uint32_t nr = l->pages / 16 / PAGEBLOCK, *huge = room_for(NULL, nr * sizeof(*huge));

	for (uint32_t i = 0; i < nr; i++) {
		l->cpu = pf_rng_below(&l->rng, CPUS);
		while (l->pages - l->used < l->enough + 3 * PAGEBLOCK)
			reclaim_one(l);
		huge[i] = add_alloc(l, HUGE, PF_MOVABLE, GFP_THP);
		use_files(l, 32, 1);
	}
	for (uint32_t i = 0; i < nr; i++)
		add_free(l, huge[i], HUGE);
	free(huge);
	use_files(l, l->pages - l->used, 1);
}

static void at_rest(struct load *l)
{
	for (; l->first < l->end; l->first++)
		if (l->cache[l->first] != NONE)
			drop_cache(l, l->first);
	for (uint32_t half = l->nr_slab / 2; l->nr_slab > half;)
		free_unit(l, l->slab, &l->nr_slab, &l->slab_pages,
			  pf_rng_below(&l->rng, l->nr_slab));
	add_op(l, PF_OP_DRAIN);
	/* Nothing has to be reclaimed for these. */
	l->little = 0;
	for (uint32_t i = 0; i < l->pages / PAGEBLOCK; i++) {
		struct pf_op *op = add_op(l, PF_OP_ALLOC);

		op->slot = l->spare[i];
		op->arg[PF_ALLOC_ORDER] = HUGE;
		op->arg[PF_ALLOC_MOBILITY] = PF_MOVABLE;
		op->arg[PF_ALLOC_GFP] = GFP_NORETRY;
	}
}

/* -------------------------------------------------------------- machine -- */

struct machine_spec {
	uint32_t dma32, normal; /* pages */
	bool boost, full;
};

static void add_zone(struct load *l, unsigned type, uint32_t pages, uint32_t min)
{
	struct pf_op *op = add_op(l, PF_OP_ZONE);

	op->arg[PF_ZONE_TYPE] = type;
	op->arg[PF_ZONE_PAGES] = pages >> SCALE;
	op->arg[PF_ZONE_MIN] = min >> SCALE;
	min = min >> SCALE << SCALE;
	l->little += 2 * (min + min / 4);
	l->enough += 2 * (min + min / 4) + min / 4;
}

static void add_config(struct load *l, unsigned key, unsigned value)
{
	struct pf_op *op = add_op(l, PF_OP_CONFIG);

	op->arg[PF_CONFIG_KEY] = key;
	op->arg[PF_CONFIG_VALUE] = value;
}

static void add_machine(struct load *l, const struct machine_spec *spec)
{
	/* As set_recommended_min_free_kbytes(). */
	uint32_t min = PAGEBLOCK * 11 * (spec->dma32 ? 2 : 1);
	struct pf_op *op;

	l->pages = spec->dma32 + spec->normal;
	if (min > l->pages / 20)
		min = l->pages / 20;
	add_config(l, PF_CONFIG_PAGEBLOCK_ORDER, HUGE);
	add_config(l, PF_CONFIG_MAX_ORDER, 10);
	add_config(l, PF_CONFIG_CPUS, CPUS);
	add_config(l, PF_CONFIG_SCALE, SCALE);
	if (spec->dma32)
		add_zone(l, PF_ZONE_DMA32, spec->dma32,
			 (uint64_t)min * spec->dma32 / l->pages);
	add_zone(l, PF_ZONE_NORMAL, spec->normal, (uint64_t)min * spec->normal / l->pages);
	if (spec->boost)
		return;
	op = add_op(l, PF_OP_TUNE);
	op->arg[PF_TUNE_KNOB] = PF_WATERMARK_BOOST_FACTOR;
	op->arg[PF_TUNE_VALUE] = 0;
}

static struct pf_program make_program(const struct machine_spec *spec, uint64_t seed)
{
	struct load l = {.rng = {seed}};

	l.spare = room_for(NULL, PF_NR_SLOTS * sizeof(*l.spare));
	l.slab = room_for(NULL, PF_NR_SLOTS * sizeof(*l.slab));
	l.kernel = room_for(NULL, PF_NR_SLOTS * sizeof(*l.kernel));
	add_machine(&l, spec);
	use_files(&l, (uint32_t)((uint64_t)l.pages * 3 / 2 * 3 / 4), 4);
	use_files(&l, l.pages, 1);
	for (unsigned i = 0; i < (spec->full ? 16 : 4); i++)
		(spec->full ? thpscale_full : thpscale)(&l);
	at_rest(&l);
	free(l.spare);
	free(l.slab);
	free(l.kernel);
	free(l.cache);
	return (struct pf_program){l.ops, l.nr};
}

/* ---------------------------------------------------------- measurement -- */

enum metric { FREE_SCANNED, MIGRATE_SCANNED, FRAGMENTING, UNDER_LOAD, AT_REST, NR_METRICS };

struct outcome {
	uint64_t value[NR_METRICS];
	uint64_t asked[NR_METRICS]; /* UNDER_LOAD, AT_REST */
	uint64_t small, small_failed; /* requests below HUGE */
};

static void note_event(void *arg, unsigned lane, const struct pf_event *ev)
{
	struct outcome *o = arg;

	(void)lane;
	if (ev->type == PF_EV_EXTFRAG) {
		o->value[FRAGMENTING] += ev->field[2] < HUGE;
	} else if (ev->type == PF_EV_PAGE_ALLOC && ev->field[1] == HUGE) {
		enum metric m = ev->field[2] & PF_GFP_NORETRY ? AT_REST : UNDER_LOAD;

		o->asked[m]++;
		o->value[m] += ev->field[0] >= 0;
	} else if (ev->type == PF_EV_PAGE_ALLOC) {
		o->small++;
		o->small_failed += ev->field[0] < 0;
	}
}

static bool measure(struct outcome *out, const char *name, const struct pf_program *p)
{
	struct pf_lineup lineup;
	struct pf_oracle *o = pf_open_oracle(name, &lineup, NULL);
	struct pf_options options = {.unchecked = true, .event = note_event, .event_arg = out};
	struct pf_verdict v;
	enum pf_outcome outcome;

	if (!o)
		return false;
	memset(out, 0, sizeof(*out));
	pf_oracle_options(o, &options);
	outcome = pf_oracle_run(o, p->ops, p->nr, &v);
	out->value[FREE_SCANNED] = pf_oracle_figures(o, 0)->free_scanned;
	out->value[MIGRATE_SCANNED] = pf_oracle_figures(o, 0)->migrate_scanned;
	pf_oracle_free(o);
	if (outcome != PF_CLEAN)
		pf_complain("%s: %s", name, outcome == PF_FINDING ? v.detail : "not run");
	return outcome == PF_CLEAN;
}

/* ---------------------------------------------------------------- table -- */

#define MAX_SEEDS 20

static struct {
	const char *name;
	bool two_zones;
	struct outcome of[MAX_SEEDS];
} runs[] = {
	{.name = "linux"},
	{.name = "linux-nofast"},
	{.name = "linux-nogroup"},
	{.name = "linux-nocompact"},
	{.name = "linux-nogroup-nocompact"},
	{.name = "linux", .two_zones = true},
	{.name = "linux-noboost", .two_zones = true},
	{.name = "linux-nofrag-noboost", .two_zones = true},
};
#define NR_RUNS (sizeof(runs) / sizeof(runs[0]))
int main_debug;
int cmd_results(int argc, char **argv);
int cmd_results(int argc, char **argv)
{
	unsigned seeds = argc > 1 ? atoi(argv[1]) : 1;
	unsigned shift = argc > 2 ? atoi(argv[2]) : 0, full = argc > 3;

	for (unsigned s = 0; s < seeds; s++)
		for (unsigned i = 0; i < NR_RUNS; i++) {
			struct machine_spec spec = {runs[i].two_zones ? 65536u >> shift : 0, 262144u >> shift, runs[i].two_zones, full};
			struct pf_program p = make_program(&spec, s + 1);
			struct outcome *o = &runs[i].of[s];

			measure(o, runs[i].name, &p);
			printf("%-25s ops %zu free %lu mig %lu frag %lu load %lu/%lu rest %lu/%lu small %lu failed %lu\n", runs[i].name, p.nr,
			       o->value[0], o->value[1], o->value[2], o->value[3], o->asked[3], o->value[4], o->asked[4], o->small, o->small_failed);
			free(p.ops);
		}
	return 0;
}
