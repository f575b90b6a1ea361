// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_simple.c - the simple implementations (bitmap, buddy, mobility) and the
 * zone adaptor under them, against a fake world that knows who owns each page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "impls/bitmap/bitmap.h"
#include "impls/buddy/buddy.h"
#include "impls/mobility/mobility.h"

#define MAX_PFN	  16384
#define MAX_UNITS 4096

enum refusal { REFUSE_NEVER, REFUSE_ONCE, REFUSE_AGAIN, REFUSE_BUSY, REFUSE_SOMETIMES };

struct unit {
	pf_pfn pfn;
	uint8_t order;
	uint32_t nr; /* pages; a contiguous range if not 1 << order */
	bool contig;
};

struct fake {
	struct pf_world world; /* first: the functions get a pointer to it */
	const struct pf_impl *impl;
	struct pf_layout layout;
	uint16_t attrs[MAX_PFN];
	uint8_t order[MAX_PFN];
	uint32_t content[MAX_PFN];
	uint16_t unit_of[MAX_PFN];
	uint8_t usable[MAX_PFN]; /* zone number + 1 */
	uint8_t isolated[MAX_PFN];
	uint8_t offline[MAX_PFN];
	struct unit unit[MAX_UNITS];
	unsigned nr_units;
	enum refusal refuse;
	uint64_t spent, rng;
	unsigned moves, attempts, evictions, events[PF_NR_EVENTS];
};

static struct fake f;
static void *state;
static size_t state_size;

static uint32_t rnd(uint32_t n)
{
	f.rng ^= f.rng << 13;
	f.rng ^= f.rng >> 7;
	f.rng ^= f.rng << 17;
	return (uint32_t)(f.rng >> 20) % n;
}

/* ------------------------------------------------------- the fake world -- */

static void set_unit(unsigned u, unsigned attrs)
{
	const struct unit *unit = &f.unit[u];

	for (uint32_t i = 0; i < unit->nr; i++) {
		pf_pfn pfn = unit->pfn + i;

		assert_true(f.usable[pfn] && !f.offline[pfn]);
		assert_false(f.attrs[pfn] & PF_PAGE_LIVE);
		f.attrs[pfn] = (uint16_t)(attrs | PF_PAGE_LIVE);
		if (!i || unit->contig)
			f.attrs[pfn] |= PF_PAGE_HEAD;
		f.order[pfn] = unit->order;
		f.unit_of[pfn] = (uint16_t)u;
	}
}

static void clear_pages(pf_pfn pfn, uint32_t nr)
{
	memset(&f.attrs[pfn], 0, nr * sizeof(f.attrs[0]));
	memset(&f.order[pfn], 0, nr);
}

static unsigned add_unit(pf_pfn pfn, uint32_t nr, unsigned order, unsigned attrs, bool contig)
{
	unsigned u = f.nr_units++;

	assert_true(u < MAX_UNITS);
	f.unit[u] = (struct unit){.pfn = pfn, .order = (uint8_t)order, .nr = nr, .contig = contig};
	set_unit(u, attrs);
	for (uint32_t i = 0; i < nr; i++)
		f.content[pfn + i] = (u << 16 | i) ^ 0x5a5a0000u;
	return u;
}

static void forget_unit(unsigned u)
{
	clear_pages(f.unit[u].pfn, f.unit[u].nr);
	if (u != --f.nr_units) {
		f.unit[u] = f.unit[f.nr_units];
		for (uint32_t i = 0; i < f.unit[u].nr; i++) {
			f.unit_of[f.unit[u].pfn + i] = (uint16_t)u;
			f.content[f.unit[u].pfn + i] = (u << 16 | i) ^ 0x5a5a0000u;
		}
	}
}

static enum pf_migrate_result fake_migrate(struct pf_world *w, pf_pfn src, pf_pfn dst,
					   enum pf_mode mode)
{
	unsigned u = f.unit_of[src], attrs = f.attrs[src];
	uint32_t nr = f.unit[u].nr;

	assert_ptr_equal(w, &f.world);
	assert_true(mode < PF_NR_MODES);
	assert_true(attrs & PF_PAGE_LIVE && attrs & PF_PAGE_HEAD && attrs & PF_PAGE_MOVABLE);
	assert_false(attrs & (PF_PAGE_PINNED | PF_PAGE_LOCKED));
	assert_int_equal(f.unit[u].pfn, src);
	assert_int_equal(dst % nr, 0);
	for (uint32_t i = 0; i < nr; i++) {
		assert_int_equal(f.usable[dst + i], f.usable[src]);
		assert_false(f.attrs[dst + i] & PF_PAGE_LIVE);
		assert_false(f.isolated[dst + i] || f.offline[dst + i]);
	}
	f.attempts++;
	if (f.refuse == REFUSE_ONCE) {
		f.refuse = REFUSE_NEVER;
		return PF_MIGRATE_BUSY;
	}
	if (f.refuse == REFUSE_AGAIN || (f.refuse == REFUSE_SOMETIMES && !rnd(3)))
		return PF_MIGRATE_AGAIN;
	if (f.refuse == REFUSE_BUSY || (f.refuse == REFUSE_SOMETIMES && !rnd(3)))
		return PF_MIGRATE_BUSY;
	memcpy(&f.content[dst], &f.content[src], nr * sizeof(f.content[0]));
	clear_pages(src, nr);
	f.unit[u].pfn = dst;
	set_unit(u, attrs & ~PF_PAGE_HEAD);
	f.moves++;
	return PF_MIGRATED;
}

static enum pf_evict_result fake_evict(struct pf_world *w, pf_pfn pfn, enum pf_mode mode)
{
	unsigned u = f.unit_of[pfn];

