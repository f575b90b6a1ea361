// SPDX-License-Identifier: GPL-2.0-only
/*
 * recorded.c - repeats a transcript: each call must be the one that was
 * recorded, and gets its answer; see recorded.h.
 */
#include "recorded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pf_recorded {
	struct pf_impl impl;
	char name[16], group[32];
	const struct pf_transcript *transcript;
};

/* The state of a run. */
struct recorded {
	struct pf_world *world;
	const struct pf_transcript *playing;
	struct pf_coder c;
	uint64_t nr_calls;
	/* As the last call left them; what is recorded is changes, the first of them to 0. */
	struct pf_zone_counters now[PF_MAX_ZONES];
	struct pf_zone_counters start[PF_MAX_ZONES]; /* before the first call */
	bool counted;				     /* there was one */
};

static const char *const call_name[PF_NR_CALLS] = {
	"the end", "alloc", "free",   "bulk",	   "split",  "compact", "drain",
	"tick",	   "tune",  "retype", "set_attrs", "inject", "dump",	"exact",
};

static void lost(struct recorded *r, const char *what)
{
	char why[200];

	snprintf(why, sizeof(why), "call %llu is not the recorded one: %s",
		 (unsigned long long)r->nr_calls, what);
	r->world->lost(r->world, why);
}

static void begin_call(struct recorded *r, enum pf_call what)
{
	uint64_t got = pf_code(&r->c, 0);
	char text[120];

	r->nr_calls++;
	if (got == what && !r->c.bad)
		return;
	snprintf(text, sizeof(text), "recorded was %s, asked is %s",
		 got < PF_NR_CALLS && !r->c.bad ? call_name[got] : "nothing more", call_name[what]);
	lost(r, text);
}

/* An argument of the call: equal to the recorded one. */
static void same(struct recorded *r, uint64_t asked, const char *what)
{
	uint64_t got = pf_code(&r->c, 0);
	char text[120];

	if (got == asked)
		return;
	snprintf(text, sizeof(text), "its %s was %llu, asked is %llu", what,
		 (unsigned long long)got, (unsigned long long)asked);
	lost(r, text);
}

static void same_pfn(struct recorded *r, pf_pfn asked)
{
	pf_pfn got = pf_code_pfn(&r->c, 0);
	char text[120];

	if (got == asked)
		return;
	snprintf(text, sizeof(text), "its pfn was %#x, asked is %#x", got, asked);
	lost(r, text);
}

static void replay(struct recorded *r, pf_pfn src, pf_pfn dst, uint64_t how)
{
	const struct pf_layout *l = &r->playing->layout;
	char text[120];

	/* The world believes what it is told. */
	if (src - l->base_pfn >= pf_layout_pages(l) || dst - l->base_pfn >= pf_layout_pages(l) ||
	    how > 255) {
		lost(r, "the transcript has a move that makes no sense");
		return;
	}
	if ((how >> 4 & 15) == PF_WAITED_HOW) {
		r->world->wait(r->world, src, (unsigned)(how & 15) << PF_WAITED_SHIFT);
		return;
	}
	if ((how & 15) < PF_NR_MODES &&
	    r->world->migrate(r->world, src, dst, how & 15) == (how >> 4 & 15))
		return;
	snprintf(text, sizeof(text), "the world answers otherwise about the move from %#x to %#x",
		 src, dst);
	lost(r, text);
}

/* A coder of its own for moves: their pfns are differences among themselves. */
static void end_call(struct recorded *r)
{
	uint64_t nr = pf_code(&r->c, 0);
	struct pf_coder m = r->c;

	m.last = 0;
	for (uint64_t i = 0; i < nr && !m.bad; i++) {
		pf_pfn src = pf_code_pfn(&m, 0), dst = pf_code_pfn(&m, 0);
		uint64_t how = pf_code(&m, 0);

		if (!m.bad)
			replay(r, src, dst, how);
	}
	r->c.at = m.at;
	r->c.bad = m.bad;
	r->counted = true;
	for (unsigned z = 0; z < r->playing->layout.nr_zones; z++) {
		struct pf_zone_counters *now = &r->now[z];

		now->free = pf_code_change(&r->c, 0, now->free);
		now->cached = pf_code_change(&r->c, 0, now->cached);
		now->drift = pf_code_change(&r->c, 0, now->drift);
		now->withheld = pf_code_change(&r->c, 0, now->withheld);
	}
	if (r->c.bad)
		lost(r, "the transcript is cut off");
}

static size_t recorded_footprint(const void *self, const struct pf_layout *layout)
{
	const struct pf_recorded *player = self;

	return pf_layout_same(layout, &player->transcript->layout) ? sizeof(struct recorded) : 0;
}

static void recorded_init(const void *self, void *state, const struct pf_layout *layout,
			  struct pf_world *world)
{
	const struct pf_recorded *player = self;
	struct recorded *r = state;

	(void)layout;
	memset(r, 0, sizeof(*r));
	r->world = world;
	r->playing = player->transcript;
	r->c.buf = r->playing->calls;
	r->c.size = r->playing->calls_size;
}

