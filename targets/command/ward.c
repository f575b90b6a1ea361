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
#include "progress.h"

/* A sleeping child gets this many times the seconds; so does a framework at work. */
#define PATIENCE 12

static double cpu_seconds(pid_t pid)
{
	struct timespec ts;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &ts))
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

/* Bytes of address space in use: an arena alone may be more than the limit. */
static unsigned long long address_space(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	unsigned long long pages = 0;

	if (f && fscanf(f, "%llu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return pages * (unsigned long long)sysconf(_SC_PAGESIZE);
}

static void limit_memory(void)
{
	struct rlimit all, none = {0, 0};

	all.rlim_cur = all.rlim_max = address_space() + PF_WARD_MEMORY;
	if (!__asan_poison_memory_region)
		setrlimit(RLIMIT_AS, &all);
	setrlimit(RLIMIT_CORE, &none);
}

void pf_ward_isolate(struct pf_ward *w, const struct pf_arena *arena)
{
	here.shared = w->shared;
	here.arena = arena;
	fflush(stdout);
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
	w->shared = pf_ward_memory(sizeof(*w->shared));
	if (!w->seconds)
		w->seconds = PF_WARD_SECONDS;
	return w->shared != NULL;
}

bool pf_ward_start(struct pf_ward *w, void (*body)(void *arg), void *arg)
{
	pid_t parent = getpid();
	int fds[2];

	memset(w->shared, 0, sizeof(*w->shared));
	w->nr_said = 0;
	w->hung = false;
	pf_ward_expect(w);
	if (pipe2(fds, O_CLOEXEC)) {
		pf_complain("%s", strerror(errno));
		return false;
	}
	pf_flush_output();
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
		signal(SIGTERM, SIG_DFL);
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
	double cpu = cpu_seconds(w->pid), wall = pf_now(), patience = w->seconds;
	const struct pf_at *at = &w->shared->at;
	uint64_t place = at->runs << 40 ^ at->step << 5 ^ at->lane;

	if (place != w->last_place) {
		w->last_place = place;
		w->last_cpu = cpu;
		w->last_wall = wall;
		return false;
	}
	if (!at->lane)
		patience *= PATIENCE;
	return cpu - w->last_cpu > patience || wall - w->last_wall > w->seconds * PATIENCE;
}

void pf_ward_expect(struct pf_ward *w)
{
	w->last_place = UINT64_MAX;
}

enum pf_ward_news pf_ward_wait(struct pf_ward *w, int fd, int fd2)
{
	struct pollfd fds[3] = {{.fd = w->said_fd, .events = POLLIN},
				{.fd = fd, .events = POLLIN},
				{.fd = fd2, .events = POLLIN}};
	siginfo_t info = {0};

	pf_progress_again();
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

	/* What it left behind first, as long as its number is nobody else's. */
	kill(-w->pid, SIGKILL);
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
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
	pf_ward_memory_free(w->shared, sizeof(*w->shared));
	w->shared = NULL;
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

void pf_ward_verdict(const struct pf_ward *w, const char *const *name, const char *const *code,
		     unsigned nr, enum pf_law law, const char *text, struct pf_verdict *v)
{
	/* A copy: who knows who wrote there. */
	struct pf_at at = w->shared->at;
	struct pf_blame b = {.at = &at};

	for (unsigned i = 0; i < nr; i++) {
		b.name[i] = name[i];
		b.code[i] = code ? code[i] : name[i];
	}
	b.name[PF_MAX_LANES] = "pagefuzz";
	if (at.op_kind > PF_OP_START)
		at.op_kind = PF_OP_END;
	pf_verdict_write(v, &b, at.lane && at.lane <= nr ? at.lane - 1 : PF_MAX_LANES, -1, law,
			 PF_ABOUT_LAW, "%s", text);
}

void *pf_ward_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p != MAP_FAILED)
		return p;
	pf_complain("%s", strerror(errno));
	return NULL;
}

void pf_ward_memory_free(void *memory, size_t size)
{
	if (memory)
		munmap(memory, size);
}

struct call {
	struct pf_ward ward;
	void (*work)(void *arg, struct pf_at *at);
	void *arg;
};

static void call_body(void *arg)
{
	struct call *c = arg;

	pf_ward_isolate(&c->ward, NULL);
	c->work(c->arg, &c->ward.shared->at);
}

int pf_ward_call(void (*work)(void *arg, struct pf_at *at), void *arg, unsigned seconds,
		 const char *const *name, unsigned nr, struct pf_verdict *v)
{
	struct call c = {.ward = {.seconds = seconds}, .work = work, .arg = arg};
	int status = PF_EXIT_USAGE, ended;
	enum pf_law law;
	char text[400];

	if (!pf_ward_open(&c.ward))
		return PF_EXIT_USAGE;
	if (pf_ward_start(&c.ward, call_body, &c)) {
		while (!pf_interrupted && pf_ward_wait(&c.ward, -1, -1) != PF_WARD_ENDED)
			;
		kill(c.ward.pid, SIGKILL);
		ended = pf_ward_reap(&c.ward);
		status = PF_EXIT_CLEAN;
		if (pf_interrupted) {
			status = PF_EXIT_USAGE;
		} else if (pf_ward_explain(&c.ward, ended, &law, text, sizeof(text))) {
			pf_ward_verdict(&c.ward, name, NULL, nr, law, text, v);
			status = PF_EXIT_FINDING;
		}
	}
	pf_ward_close(&c.ward);
	return status;
}
