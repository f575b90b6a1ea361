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
	"  -o, --output FILE      the transcript\n"
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

static int write_transcript(const struct pf_machine *m, const struct pf_program *p,
			    unsigned dump_every, const char *path)
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
	if (!t.program || !pf_recorder_take(&t)) {
		free(t.program);
		return pf_complain("out of memory");
	}
	t.program_size = pf_encode(p->ops, p->nr, t.program, p->nr * PF_OP_BYTES_MAX, NULL);
	ok = pf_transcript_write(&t, path, error, sizeof(error));
	free(t.program);
	if (!ok)
		return pf_complain("%s", error);
	printf("%s: %llu allocations, %llu migrations, %llu dumps\n", path,
	       (unsigned long long)t.allocations, (unsigned long long)t.migrations,
	       (unsigned long long)t.dumps);
	return PF_EXIT_CLEAN;
}

static bool open_machine(struct pf_machine *m, const char *name, const struct pf_program *p)
{
	struct pf_lineup lineup;
	char error[256];

	if (pf_machine_named(name))
		return pf_machine_open(m, name);
	if (!pf_lineup_parse(&lineup, name, error, sizeof(error)) || lineup.nr != 1) {
		pf_complain("%s", lineup.nr > 1 ? "record: one implementation at a time" : error);
		return false;
	}
	return pf_machine_of(m, lineup.impl[0], p->ops, p->nr);
}

static int record(const char *impl, const char *output, const char *path, unsigned dump_every,
		  unsigned full_every)
{
	struct pf_options options = {.dump_every = dump_every, .dumps = true};
	const struct pf_impl *recorder;
	struct pf_oracle *o = NULL;
	struct pf_program p;
	struct pf_machine m = {0};
	struct pf_verdict v;
	int status = PF_EXIT_USAGE;

	if (!pf_load(&p, path))
		return PF_EXIT_USAGE;
	if (!open_machine(&m, impl, &p))
		goto out;
	recorder = pf_recorder_wrap(m.impl);
	pf_recorder_begin(full_every, count_dumps(&p, dump_every));
	o = pf_oracle_new(&recorder, 1);
	if (!o) {
		pf_complain("out of memory");
		goto out;
	}
	options.start = &m.start;
	pf_oracle_options(o, &options);
	switch (pf_oracle_run(o, p.ops, p.nr, &v)) {
	case PF_CLEAN:
		status = write_transcript(&m, &p, dump_every, output);
		break;
	case PF_UNSUPPORTED:
		pf_complain("%s: %s does not support this layout", path, impl);
		break;
	default:
		printf("%s: finding %s at operation %zu: %s\n", path, v.signature, v.step,
		       v.detail);
		fputs(pf_oracle_report(o), stdout);
		status = PF_EXIT_FINDING;
	}
out:
	pf_oracle_free(o);
	pf_machine_close(&m);
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

static int compare(struct golden *g, const char *path)
{
	struct pf_options options = {.dumps = true};
	const struct pf_impl *lineup[2];
	struct pf_oracle *o = NULL;
	struct pf_machine m = {0};
	const struct pf_exact *e;
	struct pf_verdict v;
	struct pf_op *ops;
	enum pf_outcome outcome;
	char name[4096];
	size_t n;

	snprintf(name, sizeof(name), "recorded:%s", path);
	if (!pf_machine_open(&m, name))
		return PF_EXIT_USAGE;
	ops = malloc((m.transcript.program_size + 1) * sizeof(*ops));
	lineup[0] = m.impl;
	lineup[1] = g->impl;
	o = pf_oracle_new(lineup, 2);
	if (!ops || !o) {
		free(ops);
		pf_oracle_free(o);
		pf_machine_close(&m);
		return pf_complain("out of memory");
	}
	n = pf_decode(m.transcript.program, m.transcript.program_size, ops,
		      m.transcript.program_size + 1);
	options.start = &m.start;
	options.dump_every = m.transcript.dump_every;
	pf_oracle_options(o, &options);
	outcome = pf_oracle_run(o, ops, n, &v);
	e = pf_oracle_exact(o);
	g->equal.allocations += e->allocations;
	g->equal.migrations += e->migrations;
	g->equal.dumps += e->dumps;
	g->recorded.allocations += m.transcript.allocations;
	g->recorded.migrations += m.transcript.migrations;
	g->recorded.dumps += m.transcript.dumps;
	if (!g->quiet || outcome != PF_CLEAN)
		printf("%s (%s %s): allocations %llu/%llu migrations %llu/%llu dumps %llu/%llu\n",
		       path, m.transcript.who, m.transcript.version,
		       (unsigned long long)e->allocations,
		       (unsigned long long)m.transcript.allocations,
		       (unsigned long long)e->migrations,
		       (unsigned long long)m.transcript.migrations, (unsigned long long)e->dumps,
		       (unsigned long long)m.transcript.dumps);
	if (outcome == PF_FINDING || outcome == PF_KNOWN)
		pf_story(o, &v, ops, n, pf_print_op_to, stdout);
	fflush(stdout);
	pf_oracle_free(o);
	free(ops);
	pf_machine_close(&m);
	if (outcome == PF_UNSUPPORTED)
		return pf_complain("%s: %s can't start from this machine", path, g->impl->name);
	return outcome == PF_CLEAN ? PF_EXIT_CLEAN : PF_EXIT_FINDING;
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
	printf("golden: allocations %llu/%llu migrations %llu/%llu dumps %llu/%llu\n",
	       (unsigned long long)g.equal.allocations, (unsigned long long)g.recorded.allocations,
	       (unsigned long long)g.equal.migrations, (unsigned long long)g.recorded.migrations,
	       (unsigned long long)g.equal.dumps, (unsigned long long)g.recorded.dumps);
	return worst;
}
