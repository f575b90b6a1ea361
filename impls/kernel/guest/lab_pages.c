// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab_pages.c - the lab's blocks: taking, freeing and splitting them, by slot and by
 * pfn; the movable_ops of those that compaction may move, what it is told about a
 * move, and the record of each.
 */
#include "internal.h"

#include <linux/pagemap.h>
#include <linux/sched/mm.h>

static struct page *bulk[LAB_MAX_BULK];
u32 moved, stray_moves;

/* The unit that begins at a pfn of a request, or NULL. */
static struct unit *unit_at(u32 pfn)
{
	if (pfn < first_pfn || pfn >= end_pfn || !units[pfn - first_pfn].attrs)
		return NULL;
	return &units[pfn - first_pfn];
}

/* -------------------------------------------------------- movable pages -- */

/* Refusals to come, by enum lab_move_result. */
static struct {
	u32 after, count;
} injected[LAB_MOVE_NOMEM + 1];

const int error_of[] = {
	[LAB_MOVED] = MIGRATEPAGE_SUCCESS,
	[LAB_MOVE_AGAIN] = -EAGAIN,
	[LAB_MOVE_BUSY] = -EBUSY,
	[LAB_MOVE_NOMEM] = -ENOMEM,
};

static const struct movable_operations lab_movable_ops;

void log_move(struct page *dst, struct page *src, u32 slot, enum migrate_mode mode, u16 result)
{
	const struct lab_move move = {page_to_pfn(src), page_to_pfn(dst), slot, (u16)mode, result};

	if (current != runner) {
		stray_moves++;
		return;
	}
	moved += result == LAB_MOVED;
	put_record(LAB_REC_MOVE, &move, sizeof(move));
}

static bool lab_isolate(struct page *page, isolate_mode_t mode)
{
	return true;
}

static void lab_putback(struct page *page)
{
}

static bool is_injected(enum lab_move_result what)
{
	if (!injected[what].count)
		return false;
	if (injected[what].after) {
		injected[what].after--;
		return false;
	}
	injected[what].count--;
	return true;
}

/* The host's world must come to the same answer: the order of the questions counts. */
enum lab_move_result wish(const struct page *src)
{
	/* The owner's reference, or the cache's, and that of the isolation. */
	const int plain_references = 2;

	if (!(unit_of(src)->attrs & LAB_PAGE_MOVABLE))
		return LAB_MOVE_BUSY;
	if (page_count(src) > plain_references || is_injected(LAB_MOVE_AGAIN))
		return LAB_MOVE_AGAIN;
	if (is_injected(LAB_MOVE_BUSY))
		return LAB_MOVE_BUSY;
	return is_injected(LAB_MOVE_NOMEM) ? LAB_MOVE_NOMEM : LAB_MOVED;
}

static enum lab_move_result consent(const struct page *src, enum migrate_mode mode)
{
	enum lab_move_result result = wish(src);
	u16 attrs = unit_of(src)->attrs;

	if (result != LAB_MOVED)
		return result;
	if ((attrs & LAB_PAGE_LOCKED && mode == MIGRATE_ASYNC) ||
	    (attrs & LAB_PAGE_WRITEBACK && mode != MIGRATE_SYNC))
		return LAB_MOVE_BUSY;
	return LAB_MOVED;
}

static int lab_migrate(struct page *dst, struct page *src, enum migrate_mode mode)
{
	enum lab_move_result result = consent(src, mode);
	unsigned long slot = page_private(src);

	log_move(dst, src, slot, mode, result);
	if (result != LAB_MOVED)
		return error_of[result];
	get_page(dst);
	set_page_private(dst, slot);
	__SetPageMovable(dst, &lab_movable_ops);
	*unit_of(dst) = *unit_of(src);
	unit_of(src)->attrs = 0;
	if (slot < LAB_NR_SLOTS)
		slots[slot] = dst;
	set_page_private(src, 0);
	__ClearPageMovable(src);
	put_page(src);
	return MIGRATEPAGE_SUCCESS;
}

static const struct movable_operations lab_movable_ops = {
	.isolate_page = lab_isolate,
	.migrate_page = lab_migrate,
	.putback_page = lab_putback,
};

/* From now on compaction may move it. */
static void make_movable(struct page *page, u32 slot)
{
	set_page_private(page, slot);
	lock_page(page);
	__SetPageMovable(page, &lab_movable_ops);
	unlock_page(page);
}

