#!/bin/bash
# SPDX-License-Identifier: MIT
#
# build.sh - the fuzz target for OSS-Fuzz: the allocator as a library, so that its globals
# are part of the state, and pagefuzz's target linked with it. Compilers, flags, engine and
# folders come from the environment; pagefuzz was installed into the image before.
set -eu
: "${CC:?}" "${CXX:?}" "${OUT:?}" "${CFLAGS=}" "${CXXFLAGS=}"
: "${LIB_FUZZING_ENGINE=}" "${FUZZING_ENGINE:=libfuzzer}"
cd "$(dirname "$0")"

piece() {
	pkg-config --variable="$1" pagefuzz
}
main=
if [ -z "$LIB_FUZZING_ENGINE" ]; then
	main=$(piece replay)
elif [ "$FUZZING_ENGINE" != libfuzzer ]; then
	main=$(piece no_mutate)
fi

# shellcheck disable=SC2046,SC2086 # flags are lists
$CC -std=gnu11 $CFLAGS -fPIC -shared $(pkg-config --cflags pagefuzz) wrapper.c pool.c \
	$(pkg-config --libs pagefuzz) -o "$OUT/libpool.so"
# shellcheck disable=SC2016,SC2046,SC2086 # the loader expands $ORIGIN
$CXX $CXXFLAGS "$(piece target)" $main "$OUT/libpool.so" -Wl,-rpath,'$ORIGIN' \
	$(pkg-config --libs pagefuzz) $LIB_FUZZING_ENGINE -o "$OUT/pool_fuzz"

cp "$(piece dict)" "$OUT/pool_fuzz.dict"
(cd "$(piece seeds)" && rm -f "$OUT/pool_fuzz_seed_corpus.zip" &&
	zip -q -X "$OUT/pool_fuzz_seed_corpus.zip" -- *)
printf '[libfuzzer]\ndict = pool_fuzz.dict\nmax_len = 1024\n' >"$OUT/pool_fuzz.options"
