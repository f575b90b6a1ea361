# SPDX-License-Identifier: GPL-2.0-only
# fix: mm/compaction: count pages and stop correctly during page isolation (38935861d85a)
# file: mm/compaction.c
# in: isolate_migratepages_block()
# lines: 4
# A compound page counts as one, and the batch ends when there are exactly 32: it can become as
# large as the block.
# judge: twin
/^isolate_migratepages_block\(/,/^\}/{
	s/cc->nr_migratepages \+= compound_nr\(page\);/REVERTED(compound_nr(page) > 1); cc->nr_migratepages++;/
	s/cc->nr_migratepages >= COMPACT_CLUSTER_MAX/cc->nr_migratepages == COMPACT_CLUSTER_MAX/
}