void make_immovable(struct page *page)
{
	if (!__PageMovable(page))
		return;
	lock_page(page);
	__ClearPageMovable(page);
	set_page_private(page, 0);
	unlock_page(page);
}

u32 do_inject(const struct lab_request *r)
{
	if (r->flags < LAB_MOVE_AGAIN || r->flags > LAB_MOVE_NOMEM)
		return LAB_INVALID;
	injected[r->flags].after = r->slot;
	injected[r->flags].count = r->arg;
	return r->arg;
}

u32 refusals_left(void)
{
	return injected[LAB_MOVE_AGAIN].count + injected[LAB_MOVE_BUSY].count +
	       injected[LAB_MOVE_NOMEM].count;
}

/* ------------------------------------------------------ alloc and free -- */

static gfp_t to_gfp(const struct lab_request *r)
{
	static const struct {
		u32 lab;
		gfp_t kernel;
	} bits[] = {
		{LAB_GFP_HIGH, __GFP_HIGH},
		{LAB_GFP_IO, __GFP_IO},
		{LAB_GFP_FS, __GFP_FS},
		{LAB_GFP_ZERO, __GFP_ZERO},
#ifdef __GFP_ATOMIC
		{LAB_GFP_ATOMIC, __GFP_ATOMIC},
#endif
		{LAB_GFP_DIRECT_RECLAIM, __GFP_DIRECT_RECLAIM},
		{LAB_GFP_KSWAPD_RECLAIM, __GFP_KSWAPD_RECLAIM},
		{LAB_GFP_RETRY_MAYFAIL, __GFP_RETRY_MAYFAIL},
		{LAB_GFP_NORETRY, __GFP_NORETRY},
		{LAB_GFP_MEMALLOC, __GFP_MEMALLOC},
		{LAB_GFP_COMP, __GFP_COMP},
		{LAB_GFP_NOMEMALLOC, __GFP_NOMEMALLOC},
	};
	gfp_t gfp = __GFP_THISNODE | __GFP_NOWARN;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bits); i++)
		if (r->gfp & bits[i].lab)
			gfp |= bits[i].kernel;
	/* A kswapd that is still there would work at times of its own. */
	if (NODE_DATA(node)->kswapd)
		gfp &= ~__GFP_KSWAPD_RECLAIM;
	if (r->mobility == MIGRATE_MOVABLE)
		gfp |= __GFP_MOVABLE;
	else if (r->mobility == MIGRATE_RECLAIMABLE)
		gfp |= __GFP_RECLAIMABLE;
	return gfp;
}

/* impl.h's numbers of zone types; the highest that the request may use. */
static gfp_t zone_gfp(const struct lab_request *r)
{
	switch (r->flags) {
	case 0:
		return __GFP_DMA;
	case 1:
		return __GFP_DMA32;
	case 3:
		return r->mobility == MIGRATE_MOVABLE ? __GFP_HIGHMEM : 0;
	}
	return 0;
}

/*
 * A request that may reclaim gets its direct compaction, but neither reclaim nor
 * the OOM killer: the slow path stops short of both for a task that reclaims
 * already. Such a task would get at the reserves as well, unless it says no.
 */
static unsigned int forbid_reclaim(gfp_t *gfp)
{
	if (!(*gfp & __GFP_DIRECT_RECLAIM))
		return current->flags & PF_MEMALLOC;
	if (!(*gfp & __GFP_MEMALLOC))
		*gfp |= __GFP_NOMEMALLOC;
	return memalloc_noreclaim_save();
}

static struct page *take_pages(const struct lab_request *r, gfp_t gfp)
{
	unsigned int saved = forbid_reclaim(&gfp);
	struct page *page = alloc_pages_node(node, gfp, r->order);

	memalloc_noreclaim_restore(saved);
	return page;
}

/* Notes the owner of a new block; `slot` is LAB_NR_SLOTS for one that has none. */
static void own(struct page *page, u8 order, bool movable, u32 slot)
{
	*unit_of(page) = (struct unit){LAB_PAGE_LIVE | (movable ? LAB_PAGE_MOVABLE : 0), order};
	if (slot < LAB_NR_SLOTS)
		slots[slot] = page;
	if (movable && !order)
		make_movable(page, slot);
}

