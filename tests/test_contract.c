// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_contract.c - what contract 2 promises to an implementation, and what it
 * demands: members by `self`, memory outside the block, guards, pages of its own,
 * limits, assertions, memory that comes later, runs, functions that are absent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "impls/bitmap/bitmap.h"
#include "impls/buddy/buddy.h"
#include "impls/granule/granule.h"
#include "impls/linux/linux.h"
#include "impls/mobility/mobility.h"
#include "oracle/oracle.h"
#include "targets/language/fit.h"
#include "targets/language/mutate.h"
#include "targets/language/text.h"

#define MAX_OPS 512

static struct pf_op ops[MAX_OPS];
static size_t nr_ops;
static struct pf_verdict verdict;

static void parse(const char *text)
{
	struct pf_text_error err;

	if (!pf_parse(text, strlen(text), ops, MAX_OPS, &nr_ops, &err))
		fail_msg("line %zu: %s", err.line, err.message);
}

static enum pf_outcome run(struct pf_oracle *o, const char *text)
{
	parse(text);
	return pf_oracle_run(o, ops, nr_ops, &verdict);
}

static struct pf_oracle *oracle_of(const struct pf_impl *a, const struct pf_impl *b,
				   const struct pf_impl *c)
{
	const struct pf_impl *lineup[] = {a, b, c};
	struct pf_oracle *o = pf_oracle_new(lineup, c ? 3 : b ? 2 : 1);

	assert_non_null(o);
	return o;
}

#define CLEAN(o, text)                                                         \
	do {                                                                   \
		if (run(o, text) != PF_CLEAN)                                  \
			fail_msg("%s: %s", verdict.signature, verdict.detail); \
	} while (0)

#define FINDS(o, text, expected)                                  \
	do {                                                      \
		assert_int_equal(run(o, text), PF_FINDING);       \
		assert_string_equal(verdict.signature, expected); \
	} while (0)

/* ------------------------------------------- what a member can be given -- */

/* Bitmap's functions, with a word in front of its state that says which member it is. */
struct member {
	enum fault {
		SOUND,
		OUTSIDE_WINDOW,
		UNALIGNED,
		FAILS,
		REFUSES,
		WONT_SHRINK,
		GROWS_INTO_OTHERS,
		BOASTS,
		ASSERTS,
		GIVES_OWN_AWAY,
		FORGETS_ADDED,
	} fault;
	uint32_t own; /* pages that it keeps at the start of each zone */
};

struct head {
	const struct member *member;
	const struct pf_layout *layout;
	struct pf_world *world;
	pf_pfn last;
	bool kept[PF_MAX_ZONES]; /* its own pages are its own: they are no hole, say */
};
_Static_assert(sizeof(struct head) <= 64, "room for a head");

#define INNER(state) ((void *)((char *)(state) + 64))
#define HEAD(state)  ((struct head *)(state))
#define BITMAP	     (&pf_impl_bitmap)

static size_t member_footprint(const void *self, const struct pf_layout *l)
{
	(void)self;
	return BITMAP->footprint(BITMAP->self, l) + 64;
}

static void member_init(const void *self, void *state, const struct pf_layout *l,
			struct pf_world *world)
{
	struct head *h = state;

	*h = (struct head){self, l, world, PF_NO_PFN, {false}};
	BITMAP->init(BITMAP->self, INNER(state), l, world);
	for (unsigned z = 0; z < l->nr_zones && h->member->own; z++)
		h->kept[z] = BITMAP->take_run(INNER(state), l->zone[z].start_pfn, h->member->own);
}

static pf_pfn member_alloc(void *state, const struct pf_request *req)
{
	struct head *h = state;

	if (h->member->fault == ASSERTS)
		h->world->failed(h->world, "no such list");
	if (h->member->fault == GIVES_OWN_AWAY)
		return h->layout->zone[0].start_pfn;
	h->last = BITMAP->alloc(INNER(state), req);
	return h->last;
}

static void member_free(void *state, pf_pfn pfn, unsigned order, unsigned cpu)
{
	BITMAP->free(INNER(state), pfn, order, cpu);
}

