// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_language.c - the languages: bytes are decoded whatever they are, a program survives
 * the way through bytes and the way through text, and text is parsed or refused with one
 * plain line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../language/codec.h"
#include "../language/text.h"

#define MAX_BYTES 8192
#define MAX_TEXT  (MAX_BYTES * PF_TEXT_LINE_MAX)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pf_op first[MAX_BYTES], second[MAX_BYTES];
static uint8_t bytes[MAX_BYTES * PF_OP_BYTES_MAX];
static char text[MAX_TEXT];

static void must(bool is_so, const char *what)
{
	if (is_so)
		return;
	fprintf(stderr, "fuzz_language: %s: Assertion `%s' failed.\n", what, what);
	abort();
}

static bool equal(size_t n, size_t m)
{
	if (n != m)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!pf_op_equal(&first[i], &second[i]))
			return false;
	return true;
}

/* first[] through both languages. */
static void around(size_t n)
{
	struct pf_text_error error;
	size_t fit = 0, len, m;

	n = pf_program_canonical(first, n);
	len = pf_encode(first, n, bytes, sizeof(bytes), &fit);
	must(fit == n, "encode: room");
	must(equal(n, pf_decode(bytes, len, second, MAX_BYTES)), "bytes: the same program");
	must(pf_print(first, n, text, sizeof(text)) < sizeof(text), "print: room");
	must(pf_parse(text, strlen(text), second, MAX_BYTES, &m, &error), "text: parses");
	must(equal(n, m), "text: the same program");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_text_error error = {0};
	size_t n;

	size = size < MAX_BYTES ? size : MAX_BYTES;
	around(pf_decode(data, size, first, MAX_BYTES));
	if (pf_parse((const char *)data, size, first, MAX_BYTES, &n, &error)) {
		around(n);
		return 0;
	}
	must(error.line && error.message[0], "text: a refusal has a line and a reason");
	for (const char *c = error.message; *c; c++)
		must(*c >= ' ' && *c < 0x7f, "text: a reason is plain");
	return 0;
}
