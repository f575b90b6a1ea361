/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * abi.h - what passes between source.c, in the program, and the shared object that holds
 * a kernel tree. Both sides include it behind impl.h; no other types of libc or of the
 * kernel.
 */
#ifndef PAGEFUZZ_SOURCE_ABI_H
#define PAGEFUZZ_SOURCE_ABI_H

/* Grows with each change of this file, of impl.h or of dump.h that matters here. */
#define PF_SOURCE_ABI 2

/* pf_impl.self of such a member: what the object needs of the program. */
struct pf_source_self {
	/* Its writable data as they were when it was loaded. */
	const void *fresh;
	/* vsnprintf() */
	int (*format)(char *buf, unsigned long size, const char *fmt, __builtin_va_list args);
};

/* The one symbol that an object shows: pagefuzz_source. */
struct pf_source_object {
	unsigned abi;
	unsigned impl_size, dump_size; /* of the structs as the object knows them */
	const char *release;	       /* of the tree: 6.1.192 */
	const struct pf_impl *impl;    /* without self, name, summary and group */
	char *data, *data_end;	       /* all that is writable in it */
	void **kept;		       /* but for this, which is the program's; NULL at first */
};

#endif /* PAGEFUZZ_SOURCE_ABI_H */
