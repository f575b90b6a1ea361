/* SPDX-License-Identifier: GPL-2.0-only */
/* buddy.h - the plain binary buddy allocator: one free list per order. */
#ifndef PAGEFUZZ_BUDDY_H
#define PAGEFUZZ_BUDDY_H

#include "../impl.h"

extern const struct pf_impl pf_impl_buddy;

#endif /* PAGEFUZZ_BUDDY_H */
