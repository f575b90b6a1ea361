// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_generate.c - pagefuzz generate: workloads of a kind, for real machines and
 * transcripts. Unlike the mutator's programs they fill a zone of a given size to
 * a given level and keep it there, so that rare paths are taken often.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "../language/mutate.h"

enum action {
	ALLOC,
	FREE,
	BULK,
	SPLIT,
	DRAIN,
	COMPACT_NODE,
	COMPACT_ORDER,
	KCOMPACTD,
	PROACTIVE,
	PIN,
	UNPIN,
	INJECT,
	RETYPE,
	TUNE,
	EXACT,
	CACHE, /* into the page cache */
	OWNER, /* any other word of an owner */
	KSWAPD,
	CHECK,
	NR_ACTIONS,
};

enum orders { ZERO, LOW, HIGH, ALL, TO_PAGEBLOCK };
/* Mobility of requests: any, one for a long while, mostly movable. */
enum types { MIXED, STORMS, MOSTLY_MOVABLE };

struct profile {
	const char *name, *summary;
	enum orders orders;
	enum types types;
	uint8_t low, high; /* per cent of the pages that are in use, back and forth */
	uint16_t weight[NR_ACTIONS];
	const char *gfp; /* of requests, a letter each: see gfp_of() */
};

static const struct profile profiles[] = {
	{"buddy",
	 "orders 4 to 10, past the per-cpu lists",
	 HIGH,
	 MIXED,
	 10,
	 80,
	 {[ALLOC] = 500, [FREE] = 500},
	 "n"},
	{"pcp",
	 "orders 0 to 3 and 9, bulk, exact, splits, drains",
	 LOW,
	 MIXED,
	 10,
	 90,
	 {[ALLOC] = 450, [FREE] = 500, [BULK] = 20, [SPLIT] = 10, [DRAIN] = 2, [EXACT] = 20},
	 "n"},
	{"mixed",
	 "all orders and types",
	 ALL,
	 MIXED,
	 10,
	 90,
	 {[ALLOC] = 480, [FREE] = 500, [BULK] = 5, [SPLIT] = 5, [DRAIN] = 1},
	 "nnnnk"},
	{"exhaust",
	 "all orders, until nothing is left and back",
	 ALL,
	 MIXED,
	 5,
	 130,
	 {[ALLOC] = 480, [FREE] = 500, [BULK] = 5, [SPLIT] = 3, [DRAIN] = 1},
	 "nnnke"},
	{"storm",
	 "one type for a long while, then another: fallbacks",
	 ALL,
	 STORMS,
	 40,
	 110,
	 {[ALLOC] = 490, [FREE] = 490, [BULK] = 5, [SPLIT] = 5, [DRAIN] = 1},
	 "nk"},
	{"boost",
	 "near the watermarks, with fallbacks and knobs",
	 LOW,
	 STORMS,
	 94,
	 102,
	 {[ALLOC] = 480, [FREE] = 500, [BULK] = 5, [SPLIT] = 10, [DRAIN] = 2, [TUNE] = 2},
	 "nka"},
	{"highatomic",
	 "urgent requests of orders above 0 near the watermarks",
	 ALL,
	 MIXED,
	 85,
	 103,
	 {[ALLOC] = 480, [FREE] = 500, [SPLIT] = 5, [DRAIN] = 1},
	 "nkaaae"},
	{"retype",
	 "pageblocks that change their type under the lists",
	 ALL,
	 MIXED,
	 20,
	 90,
	 {[ALLOC] = 480, [FREE] = 490, [BULK] = 5, [SPLIT] = 5, [DRAIN] = 1, [RETYPE] = 10},
	 "n"},
	{"compact",
	 "whole-node compaction of a fragmented zone",
	 LOW,
	 MOSTLY_MOVABLE,
	 30,
	 85,
	 {[ALLOC] = 480, [FREE] = 500, [BULK] = 5, [SPLIT] = 20, [COMPACT_NODE] = 5},
	 "n"},
	{"direct",
	 "direct compaction of every order and mode",
	 LOW,
	 MOSTLY_MOVABLE,
	 40,
	 95,
	 {[ALLOC] = 480, [FREE] = 490, [BULK] = 5, [SPLIT] = 20, [COMPACT_ORDER] = 60},
	 "n"},
	{"large",
	 "blocks of all orders, split, in a large zone, and its compaction",
	 ALL,
	 MOSTLY_MOVABLE,
	 40,
	 97,
	 {[ALLOC] = 480, [FREE] = 480, [SPLIT] = 100, [COMPACT_ORDER] = 10, [COMPACT_NODE] = 1},
	 "n"},
	{"thp",
	 "requests that compact by themselves",
	 TO_PAGEBLOCK,
	 MOSTLY_MOVABLE,
	 40,
	 97,
	 {[ALLOC] = 480, [FREE] = 490, [BULK] = 20, [SPLIT] = 20, [DRAIN] = 1},
	 "nrrt"},
	{"refuse",
	 "compaction among pinned pages and refusals",
	 LOW,
	 MOSTLY_MOVABLE,
	 40,
	 90,
	 {[ALLOC] = 480,
	  [FREE] = 480,
	  [BULK] = 5,
	  [SPLIT] = 20,
	  [COMPACT_NODE] = 1,
	  [COMPACT_ORDER] = 20,
	  [PIN] = 40,
	  [UNPIN] = 20,
	  [INJECT] = 8},
	 "nr"},
	{"defer",
	 "compaction that fails again and again",
	 LOW,
	 MIXED,
	 60,
	 97,
	 {[ALLOC] = 400, [FREE] = 390, [SPLIT] = 10, [COMPACT_ORDER] = 80, [PIN] = 20},
	 "nrt"},
	{"daemon",
	 "kcompactd, woken and proactive",
	 LOW,
	 MOSTLY_MOVABLE,
	 40,
	 92,
	 {[ALLOC] = 480,
	  [FREE] = 490,
	  [BULK] = 5,
	  [SPLIT] = 20,
	  [KCOMPACTD] = 20,
	  [PROACTIVE] = 8,
	  [COMPACT_ORDER] = 4,
	  [TUNE] = 2},
	 "nr"},
	{"lru",
	 "compaction among pages of the page cache in all states",
	 LOW,
	 MOSTLY_MOVABLE,
	 40,
	 92,
	 {[ALLOC] = 480,
	  [FREE] = 480,
	  [BULK] = 5,
	  [SPLIT] = 20,
	  [COMPACT_NODE] = 4,
	  [COMPACT_ORDER] = 20,
	  [KCOMPACTD] = 8,
	  [PROACTIVE] = 2,
	  [INJECT] = 4,
	  [TUNE] = 2,
	  [CACHE] = 1000,
	  [OWNER] = 1500,
	  [KSWAPD] = 4},
	 "nrrtf"},
};
#define NR_PROFILES (sizeof(profiles) / sizeof(profiles[0]))

