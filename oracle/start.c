// SPDX-License-Identifier: GPL-2.0-only
/*
 * start.c - an oracle's memory, and the start of a run: tables sized for the
 * program, implementations in the state that init() leaves.
 */
#include <stdlib.h>
#include <string.h>

#include "lane.h"
#include "layout.h"

/* --------------------------------------------------------------- memory -- */

_Noreturn static void out_of_memory(void)
{
	fprintf(stderr, "pagefuzz: out of memory\n");
	abort();
}

static void *resize(void *p, size_t nr, size_t size)
{
	p = realloc(p, nr * size);
	if (!p)
		out_of_memory();
	return p;
}

/* State blocks are aligned to 64 as the contract says. */
static void *resize_state(void *p, size_t size)
{
	free(p);
	p = aligned_alloc(64, (size + 63) & ~(size_t)63);
	if (!p)
		out_of_memory();
	return p;
}

struct pf_oracle *pf_oracle_new(const struct pf_impl *const *lineup, unsigned nr)
{
	struct pf_oracle *run = calloc(1, sizeof(*run));

	if (!run || !nr || nr > PF_MAX_LANES)
		return free(run), NULL;
	run->nr_lanes = nr;
	for (unsigned i = 0; i < nr; i++) {
		struct pf_lane *lane = calloc(1, sizeof(*lane));

		if (!lane)
			return pf_oracle_free(run), NULL;
		run->lane[i] = lane;
		lane->run = run;
		lane->impl = lineup[i];
		lane->index = i;
		pf_world_init(lane);
	}
	run->slot_epoch = calloc(PF_NR_SLOTS, sizeof(uint32_t));
	run->slot_index = calloc(PF_NR_SLOTS, sizeof(uint32_t));
	if (!run->slot_epoch || !run->slot_index)
		return pf_oracle_free(run), NULL;
	return run;
}

void pf_oracle_free(struct pf_oracle *run)
{
	if (!run)
		return;
	for (unsigned i = 0; i < run->nr_lanes && run->lane[i]; i++) {
		struct pf_lane *lane = run->lane[i];

		pf_world_unpoison(lane);
		pf_twins_free(lane);
		free(lane->state);
		free(lane->spare);
		free(lane->owner);
		free(lane->contents);
		free(lane->unit_pfn);
		free(lane->unit_moved);
		free(lane->waited);
		free(lane->seen_accesses);
		free(lane->block_state);
		free(lane->block_type);
		pf_mirror_free(&lane->mirror);
		free(run->start[0].lane[i].image);
		free(run->start[1].lane[i].image);
		free(lane);
	}
	pf_mirror_free(&run->start[0].valid);
	pf_mirror_free(&run->start[1].valid);
	free(run->slot);
	free(run->arena_slot);
	free(run->slot_epoch);
	free(run->slot_index);
	free(run->evicted);
	free(run->seen);
	free(run);
}

void pf_oracle_options(struct pf_oracle *run, const struct pf_options *options)
{
	run->options = *options;
}

/* Arrays by page only grow; what they gain is "not live". */
static void grow_pages(struct pf_oracle *run, uint32_t pages)
{
	uint32_t old = run->room_pages;

	if (pages <= old)
		return;
	run->seen = resize(run->seen, pages / 64 + 1, sizeof(uint64_t));
	for (unsigned i = 0; i < run->nr_lanes; i++) {
		struct pf_lane *lane = run->lane[i];

		pf_world_unpoison(lane);
		lane->owner = resize(lane->owner, pages, sizeof(uint32_t));
		lane->contents = resize(lane->contents, pages, sizeof(uint64_t));
		/* A pageblock is at least a page. */
		lane->block_state = resize(lane->block_state, pages + 1, 1);
		lane->block_type = resize(lane->block_type, pages + 1, 1);
		memset(lane->owner + old, 0, (pages - old) * sizeof(uint32_t));
		memset(lane->contents + old, 0, (pages - old) * sizeof(uint64_t));
		memset(lane->block_state + old, 0, pages + 1 - old);
	}
	run->room_pages = pages;
	for (unsigned i = 0; i < run->nr_lanes; i++)
		pf_world_poison(run->lane[i]);
}

