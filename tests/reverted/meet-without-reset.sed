# SPDX-License-Identifier: GPL-2.0-only
# fix: mm: compaction: reset scanner positions immediately when they meet
# file: mm/compaction.c
# in: __compact_finished()
# lines: 2
# Where the scanners have met is where the next compaction starts, and ends.
# judge: twin
/^[a-z].* __compact_finished\(/,/^\}/s/reset_cached_positions\(.*;/REVERTED(true);/
