// SPDX-License-Identifier: GPL-2.0-only
/* files.c - see files.h. */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "cmd.h"

/* -------------------------------------------------------------- reading -- */

/* What a gzipped file may hold: more is a mistake, or an attack. */
#define UNPACKED_MAX (1ull << 30)

const char *pf_input_name(const char *path)
{
	return strcmp(path, "-") ? path : "standard input";
}

static unsigned char *read_stream(FILE *f, const char *name, size_t *len)
{
	size_t room = 1 << 16, n = 0;
	unsigned char *data = malloc(room);

	while (data) {
		size_t got = fread(data + n, 1, room - n, f);

		n += got;
		if (!got)
			break;
		if (n == room) {
			unsigned char *more = realloc(data, room *= 2);

			if (!more)
				free(data);
			data = more;
		}
	}
	if (!data) {
		pf_complain("%s: too large for the memory of this machine", name);
	} else if (ferror(f)) {
		pf_complain("%s: %s", name, strerror(errno));
		free(data);
		data = NULL;
	}
	*len = n;
	return data;
}

/* One or more members, as gunzip takes them. NULL: *why says why. */
static unsigned char *inflate_all(const unsigned char *data, size_t len, size_t *out_len,
				  const char **why)
{
	size_t room = 4 * len + 4096, n = 0;
	unsigned char *out = malloc(room);
	z_stream z = {0};
	int status = Z_OK;

	*why = "is gzipped, but broken";
	if (!out || inflateInit2(&z, 15 + 16) != Z_OK)
		return free(out), *why = "out of memory", NULL;
	for (size_t at = 0; at < len || status != Z_STREAM_END;) {
		size_t piece = len - at < 1 << 20 ? len - at : 1 << 20;

		if (n == room) {
			unsigned char *more = room < UNPACKED_MAX ? realloc(out, 2 * room) : NULL;

			if (!more) {
				*why = "is gzipped, and too large unpacked";
				status = Z_MEM_ERROR;
				break;
			}
			out = more;
			room *= 2;
		}
		z.next_in = (unsigned char *)data + at;
		z.avail_in = (unsigned)piece;
		z.next_out = out + n;
		z.avail_out = (unsigned)(room - n < 1 << 30 ? room - n : 1 << 30);
		status = inflate(&z, Z_NO_FLUSH);
		at = (size_t)(z.next_in - data);
		n = (size_t)(z.next_out - out);
		if (status == Z_STREAM_END && at < len)
			inflateReset(&z);
		else if (status != Z_OK && status != Z_STREAM_END &&
			 !(status == Z_BUF_ERROR && n == room))
			break;
	}
	inflateEnd(&z);
	if (status != Z_STREAM_END)
		return free(out), NULL;
	*out_len = n;
	return out;
}

unsigned char *pf_read_raw(const char *path, size_t *len)
{
	const char *name = pf_input_name(path);
	unsigned char *data = NULL;
	FILE *f = stdin;
	struct stat st;

	if (name == path)
		f = fopen(path, "rb");
	if (!f || fstat(fileno(f), &st)) {
		pf_complain("%s: %s", name, strerror(errno));
		if (f && f != stdin)
			fclose(f);
		return NULL;
	}
	if (S_ISDIR(st.st_mode)) {
		pf_complain("%s: is a directory, a program file is wanted", name);
	} else {
		data = read_stream(f, name, len);
	}
	if (f != stdin)
		fclose(f);
	return data;
}

unsigned char *pf_read_file(const char *path, size_t *len)
{
	unsigned char *data = pf_read_raw(path, len), *unpacked;
	const char *why;

	if (!data || *len < 3 || memcmp(data, "\x1f\x8b\x08", 3))
		return data;
	unpacked = inflate_all(data, *len, len, &why);
	if (!unpacked)
		pf_complain("%s: %s", pf_input_name(path), why);
	free(data);
	return unpacked;
}

/* -------------------------------------------------------------- writing -- */

/* Files that are being written beside their place. */
static struct pending {
	FILE *f;
	char place[PATH_MAX], beside[PATH_MAX + 16];
} pending[4];
#define NR_PENDING (sizeof(pending) / sizeof(pending[0]))

static struct pending *pending_of(const FILE *f)
{
	for (size_t i = 0; i < NR_PENDING; i++)
		if (pending[i].f == f)
			return &pending[i];
	return NULL;
}

/* Whoever exits in the middle leaves nothing behind; a child process is not asked. */
static pid_t writer;

static void remove_pending(void)
{
	if (getpid() != writer)
		return;
	for (size_t i = 0; i < NR_PENDING; i++)
		if (pending[i].f)
			unlink(pending[i].beside);
}

