// SPDX-License-Identifier: GPL-2.0-only
/*
 * globals.c - a library as kernels have them: one instance, its table in .bss, where it
 * goes on searching in .data, how often it was asked in a thread-local, a word of its own
 * outside. Which page one gets depends on all of them. With -DWRONG=... it is no plug-in.
 */
#include <pagefuzz/impl.h>

#include <string.h>

#define MAX_PAGES 16384

#define NO_CENSUS    1
#define OLD	     2
#define BAD_NAME     3
#define NO_LINE	     4
#define NEEDS_OTHER  5
#define ENDS	     6
#define SAYS_NOTHING 7
#define WANTS_TLS    8
#ifndef WRONG
#define WRONG 0
#endif

/* The library. */
static uint8_t used[MAX_PAGES];
static uint32_t next = 1;
static _Thread_local uint32_t asked = 3;
static const struct pf_layout *layout;
static struct pf_world *world;
static struct pf_zone_counters count;

static uint32_t take_page(void)
{
	for (uint32_t i = 0; i < pf_layout_pages(layout); i++) {
		uint32_t at = (next + i) % pf_layout_pages(layout);

		world->spent(world, 1);
		if (used[at])
			continue;
		used[at] = 1;
		next = at + ++asked % 3;
		count.free--;
		return layout->base_pfn + at;
	}
	return PF_NO_PFN;
}

/* The wrapper. */
static size_t globals_footprint(const void *self, const struct pf_layout *l)
{
	(void)self;
	if (WRONG == SAYS_NOTHING && (l->max_order || l->nr_zones > 1))
		return 0;
	return pf_layout_pages(l) <= MAX_PAGES;
}

static void globals_init(const void *self, void *state, const struct pf_layout *l,
			 struct pf_world *w)
{
	const struct pf_zone_layout *zl = &l->zone[0];

	(void)self;
	*(char *)state = 1;
	layout = l;
	world = w;
	/* Fresh globals are what the library counts on, so nothing but the rest is set. */
	memset(used, 1, sizeof(used));
	for (pf_pfn p = zl->start_pfn; p < zl->start_pfn + zl->spanned; p++) {
		bool hole = false;

		for (unsigned i = 0; i < l->nr_ranges; i++)
			hole |= p >= l->range[i].start_pfn &&
				p < l->range[i].start_pfn + l->range[i].nr_pages;
		used[p - l->base_pfn] = hole;
		count.managed += !hole;
	}
	count.free = count.managed;
}

static pf_pfn globals_alloc(void *state, const struct pf_request *req)
{
	(void)state;
	return req->order || layout->zone[0].type > req->zone ? PF_NO_PFN : take_page();
}

static void globals_free(void *state, pf_pfn pfn, unsigned order, unsigned cpu)
{
	(void)state;
	(void)cpu;
	used[pfn - layout->base_pfn] = 0;
	count.free += 1u << order;
}

static void globals_census(void *state, pf_block_fn fn, void *arg)
{
	(void)state;
	for (uint32_t i = 0; i < pf_layout_pages(layout); i++) {
		struct pf_block block = {.pfn = layout->base_pfn + i};

		if (!used[i])
			fn(arg, &block);
	}
}

static const struct pf_zone_counters *globals_counters(void *state, unsigned zone)
{
	(void)state;
	(void)zone;
	return &count;
}

static const struct pf_limits limits = {.max_order = 1, .max_zones = 1, .max_nodes = 1};

#if WRONG == NEEDS_OTHER
void nobody_has_this(void);
static void __attribute__((constructor)) need(void)
{
	nobody_has_this();
}
#elif WRONG == WANTS_TLS
__attribute__((tls_model("initial-exec"))) _Thread_local volatile char much[8192];
static void __attribute__((constructor)) touch(void)
{
	much[0] = 1;
}
#elif WRONG == ENDS
static void __attribute__((constructor)) end(void)
{
	__builtin_trap();
}
#endif

static const struct pf_impl pf_impl_globals = {
	.name = WRONG == BAD_NAME ? "Globals, and much more" : "globals",
	.summary = "single pages from a table in .bss",
	.features = PF_F_ZONES | PF_F_SNAPSHOT,
	.tier = PF_TIER_SPEC,
	.limits = WRONG == SAYS_NOTHING ? NULL : &limits,
	.footprint = globals_footprint,
	.init = globals_init,
	.alloc = globals_alloc,
	.free = globals_free,
	.census = WRONG == NO_CENSUS ? NULL : globals_census,
	.counters = globals_counters,
};

#if WRONG == OLD
const struct pf_plugin pf_plugin = {1, sizeof(struct pf_impl), &pf_impl_globals};
#elif WRONG == NO_LINE
const struct pf_impl *const none = &pf_impl_globals;
#else
PF_PLUGIN(pf_impl_globals);
#endif
