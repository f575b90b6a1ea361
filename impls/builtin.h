/* SPDX-License-Identifier: GPL-2.0-only */
/* builtin.h - the implementations that this build contains. */
#ifndef PAGEFUZZ_BUILTIN_H
#define PAGEFUZZ_BUILTIN_H

#include "impl.h"

/* The default lineup. */
extern const struct pf_impl *const pf_builtin[];
extern const unsigned pf_nr_builtin;

/* Members by name only. */
extern const struct pf_impl *const pf_by_name[];
extern const unsigned pf_nr_by_name;

/* One of both, by name (of len bytes). NULL: there is none. */
const struct pf_impl *pf_impl_find(const char *name, size_t len);

#endif /* PAGEFUZZ_BUILTIN_H */
