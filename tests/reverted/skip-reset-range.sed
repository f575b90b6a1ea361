# SPDX-License-Identifier: GPL-2.0-only
# fix: mm, compaction: fix wrong pfn handling in __reset_isolation_pfn() (a2e9a5afce08)
# file: mm/compaction.c
# in: __reset_isolation_pfn()
# lines: 6
# The end of the block is the first page of the next one, and the samples stop in front of it;
# the start is that of the block even where the zone begins later. Bits are cleared for pages
# of others, or not at all.
# judge: twin
/^__reset_isolation_pfn\(/,/^\}/{
	s/^\s*block_pfn = max\(block_pfn, zone->zone_start_pfn\);/\tREVERTED(block_pfn < zone->zone_start_pfn || !pfn_to_online_page(min(pageblock_end_pfn(pfn), zone_end_pfn(zone) - 1)));/
	s/pageblock_end_pfn\(pfn\) - 1/pageblock_end_pfn(pfn)/
	s/while \(page <= end_page\)/while (page < end_page)/
}
