// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_language.c - properties of the operation language: byte form, text form,
 * mutator, reducer. Seeds are fixed, so a failure repeats.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../oracle/layout.h"
#include "../oracle/op.h"
#include "../targets/language/codec.h"
#include "../targets/language/fit.h"
#include "../targets/language/mutate.h"
#include "../targets/language/reduce.h"
#include "../targets/language/text.h"

#define MAX_OPS 600

static void assert_programs_equal(const struct pf_op *a, size_t na, const struct pf_op *b,
				  size_t nb)
{
	assert_int_equal(na, nb);
	for (size_t i = 0; i < na; i++)
		if (!pf_op_equal(&a[i], &b[i]))
			fail_msg("operation %zu of %zu differs", i, na);
}

/* Canonical as the specification says, without help from the code under test. */
static void assert_canonical(const struct pf_op *ops, size_t n)
{
	bool other = false;

	for (size_t i = 0; i < n; i++) {
		const struct pf_op *op = &ops[i];
		const struct pf_op_info *info;
		unsigned arg;

		assert_true(op->kind < PF_NR_OPS);
		info = &pf_op_info[op->kind];
		assert_true(op->slot < PF_NR_SLOTS);
		assert_true(info->has_slot || !op->slot);
		for (arg = 0; arg < info->nr_operands; arg++)
			assert_true(op->arg[arg] <= info->operand[arg].max);
		for (; arg < PF_OP_ARGS; arg++)
			assert_int_equal(op->arg[arg], 0);
		assert_false(info->class == PF_CLASS_CONFIG && other);
		other |= info->class != PF_CLASS_CONFIG;
	}
}

/* An evenly random canonical program, not biased as pf_generate() is. */
static size_t random_program(struct pf_op *ops, size_t n, struct pf_rng *rng)
{
	for (size_t i = 0; i < n; i++) {
		ops[i] = (struct pf_op){
			.kind = pf_rng_below(rng, PF_NR_OPS),
			.slot = pf_rng_below(rng, 2) ? pf_rng_below(rng, 64) : pf_rng_next(rng),
		};
		if (i < n / 8)
			ops[i].kind = pf_rng_below(rng, 8) ? pf_rng_below(rng, 4) : PF_OP_LATER;
		for (unsigned arg = 0; arg < PF_OP_ARGS; arg++)
			if (pf_rng_below(rng, 2))
				ops[i].arg[arg] = pf_rng_next(rng);
	}
	return pf_program_canonical(ops, n);
}

/* Random bytes, some of them only digits or only opcodes. */
static void random_bytes(uint8_t *buf, size_t len, struct pf_rng *rng)
{
	unsigned style = pf_rng_below(rng, 4);

	for (size_t i = 0; i < len; i++) {
		buf[i] = pf_rng_next(rng);
		if (style == 1 && pf_rng_below(rng, 4))
			buf[i] &= 0x7f;
		else if (style == 2)
			buf[i] |= 0x80;
		else if (style == 3 && pf_rng_below(rng, 8))
			buf[i] = '0' + pf_rng_below(rng, 10);
	}
}

/* The number at digit[*pos], by the letter: as many digits as the largest value has. */
static uint32_t reference_number(const unsigned *digit, unsigned nr, unsigned *pos, uint32_t max)
{
	uint64_t value = 0, unit = 1;

	for (uint64_t left = max; *pos < nr; left /= 64) {
		unsigned d = digit[(*pos)++];

		value += d % 64 * unit;
		unit *= 64;
		if (d < 64 || left < 64)
			break;
	}
	return value % (max + 1ull);
}

/*
 * The byte form once more, slow and by the letter of targets/README.md: split
 * into an opcode and its digits, then read the numbers one behind the other.
 */
static size_t reference_decode(const uint8_t *buf, size_t len, struct pf_op *ops)
{
	size_t n = 0, i = 0;

	while (i < len) {
		unsigned digit[128] = {0}, nr = 0, kind = 0, sum = 0, pos = 0;
		const struct pf_op_info *info;
		struct pf_op op = {0};
		uint8_t opcode = buf[i++];

		for (; i < len && buf[i] < 0x80; i++)
			if (nr < 128)
				digit[nr++] = buf[i] ^ 0x30;
		if (opcode < 0x80)
			continue;
		if (opcode >= 0xfe) {
			kind = 35 + (opcode - 0xfe) * 128 + digit[pos++];
		} else {
			for (; kind < 35; kind++) {
				sum += pf_op_info[kind].weight;
				if (opcode - 0x80u < sum)
					break;
			}
			if (kind == 35)
				continue;
		}
		if (kind >= PF_NR_OPS)
			continue;
		info = &pf_op_info[kind];
		if (info->class == PF_CLASS_CONFIG && n &&
		    pf_op_info[ops[n - 1].kind].class != PF_CLASS_CONFIG)
			continue;
		op.kind = kind;
		if (info->has_slot)
			op.slot = reference_number(digit, nr, &pos, PF_NR_SLOTS - 1);
		for (unsigned arg = 0; arg < info->nr_operands; arg++)
			op.arg[arg] = reference_number(digit, nr, &pos, info->operand[arg].max);
		ops[n++] = op;
	}
	return n;
}

static void test_table(void **state)
{
	/* Append-only: a line that changes here makes old corpora worthless. */
	static const struct {
		uint8_t opcode, kind, weight;
	} golden[] = {
		{0x80, PF_OP_CONFIG, 2},  {0x82, PF_OP_ZONE, 1},      {0x83, PF_OP_HOLE, 1},
		{0x84, PF_OP_RESERVE, 1}, {0x85, PF_OP_ALLOC, 24},    {0x9d, PF_OP_FREE, 20},
		{0xb1, PF_OP_BULK, 4},	  {0xb5, PF_OP_SPLIT, 4},     {0xb9, PF_OP_CONTIG, 3},
		{0xbc, PF_OP_PIN, 3},	  {0xbf, PF_OP_UNPIN, 2},     {0xc1, PF_OP_DIRTY, 2},
		{0xc3, PF_OP_CLEAN, 1},	  {0xc4, PF_OP_WRITEBACK, 2}, {0xc6, PF_OP_WRITTEN, 1},
		{0xc7, PF_OP_ACCESS, 2},  {0xc9, PF_OP_EVICTABLE, 3}, {0xcc, PF_OP_UNEVICTABLE, 1},
		{0xcd, PF_OP_LOCK, 1},	  {0xce, PF_OP_UNLOCK, 1},    {0xcf, PF_OP_COMPACT, 6},
		{0xd5, PF_OP_RECLAIM, 4}, {0xd9, PF_OP_ISOLATE, 2},   {0xdb, PF_OP_UNDO, 2},
		{0xdd, PF_OP_OFFLINE, 1}, {0xde, PF_OP_ONLINE, 1},    {0xdf, PF_OP_DRAIN, 3},
		{0xe2, PF_OP_TICK, 3},	  {0xe5, PF_OP_TUNE, 1},      {0xe6, PF_OP_INJECT, 3},
		{0xe9, PF_OP_CHECK, 2},	  {0xeb, PF_OP_RETYPE, 1},    {0xec, PF_OP_CPU, 1},
		{0xed, PF_OP_EXACT, 2},	  {0xef, PF_OP_LRU, 3},
	};
	unsigned next = 0x80;

	(void)state;
	assert_int_equal(PF_OP_LRU, 34);
	for (unsigned kind = 0; kind <= PF_OP_LRU; kind++) {
		struct pf_op op = {.kind = kind};
		uint8_t byte;

		assert_int_equal(golden[kind].kind, kind);
		assert_int_equal(golden[kind].opcode, next);
		assert_int_equal(golden[kind].weight, pf_op_info[kind].weight);
		for (unsigned i = 0; i < golden[kind].weight; i++)
			assert_int_equal(pf_opcode_kind(next++), kind);
		assert_int_equal(pf_encode(&op, 1, &byte, 1, NULL), 1);
		assert_int_equal(byte, golden[kind].opcode);
	}
	assert_int_equal(next, 0xf2);
	for (; next < 0x100; next++)
		assert_int_equal(pf_opcode_kind(next), PF_NR_OPS);
	for (unsigned byte = 0; byte < 0x80; byte++)
		assert_int_equal(pf_opcode_kind(byte), PF_NR_OPS);
}

/* Every name must lead back to its place, or text would not be an inverse. */
static void test_names(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < PF_NR_OPS; kind++) {
		const struct pf_op_info *info = &pf_op_info[kind];
		const char *seen[256];
		unsigned nr = 0;

		assert_true(info->nr_operands <= PF_OP_ARGS);
		assert_true(info->weight);
		assert_int_equal(info->has_slot,
				 info->class == PF_CLASS_MEMORY || info->class == PF_CLASS_OWNER);
		assert_int_equal(pf_op_is_config(kind), info->class == PF_CLASS_CONFIG);
		for (unsigned other = 0; other < kind; other++)
			assert_string_not_equal(info->name, pf_op_info[other].name);
		for (unsigned arg = 0; arg < info->nr_operands; arg++) {
			const struct pf_operand *operand = &info->operand[arg];

			assert_true(operand->nr_symbols <= operand->max + 1ull);
			assert_true(operand->nr_symbols || !operand->bare);
			assert_false(operand->nr_symbols && operand->hex);
			for (unsigned other = 0; other < arg; other++)
				assert_string_not_equal(operand->name, info->operand[other].name);
			for (unsigned i = 0; operand->bare && i < operand->nr_symbols; i++)
				seen[nr++] = operand->symbol[i];
		}
		for (unsigned i = 0; i < nr; i++)
			for (unsigned j = 0; j < i; j++)
				assert_string_not_equal(seen[i], seen[j]);
	}
}

