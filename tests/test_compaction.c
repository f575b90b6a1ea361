// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_compaction.c - facts about compaction and migration in the port of Linux
 * 6.1 (impls/linux): scores, limits, back-off, and small scenes whose moves and
 * counters were worked out by hand from the kernel's source.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>

#include "impls/linux/compaction.h"
#include "impls/linux/linux.h"
#include "impls/linux/migrate.h"

static const struct pf_impl *const impl = &pf_impl_linux;

#define MAX_MOVES 1024

struct move {
	pf_pfn src, dst;
};

/* A world of single pages that remembers what it was asked and told. */
static struct bench {
	struct pf_world world;
	struct pf_layout layout;
	struct machine *m; /* the state */
	uint8_t *attrs;
	/* Pages that refuse. */
	pf_pfn again, busy;
	unsigned nr_moves; /* asked for, refused ones too */
	struct move move[MAX_MOVES];
	unsigned nr_events[PF_NR_EVENTS];
	struct pf_event last[PF_NR_EVENTS];
} b;

static enum pf_migrate_result world_migrate(struct pf_world *w, pf_pfn src, pf_pfn dst,
					    enum pf_mode mode)
{
	(void)w;
	(void)mode;
	src -= b.layout.base_pfn;
	dst -= b.layout.base_pfn;
	assert_true(b.attrs[src] & PF_PAGE_LIVE);
	assert_false(b.attrs[dst] & PF_PAGE_LIVE);
	assert_true(b.nr_moves < MAX_MOVES);
	b.move[b.nr_moves++] = (struct move){src, dst};
	if (src == b.again)
		return PF_MIGRATE_AGAIN;
	if (src == b.busy)
		return PF_MIGRATE_BUSY;
	b.attrs[dst] = b.attrs[src];
	b.attrs[src] = 0;
	return PF_MIGRATED;
}

static unsigned world_attrs(struct pf_world *w, pf_pfn pfn)
{
	(void)w;
	assert_in_range(pfn, b.layout.base_pfn, b.layout.end_pfn - 1);
	return b.attrs[pfn - b.layout.base_pfn];
}

static unsigned world_unit_order(struct pf_world *w, pf_pfn pfn)
{
	(void)w;
	(void)pfn;
	return 0;
}

static bool world_hindered(struct pf_world *w, enum pf_inject what)
{
	(void)w;
	(void)what;
	return false;
}

static void world_spent(struct pf_world *w, unsigned units)
{
	(void)w;
	(void)units;
}

static void world_event(struct pf_world *w, const struct pf_event *ev)
{
	(void)w;
	b.nr_events[ev->type]++;
	b.last[ev->type] = *ev;
}

static struct zone *zone0(void)
{
	return &b.m->zone[0];
}

static uint64_t total(enum pf_total_field field)
{
	return b.m->total[field];
}

/* One node, one zone NORMAL, no marks; counters are never late, per-cpu lists never full. */
static void boot(unsigned pageblock_order, unsigned max_order, uint32_t pages)
{
	pf_pfn base = 4u << max_order;
	size_t size;

	b.layout = (struct pf_layout){
		.base_pfn = base,
		.end_pfn = base + pages,
		.pageblock_order = (uint8_t)pageblock_order,
		.max_order = (uint8_t)max_order,
		.nr_nodes = 1,
		.nr_cpus = 1,
		.nr_zones = 1,
		.zone[0] = {.start_pfn = base, .spanned = pages, .type = PF_ZONE_NORMAL},
	};
	b.world = (struct pf_world){
		.wanted = UINT64_MAX,
		.migrate = world_migrate,
		.attrs = world_attrs,
		.unit_order = world_unit_order,
		.hindered = world_hindered,
		.spent = world_spent,
		.event = world_event,
	};
	b.again = b.busy = PF_NO_PFN;
	size = impl->footprint(&b.layout);
	b.m = aligned_alloc(64, (size + 63) / 64 * 64);
	assert_non_null(b.m);
	memset(b.m, 0x01, size);
	b.attrs = calloc(pages, 1);
	assert_non_null(b.attrs);
	impl->init(b.m, &b.layout, &b.world);

	memset(zone0()->_watermark, 0, sizeof(zone0()->_watermark));
	memset(zone0()->count.lowmem_reserve, 0, sizeof(zone0()->count.lowmem_reserve));
	zone0()->watermark_boost = 0;
	zone0()->pcp[0].high = 1000;
	zone0()->pcp[0].batch = 31;
	zone0()->pcp[0].stat_threshold = 0;
	zone0()->vm_stat_free += zone0()->pcp[0].free_diff;
	zone0()->pcp[0].free_diff = 0;
	b.m->page_group_by_mobility_disabled = false;
	for (uint32_t p = 0; p < pages; p += 1u << pageblock_order)
		lx_set_pageblock_migratetype(b.m, p, MIGRATE_MOVABLE);
}

