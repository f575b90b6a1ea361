// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_linux.c - facts about the port of Linux 6.1 (impls/linux): list orders,
 * fallbacks, watermarks, zone walk, per-cpu lists, formulas, dumps, and random runs.
 */
#include "stub_world.h"

#include "impls/linux/linux.h"
#include "impls/linux/swap.h"

/* Tests of the buddy core run on the port without the rest; others say what they want. */
static const struct pf_impl *impl = &pf_impl_linux_plain;

#define GFP_KERNEL (PF_GFP_DIRECT_RECLAIM | PF_GFP_KSWAPD_RECLAIM | PF_GFP_IO | PF_GFP_FS)

static void boot(void)
{
	stub_boot(impl, 1u << PF_EV_EXTFRAG | 1u << PF_EV_WAKEUP_KSWAPD);
	assert_null(impl->self_check(b.m));
	assert_int_equal(b.nr_events, 0);
}

static int teardown(void **state)
{
	(void)state;
	stub_forget();
	impl = &pf_impl_linux_plain;
	return 0;
}

/* pfns below are relative to the base, for readability. */
static pf_pfn take(unsigned order, unsigned mobility)
{
	struct pf_request req = {.order = (uint8_t)order,
				 .mobility = (uint8_t)mobility,
				 .zone = PF_ZONE_MOVABLE,
				 .gfp = GFP_KERNEL};
	pf_pfn pfn = impl->alloc(b.m, &req);

	return pfn == PF_NO_PFN ? PF_NO_PFN : pfn - b.layout.base_pfn;
}

static void give(pf_pfn pfn, unsigned order)
{
	impl->free(b.m, b.layout.base_pfn + pfn, order, 0);
}

struct list_arg {
	unsigned order, type, nr;
	pf_pfn pfn[4096];
};

static void list_fn(void *arg, const struct pf_block *block)
{
	struct list_arg *a = arg;

	assert_int_equal(block->where, PF_FREE);
	if (block->order == a->order && block->type == a->type)
		a->pfn[a->nr++] = block->pfn - b.layout.base_pfn;
}

/* The free list of this order and type, head first, must be just these pfns. */
static void expect_list_(unsigned order, unsigned type, unsigned nr, const pf_pfn *pfn, int line)
{
	struct list_arg a = {.order = order, .type = type};

	impl->census(b.m, list_fn, &a);
	if (a.nr != nr)
		print_error("line %d: %u blocks on the list, not %u\n", line, a.nr, nr);
	assert_int_equal(a.nr, nr);
	for (unsigned i = 0; i < nr; i++) {
		if (a.pfn[i] != pfn[i])
			print_error("line %d: entry %u is %u\n", line, i, a.pfn[i]);
		assert_int_equal(a.pfn[i], pfn[i]);
	}
}

#define expect_list(order, type, ...)                                               \
	expect_list_(order, type, sizeof((pf_pfn[]){__VA_ARGS__}) / sizeof(pf_pfn), \
		     (pf_pfn[]){__VA_ARGS__}, __LINE__)
#define expect_empty(order, type) expect_list_(order, type, 0, NULL, __LINE__)

static uint32_t nr_free_pages(unsigned zone)
{
	return impl->counters(b.m, zone)->free;
}

/* All pages as single ones, all movable and known as such. */
static void take_all_movable(void)
{
	while (take(0, PF_MOVABLE) != PF_NO_PFN)
		;
	assert_int_equal(nr_free_pages(0), 0);
	stub_set_attrs(0, pf_layout_pages(&b.layout), PF_PAGE_LIVE | PF_PAGE_MOVABLE);
	b.nr_events = 0; /* the wake-up of the last one */
}

static void test_initial_lists(void **state)
{
	(void)state;
	one_zone(4, 6, 0, 256);
	boot();
	expect_list(6, PF_MOVABLE, 0, 64, 128, 192);
	for (unsigned o = 0; o < 6; o++)
		expect_empty(o, PF_MOVABLE);
	assert_int_equal(impl->counters(b.m, 0)->managed, 256);
	assert_int_equal(impl->counters(b.m, 0)->free, 256);
	assert_int_equal(impl->counters(b.m, 0)->nr_free[6], 4);
	assert_int_equal(impl->stats(b.m)->pgfree, 0);
	for (pf_pfn p = 0; p < 256; p += 16)
		assert_int_equal(impl->block_type(b.m, b.layout.base_pfn + p), PF_MOVABLE);
}

/* [5, 64) without 16..19, 23 and 40..47, then a second zone from 64 to 75. */
static void test_holes_and_unaligned_ends(void **state)
{
	pf_pfn base, got[32], pfn;
	unsigned n = 0;

	(void)state;
	one_zone(3, 4, 5, 59);
	base = b.layout.base_pfn;
	b.layout.end_pfn = base + 75;
	b.layout.nr_zones = 2;
	b.layout.zone[1] = (struct pf_zone_layout){
		.start_pfn = base + 64, .spanned = 11, .type = PF_ZONE_MOVABLE};
	b.layout.nr_ranges = 4;
	b.layout.range[0] = (struct pf_range){base + 16, 4, true};
	b.layout.range[1] = (struct pf_range){base + 23, 1, false};
	b.layout.range[2] = (struct pf_range){base + 40, 8, true};
	b.layout.range[3] = (struct pf_range){base + 74, 1, false};
	boot();
	expect_list(0, PF_MOVABLE, 5, 22);
	expect_list(1, PF_MOVABLE, 6, 20, 72);
	expect_empty(2, PF_MOVABLE);
	expect_list(3, PF_MOVABLE, 8, 24, 32, 64);
	expect_list(4, PF_MOVABLE, 48);
	assert_int_equal(impl->counters(b.m, 0)->managed, 59 - 13);
	assert_int_equal(impl->counters(b.m, 1)->managed, 10);
	assert_int_equal(impl->counters(b.m, 1)->nr_free[3], 1);

	/* Highest zone first, and never across its end. */
	assert_int_equal(take(3, PF_MOVABLE), 64);
	assert_int_equal(take(1, PF_MOVABLE), 72);
	assert_int_equal(nr_free_pages(1), 0);
	while ((pfn = take(1, PF_MOVABLE)) != PF_NO_PFN)
		got[n++] = pfn;
	assert_int_equal(nr_free_pages(0), 2);
	while (n)
		give(got[--n], 1);
	give(72, 1);
	give(64, 3);
	assert_null(impl->self_check(b.m));
	assert_int_equal(impl->counters(b.m, 0)->nr_free[4], 1);
	assert_int_equal(impl->counters(b.m, 0)->nr_free[3], 3);
	assert_int_equal(impl->counters(b.m, 0)->nr_free[1], 2);
}

static void test_split_and_merge_order(void **state)
{
	(void)state;
	one_zone(4, 4, 0, 64);
	boot();
	assert_int_equal(take(0, PF_MOVABLE), 0);
	expect_list(0, PF_MOVABLE, 1);
	expect_list(1, PF_MOVABLE, 2);
	expect_list(2, PF_MOVABLE, 4);
	expect_list(3, PF_MOVABLE, 8);
	expect_list(4, PF_MOVABLE, 16, 32, 48);
	assert_int_equal(take(1, PF_MOVABLE), 2);
	assert_int_equal(take(1, PF_MOVABLE), 4);
	expect_list(1, PF_MOVABLE, 6);
	assert_int_equal(take(2, PF_MOVABLE), 8);
	assert_int_equal(take(3, PF_MOVABLE), 16);
	/* Remainders go to the head: 24 before what was there. */
	expect_list(3, PF_MOVABLE, 24);
	assert_int_equal(take(2, PF_MOVABLE), 12);
	give(8, 2);
	expect_list(2, PF_MOVABLE, 8);
	give(16, 3);
	/* Merged to the largest order, at the head, though 32 was there before. */
	expect_list(4, PF_MOVABLE, 16, 32, 48);
	give(12, 2);
	give(4, 1);
	give(2, 1);
	give(0, 0);
	expect_list(4, PF_MOVABLE, 0, 16, 32, 48);
	assert_null(impl->self_check(b.m));
	assert_int_equal(impl->stats(b.m)->pgalloc, impl->stats(b.m)->pgfree);
	assert_int_equal(impl->stats(b.m)->pgalloc, 1 + 2 + 2 + 4 + 8 + 4);
}

static void test_smallest_newest_first(void **state)
{
	(void)state;
	one_zone(3, 3, 0, 32);
	boot();
	take_all_movable();
	give(1, 0);
	give(16, 0);
	expect_list(0, PF_MOVABLE, 16, 1);
	give(8, 0);
	give(9, 0);
	/* An order-1 block is split only when order 0 is used up; newest first. */
	assert_int_equal(take(0, PF_MOVABLE), 16);
	assert_int_equal(take(0, PF_MOVABLE), 1);
	assert_int_equal(take(0, PF_MOVABLE), 8);
	expect_list(0, PF_MOVABLE, 9);
}

static void test_tail_placement(void **state)
{
	(void)state;
	one_zone(3, 3, 0, 32);
	boot();
	take_all_movable();
	give(12, 0);
	give(2, 0);
	give(3, 0);
	expect_list(0, PF_MOVABLE, 12);
	expect_list(1, PF_MOVABLE, 2);
	/* 1 is taken, but 2-3 is free: 0 is likely to merge, so to the tail. */
	give(0, 0);
	expect_list(0, PF_MOVABLE, 12, 0);
	/* 12 is free, but 12-13 as a whole is not. */
	give(14, 0);
	expect_list(0, PF_MOVABLE, 14, 12, 0);

	/* Order max - 1: never to the tail. 8-15 is free as a block of order 3. */
	give(13, 0);
	give(15, 0);
	for (pf_pfn p = 8; p < 12; p++)
		give(p, 0);
	expect_list(3, PF_MOVABLE, 8);
	for (pf_pfn p = 16; p < 20; p++)
		give(p, 0);
	expect_list(2, PF_MOVABLE, 16);
	give(1, 0);
	expect_list(2, PF_MOVABLE, 0, 16);
	assert_null(impl->self_check(b.m));
}

