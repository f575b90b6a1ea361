// SPDX-License-Identifier: GPL-2.0-only
/* workingset.c - the tree's file of that name, and its start. */
#include "shim.h"

#include <mm/workingset.c>

void shim_workingset_init(void)
{
	workingset_init();
}
