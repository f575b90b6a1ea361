// SPDX-License-Identifier: GPL-2.0-only
/*
 * hunt.c - how soon does the oracle find something? Runs the given programs, then
 * random ones made from nothing and from them, until a finding or the time is up.
 * Prints one line: "SIGNATURE<tab>how it was found", or "clean<tab>how much was run".
 * What runs depends on the arguments alone; the clock only says when to stop.
 *
 * usage: hunt SECONDS OUTPUT [FILE]...     OUTPUT gets the program of a finding
 *        hunt SECONDS DIR/ COUNT NAMES SEED     DIR gets COUNT crashers of a lineup, as bytes
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../targets/command/cmd.h"
#include "../../targets/language/mutate.h"

#define MAX_OPS	    1024
#define MEAN_LENGTH 64
#define SEED	    1

struct hunt {
	struct pf_oracle *oracle;
	const char *output;
	unsigned long programs, seed;
	unsigned long count, saved; /* of crashers; 0: the first finding is the end */
};

/* True: that was the last one. */
static bool keep(struct hunt *h, const struct pf_op *ops, size_t n)
{
	char path[4096];
	FILE *out;

	snprintf(path, sizeof(path), "%s/crash-%03lu", h->output, h->saved);
	out = pf_create(path);
	if (out && pf_write_bytes(out, ops, n))
		pf_close(out, path);
	return ++h->saved == h->count;
}

/* True: a finding, which is printed and saved. */
static bool found(struct hunt *h, const struct pf_op *ops, size_t n, const char *seed)
{
	struct pf_verdict v;
	FILE *out;

	h->programs++;
	if (pf_oracle_run(h->oracle, ops, n, &v) != PF_FINDING)
		return false;
	if (h->count)
		return keep(h, ops, n);
	printf("%s\t", v.signature);
	if (seed)
		printf("by seed %s\n", strrchr(seed, '/') ? strrchr(seed, '/') + 1 : seed);
	else
		printf("after %lu programs\n", h->programs);
	out = pf_create(h->output);
	if (out) {
		fprintf(out, "# %s\n# %s\n", v.signature, v.detail);
		pf_write_text(out, ops, n);
		pf_close(out, h->output);
	}
	return true;
}

/* Fresh programs and mutants of the given ones, half and half. */
static bool found_random(struct hunt *h, const struct pf_program *seed, unsigned nr, time_t end)
{
	static struct pf_op ops[MAX_OPS];
	struct pf_rng rng = {h->seed};

	while (h->programs & 63 || time(NULL) < end) {
		size_t n;

		if (nr && pf_rng_below(&rng, 2)) {
			const struct pf_program *p = &seed[pf_rng_below(&rng, nr)];

			n = p->nr < MAX_OPS ? p->nr : MAX_OPS;
			memcpy(ops, p->ops, n * sizeof(*ops));
			for (unsigned m = pf_rng_below(&rng, 4) + 1; m; m--)
				n = pf_mutate(ops, n, MAX_OPS, &rng);
		} else if (pf_rng_below(&rng, 8) == 0) {
			n = pf_generate_scattered(ops, MAX_OPS, &rng);
		} else {
			n = pf_generate(ops, 1 + pf_rng_below(&rng, 2 * MEAN_LENGTH), MAX_OPS,
					&rng);
		}
		if (found(h, ops, n, NULL))
			return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	bool folder = argc == 6 && argv[2][strlen(argv[2]) - 1] == '/';
	unsigned nr = argc > 3 && !folder ? argc - 3 : 0;
	struct pf_program *seed = calloc(nr + 1, sizeof(*seed));
	struct pf_lineup lineup;
	struct hunt h = {.seed = SEED};
	unsigned long seconds;
	bool finding = false;

	if (argc < 3 || !seed || !pf_number(argv[1], "SECONDS", 3600, &seconds))
		return pf_complain("usage: hunt SECONDS OUTPUT [FILE]...");
	if (folder && (!pf_number(argv[3], "COUNT", 100000, &h.count) ||
		       !pf_number(argv[5], "SEED", 100000, &h.seed)))
		return PF_EXIT_USAGE;
	h.oracle = pf_open_oracle(folder ? argv[4] : NULL, &lineup, NULL);
	h.output = argv[2];
	if (!h.oracle)
		return PF_EXIT_USAGE;
	for (unsigned i = 0; i < nr && !finding; i++) {
		if (!pf_load(&seed[i], argv[3 + i]))
			return PF_EXIT_USAGE;
		finding = found(&h, seed[i].ops, seed[i].nr, argv[3 + i]);
	}
	if (!finding && !found_random(&h, seed, nr, time(NULL) + (time_t)seconds))
		printf("clean\tin %lu programs\n", h.programs);
	for (unsigned i = 0; i < nr; i++)
		free(seed[i].ops);
	free(seed);
	pf_oracle_free(h.oracle);
	pf_lineup_free(&lineup);
	return PF_EXIT_CLEAN;
}