/* The block that the two would form begins in another zone: not likely. */
static void test_tail_placement_across_zones(void **state)
{
	pf_pfn base;

	(void)state;
	one_zone(3, 3, 0, 5);
	base = b.layout.base_pfn;
	b.layout.end_pfn = base + 32;
	b.layout.nr_zones = 2;
	b.layout.zone[1] = (struct pf_zone_layout){
		.start_pfn = base + 5, .spanned = 27, .type = PF_ZONE_MOVABLE};
	boot();
	while (take(0, PF_MOVABLE) != PF_NO_PFN)
		;
	give(16, 0);
	give(6, 0);
	give(7, 0);
	give(5, 0);
	expect_list(0, PF_MOVABLE, 5, 16);
	/* 4 is the last page of zone 0: no buddy there. */
	give(4, 0);
	assert_int_equal(impl->counters(b.m, 0)->nr_free[0], 1);
	assert_null(impl->self_check(b.m));
}

/* A zone that ends inside a block of the largest order, at the end of all arrays. */
static void test_unaligned_last_page(void **state)
{
	(void)state;
	one_zone(2, 4, 0, 21);
	boot();
	expect_list(4, PF_MOVABLE, 0);
	expect_list(2, PF_MOVABLE, 16);
	expect_list(0, PF_MOVABLE, 20);
	take_all_movable();
	give(20, 0);
	give(18, 0);
	give(19, 0);
	give(17, 0);
	give(16, 0);
	expect_list(2, PF_MOVABLE, 16);
	assert_null(impl->self_check(b.m));
}

static void expect_extfrag(unsigned i, int64_t pfn, int64_t order, int64_t fallback_order,
			   int64_t mt, int64_t fallback_mt, int64_t owned)
{
	const struct pf_event *ev = &b.event[i];

	assert_true(i < b.nr_events);
	assert_int_equal(ev->type, PF_EV_EXTFRAG);
	assert_int_equal(ev->nr_fields, 6);
	assert_int_equal(ev->field[0], b.layout.base_pfn + pfn);
	assert_int_equal(ev->field[1], order);
	assert_int_equal(ev->field[2], fallback_order);
	assert_int_equal(ev->field[3], mt);
	assert_int_equal(ev->field[4], fallback_mt);
	assert_int_equal(ev->field[5], owned);
}

static unsigned type_of(pf_pfn pfn)
{
	return impl->block_type(b.m, b.layout.base_pfn + pfn);
}

static void test_steal_large_block(void **state)
{
	(void)state;
	one_zone(4, 6, 0, 128);
	boot();
	assert_int_equal(take(1, PF_UNMOVABLE), 0);
	expect_extfrag(0, 0, 1, 6, PF_UNMOVABLE, PF_MOVABLE, 1);
	assert_int_equal(b.nr_events, 1);
	assert_int_equal(impl->stats(b.m)->extfrag, 1);
	assert_int_equal(b.spent, 4);
	for (pf_pfn p = 0; p < 64; p += 16)
		assert_int_equal(type_of(p), PF_UNMOVABLE);
	assert_int_equal(type_of(64), PF_MOVABLE);
	expect_list(1, PF_UNMOVABLE, 2);
	expect_list(5, PF_UNMOVABLE, 32);
	expect_list(6, PF_MOVABLE, 64);
	/* From now on without fallback; RECLAIMABLE prefers UNMOVABLE to MOVABLE. */
	assert_int_equal(take(0, PF_UNMOVABLE), 2);
	assert_int_equal(b.nr_events, 1);
	assert_int_equal(take(6, PF_RECLAIMABLE), 64);
	expect_extfrag(1, 64, 6, 6, PF_RECLAIMABLE, PF_MOVABLE, 1);
	assert_int_equal(take(0, PF_RECLAIMABLE), 32);
	expect_extfrag(2, 32, 0, 5, PF_RECLAIMABLE, PF_UNMOVABLE, 1);
	assert_int_equal(type_of(16), PF_UNMOVABLE);
	assert_int_equal(type_of(32), PF_RECLAIMABLE);
	assert_int_equal(type_of(48), PF_RECLAIMABLE);
	/* And freeing goes by the type of the block, merging across types. */
	give(32, 0);
	expect_list(5, PF_RECLAIMABLE, 32);
	assert_null(impl->self_check(b.m));
}

/* Frees pages [from, from + nr) one by one and lets the world know. */
static void give_pages(pf_pfn from, unsigned nr)
{
	for (pf_pfn p = from; p < from + nr; p++) {
		give(p, 0);
		b.attrs[p] = 0;
	}
}

static void test_half_block_rule(void **state)
{
	(void)state;
	one_zone(4, 4, 0, 64);
	boot();
	take_all_movable();

	/* 7 of 16 free, the rest movable: moved, but the block stays movable. */
	give_pages(16, 4);
	give_pages(24, 2);
	give_pages(30, 1);
	assert_int_equal(take(0, PF_UNMOVABLE), 30);
	expect_extfrag(0, 16, 0, 2, PF_UNMOVABLE, PF_MOVABLE, 0);
	assert_int_equal(type_of(16), PF_MOVABLE);
	expect_list(2, PF_UNMOVABLE, 16);
	expect_list(1, PF_UNMOVABLE, 24);
	expect_empty(0, PF_UNMOVABLE);
	assert_int_equal(b.spent, 9 + 3);
	/* Freed into a movable block: to the movable list, also when it merges. */
	give(30, 0);
	expect_list(0, PF_MOVABLE, 30);
	give_pages(26, 1);
	give_pages(27, 1);
	expect_list(2, PF_MOVABLE, 24);
	expect_empty(1, PF_UNMOVABLE);

	/* Half free or more: claimed. Moved to the tails, ascending by pfn. */
	give_pages(42, 2);
	give_pages(44, 4);
	give_pages(32, 1);
	give_pages(34, 1);
	assert_int_equal(take(2, PF_RECLAIMABLE), 16);
	expect_extfrag(1, 16, 2, 2, PF_RECLAIMABLE, PF_UNMOVABLE, 1);
	/* Old type MOVABLE: 9 free pages in that block; 24 and 30 moved along. */
	assert_int_equal(type_of(16), PF_RECLAIMABLE);
	expect_list(2, PF_RECLAIMABLE, 24);
	expect_list(0, PF_RECLAIMABLE, 30);
	b.attrs[16] = b.attrs[17] = b.attrs[18] = b.attrs[19] = PF_PAGE_LIVE;

	assert_int_equal(take(3, PF_UNMOVABLE), PF_NO_PFN);
	b.nr_events--; /* that one's wake-up */
	assert_int_equal(take(2, PF_UNMOVABLE), 24);
	expect_extfrag(2, 24, 2, 2, PF_UNMOVABLE, PF_RECLAIMABLE, 0);
	/* 5 free, and in a RECLAIMABLE block nothing else counts. */
	assert_int_equal(type_of(24), PF_RECLAIMABLE);
	assert_int_equal(take(0, PF_UNMOVABLE), 30);
	/* Just 8 free. */
	assert_int_equal(take(2, PF_UNMOVABLE), 44);
	expect_extfrag(3, 44, 2, 2, PF_UNMOVABLE, PF_MOVABLE, 1);
	assert_int_equal(type_of(32), PF_UNMOVABLE);
	expect_list(0, PF_UNMOVABLE, 32, 34);
	assert_null(impl->self_check(b.m));
}

static void test_half_block_alike_pages(void **state)
{
	(void)state;
	one_zone(4, 4, 0, 64);
	boot();
	take_all_movable();
	/* 4 free and 4 that cannot move: half of a movable block. */
	give_pages(0, 4);
	for (pf_pfn p = 4; p < 8; p++)
		b.attrs[p] = PF_PAGE_LIVE;
	assert_int_equal(take(0, PF_UNMOVABLE), 0);
	expect_extfrag(0, 0, 0, 2, PF_UNMOVABLE, PF_MOVABLE, 1);
	b.attrs[0] = PF_PAGE_LIVE;

	/* The other way: 4 free of which order 2 may steal, 8 movable pages. */
	give(0, 0);
	expect_list(2, PF_UNMOVABLE, 0);
	assert_int_equal(take(0, PF_MOVABLE), 0);
	expect_extfrag(1, 0, 0, 2, PF_MOVABLE, PF_UNMOVABLE, 1);
	assert_int_equal(type_of(0), PF_MOVABLE);
	/* With 3 movable pages only: no. */
	give(0, 0);
	assert_int_equal(take(0, PF_UNMOVABLE), 0);
	assert_int_equal(type_of(0), PF_UNMOVABLE);
	give(0, 0);
	for (pf_pfn p = 8; p < 13; p++)
		b.attrs[p] = PF_PAGE_LIVE;
	assert_int_equal(take(0, PF_MOVABLE), 0);
	expect_extfrag(3, 0, 0, 2, PF_MOVABLE, PF_UNMOVABLE, 0);
	assert_int_equal(type_of(0), PF_UNMOVABLE);
}

/* A page of the cache counts as one that can be moved only while it is on an LRU list. */
static void test_half_block_cached_pages(void **state)
{
	for (unsigned batched = 0; batched < 2; batched++) {
		one_zone(4, 4, 0, 64);
		boot();
		take_all_movable();
		/* 4 free and 3 that cannot move, or 4: less than half, or half. */
		give_pages(0, 4);
		stub_set_attrs(5, 3, PF_PAGE_LIVE);
		b.attrs[4] |= PF_PAGE_MOVABLE | PF_PAGE_EVICTABLE | PF_PAGE_LRU;
		impl->set_attrs(b.m, b.layout.base_pfn + 4, b.attrs[4]);
		if (batched) {
			lx_lruvec_del_folio(b.m, 4);
			lx_folio_add_lru(b.m, 4);
		}
		assert_int_equal(take(0, PF_UNMOVABLE), 0);
		expect_extfrag(0, 0, 0, 2, PF_UNMOVABLE, PF_MOVABLE, batched);
		teardown(state);
	}
}

/* Reclaimable and unmovable requests steal around a block of any order, the largest. */
static void test_small_steals(void **state)
{
	static const unsigned mobility[] = {PF_UNMOVABLE, PF_RECLAIMABLE};

	for (unsigned i = 0; i < 2; i++) {
		unsigned mt = mobility[i];

		one_zone(4, 4, 0, 32);
		boot();
		take_all_movable();
		give_pages(3, 1);
		give_pages(8, 2);
		give_pages(20, 1);
		assert_int_equal(take(0, mt), 3);
		expect_extfrag(0, 8, 0, 1, mt, PF_MOVABLE, 0);
		expect_list(1, mt, 8);
		expect_list(0, PF_MOVABLE, 20);
		assert_null(impl->self_check(b.m));
		teardown(state);
	}
}

