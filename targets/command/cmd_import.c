// SPDX-License-Identifier: GPL-2.0-only
/* cmd_import.c - pagefuzz import: a kernel's kmem trace becomes a program. */
#include "cmd.h"
#include "../import/import.h"

static const char about[] =
	"Turn a recorded workload into a program. TRACE is ftrace text (the file trace or\n"
	"trace_pipe, or trace-cmd report; plain or gzipped; - for standard input) or a\n"
	"trace.dat, with the events of kmem and, if they shall count, compaction and vmscan:\n\n"
	"  trace-cmd record -e kmem:mm_page* -e compaction -e vmscan:mm_vmscan_kswapd_wake \\\n"
	"      -e vmscan:mm_vmscan_direct_reclaim_begin -e vmscan:mm_vmscan_direct_reclaim_end "
	"CMD\n\n"
	"A report on standard error tells what was read and written, and everything in the\n"
	"trace that was not as it should be or that the language cannot say.\n";

static const char notes[] =
	"All memory is one NORMAL zone. Without --pages it holds the peak of live pages, a\n"
	"sixteenth more, and twice the min watermark, in whole pageblocks: about as\n"
	"tight as it was on the traced machine. What was allocated before the recording is not\n"
	"in the trace, so the machine's own size would leave too much room.\n"
	"The min watermark follows the kernel's rule, 4 * sqrt(kilobytes).\n";

struct args {
	struct pf_import_options import;
	const char *output;
	bool bytes, quiet;
};

/* False: *status is what to exit with. */
static bool parse(int argc, char **argv, struct args *a, int *status)
{
	unsigned long skip = 0, events = 0, pages = 0, block = 9, max = 10;
	const struct pf_option options[] = {
		PF_OPTION_OUTPUT(&a->output, "where to write it (default: standard output)"),
		PF_OPTION_BYTES(&a->bytes),
		PF_OPTION_QUIET(&a->quiet, "no report"),
		PF_OPTION_NUMBER("skip", 0, &skip, 0, 1ul << 40,
				 "pass over the first N allocations and frees; the program\n"
				 "starts by allocating what is live behind them"),
		PF_OPTION_NUMBER("events", 0, &events, 1, 1ul << 40,
				 "take N allocations and frees from there"),
		PF_OPTION_FLAG("evictable", 0, &a->import.evictable,
			       "let reclaim take pages that look like page cache; without\n"
			       "it reclaim finds none, and the trace alone says what goes"),
		PF_OPTION_NUMBER("pages", 0, &pages, 1, PF_IMPORT_MAX_PAGES, "pages of the zone"),
		PF_OPTION_NUMBER("pageblock-order", 0, &block, 0, 10, "default 9"),
		PF_OPTION_NUMBER("max-order", 0, &max, 0, 10, "default 10"),
	};
	const struct pf_usage usage = {
		.command = "import",
		.synopsis = "[OPTION]... TRACE",
		.about = about,
		PF_OPTIONS(options),
		.notes = notes,
		.min_args = 1,
		.max_args = 1,
		.args = "exactly one trace",
	};
	int nr;

	if (!pf_parse_options(&usage, argc, argv, &nr, status))
		return false;
	if (block > max) {
		*status = pf_complain(
			"import: a pageblock of order %lu is larger than --max-order %lu", block,
			max);
		return false;
	}
	a->import.skip = skip;
	a->import.events = events;
	a->import.pages = pages;
	a->import.pageblock_order = (unsigned)block;
	a->import.max_order = (unsigned)max;
	return true;
}

static bool write_program(const struct args *a, const struct pf_import *im)
{
	const struct pf_op *ops;
	FILE *out;
	size_t n;

	ops = pf_import_ops(im, &n);
	out = pf_create(a->output);
	if (!out)
		return false;
	if (!a->bytes) {
		pf_write_text(out, ops, n);
	} else if (!pf_write_bytes(out, ops, n)) {
		pf_complain("out of memory");
		pf_discard(out);
		return false;
	}
	return pf_close(out, a->output);
}

int cmd_import(int argc, char **argv)
{
	struct args a = {0};
	struct pf_import *im;
	char error[400];
	int status;
	bool ok;

	if (!parse(argc, argv, &a, &status))
		return status;
	im = pf_import_new(&a.import);
	if (!im)
		return pf_complain("out of memory");
	ok = pf_import_file(im, argv[1], error, sizeof(error));
	if (!ok)
		pf_complain("%s", error);
	else if (!(ok = pf_import_finish(im)))
		pf_complain("%s: %s", argv[1], pf_import_error(im));
	if (ok)
		ok = write_program(&a, im);
	if (ok && !a.quiet)
		pf_import_report(im, stderr);
	pf_import_free(im);
	return ok ? PF_EXIT_CLEAN : PF_EXIT_USAGE;
}
