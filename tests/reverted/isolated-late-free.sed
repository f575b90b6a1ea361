# SPDX-License-Identifier: GPL-2.0-only
# fix: mm/page_alloc: add freepage on isolate pageblock to correct buddy list (51bb1a4093cc)
# file: mm/page_alloc.c
# in: free_pcppages_bulk()
# lines: 3
# A page goes from a cpu's list to the free list of the type that its block had when it was
# freed, though the block has been isolated since: it is free for everybody.
# judge: laws (exclusive, conservation), twin
/^[a-z].* free_pcppages_bulk\(/,/^\}/{
	/unlikely\(isolated_pageblocks\)/{
		N
		s/.*/\t\t\tREVERTED(isolated_pageblocks \&\& mt != get_pageblock_migratetype(page));/
	}
}
