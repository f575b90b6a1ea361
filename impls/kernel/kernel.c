// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel.c - the real kernel as a struct pf_impl: calls become requests to the
 * guest, its moves are told to the world, its dumps are put into the form of
 * dump.h.
 *
 * Calls without an answer are kept back and go out with the next one that has
 * one: a round trip costs more than most requests.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strdup() */
#endif

#include "kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu.h"
#include "reply.h"

#define CALL_SECONDS 30u
#define QUEUE	     512u

/* The protocol has the values of impl.h. */
_Static_assert(LAB_NR_TYPES == PF_NR_BLOCK_TYPES, "types");
_Static_assert(LAB_PAGE_LIVE == PF_PAGE_LIVE && LAB_PAGE_MOVABLE == PF_PAGE_MOVABLE &&
		       LAB_PAGE_PINNED == PF_PAGE_PINNED && LAB_PAGE_DIRTY == PF_PAGE_DIRTY &&
		       LAB_PAGE_WRITEBACK == PF_PAGE_WRITEBACK &&
		       LAB_PAGE_LOCKED == PF_PAGE_LOCKED &&
		       LAB_PAGE_EVICTABLE == PF_PAGE_EVICTABLE && LAB_PAGE_LRU == PF_PAGE_LRU,
	       "attributes");
_Static_assert((int)LAB_COMPACT_SUCCESS == (int)PF_COMPACT_SUCCESS &&
		       (int)LAB_COMPACT_DEFERRED == (int)PF_COMPACT_DEFERRED,
	       "results of compaction");
_Static_assert((int)LAB_NR_KNOBS == (int)PF_NR_KNOBS &&
		       (int)LAB_COMPACT_UNEVICTABLE_ALLOWED == (int)PF_COMPACT_UNEVICTABLE_ALLOWED,
	       "knobs");
_Static_assert((int)LAB_MOVE_BUSY == (int)PF_MIGRATE_BUSY &&
		       (int)LAB_MOVE_NOMEM == (int)PF_MIGRATE_NOMEM,
	       "results of moves");

/* In the state block of a run: the machine stands outside it. */
struct state {
	struct pf_kernel *kernel;
};

struct pf_kernel {
	struct pf_impl impl;
	char name[16], group[32];
	struct lab lab;
	struct lab_config config;
	char *kernel, *initrd, *console; /* paths */
	unsigned call_seconds;
	bool used;	/* by a run: the next one needs it as it was at first */
	bool odd;	/* something was done that tidy() does not undo */
	uint32_t tuned; /* knobs, 1 << enum pf_knob */
	uint32_t total_before[PF_NR_TOTAL_FIELDS]; /* what earlier runs have added */
	struct pf_kernel_effort effort;
	struct pf_world *world;
	struct lab_hello hello[LAB_MAX_ZONES];
	uint32_t nr_zones;
	struct pf_layout layout;
	uint32_t in_use[LAB_MAX_ZONES]; /* pages of others at the start */
	uint8_t *hole[LAB_MAX_ZONES];	/* by page: there is no memory */
	uint8_t *
		unit[LAB_MAX_ZONES]; /* by page: order + 1 of what begins there and is handed out */
	struct pf_dump start, now;
	bool now_valid;
	struct pf_zone_counters counters[LAB_MAX_ZONES];
	struct lab_state_record state;
	struct lab_request queue[QUEUE];
	uint32_t nr_queued;
	struct lab_dump reading; /* a record, into `now` */
};

static struct pf_kernel *kernel_of(const void *state)
{
	return ((const struct state *)state)->kernel;
}

/* What came back for the last request of a batch that has no STATE or DUMP. */
struct answer {
	uint32_t value;
	const uint32_t *pages;
	uint32_t nr_pages;
};

/* -------------------------------------------------------------- batches -- */

static struct lab_request *queue(struct pf_kernel *k, enum lab_op op)
{
	struct lab_request *r = &k->queue[k->nr_queued++];

	*r = (struct lab_request){.op = (uint8_t)op};
	return r;
}

static struct lab_request *queue_request(struct pf_kernel *k, enum lab_op op,
					 const struct pf_request *req)
{
	struct lab_request *r = queue(k, op);

	r->order = req->order;
	r->mobility = req->mobility;
	r->flags = req->zone;
	r->gfp = req->gfp;
	return r;
}

static bool nonsense(struct pf_kernel *k, const char *what)
{
	return lab_fail(&k->lab, what);
}

/* --------------------------------------------------- what is handed out -- */

static void set_unit(struct pf_kernel *k, pf_pfn pfn, uint8_t value)
{
	for (uint32_t z = 0; z < k->nr_zones; z++)
		if (k->unit[z] && pfn >= k->hello[z].start_pfn && pfn < k->hello[z].end_pfn)
			k->unit[z][pfn - k->hello[z].start_pfn] = value;
}

static uint8_t unit_at(const struct pf_kernel *k, pf_pfn pfn)
{
	for (uint32_t z = 0; z < k->nr_zones; z++)
		if (k->unit[z] && pfn >= k->hello[z].start_pfn && pfn < k->hello[z].end_pfn)
			return k->unit[z][pfn - k->hello[z].start_pfn];
	return 0;
}

static void handed_out(struct pf_kernel *k, pf_pfn pfn, unsigned order)
{
	set_unit(k, pfn, (uint8_t)(order + 1));
}

static void come_back(struct pf_kernel *k, pf_pfn pfn)
{
	set_unit(k, pfn, 0);
}

static void singles(struct pf_kernel *k, pf_pfn pfn, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		handed_out(k, pfn + i, 0);
}

static void note_counters(struct pf_kernel *k)
{
	for (uint32_t z = 0; z < k->nr_zones; z++) {
		uint32_t mark = k->layout.zone[z].wmark[PF_WMARK_MIN];

		k->counters[z] = (struct pf_zone_counters){
			.managed = k->hello[z].managed - k->in_use[z],
			.free = k->state.zone[z].free_exact,
			.cached = k->state.zone[z].pcp_count,
			.drift = k->hello[z].stat_threshold,
			.withheld = k->state.zone[z].watermark_boost +
				    k->state.zone[z].nr_reserved_highatomic,
		};
		/* A mark that was tuned counts as well. */
		if (k->state.zone[z].wmark_min > mark)
			k->counters[z].withheld += k->state.zone[z].wmark_min - mark;
		else
			k->counters[z].drift += mark - k->state.zone[z].wmark_min;
		for (unsigned i = 0; i < PF_NR_ZONE_TYPES; i++)
			k->counters[z].lowmem_reserve[i] =
				k->start.zone[z].field[PF_DUMP_RESERVE_DMA + i];
	}
}

