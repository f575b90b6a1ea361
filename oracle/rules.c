// SPDX-License-Identifier: GPL-2.0-only
/*
 * rules.c - Linux's formulas and limits, for who says that it is Linux. Which of them a
 * version has is in `versions`, nowhere else.
 */
#include <string.h>

#include "../impls/dump.h"
#include "rules.h"

/* What differs between versions; a group that is not in here promises no rules. */
struct pf_version {
	const char *group;
	bool fixed_pcp;		/* batch and high are functions of the zone and of the cpus alone */
	bool cap_of_two_blocks; /* of the highatomic reserve: a hundredth plus a pageblock */
};

static const struct pf_version versions[] = {
	{"linux-6.1", .fixed_pcp = true, .cap_of_two_blocks = true},
};

#define PAGE_SHIFT 12

static const struct pf_version *version_of(const struct pf_lane *lane)
{
	const struct pf_impl *impl = lane->impl;

	/* Loaded states have a history, and machines another boot. */
	if (!(impl->features & PF_F_RULES) || impl->tier != PF_TIER_TWIN || !impl->dump ||
	    lane->run->options.start)
		return NULL;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (!strcmp(versions[i].group, impl->group))
			return &versions[i];
	return NULL;
}

static uint32_t fls32(uint32_t x)
{
	return x ? 32 - (uint32_t)__builtin_clz(x) : 0;
}

static const char *zone_name(const struct pf_lane *lane, unsigned z)
{
	static const char *const name[] = {"DMA", "DMA32", "Normal", "Movable"};

	return name[lane->run->layout.zone[z].type];
}

static uint32_t managed_of(const struct pf_lane *lane, unsigned z)
{
	return lane->run->valid.nset[z][0] - lane->offline[z];
}

/* ------------------------------------------------------------- formulas -- */

/* zone_batchsize() of 6.1: a thousandth of the zone, a quarter of at most 1 MB of it. */
static uint32_t batch_of(uint32_t managed)
{
	uint32_t batch = managed / 1024 < 256 ? managed / 1024 : 256;

	batch /= 4;
	if (!batch)
		batch = 1;
	batch += batch / 2;
	batch = (1u << (fls32(batch) - 1)) - 1;
	return batch ? batch : 1;
}

/* zone_highsize(): all lists together hold what lies below the low mark. */
static uint32_t high_of(uint32_t low, uint32_t cpus, uint32_t batch)
{
	uint32_t high = low / cpus;

	return high > 4 * batch ? high : 4 * batch;
}

/* calculate_normal_threshold(): more cpus and more 128 MB pieces, more pages unseen. */
static uint32_t threshold_of(uint32_t managed, uint32_t cpus)
{
	uint32_t t = 2 * fls32(cpus) * (1 + fls32(managed >> (27 - PAGE_SHIFT)));

	return t < 125 ? t : 125;
}

/* __setup_per_zone_wmarks(). */
static void marks_of(const struct pf_lane *lane, unsigned z, uint32_t wmark[PF_NR_WMARK])
{
	const struct pf_layout *l = &lane->run->layout;
	const struct pf_rules *r = &lane->rules;
	uint64_t managed = managed_of(lane, z), all = 0, min, gap, scaled;

	for (unsigned i = 0; i < l->nr_zones; i++)
		all += managed_of(lane, i);
	min = l->zone[z].wmark[PF_WMARK_MIN];
	if (r->set >> PF_MIN_FREE_KBYTES & 1)
		min = (r->knob[PF_MIN_FREE_KBYTES] / 4) * managed / all;
	gap = min / 4;
	scaled = managed * r->knob[PF_WATERMARK_SCALE_FACTOR] / 10000;
	if (scaled > gap)
		gap = scaled;
	wmark[PF_WMARK_MIN] = (uint32_t)min;
	wmark[PF_WMARK_LOW] = (uint32_t)(min + gap);
	wmark[PF_WMARK_HIGH] = (uint32_t)(min + 2 * gap);
}

