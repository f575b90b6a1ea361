// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_rules.c - the law `rules`: the port, whose dump or events tell one lie, and what the law
 * says to that; without the lie it says nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "impls/dump.h"
#include "impls/linux/linux.h"
#include "oracle/oracle.h"
#include "targets/language/text.h"

#define WORLD \
	"zone dma pages=64\nzone normal pages=192\nconfig max_order=5\nconfig pageblock_order=3\n"

enum where { NOWHERE, ZONE, CPU, TOTAL, BLOCK, SWAP, DROP, ADD, LRU, EVENT };

/* Every other page is free: operation 30 can compact. */
#define SPARSE                                                                                    \
	"config pages=32\nconfig max_order=4\nconfig pageblock_order=2\nconfig min=0\n" PAIR("0") \
		PAIR("1") PAIR("2") PAIR("3") PAIR("4") PAIR("5") PAIR("6")                       \
			PAIR("7") "bulk a300 count=16 movable\n" FREE("0") FREE("1") FREE("2")    \
				FREE("3") FREE("4") FREE("5") FREE("6") FREE("7") "drain\n"
#define PAIR(n) "alloc a1" n " order=0 movable\nalloc a2" n " order=0 movable\n"
#define FREE(n) "free a1" n "\n"

static const struct lie {
	enum where where;
	unsigned a, b; /* field of a zone, of its cpu 0; order and type; event and its field */
	int more;
	size_t from; /* told in front of this operation, or with the answer to the one before */
	const char *program, *says;
} lies[] = {
	/* Formulas, at the start and after what sets them anew. */
	{ZONE, PF_DUMP_WMARK_MIN, 0, 1, 0, WORLD "check\n",
	 "zone DMA of node 0: the min watermark"},
	{ZONE, PF_DUMP_WMARK_LOW, 0, -1, 0, WORLD "check\n", "the low watermark"},
	{ZONE, PF_DUMP_WMARK_HIGH, 0, 3, 0, WORLD "check\n", "the high watermark"},
	{ZONE, PF_DUMP_WMARK_HIGH, 0, 1, 5, WORLD "check\ntune min_free_kbytes=128\n",
	 "the high watermark"},
	{ZONE, PF_DUMP_PRESENT, 0, -1, 0, WORLD "check\n", "the number of present pages"},
	{ZONE, PF_DUMP_RESERVE_NORMAL, 0, 7, 0, WORLD "check\n",
	 "the reserve against Normal requests"},
	{ZONE, PF_DUMP_BOOST, 0, 8, 0, WORLD "check\n", "the boost"},
	{CPU, PF_DUMP_BATCH, 0, 1, 0, WORLD "check\n", "pcp->batch"},
	{CPU, PF_DUMP_HIGH, 0, 1, 0, WORLD "check\n", "pcp->high"},
	{CPU, PF_DUMP_STAT_THRESHOLD, 0, 1, 0, WORLD "check\n", "the threshold of counters"},
	/* The first lists and types. */
	{BLOCK, 1, 0, PF_RECLAIMABLE - PF_MOVABLE, 0, WORLD "check\n",
	 "after boot the pageblock at pfn 1032"},
	{SWAP, 5, PF_MOVABLE, 0, 0, WORLD "check\n", "is not ascending"},
	{DROP, 5, PF_MOVABLE, 0, 0, WORLD "check\n", "after boot there are"},
	/* Limits and counters, at rest. */
	{ZONE, PF_DUMP_BOOST, 0, 100000, 5, WORLD "check\ncheck\n", "watermarks are boosted by"},
	{ZONE, PF_DUMP_HIGHATOMIC, 0, 16, 5, WORLD "check\ncheck\n", "a reserve of 16"},
	{ZONE, PF_DUMP_HIGHATOMIC, 0, 8, 5, WORLD "check\ncheck\n", "counts a reserve of 8 pages"},
	{ZONE, PF_DUMP_NR_ISOLATE, 0, 1, 5, WORLD "check\ncheck\n", "counts 1 isolated pageblocks"},
	{ZONE, PF_DUMP_CACHED_FREE, 0, 9999, 5, WORLD "check\ncheck\n", "outside [1024, 1088)"},
	{ZONE, PF_DUMP_DEFER_SHIFT, 0, 7, 5, WORLD "check\ncheck\n", "defer shift 7"},
	{ZONE, PF_DUMP_CONSIDERED, 0, 2, 5, WORLD "check\ncheck\n", "considered 2"},
	{ZONE, PF_DUMP_ORDER_FAILED, 0, 7, 5, WORLD "check\ncheck\n", "order failed 7"},
	{ZONE, PF_DUMP_RECLAIM_ACTIVE, 0, 1, 5, WORLD "check\ncheck\n", "kswapd is at work"},
	{ZONE, PF_DUMP_FREE, 0, 1, 5, WORLD "check\ncheck\n", "NR_FREE_PAGES is 1 beside"},
	{CPU, PF_DUMP_COUNT, 0, 1, 5, WORLD "check\ncheck\n", "count 1 pages and hold 0"},
	{CPU, PF_DUMP_FREE_DIFF, 0, 99, 5, WORLD "check\ncheck\n", "holds back 99 free pages"},
	{LRU, 0, 0, 15, 5, WORLD "check\ncheck\n", "collects 15 pages"},
	/* Foretold: lists, types and counters after an allocation and a free. */
	{SWAP, 5, PF_MOVABLE, 0, 6, WORLD "check\nalloc a0 order=0 movable zone=dma\n",
	 "the free list of order"},
	{DROP, 5, PF_MOVABLE, 0, 6, WORLD "check\nalloc a0 order=0 movable zone=dma\n",
	 "is missing"},
	{ADD, 0, PF_RECLAIMABLE, 3, 6, WORLD "check\nalloc a0 order=5 movable zone=dma\n",
	 "should be none"},
	{BLOCK, 0, 0, PF_RECLAIMABLE - PF_MOVABLE, 6,
	 WORLD "check\nalloc a0 order=0 movable zone=dma\n",
	 "pageblock at pfn 1024 has type 2, should be 1"},
	{ZONE, PF_DUMP_BOOST, 0, 8, 6, WORLD "check\nalloc a0 order=4 zone=dma\n",
	 "boosted by 8 pages, should be 0"},
	{CPU, PF_DUMP_FREE_FACTOR, 0, 1, 6, WORLD "check\nalloc a0 order=0 zone=dma\n",
	 "pcp->free_factor is 1, should be 0"},
	/* An urgent request below the low mark, the only one here, makes a reserve of its pageblock. */
	{BLOCK, 0, 0, -PF_HIGHATOMIC, 1,
	 "config pages=256\nconfig pageblock_order=3\nconfig max_order=3\nconfig min=210\n"
	 "alloc a0 order=1 gfp=atomic\n",
	 "type 0, should be 3"},
	/* Compaction: what is counted, and what its events say. */
	{TOTAL, PF_DUMP_COMPACT_MIGRATE_SCANNED, 0, 1, 31, SPARSE "compact whole\ncheck\n",
	 "compact_migrate_scanned counts"},
	{TOTAL, PF_DUMP_COMPACT_ISOLATED, 0, -1, 31, SPARSE "compact whole\ncheck\n",
	 "compact_isolated counts"},
	{EVENT, PF_EV_COMPACT_BEGIN, 0, 1, 30, SPARSE "compact whole\n", "which is no zone"},
	{EVENT, PF_EV_COMPACT_BEGIN, 1, 8, 30, SPARSE "compact whole\n",
	 "a whole zone is scanned from"},
	{EVENT, PF_EV_COMPACT_BEGIN, 4, -1, 30, SPARSE "compact whole\n", "that may wait never"},
	{EVENT, PF_EV_COMPACT_END, 1, -500, 30, SPARSE "compact whole\n", "scanners end at"},
	{EVENT, PF_EV_COMPACT_END, 5, -1, 30, SPARSE "compact whole\n", "compaction"},
	{EVENT, PF_EV_ISOLATE_MIGRATEPAGES, 1, 64, 30, SPARSE "compact whole\n",
	 "not inside one pageblock of zone"},
	{EVENT, PF_EV_ISOLATE_MIGRATEPAGES, 2, -9, 30, SPARSE "compact whole\n", "scanned"},
	{EVENT, PF_EV_ISOLATE_MIGRATEPAGES, 3, 1, 30, SPARSE "compact whole\n",
	 "where 2 can be moved"},
	{EVENT, PF_EV_ISOLATE_FREEPAGES, 0, -64, 30, SPARSE "compact whole\n", "isolated"},
	{EVENT, PF_EV_ISOLATE_FREEPAGES, 3, 999, 30, SPARSE "compact whole\n", "taken of"},
	{EVENT, PF_EV_COMPACT_MIGRATEPAGES, 0, 1, 30, SPARSE "compact whole\n", "were isolated"},
	{EVENT, PF_EV_COMPACT_FINISHED, 3, -1, 30, SPARSE "compact order=1\n", "compaction"},
	{EVENT, PF_EV_COMPACT_SUITABLE, 3, 1, 30, SPARSE "compact order=1\n", "is found"},
	{.where = NOWHERE},
};

