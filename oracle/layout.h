/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * layout.h - from the configuration operations of a program to the memory
 * layout that all implementations of a run are started on.
 */
#ifndef PAGEFUZZ_LAYOUT_H
#define PAGEFUZZ_LAYOUT_H

#include "op.h"
#include "../impls/impl.h"

/* Defaults of a program without configuration. */
#define PF_DEFAULT_PAGES	   1024
#define PF_DEFAULT_PAGEBLOCK_ORDER 4
#define PF_DEFAULT_MAX_ORDER	   7
#define PF_DEFAULT_MIN		   8
/* Linux's own alignment, so that pfns look familiar. */
#define PF_DEFAULT_BASE 1024

/* Of all zones and gaps together. */
#define PF_MAX_PAGES (1u << 22)

/*
 * Build a layout that keeps all invariants of impl.h, whatever the operands
 * say: what does not fit is clipped or left out. Returns the number of leading
 * operations that were configuration. Zones that outgrow PF_MAX_PAGES in sum
 * are left out (the first one is clipped).
 *
 * The base pfn is rounded up to a multiple of 2^max_order, and is that at least. If
 * memory would not end below PF_NO_PFN then, it is as high as it can be.
 *
 * A `later` range is widened to whole pageblocks, and left out if it holds none of its
 * zone, or all pages that the zone has at once.
 */
size_t pf_layout_build(struct pf_layout *l, const struct pf_op *ops, size_t n);

/*
 * Managed pages of one zone, once all of its memory is there: its span without the
 * ranges of kind HOLE and RESERVED. Those of kind LATER count, since they may come.
 */
uint32_t pf_zone_managed(const struct pf_layout *l, unsigned zone);

/* Does an implementation with these limits (NULL: none) take the layout? */
bool pf_layout_within(const struct pf_layout *l, const struct pf_limits *limits);

#endif /* PAGEFUZZ_LAYOUT_H */
