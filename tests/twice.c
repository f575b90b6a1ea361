// SPDX-License-Identifier: GPL-2.0-only
/*
 * twice.c - two copies of the port in one lineup: `linux`, and pf_impl_patched of
 * another object under the name `patched`, with `buddy` beside them. Runs the given
 * programs and prints the first finding, "SIGNATURE BLAMED", or "clean N programs".
 */
#include <stdlib.h>

#include "impls/buddy/buddy.h"
#include "impls/linux/linux.h"
#include "oracle/oracle.h"
#include "targets/command/cmd.h"

/* A copy of pf_impl_linux that tests/twice.sh gave this name. */
extern const struct pf_impl pf_impl_patched;

int main(int argc, char **argv)
{
	struct pf_impl patched = pf_impl_patched;
	const struct pf_impl *lineup[] = {&pf_impl_linux, &patched, &pf_impl_buddy};
	struct pf_oracle *o;
	bool found = false;

	patched.name = "patched";
	o = pf_oracle_new(lineup, 3);
	if (!o)
		return PF_EXIT_USAGE;
	for (int i = 1; i < argc && !found; i++) {
		struct pf_program p;
		struct pf_verdict v;

		if (!pf_load(&p, argv[i]))
			return PF_EXIT_USAGE;
		if (pf_oracle_run(o, p.ops, p.nr, &v) == PF_FINDING) {
			printf("%s %s\n%s\n", v.signature, lineup[v.lane]->name, v.detail);
			found = true;
		}
		free(p.ops);
	}
	if (!found)
		printf("clean %d programs\n", argc - 1);
	pf_oracle_free(o);
	return found ? PF_EXIT_FINDING : PF_EXIT_CLEAN;
}
