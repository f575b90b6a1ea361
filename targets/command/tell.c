// SPDX-License-Identifier: GPL-2.0-only
/* tell.c - see tell.h. */
#include "tell.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BOLD   "\033[1m"
#define RED    "\033[1;31m"
#define YELLOW "\033[33m"
#define CYAN   "\033[36m"
#define GREEN  "\033[32m"
#define DIM    "\033[2m"
#define PLAIN  "\033[0m"

/* https://no-color.org */
static bool wants_colour(void)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");

	return isatty(1) && !(no && *no) && term && strcmp(term, "dumb");
}

/* Of the characters of a page map. */
static const char *colour_of(char c)
{
	switch (c) {
	case '#':
		return GREEN;
	case 'U':
		return RED;
	case 'R':
		return YELLOW;
	case 'P':
	case 'O':
	case 'I':
		return CYAN;
	case '[':
	case '.':
		return DIM;
	default:
		return PLAIN;
	}
}

/* "    1024 |[...####|": false: it is no row of a map. */
static bool tell_row(const char *line, size_t len, FILE *out)
{
	const char *bar = memchr(line, '|', len), *now = PLAIN;

	if (!bar || len < 3 || strncmp(line, "    ", 4) || line[len - 1] != '|' ||
	    !isdigit((unsigned char)bar[-2]))
		return false;
	fwrite(line, 1, (size_t)(bar - line) + 1, out);
	for (const char *c = bar + 1; c < line + len - 1; c++) {
		if (colour_of(*c) != now)
			fprintf(out, PLAIN "%s", now = colour_of(*c));
		fputc(*c, out);
	}
	fputs(PLAIN "|", out);
	return true;
}

static void tell_line(const char *line, size_t len, bool last_op, FILE *out)
{
	static const struct {
		const char *word, *colour;
	} heads[] = {{"finding   ", RED}, {"blamed    ", BOLD}, {"what      ", BOLD}};
	const char *colour = last_op ? BOLD : NULL;

	if (tell_row(line, len, out))
		return;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (len > 10 && !strncmp(line, heads[i].word, 10)) {
			fwrite(line, 1, 10, out);
			line += 10;
			len -= 10;
			colour = heads[i].colour;
		}
	fprintf(out, "%s%.*s%s", colour ? colour : "", (int)len, line, colour ? PLAIN : "");
}

/* "     7  free a1": where the last one of these begins, which is the one that did it. */
static const char *last_operation(const char *text)
{
	const char *last = NULL;

	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		size_t blank = strspn(p, " "), digits = strspn(p + blank, "0123456789");

		if (blank < 6 && digits && blank + digits == 6 && !strncmp(p + 6, "  ", 2))
			last = p;
	}
	return last;
}

void pf_tell_story(struct pf_judge *j, const struct pf_op *ops, size_t n,
		   const struct pf_verdict *v)
{
	char *text = NULL;
	const char *last;
	size_t len;
	FILE *f = wants_colour() ? open_memstream(&text, &len) : NULL;

	if (!f) {
		pf_judge_story(j, ops, n, v, stdout);
		return;
	}
	pf_judge_story(j, ops, n, v, f);
	if (!fclose(f) && text) {
		last = last_operation(text);
		for (const char *p = text; *p;) {
			size_t line = strcspn(p, "\n");

			tell_line(p, line, p == last, stdout);
			p += line;
			if (*p) {
				fputc('\n', stdout);
				p++;
			}
		}
	}
	free(text);
}
