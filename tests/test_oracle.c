// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_oracle.c - the oracle itself: its model of free memory against a simple
 * one, layouts from any configuration, and a liar: an implementation that works
 * (mobility's) until it tells one particular lie, for which exactly one law may
 * call it out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "impls/buddy/buddy.h"
#include "impls/mobility/mobility.h"
#include "oracle/layout.h"
#include "oracle/mirror.h"
#include "oracle/oracle.h"
#include "targets/language/mutate.h"
#include "targets/language/text.h"

/* --------------------------------------------------------------- mirror -- */

static void build_layout(struct pf_layout *l, const char *text)
{
	struct pf_op ops[64];
	struct pf_text_error err;
	size_t n;

	assert_true(pf_parse(text, strlen(text), ops, 64, &n, &err));
	memset(l, 0, sizeof(*l));
	pf_layout_build(l, ops, n);
}

static unsigned zone_at(const struct pf_layout *l, uint32_t idx)
{
	pf_pfn pfn = l->base_pfn + idx;

	for (unsigned z = 0; z < l->nr_zones; z++)
		if (pfn >= l->zone[z].start_pfn && pfn < l->zone[z].start_pfn + l->zone[z].spanned)
			return z;
	return PF_MAX_ZONES;
}

static void compare_mirror(const struct pf_mirror *m, const bool *free)
{
	const struct pf_layout *l = m->layout;
	uint32_t pages = pf_layout_pages(l);

	for (unsigned o = 0; o <= l->max_order; o++) {
		uint32_t sum[PF_MAX_ZONES + 1] = {0};

		for (uint32_t i = 0; i + (1u << o) <= pages; i += 1u << o) {
			bool whole = true;

			for (uint32_t k = i; k < i + (1u << o); k++)
				whole &= free[k] && zone_at(l, k) == zone_at(l, i);
			assert_int_equal(pf_mirror_test(m, i, o), whole);
			sum[zone_at(l, i)] += whole;
		}
		for (unsigned z = 0; z < l->nr_zones; z++)
			assert_int_equal(m->nset[z][o], sum[z]);
	}
}

static void test_mirror(void **state)
{
	static const char *const layouts[] = {
		"config pages=200\nconfig max_order=7\n",
		"config pages=64\nconfig max_order=10\nconfig start=3\n",
		"config max_order=6\nzone dma pages=37\nzone normal pages=9 gap=5\nzone movable\n",
		"config max_order=5\nconfig pages=150\nhole at=10 pages=7\nreserve at=64 pages=1\n",
		"config max_order=0\nconfig pages=9\n",
	};
	struct pf_rng rng = {3};

	(void)state;
	for (size_t k = 0; k < sizeof(layouts) / sizeof(layouts[0]); k++) {
		struct pf_mirror valid = {0}, m = {0};
		static bool free[2048];
		struct pf_layout l;

		build_layout(&l, layouts[k]);
		pf_mirror_setup(&valid, &l);
		pf_mirror_setup(&m, &l);
		pf_mirror_fill(&valid, NULL);
		m.valid = &valid;
		pf_mirror_copy(&m, &valid);
		for (uint32_t i = 0; i < pf_layout_pages(&l); i++)
			free[i] = pf_mirror_test(&valid, i, 0);
		compare_mirror(&m, free);
		for (int step = 0; step < 300; step++) {
			unsigned o = pf_rng_below(&rng, l.max_order + 1);
			uint32_t i = pf_rng_below(&rng, pf_layout_pages(&l)) >> o << o, used = 0;

			if (i + (1u << o) > pf_layout_pages(&l) || !pf_mirror_test(&valid, i, o))
				continue;
			for (uint32_t p = i; p < i + (1u << o); p++)
				used += !free[p];
			if (used && used != 1u << o)
				continue;
			if (used)
				pf_mirror_put(&m, zone_at(&l, i), i, o);
			else
				pf_mirror_take(&m, zone_at(&l, i), i, o);
			for (uint32_t p = i; p < i + (1u << o); p++)
				free[p] = used;
			compare_mirror(&m, free);
		}
		pf_mirror_free(&m);
		pf_mirror_free(&valid);
	}
}

/* --------------------------------------------------------------- layout -- */

static void test_layout(void **state)
{
	struct pf_rng rng = {9};
	unsigned count[3] = {0}, bases[4] = {0};

	(void)state;
	for (int k = 0; k < 20000; k++) {
		struct pf_op ops[24];
		struct pf_layout l = {0};
		size_t n = pf_rng_below(&rng, 24);
		uint32_t at_once[PF_MAX_ZONES];
		pf_pfn end = 0;

		for (size_t i = 0; i < n; i++) {
			memset(&ops[i], 0, sizeof(ops[i]));
			ops[i].kind = pf_rng_below(&rng, 5);
			if (ops[i].kind == 4)
				ops[i].kind = PF_OP_LATER;
			for (unsigned a = 0; a < pf_op_info[ops[i].kind].nr_operands; a++) {
				uint32_t max = pf_op_info[ops[i].kind].operand[a].max;

				/* Small ones, all magnitudes, and the greatest of all. */
				ops[i].arg[a] = pf_rng_below(&rng, 1u << pf_rng_below(&rng, 32));
				if (pf_rng_below(&rng, 2))
					ops[i].arg[a] %= 8;
				if (ops[i].arg[a] > max || !pf_rng_below(&rng, 32))
					ops[i].arg[a] = max;
			}
		}
		if (n && k % 4 == 0)
			ops[0] = (struct pf_op){.kind = PF_OP_CONFIG,
						.arg = {PF_CONFIG_BASE, pf_rng_next(&rng)}};
		assert_int_equal(pf_layout_build(&l, ops, n), n);
		assert_in_range(l.nr_zones, 1, PF_MAX_ZONES);
		assert_true(l.pageblock_order <= l.max_order && l.max_order <= PF_MAX_ORDER);
		assert_true(l.base_pfn >= 1u << l.max_order &&
			    !(l.base_pfn & ((1u << l.max_order) - 1)));
		assert_true(l.nr_cpus >= 1 && l.nr_nodes >= 1 && l.nr_nodes <= PF_MAX_NODES);
		for (unsigned z = 0; z < l.nr_zones; z++) {
			assert_true(l.zone[z].start_pfn >= end &&
				    l.zone[z].start_pfn >= l.base_pfn);
			assert_true(pf_zone_managed(&l, z) >= 1 && l.zone[z].node < l.nr_nodes);
			assert_true(l.zone[z].wmark[0] <= l.zone[z].wmark[1] &&
				    l.zone[z].wmark[1] <= l.zone[z].wmark[2]);
			end = l.zone[z].start_pfn + l.zone[z].spanned;
			at_once[z] = l.zone[z].spanned;
			for (unsigned y = 0; y < z; y++)
				assert_false(l.zone[y].node == l.zone[z].node &&
					     l.zone[y].type == l.zone[z].type);
		}
		assert_int_equal(end, l.end_pfn);
		assert_true(pf_layout_pages(&l) <= PF_MAX_PAGES);
		/* Not even rounded up to a block of the largest order it is no pfn. */
		assert_true(l.end_pfn + (1ull << l.max_order) <= PF_NO_PFN);
		for (unsigned r = 0; r < l.nr_ranges; r++) {
			uint32_t at = l.range[r].start_pfn - l.base_pfn;

			assert_true(l.range[r].nr_pages >= 1);
			count[l.range[r].kind]++;
			if (l.range[r].kind == PF_RANGE_LATER)
				assert_int_equal((l.range[r].start_pfn | l.range[r].nr_pages) &
							 ((1u << l.pageblock_order) - 1),
						 0);
			at_once[zone_at(&l, at)] -= l.range[r].nr_pages;
			assert_true(zone_at(&l, at) < PF_MAX_ZONES);
			assert_int_equal(zone_at(&l, at),
					 zone_at(&l, at + l.range[r].nr_pages - 1));
			if (r)
				assert_true(l.range[r].start_pfn >=
					    l.range[r - 1].start_pfn + l.range[r - 1].nr_pages);
		}
		for (unsigned z = 0; z < l.nr_zones; z++)
			assert_in_range(at_once[z], 1, l.zone[z].spanned);
		bases[l.base_pfn >> 30]++;
	}
	for (unsigned i = 0; i < 3; i++)
		assert_true(count[i] > 500);
	for (unsigned i = 0; i < 4; i++)
		assert_true(bases[i] > 10);
}

static void build(struct pf_layout *l, const struct pf_op *ops, size_t n)
{
	assert_int_equal(pf_layout_build(l, ops, n), n);
}

#define CONFIG(key, value)                                              \
	{                                                               \
		.kind = PF_OP_CONFIG, .arg = { PF_CONFIG_##key, value } \
	}

static void test_layout_base(void **state)
{
	static const struct {
		uint32_t max_order, base, expected;
	} rows[] = {
		{7, 0, 128},
		{7, 1, 128},
		{7, 129, 256},
		{7, 65536, 65536},
		{0, 0, 1},
		{0, 77, 77},
		{18, 0, 1 << 18},
		{18, (1 << 18) + 1, 1 << 19},
		/* 1000 pages, then room for one block more. */
		{3, UINT32_MAX, UINT32_MAX - 7 - 1008},
		{10, UINT32_MAX, UINT32_MAX - 1023 - 1024},
	};
	struct pf_layout l, m;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pf_op ops[] = {CONFIG(MAX_ORDER, rows[i].max_order),
				      CONFIG(BASE, rows[i].base), CONFIG(PAGES, 1000),
				      CONFIG(PAGEBLOCK_ORDER, 2)};

		build(&l, ops, 4);
		assert_int_equal(l.base_pfn, rows[i].expected);
		assert_int_equal(l.zone[0].start_pfn, l.base_pfn);
		assert_int_equal(l.end_pfn, l.base_pfn + 1000);
	}
	/* What it is without being asked for. */
	for (unsigned order = 0; order <= PF_MAX_ORDER; order++) {
		struct pf_op ops[] = {CONFIG(MAX_ORDER, order), CONFIG(BASE, PF_DEFAULT_BASE)};

		build(&l, ops, 1);
		build(&m, ops, 2);
		assert_memory_equal(&l, &m, sizeof(l));
		assert_int_equal(l.base_pfn, order <= 10 ? 1024 : 1 << order);
	}
	/* The largest zone. */
	build(&l, (struct pf_op[]){CONFIG(PAGES, UINT32_MAX), CONFIG(START, UINT32_MAX)}, 2);
	assert_int_equal(l.zone[0].spanned, 1 << 22);
	assert_int_equal(l.zone[0].start_pfn, l.base_pfn);
}

static void test_layout_later(void **state)
{
	/* Pageblocks of 16 pages, one zone of 90 pages from page 6 on: 10 to 16, ..., 80 to 96. */
	static const struct {
		uint32_t at, pages, expected_at, expected_pages;
	} rows[] = {
		{16, 16, 16, 16},
		{17, 1, 16, 16},
		{31, 2, 16, 32},
		{48, 1000, 48, 48},
		/* The first pageblock is not all there. */
		{6, 1, 0, 0},
		{6, 11, 16, 16},
		/* Something is left: six pages. */
		{6, 90, 16, 80},
		{0, 90, 0, 0},
		{96, 1, 0, 0},
		{16, 0, 0, 0},
		{UINT32_MAX, UINT32_MAX, 0, 0},
	};
	struct pf_layout l;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pf_op ops[] = {
			CONFIG(START, 6),
			CONFIG(PAGES, 90),
			{.kind = PF_OP_LATER, .arg = {rows[i].at, rows[i].pages}},
		};

		build(&l, ops, 3);
		assert_int_equal(l.nr_ranges, !!rows[i].expected_pages);
		assert_int_equal(pf_zone_managed(&l, 0), 90);
		if (!l.nr_ranges)
			continue;
		assert_int_equal(l.range[0].kind, PF_RANGE_LATER);
		assert_int_equal(l.range[0].start_pfn, l.base_pfn + rows[i].expected_at);
		assert_int_equal(l.range[0].nr_pages, rows[i].expected_pages);
	}
	/* All that a zone has at once: a zone of whole pageblocks keeps one page of one. */
	build(&l,
	      (struct pf_op[]){CONFIG(PAGES, 64),
			       {.kind = PF_OP_HOLE, .arg = {0, 15}},
			       {.kind = PF_OP_LATER, .arg = {16, 48}},
			       {.kind = PF_OP_RESERVE, .arg = {15, 1}},
			       {.kind = PF_OP_LATER, .arg = {15, 1}}},
	      5);
	assert_int_equal(l.nr_ranges, 2);
	assert_int_equal(pf_zone_managed(&l, 0), 64 - 15);
}

