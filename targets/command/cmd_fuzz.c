// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_fuzz.c - pagefuzz fuzz: runs a libFuzzer target in several workers, shows
 * one live line, saves each new finding with its story, goes past findings that
 * are saved already, and ends with a table. The engine itself is libFuzzer's.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd.h"
#include "diary.h"
#include "json.h"
#include "judge.h"
#include "tell.h"
#include "merge.h"
#include "index.h"
#include "page.h"
#include "place.h"
#include "progress.h"
#include "target.h"
#include "worker.h"
#include "../language/codec.h"

#define MAX_WORKERS 8
/* So often a worker that ends without anything new is started again at once; then it waits. */
#define FREE_REPEATS 3
#define PAUSE_MAX    10.0 /* seconds */

struct finding {
	char signature[80];
	char cause[PF_TARGET_NAME];
	bool old;      /* of an earlier campaign */
	uint64_t met;  /* in this campaign, but for what the workers count themselves */
	uint64_t told; /* of that, what its folder knows */
};

struct campaign {
	struct pf_worker_config run;
	const char *findings, *json;
	unsigned long seconds, workers;
	char tmp[400];
	struct pf_worker worker[MAX_WORKERS];
	struct pf_judge *judge;
	struct pf_diary diary;
	struct pf_merge merge;
	unsigned nr_findings; /* old ones included */
	struct finding finding[PF_SKIP_MAX];
	double start, told_at;
	bool failed;
	bool kept; /* an input could not be saved and stays in tmp */
};

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

/* DIR/NAME; empty, which nobody can open, if that is too long. */
static void join(char path[PATH_MAX], const char *dir, const char *name)
{
	if (snprintf(path, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX)
		path[0] = '\0';
}

/* ------------------------------------------------------------- findings -- */

static struct finding *find_finding(struct campaign *c, const char *signature)
{
	for (unsigned i = 0; i < c->nr_findings; i++)
		if (!strcmp(c->finding[i].signature, signature))
			return &c->finding[i];
	return NULL;
}

/* The first one that has it. */
static struct finding *find_cause(struct campaign *c, const char *cause)
{
	for (unsigned i = 0; i < c->nr_findings; i++)
		if (!strcmp(c->finding[i].cause, cause))
			return &c->finding[i];
	return NULL;
}

/* From now on the workers go past it. NULL: there are too many. */
static struct finding *remember(struct campaign *c, const char *signature, const char *cause,
				bool old)
{
	struct finding *f = &c->finding[c->nr_findings];

	if (c->nr_findings == PF_SKIP_MAX)
		return NULL;
	snprintf(f->signature, sizeof(f->signature), "%s", signature);
	snprintf(f->cause, sizeof(f->cause), "%s", cause);
	f->old = old;
	for (unsigned i = 0; i < c->workers; i++) {
		struct pf_stats_file *s = c->worker[i].stats;

		snprintf(s->skip[c->nr_findings], sizeof(s->skip[0]), "%s", signature);
		s->nr_skip = c->nr_findings + 1;
	}
	c->nr_findings++;
	return f;
}

/* How often it was met in this campaign. */
static uint64_t times_met(const struct campaign *c, const struct finding *f)
{
	uint64_t n = f->met;

	for (unsigned i = 0; i < c->workers; i++)
		n += c->worker[i].stats->met[f - c->finding];
	return n;
}

/* New ones, or old ones that are still there. */
static bool shown(const struct campaign *c, const struct finding *f)
{
	return !f->old || times_met(c, f);
}

static unsigned nr_shown(const struct campaign *c)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->nr_findings; i++)
		n += shown(c, &c->finding[i]);
	return n;
}

/* Is it the first of its cause? */
static bool first_shown(const struct campaign *c, unsigned i)
{
	for (unsigned k = 0; k < i; k++)
		if (shown(c, &c->finding[k]) && !strcmp(c->finding[k].cause, c->finding[i].cause))
			return false;
	return true;
}

/* A part of a finding's folder, on the disk when this is over. False: complained. */
static FILE *open_part(const char *dir, const char *name, char path[PATH_MAX])
{
	join(path, dir, name);
	return pf_create(path);
}

static bool save_input(const char *dir, const unsigned char *data, size_t len)
{
	char path[PATH_MAX];
	FILE *f;

	if (!pf_make_folders(dir))
		return false;
	f = open_part(dir, "input.bin", path);
	if (!f)
		return false;
	fwrite(data, 1, len, f);
	return pf_close_synced(f, path);
}