	(void)mode;
	assert_ptr_equal(w, &f.world);
	assert_int_equal(f.unit[u].pfn, pfn);
	assert_true(f.attrs[pfn] & PF_PAGE_EVICTABLE);
	assert_false(f.attrs[pfn] & (PF_PAGE_PINNED | PF_PAGE_LOCKED | PF_PAGE_WRITEBACK));
	if (f.attrs[pfn] & PF_PAGE_REFERENCED) {
		f.attrs[pfn] &= (uint16_t)~PF_PAGE_REFERENCED;
		return PF_EVICT_KEPT;
	}
	if (f.attrs[pfn] & PF_PAGE_DIRTY)
		return PF_EVICT_DIRTY;
	f.evictions += f.unit[u].nr;
	forget_unit(u);
	return PF_EVICTED;
}

static unsigned fake_attrs(struct pf_world *w, pf_pfn pfn)
{
	(void)w;
	assert_in_range(pfn, f.layout.base_pfn, f.layout.end_pfn - 1);
	return f.attrs[pfn];
}

static unsigned fake_unit_order(struct pf_world *w, pf_pfn pfn)
{
	(void)w;
	assert_in_range(pfn, f.layout.base_pfn, f.layout.end_pfn - 1);
	return f.order[pfn];
}

static void fake_spent(struct pf_world *w, unsigned units)
{
	(void)w;
	f.spent += units;
}

static void fake_event(struct pf_world *w, const struct pf_event *ev)
{
	(void)w;
	assert_true(ev->type < PF_NR_EVENTS);
	assert_int_equal(ev->nr_fields, ev->type == PF_EV_EXTFRAG ? 6 : 3);
	f.events[ev->type]++;
}

/* -------------------------------------------------------------- layouts -- */

static struct pf_layout one_zone(pf_pfn start, uint32_t pages, unsigned max, unsigned block)
{
	struct pf_layout l = {.pageblock_order = (uint8_t)block,
			      .max_order = (uint8_t)max,
			      .nr_nodes = 1,
			      .nr_cpus = 1,
			      .nr_zones = 1};
	uint32_t mask = (1u << max) - 1;

	l.base_pfn = start & ~mask;
	l.end_pfn = start + pages;
	l.zone[0] = (struct pf_zone_layout){
		.start_pfn = start, .spanned = pages, .type = PF_ZONE_NORMAL};
	return l;
}

/* Five zones on three nodes, crooked ends, holes and reserved pages. */
static struct pf_layout many_zones(unsigned max, unsigned block)
{
	struct pf_layout l = one_zone(1024, 3000, max, block);

	l.nr_nodes = 3;
	l.nr_zones = 5;
	l.zone[0] = (struct pf_zone_layout){1027, 300, 0, PF_ZONE_DMA, {0}};
	l.zone[1] = (struct pf_zone_layout){1327, 600, 0, PF_ZONE_NORMAL, {0}};
	l.zone[2] = (struct pf_zone_layout){2000, 500, 1, PF_ZONE_NORMAL, {0}};
	l.zone[3] = (struct pf_zone_layout){2501, 399, 2, PF_ZONE_NORMAL, {0}};
	l.zone[4] = (struct pf_zone_layout){2900, 1001, 1, PF_ZONE_MOVABLE, {0}};
	l.range[l.nr_ranges++] = (struct pf_range){1027, 5, true};
	l.range[l.nr_ranges++] = (struct pf_range){1100, 1, false};
	l.range[l.nr_ranges++] = (struct pf_range){1400, 64, true};
	l.range[l.nr_ranges++] = (struct pf_range){1464, 3, false};
	l.range[l.nr_ranges++] = (struct pf_range){2600, 77, true};
	l.range[l.nr_ranges++] = (struct pf_range){3897, 4, false};
	return l;
}

static void start(const struct pf_impl *impl, const struct pf_layout *layout)
{
	free(state);
	memset(&f, 0, sizeof(f));
	f.rng = 0x9e3779b97f4a7c15u;
	f.world = (struct pf_world){.migrate = fake_migrate,
				    .evict = fake_evict,
				    .attrs = fake_attrs,
				    .unit_order = fake_unit_order,
				    .spent = fake_spent,
				    .event = fake_event};
	f.impl = impl;
	f.layout = *layout;
	for (unsigned z = 0; z < layout->nr_zones; z++) {
		const struct pf_zone_layout *zl = &layout->zone[z];

		memset(&f.usable[zl->start_pfn], (int)z + 1, zl->spanned);
	}
	for (unsigned r = 0; r < layout->nr_ranges; r++)
		memset(&f.usable[layout->range[r].start_pfn], 0, layout->range[r].nr_pages);
	state_size = impl->footprint(impl->self, &f.layout);
	assert_true(state_size > 0);
	state = aligned_alloc(64, (state_size + 63) & ~(size_t)63);
	memset(state, 0xa5, state_size);
	impl->init(impl->self, state, &f.layout, &f.world);
}

static int end_test(void **unused)
{
	(void)unused;
	free(state);
	state = NULL;
	return 0;
}

/* --------------------------------------------------------------- audits -- */

static struct {
	uint8_t free_order[MAX_PFN]; /* order + 1 at the head of a free block */
	uint8_t seen[MAX_PFN];
	uint32_t free[PF_MAX_ZONES], isolated[PF_MAX_ZONES];
	uint32_t nr_free[PF_MAX_ZONES][PF_NR_ORDERS];
} census;

static void count_block(void *arg, const struct pf_block *b)
{
	uint32_t nr = 1u << b->order;
	unsigned z = f.usable[b->pfn] - 1u;

	assert_ptr_equal(arg, &census);
	assert_true(b->order <= f.layout.max_order);
	assert_int_equal(b->pfn % nr, 0);
	for (pf_pfn p = b->pfn; p < b->pfn + nr; p++) {
		assert_int_equal(f.usable[p], z + 1);
		assert_false(f.attrs[p] & PF_PAGE_LIVE || census.seen[p] || f.offline[p]);
		assert_int_equal(f.isolated[p], b->where == PF_ISOLATED);
		census.seen[p] = 1;
	}
	if (b->where == PF_ISOLATED) {
		census.isolated[z] += nr;
		return;
	}
	assert_int_equal(b->where, PF_FREE);
	census.free[z] += nr;
	census.nr_free[z][b->order]++;
	census.free_order[b->pfn] = b->order + 1u;
}

