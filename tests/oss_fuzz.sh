#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# oss_fuzz.sh - runs .clusterfuzzlite/build.sh as OSS-Fuzz does, for each engine and
# sanitizer, then what it built, from another folder. Prints a line for each check.
#
#	oss_fuzz.sh [ENGINE-SANITIZER]...
# shellcheck disable=SC2317 # functions are called by check
. "$(dirname "$0")/lib.sh"
set -e
root=$PWD

CLANG=${CLANG:-clang}
AFL_DRIVER=${AFL_DRIVER:-/usr/lib/afl/libAFLDriver.a}
RUNS=${RUNS:-2000}
target=fuzz_lockstep

# The compiler's tools have the version in their names on some systems.
tool()
{
	command -v "$1" || command -v "$1-14" || echo "$1"
}
profdata=$(tool llvm-profdata)
cov=$(tool llvm-cov)

# ------------------------------------------------------------- environment --

common="-O1 -fno-omit-frame-pointer -gline-tables-only -Wno-error=int-conversion
	-Wno-error=implicit-function-declaration
	-DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION"
fatal=array-bounds,bool,builtin,enum,function,integer-divide-by-zero,null,object-size
fatal=$fatal,return,returns-nonnull-attribute,shift,signed-integer-overflow,unreachable
fatal=$fatal,vla-bound,vptr
address="-fsanitize=address -fsanitize-address-use-after-scope"
undefined="-fsanitize=$fatal,unsigned-integer-overflow -fno-sanitize-recover=$fatal"
coverage="-fprofile-instr-generate -fcoverage-mapping -pthread -Wl,--no-as-needed -Wl,-ldl
	-Wl,-lm -Wno-unused-command-line-argument"
feedback=-fsanitize=fuzzer-no-link

unset ASAN_OPTIONS
# As the base image has it: wrapping is a signal there, no mistake.
export UBSAN_OPTIONS=silence_unsigned_overflow=1

build()
{
	local engine=$1 sanitizer=$2 dir=$3 flags=$common cc=$CLANG cxx=$CLANG++
	local lib=-fsanitize=fuzzer

	case $sanitizer in
	address) flags="$flags $address $feedback" ;;
	undefined) flags="$flags $undefined $feedback" ;;
	coverage) flags="$flags $coverage" ;;
	esac
	if [ "$engine" = afl ]; then
		cc=afl-clang-fast cxx=afl-clang-fast++ lib=$AFL_DRIVER
	fi
	mkdir -p "$dir/src" "$dir/work" "$dir/out"
	ln -sfn "$tmp/pagefuzz" "$dir/src/pagefuzz"
	cp "$root/.clusterfuzzlite/build.sh" "$dir/src/build.sh"
	# Nothing of our own environment, and a line of flags without newlines.
	# shellcheck disable=SC2086,SC2116
	(cd "$dir/src/pagefuzz" && env -i PATH="$PATH" HOME="$dir" AFL_QUIET=1 \
		CC=$cc CXX=$cxx CFLAGS="$(echo $flags)" CXXFLAGS="$(echo $flags)" \
		LIB_FUZZING_ENGINE=$lib SANITIZER=$sanitizer FUZZING_ENGINE=$engine \
		ARCHITECTURE=x86_64 FUZZING_LANGUAGE=c SRC="$dir/src" WORK="$dir/work" \
		OUT="$dir/out" bash "$dir/src/build.sh")
}

# ------------------------------------------------------------------ checks --

outputs_exist()
{
	ls -l "$1"
	[ -x "$1/$target" ] && [ -s "$1/$target.dict" ] && [ -s "$1/$target.options" ] &&
		[ -s "$1/${target}_seed_corpus.zip" ]
}

# Whatever holds that string is taken for a fuzz target.
only_targets_look_like_targets()
{
	[ "$(grep -rl LLVMFuzzerTestOneInput "$1")" = "$1/$target" ] || return 1
	echo "$target" | grep -qxE '[A-Za-z0-9_-]+'
}

