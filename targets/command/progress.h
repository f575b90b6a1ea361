/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * progress.h - what takes its time: a line that says how far it is, and an end on
 * Ctrl-C or SIGTERM with what there is so far.
 */
#ifndef PAGEFUZZ_PROGRESS_H
#define PAGEFUZZ_PROGRESS_H

#include <signal.h>
#include <stdbool.h>

/* Set by SIGINT and SIGTERM from pf_catch_interrupts() on; the second one ends the process. */
extern volatile sig_atomic_t pf_interrupted;
void pf_catch_interrupts(void);

/* Seconds on a clock that only goes forward. */
double pf_now(void);

/*
 * Say how far it is, in one line on standard error, if that is a terminal and it has
 * been more than two seconds since the first call. May be called as often as one
 * likes; pf_progress_again() says the same with a later time, if anything was said.
 */
void pf_progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void pf_progress_again(void);
/* Take the line away; before anything else is printed. */
void pf_progress_clear(void);

#endif /* PAGEFUZZ_PROGRESS_H */
