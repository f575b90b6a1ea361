// SPDX-License-Identifier: MIT
/*
 * wrapper.cc - foonathan::memory's pool of arrays as an implementation: a node is a page, an
 * array of nodes a run. Its list of free nodes lies in these nodes, in the order of their addresses,
 * and an array is the first one that is long enough.
 */
#include <foonathan/memory/memory_pool.hpp>
#include <pagefuzz/zoned.h>

#include <cstring>
#include <new>

/* A pool in front of its memory is found out at once (README.md). */
#ifndef POOL_BEHIND
#define POOL_BEHIND 0
#endif

namespace
{
namespace fm = foonathan::memory;

/* What the pool takes for a page; and what its arena keeps in front of a block. */
constexpr std::size_t PAGE = 32, HEADER = 16;
/* In pages that are handed out. */
constexpr unsigned char OWNED = 0xa5;

/* A zone's runs of memory, as the blocks that the pool grows by. */
class runs
{
      public:
	runs(std::size_t, const pf_zone_env *env, char *memory)
	    : env(env), memory(memory), next(env->zl->start_pfn)
	{
	}

	fm::memory_block allocate_block()
	{
		pf_pfn end;

		if (!pf_zone_next_run(env, &next, &end))
			throw std::bad_alloc();
		char *start = memory + (next - env->zl->start_pfn) * PAGE;
		std::size_t size = (end - next) * PAGE;
		next = end;
		return {start - HEADER, size + HEADER};
	}

	void deallocate_block(fm::memory_block)
	{
	}

	std::size_t next_block_size() const
	{
		pf_pfn start = next, end;

		return pf_zone_next_run(env, &start, &end) ? (end - start) * PAGE + HEADER : 0;
	}

	bool more() const
	{
		return next_block_size();
	}

