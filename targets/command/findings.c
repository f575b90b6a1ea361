// SPDX-License-Identifier: GPL-2.0-only
/*
 * findings.c - what a campaign finds: saved before all else, named, told, counted; and what
 * earlier campaigns left. See campaign.h.
 */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "campaign.h"
#include "index.h"
#include "page.h"
#include "progress.h"
#include "tell.h"
#include "../language/codec.h"

/* DIR/NAME; empty, which nobody can open, if that is too long. */
void pf_campaign_path(char path[PATH_MAX], const char *dir, const char *name)
{
	if (snprintf(path, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX)
		path[0] = '\0';
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	return type == FTW_DP ? rmdir(path) : unlink(path);
}

/* A campaign's working folder; without `all` the artifacts stay, which could not be saved. */
void pf_campaign_remove_work(const char *tmp, bool all)
{
	char path[PATH_MAX];
	struct dirent *e;
	DIR *dir = all ? NULL : opendir(tmp);

	if (all)
		nftw(tmp, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	while (dir && (e = readdir(dir))) {
		pf_campaign_path(path, tmp, e->d_name);
		if (e->d_name[0] != '.' && strncmp(e->d_name, "artifacts-", 10))
			nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
		else
			rmdir(path); /* if it is empty */
	}
	if (dir)
		closedir(dir);
	rmdir(tmp);
}

/* ------------------------------------------------------------- findings -- */

static struct pf_finding *find_finding(struct pf_campaign *c, const char *signature)
{
	for (unsigned i = 0; i < c->nr_findings; i++)
		if (!strcmp(c->finding[i].signature, signature))
			return &c->finding[i];
	return NULL;
}

/* The first one that has it. */
static struct pf_finding *find_cause(struct pf_campaign *c, const char *cause)
{
	for (unsigned i = 0; i < c->nr_findings; i++)
		if (!strcmp(c->finding[i].cause, cause))
			return &c->finding[i];
	return NULL;
}

/* From now on the workers go past it. NULL: there are too many. */
static struct pf_finding *remember(struct pf_campaign *c, const char *signature, const char *cause,
				   bool old)
{
	struct pf_finding *f = &c->finding[c->nr_findings];

	if (c->nr_findings == PF_SKIP_MAX)
		return NULL;
	snprintf(f->signature, sizeof(f->signature), "%s", signature);
	snprintf(f->cause, sizeof(f->cause), "%s", cause);
	f->old = old;
	for (unsigned i = 0; i < c->workers; i++) {
		struct pf_stats_file *s = c->worker[i].stats;

		snprintf(s->skip[c->nr_findings], sizeof(s->skip[0]), "%s", signature);
		s->nr_skip = c->nr_findings + 1;
	}
	c->nr_findings++;
	return f;
}

/* How often it was met in this campaign. */
static uint64_t times_met(const struct pf_campaign *c, const struct pf_finding *f)
{
	uint64_t n = f->met;

	for (unsigned i = 0; i < c->workers; i++)
		n += c->worker[i].stats->met[f - c->finding];
	return n;
}

/* New ones, or old ones that are still there. */
static bool shown(const struct pf_campaign *c, const struct pf_finding *f)
{
	return !f->old || times_met(c, f);
}

unsigned pf_findings_shown(const struct pf_campaign *c)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->nr_findings; i++)
		n += shown(c, &c->finding[i]);
	return n;
}

/* Is it the first of its cause? */
static bool first_shown(const struct pf_campaign *c, unsigned i)
{
	for (unsigned k = 0; k < i; k++)
		if (shown(c, &c->finding[k]) && !strcmp(c->finding[k].cause, c->finding[i].cause))
			return false;
	return true;
}

/* A part of a finding's folder, on the disk when this is over. False: complained. */
static FILE *open_part(const char *dir, const char *name, char path[PATH_MAX])
{
	pf_campaign_path(path, dir, name);
	return pf_create(path);
}

