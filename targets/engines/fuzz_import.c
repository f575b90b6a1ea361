// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_import.c - the importer of traces in text: no line may bring it down, and what it
 * makes is a program of the language. trace.dat is read by libtraceevent, which is not ours.
 */
#include <stdlib.h>
#include <string.h>

#include <zlib.h> /* the one in standin/ */

#include "../import/import.h"
#include "../language/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

bool pf_import_dat(struct pf_import *im, const char *path, char *error, size_t size)
{
	(void)im;
	(void)path;
	snprintf(error, size, "no trace.dat in here");
	return false;
}

/* Lines come from the input, not from a file; see standin/zlib.h. */
gzFile gzopen(const char *path, const char *mode)
{
	(void)path, (void)mode;
	return NULL;
}

gzFile gzdopen(int fd, const char *mode)
{
	(void)fd, (void)mode;
	return NULL;
}

int gzread(gzFile file, void *buf, unsigned room)
{
	(void)file, (void)buf, (void)room;
	return 0;
}

const char *gzerror(gzFile file, int *code)
{
	(void)file;
	*code = Z_ERRNO;
	return "";
}

int gzclose(gzFile file)
{
	(void)file;
	return Z_OK;
}

/* Of the first two bytes the options, so that all of them are met. */
static struct pf_import *begin(const uint8_t *data)
{
	const struct pf_import_options options = {
		.evictable = data[0] & 1,
		.skip = data[0] >> 1 & 7,
		.events = data[0] >> 4 & 7,
		.pages = data[1] & 1 ? 1024u << (data[1] >> 1 & 7) : 0,
		.pageblock_order = 9,
		.max_order = 10,
	};

	return pf_import_new(&options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_import *im = size >= 2 ? begin(data) : NULL;
	const char *p = (const char *)data + 2, *end = (const char *)data + size;

	while (im && p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((newline ? newline : end) - p);

		if (!pf_import_line(im, p, len))
			break;
		p += len + 1;
	}
	if (im && pf_import_finish(im)) {
		const struct pf_op *ops;
		size_t n;

		ops = pf_import_ops(im, &n);
		for (size_t i = 0; i < n; i++) {
			struct pf_op op = ops[i];

			pf_op_canonical(&op);
			if (!pf_op_equal(&op, &ops[i]))
				abort();
		}
	}
	pf_import_free(im);
	return 0;
}
