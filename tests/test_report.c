// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_report.c - what leaves the house in the kernel's words: files of /proc from
 * a dump made by hand, and a line of ftrace text for each event.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../targets/command/ftrace.h"
#include "../targets/import/import.h"
#include "../targets/command/report.h"

/* ----------------------------------------------------------------- /proc -- */

/*
 * Node 0: DMA32 of 22 pages that begins and ends inside a pageblock of 8, and
 * Normal of 32. Node 1: nothing. Node 2: Movable of 16 pages.
 */
static const struct pf_layout layout = {
	.base_pfn = 1024,
	.end_pfn = 1104,
	.pageblock_order = 3,
	.max_order = 4,
	.nr_nodes = 3,
	.nr_cpus = 2,
	.nr_zones = 3,
	.zone = {{.start_pfn = 1028, .spanned = 22, .node = 0, .type = PF_ZONE_DMA32},
		 {.start_pfn = 1056, .spanned = 32, .node = 0, .type = PF_ZONE_NORMAL},
		 {.start_pfn = 1088, .spanned = 16, .node = 2, .type = PF_ZONE_MOVABLE}},
};

static uint32_t words[64];

static void add_list(struct pf_dump *d, struct pf_list *list, uint32_t a, uint32_t b)
{
	pf_dump_begin(d, list);
	pf_dump_add(d, list, a);
	if (b)
		pf_dump_add(d, list, b);
}

static struct pf_dump make_dump(void)
{
	static const uint32_t blocks[3][4] = {
		{PF_UNMOVABLE, PF_MOVABLE | PF_BLOCK_SKIP, PF_MOVABLE, PF_RECLAIMABLE},
		{PF_MOVABLE, PF_HIGHATOMIC, PF_CMA, PF_ISOLATE},
		{PF_MOVABLE, PF_MOVABLE},
	};
	static const uint8_t nr_blocks[3] = {4, 4, 2};
	struct pf_dump d = {.word = words, .room = 64, .nr_zones = 3, .nr_cpus = 2};

	for (unsigned z = 0; z < 3; z++) {
		struct pf_zone_dump *zone = &d.zone[z];

		zone->field[PF_DUMP_PRESENT] = zone->field[PF_DUMP_MANAGED] =
			layout.zone[z].spanned;
		pf_dump_begin(&d, &zone->blocks);
		for (unsigned i = 0; i < nr_blocks[z]; i++)
			pf_dump_add(&d, &zone->blocks, blocks[z][i]);
	}

	/* 2 free, of which a cpu has not told yet: below 0. */
	add_list(&d, &d.zone[0].free[0][PF_UNMOVABLE], 1030, 1033);
	d.zone[0].field[PF_DUMP_FREE] = (uint32_t)-1;
	d.zone[0].field[PF_DUMP_PRESENT] = 20;
	d.zone[0].field[PF_DUMP_RESERVE_NORMAL] = 32;
	d.zone[0].field[PF_DUMP_RESERVE_MOVABLE] = 33;

	add_list(&d, &d.zone[1].free[1][PF_MOVABLE], 1056, 0);
	add_list(&d, &d.zone[1].free[3][PF_CMA], 1072, 0);
	add_list(&d, &d.zone[1].free[3][PF_ISOLATE], 1080, 0);
	d.zone[1].field[PF_DUMP_FREE] = 10;
	d.zone[1].field[PF_DUMP_MANAGED] = 30;
	d.zone[1].field[PF_DUMP_WMARK_MIN] = 4;
	d.zone[1].field[PF_DUMP_WMARK_LOW] = 5;
	d.zone[1].field[PF_DUMP_WMARK_HIGH] = 6;
	d.zone[1].field[PF_DUMP_BOOST] = 8;
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		uint32_t *c = d.zone[1].cpu[cpu];

		c[PF_DUMP_COUNT] = 3 + cpu;
		c[PF_DUMP_HIGH] = 12;
		c[PF_DUMP_BATCH] = 2;
		c[PF_DUMP_STAT_THRESHOLD] = 7;
	}

	add_list(&d, &d.zone[2].free[4][PF_MOVABLE], 1088, 0);
	d.zone[2].field[PF_DUMP_FREE] = 16;
	assert_true(d.nr_words <= d.room);
	return d;
}

typedef void (*report_fn)(FILE *out, const struct pf_layout *l, const struct pf_dump *d);

