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
#include "op.h"

#define PF_MAX_LANES 16

/* Laws of one implementation, then relations between several. Append-only. */
#define PF_LAWS(X)                    \
	X(PLACEMENT, placement)       \
	X(EXCLUSIVE, exclusive)       \
	X(CONSERVATION, conservation) \
	X(CENSUS, census)             \
	X(COALESCED, coalesced)       \
	X(CONTENTS, contents)         \
	X(IMMOVABLE, immovable)       \
	X(CONSENT, consent)           \
	X(LIVENESS, liveness)         \
	X(RESERVES, reserves)         \
	X(FEASIBILITY, feasibility)   \
	X(TRUTHFUL, truthful)         \
	X(IDENTITIES, identities)     \
	X(BLOCK_TYPES, block_types)   \
	X(CANONICAL, canonical)       \
	X(SELF_CHECK, self_check)     \
	X(TOTALS, totals)             \
	X(FREE_SET, free_set)         \
	X(HISTOGRAM, histogram)       \
	X(SAME_LOG, same_log)         \
	X(MIRRORED, mirrored)         \
	X(EXACT, exact)               \
	X(ALIVE, alive)               \
	X(PROGRESS, progress)         \
	X(SETTLED, settled)

enum pf_law {
#define X(id, name) PF_LAW_##id,
	PF_LAWS(X)
#undef X
		PF_NR_LAWS,
};

extern const char *const pf_law_name[PF_NR_LAWS];
/* The law in one sentence, for a story. */
extern const char *const pf_law_text[PF_NR_LAWS];

enum pf_outcome {
	PF_CLEAN,
	PF_FINDING,	/* the verdict says what */
	PF_KNOWN,	/* a finding that the registry of known divergences lists */
	PF_UNSUPPORTED, /* no implementation supports the layout, or it is over max_pages */
};

struct pf_verdict {
	enum pf_law law;
	unsigned lane;	    /* blamed: index into the lineup */
	int other;	    /* second one of a relation, or -1 */
	size_t step;	    /* index of the operation; n: the audit after the last one */
	uint8_t op_kind;    /* PF_NR_OPS: the audit after the last one */
	char signature[80]; /* law/impl[:impl2]/operation */
	char detail[400];
};

/* Figures of one implementation, summed over runs until pf_oracle_reset_figures(). */
struct pf_figures {
	uint64_t ops;	  /* operations that reached the implementation */
	uint64_t skipped; /* operations it has no function for */
	uint64_t alloc_ok[PF_NR_ORDERS], alloc_failed[PF_NR_ORDERS];
	uint64_t migrations, refused, evictions; /* units */
	uint64_t migrate_scanned, free_scanned;	 /* pages, as the implementation counts */
	uint64_t events[PF_NR_EVENTS];
	uint64_t checks; /* laws evaluated */
	/* At the end of the last run, before everything is freed. */
	uint32_t free_pages;
	int largest_free_order;	 /* -1: nothing free */
	unsigned unusable_index; /* for the layout's pageblock order, thousandths */
};

/* What the comparison of twins found equal. */
struct pf_exact {
	uint64_t allocations, migrations, dumps;
};

struct pf_start_point {
	struct pf_layout layout;
	struct pf_dump dump;
};

struct pf_options {
	uint32_t max_pages; /* layouts above are not run; 0: no limit */
	bool unchecked;	    /* operations only: no laws, for benchmarks and tables */
	/* Called after each operation of each lane; pfn is PF_NO_PFN without a block. */
	void (*trace)(void *arg, size_t step, const struct pf_op *op, unsigned lane,
		      const char *answer);
	void *trace_arg;
	FILE *maps_before_end; /* NULL, or where to print page maps before all is freed */
	/*
	 * NULL, or the machine that all start from, whatever the program's
	 * configuration says; implementations that can't are left out.
	 */
	const struct pf_start_point *start;
	/* Compare the dumps of twins after so many operations too; 0: at checkpoints only. */
	uint32_t dump_every;
	/*
	 * Every event of every lane, as it happens, in the operation that trace
	 * was told last. NULL: only those that laws need are asked for.
	 */
	void (*event)(void *arg, unsigned lane, const struct pf_event *ev);
	void *event_arg;
	/* Before everything is freed at the end; pf_oracle_dump() works in it. */
	void (*before_end)(void *arg);
	void *before_end_arg;
	bool dumps; /* ask for dumps even of a single twin, for a recorder */
};

struct pf_oracle;

/* A lineup of 1..PF_MAX_LANES implementations. NULL: out of memory. */
struct pf_oracle *pf_oracle_new(const struct pf_impl *const *lineup, unsigned nr);
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
const struct pf_figures *pf_oracle_figures(const struct pf_oracle *o, unsigned lane);
void pf_oracle_reset_figures(struct pf_oracle *o);
/* Add all counts; what is about the end of a run is left alone. */
void pf_figures_add(struct pf_figures *to, const struct pf_figures *from);
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

/* One line of text for an operation; the upper floor knows the language. */
typedef void (*pf_op_printer)(FILE *out, const struct pf_op *op);

/*
 * The story of a finding: law, blame, the last operations before it with the
 * answers of every implementation, page maps. Runs the program once more.
 */
void pf_story(struct pf_oracle *o, const struct pf_op *ops, size_t n, pf_op_printer print,
	      FILE *out);

/*
 * End the process through frames named after law and operation, with a line
 * that crash triage tools take as the crash state. Does not return.
 */
_Noreturn void pf_die(const struct pf_verdict *verdict);

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