static void audit(void)
{
	bool canonical = f.impl->features & PF_F_CANONICAL;

	memset(&census, 0, sizeof(census));
	if (f.impl->self_check)
		assert_null(f.impl->self_check(state));
	f.impl->census(state, count_block, &census);
	for (unsigned z = 0; z < f.layout.nr_zones; z++) {
		const struct pf_zone_counters *c = f.impl->counters(state, z);
		const struct pf_zone_layout *zl = &f.layout.zone[z];
		uint32_t managed = 0, live = 0;

		for (pf_pfn p = zl->start_pfn; p < zl->start_pfn + zl->spanned; p++) {
			unsigned o = census.free_order[p];

			managed += f.usable[p] && !f.offline[p];
			live += (f.attrs[p] & PF_PAGE_LIVE) != 0;
			if (canonical && o && o - 1 < f.layout.max_order &&
			    f.usable[p ^ 1u << (o - 1)] == z + 1)
				assert_int_not_equal(census.free_order[p ^ 1u << (o - 1)], o);
		}
		assert_int_equal(c->managed, managed);
		assert_int_equal(c->free, census.free[z]);
		assert_int_equal(c->isolated, census.isolated[z]);
		assert_int_equal(c->cached, 0);
		assert_int_equal(managed, live + c->free + c->isolated);
		if (canonical)
			assert_memory_equal(c->nr_free, census.nr_free[z], sizeof(c->nr_free));
	}
	for (unsigned u = 0; u < f.nr_units; u++) {
		for (uint32_t i = 0; i < f.unit[u].nr; i++)
			assert_int_equal(f.content[f.unit[u].pfn + i], (u << 16 | i) ^ 0x5a5a0000u);
	}
}

/* ----------------------------------------------------------- operations -- */

static bool has_run(unsigned zone, unsigned order)
{
	const struct pf_zone_layout *zl = &f.layout.zone[zone];
	uint32_t nr = 1u << order;
	uint32_t got;

	for (pf_pfn p = (zl->start_pfn + nr - 1) & ~(nr - 1); p < zl->start_pfn + zl->spanned;
	     p += nr) {
		for (got = 0; got < nr; got++) {
			pf_pfn q = p + got;

			if (f.usable[q] != zone + 1 || f.attrs[q] || f.isolated[q] || f.offline[q])
				break;
		}
		if (got == nr)
			return true;
	}
	return false;
}

/* Where an allocation without watermarks must come from; -1: from nowhere. */
static int expected_zone(const struct pf_request *r)
{
	int best = -1, best_score = 0;

	for (unsigned z = 0; z < f.layout.nr_zones && r->order <= f.layout.max_order; z++) {
		int node = f.layout.zone[z].node, type = f.layout.zone[z].type;
		int score = abs(node - r->node) * 100 + node * 10 + 9 - type;

		if (type > r->zone || (r->gfp & PF_GFP_THISNODE && node != r->node))
			continue;
		if ((best < 0 || score < best_score) && has_run(z, r->order)) {
			best = (int)z;
			best_score = score;
		}
	}
	return best;
}

static pf_pfn take(const struct pf_request *r, unsigned attrs)
{
	pf_pfn pfn = f.impl->alloc(state, r);

	if (pfn != PF_NO_PFN) {
		assert_int_equal(pfn % (1u << r->order), 0);
		assert_true(f.layout.zone[f.usable[pfn] - 1].type <= r->zone);
		add_unit(pfn, 1u << r->order, r->order, attrs, false);
	}
	return pfn;
}

static pf_pfn take_order(unsigned order, unsigned mobility, unsigned attrs)
{
	struct pf_request r = {
		.order = (uint8_t)order, .mobility = (uint8_t)mobility, .zone = PF_ZONE_MOVABLE};

	return take(&r, attrs);
}

static void give(unsigned u)
{
	struct unit unit = f.unit[u];

	forget_unit(u);
	if (unit.contig)
		f.impl->free_contig(state, unit.pfn, unit.nr);
	else
		f.impl->free(state, unit.pfn, unit.order, 0);
}

static void give_all(void)
{
	while (f.nr_units)
		give(rnd(f.nr_units));
}

static void random_alloc(bool marks)
{
	unsigned attrs = 0;
	struct pf_request r = {
		.order = (uint8_t)rnd(rnd(3) ? 3 : f.layout.max_order + 2u),
		.mobility = (uint8_t)rnd(PF_NR_MOBILITY),
		.node = (uint8_t)rnd(f.layout.nr_nodes),
		.zone = (uint8_t)(rnd(3) ? PF_ZONE_MOVABLE : rnd(PF_NR_ZONE_TYPES)),
	};
	int zone;
	pf_pfn pfn;

	if (!rnd(8))
		r.gfp |= PF_GFP_THISNODE;
	if (!rnd(8))
		r.gfp |= PF_GFP_HIGH;
	if (!rnd(50))
		r.gfp |= PF_GFP_MEMALLOC;
	if (rnd(2))
		r.gfp |= PF_GFP_KSWAPD_RECLAIM;
	if (marks && rnd(2))
		r.gfp |= PF_GFP_DIRECT_RECLAIM;
	if (r.mobility == PF_MOVABLE)
		attrs |= PF_PAGE_MOVABLE | (rnd(2) ? PF_PAGE_EVICTABLE : 0);
	if (!rnd(10))
		attrs |= PF_PAGE_PINNED;
	if (!rnd(10))
		attrs |= PF_PAGE_LOCKED;
	if (!rnd(4))
		attrs |= PF_PAGE_REFERENCED;
	if (!rnd(4))
		attrs |= PF_PAGE_DIRTY;
	zone = expected_zone(&r);
	pfn = take(&r, attrs);
	if (!marks)
		assert_int_equal(pfn == PF_NO_PFN ? -1 : f.usable[pfn] - 1, zone);
	if (marks && pfn != PF_NO_PFN && !(r.gfp & (PF_GFP_HIGH | PF_GFP_MEMALLOC))) {
		const struct pf_zone_layout *zl = &f.layout.zone[f.usable[pfn] - 1];

		assert_true(f.impl->counters(state, f.usable[pfn] - 1u)->free >=
			    zl->wmark[PF_WMARK_MIN]);
	}
}

