// SPDX-License-Identifier: GPL-2.0-only
/* lineup.c - which implementations a run compares; see lineup.h. */
#include <stdio.h>
#include <string.h>

#include "lineup.h"
#include "../../impls/builtin.h"

void pf_lineup_all(struct pf_lineup *lineup)
{
	lineup->nr = pf_nr_builtin;
	memcpy(lineup->impl, pf_builtin, pf_nr_builtin * sizeof(lineup->impl[0]));
}

static void list_names(char *error, size_t size)
{
	for (unsigned i = 0; i < pf_nr_builtin; i++) {
		size_t used = strlen(error);

		snprintf(error + used, size - used, "%s%s",
			 i ? ", " : " (there are: ", pf_builtin[i]->name);
	}
	strncat(error, "; linux-PART...: see pagefuzz impls)", size - strlen(error) - 1);
}

bool pf_lineup_parse(struct pf_lineup *lineup, const char *names, char *error, size_t size)
{
	lineup->nr = 0;
	for (const char *p = names;; p++) {
		size_t len = strcspn(p, ",");
		const struct pf_impl *impl = pf_impl_find(p, len);

		if (!impl) {
			snprintf(error, size, "no implementation is called '%.*s'",
				 (int)(len < 40 ? len : 40), p);
			list_names(error, size);
			return false;
		}
		for (unsigned i = 0; i < lineup->nr; i++)
			if (lineup->impl[i] == impl) {
				snprintf(error, size, "'%s' is named twice", impl->name);
				return false;
			}
		if (lineup->nr == PF_MAX_LANES) {
			snprintf(error, size, "at most %d implementations run together",
				 PF_MAX_LANES);
			return false;
		}
		lineup->impl[lineup->nr++] = impl;
		p += len;
		if (!*p)
			return true;
	}
}
