// SPDX-License-Identifier: GPL-2.0-only
/* ward.c - see ward.h. */
#include "ward.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"

/* A sleeping child gets this many times the seconds; so does a framework at work. */
#define PATIENCE 12

static double seconds_of(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts))
		return 0;
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* ------------------------------------------------------------ the child -- */

extern void __asan_poison_memory_region(void const volatile *addr, size_t size)
	__attribute__((weak));

/* Of the child only; signal and fork handlers get no argument. */
static struct {
	struct pf_ward_shared *shared;
	const struct pf_arena *arena;
	char *stack_low, *stack_high; /* where it would overflow to */
	char alternate[1 << 16];
} here;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	char *at = info->si_addr;

	(void)context;
	here.shared->signal = sig;
	here.shared->address = (uint64_t)(uintptr_t)at;
	if (at >= here.stack_low && at < here.stack_high)
		here.shared->fault = PF_FAULT_STACK;
	else if (here.arena && at >= here.arena->start && at < here.arena->start + here.arena->size)
		here.shared->fault = PF_FAULT_FRAMEWORK;
	signal(sig, SIG_DFL);
	raise(sig);
}

static void catch_faults(void)
{
	struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	stack_t stack = {.ss_sp = here.alternate, .ss_size = sizeof(here.alternate)};
	struct rlimit limit;
	char here_is;

	/* ASan's own handler says more. */
	if (__asan_poison_memory_region)
		return;
	getrlimit(RLIMIT_STACK, &limit);
	if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > 64u << 20)
		limit.rlim_cur = 64u << 20;
	here.stack_high = &here_is;
	here.stack_low = here.stack_high - limit.rlim_cur - (1 << 20);
	sigaltstack(&stack, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
}

/* What forks leaves the run, before there are two of it. */
static void on_fork(void)
{
	if (!here.shared->at.lane)
		return;
	here.shared->signal = -1;
	_exit(127);
}

static void limit_memory(void)
{
	struct rlimit all = {PF_WARD_MEMORY, PF_WARD_MEMORY}, none = {0, 0};

	if (!__asan_poison_memory_region)
		setrlimit(RLIMIT_AS, &all);
	setrlimit(RLIMIT_CORE, &none);
}

void pf_ward_isolate(struct pf_ward *w, const struct pf_arena *arena)
{
	here.shared = w->shared;
	here.arena = arena;
	fflush(stdout);
	if (!w->keep_output)
		dup2(w->said_fd, 1);
	dup2(w->said_fd, 2);
	catch_faults();
	limit_memory();
	if (!w->may_fork)
		pthread_atfork(on_fork, NULL, NULL);
}

/* ----------------------------------------------------------- the parent -- */

bool pf_ward_open(struct pf_ward *w)
{
	w->pid = 0;
	w->said_fd = -1;
	w->shared = mmap(NULL, sizeof(*w->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w->shared == MAP_FAILED) {
		pf_complain("%s", strerror(errno));
		return false;
	}
	if (!w->seconds)
		w->seconds = PF_WARD_SECONDS;
	return true;
}

bool pf_ward_start(struct pf_ward *w, void (*body)(void *arg), void *arg)
{
	pid_t parent = getpid();
	int fds[2];

	memset(w->shared, 0, sizeof(*w->shared));
	w->nr_said = 0;
	w->hung = false;
	w->last_calls = UINT64_MAX;
	if (pipe2(fds, O_CLOEXEC)) {
		pf_complain("%s", strerror(errno));
		return false;
	}
	fflush(stdout);
	fflush(stderr);
	w->pid = fork();
	if (w->pid < 0) {
		pf_complain("fork: %s", strerror(errno));
		close(fds[0]);
		close(fds[1]);
		w->pid = 0;
		return false;
	}
	if (!w->pid) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(127);
		signal(SIGINT, SIG_IGN);
		close(fds[0]);
		w->said_fd = fds[1];
		body(arg);
		fflush(stdout);
		w->shared->done = 1;
		_exit(0);
	}
	setpgid(w->pid, w->pid);
	close(fds[1]);
	w->said_fd = fds[0];
	fcntl(w->said_fd, F_SETFL, O_NONBLOCK);
	return true;
}

