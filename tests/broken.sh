#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# broken.sh - implementations that harm whoever runs them (tests/broken/broken.c):
# run, check, min and a campaign each say what it was and who, and go on.
. "$(dirname "$0")/lib.sh"

objects=$(make -s print-MAIN print-COMMAND | tr ' ' '\n' | sed 's,^,build/plain/,; s,c$,o,')
core=$(make -s print-CORE | tr ' ' '\n' | grep -v '^impls/builtin\.c$')
# shellcheck disable=SC2046,SC2086 # lists of files
check "a command with broken members" cc -std=gnu11 -D_GNU_SOURCE -O1 -Wall -Wextra -Wno-infinite-recursion \
	-o "$tmp/pf" tests/broken/broken.c $objects $(sed 's,^,build/plain/,; s,c$,o,' <<<"$core") \
	$(make -s print-TRACE_LIBS)
pf=$tmp/pf

cat >"$tmp/program.txt" <<END
config pages=256
alloc a0 order=0 movable
alloc a1 order=1 movable
alloc a2 order=2 movable
compact order=3 sync
free a1
alloc a3 order=2 movable
alloc a4 order=2 movable
free a2
free a3
check
alloc a5 order=1
END

# verdict MEMBER SIGNATURE TEXT: what run says.
verdict() {
	local out status
	out=$(timeout 120 "$pf" run --timeout 1 -i "buddy,$1" "$tmp/program.txt" 2>&1)
	status=$?
	if [ $status = 1 ] && grep -Eq "^finding   $2\$" <<<"$out" && grep -Eq "^what .*$3" <<<"$out" &&
		grep -q '^next$' <<<"$out"; then
		ok "run: $1 is $(sed -n 's/^finding *//p' <<<"$out")"
	else
		not_ok "run: $1, status $status"
		head -n 12 <<<"$out" | sed 's/^/# /'
	fi
}
verdict crash crash/crash/alloc 'killed by signal 11'
verdict loop hang/loop/alloc 'did not come back'
verdict abort_ crash/abort_/alloc 'signal 6.*assertion failed: order < MAX'
verdict exit_ crash/exit_/alloc 'ended the process with status 0'
verdict wild crash/wild/alloc 'wrote to memory of the framework'
verdict leak '(conservation|coalesced)/leak/free' 'is not managed|fully merged'
verdict census census/census/check 'its lists'
verdict unaligned placement/unaligned/alloc 'not aligned'
verdict double_ exclusive/double_/alloc 'belongs to a[0-9]+ already'
verdict moves '(census|exclusive)/moves/[a-z]+' 'belongs to a'
verdict stack crash/stack/alloc 'overflowed the stack'
verdict flood hang/flood/alloc 'did not come back'
verdict greedy crash/greedy/alloc 'killed by signal'
verdict footprint memory/footprint/start 'bytes of state'
verdict fork_ crash/fork_/alloc forked
verdict longjmp_ crash/longjmp_/alloc 'killed by signal'
verdict closes crash/closes/end 'ended the process'
verdict sleeps hang/sleeps/alloc 'did not come back'
verdict asserts assertion/asserts/alloc 'the list head points to itself'
verdict shoots crash/shoots/alloc 'signal 9'
verdict init crash/init/start 'signal 6'
check "run: babble_ only talks" "$pf" run -q -i buddy,babble_ "$tmp/program.txt"
check "run: what follows is run as well" bash -c \
	"! '$pf' run -i crash '$tmp/program.txt' '$tmp/program.txt' >'$tmp/two' && [ \$(grep -c '^finding ' '$tmp/two') = 2 ]"
check "more built-in implementations than run together" "$pf" run -q -i buddy "$tmp/program.txt"