static bool save_rest(const struct campaign *c, const char *dir, const char *signature,
		      const struct pf_program *p, const struct pf_worker *w,
		      const struct pf_verdict *v)
{
	char path[PATH_MAX];
	bool ok;
	FILE *f;

	f = open_part(dir, "input.txt", path);
	if (!f)
		return false;
	fprintf(f, "# %s\n", signature);
	if (v)
		fprintf(f, "# cause %s\n", v->cause);
	if (c->run.impls)
		fprintf(f, "# on %s\n", c->run.impls);
	pf_write_text(f, p->ops, p->nr);
	ok = pf_close(f, path);
	f = w->log_len ? open_part(dir, "log.txt", path) : NULL;
	if (f) {
		fwrite(w->log, 1, w->log_len, f);
		ok &= pf_close(f, path);
	}
	f = open_part(dir, "story.txt", path);
	if (!f)
		return false;
	if (v)
		pf_judge_story(c->judge, p->ops, p->nr, v, f);
	else
		pf_target_story(w->log, w->log_len, f);
	return pf_close(f, path) && ok;
}

/* For people only: without it nothing is lost. */
static void draw_story(const struct campaign *c, const char *dir, const struct pf_program *p)
{
	const struct pf_judge_config config = {.impls = c->run.impls,
					       .seconds = (unsigned)c->run.timeout};
	char path[PATH_MAX], label[PATH_MAX];
	enum pf_outcome outcome;

	join(path, dir, "story.html");
	join(label, dir, "input.txt");
	pf_page_story(path, &config, label, p, &outcome);
}

static void update_index(const struct campaign *c)
{
	char path[PATH_MAX];

	join(path, c->findings, PF_INDEX);
	pf_index_write(c->findings, path);
}

/*
 * findings/<signature>/ with input.bin is there; now text, log and story. v: NULL if nobody
 * is blamed. kin: NULL, or an earlier finding of the same cause, whose story was told.
 */
static void announce(const struct campaign *c, const char *dir, const char *signature,
		     const struct pf_program *p, const struct pf_worker *w,
		     const struct pf_verdict *v, const struct finding *kin)
{
	const char *with = c->run.impls ? " -i " : "", *names = c->run.impls ? c->run.impls : "";
	bool all = save_rest(c, dir, signature, p, w, v);

	if (v)
		draw_story(c, dir, p);
	update_index(c);
	printf("%sfinding: %s\n", isatty(1) ? "\r\033[K" : "", signature);
	if (kin) {
		printf("  of the same cause as %s; saved in %s%s\n", kin->signature, dir,
		       all ? "" : " (not all of it)");
		fflush(stdout);
		return;
	}
	if (v)
		pf_tell_story(c->judge, p->ops, p->nr, v);
	else
		pf_target_story(w->log, w->log_len, stdout);
	printf("saved in %s%s; next:\n"
	       "  pagefuzz run%s%s%s %s/input.txt\n"
	       "  pagefuzz min%s%s -o %s/small.txt %s/input.txt\n",
	       dir, all ? "" : " (not all of it)", v ? "" : " --in-target", with, names, dir, with,
	       names, dir, dir);
	if (v)
		printf("  pagefuzz emit-c%s%s -o %s/test.c %s/small.txt\n", with, names, dir, dir);
	fflush(stdout);
}

/* The folder of a finding: slashes are no folders in it. */
static void folder_of(const struct campaign *c, const char *name, char dir[PATH_MAX])
{
	join(dir, c->findings, name);
	for (char *s = *dir ? dir + strlen(c->findings) + 1 : dir; *s; s++)
		if (*s == '/')
			*s = '-';
}

/* A campaign that was killed has left no log: what does the target say? */
static void ask_target(const struct campaign *c, struct pf_worker *nobody,
		       const struct pf_program *p)
{
	struct pf_target_log log;

	nobody->log_len = 0;
	if (!pf_target_run(c->run.target, c->run.impls, p->ops, p->nr, &log))
		return;
	if (log.status) {
		nobody->log_len = log.len < sizeof(nobody->log) ? log.len : sizeof(nobody->log);
		memcpy(nobody->log, log.text + log.len - nobody->log_len, nobody->log_len);
	}
	free(log.text);
}

