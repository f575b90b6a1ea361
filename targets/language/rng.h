/* SPDX-License-Identifier: GPL-2.0-only */
/* rng.h - random numbers for programs: a state of 64 bits, the same on every machine. */
#ifndef PAGEFUZZ_RNG_H
#define PAGEFUZZ_RNG_H

#include <stdbool.h>
#include <stdint.h>

/* Any state is a good seed. */
struct pf_rng {
	uint64_t state;
};

uint64_t pf_rng_next(struct pf_rng *rng);

/* Evenly from 0..n - 1; n is 1..2^32 - 1. */
uint32_t pf_rng_below(struct pf_rng *rng, uint32_t n);

/* True once in n times. */
static inline bool one_in(struct pf_rng *rng, uint32_t n)
{
	return !pf_rng_below(rng, n);
}

/* lo..hi, both included. */
static inline uint32_t between(struct pf_rng *rng, uint32_t lo, uint32_t hi)
{
	return lo + pf_rng_below(rng, hi - lo + 1);
}

/* 0 half of the time, 1 a quarter, ...; at most max. */
static inline uint32_t geometric(struct pf_rng *rng, uint32_t max)
{
	uint64_t bits = pf_rng_next(rng);
	uint32_t v = 0;

	while (v < max && bits & 1) {
		bits >>= 1;
		v++;
	}
	return v;
}

#endif /* PAGEFUZZ_RNG_H */
