// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_fuzz.c - pagefuzz fuzz: runs a libFuzzer target in several workers, shows
 * one live line, saves each new finding with its story, goes past findings that
 * are saved already, and ends with a table. The engine itself is libFuzzer's.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "campaign.h"
#include "place.h"
#include "progress.h"

/* So often a worker that ends without anything new is started again at once; then it waits. */
#define FREE_REPEATS 3
#define PAUSE_MAX    10.0 /* seconds */

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
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

/* A target that does not even get to its first execution. */
static void complain_of_start(const struct pf_campaign *c, const struct pf_worker *w, int status)
{
	char how[80];

	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "%s", strsignal(WTERMSIG(status)));
	else
		snprintf(how, sizeof(how), "exit status %d", WEXITSTATUS(status));
	pf_complain("fuzz: %s does not start: %s, and it says %s", c->run.target, how,
		    w->log_len ? "this:" : "nothing");
	fwrite(w->log, 1, w->log_len, stderr);
}

/* A worker has ended: by time, by a finding, or by mistake. */
static void reap(struct pf_campaign *c, struct pf_worker *w, bool restart)
{
	unsigned nr, news;
	int status;

	pf_worker_read(w);
	close(w->fd);
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	w->pid = 0;
	nr = pf_findings_collect(c, w, &news);
	w->repeats = news ? 0 : w->repeats + 1;
	if (!nr && w->stats->execs == w->execs_before && restart && !interrupted) {
		if (!c->failed)
			complain_of_start(c, w, status);
		c->failed = true;
		return;
	}
	if (restart)
		w->start_at = pf_now() + pause_of(w);
}

/* ----------------------------------------------------------------- loop -- */

static void totals(const struct pf_campaign *c, uint64_t *execs, uint64_t *ops, uint64_t *edges,
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

static void live_line(const struct pf_campaign *c, double elapsed, double *last,
		      uint64_t *last_execs, uint64_t *last_ops)
{
	uint64_t execs, ops, edges, corpus;
	double span = elapsed - *last;

	totals(c, &execs, &ops, &edges, &corpus);
	printf("%s%5.0f s  %8.0f executions/s  %9.0f operations/s  %6llu edges  %6llu corpus  %u "
	       "findings%s",
	       isatty(1) ? "\r\033[K" : "", elapsed, (execs - *last_execs) / span,
	       (ops - *last_ops) / span, (unsigned long long)edges, (unsigned long long)corpus,
	       pf_findings_shown(c), isatty(1) ? "" : "\n");
	fflush(stdout);
	*last = elapsed;
	*last_execs = execs;
	*last_ops = ops;
}

static unsigned running(const struct pf_campaign *c);

static void note_figures(struct pf_campaign *c, bool end)
{
	struct pf_diary_figures f = {.seconds = pf_now() - c->start,
				     .findings = pf_findings_shown(c),
				     .workers = running(c)};

	totals(c, &f.execs, &f.ops, &f.edges, &f.corpus);
	pf_diary_figures(&c->diary, &f, end);
}

static unsigned running(const struct pf_campaign *c)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->workers; i++)
		n += c->worker[i].pid != 0;
	return n;
}

static void stop_workers(struct pf_campaign *c)
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
static void start_again(struct pf_campaign *c)
{
	for (unsigned i = 0; i < c->workers; i++) {
		struct pf_worker *w = &c->worker[i];

		if (!w->pid && w->start_at > 0 && pf_now() >= w->start_at &&
		    !pf_worker_start(w, &c->run, (double)c->seconds - (pf_now() - c->start)))
			c->failed = true;
	}
}

/* What the corpus lost they still have in memory; what they grew by goes, too. */
static void renew_workers(struct pf_campaign *c)
{
	for (unsigned i = 0; i < c->workers; i++) {
		struct pf_worker *w = &c->worker[i];

		if (!w->pid)
			continue;
		w->repeats = 0;
		kill(w->pid, SIGINT);
	}
}

static void loop(struct pf_campaign *c)
{
	double last = 0, every = isatty(1) ? 1 : 10;
	uint64_t last_execs = 0, last_ops = 0;

	while (!interrupted && !c->failed && !pf_judge_over(c->judge)) {
		struct pollfd fds[PF_MAX_WORKERS];
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
			pf_findings_tell_met(c);
	}
	pf_merge_stop(&c->merge);
	stop_workers(c);
}

static bool write_json(const struct pf_campaign *c, double elapsed)
{
	struct json_object *o = json_object_new_object();
	uint64_t execs, ops, edges, corpus;

	totals(c, &execs, &ops, &edges, &corpus);
	pf_json_number(o, "seconds", (uint64_t)elapsed);
	pf_json_number(o, "executions", execs);
	pf_json_number(o, "operations", ops);
	pf_json_number(o, "edges", edges);
	pf_json_number(o, "corpus", corpus);
	json_object_object_add(o, "causes", pf_findings_json(c));
	return pf_json_write(c->json, o);
}

static void closing_table(struct pf_campaign *c, double elapsed)
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
	pf_print_packing(stdout, name, sum, nr);
	pf_print_probes(stdout, sum, nr);
	pf_findings_list(c);
}

static bool prepare(struct pf_campaign *c)
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
	pf_campaign_work_name(c, name);
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
	pf_findings_adopt(c, tmp);
	/* Whatever its processes leave behind is in there. */
	setenv("TMPDIR", c->tmp, 1);
	pf_diary_work(&c->diary, c->tmp);
	return true;
}

static void clean_up(struct pf_campaign *c)
{
	if (c->tmp[0])
		pf_campaign_remove_work(c->tmp, !c->kept);
	if (c->diary.lock_fd >= 0 && !c->kept)
		pf_diary_work(&c->diary, NULL);
	pf_diary_close(&c->diary);
	pf_judge_close(c->judge);
}

static int campaign(struct pf_campaign *c)
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
	pf_findings_tell_met(c);
	note_figures(c, true);
	pf_findings_index(c);
	pf_diary_log(&c->diary, "end: %u findings%s", pf_findings_shown(c),
		     c->failed	   ? "; the target does not start"
		     : interrupted ? "; interrupted"
				   : "");
	if (pf_judge_over(c->judge))
		c->failed = true;
	if (!c->failed)
		closing_table(c, pf_now() - c->start);
	if (c->json && !write_json(c, pf_now() - c->start))
		c->failed = true;
	return c->failed || c->kept   ? PF_EXIT_USAGE
	       : pf_findings_shown(c) ? PF_EXIT_FINDING
				      : PF_EXIT_CLEAN;
}

int cmd_fuzz(int argc, char **argv)
{
	static char target[PATH_MAX], seeds[PATH_MAX], dict[PATH_MAX];
	static struct pf_campaign c = {
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
		PF_OPTION_NUMBER("workers", 0, &c.workers, 1, PF_MAX_WORKERS,
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

	c.workers = cpus < 1 ? 1 : cpus > PF_MAX_WORKERS ? PF_MAX_WORKERS : (unsigned long)cpus;
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
