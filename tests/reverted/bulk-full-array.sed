# SPDX-License-Identifier: GPL-2.0-only
# fix: mm/page_alloc: Correct return value of populated elements if bulk array is populated (66d9282523b3)
# file: mm/page_alloc.c
# in: __alloc_pages_bulk()
# lines: 2
# A bulk request whose array is full already answers 0 and not how many there are.
# judge: none: requests begin with an empty array
/^[a-z].* __alloc_pages_bulk\(/,/^\}/{
	/nr_pages - nr_populated == 0/{
		n
		s/goto out;/{ REVERTED(true); return 0; }/
	}
}
