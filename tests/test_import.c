// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_import.c - from traces to programs: the forms a trace comes in, and
 * everything that can be wrong with one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "../impls/impl.h"
#include "../oracle/oracle.h"
#include "../targets/language/codec.h"
#include "../targets/import/import.h"
#include "../targets/engines/lineup.h"
#include "../targets/language/text.h"

#define AT(t) "  cc-7  [000] .....  " t ": "
#define ALLOC(pfn, order)                                               \
	AT("1.000001")                                                  \
	"mm_page_alloc: page=(____ptrval____) pfn=" pfn " order=" order \
	" migratetype=0 gfp_flags=GFP_KERNEL\n"
#define FREE(pfn, order) AT("1.000001") "mm_page_free: page=0 pfn=" pfn " order=" order "\n"
#define BATCHED(pfn)	 AT("1.000001") "mm_page_free_batched: page=0 pfn=" pfn " order=0\n"
#define COMPACT(zone, what) \
	AT("1.000001") "mm_compaction_" what ": zone_start=" zone " migrate_pfn=0x1"
#define BEGIN(zone) COMPACT(zone, "begin") ", mode=sync\n"
#define END(zone)   COMPACT(zone, "end") ", mode=sync status=complete\n"

static const struct pf_import_options plain = {.pageblock_order = 9, .max_order = 10};

static struct pf_import *import_with(const char *text, const struct pf_import_options *options)
{
	struct pf_import *im = pf_import_new(options);

	assert_non_null(im);
	while (*text) {
		const char *nl = strchr(text, '\n');

		assert_non_null(nl);
		if (!pf_import_line(im, text, nl - text))
			break;
		text = nl + 1;
	}
	if (!pf_import_finish(im))
		fail_msg("%s", pf_import_error(im));
	return im;
}

static void assert_program(const struct pf_import *im, const char *expected)
{
	char text[2000];
	size_t n, config;
	const struct pf_op *ops = pf_import_ops(im, &n);

	config = pf_program_config(ops, n);
	assert_true(config >= 4);
	assert_true(pf_print(ops + config, n - config, text, sizeof(text)) < sizeof(text));
	assert_string_equal(text, expected);
}

/* The program, and the only anomaly with its count. */
static void check(const char *text, const char *expected, int note, uint64_t count)
{
	struct pf_import *im = import_with(text, &plain);

	for (int i = 0; i < PF_NR_IMPORT_NOTES; i++)
		if (pf_import_noted(im, i) != (i == note ? count : 0))
			fail_msg("note %d counts %d", i, (int)pf_import_noted(im, i));
	assert_program(im, expected);
	pf_import_free(im);
}

#define NOTHING -1

/* ---------------------------------------------------------------- lines -- */

static void test_line_forms(void **state)
{
	static const struct {
		const char *line;
		unsigned cpu;
		int pid;
		uint64_t time;
		bool in_irq;
	} forms[] = {
		/* trace-cmd report --ts-diff, latency format, a dump on an oops, perf without cpu,
		   tp_printk, a comment in a function graph, a name of before 3.3. */
		{"host:  bash-7 [001]  1.000002: (+27)    mm_page_free:  page=x pfn=0x20 order=0",
		 1, 7, 1000002000, false},
		{"    bash-7      1d.h1. 29671us+: mm_page_free: page=x pfn=0x20 order=0", 1, 7,
		 29671000, true},
		{"[  111.222333]     bash-7      3d..1. 120000us : mm_page_free: page=x pfn=0x20 "
		 "order=0",
		 3, 7, 120000000, false},
		{"    work  8730  1.000002:     kmem:mm_page_free: page=x pfn=0x20 order=0", 0,
		 8730, 1000002000, false},
		{"[  111.200001] mm_page_free: page=x pfn=0x20 order=0", 0, 0, 111200001000, false},
		{" 2)               |  /* mm_page_free: page=x pfn=0x20 order=0 */", 2, 0, 0,
		 false},
		{"  cc-7  [002] d..3.  1.000002: mm_page_free_direct: page=x pfn=0x20 order=0", 2,
		 7, 1000002000, false},
		{"  cc-7  [002] d..3.  1.000002: mm_page_free: page=x pfn=0x20 order=0", 2, 7,
		 1000002000, false},
		{"  cc-7  (  5) [002] ..s1  1.000002: mm_page_free: pfn=32 order=0", 2, 7,
		 1000002000, true},
		{"  cc-7  (-----) [002] 1.000002: mm_page_free: pfn=0x20 order=0\r", 2, 7,
		 1000002000, false},
		{" kworker/0:1-x [3]-12 [000] d.h2. 1.5: mm_page_free:   pfn=0x20 order=0", 0, 12,
		 1500000000, true},
		{"<...>-99 [011] .... 123456: mm_page_free: pfn=0x20 order=0", 11, 99, 123456,
		 false},
		{"perf  31 [001]  9.000000001: kmem:mm_page_free: pfn=0x20 order=0", 1, 31,
		 9000000001, false},
		{"a [1] b-4 [005] ..... 0.1: mm_page_free: pfn=0x20 order=0 extra", 5, 4, 100000000,
		 false},
	};
	struct pf_trace_event ev;

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		assert_int_equal(pf_ftrace_parse(forms[i].line, strlen(forms[i].line), &ev),
				 PF_LINE_EVENT);
		assert_int_equal(ev.kind, PF_TRACE_FREE);
		assert_int_equal(ev.pfn, 0x20);
		assert_int_equal(ev.order, 0);
		assert_int_equal(ev.cpu, forms[i].cpu);
		assert_int_equal(ev.pid, forms[i].pid);
		assert_int_equal(ev.time, forms[i].time);
		assert_int_equal(ev.in_irq, forms[i].in_irq);
	}
}

