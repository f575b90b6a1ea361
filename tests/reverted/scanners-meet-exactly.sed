# SPDX-License-Identifier: GPL-2.0-only
# fix: mm, compaction: more robust check for scanners meeting
# file: mm/compaction.c
# in: compact_scanners_met()
# lines: 4
# The scanners have met only when the one position is not above the other, whatever blocks they
# are in: two scanners in one block go on.
# judge: twin
/^[a-z].* compact_scanners_met\(/,/^\}/{
	s/>> pageblock_order\)$/+ 0)/
	s/>> pageblock_order\);/+ 0);/
}
