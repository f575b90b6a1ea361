// SPDX-License-Identifier: GPL-2.0-only
/*
 * rules_note.c - a broken rule waits until the operation is over: general laws say better what
 * is wrong, and go first.
 */
#include <stdarg.h>
#include <stdio.h>

#include "rules.h"

void pf_rules_note(struct pf_lane *lane, enum pf_about about, const char *fmt, ...)
{
	struct pf_rules *r = &lane->rules;
	va_list args;

	if (r->broken)
		return;
	r->broken = about;
	va_start(args, fmt);
	vsnprintf(r->what, sizeof(r->what), fmt, args);
	va_end(args);
}

void pf_rules_raise(struct pf_lane *lane)
{
	if (lane->rules.broken)
		pf_broken_as(lane, PF_LAW_RULES, lane->rules.broken, "%s", lane->rules.what);
}
