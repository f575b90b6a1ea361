// SPDX-License-Identifier: GPL-2.0-only
/* options.c - command lines from tables; see options.h. */
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

/* ----------------------------------------------------------------- help -- */

/* "-i, --impls NAMES" */
static int left_column(const struct pf_option *o, char *text, size_t size)
{
	char letter[8] = "    ";

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	return snprintf(text, size, "%s--%s%s%s", letter, o->name, o->arg ? " " : "",
			o->arg ? o->arg : "");
}

static void print_row(FILE *out, const struct pf_option *o, int width)
{
	const char *line = o->help;
	char left[80];

	left_column(o, left, sizeof(left));
	for (;;) {
		int len = (int)strcspn(line, "\n");

		fprintf(out, "  %-*s  %.*s\n", width, left, len, line);
		if (!line[len])
			break;
		line += len + 1;
		left[0] = '\0';
	}
}

static void print_help(const struct pf_usage *u, FILE *out)
{
	static const struct pf_option help = {.name = "help", .letter = 'h', .help = "this text"};
	int width = 0;
	char left[80];

	fprintf(out, "usage: pagefuzz %s %s\n%s\n", u->command, u->synopsis, u->about);
	for (size_t i = 0; i < u->nr_options; i++) {
		int n = left_column(&u->options[i], left, sizeof(left));

		width = n > width ? n : width;
	}
	if (width < (int)strlen("-h, --help"))
		width = (int)strlen("-h, --help");
	for (size_t i = 0; i < u->nr_options; i++)
		print_row(out, &u->options[i], width);
	print_row(out, &help, width);
	if (u->notes)
		fprintf(out, "\n%s", u->notes);
	if (u->more)
		u->more(out);
}

/* -------------------------------------------------------------- numbers -- */

static bool parse_number(const char *text, unsigned long min, unsigned long max, unsigned long *out)
{
	char *end;

	/* No sign, no blanks, no hexadecimal: what strtoul() takes besides digits. */
	if (!*text || text[strspn(text, "0123456789")])
		return false;
	errno = 0;
	*out = strtoul(text, &end, 10);
	return !errno && *out >= min && *out <= max;
}

bool pf_number(const char *text, const char *option, unsigned long max, unsigned long *out)
{
	if (parse_number(text, 0, max, out))
		return true;
	pf_complain("%s wants a number from 0 to %lu, not '%s'", option, max, text);
	return false;
}

/* --------------------------------------------------------------- parsing -- */

struct parser {
	const struct pf_usage *usage;
	int argc, at; /* argv[at] comes next */
	char **argv;
};

static const struct pf_option *find(const struct pf_usage *u, const char *name, size_t len,
				    char letter)
{
	for (size_t i = 0; i < u->nr_options; i++) {
		const struct pf_option *o = &u->options[i];

		if (letter ? o->letter == letter
			   : strlen(o->name) == len && !memcmp(o->name, name, len))
			return o;
	}
	return NULL;
}

/* False: complained. value: NULL if none is attached. shown: the option as it was typed. */
static bool store(struct parser *p, const struct pf_option *o, const char *value, const char *shown)
{
	const char *command = p->usage->command;

	if (o->flag) {
		if (value)
			return pf_complain("%s: '%s' takes no value", command, shown), false;
		*o->flag = true;
		return true;
	}
	if (!value && p->at == p->argc)
		return pf_complain("%s: '%s' needs a value (see pagefuzz %s --help)", command,
				   shown, command),
		       false;
	if (!value)
		value = p->argv[p->at++];
	if (o->text) {
		*o->text = value;
		return true;
	}
	if (parse_number(value, o->min, o->max, o->number))
		return true;
	if (o->max == ULONG_MAX)
		pf_complain("%s: --%s wants a number of 64 bits, not '%s'", command, o->name,
			    value);
	else
		pf_complain("%s: --%s wants a number from %lu to %lu, not '%s'", command, o->name,
			    o->min, o->max, value);
	return false;
}

static bool no_option(const struct parser *p, const char *shown)
{
	pf_complain("%s: '%s' is no option (see pagefuzz %s --help)", p->usage->command, shown,
		    p->usage->command);
	return false;
}

/* "--name", "--name=value" */
static bool parse_long(struct parser *p, const char *arg)
{
	size_t len = strcspn(arg + 2, "=");
	const struct pf_option *o = find(p->usage, arg + 2, len, 0);
	const char *value = arg[2 + len] ? arg + 2 + len + 1 : NULL;
	char shown[64];

	snprintf(shown, sizeof(shown), "%.*s", (int)(len + 2), arg);
	return o ? store(p, o, value, shown) : no_option(p, shown);
}

/* "-a", "-abc", "-nVALUE" */
static bool parse_letters(struct parser *p, const char *arg)
{
	for (arg++; *arg; arg++) {
		const struct pf_option *o = find(p->usage, NULL, 0, *arg);
		const char shown[] = {'-', *arg, '\0'};

		if (!o)
			return no_option(p, shown);
		if (!o->flag)
			return store(p, o, arg[1] ? arg + 1 : NULL, shown);
		if (!store(p, o, NULL, shown))
			return false;
	}
	return true;
}

static bool check_arguments(const struct pf_usage *u, int nr, char **argv)
{
	if (nr >= u->min_args && nr <= u->max_args)
		return true;
	if (!u->max_args)
		pf_complain("%s: takes no arguments, not '%s'", u->command, argv[1]);
	else
		pf_complain("%s: %s is wanted, not %d (see pagefuzz %s --help)", u->command,
			    u->args, nr, u->command);
	return false;
}

bool pf_parse_options(const struct pf_usage *u, int argc, char **argv, int *nr, int *status)
{
	struct parser p = {.usage = u, .argc = argc, .at = 1, .argv = argv};
	bool only_arguments = false;

	*nr = 0;
	*status = PF_EXIT_USAGE;
	while (p.at < argc) {
		char *arg = argv[p.at++];

		if (only_arguments || arg[0] != '-' || !arg[1]) {
			argv[1 + (*nr)++] = arg;
		} else if (!strcmp(arg, "--")) {
			only_arguments = true;
		} else if (!strcmp(arg, "--help") || !strcmp(arg, "-h")) {
			print_help(u, stdout);
			*status = PF_EXIT_CLEAN;
			return false;
		} else if (!(arg[1] == '-' ? parse_long(&p, arg) : parse_letters(&p, arg))) {
			return false;
		}
	}
	return check_arguments(u, *nr, argv);
}
