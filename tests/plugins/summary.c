// SPDX-License-Identifier: GPL-2.0-only
/*
 * summary.c - single pages from a bitmap with a second level above it that says which
 * words have some. What people get wrong in such:
 * FAULT 1: a shift of an int, which is too short from page 2048 on.
 * FAULT 2: a free that dies for one page in 64, so the last one may, too.
 */
#include <pagefuzz/zoned.h>

#include <string.h>

#ifndef FAULT
#define FAULT 0
#endif

struct summary {
	const struct pf_zone_env *env;
	struct pf_zone_counters count;
	uint32_t words, hint;
	uint64_t group[64 * 64]; /* of words that have a free page */
	uint64_t page[];
};

static size_t summary_footprint(const struct pf_layout *layout, const struct pf_zone_layout *zl)
{
	(void)layout;
	return sizeof(struct summary) + ((size_t)zl->spanned / 64 + 1) * sizeof(uint64_t);
}

static void summary_free(void *zone, pf_pfn pfn, unsigned order)
{
	struct summary *s = zone;
	uint32_t i = pfn - s->env->zl->start_pfn, word = i / 64;

	(void)order;
	if (FAULT == 2 && i % 64 == 5)
		*(volatile int *)(uintptr_t)(i % 64) = 0;
	s->page[word] |= 1ull << i % 64;
	if (FAULT == 1)
		s->group[word / 64] |= 1 << word % 64;
	else
		s->group[word / 64] |= 1ull << word % 64;
	s->count.free++;
}

static void summary_init(void *zone, const struct pf_zone_env *env)
{
	struct summary *s = zone;
	pf_pfn start, end;

	memset(s, 0, summary_footprint(env->layout, env->zl));
	s->env = env;
	s->words = env->zl->spanned / 64 + 1;
	for (start = env->zl->start_pfn; pf_zone_next_run(env, &start, &end); start = end)
		for (pf_pfn pfn = start; pfn < end; pfn++) {
			uint32_t i = pfn - env->zl->start_pfn;

			s->page[i / 64] |= 1ull << i % 64;
			s->group[i / 64 / 64] |= 1ull << i / 64 % 64;
			s->count.free++;
		}
	s->count.managed = s->count.free;
}

static pf_pfn summary_alloc(void *zone, const struct pf_request *req, unsigned mark)
{
	struct summary *s = zone;

	(void)req;
	(void)mark;
	for (uint32_t k = 0; k < s->words; k++) {
		uint32_t word = (s->hint + k) % s->words, bit;

		if (!(s->group[word / 64] >> word % 64 & 1) || !s->page[word])
			continue;
		bit = (uint32_t)__builtin_ctzll(s->page[word]);
		s->page[word] &= s->page[word] - 1;
		if (!s->page[word])
			s->group[word / 64] &= ~(1ull << word % 64);
		s->hint = word;
		s->count.free--;
		return s->env->zl->start_pfn + word * 64 + bit;
	}
	return PF_NO_PFN;
}

static void summary_census(void *zone, pf_block_fn fn, void *arg)
{
	struct summary *s = zone;

	for (uint32_t i = 0; i < s->words * 64; i++) {
		struct pf_block block = {.pfn = s->env->zl->start_pfn + i, .where = PF_FREE};

		if (s->page[i / 64] >> i % 64 & 1)
			fn(arg, &block);
	}
}

static const struct pf_zone_counters *summary_counters(void *zone)
{
	return &((struct summary *)zone)->count;
}

static const struct pf_zone_impl summary_zone = {
	.footprint = summary_footprint,
	.init = summary_init,
	.alloc = summary_alloc,
	.free = summary_free,
	.census = summary_census,
	.counters = summary_counters,
};

static const struct pf_limits summary_limits = {.max_order = 1, .max_pages = 1 << 18};

PF_ZONED_IMPL(pf_impl_summary, summary_zone, .name = "summary", .summary = "a bitmap of two levels",
	      .features = PF_F_ZONES | PF_F_SNAPSHOT, .tier = PF_TIER_SPEC,
	      .limits = &summary_limits);

PF_PLUGIN(pf_impl_summary);
