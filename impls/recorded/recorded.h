/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * recorded.h - an implementation that repeats what a transcript says, and one
 * that writes a transcript while it passes every call on to another.
 *
 * Both are one a process: what they play or write is set before the run.
 */
#ifndef PAGEFUZZ_RECORDED_H
#define PAGEFUZZ_RECORDED_H

#include "transcript.h"

/*
 * Answers as the transcript does, and is lost when it is asked something else.
 * Tier and group are those of the real kernel. The transcript stays the
 * caller's and has to live as long as a run uses it.
 */
const struct pf_impl *pf_recorded_play(const struct pf_transcript *t);

/*
 * `inner` with every call written down. The recorder has no census, stats and
 * no such functions as a transcript can't hold. Valid until the next call.
 */
const struct pf_impl *pf_recorder_wrap(const struct pf_impl *inner);

/*
 * Fills in what the last run said: calls and the numbers of what they hold
 * (t->calls is the recorder's). Every full_every-th dump has its lists, as have
 * the first and the last one; the others only their hash. False: no memory.
 */
void pf_recorder_begin(unsigned full_every, unsigned dumps_expected);
bool pf_recorder_take(struct pf_transcript *t);

#endif /* PAGEFUZZ_RECORDED_H */
