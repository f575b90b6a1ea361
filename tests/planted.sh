#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# planted.sh - from a planted fault to a finished finding: a campaign finds and
# saves it, pagefuzz min and afl-tmin make it small, emit-c makes a test of it
# that fails with the fault and passes without.
. "$(dirname "$0")/lib.sh"

fault=${1:-tests/faults/linux/wmark-ignored.patch}
impl=$(basename "$(dirname "$fault")")
mkdir -p "$tmp/impls" && cp impls/*.h "$tmp/impls/" && cp -r impls/zoned "impls/$impl" "$tmp/impls/"
check "the fault applies" bash -c "patch -s -F0 -p1 -d '$tmp' <'$fault'"

# link DIR COMPILER FLAGS OUTPUT SOURCES EXTRA...: the objects of a variant with the faulted implementation.
link() {
	local dir=$1 compiler=$2 flags=$3 output=$4 sources=$5 objects=
	shift 5
	mkdir -p "$tmp/o-$(basename "$output")"
	for f in "$tmp/impls/$impl"/*.c; do
		$compiler -std=gnu11 -D_GNU_SOURCE -g $flags -c "$f" \
			-o "$tmp/o-$(basename "$output")/$(basename "$f" .c).o" || return 1
	done
	for f in $sources; do
		case $f in impls/"$impl"/*) ;; *) objects="$objects $dir/${f%.c}.o" ;; esac
	done
	$compiler $flags -o "$output" "$tmp/o-$(basename "$output")"/*.o $objects "$@"
}
core=$(make -s print-CORE)
command="$(make -s print-MAIN) $(make -s print-COMMAND)"
target=$(make -s print-TARGET)
trace_libs=$(make -s print-TRACE_LIBS)
fuzz=build/fuzz-address-undefined
san="-fsanitize=address,undefined -fno-sanitize-recover=all"

check "faulted command" link build/plain cc -O2 "$tmp/pf" "$core $command" $trace_libs
check "faulted libFuzzer target" link $fuzz clang \
	"-O2 $san -fsanitize-coverage=inline-8bit-counters,pc-table" "$tmp/fuzz_lockstep" \
	"$core $target" -fsanitize=fuzzer
check "faulted AFL++ target" env AFL_QUIET=1 bash -c "$(declare -f link); tmp=$tmp impl=$impl; \
	link build/afl afl-clang-fast '-O2 $san' $tmp/afl_lockstep \
	'$(echo $core $target) targets/engines/afl_lockstep.c'"

# A campaign stops at nothing: it saves the finding and goes on.
"$tmp/pf" fuzz --target "$tmp/fuzz_lockstep" --seconds 10 --corpus "$tmp/corpus" --findings "$tmp/findings" --seeds build/seeds-bytes \
	>"$tmp/campaign" 2>&1
[ $? = 1 ] && ok "campaign ends with status 1" || not_ok "campaign: $(tail -n 3 "$tmp/campaign")"
dir=$(ls -d "$tmp"/findings/*/ 2>/dev/null | head -n 1)
for f in input.bin input.txt story.txt; do check "campaign saved $f" test -s "$dir/$f"; done
check "the story names the law" grep -q '^law ' "$dir/story.txt"
check "the saved text shows it again" bash -c "! $tmp/pf run -q $dir/input.txt >/dev/null"
check "closing table" grep -q "^$impl  *[0-9]" "$tmp/campaign"

# A long program with the fault in it: generated traffic, at least 60 operations.
for seed in 1 2 3 4 5 6 7 8 9; do
	"$tmp/pf" check -q -w "$(echo bitmap,buddy,mobility,linux | sed "s/,*$impl//; s/^,//")" -s $seed --ops 300 \
		-o "$tmp/long.txt" "$impl" >/dev/null
	[ "$(grep -vc '^#' "$tmp/long.txt")" -ge 60 ] && break
done
before=$(grep -vc '^#' "$tmp/long.txt")
if [ "$before" -ge 60 ]; then ok "a finding of $before operations"; else not_ok "a finding of $before operations only"; fi
"$tmp/pf" asm -o "$tmp/long.bin" "$tmp/long.txt"
signature_of() {
	"$tmp/pf" run -q "$1" | sed -n 's/^finding  *//p'
}
signature=$(sed -n "1s/^# //p" "$tmp/long.txt")

check "pagefuzz min" "$tmp/pf" min -o "$tmp/small.txt" "$tmp/long.txt"
ours=$(grep -vc '^#' "$tmp/small.txt")
check "same signature after min" grep -qxF "# $signature" "$tmp/small.txt"
AFL_QUIET=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_SKIP_CPUFREQ=1 \
	timeout 120 afl-tmin -m none -t 5000 -i "$tmp/long.bin" -o "$tmp/tmin.bin" -- "$tmp/afl_lockstep" \
	>"$tmp/tmin.log" 2>&1
theirs=$("$tmp/pf" show "$tmp/tmin.bin" 2>/dev/null | grep -c .)
if [ "$theirs" -ge 1 ] && [ $((theirs * 8)) -le "$before" ]; then
	ok "afl-tmin leaves $theirs operations of $before"
else
	not_ok "afl-tmin leaves $theirs operations of $before"
	tail -n 5 "$tmp/tmin.log" | sed 's/^/# /'
fi
# afl-tmin takes any crash for the same: then compare on what it ended with.
if [ "$(signature_of "$tmp/tmin.bin")" != "$signature" ]; then
	"$tmp/pf" min -o "$tmp/small2.txt" "$tmp/tmin.bin" 2>/dev/null
	ours=$(grep -vc '^#' "$tmp/small2.txt")
fi
if [ "$ours" -le "$theirs" ]; then
	ok "pagefuzz min leaves $ours"
else
	not_ok "pagefuzz min leaves $ours, afl-tmin $theirs"
fi

check "emit-c" "$tmp/pf" emit-c -o "$tmp/test.c" "$tmp/small.txt"
check "the C test builds" cc -std=gnu11 -Wall -Wextra -Werror -I. -o "$tmp/test" "$tmp/test.c" build/libpagefuzz.a
check "the C test passes without the fault" "$tmp/test"
# Objects in front of the library take the place of its own.
check "the C test fails with the fault" bash -c \
	"cc -std=gnu11 -I. -o $tmp/test2 $tmp/test.c $tmp/o-pf/*.o build/libpagefuzz.a && ! $tmp/test2 | grep -qx clean && ! $tmp/test2 >/dev/null"

# Ctrl-C: the table still comes, nothing stays behind.
build/pagefuzz fuzz --seconds 60 --workers 1 --corpus "$tmp/corpus2" --findings "$tmp/findings2" >"$tmp/interrupted" 2>&1 &
pid=$!
sleep 3
kill -INT $pid
wait $pid
[ $? = 0 ] && grep -q '^interrupted: ' "$tmp/interrupted" && grep -q '^0 findings' "$tmp/interrupted" &&
	ok "Ctrl-C ends with the table" || { not_ok "Ctrl-C ends with the table"; tail -n 3 "$tmp/interrupted"; }
if pgrep -P $pid >/dev/null 2>&1; then not_ok "a worker is left"; else ok "no worker is left"; fi
finish
