// SPDX-License-Identifier: GPL-2.0-only
/* op.c - the table of operations; see op.h. Append, never insert. */
#include "op.h"
#include "../impls/names.h"

#define SYMBOLS(...)          \
	(const char *const[]) \
	{                     \
		__VA_ARGS__   \
	}
#define NR_SYMBOLS(...) (sizeof(SYMBOLS(__VA_ARGS__)) / sizeof(char *))

#define NUM(n, m)                   \
	{                           \
		.name = n, .max = m \
	}
#define WIDE(n) NUM(n, UINT32_MAX)
#define BITS(n)                                        \
	{                                              \
		.name = n, .max = UINT32_MAX, .hex = 1 \
	}
#define SYM(n, m, b, ...)                                            \
	{                                                            \
		.name = n, .max = m, .symbol = SYMBOLS(__VA_ARGS__), \
		.nr_symbols = NR_SYMBOLS(__VA_ARGS__), .bare = b     \
	}

#define ORDER			  NUM("order", PF_MAX_ORDER)
#define CPU			  NUM("cpu", PF_MAX_CPUS - 1)
#define NODE			  NUM("node", PF_MAX_NODES - 1)
#define MOBILITY		  SYM("mobility", 2, 1, "unmovable", "movable", "reclaimable")
#define GFP_NAME(id, name, flags) #name,
#define GFP			  SYM("gfp", PF_NR_GFP - 1, 0, PF_GFP_SETS(GFP_NAME))
#define ZONE			  SYM("zone", 4, 0, "any", "dma", "dma32", "normal", "movable")
#define MODE			  SYM("mode", 2, 1, "async", "light", "sync")
/* What a request says beside how much it wants. */
#define REQUEST MOBILITY, GFP, CPU, NODE, ZONE, BITS("bits")

static const struct pf_operand config_operands[] = {
	SYM("key", 31, 0, "pages", "pageblock_order", "max_order", "cpus", "start", "min", "scale",
	    "base"),
	WIDE("value"),
};
static const struct pf_operand zone_operands[] = {
	SYM("type", 3, 1, "dma", "dma32", "normal", "movable"),
	NODE,
	WIDE("pages"),
	WIDE("gap"),
	WIDE("min"),
};
static const struct pf_operand range_operands[] = {WIDE("at"), WIDE("pages")};
static const struct pf_operand alloc_operands[] = {ORDER, REQUEST};
static const struct pf_operand free_operands[] = {CPU};
static const struct pf_operand bulk_operands[] = {NUM("count", PF_MAX_BULK_COUNT), REQUEST};
static const struct pf_operand exact_operands[] = {NUM("count", PF_MAX_EXACT_COUNT), REQUEST};
static const struct pf_operand contig_operands[] = {WIDE("at"), WIDE("pages"), MOBILITY};
static const struct pf_operand run_operands[] = {
	WIDE("pages"), NUM("align", PF_MAX_ORDER),	    WIDE("from"),
	WIDE("to"),    SYM("place", 1, 1, "bottom", "top"), REQUEST,
};
static const struct pf_operand take_operands[] = {WIDE("at"), WIDE("pages")};
static const struct pf_operand trim_operands[] = {WIDE("head"), WIDE("tail"), CPU};
static const struct pf_operand resize_operands[] = {WIDE("pages")};
static const struct pf_operand compact_operands[] = {
	ORDER, MODE, SYM("whole", 1, 1, "partly", "whole"), MOBILITY, NODE,
};
static const struct pf_operand reclaim_operands[] = {WIDE("pages"), MODE, NODE};
static const struct pf_operand block_operands[] = {WIDE("block")};
static const struct pf_operand drain_operands[] = {NUM("cpu", PF_MAX_CPUS)};
static const struct pf_operand tick_operands[] = {
	SYM("daemon", 1, 1, "kswapd", "kcompactd"),
	NODE,
	ORDER,
	SYM("proactive", 1, 1, "woken", "proactive"),
};
static const struct pf_operand tune_operands[] = {
	SYM("knob", 31, 0, "watermark_scale_factor", "min_free_kbytes", "watermark_boost_factor",
	    "extfrag_threshold", "compaction_proactiveness", "compact_unevictable_allowed"),
	WIDE("value"),
};
static const struct pf_operand inject_operands[] = {
	SYM("what", 15, 1, "migrate_again", "migrate_busy", "evict_kept", "evict_dirty",
	    "migrate_nomem", "contended", "resched", "killed", "isolated"),
	WIDE("after"),
	WIDE("count"),
};
static const struct pf_operand retype_operands[] = {WIDE("block"), MOBILITY};
static const struct pf_operand cpu_operands[] = {CPU, SYM("state", 1, 1, "offline", "online")};
static const struct pf_operand add_operands[] = {NUM("range", PF_MAX_RANGES - 1)};

#define HAS_SLOT(c) ((c) == PF_CLASS_MEMORY || (c) == PF_CLASS_OWNER)
#define KIND(id, text, cl, n)                                          \
	[PF_OP_##id].name = #text, [PF_OP_##id].class = PF_CLASS_##cl, \
	[PF_OP_##id].has_slot = HAS_SLOT(PF_CLASS_##cl), [PF_OP_##id].weight = n,
#define OPERANDS(id, o) \
	[PF_OP_##id].operand = o, [PF_OP_##id].nr_operands = sizeof(o) / sizeof(o[0])

const struct pf_op_info pf_op_info[PF_NR_OPS] = {
	OPERANDS(CONFIG, config_operands),   OPERANDS(ZONE, zone_operands),
	OPERANDS(HOLE, range_operands),	     OPERANDS(RESERVE, range_operands),
	OPERANDS(LATER, range_operands),     OPERANDS(ALLOC, alloc_operands),
	OPERANDS(FREE, free_operands),	     OPERANDS(BULK, bulk_operands),
	OPERANDS(EXACT, exact_operands),     OPERANDS(CONTIG, contig_operands),
	OPERANDS(RUN, run_operands),	     OPERANDS(TAKE, take_operands),
	OPERANDS(TRIM, trim_operands),	     OPERANDS(RESIZE, resize_operands),
	OPERANDS(COMPACT, compact_operands), OPERANDS(RECLAIM, reclaim_operands),
	OPERANDS(ISOLATE, block_operands),   OPERANDS(UNDO, block_operands),
	OPERANDS(OFFLINE, block_operands),   OPERANDS(ONLINE, block_operands),
	OPERANDS(DRAIN, drain_operands),     OPERANDS(TICK, tick_operands),
	OPERANDS(TUNE, tune_operands),	     OPERANDS(INJECT, inject_operands),
	OPERANDS(RETYPE, retype_operands),   OPERANDS(CPU, cpu_operands),
	OPERANDS(ADD, add_operands),	     PF_OPS(KIND)};

_Static_assert(sizeof(run_operands) / sizeof(run_operands[0]) == PF_RUN_BITS + 1 &&
		       PF_RUN_BITS < PF_OP_ARGS,
	       "the longest list of operands");

#define GFP_FLAGS(id, name, flags) [PF_GFP_SET_##id] = (flags),
const uint32_t pf_gfp_flags[PF_NR_GFP] = {PF_GFP_SETS(GFP_FLAGS)};
