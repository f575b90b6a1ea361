/* SPDX-License-Identifier: GPL-2.0-only */
/* make.h - what make.c lends to mutate.c: dice, guesses and new operations. For these two only. */
#ifndef PAGEFUZZ_MAKE_H
#define PAGEFUZZ_MAKE_H

#include <stdbool.h>

#include "mutate.h"

/* Position in a list of n (n >= 1). */
static inline size_t position(struct pf_rng *rng, size_t n)
{
	return pf_rng_below(rng, n < UINT32_MAX ? n : UINT32_MAX);
}

/* Slots that are tracked; the few operations on higher ones are not worth it. */
#define NR_TRACKED 256
#define WINDOW	   32

/*
 * A guess at the state that a program reaches, good enough to aim at: where the
 * memory ends, which slots were filled and not emptied.
 */
struct guess {
	uint64_t live[NR_TRACKED / 64];
	uint64_t runs[NR_TRACKED / 64]; /* of the live ones: by run or take */
	uint32_t pages;			/* span of all zones */
	uint32_t min;			/* watermark, as configured */
	unsigned block_order, max_order, cpus, nodes;
	unsigned zones, laters; /* configured ones */
	uint32_t block;		/* that isolate or offline took last */
	uint32_t run;		/* pages of the last run */
};

static inline bool is_live(const struct guess *g, uint32_t slot)
{
	return slot < NR_TRACKED && g->live[slot / 64] >> slot % 64 & 1;
}

/* What the first `n` operations of a program lead to. */
struct guess pf_guess_at(const struct pf_op *ops, size_t n);

/* A kind that is not configuration, by weight. */
unsigned pf_pick_kind(struct pf_rng *rng);

/* Any value for an operand, in range but not aimed; small ones where much is possible. */
uint32_t pf_pick_any(const struct pf_operand *operand, struct pf_rng *rng);

/* An operation of configuration, to be put where `g` was guessed. */
struct pf_op pf_make_config(const struct guess *g, struct pf_rng *rng);

/* An operation of a kind that is not configuration, to be put where `g` was guessed. */
struct pf_op pf_make_op(const struct guess *g, struct pf_rng *rng, unsigned kind);

/* Write one operation or a storm of up to `n` (n >= 1), observe them, and return their number. */
size_t pf_make_some(struct pf_op *ops, size_t n, struct guess *g, struct pf_rng *rng);

/*
 * Write up to `cap` operations that fill the memory with single pages, free some of them here
 * and there, and ask for more than that leaves in one piece; observe them and return their number.
 */
size_t pf_make_scattered(struct pf_op *ops, size_t cap, struct guess *g, struct pf_rng *rng);

#endif /* PAGEFUZZ_MAKE_H */
