// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_status.c - pagefuzz status: what a campaign is doing, from another terminal: its last
 * figures, its findings with how often they were met, and a plot of its figures.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <json-c/json.h>

#include "cmd.h"
#include "index.h"
#include "options.h"

/* PATH of a name in the folder; cut off, and so not there, if that is too long. */
static const char *in(const char *folder, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return path;
}

/* Who runs a campaign there holds the lock; without one nobody does. */
static bool is_running(const char *folder)
{
	char path[PATH_MAX];
	int fd = open(in(folder, ".lock", path), O_RDONLY | O_CLOEXEC);
	bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return held;
}

static double number(const struct json_object *o, const char *name)
{
	struct json_object *v;

	return json_object_object_get_ex(o, name, &v) ? json_object_get_double(v) : 0;
}

static bool print_figures(const char *folder)
{
	char path[PATH_MAX];
	struct json_object *o = json_object_from_file(in(folder, "status.json", path)), *at;
	double seconds;

	if (!json_object_is_type(o, json_type_object)) {
		json_object_put(o);
		pf_complain("status: %s: no campaign has left figures there", folder);
		return false;
	}
	seconds = number(o, "seconds");
	printf("%s  %s\n", folder,
	       is_running(folder)	 ? "a campaign is running"
	       : number(o, "ended") != 0 ? "the last campaign has ended"
					 : "the last campaign was killed");
	printf("%.0f s, %.0f workers, %.0f executions (%.0f/s), %.0f operations, %.0f edges, %.0f "
	       "inputs; %s\n",
	       seconds, number(o, "workers"), number(o, "executions"),
	       seconds > 0 ? number(o, "executions") / seconds : 0, number(o, "operations"),
	       number(o, "edges"), number(o, "corpus"),
	       json_object_object_get_ex(o, "at", &at) ? json_object_get_string(at) : "");
	json_object_put(o);
	return true;
}

static int is_finding(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void print_findings(const char *folder)
{
	struct dirent **e;
	int n = scandir(folder, &e, is_finding, alphasort);

	for (int i = 0; i < n; i++) {
		char path[PATH_MAX], name[NAME_MAX + 16], line[200] = "";
		FILE *f;

		snprintf(name, sizeof(name), "%s/met.txt", e[i]->d_name);
		f = fopen(in(folder, name, path), "re");
		if (f) {
			if (fgets(line, sizeof(line), f))
				line[strcspn(line, "\n")] = '\0';
			fclose(f);
			printf("  %s: %s\n", e[i]->d_name, line);
		}
		free(e[i]);
	}
	if (n >= 0)
		free(e);
}

static const struct {
	const char *what;
	unsigned column; /* of figures.csv */
	const char *style;
} plots[] = {
	{"executions", 3, "lines"},
	{"edges", 5, "lines"},
	{"corpus", 6, "lines"},
	{"findings", 7, "steps"},
};

/* Of its figures, by gnuplot. */
static bool plot(const char *folder, const char *output)
{
	char path[PATH_MAX];
	FILE *p;

	if (access(in(folder, "figures.csv", path), R_OK)) {
		pf_complain("status: %s: %s", path, strerror(errno));
		return false;
	}
	if (strpbrk(path, "'\n") || strpbrk(output, "'\n")) {
		pf_complain("status: gnuplot takes no quotes in names of files");
		return false;
	}
	if (system("command -v gnuplot >/dev/null")) {
		pf_complain("status: gnuplot is not there: apt-get install gnuplot-nox");
		return false;
	}
	p = popen("gnuplot 2>/dev/null", "w");
	if (!p)
		return false;
	fprintf(p,
		"set terminal svg size 900,900 dynamic background 'white'\nset output '%s'\n"
		"set datafile separator ','\nset timefmt '%%Y-%%m-%%dT%%H:%%M:%%SZ'\n"
		"set xdata time\nset format x \"%%m-%%d\\n%%H:%%M\"\nset yrange [0:*]\n"
		"set multiplot layout %zu,1\nset key off\nset grid\n",
		output, sizeof(plots) / sizeof(plots[0]));
	for (size_t i = 0; i < sizeof(plots) / sizeof(plots[0]); i++)
		fprintf(p, "set ylabel '%s'\nplot '%s' every ::1 using 1:%u with %s linewidth 2\n",
			plots[i].what, path, plots[i].column, plots[i].style);
	fprintf(p, "unset multiplot\n");
	if (pclose(p)) {
		pf_complain("status: gnuplot could not make %s", output);
		return false;
	}
	return true;
}

int cmd_status(int argc, char **argv)
{
	const char *svg = NULL, *html = NULL;
	const struct pf_option options[] = {
		PF_OPTION_TEXT("svg", 0, "FILE", &svg, "write a plot of its figures, by gnuplot"),
		PF_OPTION_TEXT(
			"html", 0, "FILE", &html,
			"write a page with its findings and curves (a campaign keeps one as\n"
			"index.html in the folder)"),
	};
	const struct pf_usage usage = {
		.command = "status",
		.synopsis = "[OPTION]... [DIR]",
		.about = "Say what the campaign does, or did, that saves its findings in DIR\n"
			 "(default: findings).\n",
		PF_OPTIONS(options),
		.max_args = 1,
		.args = "at most one folder",
	};
	int nr, status;
	const char *folder;

	if (!pf_parse_options(&usage, argc, argv, &nr, &status))
		return status;
	folder = nr ? argv[1] : "findings";
	if (!print_figures(folder))
		return PF_EXIT_USAGE;
	print_findings(folder);
	if (html && !pf_index_write(folder, html))
		return PF_EXIT_USAGE;
	return !svg || plot(folder, svg) ? PF_EXIT_CLEAN : PF_EXIT_USAGE;
}
