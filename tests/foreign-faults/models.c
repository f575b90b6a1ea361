// SPDX-License-Identifier: GPL-2.0-only
/*
 * models.c - faults that real page allocators had, each in a small model of ours: a
 * bitmap in groups of 32 pages, or a binary buddy over a table of blocks. Which fault a
 * member has says its `self`; without one the models are sound. In place of
 * impls/builtin.c: tests/foreign_faults.sh links it.
 */
#include <string.h>

#include "../../impls/buddy/buddy.h"
#include "../../impls/builtin.h"

enum fault {
	SOUND,
	PARENT_USED,	   /* the release path marks the parent of two free children used */
	BEFORE_ROUNDING,   /* sizes are taken before they are rounded to a power of two */
	LAST_GROUP,	   /* what crosses a group's border leaves the last group unmarked */
	JUMPS_GROUP,	   /* a mismatch skips the whole group, with free pages before it */
	BY_EIGHTS,	   /* a scan by eights from an unaligned start */
	NEVER_WRAPS,	   /* next fit does not wrap when the last group is short */
	RESERVES_MORE,	   /* one page more is reserved if the end is aligned */
	PAIRED_BY_INDEX,   /* buddies by index in a segment that starts unaligned */
	SECOND_ARENA,	   /* is never tried when the first is empty */
	ONE_PAGE_MORE,	   /* is free than the bitmap covers */
	LESS_THAN_ASKED,   /* a range request is a success with fewer pages */
	FILLS_EXACTLY,	   /* a request that fills its range ignores alignment */
	BULK_OF_ONE,	   /* takes one page and says n */
	WRONG_HALF,	   /* of a word of two groups is marked */
	ENDLESS_SEARCH,	   /* for what is not there */
	ENDLESS_RECURSION, /* on the way up */
};

struct member {
	enum fault fault;
	bool buddy;
};

#define GROUP 32u
#define NONE  UINT32_MAX

/* Pages are counted from the zone's first one. */
struct model {
	struct member is;
	const struct pf_layout *layout;
	struct pf_world *world;
	bool started;
	pf_pfn start;
	uint32_t nr, cursor;
	struct pf_zone_counters count;
	uint32_t *used; /* bitmap: a bit a page */
	uint8_t *head;	/* buddy: order + 1 of the free block that begins here */
};

static uint32_t groups_of(uint32_t nr)
{
	/* An even number, so that groups come in halves of a word. */
	return (nr / (2 * GROUP) + 1) * 2;
}

static size_t model_footprint(const void *self, const struct pf_layout *l)
{
	uint32_t nr = l->zone[0].spanned;

	(void)self;
	return sizeof(struct model) + groups_of(nr) * sizeof(uint32_t) + nr + 1;
}

/* Foreign code does not say how much it works; what loops would be noticed by that. */
static void spent(const struct model *m)
{
	if (m->is.fault != ENDLESS_SEARCH && m->is.fault != ENDLESS_RECURSION)
		m->world->spent(m->world, 1);
}

/* --------------------------------------------------------------- bitmap -- */

static bool is_used(const struct model *m, uint32_t i)
{
	return m->used[i / GROUP] >> i % GROUP & 1;
}

static void set_used(struct model *m, uint32_t i, bool used)
{
	uint32_t group = i / GROUP;

	if (m->is.fault == WRONG_HALF && i % (2 * GROUP) == GROUP)
		group ^= 1;
	m->used[group] &= ~(1u << i % GROUP);
	m->used[group] |= (uint32_t)used << i % GROUP;
}

static void mark(struct model *m, uint32_t i, uint32_t nr, bool used)
{
	uint32_t last = (i + nr - 1) / GROUP * GROUP, end = i + nr;

	if (m->is.fault == LAST_GROUP && used && i < last && i / GROUP + 1 < last / GROUP)
		end = last;
	for (uint32_t k = i; k < end; k++)
		set_used(m, k, used);
	if (used)
		m->count.free -= nr;
	else
		m->count.free += nr;
}

static uint32_t align_up(const struct model *m, uint64_t i, uint32_t align)
{
	uint64_t pfn = (m->start + i + align - 1) / align * align;

	return pfn - m->start > m->nr ? m->nr : (uint32_t)(pfn - m->start);
}

