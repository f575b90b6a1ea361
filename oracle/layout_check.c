// SPDX-License-Identifier: GPL-2.0-only
/* layout_check.c - the invariants of a layout and of a dump of it; see layout_check.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "layout_check.h"

/* Where the reason goes. */
struct why {
	char *text;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static bool wrong(const struct why *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why->text, why->size, fmt, ap);
	va_end(ap);
	return false;
}

/* --------------------------------------------------------------- layout -- */

#define END_MAX (1u << 31) /* so that no step beyond the end wraps around */

static bool numbers_valid(const struct pf_layout *l, const struct why *why)
{
	if (!l->nr_zones || l->nr_zones > PF_MAX_ZONES)
		return wrong(why, "%u zones, there may be 1 to %u", l->nr_zones, PF_MAX_ZONES);
	if (!l->nr_nodes || l->nr_nodes > PF_MAX_NODES)
		return wrong(why, "%u nodes, there may be 1 to %u", l->nr_nodes, PF_MAX_NODES);
	if (!l->nr_cpus || l->nr_cpus > PF_MAX_CPUS)
		return wrong(why, "%u cpus, there may be 1 to %u", l->nr_cpus, PF_MAX_CPUS);
	if (l->nr_ranges > PF_MAX_RANGES)
		return wrong(why, "%u ranges, there may be up to %u", l->nr_ranges, PF_MAX_RANGES);
	if (l->max_order > PF_MAX_ORDER)
		return wrong(why, "the largest order is %u, it may be up to %u", l->max_order,
			     PF_MAX_ORDER);
	if (l->pageblock_order > l->max_order)
		return wrong(why, "pageblocks of order %u, above the largest order %u",
			     l->pageblock_order, l->max_order);
	if (!l->base_pfn || l->base_pfn & ((1u << l->max_order) - 1))
		return wrong(why, "the base, pfn %#x, is not aligned to order %u, or zero",
			     l->base_pfn, l->max_order);
	if (l->end_pfn <= l->base_pfn || l->end_pfn > END_MAX)
		return wrong(why, "memory ends at pfn %#x, begun at %#x", l->end_pfn, l->base_pfn);
	if (pf_layout_pages(l) > PF_MAX_PAGES)
		return wrong(why, "%u pages, there may be up to %u", pf_layout_pages(l),
			     PF_MAX_PAGES);
	return true;
}

static bool zone_valid(const struct pf_layout *l, unsigned i, const struct why *why)
{
	const struct pf_zone_layout *z = &l->zone[i];
	pf_pfn from = i ? l->zone[i - 1].start_pfn + l->zone[i - 1].spanned : l->base_pfn;

	if (z->start_pfn < from || z->start_pfn >= l->end_pfn || !z->spanned ||
	    z->spanned > l->end_pfn - z->start_pfn)
		return wrong(why, "zone %u, %u pages from pfn %#x: outside [%#x, %#x)", i,
			     z->spanned, z->start_pfn, from, l->end_pfn);
	if (z->type >= PF_NR_ZONE_TYPES)
		return wrong(why, "zone %u is of type %u, there is none", i, z->type);
	if (z->node >= l->nr_nodes)
		return wrong(why, "zone %u is on node %u of %u", i, z->node, l->nr_nodes);
	for (unsigned j = 0; j < i; j++)
		if (l->zone[j].type == z->type && l->zone[j].node == z->node)
			return wrong(why, "zones %u and %u are of one type and node", j, i);
	if (z->wmark[PF_WMARK_MIN] > z->wmark[PF_WMARK_LOW] ||
	    z->wmark[PF_WMARK_LOW] > z->wmark[PF_WMARK_HIGH])
		return wrong(why, "zone %u: watermarks %u, %u, %u do not ascend", i,
			     z->wmark[PF_WMARK_MIN], z->wmark[PF_WMARK_LOW],
			     z->wmark[PF_WMARK_HIGH]);
	return true;
}

static int zone_of_range(const struct pf_layout *l, const struct pf_range *r)
{
	for (unsigned z = 0; z < l->nr_zones; z++)
		if (r->start_pfn >= l->zone[z].start_pfn &&
		    r->start_pfn - l->zone[z].start_pfn < l->zone[z].spanned &&
		    r->nr_pages <= l->zone[z].spanned - (r->start_pfn - l->zone[z].start_pfn))
			return (int)z;
	return -1;
}

