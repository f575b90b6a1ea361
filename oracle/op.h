/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * op.h - the vocabulary of operations: their kinds, operands and names.
 *
 * A program is an array of struct pf_op. The list PF_OPS says what kinds there are,
 * the table pf_op_info[] what an operand may be; everything that has to know (codec,
 * text form, mutator, reducer, lockstep) reads these two. Kinds, operands and symbols
 * are append-only: old corpora must keep their meaning.
 */
#ifndef PAGEFUZZ_OP_H
#define PAGEFUZZ_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../impls/names.h"

#define PF_OP_ARGS 12
/* Slots are numbered 0..PF_NR_SLOTS - 1. */
#define PF_SLOT_BITS 18
#define PF_NR_SLOTS  (1u << PF_SLOT_BITS)

/*
 * All kinds: X(ID, name, CLASS, weight). The order is that of enum pf_op_kind.
 *
 * The weight is how often generators pick a kind, in comparison with others. Of the
 * direct ones it is also the number of opcodes, and so a part of the byte form (see
 * targets/README.md): that list is closed, and its rows stay as they are. New kinds
 * go behind the last extended one.
 */
/* clang-format off */
#define PF_OPS_DIRECT(X) \
	/* Configuration: has an effect only before the first other operation. */ \
	X(CONFIG,      config,      CONFIG, 2) \
	X(ZONE,        zone,        CONFIG, 1) \
	X(HOLE,        hole,        CONFIG, 1) \
	X(RESERVE,     reserve,     CONFIG, 1) \
	/* Memory. A slot that is occupied is freed before it is filled again. */ \
	X(ALLOC,       alloc,       MEMORY, 24) \
	X(FREE,        free,        MEMORY, 20) \
	X(BULK,        bulk,        MEMORY, 4) \
	X(SPLIT,       split,       MEMORY, 4) \
	X(CONTIG,      contig,      MEMORY, 3) \
	/* The owner's view of a slot; nothing happens on an empty one. */ \
	X(PIN,         pin,         OWNER,  3) \
	X(UNPIN,       unpin,       OWNER,  2) \
	X(DIRTY,       dirty,       OWNER,  2) \
	X(CLEAN,       clean,       OWNER,  1) \
	X(WRITEBACK,   writeback,   OWNER,  2) \
	X(WRITTEN,     written,     OWNER,  1) \
	X(ACCESS,      access,      OWNER,  2) \
	X(EVICTABLE,   evictable,   OWNER,  3) \
	X(UNEVICTABLE, unevictable, OWNER,  1) \
	X(LOCK,        lock,        OWNER,  1) \
	X(UNLOCK,      unlock,      OWNER,  1) \
	/* The allocator as a whole. */ \
	X(COMPACT,     compact,     SYSTEM, 6) \
	X(RECLAIM,     reclaim,     SYSTEM, 4) \
	X(ISOLATE,     isolate,     SYSTEM, 2) \
	X(UNDO,        undo,        SYSTEM, 2) \
	X(OFFLINE,     offline,     SYSTEM, 1) \
	X(ONLINE,      online,      SYSTEM, 1) \
	X(DRAIN,       drain,       SYSTEM, 3) \
	X(TICK,        tick,        SYSTEM, 3) \
	X(TUNE,        tune,        SYSTEM, 1) \
	X(INJECT,      inject,      SYSTEM, 3) \
	X(CHECK,       check,       SYSTEM, 2) \
	X(RETYPE,      retype,      SYSTEM, 1) \
	X(CPU,         cpu,         SYSTEM, 1) \
	X(EXACT,       exact,       MEMORY, 2) /* a run of single pages */ \
	X(LRU,         lru,         OWNER,  3) /* single movable pages go into the page cache */

#define PF_OPS_EXTENDED(X) \
	X(RUN,         run,         MEMORY, 3) /* a run of any number of pages, placed as it says */ \
	X(TAKE,        take,        MEMORY, 1) /* exactly this run */ \
	X(TRIM,        trim,        MEMORY, 2) /* give back a run's first and last pages */ \
	X(RESIZE,      resize,      MEMORY, 2) /* a run gets longer or shorter behind its last page */ \
	X(ADD,         add,         SYSTEM, 1) /* memory that was not there at first */ \
	X(LATER,       later,       CONFIG, 1) /* memory that add brings */

#define PF_OPS(X) PF_OPS_DIRECT(X) PF_OPS_EXTENDED(X)
/* clang-format on */

#define PF_OP_ENUM(id, name, class, weight) PF_OP_##id,
enum pf_op_kind { PF_OPS(PF_OP_ENUM) PF_NR_OPS };
#undef PF_OP_ENUM

/* There are opcodes for more, but a kind is a byte. */
#define PF_MAX_OPS 250
_Static_assert(PF_NR_OPS <= PF_MAX_OPS, "no room for another kind");

enum pf_op_class {
	PF_CLASS_CONFIG, /* the layout; legal only at the start */
	PF_CLASS_MEMORY, /* fills, changes or empties a slot */
	PF_CLASS_OWNER,	 /* what the owner of a slot's pages says about them */
	PF_CLASS_SYSTEM, /* the allocator, its daemons and its environment; no slot */
};

/*
 * Operand positions in struct pf_op.arg[]. New operands go behind the last one of their
 * kind, with a meaning of the value 0 that is the old one.
 */
