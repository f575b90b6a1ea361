// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_hostile.c - transcripts and dumps that somebody has tampered with: each is
 * refused in one line, or runs to a verdict. The sanitizers watch.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "impls/linux/linux.h"
#include "impls/recorded/recorded.h"
#include "oracle/layout.h"
#include "oracle/layout_check.h"
#include "oracle/oracle.h"
#include "targets/command/machine.h"
#include "targets/language/codec.h"
#include "targets/language/mutate.h"
#include "targets/language/text.h"

#define MAX_OPS 400

static char path[] = "/tmp/pagefuzz-hostile-XXXXXX";
static struct pf_rng rng = {.state = 20};

/* Starts with a bit of everything: nodes, zones, cpus, a hole and reserved pages. */
static const char program_text[] = "config pageblock_order=4\n"
				   "config max_order=6\n"
				   "config cpus=2\n"
				   "zone dma32 pages=256 min=8\n"
				   "zone normal pages=200 gap=24 min=8\n"
				   "zone normal pages=300 node=1 min=8\n"
				   "hole at=100 pages=30\n"
				   "reserve at=300 pages=7\n";

static struct pf_op ops[MAX_OPS];
static size_t nr_config, nr_ops;

/* ------------------------------------------------------ a machine in use -- */

/* A world whose owners refuse all, and that ends what goes on for too long. */
static struct {
	struct pf_world world;
	jmp_buf out;
	uint64_t spent;
	pf_pfn base;
	bool single[1024]; /* pages that are units of their own */
} crowd;

static enum pf_migrate_result crowd_migrate(struct pf_world *w, pf_pfn src, pf_pfn dst,
					    enum pf_mode mode)
{
	(void)w, (void)src, (void)dst, (void)mode;
	return PF_MIGRATE_BUSY;
}

static enum pf_evict_result crowd_evict(struct pf_world *w, pf_pfn pfn, enum pf_mode mode)
{
	(void)w, (void)pfn, (void)mode;
	return PF_EVICT_KEPT;
}

static unsigned crowd_attrs(struct pf_world *w, pf_pfn pfn)
{
	(void)w;
	return crowd.single[pfn - crowd.base] ? PF_PAGE_LIVE | PF_PAGE_MOVABLE | PF_PAGE_HEAD : 0;
}

static unsigned crowd_unit_order(struct pf_world *w, pf_pfn pfn)
{
	(void)w, (void)pfn;
	return 0;
}

static bool crowd_hindered(struct pf_world *w, enum pf_inject what)
{
	(void)w, (void)what;
	return false;
}

static void crowd_wait(struct pf_world *w, pf_pfn pfn, unsigned attr)
{
	(void)w, (void)pfn, (void)attr;
}

static void crowd_spent(struct pf_world *w, unsigned units)
{
	(void)w;
	crowd.spent += units;
	if (crowd.spent > 1u << 20)
		longjmp(crowd.out, 1);
}

static void crowd_event(struct pf_world *w, const struct pf_event *ev)
{
	(void)w, (void)ev;
}

static void *new_state(const struct pf_layout *l)
{
	size_t size = pf_impl_linux.footprint(pf_impl_linux.self, l);
	void *state = aligned_alloc(64, (size + 63) & ~(size_t)63);

	assert_non_null(state);
	crowd.world = (struct pf_world){
		.wanted = ~0ull,
		.migrate = crowd_migrate,
		.evict = crowd_evict,
		.attrs = crowd_attrs,
		.unit_order = crowd_unit_order,
		.hindered = crowd_hindered,
		.wait = crowd_wait,
		.spent = crowd_spent,
		.event = crowd_event,
	};
	crowd.spent = 0;
	crowd.base = l->base_pfn;
	memset(crowd.single, 0, sizeof(crowd.single));
	assert_true(pf_layout_pages(l) <= sizeof(crowd.single) / sizeof(crowd.single[0]));
	pf_impl_linux.init(pf_impl_linux.self, state, l, &crowd.world);
	return state;
}

