// SPDX-License-Identifier: GPL-2.0-only
/*
 * vtable.c - the real kernel behind struct pf_impl: every function once and in a
 * random run, against a small world that keeps its own books, in all places that
 * a lab's node can be in; a second boot; a guest that panics or hangs; and nothing
 * that the kernel complains of on its console.
 *
 *     vtable KERNEL INITRD FOLDER-FOR-CONSOLE [quick]
 */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel.h"

#define MAX_SLOTS 8192u
#define BALLAST	  400u /* slots at the end that fill up the zones */

#define KERNEL_GFP (PF_GFP_IO | PF_GFP_FS | PF_GFP_DIRECT_RECLAIM | PF_GFP_KSWAPD_RECLAIM)
#define ATOMIC_GFP (PF_GFP_HIGH | PF_GFP_ATOMIC | PF_GFP_KSWAPD_RECLAIM)

static struct pf_kernel *kernel;
static const struct pf_impl *impl;
static struct pf_kernel_config config;
static struct pf_layout layout;
static struct pf_dump start, dump;
static void *state;
static unsigned number, failures;
static const char *place_name;
static bool seen_6_1; /* some amounts are those of 6.1 */

/* --------------------------------------------------------------- output -- */

static char complaint[256];

__attribute__((format(printf, 2, 3))) static void expect(bool good, const char *format, ...)
{
	va_list args;

	if (good || *complaint)
		return;
	va_start(args, format);
	vsnprintf(complaint, sizeof(complaint), format, args);
	va_end(args);
}

static void step(const char *name)
{
	failures += *complaint != '\0';
	printf("%sok %u vtable, %s: %s%s%s\n", *complaint ? "not " : "", ++number, place_name, name,
	       *complaint ? ": " : "", complaint);
	*complaint = '\0';
	fflush(stdout);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint64_t random_state = 88172645463325252u;

static uint32_t below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 33) % n;
}

/* ---------------------------------------------------------------- world -- */

/* What lives at a page: slot + 1 at all pages of a block; 0: nobody. */
static uint32_t *owner;

static struct slot {
	pf_pfn pfn;
	uint8_t order;
	uint16_t attrs; /* 0: empty */
} slots[MAX_SLOTS];

static uint32_t live[PF_MAX_ZONES];
static unsigned nr_moves, nr_refused, nr_waits;
static bool unevictable_allowed = true;
static struct {
	unsigned after, count;
} injected[PF_NR_INJECT];
static uint64_t heard; /* hash of all answers and moves */
static jmp_buf out;
static char last_words[4096];

static void hear(uint64_t value)
{
	heard = (heard ^ value) * 0x9e3779b97f4a7c15u;
	heard ^= heard >> 29;
}

static unsigned zone_of(pf_pfn pfn)
{
	unsigned z = 0;

	while (z + 1 < layout.nr_zones && pfn >= layout.zone[z + 1].start_pfn)
		z++;
	return z;
}

static void settle(uint32_t slot, pf_pfn pfn, unsigned order, unsigned attrs)
{
	uint32_t idx = pfn - layout.base_pfn, n = 1u << order;

	expect(pfn >= layout.base_pfn && pfn + n <= layout.end_pfn && pfn % n == 0,
	       "pfn %#x of order %u is outside or unaligned", pfn, order);
	for (uint32_t i = 0; !*complaint && i < n; i++) {
		expect(!owner[idx + i], "pfn %#x was handed out twice", pfn + i);
		owner[idx + i] = slot + 1;
	}
	slots[slot] = (struct slot){pfn, (uint8_t)order, (uint16_t)(attrs | PF_PAGE_LIVE)};
	live[zone_of(pfn)] += n;
}

static void leave(uint32_t slot)
{
	uint32_t n = 1u << slots[slot].order;

	memset(&owner[slots[slot].pfn - layout.base_pfn], 0, n * sizeof(*owner));
	live[zone_of(slots[slot].pfn)] -= n;
	slots[slot].attrs = 0;
}

static bool is_injected(enum pf_inject what)
{
	if (!injected[what].count)
		return false;
	if (injected[what].after) {
		injected[what].after--;
		return false;
	}
	injected[what].count--;
	return true;
}

static enum pf_migrate_result consent(unsigned attrs, enum pf_mode mode)
{
	if (!(attrs & PF_PAGE_MOVABLE))
		return PF_MIGRATE_BUSY;
	if (attrs & PF_PAGE_PINNED || is_injected(PF_INJECT_MIGRATE_AGAIN))
		return PF_MIGRATE_AGAIN;
	if (is_injected(PF_INJECT_MIGRATE_BUSY))
		return PF_MIGRATE_BUSY;
	if (is_injected(PF_INJECT_MIGRATE_NOMEM))
		return PF_MIGRATE_NOMEM;
	if ((attrs & PF_PAGE_LOCKED && mode == PF_MODE_ASYNC) ||
	    (attrs & PF_PAGE_WRITEBACK && mode != PF_MODE_SYNC))
		return PF_MIGRATE_BUSY;
	return PF_MIGRATED;
}