/* What the counters of a zone are in a dump. */
static void count_start(const struct pf_layout *l, const struct pf_zone_dump *zone, unsigned z,
			struct pf_zone_counters *c)
{
	const uint32_t *f = zone->field, mark = l->zone[z].wmark[PF_WMARK_MIN];

	memset(c, 0, sizeof(*c));
	for (unsigned i = 0; i < PF_NR_ZONE_TYPES; i++)
		c->lowmem_reserve[i] = f[PF_DUMP_RESERVE_DMA + i];
	for (unsigned o = 0; o <= l->max_order; o++)
		for (unsigned t = 0; t < PF_NR_BLOCK_TYPES; t++)
			*(t == PF_ISOLATE ? &c->isolated : &c->free) += zone->free[o][t].nr << o;
	for (unsigned cpu = 0; cpu < l->nr_cpus; cpu++) {
		c->drift += zone->cpu[cpu][PF_DUMP_STAT_THRESHOLD];
		for (unsigned i = 0; i < PF_NR_PCP_LISTS; i++)
			c->cached += zone->pcp[cpu][i].nr << pf_pcp_order(l, i);
	}
	c->managed = c->free + c->cached + c->isolated;
	c->withheld = f[PF_DUMP_BOOST] + f[PF_DUMP_HIGHATOMIC];
	/* A mark that was tuned counts as well. */
	if (f[PF_DUMP_WMARK_MIN] > mark)
		c->withheld += f[PF_DUMP_WMARK_MIN] - mark;
	else
		c->drift += mark - f[PF_DUMP_WMARK_MIN];
}

/* The start was recorded too, so any other one is none of ours. */
static bool recorded_load(void *state, const struct pf_dump *dump)
{
	struct recorded *r = state;
	const struct pf_transcript *playing = r->playing;
	struct pf_dump_diff d;

	if (!pf_dump_diff(&d, &playing->layout, dump, &playing->start))
		return false;
	for (unsigned z = 0; z < playing->layout.nr_zones; z++) {
		count_start(&playing->layout, &dump->zone[z], z, &r->start[z]);
		r->now[z].managed = r->start[z].managed;
		memcpy(r->now[z].lowmem_reserve, r->start[z].lowmem_reserve,
		       sizeof(r->now[z].lowmem_reserve));
	}
	return true;
}

static void same_request(struct recorded *r, const struct pf_request *req)
{
	same(r, req->order, "order");
	same(r, req->mobility, "mobility");
	same(r, req->cpu, "cpu");
	same(r, req->gfp, "gfp");
	same(r, (unsigned)req->node << 4 | req->zone, "zone");
}

static pf_pfn recorded_alloc(void *state, const struct pf_request *req)
{
	struct recorded *r = state;
	pf_pfn pfn;

	begin_call(r, PF_CALL_ALLOC);
	same_request(r, req);
	pfn = pf_code_pfn(&r->c, 0);
	end_call(r);
	return pfn;
}

static void recorded_free(void *state, pf_pfn pfn, unsigned order, unsigned cpu)
{
	struct recorded *r = state;

	begin_call(r, PF_CALL_FREE);
	same_pfn(r, pfn);
	same(r, order, "order");
	same(r, cpu, "cpu");
	end_call(r);
}

static unsigned recorded_alloc_bulk(void *state, const struct pf_request *req, unsigned nr,
				    pf_pfn *pfns)
{
	struct recorded *r = state;
	unsigned got;

	begin_call(r, PF_CALL_BULK);
	same_request(r, req);
	same(r, nr, "count");
	got = (unsigned)pf_code(&r->c, 0);
	if (got > nr)
		lost(r, "it answered more pages than were asked for");
	for (unsigned i = 0; i < got; i++)
		pfns[i] = pf_code_pfn(&r->c, 0);
	end_call(r);
	return got;
}

static pf_pfn recorded_alloc_exact(void *state, const struct pf_request *req, unsigned nr)
{
	struct recorded *r = state;
	pf_pfn pfn;

	begin_call(r, PF_CALL_EXACT);
	same_request(r, req);
	same(r, nr, "count");
	pfn = pf_code_pfn(&r->c, 0);
	end_call(r);
	return pfn;
}

static void recorded_split(void *state, pf_pfn pfn, unsigned order)
{
	struct recorded *r = state;

	begin_call(r, PF_CALL_SPLIT);
	same_pfn(r, pfn);
	same(r, order, "order");
	end_call(r);
}

static enum pf_compact_result recorded_compact(void *state, const struct pf_compact_request *req)
{
	struct recorded *r = state;
	uint64_t got;

	begin_call(r, PF_CALL_COMPACT);
	same(r, (unsigned)(req->order + 1), "order");
	same(r, req->mobility, "mobility");
	same(r, req->mode, "mode");
	same(r, req->node, "node");
	got = pf_code(&r->c, 0);
	if (got >= PF_NR_COMPACT_RESULTS)
		lost(r, "its compaction ended with no result that there is");
	end_call(r);
	return (enum pf_compact_result)got;
}

