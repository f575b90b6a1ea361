// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_results.c - pagefuzz results: what was published about parts of Linux's
 * page allocator, measured again on the port with the part and without.
 *
 * The workload is that of targets/workloads/fragment.c.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "progress.h"
#include "ward.h"
#include "../workloads/fragment.h"

#define MAX_SEEDS 50

/* ---------------------------------------------------------- measurement -- */

enum metric { TARGETS, WALKED, SOURCES, FRAGMENTING, UNDER_LOAD, AT_REST, NR_METRICS };

struct outcome {
	uint64_t value[NR_METRICS];
	uint64_t asked[NR_METRICS]; /* UNDER_LOAD, AT_REST */
	uint64_t small_failed;	    /* requests below PF_FRAGMENT_HUGE */
};

enum run_name {
	LINUX,
	NOSERIES,
	LIGHT,
	LIGHT_NOSERIES,
	NOGROUP,
	NOCOMPACT,
	NOCOMPACT_NOGROUP,
	FULL,
	FULL_NOSERIES,
	FULL_NOGROUP,
	TWO,
	TWO_NOBOOST,
	TWO_NOFRAG_NOBOOST,
	TWO_FULL,
	TWO_FULL_NOFRAG_NOBOOST,
	NR_RUNS,
};

static struct {
	const char *impl;
	struct pf_fragment spec;
	struct outcome of[MAX_SEEDS];
} runs[NR_RUNS] = {
	[LINUX] = {.impl = "linux"},
	[NOSERIES] = {.impl = "linux-nofast-nocapture"},
	[LIGHT] = {.impl = "linux-light"},
	[LIGHT_NOSERIES] = {.impl = "linux-light-nofast-nocapture"},
	[NOGROUP] = {.impl = "linux-nogroup"},
	[NOCOMPACT] = {.impl = "linux-nocompact"},
	[NOCOMPACT_NOGROUP] = {.impl = "linux-nocompact-nogroup"},
	[FULL] = {.impl = "linux", .spec = {.full = true}},
	[FULL_NOSERIES] = {.impl = "linux-nofast-nocapture", .spec = {.full = true}},
	[FULL_NOGROUP] = {.impl = "linux-nogroup", .spec = {.full = true}},
	[TWO] = {.impl = "linux", .spec = {.dma32 = true}},
	[TWO_NOBOOST] = {.impl = "linux-noboost", .spec = {.dma32 = true}},
	[TWO_NOFRAG_NOBOOST] = {.impl = "linux-nofrag-noboost", .spec = {.dma32 = true}},
	[TWO_FULL] = {.impl = "linux", .spec = {.dma32 = true, .full = true}},
	[TWO_FULL_NOFRAG_NOBOOST] = {.impl = "linux-nofrag-noboost",
				     .spec = {.dma32 = true, .full = true}},
};

static void note_event(void *arg, unsigned lane, const struct pf_event *ev)
{
	struct outcome *o = arg;

	(void)lane;
	if (ev->type == PF_EV_EXTFRAG) {
		o->value[FRAGMENTING] += ev->field[2] < PF_FRAGMENT_HUGE;
	} else if (ev->type == PF_EV_ISOLATE_FREEPAGES) {
		o->value[WALKED] += (uint64_t)ev->field[2];
	} else if (ev->type == PF_EV_PAGE_ALLOC && ev->field[1] == PF_FRAGMENT_HUGE) {
		enum metric m = ev->field[2] & PF_GFP_NORETRY ? AT_REST : UNDER_LOAD;

		o->asked[m]++;
		o->value[m] += ev->field[0] >= 0;
	} else if (ev->type == PF_EV_PAGE_ALLOC) {
		o->small_failed += ev->field[0] < 0;
	}
}

/* What a child process measures; result is shared with it. */
struct measurement {
	const struct pf_impl *impl;
	const struct pf_program *p;
	struct result {
		enum pf_outcome outcome;
		struct pf_verdict v;
		struct outcome of;
	} * result;
};

