// SPDX-License-Identifier: GPL-2.0-only
/*
 * mutate.c - mutator and crossover: new programs from one and from two, on
 * operations and on bytes; see mutate.h. New operations come from make.c.
 */
#include <string.h>

#include "codec.h"
#include "make.h"
#include "mutate.h"

/*
 * A mutation changes m->ops in place and says whether it did anything. Ops
 * before m->config are configuration, and mutations but change_config() let
 * them be.
 */
struct mutation {
	struct pf_op *ops;
	size_t n, cap, config;
	struct pf_rng *rng;
};

/* Number of operations behind the configuration. */
static size_t body(const struct mutation *m)
{
	return m->n - m->config;
}

/* A random operation behind the configuration; there must be one. */
static size_t pick_op(const struct mutation *m)
{
	return m->config + position(m->rng, body(m));
}

/* A random operation with a slot; false if a few tries find none. */
static bool pick_slot_op(const struct mutation *m, size_t *at)
{
	if (!body(m))
		return false;
	for (int i = 0; i < 8; i++) {
		*at = pick_op(m);
		if (pf_op_info[m->ops[*at].kind].has_slot)
			return true;
	}
	return false;
}

/*
 * Make room for up to `len` operations at `at`; what no longer fits falls off
 * the end. Returns the room there is.
 */
static size_t open_gap(struct mutation *m, size_t at, size_t len)
{
	size_t tail;

	if (len > m->cap - at)
		len = m->cap - at;
	tail = m->n - at;
	if (tail > m->cap - at - len)
		tail = m->cap - at - len;
	memmove(&m->ops[at + len], &m->ops[at], tail * sizeof(m->ops[0]));
	m->n = at + len + tail;
	return len;
}

static void close_gap(struct mutation *m, size_t at, size_t len)
{
	memmove(&m->ops[at], &m->ops[at + len], (m->n - at - len) * sizeof(m->ops[0]));
	m->n -= len;
}

/* A range behind the configuration, short ones preferred; there must be an operation. */
static size_t pick_range(const struct mutation *m, size_t *len)
{
	size_t at = pick_op(m), max = m->n - at;

	*len = one_in(m->rng, 4) ? 1 + position(m->rng, max) : 1 + geometric(m->rng, 16);
	*len = *len < max ? *len : max;
	return at;
}

static bool insert(struct mutation *m)
{
	size_t at = m->config + position(m->rng, body(m) + 1);
	size_t len = open_gap(m, at, 1 + geometric(m->rng, 16));
	struct guess g = pf_guess_at(m->ops, at);

	for (size_t i = 0; i < len;)
		i += pf_make_some(&m->ops[at + i], len - i, &g, m->rng);
	return len > 0;
}

static bool delete_range(struct mutation *m)
{
	size_t at, len;

	if (body(m) < 2)
		return false;
	at = pick_range(m, &len);
	if (len == m->n)
		len--;
	close_gap(m, at, len);
	return true;
}

/* Move the `left` first of `n` operations behind the others. */
static void rotate(struct pf_op *ops, size_t n, size_t left)
{
	struct pf_op op;
	size_t i, j;

	/* Three reversals. */
	for (int part = 0; part < 3; part++) {
		i = part == 1 ? left : 0;
		for (j = part == 0 ? left : n; i + 1 < j; i++) {
			op = ops[i];
			ops[i] = ops[--j];
			ops[j] = op;
		}
	}
}

/* Repeat a range behind itself, or move it there from elsewhere. */
static bool duplicate_range(struct mutation *m)
{
	size_t at, len, to;

	if (!body(m) || m->n == m->cap)
		return false;
	at = pick_range(m, &len);
	if (len > m->cap - m->n)
		len = m->cap - m->n;
	to = m->config + position(m->rng, body(m) + 1);
	memcpy(&m->ops[m->n], &m->ops[at], len * sizeof(m->ops[0]));
	m->n += len;
	rotate(&m->ops[to], m->n - to, m->n - len - to);
	return true;
}

static bool move_range(struct mutation *m)
{
	size_t at, len, to;

	if (body(m) < 2)
		return false;
	at = pick_range(m, &len);
	to = m->config + position(m->rng, body(m) - len + 1);
	if (to == at)
		return false;
	if (to < at)
		rotate(&m->ops[to], at + len - to, at - to);
	else
		rotate(&m->ops[at], to + len - at, len);
	return true;
}

static bool swap(struct mutation *m)
{
	size_t i, j;
	struct pf_op op;

	if (body(m) < 2)
		return false;
	i = pick_op(m);
	j = pick_op(m);
	op = m->ops[i];
	m->ops[i] = m->ops[j];
	m->ops[j] = op;
	return !pf_op_equal(&m->ops[i], &m->ops[j]);
}