/* setup_per_zone_lowmem_reserve(): what a zone keeps from requests that may use upper ones. */
static uint32_t lowmem_of(const struct pf_lane *lane, unsigned z, unsigned type)
{
	static const uint32_t ratio[PF_NR_ZONE_TYPES] = {256, 256, 32, 0};
	const struct pf_layout *l = &lane->run->layout;
	uint32_t above = 0;

	if (type <= l->zone[z].type || !ratio[l->zone[z].type])
		return 0;
	for (unsigned i = 0; i < l->nr_zones; i++)
		if (l->zone[i].node == l->zone[z].node && l->zone[i].type > l->zone[z].type &&
		    l->zone[i].type <= type)
			above += managed_of(lane, i);
	return above / ratio[l->zone[z].type];
}

static uint32_t present_of(const struct pf_lane *lane, unsigned z)
{
	const struct pf_layout *l = &lane->run->layout;
	uint32_t present = l->zone[z].spanned;
	unsigned later = 0;

	for (unsigned i = 0; i < l->nr_ranges; i++) {
		const struct pf_range *r = &l->range[i];
		bool there = r->kind == PF_RANGE_RESERVED ||
			     (r->kind == PF_RANGE_LATER && lane->added >> later & 1);

		later += r->kind == PF_RANGE_LATER;
		if (!there && r->start_pfn - l->zone[z].start_pfn < l->zone[z].spanned)
			present -= r->nr_pages;
	}
	return present;
}

/* ---------------------------------------------------------------- zones -- */

static void same(struct pf_lane *lane, unsigned z, const char *what, uint32_t is, uint32_t should)
{
	if (is != should)
		PF_RULE_BROKEN(lane, RULES_FORMULA, "zone %s of node %u: %s is %u, should be %u",
			       zone_name(lane, z), lane->run->layout.zone[z].node, what, is,
			       should);
}

static void check_formulas(struct pf_lane *lane, const struct pf_dump *d, unsigned z)
{
	static const char *const mark[] = {"the min watermark", "the low watermark",
					   "the high watermark"};
	static const char *const reserve[] = {
		"the reserve against DMA requests", "the reserve against DMA32 requests",
		"the reserve against Normal requests", "the reserve against Movable requests"};
	const struct pf_rules *r = &lane->rules;
	const uint32_t *f = d->zone[z].field;

	same(lane, z, "the number of present pages", f[PF_DUMP_PRESENT], present_of(lane, z));
	for (unsigned w = 0; w < PF_NR_WMARK; w++)
		same(lane, z, mark[w], f[PF_DUMP_WMARK_MIN + w], r->wmark[z][w]);
	for (unsigned t = 0; t < PF_NR_ZONE_TYPES; t++)
		same(lane, z, reserve[t], f[PF_DUMP_RESERVE_DMA + t], lowmem_of(lane, z, t));
	for (unsigned cpu = 0; cpu < d->nr_cpus; cpu++) {
		const uint32_t *c = d->zone[z].cpu[cpu];

		if (version_of(lane)->fixed_pcp) {
			same(lane, z, "pcp->batch", c[PF_DUMP_BATCH],
			     batch_of(managed_of(lane, z)));
			same(lane, z, "pcp->high", c[PF_DUMP_HIGH], r->high[z]);
		}
		if (lane->run->online >> cpu & 1)
			same(lane, z, "the threshold of counters", c[PF_DUMP_STAT_THRESHOLD],
			     r->threshold[z]);
	}
}

/* boost_watermark(): by the factor, but at least a pageblock, and none in a small zone. */
static void check_boost(struct pf_lane *lane, const struct pf_dump *d, unsigned z)
{
	const struct pf_rules *r = &lane->rules;
	uint32_t block = 1u << lane->run->layout.pageblock_order;
	uint64_t most = (uint64_t)r->most_high[z] * r->most_boost / 10000;

	if (most && most < block)
		most = block;
	if (4 * block > managed_of(lane, z))
		most = 0;
	if (d->zone[z].field[PF_DUMP_BOOST] > most)
		PF_RULE_BROKEN(lane, RULES_LIMIT,
			       "zone %s: watermarks are boosted by %u pages, at most %llu",
			       zone_name(lane, z), d->zone[z].field[PF_DUMP_BOOST],
			       (unsigned long long)most);
}

