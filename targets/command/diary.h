/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * diary.h - what a campaign keeps beside its findings, so that it can be left alone: who
 * has the folder, a log with dates, figures over time, and where a campaign that was
 * killed had its inputs.
 *
 *     campaign.log   a line for all that happened, UTC
 *     figures.csv    date,seconds,executions,operations,edges,corpus,findings; more seldom
 *                    with time, and of all campaigns one after the other
 *     status.json    the last figures, for `pagefuzz status`
 *     .lock          held while a campaign runs
 *     .work          path of its working folder
 */
#ifndef PAGEFUZZ_DIARY_H
#define PAGEFUZZ_DIARY_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct pf_diary_figures {
	double seconds;
	uint64_t execs, ops, edges, corpus;
	unsigned findings, workers;
};

struct pf_diary {
	char folder[PATH_MAX - 64];
	int lock_fd;
	double next;	 /* when figures are due */
	bool complained; /* once is enough, of a disk that is full */
};

/* The folder is there. False: complained, of another campaign that has it among others. */
bool pf_diary_open(struct pf_diary *d, const char *folder);
void pf_diary_close(struct pf_diary *d);

/* A line of the log. */
__attribute__((format(printf, 2, 3))) void pf_diary_log(struct pf_diary *d, const char *fmt, ...);
/* Written if they are due; at the end always. */
void pf_diary_figures(struct pf_diary *d, const struct pf_diary_figures *f, bool end);

/* The working folder that a killed campaign left, if there is one; then the own one. */
bool pf_diary_left(const struct pf_diary *d, char path[PATH_MAX]);
void pf_diary_work(const struct pf_diary *d, const char *path); /* NULL: none any more */

/* Adds to what is known of a finding in its folder: how often it was met, first and last. */
void pf_diary_met(struct pf_diary *d, const char *folder, uint64_t times);

#endif /* PAGEFUZZ_DIARY_H */
