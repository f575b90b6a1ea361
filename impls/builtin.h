/* SPDX-License-Identifier: GPL-2.0-only */
/* builtin.h - the implementations that this build contains. */
#ifndef PAGEFUZZ_BUILTIN_H
#define PAGEFUZZ_BUILTIN_H

#include "impl.h"

/* The default lineup. */
extern const struct pf_impl *const pf_builtin[];
extern const unsigned pf_nr_builtin;

/* All: the default lineup, then those that run only when they are named. NULL: no more. */
const struct pf_impl *pf_impl_nr(unsigned i);

#endif /* PAGEFUZZ_BUILTIN_H */
