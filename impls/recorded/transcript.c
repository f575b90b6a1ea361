// SPDX-License-Identifier: GPL-2.0-only
/* transcript.c - transcripts as files; see transcript.h. */
#include "transcript.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MAX_RAW	  (1ull << 30) /* bytes; more is no transcript of ours */
#define MAX_RATIO 1040	       /* raw bytes for a packed one; zlib has no more */

/* -------------------------------------------------------------- numbers -- */

static void put_byte(struct pf_coder *c, uint8_t byte)
{
	if (c->at == c->room) {
		size_t room = c->room ? c->room * 2 : 4096;
		uint8_t *buf = realloc(c->buf, room);

		if (!buf) {
			c->bad = true;
			return;
		}
		c->buf = buf;
		c->room = room;
	}
	c->buf[c->at++] = byte;
}

uint64_t pf_code(struct pf_coder *c, uint64_t value)
{
	unsigned shift = 0;

	if (c->writing) {
		uint64_t rest = value;

		for (; rest > 127; rest >>= 7)
			put_byte(c, (uint8_t)(rest | 128));
		put_byte(c, (uint8_t)rest);
		return value;
	}
	for (value = 0; shift < 64; shift += 7) {
		uint8_t byte;

		if (c->at >= c->size) {
			c->bad = true;
			return 0;
		}
		byte = c->buf[c->at++];
		value |= (uint64_t)(byte & 127) << shift;
		if (byte < 128)
			return value;
	}
	c->bad = true;
	return 0;
}

void pf_code_raw(struct pf_coder *c, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put_byte(c, bytes[i]);
}

/* Reading: the value has to fit into what it is read into. */
static uint64_t code_upto(struct pf_coder *c, uint64_t value, uint64_t max, const char *what)
{
	value = pf_code(c, value);
	if (c->writing || value <= max)
		return value;
	if (!c->bad)
		c->why = what;
	c->bad = true;
	return 0;
}

static uint32_t code_u32(struct pf_coder *c, uint32_t value)
{
	return (uint32_t)code_upto(c, value, UINT32_MAX, "a number does not fit into 32 bits");
}

/* Small differences of either sign are small numbers. */
uint32_t pf_code_change(struct pf_coder *c, uint32_t value, uint32_t old)
{
	int32_t d = (int32_t)(value - old);
	uint32_t folded = ((uint32_t)d << 1) ^ (uint32_t)(d >> 31);

	folded = code_u32(c, folded);
	if (c->writing)
		return value;
	return old + ((folded >> 1) ^ -(folded & 1));
}

/* Failed is 0, so that it takes one byte and leaves the last pfn alone. */
uint32_t pf_code_pfn(struct pf_coder *c, uint32_t pfn)
{
	int64_t d = (int64_t)pfn - (int64_t)c->last;
	uint64_t folded = ((uint64_t)d << 1) ^ (uint64_t)(d >> 63);

	folded = pf_code(c, pfn == PF_NO_PFN ? 0 : folded + 1);
	if (c->writing) {
		if (pfn != PF_NO_PFN)
			c->last = pfn;
		return pfn;
	}
	if (!folded)
		return PF_NO_PFN;
	folded--;
	c->last += (folded >> 1) ^ -(folded & 1);
	if (c->last >= PF_NO_PFN) {
		c->bad = true;
		c->why = "a pfn does not fit into 32 bits";
		c->last = 0;
	}
	return (uint32_t)c->last;
}

/* ---------------------------------------------------------------- dumps -- */

static void code_list(struct pf_coder *c, struct pf_dump *d, struct pf_list *list, bool pfns)
{
	uint32_t nr = code_u32(c, list->nr);

	if (!c->writing)
		pf_dump_begin(d, list);
	if (d->lists_absent) {
		list->nr = nr;
		return;
	}
	for (uint32_t i = 0; i < nr && !c->bad; i++) {
		uint32_t word = c->writing ? d->word[list->first + i] : 0;

		word = pfns ? pf_code_pfn(c, word) : code_u32(c, word);
		if (!c->writing)
			pf_dump_add(d, list, word);
	}
}

/* Bits of a dump's first number. */
#define LISTS_ABSENT 1u
#define LRU_ADD	     2u

static unsigned dump_parts(const struct pf_layout *l, const struct pf_dump *d)
{
	unsigned parts = d->lists_absent ? LISTS_ABSENT : 0;

	for (unsigned cpu = 0; cpu < l->nr_cpus; cpu++)
		if (d->lru_add[cpu].nr)
			parts |= LRU_ADD;
	return parts;
}

