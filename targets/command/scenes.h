/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scenes.h - a run written down for a page that shows it: a line of JSON for the layout,
 * one for each operation with what it changed, one for the state that a finding left.
 * Written as it happens: who dies on the way has said everything up to then.
 *
 *     {"base":PFN,"pages":N,"blockOrder":O,"maxOrder":O,"zones":[{"name","node","start","pages"}],
 *      "lanes":[NAME]}
 *     {"s":STEP,"op":TEXT,"a":[ANSWER or null],"l":[CHANGES or null]}
 *     {"last":true, as above}
 *
 * and {"begin":STEP,"op":TEXT} before each, for whoever reads no more.
 *
 * CHANGES of a lane: {"p":[first,count,look,slot, ...],"b":[page,order+1,where, ...],
 * "t":[pageblock,type, ...],"listed":BOOL,"free":N,"largest":O,"moved":N}; p, b and t hold what is not
 * as it was before, b only if listed. Pages and pageblocks are counted from base.
 */
#ifndef PAGEFUZZ_COMMAND_SCENES_H
#define PAGEFUZZ_COMMAND_SCENES_H

#include <stdio.h>

#include "../../oracle/oracle.h"

/* Pages that are looked at in one recording, over all steps and lanes: seconds. */
#define PF_SCENES_PAGES 3000000000ull

struct pf_scenes;

/* For programs of up to nr_ops operations. NULL: out of memory. */
struct pf_scenes *pf_scenes_new(struct pf_oracle *o, size_t nr_ops, FILE *out);
void pf_scenes_free(struct pf_scenes *s);
/* Around a run: it is written down, or not. */
void pf_scenes_begin(struct pf_scenes *s);
void pf_scenes_end(struct pf_scenes *s, bool finding);
/* What the oracle has to call. */
void pf_scenes_options(struct pf_scenes *s, struct pf_options *options);

/* A string of JSON that may stand inside <script>; what is no UTF-8 is U+FFFD. */
void pf_scenes_text(FILE *out, const char *text);

#endif /* PAGEFUZZ_COMMAND_SCENES_H */
