// SPDX-License-Identifier: GPL-2.0-only
/*
 * bitmap.c - next-fit over a bitmap of one zone, the idea of bootmem: one bit
 * per page, set when the page may not be handed out. No lists, no types, no
 * watermarks: an aligned free run is found if there is one.
 */
#include "bitmap.h"

#include "../zoned/zoned.h"

#include <string.h>

#define WORD_ORDER 6
#define WORD_PAGES 64u
#define ALL_USED   UINT64_MAX
#define NOT_FOUND  UINT32_MAX

/* Pages are counted from `base`, which is aligned to blocks and to words. */
struct bitmap_zone {
	struct pf_world *world;
	pf_pfn base;
	uint32_t nr_words;
	uint32_t nr_pages;
	uint32_t cursor; /* page after the last allocation */
	unsigned max_order;
	struct pf_zone_counters count;
	uint64_t *full; /* bit per word of used[]: the word is ALL_USED */
	uint64_t used[];
};

static pf_pfn base_of(const struct pf_layout *layout, const struct pf_zone_layout *zl)
{
	unsigned order = layout->max_order > WORD_ORDER ? layout->max_order : WORD_ORDER;

	return zl->start_pfn >> order << order;
}

static uint32_t words_of(const struct pf_layout *layout, const struct pf_zone_layout *zl)
{
	unsigned order = layout->max_order > WORD_ORDER ? layout->max_order : WORD_ORDER;
	uint32_t pages = zl->start_pfn + zl->spanned - base_of(layout, zl);

	return (pages + (1u << order) - 1) >> order << (order - WORD_ORDER);
}

static uint32_t summary_words(uint32_t nr_words)
{
	return (nr_words + WORD_PAGES - 1) / WORD_PAGES;
}

static size_t bitmap_footprint(const struct pf_layout *layout, const struct pf_zone_layout *zl)
{
	uint32_t words = words_of(layout, zl);

	return sizeof(struct bitmap_zone) + (words + summary_words(words)) * sizeof(uint64_t);
}

/* Bits of the run's first word; *i and *nr move on to the next word. */
static inline uint64_t next_mask(uint32_t *i, uint32_t *nr, uint32_t *word)
{
	uint32_t bit = *i % WORD_PAGES;
	uint32_t bits = WORD_PAGES - bit < *nr ? WORD_PAGES - bit : *nr;

	*word = *i / WORD_PAGES;
	*i += bits;
	*nr -= bits;
	return ALL_USED >> (WORD_PAGES - bits) << bit;
}

static inline void take_run(struct bitmap_zone *z, uint32_t i, uint32_t nr)
{
	z->count.free -= nr;
	while (nr) {
		uint32_t w;
		uint64_t mask = next_mask(&i, &nr, &w);

		z->used[w] |= mask;
		if (z->used[w] == ALL_USED)
			z->full[w / WORD_PAGES] |= 1ull << w % WORD_PAGES;
	}
}

static inline void give_run(struct bitmap_zone *z, uint32_t i, uint32_t nr)
{
	z->count.free += nr;
	while (nr) {
		uint32_t w;
		uint64_t mask = next_mask(&i, &nr, &w);

		z->used[w] &= ~mask;
		z->full[w / WORD_PAGES] &= ~(1ull << w % WORD_PAGES);
	}
}

static void bitmap_init(void *zone, const struct pf_zone_env *env)
{
	struct bitmap_zone *z = zone;
	pf_pfn start, end;

	memset(z, 0, sizeof(*z));
	z->world = env->world;
	z->base = base_of(env->layout, env->zl);
	z->nr_words = words_of(env->layout, env->zl);
	z->nr_pages = z->nr_words * WORD_PAGES;
	z->max_order = env->layout->max_order;
	z->full = z->used + z->nr_words;
	memset(z->used, 0xff, (z->nr_words + summary_words(z->nr_words)) * sizeof(uint64_t));
	for (start = env->zl->start_pfn; pf_zone_next_run(env, &start, &end); start = end)
		give_run(z, start - z->base, end - start);
	z->count.managed = z->count.free;
}

/* First word at or after w that has a free page; nr_words or more: none. */
static inline uint32_t next_open(const struct bitmap_zone *z, uint32_t w)
{
	uint32_t s = w / WORD_PAGES;
	uint64_t open;

	if (w >= z->nr_words)
		return w;
	open = ~z->full[s] & ALL_USED << w % WORD_PAGES;
	while (!open) {
		if (++s >= summary_words(z->nr_words))
			return z->nr_words;
		open = ~z->full[s];
	}
	return s * WORD_PAGES + (uint32_t)__builtin_ctzll(open);
}

/* Of the free pages in a word, those at which an aligned free run starts. */
static inline uint64_t run_starts(uint64_t free, unsigned order)
{
	static const uint64_t aligned[WORD_ORDER + 1] = {
		0xffffffffffffffff, 0x5555555555555555, 0x1111111111111111, 0x0101010101010101,
		0x0001000100010001, 0x0000000100000001, 0x0000000000000001,
	};

	for (unsigned step = 0; step < order; step++)
		free &= free >> (1u << step);
	return free & aligned[order];
}