static bool read_dump_record(struct pf_kernel *k, const struct lab_record *record, unsigned z);

/* Requests that can't fail unless the guest and we disagree on what there is. */
static bool must_succeed(unsigned op)
{
	return op == LAB_PAGE_FREE || op == LAB_PAGE_SPLIT || op == LAB_PAGE_ATTRS ||
	       op == LAB_DUMP || op == LAB_STATE || op == LAB_INJECT || op == LAB_DRAIN ||
	       op == LAB_HELLO;
}

static bool read_answer(struct pf_kernel *k, const struct lab_request *r, uint32_t value,
			struct answer *answer)
{
	char text[120];

	if (must_succeed(r->op) && value >= LAB_UNSUPPORTED) {
		snprintf(text, sizeof(text), "the guest refused request %u (pfn %u, order %u): %#x",
			 r->op, r->slot, r->order, value);
		return nonsense(k, text);
	}
	if (r->op != LAB_STATE && r->op != LAB_DUMP)
		answer->value = value;
	return true;
}

static bool read_record(struct pf_kernel *k, const struct lab_record *record, struct answer *answer)
{
	const struct lab_request *r = &k->queue[record->index];

	switch (record->kind) {
	case LAB_REC_ANSWER:
		return read_answer(k, r, record->words[0], answer);
	case LAB_REC_PAGES:
		answer->pages = record->words;
		answer->nr_pages = record->nr_words;
		return true;
	case LAB_REC_HELLO:
		return (r->arg < LAB_MAX_ZONES && lab_read_hello(record, &k->hello[r->arg])) ||
		       nonsense(k, "the guest's HELLO makes no sense");
	case LAB_REC_DUMP:
		return read_dump_record(k, record, r->arg);
	case LAB_REC_STATE:
		return lab_read_state(record, &k->state) ||
		       nonsense(k, "the guest's STATE makes no sense");
	default:
		return true;
	}
}

static bool read_replies(struct pf_kernel *k, const struct lab_replies *replies,
			 struct answer *answer)
{
	struct lab_reader reader = {replies->words, replies->nr_words, 0};
	struct lab_record record;
	uint32_t answers = 0;

	while (lab_next(&reader, &record)) {
		if (record.index != answers || record.index >= k->nr_queued ||
		    record.op != k->queue[record.index].op)
			return nonsense(k, "the guest's replies are out of order");
		if (!read_record(k, &record, answer))
			return false;
		answers += record.kind == LAB_REC_ANSWER;
	}
	if (reader.at != reader.nr_words || answers != k->nr_queued)
		return nonsense(k, "the guest's replies make no sense");
	if (k->state.stray_moves)
		return nonsense(k, "the kernel moved pages at a time of its own");
	return true;
}

/* Nobody is asked: the guest decided by the rules, and the world must find the same. */
static bool replay_move(struct pf_kernel *k, const struct lab_move *move)
{
	static const char *const name[] = {"moved", "-EAGAIN", "-EBUSY", "-ENOMEM"};
	enum pf_migrate_result world;
	char text[160];

	if (!k->world)
		return nonsense(k, "the kernel moved pages before it was asked to");
	if (move->result == LAB_MOVED) {
		set_unit(k, move->dst, unit_at(k, move->src));
		come_back(k, move->src);
	}
	world = k->world->migrate(k->world, move->src, move->dst, (enum pf_mode)move->mode);
	if ((unsigned)world == move->result)
		return true;
	snprintf(text, sizeof(text),
		 move->result == LAB_MOVED
			 ? "the kernel moved pfn %u to %u although its owner said %s (mode %u)"
			 : "the kernel did not move pfn %u to %u although its owner said %s "
			   "(mode %u)",
		 move->src, move->dst, world <= PF_MIGRATE_NOMEM ? name[world] : "?", move->mode);
	return nonsense(k, text);
}

/* What the kernel waited for is over in the world, too. */
static bool replay_wait(struct pf_kernel *k, const struct lab_move *wait)
{
	const unsigned attr = (unsigned)wait->mode << LAB_WAITED_SHIFT;

	if (attr != PF_PAGE_DIRTY && attr != PF_PAGE_WRITEBACK && attr != PF_PAGE_LOCKED)
		return nonsense(k, "the guest waited for what nobody waits for");
	if (!k->world)
		return nonsense(k, "the kernel waited before it was asked to do anything");
	k->world->wait(k->world, wait->src, attr);
	return true;
}

static bool replay(struct pf_kernel *k, const struct lab_move *move)
{
	if (move->result == LAB_WAITED)
		return replay_wait(k, move);
	if (move->result > LAB_MOVE_NOMEM || move->mode >= PF_NR_MODES)
		return nonsense(k, "a MOVE of the guest makes no sense");
	return replay_move(k, move);
}

static bool replay_moves(struct pf_kernel *k, const struct lab_replies *replies)
{
	struct lab_reader reader = {replies->words, replies->nr_words, 0};
	struct lab_record record;

	while (lab_next(&reader, &record)) {
		struct lab_move move;

		if (record.kind != LAB_REC_MOVE)
			continue;
		memcpy(&move, record.words, sizeof(move));
		if (!replay(k, &move))
			return false;
	}
	return true;
}

/* Sends what is queued. False: the lab is gone, and its error says why. */
static bool exchange(struct pf_kernel *k, struct answer *answer)
{
	struct lab_replies replies;
	bool good;

	*answer = (struct answer){.value = LAB_NONE};
	queue(k, LAB_STATE);
	good = lab_run(&k->lab, k->queue, k->nr_queued, k->call_seconds, &replies) &&
	       read_replies(k, &replies, answer);
	k->nr_queued = 0;
	if (!good)
		return false;
	note_counters(k);
	return replay_moves(k, &replies);
}

_Noreturn static void lost(struct pf_kernel *k)
{
	if (k->world && k->world->lost)
		k->world->lost(k->world, k->lab.error);
	fprintf(stderr, "pagefuzz: the kernel is lost: %s\n", k->lab.error);
	abort();
}

static struct answer flush(struct pf_kernel *k)
{
	struct answer answer;

