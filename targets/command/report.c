// SPDX-License-Identifier: GPL-2.0-only
/* report.c - dumps as files of /proc; see report.h. */
#include "report.h"

#include "../../impls/names.h"

/* Where the kernel stops to count the blocks of a list. */
#define COUNT_CAP 100000u

/* -1: the node has no such zone. */
static int find_zone(const struct pf_layout *l, unsigned node, unsigned type)
{
	for (unsigned z = 0; z < l->nr_zones; z++)
		if (l->zone[z].node == node && l->zone[z].type == type)
			return (int)z;
	return -1;
}

static bool populated(const struct pf_dump *d, int zone)
{
	return zone >= 0 && d->zone[zone].field[PF_DUMP_PRESENT];
}

static bool has_memory(const struct pf_layout *l, const struct pf_dump *d, unsigned node)
{
	for (unsigned type = 0; type < PF_NR_ZONE_TYPES; type++)
		if (populated(d, find_zone(l, node, type)))
			return true;
	return false;
}

static void print_zone(FILE *out, unsigned node, unsigned type)
{
	fprintf(out, "Node %u, zone %8s", node, pf_zone_type_name(type));
}

void pf_report_buddyinfo(FILE *out, const struct pf_layout *l, const struct pf_dump *d)
{
	for (unsigned node = 0; node < l->nr_nodes; node++)
		for (unsigned type = 0; type < PF_NR_ZONE_TYPES; type++) {
			int z = find_zone(l, node, type);

			if (!populated(d, z))
				continue;
			print_zone(out, node, type);
			fputc(' ', out);
			for (unsigned o = 0; o <= l->max_order; o++) {
				uint32_t nr = 0;

				for (unsigned t = 0; t < PF_NR_BLOCK_TYPES; t++)
					nr += d->zone[z].free[o][t].nr;
				fprintf(out, "%6u ", nr);
			}
			fputc('\n', out);
		}
}

/* --------------------------------------------------------- pagetypeinfo -- */

static void print_free_counts(FILE *out, const struct pf_layout *l, unsigned node, unsigned type,
			      const struct pf_zone_dump *zone)
{
	for (unsigned t = 0; t < PF_NR_BLOCK_TYPES; t++) {
		fprintf(out, "Node %4u, zone %8s, type %12s ", node, pf_zone_type_name(type),
			pf_block_type_name(t));
		for (unsigned o = 0; o <= l->max_order; o++) {
			uint32_t nr = zone->free[o][t].nr;

			fprintf(out, "%s%6u ", nr >= COUNT_CAP ? ">" : "",
				nr >= COUNT_CAP ? COUNT_CAP : nr);
		}
		fputc('\n', out);
	}
}

/*
 * By the pages at steps of a pageblock from the zone's start on, as the kernel
 * counts: the last block of a zone that starts inside one may go uncounted.
 */
static void count_blocks(const struct pf_layout *l, const struct pf_dump *d, unsigned z,
			 uint32_t *count)
{
	const struct pf_list *blocks = &d->zone[z].blocks;
	uint64_t start = l->zone[z].start_pfn, end = start + l->zone[z].spanned;

	for (unsigned t = 0; t < PF_NR_BLOCK_TYPES; t++)
		count[t] = 0;
	for (uint64_t pfn = start; pfn < end; pfn += 1ull << l->pageblock_order) {
		uint64_t i = (pfn >> l->pageblock_order) - (start >> l->pageblock_order);
		uint32_t type;

		if (i >= blocks->nr)
			break;
		type = d->word[blocks->first + i] & PF_BLOCK_TYPE;
		if (type < PF_NR_BLOCK_TYPES)
			count[type]++;
	}
}

static void print_block_counts(FILE *out, const struct pf_layout *l, const struct pf_dump *d,
			       unsigned node)
{
	uint32_t count[PF_NR_BLOCK_TYPES];

	fprintf(out, "\n%-23s", "Number of blocks type ");
	for (unsigned t = 0; t < PF_NR_BLOCK_TYPES; t++)
		fprintf(out, "%12s ", pf_block_type_name(t));
	fputc('\n', out);
	for (unsigned type = 0; type < PF_NR_ZONE_TYPES; type++) {
		int z = find_zone(l, node, type);

		if (!populated(d, z))
			continue;
		count_blocks(l, d, (unsigned)z, count);
		print_zone(out, node, type);
		fputc(' ', out);
		for (unsigned t = 0; t < PF_NR_BLOCK_TYPES; t++)
			fprintf(out, "%12u ", count[t]);
		fputc('\n', out);
	}
}

