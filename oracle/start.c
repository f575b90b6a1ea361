// SPDX-License-Identifier: GPL-2.0-only
/*
 * start.c - the memory of a run: tables sized for the program, and each
 * implementation in the state that init() leaves, from an image where there is
 * one.
 */
#include <stdlib.h>
#include <string.h>

#include "asan.h"
#include "layout.h"
#include "rules.h"
#include "start.h"

/* What a run starts from, kept for the default layout and for the last other one. */
struct pf_start {
	struct pf_layout layout;
	bool filled;
	struct pf_mirror valid;
	struct {
		unsigned char *image; /* state after init, then the regions */
		size_t room, size;    /* of the image; size 0: none */
		size_t state_size;
		bool active;
		struct pf_guards guards;
	} lane[PF_MAX_LANES];
};

/* How the regions of an implementation are before anybody has worked with them. */
static void keep_regions(struct pf_lane *lane)
{
	struct pf_oracle *run = lane->run;
	unsigned char *at;

	if (!lane->impl->regions)
		return;
	lane->nr_regions = lane->impl->regions(lane->impl->self, lane->region, PF_MAX_REGIONS);
	for (unsigned i = 0; i < lane->nr_regions; i++)
		lane->regions_size += lane->region[i].size;
	at = lane->fresh_regions = pf_resize(run, NULL, lane->regions_size + 1, 1);
	lane->spare_regions = pf_resize(run, NULL, lane->regions_size + 1, 1);
	for (unsigned i = 0; i < lane->nr_regions; at += lane->region[i++].size)
		pf_raw_copy(at, lane->region[i].start, lane->region[i].size);
}

static void restore_regions(struct pf_lane *lane)
{
	const unsigned char *at = lane->fresh_regions;

	for (unsigned i = 0; i < lane->nr_regions; at += lane->region[i++].size)
		pf_raw_copy(lane->region[i].start, at, lane->region[i].size);
}

void pf_start_new(struct pf_oracle *run)
{
	run->start = pf_resize(run, NULL, 2, sizeof(*run->start));
	memset(run->start, 0, 2 * sizeof(*run->start));
	for (unsigned i = 0; i < run->nr_lanes; i++)
		keep_regions(run->lane[i]);
}

/* --------------------------------------------------------------- memory -- */

static void guards_down(struct pf_lane *lane)
{
	/* The slack behind the state, too. */
	if (lane->state)
		pf_unpoison(lane->state, lane->state_room);
	lane->guards = NULL;
}

static void guards_up(struct pf_lane *lane)
{
	const struct pf_guards *g = lane->guards;
	char *state = lane->state;

	for (uint32_t i = 0; i < g->nr; i++)
		pf_poison(state + g->guard[i].at, g->guard[i].size);
	pf_poison(state + lane->state_size, lane->state_room - lane->state_size);
}

static struct pf_arena *contents_arena(const struct pf_lane *lane)
{
	return lane->impl->features & PF_F_INPAGE ? NULL : lane->run->arena;
}

void pf_start_free(struct pf_oracle *run)
{
	for (unsigned i = 0; i < run->nr_lanes; i++) {
		struct pf_lane *lane = run->lane[i];

		guards_down(lane);
		pf_world_unpoison(lane);
		free(lane->state);
		free(lane->spare);
		pf_arena_free(run->arena, lane->spare_regions);
		pf_arena_free(run->arena, lane->fresh_regions);
		pf_arena_free(run->arena, run->start[0].lane[i].image);
		pf_arena_free(run->arena, run->start[1].lane[i].image);
		pf_arena_free(run->arena, lane->owner);
		pf_arena_free(contents_arena(lane), lane->contents);
		pf_arena_free(run->arena, lane->block_state);
		pf_arena_free(run->arena, lane->block_type);
	}
	pf_mirror_free(&run->start[0].valid);
	pf_mirror_free(&run->start[1].valid);
	pf_arena_free(run->arena, run->start);
	pf_arena_free(run->arena, run->seen);
}

/* More than any machine of ours has. */
#define STATE_LIMIT (1ull << 32)

