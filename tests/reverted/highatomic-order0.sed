# SPDX-License-Identifier: GPL-2.0-only
# fix: mm/page_alloc: let GFP_ATOMIC order-0 allocs access highatomic reserves (281dd25c1a01)
# file: mm/page_alloc.c
# in: rmqueue_buddy()
# lines: 3
# An atomic request for one page fails although the reserve, which its watermark counted, has
# free pages.
# judge: laws (feasibility), twin
/^[a-z].* \*rmqueue_buddy\(/,/^\}/s/^(\s*)(if \(!page && \(alloc_flags & )\(ALLOC_OOM\|ALLOC_NON_BLOCK\)/\1REVERTED(!page \&\& (alloc_flags \& ALLOC_NON_BLOCK) \&\& ({ int o, any = 0; for (o = order; o < MAX_ORDER; o++) any |= !list_empty(\&zone->free_area[o].free_list[MIGRATE_HIGHATOMIC]); any; }));\n\1\2ALLOC_OOM/
