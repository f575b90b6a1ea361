/* SPDX-License-Identifier: MIT */
/*
 * zoned.h - nodes and zones for implementations that know a single zone.
 *
 * Such an implementation fills in a struct pf_zone_impl and one line
 * PF_ZONED_IMPL(...) turns it into a struct pf_impl: one instance per zone of
 * the layout, zones tried as Linux does (preferred node first, then the others
 * by distance = |node difference|, lower first; in a node the highest allowed
 * zone type first), once at the LOW mark, once more at MIN, then by way of
 * direct compaction and reclaim where the request and the zone allow it.
 */
#ifndef PAGEFUZZ_ZONED_H
#define PAGEFUZZ_ZONED_H

#include "../impl.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What one zone is started on; stays valid as long as the state is used. The zone's pages
 * are [zl->start_pfn, zl->start_pfn + zl->spanned) minus the ranges in layout that lie inside.
 */
struct pf_zone_env {
	const struct pf_layout *layout;
	const struct pf_zone_layout *zl;
	struct pf_world *world;
	struct pf_stats *stats; /* shared by all zones; the adaptor counts pgalloc/pgfree */
	unsigned index;		/* of zl in layout->zone[] */
};

/*
 * Find the first run of usable memory at or after *start: true, and
 * [*start, *end) is it; false: no more. To visit all of a zone's memory:
 *
 *	for (s = env->zl->start_pfn; pf_zone_next_run(env, &s, &e); s = e)
 */
static inline bool pf_zone_next_run(const struct pf_zone_env *env, pf_pfn *start, pf_pfn *end)
{
	pf_pfn zone_end = env->zl->start_pfn + env->zl->spanned;

	*end = zone_end;
	for (unsigned i = 0; i < env->layout->nr_ranges; i++) {
		const struct pf_range *r = &env->layout->range[i];

		if (!r->nr_pages || r->start_pfn + r->nr_pages <= *start)
			continue;
		if (r->start_pfn > *start) {
			if (r->start_pfn < zone_end)
				*end = r->start_pfn;
			break;
		}
		*start = r->start_pfn + r->nr_pages;
	}
	return *start < *end;
}

/* A mark that every zone passes: for PF_GFP_MEMALLOC requests. */
#define PF_WMARK_NONE PF_NR_WMARK

/*
 * Functions of one zone. Same meaning as those of struct pf_impl with the same
 * name; absent means unsupported. `mark` is the watermark to respect as
 * enum pf_wmark or PF_WMARK_NONE; the zone works out what req->gfp
 * allows below MIN.
 */
struct pf_zone_impl {
	bool watermarks; /* it respects `mark`: requests are tried at LOW first, then at MIN */
	/*
	 * It can take back whole blocks only: the adaptor keeps the pages of a split one
	 * until all of them have come (PF_CACHED; say PF_F_CACHE). Not with compact and runs.
	 */
	bool whole_blocks;
	size_t (*footprint)(const struct pf_layout *layout, const struct pf_zone_layout *zl);
	void (*init)(void *zone, const struct pf_zone_env *env);
	pf_pfn (*alloc)(void *zone, const struct pf_request *req, unsigned mark);
	void (*free)(void *zone, pf_pfn pfn, unsigned order);
	void (*census)(void *zone, pf_block_fn fn, void *arg);
	const struct pf_zone_counters *(*counters)(void *zone);
	enum pf_compact_result (*compact)(void *zone, const struct pf_compact_request *req);
	unsigned (*reclaim)(void *zone, unsigned nr, enum pf_mode mode);
	bool (*alloc_contig)(void *zone, pf_pfn pfn, unsigned nr, unsigned mobility);
	void (*free_contig)(void *zone, pf_pfn pfn, unsigned nr);
	bool (*isolate)(void *zone, pf_pfn block);
	void (*undo_isolate)(void *zone, pf_pfn block);
	bool (*offline)(void *zone, pf_pfn block);
	void (*online)(void *zone, pf_pfn block);
	/* from and to may lie outside the zone. */
	pf_pfn (*alloc_run)(void *zone, const struct pf_run_request *req);
	void (*free_run)(void *zone, pf_pfn pfn, uint32_t nr);
	bool (*take_run)(void *zone, pf_pfn pfn, uint32_t nr);
	bool (*add_memory)(void *zone, pf_pfn pfn, uint32_t nr);
	uint32_t (*largest_free)(void *zone);
	bool (*claim)(void *zone, pf_pfn pfn, unsigned order, unsigned mobility);
	unsigned (*block_type)(void *zone, pf_pfn pfn);
	const char *(*self_check)(void *zone);
};

/*
 * PF_ZONED_IMPL(pf_impl_foo, foo_zone, .name = "foo", ..., PF_ZONED_CLAIM, ...);
 *
 * defines `const struct pf_impl pf_impl_foo`, which foo.h has declared, from
 * `static const struct pf_zone_impl foo_zone`. The rest are initialisers of the
 * struct pf_impl: name, summary, features, tier, group, and one PF_ZONED_*
 * word for each optional function that foo_zone has.
 */
