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
 *  3. four rounds in the manner of thpscale: holes of 1 to 64 pages are punched into
 *     the cache until a third of memory is free; huge pages are asked for, a quarter
 *     of memory, with 32 pages read and dropped between two of them; they are given
 *     back, and files are read until memory is full again;
 *  4. at rest: all cache and, at random, half of the slab are gone, and huge pages
 *     are asked for, as many as memory could hold.
 *
 * thpscale itself punches holes into a mapping, not into memory. So, added after the
 * first run, "memory full": step 3 makes only as much free as compaction demands for
 * a huge page, and in sixteen rounds of a sixteenth of memory, as a program can't see
 * which requests failed and would free too much.
 *
 * Cache is single pages, as in the kernels of the time, clean and on the LRU. Slab
 * has orders 0 to 3 and is asked for as SLUB does: above order 0 it neither reclaims
 * nor compacts. What kswapd does is part of the program, as the port has no reclaim:
 * when little is free, the oldest cache goes, one in ten gets a second chance, and
 * slab in proportion. "Little" is the low mark and as much again, which per-cpu lists
 * may hold. Before kswapd sleeps it clears compaction's skip hints where that is due,
 * and wakes kcompactd if a block was asked for (this and the LRU came after the first
 * run, when the port had them). Unmovable memory is a tenth at most; who frees it is
 * young in three of four cases. The marks are those that khugepaged recommends.
 *
 * ALLOC_NOFRAGMENT needs a lower zone, so there is a DMA32 for its rows. Nobody
 * works watermark boosts off, and with them stuck there is no compaction: they are
 * switched off by sysctl where they aren't the question.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "progress.h"
#include "ward.h"
#include "../language/mutate.h"

#define HUGE	  9
#define PAGEBLOCK (1u << HUGE)
#define SCALE	  7
#define CPUS	  4
#define NONE	  UINT32_MAX
#define NORMAL	  (1u << 18) /* pages: 1 GB */
#define DMA32	  (1u << 16)
#define MAX_SEEDS 50

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

static void add_tick(struct load *l, enum pf_daemon daemon, unsigned order)
{
	struct pf_op *op = add_op(l, PF_OP_TICK);

	op->arg[PF_TICK_DAEMON] = daemon;
	op->arg[PF_TICK_ORDER] = order;
}

/* Order of the block that the request may wake daemons for; 0: none. */
static unsigned wakes_for(unsigned order, unsigned gfp)
{
	return pf_gfp_flags[gfp] & PF_GFP_KSWAPD_RECLAIM ? order : 0;
}

/* kswapd, woken for that order, until it sleeps: see kswapd_try_to_sleep(). */
static void reclaim(struct load *l, unsigned order)
{
	if (l->pages - l->used >= l->little)
		return;
	while (l->pages - l->used < l->enough)
		reclaim_one(l);
	add_tick(l, PF_KSWAPD, order);
	if (order)
		add_tick(l, PF_KCOMPACTD, order);
}

static uint32_t add_alloc(struct load *l, unsigned order, unsigned mobility, unsigned gfp)
{
	uint32_t slot;
	struct pf_op *op;

	reclaim(l, wakes_for(order, gfp));
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
	/* Requests that can't wait wake kcompactd themselves if kswapd has nothing to do. */
	if (wakes_for(order, gfp))
		add_tick(l, PF_KCOMPACTD, 0);
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
	uint32_t slot = add_alloc(l, order, PF_RECLAIMABLE, order ? GFP_NONE : GFP_KERNEL);

	l->slab[l->nr_slab++] = (struct unit){slot, order};
	l->slab_pages += 1u << order;
}

