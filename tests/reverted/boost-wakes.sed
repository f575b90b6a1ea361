# SPDX-License-Identifier: GPL-2.0-only
# fix: mm: don't wake kswapd prematurely when watermark boosting is disabled (597c892038e0)
# file: mm/page_alloc.c
# in: steal_suitable_fallback()
# lines: 4
# Each fallback wakes kswapd, also if boosting is switched off.
# judge: twin
/^[a-z].* steal_suitable_fallback\(/,/^\}/s/^(\s*)if \(boost_watermark\(zone\) && (.*)\)$/\1REVERTED(!boost_watermark(zone) \&\& (\2));\n\1boost_watermark(zone);\n\1if (\2)/