static bool save_input(const char *dir, const unsigned char *data, size_t len)
{
	char path[PATH_MAX];
	FILE *f;

	if (!pf_make_folders(dir))
		return false;
	f = open_part(dir, "input.bin", path);
	if (!f)
		return false;
	fwrite(data, 1, len, f);
	return pf_close_synced(f, path);
}

static bool save_rest(const struct pf_campaign *c, const char *dir, const char *signature,
		      const struct pf_program *p, const struct pf_worker *w,
		      const struct pf_verdict *v)
{
	char path[PATH_MAX];
	bool ok;
	FILE *f;

	f = open_part(dir, "input.txt", path);
	if (!f)
		return false;
	fprintf(f, "# %s\n", signature);
	if (v)
		fprintf(f, "# cause %s\n", v->cause);
	if (c->run.impls)
		fprintf(f, "# on %s\n", c->run.impls);
	pf_write_text(f, p->ops, p->nr);
	ok = pf_close(f, path);
	f = w->log_len ? open_part(dir, "log.txt", path) : NULL;
	if (f) {
		fwrite(w->log, 1, w->log_len, f);
		ok &= pf_close(f, path);
	}
	f = open_part(dir, "story.txt", path);
	if (!f)
		return false;
	if (v)
		pf_judge_story(c->judge, p->ops, p->nr, v, f);
	else
		pf_target_story(w->log, w->log_len, f);
	return pf_close(f, path) && ok;
}

/* For people only: without it nothing is lost. */
static void draw_story(const struct pf_campaign *c, const char *dir, const struct pf_program *p)
{
	const struct pf_judge_config config = {.impls = c->run.impls,
					       .seconds = (unsigned)c->run.timeout};
	char path[PATH_MAX], label[PATH_MAX];
	enum pf_outcome outcome;

	pf_campaign_path(path, dir, "story.html");
	pf_campaign_path(label, dir, "input.txt");
	pf_page_story(path, &config, label, p, &outcome);
}

void pf_findings_index(const struct pf_campaign *c)
{
	char path[PATH_MAX];

	pf_campaign_path(path, c->findings, PF_INDEX);
	pf_index_write(c->findings, path);
}

/*
 * findings/<signature>/ with input.bin is there; now text, log and story. v: NULL if nobody
 * is blamed. kin: NULL, or an earlier finding of the same cause, whose story was told.
 */
static void announce(const struct pf_campaign *c, const char *dir, const char *signature,
		     const struct pf_program *p, const struct pf_worker *w,
		     const struct pf_verdict *v, const struct pf_finding *kin)
{
	const char *with = c->run.impls ? " -i " : "", *names = c->run.impls ? c->run.impls : "";
	bool all = save_rest(c, dir, signature, p, w, v);

	if (v)
		draw_story(c, dir, p);
	pf_findings_index(c);
	printf("%sfinding: %s\n", isatty(1) ? "\r\033[K" : "", signature);
	if (kin) {
		printf("  of the same cause as %s; saved in %s%s\n", kin->signature, dir,
		       all ? "" : " (not all of it)");
		fflush(stdout);
		return;
	}
	if (v)
		pf_tell_story(c->judge, p->ops, p->nr, v);
	else
		pf_target_story(w->log, w->log_len, stdout);
	printf("saved in %s%s; next:\n"
	       "  pagefuzz run%s%s%s %s/input.txt\n"
	       "  pagefuzz min%s%s -o %s/small.txt %s/input.txt\n",
	       dir, all ? "" : " (not all of it)", v ? "" : " --in-target", with, names, dir, with,
	       names, dir, dir);
	if (v)
		printf("  pagefuzz emit-c%s%s -o %s/test.c %s/small.txt\n", with, names, dir, dir);
	fflush(stdout);
}

/* The folder of a finding: slashes are no folders in it. */
static void folder_of(const struct pf_campaign *c, const char *name, char dir[PATH_MAX])
{
	pf_campaign_path(dir, c->findings, name);
	for (char *s = *dir ? dir + strlen(c->findings) + 1 : dir; *s; s++)
		if (*s == '/')
			*s = '-';
}