static void both_cpus(FILE *out, const struct pf_layout *l, const struct pf_dump *d)
{
	pf_report_zoneinfo(out, l, d, 3);
}

static void second_cpu(FILE *out, const struct pf_layout *l, const struct pf_dump *d)
{
	pf_report_zoneinfo(out, l, d, 2);
}

/* Free it. */
static void text_of(report_fn fn, const struct pf_dump *d, char **text)
{
	size_t len;
	FILE *out = open_memstream(text, &len);

	assert_non_null(out);
	fn(out, &layout, d);
	fclose(out);
}

static void assert_report(report_fn fn, const struct pf_dump *d, const char *expected)
{
	char *text = NULL;

	text_of(fn, d, &text);
	assert_string_equal(text, expected);
	free(text);
}

static void test_buddyinfo(void **state)
{
	struct pf_dump d = make_dump();

	(void)state;
	assert_report(pf_report_buddyinfo, &d,
		      "Node 0, zone    DMA32      2      0      0      0      0 \n"
		      "Node 0, zone   Normal      0      1      0      2      0 \n"
		      "Node 2, zone  Movable      0      0      0      0      1 \n");
}

#define TYPE_HEADER                                                                       \
	"Page block order: 3\n"                                                           \
	"Pages per block:  8\n"                                                           \
	"\n"                                                                              \
	"Free pages count per migrate type at order       0      1      2      3      4 " \
	"\n"
#define BLOCK_HEADER                                                                           \
	"\n"                                                                                   \
	"Number of blocks type     Unmovable      Movable  Reclaimable   HighAtomic          " \
	"CMA      Isolate \n"
#define NONE "     0      0      0      0      0 \n"

#define NODE0_COUNTS                                                                        \
	"Node    0, zone    DMA32, type    Unmovable      2      0      0      0      0 \n" \
	"Node    0, zone    DMA32, type      Movable " NONE                                 \
	"Node    0, zone    DMA32, type  Reclaimable " NONE                                 \
	"Node    0, zone    DMA32, type   HighAtomic " NONE                                 \
	"Node    0, zone    DMA32, type          CMA " NONE                                 \
	"Node    0, zone    DMA32, type      Isolate " NONE                                 \
	"Node    0, zone   Normal, type    Unmovable " NONE                                 \
	"Node    0, zone   Normal, type      Movable      0      1      0      0      0 \n" \
	"Node    0, zone   Normal, type  Reclaimable " NONE                                 \
	"Node    0, zone   Normal, type   HighAtomic " NONE                                 \
	"Node    0, zone   Normal, type          CMA      0      0      0      1      0 \n" \
	"Node    0, zone   Normal, type      Isolate      0      0      0      1      0 \n"
#define NODE2_COUNTS                                                                        \
	"Node    2, zone  Movable, type    Unmovable " NONE                                 \
	"Node    2, zone  Movable, type      Movable      0      0      0      0      1 \n" \
	"Node    2, zone  Movable, type  Reclaimable " NONE                                 \
	"Node    2, zone  Movable, type   HighAtomic " NONE                                 \
	"Node    2, zone  Movable, type          CMA " NONE                                 \
	"Node    2, zone  Movable, type      Isolate " NONE

static void test_pagetypeinfo(void **state)
{
	struct pf_dump d = make_dump();

	(void)state;
	/* Steps from 1028: 1036, 1044. 1052 is behind the zone, and its block stays uncounted. */
	assert_report(pf_report_pagetypeinfo, &d,
		      TYPE_HEADER NODE0_COUNTS BLOCK_HEADER
		      "Node 0, zone    DMA32            1            2            0            0 "
		      "           0            0 \n"
		      "Node 0, zone   Normal            0            1            0            1 "
		      "           1            1 \n" TYPE_HEADER NODE2_COUNTS BLOCK_HEADER
		      "Node 2, zone  Movable            0            2            0            0 "
		      "           0            0 \n");
}

/* A record without lists still has their lengths. */
static void test_pagetypeinfo_of_lengths(void **state)
{
	struct pf_dump d = make_dump();

	(void)state;
	d.lists_absent = true;
	d.word = NULL;
	assert_report(pf_report_pagetypeinfo, &d,
		      TYPE_HEADER NODE0_COUNTS TYPE_HEADER NODE2_COUNTS);
}

