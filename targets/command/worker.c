// SPDX-License-Identifier: GPL-2.0-only
/* worker.c - see worker.h. */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd.h"

#define MAX_BYTES 1024 /* of an input */

_Noreturn static void exec_target(const struct pf_worker_config *run, const struct pf_worker *w,
				  long left)
{
	char max_time[48], max_len[32], timeout[40], dict[PATH_MAX + 16], prefix[600], stats[600];
	char impls[PATH_MAX + 16];
	const char *argv[16];
	int n = 0;

	snprintf(max_time, sizeof(max_time), "-max_total_time=%ld", left);
	snprintf(max_len, sizeof(max_len), "-max_len=%d", MAX_BYTES);
	snprintf(prefix, sizeof(prefix), "-artifact_prefix=%s/", w->artifacts);
	snprintf(stats, sizeof(stats), "--stats=%s", w->stats_path);
	argv[n++] = run->target;
	argv[n++] = max_time;
	argv[n++] = max_len;
	snprintf(timeout, sizeof(timeout), "-timeout=%lu", run->timeout);
	argv[n++] = timeout;
	argv[n++] = "-rss_limit_mb=4096";
	argv[n++] = prefix;
	if (run->dict) {
		snprintf(dict, sizeof(dict), "-dict=%s", run->dict);
		argv[n++] = dict;
	}
	argv[n++] = run->corpus;
	if (run->seeds)
		argv[n++] = run->seeds;
	argv[n++] = "-ignore_remaining_args=1";
	argv[n++] = stats;
	if (run->impls) {
		snprintf(impls, sizeof(impls), "--impls=%s", run->impls);
		argv[n++] = impls;
	}
	argv[n] = NULL;
	execv(run->target, (char *const *)argv);
	fprintf(stderr, "pagefuzz: %s: %s\n", run->target, strerror(errno));
	_exit(127);
}

bool pf_worker_start(struct pf_worker *w, const struct pf_worker_config *run, double seconds)
{
	long left = (long)seconds + 1;
	int pipes[2];

	w->start_at = 0;
	w->execs_before = w->stats->execs;
	if (left < 1)
		left = 1;
	if (pipe2(pipes, O_CLOEXEC))
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
		exec_target(run, w, left);
	}
	close(pipes[1]);
	w->fd = pipes[0];
	fcntl(w->fd, F_SETFL, O_NONBLOCK);
	w->line_len = w->log_len = 0;
	return true;
}

/* "#2048 NEW cov: 100 ft: 300 corp: 20/400b ..." */
static void read_line(struct pf_worker *w)
{
	const char *cov = strstr(w->line, " cov: "), *corp = strstr(w->line, " corp: ");

	if (w->line[0] != '#' || !cov || !corp)
		return;
	w->edges = strtoull(cov + 6, NULL, 10);
	w->corpus = strtoull(corp + 7, NULL, 10);
}

static void keep_log(struct pf_worker *w, const char *text, size_t n)
{
	if (n > PF_WORKER_LOG / 2) {
		text += n - PF_WORKER_LOG / 2;
		n = PF_WORKER_LOG / 2;
	}
	if (w->log_len + n > PF_WORKER_LOG) {
		memmove(w->log, w->log + PF_WORKER_LOG / 2, w->log_len - PF_WORKER_LOG / 2);
		w->log_len -= PF_WORKER_LOG / 2;
	}
	memcpy(w->log + w->log_len, text, n);
	w->log_len += n;
}

bool pf_worker_read(struct pf_worker *w)
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