static size_t parse(const char *text, struct pf_op *ops, size_t cap)
{
	struct pf_text_error err;
	size_t n;

	if (!pf_parse(text, strlen(text), ops, cap, &n, &err))
		fail_msg("line %zu: %s in: %s", err.line, err.message, text);
	return n;
}

static void test_golden_encodings(void **state)
{
	static const struct {
		const char *text, *bytes;
	} golden[] = {
		{"alloc a3 order=2 movable", "\x85\x33\x32\x31"},
		{"alloc a0 order=0", "\x85"},
		{"alloc a200 order=0", "\x85\x78\x33"},
		{"alloc a1 order=10 reclaimable gfp=thp cpu=3 node=2 zone=movable",
		 "\x85\x31\x3a\x32\x3f\x33\x32\x34"},
		{"alloc a1 order=0 bits=0x8400", "\x85\x31\x30\x30\x30\x30\x30\x30\x70\x60\x38"},
		{"split a262143", "\xb5\x4f\x4f\x0f"},
		{"free a3", "\x9d\x33"},
		{"free a130 cpu=1", "\x9d\x72\x32\x31"},
		{"config pages=512", "\x80\x30\x70\x38"},
		{"config pageblock_order=3", "\x80\x31\x33"},
		{"config base=4294967295", "\x80\x37\x4f\x4f\x4f\x4f\x4f\x33"},
		{"zone movable node=1 pages=300 gap=4 min=9", "\x82\x33\x31\x5c\x34\x34\x39"},
		{"hole at=130 pages=1", "\x83\x72\x32\x31"},
		{"compact order=9 sync whole", "\xcf\x39\x32\x31"},
		{"contig a5 at=64 pages=32 movable", "\xb9\x35\x70\x31\x10\x31"},
		{"tune extfrag_threshold=500", "\xe5\x33\x44\x37"},
		{"inject migrate_busy after=2 count=1", "\xe6\x31\x32\x31"},
		{"check", "\xe9"},
		{"exact a3 count=5 movable", "\xed\x33\x35\x31"},
		{"exact a130 count=1024 gfp=atomic zone=dma",
		 "\xed\x72\x32\x70\x20\x30\x31\x30\x30\x31"},
		{"run a0 pages=0", "\xfe"},
		{"run a2 pages=100 align=3 from=7 to=65 top movable gfp=none cpu=15 node=7 "
		 "zone=dma "
		 "bits=0x20",
		 "\xfe\x30\x32\x54\x31\x33\x37\x71\x31\x31\x31\x33\x3f\x37\x31\x10"},
		{"take a1 at=3 pages=2", "\xfe\x31\x31\x33\x32"},
		{"trim a1 head=0 tail=2", "\xfe\x32\x31\x30\x32"},
		{"resize a0 pages=9", "\xfe\x33\x30\x39"},
		{"add range=0", "\xfe\x34"},
		{"later at=16 pages=32", "\xfe\x35\x20\x10"},
	};
	uint8_t buf[32];
	char line[PF_TEXT_LINE_MAX];
	struct pf_op ops[32];

	(void)state;
	for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
		size_t len = strlen(golden[i].bytes);

		assert_int_equal(parse(golden[i].text, ops, 1), 1);
		assert_int_equal(pf_encode(ops, 1, buf, sizeof(buf), NULL), len);
		assert_memory_equal(buf, golden[i].bytes, len);
		assert_int_equal(pf_op_bytes(&ops[0]), len);
		assert_int_equal(pf_decode(buf, len, ops, 32), 1);
		assert_int_equal(pf_print_op(&ops[0], line, sizeof(line)), strlen(golden[i].text));
		assert_string_equal(line, golden[i].text);
	}
}

static void assert_decodes(const char *bytes, size_t len, const char *text)
{
	struct pf_op ops[32], expected[32];
	size_t n = pf_decode((const uint8_t *)bytes, len, ops, 32);

	assert_programs_equal(ops, n, expected, parse(text, expected, 32));
}

static void test_decode_corner_cases(void **state)
{
	(void)state;
#define DECODES(bytes, text) assert_decodes(bytes, sizeof(bytes) - 1, text)
	DECODES("", "");
	DECODES("01234", "");
	/* Digits before the first opcode and surplus ones are nobody's. */
	DECODES("99\x9d\x33\x31\x30\x30\x35\x35\xe9", "free a3 cpu=1\ncheck");
	/* Unknown opcodes go, and their digits with them. */
	DECODES("\xf2\x33\x33\x9d\x31\xff\x4f\x33\xfd\xe9", "free a1\ncheck");
	/* Kinds from 250 on will never be. */
	DECODES("\xff\x67\x33\xff\x4f\xff\x4f\x36\xe9", "check");
	/* The digit that names a kind may be missing. */
	DECODES("\xfe\xe9", "run a0\ncheck");
	/* All opcodes of a run mean the same. */
	DECODES("\x85\x31\x9c\x31", "alloc a1 order=0\nalloc a1 order=0");
	/* Out of range: modulo max + 1. */
	DECODES("\x85\x31\x23", "alloc a1 order=0");
	DECODES("\x85\x31\x24\x33", "alloc a1 order=1 unmovable");
	DECODES("\xb5\x4f\x4f\x4f", "split a262143");
	DECODES("\xed\x31\x71\x70\x38", "exact a1 count=0");
	DECODES("\xe5\x33\x4f\x4f\x4f\x4f\x4f\x34", "tune extfrag_threshold=1073741823");
	/* No more digits than the largest value has: the next one is the next number's. */
	DECODES("\x85\x31\x72\x31", "alloc a1 order=2 movable");
	DECODES("\xb9\x35\x70\x70\x70\x70\x70\x70\x31", "contig a5 at=0 pages=1");
	/* Longer than needed. */
	DECODES("\x9d\x73\x30\x31", "free a3 cpu=1");
	/* Cut off within a number. */
	DECODES("\x9d\x73", "free a3");
	DECODES("\xb9\x35\x70\xe9", "contig a5 at=0\ncheck");
	/* Configuration behind another operation is dropped, with its digits. */
	DECODES("\x80\x30\x31\x9d\x31\x80\x30\x32\x9d\x32", "config pages=1\nfree a1\nfree a2");
	/* But not behind an unknown opcode. */
	DECODES("\xff\x4f\x80\x30\x31\xe9", "config pages=1\ncheck");
	DECODES("\xfe\x35\x30\x31\xe9\xfe\x35\x30\x32", "later at=0 pages=1\ncheck");
#undef DECODES
}

static void test_decode_total(void **state)
{
	struct pf_rng rng = {1};

	(void)state;
	for (unsigned round = 0; round < 400; round++) {
		size_t len = pf_rng_below(&rng, round % 4 ? 64 : 400), n, limit;
		struct pf_op expected[400], *ops;
		uint8_t *buf;

		uint8_t bytes[400];
		random_bytes(bytes, len, &rng);
		for (size_t prefix = round % 8 ? len : 0; prefix <= len; prefix++) {
			/* Exact sizes on the heap, so that ASan sees a byte too much. */
			buf = malloc(prefix ? prefix : 1);
			memcpy(buf, bytes, prefix);
			n = reference_decode(buf, prefix, expected);
			assert_true(n <= prefix);
			assert_canonical(expected, n);
			limit = pf_rng_below(&rng, 3) ? n : pf_rng_below(&rng, n + 1);
			ops = malloc(limit ? limit * sizeof(*ops) : 1);
			assert_programs_equal(ops, pf_decode(buf, prefix, ops, limit), expected,
					      limit);
			free(ops);
			ops = malloc(prefix ? prefix * sizeof(*ops) : 1);
			assert_programs_equal(ops, pf_decode(buf, prefix, ops, prefix), expected,
					      n);
			free(ops);
			free(buf);
		}
	}
	assert_int_equal(pf_decode(NULL, 0, NULL, 0), 0);
}

static void test_bytes_round_trip(void **state)
{
	static uint8_t buf[MAX_OPS * PF_OP_BYTES_MAX], again[MAX_OPS * PF_OP_BYTES_MAX];
	static struct pf_op ops[MAX_OPS], back[MAX_OPS];
	struct pf_rng rng = {2};

	(void)state;
	for (unsigned round = 0; round < 1000; round++) {
		size_t n = random_program(ops, pf_rng_below(&rng, 64), &rng);
		size_t len, nr_back, used, cap, total = 0;

		assert_canonical(ops, n);
		len = pf_encode(ops, n, buf, sizeof(buf), &used);
		assert_int_equal(used, n);
		nr_back = pf_decode(buf, len, back, MAX_OPS);
		assert_programs_equal(ops, n, back, nr_back);
		for (size_t i = 0; i < n; i++)
			total += pf_op_bytes(&ops[i]);
		assert_int_equal(total, len);

		/* A cap drops whole operations from the tail and writes no byte beyond. */
		cap = pf_rng_below(&rng, len + 1);
		memset(again, 0xa5, sizeof(again));
		total = pf_encode(ops, n, again, cap, &used);
		assert_true(total <= cap);
		assert_memory_equal(again, buf, total);
		assert_int_equal(again[total], 0xa5);
		nr_back = pf_decode(again, total, back, MAX_OPS);
		assert_programs_equal(ops, used, back, nr_back);
		if (used < n)
			assert_true(total + pf_op_bytes(&ops[used]) > cap);

		/* What encodes anything decodes to a fixed point. */
		random_bytes(buf, 100, &rng);
		n = pf_decode(buf, 100, ops, MAX_OPS);
		len = pf_encode(ops, n, buf, sizeof(buf), NULL);
		assert_true(len <= 100);
		nr_back = pf_decode(buf, len, back, MAX_OPS);
		assert_programs_equal(ops, n, back, nr_back);
		assert_int_equal(pf_encode(back, nr_back, again, sizeof(again), NULL), len);
		assert_memory_equal(buf, again, len);
	}
}