void pf_code_dump(struct pf_coder *c, const struct pf_layout *l, struct pf_dump *d)
{
	unsigned parts = (unsigned)code_upto(c, c->writing ? dump_parts(l, d) : 0,
					     LISTS_ABSENT | LRU_ADD, "a dump has unknown parts");

	d->lists_absent = parts & LISTS_ABSENT;
	if (!c->writing)
		d->nr_words = 0;
	if (d->lists_absent)
		d->list_hash = pf_code(c, d->list_hash);
	d->nr_zones = l->nr_zones;
	d->nr_cpus = l->nr_cpus;
	d->nr_online_nodes = code_u32(c, d->nr_online_nodes);
	for (unsigned i = 0; i < PF_NR_TOTAL_FIELDS; i++)
		d->total[i] = code_u32(c, d->total[i]);
	for (unsigned z = 0; z < l->nr_zones; z++) {
		struct pf_zone_dump *zone = &d->zone[z];

		for (unsigned i = 0; i < PF_NR_ZONE_FIELDS; i++)
			zone->field[i] = code_u32(c, zone->field[i]);
		for (unsigned cpu = 0; cpu < l->nr_cpus; cpu++) {
			for (unsigned i = 0; i < PF_NR_CPU_FIELDS; i++)
				zone->cpu[cpu][i] = pf_code_change(c, zone->cpu[cpu][i], 0);
			for (unsigned i = 0; i < PF_NR_PCP_LISTS; i++)
				code_list(c, d, &zone->pcp[cpu][i], true);
		}
		for (unsigned o = 0; o <= l->max_order; o++)
			for (unsigned t = 0; t < PF_NR_BLOCK_TYPES; t++)
				code_list(c, d, &zone->free[o][t], true);
		code_list(c, d, &zone->blocks, false);
		if (!d->lists_absent)
			code_list(c, d, &zone->others, false);
	}
	if (!c->writing)
		memset(d->lru_add, 0, sizeof(d->lru_add));
	for (unsigned cpu = 0; parts & LRU_ADD && cpu < l->nr_cpus; cpu++)
		code_list(c, d, &d->lru_add[cpu], true);
}

/* ----------------------------------------------------------------- head -- */

static uint8_t code_u8(struct pf_coder *c, uint8_t value, unsigned max, const char *what)
{
	return (uint8_t)code_upto(c, value, max, what);
}

#define PAGES_MAX (1u << 22) /* that a run's tables are made for */

/* As far as it says how to read what follows; the rest is for who starts from it. */
static void code_layout(struct pf_coder *c, struct pf_layout *l)
{
	l->base_pfn = code_u32(c, l->base_pfn);
	l->end_pfn = code_u32(c, l->end_pfn);
	l->pageblock_order = code_u8(c, l->pageblock_order, PF_MAX_ORDER, "the pageblock order");
	l->max_order = code_u8(c, l->max_order, PF_MAX_ORDER, "the largest order");
	l->nr_nodes = code_u8(c, l->nr_nodes, PF_MAX_NODES, "the number of nodes");
	l->nr_cpus = code_u8(c, l->nr_cpus, PF_MAX_CPUS, "the number of cpus");
	l->nr_zones = code_u8(c, l->nr_zones, PF_MAX_ZONES, "the number of zones");
	l->nr_ranges = code_u8(c, l->nr_ranges, PF_MAX_RANGES, "the number of ranges");
	if (!c->writing && !c->bad &&
	    (l->end_pfn <= l->base_pfn || pf_layout_pages(l) > PAGES_MAX)) {
		c->bad = true;
		c->why = "the size of its memory";
	}
	for (unsigned i = 0; i < l->nr_zones; i++) {
		struct pf_zone_layout *z = &l->zone[i];

		z->start_pfn = code_u32(c, z->start_pfn);
		z->spanned = code_u32(c, z->spanned);
		z->node = code_u8(c, z->node, PF_MAX_NODES - 1, "the node of a zone");
		z->type = code_u8(c, z->type, PF_NR_ZONE_TYPES - 1, "the type of a zone");
		for (unsigned w = 0; w < PF_NR_WMARK; w++)
			z->wmark[w] = code_u32(c, z->wmark[w]);
	}
	for (unsigned i = 0; i < l->nr_ranges; i++) {
		struct pf_range *r = &l->range[i];

		r->start_pfn = code_u32(c, r->start_pfn);
		r->nr_pages = code_u32(c, r->nr_pages);
		r->kind = code_u8(c, r->kind, PF_RANGE_LATER, "the kind of a range");
	}
}

