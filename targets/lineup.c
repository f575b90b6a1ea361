// SPDX-License-Identifier: GPL-2.0-only
/* lineup.c - which implementations a run compares; see lineup.h. */
#include <stdio.h>
#include <string.h>

#include "lineup.h"
#include "../impls/builtin.h"

void pf_lineup_all(struct pf_lineup *lineup)
{
	lineup->nr = pf_nr_builtin;
	memcpy(lineup->impl, pf_builtin, pf_nr_builtin * sizeof(lineup->impl[0]));
}

static const struct pf_impl *find(const char *name, size_t len)
{
	const struct pf_impl *impl;

	for (unsigned i = 0; (impl = pf_impl_nr(i)); i++)
		if (strlen(impl->name) == len && !memcmp(impl->name, name, len))
			return impl;
	return NULL;
}

static void list_names(char *error, size_t size)
{
	const struct pf_impl *impl;

	for (unsigned i = 0; (impl = pf_impl_nr(i)); i++) {
		size_t used = strlen(error);

		snprintf(error + used, size - used, "%s%s",
			 i ? ", " : " (there are: ", impl->name);
	}
	strncat(error, ")", size - strlen(error) - 1);
}

bool pf_lineup_parse(struct pf_lineup *lineup, const char *names, char *error, size_t size)
{
	lineup->nr = 0;
	for (const char *p = names;; p++) {
		size_t len = strcspn(p, ",");
		const struct pf_impl *impl = find(p, len);

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