/* A campaign that was killed has left no log: what does the target say? */
static void ask_target(const struct pf_campaign *c, struct pf_worker *nobody,
		       const struct pf_program *p)
{
	struct pf_target_log log;

	nobody->log_len = 0;
	if (!pf_target_run(c->run.target, c->run.impls, p->ops, p->nr, &log))
		return;
	if (log.status) {
		nobody->log_len = log.len < sizeof(nobody->log) ? log.len : sizeof(nobody->log);
		memcpy(nobody->log, log.text + log.len - nobody->log_len, nobody->log_len);
	}
	free(log.text);
}

/* Give what is saved in `unnamed` its name, and say so. False: known already. */
static bool name_finding(struct pf_campaign *c, struct pf_worker *w, const char *artifact,
			 const struct pf_program *p, const char *unnamed)
{
	char name[PF_TARGET_NAME], dir[PATH_MAX], path[PATH_MAX], kind[16];
	struct pf_finding *known, *kin;
	const char *cause;
	struct pf_verdict v;
	bool blamed;

	snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(artifact, "-"), artifact);
	blamed = pf_judge_run(c->judge, p->ops, p->nr, &v, NULL) == PF_FINDING;
	if (blamed)
		snprintf(name, sizeof(name), "%s", v.signature);
	else if (!w->stats)
		ask_target(c, w, p);
	if (!blamed)
		pf_target_name(w->log, w->log_len, kind, name);
	known = find_finding(c, name);
	if (known) {
		known->met++;
		pf_campaign_path(path, unnamed, "input.bin");
		unlink(path);
		rmdir(unnamed);
		return false;
	}
	cause = blamed ? v.cause : name;
	kin = find_cause(c, cause);
	known = remember(c, name, cause, false);
	if (known)
		known->met++;
	folder_of(c, name, dir);
	/* Of an earlier campaign that did not come to an end with it: this input takes its place. */
	if (rename(unnamed, dir)) {
		char to[PATH_MAX];

		pf_campaign_path(path, unnamed, "input.bin");
		pf_campaign_path(to, dir, "input.bin");
		if (rename(path, to) || rmdir(unnamed)) {
			pf_complain("%s: %s", dir, strerror(errno));
			snprintf(dir, sizeof(dir), "%s", unnamed);
		}
	}
	pf_sync_folder(c->findings);
	pf_diary_log(&c->diary, "finding %s, cause %s, in %s", name, cause, dir);
	announce(c, dir, name, p, w, blamed ? &v : NULL, kin);
	return true;
}

/* Does the empty program? An artifact that was never written looks like that. */
static bool shows_anything(struct pf_campaign *c)
{
	struct pf_target_log log;
	struct pf_verdict v;
	bool failed;

	if (pf_judge_run(c->judge, NULL, 0, &v, NULL) == PF_FINDING)
		return true;
	if (!pf_target_run(c->run.target, c->run.impls, NULL, 0, &log))
		return false;
	failed = log.status;
	free(log.text);
	return failed;
}

/*
 * What one artifact shows. It is saved before anything else is done with it. False:
 * nothing new.
 */
static bool collect(struct pf_campaign *c, struct pf_worker *w, const char *artifact)
{
	char path[PATH_MAX], unnamed[PATH_MAX], name[300];
	struct pf_program p = {NULL, 0};
	unsigned char *data;
	bool news = false;
	size_t len;

	pf_campaign_path(path, w->artifacts, artifact);
	data = pf_read_raw(path, &len);
	if (!data) {
		c->kept = true;
		return false;
	}
	if (!len && !shows_anything(c)) {
		pf_diary_log(&c->diary, "%s is empty: whoever was writing it was killed", artifact);
		unlink(path);
		free(data);
		return false;
	}
	snprintf(name, sizeof(name), "unnamed-%s", artifact);
	pf_campaign_path(unnamed, c->findings, name);
	if (!save_input(unnamed, data, len)) {
		pf_complain("the input of a finding stays in %s", path);
		c->kept = true;
		free(data);
		return false;
	}
	unlink(path);
	p.ops = malloc((len + 1) * sizeof(*p.ops));
	if (p.ops) {
		p.nr = pf_decode(data, len, p.ops, len);
		news = name_finding(c, w, artifact, &p, unnamed);
	}
	free(p.ops);
	free(data);
	return news;
}

