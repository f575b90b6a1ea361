// SPDX-License-Identifier: GPL-2.0-only
/*
 * fragment.c - a workload that fragments memory, as those who published about parts of
 * Linux's page allocator describe theirs.
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
#include "fragment.h"

#include <stdlib.h>

#include "../language/rng.h"
#include "book.h"

#define HUGE	  PF_FRAGMENT_HUGE
#define PAGEBLOCK (1u << HUGE)
#define SCALE	  7
#define CPUS	  4
#define NONE	  UINT32_MAX
#define NORMAL	  (1u << 18) /* pages: 1 GB */
#define DMA32	  (1u << 16)

/* Symbols of the operand gfp, see op.c. */
enum { GFP_KERNEL = 0, GFP_NOWAIT = 2, GFP_NONE = 3, GFP_NORETRY = 6, GFP_THP = 15 };

struct unit {
	uint32_t slot;
	uint8_t order;
};

struct load {
	struct pf_rng rng;
	struct pf_op *ops;
	size_t nr, room;
	struct pf_book *book;
	uint32_t little, enough;
	/* Cache by age; holes are NONE. */
	uint32_t *cache, first, end, cache_room, cache_pages;
	struct unit *slab, *kernel;
	uint32_t nr_slab, slab_pages, nr_kernel, kernel_pages;
	unsigned cpu;
};

static struct pf_op *add_op(struct load *l, unsigned kind)
{
	if (l->nr == l->room) {
		l->room = l->room ? 2 * l->room : 1 << 16;
		l->ops = pf_book_room(l->ops, l->room * sizeof(*l->ops));
	}
	l->ops[l->nr] = (struct pf_op){.kind = kind};
	return &l->ops[l->nr++];
}

/* Pages. */
static uint32_t unused(const struct load *l)
{
	return l->book->pages - l->book->used;
}

static void add_free(struct load *l, uint32_t slot, unsigned order)
{
	struct pf_op *op = add_op(l, PF_OP_FREE);

	op->slot = slot;
	op->arg[PF_FREE_CPU] = l->cpu;
	pf_book_give(l->book, slot, 1u << order);
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
		l->cache = pf_book_room(l->cache, l->cache_room * sizeof(*l->cache));
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
	if (unused(l) >= l->little)
		return;
	while (unused(l) < l->enough)
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
	while (pf_book_full(l->book))
		reclaim_one(l);
	slot = pf_book_take(l->book, 1u << order);
	op = add_op(l, PF_OP_ALLOC);
	op->slot = slot;
	op->arg[PF_ALLOC_ORDER] = order;
	op->arg[PF_ALLOC_MOBILITY] = mobility;
	op->arg[PF_ALLOC_GFP] = gfp;
	op->arg[PF_ALLOC_CPU] = l->cpu;
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
	while (l->kernel_pages > l->book->pages / 10) {
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
	while (unused(l) < l->book->pages / 3) {
		uint32_t at = l->first + pf_rng_below(&l->rng, l->end - l->first);
		uint32_t end = at + 1 + pf_rng_below(&l->rng, 64);

		for (; at < end && at < l->end; at++)
			if (l->cache[at] != NONE)
				drop_cache(l, at);
	}
}

static void thpscale(struct load *l)
{
	uint32_t nr = l->book->pages / 4 / PAGEBLOCK,
		 *huge = pf_book_room(NULL, nr * sizeof(*huge));

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
	use_files(l, unused(l), 1);
}

/* As thpscale(), but memory is full: only what compaction demands is made free. */
static void thpscale_full(struct load *l)
{
	uint32_t nr = l->book->pages / 16 / PAGEBLOCK,
		 *huge = pf_book_room(NULL, nr * sizeof(*huge));

	for (uint32_t i = 0; i < nr; i++) {
		l->cpu = pf_rng_below(&l->rng, CPUS);
		while (unused(l) < l->enough + 3 * PAGEBLOCK)
			reclaim_one(l);
		huge[i] = add_alloc(l, HUGE, PF_MOVABLE, GFP_THP);
		use_files(l, 32, 1);
	}
	for (uint32_t i = 0; i < nr; i++)
		add_free(l, huge[i], HUGE);
	free(huge);
	use_files(l, unused(l), 1);
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
	for (uint32_t i = 0; i < l->book->pages / PAGEBLOCK; i++) {
		struct pf_op *op = add_op(l, PF_OP_ALLOC);

		op->slot = l->book->spare[i];
		op->arg[PF_ALLOC_ORDER] = HUGE;
		op->arg[PF_ALLOC_MOBILITY] = PF_MOVABLE;
		op->arg[PF_ALLOC_GFP] = GFP_NORETRY;
	}
}

/* -------------------------------------------------------------- machine -- */

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

	if (min > l->book->pages / 20)
		min = l->book->pages / 20;
	add_config(l, PF_CONFIG_PAGEBLOCK_ORDER, HUGE);
	add_config(l, PF_CONFIG_MAX_ORDER, 10);
	add_config(l, PF_CONFIG_CPUS, CPUS);
	add_config(l, PF_CONFIG_SCALE, SCALE);
	if (dma32)
		add_zone(l, PF_ZONE_DMA32, DMA32, (uint64_t)min * DMA32 / l->book->pages);
	add_zone(l, PF_ZONE_NORMAL, NORMAL, (uint64_t)min * NORMAL / l->book->pages);
	if (dma32)
		return;
	op = add_op(l, PF_OP_TUNE);
	op->arg[PF_TUNE_KNOB] = PF_WATERMARK_BOOST_FACTOR;
	op->arg[PF_TUNE_VALUE] = 0;
}

struct pf_op *pf_fragment_make(const struct pf_fragment *spec, uint64_t seed, size_t *nr)
{
	struct load l = {.rng = {seed}, .book = pf_book_new(NORMAL + (spec->dma32 ? DMA32 : 0))};

	l.slab = pf_book_room(NULL, PF_NR_SLOTS * sizeof(*l.slab));
	l.kernel = pf_book_room(NULL, PF_NR_SLOTS * sizeof(*l.kernel));
	add_machine(&l, spec->dma32);
	use_files(&l, (uint32_t)((uint64_t)l.book->pages * 3 / 2 * 3 / 4), 4);
	use_files(&l, l.book->pages, 1);
	for (unsigned i = 0; i < (spec->full ? 16 : 4); i++)
		(spec->full ? thpscale_full : thpscale)(&l);
	at_rest(&l);
	free(l.book);
	free(l.slab);
	free(l.kernel);
	free(l.cache);
	*nr = l.nr;
	return l.ops;
}