#define MAX_TAKEN 200

/* Calls of all kinds; what they answer is not looked at. */
static void use(void *state, const struct pf_layout *l, unsigned nr)
{
	static const uint32_t gfp[] = {0, PF_GFP_HIGH | PF_GFP_KSWAPD_RECLAIM, PF_GFP_MEMALLOC,
				       PF_GFP_DIRECT_RECLAIM | PF_GFP_KSWAPD_RECLAIM | PF_GFP_IO |
					       PF_GFP_FS};
	struct {
		pf_pfn pfn;
		unsigned order;
	} taken[MAX_TAKEN];
	volatile unsigned nr_taken = 0; /* longjmp() */

	if (setjmp(crowd.out))
		return;
	for (unsigned i = 0; i < nr; i++) {
		unsigned node = pf_rng_below(&rng, l->nr_nodes),
			 cpu = pf_rng_below(&rng, l->nr_cpus);
		unsigned what = pf_rng_below(&rng, 20);

		if (what < 12 && nr_taken < MAX_TAKEN) {
			const struct pf_request req = {
				.order = pf_rng_below(&rng, what < 8 ? 2 : l->max_order + 1),
				.mobility = pf_rng_below(&rng, PF_NR_MOBILITY),
				.cpu = cpu,
				.node = node,
				.zone = PF_ZONE_NORMAL,
				.gfp = gfp[pf_rng_below(&rng, 4)]};
			pf_pfn pfn = pf_impl_linux.alloc(state, &req);

			taken[nr_taken].pfn = pfn;
			taken[nr_taken].order = req.order;
			if (pfn == PF_NO_PFN)
				continue;
			crowd.single[pfn - crowd.base] = !req.order;
			nr_taken++;
		} else if (what < 15 && nr_taken) {
			unsigned at = pf_rng_below(&rng, nr_taken);

			crowd.single[taken[at].pfn - crowd.base] = false;
			pf_impl_linux.free(state, taken[at].pfn, taken[at].order, cpu);
			nr_taken--;
			taken[at] = taken[nr_taken];
		} else if (what < 17) {
			const struct pf_compact_request req = {
				.order = (int8_t)(pf_rng_below(&rng, l->max_order + 1) - 1),
				.mode = pf_rng_below(&rng, PF_NR_MODES),
				.node = node};

			pf_impl_linux.compact(state, &req);
		} else if (what < 19) {
			pf_impl_linux.tick(state, pf_rng_below(&rng, PF_NR_DAEMONS), node,
					   pf_rng_below(&rng, l->max_order + 1));
		} else if (pf_rng_below(&rng, 4)) {
			pf_impl_linux.drain(state, (int)cpu);
		} else {
			pf_impl_linux.tune(state, PF_MIN_FREE_KBYTES, 32 + pf_rng_below(&rng, 64));
		}
	}
}

/* The state in use as what runs start from: what is taken belongs to others. */
static void make_start(struct pf_start_point *start)
{
	void *state;

	memset(start, 0, sizeof(*start));
	pf_layout_build(&start->layout, ops, nr_config);
	assert_int_equal(start->layout.nr_zones, 3);
	assert_int_equal(start->layout.nr_ranges, 2);
	start->dump.room = 2 * pf_layout_pages(&start->layout) + 64;
	start->dump.word = malloc(start->dump.room * sizeof(uint32_t));
	state = new_state(&start->layout);
	use(state, &start->layout, 300);
	pf_impl_linux.dump(state, &start->dump);
	free(state);
}

