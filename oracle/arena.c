// SPDX-License-Identifier: GPL-2.0-only
/* arena.c - see arena.h. */
#include "arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* In front of each piece: its size. Pieces are aligned as malloc()'s are. */
#define HEADER 16

bool pf_arena_open(struct pf_arena *arena, size_t size)
{
	arena->start = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	arena->size = size;
	arena->used = 0;
	return arena->start != MAP_FAILED;
}

void pf_arena_close(struct pf_arena *arena)
{
	munmap(arena->start, arena->size);
}

void pf_arena_protect(const struct pf_arena *arena, bool read_only)
{
	mprotect(arena->start, (arena->used + 4095) & ~(size_t)4095,
		 read_only ? PROT_READ : PROT_READ | PROT_WRITE);
}

static _Noreturn void out_of_memory(void)
{
	fprintf(stderr, "pagefuzz: out of memory\n");
	abort();
}

void *pf_arena_resize(struct pf_arena *arena, void *p, size_t size)
{
	size_t old = 0;
	char *q;

	if (!arena) {
		p = realloc(p, size);
		if (!p)
			out_of_memory();
		return p;
	}
	if (p)
		memcpy(&old, (char *)p - HEADER, sizeof(old));
	if (size <= old)
		return p;
	if (size > arena->size - arena->used - 2 * HEADER)
		out_of_memory();
	q = arena->start + arena->used + HEADER;
	memcpy(q - HEADER, &size, sizeof(size));
	arena->used += (size + 2 * HEADER - 1) & ~(size_t)(HEADER - 1);
	if (old)
		memcpy(q, p, old);
	return q;
}

void pf_arena_free(struct pf_arena *arena, void *p)
{
	if (!arena)
		free(p);
}
