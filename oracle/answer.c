// SPDX-License-Identifier: GPL-2.0-only
/* answer.c - see answer.h. */
#include "answer.h"

#include <stdio.h>

#include "../impls/names.h"

int pf_answer_text(const struct pf_answer *t, char *buf, size_t size)
{
	switch (t->kind) {
	case PF_ANSWER_SKIPPED:
		return snprintf(buf, size, "skipped: not supported");
	case PF_ANSWER_FAILED:
		return snprintf(buf, size, "failed");
	case PF_ANSWER_PFN:
		return snprintf(buf, size, "pfn %u", t->a);
	case PF_ANSWER_RUN:
		return snprintf(buf, size, "pfn %u, %u pages", t->a, t->b);
	case PF_ANSWER_BULK:
		return snprintf(buf, size, "%u pages, first pfn %u", t->a, t->b);
	case PF_ANSWER_SPLIT:
		return snprintf(buf, size, "%u pages from pfn %u", t->a, t->b);
	case PF_ANSWER_COMPACTED:
		return snprintf(buf, size, "%s, %u pages moved", pf_compact_result_name(t->a),
				t->b);
	case PF_ANSWER_PAGES:
		return snprintf(buf, size, "%u pages", t->a);
	case PF_ANSWER_BLOCK:
		return snprintf(buf, size, "pageblock at pfn %u", t->a);
	case PF_ANSWER_REFUSED:
		return snprintf(buf, size, "refused");
	default:
		return snprintf(buf, size, "%s", "");
	}
}
