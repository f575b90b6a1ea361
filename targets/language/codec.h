/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * codec.h - the byte form of a program: bytes <-> struct pf_op[], and what
 * makes a program canonical. ../README.md describes the format.
 *
 * This is version 2 of it, and append-only: bytes that mean something today mean
 * the same for ever, so corpora stay valid. tests/language-2.txt holds it to that.
 */
#ifndef PAGEFUZZ_CODEC_H
#define PAGEFUZZ_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../oracle/op.h"

/* Opcodes are the bytes from here on; all below are operand digits. */
#define PF_OPCODE 0x80
/* The digit 0 is an ASCII '0': the value of a digit is the byte ^ PF_DIGIT. */
#define PF_DIGIT 0x30

/* No operation needs more bytes: opcode, kind, slot, PF_OP_ARGS operands of 32 bits. */
#define PF_OP_BYTES_MAX (1 + 1 + 3 + 6 * PF_OP_ARGS)

/*
 * Decode `len` bytes into at most `cap` operations and return their number.
 * Total: every byte string is a program, and the result is canonical. A `cap`
 * of `len` is always enough. Writes nothing past the operations it returns.
 */
size_t pf_decode(const uint8_t *buf, size_t len, struct pf_op *ops, size_t cap);

/*
 * Encode a program into at most `cap` bytes and return how many were written.
 * The result is canonical and shortest. Stops before the first operation that
 * does not fit whole; configuration behind another operation is left out, as
 * the decoder would. Operations need not be canonical. If `used` is not NULL,
 * it gets the number of operations of `ops` that were dealt with (n: all).
 */
size_t pf_encode(const struct pf_op *ops, size_t n, uint8_t *buf, size_t cap, size_t *used);

/* Bytes that pf_encode() needs for one operation: 1..PF_OP_BYTES_MAX. */
size_t pf_op_bytes(const struct pf_op *op);

/*
 * The kind that an opcode byte alone means; PF_NR_OPS for digits, for unknown opcodes,
 * and for the two behind which a digit says what they mean.
 */
enum pf_op_kind pf_opcode_kind(uint8_t byte);

/*
 * Reduce one operation into range: the kind modulo PF_NR_OPS, the slot and the
 * operands as decoding does, all that the kind does not use to 0.
 */
void pf_op_canonical(struct pf_op *op);

/*
 * Make a program canonical in place: every operation in range, configuration
 * behind another operation removed. Returns the new number of operations.
 */
size_t pf_program_canonical(struct pf_op *ops, size_t n);

/* Number of configuration operations at the start of a program. */
size_t pf_program_config(const struct pf_op *ops, size_t n);

/* Equal in every field (padding does not count). */
bool pf_op_equal(const struct pf_op *a, const struct pf_op *b);

#endif /* PAGEFUZZ_CODEC_H */
