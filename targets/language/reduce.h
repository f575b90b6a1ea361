/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reduce.h - the reducer: makes a program small while something about it stays
 * true. It is pulled: the caller asks for a candidate, tries it, and reports
 * whether it may be kept, so that the minimiser and AFL++'s trim share it.
 *
 *	pf_reduce_init(&r, PF_REDUCE_FULL, work, ops, n);
 *	while (pf_reduce_next(&r, &ops, &n))
 *		pf_reduce_report(&r, still_fails(ops, n));
 *	... the result is r.best, r.nr_best
 *
 * Every candidate is canonical, not empty, and less than the best program so far
 * by this measure, compared in this order: number of operations, sum of all
 * operand values, sum of all slots. So reducing ends whatever is reported.
 */
#ifndef PAGEFUZZ_REDUCE_H
#define PAGEFUZZ_REDUCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../oracle/op.h"

enum pf_reduce_effort {
	/* Only drop operations, one round: for every entry of a fuzzer's queue. */
	PF_REDUCE_TRIM,
	/* All stages, again and again until none finds anything: for findings. */
	PF_REDUCE_FULL,
	/*
	 * Then stages that replace several operations by one, or drop two that need each
	 * other. They take many candidates: for what is to be read by people.
	 */
	PF_REDUCE_DEEP,
};

/* Operations of work memory for a program of n operations. */
#define PF_REDUCE_WORK(n) (3 * (n))

struct pf_reduce {
	/* The smallest program kept so far; valid at any time, in the work memory. */
	struct pf_op *best;
	size_t nr_best;

	/* The rest is the reducer's own. */
	struct pf_op *candidate, *scratch;
	size_t nr_candidate;
	enum pf_reduce_effort effort;
	unsigned stage;
	bool entered;  /* the stage's cursor is set up */
	bool pending;  /* a candidate is out */
	bool progress; /* something was kept in this round */
	/* Where the stage stands; each stage says what it means. */
	size_t at, size;
	unsigned arg;
	uint32_t low, goal;
};

/*
 * Start on a canonical program, which is copied. `work` has room for
 * PF_REDUCE_WORK(n) operations and belongs to the reducer until the caller is
 * done with r->best.
 */
void pf_reduce_init(struct pf_reduce *r, enum pf_reduce_effort effort, struct pf_op *work,
		    const struct pf_op *ops, size_t n);

/*
 * The next candidate, or false if there is none left. It lies in the work
 * memory and is valid until the next call. Asking without having reported
 * reports false.
 */
bool pf_reduce_next(struct pf_reduce *r, const struct pf_op **ops, size_t *n);

/* Is the last candidate kept? Once for each candidate. */
void pf_reduce_report(struct pf_reduce *r, bool kept);

/* It is kept, and so much of its beginning is known to be enough: 1..its length. */
void pf_reduce_report_prefix(struct pf_reduce *r, size_t n);

/* Right after the start: no shorter prefix will do, so that none has to be tried. */
void pf_reduce_no_tail(struct pf_reduce *r);

/*
 * About how many candidates are still to come in this round, if none is kept;
 * 0 only at the end. A number for progress bars and AFL++'s trim.
 */
size_t pf_reduce_steps(const struct pf_reduce *r);

#endif /* PAGEFUZZ_REDUCE_H */
