/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * book.h - what a workload's program has in its slots, as if every request succeeded:
 * names in use and free ones, the pages behind them. All workloads keep this book.
 */
#ifndef PAGEFUZZ_BOOK_H
#define PAGEFUZZ_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../oracle/op.h"

struct pf_live {
	uint32_t slot, pages;
};

struct pf_book {
	uint32_t pages, used; /* of the machine */
	/* Names that were given back, the last one on top, and the first one never used. */
	uint32_t spare[PF_NR_SLOTS], nr_spare, next_slot;
	/* For those who want to pick one of all. */
	struct pf_live live[PF_NR_SLOTS];
	uint32_t nr_live;
};

/* A book for a machine of so many pages, all unused. Free with free(). */
struct pf_book *pf_book_new(uint32_t pages);

/* No name is left. */
bool pf_book_full(const struct pf_book *b);
/* A slot for so many pages; not if the book is full. And give it back. */
uint32_t pf_book_take(struct pf_book *b, uint32_t pages);
void pf_book_give(struct pf_book *b, uint32_t slot, uint32_t pages);

/* The same, on the list of the live ones; i: 0..nr_live - 1. */
uint32_t pf_book_enter(struct pf_book *b, uint32_t pages);
uint32_t pf_book_leave(struct pf_book *b, uint32_t i);

/* realloc(), or the end of the process: there is nobody to tell. */
void *pf_book_room(void *array, size_t size);

#endif /* PAGEFUZZ_BOOK_H */
