# SPDX-License-Identifier: GPL-2.0-only
# fix: mm/page_alloc.c: refactor initialization of struct page for holes in memory layout (0740a50b9baa)
# file: mm/page_alloc.c
# in: memmap_init_zone_range()
# lines: 2
# Pages of holes say that they are in zone 0 of node 0, whatever zone they lie in: pageblocks
# with pages of two zones, which scanners believe or trip over.
# judge: laws, twin
/^[a-z].* memmap_init_zone_range\(/,/^\}/s/init_unavailable_range\((.*), zone_id, nid\);/({ REVERTED(zone_id || nid); init_unavailable_range(\1, 0, 0); });/
