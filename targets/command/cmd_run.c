// SPDX-License-Identifier: GPL-2.0-only
/* cmd_run.c - pagefuzz run, show and asm: programs as they are. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "ftrace.h"
#include "../../oracle/cpus.h"
#include "report.h"

/* ------------------------------------------------------------------ run -- */

static const char run_help[] =
	"usage: pagefuzz run [OPTION]... FILE...\n"
	"Run each program (bytes or text, - for standard input) from a fresh start on all\n"
	"implementations in lockstep. A finding prints its story.\n\n"
	"  -i, --impls NAMES  comma-separated implementations (default: all built-in ones);\n"
	"                     'kernel' is the real one (make lab), recorded:FILE what it said;\n"
	"                     all start from the machine of the first of these then, whatever\n"
	"                     the program configures\n"
	"  -t, --trace        print every operation with every answer\n"
	"  -m, --maps         print the page maps before everything is freed\n"
	"      --report       print /proc/buddyinfo, pagetypeinfo and zoneinfo, before everything\n"
	"                     is freed, of each implementation that can tell\n"
	"      --ftrace FILE  write all events of the only implementation as ftrace text, up to\n"
	"                     the program's end (-: standard output, without the closing table)\n"
	"  -q, --quiet        print nothing unless there is a finding\n"
	"      --hash         print the hash of all answers and events\n";

/* Without a letter: complaints have to name the long form. */
enum { OPT_REPORT = 256, OPT_FTRACE };

enum stage {
	IDLE, /* or the repetition of a run for a story */
	STARTING,
	INSIDE, /* the program's operations */
	CLEARING_UP,
};

struct run_args {
	bool trace, quiet, hash, maps, report;
	const char *impls, *ftrace_path;
	struct pf_oracle *oracle;
	struct pf_options options; /* what the lineup's machines want, to begin with */
	struct pf_ftrace ftrace;
	const char *path; /* of the program that runs */
	enum stage stage;
	uint32_t online; /* cpus, a bit each */
	size_t last_step;
};

static void trace_line(const struct run_args *a, size_t step, const struct pf_op *op, unsigned lane,
		       const char *answer)
{
	if (step != a->last_step || !answer) {
		printf("%6zu  ", step);
		pf_print_op_to(stdout, op);
		putchar('\n');
	}
	if (answer)
		printf("            %-10s %s\n", pf_oracle_impl(a->oracle, lane)->name, answer);
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
	return impl->dump && impl->census;
}

