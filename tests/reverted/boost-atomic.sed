# SPDX-License-Identifier: GPL-2.0-only
# fix: mm, page_alloc: skip ->waternark_boost for atomic order-0 allocations (title as it is)
# file: mm/page_alloc.c
# in: zone_watermark_fast()
# lines: 3
# An atomic request for one page fails because the watermark is boosted, which it is for the
# sake of kswapd only.
# judge: laws (feasibility), twin
/^[a-z].* zone_watermark_fast\(/,/^\}/s/^(\s*)mark = z->_watermark\[WMARK_MIN\];/\1REVERTED(true);\n\1return false;/