static void measure(void *arg, struct pf_at *at)
{
	const struct measurement *m = arg;
	struct outcome out = {0};
	struct pf_options options = {
		.unchecked = true, .event = note_event, .event_arg = &out, .at = at};
	struct pf_oracle *o = pf_oracle_new(&m->impl, 1);

	if (!o)
		return;
	pf_oracle_options(o, &options);
	m->result->outcome = pf_oracle_run(o, m->p->ops, m->p->nr, &m->result->v);
	out.value[TARGETS] = pf_oracle_figures(o, 0)->free_scanned;
	out.value[SOURCES] = pf_oracle_figures(o, 0)->migrate_scanned;
	m->result->of = out;
	pf_oracle_free(o);
}

static int measure_on(struct outcome *out, const char *name, const struct pf_program *p,
		      struct result *result)
{
	struct measurement m = {.p = p, .result = result};
	struct pf_lineup lineup;
	struct pf_verdict v;
	int status;

	if (!pf_open_lineup(name, &lineup, NULL))
		return PF_EXIT_USAGE;
	memset(result, 0, sizeof(*result));
	result->outcome = PF_UNSUPPORTED;
	m.impl = lineup.impl[0];
	status = pf_ward_call(measure, &m, 0, &m.impl->name, 1, &v);
	if (status == PF_EXIT_FINDING) {
		printf("finding   %s\nwhat      %s\n", v.signature, v.detail);
	} else if (status == PF_EXIT_CLEAN && result->outcome != PF_CLEAN) {
		status = pf_complain("results: %s: %s", name,
				     result->outcome == PF_UNSUPPORTED ? "does not take the layout"
								       : result->v.detail);
	}
	*out = result->of;
	pf_lineup_free(&lineup);
	return status;
}

/* *nr_seeds: how many of them there are results of in the end. */
static int measure_seeds(unsigned *nr_seeds, struct result *result)
{
	int status = PF_EXIT_CLEAN;
	unsigned nr = *nr_seeds;

	for (*nr_seeds = 0; *nr_seeds < nr; (*nr_seeds)++)
		for (unsigned i = 0; i < 4; i++) {
			struct pf_fragment spec = {.dma32 = i & 1, .full = i & 2};
			struct pf_program p;

			p.ops = pf_fragment_make(&spec, *nr_seeds + 1, &p.nr);
			for (unsigned r = 0; r < NR_RUNS && status == PF_EXIT_CLEAN; r++) {
				if (runs[r].spec.dma32 != spec.dma32 ||
				    runs[r].spec.full != spec.full)
					continue;
				pf_progress("results: program %u of %u, %s", 4 * *nr_seeds + i + 1,
					    4 * nr, runs[r].impl);
				status = measure_on(&runs[r].of[*nr_seeds], runs[r].impl, &p,
						    result);
			}
			free(p.ops);
			if (status != PF_EXIT_CLEAN)
				return status;
		}
	return PF_EXIT_CLEAN;
}

static int measure_all(unsigned *nr_seeds)
{
	struct result *result = pf_ward_memory(sizeof(*result));
	int status = result ? measure_seeds(nr_seeds, result) : PF_EXIT_USAGE;

	pf_ward_memory_free(result, sizeof(*result));
	pf_progress_clear();
	return status;
}

/* ---------------------------------------------------------------- table -- */

struct row {
	const char *label;
	enum metric metric;
	enum run_name without, with;
	const char *published;
	int sign; /* of the published change */
	char note;
};

