// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_lockstep.c - the fuzz target for libFuzzer and all drivers that speak
 * its interface: bytes to a program, the program on all built-in
 * implementations in lockstep, a finding ends the process. If a plug-in is linked
 * with it, then on that one and buddy.
 *
 * Behind -ignore_remaining_args=1 it takes --impls=NAMES (a lineup other than
 * that) and --stats=FILE (figures for a campaign, see stats.h).
 */
#include <stdlib.h>
#include <string.h>

#include "../language/codec.h"
#include "../language/fit.h"
#include "lineup.h"
#include "../language/mutate.h"
#include "plugin.h"
#include "stats.h"
#include "../language/text.h"

/* The engine is not built with MSan: what it writes looks as if nobody had written it. */
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define written_by_engine(p, n) __msan_unpoison(p, n)
#endif
#endif
#ifndef written_by_engine
#define written_by_engine(p, n) ((void)(p), (void)(n))
#endif

/* Longest input that is looked at; what is behind it is ignored. */
#define MAX_BYTES 65536
/* Larger layouts are for the command; a campaign would only get slow. */
#define MAX_LAYOUT_PAGES 32768

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t na, const uint8_t *b, size_t nb,
				 uint8_t *out, size_t max_size, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
/* Run a program and forget what it shows: for drivers that want warm caches. */
void pf_fuzz_prepare(const uint8_t *data, size_t size);

/*
 * Only the engine allocates in each execution; a long quarantine would give it
 * cold memory every time. Options given from outside come on top.
 */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1:thread_local_quarantine_size_kb=16";
}

static struct pf_lineup lineup;
static struct pf_oracle *oracle;
static struct pf_stats_file *stats;
static struct pf_op program[MAX_BYTES], work[3 * MAX_BYTES];
/* What all of the lineup take, and whether that is less than anything. */
static struct pf_limits limits;
static bool limited;

static void fail(const char *what)
{
	fprintf(stderr, "fuzz_lockstep: %s\n", what);
	exit(2);
}

/* Of an implementation out of the tree that this target was linked with. */
extern const struct pf_plugin pf_plugin __attribute__((weak));

/* Of a target that is for another lineup than all: fuzz_port.c. */
extern const char *const pf_target_lineup __attribute__((weak));

static void default_lineup(void)
{
	char error[512];

	if (&pf_target_lineup) {
		if (!pf_lineup_parse(&lineup, pf_target_lineup, error, sizeof(error)))
			fail(error);
	} else if (!&pf_plugin)
		pf_lineup_all(&lineup);
	else if ((strcmp(pf_plugin.impl->name, "buddy") &&
		  !pf_lineup_add(&lineup, "buddy", 5, error, sizeof(error))) ||
		 !pf_plugin_add_linked(&lineup, &pf_plugin, "what is linked", error, sizeof(error)))
		fail(error);
}

static void start_oracle(void)
{
	if (!lineup.nr)
		default_lineup();
	for (unsigned i = 0; i < lineup.nr; i++) {
		pf_limits_join(&limits, lineup.impl[i]->limits);
		limited |= lineup.impl[i]->limits != NULL;
	}
	oracle = pf_oracle_new(lineup.impl, lineup.nr);
	if (!oracle)
		fail(pf_lineup_wrong(lineup.impl, lineup.nr));
	pf_oracle_options(oracle, &(struct pf_options){.max_pages = MAX_LAYOUT_PAGES});
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char error[512];

	pf_plugin_prefer_fuzz();
	for (int i = 1; i < *argc; i++) {
		const char *arg = (*argv)[i];

		if (!strncmp(arg, "--impls=", 8) &&
		    !pf_lineup_parse(&lineup, arg + 8, error, sizeof(error)))
			fail(error);
		if (!strncmp(arg, "--stats=", 8)) {
			stats = pf_stats_map(arg + 8, false);
			if (!stats)
				fail("can't map the file of --stats");
		}
	}
	start_oracle();
	for (unsigned i = 0; stats && i < lineup.nr; i++)
		snprintf(stats->name[i], sizeof(stats->name[i]), "%s", lineup.impl[i]->name);
	if (stats)
		stats->nr_lanes = lineup.nr;
	return 0;
}

/*
 * Figures of this process on top of those of the ones before it. After each execution:
 * the next one may be the last, and need not come to an end that could be used for this.
 */
static void publish(void)
{
	if (!stats)
		return;
	for (unsigned i = 0; i < lineup.nr; i++)
		pf_figures_add(&stats->figures[i], pf_oracle_figures(oracle, i));
	pf_oracle_reset_figures(oracle);
}

static bool skipped(const char *signature)
{
	for (uint32_t i = 0; stats && i < stats->nr_skip && i < PF_SKIP_MAX; i++)
		if (!strcmp(stats->skip[i], signature)) {
			stats->met[i]++;
			return true;
		}
	return false;
}

static void print_op(FILE *out, const struct pf_op *op)
{
	char line[PF_TEXT_LINE_MAX];

	pf_print_op(op, line, sizeof(line));
	fputs(line, out);
}

void pf_fuzz_prepare(const uint8_t *data, size_t size)
{
	struct pf_verdict v;

	pf_oracle_run(oracle, program, pf_decode(data, size, program, MAX_BYTES), &v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_verdict v;
	size_t n;

	if (!oracle)
		start_oracle();
	n = pf_decode(data, size < MAX_BYTES ? size : MAX_BYTES, program, MAX_BYTES);
	if (stats) {
		stats->execs++;
		stats->ops += n;
	}
	switch (pf_oracle_run(oracle, program, n, &v)) {
	case PF_FINDING:
		publish();
		if (skipped(v.signature)) {
			stats->known++;
			break;
		}
		pf_story(oracle, &v, program, n, print_op, stderr);
		pf_die(&v);
	case PF_KNOWN:
		if (stats)
			stats->known++;
		break;
	default:
		break;
	}
	publish();
	return 0;
}

/* What nobody could run would be a wasted execution. */
static size_t fit(uint8_t *data, size_t size, size_t max_size)
{
	size_t n, len;

	if (!limited)
		return size;
	n = pf_decode(data, size < MAX_BYTES ? size : MAX_BYTES, program, MAX_BYTES);
	n = pf_program_fit(program, n, MAX_BYTES, &limits);
	len = pf_encode(program, n, data, max_size, NULL);
	/* Not even one operation had room: then nothing was written. */
	return len ? len : size;
}

/* Now and then the engine's own mutations, so that nothing is out of reach. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	struct pf_rng rng = {seed};

	written_by_engine(data, size);
	if (size <= max_size && pf_rng_below(&rng, 8) == 0) {
		size_t n = LLVMFuzzerMutate(data, size, max_size);

		written_by_engine(data, n);
		if (n)
			return fit(data, n, max_size);
	}
	size = pf_mutate_bytes(data, size, max_size, pf_rng_next(&rng), work, MAX_BYTES);
	return fit(data, size, max_size);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t na, const uint8_t *b, size_t nb,
				 uint8_t *out, size_t max_size, unsigned int seed)
{
	size_t n;

	written_by_engine(a, na);
	written_by_engine(b, nb);
	n = pf_splice_bytes(a, na, b, nb, out, max_size, seed, work, 3 * MAX_BYTES);

	return fit(out, n, max_size);
}