#ifndef __cplusplus
#define PF_ZONED_IMPL(object, zone_ops, ...)                            \
	const struct pf_impl object = {.self = &(zone_ops),             \
				       .footprint = pf_zoned_footprint, \
				       .init = pf_zoned_init,           \
				       .alloc = pf_zoned_alloc,         \
				       .free = pf_zoned_free,           \
				       .census = pf_zoned_census,       \
				       .counters = pf_zoned_counters,   \
				       .stats = pf_zoned_stats,         \
				       __VA_ARGS__}
#else
/*
 * C++20 wants initialisers in the order of struct pf_impl: name to group, limits,
 * then RUNS, COMPACT, RECLAIM, CONTIG, ISOLATE, HOTPLUG, ADD, CLAIM, LARGEST,
 * BLOCK_TYPE, SELF_CHECK. pf_zoned_fill() is below.
 */
#define PF_ZONED_IMPL(object, zone_ops, ...)                                                        \
	_Pragma("GCC diagnostic push") _Pragma(                                                     \
		"GCC diagnostic ignored \"-Wmissing-field-initializers\"") extern "C" const pf_impl \
		object;                                                                             \
	constexpr pf_impl object = pf_zoned_fill(&(zone_ops), pf_impl{__VA_ARGS__});                \
	_Pragma("GCC diagnostic pop")
#endif

#define PF_ZONED_COMPACT .compact = pf_zoned_compact
#define PF_ZONED_RECLAIM .reclaim = pf_zoned_reclaim
#define PF_ZONED_CONTIG	 .alloc_contig = pf_zoned_alloc_contig, .free_contig = pf_zoned_free_contig
#define PF_ZONED_ISOLATE .isolate = pf_zoned_isolate, .undo_isolate = pf_zoned_undo_isolate
#define PF_ZONED_HOTPLUG .offline = pf_zoned_offline, .online = pf_zoned_online
/* Getting longer is taking what lies behind, getting shorter is freeing it. */
#define PF_ZONED_RUNS                                                   \
	.alloc_run = pf_zoned_alloc_run, .free_run = pf_zoned_free_run, \
	.take_run = pf_zoned_take_run, .resize_run = pf_zoned_resize_run
#define PF_ZONED_ADD	    .add_memory = pf_zoned_add_memory
#define PF_ZONED_LARGEST    .largest_free = pf_zoned_largest_free
#define PF_ZONED_CLAIM	    .claim = pf_zoned_claim
#define PF_ZONED_BLOCK_TYPE .block_type = pf_zoned_block_type
#define PF_ZONED_SELF_CHECK .self_check = pf_zoned_self_check

/* What the macros above refer to; nobody calls these by name. */
size_t pf_zoned_footprint(const void *ops, const struct pf_layout *layout);
void pf_zoned_init(const void *ops, void *state, const struct pf_layout *layout,
		   struct pf_world *world);
pf_pfn pf_zoned_alloc(void *state, const struct pf_request *req);
void pf_zoned_free(void *state, pf_pfn pfn, unsigned order, unsigned cpu);
void pf_zoned_census(void *state, pf_block_fn fn, void *arg);
const struct pf_zone_counters *pf_zoned_counters(void *state, unsigned zone);
const struct pf_stats *pf_zoned_stats(void *state);
enum pf_compact_result pf_zoned_compact(void *state, const struct pf_compact_request *req);
unsigned pf_zoned_reclaim(void *state, unsigned node, unsigned nr, enum pf_mode mode);
bool pf_zoned_alloc_contig(void *state, pf_pfn pfn, unsigned nr, unsigned mobility);
void pf_zoned_free_contig(void *state, pf_pfn pfn, unsigned nr);
bool pf_zoned_isolate(void *state, pf_pfn block);
void pf_zoned_undo_isolate(void *state, pf_pfn block);
bool pf_zoned_offline(void *state, pf_pfn block);
void pf_zoned_online(void *state, pf_pfn block);
pf_pfn pf_zoned_alloc_run(void *state, const struct pf_run_request *req);
void pf_zoned_free_run(void *state, pf_pfn pfn, uint32_t nr, unsigned cpu);
bool pf_zoned_take_run(void *state, pf_pfn pfn, uint32_t nr);
bool pf_zoned_resize_run(void *state, pf_pfn pfn, uint32_t old, uint32_t nr);
bool pf_zoned_add_memory(void *state, pf_pfn pfn, uint32_t nr);
uint32_t pf_zoned_largest_free(void *state, unsigned zone);
bool pf_zoned_claim(void *state, pf_pfn pfn, unsigned order, unsigned mobility);
unsigned pf_zoned_block_type(void *state, pf_pfn pfn);
const char *pf_zoned_self_check(void *state);

#ifdef __cplusplus
}

constexpr pf_impl pf_zoned_fill(const pf_zone_impl *zone_ops, pf_impl impl)
{
	impl.self = zone_ops;
	impl.footprint = pf_zoned_footprint;
	impl.init = pf_zoned_init;
	impl.alloc = pf_zoned_alloc;
	impl.free = pf_zoned_free;
	impl.census = pf_zoned_census;
	impl.counters = pf_zoned_counters;
	impl.stats = pf_zoned_stats;
	return impl;
}
#endif

#endif /* PAGEFUZZ_ZONED_H */
