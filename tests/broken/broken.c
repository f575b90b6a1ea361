// SPDX-License-Identifier: GPL-2.0-only
/*
 * broken.c - buddy, and for each way in which an implementation can harm whoever
 * runs it a member that does so, the third time it is asked for two pages or more.
 * In place of impls/builtin.c: tests/broken.sh links it. With -DBROKEN_PLUGIN=MEMBER
 * it is a plug-in of that one.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../impls/bitmap/bitmap.h"
#include "../../impls/buddy/buddy.h"
#include "../../impls/builtin.h"
#include "../../impls/linux/linux.h"
#include "../../impls/mobility/mobility.h"

enum misdeed {
	CRASH,
	LOOP,
	ABORT,
	EXIT,
	WILD,
	LEAK,
	CENSUS,
	UNALIGNED,
	DOUBLE,
	MOVES,
	STACK,
	FLOOD,
	BABBLE,
	GREEDY,
	FOOTPRINT,
	FORK,
	LONGJMP,
	CLOSES,
	SLEEPS,
	ASSERTS,
	SHOOTS,
	INIT,
	REFUSES,
};

struct broken {
	const struct pf_impl *self;
	struct pf_world *world;
	enum misdeed deed;
	unsigned asked;
	pf_pfn last;
	unsigned last_order;
	bool now; /* from here on it lies */
};

/* Buddy's state lies behind ours. */
#define INNER(state) ((void *)((char *)(state) + 128))
_Static_assert(sizeof(struct broken) <= 128, "room for ours");

static size_t broken_footprint(const void *self, const struct pf_layout *layout)
{
	size_t inner = pf_impl_buddy.footprint(pf_impl_buddy.self, layout);

	if (*(const enum misdeed *)self == FOOTPRINT)
		return 40ull << 30;
	if (*(const enum misdeed *)self == REFUSES)
		return 0;
	return inner ? inner + 128 : 0;
}

static void broken_init(const void *self, void *state, const struct pf_layout *layout,
			struct pf_world *world)
{
	struct broken *b = state;

	memset(b, 0, sizeof(*b));
	b->world = world;
	b->deed = *(const enum misdeed *)self;
	b->last = PF_NO_PFN;
	if (b->deed == INIT)
		abort();
	pf_impl_buddy.init(pf_impl_buddy.self, INNER(state), layout, world);
}

static unsigned deeper(volatile char *from)
{
	volatile char here[4096];

	here[0] = from[0];
	return deeper(here) + here[0];
}

static void babble(unsigned lines)
{
	for (unsigned i = 0; i < lines || !lines; i++)
		fprintf(stderr, "and another line that nobody wants to read, number %u\n", i);
}

/* What ends the process, or should. */
static void misbehave(struct broken *b)
{
	static jmp_buf nowhere;
	volatile int *null = NULL;
	volatile char byte = 0;
	char *memory;

	switch (b->deed) {
	case CRASH:
		*null = 1;
		break;
	case LOOP:
		for (;;)
			byte++;
	case ABORT:
		fprintf(stderr, "broken: assertion failed: order < MAX\n");
		abort();
	case EXIT:
		exit(0);
	case WILD:
		memset((char *)b->world + 512, 0xff, 64);
		break;
	case STACK:
		deeper(&byte);
		break;
	case FLOOD:
		babble(0);
		break;
	case BABBLE:
		babble(100000);
		break;
	case GREEDY:
		memory = malloc(10ull << 30);
		for (size_t i = 0; i < 10ull << 30; i += 4096)
			memory[i] = 1;
		break;
	case FORK:
		fork();
		break;
	case LONGJMP:
		memset(&nowhere, 0x55, sizeof(nowhere));
		longjmp(nowhere, 1);
	case CLOSES:
		for (int fd = 0; fd < 64; fd++)
			close(fd);
		break;
	case SLEEPS:
		for (;;)
			pause();
	case ASSERTS:
		b->world->failed(b->world, "the list head points to itself");
		break;
	case SHOOTS:
		kill(getpid(), SIGKILL);
		break;
	default:
		b->now = true;
	}
}

