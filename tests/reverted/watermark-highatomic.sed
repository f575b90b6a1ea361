# SPDX-License-Identifier: GPL-2.0-only
# fix: page_alloc: consider highatomic reserve in watermark fast (f27ce0e14088)
# file: mm/page_alloc.c
# in: zone_watermark_fast()
# lines: 3
# The quick check of a request for one page counts the highatomic reserve as usable.
# judge: laws (reserves), twin
/^[a-z].* zone_watermark_fast\(/,/^\}/s/^(\s*)(reserved = )(__zone_watermark_unusable_free.*);/\1REVERTED(\3);\n\1\20;/
