// SPDX-License-Identifier: GPL-2.0-only
/*
 * wrapper.c - the kernel's manager of GPU memory, drivers/gpu/drm/drm_buddy.c, as an
 * implementation: one zone, a page is a chunk. It is asked as its drivers ask: blocks by
 * order, from the list, from the top or by the walk over the tree; contiguous memory by rounding up and
 * trimming; ranges as they are.
 */
#include <linux/kmemleak.h>
#include <drm/drm_buddy.h>

#include <pagefuzz/impl.h>

#include <string.h>

/* Go past what is found at once: see README.md. */
#ifndef PAST_RANGE
#define PAST_RANGE 0
#endif

struct wrapper {
	const struct pf_layout *layout;
	struct pf_world *world;
	struct pf_zone_counters count;
	pf_pfn first; /* what drm_buddy calls 0: aligned to the largest order */
	uint32_t nr;  /* pages from there */
	struct drm_buddy mm;
	/*
	 * By page: the block that it was handed out with. Blocks come back whole, pages may
	 * come one by one (split, trim): those wait here, and block->private counts the others.
	 */
	struct drm_buddy_block **block;
	uint8_t *waits;
	/* What kmalloc() and the slab give: never returned, and by a list of the only size. */
	char *heap, *heap_end;
	void *objects;
};

int shim_module_init(void);

/* drm_buddy.c has one slab for all, and no argument to find its memory by. */
static struct wrapper *current;

/* ------------------------------------------------------- what it wants -- */

void shim_failed(const char *text)
{
	current->world->failed(current->world, text);
	__builtin_unreachable();
}

unsigned long __sw_hweight64(__u64 bits)
{
	return (unsigned long)__builtin_popcountll(bits);
}

struct kmem_cache {
	size_t size;
};

struct kmem_cache *shim_cache(size_t size)
{
	static struct kmem_cache cache;

	cache.size = size;
	return &cache;
}

size_t shim_cache_size(const struct kmem_cache *cache)
{
	return cache->size;
}

void *shim_zalloc(size_t size)
{
	struct wrapper *w = current;
	void *object = NULL;

	w->world->spent(w->world, 1);
	if (size == sizeof(struct drm_buddy_block) && w->objects) {
		object = w->objects;
		memcpy(&w->objects, object, sizeof(void *));
	} else if ((size_t)(w->heap_end - w->heap) >= size) {
		object = w->heap;
		w->heap += (size + 15) & ~(size_t)15;
	}
	return object ? memset(object, 0, size) : NULL;
}

/* Filled, so that who looks at it later goes astray. */
void shim_free(void *object, size_t size)
{
	memset(object, 0x6b, size);
	memcpy(object, &current->objects, sizeof(void *));
	current->objects = object;
}

/* --------------------------------------------------------------- memory -- */

static size_t align64(size_t n)
{
	return (n + 63) & ~(size_t)63;
}

/* Blocks are aligned counting from what drm_buddy calls 0; nothing larger is asked of it. */
static unsigned base_order(const struct pf_layout *l)
{
	return l->max_order > 8 ? l->max_order : 8;
}

static pf_pfn first_of(const struct pf_layout *l)
{
	return l->zone[0].start_pfn >> base_order(l) << base_order(l);
}

static uint32_t pages_of(const struct pf_layout *l)
{
	return l->zone[0].start_pfn + l->zone[0].spanned - first_of(l);
}

/* A tree of blocks has less than two nodes a page; the lists and the roots come on top. */
static size_t heap_size(uint32_t nr)
{
	return (2 * (size_t)nr + 64) * align64(sizeof(struct drm_buddy_block)) + 4096;
}

static size_t wrapper_footprint(const void *self, const struct pf_layout *l)
{
	uint32_t nr = pages_of(l);

	(void)self;
	return align64(sizeof(struct wrapper)) + align64(nr * sizeof(struct drm_buddy_block *)) +
	       align64(nr) + heap_size(nr);
}