static int teardown(void **state)
{
	(void)state;
	free(b.m);
	free(b.attrs);
	memset(&b, 0, sizeof(b));
	return 0;
}

/* All pages are single ones that can be moved. */
static void take_all(void)
{
	for (u32 pfn = 0; pfn < b.m->nr_pages; pfn++)
		assert_true(lx_take_page_off_buddy(b.m, pfn, 0));
	memset(b.attrs, PF_PAGE_LIVE | PF_PAGE_MOVABLE, b.m->nr_pages);
}

/* Past the per-cpu list. */
static void give(u32 pfn)
{
	b.attrs[pfn] = 0;
	lx_free_pages_ok(b.m, pfn, 0, FPI_NONE);
}

static void expect_moves(unsigned nr, const struct move *move)
{
	for (unsigned i = 0; i < nr && i < b.nr_moves; i++) {
		if (move[i].src != b.move[i].src || move[i].dst != b.move[i].dst)
			print_error("move %u is %u to %u\n", i, b.move[i].src, b.move[i].dst);
		assert_int_equal(move[i].src, b.move[i].src);
		assert_int_equal(move[i].dst, b.move[i].dst);
	}
	assert_int_equal(b.nr_moves, nr);
}

static enum pf_compact_result try_to_compact(unsigned order, unsigned mobility, unsigned prio,
					     u32 *capture)
{
	const struct zonelist *list = &b.m->node[0].node_zonelists[ZONELIST_NOFALLBACK];
	struct alloc_context ac = {
		.zonelist = list,
		.preferred_zoneref = list->ref,
		.migratetype = mobility,
		.highest_zoneidx = PF_ZONE_NORMAL,
	};

	return lx_try_to_compact_pages(b.m, PF_GFP_DIRECT_RECLAIM | PF_GFP_IO | PF_GFP_FS, order,
				       ALLOC_WMARK_MIN, &ac, prio, capture);
}

/* --------------------------------------------------------------- formulas -- */

static void test_proactive_marks(void **state)
{
	static const struct {
		unsigned proactiveness, low, high;
	} rows[] = {{0, 100, 100}, {1, 99, 100}, {20, 80, 90},
		    {94, 6, 16},   {95, 5, 15},	 {100, 5, 15}};

	(void)state;
	boot(3, 5, 64);
	assert_int_equal(b.m->compaction_proactiveness, 20);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		b.m->compaction_proactiveness = rows[i].proactiveness;
		assert_int_equal(lx_fragmentation_score_wmark(b.m, true), rows[i].low);
		assert_int_equal(lx_fragmentation_score_wmark(b.m, false), rows[i].high);
	}
}

static void test_scores(void **state)
{
	(void)state;
	boot(3, 5, 64);
	/* Nothing is in a block below the pageblock order. */
	assert_int_equal(lx_fragmentation_score_zone(b.m, zone0()), 0);
	take_all();
	assert_int_equal(lx_fragmentation_score_zone(b.m, zone0()), 0);
	give(1);
	assert_int_equal(lx_fragmentation_score_zone(b.m, zone0()), 100);
	for (u32 pfn = 8; pfn < 16; pfn++)
		give(pfn);
	/* 1 of 9 pages; the node's score is scaled by 64 / 65. */
	assert_int_equal(lx_fragmentation_score_zone(b.m, zone0()), 11);
	assert_int_equal(lx_fragmentation_score_node(b.m, 0), 11 * 64 / 65);
}