struct generator {
	const struct profile *profile;
	struct pf_rng rng;
	uint32_t pages, used; /* as if every request succeeded */
	bool rising;
	bool check_next; /* while moved pages are still in LRU batches */
	unsigned type, until_next_type;
	/* Slots in use with their orders; the others are free names. */
	struct {
		uint32_t slot;
		uint8_t order;	/* UNITS: many pages */
		uint16_t pages; /* of those */
	} live[PF_NR_SLOTS];
	uint32_t nr_live, spare[PF_NR_SLOTS], nr_spare, next_slot;
};

#define UNITS 255

static unsigned pick_order(struct generator *g)
{
	struct pf_rng *rng = &g->rng;
	unsigned o = 0, max = 10;

	switch (g->profile->orders) {
	case ZERO:
		return 0;
	case LOW:
		if (pf_rng_below(rng, 200) == 0)
			return 9;
		max = 3;
		break;
	case HIGH:
		o = 4;
		break;
	case TO_PAGEBLOCK:
		max = 9;
		break;
	case ALL:
		break;
	}
	while (o < max && pf_rng_below(rng, 5) < 2)
		o++;
	/* Large ones are rare that way, and wanted. */
	if (max > 3 && pf_rng_below(rng, 100) == 0)
		o = o + pf_rng_below(rng, max - o + 1);
	return o;
}

static unsigned pick_type(struct generator *g)
{
	switch (g->profile->types) {
	case STORMS:
		if (!g->until_next_type--) {
			g->until_next_type = 500 + pf_rng_below(&g->rng, 4000);
			g->type = pf_rng_below(&g->rng, PF_NR_MOBILITY);
		}
		return pf_rng_below(&g->rng, 20) ? g->type : pf_rng_below(&g->rng, PF_NR_MOBILITY);
	case MOSTLY_MOVABLE:
		return pf_rng_below(&g->rng, 30) ? PF_MOVABLE
						 : pf_rng_below(&g->rng, PF_NR_MOBILITY);
	default:
		return pf_rng_below(&g->rng, PF_NR_MOBILITY);
	}
}

