#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bugs.sh - the historic bugs of oracle/bugs: every patch fits the port and builds, and its
# smallest program in corpus/regressions shows it there, by the law that the program names, and
# nothing on the port itself. make bugbench is the whole of it.
. "$(dirname "$0")/lib.sh"

sources=$(make -s print-MAIN print-COMMAND print-CORE | tr ' ' '\n')
# As the judge of make bugbench does.
watched="-fsanitize=undefined -fno-sanitize-recover=all"
libs=$(eval "echo $(make -s print-TRACE_LIBS)")

# A command with the bug in $tmp/pf; only what the patch changes is compiled.
build() { # BUG
	local dir=$tmp/tree files f
	rm -rf "$dir" && mkdir -p "$dir" && cp -r impls "$dir/" || return 1
	patch -s -F0 -p1 -d "$dir" <"oracle/bugs/$1.patch" || return 1
	files=$(sed -n 's,^+++ b/,,p' "oracle/bugs/$1.patch")
	grep -q '\.h$' <<<"$files" && files=$(cd "$dir" && echo impls/linux/*.c)
	for f in $files; do
		cc -std=gnu11 -D_GNU_SOURCE -O1 -w $watched -include oracle/bugs/canary.h -I"$dir" \
			-c "$dir/$f" -o "$dir/${f%.c}.o" || return 1
	done
	# shellcheck disable=SC2046,SC2086 # lists of files
	cc $watched -o "$tmp/pf" $(for f in $sources; do
		[ -e "$dir/${f%.c}.o" ] && echo "$dir/${f%.c}.o" || echo "build/plain/${f%.c}.o"
	done) $libs
}

shows() { # BUG PROGRAM LINEUP
	local found
	found=$("$tmp/pf" run -q --timeout 5 -i "$3" "$2")
	echo "$found"
	grep -qF "$(sed -n '1s/^# \([^ ,]*\).*/\1/p' "$2")" <<<"$found"
}

check "most have a program" test "$(find corpus/regressions -name 'bug-*.txt' | wc -l)" -ge 28
for patch in oracle/bugs/*.patch; do
	bug=$(basename "$patch" .patch)
	check "$bug: applies and builds" build "$bug" || continue
	program=corpus/regressions/bug-$bug.txt
	# Not all are shown by a program: oracle/bugs/README.md says by whom they are seen.
	[ -e "$program" ] || continue
	lineup=$(sed -n 's/^# on //p' "$program")
	case $lineup in
	*source:6.1*)
		[ -e build/source/6.1/plain.so ] || {
			skip "$bug: there is no source:6.1 (make source)"
			continue
		}
		;;
	esac
	check "$bug: shown by $program" shows "$bug" "$program" "$lineup"
	check "$bug: not shown by the port" build/pagefuzz run -q -i "$lineup" "$program"
done
# The engines are judges, too; a second is enough for what a seed shows.
check "a bug is shown to both engines" bash -c "scripts/prove/bugbench SECONDS=1 RUNS=1 JOBS=1 \
	JUDGES=libfuzzer,afl bulk-zero 2>&1 | tee /dev/stderr | grep -q '^| bulk-zero .*feasibility.*feasibility'"
check "an unknown judge is named" bash -c "scripts/prove/bugbench JUDGES=nobody 2>&1 | grep -q 'unknown judge: nobody'"
finish
