// SPDX-License-Identifier: GPL-2.0-only
/* place.c - see place.h. Everything is relative to the command, which may be moved. */
#include "place.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Seen from the command's own folder. */
static const struct {
	const char *built, *installed;
} where[PF_NR_PIECES] = {
	[PF_INCLUDE] = {"include", "../include"},
	[PF_LIBRARY] = {"libpagefuzz.a", "../lib/libpagefuzz.a"},
	[PF_TARGET] = {"fuzz-address-undefined/fuzz_lockstep", "../lib/pagefuzz/fuzz_lockstep"},
	[PF_SEEDS] = {"seeds-bytes", "../share/pagefuzz/seeds-bytes"},
	[PF_DICT] = {"fuzz_lockstep.dict", "../share/pagefuzz/fuzz_lockstep.dict"},
	[PF_TEMPLATES] = {"../targets/command/new", "../share/pagefuzz/new"},
};

static bool join(char path[PATH_MAX], const char *folder, const char *name)
{
	return snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX && !access(path, R_OK);
}

bool pf_place(enum pf_piece piece, char path[PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n < 0 ? 0 : n] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	if (join(path, self, where[piece].built) || join(path, self, where[piece].installed))
		return true;
	/* The tests' own builds of the command lie one folder deeper. */
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	if (join(path, self, where[piece].built))
		return true;
	join(path, self, where[piece].built);
	return false;
}
