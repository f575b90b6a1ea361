// SPDX-License-Identifier: GPL-2.0-only
/*
 * fit.c - fit programs to limits; see fit.h. The layout is what is fitted: then
 * configuration is written anew that oracle/layout.c builds that one from.
 */
#include <stdio.h>
#include <string.h>

#include "../../oracle/layout.h"
#include "codec.h"
#include "fit.h"

static uint32_t round_up(uint32_t v, uint32_t unit)
{
	return (v + unit - 1) / unit * unit;
}

/* Limits as numbers that need no thought about 0. */
struct bounds {
	unsigned min_order, max_order, zones, nodes, cpus;
	uint32_t align, min, max; /* pages; min and max are multiples of align */
};

/* False: no layout is within the limits. */
static bool get_bounds(struct bounds *b, const struct pf_limits *l)
{
	if (l->zone_align >= 32 || 1u << l->zone_align > PF_MAX_PAGES ||
	    l->min_pages > PF_MAX_PAGES)
		return false;
	b->min_order = l->min_max_order;
	b->max_order =
		l->max_order && l->max_order <= PF_MAX_ORDER ? l->max_order - 1u : PF_MAX_ORDER;
	b->zones = l->max_zones ? l->max_zones : PF_MAX_ZONES;
	b->nodes = l->max_nodes ? l->max_nodes : PF_MAX_NODES;
	b->cpus = l->max_cpus ? l->max_cpus : PF_MAX_CPUS;
	b->align = 1u << l->zone_align;
	b->min = round_up(l->min_pages ? l->min_pages : 1, b->align);
	b->max = l->max_pages && l->max_pages < PF_MAX_PAGES ? l->max_pages : PF_MAX_PAGES;
	b->max -= b->max % b->align;
	return b->min_order <= b->max_order && b->min <= b->max;
}

static uint32_t fit_pages(const struct bounds *b, uint32_t pages)
{
	pages = round_up(pages, b->align);
	return pages < b->min ? b->min : pages > b->max ? b->max : pages;
}

static bool has_zone(const struct pf_layout *l, unsigned node, unsigned type)
{
	for (unsigned i = 0; i < l->nr_zones; i++)
		if (l->zone[i].node == node && l->zone[i].type == type)
			return true;
	return false;
}

/* Ranges of a zone that moves go along; layout.c clips them to what it is now. */
static void move_ranges(struct pf_layout *to, const struct pf_layout *from,
			const struct pf_zone_layout *old, const struct pf_zone_layout *new,
			const struct pf_limits *limits)
{
	for (unsigned i = 0; i < from->nr_ranges; i++) {
		struct pf_range r = from->range[i];

		if (r.start_pfn < old->start_pfn || r.start_pfn - old->start_pfn >= old->spanned)
			continue;
		if ((limits->no_holes && r.kind == PF_RANGE_HOLE) ||
		    (limits->no_reserved && r.kind == PF_RANGE_RESERVED))
			continue;
		r.start_pfn = r.start_pfn - old->start_pfn + new->start_pfn;
		if (r.start_pfn - new->start_pfn < new->spanned)
			to->range[to->nr_ranges++] = r;
	}
}

/* Zones in their order, as long as there is room; the first one always has. */
static void fit_zones(struct pf_layout *to, const struct pf_layout *from, const struct bounds *b,
		      const struct pf_limits *limits)
{
	uint32_t pfn = to->base_pfn, from_pfn = from->base_pfn;

	for (unsigned i = 0; i < from->nr_zones && to->nr_zones < b->zones; i++) {
		const struct pf_zone_layout *old = &from->zone[i];
		struct pf_zone_layout *z = &to->zone[to->nr_zones];
		uint32_t gap = round_up(old->start_pfn - from_pfn, b->align);
		uint32_t pages = fit_pages(b, old->spanned);
		unsigned node = old->node % b->nodes;

		from_pfn = old->start_pfn + old->spanned;
		if (has_zone(to, node, old->type))
			continue;
		if (gap + pages > PF_MAX_PAGES - (pfn - to->base_pfn))
			gap = 0;
		if (pages > PF_MAX_PAGES - (pfn - to->base_pfn))
			continue;
		*z = *old;
		z->node = node;
		z->start_pfn = pfn + gap;
		z->spanned = pages;
		pfn = z->start_pfn + pages;
		to->nr_zones++;
		move_ranges(to, from, old, z, limits);
	}
	to->end_pfn = pfn;
}

static void fit_layout(struct pf_layout *to, const struct pf_layout *from, const struct bounds *b,
		       const struct pf_limits *limits)
{
	uint64_t base, unit;

	memset(to, 0, sizeof(*to));
	to->max_order = from->max_order < b->min_order	 ? b->min_order
			: from->max_order > b->max_order ? b->max_order
							 : from->max_order;
	to->pageblock_order =
		from->pageblock_order < to->max_order ? from->pageblock_order : to->max_order;
	to->nr_cpus = from->nr_cpus < b->cpus ? from->nr_cpus : b->cpus;
	unit = 1ull << to->max_order;
	unit = unit > b->align ? unit : b->align;
	base = (from->base_pfn + unit - 1) & -unit;
	/* So high up that memory would not end in time: far from there instead. */
	if (base > PF_NO_PFN / 2)
		base = from->base_pfn & -unit & -(uint64_t)(2 * PF_MAX_PAGES);
	to->base_pfn = base ? base : unit;
	fit_zones(to, from, b, limits);
}

/* ------------------------------------------------------- configuration -- */

struct writer {
	struct pf_op op[PF_FIT_OPS];
	size_t n;
};

