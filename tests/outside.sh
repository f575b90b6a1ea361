#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# outside.sh - a user's repository (outside/) with an installed pagefuzz: built by its own
# make and by the command, checked, run, minimised, emitted, fuzzed, and as OSS-Fuzz builds it.
# Nothing that happens here names the tree.
. "$(dirname "$0")/lib.sh"
root=$PWD
prefix=$tmp/prefix
san="-fsanitize=address -fsanitize=fuzzer-no-link"

check "make install" make -s install PREFIX="$prefix"
check "DESTDIR" make -s install DESTDIR="$tmp/dest" PREFIX=/usr
check "pkg-config tells of PREFIX alone" grep -qx 'prefix=/usr' "$tmp/dest/usr/lib/pkgconfig/pagefuzz.pc"
for f in include/pagefuzz/{impl,dump,names,zoned}.h lib/libpagefuzz.a lib/pagefuzz/{fuzz_lockstep,fuzz_lockstep.o} \
	lib/pagefuzz/libpagefuzz_mutator.so share/pagefuzz/fuzz_lockstep.dict share/pagefuzz/seeds share/pagefuzz/seeds-bytes \
	share/man/man1/pagefuzz.1 share/bash-completion/completions/pagefuzz; do
	check "installed: $f" test -e "$tmp/dest/usr/$f"
done
mkdir "$tmp/bare" && objcopy -g "$prefix/bin/pagefuzz" "$tmp/bare/pagefuzz"
check "the command names no folder of the tree" bash -c "! grep -qaF '$root' '$tmp/bare/pagefuzz'"
check "the manual page is well-formed" bash -c "! command -v man >/dev/null || [ -z \"\$(man --warnings -l '$prefix/share/man/man1/pagefuzz.1' 2>&1 >/dev/null)\" ]"
for command in $("$prefix/bin/pagefuzz" --help | sed -n 's/^  \([a-z-]*\) .*/\1/p'); do
	grep -q "\\\\fB$command\\\\fR" targets/command/pagefuzz.1 || echo "$command"
done >"$tmp/unnamed"
check "the manual page names every subcommand" test ! -s "$tmp/unnamed"

cp -r tests/outside "$tmp/repo"
cd "$tmp/repo" || exit 2
export PATH=$prefix/bin:$PATH PKG_CONFIG_PATH=$prefix/lib/pkgconfig
completes() { # WORD... : what completion offers for the last one
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	_pagefuzz 2>/dev/null
	echo "${COMPREPLY[*]}"
}
# shellcheck disable=SC1091
. "$prefix/share/bash-completion/completions/pagefuzz"
check "completion: subcommands" test "$(completes pagefuzz emi)" = emit-c
check "completion: options" test "$(completes pagefuzz check --sec)" = --seconds
check "completion: implementations" test "$(completes pagefuzz check bit)" = bitmap

check "its own make" make -s
check "check" pagefuzz check -n 3000 ./pool.so
check "run with others" pagefuzz run -q -i buddy,./pool.so "$prefix"/share/pagefuzz/seeds/*.txt
check "the command builds it, too" pagefuzz build --fuzz wrapper.c pool.c -o built.so
check "and that conforms" pagefuzz check -n 500 -w bitmap ./built.so
pagefuzz fuzz --seconds 6 --workers 1 buddy,./pool.so >out 2>&1
[ $? = 0 ] && grep -Eq '; [1-9][0-9]* edges' out && ok "fuzz: $(grep -o '[0-9]* edges' out), with coverage of its own" ||
	not_ok "fuzz: $(tail -n 3 out)"

make -s clean
check "with a fault" make -s CPPFLAGS=-DPOOL_FAULT
pagefuzz check -o found.txt ./pool.so >out 2>&1
[ $? = 1 ] && ok "check: $(sed -n 's/^finding *//p' out)" || not_ok "check finds nothing: $(tail -n 1 out)"
check "min" bash -c "pagefuzz min -o small.txt found.txt && [ \$(grep -vc '^#' small.txt) -le 4 ]"
check "emit-c" pagefuzz emit-c -o test.c small.txt
# shellcheck disable=SC2046 # flags
check "its test builds" cc -std=gnu11 -Wall -Wextra test.c $(pkg-config --cflags --libs pagefuzz) -o test
./test >out
[ $? = 1 ] && ok "and fails: $(cat out)" || not_ok "the test: $(cat out)"
pagefuzz fuzz --seconds 10 --workers 1 ./pool.so >out 2>&1
[ $? = 1 ] && ls findings/*-pool-*/input.txt >/dev/null 2>&1 && ok "fuzz: $(ls findings)" || not_ok "fuzz: $(tail -n 3 out)"

