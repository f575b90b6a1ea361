// SPDX-License-Identifier: GPL-2.0-only
/*
 * compact.c - what the mobility allocator does to used memory: compaction
 * with two scanners that walk towards each other, and reclaim with a clock hand.
 */
#include "zone.h"

/* Can a unit start at page i, and could the world agree to move it? */
bool mob_can_move(struct mob_zone *z, uint32_t i)
{
	unsigned attrs = z->world->attrs(z->world, z->base + i);
	unsigned needed = PF_PAGE_LIVE | PF_PAGE_HEAD | PF_PAGE_MOVABLE;

	return (attrs & (needed | PF_PAGE_PINNED | PF_PAGE_LOCKED)) == needed;
}

/* Move a unit to a block that is off the lists; the one not used then is free. */
bool mob_move(struct mob_zone *z, uint32_t from, uint32_t to, unsigned order, enum pf_mode mode)
{
	unsigned retries = mode == PF_MODE_ASYNC ? 1 : 3;
	enum pf_migrate_result result;

	do {
		result = z->world->migrate(z->world, z->base + from, z->base + to, mode);
		mob_spend(z, 1);
	} while (result == PF_MIGRATE_AGAIN && retries--);
	if (result == PF_MIGRATED) {
		z->env->stats->pgmigrate_success += 1u << order;
		mob_release(z, from, order, false);
		return true;
	}
	z->env->stats->pgmigrate_fail += 1u << order;
	mob_release(z, to, order, false);
	return false;
}

/* ----------------------------------------------------------- compaction -- */

/* Some free block of at least the order, of any type. */
static bool have_block(const struct mob_zone *z, unsigned order)
{
	return (z->filled[PF_UNMOVABLE] | z->filled[PF_MOVABLE] | z->filled[PF_RECLAIMABLE]) >>
	       order;
}

/*
 * The free scanner: from top[k] up to the end of the zone no free block of order
 * k or more begins.
 */
struct free_scanner {
	uint32_t top[PF_NR_ORDERS];
};

/* Topmost free block of at least the order that starts at `floor` or above. */
static uint32_t find_target(struct mob_zone *z, struct free_scanner *scan, unsigned order,
			    uint32_t floor)
{
	uint32_t i = z->nr_pages, start, found = MOB_NOT_FOUND;

	for (unsigned k = 0; k <= order; k++)
		i = scan->top[k] < i ? scan->top[k] : i;
	if (!have_block(z, order))
		return MOB_NOT_FOUND;
	start = i;
	while (i > floor && found == MOB_NOT_FOUND) {
		uint8_t tag = z->tag[--i];

		if (tag && mob_tag_type(tag) != MOB_ISOLATE && mob_tag_order(tag) >= order)
			found = i;
	}
	z->env->stats->compact_free_scanned += start - i;
	mob_spend(z, start - i);
	if (found == MOB_NOT_FOUND)
		scan->top[order] = i;
	return found;
}

/* Move the unit at i up into the last free block that can hold it. */
static void move_up(struct mob_zone *z, struct free_scanner *scan, uint32_t i, unsigned order,
		    enum pf_mode mode)
{
	uint32_t found = find_target(z, scan, order, i + (1u << order));
	uint32_t end, to;
	uint8_t tag;

	if (found == MOB_NOT_FOUND)
		return;
	tag = z->tag[found];
	end = found + (1u << mob_tag_order(tag));
	to = end - (1u << order);
	mob_cut(z, found, to, order);
	if (mob_move(z, i, to, order, mode))
		scan->top[order] = to;
	else
		/* Whole again, it is the next target: not to be walked down once more. */
		scan->top[order] = z->tag[found] == tag ? found + 1 : end;
}

enum pf_compact_result mob_compact(void *zone, const struct pf_compact_request *req)
{
	struct mob_zone *z = zone;
	bool any = req->order < 0;
	unsigned order = any ? z->max_order : (unsigned)req->order;
	struct free_scanner scan;
	uint32_t i;

	if (order > z->max_order)
		return PF_COMPACT_SKIPPED;
	if (!any && have_block(z, order))
		return PF_COMPACT_SUCCESS;
	if (!any && z->count.free < (uint64_t)z->env->zl->wmark[PF_WMARK_MIN] + (2ull << order))
		return PF_COMPACT_SKIPPED;
	for (unsigned k = 0; k < PF_NR_ORDERS; k++)
		scan.top[k] = z->end;
	for (i = z->first; i < z->end && scan.top[0] > i;) {
		uint32_t nr = 1;

		if (z->tag[i]) {
			nr = 1u << mob_tag_order(z->tag[i]);
		} else if (!(z->block[i >> z->block_order] & MOB_BLOCK_ISOLATED) &&
			   mob_can_move(z, i)) {
			unsigned unit = z->world->unit_order(z->world, z->base + i);

			nr = 1u << unit;
			if (unit < order && !(i & (nr - 1)))
				move_up(z, &scan, i, unit, (enum pf_mode)req->mode);
		}
		z->env->stats->compact_migrate_scanned += nr;
		mob_spend(z, 1);
		if (!any && have_block(z, order))
			break;
		i += nr;
	}
	mob_flush(z);
	return !any && have_block(z, order) ? PF_COMPACT_SUCCESS : PF_COMPACT_COMPLETE;
}

/* -------------------------------------------------------------- reclaim -- */

/* Ask the owner of the unit at the clock hand; returns the pages of it that came free. */
static uint32_t evict_unit(struct mob_zone *z, uint32_t i, unsigned order, enum pf_mode mode)
{
	z->env->stats->pgscan += 1u << order;
	mob_spend(z, 1);
	if (z->world->evict(z->world, z->base + i, mode) != PF_EVICTED)
		return 0;
	z->env->stats->pgsteal += 1u << order;
	z->env->stats->pgfree += 1u << order;
	mob_release(z, i, order, false);
	return 1u << order;
}

unsigned mob_reclaim(void *zone, unsigned nr, enum pf_mode mode)
{
	const unsigned needed = PF_PAGE_LIVE | PF_PAGE_HEAD | PF_PAGE_EVICTABLE;
	const unsigned denied = PF_PAGE_PINNED | PF_PAGE_LOCKED | PF_PAGE_WRITEBACK;
	struct mob_zone *z = zone;
	uint32_t freed = 0, looked = 0;

	/* At most once round, so that no unit is asked twice. */
	while (freed < nr && looked < z->end - z->first) {
		uint32_t i = z->hand, step = 1;

		if (z->tag[i]) {
			step = 1u << mob_tag_order(z->tag[i]);
		} else if ((z->world->attrs(z->world, z->base + i) & (needed | denied)) == needed) {
			unsigned order = z->world->unit_order(z->world, z->base + i);

			step = 1u << order;
			freed += evict_unit(z, i, order, mode);
		}
		mob_spend(z, 1);
		looked += step;
		z->hand = i + step < z->end ? i + step : z->first;
	}
	mob_flush(z);
	return freed;
}
