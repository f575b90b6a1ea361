#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# twice.sh - two copies of one implementation in one process: the port, and the port
# with a fault of tests/faults/linux/, which must be blamed; and a copy without one,
# which must not. The copy is one object whose symbols nobody else sees.
. "$(dirname "$0")/lib.sh"

command=$(make -s print-COMMAND | tr ' ' '\n' | sed 's,^,build/plain/,; s,c$,o,')
libs=$(make -s print-TRACE_LIBS)
cc=${CC:-cc}

# build NAME [PATCH]: $tmp/NAME/twice, with a copy of impls/linux.
build() {
	local dir=$tmp/$1
	mkdir -p "$dir/impls"
	cp -R impls/linux impls/*.h "$dir/impls/"
	if [ -n "${2:-}" ]; then
		patch -d "$dir" -p1 -s -F0 <"$2" || return
	fi
	for f in "$dir"/impls/linux/*.c; do
		$cc -std=gnu11 -D_GNU_SOURCE -O1 -w -c -o "${f%.c}.o" "$f" || return
	done
	ld -r -o "$dir/all.o" "$dir"/impls/linux/*.o &&
		objcopy --keep-global-symbol=pf_impl_linux "$dir/all.o" &&
		objcopy --redefine-sym pf_impl_linux=pf_impl_patched "$dir/all.o" || return
	# shellcheck disable=SC2086 # lists of files and flags
	$cc -std=gnu11 -D_GNU_SOURCE -O1 -Wall -Wextra -I. -o "$dir/twice" tests/twice.c \
		"$dir/all.o" $command build/libpagefuzz.a $libs
}

check "a copy of the port is built" build same
check "two copies agree on all seeds" "$tmp/same/twice" corpus/seeds/*.txt
for fault in merge-forgotten bulk-doubled wmark-off-by-one tail-forgotten; do
	check "a copy with $fault is built" build $fault tests/faults/linux/$fault.patch || continue
	out=$("$tmp/$fault/twice" corpus/seeds/*.txt 2>&1)
	if [ $? = 1 ] && grep -qE '^[a-z_]+/patched[:/][^ ]* patched$' <<<"$out"; then
		ok "$fault: $(head -n 1 <<<"$out")"
	else
		not_ok "$fault is not blamed on the patched copy: $out"
	fi
done
finish
