// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_fuzz.c - pagefuzz fuzz: runs a libFuzzer target in several workers, shows
 * one live line, saves each new finding with its story, goes past findings that
 * are saved already, and ends with a table. The engine itself is libFuzzer's.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "../language/codec.h"
#include "../engines/stats.h"

#define MAX_WORKERS 8
#define LOG_BYTES   32768
/* A worker that ends this often without anything new is not started again. */
#define MAX_REPEATS 5
#define MAX_BYTES   1024

struct worker {
	pid_t pid; /* 0: not running */
	int fd;	   /* its standard error */
	struct pf_stats_file *stats;
	char stats_path[128], artifacts[128];
	char line[4096];
	size_t line_len;
	char log[LOG_BYTES]; /* the last of what it said */
	size_t log_len;
	uint64_t edges, corpus;
	unsigned repeats;
};

struct campaign {
	const char *target, *seeds, *dict, *corpus, *findings, *impls;
	unsigned long seconds, workers;
	char tmp[64];
	struct worker worker[MAX_WORKERS];
	struct pf_lineup lineup;
	struct pf_oracle *oracle;
	unsigned nr_findings;
	char signature[PF_SKIP_MAX][80];
	time_t start;
	bool failed;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

/* mkdir -p */
static bool make_dirs(const char *path)
{
	char part[512];

	snprintf(part, sizeof(part), "%s", path);
	for (char *p = part + 1;; p++) {
		char c = *p;

		if (c && c != '/')
			continue;
		*p = 0;
		if (mkdir(part, 0777) && errno != EEXIST) {
			pf_complain("fuzz: %s: %s", part, strerror(errno));
			return false;
		}
		*p = c;
		if (!c)
			return true;
	}
}

/* -------------------------------------------------------------- workers -- */

static void exec_target(struct campaign *c, struct worker *w, long left)
{
	char max_time[48], max_len[32], dict[512], prefix[160], stats[160], impls[320];
	const char *argv[16];
	int n = 0;

	snprintf(max_time, sizeof(max_time), "-max_total_time=%ld", left);
	snprintf(max_len, sizeof(max_len), "-max_len=%d", MAX_BYTES);
	snprintf(prefix, sizeof(prefix), "-artifact_prefix=%s/", w->artifacts);
	snprintf(stats, sizeof(stats), "--stats=%s", w->stats_path);
	argv[n++] = c->target;
	argv[n++] = max_time;
	argv[n++] = max_len;
	argv[n++] = "-timeout=20";
	argv[n++] = "-rss_limit_mb=4096";
	argv[n++] = prefix;
	if (c->dict) {
		snprintf(dict, sizeof(dict), "-dict=%s", c->dict);
		argv[n++] = dict;
	}
	argv[n++] = c->corpus;
	if (c->seeds)
		argv[n++] = c->seeds;
	argv[n++] = "-ignore_remaining_args=1";
	argv[n++] = stats;
	if (c->impls) {
		snprintf(impls, sizeof(impls), "--impls=%s", c->impls);
		argv[n++] = impls;
	}
	argv[n] = NULL;
	execv(c->target, (char *const *)argv);
	fprintf(stderr, "pagefuzz: %s: %s\n", c->target, strerror(errno));
	_exit(127);
}

static bool start_worker(struct campaign *c, struct worker *w)
{
	long left = (long)c->seconds - (long)(time(NULL) - c->start);
	int pipes[2];

	if (left < 1)
		left = 1;
	if (pipe(pipes))
		return pf_complain("fuzz: %s", strerror(errno)), false;
	w->pid = fork();
	if (w->pid < 0)
		return pf_complain("fuzz: %s", strerror(errno)), false;
	if (!w->pid) {
		/* Never outlive the campaign; Ctrl-C reaches the campaign only. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpgid(0, 0);
		dup2(pipes[1], 2);
		dup2(pipes[1], 1);
		close(pipes[0]);
		close(pipes[1]);
		exec_target(c, w, left);
	}
	close(pipes[1]);
	w->fd = pipes[0];
	fcntl(w->fd, F_SETFL, O_NONBLOCK);
	w->line_len = w->log_len = 0;
	return true;
}

/* "#2048 NEW cov: 100 ft: 300 corp: 20/400b ..." */
static void read_line(struct worker *w)
{
	const char *cov = strstr(w->line, " cov: "), *corp = strstr(w->line, " corp: ");

	if (w->line[0] != '#' || !cov || !corp)
		return;
	w->edges = strtoull(cov + 6, NULL, 10);
	w->corpus = strtoull(corp + 7, NULL, 10);
}

static void keep_log(struct worker *w, const char *text, size_t n)
{
	if (n > LOG_BYTES / 2) {
		text += n - LOG_BYTES / 2;
		n = LOG_BYTES / 2;
	}
	if (w->log_len + n > LOG_BYTES) {
		memmove(w->log, w->log + LOG_BYTES / 2, w->log_len - LOG_BYTES / 2);
		w->log_len -= LOG_BYTES / 2;
	}
	memcpy(w->log + w->log_len, text, n);
	w->log_len += n;
}

/* False: the worker closed its end. */
static bool read_worker(struct worker *w)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(w->fd, buf, sizeof(buf))) > 0) {
		keep_log(w, buf, n);
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] != '\n' && w->line_len < sizeof(w->line) - 1) {
				w->line[w->line_len++] = buf[i];
				continue;
			}
			w->line[w->line_len] = 0;
			w->line_len = 0;
			read_line(w);
		}
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* ------------------------------------------------------------- findings -- */

