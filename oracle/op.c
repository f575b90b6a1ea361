// SPDX-License-Identifier: GPL-2.0-only
/* op.c - the table of operations; see op.h. Append, never insert. */
#include "op.h"
#include "../impls/impl.h"

#define SYMBOLS(...)          \
	(const char *const[]) \
	{                     \
		__VA_ARGS__   \
	}
#define NR_SYMBOLS(...) (sizeof(SYMBOLS(__VA_ARGS__)) / sizeof(char *))

#define NUM(n, m)                                \
	{                                        \
		.name = n, .max = m, .digits = 1 \
	}
#define WIDE(n)                                      \
	{                                            \
		.name = n, .max = 16383, .digits = 2 \
	}
#define SYM(n, m, b, ...)                                                         \
	{                                                                         \
		.name = n, .max = m, .digits = 1, .symbol = SYMBOLS(__VA_ARGS__), \
		.nr_symbols = NR_SYMBOLS(__VA_ARGS__), .bare = b                  \
	}

#define ORDER	 NUM("order", 10)
#define CPU	 NUM("cpu", 3)
#define NODE	 NUM("node", 3)
#define MOBILITY SYM("mobility", 2, 1, "unmovable", "movable", "reclaimable")
#define GFP                                                                                    \
	SYM("gfp", PF_NR_GFP - 1, 0, "kernel", "atomic", "nowait", "none", "high", "memalloc", \
	    "noretry", "mayfail", "thisnode", "comp", "zero", "nofs", "noio", "emergency",     \
	    "atomic_comp", "thp")
#define ZONE SYM("zone", 4, 0, "any", "dma", "dma32", "normal", "movable")
#define MODE SYM("mode", 2, 1, "async", "light", "sync")

static const struct pf_operand config_operands[] = {
	SYM("key", 31, 0, "pages", "pageblock_order", "max_order", "cpus", "start", "min", "scale"),
	WIDE("value"),
};
static const struct pf_operand zone_operands[] = {
	SYM("type", 3, 1, "dma", "dma32", "normal", "movable"),
	NODE,
	WIDE("pages"),
	WIDE("gap"),
	NUM("min", 127),
};
static const struct pf_operand range_operands[] = {WIDE("at"), WIDE("pages")};
static const struct pf_operand alloc_operands[] = {ORDER, MOBILITY, GFP, CPU, NODE, ZONE};
static const struct pf_operand free_operands[] = {CPU};
static const struct pf_operand bulk_operands[] = {
	NUM("count", 127), MOBILITY, GFP, CPU, NODE, ZONE};
static const struct pf_operand contig_operands[] = {WIDE("at"), WIDE("pages"), MOBILITY};
static const struct pf_operand compact_operands[] = {
	ORDER, MODE, SYM("whole", 1, 1, "partly", "whole"), MOBILITY, NODE,
};
static const struct pf_operand reclaim_operands[] = {NUM("pages", 127), MODE, NODE};
static const struct pf_operand block_operands[] = {WIDE("block")};
static const struct pf_operand drain_operands[] = {NUM("cpu", 4)};
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
	NUM("after", 127),
	NUM("count", 127),
};

static const struct pf_operand retype_operands[] = {WIDE("block"), MOBILITY};
static const struct pf_operand exact_operands[] = {
	{.name = "count", .max = 1024, .digits = 2}, MOBILITY, GFP, CPU, NODE, ZONE};
static const struct pf_operand cpu_operands[] = {CPU, SYM("state", 1, 1, "offline", "online")};

#define OPERANDS(o) .operand = o, .nr_operands = sizeof(o) / sizeof(o[0])

