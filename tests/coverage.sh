#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# coverage.sh - the floors of tests/unreached.txt hold, and what nothing reaches has a
# reason there.
. "$(dirname "$0")/lib.sh"

scripts/coverage --check >"$tmp/out" 2>&1
status=$?
sed 's/^/# /' "$tmp/out"
check "lines are counted" grep -q '^coverage: lines of impls/linux: [0-9]' "$tmp/out"
check "floors hold, and what is unreached has a reason" test $status = 0
finish