/* Movable requests that cannot steal take the smallest block, RECLAIMABLE first. */
static void test_smallest_first(void **state)
{
	(void)state;
	one_zone(4, 4, 0, 64);
	boot();
	take_all_movable();
	give_pages(0, 16);
	assert_int_equal(take(4, PF_UNMOVABLE), 0);
	give_pages(16, 16);
	assert_int_equal(take(4, PF_RECLAIMABLE), 16);
	b.nr_events = 0;
	give(0, 0);
	give(8, 1);
	give(18, 0);
	give(24, 1);
	expect_list(1, PF_UNMOVABLE, 8);
	expect_list(0, PF_RECLAIMABLE, 18);
	assert_int_equal(take(0, PF_MOVABLE), 18);
	expect_extfrag(0, 18, 0, 0, PF_MOVABLE, PF_RECLAIMABLE, 0);
	assert_int_equal(take(0, PF_MOVABLE), 0);
	expect_extfrag(1, 0, 0, 0, PF_MOVABLE, PF_UNMOVABLE, 0);
	assert_int_equal(take(0, PF_MOVABLE), 24);
	expect_extfrag(2, 24, 0, 1, PF_MOVABLE, PF_RECLAIMABLE, 0);
	/* 25 is a movable list's page in a RECLAIMABLE block now. */
	expect_list(0, PF_MOVABLE, 25);
	assert_int_equal(type_of(25), PF_RECLAIMABLE);
	/* Order 2 = pageblock_order / 2 may steal, so the largest goes first. */
	give(4, 2);
	give(2, 0);
	assert_int_equal(take(0, PF_MOVABLE), 25);
	assert_int_equal(take(0, PF_MOVABLE), 2);
	expect_extfrag(3, 4, 0, 2, PF_MOVABLE, PF_UNMOVABLE, 0);
	expect_list(1, PF_MOVABLE, 8);
	assert_null(impl->self_check(b.m));
}

/* Blocks cut by the zone's end are not moved whole; by its start, only from the page on. */
static void test_steal_at_zone_ends(void **state)
{
	(void)state;
	one_zone(4, 4, 4, 36);
	boot();
	take_all_movable();
	give_pages(4, 1);
	give_pages(8, 2);
	give_pages(14, 1);
	assert_int_equal(take(0, PF_UNMOVABLE), 14);
	expect_extfrag(0, 8, 0, 1, PF_UNMOVABLE, PF_MOVABLE, 1);
	expect_list(0, PF_MOVABLE, 4);
	expect_list(1, PF_UNMOVABLE, 8);

	/* 32..39 of 32..47: all of it is free but it may not change its type. */
	assert_int_equal(take(0, PF_UNMOVABLE), 8);
	assert_int_equal(take(0, PF_UNMOVABLE), 9);
	assert_int_equal(take(0, PF_MOVABLE), 4);
	give_pages(32, 7);
	assert_int_equal(take(0, PF_UNMOVABLE), 32);
	expect_extfrag(1, 32, 0, 2, PF_UNMOVABLE, PF_MOVABLE, 0);
	expect_list(1, PF_MOVABLE, 36);
	expect_list(0, PF_MOVABLE, 38);
	assert_null(impl->self_check(b.m));
}

static void test_no_merge_across_types(void **state)
{
	(void)state;
	one_zone(2, 4, 0, 16);
	boot();
	take_all_movable();
	lx_set_pageblock_migratetype(b.m, 4, MIGRATE_CMA);
	give_pages(0, 16);
	expect_list(3, PF_MOVABLE, 8);
	expect_list(2, PF_MOVABLE, 0);
	expect_list(2, MIGRATE_CMA, 4);
	assert_null(impl->self_check(b.m));
	lx_set_pageblock_migratetype(b.m, 4, MIGRATE_UNMOVABLE);
	assert_non_null(impl->self_check(b.m));
	assert_true(impl->claim(b.m, b.layout.base_pfn + 4, 2, 0));
	give(4, 2);
	expect_list(4, PF_UNMOVABLE, 0);
	assert_null(impl->self_check(b.m));
}

/* Below this many free pages requests with these flags fail. */
static void expect_reserve(uint32_t gfp, uint32_t left)
{
	struct pf_request req = {.mobility = PF_MOVABLE, .zone = PF_ZONE_NORMAL, .gfp = gfp};
	pf_pfn pfn[257];
	unsigned n = 0;

	b.nr_events = 0;
	while ((pfn[n] = impl->alloc(b.m, &req)) != PF_NO_PFN) {
		n++;
		/* Woken only by requests that see LOW or less. */
		if (nr_free_pages(0) == 40)
			assert_int_equal(b.nr_events, 0);
	}
	assert_int_equal(nr_free_pages(0), left);
	/* One event for each that went below LOW, and for the one that failed. */
	assert_int_equal(b.nr_events, gfp & PF_GFP_KSWAPD_RECLAIM ? 40 - left + 1 : 0);
	if (b.nr_events) {
		assert_int_equal(b.event[0].type, PF_EV_WAKEUP_KSWAPD);
		assert_int_equal(b.event[0].nr_fields, 3);
		assert_int_equal(b.event[0].field[0], 0);
		assert_int_equal(b.event[0].field[1], PF_ZONE_NORMAL);
		assert_int_equal(b.event[0].field[2], 0);
	}
	while (n)
		impl->free(b.m, pfn[--n], 0, 0);
}

static void test_watermarks(void **state)
{
	(void)state;
	one_zone(4, 6, 0, 256);
	b.layout.zone[0].wmark[PF_WMARK_MIN] = 32;
	b.layout.zone[0].wmark[PF_WMARK_LOW] = 40;
	b.layout.zone[0].wmark[PF_WMARK_HIGH] = 48;
	boot();
	expect_reserve(GFP_KERNEL, 32);
	expect_reserve(PF_GFP_DIRECT_RECLAIM, 32);
	expect_reserve(PF_GFP_KSWAPD_RECLAIM, 32);
	expect_reserve(0, 32);
	expect_reserve(GFP_KERNEL | PF_GFP_HIGH, 16);
	expect_reserve(PF_GFP_KSWAPD_RECLAIM | PF_GFP_HIGH, 12);
	expect_reserve(PF_GFP_KSWAPD_RECLAIM | PF_GFP_HIGH | PF_GFP_ATOMIC, 12);
	expect_reserve(PF_GFP_HIGH | PF_GFP_NOMEMALLOC, 16);
	expect_reserve(GFP_KERNEL | PF_GFP_MEMALLOC, 0);
	expect_reserve(GFP_KERNEL | PF_GFP_MEMALLOC | PF_GFP_NOMEMALLOC, 32);
	assert_int_equal(nr_free_pages(0), 256);
	assert_null(impl->self_check(b.m));
}

static void test_watermark_high_order(void **state)
{
	(void)state;
	one_zone(4, 4, 0, 64);
	b.layout.zone[0].wmark[PF_WMARK_MIN] = 16;
	b.layout.zone[0].wmark[PF_WMARK_LOW] = 16;
	b.layout.zone[0].wmark[PF_WMARK_HIGH] = 16;
	boot();
	assert_int_equal(take(3, PF_MOVABLE), 0);
	assert_int_equal(take(4, PF_MOVABLE), 16);
	assert_int_equal(take(3, PF_MOVABLE), 8);
	/* 32 left: 32 - 15 > 16 passes and leaves just the 16. */
	assert_int_equal(take(0, PF_MOVABLE), 32);
	assert_int_equal(take(4, PF_MOVABLE), PF_NO_PFN);
	give(32, 0);
	assert_int_equal(take(4, PF_MOVABLE), 32);
	assert_int_equal(take(0, PF_MOVABLE), PF_NO_PFN);
	assert_int_equal(nr_free_pages(0), 16);
}

static void test_zone_walk(void **state)
{
	static const uint8_t node_of[] = {0, 0, 1, 2, 2};
	static const uint8_t type_of_zone[] = {PF_ZONE_DMA, PF_ZONE_NORMAL, PF_ZONE_NORMAL,
					       PF_ZONE_NORMAL, PF_ZONE_MOVABLE};
	struct pf_request req = {.order = 2, .mobility = PF_MOVABLE, .gfp = GFP_KERNEL};
	pf_pfn base;

	(void)state;
	one_zone(2, 2, 0, 4);
	base = b.layout.base_pfn;
	b.layout.end_pfn = base + 20;
	b.layout.nr_nodes = 3;
	b.layout.nr_zones = 5;
	for (unsigned i = 0; i < 5; i++)
		b.layout.zone[i] = (struct pf_zone_layout){.start_pfn = base + i * 4,
							   .spanned = 4,
							   .node = node_of[i],
							   .type = type_of_zone[i]};
	boot();
	/* From node 1: itself, then 0 before 2; in a node the highest type first. */
	req.node = 1;
	req.zone = PF_ZONE_MOVABLE;
	assert_int_equal(impl->alloc(b.m, &req), base + 8);
	assert_int_equal(impl->alloc(b.m, &req), base + 4);
	assert_int_equal(impl->alloc(b.m, &req), base + 0);
	assert_int_equal(impl->alloc(b.m, &req), base + 16);
	assert_int_equal(impl->alloc(b.m, &req), base + 12);
	assert_int_equal(b.nr_events, 0);
	assert_int_equal(impl->alloc(b.m, &req), PF_NO_PFN);
	assert_int_equal(b.nr_events, 3);
	assert_int_equal(b.event[0].field[0], 1);
	assert_int_equal(b.event[1].field[0], 0);
	assert_int_equal(b.event[2].field[0], 2);
	assert_int_equal(b.event[2].field[1], PF_ZONE_MOVABLE);
	assert_int_equal(b.event[2].field[2], 2);
	for (pf_pfn p = 0; p < 20; p += 4)
		give(p, 2);
	/* Zone limit: DMA is on node 0 only. */
	req.node = 2;
	req.zone = PF_ZONE_DMA;
	assert_int_equal(impl->alloc(b.m, &req), base + 0);
	assert_int_equal(impl->alloc(b.m, &req), PF_NO_PFN);
	req.zone = PF_ZONE_NORMAL;
	assert_int_equal(impl->alloc(b.m, &req), base + 12);
	req.gfp |= PF_GFP_THISNODE;
	assert_int_equal(impl->alloc(b.m, &req), PF_NO_PFN);
	req.zone = PF_ZONE_MOVABLE;
	assert_int_equal(impl->alloc(b.m, &req), base + 16);
	assert_int_equal(impl->alloc(b.m, &req), PF_NO_PFN);
	/* No zone allowed at all: no event either. */
	b.nr_events = 0;
	req.zone = PF_ZONE_DMA;
	assert_int_equal(impl->alloc(b.m, &req), PF_NO_PFN);
	assert_int_equal(b.nr_events, 0);
}

