/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rules.h - what Linux of a version makes of a layout and of its knobs, and what its counters
 * and positions can be at rest: computed here once more, from the kernel's documentation and
 * source, and asked of whoever says by its group that it is that kernel and shows a dump.
 */
#ifndef PAGEFUZZ_RULES_H
#define PAGEFUZZ_RULES_H

#include "world.h"

/*
 * Leaves a void function. What is noted first is raised when the operation is over, if no other
 * law is broken by then: those say better what is wrong.
 */
#define PF_RULE_BROKEN(lane, about, ...)                            \
	do {                                                        \
		pf_rules_note(lane, PF_ABOUT_##about, __VA_ARGS__); \
		return;                                             \
	} while (0)
__attribute__((format(printf, 3, 4))) void pf_rules_note(struct pf_lane *lane, enum pf_about about,
							 const char *fmt, ...);

/* A run has begun: the state of a kernel that has just booted. */
void pf_rules_start(struct pf_lane *lane);
/* The lane has taken a value of a knob. */
void pf_rules_tuned(struct pf_lane *lane, enum pf_knob knob, uint32_t value);
/* Cpus or memory came or went. */
void pf_rules_resized(struct pf_lane *lane);
/* Its pageblocks got types from outside: retype, isolation, undo. */
void pf_rules_retyped(struct pf_lane *lane);
/* At rest: checkpoints, the end. */
void pf_rules_audit(struct pf_lane *lane);

/* Before and after an operation; after a checkpoint or the end. May break the law. */
void pf_rules_step_begins(struct pf_lane *lane, const struct pf_op *op);
void pf_rules_step_ends(struct pf_lane *lane);
void pf_rules_raise(struct pf_lane *lane);

/* Around a call that may be foretold: rules_lists.c. `attrs` are those of the freed unit. */
void pf_rules_before_alloc(struct pf_lane *lane, const struct pf_request *req);
void pf_rules_after_alloc(struct pf_lane *lane, const struct pf_request *req, pf_pfn pfn);
void pf_rules_urgent(struct pf_lane *lane, const struct pf_request *req);
void pf_rules_before_free(struct pf_lane *lane, pf_pfn pfn, unsigned order, unsigned cpu,
			  unsigned attrs);
void pf_rules_after_free(struct pf_lane *lane);
void pf_rules_before_drain(struct pf_lane *lane, int only);

/* A page that begins a block on a list, or a list's head; the model of rules_lists.c. */
struct pf_node {
	uint32_t next, prev;
	uint8_t order; /* + 1, of a free block; 0: not on a free list */
	uint8_t zone;
	uint8_t type;  /* of the pageblock that begins here */
	uint8_t marks; /* of that pageblock: PF_MARK_* */
};

#define PF_MARK_SEEN 1u /* a scanner has been in it */
#define PF_MARK_VAIN 2u /* all of it, in vain: it has the skip bit now */
#define PF_MARK_SKIP 4u /* it has the skip bit */

/* The lists as they are now; false: too many pages, or they can't be right. */
bool pf_rules_look(struct pf_lane *lane);
/* Which pageblocks have the skip bit, behind that: PF_MARK_SKIP. */
void pf_rules_look_at_skips(struct pf_lane *lane);
/* Is there a free block on that list? */
bool pf_rules_has_block(const struct pf_lane *lane, unsigned z, unsigned order, unsigned mt);
/* compaction_suitable() with the min mark, by them; `type`: highest zone type. Kernel's numbers. */
enum {
	PF_SUITABLE_NOT = 0, /* COMPACT_NOT_SUITABLE_ZONE */
	PF_SUITABLE_SKIPPED = 1,
	PF_SUITABLE_CONTINUE = 4,
	PF_SUITABLE_SUCCESS = 8,
};
int pf_rules_suitable(const struct pf_lane *lane, unsigned z, int order, unsigned type);

/* The daemons: rules_daemons.c. Around an operation, behind and in front of pf_scan_*(). */
void pf_daemon_event(struct pf_lane *lane, const struct pf_event *ev);
void pf_daemons_begin(struct pf_lane *lane, const struct pf_op *op);
void pf_daemons_end(struct pf_lane *lane);

/* The part that follows compaction: rules_compact.c. */
extern const struct pf_observer pf_scan_observer;
uint64_t pf_scan_events(void); /* that it wants */
void pf_scan_result(struct pf_lane *lane, enum pf_compact_result result);
void pf_scan_begins(struct pf_lane *lane, const struct pf_op *op);
void pf_scan_ends(struct pf_lane *lane);
void pf_scan_audit(struct pf_lane *lane, const struct pf_dump *d);

#endif /* PAGEFUZZ_RULES_H */
