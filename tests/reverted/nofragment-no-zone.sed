# SPDX-License-Identifier: GPL-2.0-only
# fix: mm/page_alloc.c: avoid potential NULL pointer dereference
# file: mm/page_alloc.c
# in: alloc_flags_nofragment()
# lines: 3
# A request for which there is no zone at all is asked what its zone is.
# judge: laws (crash)
/^alloc_flags_nofragment\(/,/^\}/{
	/if \(!zone\)/{
		N
		s/.*/\tREVERTED(!zone);/
	}
}