static bool known_here(const struct campaign *c, const char *signature)
{
	for (unsigned i = 0; i < c->nr_findings; i++)
		if (!strcmp(c->signature[i], signature))
			return true;
	return false;
}

static void remember(struct campaign *c, const char *signature)
{
	if (c->nr_findings == PF_SKIP_MAX)
		return;
	snprintf(c->signature[c->nr_findings++], sizeof(c->signature[0]), "%s", signature);
	for (unsigned i = 0; i < c->workers; i++) {
		struct pf_stats_file *s = c->worker[i].stats;

		snprintf(s->skip[s->nr_skip], sizeof(s->skip[0]), "%s", signature);
		s->nr_skip++;
	}
}

static FILE *open_in(const char *dir, const char *name)
{
	char path[700];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return pf_create(path);
}

/* findings/<signature>/ with bytes, text and story. */
static void save(struct campaign *c, const char *signature, const unsigned char *data, size_t len,
		 const struct pf_program *p, const struct worker *w, const struct pf_verdict *v,
		 bool by_oracle)
{
	char dir[512], *s;
	FILE *f;

	snprintf(dir, sizeof(dir), "%s/%s", c->findings, signature);
	for (s = dir + strlen(c->findings) + 1; *s; s++)
		if (*s == '/')
			*s = '-';
	if (!make_dirs(dir))
		return;
	f = open_in(dir, "input.bin");
	if (f) {
		fwrite(data, 1, len, f);
		pf_close(f, dir);
	}
	f = open_in(dir, "input.txt");
	if (f) {
		fprintf(f, "# %s\n", signature);
		pf_write_text(f, p->ops, p->nr);
		pf_close(f, dir);
	}
	f = open_in(dir, "story.txt");
	if (f) {
		if (by_oracle)
			pf_story(c->oracle, v, p->ops, p->nr, pf_print_op_to, f);
		else
			fwrite(w->log, 1, w->log_len, f);
		pf_close(f, dir);
	}
	printf("\r\033[K");
	printf("finding: %s\n", signature);
	if (by_oracle)
		pf_story(c->oracle, v, p->ops, p->nr, pf_print_op_to, stdout);
	printf("saved in %s; next:\n"
	       "  build/pagefuzz run %s/input.txt\n"
	       "  build/pagefuzz min -o %s/small.txt %s/input.txt\n"
	       "  build/pagefuzz emit-c -o %s/test.c %s/small.txt\n",
	       dir, dir, dir, dir, dir, dir);
	fflush(stdout);
}

/* A crash that the oracle did not call: name it after the sanitizer's summary. */
static void name_crash(const struct worker *w, const char *artifact, char *name, size_t size)
{
	const char *at = NULL;
	size_t n = 0;

	for (size_t i = 0; i + 9 < w->log_len; i++)
		if (!memcmp(w->log + i, "SUMMARY: ", 9))
			at = w->log + i + 9;
	snprintf(name, size, "crash-%.*s", (int)strcspn(artifact, "-"), artifact);
	for (n = strlen(name); at && at < w->log + w->log_len && *at != '\n' && n + 2 < size;
	     at++) {
		bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
			     (*at >= '0' && *at <= '9') || *at == '_' || *at == '.';

		if (plain || name[n - 1] != '-')
			name[n++] = plain ? *at : '-';
	}
	name[n] = 0;
}

/* What one artifact shows. False: nothing new. */
static bool collect(struct campaign *c, struct worker *w, const char *artifact)
{
	char path[512], name[80];
	struct pf_program p = {NULL, 0};
	struct pf_verdict v;
	unsigned char *data;
	enum pf_outcome outcome;
	bool news = false, by_oracle;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", w->artifacts, artifact);
	data = pf_read_file(path, &len);
	if (!data)
		return false;
	p.ops = malloc((len + 1) * sizeof(*p.ops));
	if (p.ops) {
		p.nr = pf_decode(data, len, p.ops, len);
		outcome = pf_oracle_run(c->oracle, p.ops, p.nr, &v);
		by_oracle = outcome == PF_FINDING;
		if (by_oracle)
			snprintf(name, sizeof(name), "%s", v.signature);
		else
			name_crash(w, artifact, name, sizeof(name));
		if (!known_here(c, name)) {
			news = true;
			remember(c, name);
			save(c, name, data, len, &p, w, &v, by_oracle);
		}
	}
	free(p.ops);
	free(data);
	unlink(path);
	return news;
}

