// SPDX-License-Identifier: GPL-2.0-only
/* cmd_run.c - pagefuzz run, show and asm: programs as they are. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "machine.h"

/* ------------------------------------------------------------------ run -- */

static const char run_help[] =
	"usage: pagefuzz run [OPTION]... FILE...\n"
	"Run each program (bytes or text, - for standard input) from a fresh start on all\n"
	"implementations in lockstep. A finding prints its story.\n\n"
	"  -i, --impls NAMES  comma-separated implementations (default: all built-in ones);\n"
	"                     'kernel' is the real one (make lab), recorded:FILE what it said;\n"
	"                     all start from its machine then, whatever the program configures\n"
	"  -t, --trace        print every operation with every answer\n"
	"  -m, --maps         print the page maps before everything is freed\n"
	"  -q, --quiet        print nothing unless there is a finding\n"
	"      --hash         print the hash of all answers and events\n";

struct run_args {
	bool trace, quiet, hash, maps;
	struct pf_oracle *oracle;
	size_t last_step;
};

static void trace_line(void *arg, size_t step, const struct pf_op *op, unsigned lane,
		       const char *answer)
{
	struct run_args *a = arg;

	if (step != a->last_step || !answer) {
		printf("%6zu  ", step);
		pf_print_op_to(stdout, op);
		putchar('\n');
		a->last_step = step;
	}
	if (answer)
		printf("            %-10s %s\n", pf_oracle_impl(a->oracle, lane)->name, answer);
}

static int run_one(struct run_args *a, const char *path)
{
	struct pf_program p;
	struct pf_verdict v;
	enum pf_outcome outcome;

	if (!pf_load(&p, path))
		return PF_EXIT_USAGE;
	a->last_step = SIZE_MAX;
	outcome = pf_oracle_run(a->oracle, p.ops, p.nr, &v);
	if (a->hash)
		printf("%016llx  %s\n", (unsigned long long)pf_oracle_hash(a->oracle), path);
	if (outcome == PF_FINDING || outcome == PF_KNOWN) {
		printf("%s: %s\n", path, outcome == PF_KNOWN ? "known divergence" : "finding");
		pf_story(a->oracle, p.ops, p.nr, pf_print_op_to, stdout);
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

int cmd_run(int argc, char **argv)
{
	static const struct option options[] = {
		{"impls", required_argument, NULL, 'i'},
		{"trace", no_argument, NULL, 't'},
		{"quiet", no_argument, NULL, 'q'},
		{"hash", no_argument, NULL, 'H'},
		{"maps", no_argument, NULL, 'm'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct run_args a = {.last_step = SIZE_MAX};
	struct pf_options oracle_options = {0};
	struct pf_machine machine = {0};
	struct pf_lineup lineup;
	const char *impls = NULL;
	int c, worst = PF_EXIT_CLEAN;

	while ((c = getopt_long(argc, argv, ":i:tqmh", options, NULL)) != -1) {
		switch (c) {
		case 'i':
			impls = optarg;
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
		case 'h':
			fputs(run_help, stdout);
			return PF_EXIT_CLEAN;
		default:
			return pf_complain_option(argv, c, "run");
		}
	}
	if (optind == argc)
		return pf_complain("run: no program given (see pagefuzz run --help)");
	a.oracle = pf_open_oracle(impls, &lineup, &machine);
	if (!a.oracle) {
		pf_machine_close(&machine);
		return PF_EXIT_USAGE;
	}
	if (machine.impl) {
		oracle_options.start = &machine.start;
		/* Asked otherwise than it was, a transcript has no answers. */
		oracle_options.dump_every = machine.transcript.dump_every;
		oracle_options.dumps = machine.transcript.dump_every != 0;
	}
	if (a.trace) {
		oracle_options.trace = trace_line;
		oracle_options.trace_arg = &a;
	}
	oracle_options.maps_before_end = a.maps ? stdout : NULL;
	pf_oracle_options(a.oracle, &oracle_options);
	for (int i = optind; i < argc; i++) {
		int status = run_one(&a, argv[i]);

		/* Bad input outweighs a finding: somebody has to look at the command line. */
		worst = status > worst ? status : worst;
	}
	if (!a.quiet && worst != PF_EXIT_USAGE)
		pf_print_table(stdout, a.oracle);
	pf_oracle_free(a.oracle);
	pf_machine_close(&machine);
	return worst;
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