/* The symbols of the operand gfp, see op.c. */
static unsigned pick_gfp(struct generator *g)
{
	const char *gfp = g->profile->gfp;

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

static uint32_t new_slot(struct generator *g)
{
	return g->nr_spare ? g->spare[--g->nr_spare] : g->next_slot++;
}

static struct pf_op take(struct generator *g, unsigned order, unsigned pages)
{
	struct pf_op op = {.slot = new_slot(g)};
	uint32_t i = g->nr_live++;

	g->live[i].slot = op.slot;
	g->live[i].order = order;
	g->live[i].pages = pages;
	g->used += order == UNITS ? pages : 1u << order;
	return op;
}

static struct pf_op make_alloc(struct generator *g, bool bulk)
{
	unsigned order = pick_order(g), pages = 1 + pf_rng_below(&g->rng, 60);
	struct pf_op op = bulk ? take(g, UNITS, pages) : take(g, order, 0);

	op.kind = bulk ? PF_OP_BULK : PF_OP_ALLOC;
	op.arg[0] = bulk ? pages : order;
	op.arg[PF_ALLOC_MOBILITY] = pick_type(g);
	op.arg[PF_ALLOC_GFP] = pick_gfp(g);
	return op;
}

/* Up to 60 pages, as bulk; now and then up to the largest block. */
static struct pf_op make_exact(struct generator *g)
{
	bool large = pf_rng_below(&g->rng, 100) == 0;
	unsigned pages = 1 + pf_rng_below(&g->rng, large ? 1024 : 60);
	struct pf_op op = take(g, UNITS, pages);

	op.kind = PF_OP_EXACT;
	op.arg[PF_EXACT_COUNT] = pages;
	op.arg[PF_EXACT_MOBILITY] = pick_type(g);
	op.arg[PF_EXACT_GFP] = pick_gfp(g);
	return op;
}

static struct pf_op make_free(struct generator *g)
{
	uint32_t i = pf_rng_below(&g->rng, g->nr_live);
	struct pf_op op = {.kind = PF_OP_FREE, .slot = g->live[i].slot};
	uint32_t pages = g->live[i].order == UNITS ? g->live[i].pages : 1u << g->live[i].order;

	g->used -= pages;
	g->spare[g->nr_spare++] = op.slot;
	g->live[i] = g->live[--g->nr_live];
	return op;
}

static struct pf_op on_any(struct generator *g, unsigned kind)
{
	uint32_t i = pf_rng_below(&g->rng, g->nr_live);

	return (struct pf_op){.kind = kind, .slot = g->live[i].slot};
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
	bool daemon = g->profile->weight[KCOMPACTD] != 0;
	bool cache = g->profile->weight[CACHE] != 0;
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

static struct pf_op make(struct generator *g, enum action action)
{
	struct pf_op op = {0};

	switch (action) {
	case ALLOC:
	case BULK:
		return make_alloc(g, action == BULK);
	case EXACT:
		return make_exact(g);
	case FREE:
		return make_free(g);
	case SPLIT:
		return on_any(g, PF_OP_SPLIT);
	case PIN:
		return on_any(g, PF_OP_PIN);
	case UNPIN:
		return on_any(g, PF_OP_UNPIN);
	case CACHE:
		return on_any(g, PF_OP_LRU);
	case OWNER:
		return make_owner(g);
	case KSWAPD:
		op.kind = PF_OP_TICK;
		op.arg[PF_TICK_DAEMON] = PF_KSWAPD;
		break;
	case DRAIN:
		op.kind = PF_OP_DRAIN;
		break;
	case COMPACT_NODE:
		op.kind = PF_OP_COMPACT;
		op.arg[PF_COMPACT_WHOLE] = 1;
		g->check_next = g->profile->weight[CACHE] != 0;
		break;
	case COMPACT_ORDER:
		op.kind = PF_OP_COMPACT;
		op.arg[PF_COMPACT_ORDER] = 1 + pf_rng_below(&g->rng, 10);
		op.arg[PF_COMPACT_MODE] = pf_rng_below(&g->rng, PF_NR_MODES);
		op.arg[PF_COMPACT_MOBILITY] = pf_rng_below(&g->rng, 3) ? PF_MOVABLE : PF_UNMOVABLE;
		break;
	case KCOMPACTD:
	case PROACTIVE:
		op.kind = PF_OP_TICK;
		op.arg[PF_TICK_DAEMON] = PF_KCOMPACTD;
		op.arg[PF_TICK_ORDER] = 1 + pf_rng_below(&g->rng, 10);
		op.arg[PF_TICK_PROACTIVE] = action == PROACTIVE;
		break;
	case INJECT:
		op.kind = PF_OP_INJECT;
		op.arg[PF_INJECT_WHAT] = pf_rng_below(&g->rng, g->profile->weight[CACHE] ? 3 : 2);
		if (op.arg[PF_INJECT_WHAT] == 2)
			op.arg[PF_INJECT_WHAT] = PF_INJECT_MIGRATE_NOMEM;
		op.arg[PF_INJECT_AFTER] = pf_rng_below(&g->rng, 40);
		op.arg[PF_INJECT_COUNT] = 1 + pf_rng_below(&g->rng, 30);
		break;
	case CHECK:
		op.kind = PF_OP_CHECK;
		break;
	case RETYPE:
		op.kind = PF_OP_RETYPE;
		op.arg[PF_RETYPE_BLOCK] = pf_rng_below(&g->rng, g->pages >> 9);
		op.arg[PF_RETYPE_TYPE] = pf_rng_below(&g->rng, PF_NR_MOBILITY);
		break;
	default:
		return make_tune(g);
	}
	return op;
}

static enum action pick_action(struct generator *g)
{
	unsigned sum = 0, at;

	if (g->check_next) {
		g->check_next = false;
		return CHECK;
	}

	/* Up to the high level, down to the low one, and so on. */
	if ((uint64_t)g->used * 100 > (uint64_t)g->pages * g->profile->high)
		g->rising = false;
	if ((uint64_t)g->used * 100 < (uint64_t)g->pages * g->profile->low)
		g->rising = true;
	if (pf_rng_below(&g->rng, 2) == 0) {
		if (g->rising)
			return ALLOC;
		if (g->nr_live)
			return FREE;
	}
	for (unsigned a = 0; a < NR_ACTIONS; a++)
		sum += g->profile->weight[a];
	at = pf_rng_below(&g->rng, sum);
	for (unsigned a = 0; a < NR_ACTIONS; a++) {
		bool needs_slot = a == FREE || a == SPLIT || a == PIN || a == UNPIN || a == CACHE ||
				  a == OWNER;

		if (at < g->profile->weight[a]) {
			if (needs_slot && !g->nr_live)
				return ALLOC;
			/* Names for slots are bounded. */
			return a == ALLOC && g->nr_live > PF_NR_SLOTS / 4 ? FREE : (enum action)a;
		}
		at -= g->profile->weight[a];
	}
	return ALLOC;
}

static void print_profiles(FILE *out)
{
	fprintf(out, "\nprofiles\n");
	for (size_t i = 0; i < NR_PROFILES; i++)
		fprintf(out, "  %-10s %s\n", profiles[i].name, profiles[i].summary);
	fprintf(out, "  %-10s %s\n", "fuzzer", "what the fuzzer's mutator makes from nothing");
}

/* Without a profile: the mutator's. */
static int generate(const struct profile *profile, unsigned long nr, unsigned long seed,
		    unsigned long pages, bool bytes, const char *path)
{
	struct generator *g = calloc(1, sizeof(*g));
	struct pf_op *ops = malloc((nr + 1) * sizeof(*ops));
	FILE *out;
	int status = PF_EXIT_USAGE;

	if (!g || !ops) {
		free(g);
		free(ops);
		return pf_complain("out of memory");
	}
	if (!profile) {
		struct pf_rng rng = {.state = seed};

		nr = pf_generate(ops, nr, nr, &rng);
		goto write;
	}
	g->profile = profile;
	g->pages = (uint32_t)pages;
	g->rising = true;
	g->rng.state = seed;
	for (unsigned long i = 0; i < nr; i++)
		ops[i] = make(g, pick_action(g));
write:
	out = pf_create(path);
	if (out) {
		bool ok = true;

		if (bytes)
			ok = pf_write_bytes(out, ops, nr);
		else
			pf_write_text(out, ops, nr);
		if (!ok)
			pf_complain("out of memory"), pf_discard(out);
		else if (pf_close(out, path))
			status = PF_EXIT_CLEAN;
	}
	free(ops);
	free(g);
	return status;
}

int cmd_generate(int argc, char **argv)
{
	unsigned long ops = 10000, seed = 1, pages = 32768;
	const char *output = NULL, *name;
	bool bytes = false;
	const struct pf_option options[] = {
		PF_OPTION_OPS(&ops, 10000000, "operations (default: 10000)"),
		PF_OPTION_SEED(&seed),
		PF_OPTION_NUMBER("pages", 0, &pages, 1u << 9, 1u << 24,
				 "of the machine that it is for (default: 32768)"),
		PF_OPTION_BYTES(&bytes),
		PF_OPTION_OUTPUT(&output, "where to write it (default: standard output)"),
	};
	const struct pf_usage usage = {
		.command = "generate",
		.synopsis = "[OPTION]... PROFILE",
		.about = "Print a workload of a kind as a program.\n",
		PF_OPTIONS(options),
		.more = print_profiles,
		.min_args = 1,
		.max_args = 1,
		.args = "exactly one profile",
	};
	int nr, status;

	if (!pf_parse_options(&usage, argc, argv, &nr, &status))
		return status;
	name = argv[1];
	if (!strcmp(name, "fuzzer"))
		return generate(NULL, ops, seed, pages, bytes, output);
	for (size_t i = 0; i < NR_PROFILES; i++)
		if (!strcmp(name, profiles[i].name))
			return generate(&profiles[i], ops, seed, pages, bytes, output);
	return pf_complain("generate: no profile is called '%s' (see pagefuzz generate --help)",
			   name);
}
