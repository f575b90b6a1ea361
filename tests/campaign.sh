#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# campaign.sh - a campaign that is left alone: what it found before is known, one folder is
# one campaign's, whoever is killed loses nothing, and a full disk is said and survived.
. "$(dirname "$0")/lib.sh"

fuzz=build/fuzz-address-undefined
san="-fsanitize=address,undefined -fno-sanitize-recover=all -fsanitize-coverage=inline-8bit-counters,pc-table"

# An allocator with two bugs: freed blocks of order 3 are lost; order 5 aborts.
cat >"$tmp/two.c" <<'EOF'
#include <stdlib.h>
#include "impls/buddy/buddy.h"
static void lose(void *state, pf_pfn pfn, unsigned order, unsigned cpu)
{
	if (order != 3)
		pf_impl_buddy.free(state, pfn, order, cpu);
}
static pf_pfn stop(void *state, const struct pf_request *req)
{
	if (req->order == 5)
		abort();
	return pf_impl_buddy.alloc(state, req);
}
static struct pf_impl two;
const struct pf_impl *const pf_builtin[] = {&two};
const unsigned pf_nr_builtin = 1;
const struct pf_impl *const pf_by_name[] = {&two};
const unsigned pf_nr_by_name = 0;
__attribute__((constructor)) static void make(void)
{
	two = pf_impl_buddy;
	two.name = "two";
	two.tier = PF_TIER_SPEC;
	two.free = lose;
	two.alloc = stop;
}
EOF
core=$(make -s print-CORE | tr ' ' '\n' | grep -v '^impls/builtin.c$')
command="$(make -s print-MAIN) $(make -s print-COMMAND)"
objects() { sed "s,\([^ ]*\)\.c,$1/\1.o,g" <<<"$2" | tr '\n' ' '; }
# shellcheck disable=SC2046,SC2086 # lists of words
check "a command with two bugs in it" cc -O2 -I. -o "$tmp/pf" "$tmp/two.c" $(objects build/plain "$core $command") \
	$(make -s print-TRACE_LIBS)
# shellcheck disable=SC2046,SC2086
check "and a fuzz target" clang -O1 -g $san -fsanitize=fuzzer -I. -o "$tmp/target" "$tmp/two.c" \
	$(objects $fuzz "$core $(make -s print-TARGET)")

export TMPDIR=$tmp/t
mkdir "$TMPDIR"
campaign() { # NAME SECONDS...
	local name=$1 seconds=$2
	shift 2
	"$tmp/pf" fuzz --target "$tmp/target" --workers 1 --seconds "$seconds" --corpus "$tmp/corpus" --findings "$tmp/f" \
		--seeds build/seeds-bytes "$@" >"$tmp/$name.log" 2>&1
}
met() { sed -n 's/^met \([0-9]*\) times.*/\1/p' "$1/met.txt"; }

campaign first 8
[ $? = 1 ] && ok "findings: status 1" || { not_ok "first campaign"; tail -n 5 "$tmp/first.log"; }
lost=$(ls -d "$tmp"/f/conservation-two-* 2>/dev/null | head -n 1) crash=$(ls -d "$tmp"/f/crash-two-alloc* 2>/dev/null | head -n 1)
check "the law's finding is whole" test -s "$lost/input.bin" -a -s "$lost/input.txt" -a -s "$lost/story.txt" -a -s "$lost/met.txt"
check "so is the crash" test -s "$crash/input.bin" -a -s "$crash/input.txt" -a -s "$crash/story.txt"
check "a log with dates" bash -c "grep -q '^20[0-9-]*T[0-9:]*Z start: ' $tmp/f/campaign.log && grep -q 'Z finding conservation/two/' $tmp/f/campaign.log && grep -q 'Z end: ' $tmp/f/campaign.log"
check "figures over time" bash -c "[ \$(wc -l <$tmp/f/figures.csv) -ge 3 ]"
check "status" bash -c "$tmp/pf status $tmp/f | grep -q 'the last campaign has ended' && $tmp/pf status $tmp/f | grep -q 'conservation-two-.*: met [0-9]* times, first 20'"

before=$(met "$lost") stories=$(grep -c '^finding: ' "$tmp/first.log")
campaign second 6
[ $? = 1 ] && ok "what is still there is a finding: status 1" || not_ok "second campaign: $(tail -n 3 "$tmp/second.log")"
again=$(grep '^finding: ' "$tmp/second.log" | grep -c -F -f <(sed -n 's/^finding: //p' "$tmp/first.log"))
[ "$stories" -ge 1 ] && [ "$again" = 0 ] && ok "and is not told again" || not_ok "told again: $again"
[ "$(met "$lost")" -gt "$before" ] && ok "but counted: $before, then $(met "$lost") times" || not_ok "not counted: $before, $(met "$lost")"
check "known from before" grep -q 'conservation/two/.*, known from before' "$tmp/second.log"

