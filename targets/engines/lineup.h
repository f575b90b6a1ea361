/* SPDX-License-Identifier: GPL-2.0-only */
/* lineup.h - from names ("buddy,linux-nopcp") to the implementations of a run. */
#ifndef PAGEFUZZ_LINEUP_H
#define PAGEFUZZ_LINEUP_H

#include "../../impls/impl.h"
#include "../../oracle/oracle.h"

struct pf_lineup {
	const struct pf_impl *impl[PF_MAX_LANES];
	void *owned[PF_MAX_LANES]; /* what an impl[] points into, or NULL */
	unsigned nr;
};

/* All built-in implementations, as many as run together. */
void pf_lineup_all(struct pf_lineup *lineup);

/*
 * Comma-separated names: built-in ones and variants of the port, see
 * impls/linux/linux.h. False: unknown or repeated name, or too many; then error
 * (of size bytes) says which in one line, and there is nothing to free.
 */
bool pf_lineup_parse(struct pf_lineup *lineup, const char *names, char *error, size_t size);
void pf_lineup_free(struct pf_lineup *lineup);

#endif /* PAGEFUZZ_LINEUP_H */