/* The file's own place, behind symbolic links. False: errno says why. */
static bool real_place(const char *path, char place[PATH_MAX])
{
	char folder[PATH_MAX];
	const char *name = strrchr(path, '/');

	if (realpath(path, place))
		return true;
	if (errno != ENOENT || strlen(path) >= sizeof(folder))
		return false;
	snprintf(folder, sizeof(folder), "%.*s", name ? (int)(name - path) + 1 : 1,
		 name ? path : ".");
	name = name ? name + 1 : path;
	if (!*name || !realpath(folder, place))
		return false;
	if (strlen(place) + strlen(name) + 2 > PATH_MAX) {
		errno = ENAMETOOLONG;
		return false;
	}
	snprintf(place + strlen(place), PATH_MAX - strlen(place), "/%s", name);
	return true;
}

static FILE *open_beside(struct pending *p, mode_t mode)
{
	const char *name = strrchr(p->place, '/') + 1;
	int fd;

	snprintf(p->beside, sizeof(p->beside), "%.*s.%s.XXXXXX", (int)(name - p->place), p->place,
		 name);
	fd = mkostemp(p->beside, O_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (!writer)
		atexit(remove_pending);
	writer = getpid();
	fchmod(fd, mode);
	p->f = fdopen(fd, "wb");
	return p->f;
}

FILE *pf_create(const char *path)
{
	struct pending *p = pending_of(NULL);
	mode_t mask = umask(0);
	struct stat st;
	FILE *f = NULL;

	umask(mask);
	if (!path || !strcmp(path, "-"))
		return stdout;
	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		f = fopen(path, "wb");
	} else if (!p) {
		errno = EMFILE;
	} else if (!access(path, F_OK) && access(path, W_OK)) {
		/* Renaming would get around a file's own protection. */
	} else if (real_place(path, p->place)) {
		f = open_beside(p, access(path, F_OK) ? 0666 & ~mask : st.st_mode & 07777);
	}
	if (!f)
		pf_complain("%s: %s", path, strerror(errno));
	return f;
}

bool pf_sync_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && !fsync(fd);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* The folder that a path is in. */
static bool sync_parent(const char *path)
{
	char folder[PATH_MAX];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	return pf_sync_folder(slash ? folder : ".");
}

static bool close_file(FILE *f, const char *path, bool synced)
{
	struct pending *p = pending_of(f);
	bool bad;

	if (f == stdout)
		return pf_flush_output();
	bad = fflush(f) || ferror(f) || (synced && fsync(fileno(f)));
	bad |= fclose(f) != 0;
	if (p && !bad)
		bad = rename(p->beside, p->place) || (synced && !sync_parent(p->place));
	if (bad)
		pf_complain("%s: %s", path, strerror(errno ? errno : EIO));
	if (p && bad)
		unlink(p->beside);
	if (p)
		p->f = NULL;
	return !bad;
}

bool pf_close(FILE *f, const char *path)
{
	return close_file(f, path, false);
}

bool pf_close_synced(FILE *f, const char *path)
{
	return close_file(f, path, true);
}

void pf_discard(FILE *f)
{
	struct pending *p = f ? pending_of(f) : NULL;

	if (p) {
		unlink(p->beside);
		p->f = NULL;
	}
	if (f && f != stdout)
		fclose(f);
}

bool pf_make_folders(const char *path)
{
	char part[PATH_MAX];
	struct stat st;

	if ((size_t)snprintf(part, sizeof(part), "%s", path) >= sizeof(part))
		return pf_complain("%s: %s", path, strerror(ENAMETOOLONG)), false;
	for (char *p = part + 1;; p++) {
		char c = *p;

		if (c && c != '/')
			continue;
		*p = '\0';
		if (mkdir(part, 0777) && errno != EEXIST)
			return pf_complain("%s: %s", part, strerror(errno)), false;
		*p = c;
		if (!c)
			break;
	}
	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return pf_complain("%s: is no folder", path), false;
	return true;
}

/* ------------------------------------------------------ standard output -- */

static int lost; /* errno of the first loss; 0: none */

void pf_start_output(void)
{
	/* Whoever uses such a stream gets the error that a closed one gives. */
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", fd ? O_RDONLY : O_WRONLY);
}

bool pf_flush_output(void)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return !lost;
	/* It may have been long ago: what was it again? */
	if (!lost && !errno && write(1, "\n", 1) == 1)
		errno = EIO;
	pf_output_lost(errno);
	return false;
}

void pf_output_lost(int error)
{
	if (!lost)
		lost = error ? error : EIO;
}

int pf_finish_output(int status)
{
	if (pf_flush_output())
		return status;
	/* A reader that has seen enough: end as everybody does. */
	if (lost == EPIPE) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	return pf_complain("standard output: %s", strerror(lost));
}
