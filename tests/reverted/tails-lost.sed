# SPDX-License-Identifier: GPL-2.0-only
# fix: mm/page_alloc.c: fix freeing non-compound pages (e320d3012d25)
# file: mm/page_alloc.c
# in: __free_pages()
# lines: 5
# Somebody else's reference on the first page of a block that is no compound page, at the time
# when it is freed: all pages but the first are lost.
# judge: none: nobody takes such references here
/^void __free_pages\(/,/^\}/{
	/else if \(!head\)/{
		N
		N
		s/.*/\telse\n\t\tREVERTED(!head);/
	}
}