static void test_encode_canonicalises(void **state)
{
	struct pf_op ops[] = {
		{.kind = PF_OP_ALLOC, .slot = 1, .arg = {21, 5}},
		{.kind = PF_OP_CONFIG, .arg = {0, 9}},
		{.kind = PF_OP_CHECK, .slot = 7, .arg = {1, 1, 1, 1, 1, 1}},
		{.kind = PF_NR_OPS + PF_OP_FREE, .slot = PF_NR_SLOTS + 2},
	};
	struct pf_op expected[4], back[4];
	uint8_t buf[64];
	size_t n = parse("alloc a1 order=2 reclaimable\ncheck\nfree a2", expected, 4), used;
	size_t len = pf_encode(ops, 4, buf, sizeof(buf), &used);

	(void)state;
	assert_int_equal(used, 4);
	assert_programs_equal(expected, n, back, pf_decode(buf, len, back, 4));
	len = pf_program_canonical(ops, 4);
	assert_programs_equal(expected, n, ops, len);
}

static void test_text_round_trip(void **state)
{
	static struct pf_op ops[MAX_OPS], back[MAX_OPS];
	static char text[MAX_OPS * PF_TEXT_LINE_MAX], again[MAX_OPS * PF_TEXT_LINE_MAX];
	struct pf_rng rng = {3};
	struct pf_text_error err;

	(void)state;
	for (unsigned round = 0; round < 500; round++) {
		size_t n = random_program(ops, pf_rng_below(&rng, 64), &rng), len, nr_back, cap;

		len = pf_print(ops, n, text, sizeof(text));
		assert_int_equal(strlen(text), len);
		assert_true(pf_is_text((uint8_t *)text, len));
		if (!pf_parse(text, len, back, n, &nr_back, &err))
			fail_msg("line %zu: %s", err.line, err.message);
		assert_programs_equal(ops, n, back, nr_back);
		assert_int_equal(pf_print(back, nr_back, again, sizeof(again)), len);
		assert_string_equal(text, again);

		/* Cut like snprintf(). */
		cap = pf_rng_below(&rng, len + 2);
		memset(again, '@', sizeof(again));
		assert_int_equal(pf_print(ops, n, again, cap), len);
		assert_int_equal(again[cap], '@');
		if (cap) {
			assert_int_equal(strlen(again), cap - 1 < len ? cap - 1 : len);
			assert_memory_equal(again, text, strlen(again));
		}
		for (size_t i = 0; i < n; i++)
			assert_true(pf_print_op(&ops[i], NULL, 0) < PF_TEXT_LINE_MAX);
	}
	/* Every value of every operand, symbols and numbers. */
	for (unsigned kind = 0; kind < PF_NR_OPS; kind++)
		for (unsigned arg = 0; arg < pf_op_info[kind].nr_operands; arg++)
			for (uint64_t i = 0, v; i < 400; i++) {
				/* The first ones, then beside all powers of two. */
				v = i < 300 ? i : (1ull << (i - 300) / 3) + i % 3 - 1;
				if (v > pf_op_info[kind].operand[arg].max)
					continue;
				ops[0] = (struct pf_op){.kind = kind};
				ops[0].arg[arg] = v;
				pf_print(ops, 1, text, sizeof(text));
				assert_programs_equal(ops, 1, back, parse(text, back, 1));
			}
}

static void test_parse_leniency(void **state)
{
	struct pf_op a[8], b[8];

	(void)state;
#define SAME(x, y) assert_programs_equal(a, parse(x, a, 8), b, parse(y, b, 8))
	SAME("alloc a3 order=2 movable\nfree a3\n", "alloc a3 order=2 movable\nfree a3");
	SAME("# a comment\r\n\r\n  \talloc   a3 movable order=2 \t# why\r\nfree a3#x\r\n",
	     "alloc a3 order=2 movable\nfree a3");
	SAME("alloc a3 order=2 mobility=1 gfp=1 zone=3",
	     "alloc a3 order=2 mobility=movable gfp=atomic zone=normal");
	SAME("config 0=512\nconfig 9=1", "config pages=512\nconfig 9=1");
	SAME("alloc a3", "alloc a3 order=0 unmovable gfp=kernel cpu=0 node=0 zone=any");
	SAME("tune 4=50", "tune compaction_proactiveness=50");
	SAME("compact", "compact order=0 async partly node=0");
	SAME("check", "\n\n   check   \n#");
	SAME("alloc a0x1f order=0x0A gfp=0x1 bits=1056",
	     "alloc a31 order=10 gfp=atomic bits=0x420");
	SAME("config base=0xFFFFFFFF", "config base=4294967295");
	SAME("config 0x0=0x10", "config pages=16");
	/* A byte order mark, and anything in comments: UTF-8, and what once was Latin-1. */
	SAME("\xef\xbb\xbf# \xc3\xbc\ncheck # \xfc\n", "check");
	SAME("\xef\xbb\277check#\xe2\x86\x92", "check");
#undef SAME
	assert_int_equal(parse("", a, 0), 0);
	assert_int_equal(parse("# nothing\n\n", a, 0), 0);
}

static void test_parse_errors(void **state)
{
	static const struct {
		const char *text;
		size_t line;
		const char *message;
	} wrong[] = {
		{"alocc a3", 1, "unknown operation 'alocc'; did you mean 'alloc'?"},
		{"check\n\nfrobnicate\n", 3,
		 "unknown operation 'frobnicate'; expected one such as 'alloc a3 order=2'"},
		{"alloc", 1, "alloc: expected a slot a0..a262143, got nothing"},
		{"alloc order=2", 1, "alloc: expected a slot a0..a262143, got 'order=2'"},
		{"free a262144", 1, "free: expected a slot a0..a262143, got 'a262144'"},
		{"free a", 1, "free: expected a slot a0..a262143, got 'a'"},
		{"free a-1", 1, "free: expected a slot a0..a262143, got 'a-1'"},
		{"free a99999999999999999999", 1,
		 "free: expected a slot a0..a262143, got 'a99999999999999999999'"},
		{"alloc a1 order=19", 1, "order '19': expected 0..18"},
		{"alloc a1 order=", 1, "order '': expected 0..18"},
		{"alloc a1 order=x", 1, "order 'x': expected 0..18"},
		{"alloc a1 mobility=3", 1,
		 "mobility '3': expected unmovable|movable|reclaimable or 0..2"},
		{"alloc a1 gfp=16", 1,
		 "gfp '16': expected kernel|atomic|nowait|none|high|memalloc|noretry|mayfail|"
		 "thisnode|comp|zero|nofs|noio|emergency|atomic_comp|thp or 0..15"},
		{"alloc a1 order=1 order=1", 1, "alloc: order is given twice"},
		{"alloc a1 movable unmovable", 1, "alloc: mobility is given twice"},
		{"alloc a1 movble", 1,
		 "alloc: unexpected 'movble'; it takes order= unmovable|movable|reclaimable gfp= "
		 "cpu= node= zone= bits="},
		{"alloc a1 a2", 1,
		 "alloc: unexpected 'a2'; it takes order= unmovable|movable|reclaimable gfp= cpu= "
		 "node= zone= bits="},
		{"run a1 a2", 1,
		 "run: unexpected 'a2'; it takes pages= align= from= to= bottom|top "
		 "unmovable|movable|reclaimable gfp= cpu= node= zone= bits="},
		{"alloc a1 order=0x", 1, "order '0x': expected 0..18"},
		{"alloc a1 order=0x1g", 1, "order '0x1g': expected 0..18"},
		{"alloc a1 order=1f", 1, "order '1f': expected 0..18"},
		{"alloc a1 bits=0x100000000", 1, "bits '0x100000000': expected 0..4294967295"},
		{"alloc a1 bits=99999999999999999999999999", 1,
		 "bits '999999999999999999999999...': expected 0..4294967295"},
		{"pin a1 order=1", 1, "pin: unexpected 'order=1'; it takes only a slot"},
		{"check a1", 1, "check: unexpected 'a1'; it takes no operands"},
		{"config pages", 1, "config: expected key=value, got 'pages'"},
		{"config", 1, "config: expected key=value, got nothing"},
		{"config pages=4294967296", 1, "value '4294967296': expected 0..4294967295"},
		{"config pages=1 cpus=2", 1,
		 "config: unexpected 'cpus=2'; it takes one key=value a line"},
		{"config page=1", 1,
		 "key 'page': expected pages|pageblock_order|max_order|cpus|start|min|scale|base "
		 "or 0..31"},
		{"# first\nfree a1\ncheck\nconfig pages=64", 4,
		 "config is configuration: it must stand before the operation in line 2"},
		{"check\ncaf\xc3\xa9 # \xc3\xa9", 2,
		 "byte 0xc3; outside comments text is plain ASCII: write it so, or put it behind "
		 "a '#'"},
		/* Only at the very beginning. */
		{"check\n\xef\xbb\277check", 2,
		 "byte 0xef; outside comments text is plain ASCII: write it so, or put it behind "
		 "a '#'"},
		{"check\nlater at=1 pages=1", 2,
		 "later is configuration: it must stand before the operation in line 1"},
		{"\x1b[31mred", 1,
		 "unknown operation '?[31mred'; expected one such as 'alloc a3 order=2'"},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 1,
		 "unknown operation 'aaaaaaaaaaaaaaaaaaaaaaaa...'; expected one such as "
		 "'alloc a3 order=2'"},
	};
	struct pf_text_error err;
	struct pf_op ops[8];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_false(pf_parse(wrong[i].text, strlen(wrong[i].text), ops, 8, &n, &err));
		assert_string_equal(err.message, wrong[i].message);
		assert_int_equal(err.line, wrong[i].line);
		assert_true(strlen(err.message) < sizeof(err.message) - 1);
	}
	assert_false(pf_parse("check # \0", 9, ops, 8, &n, &err));
	assert_string_equal(err.message, "a NUL character; is this a text file?");
	assert_false(pf_parse("check\n\0", 7, ops, 8, &n, &err));
	assert_string_equal(err.message, "a NUL character; is this a text file?");
	assert_int_equal(err.line, 2);
	assert_int_equal(n, 1);
	assert_false(pf_parse("check\ncheck\ncheck", 17, ops, 2, &n, &err));
	assert_string_equal(err.message, "too many operations; there is room for 2");
	assert_int_equal(err.line, 3);
	assert_int_equal(n, 2);
}