/* ------------------------------------------------- of earlier campaigns -- */

/* The first lines of a finding's text are "# SIGNATURE" and, not of old ones, "# cause CAUSE". */
static bool read_signature(const char *dir, char signature[80], char cause[PF_TARGET_NAME])
{
	char path[PATH_MAX], line[160] = "", second[16 + PF_TARGET_NAME] = "";
	size_t len;
	FILE *f;

	pf_campaign_path(path, dir, "input.txt");
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	if (!fgets(second, sizeof(second), f) || strncmp(second, "# cause ", 8))
		second[0] = '\0';
	fclose(f);
	line[strcspn(line, "\n")] = '\0';
	len = strlen(line);
	if (strncmp(line, "# ", 2) || len == 2 || len >= 80 + 2)
		return false;
	memcpy(signature, line + 2, len - 1);
	second[strcspn(second, "\n")] = '\0';
	snprintf(cause, PF_TARGET_NAME, "%.79s", *second ? second + 8 : signature);
	return true;
}

/* What was found before is known. */
static void read_known(struct pf_campaign *c, const char *dir)
{
	char signature[80], cause[PF_TARGET_NAME];

	if (read_signature(dir, signature, cause) && !find_finding(c, signature))
		remember(c, signature, cause, true);
}

/* What a campaign that was killed had no name for gets one; what it had not told is told. */
static void read_unfinished(struct pf_campaign *c, struct pf_worker *nobody, const char *dir,
			    const char *name)
{
	char input[PATH_MAX], story[PATH_MAX];
	struct pf_program p;
	bool unnamed = !strncmp(name, "unnamed-", 8);

	pf_campaign_path(input, dir, "input.bin");
	pf_campaign_path(story, dir, "story.txt");
	if (access(input, F_OK)) {
		rmdir(dir); /* killed before anything was in it */
	} else if ((unnamed || access(story, F_OK)) && pf_load(&p, input)) {
		name_finding(c, nobody, unnamed ? name + 8 : "crash-", &p, dir);
		free(p.ops);
	}
}

