// SPDX-License-Identifier: GPL-2.0-only
/* ftrace.c - events to lines; see ftrace.h. Formats are those of the tracepoints. */
#include "ftrace.h"

#include "../../impls/names.h"

#include <inttypes.h>
#include <string.h>

#include "../import/import.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const event_name[PF_NR_EVENTS] = {
	[PF_EV_EXTFRAG] = "mm_page_alloc_extfrag",
	[PF_EV_WAKEUP_KSWAPD] = "mm_vmscan_wakeup_kswapd",
	[PF_EV_PAGE_ALLOC] = "mm_page_alloc",
	[PF_EV_PAGE_FREE] = "mm_page_free",
	[PF_EV_PAGE_FREE_BATCHED] = "mm_page_free_batched",
	[PF_EV_ALLOC_ZONE_LOCKED] = "mm_page_alloc_zone_locked",
	[PF_EV_PCPU_DRAIN] = "mm_page_pcpu_drain",
	[PF_EV_COMPACT_BEGIN] = "mm_compaction_begin",
	[PF_EV_COMPACT_END] = "mm_compaction_end",
	[PF_EV_COMPACT_TRY] = "mm_compaction_try_to_compact_pages",
	[PF_EV_COMPACT_FINISHED] = "mm_compaction_finished",
	[PF_EV_COMPACT_SUITABLE] = "mm_compaction_suitable",
	[PF_EV_COMPACT_DEFERRED] = "mm_compaction_deferred",
	[PF_EV_COMPACT_DEFER] = "mm_compaction_defer_compaction",
	[PF_EV_COMPACT_DEFER_RESET] = "mm_compaction_defer_reset",
	[PF_EV_COMPACT_MIGRATEPAGES] = "mm_compaction_migratepages",
	[PF_EV_ISOLATE_MIGRATEPAGES] = "mm_compaction_isolate_migratepages",
	[PF_EV_ISOLATE_FREEPAGES] = "mm_compaction_isolate_freepages",
	[PF_EV_COMPACT_RETRY] = "compact_retry",
	[PF_EV_WAKEUP_KCOMPACTD] = "mm_compaction_wakeup_kcompactd",
	[PF_EV_KCOMPACTD_SLEEP] = "mm_compaction_kcompactd_sleep",
	[PF_EV_KCOMPACTD_WAKE] = "mm_compaction_kcompactd_wake",
	[PF_EV_MIGRATE_PAGES] = "mm_migrate_pages",
};

/* ------------------------------------------------------------ gfp flags -- */

#define GFP_RECLAIMABLE 0x10u
#define GFP_ZEROTAGS	0x800000u

/* In the order in which the kernel tries them: a name takes its bits away. */
static const struct {
	uint32_t bits;
	const char *name;
} gfp_names[] = {
	{PF_TRACE_GFP_THP_LIGHT | PF_GFP_DIRECT_RECLAIM, "GFP_TRANSHUGE"},
	{PF_TRACE_GFP_THP_LIGHT, "GFP_TRANSHUGE_LIGHT"},
	{PF_TRACE_GFP_HIGHUSER_MOVABLE, "GFP_HIGHUSER_MOVABLE"},
	{PF_TRACE_GFP_HIGHUSER, "GFP_HIGHUSER"},
	{PF_TRACE_GFP_USER, "GFP_USER"},
	{PF_TRACE_GFP_KERNEL | PF_TRACE_GFP_ACCOUNT, "GFP_KERNEL_ACCOUNT"},
	{PF_TRACE_GFP_KERNEL, "GFP_KERNEL"},
	{PF_TRACE_GFP_RECLAIM | PF_GFP_IO, "GFP_NOFS"},
	{PF_GFP_HIGH | PF_GFP_ATOMIC | PF_GFP_KSWAPD_RECLAIM, "GFP_ATOMIC"},
	{PF_TRACE_GFP_RECLAIM, "GFP_NOIO"},
	{PF_GFP_KSWAPD_RECLAIM, "GFP_NOWAIT"},
	{PF_TRACE_GFP_DMA, "GFP_DMA"},
	{PF_TRACE_GFP_HIGHMEM, "__GFP_HIGHMEM"},
	{PF_TRACE_GFP_DMA32, "GFP_DMA32"},
	{PF_GFP_HIGH, "__GFP_HIGH"},
	{PF_GFP_ATOMIC, "__GFP_ATOMIC"},
	{PF_GFP_IO, "__GFP_IO"},
	{PF_GFP_FS, "__GFP_FS"},
	{PF_GFP_NOWARN, "__GFP_NOWARN"},
	{PF_GFP_RETRY_MAYFAIL, "__GFP_RETRY_MAYFAIL"},
	{PF_GFP_NOFAIL, "__GFP_NOFAIL"},
	{PF_GFP_NORETRY, "__GFP_NORETRY"},
	{PF_GFP_COMP, "__GFP_COMP"},
	{PF_GFP_ZERO, "__GFP_ZERO"},
	{PF_GFP_NOMEMALLOC, "__GFP_NOMEMALLOC"},
	{PF_GFP_MEMALLOC, "__GFP_MEMALLOC"},
	{PF_TRACE_GFP_HARDWALL, "__GFP_HARDWALL"},
	{PF_GFP_THISNODE, "__GFP_THISNODE"},
	{GFP_RECLAIMABLE, "__GFP_RECLAIMABLE"},
	{PF_TRACE_GFP_MOVABLE, "__GFP_MOVABLE"},
	{PF_TRACE_GFP_ACCOUNT, "__GFP_ACCOUNT"},
	{PF_TRACE_GFP_WRITE, "__GFP_WRITE"},
	{PF_TRACE_GFP_RECLAIM, "__GFP_RECLAIM"},
	{PF_GFP_DIRECT_RECLAIM, "__GFP_DIRECT_RECLAIM"},
	{PF_GFP_KSWAPD_RECLAIM, "__GFP_KSWAPD_RECLAIM"},
	{GFP_ZEROTAGS, "__GFP_ZEROTAGS"},
};

