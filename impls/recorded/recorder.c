// SPDX-License-Identifier: GPL-2.0-only
/*
 * recorder.c - writes down every call to an implementation, with the answer,
 * the moves that it asked the world for, and its counters; see recorded.h.
 */
#include "recorded.h"

#include <stdlib.h>
#include <string.h>

/* What the inner implementation takes for the world. */
static struct {
	struct pf_world world; /* first */
	struct pf_world *outer;
	struct pf_coder moves;
	uint64_t nr_moves; /* and waits */
} proxy;

static struct {
	struct pf_impl impl;
	const struct pf_impl *inner;
	const struct pf_layout *layout;
	struct pf_coder calls;
	struct pf_zone_counters before[PF_MAX_ZONES];
	uint64_t allocations, migrations, dumps;
	unsigned full_every, expected;
} rec;

/* ------------------------------------------------------------ the world -- */

static enum pf_migrate_result proxy_migrate(struct pf_world *w, pf_pfn src, pf_pfn dst,
					    enum pf_mode mode)
{
	enum pf_migrate_result result = proxy.outer->migrate(proxy.outer, src, dst, mode);

	(void)w;
	pf_code_pfn(&proxy.moves, src);
	pf_code_pfn(&proxy.moves, dst);
	pf_code(&proxy.moves, (unsigned)mode | (unsigned)result << 4);
	proxy.nr_moves++;
	return result;
}

/* Among the moves: from a page to itself, with the attribute in place of the mode. */
static void proxy_wait(struct pf_world *w, pf_pfn pfn, unsigned attr)
{
	(void)w;
	proxy.outer->wait(proxy.outer, pfn, attr);
	pf_code_pfn(&proxy.moves, pfn);
	pf_code_pfn(&proxy.moves, pfn);
	pf_code(&proxy.moves, attr >> PF_WAITED_SHIFT | PF_WAITED_HOW << 4);
	proxy.nr_moves++;
}

static bool proxy_hindered(struct pf_world *w, enum pf_inject what)
{
	(void)w;
	return proxy.outer->hindered(proxy.outer, what);
}

static enum pf_evict_result proxy_evict(struct pf_world *w, pf_pfn pfn, enum pf_mode mode)
{
	(void)w;
	return proxy.outer->evict(proxy.outer, pfn, mode);
}

static unsigned proxy_attrs(struct pf_world *w, pf_pfn pfn)
{
	(void)w;
	return proxy.outer->attrs(proxy.outer, pfn);
}

static unsigned proxy_unit_order(struct pf_world *w, pf_pfn pfn)
{
	(void)w;
	return proxy.outer->unit_order(proxy.outer, pfn);
}

static void proxy_spent(struct pf_world *w, unsigned units)
{
	(void)w;
	proxy.outer->spent(proxy.outer, units);
}

static void proxy_event(struct pf_world *w, const struct pf_event *ev)
{
	(void)w;
	proxy.outer->event(proxy.outer, ev);
}

static void *proxy_contents(struct pf_world *w, pf_pfn pfn)
{
	(void)w;
	return proxy.outer->contents(proxy.outer, pfn);
}

static void proxy_lost(struct pf_world *w, const char *why)
{
	(void)w;
	proxy.outer->lost(proxy.outer, why);
}

/* ---------------------------------------------------------------- calls -- */

static struct pf_coder *call(enum pf_call what)
{
	pf_code(&rec.calls, what);
	return &rec.calls;
}

/* Behind each answer: the moves of the call, and what the counters say now. */
static void end_call(void *state)
{
	struct pf_coder *c = &rec.calls;

	pf_code(c, proxy.nr_moves);
	pf_code_raw(c, proxy.moves.buf, proxy.moves.at);
	rec.migrations += proxy.nr_moves;
	proxy.moves.at = 0;
	proxy.moves.last = 0;
	proxy.nr_moves = 0;
	for (unsigned z = 0; z < rec.layout->nr_zones; z++) {
		const struct pf_zone_counters *now = rec.inner->counters(state, z);

		pf_code_change(c, now->free, rec.before[z].free);
		pf_code_change(c, now->cached, rec.before[z].cached);
		pf_code_change(c, now->drift, rec.before[z].drift);
		pf_code_change(c, now->withheld, rec.before[z].withheld);
		rec.before[z] = *now;
	}
}

static void recorder_init(const void *self, void *state, const struct pf_layout *layout,
			  struct pf_world *world)
{
	(void)self;
	rec.layout = layout;
	rec.calls.at = 0;
	rec.calls.last = 0;
	rec.calls.writing = proxy.moves.writing = true;
	rec.allocations = rec.migrations = rec.dumps = 0;
	proxy.outer = world;
	proxy.world.wanted = world->wanted;
	proxy.moves.at = 0;
	proxy.moves.last = 0;
	proxy.nr_moves = 0;
	rec.inner->init(rec.inner->self, state, layout, &proxy.world);
	memset(rec.before, 0, sizeof(rec.before));
}

static bool recorder_load(void *state, const struct pf_dump *dump)
{
	return rec.inner->load(state, dump);
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
	pf_pfn pfn = rec.inner->alloc(state, req);
	struct pf_coder *c = call(PF_CALL_ALLOC);

	code_request(c, req);
	pf_code_pfn(c, pfn);
	end_call(state);
	rec.allocations++;
	return pfn;
}

static void recorder_free(void *state, pf_pfn pfn, unsigned order, unsigned cpu)
{
	struct pf_coder *c;

	rec.inner->free(state, pfn, order, cpu);
	c = call(PF_CALL_FREE);
	pf_code_pfn(c, pfn);
	pf_code(c, order);
	pf_code(c, cpu);
	end_call(state);
}

