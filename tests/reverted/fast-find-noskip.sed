# SPDX-License-Identifier: GPL-2.0-only
# fix: Revert "mm/compaction: fix set skip in fast_find_migrateblock" (95e7a450b819)
# file: mm/compaction.c
# in: fast_find_migrateblock()
# lines: 2
# The block that the fast search has chosen is not marked to be skipped. The search finds it
# again and again as long as none of its pages can move: compaction without an end.
# judge: laws (liveness), twin
/^[a-z].* fast_find_migrateblock\(/,/^\}/s/set_pageblock_skip\(.*;/REVERTED(true);/
