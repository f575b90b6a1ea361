// SPDX-License-Identifier: GPL-2.0-only
/* fuzzer.c - what the fuzzer's mutator makes from nothing, as a workload. */
#include "../language/mutate.h"
#include "workload.h"

static void make(const struct pf_workload *w, struct pf_op *ops, size_t n, uint32_t pages,
		 uint64_t seed)
{
	struct pf_rng rng = {seed};

	(void)w;
	(void)pages;
	pf_generate(ops, n, n, &rng);
}

const struct pf_workload pf_workloads_fuzzer[] = {
	{"fuzzer", "what the fuzzer's mutator makes from nothing", make, NULL},
	{NULL, NULL, NULL, NULL},
};
