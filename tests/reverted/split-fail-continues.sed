# SPDX-License-Identifier: GPL-2.0-only
# fix: mm, compaction: abort free scanner if split fails
# file: mm/compaction.c
# in: isolate_freepages_block()
# lines: 2
# A free page that cannot be taken for the watermark does not end the scan of the block.
# judge: twin
/^[a-z].* isolate_freepages_block\(/,/^\}/{
	/if \(!isolated\)/{
		n
		s/break;/{ REVERTED(true); continue; }/
	}
}
