// SPDX-License-Identifier: MIT
/*
 * wrapper.c - jemalloc's extents as an implementation: an arena for each zone, whose extent
 * hooks hand out the zone's addresses, all at once, and nothing later. Nobody ever touches
 * what lies there: jemalloc keeps its notes elsewhere, and addresses are all that is asked.
 *
 * jemalloc is linked into the plug-in, so its variables are put back before each init(); what it
 * maps comes from here (mmap() is wrapped), and is empty again before each init(). So each
 * run sees a jemalloc that has just been started.
 */
#include <jemalloc/jemalloc.h>
#include <pagefuzz/zoned.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/*
 * A page is the smallest size that has an extent of its own and can be aligned to itself: below,
 * a request that says an alignment is rounded up to this.
 */
#define UNIT ((size_t)16384)

#define HUGE_PAGE ((size_t)1 << 21)
#define NOTES	  ((size_t)1 << 28) /* for what jemalloc maps */
#define ADDRESSES ((size_t)1 << 36) /* of all zones */
#define LIMIT	  (1u << 20)	    /* pages of a zone */

/* No clock, no threads, no caches between it and the extents. */
const char *malloc_conf = "narenas:1,tcache:false,dirty_decay_ms:0,muzzy_decay_ms:0,"
			  "oversize_threshold:0,background_thread:false,abort_conf:true";

/*
 * opt.cache_oblivious, which 5.3.0 documents but does not read: a page more for each large
 * request, and a random offset in it.
 */
extern bool je_opt_cache_oblivious;

/* Of experimental.arenas_create_ext, which is in no header. */
struct arena_config {
	extent_hooks_t *hooks;
	bool metadata_use_hooks;
};

struct zone {
	extent_hooks_t hooks;
	struct pf_world *world;
	const struct pf_zone_env *env;
	struct pf_zone_counters count;
	int flags;
	unsigned arena;
	bool giving;   /* the hooks hand out memory: once, in init() */
	size_t wanted; /* of that, bytes */
	uint32_t nr;   /* pages of the extent that it became, the zone's come first */
	char *start;   /* the zone's first page */
	/*
	 * By page of the zone: bit 0, an extent begins here, as the hooks were told; bit 1, it
	 * is handed out.
	 */
	uint8_t page[];
};

#define BEGINS 1
#define LIVE   2

#define SMALL	   ((size_t)4096)
#define KEPT_PAGES 1024

/* Where the mappings of this process are: made when it is loaded, and so the same in all runs. */
static struct {
	char *notes, *addresses;
	/* Of the notes at that time: pages that are not empty, and what is in them. */
	unsigned nr_kept;
	unsigned *kept;
	char *content;
} place;

/* And how much of them is used, in this run. */
static struct {
	bool started;
	size_t notes, addresses;
} used;

static char *reserve(size_t size, size_t align, int protection)
{
	char *at = mmap(NULL, size + align, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			-1, 0);

	return at == MAP_FAILED ? NULL : (char *)(((uintptr_t)at + align - 1) & ~(align - 1));
}

/* ------------------------------------------- what it wants of its system -- */

void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
int __wrap_munmap(void *at, size_t size);
int __wrap_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));
int __wrap_pthread_key_create(pthread_key_t *key, void (*destructor)(void *));
int __wrap_pthread_setspecific(pthread_key_t key, const void *value);

static void *notes(size_t size)
{
	size_t at = used.notes;

	if (size >= HUGE_PAGE)
		at = (at + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	if (size > NOTES || at > NOTES - size)
		return NULL;
	used.notes = at + ((size + 4095) & ~(size_t)4095);
	return place.notes + at;
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	void *got;

	/* The wrapper's own. */
	if (!place.addresses)
		return __real_mmap(at, size, protection, flags, fd, offset);
	if (flags & MAP_FIXED)
		return at;
	got = notes(size);
	if (!got)
		errno = ENOMEM;
	return got ? got : MAP_FAILED;
}

int __wrap_munmap(void *at, size_t size)
{
	(void)at;
	(void)size;
	return 0;
}

/* It starts anew thousands of times in this process, which has room for one start. */
int __wrap_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	(void)prepare;
	(void)parent;
	(void)child;
	return 0;
}

int __wrap_pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
	(void)destructor;
	*key = 0;
	return 0;
}

int __wrap_pthread_setspecific(pthread_key_t key, const void *value)
{
	(void)key;
	(void)value;
	return 0;
}

/* ---------------------------------------------------------------- hooks -- */

static struct zone *zone_of(extent_hooks_t *hooks)
{
	return (struct zone *)((char *)hooks - offsetof(struct zone, hooks));
}

static void *hook_alloc(extent_hooks_t *hooks, void *at, size_t size, size_t align, bool *zero,
			bool *commit, unsigned arena)
{
	struct zone *z = zone_of(hooks);

	(void)arena;
	z->world->spent(z->world, 1);
	if (at || align > SMALL || !z->giving || size < z->wanted)
		return NULL;
	z->giving = false;
	z->nr = (uint32_t)(size / UNIT);
	*zero = *commit = true;
	return z->start;
}