/* The first place for nr pages that begins at or after `from` and ends before `to`. */
static uint32_t find(const struct model *m, uint32_t nr, uint32_t align, uint32_t from, uint32_t to)
{
	uint32_t i = align_up(m, from, align);

	if (m->is.fault == FILLS_EXACTLY && to - from == nr)
		i = from;
	while ((uint64_t)i + nr <= to) {
		uint32_t k = i;

		spent(m);
		while (k < i + nr && !is_used(m, k))
			k++;
		if (k == i + nr)
			return i;
		if (m->is.fault == JUMPS_GROUP)
			k = (k / GROUP + 1) * GROUP - 1;
		i = align_up(m, (uint64_t)k + 1, align);
	}
	return NONE;
}

/* Single pages: the first one by itself, then eight used ones at a time are passed over. */
static uint32_t find_page(const struct model *m, uint32_t from, uint32_t to)
{
	if (from < to && !is_used(m, from))
		return from;
	for (uint32_t i = from + 1; i < to;) {
		uint8_t eight = (uint8_t)(m->used[i / GROUP] >> i % GROUP / 8 * 8);

		spent(m);
		if (eight == 0xff && (i % 8 == 0 || m->is.fault == BY_EIGHTS))
			i += 8;
		else if (is_used(m, i))
			i++;
		else
			return i;
	}
	return NONE;
}

static uint32_t find_block(const struct model *m, uint32_t size, uint32_t from, uint32_t to)
{
	return size == 1 ? find_page(m, from, to) : find(m, size, size, from, to);
}

/* Two arenas, the second from the largest block's border at or after the middle. */
static uint32_t search(const struct model *m, uint32_t size)
{
	uint32_t middle = align_up(m, m->nr / 2, 1u << m->layout->max_order), i, free = 0;

	i = find_block(m, size, m->cursor, m->nr);
	if (i != NONE)
		return i;
	if (m->is.fault == NEVER_WRAPS && m->nr % GROUP)
		return NONE;
	for (uint32_t k = 0; k < middle && m->is.fault == SECOND_ARENA; k++)
		free += !is_used(m, k);
	if (m->is.fault == SECOND_ARENA && !free)
		return NONE;
	i = find_block(m, size, 0, middle);
	return i == NONE ? find_block(m, size, middle, m->nr) : i;
}

static pf_pfn bitmap_alloc(struct model *m, unsigned order)
{
	volatile uint32_t size = 1u << order;
	uint32_t i;

	/* The second arena is looked at from its beginning then. */
	if (m->is.fault == SECOND_ARENA)
		m->cursor = m->nr;
	do
		i = search(m, size);
	while (i == NONE && m->is.fault == ENDLESS_SEARCH && size);
	if (i == NONE)
		return PF_NO_PFN;
	mark(m, i, size, true);
	m->cursor = i + size;
	return m->start + i;
}

/* Of a block that holds nr pages, those behind them stay free. */
static pf_pfn model_alloc_exact(void *state, const struct pf_request *req, unsigned nr)
{
	struct model *m = state;
	uint32_t i;

	if (req->order > m->layout->max_order || m->layout->zone[0].type > req->zone)
		return PF_NO_PFN;
	i = find(m, 1u << req->order, 1u << req->order, 0, m->nr);
	if (i == NONE)
		return PF_NO_PFN;
	if (m->is.fault == BEFORE_ROUNDING)
		nr = 1u << (31 - __builtin_clz(nr));
	mark(m, i, nr, true);
	return m->start + i;
}

static unsigned model_alloc_bulk(void *state, const struct pf_request *req, unsigned nr,
				 pf_pfn *pfns)
{
	struct model *m = state;
	unsigned n;

	if (m->layout->zone[0].type > req->zone)
		return 0;
	for (n = 0; n < nr; n++) {
		pfns[n] = bitmap_alloc(m, 0);
		if (pfns[n] == PF_NO_PFN)
			break;
		if (m->is.fault == BULK_OF_ONE)
			for (; n + 1 < nr && pfns[0] + n + 1 < m->start + m->nr; n++)
				pfns[n + 1] = pfns[n] + 1;
	}
	return n;
}