static bool ranges_valid(const struct pf_layout *l, const struct why *why)
{
	const uint32_t in_block = (1u << l->pageblock_order) - 1;
	uint32_t left[PF_MAX_ZONES];
	pf_pfn from = 0;

	for (unsigned z = 0; z < l->nr_zones; z++)
		left[z] = l->zone[z].spanned;
	for (unsigned i = 0; i < l->nr_ranges; i++) {
		const struct pf_range *r = &l->range[i];
		int z = zone_of_range(l, r);

		if (r->kind > PF_RANGE_LATER)
			return wrong(why, "range %u is of kind %u, there is none", i, r->kind);
		if (z < 0 || !r->nr_pages)
			return wrong(why, "range %u, %u pages from pfn %#x: not inside a zone", i,
				     r->nr_pages, r->start_pfn);
		if (r->start_pfn < from)
			return wrong(why, "range %u begins at pfn %#x, before the last one's end",
				     i, r->start_pfn);
		if (r->kind == PF_RANGE_LATER && (r->start_pfn | r->nr_pages) & in_block)
			return wrong(why, "range %u comes later and is no whole pageblocks", i);
		from = r->start_pfn + r->nr_pages;
		left[z] -= r->nr_pages;
		if (!left[z])
			return wrong(why, "zone %d has no managed page", z);
	}
	return true;
}

bool pf_layout_valid(const struct pf_layout *l, char *text, size_t size)
{
	const struct why why = {text, size};

	if (!numbers_valid(l, &why))
		return false;
	for (unsigned i = 0; i < l->nr_zones; i++)
		if (!zone_valid(l, i, &why))
			return false;
	return ranges_valid(l, &why);
}

/* ----------------------------------------------------------------- dump -- */

struct check {
	const struct pf_layout *l;
	const struct pf_dump *d;
	struct why why;
	uint8_t *taken; /* by page: on a list, or somebody else's */
	unsigned z;	/* the zone that is looked at */
};

#define PAGES_MAX     (1u << 30) /* of a mark or a reserve: min_free_kbytes says no more */
#define DEFER_MAX     6u	 /* COMPACT_MAX_DEFER_SHIFT */
#define CPU_DIFF_MAX  127	 /* a signed byte in the kernel */
#define NODES_MAX     255u
#define HOLE_OR_ORDER (PF_OTHERS_HOLE - 1)

static const char *const zone_field[] = {
#define X(id, name) #name,
	PF_ZONE_FIELDS(X)
#undef X
};
static const char *const cpu_field[] = {
#define X(id, name) #name,
	PF_CPU_FIELDS(X)
#undef X
};

static bool list_fits(const struct check *c, const struct pf_list *list)
{
	return (list->first <= c->d->nr_words && list->nr <= c->d->nr_words - list->first) ||
	       wrong(&c->why, "a list of %u words from word %u, there are %u", list->nr,
		     list->first, c->d->nr_words);
}

/* Pages that nobody else may have. */
static bool take(const struct check *c, pf_pfn pfn, uint32_t nr)
{
	const struct pf_zone_layout *zone = &c->l->zone[c->z];

	if (pfn < zone->start_pfn || pfn - zone->start_pfn >= zone->spanned ||
	    nr > zone->spanned - (pfn - zone->start_pfn))
		return wrong(&c->why, "%u pages from pfn %#x are not in zone %u", nr, pfn, c->z);
	for (uint32_t i = pfn - c->l->base_pfn, n = 0; n < nr; n++, i++) {
		if (c->taken[i])
			return wrong(&c->why, "pfn %#x is there twice", pfn + n);
		c->taken[i] = 1;
	}
	return true;
}

static bool list_valid(const struct check *c, const struct pf_list *list, unsigned order,
		       uint32_t *pages)
{
	if (!list_fits(c, list))
		return false;
	if (list->nr && order > c->l->max_order)
		return wrong(&c->why, "zone %u has a list of order %u", c->z, order);
	for (uint32_t i = 0; i < list->nr; i++) {
		pf_pfn pfn = c->d->word[list->first + i];

		if (pfn & ((1u << order) - 1))
			return wrong(&c->why, "pfn %#x is not aligned to order %u", pfn, order);
		if (!take(c, pfn, 1u << order))
			return false;
		*pages += 1u << order;
	}
	return true;
}

