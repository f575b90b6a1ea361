// SPDX-License-Identifier: GPL-2.0-only
/*
 * packing.c - how well compaction does, against what is possible: can a free pageblock be made
 * of a zone by moving what may move, and how many pages have to go at least? A figure, no law:
 * scanners that meet in the middle promise no such thing.
 */
#include "packing.h"

/* Pages of the block at idx that must go; 0 with *possible false: not all of them can. */
static uint32_t pages_to_move(const struct pf_lane *lane, uint32_t idx, unsigned order,
			      bool *possible)
{
	uint32_t used = 0;

	*possible = pf_mirror_test(&lane->run->valid, idx, order);
	for (uint32_t i = idx; *possible && i < idx + (1u << order); i++) {
		uint32_t unit = lane->owner[i];

		if (pf_mirror_test(&lane->mirror, i, 0))
			continue;
		*possible = unit && pf_world_may_move(lane, unit - 1);
		used++;
	}
	return *possible ? used : 0;
}

static uint32_t least_moves(const struct pf_lane *lane, unsigned z, unsigned order)
{
	const struct pf_zone_layout *zl = &lane->run->layout.zone[z];
	uint32_t from = zl->start_pfn - lane->run->layout.base_pfn, least = UINT32_MAX;
	uint32_t step = 1u << order;

	/* What goes has to find room in the rest of the zone. */
	if (lane->mirror.nset[z][0] < step)
		return 0;
	for (uint32_t idx = (from + step - 1) & ~(step - 1); idx + step <= from + zl->spanned;
	     idx += step) {
		bool possible;
		uint32_t used = pages_to_move(lane, idx, order, &possible);

		if (possible && used < least)
			least = used;
	}
	return least == UINT32_MAX ? 0 : least;
}

void pf_packing_before(const struct pf_lane *lane, const struct pf_compact_request *req,
		       struct pf_packing *p)
{
	const struct pf_layout *l = &lane->run->layout;
	unsigned zones = 0;

	*p = (struct pf_packing){.moved = lane->migrated_pages, .refused = lane->figures.refused};
	if (req->order >= 0 || req->mode != PF_MODE_SYNC || pf_layout_pages(l) > PF_PACKING_PAGES ||
	    l->pageblock_order > l->max_order)
		return;
	for (unsigned z = 0; z < l->nr_zones; z++)
		if (l->zone[z].node == req->node) {
			p->zone = z;
			zones++;
		}
	/* Moves are counted for all zones of a node together. */
	if (zones == 1 && !lane->mirror.nset[p->zone][l->pageblock_order])
		p->least = least_moves(lane, p->zone, l->pageblock_order);
}

void pf_packing_after(struct pf_lane *lane, const struct pf_packing *p)
{
	struct pf_figures *f = &lane->figures;

	if (!p->least || f->refused != p->refused)
		return;
	f->packable++;
	f->packed += lane->mirror.nset[p->zone][lane->run->layout.pageblock_order] != 0;
	f->least_moves += p->least;
	f->packing_moves += lane->migrated_pages - p->moved;
}