static void member_census(void *state, pf_block_fn fn, void *arg)
{
	BITMAP->census(INNER(state), fn, arg);
}

static const struct pf_zone_counters *member_counters(void *state, unsigned zone)
{
	return BITMAP->counters(INNER(state), zone);
}

static pf_pfn member_alloc_run(void *state, const struct pf_run_request *req)
{
	struct head *h = state;
	struct pf_run_request other = *req;

	switch (h->member->fault) {
	case OUTSIDE_WINDOW:
		other.from = h->layout->base_pfn;
		other.to = h->layout->end_pfn;
		break;
	case UNALIGNED:
		other.align = 1;
		other.from += 1;
		break;
	case FAILS:
		return PF_NO_PFN;
	default:
		break;
	}
	return BITMAP->alloc_run(INNER(state), &other);
}

static void member_free_run(void *state, pf_pfn pfn, uint32_t nr, unsigned cpu)
{
	BITMAP->free_run(INNER(state), pfn, nr, cpu);
}

static bool member_take_run(void *state, pf_pfn pfn, uint32_t nr)
{
	return HEAD(state)->member->fault != REFUSES && BITMAP->take_run(INNER(state), pfn, nr);
}

static bool member_resize_run(void *state, pf_pfn pfn, uint32_t old, uint32_t nr)
{
	enum fault fault = HEAD(state)->member->fault;

	if (nr < old && fault == WONT_SHRINK)
		return false;
	if (nr > old && fault == GROWS_INTO_OTHERS)
		return true;
	return BITMAP->resize_run(INNER(state), pfn, old, nr);
}

static uint32_t member_largest_free(void *state, unsigned zone)
{
	return BITMAP->largest_free(INNER(state), zone) + (HEAD(state)->member->fault == BOASTS);
}

static bool member_add_memory(void *state, pf_pfn pfn, uint32_t nr)
{
	return HEAD(state)->member->fault == FORGETS_ADDED ||
	       BITMAP->add_memory(INNER(state), pfn, nr);
}

static void member_own_pages(void *state, pf_pages_fn fn, void *arg)
{
	struct head *h = state;

	for (unsigned z = 0; z < h->layout->nr_zones; z++)
		if (h->kept[z])
			fn(arg, h->layout->zone[z].start_pfn, h->member->own);
}

static struct pf_impl member(const char *name, const struct member *self)
{
	return (struct pf_impl){
		.self = self,
		.name = name,
		.summary = "bitmap, told which one it is",
		.features = PF_F_ZONES | PF_F_SNAPSHOT,
		.footprint = member_footprint,
		.init = member_init,
		.alloc = member_alloc,
		.free = member_free,
		.census = member_census,
		.counters = member_counters,
		.alloc_run = member_alloc_run,
		.free_run = member_free_run,
		.take_run = member_take_run,
		.resize_run = member_resize_run,
		.add_memory = member_add_memory,
		.largest_free = member_largest_free,
		.own_pages = member_own_pages,
	};
}

static const char life_of_runs[] = "config pages=256\n"
				   "later at=128 pages=64\n"
				   "alloc a1 order=2 movable\n"
				   "run a2 pages=33 align=2\n"
				   "run a3 pages=10 top movable\n"
				   "run a4 pages=5 from=60 to=70\n"
				   "resize a2 pages=40\n"
				   "trim a2 head=3 tail=4\n"
				   "take a5 at=80 pages=7\n"
				   "resize a5 pages=3\n"
				   "check\n"
				   "add range=0\n"
				   "run a6 pages=60 from=128\n"
				   "pin a6\n"
				   "check\n"
				   "free a2\n"
				   "run a7 pages=300\n"
				   "check\n";

/* Members that share their functions, and each finds its own `self`. */
static void test_self(void **state)
{
	static const struct member plain, keeper = {.own = 3}, boaster = {.fault = BOASTS};
	struct pf_impl a = member("plain", &plain), b = member("keeper", &keeper);
	struct pf_impl c = member("boaster", &boaster);
	struct pf_oracle *o;

	(void)state;
	o = oracle_of(&a, &b, &pf_impl_buddy);
	CLEAN(o, life_of_runs);
	pf_oracle_free(o);
	o = oracle_of(&a, &c, &b);
	FINDS(o, life_of_runs, "largest/boaster/check");
	pf_oracle_free(o);
}