static void print_gfp(FILE *out, uint64_t gfp)
{
	const char *bar = "";

	if (!gfp)
		fputs("none", out);
	for (size_t i = 0; i < COUNT(gfp_names) && gfp; i++) {
		if ((gfp & gfp_names[i].bits) != gfp_names[i].bits)
			continue;
		fprintf(out, "%s%s", bar, gfp_names[i].name);
		gfp &= ~(uint64_t)gfp_names[i].bits;
		bar = "|";
	}
	if (gfp)
		fprintf(out, "%s0x%" PRIx64, bar, gfp);
}

/* Requests here name their mobility apart; a kernel's say it in these bits. */
static uint32_t mobility_gfp(uint64_t mobility)
{
	return mobility == PF_MOVABLE	    ? PF_TRACE_GFP_MOVABLE
	       : mobility == PF_RECLAIMABLE ? GFP_RECLAIMABLE
					    : 0;
}

/* --------------------------------------------------------------- fields -- */

static const char *const zone_names[] = {PF_ZONE_TYPE_NAMES};

/* The kernel's enum compact_result, which events carry: not enum pf_compact_result. */
enum {
	KERNEL_DEFERRED = 2,
	KERNEL_COMPLETE = 5,
	KERNEL_PARTIAL_SKIPPED = 6,
	KERNEL_CONTENDED = 7,
};

static const char *const status_names[] = {
	"not_suitable_zone",
	"skipped",
	[KERNEL_DEFERRED] = "deferred",
	"no_suitable_page",
	"continue",
	[KERNEL_COMPLETE] = "complete",
	[KERNEL_PARTIAL_SKIPPED] = "partial_skipped",
	[KERNEL_CONTENDED] = "contended",
	"success",
};

static const char *const priority_names[] = {
	"COMPACT_PRIO_SYNC_FULL",
	"COMPACT_PRIO_SYNC_LIGHT",
	"COMPACT_PRIO_ASYNC",
};

static const char *const mode_names[] = {
	[PF_MODE_ASYNC] = "MIGRATE_ASYNC",
	[PF_MODE_SYNC_LIGHT] = "MIGRATE_SYNC_LIGHT",
	[PF_MODE_SYNC] = "MIGRATE_SYNC",
};

static const char *const reason_names[] = {
	"compaction",	     "memory_failure",	"memory_hotplug",
	"syscall_or_cpuset", "mempolicy_mbind", "numa_misplaced",
	"contig_range",	     "longterm_pin",	"demotion",
};

struct symbol {
	char s[32];
};

static struct symbol symbol(const char *const *names, size_t nr, uint64_t v)
{
	struct symbol text;

	if (v < nr)
		snprintf(text.s, sizeof(text.s), "%s", names[v]);
	else
		snprintf(text.s, sizeof(text.s), "0x%" PRIx64, v);
	return text;
}

