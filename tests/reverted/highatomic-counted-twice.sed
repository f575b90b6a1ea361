# SPDX-License-Identifier: GPL-2.0-only
# fix: mm: prevent double decrease of nr_reserved_highatomic (4855e4a7f29d)
# file: mm/page_alloc.c
# in: unreserve_highatomic_pageblock()
# lines: 3
# Each page found on the highatomic list makes the reserve smaller by a pageblock, also if its
# block was given back before and the page only came late.
# judge: twin
/^[a-z].* unreserve_highatomic_pageblock\(/,/^\}/s/^(\s*)if \((is_migrate_highatomic_page\(page\))\)/\1REVERTED(!(\2));\n\1if (true)/