static const struct lie *lie;
static bool telling;
static size_t now;
static struct pf_world truth_told, *listener;

/* -------------------------------------------------------------- the liar -- */

static void liar_event(struct pf_world *w, const struct pf_event *ev)
{
	struct pf_event other = *ev;

	(void)w;
	if (telling && lie->where == EVENT && ev->type == lie->a)
		other.field[lie->b] += lie->more;
	listener->event(listener, &other);
}

/* The port holds a copy of the world; what is asked of it goes to the world itself. */
static enum pf_migrate_result liar_migrate(struct pf_world *w, pf_pfn src, pf_pfn dst,
					   enum pf_mode mode)
{
	(void)w;
	return listener->migrate(listener, src, dst, mode);
}

static enum pf_evict_result liar_evict(struct pf_world *w, pf_pfn pfn, enum pf_mode mode)
{
	(void)w;
	return listener->evict(listener, pfn, mode);
}

static unsigned liar_attrs(struct pf_world *w, pf_pfn pfn)
{
	(void)w;
	return listener->attrs(listener, pfn);
}

static void liar_wait(struct pf_world *w, pf_pfn pfn, unsigned attr)
{
	(void)w;
	listener->wait(listener, pfn, attr);
}

static bool liar_hindered(struct pf_world *w, enum pf_inject what)
{
	(void)w;
	return listener->hindered(listener, what);
}

