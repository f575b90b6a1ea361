// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_check.c - pagefuzz impls and check: what implementations there are, and
 * whether one keeps what it promises.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "conformance.h"
#include "json.h"
#include "judge.h"
#include "tell.h"
#include "minimise.h"
#include "progress.h"
#include "../language/fit.h"
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
		{PF_F_INPAGE, "inpage"},	 {PF_F_FILLS_ISOLATED, "fills_isolated"},
		{PF_F_RULES, "rules"},
	};
	const struct {
		bool there;
		const char *name;
	} functions[] = {
		{impl->alloc_bulk, "alloc_bulk"},
		{impl->alloc_exact, "alloc_exact"},
		{impl->split, "split"},
		{impl->alloc_run, "alloc_run"},
		{impl->take_run, "take_run"},
		{impl->resize_run, "resize_run"},
		{impl->compact, "compact"},
		{impl->reclaim, "reclaim"},
		{impl->alloc_contig, "contig"},
		{impl->isolate, "isolate"},
		{impl->offline, "offline"},
		{impl->add_memory, "add_memory"},
		{impl->own_pages, "own_pages"},
		{impl->largest_free, "largest_free"},
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
		{impl->regions, "regions"},
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

static void print_impl(const struct pf_impl *impl)
{
	printf("%-11s %s\n", impl->name, impl->summary);
	printf("            tier: %s%s%s\n", tier_name[impl->tier], impl->group ? ", group " : "",
	       impl->group ? impl->group : "");
	print_features(impl);
}

int cmd_impls(int argc, char **argv)
{
	static const struct pf_usage usage = {
		.command = "impls",
		.synopsis = "",
		.about = "List the implementations with their promises.\n",
	};
	const struct pf_linux_part *part;
	int nr, status;

	if (!pf_parse_options(&usage, argc, argv, &nr, &status))
		return status;
	for (unsigned i = 0; i < pf_nr_builtin; i++)
		print_impl(pf_builtin[i]);
	for (unsigned i = 0; i < pf_nr_by_name; i++)
		print_impl(pf_by_name[i]);
	printf("linux-PART[-PART]...  linux without one or several parts\n");
	for (unsigned i = 0; (part = pf_linux_part(i)); i++)
		printf("            %-10s %s\n", part->name, part->summary);
	printf("kernel[:PLACE[=MB]]   the real Linux in QEMU (make lab); places: dimm, boot, "
	       "split\n"
	       "kernel-6.12           that of scripts/lab --kernel 6.12\n"
	       "recorded:FILE         what it said, from pagefuzz record\n"
	       "./MINE.so             a plug-in (pagefuzz new, pagefuzz build)\n");
	return PF_EXIT_CLEAN;
}

/* ---------------------------------------------------------------- check -- */

#define MAX_OPS 1024
#define POOL	64
/* So often a clean program runs once more with the framework's memory closed. */
#define CLOSED_EVERY 256

struct check_args {
	const char *with, *output, *json;
	unsigned long runs, seconds, seed, length, timeout;
	bool quiet, in_process;
};

struct check {
	const struct check_args *args;
	const char *impl;
	char lineup[512];
	struct pf_judge *judge;
	struct pf_limits limits;
	/* Of what is refused without having been said; see guess(). */
	unsigned guesses;
	uint64_t programs_before, refused_before;
	uint64_t programs, operations, refused; /* of impl */
	double end;				/* 0: none */
	char source[300];			/* of the program that runs */
	struct pf_program pool[POOL];
	unsigned nr_pool;
};

/* impl is the lineup's last member. */
static const struct pf_figures *figures(const struct check *c)
{
	const struct pf_judgement *r = pf_judge_result(c->judge);

	return &r->figures[r->nr_lanes - 1];
}

static bool save(const struct check *c, const struct pf_op *ops, size_t n,
		 const struct pf_verdict *v, const char *path)
{
	FILE *out = pf_create(path);

	if (!out)
		return false;
	fprintf(out, "# %s\n# cause %s\n# on %s\n# from %s\n", v->signature, v->cause, c->lineup,
		c->source);
	pf_write_text(out, ops, n);
	return pf_close(out, path);
}

static struct pf_conformance conformance(const struct check *c)
{
	return (struct pf_conformance){
		.impl = c->impl,
		.lineup = c->lineup,
		.judgement = pf_judge_result(c->judge),
		.programs = c->programs,
		.operations = c->operations,
		.refused = c->refused,
		.limit = pf_interrupted ? "interrupt" : NULL,
	};
}

/* So long a finding is made smaller without being asked. */
#define SMALLER_SECONDS 10

/* Beside the program as it was found: PATH-small.txt. False: there is none. */
static bool save_smallest(struct check *c, struct pf_program *p, const struct pf_verdict *v,
			  const char *path, char *small, size_t size)
{
	size_t tried;

	snprintf(small, size, "%.*s-small.txt", (int)(strlen(path) - strlen(".txt")), path);
	return v->law != PF_LAW_HANG &&
	       pf_minimise(c->judge, p, v, pf_now() + SMALLER_SECONDS, &tried) &&
	       save(c, p->ops, p->nr, v, small);
}

static int report(struct check *c, const struct pf_op *ops, size_t n, const struct pf_verdict *v)
{
	struct pf_conformance of = conformance(c);
	struct pf_program p = {malloc(n * sizeof(*ops)), n};
	const char *path = c->args->output, *small;
	char own[200], own_small[200];
	bool quiet = c->args->quiet || pf_json_to_stdout(c->args->json);
	int status = PF_EXIT_FINDING;

	pf_progress_clear();
	/* First of all: the story may take its time, and it may be the last of the disk. */
	if (!path)
		path = pf_finding_path("check", v, own, sizeof(own)) ? own : NULL;
	if (!path || !save(c, ops, n, v, path))
		status = PF_EXIT_USAGE;
	of.signature = v->signature;
	of.detail = v->detail;
	of.law = v->law;
	of.source = c->source;
	of.operations_shown = n;
	if (status == PF_EXIT_FINDING)
		of.saved = path;
	if (c->args->quiet && !pf_json_to_stdout(c->args->json))
		printf("%s\n", v->signature);
	if (!quiet) {
		printf("%s: finding\n", c->source);
		pf_tell_story(c->judge, ops, n, v);
	}
	if (p.ops && of.saved && path == own) {
		memcpy(p.ops, ops, n * sizeof(*ops));
		if (save_smallest(c, &p, v, own, own_small, sizeof(own_small))) {
			of.smallest = own_small;
			of.operations_smallest = p.nr;
		}
	}
	free(p.ops);
	if (c->args->json && !pf_write_conformance(c->args->json, &of))
		status = PF_EXIT_USAGE;
	if (quiet)
		return status;
	pf_print_conformance(stdout, &of);
	if (!of.saved)
		return status;
	if (path == own)
		printf("saved in %s\n", path);
	small = of.smallest ? of.smallest : "small.txt";
	if (strcmp(path, "-"))
		printf("next\n"
		       "  pagefuzz run -i %s %s\n"
		       "  pagefuzz story -i %s -o story.html %s\n"
		       "  pagefuzz min -i %s -o small.txt %s\n"
		       "  pagefuzz emit-c -i %s -o test.c %s\n",
		       c->lineup, path, c->lineup, path, c->lineup, path, c->lineup, small);
	return status;
}

static int check_one(struct check *c, const struct pf_op *ops, size_t n)
{
	uint64_t before = figures(c)->runs;
	enum pf_outcome outcome;
	struct pf_verdict v;

	outcome = pf_judge_run(c->judge, ops, n, &v, NULL);
	if (pf_judge_over(c->judge))
		return PF_EXIT_CLEAN;
	if (outcome == PF_CLEAN && (c->programs + c->refused) % CLOSED_EVERY == 0)
		outcome = pf_judge_closed(c->judge, ops, n, &v);
	if (outcome == PF_FINDING)
		return report(c, ops, n, &v);
	if (figures(c)->runs == before) {
		c->refused++;
	} else {
		c->programs++;
		c->operations += n;
	}
	return PF_EXIT_CLEAN;
}

static bool is_over(const struct check *c)
{
	pf_progress("check %s: %llu programs", c->impl, (unsigned long long)c->programs);
	return pf_judge_over(c->judge) || (c->end > 0 && pf_now() >= c->end);
}

/* As it is, but for a layout that the lineup does not take. */
static int check_file(struct check *c, const char *path)
{
	struct pf_program p;
	struct pf_op *more;
	int status;

	if (!pf_load(&p, path))
		return PF_EXIT_USAGE;
	more = realloc(p.ops, (p.nr + PF_FIT_OPS) * sizeof(*p.ops));
	if (!more)
		return free(p.ops), pf_complain("out of memory");
	p.ops = more;
	p.nr = pf_program_fit(p.ops, p.nr, p.nr + PF_FIT_OPS, &c->limits);
	snprintf(c->source, sizeof(c->source), "%s", pf_input_name(path));
	status = check_one(c, p.ops, p.nr);
	if (c->nr_pool < POOL)
		c->pool[c->nr_pool++] = p;
	else
		free(p.ops);
	return status;
}

/* Fresh programs and mutants of earlier ones, half and half. */
static size_t make_program(const struct check *c, struct pf_op *ops, struct pf_rng *rng)
{
	size_t n;

	if (c->nr_pool && pf_rng_below(rng, 2)) {
		const struct pf_program *p = &c->pool[pf_rng_below(rng, c->nr_pool)];

		n = p->nr < MAX_OPS ? p->nr : MAX_OPS;
		memcpy(ops, p->ops, n * sizeof(*ops));
		for (unsigned m = pf_rng_below(rng, 4) + 1; m; m--)
			n = pf_mutate(ops, n, MAX_OPS, rng);
	} else {
		n = pf_generate(ops, 1 + pf_rng_below(rng, 2 * (uint32_t)c->args->length), MAX_OPS,
				rng);
	}
	return pf_program_fit(ops, n, MAX_OPS, &c->limits);
}

/* So often a program fills a large memory; it takes as long as many others. */
#define FULL_EVERY 1024

static size_t make_full(const struct check *c, struct pf_op *ops, struct pf_rng *rng)
{
	return pf_program_fit(ops, pf_generate_full(ops, MAX_OPS, rng), MAX_OPS, &c->limits);
}

/* Of so many programs one scatters memory; few of those made at random ever compact much. */
#define SCATTERED_EVERY 8

static size_t make_scattered(const struct check *c, struct pf_op *ops, struct pf_rng *rng)
{
	return pf_program_fit(ops, pf_generate_scattered(ops, MAX_OPS, rng), MAX_OPS, &c->limits);
}

/*
 * Most layouts are refused, and nobody has said which are not: make them simpler and
 * simpler, until they are taken.
 */
#define GUESS_AFTER 200

static void guess(struct check *c)
{
	static const struct pf_limits simpler[] = {
		{.max_zones = 1, .max_nodes = 1},
		{.no_holes = true, .no_reserved = true},
		{.zone_align = 5, .min_pages = 32},
		{.max_order = 1},
		{.max_pages = 256},
	};
	uint64_t programs = c->programs - c->programs_before;
	uint64_t refused = c->refused - c->refused_before;

	if (programs + refused < GUESS_AFTER)
		return;
	c->programs_before = c->programs;
	c->refused_before = c->refused;
	if (refused > programs && c->guesses < sizeof(simpler) / sizeof(simpler[0]))
		pf_limits_join(&c->limits, &simpler[c->guesses++]);
}

static int check_random(struct check *c)
{
	static struct pf_op ops[MAX_OPS];
	struct pf_rng rng = {c->args->seed}, aside = {~c->args->seed};
	int status = PF_EXIT_CLEAN;

	for (uint64_t i = 1; i <= c->args->runs && status == PF_EXIT_CLEAN && !is_over(c); i++) {
		size_t n = i % FULL_EVERY == FULL_EVERY / 2 ? make_full(c, ops, &rng)
			   : i % SCATTERED_EVERY == 0	    ? make_scattered(c, ops, &aside)
							    : make_program(c, ops, &rng);

		snprintf(c->source, sizeof(c->source), "random program %llu of seed %lu",
			 (unsigned long long)i, c->args->seed);
		status = check_one(c, ops, n);
		guess(c);
	}
	return status;
}

/* Interrupted or not, with what there is. */
static int conclude(const struct check *c)
{
	const struct pf_judgement *r = pf_judge_result(c->judge);
	struct pf_conformance of = conformance(c);
	const char *name[PF_MAX_LANES];

	pf_progress_clear();
	if (!c->programs && !pf_interrupted)
		return pf_complain("check: nothing was checked: %s refused the layouts of all %llu "
				   "programs",
				   c->impl, (unsigned long long)c->refused);
	if (c->args->json && !pf_write_conformance(c->args->json, &of))
		return PF_EXIT_USAGE;
	if (c->args->quiet || pf_json_to_stdout(c->args->json))
		return PF_EXIT_CLEAN;
	for (unsigned i = 0; i < r->nr_lanes; i++)
		name[i] = r->name[i];
	pf_print_figures(stdout, name, r->figures, r->nr_lanes);
	pf_print_ends(stdout, name, r->figures, r->nr_lanes);
	pf_print_packing(stdout, name, r->figures, r->nr_lanes);
	pf_print_probes(stdout, r->figures, r->nr_lanes);
	pf_print_conformance(stdout, &of);
	if (c->guesses)
		printf("%s refused most layouts, so that simpler ones were made: it should say "
		       "what it takes (limits)\n",
		       c->impl);
	printf("%s%s %s: %llu programs, %llu operations, %llu more refused, no finding\n",
	       pf_interrupted ? "interrupted: " : "", c->impl,
	       pf_interrupted ? "so far" : "conforms", (unsigned long long)c->programs,
	       (unsigned long long)c->operations, (unsigned long long)c->refused);
	return PF_EXIT_CLEAN;
}

/* Hours later would be too late to learn that. */
static bool can_write(const char *path)
{
	FILE *out = pf_create(path);

	pf_discard(out);
	return out != NULL;
}

static int check(const struct check_args *args, char **argv, int nr)
{
	struct pf_judge_config config = {.seconds = (unsigned)args->timeout,
					 .in_process = args->in_process};
	struct check c = {.args = args, .impl = argv[0]};
	int status = PF_EXIT_CLEAN;

	if ((size_t)snprintf(c.lineup, sizeof(c.lineup), "%s%s%s", args->with ? args->with : "",
			     args->with ? "," : "", c.impl) >= sizeof(c.lineup))
		return pf_complain("check: too many names");
	if ((args->output && !can_write(args->output)) || (args->json && !can_write(args->json)))
		return PF_EXIT_USAGE;
	config.impls = c.lineup;
	pf_catch_interrupts();
	c.judge = pf_judge_open(&config);
	if (!c.judge)
		return PF_EXIT_USAGE;
	c.limits = pf_judge_result(c.judge)->limits;
	c.end = args->seconds ? pf_now() + (double)args->seconds : 0;
	for (int i = 1; i < nr && status == PF_EXIT_CLEAN && !is_over(&c); i++)
		status = check_file(&c, argv[i]);
	if (status == PF_EXIT_CLEAN)
		status = check_random(&c);
	if (status == PF_EXIT_CLEAN)
		status = pf_judge_over(c.judge) && !pf_interrupted ? PF_EXIT_USAGE : conclude(&c);
	while (c.nr_pool)
		free(c.pool[--c.nr_pool].ops);
	pf_judge_close(c.judge);
	return status;
}

int cmd_check(int argc, char **argv)
{
	struct check_args a = {.runs = 0, .seed = 1, .length = 64};
	const struct pf_option options[] = {
		PF_OPTION_WITH(&a.with, "run in lockstep with these implementations too"),
		PF_OPTION_RUNS(&a.runs, 1ul << 40,
			       "random programs (default: 20000; with --seconds: no limit)"),
		PF_OPTION_SECONDS(&a.seconds, "stop after that time (default: no limit)"),
		PF_OPTION_SEED(&a.seed),
		PF_OPTION_OPS(&a.length, MAX_OPS / 2,
			      "mean number of operations of a random program (default: 64)"),
		PF_OPTION_OUTPUT(&a.output, "where to save the program of a finding, as text\n"
					    "(default: findings/check-LAW-IMPL-OPERATION.txt)"),
		PF_OPTION_JSON(&a.json),
		PF_OPTION_QUIET(&a.quiet, "print only a finding's signature"),
		PF_OPTION_TIMEOUT(&a.timeout),
		PF_OPTION_IN_PROCESS(&a.in_process),
	};
	const struct pf_usage usage = {
		.command = "check",
		.synopsis = "[OPTION]... IMPL [FILE]...",
		.about = "Run the given programs, then random ones, on IMPL and judge it by all "
			 "laws. Layouts\nare changed to ones that all members take. It ends at the "
			 "first finding, which is\nsaved as a program, and made small (not with "
			 "--output). A table says of each law how\noften it was asked, or why it "
			 "never was.\n",
		PF_OPTIONS(options),
		.min_args = 1,
		.max_args = INT_MAX,
		.args = "the name of an implementation",
	};
	int nr, status;

	if (!pf_parse_options(&usage, argc, argv, &nr, &status))
		return status;
	if (!a.runs)
		a.runs = a.seconds ? ULONG_MAX : 20000;
	return check(&a, argv + 1, nr);
}
