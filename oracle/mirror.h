/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mirror.h - the oracle's own view of which pages of one implementation are
 * not live: for each order a bitmap with a bit for each aligned block that is
 * free as a whole, and their number by zone.
 *
 * From it follow, in O(max_order), whether a block of an order exists, and how
 * many free blocks of each order a fully merging allocator must have.
 */
#ifndef PAGEFUZZ_MIRROR_H
#define PAGEFUZZ_MIRROR_H

#include <stdbool.h>

#include "../impls/impl.h"
#include "arena.h"

/*
 * For functions that run several times in each operation, on the oracle's own
 * tables, with indexes that the placement law has checked before: a sanitizer
 * watches the implementations, here it would only cost.
 */
#ifndef PF_HOT /* the tests define it empty, to watch the oracle too */
#define PF_HOT __attribute__((no_sanitize("address", "undefined")))
#endif
#define PF_HOT_INLINE static inline __attribute__((always_inline))

struct pf_mirror {
	const struct pf_layout *layout;
	struct pf_arena *arena; /* that words comes from; NULL: the heap */
	uint64_t *words;	/* one allocation for all levels */
	size_t nr_words, room;
	uint64_t *level[PF_NR_ORDERS];
	/* Set where a block lies in managed memory of one zone: all that may ever be free. */
	const struct pf_mirror *valid;
	uint32_t nset[PF_MAX_ZONES][PF_NR_ORDERS];
};

/*
 * Size the bitmaps for a layout; their contents are undefined until filled or
 * copied. `m` starts zeroed but for `arena`, and may be set up again.
 */
void pf_mirror_setup(struct pf_mirror *m, const struct pf_layout *layout);
void pf_mirror_free(struct pf_mirror *m);
/*
 * Fill with all managed memory free, or with those of its pages that have a
 * bit in `pages`, if that is not NULL. Such a mirror can serve as `valid`.
 */
void pf_mirror_fill(struct pf_mirror *m, const uint64_t *pages);
/* Same layout: take over all bits and counts. */
void pf_mirror_copy(struct pf_mirror *m, const struct pf_mirror *from);

PF_HOT_INLINE bool pf_mirror_test(const struct pf_mirror *m, uint32_t idx, unsigned order)
{
	idx >>= order;
	return m->level[order][idx >> 6] >> (idx & 63) & 1;
}

/*
 * The aligned block of 2^order pages at page index idx (pfn - base_pfn) stops
 * or starts being free. It must be free as a whole, or not free at all.
 */
void pf_mirror_take(struct pf_mirror *m, unsigned zone, uint32_t idx, unsigned order);
void pf_mirror_put(struct pf_mirror *m, unsigned zone, uint32_t idx, unsigned order);

/* Free blocks of this order when everything is merged as far as it goes. */
PF_HOT_INLINE uint32_t pf_mirror_canonical(const struct pf_mirror *m, unsigned zone, unsigned order)
{
	uint32_t n = m->nset[zone][order];

	return order == m->layout->max_order ? n : n - 2 * m->nset[zone][order + 1];
}

#endif /* PAGEFUZZ_MIRROR_H */
