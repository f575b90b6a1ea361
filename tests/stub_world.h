/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stub_world.h - a world of single pages for the tests of the port: it remembers
 * what it was asked and told, refuses what a test says, and has attributes in an
 * array. One machine at a time. Pfns in it are relative to the base of the layout,
 * for readability, but for those in events.
 */
#ifndef PAGEFUZZ_TESTS_STUB_WORLD_H
#define PAGEFUZZ_TESTS_STUB_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "impls/linux/internal.h"

#define MAX_MOVES  1024
#define MAX_WAITS  256
#define MAX_EVENTS 64

struct stub_move {
	pf_pfn src, dst;
};

struct stub_wait {
	pf_pfn pfn;
	unsigned attr;
};

/* The questions of one kind that are answered with yes: `count` of them, after `after`. */
struct stub_hindrance {
	unsigned after, count;
	unsigned asked;
};

static struct stub {
	struct pf_world world;
	struct pf_layout layout;
	struct machine *m; /* the state */
	size_t size;
	uint16_t *attrs; /* PF_PAGE_* by page */
	/* Pages that refuse to move. */
	pf_pfn again, busy, nomem;
	struct stub_hindrance hindered[PF_NR_INJECT];
	uint64_t spent;

	unsigned nr_moves; /* asked for, refused ones too */
	struct stub_move move[MAX_MOVES];
	enum pf_mode mode; /* of the last one */
	unsigned nr_waits;
	struct stub_wait wait[MAX_WAITS];
	unsigned nr_events; /* of the ring of all kinds */
	struct pf_event event[MAX_EVENTS];
	unsigned nr_of[PF_NR_EVENTS];
	struct pf_event last[PF_NR_EVENTS];
} b;

static inline pf_pfn stub_pfn(pf_pfn pfn)
{
	assert_in_range(pfn, b.layout.base_pfn, b.layout.end_pfn - 1);
	return pfn - b.layout.base_pfn;
}

static enum pf_migrate_result stub_migrate(struct pf_world *w, pf_pfn src, pf_pfn dst,
					   enum pf_mode mode)
{
	(void)w;
	src = stub_pfn(src);
	dst = stub_pfn(dst);
	assert_true(b.attrs[src] & PF_PAGE_LIVE);
	assert_false(b.attrs[dst] & PF_PAGE_LIVE);
	assert_true(b.nr_moves < MAX_MOVES);
	b.move[b.nr_moves++] = (struct stub_move){src, dst};
	b.mode = mode;
	if (src == b.again)
		return PF_MIGRATE_AGAIN;
	if (src == b.busy)
		return PF_MIGRATE_BUSY;
	if (src == b.nomem)
		return PF_MIGRATE_NOMEM;
	b.attrs[dst] = b.attrs[src];
	b.attrs[src] = 0;
	return PF_MIGRATED;
}

static unsigned stub_attrs(struct pf_world *w, pf_pfn pfn)
{
	(void)w;
	return b.attrs[stub_pfn(pfn)];
}

/* The owner is through with it at once. */
static void stub_wait(struct pf_world *w, pf_pfn pfn, unsigned attr)
{
	(void)w;
	pfn = stub_pfn(pfn);
	assert_true(b.attrs[pfn] & attr);
	assert_true(b.nr_waits < MAX_WAITS);
	b.wait[b.nr_waits++] = (struct stub_wait){pfn, attr};
	b.attrs[pfn] &= (uint16_t)~attr;
}

static bool stub_hindered(struct pf_world *w, enum pf_inject what)
{
	struct stub_hindrance *h = &b.hindered[what];
	unsigned nr = h->asked++;

	(void)w;
	assert_true(what >= PF_INJECT_CONTENDED);
	return nr >= h->after && nr - h->after < h->count;
}

/* All units that can be moved are single pages. */
static unsigned stub_unit_order(struct pf_world *w, pf_pfn pfn)
{
	(void)w;
	(void)pfn;
	return 0;
}

/* A test of a machine that gets nowhere ends here. */
static void stub_spent(struct pf_world *w, unsigned units)
{
	(void)w;
	b.spent += units;
	assert_true(b.spent < 1u << 24);
}

static void stub_event(struct pf_world *w, const struct pf_event *ev)
{
	(void)w;
	b.event[b.nr_events++ % MAX_EVENTS] = *ev;
	b.nr_of[ev->type]++;
	b.last[ev->type] = *ev;
}

/* One node, one zone NORMAL, `offset` pages after the base; no marks. */
static inline void one_zone(unsigned pageblock_order, unsigned max_order, uint32_t offset,
			    uint32_t pages)
{
	pf_pfn base = 4u << max_order;

	b.layout = (struct pf_layout){
		.base_pfn = base,
		.end_pfn = base + offset + pages,
		.pageblock_order = (uint8_t)pageblock_order,
		.max_order = (uint8_t)max_order,
		.nr_nodes = 1,
		.nr_cpus = 1,
		.nr_zones = 1,
		.zone[0] = {.start_pfn = base + offset, .spanned = pages, .type = PF_ZONE_NORMAL},
	};
}

/* A machine on b.layout, all of it free; only the events of `wanted` are reported. */
static inline void stub_boot(const struct pf_impl *impl, uint64_t wanted)
{
	b.world = (struct pf_world){
		.wanted = wanted,
		.migrate = stub_migrate,
		.attrs = stub_attrs,
		.wait = stub_wait,
		.hindered = stub_hindered,
		.unit_order = stub_unit_order,
		.spent = stub_spent,
		.event = stub_event,
	};
	b.again = b.busy = b.nomem = PF_NO_PFN;
	b.size = impl->footprint(impl->self, &b.layout);
	assert_true(b.size > 0);
	b.m = aligned_alloc(64, (b.size + 63) / 64 * 64);
	assert_non_null(b.m);
	/* As page flags this would be: a free page of order 0. */
	memset(b.m, 0x01, b.size);
	b.attrs = calloc(pf_layout_pages(&b.layout), sizeof(*b.attrs));
	assert_non_null(b.attrs);
	impl->init(impl->self, b.m, &b.layout, &b.world);
}

static inline void stub_forget(void)
{
	free(b.m);
	free(b.attrs);
	memset(&b, 0, sizeof(b));
}

/* What the owner of [first, first + nr) says from now on; nobody is told. */
static inline void stub_set_attrs(pf_pfn first, uint32_t nr, unsigned attrs)
{
	for (pf_pfn pfn = first; pfn < first + nr; pfn++)
		b.attrs[pfn] = (uint16_t)attrs;
}

/* Of random runs; a test sets the state. */
static uint64_t rng_state;

static inline uint32_t rng(uint32_t below)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return (uint32_t)((rng_state >> 16) % below);
}

#endif /* PAGEFUZZ_TESTS_STUB_WORLD_H */
