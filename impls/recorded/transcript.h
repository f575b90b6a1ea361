/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * transcript.h - what an implementation was asked and what it answered, as a
 * file: who, the layout and dump that it started from, the program, then each
 * call with its answer, moves and counters, and the dumps.
 *
 * The file: one line of text ("pagefuzz transcript 2 WHO VERSION"), three
 * little-endian numbers (raw size and packed size of 8 bytes, CRC-32 of the raw
 * bytes), then the raw bytes packed by zlib. The raw bytes are variable-length
 * numbers, 7 bits a byte, low first; pfns are differences to the one before.
 * Fields that the clock changes (a per-cpu list's expire) are in no dump.
 */
#ifndef PAGEFUZZ_TRANSCRIPT_H
#define PAGEFUZZ_TRANSCRIPT_H

#include <stdio.h>

#include "../dump.h"

/* 2: the program is in version 2 of the byte form. */
#define PF_TRANSCRIPT_VERSION 2

struct pf_transcript {
	char who[32], version[96]; /* implementation, and the kernel's release */
	struct pf_layout layout;
	struct pf_dump start; /* word[] is the transcript's */
	uint8_t *program;     /* in the byte form; the transcript's */
	size_t program_size;
	uint32_t dump_every;
	/* 1 << enum pf_call: functions that the implementation has. */
	uint32_t functions;
	/* What the calls hold together. */
	uint64_t allocations, migrations, dumps;
	uint8_t *calls;
	size_t calls_size;
};

/*
 * False: error (of size bytes) says in one line what is wrong with the file. What is
 * read can be decoded and no more: whether layout and dump are ones that a run can
 * start from is for the caller to ask (oracle/layout_check.h).
 */
bool pf_transcript_read(struct pf_transcript *t, const char *path, char *error, size_t size);
/* From a stream, which stays open: of fmemopen(), say. `name` is for people. */
bool pf_transcript_read_from(struct pf_transcript *t, FILE *f, const char *name, char *error,
			     size_t size);
/* To a file, made anew; "-": to standard output. */
bool pf_transcript_write(const struct pf_transcript *t, const char *path, char *error, size_t size);
void pf_transcript_free(struct pf_transcript *t);

/* ---------------------------------------------------------------- calls -- */

enum pf_call {
	PF_CALL_END,
	PF_CALL_ALLOC,
	PF_CALL_FREE,
	PF_CALL_BULK,
	PF_CALL_SPLIT,
	PF_CALL_COMPACT,
	PF_CALL_DRAIN,
	PF_CALL_TICK,
	PF_CALL_TUNE,
	PF_CALL_RETYPE,
	PF_CALL_SET_ATTRS,
	PF_CALL_INJECT,
	PF_CALL_DUMP,
	PF_CALL_EXACT,
	PF_NR_CALLS,
};

/*
 * A move is two pfns, then the mode and what the world said, | result << 4. What the
 * implementation waited for stands among the moves, in the place of the result this:
 */
#define PF_WAITED_HOW	15u
#define PF_WAITED_SHIFT 3 /* and in the place of the mode the PF_PAGE_* >> that */

/* Reads or writes numbers; one function each describes a thing for both ways. */
struct pf_coder {
	uint8_t *buf;
	size_t at, size, room; /* room: writing only */
	uint64_t last;	       /* pfn */
	bool writing;
	bool bad;	 /* read past the end, or no memory */
	const char *why; /* NULL, or more about bad; static text */
};

/* Each writes the value, or ignores it and returns what is read. */
uint64_t pf_code(struct pf_coder *c, uint64_t value);
/* Writing only: bytes as they are. */
void pf_code_raw(struct pf_coder *c, const uint8_t *bytes, size_t n);
uint32_t pf_code_pfn(struct pf_coder *c, uint32_t pfn);
uint32_t pf_code_change(struct pf_coder *c, uint32_t value, uint32_t old);
/*
 * With lists, or with their lengths and hash only. What a cpu is about to add to an
 * LRU list is left out if no cpu is.
 */
void pf_code_dump(struct pf_coder *c, const struct pf_layout *l, struct pf_dump *d);

#endif /* PAGEFUZZ_TRANSCRIPT_H */
