#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# oss_fuzz.sh - a part of scripts/oss-fuzz-check: each target with libFuzzer and ASan (but
# the one that compiles a kernel's mm/), two with the other sanitizers and engines that this
# machine has.
cd "$(dirname "$0")/.." || exit 2
status=0
export RUNS=500
FUZZ_TARGETS=$(make -s print-FUZZ_TARGETS | sed 's/fuzz_source//') scripts/oss-fuzz-check libfuzzer-address libfuzzer-memory || status=1
FUZZ_TARGETS="fuzz_lockstep fuzz_language" scripts/oss-fuzz-check libfuzzer-undefined libfuzzer-coverage afl-address \
	honggfuzz-address libfuzzer-address-i386 || status=1
exit $status