static void make_state_room(struct pf_lane *lane)
{
	struct pf_start *s = lane->run->start;

	if (lane->state_size > STATE_LIMIT)
		pf_broken(lane, PF_LAW_MEMORY, "wants %llu bytes of state for %u pages",
			  (unsigned long long)lane->state_size,
			  pf_layout_pages(&lane->run->layout));
	if (lane->state_size <= lane->state_room)
		return;
	/* The other start's image holds pointers into the old block. */
	s[0].lane[lane->index].size = s[1].lane[lane->index].size = 0;
	lane->state_room = (lane->state_size + 63) & ~(size_t)63;
	free(lane->state);
	free(lane->spare);
	/* Aligned to 64 as the contract says. */
	lane->state = aligned_alloc(64, lane->state_room);
	lane->spare = aligned_alloc(64, lane->state_room);
	if (!lane->state || !lane->spare) {
		lane->state_room = 0;
		pf_broken(lane, PF_LAW_MEMORY, "wants %llu bytes of state, which are not to be had",
			  (unsigned long long)lane->state_size);
	}
}

/* Arrays by page only grow; what they gain is "not live". */
static void grow_pages(struct pf_oracle *run, uint32_t pages)
{
	uint32_t old = run->room_pages;

	if (pages <= old)
		return;
	run->seen = pf_resize(run, run->seen, pages / 64 + 1, sizeof(uint64_t));
	for (unsigned i = 0; i < run->nr_lanes; i++) {
		struct pf_lane *lane = run->lane[i];

		pf_world_unpoison(lane);
		lane->owner = pf_resize(run, lane->owner, pages, sizeof(uint32_t));
		/* With PF_F_INPAGE implementations write to it, so it is not the arena's. */
		lane->contents =
			pf_arena_resize(contents_arena(lane), lane->contents,
					((size_t)pages << lane->page_shift) * sizeof(uint64_t));
		/* A pageblock is at least a page. */
		lane->block_state = pf_resize(run, lane->block_state, pages + 1, 1);
		lane->block_type = pf_resize(run, lane->block_type, pages + 1, 1);
		memset(lane->owner + old, 0, (pages - old) * sizeof(uint32_t));
		memset(lane->contents + ((size_t)old << lane->page_shift), 0,
		       ((size_t)(pages - old) << lane->page_shift) * sizeof(uint64_t));
		memset(lane->block_state + old, 0, pages + 1 - old);
	}
	run->room_pages = pages;
	for (unsigned i = 0; i < run->nr_lanes; i++)
		pf_world_poison(run->lane[i]);
}

/* ---------------------------------------------------------------- start -- */

/* A dump's list of blocks of an order, as a bit a page. */
static void mark_list(uint64_t *pages, const struct pf_start_point *start,
		      const struct pf_list *list, unsigned order)
{
	for (uint32_t i = 0; i < list->nr; i++) {
		uint32_t idx = start->dump.word[list->first + i] - start->layout.base_pfn;

		for (uint32_t p = idx; p < idx + (1u << order); p++)
			if (p < pf_layout_pages(&start->layout))
				pages[p >> 6] |= 1ull << (p & 63);
	}
}

/* The pages on a dump's lists are all that the program may ever get. */
static void mark_dump(uint64_t *pages, const struct pf_start_point *start)
{
	const struct pf_layout *l = &start->layout;

	memset(pages, 0, (pf_layout_pages(l) / 64 + 1) * sizeof(*pages));
	for (unsigned z = 0; z < l->nr_zones; z++) {
		const struct pf_zone_dump *zone = &start->dump.zone[z];

		for (unsigned o = 0; o <= l->max_order; o++)
			for (unsigned t = 0; t < PF_NR_BLOCK_TYPES; t++)
				mark_list(pages, start, &zone->free[o][t], o);
		for (unsigned cpu = 0; cpu < l->nr_cpus; cpu++)
			for (unsigned i = 0; i < PF_NR_PCP_LISTS; i++)
				mark_list(pages, start, &zone->pcp[cpu][i], pf_pcp_order(l, i));
	}
}

