// SPDX-License-Identifier: GPL-2.0-only
/* minimise.c - see minimise.h; what candidates there are says language/reduce.c. */
#include "minimise.h"

#include <stdlib.h>
#include <string.h>

#include "progress.h"
#include "target.h"
#include "../language/reduce.h"

/* A candidate that does not come back is one after that. */
#define CANDIDATE_SECONDS 1

/* Who says whether a candidate shows the finding. */
struct asked {
	struct pf_judge *judge; /* NULL: the fuzz target */
	const char *impls, *name;
	double end;
	bool failed; /* and complained */
};

static bool is_over(const struct asked *a)
{
	return a->failed || (a->judge ? pf_judge_over(a->judge) : pf_interrupted != 0);
}

static bool may_go_on(const struct asked *a)
{
	return !is_over(a) && (a->end <= 0 || pf_now() < a->end);
}

static bool shows(struct asked *a, const struct pf_op *ops, size_t n)
{
	char name[PF_TARGET_NAME], kind[PF_TARGET_NAME];
	struct pf_target_log log;

	if (a->judge)
		return pf_judge_same(a->judge, ops, n, CANDIDATE_SECONDS);
	a->failed |= !pf_target_run(a->impls, ops, n, &log);
	if (a->failed)
		return false;
	snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(a->name, "-"), a->name);
	pf_target_name(log.text, log.len, kind, name);
	free(log.text);
	return log.status && !strcmp(name, a->name);
}

static bool minimise(struct asked *a, struct pf_program *p, size_t *tried)
{
	struct pf_op *work = malloc(PF_REDUCE_WORK(p->nr) * sizeof(*work));
	size_t before = p->nr, n;
	const struct pf_op *ops;
	struct pf_reduce r;

	*tried = 0;
	if (!work)
		return pf_complain("out of memory"), false;
	pf_reduce_init(&r, PF_REDUCE_DEEP, work, p->ops, p->nr);
	while (may_go_on(a) && pf_reduce_next(&r, &ops, &n)) {
		bool same = shows(a, ops, n);

		++*tried;
		pf_reduce_report(&r, same && !is_over(a));
		pf_progress("%s: %zu operations, %zu before, %zu candidates tried", a->name,
			    r.nr_best, before, *tried);
	}
	pf_progress_clear();
	memcpy(p->ops, r.best, r.nr_best * sizeof(*p->ops));
	p->nr = r.nr_best;
	free(work);
	/* Check what will be used, not what was tried last. */
	if (!is_over(a) && !shows(a, p->ops, p->nr) && !is_over(a)) {
		pf_complain("the smallest program does not show %s any more: a run is not "
			    "deterministic",
			    a->name);
		return false;
	}
	return !a->failed;
}

bool pf_minimise(struct pf_judge *j, struct pf_program *p, const char *signature, double end,
		 size_t *tried)
{
	struct asked a = {.judge = j, .name = signature, .end = end};

	return minimise(&a, p, tried);
}

bool pf_minimise_in_target(const char *impls, struct pf_program *p, const char *name, double end,
			   size_t *tried)
{
	struct asked a = {.impls = impls, .name = name, .end = end};

	return minimise(&a, p, tried);
}
