// SPDX-License-Identifier: GPL-2.0-only
/*
 * import_dat.c - records of trace.dat to events, through libtracecmd and
 * libtraceevent: in a child, since a file that was made for it can crash them. With PF_WITHOUT_TRACECMD it is left out.
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

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <trace-cmd.h>
#include <unistd.h>

#define MAX_HANDLES 16
/* Bits of the common field "flags". */
#define IN_IRQ	    (0x08 | 0x10)

/* What the child says, one after the other. */
struct said {
	enum { SAID_EVENT, SAID_BAD, SAID_LOST, SAID_END } what;
	struct pf_trace_event ev; /* its name: see below */
	uint64_t nr;		  /* of the record, or how many are lost */
	char name[64],
		why[200]; /* of an event; at the end, why it is none: empty if all went well */
};

struct reader {
	FILE *out;
	uint64_t nr; /* records */
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

static void say(struct reader *rd, const struct said *s)
{
	/* Who no longer listens has had enough. */
	if (fwrite(s, sizeof(*s), 1, rd->out) != 1)
		_exit(0);
}

static int take_record(struct tracecmd_input *handle, struct tep_record *record, int cpu, void *arg)
{
	struct tep_handle *tep = tracecmd_get_tep(handle);
	struct tep_event *event = tep_find_event_by_record(tep, record);
	struct reader *rd = arg;
	struct said s = {.what = SAID_EVENT,
			 .ev = {.kind = PF_TRACE_OTHER, .time = record->ts},
			 .nr = ++rd->nr};

	/* The argument counts on over the instances of a file. */
	(void)cpu;
	s.ev.cpu = (unsigned)record->cpu;
	if (record->missed_events)
		say(rd,
		    &(struct said){.what = SAID_LOST,
				   .nr = record->missed_events > 0 ? (uint64_t)record->missed_events
								   : 1});
	snprintf(s.name, sizeof(s.name), "%s", event ? event->name : "record of an unknown event");
	if (event) {
		s.ev.kind = pf_trace_kind(s.name, strlen(s.name));
		s.ev.pid = tep_data_pid(tep, record);
		s.ev.in_irq = tep_data_flags(tep, record) & IN_IRQ;
	}
	if (!event || !take_fields(&s.ev, event, record))
		s.what = SAID_BAD;
	say(rd, &s);
	return 0;
}

static void read_all(const char *path, FILE *out)
{
	struct tracecmd_input *handle[MAX_HANDLES];
	struct reader rd = {.out = out};
	struct said end = {.what = SAID_END};
	int nr = 1, instances;

	/* One line of ours instead of the libraries' many. */
	tracecmd_set_loglevel(TEP_LOG_NONE);
	tep_set_loglevel(TEP_LOG_NONE);
	handle[0] = tracecmd_open(path, TRACECMD_FL_LOAD_NO_PLUGINS);
	if (!handle[0]) {
		snprintf(end.why, sizeof(end.why), "libtracecmd cannot read this trace.dat");
		say(&rd, &end);
		return;
	}
	instances = tracecmd_buffer_instances(handle[0]);
	for (int i = 0; i < instances && nr < MAX_HANDLES; i++) {
		handle[nr] = tracecmd_buffer_instance_handle(handle[0], i);
		nr += handle[nr] != NULL;
	}
	if (tracecmd_iterate_events_multi(handle, nr, take_record, &rd) < 0)
		snprintf(end.why, sizeof(end.why), "libtracecmd gave up after %llu records",
			 (unsigned long long)rd.nr);
	say(&rd, &end);
}

/* False: it has had enough. */
static bool hear(struct pf_import *im, struct said *s)
{
	s->name[sizeof(s->name) - 1] = '\0';
	switch (s->what) {
	case SAID_EVENT:
		s->ev.name = s->name;
		s->ev.name_len = strlen(s->name);
		if ((unsigned)s->ev.kind > PF_TRACE_OTHER)
			s->ev.kind = PF_TRACE_OTHER;
		return pf_import_event(im, &s->ev);
	case SAID_BAD:
		pf_import_bad(im, s->nr, s->name, strlen(s->name));
		return true;
	case SAID_LOST:
		pf_import_note(im, PF_NOTE_LOST, s->nr);
		return true;
	default:
		return true;
	}
}

bool pf_import_dat(struct pf_import *im, const char *path, char *error, size_t size)
{
	bool ended = false, more = true;
	struct said s = {0};
	int fds[2], status = 0;
	FILE *in;
	pid_t pid;

	if (pipe(fds) || (pid = fork()) < 0) {
		snprintf(error, size, "%s: %s", path, strerror(errno));
		return false;
	}
	if (!pid) {
		FILE *out = fdopen(fds[1], "wb");

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_DFL);
		close(fds[0]);
		if (out) {
			read_all(path, out);
			fclose(out);
		}
		_exit(0);
	}
	close(fds[1]);
	in = fdopen(fds[0], "rb");
	while (in && more && !ended && fread(&s, sizeof(s), 1, in) == 1) {
		ended = s.what == SAID_END;
		more = hear(im, &s);
	}
	if (in)
		fclose(in);
	else
		close(fds[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	s.why[sizeof(s.why) - 1] = '\0';
	if (!more)
		return true;
	if (!ended)
		snprintf(error, size, "%s: libtraceevent does not survive this trace.dat (%s)",
			 path, WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "it ended");
	else if (*s.why)
		snprintf(error, size, "%s: %s", path, s.why);
	return ended && !*s.why;
}

#endif /* PF_WITHOUT_TRACECMD */