/* Ranges of the layout that lists may not reach into. */
static void take_ranges(struct check *c, bool taken)
{
	for (unsigned i = 0; i < c->l->nr_ranges; i++)
		memset(c->taken + (c->l->range[i].start_pfn - c->l->base_pfn), taken,
		       c->l->range[i].nr_pages);
}

static bool blocks_valid(const struct check *c, const struct pf_list *list, uint32_t nr)
{
	if (!list_fits(c, list))
		return false;
	if (list->nr != nr)
		return wrong(&c->why, "zone %u has %u pageblocks, the dump has %u", c->z, nr,
			     list->nr);
	for (uint32_t i = 0; i < list->nr; i++) {
		uint32_t word = c->d->word[list->first + i];

		if (word > (PF_BLOCK_TYPE | PF_BLOCK_SKIP) ||
		    (word & PF_BLOCK_TYPE) >= PF_NR_BLOCK_TYPES)
			return wrong(&c->why, "pageblock %u of zone %u is %#x", i, c->z, word);
	}
	return true;
}

/* A hole may be where the layout has one, and what others have in its reserved ranges. */
static bool others_valid(const struct check *c, const struct pf_list *list)
{
	const struct pf_zone_layout *zone = &c->l->zone[c->z];

	if (!list_fits(c, list))
		return false;
	if (list->nr % 2)
		return wrong(&c->why, "%u words for others' pages of zone %u, not pairs", list->nr,
			     c->z);
	for (uint32_t i = 0; i < list->nr; i += 2) {
		pf_pfn pfn = c->d->word[list->first + i];
		uint32_t what = c->d->word[list->first + i + 1], nr = what & HOLE_OR_ORDER;

		if (!(what & PF_OTHERS_HOLE) && what > c->l->max_order)
			return wrong(&c->why, "a block of others' at pfn %#x is of order %u", pfn,
				     what);
		nr = what & PF_OTHERS_HOLE ? nr : 1u << what;
		if (pfn < zone->start_pfn || pfn - zone->start_pfn >= zone->spanned ||
		    nr > zone->spanned - (pfn - zone->start_pfn))
			return wrong(&c->why, "%u pages of others' from pfn %#x: not in zone %u",
				     nr, pfn, c->z);
	}
	return true;
}

/* What somebody else has is on no list. */
static bool others_apart(const struct check *c, const struct pf_list *list)
{
	for (uint32_t i = 0; i < list->nr; i += 2) {
		uint32_t at = c->d->word[list->first + i] - c->l->base_pfn;
		uint32_t what = c->d->word[list->first + i + 1];
		uint32_t nr = what & PF_OTHERS_HOLE ? what & HOLE_OR_ORDER : 1u << what;

		for (uint32_t n = 0; n < nr; n++) {
			if (c->taken[at + n])
				return wrong(&c->why, "pfn %#x is others' and is there twice",
					     c->l->base_pfn + at + n);
			c->taken[at + n] = 1;
		}
	}
	return true;
}

static bool field_at_most(const struct check *c, enum pf_zone_field i, uint32_t max)
{
	uint32_t value = c->d->zone[c->z].field[i];

	return value <= max || wrong(&c->why, "zone %u: %s is %u, at most %u makes sense", c->z,
				     zone_field[i], value, max);
}

/* A scanner's position: a pfn of the zone's pageblocks, their end included, or never set. */
static bool position_valid(const struct check *c, enum pf_zone_field i)
{
	const struct pf_zone_layout *zone = &c->l->zone[c->z];
	const uint32_t in_block = (1u << c->l->pageblock_order) - 1;
	uint32_t pfn = c->d->zone[c->z].field[i];

	return !pfn ||
	       (pfn >= (zone->start_pfn & ~in_block) &&
		pfn <= ((zone->start_pfn + zone->spanned + in_block) & ~in_block)) ||
	       wrong(&c->why, "zone %u: %s is pfn %#x, not of that zone", c->z, zone_field[i], pfn);
}

