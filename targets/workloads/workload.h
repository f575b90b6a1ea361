/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * workload.h - workloads by name: programs of a kind, of any length, for machines of a
 * given size. The same arguments give the same program, for ever: recorded transcripts
 * are named after them.
 */
#ifndef PAGEFUZZ_WORKLOAD_H
#define PAGEFUZZ_WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

#include "../../oracle/op.h"

struct pf_workload {
	const char *name, *summary;
	/* Write a program of n operations, 1 or more, for a machine of `pages`, 512 or more. */
	void (*make)(const struct pf_workload *w, struct pf_op *ops, size_t n, uint32_t pages,
		     uint64_t seed);
	const void *arg; /* of make */
};

/* Number i, NULL behind the last one; by its name, NULL if there is none. */
const struct pf_workload *pf_workload(size_t i);
const struct pf_workload *pf_workload_find(const char *name);

/* The families; an entry without a name ends each. */
extern const struct pf_workload pf_workloads_lists[], pf_workloads_marks[],
	pf_workloads_compaction[], pf_workloads_fuzzer[];

#endif /* PAGEFUZZ_WORKLOAD_H */