/* Broken text never crashes, and whatever is accepted is canonical. */
static void test_parse_total(void **state)
{
	static const char alphabet[] = "a0123 =\t\n#movablefixcpu";
	static char text[4096];
	struct pf_rng rng = {4};
	struct pf_text_error err;
	struct pf_op ops[64];
	size_t n, nr, len;
	char *copy;

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		n = random_program(ops, 12, &rng);
		len = pf_print(ops, n, text, sizeof(text));
		for (unsigned i = pf_rng_below(&rng, 4); i && len; i--) {
			size_t at = pf_rng_below(&rng, len);

			if (pf_rng_below(&rng, 2))
				text[at] = alphabet[pf_rng_below(&rng, sizeof(alphabet))];
			else if (pf_rng_below(&rng, 2))
				text[at] = pf_rng_next(&rng);
			else
				len = at;
		}
		copy = malloc(len ? len : 1);
		memcpy(copy, text, len);
		if (!pf_parse(copy, len, ops, 64, &nr, &err)) {
			assert_true(err.message[0]);
			assert_true(strlen(err.message) < sizeof(err.message) - 1);
			assert_in_range(err.line, 1, 13);
			for (const char *c = err.message; *c; c++)
				assert_in_range(*c, ' ', '~');
		}
		free(copy);
		assert_canonical(ops, nr);
	}
}

static void test_is_text(void **state)
{
	/* One byte that is no ASCII makes no program out of text. */
	static const char *const text[] = {
		"",
		"frobnicate a1",
		"# f\xfcr \xe9",
		"\n \t# f\xfcr",
		"\xef\xbb\xbf# \xc3\xbc",
		"\xef\xbb\xbf \r\nalloc a1 \xe4",
		"free a1 # \xe9\nfree a2",
		"check\n\xe4",
		"check# \xe4",
		"later\tat=1 \x80",
		"config",
	};
	static const char *const bytes[] = {
		"\xe9",	   "\xef\xbb\xbf", "\xef\xbb\277checks \xe9", "checks \xe9", "check\xe9",
		"1# \xe9", "alloc\xc4 a1",
	};
	struct pf_rng rng = {5};
	struct pf_op ops[16];
	uint8_t buf[16 * PF_OP_BYTES_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		assert_true(pf_is_text((const uint8_t *)text[i], strlen(text[i])));
	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++)
		assert_false(pf_is_text((const uint8_t *)bytes[i], strlen(bytes[i])));
	assert_true(pf_is_text(NULL, 0));
	for (unsigned round = 0; round < 3000; round++) {
		size_t n = random_program(ops, 1 + pf_rng_below(&rng, 8), &rng);

		assert_false(pf_is_text(buf, pf_encode(ops, n, buf, sizeof(buf), NULL)));
	}
}

static void assert_unscaled(const struct pf_op *ops, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (ops[i].kind == PF_OP_CONFIG) {
			assert_true(ops[i].arg[PF_CONFIG_KEY] != PF_CONFIG_SCALE);
			if (ops[i].arg[PF_CONFIG_KEY] == PF_CONFIG_PAGES)
				assert_in_range(ops[i].arg[PF_CONFIG_VALUE], 64,
						PF_MUTATE_MAX_PAGES);
		} else if (ops[i].kind == PF_OP_ZONE) {
			assert_in_range(ops[i].arg[PF_ZONE_PAGES], 1, PF_MUTATE_MAX_PAGES);
		}
	}
}

/* Memory is full before single pages are freed, and what is asked for is as large as what was. */
static void test_scattered(void **state)
{
	struct pf_rng rng = {21};
	struct pf_op ops[700], guard;
	size_t full = 0, asked = 0, repeated = 0;

	(void)state;
	memset(&guard, 0xa5, sizeof(guard));
	for (unsigned round = 0; round < 1000; round++) {
		size_t cap = round % 4 ? 699 : pf_rng_below(&rng, 100), n, frees = 0, same = 0;
		uint32_t filled = 0;
		struct pf_layout l;

		ops[cap] = guard;
		n = pf_generate_scattered(ops, cap, &rng);
		assert_true(n <= cap);
		assert_memory_equal(&ops[cap], &guard, sizeof(guard));
		assert_canonical(ops, n);
		assert_unscaled(ops, n);
		pf_layout_build(&l, ops, n);
		for (size_t i = pf_program_config(ops, n); i < n; i++) {
			if (ops[i].kind == PF_OP_BULK && !frees)
				filled += ops[i].arg[PF_BULK_COUNT];
			if (ops[i].kind == PF_OP_ALLOC && !frees &&
			    ops[i].arg[PF_ALLOC_GFP] == PF_GFP_SET_EMERGENCY)
				filled++;
			frees += ops[i].kind == PF_OP_FREE;
			if (frees && (ops[i].kind == PF_OP_ALLOC || ops[i].kind == PF_OP_COMPACT))
				asked += ops[i].arg[0] > 0 && 2u << ops[i].arg[0] <= frees;
			same = ops[i].kind == PF_OP_ALLOC && ops[i - 1].kind == PF_OP_ALLOC &&
					       ops[i].arg[0] == ops[i - 1].arg[0]
				       ? same + 1
				       : 0;
			repeated += same == 64;
		}
		full += filled >= pf_layout_pages(&l);
	}
	assert_in_range(full, 600, 1000);
	assert_true(asked > 1000);
	assert_true(repeated > 20);
}

static void test_generate(void **state)
{
	struct pf_rng rng = {6};
	struct pf_op ops[100], guard;
	size_t total = 0, count[PF_NR_OPS] = {0}, hits = 0, frees = 0, sized = 0;
	size_t order[PF_NR_ORDERS] = {0}, bits = 0, later[2] = {0}, wide = 0, values = 0, high = 0;

	(void)state;
	memset(&guard, 0xa5, sizeof(guard));
	for (unsigned round = 0; round < 1000; round++) {
		size_t cap = pf_rng_below(&rng, 100), want = pf_rng_below(&rng, 120), n;
		bool live[256] = {false};

		ops[cap] = guard;
		n = pf_generate(ops, want, cap, &rng);
		want = want ? want : 1;
		assert_int_equal(n, want < cap ? want : cap);
		assert_memory_equal(&ops[cap], &guard, sizeof(guard));
		assert_canonical(ops, n);
		assert_unscaled(ops, n);
		for (size_t i = 0; i < n; i++) {
			const struct pf_op *op = &ops[i];

			total++;
			count[op->kind]++;
			if (op->kind == PF_OP_CONFIG && op->arg[0] == PF_CONFIG_PAGES)
				sized++;
			if (op->kind == PF_OP_ALLOC)
				order[op->arg[PF_ALLOC_ORDER]]++;
			if (op->kind == PF_OP_FREE) {
				frees++;
				hits += op->slot < 256 && live[op->slot];
			}
			if (op->slot < 256 &&
			    (op->kind == PF_OP_ALLOC || op->kind == PF_OP_BULK ||
			     op->kind == PF_OP_CONTIG || op->kind == PF_OP_EXACT ||
			     op->kind == PF_OP_RUN || op->kind == PF_OP_TAKE))
				live[op->slot] = true;
			bits += op->kind == PF_OP_ALLOC && op->arg[PF_ALLOC_BITS];
			if (op->kind == PF_OP_TRIM || op->kind == PF_OP_RESIZE)
				later[op->slot < 256 && live[op->slot]]++;
			for (unsigned arg = 0; arg < PF_OP_ARGS && op->kind != PF_OP_CONFIG;
			     arg++) {
				values += op->arg[arg] != 0;
				wide += op->arg[arg] > 16383 &&
					op->arg[arg] != op->arg[PF_ALLOC_BITS];
			}
			if (op->kind == PF_OP_FREE && op->slot < 256)
				live[op->slot] = false;
		}
	}
	for (unsigned kind = 0; kind < PF_NR_OPS; kind++)
		assert_true(count[kind] > 2);
	assert_in_range(count[PF_OP_ALLOC], total / 8, total / 2);
	assert_in_range(count[PF_OP_FREE], total / 10, total / 3);
	assert_in_range(count[PF_OP_COMPACT], total / 50, total / 8);
	/* Most frees free something, some nothing; most zones have the default size. */
	assert_in_range(hits, frees / 2, frees - frees / 100);
	assert_in_range(sized, 50, 400);
	for (unsigned i = 0; i < PF_NR_ORDERS; i++) {
		assert_true(i > 10 || order[i] > 30);
		high += i > 10 ? order[i] : 0;
	}
	assert_in_range(high, 50, count[PF_OP_ALLOC] / 20);
	/* Now and then a flag more; what works on runs mostly finds something. */
	assert_in_range(bits, count[PF_OP_ALLOC] / 50, count[PF_OP_ALLOC] / 10);
	assert_true(later[1] > later[0]);
	/* What is invented is small. */
	assert_true(wide < values / 200);
	assert_true(order[0] > order[1] && order[1] > order[3]);
}

