# SPDX-License-Identifier: GPL-2.0-only
# fix: mm, page_alloc: fix a division by zero error when boosting watermarks v2
# file: mm/page_alloc.c
# in: boost_watermark()
# lines: 3
# A zone whose watermarks are still 0 is boosted by a pageblock.
# judge: twin
/^[a-z].* boost_watermark\(/,/^\}/{
	/if \(!max_boost\)/{
		N
		s/if \((.*)\)\n.*/REVERTED(\1);/
	}
}
