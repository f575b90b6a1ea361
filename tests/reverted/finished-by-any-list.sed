# SPDX-License-Identifier: GPL-2.0-only
# fix: mm/compaction: enhance compaction finish condition (2149cdaef6c0)
# file: mm/compaction.c
# in: __compact_finished()
# lines: 3
# Any free block of the order, on whatever list, ends compaction with success, also one that
# the request may not have.
# judge: laws, twin
/^[a-z].* __compact_finished\(/,/^\}/s/^(\s*)if \(!free_area_empty\(area, migratetype\)\)/\1REVERTED(area->nr_free \&\& free_area_empty(area, migratetype) \&\& find_suitable_fallback(area, order, migratetype, true, \&can_steal) == -1);\n\1if (area->nr_free)/
