// SPDX-License-Identifier: GPL-2.0-only
/* cmd_story.c - pagefuzz story: a program as a page to look at, step by step. */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "page.h"
#include "progress.h"

int cmd_story(int argc, char **argv)
{
	const char *impls = NULL, *output = NULL;
	unsigned long timeout = 0;
	const struct pf_option options[] = {
		PF_OPTION_IMPLS(&impls,
				"comma-separated implementations (default: all built-in ones)"),
		PF_OPTION_OUTPUT(&output, "where to write it (default: FILE.html)"),
		PF_OPTION_TIMEOUT(&timeout),
	};
	const struct pf_usage usage = {
		.command = "story",
		.synopsis = "[OPTION]... FILE",
		.about = "Run a program and write a page for a browser: page maps of all "
			 "implementations side\nby side, step by step, up to the finding. One "
			 "file, which needs nothing else.\n",
		PF_OPTIONS(options),
		.min_args = 1,
		.max_args = 1,
		.args = "exactly one program",
	};
	struct pf_judge_config config = {.impls = NULL};
	enum pf_outcome outcome = PF_CLEAN;
	char path[PATH_MAX];
	struct pf_program p;
	int nr, status;
	bool ok;

	if (!pf_parse_options(&usage, argc, argv, &nr, &status))
		return status;
	if (!output && !strcmp(argv[1], "-"))
		return pf_complain("story: of standard input, say where to write (--output)");
	if (!output) {
		if (snprintf(path, sizeof(path), "%s.html", argv[1]) >= (int)sizeof(path))
			return pf_complain("story: the name of the file is too long");
		output = path;
	}
	if (!pf_load(&p, argv[1]))
		return PF_EXIT_USAGE;
	pf_catch_interrupts();
	config.impls = impls;
	config.seconds = (unsigned)timeout;
	pf_progress("story: %s", argv[1]);
	ok = pf_page_story(output, &config, pf_input_name(argv[1]), &p, &outcome);
	pf_progress_clear();
	free(p.ops);
	if (!ok)
		return pf_interrupted ? pf_complain("story: interrupted") : PF_EXIT_USAGE;
	if (strcmp(output, "-"))
		printf("%s: %s; a browser shows it\n", output,
		       outcome == PF_CLEAN ? "clean" : "a finding");
	return outcome == PF_FINDING ? PF_EXIT_FINDING : PF_EXIT_CLEAN;
}
