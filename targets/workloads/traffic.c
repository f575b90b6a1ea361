// SPDX-License-Identifier: GPL-2.0-only
/* traffic.c - programs from mixtures of actions; see traffic.h. */
#include "traffic.h"

#include <stdlib.h>
#include <string.h>

#include "../language/rng.h"
#include "book.h"

struct generator {
	const struct pf_traffic *traffic;
	struct pf_rng rng;
	struct pf_book *book;
	bool rising;
	bool check_next; /* while moved pages are still in LRU batches */
	bool free_next;	 /* the newest: a large block that did not stay */
	unsigned type, until_next_type;
};

static unsigned pick_order(struct generator *g)
{
	struct pf_rng *rng = &g->rng;
	unsigned o = 0, max = 10;

	switch (g->traffic->orders) {
	case PF_ORDERS_LOW:
		if (one_in(rng, 200))
			return 9;
		max = 3;
		break;
	case PF_ORDERS_HIGH:
		o = 4;
		break;
	case PF_ORDERS_TO_PAGEBLOCK:
		max = 9;
		break;
	case PF_ORDERS_SMALL_AND_LARGE:
		if (one_in(rng, 20))
			return 3 + pf_rng_below(rng, 7);
		return 0;
	case PF_ORDERS_ALL:
		break;
	}
	while (o < max && pf_rng_below(rng, 5) < 2)
		o++;
	/* Large ones are rare that way, and wanted. */
	if (max > 3 && one_in(rng, 100))
		o = o + pf_rng_below(rng, max - o + 1);
	return o;
}

static unsigned pick_type(struct generator *g)
{
	switch (g->traffic->types) {
	case PF_TYPES_STORMS:
		if (!g->until_next_type--) {
			g->until_next_type = 500 + pf_rng_below(&g->rng, 4000);
			g->type = pf_rng_below(&g->rng, PF_NR_MOBILITY);
		}
		return pf_rng_below(&g->rng, 20) ? g->type : pf_rng_below(&g->rng, PF_NR_MOBILITY);
	case PF_TYPES_MOSTLY_MOVABLE:
		return pf_rng_below(&g->rng, 30) ? PF_MOVABLE
						 : pf_rng_below(&g->rng, PF_NR_MOBILITY);
	default:
		return pf_rng_below(&g->rng, PF_NR_MOBILITY);
	}
}

/* The symbols of the operand gfp, see op.c. */
static unsigned pick_gfp(struct generator *g)
{
	const char *gfp = g->traffic->gfp;

	switch (gfp[pf_rng_below(&g->rng, (unsigned)strlen(gfp))]) {
	case 'k':
		return 2; /* nowait: may wake kswapd */
	case 'a':
		return 1; /* atomic */
	case 'e':
		return 13; /* emergency */
	case 'r':
		return 6; /* noretry: compacts directly */
	case 't':
		return 15; /* thp */
	case 'f':
		return 11; /* nofs: compacts directly, but for the page cache */
	default:
		return 3; /* none */
	}
}

static struct pf_op make_alloc(struct generator *g, bool bulk)
{
	unsigned order = pick_order(g), pages = 1 + pf_rng_below(&g->rng, 60);
	struct pf_op op = {.kind = bulk ? PF_OP_BULK : PF_OP_ALLOC};

	op.slot = pf_book_enter(g->book, bulk ? pages : 1u << order);
	op.arg[0] = bulk ? pages : order;
	op.arg[PF_ALLOC_MOBILITY] = pick_type(g);
	op.arg[PF_ALLOC_GFP] = pick_gfp(g);
	g->free_next = g->traffic->orders == PF_ORDERS_SMALL_AND_LARGE && !bulk && order &&
		       !one_in(&g->rng, 5);
	return op;
}

/* Up to 60 pages, as bulk; now and then up to the largest block. */
static struct pf_op make_exact(struct generator *g)
{
	bool large = one_in(&g->rng, 100);
	unsigned pages = 1 + pf_rng_below(&g->rng, large ? 1024 : 60);
	struct pf_op op = {.kind = PF_OP_EXACT, .slot = pf_book_enter(g->book, pages)};

	op.arg[PF_EXACT_COUNT] = pages;
	op.arg[PF_EXACT_MOBILITY] = pick_type(g);
	op.arg[PF_EXACT_GFP] = pick_gfp(g);
	return op;
}

