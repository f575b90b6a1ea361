// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_record.c - pagefuzz record and golden: write down what an implementation
 * says to a program, and hold another one to it.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "../language/codec.h"
#include "machine.h"

/* --------------------------------------------------------------- record -- */

static const char record_help[] =
	"usage: pagefuzz record [OPTION]... -o FILE PROGRAM\n"
	"Run a program on one implementation, under all laws, and write a transcript of\n"
	"every call, answer, move and dump.\n\n"
	"  -i, --impl NAME        default: kernel, the real one; see make lab\n"
	"                         (kernel:dimm, kernel:boot, kernel:split, kernel:dimm=1024)\n"
	"  -o, --output FILE      the transcript (-: standard output)\n"
	"  -d, --dump-every N     a dump after so many operations (default: 1000)\n"
	"  -f, --full-every N     every N-th dump with all lists, the others with their\n"
	"                         lengths and hash only (default: 10)\n";

static unsigned count_dumps(const struct pf_program *p, unsigned every)
{
	size_t n = 2;

	for (size_t i = 0; i < p->nr; i++)
		n += p->ops[i].kind == PF_OP_CHECK ||
		     (every && (i + 1) % every == 0 && !pf_op_is_config(p->ops[i].kind));
	return (unsigned)n;
}

static int write_transcript(struct pf_recorder *recorder, const struct pf_machine *m,
			    const struct pf_program *p, unsigned dump_every, const char *path)
{
	struct pf_transcript t = {
		.layout = m->start.layout,
		.start = m->start.dump,
		.dump_every = dump_every,
	};
	char error[512];
	bool ok;

	snprintf(t.who, sizeof(t.who), "%s", m->impl->name);
	snprintf(t.version, sizeof(t.version), "%s", m->version);
	t.program = malloc(p->nr * PF_OP_BYTES_MAX);
	if (!t.program || !pf_recorder_take(recorder, &t)) {
		free(t.program);
		return pf_complain("out of memory");
	}
	t.program_size = pf_encode(p->ops, p->nr, t.program, p->nr * PF_OP_BYTES_MAX, NULL);
	ok = pf_transcript_write(&t, path, error, sizeof(error));
	free(t.program);
	if (!ok)
		return pf_complain("%s", error);
	/* Not among the bytes of the transcript. */
	if (strcmp(path, "-"))
		printf("%s: %llu allocations, %llu migrations, %llu dumps\n", path,
		       (unsigned long long)t.allocations, (unsigned long long)t.migrations,
		       (unsigned long long)t.dumps);
	return PF_EXIT_CLEAN;
}

static bool open_machine(struct pf_machine *m, struct pf_lineup *lineup, const char *name,
			 const struct pf_program *p)
{
	char error[256];

	if (pf_machine_named(name))
		return pf_machine_open(m, name, NULL);
	if (!pf_lineup_parse(lineup, name, error, sizeof(error)) || lineup->nr != 1) {
		pf_complain("%s", lineup->nr > 1 ? "record: one implementation at a time" : error);
		return false;
	}
	return pf_machine_of(m, lineup->impl[0], p->ops, p->nr);
}

static int record(const char *impl, const char *output, const char *path, unsigned dump_every,
		  unsigned full_every)
{
	struct pf_options options = {.dump_every = dump_every, .dumps = true};
	struct pf_recorder *recorder = NULL;
	const struct pf_impl *written_down;
	struct pf_lineup lineup = {0};
	struct pf_oracle *o = NULL;
	struct pf_program p;
	struct pf_machine m = {0};
	FILE *said = strcmp(output, "-") ? stdout : stderr;
	struct pf_verdict v;
	int status = PF_EXIT_USAGE;

	if (!pf_load(&p, path))
		return PF_EXIT_USAGE;
	if (!open_machine(&m, &lineup, impl, &p))
		goto out;
	recorder = pf_recorder_new(m.impl, full_every, count_dumps(&p, dump_every));
	if (recorder) {
		written_down = pf_recorder_impl(recorder);
		o = pf_oracle_new(&written_down, 1);
	}
	if (!o) {
		pf_complain("out of memory");
		goto out;
	}
	options.start = &m.start;
	pf_oracle_options(o, &options);
	switch (pf_oracle_run(o, p.ops, p.nr, &v)) {
	case PF_CLEAN:
		status = write_transcript(recorder, &m, &p, dump_every, output);
		break;
	case PF_UNSUPPORTED:
		pf_complain("%s: %s does not support this layout", path, impl);
		break;
	default:
		fprintf(said, "%s: finding %s at operation %zu: %s\n", path, v.signature, v.step,
			v.detail);
		fputs(pf_oracle_report(o), said);
		status = PF_EXIT_FINDING;
	}
out:
	pf_oracle_free(o);
	pf_recorder_free(recorder);
	pf_machine_close(&m);
	pf_lineup_free(&lineup);
	free(p.ops);
	return status;
}