static void test_rng(void **state)
{
	/* From the published reference implementation of splitmix64, seed 1234567. */
	static const uint64_t golden[] = {6457827717110365317u, 3203168211198807973u,
					  9817491932198370423u};
	struct pf_rng rng = {1234567};
	unsigned count[7] = {0};

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_true(pf_rng_next(&rng) == golden[i]);
	for (unsigned i = 0; i < 7000; i++)
		count[pf_rng_below(&rng, 7)]++;
	for (unsigned i = 0; i < 7; i++)
		assert_in_range(count[i], 850, 1150);
}

static void test_mutate(void **state)
{
	static struct pf_op ops[MAX_OPS], before[MAX_OPS], twin[MAX_OPS];
	struct pf_rng rng = {7}, one, two;
	size_t changed = 0, longer = 0, shorter = 0, rounds = 4000;
	struct pf_op guard;

	(void)state;
	memset(&guard, 0xa5, sizeof(guard));
	for (unsigned round = 0; round < rounds; round++) {
		size_t cap = round % 4 ? pf_rng_below(&rng, 200) : round / 4 % 8;
		size_t n = pf_rng_below(&rng, cap + 1), after;

		n = round % 2 ? random_program(ops, n, &rng)
		    : n	      ? pf_generate(ops, n, cap, &rng)
			      : 0;
		memcpy(before, ops, sizeof(ops));
		memcpy(twin, ops, sizeof(ops));
		ops[cap] = guard;
		one = two = (struct pf_rng){round};
		after = pf_mutate(ops, n, cap, &one);
		assert_memory_equal(&ops[cap], &guard, sizeof(guard));
		assert_in_range(after, cap ? 1 : 0, cap);
		assert_canonical(ops, after);
		if (round % 2 == 0)
			assert_unscaled(ops, after);
		assert_programs_equal(ops, after, twin, pf_mutate(twin, n, cap, &two));
		longer += after > n;
		shorter += after < n;
		changed += after != n;
		for (size_t i = 0; i < n && after == n; i++)
			if (!pf_op_equal(&ops[i], &before[i])) {
				changed++;
				break;
			}
	}
	assert_true(changed > rounds * 9 / 10);
	assert_true(longer > rounds / 4);
	assert_true(shorter > rounds / 10);

	/* A length above the capacity is cut. */
	parse("free a1\nfree a2\nfree a3\nfree a4", ops, 4);
	one = (struct pf_rng){1};
	assert_in_range(pf_mutate(ops, 4, 2, &one), 1, 2);
}

/* From one operation, mutation alone gets everywhere. */
static void test_mutate_reaches_all(void **state)
{
	static struct pf_op ops[64];
	struct pf_rng rng = {8};
	bool kind[PF_NR_OPS] = {false}, config[PF_NR_CONFIG_KEYS] = {false};
	size_t n = 0;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		n = pf_mutate(ops, n, 64, &rng);
		for (size_t i = 0; i < n; i++) {
			kind[ops[i].kind] = true;
			if (ops[i].kind == PF_OP_CONFIG)
				config[ops[i].arg[0]] = true;
		}
	}
	assert_canonical(ops, n);
	for (unsigned i = 0; i < PF_NR_OPS; i++)
		assert_true(kind[i]);
	for (unsigned i = 0; i < PF_NR_CONFIG_KEYS; i++)
		assert_int_equal(config[i], i != PF_CONFIG_SCALE);
}

static void test_splice(void **state)
{
	static struct pf_op a[64], b[64], out[160], twin[160];
	struct pf_rng rng = {9}, one, two;
	size_t from_both = 0, rounds = 3000;
	struct pf_op guard;

	(void)state;
	memset(&guard, 0xa5, sizeof(guard));
	for (unsigned round = 0; round < rounds; round++) {
		size_t na = random_program(a, pf_rng_below(&rng, 40), &rng);
		size_t nb = random_program(b, pf_rng_below(&rng, 40), &rng);
		size_t cap = pf_rng_below(&rng, round % 2 ? 4 : 150), n;
		bool has_a = false, has_b = false;

		/* Marks that say where an operation is from. */
		for (size_t i = 0; i < na; i++)
			if (pf_op_info[a[i].kind].has_slot)
				a[i].slot = 1000;
		for (size_t i = 0; i < nb; i++)
			if (pf_op_info[b[i].kind].has_slot)
				b[i].slot = 2000;
		out[cap] = guard;
		one = two = (struct pf_rng){round};
		n = pf_splice(a, na, b, nb, out, cap, &one);
		assert_memory_equal(&out[cap], &guard, sizeof(guard));
		assert_true(n <= cap);
		assert_true(n || !cap || !(na + nb));
		assert_canonical(out, n);
		assert_programs_equal(out, n, twin, pf_splice(a, na, b, nb, twin, cap, &two));
		for (size_t i = 0; i < n; i++) {
			has_a |= out[i].slot == 1000;
			has_b |= out[i].slot == 2000;
		}
		from_both += has_a && has_b;
	}
	assert_true(from_both > rounds / 5);
}

#define CANARY 8

static void assert_canonical_bytes(const uint8_t *buf, size_t len)
{
	static struct pf_op ops[MAX_OPS];
	static uint8_t again[MAX_OPS * PF_OP_BYTES_MAX];
	size_t n = pf_decode(buf, len, ops, MAX_OPS);

	assert_int_equal(pf_encode(ops, n, again, sizeof(again), NULL), len);
	assert_memory_equal(buf, again, len);
}

static void test_mutate_bytes(void **state)
{
	static struct pf_op work[MAX_OPS + 1], guard;
	static uint8_t mem[512 + 2 * CANARY], twin[512], old[512];
	uint8_t *buf = mem + CANARY;
	struct pf_rng rng = {10};
	size_t smaller = 0, tries = 0, tails, own;

	(void)state;
	memset(&guard, 0xa5, sizeof(guard));
	for (unsigned round = 0; round < 6000; round++) {
		size_t len = pf_rng_below(&rng, 256);
		size_t cap = 1 + pf_rng_below(&rng, round % 3 ? 256 : 4), end, after;
		size_t nr_work = round % 5 ? MAX_OPS : 1 + pf_rng_below(&rng, 20);
		struct pf_op ops[128];

		memset(mem, 0x5a, sizeof(mem));
		work[nr_work] = guard;
		if (round % 2)
			random_bytes(buf, len, &rng);
		else
			len = pf_encode(ops, pf_generate(ops, 1 + len / 4, 128, &rng), buf, len,
					NULL);
		end = len > cap ? len : cap;
		memset(buf + end, 0x5a, 512 - end);
		memcpy(old, buf, 512);
		memcpy(twin, buf, 512);
		after = pf_mutate_bytes(buf, len, cap, round, work, nr_work);
		assert_in_range(after, 1, cap);
		assert_memory_equal(&work[nr_work], &guard, sizeof(guard));
		for (size_t i = 0; i < CANARY; i++)
			assert_int_equal(mem[i], 0x5a);
		/* Behind cap only what was there already. */
		assert_memory_equal(buf + cap, old + cap, 512 - cap);
		assert_canonical_bytes(buf, after);
		assert_int_equal(pf_mutate_bytes(twin, len, cap, round, work, nr_work), after);
		assert_memory_equal(buf, twin, after);
		work[nr_work] = (struct pf_op){0};
		if (len > cap && round % 2 == 0 && cap > 32 && nr_work == MAX_OPS) {
			tries++;
			smaller += after + 16 > cap;
		}
	}
	/* What is asked for less mostly keeps nothing but its own, and not only its head. */
	tails = own = 0;
	for (unsigned round = 0; round < 400; round++) {
		struct pf_op ops[30];
		size_t len, n;

		for (n = 0; n < (round % 2 ? 30 : 2); n++)
			ops[n] = (struct pf_op){.kind = PF_OP_PIN, .slot = 100001 + n};
		len = pf_encode(ops, n, buf, 512, NULL);
		len = pf_mutate_bytes(buf, len, round % 2 ? 80 : 1, round, work, MAX_OPS);
		n = pf_decode(buf, len, ops, 30);
		tails += ops[n - 1].slot == 100030;
		own += round % 2 == 0 && ops[0].kind == PF_OP_PIN;
	}
	assert_true(tails > 50 && own > 140);
	/* Shrinking takes away hardly more than it has to. */
	assert_true(tries > 50 && smaller > tries / 2);
	assert_int_equal(pf_mutate_bytes(buf, 10, 0, 1, work, MAX_OPS), 0);
	assert_int_equal(pf_mutate_bytes(buf, 0, 1, 1, work, MAX_OPS), 1);
}

static void test_splice_bytes(void **state)
{
	static struct pf_op work[MAX_OPS + 1], guard;
	static uint8_t a[256], b[256], mem[512 + 2 * CANARY], twin[512];
	uint8_t *out = mem + CANARY;
	struct pf_rng rng = {11};

	(void)state;
	memset(&guard, 0xa5, sizeof(guard));
	for (unsigned round = 0; round < 3000; round++) {
		size_t na = pf_rng_below(&rng, 256), nb = pf_rng_below(&rng, 256);
		size_t cap = 1 + pf_rng_below(&rng, round % 3 ? 512 : 4), n;
		size_t nr_work = round % 5 ? MAX_OPS : 3 + pf_rng_below(&rng, 20);

		random_bytes(a, na, &rng);
		random_bytes(b, nb, &rng);
		memset(mem, 0x5a, sizeof(mem));
		work[nr_work] = guard;
		n = pf_splice_bytes(a, na, b, nb, out, cap, round, work, nr_work);
		assert_in_range(n, 1, cap);
		assert_memory_equal(&work[nr_work], &guard, sizeof(guard));
		for (size_t i = 0; i < CANARY; i++) {
			assert_int_equal(mem[i], 0x5a);
			assert_int_equal(out[cap + i], 0x5a);
		}
		assert_canonical_bytes(out, n);
		assert_int_equal(pf_splice_bytes(a, na, b, nb, twin, cap, round, work, nr_work), n);
		assert_memory_equal(out, twin, n);
		work[nr_work] = (struct pf_op){0};
	}
	assert_int_equal(pf_splice_bytes(a, 0, b, 0, out, 1, 1, work, MAX_OPS), 1);
}

