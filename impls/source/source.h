/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source.h - kernel trees that `make source` has compiled, as implementations. Each is a
 * shared object under build/source/NAME, and there is one machine of it in a process.
 */
#ifndef PAGEFUZZ_SOURCE_SOURCE_H
#define PAGEFUZZ_SOURCE_SOURCE_H

#include "../impl.h"

struct pf_source;

/* "source:NAME", of len bytes. */
bool pf_source_named(const char *spec, size_t len);

/* Is that tree compiled there, as FOLDER/NAME/plain.so? */
bool pf_source_is_in(const char *folder, const char *spec, size_t len);
/*
 * Load what is called so, from there. NULL: error (of size bytes) says why in one line;
 * without a folder, that nobody has compiled it.
 */
struct pf_source *pf_source_open(const char *folder, const char *spec, size_t len, char *error,
				 size_t size);
const struct pf_impl *pf_source_impl(const struct pf_source *source);
/* As the tree calls itself: 6.1.192. */
const char *pf_source_release(const struct pf_source *source);
void pf_source_close(struct pf_source *source);

#endif /* PAGEFUZZ_SOURCE_SOURCE_H */