int cmd_record(int argc, char **argv)
{
	static const struct option options[] = {
		{"impl", required_argument, NULL, 'i'},
		{"output", required_argument, NULL, 'o'},
		{"dump-every", required_argument, NULL, 'd'},
		{"full-every", required_argument, NULL, 'f'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *impl = "kernel", *output = NULL;
	unsigned long dump_every = 1000, full_every = 10;
	int c;

	while ((c = getopt_long(argc, argv, ":i:o:d:f:h", options, NULL)) != -1) {
		switch (c) {
		case 'i':
			impl = optarg;
			break;
		case 'o':
			output = optarg;
			break;
		case 'd':
			if (!pf_number(optarg, "--dump-every", 1000000000, &dump_every))
				return PF_EXIT_USAGE;
			break;
		case 'f':
			if (!pf_number(optarg, "--full-every", 1000000000, &full_every))
				return PF_EXIT_USAGE;
			break;
		case 'h':
			fputs(record_help, stdout);
			return PF_EXIT_CLEAN;
		default:
			return pf_complain_option(argv, c, "record");
		}
	}
	if (optind + 1 != argc)
		return pf_complain("record: one program is wanted (see pagefuzz record --help)");
	if (!output)
		return pf_complain("record: where to? (-o FILE)");
	return record(impl, output, argv[optind], (unsigned)dump_every, (unsigned)full_every);
}

/* --------------------------------------------------------------- golden -- */

static const char golden_help[] =
	"usage: pagefuzz golden [OPTION]... TRANSCRIPT...\n"
	"Run the program of each transcript on an implementation, from the recorded start,\n"
	"and compare every answer, move and dump.\n\n"
	"  -i, --impl NAME    the implementation (default: linux)\n"
	"  -q, --quiet        print the last line only, and findings\n";

struct golden {
	const struct pf_impl *impl;
	bool quiet;
	struct pf_exact equal, recorded;
};

static void add(struct pf_exact *sum, uint64_t allocations, uint64_t migrations, uint64_t dumps)
{
	sum->allocations += allocations;
	sum->migrations += migrations;
	sum->dumps += dumps;
}

static void print_compared(const char *what, const struct pf_exact *equal,
			   const struct pf_exact *recorded)
{
	printf("%s: allocations %llu/%llu migrations %llu/%llu dumps %llu/%llu\n", what,
	       (unsigned long long)equal->allocations, (unsigned long long)recorded->allocations,
	       (unsigned long long)equal->migrations, (unsigned long long)recorded->migrations,
	       (unsigned long long)equal->dumps, (unsigned long long)recorded->dumps);
}

/* Without a finding, all that is recorded has to have been compared. */
static int check_all_compared(const struct golden *g, const struct pf_machine *m, const char *path,
			      const struct pf_oracle *o)
{
	const struct pf_exact *e = pf_oracle_exact(o);
	const struct pf_transcript *t = &m->transcript;

	if (!pf_oracle_figures(o, 1)->ops)
		return pf_complain("%s: %s can't start from this machine", path, g->impl->name);
	if (strcmp(m->impl->group, g->impl->group))
		return pf_complain("%s: nothing was compared: it is of group %s, %s of %s", path,
				   m->impl->group, g->impl->name, g->impl->group);
	if (!t->allocations && !t->migrations && !t->dumps)
		return pf_complain("%s: nothing was compared: nothing is recorded", path);
	if (e->allocations < t->allocations || e->migrations < t->migrations || e->dumps < t->dumps)
		return pf_complain("%s: compared were %llu of %llu allocations, %llu of %llu "
				   "migrations, %llu of %llu dumps",
				   path, (unsigned long long)e->allocations,
				   (unsigned long long)t->allocations,
				   (unsigned long long)e->migrations,
				   (unsigned long long)t->migrations, (unsigned long long)e->dumps,
				   (unsigned long long)t->dumps);
	return PF_EXIT_CLEAN;
}

static int run_transcript(struct golden *g, const struct pf_machine *m, const char *path,
			  struct pf_oracle *o, struct pf_op *ops)
{
	const struct pf_transcript *t = &m->transcript;
	const struct pf_exact recorded = {t->allocations, t->migrations, t->dumps};
	const struct pf_options options = {
		.dumps = true, .start = &m->start, .dump_every = t->dump_every};
	size_t n = pf_decode(t->program, t->program_size, ops, t->program_size + 1);
	enum pf_outcome outcome;
	const struct pf_exact *e;
	struct pf_verdict v;
	char what[4096];

	pf_oracle_options(o, &options);
	outcome = pf_oracle_run(o, ops, n, &v);
	e = pf_oracle_exact(o);
	add(&g->equal, e->allocations, e->migrations, e->dumps);
	add(&g->recorded, t->allocations, t->migrations, t->dumps);
	if (!g->quiet || outcome != PF_CLEAN) {
		snprintf(what, sizeof(what), "%s (%s %s)", path, t->who, t->version);
		print_compared(what, e, &recorded);
	}
	if (outcome == PF_FINDING || outcome == PF_KNOWN)
		pf_story(o, &v, ops, n, pf_print_op_to, stdout);
	fflush(stdout);
	if (outcome == PF_UNSUPPORTED)
		return pf_complain("%s: %s can't start from this machine", path, g->impl->name);
	return outcome == PF_CLEAN ? check_all_compared(g, m, path, o) : PF_EXIT_FINDING;
}

static int compare(struct golden *g, const char *path)
{
	const struct pf_impl *lineup[2] = {NULL, g->impl};
	struct pf_oracle *o;
	struct pf_machine m;
	struct pf_op *ops;
	char error[4600];
	int status;

	if (!pf_machine_play(&m, path, NULL, error, sizeof(error)))
		return pf_complain("%s", error);
	lineup[0] = m.impl;
	ops = malloc((m.transcript.program_size + 1) * sizeof(*ops));
	o = pf_oracle_new(lineup, 2);
	status = ops && o ? run_transcript(g, &m, path, o, ops) : pf_complain("out of memory");
	pf_oracle_free(o);
	free(ops);
	pf_machine_close(&m);
	return status;
}

int cmd_golden(int argc, char **argv)
{
	static const struct option options[] = {
		{"impl", required_argument, NULL, 'i'},
		{"quiet", no_argument, NULL, 'q'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *impl = "linux";
	struct golden g = {0};
	struct pf_lineup lineup;
	int c, worst = PF_EXIT_CLEAN;
	char error[256];

	while ((c = getopt_long(argc, argv, ":i:qh", options, NULL)) != -1) {
		switch (c) {
		case 'i':
			impl = optarg;
			break;
		case 'q':
			g.quiet = true;
			break;
		case 'h':
			fputs(golden_help, stdout);
			return PF_EXIT_CLEAN;
		default:
			return pf_complain_option(argv, c, "golden");
		}
	}
	if (optind == argc)
		return pf_complain("golden: no transcript given (see pagefuzz golden --help)");
	if (!pf_lineup_parse(&lineup, impl, error, sizeof(error)))
		return pf_complain("%s", error);
	if (lineup.nr != 1 || lineup.impl[0]->tier != PF_TIER_TWIN)
		return pf_complain("golden: '%s' does not promise to be the real kernel", impl);
	g.impl = lineup.impl[0];
	for (int i = optind; i < argc; i++) {
		int status = compare(&g, argv[i]);

		worst = status > worst ? status : worst;
	}
	print_compared("golden", &g.equal, &g.recorded);
	pf_lineup_free(&lineup);
	return worst;
}