static void make_ops(void)
{
	struct pf_text_error err;

	assert_true(pf_parse(program_text, strlen(program_text), ops, MAX_OPS, &nr_config, &err));
	for (nr_ops = nr_config; nr_ops < MAX_OPS; nr_ops++) {
		struct pf_op *op = &ops[nr_ops];
		unsigned what = pf_rng_below(&rng, 10);

		*op = (struct pf_op){.slot = pf_rng_below(&rng, 100)};
		op->kind = what < 6 ? PF_OP_ALLOC : what < 9 ? PF_OP_FREE : PF_OP_DRAIN;
		if (op->kind == PF_OP_DRAIN)
			op->slot = 0;
		if (op->kind != PF_OP_ALLOC)
			continue;
		op->arg[PF_ALLOC_ORDER] = pf_rng_below(&rng, 4);
		op->arg[PF_ALLOC_MOBILITY] = pf_rng_below(&rng, PF_NR_MOBILITY);
		op->arg[PF_ALLOC_GFP] = 3;
	}
}

static void record(const struct pf_start_point *start)
{
	const struct pf_options options = {.dump_every = 50, .dumps = true, .start = start};
	struct pf_transcript t = {.who = "linux",
				  .version = "test",
				  .dump_every = 50,
				  .layout = start->layout,
				  .start = start->dump};
	struct pf_recorder *recorder = pf_recorder_new(&pf_impl_linux, 2, 10);
	const struct pf_impl *impl = pf_recorder_impl(recorder);
	struct pf_oracle *o = pf_oracle_new(&impl, 1);
	struct pf_verdict v;
	char error[256];

	pf_oracle_options(o, &options);
	if (pf_oracle_run(o, ops, nr_ops, &v) != PF_CLEAN)
		fail_msg("%s at %zu: %s", v.signature, v.step, v.detail);
	assert_true(pf_recorder_take(recorder, &t));
	t.program = malloc(nr_ops * PF_OP_BYTES_MAX);
	t.program_size = pf_encode(ops, nr_ops, t.program, nr_ops * PF_OP_BYTES_MAX, NULL);
	assert_true(pf_transcript_write(&t, path, error, sizeof(error)));
	free(t.program);
	pf_oracle_free(o);
	pf_recorder_free(recorder);
}

static struct pf_start_point start;

static int setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	make_ops();
	make_start(&start);
	record(&start);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(start.dump.word);
	return unlink(path);
}

/* ------------------------------------------------------------- the door -- */

static unsigned refused, clean, blamed;

/* What `golden` does with a file: one line, or a run. Returns the outcome, -1: refused. */
static int play(const char *file, char *said, size_t size)
{
	static struct pf_op decoded[8 * MAX_OPS];
	struct pf_machine m;
	struct pf_options options = {.dumps = true};
	const struct pf_impl *lineup[2] = {NULL, &pf_impl_linux};
	struct pf_oracle *o;
	struct pf_verdict v = {0};
	enum pf_outcome outcome;
	size_t n;

	if (!pf_machine_play(&m, file, NULL, said, size)) {
		if (strncmp(said, file, strlen(file)) || strchr(said, '\n'))
			fail_msg("no line about the file: %s", said);
		refused++;
		return -1;
	}
	lineup[0] = m.impl;
	o = pf_oracle_new(lineup, 2);
	n = pf_decode(m.transcript.program, m.transcript.program_size, decoded, 8 * MAX_OPS);
	options.start = &m.start;
	options.dump_every = m.transcript.dump_every;
	pf_oracle_options(o, &options);
	outcome = pf_oracle_run(o, decoded, n, &v);
	snprintf(said, size, "%s: %s", v.signature, v.detail);
	if (outcome == PF_FINDING)
		assert_true(*v.signature && *v.detail);
	clean += outcome == PF_CLEAN;
	blamed += outcome == PF_FINDING;
	pf_oracle_free(o);
	pf_machine_close(&m);
	return (int)outcome;
}

static void read_back(struct pf_transcript *t, const char *file)
{
	char error[256];

	if (!pf_transcript_read(t, file, error, sizeof(error)))
		fail_msg("%s", error);
}