static void fill_start(struct pf_oracle *run, struct pf_start *s)
{
	s->filled = false;
	s->layout = run->layout;
	s->valid.arena = run->arena;
	pf_mirror_setup(&s->valid, &s->layout);
	if (run->options.start)
		mark_dump(run->seen, run->options.start);
	pf_mirror_fill(&s->valid, run->options.start ? run->seen : NULL);
	for (unsigned i = 0; i < run->nr_lanes; i++) {
		struct pf_lane *lane = run->lane[i];

		s->lane[i].size = s->lane[i].state_size = 0;
		if (pf_layout_within(&run->layout, lane->impl->limits)) {
			size_t size;

			pf_enter(lane);
			size = lane->impl->footprint(lane->impl->self, &run->layout);
			pf_leave(lane);
			s->lane[i].state_size = size;
		}
		s->lane[i].active = s->lane[i].state_size;
	}
	s->filled = true;
}

#define IMAGE_LIMIT (1u << 20) /* larger states are initialised each time */

static void copy_in(struct pf_lane *lane, const unsigned char *image)
{
	pf_raw_copy(lane->state, image, lane->state_size);
	image += lane->state_size;
	for (unsigned i = 0; i < lane->nr_regions; image += lane->region[i++].size)
		pf_raw_copy(lane->region[i].start, image, lane->region[i].size);
}

static void copy_out(const struct pf_lane *lane, unsigned char *image)
{
	pf_raw_copy(image, lane->state, lane->state_size);
	image += lane->state_size;
	for (unsigned i = 0; i < lane->nr_regions; image += lane->region[i++].size)
		pf_raw_copy(image, lane->region[i].start, lane->region[i].size);
}

/*
 * The state as init() leaves it: from an image if there is one, else make one.
 * Regions are put back first: a library's init() may count on fresh globals.
 */
static void start_state(struct pf_lane *lane, struct pf_start *s)
{
	struct pf_oracle *run = lane->run;
	unsigned i = lane->index;
	size_t size = s->lane[i].state_size + lane->regions_size;
	bool same = lane->guards == &s->lane[i].guards;

	/* An image was made for the events wanted then. */
	if (run->options.event || run->options.start)
		s->lane[i].size = 0;
	lane->state_size = s->lane[i].state_size;
	if (s->lane[i].size) {
		if (!same) {
			guards_down(lane);
			lane->guards = &s->lane[i].guards;
			guards_up(lane);
		}
		copy_in(lane, s->lane[i].image);
		return;
	}
	guards_down(lane);
	make_state_room(lane);
	lane->guards = &s->lane[i].guards;
	lane->guards->nr = 0;
	lane->world.wanted =
		run->options.event
			? ~0ull
			: 1ull << PF_EV_EXTFRAG | 1ull << PF_EV_WAKEUP_KSWAPD | pf_scan_events();
	restore_regions(lane);
	pf_enter(lane);
	lane->impl->init(lane->impl->self, lane->state, &run->layout, &lane->world);
	pf_leave(lane);
	guards_up(lane);
	if (!(lane->impl->features & PF_F_SNAPSHOT) || size > IMAGE_LIMIT || run->options.start ||
	    run->options.event)
		return;
	if (size > s->lane[i].room) {
		s->lane[i].image = pf_resize(run, s->lane[i].image, size, 1);
		s->lane[i].room = size;
	}
	copy_out(lane, s->lane[i].image);
	s->lane[i].size = size;
}

static bool holds_all_ranges(const struct pf_start *s)
{
	uint32_t managed = 0, valid = 0;

	for (unsigned z = 0; z < s->layout.nr_zones; z++) {
		managed += pf_zone_managed(&s->layout, z);
		valid += s->valid.nset[z][0];
	}
	return managed == valid;
}

/*
 * From a dump: the implementation loads it, or it starts from init() if the
 * layout says all, or it does not take part.
 */
static void start_from_dump(struct pf_lane *lane, const struct pf_start *s)
{
	const struct pf_start_point *start = lane->run->options.start;

	if (lane->impl->load)
		lane->active = PF_ASK(lane, load, &start->dump);
	else
		lane->active = holds_all_ranges(s);
}

