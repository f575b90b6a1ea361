// SPDX-License-Identifier: GPL-2.0-only
/*
 * import_finish.c - both ends of an import: what is live where it starts, and a
 * configuration that fits the trace.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "import_state.h"

/*
 * The skipped part of the trace is over. Of its operations those remain that made
 * what is live now: the last allocation of each such slot, and what became of it.
 */
void pf_import_start(struct pf_import *im)
{
	uint64_t *wanted = calloc(PF_NR_SLOTS / 64, sizeof(*wanted));
	size_t at = im->nr_ops;

	if (!wanted) {
		im->no_memory = true;
		return;
	}
	memcpy(wanted, im->slots.low, sizeof(im->slots.low));
	memset(im->op_count, 0, sizeof(im->op_count));
	memset(im->gfp_count, 0, sizeof(im->gfp_count));
	memset(im->note, 0, sizeof(im->note));
	memset(im->task, 0, sizeof(im->task));
	im->reclaim_op = 0;
	for (size_t i = im->nr_ops; i-- > 0;) {
		const struct pf_op *op = &im->ops[i];
		uint64_t *word = &wanted[op->slot / 64], bit = 1ull << op->slot % 64;

		if (!pf_op_info[op->kind].has_slot || !(*word & bit))
			continue;
		if (op->kind == PF_OP_ALLOC) {
			*word &= ~bit;
			im->gfp_count[op->arg[PF_ALLOC_GFP]]++;
			im->nr_started++;
		}
		im->op_count[op->kind]++;
		im->ops[--at] = *op;
	}
	/* Of a trace without a single operation there is no array. */
	if (im->nr_ops > at)
		memmove(im->ops, im->ops + at, (im->nr_ops - at) * sizeof(*im->ops));
	im->nr_ops -= at;
	im->peak_pages = im->live_pages;
	im->slots.peak = im->slots.used;
	free(wanted);
}

/* The kernel's rule: 4 * sqrt(kilobytes), here in pages. */
static uint32_t min_wmark(uint32_t pages)
{
	uint32_t root = 0;

	while ((uint64_t)(root + 1) * (root + 1) <= (uint64_t)pages * 4 * 16)
		root++;
	return root / 4;
}

static uint64_t round_up(uint64_t v, uint64_t to)
{
	return (v + to - 1) / to * to;
}

static void settle_pages(struct pf_import *im)
{
	uint64_t pages = im->opt.pages, block = 1ull << im->opt.pageblock_order;

	if (!pages) {
		pages = im->peak_pages + im->peak_pages / 16;
		pages = round_up(pages + 2ull * min_wmark(pages < UINT32_MAX ? pages : 0), block);
	}
	if (pages < block)
		pages = block;
	im->capped = pages > PF_IMPORT_MAX_PAGES;
	if (im->capped)
		pages = PF_IMPORT_MAX_PAGES;
	while (pages > 16383ull << im->scale)
		im->scale++;
	im->pages = round_up(pages, 1u << im->scale) >> im->scale << im->scale;
	im->min = min_wmark(im->pages) >> im->scale << im->scale;
}

static void configure(struct pf_import *im, enum pf_config_key key, uint32_t value)
{
	im->ops[im->nr_config++] = (struct pf_op){.kind = PF_OP_CONFIG, .arg = {key, value}};
}

static bool say(struct pf_import *im, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(im->error, sizeof(im->error), fmt, ap);
	va_end(ap);
	return false;
}

bool pf_import_finish(struct pf_import *im)
{
	struct pf_op *p;

	if (im->no_memory)
		return say(im, "too large for the memory of this machine");
	if (!im->nr_events && im->nr_skipped)
		return say(im, "holds only %llu allocations and frees, all of them skipped",
			   (unsigned long long)im->nr_skipped);
	if (!im->nr_events)
		return say(im, "holds no event, is no ftrace text and no trace.dat (trace-cmd "
			       "record -e kmem "
			       "-e compaction; the trace file, trace-cmd report or perf script)");
	if (!im->kind_count[PF_TRACE_ALLOC])
		return say(im, "holds %llu events, but no mm_page_alloc (record kmem:*)",
			   (unsigned long long)im->nr_events);
	if (!im->nr_ops)
		return say(im,
			   "holds nothing that can be imported: %llu allocations of an order that "
			   "the language does not have, %llu frees of pages from before",
			   (unsigned long long)im->note[PF_NOTE_ORDER],
			   (unsigned long long)im->note[PF_NOTE_FREE_BEFORE]);
	settle_pages(im);
	p = realloc(im->ops, (im->nr_ops + PF_NR_CONFIG_KEYS) * sizeof(*p));
	if (!p)
		return say(im, "too large for the memory of this machine");
	im->ops = p;
	memmove(p + PF_NR_CONFIG_KEYS, p, im->nr_ops * sizeof(*p));
	configure(im, PF_CONFIG_PAGES, im->pages >> im->scale);
	configure(im, PF_CONFIG_PAGEBLOCK_ORDER, im->opt.pageblock_order);
	configure(im, PF_CONFIG_MAX_ORDER, im->opt.max_order);
	if (im->nr_cpus > 1)
		configure(im, PF_CONFIG_CPUS,
			  im->nr_cpus < IMPORT_CPUS ? im->nr_cpus : IMPORT_CPUS);
	configure(im, PF_CONFIG_MIN, im->min >> im->scale);
	if (im->scale)
		configure(im, PF_CONFIG_SCALE, im->scale);
	memmove(p + im->nr_config, p + PF_NR_CONFIG_KEYS, im->nr_ops * sizeof(*p));
	im->nr_ops += im->nr_config;
	return true;
}

const struct pf_op *pf_import_ops(const struct pf_import *im, size_t *n)
{
	*n = im->nr_ops;
	return im->ops;
}

const char *pf_import_error(const struct pf_import *im)
{
	return im->error;
}

uint64_t pf_import_noted(const struct pf_import *im, enum pf_import_note note)
{
	return im->note[note];
}

uint64_t pf_import_events(const struct pf_import *im, enum pf_trace_kind kind)
{
	return im->kind_count[kind];
}
