/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * world.h - the owners of memory: a run with its slots, and one lane for each
 * implementation of the lineup with the world it lives in.
 *
 * Slots and units are common to all lanes, places are not: a slot is what the
 * program calls "a3", a unit is a block that is placed, moved and freed as one
 * (a slot has one, or many after bulk and split). Unit u of every lane is the
 * same piece of the program's memory. A lane whose implementation lacks the
 * function that fills a slot goes on without it: the slot is absent there.
 */
#ifndef PAGEFUZZ_WORLD_H
#define PAGEFUZZ_WORLD_H

#include <stdio.h>

#include "../impls/dump.h"
#include "answer.h"
#include "arena.h"
#include "blame.h"
#include "figures.h"
#include "mirror.h"
#include "options.h"

#define PF_NO_UNIT  UINT32_MAX
#define PF_MAX_BULK 512 /* largest operand of bulk */

/* Slot 0 of a run is no program's: it owns what implementations keep for themselves. */
#define PF_OWN_SLOT 0

enum pf_slot_state {
	PF_SLOT_EMPTY,
	PF_SLOT_BLOCK,
	PF_SLOT_UNITS,	/* single pages */
	PF_SLOT_CONTIG, /* likewise, of alloc_contig */
	PF_SLOT_RUN,	/* likewise, of alloc_run or take_run */
};

struct pf_slot {
	uint32_t name; /* number in the program */
	uint32_t generation;
	uint32_t first_unit, nr_units; /* all but PF_SLOT_BLOCK: one unit a page */
	uint32_t range, range_nr;      /* of the arena that they lie in; not of a BLOCK */
	uint32_t accesses;
	uint16_t attrs;	 /* PF_PAGE_* */
	uint16_t absent; /* lanes that have not got it, a bit each */
	uint8_t state;
	uint8_t order; /* of each unit */
	uint8_t mobility;
};

/* What an implementation may be asked, a bit each; see pf_lane.can. */
enum pf_ability {
	PF_CAN_BULK,
	PF_CAN_EXACT,
	PF_CAN_CONTIG,
	PF_CAN_RUN,
	PF_CAN_TAKE,
	PF_CAN_RESIZE,
	PF_CAN_COMPACT,
	PF_CAN_RECLAIM,
	PF_CAN_ISOLATE,
	PF_CAN_OFFLINE,
	PF_CAN_ADD,
	PF_CAN_DRAIN,
	PF_CAN_TICK,
	PF_CAN_TUNE,
	PF_CAN_RETYPE,
	PF_CAN_CPU,
};

/* Answers kept for the story of a finding, by step modulo this. */
#define PF_STORY_OPS 16

struct pf_lane;

/* Who hears all that a lane says and asks; see twin.c. */
struct pf_witness {
	void (*said)(struct pf_lane *lane, uint64_t value);
	/* For a wait src == dst, mode is the attribute, result PF_WAITED. */
	void (*moved)(struct pf_lane *lane, pf_pfn src, pf_pfn dst, unsigned mode, unsigned result);
};
#define PF_WAITED (PF_MIGRATE_NOMEM + 1)

/* One question to the world whether a page may move. */
struct pf_move {
	uint32_t src, dst;
	uint8_t mode, result;
};

#define PF_MAX_GUARDS 64

struct pf_guards {
	uint32_t nr;
	struct {
		uint32_t at, size; /* bytes, in the state block */
	} guard[PF_MAX_GUARDS];
};

/* From OFFLINE on a block's pages are not managed. LATER: they have never been there. */
enum pf_block_state { PF_BLOCK_NORMAL, PF_BLOCK_ISOLATED, PF_BLOCK_OFFLINE, PF_BLOCK_LATER };

/* Who follows a lane's events and moves; may break a law. */
struct pf_observer {
	void (*event)(struct pf_lane *lane, const struct pf_event *ev);
	void (*moved)(struct pf_lane *lane, pf_pfn src, pf_pfn dst, enum pf_migrate_result result);
};

/* A zone's compaction is put off: its counters, by the events. */
struct pf_deferral {
	unsigned considered, shift;
	int order_failed;
};