static void test_layout_within(void **state)
{
	static const struct {
		struct pf_limits limits;
		bool within;
	} rows[] = {
		{{.max_order = 8}, true},      {{.max_order = 7}, false},
		{{.min_max_order = 7}, true},  {{.min_max_order = 8}, false},
		{{.zone_align = 4}, true},     {{.zone_align = 5}, false},
		{{.zone_align = 255}, false},  {{.max_zones = 2}, true},
		{{.max_zones = 1}, false},     {{.max_nodes = 2}, true},
		{{.max_nodes = 1}, false},     {{.max_cpus = 3}, true},
		{{.max_cpus = 2}, false},      {{.no_holes = true}, false},
		{{.no_reserved = true}, true}, {{.min_pages = 64}, true},
		{{.min_pages = 65}, false},    {{.max_pages = 80}, true},
		{{.max_pages = 79}, false},    {{.max_zones = 9, .max_pages = 1 << 30}, true},
	};
	const struct pf_op ops[] = {
		{.kind = PF_OP_ZONE, .arg = {PF_ZONE_DMA, 0, 64, 16, 0}},
		{.kind = PF_OP_ZONE, .arg = {PF_ZONE_NORMAL, 1, 80, 0, 0}},
		{.kind = PF_OP_HOLE, .arg = {20, 3}},
		CONFIG(CPUS, 3),
	};
	struct pf_layout l;

	(void)state;
	build(&l, ops, 4);
	assert_true(pf_layout_within(&l, NULL));
	assert_true(pf_layout_within(&l, &(struct pf_limits){0}));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(pf_layout_within(&l, &rows[i].limits), rows[i].within);
	build(&l, (struct pf_op[]){{.kind = PF_OP_RESERVE, .arg = {3, 4}}}, 1);
	assert_false(pf_layout_within(&l, &(struct pf_limits){.no_reserved = true}));
	assert_true(pf_layout_within(&l, &(struct pf_limits){.no_holes = true}));
}

