// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_source.c - with fuzz_lockstep.c: the port and a kernel's own mm/, which must agree in
 * everything. Wants source/6.1/ beside the program (make source).
 */
extern const char *const pf_target_lineup;
const char *const pf_target_lineup = "linux,source:6.1";