static void recorded_drain(void *state, int cpu)
{
	struct recorded *r = state;

	begin_call(r, PF_CALL_DRAIN);
	same(r, (unsigned)(cpu + 1), "cpu");
	end_call(r);
}

static bool recorded_tick(void *state, enum pf_daemon daemon, unsigned node, unsigned order)
{
	struct recorded *r = state;
	bool ok;

	begin_call(r, PF_CALL_TICK);
	same(r, daemon, "daemon");
	same(r, node, "node");
	same(r, order, "order");
	ok = pf_code(&r->c, 0);
	end_call(r);
	return ok;
}

static bool recorded_tune(void *state, enum pf_knob knob, uint32_t value)
{
	struct recorded *r = state;
	bool ok;

	begin_call(r, PF_CALL_TUNE);
	same(r, knob, "knob");
	same(r, value, "value");
	ok = pf_code(&r->c, 0);
	end_call(r);
	return ok;
}

static void recorded_retype(void *state, pf_pfn pfn, unsigned type)
{
	struct recorded *r = state;

	begin_call(r, PF_CALL_RETYPE);
	same_pfn(r, pfn);
	same(r, type, "type");
	end_call(r);
}

static void recorded_set_attrs(void *state, pf_pfn pfn, unsigned attrs)
{
	struct recorded *r = state;

	begin_call(r, PF_CALL_SET_ATTRS);
	same_pfn(r, pfn);
	same(r, attrs, "attributes");
}

static void recorded_inject(void *state, enum pf_inject what, unsigned after, unsigned count)
{
	struct recorded *r = state;

	begin_call(r, PF_CALL_INJECT);
	same(r, what, "kind");
	same(r, after, "operand after");
	same(r, count, "count");
}

static void recorded_dump(void *state, struct pf_dump *d)
{
	struct recorded *r = state;

	begin_call(r, PF_CALL_DUMP);
	pf_code_dump(&r->c, &r->playing->layout, d);
	if (r->c.bad)
		lost(r, "the transcript is cut off");
}

static const struct pf_zone_counters *recorded_counters(void *state, unsigned zone)
{
	struct recorded *r = state;

	return r->counted ? &r->now[zone] : &r->start[zone];
}

static const struct pf_impl everything = {
	.name = "recorded",
	.summary = "repeats what a transcript recorded, usually from the real kernel",
	.features = PF_F_MOBILITY | PF_F_ZONES | PF_F_WATERMARKS | PF_F_CACHE | PF_F_REMOTE,
	.tier = PF_TIER_TWIN,
	.group = "linux-6.1",
	.footprint = recorded_footprint,
	.init = recorded_init,
	.alloc = recorded_alloc,
	.free = recorded_free,
	.counters = recorded_counters,
	.alloc_bulk = recorded_alloc_bulk,
	.alloc_exact = recorded_alloc_exact,
	.split = recorded_split,
	.compact = recorded_compact,
	.drain = recorded_drain,
	.tick = recorded_tick,
	.tune = recorded_tune,
	.retype = recorded_retype,
	.load = recorded_load,
	.dump = recorded_dump,
	.set_attrs = recorded_set_attrs,
	.inject = recorded_inject,
};

struct pf_recorded *pf_recorded_play(const struct pf_transcript *t, const char *name)
{
	struct pf_recorded *player = calloc(1, sizeof(*player));
	const uint32_t has = t->functions;
	unsigned major, minor;
	struct pf_impl *impl;

	if (!player)
		return NULL;
	player->transcript = t;
	impl = &player->impl;
	*impl = everything;
	impl->self = player;
	snprintf(player->name, sizeof(player->name), "%s", name ? name : everything.name);
	impl->name = player->name;
	/* A built-in implementation's has no number, and is a port of 6.1. */
	if (sscanf(t->version, "%u.%u", &major, &minor) == 2) {
		snprintf(player->group, sizeof(player->group), "linux-%u.%u", major, minor);
		impl->group = player->group;
	}
	if (!(has >> PF_CALL_BULK & 1))
		impl->alloc_bulk = NULL;
	if (!(has >> PF_CALL_SPLIT & 1))
		impl->split = NULL;
	if (!(has >> PF_CALL_COMPACT & 1))
		impl->compact = NULL;
	if (!(has >> PF_CALL_DRAIN & 1))
		impl->drain = NULL;
	if (!(has >> PF_CALL_TICK & 1))
		impl->tick = NULL;
	if (!(has >> PF_CALL_TUNE & 1))
		impl->tune = NULL;
	if (!(has >> PF_CALL_RETYPE & 1))
		impl->retype = NULL;
	if (!(has >> PF_CALL_DUMP & 1))
		impl->dump = NULL;
	if (!(has >> PF_CALL_EXACT & 1))
		impl->alloc_exact = NULL;
	return player;
}

const struct pf_impl *pf_recorded_impl(const struct pf_recorded *player)
{
	return &player->impl;
}

void pf_recorded_free(struct pf_recorded *player)
{
	free(player);
}
