/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * linux.h - what the rest of the project sees of the port of Linux 6.1: its
 * table of functions, and those of variants of it with parts left out.
 */
#ifndef PAGEFUZZ_LINUX_LINUX_H
#define PAGEFUZZ_LINUX_LINUX_H

#include "../impl.h"

extern const struct pf_impl pf_impl_linux;

/* The buddy core only; also one of the variants. */
extern const struct pf_impl pf_impl_linux_plain;

extern const struct pf_impl *const pf_linux_variants[];
extern const unsigned pf_nr_linux_variants;

#endif /* PAGEFUZZ_LINUX_LINUX_H */
