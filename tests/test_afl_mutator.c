// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_afl_mutator.c - the mutator library as AFL++ uses it, on good programs,
 * on noise, and at the edges. Seeds are fixed, so a failure repeats.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../targets/engines/afl_mutator.h"
#include "../targets/language/codec.h"
#include "../targets/language/mutate.h"

#define ROUNDS	    3000
#define NOISE_MAX   700
#define TARGET_MAX  65536
#define BIG	    (1 << 20)
#define TRIMS_LIMIT 2048

/* An input of exactly its size, so that ASan sees every byte too far. */
struct input {
	uint8_t *data, *copy;
	size_t size;
};

static struct input new_input(const uint8_t *from, size_t size)
{
	struct input in = {malloc(size ? size : 1), malloc(size ? size : 1), size};

	assert_true(in.data && in.copy);
	if (size) {
		memcpy(in.data, from, size);
		memcpy(in.copy, from, size);
	}
	return in;
}

/* AFL++ goes on using its buffers: they have to be as they were. */
static void release(struct input *in)
{
	assert_memory_equal(in->data, in->copy, in->size);
	free(in->data);
	free(in->copy);
}

static struct input noise(struct pf_rng *rng, size_t size)
{
	uint8_t *data = malloc(size ? size : 1);
	struct input in;

	assert_non_null(data);
	for (size_t i = 0; i < size; i++)
		data[i] = pf_rng_next(rng);
	in = new_input(data, size);
	free(data);
	return in;
}

static struct input program(struct pf_rng *rng, size_t nr)
{
	struct pf_op *ops = calloc(nr, sizeof(*ops));
	uint8_t *data = malloc(nr * PF_OP_BYTES_MAX);
	struct input in;

	assert_true(ops && data);
	nr = pf_generate(ops, nr, nr, rng);
	in = new_input(data, pf_encode(ops, nr, data, nr * PF_OP_BYTES_MAX, NULL));
	free(ops);
	free(data);
	return in;
}

/* Something of each sort. */
static struct input any_input(struct pf_rng *rng)
{
	switch (pf_rng_below(rng, 4)) {
	case 0:
		return noise(rng, pf_rng_below(rng, 4));
	case 1:
		return noise(rng, pf_rng_below(rng, NOISE_MAX));
	default:
		return program(rng, 1 + pf_rng_below(rng, 100));
	}
}

static size_t any_max_size(struct pf_rng *rng)
{
	static const size_t sizes[] = {1, 2, 3, 10, 100, 4096, TARGET_MAX, BIG};

	return sizes[pf_rng_below(rng, sizeof(sizes) / sizeof(sizes[0]))];
}

static size_t count_ops(const uint8_t *data, size_t size)
{
	struct pf_op *ops = malloc((size ? size : 1) * sizeof(*ops));
	size_t n;

	assert_non_null(ops);
	n = pf_decode(data, size, ops, size);
	free(ops);
	return n;
}

static void assert_good(const uint8_t *out, size_t size, size_t max_size)
{
	assert_non_null(out);
	assert_in_range(size, 1, max_size);
	/* Readable to its end (ASan), and a program. */
	assert_in_range(count_ops(out, size), 1, size);
}

static void test_fuzz(void **unused)
{
	struct pf_rng rng = {1};
	void *state = afl_custom_init(NULL, 1);

	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		struct input in = any_input(&rng), other = any_input(&rng);
		size_t max_size = any_max_size(&rng), size;
		bool alone = pf_rng_below(&rng, 2);
		uint8_t *out = NULL;

		size = afl_custom_fuzz(state, in.data, in.size, &out, alone ? NULL : other.data,
				       alone ? 0 : other.size, max_size);
		assert_good(out, size, max_size);
		release(&in);
		release(&other);
	}
	afl_custom_deinit(state);
}

static void test_havoc(void **unused)
{
	struct pf_rng rng = {2};
	void *state = afl_custom_init(NULL, 2);

	(void)unused;
	assert_in_range(afl_custom_havoc_mutation_probability(state), 1, 50);
	for (int i = 0; i < ROUNDS; i++) {
		struct input in = any_input(&rng);
		size_t max_size = any_max_size(&rng), size;
		uint8_t *out = NULL;

		size = afl_custom_havoc_mutation(state, in.data, in.size, &out, max_size);
		assert_good(out, size, max_size);
		release(&in);
	}
	afl_custom_deinit(state);
}

