// SPDX-License-Identifier: GPL-2.0-only
/*
 * codec.c - the byte form of a program; see codec.h. Only the translation
 * lives here: what operations and operands exist says oracle/op.c.
 */
#include <string.h>

#include "codec.h"

#define NR_OPCODES    128
#define SLOT_LOW_BITS 7

/*
 * Kinds in the order of enum pf_op_kind, each with as many opcodes as its
 * weight in pf_op_info[]. Written out because a table for the hot path has to be
 * a constant; test_language.c compares it with the weights. Append, never insert.
 */
/* clang-format off */
#define FOR_EACH_RUN(RUN) \
	RUN(CONFIG, 2) RUN(ZONE, 1) RUN(HOLE, 1) RUN(RESERVE, 1) \
	RUN(ALLOC, 24) RUN(FREE, 20) RUN(BULK, 4) RUN(SPLIT, 4) RUN(CONTIG, 3) \
	RUN(PIN, 3) RUN(UNPIN, 2) RUN(DIRTY, 2) RUN(CLEAN, 1) RUN(WRITEBACK, 2) \
	RUN(WRITTEN, 1) RUN(ACCESS, 2) RUN(EVICTABLE, 3) RUN(UNEVICTABLE, 1) \
	RUN(LOCK, 1) RUN(UNLOCK, 1) \
	RUN(COMPACT, 6) RUN(RECLAIM, 4) RUN(ISOLATE, 2) RUN(UNDO, 2) \
	RUN(OFFLINE, 1) RUN(ONLINE, 1) RUN(DRAIN, 3) RUN(TICK, 3) RUN(TUNE, 1) \
	RUN(INJECT, 3) RUN(CHECK, 2) RUN(RETYPE, 1) RUN(CPU, 1) \
	RUN(EXACT, 2) RUN(LRU, 3)
/* clang-format on */

/* An enumerator without a value follows its predecessor: that adds up the weights. */
#define RUN_ENUM(kind, weight) FIRST_##kind, LAST_##kind = FIRST_##kind + (weight)-1,
enum { FOR_EACH_RUN(RUN_ENUM) OPCODES_USED };
_Static_assert(OPCODES_USED <= NR_OPCODES, "the opcode table is full");

#define RUN_FIRST(kind, weight) [PF_OP_##kind] = FIRST_##kind,
static const uint8_t first_opcode[PF_NR_OPS] = {FOR_EACH_RUN(RUN_FIRST)};

/* Kind + 1, so that opcodes nobody mentions are 0: unknown. */
#define RUN_KIND(kind, weight) [FIRST_##kind... LAST_##kind] = PF_OP_##kind + 1,
static const uint8_t kind_of_opcode[NR_OPCODES] = {FOR_EACH_RUN(RUN_KIND)};

enum pf_op_kind pf_opcode_kind(uint8_t byte)
{
	uint8_t kind = byte < PF_OPCODE ? 0 : kind_of_opcode[byte - PF_OPCODE];

	return kind ? kind - 1 : PF_NR_OPS;
}

static inline uint32_t wrap(uint32_t value, uint32_t max)
{
	/* Rarely taken, and a division costs more than all the rest. */
	return value <= max ? value : value % (max + 1);
}

/* The digits behind an opcode, up to the next opcode or the end. */
static const uint8_t *decode_operands(struct pf_op *op, const uint8_t *p, const uint8_t *end)
{
	const struct pf_op_info *info = &pf_op_info[op->kind];
	const struct pf_operand *operand = info->operand;
	uint32_t value;

#define MORE (p < end && *p < PF_OPCODE)
	if (!MORE)
		return p;
	if (info->has_slot)
		op->slot = *p++ ^ PF_DIGIT;
	for (unsigned i = 0; i < info->nr_operands; i++) {
		if (!MORE)
			return p;
		value = *p++ ^ PF_DIGIT;
		if (operand[i].digits == 2 && MORE)
			value |= (uint32_t)(*p++ ^ PF_DIGIT) << 7;
		op->arg[i] = wrap(value, operand[i].max);
	}
	if (info->has_slot && MORE) {
		value = *p++ ^ PF_DIGIT;
		if (MORE)
			value |= (uint32_t)(*p++ ^ PF_DIGIT) << 7;
		op->slot = wrap(op->slot | value << SLOT_LOW_BITS, PF_NR_SLOTS - 1);
	}
#undef MORE
	return p;
}

size_t pf_decode(const uint8_t *buf, size_t len, struct pf_op *ops, size_t cap)
{
	const uint8_t *p = buf, *end = len ? buf + len : buf;
	bool config = true;
	size_t n = 0;

	while (p < end && n < cap) {
		uint8_t byte = *p++;
		uint8_t kind;

		/* Digits that nobody took, of a skipped opcode or surplus, end here. */
		if (byte < PF_OPCODE)
			continue;
		kind = kind_of_opcode[byte - PF_OPCODE];
		if (!kind--)
			continue;
		if (!pf_op_info[kind].config)
			config = false;
		else if (!config)
			continue;
		memset(&ops[n], 0, sizeof(ops[n]));
		ops[n].kind = kind;
		p = decode_operands(&ops[n++], p, end);
	}
	return n;
}

/* Returns the number of bytes, trailing zero digits left away. */
static size_t encode_op(const struct pf_op *op, uint8_t byte[PF_OP_BYTES_MAX])
{
	const struct pf_op_info *info = &pf_op_info[op->kind];
	uint32_t high = op->slot >> SLOT_LOW_BITS;
	size_t n = 0;

	byte[n++] = PF_OPCODE + first_opcode[op->kind];
	if (info->has_slot)
		byte[n++] = (op->slot & 0x7f) ^ PF_DIGIT;
	for (unsigned i = 0; i < info->nr_operands; i++) {
		byte[n++] = (op->arg[i] & 0x7f) ^ PF_DIGIT;
		if (info->operand[i].digits == 2)
			byte[n++] = (op->arg[i] >> 7 & 0x7f) ^ PF_DIGIT;
	}
	if (info->has_slot) {
		byte[n++] = (high & 0x7f) ^ PF_DIGIT;
		byte[n++] = (high >> 7) ^ PF_DIGIT;
	}
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
		if (!pf_op_info[op.kind].config)
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
		if (!pf_op_info[op.kind].config)
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

	while (i < n && pf_op_info[ops[i].kind].config)
		i++;
	return i;
}

bool pf_op_equal(const struct pf_op *a, const struct pf_op *b)
{
	return a->kind == b->kind && a->slot == b->slot && !memcmp(a->arg, b->arg, sizeof(a->arg));
}