/* Runs of at most a word: the first that starts in [from, to). */
static inline uint32_t find_small(const struct bitmap_zone *z, unsigned order, uint32_t from,
				  uint32_t to, unsigned *looked)
{
	uint32_t first = from / WORD_PAGES;

	for (uint32_t w = next_open(z, first); w * WORD_PAGES < to; w = next_open(z, w + 1)) {
		uint64_t starts = run_starts(~z->used[w], order);

		++*looked;
		if (w == first)
			starts &= ALL_USED << from % WORD_PAGES;
		if (starts) {
			uint32_t i = w * WORD_PAGES + (uint32_t)__builtin_ctzll(starts);

			return i < to ? i : NOT_FOUND;
		}
	}
	return NOT_FOUND;
}

/* Runs of whole words. */
static uint32_t find_large(const struct bitmap_zone *z, unsigned order, uint32_t from, uint32_t to,
			   unsigned *looked)
{
	uint32_t run = 1u << order;

	for (uint32_t i = (from + run - 1) & ~(run - 1); i < to; i += run) {
		uint32_t w = i / WORD_PAGES;
		uint32_t end = w + run / WORD_PAGES;

		while (w < end && !z->used[w])
			w++;
		*looked += w - i / WORD_PAGES + 1;
		if (w == end)
			return i;
	}
	return NOT_FOUND;
}

static inline uint32_t find(const struct bitmap_zone *z, unsigned order, uint32_t from, uint32_t to,
			    unsigned *looked)
{
	return order < WORD_ORDER ? find_small(z, order, from, to, looked)
				  : find_large(z, order, from, to, looked);
}

static pf_pfn bitmap_alloc(void *zone, const struct pf_request *req, unsigned mark)
{
	struct bitmap_zone *z = zone;
	unsigned looked = 1;
	uint32_t i;

	(void)mark;
	if (z->count.free < 1u << req->order)
		return PF_NO_PFN;
	i = find(z, req->order, z->cursor, z->nr_pages, &looked);
	if (i == NOT_FOUND)
		i = find(z, req->order, 0, z->cursor, &looked);
	z->world->spent(z->world, looked);
	if (i == NOT_FOUND)
		return PF_NO_PFN;
	take_run(z, i, 1u << req->order);
	z->cursor = i + (1u << req->order);
	return z->base + i;
}

static void bitmap_free(void *zone, pf_pfn pfn, unsigned order)
{
	struct bitmap_zone *z = zone;

	z->world->spent(z->world, 1);
	give_run(z, pfn - z->base, 1u << order);
}

static bool bitmap_contig(void *zone, pf_pfn pfn, unsigned nr, unsigned mobility)
{
	struct bitmap_zone *z = zone;
	uint32_t i = pfn - z->base, left = nr;

	(void)mobility;
	z->world->spent(z->world, 1 + nr / WORD_PAGES);
	while (left) {
		uint32_t w;
		uint64_t mask = next_mask(&i, &left, &w);

		if (z->used[w] & mask)
			return false;
	}
	take_run(z, pfn - z->base, nr);
	return true;
}

static void bitmap_free_contig(void *zone, pf_pfn pfn, unsigned nr)
{
	struct bitmap_zone *z = zone;

	z->world->spent(z->world, 1 + nr / WORD_PAGES);
	give_run(z, pfn - z->base, nr);
}

static bool bitmap_claim(void *zone, pf_pfn pfn, unsigned order, unsigned mobility)
{
	return bitmap_contig(zone, pfn, 1u << order, mobility);
}

/* First page at or after i whose bit, after flipping by `flip`, is set. */
static uint32_t next_set(const struct bitmap_zone *z, uint32_t i, uint64_t flip)
{
	uint32_t w = i / WORD_PAGES;
	uint64_t bits;

	if (i >= z->nr_pages)
		return z->nr_pages;
	bits = (z->used[w] ^ flip) & ALL_USED << i % WORD_PAGES;
	while (!bits) {
		if (++w == z->nr_words)
			return z->nr_pages;
		bits = z->used[w] ^ flip;
	}
	return w * WORD_PAGES + (uint32_t)__builtin_ctzll(bits);
}

/* ----------------------------------------------------------------- runs -- */

static uint32_t align_index(const struct bitmap_zone *z, uint32_t i, uint32_t align, bool up)
{
	uint64_t pfn = (uint64_t)z->base + i;

	if (up)
		pfn += align - 1;
	pfn &= ~(uint64_t)(align - 1);
	return pfn < z->base || pfn - z->base > z->nr_pages ? NOT_FOUND : (uint32_t)(pfn - z->base);
}