static enum pf_migrate_result migrate(struct pf_world *w, pf_pfn src, pf_pfn dst, enum pf_mode mode)
{
	uint32_t slot = owner[src - layout.base_pfn];
	enum pf_migrate_result result;
	struct slot was;

	(void)w;
	expect(slot && slots[slot - 1].pfn == src, "a move from %#x, where nothing begins", src);
	if (*complaint)
		return PF_MIGRATE_BUSY;
	was = slots[slot - 1];
	result = consent(was.attrs, mode);
	/* The kernel has asked these pages themselves before. */
	if (was.attrs & PF_PAGE_LRU && seen_6_1) {
		expect(!(was.attrs & (PF_PAGE_DIRTY | PF_PAGE_WRITEBACK | PF_PAGE_LOCKED)),
		       "a move from %#x, whose attributes are %#x", src, was.attrs);
		expect(was.attrs & PF_PAGE_EVICTABLE || unevictable_allowed,
		       "a move from %#x, which is unevictable", src);
	}
	hear((uint64_t)src << 32 | dst);
	hear((uint64_t)result << 2 | mode);
	nr_refused += result != PF_MIGRATED;
	if (result != PF_MIGRATED)
		return result;
	nr_moves++;
	leave(slot - 1);
	settle(slot - 1, dst, was.order, was.attrs);
	return PF_MIGRATED;
}

static void wait(struct pf_world *w, pf_pfn pfn, unsigned attr)
{
	uint32_t slot = owner[pfn - layout.base_pfn];

	(void)w;
	expect(slot && slots[slot - 1].attrs & PF_PAGE_LRU && slots[slot - 1].attrs & attr,
	       "waits for %#x of pfn %#x", attr, pfn);
	if (*complaint)
		return;
	slots[slot - 1].attrs &= (uint16_t)~attr;
	hear((uint64_t)pfn << 32 | attr);
	nr_waits++;
}

static void lost(struct pf_world *w, const char *why)
{
	(void)w;
	snprintf(last_words, sizeof(last_words), "%s", why);
	longjmp(out, 1);
}

static struct pf_world world = {.migrate = migrate, .wait = wait, .lost = lost};

/* ------------------------------------------------------------ operations -- */

/* What holds after each operation. */
static void check_counters(void)
{
	for (unsigned z = 0; z < layout.nr_zones; z++) {
		const struct pf_zone_counters *c = impl->counters(state, z);

		expect(c->free + c->cached + c->isolated + live[z] == c->managed,
		       "zone %u: %u free + %u cached + %u live is not %u", z, c->free, c->cached,
		       live[z], c->managed);
	}
}

static bool take(uint32_t slot, unsigned order, unsigned mobility, uint32_t gfp)
{
	const struct pf_request req = {
		.order = (uint8_t)order,
		.mobility = (uint8_t)mobility,
		.gfp = gfp,
		.zone = mobility == PF_MOVABLE ? PF_ZONE_MOVABLE : PF_ZONE_NORMAL,
	};
	pf_pfn pfn = impl->alloc(state, &req);

	hear(pfn);
	if (pfn != PF_NO_PFN)
		settle(slot, pfn, order, mobility == PF_MOVABLE ? PF_PAGE_MOVABLE : 0);
	check_counters();
	return pfn != PF_NO_PFN;
}

static void give(uint32_t slot)
{
	struct slot was = slots[slot];

	if (!was.attrs)
		return;
	leave(slot);
	impl->free(state, was.pfn, was.order, 0);
}

static void set_attrs(uint32_t slot, unsigned attrs)
{
	slots[slot].attrs = (uint16_t)(attrs | PF_PAGE_LIVE);
	impl->set_attrs(state, slots[slot].pfn, slots[slot].attrs);
}

static void inject(enum pf_inject what, unsigned after, unsigned count)
{
	injected[what].after = after;
	injected[what].count = count;
	impl->inject(state, what, after, count);
}

static enum pf_compact_result compact(int order, unsigned mobility, enum pf_mode mode)
{
	const struct pf_compact_request req = {
		.order = (int8_t)order, .mobility = (uint8_t)mobility, .mode = (uint8_t)mode};
	enum pf_compact_result result = impl->compact(state, &req);

	hear(result);
	check_counters();
	return result;
}

static void listed(void *arg, const struct pf_block *block)
{
	uint32_t *pages = arg;

	for (uint32_t i = 0; i < 1u << block->order; i++)
		expect(!owner[block->pfn - layout.base_pfn + i],
		       "pfn %#x is listed and has an owner", block->pfn + i);
	*pages += 1u << block->order;
}

static void check_census(void)
{
	uint32_t pages = 0, counted = 0;

	impl->census(state, listed, &pages);
	for (unsigned z = 0; z < layout.nr_zones; z++)
		counted += impl->counters(state, z)->free + impl->counters(state, z)->cached;
	expect(pages == counted, "%u pages in the census, %u counted", pages, counted);
}

