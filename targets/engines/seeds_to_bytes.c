// SPDX-License-Identifier: GPL-2.0-only
/*
 * seeds_to_bytes.c - programs in text form to the bytes that an engine wants:
 *
 *	seeds_to_bytes DIRECTORY FILE...
 *
 * writes the byte form of DIR/NAME.txt to DIRECTORY/NAME. Small and without the
 * rest of the house, because the fuzz target's build runs it on the host.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../language/codec.h"
#include "../language/text.h"

/* The target looks at no more. */
#define MAX_BYTES 65536
#define MAX_TEXT  (MAX_BYTES * PF_TEXT_LINE_MAX)

static char text[MAX_TEXT];
static struct pf_op ops[MAX_BYTES];
static uint8_t bytes[MAX_BYTES];

static void fail(const char *path, const char *why)
{
	fprintf(stderr, "seeds_to_bytes: %s: %s\n", path, why);
	exit(1);
}

static size_t read_program(const char *path)
{
	struct pf_text_error err;
	FILE *f = fopen(path, "rb");
	size_t len, n;

	if (!f)
		fail(path, strerror(errno));
	len = fread(text, 1, sizeof(text), f);
	if (ferror(f))
		fail(path, strerror(errno));
	if (len == sizeof(text))
		fail(path, "is too long for a seed");
	fclose(f);
	if (!pf_parse(text, len, ops, MAX_BYTES, &n, &err)) {
		fprintf(stderr, "%s:%zu: %s\n", path, err.line, err.message);
		exit(1);
	}
	if (!n)
		fail(path, "holds no operation");
	return n;
}

static void write_program(const char *dir, const char *seed, size_t n)
{
	const char *base = strrchr(seed, '/') ? strrchr(seed, '/') + 1 : seed;
	size_t name = strlen(base), used, len;
	char path[4096];
	FILE *f;

	if (name > 4 && !strcmp(base + name - 4, ".txt"))
		name -= 4;
	if (snprintf(path, sizeof(path), "%s/%.*s", dir, (int)name, base) >= (int)sizeof(path))
		fail(seed, "the name is too long");
	len = pf_encode(ops, n, bytes, sizeof(bytes), &used);
	if (used < n)
		fail(seed, "is too long for a seed");
	/* Two seeds of one name would overwrite each other unseen. */
	f = fopen(path, "wbx");
	if (!f)
		fail(path, strerror(errno));
	if (fwrite(bytes, 1, len, f) != len)
		fail(path, strerror(errno));
	if (fclose(f))
		fail(path, strerror(errno));
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: %s DIRECTORY FILE...\n", argv[0]);
		return 2;
	}
	for (int i = 2; i < argc; i++)
		write_program(argv[1], argv[i], read_program(argv[i]));
	return 0;
}
