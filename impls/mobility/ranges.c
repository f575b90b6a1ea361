// SPDX-License-Identifier: GPL-2.0-only
/*
 * ranges.c - the mobility allocator by address: isolating pageblocks, taking
 * exact ranges, and removing pageblocks for good.
 */
#include "zone.h"

/* ------------------------------------------------------------ isolation -- */

static void isolate_block(struct mob_zone *z, uint32_t block)
{
	uint32_t i = mob_holder(z, block), end = mob_block_end(z, block);

	if (i != MOB_NOT_FOUND && mob_tag_order(z->tag[i]) > z->block_order) {
		mob_cut(z, i, block, z->block_order);
		mob_list_add(z, block, z->block_order, MOB_ISOLATE, true);
		mob_spend(z, 1);
	} else {
		for (i = mob_block_first(z, block); i < end; i++) {
			uint8_t tag = z->tag[i];

			mob_spend(z, 1);
			if (!tag)
				continue;
			mob_list_del(z, i);
			mob_list_add(z, i, mob_tag_order(tag), MOB_ISOLATE, true);
			i += (1u << mob_tag_order(tag)) - 1;
		}
	}
	z->block[block >> z->block_order] |= MOB_BLOCK_ISOLATED;
	z->nr_isolated++;
}

static void undo_block(struct mob_zone *z, uint32_t block)
{
	uint32_t end = mob_block_end(z, block);

	z->block[block >> z->block_order] &= (uint8_t)~MOB_BLOCK_ISOLATED;
	z->nr_isolated--;
	for (uint32_t i = mob_block_first(z, block); i < end; i++) {
		uint8_t tag = z->tag[i];

		mob_spend(z, 1);
		if (!tag)
			continue;
		mob_list_del(z, i);
		mob_release(z, i, mob_tag_order(tag), true);
		i += (1u << mob_tag_order(tag)) - 1;
	}
}

bool mob_isolate(void *zone, pf_pfn block)
{
	struct mob_zone *z = zone;
	uint32_t i = block - z->base;

	if (z->block[i >> z->block_order] & (MOB_BLOCK_ISOLATED | MOB_BLOCK_OFFLINE))
		return false;
	isolate_block(z, i);
	mob_flush(z);
	return true;
}

void mob_undo_isolate(void *zone, pf_pfn block)
{
	struct mob_zone *z = zone;
	uint32_t i = block - z->base;

	if (!(z->block[i >> z->block_order] & MOB_BLOCK_ISOLATED))
		return;
	undo_block(z, i);
	mob_flush(z);
}

/* --------------------------------------------------------- exact ranges -- */

/* End of the free block or the movable unit that page i lies in; else NOT_FOUND. */
static uint32_t end_of_free(const struct mob_zone *z, uint32_t i)
{
	uint32_t first = mob_holder(z, i);

	return first == MOB_NOT_FOUND ? first : first + (1u << mob_tag_order(z->tag[first]));
}

static uint32_t end_of_movable(struct mob_zone *z, uint32_t i, uint32_t *first, unsigned *order)
{
	if (!(z->world->attrs(z->world, z->base + i) & PF_PAGE_LIVE))
		return MOB_NOT_FOUND;
	*order = z->world->unit_order(z->world, z->base + i);
	*first = i >> *order << *order;
	return mob_can_move(z, *first) ? *first + (1u << *order) : MOB_NOT_FOUND;
}

static bool may_take(struct mob_zone *z, uint32_t start, uint32_t end)
{
	uint32_t first;
	unsigned order;

	if ((uint64_t)z->count.free < (uint64_t)z->env->zl->wmark[PF_WMARK_MIN] + (end - start))
		return false;
	for (uint32_t b = start >> z->block_order; b <= (end - 1) >> z->block_order; b++) {
		if (z->block[b] & (MOB_BLOCK_ISOLATED | MOB_BLOCK_OFFLINE))
			return false;
	}
	for (uint32_t i = start, next; i < end; i = next) {
		mob_spend(z, 1);
		next = end_of_free(z, i);
		if (next == MOB_NOT_FOUND)
			next = end_of_movable(z, i, &first, &order);
		if (next == MOB_NOT_FOUND)
			return false;
	}
	return true;
}

/* Move all units out of the range, whose pageblocks are isolated. */
static bool empty_range(struct mob_zone *z, uint32_t start, uint32_t end)
{
	for (uint32_t i = start, next; i < end; i = next) {
		uint32_t first, to;
		unsigned order;

		mob_spend(z, 1);
		next = end_of_free(z, i);
		if (next != MOB_NOT_FOUND)
			continue;
		next = end_of_movable(z, i, &first, &order);
		if (next == MOB_NOT_FOUND)
			return false;
		to = mob_take(z, order, PF_MOVABLE);
		if (to == MOB_NOT_FOUND || !mob_move(z, first, to, order, PF_MODE_SYNC))
			return false;
	}
	return true;
}

static bool take_range(struct mob_zone *z, uint32_t start, uint32_t end)
{
	uint32_t block_pages = mob_block_pages(z);
	uint32_t first_block = start & ~(block_pages - 1);
	bool taken;

	if (!may_take(z, start, end))
		return false;
	for (uint32_t b = first_block; b < end; b += block_pages)
		isolate_block(z, b);
	taken = empty_range(z, start, end);
	for (uint32_t i = start; taken && i < end;) {
		uint32_t holder = mob_holder(z, i);
		unsigned order = mob_chunk_order(z, i, end - i);

		/* Isolated blocks are merged up to a pageblock only. */
		if (order > z->block_order)
			order = z->block_order;
		mob_cut(z, holder, i, order);
		i += 1u << order;
	}
	for (uint32_t b = first_block; b < end; b += block_pages)
		undo_block(z, b);
	return taken;
}

bool mob_alloc_contig(void *zone, pf_pfn pfn, unsigned nr, unsigned mobility)
{
	struct mob_zone *z = zone;
	uint32_t start = pfn - z->base;
	bool taken = take_range(z, start, start + nr);

	(void)mobility;
	mob_flush(z);
	return taken;
}

void mob_free_contig(void *zone, pf_pfn pfn, unsigned nr)
{
	struct mob_zone *z = zone;

	z->world->spent(z->world, 1);
	mob_release_range(z, pfn - z->base, nr, false);
}

bool mob_offline(void *zone, pf_pfn block)
{
	struct mob_zone *z = zone;
	uint32_t start = block - z->base;
	bool taken = take_range(z, start, start + mob_block_pages(z));

	if (taken) {
		z->count.managed -= mob_block_pages(z);
		z->block[start >> z->block_order] = PF_MOVABLE | MOB_BLOCK_OFFLINE;
	}
	mob_flush(z);
	return taken;
}

void mob_online(void *zone, pf_pfn block)
{
	struct mob_zone *z = zone;
	uint32_t start = block - z->base;

	if (!(z->block[start >> z->block_order] & MOB_BLOCK_OFFLINE))
		return;
	z->block[start >> z->block_order] = PF_MOVABLE;
	z->count.managed += mob_block_pages(z);
	z->world->spent(z->world, 1);
	mob_release(z, start, z->block_order, true);
}