static void mark(struct zone *z, void *at, bool begins)
{
	size_t i = (size_t)((char *)at - z->start) / UNIT;

	z->world->spent(z->world, 1);
	if ((char *)at < z->start || i >= z->env->zl->spanned)
		return;
	z->page[i] = (uint8_t)((z->page[i] & ~BEGINS) | (begins ? BEGINS : 0));
}

static bool hook_split(extent_hooks_t *hooks, void *at, size_t size, size_t a, size_t b,
		       bool committed, unsigned arena)
{
	(void)size;
	(void)b;
	(void)committed;
	(void)arena;
	mark(zone_of(hooks), (char *)at + a, true);
	return false;
}

static bool hook_merge(extent_hooks_t *hooks, void *at, size_t a, void *behind, size_t b,
		       bool committed, unsigned arena)
{
	(void)at;
	(void)a;
	(void)b;
	(void)committed;
	(void)arena;
	mark(zone_of(hooks), behind, false);
	return false;
}

/* ----------------------------------------------------------------- start -- */

/*
 * jemalloc starts as it is loaded, so that is what all runs begin with: its variables are put
 * back by the loader, its notes by us.
 */
__attribute__((constructor)) static void load(void)
{
	static const char empty[SMALL];
	uint64_t epoch = 1;

	je_opt_cache_oblivious = false;
	place.notes = reserve(NOTES, HUGE_PAGE, PROT_READ | PROT_WRITE);
	place.content =
		reserve(KEPT_PAGES * (SMALL + sizeof(unsigned)), SMALL, PROT_READ | PROT_WRITE);
	place.addresses = reserve(ADDRESSES, UNIT << PF_MAX_ORDER, PROT_NONE);
	if (!place.notes || !place.content || !place.addresses)
		abort();
	place.kept = (unsigned *)(place.content + KEPT_PAGES * SMALL);
	if (mallctl("epoch", NULL, NULL, &epoch, sizeof(epoch)))
		abort();
	for (unsigned i = 0; i < used.notes / SMALL; i++) {
		if (!memcmp(place.notes + i * SMALL, empty, SMALL))
			continue;
		if (place.nr_kept == KEPT_PAGES)
			abort();
		memcpy(place.content + place.nr_kept * SMALL, place.notes + i * SMALL, SMALL);
		place.kept[place.nr_kept++] = i;
	}
}

static void put_notes_back(void)
{
	if (used.started)
		return;
	used.started = true;
	madvise(place.notes, NOTES, MADV_DONTNEED);
	for (unsigned i = 0; i < place.nr_kept; i++)
		memcpy(place.notes + place.kept[i] * SMALL, place.content + i * SMALL, SMALL);
}

static size_t je_footprint(const struct pf_layout *layout, const struct pf_zone_layout *zl)
{
	(void)layout;
	return sizeof(struct zone) + zl->spanned;
}

static char *address(const struct zone *z, pf_pfn pfn)
{
	return z->start + (size_t)(pfn - z->env->zl->start_pfn) * UNIT;
}

/* [from, from + nr) pages of the zone's extent, in pieces that jemalloc has sizes for. */
static void carve(struct zone *z, uint32_t from, uint32_t nr, bool free)
{
	while (nr) {
		uint32_t piece = 1u << (31 - __builtin_clz(nr));
		void *at = mallocx(piece * UNIT, z->flags);

		if (at != z->start + from * UNIT)
			z->world->failed(z->world,
					 "a new arena does not hand out its extent in order");
		/* Not at once, or the next one would be here. */
		if (free)
			z->page[from] |= LIVE;
		from += piece;
		nr -= piece;
	}
}

static void je_init(void *zone, const struct pf_zone_env *env)
{
	struct arena_config config = {.metadata_use_hooks = false};
	struct zone *z = zone;
	size_t align = UNIT << env->layout->max_order, room, size = sizeof(z->arena);
	uint32_t nr = env->zl->spanned, at = 0;
	pf_pfn start, end;
	void *all;

	memset(z, 0, sizeof(*z) + nr);
	z->world = env->world;
	z->env = env;
	put_notes_back();
	z->hooks.alloc = hook_alloc;
	z->hooks.split = hook_split;
	z->hooks.merge = hook_merge;
	config.hooks = &z->hooks;
	if (mallctl("experimental.arenas_create_ext", &z->arena, &size, &config, sizeof(config)))
		z->world->failed(z->world, "no arena");
	z->flags = MALLOCX_ARENA(z->arena) | MALLOCX_TCACHE_NONE;

	/* One extent, of a size that jemalloc has: what is too much stays handed out. */
	z->start = place.addresses + used.addresses +
		   env->zl->start_pfn % (1u << env->layout->max_order) * UNIT;
	z->wanted = nallocx(nr * UNIT, z->flags);
	z->giving = true;
	room = z->wanted < HUGE_PAGE ? HUGE_PAGE : z->wanted;
	used.addresses += (room + 2 * align - 1) & ~(align - 1);
	if (used.addresses > ADDRESSES)
		z->world->failed(z->world, "too many addresses");
	all = mallocx(z->wanted, z->flags);
	if (!all)
		z->world->failed(z->world, "a new arena does not take its extent");
	dallocx(all, z->flags);
	for (start = env->zl->start_pfn; pf_zone_next_run(env, &start, &end); start = end) {
		carve(z, at, start - env->zl->start_pfn - at, false);
		at = end - env->zl->start_pfn;
		carve(z, start - env->zl->start_pfn, end - start, true);
		z->count.managed += end - start;
	}
	carve(z, at, z->nr - at, false);
	for (uint32_t i = 0; i < nr; i++) {
		if (!(z->page[i] & LIVE))
			continue;
		z->count.free += (uint32_t)(sallocx(z->start + i * UNIT, z->flags) / UNIT);
		dallocx(z->start + i * UNIT, z->flags);
	}
	for (uint32_t i = 0; i < nr; i++)
		z->page[i] |= LIVE;
	for (start = env->zl->start_pfn; pf_zone_next_run(env, &start, &end); start = end)
		for (pf_pfn pfn = start; pfn < end; pfn++)
			z->page[pfn - env->zl->start_pfn] &= (uint8_t)~LIVE;
}