/* Operands that go further than this are changed by magnitude as well as by one. */
#define WIDE 512

/* The end of an operand's range, mostly of a part of it that is worth a try. */
static uint32_t pick_limit(const struct pf_operand *operand, struct pf_rng *rng)
{
	uint32_t v;

	if (operand->max <= WIDE || one_in(rng, 16))
		return operand->max;
	v = (1u << pf_rng_below(rng, 15)) - one_in(rng, 2);
	return v < operand->max ? v : operand->max;
}

static uint32_t larger(const struct pf_operand *operand, uint32_t old, struct pf_rng *rng)
{
	if (operand->hex)
		return old | 1u << pf_rng_below(rng, 32);
	/* Doubled again and again would only be more than there is. */
	if (operand->max > WIDE && old <= PF_MUTATE_MAX_PAGES && one_in(rng, 2))
		return 2 * old;
	return old + (old < operand->max);
}

static uint32_t smaller(const struct pf_operand *operand, uint32_t old, struct pf_rng *rng)
{
	if (operand->hex)
		return old & ~(1u << pf_rng_below(rng, 32));
	if (operand->max > WIDE && one_in(rng, 2))
		return old / 2;
	return old - (old > 0);
}

static bool change_operand(struct mutation *m)
{
	const struct pf_operand *operand;
	const struct pf_op_info *info;
	struct pf_op *op, fresh;
	struct guess g;
	uint32_t old;
	unsigned arg;
	size_t at;

	if (!body(m))
		return false;
	at = pick_op(m);
	op = &m->ops[at];
	info = &pf_op_info[op->kind];
	if (!info->nr_operands)
		return false;
	arg = pf_rng_below(m->rng, info->nr_operands);
	operand = &info->operand[arg];
	old = op->arg[arg];
	switch (pf_rng_below(m->rng, 8)) {
	case 0:
		op->arg[arg] = 0;
		break;
	case 1:
		op->arg[arg] = larger(operand, old, m->rng);
		break;
	case 2:
		op->arg[arg] = smaller(operand, old, m->rng);
		break;
	case 3:
		op->arg[arg] = pick_limit(operand, m->rng);
		break;
	case 4:
		op->arg[arg] = pf_pick_any(operand, m->rng);
		break;
	default:
		g = pf_guess_at(m->ops, at);
		fresh = pf_make_op(&g, m->rng, op->kind);
		op->arg[arg] = fresh.arg[arg];
	}
	return op->arg[arg] != old;
}

/* Another kind on the same slot, or the same kind with everything else new. */
static bool change_op(struct mutation *m)
{
	struct guess g;
	struct pf_op *op, old;
	unsigned kind;
	size_t at;

	if (!body(m))
		return false;
	at = pick_op(m);
	op = &m->ops[at];
	old = *op;
	g = pf_guess_at(m->ops, at);
	kind = one_in(m->rng, 2) ? op->kind : pf_pick_kind(m->rng);
	*op = pf_make_op(&g, m->rng, kind);
	if (kind != old.kind && pf_op_info[kind].has_slot && pf_op_info[old.kind].has_slot)
		op->slot = old.slot;
	return !pf_op_equal(op, &old);
}

static uint32_t other_slot(struct mutation *m, uint32_t slot)
{
	size_t at;

	switch (pf_rng_below(m->rng, 4)) {
	case 0:
		return (slot + 1) % PF_NR_SLOTS;
	case 1:
		return slot ? slot - 1 : 0;
	case 2:
		return pf_rng_below(m->rng, WINDOW);
	default:
		return pick_slot_op(m, &at) ? m->ops[at].slot : slot;
	}
}

static bool retarget(struct mutation *m)
{
	uint32_t old;
	size_t at;

	if (!pick_slot_op(m, &at))
		return false;
	old = m->ops[at].slot;
	m->ops[at].slot = other_slot(m, old);
	return m->ops[at].slot != old;
}

/* Let all operations on one slot from some point on work on another one. */
static bool retarget_all(struct mutation *m)
{
	uint32_t old, slot;
	size_t at;

	if (!pick_slot_op(m, &at))
		return false;
	old = m->ops[at].slot;
	slot = other_slot(m, old);
	for (; at < m->n; at++)
		if (pf_op_info[m->ops[at].kind].has_slot && m->ops[at].slot == old)
			m->ops[at].slot = slot;
	return slot != old;
}

/* Repeat an operation on the slots that follow. */
static bool storm(struct mutation *m)
{
	uint32_t stride = 1 + geometric(m->rng, 3);
	struct pf_op op;
	size_t at, len;

	if (!pick_slot_op(m, &at))
		return false;
	op = m->ops[at++];
	len = open_gap(m, at, between(m->rng, 1, 31));
	for (size_t i = 0; i < len; i++) {
		op.slot = (op.slot + stride) % PF_NR_SLOTS;
		m->ops[at + i] = op;
	}
	return len > 0;
}

