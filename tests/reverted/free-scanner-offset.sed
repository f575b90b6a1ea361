# SPDX-License-Identifier: GPL-2.0-only
# fix: mm/compaction: make isolate_freepages start at pageblock boundary (49e068f0b73d)
# file: mm/compaction.c
# in: isolate_freepages()
# lines: 3
# The free scanner goes down by whole blocks from where it happened to stand, so of each block
# it sees but the part behind that offset.
# judge: laws, twin
/^[a-z].* isolate_freepages\(/,/^\}/s/^(\s*)block_start_pfn = pageblock_start_pfn\((isolate_start_pfn)\);/\1REVERTED(!pageblock_aligned(\2));\n\1block_start_pfn = \2;/