static pf_pfn random_pfn(void)
{
	pf_pfn p;

	do
		p = f.layout.base_pfn + rnd(f.layout.end_pfn - f.layout.base_pfn);
	while (!f.usable[p]);
	return p;
}

static bool all_free(pf_pfn pfn, uint32_t nr)
{
	for (pf_pfn p = pfn; p < pfn + nr; p++) {
		if (!f.usable[p] || f.usable[p] != f.usable[pfn] || f.attrs[p] || f.isolated[p] ||
		    f.offline[p])
			return false;
	}
	return true;
}

static void random_contig(void)
{
	pf_pfn pfn = random_pfn();
	uint32_t nr = 1 + rnd(rnd(4) ? 8 : 100);
	bool could = all_free(pfn, nr);

	if (f.impl->alloc_contig(state, pfn, nr, PF_MOVABLE)) {
		assert_true(could || f.impl->compact);
		add_unit(pfn, nr, 0, 0, true);
	} else if (!f.impl->compact) {
		assert_false(could);
	}
}

static void random_claim(void)
{
	unsigned order = rnd(4);
	pf_pfn pfn = random_pfn() >> order << order;
	bool could = order <= f.layout.max_order && all_free(pfn, 1u << order);

	assert_int_equal(f.impl->claim(state, pfn, order, PF_MOVABLE), could);
	if (could)
		add_unit(pfn, 1u << order, order, PF_PAGE_MOVABLE, false);
}

static void random_block_op(void)
{
	uint32_t nr = 1u << f.layout.pageblock_order;
	pf_pfn b = random_pfn() & ~(nr - 1);
	bool on_edge = false, bad;

	for (uint32_t i = 0; i < nr; i++)
		on_edge |= !f.usable[b + i];
	bad = f.isolated[b] || f.offline[b];
	if (f.isolated[b] && rnd(2)) {
		f.impl->undo_isolate(state, b);
		memset(&f.isolated[b], 0, nr);
	} else if (f.offline[b]) {
		assert_false(f.impl->isolate(state, b));
		f.impl->online(state, b);
		memset(&f.offline[b], 0, nr);
	} else if (rnd(2)) {
		if (f.impl->offline(state, b)) {
			assert_false(bad || on_edge);
			memset(&f.offline[b], 1, nr);
		}
	} else if (f.impl->isolate(state, b)) {
		assert_false(bad);
		memset(&f.isolated[b], 1, nr);
		assert_int_equal(f.impl->block_type(state, b), PF_ISOLATE);
	}
}

static void random_compact(void)
{
	struct pf_compact_request r = {
		.order = (int8_t)((int)rnd(f.layout.max_order + 2u) - 1),
		.mode = (uint8_t)rnd(PF_NR_MODES),
		.node = (uint8_t)rnd(f.layout.nr_nodes),
	};
	bool have = false;
	enum pf_compact_result result = f.impl->compact(state, &r);

	for (unsigned z = 0; z < f.layout.nr_zones && r.order >= 0; z++)
		have |= f.layout.zone[z].node == r.node && has_run(z, (unsigned)r.order);
	assert_int_equal(result == PF_COMPACT_SUCCESS, have);
}

static void random_reclaim(void)
{
	unsigned before = f.evictions, nr = 1 + rnd(64);
	uint64_t steal = f.impl->stats(state)->pgsteal;
	unsigned freed = f.impl->reclaim(state, rnd(f.layout.nr_nodes), nr, PF_MODE_SYNC);

	assert_int_equal(freed, f.evictions - before);
	assert_int_equal(f.impl->stats(state)->pgsteal - steal, freed);
}

static void random_op(bool marks, bool blocks)
{
	unsigned what = rnd(100);

	f.spent = 0;
	if (what < 52)
		random_alloc(marks);
	else if (what < 94 && f.nr_units)
		give(rnd(f.nr_units));
	else if (what == 94)
		random_claim();
	else if (what == 95)
		random_contig();
	else if (what == 96 && f.impl->compact)
		random_compact();
	else if (what == 97 && f.impl->reclaim)
		random_reclaim();
	else if (what == 98 && blocks)
		random_block_op();
	else if (!rnd(300))
		give_all();
	assert_true(f.spent <= 16 * pf_layout_pages(&f.layout));
}

static void stress(const struct pf_impl *impl, const struct pf_layout *layout, unsigned ops,
		   bool marks)
{
	static struct pf_zone_counters pristine[PF_MAX_ZONES];
	bool blocks = impl->isolate;

	start(impl, layout);
	f.refuse = REFUSE_SOMETIMES;
	audit();
	for (unsigned z = 0; z < layout->nr_zones; z++)
		pristine[z] = *impl->counters(state, z);
	for (unsigned i = 0; i < ops; i++) {
		const struct pf_stats *s = impl->stats(state);

		random_op(marks, blocks);
		assert_int_equal(s->compact_stall, s->compact_success + s->compact_fail);
		if (i % 64 == 0 || i < 500)
			audit();
	}
	give_all();
	for (pf_pfn p = layout->base_pfn; p < layout->end_pfn; p++) {
		if (f.isolated[p])
			impl->undo_isolate(state, p);
		if (f.offline[p])
			impl->online(state, p);
		if (f.isolated[p] || f.offline[p]) {
			memset(&f.isolated[p], 0, 1u << layout->pageblock_order);
			memset(&f.offline[p], 0, 1u << layout->pageblock_order);
		}
	}
	audit();
	for (unsigned z = 0; z < layout->nr_zones; z++)
		assert_memory_equal(impl->counters(state, z), &pristine[z], sizeof(pristine[z]));
	assert_int_equal(impl->stats(state)->pgalloc, impl->stats(state)->pgfree);
}

