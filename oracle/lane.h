/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lane.h - the oracle's inside: a run with its slots, and one lane for each
 * implementation of the lineup with the world it lives in.
 *
 * Slots and units are common to all lanes, places are not: a slot is what the
 * program calls "a3", a unit is a block that is placed, moved and freed as one
 * (a slot has one, or many after bulk and split). Unit u of every lane is the
 * same piece of the program's memory.
 */
#ifndef PAGEFUZZ_LANE_H
#define PAGEFUZZ_LANE_H

#include <setjmp.h>

#include "mirror.h"
#include "oracle.h"

#define PF_NO_UNIT UINT32_MAX
/* Ranges of units are of 2^n: up to as many as memory has pages. */
#define PF_UNIT_CLASSES 23

enum pf_slot_state { PF_SLOT_EMPTY, PF_SLOT_BLOCK, PF_SLOT_UNITS, PF_SLOT_CONTIG };

struct pf_slot {
	uint32_t name; /* number in the program */
	uint32_t generation;
	uint32_t first_unit, nr_units; /* PF_SLOT_CONTIG: one unit a page */
	uint32_t accesses;
	uint16_t attrs; /* PF_PAGE_* */
	uint8_t state;
	uint8_t order; /* of each unit */
	uint8_t mobility;
};

/* One question to the world whether a page may move. */
struct pf_move {
	uint32_t src, dst;
	uint8_t mode, result;
};

/* Also in there: it waited at src for the attribute `mode`. */
#define PF_WAITED (PF_MIGRATE_NOMEM + 1)

struct pf_lane {
	struct pf_world world; /* first: the world's functions find the lane by it */
	struct pf_oracle *run;
	const struct pf_impl *impl;
	unsigned index;
	bool active; /* supports the layout */

	/* The implementation's state, and a second one for questions. */
	void *state, *spare;
	size_t state_size, state_room;

	/* The world: by page index (pfn - base_pfn), by unit, by slot, by pageblock. */
	uint32_t *owner; /* unit + 1, 0: not live */
	uint64_t *contents;
	uint32_t *unit_pfn; /* PF_NO_PFN: not here (evicted, or never got it) */
	uint32_t *seen_accesses;
	uint8_t *waited; /* by unit: attributes that it has waited for, so that they are gone */
	uint32_t *unit_moved; /* number of the compaction that moved it last * 16 + moves */
	uint8_t *block_state; /* enum pf_block_state */
	uint8_t *block_type;  /* before isolation */
	struct pf_mirror mirror;
	uint32_t live[PF_MAX_ZONES], isolated[PF_MAX_ZONES], offline[PF_MAX_ZONES];
	bool has_ranges; /* some pageblock is isolated or offline */

	/* This operation. */
	uint64_t work, work_limit;
	bool muted;	/* a question is asked: events don't count */
	bool moved;	/* migrated, evicted, refused: worth an audit */
	uint32_t asked; /* what the world had a say in: moves, waits, hindrances */
	uint32_t evicted_pages;
	uint64_t migrated_pages;
	/* This run. */
	uint64_t total_migrated, total_evicted, extfrag_before;
	struct {
		uint32_t after, count;
	} inject[PF_NR_INJECT];
	bool grouped; /* still to agree with its group */
	/* With another twin in the lineup: what it said and moved in this operation. */
	uint64_t *said;
	struct pf_move *move;
	uint32_t nr_said, max_said, nr_moves, max_moves;
	struct pf_dump dump;
	uint64_t hash;
	struct pf_figures figures;
};

enum pf_block_state { PF_BLOCK_NORMAL, PF_BLOCK_ISOLATED, PF_BLOCK_OFFLINE };

/* What a run starts from, kept for the default layout and for the last other one. */
struct pf_start {
	struct pf_layout layout;
	bool filled;
	struct pf_mirror valid;
	struct {
		void *image;	   /* state after init */
		size_t room, size; /* size 0: no image */
		bool active;
	} lane[PF_MAX_LANES];
};

struct pf_oracle {
	struct pf_lane *lane[PF_MAX_LANES];
	unsigned nr_lanes;
	struct pf_options options;
	struct pf_layout layout;
	bool have_layout;	  /* some run has set it */
	bool dirty;		  /* the last run left the world as it was at a finding */
	struct pf_start start[2]; /* default layout, any other */
	struct pf_mirror valid;	  /* one of theirs */
	uint32_t room_pages;	  /* of all arrays by page */

	struct pf_slot *slot;
	uint32_t nr_slots, max_slots;
	/* Units 0..max_slots - 1 belong to the slot of that number, the rest is the arena. */
	uint32_t *arena_slot; /* slot of an arena unit; next free range while free */
	uint32_t arena_top, arena_size, arena_free[PF_UNIT_CLASSES];
	uint32_t generation;
	uint32_t online;     /* cpus, a bit each */
	uint32_t compaction; /* number of the one that runs, 0: none */
	uint32_t nr_compactions;
	unsigned nr_twins;
	bool no_exact; /* some twin has no alloc_exact: none is asked */
	struct pf_exact exact;
	char report[3000]; /* more about a finding than a verdict holds; several lines */

