#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# build.sh - drm_mm.so and drm_mm.fuzz.so from a kernel tree: KSRC=/linux ./build.sh [FLAG]...
set -eu
: "${KSRC:?a kernel tree, such as build/source/linux-source-6.1}"
exec "${PAGEFUZZ:-pagefuzz}" build --fuzz wrapper.c "$KSRC/drivers/gpu/drm/drm_mm.c" "$KSRC/tools/lib/rbtree.c" \
	-o drm_mm.so -- -DCONFIG_DRM_DEBUG_MM -I../shim "-I$KSRC/tools/include" "-idirafter$KSRC/include" \
	-Wno-unused-parameter -Wno-sign-compare "$@"
