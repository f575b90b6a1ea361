#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# chaos.sh - a campaign on planted faults, while workers and managers are killed, the disk
# fills and is freed, and the folder is read-only for a while. Whatever it had reported is
# whole on the disk in the end, no process and no file of zero bytes is left.
#
# Environment: CHAOS_SECONDS (45), CHAOS_SEED (1: which mischief comes next; when it hits is
# chance).
. "$(dirname "$0")/lib.sh"

CHAOS_SECONDS=${CHAOS_SECONDS:-45}
RANDOM=${CHAOS_SEED:-1}
fuzz=build/fuzz-address-undefined
san="-fsanitize=address,undefined -fno-sanitize-recover=all -fsanitize-coverage=inline-8bit-counters,pc-table"

# Faults of several kinds: lost blocks, an abort, an endless loop, a wild read.
cat >"$tmp/many.c" <<'EOF'
#include <stdlib.h>
#include "impls/buddy/buddy.h"
static unsigned char *heap;
static void lose(void *state, pf_pfn pfn, unsigned order, unsigned cpu)
{
	if (order == 2)
		heap[16 + (pfn & 1)] = 1;
	if (order != 3)
		pf_impl_buddy.free(state, pfn, order, cpu);
}
static pf_pfn stop(void *state, const struct pf_request *req)
{
	if (req->order == 5)
		abort();
	if (req->order == 6 && req->mobility == PF_UNMOVABLE)
		for (volatile int i = 0;; i++)
			;
	return pf_impl_buddy.alloc(state, req);
}
static struct pf_impl many;
const struct pf_impl *const pf_builtin[] = {&many};
const unsigned pf_nr_builtin = 1;
const struct pf_impl *const pf_by_name[] = {&many};
const unsigned pf_nr_by_name = 0;
__attribute__((constructor)) static void make(void)
{
	heap = malloc(16);
	many = pf_impl_buddy;
	many.name = "many";
	many.tier = PF_TIER_SPEC;
	many.free = lose;
	many.alloc = stop;
}
EOF
core=$(make -s print-CORE | tr ' ' '\n' | grep -v '^impls/builtin.c$')
command="$(make -s print-MAIN) $(make -s print-COMMAND)"
objects() { sed "s,\([^ ]*\)\.c,$1/\1.o,g" <<<"$2" | tr '\n' ' '; }
# shellcheck disable=SC2046,SC2086 # lists of words
check "a command with faults in it" cc -O2 -I. -o "$tmp/pf" "$tmp/many.c" $(objects build/plain "$core $command") \
	$(make -s print-TRACE_LIBS)
# shellcheck disable=SC2046,SC2086
check "and a fuzz target" clang -O1 -g $san -fsanitize=fuzzer -I. -o "$tmp/target" "$tmp/many.c" \
	$(objects $fuzz "$core $(make -s print-TARGET)")

export TMPDIR=$tmp/t
mkdir "$TMPDIR" "$tmp/disk"
mounted=
if mount -t tmpfs -o size=8m none "$tmp/disk" 2>/dev/null; then
	mounted=yes
	# No trap: a child that is killed before it is anything else would run it, too.
	trap - EXIT
else
	skip "no small disk can be mounted here: none is filled or made read-only"
fi
findings=$tmp/disk/f
# Root may write anywhere, so that a campaign has to be somebody else's.
as=
if [ "$(id -u)" = 0 ]; then
	if command -v setpriv >/dev/null; then
		as="setpriv --reuid=65534 --regid=65534 --clear-groups"
		chown -R 65534:65534 "$tmp"
	else
		skip "setpriv is not there: no folder is made read-only"
	fi
fi
cp -r build/seeds-bytes "$tmp/seeds"
chmod -R a+rX "$tmp"

