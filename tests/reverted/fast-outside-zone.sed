# SPDX-License-Identifier: GPL-2.0-only
# fix: mm, compaction: make fast_isolate_freepages() stay within zone (6e2b7044c199)
# file: mm/compaction.c
# in: fast_isolate_freepages()
# lines: 9
# The highest page seen is rounded down to its pageblock without regard to the start of the
# zone, and the fallback position is used without asking whether its block is the zone's: in
# zones that begin or end inside a pageblock both are pages of somebody else.
# judge: laws, twin
/^fast_isolate_freepages\(/,/^\}/{
	/highest = max\(pageblock_start_pfn/{
		N
		s/^(.*)max\((pageblock_start_pfn\(pfn\)),.*/\1({ REVERTED(\2 < cc->zone->zone_start_pfn); \2; });/
	}
	/page = pageblock_pfn_to_page\(min_pfn/{
		N
		N
		N
		s/pageblock_pfn_to_page.*/pfn_to_page(min_pfn);/
	}
	s/^(\s*)cc->free_pfn = min_pfn;/\1REVERTED(page_zone(page) != cc->zone);\n&/
}