static void take_dump(void)
{
	dump.room = start.nr_words * 4 + pf_layout_pages(&layout);
	dump.word = realloc(dump.word, dump.room * sizeof(*dump.word));
	impl->dump(state, &dump);
	expect(dump.nr_words <= dump.room, "%u words of dump", dump.nr_words);
	expect(dump.lru_add[0].nr < PF_LRU_BATCH, "a batch of %u pages", dump.lru_add[0].nr);
	for (uint32_t i = 0; i < dump.lru_add[0].nr && !*complaint; i++) {
		pf_pfn pfn = dump.word[dump.lru_add[0].first + i];
		uint32_t slot = owner[pfn - layout.base_pfn];

		expect(slot && slots[slot - 1].attrs & PF_PAGE_LRU,
		       "pfn %#x is to be added to an LRU list", pfn);
	}
}

static void give_all(void)
{
	for (uint32_t i = 0; i < MAX_SLOTS; i++)
		give(i);
	impl->drain(state, -1);
	check_counters();
	check_census();
}

/*
 * Fills the zones but for some of their lowest blocks of the largest order: there
 * compaction has pages to move, and a little memory is soon used up.
 */
static void fill_zones(unsigned nr_left)
{
	uint32_t slot = MAX_SLOTS - BALLAST;

	for (int order = layout.max_order; order > 1; order--)
		while (slot < MAX_SLOTS && take(slot, (unsigned)order, PF_MOVABLE, PF_GFP_MEMALLOC))
			slot++;
	expect(slot < MAX_SLOTS, "more blocks than slots");
	while (nr_left--) {
		uint32_t lowest = 0;

		for (slot = MAX_SLOTS - BALLAST; slot < MAX_SLOTS; slot++)
			if (slots[slot].attrs && slots[slot].order == layout.max_order &&
			    (!lowest || slots[slot].pfn < slots[lowest].pfn))
				lowest = slot;
		give(lowest);
	}
	check_counters();
}

/*
 * Low movable pages with gaps between them. At random: the free scanner looks at one
 * page in 32, and finds none of them free if every second one is.
 */
static uint32_t scatter(uint32_t blocks, uint32_t gfp)
{
	uint32_t nr = 0;

	fill_zones(blocks);
	while (nr < 1000 * blocks && take(nr, 0, PF_MOVABLE, gfp))
		nr++;
	for (uint32_t i = 0; i < nr; i++)
		if (below(2))
			give(i);
	impl->drain(state, -1);
	nr_moves = nr_refused = nr_waits = 0;
	return nr;
}

/* Gives new attributes to one live page in n. */
static void set_some(uint32_t n, uint32_t first, unsigned attrs)
{
	for (uint32_t i = first; i < MAX_SLOTS - BALLAST; i += n)
		if (slots[i].attrs)
			set_attrs(i, attrs);
}

static pf_pfn place[MAX_SLOTS];

static void note_places(void)
{
	for (uint32_t i = 0; i < MAX_SLOTS; i++)
		place[i] = slots[i].attrs ? slots[i].pfn : PF_NO_PFN;
}

/* Of those that set_some() takes. */
static unsigned some_moved(uint32_t n, uint32_t first)
{
	unsigned nr = 0;

	for (uint32_t i = first; i < MAX_SLOTS - BALLAST; i += n)
		nr += slots[i].attrs && place[i] != slots[i].pfn;
	return nr;
}

/* ---------------------------------------------------------------- tests -- */

static void begin(void)
{
	memset(slots, 0, sizeof(slots));
	memset(live, 0, sizeof(live));
	memset(injected, 0, sizeof(injected));
	memset(owner, 0, pf_layout_pages(&layout) * sizeof(*owner));
	impl->init(impl->self, state, &layout, &world);
}

static bool open_lab(enum pf_kernel_place place, unsigned node_mb)
{
	static char error[4096];
	double t = now();

	random_state = 88172645463325252u; /* one place fails without the others */
	config.place = place;
	config.node_mb = node_mb;
	kernel = pf_kernel_open(&config, &layout, &start, error, sizeof(error));
	if (!kernel) {
		expect(false, "%s", error);
		step("opens");
		return false;
	}
	impl = pf_kernel_impl(kernel);
	owner = calloc(pf_layout_pages(&layout), sizeof(*owner));
	state = calloc(1, impl->footprint(impl->self, &layout) + 64);
	seen_6_1 = !strncmp(pf_kernel_version(kernel), "6.1.", 4);
	printf("# %s: Linux %s in %.1f s\n", place_name, pf_kernel_version(kernel), now() - t);
	for (unsigned z = 0; z < layout.nr_zones; z++)
		printf("#   zone type %u: pfn %#x, %u pages, marks %u/%u/%u, managed %u\n",
		       layout.zone[z].type, layout.zone[z].start_pfn, layout.zone[z].spanned,
		       layout.zone[z].wmark[0], layout.zone[z].wmark[1], layout.zone[z].wmark[2],
		       start.zone[z].field[PF_DUMP_MANAGED]);
	return true;
}

static void close_lab(void)
{
	pf_kernel_close(kernel);
	free(start.word);
	free(owner);
	free(state);
	owner = NULL;
	state = NULL;
}

