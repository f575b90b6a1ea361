// SPDX-License-Identifier: GPL-2.0-only
/* page.c - see page.h. */
#include "page.h"

#include <stdlib.h>
#include <string.h>

#include "scenes.h"

PF_PAGE(pf_story_page, "targets/command/story.html");

#define PLACE "@DATA@"

struct recording {
	struct pf_scenes *scenes;
	size_t nr_ops;
};

static void prepare(void *arg, struct pf_oracle *o, struct pf_options *options, FILE *out)
{
	struct recording *r = arg;

	r->scenes = pf_scenes_new(o, r->nr_ops, out);
	if (!r->scenes)
		exit(pf_complain("out of memory"));
	pf_scenes_options(r->scenes, options);
}

static void before(void *arg, const char *label)
{
	struct recording *r = arg;

	(void)label;
	pf_scenes_begin(r->scenes);
}

static void after(void *arg, struct pf_oracle *o, enum pf_outcome outcome, FILE *out)
{
	struct recording *r = arg;

	(void)o;
	(void)out;
	pf_scenes_end(r->scenes, outcome == PF_FINDING || outcome == PF_KNOWN);
}

/* ------------------------------------------------------------------ page -- */

static void write_pair(FILE *out, const char *key, const char *text)
{
	fprintf(out, ",\"%s\":", key);
	pf_scenes_text(out, text);
}

static void write_verdict(FILE *out, const struct pf_judge *j, const struct pf_verdict *v,
			  const char *story)
{
	fprintf(out, ",\"finding\":{\"step\":%zu,\"lane\":%u,\"other\":%d", v->step, v->lane,
		v->other);
	write_pair(out, "signature", v->signature);
	write_pair(out, "cause", v->cause);
	write_pair(out, "about", pf_about_text[v->about]);
	write_pair(out, "law", pf_law_name[v->law]);
	write_pair(out, "lawText", pf_law_text[v->law]);
	write_pair(out, "blamed", pf_judge_name(j, v->lane));
	write_pair(out, "what", v->detail);
	write_pair(out, "story", story);
	fputc('}', out);
}

/*
 * Lines of JSON become one array; of a recording that broke off the last line may be half.
 * What only begins an operation is there in case that nothing follows.
 */
static void write_scenes(FILE *out, const char *text)
{
	const char *comma = "";

	fprintf(out, ",\"scenes\":[");
	for (const char *p = text, *end; (end = strchr(p, '\n')); p = end + 1) {
		if (*p != '{' || end[-1] != '}')
			continue;
		if (!strncmp(p, "{\"begin\"", 8) && end[1] == '{')
			continue;
		fprintf(out, "%s\n%.*s", comma, (int)(end - p), p);
		comma = ",";
	}
	fprintf(out, "]");
}

bool pf_page_write(const char *path, const char *page, const char *end,
		   bool (*data)(FILE *out, void *arg), void *arg)
{
	const char *place = memmem(page, (size_t)(end - page), PLACE, strlen(PLACE));
	FILE *out = pf_create(path);

	if (!out)
		return false;
	fwrite(page, 1, (size_t)(place - page), out);
	if (!data(out, arg)) {
		pf_discard(out);
		return false;
	}
	place += strlen(PLACE);
	fwrite(place, 1, (size_t)(end - place), out);
	return pf_close(out, path);
}

struct told {
	const struct pf_judge *judge;
	const char *label, *story, *scenes;
	const struct pf_verdict *verdict; /* NULL: clean */
};

static bool write_story(FILE *out, void *arg)
{
	const struct told *t = arg;

	fprintf(out, "{\"program\":");
	pf_scenes_text(out, t->label);
	if (t->verdict)
		write_verdict(out, t->judge, t->verdict, t->story);
	write_scenes(out, t->scenes);
	fprintf(out, "}");
	return true;
}

bool pf_page_story(const char *path, const struct pf_judge_config *config, const char *label,
		   const struct pf_program *p, enum pf_outcome *outcome)
{
	struct recording r = {.nr_ops = p->nr};
	struct pf_judge_config mine = *config;
	char *scenes = NULL, *story = NULL;
	size_t scenes_len, story_len;
	FILE *out = open_memstream(&scenes, &scenes_len);
	FILE *told = open_memstream(&story, &story_len);
	struct pf_judge *j = NULL;
	struct pf_verdict v;
	bool ok = false, found;

	mine.prepare = prepare;
	mine.before = before;
	mine.after = after;
	mine.arg = &r;
	if (out && told)
		j = pf_judge_open(&mine);
	if (!j)
		goto out;
	*outcome = pf_judge_run(j, p->ops, p->nr, &v, out);
	found = *outcome == PF_FINDING || *outcome == PF_KNOWN;
	if (pf_judge_over(j) || *outcome == PF_UNSUPPORTED) {
		if (!pf_judge_over(j))
			pf_judge_refused(j, p->ops, p->nr, label);
		goto out;
	}
	if (found)
		pf_judge_story(j, p->ops, p->nr, &v, told);
	fputc('\n', out);
	fflush(out);
	fflush(told);
	ok = pf_page_write(path, pf_story_page, pf_story_page_end, write_story,
			   &(struct told){j, label, story, scenes, found ? &v : NULL});
out:
	pf_judge_close(j);
	if (out)
		fclose(out);
	if (told)
		fclose(told);
	free(scenes);
	free(story);
	return ok;
}
