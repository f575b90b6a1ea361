// SPDX-License-Identifier: GPL-2.0-only
/*
 * import.c - the importer: what each event of a trace does to the view of live
 * memory, and which operations that makes. import_finish.c ends the program.
 */
#include <stdlib.h>
#include <string.h>

#include "../../impls/impl.h"
#include "import_state.h"

#define SKIPPED	  UINT32_MAX /* page of an allocation that has no slot */
#define MAX_ORDER 10	     /* of the language */

struct pf_import *pf_import_new(const struct pf_import_options *options)
{
	struct pf_import *im = calloc(1, sizeof(*im));

	if (!im)
		return NULL;
	im->opt = *options;
	im->try_order = -1;
	for (int i = 0; i <= MAX_ORDER; i++)
		im->moved_head[i] = im->moved_tail[i] = PF_NO_SLOT;
	return im;
}

void pf_import_free(struct pf_import *im)
{
	if (!im)
		return;
	for (unsigned i = 0; i < im->nr_others; i++)
		free(im->other[i].name);
	pf_pfn_map_free(&im->map);
	free(im->block);
	free(im->ops);
	free(im);
}

void pf_import_note(struct pf_import *im, enum pf_import_note note, uint64_t n)
{
	im->note[note] += n;
}

static void *more_room(struct pf_import *im, void *array, size_t *room, size_t want, size_t size)
{
	size_t more = *room ? *room * 2 : 1024;
	void *p;

	while (more < want)
		more *= 2;
	p = realloc(array, more * size);
	if (!p) {
		im->no_memory = true;
		return NULL;
	}
	*room = more;
	return p;
}

static struct pf_op *emit(struct pf_import *im, enum pf_op_kind kind, uint32_t slot)
{
	if (im->nr_ops == im->max_ops) {
		struct pf_op *p = more_room(im, im->ops, &im->max_ops, 0, sizeof(*p));

		/* The caller may write; pf_import_event() reports the failure. */
		if (!p)
			return &im->nowhere;
		im->ops = p;
	}
	im->op_count[kind]++;
	im->ops[im->nr_ops] = (struct pf_op){.kind = kind, .slot = slot};
	return &im->ops[im->nr_ops++];
}

/* --------------------------------------------------------------- blocks -- */

static bool is_slot(uint32_t v)
{
	return v && v != SKIPPED;
}

/* Free a slot with whatever pages of it are still known. */
static void release(struct pf_import *im, uint32_t slot, unsigned cpu)
{
	struct block *b = &im->block[slot];

	emit(im, PF_OP_FREE, slot)->arg[PF_FREE_CPU] = cpu;
	for (uint64_t i = 0; b->known && i < 1ull << b->order; i++)
		if (pf_pfn_map_get(&im->map, b->pfn + i) == slot + 1) {
			pf_pfn_map_set(&im->map, b->pfn + i, 0);
			b->known--;
		}
	im->held_pages -= b->split ? (1u << b->order) - b->left : 0;
	im->live_pages -= 1u << b->order;
	pf_slots_put(&im->slots, slot);
}

/* One page of a block was freed on its own. */
static void free_page_of(struct pf_import *im, uint32_t slot, uint64_t pfn, unsigned cpu)
{
	struct block *b = &im->block[slot];

	pf_pfn_map_set(&im->map, pfn, 0);
	b->known--;
	if (!b->split && b->order) {
		b->split = true;
		im->note[PF_NOTE_FREE_PARTLY]++;
		emit(im, PF_OP_SPLIT, slot);
	}
	im->held_pages += b->split;
	if (!--b->left)
		release(im, slot, cpu);
}

/* The block goes on living at a place that no event tells. */
static void move_away(struct pf_import *im, uint32_t slot)
{
	struct block *b = &im->block[slot];

	for (uint64_t i = 0; i < 1ull << b->order; i++)
		pf_pfn_map_set(&im->map, b->pfn + i, 0);
	b->known = 0;
	b->next = PF_NO_SLOT;
	if (im->moved_head[b->order] == PF_NO_SLOT)
		im->moved_head[b->order] = slot;
	else
		im->block[im->moved_tail[b->order]].next = slot;
	im->moved_tail[b->order] = slot;
	im->note[PF_NOTE_MOVED]++;
}