static void test_start(void)
{
	struct pf_layout other = layout;
	uint32_t in_use = 0;

	other.zone[0].spanned--;
	expect(impl->footprint(impl->self, &layout) && !impl->footprint(impl->self, &other),
	       "footprint of a layout");
	for (unsigned t = 0; t < PF_NR_TOTAL_FIELDS; t++)
		expect(!start.total[t], "total %u begins with %u", t, start.total[t]);
	begin();
	expect(impl->load(state, &start), "its own dump is refused");
	take_dump();
	expect(impl->load(state, &dump), "two dumps at rest differ");
	dump.zone[0].field[PF_DUMP_FREE]++;
	expect(!impl->load(state, &dump), "another dump is taken");
	check_counters();
	check_census();
	for (unsigned z = 0; z < layout.nr_zones; z++)
		in_use += start.zone[z].field[PF_DUMP_MANAGED] - impl->counters(state, z)->managed;
	printf("#   %u pages in use by others, %u ranges\n", in_use, layout.nr_ranges);
	step("layout and dump at rest");
}

static void test_units(void)
{
	struct pf_request req = {.mobility = PF_MOVABLE, .zone = PF_ZONE_MOVABLE};
	pf_pfn pfn[300];
	unsigned got;

	for (unsigned order = 0; order <= layout.max_order; order++)
		for (unsigned m = 0; m < PF_NR_MOBILITY; m++)
			expect(take(order * 3 + m, order, m, KERNEL_GFP), "order %u, mobility %u",
			       order, m);
	expect(!take(100, layout.max_order + 1u, 0, KERNEL_GFP), "a block above the largest order");
	check_census();
	give_all();
	step("alloc and free of all orders");

	got = impl->alloc_bulk(state, &req, 300, pfn);
	expect(got == 300, "%u pages of 300", got);
	for (unsigned i = 0; i < got; i++)
		settle(i, pfn[i], 0, PF_PAGE_MOVABLE);
	check_counters();
	give_all();
	step("alloc_bulk");

	/* Both plain and compound blocks become single pages that can move. */
	for (uint32_t k = 0; k < 2; k++) {
		const unsigned attrs = PF_PAGE_MOVABLE | (k ? PF_PAGE_PINNED : 0);

		fill_zones(2);
		for (uint32_t i = 0; i < 24; i++) {
			expect(take(6000, 6, PF_MOVABLE, PF_GFP_MEMALLOC | (k ? PF_GFP_COMP : 0)),
			       "no block");
			set_attrs(6000, attrs);
			pfn[0] = slots[6000].pfn;
			leave(6000);
			impl->split(state, pfn[0], 6);
			for (uint32_t j = 0; j < 64; j++)
				settle(i * 64 + j, pfn[0] + j, 0, attrs);
		}
		for (uint32_t i = 0; i < 24 * 64; i++)
			if (below(2))
				give(i);
		impl->drain(state, -1);
		nr_moves = nr_refused = 0;
		compact(-1, 0, PF_MODE_SYNC);
		expect(k ? nr_refused && !nr_moves : nr_moves && !nr_refused,
		       "%u moves, %u refused", nr_moves, nr_refused);
		give_all();
	}
	step("split, of compound and of pinned blocks too");
}

#define IN_CACHE (PF_PAGE_MOVABLE | PF_PAGE_LRU | PF_PAGE_EVICTABLE)

/* The kernel gives up then. */
static void test_want_of_memory(unsigned attrs)
{
	scatter(5, PF_GFP_MEMALLOC);
	set_some(1, 0, attrs);
	inject(PF_INJECT_MIGRATE_NOMEM, 30, 1);
	compact(-1, 0, PF_MODE_SYNC);
	expect(nr_refused == 1 && nr_moves >= 30, "want of memory: %u moves, %u refused", nr_moves,
	       nr_refused);
	check_census();
	give_all();
}

static void test_consent(void)
{
	unsigned all = 0, refused = 0;

	scatter(5, PF_GFP_MEMALLOC);
	compact(-1, 0, PF_MODE_SYNC);
	expect(nr_moves && !nr_refused, "%u moves, %u refused", nr_moves, nr_refused);
	check_census();
	give_all();
	step("compact, the whole node");

	scatter(5, PF_GFP_MEMALLOC);
	inject(PF_INJECT_MIGRATE_AGAIN, 5, 3);
	inject(PF_INJECT_MIGRATE_BUSY, 20, 10);
	compact(-1, 0, PF_MODE_SYNC);
	expect(nr_moves && nr_refused == 13, "injected: %u moves, %u refused", nr_moves,
	       nr_refused);
	give_all();
	test_want_of_memory(PF_PAGE_MOVABLE);
	for (int order = layout.max_order; order > 5; order--) {
		static const enum pf_mode modes[] = {PF_MODE_ASYNC, PF_MODE_SYNC_LIGHT,
						     PF_MODE_SYNC};

		scatter(7, PF_GFP_MEMALLOC);
		set_some(16, 0, PF_PAGE_MOVABLE | PF_PAGE_PINNED);
		set_some(16, 1, PF_PAGE_MOVABLE | PF_PAGE_WRITEBACK);
		set_some(16, 2, PF_PAGE_MOVABLE | PF_PAGE_LOCKED);
		set_some(16, 3, 0);
		compact(order, PF_MOVABLE, modes[order % 3]);
		set_some(4, 0, PF_PAGE_MOVABLE);
		compact(order, PF_MOVABLE, modes[(order + 1) % 3]);
		refused += nr_refused;
		all += nr_moves;
		check_census();
		give_all();
	}
	printf("#   %u moves, %u refused\n", all, refused);
	expect(all > 100 && refused > 100, "%u moves, %u refused", all, refused);
	step("set_attrs and inject decide what moves");
}