static void test_back_off(void **state)
{
	unsigned deferred;

	(void)state;
	boot(3, 5, 64);
	assert_false(lx_compaction_deferred(b.m, zone0(), 2));
	assert_false(lx_compaction_restarting(zone0(), 2));
	zone0()->compact_order_failed = 4;
	for (unsigned failures = 1; failures <= 8; failures++) {
		unsigned limit = 1u << (failures < 6 ? failures : 6);

		lx_defer_compaction(b.m, zone0(), 2);
		assert_int_equal(zone0()->compact_order_failed, 2);
		assert_false(lx_compaction_deferred(b.m, zone0(), 1));
		for (deferred = 0; lx_compaction_deferred(b.m, zone0(), 2); deferred++)
			;
		assert_int_equal(deferred, limit - 1);
		assert_int_equal(lx_compaction_restarting(zone0(), 2), failures >= 6);
		assert_false(lx_compaction_restarting(zone0(), 1));
	}
	assert_int_equal(b.nr_events[PF_EV_COMPACT_DEFER], 8);

	lx_compaction_defer_reset(b.m, zone0(), 3, false);
	assert_int_equal(zone0()->compact_order_failed, 4);
	assert_int_equal(zone0()->compact_defer_shift, 6);
	lx_compaction_defer_reset(b.m, zone0(), 2, true);
	assert_int_equal(zone0()->compact_order_failed, 4);
	assert_int_equal(zone0()->compact_defer_shift, 0);
	assert_int_equal(zone0()->compact_considered, 0);

	b.m->off.no_deferral = true;
	lx_defer_compaction(b.m, zone0(), 4);
	assert_int_equal(zone0()->compact_defer_shift, 0);
}

static enum compact_result suitable(int order, int64_t free)
{
	enum compact_result ret;

	zone0()->vm_stat_free = free;
	ret = lx_compaction_suitable(b.m, zone0(), order, ALLOC_WMARK_MIN, PF_ZONE_NORMAL);
	assert_int_equal(b.last[PF_EV_COMPACT_SUITABLE].field[2], order);
	return ret;
}

static void test_suitable(void **state)
{
	(void)state;
	boot(3, 5, 128);
	zone0()->_watermark[WMARK_MIN] = 10;
	zone0()->_watermark[WMARK_LOW] = 20;
	assert_int_equal(suitable(-1, 0), COMPACT_CONTINUE);
	assert_int_equal(suitable(2, 128), COMPACT_SUCCESS);
	take_all();
	for (u32 pfn = 0; pfn < 128; pfn += 2)
		give(pfn);

	/* MIN and twice the block. */
	assert_int_equal(suitable(1, 14), COMPACT_SKIPPED);
	assert_int_equal(suitable(1, 15), COMPACT_CONTINUE);
	zone0()->watermark_boost = 5;
	assert_int_equal(suitable(1, 19), COMPACT_SKIPPED);
	assert_int_equal(suitable(1, 20), COMPACT_CONTINUE);
	zone0()->watermark_boost = 0;
	zone0()->count.lowmem_reserve[PF_ZONE_NORMAL] = 3;
	assert_int_equal(suitable(1, 17), COMPACT_SKIPPED);
	assert_int_equal(suitable(1, 18), COMPACT_CONTINUE);
	zone0()->count.lowmem_reserve[PF_ZONE_NORMAL] = 0;

	/* A costly order asks for LOW; 64 pages in 64 blocks: 1000 - (1000 + 4000) / 64 = 922. */
	assert_int_equal(suitable(4, 52), COMPACT_SKIPPED);
	assert_int_equal(suitable(4, 53), COMPACT_CONTINUE);
	b.m->extfrag_threshold = 921;
	assert_int_equal(suitable(4, 53), COMPACT_CONTINUE);
	b.m->extfrag_threshold = 922;
	assert_int_equal(suitable(4, 53), COMPACT_SKIPPED);
	assert_int_equal(b.last[PF_EV_COMPACT_SUITABLE].field[3], COMPACT_NOT_SUITABLE_ZONE);
	/* Which others don't care for. */
	assert_int_equal(suitable(3, 53), COMPACT_CONTINUE);
}

