# SPDX-License-Identifier: GPL-2.0-only
# fix: mm: limit boost_watermark on small zones (14f69140ff9c)
# file: mm/page_alloc.c
# in: boost_watermark()
# lines: 3
# Watermarks of zones of a few pageblocks are boosted as well, which takes all that they have.
# judge: laws (feasibility), twin
/^[a-z].* boost_watermark\(/,/^\}/{
	/\(pageblock_nr_pages \* 4\) >/{
		N
		s/if \((.*)\)\n.*/REVERTED(\1);/
	}
}