void pf_report_pagetypeinfo(FILE *out, const struct pf_layout *l, const struct pf_dump *d)
{
	for (unsigned node = 0; node < l->nr_nodes; node++) {
		if (!has_memory(l, d, node))
			continue;
		fprintf(out, "Page block order: %u\n", l->pageblock_order);
		fprintf(out, "Pages per block:  %u\n\n", 1u << l->pageblock_order);
		fprintf(out, "%-43s ", "Free pages count per migrate type at order");
		for (unsigned o = 0; o <= l->max_order; o++)
			fprintf(out, "%6u ", o);
		fputc('\n', out);
		for (unsigned type = 0; type < PF_NR_ZONE_TYPES; type++) {
			int z = find_zone(l, node, type);

			if (populated(d, z))
				print_free_counts(out, l, node, type, &d->zone[z]);
		}
		/* Types of pageblocks are words, free blocks only need a count. */
		if (!d->lists_absent)
			print_block_counts(out, l, d, node);
	}
}

/* ------------------------------------------------------------- zoneinfo -- */

static void print_pages(FILE *out, const struct pf_zone_layout *zl, const uint32_t *f, int32_t free,
			uint32_t cma)
{
	const uint32_t boost = f[PF_DUMP_BOOST];

	/* The marks contain the boost. */
	fprintf(out,
		"\n  pages free     %d"
		"\n        boost    %u"
		"\n        min      %u"
		"\n        low      %u"
		"\n        high     %u"
		"\n        spanned  %u"
		"\n        present  %u"
		"\n        managed  %u"
		"\n        cma      %u"
		"\n        protection: (%u, %u, %u, %u)",
		free, boost, f[PF_DUMP_WMARK_MIN] + boost, f[PF_DUMP_WMARK_LOW] + boost,
		f[PF_DUMP_WMARK_HIGH] + boost, zl->spanned, f[PF_DUMP_PRESENT], f[PF_DUMP_MANAGED],
		cma, f[PF_DUMP_RESERVE_DMA], f[PF_DUMP_RESERVE_DMA32], f[PF_DUMP_RESERVE_NORMAL],
		f[PF_DUMP_RESERVE_MOVABLE]);
}

static void print_empty_zone(FILE *out)
{
	static const struct pf_zone_layout nothing;
	static const uint32_t zero[PF_NR_ZONE_FIELDS];

	print_pages(out, &nothing, zero, 0, 0);
	fputc('\n', out);
}

static void print_full_zone(FILE *out, const struct pf_layout *l, const struct pf_dump *d,
			    unsigned z, uint32_t online)
{
	const struct pf_zone_dump *zone = &d->zone[z];
	/* As zone_page_state(): what cpus have not added yet is missing, less than 0 is 0. */
	int32_t free = (int32_t)zone->field[PF_DUMP_FREE];
	uint32_t count[PF_NR_BLOCK_TYPES] = {0}, free_cma = 0;

	if (free < 0)
		free = 0;
	if (!d->lists_absent)
		count_blocks(l, d, z, count);
	for (unsigned o = 0; o <= l->max_order; o++)
		free_cma += zone->free[o][PF_CMA].nr << o;
	print_pages(out, &l->zone[z], zone->field, free, count[PF_CMA] << l->pageblock_order);
	fprintf(out, "\n      %-12s %d", "nr_free_pages", free);
	fprintf(out, "\n      %-12s %u", "nr_free_cma", free_cma);
	fprintf(out, "\n  pagesets");
	for (unsigned cpu = 0; cpu < d->nr_cpus; cpu++) {
		const uint32_t *c = zone->cpu[cpu];

		if (!(online >> cpu & 1))
			continue;
		fprintf(out,
			"\n    cpu: %u"
			"\n              count: %d"
			"\n              high:  %d"
			"\n              batch: %d"
			"\n  vm stats threshold: %d",
			cpu, (int)c[PF_DUMP_COUNT], (int)c[PF_DUMP_HIGH], (int)c[PF_DUMP_BATCH],
			(int)c[PF_DUMP_STAT_THRESHOLD]);
	}
	fprintf(out,
		"\n  node_unreclaimable:  0"
		"\n  start_pfn:           %u\n",
		l->zone[z].start_pfn);
}

void pf_report_zoneinfo(FILE *out, const struct pf_layout *l, const struct pf_dump *d,
			uint32_t online)
{
	for (unsigned node = 0; node < l->nr_nodes; node++) {
		if (!has_memory(l, d, node))
			continue;
		for (unsigned type = 0; type < PF_NR_ZONE_TYPES; type++) {
			int z = find_zone(l, node, type);

			print_zone(out, node, type);
			if (populated(d, z))
				print_full_zone(out, l, d, (unsigned)z, online);
			else
				print_empty_zone(out);
		}
	}
}