/* reserve_highatomic_pageblock(): a hundredth, and at most what a pageblock makes of that. */
static void check_reserve(struct pf_lane *lane, const struct pf_dump *d, unsigned z)
{
	uint32_t block = 1u << lane->run->layout.pageblock_order;
	uint32_t said = d->zone[z].field[PF_DUMP_HIGHATOMIC];

	if (said > managed_of(lane, z) / 100 + 2 * block - 1)
		PF_RULE_BROKEN(lane, RULES_LIMIT,
			       "zone %s of %u pages: a reserve of %u for urgent requests",
			       zone_name(lane, z), managed_of(lane, z), said);
}

/* Of all zones together, as a pageblock may be of two. */
static uint32_t blocks_of_type(const struct pf_lane *lane, const struct pf_dump *d, unsigned type)
{
	const struct pf_layout *l = &lane->run->layout;
	uint32_t block = 1u << l->pageblock_order, n = 0;

	for (unsigned z = 0; z < d->nr_zones; z++) {
		pf_pfn first = l->zone[z].start_pfn & ~(block - 1);
		bool shared = z && l->zone[z - 1].start_pfn + l->zone[z - 1].spanned > first;
		const struct pf_list *b = &d->zone[z].blocks;

		for (uint32_t i = shared; i < b->nr; i++)
			n += (d->word[b->first + i] & PF_BLOCK_TYPE) == type;
	}
	return n;
}

/*
 * The reserve is the pageblocks of that type; retyping and isolation with undo take one out of it
 * without telling it. So does a fallback that takes over whole pageblocks, if one of them was
 * reserved while a cpu's lists held pages of it: these come back as what they were, merge, and
 * what is taken as movable has its type overwritten (change_pageblock_range()).
 */
static void check_blocks(struct pf_lane *lane, const struct pf_dump *d)
{
	uint32_t reserve = 0, isolated = 0, blocks = blocks_of_type(lane, d, PF_HIGHATOMIC);

	for (unsigned z = 0; z < d->nr_zones; z++) {
		reserve += d->zone[z].field[PF_DUMP_HIGHATOMIC];
		isolated += d->zone[z].field[PF_DUMP_NR_ISOLATE];
	}
	if (!lane->rules.retyped &&
	    (reserve < blocks << lane->run->layout.pageblock_order ||
	     reserve > (blocks + lane->rules.taken_over) << lane->run->layout.pageblock_order))
		PF_RULE_BROKEN(lane, RULES_COUNTER,
			       "counts a reserve of %u pages, there are %u pageblocks of that type",
			       reserve, blocks);
	if (isolated != blocks_of_type(lane, d, PF_ISOLATE))
		PF_RULE_BROKEN(lane, RULES_COUNTER, "counts %u isolated pageblocks, there are %u",
			       isolated, blocks_of_type(lane, d, PF_ISOLATE));
}

/*
 * __reset_isolation_suitable() steps through the zone by pageblocks from both ends, so in a zone
 * of no whole number of them it can end up to one below or above; and fast_isolate_freepages()
 * leaves it one below what it saw, be that the first one. Who begins there sets it right.
 */
static bool inside(const struct pf_zone_layout *zl, pf_pfn pfn, uint32_t block)
{
	return pfn + block >= zl->start_pfn && pfn < zl->start_pfn + zl->spanned + block;
}

/* Where compaction goes on; 0 before the first one. defer_compaction()'s counters. */
static void check_compaction(struct pf_lane *lane, const struct pf_dump *d, unsigned z)
{
	static const unsigned position[] = {PF_DUMP_CACHED_FREE, PF_DUMP_CACHED_MIGRATE_ASYNC,
					    PF_DUMP_CACHED_MIGRATE_SYNC};
	const struct pf_layout *l = &lane->run->layout;
	const uint32_t *f = d->zone[z].field;
	uint32_t block = 1u << l->pageblock_order;

	for (unsigned i = 0; i < 3; i++)
		if (f[position[i]] != lane->rules.position[z] &&
		    !inside(&l->zone[z], f[position[i]], block))
			PF_RULE_BROKEN(
				lane, RULES_SCANNER,
				"zone %s: compaction would go on at pfn %u, outside [%u, %u)",
				zone_name(lane, z), f[position[i]], l->zone[z].start_pfn,
				l->zone[z].start_pfn + l->zone[z].spanned);
	/* COMPACT_MAX_DEFER_SHIFT */
	if (f[PF_DUMP_DEFER_SHIFT] > 6 || f[PF_DUMP_CONSIDERED] > 1u << f[PF_DUMP_DEFER_SHIFT] ||
	    f[PF_DUMP_ORDER_FAILED] > l->max_order + 1u)
		PF_RULE_BROKEN(lane, RULES_LIMIT,
			       "zone %s: considered %u, defer shift %u, order failed %u",
			       zone_name(lane, z), f[PF_DUMP_CONSIDERED], f[PF_DUMP_DEFER_SHIFT],
			       f[PF_DUMP_ORDER_FAILED]);
	if (f[PF_DUMP_RECLAIM_ACTIVE])
		PF_RULE_BROKEN(lane, RULES_COUNTER, "zone %s: kswapd is at work, at rest",
			       zone_name(lane, z));
}

