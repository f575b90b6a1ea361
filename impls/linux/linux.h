/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * linux.h - what the rest of the project sees of the port of Linux 6.1: its
 * table of functions, and those of variants of it with parts left out.
 */
#ifndef PAGEFUZZ_LINUX_LINUX_H
#define PAGEFUZZ_LINUX_LINUX_H

#include "../impl.h"

extern const struct pf_impl pf_impl_linux;

/* The buddy core only. */
extern const struct pf_impl pf_impl_linux_plain;

/*
 * The port with parts left out, for comparisons: "linux-nopcp-noboost" (name of
 * len bytes) is a member of no group. The caller keeps *v, at its address, as long
 * as &v->impl is used. False: no such part.
 */
struct pf_linux_variant {
	struct pf_impl impl;
	unsigned char off[64]; /* struct lx_switches */
	char name[64], summary[160];
};
bool pf_linux_variant(struct pf_linux_variant *v, const char *name, size_t len);

/* What may be left out. NULL: no more. */
struct pf_linux_part {
	const char *name, *summary;
	size_t offset; /* of its switch */
	unsigned char value;
};
const struct pf_linux_part *pf_linux_part(unsigned i);

#endif /* PAGEFUZZ_LINUX_LINUX_H */
