#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# oss_fuzz.sh - a part of scripts/oss-fuzz-check: each target with libFuzzer and ASan, the
# main one with the other sanitizers and engines that this machine has.
cd "$(dirname "$0")/.." || exit 2
status=0
RUNS=500 scripts/oss-fuzz-check libfuzzer-address || status=1
FUZZ_TARGETS="fuzz_lockstep fuzz_language" RUNS=500 scripts/oss-fuzz-check libfuzzer-undefined libfuzzer-memory \
	libfuzzer-coverage afl-address honggfuzz-address libfuzzer-address-i386 || status=1
exit $status
