// SPDX-License-Identifier: GPL-2.0-only
/*
 * afl_lockstep.c - main() that puts fuzz_lockstep.c under AFL++: persistent, the
 * input in shared memory. Without AFL++ it runs the files named as arguments, or
 * standard input, once.
 *
 * Also takes fuzz_lockstep's --impls=NAMES and --stats=FILE.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../language/codec.h"

#ifndef __AFL_FUZZ_INIT
#error "afl_lockstep.c has to be compiled by afl-clang-fast, afl-clang-lto or afl-gcc-fast"
#endif

/* Runs before AFL++ starts the process anew. A run leaves nothing behind, so many. */
#define RUNS 100000
/* fuzz_lockstep.c looks at no more. */
#define MAX_BYTES 65536

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
void pf_fuzz_prepare(const uint8_t *data, size_t size); /* fuzz_lockstep.c */

__AFL_FUZZ_INIT();
__AFL_COVERAGE();

/* AFL++ mutates by afl_mutator.c, so the target's own mutator is never called. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
	(void)data;
	(void)size;
	(void)max_size;
	return 0;
}

/*
 * The oracle keeps the start of the last layout, so what an input covers would
 * depend on the input before it, and AFL++ would neither trust nor trim it. Have
 * the start made while AFL++ does not look.
 */
static void prepare_layout(const uint8_t *config, size_t n)
{
	static uint8_t last[256];
	static size_t nr_last;
	static bool plain_kept;

	/* The default layout's start is kept apart, but may go when a larger one comes. */
	if (n ? n == nr_last && !memcmp(config, last, n) : plain_kept)
		return;
	plain_kept = !n;
	if (n) {
		nr_last = n <= sizeof(last) ? n : 0;
		memcpy(last, config, nr_last);
	}
	pf_fuzz_prepare(config, n);
}

/*
 * AFL++ looks at the run of the canonical program only: not at what the decoder
 * makes of bytes that mean nothing, so that it sees no reason to collect them, and
 * not at main(), whose first round differs.
 */
static void run(const uint8_t *data, size_t size)
{
	static struct pf_op ops[MAX_BYTES];
	static uint8_t bytes[MAX_BYTES];
	size_t n = pf_decode(data, size < MAX_BYTES ? size : MAX_BYTES, ops, MAX_BYTES);

	prepare_layout(bytes, pf_encode(ops, pf_program_config(ops, n), bytes, MAX_BYTES, NULL));
	n = pf_encode(ops, n, bytes, MAX_BYTES, NULL);
	__AFL_COVERAGE_ON();
	LLVMFuzzerTestOneInput(bytes, n);
	__AFL_COVERAGE_OFF();
}

/* Memory that grows for the first time would make a difference, too: a big program. */
static void warm_up(void)
{
	static struct pf_op ops[4096];
	static uint8_t bytes[sizeof(ops) / sizeof(ops[0]) * PF_OP_BYTES_MAX];
	const unsigned nr = sizeof(ops) / sizeof(ops[0]), nr_bulk = 60;

	ops[0].kind = ops[1].kind = PF_OP_CONFIG;
	ops[0].arg[PF_CONFIG_KEY] = PF_CONFIG_PAGES;
	ops[0].arg[PF_CONFIG_VALUE] = 16383;
	ops[1].arg[PF_CONFIG_KEY] = PF_CONFIG_SCALE;
	ops[1].arg[PF_CONFIG_VALUE] = 1;
	for (unsigned i = 2; i < nr; i++) {
		ops[i].slot = i;
		ops[i].kind = i < 2 + nr_bulk ? PF_OP_BULK : PF_OP_FREE;
		if (ops[i].kind == PF_OP_BULK)
			ops[i].arg[PF_BULK_COUNT] = PF_MAX_BULK_COUNT;
	}
	/* More than there is: it fails, but its table is made. */
	ops[nr - 1].kind = PF_OP_EXACT;
	ops[nr - 1].arg[PF_EXACT_COUNT] = PF_MAX_EXACT_COUNT;
	pf_fuzz_prepare(bytes, pf_encode(ops, nr, bytes, sizeof(bytes), NULL));
}

static void run_file(const char *path)
{
	static uint8_t data[MAX_BYTES];
	FILE *f = fopen(path, "rb");
	size_t size = f ? fread(data, 1, sizeof(data), f) : 0;

	if (!f || ferror(f)) {
		fprintf(stderr, "afl_lockstep: %s: %s\n", path, strerror(errno));
		exit(2);
	}
	fclose(f);
	run(data, size);
}

int main(int argc, char **argv)
{
	const uint8_t *buf;
	int nr_files = 0;

	LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], "--", 2))
			argv[nr_files++] = argv[i];
	warm_up();

	__AFL_COVERAGE_OFF();
	__AFL_INIT();

	buf = __AFL_FUZZ_TESTCASE_BUF;
	/* The tools that were given @@ may pass the input in shared memory all the same. */
	if (__afl_fuzz_ptr)
		nr_files = 0;
	while (__AFL_LOOP(RUNS)) {
		if (nr_files) {
			for (int i = 0; i < nr_files; i++)
				run_file(argv[i]);
		} else {
			int len = __AFL_FUZZ_TESTCASE_LEN;

			run(buf, len > 0 ? len : 0);
		}
	}
	return 0;
}