/* The compaction that is followed, and what it has said so far in this operation. */
struct pf_scan {
	enum {
		PF_SCAN_NONE,
		PF_SCAN_RANGE,	   /* alloc_contig_range(): not followed */
		PF_SCAN_MANUAL,	   /* of a node, as asked through its file */
		PF_SCAN_PROACTIVE, /* by kcompactd, for the score */
		PF_SCAN_KCOMPACTD, /* by kcompactd, for an order */
		PF_SCAN_DIRECT,	   /* by a request */
	} kind;
	int order;
	unsigned prio, zone, last_zone;
	bool inside, sync, whole, ignore_skip, owed;
	int suitable, finished, last, best; /* results, the kernel's numbers */
	bool first_look, asked_since;	    /* a page was moved since free ones were isolated */
	int targets;			    /* isolated and not used */
	bool looked, begun;	 /* the lists are known as they were; and are not any more */
	unsigned mobility, type; /* of a compaction for an order, as an operation */
	uint32_t zones;		 /* that have begun, a bit each */
	pf_pfn iteration; /* where the scan for pages to move was when its end was asked for */
	pf_pfn last_from; /* and that of the last batch that had pages */
	bool aborted;
	uint64_t total_migrate, total_free, total_isolated; /* before */
	uint64_t all_free_scanned;
	unsigned node;		       /* of kcompactd */
	uint32_t asked, met, deferred; /* zones, a bit each */
	pf_pfn migrate, free, first_free;
	pf_pfn from, to; /* of the pages in hand */
	uint32_t taken, moved;
	int64_t said_moved, said_failed; /* by migrate_pages(), of the pages in hand */
	uint64_t migrate_scanned, free_scanned, isolated, all_migrate_scanned, all_isolated;
};

/* What the daemons were woken for; what the one that runs should do. */
struct pf_daemons {
	bool woken[PF_MAX_NODES];
	int order[PF_MAX_NODES], zone[PF_MAX_NODES]; /* largest, lowest type */
	bool kswapd, proactive, worth_it;
	unsigned node;
};

/* What rules.c expects of a lane in this run. */
struct pf_rules {
	const struct pf_observer *observer; /* NULL: nobody looks */
	enum pf_about broken;		    /* to be raised; 0: nothing */
	char what[200];
	struct pf_scan scan;
	struct pf_daemons daemons;
	struct pf_deferral deferral[PF_MAX_ZONES];
	uint32_t knob[PF_NR_KNOBS]; /* as tuned, or at boot */
	uint32_t set;		    /* knobs that were tuned, a bit each */
	uint32_t most_boost;	    /* largest watermark_boost_factor so far */
	bool retyped;		    /* pageblocks got types from outside */
	uint32_t taken_over;	    /* whole pageblocks, by fallbacks */
	uint32_t wmark[PF_MAX_ZONES][PF_NR_WMARK], most_high[PF_MAX_ZONES];
	uint32_t high[PF_MAX_ZONES], threshold[PF_MAX_ZONES], most_threshold[PF_MAX_ZONES];
	/* The call that is foretold: the lists as they should be after it. */
	struct pf_node *node;
	uint32_t calls;
	bool foretold, lists_too, unsure, ungrouped, boosts;
	uint32_t reserved;	/* zones that have had a highatomic reserve, a bit each */
	uint32_t waking, woken; /* nodes whose kswapd has to be woken, and is */
	bool may_wake;
	pf_pfn pfn;
	uint32_t field[PF_MAX_ZONES][PF_NR_ZONE_FIELDS];
	uint32_t cpu[PF_MAX_ZONES][PF_MAX_CPUS][PF_NR_CPU_FIELDS];
	uint32_t position[PF_MAX_ZONES]; /* cached positions before the first compaction */
};

struct pf_lane {
	struct pf_world world; /* first: the world's functions find the lane by it */
	struct pf_oracle *run;
	const struct pf_impl *impl;
	struct pf_at *at;	/* run->blame.at */
	struct pf_arena *arena; /* run->arena */
	uint32_t can;		/* 1 << enum pf_ability; a twin's: what all of its group can */
	unsigned index;
	bool active; /* supports the layout */