static void drain(struct pf_ward *w)
{
	char buf[4096];
	ssize_t n;
	/* Somebody may be faster at writing than we are at reading. */
	int turns = 64;

	while (turns-- && (n = read(w->said_fd, buf, sizeof(buf))) > 0) {
		size_t keep = (size_t)n;

		if (w->nr_said + keep > sizeof(w->said)) {
			size_t drop = w->nr_said + keep - sizeof(w->said);

			memmove(w->said, w->said + drop, w->nr_said - drop);
			w->nr_said -= drop;
		}
		memcpy(w->said + w->nr_said, buf, keep);
		w->nr_said += keep;
	}
}

/*
 * Does it get on? Time is that of its own CPU since the last call of an
 * implementation began, so that a busy machine condemns nobody.
 */
static bool hangs(struct pf_ward *w)
{
	double cpu, wall = seconds_of(CLOCK_MONOTONIC), patience = w->seconds;
	clockid_t clock;

	cpu = clock_getcpuclockid(w->pid, &clock) ? 0 : seconds_of(clock);
	if (w->shared->at.calls != w->last_calls) {
		w->last_calls = w->shared->at.calls;
		w->last_cpu = cpu;
		w->last_wall = wall;
		return false;
	}
	if (!w->shared->at.lane)
		patience *= PATIENCE;
	return cpu - w->last_cpu > patience || wall - w->last_wall > w->seconds * PATIENCE;
}

enum pf_ward_news pf_ward_wait(struct pf_ward *w, int fd, int fd2)
{
	struct pollfd fds[3] = {{.fd = w->said_fd, .events = POLLIN},
				{.fd = fd, .events = POLLIN},
				{.fd = fd2, .events = POLLIN}};
	siginfo_t info = {0};