#define SYMBOL(names, v) symbol(names, COUNT(names), v).s

static const char *feedback(uint64_t result)
{
	if (result == KERNEL_COMPLETE)
		return "failed";
	if (result == KERNEL_DEFERRED || result == KERNEL_CONTENDED ||
	    result == KERNEL_PARTIAL_SKIPPED)
		return "withdrawn";
	return "progress";
}

/*
 * Where struct page would be on x86-64 without KASLR. Kernels print a hash of it
 * unless told otherwise; readers go by the pfn.
 */
static void print_page(FILE *out, uint64_t pfn)
{
	bool none = pfn == UINT64_MAX;

	fprintf(out, "page=%016" PRIx64 " pfn=0x%" PRIx64,
		none ? 0 : UINT64_C(0xffffea0000000000) + pfn * 64, none ? 0 : pfn);
}

/* ---------------------------------------------------------------- lines -- */

void pf_ftrace_header(struct pf_ftrace *t)
{
	/* Without the line that counts the entries: nobody knows yet. */
	fputs("# tracer: nop\n"
	      "#\n"
	      "#                                _-----=> irqs-off/BH-disabled\n"
	      "#                               / _----=> need-resched\n"
	      "#                              | / _---=> hardirq/softirq\n"
	      "#                              || / _--=> preempt-depth\n"
	      "#                              ||| / _-=> migrate-disable\n"
	      "#                              |||| /     delay\n"
	      "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
	      "#              | |         |   |||||     |         |\n",
	      t->out);
}

void pf_ftrace_op(struct pf_ftrace *t, const struct pf_layout *l, uint32_t online, size_t step,
		  const struct pf_op *op)
{
	t->pageblock_order = l->pageblock_order;
	t->time = step;
	t->gfp = 0;
	t->cpu = 0;
	if (op->kind == PF_OP_FREE) {
		t->cpu = op->arg[PF_FREE_CPU];
	} else if (op->kind == PF_OP_ALLOC || op->kind == PF_OP_BULK || op->kind == PF_OP_EXACT) {
		/* Their operands have the same places. */
		t->cpu = op->arg[PF_ALLOC_CPU];
		t->gfp = pf_gfp_flags[op->arg[PF_ALLOC_GFP]] |
			 mobility_gfp(op->arg[PF_ALLOC_MOBILITY]);
	}
	/* As the oracle chooses it. */
	t->cpu %= l->nr_cpus;
	if (!(online >> t->cpu & 1))
		t->cpu = (unsigned)__builtin_ctz(online);
}

static void print_scan(FILE *out, const uint64_t *f)
{
	fprintf(out,
		"zone_start=0x%" PRIx64 " migrate_pfn=0x%" PRIx64 " free_pfn=0x%" PRIx64
		" zone_end=0x%" PRIx64 ", mode=%s",
		f[0], f[1], f[2], f[3], f[4] ? "sync" : "async");
}

static void print_page_event(const struct pf_ftrace *t, unsigned type, const uint64_t *f)
{
	FILE *out = t->out;

	print_page(out, f[0]);
	switch (type) {
	case PF_EV_EXTFRAG:
		fprintf(out,
			" alloc_order=%d fallback_order=%d pageblock_order=%u alloc_migratetype=%d "
			"fallback_migratetype=%d fragmenting=%d change_ownership=%d",
			(int)f[1], (int)f[2], t->pageblock_order, (int)f[3], (int)f[4],
			f[2] < t->pageblock_order, (int)f[5]);
		break;
	case PF_EV_PAGE_ALLOC:
		fprintf(out, " order=%d migratetype=%d gfp_flags=", (int)f[1], (int)f[3]);
		print_gfp(out, f[2] | mobility_gfp(f[3]));
		break;
	case PF_EV_PAGE_FREE:
		fprintf(out, " order=%d", (int)f[1]);
		break;
	case PF_EV_PAGE_FREE_BATCHED:
		fputs(" order=0", out);
		break;
	case PF_EV_ALLOC_ZONE_LOCKED:
		fprintf(out, " order=%u migratetype=%d percpu_refill=%d", (unsigned)f[1], (int)f[2],
			(int)f[3]);
		break;
	default:
		fprintf(out, " order=%d migratetype=%d", (int)f[1], (int)f[2]);
	}
}

