// SPDX-License-Identifier: GPL-2.0-only
/* blame.c - verdicts, and crashes that triage tools can tell apart; see blame.h. */
#include "blame.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const pf_law_name[PF_NR_LAWS] = {
#define X(id, name, text) #name,
	PF_LAWS(X)
#undef X
};

const char *const pf_law_text[PF_NR_LAWS] = {
#define X(id, name, text) text,
	PF_LAWS(X)
#undef X
};

const char *pf_op_name(unsigned kind)
{
	return kind < PF_NR_OPS ? pf_op_info[kind].name : kind == PF_OP_END ? "end" : "start";
}

static void write_verdict(struct pf_verdict *v, const struct pf_blame *b, unsigned lane, int other,
			  enum pf_law law, const char *fmt, va_list ap)
{
	v->law = law;
	v->lane = lane;
	v->other = other;
	v->step = b->at->step;
	v->op_kind = (uint8_t)b->at->op_kind;
	snprintf(v->signature, sizeof(v->signature), "%s/%s%s%s/%s", pf_law_name[law],
		 b->name[lane], other >= 0 ? ":" : "", other >= 0 ? b->name[other] : "",
		 pf_op_name(v->op_kind));
	vsnprintf(v->detail, sizeof(v->detail), fmt, ap);
}

void pf_verdict_write(struct pf_verdict *v, const struct pf_blame *b, unsigned lane, int other,
		      enum pf_law law, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_verdict(v, b, lane, other, law, fmt, ap);
	va_end(ap);
}

_Noreturn void pf_blame(struct pf_blame *b, unsigned lane, int other, enum pf_law law,
			const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_verdict(&b->verdict, b, lane, other, law, fmt, ap);
	va_end(ap);
	longjmp(b->out, 1);
}

void pf_tell(struct pf_blame *b, const char *fmt, ...)
{
	size_t used = strlen(b->report);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(b->report + used, sizeof(b->report) - used, fmt, ap);
	va_end(ap);
}

/*
 * Triage tools group crashes by the innermost frames and by the text of a
 * failed assertion, so both carry the finding: a frame for the law, below it
 * one for the operation, and a line in the C library's assertion format.
 */
#if defined(__clang__)
#define FRAME __attribute__((noinline, optnone)) static
#else
#define FRAME __attribute__((noinline, noclone, optimize("O0"))) static
#endif

#define X(id, name, text)                     \
	FRAME void pf_law_broken_##name(void) \
	{                                     \
		abort();                      \
	}
PF_LAWS(X)
#undef X

static void (*const law_frame[PF_NR_LAWS])(void) = {
#define X(id, name, text) pf_law_broken_##name,
	PF_LAWS(X)
#undef X
};

#define FRAME_OF(name)                           \
	FRAME void pf_in_##name(enum pf_law law) \
	{                                        \
		law_frame[law]();                \
	}
#define X(id, name, ...) FRAME_OF(name)
PF_OPS(X)
#undef X
FRAME_OF(end)
FRAME_OF(start)

static void (*const op_frame[])(enum pf_law) = {
#define X(id, name, ...) [PF_OP_##id] = pf_in_##name,
	PF_OPS(X)
#undef X
		[PF_OP_END] = pf_in_end,
	[PF_OP_START] = pf_in_start,
};

_Noreturn void pf_die(const struct pf_verdict *v)
{
	unsigned op = v->op_kind <= PF_OP_START ? v->op_kind : PF_OP_END;

	fprintf(stderr, "pagefuzz: oracle: %s: Assertion `%s' failed.\n", pf_law_name[v->law],
		v->signature);
	fflush(NULL);
	op_frame[op](v->law);
	abort();
}