/* ------------------------------------------------------------- the liar -- */

static enum lie {
	NO_LIE,
	UNALIGNED,
	OUTSIDE,
	ABOVE_MAX,
	WRONG_ZONE,
	TWICE,
	RESERVED,
	MANAGED,
	FREE_COUNT,
	NR_FREE,
	UNMERGED,
	LIST_TWICE,
	LIST_LIVE,
	LIST_SHORT,
	SCRIBBLE,
	MOVE_REFUSED,
	MOVE_PINNED,
	MOVE_NOBODY,
	MOVE_ONTO_LIVE,
	ENDLESS,
	GREEDY,
	LAZY,
	FALSE_SUCCESS,
	FALSE_RECLAIM,
	PGALLOC,
	STALL,
	FALSE_TYPE,
	ISOLATED_TYPE,
	NOT_SOUND,
	OTHER_PFN,
	BAD_CLAIM,
	NR_LIES,
} lie;

static struct pf_world *world;
static const struct pf_layout *layout;
static pf_pfn last_pfn;
static struct pf_zone_counters counted;
static struct pf_stats stats;

static const struct pf_impl *truth(void)
{
	return &pf_impl_mobility;
}

static void liar_init(const void *self, void *state, const struct pf_layout *l, struct pf_world *w)
{
	(void)self;
	layout = l;
	/* Mirrored replay starts a second state in somebody else's world. */
	if (!world)
		world = w;
	truth()->init(truth()->self, state, l, w);
}

