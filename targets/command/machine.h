/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * machine.h - members of a lineup that bring their own machine to start from:
 * the real kernel in QEMU, and a transcript of it.
 *
 *     kernel[-6.12][:dimm|boot|split[=MB]]    recorded:FILE
 *
 * kernel is the one in the laboratory (build/lab), kernel-6.12 that in build/lab-6.12.
 * The laboratory is looked for from the working directory, then beside the command;
 * PAGEFUZZ_LAB=/some/where/lab says where it is.
 *
 * As members they are called kernel, kernel-6_12, recorded; the second one of a name
 * recorded2, and so on.
 */
#ifndef PAGEFUZZ_MACHINE_H
#define PAGEFUZZ_MACHINE_H

#include "../../impls/kernel/kernel.h"
#include "../../impls/recorded/recorded.h"
#include "../../oracle/oracle.h"
#include "../engines/lineup.h"

struct pf_machine {
	struct pf_start_point start;
	const struct pf_impl *impl;
	/* One of these, or neither: a built-in implementation as pf_machine_of() starts it. */
	struct pf_kernel *kernel;
	struct pf_recorded *player;
	struct pf_transcript transcript; /* of player */
	char version[96];
};

/* Is this the name of a machine? Up to a comma or its end. */
bool pf_machine_named(const char *spec);
/*
 * By its name as above, all of it; as a member it is called `name` (NULL: as usual).
 * False: complained.
 */
bool pf_machine_open(struct pf_machine *m, const char *spec, const char *name);
/*
 * A transcript by its path. Nothing in the file is believed: layout and dump are
 * ones that a run can start from. False: error (of size bytes) says in one line
 * what is wrong with the file.
 */
bool pf_machine_play(struct pf_machine *m, const char *path, const char *name, char *error,
		     size_t size);
/* What a built-in implementation starts a program from. False: complained. */
bool pf_machine_of(struct pf_machine *m, const struct pf_impl *impl, const struct pf_op *ops,
		   size_t n);
void pf_machine_close(struct pf_machine *m);

/*
 * Comma-separated names as for pf_lineup_parse(), machines among them, which become
 * the lineup's. The first one gives the start, in options; one that starts from
 * other memory takes no part, which is said. What a transcript wants of a run
 * (dump_every, dumps) is put into options as well; several must want the same.
 * False: complained, and there is nothing to free.
 */
bool pf_machine_lineup(struct pf_lineup *lineup, const char *names, struct pf_options *options);

#endif /* PAGEFUZZ_MACHINE_H */
