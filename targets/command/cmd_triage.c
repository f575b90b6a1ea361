// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmd_triage.c - pagefuzz triage: folders full of crashers, of whatever engine, in a line
 * for each cause. Each content is judged once, by the oracle; what that finds clean is asked
 * again in the fuzz target, if it is built, whose sanitizers see more.
 */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd.h"
#include "json.h"
#include "judge.h"
#include "progress.h"
#include "target.h"

/* A folder in a folder in a folder: as deep as AFL++'s and ours are, and some more. */
#define MAX_DEPTH 8

struct crasher {
	char *path;
	size_t size;
	uint64_t hash;
};

struct signature {
	char text[80];
	unsigned count;
};

struct cause {
	char text[80], member[64];
	const char *what;
	unsigned count, nr_signatures;
	const struct crasher *first, *smallest;
	struct signature *signature;
};

struct triage {
	const char *impls, *json;
	unsigned long timeout;
	struct pf_judge *judge;
	struct crasher *crasher;
	struct cause *cause;
	size_t nr, nr_causes;
	unsigned same, clean,
		refused; /* files, as another one; that show nothing; that nobody runs */
	const struct crasher *first_clean, *first_refused;
};

/* ---------------------------------------------------------------- files -- */

/* What engines and people leave beside crashers. */
static bool is_chaff(const char *name)
{
	static const char *const patterns[] = {
		".*", "README*", "*.log", "*.md", "*.html", "*.json", "*.csv", "*.svg", "*.png",
		"*.zip", "*.dict", "*.options", "*.c", "*.h", "*.so", "*.o", "slow-unit-*",
		/* AFL++; honggfuzz */
		"fuzzer_*", "plot_data", "cmdline", "fuzz_bitmap", "target_hash", "is_main_node",
		"HONGGFUZZ.REPORT.TXT", "*.honggfuzz.cov",
		/* ours: the same as input.bin in other words, or no program */
		"story.txt", "log.txt", "met.txt", "signature", "input.txt"};

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (!fnmatch(patterns[i], name, 0))
			return true;
	return false;
}

/* Of AFL++'s folders those with inputs that are no crashes. */
static bool is_no_crash_folder(const char *name)
{
	return !strcmp(name, "queue") || !strcmp(name, ".state") || !strcmp(name, ".synced");
}

static uint64_t hash_of(const unsigned char *data, size_t len)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < len; i++)
		h = (h ^ data[i]) * 0x100000001b3ull;
	return h;
}

/* False: complained. */
static bool add_file(struct triage *t, const char *path)
{
	struct crasher c;
	unsigned char *data = pf_read_raw(path, &c.size);
	void *more;

	if (!data)
		return false;
	c.hash = hash_of(data, c.size);
	free(data);
	for (size_t i = 0; i < t->nr; i++)
		if (t->crasher[i].hash == c.hash && t->crasher[i].size == c.size) {
			t->same++;
			return true;
		}
	more = realloc(t->crasher, (t->nr + 1) * sizeof(c));
	c.path = strdup(path);
	if (more)
		t->crasher = more;
	if (!more || !c.path)
		return free(c.path), pf_complain("out of memory"), false;
	t->crasher[t->nr++] = c;
	return true;
}

static bool add_folder(struct triage *t, const char *path, unsigned depth)
{
	struct dirent **e;
	int n = scandir(path, &e, NULL, alphasort);
	bool ok = true;

	if (n < 0)
		return pf_complain("triage: %s: %s", path, strerror(errno)), false;
	for (int i = 0; i < n; i++) {
		const char *name = e[i]->d_name;
		char *below;
		struct stat st;

		if (ok && !is_chaff(name) && asprintf(&below, "%s/%s", path, name) >= 0) {
			/* Not through links: they may lead anywhere, or round in circles. */
			if (lstat(below, &st))
				ok = false, pf_complain("triage: %s: %s", below, strerror(errno));
			else if (S_ISREG(st.st_mode))
				ok = add_file(t, below);
			else if (S_ISDIR(st.st_mode) && depth < MAX_DEPTH &&
				 !is_no_crash_folder(name))
				ok = add_folder(t, below, depth + 1);
			free(below);
		}
		free(e[i]);
	}
	free(e);
	return ok;
}

static bool add(struct triage *t, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return pf_complain("triage: %s: %s", path, strerror(errno)), false;
	return S_ISDIR(st.st_mode) ? add_folder(t, path, 0) : add_file(t, path);
}

/* --------------------------------------------------------------- causes -- */

static struct cause *find_cause(struct triage *t, const char *text)
{
	struct cause *more;