static bool collect_all(struct campaign *c, struct worker *w)
{
	DIR *dir = opendir(w->artifacts);
	struct dirent *e;
	bool news = false;

	while (dir && (e = readdir(dir)))
		/* slow-unit-* are no findings, just worth a look. */
		if (e->d_name[0] != '.' && strncmp(e->d_name, "slow-unit-", 10))
			news |= collect(c, w, e->d_name);
	if (dir)
		closedir(dir);
	return news;
}

/* A worker has ended: by time, by a finding, or by mistake. */
static void reap(struct campaign *c, struct worker *w, bool restart)
{
	int status;

	read_worker(w);
	close(w->fd);
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	w->pid = 0;
	if (collect_all(c, w))
		w->repeats = 0;
	else
		w->repeats++;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		c->failed = true;
	if (!restart)
		return;
	if (!w->stats->execs && w->repeats) {
		c->failed = true;
		fprintf(stderr, "pagefuzz: fuzz: %s does not start; it says:\n", c->target);
		fwrite(w->log, 1, w->log_len, stderr);
	} else if (w->repeats < MAX_REPEATS) {
		start_worker(c, w);
	}
}

/* ----------------------------------------------------------------- loop -- */

static void totals(const struct campaign *c, uint64_t *execs, uint64_t *ops, uint64_t *edges,
		   uint64_t *corpus)
{
	*execs = *ops = *edges = *corpus = 0;
	for (unsigned i = 0; i < c->workers; i++) {
		const struct worker *w = &c->worker[i];

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
	       c->nr_findings, isatty(1) ? "" : "\n");
	fflush(stdout);
	*last = elapsed;
	*last_execs = execs;
	*last_ops = ops;
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
	double until = now() + 5;

	for (unsigned i = 0; i < c->workers; i++)
		if (c->worker[i].pid)
			kill(c->worker[i].pid, SIGINT);
	while (running(c)) {
		for (unsigned i = 0; i < c->workers; i++) {
			struct worker *w = &c->worker[i];

			if (!w->pid)
				continue;
			if (now() > until)
				kill(w->pid, SIGKILL);
			if (!read_worker(w))
				reap(c, w, false);
		}
		usleep(20000);
	}
}

static void loop(struct campaign *c)
{
	double start = now(), last = 0, every = isatty(1) ? 1 : 10;
	uint64_t last_execs = 0, last_ops = 0;

	while (running(c) && !interrupted && !c->failed) {
		struct pollfd fds[MAX_WORKERS];
		double elapsed = now() - start;
		unsigned n = 0;

		if (elapsed >= c->seconds)
			break;
		for (unsigned i = 0; i < c->workers; i++)
			if (c->worker[i].pid)
				fds[n++] = (struct pollfd){.fd = c->worker[i].fd, .events = POLLIN};
		poll(fds, n, 200);
		for (unsigned i = 0; i < c->workers; i++) {
			struct worker *w = &c->worker[i];

			if (w->pid && !read_worker(w))
				reap(c, w, elapsed + 1 < c->seconds && !interrupted);
		}
		if (elapsed - last >= every)
			live_line(c, elapsed, &last, &last_execs, &last_ops);
	}
	stop_workers(c);
}

static void closing_table(const struct campaign *c, double elapsed)
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
	       elapsed, (unsigned long long)edges, (unsigned long long)corpus, c->corpus);
	pf_print_figures(stdout, name, sum, nr);
	printf("\n%u findings\n", c->nr_findings);
	for (unsigned i = 0; i < c->nr_findings; i++)
		printf("  %s\n", c->signature[i]);
}

static bool prepare(struct campaign *c)
{
	if (access(c->target, X_OK))
		return pf_complain("fuzz: %s: %s", c->target, strerror(errno)), false;
	if (c->seeds && access(c->seeds, R_OK | X_OK))
		return pf_complain("fuzz: %s: %s", c->seeds, strerror(errno)), false;
	c->oracle = pf_open_oracle(c->impls, &c->lineup, NULL);
	if (!c->oracle || !make_dirs(c->corpus) || !make_dirs(c->findings))
		return false;
	snprintf(c->tmp, sizeof(c->tmp), "/tmp/pagefuzz-XXXXXX");
	if (!mkdtemp(c->tmp))
		return pf_complain("fuzz: %s: %s", c->tmp, strerror(errno)), false;
	for (unsigned i = 0; i < c->workers; i++) {
		struct worker *w = &c->worker[i];

		snprintf(w->stats_path, sizeof(w->stats_path), "%s/stats-%u", c->tmp, i);
		snprintf(w->artifacts, sizeof(w->artifacts), "%s/artifacts-%u", c->tmp, i);
		w->stats = pf_stats_map(w->stats_path, true);
		if (!w->stats || mkdir(w->artifacts, 0777))
			return pf_complain("fuzz: %s: %s", c->tmp, strerror(errno)), false;
	}
	return true;
}