static pf_pfn liar_alloc(void *state, const struct pf_request *req)
{
	struct pf_request greedy = *req;
	pf_pfn pfn;

	switch (lie) {
	case OUTSIDE:
		return layout->end_pfn;
	case ABOVE_MAX:
		if (req->order > layout->max_order)
			return layout->base_pfn;
		break;
	case TWICE:
		if (last_pfn)
			return last_pfn;
		break;
	case RESERVED:
		return layout->base_pfn + 8;
	case WRONG_ZONE:
		greedy.zone = PF_ZONE_MOVABLE;
		greedy.mobility = PF_MOVABLE;
		break;
	case GREEDY:
		greedy.gfp |= PF_GFP_MEMALLOC;
		break;
	case LAZY:
		return PF_NO_PFN;
	case ENDLESS:
		for (;;)
			world->spent(world, 1);
	default:
		break;
	}
	pfn = truth()->alloc(state, &greedy);
	if (lie == UNALIGNED)
		pfn += req->order;
	/* Takes a page more and gives the first one back: a lawful, other answer. */
	if (lie == OTHER_PFN && pfn != PF_NO_PFN) {
		pf_pfn other = truth()->alloc(state, req);

		truth()->free(state, pfn, req->order, 0);
		pfn = other;
	}
	if (lie == SCRIBBLE && last_pfn)
		memset(world->contents(world, last_pfn), 0x55, PF_PAGE_BYTES);
	last_pfn = pfn;
	return pfn;
}

static const struct pf_zone_counters *liar_counters(void *state, unsigned zone)
{
	counted = *truth()->counters(state, zone);
	if (lie == MANAGED)
		counted.managed++;
	if (lie == FREE_COUNT)
		counted.free--;
	if (lie == NR_FREE && last_pfn)
		counted.nr_free[0]++;
	if (lie == UNMERGED) {
		counted.nr_free[layout->max_order]--;
		counted.nr_free[layout->max_order - 1] += 2;
	}
	return &counted;
}

struct lying_census {
	pf_block_fn fn;
	void *arg;
	unsigned seen;
};

static void census_block(void *arg, const struct pf_block *block)
{
	struct lying_census *c = arg;

	if (lie == LIST_SHORT && !c->seen++)
		return;
	if (lie == UNMERGED && block->order == layout->max_order && !c->seen++) {
		struct pf_block half = *block;

		half.order--;
		c->fn(c->arg, &half);
		half.pfn += 1u << half.order;
		c->fn(c->arg, &half);
		return;
	}
	c->fn(c->arg, block);
	if (lie == LIST_TWICE)
		c->fn(c->arg, block);
}

