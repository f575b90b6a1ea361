/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * merge.h - keeps a campaign's corpus small: now and then libFuzzer's -merge=1 says, in a
 * process beside the workers, which inputs are needed for what is covered; the others go.
 */
#ifndef PAGEFUZZ_COMMAND_MERGE_H
#define PAGEFUZZ_COMMAND_MERGE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "diary.h"
#include "worker.h"

struct pf_merge {
	const struct pf_worker_config *run;
	struct pf_diary *diary;
	unsigned long every;	     /* s; 0: never */
	char folder[PATH_MAX - 300]; /* of its own, to work in: made and removed here */
	double due;
	pid_t pid;     /* 0: not running */
	char **before; /* what was in the corpus when it began */
	int nr_before;
	unsigned kept; /* after the last one */
};

/*
 * To be called now and then: starts one that is due and worth it, or takes up one that has
 * ended. skip: the figures of a worker, of which it goes past the same findings. True:
 * the corpus got smaller; who has it in memory may want to read it again.
 */
bool pf_merge_tend(struct pf_merge *m, const struct pf_stats_file *skip);
/* Whatever it is at. */
void pf_merge_stop(struct pf_merge *m);

#endif /* PAGEFUZZ_COMMAND_MERGE_H */