/* Per-cpu lists hold what they count, below their limit; counters hide less than they may. */
static void check_cpus(struct pf_lane *lane, const struct pf_dump *d, unsigned z)
{
	const struct pf_layout *l = &lane->run->layout;
	uint32_t free = d->zone[z].field[PF_DUMP_FREE];

	for (unsigned cpu = 0; cpu < d->nr_cpus; cpu++) {
		const uint32_t *c = d->zone[z].cpu[cpu];
		int32_t diff = (int32_t)c[PF_DUMP_FREE_DIFF];
		uint32_t sum = 0;

		for (unsigned i = 0; i < PF_NR_PCP_LISTS; i++)
			sum += d->zone[z].pcp[cpu][i].nr << pf_pcp_order(l, i);
		if (sum != c[PF_DUMP_COUNT])
			PF_RULE_BROKEN(lane, RULES_COUNTER,
				       "zone %s: the lists of cpu %u count %u pages and hold %u",
				       zone_name(lane, z), cpu, c[PF_DUMP_COUNT], sum);
		/* One that got smaller counts from the next update on. */
		if ((uint32_t)(diff < 0 ? -diff : diff) > lane->rules.most_threshold[z])
			PF_RULE_BROKEN(
				lane, RULES_LIMIT,
				"zone %s: cpu %u holds back %d free pages, its threshold is %u",
				zone_name(lane, z), cpu, diff, lane->rules.threshold[z]);
		if (!(lane->run->online >> cpu & 1) && (sum || diff))
			PF_RULE_BROKEN(lane, RULES_COUNTER,
				       "zone %s: cpu %u is gone and has %u pages",
				       zone_name(lane, z), cpu, sum);
		free += (uint32_t)diff;
	}
	for (unsigned o = 0; o <= l->max_order; o++)
		for (unsigned t = 0; t < PF_NR_BLOCK_TYPES; t++)
			if (t != PF_ISOLATE)
				free -= d->zone[z].free[o][t].nr << o;
	if (free)
		PF_RULE_BROKEN(lane, RULES_COUNTER, "zone %s: NR_FREE_PAGES is %d beside its lists",
			       zone_name(lane, z), (int)free);
}

static void probe(struct pf_lane *lane, const struct pf_dump *d)
{
	const struct pf_layout *l = &lane->run->layout;
	uint32_t block = 1u << l->pageblock_order;
	uint64_t *met = lane->figures.met;

	met[PF_PROBE_UNGROUPED] += lane->rules.ungrouped;
	met[PF_PROBE_NODES] += l->nr_nodes > 1;
	met[PF_PROBE_ABOVE] += l->max_order > l->pageblock_order;
	for (unsigned z = 0; z < d->nr_zones; z++) {
		const uint32_t *f = d->zone[z].field;

		met[PF_PROBE_BOOSTED] += f[PF_DUMP_BOOST] > 0;
		met[PF_PROBE_RESERVE] += f[PF_DUMP_HIGHATOMIC] > 0;
		met[PF_PROBE_ISOLATED] += f[PF_DUMP_NR_ISOLATE] > 0;
		met[PF_PROBE_BORDER] +=
			(l->zone[z].start_pfn | (l->zone[z].start_pfn + l->zone[z].spanned)) &
					(block - 1)
				? 1
				: 0;
		for (unsigned cpu = 0; cpu < d->nr_cpus; cpu++)
			met[PF_PROBE_FREE_FACTOR] += d->zone[z].cpu[cpu][PF_DUMP_FREE_FACTOR] > 0;
	}
}

