/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plugin.h - implementations that come in a shared library: found, checked, and
 * made part of a lineup with all that is writable in them.
 */
#ifndef PAGEFUZZ_PLUGIN_H
#define PAGEFUZZ_PLUGIN_H

#include "lineup.h"

/* Is a lineup's name the path of a plug-in? It has a slash in it and ends in ".so". */
bool pf_is_plugin(const char *name, size_t len);
/*
 * One more member, from a library at a path. False: error says why in one line, the
 * lineup is as before.
 */
bool pf_plugin_add(struct pf_lineup *lineup, const char *path, size_t len, char *error,
		   size_t size);
/*
 * One more, which is linked into this process or one of its libraries; called `path` in
 * complaints. The globals of a library are part of its state, those of a program are not.
 */
bool pf_plugin_add_linked(struct pf_lineup *lineup, const struct pf_plugin *plugin,
			  const char *path, char *error, size_t size);
/* From now on X.fuzz.so is opened for X.so, if it is there: one with a sanitizer in it. */
void pf_plugin_prefer_fuzz(void);

#endif /* PAGEFUZZ_PLUGIN_H */
