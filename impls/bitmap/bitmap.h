/* SPDX-License-Identifier: GPL-2.0-only */
/* bitmap.h - next-fit over a bitmap: a specification of "some free aligned run". */
#ifndef PAGEFUZZ_BITMAP_H
#define PAGEFUZZ_BITMAP_H

#include "../impl.h"

extern const struct pf_impl pf_impl_bitmap;

#endif /* PAGEFUZZ_BITMAP_H */
