#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# foreign_faults.sh - faults that real page allocators had, as models (foreign-faults/):
# check finds each by the right law and blames the right member; without the fault the models
# are clean, alone and beside others.
. "$(dirname "$0")/lib.sh"

objects=$(make -s print-MAIN print-COMMAND | tr ' ' '\n' | sed 's,^,build/plain/,; s,c$,o,')
core=$(make -s print-CORE | tr ' ' '\n' | grep -v '^impls/builtin\.c$')
# shellcheck disable=SC2046,SC2086 # lists of files
check "a command with the models" cc -std=gnu11 -D_GNU_SOURCE -O1 -Wall -Wextra -Wno-infinite-recursion -o "$tmp/pf" \
	tests/foreign-faults/models.c $objects $(sed 's,^,build/plain/,; s,c$,o,' <<<"$core") $(make -s print-TRACE_LIBS)

for model in bitmap_ok buddy_ok; do
	check "$model is clean" "$tmp/pf" check -n 10000 $model corpus/seeds/*.txt
	check "$model is clean beside buddy" "$tmp/pf" check -n 3000 -w buddy $model corpus/seeds/*.txt
done

found() { # MEMBER SIGNATURE
	timeout 300 "$tmp/pf" check --timeout 1 -o "$tmp/found.txt" "$1" corpus/seeds/*.txt >"$tmp/out" 2>"$tmp/err"
	if [ $? = 1 ] && grep -Eq "^finding   $2\$" "$tmp/out" && grep -qx "blamed    $1" "$tmp/out"; then
		ok "$1: $(sed -n 's/^finding *//p; s/^what *//p' "$tmp/out" | paste -sd' ')"
	else
		not_ok "$1 is not $2: $(grep -E '^(finding|blamed|what)' "$tmp/out" | paste -sd' ') $(tail -n 1 "$tmp/out" "$tmp/err")"
		return
	fi
}
found parent_used '(census|coalesced)/parent_used/free'
found rounding '(exclusive|conservation|census)/rounding/.*'
found last_group '(exclusive|census)/last_group/.*'
found jumps_group 'feasibility/jumps_group/.*'
found by_eights 'feasibility/by_eights/.*'
found never_wraps 'feasibility/never_wraps/.*'
found reserves_more '(conservation|census)/reserves_more/.*'
found by_index '(placement|census|coalesced)/by_index/.*'
found second_arena 'feasibility/second_arena/.*'
found one_page_more '(placement|conservation|census)/one_page_more/.*'
found less_than_asked '(exclusive|placement|census|conservation)/less_than_asked/.*'
found fills_exactly 'placement/fills_exactly/.*'
found bulk_of_one '(exclusive|placement|conservation|census)/bulk_of_one/.*'
found wrong_half '(exclusive|census|conservation|feasibility)/wrong_half/.*'
found endless_search 'hang/endless_search/(alloc|bulk)'
found endless_climb 'crash/endless_climb/free'
finish
