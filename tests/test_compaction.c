// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_compaction.c - facts about compaction and migration in the port of Linux
 * 6.1 (impls/linux): scores, limits, back-off, and small scenes whose moves and
 * counters were worked out by hand from the kernel's source.
 */
#include "stub_world.h"

#include <errno.h>
#include <limits.h>

#include "impls/linux/compaction.h"
#include "impls/linux/linux.h"
#include "impls/linux/migrate.h"

static const struct pf_impl *const impl = &pf_impl_linux;

static struct zone *zone0(void)
{
	return &b.m->zone[0];
}

static uint64_t total(enum pf_total_field field)
{
	return b.m->total[field];
}

/* On b.layout: no marks; counters are never late, per-cpu lists never full; all blocks movable. */
static void boot_layout(void)
{
	stub_boot(impl, UINT64_MAX);
	for (unsigned i = 0; i < b.m->nr_zones; i++) {
		struct zone *zone = &b.m->zone[i];

		memset(zone->_watermark, 0, sizeof(zone->_watermark));
		memset(zone->count.lowmem_reserve, 0, sizeof(zone->count.lowmem_reserve));
		zone->watermark_boost = 0;
		for (unsigned cpu = 0; cpu < b.m->nr_cpus; cpu++) {
			struct per_cpu_pages *pcp = &zone->pcp[cpu];

			pcp->high = 1000;
			pcp->batch = 31;
			pcp->stat_threshold = 0;
			zone->vm_stat_free += pcp->free_diff;
			pcp->free_diff = 0;
		}
	}
	b.m->page_group_by_mobility_disabled = false;
	for (uint32_t p = 0; p < b.m->nr_pages; p += 1u << b.m->pageblock_order)
		lx_set_pageblock_migratetype(b.m, p, MIGRATE_MOVABLE);
}

static void boot(unsigned pageblock_order, unsigned max_order, uint32_t pages)
{
	one_zone(pageblock_order, max_order, 0, pages);
	boot_layout();
}

/* Between calls nothing is isolated, and the counters are what the pages say; NULL: so it is. */
static const char *lru_counters(void)
{
	uint32_t off = 0, batched = 0;

	for (unsigned n = 0; n < b.m->nr_nodes; n++) {
		uint32_t of_node = 0;

		for (unsigned i = 0; i < b.m->nr_zones; i++) {
			const struct zone *zone = &b.m->zone[i];
			uint32_t of_zone = 0;

			if (zone->node != n)
				continue;
			for (u32 pfn = zone->zone_start_pfn; pfn < zone->zone_end_pfn; pfn++) {
				of_zone += page_lru(b.m, pfn) && !page_unevictable(b.m, pfn);
				off += page_in_cache(b.m, pfn) && !page_lru(b.m, pfn);
			}
			if (zone->nr_zone_inactive_file != of_zone)
				return "NR_ZONE_INACTIVE_FILE";
			of_node += of_zone;
		}
		if (b.m->node[n].nr_inactive_file != of_node)
			return "NR_INACTIVE_FILE";
		if (b.m->node[n].nr_isolated_file)
			return "NR_ISOLATED_FILE";
	}
	for (unsigned cpu = 0; cpu < b.m->nr_cpus; cpu++)
		batched += b.m->lru_add[cpu].nr;
	return off == batched ? NULL : "pages in no batch and on no list";
}

static void expect_lru_counters(void)
{
	const char *wrong = lru_counters();

	if (wrong)
		print_error("wrong: %s\n", wrong);
	assert_null(wrong);
}

static int teardown(void **state)
{
	const char *wrong = b.m ? lru_counters() : NULL;

	(void)state;
	stub_forget();
	if (wrong)
		print_error("wrong at the end: %s\n", wrong);
	assert_null(wrong);
	return 0;
}

/* All pages are single ones that can be moved. */
static void take_all(void)
{
	for (u32 pfn = 0; pfn < b.m->nr_pages; pfn++)
		assert_true(lx_take_page_off_buddy(b.m, pfn, 0));
	stub_set_attrs(0, b.m->nr_pages, PF_PAGE_LIVE | PF_PAGE_MOVABLE);
}

/* Past the per-cpu list. */
static void give(u32 pfn)
{
	b.attrs[pfn] = 0;
	lx_free_pages_ok(b.m, pfn, 0, FPI_NONE);
}

static void expect_moves(unsigned nr, const struct stub_move *move)
{
	for (unsigned i = 0; i < nr && i < b.nr_moves; i++) {
		if (move[i].src != b.move[i].src || move[i].dst != b.move[i].dst)
			print_error("move %u is %u to %u\n", i, b.move[i].src, b.move[i].dst);
		assert_int_equal(move[i].src, b.move[i].src);
		assert_int_equal(move[i].dst, b.move[i].dst);
	}
	assert_int_equal(b.nr_moves, nr);
}

static enum pf_compact_result try_with(uint32_t gfp, unsigned order, unsigned mobility,
				       unsigned prio, u32 *capture)
{
	const struct zonelist *list = &b.m->node[0].node_zonelists[ZONELIST_NOFALLBACK];
	struct alloc_context ac = {
		.zonelist = list,
		.preferred_zoneref = list->ref,
		.migratetype = mobility,
		.highest_zoneidx = PF_ZONE_NORMAL,
	};

	return lx_try_to_compact_pages(b.m, gfp, order, ALLOC_WMARK_MIN, &ac, prio, capture);
}

