#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# workloads.sh - every workload of pagefuzz generate, in memory as large as the booted kernel's:
# the port obeys all laws there too, where random programs have small memories.
. "$(dirname "$0")/lib.sh"

clean() { # PROFILE
	build/pagefuzz generate --ops 40000 -o "$tmp/workload.txt" "$1" &&
		printf 'config pages=32768\nconfig max_order=10\nconfig pageblock_order=9\n' |
		cat - "$tmp/workload.txt" >"$tmp/program.txt" &&
		build/pagefuzz run -q -i linux "$tmp/program.txt"
}
# In a campaign's lineup the port may be asked other things.
check "what was wrong once, on the port alone" build/pagefuzz run -q -i linux corpus/regressions/*.txt
profiles=$(build/pagefuzz generate --help | sed -n '/^profiles/,$s/^  \([a-z]*\) .*/\1/p')
check "there are workloads" grep -q request <<<"$profiles"
for profile in $profiles; do
	check "$profile: 40000 operations by all laws" clean "$profile"
done
finish
