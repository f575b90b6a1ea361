// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench.c - speed, as ratios measured in one run:
 *  - executions a second of 64-operation programs under libFuzzer itself, next
 *    to an empty target under the same engine with the same inputs;
 *  - the same loop without an engine, with and without the checks;
 *  - the cost of one checked operation in zones of 2^10 to 2^20 pages.
 * Prints a table and writes build/bench.json (or the file named).
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../targets/language/codec.h"
#include "../targets/engines/lineup.h"
#include "../targets/language/mutate.h"

#define OPS	  64
#define POOL	  4096
#define MAX_BYTES (OPS * PF_OP_BYTES_MAX)
#define SECONDS	  5

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*cb)(const uint8_t *data, size_t size));
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

/* As in the fuzz target. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1:thread_local_quarantine_size_kb=16";
}

static uint8_t pool[POOL][MAX_BYTES];
static size_t pool_len[POOL];
static struct pf_op pool_ops[POOL][OPS];
static size_t pool_nr[POOL];
static uint64_t pool_total;
static struct pf_oracle *oracle;
static struct shared {
	uint64_t execs;
	double seconds;
} * shared;
static double driver_start;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

static void fill_pool(void)
{
	struct pf_rng rng = {1};

	for (unsigned i = 0; i < POOL; i++) {
		pool_nr[i] = pf_generate(pool_ops[i], OPS, OPS, &rng);
		pool_len[i] = pf_encode(pool_ops[i], pool_nr[i], pool[i], MAX_BYTES, NULL);
		pool_total += pool_nr[i];
	}
}

/* Every execution gets one of the prepared programs. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	unsigned i = seed % POOL;

	(void)size;
	if (pool_len[i] > max_size)
		return 1;
	memcpy(data, pool[i], pool_len[i]);
	return pool_len[i];
}

/* The time is noted now and then: asking for it costs, too. */
static void count(void)
{
	if ((++shared->execs & 63) == 0)
		shared->seconds = now() - driver_start;
}

static int null_target(const uint8_t *data, size_t size)
{
	(void)data;
	(void)size;
	count();
	return 0;
}

static int lockstep_target(const uint8_t *data, size_t size)
{
	static struct pf_op ops[MAX_BYTES];
	struct pf_verdict v;

	if (pf_oracle_run(oracle, ops, pf_decode(data, size, ops, MAX_BYTES), &v) == PF_FINDING) {
		fprintf(stderr, "bench: unexpected finding %s\n", v.signature);
		_exit(1);
	}
	count();
	return 0;
}

/* The engine in a process of its own: it ends by exit(). */
static double under_engine(int (*target)(const uint8_t *, size_t))
{
	char name[] = "bench", seconds[32], len[32], quiet[] = "-verbosity=0",
	     names[] = "-print_funcs=0";
	/* -len_control would start with short inputs: go to full length at once. */
	char control[] = "-len_control=0";
	char *args[] = {name, seconds, len, quiet, names, control, NULL}, **argv = args;
	int argc = 6, status;
	pid_t pid;

	snprintf(seconds, sizeof(seconds), "-max_total_time=%d", SECONDS);
	snprintf(len, sizeof(len), "-max_len=%d", MAX_BYTES);
	memset(shared, 0, sizeof(*shared));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		driver_start = now();
		_exit(LLVMFuzzerRunDriver(&argc, &argv, target));
	}
	waitpid(pid, &status, 0);
	return shared->seconds > 0 ? shared->execs / shared->seconds : 0;
}

static double without_engine(bool unchecked)
{
	struct pf_verdict v;
	uint64_t execs = 0;
	double start = now();

	pf_oracle_options(oracle, &(struct pf_options){.unchecked = unchecked});
	do
		for (unsigned i = 0; i < POOL; i++, execs++)
			pf_oracle_run(oracle, pool_ops[i], pool_nr[i], &v);
	while (now() - start < SECONDS);
	pf_oracle_options(oracle, &(struct pf_options){0});
	return execs / (now() - start);
}

/* ------------------------------------------------------------ zone sizes -- */

#define LONG  40000
#define SLOTS 256