static int is_finding(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void read_findings(struct pf_campaign *c, struct pf_worker *nobody)
{
	char path[PATH_MAX], story[PATH_MAX];
	struct dirent **e;
	int n = scandir(c->findings, &e, is_finding, alphasort);

	for (int i = 0; i < n; i++) {
		pf_campaign_path(path, c->findings, e[i]->d_name);
		pf_campaign_path(story, path, "story.txt");
		if (!access(story, F_OK))
			read_known(c, path);
	}
	for (int i = 0; i < n; i++) {
		pf_campaign_path(path, c->findings, e[i]->d_name);
		read_unfinished(c, nobody, path, e[i]->d_name);
		free(e[i]);
	}
	if (n >= 0)
		free(e);
}

static void adopt_folder(struct pf_campaign *c, struct pf_worker *nobody, const char *left)
{
	unsigned news;
	bool kept = c->kept;

	pf_diary_log(&c->diary, "the campaign before was killed: looking into %s", left);
	c->kept = false;
	for (unsigned i = 0; i < PF_MAX_WORKERS; i++) {
		snprintf(nobody->artifacts, sizeof(nobody->artifacts), "%.480s/artifacts-%u", left,
			 i);
		pf_findings_collect(c, nobody, &news);
	}
	pf_campaign_remove_work(left, !c->kept);
	c->kept |= kept;
}

/* Working folders have the findings' folder in their name: whoever has its lock owns them. */
void pf_campaign_work_name(const struct pf_campaign *c, char name[64])
{
	struct stat st;

	if (stat(c->findings, &st))
		memset(&st, 0, sizeof(st));
	snprintf(name, 64, "pagefuzz-%llx-%llx-", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
}

/* The artifacts of a campaign that was killed are findings like others. */
void pf_findings_adopt(struct pf_campaign *c, const char *tmp)
{
	static struct pf_worker nobody;
	char left[PATH_MAX], name[64];
	DIR *dir = opendir(tmp);
	struct dirent *e;

	read_findings(c, &nobody);
	pf_campaign_work_name(c, name);
	while (dir && (e = readdir(dir))) {
		pf_campaign_path(left, tmp, e->d_name);
		if (!strncmp(e->d_name, name, strlen(name)) && strcmp(left, c->tmp))
			adopt_folder(c, &nobody, left);
	}
	if (dir)
		closedir(dir);
	/* Its TMPDIR may have been another one. */
	if (pf_diary_left(&c->diary, left) && strstr(left, "/pagefuzz-") && !access(left, F_OK))
		adopt_folder(c, &nobody, left);
}

/* Now and then each folder is told how often its finding was met. */
void pf_findings_tell_met(struct pf_campaign *c)
{
	char dir[PATH_MAX];

	for (unsigned i = 0; i < c->nr_findings; i++) {
		struct pf_finding *f = &c->finding[i];
		uint64_t met = times_met(c, f);

		if (met == f->told)
			continue;
		folder_of(c, f->signature, dir);
		pf_diary_met(&c->diary, dir, met - f->told);
		f->told = met;
	}
	c->told_at = pf_now();
}

/* How many of the worker's artifacts there are, and how many of them show something new. */
unsigned pf_findings_collect(struct pf_campaign *c, struct pf_worker *w, unsigned *news)
{
	DIR *dir = opendir(w->artifacts);
	unsigned nr = 0;
	struct dirent *e;

	*news = 0;
	while (dir && (e = readdir(dir)))
		/* slow-unit-* are no findings, just worth a look. */
		if (e->d_name[0] != '.' && strncmp(e->d_name, "slow-unit-", 10)) {
			nr++;
			*news += collect(c, w, e->d_name);
		}
	if (dir)
		closedir(dir);
	return nr;
}

/* A cause a paragraph, with the signatures that it was met under. */
void pf_findings_list(const struct pf_campaign *c)
{
	unsigned causes = 0;

	for (unsigned i = 0; i < c->nr_findings; i++)
		causes += shown(c, &c->finding[i]) && first_shown(c, i);
	printf("\n%u findings", pf_findings_shown(c));
	if (causes)
		printf(" of %u cause%s", causes, causes == 1 ? "" : "s");
	printf("\n");
	for (unsigned i = 0; i < c->nr_findings; i++) {
		if (!shown(c, &c->finding[i]) || !first_shown(c, i))
			continue;
		printf("  %s\n", c->finding[i].cause);
		for (unsigned k = i; k < c->nr_findings; k++) {
			const struct pf_finding *f = &c->finding[k];

			if (shown(c, f) && !strcmp(f->cause, c->finding[i].cause))
				printf("    %s, met %llu times%s\n", f->signature,
				       (unsigned long long)times_met(c, f),
				       f->old ? ", known from before" : "");
		}
	}
}

static struct json_object *cause_json(const struct pf_campaign *c, unsigned first)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();

	pf_json_text(o, "cause", c->finding[first].cause);
	for (unsigned i = first; i < c->nr_findings; i++) {
		const struct pf_finding *f = &c->finding[i];
		struct json_object *one;
		char dir[PATH_MAX];

		if (!shown(c, f) || strcmp(f->cause, c->finding[first].cause))
			continue;
		one = json_object_new_object();
		folder_of(c, f->signature, dir);
		pf_json_text(one, "signature", f->signature);
		pf_json_text(one, "folder", dir);
		pf_json_number(one, "met", times_met(c, f));
		json_object_object_add(one, "known_before", json_object_new_boolean(f->old));
		json_object_array_add(list, one);
	}
	json_object_object_add(o, "findings", list);
	return o;
}

struct json_object *pf_findings_json(const struct pf_campaign *c)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < c->nr_findings; i++)
		if (shown(c, &c->finding[i]) && first_shown(c, i))
			json_object_array_add(list, cause_json(c, i));
	return list;
}