static void test_line_refused(void **state)
{
	static const char whole[] = ALLOC("0x20", "0");
	static const char *const bad[] = {
		"garbage",
		"[000]",
		"a-1 [000]",
		"a-1 [000] 1.0:",
		"a-1 [0x0] ..... 1.0: e: x",
		"a-1 [000] ..... 1.0: mm_page_free: pfn=0x20",
		"a-1 [000] ..... 1.0: mm_page_free: pfn= order=0",
		"a-1 [000] ..... 1.0: mm_page_free: pfn=0xg order=0",
		"a-1 [000] ..... 1.0: mm_page_free: pfn=0x20 order=19",
		"a-1 [000] ..... 1.0: mm_page_free: pfn=0x20 order=-1",
		"a-1 [000] ..... 1.0: mm_page_free: pfn=0xffffffffffffff order=0",
		"a-1 [000] ..... 1.0: mm_page_free: pfn=99999999999999999999999 order=0",
		"a-1 [000] ..... 1.0: mm_page_alloc: pfn=0x20 order=0 migratetype=1",
		"a-1 [000] ..... 1.0: mm_page_alloc: pfn=0x20 order=0 gfp_flags=GFP_KERNEL",
		"a-1 [000] ..... a long word 1.0: mm_page_free: pfn=0x20 order=0",
	};
	static const char *const comments[] = {"",	 " \t\r",	"# tracer: nop", " => func",
					       "cpus=4", "version = 7", "CPU 1 is empty"};
	struct pf_trace_event ev;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (pf_ftrace_parse(bad[i], strlen(bad[i]), &ev) != PF_LINE_BAD)
			fail_msg("taken: %s", bad[i]);
	for (size_t i = 0; i < sizeof(comments) / sizeof(comments[0]); i++)
		assert_int_equal(pf_ftrace_parse(comments[i], strlen(comments[i]), &ev),
				 PF_LINE_COMMENT);
	/* Every beginning of a line is safe to read; exact heap blocks let ASan see it. */
	for (size_t len = 0; len < strlen(whole); len++) {
		char *part = malloc(len + 1);

		memcpy(part, whole, len);
		pf_ftrace_parse(part, len, &ev);
		free(part);
	}
}

