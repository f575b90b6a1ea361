/* SPDX-License-Identifier: GPL-2.0-only */
/* cpus.h - which cpus are online: the rule, for whoever follows a program. */
#ifndef PAGEFUZZ_CPUS_H
#define PAGEFUZZ_CPUS_H

#include "op.h"

/*
 * The cpus that are online behind an operation of kind PF_OP_CPU, a bit each. The
 * first one stays, as on x86: a program that would send it away changes nothing.
 */
static inline uint32_t pf_online_after(uint32_t online, unsigned nr_cpus, const struct pf_op *op)
{
	unsigned cpu = op->arg[PF_CPU_NR] % nr_cpus;

	if (!cpu)
		return online;
	return op->arg[PF_CPU_ONLINE] ? online | 1u << cpu : online & ~(1u << cpu);
}

#endif /* PAGEFUZZ_CPUS_H */