static u64 bytes(uint32_t pages)
{
	return (u64)pages << PAGE_SHIFT;
}

static uint32_t page_of(struct drm_buddy_block *block)
{
	return (uint32_t)(drm_buddy_block_offset(block) >> PAGE_SHIFT);
}

static uint32_t size_of(struct drm_buddy_block *block)
{
	return 1u << drm_buddy_block_order(block);
}

static void free_blocks(struct wrapper *w, struct list_head *blocks)
{
#ifdef DRM_BUDDY_CLEARED
	drm_buddy_free_list(&w->mm, blocks, 0);
#else
	drm_buddy_free_list(&w->mm, blocks);
#endif
}

static int trim(struct wrapper *w, uint32_t nr, struct list_head *blocks)
{
#ifdef DRM_BUDDY_TRIM_DISABLE
	return drm_buddy_block_trim(&w->mm, NULL, bytes(nr), blocks);
#else
	return drm_buddy_block_trim(&w->mm, bytes(nr), blocks);
#endif
}

/* They are somebody's now; the answer is the first page. */
static pf_pfn hand_out(struct wrapper *w, struct list_head *blocks)
{
	struct drm_buddy_block *block, *next;
	uint32_t lowest = UINT32_MAX;

	list_for_each_entry_safe(block, next, blocks, link)
	{
		uint32_t page = page_of(block), nr = size_of(block);

		for (uint32_t i = page; i < page + nr; i++)
			w->block[i] = block;
		block->private = (void *)(uintptr_t)nr;
		lowest = page < lowest ? page : lowest;
		w->world->spent(w->world, nr);
	}
	return w->first + lowest;
}

static void put_page(struct wrapper *w, uint32_t i)
{
	struct drm_buddy_block *block = w->block[i];
	uint32_t out = (uint32_t)(uintptr_t)block->private - 1, page = page_of(block);

	w->block[i] = NULL;
	w->waits[i] = 1;
	w->count.cached++;
	block->private = (void *)(uintptr_t)out;
	if (out)
		return;
	memset(w->waits + page, 0, size_of(block));
	w->count.cached -= size_of(block);
	drm_buddy_free_block(&w->mm, block);
}

static void put_pages(struct wrapper *w, pf_pfn pfn, uint32_t nr)
{
	current = w;
	w->world->spent(w->world, nr);
	for (uint32_t i = pfn - w->first; nr--; i++)
		put_page(w, i);
}

/* Exactly these pages; false: some are not free. */
static bool take(struct wrapper *w, uint32_t page, uint32_t nr, struct list_head *blocks)
{
	current = w;
	return !drm_buddy_alloc_blocks(&w->mm, bytes(page), bytes(page) + bytes(nr), bytes(nr),
				       PAGE_SIZE, blocks, 0);
}

/* What is no memory, from the first page of what drm_buddy has on. */
static void withhold(struct wrapper *w, uint32_t page, uint32_t nr)
{
	LIST_HEAD(blocks);

	w->count.managed -= nr;
	if (nr && !take(w, page, nr, &blocks))
		shim_failed("a range of a new drm_buddy is refused");
}

static void wrapper_init(const void *self, void *state, const struct pf_layout *l,
			 struct pf_world *world)
{
	struct wrapper *w = state;

	memset(state, 0, wrapper_footprint(self, l));
	current = w;
	w->layout = l;
	w->world = world;
	w->first = first_of(l);
	w->nr = w->count.managed = pages_of(l);
	w->block = (void *)((char *)state + align64(sizeof(*w)));
	w->waits = (uint8_t *)w->block + align64(w->nr * sizeof(*w->block));
	w->heap = (char *)w->waits + align64(w->nr);
	w->heap_end = w->heap + heap_size(w->nr);
	if (shim_module_init() || drm_buddy_init(&w->mm, bytes(w->nr), PAGE_SIZE))
		shim_failed("drm_buddy_init() failed");
	withhold(w, 0, l->zone[0].start_pfn - w->first);
	for (unsigned i = 0; i < l->nr_ranges; i++)
		withhold(w, l->range[i].start_pfn - w->first, l->range[i].nr_pages);
}