	for (size_t i = 0; i < t->nr_causes; i++)
		if (!strcmp(t->cause[i].text, text))
			return &t->cause[i];
	more = realloc(t->cause, (t->nr_causes + 1) * sizeof(*more));
	if (!more)
		return NULL;
	t->cause = more;
	more += t->nr_causes++;
	memset(more, 0, sizeof(*more));
	snprintf(more->text, sizeof(more->text), "%s", text);
	return more;
}

static bool note_signature(struct cause *c, const char *text)
{
	struct signature *more;

	for (unsigned i = 0; i < c->nr_signatures; i++)
		if (!strcmp(c->signature[i].text, text))
			return c->signature[i].count++;
	more = realloc(c->signature, (c->nr_signatures + 1) * sizeof(*more));
	if (!more)
		return false;
	c->signature = more;
	more += c->nr_signatures++;
	snprintf(more->text, sizeof(more->text), "%s", text);
	more->count = 1;
	return true;
}

/* False: out of memory, which was said. */
static bool note(struct triage *t, const struct crasher *crasher, const char *cause,
		 const char *signature, const char *member, const char *what)
{
	struct cause *c = find_cause(t, cause);

	if (!c || !note_signature(c, signature))
		return pf_complain("out of memory"), false;
	snprintf(c->member, sizeof(c->member), "%s", member);
	c->what = what;
	c->count++;
	if (!c->first)
		c->first = c->smallest = crasher;
	if (crasher->size < c->smallest->size)
		c->smallest = crasher;
	return true;
}

/* The kind of end that libFuzzer names a file by. */
static const char *kind_of(const struct pf_target_log *log)
{
	if (memmem(log->text, log->len, "ERROR: libFuzzer: timeout", 25))
		return "timeout";
	if (memmem(log->text, log->len, "out-of-memory", 13))
		return "oom";
	return memmem(log->text, log->len, "LeakSanitizer", 13) ? "leak" : "crash";
}

static bool ask_target(struct triage *t, const struct crasher *c, const struct pf_program *p)
{
	char name[PF_TARGET_NAME];
	struct pf_target_log log;
	bool ok = true;

	bool ran = !access(pf_target_path(), X_OK) &&
		   pf_target_run(NULL, t->impls, p->ops, p->nr, &log);

	if (!ran || !log.status) {
		if (ran)
			free(log.text);
		t->clean++;
		t->first_clean = t->first_clean ? t->first_clean : c;
		return true;
	}
	pf_target_name(log.text, log.len, kind_of(&log), name);
	ok = note(t, c, name, name, "-", "what a sanitizer sees in the fuzz target");
	free(log.text);
	return ok;
}

/* False: complained, or interrupted. */
static bool judge(struct triage *t, const struct crasher *c)
{
	struct pf_program p;
	struct pf_verdict v;
	bool ok = true;

	if (!pf_load(&p, c->path))
		return false;
	switch (pf_judge_run(t->judge, p.ops, p.nr, &v, NULL)) {
	case PF_FINDING:
	case PF_KNOWN:
		ok = note(t, c, v.cause, v.signature, pf_judge_name(t->judge, v.lane),
			  pf_about_text[v.about]);
		break;
	case PF_CLEAN:
		ok = ask_target(t, c, &p);
		break;
	case PF_UNSUPPORTED:
		t->refused++;
		t->first_refused = t->first_refused ? t->first_refused : c;
		break;
	}
	free(p.ops);
	return ok && !pf_judge_over(t->judge);
}

/* --------------------------------------------------------------- report -- */

static int by_count(const void *a, const void *b)
{
	const struct cause *x = a, *y = b;

	return x->count != y->count ? (x->count < y->count) - (x->count > y->count)
				    : strcmp(x->text, y->text);
}

static void print_text(const struct triage *t)
{
	int wide = 5;

	for (size_t i = 0; i < t->nr_causes; i++)
		if ((int)strlen(t->cause[i].text) > wide)
			wide = (int)strlen(t->cause[i].text);
	if (t->nr_causes)
		printf("%5s  %8s  %-*s  %-10s  %s\n", "count", "smallest", wide, "cause", "member",
		       "first file");
	for (size_t i = 0; i < t->nr_causes; i++) {
		const struct cause *c = &t->cause[i];

		printf("%5u  %6zu B  %-*s  %-10s  %s\n", c->count, c->smallest->size, wide, c->text,
		       c->member, c->first->path);
	}
	printf("%zu files, %zu causes", t->nr + t->same, t->nr_causes);
	if (t->same)
		printf("; %u files are as others", t->same);
	if (t->clean)
		printf("; %u show nothing, %s the first", t->clean, t->first_clean->path);
	if (t->refused)
		printf("; %u have a layout that nobody takes, %s the first", t->refused,
		       t->first_refused->path);
	printf("\n");
	if (t->nr_causes)
		printf("next: pagefuzz %s%s%s %s\n",
		       strchr(t->cause->text, '/') ? "run" : "run --in-target",
		       t->impls ? " -i " : "", t->impls ? t->impls : "", t->cause->smallest->path);
}

