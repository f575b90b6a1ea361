/* SPDX-License-Identifier: MIT */
/* pool.h - a page allocator as it may stand in somebody's kernel: one pool, no locks. */
#ifndef POOL_H
#define POOL_H

#include <stdbool.h>

#define POOL_MAX  32768 /* pages */
#define POOL_NONE (~0ul)

/* All pages of [first, first + nr) are used at first. */
void pool_init(unsigned long first, unsigned long nr);
/* A block of 2^order pages, aligned to its size; POOL_NONE: there is none. */
unsigned long pool_alloc(unsigned order);
void pool_free(unsigned long page, unsigned long nr);
bool pool_is_free(unsigned long page);
unsigned long pool_nr_free(void);

#endif
