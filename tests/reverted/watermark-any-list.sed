# SPDX-License-Identifier: GPL-2.0-only
# fix: mm, page_alloc: fix potential false positive in __zone_watermark_ok
# file: mm/page_alloc.c
# in: __zone_watermark_ok()
# lines: 3
# For an urgent request any free block of the order passes the check, also one on a list that
# the request may not take from.
# judge: twin
/^bool __zone_watermark_ok\(/,/^\}/s/^(\s*)for \(mt = 0;/\1REVERTED((alloc_flags \& (ALLOC_NON_BLOCK|ALLOC_OOM)) \&\& free_area_empty(area, 0) \&\& free_area_empty(area, 1) \&\& free_area_empty(area, 2));\n\1if (alloc_flags \& (ALLOC_NON_BLOCK|ALLOC_OOM))\n\1\treturn true;\n&/