static const struct row rows[] = {
	{"scanned for targets", TARGETS, NOSERIES, LINUX, "-97 %", -1, 'a'},
	{"... memory full", TARGETS, FULL_NOSERIES, FULL, "-97 %", -1, 'a'},
	{"walked over for targets", WALKED, NOSERIES, LINUX, "-97 %", -1, 'c'},
	{"scanned for sources", SOURCES, NOSERIES, LINUX, "-65 %", -1, 'b'},
	{"... memory full", SOURCES, FULL_NOSERIES, FULL, "-65 %", -1, 'b'},
	{"huge pages under load", UNDER_LOAD, NOSERIES, LINUX, "76 -> 94 %", 1, 0},
	{"... memory full", UNDER_LOAD, FULL_NOSERIES, FULL, "76 -> 94 %", 1, 0},
	{"targets, second try", TARGETS, LIGHT_NOSERIES, LIGHT, "-97 %", -1, 'd'},
	{"sources, second try", SOURCES, LIGHT_NOSERIES, LIGHT, "-65 %", -1, 'd'},
	{"fragmenting fallbacks", FRAGMENTING, TWO_NOFRAG_NOBOOST, TWO, "-94 %", -1, 'e'},
	{"... by NOFRAGMENT alone", FRAGMENTING, TWO_NOFRAG_NOBOOST, TWO_NOBOOST, "", -1, 0},
	{"... memory full", FRAGMENTING, TWO_FULL_NOFRAG_NOBOOST, TWO_FULL, "-94 %", -1, 0},
	{"huge pages at rest", AT_REST, NOGROUP, LINUX, "1 -> 40 %", 1, 0},
	{"huge pages under load", UNDER_LOAD, NOGROUP, LINUX, "1 -> 40 %", 1, 'f'},
	{"... no compaction", UNDER_LOAD, NOCOMPACT_NOGROUP, NOCOMPACT, "1 -> 40 %", 1, 'g'},
	{"... memory full", UNDER_LOAD, FULL_NOGROUP, FULL, "1 -> 40 %", 1, 'g'},
};

static const char notes[] =
	"published: the series around the fast search of compaction in 5.1, of which the search\n"
	"and capture can be left out here (huge pages: mean of its posting's 3 to 32 threads);\n"
	"ALLOC_NOFRAGMENT and watermark boosts in 5.0; grouping by mobility in 2.6.24 (share of a\n"
	"ppc64's memory). mixed: the programs disagree\n"
	"a  for one block, mostly of few pages, 6.1 looks at up to 256 entries of each list, and\n"
	"   at the same again for the next; 5.1 looked at one but in the first list (min() for\n"
	"   max()). The search heeds no skip hints, so more huge pages are made: without it many\n"
	"   attempts soon end, with all pageblocks marked. What else the series did is on both\n"
	"   sides: samples of pageblocks, no second scan of one, less clearing of hints\n"
	"b  as a, more is moved; and what the search finds is refused then, for the mark that it\n"
	"   has just got (in 5.1, too). Without it nearly all pages scanned can be moved here\n"
	"c  what a counts but for list entries and what the search takes\n"
	"d  with COMPACT_PRIO_SYNC_LIGHT only, to which requests come after reclaim; the port has\n"
	"   none, so the rows above are of the asynchronous first try. If what is found does not\n"
	"   do, its whole pageblock is scanned here\n"
	"e  what stands in for kswapd frees in time, so fallbacks are few; boosts add nothing, as\n"
	"   nobody reclaims for them\n"
	"f  without types 6.1's compaction finds no movable pageblock to fill and makes nothing\n"
	"g  what is always free above the marks stays whole without types; with them it is split,\n"
	"   and no reclaim (lumpy in 2.6.24) makes more\n";

static bool is_share(enum metric m)
{
	return m == UNDER_LOAD || m == AT_REST;
}

/* Of seeds first .. first + nr - 1; shares in per cent. */
static double value(const struct row *row, enum run_name run, unsigned first, unsigned nr)
{
	uint64_t sum = 0, asked = 0;

	for (unsigned s = first; s < first + nr; s++) {
		sum += runs[run].of[s].value[row->metric];
		asked += runs[run].of[s].asked[row->metric];
	}
	if (!is_share(row->metric))
		return (double)sum;
	return asked ? 100.0 * (double)sum / (double)asked : 0;
}

