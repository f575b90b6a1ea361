// SPDX-License-Identifier: GPL-2.0-only
/* cmd_run.c - pagefuzz run, show and asm: programs as they are. */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "ftrace.h"
#include "json.h"
#include "judge.h"
#include "tell.h"
#include "progress.h"
#include "../../oracle/cpus.h"
#include "report.h"
#include "target.h"

/* To git bisect run: this one can't be judged; go no further. */
#define BISECT_SKIP 125
#define BISECT_STOP 130

/* ------------------------------------------------------------------ run -- */

enum stage {
	IDLE, /* or the repetition of a run for a story */
	STARTING,
	INSIDE, /* the program's operations */
	CLEARING_UP,
};

struct run_args {
	bool trace, quiet, hash, maps, report, in_process, in_target;
	const char *impls, *ftrace_path, *expect, *json;
	bool met;		     /* what was expected */
	struct json_object *results; /* an object for each program */
	unsigned long timeout;	     /* s */
	const char *path;	     /* of the program that runs */
	/* The rest is the child's, which runs the programs. */
	FILE *out;
	struct pf_oracle *oracle;
	struct pf_ftrace ftrace;
	enum stage stage;
	uint32_t online; /* cpus, a bit each */
	size_t last_step;
};

static void trace_line(const struct run_args *a, size_t step, const struct pf_op *op, unsigned lane,
		       const char *answer)
{
	if (step != a->last_step || !answer) {
		fprintf(a->out, "%6zu  ", step);
		pf_print_op_to(a->out, op);
		fputc('\n', a->out);
	}
	if (answer)
		fprintf(a->out, "            %-10s %s\n", pf_oracle_impl(a->oracle, lane)->name,
			answer);
	/* What comes next may be the end. */
	fflush(a->out);
}

static void on_op(void *arg, size_t step, const struct pf_op *op, unsigned lane, const char *answer)
{
	struct run_args *a = arg;
	const struct pf_layout *l = pf_oracle_layout(a->oracle);

	if (a->stage == IDLE)
		return;
	if (a->stage == STARTING) {
		a->stage = INSIDE;
		a->online = (1u << l->nr_cpus) - 1;
	}
	if (!answer)
		pf_ftrace_op(&a->ftrace, l, a->online, step, op);
	if (!answer && op->kind == PF_OP_CPU)
		a->online = pf_online_after(a->online, l->nr_cpus, op);
	if (a->trace)
		trace_line(a, step, op, lane, answer);
	a->last_step = step;
}

static void on_event(void *arg, unsigned lane, const struct pf_event *ev)
{
	struct run_args *a = arg;

	(void)lane;
	if (a->stage == INSIDE)
		pf_ftrace_event(&a->ftrace, ev);
}

/* A transcript only answers what was asked when it was recorded. */
static bool can_tell(const struct pf_impl *impl)
{
	return impl->dump && (!(impl->features & PF_F_REMOTE) || impl->census);
}

static void print_reports(const struct run_args *a)
{
	const struct pf_layout *l = pf_oracle_layout(a->oracle);

	for (unsigned i = 0; i < pf_oracle_lanes(a->oracle); i++) {
		const struct pf_impl *impl = pf_oracle_impl(a->oracle, i);
		const struct pf_dump *d = can_tell(impl) ? pf_oracle_dump(a->oracle, i) : NULL;

		if (!d)
			continue;
		fprintf(a->out, "==> %s, %s: /proc/buddyinfo <==\n", a->path, impl->name);
		pf_report_buddyinfo(a->out, l, d);
		fprintf(a->out, "==> %s, %s: /proc/pagetypeinfo <==\n", a->path, impl->name);
		pf_report_pagetypeinfo(a->out, l, d);
		fprintf(a->out, "==> %s, %s: /proc/zoneinfo <==\n", a->path, impl->name);
		pf_report_zoneinfo(a->out, l, d, a->online);
	}
}

static void before_end(void *arg)
{
	struct run_args *a = arg;

	if (a->stage == IDLE)
		return;
	if (a->stage == STARTING)
		a->online = (1u << pf_oracle_layout(a->oracle)->nr_cpus) - 1;
	a->stage = CLEARING_UP;
	if (a->maps)
		pf_oracle_maps(a->oracle, a->out);
	if (a->report)
		print_reports(a);
}