# check: finds it by itself, and saves a program that shows it.
for member in crash loop exit_ wild leak double_ stack fork_; do
	timeout 300 "$pf" check --timeout 1 -n 3000 -o "$tmp/found-$member.txt" $member >"$tmp/check" 2>&1
	status=$?
	if [ $status = 1 ] && [ -s "$tmp/found-$member.txt" ]; then
		ok "check: $(sed -n 's/^finding *//p' "$tmp/check")"
	else
		not_ok "check: $member, status $status"
		head -n 5 "$tmp/check" | sed 's/^/# /'
		continue
	fi
	if timeout 300 "$pf" min --timeout 1 -i $member -o "$tmp/small.txt" "$tmp/found-$member.txt" 2>"$tmp/min" &&
		[ "$(grep -vc '^#' "$tmp/small.txt")" -le 6 ]; then
		ok "min: $(tail -n 1 "$tmp/min")"
	else
		not_ok "min: $member: $(tail -n 1 "$tmp/min")"
	fi
done

# What check says of where it was found, where it went and what comes next.
pf_in() { # FOLDER COMMAND...: in a folder of its own
	mkdir -p "$1" && (cd "$1" && shift && "$pf" "$@")
}
out=$(pf_in "$tmp/one" check --timeout 1 -n 3000 -w buddy leak)
saved=findings/check-conservation-leak-free.txt
check "check names the seed" grep -Eq '^random program [0-9]+ of seed 1: finding$' <<<"$out"
check "check saves without being asked" grep -qx "saved in $saved" <<<"$out"
check "check says what comes next" grep -qxF "  pagefuzz min -i buddy,leak -o small.txt $saved" <<<"$out"
check "saved is what was found" bash -c \
	"head -n 3 '$tmp/one/$saved' | paste -sd' ' | grep -qxF '# conservation/leak/free # cause count/leak/free # on buddy,leak'"
out=$(pf_in "$tmp/other" check -n 1 crash "$tmp/program.txt")
check "check names the file" grep -qxF "$tmp/program.txt: finding" <<<"$out"
"$pf" check refuses >"$tmp/out" 2>"$tmp/err"
[ $? = 2 ] && [ ! -s "$tmp/out" ] && grep -q 'nothing was checked: refuses refused the layouts of all 20000' "$tmp/err" &&
	ok "an implementation that refuses everything does not conform" ||
	not_ok "an implementation that refuses everything: $(cat "$tmp/out" "$tmp/err")"

# min follows the finding that the file is about, and stops at its limit.
sed '1s/.*/# exclusive\/double_\/alloc/' "$tmp/found-double_.txt" >"$tmp/both.txt"
if "$pf" min -i leak,double_ "$tmp/both.txt" 2>"$tmp/min" >"$tmp/small.txt" &&
	head -n 1 "$tmp/small.txt" | grep -qx '# exclusive/double_/alloc'; then
	ok "min follows the signature of its input"
else
	not_ok "min follows another finding: $(cat "$tmp/min")"
fi
for order in leak,buddy buddy,leak; do
	"$pf" min -i $order -o "$tmp/$order.txt" "$tmp/one/$saved" 2>/dev/null
done
check "whatever the order of the lineup" cmp <(grep -v '^# on' "$tmp/leak,buddy.txt") <(grep -v '^# on' "$tmp/buddy,leak.txt")
check "min knows the lineup" bash -c "'$pf' min '$tmp/one/$saved' 2>/dev/null | grep -qx '# on buddy,leak'"
"$pf" min --seconds 2 -o "$tmp/limit.txt" "$tmp/found-loop.txt" 2>"$tmp/min"
[ $? = 0 ] && grep -q '; stopped at the limit of 2 s (--seconds)$' "$tmp/min" &&
	[ "$(grep -vc '^#' "$tmp/limit.txt")" -lt "$(grep -vc '^#' "$tmp/found-loop.txt")" ] &&
	ok "min stops at its limit with what it has" || not_ok "min at its limit: $(cat "$tmp/min")"
