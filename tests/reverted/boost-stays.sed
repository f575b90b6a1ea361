# SPDX-License-Identifier: GPL-2.0-only
# fix: mm, page_alloc: reset the zone->watermark_boost early
# file: mm/page_alloc.c
# in: __setup_per_zone_wmarks()
# lines: 2
# New watermarks do not end a boost, and low and high are computed from what it adds.
# judge: twin
/^[a-z].* __setup_per_zone_wmarks\(/,/^\}/{
	s/^\s*zone->watermark_boost = 0;/\t\tREVERTED(zone->watermark_boost);/
}
