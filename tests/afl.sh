#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# afl.sh - AFL++ on the built target, with and without the mutator library, and the
# tools around it. Builds nothing. Prints a line for each check.
# shellcheck disable=SC2317 # functions are called by check
. "$(dirname "$0")/lib.sh"

TARGET=$(realpath "${TARGET:-build/afl/afl_lockstep}")
MUTATOR=$(realpath "${MUTATOR:-build/afl/libpagefuzz_mutator.so}")
DICT=${DICT:-build/fuzz_lockstep.dict}
SEED_DIR=${SEED_DIR:-build/seeds-bytes}
SECONDS_EACH=${SECONDS_EACH:-8}

export AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1
export AFL_NO_AFFINITY=1
# AFL++ insists on its own settings of these.
unset ASAN_OPTIONS UBSAN_OPTIONS

fuzz()
{
	local out=$1

	shift
	timeout $((SECONDS_EACH + 60)) "$@" afl-fuzz -V "$SECONDS_EACH" -G 4096 -t 5000+ \
		-i "$tmp/seeds" -o "$out" ${dict[@]+"${dict[@]}"} -- "$TARGET" >"$out.log" 2>&1 ||
		{
			tail -n 15 "$out.log"
			return 1
		}
}

figure()
{
	sed -n "s/^$2 *: *//p" "$1/default/fuzzer_stats"
}

runs_at_all()
{
	figure "$1" execs_done
	[ "$(figure "$1" execs_done)" -gt 100 ]
}

# A run must not depend on the run before it; AFL++ notices.
is_stable()
{
	figure "$1" stability
	[ "$(figure "$1" stability | cut -d. -f1)" -ge 99 ]
}

# The implementations keep the laws: a crash is a false alarm, or news.
no_crash()
{
	local crash

	for crash in "$1"/default/crashes/id*; do
		[ -f "$crash" ] || continue
		{ "$TARGET" "$crash" 2>&1 || :; } | grep -E '^finding|^SUMMARY' || echo "$crash"
	done 2>/dev/null >"$1.crashes"
	sort "$1.crashes" | uniq -c
	[ ! -s "$1.crashes" ]
}

mkdir "$tmp/seeds"
# Something that trimming makes smaller: bytes that mean nothing, frees of nothing.
printf '\205100000000\205211\231100000000' >"$tmp/seeds/padded"
for seed in "$SEED_DIR"/*; do
	[ ! -f "$seed" ] || cp "$seed" "$tmp/seeds/"
done
dict=()
[ ! -r "$DICT" ] || dict=(-x "$DICT")

mutator=(env AFL_DEBUG=1 "AFL_CUSTOM_MUTATOR_LIBRARY=$MUTATOR")
check "afl-fuzz with the mutator" fuzz "$tmp/with" "${mutator[@]}"
check "afl-fuzz alone" fuzz "$tmp/without" env
for out in with without; do
	check "$out: runs" runs_at_all "$tmp/$out"
	check "$out: stable" is_stable "$tmp/$out"
	check "$out: no crash" no_crash "$tmp/$out"
	echo "# $out: $(figure "$tmp/$out" execs_per_sec) executions a second," \
		"$(figure "$tmp/$out" corpus_count) inputs, $(figure "$tmp/$out" edges_found) edges"
done
check "trim is used" grep -aq 'Custom Trimming\] START' "$tmp/with.log"
check "the mutator finds inputs" \
	bash -c "ls '$tmp/with/default/queue' | grep -qE ',(mutate|splice)'"

check "showmap, standard input" \
	bash -c "afl-showmap -q -o '$tmp/map' -- '$TARGET' <'$tmp/seeds/padded' && [ -s '$tmp/map' ]"
check "showmap, file argument" \
	bash -c "afl-showmap -q -o '$tmp/map2' -- '$TARGET' '$tmp/seeds/padded' && [ -s '$tmp/map2' ]"
mkdir "$tmp/same"
for i in 1 2 3; do
	cp "$tmp/seeds/padded" "$tmp/same/$i"
done
check "showmap, folder" afl-showmap -q -i "$tmp/same" -o "$tmp/maps" -- "$TARGET"
check "the same input covers the same" \
	bash -c "cmp '$tmp/maps/1' '$tmp/maps/2' && cmp '$tmp/maps/1' '$tmp/maps/3'"
check "tmin" timeout 60 afl-tmin -e -i "$tmp/seeds/padded" -o "$tmp/small" -- "$TARGET"
check "tmin with @@" timeout 60 afl-tmin -e -i "$tmp/seeds/padded" -o "$tmp/small2" -- "$TARGET" @@
check "tmin makes it smaller" \
	bash -c "[ \$(wc -c <'$tmp/small') -lt \$(wc -c <'$tmp/seeds/padded') ]"
check "tmin with @@ makes it smaller" \
	bash -c "[ \$(wc -c <'$tmp/small2') -lt \$(wc -c <'$tmp/seeds/padded') ]"


# Several instances that share what they find, and what becomes of their crashers.
campaign()
{
	OUTDIR=$tmp/several FINDINGS=$tmp/found SEED_DIR=$tmp/seeds TARGET=$TARGET FAST=$TARGET CMPLOG=$TARGET \
		MUTATOR=$MUTATOR DICT=$DICT AFL_SECONDS=$1 AFL_JOBS=2 scripts/afl >"$tmp/several.log" 2>&1
}
check "two instances" campaign 6
check "both have run" bash -c "grep -qE '^main +[1-9]' '$tmp/several.log' && grep -qE '^sanitizers +[1-9]' '$tmp/several.log'"
mkdir -p "$tmp/several/main/crashes" && echo "no crash at all" >"$tmp/several/main/crashes/id:000000"
campaign 3
check "a crasher is a finding, status 1" test $? = 1 -a -s "$tmp/found/afl-1/input" -a -s "$tmp/found/afl-1/signature"
check "it went on where it was" grep -q 'going on with .*/main' "$tmp/several.log"
check "and is not looked at again" campaign 3
campaign 60 &
pid=$!
sleep 4
pkill -TERM -P $pid # scripts/afl itself
wait $pid
check "ended by a signal: nothing is left" bash -c "! pgrep afl-fuzz -a | grep -F '$tmp/several'"
finish