	/* Program slot number to index, valid for entries of the current epoch. */
	uint32_t *slot_epoch, *slot_index, epoch;

	pf_pfn bulk[PF_MAX_LANES][PF_MAX_BULK_COUNT]; /* answers to one bulk request */
	uint32_t *evicted; /* slots evicted by some lane in this operation */
	uint32_t nr_evicted, max_evicted;
	uint64_t *seen; /* census: one bit a page */
	uint64_t hash;

	const struct pf_op *ops;
	size_t nr_ops, step;
	struct pf_verdict verdict;
	jmp_buf out;
};

#define pf_for_each_lane(run, l)                                   \
	for (unsigned l##_i = 0; l##_i < (run)->nr_lanes; l##_i++) \
		for (struct pf_lane *l = (run)->lane[l##_i]; l && l->active; l = NULL)

/* Record a verdict against a lane and leave the run. */
_Noreturn void pf_broken(struct pf_lane *lane, enum pf_law law, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
_Noreturn void pf_relation_broken(struct pf_lane *lane, struct pf_lane *other, enum pf_law law,
				  const char *fmt, ...) __attribute__((format(printf, 4, 5)));

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

/* start.c */
/* Everything as at the beginning, for run->ops. False: nobody can run the layout. */
bool pf_run_start(struct pf_oracle *run);
/* A range of units for a slot that has many; put back as it was got. */
uint32_t pf_units_get(struct pf_oracle *run, uint32_t nr, uint32_t slot);
void pf_units_put(struct pf_oracle *run, uint32_t unit, uint32_t nr);

/* world.c */
void pf_world_init(struct pf_lane *lane);
/* An implementation answered with a block for a unit: place it. Checks nothing. */
void pf_world_place(struct pf_lane *lane, uint32_t unit, uint32_t idx, unsigned order);
/* The owner gives a unit up: verify and forget it. */
void pf_world_release(struct pf_lane *lane, uint32_t unit);
/* One unit of 2^order pages becomes units of one page each, first..first + 2^order - 1. */
void pf_world_split(struct pf_lane *lane, uint32_t unit, uint32_t first);
/* Verify the contents of one unit. */
void pf_world_verify(struct pf_lane *lane, uint32_t unit);
/* A pageblock goes out of use or comes back, with its pages that are not live. */
void pf_world_set_block(struct pf_lane *lane, uint32_t block, enum pf_block_state to);
void pf_world_reset(struct pf_lane *lane);
/* Free pages are poisoned for ASan; the tables are not while they are resized. */
void pf_world_poison(struct pf_lane *lane);
void pf_world_unpoison(struct pf_lane *lane);

/* laws.c: each returns normally or leaves through pf_broken(). */
void pf_law_placement(struct pf_lane *lane, pf_pfn pfn, unsigned order,
		      const struct pf_request *req);
void pf_law_exclusive(struct pf_lane *lane, uint32_t idx, unsigned order);
void pf_law_reserves(struct pf_lane *lane, uint32_t idx, const struct pf_request *req);
void pf_law_feasibility(struct pf_lane *lane, const struct pf_request *req);
void pf_law_truthful_compact(struct pf_lane *lane, const struct pf_compact_request *req,
			     enum pf_compact_result result);
void pf_law_settled(struct pf_lane *lane, const struct pf_compact_request *req);
void pf_law_truthful_reclaim(struct pf_lane *lane, unsigned answer);
/* The cheap ones, after every operation. */
void pf_laws_step(struct pf_lane *lane);
/* Free lists against counters and the world; also after moves and evictions. */
void pf_law_census(struct pf_lane *lane);
/* The full audit: census, contents, identities, block types. */
void pf_laws_audit(struct pf_lane *lane);
void pf_law_self_check(struct pf_lane *lane);
/* After everything was freed and drained. */
void pf_law_canonical(struct pf_lane *lane);
void pf_law_undone(struct pf_lane *lane, uint32_t block);

/* relations.c */
void pf_relations_start(struct pf_oracle *run);
/* Before a request for so many pages: who treats it differently by policy leaves the group. */
void pf_relation_request(struct pf_oracle *run, const struct pf_request *req, uint32_t pages);
/* pfn[lane]: the answers to one request. */
void pf_relation_same_log(struct pf_oracle *run, const pf_pfn *pfn);
void pf_relation_leave(struct pf_oracle *run); /* all leave */
void pf_relation_totals(struct pf_oracle *run);
void pf_relation_mirrored(struct pf_oracle *run);
void pf_relations_end(struct pf_oracle *run);

/* twin.c */
void pf_twins_start(struct pf_oracle *run);
void pf_twins_free(struct pf_lane *lane);
/* Keep what a lane says or asks in this operation; call while nr_twins > 1 only. */
void pf_twin_said(struct pf_lane *lane, uint64_t value);
void pf_twin_moved(struct pf_lane *lane, pf_pfn src, pf_pfn dst, unsigned mode, unsigned result);
void pf_relation_twins(struct pf_oracle *run);
void pf_relation_dumps(struct pf_oracle *run);
/* Into lane->dump. */
void pf_twin_dump(struct pf_lane *lane);

#endif /* PAGEFUZZ_LANE_H */