static void clean_up(struct campaign *c)
{
	for (unsigned i = 0; i < c->workers && c->worker[i].stats_path[0]; i++) {
		struct worker *w = &c->worker[i];
		DIR *dir = opendir(w->artifacts);
		struct dirent *e;
		char path[512];

		unlink(w->stats_path);
		while (dir && (e = readdir(dir))) {
			snprintf(path, sizeof(path), "%s/%s", w->artifacts, e->d_name);
			if (e->d_name[0] != '.')
				unlink(path);
		}
		if (dir)
			closedir(dir);
		rmdir(w->artifacts);
	}
	if (c->tmp[0])
		rmdir(c->tmp);
	pf_oracle_free(c->oracle);
	pf_lineup_free(&c->lineup);
}

static const char fuzz_help[] =
	"usage: pagefuzz fuzz [OPTION]... (make fuzz calls it)\n"
	"Run a libFuzzer target for a while; save and explain what it finds.\n\n"
	"  -t, --target FILE   the fuzz target (default: "
	"build/fuzz-address-undefined/fuzz_lockstep)\n"
	"  -s, --seconds N     how long (default: 60)\n"
	"  -w, --workers N     processes (default: one a processor, at most 8)\n"
	"  -c, --corpus DIR    where inputs are kept (default: corpus/work/libfuzzer)\n"
	"      --seeds DIR     more inputs to start from\n"
	"      --dict FILE     dictionary\n"
	"  -f, --findings DIR  where findings are saved (default: findings)\n"
	"  -i, --impls NAMES   comma-separated implementations (default: all)\n";

int cmd_fuzz(int argc, char **argv)
{
	static const struct option options[] = {
		{"target", required_argument, NULL, 't'},
		{"seconds", required_argument, NULL, 's'},
		{"workers", required_argument, NULL, 'w'},
		{"corpus", required_argument, NULL, 'c'},
		{"seeds", required_argument, NULL, 'S'},
		{"dict", required_argument, NULL, 'D'},
		{"findings", required_argument, NULL, 'f'},
		{"impls", required_argument, NULL, 'i'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	static struct campaign c = {
		.target = "build/fuzz-address-undefined/fuzz_lockstep",
		.corpus = "corpus/work/libfuzzer",
		.findings = "findings",
		.seconds = 60,
	};
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct sigaction sa = {.sa_handler = on_signal};
	double start;
	int opt;

	c.workers = cpus < 1 ? 1 : cpus > MAX_WORKERS ? MAX_WORKERS : cpus;
	while ((opt = getopt_long(argc, argv, ":t:s:w:c:f:i:h", options, NULL)) != -1) {
		switch (opt) {
		case 't':
			c.target = optarg;
			break;
		case 's':
			if (!pf_number(optarg, "--seconds", 100000000, &c.seconds))
				return PF_EXIT_USAGE;
			break;
		case 'w':
			if (!pf_number(optarg, "--workers", MAX_WORKERS, &c.workers))
				return PF_EXIT_USAGE;
			break;
		case 'c':
			c.corpus = optarg;
			break;
		case 'S':
			c.seeds = optarg;
			break;
		case 'D':
			c.dict = optarg;
			break;
		case 'f':
			c.findings = optarg;
			break;
		case 'i':
			c.impls = optarg;
			break;
		case 'h':
			fputs(fuzz_help, stdout);
			return PF_EXIT_CLEAN;
		default:
			return pf_complain_option(argv, opt, "fuzz");
		}
	}
	if (optind != argc)
		return pf_complain("fuzz: takes no arguments, not '%s'", argv[optind]);
	if (!c.seconds || !c.workers)
		return pf_complain("fuzz: --seconds and --workers want a number from 1 on");
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	if (!prepare(&c))
		return clean_up(&c), PF_EXIT_USAGE;
	printf("fuzzing for %lu s with %lu workers; Ctrl-C ends it\n", c.seconds, c.workers);
	fflush(stdout);
	c.start = time(NULL);
	start = now();
	for (unsigned i = 0; i < c.workers; i++)
		start_worker(&c, &c.worker[i]);
	loop(&c);
	if (!c.failed)
		closing_table(&c, now() - start);
	clean_up(&c);
	return c.failed ? PF_EXIT_USAGE : c.nr_findings ? PF_EXIT_FINDING : PF_EXIT_CLEAN;
}
