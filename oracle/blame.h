/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blame.h - laws by name, the verdict, and the way out of a run: whoever finds a
 * law broken calls pf_blame() and does not come back.
 */
#ifndef PAGEFUZZ_BLAME_H
#define PAGEFUZZ_BLAME_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>

#include "op.h"

#define PF_MAX_LANES 16

/*
 * What a breach is about: FAMILY, OBJECT. The same of two laws where one mistake may break
 * either, whichever is asked first. Append-only.
 */
/* clang-format off */
#define PF_ABOUTS(X) \
	X(ANSWER_BULK, answer, bulk, "a bulk request answers what it did not do") \
	X(ANSWER_COMPACT, answer, compact, "compaction answers what it did not do") \
	X(ANSWER_OFFLINE, answer, offline, "memory said to be offline is in use") \
	X(ANSWER_RECLAIM, answer, reclaim, "reclaim answers what it did not do") \
	X(ANSWER_RESIZE, answer, resize, "a run does not get shorter") \
	X(ASSERTION_OWN, assertion, own, "an assertion of its own fails") \
	X(BOUNDS_ALIGNMENT, bounds, alignment, "a block is not aligned") \
	X(BOUNDS_NODE, bounds, node, "a block lies on another node") \
	X(BOUNDS_ORDER, bounds, order, "a block of an order that does not exist") \
	X(BOUNDS_WINDOW, bounds, window, "a run leaves its window") \
	X(BOUNDS_ZONE, bounds, zone, "a block leaves its zone, or memory") \
	X(BOUNDS_ZONELIST, bounds, zonelist, "a block of a zone that the request may not use") \
	X(CONTENTS_PAGE, contents, page, "contents of a page are lost or changed") \
	X(COUNT_COMPACT_STALL, count, compact_stall, "compaction's stalls are counted wrongly") \
	X(COUNT_EXTFRAG, count, extfrag, "fallbacks are counted wrongly") \
	X(COUNT_FREE, count, free, "free pages are lost or counted wrongly") \
	X(COUNT_FREE_BLOCKS, count, free_blocks, "free blocks of an order are counted wrongly") \
	X(COUNT_ISOLATED, count, isolated, "isolated pages are counted wrongly") \
	X(COUNT_LARGEST, count, largest, "the largest free piece is told wrongly") \
	X(COUNT_MANAGED, count, managed, "managed pages are counted wrongly") \
	X(COUNT_PGALLOC, count, pgalloc, "pgalloc and pgfree are counted wrongly") \
	X(COUNT_PGMIGRATE, count, pgmigrate, "migrations are counted wrongly") \
	X(COUNT_PGSTEAL, count, pgsteal, "reclaimed pages are counted wrongly") \
	X(CRASH_MACHINE, crash, machine, "a machine does not answer") \
	X(CRASH_PROCESS, crash, process, "the process ends, or its memory is overwritten") \
	X(ENDLESS_WORK, endless, work, "an operation does not end") \
	X(ISOLATION_PAGEBLOCK, isolation, pageblock, "a pageblock is isolated for some and not for others") \
	X(MEMORY_STATE, memory, state, "too much memory for its state") \
	X(MERGING_FREE_LISTS, merging, free_lists, "free buddies are left unmerged") \
	X(MOVES_AGAIN, moves, again, "pages are moved again and again") \
	X(MOVES_IMMOVABLE, moves, immovable, "what can't be moved was moved") \
	X(MOVES_NOBODY, moves, nobody, "nobody's page is moved, evicted or waited for") \
	X(MOVES_REFUSED, moves, refused, "pages go where the owner refused") \
	X(OVERLAP_HOLE, overlap, hole, "what is no memory is taken for free") \
	X(OVERLAP_PAGE, overlap, page, "pages in use are taken for free, or free ones twice") \
	X(OWN_CHECK_STATE, own_check, state, "its own check fails") \
	X(PAGEBLOCK_TYPE, pageblock, type, "a pageblock's type is wrong") \
	X(POLICY_PLACE, policy, place, "another place than its group chooses") \
	X(REFUSAL_BLOCK, refusal, block, "a block that is there is refused") \
	X(REFUSAL_RANGE, refusal, range, "a range that is free is refused") \
	X(REFUSAL_RUN, refusal, run, "a run that is there is refused") \
	X(RULES_COUNTER, rules, counter, "a counter of Linux's is not what it counts") \
	X(RULES_DEFER, rules, defer, "compaction is put off when it should not be, or not when it should") \
	X(RULES_FORMULA, rules, formula, "a number is not what Linux's formula gives") \
	X(RULES_LIMIT, rules, limit, "a number is beyond Linux's limit") \
	X(RULES_LIST, rules, list, "a list is not in the order that Linux's rules give") \
	X(RULES_WAKE, rules, wake, "a daemon is woken without need, or is not") \
	X(RULES_SCANNER, rules, scanner, "compaction's scanners are where they may not be") \
	X(TWIN_ANSWER, twin, answer, "another answer than its twin's") \
	X(TWIN_CPU, twin, cpu, "per-cpu counters differ from its twin's") \
	X(TWIN_CPU_LISTS, twin, cpu_lists, "per-cpu lists differ from its twin's") \
	X(TWIN_EVENTS, twin, events, "other events than its twin's, or other counts of them") \
	X(TWIN_FREE_LISTS, twin, free_lists, "free lists differ from its twin's") \
	X(TWIN_LRU, twin, lru, "LRU batches differ from its twin's") \
	X(TWIN_MOVES, twin, moves, "other moves than its twin's") \
	X(TWIN_PAGEBLOCKS, twin, pageblocks, "pageblock types or skip bits differ from its twin's") \
	X(TWIN_ZONE, twin, zone, "zone counters differ from its twin's") \
	X(WATERMARKS_MIN, watermarks, min, "an ordinary request goes below the min watermark")
