// SPDX-License-Identifier: GPL-2.0-only
/* builtin.c - the list of implementations: a new one adds an include and an entry. */
#include "builtin.h"

#include <string.h>

#include "bitmap/bitmap.h"
#include "buddy/buddy.h"
#include "linux/linux.h"
#include "mobility/mobility.h"

const struct pf_impl *const pf_builtin[] = {
	&pf_impl_bitmap, &pf_impl_buddy, &pf_impl_mobility, &pf_impl_linux, &pf_impl_linux_plain,
};

const unsigned pf_nr_builtin = sizeof(pf_builtin) / sizeof(pf_builtin[0]);

const struct pf_impl *pf_impl_find(const char *name, size_t len)
{
	for (unsigned i = 0; i < pf_nr_builtin; i++)
		if (strlen(pf_builtin[i]->name) == len && !strncmp(pf_builtin[i]->name, name, len))
			return pf_builtin[i];
	return NULL;
}
