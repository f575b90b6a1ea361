// SPDX-License-Identifier: GPL-2.0-only
/* story.c - a finding told: law, blame, the last operations with all answers, page maps. */
#include <string.h>

#include "oracle.h"
#include "world.h"

#define SHOWN (PF_STORY_OPS - 4)

static void tell_answers(const struct pf_oracle *o, size_t step, FILE *out)
{
	for (unsigned i = 0; i < o->nr_lanes; i++) {
		const struct pf_lane *lane = o->lane[i];
		const struct pf_answer *t = &lane->answer[step % PF_STORY_OPS];
		char text[120];

		if (!lane->active || t->step != step || t->kind == PF_ANSWER_NONE)
			continue;
		pf_answer_text(t, text, sizeof(text));
		fprintf(out, "            %-10s %s%s\n", lane->impl->name, text,
			t->taken_back ? "; taken back: not all succeeded" : "");
	}
}

static void tell_operations(const struct pf_oracle *o, const struct pf_op *ops, size_t end,
			    pf_op_printer print, FILE *out)
{
	for (size_t i = end > SHOWN ? end - SHOWN : 0; i < end; i++) {
		if (pf_op_is_config(ops[i].kind))
			continue;
		fprintf(out, "%6zu  ", i);
		print(out, &ops[i]);
		fputs(o->freed_first[i % PF_STORY_OPS] ? "   (what was there is freed first)\n"
						       : "\n",
		      out);
		tell_answers(o, i, out);
	}
}

void pf_story(const struct pf_oracle *o, const struct pf_verdict *v, const struct pf_op *ops,
	      size_t n, pf_op_printer print, FILE *out)
{
	const char *report = o->blame.report;
	size_t len = strlen(report);

	fprintf(out, "finding   %s\n", v->signature);
	fprintf(out, "law       %s: %s\n", pf_law_name[v->law], pf_law_text[v->law]);
	fprintf(out, "blamed    %s%s%s\n", o->blame.name[v->lane],
		v->other >= 0 ? ", compared with " : "",
		v->other >= 0 ? o->blame.name[v->other] : "");
	fprintf(out, "what      %s\n", v->detail);
	fprintf(out, "cause     %s: %s\n", v->cause, pf_about_text[v->about]);
	if (len)
		fprintf(out, "%s%s", report, report[len - 1] == '\n' ? "" : "\n");
	if (v->op_kind == PF_OP_START) {
		fprintf(out, "where     the start, before the first of %zu operations\n", n);
		return;
	}
	if (v->step < n)
		fprintf(out, "where     operation %zu of %zu\n", v->step, n);
	else
		fprintf(out, "where     the audit after the last of %zu operations\n", n);
	fprintf(out, "before it\n");
	tell_operations(o, ops, v->step < n ? v->step + 1 : n, print, out);
	pf_oracle_maps(o, out);
}
