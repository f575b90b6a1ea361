# SPDX-License-Identifier: GPL-2.0-only
# fix: mm: page_alloc: avoid merging non-fallbackable pageblocks with others (1dd214b8f21c)
# file: mm/page_alloc.c
# in: __free_one_page()
# lines: 4
# Only isolated pageblocks are kept from merging with others. Blocks of the highatomic reserve
# merge with ordinary ones, and the count of what is reserved is no longer that of the blocks.
# judge: twin
/^[a-z].* __free_one_page\(/,/^\}/{
	/&& \(!migratetype_is_mergeable\(migratetype\) \|\|$/{
		N
		s/.*/\t\t\t\t\t\&\& (is_migrate_isolate(migratetype) || is_migrate_isolate(buddy_mt)))/
	}
	s/^(\s*)if \(migratetype != buddy_mt$/\1REVERTED(migratetype != buddy_mt \&\& (is_migrate_highatomic(migratetype) || is_migrate_highatomic(buddy_mt)));\n&/
}
