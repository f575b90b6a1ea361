// SPDX-License-Identifier: GPL-2.0-only
/* book.c - see book.h. */
#include "book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *pf_book_room(void *array, size_t size)
{
	array = realloc(array, size);
	if (!array) {
		fprintf(stderr, "pagefuzz: out of memory\n");
		exit(2);
	}
	return array;
}

struct pf_book *pf_book_new(uint32_t pages)
{
	struct pf_book *b = pf_book_room(NULL, sizeof(*b));

	b->pages = pages;
	b->used = b->nr_spare = b->next_slot = b->nr_live = 0;
	return b;
}

bool pf_book_full(const struct pf_book *b)
{
	return !b->nr_spare && b->next_slot == PF_NR_SLOTS;
}

uint32_t pf_book_take(struct pf_book *b, uint32_t pages)
{
	b->used += pages;
	return b->nr_spare ? b->spare[--b->nr_spare] : b->next_slot++;
}

void pf_book_give(struct pf_book *b, uint32_t slot, uint32_t pages)
{
	b->used -= pages;
	b->spare[b->nr_spare++] = slot;
}

uint32_t pf_book_enter(struct pf_book *b, uint32_t pages)
{
	uint32_t slot = pf_book_take(b, pages);

	b->live[b->nr_live++] = (struct pf_live){slot, pages};
	return slot;
}

uint32_t pf_book_leave(struct pf_book *b, uint32_t i)
{
	struct pf_live gone = b->live[i];

	pf_book_give(b, gone.slot, gone.pages);
	b->live[i] = b->live[--b->nr_live];
	return gone.slot;
}
