/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * debug.h - what debug.c offers.
 */
#ifndef PAGEFUZZ_LINUX_DEBUG_H
#define PAGEFUZZ_LINUX_DEBUG_H

#include "internal.h"

/* NULL if the state is consistent, else what is wrong. Looks at every page. No port. */
const char *lx_self_check(struct machine *m);

#endif /* PAGEFUZZ_LINUX_DEBUG_H */
