// SPDX-License-Identifier: GPL-2.0-only
/*
 * verdict.c - from a broken law to a signature, a story, and a crash that
 * triage tools can tell from others.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lane.h"

static void record(struct pf_lane *lane, struct pf_lane *other, enum pf_law law, const char *fmt,
		   va_list ap)
{
	struct pf_oracle *run = lane->run;
	struct pf_verdict *v = &run->verdict;

	v->law = law;
	v->lane = lane->index;
	v->other = other ? (int)other->index : -1;
	v->step = run->step;
	v->op_kind = run->step < run->nr_ops ? run->ops[run->step].kind : PF_NR_OPS;
	snprintf(v->signature, sizeof(v->signature), "%s/%s%s%s/%s", pf_law_name[law],
		 lane->impl->name, other ? ":" : "", other ? other->impl->name : "",
		 v->op_kind < PF_NR_OPS ? pf_op_info[v->op_kind].name : "end");
	vsnprintf(v->detail, sizeof(v->detail), fmt, ap);
}

_Noreturn void pf_broken(struct pf_lane *lane, enum pf_law law, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	record(lane, NULL, law, fmt, ap);
	va_end(ap);
	longjmp(lane->run->out, 1);
}

_Noreturn void pf_relation_broken(struct pf_lane *lane, struct pf_lane *other, enum pf_law law,
				  const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	record(lane, other, law, fmt, ap);
	va_end(ap);
	longjmp(lane->run->out, 1);
}

/* ------------------------------------------------------------ page maps -- */

/*
 * One character for 2^shift pages: '.' unused, '#' movable, 'U' unmovable,
 * 'R' reclaimable, 'P' pinned, 'I' isolated or offline, ' ' no such memory;
 * the strongest of what the pages are, pinned first.
 */
static char map_char(const struct pf_lane *lane, uint32_t idx, uint32_t n)
{
	static const char rank[] = " .I#RUP";
	const struct pf_oracle *run = lane->run;
	uint32_t pages = pf_layout_pages(&run->layout);
	const char *best = rank;

	for (uint32_t i = idx; i < idx + n && i < pages; i++) {
		char c = ' ';
		const char *r;

		if (lane->owner[i]) {
			const struct pf_slot *s = pf_unit_slot(run, lane->owner[i] - 1);

			c = s->attrs & PF_PAGE_PINNED ? 'P' : "U#R"[s->mobility % 3];
		} else if (pf_mirror_test(&run->valid, i, 0)) {
			c = lane->block_state[pf_block_of(run, i)] ? 'I' : '.';
		}
		r = strchr(rank, c);
		if (r > best)
			best = r;
	}
	return *best;
}

#define MAP_WIDTH 64
#define MAP_ROWS  8

void pf_oracle_maps(const struct pf_oracle *o, FILE *out)
{
	uint32_t pages, per_char = 1;

	if (!o->have_layout)
		return;
	pages = pf_layout_pages(&o->layout);
	while (pages / per_char > MAP_WIDTH * MAP_ROWS)
		per_char *= 2;
	fprintf(out,
		"page maps, %u page%s a character: . unused, # movable, U unmovable, R "
		"reclaimable, "
		"P pinned, I isolated\n",
		per_char, per_char == 1 ? "" : "s");
	for (unsigned i = 0; i < o->nr_lanes; i++) {
		const struct pf_lane *lane = o->lane[i];

		if (!lane->active)
			continue;
		fprintf(out, "  %s\n", lane->impl->name);
		for (uint32_t p = 0; p < pages; p += per_char * MAP_WIDTH) {
			char row[MAP_WIDTH + 1] = "";

			for (unsigned c = 0; c < MAP_WIDTH && p + c * per_char < pages; c++)
				row[c] = map_char(lane, p + c * per_char, per_char);
			fprintf(out, "    %8u |%s|\n", o->layout.base_pfn + p, row);
		}
	}
}

/* ---------------------------------------------------------------- story -- */

#define STORY_OPS 12

struct story {
	FILE *out;
	pf_op_printer print;
	const struct pf_oracle *oracle;
	size_t from, last_step;
};

static void story_line(void *arg, size_t step, const struct pf_op *op, unsigned lane,
		       const char *answer)
{
	struct story *st = arg;

	if (step < st->from)
		return;
	if (step != st->last_step) {
		fprintf(st->out, "%s%6zu  ", st->last_step == SIZE_MAX ? "" : "\n", step);
		st->print(st->out, op);
		st->last_step = step;
	}
	if (answer)
		fprintf(st->out, "\n            %-10s %s", pf_oracle_impl(st->oracle, lane)->name,
			answer);
}

