// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_compare.c - pagefuzz compare: one workload on each implementation alone,
 * and what became of it in one table.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "judge.h"
#include "tell.h"
#include "progress.h"

#define COLUMNS_A_TABLE 6

struct column {
	bool supported;
	struct pf_figures f;
	double ns; /* per operation */
};

static uint64_t sum(const uint64_t *v)
{
	uint64_t s = 0;

	for (unsigned o = 0; o < PF_NR_ORDERS; o++)
		s += v[o];
	return s;
}

/* What a child process measures, and where to. */
struct measurement {
	const struct pf_impl *impl;
	const struct pf_program *p;
	unsigned long runs;    /* 0: as many as it takes */
	struct column *column; /* shared with the child */
};

/* Best time of several runs; figures of the last one, they are all the same. */
static void measure(void *arg, struct pf_at *at)
{
	const struct measurement *m = arg;
	struct pf_options options = {.unchecked = true, .at = at};
	struct pf_oracle *o = pf_oracle_new(&m->impl, 1);
	struct column c = {0};
	double best = 0, spent = 0;
	struct pf_verdict v;

	if (!o)
		return;
	pf_oracle_options(o, &options);
	for (unsigned long i = 0; m->runs ? i < m->runs : i < 3 || (spent < 0.5 && i < 1000); i++) {
		double start, took;
		enum pf_outcome outcome;

		pf_oracle_reset_figures(o);
		start = pf_now();
		outcome = pf_oracle_run(o, m->p->ops, m->p->nr, &v);
		took = pf_now() - start;
		spent += took;
		if (outcome == PF_UNSUPPORTED)
			break;
		c.supported = true;
		c.f = *pf_oracle_figures(o, 0);
		if (!i || took < best)
			best = took;
		/* Stopped at a finding, which the lockstep run may have excused. */
		if (outcome != PF_CLEAN)
			break;
	}
	if (c.f.ops > c.f.skipped)
		c.ns = best * 1e9 / (double)(c.f.ops - c.f.skipped);
	pf_oracle_free(o);
	*m->column = c;
}

/* ---------------------------------------------------------------- table -- */

typedef void (*cell_fn)(const struct column *c, int order, char *cell, size_t size);

#define CELL(name, fmt, value)                                                       \
	static void name(const struct column *c, int order, char *cell, size_t size) \
	{                                                                            \
		(void)order;                                                         \
		snprintf(cell, size, fmt, value);                                    \
	}

typedef unsigned long long ull;

CELL(cell_requests, "%llu", (ull)(sum(c->f.alloc_ok) + sum(c->f.alloc_failed)))
CELL(cell_ok, "%llu", (ull)sum(c->f.alloc_ok))
CELL(cell_failed, "%llu", (ull)sum(c->f.alloc_failed))
CELL(cell_migrations, "%llu", (ull)c->f.migrations)
CELL(cell_evictions, "%llu", (ull)c->f.evictions)
CELL(cell_migrate_scanned, "%llu", (ull)c->f.migrate_scanned)
CELL(cell_free_scanned, "%llu", (ull)c->f.free_scanned)
CELL(cell_skipped, "%llu", (ull)c->f.skipped)
CELL(cell_unused, "%u", (unsigned)c->f.free_pages)
CELL(cell_largest, "%d", c->f.largest_free_order)
CELL(cell_index, "%.3f", c->f.unusable_index / 1000.0)
CELL(cell_ns, "%.1f", c->ns)

static void cell_order(const struct column *c, int order, char *cell, size_t size)
{
	ull ok = c->f.alloc_ok[order], failed = c->f.alloc_failed[order];

	if (failed)
		snprintf(cell, size, "%llu -%llu", ok, failed);
	else
		snprintf(cell, size, "%llu", ok);
}

static void row(const char *label, cell_fn fn, int order, const struct column *c, unsigned nr)
{
	char cell[48];

	printf("%-24s", label);
	for (unsigned i = 0; i < nr; i++) {
		snprintf(cell, sizeof(cell), "-");
		if (c[i].supported)
			fn(&c[i], order, cell, sizeof(cell));
		printf(" %11s", cell);
	}
	putchar('\n');
}

