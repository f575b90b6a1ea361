// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_recorded.c - transcripts as files, the recorder, its playback, and the
 * comparison of twins. The port stands in for the kernel: no QEMU here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "impls/linux/linux.h"
#include "impls/recorded/recorded.h"
#include "oracle/oracle.h"
#include "targets/language/codec.h"
#include "targets/command/cmd.h"
#include "targets/command/machine.h"
#include "targets/language/mutate.h"
#include "targets/language/text.h"

#define MAX_OPS 4000

static char path[] = "/tmp/pagefuzz-recorded-XXXXXX";
static struct pf_op ops[MAX_OPS];
static size_t nr_ops;

/* Fills most of a zone and works near its end: every order, all types, bulk, splits. */
static void make_ops(void)
{
	struct pf_rng rng = {.state = 7};

	nr_ops = 0;
	while (nr_ops < MAX_OPS) {
		struct pf_op *op = &ops[nr_ops++];
		unsigned what = pf_rng_below(&rng, 20);

		*op = (struct pf_op){.slot = pf_rng_below(&rng, 200)};
		op->kind = what < 11   ? PF_OP_ALLOC
			   : what < 16 ? PF_OP_FREE
			   : what < 17 ? PF_OP_BULK
			   : what < 18 ? PF_OP_SPLIT
			   : what < 19 ? PF_OP_PIN
				       : PF_OP_DRAIN;
		if (op->kind == PF_OP_DRAIN)
			op->slot = 0;
		if (op->kind == PF_OP_ALLOC || op->kind == PF_OP_BULK) {
			op->arg[0] = pf_rng_below(&rng, op->kind == PF_OP_BULK ? 40 : 5);
			op->arg[PF_ALLOC_MOBILITY] = pf_rng_below(&rng, PF_NR_MOBILITY);
			op->arg[PF_ALLOC_GFP] = 3; /* none: no daemons, no compaction */
		}
	}
}

static struct pf_machine machine;

static void record(void)
{
	const struct pf_impl *written_down;
	struct pf_recorder *recorder;
	struct pf_options options = {.dump_every = 100, .dumps = true};
	struct pf_transcript t = {.who = "linux", .version = "test", .dump_every = 100};
	struct pf_oracle *o;
	struct pf_verdict v;
	char error[256];

	assert_true(pf_machine_of(&machine, &pf_impl_linux, ops, nr_ops));
	recorder = pf_recorder_new(&pf_impl_linux, 4, nr_ops / 100 + 2);
	assert_non_null(recorder);
	written_down = pf_recorder_impl(recorder);
	o = pf_oracle_new(&written_down, 1);
	options.start = &machine.start;
	pf_oracle_options(o, &options);
	if (pf_oracle_run(o, ops, nr_ops, &v) != PF_CLEAN)
		fail_msg("%s at %zu: %s", v.signature, v.step, v.detail);
	assert_true(pf_recorder_take(recorder, &t));
	assert_int_equal(t.dumps, nr_ops / 100 + 2);
	assert_true(t.allocations > nr_ops / 3);
	t.layout = machine.start.layout;
	t.start = machine.start.dump;
	t.program = malloc(nr_ops * PF_OP_BYTES_MAX);
	t.program_size = pf_encode(ops, nr_ops, t.program, nr_ops * PF_OP_BYTES_MAX, NULL);
	assert_true(pf_transcript_write(&t, path, error, sizeof(error)));
	free(t.program);
	pf_oracle_free(o);
	pf_recorder_free(recorder);
}

static int setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	make_ops();
	record();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pf_machine_close(&machine);
	return unlink(path);
}

/* Runs `impl` beside the transcript. */
static enum pf_outcome compare(const struct pf_impl *impl, const struct pf_transcript *t,
			       const struct pf_op *program, size_t n, struct pf_verdict *v,
			       struct pf_exact *exact, char *report)
{
	struct pf_recorded *player = pf_recorded_play(t, NULL);
	const struct pf_impl *lineup[] = {impl, pf_recorded_impl(player)};
	struct pf_start_point start = {t->layout, t->start};
	struct pf_options options = {.dump_every = t->dump_every, .dumps = true, .start = &start};
	struct pf_oracle *o = pf_oracle_new(lineup, 2);
	enum pf_outcome outcome;

	pf_oracle_options(o, &options);
	outcome = pf_oracle_run(o, program, n, v);
	*exact = *pf_oracle_exact(o);
	strcpy(report, pf_oracle_report(o));
	pf_oracle_free(o);
	pf_recorded_free(player);
	return outcome;
}

static void read_back(struct pf_transcript *t, const char *file)
{
	char error[256];

	if (!pf_transcript_read(t, file, error, sizeof(error)))
		fail_msg("%s", error);
}

