// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_check.c - pagefuzz impls and check: what implementations there are, and
 * whether one keeps what it promises.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "../language/codec.h"
#include "../language/mutate.h"
#include "../../impls/builtin.h"
#include "../../impls/linux/linux.h"

/* ---------------------------------------------------------------- impls -- */

static const char *const tier_name[] = {"spec", "census", "exact", "twin"};

static void print_features(const struct pf_impl *impl)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} features[] = {
		{PF_F_MOBILITY, "mobility"},	 {PF_F_ZONES, "zones"},
		{PF_F_WATERMARKS, "watermarks"}, {PF_F_CANONICAL, "canonical"},
		{PF_F_CACHE, "cache"},		 {PF_F_SNAPSHOT, "snapshot"},
		{PF_F_CAPTURE, "capture"},	 {PF_F_REMOTE, "remote"},
		{PF_F_INPAGE, "inpage"},
	};
	const struct {
		bool there;
		const char *name;
	} functions[] = {
		{impl->alloc_bulk, "alloc_bulk"},
		{impl->alloc_exact, "alloc_exact"},
		{impl->split, "split"},
		{impl->compact, "compact"},
		{impl->reclaim, "reclaim"},
		{impl->alloc_contig, "contig"},
		{impl->isolate, "isolate"},
		{impl->offline, "offline"},
		{impl->drain, "drain"},
		{impl->tick, "tick"},
		{impl->tune, "tune"},
		{impl->claim, "claim"},
		{impl->block_type, "block_type"},
		{impl->self_check, "self_check"},
		{impl->stats, "stats"},
		{impl->retype, "retype"},
		{impl->set_cpu, "cpus"},
		{impl->load, "load"},
		{impl->dump, "dump"},
	};

	printf("            features:");
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if (impl->features & features[i].bit)
			printf(" %s", features[i].name);
	printf("\n            functions: alloc free census");
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (functions[i].there)
			printf(" %s", functions[i].name);
	putchar('\n');
}

int cmd_impls(int argc, char **argv)
{
	const struct pf_linux_part *part;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		printf("usage: pagefuzz impls\nList the implementations with their promises.\n");
		return PF_EXIT_CLEAN;
	}
	if (argc > 1)
		return pf_complain("impls: takes no arguments, not '%s'", argv[1]);
	for (unsigned i = 0; i < pf_nr_builtin; i++) {
		const struct pf_impl *impl = pf_builtin[i];

		printf("%-11s %s\n", impl->name, impl->summary);
		printf("            tier: %s%s%s\n", tier_name[impl->tier],
		       impl->group ? ", group " : "", impl->group ? impl->group : "");
		print_features(impl);
	}
	printf("linux-PART[-PART]...  linux without one or several parts\n");
	for (unsigned i = 0; (part = pf_linux_part(i)); i++)
		printf("            %-10s %s\n", part->name, part->summary);
	printf("kernel[:PLACE[=MB]]   the real Linux in QEMU (make lab); places: dimm, boot, "
	       "split\n"
	       "kernel-6.12           that of scripts/lab --kernel 6.12\n"
	       "recorded:FILE         what it said, from pagefuzz record\n");
	return PF_EXIT_CLEAN;
}

/* ---------------------------------------------------------------- check -- */

static const char check_help[] =
	"usage: pagefuzz check [OPTION]... IMPL [FILE]...\n"
	"Run the given programs, then random ones, on IMPL and judge it by all laws.\n\n"
	"  -w, --with NAMES   run in lockstep with these implementations too\n"
	"  -r, --runs N       random programs (default 20000)\n"
	"  -s, --seconds N    stop after that time (default: no limit)\n"
	"  -S, --seed N       start of the random numbers (default 1)\n"
	"  -n, --length N     mean operations of a random program (default 64)\n"
	"  -o, --output FILE  where to save the program of a finding, as text\n"
	"  -q, --quiet        print only a finding's signature\n";

#define MAX_OPS 1024
#define POOL	64

struct check {
	struct pf_oracle *oracle;
	const char *output;
	bool quiet;
	uint64_t programs, operations, unsupported;
};

static int report(struct check *c, const struct pf_op *ops, size_t n, const struct pf_verdict *v)
{
	FILE *out;

	if (c->quiet)
		printf("%s\n", v->signature);
	else
		pf_story(c->oracle, v, ops, n, pf_print_op_to, stdout);
	if (!c->output)
		return PF_EXIT_FINDING;
	out = pf_create(c->output);
	if (!out)
		return PF_EXIT_USAGE;
	fprintf(out, "# %s\n", v->signature);
	pf_write_text(out, ops, n);
	return pf_close(out, c->output) ? PF_EXIT_FINDING : PF_EXIT_USAGE;
}