# As OSS-Fuzz does. Sound, then with the fault.
mkdir out-ok out-bad
fuzz_build() { # OUT FLAGS ENGINE LIB
	env CC=clang CXX=clang++ CFLAGS="-g -O1 $2" CXXFLAGS="-g -O1 $2" OUT="$PWD/$1" FUZZING_ENGINE="$3" LIB_FUZZING_ENGINE="$4" \
		./build.sh
}
check "build.sh" fuzz_build out-ok "$san" libfuzzer -fsanitize=fuzzer
rm -rf seeds && mkdir seeds && unzip -q out-ok/pool_fuzz_seed_corpus.zip -d seeds
(cd / && "$tmp/repo/out-ok/pool_fuzz" -runs=20000 -seed=1 -max_len=1024 -dict="$tmp/repo/out-ok/pool_fuzz.dict" \
	-artifact_prefix="$tmp/" "$tmp/repo/seeds") >out 2>&1
[ $? = 0 ] && grep -q DONE out && ok "its target: $(grep -o 'cov: [0-9]*' out | tail -n 1)" || not_ok "its target: $(tail -n 3 out)"
check "build.sh with the fault" fuzz_build out-bad "$san -DPOOL_FAULT" libfuzzer -fsanitize=fuzzer
out-bad/pool_fuzz -runs=200000 -seed=1 -artifact_prefix="$tmp/" seeds >out 2>&1
[ $? != 0 ] && grep -q '^blamed    pool' out && ok "its target: $(sed -n 's/^finding *//p' out)" || not_ok "its target: $(tail -n 3 out)"
check "build.sh without an engine" fuzz_build out-ok "-fsanitize=address" none ""
check "replays" out-ok/pool_fuzz seeds
check "build.sh for coverage" fuzz_build out-ok "-fprofile-instr-generate -fcoverage-mapping" libfuzzer -fsanitize=fuzzer
LLVM_PROFILE_FILE=$tmp/%m.raw out-ok/pool_fuzz -runs=0 seeds >/dev/null 2>&1
profdata=$(command -v llvm-profdata || command -v llvm-profdata-14)
cov=$(command -v llvm-cov || command -v llvm-cov-14)
"$profdata" merge -sparse "$tmp"/*.raw -o "$tmp/merged" &&
	"$cov" report out-ok/libpool.so -instr-profile="$tmp/merged" pool.c >"$tmp/report" 2>&1
check "pool.c is covered: $(awk '/^TOTAL/ {print $10}' "$tmp/report")" awk '/^TOTAL/ {ok = $10 + 0 > 90} END {exit !ok}' "$tmp/report"

# AFL++, with the installed mutator.
driver=${AFL_DRIVER:-/usr/lib/afl/libAFLDriver.a}
mkdir out-afl
AFL_QUIET=1 check "build.sh for AFL++" env CC=afl-clang-fast CXX=afl-clang-fast++ CFLAGS="-g -O1 -fsanitize=address" \
	CXXFLAGS="-g -O1 -fsanitize=address" OUT="$PWD/out-afl" FUZZING_ENGINE=afl LIB_FUZZING_ENGINE="$driver" ./build.sh
env AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
	AFL_CUSTOM_MUTATOR_LIBRARY="$(pkg-config --variable=mutator pagefuzz)" AFL_CUSTOM_MUTATOR_ONLY=1 \
	afl-fuzz -E 3000 -V 60 -t 5000+ -i seeds -o afl -- out-afl/pool_fuzz >out 2>&1
edges=$(sed -n 's/^edges_found *: *//p' afl/default/fuzzer_stats)
[ "${edges:-0}" -gt 30 ] && ok "AFL++: $edges edges of the allocator" || not_ok "AFL++: $(tail -n 3 out)"
cd "$root" || exit 2
finish