static struct json_object *file_json(const struct crasher *c)
{
	struct json_object *o = json_object_new_object();

	pf_json_text(o, "path", c->path);
	pf_json_number(o, "bytes", c->size);
	return o;
}

static struct json_object *cause_json(const struct cause *c)
{
	struct json_object *o = json_object_new_object(), *s = json_object_new_object();

	pf_json_text(o, "cause", c->text);
	pf_json_text(o, "what", c->what);
	pf_json_text(o, "member", c->member);
	pf_json_number(o, "count", c->count);
	json_object_object_add(o, "first", file_json(c->first));
	json_object_object_add(o, "smallest", file_json(c->smallest));
	for (unsigned k = 0; k < c->nr_signatures; k++)
		pf_json_number(s, c->signature[k].text, c->signature[k].count);
	json_object_object_add(o, "signatures", s);
	return o;
}

static bool write_json(const struct triage *t)
{
	struct json_object *all = json_object_new_object(), *list = json_object_new_array();

	for (size_t i = 0; i < t->nr_causes; i++)
		json_object_array_add(list, cause_json(&t->cause[i]));
	json_object_object_add(all, "causes", list);
	pf_json_number(all, "files", t->nr + t->same);
	pf_json_number(all, "same", t->same);
	pf_json_number(all, "clean", t->clean);
	pf_json_number(all, "refused", t->refused);
	return pf_json_write(t->json, all);
}

static int triage(struct triage *t, char **path, int nr)
{
	struct pf_judge_config config = {.impls = t->impls, .seconds = (unsigned)t->timeout};
	bool ok = true;
	size_t i;

	pf_catch_interrupts();
	for (int k = 0; k < nr && ok; k++)
		ok = add(t, path[k]);
	if (!ok)
		return PF_EXIT_USAGE;
	if (!t->nr)
		return pf_complain("triage: no crashers there");
	t->judge = pf_judge_open(&config);
	if (!t->judge)
		return PF_EXIT_USAGE;
	for (i = 0; i < t->nr && ok && !pf_interrupted; i++) {
		pf_progress("triage: %zu of %zu files, %zu causes", i, t->nr, t->nr_causes);
		ok = judge(t, &t->crasher[i]);
	}
	pf_progress_clear();
	if (!ok && !pf_interrupted)
		return PF_EXIT_USAGE;
	if (t->nr_causes)
		qsort(t->cause, t->nr_causes, sizeof(*t->cause), by_count);
	if (!pf_json_to_stdout(t->json))
		print_text(t);
	if (t->json && !write_json(t))
		return PF_EXIT_USAGE;
	if (pf_interrupted)
		return pf_complain("triage: interrupted after %zu of %zu files", i, t->nr);
	return t->nr_causes ? PF_EXIT_FINDING : PF_EXIT_CLEAN;
}

int cmd_triage(int argc, char **argv)
{
	struct triage t = {0};
	const struct pf_option options[] = {
		PF_OPTION_IMPLS(&t.impls,
				"comma-separated implementations (default: all built-in ones)"),
		PF_OPTION_JSON(&t.json),
		PF_OPTION_TIMEOUT(&t.timeout),
	};
	const struct pf_usage usage = {
		.command = "triage",
		.synopsis = "[OPTION]... DIR...",
		.about =
			"Judge all crashers in folders of libFuzzer, AFL++, honggfuzz, ClusterFuzz "
			"or\npagefuzz fuzz, and say in a line for each cause how many show it. "
			"Files may be\nnamed as well.\n",
		PF_OPTIONS(options),
		.min_args = 1,
		.max_args = INT_MAX,
		.args = "at least one folder",
	};
	int nr, status;

	if (!pf_parse_options(&usage, argc, argv, &nr, &status))
		return status;
	status = triage(&t, argv + 1, nr);
	pf_judge_close(t.judge);
	for (size_t i = 0; i < t.nr; i++)
		free(t.crasher[i].path);
	for (size_t i = 0; i < t.nr_causes; i++)
		free(t.cause[i].signature);
	free(t.crasher);
	free(t.cause);
	return status;
}
