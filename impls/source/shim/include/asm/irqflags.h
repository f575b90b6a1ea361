/* SPDX-License-Identifier: GPL-2.0-only */
/* In place of the tree's: a variable for the interrupt flag. */
#ifndef _X86_IRQFLAGS_H_
#define _X86_IRQFLAGS_H_

#include <asm/processor-flags.h>
#ifndef __ASSEMBLY__
#include <asm/nospec-branch.h>
#include <linux/types.h>

#define __cpuidle __section(".cpuidle.text")

extern unsigned long shim_eflags;

static __always_inline unsigned long native_save_fl(void)
{
	return shim_eflags;
}
static __always_inline unsigned long arch_local_save_flags(void)
{
	return shim_eflags;
}
static __always_inline void native_irq_disable(void)
{
	shim_eflags &= ~X86_EFLAGS_IF;
}
static __always_inline void native_irq_enable(void)
{
	shim_eflags |= X86_EFLAGS_IF;
}
static __always_inline void arch_local_irq_disable(void)
{
	native_irq_disable();
}
static __always_inline void arch_local_irq_enable(void)
{
	native_irq_enable();
}
static inline void native_safe_halt(void)
{
	native_irq_enable();
}
static inline void native_halt(void)
{
}
static inline void arch_safe_halt(void)
{
	native_safe_halt();
}
static inline void halt(void)
{
}

static __always_inline unsigned long arch_local_irq_save(void)
{
	unsigned long flags = shim_eflags;

	arch_local_irq_disable();
	return flags;
}

static __always_inline int arch_irqs_disabled_flags(unsigned long flags)
{
	return !(flags & X86_EFLAGS_IF);
}

static __always_inline int arch_irqs_disabled(void)
{
	return arch_irqs_disabled_flags(shim_eflags);
}

static __always_inline void arch_local_irq_restore(unsigned long flags)
{
	if (!arch_irqs_disabled_flags(flags))
		arch_local_irq_enable();
}
#endif
#endif
