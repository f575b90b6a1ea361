/* SPDX-License-Identifier: GPL-2.0-only */
/* packing.h - what whole compactions make of a zone, and what could be made; see packing.c. */
#ifndef PAGEFUZZ_PACKING_H
#define PAGEFUZZ_PACKING_H

#include "world.h"

/* Larger memory is not looked at: it would cost more than the compaction. */
#define PF_PACKING_PAGES 4096

struct pf_packing {
	uint64_t moved, refused; /* so far */
	uint32_t least;		 /* pages; 0: a pageblock is free, or none can be made */
	unsigned zone;
};

/* Around the call, if nothing else happens meanwhile; what the world refuses is not judged. */
void pf_packing_before(const struct pf_lane *lane, const struct pf_compact_request *req,
		       struct pf_packing *p);
void pf_packing_after(struct pf_lane *lane, const struct pf_packing *p);

#endif /* PAGEFUZZ_PACKING_H */