static const struct pf_impl *const impls[] = {&pf_impl_bitmap, &pf_impl_buddy, &pf_impl_mobility};

#define for_each_impl(impl)                                                                        \
	for (const struct pf_impl *const *at = impls, *impl; at < impls + 3 && (impl = *at, true); \
	     at++)

static void test_stress(void **unused)
{
	struct pf_layout l[] = {one_zone(1024, 1024, 10, 4),
				many_zones(7, 4),
				many_zones(10, 9),
				many_zones(3, 3),
				many_zones(5, 0),
				one_zone(5, 77, 0, 0),
				one_zone(2047, 2, 11, 5)};

	(void)unused;
	for_each_impl(impl)
	{
		for (unsigned i = 0; i < sizeof(l) / sizeof(l[0]); i++) {
			struct pf_layout plain = l[i];

			stress(impl, &plain, i == 1 ? 100000 : 4000, false);
			for (unsigned z = 0; z < plain.nr_zones; z++) {
				uint32_t min = plain.zone[z].spanned / 16;

				memcpy(plain.zone[z].wmark,
				       (uint32_t[]){min, min + min / 4, min + min / 2},
				       sizeof(plain.zone[z].wmark));
			}
			if (impl->features & PF_F_WATERMARKS)
				stress(impl, &plain, i == 1 ? 50000 : 4000, true);
		}
	}
}

/* ------------------------------------------------------- all the three -- */

static void test_table(void **unused)
{
	(void)unused;
	for_each_impl(impl)
	{
		bool moves = impl->features & PF_F_MOBILITY;

		assert_int_equal(impl->compact != NULL, moves);
		assert_int_equal(impl->reclaim != NULL, moves);
		assert_int_equal(impl->isolate && impl->undo_isolate, moves);
		assert_int_equal(impl->offline && impl->online, moves);
		assert_int_equal(impl->block_type != NULL, moves);
		assert_true(impl->claim && impl->alloc_contig && impl->free_contig);
		assert_true(impl->self_check && impl->stats);
		assert_null(impl->drain);
		assert_int_equal(impl->group != NULL, impl->tier == PF_TIER_EXACT);
	}
}

static void test_exhaust(void **unused)
{
	struct pf_layout l = many_zones(7, 4);

	(void)unused;
	for_each_impl(impl)
	{
		uint32_t managed = 0, got = 0;

		start(impl, &l);
		for (unsigned z = 0; z < l.nr_zones; z++)
			managed += impl->counters(state, z)->managed;
		assert_int_equal(take_order(8, PF_MOVABLE, 0), PF_NO_PFN);
		assert_int_equal(take_order(PF_MAX_ORDER, PF_MOVABLE, 0), PF_NO_PFN);
		while (take_order(0, got % 3, 0) != PF_NO_PFN)
			got++;
		assert_int_equal(got, managed);
		audit();
		give_all();
		assert_int_not_equal(take_order(7, PF_MOVABLE, 0), PF_NO_PFN);
	}
}

static void test_snapshot(void **unused)
{
	static struct fake saved_world;
	static pf_pfn first[MAX_UNITS];
	struct pf_layout l = many_zones(7, 4);

	(void)unused;
	for_each_impl(impl)
	{
		void *saved;
		unsigned nr = 0;

		start(impl, &l);
		for (unsigned i = 0; i < 2000; i++)
			random_op(false, false);
		saved = malloc(state_size);
		memcpy(saved, state, state_size);
		saved_world = f;
		for (unsigned round = 0; round < 2; round++) {
			for (unsigned i = 0; i < 1000; i++)
				random_op(false, false);
			if (round) {
				assert_int_equal(f.nr_units, nr);
				for (unsigned u = 0; u < nr; u++)
					assert_int_equal(first[u], f.unit[u].pfn);
				audit();
			} else {
				nr = f.nr_units;
				for (unsigned u = 0; u < nr; u++)
					first[u] = f.unit[u].pfn;
				memcpy(state, saved, state_size);
				f = saved_world;
				audit();
			}
		}
		free(saved);
	}
}

/* ---------------------------------------------------- bitmap and lists -- */

static void test_next_fit(void **unused)
{
	struct pf_layout l = one_zone(64, 256, 6, 4);

	(void)unused;
	start(&pf_impl_bitmap, &l);
	assert_int_equal(take_order(0, 0, 0), 64);
	assert_int_equal(take_order(2, 0, 0), 68);
	assert_int_equal(take_order(0, 0, 0), 72);
	give(0);
	assert_int_equal(take_order(6, 0, 0), 128);
	assert_int_equal(take_order(6, 0, 0), 192);
	assert_int_equal(take_order(6, 0, 0), 256);
	assert_int_equal(take_order(1, 0, 0), 64);
	assert_int_equal(take_order(6, 0, 0), PF_NO_PFN);
}

/* Worked out by hand from the kernel's rules. */
static void test_list_order(void **unused)
{
	const struct pf_impl *both[] = {&pf_impl_buddy, &pf_impl_mobility};
	struct pf_layout l = one_zone(16, 32, 4, 2);

	(void)unused;
	for (unsigned n = 0; n < 2; n++) {
		start(both[n], &l);
		/* The head of the list, that is the lowest after init. */
		for (pf_pfn p = 16; p < 24; p++)
			assert_int_equal(take_order(0, PF_MOVABLE, 0), p);
		/* 17 alone goes to the head; 20 sees no whole buddy above: head, too. */
		give(f.unit_of[17]);
		give(f.unit_of[20]);
		assert_int_equal(take_order(0, PF_MOVABLE, 0), 20);
		/* 22 would merge to 22+23 and then with 20+21, were that free: tail. */
		give(f.unit_of[20]);
		give(f.unit_of[21]);
		give(f.unit_of[22]);
		assert_int_equal(take_order(0, PF_MOVABLE, 0), 17);
		assert_int_equal(take_order(0, PF_MOVABLE, 0), 22);
		/* The smallest sufficient order, and the split's lower half. */
		assert_int_equal(take_order(0, PF_MOVABLE, 0), 20);
		assert_int_equal(take_order(0, PF_MOVABLE, 0), 21);
		assert_int_equal(take_order(3, PF_MOVABLE, 0), 24);
		assert_int_equal(take_order(4, PF_MOVABLE, 0), 32);
	}
}

