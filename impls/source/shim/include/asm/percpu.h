/* SPDX-License-Identifier: GPL-2.0-only */
/* In place of the tree's: no %gs, an offset that the shim sets. */
#ifndef _ASM_X86_PERCPU_H
#define _ASM_X86_PERCPU_H

#include <linux/kernel.h>
#include <linux/stringify.h>
#include <asm/asm.h>

extern unsigned long shim_cpu_offset;
#define __my_cpu_offset shim_cpu_offset

#include <asm-generic/percpu.h>

#define this_cpu_read_stable(pcp) raw_cpu_read(pcp)
#define this_cpu_read_const(pcp)  (*raw_cpu_ptr(&(pcp)))
#define __percpu_seg_override
#define x86_this_cpu_test_bit(nr, addr) test_bit(nr, (unsigned long *)raw_cpu_ptr(addr))

DECLARE_PER_CPU_READ_MOSTLY(unsigned long, this_cpu_off);

#define init_per_cpu_var(var)	  init_per_cpu__##var
#define INIT_PER_CPU_VAR(var)	  init_per_cpu__##var
#define DECLARE_INIT_PER_CPU(var) extern typeof(var) init_per_cpu_var(var)

#define DEFINE_EARLY_PER_CPU(_type, _name, _initvalue) DEFINE_PER_CPU(_type, _name) = _initvalue
#define DEFINE_EARLY_PER_CPU_READ_MOSTLY(_type, _name, _initvalue) \
	DEFINE_PER_CPU_READ_MOSTLY(_type, _name) = _initvalue
#define EXPORT_EARLY_PER_CPU_SYMBOL(_name)		EXPORT_PER_CPU_SYMBOL(_name)
#define DECLARE_EARLY_PER_CPU(_type, _name)		DECLARE_PER_CPU(_type, _name)
#define DECLARE_EARLY_PER_CPU_READ_MOSTLY(_type, _name) DECLARE_PER_CPU_READ_MOSTLY(_type, _name)
#define early_per_cpu(_name, _cpu)			per_cpu(_name, _cpu)
#define early_per_cpu_ptr(_name)			NULL

#endif
