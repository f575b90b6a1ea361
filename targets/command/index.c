// SPDX-License-Identifier: GPL-2.0-only
/* index.c - see index.h. */
#include "index.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "page.h"
#include "scenes.h"

PF_PAGE(pf_index_page, "targets/command/index.html");

static bool join(char path[PATH_MAX], const char *folder, const char *name)
{
	return snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX;
}

static void read_line(FILE *f, char *line, int size)
{
	if (!fgets(line, size, f))
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

static void write_text(FILE *out, const char *key, const char *text)
{
	fprintf(out, ",\"%s\":", key);
	pf_scenes_text(out, text);
}

/* What can be looked at, most telling first. */
static void write_files(FILE *out, const char *dir)
{
	static const char *const names[] = {"story.html", "story.txt", "input.txt",    "input.bin",
					    "small.html", "small.txt", "small_test.c", "log.txt"};
	const char *comma = "";
	char path[PATH_MAX];

	fprintf(out, ",\"files\":[");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (join(path, dir, names[i]) && !access(path, R_OK)) {
			fprintf(out, "%s\"%s\"", comma, names[i]);
			comma = ",";
		}
	fprintf(out, "]");
}

/* False: it is no finding's folder. */
static bool write_finding(FILE *out, const char *folder, const char *name, const char *comma)
{
	char dir[PATH_MAX], path[PATH_MAX], signature[200] = "", cause[200] = "";
	char first[64] = "", last[64] = "";
	unsigned long long met = 0;
	struct stat st;
	FILE *f;

	if (!join(dir, folder, name) || !join(path, dir, "input.txt"))
		return false;
	f = fopen(path, "re");
	if (!f)
		return false;
	read_line(f, signature, sizeof(signature));
	read_line(f, cause, sizeof(cause));
	fclose(f);
	if (strncmp(signature, "# ", 2))
		return false;
	fprintf(out, "%s\n{\"name\":", comma);
	pf_scenes_text(out, name);
	write_text(out, "signature", signature + 2);
	write_text(out, "cause", strncmp(cause, "# cause ", 8) ? signature + 2 : cause + 8);
	f = join(path, dir, "met.txt") ? fopen(path, "re") : NULL;
	if (f) {
		if (fscanf(f, "met %llu times, first %63[^,\n], last %63[^,\n]", &met, first,
			   last) != 3)
			met = 0;
		fclose(f);
	}
	write_text(out, "first", first);
	write_text(out, "last", last);
	if (!join(path, dir, "input.bin") || stat(path, &st))
		st.st_size = 0;
	fprintf(out, ",\"met\":%llu,\"bytes\":%lld", met, (long long)st.st_size);
	write_files(out, dir);
	fputc('}', out);
	return true;
}

static int is_visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void write_findings(FILE *out, const char *folder)
{
	struct dirent **e;
	int n = scandir(folder, &e, is_visible, alphasort);
	const char *comma = "";

	fprintf(out, ",\"findings\":[");
	for (int i = 0; i < n; i++) {
		if (write_finding(out, folder, e[i]->d_name, comma))
			comma = ",";
		free(e[i]);
	}
	if (n >= 0)
		free(e);
	fprintf(out, "]");
}

/* A page does not draw more points than that. */
#define MOST_POINTS 2000

static void write_figures(FILE *out, const char *folder)
{
	char path[PATH_MAX], line[300], date[40];
	unsigned long long v[6], nr = 0, step;
	const char *comma = "";
	FILE *f = join(path, folder, "figures.csv") ? fopen(path, "re") : NULL;

	fprintf(out, ",\"figures\":[");
	while (f && fgets(line, sizeof(line), f))
		nr++;
	step = nr / MOST_POINTS + 1;
	if (f)
		rewind(f);
	for (unsigned long long i = 0; f && fgets(line, sizeof(line), f); i++) {
		/* The last one always: it is what the page says in words. */
		if (i % step && i + 1 < nr)
			continue;
		if (sscanf(line, "%39[^,],%llu,%llu,%llu,%llu,%llu,%llu", date, &v[0], &v[1], &v[2],
			   &v[3], &v[4], &v[5]) != 7)
			continue;
		fprintf(out, "%s\n[", comma);
		pf_scenes_text(out, date);
		for (int k = 0; k < 6; k++)
			fprintf(out, ",%llu", v[k]);
		fputc(']', out);
		comma = ",";
	}
	if (f)
		fclose(f);
	fprintf(out, "]");
}

static bool write_data(FILE *out, void *arg)
{
	static const char coverage[] = "build/coverage/html/index.html";
	const char *folder = arg;
	char path[PATH_MAX];

	fprintf(out, "{\"folder\":");
	pf_scenes_text(out, folder);
	if (!access(coverage, R_OK) && realpath(coverage, path))
		write_text(out, "coverage", path);
	write_findings(out, folder);
	write_figures(out, folder);
	fputc('}', out);
	return true;
}

bool pf_index_write(const char *folder, const char *path)
{
	return pf_page_write(path, pf_index_page, pf_index_page_end, write_data,
			     (void *)(uintptr_t)folder);
}
