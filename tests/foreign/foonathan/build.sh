#!/bin/sh
# SPDX-License-Identifier: MIT
# build.sh - foonathan.so and foonathan.fuzz.so with Debian's libfoonathan-memory-dev: ./build.sh [FLAG]...
set -eu
exec "${PAGEFUZZ:-pagefuzz}" build --fuzz wrapper.cc -o foonathan.so -- \
	-isystem/usr/include/foonathan_memory "-isystem/usr/include/$(cc -print-multiarch)/foonathan_memory" \
	-lfoonathan_memory "$@"