static void grow_units(struct pf_oracle *run)
{
	for (unsigned i = 0; i < run->nr_lanes; i++) {
		struct pf_lane *lane = run->lane[i];
		uint32_t nr = run->max_slots + run->arena_size;

		lane->unit_pfn = resize(lane->unit_pfn, nr, sizeof(uint32_t));
		lane->unit_moved = resize(lane->unit_moved, nr, sizeof(uint32_t));
		memset(lane->unit_moved, 0, nr * sizeof(uint32_t));
		lane->waited = resize(lane->waited, nr, 1);
	}
}

static void grow_slots(struct pf_oracle *run, size_t n)
{
	if (n < run->max_slots)
		return;
	run->max_slots = n + n / 2 + 64;
	run->slot = resize(run->slot, run->max_slots, sizeof(*run->slot));
	run->evicted = resize(run->evicted, run->max_slots, sizeof(uint32_t));
	for (unsigned i = 0; i < run->nr_lanes; i++)
		run->lane[i]->seen_accesses =
			resize(run->lane[i]->seen_accesses, run->max_slots, sizeof(uint32_t));
	grow_units(run);
}

/* Ranges of units are rounded up to 2^class. */
static unsigned unit_class(uint32_t nr)
{
	unsigned c = 0;

	while (1u << c < nr)
		c++;
	return c;
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
				resize(run->arena_slot, run->arena_size, sizeof(uint32_t));
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
	s->layout = run->layout;
	if (!pf_mirror_setup(&s->valid, &s->layout))
		out_of_memory();
	if (run->options.start)
		mark_dump(run->seen, run->options.start);
	pf_mirror_fill(&s->valid, run->options.start ? run->seen : NULL);
	for (unsigned i = 0; i < run->nr_lanes; i++) {
		s->lane[i].size = 0;
		s->lane[i].active =
			run->lane[i]->impl->footprint(run->lane[i]->impl->self, &run->layout) != 0;
	}
	s->filled = true;
}

#define IMAGE_LIMIT (1u << 20) /* larger states are initialised each time */

/* The state as init() leaves it: from an image if there is one, else make one. */
static void start_state(struct pf_lane *lane, struct pf_start *s)
{
	struct pf_oracle *run = lane->run;
	unsigned i = lane->index;

	/* An image was made for the events wanted then. */
	if (run->options.event)
		s->lane[i].size = 0;
	if (s->lane[i].size) {
		lane->state_size = s->lane[i].size;
		memcpy(lane->state, s->lane[i].image, lane->state_size);
		return;
	}
	lane->state_size = lane->impl->footprint(lane->impl->self, &run->layout);
	if (lane->state_size > lane->state_room) {
		/* The other start's image holds pointers into the old block. */
		run->start[0].lane[i].size = run->start[1].lane[i].size = 0;
		lane->state = resize_state(lane->state, lane->state_size);
		lane->spare = resize_state(lane->spare, lane->state_size);
		lane->state_room = lane->state_size;
	}
	lane->world.wanted =
		run->options.event ? ~0ull : 1ull << PF_EV_EXTFRAG | 1ull << PF_EV_WAKEUP_KSWAPD;
	lane->impl->init(lane->impl->self, lane->state, &run->layout, &lane->world);
	if (!(lane->impl->features & PF_F_SNAPSHOT) || lane->state_size > IMAGE_LIMIT ||
	    run->options.start || run->options.event)
		return;
	if (lane->state_size > s->lane[i].room) {
		s->lane[i].image = resize(s->lane[i].image, lane->state_size, 1);
		s->lane[i].room = lane->state_size;
	}
	memcpy(s->lane[i].image, lane->state, lane->state_size);
	s->lane[i].size = lane->state_size;
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
		lane->active = lane->impl->load(lane->state, &start->dump);
	else
		lane->active = holds_all_ranges(s);
}

static void start_lane(struct pf_lane *lane, struct pf_start *s)
{
	struct pf_oracle *run = lane->run;
	uint32_t pages = pf_layout_pages(&run->layout);

	lane->active = s->lane[lane->index].active;
	if (!lane->active)
		return;
	lane->work_limit = 64ull * pages + 4096;
	lane->work = 0;
	lane->hash = 0;
	lane->total_migrated = lane->total_evicted = 0;
	lane->extfrag_before = lane->figures.events[PF_EV_EXTFRAG];
	memset(lane->inject, 0, sizeof(lane->inject));
	if (!pf_mirror_setup(&lane->mirror, &run->layout))
		out_of_memory();
	lane->mirror.valid = &run->valid;
	pf_mirror_copy(&lane->mirror, &run->valid);
	start_state(lane, s);
	if (run->options.start)
		start_from_dump(lane, s);
}