/* What the rest of the kernel does to these pages, one in 16 each. */
static const unsigned cache_state[] = {PF_PAGE_DIRTY, PF_PAGE_WRITEBACK, PF_PAGE_LOCKED,
				       PF_PAGE_PINNED};
enum { DIRTY, WRITEBACK, LOCKED, PINNED };

static void scatter_in_cache(uint32_t blocks)
{
	scatter(blocks, PF_GFP_MEMALLOC);
	set_some(1, 0, IN_CACHE);
	for (unsigned k = 0; k < 4; k++)
		set_some(16, k, IN_CACHE | cache_state[k]);
	check_census();
	note_places();
}

static void test_cache_states(void)
{
	unsigned direct = 0, by_daemon = 0, locked = 0, whole = 0, waits = 0;

	expect(impl->tune(state, PF_COMPACTION_PROACTIVENESS, 100), "proactiveness");
	for (int order = layout.max_order; order > 5; order--) {
		scatter_in_cache(7);
		compact(order, PF_MOVABLE, (enum pf_mode)(order % 3));
		for (unsigned k = 0; k < 4; k++)
			expect(!some_moved(16, k), "direct compaction moved pages that are %#x",
			       cache_state[k]);
		expect(!nr_waits, "direct compaction waits");
		direct += nr_moves;
		take_dump();

		/* kcompactd may wait for a lock, but for nothing else. */
		nr_moves = 0;
		if (order % 2)
			expect(impl->tick(state, PF_KCOMPACTD, 0, (unsigned)order) &&
				       impl->tick(state, PF_KCOMPACTD_PROACTIVE, 0, 0),
			       "no kcompactd");
		expect(!some_moved(16, DIRTY) && !some_moved(16, WRITEBACK) &&
			       !some_moved(16, PINNED),
		       "kcompactd moved too much");
		by_daemon += nr_moves;
		locked += some_moved(16, LOCKED);
		waits += nr_waits;

		nr_moves = nr_waits = 0;
		note_places();
		set_some(16, LOCKED, IN_CACHE | PF_PAGE_LOCKED);
		compact(-1, 0, PF_MODE_SYNC);
		for (unsigned k = 0; k < (order % 2 ? LOCKED : PINNED); k++)
			expect(some_moved(16, k), "the whole node, but none that were %#x",
			       cache_state[k]);
		expect(!some_moved(16, PINNED), "pinned pages moved");
		expect(nr_waits, "nobody waited");
		whole += nr_moves;
		waits += nr_waits;
		check_census();
		take_dump();
		give_all();
	}
	printf("#   %u moves direct, %u by kcompactd, %u of locked pages, %u of all; %u waits\n",
	       direct, by_daemon, locked, whole, waits);
	expect(direct && locked, "too few moves");
	step("LRU pages that are dirty, written back, locked or pinned");
}

static void test_unevictable(void)
{
	const unsigned unevictable = IN_CACHE & ~PF_PAGE_EVICTABLE;

	scatter(5, PF_GFP_MEMALLOC);
	set_some(1, 0, IN_CACHE);
	set_some(2, 0, unevictable);
	note_places();
	expect(impl->tune(state, PF_COMPACT_UNEVICTABLE_ALLOWED, 0), "the knob");
	expect(!impl->tune(state, PF_COMPACT_UNEVICTABLE_ALLOWED, 2), "too much for the knob");
	unevictable_allowed = false;
	compact(7, PF_MOVABLE, PF_MODE_SYNC);
	compact(-1, 0, PF_MODE_SYNC);
	expect(!some_moved(2, 0) && some_moved(2, 1), "%u unevictable pages moved, %u others",
	       some_moved(2, 0), some_moved(2, 1));
	/* From list to list, and back. */
	set_some(4, 0, IN_CACHE);
	set_some(4, 1, unevictable | PF_PAGE_LOCKED | PF_PAGE_DIRTY);
	set_some(8, 0, unevictable | PF_PAGE_PINNED);
	set_some(8, 0, IN_CACHE | PF_PAGE_PINNED);
	note_places();
	compact(-1, 0, PF_MODE_SYNC);
	expect(some_moved(4, 0) && !some_moved(4, 1) && !some_moved(8, 0), "after they changed");
	expect(impl->tune(state, PF_COMPACT_UNEVICTABLE_ALLOWED, 1), "the knob");
	unevictable_allowed = true;
	compact(-1, 0, PF_MODE_SYNC);
	expect(some_moved(2, 0), "no unevictable page moved although that is allowed");
	take_dump();
	give_all();
	step("LRU pages that reclaim may not take");
}

