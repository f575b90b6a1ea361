# SPDX-License-Identifier: GPL-2.0-only
# fix: mm/compaction.c: fix zoneindex in kcompactd()
# file: mm/compaction.c
# in: kcompactd_do_work()
# lines: 3
# kcompactd never looks at the highest zone that it was woken for.
# judge: twin
/^[a-z].* kcompactd_do_work\(/,/^\}/s/^(\s*)(for \(zoneid = 0; zoneid )<=/\1REVERTED(true);\n\1\2</
