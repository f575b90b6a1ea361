/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fit.h - programs that a whole lineup can run: their configuration is changed until
 * the layout is within what all members take (struct pf_limits of the contract).
 */
#ifndef PAGEFUZZ_FIT_H
#define PAGEFUZZ_FIT_H

#include <stddef.h>

#include "../../impls/impl.h"
#include "../../oracle/op.h"

/* Room that the configuration of a fitted program needs at most, operations. */
#define PF_FIT_OPS (4 + PF_MAX_ZONES + PF_MAX_RANGES)

/*
 * Let the layout of the canonical program of `n` operations at `ops`, an array with
 * room for `cap`, be within limits, and return its new length, at most cap. What the
 * configuration gains in length falls off the program's end.
 *
 * No change if the layout is within them already, if `limits` is NULL, if no layout
 * can be within them, or if the new configuration does not fit into `cap`; with a cap
 * of PF_FIT_OPS or more it always does. The result is canonical.
 */
size_t pf_program_fit(struct pf_op *ops, size_t n, size_t cap, const struct pf_limits *limits);

/*
 * In a few words, what of the layout of the program of `n` operations at `ops` is beyond
 * limits; "" if nothing is.
 */
void pf_limits_explain(const struct pf_op *ops, size_t n, const struct pf_limits *limits,
		       char *text, size_t size);

/* Narrow `all` to what `one` takes as well. NULL takes everything. */
void pf_limits_join(struct pf_limits *all, const struct pf_limits *one);

#endif /* PAGEFUZZ_FIT_H */