static struct pf_op make_free(struct generator *g)
{
	uint32_t i = pf_rng_below(&g->rng, g->book->nr_live);

	return (struct pf_op){.kind = PF_OP_FREE, .slot = pf_book_leave(g->book, i)};
}

static struct pf_op on_any(struct generator *g, unsigned kind)
{
	uint32_t i = pf_rng_below(&g->rng, g->book->nr_live);

	return (struct pf_op){.kind = kind, .slot = g->book->live[i].slot};
}

static struct pf_op make_tune(struct generator *g)
{
	static const struct {
		uint8_t knob;
		uint16_t value[4];
	} knobs[] = {
		{PF_WATERMARK_SCALE_FACTOR, {10, 50, 100, 10}},
		{PF_WATERMARK_BOOST_FACTOR, {15000, 0, 10000, 15000}},
		{PF_EXTFRAG_THRESHOLD, {500, 0, 200, 800}},
		{PF_COMPACTION_PROACTIVENESS, {20, 0, 50, 100}},
		{PF_COMPACT_UNEVICTABLE_ALLOWED, {1, 0, 1, 0}},
	};
	/* Knobs of compaction only where there is some. */
	bool daemon = g->traffic->weight[PF_DO_KCOMPACTD] != 0;
	bool cache = g->traffic->weight[PF_DO_CACHE] != 0;
	unsigned i = pf_rng_below(&g->rng, cache ? 3 : 2) + (daemon ? 2 : 0);
	struct pf_op op = {.kind = PF_OP_TUNE};

	op.arg[PF_TUNE_KNOB] = knobs[i].knob;
	op.arg[PF_TUNE_VALUE] = knobs[i].value[pf_rng_below(&g->rng, 4)];
	return op;
}

static struct pf_op make_owner(struct generator *g)
{
	static const uint8_t kind[] = {
		PF_OP_DIRTY,	   PF_OP_DIRTY, PF_OP_CLEAN,	 PF_OP_WRITEBACK, PF_OP_WRITTEN,
		PF_OP_UNEVICTABLE, PF_OP_LOCK,	PF_OP_UNLOCK,	 PF_OP_UNLOCK,	  PF_OP_PIN,
		PF_OP_UNPIN,	   PF_OP_UNPIN, PF_OP_EVICTABLE, PF_OP_EVICTABLE, PF_OP_EVICTABLE,
	};

	return on_any(g, kind[pf_rng_below(&g->rng, sizeof(kind))]);
}

static struct pf_op make(struct generator *g, enum pf_action action)
{
	struct pf_op op = {0};

