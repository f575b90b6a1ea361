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

/*
 * Build a layout that keeps all invariants of impl.h, whatever the operands
 * say: what does not fit is clipped or left out. Returns the number of leading
 * operations that were configuration. Zones that outgrow PF_MAX_PAGES in sum
 * are left out (the first one is clipped).
 */
size_t pf_layout_build(struct pf_layout *l, const struct pf_op *ops, size_t n);

#define PF_MAX_PAGES (1u << 22)

/* Managed pages of one zone: its span without the ranges inside. */
uint32_t pf_zone_managed(const struct pf_layout *l, unsigned zone);

#endif /* PAGEFUZZ_LAYOUT_H */
