// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_record.c - pagefuzz record and golden: write down what an implementation
 * says to a program, and hold another one to it.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd.h"
#include "judge.h"
#include "tell.h"
#include "machine.h"
#include "progress.h"
#include "record.h"
#include "../language/codec.h"

/* --------------------------------------------------------------- record -- */

struct recording {
	const char *impl, *output, *path;
	unsigned long dump_every, full_every, timeout;
	const struct pf_program *program;
	int fd; /* a file without a name: the transcript */
	/* Shared with the child: what became of it. */
	struct written {
		bool ok;
		uint64_t allocations, migrations, dumps;
		char error[512];
	} * written;
	/* The child's. */
	struct pf_lineup lineup; /* of the implementation that is written down */
	struct pf_machine machine;
	struct pf_recorder *recorder;
};

static unsigned count_dumps(const struct pf_program *p, unsigned every)
{
	size_t n = 2;

	for (size_t i = 0; i < p->nr; i++)
		n += p->ops[i].kind == PF_OP_CHECK ||
		     (every && (i + 1) % every == 0 && !pf_op_is_config(p->ops[i].kind));
	return (unsigned)n;
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

static void close_recorder(void *recording)
{
	struct recording *r = recording;

	pf_recorder_free(r->recorder);
	pf_machine_close(&r->machine);
	pf_lineup_free(&r->lineup);
}

/* In the child: a lineup of the recorder, which stands before the implementation. */
static bool open_recorder(void *arg, struct pf_lineup *lineup, struct pf_options *options)
{
	struct recording *r = arg;
	const struct pf_program *p = r->program;
	unsigned dumps = count_dumps(p, (unsigned)r->dump_every);
	char error[256];

	if (!open_machine(&r->machine, &r->lineup, r->impl, p))
		return false;
	r->recorder = pf_recorder_new(r->machine.impl, (unsigned)r->full_every, dumps);
	memset(lineup, 0, sizeof(*lineup));
	if (!r->recorder)
		pf_complain("out of memory");
	else if (!pf_lineup_take(lineup, pf_recorder_impl(r->recorder), r, close_recorder, error,
				 sizeof(error)))
		pf_complain("%s", error);
	if (!lineup->nr)
		return close_recorder(r), false;
	options->dump_every = (unsigned)r->dump_every;
	options->dumps = true;
	options->start = &r->machine.start;
	return true;
}

/* In the child, behind the run. */
static void write_transcript(void *arg, struct pf_oracle *o, enum pf_outcome outcome, FILE *out)
{
	struct recording *r = arg;
	const struct pf_program *p = r->program;
	struct pf_transcript t = {
		.layout = r->machine.start.layout,
		.start = r->machine.start.dump,
		.dump_every = (unsigned)r->dump_every,
	};
	char path[64];

	(void)o;
	(void)out;
	if (outcome != PF_CLEAN)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", r->fd);
	snprintf(t.who, sizeof(t.who), "%s", r->machine.impl->name);
	snprintf(t.version, sizeof(t.version), "%s", r->machine.version);
	t.program = malloc(p->nr * PF_OP_BYTES_MAX);
	if (!t.program || !pf_recorder_take(r->recorder, &t)) {
		snprintf(r->written->error, sizeof(r->written->error), "out of memory");
		return;
	}
	t.program_size = pf_encode(p->ops, p->nr, t.program, p->nr * PF_OP_BYTES_MAX, NULL);
	r->written->ok =
		pf_transcript_write(&t, path, r->written->error, sizeof(r->written->error));
	r->written->allocations = t.allocations;
	r->written->migrations = t.migrations;
	r->written->dumps = t.dumps;
	free(t.program);
}

/* From the file without a name to its place. */
static int copy_transcript(const struct recording *r)
{
	struct written w = *r->written;
	FILE *out;
	char buf[16384];
	ssize_t n;
	off_t at = 0;

	w.error[sizeof(w.error) - 1] = '\0';
	if (!w.ok)
		return pf_complain("record: %s", w.error);
	if (!r->output)
		return PF_EXIT_CLEAN;
	out = pf_create(r->output);
	if (!out)
		return PF_EXIT_USAGE;
	for (; (n = pread(r->fd, buf, sizeof(buf), at)) > 0; at += n)
		fwrite(buf, 1, (size_t)n, out);
	if (!pf_close(out, r->output))
		return PF_EXIT_USAGE;
	/* Not among the bytes of the transcript. */
	if (out != stdout)
		printf("%s: %llu allocations, %llu migrations, %llu dumps\n", r->output,
		       (unsigned long long)w.allocations, (unsigned long long)w.migrations,
		       (unsigned long long)w.dumps);
	return PF_EXIT_CLEAN;
}

static int run_recording(const struct recording *r, struct pf_judge *j)
{
	const struct pf_program *p = r->program;
	FILE *said = r->output && strcmp(r->output, "-") ? stdout : stderr;
	enum pf_outcome outcome;
	struct pf_verdict v;

	pf_progress("record: %s", r->path);
	outcome = pf_judge_run(j, p->ops, p->nr, &v, NULL);
	pf_progress_clear();
	if (pf_judge_over(j))
		return pf_interrupted ? pf_complain("record: interrupted") : PF_EXIT_USAGE;
	if (outcome == PF_UNSUPPORTED)
		return pf_complain("%s: %s does not support this layout", r->path, r->impl);
	if (outcome == PF_CLEAN)
		return copy_transcript(r);
	fprintf(said, "%s: finding\n", r->path);
	pf_judge_story(j, p->ops, p->nr, &v, said);
	return PF_EXIT_FINDING;
}

/* Into r->output, or without one into r->fd, which is the caller's then. */
static int record(struct recording *r)
{
	struct pf_judge_config config = {.seconds = (unsigned)r->timeout,
					 .open = open_recorder,
					 .after = write_transcript,
					 .arg = r};
	struct pf_judge *j = NULL;
	int status = PF_EXIT_USAGE;

	r->fd = memfd_create("transcript", 0);
	r->written = pf_ward_memory(sizeof(*r->written));
	pf_catch_interrupts();
	if (r->fd < 0)
		pf_complain("record: out of memory");
	else if (r->written)
		j = pf_judge_open(&config);
	if (j)
		status = run_recording(r, j);
	pf_judge_close(j);
	pf_ward_memory_free(r->written, sizeof(*r->written));
	if (r->output || status != PF_EXIT_CLEAN)
		close(r->fd);
	return status;
}

unsigned char *pf_record(const char *impl, const struct pf_program *p, const char *name,
			 unsigned seconds, size_t *len)
{
	struct recording r = {.impl = impl, .path = name, .program = p, .timeout = seconds};
	unsigned char *data = NULL;
	char path[64];

	if (record(&r) != PF_EXIT_CLEAN)
		return NULL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", r.fd);
	data = pf_read_raw(path, len);
	close(r.fd);
	return data;
}

int cmd_record(int argc, char **argv)
{
	struct recording r = {.impl = "kernel", .dump_every = 1000, .full_every = 10};
	const struct pf_option options[] = {
		PF_OPTION_IMPLS(&r.impl, "one implementation (default: kernel, the real one; see\n"
					 "make lab: kernel:dimm, kernel:boot, kernel:split,\n"
					 "kernel:dimm=1024)"),
		PF_OPTION_OUTPUT(&r.output, "the transcript (-: standard output)"),
		PF_OPTION_NUMBER("dump-every", 0, &r.dump_every, 0, 1000000000,
				 "a dump after so many operations (default: 1000)"),
		PF_OPTION_NUMBER("full-every", 0, &r.full_every, 0, 1000000000,
				 "every N-th dump with all lists, the others with their\n"
				 "lengths and hash only (default: 10)"),
		PF_OPTION_TIMEOUT(&r.timeout),
	};
	const struct pf_usage usage = {
		.command = "record",
		.synopsis = "[OPTION]... -o FILE PROGRAM",
		.about = "Run a program on one implementation, under all laws, and write a "
			 "transcript of\nevery call, answer, move and dump.\n",
		PF_OPTIONS(options),
		.min_args = 1,
		.max_args = 1,
		.args = "exactly one program",
	};
	struct pf_program p;
	int nr, status;

	if (!pf_parse_options(&usage, argc, argv, &nr, &status))
		return status;
	if (!r.output)
		return pf_complain("record: where to? (-o FILE)");
	r.path = argv[1];
	if (!pf_load(&p, r.path))
		return PF_EXIT_USAGE;
	r.program = &p;
	status = record(&r);
	free(p.ops);
	return status;
}

/* --------------------------------------------------------------- golden -- */

struct golden {
	const struct pf_impl *impl;
	bool quiet;
	unsigned timeout;
	struct pf_exact equal, recorded;
	const struct pf_machine *machine; /* of the transcript at hand */
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
static int check_all_compared(const struct golden *g, const char *path,
			      const struct pf_judgement *r)
{
	const struct pf_exact *e = &r->exact;
	const struct pf_machine *m = g->machine;
	const struct pf_transcript *t = &m->transcript;

	if (!r->figures[1].ops)
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

/* In the child: the transcript, which the parent has read, and who is held to it. */
static bool open_golden(void *arg, struct pf_lineup *lineup, struct pf_options *options)
{
	const struct golden *g = arg;
	char error[256];

	memset(lineup, 0, sizeof(*lineup));
	options->dumps = true;
	options->start = &g->machine->start;
	options->dump_every = g->machine->transcript.dump_every;
	if (pf_lineup_take(lineup, g->machine->impl, NULL, NULL, error, sizeof(error)) &&
	    pf_lineup_take(lineup, g->impl, NULL, NULL, error, sizeof(error)))
		return true;
	return pf_complain("%s", error), false;
}

static int run_transcript(struct golden *g, const char *path, struct pf_judge *j, struct pf_op *ops)
{
	const struct pf_transcript *t = &g->machine->transcript;
	const struct pf_exact recorded = {t->allocations, t->migrations, t->dumps};
	size_t n = pf_decode(t->program, t->program_size, ops, t->program_size + 1);
	const struct pf_exact *e = &pf_judge_result(j)->exact;
	enum pf_outcome outcome;
	struct pf_verdict v;
	char what[4096];

	pf_progress("golden: %s", path);
	outcome = pf_judge_run(j, ops, n, &v, NULL);
	pf_progress_clear();
	if (pf_judge_over(j))
		return PF_EXIT_USAGE;
	add(&g->equal, e->allocations, e->migrations, e->dumps);
	add(&g->recorded, t->allocations, t->migrations, t->dumps);
	if (!g->quiet || outcome != PF_CLEAN) {
		snprintf(what, sizeof(what), "%s (%s %s)", path, t->who, t->version);
		print_compared(what, e, &recorded);
	}
	if (outcome == PF_FINDING || outcome == PF_KNOWN)
		pf_tell_story(j, ops, n, &v);
	pf_flush_output();
	if (outcome == PF_UNSUPPORTED)
		return pf_complain("%s: %s can't start from this machine", path, g->impl->name);
	return outcome == PF_CLEAN ? check_all_compared(g, path, pf_judge_result(j))
				   : PF_EXIT_FINDING;
}

static int compare(struct golden *g, const char *path)
{
	struct pf_judge_config config = {.seconds = g->timeout, .open = open_golden, .arg = g};
	struct pf_judge *j = NULL;
	struct pf_machine m;
	struct pf_op *ops;
	char error[4600];
	int status = PF_EXIT_USAGE;

	if (!pf_machine_play(&m, path, NULL, error, sizeof(error)))
		return pf_complain("%s", error);
	g->machine = &m;
	ops = malloc((m.transcript.program_size + 1) * sizeof(*ops));
	if (!ops)
		pf_complain("out of memory");
	else
		j = pf_judge_open(&config);
	if (j)
		status = run_transcript(g, path, j, ops);
	pf_judge_close(j);
	free(ops);
	pf_machine_close(&m);
	return status;
}

static int hold(struct golden *g, const char *impl, char **path, int nr)
{
	struct pf_lineup lineup;
	int worst = PF_EXIT_CLEAN, done = 0;
	char error[256];

	if (!pf_lineup_parse(&lineup, impl, error, sizeof(error)))
		return pf_complain("%s", error);
	g->impl = lineup.impl[0];
	if (lineup.nr != 1 || g->impl->tier != PF_TIER_TWIN) {
		pf_lineup_free(&lineup);
		return pf_complain("golden: '%s' does not promise to be the real kernel", impl);
	}
	pf_catch_interrupts();
	for (; done < nr && !pf_interrupted; done++) {
		int status = compare(g, path[done]);

		worst = status > worst ? status : worst;
	}
	pf_lineup_free(&lineup);
	print_compared("golden", &g->equal, &g->recorded);
	if (pf_interrupted)
		return pf_complain("golden: interrupted in %s, number %d of %d",
				   path[done ? done - 1 : 0], done, nr);
	return worst;
}

int cmd_golden(int argc, char **argv)
{
	const char *impl = "linux";
	unsigned long timeout = 0;
	struct golden g = {0};
	const struct pf_option options[] = {
		PF_OPTION_IMPLS(&impl, "the implementation (default: linux)"),
		PF_OPTION_QUIET(&g.quiet, "print the last line only, and findings"),
		PF_OPTION_TIMEOUT(&timeout),
	};
	const struct pf_usage usage = {
		.command = "golden",
		.synopsis = "[OPTION]... TRANSCRIPT...",
		.about = "Run the program of each transcript on an implementation, from the "
			 "recorded start,\nand compare every answer, move and dump.\n",
		PF_OPTIONS(options),
		.min_args = 1,
		.max_args = INT_MAX,
		.args = "at least one transcript",
	};
	int nr, status;

	if (!pf_parse_options(&usage, argc, argv, &nr, &status))
		return status;
	g.timeout = (unsigned)timeout;
	return hold(&g, impl, argv + 1, nr);
}
