// SPDX-License-Identifier: GPL-2.0-only
/* lineup.c - which implementations a run compares; see lineup.h. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lineup.h"
#include "beside.h"
#include "plugin.h"
#include "../../impls/builtin.h"
#include "../../impls/linux/linux.h"
#include "../../impls/source/source.h"

void pf_lineup_all(struct pf_lineup *lineup)
{
	memset(lineup, 0, sizeof(*lineup));
	for (unsigned i = 0; i < pf_nr_builtin && i < PF_MAX_LANES; i++)
		lineup->impl[lineup->nr++] = pf_builtin[i];
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

bool pf_lineup_has(const struct pf_lineup *lineup, const char *name, size_t len)
{
	for (unsigned i = 0; i < lineup->nr; i++)
		if (strlen(lineup->impl[i]->name) == len &&
		    !strncmp(lineup->impl[i]->name, name, len))
			return true;
	return false;
}

bool pf_lineup_take(struct pf_lineup *lineup, const struct pf_impl *impl, void *owned,
		    void (*release)(void *owned), char *error, size_t size)
{
	if (lineup->nr == PF_MAX_LANES) {
		snprintf(error, size, "at most %d implementations run together", PF_MAX_LANES);
		return false;
	}
	if (pf_lineup_has(lineup, impl->name, strlen(impl->name))) {
		snprintf(error, size, "'%.40s' is named twice", impl->name);
		return false;
	}
	lineup->owned[lineup->nr] = owned;
	lineup->release[lineup->nr] = release;
	lineup->impl[lineup->nr++] = impl;
	return true;
}

static void close_source(void *source)
{
	pf_source_close(source);
}

struct tree {
	const char *spec;
	size_t len;
	char folder[PATH_MAX];
};

static bool is_compiled(void *arg, const char *folder)
{
	struct tree *t = arg;

	if (!pf_source_is_in(folder, t->spec, t->len))
		return false;
	snprintf(t->folder, sizeof(t->folder), "%s", folder);
	return true;
}

static bool add_source(struct pf_lineup *lineup, const char *spec, size_t len, char *error,
		       size_t size)
{
	const char *told = getenv("PAGEFUZZ_SOURCE");
	struct tree tree = {spec, len, ""};
	struct pf_source *source;

	if (told && *told)
		is_compiled(&tree, told);
	else
		pf_beside("source", is_compiled, &tree);
	source = pf_source_open(tree.folder[0] ? tree.folder : NULL, spec, len, error, size);
	if (!source)
		return false;
	if (pf_lineup_take(lineup, pf_source_impl(source), source, close_source, error, size))
		return true;
	pf_source_close(source);
	return false;
}

static bool is_called(const struct pf_impl *impl, const char *name, size_t len)
{
	return strlen(impl->name) == len && !strncmp(impl->name, name, len);
}

static const struct pf_impl *find_builtin(const char *name, size_t len)
{
	for (unsigned i = 0; i < pf_nr_builtin; i++)
		if (is_called(pf_builtin[i], name, len))
			return pf_builtin[i];
	for (unsigned i = 0; i < pf_nr_by_name; i++)
		if (is_called(pf_by_name[i], name, len))
			return pf_by_name[i];
	return NULL;
}

/* Nobody is called so: perhaps a plug-in is meant, which is named by its path. */
static void explain(const char *name, size_t len, char *error, size_t size)
{
	bool so = len > 3 && !memcmp(name + len - 3, ".so", 3);
	int n = (int)(len < 200 ? len : 200);
	char path[220];

	snprintf(path, sizeof(path), "./%.*s%s", n, name, so ? "" : ".so");
	if (memchr(name, '/', len)) {
		snprintf(error, size,
			 "'%.*s' is no plug-in: that is a file whose name ends in .so (pagefuzz "
			 "build makes one)",
			 n, name);
	} else if (so || !access(path, R_OK)) {
		snprintf(error, size,
			 "no implementation is called '%.*s'; a plug-in is named by "
			 "a path with a slash in it: %s",
			 n, name, path);
	} else {
		snprintf(error, size, "no implementation is called '%.*s'",
			 (int)(len < 40 ? len : 40), name);
		list_names(error, size);
	}
}

bool pf_lineup_add(struct pf_lineup *lineup, const char *name, size_t len, char *error, size_t size)
{
	const struct pf_impl *impl = find_builtin(name, len);
	struct pf_linux_variant *v = NULL;

	if (pf_source_named(name, len))
		return add_source(lineup, name, len, error, size);
	if (pf_is_plugin(name, len))
		return pf_plugin_add(lineup, name, len, error, size);
	if (!impl) {
		v = malloc(sizeof(*v));
		if (!v || !pf_linux_variant(v, name, len)) {
			free(v);
			explain(name, len, error, size);
			return false;
		}
		impl = &v->impl;
	}
	if (pf_lineup_take(lineup, impl, v, v ? free : NULL, error, size))
		return true;
	free(v);
	return false;
}

bool pf_lineup_parse(struct pf_lineup *lineup, const char *names, char *error, size_t size)
{
	memset(lineup, 0, sizeof(*lineup));
	for (const char *p = names;; p++) {
		size_t len = strcspn(p, ",");

		if (!pf_lineup_add(lineup, p, len, error, size)) {
			pf_lineup_free(lineup);
			return false;
		}
		p += len;
		if (!*p)
			return true;
	}
}

void pf_lineup_free(struct pf_lineup *lineup)
{
	for (unsigned i = 0; i < lineup->nr; i++)
		if (lineup->owned[i])
			lineup->release[i](lineup->owned[i]);
	memset(lineup, 0, sizeof(*lineup));
}
