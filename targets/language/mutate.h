/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mutate.h - new programs from nothing, from one, and from two. Everything here
 * is a pure function of its arguments and the random state, allocates nothing
 * and returns canonical programs.
 *
 * What it invents stays small: never `config scale`, no zone above
 * PF_MUTATE_MAX_PAGES pages (but for pf_generate_full()), mostly low slots. Operations
 * that a program already has may say otherwise and are left as they are.
 */
#ifndef PAGEFUZZ_MUTATE_H
#define PAGEFUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>

#include "../../oracle/op.h"
#include "rng.h"

#define PF_MUTATE_MAX_PAGES 4096

/*
 * Write a fresh program of min(n, cap) operations to `ops` and return that
 * number; n of 0 counts as 1.
 */
size_t pf_generate(struct pf_op *ops, size_t n, size_t cap, struct pf_rng *rng);

/*
 * Write a fresh program that fills a zone of up to PF_FULL_MAX_PAGES pages, gives some
 * of it back and fills it again: for what shows only where page numbers are large, or
 * when the last free page is looked for. Returns its length, at most cap.
 */
#define PF_FULL_MAX_PAGES 16384
size_t pf_generate_full(struct pf_op *ops, size_t cap, struct pf_rng *rng);

/*
 * Write a fresh program that scatters small free blocks over a full zone, near its
 * watermarks at times, and asks for larger ones, again and again: what compaction, its
 * deferral and the fallbacks are for. Returns its length, at most cap.
 */
size_t pf_generate_scattered(struct pf_op *ops, size_t cap, struct pf_rng *rng);

/*
 * Change the canonical program of `n` operations at `ops`, an array with room
 * for `cap`, and return its new length: 1..cap (0 only if cap is 0). An n above
 * cap is cut first.
 */
size_t pf_mutate(struct pf_op *ops, size_t n, size_t cap, struct pf_rng *rng);

/*
 * Write a cross of two canonical programs to `out`, which overlaps neither, and
 * return its length: at most cap, and 0 only if cap or both lengths are 0.
 */
size_t pf_splice(const struct pf_op *a, size_t na, const struct pf_op *b, size_t nb,
		 struct pf_op *out, size_t cap, struct pf_rng *rng);

/*
 * The same on byte forms, for the engines. `work` is scratch memory of `nr_work`
 * operations, at least 3; longer programs are cut to what fits into it, so
 * max(length, cap) operations is a good size for pf_mutate_bytes() and three times
 * that for pf_splice_bytes(). Both return the length of the result: canonical,
 * 1..cap bytes (0 only if cap is 0).
 *
 * pf_mutate_bytes() works in place. A `len` above `cap` asks for a smaller
 * program; an empty one for a fresh program.
 */
size_t pf_mutate_bytes(uint8_t *buf, size_t len, size_t cap, uint64_t seed, struct pf_op *work,
		       size_t nr_work);
size_t pf_splice_bytes(const uint8_t *a, size_t na, const uint8_t *b, size_t nb, uint8_t *out,
		       size_t cap, uint64_t seed, struct pf_op *work, size_t nr_work);

#endif /* PAGEFUZZ_MUTATE_H */