	k->now_valid = false;
	if (!exchange(k, &answer))
		lost(k);
	return answer;
}

/* Behind everything that changes the machine and has no answer. */
static void keep_back(struct pf_kernel *k)
{
	k->now_valid = false;
	if (k->nr_queued + 8 > QUEUE)
		flush(k);
}

/* ---------------------------------------------------------------- dumps -- */

static void copy_list(struct pf_dump *d, struct pf_list *to, const struct lab_list *from)
{
	pf_dump_begin(d, to);
	for (uint32_t i = 0; i < from->nr; i++)
		pf_dump_add(d, to, from->pfns[i]);
}

static void copy_head(struct pf_zone_dump *to, const struct lab_dump_head *h)
{
	const uint32_t field[PF_NR_ZONE_FIELDS] = {
		[PF_DUMP_MANAGED] = h->managed,
		[PF_DUMP_PRESENT] = h->present,
		[PF_DUMP_FREE] = h->free_global,
		[PF_DUMP_WMARK_MIN] = h->watermark[0],
		[PF_DUMP_WMARK_LOW] = h->watermark[1],
		[PF_DUMP_WMARK_HIGH] = h->watermark[2],
		[PF_DUMP_BOOST] = h->watermark_boost,
		[PF_DUMP_RESERVE_DMA] = h->lowmem_reserve[0],
		[PF_DUMP_RESERVE_DMA32] = h->lowmem_reserve[1],
		[PF_DUMP_RESERVE_NORMAL] = h->lowmem_reserve[2],
		[PF_DUMP_RESERVE_MOVABLE] = h->lowmem_reserve[3],
		[PF_DUMP_BOOSTED] = h->boosted,
		[PF_DUMP_RECLAIM_ACTIVE] = h->reclaim_active,
		[PF_DUMP_HIGHATOMIC] = h->nr_reserved_highatomic,
		[PF_DUMP_NR_ISOLATE] = h->nr_isolate_pageblock,
		[PF_DUMP_CONTIGUOUS] = h->contiguous,
		[PF_DUMP_CACHED_FREE] = h->compact_cached_free_pfn,
		[PF_DUMP_CACHED_MIGRATE_ASYNC] = h->compact_cached_migrate_pfn[0],
		[PF_DUMP_CACHED_MIGRATE_SYNC] = h->compact_cached_migrate_pfn[1],
		[PF_DUMP_INIT_FREE] = h->compact_init_free_pfn,
		[PF_DUMP_INIT_MIGRATE] = h->compact_init_migrate_pfn,
		[PF_DUMP_CONSIDERED] = h->compact_considered,
		[PF_DUMP_DEFER_SHIFT] = h->compact_defer_shift,
		[PF_DUMP_ORDER_FAILED] = h->compact_order_failed,
		[PF_DUMP_BLOCKSKIP_FLUSH] = h->compact_blockskip_flush,
	};
	const uint32_t cpu[PF_NR_CPU_FIELDS] = {
		[PF_DUMP_COUNT] = h->pcp_count,
		[PF_DUMP_HIGH] = h->pcp_high,
		[PF_DUMP_BATCH] = h->pcp_batch,
		[PF_DUMP_FREE_FACTOR] = h->pcp_free_factor,
		[PF_DUMP_FREE_DIFF] = h->free_exact - h->free_global,
		[PF_DUMP_STAT_THRESHOLD] = h->stat_threshold,
	};

	memcpy(to->field, field, sizeof(field));
	memcpy(to->cpu[0], cpu, sizeof(cpu));
}

/* Blocks of a hole have neither type nor skip bit. */
static void copy_blocks(struct pf_kernel *k, struct pf_list *to, const struct lab_list *from)
{
	pf_dump_begin(&k->now, to);
	for (uint32_t i = 0; i < from->nr; i++)
		pf_dump_add(&k->now, to, from->pfns[i] & (PF_BLOCK_TYPE | PF_BLOCK_SKIP));
}

/* Holes are kept by page, too. */
static bool copy_others(struct pf_kernel *k, unsigned z, struct pf_list *to,
			const struct lab_list *from)
{
	uint32_t start = k->hello[z].start_pfn, pages = k->hello[z].end_pfn - start;

	copy_list(&k->now, to, from);
	for (uint32_t i = 0; i < from->nr; i += 2) {
		uint32_t pfn = from->pfns[i], nr = from->pfns[i + 1] & ~LAB_OTHERS_HOLE;

		if (!(from->pfns[i + 1] & LAB_OTHERS_HOLE))
			continue;
		if (pfn < start || pfn - start > pages || nr > pages - (pfn - start))
			return nonsense(k, "the guest's dump has a hole outside its zone");
		memset(k->hole[z] + (pfn - start), 1, nr);
	}
	return true;
}

/* A zone of the guest's dump into k->now; the lists must hold what is counted. */
static bool read_dump_record(struct pf_kernel *k, const struct lab_record *record, unsigned z)
{
	const struct lab_dump *from = &k->reading;
	struct pf_zone_dump *to = &k->now.zone[z];
	char text[120];

	if (z >= k->nr_zones || !lab_read_dump(record, &k->reading) ||
	    from->head->nr_types != LAB_NR_TYPES || from->head->nr_pcp_lists > PF_NR_PCP_LISTS)
		return nonsense(k, "the guest's dump makes no sense");
	memset(to, 0, sizeof(*to));
	copy_head(to, from->head);
	for (unsigned o = 0; o <= from->head->max_order; o++) {
		uint32_t nr = 0;

		for (unsigned t = 0; t < LAB_NR_TYPES; t++) {
			copy_list(&k->now, &to->free[o][t], &from->free[o][t]);
			nr += from->free[o][t].nr;
		}
		if (nr != from->head->nr_free[o]) {
			snprintf(text, sizeof(text),
				 "the kernel counts %u free blocks of order %u, its lists hold %u",
				 from->head->nr_free[o], o, nr);
			return nonsense(k, text);
		}
	}
	for (unsigned i = 0; i < from->head->nr_pcp_lists; i++)
		copy_list(&k->now, &to->pcp[0][i], &from->pcp[i]);
	copy_blocks(k, &to->blocks, &from->blocks);
	if (!z)
		copy_list(&k->now, &k->now.lru_add[0], &from->lru_add);
	return copy_others(k, z, &to->others, &from->others);
}

