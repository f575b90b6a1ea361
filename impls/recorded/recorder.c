// SPDX-License-Identifier: GPL-2.0-only
/*
 * recorder.c - writes down every call to an implementation, with the answer,
 * the moves that it asked the world for, and its counters; see recorded.h.
 */
#include "recorded.h"

#include <stdlib.h>
#include <string.h>

struct pf_recorder {
	struct pf_world world; /* first: what the inner implementation takes for the world */
	struct pf_world *outer;
	struct pf_coder moves;
	uint64_t nr_moves; /* and waits */

	struct pf_impl impl;
	const struct pf_impl *inner;
	const struct pf_layout *layout;
	struct pf_coder calls;
	struct pf_zone_counters before[PF_MAX_ZONES];
	uint64_t allocations, migrations, dumps;
	unsigned full_every, expected;
};

/* In front of the state of the inner implementation, which is aligned as ours is. */
struct state {
	struct pf_recorder *rec;
	_Alignas(64) char inner[];
};

static struct pf_recorder *recorder_of(const void *state)
{
	return ((const struct state *)state)->rec;
}

static void *inner_of(void *state)
{
	return ((struct state *)state)->inner;
}

/* ------------------------------------------------------------ the world -- */

static enum pf_migrate_result proxy_migrate(struct pf_world *w, pf_pfn src, pf_pfn dst,
					    enum pf_mode mode)
{
	struct pf_recorder *rec = (struct pf_recorder *)w;
	enum pf_migrate_result result = rec->outer->migrate(rec->outer, src, dst, mode);

	pf_code_pfn(&rec->moves, src);
	pf_code_pfn(&rec->moves, dst);
	pf_code(&rec->moves, (unsigned)mode | (unsigned)result << 4);
	rec->nr_moves++;
	return result;
}

/* Among the moves: from a page to itself, with the attribute in place of the mode. */
static void proxy_wait(struct pf_world *w, pf_pfn pfn, unsigned attr)
{
	struct pf_recorder *rec = (struct pf_recorder *)w;
	rec->outer->wait(rec->outer, pfn, attr);
	pf_code_pfn(&rec->moves, pfn);
	pf_code_pfn(&rec->moves, pfn);
	pf_code(&rec->moves, attr >> PF_WAITED_SHIFT | PF_WAITED_HOW << 4);
	rec->nr_moves++;
}

static bool proxy_hindered(struct pf_world *w, enum pf_inject what)
{
	struct pf_recorder *rec = (struct pf_recorder *)w;
	return rec->outer->hindered(rec->outer, what);
}

static enum pf_evict_result proxy_evict(struct pf_world *w, pf_pfn pfn, enum pf_mode mode)
{
	struct pf_recorder *rec = (struct pf_recorder *)w;
	return rec->outer->evict(rec->outer, pfn, mode);
}

static unsigned proxy_attrs(struct pf_world *w, pf_pfn pfn)
{
	struct pf_recorder *rec = (struct pf_recorder *)w;
	return rec->outer->attrs(rec->outer, pfn);
}

static unsigned proxy_unit_order(struct pf_world *w, pf_pfn pfn)
{
	struct pf_recorder *rec = (struct pf_recorder *)w;
	return rec->outer->unit_order(rec->outer, pfn);
}

static void proxy_spent(struct pf_world *w, unsigned units)
{
	struct pf_recorder *rec = (struct pf_recorder *)w;
	rec->outer->spent(rec->outer, units);
}

static void proxy_event(struct pf_world *w, const struct pf_event *ev)
{
	struct pf_recorder *rec = (struct pf_recorder *)w;
	rec->outer->event(rec->outer, ev);
}

static void *proxy_contents(struct pf_world *w, pf_pfn pfn)
{
	struct pf_recorder *rec = (struct pf_recorder *)w;
	return rec->outer->contents(rec->outer, pfn);
}

static void proxy_failed(struct pf_world *w, const char *text)
{
	struct pf_recorder *rec = (struct pf_recorder *)w;

	rec->outer->failed(rec->outer, text);
}

static void proxy_guard(struct pf_world *w, void *start, size_t size)
{
	struct pf_recorder *rec = (struct pf_recorder *)w;

	rec->outer->guard(rec->outer, start, size);
}

