/* SPDX-License-Identifier: GPL-2.0-only */
/* figures.h - what is counted for each implementation while programs run. */
#ifndef PAGEFUZZ_FIGURES_H
#define PAGEFUZZ_FIGURES_H

#include "../impls/impl.h"
#include "blame.h"

/* Figures of one implementation, summed over runs until pf_oracle_reset_figures(). */
struct pf_figures {
	uint64_t runs, refused_runs; /* programs; those of a layout that it does not take */
	uint64_t ops;		     /* operations that reached the implementation */
	uint64_t skipped;	     /* operations it has no function for */
	uint64_t alloc_ok[PF_NR_ORDERS], alloc_failed[PF_NR_ORDERS];
	uint64_t migrations, refused, evictions; /* units */
	uint64_t migrate_scanned, free_scanned;	 /* pages, as the implementation counts */
	uint64_t events[PF_NR_EVENTS];
	uint64_t checks;	      /* laws evaluated */
	uint64_t checked[PF_NR_LAWS]; /* each of those that have a place where they are */
	/* At the end of the last run, before everything is freed. */
	uint32_t free_pages;
	int largest_free_order;	 /* -1: nothing free */
	unsigned unusable_index; /* for the layout's pageblock order, thousandths */
};

/* Add all counts; what is about the end of a run is left alone. */
void pf_figures_add(struct pf_figures *to, const struct pf_figures *from);

/* What the comparison of twins found equal. */
struct pf_exact {
	uint64_t allocations, migrations, dumps;
};

#endif /* PAGEFUZZ_FIGURES_H */