static uint32_t find_last(const struct model *m, uint32_t nr, uint32_t align, uint32_t from,
			  uint32_t to)
{
	uint32_t best = NONE, i = from;

	while ((i = find(m, nr, align, i, to)) != NONE)
		best = i++;
	return best;
}

static pf_pfn model_alloc_run(void *state, const struct pf_run_request *req)
{
	struct model *m = state;
	uint32_t from = req->from > m->start ? req->from - m->start : 0, nr = req->nr_pages;
	uint32_t to = req->to - m->start < m->nr ? req->to - m->start : m->nr, i;

	if (m->layout->zone[0].type > req->zone || req->to <= m->start || from >= to)
		return PF_NO_PFN;
	if (req->top)
		i = find_last(m, nr, req->align, from, to);
	else
		i = find(m, nr, req->align, from, to);
	/* As much as there is. */
	while (i == NONE && m->is.fault == LESS_THAN_ASKED && nr > 1)
		i = find(m, --nr, req->align, from, to);
	if (i == NONE)
		return PF_NO_PFN;
	mark(m, i, nr, true);
	return m->start + i;
}

static void model_free_run(void *state, pf_pfn pfn, uint32_t nr, unsigned cpu)
{
	struct model *m = state;

	(void)cpu;
	mark(m, pfn - m->start, nr, false);
}

/* ---------------------------------------------------------------- buddy -- */

/* What has to be aligned: page frame numbers. */
static uint32_t place(const struct model *m, uint32_t i)
{
	return m->is.fault == PAIRED_BY_INDEX ? i : m->start + i;
}

static void merge(struct model *m, uint32_t i, unsigned order)
{
	uint32_t at = place(m, i), other = at ^ 1u << order, k = i + other - at;
	uint32_t parent = k < i ? k : i;

	spent(m);
	if (m->is.fault == ENDLESS_RECURSION && order == 3 && m->started)
		merge(m, i, order);
	if (order == m->layout->max_order || k >= m->nr || m->head[k] != order + 1) {
		m->head[i] = (uint8_t)(order + 1);
		m->count.nr_free[order]++;
		return;
	}
	m->head[k] = 0;
	m->count.nr_free[order]--;
	if (m->is.fault == PARENT_USED && m->started)
		return;
	merge(m, parent, order + 1);
}

static pf_pfn buddy_alloc(struct model *m, unsigned order)
{
	for (unsigned o = order; o <= m->layout->max_order; o++) {
		for (uint32_t i = 0; i < m->nr && m->count.nr_free[o]; i++) {
			spent(m);
			if (m->head[i] != o + 1)
				continue;
			m->head[i] = 0;
			m->count.nr_free[o]--;
			while (o-- > order) {
				m->head[i + (1u << o)] = (uint8_t)(o + 1);
				m->count.nr_free[o]++;
			}
			m->count.free -= 1u << order;
			return m->start + i;
		}
	}
	return PF_NO_PFN;
}

/* ------------------------------------------------------------- in common -- */

static pf_pfn model_alloc(void *state, const struct pf_request *req)
{
	struct model *m = state;

	if (req->order > m->layout->max_order || m->layout->zone[0].type > req->zone)
		return PF_NO_PFN;
	return m->is.buddy ? buddy_alloc(m, req->order) : bitmap_alloc(m, req->order);
}

static void model_free(void *state, pf_pfn pfn, unsigned order, unsigned cpu)
{
	struct model *m = state;

	(void)cpu;
	if (!m->is.buddy) {
		mark(m, pfn - m->start, 1u << order, false);
		return;
	}
	m->count.free += 1u << order;
	merge(m, pfn - m->start, order);
}

static bool is_memory(const struct pf_layout *l, pf_pfn pfn, bool more)
{
	for (unsigned i = 0; i < l->nr_ranges; i++) {
		pf_pfn end = l->range[i].start_pfn + l->range[i].nr_pages;

		if (pfn >= l->range[i].start_pfn && pfn < end + (more && end % GROUP == 0))
			return false;
	}
	return true;
}

static void model_init(const void *self, void *state, const struct pf_layout *l,
		       struct pf_world *world)
{
	struct model *m = state;
	uint32_t end;

