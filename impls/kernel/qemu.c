// SPDX-License-Identifier: GPL-2.0-only
/* qemu.c - starts QEMU, hands it batches, and makes sure that it ends. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONSOLE_LINES 8
#define CONSOLE_BYTES 8192

#define NODE0_MB     256u
#define SPIN_SECONDS 0.002

/* Silence and repeatability: see README.md. */
#define COMMAND_LINE                                                           \
	"console=ttyS0 panic=-1 quiet nokaslr init_on_alloc=0 init_on_free=0 " \
	"numa_balancing=disable transparent_hugepage=never "                   \
	"memhp_default_state=online_kernel nohz=off swiotlb=noforce "

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void nap(void)
{
	const struct timespec t = {.tv_nsec = 200000};

	nanosleep(&t, NULL);
}

/* A nap costs more than most answers take: first spin for a while. */
static void wait_a_little(double waited)
{
	if (waited > SPIN_SECONDS) {
		nap();
		return;
	}
	for (int i = 0; i < 200; i++)
		__asm__ volatile("" ::: "memory");
}

static struct lab_control *control(const struct lab *lab)
{
	return (struct lab_control *)lab->shared;
}

/* --------------------------------------------------------------- errors -- */

/* The last lines of a text. */
static const char *last_lines(const char *text)
{
	const char *from = text + strlen(text);

	for (int lines = 0; from > text; from--)
		if (from[-1] == '\n' && ++lines > CONSOLE_LINES)
			break;
	return from;
}

/* The line that says why the kernel died, before it described all of its state. */
static int cause(const char *text, const char **line)
{
	static const char *const words[] = {"Kernel panic", "BUG: ", "lab: "};

	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++) {
		*line = strstr(text, words[i]);
		if (*line)
			return (int)strcspn(*line, "\n");
	}
	return 0;
}

/* Adds the end of the console to the error. */
static void add_console(struct lab *lab)
{
	char tail[CONSOLE_BYTES + 1];
	size_t used = strlen(lab->error), n;
	FILE *f = fopen(lab->console, "r");
	const char *line, *from;
	int length;
	long size;

	if (!f)
		return;
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	fseek(f, size > CONSOLE_BYTES ? size - CONSOLE_BYTES : 0, SEEK_SET);
	n = fread(tail, 1, CONSOLE_BYTES, f);
	fclose(f);
	tail[n] = '\0';
	from = last_lines(tail);
	length = cause(tail, &line);
	if (length && line < from)
		snprintf(lab->error + used, sizeof(lab->error) - used,
			 "\nthe end of its console:\n%.*s\n...\n%s", length, line, from);
	else if (*from)
		snprintf(lab->error + used, sizeof(lab->error) - used,
			 "\nthe end of its console:\n%s", from);
}

__attribute__((format(printf, 2, 3))) static bool fail(struct lab *lab, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(lab->error, sizeof(lab->error), format, args);
	va_end(args);
	lab_kill(lab);
	return false;
}

bool lab_fail(struct lab *lab, const char *what)
{
	fail(lab, "%s", what);
	add_console(lab);
	return false;
}

/* Waits for QEMU's end without blocking; true when it is gone. */
static bool has_ended(struct lab *lab)
{
	if (lab->pid && waitpid(lab->pid, NULL, WNOHANG) == lab->pid)
		lab->pid = 0;
	return !lab->pid;
}

void lab_kill(struct lab *lab)
{
	if (lab->pid) {
		/* The group, if the child came so far as to make one, else just the child. */
		if (kill(-lab->pid, SIGKILL))
			kill(lab->pid, SIGKILL);
		while (waitpid(lab->pid, NULL, 0) < 0 && errno == EINTR)
			;
		lab->pid = 0;
	}
	if (lab->shared)
		munmap(lab->shared, LAB_SHM_BYTES);
	lab->shared = NULL;
}

/* ---------------------------------------------------------------- start -- */

