#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# exhaust.sh - pagefuzz exhaust: it counts what it should, goes on where it stopped, finds what is
# wrong by the shortest program, and the worlds of the corpus are clean.
. "$(dirname "$0")/lib.sh"
pf=build/pagefuzz

# alloc, free: 1 program of one operation, 2 of two, 4 of three.
world=$tmp/tiny.txt
printf 'config pages=8\nalloc a0 order=0\nfree a0\n' >"$world"
counts() { # OPS PROGRAMS
	$pf exhaust -i buddy,linux --ops "$1" "$world" | grep -q "^exhausted: 1 worlds, all of them: $2 programs, "
}
check "1 of one operation" counts 1 1
check "3 of up to two" counts 2 3
check "7 of up to three" counts 3 7

# The seventh is the last one: alloc, free, alloc.
printf 'pagefuzz exhaust\n%s\n3\n0 1 0 \n' "$world" >"$tmp/state"
goes_on() {
	$pf exhaust -i buddy --ops 3 --state "$tmp/state" "$world" >"$tmp/out" &&
		grep -q '^exhausted: .* 1 programs, 3 operations' "$tmp/out" && [ ! -e "$tmp/state" ]
}
check "goes on where it stopped, and forgets it then" goes_on

interrupted() {
	local first rest
	$pf exhaust -i buddy,linux --ops 12 --json "$tmp/first" --state "$tmp/state" "$world" >"$tmp/out" &
	for _ in $(seq 100); do [ -s "$tmp/state" ] && break || sleep 0.1; done
	kill -INT $! && wait $! && [ -s "$tmp/state" ] && grep -q '^stopped' "$tmp/out" &&
		grep -q '"complete": *false' "$tmp/first"
}
check "Ctrl-C leaves where it is" interrupted

refused() { # WHY ARGUMENT...
	local why=$1
	shift
	$pf exhaust "$@" >"$tmp/out" 2>"$tmp/err"
	[ $? = 2 ] && [ "$(wc -l <"$tmp/err")" = 1 ] && grep -q "$why" "$tmp/err"
}
echo junk >"$tmp/junk"
printf 'config pages=8\n' >"$tmp/empty.txt"
printf 'pagefuzz exhaust\nelsewhere.txt\n3\n0 1 0 \n' >"$tmp/other"
check "a state that is none" refused 'no state of an earlier run' --state "$tmp/junk" "$world"
check "a state of another world" refused 'which is not given' --state "$tmp/other" "$world"
check "a world without letters" refused 'its letters' "$tmp/empty.txt"
check "no world" refused 'at least one world'

# A fault is shown by the fewest operations that can show it.
objects=$(make -s print-MAIN print-COMMAND | tr ' ' '\n' | sed 's,^,build/plain/,; s,c$,o,')
core=$(make -s print-CORE | tr ' ' '\n' | grep -v '^impls/builtin\.c$')
# shellcheck disable=SC2046,SC2086 # lists of files
check "a command with faulty models" cc -std=gnu11 -D_GNU_SOURCE -O1 -Wall -Wextra -Wno-infinite-recursion \
	-o "$tmp/pf" tests/foreign-faults/models.c $objects $(sed 's,^,build/plain/,; s,c$,o,' <<<"$core") \
	$(make -s print-TRACE_LIBS)
shortest() { # MODEL OPERATIONS
	"$tmp/pf" exhaust -q -i "$1" -o "$tmp/found.txt" --ops 5 corpus/worlds/blocks.txt >"$tmp/out"
	[ $? = 1 ] && cat "$tmp/out" "$tmp/found.txt" && grep -q "/$1/" "$tmp/out" &&
		[ "$(grep -Evc '^(#|config)' "$tmp/found.txt")" = "$2" ]
}
check "a page more than there is: by one operation" shortest one_page_more 1
check "the parent of free children: by two" shortest parent_used 2

check "worlds of the corpus, up to 5 operations" $pf exhaust --in-process --ops 5 corpus/worlds/*.txt
cat "$tmp/check.out"
finish