static void test_pagetypeinfo_cap(void **state)
{
	struct pf_dump d = make_dump();
	char *text = NULL, *line;

	(void)state;
	d.zone[2].free[0][PF_MOVABLE].nr = 99999;
	d.zone[2].free[1][PF_MOVABLE].nr = 100000;
	d.zone[2].free[2][PF_MOVABLE].nr = 1234567;
	text_of(pf_report_pagetypeinfo, &d, &text);
	line = strstr(text, "Node    2, zone  Movable, type      Movable ");
	assert_non_null(line);
	*strchr(line, '\n') = '\0';
	assert_string_equal(line, "Node    2, zone  Movable, type      Movable  99999 >100000 "
				  ">100000      0      1 ");
	free(text);
}

#define EMPTY(node, zone)                \
	"Node " node ", zone " zone "\n" \
	"  pages free     0\n"           \
	"        boost    0\n"           \
	"        min      0\n"           \
	"        low      0\n"           \
	"        high     0\n"           \
	"        spanned  0\n"           \
	"        present  0\n"           \
	"        managed  0\n"           \
	"        cma      0\n"           \
	"        protection: (0, 0, 0, 0)\n"

#define CPU(nr, count, high, batch, threshold) \
	"    cpu: " nr "\n"                    \
	"              count: " count "\n"     \
	"              high:  " high "\n"      \
	"              batch: " batch "\n"     \
	"  vm stats threshold: " threshold "\n"

#define ZONEINFO(cpus_dma32, cpus_normal, cpus_movable)                                            \
	EMPTY("0", "     DMA")                                                                     \
	"Node 0, zone    DMA32\n"                                                                  \
	"  pages free     0\n"                                                                     \
	"        boost    0\n"                                                                     \
	"        min      0\n"                                                                     \
	"        low      0\n"                                                                     \
	"        high     0\n"                                                                     \
	"        spanned  22\n"                                                                    \
	"        present  20\n"                                                                    \
	"        managed  22\n"                                                                    \
	"        cma      0\n"                                                                     \
	"        protection: (0, 0, 32, 33)\n"                                                     \
	"      nr_free_pages 0\n"                                                                  \
	"      nr_free_cma  0\n"                                                                   \
	"  pagesets\n" cpus_dma32 "  node_unreclaimable:  0\n"                                     \
	"  start_pfn:           1028\n"                                                            \
	"Node 0, zone   Normal\n"                                                                  \
	"  pages free     10\n"                                                                    \
	"        boost    8\n"                                                                     \
	"        min      12\n"                                                                    \
	"        low      13\n"                                                                    \
	"        high     14\n"                                                                    \
	"        spanned  32\n"                                                                    \
	"        present  32\n"                                                                    \
	"        managed  30\n"                                                                    \
	"        cma      8\n"                                                                     \
	"        protection: (0, 0, 0, 0)\n"                                                       \
	"      nr_free_pages 10\n"                                                                 \
	"      nr_free_cma  8\n"                                                                   \
	"  pagesets\n" cpus_normal "  node_unreclaimable:  0\n"                                    \
	"  start_pfn:           1056\n" EMPTY("0", " Movable") EMPTY("2", "     DMA")              \
		EMPTY("2", "   DMA32") EMPTY("2", "  Normal") "Node 2, zone  Movable\n"            \
							      "  pages free     16\n"              \
							      "        boost    0\n"               \
							      "        min      0\n"               \
							      "        low      0\n"               \
							      "        high     0\n"               \
							      "        spanned  16\n"              \
							      "        present  16\n"              \
							      "        managed  16\n"              \
							      "        cma      0\n"               \
							      "        protection: (0, 0, 0, 0)\n" \
							      "      nr_free_pages 16\n"           \
							      "      nr_free_cma  0\n"             \
							      "  pagesets\n" cpus_movable          \
							      "  node_unreclaimable:  0\n"         \
							      "  start_pfn:           1088\n"

#define IDLE(nr) CPU(nr, "0", "0", "0", "0")

static void test_zoneinfo(void **state)
{
	struct pf_dump d = make_dump();

	(void)state;
	assert_report(both_cpus, &d,
		      ZONEINFO(IDLE("0") IDLE("1"),
			       CPU("0", "3", "12", "2", "7") CPU("1", "4", "12", "2", "7"),
			       IDLE("0") IDLE("1")));
	assert_report(second_cpu, &d,
		      ZONEINFO(IDLE("1"), CPU("1", "4", "12", "2", "7"), IDLE("1")));
}

/* ---------------------------------------------------------------- ftrace -- */

