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