static pf_pfn log_of[2][60000];

static void test_same_as_buddy(void **unused)
{
	const struct pf_impl *both[] = {&pf_impl_buddy, &pf_impl_mobility};
	struct pf_layout l = many_zones(7, 4);

	(void)unused;
	for (unsigned n = 0; n < 2; n++) {
		start(both[n], &l);
		for (unsigned i = 0; i < 60000; i++) {
			log_of[n][i] = 0;
			if (rnd(100) < 55)
				log_of[n][i] = take_order(rnd(rnd(2) ? 2 : 8), PF_MOVABLE, 0);
			else if (f.nr_units)
				give(rnd(f.nr_units));
		}
	}
	assert_memory_equal(log_of[0], log_of[1], sizeof(log_of[0]));
}

/* ------------------------------------------------------------- mobility -- */

static void test_zonelist(void **unused)
{
	const pf_pfn expected[] = {2900, 2000, 1327, 1032, 2504};
	struct pf_layout l = many_zones(0, 0);
	unsigned at = 0;

	(void)unused;
	l.range[l.nr_ranges++] = (struct pf_range){3896, 0, false};
	l.range[4] = (struct pf_range){2501, 3, true};
	l.range[5] = (struct pf_range){3897, 4, false};
	l.nr_ranges = 6;
	start(&pf_impl_mobility, &l);
	for (pf_pfn pfn;;) {
		struct pf_request r = {.node = 1, .zone = PF_ZONE_MOVABLE, .mobility = PF_MOVABLE};

		pfn = take(&r, 0);
		if (pfn == PF_NO_PFN)
			break;
		if (at < 5 && pfn == expected[at])
			at++;
	}
	assert_int_equal(at, 5);
}

static void test_fallback(void **unused)
{
	struct pf_layout l = one_zone(64, 64, 6, 4);
	pf_pfn p;

	(void)unused;
	start(&pf_impl_mobility, &l);
	/* A block larger than a pageblock is taken over as a whole. */
	p = take_order(0, PF_UNMOVABLE, 0);
	assert_int_equal(p, 64);
	assert_int_equal(f.events[PF_EV_EXTFRAG], 1);
	for (p = 64; p < 128; p += 16)
		assert_int_equal(f.impl->block_type(state, p), PF_UNMOVABLE);
	/* And back again, as far as that block goes. */
	p = take_order(0, PF_MOVABLE, 0);
	assert_int_equal(p, 96);
	assert_int_equal(f.events[PF_EV_EXTFRAG], 2);
	assert_int_equal(f.impl->stats(state)->extfrag, 2);
	assert_int_equal(f.impl->block_type(state, 80), PF_UNMOVABLE);
	assert_int_equal(f.impl->block_type(state, 96), PF_MOVABLE);
	assert_int_equal(f.impl->block_type(state, 127), PF_MOVABLE);
	audit();
	give_all();
	audit();
}

static void test_fallback_small(void **unused)
{
	struct pf_layout l = one_zone(64, 64, 6, 4);

	(void)unused;
	start(&pf_impl_mobility, &l);
	for (unsigned i = 0; i < 64; i++)
		take_order(0, PF_MOVABLE, 0);
	/* Less than half of pageblock 64 free: one page, and the block keeps its type. */
	for (pf_pfn p = 64; p < 70; p++)
		give(f.unit_of[p]);
	take_order(0, PF_UNMOVABLE, 0);
	assert_int_equal(f.impl->block_type(state, 64), PF_MOVABLE);
	/* More than half of 80: taken over. */
	for (pf_pfn p = 80; p < 92; p++)
		give(f.unit_of[p]);
	assert_int_equal(take_order(3, PF_RECLAIMABLE, 0), 80);
	assert_int_equal(f.impl->block_type(state, 80), PF_RECLAIMABLE);
	assert_int_equal(take_order(2, PF_RECLAIMABLE, 0), 88);
	assert_int_equal(f.events[PF_EV_EXTFRAG], 2);
	audit();
}

static uint32_t free_after_greed(unsigned gfp)
{
	struct pf_request r = {.zone = PF_ZONE_NORMAL, .mobility = PF_MOVABLE, .gfp = gfp};

	while (take(&r, 0) != PF_NO_PFN)
		;
	return f.impl->counters(state, 0)->free;
}

static void test_watermarks(void **unused)
{
	struct pf_layout l = one_zone(1024, 512, 6, 4);

	(void)unused;
	l.zone[0].wmark[PF_WMARK_MIN] = 40;
	l.zone[0].wmark[PF_WMARK_LOW] = 50;
	l.zone[0].wmark[PF_WMARK_HIGH] = 60;
	start(&pf_impl_mobility, &l);
	assert_false(f.impl->alloc_contig(state, 1024, 473, PF_MOVABLE));
	assert_true(f.impl->alloc_contig(state, 1024, 472, PF_MOVABLE));
	f.impl->free_contig(state, 1024, 472);
	assert_int_equal(free_after_greed(PF_GFP_KSWAPD_RECLAIM), 40);
	assert_int_equal(f.events[PF_EV_WAKEUP_KSWAPD], 11);
	assert_int_equal(free_after_greed(PF_GFP_DIRECT_RECLAIM), 40);
	assert_int_equal(free_after_greed(PF_GFP_HIGH | PF_GFP_DIRECT_RECLAIM), 20);
	assert_int_equal(free_after_greed(PF_GFP_HIGH | PF_GFP_NOMEMALLOC), 20);
	assert_int_equal(free_after_greed(PF_GFP_HIGH), 15);
	assert_int_equal(free_after_greed(PF_GFP_MEMALLOC | PF_GFP_NOMEMALLOC), 15);
	assert_int_equal(free_after_greed(PF_GFP_MEMALLOC), 0);
	assert_int_equal(f.events[PF_EV_WAKEUP_KSWAPD], 11);
	audit();
}

