// SPDX-License-Identifier: GPL-2.0-only
/*
 * afl_mutator.c - the mutator, the splicer and the reducer as a library for
 * AFL++'s AFL_CUSTOM_MUTATOR_LIBRARY (interface as of 4.04c).
 *
 * Every buffer handed out belongs to the state and is valid until the next call.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "afl_mutator.h"
#include "../language/codec.h"
#include "../language/mutate.h"
#include "../language/reduce.h"

/* The target looks at no more of an input. */
#define MAX_BYTES 65536
/* How often the other input is used if there is one, and how often havoc calls us. */
#define SPLICE_ONE_IN 5
#define HAVOC_PERCENT 15
/* Tries to trim one input: about what AFL++ itself spends at most. */
#define MAX_TRIMS 2048

struct state {
	struct pf_rng rng;
	const char *last; /* what made the last input */
	struct {
		struct pf_reduce reducer;
		bool more;	/* a candidate is in out[] */
		bool canonical; /* it is the program itself, without what means nothing */
		int step, end;	/* as AFL++ counts them */
	} trim;
	size_t nr_out;
	/* Blocks of their own, so that ASan sees the end of each. */
	uint8_t *out;
	struct pf_op *program, *work;
};

static void *get_memory(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p) {
		/* AFL++ would not look at a NULL from init. */
		perror("afl_mutator");
		exit(1);
	}
	return p;
}

void *afl_custom_init(void *afl, unsigned int seed)
{
	struct state *s = get_memory(1, sizeof(*s));

	(void)afl;
	s->rng.state = seed;
	s->last = "none";
	s->out = get_memory(MAX_BYTES, 1);
	s->program = get_memory(MAX_BYTES, sizeof(*s->program));
	s->work = get_memory(PF_REDUCE_WORK(MAX_BYTES), sizeof(*s->work));
	return s;
}

void afl_custom_deinit(void *data)
{
	struct state *s = data;

	free(s->out);
	free(s->program);
	free(s->work);
	free(s);
}

/* ---------------------------------------------------------- mutations -- */

static size_t mutate(struct state *s, const uint8_t *buf, size_t size, size_t max_size)
{
	if (size > MAX_BYTES)
		size = MAX_BYTES;
	if (max_size > MAX_BYTES)
		max_size = MAX_BYTES;
	if (size)
		memmove(s->out, buf, size);
	s->last = "mutate";
	return pf_mutate_bytes(s->out, size, max_size, pf_rng_next(&s->rng), s->work, MAX_BYTES);
}

size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **out, uint8_t *other,
		       size_t other_size, size_t max_size)
{
	struct state *s = data;

	*out = s->out;
	if (!other || !other_size || pf_rng_below(&s->rng, SPLICE_ONE_IN))
		return mutate(s, buf, size, max_size);
	s->last = "splice";
	return pf_splice_bytes(buf, size, other, other_size, s->out,
			       max_size < MAX_BYTES ? max_size : MAX_BYTES, pf_rng_next(&s->rng),
			       s->work, PF_REDUCE_WORK(MAX_BYTES));
}

size_t afl_custom_havoc_mutation(void *data, uint8_t *buf, size_t size, uint8_t **out,
				 size_t max_size)
{
	struct state *s = data;

	*out = s->out;
	return mutate(s, buf, size, max_size);
}

uint8_t afl_custom_havoc_mutation_probability(void *data)
{
	(void)data;
	return HAVOC_PERCENT;
}

/* Becomes part of a file name. */
const char *afl_custom_describe(void *data, size_t max_len)
{
	struct state *s = data;

	return strlen(s->last) < max_len ? s->last : "";
}

/* --------------------------------------------------------------- trim -- */

static void next_candidate(struct state *s)
{
	const struct pf_op *ops;
	size_t n;

	s->trim.canonical = false;
	s->trim.more = s->trim.step < MAX_TRIMS && pf_reduce_next(&s->trim.reducer, &ops, &n);
	if (s->trim.more)
		s->nr_out = pf_encode(ops, n, s->out, MAX_BYTES, NULL);
}

int afl_custom_init_trim(void *data, uint8_t *buf, size_t size)
{
	struct state *s = data;
	size_t n = pf_decode(buf, size < MAX_BYTES ? size : MAX_BYTES, s->program, MAX_BYTES);
	size_t steps;

	pf_reduce_init(&s->trim.reducer, PF_REDUCE_TRIM, s->work, s->program, n);
	s->trim.step = 0;
	/* What havoc left between the operations goes first. */
	s->nr_out = pf_encode(s->program, n, s->out, MAX_BYTES, NULL);
	s->trim.canonical = s->nr_out && s->nr_out < size;
	if (s->trim.canonical)
		s->trim.more = true;
	else
		next_candidate(s);
	/* An estimate; post_trim sees to it that it fits. */
	steps = 1 + pf_reduce_steps(&s->trim.reducer);
	s->trim.end = !s->trim.more ? 0 : steps < MAX_TRIMS ? steps : MAX_TRIMS;
	return s->trim.end;
}

size_t afl_custom_trim(void *data, uint8_t **out)
{
	struct state *s = data;

	*out = s->out;
	return s->trim.more ? s->nr_out : 0;
}

int afl_custom_post_trim(void *data, unsigned char success)
{
	struct state *s = data;

	s->trim.step++;
	if (!s->trim.canonical)
		pf_reduce_report(&s->trim.reducer, success);
	next_candidate(s);
	if (!s->trim.more)
		return s->trim.end;
	return s->trim.step < s->trim.end ? s->trim.step : s->trim.end - 1;
}
