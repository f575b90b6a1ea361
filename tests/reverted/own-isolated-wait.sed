# SPDX-License-Identifier: GPL-2.0-only
# fix: mm/compaction: stop isolation if too many pages are isolated and we have pages to migrate (d20bdd571ee5)
# file: mm/compaction.c
# in: isolate_migratepages_block()
# lines: 3
# While too many pages are isolated compaction waits, although some of them are its own and
# nobody else will give them back.
# judge: laws (liveness)
/^isolate_migratepages_block\(/,/^\}/{
	/if \(cc->nr_migratepages\)$/{
		N
		s/.*/\t\tREVERTED(cc->nr_migratepages);/
	}
}
