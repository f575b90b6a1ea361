/* SPDX-License-Identifier: GPL-2.0-only */
/* beside.h - where `make` has put what lineups are made of: build/lab, build/source. */
#ifndef PAGEFUZZ_BESIDE_H
#define PAGEFUZZ_BESIDE_H

#include <stdbool.h>

/*
 * Calls is_it(arg, FOLDER/what) until it says yes: in the working directory's build/, then
 * beside the program (build/pagefuzz), then a floor above that (build/gcc/pagefuzz).
 */
bool pf_beside(const char *what, bool (*is_it)(void *arg, const char *path), void *arg);

#endif /* PAGEFUZZ_BESIDE_H */
