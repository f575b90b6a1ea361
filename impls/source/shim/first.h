/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * first.h - in front of every file, the kernel's own too: one shared object with no
 * visible symbols, and a largest order that is chosen at run time. The arrays in
 * mmzone.h have room for PF_MAX_ORDER; behind it MAX_ORDER is a variable.
 */
#ifndef SHIM_FIRST_H
#define SHIM_FIRST_H

#pragma GCC visibility push(hidden)

#include <linux/version.h>
#undef CONFIG_ARCH_FORCE_MAX_ORDER
/* It was exclusive until 6.3. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define CONFIG_ARCH_FORCE_MAX_ORDER 19
#else
#define CONFIG_ARCH_FORCE_MAX_ORDER 18
#endif
#include <linux/mmzone.h>
#include <linux/slab.h>
#include <linux/gfp.h>
#undef MAX_ORDER
#undef MAX_PAGE_ORDER
extern unsigned int shim_nr_orders;
/* Small as the compiler sees as well, which is asked. */
#define MAX_ORDER ((int)(shim_nr_orders & 31))
#ifdef NR_PAGE_ORDERS
#define MAX_PAGE_ORDER (MAX_ORDER - 1)
/* For arrays, and for loops over lists: those of orders that are none stay empty. */
#undef NR_PAGE_ORDERS
#define NR_PAGE_ORDERS 19
#endif
/* tree/Makefile renames it where it is defined, but not where it is exported. */
struct folio;
void(folio_wait_writeback)(struct folio *folio);

#endif