/* In the child; it exits where complaining is all that is left to do. */
static void prepare(void *arg, struct pf_oracle *o, struct pf_options *options, FILE *out)
{
	struct run_args *a = arg;
	bool any = false;

	a->oracle = o;
	a->out = out;
	for (unsigned i = 0; i < pf_oracle_lanes(o); i++)
		any |= can_tell(pf_oracle_impl(o, i));
	if (a->report && !any)
		exit(pf_complain("run: --report: no implementation of these can tell its state"));
	if (a->ftrace_path && pf_oracle_lanes(o) != 1)
		exit(pf_complain("run: --ftrace wants exactly one implementation, not %u (--impls "
				 "NAME)",
				 pf_oracle_lanes(o)));
	if (a->ftrace_path) {
		a->ftrace.out = out;
		options->event = on_event;
		options->event_arg = a;
	}
	if (a->trace || a->report || a->ftrace_path) {
		options->trace = on_op;
		options->trace_arg = a;
	}
	if (a->report || a->maps || a->ftrace_path) {
		options->before_end = before_end;
		options->before_end_arg = a;
	}
}

static void before(void *arg, const char *path)
{
	struct run_args *a = arg;

	a->path = path;
	a->last_step = SIZE_MAX;
	a->stage = STARTING;
	if (a->ftrace_path)
		pf_ftrace_header(&a->ftrace);
}

static void after(void *arg, struct pf_oracle *o, enum pf_outcome outcome, FILE *out)
{
	struct run_args *a = arg;

	(void)o;
	(void)outcome;
	(void)out;
	a->stage = IDLE;
}

/* Beyond that, closing the framework's memory around each call takes too long to be a habit. */
#define CLOSED_OPS 20000

static void print_next(const struct run_args *a)
{
	char with[600] = "";

	if (a->impls)
		snprintf(with, sizeof(with), " -i %s", a->impls);
	printf("next\n"
	       "  pagefuzz story%s -o story.html %s\n"
	       "  pagefuzz min%s -o small.txt %s\n"
	       "  pagefuzz emit-c%s -o test.c small.txt\n",
	       with, a->path, with, a->path, with);
}

/* The signature or the cause that it names, or the beginning of one up to a slash. */
static bool is_expected(const char *expect, const struct pf_verdict *v)
{
	size_t n = strlen(expect);
	bool signature = !strncmp(v->signature, expect, n) && strchr("/:", v->signature[n]);

	return signature || (!strncmp(v->cause, expect, n) && strchr("/", v->cause[n]));
}

static void note_result(struct run_args *a, const struct pf_judge *j, enum pf_outcome outcome,
			const struct pf_verdict *v)
{
	static const char *const said[] = {
		[PF_CLEAN] = "clean",
		[PF_FINDING] = "finding",
		[PF_KNOWN] = "known",
		[PF_UNSUPPORTED] = "refused",
	};
	struct json_object *o = json_object_new_object();

	pf_json_text(o, "program", a->path);
	pf_json_text(o, "result", said[outcome]);
	if (outcome == PF_FINDING || outcome == PF_KNOWN)
		pf_json_verdict(o, v, pf_judge_name(j, v->lane));
	json_object_array_add(a->results, o);
}

static int run_one(struct run_args *a, struct pf_judge *j, const struct pf_program *p, FILE *out)
{
	struct pf_verdict v;
	enum pf_outcome outcome;

	pf_progress("run: %s", a->path);
	outcome = pf_judge_run(j, p->ops, p->nr, &v, out);
	if (outcome == PF_CLEAN && !a->ftrace_path && p->nr <= CLOSED_OPS)
		outcome = pf_judge_closed(j, p->ops, p->nr, &v);
	pf_progress_clear();
	if (a->hash && !pf_judge_over(j))
		fprintf(out, "%016llx  %s\n", (unsigned long long)pf_judge_result(j)->hash,
			a->path);
	if (outcome == PF_FINDING || outcome == PF_KNOWN)
		a->met |= a->expect && is_expected(a->expect, &v);
	if (a->results && !pf_judge_over(j))
		note_result(a, j, outcome, &v);
	if (pf_json_to_stdout(a->json))
		;
	else if (outcome == PF_FINDING || outcome == PF_KNOWN) {
		printf("%s: %s\n", a->path, outcome == PF_KNOWN ? "known divergence" : "finding");
		pf_tell_story(j, p->ops, p->nr, &v);
	}
	if (outcome == PF_FINDING && !pf_json_to_stdout(a->json))
		print_next(a);
	if (pf_judge_over(j))
		return pf_interrupted ? pf_complain("run: interrupted in %s", a->path)
				      : PF_EXIT_USAGE;
	if (outcome == PF_UNSUPPORTED)
		return pf_judge_refused(j, p->ops, p->nr, a->path);
	return outcome == PF_FINDING ? PF_EXIT_FINDING : PF_EXIT_CLEAN;
}

