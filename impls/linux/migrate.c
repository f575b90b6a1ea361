// SPDX-License-Identifier: GPL-2.0-only
/*
 * migrate.c - moving pages to other places: order of the attempts, repetition,
 * and what becomes of sources and targets. Ports the part of mm/migrate.c of 6.1
 * that concerns movable pages that are on no LRU list; every function has the
 * name of the one that it follows. Whether a single move works is the world's
 * answer.
 *
 * Such pages are not in NR_ISOLATED_*, and of the kernel's ways to fail only
 * three are left: no target, not now (-EAGAIN), not at all (-EBUSY).
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
	/* The owners need not be told: nothing was said to them at isolation either. */
	m->lru[list].next = m->lru[list].prev = list;
}

/* Ask the owner to follow. Ports __migrate_folio_move() with move_to_new_folio() (6.1). */
static int move_to_new_folio(struct migration *mig, u32 dst, u32 src)
{
	struct machine *m = mig->m;
	struct pf_world *world = m->world;

	switch (world->migrate(world, absolute_pfn(m, src), absolute_pfn(m, dst),
			       (enum pf_mode)mig->mode)) {
	case PF_MIGRATED:
		return MIGRATEPAGE_SUCCESS;
	case PF_MIGRATE_AGAIN:
		return -EAGAIN;
	case PF_MIGRATE_BUSY:
		break;
	}
	return -EBUSY;
}

/*
 * The owner drops its reference to a page that has moved, so that the one of the
 * isolation is the last: the source is free before the next page is looked at.
 */
static int migrate_folio_move(struct migration *mig, u32 src, u32 dst)
{
	struct machine *m = mig->m;
	int rc = move_to_new_folio(mig, dst, src);

	if (rc != -EAGAIN)
		list_del(m->lru, src);

	if (rc == MIGRATEPAGE_SUCCESS) {
		lx_put_page(m, src);
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
			switch (migrate_folio_move(mig, src, dst)) {
			case MIGRATEPAGE_SUCCESS:
				stats->nr_succeeded++;
				break;
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
