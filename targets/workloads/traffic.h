/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * traffic.h - workloads that are a mixture of actions: unlike the mutator's programs
 * they fill a machine to a given level and keep it there, so that rare paths are taken
 * often.
 */
#ifndef PAGEFUZZ_TRAFFIC_H
#define PAGEFUZZ_TRAFFIC_H

#include "workload.h"

enum pf_action {
	PF_DO_ALLOC,
	PF_DO_FREE,
	PF_DO_BULK,
	PF_DO_SPLIT,
	PF_DO_DRAIN,
	PF_DO_COMPACT_NODE,
	PF_DO_COMPACT_ORDER,
	PF_DO_KCOMPACTD,
	PF_DO_PROACTIVE,
	PF_DO_PIN,
	PF_DO_UNPIN,
	PF_DO_INJECT,
	PF_DO_RETYPE,
	PF_DO_TUNE,
	PF_DO_EXACT,
	PF_DO_CACHE, /* into the page cache */
	PF_DO_OWNER, /* any other word of an owner */
	PF_DO_KSWAPD,
	PF_DO_CHECK,
	PF_NR_ACTIONS,
};

/* SMALL_AND_LARGE: one in 20 is large, the others are pages. */
enum pf_traffic_orders {
	PF_ORDERS_ALL,
	PF_ORDERS_LOW,
	PF_ORDERS_HIGH,
	PF_ORDERS_TO_PAGEBLOCK,
	PF_ORDERS_SMALL_AND_LARGE,
};
/* Mobility of requests: any, one for a long while, mostly movable. */
enum pf_traffic_types { PF_TYPES_MIXED, PF_TYPES_STORMS, PF_TYPES_MOSTLY_MOVABLE };

struct pf_traffic {
	enum pf_traffic_orders orders;
	enum pf_traffic_types types;
	uint8_t held;	   /* per cent of the pages, in blocks of order 10 that stay */
	uint8_t low, high; /* per cent of the others that are in use, back and forth */
	const char *gfp;   /* of requests, a letter each: see pick_gfp() in traffic.c */
	uint16_t weight[PF_NR_ACTIONS];
};

/* For pf_workload.make; its arg is a struct pf_traffic. */
void pf_traffic_make(const struct pf_workload *w, struct pf_op *ops, size_t n, uint32_t pages,
		     uint64_t seed);
#define PF_TRAFFIC(name, summary, ...)                                     \
	{                                                                  \
		name, summary, pf_traffic_make, &(const struct pf_traffic) \
		{                                                          \
			__VA_ARGS__                                        \
		}                                                          \
	}

#endif /* PAGEFUZZ_TRAFFIC_H */
