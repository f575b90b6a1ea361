/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * layout_check.h - is a layout one that the contract allows, and a dump a state of
 * it? For those that come from outside: a file, a machine.
 */
#ifndef PAGEFUZZ_LAYOUT_CHECK_H
#define PAGEFUZZ_LAYOUT_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "../impls/dump.h"

/*
 * All invariants of impl.h, at most PF_MAX_PAGES pages (layout.h), the end not above
 * pfn 2^31. False: `why` (of size bytes) says in one line which does not hold.
 */
bool pf_layout_valid(const struct pf_layout *l, char *why, size_t size);

/*
 * Can a run start from this dump? Lists inside word[], blocks aligned, inside their
 * zone, outside the layout's ranges, none twice; counters that agree with the lists;
 * everything that is an index, an order, a type or a shift within its range. `l` is
 * valid. False: `why` says in one line what is wrong.
 */
bool pf_dump_valid(const struct pf_layout *l, const struct pf_dump *d, char *why, size_t size);

#endif /* PAGEFUZZ_LAYOUT_CHECK_H */
