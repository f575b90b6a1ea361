// SPDX-License-Identifier: GPL-2.0-only
/* rng.c - splitmix64 (Steele, Lea, Flood 2014); see rng.h. */
#include "rng.h"

uint64_t pf_rng_next(struct pf_rng *rng)
{
	uint64_t x = rng->state += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

uint32_t pf_rng_below(struct pf_rng *rng, uint32_t n)
{
	return (pf_rng_next(rng) >> 32) * n >> 32;
}
