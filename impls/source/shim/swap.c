// SPDX-License-Identifier: GPL-2.0-only
/* swap.c - the tree's file of that name, and what is in the batches of a cpu. */
#include "shim.h"

#include <mm/swap.c>

unsigned int shim_lru_add_batch(unsigned int cpu, struct folio ***folios)
{
	struct folio_batch *batch = &per_cpu(cpu_fbatches.lru_add, cpu);

	*folios = batch->folios;
	return folio_batch_count(batch);
}