/* Havoc stacks mutations: what we gave out may come back as the next input. */
static void test_own_output(void **unused)
{
	void *state = afl_custom_init(NULL, 3);
	uint8_t *out = (uint8_t *)"";
	size_t size = 0;

	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		size = afl_custom_havoc_mutation(state, out, size, &out, 300);
		assert_good(out, size, 300);
		size = afl_custom_fuzz(state, out, size, &out, out, size, 300);
		assert_good(out, size, 300);
	}
	afl_custom_deinit(state);
}

static void test_oversized(void **unused)
{
	struct pf_rng rng = {4};
	void *state = afl_custom_init(NULL, 4);

	(void)unused;
	for (int i = 0; i < 4; i++) {
		struct input in = i & 1 ? noise(&rng, BIG) : program(&rng, BIG / 8);
		size_t size;
		uint8_t *out;

		size = afl_custom_fuzz(state, in.data, in.size, &out, NULL, 0, BIG);
		assert_good(out, size, TARGET_MAX);
		size = afl_custom_havoc_mutation(state, in.data, in.size, &out, 64);
		assert_good(out, size, 64);
		for (int j = 0; j < 20; j++) {
			size = afl_custom_fuzz(state, in.data, in.size, &out, in.data, in.size,
					       BIG);
			assert_good(out, size, TARGET_MAX);
		}
		release(&in);
	}
	afl_custom_deinit(state);
}

static void test_same_seed_same_output(void **unused)
{
	void *a = afl_custom_init(NULL, 5), *b = afl_custom_init(NULL, 5);
	void *c = afl_custom_init(NULL, 6);
	struct pf_rng rng = {5};
	int different = 0;

	(void)unused;
	for (int i = 0; i < 200; i++) {
		struct input in = program(&rng, 30);
		uint8_t *out[3];
		size_t size[3];

		size[0] = afl_custom_fuzz(a, in.data, in.size, &out[0], NULL, 0, 4096);
		size[1] = afl_custom_fuzz(b, in.data, in.size, &out[1], NULL, 0, 4096);
		size[2] = afl_custom_fuzz(c, in.data, in.size, &out[2], NULL, 0, 4096);
		assert_int_equal(size[0], size[1]);
		assert_memory_equal(out[0], out[1], size[0]);
		different += size[0] != size[2] || memcmp(out[0], out[2], size[0]);
		release(&in);
	}
	assert_true(different > 100);
	afl_custom_deinit(a);
	afl_custom_deinit(b);
	afl_custom_deinit(c);
}

static void test_describe(void **unused)
{
	struct pf_rng rng = {6};
	void *state = afl_custom_init(NULL, 6);
	bool splice = false, mutate = false;

	(void)unused;
	for (int i = 0; i < 200; i++) {
		struct input in = program(&rng, 10);
		const char *text;
		uint8_t *out;

		text = afl_custom_describe(state, 60);
		assert_true(strlen(text) && strlen(text) < 60);
		assert_int_equal(strspn(text, "abcdefghijklmnopqrstuvwxyz"), strlen(text));
		splice |= !strcmp(text, "splice");
		mutate |= !strcmp(text, "mutate");
		for (size_t max = 1; max < 10; max++)
			assert_true(strlen(afl_custom_describe(state, max)) < max);
		afl_custom_fuzz(state, in.data, in.size, &out, in.data, in.size, 100);
		release(&in);
	}
	assert_true(splice && mutate);
	afl_custom_deinit(state);
}

/* ---------------------------------------------------------------- trim -- */

enum answers { ALWAYS, NEVER, RANDOM, NR_ANSWERS };

/* Plays AFL++'s part of the protocol; returns the number of candidates. */
static int trim(void *state, struct pf_rng *rng, const struct input *in, enum answers answers,
		size_t *final_size)
{
	size_t best = in->size, best_ops = count_ops(in->data, in->size);
	int end = afl_custom_init_trim(state, in->data, in->size), at = 0, n = 0;

	assert_in_range(end, 0, TRIMS_LIMIT);
	while (at < end) {
		uint8_t *out = NULL;
		size_t size = afl_custom_trim(state, &out), ops;
		bool success = answers == ALWAYS || (answers == RANDOM && pf_rng_below(rng, 2));

		assert_good(out, size, in->size);
		ops = count_ops(out, size);
		assert_true(size < best || ops < best_ops);
		assert_true(ops <= best_ops);
		if (success) {
			best = size;
			best_ops = ops;
		}
		at = afl_custom_post_trim(state, success);
		assert_in_range(at, 0, end);
		assert_in_range(++n, 1, TRIMS_LIMIT);
	}
	*final_size = best;
	return n;
}