/* Give what is saved in `unnamed` its name, and say so. False: known already. */
static bool name_finding(struct campaign *c, struct pf_worker *w, const char *artifact,
			 const struct pf_program *p, const char *unnamed)
{
	char name[PF_TARGET_NAME], dir[PATH_MAX], path[PATH_MAX], kind[16];
	struct finding *known, *kin;
	const char *cause;
	struct pf_verdict v;
	bool blamed;

	snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(artifact, "-"), artifact);
	blamed = pf_judge_run(c->judge, p->ops, p->nr, &v, NULL) == PF_FINDING;
	if (blamed)
		snprintf(name, sizeof(name), "%s", v.signature);
	else if (!w->stats)
		ask_target(c, w, p);
	if (!blamed)
		pf_target_name(w->log, w->log_len, kind, name);
	known = find_finding(c, name);
	if (known) {
		known->met++;
		join(path, unnamed, "input.bin");
		unlink(path);
		rmdir(unnamed);
		return false;
	}
	cause = blamed ? v.cause : name;
	kin = find_cause(c, cause);
	known = remember(c, name, cause, false);
	if (known)
		known->met++;
	folder_of(c, name, dir);
	/* Of an earlier campaign that did not come to an end with it: this input takes its place. */
	if (rename(unnamed, dir)) {
		char to[PATH_MAX];

		join(path, unnamed, "input.bin");
		join(to, dir, "input.bin");
		if (rename(path, to) || rmdir(unnamed)) {
			pf_complain("%s: %s", dir, strerror(errno));
			snprintf(dir, sizeof(dir), "%s", unnamed);
		}
	}
	pf_sync_folder(c->findings);
	pf_diary_log(&c->diary, "finding %s, cause %s, in %s", name, cause, dir);
	announce(c, dir, name, p, w, blamed ? &v : NULL, kin);
	return true;
}

/*
 * What one artifact shows. It is saved before anything else is done with it. False:
 * nothing new.
 */
static bool collect(struct campaign *c, struct pf_worker *w, const char *artifact)
{
	char path[PATH_MAX], unnamed[PATH_MAX], name[300];
	struct pf_program p = {NULL, 0};
	unsigned char *data;
	bool news = false;
	size_t len;

	join(path, w->artifacts, artifact);
	data = pf_read_raw(path, &len);
	if (!data) {
		c->kept = true;
		return false;
	}
	snprintf(name, sizeof(name), "unnamed-%s", artifact);
	join(unnamed, c->findings, name);
	if (!save_input(unnamed, data, len)) {
		pf_complain("the input of a finding stays in %s", path);
		c->kept = true;
		free(data);
		return false;
	}
	unlink(path);
	p.ops = malloc((len + 1) * sizeof(*p.ops));
	if (p.ops) {
		p.nr = pf_decode(data, len, p.ops, len);
		news = name_finding(c, w, artifact, &p, unnamed);
	}
	free(p.ops);
	free(data);
	return news;
}

/* ------------------------------------------------- of earlier campaigns -- */

/* The first lines of a finding's text are "# SIGNATURE" and, not of old ones, "# cause CAUSE". */
static bool read_signature(const char *dir, char signature[80], char cause[PF_TARGET_NAME])
{
	char path[PATH_MAX], line[160] = "", second[16 + PF_TARGET_NAME] = "";
	size_t len;
	FILE *f;

	join(path, dir, "input.txt");
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	if (!fgets(second, sizeof(second), f) || strncmp(second, "# cause ", 8))
		second[0] = '\0';
	fclose(f);
	line[strcspn(line, "\n")] = '\0';
	len = strlen(line);
	if (strncmp(line, "# ", 2) || len == 2 || len >= 80 + 2)
		return false;
	memcpy(signature, line + 2, len - 1);
	second[strcspn(second, "\n")] = '\0';
	snprintf(cause, PF_TARGET_NAME, "%.79s", *second ? second + 8 : signature);
	return true;
}

/* What was found before is known. */
static void read_known(struct campaign *c, const char *dir)
{
	char signature[80], cause[PF_TARGET_NAME];

	if (read_signature(dir, signature, cause) && !find_finding(c, signature))
		remember(c, signature, cause, true);
}

