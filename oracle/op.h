/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * op.h - the vocabulary of operations: their kinds, operands and names.
 *
 * A program is an array of struct pf_op. Everything that has to know what an
 * operand may be (codec, text form, mutator, reducer, lockstep) reads the one
 * table pf_op_info[]. Kinds, operands and symbols are append-only: old corpora
 * must keep their meaning.
 */
#ifndef PAGEFUZZ_OP_H
#define PAGEFUZZ_OP_H

#include <stddef.h>
#include <stdint.h>

#include "../impls/impl.h"

#define PF_OP_ARGS 6
/* Slots are numbered 0..PF_NR_SLOTS - 1. */
#define PF_SLOT_BITS 18
#define PF_NR_SLOTS  (1u << PF_SLOT_BITS)

enum pf_op_kind {
	/* Configuration: has an effect only before the first other operation. */
	PF_OP_CONFIG,
	PF_OP_ZONE,
	PF_OP_HOLE,
	PF_OP_RESERVE,
	/* Memory. A slot that is occupied is freed before it is filled again. */
	PF_OP_ALLOC,
	PF_OP_FREE,
	PF_OP_BULK,
	PF_OP_SPLIT,
	PF_OP_CONTIG,
	/* The owner's view of a slot; nothing happens on an empty one. */
	PF_OP_PIN,
	PF_OP_UNPIN,
	PF_OP_DIRTY,
	PF_OP_CLEAN,
	PF_OP_WRITEBACK,
	PF_OP_WRITTEN,
	PF_OP_ACCESS,
	PF_OP_EVICTABLE,
	PF_OP_UNEVICTABLE,
	PF_OP_LOCK,
	PF_OP_UNLOCK,
	/* The allocator as a whole. */
	PF_OP_COMPACT,
	PF_OP_RECLAIM,
	PF_OP_ISOLATE,
	PF_OP_UNDO,
	PF_OP_OFFLINE,
	PF_OP_ONLINE,
	PF_OP_DRAIN,
	PF_OP_TICK,
	PF_OP_TUNE,
	PF_OP_INJECT,
	PF_OP_CHECK,
	PF_OP_RETYPE,
	PF_OP_CPU,
	PF_OP_EXACT, /* memory, too: a run of single pages */
	PF_OP_LRU,   /* the owner's view: single movable pages go into the page cache */
	PF_NR_OPS,
};

/* Operand positions in struct pf_op.arg[]. */
enum { PF_CONFIG_KEY, PF_CONFIG_VALUE };
enum { PF_ZONE_TYPE, PF_ZONE_NODE, PF_ZONE_PAGES, PF_ZONE_GAP, PF_ZONE_MIN };
enum { PF_RANGE_AT, PF_RANGE_PAGES }; /* hole, reserve; at: pages from the base pfn */
enum {
	PF_ALLOC_ORDER,
	PF_ALLOC_MOBILITY,
	PF_ALLOC_GFP,
	PF_ALLOC_CPU,
	PF_ALLOC_NODE,
	PF_ALLOC_ZONE
};
enum { PF_FREE_CPU };
enum { PF_BULK_COUNT, PF_BULK_MOBILITY, PF_BULK_GFP, PF_BULK_CPU, PF_BULK_NODE, PF_BULK_ZONE };
enum {
	PF_EXACT_COUNT,
	PF_EXACT_MOBILITY,
	PF_EXACT_GFP,
	PF_EXACT_CPU,
	PF_EXACT_NODE,
	PF_EXACT_ZONE
};
enum { PF_CONTIG_AT, PF_CONTIG_PAGES, PF_CONTIG_MOBILITY };
enum { PF_COMPACT_ORDER, PF_COMPACT_MODE, PF_COMPACT_WHOLE, PF_COMPACT_MOBILITY, PF_COMPACT_NODE };
enum { PF_RECLAIM_PAGES, PF_RECLAIM_MODE, PF_RECLAIM_NODE };
enum { PF_BLOCK_NR };  /* isolate, undo, offline, online; counted from the base pfn */
enum { PF_DRAIN_CPU }; /* 0: all, n: cpu n - 1 */
enum { PF_TICK_DAEMON, PF_TICK_NODE, PF_TICK_ORDER, PF_TICK_PROACTIVE };
enum { PF_TUNE_KNOB, PF_TUNE_VALUE };
enum { PF_RETYPE_BLOCK, PF_RETYPE_TYPE }; /* block: counted from the base pfn */
enum { PF_CPU_NR, PF_CPU_ONLINE };
enum { PF_INJECT_WHAT, PF_INJECT_AFTER, PF_INJECT_COUNT };

enum pf_config_key {
	PF_CONFIG_PAGES, /* of the default zone */
	PF_CONFIG_PAGEBLOCK_ORDER,
	PF_CONFIG_MAX_ORDER,
	PF_CONFIG_CPUS,
	PF_CONFIG_START, /* pages between the base pfn and the first zone */
	PF_CONFIG_MIN,	 /* min watermark of the default zone, pages */
	PF_CONFIG_SCALE, /* shifts all page counts of the configuration left */
	PF_NR_CONFIG_KEYS,
};

struct pf_op {
	uint32_t slot;		  /* < PF_NR_SLOTS; 0 for kinds without a slot */
	uint16_t arg[PF_OP_ARGS]; /* <= the operand's max; 0 past the last operand */
	uint8_t kind;		  /* enum pf_op_kind */
};

/* How an operand is written and how far it goes. */
struct pf_operand {
	const char *name;
	uint16_t max;	/* inclusive; decoding takes digits modulo max + 1 */
	uint8_t digits; /* 7-bit digits in the byte form, low first: 1 or 2 */
	/*
	 * Names of the values 0..nr_symbols - 1, or NULL. `bare` symbols are
	 * written alone ("movable"), others behind the operand's name
	 * ("gfp=atomic"). Values past the symbols are legal and have no effect
	 * of their own until a symbol is appended.
	 */
	const char *const *symbol;
	uint8_t nr_symbols;
	uint8_t bare;
};

struct pf_op_info {
	const char *name;
	uint8_t has_slot;
	uint8_t config; /* legal only at the start */
	uint8_t nr_operands;
	uint8_t weight; /* opcodes of 128 that mean this kind, see the codec */
	const struct pf_operand *operand;
};

extern const struct pf_op_info pf_op_info[PF_NR_OPS];

/* Request flags (PF_GFP_*) of the symbols of the operand gfp. */
#define PF_NR_GFP 16
extern const uint32_t pf_gfp_flags[PF_NR_GFP];

#endif /* PAGEFUZZ_OP_H */