/* Memory that is to come is out of use until then. */
static void hide_later(struct pf_lane *lane)
{
	const struct pf_layout *l = &lane->run->layout;

	for (unsigned i = 0; i < l->nr_ranges; i++) {
		const struct pf_range *r = &l->range[i];

		if (r->kind != PF_RANGE_LATER)
			continue;
		for (uint32_t p = 0; p < r->nr_pages; p += 1u << l->pageblock_order)
			pf_world_set_block(lane,
					   pf_block_of(lane->run, r->start_pfn + p - l->base_pfn),
					   PF_BLOCK_LATER);
	}
}

static void start_lane(struct pf_lane *lane, struct pf_start *s)
{
	struct pf_oracle *run = lane->run;
	uint32_t pages = pf_layout_pages(&run->layout);

	lane->active = s->lane[lane->index].active;
	if (!lane->active) {
		lane->figures.refused_runs++;
		return;
	}
	lane->figures.runs++;
	lane->work_limit = 64ull * pages + 4096;
	lane->hash = 0;
	lane->missing = 0;
	lane->added = 0;
	lane->waited[PF_OWN_SLOT] = 0;
	lane->unit_pfn[PF_OWN_SLOT] = PF_NO_PFN;
	lane->total_migrated = lane->total_evicted = 0;
	lane->extfrag_before = lane->figures.events[PF_EV_EXTFRAG];
	memset(lane->inject, 0, sizeof(lane->inject));
	lane->mirror.arena = run->arena;
	pf_mirror_setup(&lane->mirror, &run->layout);
	lane->mirror.valid = &run->valid;
	pf_mirror_copy(&lane->mirror, &run->valid);
	start_state(lane, s);
	if (run->options.start)
		start_from_dump(lane, s);
	if (!lane->active)
		return;
	hide_later(lane);
	pf_world_ask_own(lane);
}

static struct pf_start *find_start(struct pf_oracle *run)
{
	static const struct pf_layout empty;
	struct pf_layout plain = empty;
	struct pf_start *s;

	/* What a dump says is not in the layout: nothing is kept. */
	if (run->options.start) {
		fill_start(run, &run->start[1]);
		return &run->start[1];
	}
	for (unsigned i = 0; i < 2; i++)
		if (run->start[i].filled && pf_layout_same(&run->start[i].layout, &run->layout))
			return &run->start[i];
	/* The first start is for the layout that a program without configuration has. */
	pf_layout_build(&plain, NULL, 0);
	s = &run->start[!pf_layout_same(&plain, &run->layout)];
	fill_start(run, s);
	return s;
}

bool pf_run_start(struct pf_oracle *run)
{
	static const struct pf_layout empty;
	struct pf_layout layout = empty;
	struct pf_start *s;
	bool any = false;

	if (run->dirty) {
		for (unsigned i = 0; i < run->nr_lanes; i++)
			if (run->lane[i]->active)
				pf_world_reset(run->lane[i]);
		run->dirty = false;
	}
	if (run->options.start)
		layout = run->options.start->layout;
	else
		pf_layout_build(&layout, run->ops, run->nr_ops);
	if (run->options.max_pages && pf_layout_pages(&layout) > run->options.max_pages)
		return false;
	run->layout = layout;
	run->have_layout = true;
	grow_pages(run, pf_layout_pages(&layout));
	pf_owners_start(run, run->nr_ops);
	run->online = (1u << run->layout.nr_cpus) - 1;
	/* If this does not come back, all tables have to be put in order next time. */
	run->dirty = true;
	s = find_start(run);
	run->valid = s->valid;
	run->valid.valid = &run->valid;
	for (unsigned i = 0; i < run->nr_lanes; i++) {
		start_lane(run->lane[i], s);
		any |= run->lane[i]->active;
	}
	/* Pages that are never freed stay in the tables; so do blocks that never come. */
	run->dirty = false;
	for (unsigned i = 0; i < run->layout.nr_ranges; i++)
		run->dirty |= run->layout.range[i].kind == PF_RANGE_LATER;
	pf_for_each_lane(run, lane) run->dirty |= lane->impl->own_pages != NULL;
	return any;
}
