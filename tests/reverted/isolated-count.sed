# SPDX-License-Identifier: GPL-2.0-only
# fix: mm, compaction: fix NR_ISOLATED_* stats for pfn based migration (6afcf8ef0ca0)
# file: mm/migrate.c
# in: putback_movable_pages()
# lines: 1
# Pages with movable_ops are not counted when they are isolated, but are when they are put
# back: the number of isolated pages falls below zero, and compaction waits for it.
# judge: twin, laws (liveness)
/^void putback_movable_pages\(/,/^\}/s/^(\s*)VM_BUG_ON_PAGE\(!PageIsolated.*/&\n\1REVERTED(true); mod_node_page_state(page_pgdat(page), NR_ISOLATED_FILE, -1);/
