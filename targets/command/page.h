/* SPDX-License-Identifier: GPL-2.0-only */
/* page.h - pages for a browser: one file each, which needs nothing else. */
#ifndef PAGEFUZZ_COMMAND_PAGE_H
#define PAGEFUZZ_COMMAND_PAGE_H

#include "judge.h"

/* A page from the tree as name[] up to name_end[]: it is in the object (see the Makefile). */
#define PF_PAGE(name, path)                                                               \
	__asm__(".pushsection .rodata\n" #name ": .incbin \"" path "\"\n" #name "_end:\n" \
		".popsection\n");                                                         \
	extern const char name[], name##_end[]

/*
 * A page with what data() writes in its place (false: it has complained); in one piece
 * or not at all. False: complained.
 */
bool pf_page_write(const char *path, const char *page, const char *end,
		   bool (*data)(FILE *out, void *arg), void *arg);

/*
 * The story of a program as a page: it is run once more, and each step looked at. label: what the program is called.
 * False: complained.
 */
bool pf_page_story(const char *path, const struct pf_judge_config *config, const char *label,
		   const struct pf_program *p, enum pf_outcome *outcome);

#endif /* PAGEFUZZ_COMMAND_PAGE_H */
