// SPDX-License-Identifier: GPL-2.0-only
/*
 * known.c - known divergences: findings that a campaign may go past for a
 * while. Each has a reason, a program that shows it, and a day from which the
 * tests fail. Remove an entry as soon as its program no longer shows it: the
 * tests insist.
 */
#include "oracle.h"

/* Under its stock name only: a tree of one's own is told. */
#define ENDLESS_BLOCK                                                                             \
	"A bug of Linux 6.12: fast_find_migrateblock() goes by the skip bits of pageblocks, and " \
	"no longer sets them. The scan does when it takes the lock of an LRU list, or isolates "  \
	"nothing. So a block of movable_ops pages that refuse to move, scanned to its end at "    \
	"once, is found again without end."

const struct pf_known pf_known[] = {
	/* {signature, reason, expires YYYY-MM-DD, example} */
	{"liveness/source-6_12/alloc", ENDLESS_BLOCK, "2027-06-01",
	 "tests/source/6.12-endless-alloc.txt"},
	{"liveness/source-6_12/compact", ENDLESS_BLOCK, "2027-06-01",
	 "tests/source/6.12-endless-compact.txt"},
	{"liveness/source-6_12/exact", ENDLESS_BLOCK, "2027-06-01",
	 "tests/source/6.12-endless-exact.txt"},
	{"liveness/source-6_12/tick", ENDLESS_BLOCK, "2027-06-01",
	 "tests/source/6.12-endless-tick.txt"},
	{NULL, NULL, NULL, NULL},
};

const size_t pf_nr_known = sizeof(pf_known) / sizeof(pf_known[0]) - 1;
