// SPDX-License-Identifier: GPL-2.0-only
/* consensus.c - see consensus.h. */
#include "consensus.h"

#include "../impls/names.h"
#include "relations.h"
#include "rules.h"

void pf_note(struct pf_lane *lane, enum pf_answer_kind kind, uint32_t a, uint32_t b)
{
	struct pf_oracle *run = lane->run;
	struct pf_answer *t = &lane->answer[run->step % PF_STORY_OPS];
	char text[120];

	*t = (struct pf_answer){.step = run->step, .kind = kind, .a = a, .b = b};
	if (!run->options.trace)
		return;
	pf_answer_text(t, text, sizeof(text));
	run->options.trace(run->options.trace_arg, run->step, &run->ops[run->step], lane->index,
			   text);
}

void pf_note_skipped(struct pf_lane *lane)
{
	lane->figures.skipped++;
	pf_note(lane, PF_ANSWER_SKIPPED, 0, 0);
}

static void note_taken_back(struct pf_lane *lane)
{
	struct pf_oracle *run = lane->run;

	lane->answer[run->step % PF_STORY_OPS].taken_back = true;
	if (run->options.trace)
		run->options.trace(run->options.trace_arg, run->step, &run->ops[run->step],
				   lane->index, "taken back: not all succeeded");
}

unsigned pf_cpu_of(const struct pf_oracle *run, uint32_t cpu)
{
	cpu %= run->layout.nr_cpus;
	return run->online >> cpu & 1 ? cpu : (unsigned)__builtin_ctz(run->online);
}

struct pf_request pf_request_of(const struct pf_oracle *run, unsigned order, const uint32_t *rest)
{
	struct pf_request req = {
		.order = order,
		.mobility = rest[0],
		.gfp = pf_gfp_flags[rest[1]] | (rest[5] & PF_GFP_ALL),
		.cpu = pf_cpu_of(run, rest[2]),
		.node = rest[3] % run->layout.nr_nodes,
		.zone = rest[4] ? rest[4] - 1u : PF_ZONE_MOVABLE,
	};

	/* As Linux: only movable requests may use ZONE_MOVABLE. */
	if (req.mobility != PF_MOVABLE && req.zone == PF_ZONE_MOVABLE)
		req.zone = PF_ZONE_NORMAL;
	/* A machine would wait for ever. */
	if (run->remote)
		req.gfp &= ~PF_GFP_NOFAIL;
	return req;
}

struct pf_slot *pf_slot_to_fill(struct pf_oracle *run, uint32_t name, unsigned cpu)
{
	struct pf_slot *slot = pf_slot_of(run, name);

	if (slot->state != PF_SLOT_EMPTY) {
		run->freed_first[run->step % PF_STORY_OPS] = true;
		pf_free_slot(run, slot, cpu);
	}
	return slot;
}

void pf_give_back(struct pf_lane *lane, uint32_t unit, unsigned order, unsigned cpu)
{
	pf_pfn pfn = lane->unit_pfn[unit];

	if (lane->rules.observer)
		pf_rules_before_free(lane, pfn, order, cpu, pf_unit_slot(lane->run, unit)->attrs);
	pf_world_release(lane, unit);
	PF_TELL(lane, free, pfn, order, cpu);
	if (lane->rules.observer)
		pf_rules_after_free(lane);
}

void pf_release_slot(struct pf_lane *lane, const struct pf_slot *slot, unsigned cpu)
{
	uint32_t end = slot->first_unit + slot->nr_units;
	pf_pfn pfn = lane->unit_pfn[slot->first_unit];

	if (slot->state == PF_SLOT_BLOCK || slot->state == PF_SLOT_UNITS) {
		for (uint32_t u = slot->first_unit; u < end; u++)
			pf_give_back(lane, u, slot->order, cpu);
		return;
	}
	for (uint32_t u = slot->first_unit; u < end; u++)
		pf_world_release(lane, u);
	if (slot->state == PF_SLOT_CONTIG)
		PF_TELL(lane, free_contig, pfn, slot->nr_units);
	else
		PF_TELL(lane, free_run, pfn, slot->nr_units, cpu);
}

void pf_free_slot(struct pf_oracle *run, struct pf_slot *slot, unsigned cpu)
{
	pf_for_each_lane(run, lane) if (!pf_absent(lane, slot)) pf_release_slot(lane, slot, cpu);
	pf_slot_empty(run, slot);
}

void pf_settle(struct pf_oracle *run, struct pf_slot *slot, uint32_t could, uint32_t got,
	       unsigned cpu)
{
	if (could && could == got) {
		pf_for_each_lane(run, lane) if (!(got >> lane->index & 1))
			pf_slot_absent(lane, slot);
		return;
	}
	pf_for_each_lane(run, lane)
	{
		if (got >> lane->index & 1) {
			pf_release_slot(lane, slot, cpu);
			note_taken_back(lane);
		}
		if (could >> lane->index & 1)
			lane->grouped = false;
	}
	pf_slot_empty(run, slot);
}

void pf_share_evictions(struct pf_oracle *run)
{
	for (uint32_t i = 0; i < run->nr_evicted; i++) {
		struct pf_slot *slot = &run->slot[run->evicted[i]];

		pf_for_each_lane(run, lane) if (lane->unit_pfn[slot->first_unit] != PF_NO_PFN)
			pf_give_back(lane, slot->first_unit, slot->order, pf_cpu_of(run, 0));
		pf_slot_empty(run, slot);
	}
	if (run->nr_evicted)
		pf_relation_leave(run);
	run->nr_evicted = 0;
}
