/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * recorded.h - an implementation that repeats what a transcript says, and one
 * that writes a transcript while it passes every call on to another.
 */
#ifndef PAGEFUZZ_RECORDED_H
#define PAGEFUZZ_RECORDED_H

#include "transcript.h"

/*
 * An implementation of that name (NULL: recorded) that answers as the transcript
 * does, and is lost when it is asked something else. Tier and group are those of the
 * real kernel. The transcript stays the caller's and has to live as long as this.
 * NULL: out of memory.
 */
struct pf_recorded *pf_recorded_play(const struct pf_transcript *t, const char *name);
const struct pf_impl *pf_recorded_impl(const struct pf_recorded *player);
void pf_recorded_free(struct pf_recorded *player);

/*
 * `inner` with every call written down, as an implementation of the same name. It
 * has no stats and no such functions as a transcript can't hold. Every full_every-th
 * dump has its lists (0: every one), as have the first and the last of
 * dumps_expected; the others only their hash. It writes down one run at a time, the
 * last one begun. NULL: out of memory.
 */
struct pf_recorder *pf_recorder_new(const struct pf_impl *inner, unsigned full_every,
				    unsigned dumps_expected);
const struct pf_impl *pf_recorder_impl(const struct pf_recorder *rec);
/*
 * Fills in what the last run said: calls and the numbers of what they hold
 * (t->calls is the recorder's). Once a run. False: out of memory.
 */
bool pf_recorder_take(struct pf_recorder *rec, struct pf_transcript *t);
void pf_recorder_free(struct pf_recorder *rec);

#endif /* PAGEFUZZ_RECORDED_H */
