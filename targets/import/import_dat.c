// SPDX-License-Identifier: GPL-2.0-only
/*
 * import_dat.c - records of trace.dat to events, through libtracecmd and
 * libtraceevent. With PF_WITHOUT_TRACECMD it is left out.
 */
#include <string.h>

#include "import.h"

#ifdef PF_WITHOUT_TRACECMD

bool pf_import_dat(struct pf_import *im, const char *path, char *error, size_t size)
{
	(void)im;
	snprintf(error, size,
		 "%s: is a trace.dat, which this build cannot read: give the output of "
		 "'trace-cmd report' instead",
		 path);
	return false;
}

#else

#include <trace-cmd.h>

#define MAX_HANDLES 16
/* Bits of the common field "flags". */
#define IN_IRQ	    (0x08 | 0x10)

struct reader {
	struct pf_import *im;
	uint64_t nr; /* records */
	bool more;
};

/* False: the event has no such field. */
static bool field(struct tep_event *event, struct tep_record *record, const char *name,
		  uint64_t *out)
{
	unsigned long long v;

	if (tep_get_field_val(NULL, event, name, record, &v, 0))
		return false;
	*out = v;
	return true;
}

/* Fills in what the kind of event needs. False: something is missing or absurd. */
static bool take_fields(struct pf_trace_event *ev, struct tep_event *e, struct tep_record *r)
{
	uint64_t order = 0, type = 0, gfp = 0, sync = 0;
	bool ok = true;

	switch (ev->kind) {
	case PF_TRACE_ALLOC:
		ok = field(e, r, "pfn", &ev->pfn) && field(e, r, "order", &order) &&
		     field(e, r, "migratetype", &type) && field(e, r, "gfp_flags", &gfp);
		/* A 32-bit kernel writes a 32-bit -1. */
		ev->failed = ev->pfn == 0 || ev->pfn == UINT32_MAX || ev->pfn == UINT64_MAX;
		break;
	case PF_TRACE_FREE:
		ok = field(e, r, "pfn", &ev->pfn) && field(e, r, "order", &order);
		break;
	case PF_TRACE_FREE_BATCHED:
		ok = field(e, r, "pfn", &ev->pfn);
		break;
	case PF_TRACE_ALLOC_LOCKED:
	case PF_TRACE_DRAIN:
		field(e, r, "pfn", &ev->pfn);
		return true;
	case PF_TRACE_COMPACT_BEGIN:
		field(e, r, "zone_start", &ev->zone_start);
		field(e, r, "sync", &sync);
		break;
	case PF_TRACE_RECLAIM_END:
		field(e, r, "nr_reclaimed", &ev->nr);
		break;
	case PF_TRACE_COMPACT_TRY:
	case PF_TRACE_COMPACT_FINISHED:
	case PF_TRACE_KCOMPACTD_WAKE:
		field(e, r, "order", &order);
		ev->order = (int32_t)order < -1 ? -1 : (int32_t)order;
		return true;
	default:
		return true;
	}
	ev->sync = sync != 0;
	ev->order = order > PF_TRACE_MAX_ORDER ? 0 : (int)order;
	ev->migratetype = type > 63 ? 63 : (int)type;
	ev->gfp = (uint32_t)gfp;
	return ok && order <= PF_TRACE_MAX_ORDER && (ev->failed || ev->pfn < PF_TRACE_MAX_PFN);
}

static int take_record(struct tracecmd_input *handle, struct tep_record *record, int cpu, void *arg)
{
	struct tep_handle *tep = tracecmd_get_tep(handle);
	struct tep_event *event = tep_find_event_by_record(tep, record);
	struct pf_trace_event ev = {.kind = PF_TRACE_OTHER, .cpu = cpu, .time = record->ts};
	struct reader *rd = arg;

	rd->nr++;
	if (record->missed_events)
		pf_import_note(rd->im, PF_NOTE_LOST,
			       record->missed_events > 0 ? record->missed_events : 1);
	if (event) {
		ev.name = event->name;
		ev.name_len = strlen(event->name);
		ev.kind = pf_trace_kind(ev.name, ev.name_len);
		ev.pid = tep_data_pid(tep, record);
		ev.in_irq = tep_data_flags(tep, record) & IN_IRQ;
	}
	if (!event || !take_fields(&ev, event, record)) {
		const char *what = event ? event->name : "record of an unknown event";

		pf_import_bad(rd->im, rd->nr, what, strlen(what));
		return 0;
	}
	rd->more = pf_import_event(rd->im, &ev);
	return !rd->more;
}

bool pf_import_dat(struct pf_import *im, const char *path, char *error, size_t size)
{
	struct tracecmd_input *handle[MAX_HANDLES];
	struct reader rd = {.im = im, .more = true};
	int nr = 1, instances, ret;

	/* One line of ours instead of the libraries' many. */
	tracecmd_set_loglevel(TEP_LOG_NONE);
	tep_set_loglevel(TEP_LOG_NONE);
	handle[0] = tracecmd_open(path, TRACECMD_FL_LOAD_NO_PLUGINS);
	if (!handle[0]) {
		snprintf(error, size, "%s: libtracecmd cannot read this trace.dat", path);
		return false;
	}
	instances = tracecmd_buffer_instances(handle[0]);
	for (int i = 0; i < instances && nr < MAX_HANDLES; i++) {
		handle[nr] = tracecmd_buffer_instance_handle(handle[0], i);
		nr += handle[nr] != NULL;
	}
	ret = tracecmd_iterate_events_multi(handle, nr, take_record, &rd);
	while (nr)
		tracecmd_close(handle[--nr]);
	if (ret < 0 && rd.more) {
		snprintf(error, size, "%s: libtracecmd gave up after %llu records", path,
			 (unsigned long long)rd.nr);
		return false;
	}
	return true;
}

#endif /* PF_WITHOUT_TRACECMD */
