// SPDX-License-Identifier: GPL-2.0-only
/* target.c - see target.h. */
#include "target.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "place.h"
#include "progress.h"

/* ----------------------------------------------------------------- names -- */

static const char *const kinds[] = {"crash-", "timeout-", "oom-", "leak-"};

bool pf_target_named(const char *word)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strncmp(word, kinds[i], strlen(kinds[i])) && !strchr(word, '/'))
			return true;
	return false;
}

/* The last line that begins so, behind that; NULL: none. */
static const char *last_line(const char *log, size_t len, const char *begin, size_t *rest)
{
	const char *found = NULL, *end = log + len;
	size_t n = strlen(begin);

	for (const char *p = log; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t line = (size_t)((newline ? newline : end) - p);

		if (line > n && !memcmp(p, begin, n)) {
			found = p + n;
			*rest = line - n;
		}
		p += line + 1;
	}
	return found;
}

/* "Sanitizer: heap-buffer-overflow mine.c:44:29 in put", without who says so, and " in " of nobody. */
void pf_target_name(const char *log, size_t len, const char *kind, char name[PF_TARGET_NAME])
{
	size_t rest = 0, n;
	const char *what = last_line(log, len, "SUMMARY: ", &rest), *colon;

	snprintf(name, PF_TARGET_NAME, "%s", kind);
	n = strlen(name);
	if (!what)
		return;
	colon = memmem(what, rest, ": ", 2);
	if (colon) {
		rest -= (size_t)(colon + 2 - what);
		what = colon + 2;
	}
	while (rest && isspace((unsigned char)what[rest - 1]))
		rest--;
	if (rest > 3 && !memcmp(what + rest - 3, " in", 3))
		rest -= 3;
	if (n + 1 < PF_TARGET_NAME)
		name[n++] = '-';
	for (size_t i = 0, word = n; i < rest && n + 2 < PF_TARGET_NAME; i++) {
		bool plain = isalnum((unsigned char)what[i]) || what[i] == '_' || what[i] == '.';

		/* Of a path the file: in whose checkout it is makes no other bug of it. */
		if (what[i] == '/')
			n = word;
		else if (plain || name[n - 1] != '-')
			name[n++] = plain ? what[i] : '-';
		if (what[i] == ' ')
			word = n;
	}
	while (n && name[n - 1] == '-')
		n--;
	name[n] = '\0';
}

/* ----------------------------------------------------------------- story -- */

/* What libFuzzer says of itself. */
static bool is_engines(const char *line, size_t len)
{
	static const char *const begin[] = {
		"#",  "INFO: ",	   "MS: ",	 "artifact_prefix", "Base64: ",	  "Dictionary: ",
		"0x", "Running: ", "\tNEW_FUNC", "NOTE: ",	    "Test unit ", "Executed ",
		"==", "***",	   "\\"};

	if (memmem(line, len, ": Running 1 inputs", 18))
		return true;
	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++) {
		size_t n = strlen(begin[i]);

		if (len >= n && !memcmp(line, begin[i], n))
			return !memmem(line, len, "ERROR: ", 7);
	}
	return !len;
}

void pf_target_story(const char *log, size_t len, FILE *out)
{
	const char *end = log + len;

	for (const char *p = log; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t line = (size_t)((newline ? newline : end) - p);
		/* A frame begins so as well. */
		bool frame = line > 4 && !memcmp(p, "    #", 5);

		if (frame || !is_engines(p, line)) {
			fwrite(p, 1, line, out);
			fputc('\n', out);
		}
		p += line + 1;
	}
}

/* ------------------------------------------------------------------- run -- */

const char *pf_target_path(void)
{
	static char path[PATH_MAX];

	if (!*path)
		pf_place(PF_TARGET, path);
	return path;
}

/* Of so long a log the end would do, but nobody says more about one program. */
#define MOST_SAID (1u << 20)

static bool read_log(int fd, struct pf_target_log *log)
{
	char buf[8192];
	ssize_t n;
	FILE *f = open_memstream(&log->text, &log->len);

	if (!f)
		return false;
	while ((n = read(fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR)) {
		if (pf_interrupted)
			break;
		if (n > 0 && ftell(f) < (long)MOST_SAID)
			fwrite(buf, 1, (size_t)n, f);
	}
	return !fclose(f);
}

static void exec_target(const char *target, const char *impls, const char *input,
			const char *folder, int fd)
{
	char prefix[PATH_MAX + 32], lineup[1024];
	const char *argv[] = {
		target, prefix, input, "-ignore_remaining_args=1", impls ? lineup : NULL, NULL};

	/* Never outlive the command; Ctrl-C reaches that one only. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	snprintf(prefix, sizeof(prefix), "-artifact_prefix=%s/", folder);
	snprintf(lineup, sizeof(lineup), "--impls=%s", impls ? impls : "");
	dup2(fd, 1);
	dup2(fd, 2);
	execv(argv[0], (char *const *)(uintptr_t)argv);
	dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static bool run_on(const char *target, const char *impls, const char *input, const char *folder,
		   struct pf_target_log *log)
{
	int fds[2];
	pid_t pid;
	bool ok;

	if (pipe2(fds, O_CLOEXEC))
		return pf_complain("%s", strerror(errno)), false;
	pid = fork();
	if (!pid)
		exec_target(target, impls, input, folder, fds[1]);
	close(fds[1]);
	ok = pid > 0 && read_log(fds[0], log);
	close(fds[0]);
	if (pid < 0)
		return pf_complain("%s", strerror(errno)), false;
	if (pf_interrupted)
		kill(pid, SIGKILL);
	while (waitpid(pid, &log->status, 0) < 0 && errno == EINTR)
		;
	return ok || (pf_complain("out of memory"), false);
}

bool pf_target_run(const char *target, const char *impls, const struct pf_op *ops, size_t n,
		   struct pf_target_log *log)
{
	const char *tmp = getenv("TMPDIR");
	char folder[PATH_MAX - 32], input[PATH_MAX];
	bool ok = false;
	FILE *f;

	memset(log, 0, sizeof(*log));
	target = target ? target : pf_target_path();
	if (access(target, X_OK))
		return pf_complain("%s: %s (in the tree, make fuzz-targets builds it)", target,
				   strerror(errno)),
		       false;
	snprintf(folder, sizeof(folder), "%s/pagefuzz-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(folder))
		return pf_complain("%s: %s", folder, strerror(errno)), false;
	snprintf(input, sizeof(input), "%s/input", folder);
	f = pf_create(input);
	if (f && pf_write_bytes(f, ops, n) && pf_close(f, input))
		ok = run_on(target, impls, input, folder, log);
	unlink(input);
	rmdir(folder);
	if (!ok) {
		free(log->text);
		log->text = NULL;
	}
	return ok;
}