/* clang-format on */

enum pf_about {
	PF_ABOUT_LAW, /* as the law has it */
#define X(id, family, object, text) PF_ABOUT_##id,
	PF_ABOUTS(X)
#undef X
		PF_NR_ABOUTS,
};

/*
 * Laws of one implementation, then relations between several, and what a breach of each is
 * mostly about. Append-only.
 */
/* clang-format off */
#define PF_LAWS(X) \
	X(PLACEMENT, placement, BOUNDS_ZONE, "a block lies inside one allowed zone and is aligned to its size") \
	X(EXCLUSIVE, exclusive, OVERLAP_PAGE, "a block handed out overlaps no live, reserved, isolated or missing page") \
	X(CONSERVATION, conservation, COUNT_FREE, "free + cached + isolated + live pages are the managed pages") \
	X(CENSUS, census, OVERLAP_PAGE, "counters and free lists tell the same, and the truth") \
	X(COALESCED, coalesced, MERGING_FREE_LISTS, "no two free buddies are left unmerged") \
	X(CONTENTS, contents, CONTENTS_PAGE, "contents follow the page: nothing lost, doubled or changed") \
	X(IMMOVABLE, immovable, MOVES_IMMOVABLE, "what is unmovable or pinned stays where it is") \
	X(CONSENT, consent, MOVES_REFUSED, "pages move and go only with the world's consent") \
	X(LIVENESS, liveness, ENDLESS_WORK, "every operation ends within its work bound") \
	X(RESERVES, reserves, WATERMARKS_MIN, "an ordinary request leaves the min watermark free") \
	X(FEASIBILITY, feasibility, REFUSAL_BLOCK, "a failure has a reason") \
	X(TRUTHFUL, truthful, ANSWER_COMPACT, "results say what happened") \
	X(IDENTITIES, identities, COUNT_PGALLOC, "running totals agree with each other and with the world") \
	X(BLOCK_TYPES, block_types, ISOLATION_PAGEBLOCK, "pageblock types are lawful and survive isolation") \
	X(CANONICAL, canonical, COUNT_FREE, "with everything freed and drained, the start is restored") \
	X(SELF_CHECK, self_check, OWN_CHECK_STATE, "the implementation finds its own state consistent") \
	X(TOTALS, totals, COUNT_FREE, "equal live sets leave equal totals of unused memory") \
	X(FREE_SET, free_set, COUNT_FREE, "with everything freed and drained, free sets are equal") \
	X(HISTOGRAM, histogram, MERGING_FREE_LISTS, "with everything freed and drained, free blocks by order are equal") \
	X(SAME_LOG, same_log, POLICY_PLACE, "members of a group answer alike until their policies part") \
	X(MIRRORED, mirrored, REFUSAL_BLOCK, "one's placements, forced on another, give the same answers") \
	X(EXACT, exact, TWIN_ANSWER, "twins give the same answers, moves, events and dumps to the end") \
	X(ALIVE, alive, CRASH_MACHINE, "an implementation outside the process answers every call") \
	X(PROGRESS, progress, MOVES_AGAIN, "one compaction does not move a page again and again") \
	X(SETTLED, settled, MOVES_AGAIN, "a whole compaction that found nothing to do finds nothing when repeated") \
	X(LARGEST, largest, COUNT_LARGEST, "the largest free piece is as large as it says") \
	X(ASSERTION, assertion, ASSERTION_OWN, "no assertion of the implementation's own fails") \
	X(CRASH, crash, CRASH_PROCESS, "no call ends the process, forks it, or writes where it may not") \
	X(HANG, hang, ENDLESS_WORK, "every call comes back") \
	X(MEMORY, memory, MEMORY_STATE, "an implementation asks for no more memory than there is") \
	X(RULES, rules, RULES_FORMULA, "who says that it is Linux has its formulas, limits and positions")