      private:
	const pf_zone_env *env;
	char *memory;
	pf_pfn next;
};

using pool = fm::memory_pool<fm::array_pool, runs>;

struct zone {
	const pf_zone_env *env;
	pf_zone_counters count;
	pool *nodes;
	char *memory;	     /* of the first page; one lies in front, for a block's header */
	unsigned char *live; /* per page */
};

std::size_t round64(std::size_t n)
{
	return (n + 63) & ~std::size_t(63);
}

std::size_t foo_footprint(const pf_layout *, const pf_zone_layout *zl)
{
	return round64(sizeof(zone)) + 2 * round64(sizeof(pool)) + round64(zl->spanned) +
	       round64((zl->spanned + 1) * PAGE);
}

uint32_t page_of(const zone *z, const void *at)
{
	return static_cast<uint32_t>((static_cast<const char *>(at) - z->memory) / PAGE);
}

void *address(const zone *z, uint32_t page)
{
	return z->memory + page * PAGE;
}

void spent(const zone *z, uint32_t n)
{
	z->env->world->spent(z->env->world, n);
}

void foo_init(void *state, const pf_zone_env *env)
{
	zone *z = static_cast<zone *>(state);
	const uint32_t nr = env->zl->spanned;
	unsigned char *front, *behind;
	void *at;

	std::memset(state, 0, foo_footprint(env->layout, env->zl));
	z->env = env;
	z->live = static_cast<unsigned char *>(state) + round64(sizeof(zone));
	front = z->live + round64(nr);
	z->memory = reinterpret_cast<char *>(front) + round64(sizeof(pool)) + PAGE;
	behind = front + round64(sizeof(pool)) + round64((nr + 1) * PAGE);
	const std::size_t first = runs(0, env, z->memory).next_block_size();
	z->nodes = new (POOL_BEHIND ? behind : front) pool(PAGE, first, env, z->memory);

	/* It asks for the next block once it is empty: so it is emptied until all are there. */
	pool &p = *z->nodes;
	std::memset(z->live, 2, nr);
	while ((at = p.try_allocate_node()) ||
	       (p.get_allocator().more() && (at = p.allocate_node()))) {
		z->live[page_of(z, at)] = 1;
		z->count.managed++;
	}
	for (uint32_t i = 0; i < nr; i++) {
		if (z->live[i] != 1)
			continue;
		z->live[i] = 0;
		p.deallocate_node(address(z, i));
	}
}

void *get(zone *z, uint32_t nr)
{
	pool &p = *z->nodes;
	void *at = nr == 1 ? p.try_allocate_node() : p.try_allocate_array(nr);

	spent(z, 1);
	return at;
}

void put(zone *z, uint32_t page, uint32_t nr)
{
	pool &p = *z->nodes;

	if (nr == 1)
		p.deallocate_node(address(z, page));
	else if (nr)
		p.deallocate_array(address(z, page), nr);
}

constexpr uint32_t NONE = UINT32_MAX;

/*
 * The lowest run in [from, to), aligned. The pool knows neither windows nor alignments: what is in
 * front of the next place where a run may begin is held, until it gives one that may.
 */
uint32_t find(zone *z, uint32_t nr, uint32_t from, uint32_t to, uint32_t align)
{
	const pf_pfn start = z->env->zl->start_pfn;
	struct piece {
		uint32_t page, nr;
	};
	uint32_t found = NONE, held = NONE;

	while (void *at = get(z, nr)) {
		uint32_t page = page_of(z, at), place = page < from ? from : page;

		place += -(start + place) & (align - 1);
		if (place == page && page + nr <= to) {
			found = page;
			break;
		}
		/* Those that are held are a list in themselves. */
		const piece p = {held, place < page + nr ? place - page : nr};
		if (page + nr > to) {
			put(z, page, nr);
			break;
		}
		put(z, page + p.nr, nr - p.nr);
		std::memcpy(at, &p, sizeof(p));
		held = page;
	}
	while (held != NONE) {
		piece p;

		std::memcpy(&p, address(z, held), sizeof(p));
		put(z, held, p.nr);
		held = p.page;
	}
	return found;
}

pf_pfn hand_out(zone *z, uint32_t page, uint32_t nr)
{
	if (page == NONE)
		return PF_NO_PFN;
	/* Beyond the zone: placement says so. */
	for (uint32_t i = page; i < page + nr && i < z->env->zl->spanned; i++) {
		z->live[i] |= 1;
		std::memset(address(z, i), OWNED, PAGE);
	}
	return z->env->zl->start_pfn + page;
}

pf_pfn foo_alloc(void *state, const pf_request *req, unsigned)
{
	zone *z = static_cast<zone *>(state);
	const uint32_t nr = 1u << req->order;

	return hand_out(z, find(z, nr, 0, z->env->zl->spanned, nr), nr);
}

void foo_free_run(void *state, pf_pfn pfn, uint32_t nr)
{
	zone *z = static_cast<zone *>(state);
	const uint32_t page = pfn - z->env->zl->start_pfn;
	const unsigned char *content = static_cast<unsigned char *>(address(z, page));

	for (std::size_t i = 0; i < nr * PAGE; i++)
		if (content[i] != OWNED)
			z->env->world->failed(z->env->world,
					      "the pool wrote to a page that is handed out");
	std::memset(z->live + page, 0, nr);
	spent(z, nr);
	put(z, page, nr);
}

void foo_free(void *state, pf_pfn pfn, unsigned order)
{
	foo_free_run(state, pfn, 1u << order);
}

pf_pfn foo_alloc_run(void *state, const pf_run_request *req)
{
	zone *z = static_cast<zone *>(state);
	const pf_pfn start = z->env->zl->start_pfn, end = start + z->env->zl->spanned;
	const uint32_t from = req->from > start ? req->from - start : 0;
	const uint32_t to = (req->to < end ? req->to : end) - start;

	if (req->to <= start || from >= to || req->nr_pages > to - from)
		return PF_NO_PFN;
	return hand_out(z, find(z, req->nr_pages, from, to, req->align), req->nr_pages);
}

bool foo_take_run(void *state, pf_pfn pfn, uint32_t nr)
{
	zone *z = static_cast<zone *>(state);
	const uint32_t page = pfn - z->env->zl->start_pfn;

	return hand_out(z, find(z, nr, page, page + nr, 1), nr) != PF_NO_PFN;
}

/* The list can't be seen from outside: free is what is not handed out. */
void foo_census(void *state, pf_block_fn fn, void *arg)
{
	zone *z = static_cast<zone *>(state);

	for (uint32_t i = 0; i < z->env->zl->spanned; i++) {
		pf_block block = {z->env->zl->start_pfn + i, 0, 0, PF_FREE};

		if (!z->live[i])
			fn(arg, &block);
	}
}

const pf_zone_counters *foo_counters(void *state)
{
	zone *z = static_cast<zone *>(state);

	z->count.free = static_cast<uint32_t>(z->nodes->capacity_left() / PAGE);
	return &z->count;
}

constexpr pf_zone_impl foo_zone = {
	.watermarks = false,
	.whole_blocks = false,
	.footprint = foo_footprint,
	.init = foo_init,
	.alloc = foo_alloc,
	.free = foo_free,
	.census = foo_census,
	.counters = foo_counters,
	.compact = nullptr,
	.reclaim = nullptr,
	.alloc_contig = nullptr,
	.free_contig = nullptr,
	.isolate = nullptr,
	.undo_isolate = nullptr,
	.offline = nullptr,
	.online = nullptr,
	.alloc_run = foo_alloc_run,
	.free_run = foo_free_run,
	.take_run = foo_take_run,
};

/* A list is walked from its beginning. */
constexpr pf_limits foo_limits = {.max_pages = 1u << 14};
} // namespace

PF_ZONED_IMPL(pf_impl_foonathan, foo_zone, .name = "foonathan",
	      .summary = "foonathan::memory's pool of arrays",
	      .features = PF_F_ZONES | PF_F_SNAPSHOT, .tier = PF_TIER_SPEC, .limits = &foo_limits,
	      PF_ZONED_RUNS);

PF_PLUGIN(pf_impl_foonathan);