/* What a campaign that was killed had no name for gets one; what it had not told is told. */
static void read_unfinished(struct campaign *c, struct pf_worker *nobody, const char *dir,
			    const char *name)
{
	char input[PATH_MAX], story[PATH_MAX];
	struct pf_program p;
	bool unnamed = !strncmp(name, "unnamed-", 8);

	join(input, dir, "input.bin");
	join(story, dir, "story.txt");
	if (access(input, F_OK)) {
		rmdir(dir); /* killed before anything was in it */
	} else if ((unnamed || access(story, F_OK)) && pf_load(&p, input)) {
		name_finding(c, nobody, unnamed ? name + 8 : "crash-", &p, dir);
		free(p.ops);
	}
}

static int is_finding(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void read_findings(struct campaign *c, struct pf_worker *nobody)
{
	char path[PATH_MAX], story[PATH_MAX];
	struct dirent **e;
	int n = scandir(c->findings, &e, is_finding, alphasort);

	for (int i = 0; i < n; i++) {
		join(path, c->findings, e[i]->d_name);
		join(story, path, "story.txt");
		if (!access(story, F_OK))
			read_known(c, path);
	}
	for (int i = 0; i < n; i++) {
		join(path, c->findings, e[i]->d_name);
		read_unfinished(c, nobody, path, e[i]->d_name);
		free(e[i]);
	}
	if (n >= 0)
		free(e);
}

static unsigned collect_all(struct campaign *c, struct pf_worker *w, unsigned *news);
static void remove_work(const char *tmp, bool all);

static void adopt_folder(struct campaign *c, struct pf_worker *nobody, const char *left)
{
	unsigned news;
	bool kept = c->kept;

	pf_diary_log(&c->diary, "the campaign before was killed: looking into %s", left);
	c->kept = false;
	for (unsigned i = 0; i < MAX_WORKERS; i++) {
		snprintf(nobody->artifacts, sizeof(nobody->artifacts), "%.480s/artifacts-%u", left,
			 i);
		collect_all(c, nobody, &news);
	}
	remove_work(left, !c->kept);
	c->kept |= kept;
}

/* Working folders have the findings' folder in their name: whoever has its lock owns them. */
static void name_work(const struct campaign *c, char name[64])
{
	struct stat st;

	if (stat(c->findings, &st))
		memset(&st, 0, sizeof(st));
	snprintf(name, 64, "pagefuzz-%llx-%llx-", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
}

/* The artifacts of a campaign that was killed are findings like others. */
static void adopt(struct campaign *c, const char *tmp)
{
	static struct pf_worker nobody;
	char left[PATH_MAX], name[64];
	DIR *dir = opendir(tmp);
	struct dirent *e;

	read_findings(c, &nobody);
	name_work(c, name);
	while (dir && (e = readdir(dir))) {
		join(left, tmp, e->d_name);
		if (!strncmp(e->d_name, name, strlen(name)) && strcmp(left, c->tmp))
			adopt_folder(c, &nobody, left);
	}
	if (dir)
		closedir(dir);
	/* Its TMPDIR may have been another one. */
	if (pf_diary_left(&c->diary, left) && strstr(left, "/pagefuzz-") && !access(left, F_OK))
		adopt_folder(c, &nobody, left);
}

/* Now and then each folder is told how often its finding was met. */
static void tell_met(struct campaign *c)
{
	char dir[PATH_MAX];

	for (unsigned i = 0; i < c->nr_findings; i++) {
		struct finding *f = &c->finding[i];
		uint64_t met = times_met(c, f);

		if (met == f->told)
			continue;
		folder_of(c, f->signature, dir);
		pf_diary_met(&c->diary, dir, met - f->told);
		f->told = met;
	}
	c->told_at = pf_now();
}

/* How many of the worker's artifacts there are, and how many of them show something new. */
static unsigned collect_all(struct campaign *c, struct pf_worker *w, unsigned *news)
{
	DIR *dir = opendir(w->artifacts);
	unsigned nr = 0;
	struct dirent *e;

	*news = 0;
	while (dir && (e = readdir(dir)))
		/* slow-unit-* are no findings, just worth a look. */
		if (e->d_name[0] != '.' && strncmp(e->d_name, "slow-unit-", 10)) {
			nr++;
			*news += collect(c, w, e->d_name);
		}
	if (dir)
		closedir(dir);
	return nr;
}

/* The longer nothing new comes of it, the longer it waits: a bug that is met at once. */
static double pause_of(const struct pf_worker *w)
{
	double pause = 0.25;

	if (w->repeats <= FREE_REPEATS)
		return 0;
	for (unsigned i = FREE_REPEATS + 1; i < w->repeats && pause < PAUSE_MAX; i++)
		pause *= 2;
	return pause < PAUSE_MAX ? pause : PAUSE_MAX;
}

/* A worker has ended: by time, by a finding, or by mistake. */
static void reap(struct campaign *c, struct pf_worker *w, bool restart)
{
	unsigned nr, news;
	int status;

	pf_worker_read(w);
	close(w->fd);
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	w->pid = 0;
	nr = collect_all(c, w, &news);
	w->repeats = news ? 0 : w->repeats + 1;
	if (!nr && w->stats->execs == w->execs_before && restart && !interrupted) {
		c->failed = true;
		fprintf(stderr, "pagefuzz: fuzz: %s does not start; it says:\n", c->run.target);
		fwrite(w->log, 1, w->log_len, stderr);
		return;
	}
	if (restart)
		w->start_at = pf_now() + pause_of(w);
}

/* ----------------------------------------------------------------- loop -- */

static void totals(const struct campaign *c, uint64_t *execs, uint64_t *ops, uint64_t *edges,
		   uint64_t *corpus)
{
	*execs = *ops = *edges = *corpus = 0;
	for (unsigned i = 0; i < c->workers; i++) {
		const struct pf_worker *w = &c->worker[i];

		*execs += w->stats->execs;
		*ops += w->stats->ops;
		/* They share the corpus: the best one stands for all. */
		*edges = w->edges > *edges ? w->edges : *edges;
		*corpus = w->corpus > *corpus ? w->corpus : *corpus;
	}
}

static void live_line(const struct campaign *c, double elapsed, double *last, uint64_t *last_execs,
		      uint64_t *last_ops)
{
	uint64_t execs, ops, edges, corpus;
	double span = elapsed - *last;

	totals(c, &execs, &ops, &edges, &corpus);
	printf("%s%5.0f s  %8.0f executions/s  %9.0f operations/s  %6llu edges  %6llu corpus  %u "
	       "findings%s",
	       isatty(1) ? "\r\033[K" : "", elapsed, (execs - *last_execs) / span,
	       (ops - *last_ops) / span, (unsigned long long)edges, (unsigned long long)corpus,
	       nr_shown(c), isatty(1) ? "" : "\n");
	fflush(stdout);
	*last = elapsed;
	*last_execs = execs;
	*last_ops = ops;
}

static unsigned running(const struct campaign *c);

static void note_figures(struct campaign *c, bool end)
{
	struct pf_diary_figures f = {
		.seconds = pf_now() - c->start, .findings = nr_shown(c), .workers = running(c)};

	totals(c, &f.execs, &f.ops, &f.edges, &f.corpus);
	pf_diary_figures(&c->diary, &f, end);
}

static unsigned running(const struct campaign *c)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->workers; i++)
		n += c->worker[i].pid != 0;
	return n;
}