	/* The implementation's state, and a second one for questions. */
	void *state, *spare;
	size_t state_size, state_room;
	struct pf_guards *guards; /* of the start that is in use; NULL: none are taken down */
	/* Further memory of the state; copies: as it was at first, and beside `spare`. */
	struct pf_region region[PF_MAX_REGIONS];
	unsigned nr_regions;
	size_t regions_size;
	unsigned char *fresh_regions, *spare_regions;

	/* The world: by page index (pfn - base_pfn), by unit, by slot, by pageblock. */
	uint32_t *owner;    /* unit + 1, 0: not live */
	uint64_t *contents; /* 1 << page_shift words a page */
	unsigned page_shift;
	uint32_t *unit_pfn; /* PF_NO_PFN: not here (evicted, absent, or never got it) */
	uint32_t *seen_accesses;
	uint8_t *waited; /* by unit: attributes that it has waited for, so that they are gone */
	uint64_t *unit_moved; /* number of the compaction that moved it last << 32, + moves */
	uint8_t *block_state; /* enum pf_block_state */
	uint8_t *block_type;  /* before isolation */
	struct pf_mirror mirror;
	uint32_t live[PF_MAX_ZONES], isolated[PF_MAX_ZONES], offline[PF_MAX_ZONES];
	uint32_t own[PF_MAX_ZONES]; /* pages that the implementation keeps for itself */
	bool has_ranges;	    /* some pageblock is isolated or offline */
	uint32_t added;		    /* later ranges that have come, a bit each */
	uint64_t missing; /* which slots are absent: lanes with equal ones have equal live sets */

	/* This operation. */
	uint64_t work_limit; /* of one call; what it has spent is in run->blame.at */
	bool muted;	     /* a question is asked: events don't count */
	bool borrowed;	     /* `state` and `spare` have changed places for one */
	bool moved;	     /* migrated, evicted, refused: worth an audit */
	uint32_t asked;	     /* what the world had a say in: moves, waits, hindrances */
	uint32_t hindered;   /* so often in this operation */
	uint32_t evicted_pages;
	uint64_t migrated_pages;
	/* This run. */
	uint64_t total_migrated, total_evicted, extfrag_before;
	struct {
		uint32_t after, count;
	} inject[PF_NR_INJECT];
	bool grouped; /* still to agree with its group */
	struct pf_answer answer[PF_STORY_OPS];
	/* The witness's: what it said and moved in this operation. */
	uint64_t *said;
	struct pf_move *move;
	uint32_t nr_said, max_said, nr_moves, max_moves;
	struct {
		uint32_t nr;
		uint64_t hash; /* of their fields, in order */
	} told[PF_NR_EVENTS];  /* events, by type */
	struct pf_dump *dump;  /* not the arena's: the implementation writes it */
	uint32_t dump_room;    /* words that it has room for, of the largest layout so far */
	uint64_t hash;
	struct pf_rules rules;
	struct pf_node *node; /* rules_lists.c's */
	uint32_t node_room;
	struct pf_figures figures;
};

/* A law is asked of a lane. */
static inline void pf_checked(struct pf_lane *lane, enum pf_law law)
{
	lane->figures.checks++;
	lane->figures.checked[law]++;
}

struct pf_start;

struct pf_oracle {
	struct pf_blame blame;
	struct pf_arena *arena; /* NULL: the heap; else it is read-only while others run */
	struct pf_lane *lane[PF_MAX_LANES];
	unsigned nr_lanes;
	struct pf_options options;
	struct pf_layout layout;
	bool have_layout;	/* some run has set it */
	bool dirty;		/* the last run left the world as it was at a finding */
	struct pf_start *start; /* start.c's */
	struct pf_mirror valid; /* one of its */
	uint32_t room_pages;	/* of all arrays by page */

	struct pf_slot *slot;
	uint32_t nr_slots, max_slots;
	/* Units 0..max_slots - 1 belong to the slot of that number, the rest is the arena. */
	uint32_t *arena_slot; /* slot of an arena unit; next free range while free */
	uint32_t arena_top, arena_size, arena_free[33];
	uint32_t generation;
	uint32_t online;     /* cpus, a bit each */
	uint32_t compaction; /* number of the one that runs, 0: none */
	uint32_t nr_compactions;
	bool remote;			  /* somebody in the lineup is outside the process */
	const struct pf_witness *witness; /* NULL: nobody wants to hear */
	unsigned nr_twins;
	struct pf_exact exact;

