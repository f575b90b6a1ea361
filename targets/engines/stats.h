/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stats.h - the figures a fuzz target leaves in a shared file for the campaign
 * that runs it, and the list of findings the campaign wants to go past.
 */
#ifndef PAGEFUZZ_STATS_H
#define PAGEFUZZ_STATS_H

#include "../../oracle/oracle.h"

#define PF_STATS_MAGIC 0x70667a32u
#define PF_SKIP_MAX    1024

struct pf_stats_file {
	uint32_t magic;
	uint32_t nr_lanes;
	uint64_t execs, ops, known;
	char name[PF_MAX_LANES][16];
	struct pf_figures figures[PF_MAX_LANES];
	/* Written by the campaign: signatures that are already saved. */
	uint32_t nr_skip;
	char skip[PF_SKIP_MAX][80];
	/* Written by the target: how often it met each of them. */
	uint64_t met[PF_SKIP_MAX];
};

/* Map a file of that form, creating it if asked to. NULL with errno set. */
struct pf_stats_file *pf_stats_map(const char *path, bool create);

#endif /* PAGEFUZZ_STATS_H */