static void stop_workers(struct campaign *c)
{
	double until = pf_now() + 5;

	for (unsigned i = 0; i < c->workers; i++)
		if (c->worker[i].pid)
			kill(c->worker[i].pid, SIGINT);
	while (running(c)) {
		for (unsigned i = 0; i < c->workers; i++) {
			struct pf_worker *w = &c->worker[i];

			if (!w->pid)
				continue;
			if (pf_now() > until)
				kill(w->pid, SIGKILL);
			if (!pf_worker_read(w))
				reap(c, w, false);
		}
		usleep(20000);
	}
}

/* Start those whose time it is. */
static void start_again(struct campaign *c)
{
	for (unsigned i = 0; i < c->workers; i++) {
		struct pf_worker *w = &c->worker[i];

		if (!w->pid && w->start_at > 0 && pf_now() >= w->start_at &&
		    !pf_worker_start(w, &c->run, (double)c->seconds - (pf_now() - c->start)))
			c->failed = true;
	}
}

/* What the corpus lost they still have in memory; what they grew by goes, too. */
static void renew_workers(struct campaign *c)
{
	for (unsigned i = 0; i < c->workers; i++) {
		struct pf_worker *w = &c->worker[i];

		if (!w->pid)
			continue;
		w->repeats = 0;
		kill(w->pid, SIGINT);
	}
}

