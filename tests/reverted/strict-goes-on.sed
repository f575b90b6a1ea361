# SPDX-License-Identifier: GPL-2.0-only
# fix: mm/compaction: break out of loop on !PageBuddy in isolate_freepages_block
# file: mm/compaction.c
# in: isolate_freepages_block()
# lines: 6
# After a page in use the scan of a range that has to be free goes on and at last compares sums,
# to which a large free page across the end can add what is missing.
# judge: laws (exclusive), twin
/^[a-z].* isolate_freepages_block\(/,/^\}/{
	s/^(\s*)unsigned int order;/&\n\1const unsigned long first = *start_pfn;/
	/^\s*if \(strict\)$/{
		N
		s/^(\s*)if \(strict\)\n\s*break;/\1REVERTED(strict);\n\1if (false)\n\1\tbreak;/
	}
	s/strict && blockpfn < end_pfn/strict \&\& end_pfn - first > total_isolated/
}