static bool free_moved(struct pf_import *im, unsigned order, unsigned cpu)
{
	uint32_t slot;

	if (order > MAX_ORDER || im->moved_head[order] == PF_NO_SLOT)
		return false;
	slot = im->moved_head[order];
	im->moved_head[order] = im->block[slot].next;
	im->note[PF_NOTE_MOVED_FREED]++;
	release(im, slot, cpu);
	return true;
}

/* ------------------------------------------------------ alloc and free -- */

/*
 * Bits that steer the allocator most weigh most; those for content and warnings
 * least. Without direct reclaim IO and FS have no meaning.
 */
unsigned pf_import_gfp(uint32_t gfp)
{
	static const struct {
		uint32_t bit;
		unsigned weight;
	} weights[] = {
		{PF_GFP_DIRECT_RECLAIM, 16},
		{PF_GFP_MEMALLOC, 12},
		{PF_GFP_HIGH, 8},
		{PF_GFP_ATOMIC, 4},
		{PF_GFP_KSWAPD_RECLAIM, 8},
		{PF_GFP_IO, 6},
		{PF_GFP_FS, 6},
		{PF_GFP_NORETRY, 5},
		{PF_GFP_RETRY_MAYFAIL, 5},
		{PF_GFP_THISNODE, 5},
		{PF_GFP_COMP, 2},
		{PF_GFP_ZERO, 1},
		{PF_GFP_NOMEMALLOC, 1},
	};
	unsigned best = 0, least = UINT32_MAX;

	if (!(gfp & PF_GFP_DIRECT_RECLAIM))
		gfp &= ~(PF_GFP_IO | PF_GFP_FS);
	for (unsigned i = 0; i < PF_NR_GFP; i++) {
		unsigned distance = 0;

		for (size_t j = 0; j < sizeof(weights) / sizeof(weights[0]); j++)
			if ((gfp ^ pf_gfp_flags[i]) & weights[j].bit)
				distance += weights[j].weight;
		if (distance < least) {
			least = distance;
			best = i;
		}
	}
	return best;
}

/*
 * Pages of files: user memory that is neither zeroed nor charged and is read
 * ahead (NORETRY), about to be written, or not fit for the high zone.
 */
static bool is_page_cache(uint32_t gfp)
{
	return (gfp & PF_TRACE_GFP_HARDWALL) && !(gfp & (PF_GFP_ZERO | PF_TRACE_GFP_ACCOUNT)) &&
	       (!(gfp & PF_TRACE_GFP_HIGHMEM) || !(gfp & PF_GFP_FS) ||
		(gfp & (PF_GFP_NORETRY | PF_TRACE_GFP_WRITE)));
}

static unsigned cpu_of(struct pf_import *im, const struct pf_trace_event *ev)
{
	if (ev->cpu >= IMPORT_CPUS)
		im->note[PF_NOTE_CPU]++;
	if (ev->cpu >= im->nr_cpus)
		im->nr_cpus = ev->cpu + 1;
	return ev->cpu % IMPORT_CPUS;
}

static void emit_alloc(struct pf_import *im, const struct pf_trace_event *ev, uint32_t slot)
{
	unsigned mobility = ev->migratetype, gfp = pf_import_gfp(ev->gfp);
	struct pf_op *op;

	if (mobility >= PF_NR_MOBILITY) {
		mobility = PF_UNMOVABLE;
		im->note[PF_NOTE_MIGRATETYPE]++;
	}
	if (ev->gfp & (PF_TRACE_GFP_DMA | PF_TRACE_GFP_DMA32))
		im->note[PF_NOTE_ZONE_LIMIT]++;
	im->note[PF_NOTE_GFP_NAME] += ev->bad_gfp;
	im->gfp_count[gfp]++;
	op = emit(im, PF_OP_ALLOC, slot);
	op->arg[PF_ALLOC_ORDER] = ev->order;
	op->arg[PF_ALLOC_MOBILITY] = mobility;
	op->arg[PF_ALLOC_GFP] = gfp;
	op->arg[PF_ALLOC_CPU] = cpu_of(im, ev);
}

static void set_range(struct pf_import *im, const struct pf_trace_event *ev, uint32_t value)
{
	for (uint64_t i = 0; i < 1ull << ev->order; i++) {
		pf_pfn_map_seen(&im->map, ev->pfn + i);
		pf_pfn_map_set(&im->map, ev->pfn + i, value);
	}
}

