// SPDX-License-Identifier: GPL-2.0-only
/* diary.c - see diary.h. */
#include "diary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "files.h"

/* Figures come every ten seconds at first, later after a hundredth of the time that it ran. */
#define FIRST_STEP 10.0

static bool in(const struct pf_diary *d, const char *name, char path[PATH_MAX])
{
	return snprintf(path, PATH_MAX, "%s/%s", d->folder, name) < PATH_MAX;
}

/* Now, UTC. */
static void date(char text[32])
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* Whoever runs out of disk here goes on: the findings are what counts. */
static void lost(struct pf_diary *d, const char *path)
{
	if (!d->complained)
		pf_complain("fuzz: %s: %s; the campaign goes on", path, strerror(errno));
	d->complained = true;
}

static void append(struct pf_diary *d, const char *name, const char *text)
{
	size_t len = strlen(text);
	char path[PATH_MAX];
	int fd;

	in(d, name, path);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	/* In one piece or not at all: a part of a line would be joined by the next one. */
	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		lost(d, path);
	if (fd >= 0)
		close(fd);
}

void pf_diary_log(struct pf_diary *d, const char *fmt, ...)
{
	char line[1024], when[32];
	va_list args;
	int n;

	date(when);
	n = snprintf(line, sizeof(line), "%s ", when);
	va_start(args, fmt);
	vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, args);
	va_end(args);
	strcat(line, "\n");
	append(d, "campaign.log", line);
}

bool pf_diary_open(struct pf_diary *d, const char *folder)
{
	char path[PATH_MAX], who[32] = "";
	ssize_t n;

	memset(d, 0, sizeof(*d));
	d->lock_fd = -1;
	if ((size_t)snprintf(d->folder, sizeof(d->folder), "%s", folder) >= sizeof(d->folder))
		return pf_complain("fuzz: the name of the folder is too long"), false;
	in(d, ".lock", path);
	d->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (d->lock_fd < 0)
		return pf_complain("fuzz: %s: %s", path, strerror(errno)), false;
	if (!flock(d->lock_fd, LOCK_EX | LOCK_NB)) {
		if (!ftruncate(d->lock_fd, 0))
			dprintf(d->lock_fd, "%ld\n", (long)getpid());
		return true;
	}
	n = read(d->lock_fd, who, sizeof(who) - 1);
	who[n > 0 ? strcspn(who, "\n") : 0] = '\0';
	pf_complain("fuzz: another campaign%s%s has %s: give this one another folder (--findings)",
		    *who ? ", process " : "", who, folder);
	close(d->lock_fd);
	d->lock_fd = -1;
	return false;
}

void pf_diary_close(struct pf_diary *d)
{
	if (d->lock_fd >= 0)
		close(d->lock_fd);
	d->lock_fd = -1;
}

/* ---------------------------------------------------------------- figures -- */

static void write_status(struct pf_diary *d, const struct pf_diary_figures *f, bool end)
{
	char path[PATH_MAX], text[600], when[32], tmp[PATH_MAX];
	bool ok;
	int fd, n;

	date(when);
	n = snprintf(text, sizeof(text),
		     "{\n  \"at\": \"%s\",\n  \"ended\": %s,\n  \"seconds\": %.0f,\n  \"workers\": "
		     "%u,\n  \"executions\": %llu,\n  \"operations\": %llu,\n  \"edges\": %llu,\n  "
		     "\"corpus\": %llu,\n  \"findings\": %u\n}\n",
		     when, end ? "true" : "false", f->seconds, f->workers,
		     (unsigned long long)f->execs, (unsigned long long)f->ops,
		     (unsigned long long)f->edges, (unsigned long long)f->corpus, f->findings);
	in(d, "status.json", path);
	in(d, ".status.new", tmp);
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	ok = fd >= 0 && write(fd, text, (size_t)n) == n;
	if (fd >= 0)
		close(fd);
	if (!ok || rename(tmp, path)) {
		lost(d, path);
		unlink(tmp);
	}
}

void pf_diary_figures(struct pf_diary *d, const struct pf_diary_figures *f, bool end)
{
	char line[200], path[PATH_MAX], when[32];
	double step = f->seconds / 100;

	if (f->seconds < d->next && !end)
		return;
	d->next = f->seconds + (step > FIRST_STEP ? step : FIRST_STEP);
	in(d, "figures.csv", path);
	if (access(path, F_OK))
		append(d, "figures.csv",
		       "date,seconds,executions,operations,edges,corpus,findings\n");
	date(when);
	snprintf(line, sizeof(line), "%s,%.0f,%llu,%llu,%llu,%llu,%u\n", when, f->seconds,
		 (unsigned long long)f->execs, (unsigned long long)f->ops,
		 (unsigned long long)f->edges, (unsigned long long)f->corpus, f->findings);
	append(d, "figures.csv", line);
	write_status(d, f, end);
}

/* ------------------------------------------------------------------- work -- */

bool pf_diary_left(const struct pf_diary *d, char path[PATH_MAX])
{
	char name[PATH_MAX];
	ssize_t n = 0;
	int fd;

	in(d, ".work", name);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, path, PATH_MAX - 1);
		close(fd);
	}
	path[n > 0 ? n : 0] = '\0';
	path[strcspn(path, "\n")] = '\0';
	return path[0] == '/';
}

void pf_diary_work(const struct pf_diary *d, const char *path)
{
	char name[PATH_MAX];
	int fd;

	in(d, ".work", name);
	if (!path) {
		unlink(name);
		return;
	}
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return;
	dprintf(fd, "%s\n", path);
	fsync(fd);
	close(fd);
}

void pf_diary_met(struct pf_diary *d, const char *folder, uint64_t times)
{
	char path[PATH_MAX], first[64] = "", now[32];
	unsigned long long before = 0;
	FILE *f;

	if (snprintf(path, sizeof(path), "%s/met.txt", folder) >= (int)sizeof(path))
		return;
	date(now);
	f = fopen(path, "re");
	if (f) {
		if (fscanf(f, "met %llu times, first %63[^,\n]", &before, first) != 2)
			before = 0;
		fclose(f);
	}
	f = pf_create(path);
	if (!f)
		return;
	fprintf(f, "met %llu times, first %s, last %s\n", before + times, before ? first : now,
		now);
	if (!pf_close(f, path))
		d->complained = true;
}