	memset(m, 0, model_footprint(self, l));
	m->is = *(const struct member *)self;
	m->layout = l;
	m->world = world;
	m->start = l->zone[0].start_pfn;
	m->nr = end = l->zone[0].spanned;
	m->used = (uint32_t *)(m + 1);
	m->head = (uint8_t *)(m->used + groups_of(m->nr));
	memset(m->used, 0xff, groups_of(m->nr) * sizeof(uint32_t));
	if (m->is.fault == ONE_PAGE_MORE)
		m->nr = ++end;
	for (uint32_t i = 0; i < end; i++) {
		if (i < l->zone[0].spanned && !is_memory(l, m->start + i, false))
			continue;
		m->count.managed += i < l->zone[0].spanned;
		if (m->is.fault != RESERVES_MORE || is_memory(l, m->start + i, true))
			model_free(m, m->start + i, 0, 0);
	}
	m->started = true;
}

static void model_census(void *state, pf_block_fn fn, void *arg)
{
	struct model *m = state;

	for (uint32_t i = 0; i < m->nr; i++) {
		struct pf_block b = {.pfn = m->start + i};

		if (m->is.buddy ? !m->head[i] : is_used(m, i))
			continue;
		b.order = m->is.buddy ? m->head[i] - 1 : 0;
		fn(arg, &b);
	}
}

static const struct pf_zone_counters *model_counters(void *state, unsigned zone)
{
	(void)zone;
	return &((struct model *)state)->count;
}

static const struct pf_limits limits = {.max_zones = 1, .max_nodes = 1};

/* clang-format off */
#define COMMON(what, fault_, buddy_) \
	static const struct member what##_is = {fault_, buddy_}; \
	static const struct pf_impl what = {.self = &what##_is, .name = #what, \
		.summary = "a model of a foreign fault", .tier = PF_TIER_SPEC, .limits = &limits, \
		.footprint = model_footprint, .init = model_init, .alloc = model_alloc, \
		.free = model_free, .census = model_census, .counters = model_counters,
#define BITMAP(what, fault) COMMON(what, fault, false) \
		.features = PF_F_ZONES | PF_F_SNAPSHOT, .alloc_bulk = model_alloc_bulk, \
		.alloc_exact = model_alloc_exact, .alloc_run = model_alloc_run, \
		.free_run = model_free_run};
#define BUDDY(what, fault) COMMON(what, fault, true) \
		.features = PF_F_ZONES | PF_F_SNAPSHOT | PF_F_CANONICAL};

#define ALL(BITMAP, BUDDY) \
	BITMAP(bitmap_ok, SOUND) BUDDY(buddy_ok, SOUND) \
	BUDDY(parent_used, PARENT_USED) BITMAP(rounding, BEFORE_ROUNDING) \
	BITMAP(last_group, LAST_GROUP) BITMAP(jumps_group, JUMPS_GROUP) \
	BITMAP(by_eights, BY_EIGHTS) BITMAP(never_wraps, NEVER_WRAPS) \
	BITMAP(reserves_more, RESERVES_MORE) BUDDY(by_index, PAIRED_BY_INDEX) \
	BITMAP(second_arena, SECOND_ARENA) BITMAP(one_page_more, ONE_PAGE_MORE) \
	BITMAP(less_than_asked, LESS_THAN_ASKED) BITMAP(fills_exactly, FILLS_EXACTLY) \
	BITMAP(bulk_of_one, BULK_OF_ONE) BITMAP(wrong_half, WRONG_HALF) \
	BITMAP(endless_search, ENDLESS_SEARCH) BUDDY(endless_climb, ENDLESS_RECURSION)
/* clang-format on */

ALL(BITMAP, BUDDY)

const struct pf_impl *const pf_builtin[] = {&pf_impl_buddy,
#define ENTRY(what, fault) &what,
					    ALL(ENTRY, ENTRY)
#undef ENTRY
};

const unsigned pf_nr_builtin = sizeof(pf_builtin) / sizeof(pf_builtin[0]);
const struct pf_impl *const pf_by_name[] = {NULL};
const unsigned pf_nr_by_name = 0;
