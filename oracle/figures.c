// SPDX-License-Identifier: GPL-2.0-only
/* figures.c - see figures.h. */
#include "figures.h"

#define PF_PROBE_TEXT(id, text) text,
const char *const pf_probe_text[PF_NR_PROBES] = {PF_PROBES(PF_PROBE_TEXT)};

/* Of the kernel's enum compact_result, as its events have it; COMPACT_CLUSTER_MAX. */
enum {
	NOT_SUITABLE = 0,
	SKIPPED = 1,
	COMPLETE = 5,
	PARTIAL_SKIPPED = 6,
	CONTENDED = 7,
	SUCCESS = 8
};
#define CLUSTER_MAX 32
#define DEFER_MAX   6 /* COMPACT_MAX_DEFER_SHIFT */

static void probe_end(struct pf_figures *f, int64_t status)
{
	f->met[PF_PROBE_SUCCESS] += status == SUCCESS;
	f->met[PF_PROBE_PARTIAL] += status == PARTIAL_SKIPPED;
	f->met[PF_PROBE_COMPLETE] += status == COMPLETE;
	f->met[PF_PROBE_CONTENDED] += status == CONTENDED;
}

void pf_probe_event(struct pf_figures *f, const struct pf_event *ev)
{
	const int64_t *v = ev->field;
	uint64_t *met = f->met;

	switch (ev->type) {
	case PF_EV_EXTFRAG:
		met[v[5] ? PF_PROBE_STEAL : PF_PROBE_FALLBACK]++;
		break;
	case PF_EV_WAKEUP_KSWAPD:
		met[PF_PROBE_KSWAPD]++;
		break;
	case PF_EV_KCOMPACTD_WAKE:
		met[PF_PROBE_KCOMPACTD]++;
		break;
	case PF_EV_COMPACT_SUITABLE:
		met[PF_PROBE_LITTLE] += v[3] == SKIPPED;
		met[PF_PROBE_SCATTERED] += v[3] == NOT_SUITABLE;
		break;
	case PF_EV_COMPACT_DEFERRED:
		met[PF_PROBE_DEFERRED]++;
		break;
	case PF_EV_COMPACT_DEFER:
		met[PF_PROBE_DEFER_MAX] += v[4] == DEFER_MAX;
		break;
	case PF_EV_COMPACT_DEFER_RESET:
		met[PF_PROBE_DEFER_RESET]++;
		break;
	case PF_EV_COMPACT_BEGIN:
		met[v[4] ? PF_PROBE_SYNC : PF_PROBE_ASYNC]++;
		met[PF_PROBE_GOES_ON] += v[1] != v[0];
		break;
	case PF_EV_COMPACT_END:
		probe_end(f, v[5]);
		break;
	case PF_EV_ISOLATE_MIGRATEPAGES:
		met[PF_PROBE_WHOLE_BLOCK] += v[3] > CLUSTER_MAX;
		met[PF_PROBE_NO_SOURCE] += !v[3];
		break;
	case PF_EV_ISOLATE_FREEPAGES:
		met[PF_PROBE_NO_TARGET] += !v[3];
		break;
	case PF_EV_COMPACT_MIGRATEPAGES:
		met[PF_PROBE_MOVES_NONE] += v[1] && !v[0];
		met[PF_PROBE_MOVES_SOME] += v[1] && v[0];
		break;
	default:
		break;
	}
}

void pf_figures_add(struct pf_figures *to, const struct pf_figures *from)
{
	to->runs += from->runs;
	to->refused_runs += from->refused_runs;
	to->ops += from->ops;
	to->skipped += from->skipped;
	to->migrations += from->migrations;
	to->refused += from->refused;
	to->evictions += from->evictions;
	to->migrate_scanned += from->migrate_scanned;
	to->free_scanned += from->free_scanned;
	to->packable += from->packable;
	to->packed += from->packed;
	to->least_moves += from->least_moves;
	to->packing_moves += from->packing_moves;
	to->checks += from->checks;
	for (unsigned i = 0; i < PF_NR_LAWS; i++)
		to->checked[i] += from->checked[i];
	for (unsigned o = 0; o < PF_NR_ORDERS; o++) {
		to->alloc_ok[o] += from->alloc_ok[o];
		to->alloc_failed[o] += from->alloc_failed[o];
	}
	for (unsigned e = 0; e < PF_NR_EVENTS; e++)
		to->events[e] += from->events[e];
	for (unsigned p = 0; p < PF_NR_PROBES; p++)
		to->met[p] += from->met[p];
}