/* ------------------------------------------------------------- requests -- */

/* As drivers choose: for the cpu from the visible end, for the gpu from the top. */
static unsigned long flags_of(unsigned mobility)
{
	switch (mobility) {
	case PF_MOVABLE:
		return DRM_BUDDY_TOPDOWN_ALLOCATION;
	case PF_RECLAIMABLE:
		return DRM_BUDDY_RANGE_ALLOCATION;
	default:
		return 0;
	}
}

static pf_pfn wrapper_alloc(void *state, const struct pf_request *req)
{
	struct wrapper *w = state;
	LIST_HEAD(blocks);
	u64 size = bytes(1u << req->order);

	current = w;
	if (req->order > w->layout->max_order || req->zone < w->layout->zone[0].type)
		return PF_NO_PFN;
	if (drm_buddy_alloc_blocks(&w->mm, 0, w->mm.size, size, size, &blocks,
				   flags_of(req->mobility)))
		return PF_NO_PFN;
	return hand_out(w, &blocks);
}

static void wrapper_free(void *state, pf_pfn pfn, unsigned order, unsigned cpu)
{
	(void)cpu;
	put_pages(state, pfn, 1u << order);
}

static uint32_t power_of_two(uint32_t nr)
{
	return nr > 1 ? 2u << (31 - __builtin_clz(nr - 1)) : 1;
}

/*
 * One piece, as i915 gets it: the size rounded up, of one block, in the window; what is too
 * much goes back. No block of the larger size: it fails, whatever else is free (PF_F_CACHE).
 */
static pf_pfn contiguous(struct wrapper *w, u64 from, u64 to, uint32_t nr, uint32_t align,
			 unsigned long flags)
{
	u64 size = bytes(power_of_two(nr > align ? nr : align));
	LIST_HEAD(blocks);

	current = w;
	if (from || to != w->mm.size)
		flags |= DRM_BUDDY_RANGE_ALLOCATION;
	if (to - from < size || align >> base_order(w->layout) > 1)
		return PF_NO_PFN;
	/* A window of just the size: it takes that range, aligned or not. */
	if (PAST_RANGE && from + size == to && from & (size - 1))
		return PF_NO_PFN;
	if (drm_buddy_alloc_blocks(&w->mm, from, to, size, size, &blocks, flags))
		return PF_NO_PFN;
	if (size != bytes(nr) && trim(w, nr, &blocks)) {
		free_blocks(w, &blocks);
		return PF_NO_PFN;
	}
	return hand_out(w, &blocks);
}

static pf_pfn wrapper_alloc_exact(void *state, const struct pf_request *req, unsigned nr)
{
	struct wrapper *w = state;

	if (req->order > w->layout->max_order || req->zone < w->layout->zone[0].type)
		return PF_NO_PFN;
	return contiguous(w, 0, w->mm.size, nr, 1u << req->order, flags_of(req->mobility));
}

static pf_pfn wrapper_alloc_run(void *state, const struct pf_run_request *req)
{
	struct wrapper *w = state;
	uint32_t from = req->from > w->first ? req->from - w->first : 0;
	uint32_t to = req->to > w->first ? req->to - w->first : 0;

	to = to < w->nr ? to : w->nr;
	if (from >= to || req->nr_pages > w->nr || req->zone < w->layout->zone[0].type)
		return PF_NO_PFN;
	return contiguous(w, bytes(from), bytes(to), req->nr_pages, req->align,
			  req->top ? DRM_BUDDY_TOPDOWN_ALLOCATION : 0);
}

static void wrapper_free_run(void *state, pf_pfn pfn, uint32_t nr, unsigned cpu)
{
	(void)cpu;
	put_pages(state, pfn, nr);
}