static void test_trim(void **unused)
{
	struct pf_rng rng = {7};
	void *state = afl_custom_init(NULL, 7);

	(void)unused;
	for (int i = 0; i < 600; i++) {
		struct input in = any_input(&rng);
		size_t ops = count_ops(in.data, in.size), size;
		int n = trim(state, &rng, &in, i % NR_ANSWERS, &size);

		if (ops > 1)
			assert_true(n > 0);
		if (i % NR_ANSWERS == ALWAYS && ops)
			assert_in_range(size, 1, PF_OP_BYTES_MAX);
		if (i % NR_ANSWERS == NEVER)
			assert_int_equal(size, in.size);
		release(&in);
	}
	afl_custom_deinit(state);
}

/* What means nothing to the decoder goes at once. */
static void test_trim_junk(void **unused)
{
	static const uint8_t junk[] = {'0', '1', 0x80 + 4, '1', '2', '1', '0',	'0', '0',
				       '0', '0', '0',	   '0', '0', '0', 0xff, '3'};
	struct input in = new_input(junk, sizeof(junk));
	void *state = afl_custom_init(NULL, 8);
	uint8_t *out;

	(void)unused;
	assert_true(afl_custom_init_trim(state, in.data, in.size) > 0);
	assert_true(afl_custom_trim(state, &out) < in.size);
	/* Nothing is left to try: the program is a single operation. */
	assert_true(afl_custom_post_trim(state, 1) >= 1);
	release(&in);
	afl_custom_deinit(state);
}

static void test_trim_nothing(void **unused)
{
	void *state = afl_custom_init(NULL, 9);
	uint8_t digits[] = "0123", *out = NULL;

	(void)unused;
	assert_int_equal(afl_custom_init_trim(state, digits, 0), 0);
	assert_int_equal(afl_custom_init_trim(state, digits, 4), 0);
	/* Out of turn: no candidate, but no crash either. */
	assert_int_equal(afl_custom_trim(state, &out), 0);
	assert_non_null(out);
	assert_int_equal(afl_custom_post_trim(state, 1), 0);
	afl_custom_deinit(state);
}

static void test_trim_oversized(void **unused)
{
	struct pf_rng rng = {10};
	void *state = afl_custom_init(NULL, 10);

	(void)unused;
	for (int answers = 0; answers < NR_ANSWERS; answers++) {
		struct input in = program(&rng, TARGET_MAX / 2);
		size_t size;

		trim(state, &rng, &in, answers, &size);
		release(&in);
	}
	afl_custom_deinit(state);
}

/* Trimming is broken off, and mutations come between, when AFL++ is told to stop. */
static void test_trim_interrupted(void **unused)
{
	struct pf_rng rng = {11};
	void *state = afl_custom_init(NULL, 11);

	(void)unused;
	for (int i = 0; i < 300; i++) {
		struct input in = any_input(&rng), other = any_input(&rng);
		int end = afl_custom_init_trim(state, in.data, in.size), at = 0;
		size_t size;
		uint8_t *out;

		for (int n = pf_rng_below(&rng, 6); at < end && n; n--) {
			size = afl_custom_trim(state, &out);
			assert_good(out, size, in.size);
			at = afl_custom_post_trim(state, n & 1);
		}
		size = afl_custom_fuzz(state, other.data, other.size, &out, in.data, in.size, 500);
		assert_good(out, size, 500);
		release(&in);
		release(&other);
	}
	afl_custom_deinit(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fuzz),
		cmocka_unit_test(test_havoc),
		cmocka_unit_test(test_own_output),
		cmocka_unit_test(test_oversized),
		cmocka_unit_test(test_same_seed_same_output),
		cmocka_unit_test(test_describe),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_trim_junk),
		cmocka_unit_test(test_trim_nothing),
		cmocka_unit_test(test_trim_oversized),
		cmocka_unit_test(test_trim_interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
