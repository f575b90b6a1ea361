/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sections as large as the tree's, but a block of the largest order may span several:
 * the memmap has no gaps. To the preprocessor, which checks that, they are huge. A page
 * has a memmap if it is in the layout and its section has memory.
 */
#ifndef SHIM_ASM_SPARSEMEM_H
#define SHIM_ASM_SPARSEMEM_H
#include_next <asm/sparsemem.h>
enum { shim_section_bits = SECTION_SIZE_BITS };
#undef SECTION_SIZE_BITS
#define SECTION_SIZE_BITS (shim_section_bits ? shim_section_bits : 63)
#ifndef __ASSEMBLY__
extern int shim_pfn_valid(unsigned long pfn);
#define pfn_valid(pfn) shim_pfn_valid(pfn)
#endif
#endif
