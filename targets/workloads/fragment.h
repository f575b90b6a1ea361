/* SPDX-License-Identifier: GPL-2.0-only */
/* fragment.h - the workload of pagefuzz results: it fragments memory and asks for huge pages. */
#ifndef PAGEFUZZ_FRAGMENT_H
#define PAGEFUZZ_FRAGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../oracle/op.h"

/* Order of a huge page. Under load they are asked for as a THP, at rest with noretry. */
#define PF_FRAGMENT_HUGE 9

struct pf_fragment {
	bool dma32; /* a second zone, and watermark boosts */
	bool full;  /* only as much is free as compaction demands */
};

/* A program of *nr operations. Free with free(). */
struct pf_op *pf_fragment_make(const struct pf_fragment *spec, uint64_t seed, size_t *nr);

#endif /* PAGEFUZZ_FRAGMENT_H */
