// SPDX-License-Identifier: MIT
/*
 * mine.c - a page allocator for one zone that hands out runs of any number of pages,
 * and what pagefuzz wants to know of it. An adaptor makes nodes, zones and zone lists of
 * it: one instance for each zone.
 *
 * As it is: first fit over one byte a page. FILL IN marks what gives way to your own.
 * All state lies in the block of memory that each function gets (or in globals of this
 * library, which are saved and put back with it). Nothing is allocated with malloc().
 */
#include <pagefuzz/zoned.h>

#include <string.h>

/* FILL IN: the allocator's state of one zone. */
struct mine {
	const struct pf_zone_env *env;
	struct pf_zone_counters count; /* what the laws compare with their own count */
	uint32_t nr;		       /* pages of the zone's span */
	uint8_t used[];		       /* 0: free */
};

/* FILL IN: bytes of state for a zone of that size. 0: this one can't be run. */
static size_t mine_footprint(const struct pf_layout *layout, const struct pf_zone_layout *zl)
{
	(void)layout;
	return sizeof(struct mine) + zl->spanned;
}

/* FILL IN: all memory of the zone is free then; the runs leave out holes. */
static void mine_init(void *zone, const struct pf_zone_env *env)
{
	struct mine *z = (struct mine *)zone;
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

static bool is_free(const struct mine *z, uint32_t i, uint32_t nr)
{
	for (uint32_t k = 0; k < nr; k++)
		if (i + k >= z->nr || z->used[i + k])
			return false;
	return true;
}

static void mark(struct mine *z, uint32_t i, uint32_t nr, uint8_t used)
{
	memset(z->used + i, used, nr);
	if (used)
		z->count.free -= nr;
	else
		z->count.free += nr;
}

/*
 * FILL IN: a block of 2^order pages whose first page frame number is a multiple of its
 * size, or PF_NO_PFN. `wmark` is for those that keep pages back (PF_F_WATERMARKS).
 */
static pf_pfn mine_alloc(void *zone, const struct pf_request *req, unsigned wmark)
{
	struct mine *z = (struct mine *)zone;
	uint32_t size = 1u << req->order;
	pf_pfn first = z->env->zl->start_pfn;

	(void)wmark;
	for (uint64_t p = ((uint64_t)first + size - 1) / size * size; p + size <= first + z->nr;
	     p += size) {
		/* Work is counted, so that one that searches without end is found out. */
		z->env->world->spent(z->env->world, 1);
		if (is_free(z, (uint32_t)p - first, size)) {
			mark(z, (uint32_t)p - first, size, 1);
			return (pf_pfn)p;
		}
	}
	return PF_NO_PFN;
}

/* FILL IN: give a block back; after a split, its pages one by one. */
static void mine_free(void *zone, pf_pfn pfn, unsigned order)
{
	struct mine *z = (struct mine *)zone;

	mark(z, pfn - z->env->zl->start_pfn, 1u << order, 0);
}

/* --------------------------------------------------------------- runs -- */

/*
 * FILL IN: so many pages in one run, the first of them a multiple of req->align (a power
 * of two), all in [req->from, req->to), as low as possible or, with req->top, as high. If
 * there is such a place, it has to be found.
 */
static pf_pfn mine_alloc_run(void *zone, const struct pf_run_request *req)
{
	struct mine *z = (struct mine *)zone;
	pf_pfn first = z->env->zl->start_pfn, best = PF_NO_PFN;
	uint64_t from = req->from > first ? req->from : first;
	uint64_t to = req->to < first + z->nr ? req->to : first + z->nr;

	from = (from + req->align - 1) / req->align * req->align;
	for (uint64_t p = from; p + req->nr_pages <= to; p += req->align) {
		z->env->world->spent(z->env->world, 1);
		if (!is_free(z, (uint32_t)p - first, req->nr_pages))
			continue;
		best = (pf_pfn)p;
		if (!req->top)
			break;
	}
	if (best != PF_NO_PFN)
		mark(z, best - first, req->nr_pages, 1);
	return best;
}

/* FILL IN: all of a run comes back, or its first or last pages. */
static void mine_free_run(void *zone, pf_pfn pfn, uint32_t nr)
{
	struct mine *z = (struct mine *)zone;

	mark(z, pfn - z->env->zl->start_pfn, nr, 0);
}

/* FILL IN: exactly this run, if all of it is free. */
static bool mine_take_run(void *zone, pf_pfn pfn, uint32_t nr)
{
	struct mine *z = (struct mine *)zone;
	uint32_t i = pfn - z->env->zl->start_pfn;

	z->env->world->spent(z->env->world, 1);
	if (!is_free(z, i, nr))
		return false;
	mark(z, i, nr, 1);
	return true;
}

/* FILL IN: pages of the longest free run. */
static uint32_t mine_largest_free(void *zone)
{
	struct mine *z = (struct mine *)zone;
	uint32_t best = 0, run = 0;

	for (uint32_t i = 0; i < z->nr; i++) {
		run = z->used[i] ? 0 : run + 1;
		best = run > best ? run : best;
	}
	return best;
}

/* ------------------------------------------------------- what is judged -- */

/* FILL IN: call fn for each free block. Of your own lists, if there are such. */
static void mine_census(void *zone, pf_block_fn fn, void *arg)
{
	struct mine *z = (struct mine *)zone;

	for (uint32_t i = 0; i < z->nr; i++) {
		struct pf_block block = {.pfn = z->env->zl->start_pfn + i, .where = PF_FREE};

		if (!z->used[i])
			fn(arg, &block);
	}
}

/* FILL IN, if it counts otherwise. */
static const struct pf_zone_counters *mine_counters(void *zone)
{
	return &((struct mine *)zone)->count;
}

static const struct pf_zone_impl mine_zone = {
	.footprint = mine_footprint,
	.init = mine_init,
	.alloc = mine_alloc,
	.free = mine_free,
	.census = mine_census,
	.counters = mine_counters,
	.alloc_run = mine_alloc_run,
	.free_run = mine_free_run,
	.take_run = mine_take_run,
	.largest_free = mine_largest_free,
};

/*
 * FILL IN: what layouts it takes; 0 is no limit. A largest order of n is written n + 1:
 * {.max_order = 1} has single pages only.
 */
static const struct pf_limits mine_limits = {
	.max_order = 0,
};

/*
 * FILL IN: what it keeps to. Each bit switches on laws, see impl.h; start with these two,
 * add PF_F_CANONICAL once it merges free blocks as a buddy allocator does.
 */
PF_ZONED_IMPL(pf_impl_mine, mine_zone, .name = "mine", .summary = "first fit over bytes",
	      .features = PF_F_ZONES | PF_F_SNAPSHOT, .tier = PF_TIER_SPEC, .limits = &mine_limits,
	      PF_ZONED_RUNS, PF_ZONED_LARGEST);

PF_PLUGIN(pf_impl_mine);