static void on_alloc(struct pf_import *im, const struct pf_trace_event *ev)
{
	uint32_t slot;

	if (ev->order > MAX_ORDER) {
		im->note[PF_NOTE_ORDER]++;
		if (ev->failed)
			return;
	}
	for (uint64_t i = 0; !ev->failed && i < 1ull << ev->order; i++) {
		uint32_t v = pf_pfn_map_get(&im->map, ev->pfn + i);

		if (!is_slot(v))
			continue;
		im->note[PF_NOTE_STILL_LIVE]++;
		release(im, v - 1, cpu_of(im, ev));
	}
	/* Its free is known by its order: no view of so many pages. */
	if (ev->order > MAX_ORDER)
		return;
	slot = pf_slots_get(&im->slots);
	if (slot == PF_NO_SLOT) {
		im->note[PF_NOTE_NO_SLOT]++;
		if (!ev->failed)
			set_range(im, ev, SKIPPED);
		return;
	}
	if (slot >= im->max_blocks) {
		struct block *p = more_room(im, im->block, &im->max_blocks, slot + 1, sizeof(*p));

		if (!p)
			return;
		im->block = p;
	}
	emit_alloc(im, ev, slot);
	if (ev->failed) {
		im->note[PF_NOTE_FAILED]++;
		emit(im, PF_OP_FREE, slot)->arg[PF_FREE_CPU] = cpu_of(im, ev);
		pf_slots_put(&im->slots, slot);
		return;
	}
	if (im->opt.evictable && is_page_cache(ev->gfp))
		emit(im, PF_OP_EVICTABLE, slot);
	im->block[slot] = (struct block){.pfn = ev->pfn,
					 .order = ev->order,
					 .left = 1u << ev->order,
					 .known = 1u << ev->order};
	set_range(im, ev, slot + 1);
	im->live_pages += 1u << ev->order;
	if (im->live_pages > im->peak_pages)
		im->peak_pages = im->live_pages;
}

/* A task that compacts or has compacted. */
static struct task *task_of(struct pf_import *im, const struct pf_trace_event *ev)
{
	for (unsigned i = 0; i < NR_TASKS; i++)
		if (im->task[i].op && im->task[i].pid == ev->pid)
			return &im->task[i];
	return NULL;
}

static struct task *compacting(struct pf_import *im, const struct pf_trace_event *ev)
{
	struct task *t = task_of(im, ev);

	return t && t->active ? t : NULL;
}

static void on_free(struct pf_import *im, const struct pf_trace_event *ev)
{
	bool by_compaction = !ev->in_irq && compacting(im, ev), known = false, seen = false;
	unsigned cpu = cpu_of(im, ev);
	uint32_t v = pf_pfn_map_get(&im->map, ev->pfn);

	if (is_slot(v)) {
		struct block *b = &im->block[v - 1];

		if (b->pfn == ev->pfn && b->order == ev->order && !b->split) {
			/* Moved pages leave a free page behind, and no other trace. */
			if (by_compaction)
				move_away(im, v - 1);
			else
				release(im, v - 1, cpu);
			return;
		}
		if (b->order < ev->order)
			im->note[PF_NOTE_FREE_LARGER]++;
	}
	for (uint64_t pfn = ev->pfn; pfn < ev->pfn + (1ull << ev->order); pfn++) {
		v = pf_pfn_map_get(&im->map, pfn);
		seen |= ev->order <= MAX_ORDER && pf_pfn_map_seen(&im->map, pfn);
		if (!v)
			continue;
		known = true;
		if (v == SKIPPED) {
			pf_pfn_map_set(&im->map, pfn, 0);
			im->note[PF_NOTE_FREE_SKIPPED] += pfn == ev->pfn;
		} else if (im->block[v - 1].pfn == pfn && !im->block[v - 1].split &&
			   im->block[v - 1].order <= ev->order) {
			release(im, v - 1, cpu);
		} else {
			free_page_of(im, v - 1, pfn, cpu);
		}
	}
	if (known)
		return;
	if (ev->order > MAX_ORDER)
		im->note[PF_NOTE_FREE_SKIPPED]++;
	else if (by_compaction)
		im->note[PF_NOTE_ISOLATED]++;
	else if (!free_moved(im, ev->order, cpu))
		im->note[seen ? PF_NOTE_FREE_UNSEEN : PF_NOTE_FREE_BEFORE]++;
}