bool pf_run_start(struct pf_oracle *run)
{
	static const struct pf_layout empty;
	struct pf_layout layout;
	struct pf_start *s = NULL;
	bool any = false;

	if (run->dirty) {
		for (unsigned i = 0; i < run->nr_lanes; i++)
			if (run->lane[i]->active)
				pf_world_reset(run->lane[i]);
		run->dirty = false;
	}
	layout = empty;
	if (run->options.start)
		layout = run->options.start->layout;
	else
		pf_layout_build(&layout, run->ops, run->nr_ops);
	if (run->options.max_pages && pf_layout_pages(&layout) > run->options.max_pages)
		return false;
	run->layout = layout;
	run->have_layout = true;
	grow_pages(run, pf_layout_pages(&layout));
	grow_slots(run, run->nr_ops);

	/* What a dump says is not in the layout: nothing is kept. */
	if (run->options.start) {
		s = &run->start[1];
		fill_start(run, s);
	}
	for (unsigned i = 0; i < 2 && !s; i++)
		if (run->start[i].filled && !memcmp(&run->start[i].layout, &layout, sizeof(layout)))
			s = &run->start[i];
	if (!s) {
		/* The first start is for the layout that a program without configuration has. */
		struct pf_layout plain = empty;

		pf_layout_build(&plain, NULL, 0);
		s = &run->start[!!memcmp(&plain, &layout, sizeof(layout))];
		fill_start(run, s);
	}
	run->valid = s->valid;
	run->valid.valid = &run->valid;
	for (unsigned i = 0; i < run->nr_lanes; i++) {
		start_lane(run->lane[i], s);
		any |= run->lane[i]->active;
	}
	run->nr_slots = 0;
	run->nr_evicted = 0;
	run->arena_top = 0;
	for (unsigned i = 0; i < PF_UNIT_CLASSES; i++)
		run->arena_free[i] = PF_NO_UNIT;
	run->generation = 0;
	run->online = (1u << run->layout.nr_cpus) - 1;
	if (!++run->epoch) {
		memset(run->slot_epoch, 0, PF_NR_SLOTS * sizeof(uint32_t));
		run->epoch = 1;
	}
	pf_relations_start(run);
	pf_twins_start(run);
	return any;
}

/* -------------------------------------------------------------- access -- */

uint64_t pf_oracle_hash(const struct pf_oracle *run)
{
	return run->hash;
}

unsigned pf_oracle_lanes(const struct pf_oracle *run)
{
	return run->nr_lanes;
}

const struct pf_impl *pf_oracle_impl(const struct pf_oracle *run, unsigned lane)
{
	return run->lane[lane]->impl;
}

const struct pf_figures *pf_oracle_figures(const struct pf_oracle *run, unsigned lane)
{
	return &run->lane[lane]->figures;
}

void pf_oracle_reset_figures(struct pf_oracle *run)
{
	for (unsigned i = 0; i < run->nr_lanes; i++)
		memset(&run->lane[i]->figures, 0, sizeof(run->lane[i]->figures));
}

void pf_figures_add(struct pf_figures *to, const struct pf_figures *from)
{
	to->ops += from->ops;
	to->skipped += from->skipped;
	to->migrations += from->migrations;
	to->refused += from->refused;
	to->evictions += from->evictions;
	to->migrate_scanned += from->migrate_scanned;
	to->free_scanned += from->free_scanned;
	to->checks += from->checks;
	for (unsigned o = 0; o < PF_NR_ORDERS; o++) {
		to->alloc_ok[o] += from->alloc_ok[o];
		to->alloc_failed[o] += from->alloc_failed[o];
	}
	for (unsigned e = 0; e < PF_NR_EVENTS; e++)
		to->events[e] += from->events[e];
}

const char *pf_oracle_report(const struct pf_oracle *run)
{
	return run->report;
}

const struct pf_exact *pf_oracle_exact(const struct pf_oracle *run)
{
	return &run->exact;
}

const struct pf_layout *pf_oracle_layout(const struct pf_oracle *run)
{
	return &run->layout;
}