static unsigned liar_unit_order(struct pf_world *w, pf_pfn pfn)
{
	(void)w;
	return listener->unit_order(listener, pfn);
}

static void liar_spent(struct pf_world *w, unsigned units)
{
	(void)w;
	listener->spent(listener, units);
}

static void liar_init(const void *self, void *state, const struct pf_layout *l, struct pf_world *w)
{
	listener = w;
	truth_told = (struct pf_world){
		.migrate = liar_migrate,
		.evict = liar_evict,
		.attrs = liar_attrs,
		.wait = liar_wait,
		.hindered = liar_hindered,
		.unit_order = liar_unit_order,
		.spent = liar_spent,
		.wanted = w->wanted,
		.event = liar_event,
	};
	pf_impl_linux.init(self, state, l, &truth_told);
}

static void liar_dump(void *state, struct pf_dump *d)
{
	struct pf_zone_dump *zone = &d->zone[0];
	struct pf_list *list;
	uint32_t word;

	pf_impl_linux.dump(state, d);
	if (!telling)
		return;
	list = lie->a < PF_NR_ORDERS && lie->b < PF_NR_BLOCK_TYPES ? &zone->free[lie->a][lie->b]
								   : NULL;
	switch (lie->where) {
	case ZONE:
		zone->field[lie->a] += (uint32_t)lie->more;
		break;
	case CPU:
		zone->cpu[0][lie->a] += (uint32_t)lie->more;
		break;
	case TOTAL:
		d->total[lie->a] += (uint32_t)lie->more;
		break;
	case BLOCK:
		d->word[zone->blocks.first + lie->a] += (uint32_t)lie->more;
		break;
	case SWAP:
		assert_non_null(list);
		word = d->word[list->first];
		d->word[list->first] = d->word[list->first + 1];
		d->word[list->first + 1] = word;
		break;
	case DROP:
		list->nr--;
		break;
	case ADD:
		pf_dump_begin(d, list);
		pf_dump_add(d, list, (uint32_t)lie->more);
		break;
	case LRU:
		d->lru_add[0].nr = (uint32_t)lie->more;
		break;
	case EVENT:
	case NOWHERE:
		break;
	}
}

