// SPDX-License-Identifier: GPL-2.0-only
/* marks.c - workloads near the watermarks, and of pageblocks that change their type. */
#include "traffic.h"

const struct pf_workload pf_workloads_marks[] = {
	PF_TRAFFIC("boost", "near the watermarks, with fallbacks and knobs",
		   .orders = PF_ORDERS_LOW, .types = PF_TYPES_STORMS, .low = 94, .high = 102,
		   .gfp = "nka",
		   .weight = {[PF_DO_ALLOC] = 480,
			      [PF_DO_FREE] = 500,
			      [PF_DO_BULK] = 5,
			      [PF_DO_SPLIT] = 10,
			      [PF_DO_DRAIN] = 2,
			      [PF_DO_TUNE] = 2}),
	PF_TRAFFIC("highatomic", "urgent requests of orders above 0 near the watermarks",
		   .orders = PF_ORDERS_ALL, .types = PF_TYPES_MIXED, .low = 85, .high = 103,
		   .gfp = "nkaaae",
		   .weight = {[PF_DO_ALLOC] = 480,
			      [PF_DO_FREE] = 500,
			      [PF_DO_SPLIT] = 5,
			      [PF_DO_DRAIN] = 1}),
	PF_TRAFFIC("retype", "pageblocks that change their type under the lists",
		   .orders = PF_ORDERS_ALL, .types = PF_TYPES_MIXED, .low = 20, .high = 90,
		   .gfp = "n",
		   .weight = {[PF_DO_ALLOC] = 480,
			      [PF_DO_FREE] = 490,
			      [PF_DO_BULK] = 5,
			      [PF_DO_SPLIT] = 5,
			      [PF_DO_DRAIN] = 1,
			      [PF_DO_RETYPE] = 10}),
	{NULL, NULL, NULL, NULL},
};