static void loop(struct campaign *c)
{
	double last = 0, every = isatty(1) ? 1 : 10;
	uint64_t last_execs = 0, last_ops = 0;

	while (!interrupted && !c->failed && !pf_judge_over(c->judge)) {
		struct pollfd fds[MAX_WORKERS];
		double elapsed = pf_now() - c->start;
		unsigned n = 0;

		if (elapsed >= (double)c->seconds)
			break;
		start_again(c);
		for (unsigned i = 0; i < c->workers; i++)
			if (c->worker[i].pid)
				fds[n++] = (struct pollfd){.fd = c->worker[i].fd, .events = POLLIN};
		poll(fds, n, 200);
		for (unsigned i = 0; i < c->workers; i++) {
			struct pf_worker *w = &c->worker[i];

			if (w->pid && !pf_worker_read(w))
				reap(c, w, elapsed + 1 < (double)c->seconds && !interrupted);
		}
		if (elapsed - last >= every)
			live_line(c, elapsed, &last, &last_execs, &last_ops);
		note_figures(c, false);
		if (pf_merge_tend(&c->merge, c->worker[0].stats))
			renew_workers(c);
		if (pf_now() - c->told_at > 60)
			tell_met(c);
	}
	pf_merge_stop(&c->merge);
	stop_workers(c);
}

/* A cause a paragraph, with the signatures that it was met under. */
static void list_findings(struct campaign *c)
{
	unsigned causes = 0;

	for (unsigned i = 0; i < c->nr_findings; i++)
		causes += shown(c, &c->finding[i]) && first_shown(c, i);
	printf("\n%u findings", nr_shown(c));
	if (causes)
		printf(" of %u cause%s", causes, causes == 1 ? "" : "s");
	printf("\n");
	for (unsigned i = 0; i < c->nr_findings; i++) {
		if (!shown(c, &c->finding[i]) || !first_shown(c, i))
			continue;
		printf("  %s\n", c->finding[i].cause);
		for (unsigned k = i; k < c->nr_findings; k++) {
			const struct finding *f = &c->finding[k];

			if (shown(c, f) && !strcmp(f->cause, c->finding[i].cause))
				printf("    %s, met %llu times%s\n", f->signature,
				       (unsigned long long)times_met(c, f),
				       f->old ? ", known from before" : "");
		}
	}
}

static struct json_object *cause_json(const struct campaign *c, unsigned first)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();

	pf_json_text(o, "cause", c->finding[first].cause);
	for (unsigned i = first; i < c->nr_findings; i++) {
		const struct finding *f = &c->finding[i];
		struct json_object *one;
		char dir[PATH_MAX];

		if (!shown(c, f) || strcmp(f->cause, c->finding[first].cause))
			continue;
		one = json_object_new_object();
		folder_of(c, f->signature, dir);
		pf_json_text(one, "signature", f->signature);
		pf_json_text(one, "folder", dir);
		pf_json_number(one, "met", times_met(c, f));
		json_object_object_add(one, "known_before", json_object_new_boolean(f->old));
		json_object_array_add(list, one);
	}
	json_object_object_add(o, "findings", list);
	return o;
}

static bool write_json(const struct campaign *c, double elapsed)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();
	uint64_t execs, ops, edges, corpus;

	totals(c, &execs, &ops, &edges, &corpus);
	pf_json_number(o, "seconds", (uint64_t)elapsed);
	pf_json_number(o, "executions", execs);
	pf_json_number(o, "operations", ops);
	pf_json_number(o, "edges", edges);
	pf_json_number(o, "corpus", corpus);
	for (unsigned i = 0; i < c->nr_findings; i++)
		if (shown(c, &c->finding[i]) && first_shown(c, i))
			json_object_array_add(list, cause_json(c, i));
	json_object_object_add(o, "causes", list);
	return pf_json_write(c->json, o);
}

