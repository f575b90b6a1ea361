/* SPDX-License-Identifier: GPL-2.0-only */
/* zone.h - one zone of the mobility allocator, as its source files share it. */
#ifndef PAGEFUZZ_MOBILITY_ZONE_H
#define PAGEFUZZ_MOBILITY_ZONE_H

#include "mobility.h"

#include "../zoned/zoned.h"

#define MOB_NOT_FOUND UINT32_MAX

/* Lists by type: those of enum pf_mobility and one for isolated blocks. */
#define MOB_ISOLATE  PF_NR_MOBILITY
#define MOB_NR_TYPES (PF_NR_MOBILITY + 1)

/* block[]: the type in the low bits, and what makes it unusable. */
#define MOB_BLOCK_TYPE	   0x0fu
#define MOB_BLOCK_ISOLATED 0x40u
#define MOB_BLOCK_OFFLINE  0x80u

struct mob_link {
	uint32_t next, prev;
};

/*
 * Pages are counted from `base`. It is aligned to the largest blocks, and
 * nr_pages is a multiple of them, so a buddy's number is always in the tables.
 * link[] continues after the pages with the heads of the circular lists.
 */
struct mob_zone {
	const struct pf_zone_env *env;
	struct pf_world *world;
	pf_pfn base;
	uint32_t nr_pages;
	uint32_t first, end; /* the span of the zone */
	unsigned max_order, block_order;
	uint32_t nr_isolated;	       /* pageblocks */
	uint32_t hand;		       /* where reclaim goes on */
	uint32_t pending;	       /* work not yet reported */
	uint32_t filled[MOB_NR_TYPES]; /* bit per order: list is not empty */
	struct pf_zone_counters count;
	uint8_t *block; /* per pageblock */
	uint8_t *tag;	/* first page of a free block: MOB_TAG, else 0 */
	struct mob_link link[];
};

#define MOB_TAG(order, type) ((uint8_t)((order) + 1u + ((type) << 5)))

static inline unsigned mob_tag_order(uint8_t tag)
{
	return (tag & 0x1fu) - 1;
}

static inline unsigned mob_tag_type(uint8_t tag)
{
	return tag >> 5;
}

static inline uint32_t mob_block_pages(const struct mob_zone *z)
{
	return 1u << z->block_order;
}

/* The pages of a pageblock that the zone has: a pageblock may be larger than all of it. */
static inline uint32_t mob_block_first(const struct mob_zone *z, uint32_t block)
{
	return block < z->first ? z->first : block;
}

static inline uint32_t mob_block_end(const struct mob_zone *z, uint32_t block)
{
	return z->end - block < mob_block_pages(z) ? z->end : block + mob_block_pages(z);
}

/* Order of the largest aligned block that starts at i and has at most nr pages. */
static inline unsigned mob_chunk_order(const struct mob_zone *z, uint32_t i, uint32_t nr)
{
	unsigned order = i ? (unsigned)__builtin_ctz(i) : z->max_order;

	if (order > z->max_order)
		order = z->max_order;
	while (1u << order > nr)
		order--;
	return order;
}

/* Account work; in the scanners by portions, as a call for each page costs. */
static inline void mob_flush(struct mob_zone *z)
{
	z->world->spent(z->world, z->pending);
	z->pending = 0;
}

static inline void mob_spend(struct mob_zone *z, uint32_t units)
{
	z->pending += units;
	if (z->pending >= 128)
		mob_flush(z);
}

/* mobility.c: lists and types */
void mob_list_add(struct mob_zone *z, uint32_t i, unsigned order, unsigned type, bool tail);
void mob_list_del(struct mob_zone *z, uint32_t i);
uint32_t mob_holder(const struct mob_zone *z, uint32_t i);
void mob_cut(struct mob_zone *z, uint32_t i, uint32_t want, unsigned order);
uint32_t mob_take(struct mob_zone *z, unsigned order, unsigned type);
void mob_release(struct mob_zone *z, uint32_t i, unsigned order, bool tail);
void mob_release_range(struct mob_zone *z, uint32_t i, uint32_t nr, bool tail);

/* compact.c: moving and evicting units */
bool mob_can_move(struct mob_zone *z, uint32_t i);
bool mob_move(struct mob_zone *z, uint32_t from, uint32_t to, unsigned order, enum pf_mode mode);
enum pf_compact_result mob_compact(void *zone, const struct pf_compact_request *req);
unsigned mob_reclaim(void *zone, unsigned nr, enum pf_mode mode);

/* ranges.c: pageblocks and exact ranges */
bool mob_isolate(void *zone, pf_pfn block);
void mob_undo_isolate(void *zone, pf_pfn block);
bool mob_alloc_contig(void *zone, pf_pfn pfn, unsigned nr, unsigned mobility);
void mob_free_contig(void *zone, pf_pfn pfn, unsigned nr);
bool mob_offline(void *zone, pf_pfn block);
void mob_online(void *zone, pf_pfn block);

#endif /* PAGEFUZZ_MOBILITY_ZONE_H */
