// SPDX-License-Identifier: GPL-2.0-only
/* workload.c - the families of workloads; see workload.h. */
#include "workload.h"

#include <string.h>

static const struct pf_workload *const families[] = {
	pf_workloads_lists,
	pf_workloads_marks,
	pf_workloads_compaction,
	pf_workloads_fuzzer,
};

const struct pf_workload *pf_workload(size_t i)
{
	for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++)
		for (const struct pf_workload *w = families[f]; w->name; w++)
			if (!i--)
				return w;
	return NULL;
}

const struct pf_workload *pf_workload_find(const char *name)
{
	const struct pf_workload *w;

	for (size_t i = 0; (w = pf_workload(i)); i++)
		if (!strcmp(w->name, name))
			return w;
	return NULL;
}
