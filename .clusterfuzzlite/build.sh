#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh - builds the fuzz target as OSS-Fuzz and ClusterFuzzLite want it: the
# compilers, all flags, the engine and the folders come from the environment, and
# nothing but the target and what belongs to it goes to $OUT.
set -eu
: "${CC:?}" "${CXX:?}" "${SRC:?}" "${WORK:?}" "${OUT:?}"
: "${CFLAGS=}" "${CXXFLAGS=}" "${LIB_FUZZING_ENGINE=}"
: "${SANITIZER:=address}" "${FUZZING_ENGINE:=libfuzzer}" "${ARCHITECTURE:=x86_64}"

target=fuzz_lockstep
objects=$WORK/objects-$FUZZING_ENGINE-$SANITIZER-$ARCHITECTURE
host=$WORK/host
language="-std=gnu11 -D_GNU_SOURCE"

cd "$SRC/pagefuzz"
rm -rf "$objects" "$host"
mkdir -p "$objects" "$host/seeds" "$OUT"

# What belongs to the target says the Makefile.
list()
{
	env -u MAKEFLAGS -u MFLAGS make -s "$@"
}
read -r -a sources < <(list print-CORE | tr '\n' ' '; list print-TARGET)
# Without an engine the target replays files; AFL++'s and other drivers may know the
# custom mutator's way back into libFuzzer, or not.
if [ -z "$LIB_FUZZING_ENGINE" ]; then
	sources+=(targets/engines/replay.c)
elif [ "$FUZZING_ENGINE" != libfuzzer ]; then
	cat >"$WORK/no_mutate.c" <<-'END'
	#include <stddef.h>
	#include <stdint.h>
	__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
	{
		(void)data, (void)size, (void)max_size;
		return 0;
	}
	END
	sources+=("$WORK/no_mutate.c")
fi

compile()
{
	local object=${1#"$WORK/"}

	# shellcheck disable=SC2086 # flags are lists
	$CC $language $CFLAGS -c "$1" -o "$objects/${object//\//_}.o"
}
export -f compile
export CC CFLAGS WORK language objects
# shellcheck disable=SC2016 # the inner shell expands it
printf '%s\0' "${sources[@]}" |
	xargs -0 -n 1 -P "$(nproc)" bash -c 'compile "$1" || exit 255' compile

# shellcheck disable=SC2086
$CXX $CXXFLAGS "$objects"/*.o $LIB_FUZZING_ENGINE -o "$OUT/$target"

# Tools that run here and now: without the sanitizer and without the engine.
host_tool()
{
	# shellcheck disable=SC2086
	AFL_QUIET=1 $CC $language -O1 "targets/engines/$1.c" $(list print-TRANSLATE) \
		-o "$host/$1"
}

host_tool make_dict
"$host/make_dict" >"$OUT/$target.dict"

host_tool seeds_to_bytes
rm -f "$OUT/${target}_seed_corpus.zip"
shopt -s nullglob
seeds=(corpus/seeds/*.txt)
if [ "${#seeds[@]}" -gt 0 ]; then
	"$host/seeds_to_bytes" "$host/seeds" "${seeds[@]}"
	# -X and sorted names: the same seeds make the same archive.
	(cd "$host/seeds" && zip -q -X "$OUT/${target}_seed_corpus.zip" -- *)
else
	echo "build.sh: no corpus/seeds/*.txt, so no seed corpus" >&2
fi

cat >"$OUT/$target.options" <<END
[libfuzzer]
dict = $target.dict
max_len = 1024
END
