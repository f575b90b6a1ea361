/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * judge.h - an oracle in a child process (ward.h): runs programs, one after the
 * other, and answers with the outcome, whatever the implementations do to the
 * process that they run in. What becomes of it is a verdict like any other:
 * crash/IMPL/OP, hang/IMPL/OP.
 */
#ifndef PAGEFUZZ_JUDGE_H
#define PAGEFUZZ_JUDGE_H

#include "cmd.h"
#include "ward.h"

struct pf_judge_config {
	const char *impls; /* comma-separated names, machines among them; NULL: all built-in ones */
	struct pf_options options;
	unsigned seconds; /* of CPU time for one call; 0: PF_WARD_SECONDS */
	/*
	 * No child: faster, a debugger or valgrind sees it, and what an implementation does
	 * to its process it does to all of it. Nobody looks for wild writes. Not for machines.
	 */
	bool in_process;
	/*
	 * Optional, in the child, in place of impls: open a lineup and say what its members
	 * want of a run. False: complained.
	 */
	bool (*open)(void *arg, struct pf_lineup *lineup, struct pf_options *options);
	/*
	 * Optional, in the child, once for each: what else the options are, with the
	 * stream that the parent's `out` of pf_judge_run() comes from; then around each run.
	 */
	void (*prepare)(void *arg, struct pf_oracle *o, struct pf_options *options, FILE *out);
	void (*before)(void *arg, const char *label);
	void (*after)(void *arg, struct pf_oracle *o, enum pf_outcome outcome, FILE *out);
	void *arg;
};

/* Optional functions that laws are about. */
#define PF_OFFERS_MOVES	     (1u << 0) /* compact or alloc_contig */
#define PF_OFFERS_COMPACT    (1u << 1)
#define PF_OFFERS_STATS	     (1u << 2)
#define PF_OFFERS_BLOCK_TYPE (1u << 3)
#define PF_OFFERS_SELF_CHECK (1u << 4)
#define PF_OFFERS_LARGEST    (1u << 5)
#define PF_OFFERS_CLAIM	     (1u << 6) /* and its state could be twice */
#define PF_OFFERS_OWN_PAGES  (1u << 7)

/*
 * What is known of the lineup and of the last run; figures are summed over those of
 * pf_judge_run() that came to an end.
 */
struct pf_judgement {
	unsigned nr_lanes;
	char name[PF_MAX_LANES][64];
	char code[PF_MAX_LANES][64]; /* see pf_oracle_code() */
	struct pf_limits limits;     /* of all lanes together */
	struct pf_offer {
		uint32_t features; /* PF_F_* */
		uint32_t tier;
		uint32_t functions; /* PF_OFFERS_* */
	} offer[PF_MAX_LANES];
	struct pf_figures figures[PF_MAX_LANES];
	struct pf_exact exact;
	uint64_t hash;
};

struct pf_judge;

/* The lineup is opened and found good. NULL: complained. */
struct pf_judge *pf_judge_open(const struct pf_judge_config *config);
void pf_judge_close(struct pf_judge *j);
const struct pf_judgement *pf_judge_result(const struct pf_judge *j);
/*
 * Is it over? With pf_interrupted, or if the lineup could not be opened again (which
 * was said), nothing is run any more and every answer is PF_UNSUPPORTED.
 */
bool pf_judge_over(const struct pf_judge *j);

/*
 * Run a program; what the child prints meanwhile goes to `out` (NULL: nowhere). On
 * PF_FINDING and PF_KNOWN *v is filled in. A finding is asked again with the
 * framework's memory closed, unless all started from a machine: who wrote into it is
 * to blame, not who was found wrong because of that.
 */
enum pf_outcome pf_judge_run(struct pf_judge *j, const struct pf_op *ops, size_t n,
			     struct pf_verdict *v, FILE *out);
/* What the programs to come are called, for config.before(). */
void pf_judge_label(struct pf_judge *j, const char *label);
/*
 * A program that was found clean once more, with the framework's memory closed: does
 * anybody write into it unnoticed? PF_CLEAN or PF_FINDING. Some microseconds a call.
 */
enum pf_outcome pf_judge_closed(struct pf_judge *j, const struct pf_op *ops, size_t n,
				struct pf_verdict *v);
/* The story of the finding that one of these two had last. */
void pf_judge_story(struct pf_judge *j, const struct pf_op *ops, size_t n,
		    const struct pf_verdict *v, FILE *out);
/*
 * For a minimiser: does the program show the finding that they had last, and at which
 * operation? One run, in the way that showed it; one call may take no longer than
 * `seconds`. Between a machine and its twin any operation will do.
 */
bool pf_judge_same(struct pf_judge *j, const struct pf_op *ops, size_t n, unsigned seconds,
		   size_t *step);
/* The same with the dumps of twins compared after each operation: where do they part? */
bool pf_judge_close_look(struct pf_judge *j, const struct pf_op *ops, size_t n, size_t *step);
/* Whom there is to ask: a transcript has answers to one program only. */
enum pf_judge_machine { PF_JUDGE_NO_MACHINE, PF_JUDGE_KERNEL, PF_JUDGE_TRANSCRIPT };
enum pf_judge_machine pf_judge_machine(const struct pf_judge *j);
/* Complain that nobody took the program's layout, and why as far as limits tell. */
int pf_judge_refused(const struct pf_judge *j, const struct pf_op *ops, size_t n, const char *path);
/* The name of a lane for a verdict; of whom nobody knows, too. */
const char *pf_judge_name(const struct pf_judge *j, unsigned lane);

#endif /* PAGEFUZZ_JUDGE_H */
