/* SPDX-License-Identifier: GPL-2.0-only */
/* options.h - how a run goes: what it starts from, what is compared, who watches. */
#ifndef PAGEFUZZ_OPTIONS_H
#define PAGEFUZZ_OPTIONS_H

#include "../impls/dump.h"
#include "blame.h"
#include "op.h"

struct pf_start_point {
	struct pf_layout layout;
	struct pf_dump dump;
};

struct pf_options {
	uint32_t max_pages; /* layouts above are not run; 0: no limit */
	bool unchecked;	    /* operations only: no laws, for benchmarks and tables */
	/*
	 * Before each operation, with a NULL answer and lane 0; then with the answer of each
	 * lane, a line of text.
	 */
	void (*trace)(void *arg, size_t step, const struct pf_op *op, unsigned lane,
		      const char *answer);
	void *trace_arg;
	/* After each operation, when its laws were asked; pf_oracle_look() works in it. */
	void (*after_op)(void *arg, size_t step);
	void *after_op_arg;
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
	/* NULL, or where to say all the time what is being done. Somebody else may look. */
	struct pf_at *at;
};

#endif /* PAGEFUZZ_OPTIONS_H */