/* Repeat an operation as it is: deferral wants that, and caches that run full. */
static bool repeat(struct mutation *m)
{
	struct pf_op op;
	size_t at, len;

	if (!body(m))
		return false;
	at = pick_op(m);
	op = m->ops[at++];
	len = open_gap(m, at, one_in(m->rng, 3) ? between(m->rng, 1, 140) : between(m->rng, 1, 12));
	for (size_t i = 0; i < len; i++)
		m->ops[at + i] = op;
	return len > 0;
}

/* Free what is live at some point: all, or every second one, or every third one ... */
static bool free_storm(struct mutation *m)
{
	size_t at = m->config + position(m->rng, body(m) + 1), len = 0;
	struct guess g = pf_guess_at(m->ops, at);
	uint32_t stride = 1 + geometric(m->rng, 7), slot, first, left;

	first = pf_rng_below(m->rng, one_in(m->rng, 2) ? 1 : WINDOW);
	left = between(m->rng, 2, 64);
	for (slot = first; slot < NR_TRACKED && len < left; slot++)
		len += is_live(&g, slot);
	len = open_gap(m, at, (len + stride - 1) / stride);
	slot = first;
	for (size_t i = 0; i < len; i++) {
		uint32_t skip = i ? stride : 1;

		while (slot < NR_TRACKED) {
			skip -= is_live(&g, slot);
			slot++;
			if (!skip)
				break;
		}
		m->ops[at + i] = (struct pf_op){.kind = PF_OP_FREE, .slot = slot - 1};
	}
	return len > 0;
}

/* End with memory that is scattered; rarely, since it is long and costs much. */
static bool scatter(struct mutation *m)
{
	struct guess g = pf_guess_at(m->ops, m->n);

	if (!one_in(m->rng, 6))
		return false;
	m->n += pf_make_scattered(&m->ops[m->n], m->cap - m->n, &g, m->rng);
	return true;
}

/* End with questions that show what is wrong by now. */
static bool append(struct mutation *m)
{
	static const uint8_t kinds[] = {
		PF_OP_COMPACT, PF_OP_COMPACT, PF_OP_RECLAIM, PF_OP_DRAIN,
		PF_OP_TICK,    PF_OP_ALLOC,   PF_OP_CONTIG,  PF_OP_CHECK,
	};
	struct guess g = pf_guess_at(m->ops, m->n);
	size_t at = m->n, len = open_gap(m, at, 1 + geometric(m->rng, 3));

	for (size_t i = 0; i < len; i++)
		m->ops[at + i] = pf_make_op(&g, m->rng, kinds[pf_rng_below(m->rng, sizeof(kinds))]);
	if (len > 1)
		m->ops[m->n - 1] = (struct pf_op){.kind = PF_OP_CHECK};
	return len > 0;
}

#define MAX_CONFIG 16

static bool change_config(struct mutation *m)
{
	struct guess g = pf_guess_at(m->ops, m->config);
	struct pf_op op = pf_make_config(&g, m->rng);
	size_t at;

	if (m->config && (one_in(m->rng, 4) || m->config >= MAX_CONFIG)) {
		if (m->n == 1)
			return false;
		close_gap(m, position(m->rng, m->config--), 1);
		return true;
	}
	/* A key that is set already is set anew: a second setting would hide the first. */
	for (at = 0; at < m->config; at++)
		if (op.kind == PF_OP_CONFIG && m->ops[at].kind == PF_OP_CONFIG &&
		    m->ops[at].arg[PF_CONFIG_KEY] == op.arg[PF_CONFIG_KEY])
			break;
	if (at == m->config) {
		if (!open_gap(m, at, 1))
			return false;
		m->config++;
	} else if (pf_op_equal(&m->ops[at], &op)) {
		return false;
	}
	m->ops[at] = op;
	return true;
}

static bool mutate_once(struct mutation *m)
{
	static bool (*const mutations[])(struct mutation * m) = {
		insert,	       insert,	       insert,		insert,		 delete_range,
		delete_range,  delete_range,   duplicate_range, duplicate_range, move_range,
		swap,	       change_operand, change_operand,	change_operand,	 change_operand,
		change_op,     change_op,      retarget,	retarget,	 retarget_all,
		storm,	       storm,	       free_storm,	free_storm,	 append,
		change_config, repeat,	       scatter,
	};

	return mutations[pf_rng_below(m->rng, sizeof(mutations) / sizeof(mutations[0]))](m);
}

