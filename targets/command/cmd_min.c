// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_min.c - pagefuzz min and emit-c: from a finding to the smallest program
 * with the same signature, and on to a C test.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "judge.h"
#include "machine.h"
#include "minimise.h"
#include "progress.h"
#include "record.h"
#include "target.h"
#include "../language/codec.h"
#include "../language/text.h"

/* -------------------------------------------------------------- finding -- */

/* A program that shows a finding, with the judge that says so. */
struct finding {
	struct pf_program program;
	char wanted[80];  /* signature that the file is about; empty: it doesn't say */
	bool in_target;	  /* only the fuzz target's sanitizers see it */
	char lineup[512]; /* that it was found on; empty: it doesn't say */
	struct pf_judge *judge;
	struct pf_verdict verdict;
};

static bool is_finding(enum pf_outcome outcome)
{
	return outcome == PF_FINDING || outcome == PF_KNOWN;
}

static void close_finding(struct finding *f)
{
	free(f->program.ops);
	pf_judge_close(f->judge);
}

/* The word behind `key` in a line of len bytes, if that is all of it. */
static void take_word(const char *line, size_t len, const char *key, char *word, size_t size)
{
	size_t skip = strlen(key), n = 0;

	if (len <= skip || strncmp(line, key, skip) || *word)
		return;
	while (skip + n < len && isgraph((unsigned char)line[skip + n]))
		n++;
	if (n && n < size && skip + n == len)
		snprintf(word, size, "%.*s", (int)n, line + skip);
}

/* "# LAW/IMPL/OPERATION" and "# on NAMES", in the comments that the file begins with. */
static void read_comments(struct finding *f, const char *data, size_t len)
{
	for (size_t at = 0; at < len && data[at] == '#';) {
		const char *end = memchr(data + at, '\n', len - at);
		size_t n = end ? (size_t)(end - data) - at : len - at;

		take_word(data + at, n, "# on ", f->lineup, sizeof(f->lineup));
		take_word(data + at, n, "# ", f->wanted, sizeof(f->wanted));
		if (!strchr(f->wanted, '/') && !pf_target_named(f->wanted))
			f->wanted[0] = '\0';
		at += n + 1;
	}
}

static bool load(struct finding *f, const char *path)
{
	unsigned char *data;
	size_t len;
	bool ok;

	data = pf_read_file(path, &len);
	if (!data)
		return false;
	ok = pf_load_data(&f->program, pf_input_name(path), data, len);
	if (ok)
		read_comments(f, (const char *)data, len);
	free(data);
	return ok;
}

/*
 * What the program shows on a lineup; the judge stays if it shows something. *complained:
 * that could not be found out.
 */
static bool try_lineup(struct finding *f, const char *impls, unsigned seconds, bool *complained)
{
	struct pf_judge_config config = {.impls = impls, .seconds = seconds};

	*complained = false;
	f->judge = pf_judge_open(&config);
	if (f->judge &&
	    is_finding(pf_judge_run(f->judge, f->program.ops, f->program.nr, &f->verdict, NULL)))
		return true;
	*complained = !f->judge || (pf_judge_over(f->judge) && !pf_interrupted);
	pf_judge_close(f->judge);
	f->judge = NULL;
	return false;
}

static bool is_wanted(const struct finding *f)
{
	return !f->wanted[0] || !strcmp(f->verdict.signature, f->wanted);
}

/* What the member of that name is called in the lineup: a plug-in by its path, say. */
static void write_member(const struct finding *f, const char *name, size_t len, char *out,
			 size_t size)
{
	const char *spec = f->lineup;

	for (unsigned i = 0; *spec && i < pf_judge_result(f->judge)->nr_lanes; i++) {
		size_t n = strcspn(spec, ",");
		const char *is = pf_judge_name(f->judge, i);

		if (strlen(is) == len && !memcmp(is, name, len)) {
			snprintf(out, size, "%.*s", (int)n, spec);
			return;
		}
		spec += n + (spec[n] == ',');
	}
	snprintf(out, size, "%.*s", (int)len, name);
}

/* IMPL and IMPL2 of LAW/IMPL:IMPL2/OPERATION, the other way round if `turned`. False: too long. */
static bool named_lineup(const struct finding *f, bool turned, char *names, size_t size)
{
	const char *start = strchr(f->wanted, '/') + 1, *second;
	size_t len = strcspn(start, "/"), first = strcspn(start, ":/");
	char a[sizeof(f->lineup)], b[sizeof(f->lineup)];

	write_member(f, start, first, a, sizeof(a));
	if (first == len) {
		return (size_t)snprintf(names, size, "%s", a) < size;
	}
	second = start + first + 1;
	write_member(f, second, len - first - 1, b, sizeof(b));
	return (size_t)snprintf(names, size, "%s,%s", turned ? b : a, turned ? a : b) < size;
}

