#!/bin/sh
# SPDX-License-Identifier: MIT
# build.sh - jemalloc.so and jemalloc.fuzz.so with Debian's libjemalloc-dev: ./build.sh [FLAG]...
set -eu
wrap=
for f in mmap munmap pthread_atfork pthread_key_create pthread_setspecific; do
	wrap="$wrap -Wl,--wrap=$f"
done
# shellcheck disable=SC2086 # a list
exec "${PAGEFUZZ:-pagefuzz}" build --fuzz wrapper.c "$(pkg-config --variable=libdir jemalloc)/libjemalloc_pic.a" \
	-o jemalloc.so -- $wrap -Wl,--exclude-libs,ALL -lm "$@"
