// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_exhaust.c - pagefuzz exhaust: every program up to a length, over a small alphabet, in a
 * small memory. A world is a program: its configuration is the memory, its other operations are
 * the letters. What only names slots otherwise is one program: a letter that fills a slot fills
 * the next new one, any other letter that has one goes through those that are filled.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "json.h"
#include "judge.h"
#include "progress.h"
#include "tell.h"
#include "../language/fit.h"

#define MAX_LETTERS 64
#define MAX_LENGTH  16
#define MAX_CONFIG  64

struct exhaust_args {
	const char *impls, *output, *json, *state;
	unsigned long length, seconds, timeout;
	bool quiet, in_process;
};

struct world {
	const char *name;
	struct pf_op config[MAX_CONFIG + PF_FIT_OPS], letter[MAX_LETTERS];
	size_t nr_config, nr_letters;
};

struct exhaust {
	const struct exhaust_args *args;
	struct pf_judge *judge;
	double end; /* 0: none */
	/* The program in hand: the world's configuration, then one letter each. */
	struct world *world;
	struct pf_op ops[MAX_CONFIG + PF_FIT_OPS + MAX_LENGTH];
	unsigned choice[MAX_LENGTH]; /* which letter, which slot of those filled */
	/* Where to go on; nothing is skipped once it has been reached. */
	unsigned from[MAX_LENGTH], nr_from;
	uint64_t programs, operations, all_programs, all_operations, expected;
	unsigned length;
	int status;
};

static bool fills(unsigned kind)
{
	return kind == PF_OP_ALLOC || kind == PF_OP_BULK || kind == PF_OP_CONTIG ||
	       kind == PF_OP_EXACT || kind == PF_OP_RUN || kind == PF_OP_TAKE;
}

/* Letters that go through the filled slots. */
static bool uses(unsigned kind)
{
	return pf_op_info[kind].has_slot && !fills(kind);
}

/* How many programs of that length there are: by letters left and slots filled. */
static uint64_t count(const struct world *w, unsigned length)
{
	uint64_t n[MAX_LENGTH + 1][MAX_LENGTH + 2] = {{0}};

	for (unsigned filled = 0; filled <= MAX_LENGTH; filled++)
		n[0][filled] = 1;
	for (unsigned left = 1; left <= length; left++)
		for (unsigned filled = 0; filled <= length - left; filled++)
			for (size_t i = 0; i < w->nr_letters; i++) {
				unsigned kind = w->letter[i].kind;

				if (fills(kind))
					n[left][filled] += n[left - 1][filled + 1];
				else if (!uses(kind))
					n[left][filled] += n[left - 1][filled];
				else if (filled)
					n[left][filled] +=
						filled * n[left - 1][filled - (kind == PF_OP_FREE)];
			}
	return n[length][0];
}

/* ---------------------------------------------------------------- state -- */

/* Where it is, for who goes on later: the world, the length, the choices. */
static bool save_state(const struct exhaust *e)
{
	FILE *out;

	if (!e->args->state)
		return true;
	out = pf_create(e->args->state);
	if (!out)
		return false;
	fprintf(out, "pagefuzz exhaust\n%s\n%u\n", e->world->name, e->length);
	for (unsigned i = 0; i < e->length; i++)
		fprintf(out, "%u ", e->choice[i]);
	fprintf(out, "\n");
	return pf_close(out, e->args->state);
}

/* False: complained. No such file is a beginning. */
static bool load_state(struct exhaust *e, char *world, size_t size, unsigned *length)
{
	FILE *in = fopen(e->args->state, "r");
	char head[64];
	bool good;

	*world = '\0';
	if (!in)
		return true;
	good = fgets(head, sizeof(head), in) && !strcmp(head, "pagefuzz exhaust\n") &&
	       fgets(world, (int)size, in) && fscanf(in, "%u", length) == 1 && *length &&
	       *length <= MAX_LENGTH;
	world[strcspn(world, "\n")] = '\0';
	for (unsigned i = 0; good && i < *length; i++)
		good = fscanf(in, "%u", &e->from[i]) == 1;
	fclose(in);
	if (!good)
		return pf_complain("exhaust: '%s' is no state of an earlier run", e->args->state),
		       false;
	e->nr_from = *length;
	return true;
}

/* -------------------------------------------------------------- programs -- */

