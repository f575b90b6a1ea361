// SPDX-License-Identifier: GPL-2.0-only
/* conformance.c - see conformance.h. */
#include "conformance.h"

#include "json.h"

struct row {
	uint64_t times;
	const char *unit; /* what was counted, if no questions */
	const char *never;
};

static const struct pf_figures *figures(const struct pf_conformance *c)
{
	return &c->judgement->figures[c->judgement->nr_lanes - 1];
}

static const struct pf_offer *offer(const struct pf_conformance *c)
{
	return &c->judgement->offer[c->judgement->nr_lanes - 1];
}

/* Laws that are about all that happens: they have no place of their own to count at. */
static bool count_elsewhere(const struct pf_conformance *c, enum pf_law law, struct row *row)
{
	const struct pf_figures *f = figures(c);

	switch (law) {
	case PF_LAW_LIVENESS:
	case PF_LAW_ASSERTION:
	case PF_LAW_CRASH:
	case PF_LAW_HANG:
		*row = (struct row){f->ops, "operations", NULL};
		return true;
	case PF_LAW_MEMORY:
		*row = (struct row){f->runs, "programs", NULL};
		return true;
	case PF_LAW_IMMOVABLE:
	case PF_LAW_CONSENT:
		*row = (struct row){f->migrations + f->refused + f->evictions, "moves", NULL};
		return true;
	case PF_LAW_PROGRESS:
		*row = (struct row){f->migrations, "moves", NULL};
		return true;
	default:
		return false;
	}
}

/* Why a law was not asked, as far as that can be told from what is offered. */
static const char *why_never(const struct pf_conformance *c, enum pf_law law)
{
	const struct pf_offer *o = offer(c);
	unsigned nr = c->judgement->nr_lanes;
	bool claims = false, alike = false;

	for (unsigned i = 0; i + 1 < nr; i++) {
		claims |= c->judgement->offer[i].functions & PF_OFFERS_CLAIM;
		alike |= c->judgement->offer[i].tier >= PF_TIER_CENSUS;
	}
	switch (law) {
	case PF_LAW_RESERVES:
		if (!(o->features & PF_F_WATERMARKS))
			return "it promises no watermarks (PF_F_WATERMARKS)";
		break;
	case PF_LAW_COALESCED:
		if (!(o->features & PF_F_CANONICAL))
			return "it does not promise to merge (PF_F_CANONICAL)";
		break;
	case PF_LAW_IMMOVABLE:
	case PF_LAW_CONSENT:
	case PF_LAW_PROGRESS:
		if (!(o->functions & PF_OFFERS_MOVES))
			return "it moves nothing (compact, alloc_contig)";
		return "it has moved nothing";
	case PF_LAW_TRUTHFUL:
		return "no answer of its says what was done (compact, reclaim, offline, "
		       "alloc_bulk, resize_run)";
	case PF_LAW_SETTLED:
		if (!(o->functions & PF_OFFERS_COMPACT))
			return "it has no compact()";
		if (!(o->features & PF_F_SNAPSHOT))
			return "its state can't be copied (PF_F_SNAPSHOT)";
		return "no whole compaction found nothing to do";
	case PF_LAW_IDENTITIES:
		if (!(o->functions & PF_OFFERS_STATS))
			return "it has no stats()";
		break;
	case PF_LAW_BLOCK_TYPES:
		if (!(o->functions & PF_OFFERS_BLOCK_TYPE))
			return "it has no block_type()";
		break;
	case PF_LAW_SELF_CHECK:
		if (!(o->functions & PF_OFFERS_SELF_CHECK))
			return "it has no self_check()";
		break;
	case PF_LAW_LARGEST:
		if (!(o->functions & PF_OFFERS_LARGEST))
			return "it has no largest_free()";
		break;
	case PF_LAW_ALIVE:
		return "it runs in this process";
	case PF_LAW_TOTALS:
	case PF_LAW_FREE_SET:
	case PF_LAW_HISTOGRAM:
	case PF_LAW_SAME_LOG:
	case PF_LAW_MIRRORED:
	case PF_LAW_EXACT:
		if (nr < 2)
			return "it is alone (--with NAMES)";
		if (law == PF_LAW_EXACT)
			return "it is nobody's twin here (PF_TIER_TWIN)";
		if (law == PF_LAW_SAME_LOG)
			return "nobody here is of its group (PF_TIER_EXACT)";
		if (law == PF_LAW_HISTOGRAM)
			return alike ? "it does not promise to merge (PF_F_CANONICAL, "
				       "PF_TIER_CENSUS)"
				     : "nobody here promises PF_TIER_CENSUS";
		if (law == PF_LAW_MIRRORED && !(o->functions & PF_OFFERS_CLAIM))
			return claims ? "it has no claim(), or its state can't be twice"
				      : "nobody has claim(), or their state can't be twice";
		if (o->functions & PF_OFFERS_OWN_PAGES)
			return "it keeps pages for itself (own_pages)";
		break;
	default:
		break;
	}
	return "nothing led there";
}

