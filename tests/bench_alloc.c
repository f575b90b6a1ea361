// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_alloc.c - what an allocation and its free cost in implementations (names as
 * arguments), as a ratio to the plain buddy in the same run: no oracle, no checks, no
 * sanitizers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "oracle/layout.h"
#include "targets/engines/lineup.h"

#define BLOCKS 256 /* held at a time */
#define ROUNDS 4000
#define RUNS   5 /* the best counts */

static enum pf_migrate_result no_migrate(struct pf_world *w, pf_pfn src, pf_pfn dst,
					 enum pf_mode mode)
{
	(void)w, (void)src, (void)dst, (void)mode;
	return PF_MIGRATE_BUSY;
}

static unsigned nothing(struct pf_world *w, pf_pfn pfn)
{
	(void)w, (void)pfn;
	return 0;
}

static void no_spent(struct pf_world *w, unsigned units)
{
	(void)w, (void)units;
}

static void no_event(struct pf_world *w, const struct pf_event *ev)
{
	(void)w, (void)ev;
}

static bool no_hindrance(struct pf_world *w, enum pf_inject what)
{
	(void)w, (void)what;
	return false;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Nanoseconds of one allocation and its free. */
static double measure(const struct pf_impl *impl, const struct pf_layout *l, unsigned order)
{
	struct pf_world world = {
		.migrate = no_migrate,
		.attrs = nothing,
		.unit_order = nothing,
		.hindered = no_hindrance,
		.spent = no_spent,
		.event = no_event,
	};
	struct pf_request req = {.order = order, .mobility = PF_MOVABLE, .zone = PF_ZONE_MOVABLE};
	void *state = aligned_alloc(64, (impl->footprint(impl->self, l) + 63) & ~(size_t)63);
	double best = 1e9;

	if (!state)
		abort();
	impl->init(impl->self, state, l, &world);
	for (unsigned run = 0; run < RUNS; run++) {
		double start = now();

		for (unsigned r = 0; r < ROUNDS; r++) {
			pf_pfn pfn[BLOCKS];

			for (unsigned i = 0; i < BLOCKS; i++)
				pfn[i] = impl->alloc(state, &req);
			/* Every other one, then the rest: some neighbours are in use. */
			for (unsigned i = 0; i < BLOCKS; i += 2)
				impl->free(state, pfn[i], order, 0);
			for (unsigned i = 1; i < BLOCKS; i += 2)
				impl->free(state, pfn[i], order, 0);
		}
		start = (now() - start) * 1e9 / (ROUNDS * BLOCKS);
		best = start < best ? start : best;
	}
	free(state);
	return best;
}

int main(int argc, char **argv)
{
	static const unsigned orders[] = {0, 2, 4};
	struct pf_op config[] = {
		{.kind = PF_OP_CONFIG, .arg = {PF_CONFIG_PAGES, 16383}},
		{.kind = PF_OP_CONFIG, .arg = {PF_CONFIG_SCALE, 3}},
		{.kind = PF_OP_CONFIG, .arg = {PF_CONFIG_PAGEBLOCK_ORDER, 9}},
		{.kind = PF_OP_CONFIG, .arg = {PF_CONFIG_MAX_ORDER, 10}},
	};
	struct pf_lineup lineup;
	struct pf_layout l;
	char error[256];

	if (!pf_lineup_parse(&lineup, "buddy", error, sizeof(error)))
		return 2;
	for (int i = 1; i < argc; i++)
		if (!pf_lineup_add(&lineup, argv[i], strlen(argv[i]), error, sizeof(error))) {
			fprintf(stderr, "bench_alloc: %s\n", error);
			return 2;
		}
	pf_layout_build(&l, config, sizeof(config) / sizeof(config[0]));
	for (unsigned o = 0; o < sizeof(orders) / sizeof(orders[0]); o++) {
		double buddy = measure(lineup.impl[0], &l, orders[o]);

		printf("alloc and free, order %u: buddy %.1f ns", orders[o], buddy);
		for (unsigned i = 1; i < lineup.nr; i++) {
			double t = measure(lineup.impl[i], &l, orders[o]);

			printf(", %s %.1f ns (%.2f of buddy)", lineup.impl[i]->name, t, t / buddy);
		}
		printf("\n");
	}
	pf_lineup_free(&lineup);
	return 0;
}