/* Asks for a dump of all zones into k->now; moves nothing, changes nothing. */
static bool take_dump(struct pf_kernel *k, bool with_others)
{
	struct answer answer;

	k->now.nr_words = 0;
	k->now.nr_zones = k->nr_zones;
	k->now.nr_cpus = 1;
	k->now.nr_online_nodes = 2; /* the guest's own, and the lab */
	for (uint32_t z = 0; z < k->nr_zones; z++) {
		struct lab_request *r = queue(k, LAB_DUMP);

		r->arg = z;
		r->flags = with_others;
	}
	if (!exchange(k, &answer))
		return false;
	if (k->now.nr_words > k->now.room)
		return nonsense(k, "the guest's dump does not fit");
	for (unsigned i = 0; i < PF_NR_TOTAL_FIELDS; i++)
		k->now.total[i] = k->state.total[i] - k->total_before[i];
	k->now_valid = true;
	return true;
}

static const struct pf_dump *fresh_dump(struct pf_kernel *k)
{
	if (!k->now_valid && !take_dump(k, false))
		lost(k);
	return &k->now;
}

/* Visits all blocks of a zone's lists. */
static void each_block(const struct pf_layout *l, const struct pf_dump *d, unsigned z,
		       pf_block_fn fn, void *arg)
{
	const struct pf_zone_dump *zone = &d->zone[z];

	for (unsigned o = 0; o < PF_NR_ORDERS; o++)
		for (unsigned t = 0; t < PF_NR_BLOCK_TYPES; t++)
			for (uint32_t i = 0; i < zone->free[o][t].nr; i++) {
				const struct pf_block block = {
					.pfn = d->word[zone->free[o][t].first + i],
					.order = (uint8_t)o,
					.type = (uint8_t)t,
					.where = t == PF_ISOLATE ? PF_ISOLATED : PF_FREE,
				};

				fn(arg, &block);
			}
	for (unsigned list = 0; list < PF_NR_PCP_LISTS; list++)
		for (uint32_t i = 0; i < zone->pcp[0][list].nr; i++) {
			const struct pf_block block = {
				.pfn = d->word[zone->pcp[0][list].first + i],
				.order = (uint8_t)pf_pcp_order(l, list),
				.type = (uint8_t)(list < 12 ? list % 3 : list == 13),
				.where = PF_CACHED,
			};

			fn(arg, &block);
		}
}

/* ----------------------------------------------------------------- boot -- */

static bool hello(struct pf_kernel *k)
{
	struct answer answer;

	k->nr_zones = 0;
	queue(k, LAB_HELLO);
	if (!exchange(k, &answer))
		return false;
	if (!k->hello[0].nr_zones || k->hello[0].nr_zones > LAB_MAX_ZONES)
		return nonsense(k, "the guest's HELLO makes no sense");
	for (uint32_t z = 1; z < k->hello[0].nr_zones; z++)
		queue(k, LAB_HELLO)->arg = z;
	if (!exchange(k, &answer))
		return false;
	k->nr_zones = k->hello[0].nr_zones;
	return true;
}

static bool zone_type(const char *name, uint8_t *type)
{
	static const char *const names[PF_NR_ZONE_TYPES] = {
		[PF_ZONE_DMA] = "DMA",
		[PF_ZONE_DMA32] = "DMA32",
		[PF_ZONE_NORMAL] = "Normal",
		[PF_ZONE_MOVABLE] = "Movable",
	};

	for (unsigned t = 0; t < PF_NR_ZONE_TYPES; t++)
		if (!strcmp(name, names[t])) {
			*type = (uint8_t)t;
			return true;
		}
	return false;
}

static bool fill_zones(struct pf_kernel *k, struct pf_layout *l)
{
	pf_pfn before = 0;

	for (uint32_t z = 0; z < k->nr_zones; z++) {
		const struct lab_hello *h = &k->hello[z];
		struct pf_zone_layout *zone = &l->zone[z];

		if (!zone_type(h->zone, &zone->type) || h->start_pfn < before ||
		    h->end_pfn <= h->start_pfn || h->max_order > PF_MAX_ORDER ||
		    h->block_order > h->max_order)
			return nonsense(k, "a zone of the guest makes no sense");
		zone->start_pfn = h->start_pfn;
		zone->spanned = h->end_pfn - h->start_pfn;
		memcpy(zone->wmark, h->watermark, sizeof(zone->wmark));
		before = h->end_pfn;
	}
	l->nr_zones = (uint8_t)k->nr_zones;
	l->nr_nodes = l->nr_cpus = 1;
	l->pageblock_order = (uint8_t)k->hello[0].block_order;
	l->max_order = (uint8_t)k->hello[0].max_order;
	l->base_pfn = l->zone[0].start_pfn >> l->max_order << l->max_order;
	l->end_pfn = before;
	if (l->base_pfn < 1u << l->max_order)
		return nonsense(k, "the guest's zone begins too low");
	return true;
}

struct listed {
	uint8_t *page; /* from zone start, 1: on a list */
	pf_pfn start, nr;
};

static void mark_listed(void *arg, const struct pf_block *block)
{
	struct listed *listed = arg;
	pf_pfn at = block->pfn - listed->start;

	for (pf_pfn i = at; i < at + (1u << block->order) && i < listed->nr; i++)
		listed->page[i] = 1;
}

/* Ranges of a zone: where there is no memory, and what others use. */
enum page_kind { PAGE_FREE, PAGE_IN_USE, PAGE_HOLE };

static enum page_kind kind_of(struct pf_kernel *k, const struct listed *listed, unsigned z,
			      pf_pfn i)
{
	if (listed->page[i])
		return PAGE_FREE;
	return k->hole[z] && k->hole[z][i] ? PAGE_HOLE : PAGE_IN_USE;
}

/* False: there are too many runs. */
static bool add_ranges(struct pf_kernel *k, struct pf_layout *l, unsigned z)
{
	const struct pf_zone_layout *zone = &l->zone[z];
	struct listed listed = {calloc(zone->spanned + 1, 1), zone->start_pfn, zone->spanned};
	bool fit = listed.page != NULL;

	if (fit)
		each_block(l, &k->start, z, mark_listed, &listed);
	for (pf_pfn i = 0, end; fit && i < zone->spanned; i = end) {
		enum page_kind kind = kind_of(k, &listed, z, i);

		for (end = i + 1; end < zone->spanned && kind_of(k, &listed, z, end) == kind;)
			end++;
		if (kind == PAGE_FREE)
			continue;
		fit = l->nr_ranges < PF_MAX_RANGES;
		if (fit)
			l->range[l->nr_ranges++] =
				(struct pf_range){zone->start_pfn + i, end - i, kind == PAGE_HOLE};
	}
	free(listed.page);
	return fit;
}