static const struct pf_op alloc_op = {
	.kind = PF_OP_ALLOC,
	.arg = {[PF_ALLOC_ORDER] = 3, [PF_ALLOC_MOBILITY] = PF_MOVABLE, [PF_ALLOC_CPU] = 3},
};

/* The line of an event in operation 1234567, and what our own reader makes of it. */
static char *line_of(const struct pf_event *ev, struct pf_trace_event *read)
{
	char *text = NULL;
	size_t len;
	struct pf_ftrace t = {.out = open_memstream(&text, &len)};

	assert_non_null(t.out);
	pf_ftrace_op(&t, &layout, 3, 1234567, &alloc_op);
	pf_ftrace_event(&t, ev);
	fclose(t.out);
	assert_true(len && text[len - 1] == '\n' && strchr(text, '\n') == text + len - 1);
	text[len - 1] = '\0';
	assert_int_equal(pf_ftrace_parse(text, len - 1, read), PF_LINE_EVENT);
	assert_int_equal(read->cpu, 1);
	assert_int_equal(read->pid, 1);
	assert_int_equal(read->time, 1234567000);
	assert_int_equal(read->bad_gfp, 0);
	assert_false(read->in_irq);
	return text;
}

#define PREFIX "        pagefuzz-1       [001] .....     1.234567: "