	/* Program slot number to index, valid for entries of the current epoch. */
	uint32_t *slot_epoch, *slot_index, epoch;

	pf_pfn (*bulk)[PF_MAX_BULK]; /* by lane: answers to one bulk request; not the arena's */
	uint32_t *evicted;	     /* slots evicted by some lane in this operation */
	uint32_t nr_evicted;
	uint64_t *seen; /* census: one bit a page */
	uint64_t hash;

	const struct pf_op *ops;
	size_t nr_ops, step;
	bool freed_first[PF_STORY_OPS]; /* of the last steps: the slot to fill was occupied */
};

#define pf_for_each_lane(run, l)                                   \
	for (unsigned l##_i = 0; l##_i < (run)->nr_lanes; l##_i++) \
		for (struct pf_lane *l = (run)->lane[l##_i]; l && l->active; l = NULL)

/* Record a verdict against a lane, or two that disagree, and leave the run. */
#define pf_broken(lane, law, ...) \
	pf_blame(&(lane)->run->blame, (lane)->index, -1, (law), PF_ABOUT_LAW, __VA_ARGS__)
/* The same, where the object is not the one that the law mostly is about. */
#define pf_broken_as(lane, law, about, ...) \
	pf_blame(&(lane)->run->blame, (lane)->index, -1, (law), (about), __VA_ARGS__)
#define pf_relation_broken(lane, second, law, ...) \
	pf_relation_broken_as(lane, second, law, PF_ABOUT_LAW, __VA_ARGS__)
#define pf_relation_broken_as(lane, second, law, about, ...)                               \
	pf_blame(&(lane)->run->blame, (lane)->index, (int)(second)->index, (law), (about), \
		 __VA_ARGS__)

/* Around what the framework does in a callback of an implementation. */
PF_HOT_INLINE void pf_open(const struct pf_lane *lane)
{
	if (lane->arena)
		pf_arena_protect(lane->arena, false);
}

PF_HOT_INLINE void pf_close(const struct pf_lane *lane)
{
	if (lane->arena)
		pf_arena_protect(lane->arena, true);
}

/*
 * Every call of an implementation goes through one of these two, so that work is
 * bounded for each, and whoever finds the process dead knows who it was.
 */
PF_HOT_INLINE void pf_enter(struct pf_lane *lane)
{
	struct pf_at *at = lane->at;

	at->work = 0;
	at->lane = lane->index + 1;
	pf_close(lane);
}

PF_HOT_INLINE void pf_leave(struct pf_lane *lane)
{
	pf_open(lane);
	lane->at->lane = 0;
}

#define PF_ASK(l, function, ...)                                                         \
	({                                                                               \
		pf_enter(l);                                                             \
		__auto_type pf_answer_ = (l)->impl->function((l)->state, ##__VA_ARGS__); \
		pf_leave(l);                                                             \
		pf_answer_;                                                              \
	})
#define PF_TELL(l, function, ...)                               \
	do {                                                    \
		pf_enter(l);                                    \
		(l)->impl->function((l)->state, ##__VA_ARGS__); \
		pf_leave(l);                                    \
	} while (0)

PF_HOT_INLINE bool pf_can(const struct pf_lane *lane, enum pf_ability what)
{
	return lane->can >> what & 1;
}

PF_HOT_INLINE unsigned pf_zone_of(const struct pf_layout *l, uint32_t idx)
{
	pf_pfn pfn = l->base_pfn + idx;
	unsigned z = 0;

	while (z + 1 < l->nr_zones && pfn >= l->zone[z + 1].start_pfn)
		z++;
	return z;
}

PF_HOT_INLINE struct pf_slot *pf_unit_slot(const struct pf_oracle *run, uint32_t unit)
{
	return &run->slot[unit < run->max_slots ? unit : run->arena_slot[unit - run->max_slots]];
}

PF_HOT_INLINE uint32_t pf_block_of(const struct pf_oracle *run, uint32_t idx)
{
	return idx >> run->layout.pageblock_order;
}

PF_HOT_INLINE bool pf_absent(const struct pf_lane *lane, const struct pf_slot *slot)
{
	return slot->absent >> lane->index & 1;
}

PF_HOT_INLINE bool pf_is_own(const struct pf_slot *slot, const struct pf_oracle *run)
{
	return slot == &run->slot[PF_OWN_SLOT];
}

/* Whose page it is, for a message; the page is live. */
struct pf_owner_name {
	char s[40];
};
struct pf_owner_name pf_owner_name(const struct pf_lane *lane, uint32_t idx);

/* ------------------------------------------------------- owners: owners.c -- */

/* Everything empty, for programs of n operations. Out of memory aborts. */
void pf_owners_start(struct pf_oracle *run, size_t n);
void pf_owners_free(struct pf_oracle *run);
/* The slot that the program calls by that number. */
struct pf_slot *pf_slot_of(struct pf_oracle *run, uint32_t name);
/* An empty slot is filled, or made empty again; the world is told separately. */
void pf_slot_fill(struct pf_oracle *run, struct pf_slot *slot, enum pf_slot_state state,
		  unsigned order, unsigned mobility, uint32_t nr_units);
void pf_slot_empty(struct pf_oracle *run, struct pf_slot *slot);
/* This lane goes on without the slot. */
void pf_slot_absent(struct pf_lane *lane, struct pf_slot *slot);
/* Ranges of units in the arena. */
uint32_t pf_units_get(struct pf_oracle *run, uint32_t nr, uint32_t slot);
void pf_units_put(struct pf_oracle *run, uint32_t unit, uint32_t nr);
/* Memory of a run: realloc() that aborts. */
static inline void *pf_resize(struct pf_oracle *run, void *p, size_t nr, size_t size)
{
	return pf_arena_resize(run->arena, p, nr * size);
}

/* ---------------------------------------------------------- world.c proper -- */

void pf_world_init(struct pf_lane *lane);
/* An implementation answered with a block for a unit: place it. Checks nothing. */
void pf_world_place(struct pf_lane *lane, uint32_t unit, uint32_t idx, unsigned order);
/* The owner gives a unit up: verify and forget it. */
void pf_world_release(struct pf_lane *lane, uint32_t unit);
/* One unit of 2^order pages becomes units of one page each, first..first + 2^order - 1. */
void pf_world_split(struct pf_lane *lane, uint32_t unit, uint32_t first);
/* Verify the contents of one unit. */
void pf_world_verify(struct pf_lane *lane, uint32_t unit);
/* shown.c: into lane->dump. It must have a dump(). */
void pf_dump_lane(struct pf_lane *lane);
/* Would its owner agree to a move, if nothing hinders it? */
bool pf_world_may_move(const struct pf_lane *lane, uint32_t unit);
/* Law exclusive: before a block is placed; range and alignment hold. */
void pf_world_exclusive(struct pf_lane *lane, uint32_t idx, unsigned order);
/* A pageblock goes out of use or comes back, with its pages that are not live. */
void pf_world_set_block(struct pf_lane *lane, uint32_t block, enum pf_block_state to);
/* Which pages does the implementation use itself? Those that it did not yet become its own. */
void pf_world_ask_own(struct pf_lane *lane);
/* A unit of one page gets another number. */
void pf_world_rename(struct pf_lane *lane, uint32_t unit, uint32_t to);
void pf_world_reset(struct pf_lane *lane);
/* Free pages are poisoned for ASan; the tables are not while they are resized. */
void pf_world_poison(struct pf_lane *lane);
void pf_world_unpoison(struct pf_lane *lane);
/* What is asked between these two is only a question: the state is as before. */
void pf_what_if(struct pf_lane *lane);
void pf_what_if_ends(struct pf_lane *lane);
bool pf_can_ask_what_if(const struct pf_lane *lane);

/* The lane said something that its twins have to say as well. */
PF_HOT_INLINE void pf_said(struct pf_lane *lane, uint64_t v)
{
	lane->hash = (lane->hash ^ v) * 0x9e3779b97f4a7c15ull;
	lane->hash ^= lane->hash >> 29;
	if (lane->run->witness)
		lane->run->witness->said(lane, v);
}

#endif /* PAGEFUZZ_WORLD_H */