/* In per cent. False: there was nothing without. */
static bool change(const struct row *row, unsigned first, unsigned nr, double *per_cent)
{
	double without = value(row, row->without, first, nr);

	if (!(without > 0))
		return false;
	*per_cent = 100 * (value(row, row->with, first, nr) - without) / without;
	return true;
}

static void print_value(const struct row *row, enum run_name run, unsigned nr_seeds)
{
	double v = value(row, run, 0, nr_seeds);

	if (is_share(row->metric))
		printf(" %9.1f %%", v);
	else
		printf(" %11.0f", v);
}

static void print_row(const struct row *row, unsigned nr_seeds)
{
	double all = 0, one, least = 0, most = 0;
	const char *direction = "not so";
	char spread[40] = "-";
	bool any = false;

	printf("%-24s", row->label);
	print_value(row, row->without, nr_seeds);
	print_value(row, row->with, nr_seeds);
	for (unsigned s = 0; s < nr_seeds; s++) {
		if (!change(row, s, 1, &one))
			continue;
		least = !any || one < least ? one : least;
		most = !any || one > most ? one : most;
		any = true;
	}
	if (any)
		snprintf(spread, sizeof(spread), "%+.0f to %+.0f", least, most);
	if (change(row, 0, nr_seeds, &all))
		printf(" %+7.0f %%", all);
	else
		printf(" %9s", "-");
	if (least < 0 && most > 0)
		direction = "mixed";
	else if (all * row->sign > 0)
		direction = "same";
	printf(" %16s  %-10s %-9s %c\n", spread, row->published, direction,
	       row->note ? row->note : ' ');
}

static void print_results(unsigned nr_seeds)
{
	enum run_name without = NR_RUNS, with = NR_RUNS;
	uint64_t failed = 0;

	printf("%-24s %11s %11s %9s %16s  %-10s %-9s %s\n", "", "without", "with", "change",
	       "spread", "published", "direction", "note");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		if (strcmp(runs[row->without].impl, without < NR_RUNS ? runs[without].impl : "") ||
		    strcmp(runs[row->with].impl, with < NR_RUNS ? runs[with].impl : ""))
			printf("%s, %s\n", runs[row->without].impl, runs[row->with].impl);
		without = row->without;
		with = row->with;
		print_row(row, nr_seeds);
	}
	for (unsigned r = 0; r < NR_RUNS; r++)
		for (unsigned s = 0; s < nr_seeds; s++)
			failed += runs[r].of[s].small_failed;
	printf("\npages, sums of %u programs; huge pages in per cent of those asked for; "
	       "%llu other requests failed\n%s",
	       nr_seeds, (unsigned long long)failed, notes);
}

int cmd_results(int argc, char **argv)
{
	unsigned long nr_seeds = 6;
	bool quick = false;
	const struct pf_option options[] = {
		PF_OPTION_RUNS(&nr_seeds, MAX_SEEDS, "programs of each kind (default: 6)"),
		PF_OPTION_FLAG("quick", 0, &quick, "one program of each kind"),
	};
	const struct pf_usage usage = {
		.command = "results",
		.synopsis = "[OPTION]...",
		.about = "Run the port of Linux with parts of it and without on workloads that "
			 "fragment memory,\nand print a table: what each part changes, and what "
			 "was published about it.\n",
		PF_OPTIONS(options),
	};
	unsigned done;
	int nr, status;

	if (!pf_parse_options(&usage, argc, argv, &nr, &status))
		return status;
	done = quick ? 1 : (unsigned)nr_seeds;
	pf_catch_interrupts();
	status = measure_all(&done);
	if (done)
		print_results(done);
	if (pf_interrupted)
		return pf_complain("results: interrupted, %u of %lu programs of each kind are done",
				   done, quick ? 1 : nr_seeds);
	return status;
}
