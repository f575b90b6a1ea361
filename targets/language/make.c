// SPDX-License-Identifier: GPL-2.0-only
/*
 * make.c - operations from nothing, aimed at a guess of the state, and programs
 * of them; see mutate.h and make.h. What is likely to be worth trying lives here;
 * what is legal, in oracle/op.c; what becomes of given programs, in mutate.c.
 */
#include "../../oracle/layout.h"
#include "codec.h"
#include "make.h"
#include "mutate.h"

static const struct guess fresh_guess = {
	.pages = PF_DEFAULT_PAGES,
	.block_order = PF_DEFAULT_PAGEBLOCK_ORDER,
	.max_order = PF_DEFAULT_MAX_ORDER,
	.cpus = 1,
	.nodes = 1,
	.run = 1,
};

/* Orders up to here are usual; above it only now and then, since most memory is smaller. */
#define USUAL_ORDER 10

static uint32_t min(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void set_bit(uint64_t *words, uint32_t slot, bool on)
{
	if (on)
		words[slot / 64] |= 1ull << slot % 64;
	else
		words[slot / 64] &= ~(1ull << slot % 64);
}

static void set_live(struct guess *g, uint32_t slot, bool live, bool run)
{
	if (slot >= NR_TRACKED)
		return;
	set_bit(g->live, slot, live);
	set_bit(g->runs, slot, run);
}

static void observe_config(struct guess *g, unsigned key, uint32_t value)
{
	switch (key) {
	case PF_CONFIG_PAGES:
		g->pages = value ? min(value, PF_MAX_PAGES) : fresh_guess.pages;
		break;
	case PF_CONFIG_PAGEBLOCK_ORDER:
		g->block_order = min(value, PF_MAX_ORDER);
		break;
	case PF_CONFIG_MAX_ORDER:
		g->max_order = min(value, PF_MAX_ORDER);
		break;
	case PF_CONFIG_CPUS:
		g->cpus = value ? min(value, PF_MAX_CPUS) : 1;
		break;
	case PF_CONFIG_MIN:
		g->min = min(value, PF_MAX_PAGES);
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
		g->pages = min(g->pages + min(op->arg[PF_ZONE_GAP], PF_MAX_PAGES) +
				       min(op->arg[PF_ZONE_PAGES], PF_MAX_PAGES),
			       PF_MAX_PAGES);
		break;
	case PF_OP_LATER:
		g->laters++;
		break;
	case PF_OP_ALLOC:
	case PF_OP_EXACT:
	case PF_OP_CONTIG:
	case PF_OP_BULK:
		set_live(g, op->slot, true, false);
		break;
	case PF_OP_RUN:
		set_live(g, op->slot, true, true);
		g->run = op->arg[PF_RUN_PAGES];
		break;
	case PF_OP_TAKE:
		set_live(g, op->slot, true, true);
		g->run = op->arg[PF_TAKE_PAGES];
		break;
	case PF_OP_RESIZE:
		g->run = op->arg[PF_RESIZE_PAGES];
		break;
	case PF_OP_FREE:
		set_live(g, op->slot, false, false);
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

/* A slot that holds a run; any occupied one if there is none. */
static uint32_t pick_run(const struct guess *g, struct pf_rng *rng)
{
	uint32_t start = pf_rng_below(rng, WINDOW);

	for (uint32_t i = 0; i < NR_TRACKED; i++) {
		uint32_t slot = (start + i) % NR_TRACKED;

		if (g->runs[slot / 64] >> slot % 64 & 1)
			return slot;
	}
	return pick_live(g, rng);
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
		return pf_rng_below(rng, 1 + (one_in(rng, 4) ? PF_MAX_ORDER : USUAL_ORDER));
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

/* Where memory begins: beside round numbers, and as high as it goes. */
static uint32_t pick_base(struct pf_rng *rng)
{
	uint32_t v = 1u << pf_rng_below(rng, 32);

	switch (pf_rng_below(rng, 4)) {
	case 0:
		return v - 1;
	case 1:
		return UINT32_MAX - pf_rng_below(rng, v);
	default:
		return v;
	}
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
		return between(rng, min(g->block_order, USUAL_ORDER),
			       one_in(rng, 16) ? PF_MAX_ORDER : USUAL_ORDER);
	case PF_CONFIG_CPUS:
		return between(rng, 1, one_in(rng, 16) ? PF_MAX_CPUS : 4);
	case PF_CONFIG_START:
		return one_in(rng, 2) ? 1u << pf_rng_below(rng, 10) : pf_rng_below(rng, 64);
	case PF_CONFIG_BASE:
		return pick_base(rng);
	default: /* PF_CONFIG_MIN */
		return one_in(rng, 3) ? 0 : pf_rng_below(rng, 64);
	}
}

struct pf_op pf_make_config(const struct guess *g, struct pf_rng *rng)
{
	static const uint8_t keys[] = {
		PF_CONFIG_PAGES,     PF_CONFIG_PAGES, PF_CONFIG_PAGEBLOCK_ORDER,
		PF_CONFIG_MAX_ORDER, PF_CONFIG_CPUS,  PF_CONFIG_START,
		PF_CONFIG_MIN,	     PF_CONFIG_BASE,
	};
	struct pf_op op = {.kind = PF_OP_CONFIG};

	switch (pf_rng_below(rng, 12)) {
	case 0:
		op.kind = PF_OP_ZONE;
		op.arg[PF_ZONE_TYPE] = pf_rng_below(rng, 4);
		op.arg[PF_ZONE_NODE] = geometric(rng, PF_MAX_NODES - 1);
		op.arg[PF_ZONE_PAGES] = pick_config_value(g, rng, PF_CONFIG_PAGES) / 2;
		op.arg[PF_ZONE_GAP] = one_in(rng, 3) ? pf_rng_below(rng, 128) : 0;
		op.arg[PF_ZONE_MIN] = one_in(rng, 2) ? pf_rng_below(rng, 32) : 0;
		break;
	case 1:
		op.kind = one_in(rng, 2) ? PF_OP_HOLE : PF_OP_RESERVE;
		op.arg[PF_RANGE_AT] = pf_rng_below(rng, g->pages + 1);
		op.arg[PF_RANGE_PAGES] = pick_count(rng, 1u << (g->block_order + 1));
		break;
	case 2:
		op.kind = PF_OP_LATER;
		op.arg[PF_RANGE_AT] = pick_block(g, rng) << g->block_order;
		op.arg[PF_RANGE_PAGES] = pick_count(rng, 8u << g->block_order);
		break;
	default:
		op.arg[PF_CONFIG_KEY] = keys[pf_rng_below(rng, sizeof(keys))];
		op.arg[PF_CONFIG_VALUE] = pick_config_value(g, rng, op.arg[PF_CONFIG_KEY]);
	}
	pf_op_canonical(&op);
	return op;
}

#define SAME_TAIL(kind)                                                                       \
	((int)PF_##kind##_BITS - PF_##kind##_MOBILITY == PF_ALLOC_BITS - PF_ALLOC_MOBILITY && \
	 (int)PF_##kind##_ZONE - PF_##kind##_MOBILITY == PF_ALLOC_ZONE - PF_ALLOC_MOBILITY)
_Static_assert(SAME_TAIL(BULK) && SAME_TAIL(EXACT) && SAME_TAIL(RUN), "make_request() serves all");

static uint32_t pick_bits(struct pf_rng *rng)
{
	static const uint32_t flags[] = {
		PF_GFP_HIGH,	       PF_GFP_IO,	  PF_GFP_FS,
		PF_GFP_ZERO,	       PF_GFP_ATOMIC,	  PF_GFP_DIRECT_RECLAIM,
		PF_GFP_KSWAPD_RECLAIM, PF_GFP_NOWARN,	  PF_GFP_RETRY_MAYFAIL,
		PF_GFP_NOFAIL,	       PF_GFP_NORETRY,	  PF_GFP_MEMALLOC,
		PF_GFP_COMP,	       PF_GFP_NOMEMALLOC, PF_GFP_THISNODE,
	};
	uint32_t bits = 0;

	do {
		bits |= flags[pf_rng_below(rng, sizeof(flags) / sizeof(flags[0]))];
	} while (one_in(rng, 4));
	return bits;
}

/* The operands that kinds of requests share; `arg` is where their mobility stands. */
static void make_request(uint32_t *arg, const struct guess *g, struct pf_rng *rng)
{
	arg -= PF_ALLOC_MOBILITY;
	arg[PF_ALLOC_MOBILITY] = pick_mobility(rng);
	if (one_in(rng, 2))
		arg[PF_ALLOC_GFP] = pf_rng_below(rng, PF_NR_GFP);
	arg[PF_ALLOC_CPU] = pf_rng_below(rng, g->cpus);
	arg[PF_ALLOC_NODE] = pf_rng_below(rng, g->nodes);
	if (one_in(rng, g->zones > 1 ? 3 : 32))
		arg[PF_ALLOC_ZONE] = pf_rng_below(rng, 5);
	if (one_in(rng, 24))
		arg[PF_ALLOC_BITS] = pick_bits(rng);
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

static void make_run(struct pf_op *op, const struct guess *g, struct pf_rng *rng)
{
	op->arg[PF_RUN_PAGES] =
		one_in(rng, 4) ? pick_count(rng, 4u << g->block_order) : 1 + geometric(rng, 16);
	if (one_in(rng, 3))
		op->arg[PF_RUN_ALIGN] = pick_order(g, rng);
	if (one_in(rng, 4)) {
		op->arg[PF_RUN_FROM] = pf_rng_below(rng, g->pages + 1);
		op->arg[PF_RUN_TO] = op->arg[PF_RUN_FROM] + pick_count(rng, g->pages);
	}
	op->arg[PF_RUN_TOP] = pf_rng_below(rng, 2);
	make_request(&op->arg[PF_RUN_MOBILITY], g, rng);
}

/* Some of a run of about n pages: few, all, or anything. */
static uint32_t pick_part(struct pf_rng *rng, uint32_t n)
{
	switch (pf_rng_below(rng, 8)) {
	case 0:
		return n;
	case 1:
		return pf_rng_below(rng, min(n, PF_MAX_PAGES) + 1);
	default:
		return min(geometric(rng, 16), n);
	}
}

static void make_tune(struct pf_op *op, struct pf_rng *rng)
{
	/* What the knobs are worth in Linux, in the order of their symbols. */
	static const uint32_t top[] = {3000, 2048, 16383, 1000, 100};
	unsigned knob = pf_rng_below(rng, sizeof(top) / sizeof(top[0]));

	op->arg[PF_TUNE_KNOB] = knob;
	op->arg[PF_TUNE_VALUE] = one_in(rng, 4) ? 0 : pick_count(rng, top[knob]);
}

uint32_t pf_pick_any(const struct pf_operand *operand, struct pf_rng *rng)
{
	uint32_t v;

	if (operand->nr_symbols && !one_in(rng, 64))
		return pf_rng_below(rng, operand->nr_symbols);
	if (operand->hex)
		return pick_bits(rng);
	if (operand->max < 128)
		return pf_rng_below(rng, operand->max + 1);
	/* By magnitude: evenly from 32 bits would be too much nearly always. */
	v = 1u << pf_rng_below(rng, one_in(rng, 8) ? 32 : 14);
	return min(one_in(rng, 4) ? v - one_in(rng, 2) : pf_rng_below(rng, v), operand->max);
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
		make_request(&op.arg[PF_ALLOC_MOBILITY], g, rng);
		break;
	case PF_OP_BULK:
		op.slot = pick_empty(g, rng);
		/* Mostly a few pages: a long one costs as much as a whole program. */
		op.arg[PF_BULK_COUNT] =
			one_in(rng, 8) ? pick_count(rng, one_in(rng, 8) ? PF_MAX_BULK_COUNT : 127)
				       : 1 + geometric(rng, 8);
		make_request(&op.arg[PF_BULK_MOBILITY], g, rng);
		break;
	case PF_OP_EXACT:
		op.slot = pick_empty(g, rng);
		op.arg[PF_EXACT_COUNT] = pick_exact(g, rng);
		make_request(&op.arg[PF_EXACT_MOBILITY], g, rng);
		break;
	case PF_OP_RUN:
		op.slot = pick_empty(g, rng);
		make_run(&op, g, rng);
		break;
	case PF_OP_TAKE:
		op.slot = pick_empty(g, rng);
		op.arg[PF_TAKE_AT] = one_in(rng, 2) ? pick_block(g, rng) << g->block_order
						    : pf_rng_below(rng, g->pages + 1);
		op.arg[PF_TAKE_PAGES] = pick_count(rng, 2u << g->block_order);
		break;
	case PF_OP_TRIM:
		op.slot = pick_run(g, rng);
		if (one_in(rng, 2))
			op.arg[PF_TRIM_HEAD] = pick_part(rng, g->run);
		if (!op.arg[PF_TRIM_HEAD] || one_in(rng, 2))
			op.arg[PF_TRIM_TAIL] = pick_part(rng, g->run);
		op.arg[PF_TRIM_CPU] = pf_rng_below(rng, g->cpus);
		break;
	case PF_OP_RESIZE:
		op.slot = pick_run(g, rng);
		op.arg[PF_RESIZE_PAGES] =
			one_in(rng, 2)
				? g->run - pick_part(rng, g->run)
				: min(g->run, PF_MAX_PAGES) + pick_count(rng, 1u << g->block_order);
		break;
	case PF_OP_ADD:
		op.arg[PF_ADD_RANGE] =
			g->laters ? pf_rng_below(rng, min(g->laters, PF_MAX_RANGES)) : 0;
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
			one_in(rng, 4)
				? pick_order(g, rng)
				: between(rng, min(g->block_order, USUAL_ORDER), USUAL_ORDER);
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
		op.arg[PF_TICK_ORDER] = pf_rng_below(rng, 1 + USUAL_ORDER);
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

/* As many places as the weight of each kind. */
#define PLACES(id, name, class, weight) BEGIN_##id, END_##id = BEGIN_##id + (weight)-1,
enum { PF_OPS(PLACES) NR_PLACES };
#define PLACE(id, name, class, weight) [BEGIN_##id... END_##id] = PF_OP_##id,
static const uint8_t kind_at[NR_PLACES] = {PF_OPS(PLACE)};

unsigned pf_pick_kind(struct pf_rng *rng)
{
	unsigned kind;

	do {
		kind = kind_at[pf_rng_below(rng, NR_PLACES)];
	} while (pf_op_is_config(kind));
	return kind;
}

/* Does it put something into its slot, so that it wants an empty one? */
static bool is_filling(unsigned kind)
{
	return kind == PF_OP_ALLOC || kind == PF_OP_BULK || kind == PF_OP_EXACT ||
	       kind == PF_OP_CONTIG || kind == PF_OP_RUN || kind == PF_OP_TAKE;
}

static struct pf_op make_any(const struct guess *g, struct pf_rng *rng)
{
	unsigned kind = pf_pick_kind(rng);
	uint64_t live = 0, runs = 0;

	for (unsigned i = 0; i < NR_TRACKED / 64; i++) {
		live |= g->live[i];
		runs |= g->runs[i];
	}
	/* What works on a slot is wasted while all are empty. */
	if (!live && pf_op_info[kind].has_slot && !is_filling(kind))
		kind = PF_OP_ALLOC;
	if (!runs && (kind == PF_OP_TRIM || kind == PF_OP_RESIZE) && !one_in(rng, 8))
		kind = PF_OP_RUN;
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
		if (!is_filling(ops[0].kind) || ops[0].kind == PF_OP_CONTIG)
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

/* Bulk requests that together take `pages` and a little more; returns how many operations. */
static size_t fill(struct pf_op *ops, size_t cap, uint32_t pages, struct pf_rng *rng)
{
	size_t n = 0;

	for (uint32_t got = 0; got <= pages && n < cap; n++) {
		uint32_t count = PF_MAX_BULK_COUNT - geometric(rng, PF_MAX_BULK_COUNT / 4);

		ops[n] = (struct pf_op){.kind = PF_OP_BULK, .slot = (uint32_t)n};
		ops[n].arg[PF_BULK_COUNT] = count;
		ops[n].arg[PF_BULK_MOBILITY] = pick_mobility(rng);
		pf_op_canonical(&ops[n]);
		got += count;
	}
	return n;
}

size_t pf_generate_full(struct pf_op *ops, size_t cap, struct pf_rng *rng)
{
	uint32_t pages = between(rng, PF_MUTATE_MAX_PAGES, PF_FULL_MAX_PAGES);
	struct guess g;
	size_t n = 0, slots, some;

	if (n < cap)
		ops[n++] = (struct pf_op){.kind = PF_OP_CONFIG, .arg = {PF_CONFIG_PAGES, pages}};
	if (n < cap && one_in(rng, 2))
		ops[n++] = (struct pf_op){.kind = PF_OP_CONFIG, .arg = {PF_CONFIG_MIN, 0}};
	slots = fill(ops + n, cap - n, pages, rng);
	n += slots;
	for (size_t slot = 0; slot < slots && n < cap; slot++)
		if (one_in(rng, 2))
			ops[n++] = (struct pf_op){.kind = PF_OP_FREE, .slot = (uint32_t)slot};
	g = pf_guess_at(ops, n);
	some = n + 32 < cap ? n + 32 : cap;
	while (n < some)
		n += pf_make_some(&ops[n], some - n, &g, rng);
	n += fill(ops + n, cap - n, pages, rng);
	return n;
}

/* A full zone with small blocks free here and there. */
struct scatter {
	uint32_t first, slots; /* those that hold a small piece each */
	uint32_t piece;	       /* pages of it */
	uint32_t freed;	       /* pages */
	uint32_t next;	       /* slot that nobody used */
	uint32_t below;	       /* pages below the marks that are in use, too */
};

/* What lies below the marks stays in one piece, but for who may have all. */
static struct pf_op page_below(uint32_t slot, unsigned mobility)
{
	struct pf_op op = {.kind = PF_OP_ALLOC, .slot = slot};

	op.arg[PF_ALLOC_MOBILITY] = mobility;
	op.arg[PF_ALLOC_GFP] = PF_GFP_SET_EMERGENCY;
	pf_op_canonical(&op);
	return op;
}

static struct pf_op pages_of(uint32_t slot, uint32_t count, unsigned mobility)
{
	struct pf_op op = {.kind = PF_OP_BULK, .slot = slot};

	op.arg[PF_BULK_COUNT] = count;
	op.arg[PF_BULK_MOBILITY] = mobility;
	pf_op_canonical(&op);
	return op;
}

/*
 * Single pages until memory is full, the last ones in small pieces: alloc_pages_bulk() wants as
 * many as it is asked for above the low mark.
 */
static size_t fill_small(struct scatter *s, struct pf_op *ops, size_t cap, const struct guess *g,
			 struct pf_rng *rng)
{
	unsigned mobility = pick_mobility(rng), mt;
	uint32_t most = min((uint32_t)cap / 3, 160), small, got = 0;
	bool mixed = one_in(rng, 4), deep = one_in(rng, 2);
	size_t n = 0;

	s->piece = deep ? 1 : 1 + geometric(rng, 7);
	small = min(most, g->pages / s->piece);
	while (got < g->pages && n < cap) {
		uint32_t left = g->pages - got, count = s->piece;

		if (left > small * s->piece)
			count = min(left - small * s->piece, PF_MAX_BULK_COUNT);
		else if (!s->slots++)
			s->first = (uint32_t)n;
		mt = mixed || one_in(rng, 16) ? pick_mobility(rng) : mobility;
		ops[n] = deep && s->slots ? page_below((uint32_t)n, mt)
					  : pages_of((uint32_t)n, count, mt);
		got += count;
		n++;
	}
	if (deep)
		s->below = g->min;
	s->next = (uint32_t)n;
	return n;
}

/* Freed at a regular distance, so that no more than a piece or two is free in one place. */
static size_t punch(struct scatter *s, struct pf_op *ops, size_t cap, struct pf_rng *rng)
{
	uint32_t stride = 2 + geometric(rng, 6), slot = pf_rng_below(rng, s->slots);
	uint32_t most = 1 + s->slots / stride, count = between(rng, 1, most);
	uint32_t enough = s->below + (2u << between(rng, 1, 4)) + pf_rng_below(rng, 8);

	/* As much as compaction wants to see, and little more. */
	if (s->below && !s->freed && enough / s->piece <= most)
		count = enough / s->piece;
	bool pairs = one_in(rng, 4);
	size_t n = 0;

	while (count-- && n + 2 < cap) {
		for (unsigned i = 0; i <= pairs; i++)
			ops[n++] = (struct pf_op){.kind = PF_OP_FREE,
						  .slot = s->first + (slot + i) % s->slots};
		slot += stride;
	}
	s->freed += (uint32_t)n * s->piece;
	if (n < cap && !one_in(rng, 4))
		ops[n++] = (struct pf_op){.kind = PF_OP_DRAIN};
	return n;
}

/*
 * Ask for what is there, but not in one piece, again and again: __compaction_suitable() wants
 * twice the request to be free, and six failures in a row put off as many as are ever put off.
 */
static size_t ask(struct scatter *s, struct pf_op *ops, size_t cap, const struct guess *g,
		  struct pf_rng *rng)
{
	static const uint8_t kinds[] = {PF_OP_ALLOC, PF_OP_ALLOC,   PF_OP_ALLOC,
					PF_OP_ALLOC, PF_OP_COMPACT, PF_OP_TICK};
	struct pf_op op = pf_make_op(g, rng, kinds[pf_rng_below(rng, sizeof(kinds))]);
	size_t n = one_in(rng, 3) ? 1 : between(rng, 1, one_in(rng, 4) ? 150 : 6);
	unsigned order = 1;

	while (order < USUAL_ORDER && 4u << order <= s->freed && !one_in(rng, 4))
		order++;
	if (op.kind == PF_OP_ALLOC)
		op.arg[PF_ALLOC_ORDER] = order;
	else if (op.kind == PF_OP_COMPACT)
		op.arg[PF_COMPACT_ORDER] = order;
	pf_op_canonical(&op);
	n = n < cap ? n : cap;
	for (size_t i = 0; i < n; i++) {
		ops[i] = op;
		if (op.kind == PF_OP_ALLOC)
			ops[i].slot = s->next++ % PF_NR_SLOTS;
	}
	return n;
}

size_t pf_make_scattered(struct pf_op *ops, size_t cap, struct guess *g, struct pf_rng *rng)
{
	struct scatter s = {0};
	size_t n = fill_small(&s, ops, cap, g, rng), some;

	if (!s.slots)
		return n;
	for (unsigned rounds = 1 + geometric(rng, 4); rounds; rounds--) {
		n += punch(&s, ops + n, (cap - n) / 2, rng);
		for (unsigned i = 1 + geometric(rng, 3); i; i--)
			n += ask(&s, ops + n, cap - n, g, rng);
	}
	for (size_t i = 0; i < n; i++)
		observe(g, &ops[i]);
	some = n + 1 + geometric(rng, 16);
	some = some < cap ? some : cap;
	while (n < some)
		n += pf_make_some(&ops[n], some - n, g, rng);
	return n;
}

static struct pf_op setting(unsigned key, uint32_t value)
{
	return (struct pf_op){.kind = PF_OP_CONFIG, .arg = {key, value}};
}

size_t pf_generate_scattered(struct pf_op *ops, size_t cap, struct pf_rng *rng)
{
	unsigned log = 7 + pf_rng_below(rng, 5), block_order = between(rng, 2, 5);
	uint32_t pages = 1u << log, mark = 0;
	struct pf_op config[8];
	struct guess g;
	size_t n = 0, k = 0;

	/* Only a few pageblocks, so that the scanners meet soon. */
	if (one_in(rng, 4))
		block_order = min(log - pf_rng_below(rng, 3), 8);
	/* A border inside a pageblock, at either end. */
	if (one_in(rng, 3))
		pages -= pf_rng_below(rng, pages / 2);
	if (one_in(rng, 3))
		config[k++] = setting(PF_CONFIG_START, pf_rng_below(rng, 64));
	/* A mark near what will be free, so that it is passed on the way. */
	if (one_in(rng, 2))
		mark = pf_rng_below(rng, one_in(rng, 2) ? 16 : 1 + pages / 4);
	config[k++] = setting(PF_CONFIG_PAGES, pages);
	config[k++] = setting(PF_CONFIG_PAGEBLOCK_ORDER, block_order);
	config[k++] = setting(PF_CONFIG_MIN, mark);
	g = pf_guess_at(config, k);
	if (one_in(rng, 4))
		config[k++] = pf_make_config(&g, rng);
	for (; n < k && n < cap; n++)
		ops[n] = config[n];
	g = pf_guess_at(ops, n);
	return n + pf_make_scattered(ops + n, cap - n, &g, rng);
}
