// SPDX-License-Identifier: GPL-2.0-only
/* minimise.c - see minimise.h; what candidates there are says language/reduce.c. */
#include "minimise.h"

#include <stdlib.h>
#include <string.h>

#include "progress.h"
#include "../language/reduce.h"

/* A candidate that does not come back is one after that. */
#define CANDIDATE_SECONDS 1

static bool may_go_on(const struct pf_judge *j, double end)
{
	return !pf_judge_over(j) && (end <= 0 || pf_now() < end);
}

bool pf_minimise(struct pf_judge *j, struct pf_program *p, const char *signature, double end,
		 size_t *tried)
{
	struct pf_op *work = malloc(PF_REDUCE_WORK(p->nr) * sizeof(*work));
	size_t before = p->nr, n;
	const struct pf_op *ops;
	struct pf_reduce r;

	*tried = 0;
	if (!work)
		return pf_complain("out of memory"), false;
	pf_reduce_init(&r, PF_REDUCE_DEEP, work, p->ops, p->nr);
	while (may_go_on(j, end) && pf_reduce_next(&r, &ops, &n)) {
		bool same = pf_judge_same(j, ops, n, CANDIDATE_SECONDS);

		++*tried;
		pf_reduce_report(&r, same && !pf_judge_over(j));
		pf_progress("%s: %zu operations, %zu before, %zu candidates tried", signature,
			    r.nr_best, before, *tried);
	}
	pf_progress_clear();
	memcpy(p->ops, r.best, r.nr_best * sizeof(*p->ops));
	p->nr = r.nr_best;
	free(work);
	/* Check what will be used, not what was tried last. */
	if (!pf_judge_over(j) && !pf_judge_same(j, p->ops, p->nr, CANDIDATE_SECONDS) &&
	    !pf_judge_over(j)) {
		pf_complain("the smallest program does not show %s any more: a run is not "
			    "deterministic",
			    signature);
		return false;
	}
	return true;
}
