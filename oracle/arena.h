/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arena.h - the oracle's own memory: from the heap, or in one piece that can be
 * made read-only while an implementation runs. Then a wild write into it stops the
 * process in the act, instead of being blamed on somebody else later.
 */
#ifndef PAGEFUZZ_ARENA_H
#define PAGEFUZZ_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct pf_arena {
	char *start;
	size_t size, used; /* bytes of address space; memory is taken as it is used */
};

/* False: no address space. */
bool pf_arena_open(struct pf_arena *arena, size_t size);
void pf_arena_close(struct pf_arena *arena);
void pf_arena_protect(const struct pf_arena *arena, bool read_only);

/*
 * realloc() and free(); in an arena (not NULL) what is given back stays in use until
 * it is closed. Out of memory ends the process: there is nobody to tell.
 */
void *pf_arena_resize(struct pf_arena *arena, void *p, size_t size);
void pf_arena_free(struct pf_arena *arena, void *p);

#endif /* PAGEFUZZ_ARENA_H */
