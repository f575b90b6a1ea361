#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# source-bugs.sh - fixes taken out of a kernel's own mm/ again (reverted/): a few of them,
# which the right judge misses soon, and edits that don't fit. Skipped without a kernel's
# source; all of them are judged by make source-bugs.
. "$(dirname "$0")/lib.sh"

if [ ! -e build/source/linux-source-6.1/.unpacked ] || [ ! -e build/source/6.1/plain.so ]; then
	skip "there is no source:6.1 (make source)"
	finish
fi

mkdir -p "$tmp/edits"
same=$tmp/edits/same.sed
printf '# file: mm/compaction.c\n# lines: 2\ns/no such token/other/\n' >"$same"
refused() { # EDIT WHY
	! scripts/source KINDS=plain EDIT="$1" NAME=reverted-none >"$tmp/out" 2>"$tmp/err" &&
		[ "$(wc -l <"$tmp/err")" = 1 ] && grep -q "$2" "$tmp/err"
}
check "an edit that changes nothing" refused "$same" 'changes nothing in mm/compaction.c'
printf '# file: mm/compaction.c\n# lines: 4\ns/cc->contended = true;/cc->contended = false;/\n' >"$same"
check "an edit that changes more than it says" refused "$same" "changes 6 lines, not '4'"
printf '# file: mm/none.c\n# lines: 2\n' >"$same"
check "an edit of a file that is not there" refused "$same" 'the tree has no mm/none.c'
check "no edit" refused "$tmp/none.sed" 'there is no edit'

every_head() {
	local f key
	for f in tests/reverted/*.sed; do
		for key in fix file in lines judge; do
			grep -q "^# $key: " "$f" || { echo "$f does not say '$key'" && return 1; }
		done
	done
}
check "every edit says what it is" every_head

# misses FIX SIGNATURE LINEUP...: seeds, then random programs.
misses() {
	local fix=$1 signature=$2 found
	shift 2
	scripts/source KINDS=plain EDIT="tests/reverted/$fix.sed" NAME="reverted-$fix" || return 1
	found=$(build/pagefuzz check -q "$@" "source:reverted-$fix" --seconds 20 \
		-o "$tmp/$fix.txt" corpus/seeds/*.txt)
	echo "found: $found"
	grep -qE "^$signature" <<<"$found"
}
check "crash: a request without any zone" misses nofragment-no-zone 'crash/source-reverted/alloc'
check "laws: a negative number above every watermark" misses watermark-negative '(reserves|rules)/source-reverted/' --seed 3
check "laws: compaction by hand obeys skip bits" misses manual-skips 'settled/source-reverted/compact'
check "twin: bulk allocation of nothing" misses bulk-nothing '(exact/source-reverted:source-6_1|feasibility/source-reverted)/bulk' -w source:6.1
check "twin: the free scanner's offset" misses free-scanner-offset '(exact/source-reverted:source-6_1|rules/source-reverted)/' -w source:6.1

# The table, and what is judged already is not judged again.
table() {
	scripts/source-bugs SECONDS=5 RUNS=1 nofragment-no-zone bulk-nothing >"$tmp/table" 2>"$tmp/progress" &&
		cat "$tmp/table" && grep -q '^nofragment-no-zone .* crash .* crash' "$tmp/table" &&
		grep -qE '^bulk-nothing .* (exact|feasibility) ' "$tmp/table" && grep -q 'of 2 fixes taken out, 2 were noticed' "$tmp/table" &&
		[ "$(grep -c '"law": ' build/source-bugs.json)" = 6 ]
}
check "the table" table
again() { table && ! grep -q 'seed' "$tmp/progress"; }
check "what is judged is not judged again" again
no_fix() { ! scripts/source-bugs none 2>"$tmp/err" && grep -q 'there is no tests/reverted/none.sed' "$tmp/err"; }
check "a fix that is not there" no_fix
finish
