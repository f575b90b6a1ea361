# SPDX-License-Identifier: GPL-2.0-only
# fix: mm: don't steal highatomic pageblock (88ed365ea227)
# file: mm/page_alloc.c
# in: steal_suitable_fallback()
# lines: 3
# A page of a highatomic block that is on another list, as after a late free, gives its block to
# whoever falls back to it; the block still counts as reserved.
# judge: twin
/^[a-z].* steal_suitable_fallback\(/,/^\}/{
	/is_migrate_highatomic\(old_block_type\)/{
		N
		s/if \((.*)\)\n.*/REVERTED(\1);/
	}
}
