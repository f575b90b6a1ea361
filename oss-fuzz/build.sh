#!/bin/bash -eu
# SPDX-License-Identifier: GPL-2.0-only
exec bash "$SRC/pagefuzz/.clusterfuzzlite/build.sh"
