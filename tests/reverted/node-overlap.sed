# SPDX-License-Identifier: GPL-2.0-only
# fix: mm: compaction: check for overlapping nodes during isolation for migration (dc9086004b3d)
# file: mm/page_alloc.c
# in: __pageblock_pfn_to_page()
# lines: 6
# Whether the pages of a block belong to the zone is not asked. Where nodes or zones take turns,
# compaction takes pages of another one, and zones with such parts count as contiguous.
# judge: laws, twin
/^[a-z].* \*__pageblock_pfn_to_page\(/,/^\}/{
	/page_zone\(start_page\) != zone/{
		N
		s/if \((.*)\)\n.*/REVERTED(\1);/
	}
	/page_zone_id\(start_page\) != page_zone_id\(end_page\)/{
		N
		s/if \((.*)\)\n.*/REVERTED(\1);/
	}
}
