// SPDX-License-Identifier: GPL-2.0-only
/* layout.c - configuration operations to struct pf_layout; see layout.h. */
#include <string.h>

#include "layout.h"

struct range_spec {
	uint32_t at, pages;
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

static size_t read_spec(struct spec *s, const struct pf_op *ops, size_t n)
{
	size_t i;

	for (i = 0; i < n && pf_op_info[ops[i].kind].config; i++) {
		const struct pf_op *op = &ops[i];

		switch (op->kind) {
		case PF_OP_CONFIG:
			if (op->arg[PF_CONFIG_KEY] < PF_NR_CONFIG_KEYS)
				s->value[op->arg[PF_CONFIG_KEY]] = op->arg[PF_CONFIG_VALUE];
			break;
		case PF_OP_ZONE:
			add_zone(s, op);
			break;
		default:
			if (s->nr_ranges < PF_MAX_RANGES)
				s->range[s->nr_ranges++] = (struct range_spec){
					op->arg[PF_RANGE_AT], op->arg[PF_RANGE_PAGES],
					op->kind == PF_OP_HOLE ? PF_RANGE_HOLE : PF_RANGE_RESERVED};
		}
	}
	return i;
}

static void set_wmarks(struct pf_zone_layout *z, uint32_t min)
{
	uint32_t step = min / 4 ? min / 4 : 1;

	/* As Linux: LOW and HIGH stand a quarter of MIN apart. */
	for (unsigned i = 0; i < PF_NR_WMARK; i++)
		z->wmark[i] = min ? min + i * step : 0;
}

uint32_t pf_zone_managed(const struct pf_layout *l, unsigned zone)
{
	const struct pf_zone_layout *z = &l->zone[zone];
	uint32_t n = z->spanned;

	for (unsigned i = 0; i < l->nr_ranges; i++)
		if (l->range[i].start_pfn >= z->start_pfn &&
		    l->range[i].start_pfn < z->start_pfn + z->spanned)
			n -= l->range[i].nr_pages;
	return n;
}

static void place_zones(struct pf_layout *l, const struct spec *s, unsigned scale)
{
	uint32_t pfn = l->base_pfn, left = PF_MAX_PAGES;

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
		set_wmarks(z, (uint32_t)z->wmark[0] << scale);
		pfn = z->start_pfn + z->spanned;
		if (z->node >= l->nr_nodes)
			l->nr_nodes = z->node + 1;
		l->nr_zones++;
	}
	l->end_pfn = pfn;
}

/* Clip a range to the zone it starts in; leave it out if it meets another one. */
static void place_range(struct pf_layout *l, const struct range_spec *r, unsigned scale)
{
	uint32_t start = l->base_pfn + (r->at << scale), nr = r->pages << scale;
	unsigned zone, pos;

	if (!nr || start < l->base_pfn || start >= l->end_pfn)
		return;
	for (zone = 0; zone < l->nr_zones; zone++)
		if (start >= l->zone[zone].start_pfn &&
		    start - l->zone[zone].start_pfn < l->zone[zone].spanned)
			break;
	if (zone == l->nr_zones)
		return;
	nr = clamp(nr, 1, l->zone[zone].start_pfn + l->zone[zone].spanned - start);
	if (nr >= pf_zone_managed(l, zone))
		return;
	for (pos = 0; pos < l->nr_ranges && l->range[pos].start_pfn < start; pos++)
		if (l->range[pos].start_pfn + l->range[pos].nr_pages > start)
			return;
	if (pos < l->nr_ranges && start + nr > l->range[pos].start_pfn)
		return;
	memmove(&l->range[pos + 1], &l->range[pos], (l->nr_ranges - pos) * sizeof(l->range[0]));
	l->range[pos] = (struct pf_range){start, nr, r->kind};
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
			 }};
	size_t used = read_spec(&s, ops, n);
	unsigned scale = clamp(s.value[PF_CONFIG_SCALE], 0, 8);

	memset(l, 0, sizeof(*l));
	l->max_order = clamp(s.value[PF_CONFIG_MAX_ORDER], 0, PF_MAX_ORDER);
	l->pageblock_order = clamp(s.value[PF_CONFIG_PAGEBLOCK_ORDER], 0, l->max_order);
	l->nr_cpus = clamp(s.value[PF_CONFIG_CPUS], 1, PF_MAX_CPUS);
	l->nr_nodes = 1;
	/* Linux's own alignment where possible, so that pfns look familiar. */
	l->base_pfn = l->max_order <= 10 ? 1024 : 1u << l->max_order;

	if (!s.nr_zones) {
		s.zone[s.nr_zones++] = (struct pf_zone_layout){
			.spanned = s.value[PF_CONFIG_PAGES],
			.type = PF_ZONE_NORMAL,
			.wmark = {s.value[PF_CONFIG_MIN]},
		};
	}
	s.zone[0].start_pfn += s.value[PF_CONFIG_START];
	place_zones(l, &s, scale);
	for (unsigned i = 0; i < s.nr_ranges; i++)
		place_range(l, &s.range[i], scale);
	return used;
}
