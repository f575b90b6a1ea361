/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ops.h - one function for each kind of operation, by the table of op.h: does it
 * on all lanes, judges what each answered, and settles what they have in common.
 * A new kind gets its row in PF_OPS and its function in one of the ops_*.c.
 */
#ifndef PAGEFUZZ_OPS_H
#define PAGEFUZZ_OPS_H

#include "world.h"

typedef void (*pf_op_fn)(struct pf_oracle *run, const struct pf_op *op);

/* By kind; NULL for configuration, which layout.c has read. */
extern const pf_op_fn pf_op_functions[PF_NR_OPS];

/* Census, contents, totals: what a checkpoint asks, and the end of a run. */
void pf_audit(struct pf_oracle *run);
/* Pageblocks that are out of use come back. */
void pf_undo_blocks(struct pf_lane *lane);

#define PF_OP_FUNCTION(id, name, class, weight) pf_op_fn_##class(name)
#define pf_op_fn_CONFIG(name)
#define pf_op_fn_MEMORY(name) void pf_do_##name(struct pf_oracle *run, const struct pf_op *op);
#define pf_op_fn_SYSTEM(name) void pf_do_##name(struct pf_oracle *run, const struct pf_op *op);
/* All that an owner may say is one function. */
#define pf_op_fn_OWNER(name)
PF_OPS(PF_OP_FUNCTION)
#undef PF_OP_FUNCTION
#undef pf_op_fn_CONFIG
#undef pf_op_fn_MEMORY
#undef pf_op_fn_SYSTEM
#undef pf_op_fn_OWNER

void pf_do_owner(struct pf_oracle *run, const struct pf_op *op);

#endif /* PAGEFUZZ_OPS_H */