static int check_one(struct check *c, const struct pf_op *ops, size_t n)
{
	struct pf_verdict v;

	c->programs++;
	c->operations += n;
	switch (pf_oracle_run(c->oracle, ops, n, &v)) {
	case PF_FINDING:
		return report(c, ops, n, &v);
	case PF_UNSUPPORTED:
		c->unsupported++;
		break;
	default:
		break;
	}
	return PF_EXIT_CLEAN;
}

/* Fresh programs and mutants of earlier ones, half and half. */
static int check_random(struct check *c, uint64_t runs, uint64_t seconds, uint64_t seed,
			size_t length, struct pf_program *pool, unsigned nr_pool)
{
	static struct pf_op ops[MAX_OPS];
	struct pf_rng rng = {seed};
	time_t end = time(NULL) + (time_t)seconds;

	for (uint64_t i = 0; i < runs; i++) {
		size_t n;
		int status;

		if (seconds && (i & 63) == 0 && time(NULL) >= end)
			break;
		if (nr_pool && pf_rng_below(&rng, 2)) {
			const struct pf_program *p = &pool[pf_rng_below(&rng, nr_pool)];

			n = p->nr < MAX_OPS ? p->nr : MAX_OPS;
			memcpy(ops, p->ops, n * sizeof(*ops));
			for (unsigned m = pf_rng_below(&rng, 4) + 1; m; m--)
				n = pf_mutate(ops, n, MAX_OPS, &rng);
		} else {
			n = pf_generate(ops, 1 + pf_rng_below(&rng, 2 * length), MAX_OPS, &rng);
		}
		status = check_one(c, ops, n);
		if (status != PF_EXIT_CLEAN)
			return status;
	}
	return PF_EXIT_CLEAN;
}

int cmd_check(int argc, char **argv)
{
	static const struct option options[] = {
		{"with", required_argument, NULL, 'w'},
		{"runs", required_argument, NULL, 'r'},
		{"seconds", required_argument, NULL, 's'},
		{"seed", required_argument, NULL, 'S'},
		{"length", required_argument, NULL, 'n'},
		{"output", required_argument, NULL, 'o'},
		{"quiet", no_argument, NULL, 'q'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	unsigned long runs = 20000, seconds = 0, seed = 1, length = 64;
	const char *with = NULL;
	struct check c = {0};
	struct pf_program pool[POOL];
	struct pf_lineup lineup;
	char names[512];
	unsigned nr_pool = 0;
	int opt, status = PF_EXIT_CLEAN;

	while ((opt = getopt_long(argc, argv, ":w:r:s:S:n:o:qh", options, NULL)) != -1) {
		switch (opt) {
		case 'w':
			with = optarg;
			break;
		case 'r':
			if (!pf_number(optarg, "--runs", 1ul << 40, &runs))
				return PF_EXIT_USAGE;
			break;
		case 's':
			if (!pf_number(optarg, "--seconds", 1000000, &seconds))
				return PF_EXIT_USAGE;
			runs = 1ul << 40;
			break;
		case 'S':
			if (!pf_number(optarg, "--seed", ~0ul, &seed))
				return PF_EXIT_USAGE;
			break;
		case 'n':
			if (!pf_number(optarg, "--length", MAX_OPS / 2, &length) || !length)
				return length ? PF_EXIT_USAGE
					      : pf_complain("--length wants a number from 1 on");
			break;
		case 'o':
			c.output = optarg;
			break;
		case 'q':
			c.quiet = true;
			break;
		case 'h':
			fputs(check_help, stdout);
			return PF_EXIT_CLEAN;
		default:
			return pf_complain_option(argv, opt, "check");
		}
	}
	if (optind == argc)
		return pf_complain("check: no implementation given (see pagefuzz check --help)");
	snprintf(names, sizeof(names), "%s%s%s", with ? with : "", with ? "," : "", argv[optind]);
	c.oracle = pf_open_oracle(names, &lineup, NULL);
	if (!c.oracle)
		return PF_EXIT_USAGE;
	for (int i = optind + 1; i < argc && status == PF_EXIT_CLEAN; i++) {
		struct pf_program p;

		if (!pf_load(&p, argv[i])) {
			status = PF_EXIT_USAGE;
			break;
		}
		status = check_one(&c, p.ops, p.nr);
		if (nr_pool < POOL)
			pool[nr_pool++] = p;
		else
			free(p.ops);
	}
	if (status == PF_EXIT_CLEAN)
		status = check_random(&c, runs, seconds, seed, length, pool, nr_pool);
	if (status == PF_EXIT_CLEAN && !c.quiet) {
		pf_print_table(stdout, c.oracle);
		printf("%s conforms: %llu programs, %llu operations, %llu not supported, no "
		       "finding\n",
		       argv[optind], (unsigned long long)c.programs,
		       (unsigned long long)c.operations, (unsigned long long)c.unsupported);
	}
	while (nr_pool)
		free(pool[--nr_pool].ops);
	pf_oracle_free(c.oracle);
	pf_lineup_free(&lineup);
	return status;
}
