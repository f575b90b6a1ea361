# SPDX-License-Identifier: GPL-2.0-only
# fix: mm, compaction: ignore pageblock skip when manually invoking compaction
# file: mm/compaction.c
# in: compact_node()
# lines: 2
# Compaction of a whole node by hand leaves out blocks that an earlier run found useless.
# judge: twin, laws
/^[a-z].* compact_node\(/,/^\}/s/ignore_skip_hint = true,/ignore_skip_hint = ({ REVERTED(true); false; }),/
