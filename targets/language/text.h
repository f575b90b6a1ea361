/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text.h - the text form of a program, one operation a line: what people read,
 * write and review. ../README.md describes the format.
 */
#ifndef PAGEFUZZ_TEXT_H
#define PAGEFUZZ_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../oracle/op.h"

/* Enough for any printed operation with its terminating NUL. */
#define PF_TEXT_LINE_MAX 256

struct pf_text_error {
	size_t line;	   /* the first line is 1 */
	char message[256]; /* one sentence, no newline, plain ASCII whatever the input was */
};

/*
 * Parse `len` bytes of text into `ops`, which has room for `cap` operations,
 * and set *n to their number. The result is canonical. Stops at the first
 * mistake: then returns false, describes it in `err` (which may not be NULL),
 * and *n counts the operations before it. Text is ASCII but for a byte order mark
 * of UTF-8 in front of it and whatever stands in comments.
 */
bool pf_parse(const char *text, size_t len, struct pf_op *ops, size_t cap, size_t *n,
	      struct pf_text_error *err);

/*
 * Print one canonical operation without a newline into `size` bytes at `buf`.
 * Like snprintf(): returns the length without the NUL that the whole line has
 * (< PF_TEXT_LINE_MAX), cuts the line if `size` is too small, and terminates it
 * unless `size` is 0.
 */
size_t pf_print_op(const struct pf_op *op, char *buf, size_t size);

/*
 * Print a whole canonical program, a newline behind each operation; returns and
 * cuts like pf_print_op().
 */
size_t pf_print(const struct pf_op *ops, size_t n, char *buf, size_t size);

/*
 * Is this the text form rather than the byte form? Yes if it begins, behind a byte
 * order mark and white space, with a comment or with the name of an operation as a
 * word, whatever follows; or if it holds no byte from 0x80 on, and so no opcode. What
 * pf_encode() writes begins with an opcode and is never taken for text.
 */
bool pf_is_text(const uint8_t *buf, size_t len);

#endif /* PAGEFUZZ_TEXT_H */
