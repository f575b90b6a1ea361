/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conformance.h - what check has to say of an implementation: each law, how often it was
 * asked, and what came of it; or why it never was.
 */
#ifndef PAGEFUZZ_CONFORMANCE_H
#define PAGEFUZZ_CONFORMANCE_H

#include "judge.h"

struct pf_conformance {
	const char *impl;
	const char *lineup;
	const struct pf_judgement *judgement; /* the one who is judged is its last member */
	uint64_t programs, operations, refused;
	const char *limit; /* what ended it before its time, or NULL */
	/* Of a finding; signature NULL: there is none. */
	const char *signature, *detail, *source, *saved;
	enum pf_law law;
	const char *smallest; /* file of the smallest program, NULL: not minimised */
	size_t operations_shown, operations_smallest;
};

/* A table for people. */
void pf_print_conformance(FILE *out, const struct pf_conformance *c);
/* The same for programs. False: complained. */
bool pf_write_conformance(const char *path, const struct pf_conformance *c);

#endif /* PAGEFUZZ_CONFORMANCE_H */
