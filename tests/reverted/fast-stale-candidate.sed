# SPDX-License-Identifier: GPL-2.0-only
# fix: mm, compaction: move high_pfn to the for loop scope (74e21484e40b)
# file: mm/compaction.c
# in: fast_isolate_freepages()
# lines: 4
# The second-best free page survives from the list of one order into the search of the next
# and is taken off as a block of that order, which it is not.
# judge: laws, twin
/^fast_isolate_freepages\(/,/^\}/{
	s/^(\s*unsigned long low_pfn, min_pfn, highest = 0);/\1, high_pfn = 0;/
	s/^\s*unsigned long high_pfn = 0;/\t\tREVERTED(high_pfn != 0);/
}
