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