/* Each lie about runs and memory is called what it is. */
static void test_run_laws(void **state)
{
	static const struct {
		struct member member;
		const char *program, *signature;
	} lies[] = {
		{{.fault = OUTSIDE_WINDOW},
		 "run a1 pages=4 from=100 to=110\n",
		 "placement/liar/run"},
		{{.fault = UNALIGNED}, "run a1 pages=4 align=3\n", "placement/liar/run"},
		{{.fault = FAILS}, "run a1 pages=1000\n", "feasibility/liar/run"},
		{{.fault = REFUSES}, "take a1 at=3 pages=9\n", "feasibility/liar/take"},
		{{.fault = WONT_SHRINK},
		 "run a1 pages=9\nresize a1 pages=4\n",
		 "truthful/liar/resize"},
		{{.fault = GROWS_INTO_OTHERS},
		 "run a1 pages=9\nrun a2 pages=1\nresize a1 pages=12\n",
		 "exclusive/liar/resize"},
		{{.fault = ASSERTS}, "alloc a1\n", "assertion/liar/alloc"},
		{{.fault = GIVES_OWN_AWAY, .own = 2}, "alloc a1\n", "exclusive/liar/alloc"},
		{{.fault = FORGETS_ADDED},
		 "later at=512 pages=64\nalloc a1\nadd range=0\n",
		 "conservation/liar/add"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct pf_impl liar = member("liar", &lies[i].member);
		struct pf_oracle *o = oracle_of(&liar, &pf_impl_buddy, NULL);

		FINDS(o, lies[i].program, lies[i].signature);
		pf_oracle_free(o);
	}
}

/* Random programs, many of them with runs and memory to come. */
static void test_runs_at_random(void **state)
{
	static const struct member plain, keeper = {.own = 1};
	struct pf_impl a = member("plain", &plain), b = member("keeper", &keeper);
	struct pf_oracle *o = oracle_of(&a, &b, &pf_impl_mobility);
	struct pf_rng rng = {11};

	(void)state;
	for (unsigned i = 0; i < 1500; i++) {
		nr_ops = pf_generate(ops, 1 + pf_rng_below(&rng, 100), MAX_OPS, &rng);
		if (pf_oracle_run(o, ops, nr_ops, &verdict) == PF_FINDING)
			fail_msg("%s: %s", verdict.signature, verdict.detail);
	}
	pf_oracle_free(o);
}

/* ----------------------------------------------- memory outside the block -- */

/* A library's globals: a counter and a table that its code never puts in order again. */
static struct {
	uint32_t calls;
	unsigned char table[4096];
} globals[2];

static unsigned global_regions(const void *self, struct pf_region *r, unsigned max)
{
	if (max)
		r[0] = (struct pf_region){&globals[(uintptr_t)self & 1], sizeof(globals[0])};
	return 1;
}

static pf_pfn global_alloc(void *state, const struct pf_request *req)
{
	struct pf_request r = *req;

	/* Every other answer is of one order more than was asked for, were it not fresh. */
	globals[0].table[globals[0].calls++ % sizeof(globals[0].table)]++;
	if (globals[0].calls > 5)
		return PF_NO_PFN;
	return pf_impl_buddy.alloc(state, &r);
}

static void test_regions(void **state)
{
	struct pf_impl lib = pf_impl_buddy, other = pf_impl_buddy, same = pf_impl_buddy;
	const struct pf_impl *lineup[] = {&lib, &same};
	struct pf_oracle *o;
	uint64_t hash;

	(void)state;
	lib.name = "lib";
	lib.regions = global_regions;
	lib.alloc = global_alloc;
	same.name = "same";
	same.regions = global_regions;
	memset(globals, 0, sizeof(globals));
	globals[0].table[7] = 77;
	o = oracle_of(&lib, &pf_impl_mobility, NULL);
	/* Five allocations a program: the sixth fails for no reason. */
	CLEAN(o, "alloc a1\nalloc a2\nfree a1\nalloc a3 order=2\nalloc a4\nalloc a5\ncheck\n");
	hash = pf_oracle_hash(o);
	CLEAN(o, "alloc a1\nalloc a2\nfree a1\nalloc a3 order=2\nalloc a4\nalloc a5\ncheck\n");
	assert_int_equal(globals[0].calls, 5);
	assert_true(hash == pf_oracle_hash(o));
	FINDS(o, "alloc a1\nalloc a2\nalloc a3\nalloc a4\nalloc a5\nalloc a6\n",
	      "feasibility/lib/alloc");
	CLEAN(o, "alloc a1\n");
	assert_int_equal(globals[0].calls, 1);
	assert_int_equal(globals[0].table[7], 77);
	pf_oracle_free(o);

	/* Two can't have the same; two with their own can. */
	assert_string_equal(pf_lineup_wrong(lineup, 2),
			    "two implementations have memory in common");
	assert_null(pf_oracle_new(lineup, 2));
	other.self = (const void *)1;
	other.regions = global_regions;
	lineup[1] = &other;
	assert_null(pf_lineup_wrong(lineup, 2));
}

/* ----------------------------------------------------------------- guards -- */

#if defined(__SANITIZE_ADDRESS__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#endif
#ifdef WATCHED
#include <sanitizer/asan_interface.h>

/* Bitmap behind a pointer to a table of 16 bytes, 32 that are guarded, and 16 more. */
static void guarded_init(const void *self, void *state, const struct pf_layout *l,
			 struct pf_world *world)
{
	size_t size = BITMAP->footprint(BITMAP->self, l);
	unsigned char *table = (unsigned char *)INNER(state) + ((size + 7) & ~(size_t)7);

	(void)self;
	BITMAP->init(BITMAP->self, INNER(state), l, world);
	memset(table, 1, 64);
	*(unsigned char **)state = table;
	pf_guard(world, table + 16, 32);
}

static size_t guarded_footprint(const void *self, const struct pf_layout *l)
{
	(void)self;
	return 64 + ((BITMAP->footprint(BITMAP->self, l) + 7) & ~(size_t)7) + 64;
}

static pf_pfn guarded_alloc(void *state, const struct pf_request *req)
{
	const unsigned char *table = *(unsigned char **)state;

	/* The table's last byte, the first behind it, the last of the guard, what follows. */
	assert_false(__asan_address_is_poisoned(table + 15));
	assert_true(__asan_address_is_poisoned(table + 16));
	assert_true(__asan_address_is_poisoned(table + 47));
	assert_false(__asan_address_is_poisoned(table + 48));
	/* Behind the block. */
	assert_true(__asan_address_is_poisoned(table + 64));
	return BITMAP->alloc(INNER(state), req);
}

/* In the run that calls init(), in those that begin from its image, for each layout. */
static void test_guards(void **state)
{
	static const struct member plain;
	struct pf_impl impl = member("guarded", &plain);
	struct pf_oracle *o;

	(void)state;
	impl.footprint = guarded_footprint;
	impl.init = guarded_init;
	impl.alloc = guarded_alloc;
	impl.own_pages = NULL;
	o = oracle_of(&impl, &pf_impl_buddy, NULL);
	for (unsigned i = 0; i < 3; i++) {
		CLEAN(o, "alloc a1\ncompact order=2\nalloc a2 order=3\ncheck\n");
		CLEAN(o, "alloc a1\ncompact order=2\nalloc a2 order=3\ncheck\n");
		CLEAN(o, "config pages=70\nalloc a1\ncheck\n");
		CLEAN(o, "config pages=4000\nalloc a1\ncheck\n");
	}
	pf_oracle_free(o);
}
#endif

/* ----------------------------------------------------------------- limits -- */

static void test_limits(void **state)
{
	static const struct pf_limits single = {.max_order = 1, .no_holes = true, .max_zones = 1};
	struct pf_impl pages = pf_impl_bitmap;
	struct pf_oracle *o;
	struct pf_rng rng = {5};
	const struct pf_figures *f;

	(void)state;
	pages.name = "pages";
	pages.limits = &single;
	o = oracle_of(&pages, &pf_impl_buddy, NULL);
	CLEAN(o, "alloc a1 order=1\n");
	f = pf_oracle_figures(o, 0);
	assert_int_equal(f->runs, 0);
	assert_int_equal(f->refused_runs, 1);
	CLEAN(o, "config max_order=0\nalloc a1\nalloc a2\ncheck\n");
	assert_int_equal(f->runs, 1);
	for (unsigned i = 0; i < 300; i++) {
		nr_ops = pf_generate(ops, 40, MAX_OPS - 64, &rng);
		nr_ops = pf_program_fit(ops, nr_ops, MAX_OPS, &single);
		if (pf_oracle_run(o, ops, nr_ops, &verdict) == PF_FINDING)
			fail_msg("%s: %s", verdict.signature, verdict.detail);
	}
	assert_int_equal(f->runs, 301);
	assert_int_equal(f->refused_runs, 1);
	pf_oracle_free(o);
}

/* -------------------------------------------------------- absent functions -- */

struct heard {
	unsigned lane;
	char answer[8][64];
};

static void hear(void *arg, size_t step, const struct pf_op *op, unsigned lane, const char *answer)
{
	struct heard *h = arg;

	(void)op;
	if (answer && step < 8 && lane == h->lane)
		snprintf(h->answer[step], sizeof(h->answer[step]), "%s", answer);
}

/* Who has the function keeps what it got; who lacks it goes on without. */
static void test_absent(void **state)
{
	struct pf_oracle *o = oracle_of(&pf_impl_mobility, &pf_impl_linux_plain, &pf_impl_bitmap);
	struct heard heard = {0};

	(void)state;
	pf_oracle_options(o, &(struct pf_options){.trace = hear, .trace_arg = &heard});
	CLEAN(o, "contig a1 at=64 pages=32\ncontig a2 at=64 pages=1\nalloc a3 order=2\n"
		 "free a1\ncontig a2 at=64 pages=1\ncheck\n");
	assert_string_equal(heard.answer[0], "pfn 1088, 32 pages");
	/* The range is still live there, so the second one fails. */
	assert_string_equal(heard.answer[1], "refused");
	assert_string_equal(heard.answer[4], "pfn 1088, 1 pages");
	heard.lane = 1;
	CLEAN(o, "contig a1 at=64 pages=32\ncheck\nalloc a2 order=7\nfree a1\ncheck\n");
	assert_string_equal(heard.answer[0], "skipped: not supported");
	pf_oracle_free(o);
}

/* Twins are asked what all of them can: else they could not stay equal. */
static void test_twins(void **state)
{
	static const char program[] =
		"config pages=512\nbulk a1 count=40 movable\nbulk a2 count=9\n"
		"exact a3 count=5\nalloc a4 order=3 movable\nfree a1\n"
		"compact whole sync\ntick kcompactd order=3\ncheck\ndrain\n"
		"retype block=3 movable\ncpu cpu=1 offline\ncheck\n";
	struct pf_impl poor = pf_impl_linux;
	struct pf_oracle *o;

	(void)state;
	poor.name = "poor";
	poor.alloc_bulk = NULL;
	poor.alloc_exact = NULL;
	poor.tick = NULL;
	poor.retype = NULL;
	o = oracle_of(&pf_impl_linux, &poor, &pf_impl_buddy);
	CLEAN(o, program);
	assert_int_equal(pf_oracle_exact(o)->allocations, 4);
	assert_int_equal(pf_oracle_figures(o, 0)->skipped, pf_oracle_figures(o, 1)->skipped);
	pf_oracle_free(o);
}

/* ------------------------------------------------------------------ start -- */

static void dies_in_init(const void *self, void *state, const struct pf_layout *l,
			 struct pf_world *world)
{
	(void)self;
	(void)state;
	(void)l;
	world->lost(world, "it did not boot\nand this is its console");
}

static void no_print(FILE *out, const struct pf_op *op)
{
	fprintf(out, "%u", op->kind);
}

/* A finding before the first operation, its story, and a clean run of others behind it. */
static void test_lost_at_start(void **state)
{
	struct pf_impl lost = pf_impl_buddy;
	struct pf_oracle *o;
	char *story;
	size_t size;
	FILE *f;

	(void)state;
	lost.name = "lost";
	lost.init = dies_in_init;
	o = oracle_of(&pf_impl_bitmap, &lost, NULL);
	for (unsigned i = 0; i < 2; i++) {
		FINDS(o, "alloc a1\n", "alive/lost/start");
		f = open_memstream(&story, &size);
		pf_story(o, &verdict, ops, nr_ops, no_print, f);
		fclose(f);
		assert_non_null(strstr(story, "it did not boot"));
		assert_non_null(strstr(story, "and this is its console"));
		assert_non_null(strstr(story, "before the first of 1 operations"));
		free(story);
	}
	pf_oracle_free(o);
}

/* A story comes from the run that found it: no implementation is asked again. */
static unsigned inits;

static void counting_init(const void *self, void *state, const struct pf_layout *l,
			  struct pf_world *world)
{
	inits++;
	member_init(self, state, l, world);
}

static void test_story_without_a_run(void **state)
{
	static const struct member asserts = {.fault = ASSERTS};
	struct pf_impl impl = member("liar", &asserts);
	struct pf_oracle *o;
	char *story;
	size_t size;
	FILE *f;

	(void)state;
	impl.init = counting_init;
	inits = 0;
	o = oracle_of(&pf_impl_buddy, &impl, NULL);
	FINDS(o, "run a9 pages=3\nalloc a1\n", "assertion/liar/alloc");
	f = open_memstream(&story, &size);
	pf_story(o, &verdict, ops, nr_ops, no_print, f);
	fclose(f);
	assert_int_equal(inits, 1);
	assert_non_null(strstr(story, "it says: no such list"));
	assert_non_null(strstr(story, "liar       pfn 1024, 3 pages"));
	assert_non_null(strstr(story, "buddy      skipped: not supported"));
	free(story);
	pf_oracle_free(o);
}

/* The one that has all about runs, and pages of its own, beside one that has none of these. */
static void test_granule(void **state)
{
	struct pf_oracle *o = oracle_of(&pf_impl_bitmap, &pf_impl_granule, NULL);
	struct pf_rng rng = {21};
	uint64_t largest;

	(void)state;
	CLEAN(o, "config pages=64\n"
		 "run a0 pages=7 align=2 top\n"
		 "run a1 pages=5 from=8 to=40\n"
		 "trim a0 head=2 tail=1\n"
		 "resize a1 pages=9\n"
		 "take a2 at=20 pages=3\n"
		 "resize a1 pages=2\n"
		 "contig a3 at=50 pages=2\n"
		 "exact a4 count=5\n"
		 "check");
	for (unsigned i = 0; i < 2000; i++) {
		size_t n = pf_generate(ops, 1 + pf_rng_below(&rng, 100), MAX_OPS, &rng);

		n = pf_program_fit(ops, n, MAX_OPS, pf_impl_granule.limits);
		if (pf_oracle_run(o, ops, n, &verdict) != PF_CLEAN)
			fail_msg("%u: %s: %s", i, verdict.signature, verdict.detail);
	}
	largest = pf_oracle_figures(o, 1)->checked[PF_LAW_LARGEST];
	assert_true(largest > 2000);
	pf_oracle_free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_self),
		cmocka_unit_test(test_run_laws),
		cmocka_unit_test(test_runs_at_random),
		cmocka_unit_test(test_regions),
#ifdef WATCHED
		cmocka_unit_test(test_guards),
#endif
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_twins),
		cmocka_unit_test(test_lost_at_start),
		cmocka_unit_test(test_story_without_a_run),
		cmocka_unit_test(test_granule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
