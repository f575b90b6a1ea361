// SPDX-License-Identifier: GPL-2.0-only
/*
 * migrate.c - moving pages to other places: order of the attempts, repetition,
 * and what becomes of sources and targets. Ports the part of mm/migrate.c of 6.1
 * that concerns single pages: those with an owner of their own, and those of the
 * page cache that nobody has mapped. Every function has the name of the one that
 * it follows. Of the kernel's ways to fail three are left: no memory (-ENOMEM), not
 * now (-EAGAIN), not at all (-EBUSY). What is behind the page's attributes is judged
 * here for the cache and by the world for the others; the last word is the world's.
 */
#include "migrate.h"

#include <errno.h>

#define NR_MAX_BATCHED_MIGRATION   512
#define NR_MAX_MIGRATE_PAGES_RETRY 10

#define MIGRATEPAGE_SUCCESS 0

struct migrate_pages_stats {
	unsigned int nr_succeeded;
	unsigned int nr_failed_pages; /* without those that were never tried */
};

/* What each step of one migration needs. */
struct migration {
	struct machine *m;
	new_page_t get_new_page;
	free_page_t put_new_page;
	void *private;
	enum migrate_mode mode;
	u32 ret_folios; /* list of those that failed for good */
	struct migrate_pages_stats stats;
};

void lx_put_page(struct machine *m, u32 pfn)
{
	u64 pgfree = m->stat.pgfree;

	lx_free_pages(m, pfn, 0, m->cpu);
	m->stat.pgfree = pgfree;
}

void lx_putback_movable_pages(struct machine *m, u32 list)
{
	u32 pg, next;

	for (pg = m->lru[list].next; pg != list; pg = next) {
		next = m->lru[pg].next;
		/* Other owners need not be told: nothing was said to them at isolation either. */
		if (!page_in_cache(m, pg))
			continue;
		m->node[page_zone(m, pg)->node].nr_isolated_file--;
		lx_folio_add_lru(m, pg);
	}
	m->lru[list].next = m->lru[list].prev = list;
}

/*
 * Is the page in a state to be moved? It may become so by waiting, in full
 * synchronous mode and only after some attempts (`force`): others come first.
 */
static int __migrate_folio_unmap(struct migration *mig, u32 src, bool force)
{
	struct machine *m = mig->m;
	struct pf_world *world = m->world;
	pf_pfn pfn = absolute_pfn(m, src);
	unsigned int attrs = world->attrs(world, pfn);

	if (attrs & PF_PAGE_LOCKED) {
		if (!force || mig->mode == MIGRATE_ASYNC || m->pf_memalloc)
			return -EAGAIN;
		world->wait(world, pfn, PF_PAGE_LOCKED);
	}
	if (attrs & PF_PAGE_WRITEBACK) {
		if (mig->mode != MIGRATE_SYNC)
			return -EBUSY;
		if (!force)
			return -EAGAIN;
		world->wait(world, pfn, PF_PAGE_WRITEBACK);
	}
	return 0;
}

/* Write a dirty page, so that it can be moved the next time. Ports writeout() (6.1). */
static int writeout(struct machine *m, u32 src)
{
	m->world->wait(m->world, absolute_pfn(m, src), PF_PAGE_DIRTY);
	return -EAGAIN;
}

/* Ask the owner to follow. Ports __migrate_folio_move() with move_to_new_folio() (6.1). */
static int move_to_new_folio(struct migration *mig, u32 dst, u32 src)
{
	struct machine *m = mig->m;
	struct pf_world *world = m->world;

	/* As fallback_migrate_folio() has it for file systems that don't move dirty pages. */
	if (page_in_cache(m, src) && world->attrs(world, absolute_pfn(m, src)) & PF_PAGE_DIRTY)
		return mig->mode == MIGRATE_SYNC ? writeout(m, src) : -EBUSY;

	switch (world->migrate(world, absolute_pfn(m, src), absolute_pfn(m, dst),
			       (enum pf_mode)mig->mode)) {
	case PF_MIGRATED:
		return MIGRATEPAGE_SUCCESS;
	case PF_MIGRATE_AGAIN:
		return -EAGAIN;
	case PF_MIGRATE_NOMEM:
		return -ENOMEM;
	case PF_MIGRATE_BUSY:
		break;
	}
	return -EBUSY;
}

/*
 * The owner drops its reference to a page that has moved, so that the one of the
 * isolation is the last: the source is free before the next page is looked at.
 */
static void migrate_folio_done(struct machine *m, u32 src, u32 dst)
{
	if (page_in_cache(m, src)) {
		lx_folio_add_lru(m, dst);
		m->node[page_zone(m, src)->node].nr_isolated_file--;
		clear_page_state(m, src);
	}
	lx_put_page(m, src);
}

