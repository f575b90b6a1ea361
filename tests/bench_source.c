// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_source.c - operations a second of a kernel's own source beside the port: each
 * alone and both in lockstep as twins, on the same random programs, all laws asked. The
 * argument says which object (source:6.1); under sanitizers it is the watched one.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "oracle/oracle.h"
#include "targets/engines/lineup.h"
#include "targets/language/mutate.h"

#define PROGRAMS 2048
#define OPS	 64
#define SECONDS	 3

static struct pf_op program[PROGRAMS][OPS];
static size_t length[PROGRAMS];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Operations a second of CPU time; below 0: not to be had. */
static double rate(const char *names)
{
	struct pf_oracle *oracle;
	struct pf_lineup lineup;
	struct pf_verdict v;
	unsigned long done = 0;
	char error[256];
	double start;

	if (!pf_lineup_parse(&lineup, names, error, sizeof(error))) {
		fprintf(stderr, "bench_source: %s\n", error);
		return -1;
	}
	oracle = pf_oracle_new(lineup.impl, lineup.nr);
	start = now();
	do {
		for (unsigned i = 0; oracle && i < PROGRAMS; i++) {
			if (pf_oracle_run(oracle, program[i], length[i], &v) == PF_FINDING) {
				fprintf(stderr, "bench_source: finding %s\n", v.signature);
				return -1;
			}
			done += length[i];
		}
	} while (oracle && now() - start < SECONDS);
	start = now() - start;
	pf_oracle_free(oracle);
	pf_lineup_free(&lineup);
	return done / start;
}

int main(int argc, char **argv)
{
	const char *source = argc > 1 ? argv[1] : "source:6.1", *build = argc > 2 ? argv[2] : "";
	struct pf_rng rng = {1};
	double port, alone, both;
	char twins[128];

	for (unsigned i = 0; i < PROGRAMS; i++)
		length[i] = pf_generate(program[i], OPS, OPS, &rng);
	snprintf(twins, sizeof(twins), "linux,%s", source);
	port = rate("linux");
	alone = rate(source);
	both = rate(twins);
	if (port < 0 || alone < 0 || both < 0)
		return 1;
	printf("operations/s, %s: linux %.0f, %s %.0f (%.2f of it), as twins %.0f (%.2f)\n", build,
	       port, source, alone, alone / port, both, both / port);
	return 0;
}