/* Writes the transcript to a file and plays that. */
static int play_as_file(const struct pf_transcript *t, char *said, size_t size)
{
	static char file[] = "/tmp/pagefuzz-tampered-XXXXXX";
	char error[256];
	int fd, outcome;

	strcpy(strrchr(file, '-'), "-XXXXXX");
	fd = mkstemp(file);
	assert_true(fd >= 0);
	close(fd);
	assert_true(pf_transcript_write(t, file, error, sizeof(error)));
	outcome = play(file, said, size);
	unlink(file);
	return outcome;
}

static void test_untouched(void **state)
{
	struct pf_transcript t;
	char said[600];

	(void)state;
	assert_int_equal(play(path, said, sizeof(said)), PF_CLEAN);
	read_back(&t, path);
	assert_int_equal(play_as_file(&t, said, sizeof(said)), PF_CLEAN);
	pf_transcript_free(&t);
}

/* ------------------------------------------------------------- tampering -- */

struct number {
	void *at;
	unsigned bytes;
};

#define MAX_NUMBERS 2000

struct numbers {
	struct number of[MAX_NUMBERS];
	unsigned nr;
};

static void add_number(struct numbers *all, void *at, unsigned bytes)
{
	assert_true(all->nr < MAX_NUMBERS);
	all->of[all->nr++] = (struct number){at, bytes};
}

#define ADD(x) add_number(all, &(x), sizeof(x))

static void add_layout(struct numbers *all, struct pf_layout *l)
{
	ADD(l->base_pfn);
	ADD(l->end_pfn);
	ADD(l->pageblock_order);
	ADD(l->max_order);
	ADD(l->nr_nodes);
	ADD(l->nr_cpus);
	ADD(l->nr_zones);
	ADD(l->nr_ranges);
	for (unsigned i = 0; i < l->nr_zones; i++) {
		ADD(l->zone[i].start_pfn);
		ADD(l->zone[i].spanned);
		ADD(l->zone[i].node);
		ADD(l->zone[i].type);
		for (unsigned w = 0; w < PF_NR_WMARK; w++)
			ADD(l->zone[i].wmark[w]);
	}
	for (unsigned i = 0; i < l->nr_ranges; i++) {
		ADD(l->range[i].start_pfn);
		ADD(l->range[i].nr_pages);
		ADD(l->range[i].kind);
	}
}

static void add_dump(struct numbers *all, const struct pf_layout *l, struct pf_dump *d)
{
	ADD(d->nr_online_nodes);
	for (unsigned i = 0; i < PF_NR_TOTAL_FIELDS; i++)
		ADD(d->total[i]);
	for (unsigned z = 0; z < l->nr_zones; z++) {
		for (unsigned i = 0; i < PF_NR_ZONE_FIELDS; i++)
			ADD(d->zone[z].field[i]);
		for (unsigned cpu = 0; cpu < l->nr_cpus; cpu++)
			for (unsigned i = 0; i < PF_NR_CPU_FIELDS; i++)
				ADD(d->zone[z].cpu[cpu][i]);
	}
	/* Of each list, an entry or two. */
	for (uint32_t i = 0; i < d->nr_words; i += 1 + d->nr_words / 60)
		ADD(d->word[i]);
}

static uint64_t get(const struct number *n)
{
	return n->bytes == 1   ? *(uint8_t *)n->at
	       : n->bytes == 4 ? *(uint32_t *)n->at
			       : *(uint64_t *)n->at;
}

static void put(const struct number *n, uint64_t value)
{
	if (n->bytes == 1)
		*(uint8_t *)n->at = (uint8_t)value;
	else if (n->bytes == 4)
		*(uint32_t *)n->at = (uint32_t)value;
	else
		*(uint64_t *)n->at = value;
}

#define NR_HOSTILE 16