/* Every second page used by something movable; pageblocks of 16. */
static void make_checkerboard(void)
{
	struct pf_layout l = one_zone(1024, 256, 6, 4);

	start(&pf_impl_mobility, &l);
	for (unsigned i = 0; i < 256; i++)
		take_order(0, PF_MOVABLE, PF_PAGE_MOVABLE | PF_PAGE_EVICTABLE);
	for (pf_pfn p = 1024; p < 1280; p += 2)
		give(f.unit_of[p]);
	audit();
}

static void test_compaction(void **unused)
{
	struct pf_compact_request r = {.order = 4, .mode = PF_MODE_ASYNC};

	(void)unused;
	make_checkerboard();
	assert_false(has_run(0, 4));
	assert_int_equal(f.impl->compact(state, &r), PF_COMPACT_SUCCESS);
	assert_true(has_run(0, 4));
	assert_true(f.moves >= 8 && f.moves <= 16);
	assert_int_equal(f.impl->stats(state)->pgmigrate_success, f.moves);
	assert_true(f.impl->stats(state)->compact_migrate_scanned >= 16);
	audit();
	r.order = -1;
	assert_int_equal(f.impl->compact(state, &r), PF_COMPACT_COMPLETE);
	assert_int_equal(f.impl->counters(state, 0)->nr_free[6], 2);
	audit();
	r.order = 7;
	assert_int_equal(f.impl->compact(state, &r), PF_COMPACT_SKIPPED);
}

/* Targets come from the very top, also again after a refusal. */
static void test_compaction_target(void **unused)
{
	struct pf_compact_request r = {.order = -1, .mode = PF_MODE_SYNC};
	struct pf_layout l = one_zone(64, 64, 6, 4);

	(void)unused;
	start(&pf_impl_mobility, &l);
	for (unsigned i = 0; i < 3; i++)
		take_order(1, PF_MOVABLE, PF_PAGE_MOVABLE);
	take_order(0, PF_MOVABLE, PF_PAGE_MOVABLE);
	f.refuse = REFUSE_ONCE;
	assert_int_equal(f.impl->compact(state, &r), PF_COMPACT_COMPLETE);
	assert_int_equal(f.unit[0].pfn, 64);
	assert_int_equal(f.unit[1].pfn, 126);
	assert_int_equal(f.unit[2].pfn, 124);
	assert_int_equal(f.unit[3].pfn, 123);
	audit();

	start(&pf_impl_mobility, &l);
	for (unsigned i = 0; i < 64; i++)
		take_order(0, PF_MOVABLE, i < 2 ? PF_PAGE_MOVABLE : 0);
	give(f.unit_of[127]);
	give(f.unit_of[125]);
	f.refuse = REFUSE_ONCE;
	assert_int_equal(f.impl->compact(state, &r), PF_COMPACT_COMPLETE);
	assert_int_equal(f.unit[0].pfn, 64);
	assert_int_equal(f.unit[1].pfn, 127);
	audit();
}

static void test_compaction_blocked(void **unused)
{
	struct pf_compact_request r = {.order = 4, .mode = PF_MODE_SYNC};

	(void)unused;
	make_checkerboard();
	for (pf_pfn p = 1025; p < 1280; p += 16)
		f.attrs[p] |= PF_PAGE_PINNED;
	assert_int_equal(f.impl->compact(state, &r), PF_COMPACT_COMPLETE);
	audit();

	make_checkerboard();
	f.refuse = REFUSE_BUSY;
	assert_int_equal(f.impl->compact(state, &r), PF_COMPACT_COMPLETE);
	assert_int_equal(f.moves, 0);
	assert_int_equal(f.attempts, f.impl->stats(state)->pgmigrate_fail);
	audit();

	make_checkerboard();
	f.refuse = REFUSE_AGAIN;
	assert_int_equal(f.impl->compact(state, &r), PF_COMPACT_COMPLETE);
	assert_int_equal(f.attempts, 4 * f.impl->stats(state)->pgmigrate_fail);
	audit();

	make_checkerboard();
	for (pf_pfn p = 1024; p < 1280; p += 2)
		take_order(0, PF_MOVABLE, 0);
	give(f.unit_of[1031]);
	assert_int_equal(f.impl->compact(state, &r), PF_COMPACT_SKIPPED);
}

static void test_direct_compaction(void **unused)
{
	struct pf_request r = {.order = 5, .mobility = PF_MOVABLE, .zone = PF_ZONE_NORMAL};

	(void)unused;
	make_checkerboard();
	assert_int_equal(take(&r, 0), PF_NO_PFN);
	r.gfp = PF_GFP_DIRECT_RECLAIM;
	assert_int_not_equal(take(&r, 0), PF_NO_PFN);
	assert_true(f.moves > 0 && f.evictions == 0);
	assert_int_equal(f.impl->stats(state)->compact_success, 1);
	audit();
}

