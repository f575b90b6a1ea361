// SPDX-License-Identifier: GPL-2.0-only
/*
 * codec.c - the byte form of a program; see codec.h. Only the translation
 * lives here: what operations and operands exist says oracle/op.c.
 */
#include <string.h>

#include "codec.h"

#define NR_OPCODES 128
/* Opcodes whose first digit says which of the kinds behind the direct ones it is. */
#define EXTENDED     0xfe
#define NR_EXTENDED  2
#define NR_DIRECT    PF_OP_RUN
#define MORE_FOLLOWS 0x40
#define VALUE_BITS   6

/*
 * Direct kinds have as many opcodes as their weight, in the order of their kinds. An
 * enumerator without a value follows its predecessor: that adds up the weights.
 */
#define RUN_ENUM(id, name, class, weight) FIRST_##id, LAST_##id = FIRST_##id + (weight)-1,
enum { PF_OPS_DIRECT(RUN_ENUM) OPCODES_USED };
_Static_assert(OPCODES_USED <= NR_OPCODES - NR_EXTENDED, "the opcode table is full");
_Static_assert(PF_MAX_OPS <= NR_DIRECT + NR_EXTENDED * 128, "no byte form for all kinds");

#define RUN_FIRST(id, name, class, weight) [PF_OP_##id] = FIRST_##id,
static const uint8_t first_opcode[NR_DIRECT] = {PF_OPS_DIRECT(RUN_FIRST)};

/* Kind + 1, so that opcodes nobody mentions are 0: unknown. */
#define RUN_KIND(id, name, class, weight) [FIRST_##id... LAST_##id] = PF_OP_##id + 1,
static const uint8_t kind_of_opcode[NR_OPCODES] = {PF_OPS_DIRECT(RUN_KIND)};

enum pf_op_kind pf_opcode_kind(uint8_t byte)
{
	uint8_t kind = byte < PF_OPCODE ? 0 : kind_of_opcode[byte - PF_OPCODE];

	return kind ? kind - 1 : PF_NR_OPS;
}

static inline uint32_t wrap(uint64_t value, uint32_t max)
{
	/* Rarely taken, and a division costs more than all the rest. */
	return value <= max ? value : value % ((uint64_t)max + 1);
}

static inline bool is_digit(const uint8_t *p, const uint8_t *end)
{
	return p < end && *p < PF_OPCODE;
}

/* A number at p, which is a digit; no more digits than max needs. */
static inline const uint8_t *decode_number(const uint8_t *p, const uint8_t *end, uint32_t max,
					   uint32_t *number)
{
	uint64_t value = 0, left = max;
	unsigned shift = 0;
	uint8_t digit;

	do {
		digit = *p++ ^ PF_DIGIT;
		value |= (uint64_t)(digit & (MORE_FOLLOWS - 1)) << shift;
		shift += VALUE_BITS;
		left >>= VALUE_BITS;
	} while (digit & MORE_FOLLOWS && left && is_digit(p, end));
	*number = wrap(value, max);
	return p;
}

/* The digits behind an opcode, up to the next opcode or the end. */
static const uint8_t *decode_operands(struct pf_op *op, const uint8_t *p, const uint8_t *end)
{
	const struct pf_op_info *info = &pf_op_info[op->kind];

	if (info->has_slot && is_digit(p, end))
		p = decode_number(p, end, PF_NR_SLOTS - 1, &op->slot);
	for (unsigned i = 0; i < info->nr_operands && is_digit(p, end); i++)
		p = decode_number(p, end, info->operand[i].max, &op->arg[i]);
	return p;
}

/* The kind that is meant by the opcode in front of p; PF_NR_OPS or more: none. */
static unsigned decode_kind(uint8_t opcode, const uint8_t **p, const uint8_t *end)
{
	unsigned kind = NR_DIRECT + (opcode - EXTENDED) * 128u;

	if (opcode < EXTENDED)
		return pf_opcode_kind(opcode);
	if (is_digit(*p, end))
		kind += *(*p)++ ^ PF_DIGIT;
	return kind;
}

