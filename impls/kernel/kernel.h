/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel.h - the real kernel in QEMU as an implementation: boot it, then put its
 * pf_impl into a lineup that starts from the dump that it gave.
 *
 * Any number of kernels may be open at a time; the calls of each come from the
 * thread that opened it. It may serve any number of runs one after the other: each
 * needs a fresh boot, which init() sees to.
 */
#ifndef PAGEFUZZ_KERNEL_H
#define PAGEFUZZ_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "../dump.h"
#include "../impl.h"

enum pf_kernel_place {
	PF_KERNEL_DIMM,	 /* hot-added: one aligned, pristine NORMAL zone */
	PF_KERNEL_BOOT,	 /* a second node from the start: pages in use, no aligned end */
	PF_KERNEL_SPLIT, /* likewise, half DMA32 and half NORMAL */
};

struct pf_kernel_config {
	const char *name;		       /* of the implementation; NULL: kernel */
	const char *kernel, *initrd, *console; /* NULL: build/lab's */
	enum pf_kernel_place place;
	unsigned node_mb;      /* of the lab's node; 0: 128, and 256 for a split one */
	unsigned call_seconds; /* that a call may take; 0: 30 */
};

struct pf_kernel;

/*
 * Boots, and fills the layout and the dump of the machine at rest; its words are
 * malloc'ed, the caller frees them. NULL: what is wrong in one line, then the end
 * of the console.
 */
struct pf_kernel *pf_kernel_open(const struct pf_kernel_config *config, struct pf_layout *layout,
				 struct pf_dump *start, char *error, size_t size);
/* What it has taken so far. */
struct pf_kernel_effort {
	unsigned boots, runs;
};
struct pf_kernel_effort pf_kernel_effort(const struct pf_kernel *k);
/* Release of the kernel, as uname says it. */
const char *pf_kernel_version(const struct pf_kernel *k);
/*
 * Supports the layout that pf_kernel_open() gave, and no other. Its group is
 * linux- and the version; without alloc_exact if the kernel has no such function.
 * The kernel's, as long as it is open.
 */
const struct pf_impl *pf_kernel_impl(const struct pf_kernel *k);
/* Kills the machine; NULL is fine. */
void pf_kernel_close(struct pf_kernel *k);

/* For tests: the next call finds a guest that panicked or hangs. */
enum pf_kernel_fault { PF_KERNEL_PANIC, PF_KERNEL_HANG };
void pf_kernel_break(struct pf_kernel *k, enum pf_kernel_fault fault);

#endif /* PAGEFUZZ_KERNEL_H */