/* What is free counts once as such and once, divided by the order, as reclaimable. */
static void test_zonelist_suitable(void **state)
{
	const struct zonelist *list;
	struct alloc_context ac = {.highest_zoneidx = PF_ZONE_NORMAL};

	(void)state;
	boot(3, 5, 64);
	list = &b.m->node[0].node_zonelists[ZONELIST_FALLBACK];
	ac.zonelist = list;
	ac.preferred_zoneref = list->ref;
	take_all();
	for (u32 pfn = 0; pfn < 20; pfn += 2)
		give(pfn);
	/* 10 / 2 + 10 pages, and a gap of 8. */
	zone0()->_watermark[WMARK_MIN] = 6;
	assert_true(lx_compaction_zonelist_suitable(b.m, &ac, 2, ALLOC_WMARK_MIN));
	zone0()->_watermark[WMARK_MIN] = 7;
	assert_false(lx_compaction_zonelist_suitable(b.m, &ac, 2, ALLOC_WMARK_MIN));
}

static void test_results_have_the_kernels_numbers(void **state)
{
	(void)state;
	assert_int_equal(lx_compact_result(PF_COMPACT_SKIPPED), 1);
	assert_int_equal(lx_compact_result(PF_COMPACT_DEFERRED), 2);
	assert_int_equal(lx_compact_result(PF_COMPACT_COMPLETE), 5);
	assert_int_equal(lx_compact_result(PF_COMPACT_PARTIAL_SKIPPED), 6);
	assert_int_equal(lx_compact_result(PF_COMPACT_CONTENDED), 7);
	assert_int_equal(lx_compact_result(PF_COMPACT_SUCCESS), 8);
}

/* -------------------------------------------------------------- migration -- */

static u32 next_target;

static u32 target_alloc(struct machine *m, u32 src, void *private)
{
	(void)m;
	(void)src;
	return next_target < *(u32 *)private ? next_target++ : LX_NONE;
}

static void target_free(struct machine *m, u32 dst, void *private)
{
	(void)m;
	(void)private;
	assert_int_equal(dst, next_target - 1);
	next_target--;
}

/* Pages 0 to nr - 1 on a list, targets from `first` to `end`. */
static int migrate(u32 nr, u32 first, u32 end, u32 *list, unsigned *moved)
{
	*list = init_scratch_list(b.m, SCRATCH_MIGRATEPAGES);
	for (u32 pfn = 0; pfn < nr; pfn++)
		list_add_tail(b.m->lru, pfn, *list);
	for (u32 pfn = first; pfn < end; pfn++)
		b.attrs[pfn] = 0;
	next_target = first;
	return lx_migrate_pages(b.m, *list, target_alloc, target_free, &end, MIGRATE_SYNC,
				MR_COMPACTION, moved);
}

