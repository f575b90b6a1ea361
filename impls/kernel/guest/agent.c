// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent.c - the guest's one program: takes batches out of the shared memory,
 * which is BAR 2 of an ivshmem device, and has the module run them.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "lab.h"

#define PCI_DEVICES "/sys/bus/pci/devices"

static bool has_id(const char *device, const char *file, const char *id)
{
	char path[512], text[32] = "";
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/%s", device, file);
	fd = open(path, O_RDONLY);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	return n > 0 && !strncmp(text, id, strlen(id));
}

/* The shared memory, or NULL with a line on the console. */
static void *map_shared(void)
{
	char path[512] = "";
	struct dirent *e;
	void *map;
	DIR *dir = opendir(PCI_DEVICES);
	int fd;

	while (dir && (e = readdir(dir))) {
		if (!has_id(e->d_name, "vendor", "0x1af4") ||
		    !has_id(e->d_name, "device", "0x1110"))
			continue;
		snprintf(path, sizeof(path), PCI_DEVICES "/%s/enable", e->d_name);
		fd = open(path, O_WRONLY);
		if (fd < 0 || write(fd, "1", 1) != 1)
			perror(path);
		close(fd);
		snprintf(path, sizeof(path), PCI_DEVICES "/%s/resource2", e->d_name);
		break;
	}
	if (dir)
		closedir(dir);
	if (!*path) {
		puts("lab agent: no ivshmem device");
		return NULL;
	}
	fd = open(path, O_RDWR);
	map = fd < 0 ? MAP_FAILED
		     : mmap(NULL, LAB_SHM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		perror(path);
		return NULL;
	}
	return map;
}

/* Hot for some milliseconds, for a host that sends one request at a time; then polite. */
static uint32_t wait_for_batch(const uint32_t *seq, uint32_t last)
{
	const struct timespec nap = {.tv_nsec = 200000};

	for (unsigned spins = 0;; spins++) {
		uint32_t now = __atomic_load_n(seq, __ATOMIC_ACQUIRE);

		if (now != last)
			return now;
		if (spins > 200000)
			nanosleep(&nap, NULL);
	}
}

static void serve(int lab, char *shared)
{
	struct lab_control *control = (struct lab_control *)shared;
	uint32_t seq = 0;
	struct lab_run run;

	do {
		seq = wait_for_batch(&control->host_seq, seq);
		run = (struct lab_run){
			.requests = (uintptr_t)(shared + LAB_REQUESTS_OFFSET),
			.replies = (uintptr_t)(shared + LAB_REPLIES_OFFSET),
			.nr_requests = control->nr_requests,
		};
		if (ioctl(lab, LAB_RUN, &run)) {
			perror("lab agent: LAB_RUN");
			run.status = LAB_FAILED;
		}
		control->status = run.status;
		control->nr_done = run.nr_done;
		control->reply_words = run.reply_words;
		control->nanoseconds = run.nanoseconds;
		if (run.shutdown)
			control->state = LAB_STOPPED;
		__atomic_store_n(&control->guest_seq, seq, __ATOMIC_RELEASE);
	} while (!run.shutdown);
}

int main(void)
{
	struct lab_control *control = map_shared();
	int lab;

	if (!control)
		return 1;
	control->guest_magic = LAB_MAGIC;
	control->guest_version = LAB_PROTO_VERSION;
	lab = open("/dev/lab", O_RDWR);
	if (lab < 0 || control->magic != LAB_MAGIC || control->version != LAB_PROTO_VERSION) {
		puts(lab < 0 ? "lab agent: no /dev/lab" : "lab agent: the host speaks otherwise");
		__atomic_store_n(&control->state, LAB_BROKEN, __ATOMIC_RELEASE);
		return 1;
	}
	/* Others rarely run while it works. */
	if (setpriority(PRIO_PROCESS, 0, -20))
		perror("lab agent: setpriority");
	/* No page fault of ours may allocate while the lab works. */
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		perror("lab agent: mlockall");
	__atomic_store_n(&control->state, LAB_READY, __ATOMIC_RELEASE);
	serve(lab, (char *)control);
	return 0;
}
