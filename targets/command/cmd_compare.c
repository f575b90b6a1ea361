// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_compare.c - pagefuzz compare: one workload on each implementation alone,
 * and what became of it in one table.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd.h"

static const char help[] =
	"usage: pagefuzz compare [OPTION]... PROGRAM\n"
	"Run a program (bytes or text, - for standard input) on each implementation alone and\n"
	"print one table. Before, all run it once in lockstep with all checks; a finding prints\n"
	"its story instead of the table.\n\n"
	"  -i, --impls NAMES  comma-separated implementations (default: all)\n"
	"  -r, --repeat N     timed runs, the best of which counts (default: 3 or more, until\n"
	"                     half a second has passed)\n"
	"      --no-check     leave the run in lockstep out\n\n"
	"Alone, a program may go another way than in lockstep, where a block that only some\n"
	"could allocate is given back. Times include what the framework does for each\n"
	"operation, the same for all implementations, but no checks.\n";

#define COLUMNS_A_TABLE 6

struct column {
	const char *name;
	bool supported;
	struct pf_figures f;
	double ns; /* per operation */
};

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static uint64_t sum(const uint64_t *v)
{
	uint64_t s = 0;

	for (unsigned o = 0; o < PF_NR_ORDERS; o++)
		s += v[o];
	return s;
}

/* Best time of several runs; figures of the last one, they are all the same. */
static bool measure(struct column *c, const struct pf_impl *impl, const struct pf_program *p,
		    unsigned long repeat)
{
	struct pf_options options = {.unchecked = true};
	struct pf_oracle *o = pf_oracle_new(&impl, 1);
	double best = 0, spent = 0;
	struct pf_verdict v;

	*c = (struct column){.name = impl->name};
	if (!o)
		return false;
	pf_oracle_options(o, &options);
	for (unsigned long i = 0; repeat ? i < repeat : i < 3 || (spent < 0.5 && i < 1000); i++) {
		double start, took;
		enum pf_outcome outcome;

		pf_oracle_reset_figures(o);
		start = seconds();
		outcome = pf_oracle_run(o, p->ops, p->nr, &v);
		took = seconds() - start;
		spent += took;
		if (outcome == PF_UNSUPPORTED)
			break;
		c->supported = true;
		c->f = *pf_oracle_figures(o, 0);
		if (!i || took < best)
			best = took;
		/* Stopped at a finding, which the lockstep run may have excused. */
		if (outcome != PF_CLEAN)
			break;
	}
	if (c->f.ops > c->f.skipped)
		c->ns = best * 1e9 / (c->f.ops - c->f.skipped);
	pf_oracle_free(o);
	return true;
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

static void print_columns(const struct column *c, unsigned nr)
{
	char label[32];

	printf("%-24s", "");
	for (unsigned i = 0; i < nr; i++)
		printf(" %11s", c[i].name);
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

static int check(struct pf_oracle *o, const struct pf_program *p, const char *path)
{
	struct pf_verdict v;
	enum pf_outcome outcome = pf_oracle_run(o, p->ops, p->nr, &v);

	switch (outcome) {
	case PF_UNSUPPORTED:
		return pf_complain("%s: no implementation supports this layout", path);
	case PF_FINDING:
		printf("%s: finding\n", path);
		pf_story(o, &v, p->ops, p->nr, pf_print_op_to, stdout);
		printf("next\n"
		       "  pagefuzz run %s\n"
		       "  pagefuzz min -o small.txt %s\n",
		       path, path);
		return PF_EXIT_FINDING;
	case PF_KNOWN:
		printf("%s: known divergence %s\n", path, v.signature);
		return PF_EXIT_CLEAN;
	default:
		printf("%s: %zu operations, no finding in lockstep\n", path, p->nr);
		return PF_EXIT_CLEAN;
	}
}

static int compare(const struct pf_lineup *lineup, const struct pf_program *p, unsigned long repeat)
{
	struct column c[PF_MAX_LANES];
	bool any = false;

	for (unsigned i = 0; i < lineup->nr; i++) {
		if (!measure(&c[i], lineup->impl[i], p, repeat))
			return pf_complain("out of memory");
		any |= c[i].supported;
	}
	if (!any)
		return pf_complain("no implementation supports this layout");
	for (unsigned i = 0; i < lineup->nr; i += COLUMNS_A_TABLE) {
		unsigned nr = lineup->nr - i;

		putchar('\n');
		print_columns(c + i, nr < COLUMNS_A_TABLE ? nr : COLUMNS_A_TABLE);
	}
	for (unsigned i = 0; i < lineup->nr; i++)
		if (!c[i].supported)
			printf("%s does not support this layout\n", c[i].name);
	return PF_EXIT_CLEAN;
}

int cmd_compare(int argc, char **argv)
{
	static const struct option options[] = {
		{"impls", required_argument, NULL, 'i'},
		{"repeat", required_argument, NULL, 'r'},
		{"no-check", no_argument, NULL, 'n'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *impls = NULL;
	struct pf_lineup lineup;
	struct pf_program p;
	struct pf_oracle *o;
	unsigned long repeat = 0;
	bool no_check = false;
	int c, status = PF_EXIT_CLEAN;

	while ((c = getopt_long(argc, argv, ":i:r:h", options, NULL)) != -1) {
		switch (c) {
		case 'i':
			impls = optarg;
			break;
		case 'r':
			if (!pf_number(optarg, "--repeat", 1000, &repeat))
				return PF_EXIT_USAGE;
			break;
		case 'n':
			no_check = true;
			break;
		case 'h':
			fputs(help, stdout);
			return PF_EXIT_CLEAN;
		default:
			return pf_complain_option(argv, c, "compare");
		}
	}
	if (optind + 1 != argc)
		return pf_complain(
			"compare: exactly one program is wanted (see pagefuzz compare --help)");
	o = pf_open_oracle(impls, &lineup, NULL);
	if (!o)
		return PF_EXIT_USAGE;
	if (!pf_load(&p, argv[optind])) {
		pf_oracle_free(o);
		pf_lineup_free(&lineup);
		return PF_EXIT_USAGE;
	}
	if (!no_check)
		status = check(o, &p, argv[optind]);
	pf_oracle_free(o);
	if (status == PF_EXIT_CLEAN)
		status = compare(&lineup, &p, repeat);
	pf_lineup_free(&lineup);
	free(p.ops);
	return status;
}
