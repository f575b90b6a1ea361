// SPDX-License-Identifier: GPL-2.0-only
/*
 * owners.c - the program's slots and their units: which there are, what is in
 * them, and the memory that this takes in every lane.
 */
#include <string.h>

#include "world.h"

static void grow_units(struct pf_oracle *run)
{
	for (unsigned i = 0; i < run->nr_lanes; i++) {
		struct pf_lane *lane = run->lane[i];
		uint32_t nr = run->max_slots + run->arena_size;

		lane->unit_pfn = pf_resize(run, lane->unit_pfn, nr, sizeof(uint32_t));
		lane->unit_moved = pf_resize(run, lane->unit_moved, nr, sizeof(uint64_t));
		memset(lane->unit_moved, 0, nr * sizeof(uint64_t));
		lane->waited = pf_resize(run, lane->waited, nr, 1);
	}
}

static void grow_slots(struct pf_oracle *run, size_t n)
{
	if (n < run->max_slots)
		return;
	run->max_slots = n + n / 2 + 64;
	run->slot = pf_resize(run, run->slot, run->max_slots, sizeof(*run->slot));
	run->evicted = pf_resize(run, run->evicted, run->max_slots, sizeof(uint32_t));
	for (unsigned i = 0; i < run->nr_lanes; i++)
		run->lane[i]->seen_accesses = pf_resize(run, run->lane[i]->seen_accesses,
							run->max_slots, sizeof(uint32_t));
	grow_units(run);
}

void pf_owners_start(struct pf_oracle *run, size_t n)
{
	/* A slot for each operation at most, and the one that is no program's. */
	grow_slots(run, n + 1);
	if (!run->slot_epoch) {
		run->slot_epoch = pf_resize(run, NULL, PF_NR_SLOTS, sizeof(uint32_t));
		run->slot_index = pf_resize(run, NULL, PF_NR_SLOTS, sizeof(uint32_t));
		memset(run->slot_epoch, 0, PF_NR_SLOTS * sizeof(uint32_t));
	}
	memset(&run->slot[PF_OWN_SLOT], 0, sizeof(run->slot[0]));
	run->nr_slots = PF_OWN_SLOT + 1;
	run->nr_evicted = 0;
	run->arena_top = 0;
	for (size_t i = 0; i < sizeof(run->arena_free) / sizeof(run->arena_free[0]); i++)
		run->arena_free[i] = PF_NO_UNIT;
	run->generation = 0;
	if (!++run->epoch) {
		memset(run->slot_epoch, 0, PF_NR_SLOTS * sizeof(uint32_t));
		run->epoch = 1;
	}
}

void pf_owners_free(struct pf_oracle *run)
{
	pf_arena_free(run->arena, run->slot);
	pf_arena_free(run->arena, run->arena_slot);
	pf_arena_free(run->arena, run->slot_epoch);
	pf_arena_free(run->arena, run->slot_index);
	pf_arena_free(run->arena, run->evicted);
}

struct pf_slot *pf_slot_of(struct pf_oracle *run, uint32_t name)
{
	struct pf_slot *slot;

	if (run->slot_epoch[name] == run->epoch)
		return &run->slot[run->slot_index[name]];
	run->slot_epoch[name] = run->epoch;
	run->slot_index[name] = run->nr_slots;
	slot = &run->slot[run->nr_slots++];
	memset(slot, 0, sizeof(*slot));
	slot->name = name;
	return slot;
}

/* Ranges of units are rounded up to 2^class. */
static unsigned unit_class(uint32_t nr)
{
	return nr > 1 ? 32u - (unsigned)__builtin_clz(nr - 1) : 0;
}

uint32_t pf_units_get(struct pf_oracle *run, uint32_t nr, uint32_t slot)
{
	unsigned c = unit_class(nr);
	uint32_t first = run->arena_free[c];

	if (first != PF_NO_UNIT) {
		run->arena_free[c] = run->arena_slot[first];
	} else {
		first = run->arena_top;
		run->arena_top += 1u << c;
		if (run->arena_top > run->arena_size) {
			run->arena_size = run->arena_top * 2;
			run->arena_slot =
				pf_resize(run, run->arena_slot, run->arena_size, sizeof(uint32_t));
			grow_units(run);
		}
	}
	for (uint32_t i = 0; i < nr; i++)
		run->arena_slot[first + i] = slot;
	return run->max_slots + first;
}

void pf_units_put(struct pf_oracle *run, uint32_t unit, uint32_t nr)
{
	unsigned c = unit_class(nr);

	run->arena_slot[unit - run->max_slots] = run->arena_free[c];
	run->arena_free[c] = unit - run->max_slots;
}

void pf_slot_fill(struct pf_oracle *run, struct pf_slot *slot, enum pf_slot_state state,
		  unsigned order, unsigned mobility, uint32_t nr_units)
{
	uint32_t index = slot - run->slot;

	slot->state = state;
	slot->order = order;
	slot->mobility = mobility;
	slot->attrs = mobility == PF_MOVABLE ? PF_PAGE_MOVABLE : 0;
	slot->absent = 0;
	slot->accesses = 0;
	slot->generation = ++run->generation & 0xfffff;
	slot->nr_units = nr_units;
	slot->first_unit = state == PF_SLOT_BLOCK ? index : pf_units_get(run, nr_units, index);
	slot->range = slot->first_unit;
	slot->range_nr = nr_units;
	pf_for_each_lane(run, lane) lane->seen_accesses[index] = 0;
}

/*
 * What an absent slot adds to `missing`: different for each filling, and scattered so
 * that sums of some are not what others are (splitmix64's last step).
 */
static uint64_t absence(const struct pf_slot *slot)
{
	uint64_t x = (slot->generation + 1ull) * 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

void pf_slot_absent(struct pf_lane *lane, struct pf_slot *slot)
{
	for (uint32_t u = 0; u < slot->nr_units; u++)
		lane->unit_pfn[slot->first_unit + u] = PF_NO_PFN;
	slot->absent |= (uint16_t)(1u << lane->index);
	lane->missing += absence(slot);
}

void pf_slot_empty(struct pf_oracle *run, struct pf_slot *slot)
{
	if (slot->absent)
		pf_for_each_lane(run, lane) if (pf_absent(lane, slot)) lane->missing -=
			absence(slot);
	if (slot->state != PF_SLOT_BLOCK)
		pf_units_put(run, slot->range, slot->range_nr);
	slot->state = PF_SLOT_EMPTY;
}

struct pf_owner_name pf_owner_name(const struct pf_lane *lane, uint32_t idx)
{
	const struct pf_slot *slot = pf_unit_slot(lane->run, lane->owner[idx] - 1);
	struct pf_owner_name name;

	if (pf_is_own(slot, lane->run))
		snprintf(name.s, sizeof(name.s), "its own tables");
	else
		snprintf(name.s, sizeof(name.s), "a%u", slot->name);
	return name;
}
