// SPDX-License-Identifier: GPL-2.0-only
/* stats.c - map the shared figures of a fuzz target; see stats.h. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stats.h"

struct pf_stats_file *pf_stats_map(const char *path, bool create)
{
	int fd = open(path, O_RDWR | (create ? O_CREAT | O_TRUNC : 0), 0600);
	struct pf_stats_file *s = MAP_FAILED;
	struct stat st;

	if (fd < 0)
		return NULL;
	/* With its blocks: on a full disk a write to what is mapped would be the end. */
	if (create) {
		errno = posix_fallocate(fd, 0, sizeof(*s));
		if (errno)
			goto out;
	}
	if (fstat(fd, &st) || st.st_size != sizeof(*s)) {
		errno = EINVAL;
		goto out;
	}
	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (s != MAP_FAILED && create)
		s->magic = PF_STATS_MAGIC;
out:
	close(fd);
	return s == MAP_FAILED ? NULL : s;
}
