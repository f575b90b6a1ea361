/* SPDX-License-Identifier: GPL-2.0-only */
/* lineup.h - from names ("buddy,linux-nopcp") to the implementations of a run. */
#ifndef PAGEFUZZ_LINEUP_H
#define PAGEFUZZ_LINEUP_H

#include "../../impls/impl.h"
#include "../../oracle/oracle.h"

struct pf_lineup {
	const struct pf_impl *impl[PF_MAX_LANES];
	unsigned nr;
	/* What an impl[] points into, or NULL; the lineup's. */
	void *owned[PF_MAX_LANES];
	void (*release[PF_MAX_LANES])(void *owned);
};

/* All built-in implementations, as many as run together. */
void pf_lineup_all(struct pf_lineup *lineup);

/*
 * Comma-separated names: built-in ones, variants of the port (see
 * impls/linux/linux.h), plug-ins by their path (see plugin.h). False: unknown or repeated name, or too many; then error
 * (of size bytes) says which in one line, and there is nothing to free.
 */
bool pf_lineup_parse(struct pf_lineup *lineup, const char *names, char *error, size_t size);
/* One more, by its name of len bytes. False: error says why, the lineup is as before. */
bool pf_lineup_add(struct pf_lineup *lineup, const char *name, size_t len, char *error,
		   size_t size);
/*
 * One more, made elsewhere: `owned`, if not NULL, is the lineup's from now on and
 * ends with release(owned). False: error says why, and it stays the caller's.
 */
bool pf_lineup_take(struct pf_lineup *lineup, const struct pf_impl *impl, void *owned,
		    void (*release)(void *owned), char *error, size_t size);
/* Is a member called so? */
bool pf_lineup_has(const struct pf_lineup *lineup, const char *name, size_t len);
/* Releases what the lineup owns. After the oracle of it is freed. */
void pf_lineup_free(struct pf_lineup *lineup);

#endif /* PAGEFUZZ_LINEUP_H */
