# SPDX-License-Identifier: GPL-2.0-only
# fix: mm/compaction.c: fix an undefined behaviour
# file: mm/compaction.c
# in: freelist_scan_limit()
# lines: 3
# How often a search has failed is a shift count without a limit: after 64 failures x86 starts
# again with the full number of entries, and C says nothing.
# judge: twin
/^freelist_scan_limit\(/,/^\}/s/return (.*) >> min\(shift, (.*fail)\)/REVERTED(\2 > shift);\n\treturn \1 >> (\2)/
