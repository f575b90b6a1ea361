/* SPDX-License-Identifier: GPL-2.0-only */
/* builtin.h - the implementations that this build contains. */
#ifndef PAGEFUZZ_BUILTIN_H
#define PAGEFUZZ_BUILTIN_H

#include "impl.h"

extern const struct pf_impl *const pf_builtin[];
extern const unsigned pf_nr_builtin;

#endif /* PAGEFUZZ_BUILTIN_H */