static bool order_used(const struct column *c, unsigned nr, int order)
{
	for (unsigned i = 0; i < nr; i++)
		if (c[i].f.alloc_ok[order] || c[i].f.alloc_failed[order])
			return true;
	return false;
}

static void print_columns(const struct pf_impl *const *impl, const struct column *c, unsigned nr)
{
	char label[32];

	printf("%-24s", "");
	for (unsigned i = 0; i < nr; i++)
		printf(" %11s", impl[i]->name);
	putchar('\n');
	row("allocations", cell_requests, 0, c, nr);
	row("succeeded", cell_ok, 0, c, nr);
	for (int order = 0; order < PF_NR_ORDERS; order++) {
		if (!order_used(c, nr, order))
			continue;
		snprintf(label, sizeof(label), "  order %d (-failed)", order);
		row(label, cell_order, order, c, nr);
	}
	row("failed", cell_failed, 0, c, nr);
	row("units migrated", cell_migrations, 0, c, nr);
	row("units evicted", cell_evictions, 0, c, nr);
	row("pages scanned to move", cell_migrate_scanned, 0, c, nr);
	row("pages scanned for free", cell_free_scanned, 0, c, nr);
	row("operations not offered", cell_skipped, 0, c, nr);
	row("free pages at the end", cell_unused, 0, c, nr);
	row("largest free order", cell_largest, 0, c, nr);
	row("unusable free space", cell_index, 0, c, nr);
	row("ns an operation", cell_ns, 0, c, nr);
}

/* ------------------------------------------------------------- lockstep -- */

static void print_next(const char *impls, const char *path)
{
	const char *with = impls ? " -i " : "", *names = impls ? impls : "";

	printf("next\n"
	       "  pagefuzz run%s%s %s\n"
	       "  pagefuzz min%s%s -o small.txt %s\n",
	       with, names, path, with, names, path);
}

static int check(struct pf_judge *j, const struct pf_program *p, const char *impls,
		 const char *path)
{
	struct pf_verdict v;
	enum pf_outcome outcome;

	pf_progress("compare: all in lockstep");
	outcome = pf_judge_run(j, p->ops, p->nr, &v, NULL);
	pf_progress_clear();
	if (pf_judge_over(j))
		return pf_interrupted ? pf_complain("compare: interrupted") : PF_EXIT_USAGE;
	switch (outcome) {
	case PF_UNSUPPORTED:
		return pf_judge_refused(j, p->ops, p->nr, pf_input_name(path));
	case PF_FINDING:
		printf("%s: finding\n", path);
		pf_tell_story(j, p->ops, p->nr, &v);
		print_next(impls, path);
		return PF_EXIT_FINDING;
	case PF_KNOWN:
		printf("%s: known divergence %s\n", path, v.signature);
		return PF_EXIT_CLEAN;
	default:
		printf("%s: %zu operations, no finding in lockstep\n", path, p->nr);
		return PF_EXIT_CLEAN;
	}
}

static int check_in_lockstep(const struct pf_program *p, const char *impls, const char *path,
			     unsigned timeout)
{
	struct pf_judge_config config = {.impls = impls, .seconds = timeout};
	struct pf_judge *j = pf_judge_open(&config);
	int status = j ? check(j, p, impls, path) : PF_EXIT_USAGE;

	pf_judge_close(j);
	return status;
}

/* Columns are filled up to the first that gives no figures. */
static int measure_all(struct column *c, const struct pf_lineup *lineup, const struct pf_program *p,
		       unsigned long runs, unsigned timeout, unsigned *nr)
{
	for (*nr = 0; *nr < lineup->nr; (*nr)++) {
		struct measurement m = {lineup->impl[*nr], p, runs, &c[*nr]};
		struct pf_verdict v;
		int status;

		pf_progress("compare: %s", m.impl->name);
		status = pf_ward_call(measure, &m, timeout, &m.impl->name, 1, &v);
		pf_progress_clear();
		if (status == PF_EXIT_FINDING)
			printf("finding   %s\nwhat      %s\n", v.signature, v.detail);
		if (status != PF_EXIT_CLEAN)
			return status;
	}
	return PF_EXIT_CLEAN;
}