static void fill_ranges(struct pf_kernel *k, struct pf_layout *l)
{
	bool fit = true;

	for (unsigned z = 0; fit && z < l->nr_zones; z++)
		fit = add_ranges(k, l, z);
	if (fit)
		return;
	memset(l->range, 0, sizeof(l->range));
	l->nr_ranges = 0;
}

/* Up to the dump at rest in k->now. */
static bool boot(struct pf_kernel *k)
{
	k->nr_queued = 0;
	k->now_valid = false;
	memset(&k->state, 0, sizeof(k->state));
	memset(k->total_before, 0, sizeof(k->total_before));
	k->odd = false;
	k->effort.boots++;
	return lab_start(&k->lab, &k->config) && hello(k);
}

static bool make_room(struct pf_kernel *k, struct pf_dump *d)
{
	d->room = 64;
	for (uint32_t z = 0; z < k->nr_zones; z++)
		d->room += 2 * (k->hello[z].end_pfn - k->hello[z].start_pfn);
	d->word = malloc(d->room * sizeof(*d->word));
	for (uint32_t z = 0; z < k->nr_zones; z++)
		k->hole[z] = calloc(1, d->room);
	for (uint32_t z = 0; z < k->nr_zones; z++)
		k->unit[z] = calloc(1, k->hello[z].end_pfn - k->hello[z].start_pfn);
	return d->word || nonsense(k, "out of memory");
}

/* In place of the words of `to`, those of `from`. */
static bool copy_dump(struct pf_kernel *k, struct pf_dump *to, const struct pf_dump *from)
{
	uint32_t *word = malloc((from->nr_words + 1) * sizeof(*word));

	if (!word)
		return nonsense(k, "out of memory");
	*to = *from;
	to->word = word;
	to->room = from->nr_words + 1;
	memcpy(word, from->word, from->nr_words * sizeof(*word));
	return true;
}

static bool open_session(struct pf_kernel *k, struct pf_layout *layout, struct pf_dump *start)
{
	if (!boot(k) || !make_room(k, &k->now) || !fill_zones(k, &k->layout) ||
	    !take_dump(k, true) || !copy_dump(k, &k->start, &k->now))
		return false;
	for (uint32_t z = 0; z < k->nr_zones; z++) {
		k->in_use[z] = k->hello[z].managed - k->state.zone[z].free_exact -
			       k->state.zone[z].pcp_count;
		if (k->hello[z].lru_pages)
			return nonsense(k, "there are pages in the lab's node that are not its own "
					   "and could be moved");
	}
	fill_ranges(k, &k->layout);
	note_counters(k);
	*layout = k->layout;
	return copy_dump(k, start, &k->start);
}

static char *path_of(const char *given, const char *usual)
{
	return strdup(given ? given : usual);
}

static const struct pf_impl everything;

/* The table of this kernel: its group, and no function that it does not have. */
static void fill_impl(struct pf_kernel *k, const char *name)
{
	const struct lab_hello *h = &k->hello[0];

	snprintf(k->name, sizeof(k->name), "%s", name ? name : everything.name);
	snprintf(k->group, sizeof(k->group), "linux-%u.%u", h->version_code >> 16,
		 h->version_code >> 8 & 0xff);
	k->impl = everything;
	k->impl.self = k;
	k->impl.name = k->name;
	k->impl.group = k->group;
	if (!(h->symbols >> LAB_SYM_ALLOC_PAGES_EXACT_NID & 1))
		k->impl.alloc_exact = NULL;
}

struct pf_kernel *pf_kernel_open(const struct pf_kernel_config *config, struct pf_layout *layout,
				 struct pf_dump *start, char *error, size_t size)
{
	static const enum lab_place place[] = {
		[PF_KERNEL_DIMM] = LAB_PLACE_DIMM,
		[PF_KERNEL_BOOT] = LAB_PLACE_BOOT,
		[PF_KERNEL_SPLIT] = LAB_PLACE_SPLIT,
	};
	struct pf_kernel *k = calloc(1, sizeof(*k));

	if (k) {
		k->kernel = path_of(config->kernel, "build/lab/kernel");
		k->initrd = path_of(config->initrd, "build/lab/initrd.gz");
		k->console = path_of(config->console, "build/lab/console.log");
	}
	if (!k || !k->kernel || !k->initrd || !k->console) {
		snprintf(error, size, "out of memory");
		pf_kernel_close(k);
		return NULL;
	}
	k->config = (struct lab_config){
		.kernel = k->kernel,
		.initrd = k->initrd,
		.console = k->console,
		.place = place[config->place],
		.node_mb = config->node_mb,
	};
	k->call_seconds = config->call_seconds ? config->call_seconds : CALL_SECONDS;
	if (!open_session(k, layout, start)) {
		snprintf(error, size, "%s", k->lab.error);
		pf_kernel_close(k);
		return NULL;
	}
	fill_impl(k, config->name);
	return k;
}

const char *pf_kernel_version(const struct pf_kernel *k)
{
	return k->hello[0].release;
}

struct pf_kernel_effort pf_kernel_effort(const struct pf_kernel *k)
{
	return k->effort;
}

const struct pf_impl *pf_kernel_impl(const struct pf_kernel *k)
{
	return &k->impl;
}

void pf_kernel_close(struct pf_kernel *k)
{
	if (!k)
		return;
	lab_kill(&k->lab);
	free(k->start.word);
	free(k->now.word);
	for (unsigned z = 0; z < LAB_MAX_ZONES; z++)
		free(k->hole[z]);
	for (unsigned z = 0; z < LAB_MAX_ZONES; z++)
		free(k->unit[z]);
	free(k->kernel);
	free(k->initrd);
	free(k->console);
	free(k);
}

void pf_kernel_break(struct pf_kernel *k, enum pf_kernel_fault fault)
{
	queue(k, LAB_BREAK)->flags = fault == PF_KERNEL_HANG;
}

/* ----------------------------------------------------------------- tidy -- */

