// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_port.c - with fuzz_lockstep.c: the port of Linux alone, judged by the laws. No
 * comparison, so several times the programs a second: deep in the port, not wide.
 */
extern const char *const pf_target_lineup;
const char *const pf_target_lineup = "linux";