static void print_result(const struct pf_judge *j)
{
	const struct pf_judgement *r = pf_judge_result(j);
	const char *name[PF_MAX_LANES];

	for (unsigned i = 0; i < r->nr_lanes; i++)
		name[i] = r->name[i];
	pf_print_figures(stdout, name, r->figures, r->nr_lanes);
	pf_print_ends(stdout, name, r->figures, r->nr_lanes);
	if (r->exact.allocations || r->exact.migrations || r->exact.dumps)
		printf("twins: %llu allocations, %llu migrations, %llu dumps equal in the last "
		       "run\n",
		       (unsigned long long)r->exact.allocations,
		       (unsigned long long)r->exact.migrations, (unsigned long long)r->exact.dumps);
}

/* All programs are read before anything is written. False: complained. */
static bool load_all(struct pf_program *p, char **path, int nr)
{
	for (int i = 0; i < nr; i++)
		if (!pf_load(&p[i], path[i])) {
			while (i)
				free(p[--i].ops);
			return false;
		}
	return true;
}

/* What the sanitizers of the fuzz target say. */
static int run_in_target(const struct run_args *a, const struct pf_program *p, int nr, char **path)
{
	int worst = PF_EXIT_CLEAN;

	for (int i = 0; i < nr && !pf_interrupted && worst != PF_EXIT_USAGE; i++) {
		struct pf_target_log log;

		if (!pf_target_run(NULL, a->impls, p[i].ops, p[i].nr, &log))
			return PF_EXIT_USAGE;
		if (log.status) {
			printf("%s: finding\n", path[i]);
			pf_target_story(log.text, log.len, stdout);
			worst = PF_EXIT_FINDING;
		} else if (!a->quiet) {
			printf("%s: clean\n", path[i]);
		}
		free(log.text);
	}
	return pf_interrupted ? pf_complain("run: interrupted") : worst;
}

static int run_all(struct run_args *a, char **path, int nr)
{
	struct pf_judge_config config = {.impls = a->impls,
					 .seconds = (unsigned)a->timeout,
					 .in_process = a->in_process,
					 .prepare = prepare,
					 .before = before,
					 .after = after,
					 .arg = a};
	struct pf_program *p = calloc((size_t)nr, sizeof(*p));
	int worst = PF_EXIT_CLEAN;
	struct pf_judge *j = NULL;
	FILE *out = stdout;

	if (!p)
		return pf_complain("out of memory");
	if (!load_all(p, path, nr))
		return free(p), PF_EXIT_USAGE;
	pf_catch_interrupts();
	if (a->in_target) {
		worst = run_in_target(a, p, nr, path);
		goto out;
	}
	if (a->ftrace_path)
		out = pf_create(a->ftrace_path);
	if (out)
		j = pf_judge_open(&config);
	for (int i = 0; i < nr && j && !pf_judge_over(j); i++) {
		int status;

		a->path = path[i];
		pf_judge_label(j, path[i]);
		status = run_one(a, j, &p[i], out);
		/* Bad input outweighs a finding: somebody has to look at the command line. */
		worst = status > worst ? status : worst;
	}
	if (j && !a->quiet && worst != PF_EXIT_USAGE && (!a->ftrace_path || out != stdout) &&
	    !pf_json_to_stdout(a->json))
		print_result(j);
	if (!j)
		worst = PF_EXIT_USAGE;
	pf_judge_close(j);
	if (a->ftrace_path && worst == PF_EXIT_USAGE)
		pf_discard(out);
	else if (a->ftrace_path && !pf_close(out, a->ftrace_path))
		worst = PF_EXIT_USAGE;
out:
	for (int i = 0; i < nr; i++)
		free(p[i].ops);
	free(p);
	return worst;
}