static uint64_t hostile(unsigned i, uint64_t was)
{
	static const uint64_t value[] = {0,	   1,	       9,	   17,	      31,
					 32,	   95,	       255,	   0x7fff,    0xffff,
					 1u << 24, 0x7fffffff, 0x80000000, 0xffffffff};

	return i < 14 ? value[i] : i == 14 ? was + 1 : was - 1;
}

static void test_every_number(void **state)
{
	static struct numbers numbers;
	struct numbers *all = &numbers;
	struct pf_transcript t;
	char said[600];

	(void)state;
	read_back(&t, path);
	add_layout(all, &t.layout);
	add_dump(all, &t.layout, &t.start);
	ADD(t.dump_every);
	ADD(t.functions);
	ADD(t.allocations);
	ADD(t.migrations);
	ADD(t.dumps);
	for (unsigned i = 0; i < all->nr; i++) {
		uint64_t was = get(&all->of[i]);

		for (unsigned k = 0; k < NR_HOSTILE; k++) {
			put(&all->of[i], hostile(k, was));
			/* The writer has lists and zones of the right size. */
			if (all->of[i].at == &t.layout.nr_zones ||
			    all->of[i].at == &t.layout.nr_cpus ||
			    all->of[i].at == &t.layout.max_order ||
			    all->of[i].at == &t.layout.nr_ranges)
				put(&all->of[i], get(&all->of[i]) % (was + 1));
			play_as_file(&t, said, sizeof(said));
		}
		put(&all->of[i], was);
	}
	assert_int_equal(play_as_file(&t, said, sizeof(said)), PF_CLEAN);
	assert_true(refused > all->nr);
	assert_true(clean + blamed > all->nr / 2);
	pf_transcript_free(&t);
}

/* What must not get through, and what is said of it. */
static void test_what_is_said(void **state)
{
	static const uint32_t twice[] = {0x7fffffff};
	struct pf_transcript t;
	char said[600];

	(void)state;
	read_back(&t, path);
#define SAYS(field, value, words)                                                       \
	do {                                                                            \
		__typeof__(field) was = (field);                                        \
		(field) = (value);                                                      \
		if (play_as_file(&t, said, sizeof(said)) != -1 || !strstr(said, words)) \
			fail_msg("not '%s': %s", words, said);                          \
		(field) = was;                                                          \
	} while (0)
	SAYS(t.layout.nr_nodes, 1, "zone 2 is on node 1 of 1");
	SAYS(t.layout.nr_nodes, 200, "the number of nodes");
	SAYS(t.layout.base_pfn, t.layout.base_pfn + 1, "not aligned");
	SAYS(t.layout.end_pfn, t.layout.end_pfn - 1, "outside");
	SAYS(t.layout.zone[1].start_pfn, t.layout.zone[0].start_pfn, "zone 1");
	SAYS(t.layout.zone[1].type, 200, "the type of a zone");
	SAYS(t.layout.zone[1].type, PF_ZONE_MOVABLE + 1, "the type of a zone");
	SAYS(t.layout.zone[2].node, 0, "of one type and node");
	SAYS(t.layout.zone[0].wmark[0], 100, "do not ascend");
	SAYS(t.layout.range[0].nr_pages, 1000, "not inside a zone");
	SAYS(t.layout.range[1].start_pfn, t.layout.range[0].start_pfn, "before the last one's end");
	SAYS(t.start.zone[0].field[PF_DUMP_DEFER_SHIFT], 95, "compact_defer_shift is 95");
	SAYS(t.start.zone[0].field[PF_DUMP_ORDER_FAILED], 95, "compact_order_failed is 95");
	SAYS(t.start.zone[0].field[PF_DUMP_FREE], 5, "free pages are counted");
	SAYS(t.start.zone[0].field[PF_DUMP_MANAGED], 0, "manages 0 pages");
	SAYS(t.start.zone[0].field[PF_DUMP_CACHED_FREE], 7, "compact_cached_free_pfn is pfn 0x7");
	SAYS(t.start.zone[0].cpu[0][PF_DUMP_COUNT], 1000, "count is 1000");
	SAYS(t.start.zone[0].cpu[1][PF_DUMP_FREE_FACTOR], 40, "free_factor is 40");
	SAYS(t.start.zone[0].blocks.nr, t.start.zone[0].blocks.nr - 1, "pageblocks");
	SAYS(t.start.word[t.start.zone[0].blocks.first], 7, "pageblock 0 of zone 0 is 0x7");
	SAYS(t.start.nr_online_nodes, 1000, "nodes are online");
	SAYS(t.functions, 1u << PF_NR_CALLS, "functions that nobody has");
	SAYS(t.start.lru_add[0], ((struct pf_list){0, 16}), "16 pages to an LRU list");
	for (unsigned o = 0; o <= t.layout.max_order; o++) {
		struct pf_list *list = &t.start.zone[0].free[o][PF_MOVABLE];

		if (list->nr) {
			SAYS(t.start.word[list->first], twice[0] << o, "not in zone 0");
			if (t.layout.range[0].start_pfn % (1u << o) == 0)
				SAYS(t.start.word[list->first], t.layout.range[0].start_pfn,
				     "is there twice");
		}
		if (o && list->nr)
			SAYS(t.start.word[list->first], t.start.word[list->first] + 1,
			     "not aligned");
		if (list->nr > 1)
			SAYS(t.start.word[list->first], t.start.word[list->first + 1],
			     "is there twice");
	}
	assert_int_equal(play_as_file(&t, said, sizeof(said)), PF_CLEAN);
	pf_transcript_free(&t);
}