static void report(struct exhaust *e, size_t n, const struct pf_verdict *v)
{
	const char *path = e->args->output;
	bool quiet = e->args->quiet || pf_json_to_stdout(e->args->json);
	char own[200];
	FILE *out;

	pf_progress_clear();
	e->status = PF_EXIT_FINDING;
	if (!path)
		path = pf_finding_path("exhaust", v, own, sizeof(own)) ? own : NULL;
	out = path ? pf_create(path) : NULL;
	if (out) {
		fprintf(out, "# %s\n# cause %s\n# from world %s\n", v->signature, v->cause,
			e->world->name);
		pf_write_text(out, e->ops, n);
	}
	if (!out || !pf_close(out, path))
		e->status = PF_EXIT_USAGE;
	if (e->args->quiet)
		printf("%s\n", v->signature);
	if (quiet)
		return;
	printf("%s: finding after %llu programs, none shorter shows it\n", e->world->name,
	       (unsigned long long)e->all_programs + e->programs);
	pf_tell_story(e->judge, e->ops, n, v);
	if (e->status == PF_EXIT_FINDING)
		printf("saved in %s\n", path);
}

static bool is_over(const struct exhaust *e)
{
	return e->status || pf_judge_over(e->judge) || (e->end > 0 && pf_now() >= e->end);
}

/* Say how far it is, and note it; false: that can't be written. */
static bool tell(struct exhaust *e)
{
	if (e->programs % 4096)
		return true;
	pf_progress("exhaust %s: %u operations, %llu of %llu programs", e->world->name, e->length,
		    (unsigned long long)e->programs, (unsigned long long)e->expected);
	return save_state(e);
}

static bool run_one(struct exhaust *e)
{
	size_t n = e->world->nr_config + e->length;
	enum pf_outcome outcome;
	struct pf_verdict v;

	if (!tell(e))
		e->status = PF_EXIT_USAGE;
	if (is_over(e))
		return true;
	outcome = pf_judge_run(e->judge, e->ops, n, &v, NULL);
	e->programs++;
	e->operations += e->length;
	if (outcome == PF_FINDING)
		report(e, n, &v);
	else if (outcome == PF_UNSUPPORTED && !pf_judge_over(e->judge))
		e->status = pf_judge_refused(e->judge, e->ops, n, e->world->name);
	return e->status != PF_EXIT_CLEAN;
}

/* All programs that begin as the first `at` letters do; true: that is the end. */
static bool go_on(struct exhaust *e, unsigned at, uint32_t filled, unsigned next)
{
	struct world *w = e->world;
	unsigned choice = 0;

	if (at == e->length) {
		e->nr_from = 0;
		return run_one(e);
	}
	for (size_t i = 0; i < w->nr_letters; i++) {
		struct pf_op *op = &e->ops[w->nr_config + at];
		unsigned kind = w->letter[i].kind;

		for (unsigned slot = 0; slot < (uses(kind) ? next : 1); slot++) {
			uint32_t then = filled;

			if (uses(kind) && !(filled >> slot & 1))
				continue;
			if (choice++ < (e->nr_from ? e->from[at] : 0))
				continue;
			e->choice[at] = choice - 1;
			*op = w->letter[i];
			if (fills(kind))
				op->slot = next, then |= 1u << next;
			else if (uses(kind))
				op->slot = slot;
			if (kind == PF_OP_FREE)
				then &= ~(1u << slot);
			if (go_on(e, at + 1, then, next + fills(kind)))
				return true;
			/* Behind the first program of all, nothing is skipped. */
			if (e->nr_from)
				e->nr_from = 0;
		}
	}
	return false;
}

static bool load_world(struct exhaust *e, struct world *w, const char *path)
{
	const struct pf_limits *limits = &pf_judge_result(e->judge)->limits;
	struct pf_program p;

	*w = (struct world){.name = pf_input_name(path)};
	if (!pf_load(&p, path))
		return false;
	for (size_t i = 0; i < p.nr; i++) {
		bool config = pf_op_is_config(p.ops[i].kind);

		if (config && !w->nr_letters && w->nr_config < MAX_CONFIG)
			w->config[w->nr_config++] = p.ops[i];
		else if (!config && w->nr_letters < MAX_LETTERS)
			w->letter[w->nr_letters++] = p.ops[i];
	}
	free(p.ops);
	if (!w->nr_letters || w->nr_letters == MAX_LETTERS)
		return pf_complain("exhaust: %s: a world has 1 to %d operations, its letters",
				   w->name, MAX_LETTERS - 1),
		       false;
	w->nr_config = pf_program_fit(w->config, w->nr_config, MAX_CONFIG + PF_FIT_OPS, limits);
	return true;
}

/* Shortest first. */
static void run_world(struct exhaust *e, unsigned first)
{
	struct world *w = e->world;
	double began = pf_now();

	e->programs = e->operations = 0;
	memcpy(e->ops, w->config, w->nr_config * sizeof(*e->ops));
	for (e->length = first; e->length <= e->args->length; e->length++) {
		e->expected = count(w, e->length);
		if (go_on(e, 0, 0, 0))
			break;
	}
	pf_progress_clear();
	if (e->length <= e->args->length && !save_state(e))
		e->status = PF_EXIT_USAGE;
	e->all_programs += e->programs;
	e->all_operations += e->operations;
	if (!e->args->quiet && !pf_json_to_stdout(e->args->json))
		printf("%s: %zu letters, %s programs of %u operations%s: %llu programs in %.1f s\n",
		       w->name, w->nr_letters, e->length > e->args->length ? "all" : "part of the",
		       e->length > e->args->length ? e->length - 1 : e->length,
		       first > 1 ? ", gone on" : " and fewer", (unsigned long long)e->programs,
		       pf_now() - began);
}

