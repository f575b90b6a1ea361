/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * linux.h - what the rest of the project sees of the port of Linux 6.1: its
 * table of functions, and nothing else.
 */
#ifndef PAGEFUZZ_LINUX_LINUX_H
#define PAGEFUZZ_LINUX_LINUX_H

#include "../impl.h"

extern const struct pf_impl pf_impl_linux;

#endif /* PAGEFUZZ_LINUX_LINUX_H */
