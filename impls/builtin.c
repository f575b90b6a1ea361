// SPDX-License-Identifier: GPL-2.0-only
/*
 * builtin.c - the lists of implementations: a new one adds an include and an entry.
 */
#include "builtin.h"

#include "bitmap/bitmap.h"
#include "buddy/buddy.h"
#include "granule/granule.h"
#include "linux/linux.h"
#include "mobility/mobility.h"

const struct pf_impl *const pf_builtin[] = {
	&pf_impl_bitmap, &pf_impl_buddy, &pf_impl_mobility, &pf_impl_linux, &pf_impl_linux_plain,
};

const unsigned pf_nr_builtin = sizeof(pf_builtin) / sizeof(pf_builtin[0]);

const struct pf_impl *const pf_by_name[] = {&pf_impl_granule};
const unsigned pf_nr_by_name = sizeof(pf_by_name) / sizeof(pf_by_name[0]);