/* The owner lets go; the caller frees. */
static void disown(struct page *page)
{
	struct unit *unit = unit_of(page);

	if (in_cache(page))
		leave_cache(page);
	else
		make_immovable(page);
	if (unit->attrs & LAB_PAGE_PINNED)
		put_page(page);
	unit->attrs = 0;
}

static bool slots_empty(u32 first, u32 nr)
{
	u32 i;

	if (first >= LAB_NR_SLOTS || nr > LAB_NR_SLOTS - first)
		return false;
	for (i = 0; i < nr; i++)
		if (slots[first + i])
			return false;
	return true;
}

u32 do_alloc(const struct lab_request *r, bool movable)
{
	struct page *page;

	if (!slots_empty(r->slot, 1) || r->order > LAB_MAX_ORDER || (movable && r->order))
		return LAB_INVALID;
	page = take_pages(r, to_gfp(r));
	if (!page)
		return LAB_NONE;
	own(page, r->order, movable, r->slot);
	return page_to_pfn(page);
}

u32 do_free(const struct lab_request *r)
{
	struct page *page;

	if (r->slot >= LAB_NR_SLOTS)
		return LAB_INVALID;
	page = slots[r->slot];
	if (!page)
		return LAB_NONE;
	slots[r->slot] = NULL;
	disown(page);
	__free_pages(page, unit_of(page)->order);
	return page_to_pfn(page);
}

/* Fills bulk[], writes the PAGES record. */
static u32 take_bulk(const struct lab_request *r, gfp_t gfp)
{
	unsigned int saved = forbid_reclaim(&gfp);
	u32 i, nr;

	memset(bulk, 0, sizeof(bulk));
	nr = alloc_pages_bulk_array_node(gfp, node, r->arg, bulk);
	memalloc_noreclaim_restore(saved);
	put_head(LAB_REC_PAGES, nr);
	for (i = 0; i < nr; i++)
		put_word(page_to_pfn(bulk[i]));
	return nr;
}

u32 do_bulk_alloc(const struct lab_request *r)
{
	u32 i, nr;

	if (r->order || r->arg > LAB_MAX_BULK || !slots_empty(r->slot, r->arg))
		return LAB_INVALID;
	nr = take_bulk(r, to_gfp(r));
	for (i = 0; i < nr; i++)
		own(bulk[i], 0, false, r->slot + i);
	return nr;
}

/* The way of release_pages() and truncation: one list, freed in runs. */
u32 do_bulk_free(const struct lab_request *r)
{
	LIST_HEAD(list);
	u32 i, nr = 0;

	if (!p_free_unref_page_list)
		return LAB_UNSUPPORTED;
	if (r->arg > LAB_MAX_BULK || r->slot >= LAB_NR_SLOTS || r->arg > LAB_NR_SLOTS - r->slot)
		return LAB_INVALID;
	for (i = 0; i < r->arg; i++)
		if (slots[r->slot + i] && unit_of(slots[r->slot + i])->order)
			return LAB_INVALID;
	for (i = 0; i < r->arg; i++) {
		struct page *page = slots[r->slot + i];

		if (!page)
			continue;
		slots[r->slot + i] = NULL;
		disown(page);
		if (!put_page_testzero(page))
			continue;
		list_add_tail(&page->lru, &list);
		nr++;
	}
	p_free_unref_page_list(&list);
	return nr;
}

u32 do_split(const struct lab_request *r)
{
	struct page *page;
	u32 i, nr;

	if (r->slot >= LAB_NR_SLOTS || !slots[r->slot] || PageCompound(slots[r->slot]))
		return LAB_INVALID;
	page = slots[r->slot];
	nr = 1u << unit_of(page)->order;
	if (!slots_empty(r->arg, nr - 1))
		return LAB_INVALID;
	if (nr == 1)
		return 1;
	split_page(page, unit_of(page)->order);
	unit_of(page)->order = 0;
	for (i = 1; i < nr; i++)
		own(page + i, 0, false, r->arg + i - 1);
	return nr;
}

/* ------------------------------------------------------- blocks by pfn -- */

