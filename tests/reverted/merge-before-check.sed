# SPDX-License-Identifier: GPL-2.0-only
# fix: mm: page_alloc: validate buddy before check its migratetype (787af64d05cd)
# file: mm/page_alloc.c
# in: __free_one_page()
# lines: 6
# The type of the buddy's pageblock is read before it is known that there is such a page. At
# the end of memory the buddy may lie where there is no memmap at all.
# judge: laws (crash)
/^[a-z].* __free_one_page\(/,/^\}/s/^(\s*)(buddy = )find_buddy_page_pfn\(page, pfn, order, &buddy_pfn\);/\1buddy_pfn = __find_buddy_pfn(pfn, order);\n\1\2page + (buddy_pfn - pfn);\n\1REVERTED(order >= pageblock_order \&\& !pfn_valid(buddy_pfn));\n\1if (order >= pageblock_order \&\& get_pageblock_migratetype(buddy) != migratetype \&\&\n\1    !(migratetype_is_mergeable(migratetype) \&\& migratetype_is_mergeable(get_pageblock_migratetype(buddy))))\n\1\tgoto done_merging;\n&/