/* Ports migrate_folio_unmap() and migrate_folio_move() (6.1.192), once unmap_and_move(). */
static int unmap_and_move(struct migration *mig, u32 src, u32 dst, bool force)
{
	struct machine *m = mig->m;
	int rc = page_in_cache(m, src) ? __migrate_folio_unmap(mig, src, force) : 0;

	if (!rc)
		rc = move_to_new_folio(mig, dst, src);
	if (rc != -EAGAIN)
		list_del(m->lru, src);

	if (rc == MIGRATEPAGE_SUCCESS) {
		migrate_folio_done(m, src, dst);
		return rc;
	}
	if (rc != -EAGAIN)
		list_add_tail(m->lru, src, mig->ret_folios);
	mig->put_new_page(m, dst, mig->private);
	return rc;
}

/* How many pages are left, or -ENOMEM. */
static int migrate_pages_batch(struct migration *mig, u32 from)
{
	struct machine *m = mig->m;
	struct migrate_pages_stats *stats = &mig->stats;
	unsigned int nr_retry_pages = 0;
	int nr_failed = 0;
	bool retry = true;

	for (int pass = 0; pass < NR_MAX_MIGRATE_PAGES_RETRY && retry; pass++) {
		u32 src, next;

		nr_retry_pages = 0;
		for (src = m->lru[from].next; src != from; src = next) {
			u32 dst;

			next = m->lru[src].next;
			spent(m, 1);
			dst = mig->get_new_page(m, src, mig->private);
			if (dst == LX_NONE) {
				stats->nr_failed_pages += 1 + nr_retry_pages;
				return -ENOMEM;
			}
			switch (unmap_and_move(mig, src, dst, pass > 2)) {
			case MIGRATEPAGE_SUCCESS:
				stats->nr_succeeded++;
				break;
			case -ENOMEM:
				stats->nr_failed_pages += 1 + nr_retry_pages;
				return -ENOMEM;
			case -EAGAIN:
				nr_retry_pages++;
				break;
			default:
				nr_failed++;
				stats->nr_failed_pages++;
			}
		}
		retry = nr_retry_pages > 0;
	}
	stats->nr_failed_pages += nr_retry_pages;
	return nr_failed + (int)nr_retry_pages;
}

/* The first pages of `from`, as many as one batch may have, to the empty list `folios`. */
static void cut_batch(struct machine *m, u32 from, u32 folios)
{
	u32 last = from;
	unsigned int nr;

	for (nr = 0; nr < NR_MAX_BATCHED_MIGRATION && m->lru[last].next != from; nr++)
		last = m->lru[last].next;
	if (m->lru[last].next == from) {
		list_splice_init(m->lru, from, folios);
		return;
	}
	m->lru[folios].next = m->lru[from].next;
	m->lru[m->lru[from].next].prev = folios;
	m->lru[folios].prev = last;
	m->lru[from].next = m->lru[last].next;
	m->lru[m->lru[last].next].prev = from;
	m->lru[last].next = folios;
}

int lx_migrate_pages(struct machine *m, u32 from, new_page_t get_new_page, free_page_t put_new_page,
		     void *private, enum migrate_mode mode, enum migrate_reason reason,
		     unsigned int *ret_succeeded)
{
	struct migration mig = {
		.m = m,
		.get_new_page = get_new_page,
		.put_new_page = put_new_page,
		.private = private,
		.mode = mode,
		.ret_folios = init_scratch_list(m, SCRATCH_RET_FOLIOS),
	};
	u32 folios = init_scratch_list(m, SCRATCH_FOLIOS);
	int rc_gather = 0;

	do {
		int rc;

		cut_batch(m, from, folios);
		rc = migrate_pages_batch(&mig, folios);
		list_splice_tail_init(m->lru, folios, mig.ret_folios);
		if (rc < 0) {
			rc_gather = rc;
			break;
		}
		rc_gather += rc;
	} while (!list_empty(m->lru, from));

	list_splice_init(m->lru, mig.ret_folios, from);

	count_vm_events(m, PF_DUMP_PGMIGRATE_SUCCESS, mig.stats.nr_succeeded);
	count_vm_events(m, PF_DUMP_PGMIGRATE_FAIL, mig.stats.nr_failed_pages);
	lx_event(m, PF_EV_MIGRATE_PAGES, mig.stats.nr_succeeded, mig.stats.nr_failed_pages, mode,
		 reason);

	*ret_succeeded = mig.stats.nr_succeeded;
	return rc_gather;
}