static void closing_table(struct campaign *c, double elapsed)
{
	struct pf_figures sum[PF_MAX_LANES] = {0};
	const char *name[PF_MAX_LANES] = {NULL};
	uint64_t execs, ops, edges, corpus;
	unsigned nr = c->worker[0].stats->nr_lanes;

	for (unsigned i = 0; i < c->workers; i++)
		for (unsigned l = 0; l < nr && l < PF_MAX_LANES; l++) {
			name[l] = c->worker[0].stats->name[l];
			pf_figures_add(&sum[l], &c->worker[i].stats->figures[l]);
		}
	totals(c, &execs, &ops, &edges, &corpus);
	printf("%s%s%llu executions (%.0f/s), %llu operations (%.0f/s) in %.0f s; %llu edges, %llu "
	       "inputs "
	       "in %s\n\n",
	       isatty(1) ? "\r\033[K" : "", interrupted ? "interrupted: " : "",
	       (unsigned long long)execs, execs / elapsed, (unsigned long long)ops, ops / elapsed,
	       elapsed, (unsigned long long)edges, (unsigned long long)corpus, c->run.corpus);
	pf_print_figures(stdout, name, sum, nr);
	list_findings(c);
}

static bool prepare(struct campaign *c)
{
	struct pf_judge_config config = {.impls = c->run.impls,
					 .seconds = (unsigned)c->run.timeout};
	const char *env = getenv("TMPDIR"), *tmp = env && *env ? env : "/tmp";
	char name[64];

	if (access(c->run.target, X_OK))
		return pf_complain("fuzz: %s: %s (in the tree, make fuzz-targets builds it)",
				   c->run.target, strerror(errno)),
		       false;
	if (c->run.seeds && access(c->run.seeds, R_OK | X_OK))
		return pf_complain("fuzz: %s: %s", c->run.seeds, strerror(errno)), false;
	if (!pf_make_folders(c->run.corpus) || !pf_make_folders(c->findings))
		return false;
	if (access(c->findings, W_OK | X_OK))
		return pf_complain("fuzz: %s: %s", c->findings, strerror(errno)), false;
	if (!pf_diary_open(&c->diary, c->findings))
		return false;
	c->judge = pf_judge_open(&config);
	if (!c->judge)
		return false;
	name_work(c, name);
	if (snprintf(c->tmp, sizeof(c->tmp), "%s/%sXXXXXX", tmp, name) >= (int)sizeof(c->tmp)) {
		pf_complain("fuzz: TMPDIR is too long");
		c->tmp[0] = '\0';
		return false;
	}
	if (!mkdtemp(c->tmp)) {
		pf_complain("fuzz: %s: %s", c->tmp, strerror(errno));
		c->tmp[0] = '\0';
		return false;
	}
	for (unsigned i = 0; i < c->workers; i++) {
		struct pf_worker *w = &c->worker[i];

		snprintf(w->stats_path, sizeof(w->stats_path), "%s/stats-%u", c->tmp, i);
		snprintf(w->artifacts, sizeof(w->artifacts), "%s/artifacts-%u", c->tmp, i);
		w->stats = pf_stats_map(w->stats_path, true);
		if (!w->stats || mkdir(w->artifacts, 0777))
			return pf_complain("fuzz: %s: %s", c->tmp, strerror(errno)), false;
	}
	c->merge.run = &c->run;
	c->merge.diary = &c->diary;
	snprintf(c->merge.folder, sizeof(c->merge.folder), "%s/merge", c->tmp);
	adopt(c, tmp);
	/* Whatever its processes leave behind is in there. */
	setenv("TMPDIR", c->tmp, 1);
	pf_diary_work(&c->diary, c->tmp);
	return true;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	return type == FTW_DP ? rmdir(path) : unlink(path);
}

