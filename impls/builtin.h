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

#endif /* PAGEFUZZ_BUILTIN_H */