static void liar_census(void *state, pf_block_fn fn, void *arg)
{
	struct lying_census c = {fn, arg, 0};

	if (lie == LIST_LIVE && last_pfn)
		fn(arg, &(struct pf_block){.pfn = last_pfn});
	truth()->census(state, census_block, &c);
}

static enum pf_compact_result liar_compact(void *state, const struct pf_compact_request *req)
{
	pf_pfn target = layout->base_pfn + 64;

	switch (lie) {
	case FALSE_SUCCESS:
		return PF_COMPACT_SUCCESS;
	case MOVE_REFUSED:
	case MOVE_PINNED:
		/* Asked, refused, and the page taken as moved all the same. */
		world->migrate(world, last_pfn, target, PF_MODE_SYNC);
		truth()->claim(state, target, 0, PF_MOVABLE);
		truth()->free(state, last_pfn, 0, 0);
		return PF_COMPACT_COMPLETE;
	case MOVE_NOBODY:
		world->migrate(world, target, target + 1, PF_MODE_SYNC);
		break;
	case MOVE_ONTO_LIVE:
		world->migrate(world, last_pfn, last_pfn - 1, PF_MODE_SYNC);
		break;
	default:
		break;
	}
	return truth()->compact(state, req);
}

static unsigned liar_reclaim(void *state, unsigned node, unsigned nr, enum pf_mode mode)
{
	return truth()->reclaim(state, node, nr, mode) + (lie == FALSE_RECLAIM);
}

static const struct pf_stats *liar_stats(void *state)
{
	stats = *truth()->stats(state);
	stats.pgalloc += lie == PGALLOC;
	stats.compact_stall += lie == STALL;
	return &stats;
}

static unsigned liar_block_type(void *state, pf_pfn pfn)
{
	static unsigned calls;

	if (lie == FALSE_TYPE)
		return PF_NR_BLOCK_TYPES;
	/* Another answer each time, so not the one before the isolation. */
	if (lie == ISOLATED_TYPE && truth()->block_type(state, pfn) != PF_ISOLATE)
		return ++calls % PF_NR_MOBILITY;
	return truth()->block_type(state, pfn);
}

static bool liar_claim(void *state, pf_pfn pfn, unsigned order, unsigned mobility)
{
	return lie != BAD_CLAIM && truth()->claim(state, pfn, order, mobility);
}

static const char *liar_self_check(void *state)
{
	return lie == NOT_SOUND ? "a lie" : truth()->self_check(state);
}

static struct pf_impl make_liar(void)
{
	struct pf_impl liar = pf_impl_mobility;

	liar.name = "liar";
	liar.init = liar_init;
	liar.alloc = liar_alloc;
	liar.counters = liar_counters;
	liar.census = liar_census;
	liar.compact = liar_compact;
	liar.reclaim = liar_reclaim;
	liar.stats = liar_stats;
	liar.block_type = liar_block_type;
	liar.claim = liar_claim;
	liar.self_check = liar_self_check;
	return liar;
}

#define FILLED \
	"config pages=256\nconfig min=16\nbulk a1 count=127 movable\nbulk a2 count=127 movable\n"