static unsigned skipped(void)
{
	unsigned nr = 0;

	take_dump();
	for (unsigned z = 0; z < dump.nr_zones; z++)
		for (uint32_t i = 0; i < dump.zone[z].blocks.nr; i++)
			nr += (dump.word[dump.zone[z].blocks.first + i] & PF_BLOCK_SKIP) != 0;
	return nr;
}

static void test_cache(void)
{
	unsigned before = 0;

	scatter(5, PF_GFP_MEMALLOC);
	set_some(1, 0, IN_CACHE);
	compact(-1, 0, PF_MODE_SYNC);
	expect(nr_moves && !nr_refused && !nr_waits, "%u moves, %u refused, %u waits", nr_moves,
	       nr_refused, nr_waits);
	check_census();
	take_dump();
	printf("#   %u moves, then %u pages to be added to an LRU list\n", nr_moves,
	       dump.lru_add[0].nr);
	give_all();
	take_dump();
	expect(!dump.lru_add[0].nr, "freed pages are to be added to an LRU list");
	step("LRU pages, the whole node");

	scatter(5, PF_GFP_MEMALLOC);
	set_some(1, 0, IN_CACHE);
	inject(PF_INJECT_CONTENDED, 0, 100); /* of no concern to the kernel */
	inject(PF_INJECT_MIGRATE_AGAIN, 5, 3);
	inject(PF_INJECT_MIGRATE_BUSY, 20, 10);
	compact(-1, 0, PF_MODE_SYNC);
	expect(nr_moves && nr_refused == 13, "injected: %u moves, %u refused", nr_moves,
	       nr_refused);
	set_some(3, 0, PF_PAGE_LRU | PF_PAGE_EVICTABLE);
	note_places();
	compact(-1, 0, PF_MODE_SYNC);
	expect(!some_moved(3, 0), "pages whose owner can't follow have moved");
	give_all();
	test_want_of_memory(IN_CACHE);
	step("LRU pages refuse to move");

	/* A compaction that scans all and finds nothing has kswapd forget what it skips. */
	scatter(5, PF_GFP_MEMALLOC);
	set_some(1, 0, IN_CACHE | PF_PAGE_PINNED);
	for (unsigned i = 0; i < 5; i++)
		compact((int)layout.max_order, PF_MOVABLE, PF_MODE_ASYNC);
	before = skipped();
	expect(impl->tick(state, PF_KSWAPD, 0, 3), "no kswapd");
	printf("#   %u pageblocks to skip before kswapd, %u after\n", before, skipped());
	expect(before > skipped(), "kswapd did nothing");
	for (unsigned z = 0; z < dump.nr_zones; z++)
		expect(!dump.zone[z].field[PF_DUMP_BLOCKSKIP_FLUSH], "the flag is there still");
	give_all();
	step("kswapd forgets which pageblocks to skip");

	test_cache_states();
	test_unevictable();
}

/* Little memory, of which every second page is free: blocks that only compaction can make. */
static void test_direct_compaction(void)
{
	static const uint32_t gfp[] = {KERNEL_GFP,
				       KERNEL_GFP | PF_GFP_NORETRY,
				       KERNEL_GFP | PF_GFP_RETRY_MAYFAIL,
				       KERNEL_GFP | PF_GFP_MEMALLOC,
				       ATOMIC_GFP,
				       ATOMIC_GFP | PF_GFP_MEMALLOC};
	uint32_t nr = scatter(6, PF_GFP_MEMALLOC), good = 0;

	/* Movable ones first: the others mark all blocks as not worth a look. */
	for (unsigned i = 0; i < 120; i++)
		good += take(6500 + i, 2 + i % 7, i < 60 ? PF_MOVABLE : i % 3, gfp[i % 6]);
	check_census();
	take_dump();
	printf("#   %u pages, then %u of 120 blocks by %u moves; %u direct compactions, %u good\n",
	       nr, good, nr_moves, dump.total[PF_DUMP_COMPACT_STALL],
	       dump.total[PF_DUMP_COMPACT_SUCCESS]);
	expect(dump.total[PF_DUMP_COMPACT_STALL] && nr_moves, "no direct compaction");
	give_all();
	step("direct compaction, but no reclaim");
}

/* Below the low mark, atomic requests of some order have a pageblock set aside. */
static void test_reserves(void)
{
	uint32_t nr = 0, reserved = 0;

	fill_zones(1);
	while (nr < 1000 && take(nr, 3, PF_UNMOVABLE, 0))
		nr++;
	expect(take(1000, 2, PF_UNMOVABLE, ATOMIC_GFP), "an atomic block");
	take_dump();
	for (unsigned z = 0; z < layout.nr_zones; z++)
		reserved += dump.zone[z].field[PF_DUMP_HIGHATOMIC];
	/* Later ones set nothing aside in a zone of this size. */
	expect(reserved || !seen_6_1, "nothing was set aside");
	give_all();
	step("reserves for atomic requests");
}

