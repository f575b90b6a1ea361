#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# build.sh - drm_buddy.so and drm_buddy.fuzz.so from a kernel tree: KSRC=/linux ./build.sh [FLAG]...
set -eu
: "${KSRC:?a kernel tree, such as build/source/linux-source-6.1}"
exec "${PAGEFUZZ:-pagefuzz}" build --fuzz wrapper.c "$KSRC/drivers/gpu/drm/drm_buddy.c" -o drm_buddy.so -- \
	-I../shim "-I$KSRC/tools/include" "-idirafter$KSRC/include" -Wno-unused-parameter -Wno-sign-compare "$@"