int cmd_run(int argc, char **argv)
{
	struct run_args a = {0};
	const struct pf_option options[] = {
		PF_OPTION_IMPLS(&a.impls,
				"comma-separated implementations (default: all built-in ones);\n"
				"'kernel' is the real one (make lab), recorded:FILE what it said;\n"
				"all start from the machine of the first of these then, whatever\n"
				"the program configures"),
		PF_OPTION_TRACE(&a.trace, "print every operation with every answer"),
		PF_OPTION_FLAG("maps", 'm', &a.maps,
			       "print the page maps before everything is freed"),
		PF_OPTION_FLAG("report", 0, &a.report,
			       "print /proc/buddyinfo, pagetypeinfo and zoneinfo, before\n"
			       "everything is freed, of each implementation that can tell"),
		PF_OPTION_TEXT("ftrace", 0, "FILE", &a.ftrace_path,
			       "write all events of the only implementation as ftrace text, up\n"
			       "to the program's end (-: standard output, without the closing\n"
			       "table)"),
		PF_OPTION_QUIET(&a.quiet, "print nothing unless there is a finding"),
		PF_OPTION_JSON(&a.json),
		PF_OPTION_TEXT(
			"expect", 0, "SIGNATURE", &a.expect,
			"for git bisect run: exit status 1 if a program shows this signature\n"
			"or cause (or one that begins so), 0 if none shows anything, 125 if\n"
			"something else is wrong"),
		PF_OPTION_FLAG("hash", 0, &a.hash, "print the hash of all answers and events"),
		PF_OPTION_TIMEOUT(&a.timeout),
		PF_OPTION_IN_PROCESS(&a.in_process),
		PF_OPTION_FLAG("in-target", 0, &a.in_target,
			       "in the fuzz target, with its sanitizers: print what these say;\n"
			       "of ./mine.so the target opens ./mine.fuzz.so"),
	};
	const struct pf_usage usage = {
		.command = "run",
		.synopsis = "[OPTION]... FILE...",
		.about = "Run each program (bytes or text, - for standard input) from a fresh "
			 "start on all\nimplementations in lockstep. A finding prints its story.\n",
		PF_OPTIONS(options),
		.min_args = 1,
		.max_args = INT_MAX,
		.args = "at least one program",
	};
	int nr, status;

	if (!pf_parse_options(&usage, argc, argv, &nr, &status))
		return status;
	if (a.ftrace_path && nr != 1)
		return pf_complain("run: --ftrace wants exactly one program, not %d", nr);
	if (a.in_target &&
	    (a.trace || a.maps || a.report || a.ftrace_path || a.hash || a.in_process))
		return pf_complain("run: --in-target prints what sanitizers say, and nothing else");
	if (a.in_target && (a.expect || a.json))
		return pf_complain("run: --in-target goes with neither --expect nor --json");
	if (a.expect && !*a.expect)
		return pf_complain("run: --expect wants a signature or a cause");
	if (a.json)
		a.results = json_object_new_array();
	status = run_all(&a, argv + 1, nr);
	if (a.json && status == PF_EXIT_USAGE)
		json_object_put(a.results);
	else if (a.json && !pf_json_write(a.json, a.results))
		status = PF_EXIT_USAGE;
	if (!a.expect)
		return status;
	if (pf_interrupted)
		return BISECT_STOP;
	if (status == PF_EXIT_CLEAN || a.met)
		return a.met ? PF_EXIT_FINDING : PF_EXIT_CLEAN;
	return BISECT_SKIP;
}

/* --------------------------------------------------------- show and asm -- */

static int convert(int argc, char **argv, bool to_text)
{
	const char *output = NULL;
	const struct pf_option options[] = {
		PF_OPTION_OUTPUT(&output, "where to write it (default: standard output)"),
	};
	const struct pf_usage usage = {
		.command = to_text ? "show" : "asm",
		.synopsis = "[OPTION]... FILE",
		.about = to_text ? "Read a program (bytes or text, - for standard input) and write "
				   "it as text.\n"
				 : "Read a program (bytes or text, - for standard input) and write "
				   "it as bytes.\n",
		PF_OPTIONS(options),
		.min_args = 1,
		.max_args = 1,
		.args = "exactly one program",
	};
	struct pf_program p;
	int nr, status;
	bool ok = true;
	FILE *out;

	if (!pf_parse_options(&usage, argc, argv, &nr, &status))
		return status;
	if (!pf_load(&p, argv[1]))
		return PF_EXIT_USAGE;
	out = pf_create(output);
	if (!out)
		return free(p.ops), PF_EXIT_USAGE;
	if (to_text)
		pf_write_text(out, p.ops, p.nr);
	else
		ok = pf_write_bytes(out, p.ops, p.nr);
	free(p.ops);
	if (!ok)
		return pf_discard(out), pf_complain("out of memory");
	return pf_close(out, output) ? PF_EXIT_CLEAN : PF_EXIT_USAGE;
}

int cmd_show(int argc, char **argv)
{
	return convert(argc, argv, true);
}

int cmd_asm(int argc, char **argv)
{
	return convert(argc, argv, false);
}