static const struct {
	const char *program, *signature;
} lies[NR_LIES] = {
	[NO_LIE] = {"alloc a1 order=2\ncompact order=3\ncheck\n", NULL},
	[UNALIGNED] = {"alloc a1 order=2\n", "placement/liar/alloc"},
	[OUTSIDE] = {"alloc a1 order=0\n", "placement/liar/alloc"},
	[ABOVE_MAX] = {"alloc a1 order=9\n", "placement/liar/alloc"},
	[WRONG_ZONE] = {"zone normal pages=64\nzone movable pages=64\nalloc a1 order=0\n",
			"placement/liar/alloc"},
	[TWICE] = {"alloc a1 order=1\nalloc a2 order=1\n", "exclusive/liar/alloc"},
	[RESERVED] = {"reserve at=8 pages=8\nalloc a1 order=3\n", "exclusive/liar/alloc"},
	[MANAGED] = {"alloc a1 order=0\n", "conservation/liar/alloc"},
	[FREE_COUNT] = {"alloc a1 order=0\n", "conservation/liar/alloc"},
	[NR_FREE] = {"alloc a1 order=0\n", "census/liar/alloc"},
	[UNMERGED] = {"alloc a1 order=0\n", "coalesced/liar/alloc"},
	[LIST_TWICE] = {"alloc a1 order=0\ncheck\n", "census/liar/check"},
	[LIST_LIVE] = {"alloc a1 order=0\ncheck\n", "census/liar/check"},
	[LIST_SHORT] = {"alloc a1 order=0\ncheck\n", "census/liar/check"},
	[SCRIBBLE] = {"alloc a1 order=0\nalloc a2 order=0\nfree a1\n", "contents/liar/free"},
	[MOVE_REFUSED] =
		{"alloc a1 order=0 movable\ninject migrate_busy count=9\ncompact order=2 sync\n",
		 "consent/liar/compact"},
	[MOVE_PINNED] = {"alloc a1 order=0 movable\npin a1\ncompact order=2 sync\n",
			 "immovable/liar/compact"},
	[MOVE_NOBODY] = {"alloc a1 order=0 movable\ncompact order=2 sync\n",
			 "consent/liar/compact"},
	[MOVE_ONTO_LIVE] =
		{"alloc a1 order=0 movable\nalloc a2 order=0 movable\ncompact order=2 sync\n",
		 "exclusive/liar/compact"},
	[ENDLESS] = {"alloc a1 order=0\n", "liveness/liar/alloc"},
	[GREEDY] = {FILLED, "reserves/liar/bulk"},
	[LAZY] = {"alloc a1 order=0\n", "feasibility/liar/alloc"},
	[FALSE_SUCCESS] = {"config pages=64\ncompact order=10 sync\n", "truthful/liar/compact"},
	[FALSE_RECLAIM] = {"reclaim pages=1\n", "truthful/liar/reclaim"},
	[PGALLOC] = {"alloc a1 order=0\n", "identities/liar/end"},
	[STALL] = {"alloc a1 order=0\n", "identities/liar/end"},
	[FALSE_TYPE] = {"alloc a1 order=0\ncheck\n", "block_types/liar/check"},
	[ISOLATED_TYPE] = {"isolate block=3\nundo block=3\n", "block_types/liar/undo"},
	[NOT_SOUND] = {"check\n", "self_check/liar/check"},
	[OTHER_PFN] = {"alloc a1 order=0 movable\n", "same_log/liar:mobility/alloc"},
	[BAD_CLAIM] = {"alloc a1 order=0 movable\npin a1\ncheck\n", "mirrored/liar:mobility/check"},
};

static enum pf_outcome run_text(struct pf_oracle *o, const char *text, struct pf_verdict *v)
{
	struct pf_op ops[256];
	struct pf_text_error err;
	size_t n;

	if (!pf_parse(text, strlen(text), ops, 256, &n, &err))
		fail_msg("%zu: %s", err.line, err.message);
	world = NULL;
	last_pfn = 0;
	memset(v, 0, sizeof(*v));
	return pf_oracle_run(o, ops, n, v);
}

static void test_lies(void **state)
{
	struct pf_impl liar = make_liar();
	const struct pf_impl *lineup[] = {&pf_impl_mobility, &liar};
	struct pf_verdict v;

	(void)state;
	for (lie = NO_LIE; lie < NR_LIES; lie++) {
		/* Relations need somebody to compare with; a law needs the liar alone. */
		bool relation = lie == OTHER_PFN || lie == BAD_CLAIM;
		struct pf_oracle *o =
			pf_oracle_new(relation ? lineup : lineup + 1, relation ? 2 : 1);
		enum pf_outcome outcome = run_text(o, lies[lie].program, &v);

		if (!lies[lie].signature)
			assert_int_equal(outcome, PF_CLEAN);
		else if (outcome != PF_FINDING || strcmp(v.signature, lies[lie].signature))
			fail_msg("lie %d: '%s', should be '%s'", lie, v.signature,
				 lies[lie].signature);
		pf_oracle_free(o);
	}
	lie = NO_LIE;
}

/* After a finding the next program starts afresh. */
static void test_after_a_finding(void **state)
{
	struct pf_impl liar = make_liar();
	const struct pf_impl *lineup[] = {&pf_impl_buddy, &pf_impl_mobility, &liar};
	struct pf_oracle *o = pf_oracle_new(lineup, 3);
	struct pf_verdict v;
	uint64_t hash;

	(void)state;
	assert_int_equal(run_text(o, FILLED "free a1\nisolate block=2\n", &v), PF_CLEAN);
	hash = pf_oracle_hash(o);
	lie = SCRIBBLE;
	assert_int_equal(run_text(o,
				  "isolate block=1\nalloc a1 order=0\nalloc a2 order=0\nalloc a3 "
				  "order=4\nfree a1\n",
				  &v),
			 PF_FINDING);
	lie = NO_LIE;
	assert_int_equal(run_text(o, FILLED "free a1\nisolate block=2\n", &v), PF_CLEAN);
	assert_true(hash == pf_oracle_hash(o));
	pf_oracle_free(o);
}

