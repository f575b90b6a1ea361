/* SPDX-License-Identifier: GPL-2.0-only */
/* worker.h - a process of the fuzz target in a campaign: started, listened to. */
#ifndef PAGEFUZZ_WORKER_H
#define PAGEFUZZ_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../engines/stats.h"

#define PF_WORKER_LOG 32768

/* What libFuzzer is told. seeds, dict and impls may be NULL. */
struct pf_worker_config {
	const char *target, *seeds, *dict, *corpus, *impls;
	unsigned long timeout; /* s, of one execution */
};

struct pf_worker {
	pid_t pid; /* 0: not running */
	int fd;	   /* its standard error */
	struct pf_stats_file *stats;
	char stats_path[500], artifacts[500];
	char line[4096];
	size_t line_len;
	char log[PF_WORKER_LOG]; /* the last of what it said */
	size_t log_len;
	uint64_t edges, corpus;
	uint64_t execs_before; /* of its earlier lives */
	unsigned repeats;
	double start_at; /* not running: when to start it again; 0: never */
};

/* For so many seconds more. False: complained. */
bool pf_worker_start(struct pf_worker *w, const struct pf_worker_config *run, double seconds);
/* Read what it says. False: it has closed its end. */
bool pf_worker_read(struct pf_worker *w);

#endif /* PAGEFUZZ_WORKER_H */
