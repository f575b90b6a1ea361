// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_generate.c - pagefuzz generate: workloads of a kind, for real machines and
 * transcripts. What they are is said in targets/workloads/.
 */
#include <stdlib.h>

#include "cmd.h"
#include "../workloads/workload.h"

static void print_profiles(FILE *out)
{
	const struct pf_workload *w;

	fprintf(out, "\nprofiles\n");
	for (size_t i = 0; (w = pf_workload(i)); i++)
		fprintf(out, "  %-10s %s\n", w->name, w->summary);
}

static int generate(const struct pf_workload *w, unsigned long nr, unsigned long pages,
		    unsigned long seed, bool bytes, const char *path)
{
	struct pf_op *ops = calloc(nr, sizeof(*ops));
	FILE *out;
	bool ok = true;

	if (!ops)
		return pf_complain("out of memory");
	w->make(w, ops, nr, (uint32_t)pages, seed);
	out = pf_create(path);
	if (out && bytes)
		ok = pf_write_bytes(out, ops, nr);
	else if (out)
		pf_write_text(out, ops, nr);
	free(ops);
	if (!ok) {
		pf_discard(out);
		return pf_complain("out of memory");
	}
	return out && pf_close(out, path) ? PF_EXIT_CLEAN : PF_EXIT_USAGE;
}

int cmd_generate(int argc, char **argv)
{
	unsigned long ops = 10000, seed = 1, pages = 32768;
	const struct pf_workload *w;
	const char *output = NULL;
	bool bytes = false;
	const struct pf_option options[] = {
		PF_OPTION_OPS(&ops, 10000000, "operations (default: 10000)"),
		PF_OPTION_SEED(&seed),
		PF_OPTION_NUMBER("pages", 0, &pages, 1u << 9, 1u << 24,
				 "of the machine that it is for (default: 32768)"),
		PF_OPTION_BYTES(&bytes),
		PF_OPTION_OUTPUT(&output, "where to write it (default: standard output)"),
	};
	const struct pf_usage usage = {
		.command = "generate",
		.synopsis = "[OPTION]... PROFILE",
		.about = "Print a workload of a kind as a program.\n",
		PF_OPTIONS(options),
		.more = print_profiles,
		.min_args = 1,
		.max_args = 1,
		.args = "exactly one profile",
	};
	int nr, status;

	if (!pf_parse_options(&usage, argc, argv, &nr, &status))
		return status;
	w = pf_workload_find(argv[1]);
	if (w)
		return generate(w, ops, pages, seed, bytes, output);
	return pf_complain("generate: no profile is called '%s' (see pagefuzz generate --help)",
			   argv[1]);
}
