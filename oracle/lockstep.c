// SPDX-License-Identifier: GPL-2.0-only
/*
 * lockstep.c - runs a program on every implementation of a lineup, operation by
 * operation: an oracle, from its beginning to its end.
 */
#include <stdlib.h>
#include <string.h>

#include "consensus.h"
#include "laws.h"
#include "ops.h"
#include "oracle.h"
#include "relations.h"
#include "rules.h"
#include "start.h"
#include "twin.h"

/* --------------------------------------------------------------- lineup -- */

/* Nobody is asked what some of the functions behind it can't answer. */
static uint32_t abilities(const struct pf_impl *impl)
{
#define CAN(what, there) ((uint32_t) !!(there) << PF_CAN_##what)
	return CAN(BULK, impl->alloc_bulk) | CAN(EXACT, impl->alloc_exact) |
	       CAN(CONTIG, impl->alloc_contig && impl->free_contig) |
	       CAN(RUN, impl->alloc_run && impl->free_run) |
	       CAN(TAKE, impl->take_run && impl->free_run) |
	       CAN(RESIZE, impl->resize_run && impl->free_run) | CAN(COMPACT, impl->compact) |
	       CAN(RECLAIM, impl->reclaim) | CAN(ISOLATE, impl->isolate && impl->undo_isolate) |
	       CAN(OFFLINE, impl->offline && impl->online) | CAN(ADD, impl->add_memory) |
	       CAN(DRAIN, impl->drain) | CAN(TICK, impl->tick) | CAN(TUNE, impl->tune) |
	       CAN(RETYPE, impl->retype) | CAN(CPU, impl->set_cpu);
#undef CAN
}

/* Twins have to be equal to the end: they are asked what all of them can. */
static void compare_abilities(struct pf_oracle *run)
{
	for (unsigned i = 0; i < run->nr_lanes; i++)
		run->lane[i]->can = abilities(run->lane[i]->impl);
	for (unsigned i = 0; i < run->nr_lanes; i++) {
		struct pf_lane *a = run->lane[i];

		for (unsigned k = 0; k < run->nr_lanes; k++) {
			const struct pf_impl *b = run->lane[k]->impl;

			if (a->impl->tier == PF_TIER_TWIN && b->tier == PF_TIER_TWIN &&
			    !strcmp(a->impl->group, b->group))
				a->can &= abilities(b);
		}
	}
}

static bool overlap(const struct pf_region *a, const struct pf_region *b)
{
	const char *as = a->start, *bs = b->start;

	return as < bs + b->size && bs < as + a->size;
}

static bool share_memory(const struct pf_impl *a, const struct pf_impl *b)
{
	struct pf_region ar[PF_MAX_REGIONS], br[PF_MAX_REGIONS];
	unsigned an = a->regions ? a->regions(a->self, ar, PF_MAX_REGIONS) : 0;
	unsigned bn = b->regions ? b->regions(b->self, br, PF_MAX_REGIONS) : 0;

	for (unsigned i = 0; i < an; i++)
		for (unsigned k = 0; k < bn; k++)
			if (overlap(&ar[i], &br[k]))
				return true;
	return false;
}

const char *pf_lineup_wrong(const struct pf_impl *const *lineup, unsigned nr)
{
	if (!nr)
		return "no implementation is named";
	if (nr > PF_MAX_LANES)
		return "too many implementations";
	for (unsigned i = 0; i < nr; i++) {
		const struct pf_impl *impl = lineup[i];
		struct pf_region r[PF_MAX_REGIONS];

		if (!impl->name || !impl->footprint || !impl->init || !impl->alloc || !impl->free ||
		    !impl->counters || !(impl->census || impl->features & PF_F_REMOTE))
			return "an implementation lacks a function that impl.h requires";
		if (impl->tier >= PF_TIER_EXACT && !impl->group)
			return "an implementation of that tier needs a group";
		if (impl->page_bytes &&
		    (impl->page_bytes < PF_PAGE_BYTES || impl->page_bytes > PF_PAGE_BYTES_MAX ||
		     impl->page_bytes & (impl->page_bytes - 1)))
			return "bytes of a page are 8, 16, 32 or 64";
		if (impl->page_bytes > PF_PAGE_BYTES && !(impl->features & PF_F_INPAGE))
			return "an implementation wants more bytes of a page, without PF_F_INPAGE";
		if (impl->regions && impl->regions(impl->self, r, PF_MAX_REGIONS) > PF_MAX_REGIONS)
			return "an implementation names too many regions";
		for (unsigned k = 0; k < i; k++)
			if (share_memory(impl, lineup[k]))
				return "two implementations have memory in common";
	}
	return NULL;
}

