/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * events.h - tracepoints of the tree as events of the world. A file around one of mm/
 * includes the tracepoints' headers, which declare empty functions here, and then
 * defines macros of the same names.
 */
#ifndef SHIM_EVENTS_H
#define SHIM_EVENTS_H

/* As the request had it, for tracepoints that show the flags. */
extern unsigned int shim_gfp;

/* Of one kind there is a total. */
extern u64 shim_nr_extfrag;

void shim_event(enum pf_event_type type, unsigned int nr, const s64 *fields);

#define SHIM_EVENT(type, ...)                                                         \
	do {                                                                          \
		if (shim_world->wanted >> (type)&1) {                                 \
			const s64 fields[] = {__VA_ARGS__};                           \
                                                                                      \
			shim_event(type, sizeof(fields) / sizeof(fields[0]), fields); \
		}                                                                     \
	} while (0)

#endif
