# SPDX-License-Identifier: GPL-2.0-only
# fix: vmscan: only defer compaction for failed order and higher (aff622495c9a)
# file: mm/compaction.c
# in: compaction_deferred()
# lines: 3
# A failure at a high order defers compaction for all orders, also for those that would succeed.
# judge: twin
/^[a-z].* compaction_deferred\(/,/^\}/{
	/order < zone->compact_order_failed/{
		N
		s/if \((.*)\)\n.*/REVERTED((\1) \&\& zone->compact_defer_shift);/
	}
}