static const struct {
	struct pf_event ev;
	const char *line;
} lines[] = {
	{{PF_EV_EXTFRAG, 6, {0x410, 1, 2, 0, 1, 1}},
	 "mm_page_alloc_extfrag: page=ffffea0000010400 pfn=0x410 alloc_order=1 fallback_order=2 "
	 "pageblock_order=3 alloc_migratetype=0 fallback_migratetype=1 fragmenting=1 "
	 "change_ownership=1"},
	{{PF_EV_EXTFRAG, 6, {0x410, 1, 3, 2, 1, 0}},
	 "mm_page_alloc_extfrag: page=ffffea0000010400 pfn=0x410 alloc_order=1 fallback_order=3 "
	 "pageblock_order=3 alloc_migratetype=2 fallback_migratetype=1 fragmenting=0 "
	 "change_ownership=0"},
	{{PF_EV_WAKEUP_KSWAPD, 3, {1, 2, 4}},
	 "mm_vmscan_wakeup_kswapd: nid=1 order=4 gfp_flags=GFP_KERNEL|__GFP_MOVABLE"},
	{{PF_EV_PAGE_ALLOC, 4, {0x403, 0, PF_GFP_HIGH | PF_GFP_ATOMIC | PF_GFP_KSWAPD_RECLAIM, 0}},
	 "mm_page_alloc: page=ffffea00000100c0 pfn=0x403 order=0 migratetype=0 "
	 "gfp_flags=GFP_ATOMIC"},
	{{PF_EV_PAGE_ALLOC, 4, {-1, 5, 0, 2}},
	 "mm_page_alloc: page=0000000000000000 pfn=0x0 order=5 migratetype=2 "
	 "gfp_flags=__GFP_RECLAIMABLE"},
	{{PF_EV_PAGE_ALLOC, 4, {0x400, 9, 0x1c25ca, 1}},
	 "mm_page_alloc: page=ffffea0000010000 pfn=0x400 order=9 migratetype=1 "
	 "gfp_flags=GFP_TRANSHUGE|__GFP_ZERO"},
	{{PF_EV_PAGE_ALLOC, 4, {0x400, 0, 0x10400cc0, 0}},
	 "mm_page_alloc: page=ffffea0000010000 pfn=0x400 order=0 migratetype=0 "
	 "gfp_flags=GFP_KERNEL_ACCOUNT|0x10000000"},
	{{PF_EV_PAGE_ALLOC, 4, {0x400, 0, 0, 0}},
	 "mm_page_alloc: page=ffffea0000010000 pfn=0x400 order=0 migratetype=0 gfp_flags=none"},
	{{PF_EV_PAGE_FREE, 2, {0x400, 3}}, "mm_page_free: page=ffffea0000010000 pfn=0x400 order=3"},
	{{PF_EV_PAGE_FREE_BATCHED, 1, {0x401}},
	 "mm_page_free_batched: page=ffffea0000010040 pfn=0x401 order=0"},
	{{PF_EV_ALLOC_ZONE_LOCKED, 4, {0x400, 3, 1, 1}},
	 "mm_page_alloc_zone_locked: page=ffffea0000010000 pfn=0x400 order=3 migratetype=1 "
	 "percpu_refill=1"},
	{{PF_EV_PCPU_DRAIN, 3, {0x400, 3, 1}},
	 "mm_page_pcpu_drain: page=ffffea0000010000 pfn=0x400 order=3 migratetype=1"},
	{{PF_EV_COMPACT_BEGIN, 5, {0x400, 0x410, 0x43e, 0x440, 0}},
	 "mm_compaction_begin: zone_start=0x400 migrate_pfn=0x410 free_pfn=0x43e zone_end=0x440, "
	 "mode=async"},
	{{PF_EV_COMPACT_END, 6, {0x400, 0x410, 0x43e, 0x440, 1, 6}},
	 "mm_compaction_end: zone_start=0x400 migrate_pfn=0x410 free_pfn=0x43e zone_end=0x440, "
	 "mode=sync status=partial_skipped"},
	{{PF_EV_COMPACT_TRY, 3, {4, PF_GFP_IO | PF_GFP_DIRECT_RECLAIM, 2}},
	 "mm_compaction_try_to_compact_pages: order=4 "
	 "gfp_mask=__GFP_IO|__GFP_DIRECT_RECLAIM priority=2"},
	{{PF_EV_COMPACT_FINISHED, 4, {0, PF_ZONE_NORMAL, 4, 3}},
	 "mm_compaction_finished: node=0 zone=Normal   order=4 ret=no_suitable_page"},
	{{PF_EV_COMPACT_SUITABLE, 4, {1, PF_ZONE_DMA, -1, 4}},
	 "mm_compaction_suitable: node=1 zone=DMA      order=-1 ret=continue"},
	{{PF_EV_COMPACT_DEFERRED, 6, {0, PF_ZONE_MOVABLE, 4, 3, 5, 2}},
	 "mm_compaction_deferred: node=0 zone=Movable  order=4 order_failed=2 consider=3 limit=32"},
	{{PF_EV_COMPACT_DEFER, 6, {0, PF_ZONE_DMA32, 4, 0, 1, 4}},
	 "mm_compaction_defer_compaction: node=0 zone=DMA32    order=4 order_failed=4 consider=0 "
	 "limit=2"},
	{{PF_EV_COMPACT_DEFER_RESET, 6, {0, PF_ZONE_NORMAL, 4, 0, 0, 5}},
	 "mm_compaction_defer_reset: node=0 zone=Normal   order=4 order_failed=5 consider=0 "
	 "limit=1"},
	{{PF_EV_COMPACT_MIGRATEPAGES, 2, {7, 25}},
	 "mm_compaction_migratepages: nr_migrated=7 nr_failed=25"},
	{{PF_EV_ISOLATE_MIGRATEPAGES, 4, {0x400, 0x408, 8, 2}},
	 "mm_compaction_isolate_migratepages: range=(0x400 ~ 0x408) nr_scanned=8 nr_taken=2"},
	{{PF_EV_ISOLATE_FREEPAGES, 4, {0x430, 0x438, 3, 4}},
	 "mm_compaction_isolate_freepages: range=(0x430 ~ 0x438) nr_scanned=3 nr_taken=4"},
	{{PF_EV_COMPACT_RETRY, 6, {4, 1, 5, 2, 16, 1}},
	 "compact_retry: order=4 priority=COMPACT_PRIO_SYNC_LIGHT compaction_result=failed "
	 "retries=2 max_retries=16 should_retry=1"},
	{{PF_EV_WAKEUP_KCOMPACTD, 3, {0, 4, PF_ZONE_NORMAL}},
	 "mm_compaction_wakeup_kcompactd: nid=0 order=4 classzone_idx=Normal  "},
	{{PF_EV_KCOMPACTD_SLEEP, 1, {2}}, "mm_compaction_kcompactd_sleep: nid=2"},
	{{PF_EV_KCOMPACTD_WAKE, 3, {0, 4, 7}},
	 "mm_compaction_kcompactd_wake: nid=0 order=4 classzone_idx=0x7     "},
	{{PF_EV_MIGRATE_PAGES, 4, {30, 2, PF_MODE_SYNC_LIGHT, 0}},
	 "mm_migrate_pages: nr_succeeded=30 nr_failed=2 nr_thp_succeeded=0 nr_thp_failed=0 "
	 "nr_thp_split=0 mode=MIGRATE_SYNC_LIGHT reason=compaction"},
};