size_t pf_mutate(struct pf_op *ops, size_t n, size_t cap, struct pf_rng *rng)
{
	struct mutation m = {.ops = ops, .n = n < cap ? n : cap, .cap = cap, .rng = rng};
	unsigned rounds = 1 + geometric(rng, 7);

	if (!cap)
		return 0;
	if (!m.n)
		return pf_generate(ops, between(rng, 1, 64), cap, rng);
	m.config = pf_program_config(ops, m.n);
	/* Not every mutation applies to every program: give it some tries. */
	for (unsigned tries = 0; rounds && tries < 32; tries++)
		rounds -= mutate_once(&m);
	return m.n;
}

/* Append what fits of a range to out. */
static size_t append_ops(struct pf_op *out, size_t n, size_t cap, const struct pf_op *from,
			 size_t len)
{
	if (len > cap - n)
		len = cap - n;
	if (len)
		memcpy(&out[n], from, len * sizeof(*from));
	return n + len;
}

size_t pf_splice(const struct pf_op *a, size_t na, const struct pf_op *b, size_t nb,
		 struct pf_op *out, size_t cap, struct pf_rng *rng)
{
	size_t config_a = pf_program_config(a, na), config_b = pf_program_config(b, nb);
	size_t body_a = na - config_a, body_b = nb - config_b;
	size_t cut, from, to, n;

	/* One of the two configurations as a whole: half of one rarely makes sense. */
	if (one_in(rng, 4))
		n = append_ops(out, 0, cap, b, config_b);
	else
		n = append_ops(out, 0, cap, a, config_a);
	a += config_a;
	b += config_b;
	cut = position(rng, body_a + 1);
	from = position(rng, body_b + 1);
	to = one_in(rng, 2) ? body_b : from + position(rng, body_b - from + 1);
	n = append_ops(out, n, cap, a, cut);
	n = append_ops(out, n, cap, b + from, to - from);
	if (to < body_b || one_in(rng, 4))
		n = append_ops(out, n, cap, a + cut, body_a - cut);
	/* Unlucky cuts of short programs can leave nothing, and so can one of configuration only. */
	if (!n)
		n = append_ops(out, 0, cap, body_a ? a : b, body_a ? body_a : body_b);
	if (!n)
		n = append_ops(out, 0, cap, config_a ? a - config_a : b - config_b,
			       config_a ? config_a : config_b);
	return n;
}

/* Encode a program, deleting ranges here and there until it fits. Never 0 bytes. */
static size_t encode_to_fit(struct mutation *m, uint8_t *buf, size_t cap)
{
	size_t size = 0, at, len;

	for (size_t i = 0; i < m->n; i++)
		size += pf_op_bytes(&m->ops[i]);
	while (size > cap && m->n > 1) {
		/* Few at a time, for no more than needed should go. */
		at = position(m->rng, m->n);
		len = 1 + position(m->rng, (size - cap) / 4 + 1);
		len = len < m->n - at ? len : m->n - at;
		len = len < m->n ? len : m->n - 1;
		for (size_t i = 0; i < len; i++)
			size -= pf_op_bytes(&m->ops[at + i]);
		close_gap(m, at, len);
	}
	size = pf_encode(m->ops, m->n, buf, cap, NULL);
	if (!size) {
		/* Not even one operation fits: the opcode alone, without operands, does. */
		struct pf_op op = {.kind = m->n ? m->ops[0].kind : pf_pick_kind(m->rng)};

		if (pf_op_bytes(&op) > cap)
			op.kind = PF_OP_CHECK;
		size = pf_encode(&op, 1, buf, cap, NULL);
	}
	return size;
}

size_t pf_mutate_bytes(uint8_t *buf, size_t len, size_t cap, uint64_t seed, struct pf_op *work,
		       size_t nr_work)
{
	struct pf_rng rng = {seed};
	struct mutation m = {.ops = work, .rng = &rng};

	m.n = pf_decode(buf, len, work, nr_work);
	/* Every operation takes a byte at least. */
	m.cap = cap < nr_work ? cap : nr_work;
	/* Who asks for a smaller program mostly wants the same thing, only smaller. */
	if (len <= cap || !m.n || one_in(&rng, 4))
		m.n = pf_mutate(work, m.n, m.cap, &rng);
	return encode_to_fit(&m, buf, cap);
}

size_t pf_splice_bytes(const uint8_t *a, size_t na, const uint8_t *b, size_t nb, uint8_t *out,
		       size_t cap, uint64_t seed, struct pf_op *work, size_t nr_work)
{
	size_t third = nr_work / 3;
	struct pf_op *ops_a = work, *ops_b = work + third;
	struct pf_rng rng = {seed};
	struct mutation m = {.ops = work + 2 * third, .rng = &rng, .cap = third};

	if (m.cap > cap)
		m.cap = cap;
	na = pf_decode(a, na, ops_a, third);
	nb = pf_decode(b, nb, ops_b, third);
	m.n = pf_splice(ops_a, na, ops_b, nb, m.ops, m.cap, &rng);
	return encode_to_fit(&m, out, cap);
}