/*
 * A boot takes seconds. So first a machine that has been worked on is put in order: what
 * was handed out comes back, pageblocks get their types, blocks of the largest order
 * their places in the list. Only if the dump is that of the start then, the next run may
 * have it; else it is booted again, as it is after what leaves traces in no dump.
 */
static bool send_all(struct pf_kernel *k)
{
	struct answer answer;

	return !k->nr_queued || exchange(k, &answer);
}

static bool queue_free(struct pf_kernel *k, pf_pfn pfn, unsigned order)
{
	struct lab_request *r = queue(k, LAB_PAGE_FREE);

	r->slot = pfn;
	r->order = (uint8_t)order;
	return k->nr_queued + 8 <= QUEUE || send_all(k);
}

static bool free_units(struct pf_kernel *k)
{
	for (uint32_t z = 0; z < k->nr_zones; z++)
		for (uint32_t i = 0; i < k->hello[z].end_pfn - k->hello[z].start_pfn; i++) {
			if (!k->unit[z][i])
				continue;
			if (!queue_free(k, k->hello[z].start_pfn + i, k->unit[z][i] - 1u))
				return false;
			k->unit[z][i] = 0;
		}
	queue(k, LAB_DRAIN);
	return send_all(k);
}

/* False: it is no type that somebody can be given back. */
static bool retype(struct pf_kernel *k)
{
	unsigned shift = k->layout.pageblock_order;

	for (uint32_t z = 0; z < k->nr_zones; z++) {
		const struct pf_list *was = &k->start.zone[z].blocks, *is = &k->now.zone[z].blocks;

		for (uint32_t i = 0; i < was->nr && i < is->nr; i++) {
			uint32_t type = k->start.word[was->first + i] & PF_BLOCK_TYPE;
			pf_pfn pfn = ((k->hello[z].start_pfn >> shift) + i) << shift;
			struct lab_request *r;

			if (type == (k->now.word[is->first + i] & PF_BLOCK_TYPE))
				continue;
			r = queue(k, LAB_RETYPE);
			r->slot = pfn < k->hello[z].start_pfn ? k->hello[z].start_pfn : pfn;
			r->arg = type;
			if (type >= PF_NR_MOBILITY || (k->nr_queued + 8 > QUEUE && !send_all(k)))
				return false;
		}
	}
	return send_all(k);
}

static pf_pfn take(struct pf_kernel *k, unsigned z, unsigned order, unsigned type)
{
	const struct pf_request req = {.order = (uint8_t)order,
				       .mobility = (uint8_t)type,
				       .zone = k->layout.zone[z].type,
				       .gfp = PF_GFP_MEMALLOC};
	struct answer answer;

	queue_request(k, LAB_PAGE_ALLOC, &req);
	return exchange(k, &answer) && answer.value < LAB_UNSUPPORTED ? answer.value : PF_NO_PFN;
}

#define SINGLES 16u

/* Of which type there are blocks to be split, so that none of the largest is. */
static unsigned smallest_type(const struct pf_kernel *k, unsigned z)
{
	for (unsigned o = 0; o < k->layout.max_order; o++)
		for (unsigned t = 0; t < PF_NR_MOBILITY; t++)
			if (k->start.zone[z].free[o][t].nr)
				return t;
	return PF_MOVABLE;
}

struct singles {
	pf_pfn pfn[SINGLES];
	unsigned nr;
};

/*
 * Single pages: each request halves what the per-cpu list frees at a time. Some are kept
 * for later: as many as the cpu had not yet added to the zone's counter at the start.
 */
static bool calm_down(struct pf_kernel *k, unsigned z, struct singles *kept)
{
	const uint32_t late = k->start.zone[z].cpu[0][PF_DUMP_FREE_DIFF];
	const unsigned type = smallest_type(k, z);
	pf_pfn pfn[SINGLES];

	kept->nr = late < SINGLES ? late : 0;
	for (unsigned n = 0; n < SINGLES; n++) {
		pfn[n] = take(k, z, 0, type);
		if (pfn[n] == PF_NO_PFN)
			return false;
	}
	memcpy(kept->pfn, pfn, kept->nr * sizeof(*pfn));
	for (unsigned n = kept->nr; n < SINGLES; n++)
		if (!queue_free(k, pfn[n], 0))
			return false;
	queue(k, LAB_DRAIN);
	return send_all(k);
}

/* After large blocks, with which the counter became exact. */
static bool free_kept(struct pf_kernel *k, const struct singles *kept)
{
	for (unsigned n = 0; n < kept->nr; n++)
		if (!queue_free(k, kept->pfn[n], 0))
			return false;
	queue(k, LAB_DRAIN);
	return send_all(k);
}

/* Taken from the head and freed to it, in the order that they are to stand in. */
static bool put_in_order(struct pf_kernel *k, unsigned z, unsigned order, unsigned type)
{
	const struct pf_list *list = &k->start.zone[z].free[order][type];

	for (uint32_t i = 0; i < list->nr; i++)
		if (take(k, z, order, type) == PF_NO_PFN)
			return false;
	for (uint32_t i = list->nr; i; i--)
		if (!queue_free(k, k->start.word[list->first + i - 1], order))
			return false;
	return send_all(k);
}

static bool is_as_at_first(struct pf_kernel *k)
{
	struct pf_dump_diff d;

	if (!take_dump(k, false))
		return false;
	memcpy(k->total_before, k->state.total, sizeof(k->total_before));
	memcpy(k->now.total, k->start.total, sizeof(k->now.total));
	for (unsigned i = 0; i < PF_NR_TOTAL_FIELDS; i++)
		k->total_before[i] -= k->start.total[i];
	return pf_dump_diff(&d, &k->layout, &k->start, &k->now);
}

