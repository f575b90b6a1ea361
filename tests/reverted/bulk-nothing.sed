# SPDX-License-Identifier: GPL-2.0-only
# fix: mm/page_alloc: always attempt to allocate at least one page during bulk allocation (c572e4888ad1)
# file: mm/page_alloc.c
# in: __alloc_pages_bulk()
# lines: 2
# If no zone has enough for all pages above its watermark a bulk request gets none at all, and
# callers that wait for one wait for ever.
# judge: laws, twin
/^[a-z].* __alloc_pages_bulk\(/,/^\}/{
	/unlikely\(!zone\)/{
		n
		s/goto failed;/{ REVERTED(true); goto out; }/
	}
}