static enum pf_compact_result try_to_compact(unsigned order, unsigned mobility, unsigned prio,
					     u32 *capture)
{
	return try_with(PF_GFP_DIRECT_RECLAIM | PF_GFP_IO | PF_GFP_FS, order, mobility, prio,
			capture);
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
	assert_int_equal(b.nr_of[PF_EV_COMPACT_DEFER], 8);

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

static bool zonelist_suitable(unsigned order, u32 min)
{
	struct alloc_context ac = {
		.zonelist = &b.m->node[0].node_zonelists[ZONELIST_FALLBACK],
		.preferred_zoneref = b.m->node[0].node_zonelists[ZONELIST_FALLBACK].ref,
		.highest_zoneidx = PF_ZONE_NORMAL,
	};

	zone0()->_watermark[WMARK_MIN] = min;
	return lx_compaction_zonelist_suitable(b.m, &ac, order, ALLOC_WMARK_MIN);
}

/*
 * What reclaim could free counts, divided by the order: pages of files on their
 * lists; without any what is free, although it counts already.
 */
static void test_zonelist_suitable(void **state)
{
	(void)state;
	boot(3, 5, 64);
	take_all();
	for (u32 pfn = 0; pfn < 20; pfn += 2)
		give(pfn);
	/* 10 / 2 + 10 pages, and a gap of 8. */
	assert_true(zonelist_suitable(2, 6));
	assert_false(zonelist_suitable(2, 7));
	/* 5 of 6 can be evicted: 5 / 2 + 10. */
	for (u32 pfn = 32; pfn < 38; pfn++) {
		b.attrs[pfn] |= PF_PAGE_LRU | (pfn < 37 ? PF_PAGE_EVICTABLE : 0);
		impl->set_attrs(b.m, b.m->base_pfn + pfn, b.attrs[pfn]);
	}
	assert_true(zonelist_suitable(2, 3));
	assert_false(zonelist_suitable(2, 4));
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
static unsigned nr_targets; /* how many were asked for */

static u32 target_alloc(struct machine *m, u32 src, void *private)
{
	(void)m;
	(void)src;
	nr_targets++;
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
static int migrate(u32 nr, u32 first, u32 end, enum migrate_mode mode, u32 *list, unsigned *moved)
{
	*list = init_scratch_list(b.m, SCRATCH_MIGRATEPAGES);
	for (u32 pfn = 0; pfn < nr; pfn++) {
		if (page_in_cache(b.m, pfn)) {
			lx_lruvec_del_folio(b.m, pfn);
			b.m->node[0].nr_isolated_file++;
		}
		list_add_tail(b.m->lru, pfn, *list);
	}
	stub_set_attrs(first, end - first, 0);
	next_target = first;
	nr_targets = 0;
	return lx_migrate_pages(b.m, *list, target_alloc, target_free, &end, mode, MR_COMPACTION,
				moved);
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
	assert_int_equal(migrate(4, 32, 40, MIGRATE_SYNC, &list, &moved), 2);
	/* Nobody gets the target of who did not move but who comes next. */
	expect_moves(13, (struct stub_move[]){{0, 32},
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
	assert_int_equal(migrate(6, 32, 34, MIGRATE_SYNC, &list, &moved), -ENOMEM);
	expect_moves(3, (struct stub_move[]){{0, 32}, {1, 32}, {2, 33}});
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
	assert_int_equal(migrate(600, 1024, 2000, MIGRATE_SYNC, &list, &moved), 1);
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
		8, (struct stub_move[]){
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
		b.attrs[pfn] &= (uint16_t)~PF_PAGE_MOVABLE;
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
		b.attrs[pfn] &= (uint16_t)~PF_PAGE_MOVABLE;
	try_to_compact(3, MIGRATE_MOVABLE, COMPACT_PRIO_SYNC_LIGHT, &capture);
	for (u32 pfn = 0; pfn < 128; pfn += 8)
		assert_false(get_pageblock_skip(b.m, pfn));
}

/* Compaction takes place for those only who may start i/o. */
static void test_gfp(void **state)
{
	u32 capture = 0;

	(void)state;
	half_full();
	assert_int_equal(
		try_with(PF_GFP_DIRECT_RECLAIM, 2, MIGRATE_MOVABLE, COMPACT_PRIO_ASYNC, &capture),
		PF_COMPACT_SKIPPED);
	assert_int_equal(capture, LX_NONE);
	assert_int_equal(b.nr_of[PF_EV_COMPACT_TRY], 0);
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
	assert_int_equal(b.nr_of[PF_EV_WAKEUP_KCOMPACTD], 1);
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
	assert_int_equal(b.nr_of[PF_EV_WAKEUP_KCOMPACTD], 1);
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

/* -------------------------------------------------------------- page cache -- */

/* A live page that can be moved goes into the cache. */
static void cache(u32 pfn, unsigned attrs)
{
	b.attrs[pfn] = (uint16_t)(PF_PAGE_LIVE | PF_PAGE_MOVABLE | PF_PAGE_LRU | attrs);
	impl->set_attrs(b.m, b.m->base_pfn + pfn, b.attrs[pfn]);
}

static void cache_pages(u32 first, u32 nr)
{
	for (u32 pfn = first; pfn < first + nr; pfn++)
		cache(pfn, PF_PAGE_EVICTABLE);
}

/* From its list into the batch of a cpu. */
static void batch(u32 pfn, unsigned cpu)
{
	lx_lruvec_del_folio(b.m, pfn);
	b.m->cpu = cpu;
	lx_folio_add_lru(b.m, pfn);
	b.m->cpu = 0;
}

static void expect_batch(unsigned cpu, unsigned nr, const u32 *pages)
{
	assert_int_equal(b.m->lru_add[cpu].nr, nr);
	for (unsigned i = 0; i < nr; i++)
		assert_int_equal(b.m->lru_add[cpu].pages[i], pages[i]);
}

static void expect_inactive(unsigned nr)
{
	assert_int_equal(b.m->node[0].nr_inactive_file, nr);
	expect_lru_counters();
}

/* 128 pages: none can be moved; of the upper half every other one is free. */
static void half_fixed(void)
{
	boot(3, 5, 128);
	take_all();
	stub_set_attrs(0, 128, PF_PAGE_LIVE);
	for (unsigned pfn = 64; pfn < 128; pfn += 2)
		give(pfn);
}

static enum pf_compact_result compact_node0(void)
{
	return impl->compact(b.m, &(struct pf_compact_request){.order = -1, .mode = PF_MODE_SYNC});
}

/* Who moved, or was to, whereto whatever. */
static void expect_sources(unsigned nr, const pf_pfn *src)
{
	for (unsigned i = 0; i < nr && i < b.nr_moves; i++)
		assert_int_equal(b.move[i].src, src[i]);
	assert_int_equal(b.nr_moves, nr);
}

static void expect_waits(unsigned nr, const struct stub_wait *wait)
{
	for (unsigned i = 0; i < nr && i < b.nr_waits; i++) {
		assert_int_equal(b.wait[i].pfn, wait[i].pfn);
		assert_int_equal(b.wait[i].attr, wait[i].attr);
	}
	assert_int_equal(b.nr_waits, nr);
}

#define sources(...)                                                 \
	sizeof((pf_pfn[]){__VA_ARGS__}) / sizeof(pf_pfn), (pf_pfn[]) \
	{                                                            \
		__VA_ARGS__                                          \
	}
#define waits(...)                                                                                 \
	sizeof((struct stub_wait[]){__VA_ARGS__}) / sizeof(struct stub_wait), (struct stub_wait[]) \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}

/* What the owner sets is on its list at once, and on the one that suits. */
static void test_set_attrs_drains(void **state)
{
	(void)state;
	half_fixed();
	cache(0, PF_PAGE_EVICTABLE);
	assert_true(page_lru(b.m, 0));
	assert_false(page_unevictable(b.m, 0));
	assert_int_equal(b.m->lru_add[0].nr, 0);
	expect_inactive(1);
	cache(1, 0);
	assert_true(page_lru(b.m, 1));
	assert_true(page_unevictable(b.m, 1));
	expect_inactive(1);
	/* mlock() and munlock(). */
	cache(0, 0);
	assert_true(page_unevictable(b.m, 0));
	expect_inactive(0);
	cache(0, PF_PAGE_EVICTABLE);
	cache(1, PF_PAGE_EVICTABLE);
	assert_false(page_unevictable(b.m, 1));
	expect_inactive(2);
	assert_int_equal(zone0()->nr_zone_inactive_file, 2);
	/* Others are no concern of the cache. */
	impl->set_attrs(b.m, b.m->base_pfn + 2, PF_PAGE_LIVE | PF_PAGE_MOVABLE | PF_PAGE_EVICTABLE);
	assert_false(page_in_cache(b.m, 2));
}

/* Whom compaction or whoever else left in the batch is put on the list by the next one. */
static void test_set_attrs_of_a_batched_page(void **state)
{
	(void)state;
	half_fixed();
	cache_pages(0, 3);
	batch(0, 0);
	batch(1, 0);
	cache(1, 0);
	assert_int_equal(b.m->lru_add[0].nr, 0);
	assert_true(page_lru(b.m, 0));
	assert_true(page_unevictable(b.m, 1));
	expect_inactive(2);
}

static void test_batch_of_15(void **state)
{
	(void)state;
	half_fixed();
	cache_pages(0, 16);
	expect_inactive(16);
	for (u32 pfn = 0; pfn < 14; pfn++) {
		batch(pfn, 0);
		assert_false(page_lru(b.m, pfn));
		assert_int_equal(b.m->lru_add[0].nr, pfn + 1);
	}
	expect_inactive(2);
	batch(14, 0);
	assert_int_equal(b.m->lru_add[0].nr, 0);
	for (u32 pfn = 0; pfn < 15; pfn++)
		assert_true(page_lru(b.m, pfn));
	expect_inactive(16);
}

/* Which list is right is asked when the batch is emptied, not before. */
static void test_batch_asks_late(void **state)
{
	(void)state;
	half_fixed();
	cache_pages(0, 2);
	batch(0, 0);
	batch(1, 0);
	b.attrs[1] &= (uint16_t)~PF_PAGE_EVICTABLE;
	lx_lru_add_drain_cpu(b.m, 0);
	assert_false(page_unevictable(b.m, 0));
	assert_true(page_unevictable(b.m, 1));
	expect_inactive(1);
}

static void test_batch_of_a_cpu_that_goes(void **state)
{
	(void)state;
	one_zone(3, 5, 0, 64);
	b.layout.nr_cpus = 3;
	boot_layout();
	take_all();
	cache_pages(0, 3);
	for (unsigned cpu = 0; cpu < 3; cpu++)
		batch(cpu, cpu);
	assert_true(impl->set_cpu(b.m, 1, false));
	assert_true(page_lru(b.m, 1));
	expect_batch(0, 1, (u32[]){0});
	expect_batch(1, 0, NULL);
	expect_batch(2, 1, (u32[]){2});
}

/* Truncation empties the batch first, another cpu's only if the page is in it. */
static void test_free_drains(void **state)
{
	(void)state;
	one_zone(3, 5, 0, 64);
	b.layout.nr_cpus = 2;
	boot_layout();
	take_all();
	cache_pages(0, 6);
	batch(0, 0);
	batch(1, 0);
	batch(2, 1);
	batch(3, 1);
	stub_set_attrs(4, 1, 0);
	impl->free(b.m, b.m->base_pfn + 4, 0, 0);
	assert_false(page_in_cache(b.m, 4));
	expect_batch(0, 0, NULL);
	expect_batch(1, 2, (u32[]){2, 3});
	expect_inactive(3);

	batch(0, 0);
	stub_set_attrs(0, 1, 0);
	impl->free(b.m, b.m->base_pfn + 0, 0, 0);
	assert_false(page_in_cache(b.m, 0));
	expect_batch(0, 0, NULL);
	expect_inactive(2);

	stub_set_attrs(2, 1, 0);
	impl->free(b.m, b.m->base_pfn + 2, 0, 0);
	assert_false(page_in_cache(b.m, 2));
	expect_batch(1, 0, NULL);
	expect_inactive(3);
	assert_null(impl->self_check(b.m));
}

/* Where pages have moved to, they wait for the batch to fill up; a dump shows it. */
static void test_moved_pages_wait_in_the_batch(void **state)
{
	static struct pf_dump d;
	static uint32_t word[1024];
	u32 capture;

	(void)state;
	half_fixed();
	cache_pages(0, 3);
	compact_node0();
	expect_moves(3, (struct stub_move[]){{2, 124}, {1, 122}, {0, 120}});
	expect_batch(0, 3, (u32[]){124, 122, 120});
	expect_inactive(0);
	for (u32 pfn = 0; pfn < 3; pfn++)
		assert_false(page_in_cache(b.m, pfn));
	d = (struct pf_dump){.word = word, .room = 1024};
	impl->dump(b.m, &d);
	assert_int_equal(d.lru_add[0].nr, 3);
	assert_int_equal(word[d.lru_add[0].first], b.m->base_pfn + 124);
	assert_int_equal(word[d.lru_add[0].first + 2], b.m->base_pfn + 120);

	/* Not even looked for: nothing happens if the memory does not suffice, or is plenty. */
	zone0()->_watermark[WMARK_MIN] = 1000;
	assert_int_equal(try_to_compact(3, MIGRATE_MOVABLE, COMPACT_PRIO_SYNC_LIGHT, &capture),
			 PF_COMPACT_SKIPPED);
	assert_int_equal(b.m->lru_add[0].nr, 3);
	zone0()->_watermark[WMARK_MIN] = 0;
	/* But the next compaction begins with it. */
	b.hindered[PF_INJECT_KILLED].count = UINT_MAX;
	assert_int_equal(try_to_compact(3, MIGRATE_MOVABLE, COMPACT_PRIO_SYNC_LIGHT, &capture),
			 PF_COMPACT_CONTENDED);
	expect_batch(0, 0, NULL);
	expect_inactive(3);
}

/* 20 pages: 15 fill a batch, 5 are left. */
static void test_moved_pages_fill_batches(void **state)
{
	(void)state;
	half_fixed();
	cache_pages(0, 20);
	compact_node0();
	assert_int_equal(b.nr_moves, 20);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(page_lru(b.m, b.move[i].dst), i < 15);
	assert_int_equal(b.m->lru_add[0].nr, 5);
	expect_inactive(15);
}

/* Past the aligned part of the order, what was moved there is put on the lists. */
static void test_compaction_drains_past_each_part(void **state)
{
	u32 capture;

	(void)state;
	half_fixed();
	cache_pages(0, 8);
	assert_int_equal(try_to_compact(3, MIGRATE_MOVABLE, COMPACT_PRIO_SYNC_LIGHT, &capture),
			 PF_COMPACT_SUCCESS);
	assert_int_equal(capture, 0);
	expect_batch(0, 0, NULL);
	expect_inactive(8);
}

/* Compaction begins with the batch of its own cpu, and of no other. */
static void test_pages_of_other_cpus_are_invisible(void **state)
{
	(void)state;
	one_zone(3, 5, 0, 64);
	b.layout.nr_cpus = 2;
	boot_layout();
	take_all();
	stub_set_attrs(0, 64, PF_PAGE_LIVE);
	for (u32 pfn = 48; pfn < 64; pfn += 2)
		give(pfn);
	cache_pages(0, 2);
	batch(0, 0);
	batch(1, 1);
	lx_compact_node(b.m, 0);
	expect_sources(sources(0));
	expect_batch(1, 1, (u32[]){1});
	/* Who writes to the node's file has all batches emptied first. */
	compact_node0();
	assert_int_equal(b.m->lru_add[1].nr, 0);
	assert_true(b.nr_moves > 1);
	assert_int_equal(b.move[b.nr_moves - 1].src, 1);
}

/* --------------------------------------------------- what may be isolated -- */

/* File systems may want locks that the requester holds. */
static void test_nofs_leaves_the_cache_alone(void **state)
{
	u32 capture;

	(void)state;
	half_fixed();
	cache(0, PF_PAGE_EVICTABLE);
	b.attrs[1] |= PF_PAGE_MOVABLE;
	try_with(PF_GFP_DIRECT_RECLAIM | PF_GFP_IO, 3, MIGRATE_MOVABLE, COMPACT_PRIO_SYNC_FULL,
		 &capture);
	assert_int_equal(b.attrs[1], 0);
	assert_true(page_lru(b.m, 0));
	try_to_compact(3, MIGRATE_MOVABLE, COMPACT_PRIO_SYNC_FULL, &capture);
	assert_int_equal(b.attrs[0], 0);
}

static void test_unevictable_pages_need_the_knob(void **state)
{
	(void)state;
	half_fixed();
	assert_true(b.m->compact_unevictable_allowed);
	cache(0, 0);
	cache(1, PF_PAGE_EVICTABLE);
	assert_true(impl->tune(b.m, PF_COMPACT_UNEVICTABLE_ALLOWED, 0));
	compact_node0();
	expect_sources(sources(1));
	assert_false(impl->tune(b.m, PF_COMPACT_UNEVICTABLE_ALLOWED, 2));
	assert_true(impl->tune(b.m, PF_COMPACT_UNEVICTABLE_ALLOWED, 1));
	compact_node0();
	assert_int_equal(b.move[1].src, 0);
	assert_int_equal(b.move[1].dst, b.m->lru_add[0].pages[0]);
	lx_lru_add_drain_cpu(b.m, 0);
	assert_true(page_unevictable(b.m, b.move[1].dst));
}

/* Pages 0..3 are in the cache, the first one of them with an attribute. */
static void four_cached(unsigned attr)
{
	half_fixed();
	cache(0, PF_PAGE_EVICTABLE | attr);
	cache_pages(1, 3);
}

/* Only whoever waits for them takes such pages: the whole node does, no request does. */
static void test_writeback_and_dirty_pages_need_sync(void **state)
{
	static const unsigned attrs[] = {PF_PAGE_WRITEBACK, PF_PAGE_DIRTY};
	static const unsigned prios[] = {COMPACT_PRIO_SYNC_LIGHT, COMPACT_PRIO_SYNC_FULL};
	u32 capture;

	for (unsigned i = 0; i < 2; i++) {
		four_cached(attrs[i]);
		try_to_compact(1, MIGRATE_MOVABLE, COMPACT_PRIO_ASYNC, &capture);
		/* The part of order 1 around page 0 is left. */
		expect_sources(sources(3, 2));
		assert_int_equal(b.mode, PF_MODE_ASYNC);
		assert_int_equal(total(PF_DUMP_PGMIGRATE_FAIL), 0);
		teardown(state);
		for (unsigned j = 0; j < 2; j++) {
			four_cached(attrs[i]);
			try_to_compact(1, MIGRATE_MOVABLE, prios[j], &capture);
			expect_sources(sources(3, 2, 1));
			assert_int_equal(b.mode, PF_MODE_SYNC_LIGHT);
			assert_int_equal(total(PF_DUMP_PGMIGRATE_FAIL), 0);
			teardown(state);
		}
		four_cached(attrs[i]);
		compact_node0();
		expect_sources(sources(3, 2, 1, 0));
		assert_int_equal(b.mode, PF_MODE_SYNC);
		expect_waits(waits({0, attrs[i]}));
		teardown(state);
	}
}

/* But whether a page is locked is found out later. */
static void test_locked_pages_are_isolated(void **state)
{
	u32 capture;

	(void)state;
	four_cached(PF_PAGE_LOCKED);
	try_to_compact(1, MIGRATE_MOVABLE, COMPACT_PRIO_ASYNC, &capture);
	expect_sources(sources(1, 3, 2));
	assert_int_equal(total(PF_DUMP_PGMIGRATE_FAIL), 1);
}

/* Block 0 is free but for one or two pages; what becomes of its skip bit. */
static bool skip_after(unsigned first, unsigned second, unsigned prio)
{
	u32 capture;
	bool skip;

	half_fixed();
	for (u32 pfn = 0; pfn < 8; pfn++)
		if (pfn != first && pfn != second)
			give(pfn);
	b.attrs[first] |= PF_PAGE_MOVABLE; /* with an owner of its own */
	cache(second, PF_PAGE_EVICTABLE);
	assert_int_equal(try_to_compact(3, MIGRATE_MOVABLE, prio, &capture), PF_COMPACT_SUCCESS);
	assert_int_equal(capture, 0);
	skip = get_pageblock_skip(b.m, 0);
	teardown(NULL);
	return skip;
}

/*
 * The first cached page that is isolated claims the pageblock, if it is the
 * block's first; who ignores the hints does not leave any.
 */
static void test_isolation_claims_the_pageblock(void **state)
{
	(void)state;
	assert_true(skip_after(0, 0, COMPACT_PRIO_SYNC_LIGHT));
	assert_true(skip_after(0, 0, COMPACT_PRIO_ASYNC));
	assert_false(skip_after(1, 1, COMPACT_PRIO_SYNC_LIGHT));
	assert_false(skip_after(0, 1, COMPACT_PRIO_SYNC_LIGHT));
	assert_true(skip_after(1, 0, COMPACT_PRIO_SYNC_LIGHT));
	assert_false(skip_after(0, 0, COMPACT_PRIO_SYNC_FULL));
}

/* Who shall not wait lets go of a part that is lost; its pages go by way of the batch. */
static void test_skip_on_failure_puts_back_into_the_batch(void **state)
{
	u32 capture;

	(void)state;
	half_fixed();
	cache(0, PF_PAGE_EVICTABLE);
	assert_int_equal(try_to_compact(2, MIGRATE_MOVABLE, COMPACT_PRIO_ASYNC, &capture),
			 PF_COMPACT_PARTIAL_SKIPPED);
	assert_int_equal(b.nr_moves, 0);
	assert_int_equal(total(PF_DUMP_COMPACT_ISOLATED), 0);
	expect_batch(0, 1, (u32[]){0});
	expect_inactive(0);

	/* There, whoever looks for sources does not see it. */
	assert_true(zone0()->compact_blockskip_flush);
	assert_true(get_pageblock_skip(b.m, 0));
	assert_true(impl->tick(b.m, PF_KSWAPD, 0, 0));
	assert_true(get_pageblock_skip(b.m, 0));
	lx_lru_add_drain_cpu(b.m, 0);
	zone0()->compact_blockskip_flush = true;
	assert_true(impl->tick(b.m, PF_KSWAPD, 0, 0));
	assert_false(get_pageblock_skip(b.m, 0));
}

/* Where that happened, and the pageblock was not claimed, it is not marked either. */
static void test_skip_on_failure_leaves_no_mark(void **state)
{
	u32 capture;

	(void)state;
	half_fixed();
	give(0);
	cache(1, PF_PAGE_EVICTABLE);
	try_to_compact(2, MIGRATE_MOVABLE, COMPACT_PRIO_ASYNC, &capture);
	expect_batch(0, 1, (u32[]){1});
	assert_false(get_pageblock_skip(b.m, 0));
	assert_true(get_pageblock_skip(b.m, 8));
}

/* In such a part, that is: the next one is moved all the same. */
static void test_skip_on_failure_goes_on(void **state)
{
	u32 capture;

	(void)state;
	half_fixed();
	cache(0, PF_PAGE_EVICTABLE);
	cache_pages(4, 4);
	assert_int_equal(try_to_compact(2, MIGRATE_MOVABLE, COMPACT_PRIO_ASYNC, &capture),
			 PF_COMPACT_SUCCESS);
	expect_sources(sources(7, 6, 5, 4));
	assert_int_equal(zone0()->count.nr_free[2], 1);
	expect_inactive(5);

	/* Who waits takes all that there is. */
	teardown(state);
	half_fixed();
	cache(0, PF_PAGE_EVICTABLE);
	cache_pages(4, 4);
	assert_int_equal(try_to_compact(2, MIGRATE_MOVABLE, COMPACT_PRIO_SYNC_LIGHT, &capture),
			 PF_COMPACT_SUCCESS);
	expect_sources(sources(7, 6, 5, 4, 0));
}

/* ---------------------------------------------- migration of cached pages -- */

/* One cached page; the answer of migrate_pages(). */
static int migrate_cached(unsigned attrs, enum migrate_mode mode, bool memalloc)
{
	unsigned moved;
	u32 list;
	int rc;

	boot(3, 5, 64);
	take_all();
	cache(0, PF_PAGE_EVICTABLE | attrs);
	b.m->pf_memalloc = memalloc;
	rc = migrate(1, 32, 40, mode, &list, &moved);
	assert_int_equal(rc, 1 - moved);
	assert_int_equal(total(PF_DUMP_PGMIGRATE_SUCCESS), moved);
	assert_int_equal(total(PF_DUMP_PGMIGRATE_FAIL), 1 - moved);
	assert_int_equal(list_empty(b.m->lru, list), moved);
	/* A target that was not used is given back. */
	assert_int_equal(next_target, 32 + moved);
	lx_putback_movable_pages(b.m, list);
	expect_batch(0, 1, moved ? (u32[]){32} : (u32[]){0});
	assert_int_equal(page_in_cache(b.m, 0), !moved);
	assert_int_equal(b.nr_moves, moved);
	return rc;
}

/* Not without waiting, and not by those who may hold the lock themselves. */
static void test_locked_pages_are_tried_ten_times(void **state)
{
	static const struct {
		enum migrate_mode mode;
		bool memalloc;
	} rows[] = {{MIGRATE_ASYNC, false}, {MIGRATE_SYNC_LIGHT, true}, {MIGRATE_SYNC, true}};

	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(migrate_cached(PF_PAGE_LOCKED, rows[i].mode, rows[i].memalloc), 1);
		assert_int_equal(nr_targets, 10);
		expect_waits(0, NULL);
		teardown(state);
	}
}

static void test_locked_pages_are_waited_for_at_the_4th_attempt(void **state)
{
	static const enum migrate_mode modes[] = {MIGRATE_SYNC_LIGHT, MIGRATE_SYNC};

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(migrate_cached(PF_PAGE_LOCKED, modes[i], false), 0);
		assert_int_equal(nr_targets, 4);
		expect_waits(waits({0, PF_PAGE_LOCKED}));
		teardown(state);
	}
}

static void test_writeback_is_waited_for_at_the_4th_attempt(void **state)
{
	(void)state;
	/* PF_MEMALLOC is no matter. */
	assert_int_equal(migrate_cached(PF_PAGE_WRITEBACK, MIGRATE_SYNC, true), 0);
	assert_int_equal(nr_targets, 4);
	expect_waits(waits({0, PF_PAGE_WRITEBACK}));
}

static void test_dirty_pages_are_written_at_once(void **state)
{
	(void)state;
	assert_int_equal(migrate_cached(PF_PAGE_DIRTY, MIGRATE_SYNC, true), 0);
	assert_int_equal(nr_targets, 2);
	expect_waits(waits({0, PF_PAGE_DIRTY}));
}

/* Other modes give up writeback and dirty pages at the first attempt. */
static void test_less_than_sync_gives_up(void **state)
{
	static const unsigned attrs[] = {PF_PAGE_WRITEBACK, PF_PAGE_DIRTY};
	static const enum migrate_mode modes[] = {MIGRATE_ASYNC, MIGRATE_SYNC_LIGHT};

	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(migrate_cached(attrs[i / 2], modes[i % 2], false), 1);
		assert_int_equal(nr_targets, 1);
		expect_waits(0, NULL);
		teardown(state);
	}
}

/* First the lock, then writeback, both when it is time to wait; then it is written. */
static void test_order_of_waiting(void **state)
{
	(void)state;
	assert_int_equal(migrate_cached(PF_PAGE_DIRTY | PF_PAGE_WRITEBACK | PF_PAGE_LOCKED,
					MIGRATE_SYNC, false),
			 0);
	assert_int_equal(nr_targets, 5);
	expect_waits(waits({0, PF_PAGE_LOCKED}, {0, PF_PAGE_WRITEBACK}, {0, PF_PAGE_DIRTY}));
}

/* What other owners want to wait for is their own affair. */
static void test_others_are_not_waited_for(void **state)
{
	unsigned moved;
	u32 list;

	(void)state;
	boot(3, 5, 64);
	take_all();
	b.attrs[0] |= PF_PAGE_LOCKED | PF_PAGE_WRITEBACK | PF_PAGE_DIRTY;
	assert_int_equal(migrate(1, 32, 40, MIGRATE_ASYNC, &list, &moved), 0);
	assert_int_equal(moved, 1);
	assert_int_equal(nr_targets, 1);
	assert_int_equal(b.mode, PF_MODE_ASYNC);
	expect_waits(0, NULL);
	assert_int_equal(b.m->lru_add[0].nr, 0);
}

/* Those that failed for good are in the order in which they failed. */
static void test_order_of_failed_pages(void **state)
{
	unsigned moved;
	u32 list;

	(void)state;
	boot(3, 5, 64);
	take_all();
	cache(0, PF_PAGE_EVICTABLE | PF_PAGE_LOCKED);
	cache(1, PF_PAGE_EVICTABLE | PF_PAGE_WRITEBACK);
	cache(2, PF_PAGE_EVICTABLE | PF_PAGE_DIRTY);
	b.busy = 3;
	assert_int_equal(migrate(4, 32, 40, MIGRATE_ASYNC, &list, &moved), 4);
	lx_putback_movable_pages(b.m, list);
	expect_batch(0, 3, (u32[]){1, 2, 0});
	assert_int_equal(total(PF_DUMP_PGMIGRATE_FAIL), 4);
}

/* An owner that lacks memory ends it for all; it is one that failed for good. */
static void test_migrate_nomem(void **state)
{
	static const u32 left[] = {1, 0, 2, 3};
	unsigned moved;
	u32 list, at;

	(void)state;
	boot(3, 5, 64);
	take_all();
	b.again = 0;
	b.nomem = 1;
	assert_int_equal(migrate(4, 32, 40, MIGRATE_SYNC, &list, &moved), -ENOMEM);
	expect_moves(2, (struct stub_move[]){{0, 32}, {1, 32}});
	assert_int_equal(moved, 0);
	assert_int_equal(next_target, 32);
	assert_int_equal(total(PF_DUMP_PGMIGRATE_FAIL), 2);
	at = b.m->lru[list].next;
	for (unsigned i = 0; i < 4; i++, at = b.m->lru[at].next)
		assert_int_equal(at, left[i]);
	assert_int_equal(at, list);
}

/*
 * As in test_whole_node: 7 gets 118, 6 gets 116; 5 gives 114 back, and so the
 * others get it and what follows. The last one of 112..126 is for 5.
 */
static void test_target_of_a_page_that_is_waited_for(void **state)
{
	static const unsigned attrs[] = {PF_PAGE_LOCKED, PF_PAGE_WRITEBACK, PF_PAGE_DIRTY};

	for (unsigned i = 0; i < 3; i++) {
		half_fixed();
		cache_pages(0, 8);
		b.attrs[5] |= attrs[i];
		assert_int_equal(compact_node0(), PF_COMPACT_COMPLETE);
		expect_moves(8, (struct stub_move[]){{7, 118},
						     {6, 116},
						     {4, 114},
						     {3, 112},
						     {2, 126},
						     {1, 124},
						     {0, 122},
						     {5, 120}});
		expect_waits(waits({5, attrs[i]}));
		assert_int_equal(total(PF_DUMP_PGMIGRATE_SUCCESS), 8);
		assert_int_equal(total(PF_DUMP_PGMIGRATE_FAIL), 0);
		expect_batch(0, 8, (u32[]){118, 116, 114, 112, 126, 124, 122, 120});
		teardown(state);
	}
}

/* Pinned: ten attempts, all of them at the same target. Busy: one. Both are put back. */
static void test_pages_that_stay_are_put_back(void **state)
{
	unsigned asked[8] = {0};

	(void)state;
	half_fixed();
	cache_pages(0, 8);
	b.again = 5;
	b.busy = 3;
	assert_int_equal(compact_node0(), PF_COMPACT_COMPLETE);
	for (unsigned i = 0; i < b.nr_moves; i++)
		asked[b.move[i].src]++;
	for (unsigned pfn = 0; pfn < 8; pfn++)
		assert_int_equal(asked[pfn], pfn == 5 ? 10 : 1);
	for (unsigned i = 8; i < b.nr_moves; i++) {
		assert_int_equal(b.move[i].src, 5);
		assert_int_equal(b.move[i].dst, 122);
	}
	assert_int_equal(total(PF_DUMP_PGMIGRATE_SUCCESS), 6);
	assert_int_equal(total(PF_DUMP_PGMIGRATE_FAIL), 2);
	/* 3 that failed for good comes before 5. */
	expect_batch(0, 8, (u32[]){118, 116, 114, 112, 126, 124, 3, 5});
	expect_inactive(0);
	lx_lru_add_drain_cpu(b.m, 0);
	expect_inactive(8);
}

/* kcompactd may wait for a lock; a request may not, as it may hold it. */
static void test_only_requests_have_pf_memalloc(void **state)
{
	struct pf_compact_request req = {
		.order = 1, .mobility = PF_MOVABLE, .mode = PF_MODE_SYNC_LIGHT};

	(void)state;
	four_cached(PF_PAGE_LOCKED);
	impl->compact(b.m, &req);
	expect_sources(sources(3, 2, 1));
	assert_false(b.m->pf_memalloc);
	expect_waits(0, NULL);
	teardown(state);

	four_cached(PF_PAGE_LOCKED);
	assert_true(impl->tick(b.m, PF_KCOMPACTD, 0, 1));
	expect_sources(sources(3, 2, 1, 0));
	assert_int_equal(b.mode, PF_MODE_SYNC_LIGHT);
	expect_waits(waits({0, PF_PAGE_LOCKED}));
}

/* ------------------------------------------------------- skip bits, again -- */

/* All pageblocks to be skipped; pages 16 and 41 in the cache, 40 free. */
static void skip_all(void)
{
	boot(3, 5, 64);
	take_all();
	give(40);
	cache(16, PF_PAGE_EVICTABLE);
	for (u32 pfn = 0; pfn < 64; pfn += 8)
		set_pageblock_skip(b.m, pfn);
	zone0()->compact_blockskip_flush = true;
}

static void expect_skip(uint64_t blocks)
{
	for (unsigned block = 0; block < 8; block++)
		assert_int_equal(get_pageblock_skip(b.m, block * 8), blocks >> block & 1);
}

/* kswapd, before it sleeps: sources are pages on LRU lists, the unevictable one included. */
static void test_kswapd_resets_skip_bits(void **state)
{
	for (unsigned unevictable = 0; unevictable < 2; unevictable++) {
		u32 base;

		skip_all();
		if (unevictable)
			cache(16, 0);
		base = b.m->base_pfn;
		assert_true(impl->tick(b.m, PF_KSWAPD, 0, 0));
		expect_skip(0xff & ~(1u << 2 | 1u << 5));
		assert_false(zone0()->compact_blockskip_flush);
		assert_int_equal(zone0()->compact_init_migrate_pfn, base + 16);
		assert_int_equal(zone0()->compact_cached_migrate_pfn[0], base + 16);
		assert_int_equal(zone0()->compact_cached_migrate_pfn[1], base + 16);
		assert_int_equal(zone0()->compact_init_free_pfn, base + 47);
		assert_int_equal(zone0()->compact_cached_free_pfn, base + 47);
		teardown(state);
	}
}

/* Only samples are looked at, 8 pages apart: of these pageblocks the first pages. */
static void test_skip_reset_looks_at_samples(void **state)
{
	(void)state;
	skip_all();
	cache(9, PF_PAGE_EVICTABLE);
	assert_true(impl->tick(b.m, PF_KSWAPD, 0, 0));
	expect_skip(0xff & ~(1u << 2 | 1u << 5));
	teardown(state);

	/* Pageblocks of 16: the second sample is page 8. */
	boot(4, 5, 64);
	take_all();
	cache(8, PF_PAGE_EVICTABLE);
	for (u32 pfn = 0; pfn < 64; pfn += 16)
		set_pageblock_skip(b.m, pfn);
	zone0()->compact_blockskip_flush = true;
	assert_true(impl->tick(b.m, PF_KSWAPD, 0, 0));
	assert_false(get_pageblock_skip(b.m, 0));
	assert_true(get_pageblock_skip(b.m, 16));
}

/* Once both scanners have a place to start, either kind of page clears the bit. */
static void test_skip_reset_beyond_the_first(void **state)
{
	(void)state;
	skip_all();
	give(24);
	cache(32, PF_PAGE_EVICTABLE);
	assert_true(impl->tick(b.m, PF_KSWAPD, 0, 0));
	expect_skip(0xff & ~(1u << 2 | 1u << 3 | 1u << 4 | 1u << 5));
	teardown(state);

	/* Before that: 8 is free but no source, 56 is in the cache but no target. */
	skip_all();
	give(8);
	cache(56, PF_PAGE_EVICTABLE);
	assert_true(impl->tick(b.m, PF_KSWAPD, 0, 0));
	expect_skip(0xff & ~(1u << 2 | 1u << 5));
}

/* The first attempt after the longest back-off forgets the hints itself. */
static void test_restart_after_maximal_deferral(void **state)
{
	u32 capture;

	for (unsigned shift = 5; shift <= 6; shift++) {
		skip_all();
		/* Memory enough for order 1: 5 pages. */
		for (u32 pfn = 57; pfn < 64; pfn += 2)
			give(pfn);
		zone0()->compact_order_failed = 1;
		zone0()->compact_defer_shift = shift;
		zone0()->compact_considered = 1u << shift;
		b.hindered[PF_INJECT_KILLED].count = UINT_MAX;
		assert_int_equal(
			try_to_compact(1, MIGRATE_MOVABLE, COMPACT_PRIO_SYNC_LIGHT, &capture),
			PF_COMPACT_CONTENDED);
		expect_skip(shift == 6 ? 0xff & ~(1u << 2 | 1u << 5) : 0xff);
		assert_int_equal(zone0()->compact_blockskip_flush, shift == 5);
		if (shift == 6)
			assert_int_equal(b.last[PF_EV_COMPACT_BEGIN].field[1], b.m->base_pfn + 16);
		teardown(state);
	}
}

/* ------------------------------------------------------------- hindrances -- */

static void hinder(enum pf_inject what, unsigned after, unsigned count)
{
	b.hindered[what] = (struct stub_hindrance){.after = after, .count = count};
}

/* Pageblocks of 64: the first one is in the cache, nothing else can be moved. */
static void one_large_block(void)
{
	boot(6, 8, 1024);
	take_all();
	stub_set_attrs(0, 1024, PF_PAGE_LIVE);
	for (u32 pfn = 256; pfn < 1024; pfn += 2)
		give(pfn);
	cache_pages(0, 64);
}

/*
 * Who finds the lock taken isolates what is left of the pageblock, with no end at
 * 32 pages, moves it and gives up. Once is enough to ask.
 */
static void test_contention_ends_async(void **state)
{
	u32 capture;

	(void)state;
	one_large_block();
	hinder(PF_INJECT_CONTENDED, 0, UINT_MAX);
	assert_int_equal(try_to_compact(7, MIGRATE_MOVABLE, COMPACT_PRIO_ASYNC, &capture),
			 PF_COMPACT_CONTENDED);
	assert_int_equal(b.nr_of[PF_EV_COMPACT_MIGRATEPAGES], 1);
	assert_int_equal(b.last[PF_EV_COMPACT_MIGRATEPAGES].field[0], 64);
	assert_int_equal(b.last[PF_EV_COMPACT_FINISHED].field[3], COMPACT_CONTENDED);
	assert_int_equal(b.nr_of[PF_EV_COMPACT_FINISHED], 2);
	assert_int_equal(b.hindered[PF_INJECT_CONTENDED].asked, 1);
	teardown(state);

	one_large_block();
	assert_int_equal(try_to_compact(7, MIGRATE_MOVABLE, COMPACT_PRIO_ASYNC, &capture),
			 PF_COMPACT_PARTIAL_SKIPPED);
	assert_int_equal(b.nr_of[PF_EV_COMPACT_MIGRATEPAGES], 2);
	assert_int_equal(b.last[PF_EV_COMPACT_MIGRATEPAGES].field[0], 32);
}

/* How often the LRU lock is asked for if each 4th page of a block is cached and the rest free. */
static unsigned locks_asked(u32 fixed, u32 movable)
{
	unsigned asked;
	u32 capture;

	one_large_block();
	for (u32 pfn = 0; pfn < 64; pfn++)
		if (pfn % 4) {
			b.attrs[pfn] = 0;
			impl->free(b.m, b.m->base_pfn + pfn, 0, 0);
		}
	impl->drain(b.m, 0);
	if (movable != LX_NONE) {
		lx_uncache_page(b.m, movable);
		b.attrs[movable] = PF_PAGE_LIVE | PF_PAGE_MOVABLE;
	}
	if (fixed != LX_NONE) {
		lx_uncache_page(b.m, fixed);
		b.attrs[fixed] = PF_PAGE_LIVE;
	}
	/* At the end of no round, at pages 0 and 32; then it's over, before free lists are locked. */
	hinder(PF_INJECT_KILLED, 3, UINT_MAX);
	try_to_compact(7, MIGRATE_MOVABLE, COMPACT_PRIO_ASYNC, &capture);
	assert_int_equal(b.nr_of[PF_EV_ISOLATE_MIGRATEPAGES], 1);
	assert_int_equal(b.last[PF_EV_ISOLATE_MIGRATEPAGES].field[3], fixed == LX_NONE ? 16 : 0);
	asked = b.hindered[PF_INJECT_CONTENDED].asked;
	teardown(NULL);
	return asked;
}

/* It is kept until the next 32 pages, or until a page that has an owner of its own. */
static void test_lru_lock_is_kept(void **state)
{
	(void)state;
	assert_int_equal(locks_asked(LX_NONE, LX_NONE), 2);
	assert_int_equal(locks_asked(LX_NONE, 8), 3);
	/* What the lock was for comes before it, what is next to the boundary behind it. */
	assert_int_equal(locks_asked(LX_NONE, 32), 2);
	assert_int_equal(locks_asked(LX_NONE, 0), 2);
	/* A page that can't be moved ends this part of the order. */
	assert_int_equal(locks_asked(40, LX_NONE), 2);
	assert_int_equal(locks_asked(8, LX_NONE), 1);
}

/* The lock of the free lists is tried as well. */
static void test_contention_of_the_free_scanner(void **state)
{
	u32 capture;

	(void)state;
	half_full();
	b.m->off.no_fast_search = true;
	b.busy = 0;
	hinder(PF_INJECT_CONTENDED, 0, 1);
	/* Owners of their own need no LRU lock. */
	assert_int_equal(try_to_compact(3, MIGRATE_MOVABLE, COMPACT_PRIO_ASYNC, &capture),
			 PF_COMPACT_CONTENDED);
	assert_int_equal(b.nr_moves, 8);
	assert_int_equal(b.hindered[PF_INJECT_CONTENDED].asked, 1);
}

static void test_others_wait_for_the_lock(void **state)
{
	u32 capture;

	(void)state;
	half_fixed();
	cache_pages(0, 7);
	hinder(PF_INJECT_CONTENDED, 0, UINT_MAX);
	assert_int_equal(try_to_compact(3, MIGRATE_MOVABLE, COMPACT_PRIO_SYNC_LIGHT, &capture),
			 PF_COMPACT_PARTIAL_SKIPPED);
	compact_node0();
	assert_true(impl->tick(b.m, PF_KCOMPACTD, 0, 3));
	assert_int_equal(b.hindered[PF_INJECT_CONTENDED].asked, 0);
}

static void test_killed_at_the_end_of_a_round(void **state)
{
	u32 capture;

	(void)state;
	half_full();
	hinder(PF_INJECT_KILLED, 0, UINT_MAX);
	assert_int_equal(try_to_compact(3, MIGRATE_MOVABLE, COMPACT_PRIO_SYNC_LIGHT, &capture),
			 PF_COMPACT_CONTENDED);
	assert_int_equal(total(PF_DUMP_COMPACT_MIGRATE_SCANNED), 0);
	/* By compact_finished(), and by try_to_compact_pages(). */
	assert_int_equal(b.hindered[PF_INJECT_KILLED].asked, 2);
	assert_int_equal(zone0()->compact_defer_shift, 0);
	/* kcompactd asks too, for one that is proactive. */
	assert_true(impl->tick(b.m, PF_KCOMPACTD_PROACTIVE, 0, 0));
	assert_int_equal(b.last[PF_EV_COMPACT_END].field[5], COMPACT_CONTENDED);
	assert_int_equal(b.nr_moves, 0);
}

/* What is isolated is put back, and not said to have been scanned. */
static void test_killed_while_it_looks_for_sources(void **state)
{
	u32 capture, base;

	(void)state;
	boot(6, 8, 256);
	base = b.m->base_pfn;
	take_all();
	stub_set_attrs(0, 256, PF_PAGE_LIVE);
	for (u32 pfn = 128; pfn < 256; pfn += 2)
		give(pfn);
	cache_pages(0, 10);
	/* At the end of no round, at page 0, and at page 32. */
	hinder(PF_INJECT_KILLED, 2, 1);
	assert_int_equal(try_to_compact(3, MIGRATE_MOVABLE, COMPACT_PRIO_SYNC_LIGHT, &capture),
			 PF_COMPACT_CONTENDED);
	assert_int_equal(b.nr_moves, 0);
	assert_int_equal(b.nr_of[PF_EV_ISOLATE_MIGRATEPAGES], 0);
	assert_int_equal(total(PF_DUMP_COMPACT_MIGRATE_SCANNED), 32);
	assert_int_equal(total(PF_DUMP_COMPACT_ISOLATED), 10);
	assert_int_equal(total(PF_DUMP_PGMIGRATE_FAIL), 0);
	expect_batch(0, 10, (u32[]){9, 8, 7, 6, 5, 4, 3, 2, 1, 0});
	assert_int_equal(b.last[PF_EV_COMPACT_END].field[1], base + 32);
	assert_int_equal(zone0()->compact_cached_migrate_pfn[0], base);
	assert_int_equal(zone0()->compact_cached_migrate_pfn[1], base);
	assert_int_equal(zone0()->compact_defer_shift, 0);
}

/*
 * There are no targets then. Pages 120, 112 and 104 are no multiples of 32; there
 * it looks at each page, each second and each fourth, as nothing is free.
 */
static void test_killed_while_it_looks_for_targets(void **state)
{
	(void)state;
	boot(3, 5, 128);
	take_all();
	stub_set_attrs(0, 128, PF_PAGE_LIVE);
	for (u32 pfn = 64; pfn < 104; pfn += 2)
		give(pfn);
	cache_pages(0, 8);
	/* Whole nodes are not asked for at the end of a round: page 0, page 96. */
	hinder(PF_INJECT_KILLED, 1, 1);
	compact_node0();
	assert_int_equal(b.hindered[PF_INJECT_KILLED].asked, 2);
	assert_int_equal(b.nr_moves, 0);
	assert_int_equal(total(PF_DUMP_COMPACT_FREE_SCANNED), 8 + 4 + 2);
	assert_int_equal(total(PF_DUMP_PGMIGRATE_FAIL), 1);
	assert_int_equal(b.last[PF_EV_COMPACT_END].field[2], b.m->base_pfn + 96);
	assert_int_equal(b.last[PF_EV_COMPACT_END].field[5], COMPACT_CONTENDED);
	expect_batch(0, 8, (u32[]){7, 6, 5, 4, 3, 2, 1, 0});
}

/* How many zones are tried that have no memory at all. */
static unsigned zones_tried(unsigned prio, enum pf_inject what)
{
	unsigned nr;
	u32 capture;

	one_zone(3, 5, 0, 128);
	b.layout.zone[0].type = PF_ZONE_DMA32;
	b.layout.zone[0].spanned = 64;
	b.layout.zone[1] = b.layout.zone[0];
	b.layout.zone[1].start_pfn += 64;
	b.layout.zone[1].type = PF_ZONE_NORMAL;
	b.layout.nr_zones = 2;
	boot_layout();
	take_all();
	hinder(what, 0, UINT_MAX);
	assert_int_equal(try_to_compact(1, MIGRATE_MOVABLE, prio, &capture), PF_COMPACT_SKIPPED);
	nr = b.nr_of[PF_EV_COMPACT_SUITABLE];
	teardown(NULL);
	return nr;
}

/* Other tasks that wait for the cpu count only for those who don't want to wait. */
static void test_killed_or_in_the_way_between_zones(void **state)
{
	(void)state;
	assert_int_equal(zones_tried(COMPACT_PRIO_ASYNC, PF_INJECT_CONTENDED), 2);
	assert_int_equal(zones_tried(COMPACT_PRIO_ASYNC, PF_INJECT_RESCHED), 1);
	assert_int_equal(zones_tried(COMPACT_PRIO_SYNC_LIGHT, PF_INJECT_RESCHED), 2);
	assert_int_equal(zones_tried(COMPACT_PRIO_SYNC_FULL, PF_INJECT_RESCHED), 2);
	assert_int_equal(zones_tried(COMPACT_PRIO_ASYNC, PF_INJECT_KILLED), 1);
	assert_int_equal(zones_tried(COMPACT_PRIO_SYNC_LIGHT, PF_INJECT_KILLED), 1);
}

static void test_async_aborts_if_too_many_are_isolated(void **state)
{
	u32 capture;

	(void)state;
	half_fixed();
	cache_pages(0, 8);
	hinder(PF_INJECT_ISOLATED, 0, 1);
	assert_int_equal(try_to_compact(3, MIGRATE_MOVABLE, COMPACT_PRIO_ASYNC, &capture),
			 PF_COMPACT_CONTENDED);
	assert_int_equal(b.hindered[PF_INJECT_ISOLATED].asked, 1);
	assert_int_equal(b.nr_moves, 0);
	assert_int_equal(total(PF_DUMP_COMPACT_MIGRATE_SCANNED), 0);
	expect_inactive(8);
}

static void test_sync_waits_until_fewer_are_isolated(void **state)
{
	u32 capture;

	(void)state;
	half_fixed();
	cache_pages(0, 8);
	hinder(PF_INJECT_ISOLATED, 0, 3);
	assert_int_equal(try_to_compact(3, MIGRATE_MOVABLE, COMPACT_PRIO_SYNC_LIGHT, &capture),
			 PF_COMPACT_SUCCESS);
	assert_int_equal(b.hindered[PF_INJECT_ISOLATED].asked, 4);
	assert_int_equal(b.nr_moves, 8);
	teardown(state);

	/* Or until it is killed: the first question is at the end of a round. */
	half_fixed();
	cache_pages(0, 8);
	hinder(PF_INJECT_ISOLATED, 0, UINT_MAX);
	hinder(PF_INJECT_KILLED, 3, 1);
	assert_int_equal(try_to_compact(3, MIGRATE_MOVABLE, COMPACT_PRIO_SYNC_LIGHT, &capture),
			 PF_COMPACT_CONTENDED);
	assert_int_equal(b.hindered[PF_INJECT_ISOLATED].asked, 3);
	assert_int_equal(b.nr_moves, 0);
}

/* More than half of what is on the lists are too many. */
static void test_half_of_the_lists_isolated(void **state)
{
	u32 capture;

	for (unsigned isolated = 3; isolated <= 4; isolated++) {
		half_fixed();
		cache_pages(0, 7);
		cache(7, 0);
		b.m->node[0].nr_isolated_file = isolated;
		assert_int_equal(try_to_compact(3, MIGRATE_MOVABLE, COMPACT_PRIO_ASYNC, &capture),
				 isolated == 3 ? PF_COMPACT_SUCCESS : PF_COMPACT_CONTENDED);
		b.m->node[0].nr_isolated_file -= isolated;
		teardown(state);
	}
}

/* ----------------------------------------------------- random run, cached -- */

static void random_hindrances(void)
{
	for (unsigned what = PF_INJECT_CONTENDED; what < PF_NR_INJECT; what++)
		hinder((enum pf_inject)what, rng(40), rng(4) ? 0 : 1 + rng(3));
	b.again = rng(4) ? PF_NO_PFN : rng(b.m->nr_pages);
	b.busy = rng(4) ? PF_NO_PFN : rng(b.m->nr_pages);
	b.nomem = rng(20) ? PF_NO_PFN : rng(b.m->nr_pages);
}

static void random_compaction(void)
{
	struct pf_compact_request req = {.order = (int8_t)(rng(7) - 1),
					 .mobility = (uint8_t)rng(3),
					 .mode = (uint8_t)rng(PF_NR_MODES)};

	random_hindrances();
	b.nr_moves = b.nr_waits = 0;
	if (rng(3))
		impl->compact(b.m, &req);
	else
		impl->tick(b.m, (enum pf_daemon)rng(PF_NR_DAEMONS), 0, rng(5));
}

static void random_page_op(u32 pfn)
{
	static const uint16_t states[] = {PF_PAGE_EVICTABLE, PF_PAGE_LOCKED, PF_PAGE_DIRTY,
					  PF_PAGE_WRITEBACK};
	struct pf_request req = {.mobility = PF_MOVABLE,
				 .cpu = (uint8_t)rng(2),
				 .zone = PF_ZONE_NORMAL,
				 .gfp = PF_GFP_NOMEMALLOC};
	pf_pfn got;

	if (!b.attrs[pfn]) {
		got = impl->alloc(b.m, &req);
		if (got != PF_NO_PFN)
			stub_set_attrs(got - b.m->base_pfn, 1, PF_PAGE_LIVE | PF_PAGE_MOVABLE);
	} else if (rng(3)) {
		b.attrs[pfn] ^= states[rng(4)];
		b.attrs[pfn] |= rng(2) ? PF_PAGE_LRU : 0;
		impl->set_attrs(b.m, b.m->base_pfn + pfn, b.attrs[pfn]);
	} else {
		stub_set_attrs(pfn, 1, 0);
		impl->free(b.m, b.m->base_pfn + pfn, 0, rng(2));
	}
}

/* Whatever happens, the pages of the cache are those of the owners, and all are accounted for. */
static void test_random_cached_pages(void **state)
{
	for (unsigned round = 0; round < 20; round++) {
		rng_state = (round + 1) * 0x9e3779b97f4a7c15u;
		one_zone(3 + rng(4), 6, 0, 256);
		b.layout.nr_cpus = 2;
		boot_layout();
		for (unsigned i = 0; i < 400; i++)
			random_page_op(rng(256));
		for (unsigned i = 0; i < 1000; i++) {
			unsigned what = rng(20);

			if (what)
				random_page_op(rng(256));
			else
				random_compaction();
			if (!rng(50))
				impl->set_cpu(b.m, 1, rng(2));
			expect_lru_counters();
			for (u32 pfn = 0; pfn < 256; pfn++)
				assert_int_equal(page_in_cache(b.m, pfn),
						 !!(b.attrs[pfn] & PF_PAGE_LRU));
		}
		assert_null(impl->self_check(b.m));
		teardown(state);
	}
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
		cmocka_unit_test_teardown(test_set_attrs_drains, teardown),
		cmocka_unit_test_teardown(test_set_attrs_of_a_batched_page, teardown),
		cmocka_unit_test_teardown(test_batch_of_15, teardown),
		cmocka_unit_test_teardown(test_batch_asks_late, teardown),
		cmocka_unit_test_teardown(test_batch_of_a_cpu_that_goes, teardown),
		cmocka_unit_test_teardown(test_free_drains, teardown),
		cmocka_unit_test_teardown(test_moved_pages_wait_in_the_batch, teardown),
		cmocka_unit_test_teardown(test_moved_pages_fill_batches, teardown),
		cmocka_unit_test_teardown(test_compaction_drains_past_each_part, teardown),
		cmocka_unit_test_teardown(test_pages_of_other_cpus_are_invisible, teardown),
		cmocka_unit_test_teardown(test_nofs_leaves_the_cache_alone, teardown),
		cmocka_unit_test_teardown(test_unevictable_pages_need_the_knob, teardown),
		cmocka_unit_test_teardown(test_writeback_and_dirty_pages_need_sync, teardown),
		cmocka_unit_test_teardown(test_locked_pages_are_isolated, teardown),
		cmocka_unit_test_teardown(test_isolation_claims_the_pageblock, teardown),
		cmocka_unit_test_teardown(test_skip_on_failure_puts_back_into_the_batch, teardown),
		cmocka_unit_test_teardown(test_skip_on_failure_leaves_no_mark, teardown),
		cmocka_unit_test_teardown(test_skip_on_failure_goes_on, teardown),
		cmocka_unit_test_teardown(test_locked_pages_are_tried_ten_times, teardown),
		cmocka_unit_test_teardown(test_locked_pages_are_waited_for_at_the_4th_attempt,
					  teardown),
		cmocka_unit_test_teardown(test_writeback_is_waited_for_at_the_4th_attempt,
					  teardown),
		cmocka_unit_test_teardown(test_dirty_pages_are_written_at_once, teardown),
		cmocka_unit_test_teardown(test_less_than_sync_gives_up, teardown),
		cmocka_unit_test_teardown(test_order_of_waiting, teardown),
		cmocka_unit_test_teardown(test_others_are_not_waited_for, teardown),
		cmocka_unit_test_teardown(test_order_of_failed_pages, teardown),
		cmocka_unit_test_teardown(test_migrate_nomem, teardown),
		cmocka_unit_test_teardown(test_target_of_a_page_that_is_waited_for, teardown),
		cmocka_unit_test_teardown(test_pages_that_stay_are_put_back, teardown),
		cmocka_unit_test_teardown(test_only_requests_have_pf_memalloc, teardown),
		cmocka_unit_test_teardown(test_kswapd_resets_skip_bits, teardown),
		cmocka_unit_test_teardown(test_skip_reset_looks_at_samples, teardown),
		cmocka_unit_test_teardown(test_skip_reset_beyond_the_first, teardown),
		cmocka_unit_test_teardown(test_restart_after_maximal_deferral, teardown),
		cmocka_unit_test_teardown(test_contention_ends_async, teardown),
		cmocka_unit_test_teardown(test_lru_lock_is_kept, teardown),
		cmocka_unit_test_teardown(test_contention_of_the_free_scanner, teardown),
		cmocka_unit_test_teardown(test_others_wait_for_the_lock, teardown),
		cmocka_unit_test_teardown(test_killed_at_the_end_of_a_round, teardown),
		cmocka_unit_test_teardown(test_killed_while_it_looks_for_sources, teardown),
		cmocka_unit_test_teardown(test_killed_while_it_looks_for_targets, teardown),
		cmocka_unit_test_teardown(test_killed_or_in_the_way_between_zones, teardown),
		cmocka_unit_test_teardown(test_async_aborts_if_too_many_are_isolated, teardown),
		cmocka_unit_test_teardown(test_sync_waits_until_fewer_are_isolated, teardown),
		cmocka_unit_test_teardown(test_half_of_the_lists_isolated, teardown),
		cmocka_unit_test_teardown(test_random_cached_pages, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