static void add_kernel(struct load *l)
{
	/* 2.3 pages on average. */
	static const uint8_t orders[] = {60, 15, 15, 10};
	unsigned order = pick_order(l, orders);
	uint32_t slot = add_alloc(l, order, PF_UNMOVABLE, order ? GFP_NOWAIT : GFP_KERNEL);

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
		uint32_t slot;

		if (i % 16 == 0)
			l->cpu = pf_rng_below(&l->rng, CPUS);
		slot = add_alloc(l, 0, PF_MOVABLE, GFP_KERNEL);
		add_op(l, PF_OP_EVICTABLE)->slot = slot;
		add_op(l, PF_OP_LRU)->slot = slot;
		keep_cache(l, slot);
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

struct spec {
	bool dma32; /* and boosts */
	bool full;
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

static void add_machine(struct load *l, bool dma32)
{
	/* As set_recommended_min_free_kbytes(). */
	uint32_t min = PAGEBLOCK * 11 * (dma32 ? 2 : 1);
	struct pf_op *op;

	l->pages = NORMAL + (dma32 ? DMA32 : 0);
	if (min > l->pages / 20)
		min = l->pages / 20;
	add_config(l, PF_CONFIG_PAGEBLOCK_ORDER, HUGE);
	add_config(l, PF_CONFIG_MAX_ORDER, 10);
	add_config(l, PF_CONFIG_CPUS, CPUS);
	add_config(l, PF_CONFIG_SCALE, SCALE);
	if (dma32)
		add_zone(l, PF_ZONE_DMA32, DMA32, (uint64_t)min * DMA32 / l->pages);
	add_zone(l, PF_ZONE_NORMAL, NORMAL, (uint64_t)min * NORMAL / l->pages);
	if (dma32)
		return;
	op = add_op(l, PF_OP_TUNE);
	op->arg[PF_TUNE_KNOB] = PF_WATERMARK_BOOST_FACTOR;
	op->arg[PF_TUNE_VALUE] = 0;
}

static struct pf_program make_program(const struct spec *spec, uint64_t seed)
{
	struct load l = {.rng = {seed}};

	l.spare = room_for(NULL, PF_NR_SLOTS * sizeof(*l.spare));
	l.slab = room_for(NULL, PF_NR_SLOTS * sizeof(*l.slab));
	l.kernel = room_for(NULL, PF_NR_SLOTS * sizeof(*l.kernel));
	add_machine(&l, spec->dma32);
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

enum metric { TARGETS, WALKED, SOURCES, FRAGMENTING, UNDER_LOAD, AT_REST, NR_METRICS };

struct outcome {
	uint64_t value[NR_METRICS];
	uint64_t asked[NR_METRICS]; /* UNDER_LOAD, AT_REST */
	uint64_t small_failed;	    /* requests below HUGE */
};

enum run_name {
	LINUX,
	NOSERIES,
	LIGHT,
	LIGHT_NOSERIES,
	NOGROUP,
	NOCOMPACT,
	NOCOMPACT_NOGROUP,
	FULL,
	FULL_NOSERIES,
	FULL_NOGROUP,
	TWO,
	TWO_NOBOOST,
	TWO_NOFRAG_NOBOOST,
	TWO_FULL,
	TWO_FULL_NOFRAG_NOBOOST,
	NR_RUNS,
};

static struct {
	const char *impl;
	struct spec spec;
	struct outcome of[MAX_SEEDS];
} runs[NR_RUNS] = {
	[LINUX] = {.impl = "linux"},
	[NOSERIES] = {.impl = "linux-nofast-nocapture"},
	[LIGHT] = {.impl = "linux-light"},
	[LIGHT_NOSERIES] = {.impl = "linux-light-nofast-nocapture"},
	[NOGROUP] = {.impl = "linux-nogroup"},
	[NOCOMPACT] = {.impl = "linux-nocompact"},
	[NOCOMPACT_NOGROUP] = {.impl = "linux-nocompact-nogroup"},
	[FULL] = {.impl = "linux", .spec = {.full = true}},
	[FULL_NOSERIES] = {.impl = "linux-nofast-nocapture", .spec = {.full = true}},
	[FULL_NOGROUP] = {.impl = "linux-nogroup", .spec = {.full = true}},
	[TWO] = {.impl = "linux", .spec = {.dma32 = true}},
	[TWO_NOBOOST] = {.impl = "linux-noboost", .spec = {.dma32 = true}},
	[TWO_NOFRAG_NOBOOST] = {.impl = "linux-nofrag-noboost", .spec = {.dma32 = true}},
	[TWO_FULL] = {.impl = "linux", .spec = {.dma32 = true, .full = true}},
	[TWO_FULL_NOFRAG_NOBOOST] = {.impl = "linux-nofrag-noboost",
				     .spec = {.dma32 = true, .full = true}},
};

static void note_event(void *arg, unsigned lane, const struct pf_event *ev)
{
	struct outcome *o = arg;

	(void)lane;
	if (ev->type == PF_EV_EXTFRAG) {
		o->value[FRAGMENTING] += ev->field[2] < HUGE;
	} else if (ev->type == PF_EV_ISOLATE_FREEPAGES) {
		o->value[WALKED] += (uint64_t)ev->field[2];
	} else if (ev->type == PF_EV_PAGE_ALLOC && ev->field[1] == HUGE) {
		enum metric m = ev->field[2] & PF_GFP_NORETRY ? AT_REST : UNDER_LOAD;

		o->asked[m]++;
		o->value[m] += ev->field[0] >= 0;
	} else if (ev->type == PF_EV_PAGE_ALLOC) {
		o->small_failed += ev->field[0] < 0;
	}
}

/* What a child process measures; result is shared with it. */
struct measurement {
	const struct pf_impl *impl;
	const struct pf_program *p;
	struct result {
		enum pf_outcome outcome;
		struct pf_verdict v;
		struct outcome of;
	} * result;
};

static void measure(void *arg, struct pf_at *at)
{
	const struct measurement *m = arg;
	struct outcome out = {0};
	struct pf_options options = {
		.unchecked = true, .event = note_event, .event_arg = &out, .at = at};
	struct pf_oracle *o = pf_oracle_new(&m->impl, 1);

	if (!o)
		return;
	pf_oracle_options(o, &options);
	m->result->outcome = pf_oracle_run(o, m->p->ops, m->p->nr, &m->result->v);
	out.value[TARGETS] = pf_oracle_figures(o, 0)->free_scanned;
	out.value[SOURCES] = pf_oracle_figures(o, 0)->migrate_scanned;
	m->result->of = out;
	pf_oracle_free(o);
}

static int measure_on(struct outcome *out, const char *name, const struct pf_program *p,
		      struct result *result)
{
	struct measurement m = {.p = p, .result = result};
	struct pf_lineup lineup;
	struct pf_verdict v;
	int status;

	if (!pf_open_lineup(name, &lineup, NULL))
		return PF_EXIT_USAGE;
	memset(result, 0, sizeof(*result));
	result->outcome = PF_UNSUPPORTED;
	m.impl = lineup.impl[0];
	status = pf_ward_call(measure, &m, 0, &m.impl->name, 1, &v);
	if (status == PF_EXIT_FINDING) {
		printf("finding   %s\nwhat      %s\n", v.signature, v.detail);
	} else if (status == PF_EXIT_CLEAN && result->outcome != PF_CLEAN) {
		status = pf_complain("results: %s: %s", name,
				     result->outcome == PF_UNSUPPORTED ? "does not take the layout"
								       : result->v.detail);
	}
	*out = result->of;
	pf_lineup_free(&lineup);
	return status;
}

/* *nr_seeds: how many of them there are results of in the end. */
static int measure_seeds(unsigned *nr_seeds, struct result *result)
{
	int status = PF_EXIT_CLEAN;
	unsigned nr = *nr_seeds;

	for (*nr_seeds = 0; *nr_seeds < nr; (*nr_seeds)++)
		for (unsigned i = 0; i < 4; i++) {
			struct spec spec = {.dma32 = i & 1, .full = i & 2};
			struct pf_program p = make_program(&spec, *nr_seeds + 1);

			for (unsigned r = 0; r < NR_RUNS && status == PF_EXIT_CLEAN; r++) {
				if (runs[r].spec.dma32 != spec.dma32 ||
				    runs[r].spec.full != spec.full)
					continue;
				pf_progress("results: program %u of %u, %s", 4 * *nr_seeds + i + 1,
					    4 * nr, runs[r].impl);
				status = measure_on(&runs[r].of[*nr_seeds], runs[r].impl, &p,
						    result);
			}
			free(p.ops);
			if (status != PF_EXIT_CLEAN)
				return status;
		}
	return PF_EXIT_CLEAN;
}

static int measure_all(unsigned *nr_seeds)
{
	struct result *result = pf_ward_memory(sizeof(*result));
	int status = result ? measure_seeds(nr_seeds, result) : PF_EXIT_USAGE;

	pf_ward_memory_free(result, sizeof(*result));
	pf_progress_clear();
	return status;
}

/* ---------------------------------------------------------------- table -- */

struct row {
	const char *label;
	enum metric metric;
	enum run_name without, with;
	const char *published;
	int sign; /* of the published change */
	char note;
};

static const struct row rows[] = {
	{"scanned for targets", TARGETS, NOSERIES, LINUX, "-97 %", -1, 'a'},
	{"... memory full", TARGETS, FULL_NOSERIES, FULL, "-97 %", -1, 'a'},
	{"walked over for targets", WALKED, NOSERIES, LINUX, "-97 %", -1, 'c'},
	{"scanned for sources", SOURCES, NOSERIES, LINUX, "-65 %", -1, 'b'},
	{"... memory full", SOURCES, FULL_NOSERIES, FULL, "-65 %", -1, 'b'},
	{"huge pages under load", UNDER_LOAD, NOSERIES, LINUX, "76 -> 94 %", 1, 0},
	{"... memory full", UNDER_LOAD, FULL_NOSERIES, FULL, "76 -> 94 %", 1, 0},
	{"targets, second try", TARGETS, LIGHT_NOSERIES, LIGHT, "-97 %", -1, 'd'},
	{"sources, second try", SOURCES, LIGHT_NOSERIES, LIGHT, "-65 %", -1, 'd'},
	{"fragmenting fallbacks", FRAGMENTING, TWO_NOFRAG_NOBOOST, TWO, "-94 %", -1, 'e'},
	{"... by NOFRAGMENT alone", FRAGMENTING, TWO_NOFRAG_NOBOOST, TWO_NOBOOST, "", -1, 0},
	{"... memory full", FRAGMENTING, TWO_FULL_NOFRAG_NOBOOST, TWO_FULL, "-94 %", -1, 0},
	{"huge pages at rest", AT_REST, NOGROUP, LINUX, "1 -> 40 %", 1, 0},
	{"huge pages under load", UNDER_LOAD, NOGROUP, LINUX, "1 -> 40 %", 1, 'f'},
	{"... no compaction", UNDER_LOAD, NOCOMPACT_NOGROUP, NOCOMPACT, "1 -> 40 %", 1, 'g'},
	{"... memory full", UNDER_LOAD, FULL_NOGROUP, FULL, "1 -> 40 %", 1, 'g'},
};

static const char notes[] =
	"published: the series around the fast search of compaction in 5.1, of which the search\n"
	"and capture can be left out here (huge pages: mean of its posting's 3 to 32 threads);\n"
	"ALLOC_NOFRAGMENT and watermark boosts in 5.0; grouping by mobility in 2.6.24 (share of a\n"
	"ppc64's memory). mixed: the programs disagree\n"
	"a  for one block, mostly of few pages, 6.1 looks at up to 256 entries of each list, and\n"
	"   at the same again for the next; 5.1 looked at one but in the first list (min() for\n"
	"   max()). The search heeds no skip hints, so more huge pages are made: without it many\n"
	"   attempts soon end, with all pageblocks marked. What else the series did is on both\n"
	"   sides: samples of pageblocks, no second scan of one, less clearing of hints\n"
	"b  as a, more is moved; and what the search finds is refused then, for the mark that it\n"
	"   has just got (in 5.1, too). Without it nearly all pages scanned can be moved here\n"
	"c  what a counts but for list entries and what the search takes\n"
	"d  with COMPACT_PRIO_SYNC_LIGHT only, to which requests come after reclaim; the port has\n"
	"   none, so the rows above are of the asynchronous first try. If what is found does not\n"
	"   do, its whole pageblock is scanned here\n"
	"e  what stands in for kswapd frees in time, so fallbacks are few; boosts add nothing, as\n"
	"   nobody reclaims for them\n"
	"f  without types 6.1's compaction finds no movable pageblock to fill and makes nothing\n"
	"g  what is always free above the marks stays whole without types; with them it is split,\n"
	"   and no reclaim (lumpy in 2.6.24) makes more\n";

static bool is_share(enum metric m)
{
	return m == UNDER_LOAD || m == AT_REST;
}

/* Of seeds first .. first + nr - 1; shares in per cent. */
static double value(const struct row *row, enum run_name run, unsigned first, unsigned nr)
{
	uint64_t sum = 0, asked = 0;

	for (unsigned s = first; s < first + nr; s++) {
		sum += runs[run].of[s].value[row->metric];
		asked += runs[run].of[s].asked[row->metric];
	}
	if (!is_share(row->metric))
		return (double)sum;
	return asked ? 100.0 * (double)sum / (double)asked : 0;
}

/* In per cent. False: there was nothing without. */
static bool change(const struct row *row, unsigned first, unsigned nr, double *per_cent)
{
	double without = value(row, row->without, first, nr);

	if (!(without > 0))
		return false;
	*per_cent = 100 * (value(row, row->with, first, nr) - without) / without;
	return true;
}

static void print_value(const struct row *row, enum run_name run, unsigned nr_seeds)
{
	double v = value(row, run, 0, nr_seeds);

	if (is_share(row->metric))
		printf(" %9.1f %%", v);
	else
		printf(" %11.0f", v);
}

static void print_row(const struct row *row, unsigned nr_seeds)
{
	double all = 0, one, least = 0, most = 0;
	const char *direction = "not so";
	char spread[40] = "-";
	bool any = false;

	printf("%-24s", row->label);
	print_value(row, row->without, nr_seeds);
	print_value(row, row->with, nr_seeds);
	for (unsigned s = 0; s < nr_seeds; s++) {
		if (!change(row, s, 1, &one))
			continue;
		least = !any || one < least ? one : least;
		most = !any || one > most ? one : most;
		any = true;
	}
	if (any)
		snprintf(spread, sizeof(spread), "%+.0f to %+.0f", least, most);
	if (change(row, 0, nr_seeds, &all))
		printf(" %+7.0f %%", all);
	else
		printf(" %9s", "-");
	if (least < 0 && most > 0)
		direction = "mixed";
	else if (all * row->sign > 0)
		direction = "same";
	printf(" %16s  %-10s %-9s %c\n", spread, row->published, direction,
	       row->note ? row->note : ' ');
}

static void print_results(unsigned nr_seeds)
{
	enum run_name without = NR_RUNS, with = NR_RUNS;
	uint64_t failed = 0;

	printf("%-24s %11s %11s %9s %16s  %-10s %-9s %s\n", "", "without", "with", "change",
	       "spread", "published", "direction", "note");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		if (strcmp(runs[row->without].impl, without < NR_RUNS ? runs[without].impl : "") ||
		    strcmp(runs[row->with].impl, with < NR_RUNS ? runs[with].impl : ""))
			printf("%s, %s\n", runs[row->without].impl, runs[row->with].impl);
		without = row->without;
		with = row->with;
		print_row(row, nr_seeds);
	}
	for (unsigned r = 0; r < NR_RUNS; r++)
		for (unsigned s = 0; s < nr_seeds; s++)
			failed += runs[r].of[s].small_failed;
	printf("\npages, sums of %u programs; huge pages in per cent of those asked for; "
	       "%llu other requests failed\n%s",
	       nr_seeds, (unsigned long long)failed, notes);
}

int cmd_results(int argc, char **argv)
{
	unsigned long nr_seeds = 6;
	bool quick = false;
	const struct pf_option options[] = {
		PF_OPTION_RUNS(&nr_seeds, MAX_SEEDS, "programs of each kind (default: 6)"),
		PF_OPTION_FLAG("quick", 0, &quick, "one program of each kind"),
	};
	const struct pf_usage usage = {
		.command = "results",
		.synopsis = "[OPTION]...",
		.about = "Run the port of Linux with parts of it and without on workloads that "
			 "fragment memory,\nand print a table: what each part changes, and what "
			 "was published about it.\n",
		PF_OPTIONS(options),
	};
	unsigned done;
	int nr, status;

	if (!pf_parse_options(&usage, argc, argv, &nr, &status))
		return status;
	done = quick ? 1 : (unsigned)nr_seeds;
	pf_catch_interrupts();
	status = measure_all(&done);
	if (done)
		print_results(done);
	if (pf_interrupted)
		return pf_complain("results: interrupted, %u of %lu programs of each kind are done",
				   done, quick ? 1 : nr_seeds);
	return status;
}
