// SPDX-License-Identifier: GPL-2.0-only
/*
 * variants.c - the port with parts left out, by name. A variant is a copy of the
 * port's table that points to its own switches.
 */
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "linux.h"

#define SWITCH(n, field, v, text)                               \
	{                                                       \
		n, text, offsetof(struct lx_switches, field), v \
	}

static const struct pf_linux_part parts[] = {
	SWITCH("nopcp", no_pcp, 1, "per-cpu lists"),
	SWITCH("nofrag", no_nofragment, 1, "ALLOC_NOFRAGMENT"),
	SWITCH("noboost", no_boost, 1, "watermark boosts"),
	SWITCH("nohigh", no_highatomic, 1, "highatomic reserves"),
	SWITCH("nogroup", no_grouping, 1, "grouping of pages by mobility"),
	SWITCH("nocompact", no_compaction, 1, "compaction"),
	SWITCH("nofast", no_fast_search, 1, "compaction's search of the free lists"),
	SWITCH("noskip", no_skip_hints, 1, "compaction's skip hints"),
	SWITCH("nodefer", no_deferral, 1, "the deferral of compaction"),
	SWITCH("nocapture", no_capture, 1, "compaction's capture"),
	SWITCH("async", compact_only_prio, 3, "direct compaction but for COMPACT_PRIO_ASYNC"),
	SWITCH("light", compact_only_prio, 2, "direct compaction but for COMPACT_PRIO_SYNC_LIGHT"),
	SWITCH("full", compact_only_prio, 1, "direct compaction but for COMPACT_PRIO_SYNC_FULL"),
};

#define NR_PARTS (sizeof(parts) / sizeof(parts[0]))

const struct pf_linux_part *pf_linux_part(unsigned i)
{
	return i < NR_PARTS ? &parts[i] : NULL;
}

/* One part of the name; false: there is no such part. */
static bool switch_off(struct pf_linux_variant *v, const char *name, size_t len)
{
	for (unsigned i = 0; i < NR_PARTS; i++) {
		size_t used = strlen(v->summary);

		if (strlen(parts[i].name) != len || strncmp(parts[i].name, name, len))
			continue;
		((unsigned char *)v->off)[parts[i].offset] = parts[i].value;
		snprintf(v->summary + used, sizeof(v->summary) - used, "%s%s",
			 used ? ", " : "linux without ", parts[i].summary);
		return true;
	}
	return false;
}

bool pf_linux_variant(struct pf_linux_variant *v, const char *name, size_t len)
{
	static const char prefix[] = "linux";
	const char *end = name + len;

	_Static_assert(sizeof(struct lx_switches) <= sizeof(v->off), "room for the switches");
	if (len >= sizeof(v->name) || len <= sizeof(prefix) ||
	    strncmp(name, prefix, sizeof(prefix) - 1))
		return false;
	memset(v, 0, sizeof(*v));
	snprintf(v->name, sizeof(v->name), "%.*s", (int)len, name);
	for (const char *p = name + sizeof(prefix) - 1; p < end;) {
		size_t part;

		if (*p++ != '-')
			return false;
		for (part = 0; p + part < end && p[part] != '-';)
			part++;
		if (!switch_off(v, p, part))
			return false;
		p += part;
	}
	v->impl = pf_impl_linux;
	v->impl.self = v->off;
	v->impl.name = v->name;
	v->impl.summary = v->summary;
	v->impl.tier = PF_TIER_SPEC;
	v->impl.group = NULL;
	v->impl.features &= ~PF_F_RULES;
	return true;
}
