/* SPDX-License-Identifier: GPL-2.0-only */
/* mobility.h - buddy with mobility types, compaction, reclaim and ranges. */
#ifndef PAGEFUZZ_MOBILITY_H
#define PAGEFUZZ_MOBILITY_H

#include "../impl.h"

extern const struct pf_impl pf_impl_mobility;

#endif /* PAGEFUZZ_MOBILITY_H */
