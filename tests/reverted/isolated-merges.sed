# SPDX-License-Identifier: GPL-2.0-only
# fix: mm/page_alloc: prevent merging between isolated and other pageblocks (d9dddbf55667)
# file: mm/page_alloc.c
# in: __free_one_page()
# lines: 4
# Only the type of the freed page decides whether it may merge across pageblocks, not that of
# the buddy: a free page can reach from an ordinary block into an isolated one.
# judge: laws (block_types, conservation), twin
/^[a-z].* __free_one_page\(/,/^\}/{
	/&& \(!migratetype_is_mergeable\(migratetype\) \|\|$/{
		N
		s/.*/\t\t\t\t\t\&\& !migratetype_is_mergeable(migratetype))/
	}
	s/^(\s*)if \(migratetype != buddy_mt$/\1REVERTED(migratetype_is_mergeable(migratetype) \&\& is_migrate_isolate(buddy_mt));\n&/
}
