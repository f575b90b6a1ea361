/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * zlib.h - stands in for zlib in fuzz targets: what is packed is what is, and every checksum
 * is 0. So inputs get behind both, MSan sees all code, and no library is needed. The names
 * and meanings are zlib's; the functions on files are the target's that wants them.
 */
#ifndef PAGEFUZZ_STANDIN_ZLIB_H
#define PAGEFUZZ_STANDIN_ZLIB_H

#include <stddef.h>
#include <string.h>

typedef unsigned long uLong, uLongf;
typedef unsigned char Bytef;

enum { Z_OK = 0, Z_STREAM_END = 1, Z_ERRNO = -1, Z_DATA_ERROR = -3, Z_BUF_ERROR = -5 };

static inline int uncompress(Bytef *to, uLongf *room, const Bytef *from, uLong size)
{
	if (size > *room)
		return Z_BUF_ERROR;
	memcpy(to, from, size);
	*room = size;
	return Z_OK;
}

static inline int compress2(Bytef *to, uLongf *room, const Bytef *from, uLong size, int level)
{
	(void)level;
	return uncompress(to, room, from, size);
}

static inline uLong compressBound(uLong size)
{
	return size + 1;
}

static inline uLong crc32(uLong crc, const Bytef *buf, size_t size)
{
	(void)crc;
	(void)buf;
	(void)size;
	return 0;
}

typedef struct gzFile_s *gzFile;

gzFile gzopen(const char *path, const char *mode);
gzFile gzdopen(int fd, const char *mode);
int gzread(gzFile file, void *buf, unsigned room);
const char *gzerror(gzFile file, int *code);
int gzclose(gzFile file);

#endif /* PAGEFUZZ_STANDIN_ZLIB_H */
