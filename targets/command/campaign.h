/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * campaign.h - a campaign: its workers (cmd_fuzz.c) and what they have found (findings.c).
 */
#ifndef PAGEFUZZ_COMMAND_CAMPAIGN_H
#define PAGEFUZZ_COMMAND_CAMPAIGN_H

#include "diary.h"
#include "json.h"
#include "judge.h"
#include "merge.h"
#include "target.h"
#include "worker.h"

#define PF_MAX_WORKERS 8

struct pf_finding {
	char signature[80];
	char cause[PF_TARGET_NAME];
	bool old;      /* of an earlier campaign */
	uint64_t met;  /* in this campaign, but for what the workers count themselves */
	uint64_t told; /* of that, what its folder knows */
};

struct pf_campaign {
	struct pf_worker_config run;
	const char *findings, *json;
	unsigned long seconds, workers;
	char tmp[400];
	struct pf_worker worker[PF_MAX_WORKERS];
	struct pf_judge *judge;
	struct pf_diary diary;
	struct pf_merge merge;
	unsigned nr_findings; /* old ones included */
	struct pf_finding finding[PF_SKIP_MAX];
	double start, told_at;
	bool failed;
	bool kept; /* an input could not be saved and stays in tmp */
};

/* DIR/NAME; empty, which nobody can open, if that is too long. */
void pf_campaign_path(char path[PATH_MAX], const char *dir, const char *name);
/* Beginning of a working folder's name: whoever has the lock of the findings owns them. */
void pf_campaign_work_name(const struct pf_campaign *c, char name[64]);
/* A working folder; without `all` the artifacts stay, which could not be saved. */
void pf_campaign_remove_work(const char *tmp, bool all);

/*
 * How many artifacts a worker has left, each saved before anything else is done with it, and
 * how many of them show something new, which is told.
 */
unsigned pf_findings_collect(struct pf_campaign *c, struct pf_worker *w, unsigned *news);
/* What earlier campaigns found, and what those that were killed left in TMPDIR. */
void pf_findings_adopt(struct pf_campaign *c, const char *tmp);
/* Each folder is told how often its finding was met. */
void pf_findings_tell_met(struct pf_campaign *c);
/* New ones, or old ones that are still there. */
unsigned pf_findings_shown(const struct pf_campaign *c);
/* A cause a paragraph, with the signatures that it was met under. */
void pf_findings_list(const struct pf_campaign *c);
struct json_object *pf_findings_json(const struct pf_campaign *c);
/* The page of the folder. */
void pf_findings_index(const struct pf_campaign *c);

#endif /* PAGEFUZZ_COMMAND_CAMPAIGN_H */
