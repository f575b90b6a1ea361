// SPDX-License-Identifier: GPL-2.0-only
/* merge.c - see merge.h. */
#include "merge.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd.h"
#include "progress.h"

/* Fewer inputs are not worth it. */
#define FEW 16

/* PATH of a name in its folder; empty, and so not there, if that is too long. */
static const char *in(const char *folder, const char *name, char path[PATH_MAX])
{
	if (snprintf(path, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
		path[0] = '\0';
	return path;
}

static int is_input(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void forget(struct pf_merge *m)
{
	while (m->nr_before > 0)
		free(m->before[--m->nr_before]);
	free(m->before);
	m->before = NULL;
	m->nr_before = 0;
}

/* False: there are none. */
static bool list(struct pf_merge *m)
{
	struct dirent **e;
	int n = scandir(m->run->corpus, &e, is_input, NULL);

	if (n < 0)
		return false;
	m->before = calloc((size_t)n + 1, sizeof(*m->before));
	for (int i = 0; i < n; i++) {
		if (m->before)
			m->before[m->nr_before++] = strdup(e[i]->d_name);
		free(e[i]);
	}
	free(e);
	return m->before != NULL;
}

static void remove_folder(const char *path)
{
	struct dirent *e;
	DIR *dir = opendir(path);

	while (dir && (e = readdir(dir)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			unlinkat(dirfd(dir), e->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(path);
}

static void clear(struct pf_merge *m)
{
	char path[PATH_MAX];

	forget(m);
	remove_folder(in(m->folder, "before", path));
	remove_folder(in(m->folder, "needed", path));
	remove_folder(in(m->folder, "crashed", path));
	/* The figures, and what libFuzzer writes into TMPDIR. */
	remove_folder(m->folder);
}

/* ----------------------------------------------------------------- start -- */

/*
 * Workers take inputs away while they find smaller ones, and a merge that misses one gives up:
 * so it gets copies.
 */
static void copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out;
	char buf[8192];
	ssize_t n;

	if (in < 0)
		return;
	out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	while (out >= 0 && (n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			_exit(126);
	close(in);
	if (out < 0 || close(out))
		_exit(126);
}

static void copy_corpus(const struct pf_merge *m)
{
	char from[PATH_MAX], to[PATH_MAX], name[NAME_MAX + 16];

	for (int i = 0; i < m->nr_before; i++) {
		if (!m->before[i] || snprintf(from, sizeof(from), "%s/%s", m->run->corpus,
					      m->before[i]) >= (int)sizeof(from))
			continue;
		snprintf(name, sizeof(name), "before/%s", m->before[i]);
		copy(from, in(m->folder, name, to));
	}
}

_Noreturn static void exec_merge(const struct pf_merge *m)
{
	char before[PATH_MAX], needed[PATH_MAX], crashed[PATH_MAX], stats[PATH_MAX], timeout[40];
	char prefix[PATH_MAX + 32], stats_arg[PATH_MAX + 16], impls[PATH_MAX + 16];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), n = 0;
	const char *argv[12];

	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	copy_corpus(m);
	snprintf(timeout, sizeof(timeout), "-timeout=%lu", m->run->timeout);
	snprintf(prefix, sizeof(prefix), "-artifact_prefix=%s/", in(m->folder, "crashed", crashed));
	snprintf(stats_arg, sizeof(stats_arg), "--stats=%s", in(m->folder, "stats", stats));
	snprintf(impls, sizeof(impls), "--impls=%s", m->run->impls ? m->run->impls : "");
	argv[n++] = m->run->target;
	argv[n++] = "-merge=1";
	argv[n++] = "-rss_limit_mb=4096";
	argv[n++] = timeout;
	argv[n++] = prefix;
	argv[n++] = in(m->folder, "needed", needed);
	argv[n++] = in(m->folder, "before", before);
	argv[n++] = "-ignore_remaining_args=1";
	argv[n++] = stats_arg;
	if (m->run->impls)
		argv[n++] = impls;
	argv[n] = NULL;
	execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static bool make_folders(struct pf_merge *m, const struct pf_stats_file *skip)
{
	struct pf_stats_file *stats;
	char path[PATH_MAX];

	if (mkdir(m->folder, 0777) || mkdir(in(m->folder, "before", path), 0777) ||
	    mkdir(in(m->folder, "needed", path), 0777) ||
	    mkdir(in(m->folder, "crashed", path), 0777))
		return false;
	stats = pf_stats_map(in(m->folder, "stats", path), true);
	if (!stats)
		return false;
	memcpy(stats->skip, skip->skip, sizeof(stats->skip));
	stats->nr_skip = skip->nr_skip;
	munmap(stats, sizeof(*stats));
	return true;
}

static void end_group(int sig)
{
	(void)sig;
	kill(0, SIGKILL);
}

/*
 * libFuzzer does it in processes of a shell's, which would outlive a campaign that is
 * killed. So one process more, which has them in its group and hears of the end.
 */
_Noreturn static void supervise(const struct pf_merge *m)
{
	pid_t campaign = getppid(), pid;
	int status = 0;

	setpgid(0, 0);
	signal(SIGTERM, end_group);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != campaign)
		_exit(126);
	setenv("TMPDIR", m->folder, 1);
	pid = fork();
	if (!pid) {
		signal(SIGTERM, SIG_DFL);
		exec_merge(m);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	_exit(pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 126);
}

/* Half as many again as it left the last time: that is the bound on growth. */
static void start(struct pf_merge *m, const struct pf_stats_file *skip)
{
	m->due = pf_now() + (double)m->every;
	if (!list(m))
		return;
	if (m->nr_before < FEW || (unsigned)m->nr_before < m->kept + m->kept / 2) {
		forget(m);
		return;
	}
	if (make_folders(m, skip)) {
		m->pid = fork();
		if (!m->pid)
			supervise(m);
		if (m->pid > 0) {
			pf_diary_log(m->diary, "merging the corpus: %d inputs", m->nr_before);
			return;
		}
	}
	pf_diary_log(m->diary, "no merge of the corpus: %s", strerror(errno));
	m->pid = 0;
	clear(m);
}

/* ------------------------------------------------------------------- end -- */

/* Is there a file of that name in one of its folders, behind a prefix? */
static bool has(const struct pf_merge *m, const char *folder, const char *prefix, const char *name)
{
	char path[PATH_MAX], file[NAME_MAX + 64];

	if (snprintf(file, sizeof(file), "%s/%s%s", folder, prefix, name) >= (int)sizeof(file))
		return true;
	return !access(in(m->folder, file, path), F_OK);
}

/*
 * What it found needed it copied under the same name. An input that ended it is worth
 * more than coverage: it stays, and the next worker that reads it shows what it does.
 */
static bool is_needed(const struct pf_merge *m, const char *name)
{
	return has(m, "needed", "", name) || has(m, "crashed", "crash-", name) ||
	       has(m, "crashed", "timeout-", name) || has(m, "crashed", "oom-", name) ||
	       has(m, "crashed", "leak-", name);
}

/* Inputs that came meanwhile stay as well: nobody has asked about them. */
static unsigned prune(struct pf_merge *m)
{
	unsigned gone = 0;
	char path[PATH_MAX];

	for (int i = 0; i < m->nr_before; i++) {
		const char *name = m->before[i];

		if (!name || is_needed(m, name) ||
		    snprintf(path, sizeof(path), "%s/%s", m->run->corpus, name) >=
			    (int)sizeof(path))
			continue;
		gone += !unlink(path);
	}
	m->kept = (unsigned)m->nr_before - gone;
	return gone;
}

bool pf_merge_tend(struct pf_merge *m, const struct pf_stats_file *skip)
{
	unsigned gone = 0;
	int status;

	if (!m->pid) {
		if (m->every && !m->due)
			m->due = pf_now() + (double)m->every;
		if (m->every && pf_now() >= m->due)
			start(m, skip);
		return false;
	}
	if (waitpid(m->pid, &status, WNOHANG) != m->pid)
		return false;
	m->pid = 0;
	m->due = pf_now() + (double)m->every;
	if (WIFEXITED(status) && !WEXITSTATUS(status)) {
		gone = prune(m);
		pf_diary_log(m->diary, "corpus merged: %d inputs, %u needed", m->nr_before,
			     m->kept);
	} else {
		pf_diary_log(m->diary, "the corpus could not be merged (status %#x); it stays",
			     (unsigned)status);
	}
	clear(m);
	return gone > 0;
}

void pf_merge_stop(struct pf_merge *m)
{
	if (!m->pid)
		return;
	/* It has processes of its own. */
	kill(-m->pid, SIGKILL);
	while (waitpid(m->pid, NULL, 0) < 0 && errno == EINTR)
		;
	m->pid = 0;
	pf_diary_log(m->diary, "the merge was not at its end: the corpus stays");
	clear(m);
}
