/* SPDX-License-Identifier: GPL-2.0-only */
/* granule.h - runs of any number of pages from a bitmap; its tables lie in its own memory. */
#ifndef PAGEFUZZ_GRANULE_H
#define PAGEFUZZ_GRANULE_H

#include "../impl.h"

extern const struct pf_impl pf_impl_granule;

#endif /* PAGEFUZZ_GRANULE_H */