/* Nothing is refused any more, and knobs stand as a kernel starts with them. */
static void put_back_knobs(struct pf_kernel *k)
{
	const uint32_t usual[LAB_NR_KNOBS] = {
		[LAB_WATERMARK_SCALE_FACTOR] = 10,     [LAB_WATERMARK_BOOST_FACTOR] = 15000,
		[LAB_EXTFRAG_THRESHOLD] = 500,	       [LAB_COMPACTION_PROACTIVENESS] = 20,
		[LAB_COMPACT_UNEVICTABLE_ALLOWED] = 1,
	};
	struct lab_request *r;
	uint32_t pages = 0;

	for (unsigned result = LAB_MOVE_AGAIN; result <= LAB_MOVE_NOMEM; result++)
		queue(k, LAB_INJECT)->flags = (uint8_t)result;
	for (unsigned knob = 0; knob < LAB_NR_KNOBS; knob++) {
		if (!(k->tuned >> knob & 1) || knob == LAB_MIN_FREE_KBYTES)
			continue;
		r = queue(k, LAB_TUNE);
		r->flags = (uint8_t)knob;
		r->arg = usual[knob];
	}
	/* The last one: watermarks follow from it, and a boost ends. */
	for (unsigned z = 0; z < k->nr_zones; z++)
		pages += k->layout.zone[z].wmark[PF_WMARK_MIN];
	r = queue(k, LAB_TUNE);
	r->flags = LAB_MIN_FREE_KBYTES;
	r->arg = pages << (12 - 10);
	k->tuned = 0;
}

static bool tidy(struct pf_kernel *k)
{
	const unsigned top = k->layout.max_order;

	if (!k->lab.pid || k->odd || !send_all(k) || !free_units(k) || !take_dump(k, false) ||
	    !retype(k))
		return false;
	put_back_knobs(k);
	for (unsigned z = 0; z < k->nr_zones; z++) {
		struct singles kept;

		if (!calm_down(k, z, &kept))
			return false;
		for (unsigned t = 0; t < PF_NR_MOBILITY; t++)
			if (!put_in_order(k, z, top, t))
				return false;
		if (!free_kept(k, &kept))
			return false;
	}
	return is_as_at_first(k);
}

/* A machine that has been worked on is of no use to the next run. */
static bool boot_again(struct pf_kernel *k)
{
	struct pf_dump_diff d;
	char what[300], text[400];

	lab_kill(&k->lab);
	for (uint32_t z = 0; z < k->nr_zones; z++)
		if (k->unit[z])
			memset(k->unit[z], 0, k->hello[z].end_pfn - k->hello[z].start_pfn);
	if (!boot(k) || !take_dump(k, false))
		return false;
	if (pf_dump_diff(&d, &k->layout, &k->start, &k->now))
		return true;
	pf_dump_diff_text(&d, "the first boot", "this one", what, sizeof(what));
	snprintf(text, sizeof(text), "this boot began otherwise than the first one: %s", what);
	return nonsense(k, text);
}

/* ------------------------------------------------------------ the vtable -- */

static size_t kernel_footprint(const void *self, const struct pf_layout *l)
{
	const struct pf_kernel *k = self;

	return pf_layout_same(l, &k->layout) ? sizeof(struct state) : 0;
}

static void kernel_init(const void *self, void *state, const struct pf_layout *layout,
			struct pf_world *world)
{
	/* The framework gives the table back as it got it: this one is ours to write to. */
	struct pf_kernel *k = (struct pf_kernel *)self;

	(void)layout;
	((struct state *)state)->kernel = k;
	k->world = world;
	if (k->used && !tidy(k) && !boot_again(k))
		lost(k);
	k->effort.runs++;
	k->used = true;
}

static pf_pfn kernel_alloc(void *state, const struct pf_request *req)
{
	struct pf_kernel *k = kernel_of(state);
	struct answer answer;

	queue_request(k, LAB_PAGE_ALLOC, req);
	answer = flush(k);
	if (answer.value >= LAB_UNSUPPORTED)
		return PF_NO_PFN;
	handed_out(k, answer.value, req->order);
	return answer.value;
}

static unsigned kernel_alloc_bulk(void *state, const struct pf_request *req, unsigned nr,
				  pf_pfn *pfns)
{
	struct pf_kernel *k = kernel_of(state);
	struct answer answer;

	if (nr > LAB_MAX_BULK)
		nr = LAB_MAX_BULK;
	queue_request(k, LAB_PAGE_BULK, req)->arg = nr;
	answer = flush(k);
	if (answer.value != answer.nr_pages || answer.nr_pages > nr) {
		nonsense(k, "the guest's bulk allocation makes no sense");
		lost(k);
	}
	memcpy(pfns, answer.pages, answer.nr_pages * sizeof(*pfns));
	for (uint32_t i = 0; i < answer.nr_pages; i++)
		handed_out(k, pfns[i], 0);
	return answer.nr_pages;
}

static pf_pfn kernel_alloc_exact(void *state, const struct pf_request *req, unsigned nr)
{
	struct pf_kernel *k = kernel_of(state);
	struct answer answer;

	queue_request(k, LAB_EXACT, req)->arg = nr;
	answer = flush(k);
	if (answer.value >= LAB_UNSUPPORTED)
		return PF_NO_PFN;
	singles(k, answer.value, nr);
	return answer.value;
}

static void kernel_free(void *state, pf_pfn pfn, unsigned order, unsigned cpu)
{
	struct pf_kernel *k = kernel_of(state);
	struct lab_request *r = queue(k, LAB_PAGE_FREE);

	(void)cpu;
	r->slot = pfn;
	r->order = (uint8_t)order;
	come_back(k, pfn);
	keep_back(k);
}

static void kernel_split(void *state, pf_pfn pfn, unsigned order)
{
	struct pf_kernel *k = kernel_of(state);
	struct lab_request *r = queue(k, LAB_PAGE_SPLIT);

	r->slot = pfn;
	r->order = (uint8_t)order;
	singles(k, pfn, 1u << order);
	keep_back(k);
}

static void kernel_set_attrs(void *state, pf_pfn pfn, unsigned attrs)
{
	struct pf_kernel *k = kernel_of(state);
	struct lab_request *r = queue(k, LAB_PAGE_ATTRS);

	k->odd |= attrs & PF_PAGE_LRU;
	r->slot = pfn;
	r->arg = attrs & (PF_PAGE_MOVABLE | PF_PAGE_PINNED | PF_PAGE_DIRTY | PF_PAGE_WRITEBACK |
			  PF_PAGE_LOCKED | PF_PAGE_EVICTABLE | PF_PAGE_LRU);
	keep_back(k);
}