/* -------------------------------------------------------------- requests -- */

static void set_live(struct zone *z, void *at, uint32_t nr, bool live)
{
	uint32_t first = (uint32_t)((size_t)((char *)at - z->start) / UNIT);

	for (uint32_t i = first; i < first + nr && i < z->env->zl->spanned; i++)
		z->page[i] = (uint8_t)((z->page[i] & ~LIVE) | (live ? LIVE : 0));
	if (live)
		z->count.free -= nr;
	else
		z->count.free += nr;
}

static pf_pfn je_alloc(void *zone, const struct pf_request *req, unsigned wmark)
{
	struct zone *z = zone;
	size_t size = UNIT << req->order;
	char *at;

	(void)wmark;
	z->world->spent(z->world, 1);
	at = mallocx(size, z->flags | (req->order ? MALLOCX_ALIGN(size) : 0));
	if (!at)
		return PF_NO_PFN;
	/* How much it is says jemalloc. */
	set_live(z, at, (uint32_t)(sallocx(at, z->flags) / UNIT), true);
	return z->env->zl->start_pfn + (pf_pfn)((size_t)(at - z->start) / UNIT);
}

static void je_free(void *zone, pf_pfn pfn, unsigned order)
{
	struct zone *z = zone;
	char *at = address(z, pfn);

	(void)order;
	z->world->spent(z->world, 1);
	set_live(z, at, (uint32_t)(sallocx(at, z->flags) / UNIT), false);
	dallocx(at, z->flags);
}

/* ---------------------------------------------------------- what it says -- */

/* jemalloc shows no list: free is what is not handed out. */
static void je_census(void *zone, pf_block_fn fn, void *arg)
{
	struct zone *z = zone;

	for (uint32_t i = 0; i < z->env->zl->spanned; i++) {
		struct pf_block block = {.pfn = z->env->zl->start_pfn + i, .where = PF_FREE};

		if (!(z->page[i] & LIVE))
			fn(arg, &block);
	}
}

static const struct pf_zone_counters *je_counters(void *zone)
{
	return &((struct zone *)zone)->count;
}

/* Pages in use as jemalloc counts them, and extents as it told the hooks. */
static const char *je_self_check(void *zone)
{
	struct zone *z = zone;
	uint64_t epoch = 1;
	size_t active, size = sizeof(active), live = z->nr - z->count.free;
	char name[48];

	for (uint32_t i = 1; i < z->env->zl->spanned; i++)
		if (!((z->page[i] | z->page[i - 1]) & LIVE) && z->page[i] & BEGINS)
			return "jemalloc: two free extents side by side";
	snprintf(name, sizeof(name), "stats.arenas.%u.pactive", z->arena);
	if (mallctl("epoch", NULL, NULL, &epoch, sizeof(epoch)) ||
	    mallctl(name, &active, &size, NULL, 0))
		return "jemalloc: mallctl() failed";
	return active == live * (UNIT / 4096) ? NULL
					      : "jemalloc: pactive is not what is handed out";
}

static const struct pf_zone_impl je_zone = {
	.whole_blocks = true,
	.footprint = je_footprint,
	.init = je_init,
	.alloc = je_alloc,
	.free = je_free,
	.census = je_census,
	.counters = je_counters,
	.self_check = je_self_check,
};

#ifndef MAX_ORDER
#define MAX_ORDER PF_MAX_ORDER
#endif
static const struct pf_limits je_limits = {.max_order = MAX_ORDER + 1, .max_pages = LIMIT};

PF_ZONED_IMPL(pf_impl_jemalloc, je_zone, .name = "jemalloc",
	      .summary = "jemalloc's extents, an arena a zone", .features = PF_F_ZONES | PF_F_CACHE,
	      .tier = PF_TIER_SPEC, .limits = &je_limits, PF_ZONED_SELF_CHECK);

PF_PLUGIN(pf_impl_jemalloc);
