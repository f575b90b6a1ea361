// SPDX-License-Identifier: GPL-2.0-only
/* builtin.c - the list of implementations: a new one adds an include and an entry. */
#include "builtin.h"

#include "bitmap/bitmap.h"
#include "buddy/buddy.h"
#include "linux/linux.h"
#include "mobility/mobility.h"

const struct pf_impl *const pf_builtin[] = {
	&pf_impl_bitmap, &pf_impl_buddy, &pf_impl_mobility, &pf_impl_linux, &pf_impl_linux_plain,
};

const unsigned pf_nr_builtin = sizeof(pf_builtin) / sizeof(pf_builtin[0]);

const struct pf_impl *pf_impl_nr(unsigned i)
{
	if (i < pf_nr_builtin)
		return pf_builtin[i];
	i -= pf_nr_builtin;
	for (unsigned v = 0; v < pf_nr_linux_variants; v++) {
		bool listed = false;

		for (unsigned b = 0; b < pf_nr_builtin; b++)
			listed |= pf_builtin[b] == pf_linux_variants[v];
		if (!listed && !i--)
			return pf_linux_variants[v];
	}
	return NULL;
}
