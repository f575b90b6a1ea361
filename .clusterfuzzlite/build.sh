#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh - builds the fuzz targets as OSS-Fuzz and ClusterFuzzLite want them: the
# compilers, all flags, the engine and the folders come from the environment, and nothing
# but the targets and what belongs to them goes to $OUT. What they are made of says the
# Makefile (FUZZ_TARGETS). FUZZ_TARGETS in the environment: only these.
set -eu
: "${CC:?}" "${CXX:?}" "${SRC:?}" "${WORK:?}" "${OUT:?}"
: "${CFLAGS=}" "${CXXFLAGS=}" "${LIB_FUZZING_ENGINE=}"
: "${SANITIZER:=address}" "${FUZZING_ENGINE:=libfuzzer}" "${ARCHITECTURE:=x86_64}"

objects=$WORK/objects-$FUZZING_ENGINE-$SANITIZER-$ARCHITECTURE
host=$WORK/host
# No library stands between inputs and our code.
language="-std=gnu11 -D_GNU_SOURCE -Itargets/engines/standin"
[ "$SANITIZER" = address ] || language="$language -DPF_NO_ASAN"

cd "$SRC/pagefuzz"
rm -rf "$objects" "$host"
mkdir -p "$objects" "$host/include/pagefuzz" "$OUT"

list()
{
	env -u MAKEFLAGS -u MFLAGS make -s "print-$1"
}

# ---------------------------------------------------------------- what can be built --

targets=${FUZZ_TARGETS:-$(list FUZZ_TARGETS)}

left_out()
{
	echo "build.sh: $1 is left out: $2"
	targets=$(tr ' ' '\n' <<<"$targets" | grep -vx "$1" | tr '\n' ' ')
}
# A kernel's own mm/, where the image has brought a tree: compiled with the flags of this
# build, so that the engine sees the kernel's code.
kernel=$WORK/source-$SANITIZER
if ! grep -qw fuzz_source <<<"$targets"; then
	:
elif [ ! -e "$SRC/linux/mm/page_alloc.c" ]; then
	left_out fuzz_source "there is no kernel tree in $SRC/linux"
elif [ "$ARCHITECTURE" != x86_64 ] || [ "$FUZZING_ENGINE" != libfuzzer ] || [ "$SANITIZER" = memory ]; then
	left_out fuzz_source "the kernel's own code is for libFuzzer on x86_64, and not for MSan"
elif ! scripts/source KSRC="$SRC/linux" NAME=6.1 DIR="$kernel" KINDS=engine >"$WORK/source.log" 2>&1; then
	left_out fuzz_source "$(tail -n 1 "$WORK/source.log") ($WORK/source.log)"
else
	mkdir -p "$OUT/source/6.1"
	cp "$kernel/6.1/engine.so" "$OUT/source/6.1/plain.so"
fi

# ------------------------------------------------------------------------- objects --

# Without an engine the targets replay files; AFL++'s and other drivers may know the
# custom mutator's way back into libFuzzer, or not.
main=()
if [ -z "$LIB_FUZZING_ENGINE" ]; then
	main=(targets/engines/replay.c)
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
	main=("$WORK/no_mutate.c")
fi
# <pagefuzz/impl.h> for the plug-in.
for header in $(list CONTRACT); do
	echo "#include \"$PWD/$header\"" >"$host/include/pagefuzz/$(basename "$header")"
done

compile()
{
	local object=${1#"$WORK/"}

	# shellcheck disable=SC2086 # flags are lists
	$CC $language $CFLAGS -I"$host/include" -c "$1" -o "$objects/${object//\//_}.o"
}
export -f compile
export CC CFLAGS WORK language objects host
sources=("${main[@]}")
for target in $targets; do
	read -r -a of_target < <(list "${target}_SOURCES")
	sources+=("${of_target[@]}")
done
# shellcheck disable=SC2016 # the inner shell expands it
printf '%s\n' "${sources[@]}" | sort -u | tr '\n' '\0' |
	xargs -0 -n 1 -P "$(nproc)" bash -c 'compile "$1" || exit 255' compile

# ------------------------------------------------------------------------- targets --

# Tools that run here and now: without the sanitizer and without the engine.
host_tool()
{
	# shellcheck disable=SC2046,SC2086
	AFL_QUIET=1 $CC $language -O1 "targets/engines/$1.c" $(list TRANSLATE) -o "$host/$1"
}
host_tool make_dict
host_tool seeds_to_bytes
shopt -s nullglob
seeds=(corpus/seeds/*.txt corpus/regressions/*.txt)
[ "${#seeds[@]}" = 0 ] || { mkdir "$host/programs" && "$host/seeds_to_bytes" "$host/programs" "${seeds[@]}"; }

# A folder of seeds for each target, none: it begins with nothing.
seeds_of()
{
	case $1 in
	fuzz_import) mkdir -p "$host/import" && cp corpus/import/*.txt "$host/import/" && echo "$host/import" ;;
	fuzz_transcript)
		mkdir -p "$host/transcripts" && cp corpus/transcripts/* "$host/transcripts/" &&
			rm -f "$host/transcripts/README.md" && echo "$host/transcripts"
		;;
	*) [ ! -d "$host/programs" ] || echo "$host/programs" ;;
	esac
}

for target in $targets; do
	parts=()
	for file in "${main[@]}" $(list "${target}_SOURCES"); do
		file=${file#"$WORK/"}
		parts+=("$objects/${file//\//_}.o")
	done
	# What it loads finds the engine's and the sanitizer's functions in the program.
	link=
	[ "$target" != fuzz_source ] || link=-rdynamic
	# shellcheck disable=SC2086
	$CXX $CXXFLAGS $link "${parts[@]}" $LIB_FUZZING_ENGINE -o "$OUT/$target"
	longest=1024
	case $target in
	fuzz_import) longest=4096 && cp targets/engines/fuzz_import.dict "$OUT/" ;;
	fuzz_transcript) longest=16384 ;;
	*) "$host/make_dict" >"$OUT/$target.dict" ;;
	esac
	{
		echo "[libfuzzer]"
		[ ! -e "$OUT/$target.dict" ] || echo "dict = $target.dict"
		echo "max_len = $longest"
	} >"$OUT/$target.options"
	rm -f "$OUT/${target}_seed_corpus.zip"
	folder=$(seeds_of "$target")
	if [ -n "$folder" ]; then
		# -X and sorted names: the same seeds make the same archive.
		(cd "$folder" && zip -q -X "$OUT/${target}_seed_corpus.zip" -- *)
	else
		echo "build.sh: no seeds for $target" >&2
	fi
done