static pf_pfn broken_alloc(void *state, const struct pf_request *req)
{
	struct broken *b = state;
	pf_pfn pfn;

	if (req->order && ++b->asked == 3)
		misbehave(b);
	if (b->now && b->deed == DOUBLE && b->last != PF_NO_PFN && b->last_order == req->order)
		return b->last;
	pfn = pf_impl_buddy.alloc(INNER(state), req);
	if (pfn != PF_NO_PFN) {
		b->last = pfn;
		b->last_order = req->order;
	}
	return b->now && b->deed == UNALIGNED && req->order && pfn != PF_NO_PFN ? pfn + 1 : pfn;
}

static void broken_free(void *state, pf_pfn pfn, unsigned order, unsigned cpu)
{
	struct broken *b = state;

	if (b->now && b->deed == LEAK)
		return;
	if (pfn == b->last)
		b->last = PF_NO_PFN;
	pf_impl_buddy.free(INNER(state), pfn, order, cpu);
}

struct lie {
	pf_block_fn fn;
	void *arg;
	bool skip;
};

static void lie_about(void *arg, const struct pf_block *block)
{
	struct lie *lie = arg;

	if (!lie->skip)
		lie->fn(lie->arg, block);
	lie->skip = false;
}

static void broken_census(void *state, pf_block_fn fn, void *arg)
{
	struct broken *b = state;
	struct lie lie = {fn, arg, b->now && b->deed == CENSUS};

	pf_impl_buddy.census(INNER(state), lie_about, &lie);
}

static const struct pf_zone_counters *broken_counters(void *state, unsigned zone)
{
	return pf_impl_buddy.counters(INNER(state), zone);
}

/* Another place for the last block, and nobody is asked. */
static enum pf_compact_result broken_compact(void *state, const struct pf_compact_request *req)
{
	struct broken *b = state;
	struct pf_request again = {
		.order = b->last_order, .mobility = PF_MOVABLE, .zone = PF_ZONE_MOVABLE};

	(void)req;
	if (b->deed != MOVES || b->last == PF_NO_PFN)
		return PF_COMPACT_COMPLETE;
	if (pf_impl_buddy.alloc(INNER(state), &again) != PF_NO_PFN)
		pf_impl_buddy.free(INNER(state), b->last, b->last_order, 0);
	return PF_COMPACT_COMPLETE;
}

#define BROKEN(what, deed_)                                                          \
	static const enum misdeed what##_deed = deed_;                               \
	static const struct pf_impl what = {.name = #what,                           \
					    .summary = "buddy, but broken",          \
					    .features = PF_F_ZONES | PF_F_CANONICAL, \
					    .tier = PF_TIER_SPEC,                    \
					    .self = &what##_deed,                    \
					    .footprint = broken_footprint,           \
					    .init = broken_init,                     \
					    .alloc = broken_alloc,                   \
					    .free = broken_free,                     \
					    .census = broken_census,                 \
					    .counters = broken_counters,             \
					    .compact = broken_compact}

/* clang-format off */
#define ALL(X) \
	X(crash, CRASH) X(loop, LOOP) X(abort_, ABORT) X(exit_, EXIT) \
	X(wild, WILD) X(leak, LEAK) X(census, CENSUS) X(unaligned, UNALIGNED) \
	X(double_, DOUBLE) X(moves, MOVES) X(stack, STACK) X(flood, FLOOD) \
	X(babble_, BABBLE) X(greedy, GREEDY) X(footprint, FOOTPRINT) X(fork_, FORK) \
	X(longjmp_, LONGJMP) X(closes, CLOSES) X(sleeps, SLEEPS) X(asserts, ASSERTS) \
	X(shoots, SHOOTS) X(init, INIT) X(refuses, REFUSES)
/* clang-format on */

#define X(name, deed) BROKEN(name, deed);
ALL(X)
#undef X

#ifdef BROKEN_PLUGIN
PF_PLUGIN(BROKEN_PLUGIN);
#endif

/* More than run together: the default lineup takes the first ones. */
const struct pf_impl *const pf_builtin[] = {
	&pf_impl_bitmap, &pf_impl_buddy, &pf_impl_mobility, &pf_impl_linux, &pf_impl_linux_plain,
#define X(name, deed) &name,
	ALL(X)
#undef X
};

const unsigned pf_nr_builtin = sizeof(pf_builtin) / sizeof(pf_builtin[0]);
const struct pf_impl *const pf_by_name[] = {NULL};
const unsigned pf_nr_by_name = 0;
