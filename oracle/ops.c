// SPDX-License-Identifier: GPL-2.0-only
/* ops.c - the function of each kind of operation, by its class; see ops.h. */
#include "ops.h"

#define FUNCTION(id, name, class, weight) [PF_OP_##id] = FUNCTION_##class(name),
#define FUNCTION_CONFIG(name)		  NULL
#define FUNCTION_MEMORY(name)		  pf_do_##name
#define FUNCTION_SYSTEM(name)		  pf_do_##name
#define FUNCTION_OWNER(name)		  pf_do_owner
const pf_op_fn pf_op_functions[PF_NR_OPS] = {PF_OPS(FUNCTION)};
