// SPDX-License-Identifier: GPL-2.0-only
/* pagefuzz.c - the command: picks the subcommand; each has its own cmd_*.c. */
#include <string.h>

#include "cmd.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{"run", cmd_run, "run a program on implementations in lockstep; table or story"},
	{"show", cmd_show, "print a program as text"},
	{"asm", cmd_asm, "turn a program into bytes"},
	{"min", cmd_min, "minimise a finding"},
	{"emit-c", cmd_emit_c, "turn a finding into a C test"},
	{"import", cmd_import, "turn a kernel's kmem trace into a program"},
	{"compare", cmd_compare, "a workload on each implementation alone; table with times"},
	{"impls", cmd_impls, "list the implementations"},
	{"new", cmd_new, "write a wrapper for an allocator to begin with"},
	{"build", cmd_build, "compile sources to a plug-in"},
	{"check", cmd_check, "conformance run of one implementation"},
	{"exhaust", cmd_exhaust, "all programs up to a length over a small alphabet"},
	{"generate", cmd_generate, "print a workload of a kind as a program"},
	{"record", cmd_record, "write a transcript of what an implementation says to a program"},
	{"golden", cmd_golden, "hold an implementation to transcripts of the real kernel"},
	{"results", cmd_results, "published results about parts of the port, measured again"},
	{"fuzz", cmd_fuzz, "run a libFuzzer campaign and collect its findings"},
	{"status", cmd_status, "what a campaign is doing, from another terminal"},
	{"triage", cmd_triage, "folders full of crashers, in a line for each cause"},
	{"story", cmd_story, "a program as a page for a browser, step by step"},
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *out)
{
	fprintf(out, "usage: pagefuzz COMMAND [OPTION]... [FILE]...\n\n");
	for (size_t i = 0; i < NR_COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
	fprintf(out, "\npagefuzz COMMAND --help tells the options of one command.\n"
		     "Exit status: 0 clean, 1 a finding, 2 usage or bad input.\n");
}

static int run_command(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return PF_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return PF_EXIT_CLEAN;
	}
	for (size_t i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return pf_complain("'%s' is no command (see pagefuzz --help)", argv[1]);
}

/* Whatever a subcommand prints, the status says whether it got through. */
int main(int argc, char **argv)
{
	pf_start_output();
	return pf_finish_output(run_command(argc, argv));
}
