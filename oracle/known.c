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
	{NULL, NULL, NULL, NULL},
};

const size_t pf_nr_known = sizeof(pf_known) / sizeof(pf_known[0]) - 1;
