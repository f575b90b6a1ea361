/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * import_map.h - the importer's view of memory: which block each page belongs
 * to, which pages were ever mentioned, and which slots are free.
 */
#ifndef PAGEFUZZ_IMPORT_MAP_H
#define PAGEFUZZ_IMPORT_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "../../oracle/op.h"

#define PF_CHUNK_SHIFT 9
#define PF_CHUNK_PAGES (1u << PF_CHUNK_SHIFT)

struct pf_chunk {
	uint64_t nr;
	uint32_t value[PF_CHUNK_PAGES];
	uint64_t seen[PF_CHUNK_PAGES / 64];
};

/* Sparse, since a trace may come from a machine of any size. */
struct pf_pfn_map {
	struct pf_chunk **table; /* open addressing */
	size_t size, used;	 /* size: a power of two */
	struct pf_chunk *last;
	bool no_memory;
};

void pf_pfn_map_free(struct pf_pfn_map *m);
/* 0 where nothing was set. */
uint32_t pf_pfn_map_get(struct pf_pfn_map *m, uint64_t pfn);
void pf_pfn_map_set(struct pf_pfn_map *m, uint64_t pfn, uint32_t value);
/* Was it ever marked? Marks it. */
bool pf_pfn_map_seen(struct pf_pfn_map *m, uint64_t pfn);

/* A set of slots in three levels of bits, to find the lowest free one. */
struct pf_slots {
	uint64_t top, mid[PF_NR_SLOTS / 64 / 64], low[PF_NR_SLOTS / 64]; /* set: full, used */
	uint32_t used, peak;
};

#define PF_NO_SLOT UINT32_MAX

uint32_t pf_slots_get(struct pf_slots *s);
void pf_slots_put(struct pf_slots *s, uint32_t slot);

#endif /* PAGEFUZZ_IMPORT_MAP_H */
