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
/* A machine may have to boot. */
#define MACHINE_SECONDS 10

/* Who says whether a candidate shows the finding. */
struct asked {
	struct pf_judge *judge; /* NULL: the fuzz target */
	const char *impls, *name;
	double end;
	unsigned seconds; /* that a call may take */
	bool failed;	  /* and complained */
};

static bool is_over(const struct asked *a)
{
	return a->failed || (a->judge ? pf_judge_over(a->judge) : pf_interrupted != 0);
}

static bool may_go_on(const struct asked *a)
{
	return !is_over(a) && (a->end <= 0 || pf_now() < a->end);
}

/* Does it show it, and at which operation? */
static bool shows(struct asked *a, const struct pf_op *ops, size_t n, size_t *step)
{
	char name[PF_TARGET_NAME], kind[PF_TARGET_NAME];
	struct pf_target_log log;

	*step = n;
	if (a->judge)
		return pf_judge_same(a->judge, ops, n, a->seconds, step);
	a->failed |= !pf_target_run(NULL, a->impls, ops, n, &log);
	if (a->failed)
		return false;
	snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(a->name, "-"), a->name);
	pf_target_name(log.text, log.len, kind, name);
	free(log.text);
	return log.status && !strcmp(name, a->name);
}

/* What comes behind the operation that showed it is not needed, but for what makes the start. */
static size_t needed(size_t step, const struct pf_op *ops, size_t n)
{
	while (n > step + 1 && !pf_op_is_config(ops[n - 1].kind))
		n--;
	return n;
}

/*
 * A machine takes its time, and twins may part long before that is seen in an answer:
 * one question, with dumps after each operation, finds where.
 */
static void cut_tail(struct asked *a, struct pf_program *p, size_t *tried)
{
	size_t step, n;

	if (!a->judge || pf_judge_machine(a->judge) != PF_JUDGE_KERNEL || !may_go_on(a))
		return;
	pf_progress("%s: where do they part?", a->name);
	++*tried;
	if (!pf_judge_close_look(a->judge, p->ops, p->nr, &step) ||
	    needed(step, p->ops, p->nr) == p->nr)
		return;
	n = needed(step, p->ops, p->nr);
	++*tried;
	if (shows(a, p->ops, n, &step))
		p->nr = n;
}

static bool reduce(struct asked *a, struct pf_program *p, size_t before, size_t *tried)
{
	struct pf_op *work = malloc(PF_REDUCE_WORK(p->nr) * sizeof(*work));
	const struct pf_op *ops;
	struct pf_reduce r;
	size_t n, step;

	if (!work)
		return pf_complain("out of memory"), false;
	pf_reduce_init(&r, PF_REDUCE_DEEP, work, p->ops, p->nr);
	if (a->judge)
		pf_reduce_no_tail(&r);
	while (may_go_on(a) && pf_reduce_next(&r, &ops, &n)) {
		bool same = shows(a, ops, n, &step);

		++*tried;
		if (same && !is_over(a))
			pf_reduce_report_prefix(&r, needed(step, ops, n));
		else
			pf_reduce_report(&r, false);
		pf_progress("%s: %zu operations, %zu before, %zu candidates tried", a->name,
			    r.nr_best, before, *tried);
	}
	pf_progress_clear();
	memcpy(p->ops, r.best, r.nr_best * sizeof(*p->ops));
	p->nr = r.nr_best;
	free(work);
	/* Check what will be used, not what was tried last. */
	if (!is_over(a) && !shows(a, p->ops, p->nr, &step) && !is_over(a)) {
		pf_complain("the smallest program does not show %s any more: a run is not "
			    "deterministic",
			    a->name);
		return false;
	}
	return !a->failed;
}

bool pf_minimise(struct pf_judge *j, struct pf_program *p, const struct pf_verdict *v, double end,
		 size_t *tried)
{
	bool machine = pf_judge_machine(j) != PF_JUDGE_NO_MACHINE;
	struct asked a = {.judge = j,
			  .name = v->signature,
			  .end = end,
			  .seconds = machine ? MACHINE_SECONDS : CANDIDATE_SECONDS};
	size_t before = p->nr;

	*tried = 0;
	p->nr = needed(v->step, p->ops, p->nr);
	/* It has no answer to anything else. */
	if (pf_judge_machine(j) == PF_JUDGE_TRANSCRIPT)
		return true;
	cut_tail(&a, p, tried);
	return reduce(&a, p, before, tried);
}

bool pf_minimise_in_target(const char *impls, struct pf_program *p, const char *name, double end,
			   size_t *tried)
{
	struct asked a = {.impls = impls, .name = name, .end = end};

	*tried = 0;
	return reduce(&a, p, p->nr, tried);
}
