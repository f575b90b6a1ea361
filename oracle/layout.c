// SPDX-License-Identifier: GPL-2.0-only
/* layout.c - configuration operations to struct pf_layout; see layout.h. */
#include <string.h>

#include "layout.h"

struct range_spec {
	uint64_t at, pages;
	uint8_t kind;
};

struct spec {
	uint32_t value[PF_NR_CONFIG_KEYS];
	struct pf_zone_layout zone[PF_MAX_ZONES]; /* start_pfn holds the gap, wmark[0] the min */
	unsigned nr_zones;
	struct range_spec range[PF_MAX_RANGES];
	unsigned nr_ranges;
};

static uint32_t clamp(uint32_t v, uint32_t lo, uint32_t hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

/* At most one zone of a type in a node: a second one is left out. */
static void add_zone(struct spec *s, const struct pf_op *op)
{
	for (unsigned i = 0; i < s->nr_zones; i++)
		if (s->zone[i].type == op->arg[PF_ZONE_TYPE] &&
		    s->zone[i].node == op->arg[PF_ZONE_NODE])
			return;
	if (s->nr_zones == PF_MAX_ZONES)
		return;
	s->zone[s->nr_zones++] = (struct pf_zone_layout){
		.start_pfn = op->arg[PF_ZONE_GAP],
		.spanned = op->arg[PF_ZONE_PAGES],
		.node = op->arg[PF_ZONE_NODE],
		.type = op->arg[PF_ZONE_TYPE],
		.wmark = {op->arg[PF_ZONE_MIN]},
	};
}

static void add_range(struct spec *s, const struct pf_op *op, enum pf_range_kind kind)
{
	if (s->nr_ranges < PF_MAX_RANGES)
		s->range[s->nr_ranges++] =
			(struct range_spec){op->arg[PF_RANGE_AT], op->arg[PF_RANGE_PAGES], kind};
}

static size_t read_spec(struct spec *s, const struct pf_op *ops, size_t n)
{
	size_t i;

	for (i = 0; i < n && pf_op_is_config(ops[i].kind); i++) {
		const struct pf_op *op = &ops[i];

		switch (op->kind) {
		case PF_OP_CONFIG:
			if (op->arg[PF_CONFIG_KEY] < PF_NR_CONFIG_KEYS)
				s->value[op->arg[PF_CONFIG_KEY]] = op->arg[PF_CONFIG_VALUE];
			break;
		case PF_OP_ZONE:
			add_zone(s, op);
			break;
		case PF_OP_HOLE:
			add_range(s, op, PF_RANGE_HOLE);
			break;
		case PF_OP_RESERVE:
			add_range(s, op, PF_RANGE_RESERVED);
			break;
		case PF_OP_LATER:
			add_range(s, op, PF_RANGE_LATER);
			break;
		}
	}
	return i;
}

static void set_wmarks(struct pf_zone_layout *z, uint64_t pages)
{
	uint32_t min = pages < PF_MAX_PAGES ? pages : PF_MAX_PAGES;
	uint32_t step = min / 4 ? min / 4 : 1;

	/* As Linux: LOW and HIGH stand a quarter of MIN apart. */
	for (unsigned i = 0; i < PF_NR_WMARK; i++)
		z->wmark[i] = min ? min + i * step : 0;
}

/* Pages of a zone that are in none of its ranges of the kinds, 1 << enum pf_range_kind. */
static uint32_t without_ranges(const struct pf_layout *l, unsigned zone, unsigned kinds)
{
	const struct pf_zone_layout *z = &l->zone[zone];
	uint32_t n = z->spanned;

	for (unsigned i = 0; i < l->nr_ranges; i++)
		if (kinds >> l->range[i].kind & 1 && l->range[i].start_pfn >= z->start_pfn &&
		    l->range[i].start_pfn - z->start_pfn < z->spanned)
			n -= l->range[i].nr_pages;
	return n;
}

#define NEVER (1u << PF_RANGE_RESERVED | 1u << PF_RANGE_HOLE)
#define LATER (1u << PF_RANGE_LATER)

uint32_t pf_zone_managed(const struct pf_layout *l, unsigned zone)
{
	return without_ranges(l, zone, NEVER);
}

/* As if the base pfn were 0. */
static void place_zones(struct pf_layout *l, const struct spec *s, unsigned scale)
{
	uint32_t pfn = 0, left = PF_MAX_PAGES;

	for (unsigned i = 0; i < s->nr_zones; i++) {
		struct pf_zone_layout *z = &l->zone[l->nr_zones];
		uint64_t gap = (uint64_t)s->zone[i].start_pfn << scale;
		uint64_t pages = (uint64_t)s->zone[i].spanned << scale;

		if (!pages)
			pages = PF_DEFAULT_PAGES;
		if (gap + pages > left) {
			if (l->nr_zones)
				continue;
			gap = 0;
			pages = pages > left ? left : pages;
		}
		left -= gap + pages;
		*z = s->zone[i];
		z->start_pfn = pfn + gap;
		z->spanned = pages;
		set_wmarks(z, (uint64_t)z->wmark[0] << scale);
		pfn = z->start_pfn + z->spanned;
		if (z->node >= l->nr_nodes)
			l->nr_nodes = z->node + 1;
		l->nr_zones++;
	}
	l->end_pfn = pfn;
}

/*
 * The base pfn that is asked for, aligned; lower if the last block of the largest order
 * would reach PF_NO_PFN.
 */
static void place_base(struct pf_layout *l, uint32_t base)
{
	uint64_t block = 1ull << l->max_order;
	uint64_t most = (PF_NO_PFN - block - l->end_pfn) & -block;
	uint64_t aligned = (base + block - 1) & -block;

	l->base_pfn = aligned < block ? block : aligned < most ? aligned : most;
	l->end_pfn += l->base_pfn;
	for (unsigned z = 0; z < l->nr_zones; z++)
		l->zone[z].start_pfn += l->base_pfn;
}

/*
 * Clip a range to the zone it starts in; leave it out if it meets another one. What
 * comes later comes in whole pageblocks: all that it touches and that lie in the zone.
 */
static void place_range(struct pf_layout *l, const struct range_spec *r, unsigned scale)
{
	uint64_t at = r->at << scale, nr = r->pages << scale, block = 1ull << l->pageblock_order;
	uint64_t start, end, zone_end;
	unsigned zone, pos;

	if (!nr || at >= pf_layout_pages(l))
		return;
	start = l->base_pfn + at;
	for (zone = 0; zone < l->nr_zones; zone++)
		if (start >= l->zone[zone].start_pfn &&
		    start - l->zone[zone].start_pfn < l->zone[zone].spanned)
			break;
	if (zone == l->nr_zones)
		return;
	zone_end = (uint64_t)l->zone[zone].start_pfn + l->zone[zone].spanned;
	end = nr < zone_end - start ? start + nr : zone_end;
	if (r->kind == PF_RANGE_LATER) {
		start &= -block;
		if (start < l->zone[zone].start_pfn)
			start += block;
		end = (end + block - 1) & -block;
		if (end > zone_end)
			end -= block;
		if (start >= end)
			return;
	}
	if (end - start >= without_ranges(l, zone, NEVER | LATER))
		return;
	for (pos = 0; pos < l->nr_ranges && l->range[pos].start_pfn < start; pos++)
		if (l->range[pos].start_pfn + l->range[pos].nr_pages > start)
			return;
	if (pos < l->nr_ranges && end > l->range[pos].start_pfn)
		return;
	memmove(&l->range[pos + 1], &l->range[pos], (l->nr_ranges - pos) * sizeof(l->range[0]));
	l->range[pos] = (struct pf_range){start, end - start, r->kind};
	l->nr_ranges++;
}

size_t pf_layout_build(struct pf_layout *l, const struct pf_op *ops, size_t n)
{
	struct spec s = {.value = {
				 [PF_CONFIG_PAGES] = PF_DEFAULT_PAGES,
				 [PF_CONFIG_PAGEBLOCK_ORDER] = PF_DEFAULT_PAGEBLOCK_ORDER,
				 [PF_CONFIG_MAX_ORDER] = PF_DEFAULT_MAX_ORDER,
				 [PF_CONFIG_CPUS] = 1,
				 [PF_CONFIG_MIN] = PF_DEFAULT_MIN,
				 [PF_CONFIG_BASE] = PF_DEFAULT_BASE,
			 }};
	size_t used = read_spec(&s, ops, n);
	unsigned scale = clamp(s.value[PF_CONFIG_SCALE], 0, 8);

	memset(l, 0, sizeof(*l));
	l->max_order = clamp(s.value[PF_CONFIG_MAX_ORDER], 0, PF_MAX_ORDER);
	l->pageblock_order = clamp(s.value[PF_CONFIG_PAGEBLOCK_ORDER], 0, l->max_order);
	l->nr_cpus = clamp(s.value[PF_CONFIG_CPUS], 1, PF_MAX_CPUS);
	l->nr_nodes = 1;
	if (!s.nr_zones) {
		s.zone[s.nr_zones++] = (struct pf_zone_layout){
			.spanned = s.value[PF_CONFIG_PAGES],
			.type = PF_ZONE_NORMAL,
			.wmark = {s.value[PF_CONFIG_MIN]},
		};
	}
	/* What is more than all memory is too much, however much it is. */
	s.zone[0].start_pfn = clamp(s.zone[0].start_pfn, 0, PF_MAX_PAGES) +
			      clamp(s.value[PF_CONFIG_START], 0, PF_MAX_PAGES);
	place_zones(l, &s, scale);
	place_base(l, s.value[PF_CONFIG_BASE]);
	for (unsigned i = 0; i < s.nr_ranges; i++)
		place_range(l, &s.range[i], scale);
	return used;
}

/* 0 is no limit. */
static bool is_above(uint32_t value, uint32_t limit)
{
	return limit && value > limit;
}

bool pf_layout_within(const struct pf_layout *l, const struct pf_limits *limits)
{
	uint32_t align;

	if (!limits)
		return true;
	if ((limits->max_order && l->max_order >= limits->max_order) ||
	    l->max_order < limits->min_max_order || is_above(l->nr_zones, limits->max_zones) ||
	    is_above(l->nr_nodes, limits->max_nodes) || is_above(l->nr_cpus, limits->max_cpus))
		return false;
	align = limits->zone_align < 32 ? (1u << limits->zone_align) - 1 : UINT32_MAX;
	for (unsigned i = 0; i < l->nr_zones; i++) {
		const struct pf_zone_layout *z = &l->zone[i];

		if ((z->start_pfn | z->spanned) & align || z->spanned < limits->min_pages ||
		    is_above(z->spanned, limits->max_pages))
			return false;
	}
	for (unsigned i = 0; i < l->nr_ranges; i++)
		if ((limits->no_holes && l->range[i].kind == PF_RANGE_HOLE) ||
		    (limits->no_reserved && l->range[i].kind == PF_RANGE_RESERVED))
			return false;
	return true;
}