static struct row row_of(const struct pf_conformance *c, enum pf_law law)
{
	struct row row = {0};

	if (!count_elsewhere(c, law, &row))
		row.times = figures(c)->checked[law];
	if (!row.times)
		row.never = why_never(c, law);
	return row;
}

static bool is_broken(const struct pf_conformance *c, enum pf_law law)
{
	return c->signature && c->law == law;
}

void pf_print_conformance(FILE *out, const struct pf_conformance *c)
{
	fprintf(out, "%-13s %12s\n", "law", "asked");
	for (int law = 0; law < PF_NR_LAWS; law++) {
		struct row row = row_of(c, law);

		if (is_broken(c, law)) {
			fprintf(out, "%-13s %12llu  BROKEN  ", pf_law_name[law],
				(unsigned long long)row.times);
			if (c->smallest)
				fprintf(out, "%zu operations, in %s\n", c->operations_smallest,
					c->smallest);
			else
				fprintf(out, "%zu operations%s%s\n", c->operations_shown,
					c->saved ? ", in " : "", c->saved ? c->saved : "");
		} else if (row.never) {
			fprintf(out, "%-13s %12s  never: %s\n", pf_law_name[law], "-", row.never);
		} else {
			fprintf(out, "%-13s %12llu  held%s%s\n", pf_law_name[law],
				(unsigned long long)row.times, row.unit ? ", in all " : "",
				row.unit ? row.unit : "");
		}
	}
}

static struct json_object *laws(const struct pf_conformance *c)
{
	struct json_object *all = json_object_new_array();

	for (int law = 0; law < PF_NR_LAWS; law++) {
		struct json_object *o = json_object_new_object();
		struct row row = row_of(c, law);

		pf_json_text(o, "law", pf_law_name[law]);
		pf_json_text(o, "says", pf_law_text[law]);
		pf_json_number(o, "asked", row.times);
		pf_json_text(o, "result",
			     is_broken(c, law) ? "broken"
			     : row.never       ? "never"
					       : "held");
		if (row.never && !is_broken(c, law))
			pf_json_text(o, "why", row.never);
		json_object_array_add(all, o);
	}
	return all;
}

static struct json_object *finding(const struct pf_conformance *c)
{
	struct json_object *o = json_object_new_object();

	pf_json_text(o, "signature", c->signature);
	pf_json_text(o, "what", c->detail);
	pf_json_text(o, "source", c->source);
	pf_json_text(o, "program", c->saved);
	pf_json_number(o, "operations", c->operations_shown);
	pf_json_text(o, "smallest", c->smallest);
	if (c->smallest)
		pf_json_number(o, "smallest_operations", c->operations_smallest);
	return o;
}

bool pf_write_conformance(const char *path, const struct pf_conformance *c)
{
	struct json_object *o = json_object_new_object();

	pf_json_text(o, "implementation", c->impl);
	pf_json_text(o, "lineup", c->lineup);
	json_object_object_add(o, "conforms", json_object_new_boolean(!c->signature));
	pf_json_text(o, "ended_by", c->limit);
	pf_json_number(o, "programs", c->programs);
	pf_json_number(o, "operations", c->operations);
	pf_json_number(o, "refused", c->refused);
	json_object_object_add(o, "finding", c->signature ? finding(c) : NULL);
	json_object_object_add(o, "laws", laws(c));
	return pf_json_write(path, o);
}