size_t pf_decode(const uint8_t *buf, size_t len, struct pf_op *ops, size_t cap)
{
	const uint8_t *p = buf, *end = len ? buf + len : buf;
	bool config = true;
	size_t n = 0;

	while (p < end && n < cap) {
		uint8_t byte = *p++;
		unsigned kind;

		/* Digits that nobody took, of a skipped opcode or surplus, end here. */
		if (byte < PF_OPCODE)
			continue;
		kind = decode_kind(byte, &p, end);
		if (kind >= PF_NR_OPS)
			continue;
		if (!pf_op_is_config(kind))
			config = false;
		else if (!config)
			continue;
		memset(&ops[n], 0, sizeof(ops[n]));
		ops[n].kind = kind;
		p = decode_operands(&ops[n++], p, end);
	}
	return n;
}

static size_t encode_number(uint32_t value, uint8_t *byte)
{
	size_t n = 0;

	for (; value >> VALUE_BITS; value >>= VALUE_BITS)
		byte[n++] = ((value & (MORE_FOLLOWS - 1)) | MORE_FOLLOWS) ^ PF_DIGIT;
	byte[n++] = value ^ PF_DIGIT;
	return n;
}

/* Returns the number of bytes, trailing zero digits left away. */
static size_t encode_op(const struct pf_op *op, uint8_t byte[PF_OP_BYTES_MAX])
{
	const struct pf_op_info *info = &pf_op_info[op->kind];
	size_t n = 0;

	if (op->kind < NR_DIRECT) {
		byte[n++] = PF_OPCODE + first_opcode[op->kind];
	} else {
		byte[n++] = EXTENDED + (op->kind - NR_DIRECT) / 128;
		byte[n++] = (op->kind - NR_DIRECT) % 128 ^ PF_DIGIT;
	}
	if (info->has_slot)
		n += encode_number(op->slot, &byte[n]);
	for (unsigned i = 0; i < info->nr_operands; i++)
		n += encode_number(op->arg[i], &byte[n]);
	/* Only a number that is 0 ends with a zero digit, and then it is all of it. */
	while (byte[n - 1] == PF_DIGIT)
		n--;
	return n;
}

size_t pf_op_bytes(const struct pf_op *op)
{
	uint8_t byte[PF_OP_BYTES_MAX];
	struct pf_op copy = *op;

	pf_op_canonical(&copy);
	return encode_op(&copy, byte);
}

size_t pf_encode(const struct pf_op *ops, size_t n, uint8_t *buf, size_t cap, size_t *used)
{
	uint8_t byte[PF_OP_BYTES_MAX];
	bool config = true;
	size_t len = 0, i;

	for (i = 0; i < n; i++) {
		struct pf_op op = ops[i];
		size_t size;

		pf_op_canonical(&op);
		if (!pf_op_is_config(op.kind))
			config = false;
		else if (!config)
			continue;
		size = encode_op(&op, byte);
		if (size > cap - len)
			break;
		memcpy(buf + len, byte, size);
		len += size;
	}
	if (used)
		*used = i;
	return len;
}

void pf_op_canonical(struct pf_op *op)
{
	const struct pf_op_info *info;
	unsigned i;

	op->kind %= PF_NR_OPS;
	info = &pf_op_info[op->kind];
	op->slot = info->has_slot ? op->slot % PF_NR_SLOTS : 0;
	for (i = 0; i < info->nr_operands; i++)
		op->arg[i] = wrap(op->arg[i], info->operand[i].max);
	for (; i < PF_OP_ARGS; i++)
		op->arg[i] = 0;
}

size_t pf_program_canonical(struct pf_op *ops, size_t n)
{
	bool config = true;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct pf_op op = ops[i];

		pf_op_canonical(&op);
		if (!pf_op_is_config(op.kind))
			config = false;
		else if (!config)
			continue;
		ops[kept++] = op;
	}
	return kept;
}

size_t pf_program_config(const struct pf_op *ops, size_t n)
{
	size_t i = 0;

	while (i < n && pf_op_is_config(ops[i].kind))
		i++;
	return i;
}

bool pf_op_equal(const struct pf_op *a, const struct pf_op *b)
{
	return a->kind == b->kind && a->slot == b->slot && !memcmp(a->arg, b->arg, sizeof(a->arg));
}
