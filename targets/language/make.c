// SPDX-License-Identifier: GPL-2.0-only
/*
 * make.c - operations from nothing, aimed at a guess of the state, and programs
 * of them; see mutate.h and make.h. What is likely to be worth trying lives here;
 * what is legal, in oracle/op.c; what becomes of given programs, in mutate.c.
 */
#include "codec.h"
#include "make.h"
#include "mutate.h"

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

struct guess pf_guess_at(const struct pf_op *ops, size_t n)
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

struct pf_op pf_make_config(const struct guess *g, struct pf_rng *rng)
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

uint16_t pf_pick_any(const struct pf_operand *operand, struct pf_rng *rng)
{
	if (operand->nr_symbols && !one_in(rng, 64))
		return pf_rng_below(rng, operand->nr_symbols);
	return pf_rng_below(rng, operand->max + 1);
}

struct pf_op pf_make_op(const struct guess *g, struct pf_rng *rng, unsigned kind)
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
			op.arg[i] = pf_pick_any(&info->operand[i], rng);
	}
	pf_op_canonical(&op);
	return op;
}

unsigned pf_pick_kind(struct pf_rng *rng)
{
	unsigned kind;

	do {
		kind = pf_opcode_kind(PF_OPCODE + pf_rng_below(rng, 128));
	} while (kind == PF_NR_OPS || pf_op_info[kind].config);
	return kind;
}

static struct pf_op make_any(const struct guess *g, struct pf_rng *rng)
{
	unsigned kind = pf_pick_kind(rng);
	bool empty = true;

	for (unsigned i = 0; i < NR_TRACKED / 64; i++)
		empty = empty && !g->live[i];
	/* What works on a slot is wasted while all are empty. */
	if (empty && pf_op_info[kind].has_slot && kind != PF_OP_BULK && kind != PF_OP_CONTIG &&
	    kind != PF_OP_EXACT)
		kind = PF_OP_ALLOC;
	return pf_make_op(g, rng, kind);
}

/*
 * Write up to `n` operations: usually one, now and then a storm, the same
 * operation on slots at a regular distance. Freeing every second page of a full
 * range is what fragments memory. Returns how many were written, at least 1.
 */
size_t pf_make_some(struct pf_op *ops, size_t n, struct guess *g, struct pf_rng *rng)
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
		ops[i] = pf_make_config(&g, rng);
		observe(&g, &ops[i]);
	}
	while (i < n)
		i += pf_make_some(&ops[i], n - i, &g, rng);
	return n;
}