# A manager, which is started again whenever it ends.
start() {
	$as "$tmp/pf" fuzz --target "$tmp/target" --workers 2 --seconds 600 --timeout 2 --merge 7 --corpus "$tmp/disk/corpus" \
		--findings "$findings" --seeds "$tmp/seeds" >>"$tmp/log" 2>&1 &
	pid=$!
}
kills=0 ends=0 fills=0 shuts=0
start
end=$((SECONDS + CHAOS_SECONDS))
while [ $SECONDS -lt $end ]; do
	sleep "0.$((RANDOM % 10))"
	kill -0 $pid 2>/dev/null || { wait $pid 2>/dev/null; ends=$((ends + 1)); sleep 0.3; start; }
	mischief=$((RANDOM % 12))
	case $mischief in
	0 | 1 | 2) # a worker, or the judge
		victim=$(pgrep -P $pid | shuf -n 1 --random-source=<(yes $RANDOM))
		[ -z "$victim" ] || kill -9 "$victim" 2>/dev/null
		kills=$((kills + 1))
		;;
	3) # the manager
		kill -9 $pid
		wait $pid 2>/dev/null
		kills=$((kills + 1))
		start
		;;
	4) kill -TERM $pid ;;
	5) # both at once
		pkill -9 -P $pid
		kill -9 $pid
		wait $pid 2>/dev/null
		kills=$((kills + 1))
		start
		;;
	6 | 7)
		[ -z "$mounted" ] || dd if=/dev/zero of="$tmp/disk/fill" bs=4k >/dev/null 2>&1
		sleep 1
		rm -f "$tmp/disk/fill"
		fills=$((fills + 1))
		;;
	8)
		if [ -d "$findings" ]; then
			chmod 555 "$findings" "$findings"/*/ 2>/dev/null
			sleep 1
			chmod 755 "$findings" "$findings"/*/ 2>/dev/null
			shuts=$((shuts + 1))
		fi
		;;
	9) # nothing may be found in it afterwards, so it may be missed
		victim=$(pgrep -P $pid | head -n 1)
		[ -z "$victim" ] || { kill -STOP "$victim"; sleep 0.5; kill -CONT "$victim"; } 2>/dev/null
		;;
	esac
	[ -d "$tmp/disk" ] || { not_ok "the folder has vanished after mischief $mischief"; exit 1; }
done
kill -TERM $pid 2>/dev/null
wait $pid 2>/dev/null
echo "# $kills kills, $fills full disks, $shuts times read-only, $ends ends of its own"
tail -n 3 "$tmp/log" | sed 's/^/# /'
# What was not at its end is finished by the next one.
$as "$tmp/pf" fuzz --target "$tmp/target" --workers 1 --seconds 3 --timeout 2 --corpus "$tmp/disk/corpus" --findings "$findings" >"$tmp/last" 2>&1
status=$?
# Whether three seconds are enough to meet a fault depends on the machine.
check "the last campaign ends well" bash -c "[ $status -le 1 ] || { echo 'status $status'; tail -n 20 '$tmp/last'; exit 1; }"
sleep 0.5
check "no process is left" bash -c "! pgrep -f '^($tmp/target|$tmp/pf)' | grep ."
check "nothing is left in TMPDIR" bash -c "ls -A '$TMPDIR' | grep . && exit 1 || exit 0"
check "no file of zero bytes" bash -c "! find '$findings' -type f -empty ! -name .lock | grep ."
check "no finding without a name" bash -c "! find '$findings' -name 'unnamed-*' | grep ."
reported=$(sed -n 's/^finding: //p' "$tmp/log" "$tmp/last" | sed 's,.*\r,,; s/\x1b\[K//' | sort -u)
check "it reported some ($(grep -c . <<<"$reported"))" test -n "$reported"
while read -r signature; do
	dir=$findings/${signature//\//-}
	check "$signature is whole" bash -c "for f in input.bin input.txt story.txt; do [ -s '$dir/'\$f ] || { ls -l '$dir'; exit 1; }; done"
done <<<"$reported"
first=$(head -n 1 <<<"$reported")
"$tmp/pf" run -q --expect "$first" --timeout 2 "$findings/${first//\//-}/input.bin" >/dev/null 2>&1
check "what is in its folder shows it" test $? = 1
umount "$tmp/disk" 2>/dev/null
rm -rf "$tmp"
finish