void pf_rules_audit(struct pf_lane *lane)
{
	const struct pf_dump *d;

	if (!version_of(lane))
		return;
	pf_checked(lane, PF_LAW_RULES);
	pf_dump_lane(lane);
	d = lane->dump;
	probe(lane, d);
	for (unsigned z = 0; z < d->nr_zones; z++) {
		check_formulas(lane, d, z);
		check_boost(lane, d, z);
		check_reserve(lane, d, z);
		check_compaction(lane, d, z);
		check_cpus(lane, d, z);
	}
	check_blocks(lane, d);
	pf_scan_audit(lane, d);
	for (unsigned cpu = 0; cpu < d->nr_cpus; cpu++)
		if (d->lru_add[cpu].nr >= PF_LRU_BATCH)
			PF_RULE_BROKEN(lane, RULES_LIMIT,
				       "cpu %u collects %u pages for the LRU lists", cpu,
				       d->lru_add[cpu].nr);
}

/* ----------------------------------------------------------------- boot -- */

static bool in_no_memory(const struct pf_layout *l, pf_pfn pfn)
{
	for (unsigned i = 0; i < l->nr_ranges; i++)
		if (l->range[i].kind != PF_RANGE_RESERVED &&
		    pfn - l->range[i].start_pfn < l->range[i].nr_pages)
			return true;
	return false;
}

/* memmap_init_range(): movable, if its first page is memory of the zone. */
static void check_first_types(struct pf_lane *lane, const struct pf_dump *d, unsigned z)
{
	const struct pf_layout *l = &lane->run->layout;
	const struct pf_zone_layout *zl = &l->zone[z];
	const struct pf_list *b = &d->zone[z].blocks;
	uint32_t nr = 1u << l->pageblock_order;
	pf_pfn pfn = zl->start_pfn & ~(nr - 1);

	for (uint32_t i = 0; i < b->nr; i++, pfn += nr) {
		bool own = pfn >= zl->start_pfn && !in_no_memory(l, pfn);
		uint32_t word = d->word[b->first + i];

		/* What begins in another zone is that one's. */
		if (pfn < zl->start_pfn)
			continue;
		if (word != (own ? PF_MOVABLE : PF_UNMOVABLE))
			PF_RULE_BROKEN(
				lane, PAGEBLOCK_TYPE,
				"zone %s: after boot the pageblock at pfn %u has type and skip bit "
				"%u",
				zone_name(lane, z), pfn, word);
	}
}

/* __free_pages_memory(): the largest aligned blocks, each behind those before it. */
static void check_first_lists(struct pf_lane *lane, const struct pf_dump *d, unsigned z)
{
	const struct pf_layout *l = &lane->run->layout;

	for (unsigned o = 0; o <= l->max_order; o++) {
		uint32_t nr = 0;

		for (unsigned t = 0; t < PF_NR_BLOCK_TYPES; t++) {
			const struct pf_list *list = &d->zone[z].free[o][t];

			nr += list->nr;
			for (uint32_t i = 1; i < list->nr; i++)
				if (d->word[list->first + i] < d->word[list->first + i - 1])
					PF_RULE_BROKEN(
						lane, RULES_LIST,
						"zone %s: after boot a list of order %u is not "
						"ascending at pfn %u",
						zone_name(lane, z), o, d->word[list->first + i]);
		}
		if (nr != pf_mirror_canonical(&lane->mirror, z, o))
			PF_RULE_BROKEN(
				lane, RULES_LIST,
				"zone %s: after boot there are %u blocks of order %u, not %u",
				zone_name(lane, z), nr, o,
				pf_mirror_canonical(&lane->mirror, z, o));
	}
}

/* What is set anew with marks, cpus and memory: setup_per_zone_wmarks(), zone_pcp_update(). */
static void expect_lists(struct pf_lane *lane)
{
	struct pf_rules *r = &lane->rules;
	uint32_t cpus = (uint32_t)__builtin_popcount(lane->run->online);

	for (unsigned z = 0; z < lane->run->layout.nr_zones; z++) {
		uint32_t high = r->wmark[z][PF_WMARK_HIGH];

		r->high[z] = high_of(r->wmark[z][PF_WMARK_LOW] +
					     lane->dump->zone[z].field[PF_DUMP_BOOST],
				     cpus, batch_of(managed_of(lane, z)));
		r->most_high[z] = high > r->most_high[z] ? high : r->most_high[z];
	}
}

