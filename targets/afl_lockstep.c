// SPDX-License-Identifier: GPL-2.0-only
/*
 * afl_lockstep.c - main() that puts fuzz_lockstep.c under AFL++: persistent, the
 * input in shared memory. Without AFL++ it runs the files named as arguments, or
 * standard input, once.
 *
 * Also takes fuzz_lockstep's --impls=NAMES and --stats=FILE.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef __AFL_FUZZ_INIT
#error "afl_lockstep.c has to be compiled by afl-clang-fast, afl-clang-lto or afl-gcc-fast"
#endif

/* Runs before AFL++ starts the process anew. A run leaves nothing behind, so many. */
#define RUNS 100000
/* As much as AFL++ ever gives to a target. */
#define MAX_FILE (1 << 20)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

__AFL_FUZZ_INIT();

/* AFL++ mutates by afl_mutator.c, so the target's own mutator is never called. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
	(void)data;
	(void)size;
	(void)max_size;
	return 0;
}

static void run_file(const char *path)
{
	static uint8_t data[MAX_FILE];
	FILE *f = fopen(path, "rb");
	size_t size = f ? fread(data, 1, sizeof(data), f) : 0;

	if (!f || ferror(f)) {
		fprintf(stderr, "afl_lockstep: %s: %s\n", path, strerror(errno));
		exit(2);
	}
	fclose(f);
	LLVMFuzzerTestOneInput(data, size);
}

int main(int argc, char **argv)
{
	const uint8_t *buf;
	int nr_files = 0;

	LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], "--", 2))
			argv[nr_files++] = argv[i];
	/* What is set up at the first use would make the first run look different. */
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);

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

			LLVMFuzzerTestOneInput(buf, len > 0 ? len : 0);
		}
	}
	return 0;
}