# Sanitizers don't mix: the build check of OSS-Fuzz rejects that.
one_sanitizer()
{
	local out=$1 sanitizer=$2 asan=0 ubsan=0

	nm "$out/$target" | grep -q ' __asan_init' && asan=1
	nm "$out/$target" | grep -q ' __ubsan_handle_shift_out_of_bounds' && ubsan=1
	echo "asan=$asan ubsan=$ubsan"
	case $sanitizer in
	address) [ "$asan" = 1 ] ;;
	undefined) [ "$asan" = 0 ] && [ "$ubsan" = 1 ] ;;
	coverage) [ "$asan" = 0 ] ;;
	esac
}

zip_has_all_seeds()
{
	local seed name

	rm -rf "$2"
	unzip -q "$1/${target}_seed_corpus.zip" -d "$2" || return 1
	for seed in "$tmp"/pagefuzz/corpus/seeds/*.txt; do
		name=$(basename "$seed" .txt)
		[ -s "$2/$name" ] || { echo "$name is missing" && return 1; }
	done
	[ "$(find "$2" -type f | wc -l)" -eq \
		"$(find "$tmp/pagefuzz/corpus/seeds" -name '*.txt' | wc -l)" ]
}

# Sections, comments and KEY = VALUE, and files that are there.
options_are_well_formed()
{
	local dict

	! grep -vnE '^$|^#|^\[[a-z]+\]$|^[a-z_]+ = [^ ].*$' "$1/$target.options" || return 1
	dict=$(sed -n 's/^dict = //p' "$1/$target.options")
	[ -f "$1/$dict" ]
}

# One of the two grammars for both engines: AFL++'s is the stricter one.
dict_is_well_formed()
{
	! grep -vnE '^$|^#|^[A-Za-z0-9_]+="([A-Za-z0-9]|\\x[0-9A-F]{2})+"$' "$1/$target.dict" &&
		! grep -oE '^[^=#]+' "$1/$target.dict" | sort | uniq -d | grep .
}

# Not from the folder it was built in, and without write access to speak of.
from_root()
{
	(cd / && timeout 60 "$@")
}

# A finding of the oracle is not the fault of the build: say so. Always fails.
what_happened()
{
	if grep -E '^(finding|blamed|what) ' "$1"; then
		grep '^Base64' "$1"
	else
		tail -n 20 "$1"
	fi
	return 1
}

replays_seeds()
{
	local log=$tmp/replay.log

	from_root "$1/$target" -artifact_prefix="$tmp/" "$2"/* >"$log" 2>&1 || what_happened "$log"
}

fuzzes()
{
	local log=$tmp/fuzz.log

	from_root "$1/$target" -runs="$RUNS" -dict="$1/$target.dict" -max_len=4096 -seed=1 \
		-artifact_prefix="$tmp/" "$tmp/corpus" "$2" >"$log" 2>&1 ||
		what_happened "$log" || return 1
	grep -q '^Dictionary: [1-9]' "$log" && grep -qE '#[0-9]+.DONE' "$log"
}

speed()
{
	from_root "$1/$target" -runs=40000 -max_len=1024 -max_total_time=4 -seed=1 \
		-print_final_stats=1 -artifact_prefix="$tmp/" "$2" 2>&1 |
		sed -n 's/^stat::average_exec_per_sec: */# executions a second: /p'
}

reports_coverage()
{
	LLVM_PROFILE_FILE=$tmp/raw.profraw from_root "$1/$target" -runs=0 "$2" || return 1
	"$profdata" merge -sparse "$tmp/raw.profraw" -o "$tmp/merged.profdata" || return 1
	"$cov" report "$1/$target" -instr-profile="$tmp/merged.profdata" >"$tmp/report" || return 1
	grep -E 'lockstep.c|TOTAL' "$tmp/report"
	# Lines: something was covered, and not by accident.
	"$cov" report "$1/$target" -instr-profile="$tmp/merged.profdata" |
		awk '/^TOTAL/ { exit !($10 + 0 > 20) }'
}