"$tmp/pf" fuzz --target "$tmp/target" --workers 1 --seconds 30 --corpus "$tmp/corpus" --findings "$tmp/f" >"$tmp/third.log" 2>&1 &
pid=$!
for _ in $(seq 100); do grep -q '^fuzzing' "$tmp/third.log" && break; sleep 0.1; done
campaign fourth 3
[ $? = 2 ] && grep -q "another campaign, process $pid has" "$tmp/fourth.log" && ok "one folder, one campaign" || not_ok "two campaigns: $(tail -n 2 "$tmp/fourth.log")"
check "status says that it runs" bash -c "$tmp/pf status $tmp/f | grep -q 'a campaign is running'"
kill -9 $pid
wait $pid 2>/dev/null
sleep 1
check "its workers are gone with it" bash -c "! pgrep -f '^$tmp/target'"
check "status says that it was killed" bash -c "$tmp/pf status $tmp/f | grep -q 'the last campaign was killed'"

# Killed between the end of a worker and the saving of its input, and in the middle of that.
work=$(cat "$tmp/f/.work")
cp "$crash/input.bin" "$work/artifacts-0/crash-0123"
: >"$work/artifacts-0/crash-da39a3ee"
mkdir "$tmp/f/unnamed-crash-4567" "$tmp/f/unnamed-crash-89ab"
cp "$lost/input.bin" "$tmp/f/unnamed-crash-4567/"
rm -rf "$lost" "$crash"
campaign fifth 2
check "what the killed one had not saved is a finding" test -s "$crash/input.bin" -a -s "$crash/story.txt"
check "what it had not named has a name" bash -c "ls $tmp/f/conservation-two-*/story.txt"
check "an input that was never written is none" bash -c "[ -z \"\$(find $tmp/f -name 'input.*' -empty)\" ] && grep -q 'crash-da39a3ee is empty' $tmp/f/campaign.log"
check "nothing is without a name" bash -c "! ls -d $tmp/f/unnamed-* 2>/dev/null"
check "its working folder is gone" test ! -e "$work"
for i in 1 2 3 4 5; do
	"$tmp/pf" fuzz --target "$tmp/target" --workers 1 --seconds 30 --corpus "$tmp/corpus" --findings "$tmp/k" \
		--seeds build/seeds-bytes >/dev/null 2>&1 &
	pid=$!
	sleep "0.$((i * 17 % 10))$i"
	[ $((i % 2)) = 0 ] || pkill -9 -P $pid
	sleep 0.3
	kill -9 $pid
	wait $pid 2>/dev/null
done
"$tmp/pf" fuzz --target "$tmp/target" --workers 1 --seconds 3 --corpus "$tmp/corpus" --findings "$tmp/k" >/dev/null 2>&1
check "killed at any time: no empty file" bash -c "[ -z \"\$(find $tmp/k -type f -empty)\" ]"
check "and nothing half-named" bash -c "! ls -d $tmp/k/unnamed-* 2>/dev/null"
check "nothing is left in TMPDIR" bash -c "[ -z \"\$(ls $TMPDIR)\" ]"

printf "#!/bin/sh\nkill -ABRT \$\$\n" >"$tmp/dies" && chmod +x "$tmp/dies"
"$tmp/pf" fuzz --target "$tmp/dies" --workers 1 --seconds 5 --corpus "$tmp/corpus" --findings "$tmp/d" >/dev/null 2>"$tmp/dies.err"
check "a target that dies at once: how, in one line" bash -c "grep -q 'does not start: Aborted, and it says nothing' $tmp/dies.err && [ \$(wc -l <$tmp/dies.err) = 1 ]"

# The corpus is merged beside the workers.
mkdir "$tmp/many"
for i in $(seq 60); do
	printf "alloc a%u order=0\nfree a%u\n" "$i" "$i" >"$tmp/one.txt"
	"$tmp/pf" asm -o "$tmp/many/input-$i" "$tmp/one.txt"
done
"$tmp/pf" fuzz --target "$tmp/target" --workers 1 --seconds 12 --merge 2 --corpus "$tmp/many" --findings "$tmp/m" >/dev/null 2>&1
needed=$(sed -n "s/.*corpus merged: [0-9]* inputs, \([0-9]*\) needed/\1/p" "$tmp/m/campaign.log" | head -n 1)
left=$(find "$tmp/many" -name "input-*" | wc -l)
check "a corpus of 60 like inputs is merged (${needed:-none} needed in all): $left are left" test -n "$needed" -a "$left" -lt 40

# A disk that fills: what can't be saved stays where it is, and is found again.
mkdir "$tmp/disk"
if mount -t tmpfs -o size=256k none "$tmp/disk" 2>/dev/null; then
	mkdir "$tmp/disk/f"
	dd if=/dev/zero of="$tmp/disk/fill" bs=1k 2>/dev/null
	"$tmp/pf" fuzz --target "$tmp/target" --workers 1 --seconds 5 --corpus "$tmp/corpus" --findings "$tmp/disk/f" >"$tmp/full.log" 2>&1
	[ $? = 2 ] && grep -q 'No space left' "$tmp/full.log" && ok "a full disk is said" || not_ok "a full disk: $(tail -n 3 "$tmp/full.log")"
	check "no empty finding" bash -c "[ -z \"\$(find $tmp/disk/f -name 'input*' -empty)\" ]"
	rm "$tmp/disk/fill"
	"$tmp/pf" fuzz --target "$tmp/target" --workers 1 --seconds 6 --corpus "$tmp/corpus" --findings "$tmp/disk/f" >"$tmp/room.log" 2>&1
	check "with room again it is saved" bash -c "ls $tmp/disk/f/*/input.bin"
	umount "$tmp/disk"
else
	skip "no small disk can be mounted here: a full one is not tried"
fi
finish