/* Steady traffic of orders 0..3 on 256 slots. */
static size_t steady(struct pf_op *ops, size_t n, unsigned pages_order)
{
	struct pf_rng rng = {7};
	size_t i = 0;

	/* 2^10 << scale pages, Linux's own orders. */
	ops[i++] = (struct pf_op){
		.kind = PF_OP_CONFIG,
		.arg = {PF_CONFIG_PAGES, 1u << (pages_order < 13 ? pages_order : 13)}};
	ops[i++] =
		(struct pf_op){.kind = PF_OP_CONFIG,
			       .arg = {PF_CONFIG_SCALE, pages_order < 13 ? 0 : pages_order - 13}};
	ops[i++] = (struct pf_op){.kind = PF_OP_CONFIG, .arg = {PF_CONFIG_MAX_ORDER, 8}};
	ops[i++] = (struct pf_op){.kind = PF_OP_CONFIG, .arg = {PF_CONFIG_MIN, 0}};
	for (; i < n + 4; i++) {
		struct pf_op *op = &ops[i];

		memset(op, 0, sizeof(*op));
		op->slot = pf_rng_below(&rng, SLOTS);
		op->kind = pf_rng_below(&rng, 2) ? PF_OP_ALLOC : PF_OP_FREE;
		if (op->kind == PF_OP_FREE)
			continue;
		op->arg[PF_ALLOC_ORDER] = pf_rng_below(&rng, 4) ? 0 : pf_rng_below(&rng, 4);
		op->arg[PF_ALLOC_MOBILITY] = pf_rng_below(&rng, 3);
	}
	return i;
}

static double run_seconds(struct pf_op *ops, size_t n)
{
	struct pf_verdict v;
	double best = 1e9;

	for (int k = 0; k < 3; k++) {
		double start = now();

		if (pf_oracle_run(oracle, ops, n, &v) == PF_FINDING)
			fprintf(stderr, "bench: unexpected finding %s\n", v.signature);
		best = now() - start < best ? now() - start : best;
	}
	return best;
}

/* Start and end cost what the zone holds: taken out by a run without traffic. */
static double op_ns(unsigned pages_order)
{
	static struct pf_op ops[LONG + 4];
	double empty = run_seconds(ops, steady(ops, 0, pages_order));

	return (run_seconds(ops, steady(ops, LONG, pages_order)) - empty) * 1e9 / LONG;
}

int main(int argc, char **argv)
{
	static const unsigned sizes[] = {10, 14, 18, 20};
	const char *path = argc > 1 ? argv[1] : "build/bench.json";
	double null_rate, rate, bare, unchecked, cost[4];
	struct pf_lineup lineup;
	FILE *f;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	pf_lineup_all(&lineup);
	oracle = pf_oracle_new(lineup.impl, lineup.nr);
	if (!oracle || shared == MAP_FAILED)
		return 2;
	fill_pool();

	null_rate = under_engine(null_target);
	rate = under_engine(lockstep_target);
	bare = without_engine(false);
	unchecked = without_engine(true);
	printf("%u implementations, %.1f operations an execution\n", lineup.nr,
	       (double)pool_total / POOL);
	printf("under libFuzzer, empty target   %9.0f executions/s\n", null_rate);
	printf("under libFuzzer, lockstep       %9.0f executions/s  %.3f of the empty target, %.0f "
	       "operations/s\n",
	       rate, rate / null_rate, rate * pool_total / POOL);
	printf("no engine, lockstep             %9.0f executions/s\n", bare);
	printf("no engine, lockstep, no checks  %9.0f executions/s  the checks cost a factor of "
	       "%.2f\n",
	       unchecked, unchecked / bare);
	for (unsigned i = 0; i < 4; i++)
		cost[i] = op_ns(sizes[i]);
	for (unsigned i = 0; i < 4; i++)
		printf("zone of 2^%-2u pages: %6.0f ns a checked operation on all, %.2f of 2^10\n",
		       sizes[i], cost[i], cost[i] / cost[0]);

	f = fopen(path, "w");
	if (!f) {
		perror(path);
		return 2;
	}
	fprintf(f,
		"{\n  \"execs_per_s\": %.0f,\n  \"null_execs_per_s\": %.0f,\n  \"impls\": %u,\n"
		"  \"ops_per_exec\": %.1f,\n  \"execs_per_s_no_engine\": %.0f,\n"
		"  \"execs_per_s_unchecked\": %.0f,\n  \"op_ns\": {",
		rate, null_rate, lineup.nr, (double)pool_total / POOL, bare, unchecked);
	for (unsigned i = 0; i < 4; i++)
		fprintf(f, "%s\"%u\": %.0f", i ? ", " : "", 1u << sizes[i], cost[i]);
	fprintf(f, "}\n}\n");
	pf_oracle_free(oracle);
	return fclose(f) ? 2 : 0;
}
