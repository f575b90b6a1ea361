// SPDX-License-Identifier: GPL-2.0-only
/*
 * known.c - known divergences: findings that a campaign may go past for a
 * while. Each has a reason, a program that shows it, and a day from which the
 * tests fail. Remove an entry as soon as its program no longer shows it: the
 * tests insist.
 */
#include "oracle.h"

const struct pf_known pf_known[] = {
	/* {signature, reason, expires YYYY-MM-DD, example} */
	{"liveness/source-6_12/alloc",
	 "A bug of Linux 6.12: fast_find_migrateblock() relies on skip bits, which since 6.3 only "
	 "the scan sets, when it takes the lock of an LRU list or isolates nothing. A block with "
	 "movable_ops pages that can't be moved, scanned to its end, gets none and is found again.",
	 "2027-06-01", "tests/source/6.12-endless-migrate-block.txt"},
	{NULL, NULL, NULL, NULL},
};

const size_t pf_nr_known = sizeof(pf_known) / sizeof(pf_known[0]) - 1;