static pf_pfn liar_alloc(void *state, const struct pf_request *req)
{
	pf_pfn pfn = pf_impl_linux.alloc(state, req);

	telling |= now + 1 >= lie->from;
	return pfn;
}

static void liar_free(void *state, pf_pfn pfn, unsigned order, unsigned cpu)
{
	pf_impl_linux.free(state, pfn, order, cpu);
	telling |= now + 1 >= lie->from;
}

static enum pf_compact_result liar_compact(void *state, const struct pf_compact_request *req)
{
	enum pf_compact_result result = pf_impl_linux.compact(state, req);

	telling |= now + 1 >= lie->from;
	return result;
}

/* --------------------------------------------------------------- the test -- */

static void count_step(void *arg, size_t step)
{
	(void)arg;
	now = step + 1;
	telling |= now >= lie->from;
}

static enum pf_outcome run(struct pf_oracle *o, struct pf_verdict *v)
{
	struct pf_op ops[64];
	struct pf_text_error err;
	size_t n;

	if (!pf_parse(lie->program, strlen(lie->program), ops, 64, &n, &err))
		fail_msg("%zu: %s", err.line, err.message);
	memset(v, 0, sizeof(*v));
	return pf_oracle_run(o, ops, n, v);
}

static void test_lies(void **state)
{
	struct pf_impl liar = pf_impl_linux;
	const struct pf_impl *lineup[] = {&liar};
	const struct pf_options options = {.after_op = count_step};
	struct pf_oracle *o;
	struct pf_verdict v;
	int bad = 0;

	(void)state;
	liar.name = "liar";
	liar.init = liar_init;
	liar.dump = liar_dump;
	liar.alloc = liar_alloc;
	liar.free = liar_free;
	liar.compact = liar_compact;
	o = pf_oracle_new(lineup, 1);
	pf_oracle_options(o, &options);
	for (lie = lies; lie->where != NOWHERE; lie++) {
		enum pf_outcome outcome;

		now = 0;
		telling = !lie->from;
		outcome = run(o, &v);
		if (outcome != PF_FINDING || v.law != PF_LAW_RULES || !strstr(v.detail, lie->says))
			print_error("lie %d, '%s': %s, %s\n", (int)(lie - lies), lie->says,
				    v.signature, v.detail),
				bad++;
	}
	pf_oracle_free(o);
	assert_int_equal(bad, 0);
}

/* The same programs, and nobody lies. */
static void test_truth(void **state)
{
	const struct pf_impl *lineup[] = {&pf_impl_linux};
	struct pf_oracle *o = pf_oracle_new(lineup, 1);
	struct pf_verdict v;

	(void)state;
	for (lie = lies; lie->where != NOWHERE; lie++)
		assert_int_equal(run(o, &v), PF_CLEAN);
	pf_oracle_free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_truth),
		cmocka_unit_test(test_lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