static void expect_thresholds(struct pf_lane *lane)
{
	uint32_t cpus = (uint32_t)__builtin_popcount(lane->run->online);

	struct pf_rules *r = &lane->rules;

	for (unsigned z = 0; z < lane->run->layout.nr_zones; z++) {
		uint32_t t = threshold_of(managed_of(lane, z), cpus);

		r->threshold[z] = t;
		r->most_threshold[z] = t > r->most_threshold[z] ? t : r->most_threshold[z];
	}
}

/* build_all_zonelists(): too little memory for a pageblock of each type. CONFIG_CMA is off. */
#define KERNEL_MIGRATE_TYPES 5u

static uint32_t pages_above_marks(const struct pf_lane *lane)
{
	const struct pf_layout *l = &lane->run->layout;
	uint32_t sum = 0;

	for (unsigned z = 0; z < l->nr_zones; z++)
		if (managed_of(lane, z) > l->zone[z].wmark[PF_WMARK_HIGH])
			sum += managed_of(lane, z) - l->zone[z].wmark[PF_WMARK_HIGH];
	return sum;
}

void pf_rules_start(struct pf_lane *lane)
{
	struct pf_rules *r = &lane->rules;
	const struct pf_layout *l = &lane->run->layout;
	const struct pf_dump *d;

	memset(r, 0, sizeof(*r));
	if (!version_of(lane))
		return;
	r->observer = &pf_scan_observer;
	r->knob[PF_WATERMARK_SCALE_FACTOR] = 10;
	r->knob[PF_EXTFRAG_THRESHOLD] = 500;
	r->knob[PF_COMPACTION_PROACTIVENESS] = 20;
	r->knob[PF_WATERMARK_BOOST_FACTOR] = r->most_boost = 15000;
	pf_dump_lane(lane);
	d = lane->dump;
	for (unsigned z = 0; z < l->nr_zones; z++) {
		memcpy(r->wmark[z], l->zone[z].wmark, sizeof(r->wmark[z]));
		r->position[z] = d->zone[z].field[PF_DUMP_CACHED_FREE];
		same(lane, z, "the boost", d->zone[z].field[PF_DUMP_BOOST], 0);
		check_first_types(lane, d, z);
		check_first_lists(lane, d, z);
	}
	expect_lists(lane);
	expect_thresholds(lane);
	r->ungrouped = pages_above_marks(lane) < KERNEL_MIGRATE_TYPES << l->pageblock_order;
	pf_rules_audit(lane);
	pf_rules_raise(lane);
}

void pf_rules_tuned(struct pf_lane *lane, enum pf_knob knob, uint32_t value)
{
	struct pf_rules *r = &lane->rules;

	if (!version_of(lane))
		return;
	r->knob[knob] = value;
	r->set |= 1u << knob;
	if (knob == PF_WATERMARK_BOOST_FACTOR && value > r->most_boost)
		r->most_boost = value;
	if (knob == PF_WATERMARK_SCALE_FACTOR || knob == PF_MIN_FREE_KBYTES) {
		for (unsigned z = 0; z < lane->run->layout.nr_zones; z++)
			marks_of(lane, z, r->wmark[z]);
		pf_dump_lane(lane);
		expect_lists(lane);
	}
	pf_rules_audit(lane);
}

void pf_rules_resized(struct pf_lane *lane)
{
	if (!version_of(lane))
		return;
	pf_dump_lane(lane);
	expect_lists(lane);
	expect_thresholds(lane);
	pf_rules_audit(lane);
}

void pf_rules_retyped(struct pf_lane *lane)
{
	lane->rules.retyped = true;
}

void pf_rules_step_begins(struct pf_lane *lane, const struct pf_op *op)
{
	if (!lane->rules.observer)
		return;
	pf_scan_begins(lane, op);
	pf_daemons_begin(lane, op);
}

void pf_rules_step_ends(struct pf_lane *lane)
{
	if (!lane->rules.observer)
		return;
	pf_scan_ends(lane);
	pf_daemons_end(lane);
	pf_rules_raise(lane);
}