/* ----------------------------------------------- compaction and reclaim -- */

static void on_compact_begin(struct pf_import *im, const struct pf_trace_event *ev)
{
	struct task *t = task_of(im, ev);
	bool whole = true;
	struct pf_op *op;

	/* A zone after the other, until the first one's turn again: the program has one zone. */
	if (t && t->op == im->nr_ops && t->zone_start != ev->zone_start) {
		t->active = true;
		im->note[PF_NOTE_COMPACT_ZONE]++;
		return;
	}
	if (!t)
		t = &im->task[im->next_task++ % NR_TASKS];
	op = emit(im, PF_OP_COMPACT, 0);
	*t = (struct task){
		.pid = ev->pid, .active = true, .zone_start = ev->zone_start, .op = im->nr_ops};
	if (im->try_pid == ev->pid && im->try_order >= 0) {
		op->arg[PF_COMPACT_ORDER] = im->try_order;
		whole = false;
	}
	im->try_order = -1;
	/* The event tells async from others; only whole zones are compacted with full force. */
	op->arg[PF_COMPACT_MODE] = !ev->sync ? PF_MODE_ASYNC
				   : whole   ? PF_MODE_SYNC
					     : PF_MODE_SYNC_LIGHT;
	op->arg[PF_COMPACT_WHOLE] = whole;
}

/* The order was not known at the beginning; this event has it. */
static void on_compact_finished(struct pf_import *im, const struct pf_trace_event *ev)
{
	struct task *t = compacting(im, ev);
	struct pf_op *op;

	if (!t || t->op > im->nr_ops || ev->order < 0 || ev->order > MAX_ORDER)
		return;
	op = &im->ops[t->op - 1];
	if (!op->arg[PF_COMPACT_WHOLE])
		return;
	op->arg[PF_COMPACT_WHOLE] = 0;
	op->arg[PF_COMPACT_ORDER] = ev->order;
	if (op->arg[PF_COMPACT_MODE] == PF_MODE_SYNC)
		op->arg[PF_COMPACT_MODE] = PF_MODE_SYNC_LIGHT;
}

static void on_reclaim(struct pf_import *im, const struct pf_trace_event *ev)
{
	/* SWAP_CLUSTER_MAX pages are what direct reclaim goes for; the end tells better. */
	uint64_t nr = 32;

	if (ev->kind == PF_TRACE_RECLAIM_END) {
		if (im->reclaim_op && im->reclaim_pid == ev->pid) {
			nr = ev->nr < 1 ? 1 : ev->nr > 127 ? 127 : ev->nr;
			im->ops[im->reclaim_op - 1].arg[PF_RECLAIM_PAGES] = nr;
		}
		im->reclaim_op = 0;
		return;
	}
	emit(im, PF_OP_RECLAIM, 0)->arg[PF_RECLAIM_PAGES] = nr;
	im->reclaim_op = im->nr_ops;
	im->reclaim_pid = ev->pid;
}

/* ------------------------------------------------------------- dispatch -- */

static void count_other(struct pf_import *im, const char *name, size_t len)
{
	char text[49];
	unsigned i;

	/* A garbled trace has names with anything in them, NUL too. */
	if (len > sizeof(text) - 1)
		len = sizeof(text) - 1;
	for (size_t j = 0; j < len; j++)
		text[j] = name[j] < ' ' || name[j] > '~' ? '?' : name[j];
	text[len] = 0;
	for (i = 0; i < im->nr_others; i++)
		if (!strcmp(im->other[i].name, text))
			break;
	if (i == MAX_OTHERS) {
		im->nr_unnamed++;
		return;
	}
	if (i == im->nr_others) {
		im->other[i].name = strdup(text);
		if (!im->other[i].name) {
			im->no_memory = true;
			return;
		}
		im->nr_others++;
	}
	im->other[i].count++;
}