static void print_other_event(const struct pf_ftrace *t, unsigned type, const uint64_t *f)
{
	FILE *out = t->out;

	switch (type) {
	case PF_EV_WAKEUP_KSWAPD:
		fprintf(out, "nid=%d order=%d gfp_flags=", (int)f[0], (int)f[2]);
		print_gfp(out, t->gfp);
		break;
	case PF_EV_COMPACT_BEGIN:
		print_scan(out, f);
		break;
	case PF_EV_COMPACT_END:
		print_scan(out, f);
		fprintf(out, " status=%s", SYMBOL(status_names, f[5]));
		break;
	case PF_EV_COMPACT_TRY:
		fprintf(out, "order=%d gfp_mask=", (int)f[0]);
		print_gfp(out, f[1]);
		fprintf(out, " priority=%d", (int)f[2]);
		break;
	case PF_EV_COMPACT_FINISHED:
	case PF_EV_COMPACT_SUITABLE:
		fprintf(out, "node=%d zone=%-8s order=%d ret=%s", (int)f[0],
			SYMBOL(zone_names, f[1]), (int)f[2], SYMBOL(status_names, f[3]));
		break;
	case PF_EV_COMPACT_DEFERRED:
	case PF_EV_COMPACT_DEFER:
	case PF_EV_COMPACT_DEFER_RESET:
		fprintf(out, "node=%d zone=%-8s order=%d order_failed=%d consider=%u limit=%llu",
			(int)f[0], SYMBOL(zone_names, f[1]), (int)f[2], (int)f[5], (unsigned)f[3],
			1ull << (f[4] & 63));
		break;
	case PF_EV_COMPACT_MIGRATEPAGES:
		fprintf(out, "nr_migrated=%" PRIu64 " nr_failed=%" PRIu64, f[0], f[1]);
		break;
	case PF_EV_ISOLATE_MIGRATEPAGES:
	case PF_EV_ISOLATE_FREEPAGES:
		fprintf(out,
			"range=(0x%" PRIx64 " ~ 0x%" PRIx64 ") nr_scanned=%" PRIu64
			" nr_taken=%" PRIu64,
			f[0], f[1], f[2], f[3]);
		break;
	case PF_EV_COMPACT_RETRY:
		fprintf(out,
			"order=%d priority=%s compaction_result=%s retries=%d max_retries=%d "
			"should_retry=%d",
			(int)f[0], SYMBOL(priority_names, f[1]), feedback(f[2]), (int)f[3],
			(int)f[4], (int)f[5]);
		break;
	case PF_EV_KCOMPACTD_SLEEP:
		fprintf(out, "nid=%d", (int)f[0]);
		break;
	case PF_EV_WAKEUP_KCOMPACTD:
	case PF_EV_KCOMPACTD_WAKE:
		fprintf(out, "nid=%d order=%d classzone_idx=%-8s", (int)f[0], (int)f[1],
			SYMBOL(zone_names, f[2]));
		break;
	case PF_EV_MIGRATE_PAGES:
		/* There are no huge pages that move in one piece or are split for it. */
		fprintf(out,
			"nr_succeeded=%" PRIu64 " nr_failed=%" PRIu64
			" nr_thp_succeeded=0 nr_thp_failed=0 nr_thp_split=0 mode=%s reason=%s",
			f[0], f[1], SYMBOL(mode_names, f[2]), SYMBOL(reason_names, f[3]));
		break;
	}
}

void pf_ftrace_event(struct pf_ftrace *t, const struct pf_event *ev)
{
	uint64_t f[COUNT(ev->field)] = {0};

	if (ev->type >= PF_NR_EVENTS || !event_name[ev->type])
		return;
	for (size_t i = 0; i < COUNT(f) && i < ev->nr_fields; i++)
		f[i] = (uint64_t)ev->field[i];
	fprintf(t->out, "%16s-%-7d [%03u] ..... %5" PRIu64 ".%06" PRIu64 ": %s: ", "pagefuzz", 1,
		t->cpu, t->time / 1000000, t->time % 1000000, event_name[ev->type]);
	switch (ev->type) {
	case PF_EV_EXTFRAG:
	case PF_EV_PAGE_ALLOC:
	case PF_EV_PAGE_FREE:
	case PF_EV_PAGE_FREE_BATCHED:
	case PF_EV_ALLOC_ZONE_LOCKED:
	case PF_EV_PCPU_DRAIN:
		print_page_event(t, ev->type, f);
		break;
	default:
		print_other_event(t, ev->type, f);
	}
	fputc('\n', t->out);
}
