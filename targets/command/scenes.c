// SPDX-License-Identifier: GPL-2.0-only
/* scenes.c - see scenes.h. */
#include "scenes.h"

#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "../../impls/names.h"

/* A lane as it was, and as it is. */
struct lane {
	struct pf_sight was, is;
	char *answer; /* to this operation; NULL: none */
};

struct pf_scenes {
	struct pf_oracle *oracle;
	FILE *out;
	size_t step;
	size_t nr_ops, from; /* steps before that are not looked at */
	unsigned nr_lanes;
	uint32_t pages, room;
	bool on, told;
	const struct pf_op *op;
	struct lane lane[PF_MAX_LANES];
};

/* ------------------------------------------------------------------ text -- */

/* Length of the character at p, 0 if it is none. */
static size_t utf8_length(const unsigned char *p)
{
	size_t n = *p < 0x80		     ? 1
		   : *p >= 0xc2 && *p < 0xe0 ? 2
		   : *p >= 0xe0 && *p < 0xf0 ? 3
		   : *p >= 0xf0 && *p < 0xf5 ? 4
					     : 0;

	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
	    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

void pf_scenes_text(FILE *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	fputc('"', out);
	while (*p) {
		size_t n = utf8_length(p);

		if (!n) {
			fputs("\\ufffd", out);
			p++;
			continue;
		}
		/* U+2028 and U+2029 end a line for some, < might end the script. */
		if (n == 1 && (*p < ' ' || strchr("\"\\<>&", *p) || *p == 0x7f))
			fprintf(out, "\\u%04x", *p);
		else if (n == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] | 1) == 0xa9)
			fprintf(out, "\\u20%02x", p[2] & 0x3f);
		else
			fwrite(p, 1, n, out);
		p += n;
	}
	fputc('"', out);
}

/* ---------------------------------------------------------------- layout -- */

static void *array(uint32_t nr, size_t size)
{
	void *p = calloc(nr + 1, size);

	if (!p)
		exit(pf_complain("out of memory"));
	return p;
}

static void free_sight(struct pf_sight *s)
{
	free(s->look);
	free(s->slot);
	free(s->block);
	free(s->where);
	free(s->block_type);
}

static void make_room(struct pf_sight *s, uint32_t pages)
{
	free_sight(s);
	s->look = array(pages, sizeof(*s->look));
	s->slot = array(pages, sizeof(*s->slot));
	s->block = array(pages, sizeof(*s->block));
	s->where = array(pages, sizeof(*s->where));
	s->block_type = array(pages, sizeof(*s->block_type));
}

static void tell_layout(struct pf_scenes *s)
{
	const struct pf_layout *l = pf_oracle_layout(s->oracle);
	uint64_t steps;

	s->told = true;
	s->pages = l->end_pfn - l->base_pfn;
	for (unsigned i = 0; i < s->nr_lanes; i++) {
		make_room(&s->lane[i].was, s->pages);
		make_room(&s->lane[i].is, s->pages);
		memset(s->lane[i].was.block_type, PF_NR_BLOCK_TYPES, s->pages);
	}
	steps = PF_SCENES_PAGES / ((uint64_t)s->pages * s->nr_lanes + 1);
	s->from = steps < s->nr_ops ? s->nr_ops - steps : 0;
	fprintf(s->out,
		"{\"base\":%u,\"pages\":%u,\"blockOrder\":%u,\"maxOrder\":%u,\"from\":%zu,"
		"\"zones\":[",
		l->base_pfn, s->pages, l->pageblock_order, l->max_order, s->from);
	for (unsigned z = 0; z < l->nr_zones; z++) {
		fprintf(s->out, "%s{\"name\":", z ? "," : "");
		pf_scenes_text(s->out, pf_zone_type_name(l->zone[z].type));
		fprintf(s->out, ",\"node\":%u,\"start\":%u,\"pages\":%u}", l->zone[z].node,
			l->zone[z].start_pfn, l->zone[z].spanned);
	}
	fprintf(s->out, "],\"lanes\":[");
	for (unsigned i = 0; i < s->nr_lanes; i++) {
		fputs(i ? "," : "", s->out);
		pf_scenes_text(s->out, pf_oracle_impl(s->oracle, i)->name);
	}
	fprintf(s->out, "]}\n");
}

/* ----------------------------------------------------------------- steps -- */

static void tell_pages(FILE *out, const struct pf_sight *was, const struct pf_sight *is,
		       uint32_t pages)
{
	const char *comma = "";

	fprintf(out, "\"p\":[");
	for (uint32_t i = 0, n; i < pages; i += n) {
		n = 1;
		if (is->look[i] == was->look[i] && is->slot[i] == was->slot[i])
			continue;
		while (i + n < pages && is->look[i + n] == is->look[i] &&
		       is->slot[i + n] == is->slot[i] &&
		       (is->look[i + n] != was->look[i + n] || is->slot[i + n] != was->slot[i + n]))
			n++;
		fprintf(out, "%s%u,%u,%u,%u", comma, i, n, is->look[i], is->slot[i]);
		comma = ",";
	}
	fprintf(out, "]");
}

static void tell_blocks(FILE *out, const struct pf_sight *was, const struct pf_sight *is,
			uint32_t pages)
{
	const char *comma = "";

	fprintf(out, ",\"b\":[");
	for (uint32_t i = 0; i < pages; i++) {
		if (is->block[i] == was->block[i] &&
		    (!is->block[i] || is->where[i] == was->where[i]))
			continue;
		fprintf(out, "%s%u,%u,%u", comma, i, is->block[i], is->where[i]);
		comma = ",";
	}
	fprintf(out, "]");
}