static void test_max_order(void **state)
{
	static const unsigned orders[] = {0, 1, 10, 18};

	for (unsigned i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		unsigned max = orders[i];

		one_zone(max < 9 ? max : 9, max, 0, 2u << max);
		boot();
		assert_int_equal(take(max, PF_MOVABLE), 0);
		/* Not even a wake-up for those. */
		assert_int_equal(take(max + 1, PF_MOVABLE), PF_NO_PFN);
		assert_int_equal(b.nr_events, 0);
		assert_int_equal(take(max, PF_UNMOVABLE), 1u << max);
		assert_int_equal(take(0, PF_UNMOVABLE), PF_NO_PFN);
		give(1u << max, max);
		give(0, max);
		assert_int_equal(nr_free_pages(0), 2u << max);
		assert_null(impl->self_check(b.m));
		teardown(state);
	}
}

static void test_claim(void **state)
{
	pf_pfn base;

	(void)state;
	one_zone(4, 4, 0, 36);
	boot();
	base = b.layout.base_pfn;
	assert_true(impl->claim(b.m, base + 5, 0, PF_MOVABLE));
	expect_list(0, PF_MOVABLE, 4);
	expect_list(1, PF_MOVABLE, 6);
	expect_list(2, PF_MOVABLE, 0, 32);
	expect_list(3, PF_MOVABLE, 8);
	expect_list(4, PF_MOVABLE, 16);
	assert_false(impl->claim(b.m, base + 5, 0, PF_MOVABLE));
	assert_false(impl->claim(b.m, base + 4, 1, PF_MOVABLE));
	assert_false(impl->claim(b.m, base + 0, 3, PF_MOVABLE));
	assert_false(impl->claim(b.m, base + 9, 1, PF_MOVABLE));
	assert_false(impl->claim(b.m, base + 32, 3, PF_MOVABLE));
	assert_false(impl->claim(b.m, base + 36, 0, PF_MOVABLE));
	assert_false(impl->claim(b.m, base - 1, 0, PF_MOVABLE));
	assert_false(impl->claim(b.m, base, 5, PF_MOVABLE));
	assert_true(impl->claim(b.m, base + 16, 4, PF_MOVABLE));
	assert_true(impl->claim(b.m, base + 6, 1, PF_MOVABLE));
	assert_true(impl->claim(b.m, base + 33, 0, PF_MOVABLE));
	assert_int_equal(nr_free_pages(0), 36 - 20);
	assert_null(impl->self_check(b.m));
	give(33, 0);
	give(6, 1);
	give(16, 4);
	give(5, 0);
	expect_list(4, PF_MOVABLE, 0, 16);
	expect_list(2, PF_MOVABLE, 32);
}

static void test_self_check_fires(void **state)
{
	struct machine *m;
	size_t size;
	void *save;

	(void)state;
	one_zone(2, 4, 0, 64);
	boot();
	take(0, PF_MOVABLE);
	m = b.m;
	size = b.size;
	save = malloc(size);
	assert_non_null(save);
	memcpy(save, m, size);
#define BREAKS(what)                                  \
	do {                                          \
		what;                                 \
		assert_non_null(impl->self_check(m)); \
		memcpy(m, save, size);                \
		assert_null(impl->self_check(m));     \
	} while (0)
	BREAKS(m->zone[0].count.free--);
	BREAKS(m->zone[0].count.nr_free[1]++);
	BREAKS(m->zone[0].count.managed = 1);
	BREAKS(m->page_flags[1] = 0);
	BREAKS(m->page_flags[0] = 1);
	BREAKS(m->page_flags[9] = 1);
	BREAKS(m->page_flags[2] = 3);
	BREAKS(m->lru[16].prev = 48);
	BREAKS(m->lru[48].next = 16);
	BREAKS(m->lru[16].next = 48);
	BREAKS(m->pageblock_flags[3] = 7);

	/* Page 0 is in the cache, and on its list. */
	b.attrs[0] = PF_PAGE_LIVE | PF_PAGE_MOVABLE | PF_PAGE_EVICTABLE | PF_PAGE_LRU;
	impl->set_attrs(m, b.layout.base_pfn, b.attrs[0]);
	memcpy(save, m, size);
	assert_null(impl->self_check(m));
	BREAKS(m->page_flags[0] = 0);
	BREAKS(m->page_flags[0] = PG_LRU_OFF; m->zone[0].nr_zone_inactive_file = 0);
	BREAKS(m->page_flags[0] = PG_LRU_UNEVICTABLE);
	BREAKS(m->zone[0].nr_zone_inactive_file++);
	BREAKS(m->node[0].nr_isolated_file++);
	BREAKS(m->lru_add[0].nr = 1; m->lru_add[0].pages[0] = 0);
	BREAKS(m->lru_add[0].nr = 1; m->lru_add[0].pages[0] = 64);
#undef BREAKS
	free(save);
}

/* ------------------------------------------------- the whole allocator --- */

static void marks(unsigned zone, uint32_t min, uint32_t low, uint32_t high)
{
	b.layout.zone[zone].wmark[PF_WMARK_MIN] = min;
	b.layout.zone[zone].wmark[PF_WMARK_LOW] = low;
	b.layout.zone[zone].wmark[PF_WMARK_HIGH] = high;
}

/* The zone of the laboratory: 128 MB, with the marks that the real kernel gives it. */
static void laboratory_zone(unsigned nr_cpus)
{
	one_zone(9, 10, 0, 32768);
	b.layout.nr_cpus = (uint8_t)nr_cpus;
	marks(0, 242, 302, 362);
	impl = &pf_impl_linux;
	boot();
}

static struct per_cpu_pages *pcp_of(unsigned cpu)
{
	return &b.m->zone[0].pcp[cpu];
}

static void expect_marks(uint32_t min, uint32_t low, uint32_t high)
{
	assert_int_equal(b.m->zone[0]._watermark[WMARK_MIN], min);
	assert_int_equal(b.m->zone[0]._watermark[WMARK_LOW], low);
	assert_int_equal(b.m->zone[0]._watermark[WMARK_HIGH], high);
}

static void test_pcp_sizes(void **state)
{
	laboratory_zone(1);
	/* 32768 >> 10 is 32; a quarter, half as much on top, 12: 8 - 1. */
	assert_int_equal(pcp_of(0)->batch, 7);
	assert_int_equal(pcp_of(0)->high, 302);
	/* 2 * fls(1 cpu) * (1 + fls(1 time 128 MB)). */
	assert_int_equal(pcp_of(0)->stat_threshold, 4);
	assert_int_equal(b.m->zone[0].percpu_drift_mark, 0);
	assert_false(b.m->page_group_by_mobility_disabled);
	/* The root of (32768 - 362) * 4 * 16. */
	assert_int_equal(b.m->min_free_kbytes, 1440);
	teardown(state);

	laboratory_zone(5);
	assert_int_equal(pcp_of(4)->high, 60);
	/* 2 * 3 * 2; five times that is not above 302 - 242. */
	assert_int_equal(pcp_of(4)->stat_threshold, 12);
	assert_int_equal(b.m->zone[0].percpu_drift_mark, 0);
	assert_true(impl->set_cpu(b.m, 4, false));
	assert_int_equal(pcp_of(4)->high, 302 / 4);
	teardown(state);

	/* 14 cpus: 2 * 4 * 2 a cpu is 224 in all, more than 60. 302 / 14 is below 4 * 7. */
	laboratory_zone(14);
	assert_int_equal(pcp_of(0)->stat_threshold, 16);
	assert_int_equal(b.m->zone[0].percpu_drift_mark, 362 + 14 * 16);
	assert_int_equal(pcp_of(0)->high, 28);
	teardown(state);

	/* 1 GB: the largest batch. 4 MB: the smallest, and no grouping. */
	one_zone(9, 10, 0, 262144);
	impl = &pf_impl_linux;
	boot();
	assert_int_equal(pcp_of(0)->batch, 63);
	assert_int_equal(pcp_of(0)->high, 252);
	teardown(state);
	one_zone(9, 10, 0, 1024);
	impl = &pf_impl_linux;
	boot();
	assert_int_equal(pcp_of(0)->batch, 1);
	assert_int_equal(pcp_of(0)->high, 4);
	assert_true(b.m->page_group_by_mobility_disabled);
	teardown(state);
	/* Five types of 512 pages each are enough. */
	one_zone(9, 10, 0, 2559);
	impl = &pf_impl_linux;
	boot();
	assert_true(b.m->page_group_by_mobility_disabled);
	teardown(state);
	one_zone(9, 10, 0, 2560);
	impl = &pf_impl_linux;
	boot();
	assert_false(b.m->page_group_by_mobility_disabled);
}

static void test_tune(void **state)
{
	(void)state;
	laboratory_zone(1);
	b.m->zone[0].watermark_boost = 512;
	/* 10 in 10000 are 32 pages, less than a quarter of MIN. */
	assert_true(impl->tune(b.m, PF_WATERMARK_SCALE_FACTOR, 10));
	expect_marks(242, 302, 362);
	assert_int_equal(b.m->zone[0].watermark_boost, 0);
	/* 3 * 100 + 2768 * 100 / 10000. */
	assert_true(impl->tune(b.m, PF_WATERMARK_SCALE_FACTOR, 100));
	expect_marks(242, 242 + 327, 242 + 2 * 327);
	assert_int_equal(pcp_of(0)->high, 242 + 327);
	assert_false(impl->tune(b.m, PF_WATERMARK_SCALE_FACTOR, 0));
	assert_false(impl->tune(b.m, PF_WATERMARK_SCALE_FACTOR, 3001));
	assert_true(impl->tune(b.m, PF_WATERMARK_SCALE_FACTOR, 10));
	assert_true(impl->tune(b.m, PF_MIN_FREE_KBYTES, 2048));
	expect_marks(512, 640, 768);
	assert_int_equal(pcp_of(0)->high, 640);
	assert_true(impl->tune(b.m, PF_EXTFRAG_THRESHOLD, 1000));
	assert_false(impl->tune(b.m, PF_EXTFRAG_THRESHOLD, 1001));
	assert_false(impl->tune(b.m, PF_COMPACTION_PROACTIVENESS, 101));
	assert_true(impl->tune(b.m, PF_COMPACTION_PROACTIVENESS, 0));
	assert_false(b.m->node[0].proactive_compact_trigger);
	assert_true(impl->tune(b.m, PF_COMPACTION_PROACTIVENESS, 50));
	assert_true(b.m->node[0].proactive_compact_trigger);
}

