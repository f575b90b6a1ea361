# SPDX-License-Identifier: GPL-2.0-only
# fix: mm, page_alloc: always use a captured page regardless of compaction result
# file: mm/compaction.c
# file: mm/page_alloc.c
# in: compact_zone_order(), __alloc_pages_direct_compact()
# lines: 5
# A page that was captured while compaction ended with something else than success is dropped:
# it is neither free nor anybody's.
# judge: laws (conservation)
/^static .* compact_zone_order\(/,/^\}/{
	/^\s*if \(\*capture\)/{
		N
		s/.*/\tREVERTED(*capture \&\& ret != COMPACT_SUCCESS);/
	}
}
/^__alloc_pages_direct_compact\(/,/^\}/s/^(\s*)(prep_new_page\(page, .*)/\1{ if (*compact_result != COMPACT_SUCCESS) return NULL; \2 }/