static void test_gfp(void **state)
{
	static const struct {
		const char *flags, *symbol;
	} cases[] = {
		{"GFP_KERNEL", "kernel"},
		{"GFP_KERNEL_ACCOUNT|__GFP_ZERO", "zero"},
		{"GFP_HIGHUSER_MOVABLE|__GFP_COMP", "comp"},
		{"GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO", "comp"},
		{"GFP_NOFS|__GFP_HARDWALL", "nofs"},
		{"GFP_NOIO", "noio"},
		{"GFP_ATOMIC", "atomic"},
		{"GFP_ATOMIC|__GFP_COMP", "atomic_comp"},
		{"GFP_NOWAIT|__GFP_NOWARN", "nowait"},
		{"__GFP_IO|__GFP_FS|__GFP_NOWARN", "none"},
		{"none", "none"},
		{"GFP_KERNEL|__GFP_NOWARN|__GFP_NORETRY", "noretry"},
		{"GFP_KERNEL|__GFP_RETRY_MAYFAIL", "mayfail"},
		{"GFP_KERNEL|__GFP_MEMALLOC", "memalloc"},
		{"GFP_TRANSHUGE", "thp"},
		{"0xcc0", "kernel"},
		{"GFP_NEW_IDEA|GFP_KERNEL", "kernel"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pf_trace_event ev;
		char line[300];

		snprintf(line, sizeof(line),
			 AT("1.0") "mm_page_alloc: pfn=1 order=0 migratetype=1 gfp_flags=%s",
			 cases[i].flags);
		assert_int_equal(pf_ftrace_parse(line, strlen(line), &ev), PF_LINE_EVENT);
		assert_int_equal(ev.bad_gfp, strstr(line, "IDEA") ? 1 : 0);
		assert_string_equal(
			pf_op_info[PF_OP_ALLOC].operand[PF_ALLOC_GFP].symbol[pf_import_gfp(ev.gfp)],
			cases[i].symbol);
	}
}

/* ------------------------------------------------------------ anomalies -- */

static void test_plain(void **state)
{
	(void)state;
	check(ALLOC("0x20", "2") ALLOC("0x30", "0") FREE("0x20", "2") ALLOC("0x40", "1")
		      FREE("0x30", "0"),
	      "alloc a0 order=2\nalloc a1 order=0\nfree a0\nalloc a0 order=1\nfree a1\n", NOTHING,
	      0);
	check("# header\n\n" ALLOC("0x20", "0") FREE("0x20", "0") BATCHED("0x20")
		      AT("1.0") "mm_page_pcpu_drain: pfn=0x20 order=0 migratetype=1\n" AT(
			      "1.0") "sched_switch: x\n",
	      "alloc a0 order=0\nfree a0\n", PF_NOTE_TIME_BACK, 1);
}

static void test_crlf(void **state)
{
	(void)state;
	check("# tracer\r\n"
	      "  cc-7 [000] .....  1.0: mm_page_alloc: pfn=2 order=0 migratetype=1 "
	      "gfp_flags=GFP_KERNEL\r\n"
	      "  cc-7 [000] .....  1.0: mm_page_free: pfn=2 order=0\r\n",
	      "alloc a0 order=0 movable\nfree a0\n", NOTHING, 0);
}

static void test_unknown_frees(void **state)
{
	(void)state;
	check(ALLOC("0x20", "0") FREE("0x99", "0") FREE("0xa0", "3"), "alloc a0 order=0\n",
	      PF_NOTE_FREE_BEFORE, 2);
	check(ALLOC("0x20", "0") FREE("0x20", "0") FREE("0x20", "0"), "alloc a0 order=0\nfree a0\n",
	      PF_NOTE_FREE_UNSEEN, 1);
	check(ALLOC("0x20", "0") AT(
		      "1.000001") "mm_page_alloc_zone_locked: pfn=0x50 order=0\n" FREE("0x50", "0"),
	      "alloc a0 order=0\n", PF_NOTE_FREE_UNSEEN, 1);
	check(ALLOC("0x20", "0") BATCHED("0x20"), "alloc a0 order=0\nfree a0\n",
	      PF_NOTE_FREE_BATCH_ONLY, 1);
}

static void test_still_live(void **state)
{
	(void)state;
	check(ALLOC("0x20", "0") ALLOC("0x20", "0"),
	      "alloc a0 order=0\nfree a0\nalloc a0 order=0\n", PF_NOTE_STILL_LIVE, 1);
	/* Inside a larger block, and under one. */
	check(ALLOC("0x20", "3") ALLOC("0x22", "1"),
	      "alloc a0 order=3\nfree a0\nalloc a0 order=1\n", PF_NOTE_STILL_LIVE, 1);
	check(ALLOC("0x20", "0") ALLOC("0x23", "0") ALLOC("0x20", "2"),
	      "alloc a0 order=0\nalloc a1 order=0\nfree a0\nfree a1\nalloc a0 order=2\n",
	      PF_NOTE_STILL_LIVE, 2);
}

static void test_orders_differ(void **state)
{
	(void)state;
	check(ALLOC("0x20", "1") FREE("0x21", "0") FREE("0x20", "0"),
	      "alloc a0 order=1\nsplit a0\nfree a0\n", PF_NOTE_FREE_PARTLY, 1);
	/* The freed half is used again while the block is held for the other half. */
	check(ALLOC("0x20", "1") FREE("0x21", "0") ALLOC("0x21", "0") FREE("0x20", "0"),
	      "alloc a0 order=1\nsplit a0\nalloc a1 order=0\nfree a0\n", PF_NOTE_FREE_PARTLY, 1);
	check(ALLOC("0x20", "2") FREE("0x22", "1") FREE("0x20", "1"),
	      "alloc a0 order=2\nsplit a0\nfree a0\n", PF_NOTE_FREE_PARTLY, 1);
	check(ALLOC("0x20", "0") ALLOC("0x21", "0") FREE("0x20", "1"),
	      "alloc a0 order=0\nalloc a1 order=0\nfree a0\nfree a1\n", PF_NOTE_FREE_LARGER, 1);
}

static void test_failed(void **state)
{
	(void)state;
	check(ALLOC("0x0", "9") ALLOC("0x20", "0"), "alloc a0 order=9\nfree a0\nalloc a0 order=0\n",
	      PF_NOTE_FAILED, 1);
	check(ALLOC("0xffffffffffffffff", "0") ALLOC("-1", "0"),
	      "alloc a0 order=0\nfree a0\nalloc a0 order=0\nfree a0\n", PF_NOTE_FAILED, 2);
	check(AT("1.0") "mm_page_alloc: page=(null) pfn=77 order=1 migratetype=0 gfp_flags=none\n",
	      "alloc a0 order=1 gfp=none\nfree a0\n", PF_NOTE_FAILED, 1);
}

static void test_out_of_language(void **state)
{
	struct pf_import *im;

	(void)state;
	check(ALLOC("0x20", "0") ALLOC("0x1000", "11"), "alloc a0 order=0\n", PF_NOTE_ORDER, 1);
	check(ALLOC("0x20", "0") FREE("0x40000", "18"), "alloc a0 order=0\n", PF_NOTE_FREE_SKIPPED,
	      1);
	check(AT("1.0") "mm_page_alloc: page=(null) pfn=4294967295 order=1 migratetype=0 "
			"gfp_flags=none\n",
	      "alloc a0 order=1 gfp=none\nfree a0\n", PF_NOTE_FAILED, 1);
	check("a-1 [000] .... 1.0: mm_page_alloc: pfn=2 order=0 migratetype=0 "
	      "gfp_flags=GFP_WAIT|GFP_IO|GFP_FS|GFP_REPEAT|GFP_NOTRACK\n",
	      "alloc a0 order=0\n", NOTHING, 0);
	check("w 1 1.0: kmem:mm_page_alloc: pfn=2 order=0 migratetype=0 gfp_flags=GFP_KERNEL\n",
	      "alloc a0 order=0\n", PF_NOTE_NO_CPU, 1);
	check("a-1 [000] ..... 1.0: mm_page_alloc: pfn=2 order=0 migratetype=4 "
	      "gfp_flags=GFP_KERNEL\n",
	      "alloc a0 order=0\n", PF_NOTE_MIGRATETYPE, 1);
	check("a-1 [000] ..... 1.0: mm_page_alloc: pfn=2 order=0 migratetype=0 "
	      "gfp_flags=GFP_KERNEL|GFP_DMA32\n",
	      "alloc a0 order=0\n", PF_NOTE_ZONE_LIMIT, 1);
	check("a-1 [006] ..... 1.0: mm_page_alloc: pfn=2 order=0 migratetype=0 "
	      "gfp_flags=GFP_KERNEL\n",
	      "alloc a0 order=0 cpu=2\n", PF_NOTE_CPU, 1);
	im = import_with(ALLOC("0x20", "0") ALLOC("0x1000", "11") FREE("0x1000", "11"), &plain);
	assert_int_equal(pf_import_noted(im, PF_NOTE_FREE_SKIPPED), 1);
	assert_int_equal(pf_import_noted(im, PF_NOTE_FREE_BEFORE), 0);
	pf_import_free(im);
}

static void test_slots_run_out(void **state)
{
	struct pf_import *im = pf_import_new(&plain);
	struct pf_trace_event ev = {.kind = PF_TRACE_ALLOC, .gfp = 0xcc0};
	const struct pf_op *ops;
	size_t n;

	(void)state;
	for (uint64_t i = 0; i < PF_NR_SLOTS + 10; i++) {
		ev.pfn = 1 + i;
		assert_true(pf_import_event(im, &ev));
	}
	ev.kind = PF_TRACE_FREE;
	assert_true(pf_import_event(im, &ev));
	ev.pfn = 1234;
	assert_true(pf_import_event(im, &ev));
	ev.kind = PF_TRACE_ALLOC;
	assert_true(pf_import_event(im, &ev));
	assert_true(pf_import_finish(im));
	assert_int_equal(pf_import_noted(im, PF_NOTE_NO_SLOT), 10);
	assert_int_equal(pf_import_noted(im, PF_NOTE_FREE_SKIPPED), 1);
	ops = pf_import_ops(im, &n);
	assert_int_equal(ops[n - 1].kind, PF_OP_ALLOC);
	assert_int_equal(ops[n - 1].slot, 1233);
	pf_import_free(im);
}

static void test_lost_and_bad(void **state)
{
	struct pf_import *im;
	char *report = NULL;
	size_t size;
	FILE *f;

	(void)state;
	check("CPU:3 [LOST 45 EVENTS]\n" ALLOC("0x20", "0") "CPU:0 [EVENTS DROPPED]\n"
							    "CPU:1 [4 EVENTS DROPPED]\n",
	      "alloc a0 order=0\n", PF_NOTE_LOST, 50);
	check(ALLOC("0x20", "0") "what is\x01 this\n", "alloc a0 order=0\n", PF_NOTE_BAD, 1);
	check(ALLOC("0x20", "0") AT("0.5") "mm_page_free: pfn=0x20 order=0\n",
	      "alloc a0 order=0\nfree a0\n", PF_NOTE_TIME_BACK, 1);
	/* NUL and other things in the name of an event. */
	im = pf_import_new(&plain);
	for (int i = 0; i < 3; i++)
		assert_true(pf_import_line(im,
					   "a-1 [0] 1.0: x\0\xff"
					   "y: z",
					   18));
	f = open_memstream(&report, &size);
	pf_import_report(im, f);
	fclose(f);
	assert_non_null(strstr(report, " 3  x??y (ignored)\n"));
	free(report);
	pf_import_free(im);
	im = import_with("one\ntwo\n" ALLOC("0x20", "0") "four\x7f\n\tfive\n", &plain);
	f = open_memstream(&report, &size);
	pf_import_report(im, f);
	fclose(f);
	assert_non_null(strstr(report, " 1: one\n"));
	assert_non_null(strstr(report, " 4: four?\n"));
	assert_null(strstr(report, "five"));
	free(report);
	pf_import_free(im);
}

static void test_nothing_to_import(void **state)
{
	static const struct {
		const char *line, *why;
	} cases[] = {{"# tracer", "no event"},
		     {"hello", "no event"},
		     {FREE("1", "0"), "no mm_page_alloc"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pf_import *im = pf_import_new(&plain);

		assert_true(pf_import_line(im, cases[i].line, strcspn(cases[i].line, "\n")));
		assert_false(pf_import_finish(im));
		assert_non_null(strstr(pf_import_error(im), cases[i].why));
		pf_import_free(im);
	}
}

/* ------------------------------------------------ compaction, reclaim, options -- */

static void test_compaction(void **state)
{
	struct pf_import *im;

	(void)state;
	check(ALLOC("0x20", "0") BEGIN("0x1") END("0x1") BEGIN("0x1000") END("0x1000") BEGIN("0x1")
		      END("0x1"),
	      "alloc a0 order=0\ncompact order=0 sync whole\ncompact order=0 sync whole\n",
	      PF_NOTE_COMPACT_ZONE, 1);
	check(ALLOC("0x20", "0")
		      AT("1.000001") "mm_compaction_begin: zone_start=0x1 migrate_pfn=0x1, "
				     "mode=async\n" AT(
					     "1.000001") "mm_compaction_finished: node=0 zone=DMA "
							 "order=9 ret=continue\n" END("0x1"),
	      "alloc a0 order=0\ncompact order=9\n", NOTHING, 0);
	check(ALLOC("0x20", "0") AT("1.000001") "mm_compaction_try_to_compact_pages: order=4 "
						"gfp_mask=GFP_KERNEL priority=1\n" BEGIN("0x1")
							END("0x1"),
	      "alloc a0 order=0\ncompact order=4 light\n", NOTHING, 0);
	/* A moved block lives on until a page is freed that nobody knows. */
	im = import_with(ALLOC("0x20", "0") ALLOC("0x30", "0") BEGIN("0x1") FREE("0x20", "0")
				 FREE("0x77", "0") END("0x1") FREE("0x88", "0") FREE("0x89", "0"),
			 &plain);
	assert_program(im,
		       "alloc a0 order=0\nalloc a1 order=0\ncompact order=0 sync whole\nfree a0\n");
	assert_int_equal(pf_import_noted(im, PF_NOTE_MOVED), 1);
	assert_int_equal(pf_import_noted(im, PF_NOTE_ISOLATED), 1);
	assert_int_equal(pf_import_noted(im, PF_NOTE_MOVED_FREED), 1);
	assert_int_equal(pf_import_noted(im, PF_NOTE_FREE_BEFORE), 1);
	pf_import_free(im);
	/* Another task, an interrupt, or a lost end: these are frees. */
	check(ALLOC("0x20", "0") ALLOC("0x21", "0") BEGIN(
		      "0x1") "  b-8 [000] ..... 1.000001: mm_page_free: pfn=0x20 order=0\n"
			     "  cc-7 [000] ..s1. 1.000001: mm_page_free: pfn=0x21 order=0\n" ALLOC(
				     "0x22", "0") FREE("0x22", "0"),
	      "alloc a0 order=0\nalloc a1 order=0\ncompact order=0 sync whole\nfree a0\nfree a1\n"
	      "alloc a0 order=0\nfree a0\n",
	      NOTHING, 0);
}

static void test_reclaim(void **state)
{
	(void)state;
	check(ALLOC("0x20", "0") AT("1.000001") "mm_vmscan_kswapd_wake: nid=0 order=0\n" AT(
		      "1.000001") "mm_vmscan_direct_reclaim_begin: order=0 "
				  "gfp_flags=GFP_NOFS\n" AT("1.000001") "mm_vmscan_"
									"direct_reclaim_"
									"end: "
									"nr_reclaimed="
									"54\n" AT("1."
										  "00000"
										  "1") "m"
										       "m"
										       "_"
										       "v"
										       "m"
										       "s"
										       "c"
										       "a"
										       "n"
										       "_"
										       "d"
										       "i"
										       "r"
										       "e"
										       "c"
										       "t"
										       "_"
										       "r"
										       "e"
										       "c"
										       "l"
										       "a"
										       "i"
										       "m"
										       "_"
										       "b"
										       "e"
										       "g"
										       "i"
										       "n"
										       ":"
										       " "
										       "o"
										       "r"
										       "d"
										       "e"
										       "r"
										       "="
										       "0"
										       " "
										       "g"
										       "f"
										       "p"
										       "_"
										       "f"
										       "l"
										       "a"
										       "g"
										       "s"
										       "="
										       "G"
										       "F"
										       "P"
										       "_"
										       "N"
										       "O"
										       "F"
										       "S"
										       "\n",
	      "alloc a0 order=0\ntick kswapd\nreclaim pages=54\nreclaim pages=32\n", NOTHING, 0);
}

static void test_options(void **state)
{
	static const char text[] = ALLOC("0x20", "0") ALLOC("0x21", "3") FREE("0x20", "0")
		ALLOC("0x30", "1") FREE("0x30", "1") FREE("0x21", "3");
	static const char cache[] =
		"a-1 [000] ..... 1.0: mm_page_alloc: pfn=2 order=0 migratetype=1 "
		"gfp_flags=GFP_NOFS|__GFP_HARDWALL|__GFP_NORETRY\n"
		"a-1 [000] ..... 1.0: mm_page_alloc: pfn=3 order=0 migratetype=1 "
		"gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_ZERO\n";
	struct pf_import_options o = plain;
	struct pf_import *im;
	const struct pf_op *ops;
	size_t n;

	(void)state;
	o.skip = 3;
	o.events = 2;
	im = import_with(text, &o);
	assert_program(im, "alloc a1 order=3\nalloc a0 order=1\nfree a0\n");
	pf_import_free(im);
	o = plain;
	o.evictable = true;
	im = import_with(cache, &o);
	assert_program(im, "alloc a0 order=0 movable gfp=nofs\nevictable a0\n"
			   "alloc a1 order=0 movable gfp=zero\n");
	pf_import_free(im);
	o = (struct pf_import_options){.pages = 100001, .pageblock_order = 4, .max_order = 7};
	im = import_with(text, &o);
	ops = pf_import_ops(im, &n);
	assert_int_equal(ops[0].arg[PF_CONFIG_KEY], PF_CONFIG_PAGES);
	/* 14 bits and a shift by 3. */
	assert_int_equal(ops[0].arg[PF_CONFIG_VALUE], 12501);
	assert_int_equal(ops[1].arg[PF_CONFIG_VALUE], 4);
	assert_int_equal(ops[2].arg[PF_CONFIG_VALUE], 7);
	assert_int_equal(ops[4].arg[PF_CONFIG_KEY], PF_CONFIG_SCALE);
	assert_int_equal(ops[4].arg[PF_CONFIG_VALUE], 3);
	pf_import_free(im);
}

/* ---------------------------------------------------------------- files -- */

static char path[] = "/tmp/pagefuzz-import-XXXXXX";

static void write_file(const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* NULL: read, else the complaint. */
static const char *read_file(struct pf_import *im, const char *name)
{
	static char error[400];

	error[0] = 0;
	return pf_import_file(im, name, error, sizeof(error)) ? NULL : error;
}

static void assert_refused(const char *name, const char *why)
{
	struct pf_import *im = pf_import_new(&plain);
	const char *error = read_file(im, name);

	assert_non_null(error);
	assert_null(strchr(error, '\n'));
	if (!strstr(error, why))
		fail_msg("complains: %s", error);
	pf_import_free(im);
}

static void test_files(void **state)
{
	static const char text[] = ALLOC("0x20", "0") FREE("0x20", "0");
	struct pf_import *im;
	char *large;
	gzFile gz;

	(void)state;
	write_file(text, strlen(text));
	im = pf_import_new(&plain);
	assert_null(read_file(im, path));
	assert_true(pf_import_finish(im));
	assert_program(im, "alloc a0 order=0\nfree a0\n");
	pf_import_free(im);

	gz = gzopen(path, "wb");
	assert_int_equal(gzwrite(gz, text, strlen(text)), strlen(text));
	gzclose(gz);
	im = pf_import_new(&plain);
	assert_null(read_file(im, path));
	assert_true(pf_import_finish(im));
	assert_program(im, "alloc a0 order=0\nfree a0\n");
	pf_import_free(im);

	/* The last line is cut off: its pfn might be, too. */
	write_file(text, strlen(text) - 1);
	im = pf_import_new(&plain);
	assert_null(read_file(im, path));
	assert_true(pf_import_finish(im));
	assert_program(im, "alloc a0 order=0\n");
	assert_int_equal(pf_import_noted(im, PF_NOTE_CUT_OFF), 1);
	pf_import_free(im);

	/* A line longer than any buffer is one bad line. */
	large = malloc(400000 + sizeof(text));
	memset(large, 'x', 400000);
	large[399999] = '\n';
	memcpy(large + 400000, text, sizeof(text));
	write_file(large, 400000 + strlen(text));
	free(large);
	im = pf_import_new(&plain);
	assert_null(read_file(im, path));
	assert_true(pf_import_finish(im));
	assert_program(im, "alloc a0 order=0\nfree a0\n");
	assert_int_equal(pf_import_noted(im, PF_NOTE_BAD), 1);
	pf_import_free(im);
}

static void test_files_refused(void **state)
{
	static unsigned char data[1 << 18];
	unsigned long long seed = 1;
	size_t len;
	gzFile gz;
	FILE *f;

	(void)state;
	assert_refused("/tmp", "is a directory");
	assert_refused("/tmp/pagefuzz-no-such-file", "No such file");
	write_file("", 0);
	assert_refused(path, "is empty");

	gz = gzopen(path, "wb");
	for (int i = 0; i < 20000; i++) {
		seed = seed * 6364136223846793005ull + 1;
		gzprintf(gz, "  cc-7 [000] ..... 1.0: mm_page_free: pfn=%u order=0\n",
			 (unsigned)(seed >> 33));
	}
	gzclose(gz);
	f = fopen(path, "rb");
	len = fread(data, 1, sizeof(data), f);
	fclose(f);
	assert_in_range(len, 10000, sizeof(data) - 1);
	write_file(data, len / 2);
	assert_refused(path, "cut off");
	write_file(data, len - 4);
	assert_refused(path, "cut off");
	memset(data + len / 2, 0xff, 500);
	write_file(data, len);
	assert_refused(path, "damaged");
}

/* ------------------------------------------------------------ trace.dat -- */

struct dat {
	unsigned char data[16384];
	size_t len;
};

static void put(struct dat *d, const void *data, size_t len)
{
	assert_true(d->len + len <= sizeof(d->data));
	memcpy(d->data + d->len, data, len);
	d->len += len;
}

static void put_number(struct dat *d, uint64_t v, size_t len)
{
	put(d, &v, len); /* little endian, as the header says */
}

/* A text behind its length of 8 bytes. */
static void put_section(struct dat *d, const char *text)
{
	put_number(d, strlen(text), 8);
	put(d, text, strlen(text));
}

#define COMMON                                                                         \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"         \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"         \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"

/* As a kernel writes it, with an expression that no library can evaluate. */
static const char alloc_format[] =
	"name: mm_page_alloc\nID: 400\nformat:\n" COMMON
	"\tfield:unsigned long pfn;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:unsigned int order;\toffset:16;\tsize:4;\tsigned:0;\n"
	"\tfield:unsigned long gfp_flags;\toffset:24;\tsize:8;\tsigned:0;\n"
	"\tfield:int migratetype;\toffset:32;\tsize:4;\tsigned:1;\n\n"
	"print fmt: \"page=%p pfn=0x%lx order=%d\", REC->pfn != -1UL ? (((struct page "
	"*)vmemmap_base) + (REC->pfn)) : ((void *)0), REC->pfn, REC->order\n";
static const char free_format[] = "name: mm_page_free\nID: 401\nformat:\n" COMMON
				  "\tfield:unsigned long pfn;\toffset:8;\tsize:8;\tsigned:0;\n"
				  "\tfield:unsigned int order;\toffset:16;\tsize:4;\tsigned:0;\n\n"
				  "print fmt: \"pfn=0x%lx order=%d\", REC->pfn, REC->order\n";

static void put_record(struct dat *page, unsigned type, uint64_t pfn, unsigned order, uint64_t gfp)
{
	size_t len = type == 400 ? 40 : 24;

	put_number(page, len / 4 | 1000 << 5, 4);
	put_number(page, type, 4);
	put_number(page, 7, 4);
	put_number(page, pfn, 8);
	put_number(page, order, 8);
	if (type != 400)
		return;
	put_number(page, gfp, 8);
	put_number(page, 1, 8);
}

/* A trace.dat of version 6 with one cpu, see trace-cmd.dat(5). */
static void build_dat(struct dat *d, const struct dat *records)
{
	size_t at;

	d->len = 0;
	put(d, "\x17\x08\x44tracing6", 12); /* with its end */
	put_number(d, 0, 1);		    /* little endian */
	put_number(d, 8, 1);
	put_number(d, 4096, 4);
	put(d, "header_page", 12);
	put_section(d, "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
		       "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
		       "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
		       "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n");
	put(d, "header_event", 13);
	put_section(d, "# compressed entry header\n\ttype_len    :    5 bits\n"
		       "\ttime_delta  :   27 bits\n\tarray       :   32 bits\n");
	put_number(d, 0, 4); /* ftrace's own events */
	put_number(d, 1, 4); /* systems */
	put(d, "kmem", 5);
	put_number(d, 2, 4);
	put_section(d, alloc_format);
	put_section(d, free_format);
	put_number(d, 0, 4); /* kallsyms */
	put_number(d, 0, 4); /* printk formats */
	put_number(d, 5, 8);
	put(d, "7 cc\n", 5);
	put_number(d, 1, 4); /* cpus */
	put(d, "options  ", 10);
	put_number(d, 0, 2);
	put(d, "flyrecord", 10);
	at = (d->len + 16 + 4095) / 4096 * 4096;
	put_number(d, at, 8);
	put_number(d, 4096, 8);
	while (d->len < at)
		put_number(d, 0, 1);
	put_number(d, 5000, 8);
	put_number(d, records->len, 8);
	put(d, records->data, records->len);
	while (d->len < at + 4096)
		put_number(d, 0, 1);
}

static void test_dat(void **state)
{
	static struct dat d, records;
	struct pf_import *im;

	(void)state;
	put_record(&records, 400, 0x20, 0, 0xcc0);
	put_record(&records, 400, 0x30, 2, 0x40dc0);
	put_record(&records, 400, UINT64_MAX, 9, 0xcc0);
	put_record(&records, 401, 0x20, 0, 0);
	put_record(&records, 402, 0x20, 0, 0);
	put_record(&records, 401, 0x30, 2, 0);
	build_dat(&d, &records);
	write_file(d.data, d.len);
	im = pf_import_new(&plain);
	assert_null(read_file(im, path));
	assert_true(pf_import_finish(im));
	assert_program(im, "alloc a0 order=0 movable\nalloc a1 order=2 movable gfp=comp\n"
			   "alloc a2 order=9 movable\nfree a2\nfree a0\nfree a1\n");
	assert_int_equal(pf_import_noted(im, PF_NOTE_FAILED), 1);
	assert_int_equal(pf_import_noted(im, PF_NOTE_BAD), 1);
	assert_int_equal(pf_import_noted(im, PF_NOTE_TIME_BACK), 0);
	pf_import_free(im);
	/* No good beginning of it is taken for a whole one. */
	for (size_t len = 12; len < 400; len += 97) {
		write_file(d.data, len);
		assert_refused(path, "libtracecmd");
	}
}

/* -------------------------------------------------------------- the cut -- */

static gzFile open_cut(void)
{
	gzFile gz = gzopen("corpus/traces/kmem-6.1-20k.txt.gz", "rb");

	if (!gz)
		gz = gzopen("../corpus/traces/kmem-6.1-20k.txt.gz", "rb");
	assert_non_null(gz);
	return gz;
}

/* Importing lines first..last gives a program that reads back and runs clean. */
static void run_cut(int first, int last)
{
	struct pf_import *im = pf_import_new(&plain);
	gzFile gz = open_cut();
	struct pf_text_error err;
	struct pf_lineup lineup;
	struct pf_verdict verdict;
	struct pf_oracle *oracle;
	const struct pf_op *ops;
	struct pf_op *back;
	size_t n, nr_back, len;
	char line[512], *text;

	for (int nr = 1; nr <= last && gzgets(gz, line, sizeof(line)); nr++)
		if (nr >= first)
			assert_true(pf_import_line(im, line, strcspn(line, "\n")));
	gzclose(gz);
	assert_true(pf_import_finish(im));
	assert_int_equal(pf_import_noted(im, PF_NOTE_BAD), 0);
	ops = pf_import_ops(im, &n);
	len = pf_print(ops, n, NULL, 0);
	text = malloc(len + 1);
	back = malloc(n * sizeof(*back));
	pf_print(ops, n, text, len + 1);
	assert_true(pf_parse(text, len, back, n, &nr_back, &err));
	assert_int_equal(nr_back, n);
	for (size_t i = 0; i < n; i++)
		assert_true(pf_op_equal(&ops[i], &back[i]));
	pf_lineup_all(&lineup);
	oracle = pf_oracle_new(lineup.impl, lineup.nr);
	assert_non_null(oracle);
	if (pf_oracle_run(oracle, back, nr_back, &verdict) != PF_CLEAN)
		fail_msg("%s: %s", verdict.signature, verdict.detail);
	assert_true(pf_oracle_figures(oracle, 0)->alloc_ok[0] > 1000);
	pf_oracle_free(oracle);
	free(text);
	free(back);
	pf_import_free(im);
}

static void test_cut(void **state)
{
	(void)state;
	run_cut(8001, 13000);
	run_cut(1, 30000);
}

static int make_path(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line_forms),
		cmocka_unit_test(test_line_refused),
		cmocka_unit_test(test_gfp),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_crlf),
		cmocka_unit_test(test_unknown_frees),
		cmocka_unit_test(test_still_live),
		cmocka_unit_test(test_orders_differ),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_out_of_language),
		cmocka_unit_test(test_slots_run_out),
		cmocka_unit_test(test_lost_and_bad),
		cmocka_unit_test(test_nothing_to_import),
		cmocka_unit_test(test_compaction),
		cmocka_unit_test(test_reclaim),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_files_refused),
		cmocka_unit_test(test_dat),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, make_path, remove_path);
}
