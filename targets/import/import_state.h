/* SPDX-License-Identifier: GPL-2.0-only */
/* import_state.h - the importer's inside, for import.c, _finish.c and _report.c only. */
#ifndef PAGEFUZZ_IMPORT_STATE_H
#define PAGEFUZZ_IMPORT_STATE_H

#include "import.h"
#include "import_map.h"

/* cpus of the language */
#define IMPORT_CPUS 4
#define NR_TASKS    16
#define MAX_OTHERS  64
#define MAX_BAD	    3

/* What the trace says of a slot. */
struct block {
	uint64_t pfn;
	uint32_t left;	/* pages not freed yet */
	uint32_t known; /* pages that the map leads here from */
	uint32_t next;	/* of the moved ones, oldest first */
	uint8_t order;
	bool split;
};

/* A task that compacts, or the last compaction of one. */
struct task {
	int pid;
	bool active;
	uint64_t zone_start; /* of the first one */
	size_t op;	     /* nr_ops behind its operation; 0: none */
};

struct bad {
	uint64_t line;
	char text[64];
};

struct pf_import {
	struct pf_import_options opt;
	struct pf_op *ops;
	size_t nr_ops, max_ops, nr_config;
	struct pf_op nowhere; /* written instead when memory is out */

	struct pf_pfn_map map; /* slot + 1 */
	struct pf_slots slots;
	struct block *block;
	size_t max_blocks;
	uint32_t moved_head[11], moved_tail[11];
	uint64_t live_pages, peak_pages, held_pages, max_pfn;

	struct task task[NR_TASKS];
	unsigned next_task;
	int try_pid, try_order;
	size_t reclaim_op;
	int reclaim_pid;

	/* Figures for the report. */
	uint64_t nr_lines, nr_events, nr_memory, nr_skipped, first_time, last_time;
	uint64_t kind_count[PF_NR_TRACE_KINDS];
	struct {
		char *name;
		uint64_t count;
	} other[MAX_OTHERS];
	unsigned nr_others;
	uint64_t nr_unnamed;
	uint64_t op_count[PF_NR_OPS], gfp_count[PF_NR_GFP];
	uint64_t note[PF_NR_IMPORT_NOTES];
	struct bad bad[MAX_BAD];
	unsigned nr_cpus, nr_started;

	/* The configuration. */
	uint32_t pages, min;
	unsigned scale;
	bool capped;

	bool no_memory;
	char error[160];
};

void pf_import_start(struct pf_import *im);

#endif /* PAGEFUZZ_IMPORT_STATE_H */
