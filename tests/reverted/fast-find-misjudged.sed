# SPDX-License-Identifier: GPL-2.0-only
# fix: mm/compaction: fix misbehaviors of fast_find_migrateblock() (15d28d0d1160)
# file: mm/compaction.c
# in: fast_find_migrateblock()
# lines: 3
# Whether a block was found is told from the position having moved. A block that begins where
# the scanner stands is then none, and the search counts as a failure.
# judge: twin
/^[a-z].* fast_find_migrateblock\(/,/^\}/s/^(\s*)if \(!found_block\)/\1REVERTED(!found_block != (pfn == cc->migrate_pfn));\n\1if (pfn == cc->migrate_pfn)/
