// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_min.c - pagefuzz min and emit-c: from a finding to the smallest program
 * with the same signature, and on to a C test.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "../language/codec.h"
#include "../language/reduce.h"
#include "../language/text.h"

/* ------------------------------------------------------------------ min -- */

/* A program that shows a finding, with the oracle that says so. */
struct finding {
	struct pf_program program;
	struct pf_lineup lineup; /* of the oracle */
	struct pf_oracle *oracle;
	struct pf_verdict verdict;
};

static bool is_finding(enum pf_outcome outcome)
{
	return outcome == PF_FINDING || outcome == PF_KNOWN;
}

static void close_finding(struct finding *f)
{
	free(f->program.ops);
	pf_oracle_free(f->oracle);
	pf_lineup_free(&f->lineup);
}

/* The one program left on the command line. False: complained. */
static bool open_finding(struct finding *f, const char *command, const char *impls, int argc,
			 char **argv)
{
	f->program.ops = NULL;
	f->oracle = NULL;
	f->lineup.nr = 0;
	if (optind + 1 != argc) {
		pf_complain("%s: exactly one program is wanted (see pagefuzz %s --help)", command,
			    command);
		return false;
	}
	if (!pf_load(&f->program, argv[optind]))
		return false;
	f->oracle = pf_open_oracle(impls, &f->lineup, NULL);
	if (f->oracle &&
	    is_finding(pf_oracle_run(f->oracle, f->program.ops, f->program.nr, &f->verdict)))
		return true;
	if (f->oracle)
		pf_complain("%s: shows no finding, nothing to %s", argv[optind],
			    strcmp(command, "min") ? "test" : "minimise");
	close_finding(f);
	return false;
}

static bool same_finding(struct pf_oracle *o, const struct pf_op *ops, size_t n,
			 const char *signature)
{
	struct pf_verdict v;

	return is_finding(pf_oracle_run(o, ops, n, &v)) && !strcmp(v.signature, signature);
}

static int minimise(struct pf_oracle *o, struct pf_program *p, const char *signature)
{
	struct pf_reduce r;
	struct pf_op *work = malloc(PF_REDUCE_WORK(p->nr) * sizeof(*work));
	const struct pf_op *ops;
	size_t n, before = p->nr, tried = 0;

	if (!work)
		return pf_complain("out of memory");
	pf_reduce_init(&r, PF_REDUCE_FULL, work, p->ops, p->nr);
	while (pf_reduce_next(&r, &ops, &n)) {
		tried++;
		pf_reduce_report(&r, same_finding(o, ops, n, signature));
	}
	memcpy(p->ops, r.best, r.nr_best * sizeof(*p->ops));
	p->nr = r.nr_best;
	free(work);
	/* Check what will be written, not what was tried last. */
	if (!same_finding(o, p->ops, p->nr, signature))
		return pf_complain(
			"min: the result does not show %s any more: a run is not deterministic",
			signature);
	fprintf(stderr, "%s: %zu operations, %zu before, %zu candidates tried\n", signature, p->nr,
		before, tried);
	return PF_EXIT_CLEAN;
}

static const char min_help[] =
	"usage: pagefuzz min [OPTION]... FILE\n"
	"Write the smallest program found that shows the same finding (same signature).\n\n"
	"  -i, --impls NAMES  comma-separated implementations (default: all)\n"
	"  -o, --output FILE  where to write it (default: standard output)\n"
	"  -b, --bytes        write bytes, not text\n";