/* The lowest, or the highest, place for such a run in [from, to). */
static uint32_t find_run(const struct bitmap_zone *z, const struct pf_run_request *req,
			 uint32_t from, uint32_t to)
{
	uint32_t best = NOT_FOUND, start, end;

	for (start = next_set(z, from, ALL_USED); start < to; start = next_set(z, end, ALL_USED)) {
		uint32_t at;

		end = next_set(z, start, 0);
		z->world->spent(z->world, 1 + (end - start) / WORD_PAGES);
		if (end > to)
			end = to;
		if (end - start >= req->nr_pages) {
			at = req->top ? align_index(z, end - req->nr_pages, req->align, false)
				      : align_index(z, start, req->align, true);
			if (at != NOT_FOUND && at >= start && at <= end - req->nr_pages) {
				best = at;
				if (!req->top)
					return best;
			}
		}
	}
	return best;
}

static pf_pfn bitmap_alloc_run(void *zone, const struct pf_run_request *req)
{
	struct bitmap_zone *z = zone;
	uint64_t zone_end = (uint64_t)z->base + z->nr_pages;
	pf_pfn from = req->from > z->base ? req->from : z->base;
	pf_pfn to = req->to < zone_end ? req->to : (pf_pfn)zone_end;
	uint32_t i = from < to ? find_run(z, req, from - z->base, to - z->base) : NOT_FOUND;

	if (i == NOT_FOUND)
		return PF_NO_PFN;
	take_run(z, i, req->nr_pages);
	return z->base + i;
}

static void bitmap_free_run(void *zone, pf_pfn pfn, uint32_t nr)
{
	bitmap_free_contig(zone, pfn, nr);
}

static bool bitmap_take_run(void *zone, pf_pfn pfn, uint32_t nr)
{
	return bitmap_contig(zone, pfn, nr, PF_UNMOVABLE);
}

static bool bitmap_add(void *zone, pf_pfn pfn, uint32_t nr)
{
	struct bitmap_zone *z = zone;

	give_run(z, pfn - z->base, nr);
	z->count.managed += nr;
	return true;
}

static uint32_t bitmap_largest_free(void *zone)
{
	struct bitmap_zone *z = zone;
	uint32_t best = 0, start, end;

	for (start = next_set(z, 0, ALL_USED); start < z->nr_pages;
	     start = next_set(z, end, ALL_USED)) {
		end = next_set(z, start, 0);
		if (end - start > best)
			best = end - start;
	}
	return best;
}

static void bitmap_census(void *zone, pf_block_fn fn, void *arg)
{
	struct bitmap_zone *z = zone;
	uint32_t i = 0;

	while ((i = next_set(z, i, ALL_USED)) < z->nr_pages) {
		uint32_t end = next_set(z, i, 0);

		while (i < end) {
			unsigned order = i ? (unsigned)__builtin_ctz(i) : z->max_order;
			struct pf_block block = {.pfn = z->base + i, .where = PF_FREE};

			if (order > z->max_order)
				order = z->max_order;
			while (1u << order > end - i)
				order--;
			block.order = (uint8_t)order;
			fn(arg, &block);
			i += 1u << order;
		}
	}
}

static const struct pf_zone_counters *bitmap_counters(void *zone)
{
	return &((struct bitmap_zone *)zone)->count;
}

static const char *bitmap_self_check(void *zone)
{
	struct bitmap_zone *z = zone;
	uint32_t free = 0;

	for (uint32_t w = 0; w < z->nr_words; w++) {
		bool full = z->full[w / WORD_PAGES] >> w % WORD_PAGES & 1;

		free += (uint32_t)__builtin_popcountll(~z->used[w]);
		if (full != (z->used[w] == ALL_USED))
			return "bitmap: summary does not match a word";
	}
	return free == z->count.free ? NULL : "bitmap: free count is wrong";
}

static const struct pf_zone_impl bitmap_zone = {
	.footprint = bitmap_footprint,
	.init = bitmap_init,
	.alloc = bitmap_alloc,
	.free = bitmap_free,
	.census = bitmap_census,
	.counters = bitmap_counters,
	.alloc_contig = bitmap_contig,
	.free_contig = bitmap_free_contig,
	.alloc_run = bitmap_alloc_run,
	.free_run = bitmap_free_run,
	.take_run = bitmap_take_run,
	.add_memory = bitmap_add,
	.largest_free = bitmap_largest_free,
	.claim = bitmap_claim,
	.self_check = bitmap_self_check,
};

PF_ZONED_IMPL(pf_impl_bitmap, bitmap_zone, .name = "bitmap",
	      .summary = "next-fit over a bitmap, as bootmem did",
	      .features = PF_F_ZONES | PF_F_SNAPSHOT, .tier = PF_TIER_SPEC, PF_ZONED_CONTIG,
	      PF_ZONED_RUNS, PF_ZONED_ADD, PF_ZONED_LARGEST, PF_ZONED_CLAIM, PF_ZONED_SELF_CHECK);
