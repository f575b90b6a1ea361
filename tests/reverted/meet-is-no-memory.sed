# SPDX-License-Identifier: GPL-2.0-only
# fix: mm: compaction: detect when scanners meet in isolate_freepages (7ed695e069c3)
# file: mm/compaction.c
# in: compact_zone()
# lines: 3
# No target, because the scanners have met, counts as a lack of memory: the run is broken off
# as contended, and never as complete.
# judge: twin
/^compact_zone\(/,/^\}/s/^(\s*)(if \(err == -ENOMEM) && (!compact_scanners_met\(cc\))\)/\1REVERTED(err == -ENOMEM \&\& !(\3));\n\1\2)/