static void test_lowmem_reserve(void **state)
{
	(void)state;
	one_zone(9, 10, 0, 4096);
	b.layout.zone[0].type = PF_ZONE_DMA;
	b.layout.end_pfn += 40960;
	b.layout.nr_zones = 3;
	b.layout.zone[1] = (struct pf_zone_layout){
		.start_pfn = b.layout.base_pfn + 4096, .spanned = 32768, .type = PF_ZONE_NORMAL};
	b.layout.zone[2] = (struct pf_zone_layout){
		.start_pfn = b.layout.base_pfn + 36864, .spanned = 8192, .type = PF_ZONE_MOVABLE};
	impl = &pf_impl_linux;
	boot();
	assert_int_equal(b.m->zone[0].count.lowmem_reserve[PF_ZONE_DMA], 0);
	assert_int_equal(b.m->zone[0].count.lowmem_reserve[PF_ZONE_DMA32], 0);
	assert_int_equal(b.m->zone[0].count.lowmem_reserve[PF_ZONE_NORMAL], 32768 / 256);
	assert_int_equal(b.m->zone[0].count.lowmem_reserve[PF_ZONE_MOVABLE], 40960 / 256);
	assert_int_equal(b.m->zone[1].count.lowmem_reserve[PF_ZONE_NORMAL], 0);
	assert_int_equal(b.m->zone[1].count.lowmem_reserve[PF_ZONE_MOVABLE], 8192 / 32);
	assert_int_equal(b.m->zone[2].count.lowmem_reserve[PF_ZONE_MOVABLE], 0);
}

static uint32_t cached(void)
{
	return impl->counters(b.m, 0)->cached;
}

static void test_pcp_refill(void **state)
{
	(void)state;
	laboratory_zone(1);
	/* A batch in the order of the pages; then the last freed first. */
	assert_int_equal(take(0, PF_MOVABLE), 0);
	assert_int_equal(cached(), 6);
	assert_int_equal(take(0, PF_MOVABLE), 1);
	give(0, 0);
	assert_int_equal(take(0, PF_MOVABLE), 0);
	assert_int_equal(cached(), 5);
	/* Other orders and types have lists of their own: 7 >> 1 blocks, then at least 2. */
	assert_int_equal(take(1, PF_MOVABLE), 8);
	assert_int_equal(cached(), 5 + 2 * 2);
	assert_int_equal(take(3, PF_MOVABLE), 16);
	assert_int_equal(cached(), 9 + 8);
	/* Pageblocks too, but none in between. The first one is used. */
	assert_int_equal(take(9, PF_MOVABLE), 512);
	assert_int_equal(cached(), 17 + 512);
	assert_int_equal(b.m->lru[pcp_of(0)->list_base + 13].next, 1024);
	assert_int_equal(take(9, PF_UNMOVABLE), 2048);
	assert_int_equal(b.m->lru[pcp_of(0)->list_base + 12].next, 2560);
	give(2048, 9);
	/* 302 is passed: 7 pages must go, and any block is more. The oldest goes. */
	assert_int_equal(b.m->lru[pcp_of(0)->list_base + 12].next, 2048);
	assert_int_equal(cached(), 17 + 2 * 512);
	assert_int_equal(take(8, PF_MOVABLE), 256);
	assert_int_equal(cached(), 17 + 2 * 512);
	assert_null(impl->self_check(b.m));
	impl->drain(b.m, -1);
	assert_int_equal(cached(), 0);
	assert_int_equal(nr_free_pages(0), 32768 - 2 - 2 - 8 - 512 - 256);
	assert_null(impl->self_check(b.m));
}

static void test_pcp_free_factor(void **state)
{
	static const int left[] = {295, 288, 274, 246, 190, 78, 78};
	static pf_pfn pfn[2000];
	unsigned drops = 0;
	int before = 6;

	(void)state;
	laboratory_zone(1);
	for (unsigned i = 0; i < 2000; i++)
		pfn[i] = take(0, PF_MOVABLE);
	/* 286 refills of 7. */
	before = pcp_of(0)->count;
	assert_int_equal(before, 2);
	for (unsigned i = 0; i < 2000 && drops < 7; i++, before = pcp_of(0)->count) {
		give(pfn[i], 0);
		if (pcp_of(0)->count > before)
			continue;
		/* At 302 pages: 7 << 0, 1, 2 and so on, but never more than 224. */
		assert_int_equal(before, 301);
		assert_int_equal(pcp_of(0)->count, left[drops++]);
	}
	assert_int_equal(drops, 7);
	assert_int_equal(pcp_of(0)->free_factor, 5);
	/* While that is not 0, a larger block empties the lists. */
	assert_int_equal(take(2, PF_UNMOVABLE) % 4, 0);
	assert_int_equal(pcp_of(0)->free_factor, 2);
	give(take(2, PF_UNMOVABLE), 2);
	assert_int_equal(pcp_of(0)->free_factor, 1);
	assert_int_equal(cached(), 0);
	assert_null(impl->self_check(b.m));
}

static void test_pcp_round_robin(void **state)
{
	pf_pfn pfn[8];

	(void)state;
	laboratory_zone(1);
	/* Drains start with list 0, and take a list from its tail, all of it. */
	for (unsigned i = 0; i < 8; i++)
		pfn[i] = take(0, PF_MOVABLE);
	impl->drain(b.m, -1);
	for (unsigned i = 0; i < 8; i++)
		give(pfn[i], 0);
	b.m->wanted = 1u << PF_EV_PCPU_DRAIN;
	b.nr_events = 0;
	impl->drain(b.m, 0);
	assert_int_equal(b.nr_events, 8);
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(b.event[i].type, PF_EV_PCPU_DRAIN);
		assert_int_equal(b.event[i].field[0], b.layout.base_pfn + pfn[i]);
		assert_int_equal(b.event[i].field[2], PF_MOVABLE);
	}
	/* All merged again. */
	assert_int_equal(impl->counters(b.m, 0)->nr_free[10], 32);
}

static void test_pcp_of_highatomic(void **state)
{
	(void)state;
	laboratory_zone(1);
	assert_int_equal(take(0, PF_MOVABLE), 0);
	lx_set_pageblock_migratetype(b.m, 0, MIGRATE_HIGHATOMIC);
	/* Kept with the movable ones, but goes back as what it is. */
	give(0, 0);
	assert_int_equal(b.m->lru[pcp_of(0)->list_base + PF_MOVABLE].next, 0);
	assert_int_equal(get_pcppage_migratetype(b.m, 0), MIGRATE_HIGHATOMIC);
	assert_int_equal(get_pcppage_migratetype(b.m, 1), MIGRATE_MOVABLE);
	impl->drain(b.m, -1);
	assert_null(impl->self_check(b.m));
}

static void test_vmstat_diff(void **state)
{
	struct zone *zone;

	(void)state;
	laboratory_zone(1);
	zone = &b.m->zone[0];
	assert_int_equal(zone->vm_stat_free, 32768);
	/* 7 at once are more than 4. */
	take(0, PF_MOVABLE);
	assert_int_equal(zone->vm_stat_free, 32768 - 7);
	/* 6 come back one by one: 5 are told, 1 is not yet. */
	impl->drain(b.m, -1);
	assert_int_equal(zone->vm_stat_free, 32768 - 2);
	assert_int_equal(pcp_of(0)->free_diff, 1);
	assert_int_equal(nr_free_pages(0), 32767);
	assert_int_equal(lx_zone_page_state_snapshot(b.m, zone), 32767);
	lx_cpu_vm_stats_fold(b.m, 0);
	assert_int_equal(zone->vm_stat_free, 32767);
	assert_int_equal(pcp_of(0)->free_diff, 0);
}

static void test_watermark_safe(void **state)
{
	struct zone *zone;

	(void)state;
	laboratory_zone(1);
	zone = &b.m->zone[0];
	zone->vm_stat_free = 100;
	pcp_of(0)->free_diff = 3;
	assert_true(lx_zone_watermark_ok(b.m, zone, 0, 99, PF_ZONE_NORMAL, 0));
	assert_false(lx_zone_watermark_ok(b.m, zone, 0, 100, PF_ZONE_NORMAL, 0));
	assert_false(lx_zone_watermark_ok_safe(b.m, zone, 0, 100, PF_ZONE_NORMAL));
	zone->percpu_drift_mark = 101;
	assert_true(lx_zone_watermark_ok_safe(b.m, zone, 0, 102, PF_ZONE_NORMAL));
	assert_false(lx_zone_watermark_ok_safe(b.m, zone, 0, 103, PF_ZONE_NORMAL));
	/* A global part below zero counts as zero. */
	zone->vm_stat_free = -2;
	assert_int_equal(zone_page_state_free(zone), 0);
}

/* Half of each of 8 pageblocks is free, in one movable block of order 8. */
static void half_blocks(const struct pf_impl *which)
{
	one_zone(9, 10, 0, 4096);
	impl = which;
	boot();
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(take(8, PF_MOVABLE), i * 256);
	for (unsigned i = 0; i < 16; i += 2)
		give(i * 256, 8);
	b.m->zone[0]._watermark[WMARK_MIN] = 200;
	b.m->zone[0]._watermark[WMARK_LOW] = 300;
	b.m->zone[0]._watermark[WMARK_HIGH] = 400;
	b.nr_events = 0;
}

static void test_boost(void **state)
{
	pf_pfn pfn;

	half_blocks(&pf_impl_linux);
	assert_int_equal(b.m->zone[0].watermark_boost, 0);
	pfn = take(0, PF_UNMOVABLE);
	/* 256 free and 256 that can't be moved: the block is taken over. */
	assert_int_equal(impl->block_type(b.m, b.layout.base_pfn + pfn), PF_UNMOVABLE);
	assert_int_equal(b.m->zone[0].watermark_boost, 512);
	/* kswapd is told at once, although the node is balanced even so. */
	assert_int_equal(b.nr_events, 2);
	assert_int_equal(b.event[0].type, PF_EV_EXTFRAG);
	assert_int_equal(b.event[1].type, PF_EV_WAKEUP_KSWAPD);
	assert_int_equal(b.m->zone[0].flags, 0);
	/* One and a half of HIGH at most. */
	take(0, PF_RECLAIMABLE);
	assert_int_equal(b.m->zone[0].watermark_boost, 600);
	assert_int_equal(wmark_pages(&b.m->zone[0], WMARK_MIN), 800);
	teardown(state);

	half_blocks(&pf_impl_linux);
	assert_true(impl->tune(b.m, PF_WATERMARK_BOOST_FACTOR, 0));
	take(0, PF_UNMOVABLE);
	assert_int_equal(b.m->zone[0].watermark_boost, 0);
}