static void test_equal(void **state)
{
	struct pf_transcript t;
	struct pf_exact exact;
	struct pf_verdict v;
	char report[4096];
	struct pf_op *again;
	size_t n;

	(void)state;
	read_back(&t, path);
	assert_string_equal(t.who, "linux");
	assert_string_equal(t.version, "test");
	/* The program is in it. */
	again = malloc((t.program_size + 1) * sizeof(*again));
	n = pf_decode(t.program, t.program_size, again, t.program_size + 1);
	assert_int_equal(n, nr_ops);
	assert_memory_equal(again, ops, n * sizeof(*ops));
	if (compare(&pf_impl_linux, &t, again, n, &v, &exact, report) != PF_CLEAN)
		fail_msg("%s at %zu: %s", v.signature, v.step, v.detail);
	assert_int_equal(exact.allocations, t.allocations);
	assert_int_equal(exact.dumps, t.dumps);
	free(again);
	pf_transcript_free(&t);
}

/* Asked something else than was recorded, it says so and where. */
static void test_other_program(void **state)
{
	struct pf_op other[MAX_OPS];
	struct pf_transcript t;
	struct pf_exact exact;
	struct pf_verdict v;
	char report[4096];
	size_t at = 0;

	(void)state;
	read_back(&t, path);
	memcpy(other, ops, sizeof(ops));
	for (size_t i = 1000; !at; i++)
		if (other[i].kind == PF_OP_ALLOC)
			at = i;
	other[at].arg[PF_ALLOC_ORDER] ^= 1;
	assert_int_equal(compare(&pf_impl_linux, &t, other, nr_ops, &v, &exact, report),
			 PF_FINDING);
	assert_int_equal(v.law, PF_LAW_ALIVE);
	assert_int_equal(v.step, at);
	assert_non_null(strstr(v.detail, "order"));
	/* Longer than what was recorded. */
	memcpy(other, ops, sizeof(ops));
	assert_int_equal(compare(&pf_impl_linux, &t, other, nr_ops - 1, &v, &exact, report),
			 PF_FINDING);
	assert_int_equal(v.law, PF_LAW_ALIVE);
	pf_transcript_free(&t);
}

/* --------------------------------------------------------- several -- */

static void write_copy(const struct pf_transcript *t, const char *file)
{
	char error[256];

	if (!pf_transcript_write(t, file, error, sizeof(error)))
		fail_msg("%s", error);
}

/* Of two transcripts each has its own place in what it plays, and its own name. */
static void test_two(void **state)
{
	const struct pf_options dumps = {.dump_every = 100, .dumps = true};
	struct pf_transcript a, b;
	struct pf_recorded *player[2];
	const struct pf_impl *lineup[2];
	struct pf_start_point start;
	struct pf_options options = dumps;
	struct pf_oracle *o;
	struct pf_verdict v;

	(void)state;
	read_back(&a, path);
	read_back(&b, path);
	player[0] = pf_recorded_play(&a, NULL);
	player[1] = pf_recorded_play(&b, "recorded2");
	for (unsigned i = 0; i < 2; i++)
		lineup[i] = pf_recorded_impl(player[i]);
	start = (struct pf_start_point){a.layout, a.start};
	options.start = &start;
	o = pf_oracle_new(lineup, 2);
	pf_oracle_options(o, &options);
	if (pf_oracle_run(o, ops, nr_ops, &v) != PF_CLEAN)
		fail_msg("%s at %zu: %s", v.signature, v.step, v.detail);
	assert_int_equal(pf_oracle_exact(o)->allocations, a.allocations);
	assert_int_equal(pf_oracle_exact(o)->dumps, a.dumps);
	/* The second one says something else: it is lost, the first one goes on. */
	b.calls[b.calls_size / 2] ^= 1;
	assert_int_equal(pf_oracle_run(o, ops, nr_ops, &v), PF_FINDING);
	assert_int_equal(v.lane, 1);
	assert_non_null(strstr(v.signature, "recorded2"));
	pf_oracle_free(o);
	for (unsigned i = 0; i < 2; i++)
		pf_recorded_free(player[i]);
	pf_transcript_free(&a);
	pf_transcript_free(&b);
}

static int golden(const char *file)
{
	char command[] = "golden", quiet[] = "-q", copy[64];
	char *argv[] = {command, quiet, copy, NULL};

	snprintf(copy, sizeof(copy), "%s", file);
	optind = 1;
	return cmd_golden(3, argv);
}

/* Less compared than is recorded is no success. */
static void test_all_compared(void **state)
{
	static char copy[] = "/tmp/pagefuzz-copy-XXXXXX";
	struct pf_transcript t;
	int fd = mkstemp(copy);

	(void)state;
	close(fd);
	assert_int_equal(golden(path), PF_EXIT_CLEAN);
	read_back(&t, path);
	t.allocations++;
	write_copy(&t, copy);
	assert_int_equal(golden(copy), PF_EXIT_USAGE);
	t.allocations--;
	t.dumps++;
	write_copy(&t, copy);
	assert_int_equal(golden(copy), PF_EXIT_USAGE);
	t.dumps--;
	strcpy(t.version, "6.12.1");
	write_copy(&t, copy);
	assert_int_equal(golden(copy), PF_EXIT_USAGE);
	pf_transcript_free(&t);
	unlink(copy);
}