/* The measure of reduce.h: is a less than b? */
static bool is_less(const struct pf_op *a, size_t na, const struct pf_op *b, size_t nb)
{
	uint64_t args_a = 0, args_b = 0, slots_a = 0, slots_b = 0;

	if (na != nb)
		return na < nb;
	for (size_t i = 0; i < na; i++) {
		slots_a += a[i].slot;
		slots_b += b[i].slot;
		for (unsigned arg = 0; arg < PF_OP_ARGS; arg++) {
			args_a += a[i].arg[arg];
			args_b += b[i].arg[arg];
		}
	}
	return args_a != args_b ? args_a < args_b : slots_a < slots_b;
}

typedef bool predicate(const struct pf_op *ops, size_t n);

/* A block of order 2 or more is pinned, memory compacted with sync, the block freed. */
static bool has_core(const struct pf_op *ops, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned stage = 1;

		if (ops[i].kind != PF_OP_ALLOC || ops[i].arg[PF_ALLOC_ORDER] < 2)
			continue;
		for (size_t j = i + 1; j < n; j++) {
			if (stage == 1 && ops[j].kind == PF_OP_PIN && ops[j].slot == ops[i].slot)
				stage = 2;
			else if (stage == 2 && ops[j].kind == PF_OP_COMPACT &&
				 ops[j].arg[PF_COMPACT_MODE] == 2)
				stage = 3;
			else if (stage == 3 && ops[j].kind == PF_OP_FREE &&
				 ops[j].slot == ops[i].slot)
				return true;
		}
	}
	return false;
}

/* Of the memory only a small zone does, and at least 5 blocks must be allocated. */
static bool needs_config(const struct pf_op *ops, size_t n)
{
	unsigned allocs = 0;
	bool zone = false;

	for (size_t i = 0; i < n; i++) {
		zone |= ops[i].kind == PF_OP_CONFIG && ops[i].arg[0] == PF_CONFIG_PAGES &&
			ops[i].arg[1] >= 100;
		allocs += ops[i].kind == PF_OP_ALLOC;
	}
	return zone && allocs >= 5;
}

static bool never(const struct pf_op *ops, size_t n)
{
	(void)ops;
	(void)n;
	return false;
}

static bool always(const struct pf_op *ops, size_t n)
{
	(void)ops;
	(void)n;
	return true;
}

/* Reduce and check every promise on the way; returns the number of candidates. */
static size_t reduce(struct pf_reduce *r, enum pf_reduce_effort effort, const struct pf_op *ops,
		     size_t n, predicate *keep)
{
	static struct pf_op work[PF_REDUCE_WORK(MAX_OPS) + 1], guard, best[MAX_OPS];
	size_t nr_best = n, tries = 0, nr;
	const struct pf_op *candidate;

	memset(&guard, 0xa5, sizeof(guard));
	work[PF_REDUCE_WORK(n)] = guard;
	memcpy(best, ops, n * sizeof(*ops));
	pf_reduce_init(r, effort, work, ops, n);
	while (pf_reduce_next(r, &candidate, &nr)) {
		bool kept = keep(candidate, nr);

		assert_true(nr > 0);
		assert_canonical(candidate, nr);
		assert_true(is_less(candidate, nr, best, nr_best));
		assert_true(pf_reduce_steps(r) > 0);
		if (kept) {
			memcpy(best, candidate, nr * sizeof(*candidate));
			nr_best = nr;
		}
		pf_reduce_report(r, kept);
		assert_programs_equal(r->best, r->nr_best, best, nr_best);
		assert_true(++tries < 100000);
	}
	assert_memory_equal(&work[PF_REDUCE_WORK(n)], &guard, sizeof(guard));
	assert_int_equal(pf_reduce_steps(r), 0);
	assert_false(pf_reduce_next(r, &candidate, &nr));
	return tries;
}

/* Random operations around the lines of `core`, n in all. */
static size_t bury(struct pf_op *ops, size_t n, const char *core, struct pf_rng *rng)
{
	struct pf_op c[16];
	size_t nr_core = parse(core, c, 16), used = pf_program_config(c, nr_core);

	pf_generate(ops, n, n, rng);
	memcpy(ops, c, used * sizeof(*c));
	for (size_t i = 0; used < nr_core; i++)
		if (i >= (n - 1) / nr_core * (used + 1))
			ops[i] = c[used++];
	return pf_program_canonical(ops, n);
}

static void test_reduce_core(void **state)
{
	static struct pf_op ops[MAX_OPS];
	struct pf_rng rng = {12};
	struct pf_op expected[8];
	size_t n, nr_expected, tries;
	struct pf_reduce r;

	(void)state;
	nr_expected = parse("alloc a0 order=2\npin a0\ncompact sync\nfree a0", expected, 8);
	for (unsigned round = 0; round < 20; round++) {
		n = bury(ops, 300,
			 "alloc a77 order=9 movable gfp=thp\npin a77\n"
			 "compact order=9 sync whole\nfree a77 cpu=2",
			 &rng);
		assert_true(has_core(ops, n));
		tries = reduce(&r, PF_REDUCE_FULL, ops, n, has_core);
		assert_programs_equal(r.best, r.nr_best, expected, nr_expected);
		assert_true(tries < 1000);
		reduce(&r, PF_REDUCE_TRIM, ops, n, has_core);
		assert_int_equal(r.nr_best, 4);
	}
	nr_expected = parse("config pages=100\nalloc a0\nalloc a0\nalloc a0\nalloc a0\nalloc a0",
			    expected, 8);
	for (unsigned round = 0; round < 5; round++) {
		n = bury(ops, 200,
			 "config min=3\nconfig pages=700\nconfig cpus=2\nalloc a1 order=1\n"
			 "alloc a1\nalloc a1\nalloc a1\nalloc a1\nalloc a9",
			 &rng);
		assert_true(needs_config(ops, n));
		reduce(&r, PF_REDUCE_FULL, ops, n, needs_config);
		/* Which slots are left is a matter of luck. */
		for (size_t i = 0; i < r.nr_best; i++)
			r.best[i].slot = 0;
		assert_programs_equal(r.best, r.nr_best, expected, nr_expected);
	}
}

static void test_reduce_limits(void **state)
{
	static struct pf_op ops[MAX_OPS];
	struct pf_rng rng = {13};
	struct pf_reduce r;
	size_t tries, steps;

	(void)state;
	for (unsigned round = 0; round < 60; round++) {
		size_t n = random_program(ops, 1 + pf_rng_below(&rng, 80), &rng);

		if (!n)
			continue;
		for (int effort = PF_REDUCE_TRIM; effort <= PF_REDUCE_FULL; effort++) {
			static struct pf_op work[PF_REDUCE_WORK(MAX_OPS)];

			/* Nothing kept: the program stays, and the estimate was about right. */
			pf_reduce_init(&r, effort, work, ops, n);
			steps = pf_reduce_steps(&r);
			tries = reduce(&r, effort, ops, n, never);
			assert_programs_equal(r.best, r.nr_best, ops, n);
			assert_in_range(steps, tries / 3, 3 * tries + 16);
			/* Everything kept: one operation is left. */
			reduce(&r, effort, ops, n, always);
			assert_int_equal(r.nr_best, 1);
			assert_int_equal(effort == PF_REDUCE_FULL ? r.best[0].slot : 0, 0);
		}
	}
	assert_int_equal(reduce(&r, PF_REDUCE_FULL, ops, 0, always), 0);
	parse("check", ops, 1);
	assert_int_equal(reduce(&r, PF_REDUCE_FULL, ops, 1, always), 0);
}

/* Slot 77 is used, and every slot by an even number of operations. */
static bool is_balanced(const struct pf_op *ops, size_t n)
{
	unsigned count[256] = {0};

	for (size_t i = 0; i < n; i++)
		if (pf_op_info[ops[i].kind].has_slot)
			count[ops[i].slot % 256]++;
	for (unsigned i = 0; i < 256; i++)
		if (count[i] % 2)
			return false;
	return count[77];
}

/* Only when the order is 0 can the check go. */
static bool order_or_check(const struct pf_op *ops, size_t n)
{
	bool order = false, plain = false, check = false;

	for (size_t i = 0; i < n; i++) {
		order |= ops[i].kind == PF_OP_ALLOC && ops[i].arg[PF_ALLOC_ORDER];
		plain |= ops[i].kind == PF_OP_ALLOC && !ops[i].arg[PF_ALLOC_ORDER];
		check |= ops[i].kind == PF_OP_CHECK;
	}
	return plain || (order && check);
}

static bool big_value(const struct pf_op *ops, size_t n)
{
	return n == 2 && ops[0].arg[PF_CONFIG_VALUE] >= 20 && ops[1].arg[PF_TUNE_VALUE] >= 20;
}

static bool eight_pages(const struct pf_op *ops, size_t n)
{
	unsigned pages = 0;

	for (size_t i = 0; i < n; i++) {
		if (ops[i].kind == PF_OP_ALLOC)
			pages += 1u << ops[i].arg[PF_ALLOC_ORDER];
		if (ops[i].kind == PF_OP_BULK)
			pages += ops[i].arg[PF_BULK_COUNT];
	}
	return pages == 8;
}

static bool both_or_none(const struct pf_op *ops, size_t n)
{
	unsigned first = 0, check = 0, second = 0;

	for (size_t i = 0; i < n; i++) {
		first += ops[i].kind == PF_OP_DRAIN;
		second += ops[i].kind == PF_OP_TICK;
		check += ops[i].kind == PF_OP_CHECK;
	}
	return check == 1 && first == second;
}

