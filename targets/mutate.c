// SPDX-License-Identifier: GPL-2.0-only
/*
 * mutate.c - generator, mutator and crossover; see mutate.h. What is likely to
 * be worth trying lives here; what is legal, in oracle/op.c.
 */
#include <stdbool.h>
#include <string.h>

#include "codec.h"
#include "mutate.h"

uint64_t pf_rng_next(struct pf_rng *rng)
{
	/* splitmix64 (Steele, Lea, Flood 2014). */
	uint64_t x = rng->state += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

uint32_t pf_rng_below(struct pf_rng *rng, uint32_t n)
{
	return (pf_rng_next(rng) >> 32) * n >> 32;
}

/* True once in n times. */
static bool one_in(struct pf_rng *rng, uint32_t n)
{
	return !pf_rng_below(rng, n);
}

/* lo..hi, both included. */
static uint32_t between(struct pf_rng *rng, uint32_t lo, uint32_t hi)
{
	return lo + pf_rng_below(rng, hi - lo + 1);
}

/* 0 half of the time, 1 a quarter, ...; at most max. */
static uint32_t geometric(struct pf_rng *rng, uint32_t max)
{
	uint64_t bits = pf_rng_next(rng);
	uint32_t v = 0;

	while (v < max && bits & 1) {
		bits >>= 1;
		v++;
	}
	return v;
}

/* Position in a list of n (n >= 1). */
static size_t position(struct pf_rng *rng, size_t n)
{
	return pf_rng_below(rng, n < UINT32_MAX ? n : UINT32_MAX);
}

/* Slots that are tracked; the few operations on higher ones are not worth it. */
#define NR_TRACKED 256
#define WINDOW	   32

/*
 * A guess at the state that a program reaches, good enough to aim at: where the
 * memory ends, which slots were filled and not emptied.
 */
struct guess {
	uint64_t live[NR_TRACKED / 64];
	uint32_t pages; /* span of all zones */
	unsigned block_order, max_order, cpus, nodes;
	unsigned zones; /* configured ones */
	uint16_t block; /* that isolate or offline took last */
};

static const struct guess fresh_guess = {
	.pages = 1024,
	.block_order = 4,
	.max_order = 7,
	.cpus = 1,
	.nodes = 1,
};

static void set_live(struct guess *g, uint32_t slot, bool live)
{
	if (slot >= NR_TRACKED)
		return;
	if (live)
		g->live[slot / 64] |= 1ull << slot % 64;
	else
		g->live[slot / 64] &= ~(1ull << slot % 64);
}

static bool is_live(const struct guess *g, uint32_t slot)
{
	return slot < NR_TRACKED && g->live[slot / 64] >> slot % 64 & 1;
}

static void observe_config(struct guess *g, unsigned key, uint32_t value)
{
	switch (key) {
	case PF_CONFIG_PAGES:
		g->pages = value ? value : fresh_guess.pages;
		break;
	case PF_CONFIG_PAGEBLOCK_ORDER:
		g->block_order = value < 10 ? value : 10;
		break;
	case PF_CONFIG_MAX_ORDER:
		g->max_order = value < 10 ? value : 10;
		break;
	case PF_CONFIG_CPUS:
		g->cpus = value < 1 ? 1 : value < 4 ? value : 4;
		break;
	}
}

static void observe(struct guess *g, const struct pf_op *op)
{
	switch (op->kind) {
	case PF_OP_CONFIG:
		observe_config(g, op->arg[PF_CONFIG_KEY], op->arg[PF_CONFIG_VALUE]);
		break;
	case PF_OP_ZONE:
		if (op->arg[PF_ZONE_NODE] >= g->nodes)
			g->nodes = op->arg[PF_ZONE_NODE] + 1;
		/* The first one stands in for the default zone. */
		if (!g->zones++)
			g->pages = 0;
		g->pages += op->arg[PF_ZONE_GAP] + op->arg[PF_ZONE_PAGES];
		break;
	case PF_OP_ALLOC:
	case PF_OP_EXACT:
	case PF_OP_CONTIG:
		set_live(g, op->slot, true);
		break;
	case PF_OP_BULK:
		for (uint32_t i = 0; i < op->arg[PF_BULK_COUNT]; i++)
			set_live(g, op->slot + i, true);
		break;
	case PF_OP_FREE:
		set_live(g, op->slot, false);
		break;
	case PF_OP_ISOLATE:
	case PF_OP_OFFLINE:
		g->block = op->arg[PF_BLOCK_NR];
		break;
	}
}

static struct guess guess_at(const struct pf_op *ops, size_t n)
{
	struct guess g = fresh_guess;

	for (size_t i = 0; i < n; i++)
		observe(&g, &ops[i]);
	return g;
}

/* An occupied slot, evenly enough; a low one if there is none. */
static uint32_t pick_live(const struct guess *g, struct pf_rng *rng)
{
	uint32_t start = pf_rng_below(rng, one_in(rng, 4) ? NR_TRACKED : WINDOW);

	for (uint32_t i = 0; i < NR_TRACKED; i++)
		if (is_live(g, (start + i) % NR_TRACKED))
			return (start + i) % NR_TRACKED;
	return pf_rng_below(rng, WINDOW);
}

/* An empty slot of the window, if a few tries find one. */
static uint32_t pick_empty(const struct guess *g, struct pf_rng *rng)
{
	uint32_t slot = 0;

	if (one_in(rng, 256))
		return pf_rng_below(rng, PF_NR_SLOTS);
	for (int i = 0; i < 4; i++) {
		slot = pf_rng_below(rng, one_in(rng, 12) ? NR_TRACKED : WINDOW);
		if (!is_live(g, slot))
			break;
	}
	return slot;
}

static unsigned pick_order(const struct guess *g, struct pf_rng *rng)
{
	switch (pf_rng_below(rng, 16)) {
	case 0:
		return pf_rng_below(rng, 11);
	case 1:
		return g->max_order;
	case 2:
	case 3:
		return g->block_order;
	default:
		return geometric(rng, g->max_order);
	}
}

/* Small, a power of two, or anything; at least 1. */
static uint32_t pick_count(struct pf_rng *rng, uint32_t max)
{
	uint32_t v;

	switch (pf_rng_below(rng, 4)) {
	case 0:
		v = between(rng, 1, max);
		break;
	case 1:
		v = 1 + geometric(rng, 8);
		break;
	default:
		v = 1u << pf_rng_below(rng, 14);
	}
	return v < max ? v : max;
}

static unsigned pick_mobility(struct pf_rng *rng)
{
	uint32_t v = pf_rng_below(rng, 8);

	return v < 4 ? 1 : v < 6 ? 0 : v < 7 ? 2 : pf_rng_below(rng, 3);
}

static uint32_t pick_block(const struct guess *g, struct pf_rng *rng)
{
	uint32_t blocks = g->pages >> g->block_order;

	return pf_rng_below(rng, blocks + 2);
}

static uint32_t pick_config_value(const struct guess *g, struct pf_rng *rng, unsigned key)
{
	uint32_t v;

	switch (key) {
	case PF_CONFIG_PAGES:
		v = 64u << pf_rng_below(rng, 7);
		if (one_in(rng, 4))
			v += pf_rng_below(rng, v);
		return v < PF_MUTATE_MAX_PAGES ? v : PF_MUTATE_MAX_PAGES;
	case PF_CONFIG_PAGEBLOCK_ORDER:
		return between(rng, 2, 5);
	case PF_CONFIG_MAX_ORDER:
		return between(rng, g->block_order, 10);
	case PF_CONFIG_CPUS:
		return between(rng, 1, 4);
	case PF_CONFIG_START:
		return one_in(rng, 2) ? 1u << pf_rng_below(rng, 10) : pf_rng_below(rng, 64);
	default: /* PF_CONFIG_MIN */
		return one_in(rng, 3) ? 0 : pf_rng_below(rng, 64);
	}
}

static struct pf_op make_config(const struct guess *g, struct pf_rng *rng)
{
	static const uint8_t keys[] = {
		PF_CONFIG_PAGES,     PF_CONFIG_PAGES, PF_CONFIG_PAGEBLOCK_ORDER,
		PF_CONFIG_MAX_ORDER, PF_CONFIG_CPUS,  PF_CONFIG_START,
		PF_CONFIG_MIN,
	};
	struct pf_op op = {.kind = PF_OP_CONFIG};

	switch (pf_rng_below(rng, 8)) {
	case 0:
		op.kind = PF_OP_ZONE;
		op.arg[PF_ZONE_TYPE] = pf_rng_below(rng, 4);
		op.arg[PF_ZONE_NODE] = geometric(rng, 3);
		op.arg[PF_ZONE_PAGES] = pick_config_value(g, rng, PF_CONFIG_PAGES) / 2;
		op.arg[PF_ZONE_GAP] = one_in(rng, 3) ? pf_rng_below(rng, 128) : 0;
		op.arg[PF_ZONE_MIN] = one_in(rng, 2) ? pf_rng_below(rng, 32) : 0;
		break;
	case 1:
		op.kind = one_in(rng, 2) ? PF_OP_HOLE : PF_OP_RESERVE;
		op.arg[PF_RANGE_AT] = pf_rng_below(rng, g->pages + 1);
		op.arg[PF_RANGE_PAGES] = pick_count(rng, 1u << (g->block_order + 1));
		break;
	default:
		op.arg[PF_CONFIG_KEY] = keys[pf_rng_below(rng, sizeof(keys))];
		op.arg[PF_CONFIG_VALUE] = pick_config_value(g, rng, op.arg[PF_CONFIG_KEY]);
	}
	pf_op_canonical(&op);
	return op;
}

_Static_assert((int)PF_BULK_MOBILITY == PF_ALLOC_MOBILITY && (int)PF_BULK_ZONE == PF_ALLOC_ZONE &&
		       (int)PF_EXACT_MOBILITY == PF_ALLOC_MOBILITY &&
		       (int)PF_EXACT_ZONE == PF_ALLOC_ZONE,
	       "make_request() serves all");

/* Operands that alloc, bulk and exact share, behind the order or count. */
static void make_request(struct pf_op *op, const struct guess *g, struct pf_rng *rng)
{
	op->arg[PF_ALLOC_MOBILITY] = pick_mobility(rng);
	if (one_in(rng, 2))
		op->arg[PF_ALLOC_GFP] = pf_rng_below(rng, PF_NR_GFP);
	op->arg[PF_ALLOC_CPU] = pf_rng_below(rng, g->cpus);
	op->arg[PF_ALLOC_NODE] = pf_rng_below(rng, g->nodes);
	if (one_in(rng, g->zones > 1 ? 3 : 32))
		op->arg[PF_ALLOC_ZONE] = pf_rng_below(rng, 5);
}

/* As many pages as a block of some order, or a few less: what is cut off varies. */
static uint32_t pick_exact(const struct guess *g, struct pf_rng *rng)
{
	uint32_t most = 1u << pick_order(g, rng);

	switch (pf_rng_below(rng, 4)) {
	case 0:
		return between(rng, 1, most);
	case 1:
		return most / 2 + 1;
	default:
		return most - geometric(rng, most - 1);
	}
}

static void make_tune(struct pf_op *op, struct pf_rng *rng)
{
	/* What the knobs are worth in Linux, in the order of their symbols. */
	static const uint16_t top[] = {3000, 2048, 16383, 1000, 100};
	unsigned knob = pf_rng_below(rng, sizeof(top) / sizeof(top[0]));

	op->arg[PF_TUNE_KNOB] = knob;
	op->arg[PF_TUNE_VALUE] = one_in(rng, 4) ? 0 : pick_count(rng, top[knob]);
}

/* Any value for an operand that nothing above knows how to aim. */
static uint16_t pick_any(const struct pf_operand *operand, struct pf_rng *rng)
{
	if (operand->nr_symbols && !one_in(rng, 64))
		return pf_rng_below(rng, operand->nr_symbols);
	return pf_rng_below(rng, operand->max + 1);
}

/* An operation of a kind that is not configuration, to be put where `g` was guessed. */
static struct pf_op make_op(const struct guess *g, struct pf_rng *rng, unsigned kind)
{
	const struct pf_op_info *info = &pf_op_info[kind];
	struct pf_op op = {.kind = kind};

	if (info->has_slot)
		op.slot = pick_live(g, rng);
	switch (kind) {
	case PF_OP_ALLOC:
		op.slot = pick_empty(g, rng);
		op.arg[PF_ALLOC_ORDER] = pick_order(g, rng);
		make_request(&op, g, rng);
		break;
	case PF_OP_BULK:
		op.slot = pick_empty(g, rng);
		/* Mostly a few pages: a long one costs as much as a whole program. */
		op.arg[PF_BULK_COUNT] =
			one_in(rng, 8) ? pick_count(rng, 127) : 1 + geometric(rng, 8);
		make_request(&op, g, rng);
		break;
	case PF_OP_EXACT:
		op.slot = pick_empty(g, rng);
		op.arg[PF_EXACT_COUNT] = pick_exact(g, rng);
		make_request(&op, g, rng);
		break;
	case PF_OP_FREE:
		if (g->cpus > 1)
			op.arg[PF_FREE_CPU] = pf_rng_below(rng, g->cpus);
		if (one_in(rng, 16))
			op.slot = pf_rng_below(rng, WINDOW);
		break;
	case PF_OP_CONTIG:
		op.slot = pick_empty(g, rng);
		op.arg[PF_CONTIG_PAGES] = pick_count(rng, 4u << g->block_order);
		op.arg[PF_CONTIG_AT] = pick_block(g, rng) << g->block_order;
		if (one_in(rng, 4))
			op.arg[PF_CONTIG_AT] = pf_rng_below(rng, g->pages + 1);
		op.arg[PF_CONTIG_MOBILITY] = pick_mobility(rng);
		break;
	case PF_OP_COMPACT:
		op.arg[PF_COMPACT_ORDER] =
			one_in(rng, 4) ? pick_order(g, rng) : between(rng, g->block_order, 10);
		op.arg[PF_COMPACT_MODE] = pf_rng_below(rng, 3);
		op.arg[PF_COMPACT_WHOLE] = pf_rng_below(rng, 2);
		op.arg[PF_COMPACT_MOBILITY] = pick_mobility(rng);
		op.arg[PF_COMPACT_NODE] = pf_rng_below(rng, g->nodes);
		break;
	case PF_OP_RECLAIM:
		op.arg[PF_RECLAIM_PAGES] = pick_count(rng, 127);
		op.arg[PF_RECLAIM_MODE] = pf_rng_below(rng, 3);
		op.arg[PF_RECLAIM_NODE] = pf_rng_below(rng, g->nodes);
		break;
	case PF_OP_ISOLATE:
	case PF_OP_OFFLINE:
		op.arg[PF_BLOCK_NR] = pick_block(g, rng);
		break;
	case PF_OP_UNDO:
	case PF_OP_ONLINE:
		op.arg[PF_BLOCK_NR] = one_in(rng, 4) ? pick_block(g, rng) : g->block;
		break;
	case PF_OP_DRAIN:
		if (one_in(rng, 3))
			op.arg[PF_DRAIN_CPU] = pf_rng_below(rng, g->cpus + 1);
		break;
	case PF_OP_TICK:
		op.arg[PF_TICK_DAEMON] = pf_rng_below(rng, 2);
		op.arg[PF_TICK_NODE] = pf_rng_below(rng, g->nodes);
		op.arg[PF_TICK_ORDER] = pf_rng_below(rng, 11);
		op.arg[PF_TICK_PROACTIVE] = one_in(rng, 3);
		break;
	case PF_OP_RETYPE:
		op.arg[PF_RETYPE_BLOCK] = pick_block(g, rng);
		op.arg[PF_RETYPE_TYPE] = pf_rng_below(rng, PF_NR_MOBILITY);
		break;
	case PF_OP_CPU:
		op.arg[PF_CPU_NR] = pf_rng_below(rng, g->cpus);
		op.arg[PF_CPU_ONLINE] = pf_rng_below(rng, 2);
		break;
	case PF_OP_TUNE:
		make_tune(&op, rng);
		break;
	case PF_OP_INJECT:
		op.arg[PF_INJECT_WHAT] = pf_rng_below(rng, PF_NR_INJECT);
		op.arg[PF_INJECT_AFTER] = geometric(rng, 127);
		op.arg[PF_INJECT_COUNT] = pick_count(rng, 16);
		break;
	default:
		for (unsigned i = 0; i < info->nr_operands; i++)
			op.arg[i] = pick_any(&info->operand[i], rng);
	}
	pf_op_canonical(&op);
	return op;
}

/* A kind that is not configuration, by weight. */
static unsigned pick_kind(struct pf_rng *rng)
{
	unsigned kind;

	do {
		kind = pf_opcode_kind(PF_OPCODE + pf_rng_below(rng, 128));
	} while (kind == PF_NR_OPS || pf_op_info[kind].config);
	return kind;
}

static struct pf_op make_any(const struct guess *g, struct pf_rng *rng)
{
	unsigned kind = pick_kind(rng);
	bool empty = true;

	for (unsigned i = 0; i < NR_TRACKED / 64; i++)
		empty = empty && !g->live[i];
	/* What works on a slot is wasted while all are empty. */
	if (empty && pf_op_info[kind].has_slot && kind != PF_OP_BULK && kind != PF_OP_CONTIG &&
	    kind != PF_OP_EXACT)
		kind = PF_OP_ALLOC;
	return make_op(g, rng, kind);
}

/*
 * Write up to `n` operations: usually one, now and then a storm, the same
 * operation on slots at a regular distance. Freeing every second page of a full
 * range is what fragments memory. Returns how many were written, at least 1.
 */
static size_t make_some(struct pf_op *ops, size_t n, struct guess *g, struct pf_rng *rng)
{
	size_t len = 1;
	uint32_t stride = 1;

	ops[0] = make_any(g, rng);
	if (pf_op_info[ops[0].kind].has_slot && one_in(rng, 16)) {
		len = between(rng, 2, 24);
		len = len < n ? len : n;
		if (ops[0].kind == PF_OP_BULK)
			stride = ops[0].arg[PF_BULK_COUNT];
		else if (ops[0].kind != PF_OP_ALLOC && ops[0].kind != PF_OP_EXACT)
			stride = 1 + geometric(rng, 3);
		ops[0].slot &= ~7u;
	}
	for (size_t i = 0; i < len; i++) {
		if (i) {
			ops[i] = ops[0];
			ops[i].slot = (ops[i - 1].slot + stride) % PF_NR_SLOTS;
		}
		observe(g, &ops[i]);
	}
	return len;
}

size_t pf_generate(struct pf_op *ops, size_t n, size_t cap, struct pf_rng *rng)
{
	struct guess g = fresh_guess;
	size_t i = 0, configs = 0;

	n = n ? n : 1;
	n = n < cap ? n : cap;
	if (one_in(rng, 3))
		configs = 1 + geometric(rng, 5);
	for (; i < n && i < configs; i++) {
		ops[i] = make_config(&g, rng);
		observe(&g, &ops[i]);
	}
	while (i < n)
		i += make_some(&ops[i], n - i, &g, rng);
	return n;
}

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
	struct guess g = guess_at(m->ops, at);

	for (size_t i = 0; i < len;)
		i += make_some(&m->ops[at + i], len - i, &g, m->rng);
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

static bool change_operand(struct mutation *m)
{
	const struct pf_op_info *info;
	struct pf_op *op, fresh;
	struct guess g;
	uint16_t old;
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
	old = op->arg[arg];
	switch (pf_rng_below(m->rng, 8)) {
	case 0:
		op->arg[arg] = 0;
		break;
	case 1:
		op->arg[arg] += old < info->operand[arg].max;
		break;
	case 2:
		op->arg[arg] -= old > 0;
		break;
	case 3:
		op->arg[arg] = info->operand[arg].max;
		break;
	case 4:
		op->arg[arg] = pick_any(&info->operand[arg], m->rng);
		break;
	default:
		g = guess_at(m->ops, at);
		fresh = make_op(&g, m->rng, op->kind);
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
	g = guess_at(m->ops, at);
	kind = one_in(m->rng, 2) ? op->kind : pick_kind(m->rng);
	*op = make_op(&g, m->rng, kind);
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

/* Free what is live at some point: all, or every second one, or every third one ... */
static bool free_storm(struct mutation *m)
{
	size_t at = m->config + position(m->rng, body(m) + 1), len = 0;
	struct guess g = guess_at(m->ops, at);
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

/* End with questions that show what is wrong by now. */
static bool append(struct mutation *m)
{
	static const uint8_t kinds[] = {
		PF_OP_COMPACT, PF_OP_COMPACT, PF_OP_RECLAIM, PF_OP_DRAIN,
		PF_OP_TICK,    PF_OP_ALLOC,   PF_OP_CONTIG,  PF_OP_CHECK,
	};
	struct guess g = guess_at(m->ops, m->n);
	size_t at = m->n, len = open_gap(m, at, 1 + geometric(m->rng, 3));

	for (size_t i = 0; i < len; i++)
		m->ops[at + i] = make_op(&g, m->rng, kinds[pf_rng_below(m->rng, sizeof(kinds))]);
	if (len > 1)
		m->ops[m->n - 1] = (struct pf_op){.kind = PF_OP_CHECK};
	return len > 0;
}

#define MAX_CONFIG 16

static bool change_config(struct mutation *m)
{
	struct guess g = guess_at(m->ops, m->config);
	struct pf_op op = make_config(&g, m->rng);
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
		change_config,
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
	/* Unlucky cuts of short programs can leave nothing. */
	if (!n)
		n = append_ops(out, 0, cap, body_a ? a : b, body_a ? body_a : body_b);
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
		struct pf_op op = {.kind = m->n ? m->ops[0].kind : pick_kind(m->rng)};

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