/* All that the wanted signature names are members, and none of them is a machine. */
static bool are_members(const struct finding *f)
{
	const char *name = strchr(f->wanted, '/') + 1;

	for (size_t n; n = strcspn(name, ":/"), n; name += n + (name[n] == ':')) {
		char member[sizeof(f->wanted)];
		bool found = false;

		snprintf(member, sizeof(member), "%.*s", (int)n, name);
		for (unsigned i = 0; i < pf_judge_result(f->judge)->nr_lanes; i++)
			found |= !strcmp(pf_judge_name(f->judge, i), member);
		if (!found || pf_machine_named(member))
			return false;
	}
	return true;
}

/*
 * A run ends at its first finding, and which one that is depends on the lineup and its
 * order: look for a lineup, of those that are run anyway, that shows the wanted one.
 */
static void prefer_wanted(struct finding *f, const char *impls, unsigned seconds)
{
	struct finding other = *f;
	char names[sizeof(f->lineup)];
	bool complained;

	for (int turned = 0; turned < 2; turned++) {
		if (!are_members(f) || !named_lineup(f, turned, names, sizeof(names)))
			return;
		if (!try_lineup(&other, names, seconds, &complained))
			continue;
		if (is_wanted(&other)) {
			pf_judge_close(f->judge);
			*f = other;
			snprintf(f->lineup, sizeof(f->lineup), "%s", names);
			return;
		}
		pf_judge_close(other.judge);
	}
	fprintf(stderr, "pagefuzz: this is %s now, not %s any more%s%s\n", f->verdict.signature,
		f->wanted, impls ? ", on " : "", impls ? impls : "");
}

/* What the wanted one is called in the target. False: not so, or complained. */
static bool try_target(struct finding *f, const char *impls, bool *complained)
{
	char kind[sizeof(f->wanted)], name[PF_TARGET_NAME];
	struct pf_target_log log;

	*complained = !pf_target_run(NULL, impls, f->program.ops, f->program.nr, &log);
	if (*complained)
		return false;
	snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(f->wanted, "-"), f->wanted);
	pf_target_name(log.text, log.len, kind, name);
	free(log.text);
	f->in_target = log.status != 0;
	snprintf(f->verdict.signature, sizeof(f->verdict.signature), "%s", name);
	if (f->in_target && strcmp(name, f->wanted))
		fprintf(stderr, "pagefuzz: this is %s now, not %s any more\n", name, f->wanted);
	return f->in_target;
}

/* False: complained. */
static bool open_finding(struct finding *f, const char *command, const char *impls,
			 const char *path, unsigned seconds)
{
	bool complained;

	memset(f, 0, sizeof(*f));
	if (!load(f, path))
		return false;
	if (!impls && f->lineup[0])
		impls = f->lineup;
	else
		snprintf(f->lineup, sizeof(f->lineup), "%s", impls ? impls : "");
	if (try_lineup(f, impls, seconds, &complained)) {
		if (!is_wanted(f) && !pf_target_named(f->wanted))
			prefer_wanted(f, impls, seconds);
		return true;
	}
	if (!pf_interrupted && !complained && pf_target_named(f->wanted) &&
	    try_target(f, impls, &complained))
		return true;
	if (pf_interrupted)
		pf_complain("%s: interrupted", command);
	else if (!complained)
		pf_complain("%s: shows no finding, nothing to %s", pf_input_name(path),
			    strcmp(command, "min") ? "test" : "minimise");
	close_finding(f);
	return false;
}

#define OPTION_FOUND_ON(v)                                                                    \
	PF_OPTION_IMPLS(v, "comma-separated implementations (default: those that FILE says\n" \
			   "it was found on, or all)")

/* ------------------------------------------------------------------ min -- */

/* A hang is minimised so long, unless somebody says otherwise. */
#define HANG_SECONDS 120

