#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# results.sh - pagefuzz results: its table is complete, and each row goes in the
# direction that the table's notes explain.
. "$(dirname "$0")/lib.sh"
pf=build/pagefuzz

check "results --quick" "$pf" results --quick
cp "$tmp/check.out" "$tmp/table"

# Programs disagree about some rows, and this is one program.
any="(same|not so|mixed)"

# row DIRECTION LINE LABEL: the LINE-th row of that label.
row() {
	local direction=$1 line
	line=$(grep -F "$3  " "$tmp/table" | sed -n "$2p")
	if [ -n "$line" ] && grep -qE " $direction +[a-g]? *$" <<<"$line"; then
		ok "$3: $direction"
	else
		not_ok "$3 is not '$direction': $line"
	fi
}
row "not so" 1 "scanned for targets"
row "not so" 1 "... memory full"
row same 1 "walked over for targets"
row "not so" 1 "scanned for sources"
row "not so" 2 "... memory full"
row same 1 "huge pages under load"
row same 3 "... memory full"
row "not so" 1 "targets, second try"
row "$any" 1 "sources, second try"
row same 1 "fragmenting fallbacks"
row same 1 "... by NOFRAGMENT alone"
row same 4 "... memory full"
row same 1 "huge pages at rest"
row same 2 "huge pages under load"
row "not so" 1 "... no compaction"
row "$any" 5 "... memory full"

rows=$(grep -cE " $any +[a-g]? *$" "$tmp/table")
if [ "$rows" = 16 ]; then ok "16 rows"; else not_ok "$rows rows"; fi
for note in $(grep -oE "$any +[a-g]$" "$tmp/table" | grep -o '.$' | sort -u); do
	check "note $note" grep -q "^$note  " "$tmp/table"
done
check "no other request fails" grep -q ' 0 other requests failed' "$tmp/table"

"$pf" results x >"$tmp/out" 2>"$tmp/err"
if [ $? = 2 ] && [ "$(wc -l <"$tmp/err")" = 1 ]; then ok "arguments"; else not_ok "arguments"; fi
finish