static void test_daemons(void)
{
	uint32_t wakes;

	scatter(5, PF_GFP_MEMALLOC);
	take_dump();
	wakes = dump.total[PF_DUMP_KCOMPACTD_WAKE];
	expect(impl->tick(state, PF_KCOMPACTD, 0, 9), "no kcompactd");
	check_counters();
	take_dump();
	expect(dump.total[PF_DUMP_KCOMPACTD_WAKE] == wakes + 1, "kcompactd woke %u times",
	       dump.total[PF_DUMP_KCOMPACTD_WAKE] - wakes);
	printf("#   kcompactd moved %u pages", nr_moves);
	nr_moves = 0;
	expect(impl->tune(state, PF_COMPACTION_PROACTIVENESS, 100), "proactiveness");
	expect(impl->tick(state, PF_KCOMPACTD_PROACTIVE, 0, 0), "no proactive kcompactd");
	check_counters();
	printf(", proactively %u\n", nr_moves);
	check_census();
	give_all();
	step("tick");
}

static void test_knobs(void)
{
	const struct pf_zone_dump *z = &dump.zone[0];
	pf_pfn block = (layout.zone[0].start_pfn >> layout.pageblock_order)
		       << layout.pageblock_order;
	uint32_t kbytes = 0;

	for (unsigned i = 0; i < layout.nr_zones; i++)
		kbytes += layout.zone[i].wmark[PF_WMARK_MIN] * 4;
	expect(!impl->tune(state, PF_WATERMARK_SCALE_FACTOR, 3001), "too large a factor");
	expect(impl->tune(state, PF_WATERMARK_SCALE_FACTOR, 300), "the factor");
	take_dump();
	expect(z->field[PF_DUMP_WMARK_MIN] == layout.zone[0].wmark[PF_WMARK_MIN] &&
		       z->field[PF_DUMP_WMARK_HIGH] > layout.zone[0].wmark[PF_WMARK_HIGH],
	       "marks %u and %u", z->field[PF_DUMP_WMARK_MIN], z->field[PF_DUMP_WMARK_HIGH]);
	expect(impl->tune(state, PF_MIN_FREE_KBYTES, 2 * kbytes), "min_free_kbytes");
	take_dump();
	/* With two zones each one's share is rounded down. */
	expect(z->field[PF_DUMP_WMARK_MIN] + 2 >= 2 * layout.zone[0].wmark[PF_WMARK_MIN] &&
		       z->field[PF_DUMP_WMARK_MIN] <= 2 * layout.zone[0].wmark[PF_WMARK_MIN] + 2,
	       "min mark %u", z->field[PF_DUMP_WMARK_MIN]);
	expect(impl->tune(state, PF_MIN_FREE_KBYTES, 0x7fffffff), "all that can be said");
	expect(!take(0, 0, 0, KERNEL_GFP), "a page below the watermark");
	expect(impl->tune(state, PF_MIN_FREE_KBYTES, kbytes) &&
		       impl->tune(state, PF_WATERMARK_SCALE_FACTOR, 10) &&
		       impl->tune(state, PF_WATERMARK_BOOST_FACTOR, 0) &&
		       impl->tune(state, PF_EXTFRAG_THRESHOLD, 0),
	       "the other knobs");
	take_dump();
	expect(z->field[PF_DUMP_WMARK_HIGH] <= layout.zone[0].wmark[PF_WMARK_HIGH] &&
		       z->field[PF_DUMP_WMARK_HIGH] + 4 >= layout.zone[0].wmark[PF_WMARK_HIGH],
	       "high mark %u", z->field[PF_DUMP_WMARK_HIGH]);
	step("tune");

	block += 4u << layout.pageblock_order;
	impl->retype(state, block, PF_RECLAIMABLE);
	check_counters();
	expect(impl->block_type(state, block) == PF_RECLAIMABLE || !seen_6_1, "type %u",
	       impl->block_type(state, block));
	check_census();
	step("retype and block_type");
}

static unsigned random_attrs(const struct slot *slot)
{
	unsigned attrs = slot->attrs & (PF_PAGE_MOVABLE | PF_PAGE_LRU);

	if (attrs & PF_PAGE_MOVABLE && !slot->order && below(3))
		attrs |= PF_PAGE_LRU;
	if (!(attrs & PF_PAGE_LRU))
		return attrs | (below(2) ? PF_PAGE_PINNED : 0);
	for (unsigned k = 0; k < 4; k++)
		attrs |= below(8) ? 0 : cache_state[k];
	return attrs | (below(8) ? PF_PAGE_EVICTABLE : 0);
}