static int minimise(struct finding *f, unsigned long seconds)
{
	size_t before = f->program.nr, tried;
	const char *stopped = "";
	char limit[80];
	double end;

	if (!seconds && f->verdict.law == PF_LAW_HANG)
		seconds = HANG_SECONDS;
	end = seconds ? pf_now() + (double)seconds : 0;
	if (f->in_target ? !pf_minimise_in_target(f->lineup[0] ? f->lineup : NULL, &f->program,
						  f->verdict.signature, end, &tried)
			 : !pf_minimise(f->judge, &f->program, &f->verdict, end, &tried))
		return PF_EXIT_USAGE;
	if (!f->in_target && pf_judge_machine(f->judge) != PF_JUDGE_NO_MACHINE && !pf_interrupted)
		pf_judge_run(f->judge, f->program.ops, f->program.nr, &f->verdict, NULL);
	if (end > 0 && pf_now() >= end) {
		snprintf(limit, sizeof(limit), "; stopped at the limit of %lu s (--seconds)",
			 seconds);
		stopped = limit;
	} else if (pf_interrupted) {
		stopped = "; interrupted";
	} else if (!f->in_target && pf_judge_machine(f->judge) == PF_JUDGE_TRANSCRIPT) {
		stopped = "; a transcript answers to no other program, the kernel would";
	}
	fprintf(stderr, "%s: %zu operations, %zu before, %zu candidates tried%s\n",
		f->verdict.signature, f->program.nr, before, tried, stopped);
	return PF_EXIT_CLEAN;
}

static bool write_small(const struct finding *f, const char *output, bool bytes)
{
	FILE *out = pf_create(output);

	if (!out)
		return false;
	if (!bytes) {
		fprintf(out, "# %s\n", f->verdict.signature);
		if (f->verdict.cause[0])
			fprintf(out, "# cause %s\n", f->verdict.cause);
		if (f->lineup[0])
			fprintf(out, "# on %s\n", f->lineup);
		pf_write_text(out, f->program.ops, f->program.nr);
	} else if (!pf_write_bytes(out, f->program.ops, f->program.nr)) {
		pf_discard(out);
		pf_complain("out of memory");
		return false;
	}
	return pf_close(out, output);
}

int cmd_min(int argc, char **argv)
{
	const char *impls = NULL, *output = NULL;
	unsigned long timeout = 0, seconds = 0;
	bool bytes = false;
	const struct pf_option options[] = {
		OPTION_FOUND_ON(&impls),
		PF_OPTION_OUTPUT(&output, "where to write it (default: standard output)"),
		PF_OPTION_BYTES(&bytes),
		PF_OPTION_SECONDS(&seconds,
				  "write the smallest so far after that time (default: no\n"
				  "limit, but 120 for what hangs)"),
		PF_OPTION_TIMEOUT(&timeout),
	};
	const struct pf_usage usage = {
		.command = "min",
		.synopsis = "[OPTION]... FILE",
		.about = "Write the smallest program found that shows the same finding (same "
			 "signature). If FILE\nsays in a comment which one it is about, then that "
			 "one, as long as it still shows it.\n",
		PF_OPTIONS(options),
		.min_args = 1,
		.max_args = 1,
		.args = "exactly one program",
	};
	struct finding f;
	int nr, status;

	if (!pf_parse_options(&usage, argc, argv, &nr, &status))
		return status;
	pf_catch_interrupts();
	if (!open_finding(&f, "min", impls, argv[1], (unsigned)timeout))
		return PF_EXIT_USAGE;
	status = minimise(&f, seconds);
	if (status == PF_EXIT_CLEAN && !write_small(&f, output, bytes))
		status = PF_EXIT_USAGE;
	close_finding(&f);
	return status;
}

/* --------------------------------------------------------------- emit-c -- */

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