/* Lists lose, gain and swap entries; programs and calls are any bytes. */
static void tamper(struct pf_transcript *t, struct numbers *all)
{
	struct pf_zone_dump *zone = &t->start.zone[pf_rng_below(&rng, t->layout.nr_zones)];
	struct pf_list *list;

	switch (pf_rng_below(&rng, 8)) {
	case 0:
		put(&all->of[pf_rng_below(&rng, all->nr)],
		    hostile(pf_rng_below(&rng, NR_HOSTILE), pf_rng_below(&rng, 1u << 20)));
		break;
	case 1:
		list = &zone->free[pf_rng_below(&rng, t->layout.max_order + 1u)]
				  [pf_rng_below(&rng, PF_NR_BLOCK_TYPES)];
		list->first = pf_rng_below(&rng, t->start.nr_words);
		list->nr = pf_rng_below(&rng, 4);
		if (list->nr > t->start.nr_words - list->first)
			list->nr = 0;
		break;
	case 2:
		list = &zone->pcp[pf_rng_below(&rng, t->layout.nr_cpus)]
				 [pf_rng_below(&rng, PF_NR_PCP_LISTS)];
		list->first = pf_rng_below(&rng, t->start.nr_words);
		list->nr = list->first + 2 < t->start.nr_words ? pf_rng_below(&rng, 3) : 0;
		break;
	case 3:
		zone->others = (struct pf_list){pf_rng_below(&rng, t->start.nr_words / 2), 2};
		break;
	case 4:
		for (unsigned i = 0; i < 3; i++)
			t->program[pf_rng_below(&rng, (uint32_t)t->program_size)] =
				(uint8_t)pf_rng_below(&rng, 256);
		break;
	case 5:
		t->program_size = pf_rng_below(&rng, (uint32_t)t->program_size) + 1;
		break;
	case 6:
		for (unsigned i = 0; i < 3; i++)
			t->calls[pf_rng_below(&rng, (uint32_t)t->calls_size)] =
				(uint8_t)pf_rng_below(&rng, 256);
		break;
	default:
		t->calls_size = pf_rng_below(&rng, (uint32_t)t->calls_size) + 1;
	}
}