/* -------------------------------------------------------- not twins -- */

static unsigned calls_left;

static pf_pfn other_order(void *s, const struct pf_request *req)
{
	struct pf_request other = *req;

	/* A page of another type's list: legal by every law, but not the kernel's. */
	if (!calls_left--)
		other.mobility = (other.mobility + 1) % PF_NR_MOBILITY;
	return pf_impl_linux.alloc(s, &other);
}

static pf_pfn no_luck(void *s, const struct pf_request *req)
{
	return calls_left-- ? pf_impl_linux.alloc(s, req) : PF_NO_PFN;
}

static void no_drain(void *s, int cpu)
{
	(void)s;
	(void)cpu;
}

static void test_differences(void **state)
{
	struct pf_impl liar;
	struct pf_transcript t;
	struct pf_exact exact;
	struct pf_verdict v;
	char report[4096];

	(void)state;
	read_back(&t, path);
	liar = pf_impl_linux;
	liar.alloc = other_order;
	calls_left = 50;
	assert_int_equal(compare(&liar, &t, ops, nr_ops, &v, &exact, report), PF_FINDING);
	assert_string_equal(v.signature, "exact/linux:recorded/alloc");
	assert_in_range(exact.allocations, 50, 70);
	/* Where in the lists the right page is. */
	assert_non_null(strstr(report, "list of order"));

	liar.alloc = no_luck;
	calls_left = 50;
	assert_int_equal(compare(&liar, &t, ops, nr_ops, &v, &exact, report), PF_FINDING);
	assert_true(v.law == PF_LAW_EXACT || v.law == PF_LAW_FEASIBILITY);

	liar = pf_impl_linux;
	liar.drain = no_drain;
	assert_int_equal(compare(&liar, &t, ops, nr_ops, &v, &exact, report), PF_FINDING);
	assert_int_equal(v.law, PF_LAW_EXACT);
	pf_transcript_free(&t);
}

/* ---------------------------------------------------------- bad files -- */

static unsigned char *slurp(size_t *size)
{
	FILE *f = fopen(path, "rb");
	unsigned char *data = malloc(1 << 20);

	*size = fread(data, 1, 1 << 20, f);
	fclose(f);
	return data;
}

static void expect_error(const unsigned char *data, size_t size, const char *what)
{
	char bad[] = "/tmp/pagefuzz-bad-XXXXXX", error[256] = "";
	struct pf_transcript t;
	int fd = mkstemp(bad);

	assert_true(write(fd, data, size) == (ssize_t)size);
	close(fd);
	assert_false(pf_transcript_read(&t, bad, error, sizeof(error)));
	unlink(bad);
	assert_null(strchr(error, '\n'));
	if (what && !strstr(error, what))
		fail_msg("'%s' does not say '%s'", error, what);
	assert_non_null(strstr(error, bad));
}

static void test_bad_files(void **state)
{
	unsigned char *data;
	size_t size, head;
	char error[256];
	struct pf_transcript t;

	(void)state;
	assert_false(pf_transcript_read(&t, "/nonexistent/x", error, sizeof(error)));
	expect_error((const unsigned char *)"", 0, "is no transcript");
	expect_error((const unsigned char *)"hello\n", 6, "is no transcript");
	data = slurp(&size);
	head = (unsigned char *)memchr(data, '\n', size) - data + 1;
	for (size_t cut = 0; cut < size; cut += cut < 100 ? 1 : size / 37)
		expect_error(data, cut, NULL);
	expect_error(data, head + 10, "cut off");
	expect_error(data, size - 1, "cut off");
	for (size_t at = 0; at < size; at += at < head + 40 ? 1 : size / 61) {
		/* The names in the first line are for people. */
		if (at > 21 && at < head - 1)
			continue;
		data[at] ^= 0x10;
		expect_error(data, size, NULL);
		data[at] ^= 0x10;
	}
	data[size / 2] ^= 1;
	expect_error(data, size, "corrupt");
	data[size / 2] ^= 1;
	memcpy(data, "pagefuzz transcript 1 ", 22);
	expect_error(data, size, "is a transcript of version 1, this is version 2");
	memcpy(data, "pagefuzz transcript 3 ", 22);
	expect_error(data, size, "is a transcript of version 3, this is version 2");
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal),	    cmocka_unit_test(test_other_program),
		cmocka_unit_test(test_two),	    cmocka_unit_test(test_all_compared),
		cmocka_unit_test(test_differences), cmocka_unit_test(test_bad_files),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
