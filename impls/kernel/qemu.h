/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * qemu.h - a kernel under QEMU, from the host: start, send a batch, stop.
 *
 * Every wait is bounded. QEMU dies with the thread that started it, however
 * that one ends, and the shared memory has no name that could stay behind.
 */
#ifndef LAB_QEMU_H
#define LAB_QEMU_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto.h"

/* Where the lab's node gets its memory from; see README.md. */
enum lab_place {
	LAB_PLACE_DIMM,	 /* plugged in: aligned and pristine, ZONE_NORMAL */
	LAB_PLACE_BOOT,	 /* there from the start: some in use, no aligned end, ZONE_DMA32 */
	LAB_PLACE_SPLIT, /* likewise, half of it below 4G: ZONE_DMA32 and ZONE_NORMAL */
};

struct lab_config {
	const char *qemu;    /* NULL: qemu-system-x86_64 of the PATH */
	const char *kernel;  /* bzImage */
	const char *initrd;  /* with lab.ko and agent, see scripts/lab */
	const char *console; /* file to write the guest's console to */
	const char *append;  /* NULL, or more of the kernel's command line */
	enum lab_place place;
	unsigned node_mb;      /* size of the lab's node, a multiple of 128; 0: 128, split: 256 */
	unsigned boot_seconds; /* 0: 120 */
};

struct lab {
	pid_t pid; /* 0: none */
	char *shared;
	uint32_t seq;
	double boot_seconds; /* from the start to the first answer */
	char console[4096];
	char error[2048]; /* what went wrong, with the console's last lines */
};

/* Replies of one batch; valid until the next one. */
struct lab_replies {
	const uint32_t *words;
	uint32_t nr_words;
	uint32_t nr_done;     /* requests */
	uint64_t nanoseconds; /* that the guest took */
};

/* All return false after a failure, which is in lab->error; QEMU is gone then. */
bool lab_start(struct lab *lab, const struct lab_config *config);
bool lab_run(struct lab *lab, const struct lab_request *requests, uint32_t nr, unsigned seconds,
	     struct lab_replies *replies);
/* Asks the guest to shut down; kills QEMU after `seconds`. */
bool lab_stop(struct lab *lab, unsigned seconds);
void lab_kill(struct lab *lab);
/* For who finds the guest at fault: kills it, notes why and the end of its console. */
bool lab_fail(struct lab *lab, const char *what);

#endif /* LAB_QEMU_H */
