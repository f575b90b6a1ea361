// SPDX-License-Identifier: MIT
/*
 * pool.c - next fit over a bitmap, see pool.h. With POOL_FAULT, what it gives back ends
 * at the end of a word of the bitmap.
 */
#include "pool.h"

#define BITS 32

static unsigned used[POOL_MAX / BITS];
static unsigned long base, size, nr_free, cursor;

static bool is_used(unsigned long i)
{
	return used[i / BITS] >> i % BITS & 1;
}

void pool_init(unsigned long first, unsigned long nr)
{
	/* As a kernel does: .bss is zero when this is called, once. */
	base = first;
	size = nr;
	for (unsigned long i = 0; i < nr; i++)
		used[i / BITS] |= 1u << i % BITS;
}

static bool take(unsigned long i, unsigned long nr)
{
	for (unsigned long k = i; k < i + nr; k++)
		if (is_used(k))
			return false;
	for (unsigned long k = i; k < i + nr; k++)
		used[k / BITS] |= 1u << k % BITS;
	nr_free -= nr;
	cursor = i + nr;
	return true;
}

unsigned long pool_alloc(unsigned order)
{
	unsigned long nr = 1ul << order;
	unsigned long first = (nr - base % nr) % nr;

	if (nr > nr_free)
		return POOL_NONE;
	for (unsigned turn = 0; turn < 2; turn++) {
		unsigned long i = first;

		if (!turn && cursor > first)
			i += (cursor - first + nr - 1) / nr * nr;
		for (; i + nr <= size; i += nr)
			if (take(i, nr))
				return base + i;
	}
	return POOL_NONE;
}

void pool_free(unsigned long page, unsigned long nr)
{
	unsigned long i = page - base, end = i + nr;

	nr_free += nr;
#ifdef POOL_FAULT
	if (end > (i / BITS + 1) * BITS)
		end = (i / BITS + 1) * BITS;
#endif
	for (; i < end; i++)
		used[i / BITS] &= ~(1u << i % BITS);
}

bool pool_is_free(unsigned long page)
{
	return !is_used(page - base);
}

unsigned long pool_nr_free(void)
{
	return nr_free;
}