/* A run of bytes; when reading, memory for it is taken. */
static void code_bytes(struct pf_coder *c, uint8_t **data, size_t *size)
{
	*size = pf_code(c, *size);
	if (c->writing) {
		pf_code_raw(c, *data, *size);
		return;
	}
	if (c->bad || *size > c->size - c->at) {
		if (!c->bad)
			c->why = "more bytes are announced than there are";
		c->bad = true;
		*size = 0;
		return;
	}
	*data = malloc(*size + 1);
	if (!*data) {
		c->bad = true;
		*size = 0;
		return;
	}
	memcpy(*data, c->buf + c->at, *size);
	c->at += *size;
}

static void code_all(struct pf_coder *c, struct pf_transcript *t)
{
	code_layout(c, &t->layout);
	if (c->bad)
		return;
	if (!c->writing) {
		/* A word takes a byte at least, whatever the layout says. */
		t->start.room = 2 * pf_layout_pages(&t->layout) + 64;
		if (t->start.room > c->size - c->at)
			t->start.room = (uint32_t)(c->size - c->at);
		t->start.word = malloc((t->start.room + 1u) * sizeof(uint32_t));
		if (!t->start.word) {
			c->bad = true;
			return;
		}
	}
	pf_code_dump(c, &t->layout, &t->start);
	if (!c->bad && (t->start.nr_words > t->start.room || t->start.lists_absent)) {
		c->bad = true;
		c->why = "the lists of its start";
	}
	code_bytes(c, &t->program, &t->program_size);
	t->dump_every = code_u32(c, t->dump_every);
	t->functions = (uint32_t)code_upto(c, t->functions, (1u << PF_NR_CALLS) - 1,
					   "functions that nobody has");
	t->allocations = pf_code(c, t->allocations);
	t->migrations = pf_code(c, t->migrations);
	t->dumps = pf_code(c, t->dumps);
	code_bytes(c, &t->calls, &t->calls_size);
}

/* ---------------------------------------------------------------- files -- */