static void test_lines(void **state)
{
	bool seen[PF_NR_EVENTS] = {false};
	struct pf_trace_event read;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char *line = line_of(&lines[i].ev, &read);

		assert_memory_equal(line, PREFIX, strlen(PREFIX));
		assert_string_equal(line + strlen(PREFIX), lines[i].line);
		seen[lines[i].ev.type] = true;
		free(line);
	}
	for (unsigned i = 0; i < PF_NR_EVENTS; i++)
		if (!seen[i])
			fail_msg("no line for event %u", i);
}

static void test_read_back(void **state)
{
	const struct pf_event alloc = {PF_EV_PAGE_ALLOC, 4, {0x403, 2, PF_GFP_IO, PF_RECLAIMABLE}};
	const struct pf_event failed = {PF_EV_PAGE_ALLOC, 4, {-1, 2, PF_GFP_IO, PF_MOVABLE}};
	const struct pf_event begin = {PF_EV_COMPACT_BEGIN, 5, {0x400, 0x401, 0x402, 0x403, 1}};
	struct pf_trace_event read;

	(void)state;
	free(line_of(&alloc, &read));
	assert_int_equal(read.kind, PF_TRACE_ALLOC);
	assert_int_equal(read.pfn, 0x403);
	assert_int_equal(read.order, 2);
	assert_int_equal(read.migratetype, PF_RECLAIMABLE);
	assert_int_equal(read.gfp, PF_GFP_IO);
	assert_false(read.failed);
	free(line_of(&failed, &read));
	assert_true(read.failed);
	free(line_of(&begin, &read));
	assert_int_equal(read.kind, PF_TRACE_COMPACT_BEGIN);
	assert_int_equal(read.zone_start, 0x400);
	assert_true(read.sync);
}

/* Each single bit, and each gfp of the language, comes back as it went out. */
static void test_gfp_round_trip(void **state)
{
	struct pf_event ev = {PF_EV_PAGE_ALLOC, 4, {0x403, 0, 0, 0}};
	struct pf_trace_event read;

	(void)state;
	for (unsigned i = 0; i < PF_NR_GFP; i++) {
		ev.field[2] = pf_gfp_flags[i];
		free(line_of(&ev, &read));
		assert_int_equal(read.gfp, pf_gfp_flags[i]);
	}
	for (unsigned bit = 0; bit < 28; bit++) {
		ev.field[2] = 1 << bit;
		free(line_of(&ev, &read));
		/* The reader has no use for RECLAIMABLE and ZEROTAGS. */
		assert_int_equal(read.gfp, bit == 4 || bit == 23 ? 0 : 1u << bit);
	}
}

/* A cpu that is gone has left its work to the first one that is there. */
static void test_cpu(void **state)
{
	struct pf_ftrace t = {.out = NULL};
	struct pf_op op = {.kind = PF_OP_FREE, .arg = {[PF_FREE_CPU] = 1}};

	(void)state;
	pf_ftrace_op(&t, &layout, 3, 0, &op);
	assert_int_equal(t.cpu, 1);
	pf_ftrace_op(&t, &layout, 1, 0, &op);
	assert_int_equal(t.cpu, 0);
	op = (struct pf_op){.kind = PF_OP_COMPACT, .arg = {1, 1, 1, 1}};
	pf_ftrace_op(&t, &layout, 3, 0, &op);
	assert_int_equal(t.cpu, 0);
	assert_int_equal(t.gfp, 0);
	pf_ftrace_op(&t, &layout, 2, 0, &op);
	assert_int_equal(t.cpu, 1);
}

static void test_header(void **state)
{
	char *text = NULL, *save = NULL;
	size_t len;
	struct pf_ftrace t = {.out = open_memstream(&text, &len)};
	struct pf_trace_event read;

	(void)state;
	assert_non_null(t.out);
	pf_ftrace_header(&t);
	fclose(t.out);
	assert_memory_equal(text, "# tracer: nop\n#\n", 16);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		assert_int_equal(pf_ftrace_parse(line, strlen(line), &read), PF_LINE_COMMENT);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buddyinfo),
		cmocka_unit_test(test_pagetypeinfo),
		cmocka_unit_test(test_pagetypeinfo_of_lengths),
		cmocka_unit_test(test_pagetypeinfo_cap),
		cmocka_unit_test(test_zoneinfo),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_read_back),
		cmocka_unit_test(test_gfp_round_trip),
		cmocka_unit_test(test_cpu),
		cmocka_unit_test(test_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