static void test_random(unsigned nr)
{
	static const uint32_t gfp[] = {KERNEL_GFP, ATOMIC_GFP, 0, KERNEL_GFP | PF_GFP_NORETRY,
				       KERNEL_GFP | PF_GFP_COMP};
	double t;

	random_state = 88172645463325252u;
	fill_zones(7);
	t = now();
	nr_moves = nr_refused = nr_waits = 0;
	for (unsigned i = 0; i < nr && !*complaint; i++) {
		uint32_t slot = below(3000);

		if (below(500) == 0) {
			impl->tick(state, PF_KCOMPACTD, 0, 1 + below(layout.max_order));
			check_counters();
		} else if (below(1500) == 0) {
			compact(-1, 0, PF_MODE_SYNC);
		} else if (below(100) == 0) {
			compact((int)below(layout.max_order + 1u), below(3),
				(enum pf_mode)below(PF_NR_MODES));
		} else if (below(1500) == 0) {
			impl->tick(state, PF_KSWAPD, 0, 0);
		} else if (slots[slot].attrs && below(4) == 0) {
			set_attrs(slot, random_attrs(&slots[slot]));
		} else if (slots[slot].attrs) {
			give(slot);
			check_counters();
		} else {
			take(slot, below(4) ? 0 : below(6), below(3), gfp[below(5)]);
		}
	}
	t = now() - t;
	printf("#   %u operations, %u moves, %u refused, %u waits: %.1f us each\n", nr, nr_moves,
	       nr_refused, nr_waits, t * 1e6 / nr);
	check_census();
	take_dump();
	hear(pf_dump_hash(&layout, &dump));
	give_all();
	step("a random run");
}

static void test_speed(void)
{
	const unsigned nr = 20000;
	double t = now();

	for (unsigned i = 0; i < nr; i++)
		take(0, 0, 0, 0), give(0);
	t = now() - t;
	printf("#   %.1f us a round trip, %.0f operations/s\n", t * 1e6 / nr, 2 * nr / t);
	t = now();
	for (unsigned i = 0; i < 100; i++) {
		give(0);
		take(0, 0, 0, 0);
		take_dump();
	}
	printf("#   %.0f us a dump\n", (now() - t) * 1e4);
	give_all();
	step("speed");
}

static void test_fault(enum pf_kernel_fault fault, const char *words, const char *name)
{
	double t = now();

	*last_words = '\0';
	if (!setjmp(out)) {
		pf_kernel_break(kernel, fault);
		take(0, 0, 0, 0);
		expect(false, "it lives");
	}
	t = now() - t;
	expect(strstr(last_words, words) != NULL, "no '%s' in: %.150s", words, last_words);
	expect(t < config.call_seconds + 3, "after %.1f s", t);
	step(name);
}

static uint64_t first_heard;

static void test_second_boot(void)
{
	double t = now();

	if (setjmp(out)) {
		expect(false, "%s", last_words);
		step("a second boot");
		return;
	}
	begin();
	printf("#   a second boot in %.1f s\n", now() - t);
	expect(impl->load(state, &start), "the second boot began otherwise");
	take_dump();
	expect(impl->load(state, &dump), "two dumps at rest differ");
	step("a second boot begins as the first one");
	/* On a fresh machine the same requests get the same answers. */
	heard = 0;
	test_random(20000);
	printf("#   all answers and moves: %016llx\n", (unsigned long long)heard);
	expect(!first_heard || first_heard == heard, "not those of the boot before");
	first_heard = heard;
	step("the same answers and moves as the boot before, if there was one");
}

static void test_console(void)
{
	static const char *const bad[] = {"BUG:", "WARNING:",	  "Bad page",
					  "Oops", "no LRU pages", "Call Trace"};
	static char text[1 << 20];
	FILE *f = fopen(config.console, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = '\0';
	expect(n, "no console");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *at = strstr(text, bad[i]);

		expect(!at || (!seen_6_1 && i == 4), "on the console: %.100s", at ? at : "");
	}
	step("the kernel has no complaint");
}

static void test_place(enum pf_kernel_place place, unsigned node_mb, const char *name)
{
	place_name = name;
	if (!open_lab(place, node_mb))
		return;
	if (setjmp(out)) {
		expect(false, "lost: %s", last_words);
		step("all of it");
		close_lab();
		return;
	}
	test_start();
	/* First: compaction remembers for long which pageblocks were of no use to it. */
	test_direct_compaction();
	test_daemons();
	test_units();
	test_reserves();
	test_consent();
	if (seen_6_1)
		test_cache();
	test_random(20000);
	test_knobs();
	test_speed();
	test_console();
	if (place == PF_KERNEL_DIMM && node_mb == 0) {
		test_second_boot();
		test_console();
		test_fault(PF_KERNEL_PANIC, "told to panic", "a guest that panics is lost");
		test_second_boot();
		test_fault(PF_KERNEL_HANG, "told to hang", "a guest that hangs is lost");
	}
	close_lab();
}

int main(int argc, char **argv)
{
	char console[300];

	if (argc < 4) {
		fprintf(stderr, "usage: vtable KERNEL INITRD FOLDER-FOR-CONSOLE [quick]\n");
		return 2;
	}
	snprintf(console, sizeof(console), "%s/console-vtable.log", argv[3]);
	config = (struct pf_kernel_config){
		.kernel = argv[1], .initrd = argv[2], .console = console, .call_seconds = 5};
	test_place(PF_KERNEL_DIMM, 0, "plugged in");
	test_place(PF_KERNEL_SPLIT, 0, "split");
	if (argc == 4) {
		test_place(PF_KERNEL_BOOT, 0, "from boot");
		/* Later ones have other marks there, and need other amounts. */
		if (seen_6_1)
			test_place(PF_KERNEL_DIMM, 1024, "1 GiB");
	}
	free(dump.word);
	return failures != 0;
}