static void kernel_inject(void *state, enum pf_inject what, unsigned after, unsigned count)
{
	struct pf_kernel *k = kernel_of(state);
	static const uint8_t lab_result[PF_NR_INJECT] = {
		[PF_INJECT_MIGRATE_AGAIN] = LAB_MOVE_AGAIN,
		[PF_INJECT_MIGRATE_BUSY] = LAB_MOVE_BUSY,
		[PF_INJECT_MIGRATE_NOMEM] = LAB_MOVE_NOMEM,
	};
	struct lab_request *r;

	if (!lab_result[what])
		return; /* the lab evicts nothing, and nobody gets in its way */
	r = queue(k, LAB_INJECT);
	r->flags = lab_result[what];
	r->slot = after;
	r->arg = count;
	keep_back(k);
}

static void kernel_census(void *state, pf_block_fn fn, void *arg)
{
	struct pf_kernel *k = kernel_of(state);
	const struct pf_dump *d = fresh_dump(k);

	for (uint32_t z = 0; z < k->nr_zones; z++)
		each_block(&k->layout, d, z, fn, arg);
}

static const struct pf_zone_counters *kernel_counters(void *state, unsigned zone)
{
	struct pf_kernel *k = kernel_of(state);
	if (k->nr_queued)
		flush(k);
	return &k->counters[zone];
}

static unsigned kernel_block_type(void *state, pf_pfn pfn)
{
	struct pf_kernel *k = kernel_of(state);
	const struct pf_dump *d = fresh_dump(k);
	unsigned shift = k->layout.pageblock_order;

	for (unsigned z = 0; z < d->nr_zones; z++) {
		const struct pf_zone_layout *zone = &k->layout.zone[z];
		const struct pf_list *blocks = &d->zone[z].blocks;
		uint32_t at = (pfn >> shift) - (zone->start_pfn >> shift);

		if (pfn - zone->start_pfn < zone->spanned && at < blocks->nr)
			return d->word[blocks->first + at] & PF_BLOCK_TYPE;
	}
	return PF_UNMOVABLE;
}

static enum pf_compact_result kernel_compact(void *state, const struct pf_compact_request *req)
{
	struct pf_kernel *k = kernel_of(state);
	struct answer answer;
	struct lab_request *r;

	if (req->order < 0) {
		/* The kernel does not say how it ended; it always scans to the end. */
		queue(k, LAB_COMPACT_NODE);
		answer = flush(k);
		answer.value = PF_COMPACT_COMPLETE;
	} else if (!req->order) {
		/* Nothing in the kernel compacts for single pages. */
		return PF_COMPACT_SKIPPED;
	} else {
		r = queue(k, LAB_COMPACT);
		r->order = (uint8_t)req->order;
		r->mobility = req->mobility;
		r->flags = req->mode;
		answer = flush(k);
	}
	if (answer.value >= PF_NR_COMPACT_RESULTS) {
		nonsense(k, "the guest's compaction ended with no result that there is");
		lost(k);
	}
	return (enum pf_compact_result)answer.value;
}

static void kernel_drain(void *state, int cpu)
{
	struct pf_kernel *k = kernel_of(state);
	(void)cpu; /* there is but one */
	queue(k, LAB_DRAIN);
	keep_back(k);
}

static bool kernel_tick(void *state, enum pf_daemon daemon, unsigned node, unsigned order)
{
	struct pf_kernel *k = kernel_of(state);
	static const uint8_t lab_daemon[PF_NR_DAEMONS] = {
		[PF_KSWAPD] = LAB_KSWAPD,
		[PF_KCOMPACTD] = LAB_KCOMPACTD,
		[PF_KCOMPACTD_PROACTIVE] = LAB_KCOMPACTD_PROACTIVE,
	};
	struct lab_request *r;
	struct answer answer;

	(void)node;
	if (daemon >= PF_NR_DAEMONS)
		return false;
	k->odd |= daemon != PF_KSWAPD;
	r = queue(k, LAB_TICK);
	r->flags = lab_daemon[daemon];
	r->order = (uint8_t)order;
	answer = flush(k);
	if (answer.value == LAB_INVALID) {
		nonsense(k, "kcompactd did not come to an end");
		lost(k);
	}
	return answer.value == 0;
}

static bool kernel_tune(void *state, enum pf_knob knob, uint32_t value)
{
	struct pf_kernel *k = kernel_of(state);
	struct lab_request *r = queue(k, LAB_TUNE);

	k->tuned |= 1u << knob;
	r->flags = (uint8_t)knob;
	r->arg = value;
	return flush(k).value == 1;
}

static void kernel_retype(void *state, pf_pfn pfn, unsigned type)
{
	struct pf_kernel *k = kernel_of(state);
	struct lab_request *r = queue(k, LAB_RETYPE);

	r->slot = pfn;
	r->arg = type;
	/* Kernels after 6.1 have no function for it: the block stays as it is. */
	if (flush(k).value == LAB_INVALID) {
		nonsense(k, "the guest can't change the type of a pageblock");
		lost(k);
	}
}

/* It is in the state that it is in: other dumps than that can't be taken. */
static bool kernel_load(void *state, const struct pf_dump *dump)
{
	struct pf_kernel *k = kernel_of(state);
	struct pf_dump_diff d;

	return pf_dump_diff(&d, &k->layout, dump, &k->start);
}

static void kernel_dump(void *state, struct pf_dump *d)
{
	struct pf_kernel *k = kernel_of(state);
	const struct pf_dump *from = fresh_dump(k);
	uint32_t *word = d->word, room = d->room;

	*d = *from;
	d->word = word;
	d->room = room;
	memcpy(word, from->word, (from->nr_words < room ? from->nr_words : room) * sizeof(*word));
}

static const struct pf_impl everything = {
	.name = "kernel",
	.summary = "the real Linux 6.1 in QEMU (make lab)",
	.features = PF_F_MOBILITY | PF_F_ZONES | PF_F_WATERMARKS | PF_F_CACHE | PF_F_REMOTE,
	.tier = PF_TIER_TWIN,
	.group = "linux-6.1",
	.footprint = kernel_footprint,
	.init = kernel_init,
	.alloc = kernel_alloc,
	.free = kernel_free,
	.census = kernel_census,
	.counters = kernel_counters,
	.alloc_bulk = kernel_alloc_bulk,
	.alloc_exact = kernel_alloc_exact,
	.split = kernel_split,
	.compact = kernel_compact,
	.drain = kernel_drain,
	.tick = kernel_tick,
	.tune = kernel_tune,
	.retype = kernel_retype,
	.load = kernel_load,
	.dump = kernel_dump,
	.set_attrs = kernel_set_attrs,
	.inject = kernel_inject,
	.block_type = kernel_block_type,
};