static void test_highatomic(void **state)
{
	struct pf_request req = {
		.order = 1, .mobility = PF_MOVABLE, .zone = PF_ZONE_NORMAL, .gfp = PF_GFP_HIGH};
	struct alloc_context ac = {.highest_zoneidx = PF_ZONE_NORMAL};
	struct zone *zone;
	pf_pfn pfn;

	(void)state;
	half_blocks(&pf_impl_linux);
	zone = &b.m->zone[0];
	for (unsigned i = 0; i < 7; i++)
		take(8, PF_MOVABLE);
	/* 256 pages are below LOW; the reduced MIN is 75. */
	assert_int_equal(nr_free_pages(0), 256);
	pfn = impl->alloc(b.m, &req);
	assert_int_not_equal(pfn, PF_NO_PFN);
	assert_int_equal(impl->block_type(b.m, pfn), PF_HIGHATOMIC);
	assert_int_equal(zone->nr_reserved_highatomic, 512);
	assert_null(impl->self_check(b.m));
	/* Not for others, whatever the marks say. */
	req.gfp = GFP_KERNEL;
	assert_int_equal(impl->alloc(b.m, &req), PF_NO_PFN);
	req.gfp = PF_GFP_HIGH;
	assert_int_not_equal(impl->alloc(b.m, &req), PF_NO_PFN);
	assert_int_equal(zone->nr_reserved_highatomic, 512);

	ac.zonelist = &b.m->node[0].node_zonelists[ZONELIST_FALLBACK];
	ac.migratetype = MIGRATE_UNMOVABLE;
	assert_false(lx_unreserve_highatomic_pageblock(b.m, &ac, false));
	assert_true(lx_unreserve_highatomic_pageblock(b.m, &ac, true));
	assert_int_equal(zone->nr_reserved_highatomic, 0);
	assert_int_equal(impl->block_type(b.m, pfn), PF_UNMOVABLE);
	assert_false(lx_unreserve_highatomic_pageblock(b.m, &ac, true));
	assert_null(impl->self_check(b.m));
}

static const struct pf_impl *variant(const char *name)
{
	static struct pf_linux_variant found[8];
	static unsigned next;
	struct pf_linux_variant *v = &found[next++ % 8];

	if (!pf_linux_variant(v, name, strlen(name)))
		fail_msg("no variant %s", name);
	return &v->impl;
}

/* Half pageblocks in NORMAL, whole ones in DMA32 below it. Where does the page come from? */
static pf_pfn take_beside_dma32(const struct pf_impl *which)
{
	struct pf_request req = {.zone = PF_ZONE_NORMAL, .gfp = GFP_KERNEL, .order = 8};
	pf_pfn base;

	one_zone(9, 10, 0, 8192);
	base = b.layout.base_pfn;
	b.layout.zone[0].type = PF_ZONE_DMA32;
	b.layout.zone[0].spanned = 4096;
	b.layout.zone[1] = (struct pf_zone_layout){
		.start_pfn = base + 4096, .spanned = 4096, .type = PF_ZONE_NORMAL};
	b.layout.nr_zones = 2;
	impl = which;
	boot();
	req.mobility = PF_MOVABLE;
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(impl->alloc(b.m, &req), base + 4096 + i * 256);
	for (unsigned i = 0; i < 16; i += 2)
		impl->free(b.m, base + 4096 + i * 256, 8, 0);
	req.order = 0;
	req.mobility = PF_UNMOVABLE;
	return impl->alloc(b.m, &req) - base;
}

static void test_nofragment(void **state)
{
	assert_in_range(take_beside_dma32(&pf_impl_linux), 0, 4095);
	teardown(state);
	assert_in_range(take_beside_dma32(variant("linux-nofrag")), 4096, 8191);
}

static void test_first_partial_block(void **state)
{
	(void)state;
	one_zone(9, 10, 5, 32768);
	impl = &pf_impl_linux;
	boot();
	assert_int_equal(get_pageblock_migratetype(b.m, 5), MIGRATE_UNMOVABLE);
	assert_int_equal(get_pageblock_migratetype(b.m, 512), MIGRATE_MOVABLE);
}

static void test_bulk(void **state)
{
	struct pf_request req = {.mobility = PF_MOVABLE, .zone = PF_ZONE_NORMAL, .gfp = GFP_KERNEL};
	pf_pfn pfn[100];

	(void)state;
	laboratory_zone(1);
	assert_int_equal(impl->alloc_bulk(b.m, &req, 10, pfn), 10);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(pfn[i], b.layout.base_pfn + i);
	assert_int_equal(cached(), 4);
	assert_int_equal(impl->stats(b.m)->pgalloc, 10);
	/* With so few left only the way of a single page is open. */
	b.m->zone[0].vm_stat_free = 350;
	assert_int_equal(impl->alloc_bulk(b.m, &req, 100, pfn), 1);
	b.m->zone[0].vm_stat_free = 403;
	assert_int_equal(impl->alloc_bulk(b.m, &req, 100, pfn), 100);
	assert_int_equal(impl->alloc_bulk(b.m, &req, 0, pfn), 0);
}

static pf_pfn take_exact(unsigned order, unsigned nr)
{
	struct pf_request req = {.order = (uint8_t)order,
				 .mobility = PF_MOVABLE,
				 .zone = PF_ZONE_NORMAL,
				 .gfp = GFP_KERNEL};
	pf_pfn pfn = impl->alloc_exact(b.m, &req, nr);

	return pfn == PF_NO_PFN ? PF_NO_PFN : pfn - b.layout.base_pfn;
}

static void test_exact(void **state)
{
	(void)state;
	laboratory_zone(1);
	b.m->wanted |= 1ull << PF_EV_PAGE_FREE;
	/* Blocks 0 and 8 of order 3 refill the per-cpu list; of the first, 5, 6 and 7 go back. */
	assert_int_equal(take_exact(3, 5), 0);
	assert_int_equal(cached(), 8);
	assert_int_equal(nr_free_pages(0), 32768 - 16 + 3);
	assert_int_equal(b.nr_events, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(b.event[i].field[0], b.layout.base_pfn + 5 + i);
		assert_int_equal(b.event[i].field[1], 0);
	}
	/* To the tails, though nothing says that 13 and 14 will merge soon. */
	assert_int_equal(take_exact(3, 5), 8);
	assert_int_equal(cached(), 0);
	expect_list(0, PF_MOVABLE, 5, 13);
	expect_list(1, PF_MOVABLE, 6, 14);
	expect_empty(2, PF_MOVABLE);
	expect_empty(3, PF_MOVABLE);
	/* 600 of block 1024: left are 8 pages from 1624, 32 from 1632, 128 and 256. */
	assert_int_equal(take_exact(10, 600), 1024);
	expect_list(3, PF_MOVABLE, 1624);
	expect_empty(4, PF_UNMOVABLE);
	expect_list(4, PF_MOVABLE, 16);
	expect_list(5, PF_MOVABLE, 32, 1632);
	expect_list(6, PF_MOVABLE, 64);
	expect_list(7, PF_MOVABLE, 128, 1664);
	expect_list(8, PF_MOVABLE, 256, 1792);
	expect_list(9, PF_MOVABLE, 512);
	/* A whole block leaves nothing over; what is above the largest order fails. */
	assert_int_equal(take_exact(5, 32), 32);
	expect_list(5, PF_MOVABLE, 1632);
	assert_int_equal(take_exact(11, 1025), PF_NO_PFN);
	assert_int_equal(impl->stats(b.m)->pgalloc - impl->stats(b.m)->pgfree, 5 + 5 + 600 + 32);
	/* Each page is a unit: it goes to the per-cpu list by itself. */
	give(1623, 0);
	assert_int_equal(cached(), 1);
	impl->drain(b.m, -1);
	expect_list(3, PF_MOVABLE, 1624);
	expect_list(0, PF_MOVABLE, 1623, 5, 13);
	assert_null(impl->self_check(b.m));
}

static void test_cpus(void **state)
{
	struct pf_request req = {
		.mobility = PF_MOVABLE, .zone = PF_ZONE_NORMAL, .gfp = GFP_KERNEL, .cpu = 1};
	pf_pfn pfn;

	(void)state;
	laboratory_zone(2);
	assert_int_equal(pcp_of(1)->high, 151);
	pfn = impl->alloc(b.m, &req);
	assert_int_equal(pcp_of(0)->count, 0);
	assert_int_equal(pcp_of(1)->count, 6);
	/* One cpu's pages do not help another. */
	impl->free(b.m, pfn, 0, 0);
	assert_int_equal(pcp_of(0)->count, 1);
	assert_int_equal(impl->alloc(b.m, &req), pfn + 1);
	impl->drain(b.m, 0);
	assert_int_equal(pcp_of(0)->count, 0);
	assert_int_equal(pcp_of(1)->count, 5);
	assert_false(impl->set_cpu(b.m, 0, false));
	assert_false(impl->set_cpu(b.m, 1, true));
	assert_true(impl->set_cpu(b.m, 1, false));
	assert_int_equal(cached(), 0);
	assert_int_equal(pcp_of(1)->free_diff, 0);
	assert_int_equal(pcp_of(0)->high, 302);
	assert_null(impl->self_check(b.m));
	assert_true(impl->set_cpu(b.m, 1, true));
	assert_int_equal(pcp_of(0)->high, 151);
}

static void test_isolate_free_page(void **state)
{
	struct zone *zone;

	(void)state;
	laboratory_zone(1);
	zone = &b.m->zone[0];
	zone->watermark_boost = 100000;
	/* 1024 pages above MIN, which may not be touched; the boost is no matter. */
	zone->vm_stat_free = 242 + 1024;
	assert_false(lx_isolate_free_page(b.m, 0, 10));
	zone->vm_stat_free++;
	lx_set_pageblock_migratetype(b.m, 0, MIGRATE_UNMOVABLE);
	assert_true(lx_isolate_free_page(b.m, 0, 10));
	assert_int_equal(zone->vm_stat_free, 243);
	assert_int_equal(get_pageblock_migratetype(b.m, 0), MIGRATE_MOVABLE);
	assert_int_equal(nr_free_pages(0), 32768 - 1024);
}