static void test_migrate_retries(void **state)
{
	unsigned moved, asked = 0;
	u32 list;

	(void)state;
	boot(3, 5, 64);
	take_all();
	b.again = 1;
	b.busy = 2;
	assert_int_equal(migrate(4, 32, 40, &list, &moved), 2);
	/* Nobody gets the target of who did not move but who comes next. */
	expect_moves(13, (struct move[]){{0, 32},
					 {1, 33},
					 {2, 33},
					 {3, 33},
					 {1, 34},
					 {1, 34},
					 {1, 34},
					 {1, 34},
					 {1, 34},
					 {1, 34},
					 {1, 34},
					 {1, 34},
					 {1, 34}});
	for (unsigned i = 0; i < b.nr_moves; i++)
		asked += b.move[i].src == 1;
	assert_int_equal(asked, 10);
	assert_int_equal(moved, 2);
	/* Who failed for good comes first. */
	assert_int_equal(b.m->lru[list].next, 2);
	assert_int_equal(b.m->lru[2].next, 1);
	assert_int_equal(b.m->lru[1].next, list);
	assert_int_equal(total(PF_DUMP_PGMIGRATE_SUCCESS), 2);
	assert_int_equal(total(PF_DUMP_PGMIGRATE_FAIL), 2);
	assert_int_equal(b.last[PF_EV_MIGRATE_PAGES].field[0], 2);
	assert_int_equal(b.last[PF_EV_MIGRATE_PAGES].field[1], 2);
	assert_int_equal(b.last[PF_EV_MIGRATE_PAGES].field[2], MIGRATE_SYNC);
}

/* Those that were not tried count as neither moved nor failed. */
static void test_migrate_without_targets(void **state)
{
	unsigned moved;
	u32 list;

	(void)state;
	boot(3, 5, 64);
	take_all();
	b.again = 0;
	assert_int_equal(migrate(6, 32, 34, &list, &moved), -ENOMEM);
	expect_moves(3, (struct move[]){{0, 32}, {1, 32}, {2, 33}});
	assert_int_equal(moved, 2);
	assert_int_equal(total(PF_DUMP_PGMIGRATE_FAIL), 2); /* page 3, and 0 that was to come */
	assert_int_equal(b.m->lru[list].next, 0);
	assert_int_equal(b.m->lru[0].next, 3);
	assert_int_equal(b.m->lru[list].prev, 5);
}

/* A batch is finished, retries included, before the next one begins. */
static void test_migrate_batches(void **state)
{
	unsigned moved;
	u32 list;

	(void)state;
	boot(10, 11, 2048);
	take_all();
	b.again = 511;
	assert_int_equal(migrate(600, 1024, 2000, &list, &moved), 1);
	assert_int_equal(moved, 599);
	assert_int_equal(b.nr_moves, 599 + 10);
	assert_int_equal(b.move[520].src, 511);
	assert_int_equal(b.move[521].src, 512);
	assert_int_equal(b.m->lru[list].next, 511);
	assert_int_equal(b.m->lru[511].next, list);
}

/* ----------------------------------------------------------------- scenes -- */

/*
 * Free are the even pages of 48..63 and page 40. The first pageblock empties
 * into them, last page first, into the last page taken first. Page 40 stays
 * free: a zone's last page is never taken.
 */
static void test_whole_node(void **state)
{
	struct pf_compact_request req = {.order = -1, .mode = PF_MODE_SYNC};
	u32 base;

	(void)state;
	boot(3, 5, 64);
	base = b.m->base_pfn;
	take_all();
	give(40);
	for (u32 pfn = 48; pfn < 64; pfn += 2)
		give(pfn);
	assert_int_equal(lx_compact(b.m, &req), PF_COMPACT_COMPLETE);
	expect_moves(
		8, (struct move[]){
			   {7, 54}, {6, 52}, {5, 50}, {4, 48}, {3, 62}, {2, 60}, {1, 58}, {0, 56}});
	assert_int_equal(total(PF_DUMP_PGMIGRATE_SUCCESS), 8);
	assert_int_equal(total(PF_DUMP_PGMIGRATE_FAIL), 1);
	assert_int_equal(total(PF_DUMP_COMPACT_MIGRATE_SCANNED), 16);
	assert_int_equal(total(PF_DUMP_COMPACT_FREE_SCANNED), 8 + 7 + 1 + 1);
	assert_int_equal(total(PF_DUMP_COMPACT_ISOLATED), 8 + 8 + 8);
	assert_int_equal(impl->stats(b.m)->compact_free_scanned, 17);
	/* No targets although the scanners are apart. */
	assert_int_equal(b.last[PF_EV_COMPACT_END].field[5], COMPACT_CONTENDED);
	assert_int_equal(b.last[PF_EV_COMPACT_END].field[1], base + 16);
	assert_int_equal(b.last[PF_EV_COMPACT_END].field[2], base + 40);
	assert_int_equal(b.last[PF_EV_COMPACT_MIGRATEPAGES].field[0], 0);
	assert_int_equal(b.last[PF_EV_COMPACT_MIGRATEPAGES].field[1], 8);
	/* These two were scanned to their ends. */
	for (u32 pfn = 0; pfn < 64; pfn += 8)
		assert_int_equal(get_pageblock_skip(b.m, pfn), pfn >= 48);
	/* The sources are cached; drained, they are one block. */
	assert_int_equal(zone0()->count.cached, 8);
	impl->drain(b.m, -1);
	assert_int_equal(zone0()->count.nr_free[3], 1);
	assert_null(impl->self_check(b.m));
}

