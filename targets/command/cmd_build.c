// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_build.c - pagefuzz new and build: a wrapper for an allocator to begin with, and
 * sources to a plug-in.
 */
#include <ctype.h>
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd.h"
#include "judge.h"
#include "place.h"

/* ---------------------------------------------------------------- build -- */

#define MAX_SOURCES 200

struct build {
	char **arg; /* sources, objects, libraries, options of the compiler */
	int nr_args;
	const char *output;
	bool fuzz; /* what is built now is for the fuzz target */
	bool cxx;  /* some source is in C++ */
	char include[PATH_MAX], library[PATH_MAX], objects[PATH_MAX];
};

struct command {
	const char *word[MAX_SOURCES + 40];
	int nr;
};

static void add(struct command *c, const char *word)
{
	if (c->nr < MAX_SOURCES + 38)
		c->word[c->nr++] = word;
	c->word[c->nr] = NULL;
}

static const char *variable(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && *value ? value : otherwise;
}

static bool run(const struct command *c)
{
	extern char **environ;
	pid_t pid;
	int status;
	int error = posix_spawnp(&pid, c->word[0], NULL, NULL, (char *const *)c->word, environ);

	if (error)
		return pf_complain("build: %s: %s", c->word[0], strerror(error)), false;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	/* It has said why. */
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

static bool ends(const char *name, const char *with)
{
	size_t n = strlen(name), m = strlen(with);

	return n > m && !strcmp(name + n - m, with);
}

static bool is_cxx(const char *name)
{
	return ends(name, ".cc") || ends(name, ".cpp") || ends(name, ".cxx") || ends(name, ".C");
}

static bool is_source(const char *name)
{
	return ends(name, ".c") || is_cxx(name);
}

/* clang warns of it where nothing is linked. */
static bool is_for_linker(const char *flag)
{
	return !strncmp(flag, "-Wl,", 4) || !strncmp(flag, "-l", 2) || !strncmp(flag, "-L", 2);
}

static const char *compiler(const struct build *b, bool cxx)
{
	if (b->fuzz)
		return cxx ? variable("CLANGXX", "clang++") : variable("CLANG", "clang");
	return cxx ? variable("CXX", "c++") : variable("CC", "cc");
}

static void add_flags(const struct build *b, struct command *c, bool cxx)
{
	add(c, "-fPIC");
	add(c, "-g");
	if (!b->fuzz)
		return;
	add(c, "-fno-omit-frame-pointer");
	add(c, "-fsanitize=address,undefined");
	/* What asks for a runtime in C++, which the fuzz target, in C, has not. */
	if (cxx)
		add(c, "-fno-sanitize=vptr,function");
	add(c, "-fno-sanitize-recover=all");
	add(c, "-fsanitize-coverage=inline-8bit-counters,pc-table");
}

static bool compile(const struct build *b, const char *source, const char *object)
{
	struct command c = {.nr = 0};

	add(&c, compiler(b, is_cxx(source)));
	add(&c, is_cxx(source) ? "-std=gnu++20" : "-std=gnu11");
	add(&c, "-O2");
	add_flags(b, &c, is_cxx(source));
	add(&c, "-Wall");
	add(&c, "-Wextra");
	/* What is left out of a table is absent. */
	add(&c, "-Wno-missing-field-initializers");
	add(&c, b->include);
	/* What is no file is for the compiler, as well as for the linker. */
	for (int i = 0; i < b->nr_args; i++)
		if (b->arg[i][0] == '-' && !is_for_linker(b->arg[i]))
			add(&c, b->arg[i]);
	add(&c, "-c");
	add(&c, source);
	add(&c, "-o");
	add(&c, object);
	return run(&c);
}

/* Every source to an object, all to `output`. */
static bool link_all(const struct build *b, const char *output)
{
	static char object[MAX_SOURCES][PATH_MAX + 16];
	struct command c = {.nr = 0};

	add(&c, compiler(b, b->cxx));
	add(&c, "-shared");
	add_flags(b, &c, b->cxx);
	for (int i = 0; i < b->nr_args; i++) {
		if (!is_source(b->arg[i])) {
			add(&c, b->arg[i]);
			continue;
		}
		snprintf(object[i], sizeof(object[i]), "%s/%d.o", b->objects, i);
		if (!compile(b, b->arg[i], object[i]))
			return false;
		add(&c, object[i]);
	}
	/* Last: it gives what the others lack, the zones' adaptor. */
	add(&c, b->library);
	add(&c, "-o");
	add(&c, output);
	return run(&c);
}

static void remove_objects(const struct build *b)
{
	char path[PATH_MAX + 16];

	for (int i = 0; i < b->nr_args; i++) {
		snprintf(path, sizeof(path), "%s/%d.o", b->objects, i);
		unlink(path);
	}
	rmdir(b->objects);
}

/* Does the command take what was built? */
static bool try_it(const char *path)
{
	char name[PATH_MAX];
	struct pf_judge_config config = {.impls = name};
	struct pf_judge *j;

	snprintf(name, sizeof(name), "%s%s", strchr(path, '/') ? "" : "./", path);
	if (strchr(name, ','))
		return pf_complain("build: a path with a comma can't be in a lineup"), false;
	j = pf_judge_open(&config);
	if (!j)
		return false;
	printf("%s: %s\nnext\n  pagefuzz check %s\n  pagefuzz fuzz %s\n", path, pf_judge_name(j, 0),
	       name, name);
	pf_judge_close(j);
	return true;
}

static int build(struct build *b, bool fuzz)
{
	const char *tmp = variable("TMPDIR", "/tmp");
	char include[PATH_MAX], fuzz_output[PATH_MAX];
	bool ok;

	if (!pf_place(PF_INCLUDE, include) || !pf_place(PF_LIBRARY, b->library))
		return pf_complain("build: %s: is not there", *b->library ? b->library : include);
	if (snprintf(b->include, sizeof(b->include), "-I%s", include) >= PATH_MAX ||
	    snprintf(fuzz_output, sizeof(fuzz_output), "%.*s.fuzz.so", (int)strlen(b->output) - 3,
		     b->output) >= PATH_MAX ||
	    snprintf(b->objects, sizeof(b->objects), "%s/pagefuzz-XXXXXX", tmp) >= PATH_MAX)
		return pf_complain("build: a path is too long");
	if (!mkdtemp(b->objects))
		return pf_complain("build: %s: %s", b->objects, strerror(errno));
	ok = link_all(b, b->output);
	/* One that is there already must not be older than what it stands for. */
	fuzz |= !access(fuzz_output, F_OK);
	if (ok && fuzz) {
		b->fuzz = true;
		ok = link_all(b, fuzz_output);
	}
	remove_objects(b);
	return ok && try_it(b->output) ? PF_EXIT_CLEAN : PF_EXIT_USAGE;
}

int cmd_build(int argc, char **argv)
{
	static struct build b;
	bool fuzz = false;
	const struct pf_option options[] = {
		PF_OPTION_OUTPUT(&b.output, "the plug-in, X.so (default: the first source's name)"),
		PF_OPTION_FLAG("fuzz", 0, &fuzz,
			       "also X.fuzz.so, with ASan, UBSan and coverage (clang), which the\n"
			       "fuzz target opens in its place; once there, it is always made"),
	};
	const struct pf_usage usage = {
		.command = "build",
		.synopsis = "[OPTION]... FILE... [-- FLAG...]",
		.about = "Compile and link sources in C and C++ (and objects and libraries) to a "
			 "plug-in, which\ncan be a member of a lineup by its path. Flags behind -- "
			 "go to the compiler. CC, CXX,\nCLANG and CLANGXX are heeded.\n",
		PF_OPTIONS(options),
		.min_args = 1,
		.max_args = MAX_SOURCES,
		.args = "at least one source",
	};
	static char output[PATH_MAX];
	int nr, status, nr_sources = 0;

	if (!pf_parse_options(&usage, argc, argv, &nr, &status))
		return status;
	b.arg = argv + 1;
	b.nr_args = nr;
	for (int i = nr - 1; i >= 0; i--) {
		if (!is_source(b.arg[i]))
			continue;
		nr_sources++;
		b.cxx |= is_cxx(b.arg[i]);
		snprintf(output, sizeof(output), "%.*s.so",
			 (int)(strrchr(b.arg[i], '.') - b.arg[i]), b.arg[i]);
	}
	if (!nr_sources)
		return pf_complain("build: no source in C (.c) or C++ (.cc, .cpp, .cxx) is named");
	if (!b.output)
		b.output = output;
	if (!ends(b.output, ".so"))
		return pf_complain("build: a plug-in's name ends in .so, not as '%s'", b.output);
	return build(&b, fuzz);
}

/* ------------------------------------------------------------------ new -- */

/* The allocator in the templates. */
#define TEMPLATE_NAME "mine"

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	/* Its functions are called so. */
	return len && len <= 15 && islower((unsigned char)*name) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

/* Text with the name of the new one in place of the template's. */
static void write_renamed(FILE *out, const char *text, const char *name)
{
	for (const char *next; (next = strstr(text, TEMPLATE_NAME));
	     text = next + strlen(TEMPLATE_NAME)) {
		const char *end = next + strlen(TEMPLATE_NAME);
		bool word = (next == text || !isalnum((unsigned char)next[-1])) &&
			    !isalnum((unsigned char)*end);

		fwrite(text, 1, (size_t)(next - text), out);
		fputs(word ? name : TEMPLATE_NAME, out);
	}
	fputs(text, out);
}

static int write_new(const char *name, bool cxx, const char *template)
{
	char path[PATH_MAX], from[PATH_MAX], folder[PATH_MAX];
	unsigned char *text;
	size_t len;
	FILE *out;

	pf_place(PF_TEMPLATES, folder);
	if (snprintf(from, sizeof(from), "%s/%s.c", folder, template) >= PATH_MAX)
		return pf_complain("new: a path is too long");
	snprintf(path, sizeof(path), "%s.%s", name, cxx ? "cc" : "c");
	if (!access(path, F_OK))
		return pf_complain("new: %s is there already", path);
	text = pf_read_file(from, &len);
	if (!text)
		return PF_EXIT_USAGE;
	text[len - 1] = '\0';
	out = pf_create(path);
	if (!out)
		return free(text), PF_EXIT_USAGE;
	write_renamed(out, (char *)text, name);
	fputc('\n', out);
	free(text);
	if (!pf_close(out, path))
		return PF_EXIT_USAGE;
	printf("%s: builds and conforms as it is; fill in what FILL IN marks\nnext\n"
	       "  pagefuzz build --fuzz %s\n"
	       "  pagefuzz check ./%s.so\n",
	       path, path, name);
	return PF_EXIT_CLEAN;
}

int cmd_new(int argc, char **argv)
{
	bool cxx = false, zoned = false, runs = false;
	const struct pf_option options[] = {
		PF_OPTION_FLAG("cxx", 0, &cxx, "C++ in place of C"),
		PF_OPTION_FLAG("zoned", 0, &zoned,
			       "the allocator knows one zone, an adaptor does the rest"),
		PF_OPTION_FLAG("run", 0, &runs,
			       "it hands out runs of any number of pages, too (with --zoned)"),
	};
	const struct pf_usage usage = {
		.command = "new",
		.synopsis = "[OPTION]... NAME",
		.about = "Write NAME.c: an implementation that can be built and checked as it is, "
			 "with comments\nthat say what to fill in.\n",
		PF_OPTIONS(options),
		.min_args = 1,
		.max_args = 1,
		.args = "exactly one name",
	};
	int nr, status;

	if (!pf_parse_options(&usage, argc, argv, &nr, &status))
		return status;
	if (!is_name(argv[1]))
		return pf_complain("new: '%s' is no name: a lower-case letter, then such letters, "
				   "digits and _, at most 15 in all",
				   argv[1]);
	return write_new(argv[1], cxx, runs ? "run" : zoned ? "zoned" : "whole");
}