static void tell_types(FILE *out, const struct pf_sight *was, const struct pf_sight *is,
		       uint32_t nr)
{
	const char *comma = "";

	fprintf(out, ",\"t\":[");
	for (uint32_t i = 0; i < nr; i++) {
		if (is->block_type[i] == was->block_type[i])
			continue;
		fprintf(out, "%s%u,%u", comma, i, is->block_type[i]);
		comma = ",";
	}
	fprintf(out, "]");
}

static void tell_lane(struct pf_scenes *s, unsigned i, bool ask)
{
	struct lane *lane = &s->lane[i];
	struct pf_sight swap;
	unsigned shift = pf_oracle_layout(s->oracle)->pageblock_order;

	if (!pf_oracle_look(s->oracle, i, ask, &lane->is)) {
		fputs("null", s->out);
		return;
	}
	/* Who does not say is taken to be as before. */
	if (!ask)
		memcpy(lane->is.block_type, lane->was.block_type, (s->pages >> shift) + 1);
	fputc('{', s->out);
	tell_pages(s->out, &lane->was, &lane->is, s->pages);
	if (lane->is.listed)
		tell_blocks(s->out, &lane->was, &lane->is, s->pages);
	tell_types(s->out, &lane->was, &lane->is, (s->pages >> shift) + 1);
	fprintf(s->out, ",\"listed\":%s,\"free\":%u,\"largest\":%d,\"moved\":%llu}",
		lane->is.listed ? "true" : "false", lane->is.free, lane->is.largest,
		(unsigned long long)lane->is.moved);
	swap = lane->was;
	lane->was = lane->is;
	lane->is = swap;
}

static void tell_lanes(struct pf_scenes *s, bool ask)
{
	fprintf(s->out, ",\"l\":[");
	for (unsigned i = 0; i < s->nr_lanes; i++) {
		fputs(i ? "," : "", s->out);
		tell_lane(s, i, ask);
	}
	fprintf(s->out, "]");
}

static void tell_text(FILE *out, const struct pf_op *op)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f) {
		pf_print_op_to(f, op);
		fclose(f);
	}
	pf_scenes_text(out, text ? text : "");
	free(text);
}

static void tell_op(struct pf_scenes *s)
{
	fprintf(s->out, "{\"s\":%zu,\"op\":", s->step);
	tell_text(s->out, s->op);
	fprintf(s->out, ",\"a\":[");
	for (unsigned i = 0; i < s->nr_lanes; i++) {
		fputs(i ? "," : "", s->out);
		if (s->lane[i].answer)
			pf_scenes_text(s->out, s->lane[i].answer);
		else
			fputs("null", s->out);
	}
	fprintf(s->out, "]");
}

static void forget_answers(struct pf_scenes *s)
{
	for (unsigned i = 0; i < s->nr_lanes; i++) {
		free(s->lane[i].answer);
		s->lane[i].answer = NULL;
	}
}

static void on_trace(void *arg, size_t step, const struct pf_op *op, unsigned lane,
		     const char *answer)
{
	struct pf_scenes *s = arg;

	if (!s->on)
		return;
	if (!s->told)
		tell_layout(s);
	if (answer) {
		free(s->lane[lane].answer);
		s->lane[lane].answer = strdup(answer);
		return;
	}
	/* The next one is announced, in case that it is the last. */
	s->op = op;
	s->step = step;
	forget_answers(s);
	fprintf(s->out, "{\"begin\":%zu,\"op\":", step);
	tell_text(s->out, op);
	fprintf(s->out, "}\n");
	fflush(s->out);
}

static void after_op(void *arg, size_t step)
{
	struct pf_scenes *s = arg;

	if (!s->on || !s->op)
		return;
	tell_op(s);
	if (step >= s->from)
		tell_lanes(s, true);
	fprintf(s->out, "}\n");
	s->op = NULL;
}

/* ------------------------------------------------------------------- run -- */

struct pf_scenes *pf_scenes_new(struct pf_oracle *o, size_t nr_ops, FILE *out)
{
	struct pf_scenes *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->oracle = o;
	s->nr_ops = nr_ops;
	s->out = out;
	s->nr_lanes = pf_oracle_lanes(o);
	return s;
}

void pf_scenes_free(struct pf_scenes *s)
{
	if (!s)
		return;
	forget_answers(s);
	for (unsigned i = 0; i < s->nr_lanes; i++) {
		free_sight(&s->lane[i].was);
		free_sight(&s->lane[i].is);
	}
	free(s);
}

void pf_scenes_begin(struct pf_scenes *s)
{
	s->on = true;
	s->told = false;
	s->op = NULL;
}

void pf_scenes_end(struct pf_scenes *s, bool finding)
{
	if (finding && s->told) {
		/* The operation that did not come to its end, and what it left behind. */
		if (s->op) {
			tell_op(s);
			fprintf(s->out, ",\"last\":true");
		} else {
			fprintf(s->out, "{\"last\":true,\"op\":null,\"a\":[]");
		}
		tell_lanes(s, false);
		fprintf(s->out, "}\n");
	}
	fflush(s->out);
	s->on = false;
}

void pf_scenes_options(struct pf_scenes *s, struct pf_options *options)
{
	options->trace = on_trace;
	options->trace_arg = s;
	options->after_op = after_op;
	options->after_op_arg = s;
}
