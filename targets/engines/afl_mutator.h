/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * afl_mutator.h - what AFL++ 4.04c looks up in a mutator library, written down
 * here so that no header of AFL++ is needed to build or to test it.
 */
#ifndef PAGEFUZZ_AFL_MUTATOR_H
#define PAGEFUZZ_AFL_MUTATOR_H

#include <stddef.h>
#include <stdint.h>

/* `afl` is AFL++'s own state and not looked at. Never NULL. */
void *afl_custom_init(void *afl, unsigned int seed);
void afl_custom_deinit(void *data);

/*
 * Each sets *out to memory of the library, valid until the next call, and
 * returns the length there: 1..max_size (0 only if max_size is 0).
 */
size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **out, uint8_t *other,
		       size_t other_size, size_t max_size);
size_t afl_custom_havoc_mutation(void *data, uint8_t *buf, size_t size, uint8_t **out,
				 size_t max_size);
uint8_t afl_custom_havoc_mutation_probability(void *data);

/* What the last mutation was, for the name of a file; shorter than max_len. */
const char *afl_custom_describe(void *data, size_t max_len);

/*
 * Trimming: as long as the last result of post_trim (at first: 0) is below that
 * of init_trim, trim gives a candidate to try, and post_trim takes the answer.
 */
int afl_custom_init_trim(void *data, uint8_t *buf, size_t size);
size_t afl_custom_trim(void *data, uint8_t **out);
int afl_custom_post_trim(void *data, unsigned char success);

#endif /* PAGEFUZZ_AFL_MUTATOR_H */
