/* SPDX-License-Identifier: GPL-2.0-only */
/* In place of the tree's: BUG() and WARN() call functions, no traps. */
#ifndef _ASM_X86_BUG_H
#define _ASM_X86_BUG_H

#include <linux/compiler.h>
#include <linux/instrumentation.h>

extern void shim_bug(const char *file, int line) __attribute__((noreturn));
extern void shim_warn(const char *file, int line);

#define HAVE_ARCH_BUG
#define BUG()		    shim_bug(__FILE__, __LINE__)
#define __WARN_FLAGS(flags) shim_warn(__FILE__, __LINE__)

#include <asm-generic/bug.h>

#endif
