/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * oracle.h - what the upper floor may use of the oracle: make one for a lineup
 * of implementations, run programs on it, read the verdict and the figures.
 */
#ifndef PAGEFUZZ_ORACLE_H
#define PAGEFUZZ_ORACLE_H

#include <stdbool.h>
#include <stdio.h>

#include "../impls/dump.h"
#include "arena.h"
#include "blame.h"
#include "figures.h"
#include "op.h"
#include "options.h"

enum pf_outcome {
	PF_CLEAN,
	PF_FINDING,	/* the verdict says what */
	PF_KNOWN,	/* a finding that the registry of known divergences lists */
	PF_UNSUPPORTED, /* no implementation supports the layout, or it is over max_pages */
};

struct pf_oracle;

/*
 * What is wrong with a lineup, in one line, or NULL: functions that impl.h requires are
 * missing, or two have memory in common.
 */
const char *pf_lineup_wrong(const struct pf_impl *const *lineup, unsigned nr);
/* A lineup of 1..PF_MAX_LANES implementations. NULL: see pf_lineup_wrong(). */
struct pf_oracle *pf_oracle_new(const struct pf_impl *const *lineup, unsigned nr);
/* All of it in an arena (not NULL), which nobody but the oracle can write to then. Slow. */
struct pf_oracle *pf_oracle_new_in(struct pf_arena *arena, const struct pf_impl *const *lineup,
				   unsigned nr);
void pf_oracle_free(struct pf_oracle *o);
void pf_oracle_options(struct pf_oracle *o, const struct pf_options *options);

/*
 * Run one program from a fresh start on the whole lineup. A pure function of
 * the program and the lineup. On PF_FINDING and PF_KNOWN *verdict is filled in.
 */
enum pf_outcome pf_oracle_run(struct pf_oracle *o, const struct pf_op *ops, size_t n,
			      struct pf_verdict *verdict);

/* Hash of all answers and events of the last run. */
uint64_t pf_oracle_hash(const struct pf_oracle *o);
unsigned pf_oracle_lanes(const struct pf_oracle *o);
const struct pf_impl *pf_oracle_impl(const struct pf_oracle *o, unsigned lane);
/* Whose code it runs, as causes name it: a variant's is that of what it is a variant of. */
const char *pf_oracle_code(const struct pf_oracle *o, unsigned lane);
const struct pf_figures *pf_oracle_figures(const struct pf_oracle *o, unsigned lane);
void pf_oracle_reset_figures(struct pf_oracle *o);
/* More about the last finding, lines of text; may be empty. */
const char *pf_oracle_report(const struct pf_oracle *o);
/* Of the last run. */
const struct pf_exact *pf_oracle_exact(const struct pf_oracle *o);
/*
 * The state of a lane, NULL if its implementation can't tell. Only from
 * before_end(); valid until the next call for this lane.
 */
const struct pf_dump *pf_oracle_dump(struct pf_oracle *o, unsigned lane);
/* The layout of the last run. */
const struct pf_layout *pf_oracle_layout(const struct pf_oracle *o);

/*
 * Page maps of all lanes side by side as they stood at the end of the last
 * run (or at the finding), a character for 2^shift pages.
 */
void pf_oracle_maps(const struct pf_oracle *o, FILE *out);

/* What a page is, as the world sees it: of those that are in use the first that fits. */
enum pf_look {
	PF_LOOK_NOTHING, /* no memory, or reserved */
	PF_LOOK_FREE,
	PF_LOOK_AWAY, /* isolated or offline, and not in use */
	PF_LOOK_OWN,  /* the allocator's */
	PF_LOOK_PINNED,
	PF_LOOK_MOVABLE,
	PF_LOOK_UNMOVABLE,
	PF_LOOK_RECLAIMABLE,
};

/* What can be told of a lane in a moment; arrays have an entry a page of the layout. */
struct pf_sight {
	uint8_t *look;	     /* enum pf_look */
	uint32_t *slot;	     /* number in the program + 1, of who has it; 0: nobody */
	uint8_t *block;	     /* order + 1 where a block is listed, 0 elsewhere; see listed */
	uint8_t *where;	     /* of that block: enum pf_where */
	uint8_t *block_type; /* an entry a pageblock; PF_NR_BLOCK_TYPES: it does not say */
	bool listed;	     /* block and where are filled: it has told its lists */
	uint32_t free;
	int largest;	/* order of the largest free block, -1: none */
	uint64_t moved; /* pages, since the start */
};

/*
 * What there is to see in a lane. ask: its lists and types are asked for, which is for
 * after_op() only: after a finding it may be in no state to answer. False: it takes no part.
 */
bool pf_oracle_look(struct pf_oracle *o, unsigned lane, bool ask, struct pf_sight *s);

/* One line of text for an operation; the upper floor knows the language. */
typedef void (*pf_op_printer)(FILE *out, const struct pf_op *op);

/*
 * The story of a finding: law, blame, the last operations before it with the
 * answers of every implementation, page maps; from what the last run of this
 * program left behind. Nothing is run.
 */
void pf_story(const struct pf_oracle *o, const struct pf_verdict *v, const struct pf_op *ops,
	      size_t n, pf_op_printer print, FILE *out);

/* The registry of known divergences, known.c. */
struct pf_known {
	const char *signature;
	const char *reason;
	const char *expires; /* YYYY-MM-DD; the tests fail from then on */
	const char *example; /* program that reproduces it, path in the source tree */
};
extern const struct pf_known pf_known[];
extern const size_t pf_nr_known;

#endif /* PAGEFUZZ_ORACLE_H */