static void test_reclaim(void **unused)
{
	struct pf_request r = {
		.mobility = PF_MOVABLE, .zone = PF_ZONE_NORMAL, .gfp = PF_GFP_DIRECT_RECLAIM};
	uint32_t free;

	(void)unused;
	make_checkerboard();
	free = f.impl->counters(state, 0)->free;
	f.attrs[1025] |= PF_PAGE_LOCKED;
	f.attrs[1027] |= PF_PAGE_REFERENCED;
	f.attrs[1029] |= PF_PAGE_WRITEBACK;
	f.attrs[1031] |= PF_PAGE_DIRTY;
	assert_int_equal(f.impl->reclaim(state, 0, 4, PF_MODE_SYNC), 4);
	assert_int_equal(f.impl->counters(state, 0)->free, free + 4);
	assert_true(f.attrs[1031] && f.attrs[1027] && !f.attrs[1033] && !f.attrs[1039]);
	assert_int_equal(f.impl->stats(state)->pgscan, 6);
	assert_int_equal(f.impl->reclaim(state, 0, 1000, PF_MODE_SYNC), 121);
	assert_int_equal(f.impl->reclaim(state, 0, 1000, PF_MODE_SYNC), 0);
	audit();
	while (take(&r, 0) != PF_NO_PFN)
		;
	assert_int_equal(f.impl->counters(state, 0)->free, 0);
	f.attrs[1100] |= PF_PAGE_EVICTABLE;
	/* The failure before lets a request or two go without reclaim. */
	pf_pfn pfn = PF_NO_PFN;

	for (unsigned i = 0; i < 3 && pfn == PF_NO_PFN; i++)
		pfn = take(&r, 0);
	assert_int_not_equal(pfn, PF_NO_PFN);
	audit();
}

static void test_isolate(void **unused)
{
	struct pf_layout l = one_zone(1024, 250, 6, 3);
	struct pf_zone_counters before;
	pf_pfn p;

	(void)unused;
	start(&pf_impl_mobility, &l);
	before = *f.impl->counters(state, 0);
	assert_false(f.impl->isolate(state, 1272));
	assert_false(f.impl->isolate(state, 1016));
	assert_true(f.impl->isolate(state, 1048));
	assert_false(f.impl->isolate(state, 1048));
	memset(&f.isolated[1048], 1, 8);
	audit();
	assert_int_equal(f.impl->counters(state, 0)->isolated, 8);
	f.impl->undo_isolate(state, 1048);
	memset(&f.isolated[1048], 0, 8);
	audit();
	assert_memory_equal(f.impl->counters(state, 0), &before, sizeof(before));

	/* A unit of several pageblocks comes back while one of them is isolated. */
	p = take_order(5, PF_UNMOVABLE, 0);
	assert_int_equal(f.impl->block_type(state, p + 8), PF_UNMOVABLE);
	assert_true(f.impl->isolate(state, p + 8));
	memset(&f.isolated[p + 8], 1, 8);
	give(0);
	audit();
	assert_int_equal(f.impl->counters(state, 0)->isolated, 8);
	while (take_order(0, PF_MOVABLE, 0) != PF_NO_PFN)
		;
	assert_int_equal(f.nr_units, 242);
	give_all();
	f.impl->undo_isolate(state, p + 8);
	memset(&f.isolated[p + 8], 0, 8);
	assert_int_equal(f.impl->block_type(state, p + 8), PF_UNMOVABLE);
	audit();
	assert_memory_equal(f.impl->counters(state, 0), &before, sizeof(before));
}

static void test_contig(void **unused)
{
	struct pf_zone_counters before;

	(void)unused;
	make_checkerboard();
	assert_false(f.impl->alloc_contig(state, 1270, 11, PF_MOVABLE));
	assert_false(f.impl->alloc_contig(state, 1020, 10, PF_MOVABLE));
	assert_true(f.impl->alloc_contig(state, 1037, 50, PF_MOVABLE));
	assert_int_equal(f.moves, 25);
	add_unit(1037, 50, 0, 0, true);
	audit();
	before = *f.impl->counters(state, 0);
	f.attrs[1225] |= PF_PAGE_PINNED;
	assert_false(f.impl->alloc_contig(state, 1210, 20, PF_MOVABLE));
	assert_memory_equal(f.impl->counters(state, 0), &before, sizeof(before));
	f.attrs[1225] &= (uint16_t)~PF_PAGE_PINNED;
	f.refuse = REFUSE_AGAIN;
	assert_false(f.impl->alloc_contig(state, 1210, 20, PF_MOVABLE));
	assert_memory_equal(f.impl->counters(state, 0), &before, sizeof(before));
	audit();
	give_all();
	audit();
	assert_int_equal(f.impl->counters(state, 0)->nr_free[6], 4);
}

static void test_offline(void **unused)
{
	(void)unused;
	make_checkerboard();
	assert_true(f.impl->offline(state, 1040));
	memset(&f.offline[1040], 1, 16);
	assert_int_equal(f.moves, 8);
	assert_int_equal(f.impl->counters(state, 0)->managed, 240);
	assert_false(f.impl->offline(state, 1040));
	assert_false(f.impl->isolate(state, 1040));
	assert_false(f.impl->claim(state, 1040, 0, 0));
	assert_false(f.impl->alloc_contig(state, 1042, 2, 0));
	audit();
	give_all();
	audit();
	f.impl->online(state, 1040);
	memset(&f.offline[1040], 0, 16);
	audit();
	assert_int_equal(f.impl->counters(state, 0)->nr_free[6], 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_table, end_test),
		cmocka_unit_test_teardown(test_exhaust, end_test),
		cmocka_unit_test_teardown(test_snapshot, end_test),
		cmocka_unit_test_teardown(test_next_fit, end_test),
		cmocka_unit_test_teardown(test_list_order, end_test),
		cmocka_unit_test_teardown(test_same_as_buddy, end_test),
		cmocka_unit_test_teardown(test_zonelist, end_test),
		cmocka_unit_test_teardown(test_fallback, end_test),
		cmocka_unit_test_teardown(test_fallback_small, end_test),
		cmocka_unit_test_teardown(test_watermarks, end_test),
		cmocka_unit_test_teardown(test_compaction, end_test),
		cmocka_unit_test_teardown(test_compaction_target, end_test),
		cmocka_unit_test_teardown(test_compaction_blocked, end_test),
		cmocka_unit_test_teardown(test_direct_compaction, end_test),
		cmocka_unit_test_teardown(test_reclaim, end_test),
		cmocka_unit_test_teardown(test_isolate, end_test),
		cmocka_unit_test_teardown(test_contig, end_test),
		cmocka_unit_test_teardown(test_offline, end_test),
		cmocka_unit_test_teardown(test_stress, end_test),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