	if (poll(fds, 3, 100) > 0 && fds[0].revents)
		drain(w);
	/* What it wrote before it ended comes first. */
	if ((fds[1].revents | fds[2].revents) & POLLIN)
		return PF_WARD_READABLE;
	if (!waitid(P_PID, (id_t)w->pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid)
		return PF_WARD_ENDED;
	if ((fds[1].revents & POLLHUP) && fd >= 0) {
		/* It closed our end of the line, or is about to be gone. */
		for (int i = 0; i < 100; i++) {
			if (!waitid(P_PID, (id_t)w->pid, &info, WEXITED | WNOHANG | WNOWAIT) &&
			    info.si_pid)
				return PF_WARD_ENDED;
			usleep(10000);
		}
		kill(w->pid, SIGKILL);
		return PF_WARD_ENDED;
	}
	/* The pipe's other end is closed: do not spin. */
	if (fds[0].revents & POLLHUP)
		usleep(1000);
	if (hangs(w)) {
		w->hung = true;
		kill(w->pid, SIGKILL);
	}
	return PF_WARD_NOTHING;
}

int pf_ward_reap(struct pf_ward *w)
{
	int status = 0;

	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	/* And what it left behind. */
	kill(-w->pid, SIGKILL);
	drain(w);
	close(w->said_fd);
	w->said_fd = -1;
	w->pid = 0;
	return status;
}

void pf_ward_close(struct pf_ward *w)
{
	if (w->pid > 0) {
		kill(-w->pid, SIGKILL);
		kill(w->pid, SIGKILL);
		pf_ward_reap(w);
	}
	munmap(w->shared, sizeof(*w->shared));
}

/* The line of what it printed that says most: a sanitizer's, an assertion's, the last one. */
static void last_words(const struct pf_ward *w, char *line, size_t size)
{
	static const char *const telling[] = {"ERROR: AddressSanitizer",
					      "runtime error:", "ssertion"};
	const char *best = NULL, *end = w->said + w->nr_said, *last = NULL;
	size_t rank = sizeof(telling) / sizeof(telling[0]), n;

	for (const char *p = w->said; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((newline ? newline : end) - p);

		for (size_t i = 0; i < rank; i++)
			if (memmem(p, len, telling[i], strlen(telling[i]))) {
				rank = i;
				best = p;
			}
		if (len)
			last = p;
		p += len + 1;
	}
	best = best ? best : last;
	for (n = 0; best && best + n < end && best[n] != '\n' && n + 1 < size && n < 200; n++)
		line[n] = best[n] >= ' ' && best[n] <= '~' ? best[n] : '?';
	line[n] = '\0';
}

bool pf_ward_explain(const struct pf_ward *w, int status, enum pf_law *law, char *text, size_t size)
{
	char words[256];

	*law = PF_LAW_CRASH;
	if (w->hung) {
		*law = PF_LAW_HANG;
		snprintf(text, size, "did not come back within %u s of its own CPU time",
			 w->seconds);
	} else if (WIFEXITED(status) && !WEXITSTATUS(status) && w->shared->done) {
		return false;
	} else if (w->shared->signal < 0) {
		snprintf(text, size, "forked");
	} else if (WIFEXITED(status)) {
		snprintf(text, size, "ended the process with status %d", WEXITSTATUS(status));
	} else if (w->shared->fault == PF_FAULT_FRAMEWORK) {
		snprintf(text, size, "wrote to memory of the framework, at %#llx",
			 (unsigned long long)w->shared->address);
	} else if (w->shared->fault == PF_FAULT_STACK) {
		snprintf(text, size, "overflowed the stack");
	} else {
		snprintf(text, size, "killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	}
	last_words(w, words, sizeof(words));
	if (*words) {
		size_t used = strlen(text);

		snprintf(text + used, size - used, "; it says: %s", words);
	}
	return true;
}

void pf_ward_print_said(const struct pf_ward *w, FILE *out)
{
	const char *end = w->said + w->nr_said, *p = end;
	unsigned lines = 0;

	while (p > w->said && lines < 11)
		if (*--p == '\n')
			lines++;
	if (p > w->said)
		p++;
	if (p < end)
		fprintf(out, "it says\n");
	while (p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((newline ? newline : end) - p);

		fputs("          ", out);
		for (size_t i = 0; i < len; i++)
			fputc(p[i] == '\t' || (p[i] >= ' ' && p[i] <= '~') ? p[i] : '?', out);
		fputc('\n', out);
		p += len + 1;
	}
}

/* ----------------------------------------------------------- all in one -- */

struct call {
	struct pf_ward ward;
	int (*work)(void *arg, struct pf_at *at);
	void *arg;
	struct answer {
		volatile int status;
	} * answer;
};

static void call_body(void *arg)
{
	struct call *c = arg;

	c->answer->status = c->work(c->arg, &c->ward.shared->at);
}

int pf_ward_call(int (*work)(void *arg, struct pf_at *at), void *arg, unsigned seconds)
{
	struct call c = {
		.ward = {.seconds = seconds, .keep_output = true}, .work = work, .arg = arg};
	int status = PF_EXIT_USAGE, ended;
	enum pf_law law;
	char text[400];

	c.answer = mmap(NULL, sizeof(*c.answer), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (c.answer == MAP_FAILED)
		return pf_complain("%s", strerror(errno));
	if (!pf_ward_open(&c.ward))
		return PF_EXIT_USAGE;
	if (pf_ward_start(&c.ward, call_body, &c)) {
		while (pf_ward_wait(&c.ward, -1, -1) != PF_WARD_ENDED)
			;
		ended = pf_ward_reap(&c.ward);
		status = c.answer->status;
		if (pf_ward_explain(&c.ward, ended, &law, text, sizeof(text))) {
			pf_complain("%s: an implementation %s", pf_law_name[law], text);
			status = PF_EXIT_FINDING;
		}
	}
	pf_ward_close(&c.ward);
	munmap(c.answer, sizeof(*c.answer));
	return status;
}