check "min takes transcripts" bash -c "
	'$pf' record -i linux -o '$tmp/t.tr' '$tmp/program.txt' && sed 's/alloc a1 order=1/alloc a1 order=2/' '$tmp/program.txt' >'$tmp/else.txt' &&
	'$pf' min -i 'linux,recorded:$tmp/t.tr' '$tmp/else.txt' | head -n 1 | grep -q '/recorded/'"
check "emit-c of what crashes" bash -c "'$pf' emit-c -i buddy,crash '$tmp/program.txt' | grep -q 'crash/crash/alloc'"

# record
for member in loop exit_ crash; do
	"$pf" record --timeout 1 -i linux -o "$tmp/kept.tr" "$tmp/program.txt" >/dev/null
	"$pf" record --timeout 1 -i $member -o "$tmp/kept.tr" "$tmp/program.txt" >"$tmp/out" 2>&1
	[ $? = 2 ] && grep -q "can't write down its state" "$tmp/out" && [ -s "$tmp/kept.tr" ] &&
		ok "record: $member has no state to write down" || not_ok "record: $(head -n 3 "$tmp/out")"
done

# compare: in lockstep, and alone.
"$pf" compare -i buddy,exit_ "$tmp/program.txt" >"$tmp/out" 2>&1
[ $? = 1 ] && grep -q '^finding   crash/exit_/alloc' "$tmp/out" && ok "compare: crash/exit_/alloc" ||
	not_ok "compare: $(head -n 3 "$tmp/out")"
for member in crash loop exit_; do
	"$pf" compare --timeout 1 --no-check -i buddy,$member "$tmp/program.txt" >"$tmp/out" 2>&1
	[ $? = 1 ] && grep -Eq "^finding   (crash|hang)/$member/alloc" "$tmp/out" && grep -q '^ns an operation' "$tmp/out" &&
		ok "compare alone: $member, and the others have figures" || not_ok "compare alone: $(head -n 3 "$tmp/out")"
done

# A campaign: the finding is saved, and it goes on to its end.
san="-fsanitize=address,undefined -fno-sanitize-recover=all"
fuzz=build/fuzz-address-undefined
clang -std=gnu11 -D_GNU_SOURCE -O1 $san -fsanitize-coverage=inline-8bit-counters,pc-table \
	-Wno-infinite-recursion -c -o "$tmp/broken.o" tests/broken/broken.c
# shellcheck disable=SC2046 # lists of files
check "a fuzz target with broken members" clang $san -fsanitize=fuzzer -o "$tmp/target" "$tmp/broken.o" \
	$(sed "s,^,$fuzz/,; s,c\$,o," <<<"$core") "$fuzz/$(make -s print-TARGET | sed 's,c$,o,')"
for member in crash exit_ leak wild loop; do
	"$pf" fuzz --target "$tmp/target" --seconds 8 --timeout 2 --workers 1 -i buddy,$member --corpus "$tmp/corpus-$member" \
		--findings "$tmp/findings-$member" --seeds build/seeds-bytes >"$tmp/campaign" 2>&1
	status=$?
	saved=$(cd "$tmp/findings-$member" 2>/dev/null && ls -d */ 2>/dev/null | head -n 1 | tr -d /)
	if [ $status = 1 ] && [ -s "$tmp/findings-$member/$saved/input.bin" ] &&
		[ -s "$tmp/findings-$member/$saved/story.txt" ] && grep -q "$member" <<<"$saved" &&
		grep -Eq ' in [0-9]+ s;' "$tmp/campaign" && grep -q '^buddy  *[1-9]' "$tmp/campaign"; then
		ok "campaign: $saved"
	else
		not_ok "campaign: $member, status $status, saved '$saved'"
		tail -n 8 "$tmp/campaign" | sed 's/^/# /'
	fi
done
check "nothing is left without a name" bash -c "! ls -d $tmp/findings-*/unnamed-* 2>/dev/null"
finish
