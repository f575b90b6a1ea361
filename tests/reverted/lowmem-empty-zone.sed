# SPDX-License-Identifier: GPL-2.0-only
# fix: Revert "mm/page_alloc.c: don't show protection in zone's ->lowmem_reserve[] for empty zone" (eae116d1f044)
# file: mm/page_alloc.c
# in: setup_per_zone_lowmem_reserve()
# lines: 3
# A zone is not protected from requests whose highest zone is one without memory, although
# they come down to it all the same.
# judge: twin
/^[a-z].* setup_per_zone_lowmem_reserve\(/,/^\}/s/^(\s*)if \(clear\)/\1REVERTED(!clear \&\& !zone_managed_pages(upper_zone) \&\& managed_pages \/ ratio);\n\1if (clear || !zone_managed_pages(upper_zone))/