/* What each stage is there for. */
static void test_reduce_stages(void **state)
{
	struct pf_op ops[64], expected[8], work[PF_REDUCE_WORK(64)];
	const struct pf_op *candidate;
	struct pf_reduce r;
	size_t n, nr;

	(void)state;
	/* The tail comes first. */
	for (n = 0; n < 64; n++)
		ops[n] = (struct pf_op){.kind = PF_OP_ALLOC, .slot = n};
	pf_reduce_init(&r, PF_REDUCE_TRIM, work, ops, n);
	assert_true(pf_reduce_next(&r, &candidate, &nr));
	assert_programs_equal(candidate, nr, ops, 32);
	pf_reduce_report(&r, false);
	assert_true(pf_reduce_next(&r, &candidate, &nr));
	assert_programs_equal(candidate, nr, ops, 48);

	/* All operations on a slot go at once. */
	for (n = 0; n < 64; n++)
		ops[n] = (struct pf_op){.kind = PF_OP_ALLOC, .slot = (n & 31) * 7};
	assert_int_equal(ops[11].slot, 77);
	reduce(&r, PF_REDUCE_TRIM, ops, n, is_balanced);
	assert_int_equal(r.nr_best, 2);

	/* A smaller operand opens the way for a second round; a trim has only one. */
	n = parse("alloc a0 order=3\ncheck", ops, 64);
	reduce(&r, PF_REDUCE_TRIM, ops, n, order_or_check);
	assert_int_equal(r.nr_best, 2);
	reduce(&r, PF_REDUCE_FULL, ops, n, order_or_check);
	assert_programs_equal(r.best, r.nr_best, expected, parse("alloc a0", expected, 8));

	/* Only so many pages count, not how many requests they are. */
	n = parse("alloc a0 order=2 movable\npin a0\nbulk a1 count=3\nalloc a2\nfree a1\ncheck",
		  ops, 64);
	reduce(&r, PF_REDUCE_FULL, ops, n, eight_pages);
	assert_int_equal(r.nr_best, 3);
	reduce(&r, PF_REDUCE_DEEP, ops, n, eight_pages);
	assert_programs_equal(r.best, r.nr_best, expected, parse("bulk a0 count=8", expected, 8));

	/* Two that need each other, with what has to stay between them. */
	n = parse("drain\ncheck\ntick", ops, 64);
	reduce(&r, PF_REDUCE_FULL, ops, n, both_or_none);
	assert_int_equal(r.nr_best, 3);
	reduce(&r, PF_REDUCE_DEEP, ops, n, both_or_none);
	assert_programs_equal(r.best, r.nr_best, expected, parse("check", expected, 8));

	/* A setting may get smaller, but not become another setting. */
	n = parse("config min=50\ntune extfrag_threshold=500", ops, 64);
	reduce(&r, PF_REDUCE_FULL, ops, n, big_value);
	n = parse("config min=20\ntune extfrag_threshold=20", expected, 8);
	assert_programs_equal(r.best, r.nr_best, expected, n);
}

/* An answer at random is no reason not to end. */
static struct pf_rng coin_rng;

static bool coin(const struct pf_op *ops, size_t n)
{
	(void)ops;
	(void)n;
	return !pf_rng_below(&coin_rng, 8);
}

static void test_reduce_terminates(void **state)
{
	static struct pf_op ops[MAX_OPS];
	struct pf_rng rng = {14};
	struct pf_reduce r;

	(void)state;
	for (unsigned round = 0; round < 60; round++) {
		size_t n = random_program(ops, 1 + pf_rng_below(&rng, 80), &rng);

		coin_rng = rng;
		reduce(&r, PF_REDUCE_FULL, ops, n, coin);
		coin_rng = rng;
		reduce(&r, PF_REDUCE_DEEP, ops, n, coin);
		reduce(&r, PF_REDUCE_DEEP, ops, n, never);
	}
}

/* Whoever does not report has not kept. */
static void test_reduce_unreported(void **state)
{
	struct pf_op ops[8], work[PF_REDUCE_WORK(8)];
	size_t n = parse("alloc a5 order=3\npin a5\nfree a5\ncheck", ops, 8), nr, tries = 0;
	const struct pf_op *candidate;
	struct pf_reduce r;

	(void)state;
	pf_reduce_init(&r, PF_REDUCE_FULL, work, ops, n);
	while (pf_reduce_next(&r, &candidate, &nr))
		assert_true(++tries < 100);
	assert_programs_equal(r.best, r.nr_best, ops, n);
}

/* Two fillings, and no more than one slot occupied at the end. */
static bool filled_twice_live_once(const struct pf_op *ops, size_t n)
{
	bool live[8] = {false};
	unsigned fillings = 0, occupied = 0;

	for (size_t i = 0; i < n; i++) {
		fillings += ops[i].kind == PF_OP_ALLOC;
		live[ops[i].slot % 8] = ops[i].kind == PF_OP_ALLOC;
	}
	for (unsigned i = 0; i < 8; i++)
		occupied += live[i];
	return fillings == 2 && occupied <= 1;
}

/* Filling an occupied slot frees it: only on one slot the free is needless. */
static void test_reduce_merges_slots(void **state)
{
	struct pf_op ops[8], work[PF_REDUCE_WORK(8)];
	size_t n = parse("alloc a2 order=3\nfree a2\nalloc a5 order=1\ncheck", ops, 8), nr;
	const struct pf_op *candidate;
	struct pf_reduce r;

	(void)state;
	pf_reduce_init(&r, PF_REDUCE_FULL, work, ops, n);
	while (pf_reduce_next(&r, &candidate, &nr))
		pf_reduce_report(&r, filled_twice_live_once(candidate, nr));
	n = parse("alloc a0 order=0\nalloc a0 order=0", ops, 8);
	assert_programs_equal(r.best, r.nr_best, ops, n);
}

static bool has_two_bits(const struct pf_op *ops, size_t n)
{
	return n == 1 && (ops[0].arg[PF_ALLOC_BITS] & 0x8010) == 0x8010;
}

/* Flags are taken away one by one, whatever the others are worth. */
static void test_reduce_bits(void **state)
{
	struct pf_op ops[8], expected[8];
	struct pf_reduce r;
	size_t n;

	(void)state;
	n = parse("alloc a0 order=3 bits=0xffffffff", ops, 8);
	assert_true(reduce(&r, PF_REDUCE_FULL, ops, n, has_two_bits) < 80);
	n = parse("alloc a0 order=0 bits=0x8010", expected, 8);
	assert_programs_equal(r.best, r.nr_best, expected, n);
}

/* ------------------------------------------------------------------ fit -- */

/* Limits that some layout is within; each there half of the time at most. */
static struct pf_limits random_limits(struct pf_rng *rng)
{
	struct pf_limits l = {0};
	uint32_t unit;

	if (pf_rng_below(rng, 3) == 0)
		l.min_max_order = pf_rng_below(rng, PF_NR_ORDERS);
	if (pf_rng_below(rng, 3) == 0)
		l.max_order = l.min_max_order + 1 + pf_rng_below(rng, 24 - l.min_max_order);
	if (pf_rng_below(rng, 3) == 0)
		l.zone_align = pf_rng_below(rng, pf_rng_below(rng, 4) ? 8 : 23);
	if (pf_rng_below(rng, 3) == 0)
		l.max_zones = 1 + pf_rng_below(rng, 10);
	if (pf_rng_below(rng, 3) == 0)
		l.max_nodes = 1 + pf_rng_below(rng, 10);
	if (pf_rng_below(rng, 3) == 0)
		l.max_cpus = 1 + pf_rng_below(rng, 20);
	l.no_holes = pf_rng_below(rng, 4) == 0;
	l.no_reserved = pf_rng_below(rng, 4) == 0;
	if (pf_rng_below(rng, 3) == 0)
		l.min_pages = pf_rng_below(rng, 2u << pf_rng_below(rng, 22));
	unit = 1u << l.zone_align;
	if (pf_rng_below(rng, 3) == 0)
		l.max_pages = (l.min_pages / unit + 1) * unit + pf_rng_below(rng, 3000);
	return l;
}

static bool same_body(const struct pf_op *a, size_t na, const struct pf_op *b, size_t nb)
{
	size_t config_a = pf_program_config(a, na), config_b = pf_program_config(b, nb);

	for (; config_a < na && config_b < nb; config_a++, config_b++)
		if (!pf_op_equal(&a[config_a], &b[config_b]))
			return false;
	return config_a == na && config_b == nb;
}

/* A program that is fitted is within, stays as it is from then on, and does the same. */
static void test_fit(void **state)
{
	static struct pf_op ops[MAX_OPS], before[MAX_OPS], again[MAX_OPS];
	struct pf_rng rng = {15};
	size_t fitted = 0, untouched = 0, rounds = 100000;
	struct pf_op guard;

	(void)state;
	memset(&guard, 0xa5, sizeof(guard));
	for (unsigned round = 0; round < rounds; round++) {
		struct pf_limits limits = random_limits(&rng);
		size_t n, cap = 60 + PF_FIT_OPS, after;
		struct pf_layout old, new;
		uint64_t seed = rng.state;

		if (round % 2) {
			n = pf_generate(ops, pf_rng_below(&rng, 20), 60, &rng);
		} else {
			n = random_program(ops, pf_rng_below(&rng, 60), &rng);
			for (size_t i = 0; i < n; i++)
				for (unsigned a = 0; a < PF_OP_ARGS; a++)
					ops[i].arg[a] >>= pf_rng_below(&rng, 32);
		}
		memcpy(before, ops, n * sizeof(*ops));
		ops[cap] = guard;
		after = pf_program_fit(ops, n, cap, &limits);
		assert_true(after <= cap);
		assert_memory_equal(&ops[cap], &guard, sizeof(guard));
		assert_canonical(ops, after);
		assert_true(same_body(before, n, ops, after));
		pf_layout_build(&old, before, n);
		pf_layout_build(&new, ops, after);
		if (!pf_layout_within(&new, &limits))
			fail_msg("seed %llu is not within its limits", (unsigned long long)seed);
		memcpy(again, ops, after * sizeof(*ops));
		assert_programs_equal(again, pf_program_fit(again, after, cap, &limits), ops,
				      after);
		if (pf_layout_within(&old, &limits)) {
			assert_programs_equal(before, n, ops, after);
			untouched++;
		} else {
			fitted++;
		}
		ops[cap] = (struct pf_op){0};
	}
	assert_true(fitted > rounds / 4 && untouched > rounds / 20);
}

