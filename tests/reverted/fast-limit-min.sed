# SPDX-License-Identifier: GPL-2.0-only
# fix: mm/compaction: fix 'limit' in fast_isolate_freepages (b55ca5264b0c)
# file: mm/compaction.c
# in: fast_isolate_freepages()
# lines: 4
# The number of entries of a free list to look at is the smaller of 1 and what it should be, so
# it is 0 or 1, and targets are hardly ever found in the lists.
# judge: twin
/^fast_isolate_freepages\(/,/^\}/{
	s/limit = max\(1U, freelist_scan_limit/limit = min(1U, freelist_scan_limit/
	s/^(\s*)limit = max\(1U, limit >> 1\);/\1{ REVERTED(limit > 3); limit = min(1U, limit >> 1); }/
}
