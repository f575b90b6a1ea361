# SPDX-License-Identifier: GPL-2.0-only
# fix: mm, page_alloc: fix core hung in free_pcppages_bulk() (88e8ac11d2ea)
# file: mm/page_alloc.c
# in: free_pcppages_bulk()
# lines: 2
# More pages than a cpu has are to be taken from it: the search for the next list never ends.
# judge: laws (liveness, hang)
/^[a-z].* free_pcppages_bulk\(/,/^\}/s/count = min\(pcp->count, count\);/REVERTED(count > pcp->count);/