/* Every other page of the upper half is free, nothing of the lower one. */
static void half_full(void)
{
	boot(3, 5, 128);
	take_all();
	for (u32 pfn = 64; pfn < 128; pfn += 2)
		give(pfn);
}

/* The first block that is formed goes to whom compaction is for. */
static void test_capture(void **state)
{
	u32 capture;

	(void)state;
	half_full();
	assert_int_equal(try_to_compact(3, MIGRATE_MOVABLE, COMPACT_PRIO_SYNC_LIGHT, &capture),
			 PF_COMPACT_SUCCESS);
	assert_int_equal(capture, 0);
	assert_int_equal(b.nr_moves, 8);
	for (u32 pfn = 0; pfn < 8; pfn++)
		assert_int_equal(b.attrs[pfn], 0);
	assert_int_equal(zone0()->count.nr_free[3], 0);
	assert_false(b.m->capc.active);
	assert_int_equal(zone0()->compact_order_failed, 4);
	assert_int_equal(b.last[PF_EV_COMPACT_TRY].field[0], 3);
}

/* Below the size of a pageblock nobody gets a part of a movable one that way. */
static void test_no_capture_in_movable_blocks(void **state)
{
	u32 capture;

	(void)state;
	half_full();
	assert_int_equal(try_to_compact(2, MIGRATE_UNMOVABLE, COMPACT_PRIO_SYNC_LIGHT, &capture),
			 PF_COMPACT_SUCCESS);
	assert_int_equal(capture, LX_NONE);
	/* The pageblock was finished all the same. */
	assert_int_equal(zone0()->count.nr_free[3], 1);
}

static void test_capture_switched_off(void **state)
{
	u32 capture;

	(void)state;
	half_full();
	b.m->off.no_capture = true;
	assert_int_equal(try_to_compact(3, MIGRATE_MOVABLE, COMPACT_PRIO_SYNC_LIGHT, &capture),
			 PF_COMPACT_SUCCESS);
	assert_int_equal(capture, LX_NONE);
	assert_int_equal(zone0()->count.nr_free[3], 1);
}

/* The part of the order with a page that can't be moved is left as a whole. */
static void test_async_skips_hopeless_parts(void **state)
{
	u32 capture;

	(void)state;
	half_full();
	b.attrs[1] = PF_PAGE_LIVE;
	assert_int_equal(try_to_compact(2, MIGRATE_MOVABLE, COMPACT_PRIO_ASYNC, &capture),
			 PF_COMPACT_SUCCESS);
	for (unsigned i = 0; i < b.nr_moves; i++)
		assert_int_equal(b.move[i].src, 7 - i);
	assert_int_equal(b.nr_moves, 4);
	assert_int_equal(zone0()->count.nr_free[2], 1);
}

/* Such requests stay away from blocks of other types. */
static void test_async_keeps_to_its_type(void **state)
{
	u32 capture;

	(void)state;
	half_full();
	assert_int_equal(try_to_compact(2, MIGRATE_RECLAIMABLE, COMPACT_PRIO_ASYNC, &capture),
			 PF_COMPACT_PARTIAL_SKIPPED);
	assert_int_equal(b.nr_moves, 0);
	assert_true(zone0()->compact_blockskip_flush);
	/* Only failures of those who wait count. */
	assert_int_equal(zone0()->compact_defer_shift, 0);
}