/* As it was asked for: of a plug-in the path. Without the machine. */
static void emit_lineup(FILE *out, const struct finding *f)
{
	const struct pf_judgement *r = pf_judge_result(f->judge);
	const char *comma = "";

	for (unsigned i = 0; i < r->nr_lanes; i++) {
		char spec[sizeof(f->lineup)];

		if (pf_machine_named(r->name[i]))
			continue;
		write_member(f, r->name[i], strlen(r->name[i]), spec, sizeof(spec));
		fputs(comma, out);
		comma = ",";
		for (const char *c = spec; *c; c++)
			fprintf(out, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
	}
}

/* What the machine said, as the test has it. */
struct answers {
	unsigned char *data; /* a transcript; NULL: there is no machine */
	size_t len;
	char name[16]; /* of the machine as a member */
};

static void emit_head(FILE *out, const struct finding *f, bool machine)
{
	const struct pf_verdict *v = &f->verdict;
	const char *libs = machine ? " -lz" : "";
	static const char *const header[] = {"oracle/oracle.h", "targets/engines/lineup.h",
					     "impls/recorded/recorded.h",
					     "targets/language/codec.h"};
	unsigned nr = machine ? 4 : 2;

	fprintf(out,
		"// SPDX-License-Identifier: GPL-2.0-only\n"
		"/*\n"
		" * %s\n"
		" * %s: %s.\n"
		" * %s\n"
		" *\n"
		" * Build in the pagefuzz tree:\n"
		" *   make build/libpagefuzz.a\n"
		" *   cc -std=gnu11 -I. THIS.c build/libpagefuzz.a%s -o test && ./test\n"
		" * or with an installed one:\n"
		" *   cc -std=gnu11 THIS.c $(pkg-config --cflags --libs pagefuzz)%s -o test && "
		"./test\n"
		" */\n",
		v->signature, pf_law_name[v->law], pf_law_text[v->law], v->detail, libs, libs);
	if (machine)
		fprintf(out, "#ifndef _GNU_SOURCE\n#define _GNU_SOURCE /* fmemopen() */\n#endif\n"
			     "#include <stdio.h>\n#include <stdlib.h>\n\n");
	fprintf(out, "#if __has_include(\"%s\")\n", header[0]);
	for (unsigned i = 0; i < nr; i++)
		fprintf(out, "#include \"%s\"\n", header[i]);
	fprintf(out, "#else\n");
	for (unsigned i = 0; i < nr; i++)
		fprintf(out, "#include <pagefuzz/%s>\n", header[i]);
	fprintf(out, "#endif\n\n");
}

/* From the lineup that is there to the end of main(). */
static void emit_run(FILE *out, const char *start, const char *ops, const char *end)
{
	fprintf(out,
		"\to = pf_oracle_new(lineup.impl, lineup.nr);\n"
		"\tif (!o)\n"
		"\t\treturn 2;\n"
		"%s"
		"\toutcome = pf_oracle_run(o, %s, &v);\n"
		"\tif (outcome == PF_CLEAN || outcome == PF_UNSUPPORTED)\n"
		"\t\tprintf(\"clean\\n\");\n"
		"\telse\n"
		"\t\tprintf(\"%%s: %%s\\n\", v.signature, v.detail);\n"
		"\tpf_oracle_free(o);\n"
		"\tpf_lineup_free(&lineup);\n"
		"%s"
		"\treturn outcome == PF_FINDING || outcome == PF_KNOWN;\n"
		"}\n",
		start, ops, end);
}

static void emit(FILE *out, const struct finding *f)
{
	const struct pf_program *p = &f->program;

	emit_head(out, f, false);
	fprintf(out, "static const struct pf_op ops[] = {\n");
	for (size_t i = 0; i < p->nr; i++)
		emit_op(out, &p->ops[i]);
	fprintf(out, "};\n\n"
		     "int main(void)\n"
		     "{\n"
		     "\tstruct pf_oracle *o;\n"
		     "\tstruct pf_lineup lineup;\n"
		     "\tstruct pf_verdict v;\n"
		     "\tenum pf_outcome outcome;\n"
		     "\tchar error[512];\n\n"
		     "\tif (!pf_lineup_parse(&lineup, \"");
	emit_lineup(out, f);
	fprintf(out, "\", error, sizeof(error))) {\n"
		     "\t\tprintf(\"%%s\\n\", error);\n"
		     "\t\treturn 2;\n"
		     "\t}\n");
	emit_run(out, "", "ops, sizeof(ops) / sizeof(ops[0])", "");
}

/* More than that nobody reads. */
#define LISTED_OPS 64

/*
 * With a machine: what it said comes along, and plays its part. A transcript holds the
 * start and the program, too.
 */
static void emit_with_answers(FILE *out, const struct finding *f, const struct answers *a)
{
	const struct pf_program *p = &f->program;
	char line[PF_TEXT_LINE_MAX];

	emit_head(out, f, true);
	fprintf(out, "/*\n * A transcript: where it starts, what is asked, and what %s said.\n",
		a->name);
	for (size_t i = 0; i < p->nr && p->nr <= LISTED_OPS; i++) {
		pf_print_op(&p->ops[i], line, sizeof(line));
		fprintf(out, "%s *\t%s\n", i ? "" : " *\n", line);
	}
	fprintf(out, " */\nstatic const unsigned char said[] = {");
	for (size_t i = 0; i < a->len; i++)
		fprintf(out, "%s0x%02x,", i % 16 ? " " : "\n\t", a->data[i]);
	fprintf(out,
		"\n};\n\n"
		"int main(void)\n"
		"{\n"
		"\tFILE *f = fmemopen((void *)(uintptr_t)said, sizeof(said), \"rb\");\n"
		"\tstruct pf_recorded *player = NULL;\n"
		"\tstruct pf_start_point start;\n"
		"\tstruct pf_transcript t;\n"
		"\tstruct pf_lineup lineup;\n"
		"\tstruct pf_oracle *o;\n"
		"\tstruct pf_verdict v;\n"
		"\tstruct pf_op *ops;\n"
		"\tenum pf_outcome outcome;\n"
		"\tchar error[512] = \"out of memory\";\n\n"
		"\tif (f && pf_transcript_read_from(&t, f, \"transcript\", error, sizeof(error)))\n"
		"\t\tplayer = pf_recorded_play(&t, \"%s\");\n"
		"\tops = player ? malloc(t.program_size * sizeof(*ops)) : NULL;\n"
		"\tif (!ops || !pf_lineup_parse(&lineup, \"",
		a->name);
	emit_lineup(out, f);
	fprintf(out, "\", error, sizeof(error)) ||\n"
		     "\t    !pf_lineup_take(&lineup, pf_recorded_impl(player), NULL, NULL, error,\n"
		     "\t\t\t    sizeof(error))) {\n"
		     "\t\tprintf(\"%%s\\n\", error);\n"
		     "\t\treturn 2;\n"
		     "\t}\n"
		     "\tstart.layout = t.layout;\n"
		     "\tstart.dump = t.start;\n");
	emit_run(out,
		 "\tpf_oracle_options(o, &(struct pf_options){.start = &start, .dumps = true,\n"
		 "\t\t\t\t\t\t  .dump_every = t.dump_every});\n",
		 "ops, pf_decode(t.program, t.program_size, ops, t.program_size)",
		 "\tpf_recorded_free(player);\n"
		 "\tpf_transcript_free(&t);\n"
		 "\tfree(ops);\n"
		 "\tfclose(f);\n");
}

/* The answers of the lineup's machine, if it has one. False: complained. */
static bool ask_machine(const struct finding *f, const char *path, unsigned seconds,
			struct answers *a)
{
	const struct pf_judgement *r = pf_judge_result(f->judge);
	char spec[sizeof(f->lineup)] = "";

	for (unsigned i = 0; i < r->nr_lanes; i++) {
		if (!pf_machine_named(r->name[i]))
			continue;
		if (*spec)
			return pf_complain("emit-c: a test has one machine at most, not %s and %s",
					   a->name, r->name[i]),
			       false;
		write_member(f, r->name[i], strlen(r->name[i]), spec, sizeof(spec));
		snprintf(a->name, sizeof(a->name), "%s", r->name[i]);
	}
	if (!*spec)
		return true;
	if (r->nr_lanes < 2 || f->verdict.law == PF_LAW_ALIVE)
		return pf_complain("emit-c: %s needs the machine itself", f->verdict.signature),
		       false;
	a->data = strncmp(spec, "recorded:", 9)
			  ? pf_record(spec, &f->program, pf_input_name(path), seconds, &a->len)
			  : pf_read_raw(spec + 9, &a->len);
	return a->data != NULL;
}

/* A test has what the library has. False: complained. */
static bool can_emit(const struct finding *f)
{
	if (f->in_target)
		return pf_complain("emit-c: %s is what sanitizers of the fuzz target see, a test "
				   "has none (pagefuzz run --in-target)",
				   f->verdict.signature),
		       false;
	return true;
}

int cmd_emit_c(int argc, char **argv)
{
	const char *impls = NULL, *output = NULL;
	unsigned long timeout = 0;
	const struct pf_option options[] = {
		OPTION_FOUND_ON(&impls),
		PF_OPTION_OUTPUT(&output, "where to write it (default: standard output)"),
		PF_OPTION_TIMEOUT(&timeout),
	};
	const struct pf_usage usage = {
		.command = "emit-c",
		.synopsis = "[OPTION]... FILE",
		.about = "Write a stand-alone C program that replays FILE's operations on the "
			 "implementations\nconcerned and fails as long as the finding is there "
			 "(exit status 1, or whatever becomes\nof it if the finding is a crash). "
			 "Of a "
			 "machine in the lineup it has the answers.\n",
		PF_OPTIONS(options),
		.min_args = 1,
		.max_args = 1,
		.args = "exactly one program",
	};
	struct answers a = {.data = NULL};
	struct finding f;
	int nr, status;
	FILE *out = NULL;

	if (!pf_parse_options(&usage, argc, argv, &nr, &status))
		return status;
	if (!open_finding(&f, "emit-c", impls, argv[1], (unsigned)timeout))
		return PF_EXIT_USAGE;
	if (can_emit(&f) && ask_machine(&f, argv[1], (unsigned)timeout, &a))
		out = pf_create(output);
	if (out && a.data)
		emit_with_answers(out, &f, &a);
	else if (out)
		emit(out, &f);
	free(a.data);
	close_finding(&f);
	return out && pf_close(out, output) ? PF_EXIT_CLEAN : PF_EXIT_USAGE;
}
