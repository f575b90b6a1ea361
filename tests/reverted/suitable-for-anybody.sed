# SPDX-License-Identifier: GPL-2.0-only
# fix: mm, compaction: pass classzone_idx and alloc_flags to watermark checking (ebff398017c6)
# file: mm/compaction.c
# in: __compaction_suitable()
# lines: 5
# Whether a zone has a block already is asked without regard to whom it is for: a request that
# may not go below what is kept from it, or may go lower than others, gets another's answer.
# judge: twin
/^[a-z].* __compaction_suitable\(/,/^\}/{
	/if \(zone_watermark_ok\(zone, order, watermark, highest_zoneidx,$/{
		N
		s/highest_zoneidx,\s*alloc_flags\)/0, 0)/
	}
	s/^(\s*)return COMPACT_SUCCESS;/\1{ REVERTED(!zone_watermark_ok(zone, order, watermark, highest_zoneidx, alloc_flags)); return COMPACT_SUCCESS; }/
}
