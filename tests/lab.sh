#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lab.sh - the real kernel in QEMU, if `make lab` has built it here: the test suite
# downloads no kernel.
. "$(dirname "$0")/lib.sh"

lab=build/lab
if ! command -v qemu-system-x86_64 >/dev/null 2>&1; then
	ok "the real kernel: skipped, there is no qemu-system-x86_64 (make lab)"
	finish
fi
for file in selftest vtable kernel initrd.gz; do
	if [ ! -e $lab/$file ]; then
		ok "the real kernel: skipped, there is no $lab/$file (make lab)"
		finish
	fi
done

$lab/selftest $lab/kernel $lab/initrd.gz "$tmp"
status=$?
$lab/vtable $lab/kernel $lab/initrd.gz "$tmp" quick
vtable=$?
number=100 # behind those of the self-test
check "the self-test of the lab ends well" test $status = 0
check "the kernel as an implementation does, too" test $vtable = 0

# Whoever kills the host at its worst moment leaves no QEMU behind. (A zombie that
# nobody collects is none.)
gone() {
	! grep -qs '^State:[[:space:]]*[^Z]' "/proc/$1/status"
}
$lab/selftest $lab/kernel $lab/initrd.gz "$tmp" >/dev/null &
host=$!
sleep 1
read -r qemu </proc/$host/task/$host/children
kill -9 $host
wait $host 2>/dev/null
check "QEMU was there" test -n "$qemu"
for _ in 1 2 3 4 5 6 7 8 9 10; do
	gone "$qemu" && break
	sleep 0.2
done
check "QEMU dies with its host" gone "$qemu"
finish
