/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * migrate.h - what migrate.c offers: isolation of movable pages, and the move of
 * a list of them. Also the list helpers that only whoever moves pages needs.
 */
#ifndef PAGEFUZZ_LINUX_MIGRATE_H
#define PAGEFUZZ_LINUX_MIGRATE_H

#include "swap.h"

enum migrate_mode {
	MIGRATE_ASYNC = PF_MODE_ASYNC,
	MIGRATE_SYNC_LIGHT = PF_MODE_SYNC_LIGHT,
	MIGRATE_SYNC = PF_MODE_SYNC,
};

/* Why pages are moved; an event names it. */
enum migrate_reason { MR_COMPACTION };

/*
 * Which of the scratch list heads compaction and migration use; the first ones
 * are left to what is called from here.
 */
enum {
	SCRATCH_RET_FOLIOS = NR_SCRATCH_LISTS - 4,
	SCRATCH_FOLIOS,
	SCRATCH_MIGRATEPAGES,
	SCRATCH_FREEPAGES,
};

/* ----------------------------------------------------------------- lists -- */

static inline u32 init_scratch_list(struct machine *m, unsigned int which)
{
	u32 head = m->scratch_list_base + which;

	m->lru[head].next = m->lru[head].prev = head;
	return head;
}

/* All of `list` to the front of `head`; `list` is empty then. */
static inline void list_splice_init(struct list_head *lru, u32 list, u32 head)
{
	u32 first = lru[list].next;
	u32 last = lru[list].prev;
	u32 at = lru[head].next;

	if (first == list)
		return;
	lru[first].prev = head;
	lru[head].next = first;
	lru[last].next = at;
	lru[at].prev = last;
	lru[list].next = lru[list].prev = list;
}

/* The same to the back of `head`: behind its last entry, as if that were a head. */
static inline void list_splice_tail_init(struct list_head *lru, u32 list, u32 head)
{
	list_splice_init(lru, list, lru[head].prev);
}

/* ------------------------------------------------------------- migrate.c -- */

/* Where a page may go, LX_NONE: nowhere; and what becomes of a target that was not used. */
typedef u32 (*new_page_t)(struct machine *m, u32 src, void *private);
typedef void (*free_page_t)(struct machine *m, u32 dst, void *private);

/* Can an owner follow this page wherever it goes? Ports __PageMovable() (6.1). */
static inline bool lx_page_movable(const struct machine *m, u32 pfn)
{
	struct pf_world *world = m->world;
	pf_pfn abs = absolute_pfn(m, pfn);

	return !page_in_cache(m, pfn) && (world->attrs(world, abs) & PF_PAGE_MOVABLE) &&
	       !world->unit_order(world, abs);
}

/*
 * Drop the last reference of a page that was no target of an allocation, so
 * that the totals of allocations and frees still differ by what is live. Ports
 * put_page() (6.1).
 */
void lx_put_page(struct machine *m, u32 pfn);

/* Let go of a list of isolated pages. Ports putback_movable_pages() (6.1). */
void lx_putback_movable_pages(struct machine *m, u32 list);

/*
 * Move the pages of list `from`. What could not be moved is on it afterwards.
 * How many that were, or -ENOMEM when there was no target. Ports
 * migrate_pages() (6.1).
 */
int lx_migrate_pages(struct machine *m, u32 from, new_page_t get_new_page, free_page_t put_new_page,
		     void *private, enum migrate_mode mode, enum migrate_reason reason,
		     unsigned int *ret_succeeded);

#endif /* PAGEFUZZ_LINUX_MIGRATE_H */
