// SPDX-License-Identifier: GPL-2.0-only
/* beside.c - see beside.h. */
#include "beside.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool is_in(const char *folder, const char *what, bool (*is_it)(void *arg, const char *path),
		  void *arg)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", folder, what);

	return n > 0 && (size_t)n < sizeof(path) && is_it(arg, path);
}

bool pf_beside(const char *what, bool (*is_it)(void *arg, const char *path), void *arg)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (is_in("build", what, is_it, arg))
		return true;
	for (int up = 0; up < 2 && n > 0; up++) {
		char *end;

		self[n] = '\0';
		end = strrchr(self, '/');
		if (!end)
			return false;
		*end = '\0';
		n = end - self;
		if (is_in(self, what, is_it, arg))
			return true;
	}
	return false;
}