static void test_random(void **state)
{
	static struct numbers numbers;
	char said[600];

	(void)state;
	for (unsigned i = 0; i < 800; i++) {
		struct numbers *all = &numbers;
		struct pf_transcript t;

		read_back(&t, path);
		all->nr = 0;
		add_dump(all, &t.layout, &t.start);
		ADD(t.dump_every);
		for (unsigned n = 1 + pf_rng_below(&rng, 3); n; n--)
			tamper(&t, all);
		play_as_file(&t, said, sizeof(said));
		pf_transcript_free(&t);
	}
}

/* The real thing: a few of the recorded ones, of which only the start has to be run. */
static void test_golden(void **state)
{
	static const char *const file[] = {"corpus/golden/buddy.tr", "corpus/golden/lru-split.tr",
					   "corpus/golden/boot-compact.tr"};
	static struct numbers numbers;
	char said[600];

	(void)state;
	for (unsigned f = 0; f < sizeof(file) / sizeof(file[0]); f++) {
		struct numbers *all = &numbers;
		struct pf_transcript t;

		read_back(&t, file[f]);
		if (t.program_size > 1000)
			t.program_size = 1000;
		if (t.calls_size > 20000)
			t.calls_size = 20000;
		all->nr = 0;
		add_layout(all, &t.layout);
		add_dump(all, &t.layout, &t.start);
		for (unsigned i = 0; i < 40; i++) {
			struct number *n = &all->of[pf_rng_below(&rng, all->nr)];
			uint64_t was = get(n);

			if (n->at == &t.layout.nr_zones || n->at == &t.layout.nr_cpus ||
			    n->at == &t.layout.max_order || n->at == &t.layout.nr_ranges)
				continue;
			put(n, hostile(pf_rng_below(&rng, NR_HOSTILE), was));
			play_as_file(&t, said, sizeof(said));
			put(n, was);
		}
		pf_transcript_free(&t);
	}
}

/* ------------------------------------------------------------- raw bytes -- */

#define NUMBERS 20

struct raw {
	unsigned char head[256];
	size_t head_size;
	unsigned char *data;
	size_t size;
};

static uint64_t le(const unsigned char *from, unsigned bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | from[bytes];
	return v;
}

static void read_raw(struct raw *r)
{
	FILE *f = fopen(path, "rb");
	unsigned char numbers[NUMBERS], *packed;
	uLongf size;
	size_t length;

	assert_non_null(fgets((char *)r->head, sizeof(r->head), f));
	r->head_size = strlen((char *)r->head);
	assert_int_equal(fread(numbers, 1, NUMBERS, f), NUMBERS);
	r->size = le(numbers, 8);
	length = le(numbers + 8, 8);
	packed = malloc(length);
	assert_int_equal(fread(packed, 1, length, f), length);
	fclose(f);
	r->data = malloc(r->size);
	size = r->size;
	assert_int_equal(uncompress(r->data, &size, packed, length), Z_OK);
	free(packed);
}

/* With sizes and checksum that are right, or as told. */
static int play_raw(const struct raw *r, uint64_t announced, char *said, size_t size)
{
	char file[] = "/tmp/pagefuzz-tampered-XXXXXX";
	uLongf length = compressBound(r->size);
	unsigned char *packed = malloc(length), numbers[NUMBERS];
	uint64_t value[] = {announced, 0, crc32(0, r->data, (uInt)r->size)};
	int fd = mkstemp(file), outcome;

	assert_int_equal(compress2(packed, &length, r->data, r->size, 1), Z_OK);
	value[1] = length;
	for (unsigned i = 0; i < NUMBERS; i++)
		numbers[i] = (unsigned char)(value[i / 8] >> 8 * (i % 8));
	assert_true(write(fd, r->head, r->head_size) == (ssize_t)r->head_size);
	assert_true(write(fd, numbers, NUMBERS) == NUMBERS);
	assert_true(write(fd, packed, length) == (ssize_t)length);
	close(fd);
	outcome = play(file, said, size);
	unlink(file);
	free(packed);
	return outcome;
}