/* A campaign's working folder; without `all` the artifacts stay, which could not be saved. */
static void remove_work(const char *tmp, bool all)
{
	char path[PATH_MAX];
	struct dirent *e;
	DIR *dir = all ? NULL : opendir(tmp);

	if (all)
		nftw(tmp, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	while (dir && (e = readdir(dir))) {
		join(path, tmp, e->d_name);
		if (e->d_name[0] != '.' && strncmp(e->d_name, "artifacts-", 10))
			nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
		else
			rmdir(path); /* if it is empty */
	}
	if (dir)
		closedir(dir);
	rmdir(tmp);
}

static void clean_up(struct campaign *c)
{
	if (c->tmp[0])
		remove_work(c->tmp, !c->kept);
	if (c->diary.lock_fd >= 0 && !c->kept)
		pf_diary_work(&c->diary, NULL);
	pf_diary_close(&c->diary);
	pf_judge_close(c->judge);
}

static int campaign(struct campaign *c)
{
	struct sigaction sa = {.sa_handler = on_signal};

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	if (!prepare(c))
		return PF_EXIT_USAGE;
	printf("fuzzing for %lu s with %lu workers; Ctrl-C ends it\n", c->seconds, c->workers);
	fflush(stdout);
	c->start = c->told_at = pf_now();
	pf_diary_log(&c->diary, "start: %lu s, %lu workers, on %s; %u findings known", c->seconds,
		     c->workers, c->run.impls ? c->run.impls : "all implementations",
		     c->nr_findings);
	for (unsigned i = 0; i < c->workers; i++)
		c->worker[i].start_at = c->start;
	loop(c);
	tell_met(c);
	note_figures(c, true);
	update_index(c);
	pf_diary_log(&c->diary, "end: %u findings%s", nr_shown(c),
		     c->failed	   ? "; the target does not start"
		     : interrupted ? "; interrupted"
				   : "");
	if (pf_judge_over(c->judge))
		c->failed = true;
	if (!c->failed)
		closing_table(c, pf_now() - c->start);
	if (c->json && !write_json(c, pf_now() - c->start))
		c->failed = true;
	return c->failed || c->kept ? PF_EXIT_USAGE : nr_shown(c) ? PF_EXIT_FINDING : PF_EXIT_CLEAN;
}

int cmd_fuzz(int argc, char **argv)
{
	static char target[PATH_MAX], seeds[PATH_MAX], dict[PATH_MAX];
	static struct campaign c = {
		.run = {.corpus = "corpus/work/libfuzzer", .timeout = 20},
		.findings = "findings",
		.merge.every = 3600,
		.seconds = 60,
	};
	const struct pf_option options[] = {
		PF_OPTION_TEXT("target", 0, "FILE", &c.run.target,
			       "the fuzz target (default: the command's own, with its seeds and\n"
			       "dictionary)"),
		PF_OPTION_SECONDS(&c.seconds, "how long (default: 60)"),
		PF_OPTION_NUMBER("workers", 0, &c.workers, 1, MAX_WORKERS,
				 "processes (default: one a processor, at most 8)"),
		PF_OPTION_TEXT("corpus", 0, "DIR", &c.run.corpus,
			       "where inputs are kept (default: corpus/work/libfuzzer)"),
		PF_OPTION_TEXT("findings", 0, "DIR", &c.findings,
			       "where findings are saved (default: findings)"),
		PF_OPTION_TEXT("seeds", 0, "DIR", &c.run.seeds, "more inputs to start from"),
		PF_OPTION_TEXT("dict", 0, "FILE", &c.run.dict, "dictionary"),
		PF_OPTION_NUMBER(
			"merge", 0, &c.merge.every, 0, 100000000,
			"seconds between two merges of the corpus, which leave the inputs\n"
			"that coverage needs (default: 3600; 0: none)"),
		PF_OPTION_IMPLS(&c.run.impls, "comma-separated implementations (default: all)"),
		PF_OPTION_TEXT("json", 0, "FILE", &c.json,
			       "at the end write the result as JSON, too"),
		PF_OPTION_NUMBER("timeout", 0, &c.run.timeout, 1, 100000,
				 "seconds that one execution may take (default: 20)"),
	};
	const struct pf_usage usage = {
		.command = "fuzz",
		.synopsis = "[OPTION]... [NAMES]",
		.about = "Run a libFuzzer target for a while on implementations, plug-ins among "
			 "them; save and\nexplain what it finds. For ./mine.so the target opens "
			 "./mine.fuzz.so, if it is there\n(pagefuzz build --fuzz): compiled with "
			 "coverage, and with sanitizers.\n",
		PF_OPTIONS(options),
		.max_args = 1,
		.args = "at most one lineup",
	};
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int nr, status;

	c.workers = cpus < 1 ? 1 : cpus > MAX_WORKERS ? MAX_WORKERS : (unsigned long)cpus;
	if (!pf_parse_options(&usage, argc, argv, &nr, &status))
		return status;
	if (nr)
		c.run.impls = argv[1];
	if (!c.run.target) {
		c.run.target = target;
		pf_place(PF_TARGET, target);
		if (!c.run.seeds && pf_place(PF_SEEDS, seeds))
			c.run.seeds = seeds;
		if (!c.run.dict && pf_place(PF_DICT, dict))
			c.run.dict = dict;
	}
	status = campaign(&c);
	clean_up(&c);
	return status;
}