/* What no limit speaks of stays. */
static void test_fit_changes_little(void **state)
{
	static struct pf_op ops[100];
	struct pf_rng rng = {16};
	unsigned compared = 0;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		struct pf_limits limits = {.max_cpus = 2};
		struct pf_layout old, new;
		size_t n = pf_generate(ops, 12, 12, &rng);

		ops[n++] = (struct pf_op){.kind = PF_OP_CONFIG, .arg = {PF_CONFIG_CPUS, 5}};
		ops[n++] = (struct pf_op){.kind = PF_OP_CHECK};
		memmove(&ops[1], &ops[0], (n - 2) * sizeof(*ops));
		ops[0] = (struct pf_op){.kind = PF_OP_CONFIG, .arg = {PF_CONFIG_CPUS, 5}};
		pf_layout_build(&old, ops, n);
		n = pf_program_fit(ops, n, 100, &limits);
		pf_layout_build(&new, ops, n);
		if (old.nr_cpus <= 2 || old.base_pfn > PF_NO_PFN / 2)
			continue;
		assert_int_equal(new.nr_cpus, 2);
		new.nr_cpus = old.nr_cpus;
		assert_memory_equal(&old, &new, sizeof(old));
		compared += old.nr_zones > 1 || old.nr_ranges;
	}
	assert_true(compared > 500);
}

static void assert_fits_to(const char *text, struct pf_limits limits, const char *expected)
{
	struct pf_op ops[64], other[64];
	size_t n = parse(text, ops, 16);

	n = pf_program_fit(ops, n, 64, &limits);
	assert_programs_equal(ops, n, other, parse(expected, other, 64));
}

static void test_fit_examples(void **state)
{
	struct pf_op ops[40];
	size_t n;

	(void)state;
#define LIMITS(...) ((struct pf_limits){__VA_ARGS__})
	assert_fits_to("alloc a1\ncheck", LIMITS(.max_order = 1),
		       "config pageblock_order=0\nconfig max_order=0\nalloc a1\ncheck");
	assert_fits_to("config cpus=9\nconfig 9=1\ncheck", LIMITS(.max_cpus = 1), "check");
	assert_fits_to("config pages=1000\nconfig start=3\ncheck", LIMITS(.zone_align = 6),
		       "config start=64\ncheck");
	assert_fits_to("config pages=10\ncheck", LIMITS(.min_pages = 100, .zone_align = 4),
		       "config pages=112\ncheck");
	assert_fits_to("config pages=200\ncheck", LIMITS(.max_pages = 100, .zone_align = 4),
		       "config pages=96\ncheck");
	assert_fits_to("hole at=5 pages=2\nreserve at=9 pages=1\nlater at=32 pages=16\ncheck",
		       LIMITS(.no_holes = true),
		       "reserve at=9 pages=1\nlater at=32 pages=16\ncheck");
	assert_fits_to("zone dma pages=64\nzone normal node=3 pages=64 gap=5 min=3\n"
		       "zone movable node=1 pages=64\nhole at=70 pages=2\ncheck",
		       LIMITS(.max_zones = 2, .max_nodes = 2, .zone_align = 3),
		       "zone dma pages=64\nzone normal node=1 pages=64 gap=8 min=3\n"
		       "hole at=73 pages=2\ncheck");
	/* Impossible: as it was. */
	assert_fits_to("check", LIMITS(.max_order = 3, .min_max_order = 3), "check");
	assert_fits_to("check", LIMITS(.zone_align = 9, .max_pages = 511), "check");
	assert_fits_to("check", LIMITS(.zone_align = 23), "check");
	assert_fits_to("check", LIMITS(.min_pages = (1 << 22) + 1), "check");
	assert_fits_to("config pages=10\ncheck", LIMITS(0), "config pages=10\ncheck");
	n = parse("config pages=10\ncheck", ops, 40);
	assert_int_equal(pf_program_fit(ops, n, 40, NULL), 2);
	/* Without room the end goes; without any, nothing happens. */
	n = parse("check\nfree a1", ops, 40);
	assert_int_equal(pf_program_fit(ops, n, 2, &LIMITS(.max_pages = 512)), 2);
	assert_int_equal(ops[0].kind, PF_OP_CONFIG);
	assert_int_equal(ops[1].kind, PF_OP_CHECK);
	n = parse("check", ops, 40);
	assert_int_equal(pf_program_fit(ops, n, 1, &LIMITS(.max_order = 2)), 1);
	assert_int_equal(ops[0].kind, PF_OP_CHECK);
	assert_int_equal(pf_program_fit(ops, 0, 0, &LIMITS(.max_order = 2)), 0);
#undef LIMITS
}

/* What both take is what the join takes. */
static void test_limits_join(void **state)
{
	static struct pf_op ops[64];
	struct pf_rng rng = {17};
	unsigned count[2] = {0};

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		struct pf_limits a = random_limits(&rng), b = random_limits(&rng), all = a;
		struct pf_layout l;
		bool both;

		pf_limits_join(&all, NULL);
		assert_memory_equal(&all, &a, sizeof(a));
		pf_limits_join(&all, &b);
		pf_layout_build(&l, ops, pf_generate(ops, 20, 64, &rng));
		both = pf_layout_within(&l, &a) && pf_layout_within(&l, &b);
		assert_int_equal(pf_layout_within(&l, &all), both);
		count[both]++;
	}
	assert_true(count[0] > 1000 && count[1] > 200);
}

/* ------------------------------------------------------------- for ever -- */

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * tests/language-2.txt: bytes, '=' or '~', and the operations that they mean, with a
 * semicolon between them. Those with '=' are also what the operations are encoded to.
 */
static void test_held(void **state)
{
	static struct pf_op ops[64], meant[64];
	static char line[4096], text[4096];
	unsigned canonical = 0, others = 0, number = 0;
	bool kind[PF_NR_OPS] = {false};
	FILE *f = fopen("tests/language-2.txt", "r");
	uint8_t buf[512], again[512];

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		const char *p = line;
		size_t len = 0, n, nr_meant;
		struct pf_text_error err;

		number++;
		if (*p == '#' || *p == '\n')
			continue;
		for (; *p != '=' && *p != '~'; p++) {
			if (*p == ' ')
				continue;
			if (hex_value(p[0]) < 0 || hex_value(p[1]) < 0)
				fail_msg("line %u: not a byte: %s", number, p);
			buf[len++] = hex_value(p[0]) << 4 | hex_value(p[1]);
			p++;
		}
		snprintf(text, sizeof(text), "%s", p[1] == ' ' ? p + 2 : p + 1);
		for (char *c = text; *c; c++)
			if (*c == ';')
				*c = '\n';
		n = pf_decode(buf, len, ops, 64);
		if (!pf_parse(text, strlen(text), meant, 64, &nr_meant, &err))
			fail_msg("line %u: %s", number, err.message);
		if (n != nr_meant)
			fail_msg("line %u: %zu operations instead of %zu", number, n, nr_meant);
		for (size_t i = 0; i < n; i++) {
			if (!pf_op_equal(&ops[i], &meant[i]))
				fail_msg("line %u: operation %zu is another one", number, i);
			kind[ops[i].kind] = true;
		}
		canonical += *p == '=';
		others += *p == '~';
		n = pf_encode(meant, nr_meant, again, sizeof(again), NULL);
		if ((n == len && !memcmp(again, buf, n)) != (*p == '='))
			fail_msg("line %u: encodes otherwise", number);
	}
	fclose(f);
	for (unsigned i = 0; i < PF_NR_OPS; i++)
		if (!kind[i])
			fail_msg("no line has the operation %s", pf_op_info[i].name);
	assert_true(canonical > 300 && others > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_golden_encodings),
		cmocka_unit_test(test_decode_corner_cases),
		cmocka_unit_test(test_decode_total),
		cmocka_unit_test(test_bytes_round_trip),
		cmocka_unit_test(test_encode_canonicalises),
		cmocka_unit_test(test_text_round_trip),
		cmocka_unit_test(test_parse_leniency),
		cmocka_unit_test(test_parse_errors),
		cmocka_unit_test(test_parse_total),
		cmocka_unit_test(test_is_text),
		cmocka_unit_test(test_rng),
		cmocka_unit_test(test_generate),
		cmocka_unit_test(test_scattered),
		cmocka_unit_test(test_scattered),
		cmocka_unit_test(test_mutate),
		cmocka_unit_test(test_mutate_reaches_all),
		cmocka_unit_test(test_splice),
		cmocka_unit_test(test_mutate_bytes),
		cmocka_unit_test(test_splice_bytes),
		cmocka_unit_test(test_reduce_core),
		cmocka_unit_test(test_reduce_limits),
		cmocka_unit_test(test_reduce_stages),
		cmocka_unit_test(test_reduce_terminates),
		cmocka_unit_test(test_reduce_unreported),
		cmocka_unit_test(test_reduce_merges_slots),
		cmocka_unit_test(test_reduce_bits),
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_fit_changes_little),
		cmocka_unit_test(test_fit_examples),
		cmocka_unit_test(test_limits_join),
		cmocka_unit_test(test_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
