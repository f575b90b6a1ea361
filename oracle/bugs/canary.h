/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * canary.h - what the patches beside it say where their bug is: BUG_R(), the wrong line is
 * reached; BUG_T(condition), and it makes a difference. Nothing, or with CANARY=1 and 2 the end
 * of the process, so that who is not noticed is told from what never happened.
 */
#ifndef CANARY
#define CANARY 0
#endif

#define BUG_R()	 (CANARY == 1 ? __builtin_trap() : (void)0)
#define BUG_T(c) (CANARY == 2 && (c) ? __builtin_trap() : (void)0)
