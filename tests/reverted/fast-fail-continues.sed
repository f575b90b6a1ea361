# SPDX-License-Identifier: GPL-2.0-only
# fix: mm, compaction: abort search if isolation fails (5b56d996dd50)
# file: mm/compaction.c
# in: fast_isolate_freepages()
# lines: 2
# A free page that cannot be taken for the watermark does not end the search: all other orders
# are looked at in vain.
# judge: twin
/^fast_isolate_freepages\(/,/^\}/s/order = cc->search_order \+ 1;/REVERTED(true);/