static void act(struct pf_import *im, const struct pf_trace_event *ev)
{
	struct task *t;

	switch (ev->kind) {
	case PF_TRACE_ALLOC:
		/* Who allocates does not compact any more, even if the end was not recorded. */
		t = ev->in_irq ? NULL : compacting(im, ev);
		if (t)
			t->active = false;
		on_alloc(im, ev);
		break;
	case PF_TRACE_FREE:
		on_free(im, ev);
		break;
	case PF_TRACE_FREE_BATCHED:
		/* It follows mm_page_free of the same page, unless that is not recorded. */
		if (pf_pfn_map_get(&im->map, ev->pfn)) {
			im->note[PF_NOTE_FREE_BATCH_ONLY]++;
			on_free(im, ev);
		}
		break;
	case PF_TRACE_ALLOC_LOCKED:
	case PF_TRACE_DRAIN:
		if (ev->pfn && ev->pfn < PF_TRACE_MAX_PFN)
			pf_pfn_map_seen(&im->map, ev->pfn);
		break;
	case PF_TRACE_COMPACT_TRY:
	case PF_TRACE_KCOMPACTD_WAKE:
		im->try_pid = ev->pid;
		im->try_order = ev->order > MAX_ORDER ? MAX_ORDER : ev->order;
		break;
	case PF_TRACE_COMPACT_BEGIN:
		on_compact_begin(im, ev);
		break;
	case PF_TRACE_COMPACT_FINISHED:
		on_compact_finished(im, ev);
		break;
	case PF_TRACE_COMPACT_END:
		t = compacting(im, ev);
		if (t)
			t->active = false;
		break;
	case PF_TRACE_KSWAPD_WAKE:
		emit(im, PF_OP_TICK, 0)->arg[PF_TICK_DAEMON] = PF_KSWAPD;
		break;
	case PF_TRACE_RECLAIM_BEGIN:
	case PF_TRACE_RECLAIM_END:
		on_reclaim(im, ev);
		break;
	default:
		break;
	}
}

bool pf_import_event(struct pf_import *im, const struct pf_trace_event *ev)
{
	bool memory = ev->kind == PF_TRACE_ALLOC || ev->kind == PF_TRACE_FREE;

	if (im->nr_skipped < im->opt.skip) {
		act(im, ev);
		im->no_memory |= im->map.no_memory;
		im->nr_skipped += memory;
		if (im->nr_skipped == im->opt.skip)
			pf_import_start(im);
		return !im->no_memory;
	}
	if (im->opt.events && im->nr_memory == im->opt.events)
		return false;
	im->nr_memory += memory;
	if (!im->nr_events)
		im->first_time = im->last_time = ev->time;
	else if (ev->time < im->last_time)
		im->note[PF_NOTE_TIME_BACK]++;
	im->last_time = ev->time;
	im->nr_events++;
	if (ev->kind == PF_TRACE_OTHER)
		count_other(im, ev->name, ev->name_len);
	else
		im->kind_count[ev->kind]++;
	act(im, ev);
	if (ev->kind <= PF_TRACE_FREE && ev->pfn > im->max_pfn && !ev->failed)
		im->max_pfn = ev->pfn;
	im->no_memory |= im->map.no_memory;
	return !im->no_memory;
}

bool pf_import_line(struct pf_import *im, const char *line, size_t len)
{
	struct pf_trace_event ev;

	im->nr_lines++;
	switch (pf_ftrace_parse(line, len, &ev)) {
	case PF_LINE_EVENT:
		im->note[PF_NOTE_NO_CPU] += ev.no_cpu && ev.kind != PF_TRACE_OTHER;
		return pf_import_event(im, &ev);
	case PF_LINE_LOST:
		if (im->nr_skipped == im->opt.skip)
			im->note[PF_NOTE_LOST] += ev.nr ? ev.nr : 1;
		return true;
	case PF_LINE_BAD:
		pf_import_bad(im, im->nr_lines, line, len);
		return true;
	default:
		return true;
	}
}

void pf_import_bad(struct pf_import *im, uint64_t nr, const char *text, size_t len)
{
	struct bad *b;

	if (im->nr_skipped < im->opt.skip || im->note[PF_NOTE_BAD]++ >= MAX_BAD)
		return;
	b = &im->bad[im->note[PF_NOTE_BAD] - 1];
	b->line = nr;
	for (; len && (unsigned char)*text <= ' '; text++)
		len--;
	if (len > sizeof(b->text) - 1)
		len = sizeof(b->text) - 1;
	for (size_t i = 0; i < len; i++)
		b->text[i] = text[i] < ' ' || text[i] > '~' ? '?' : text[i];
	b->text[len] = 0;
}