static void proxy_lost(struct pf_world *w, const char *why)
{
	struct pf_recorder *rec = (struct pf_recorder *)w;
	rec->outer->lost(rec->outer, why);
}

/* ---------------------------------------------------------------- calls -- */

static struct pf_coder *call(struct pf_recorder *rec, enum pf_call what)
{
	pf_code(&rec->calls, what);
	return &rec->calls;
}

/* Behind each answer: the moves of the call, and what the counters say now. */
static void end_call(void *state)
{
	struct pf_recorder *rec = recorder_of(state);
	struct pf_coder *c = &rec->calls;

	pf_code(c, rec->nr_moves);
	pf_code_raw(c, rec->moves.buf, rec->moves.at);
	rec->migrations += rec->nr_moves;
	rec->moves.at = 0;
	rec->moves.last = 0;
	rec->nr_moves = 0;
	for (unsigned z = 0; z < rec->layout->nr_zones; z++) {
		const struct pf_zone_counters *now = rec->inner->counters(inner_of(state), z);

		pf_code_change(c, now->free, rec->before[z].free);
		pf_code_change(c, now->cached, rec->before[z].cached);
		pf_code_change(c, now->drift, rec->before[z].drift);
		pf_code_change(c, now->withheld, rec->before[z].withheld);
		rec->before[z] = *now;
	}
}

static size_t recorder_footprint(const void *self, const struct pf_layout *layout)
{
	const struct pf_recorder *rec = self;
	size_t inner = rec->inner->footprint(rec->inner->self, layout);

	return inner ? sizeof(struct state) + inner : 0;
}

static void recorder_init(const void *self, void *state, const struct pf_layout *layout,
			  struct pf_world *world)
{
	/* The framework gives the table back as it got it: this one is ours to write to. */
	struct pf_recorder *rec = (struct pf_recorder *)self;

	((struct state *)state)->rec = rec;
	rec->layout = layout;
	rec->calls.at = 0;
	rec->calls.last = 0;
	rec->calls.writing = rec->moves.writing = true;
	rec->allocations = rec->migrations = rec->dumps = 0;
	rec->outer = world;
	rec->world.wanted = world->wanted;
	rec->world.failed = world->failed ? proxy_failed : NULL;
	rec->world.guard = world->guard ? proxy_guard : NULL;
	rec->moves.at = 0;
	rec->moves.last = 0;
	rec->nr_moves = 0;
	rec->inner->init(rec->inner->self, inner_of(state), layout, &rec->world);
	memset(rec->before, 0, sizeof(rec->before));
}

static void recorder_census(void *state, pf_block_fn fn, void *arg)
{
	recorder_of(state)->inner->census(inner_of(state), fn, arg);
}

static const struct pf_zone_counters *recorder_counters(void *state, unsigned zone)
{
	return recorder_of(state)->inner->counters(inner_of(state), zone);
}

static bool recorder_load(void *state, const struct pf_dump *dump)
{
	struct pf_recorder *rec = recorder_of(state);
	return rec->inner->load(inner_of(state), dump);
}

static void code_request(struct pf_coder *c, const struct pf_request *req)
{
	pf_code(c, req->order);
	pf_code(c, req->mobility);
	pf_code(c, req->cpu);
	pf_code(c, req->gfp);
	pf_code(c, (unsigned)req->node << 4 | req->zone);
}

static pf_pfn recorder_alloc(void *state, const struct pf_request *req)
{
	struct pf_recorder *rec = recorder_of(state);
	pf_pfn pfn = rec->inner->alloc(inner_of(state), req);
	struct pf_coder *c = call(rec, PF_CALL_ALLOC);

	code_request(c, req);
	pf_code_pfn(c, pfn);
	end_call(state);
	rec->allocations++;
	return pfn;
}

static void recorder_free(void *state, pf_pfn pfn, unsigned order, unsigned cpu)
{
	struct pf_recorder *rec = recorder_of(state);
	struct pf_coder *c;

	rec->inner->free(inner_of(state), pfn, order, cpu);
	c = call(rec, PF_CALL_FREE);
	pf_code_pfn(c, pfn);
	pf_code(c, order);
	pf_code(c, cpu);
	end_call(state);
}