static int print_all(const struct column *c, const struct pf_lineup *lineup, unsigned nr_columns)
{
	bool any = false;

	for (unsigned i = 0; i < nr_columns; i++)
		any |= c[i].supported;
	if (!any && nr_columns == lineup->nr)
		return pf_complain("no implementation supports this layout");
	for (unsigned i = 0; i < nr_columns; i += COLUMNS_A_TABLE) {
		unsigned nr = nr_columns - i;

		putchar('\n');
		print_columns(lineup->impl + i, c + i, nr < COLUMNS_A_TABLE ? nr : COLUMNS_A_TABLE);
	}
	for (unsigned i = 0; i < nr_columns; i++)
		if (!c[i].supported)
			printf("%s does not support this layout\n", lineup->impl[i]->name);
	return PF_EXIT_CLEAN;
}

static int compare(const struct pf_lineup *lineup, const struct pf_program *p, unsigned long runs,
		   unsigned timeout)
{
	size_t size = PF_MAX_LANES * sizeof(struct column);
	struct column *c = pf_ward_memory(size);
	int status, printed;
	unsigned nr;

	if (!c)
		return PF_EXIT_USAGE;
	status = measure_all(c, lineup, p, runs, timeout, &nr);
	printed = print_all(c, lineup, nr);
	if (pf_interrupted)
		status = pf_complain("compare: interrupted, %u of %u measured", nr, lineup->nr);
	pf_ward_memory_free(c, size);
	return printed > status ? printed : status;
}

int cmd_compare(int argc, char **argv)
{
	const char *impls = NULL;
	unsigned long runs = 0, timeout = 0;
	bool no_check = false;
	const struct pf_option options[] = {
		PF_OPTION_IMPLS(&impls, "comma-separated implementations (default: all)"),
		PF_OPTION_RUNS(&runs, 1000,
			       "timed runs, the best of which counts (default: 3 or more,\n"
			       "until half a second has passed)"),
		PF_OPTION_FLAG("no-check", 0, &no_check, "leave the run in lockstep out"),
		PF_OPTION_TIMEOUT(&timeout),
	};
	const struct pf_usage usage = {
		.command = "compare",
		.synopsis = "[OPTION]... PROGRAM",
		.about = "Run a program (bytes or text, - for standard input) on each "
			 "implementation alone and\nprint one table. Before, all run it once in "
			 "lockstep with all checks; a finding prints\nits story instead of the "
			 "table.\n",
		PF_OPTIONS(options),
		.notes = "Alone, a program may go another way than in lockstep, where a block "
			 "that only some\ncould allocate is given back. Times include what the "
			 "framework does for each\noperation, the same for all implementations, "
			 "but no checks.\n",
		.min_args = 1,
		.max_args = 1,
		.args = "exactly one program",
	};
	struct pf_lineup lineup;
	struct pf_program p;
	int nr, status;

	if (!pf_parse_options(&usage, argc, argv, &nr, &status))
		return status;
	if (!pf_open_lineup(impls, &lineup, NULL))
		return PF_EXIT_USAGE;
	if (!pf_load(&p, argv[1])) {
		pf_lineup_free(&lineup);
		return PF_EXIT_USAGE;
	}
	pf_catch_interrupts();
	if (!no_check)
		status = check_in_lockstep(&p, impls, argv[1], (unsigned)timeout);
	else
		status = PF_EXIT_CLEAN;
	if (status == PF_EXIT_CLEAN)
		status = compare(&lineup, &p, runs, (unsigned)timeout);
	pf_lineup_free(&lineup);
	free(p.ops);
	return status;
}