static bool write_json(const struct exhaust *e, int nr_worlds, bool whole)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "worlds", json_object_new_int(nr_worlds));
	json_object_object_add(o, "length", json_object_new_int64((int64_t)e->args->length));
	json_object_object_add(o, "complete", json_object_new_boolean(whole));
	json_object_object_add(o, "programs", json_object_new_int64((int64_t)e->all_programs));
	json_object_object_add(o, "operations", json_object_new_int64((int64_t)e->all_operations));
	json_object_object_add(o, "finding", json_object_new_boolean(e->status == PF_EXIT_FINDING));
	return pf_json_write(e->args->json, o);
}

static int run_worlds(struct exhaust *e, char **path, int nr)
{
	char goes_on[300] = "";
	unsigned first = 1;
	bool whole;

	if (e->args->state && !load_state(e, goes_on, sizeof(goes_on), &first))
		return PF_EXIT_USAGE;
	for (int i = 0; i < nr && !is_over(e); i++) {
		struct world w;

		e->world = &w;
		if (!load_world(e, &w, path[i]))
			return PF_EXIT_USAGE;
		/* Those before the one that it stopped in are done. */
		if (*goes_on && strcmp(goes_on, w.name))
			continue;
		run_world(e, *goes_on ? first : 1);
		*goes_on = '\0';
	}
	if (*goes_on)
		return pf_complain("exhaust: '%s' stopped in world %s, which is not given",
				   e->args->state, goes_on);
	whole = !is_over(e) && !pf_interrupted;
	if (whole && e->args->state)
		remove(e->args->state);
	if (e->args->json && !write_json(e, nr, whole))
		return PF_EXIT_USAGE;
	if (!e->status && !e->args->quiet && !pf_json_to_stdout(e->args->json))
		printf("%s: %d worlds, %s: %llu programs, %llu operations, no finding\n",
		       whole ? "exhausted" : "stopped", nr,
		       whole ? "all of them" : "the rest is left",
		       (unsigned long long)e->all_programs, (unsigned long long)e->all_operations);
	return e->status;
}

int cmd_exhaust(int argc, char **argv)
{
	struct exhaust_args args = {.length = 3};
	const struct pf_option options[] = {
		PF_OPTION_IMPLS(&args.impls, "the lineup (default: all built-in ones)"),
		PF_OPTION_OPS(&args.length, MAX_LENGTH,
			      "length of the longest programs (default: 3)"),
		PF_OPTION_SECONDS(&args.seconds, "stop after that time (default: no limit)"),
		PF_OPTION_TEXT("state", 0, "FILE", &args.state,
			       "note in FILE where it is, and go on from there the next time"),
		PF_OPTION_OUTPUT(&args.output,
				 "where to save the program of a finding, as text\n"
				 "(default: findings/exhaust-LAW-IMPL-OPERATION.txt)"),
		PF_OPTION_JSON(&args.json),
		PF_OPTION_QUIET(&args.quiet, "print only a finding's signature"),
		PF_OPTION_TIMEOUT(&args.timeout),
		PF_OPTION_IN_PROCESS(&args.in_process),
	};
	const struct pf_usage usage = {
		.command = "exhaust",
		.synopsis = "[OPTION]... WORLD...",
		.about = "Run every program up to a length, shortest first, over the operations of "
			 "a\n"
			 "world, in its memory. A world is a program: its configuration is the "
			 "memory,\n"
			 "its other operations are the alphabet; slots are numbered anew.\n",
		PF_OPTIONS(options),
		.min_args = 1,
		.max_args = INT_MAX,
		.args = "at least one world (corpus/worlds/*.txt)",
	};
	struct exhaust e = {.args = &args};
	struct pf_judge_config config = {0};
	int nr, status;

	if (!pf_parse_options(&usage, argc, argv, &nr, &status))
		return status;
	config.impls = args.impls;
	config.seconds = (unsigned)args.timeout;
	config.in_process = args.in_process;
	pf_catch_interrupts();
	e.judge = pf_judge_open(&config);
	if (!e.judge)
		return PF_EXIT_USAGE;
	e.end = args.seconds ? pf_now() + (double)args.seconds : 0;
	status = run_worlds(&e, argv + 1, nr);
	pf_judge_close(e.judge);
	return status;
}