static unsigned recorder_alloc_bulk(void *state, const struct pf_request *req, unsigned nr,
				    pf_pfn *pfns)
{
	struct pf_recorder *rec = recorder_of(state);
	unsigned got = rec->inner->alloc_bulk(inner_of(state), req, nr, pfns);
	struct pf_coder *c = call(rec, PF_CALL_BULK);

	code_request(c, req);
	pf_code(c, nr);
	pf_code(c, got);
	for (unsigned i = 0; i < got; i++)
		pf_code_pfn(c, pfns[i]);
	end_call(state);
	rec->allocations++;
	return got;
}

static pf_pfn recorder_alloc_exact(void *state, const struct pf_request *req, unsigned nr)
{
	struct pf_recorder *rec = recorder_of(state);
	pf_pfn pfn = rec->inner->alloc_exact(inner_of(state), req, nr);
	struct pf_coder *c = call(rec, PF_CALL_EXACT);

	code_request(c, req);
	pf_code(c, nr);
	pf_code_pfn(c, pfn);
	end_call(state);
	rec->allocations++;
	return pfn;
}

static void recorder_split(void *state, pf_pfn pfn, unsigned order)
{
	struct pf_recorder *rec = recorder_of(state);
	struct pf_coder *c;

	rec->inner->split(inner_of(state), pfn, order);
	c = call(rec, PF_CALL_SPLIT);
	pf_code_pfn(c, pfn);
	pf_code(c, order);
	end_call(state);
}

static enum pf_compact_result recorder_compact(void *state, const struct pf_compact_request *req)
{
	struct pf_recorder *rec = recorder_of(state);
	enum pf_compact_result result = rec->inner->compact(inner_of(state), req);
	struct pf_coder *c = call(rec, PF_CALL_COMPACT);

	pf_code(c, (unsigned)(req->order + 1));
	pf_code(c, req->mobility);
	pf_code(c, req->mode);
	pf_code(c, req->node);
	pf_code(c, result);
	end_call(state);
	return result;
}

static void recorder_drain(void *state, int cpu)
{
	struct pf_recorder *rec = recorder_of(state);
	rec->inner->drain(inner_of(state), cpu);
	pf_code(call(rec, PF_CALL_DRAIN), (unsigned)(cpu + 1));
	end_call(state);
}

static bool recorder_tick(void *state, enum pf_daemon daemon, unsigned node, unsigned order)
{
	struct pf_recorder *rec = recorder_of(state);
	bool ok = rec->inner->tick(inner_of(state), daemon, node, order);
	struct pf_coder *c = call(rec, PF_CALL_TICK);

	pf_code(c, daemon);
	pf_code(c, node);
	pf_code(c, order);
	pf_code(c, ok);
	end_call(state);
	return ok;
}

static bool recorder_tune(void *state, enum pf_knob knob, uint32_t value)
{
	struct pf_recorder *rec = recorder_of(state);
	bool ok = rec->inner->tune(inner_of(state), knob, value);
	struct pf_coder *c = call(rec, PF_CALL_TUNE);

	pf_code(c, knob);
	pf_code(c, value);
	pf_code(c, ok);
	end_call(state);
	return ok;
}

static void recorder_retype(void *state, pf_pfn pfn, unsigned type)
{
	struct pf_recorder *rec = recorder_of(state);
	struct pf_coder *c;

	rec->inner->retype(inner_of(state), pfn, type);
	c = call(rec, PF_CALL_RETYPE);
	pf_code_pfn(c, pfn);
	pf_code(c, type);
	end_call(state);
}

static void recorder_set_attrs(void *state, pf_pfn pfn, unsigned attrs)
{
	struct pf_recorder *rec = recorder_of(state);
	struct pf_coder *c;

	if (rec->inner->set_attrs)
		rec->inner->set_attrs(inner_of(state), pfn, attrs);
	c = call(rec, PF_CALL_SET_ATTRS);
	pf_code_pfn(c, pfn);
	pf_code(c, attrs);
}

static void recorder_inject(void *state, enum pf_inject what, unsigned after, unsigned count)
{
	struct pf_recorder *rec = recorder_of(state);
	struct pf_coder *c;

	if (rec->inner->inject)
		rec->inner->inject(inner_of(state), what, after, count);
	c = call(rec, PF_CALL_INJECT);
	pf_code(c, what);
	pf_code(c, after);
	pf_code(c, count);
}