static void test_capture(void **state)
{
	(void)state;
	laboratory_zone(1);
	assert_int_equal(take(8, PF_UNMOVABLE), 0);
	assert_int_equal(take(8, PF_UNMOVABLE), 256);
	b.m->capc = (struct capture_control){
		.active = true, .order = 9, .migratetype = MIGRATE_UNMOVABLE, .page = LX_NONE};
	give(0, 8);
	assert_int_equal(b.m->capc.page, LX_NONE);
	/* Merged to the order that is waited for: it never gets to the free lists. */
	give(256, 8);
	assert_int_equal(b.m->capc.page, 0);
	assert_int_equal(nr_free_pages(0), 32768 - 512);
	assert_null(impl->self_check(b.m));
	assert_int_equal(impl->stats(b.m)->pgalloc - impl->stats(b.m)->pgfree, 512);
}

static void test_fragmentation_index(void **state)
{
	struct zone *zone;

	(void)state;
	laboratory_zone(1);
	zone = &b.m->zone[0];
	assert_int_equal(lx_fragmentation_index(b.m, zone, 9), -1000);
	memset(zone->count.nr_free, 0, sizeof(zone->count.nr_free));
	assert_int_equal(lx_fragmentation_index(b.m, zone, 2), 0);
	assert_int_equal(lx_extfrag_for_order(b.m, zone, 2), 0);
	zone->count.nr_free[0] = 4;
	/* 1000 - (1000 + 4 * 1000 / 4) / 4 */
	assert_int_equal(lx_fragmentation_index(b.m, zone, 2), 500);
	assert_int_equal(lx_extfrag_for_order(b.m, zone, 2), 100);
	zone->count.nr_free[3] = 1;
	assert_int_equal(lx_fragmentation_index(b.m, zone, 2), -1000);
	/* 4 of 12 pages. */
	assert_int_equal(lx_extfrag_for_order(b.m, zone, 2), 33);
}

static void test_retype(void **state)
{
	(void)state;
	one_zone(9, 10, 0, 4096);
	impl = &pf_impl_linux;
	boot();
	assert_int_equal(take(8, PF_MOVABLE), 0);
	set_pageblock_skip(b.m, 0);
	impl->retype(b.m, b.layout.base_pfn + 300, PF_RECLAIMABLE);
	expect_list(8, PF_RECLAIMABLE, 256);
	assert_int_equal(impl->block_type(b.m, b.layout.base_pfn), PF_RECLAIMABLE);
	assert_true(get_pageblock_skip(b.m, 0));
}

static void test_page_compound(void **state)
{
	struct pf_request req = {.order = 2, .zone = PF_ZONE_NORMAL, .gfp = PF_GFP_COMP};
	pf_pfn pfn;

	(void)state;
	laboratory_zone(1);
	pfn = impl->alloc(b.m, &req) - b.layout.base_pfn;
	assert_int_equal(b.m->page_flags[pfn] & PG_STATE_MASK, PG_HEAD);
	assert_null(impl->self_check(b.m));
	give(pfn, 2);
	req.gfp = 0;
	assert_int_equal(impl->alloc(b.m, &req) - b.layout.base_pfn, pfn);
	assert_int_equal(b.m->page_flags[pfn] & PG_STATE_MASK, 0);
}

/* ---------------------------------------------------------- random runs -- */

static uint64_t seed_from(uint64_t n)
{
	return n * 0x9e3779b97f4a7c15u + 1;
}

#define MAX_LIVE 512

struct live {
	unsigned nr;
	struct {
		pf_pfn pfn;
		uint8_t order;
	} slot[MAX_LIVE];
};

static void random_layout(void)
{
	unsigned max = rng(8), nodes = 1 + rng(3), zones = nodes * (1 + rng(2));
	pf_pfn base = (1 + rng(5)) << max, at = base + rng(1u << max);
	struct pf_layout *l = &b.layout;

	*l = (struct pf_layout){.base_pfn = base,
				.pageblock_order = (uint8_t)rng(max + 1),
				.max_order = (uint8_t)max,
				.nr_nodes = (uint8_t)nodes,
				.nr_cpus = 1,
				.nr_zones = (uint8_t)zones};
	for (unsigned i = 0; i < zones; i++) {
		uint32_t pages = 40 + rng(400), mark = rng(2) ? rng(20) : 0;

		l->zone[i] = (struct pf_zone_layout){
			.start_pfn = at,
			.spanned = pages,
			.node = (uint8_t)(i * nodes / zones),
			.type = (uint8_t)(i % (zones / nodes) ? PF_ZONE_MOVABLE : PF_ZONE_NORMAL),
			.wmark = {mark, mark + mark / 4, mark + mark / 2},
		};
		if (rng(2)) {
			uint32_t from = rng(pages - 20);

			l->range[l->nr_ranges++] =
				(struct pf_range){at + from, 1 + rng(19), rng(2)};
		}
		at += pages + (rng(3) ? 0 : rng(50));
	}
	l->end_pfn = at;
}

static unsigned zone_of(pf_pfn pfn)
{
	for (unsigned i = 0; i < b.layout.nr_zones; i++) {
		const struct pf_zone_layout *z = &b.layout.zone[i];

		if (pfn >= z->start_pfn && pfn < z->start_pfn + z->spanned)
			return i;
	}
	fail();
	return 0;
}

static bool in_range(pf_pfn pfn)
{
	for (unsigned i = 0; i < b.layout.nr_ranges; i++)
		if (pfn - b.layout.range[i].start_pfn < b.layout.range[i].nr_pages)
			return true;
	return false;
}

/* One operation of a random run; returns its answer, for comparison. */
static pf_pfn random_op(struct live *live)
{
	struct pf_request req;
	pf_pfn pfn;
	unsigned i;

	if (live->nr && (live->nr == MAX_LIVE || rng(100) < 48)) {
		i = rng(live->nr);
		pfn = live->slot[i].pfn;
		req.order = live->slot[i].order;
		stub_set_attrs(pfn - b.layout.base_pfn, 1u << req.order, 0);
		live->slot[i] = live->slot[--live->nr];
		if (rng(8)) {
			impl->free(b.m, pfn, req.order, 0);
			return pfn;
		}
		impl->split(b.m, pfn, req.order);
		for (pf_pfn p = pfn; p < pfn + (1u << req.order); p++)
			impl->free(b.m, p, 0, 0);
		return pfn;
	}
	req = (struct pf_request){.order = (uint8_t)(rng(3) ? 0 : rng(b.layout.max_order + 2u)),
				  .mobility = (uint8_t)rng(PF_NR_MOBILITY),
				  .node = (uint8_t)rng(b.layout.nr_nodes),
				  .zone = rng(2) ? PF_ZONE_MOVABLE : PF_ZONE_NORMAL,
				  .gfp = rng(2) ? GFP_KERNEL : PF_GFP_HIGH};
	if (!rng(8))
		req.gfp |= PF_GFP_MEMALLOC;
	if (!rng(8))
		req.gfp |= PF_GFP_THISNODE;
	if (rng(16)) {
		pfn = impl->alloc(b.m, &req);
	} else {
		pfn = b.layout.base_pfn + rng(pf_layout_pages(&b.layout));
		if (!impl->claim(b.m, pfn, req.order, req.mobility))
			pfn = PF_NO_PFN;
	}
	if (pfn == PF_NO_PFN)
		return pfn;
	assert_true(req.order <= b.layout.max_order);
	assert_int_equal(pfn & ((1u << req.order) - 1), 0);
	assert_int_equal(zone_of(pfn), zone_of(pfn + (1u << req.order) - 1));
	for (pf_pfn p = pfn; p < pfn + (1u << req.order); p++) {
		uint16_t *attr = &b.attrs[p - b.layout.base_pfn];

		assert_false(in_range(p));
		assert_int_equal(*attr, 0);
		*attr = PF_PAGE_LIVE | (req.mobility == PF_MOVABLE ? PF_PAGE_MOVABLE : 0);
	}
	live->slot[live->nr].pfn = pfn;
	live->slot[live->nr++].order = req.order;
	return pfn;
}

/* Free pages as the lists have them against those not live. */
static void audit_fn(void *arg, const struct pf_block *block)
{
	uint32_t *free_pages = arg;

	for (pf_pfn p = block->pfn; p < block->pfn + (1u << block->order); p++) {
		assert_false(in_range(p));
		assert_int_equal(b.attrs[p - b.layout.base_pfn], 0);
	}
	free_pages[zone_of(block->pfn)] += 1u << block->order;
}

static void audit(void)
{
	uint32_t free_pages[PF_MAX_ZONES] = {0}, live[PF_MAX_ZONES] = {0};
	const char *err = impl->self_check(b.m);

	if (err)
		print_error("%s\n", err);
	assert_null(err);
	impl->census(b.m, audit_fn, free_pages);
	for (pf_pfn p = b.layout.base_pfn; p < b.layout.end_pfn; p++)
		if (b.attrs[p - b.layout.base_pfn])
			live[zone_of(p)]++;
	for (unsigned i = 0; i < b.layout.nr_zones; i++) {
		const struct pf_zone_counters *c = impl->counters(b.m, i);

		assert_int_equal(c->free, free_pages[i]);
		assert_int_equal(c->managed, free_pages[i] + live[i]);
		assert_int_equal(c->cached + c->isolated, 0);
	}
}

static void test_stress(void **state)
{
	for (unsigned round = 0; round < 100; round++) {
		struct pf_zone_counters pristine[PF_MAX_ZONES];
		struct live live = {0};

		rng_state = seed_from(round);
		random_layout();
		boot();
		for (unsigned i = 0; i < b.layout.nr_zones; i++)
			pristine[i] = *impl->counters(b.m, i);
		for (unsigned op = 0; op < 2000; op++) {
			random_op(&live);
			if (op % 50 == 0)
				audit();
		}
		while (live.nr) {
			live.nr--;
			stub_set_attrs(live.slot[live.nr].pfn - b.layout.base_pfn,
				       1u << live.slot[live.nr].order, 0);
			impl->free(b.m, live.slot[live.nr].pfn, live.slot[live.nr].order, 0);
		}
		audit();
		for (unsigned i = 0; i < b.layout.nr_zones; i++)
			assert_memory_equal(impl->counters(b.m, i), &pristine[i],
					    sizeof(pristine[i]));
		assert_int_equal(impl->stats(b.m)->pgalloc, impl->stats(b.m)->pgfree);
		teardown(state);
	}
}