static bool fields_valid(const struct check *c, uint32_t blocks)
{
	static const enum pf_zone_field yes_or_no[] = {PF_DUMP_BOOSTED, PF_DUMP_RECLAIM_ACTIVE,
						       PF_DUMP_CONTIGUOUS, PF_DUMP_BLOCKSKIP_FLUSH};
	static const enum pf_zone_field amount[] = {
		PF_DUMP_WMARK_MIN,	PF_DUMP_WMARK_LOW,	PF_DUMP_WMARK_HIGH,
		PF_DUMP_BOOST,		PF_DUMP_RESERVE_DMA,	PF_DUMP_RESERVE_DMA32,
		PF_DUMP_RESERVE_NORMAL, PF_DUMP_RESERVE_MOVABLE};
	static const enum pf_zone_field position[] = {
		PF_DUMP_CACHED_FREE, PF_DUMP_CACHED_MIGRATE_ASYNC, PF_DUMP_CACHED_MIGRATE_SYNC,
		PF_DUMP_INIT_FREE, PF_DUMP_INIT_MIGRATE};
	const uint32_t *f = c->d->zone[c->z].field;

	for (unsigned i = 0; i < sizeof(yes_or_no) / sizeof(*yes_or_no); i++)
		if (!field_at_most(c, yes_or_no[i], 1))
			return false;
	for (unsigned i = 0; i < sizeof(amount) / sizeof(*amount); i++)
		if (!field_at_most(c, amount[i], PAGES_MAX))
			return false;
	for (unsigned i = 0; i < sizeof(position) / sizeof(*position); i++)
		if (!position_valid(c, position[i]))
			return false;
	if (f[PF_DUMP_WMARK_MIN] > f[PF_DUMP_WMARK_LOW] ||
	    f[PF_DUMP_WMARK_LOW] > f[PF_DUMP_WMARK_HIGH])
		return wrong(&c->why, "zone %u: the dump's watermarks do not ascend", c->z);
	return field_at_most(c, PF_DUMP_PRESENT, c->l->zone[c->z].spanned) &&
	       field_at_most(c, PF_DUMP_MANAGED, f[PF_DUMP_PRESENT]) &&
	       field_at_most(c, PF_DUMP_HIGHATOMIC, blocks << c->l->pageblock_order) &&
	       field_at_most(c, PF_DUMP_NR_ISOLATE, blocks) &&
	       field_at_most(c, PF_DUMP_DEFER_SHIFT, DEFER_MAX) &&
	       field_at_most(c, PF_DUMP_CONSIDERED, 1u << f[PF_DUMP_DEFER_SHIFT]) &&
	       field_at_most(c, PF_DUMP_ORDER_FAILED, c->l->max_order + 1u);
}

static bool cpu_at_most(const struct check *c, unsigned cpu, enum pf_cpu_field i, uint32_t max)
{
	uint32_t value = c->d->zone[c->z].cpu[cpu][i];

	return value <= max || wrong(&c->why, "zone %u, cpu %u: %s is %u, at most %u makes sense",
				     c->z, cpu, cpu_field[i], value, max);
}

static bool cpu_valid(const struct check *c, unsigned cpu, uint32_t *pages)
{
	const struct pf_zone_dump *zone = &c->d->zone[c->z];
	const uint32_t *f = zone->cpu[cpu];
	int32_t diff = (int32_t)f[PF_DUMP_FREE_DIFF];
	uint32_t count = 0;

	for (unsigned i = 0; i < PF_NR_PCP_LISTS; i++)
		if (!list_valid(c, &zone->pcp[cpu][i], pf_pcp_order(c->l, i), &count))
			return false;
	if (count != f[PF_DUMP_COUNT])
		return wrong(&c->why, "zone %u, cpu %u: count is %u, its lists hold %u pages", c->z,
			     cpu, f[PF_DUMP_COUNT], count);
	if (diff < -CPU_DIFF_MAX - 1 || diff > CPU_DIFF_MAX)
		return wrong(&c->why, "zone %u, cpu %u: free_diff is %d", c->z, cpu, diff);
	*pages += count;
	return cpu_at_most(c, cpu, PF_DUMP_HIGH, PAGES_MAX) &&
	       cpu_at_most(c, cpu, PF_DUMP_BATCH, PF_MAX_PAGES) &&
	       cpu_at_most(c, cpu, PF_DUMP_STAT_THRESHOLD, CPU_DIFF_MAX) &&
	       /* The batch is shifted by it. */
	       cpu_at_most(c, cpu, PF_DUMP_FREE_FACTOR, 31) &&
	       ((uint64_t)f[PF_DUMP_BATCH] << f[PF_DUMP_FREE_FACTOR] <= PAGES_MAX ||
		wrong(&c->why, "zone %u, cpu %u: a batch of %u, %u times doubled", c->z, cpu,
		      f[PF_DUMP_BATCH], f[PF_DUMP_FREE_FACTOR]));
}