/* In the child. Returns only if QEMU cannot be started. */
static void exec_qemu(const struct lab_config *config, int shm, pid_t parent)
{
	const char *qemu = config->qemu ? config->qemu : "qemu-system-x86_64";
	bool split = config->place == LAB_PLACE_SPLIT, dimm = config->place == LAB_PLACE_DIMM;
	unsigned node_mb = config->node_mb ? config->node_mb : split ? 256 : 128;
	char append[1024], shm_object[128], node_object[128], machine[64] = "pc", memory[64];
	/* clang-format off */
	const char *argv[] = {
		qemu, "-accel", "tcg", "-M", machine, "-cpu", "qemu64", "-smp", "1",
		/* Without these QEMU would open files and devices of its own. */
		"-nodefaults", "-no-user-config", "-nic", "none", "-display", "none",
		"-serial", "stdio", "-monitor", "none", "-no-reboot",
		/* Node 0 for the system, node 1 for the lab. */
		"-m", memory, "-object", "memory-backend-ram,id=m0,size=256M",
		"-numa", "node,nodeid=0,cpus=0,memdev=m0", "-object", node_object,
		"-object", shm_object, "-device", "ivshmem-plain,memdev=shm",
		"-kernel", config->kernel, "-initrd", config->initrd, "-append", append,
		"-numa", dimm ? "node,nodeid=1" : "node,nodeid=1,memdev=m1",
		dimm ? "-device" : NULL, "pc-dimm,id=dimm1,memdev=m1,node=1", NULL,
	};
	/* clang-format on */
	int log = open(config->console, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	snprintf(append, sizeof(append), "%s%s", COMMAND_LINE,
		 config->append ? config->append : "");
	if (dimm)
		snprintf(memory, sizeof(memory), "%uM,slots=2,maxmem=4G", NODE0_MB);
	else
		snprintf(memory, sizeof(memory), "%uM", NODE0_MB + node_mb);
	if (split)
		snprintf(machine, sizeof(machine), "pc,max-ram-below-4g=%uM",
			 NODE0_MB + node_mb / 2);
	snprintf(node_object, sizeof(node_object), "memory-backend-ram,id=m1,size=%uM", node_mb);
	snprintf(shm_object, sizeof(shm_object),
		 "memory-backend-file,id=shm,size=%u,share=on,mem-path=/proc/self/fd/%d",
		 LAB_SHM_BYTES, shm);
	if (log < 0 || nothing < 0 || dup2(nothing, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
		return;
	fcntl(shm, F_SETFD, 0);
	setpgid(0, 0);
	/* The parent may have ended before the request to die with it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		return;
	execvp(qemu, (char *const *)argv);
	dprintf(2, "cannot start %s: %s\n", qemu, strerror(errno));
}

static bool make_shared(struct lab *lab, int *shm)
{
	*shm = memfd_create("pagefuzz-lab", MFD_CLOEXEC);
	if (*shm < 0 || ftruncate(*shm, LAB_SHM_BYTES))
		return false;
	lab->shared = mmap(NULL, LAB_SHM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, *shm, 0);
	if (lab->shared == MAP_FAILED)
		lab->shared = NULL;
	return lab->shared;
}

static bool readable(struct lab *lab, const char *what, const char *path)
{
	if (!access(path, R_OK))
		return true;
	return fail(lab, "the %s cannot be read: %s: %s", what, path, strerror(errno));
}

bool lab_start(struct lab *lab, const struct lab_config *config)
{
	unsigned seconds = config->boot_seconds ? config->boot_seconds : 120;
	pid_t parent = getpid();
	double start = now();
	uint32_t state;
	int shm;

	memset(lab, 0, sizeof(*lab));
	snprintf(lab->console, sizeof(lab->console), "%s", config->console);
	if (!readable(lab, "kernel", config->kernel) || !readable(lab, "initrd", config->initrd))
		return false;
	if (!make_shared(lab, &shm)) {
		fail(lab, "no shared memory: %s", strerror(errno));
		if (shm >= 0)
			close(shm);
		return false;
	}
	control(lab)->magic = LAB_MAGIC;
	control(lab)->version = LAB_PROTO_VERSION;
	lab->pid = fork();
	if (!lab->pid) {
		exec_qemu(config, shm, parent);
		_exit(127);
	}
	close(shm);
	if (lab->pid < 0) {
		lab->pid = 0;
		return fail(lab, "fork: %s", strerror(errno));
	}
	while ((state = __atomic_load_n(&control(lab)->state, __ATOMIC_ACQUIRE)) != LAB_READY) {
		if (state == LAB_BROKEN)
			return lab_fail(lab, "the guest's agent found no lab");
		if (has_ended(lab))
			return lab_fail(lab, "QEMU ended while the kernel booted");
		if (now() - start > seconds)
			return lab_fail(lab, "the kernel did not boot in time");
		nap();
	}
	if (control(lab)->guest_magic != LAB_MAGIC ||
	    control(lab)->guest_version != LAB_PROTO_VERSION)
		return fail(lab, "the guest speaks version %u of the protocol, this is %u",
			    control(lab)->guest_version, LAB_PROTO_VERSION);
	lab->boot_seconds = now() - start;
	return true;
}

/* -------------------------------------------------------------- batches -- */

bool lab_run(struct lab *lab, const struct lab_request *requests, uint32_t nr, unsigned seconds,
	     struct lab_replies *replies)
{
	struct lab_control *c = control(lab);
	double start = now();

	*replies = (struct lab_replies){0};
	if (!lab->pid || !c)
		return fail(lab, "the lab is not running");
	if (nr > LAB_MAX_REQUESTS)
		return fail(lab, "%u requests in a batch, at most %u fit", nr, LAB_MAX_REQUESTS);
	memcpy(lab->shared + LAB_REQUESTS_OFFSET, requests, nr * sizeof(*requests));
	c->nr_requests = nr;
	__atomic_store_n(&c->host_seq, ++lab->seq, __ATOMIC_RELEASE);
	for (;;) {
		double waited = now() - start;
		/* In this order: what it answered before its end is an answer. */
		bool ended = waited > SPIN_SECONDS && has_ended(lab);

		if (__atomic_load_n(&c->guest_seq, __ATOMIC_ACQUIRE) == lab->seq)
			break;
		if (ended)
			return lab_fail(lab, "the guest died in a batch");
		if (waited > seconds)
			return lab_fail(lab, "no answer to a batch in time");
		wait_a_little(waited);
	}
	if (c->status == LAB_OVERFLOW)
		return fail(lab, "the replies to a batch did not fit, after %u of %u requests",
			    c->nr_done, nr);
	if (c->status != LAB_OK || c->reply_words > LAB_MAX_REPLY_WORDS || c->nr_done > nr)
		return lab_fail(lab, "the guest could not run a batch");
	*replies = (struct lab_replies){
		.words = (const uint32_t *)(lab->shared + LAB_REPLIES_OFFSET),
		.nr_words = c->reply_words,
		.nr_done = c->nr_done,
		.nanoseconds = c->nanoseconds,
	};
	return true;
}

bool lab_stop(struct lab *lab, unsigned seconds)
{
	const struct lab_request request = {.op = LAB_SHUTDOWN};
	struct lab_replies replies;
	double start = now();

	if (!lab_run(lab, &request, 1, seconds, &replies))
		return false;
	while (!has_ended(lab)) {
		if (now() - start > seconds)
			return lab_fail(lab, "the guest did not shut down in time");
		nap();
	}
	lab_kill(lab);
	return true;
}