static void *zeroed(struct pf_arena *arena, size_t size)
{
	return memset(pf_arena_resize(arena, NULL, size), 0, size);
}

/* One of NAME, such as NAME-PART, with the same functions: a mistake in it is one mistake. */
static bool is_variant(const struct pf_impl *impl, const struct pf_impl *of)
{
	size_t len = strlen(of->name);

	return !strncmp(impl->name, of->name, len) && impl->name[len] == '-' &&
	       impl->alloc == of->alloc && impl->alloc_run == of->alloc_run;
}

struct pf_oracle *pf_oracle_new_in(struct pf_arena *arena, const struct pf_impl *const *lineup,
				   unsigned nr)
{
	struct pf_oracle *run;

	if (pf_lineup_wrong(lineup, nr))
		return NULL;
	run = zeroed(arena, sizeof(*run));
	run->arena = arena;
	run->nr_lanes = nr;
	run->bulk = pf_arena_resize(NULL, NULL, nr * sizeof(*run->bulk));
	run->blame.at = &run->blame.own_at;
	run->blame.name[PF_MAX_LANES] = "pagefuzz";
	for (unsigned i = 0; i < nr; i++) {
		struct pf_lane *lane = run->lane[i] = zeroed(arena, sizeof(*lane));

		lane->run = run;
		lane->at = run->blame.at;
		lane->arena = arena;
		lane->impl = lineup[i];
		for (unsigned b = lineup[i]->page_bytes; b > PF_PAGE_BYTES; b /= 2)
			lane->page_shift++;
		lane->index = i;
		run->blame.name[i] = run->blame.code[i] = lineup[i]->name;
		for (unsigned j = 0; j < nr; j++)
			if (is_variant(lineup[i], lineup[j]))
				run->blame.code[i] = lineup[j]->name;
		run->remote |= !!(lineup[i]->features & PF_F_REMOTE);
		pf_world_init(lane);
	}
	compare_abilities(run);
	pf_start_new(run);
	return run;
}

struct pf_oracle *pf_oracle_new(const struct pf_impl *const *lineup, unsigned nr)
{
	return pf_oracle_new_in(NULL, lineup, nr);
}

void pf_oracle_free(struct pf_oracle *run)
{
	struct pf_arena *arena;

	if (!run)
		return;
	arena = run->arena;
	pf_start_free(run);
	for (unsigned i = 0; i < run->nr_lanes; i++) {
		struct pf_lane *lane = run->lane[i];

		pf_twins_free(lane);
		pf_arena_free(arena, lane->unit_pfn);
		pf_arena_free(arena, lane->unit_moved);
		pf_arena_free(arena, lane->waited);
		pf_arena_free(arena, lane->seen_accesses);
		pf_arena_free(arena, lane->node);
		pf_mirror_free(&lane->mirror);
		pf_arena_free(arena, lane);
	}
	pf_owners_free(run);
	free(run->bulk);
	pf_arena_free(arena, run);
}

void pf_oracle_options(struct pf_oracle *run, const struct pf_options *options)
{
	run->options = *options;
	run->blame.at = options->at ? options->at : &run->blame.own_at;
	for (unsigned i = 0; i < run->nr_lanes; i++)
		run->lane[i]->at = run->blame.at;
}

/* ----------------------------------------------------------------- step -- */