static void print_reports(const struct run_args *a)
{
	const struct pf_layout *l = pf_oracle_layout(a->oracle);

	for (unsigned i = 0; i < pf_oracle_lanes(a->oracle); i++) {
		const struct pf_impl *impl = pf_oracle_impl(a->oracle, i);
		const struct pf_dump *d = can_tell(impl) ? pf_oracle_dump(a->oracle, i) : NULL;

		if (!d)
			continue;
		printf("==> %s, %s: /proc/buddyinfo <==\n", a->path, impl->name);
		pf_report_buddyinfo(stdout, l, d);
		printf("==> %s, %s: /proc/pagetypeinfo <==\n", a->path, impl->name);
		pf_report_pagetypeinfo(stdout, l, d);
		printf("==> %s, %s: /proc/zoneinfo <==\n", a->path, impl->name);
		pf_report_zoneinfo(stdout, l, d, a->online);
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
		pf_oracle_maps(a->oracle, stdout);
	if (a->report)
		print_reports(a);
}

static int run_one(struct run_args *a, const char *path)
{
	struct pf_program p;
	struct pf_verdict v;
	enum pf_outcome outcome;

	if (!pf_load(&p, path))
		return PF_EXIT_USAGE;
	a->path = path;
	a->last_step = SIZE_MAX;
	a->stage = STARTING;
	outcome = pf_oracle_run(a->oracle, p.ops, p.nr, &v);
	a->stage = IDLE;
	if (a->hash)
		printf("%016llx  %s\n", (unsigned long long)pf_oracle_hash(a->oracle), path);
	if (outcome == PF_FINDING || outcome == PF_KNOWN) {
		printf("%s: %s\n", path, outcome == PF_KNOWN ? "known divergence" : "finding");
		pf_story(a->oracle, &v, p.ops, p.nr, pf_print_op_to, stdout);
	}
	if (outcome == PF_FINDING)
		printf("next\n"
		       "  pagefuzz run %s\n"
		       "  pagefuzz min -o small.txt %s\n"
		       "  pagefuzz emit-c -o test.c small.txt\n",
		       path, path);
	free(p.ops);
	if (outcome == PF_UNSUPPORTED)
		return pf_complain("%s: no implementation supports this layout", path);
	return outcome == PF_FINDING ? PF_EXIT_FINDING : PF_EXIT_CLEAN;
}

/* False: complained. */
static bool check_outputs(const struct run_args *a, const struct pf_lineup *lineup, int programs)
{
	bool any = false;

	for (unsigned i = 0; i < lineup->nr; i++)
		any |= can_tell(lineup->impl[i]);
	if (a->report && !any)
		pf_complain("run: --report: no implementation of these can tell its state");
	else if (a->ftrace_path && lineup->nr != 1)
		pf_complain("run: --ftrace wants exactly one implementation, not %u (--impls NAME)",
			    lineup->nr);
	else if (a->ftrace_path && programs != 1)
		pf_complain("run: --ftrace wants exactly one program, not %d", programs);
	else
		return true;
	return false;
}

static void set_options(struct run_args *a)
{
	struct pf_options o = a->options;

	if (a->trace || a->report || a->ftrace_path) {
		o.trace = on_op;
		o.trace_arg = a;
	}
	if (a->ftrace_path) {
		o.event = on_event;
		o.event_arg = a;
	}
	if (a->report || a->maps || a->ftrace_path) {
		o.before_end = before_end;
		o.before_end_arg = a;
	}
	pf_oracle_options(a->oracle, &o);
}

static int run_all(struct run_args *a, const struct pf_lineup *lineup, char **path, int nr)
{
	int worst = PF_EXIT_CLEAN;

	if (!check_outputs(a, lineup, nr))
		return PF_EXIT_USAGE;
	if (a->ftrace_path) {
		a->ftrace.out = pf_create(a->ftrace_path);
		if (!a->ftrace.out)
			return PF_EXIT_USAGE;
		pf_ftrace_header(&a->ftrace);
	}
	set_options(a);
	for (int i = 0; i < nr; i++) {
		int status = run_one(a, path[i]);

		/* Bad input outweighs a finding: somebody has to look at the command line. */
		worst = status > worst ? status : worst;
	}
	if (!a->quiet && worst != PF_EXIT_USAGE && a->ftrace.out != stdout)
		pf_print_table(stdout, a->oracle);
	if (a->ftrace_path && !pf_close(a->ftrace.out, a->ftrace_path))
		return PF_EXIT_USAGE;
	return worst;
}

int cmd_run(int argc, char **argv)
{
	static const struct option options[] = {
		{"impls", required_argument, NULL, 'i'},
		{"trace", no_argument, NULL, 't'},
		{"quiet", no_argument, NULL, 'q'},
		{"hash", no_argument, NULL, 'H'},
		{"maps", no_argument, NULL, 'm'},
		{"report", no_argument, NULL, OPT_REPORT},
		{"ftrace", required_argument, NULL, OPT_FTRACE},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct run_args a = {0};
	struct pf_lineup lineup;
	int c, status = PF_EXIT_USAGE;

	while ((c = getopt_long(argc, argv, ":i:tqmh", options, NULL)) != -1) {
		switch (c) {
		case 'i':
			a.impls = optarg;
			break;
		case 't':
			a.trace = true;
			break;
		case 'q':
			a.quiet = true;
			break;
		case 'm':
			a.maps = true;
			break;
		case 'H':
			a.hash = true;
			break;
		case OPT_REPORT:
			a.report = true;
			break;
		case OPT_FTRACE:
			a.ftrace_path = optarg;
			break;
		case 'h':
			fputs(run_help, stdout);
			return PF_EXIT_CLEAN;
		default:
			return pf_complain_option(argv, c, "run");
		}
	}
	if (optind == argc)
		return pf_complain("run: no program given (see pagefuzz run --help)");
	a.oracle = pf_open_oracle(a.impls, &lineup, &a.options);
	if (a.oracle) {
		status = run_all(&a, &lineup, argv + optind, argc - optind);
		pf_oracle_free(a.oracle);
		pf_lineup_free(&lineup);
	}
	return status;
}

/* --------------------------------------------------------- show and asm -- */

static int convert(int argc, char **argv, bool to_text)
{
	static const struct option options[] = {
		{"output", required_argument, NULL, 'o'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *name = to_text ? "show" : "asm", *output = NULL;
	struct pf_program p;
	FILE *out;
	int c;

	while ((c = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
		switch (c) {
		case 'o':
			output = optarg;
			break;
		case 'h':
			printf("usage: pagefuzz %s [-o OUTPUT] FILE\n"
			       "Read a program (bytes or text, - for standard input) and write it "
			       "as %s.\n",
			       name, to_text ? "text" : "bytes");
			return PF_EXIT_CLEAN;
		default:
			return pf_complain_option(argv, c, name);
		}
	}
	if (optind + 1 != argc)
		return pf_complain("%s: exactly one program is wanted (see pagefuzz %s --help)",
				   name, name);
	if (!pf_load(&p, argv[optind]))
		return PF_EXIT_USAGE;
	out = pf_create(output);
	if (!out)
		return free(p.ops), PF_EXIT_USAGE;
	if (to_text)
		pf_write_text(out, p.ops, p.nr);
	else
		pf_write_bytes(out, p.ops, p.nr);
	free(p.ops);
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
