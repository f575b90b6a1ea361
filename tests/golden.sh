#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# golden.sh - the port against what the real kernel said (corpus/golden/), and
# whether that would notice: with each of tests/golden/*.patch in a copy of
# the port there must be a difference.
. "$(dirname "$0")/lib.sh"

out=$(build/pagefuzz golden corpus/golden/*.tr 2>&1)
status=$?
grep '^corpus' <<<"$out" | sed 's/^/# /'
summary=$(tail -n 1 <<<"$out")
if [ $status = 0 ]; then
	ok "$summary"
else
	not_ok "$summary"
	grep -m 5 -E -A 8 '^(finding|pagefuzz:)' <<<"$out" | sed 's/^/# /'
fi

command=$(make -s print-MAIN print-COMMAND | tr ' ' '\n' | sed 's,^,build/plain/,; s,c$,o,')
try() { # PATCH
	local name dir=$tmp/$1
	name=$(basename "$1" .patch)
	dir=$tmp/$name
	mkdir -p "$dir/impls"
	cp -R impls/linux impls/*.h "$dir/impls/"
	if ! patch -d "$dir" -p1 -s -F0 <"$1" >"$dir/log" 2>&1; then
		not_ok "$name: the patch does not apply: $(head -n 1 "$dir/log")"
		return
	fi
	for f in "$dir"/impls/linux/*.c; do
		${CC:-cc} -std=gnu11 -D_GNU_SOURCE -O1 -w -c -o "${f%.c}.o" "$f" || return
	done
	# The objects in front of the library take the place of its own.
	# shellcheck disable=SC2046,SC2086 # lists of files and flags
	${CC:-cc} -o "$dir/pagefuzz" $command "$dir"/impls/linux/*.o build/libpagefuzz.a \
		$(make -s print-TRACE_LIBS)
	# shellcheck disable=SC2086
	out=$("$dir/pagefuzz" golden corpus/golden/*.tr 2>&1)
	if grep -q '^finding   exact/linux:recorded/' <<<"$out"; then
		ok "$name is noticed: $(tail -n 1 <<<"$out")"
	else
		not_ok "$name is not noticed: $(tail -n 1 <<<"$out")"
	fi
}
for patch in tests/golden/*.patch; do
	try "$patch"
done
finish
