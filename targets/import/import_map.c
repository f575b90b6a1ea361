// SPDX-License-Identifier: GPL-2.0-only
/* import_map.c - sparse map of page frames and set of slots; see import_map.h. */
#include <stdlib.h>

#include "import_map.h"

void pf_pfn_map_free(struct pf_pfn_map *m)
{
	for (size_t i = 0; i < m->size; i++)
		free(m->table[i]);
	free(m->table);
	*m = (struct pf_pfn_map){0};
}

/* Where the chunk is, or the empty place where it would be. */
static size_t place(const struct pf_pfn_map *m, uint64_t nr)
{
	size_t i = (nr * 0x9e3779b97f4a7c15ull >> 20) & (m->size - 1);

	while (m->table[i] && m->table[i]->nr != nr)
		i = (i + 1) & (m->size - 1);
	return i;
}

static bool grow(struct pf_pfn_map *m)
{
	struct pf_pfn_map bigger = {.size = m->size ? m->size * 2 : 64};

	bigger.table = calloc(bigger.size, sizeof(*bigger.table));
	if (!bigger.table)
		return false;
	for (size_t i = 0; i < m->size; i++)
		if (m->table[i])
			bigger.table[place(&bigger, m->table[i]->nr)] = m->table[i];
	free(m->table);
	m->table = bigger.table;
	m->size = bigger.size;
	return true;
}

static struct pf_chunk *chunk(struct pf_pfn_map *m, uint64_t pfn, bool make)
{
	uint64_t nr = pfn >> PF_CHUNK_SHIFT;
	struct pf_chunk *c = m->last;
	size_t i;

	if (c && c->nr == nr)
		return c;
	if (m->used * 2 >= m->size && make && !grow(m)) {
		m->no_memory = true;
		return NULL;
	}
	if (!m->size)
		return NULL;
	i = place(m, nr);
	c = m->table[i];
	if (!c && make) {
		c = calloc(1, sizeof(*c));
		if (!c) {
			m->no_memory = true;
			return NULL;
		}
		c->nr = nr;
		m->table[i] = c;
		m->used++;
	}
	if (c)
		m->last = c;
	return c;
}

uint32_t pf_pfn_map_get(struct pf_pfn_map *m, uint64_t pfn)
{
	struct pf_chunk *c = chunk(m, pfn, false);

	return c ? c->value[pfn % PF_CHUNK_PAGES] : 0;
}

void pf_pfn_map_set(struct pf_pfn_map *m, uint64_t pfn, uint32_t value)
{
	struct pf_chunk *c = chunk(m, pfn, value != 0);

	if (c)
		c->value[pfn % PF_CHUNK_PAGES] = value;
}

bool pf_pfn_map_seen(struct pf_pfn_map *m, uint64_t pfn)
{
	struct pf_chunk *c = chunk(m, pfn, true);
	uint64_t bit = 1ull << pfn % 64, *word;
	bool was;

	if (!c)
		return false;
	word = &c->seen[pfn % PF_CHUNK_PAGES / 64];
	was = *word & bit;
	*word |= bit;
	return was;
}

uint32_t pf_slots_get(struct pf_slots *s)
{
	unsigned a, b, c;

	if (s->top == UINT64_MAX)
		return PF_NO_SLOT;
	a = __builtin_ctzll(~s->top);
	b = a * 64 + __builtin_ctzll(~s->mid[a]);
	c = b * 64 + __builtin_ctzll(~s->low[b]);
	s->low[b] |= 1ull << c % 64;
	if (s->low[b] == UINT64_MAX)
		s->mid[a] |= 1ull << b % 64;
	if (s->mid[a] == UINT64_MAX)
		s->top |= 1ull << a;
	if (++s->used > s->peak)
		s->peak = s->used;
	return c;
}

void pf_slots_put(struct pf_slots *s, uint32_t slot)
{
	s->low[slot / 64] &= ~(1ull << slot % 64);
	s->mid[slot / 4096] &= ~(1ull << slot / 64 % 64);
	s->top &= ~(1ull << slot / 4096);
	s->used--;
}