static unsigned recorder_alloc_bulk(void *state, const struct pf_request *req, unsigned nr,
				    pf_pfn *pfns)
{
	unsigned got = rec.inner->alloc_bulk(state, req, nr, pfns);
	struct pf_coder *c = call(PF_CALL_BULK);

	code_request(c, req);
	pf_code(c, nr);
	pf_code(c, got);
	for (unsigned i = 0; i < got; i++)
		pf_code_pfn(c, pfns[i]);
	end_call(state);
	rec.allocations++;
	return got;
}

static pf_pfn recorder_alloc_exact(void *state, const struct pf_request *req, unsigned nr)
{
	pf_pfn pfn = rec.inner->alloc_exact(state, req, nr);
	struct pf_coder *c = call(PF_CALL_EXACT);

	code_request(c, req);
	pf_code(c, nr);
	pf_code_pfn(c, pfn);
	end_call(state);
	rec.allocations++;
	return pfn;
}

static void recorder_split(void *state, pf_pfn pfn, unsigned order)
{
	struct pf_coder *c;

	rec.inner->split(state, pfn, order);
	c = call(PF_CALL_SPLIT);
	pf_code_pfn(c, pfn);
	pf_code(c, order);
	end_call(state);
}

static enum pf_compact_result recorder_compact(void *state, const struct pf_compact_request *req)
{
	enum pf_compact_result result = rec.inner->compact(state, req);
	struct pf_coder *c = call(PF_CALL_COMPACT);

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
	rec.inner->drain(state, cpu);
	pf_code(call(PF_CALL_DRAIN), (unsigned)(cpu + 1));
	end_call(state);
}

static bool recorder_tick(void *state, enum pf_daemon daemon, unsigned node, unsigned order)
{
	bool ok = rec.inner->tick(state, daemon, node, order);
	struct pf_coder *c = call(PF_CALL_TICK);

	pf_code(c, daemon);
	pf_code(c, node);
	pf_code(c, order);
	pf_code(c, ok);
	end_call(state);
	return ok;
}

static bool recorder_tune(void *state, enum pf_knob knob, uint32_t value)
{
	bool ok = rec.inner->tune(state, knob, value);
	struct pf_coder *c = call(PF_CALL_TUNE);

	pf_code(c, knob);
	pf_code(c, value);
	pf_code(c, ok);
	end_call(state);
	return ok;
}

static void recorder_retype(void *state, pf_pfn pfn, unsigned type)
{
	struct pf_coder *c;

	rec.inner->retype(state, pfn, type);
	c = call(PF_CALL_RETYPE);
	pf_code_pfn(c, pfn);
	pf_code(c, type);
	end_call(state);
}

static void recorder_set_attrs(void *state, pf_pfn pfn, unsigned attrs)
{
	struct pf_coder *c;

	if (rec.inner->set_attrs)
		rec.inner->set_attrs(state, pfn, attrs);
	c = call(PF_CALL_SET_ATTRS);
	pf_code_pfn(c, pfn);
	pf_code(c, attrs);
}

static void recorder_inject(void *state, enum pf_inject what, unsigned after, unsigned count)
{
	struct pf_coder *c;

	if (rec.inner->inject)
		rec.inner->inject(state, what, after, count);
	c = call(PF_CALL_INJECT);
	pf_code(c, what);
	pf_code(c, after);
	pf_code(c, count);
}

static void recorder_dump(void *state, struct pf_dump *d)
{
	bool full = rec.dumps % rec.full_every == 0 || rec.dumps + 1 >= rec.expected;

	rec.inner->dump(state, d);
	rec.dumps++;
	if (d->nr_words > d->room)
		return;
	d->list_hash = pf_dump_hash(rec.layout, d);
	d->lists_absent = !full;
	pf_code_dump(call(PF_CALL_DUMP), rec.layout, d);
	d->lists_absent = false;
}

const struct pf_impl *pf_recorder_wrap(const struct pf_impl *inner)
{
	proxy.world = (struct pf_world){
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
	rec.inner = inner;
	rec.impl = (struct pf_impl){
		.name = inner->name,
		.summary = inner->summary,
		.features = inner->features & ~(PF_F_SNAPSHOT | PF_F_CANONICAL),
		.tier = inner->tier,
		.group = inner->group,
		.footprint = inner->footprint,
		.init = recorder_init,
		.alloc = recorder_alloc,
		.free = recorder_free,
		.census = inner->census,
		.counters = inner->counters,
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
	return &rec.impl;
}

void pf_recorder_begin(unsigned full_every, unsigned dumps_expected)
{
	rec.full_every = full_every ? full_every : 1;
	rec.expected = dumps_expected;
}

bool pf_recorder_take(struct pf_transcript *t)
{
	call(PF_CALL_END);
	t->calls = rec.calls.buf;
	t->calls_size = rec.calls.at;
	t->functions = (rec.impl.alloc_bulk ? 1u << PF_CALL_BULK : 0) |
		       (rec.impl.split ? 1u << PF_CALL_SPLIT : 0) |
		       (rec.impl.compact ? 1u << PF_CALL_COMPACT : 0) |
		       (rec.impl.drain ? 1u << PF_CALL_DRAIN : 0) |
		       (rec.impl.tick ? 1u << PF_CALL_TICK : 0) |
		       (rec.impl.tune ? 1u << PF_CALL_TUNE : 0) |
		       (rec.impl.retype ? 1u << PF_CALL_RETYPE : 0) |
		       (rec.impl.dump ? 1u << PF_CALL_DUMP : 0) |
		       (rec.impl.alloc_exact ? 1u << PF_CALL_EXACT : 0);
	t->allocations = rec.allocations;
	t->migrations = rec.migrations;
	t->dumps = rec.dumps;
	return !rec.calls.bad && !proxy.moves.bad;
}
