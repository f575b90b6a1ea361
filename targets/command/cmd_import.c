// SPDX-License-Identifier: GPL-2.0-only
/* cmd_import.c - pagefuzz import: a kernel's kmem trace becomes a program. */
#include <getopt.h>
#include <stdlib.h>

#include "cmd.h"
#include "../import/import.h"

static const char help[] =
	"usage: pagefuzz import [OPTION]... TRACE\n"
	"Turn a recorded workload into a program. TRACE is ftrace text (the file trace or\n"
	"trace_pipe, or trace-cmd report; plain or gzipped; - for standard input) or a\n"
	"trace.dat, with the events of kmem and, if they shall count, compaction and vmscan:\n\n"
	"  trace-cmd record -e kmem:mm_page* -e compaction -e vmscan:mm_vmscan_kswapd_wake \\\n"
	"      -e vmscan:mm_vmscan_direct_reclaim_begin -e vmscan:mm_vmscan_direct_reclaim_end "
	"CMD\n\n"
	"A report on standard error tells what was read and written, and everything in the\n"
	"trace that was not as it should be or that the language cannot say.\n\n"
	"  -o, --output FILE          write there (default: standard output)\n"
	"  -b, --bytes                write bytes instead of text\n"
	"      --skip N               pass over the first N allocations and frees; the program\n"
	"                             starts by allocating what is live behind them\n"
	"      --events N             take N allocations and frees from there\n"
	"      --evictable            let reclaim take pages that look like page cache; without\n"
	"                             it reclaim finds none, and the trace alone says what goes\n"
	"      --pages N              pages of the zone\n"
	"      --pageblock-order N    default 9\n"
	"      --max-order N          default 10\n"
	"  -q, --quiet                no report\n\n"
	"All memory is one NORMAL zone. Without --pages it holds the peak of live pages, a\n"
	"sixteenth more, and twice the min watermark, in whole pageblocks: about as\n"
	"tight as it was on the traced machine. What was allocated before the recording is not\n"
	"in the trace, so the machine's own size would leave too much room.\n"
	"The min watermark follows the kernel's rule, 4 * sqrt(kilobytes).\n";

enum { OPT_SKIP = 256, OPT_EVENTS, OPT_EVICTABLE, OPT_PAGES, OPT_BLOCK, OPT_MAX };

struct args {
	struct pf_import_options import;
	const char *output;
	bool bytes, quiet;
};

/* PF_EXIT_CLEAN: go on; -1: the help was printed. */
static int parse(int argc, char **argv, struct args *a)
{
	static const struct option options[] = {
		{"output", required_argument, NULL, 'o'},
		{"bytes", no_argument, NULL, 'b'},
		{"quiet", no_argument, NULL, 'q'},
		{"skip", required_argument, NULL, OPT_SKIP},
		{"events", required_argument, NULL, OPT_EVENTS},
		{"evictable", no_argument, NULL, OPT_EVICTABLE},
		{"pages", required_argument, NULL, OPT_PAGES},
		{"pageblock-order", required_argument, NULL, OPT_BLOCK},
		{"max-order", required_argument, NULL, OPT_MAX},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	unsigned long v;
	int c;

	while ((c = getopt_long(argc, argv, ":o:bqh", options, NULL)) != -1) {
		switch (c) {
		case 'o':
			a->output = optarg;
			break;
		case 'b':
			a->bytes = true;
			break;
		case 'q':
			a->quiet = true;
			break;
		case OPT_SKIP:
			if (!pf_number(optarg, "--skip", 1ul << 40, &v))
				return PF_EXIT_USAGE;
			a->import.skip = v;
			break;
		case OPT_EVENTS:
			if (!pf_number(optarg, "--events", 1ul << 40, &v))
				return PF_EXIT_USAGE;
			if (!v)
				return pf_complain("import: --events 0 would import nothing");
			a->import.events = v;
			break;
		case OPT_EVICTABLE:
			a->import.evictable = true;
			break;
		case OPT_PAGES:
			if (!pf_number(optarg, "--pages", PF_IMPORT_MAX_PAGES, &v))
				return PF_EXIT_USAGE;
			a->import.pages = v;
			break;
		case OPT_BLOCK:
			if (!pf_number(optarg, "--pageblock-order", 10, &v))
				return PF_EXIT_USAGE;
			a->import.pageblock_order = v;
			break;
		case OPT_MAX:
			if (!pf_number(optarg, "--max-order", 10, &v))
				return PF_EXIT_USAGE;
			a->import.max_order = v;
			break;
		case 'h':
			fputs(help, stdout);
			return -1;
		default:
			return pf_complain_option(argv, c, "import");
		}
	}
	if (optind + 1 != argc)
		return pf_complain(
			"import: exactly one trace is wanted (see pagefuzz import --help)");
	if (a->import.pageblock_order > a->import.max_order)
		return pf_complain("import: a pageblock of order %u is larger than --max-order %u",
				   a->import.pageblock_order, a->import.max_order);
	return PF_EXIT_CLEAN;
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
	if (!a->bytes)
		pf_write_text(out, ops, n);
	else if (!pf_write_bytes(out, ops, n))
		pf_complain("out of memory");
	return pf_close(out, a->output);
}

int cmd_import(int argc, char **argv)
{
	struct args a = {.import = {.pageblock_order = 9, .max_order = 10}};
	int status = parse(argc, argv, &a);
	struct pf_import *im;
	char error[400];
	bool ok;

	if (status)
		return status < 0 ? PF_EXIT_CLEAN : status;
	im = pf_import_new(&a.import);
	if (!im)
		return pf_complain("out of memory");
	ok = pf_import_file(im, argv[optind], error, sizeof(error));
	if (!ok)
		pf_complain("%s", error);
	else if (!(ok = pf_import_finish(im)))
		pf_complain("%s: %s", argv[optind], pf_import_error(im));
	if (ok)
		ok = write_program(&a, im);
	if (ok && !a.quiet)
		pf_import_report(im, stderr);
	pf_import_free(im);
	return ok ? PF_EXIT_CLEAN : PF_EXIT_USAGE;
}
