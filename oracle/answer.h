/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * answer.h - what an implementation answered to an operation, short enough to be
 * kept for the story of every run, and as a line for people.
 */
#ifndef PAGEFUZZ_ANSWER_H
#define PAGEFUZZ_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pf_answer_kind {
	PF_ANSWER_NONE,
	PF_ANSWER_SKIPPED,
	PF_ANSWER_FAILED,
	PF_ANSWER_PFN,	     /* a: pfn */
	PF_ANSWER_RUN,	     /* a: pfn, b: pages */
	PF_ANSWER_BULK,	     /* a: pages, b: first pfn */
	PF_ANSWER_SPLIT,     /* a: pages, b: pfn */
	PF_ANSWER_COMPACTED, /* a: enum pf_compact_result, b: pages moved */
	PF_ANSWER_PAGES,     /* a: pages */
	PF_ANSWER_BLOCK,     /* a: pfn */
	PF_ANSWER_REFUSED,
};

struct pf_answer {
	uint64_t step;
	uint32_t a, b;
	uint8_t kind;	 /* enum pf_answer_kind */
	bool taken_back; /* not all of the lineup succeeded */
};

/* As snprintf(). */
int pf_answer_text(const struct pf_answer *answer, char *buf, size_t size);

#endif /* PAGEFUZZ_ANSWER_H */
