// SPDX-License-Identifier: GPL-2.0-only
/* mirror.c - level bitmaps of free aligned blocks; see mirror.h. */
#include <string.h>

#include "mirror.h"

void pf_mirror_setup(struct pf_mirror *m, const struct pf_layout *layout)
{
	uint32_t pages = pf_layout_pages(layout);
	size_t n = 0;

	for (unsigned o = 0; o <= layout->max_order; o++)
		n += (pages >> o) / 64 + 1;
	if (n > m->room) {
		m->words = pf_arena_resize(m->arena, m->words, n * sizeof(*m->words));
		m->room = n;
	}
	m->layout = layout;
	m->nr_words = n;
	m->valid = m;
	n = 0;
	for (unsigned o = 0; o <= layout->max_order; o++) {
		m->level[o] = m->words + n;
		n += (pages >> o) / 64 + 1;
	}
}

void pf_mirror_free(struct pf_mirror *m)
{
	pf_arena_free(m->arena, m->words);
	memset(m, 0, sizeof(*m));
}

void pf_mirror_copy(struct pf_mirror *m, const struct pf_mirror *from)
{
	memcpy(m->words, from->words, m->nr_words * sizeof(*m->words));
	memcpy(m->nset, from->nset, sizeof(m->nset));
}

/* Set or clear the bits of all sub-blocks of an aligned block in one level. */
PF_HOT_INLINE void change_range(uint64_t *level, uint32_t first, uint32_t nr, bool set)
{
	uint64_t *w = level + (first >> 6);

	if (nr >= 64) {
		memset(w, set ? 0xff : 0, nr / 8);
	} else {
		uint64_t mask = ((1ull << nr) - 1) << (first & 63);

		*w = set ? *w | mask : *w & ~mask;
	}
}

PF_HOT void pf_mirror_take(struct pf_mirror *m, unsigned zone, uint32_t idx, unsigned order)
{
	uint32_t *nset = m->nset[zone];
	unsigned l;

	for (l = 0; l <= order; l++) {
		change_range(m->level[l], idx >> l, 1u << (order - l), false);
		nset[l] -= 1u << (order - l);
	}
	for (; l <= m->layout->max_order; l++) {
		uint32_t i = idx >> l;
		uint64_t *w = &m->level[l][i >> 6], bit = 1ull << (i & 63);

		if (!(*w & bit))
			break;
		*w &= ~bit;
		nset[l]--;
	}
}

PF_HOT void pf_mirror_put(struct pf_mirror *m, unsigned zone, uint32_t idx, unsigned order)
{
	uint32_t *nset = m->nset[zone];
	unsigned l;

	for (l = 0; l <= order; l++) {
		change_range(m->level[l], idx >> l, 1u << (order - l), true);
		nset[l] += 1u << (order - l);
	}
	for (; l <= m->layout->max_order; l++) {
		uint32_t i = idx >> l, buddy = (idx >> (l - 1)) ^ 1;

		if (!(m->level[l - 1][buddy >> 6] >> (buddy & 63) & 1))
			break;
		/* Two free halves may still belong to two zones. */
		if (m->valid != m && !(m->valid->level[l][i >> 6] >> (i & 63) & 1))
			break;
		m->level[l][i >> 6] |= 1ull << (i & 63);
		nset[l]++;
	}
}

/* Memory that comes later is memory: that it is not there yet, lanes know. */
PF_HOT static bool reserved(const struct pf_layout *l, pf_pfn pfn, unsigned *next)
{
	while (*next < l->nr_ranges &&
	       (l->range[*next].start_pfn + l->range[*next].nr_pages <= pfn ||
		l->range[*next].kind == PF_RANGE_LATER))
		++*next;
	return *next < l->nr_ranges && l->range[*next].start_pfn <= pfn;
}

PF_HOT void pf_mirror_fill(struct pf_mirror *m, const uint64_t *pages)
{
	const struct pf_layout *l = m->layout;

	memset(m->words, 0, m->nr_words * sizeof(*m->words));
	memset(m->nset, 0, sizeof(m->nset));
	for (unsigned z = 0; z < l->nr_zones; z++) {
		uint32_t first = l->zone[z].start_pfn - l->base_pfn;
		uint32_t end = first + l->zone[z].spanned;
		unsigned next = 0;

		for (uint32_t i = first; i < end; i++) {
			if (reserved(l, l->base_pfn + i, &next) ||
			    (pages && !(pages[i >> 6] >> (i & 63) & 1)))
				continue;
			m->level[0][i >> 6] |= 1ull << (i & 63);
			m->nset[z][0]++;
		}
		for (unsigned o = 1; o <= l->max_order; o++) {
			/* Blocks wholly inside the zone only. */
			uint32_t b = (first + (1u << o) - 1) >> o;

			for (; b < end >> o; b++) {
				uint64_t *below = m->level[o - 1];
				uint32_t c = 2 * b;

				if ((below[c >> 6] >> (c & 63) & 3) != 3)
					continue;
				m->level[o][b >> 6] |= 1ull << (b & 63);
				m->nset[z][o]++;
			}
		}
	}
}