static void after_op(struct pf_oracle *run)
{
	pf_share_evictions(run);
	pf_for_each_lane(run, lane)
	{
		lane->total_migrated += lane->migrated_pages;
		lane->total_evicted += lane->evicted_pages;
		if (run->options.unchecked)
			continue;
		/* Moves first: a census can say more than a count about pages moved wrongly. */
		if (lane->moved) {
			lane->grouped = false;
			if (!(lane->impl->features & PF_F_REMOTE))
				pf_law_census(lane);
		}
		pf_laws_step(lane);
		pf_rules_step_ends(lane);
	}
	pf_relation_twins(run);
}

static void step(struct pf_oracle *run, const struct pf_op *op)
{
	run->blame.at->step = run->step;
	run->blame.at->op_kind = op->kind;
	run->freed_first[run->step % PF_STORY_OPS] = false;
	pf_for_each_lane(run, lane)
	{
		lane->moved = false;
		lane->evicted_pages = 0;
		lane->migrated_pages = 0;
		lane->asked = lane->hindered = 0;
		lane->answer[run->step % PF_STORY_OPS].kind = PF_ANSWER_NONE;
		pf_twins_step(lane);
		lane->figures.ops++;
		pf_rules_step_begins(lane, op);
	}
	if (run->options.trace)
		run->options.trace(run->options.trace_arg, run->step, op, 0, NULL);
	pf_op_functions[op->kind](run, op);
	/* A change of an owner's mind reaches few, and those by set_attrs only. */
	if (pf_op_info[op->kind].class != PF_CLASS_OWNER || op->kind == PF_OP_LRU)
		after_op(run);
	if (run->options.dump_every && (run->step + 1) % run->options.dump_every == 0)
		pf_relation_dumps(run);
	if (run->options.after_op)
		run->options.after_op(run->options.after_op_arg, run->step);
}

/* ------------------------------------------------------------------ end -- */

static void note_end(struct pf_lane *lane)
{
	const struct pf_layout *l = &lane->run->layout;
	uint64_t free = 0, suitable = 0;

	lane->figures.largest_free_order = -1;
	for (unsigned z = 0; z < l->nr_zones; z++) {
		free += lane->mirror.nset[z][0];
		suitable += (uint64_t)lane->mirror.nset[z][l->pageblock_order]
			    << l->pageblock_order;
		for (int o = l->max_order; o > lane->figures.largest_free_order; o--)
			if (lane->mirror.nset[z][o])
				lane->figures.largest_free_order = o;
	}
	lane->figures.free_pages = free;
	/* Linux's unusable free space index, unusable_free_index(). */
	lane->figures.unusable_index = free ? (free - suitable) * 1000 / free : 1000;
	if (lane->impl->stats) {
		const struct pf_stats *s = PF_ASK(lane, stats);

		lane->figures.migrate_scanned += s->compact_migrate_scanned;
		lane->figures.free_scanned += s->compact_free_scanned;
	}
}

/* Give everything back; what is left must be the start. */
static void finish(struct pf_oracle *run)
{
	bool check = !run->options.unchecked;

	run->blame.at->step = run->step = run->nr_ops;
	run->blame.at->op_kind = PF_OP_END;
	if (check)
		pf_audit(run);
	pf_relation_dumps(run);
	pf_for_each_lane(run, lane) note_end(lane);
	if (run->options.before_end)
		run->options.before_end(run->options.before_end_arg);
	for (uint32_t s = 0; s < run->nr_slots; s++)
		if (run->slot[s].state != PF_SLOT_EMPTY)
			pf_free_slot(run, &run->slot[s], pf_cpu_of(run, 0));
	pf_for_each_lane(run, lane)
	{
		pf_undo_blocks(lane);
		if (lane->impl->drain)
			PF_TELL(lane, drain, -1);
		if (!check)
			continue;
		pf_laws_step(lane);
		pf_law_canonical(lane);
		pf_rules_raise(lane);
	}
	if (check)
		pf_relations_end(run);
	pf_relation_dumps(run);
}