u32 do_page_alloc(const struct lab_request *r)
{
	struct page *page;

	if (r->order > LAB_MAX_ORDER)
		return LAB_NONE;
	page = take_pages(r, to_gfp(r) | zone_gfp(r));
	if (!page)
		return LAB_NONE;
	own(page, r->order, r->mobility == MIGRATE_MOVABLE, LAB_NR_SLOTS);
	return page_to_pfn(page);
}

u32 do_page_free(const struct lab_request *r)
{
	struct unit *unit = unit_at(r->slot);
	struct page *page;
	bool cached;

	if (!unit || unit->order != r->order)
		return LAB_INVALID;
	page = pfn_to_page(r->slot);
	cached = in_cache(page);
	disown(page);
	if (cached)
		put_page(page); /* which also takes it off its LRU list */
	else
		__free_pages(page, r->order);
	return r->slot;
}

u32 do_page_bulk(const struct lab_request *r)
{
	u32 i, nr;

	if (r->arg > LAB_MAX_BULK)
		return LAB_INVALID;
	nr = take_bulk(r, to_gfp(r) | zone_gfp(r));
	for (i = 0; i < nr; i++)
		own(bulk[i], 0, r->mobility == MIGRATE_MOVABLE, LAB_NR_SLOTS);
	return nr;
}

u32 do_exact(const struct lab_request *r)
{
	/* The kernel leaves both away itself, with a warning. */
	gfp_t gfp = (to_gfp(r) | zone_gfp(r)) & ~(__GFP_COMP | __GFP_HIGHMEM);
	size_t size = (size_t)r->arg << PAGE_SHIFT;
	unsigned int saved;
	struct page *page;
	void *address;
	u32 i;

	if (!p_alloc_pages_exact_nid)
		return LAB_UNSUPPORTED;
	if (!r->arg)
		return LAB_INVALID;
	if (get_order(size) > LAB_MAX_ORDER)
		return LAB_NONE;
	saved = forbid_reclaim(&gfp);
	address = p_alloc_pages_exact_nid(node, size, gfp);
	memalloc_noreclaim_restore(saved);
	if (!address)
		return LAB_NONE;
	page = virt_to_page(address);
	for (i = 0; i < r->arg; i++)
		own(page + i, 0, r->mobility == MIGRATE_MOVABLE, LAB_NR_SLOTS);
	return page_to_pfn(page);
}

/* What freeing does to a compound page: split_page() takes none. */
static void dissolve(struct page *page, unsigned int nr)
{
	unsigned int i;

	for (i = 1; i < nr; i++) {
		page[i].mapping = NULL;
		clear_compound_head(&page[i]);
		set_page_private(&page[i], 0);
	}
#ifdef PAGE_FLAGS_SECOND
	/* The order lies there after 6.1. */
	page[1].flags &= ~PAGE_FLAGS_SECOND;
#endif
	__ClearPageHead(page);
}

u32 do_page_split(const struct lab_request *r)
{
	struct unit *unit = unit_at(r->slot);
	struct page *page;
	u32 i, nr;
	u16 attrs;

	if (!unit)
		return LAB_INVALID;
	page = pfn_to_page(r->slot);
	nr = 1u << unit->order;
	attrs = unit->attrs;
	if (nr == 1)
		return 1;
	if (attrs & LAB_PAGE_PINNED)
		put_page(page);
	if (PageHead(page))
		dissolve(page, nr);
	split_page(page, unit->order);
	for (i = 0; i < nr; i++) {
		own(page + i, 0, attrs & LAB_PAGE_MOVABLE, LAB_NR_SLOTS);
		unit_of(page + i)->attrs = attrs;
		if (attrs & LAB_PAGE_PINNED)
			get_page(page + i);
	}
	return nr;
}

u32 do_page_attrs(const struct lab_request *r)
{
	struct unit *unit = unit_at(r->slot);
	u16 attrs = (u16)r->arg | LAB_PAGE_LIVE;
	struct page *page;

	if (!unit)
		return LAB_INVALID;
	page = pfn_to_page(r->slot);
	if (in_cache(page))
		attrs |= LAB_PAGE_LRU;
	if (cache_wanted(page, attrs) && set_cache_attrs(page, attrs))
		return LAB_NONE;
	if (attrs & ~unit->attrs & LAB_PAGE_PINNED)
		get_page(page);
	if (~attrs & unit->attrs & LAB_PAGE_PINNED)
		put_page(page);
	unit->attrs = attrs;
	return 0;
}
