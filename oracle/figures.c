// SPDX-License-Identifier: GPL-2.0-only
/* figures.c - see figures.h. */
#include "figures.h"

void pf_figures_add(struct pf_figures *to, const struct pf_figures *from)
{
	to->runs += from->runs;
	to->refused_runs += from->refused_runs;
	to->ops += from->ops;
	to->skipped += from->skipped;
	to->migrations += from->migrations;
	to->refused += from->refused;
	to->evictions += from->evictions;
	to->migrate_scanned += from->migrate_scanned;
	to->free_scanned += from->free_scanned;
	to->checks += from->checks;
	for (unsigned i = 0; i < PF_NR_LAWS; i++)
		to->checked[i] += from->checked[i];
	for (unsigned o = 0; o < PF_NR_ORDERS; o++) {
		to->alloc_ok[o] += from->alloc_ok[o];
		to->alloc_failed[o] += from->alloc_failed[o];
	}
	for (unsigned e = 0; e < PF_NR_EVENTS; e++)
		to->events[e] += from->events[e];
}