static bool complain(char *error, size_t size, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static bool complain(char *error, size_t size, const char *path, const char *fmt, ...)
{
	int n = snprintf(error, size, "%s: ", path);
	va_list ap;

	va_start(ap, fmt);
	if (n > 0 && (size_t)n < size)
		vsnprintf(error + n, size - n, fmt, ap);
	va_end(ap);
	return false;
}

static void put_le(uint8_t *to, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		to[i] = (uint8_t)(v >> 8 * i);
}

static uint64_t get_le(const uint8_t *from, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v |= (uint64_t)from[i] << 8 * i;
	return v;
}

#define MAGIC	"pagefuzz transcript "
#define NUMBERS 20

bool pf_transcript_write(const struct pf_transcript *t, const char *path, char *error, size_t size)
{
	struct pf_coder c = {.writing = true};
	uint8_t numbers[NUMBERS], *packed = NULL;
	uLongf length;
	bool ok = false;
	FILE *f = NULL;

	code_all(&c, (struct pf_transcript *)t);
	length = compressBound(c.at);
	packed = malloc(length);
	if (c.bad || !packed || compress2(packed, &length, c.buf, c.at, 9) != Z_OK) {
		complain(error, size, path, "not enough memory to pack %zu bytes", c.at);
		goto out;
	}
	f = strcmp(path, "-") ? fopen(path, "wb") : stdout;
	if (!f) {
		complain(error, size, path, "%s", strerror(errno));
		goto out;
	}
	put_le(numbers, c.at, 8);
	put_le(numbers + 8, length, 8);
	put_le(numbers + 16, crc32(0, c.buf, c.at), 4);
	fprintf(f, MAGIC "%d %s %s\n", PF_TRANSCRIPT_VERSION, t->who, t->version);
	fwrite(numbers, 1, sizeof(numbers), f);
	fwrite(packed, 1, length, f);
	ok = !fflush(f) && !ferror(f);
	if (f != stdout)
		ok &= !fclose(f);
	if (!ok)
		complain(error, size, f == stdout ? "standard output" : path, "%s",
			 strerror(errno));
out:
	free(packed);
	free(c.buf);
	return ok;
}

/* It goes to somebody's terminal. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

static bool read_head(struct pf_transcript *t, FILE *f, const char *path, uint8_t *numbers,
		      char *error, size_t size)
{
	char line[256];
	int version;

	if (!fgets(line, sizeof(line), f) || strncmp(line, MAGIC, strlen(MAGIC)) ||
	    sscanf(line + strlen(MAGIC), "%d %31s %95s", &version, t->who, t->version) != 3)
		return complain(error, size, path, "is no transcript");
	make_printable(t->who);
	make_printable(t->version);
	if (version != PF_TRANSCRIPT_VERSION)
		return complain(
			error, size, path,
			"is a transcript of version %d, this is version %d: record it again",
			version, PF_TRANSCRIPT_VERSION);
	if (fread(numbers, 1, NUMBERS, f) != NUMBERS)
		return complain(error, size, path, "is cut off in its head");
	return true;
}

/* What is left of the file; NULL: complained. */
static uint8_t *read_rest(FILE *f, const char *path, size_t *length, char *error, size_t size)
{
	size_t room = 1 << 16, n = 0, got;
	uint8_t *data = malloc(room);

	while (data && (got = fread(data + n, 1, room - n, f))) {
		n += got;
		if (n == room) {
			uint8_t *more = room < MAX_RAW ? realloc(data, room *= 2) : NULL;

			if (!more)
				free(data);
			data = more;
		}
	}
	*length = n;
	if (!data)
		complain(error, size, path, "too large for the memory of this machine");
	else if (ferror(f))
		complain(error, size, path, "%s", strerror(errno));
	else
		return data;
	free(data);
	return NULL;
}

/* Nobody takes the memory that a head announces: first comes what is there. */
static uint8_t *unpack(FILE *f, const char *path, const uint8_t *numbers, size_t *raw_size,
		       char *error, size_t size)
{
	uint64_t raw = get_le(numbers, 8), length = get_le(numbers + 8, 8);
	uint8_t *packed, *data = NULL;
	uLongf got = raw;
	size_t there;

	packed = read_rest(f, path, &there, error, size);
	if (!packed)
		return NULL;
	if (there < length) {
		complain(error, size, path, "is cut off: %llu packed bytes are announced",
			 (unsigned long long)length);
	} else if (there > length) {
		complain(error, size, path, "is corrupt: it goes on behind its end");
	} else if (raw > MAX_RAW || raw / MAX_RATIO > length) {
		complain(error, size, path, "is corrupt: it says that it holds %llu bytes",
			 (unsigned long long)raw);
	} else if (!(data = malloc(raw + 1))) {
		complain(error, size, path, "too large for the memory of this machine");
	} else if (uncompress(data, &got, packed, length) != Z_OK || got != raw ||
		   crc32(0, data, raw) != get_le(numbers + 16, 4)) {
		complain(error, size, path, "is corrupt: its checksum does not match");
	} else {
		free(packed);
		*raw_size = raw;
		return data;
	}
	free(packed);
	free(data);
	return NULL;
}

bool pf_transcript_read(struct pf_transcript *t, const char *path, char *error, size_t size)
{
	FILE *f = fopen(path, "rb");
	bool ok;

	memset(t, 0, sizeof(*t));
	if (!f)
		return complain(error, size, path, "%s", strerror(errno));
	ok = pf_transcript_read_from(t, f, path, error, size);
	fclose(f);
	return ok;
}

bool pf_transcript_read_from(struct pf_transcript *t, FILE *f, const char *path, char *error,
			     size_t size)
{
	struct pf_coder c = {0};
	uint8_t numbers[NUMBERS];

	memset(t, 0, sizeof(*t));
	if (read_head(t, f, path, numbers, error, size))
		c.buf = unpack(f, path, numbers, &c.size, error, size);
	if (!c.buf)
		return false;
	code_all(&c, t);
	if (!c.bad && c.at != c.size) {
		c.bad = true;
		c.why = "it goes on behind its end";
	}
	free(c.buf);
	if (!c.bad)
		return true;
	pf_transcript_free(t);
	return complain(error, size, path, "is corrupt: %s",
			c.why ? c.why : "its contents end too early");
}

void pf_transcript_free(struct pf_transcript *t)
{
	free(t->start.word);
	free(t->program);
	free(t->calls);
	memset(t, 0, sizeof(*t));
}