int cmd_min(int argc, char **argv)
{
	static const struct option options[] = {
		{"impls", required_argument, NULL, 'i'},
		{"output", required_argument, NULL, 'o'},
		{"bytes", no_argument, NULL, 'b'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *impls = NULL, *output = NULL;
	struct finding f;
	bool bytes = false;
	int c, status;
	FILE *out;

	while ((c = getopt_long(argc, argv, ":i:o:bh", options, NULL)) != -1) {
		switch (c) {
		case 'i':
			impls = optarg;
			break;
		case 'o':
			output = optarg;
			break;
		case 'b':
			bytes = true;
			break;
		case 'h':
			fputs(min_help, stdout);
			return PF_EXIT_CLEAN;
		default:
			return pf_complain_option(argv, c, "min");
		}
	}
	if (!open_finding(&f, "min", impls, argc, argv))
		return PF_EXIT_USAGE;
	status = minimise(f.oracle, &f.program, f.verdict.signature);
	out = status == PF_EXIT_CLEAN ? pf_create(output) : NULL;
	if (out && bytes) {
		pf_write_bytes(out, f.program.ops, f.program.nr);
	} else if (out) {
		fprintf(out, "# %s\n", f.verdict.signature);
		pf_write_text(out, f.program.ops, f.program.nr);
	}
	close_finding(&f);
	return out && pf_close(out, output) ? PF_EXIT_CLEAN : PF_EXIT_USAGE;
}

/* --------------------------------------------------------------- emit-c -- */

static const char emit_help[] =
	"usage: pagefuzz emit-c [OPTION]... FILE\n"
	"Write a stand-alone C program that replays FILE's operations on the implementations\n"
	"concerned and fails as long as the finding is there (exit status 1).\n\n"
	"  -i, --impls NAMES  comma-separated implementations (default: all)\n"
	"  -o, --output FILE  where to write it (default: standard output)\n";

static void emit_op(FILE *out, const struct pf_op *op)
{
	char line[PF_TEXT_LINE_MAX];

	pf_print_op(op, line, sizeof(line));
	fprintf(out, "\t/* %s */\n\t{.kind = PF_OP_", line);
	for (const char *c = pf_op_info[op->kind].name; *c; c++)
		fputc(*c - 'a' + 'A', out);
	if (op->slot)
		fprintf(out, ", .slot = %u", op->slot);
	for (unsigned i = 0, first = 1; i < PF_OP_ARGS; i++)
		if (op->arg[i]) {
			fprintf(out, "%s[%u] = %u", first ? ", .arg = {" : ", ", i, op->arg[i]);
			first = 0;
			for (unsigned j = i + 1;; j++) {
				if (j == PF_OP_ARGS) {
					fputc('}', out);
					break;
				}
				if (op->arg[j])
					break;
			}
		}
	fprintf(out, "},\n");
}

static void emit(FILE *out, const struct pf_program *p, const struct pf_oracle *o,
		 const struct pf_verdict *v)
{
	fprintf(out,
		"// SPDX-License-Identifier: GPL-2.0-only\n"
		"/*\n"
		" * %s\n"
		" * %s: %s.\n"
		" * %s\n"
		" *\n"
		" * Build in the pagefuzz tree:\n"
		" *   make build/libpagefuzz.a\n"
		" *   cc -std=gnu11 -I. THIS.c build/libpagefuzz.a -o test && ./test\n"
		" */\n"
		"#include \"impls/builtin.h\"\n"
		"#include \"oracle/oracle.h\"\n\n"
		"static const struct pf_op ops[] = {\n",
		v->signature, pf_law_name[v->law], pf_law_text[v->law], v->detail);
	for (size_t i = 0; i < p->nr; i++)
		emit_op(out, &p->ops[i]);
	fprintf(out, "};\n\n"
		     "int main(void)\n"
		     "{\n"
		     "\tconst struct pf_impl *lineup[] = {\n");
	for (unsigned i = 0; i < pf_oracle_lanes(o); i++)
		fprintf(out, "\t\tpf_impl_find(\"%s\", %zu),\n", pf_oracle_impl(o, i)->name,
			strlen(pf_oracle_impl(o, i)->name));
	fprintf(out, "\t};\n"
		     "\tstruct pf_oracle *o = pf_oracle_new(lineup, sizeof(lineup) / "
		     "sizeof(lineup[0]));\n"
		     "\tstruct pf_verdict v;\n"
		     "\tenum pf_outcome outcome;\n\n"
		     "\tif (!o)\n"
		     "\t\treturn 2;\n"
		     "\toutcome = pf_oracle_run(o, ops, sizeof(ops) / sizeof(ops[0]), &v);\n"
		     "\tif (outcome == PF_CLEAN || outcome == PF_UNSUPPORTED)\n"
		     "\t\tprintf(\"clean\\n\");\n"
		     "\telse\n"
		     "\t\tprintf(\"%%s: %%s\\n\", v.signature, v.detail);\n"
		     "\tpf_oracle_free(o);\n"
		     "\treturn outcome == PF_FINDING || outcome == PF_KNOWN;\n"
		     "}\n");
}

int cmd_emit_c(int argc, char **argv)
{
	static const struct option options[] = {
		{"impls", required_argument, NULL, 'i'},
		{"output", required_argument, NULL, 'o'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *impls = NULL, *output = NULL;
	struct finding f;
	int c;
	FILE *out;

	while ((c = getopt_long(argc, argv, ":i:o:h", options, NULL)) != -1) {
		switch (c) {
		case 'i':
			impls = optarg;
			break;
		case 'o':
			output = optarg;
			break;
		case 'h':
			fputs(emit_help, stdout);
			return PF_EXIT_CLEAN;
		default:
			return pf_complain_option(argv, c, "emit-c");
		}
	}
	if (!open_finding(&f, "emit-c", impls, argc, argv))
		return PF_EXIT_USAGE;
	out = pf_create(output);
	if (out)
		emit(out, &f.program, f.oracle, &f.verdict);
	close_finding(&f);
	return out && pf_close(out, output) ? PF_EXIT_CLEAN : PF_EXIT_USAGE;
}
