/* SPDX-License-Identifier: GPL-2.0-only */
/* In place of the tree's, whose asm calls a function that preserves all registers. */
#ifndef _ASM_X86_HWEIGHT_H
#define _ASM_X86_HWEIGHT_H
#include <asm-generic/bitops/arch_hweight.h>
#endif
