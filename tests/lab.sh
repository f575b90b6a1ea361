#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lab.sh - the real kernel in QEMU, if `make lab` has built it here: the test suite
# downloads no kernel.
. "$(dirname "$0")/lib.sh"

lab=build/lab
if ! command -v qemu-system-x86_64 >/dev/null 2>&1; then
	skip "the real kernel: there is no qemu-system-x86_64 (make lab)"
	finish
fi
for file in selftest vtable kernel initrd.gz; do
	if [ ! -e $lab/$file ]; then
		skip "the real kernel: there is no $lab/$file (make lab)"
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

# The command: beside the port, twice the same, and stopped by Ctrl-C.
pf=build/pagefuzz
$pf generate fuzzer --ops 2000 --seed 77 -o "$tmp/program.txt"
check "the port and the kernel agree on a program of the mutator" \
	$pf run --quiet --impls linux,kernel "$tmp/program.txt"
check "recorded once" $pf record -o "$tmp/one.tr" "$tmp/program.txt"
check "recorded twice" $pf record -o "$tmp/two.tr" "$tmp/program.txt"
check "two boots give the same transcript" cmp "$tmp/one.tr" "$tmp/two.tr"
check "the port agrees with the transcript" $pf golden "$tmp/one.tr"
check "found from anywhere" \
	bash -c "cd / && $PWD/$pf run --quiet --impls linux,kernel $tmp/program.txt"
check "two kernels, a transcript and the port in one lineup" \
	$pf run --quiet --impls "kernel,recorded:$tmp/one.tr,linux,kernel" "$tmp/program.txt"
ln -s "$PWD/$lab" "$tmp/lab-6.12"
check "where PAGEFUZZ_LAB says; another folder's kernel has its name" \
	bash -c "PAGEFUZZ_LAB=$tmp/lab $pf run --impls kernel-6.12 $tmp/program.txt | grep -q '^kernel-6_12 '"
check "a kernel of other memory takes no part" bash -c "$pf run --impls kernel,kernel:split,linux \
	$tmp/program.txt 2>&1 >/dev/null | grep -q 'kernel:split starts from other memory than kernel'"
set -m # or the shell would have it ignore the signal
$pf run --impls kernel "$tmp/program.txt" >/dev/null 2>&1 &
host=$!
set +m
sleep 1
read -r qemu </proc/$host/task/$host/children
kill -INT $host
wait $host 2>/dev/null
check "the signal ended the command" test $? = 130
check "QEMU was there for the command" test -n "$qemu"
for _ in 1 2 3 4 5 6 7 8 9 10; do
	gone "$qemu" && break
	sleep 0.2
done
check "QEMU dies with an interrupted command" gone "$qemu"
finish
