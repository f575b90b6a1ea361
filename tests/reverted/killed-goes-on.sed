# SPDX-License-Identifier: GPL-2.0-only
# fix: mm: compaction: avoid 100% CPU usage during compaction when a task is killed (670105a25608)
# file: mm/compaction.c
# in: isolate_migratepages_block()
# lines: 4
# A fatal signal ends the scan of the block but not the compaction, which begins the block
# again as long as it has not come to its end.
# judge: laws (liveness), twin
/^isolate_migratepages_block\(/,/^\}/{
	s/^(\s*)ret = -EINTR;/\1REVERTED(true);/
	s/goto fatal_pending;/break;/
}