static void test_snapshot(void **state)
{
	for (unsigned round = 0; round < 20; round++) {
		struct live live = {0}, live_then;
		pf_pfn answer[500];
		uint16_t *attrs_then;
		size_t attrs_size;
		uint64_t rng_then;
		void *then, *after;

		rng_state = seed_from(1000 + round);
		random_layout();
		boot();
		for (unsigned op = 0; op < 300; op++)
			random_op(&live);
		attrs_size = pf_layout_pages(&b.layout) * sizeof(*b.attrs);
		then = malloc(b.size);
		after = malloc(b.size);
		attrs_then = malloc(attrs_size);
		assert_true(then && after && attrs_then);
		memcpy(then, b.m, b.size);
		memcpy(attrs_then, b.attrs, attrs_size);
		live_then = live;
		rng_then = rng_state;
		for (unsigned op = 0; op < 500; op++)
			answer[op] = random_op(&live);
		memcpy(after, b.m, b.size);

		memcpy(b.m, then, b.size);
		memcpy(b.attrs, attrs_then, attrs_size);
		live = live_then;
		rng_state = rng_then;
		for (unsigned op = 0; op < 500; op++)
			assert_int_equal(random_op(&live), answer[op]);
		assert_memory_equal(after, b.m, b.size);
		free(then);
		free(after);
		free(attrs_then);
		teardown(state);
	}
}

static struct pf_dump dump_now, dump_then;

static void take_dump(struct pf_dump *d, void *state)
{
	static uint32_t word[2][1 << 16];

	d->word = word[d == &dump_now];
	d->room = 1 << 16;
	impl->dump(state, d);
	assert_in_range(d->nr_words, 1, d->room);
}

/* A machine that loads the dump of another has the same state. */
static void expect_round_trip(void)
{
	void *other = aligned_alloc(64, (b.size + 63) / 64 * 64);

	assert_non_null(other);
	memset(&dump_then, 0, sizeof(dump_then));
	memset(&dump_now, 0, sizeof(dump_now));
	take_dump(&dump_then, b.m);
	impl->init(impl->self, other, &b.layout, &b.world);
	assert_true(impl->load(other, &dump_then));
	take_dump(&dump_now, other);
	assert_int_equal(dump_now.nr_words, dump_then.nr_words);
	assert_memory_equal(dump_now.word, dump_then.word, dump_now.nr_words * 4);
	assert_memory_equal(dump_now.zone, dump_then.zone, sizeof(dump_now.zone));
	assert_memory_equal(dump_now.total, dump_then.total, sizeof(dump_now.total));
	for (unsigned z = 0; z < b.layout.nr_zones; z++) {
		const struct pf_zone_counters *c = impl->counters(other, z);

		assert_int_equal(c->managed, c->free + c->cached + c->isolated);
		assert_int_equal(c->free, impl->counters(b.m, z)->free);
	}
	/* What makes no sense is refused. */
	dump_then.zone[0].field[PF_DUMP_FREE]++;
	impl->init(impl->self, other, &b.layout, &b.world);
	assert_false(impl->load(other, &dump_then));
	dump_then.zone[0].field[PF_DUMP_FREE]--;
	dump_then.nr_cpus++;
	impl->init(impl->self, other, &b.layout, &b.world);
	assert_false(impl->load(other, &dump_then));
	free(other);
}

static void random_run(const struct pf_impl *which, unsigned round)
{
	static const uint32_t gfps[] = {GFP_KERNEL & ~PF_GFP_IO,
					PF_GFP_KSWAPD_RECLAIM,
					PF_GFP_KSWAPD_RECLAIM | PF_GFP_HIGH | PF_GFP_ATOMIC,
					PF_GFP_HIGH | PF_GFP_COMP,
					PF_GFP_MEMALLOC,
					0};
	static struct live live;
	uint32_t unused = 0, managed = 0;

	live.nr = 0;
	rng_state = seed_from(round);
	random_layout();
	b.layout.nr_cpus = (uint8_t)(1 + rng(4));
	impl = which;
	boot();
	for (unsigned op = 0; op < 1500; op++) {
		struct pf_request req = {.order = (uint8_t)(rng(3) ? rng(2) : rng(8)),
					 .mobility = (uint8_t)rng(3),
					 .cpu = (uint8_t)rng(b.layout.nr_cpus),
					 .node = (uint8_t)rng(b.layout.nr_nodes),
					 .zone = (uint8_t)rng(PF_NR_ZONE_TYPES),
					 .gfp = gfps[rng(6)]};
		unsigned what = rng(100);

		if (what == 0)
			impl->retype(b.m,
				     b.layout.zone[0].start_pfn + rng(b.layout.zone[0].spanned),
				     rng(3));
		else if (what == 1 && impl->drain)
			impl->drain(b.m, (int)rng(b.layout.nr_cpus + 1u) - 1);
		else if (what == 2)
			impl->set_cpu(b.m, rng(b.layout.nr_cpus), rng(2));
		else if (what < 55 && live.nr < MAX_LIVE) {
			pf_pfn pfn = impl->alloc(b.m, &req);

			if (pfn != PF_NO_PFN) {
				live.slot[live.nr].pfn = pfn;
				live.slot[live.nr++].order = req.order;
			}
		} else if (live.nr) {
			unsigned i = rng(live.nr);

			impl->free(b.m, live.slot[i].pfn, live.slot[i].order, req.cpu);
			live.slot[i] = live.slot[--live.nr];
		}
		if (op % 50 == 0)
			assert_null(impl->self_check(b.m));
	}
	expect_round_trip();
	while (live.nr--)
		impl->free(b.m, live.slot[live.nr].pfn, live.slot[live.nr].order, 0);
	for (unsigned z = 0; z < b.layout.nr_zones; z++) {
		unused += impl->counters(b.m, z)->free + impl->counters(b.m, z)->cached;
		managed += impl->counters(b.m, z)->managed;
	}
	assert_int_equal(unused, managed);
	assert_int_equal(impl->stats(b.m)->pgalloc, impl->stats(b.m)->pgfree);
	assert_null(impl->self_check(b.m));
}

/* Names of parts that are there, in any order, and nothing else. */
static void test_variant_names(void **state)
{
	static const char *const bad[] = {
		"linux",	"linux-",	"linux-x",
		"linux-nopcpx", "linux-nopcp-", "linux--nopcp",
		"linux_nopcp",	"buddy-nopcp",	"",
	};

	struct pf_linux_variant v;

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(pf_linux_variant(&v, bad[i], strlen(bad[i])));
	assert_string_equal(variant("linux-nogroup-noboost")->summary,
			    "linux without grouping of pages by mobility, watermark boosts");
	assert_int_equal(variant("linux-nogroup-noboost")->tier, PF_TIER_SPEC);
}

static void test_variants(void **state)
{
	static const char *const names[] = {"linux-nopcp",  "linux-nofrag",  "linux-noboost",
					    "linux-nohigh", "linux-nogroup", "linux-nocompact"};

	for (unsigned round = 0; round < 60; round++) {
		random_run(&pf_impl_linux, round);
		teardown(state);
		for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			random_run(variant(names[i]), round);
			teardown(state);
		}
		random_run(&pf_impl_linux_plain, round);
		teardown(state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_initial_lists, teardown),
		cmocka_unit_test_teardown(test_holes_and_unaligned_ends, teardown),
		cmocka_unit_test_teardown(test_split_and_merge_order, teardown),
		cmocka_unit_test_teardown(test_smallest_newest_first, teardown),
		cmocka_unit_test_teardown(test_tail_placement, teardown),
		cmocka_unit_test_teardown(test_tail_placement_across_zones, teardown),
		cmocka_unit_test_teardown(test_unaligned_last_page, teardown),
		cmocka_unit_test_teardown(test_steal_large_block, teardown),
		cmocka_unit_test_teardown(test_half_block_rule, teardown),
		cmocka_unit_test_teardown(test_half_block_alike_pages, teardown),
		cmocka_unit_test_teardown(test_half_block_cached_pages, teardown),
		cmocka_unit_test_teardown(test_small_steals, teardown),
		cmocka_unit_test_teardown(test_smallest_first, teardown),
		cmocka_unit_test_teardown(test_steal_at_zone_ends, teardown),
		cmocka_unit_test_teardown(test_no_merge_across_types, teardown),
		cmocka_unit_test_teardown(test_watermarks, teardown),
		cmocka_unit_test_teardown(test_watermark_high_order, teardown),
		cmocka_unit_test_teardown(test_zone_walk, teardown),
		cmocka_unit_test_teardown(test_max_order, teardown),
		cmocka_unit_test_teardown(test_claim, teardown),
		cmocka_unit_test_teardown(test_self_check_fires, teardown),
		cmocka_unit_test_teardown(test_stress, teardown),
		cmocka_unit_test_teardown(test_snapshot, teardown),
		cmocka_unit_test_teardown(test_pcp_sizes, teardown),
		cmocka_unit_test_teardown(test_tune, teardown),
		cmocka_unit_test_teardown(test_lowmem_reserve, teardown),
		cmocka_unit_test_teardown(test_pcp_refill, teardown),
		cmocka_unit_test_teardown(test_pcp_free_factor, teardown),
		cmocka_unit_test_teardown(test_pcp_round_robin, teardown),
		cmocka_unit_test_teardown(test_pcp_of_highatomic, teardown),
		cmocka_unit_test_teardown(test_vmstat_diff, teardown),
		cmocka_unit_test_teardown(test_watermark_safe, teardown),
		cmocka_unit_test_teardown(test_boost, teardown),
		cmocka_unit_test_teardown(test_highatomic, teardown),
		cmocka_unit_test_teardown(test_nofragment, teardown),
		cmocka_unit_test_teardown(test_first_partial_block, teardown),
		cmocka_unit_test_teardown(test_bulk, teardown),
		cmocka_unit_test_teardown(test_exact, teardown),
		cmocka_unit_test_teardown(test_cpus, teardown),
		cmocka_unit_test_teardown(test_isolate_free_page, teardown),
		cmocka_unit_test_teardown(test_capture, teardown),
		cmocka_unit_test_teardown(test_fragmentation_index, teardown),
		cmocka_unit_test_teardown(test_retype, teardown),
		cmocka_unit_test_teardown(test_page_compound, teardown),
		cmocka_unit_test(test_variant_names),
		cmocka_unit_test_teardown(test_variants, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
