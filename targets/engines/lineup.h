/* SPDX-License-Identifier: GPL-2.0-only */
/* lineup.h - from names ("buddy,linux") to the implementations of a run. */
#ifndef PAGEFUZZ_LINEUP_H
#define PAGEFUZZ_LINEUP_H

#include "../../impls/impl.h"
#include "../../oracle/oracle.h"

struct pf_lineup {
	const struct pf_impl *impl[PF_MAX_LANES];
	unsigned nr;
};

/* All built-in implementations. */
void pf_lineup_all(struct pf_lineup *lineup);

/*
 * Comma-separated names. False: unknown or repeated name, or too many; then
 * error (of size bytes) says which in one line.
 */
bool pf_lineup_parse(struct pf_lineup *lineup, const char *names, char *error, size_t size);

#endif /* PAGEFUZZ_LINEUP_H */
