# SPDX-License-Identifier: GPL-2.0-only
# fix: mm, compaction: use proper alloc_flags in __compaction_suitable() (984fdba6a32e)
# file: mm/compaction.c
# in: __compaction_suitable()
# lines: 4
# The flags of the request decide whether there are pages to move to, but those are taken with
# no such rights: compaction starts and can't take a single one.
# judge: twin
/^[a-z].* __compaction_suitable\(/,/^\}/{
	s/^(\s*)ALLOC_CMA, wmark_target\)\)/\1(alloc_flags \& ~ALLOC_WMARK_MASK) | ALLOC_CMA, wmark_target))/
	s/^(\s*)watermark \+= compact_gap\(order\);/&\n\1REVERTED(!__zone_watermark_ok(zone, 0, watermark, highest_zoneidx, ALLOC_CMA, wmark_target) \&\&\n\1\t __zone_watermark_ok(zone, 0, watermark, highest_zoneidx, alloc_flags | ALLOC_CMA, wmark_target));/
}