static void write_key(struct writer *w, enum pf_config_key key, uint32_t value, uint32_t standard)
{
	if (value != standard)
		w->op[w->n++] = (struct pf_op){.kind = PF_OP_CONFIG, .arg = {key, value}};
}

static void write_zones(struct writer *w, const struct pf_layout *l)
{
	const struct pf_zone_layout *first = &l->zone[0];
	pf_pfn pfn = l->base_pfn;

	if (l->nr_zones == 1 && first->type == PF_ZONE_NORMAL && !first->node) {
		write_key(w, PF_CONFIG_PAGES, first->spanned, PF_DEFAULT_PAGES);
		write_key(w, PF_CONFIG_START, first->start_pfn - pfn, 0);
		write_key(w, PF_CONFIG_MIN, first->wmark[PF_WMARK_MIN], PF_DEFAULT_MIN);
		return;
	}
	for (unsigned i = 0; i < l->nr_zones; i++) {
		const struct pf_zone_layout *z = &l->zone[i];

		w->op[w->n++] = (struct pf_op){.kind = PF_OP_ZONE,
					       .arg = {z->type, z->node, z->spanned,
						       z->start_pfn - pfn, z->wmark[PF_WMARK_MIN]}};
		pfn = z->start_pfn + z->spanned;
	}
}

static void write_config(struct writer *w, const struct pf_layout *l)
{
	static const uint8_t kinds[] = {
		[PF_RANGE_RESERVED] = PF_OP_RESERVE,
		[PF_RANGE_HOLE] = PF_OP_HOLE,
		[PF_RANGE_LATER] = PF_OP_LATER,
	};

	write_key(w, PF_CONFIG_PAGEBLOCK_ORDER, l->pageblock_order, PF_DEFAULT_PAGEBLOCK_ORDER);
	write_key(w, PF_CONFIG_MAX_ORDER, l->max_order, PF_DEFAULT_MAX_ORDER);
	write_key(w, PF_CONFIG_CPUS, l->nr_cpus, 1);
	write_key(w, PF_CONFIG_BASE, l->base_pfn, PF_DEFAULT_BASE);
	write_zones(w, l);
	for (unsigned i = 0; i < l->nr_ranges; i++)
		w->op[w->n++] = (struct pf_op){
			.kind = kinds[l->range[i].kind],
			.arg = {l->range[i].start_pfn - l->base_pfn, l->range[i].nr_pages}};
}

size_t pf_program_fit(struct pf_op *ops, size_t n, size_t cap, const struct pf_limits *limits)
{
	struct writer w = {.n = 0};
	struct pf_layout old, fitted;
	struct bounds b;
	size_t config, body;

	config = pf_layout_build(&old, ops, n);
	if (pf_layout_within(&old, limits) || !get_bounds(&b, limits))
		return n;
	fit_layout(&fitted, &old, &b, limits);
	write_config(&w, &fitted);
	if (w.n > cap)
		return n;
	body = n - config < cap - w.n ? n - config : cap - w.n;
	memmove(&ops[w.n], &ops[config], body * sizeof(*ops));
	memcpy(ops, w.op, w.n * sizeof(*ops));
	return w.n + body;
}

/* True: `what` is not within [least, most], and now that is said. */
static bool is_beyond(const char *what, uint32_t value, uint32_t least, uint32_t most, char *text,
		      size_t size)
{
	if (value >= least && value <= most)
		return false;
	snprintf(text, size, "%s=%u, and only %s %u is taken", what, value,
		 value < least ? "from" : "up to", value < least ? least : most);
	return true;
}

void pf_limits_explain(const struct pf_op *ops, size_t n, const struct pf_limits *limits,
		       char *text, size_t size)
{
	struct pf_layout l;
	struct bounds b;

	*text = '\0';
	pf_layout_build(&l, ops, n);
	if (pf_layout_within(&l, limits))
		return;
	if (!get_bounds(&b, limits)) {
		snprintf(text, size, "no layout is within the limits");
		return;
	}
	if (is_beyond("max_order", l.max_order, b.min_order, b.max_order, text, size) ||
	    is_beyond("zones", l.nr_zones, 1, b.zones, text, size) ||
	    is_beyond("nodes", l.nr_nodes, 1, b.nodes, text, size) ||
	    is_beyond("cpus", l.nr_cpus, 1, b.cpus, text, size))
		return;
	for (unsigned i = 0; i < l.nr_zones; i++)
		if (is_beyond("pages of a zone", l.zone[i].spanned, b.min, b.max, text, size))
			return;
	for (unsigned i = 0; i < l.nr_zones; i++)
		if ((l.zone[i].start_pfn | l.zone[i].spanned) & (b.align - 1)) {
			snprintf(text, size,
				 "a zone does not begin and end at multiples of %u pages", b.align);
			return;
		}
	snprintf(text, size, "a hole or reserved pages, which are not taken");
}

static uint32_t stricter(uint32_t a, uint32_t b)
{
	return a && (!b || a < b) ? a : b;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

void pf_limits_join(struct pf_limits *all, const struct pf_limits *one)
{
	if (!one)
		return;
	all->max_order = stricter(all->max_order, one->max_order);
	all->min_max_order = larger(all->min_max_order, one->min_max_order);
	all->zone_align = larger(all->zone_align, one->zone_align);
	all->max_zones = stricter(all->max_zones, one->max_zones);
	all->max_nodes = stricter(all->max_nodes, one->max_nodes);
	all->max_cpus = stricter(all->max_cpus, one->max_cpus);
	all->no_holes |= one->no_holes;
	all->no_reserved |= one->no_reserved;
	all->min_pages = larger(all->min_pages, one->min_pages);
	all->max_pages = stricter(all->max_pages, one->max_pages);
}
