// SPDX-License-Identifier: MIT
/*
 * whole.c - first fit that takes back what it gave, and nothing else: parts of a block, which
 * become single pages by a split, are kept by the adaptor. With -DTAKES_PARTS=1 it says
 * that it takes them.
 */
#ifndef TAKES_PARTS
#define TAKES_PARTS 0
#endif
#include <pagefuzz/zoned.h>

#include <string.h>

struct whole {
	const struct pf_zone_env *env;
	struct pf_zone_counters count; /* what the laws compare with their own count */
	uint32_t nr;		       /* pages of the zone's span */
	uint8_t used[];		       /* 0: free; of a block's first page, its order + 1 */
};

static size_t whole_footprint(const struct pf_layout *layout, const struct pf_zone_layout *zl)
{
	(void)layout;
	return sizeof(struct whole) + zl->spanned;
}

static void whole_init(void *zone, const struct pf_zone_env *env)
{
	struct whole *z = (struct whole *)zone;
	pf_pfn start, end;

	z->env = env;
	z->nr = env->zl->spanned;
	memset(&z->count, 0, sizeof(z->count));
	memset(z->used, 1, z->nr);
	for (start = env->zl->start_pfn; pf_zone_next_run(env, &start, &end); start = end) {
		for (pf_pfn p = start; p < end; p++)
			z->used[p - env->zl->start_pfn] = 0;
		z->count.managed += end - start;
	}
	z->count.free = z->count.managed;
}

static bool is_free(const struct whole *z, uint32_t i, uint32_t nr)
{
	for (uint32_t k = 0; k < nr; k++)
		if (i + k >= z->nr || z->used[i + k])
			return false;
	return true;
}

static void mark(struct whole *z, uint32_t i, uint32_t nr, uint8_t used)
{
	memset(z->used + i, used, nr);
	if (used)
		z->count.free -= nr;
	else
		z->count.free += nr;
}

static pf_pfn whole_alloc(void *zone, const struct pf_request *req, unsigned wmark)
{
	struct whole *z = (struct whole *)zone;
	uint32_t size = 1u << req->order;
	pf_pfn first = z->env->zl->start_pfn;

	(void)wmark;
	for (uint64_t p = ((uint64_t)first + size - 1) / size * size; p + size <= first + z->nr;
	     p += size) {
		/* Work is counted, so that one that searches without end is found out. */
		z->env->world->spent(z->env->world, 1);
		if (is_free(z, (uint32_t)p - first, size)) {
			mark(z, (uint32_t)p - first, size, 0xff);
			z->used[p - first] = (uint8_t)(req->order + 1);
			return (pf_pfn)p;
		}
	}
	return PF_NO_PFN;
}

static void whole_free(void *zone, pf_pfn pfn, unsigned order)
{
	struct whole *z = (struct whole *)zone;

	if (z->used[pfn - z->env->zl->start_pfn] != order + 1)
		z->env->world->failed(z->env->world, "what comes back is no block that was given");
	mark(z, pfn - z->env->zl->start_pfn, 1u << order, 0);
}

static bool whole_claim(void *zone, pf_pfn pfn, unsigned order, unsigned mobility)
{
	struct whole *z = (struct whole *)zone;
	uint32_t i = pfn - z->env->zl->start_pfn;

	(void)mobility;
	if (!is_free(z, i, 1u << order))
		return false;
	mark(z, i, 1u << order, 0xff);
	z->used[i] = (uint8_t)(order + 1);
	return true;
}

static void whole_census(void *zone, pf_block_fn fn, void *arg)
{
	struct whole *z = (struct whole *)zone;

	for (uint32_t i = 0; i < z->nr; i++) {
		struct pf_block block = {.pfn = z->env->zl->start_pfn + i, .where = PF_FREE};

		if (!z->used[i])
			fn(arg, &block);
	}
}

static const struct pf_zone_counters *whole_counters(void *zone)
{
	return &((struct whole *)zone)->count;
}

static const struct pf_zone_impl whole_zone = {
	.whole_blocks = !TAKES_PARTS,
	.footprint = whole_footprint,
	.init = whole_init,
	.alloc = whole_alloc,
	.free = whole_free,
	.census = whole_census,
	.counters = whole_counters,
	.claim = whole_claim,
};

PF_ZONED_IMPL(pf_impl_whole, whole_zone, .name = "whole", .summary = "first fit over bytes",
	      .features = PF_F_ZONES | PF_F_SNAPSHOT | PF_F_CACHE, .tier = PF_TIER_SPEC,
	      PF_ZONED_CLAIM);

PF_PLUGIN(pf_impl_whole);