void pf_story(struct pf_oracle *o, const struct pf_op *ops, size_t n, pf_op_printer print,
	      FILE *out)
{
	struct pf_options saved = o->options;
	struct pf_verdict v;
	struct story st = {out, print, o, 0, SIZE_MAX};

	if (pf_oracle_run(o, ops, n, &v) < PF_FINDING || v.law >= PF_NR_LAWS) {
		fprintf(out, "no finding\n");
		return;
	}
	fprintf(out, "finding   %s\n", v.signature);
	fprintf(out, "law       %s: %s\n", pf_law_name[v.law], pf_law_text[v.law]);
	fprintf(out, "blamed    %s%s%s\n", pf_oracle_impl(o, v.lane)->name,
		v.other >= 0 ? ", compared with " : "",
		v.other >= 0 ? pf_oracle_impl(o, v.other)->name : "");
	fprintf(out, "what      %s\n", v.detail);
	if (*o->report)
		fprintf(out, "%s%s", o->report,
			o->report[strlen(o->report) - 1] == '\n' ? "" : "\n");
	if (v.step < n)
		fprintf(out, "where     operation %zu of %zu\n", v.step, n);
	else
		fprintf(out, "where     the audit after the last of %zu operations\n", n);
	fprintf(out, "before it\n");
	st.from = v.step > STORY_OPS ? v.step - STORY_OPS + 1 : 0;
	o->options.trace = story_line;
	o->options.trace_arg = &st;
	pf_oracle_run(o, ops, n, &v);
	o->options = saved;
	fprintf(out, "\n");
	pf_oracle_maps(o, out);
}

/* ------------------------------------------------------------------ end -- */

/*
 * Triage tools group crashes by the innermost frames and by the text of a
 * failed assertion, so both carry the finding: a frame for the law, below it
 * one for the operation, and a line in the C library's assertion format.
 */
#if defined(__clang__)
#define FRAME __attribute__((noinline, optnone)) static
#else
#define FRAME __attribute__((noinline, noclone, optimize("O0"))) static
#endif

#define X(id, name)                           \
	FRAME void pf_law_broken_##name(void) \
	{                                     \
		abort();                      \
	}
PF_LAWS(X)
#undef X

static void (*const law_frame[PF_NR_LAWS])(void) = {
#define X(id, name) pf_law_broken_##name,
	PF_LAWS(X)
#undef X
};

#define PF_OP_FRAMES(X)           \
	X(PF_OP_ALLOC, alloc)     \
	X(PF_OP_FREE, free)       \
	X(PF_OP_BULK, bulk)       \
	X(PF_OP_SPLIT, split)     \
	X(PF_OP_CONTIG, contig)   \
	X(PF_OP_COMPACT, compact) \
	X(PF_OP_RECLAIM, reclaim) \
	X(PF_OP_ISOLATE, isolate) \
	X(PF_OP_UNDO, undo)       \
	X(PF_OP_OFFLINE, offline) \
	X(PF_OP_ONLINE, online)   \
	X(PF_OP_DRAIN, drain)     \
	X(PF_OP_TICK, tick)       \
	X(PF_OP_TUNE, tune)       \
	X(PF_OP_CHECK, check)     \
	X(PF_OP_EXACT, exact)     \
	X(PF_NR_OPS, end)

#define X(id, name)                              \
	FRAME void pf_in_##name(enum pf_law law) \
	{                                        \
		law_frame[law]();                \
	}
PF_OP_FRAMES(X)
X(PF_OP_CONFIG, other)
#undef X

static void (*const op_frame[PF_NR_OPS + 1])(enum pf_law) = {
#define X(id, name) [id] = pf_in_##name,
	PF_OP_FRAMES(X)
#undef X
};

_Noreturn void pf_die(const struct pf_verdict *v)
{
	unsigned op = v->op_kind <= PF_NR_OPS ? v->op_kind : PF_NR_OPS;

	fprintf(stderr, "pagefuzz: oracle: %s: Assertion `%s' failed.\n", pf_law_name[v->law],
		v->signature);
	fflush(NULL);
	(op_frame[op] ? op_frame[op] : pf_in_other)(v->law);
	abort();
}