/* Who is told of a split finds single pages, in everybody's world. */
static void curious_split(void *state, pf_pfn pfn, unsigned order)
{
	if (!world)
		fail_msg("no world");
	for (unsigned i = 0; i < 1u << order; i++) {
		assert_int_equal(world->attrs(world, pfn + i) & ~PF_PAGE_REFERENCED,
				 PF_PAGE_LIVE | PF_PAGE_MOVABLE | PF_PAGE_HEAD);
		assert_int_equal(world->unit_order(world, pfn + i), 0);
	}
	if (truth()->split)
		truth()->split(state, pfn, order);
}

static void test_questions_in_split(void **state)
{
	struct pf_impl curious = make_liar();
	const struct pf_impl *lineup[] = {&pf_impl_buddy, &curious};
	struct pf_oracle *o = pf_oracle_new(lineup, 2);
	struct pf_verdict v;

	(void)state;
	curious.split = curious_split;
	assert_int_equal(run_text(o, "alloc a1 order=6 movable\naccess a1\nsplit a1\n", &v),
			 PF_CLEAN);
	pf_oracle_free(o);
}

/* Free pages are linked through themselves: a pointer and, at the end of 64 bytes, a mark. */
struct linked {
	pf_pfn first;
	uint32_t nr_free;
	struct pf_zone_counters count;
	struct pf_world *world;
};

static uint64_t *last_word(const struct linked *m, pf_pfn pfn)
{
	return (uint64_t *)m->world->contents(m->world, pfn) + 7;
}

static size_t linked_footprint(const void *self, const struct pf_layout *l)
{
	(void)self;
	return l->nr_zones == 1 && !l->nr_ranges ? sizeof(struct linked) : 0;
}

static void linked_free(void *state, pf_pfn pfn, unsigned order, unsigned cpu)
{
	struct linked *m = state;
	uint64_t *page = m->world->contents(m->world, pfn);

	(void)order, (void)cpu;
	page[0] = m->first;
	*last_word(m, pfn) = ~(uint64_t)pfn;
	m->first = pfn;
	m->nr_free++;
}

static void linked_init(const void *self, void *state, const struct pf_layout *l,
			struct pf_world *w)
{
	struct linked *m = state;

	(void)self;
	*m = (struct linked){.first = PF_NO_PFN, .world = w, .count.managed = l->zone[0].spanned};
	for (uint32_t i = 0; i < l->zone[0].spanned; i++)
		linked_free(m, l->zone[0].start_pfn + i, 0, 0);
}

static pf_pfn linked_alloc(void *state, const struct pf_request *req)
{
	struct linked *m = state;
	pf_pfn pfn = m->first;

	if (req->order || pfn == PF_NO_PFN)
		return PF_NO_PFN;
	assert_true(*last_word(m, pfn) == ~(uint64_t)pfn);
	m->first = (pf_pfn) * (uint64_t *)m->world->contents(m->world, pfn);
	m->nr_free--;
	/* A write too late, into the last bytes of a page that is somebody's. */
	if (lie == SCRIBBLE && last_pfn)
		*last_word(m, last_pfn) = 0;
	last_pfn = pfn;
	return pfn;
}

static void linked_census(void *state, pf_block_fn fn, void *arg)
{
	const struct linked *m = state;

	for (pf_pfn pfn = m->first; pfn != PF_NO_PFN;
	     pfn = (pf_pfn) * (uint64_t *)m->world->contents(m->world, pfn))
		fn(arg, &(struct pf_block){.pfn = pfn});
}

static const struct pf_zone_counters *linked_counters(void *state, unsigned zone)
{
	struct linked *m = state;

	(void)zone;
	m->count.free = m->nr_free;
	return &m->count;
}

static void test_bytes_of_a_page(void **state)
{
	static const struct pf_limits limits = {.max_order = 1, .max_zones = 1};
	struct pf_impl linked = {
		.name = "linked",
		.summary = "free pages, linked",
		.features = PF_F_INPAGE,
		.limits = &limits,
		.page_bytes = 64,
		.footprint = linked_footprint,
		.init = linked_init,
		.alloc = linked_alloc,
		.free = linked_free,
		.census = linked_census,
		.counters = linked_counters,
	};
	const struct pf_impl *lineup[] = {&linked};
	const char *text = "config pages=32\nconfig max_order=0\nconfig pageblock_order=0\n"
			   "alloc a1 order=0\nalloc a2 order=0\nfree a1\nalloc a3 order=0\ncheck\n";
	struct pf_oracle *o = pf_oracle_new(lineup, 1);
	struct pf_verdict v;

	(void)state;
	assert_int_equal(run_text(o, text, &v), PF_CLEAN);
	lie = SCRIBBLE;
	assert_int_equal(run_text(o, text, &v), PF_FINDING);
	assert_string_equal(v.signature, "contents/linked/free");
	lie = NO_LIE;
	assert_int_equal(run_text(o, text, &v), PF_CLEAN);
	pf_oracle_free(o);
	linked.page_bytes = 24;
	assert_null(pf_oracle_new(lineup, 1));
	linked.page_bytes = 64;
	linked.features = 0;
	assert_null(pf_oracle_new(lineup, 1));
}

