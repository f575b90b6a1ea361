// SPDX-License-Identifier: GPL-2.0-only
/* import_report.c - what an import read, wrote and could not do, for people. */
#include "import_state.h"

typedef unsigned long long ull;

static const char *const kind_name[PF_NR_TRACE_KINDS] = {
#define X(id, name) #name,
	PF_TRACE_KINDS(X)
#undef X
};

static const char *const note_text[PF_NR_IMPORT_NOTES] = {
#define X(id, text) text,
	PF_IMPORT_NOTES(X)
#undef X
};

/* Why an event makes no operation of its own. */
static const char *const kind_remark[PF_NR_TRACE_KINDS] = {
	[PF_TRACE_FREE_BATCHED] = "repeats mm_page_free",
	[PF_TRACE_ALLOC_LOCKED] = "inside the allocator, no operation",
	[PF_TRACE_DRAIN] = "inside the allocator, no operation",
	[PF_TRACE_EXTFRAG] = "inside the allocator, no operation",
	[PF_TRACE_COMPACT_TRY] = "tells the order of a compaction",
	[PF_TRACE_COMPACT_FINISHED] = "tells the order of a compaction",
	[PF_TRACE_COMPACT_END] = "ends a compaction",
	[PF_TRACE_KCOMPACTD_WAKE] = "tells the order of a compaction",
	[PF_TRACE_RECLAIM_END] = "tells the pages of a reclaim",
};

static void report_events(const struct pf_import *im, FILE *out)
{
	fprintf(out, "events read: %llu", (ull)im->nr_events);
	if (im->nr_skipped)
		fprintf(out, ", behind %llu skipped allocations and frees (%u blocks live by then)",
			(ull)im->nr_skipped, im->nr_started);
	fputc('\n', out);
	for (int i = 0; i < PF_NR_TRACE_KINDS; i++) {
		if (!im->kind_count[i])
			continue;
		fprintf(out, "  %10llu  %s", (ull)im->kind_count[i], kind_name[i]);
		if (kind_remark[i])
			fprintf(out, " (%s)", kind_remark[i]);
		fputc('\n', out);
	}
	for (unsigned i = 0; i < im->nr_others; i++)
		fprintf(out, "  %10llu  %s (ignored)\n", (ull)im->other[i].count,
			im->other[i].name);
	if (im->nr_unnamed)
		fprintf(out, "  %10llu  of still other names (ignored)\n", (ull)im->nr_unnamed);
}

static void report_operations(const struct pf_import *im, FILE *out)
{
	fprintf(out, "operations written: %zu\n", im->nr_ops);
	fprintf(out, "  %10zu  config\n", im->nr_config);
	for (int i = 0; i < PF_NR_OPS; i++)
		if (im->op_count[i])
			fprintf(out, "  %10llu  %s\n", (ull)im->op_count[i], pf_op_info[i].name);
	fprintf(out, "  gfp of the allocations:");
	for (int i = 0; i < PF_NR_GFP; i++)
		if (im->gfp_count[i])
			fprintf(out, " %s %llu",
				pf_op_info[PF_OP_ALLOC].operand[PF_ALLOC_GFP].symbol[i],
				(ull)im->gfp_count[i]);
	fputc('\n', out);
}

static void report_notes(const struct pf_import *im, FILE *out)
{
	bool any = false;

	for (int i = 0; i < PF_NR_IMPORT_NOTES; i++) {
		if (!im->note[i])
			continue;
		if (!any)
			fprintf(out, "not as it should be, or not to be said in the language:\n");
		any = true;
		fprintf(out, "  %10llu  %s\n", (ull)im->note[i], note_text[i]);
	}
	for (uint64_t i = 0; i < im->note[PF_NOTE_BAD] && i < MAX_BAD; i++)
		fprintf(out, "              %llu: %s\n", (ull)im->bad[i].line, im->bad[i].text);
	if (im->held_pages)
		fprintf(out,
			"  %10llu  pages freed in the trace, but held in split blocks at its end\n",
			(ull)im->held_pages);
	if (!any)
		fprintf(out, "nothing unusual in the trace\n");
}

void pf_import_report(const struct pf_import *im, FILE *out)
{
	report_events(im, out);
	report_operations(im, out);
	report_notes(im, out);
	fprintf(out,
		"live blocks: at most %u, at the end %u; pages: at most %llu, at the end %llu\n",
		(unsigned)im->slots.peak, (unsigned)im->slots.used, (ull)im->peak_pages,
		(ull)im->live_pages);
	fprintf(out, "zone: %u pages, ", (unsigned)im->pages);
	if (im->opt.pages)
		fprintf(out, "as asked");
	else
		fprintf(out, "fit for the peak");
	fprintf(out, "; min watermark %u; highest page frame of the trace 0x%llx\n",
		(unsigned)im->min, (ull)im->max_pfn);
	if (im->capped)
		fprintf(out, "the language has no larger zones: many allocations will fail\n");
}