static bool wrapper_take_run(void *state, pf_pfn pfn, uint32_t nr)
{
	struct wrapper *w = state;
	LIST_HEAD(blocks);

	if (pfn < w->first || pfn - w->first >= w->nr || nr > w->nr - (pfn - w->first))
		return false;
	if (!take(w, pfn - w->first, nr, &blocks))
		return false;
	hand_out(w, &blocks);
	return true;
}

static bool wrapper_resize_run(void *state, pf_pfn pfn, uint32_t old, uint32_t nr)
{
	if (nr > old)
		return wrapper_take_run(state, pfn + old, nr - old);
	put_pages(state, pfn + nr, old - nr);
	return true;
}

static bool wrapper_contig(void *state, pf_pfn pfn, unsigned nr, unsigned mobility)
{
	(void)mobility;
	return wrapper_take_run(state, pfn, nr);
}

static void wrapper_free_contig(void *state, pf_pfn pfn, unsigned nr)
{
	put_pages(state, pfn, nr);
}

static bool wrapper_claim(void *state, pf_pfn pfn, unsigned order, unsigned mobility)
{
	(void)mobility;
	return wrapper_take_run(state, pfn, 1u << order);
}

/* ---------------------------------------------------------- what it says -- */

/* Its blocks get larger than ours: such a one is several. */
static unsigned our_order(const struct wrapper *w, struct drm_buddy_block *block)
{
	unsigned order = drm_buddy_block_order(block);

	return order < w->layout->max_order ? order : w->layout->max_order;
}

static void wrapper_census(void *state, pf_block_fn fn, void *arg)
{
	struct wrapper *w = state;
	struct drm_buddy_block *block;

	for (unsigned order = 0; order <= w->mm.max_order; order++) {
		list_for_each_entry(block, &w->mm.free_list[order], link) {
			struct pf_block b = {.order = (uint8_t)our_order(w, block)};

			for (uint32_t i = 0; i < size_of(block); i += 1u << b.order) {
				b.pfn = w->first + page_of(block) + i;
				fn(arg, &b);
			}
		}
	}
	for (uint32_t i = 0; i < w->nr; i++) {
		struct pf_block b = {.pfn = w->first + i, .where = PF_CACHED};

		if (w->waits[i])
			fn(arg, &b);
	}
}

static const struct pf_zone_counters *wrapper_counters(void *state, unsigned zone)
{
	struct wrapper *w = state;
	struct drm_buddy_block *block;

	(void)zone;
	w->count.free = (uint32_t)(w->mm.avail >> PAGE_SHIFT);
	memset(w->count.nr_free, 0, sizeof(w->count.nr_free));
	for (unsigned order = 0; order <= w->mm.max_order; order++)
		list_for_each_entry(block, &w->mm.free_list[order], link)
			w->count.nr_free[our_order(w, block)] +=
				size_of(block) >> our_order(w, block);
	return &w->count;
}

static const struct pf_limits wrapper_limits = {.max_zones = 1, .max_nodes = 1};

static const struct pf_impl pf_impl_drm_buddy = {
	.name = "drm_buddy",
	.summary = "the manager of GPU memory in Linux",
	.features = PF_F_ZONES | PF_F_SNAPSHOT | PF_F_CANONICAL | PF_F_CACHE,
	.tier = PF_TIER_CENSUS,
	.limits = &wrapper_limits,
	.footprint = wrapper_footprint,
	.init = wrapper_init,
	.alloc = wrapper_alloc,
	.free = wrapper_free,
	.census = wrapper_census,
	.counters = wrapper_counters,
	.alloc_exact = wrapper_alloc_exact,
	.alloc_run = wrapper_alloc_run,
	.free_run = wrapper_free_run,
	.take_run = wrapper_take_run,
	.resize_run = wrapper_resize_run,
	.alloc_contig = wrapper_contig,
	.free_contig = wrapper_free_contig,
	.claim = wrapper_claim,
};

PF_PLUGIN(pf_impl_drm_buddy);
