/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ftrace.h - events as ftrace text: what /sys/kernel/tracing/trace of a Linux 6.1
 * says with these tracepoints on, all of it by one task. The time of an event is
 * the number of its operation, in microseconds.
 */
#ifndef PAGEFUZZ_FTRACE_H
#define PAGEFUZZ_FTRACE_H

#include <stdio.h>

#include "../../oracle/oracle.h"

struct pf_ftrace {
	FILE *out;
	/* The rest is of the operation that runs: pf_ftrace_op(). */
	unsigned pageblock_order;
	uint64_t time; /* microseconds */
	unsigned cpu;
	uint32_t gfp; /* of its request; 0 without one */
};

void pf_ftrace_header(struct pf_ftrace *t);
/* What an event does not tell but the operation that brings it about. */
void pf_ftrace_op(struct pf_ftrace *t, const struct pf_layout *l, uint32_t online, size_t step,
		  const struct pf_op *op);
void pf_ftrace_event(struct pf_ftrace *t, const struct pf_event *ev);

#endif /* PAGEFUZZ_FTRACE_H */
