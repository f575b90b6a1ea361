# SPDX-License-Identifier: GPL-2.0-only
# fix: mm, compaction: return failed migration target pages back to freelist
# file: mm/compaction.c
# in: compaction_free()
# lines: 4
# A target that was not needed goes back to the allocator and not to the list of targets, of
# which the free scanner then takes more pages than it has to.
# judge: twin
/^[a-z].* compaction_free\(/,/^\}/{
	s/list_add\(.*;/REVERTED(true);/
	s/cc->nr_freepages\+\+;/put_page(page);/
}
