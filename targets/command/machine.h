/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * machine.h - members of a lineup that bring their own machine to start from:
 * the real kernel in QEMU, and a transcript of it.
 *
 *     kernel[-6.12][:dimm|boot|split[=MB]]    recorded:FILE
 *
 * kernel is the one in build/lab, kernel-6.12 that in build/lab-6.12.
 */
#ifndef PAGEFUZZ_MACHINE_H
#define PAGEFUZZ_MACHINE_H

#include "../../impls/recorded/recorded.h"
#include "../../oracle/oracle.h"

struct pf_machine {
	struct pf_start_point start;
	const struct pf_impl *impl;
	struct pf_transcript transcript; /* of recorded */
	bool kernel;
	char version[96];
};

/* Does this name (up to a comma or its end) need a machine? */
bool pf_machine_named(const char *name);
/* False: complained. */
bool pf_machine_open(struct pf_machine *m, const char *name);
/* What a built-in implementation starts a program from. False: complained. */
bool pf_machine_of(struct pf_machine *m, const struct pf_impl *impl, const struct pf_op *ops,
		   size_t n);
void pf_machine_close(struct pf_machine *m);

#endif /* PAGEFUZZ_MACHINE_H */
