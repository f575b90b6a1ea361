# SPDX-License-Identifier: GPL-2.0-only
# fix: mm/compaction: fix invalid free_pfn and compact_cached_free_pfn
# file: mm/compaction.c
# in: reset_cached_positions(), compact_zone()
# lines: 9
# Where the free scanner starts is behind the last page of the zone, or, if the zone ends
# inside a pageblock, in front of the last part of it.
# judge: laws, twin
/^[a-z].* reset_cached_positions\(/,/^\}/s/pageblock_start_pfn\(zone_end_pfn\(zone\) - 1\)/zone_end_pfn(zone)/
/^compact_zone\(/,/^\}/{
	s/free_pfn = pageblock_start_pfn\(end_pfn - 1\);/free_pfn = pageblock_start_pfn(end_pfn);/
	s/free_pfn >= end_pfn/free_pfn > end_pfn/
	s/^(\s*)cc->fast_start_pfn = 0;/\1REVERTED(!pageblock_aligned(end_pfn));\n&/
}