static void test_raw_bytes(void **state)
{
	struct raw r;
	char said[600];

	(void)state;
	read_raw(&r);
	assert_int_equal(play_raw(&r, r.size, said, sizeof(said)), PF_CLEAN);
	/* Nobody takes a gigabyte because a file of a few hundred bytes says so. */
	assert_int_equal(play_raw(&r, 1u << 30, said, sizeof(said)), -1);
	assert_non_null(strstr(said, "1073741824 bytes"));
	for (unsigned i = 0; i < 800; i++) {
		/* Mostly the start; numbers of many bytes as well. */
		size_t at = pf_rng_below(&rng, (uint32_t)(i % 3 ? 600 : r.size - 12));
		unsigned n = 1 + pf_rng_below(&rng, 10);
		unsigned char was[16];

		memcpy(was, r.data + at, n);
		for (unsigned k = 0; k < n; k++)
			r.data[at + k] = i % 2 ? 0xff : (unsigned char)pf_rng_below(&rng, 256);
		play_raw(&r, r.size, said, sizeof(said));
		memcpy(r.data + at, was, n);
	}
	free(r.data);
}

/* -------------------------------------------------- the port, by itself -- */

/* load() is asked without anybody in front of it. */
static void load_and_use(const struct pf_dump *d)
{
	void *state = new_state(&start.layout);

	if (pf_impl_linux.load(state, d)) {
		clean++;
		use(state, &start.layout, 60);
	} else {
		refused++;
	}
	free(state);
}

static void test_load(void **state)
{
	static struct numbers numbers;
	struct numbers *all = &numbers;
	struct pf_dump d = start.dump;
	unsigned before;

	(void)state;
	d.word = malloc(d.room * sizeof(uint32_t));
	memcpy(d.word, start.dump.word, d.nr_words * sizeof(uint32_t));
	refused = clean = 0;
	load_and_use(&d);
	assert_int_equal(clean, 1);
	add_dump(all, &start.layout, &d);
	ADD(d.nr_zones);
	ADD(d.nr_cpus);
	for (unsigned i = 0; i < all->nr; i++) {
		uint64_t was = get(&all->of[i]);

		for (unsigned k = 0; k < NR_HOSTILE; k++) {
			put(&all->of[i], hostile(k, was));
			load_and_use(&d);
		}
		put(&all->of[i], was);
	}
	/* Lists that are anywhere. */
	all->nr = 0;
	for (unsigned z = 0; z < start.layout.nr_zones; z++) {
		struct pf_zone_dump *zone = &d.zone[z];

		ADD(zone->blocks.first);
		ADD(zone->blocks.nr);
		ADD(zone->others.first);
		ADD(zone->others.nr);
		for (unsigned o = 0; o < PF_NR_ORDERS; o++) {
			ADD(zone->free[o][1].first);
			ADD(zone->free[o][1].nr);
		}
		for (unsigned i = 0; i < PF_NR_PCP_LISTS; i++) {
			ADD(zone->pcp[1][i].first);
			ADD(zone->pcp[1][i].nr);
		}
	}
	for (unsigned i = 0; i < all->nr; i++) {
		uint64_t was = get(&all->of[i]);

		for (unsigned k = 0; k < NR_HOSTILE; k++) {
			put(&all->of[i], hostile(k, was));
			load_and_use(&d);
		}
		put(&all->of[i], was);
	}
	before = clean;
	load_and_use(&d);
	assert_int_equal(clean, before + 1);
	free(d.word);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_untouched),    cmocka_unit_test(test_what_is_said),
		cmocka_unit_test(test_every_number), cmocka_unit_test(test_random),
		cmocka_unit_test(test_golden),	     cmocka_unit_test(test_raw_bytes),
		cmocka_unit_test(test_load),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
