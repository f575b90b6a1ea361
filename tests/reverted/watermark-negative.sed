# SPDX-License-Identifier: GPL-2.0-only
# fix: page_alloc: fix invalid watermark check on a negative value (9282012fc0aa)
# file: mm/page_alloc.c
# in: zone_watermark_fast()
# lines: 3
# A reserve larger than what is free makes a negative number, which compared as unsigned is
# above every watermark: the zone is emptied.
# judge: laws (reserves), twin
/^[a-z].* zone_watermark_fast\(/,/^\}/s/^(\s*)usable_free -= min\(usable_free, reserved\);/\1REVERTED(usable_free < reserved);\n\1usable_free -= reserved;/
