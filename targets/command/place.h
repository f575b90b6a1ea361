/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * place.h - where the pieces are that the command needs besides itself: in the build
 * folder that it lies in, or where `make install` put them.
 */
#ifndef PAGEFUZZ_COMMAND_PLACE_H
#define PAGEFUZZ_COMMAND_PLACE_H

#include <limits.h>
#include <stdbool.h>

enum pf_piece {
	PF_INCLUDE,   /* folder: <pagefuzz/impl.h> */
	PF_LIBRARY,   /* libpagefuzz.a */
	PF_TARGET,    /* the fuzz target */
	PF_SEEDS,     /* folder: seeds as bytes */
	PF_DICT,      /* the dictionary */
	PF_TEMPLATES, /* folder: what `new` begins with */
	PF_NR_PIECES,
};

/* False: it is nowhere; path says then where it was looked for first. */
bool pf_place(enum pf_piece piece, char path[PATH_MAX]);

#endif /* PAGEFUZZ_COMMAND_PLACE_H */
