#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# min.sh - pagefuzz min leaves no more operations than afl-tmin of what a campaign found on
# trees with a fault each (min/), and its own output is a fixpoint.
. "$(dirname "$0")/lib.sh"

sources=$(make -s print-MAIN print-COMMAND print-CORE | tr ' ' '\n')
# A command with a fault: IMPL NAME.
build() {
	local dir=$tmp/$1-$2 objects f

	mkdir -p "$dir" && cp -r impls "$dir/" || return 1
	patch -s -p1 -d "$dir" <"tests/faults/$1/$2.patch" || return 1
	for f in "$dir/impls/$1"/*.c; do
		cc -std=gnu11 -D_GNU_SOURCE -O2 -I"$dir" -c "$f" -o "${f%.c}.o" || return 1
		objects="${objects:-} ${f%.c}.o"
	done
	# shellcheck disable=SC2046,SC2086 # lists of files
	cc -o "$dir/pf" $objects $(grep -v "^impls/$1/" <<<"$sources" | sed 's,^,build/plain/,; s,c$,o,') \
		$(eval "echo $(make -s print-TRACE_LIBS)")
}

operations() { # FILE
	grep -vc '^#' "$1"
}

try() { # CASE OPERATIONS-OF-AFL-TMIN
	local name=$1 most=$2 impl=${1%%-*} fault=${1#*-} pf=$tmp/$1/pf

	check "$name: a command with the fault" build "$impl" "$fault" || return
	"$pf" min -o "$tmp/$name.small" "tests/min/$name.txt" 2>"$tmp/err"
	[ $? = 0 ] && [ "$(operations "$tmp/$name.small")" -le "$most" ] &&
		ok "$name: $(tail -n 1 "$tmp/err") (afl-tmin: $most)" || not_ok "$name: $(tail -n 1 "$tmp/err") (afl-tmin: $most)"
	"$pf" min -o "$tmp/$name.again" "$tmp/$name.small" 2>"$tmp/err"
	check "$name: no smaller when done again" test "$(operations "$tmp/$name.again")" = "$(operations "$tmp/$name.small")"
}
try buddy-compact-pinned 3
try buddy-merge-forgotten 1
try buddy-merge-with-used 2
try linux-bulk-leaks 1
try linux-compact-boasts 15
try linux-lru-putback-forgotten 4
try linux-merge-across-zones 3
finish