/* Without memory that can be moved the whole zone is searched, then it is deferred. */
static void test_failure_defers(void **state)
{
	u32 capture, base;

	(void)state;
	half_full();
	base = b.m->base_pfn;
	for (u32 pfn = 0; pfn < 128; pfn++)
		b.attrs[pfn] &= (uint8_t)~PF_PAGE_MOVABLE;
	assert_int_equal(try_to_compact(3, MIGRATE_MOVABLE, COMPACT_PRIO_SYNC_LIGHT, &capture),
			 PF_COMPACT_PARTIAL_SKIPPED);
	assert_int_equal(zone0()->compact_defer_shift, 1);
	assert_int_equal(zone0()->compact_order_failed, 0);
	/* Free is at the last block, so that one was no source. */
	for (u32 pfn = 0; pfn < 128; pfn += 8)
		assert_int_equal(get_pageblock_skip(b.m, pfn), pfn < 120);
	assert_int_equal(zone0()->compact_cached_migrate_pfn[1], base);
	assert_int_equal(zone0()->compact_cached_free_pfn, base + 120);
	assert_int_equal(try_to_compact(3, MIGRATE_MOVABLE, COMPACT_PRIO_SYNC_LIGHT, &capture),
			 PF_COMPACT_DEFERRED);
	/* At full strength nothing is deferred, and hints don't matter. */
	assert_int_equal(try_to_compact(3, MIGRATE_MOVABLE, COMPACT_PRIO_SYNC_FULL, &capture),
			 PF_COMPACT_COMPLETE);
	assert_int_equal(zone0()->compact_defer_shift, 2);
}

static void test_hints_switched_off(void **state)
{
	u32 capture;

	(void)state;
	half_full();
	b.m->off.no_skip_hints = true;
	for (u32 pfn = 0; pfn < 128; pfn++)
		b.attrs[pfn] &= (uint8_t)~PF_PAGE_MOVABLE;
	try_to_compact(3, MIGRATE_MOVABLE, COMPACT_PRIO_SYNC_LIGHT, &capture);
	for (u32 pfn = 0; pfn < 128; pfn += 8)
		assert_false(get_pageblock_skip(b.m, pfn));
}

/* Compaction takes place for those only who may start i/o. */
static void test_gfp(void **state)
{
	const struct zonelist *list;
	struct alloc_context ac = {0};
	u32 capture = 0;

	(void)state;
	half_full();
	list = &b.m->node[0].node_zonelists[ZONELIST_NOFALLBACK];
	ac.zonelist = list;
	ac.preferred_zoneref = list->ref;
	assert_int_equal(lx_try_to_compact_pages(b.m, PF_GFP_DIRECT_RECLAIM, 2, 0, &ac,
						 COMPACT_PRIO_ASYNC, &capture),
			 PF_COMPACT_SKIPPED);
	assert_int_equal(capture, LX_NONE);
	assert_int_equal(b.nr_events[PF_EV_COMPACT_TRY], 0);
}

/* From 63 downwards the first pageblock that begins free is 40..47. */
static void test_reset_isolation(void **state)
{
	u32 base;

	(void)state;
	boot(3, 5, 64);
	base = b.m->base_pfn;
	take_all();
	give(40);
	give(16);
	for (u32 pfn = 0; pfn < 64; pfn += 8)
		set_pageblock_skip(b.m, pfn);
	lx_reset_isolation_suitable(b.m, 0);
	assert_true(get_pageblock_skip(b.m, 40));
	zone0()->compact_blockskip_flush = true;
	lx_reset_isolation_suitable(b.m, 0);
	assert_false(zone0()->compact_blockskip_flush);
	for (u32 pfn = 0; pfn < 64; pfn += 8)
		assert_int_equal(get_pageblock_skip(b.m, pfn), pfn != 40);
	assert_int_equal(zone0()->compact_init_free_pfn, base + 47);
	/* No source was found, so the scanners begin where they would meet. */
	assert_int_equal(zone0()->compact_cached_migrate_pfn[0], base + 32);
	assert_int_equal(zone0()->compact_cached_migrate_pfn[1], base + 32);
	assert_int_equal(zone0()->compact_cached_free_pfn, base + 31);
}