enum { PF_CONFIG_KEY, PF_CONFIG_VALUE };
enum { PF_ZONE_TYPE, PF_ZONE_NODE, PF_ZONE_PAGES, PF_ZONE_GAP, PF_ZONE_MIN };
enum { PF_RANGE_AT, PF_RANGE_PAGES }; /* hole, reserve, later; at: pages from the base pfn */
enum {
	PF_ALLOC_ORDER,
	PF_ALLOC_MOBILITY,
	PF_ALLOC_GFP,
	PF_ALLOC_CPU,
	PF_ALLOC_NODE,
	PF_ALLOC_ZONE,
	PF_ALLOC_BITS, /* PF_GFP_*, on top of those that PF_ALLOC_GFP names */
};
enum { PF_FREE_CPU };
enum {
	PF_BULK_COUNT,
	PF_BULK_MOBILITY,
	PF_BULK_GFP,
	PF_BULK_CPU,
	PF_BULK_NODE,
	PF_BULK_ZONE,
	PF_BULK_BITS,
};
enum {
	PF_EXACT_COUNT,
	PF_EXACT_MOBILITY,
	PF_EXACT_GFP,
	PF_EXACT_CPU,
	PF_EXACT_NODE,
	PF_EXACT_ZONE,
	PF_EXACT_BITS,
};
enum { PF_CONTIG_AT, PF_CONTIG_PAGES, PF_CONTIG_MOBILITY };
enum {
	PF_RUN_PAGES,
	PF_RUN_ALIGN, /* of its first pfn: 2^align pages */
	PF_RUN_FROM,  /* all of it in [from, to), pages from the base pfn */
	PF_RUN_TO,    /* 0: the end of memory */
	PF_RUN_TOP,   /* 0: as low as possible, 1: as high */
	PF_RUN_MOBILITY,
	PF_RUN_GFP,
	PF_RUN_CPU,
	PF_RUN_NODE,
	PF_RUN_ZONE,
	PF_RUN_BITS,
};
enum { PF_TAKE_AT, PF_TAKE_PAGES }; /* at: pages from the base pfn */
enum { PF_TRIM_HEAD, PF_TRIM_TAIL, PF_TRIM_CPU };
enum { PF_RESIZE_PAGES };
enum { PF_COMPACT_ORDER, PF_COMPACT_MODE, PF_COMPACT_WHOLE, PF_COMPACT_MOBILITY, PF_COMPACT_NODE };
enum { PF_RECLAIM_PAGES, PF_RECLAIM_MODE, PF_RECLAIM_NODE };
enum { PF_BLOCK_NR };  /* isolate, undo, offline, online; counted from the base pfn */
enum { PF_DRAIN_CPU }; /* 0: all, n: cpu n - 1 */
enum { PF_TICK_DAEMON, PF_TICK_NODE, PF_TICK_ORDER, PF_TICK_PROACTIVE };
enum { PF_TUNE_KNOB, PF_TUNE_VALUE };
enum { PF_RETYPE_BLOCK, PF_RETYPE_TYPE }; /* block: counted from the base pfn */
enum { PF_CPU_NR, PF_CPU_ONLINE };
enum { PF_INJECT_WHAT, PF_INJECT_AFTER, PF_INJECT_COUNT };
enum { PF_ADD_RANGE }; /* which of the ranges of kind LATER, in the order of their pfns */

/* What bulk and exact may ask for at most. */
#define PF_MAX_BULK_COUNT  512
#define PF_MAX_EXACT_COUNT 32768

enum pf_config_key {
	PF_CONFIG_PAGES, /* of the default zone */
	PF_CONFIG_PAGEBLOCK_ORDER,
	PF_CONFIG_MAX_ORDER,
	PF_CONFIG_CPUS,
	PF_CONFIG_START, /* pages between the base pfn and the first zone */
	PF_CONFIG_MIN,	 /* min watermark of the default zone, pages */
	PF_CONFIG_SCALE, /* shifts all page counts of the configuration left, by 8 at most */
	PF_CONFIG_BASE,	 /* the base pfn, as it is (see layout.h) */
	PF_NR_CONFIG_KEYS,
};

struct pf_op {
	uint32_t slot;		  /* < PF_NR_SLOTS; 0 for kinds without a slot */
	uint32_t arg[PF_OP_ARGS]; /* <= the operand's max; 0 past the last operand */
	uint8_t kind;		  /* enum pf_op_kind */
};

/* How an operand is written and how far it goes. */
struct pf_operand {
	const char *name;
	uint32_t max; /* inclusive; decoding takes numbers modulo max + 1 */
	/*
	 * Names of the values 0..nr_symbols - 1, or NULL. `bare` symbols are
	 * written alone ("movable"), others behind the operand's name
	 * ("gfp=atomic"). Values past the symbols are legal and have no effect
	 * of their own until a symbol is appended.
	 */
	const char *const *symbol;
	uint8_t nr_symbols;
	uint8_t bare;
	uint8_t hex; /* a set of bits: printed as 0x..., reduced bit by bit */
};

struct pf_op_info {
	const char *name;
	uint8_t class;	  /* enum pf_op_class */
	uint8_t has_slot; /* classes MEMORY and OWNER */
	uint8_t weight;	  /* see PF_OPS */
	uint8_t nr_operands;
	const struct pf_operand *operand;
};

extern const struct pf_op_info pf_op_info[PF_NR_OPS];

/* Legal only before the first operation that is none. */
static inline bool pf_op_is_config(unsigned kind)
{
	return pf_op_info[kind].class == PF_CLASS_CONFIG;
}

/* Request flags (PF_GFP_*) of the symbols of the operand gfp: enum pf_gfp_set, by that. */
#define PF_NR_GFP PF_NR_GFP_SETS
extern const uint32_t pf_gfp_flags[PF_NR_GFP];

#endif /* PAGEFUZZ_OP_H */
