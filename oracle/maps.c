// SPDX-License-Identifier: GPL-2.0-only
/* maps.c - page maps: what memory looks like, a character for some pages. */
#include <string.h>

#include "oracle.h"
#include "world.h"

/*
 * One character for 2^shift pages: '.' unused, '[' where a free block begins, '#' movable, 'U' unmovable,
 * 'R' reclaimable, 'P' pinned, 'O' the allocator's own, 'I' isolated or offline, ' ' no such memory;
 * the strongest of what the pages are, pinned first.
 */
static char map_char(const struct pf_lane *lane, uint32_t idx, uint32_t n)
{
	static const char rank[] = " .I#ROUP";
	const struct pf_oracle *run = lane->run;
	uint32_t pages = pf_layout_pages(&run->layout);
	const char *best = rank;

	for (uint32_t i = idx; i < idx + n && i < pages; i++) {
		char c = ' ';
		const char *r;

		if (lane->owner[i]) {
			const struct pf_slot *s = pf_unit_slot(run, lane->owner[i] - 1);

			if (pf_is_own(s, run))
				c = 'O';
			else
				c = s->attrs & PF_PAGE_PINNED ? 'P' : "U#R"[s->mobility % 3];
		} else if (pf_mirror_test(&run->valid, i, 0)) {
			c = lane->block_state[pf_block_of(run, i)] ? 'I' : '.';
		}
		r = strchr(rank, c);
		if (r > best)
			best = r;
	}
	return *best;
}

/*
 * Does a free block begin here, of more than a character's pages? As the world sees free
 * memory, which is fully merged: asking the implementation would be asking the accused.
 */
static bool begins_block(const struct pf_lane *lane, uint32_t idx, uint32_t per_char)
{
	const struct pf_layout *l = &lane->run->layout;
	unsigned order = 0;

	while (order < l->max_order && !(idx & ((2u << order) - 1)) &&
	       pf_mirror_test(&lane->mirror, idx, order + 1))
		order++;
	if (1u << order <= per_char || !pf_mirror_test(&lane->mirror, idx, order))
		return false;
	/* Not if it is a part of a larger one. */
	return order == l->max_order ||
	       !pf_mirror_test(&lane->mirror, idx & ~((2u << order) - 1), order + 1);
}

#define MAP_WIDTH 64
#define MAP_ROWS  8

void pf_oracle_maps(const struct pf_oracle *o, FILE *out)
{
	uint32_t pages, per_char = 1;

	if (!o->have_layout)
		return;
	pages = pf_layout_pages(&o->layout);
	while (pages / per_char > MAP_WIDTH * MAP_ROWS)
		per_char *= 2;
	fprintf(out,
		"page maps, %u page%s a character: [. a free block, # movable, U unmovable, R "
		"reclaimable, P pinned, O own, I isolated\n",
		per_char, per_char == 1 ? "" : "s");
	for (unsigned i = 0; i < o->nr_lanes; i++) {
		const struct pf_lane *lane = o->lane[i];

		if (!lane->active)
			continue;
		fprintf(out, "  %s\n", lane->impl->name);
		for (uint32_t p = 0; p < pages; p += per_char * MAP_WIDTH) {
			char row[MAP_WIDTH + 1] = "";

			for (unsigned c = 0; c < MAP_WIDTH && p + c * per_char < pages; c++) {
				uint32_t idx = p + c * per_char;

				row[c] = map_char(lane, idx, per_char);
				if (row[c] == '.' && begins_block(lane, idx, per_char))
					row[c] = '[';
			}
			fprintf(out, "    %8u |%s|\n", o->layout.base_pfn + p, row);
		}
	}
}

/* ------------------------------------------------------------------ look -- */

static void look_at_page(const struct pf_lane *lane, uint32_t i, struct pf_sight *s)
{
	const struct pf_oracle *run = lane->run;
	const struct pf_slot *slot;

	s->slot[i] = 0;
	if (!lane->owner[i]) {
		s->look[i] = !pf_mirror_test(&run->valid, i, 0)	      ? PF_LOOK_NOTHING
			     : lane->block_state[pf_block_of(run, i)] ? PF_LOOK_AWAY
								      : PF_LOOK_FREE;
		return;
	}
	slot = pf_unit_slot(run, lane->owner[i] - 1);
	if (pf_is_own(slot, run)) {
		s->look[i] = PF_LOOK_OWN;
		return;
	}
	s->slot[i] = slot->name + 1;
	s->look[i] = slot->attrs & PF_PAGE_PINNED	? PF_LOOK_PINNED
		     : slot->mobility == PF_UNMOVABLE	? PF_LOOK_UNMOVABLE
		     : slot->mobility == PF_RECLAIMABLE ? PF_LOOK_RECLAIMABLE
							: PF_LOOK_MOVABLE;
}

struct listing {
	struct pf_lane *lane;
	struct pf_sight *sight;
};

static void list_block(void *arg, const struct pf_block *b)
{
	struct listing *l = arg;
	uint32_t idx = b->pfn - l->lane->run->layout.base_pfn;

	pf_open(l->lane);
	if (idx < pf_layout_pages(&l->lane->run->layout)) {
		l->sight->block[idx] = b->order + 1;
		l->sight->where[idx] = (uint8_t)b->where;
	}
	pf_close(l->lane);
}

bool pf_oracle_look(struct pf_oracle *run, unsigned index, bool ask, struct pf_sight *s)
{
	const struct pf_layout *l = &run->layout;
	struct pf_lane *lane = run->lane[index];
	uint32_t pages = pf_layout_pages(l);
	struct listing listing = {lane, s};

	if (!run->have_layout || !lane->active)
		return false;
	s->free = 0;
	s->largest = -1;
	s->moved = lane->total_migrated;
	for (unsigned z = 0; z < l->nr_zones; z++) {
		s->free += lane->mirror.nset[z][0];
		for (int o = l->max_order; o > s->largest; o--)
			if (lane->mirror.nset[z][o])
				s->largest = o;
	}
	for (uint32_t i = 0; i < pages; i++)
		look_at_page(lane, i, s);
	memset(s->block, 0, pages);
	memset(s->block_type, PF_NR_BLOCK_TYPES, (pages >> l->pageblock_order) + 1);
	s->listed = ask && lane->impl->census && !(lane->impl->features & PF_F_REMOTE);
	if (s->listed)
		PF_TELL(lane, census, list_block, &listing);
	if (!ask || !lane->impl->block_type || lane->impl->features & PF_F_REMOTE)
		return true;
	for (uint32_t i = 0; i < pages; i += 1u << l->pageblock_order)
		if (pf_mirror_test(&run->valid, i, 0) && !lane->block_state[pf_block_of(run, i)])
			s->block_type[i >> l->pageblock_order] =
				(uint8_t)PF_ASK(lane, block_type, l->base_pfn + i);
	return true;
}