static void test_kcompactd(void **state)
{
	(void)state;
	half_full();
	assert_true(lx_kcompactd_tick(b.m, 0, 0, false));
	assert_int_equal(total(PF_DUMP_KCOMPACTD_WAKE), 0);

	assert_true(lx_kcompactd_tick(b.m, 0, 3, false));
	assert_int_equal(total(PF_DUMP_KCOMPACTD_WAKE), 1);
	assert_int_equal(b.nr_events[PF_EV_WAKEUP_KCOMPACTD], 1);
	assert_int_equal(b.last[PF_EV_KCOMPACTD_WAKE].field[1], 3);
	assert_int_equal(b.m->node[0].kcompactd_max_order, 0);
	assert_int_equal(zone0()->count.nr_free[3], 1);
	assert_int_equal(total(PF_DUMP_KCOMPACTD_MIGRATE_SCANNED),
			 total(PF_DUMP_COMPACT_MIGRATE_SCANNED));
	assert_int_equal(total(PF_DUMP_KCOMPACTD_FREE_SCANNED),
			 total(PF_DUMP_COMPACT_FREE_SCANNED));
	assert_int_equal(total(PF_DUMP_COMPACT_STALL), 0);

	/* There is one now: it is asked for, but not woken. */
	lx_wakeup_kcompactd(b.m, 0, 2, PF_ZONE_NORMAL);
	assert_int_equal(b.nr_events[PF_EV_WAKEUP_KCOMPACTD], 1);
	assert_int_equal(b.m->node[0].kcompactd_max_order, 2);
}

static void test_proactive(void **state)
{
	(void)state;
	half_full();
	/* All that is free is in pieces. */
	assert_true(lx_kcompactd_tick(b.m, 0, 0, true));
	assert_true(b.nr_moves > 0);
	assert_int_equal(total(PF_DUMP_KCOMPACTD_WAKE), 0);
	assert_int_equal(b.last[PF_EV_COMPACT_BEGIN].field[4], true);

	teardown(NULL);
	half_full();
	b.m->compaction_proactiveness = 0;
	assert_true(lx_kcompactd_tick(b.m, 0, 0, true));
	assert_int_equal(b.nr_moves, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_proactive_marks, teardown),
		cmocka_unit_test_teardown(test_scores, teardown),
		cmocka_unit_test_teardown(test_back_off, teardown),
		cmocka_unit_test_teardown(test_suitable, teardown),
		cmocka_unit_test_teardown(test_zonelist_suitable, teardown),
		cmocka_unit_test(test_results_have_the_kernels_numbers),
		cmocka_unit_test_teardown(test_migrate_retries, teardown),
		cmocka_unit_test_teardown(test_migrate_without_targets, teardown),
		cmocka_unit_test_teardown(test_migrate_batches, teardown),
		cmocka_unit_test_teardown(test_whole_node, teardown),
		cmocka_unit_test_teardown(test_capture, teardown),
		cmocka_unit_test_teardown(test_no_capture_in_movable_blocks, teardown),
		cmocka_unit_test_teardown(test_capture_switched_off, teardown),
		cmocka_unit_test_teardown(test_async_skips_hopeless_parts, teardown),
		cmocka_unit_test_teardown(test_async_keeps_to_its_type, teardown),
		cmocka_unit_test_teardown(test_failure_defers, teardown),
		cmocka_unit_test_teardown(test_hints_switched_off, teardown),
		cmocka_unit_test_teardown(test_gfp, teardown),
		cmocka_unit_test_teardown(test_reset_isolation, teardown),
		cmocka_unit_test_teardown(test_kcompactd, teardown),
		cmocka_unit_test_teardown(test_proactive, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