afl_fuzzes()
{
	timeout 60 env AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 \
		AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 bash -c "cd / && exec afl-fuzz -V 5 \
		-t 5000+ -i '$2' -o '$tmp/afl' -x '$1/$target.dict' -- '$1/$target'" \
		>"$tmp/afl.log" 2>&1 || { tail -n 20 "$tmp/afl.log" && return 1; }
	[ "$(sed -n 's/^execs_done *: *//p' "$tmp/afl/default/fuzzer_stats")" -gt 0 ]
}

afl_finds_no_crash()
{
	local crash

	for crash in "$tmp"/afl/default/crashes/id*; do
		[ -f "$crash" ] || return 0
		"$1/$target" "$crash" >"$tmp/crash.log" 2>&1 || what_happened "$tmp/crash.log" ||
			return 1
	done
	echo "not reproduced alone: $crash"
	return 1
}

# ------------------------------------------------------------------- rounds --

round()
{
	local engine=$1 sanitizer=$2 name=$1-$2 dir=$tmp/$1-$2

	check "$name: build.sh" build "$engine" "$sanitizer" "$dir" || return 0
	check "$name: outputs" outputs_exist "$dir/out" || :
	check "$name: only targets look like targets" \
		only_targets_look_like_targets "$dir/out" || :
	check "$name: one sanitizer" one_sanitizer "$dir/out" "$sanitizer" || :
	check "$name: all seeds are in the zip" zip_has_all_seeds "$dir/out" "$dir/seeds" || :
	check "$name: options" options_are_well_formed "$dir/out" || :
	check "$name: dictionary" dict_is_well_formed "$dir/out" || :
	check "$name: replays the seeds" replays_seeds "$dir/out" "$dir/seeds" || :
	if [ "$sanitizer" = coverage ]; then
		# That build has no feedback: it only replays.
		check "$name: coverage report" reports_coverage "$dir/out" "$dir/seeds" || :
	elif [ "$engine" = libfuzzer ]; then
		mkdir -p "$tmp/corpus"
		check "$name: fuzzes" fuzzes "$dir/out" "$dir/seeds" && speed "$dir/out" "$dir/seeds"
	else
		check "$name: showmap" from_root afl-showmap -q -i "$dir/seeds" -o "$tmp/maps" \
			-- "$dir/out/$target" || :
		check "$name: afl-fuzz" afl_fuzzes "$dir/out" "$dir/seeds" &&
			sed -n 's/^execs_per_sec *: */# executions a second: /p' \
				"$tmp/afl/default/fuzzer_stats"
		check "$name: no crash" afl_finds_no_crash "$dir/out" || :
	fi
	rm -rf "$dir"
}

# A copy, as the image has one; build.sh must not write to it either.
mkdir -p "$tmp/pagefuzz/corpus"
cp -r "$root"/Makefile "$root"/impls "$root"/oracle "$root"/targets "$tmp/pagefuzz/"
cp -r "$root/corpus/seeds" "$tmp/pagefuzz/corpus/"
if ! ls "$tmp"/pagefuzz/corpus/seeds/*.txt >/dev/null 2>&1; then
	echo "# no seeds in the tree: trying two of the test's own"
	mkdir -p "$tmp/pagefuzz/corpus/seeds"
	printf 'alloc a1 order=3 movable\npin a1\ncompact order=4 sync\nfree a1\ncheck\n' \
		>"$tmp/pagefuzz/corpus/seeds/one.txt"
	printf 'config pages=256\nbulk a0 count=40 movable\nfree a0\ndrain\n' \
		>"$tmp/pagefuzz/corpus/seeds/two.txt"
fi
find "$tmp/pagefuzz" | sort >"$tmp/files"

if [ $# -eq 0 ]; then
	set -- libfuzzer-address libfuzzer-undefined libfuzzer-coverage afl-address
fi
for which in "$@"; do
	round "${which%-*}" "${which#*-}"
done
check "the source folder is untouched" bash -c "find '$tmp/pagefuzz' | sort | cmp - '$tmp/files'" || :

finish