static bool is_known(const char *signature)
{
	for (size_t i = 0; i < pf_nr_known; i++)
		if (!strcmp(pf_known[i].signature, signature))
			return true;
	return false;
}

static bool start(struct pf_oracle *run)
{
	run->blame.at->runs++;
	run->blame.at->step = 0;
	run->blame.at->op_kind = PF_OP_START;
	if (!pf_run_start(run))
		return false;
	pf_relations_start(run);
	pf_twins_start(run);
	pf_for_each_lane(run, lane) if (!run->options.unchecked) pf_rules_start(lane);
	return true;
}

/* A law was broken, anywhere: what was going on in that moment is over. */
static void abandon(struct pf_oracle *run)
{
	run->dirty = true;
	run->compaction = 0;
	run->blame.at->lane = 0;
	if (run->arena)
		pf_arena_protect(run->arena, false);
	for (unsigned i = 0; i < run->nr_lanes; i++) {
		struct pf_lane *lane = run->lane[i];

		lane->muted = false;
		if (lane->borrowed) {
			void *state = lane->state;

			lane->state = lane->spare;
			lane->spare = state;
			lane->borrowed = false;
		}
	}
}

/*
 * clang knows by the name alone that setjmp() returns twice, and with -fno-builtin, which
 * centipede is built with, not even that: `run` would be anything behind a longjmp().
 */
#ifdef __GLIBC__
__typeof__(_setjmp) _setjmp __attribute__((returns_twice));
#endif

enum pf_outcome pf_oracle_run(struct pf_oracle *run, const struct pf_op *ops, size_t n,
			      struct pf_verdict *verdict)
{
	enum pf_outcome outcome = PF_CLEAN;

	run->ops = ops;
	run->nr_ops = n;
	run->step = 0;
	run->hash = 0;
	run->blame.report[0] = '\0';
	run->compaction = 0;
	if (!setjmp(run->blame.out)) {
		if (!start(run))
			return PF_UNSUPPORTED;
		for (; run->step < n; run->step++)
			if (!pf_op_is_config(ops[run->step].kind))
				step(run, &ops[run->step]);
		finish(run);
	} else {
		abandon(run);
		*verdict = run->blame.verdict;
		outcome = is_known(verdict->signature) ? PF_KNOWN : PF_FINDING;
	}
	for (unsigned i = 0; i < run->nr_lanes; i++)
		run->hash = (run->hash ^ run->lane[i]->hash) * 0x9e3779b97f4a7c15ull;
	return outcome;
}

/* --------------------------------------------------------------- access -- */

uint64_t pf_oracle_hash(const struct pf_oracle *run)
{
	return run->hash;
}

unsigned pf_oracle_lanes(const struct pf_oracle *run)
{
	return run->nr_lanes;
}

const struct pf_impl *pf_oracle_impl(const struct pf_oracle *run, unsigned lane)
{
	return run->lane[lane]->impl;
}

const char *pf_oracle_code(const struct pf_oracle *run, unsigned lane)
{
	return run->blame.code[lane];
}

const struct pf_figures *pf_oracle_figures(const struct pf_oracle *run, unsigned lane)
{
	return &run->lane[lane]->figures;
}

void pf_oracle_reset_figures(struct pf_oracle *run)
{
	for (unsigned i = 0; i < run->nr_lanes; i++)
		memset(&run->lane[i]->figures, 0, sizeof(run->lane[i]->figures));
}

const char *pf_oracle_report(const struct pf_oracle *run)
{
	return run->blame.report;
}

const struct pf_exact *pf_oracle_exact(const struct pf_oracle *run)
{
	return &run->exact;
}

const struct pf_layout *pf_oracle_layout(const struct pf_oracle *run)
{
	return &run->layout;
}

const struct pf_dump *pf_oracle_dump(struct pf_oracle *o, unsigned lane)
{
	if (!o->lane[lane]->active || !o->lane[lane]->impl->dump)
		return NULL;
	pf_dump_lane(o->lane[lane]);
	return o->lane[lane]->dump;
}
