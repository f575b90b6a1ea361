// SPDX-License-Identifier: MIT
/* dump_diff.c - where two dumps of one layout part; see dump.h. */
#include "dump.h"

#include <stdio.h>

#define NAME(id, name) #name,
static const char *const zone_field[] = {PF_ZONE_FIELDS(NAME)};
static const char *const cpu_field[] = {PF_CPU_FIELDS(NAME)};
static const char *const total_field[] = {PF_TOTAL_FIELDS(NAME)};
#undef NAME

struct pair {
	const struct pf_dump *a, *b;
	bool lists; /* both have them */
	struct pf_dump_diff *d;
};

static bool differs(struct pair *p, enum pf_dump_part part, unsigned zone, unsigned i, unsigned k)
{
	p->d->part = part;
	p->d->zone = zone;
	p->d->i = i;
	p->d->k = k;
	return true;
}

static bool list_differs(struct pair *p, const struct pf_list *a, const struct pf_list *b)
{
	const uint32_t *aw = p->a->word + a->first, *bw = p->b->word + b->first;
	uint32_t n = a->nr < b->nr ? a->nr : b->nr, at = 0;

	while (p->lists && at < n && aw[at] == bw[at])
		at++;
	if (a->nr == b->nr && (at == n || !p->lists))
		return false;
	p->d->a_list = a;
	p->d->b_list = b;
	p->d->at = at;
	return true;
}

static bool field_differs(struct pair *p, uint32_t a, uint32_t b)
{
	p->d->a = a;
	p->d->b = b;
	return a != b;
}

static bool zone_differs(struct pair *p, const struct pf_layout *l, unsigned z)
{
	const struct pf_zone_dump *a = &p->a->zone[z], *b = &p->b->zone[z];

	for (unsigned o = 0; o <= l->max_order; o++)
		for (unsigned t = 0; t < PF_NR_BLOCK_TYPES; t++)
			if (list_differs(p, &a->free[o][t], &b->free[o][t]))
				return differs(p, PF_DUMP_FREE_LIST, z, o, t);
	for (unsigned cpu = 0; cpu < l->nr_cpus; cpu++)
		for (unsigned i = 0; i < PF_NR_PCP_LISTS; i++)
			if (list_differs(p, &a->pcp[cpu][i], &b->pcp[cpu][i]))
				return differs(p, PF_DUMP_PCP_LIST, z, cpu, i);
	if (list_differs(p, &a->blocks, &b->blocks))
		return differs(p, PF_DUMP_BLOCKS, z, 0, 0);
	for (unsigned i = 0; i < PF_NR_ZONE_FIELDS; i++)
		if (field_differs(p, a->field[i], b->field[i]))
			return differs(p, PF_DUMP_ZONE_FIELD, z, i, 0);
	for (unsigned cpu = 0; cpu < l->nr_cpus; cpu++)
		for (unsigned i = 0; i < PF_NR_CPU_FIELDS; i++)
			if (field_differs(p, a->cpu[cpu][i], b->cpu[cpu][i]))
				return differs(p, PF_DUMP_CPU_FIELD, z, cpu, i);
	return false;
}

bool pf_dump_diff(struct pf_dump_diff *d, const struct pf_layout *l, const struct pf_dump *a,
		  const struct pf_dump *b)
{
	struct pair p = {a, b, !a->lists_absent && !b->lists_absent, d};

	for (unsigned z = 0; z < l->nr_zones; z++)
		if (zone_differs(&p, l, z))
			return false;
	for (unsigned cpu = 0; cpu < l->nr_cpus; cpu++)
		if (list_differs(&p, &a->lru_add[cpu], &b->lru_add[cpu]))
			return !differs(&p, PF_DUMP_LRU_LIST, 0, cpu, 0);
	for (unsigned i = 0; i < PF_NR_TOTAL_FIELDS; i++)
		if (field_differs(&p, a->total[i], b->total[i]))
			return !differs(&p, PF_DUMP_TOTAL, 0, i, 0);
	if (!p.lists && (a->lists_absent ? a->list_hash : pf_dump_hash(l, a)) !=
				(b->lists_absent ? b->list_hash : pf_dump_hash(l, b)))
		return !differs(&p, PF_DUMP_LISTS_HASH, 0, 0, 0);
	d->part = PF_DUMP_EQUAL;
	return true;
}

int pf_dump_diff_text(const struct pf_dump_diff *d, const char *a, const char *b, char *buf,
		      size_t size)
{
	static const char *const list[] = {
		[PF_DUMP_FREE_LIST] = "free list [order][type]",
		[PF_DUMP_PCP_LIST] = "per-cpu list [cpu][list]",
		[PF_DUMP_BLOCKS] = "pageblock type and skip",
		[PF_DUMP_LRU_LIST] = "LRU batch [cpu]",
	};

	switch (d->part) {
	case PF_DUMP_EQUAL:
		return snprintf(buf, size, "equal");
	case PF_DUMP_ZONE_FIELD:
		return snprintf(buf, size, "zone %u, %s is %d in %s, %d in %s", d->zone,
				zone_field[d->i], (int)d->a, a, (int)d->b, b);
	case PF_DUMP_CPU_FIELD:
		return snprintf(buf, size, "cpu %u of zone %u, %s is %d in %s, %d in %s", d->i,
				d->zone, cpu_field[d->k], (int)d->a, a, (int)d->b, b);
	case PF_DUMP_TOTAL:
		return snprintf(buf, size, "machine, %s is %d in %s, %d in %s", total_field[d->i],
				(int)d->a, a, (int)d->b, b);
	case PF_DUMP_LISTS_HASH:
		return snprintf(buf, size,
				"the order of some list (its record holds hashes only, the next "
				"full dump tells where)");
	default:
		return snprintf(buf, size,
				"zone %u, %s [%u][%u] from entry %u on; it has %u in %s, %u in %s",
				d->zone, list[d->part], d->i, d->k, d->at, d->a_list->nr, a,
				d->b_list->nr, b);
	}
}
