/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * options.h - the command line of a subcommand as a table: parsing, checks of
 * values, complaints and the text of --help come from it. And the vocabulary: an
 * option that several subcommands have is spelt here, once, and means the same in all.
 */
#ifndef PAGEFUZZ_COMMAND_OPTIONS_H
#define PAGEFUZZ_COMMAND_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

/* Exactly one of flag, text and number is not NULL: where the value goes. */
struct pf_option {
	const char *name; /* without the dashes */
	char letter;	  /* 0: none */
	const char *arg;  /* what help calls the value; NULL for a flag */
	bool *flag;
	const char **text;	/* points into argv */
	unsigned long *number;	/* decimal digits, nothing else */
	unsigned long min, max; /* of number, both included */
	const char *help;	/* lines; '\n' between them */
};

/* clang-format off */
#define PF_OPTION_FLAG(n, l, v, h)  {.name = (n), .letter = (l), .flag = (v), .help = (h)}
#define PF_OPTION_TEXT(n, l, a, v, h) \
	{.name = (n), .letter = (l), .arg = (a), .text = (v), .help = (h)}
#define PF_OPTION_NUMBER(n, l, v, lo, hi, h) \
	{.name = (n), .letter = (l), .arg = "N", .number = (v), .min = (lo), .max = (hi), .help = (h)}

/* The vocabulary. */
#define PF_OPTION_IMPLS(v, h)	PF_OPTION_TEXT("impls", 'i', "NAMES", v, h)
#define PF_OPTION_WITH(v, h)	PF_OPTION_TEXT("with", 'w', "NAMES", v, h)
#define PF_OPTION_OUTPUT(v, h)	PF_OPTION_TEXT("output", 'o', "FILE", v, h)
#define PF_OPTION_QUIET(v, h)	PF_OPTION_FLAG("quiet", 'q', v, h)
#define PF_OPTION_BYTES(v)	PF_OPTION_FLAG("bytes", 'b', v, "write bytes, not text")
#define PF_OPTION_JSON(v)	PF_OPTION_TEXT("json", 0, "FILE", v, \
				"write the result as JSON, too (-: to standard output, in place of\n" \
				"the text)")
#define PF_OPTION_TRACE(v, h)	PF_OPTION_FLAG("trace", 't', v, h)
/* Of the random numbers. */
#define PF_OPTION_SEED(v)	PF_OPTION_NUMBER("seed", 's', v, 0, ULONG_MAX, \
				"of the random numbers (default: 1)")
/* How many programs, or how often. */
#define PF_OPTION_RUNS(v, hi, h) PF_OPTION_NUMBER("runs", 'n', v, 1, hi, h)
/* Operations. */
#define PF_OPTION_OPS(v, hi, h)	PF_OPTION_NUMBER("ops", 0, v, 1, hi, h)
/* Wall time. */
#define PF_OPTION_SECONDS(v, h)	PF_OPTION_NUMBER("seconds", 0, v, 1, 100000000, h)
#define PF_OPTION_TIMEOUT(v)	PF_OPTION_NUMBER("timeout", 0, v, 1, 100000, \
				"seconds of CPU time that one call of an implementation may\n" \
				"take (default: 10)")
#define PF_OPTION_IN_PROCESS(v)	PF_OPTION_FLAG("in-process", 0, v, \
				"without a child process: faster, for code that is trusted, for debuggers\n" \
				"and for printf(); a crash or a loop is the end, wild writes go unseen")
/* clang-format on */

struct pf_usage {
	const char *command;  /* the subcommand */
	const char *synopsis; /* what follows its name in the first line of help */
	const char *about;    /* lines, each with its newline */
	const struct pf_option *options;
	size_t nr_options;
	const char *notes;	 /* NULL, or as about; behind the options */
	void (*more)(FILE *out); /* NULL, or prints what is behind that */
	int min_args, max_args;	 /* arguments that are no options */
	const char *args;	 /* what they have to be: "exactly one program" */
};

#define PF_OPTIONS(array) .options = (array), .nr_options = sizeof(array) / sizeof((array)[0])

/*
 * Parse argv[1..argc-1], options and arguments in any order; behind "--" there are no
 * options, "-" is an argument. True: the values are stored and the *nr arguments are
 * argv[1..*nr]. False: *status is what to exit with, and what there is to say is said
 * (--help, or one line of complaint).
 */
bool pf_parse_options(const struct pf_usage *usage, int argc, char **argv, int *nr, int *status);

#endif /* PAGEFUZZ_COMMAND_OPTIONS_H */
