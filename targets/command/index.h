/* SPDX-License-Identifier: GPL-2.0-only */
/* index.h - the page of a campaign: what its findings' folder holds, with links to all of it. */
#ifndef PAGEFUZZ_COMMAND_INDEX_H
#define PAGEFUZZ_COMMAND_INDEX_H

#include <stdbool.h>

/* Name of the page in the folder. */
#define PF_INDEX "index.html"

/* Written from what is in the folder (diary.h). False: complained. */
bool pf_index_write(const char *folder, const char *path);

#endif /* PAGEFUZZ_COMMAND_INDEX_H */
