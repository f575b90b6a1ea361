/* SPDX-License-Identifier: GPL-2.0-only */
/* In place of the tree's: a plain counter. */
#ifndef __ASM_PREEMPT_H
#define __ASM_PREEMPT_H

#include <linux/thread_info.h>

extern int shim_preempt_count;

#define PREEMPT_ENABLED (0)
#define init_task_preempt_count(p) \
	do {                       \
	} while (0)
#define init_idle_preempt_count(p, cpu) \
	do {                            \
	} while (0)

static __always_inline int preempt_count(void)
{
	return shim_preempt_count;
}
static __always_inline void preempt_count_set(int pc)
{
	shim_preempt_count = pc;
}
static __always_inline void set_preempt_need_resched(void)
{
}
static __always_inline void clear_preempt_need_resched(void)
{
}
static __always_inline bool test_preempt_need_resched(void)
{
	return false;
}
static __always_inline void __preempt_count_add(int val)
{
	shim_preempt_count += val;
}
static __always_inline void __preempt_count_sub(int val)
{
	shim_preempt_count -= val;
}
static __always_inline bool __preempt_count_dec_and_test(void)
{
	return !--shim_preempt_count;
}
static __always_inline bool should_resched(int offset)
{
	return false;
}

#endif
