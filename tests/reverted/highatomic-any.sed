# SPDX-License-Identifier: GPL-2.0-only
# fix: mm/page_alloc: only set ALLOC_HIGHATOMIC for __GPF_HIGH allocations
# file: mm/page_alloc.c
# in: gfp_to_alloc_flags()
# lines: 3
# Any request that can't sleep takes from and adds to the highatomic reserve, not only those
# with __GFP_HIGH.
# judge: twin
/^gfp_to_alloc_flags\(/,/^\}/s/^(\s*)if \(order > 0 && (\(alloc_flags & ALLOC_MIN_RESERVE\))\)/\1REVERTED(order > 0 \&\& !\2);\n\1if (order > 0)/
