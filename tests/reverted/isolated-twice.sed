# SPDX-License-Identifier: GPL-2.0-only
# fix: mm: page-isolation: skip isolated pageblock in start_isolate_page_range()
# file: mm/page_isolation.c
# in: start_isolate_page_range()
# lines: 2
# A range inside one pageblock has it isolated as its first and again as its last block, which
# fails: there is no such range.
# judge: laws (feasibility), twin
/^[a-z].* start_isolate_page_range\(/,/^\}/s/skip_isolation = true;/REVERTED(true);/