/* clang-format on */

enum pf_law {
#define X(id, name, about, text) PF_LAW_##id,
	PF_LAWS(X)
#undef X
		PF_NR_LAWS,
};

extern const char *const pf_law_name[PF_NR_LAWS];
/* Of enum pf_about: what is wrong, in one sentence. */
extern const char *const pf_about_text[PF_NR_ABOUTS];
/* The law in one sentence, for a story. */
extern const char *const pf_law_text[PF_NR_LAWS];

/* The operation of a verdict that belongs to none. */
#define PF_OP_END   PF_NR_OPS	    /* the audit after the last one */
#define PF_OP_START (PF_NR_OPS + 1) /* before the first one */

struct pf_verdict {
	enum pf_law law;
	unsigned lane;	    /* blamed: index into the lineup */
	int other;	    /* second one of a relation, or -1 */
	size_t step;	    /* index of the operation; n: the audit after the last one */
	uint8_t op_kind;    /* or PF_OP_END, PF_OP_START */
	char signature[80]; /* law/impl[:impl2]/operation */
	enum pf_about about;
	char cause[80]; /* FAMILY/impl/OBJECT: what signatures of one mistake have in common */
	char detail[400];
};

/*
 * Where a run is, for whoever has to say what it died of: may lie in memory that
 * another process sees.
 */
struct pf_at {
	volatile uint32_t lane; /* of the implementation that is being asked, + 1; 0: none */
	volatile uint32_t op_kind;
	volatile uint64_t step;
	volatile uint64_t runs; /* begun so far */
	uint64_t work;		/* that the one which is running has spent */
};

struct pf_blame {
	const char *name[PF_MAX_LANES + 1]; /* of the implementations; the last: nobody of them */
	/* The first of those that run the same code, which a cause names; NULL: as name says. */
	const char *code[PF_MAX_LANES + 1];
	struct pf_at *at; /* never NULL */
	struct pf_at own_at;
	struct pf_verdict verdict;
	char report[3000]; /* more about a finding than a verdict holds; several lines */
	jmp_buf out;
};

/*
 * Write a verdict about lane (and another one, or -1), at what `at` says.
 */
void pf_verdict_write(struct pf_verdict *v, const struct pf_blame *b, unsigned lane, int other,
		      enum pf_law law, enum pf_about about, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));
/* The same, and leave the run. */
_Noreturn void pf_blame(struct pf_blame *b, unsigned lane, int other, enum pf_law law,
			enum pf_about about, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
/* Add to the report. */
void pf_tell(struct pf_blame *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Name of an operation's kind, of PF_OP_END and PF_OP_START too. */
const char *pf_op_name(unsigned kind);

/*
 * End the process through frames named after the cause, with lines that crash triage
 * tools take as the crash state and libFuzzer as the crash's identity. Does not return.
 */
_Noreturn void pf_die(const struct pf_verdict *verdict);

#endif /* PAGEFUZZ_BLAME_H */
