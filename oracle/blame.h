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

/* Laws of one implementation, then relations between several. Append-only. */
/* clang-format off */
#define PF_LAWS(X) \
	X(PLACEMENT, placement, "a block lies inside one allowed zone and is aligned to its size") \
	X(EXCLUSIVE, exclusive, "a block handed out overlaps no live, reserved, isolated or missing page") \
	X(CONSERVATION, conservation, "free + cached + isolated + live pages are the managed pages") \
	X(CENSUS, census, "counters and free lists tell the same, and the truth") \
	X(COALESCED, coalesced, "no two free buddies are left unmerged") \
	X(CONTENTS, contents, "contents follow the page: nothing lost, doubled or changed") \
	X(IMMOVABLE, immovable, "what is unmovable or pinned stays where it is") \
	X(CONSENT, consent, "pages move and go only with the world's consent") \
	X(LIVENESS, liveness, "every operation ends within its work bound") \
	X(RESERVES, reserves, "an ordinary request leaves the min watermark free") \
	X(FEASIBILITY, feasibility, "a failure has a reason") \
	X(TRUTHFUL, truthful, "results say what happened") \
	X(IDENTITIES, identities, "running totals agree with each other and with the world") \
	X(BLOCK_TYPES, block_types, "pageblock types are lawful and survive isolation") \
	X(CANONICAL, canonical, "with everything freed and drained, the start is restored") \
	X(SELF_CHECK, self_check, "the implementation finds its own state consistent") \
	X(TOTALS, totals, "equal live sets leave equal totals of unused memory") \
	X(FREE_SET, free_set, "with everything freed and drained, free sets are equal") \
	X(HISTOGRAM, histogram, "with everything freed and drained, free blocks by order are equal") \
	X(SAME_LOG, same_log, "members of a group answer alike until their policies part") \
	X(MIRRORED, mirrored, "one's placements, forced on another, give the same answers") \
	X(EXACT, exact, "twins give the same answers, moves and dumps to the end") \
	X(ALIVE, alive, "an implementation outside the process answers every call") \
	X(PROGRESS, progress, "one compaction does not move a page again and again") \
	X(SETTLED, settled, "a whole compaction that found nothing to do finds nothing when repeated") \
	X(LARGEST, largest, "the largest free piece is as large as it says") \
	X(ASSERTION, assertion, "no assertion of the implementation's own fails") \
	X(CRASH, crash, "no call ends the process, forks it, or writes where it may not") \
	X(HANG, hang, "every call comes back") \
	X(MEMORY, memory, "an implementation asks for no more memory than there is")
/* clang-format on */

enum pf_law {
#define X(id, name, text) PF_LAW_##id,
	PF_LAWS(X)
#undef X
		PF_NR_LAWS,
};

extern const char *const pf_law_name[PF_NR_LAWS];
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
	struct pf_at *at;		    /* never NULL */
	struct pf_at own_at;
	struct pf_verdict verdict;
	char report[3000]; /* more about a finding than a verdict holds; several lines */
	jmp_buf out;
};

/* Write a verdict about lane (and another one, or -1), at what `at` says. */
void pf_verdict_write(struct pf_verdict *v, const struct pf_blame *b, unsigned lane, int other,
		      enum pf_law law, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* The same, and leave the run. */
_Noreturn void pf_blame(struct pf_blame *b, unsigned lane, int other, enum pf_law law,
			const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Add to the report. */
void pf_tell(struct pf_blame *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Name of an operation's kind, of PF_OP_END and PF_OP_START too. */
const char *pf_op_name(unsigned kind);

/*
 * End the process through frames named after law and operation, with a line
 * that crash triage tools take as the crash state. Does not return.
 */
_Noreturn void pf_die(const struct pf_verdict *verdict);

#endif /* PAGEFUZZ_BLAME_H */