static bool dump_zone_valid(const struct check *c)
{
	const struct pf_zone_layout *layout = &c->l->zone[c->z];
	const struct pf_zone_dump *zone = &c->d->zone[c->z];
	const unsigned shift = c->l->pageblock_order;
	uint32_t blocks = ((layout->start_pfn + layout->spanned - 1) >> shift) -
			  (layout->start_pfn >> shift) + 1;
	uint32_t free = 0, isolated = 0, cached = 0;
	int64_t counted = (int32_t)zone->field[PF_DUMP_FREE];

	for (unsigned o = 0; o < PF_NR_ORDERS; o++)
		for (unsigned t = 0; t < PF_NR_BLOCK_TYPES; t++)
			if (!list_valid(c, &zone->free[o][t], o,
					t == PF_ISOLATE ? &isolated : &free))
				return false;
	for (unsigned cpu = 0; cpu < c->l->nr_cpus; cpu++) {
		if (!cpu_valid(c, cpu, &cached))
			return false;
		counted += (int32_t)zone->cpu[cpu][PF_DUMP_FREE_DIFF];
	}
	if (counted != free)
		return wrong(&c->why, "zone %u: %lld free pages are counted, the lists hold %u",
			     c->z, (long long)counted, free);
	if (!fields_valid(c, blocks) || !blocks_valid(c, &zone->blocks, blocks) ||
	    !others_valid(c, &zone->others))
		return false;
	return zone->field[PF_DUMP_MANAGED] >= free + isolated + cached ||
	       wrong(&c->why, "zone %u manages %u pages, its lists hold %u", c->z,
		     zone->field[PF_DUMP_MANAGED], free + isolated + cached);
}

static bool lru_valid(const struct check *c, unsigned cpu)
{
	const struct pf_list *list = &c->d->lru_add[cpu];

	if (!list_fits(c, list))
		return false;
	if (list->nr > PF_LRU_BATCH)
		return wrong(&c->why, "cpu %u is about to add %u pages to an LRU list", cpu,
			     list->nr);
	for (uint32_t i = 0; i < list->nr; i++) {
		uint32_t at = c->d->word[list->first + i] - c->l->base_pfn;

		if (at >= pf_layout_pages(c->l) || c->taken[at])
			return wrong(&c->why, "an LRU list is to get pfn %#x",
				     c->d->word[list->first + i]);
	}
	return true;
}

static bool dump_valid(struct check *c)
{
	const struct pf_layout *l = c->l;
	const struct pf_dump *d = c->d;

	for (c->z = 0; c->z < l->nr_zones; c->z++)
		if (!dump_zone_valid(c))
			return false;
	for (unsigned cpu = 0; cpu < l->nr_cpus; cpu++)
		if (!lru_valid(c, cpu))
			return false;
	/* The layout's ranges are others' pages, too. */
	take_ranges(c, false);
	for (c->z = 0; c->z < l->nr_zones; c->z++)
		if (!others_apart(c, &d->zone[c->z].others))
			return false;
	return true;
}

bool pf_dump_valid(const struct pf_layout *l, const struct pf_dump *d, char *text, size_t size)
{
	struct check c = {.l = l, .d = d, .why = {text, size}};
	bool ok;

	if (d->lists_absent || d->nr_words > d->room)
		return wrong(&c.why, "the dump lacks its lists");
	if (d->nr_zones != l->nr_zones || d->nr_cpus != l->nr_cpus)
		return wrong(&c.why, "a dump of %u zones and %u cpus, the layout has %u and %u",
			     d->nr_zones, d->nr_cpus, l->nr_zones, l->nr_cpus);
	if (d->nr_online_nodes < l->nr_nodes || d->nr_online_nodes > NODES_MAX)
		return wrong(&c.why, "%u nodes are online, %u are in the layout",
			     d->nr_online_nodes, l->nr_nodes);
	c.taken = calloc(pf_layout_pages(l), 1);
	if (!c.taken)
		return wrong(&c.why, "out of memory");
	take_ranges(&c, true);
	ok = dump_valid(&c);
	free(c.taken);
	return ok;
}