/* A lone success is taken back, so a slot is live in all or in none. */
static void test_consensus(void **state)
{
	const struct pf_impl *lineup[] = {&pf_impl_buddy, &pf_impl_mobility};
	struct pf_oracle *o = pf_oracle_new(lineup, 2);
	const struct pf_figures *buddy, *mobility;
	struct pf_verdict v;

	(void)state;
	/* mobility keeps its min watermark, buddy has none. */
	assert_int_equal(run_text(o,
				  "config pages=64\nconfig min=40\nalloc a1 order=4\nalloc a2 "
				  "order=4\ncheck\n",
				  &v),
			 PF_CLEAN);
	buddy = pf_oracle_figures(o, 0);
	mobility = pf_oracle_figures(o, 1);
	assert_int_equal(buddy->alloc_ok[4], 2);
	assert_int_equal(mobility->alloc_ok[4] + mobility->alloc_failed[4], 2);
	assert_int_not_equal(mobility->alloc_failed[4], 0);
	assert_int_equal(buddy->free_pages, mobility->free_pages);
	pf_oracle_free(o);
}

/* Of eight pages of a pageblock one is in use, and there is room for it elsewhere. */
static void test_packing(void **state)
{
	const struct pf_impl *lineup[] = {&pf_impl_mobility};
	struct pf_oracle *o = pf_oracle_new(lineup, 1);
	const struct pf_figures *f = pf_oracle_figures(o, 0);
	char text[4096] = "config pages=64\nconfig pageblock_order=3\nconfig max_order=4\n"
			  "config min=0\n";
	struct pf_verdict v;

	(void)state;
	for (unsigned i = 0; i < 64; i++)
		sprintf(text + strlen(text), "alloc a%u order=0 movable\n", i);
	for (unsigned i = 0; i < 64; i += 2)
		sprintf(text + strlen(text), "free a%u\n", i);
	assert_int_equal(run_text(o, text, &v), PF_CLEAN);
	assert_int_equal(f->packable, 0);
	strcat(text, "compact order=3 sync whole movable\n");
	assert_int_equal(run_text(o, text, &v), PF_CLEAN);
	assert_int_equal(f->packable, 1);
	assert_int_equal(f->packed, 1);
	/* Half of a pageblock would have done. */
	assert_int_equal(f->least_moves, 4);
	assert_in_range(f->packing_moves, 4, 32);
	/* A pinned page in each pageblock: nothing can be made. */
	strcpy(strstr(text, "compact"), "");
	for (unsigned i = 1; i < 64; i += 8)
		sprintf(text + strlen(text), "pin a%u\n", i);
	strcat(text, "compact order=3 sync whole movable\n");
	assert_int_equal(run_text(o, text, &v), PF_CLEAN);
	assert_int_equal(f->packable, 1);
	pf_oracle_free(o);
}

static void test_refused_layouts(void **state)
{
	const struct pf_impl *lineup[] = {&pf_impl_buddy};
	struct pf_oracle *o = pf_oracle_new(lineup, 1);
	struct pf_verdict v;

	(void)state;
	assert_null(pf_oracle_new(lineup, 0));
	assert_null(pf_oracle_new(lineup, PF_MAX_LANES + 1));
	pf_oracle_options(o, &(struct pf_options){.max_pages = 100});
	assert_int_equal(run_text(o, "alloc a1 order=0\n", &v), PF_UNSUPPORTED);
	assert_int_equal(run_text(o, "config pages=100\nalloc a1 order=0\n", &v), PF_CLEAN);
	pf_oracle_free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mirror),		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_layout_base),	cmocka_unit_test(test_layout_later),
		cmocka_unit_test(test_layout_within),	cmocka_unit_test(test_lies),
		cmocka_unit_test(test_after_a_finding), cmocka_unit_test(test_consensus),
		cmocka_unit_test(test_refused_layouts), cmocka_unit_test(test_questions_in_split),
		cmocka_unit_test(test_bytes_of_a_page), cmocka_unit_test(test_packing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