static void recorder_dump(void *state, struct pf_dump *d)
{
	struct pf_recorder *rec = recorder_of(state);
	bool full = rec->dumps % rec->full_every == 0 || rec->dumps + 1 >= rec->expected;

	rec->inner->dump(inner_of(state), d);
	rec->dumps++;
	if (d->nr_words > d->room)
		return;
	d->list_hash = pf_dump_hash(rec->layout, d);
	d->lists_absent = !full;
	pf_code_dump(call(rec, PF_CALL_DUMP), rec->layout, d);
	d->lists_absent = false;
}

struct pf_recorder *pf_recorder_new(const struct pf_impl *inner, unsigned full_every,
				    unsigned dumps_expected)
{
	struct pf_recorder *rec = calloc(1, sizeof(*rec));

	if (!rec)
		return NULL;
	rec->full_every = full_every ? full_every : 1;
	rec->expected = dumps_expected;
	rec->inner = inner;
	rec->world = (struct pf_world){
		.migrate = proxy_migrate,
		.evict = proxy_evict,
		.attrs = proxy_attrs,
		.wait = proxy_wait,
		.hindered = proxy_hindered,
		.unit_order = proxy_unit_order,
		.spent = proxy_spent,
		.event = proxy_event,
		.contents = proxy_contents,
		.lost = proxy_lost,
	};
	rec->impl = (struct pf_impl){
		.self = rec,
		.name = inner->name,
		.summary = inner->summary,
		.features = inner->features & ~(PF_F_SNAPSHOT | PF_F_CANONICAL),
		.tier = inner->tier,
		.group = inner->group,
		.limits = inner->limits,
		.footprint = recorder_footprint,
		.init = recorder_init,
		.alloc = recorder_alloc,
		.free = recorder_free,
		.census = inner->census ? recorder_census : NULL,
		.counters = recorder_counters,
		.alloc_bulk = inner->alloc_bulk ? recorder_alloc_bulk : NULL,
		.alloc_exact = inner->alloc_exact ? recorder_alloc_exact : NULL,
		.split = inner->split ? recorder_split : NULL,
		.compact = inner->compact ? recorder_compact : NULL,
		.drain = inner->drain ? recorder_drain : NULL,
		.tick = inner->tick ? recorder_tick : NULL,
		.tune = inner->tune ? recorder_tune : NULL,
		.retype = inner->retype ? recorder_retype : NULL,
		.load = inner->load ? recorder_load : NULL,
		.dump = inner->dump ? recorder_dump : NULL,
		.set_attrs = recorder_set_attrs,
		.inject = recorder_inject,
	};
	return rec;
}

const struct pf_impl *pf_recorder_impl(const struct pf_recorder *rec)
{
	return &rec->impl;
}

void pf_recorder_free(struct pf_recorder *rec)
{
	if (!rec)
		return;
	free(rec->calls.buf);
	free(rec->moves.buf);
	free(rec);
}

bool pf_recorder_take(struct pf_recorder *rec, struct pf_transcript *t)
{
	const struct pf_impl *impl = &rec->impl;

	call(rec, PF_CALL_END);
	t->calls = rec->calls.buf;
	t->calls_size = rec->calls.at;
	t->functions =
		(impl->alloc_bulk ? 1u << PF_CALL_BULK : 0) |
		(impl->split ? 1u << PF_CALL_SPLIT : 0) |
		(impl->compact ? 1u << PF_CALL_COMPACT : 0) |
		(impl->drain ? 1u << PF_CALL_DRAIN : 0) | (impl->tick ? 1u << PF_CALL_TICK : 0) |
		(impl->tune ? 1u << PF_CALL_TUNE : 0) | (impl->retype ? 1u << PF_CALL_RETYPE : 0) |
		(impl->dump ? 1u << PF_CALL_DUMP : 0) |
		(impl->alloc_exact ? 1u << PF_CALL_EXACT : 0);
	t->allocations = rec->allocations;
	t->migrations = rec->migrations;
	t->dumps = rec->dumps;
	return !rec->calls.bad && !rec->moves.bad;
}