const struct pf_op_info pf_op_info[PF_NR_OPS] = {
	[PF_OP_CONFIG] = {.name = "config", .config = 1, .weight = 2, OPERANDS(config_operands)},
	[PF_OP_ZONE] = {.name = "zone", .config = 1, .weight = 1, OPERANDS(zone_operands)},
	[PF_OP_HOLE] = {.name = "hole", .config = 1, .weight = 1, OPERANDS(range_operands)},
	[PF_OP_RESERVE] = {.name = "reserve", .config = 1, .weight = 1, OPERANDS(range_operands)},
	[PF_OP_ALLOC] = {.name = "alloc", .has_slot = 1, .weight = 24, OPERANDS(alloc_operands)},
	[PF_OP_FREE] = {.name = "free", .has_slot = 1, .weight = 20, OPERANDS(free_operands)},
	[PF_OP_BULK] = {.name = "bulk", .has_slot = 1, .weight = 4, OPERANDS(bulk_operands)},
	[PF_OP_SPLIT] = {.name = "split", .has_slot = 1, .weight = 4},
	[PF_OP_CONTIG] = {.name = "contig", .has_slot = 1, .weight = 3, OPERANDS(contig_operands)},
	[PF_OP_PIN] = {.name = "pin", .has_slot = 1, .weight = 3},
	[PF_OP_UNPIN] = {.name = "unpin", .has_slot = 1, .weight = 2},
	[PF_OP_DIRTY] = {.name = "dirty", .has_slot = 1, .weight = 2},
	[PF_OP_CLEAN] = {.name = "clean", .has_slot = 1, .weight = 1},
	[PF_OP_WRITEBACK] = {.name = "writeback", .has_slot = 1, .weight = 2},
	[PF_OP_WRITTEN] = {.name = "written", .has_slot = 1, .weight = 1},
	[PF_OP_ACCESS] = {.name = "access", .has_slot = 1, .weight = 2},
	[PF_OP_EVICTABLE] = {.name = "evictable", .has_slot = 1, .weight = 3},
	[PF_OP_UNEVICTABLE] = {.name = "unevictable", .has_slot = 1, .weight = 1},
	[PF_OP_LOCK] = {.name = "lock", .has_slot = 1, .weight = 1},
	[PF_OP_UNLOCK] = {.name = "unlock", .has_slot = 1, .weight = 1},
	[PF_OP_COMPACT] = {.name = "compact", .weight = 6, OPERANDS(compact_operands)},
	[PF_OP_RECLAIM] = {.name = "reclaim", .weight = 4, OPERANDS(reclaim_operands)},
	[PF_OP_ISOLATE] = {.name = "isolate", .weight = 2, OPERANDS(block_operands)},
	[PF_OP_UNDO] = {.name = "undo", .weight = 2, OPERANDS(block_operands)},
	[PF_OP_OFFLINE] = {.name = "offline", .weight = 1, OPERANDS(block_operands)},
	[PF_OP_ONLINE] = {.name = "online", .weight = 1, OPERANDS(block_operands)},
	[PF_OP_DRAIN] = {.name = "drain", .weight = 3, OPERANDS(drain_operands)},
	[PF_OP_TICK] = {.name = "tick", .weight = 3, OPERANDS(tick_operands)},
	[PF_OP_TUNE] = {.name = "tune", .weight = 1, OPERANDS(tune_operands)},
	[PF_OP_INJECT] = {.name = "inject", .weight = 3, OPERANDS(inject_operands)},
	[PF_OP_CHECK] = {.name = "check", .weight = 2},
	[PF_OP_RETYPE] = {.name = "retype", .weight = 1, OPERANDS(retype_operands)},
	[PF_OP_CPU] = {.name = "cpu", .weight = 1, OPERANDS(cpu_operands)},
	[PF_OP_EXACT] = {.name = "exact", .has_slot = 1, .weight = 2, OPERANDS(exact_operands)},
	[PF_OP_LRU] = {.name = "lru", .has_slot = 1, .weight = 3},
};

#define KERNEL (PF_GFP_IO | PF_GFP_FS | PF_GFP_DIRECT_RECLAIM | PF_GFP_KSWAPD_RECLAIM)
#define ATOMIC (PF_GFP_HIGH | PF_GFP_ATOMIC | PF_GFP_KSWAPD_RECLAIM)

const uint32_t pf_gfp_flags[PF_NR_GFP] = {
	KERNEL,
	ATOMIC,
	PF_GFP_KSWAPD_RECLAIM,
	0,
	KERNEL | PF_GFP_HIGH,
	KERNEL | PF_GFP_MEMALLOC,
	KERNEL | PF_GFP_NORETRY | PF_GFP_NOWARN,
	KERNEL | PF_GFP_RETRY_MAYFAIL,
	KERNEL | PF_GFP_THISNODE,
	KERNEL | PF_GFP_COMP,
	KERNEL | PF_GFP_ZERO,
	KERNEL & ~PF_GFP_FS,
	KERNEL & ~(PF_GFP_FS | PF_GFP_IO),
	ATOMIC | PF_GFP_MEMALLOC,
	ATOMIC | PF_GFP_COMP,
	(KERNEL & ~PF_GFP_KSWAPD_RECLAIM) | PF_GFP_COMP | PF_GFP_NOMEMALLOC | PF_GFP_NOWARN,
};