	if (g->free_next) {
		g->free_next = false;
		op.kind = PF_OP_FREE;
		op.slot = pf_book_leave(g->book, g->book->nr_live - 1);
		return op;
	}
	switch (action) {
	case PF_DO_ALLOC:
	case PF_DO_BULK:
		return make_alloc(g, action == PF_DO_BULK);
	case PF_DO_EXACT:
		return make_exact(g);
	case PF_DO_FREE:
		return make_free(g);
	case PF_DO_SPLIT:
		return on_any(g, PF_OP_SPLIT);
	case PF_DO_PIN:
		return on_any(g, PF_OP_PIN);
	case PF_DO_UNPIN:
		return on_any(g, PF_OP_UNPIN);
	case PF_DO_CACHE:
		return on_any(g, PF_OP_LRU);
	case PF_DO_OWNER:
		return make_owner(g);
	case PF_DO_KSWAPD:
		op.kind = PF_OP_TICK;
		op.arg[PF_TICK_DAEMON] = PF_KSWAPD;
		break;
	case PF_DO_DRAIN:
		op.kind = PF_OP_DRAIN;
		break;
	case PF_DO_COMPACT_NODE:
		op.kind = PF_OP_COMPACT;
		op.arg[PF_COMPACT_WHOLE] = 1;
		g->check_next = g->traffic->weight[PF_DO_CACHE] != 0;
		break;
	case PF_DO_COMPACT_ORDER:
		op.kind = PF_OP_COMPACT;
		op.arg[PF_COMPACT_ORDER] = 1 + pf_rng_below(&g->rng, 10);
		op.arg[PF_COMPACT_MODE] = pf_rng_below(&g->rng, PF_NR_MODES);
		op.arg[PF_COMPACT_MOBILITY] = pf_rng_below(&g->rng, 3) ? PF_MOVABLE : PF_UNMOVABLE;
		break;
	case PF_DO_KCOMPACTD:
	case PF_DO_PROACTIVE:
		op.kind = PF_OP_TICK;
		op.arg[PF_TICK_DAEMON] = PF_KCOMPACTD;
		op.arg[PF_TICK_ORDER] = 1 + pf_rng_below(&g->rng, 10);
		op.arg[PF_TICK_PROACTIVE] = action == PF_DO_PROACTIVE;
		break;
	case PF_DO_INJECT:
		op.kind = PF_OP_INJECT;
		op.arg[PF_INJECT_WHAT] =
			pf_rng_below(&g->rng, g->traffic->weight[PF_DO_CACHE] ? 3 : 2);
		if (op.arg[PF_INJECT_WHAT] == 2)
			op.arg[PF_INJECT_WHAT] = PF_INJECT_MIGRATE_NOMEM;
		op.arg[PF_INJECT_AFTER] = pf_rng_below(&g->rng, 40);
		op.arg[PF_INJECT_COUNT] = 1 + pf_rng_below(&g->rng, 30);
		break;
	case PF_DO_CHECK:
		op.kind = PF_OP_CHECK;
		break;
	case PF_DO_RETYPE:
		op.kind = PF_OP_RETYPE;
		op.arg[PF_RETYPE_BLOCK] = pf_rng_below(&g->rng, g->book->pages >> 9);
		op.arg[PF_RETYPE_TYPE] = pf_rng_below(&g->rng, PF_NR_MOBILITY);
		break;
	default:
		return make_tune(g);
	}
	return op;
}

static enum pf_action pick_action(struct generator *g)
{
	unsigned sum = 0, at;

	if (g->check_next) {
		g->check_next = false;
		return PF_DO_CHECK;
	}

	/* Up to the high level, down to the low one, and so on. */
	if ((uint64_t)g->book->used * 100 > (uint64_t)g->book->pages * g->traffic->high)
		g->rising = false;
	if ((uint64_t)g->book->used * 100 < (uint64_t)g->book->pages * g->traffic->low)
		g->rising = true;
	if (one_in(&g->rng, 2)) {
		if (g->rising)
			return PF_DO_ALLOC;
		if (g->book->nr_live)
			return PF_DO_FREE;
	}
	for (unsigned a = 0; a < PF_NR_ACTIONS; a++)
		sum += g->traffic->weight[a];
	at = pf_rng_below(&g->rng, sum);
	for (unsigned a = 0; a < PF_NR_ACTIONS; a++) {
		bool needs_slot = a == PF_DO_FREE || a == PF_DO_SPLIT || a == PF_DO_PIN ||
				  a == PF_DO_UNPIN || a == PF_DO_CACHE || a == PF_DO_OWNER;

		if (at < g->traffic->weight[a]) {
			if (needs_slot && !g->book->nr_live)
				return PF_DO_ALLOC;
			/* Names for slots are bounded. */
			return a == PF_DO_ALLOC && g->book->nr_live > PF_NR_SLOTS / 4
				       ? PF_DO_FREE
				       : (enum pf_action)a;
		}
		at -= g->traffic->weight[a];
	}
	return PF_DO_ALLOC;
}

void pf_traffic_make(const struct pf_workload *w, struct pf_op *ops, size_t n, uint32_t pages,
		     uint64_t seed)
{
	struct generator g = {
		.traffic = w->arg, .rng = {seed}, .book = pf_book_new(pages), .rising = true};
	size_t held = pages * g.traffic->held / 100 >> 10;

	if (held > n)
		held = n;
	for (size_t i = 0; i < held; i++)
		ops[i] = (struct pf_op){
			.kind = PF_OP_ALLOC,
			.slot = pf_book_take(g.book, 0),
			.arg = {10, [PF_ALLOC_MOBILITY] = PF_MOVABLE, [PF_ALLOC_GFP] = 3}};
	g.book->pages -= (uint32_t)held << 10;
	for (size_t i = held; i < n; i++)
		ops[i] = make(&g, pick_action(&g));
	free(g.book);
}
