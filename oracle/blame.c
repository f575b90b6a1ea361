// SPDX-License-Identifier: GPL-2.0-only
/* blame.c - verdicts, and crashes that triage tools can tell apart; see blame.h. */
#include "blame.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const pf_law_name[PF_NR_LAWS] = {
#define X(id, name, about, text) #name,
	PF_LAWS(X)
#undef X
};

static const enum pf_about law_about[PF_NR_LAWS] = {
#define X(id, name, about, text) PF_ABOUT_##about,
	PF_LAWS(X)
#undef X
};

const char *const pf_about_text[PF_NR_ABOUTS] = {[PF_ABOUT_LAW] = "",
#define X(id, family, object, text) [PF_ABOUT_##id] = text,
						 PF_ABOUTS(X)
#undef X
};

static const struct {
	const char *family, *object;
} about_name[PF_NR_ABOUTS] = {
#define X(id, family, object, text) [PF_ABOUT_##id] = {#family, #object},
	PF_ABOUTS(X)
#undef X
};

const char *const pf_law_text[PF_NR_LAWS] = {
#define X(id, name, about, text) text,
	PF_LAWS(X)
#undef X
};

const char *pf_op_name(unsigned kind)
{
	return kind < PF_NR_OPS ? pf_op_info[kind].name : kind == PF_OP_END ? "end" : "start";
}

/* An implementation may say anything; on a terminal or in a file that is text. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = *text == '\n' || *text == '\t' ? ' ' : '?';
}

static void write_verdict(struct pf_verdict *v, const struct pf_blame *b, unsigned lane, int other,
			  enum pf_law law, enum pf_about about, const char *fmt, va_list ap)
{
	const char *code = b->code[lane] ? b->code[lane] : b->name[lane];

	v->law = law;
	v->lane = lane;
	v->other = other;
	v->step = b->at->step;
	v->op_kind = (uint8_t)b->at->op_kind;
	snprintf(v->signature, sizeof(v->signature), "%s/%s%s%s/%s", pf_law_name[law],
		 b->name[lane], other >= 0 ? ":" : "", other >= 0 ? b->name[other] : "",
		 pf_op_name(v->op_kind));
	v->about = about = about != PF_ABOUT_LAW ? about : law_about[law];
	/* Of what ended the process no more is known than what it was asked. */
	snprintf(v->cause, sizeof(v->cause), "%s/%s/%s", about_name[about].family, code,
		 about == PF_ABOUT_CRASH_PROCESS ? pf_op_name(v->op_kind)
						 : about_name[about].object);
	vsnprintf(v->detail, sizeof(v->detail), fmt, ap);
	make_plain(v->detail);
}

void pf_verdict_write(struct pf_verdict *v, const struct pf_blame *b, unsigned lane, int other,
		      enum pf_law law, enum pf_about about, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_verdict(v, b, lane, other, law, about, fmt, ap);
	va_end(ap);
}

_Noreturn void pf_blame(struct pf_blame *b, unsigned lane, int other, enum pf_law law,
			enum pf_about about, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_verdict(&b->verdict, b, lane, other, law, about, fmt, ap);
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
 * Triage tools group crashes by the innermost frames and by the text of a failed
 * assertion, libFuzzer's minimiser by a token: all of them name the cause, which is
 * the same for whatever law and operation happen to notice. A frame for what is wrong,
 * below it one for who is blamed.
 */
#if defined(__clang__)
#define FRAME __attribute__((noinline, optnone)) static
#else
#define FRAME __attribute__((noinline, noclone, optimize("O0"))) static
#endif

#define X(id, family, object, text)                    \
	FRAME void pf_broken_##family##_##object(void) \
	{                                              \
		abort();                               \
	}
PF_ABOUTS(X)
#undef X

static void (*const about_frame[PF_NR_ABOUTS])(void) = {
#define X(id, family, object, text) [PF_ABOUT_##id] = pf_broken_##family##_##object,
	PF_ABOUTS(X)
#undef X
};

/* Names to read in a stack; whoever else there is, the assertion names. */
#define IMPLS(X) X(bitmap) X(buddy) X(granule) X(mobility) X(linux) X(source) X(kernel) X(other)

#define X(name)                                      \
	FRAME void pf_by_##name(enum pf_about about) \
	{                                            \
		about_frame[about]();                \
	}
IMPLS(X)
#undef X

static const struct {
	const char *name;
	void (*frame)(enum pf_about about);
} by_frame[] = {
#define X(name) {#name, pf_by_##name},
	IMPLS(X)
#undef X
};

#define OTHER (sizeof(by_frame) / sizeof(by_frame[0]) - 1)

_Noreturn void pf_die(const struct pf_verdict *v)
{
	const char *by = strchr(v->cause, '/') + 1;
	size_t i, len = strcspn(by, ":/");

	for (i = 0; i < OTHER; i++)
		if (strlen(by_frame[i].name) == len && !strncmp(by_frame[i].name, by, len))
			break;
	fprintf(stderr, "DEDUP_TOKEN: %s\npagefuzz: oracle: %s: Assertion `%s' failed.\n", v->cause,
		v->signature, v->cause);
	fflush(NULL);
	by_frame[i].frame(v->about);
	abort();
}
