/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * first.h - in front of every file, the kernel's own too: one shared object with no
 * visible symbols, and a largest order that is chosen at run time. The arrays in
 * mmzone.h have room for PF_MAX_ORDER; behind it MAX_ORDER is a variable.
 */
#ifndef SHIM_FIRST_H
#define SHIM_FIRST_H

#pragma GCC visibility push(hidden)

#undef CONFIG_ARCH_FORCE_MAX_ORDER
#define CONFIG_ARCH_FORCE_MAX_ORDER 19
#include <linux/mmzone.h>
#include <linux/slab.h>
#include <linux/gfp.h>
#undef MAX_ORDER
extern unsigned int shim_nr_orders;
/* Small as the compiler sees as well, which is asked. */
#define MAX_ORDER ((int)(shim_nr_orders & 31))

#endif
