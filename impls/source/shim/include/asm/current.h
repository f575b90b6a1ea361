/* SPDX-License-Identifier: GPL-2.0-only */
/* One task at a time, whatever the tree's own header says. */
#ifndef SHIM_ASM_CURRENT_H
#define SHIM_ASM_CURRENT_H
#include_next <asm/current.h>
extern struct task_struct *shim_current;
#undef current
#define current shim_current
#endif
