// SPDX-License-Identifier: GPL-2.0-only
/*
 * text.c - print and parse the text form; see text.h. All names come from
 * pf_op_info[], so an operation appended there needs nothing here.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "codec.h"
#include "text.h"

/* Output that counts on when the buffer is full. */
struct out {
	char *buf;
	size_t size, len;
};

__attribute__((format(printf, 2, 3))) static void put(struct out *o, const char *format, ...)
{
	size_t room = o->len < o->size ? o->size - o->len : 0;
	va_list ap;

	va_start(ap, format);
	o->len += vsnprintf(room ? o->buf + o->len : NULL, room, format, ap);
	va_end(ap);
}

/* Operations whose first operand names what the second one is the value of. */
static bool is_key_value(unsigned kind)
{
	return kind == PF_OP_CONFIG || kind == PF_OP_TUNE;
}

/*
 * Operands of value 0 go without saying, but most first operands are what the
 * operation is about.
 */
static bool is_printed(const struct pf_op *op, unsigned i)
{
	return op->arg[i] || (i == 0 && op->kind != PF_OP_FREE && op->kind != PF_OP_DRAIN);
}

static void put_value(struct out *o, const struct pf_operand *operand, uint32_t value)
{
	if (value < operand->nr_symbols)
		put(o, "%s", operand->symbol[value]);
	else
		put(o, operand->hex ? "0x%x" : "%u", value);
}

static void put_op(struct out *o, const struct pf_op *op)
{
	const struct pf_op_info *info = &pf_op_info[op->kind];

	put(o, "%s", info->name);
	if (info->has_slot)
		put(o, " a%u", (unsigned)op->slot);
	if (is_key_value(op->kind)) {
		put(o, " ");
		put_value(o, &info->operand[0], op->arg[0]);
		put(o, "=%u", op->arg[1]);
		return;
	}
	for (unsigned i = 0; i < info->nr_operands; i++) {
		const struct pf_operand *operand = &info->operand[i];

		if (!is_printed(op, i))
			continue;
		put(o, " ");
		if (!operand->bare || op->arg[i] >= operand->nr_symbols)
			put(o, "%s=", operand->name);
		put_value(o, operand, op->arg[i]);
	}
}

size_t pf_print_op(const struct pf_op *op, char *buf, size_t size)
{
	struct out o = {.buf = buf, .size = size};

	put_op(&o, op);
	return o.len;
}

size_t pf_print(const struct pf_op *ops, size_t n, char *buf, size_t size)
{
	struct out o = {.buf = buf, .size = size};

	put(&o, "%s", "");
	for (size_t i = 0; i < n; i++) {
		put_op(&o, &ops[i]);
		put(&o, "\n");
	}
	return o.len;
}

/* A piece of the input; not NUL-terminated. */
struct word {
	const char *s;
	size_t len;
};

struct parser {
	struct word line; /* what is left of it */
	struct pf_op *op;
	const struct pf_op_info *info;
	struct pf_text_error *err;
	size_t first_other; /* line of the first operation that is not configuration, or 0 */
	unsigned seen;	    /* bit i: operand i was given */
};

#define QUOTE_MAX 24

/* A word for a message: cut to a sane length, only printable characters. */
struct quote {
	char s[QUOTE_MAX + 6];
};

static struct quote quote(struct word w)
{
	struct quote q;
	size_t n = w.len <= QUOTE_MAX ? w.len : QUOTE_MAX;

	q.s[0] = '\'';
	for (size_t i = 0; i < n; i++)
		q.s[1 + i] = w.s[i] > ' ' && w.s[i] <= '~' ? w.s[i] : '?';
	snprintf(q.s + 1 + n, sizeof(q.s) - 1 - n, "%s'", n < w.len ? "..." : "");
	return q;
}

#define QUOTE(w) quote(w).s

__attribute__((format(printf, 2, 3))) static bool fail(struct parser *p, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(p->err->message, sizeof(p->err->message), format, ap);
	va_end(ap);
	return false;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool word_is(struct word w, const char *s)
{
	return w.len == strlen(s) && !memcmp(w.s, s, w.len);
}

/* The kind with that name, or PF_NR_OPS. */
static unsigned find_kind(struct word name)
{
	unsigned kind = 0;

	while (kind < PF_NR_OPS && !word_is(name, pf_op_info[kind].name))
		kind++;
	return kind;
}

/* Behind UTF-8's byte order mark, which some editors put in front. */
static struct word skip_mark(struct word w)
{
	if (w.len >= 3 && !memcmp(w.s, "\xef\xbb\xbf", 3)) {
		w.s += 3;
		w.len -= 3;
	}
	return w;
}

bool pf_is_text(const uint8_t *buf, size_t len)
{
	struct word w = skip_mark((struct word){(const char *)buf, len});
	size_t left;

	while (w.len && (is_space(*w.s) || *w.s == '\n')) {
		w.s++;
		w.len--;
	}
	left = w.len;
	for (w.len = 0; w.len < left && !is_space(w.s[w.len]); w.len++)
		if (w.s[w.len] == '\n' || w.s[w.len] == '#')
			break;
	if ((left && *w.s == '#') || find_kind(w) < PF_NR_OPS)
		return true;
	for (size_t i = 0; i < len; i++)
		if (buf[i] >= PF_OPCODE)
			return false;
	return true;
}

/* The next word of the line; empty at its end. */
static struct word next_word(struct parser *p)
{
	struct word w;

	while (p->line.len && is_space(*p->line.s)) {
		p->line.s++;
		p->line.len--;
	}
	w.s = p->line.s;
	for (w.len = 0; w.len < p->line.len && !is_space(w.s[w.len]); w.len++)
		;
	p->line.s += w.len;
	p->line.len -= w.len;
	return w;
}

static int digit_value(char c, unsigned base)
{
	int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

	if (c >= 'A' && c <= 'F')
		v = c - 'A' + 10;
	return v < (int)base ? v : -1;
}

/* A number up to max, decimal or hexadecimal with 0x. */
static bool parse_number(struct word w, uint32_t max, uint32_t *value)
{
	unsigned base = 10;
	uint64_t v = 0;

	if (w.len > 2 && w.s[0] == '0' && (w.s[1] == 'x' || w.s[1] == 'X')) {
		base = 16;
		w.s += 2;
		w.len -= 2;
	}
	if (!w.len)
		return false;
	for (size_t i = 0; i < w.len; i++) {
		int digit = digit_value(w.s[i], base);

		v = v * base + (unsigned)digit;
		if (digit < 0 || v > max)
			return false;
	}
	*value = v;
	return true;
}

static int find_symbol(const struct pf_operand *operand, struct word w)
{
	for (int i = 0; i < operand->nr_symbols; i++)
		if (word_is(w, operand->symbol[i]))
			return i;
	return -1;
}

static void put_symbols(struct out *o, const struct pf_operand *operand)
{
	for (unsigned i = 0; i < operand->nr_symbols; i++)
		put(o, "%s%s", i ? "|" : "", operand->symbol[i]);
}

/* Store a value written as a symbol or a number. */
static bool parse_value(struct parser *p, unsigned i, struct word w)
{
	const struct pf_operand *operand = &p->info->operand[i];
	struct out o = {.buf = p->err->message, .size = sizeof(p->err->message)};
	int symbol = find_symbol(operand, w);
	uint32_t value = symbol;

	if (symbol < 0 && !parse_number(w, operand->max, &value)) {
		put(&o, "%s %s: expected ", operand->name, QUOTE(w));
		put_symbols(&o, operand);
		put(&o, "%s0..%u", operand->nr_symbols ? " or " : "", operand->max);
		return false;
	}
	if (p->seen & 1u << i)
		return fail(p, "%s: %s is given twice", p->info->name, operand->name);
	p->seen |= 1u << i;
	p->op->arg[i] = value;
	return true;
}

static bool unknown_operand(struct parser *p, struct word w)
{
	struct out o = {.buf = p->err->message, .size = sizeof(p->err->message)};

	put(&o, "%s: unexpected %s; it takes %s", p->info->name, QUOTE(w),
	    p->info->nr_operands ? ""
	    : p->info->has_slot	 ? "only a slot"
				 : "no operands");
	for (unsigned i = 0; i < p->info->nr_operands; i++) {
		const struct pf_operand *operand = &p->info->operand[i];

		put(&o, "%s", i ? " " : "");
		if (operand->bare)
			put_symbols(&o, operand);
		else
			put(&o, "%s=", operand->name);
	}
	return false;
}

/* Split "name=value"; without a '=' all is name and the value's s is NULL. */
static struct word split(struct word *w)
{
	const char *eq = memchr(w->s, '=', w->len);
	struct word value = {NULL, 0};

	if (eq) {
		value.s = eq + 1;
		value.len = w->s + w->len - value.s;
		w->len = eq - w->s;
	}
	return value;
}

static bool parse_operand(struct parser *p, struct word w)
{
	struct word name = w, value = split(&name);

	for (unsigned i = 0; i < p->info->nr_operands; i++) {
		const struct pf_operand *operand = &p->info->operand[i];

		if (value.s) {
			if (word_is(name, operand->name))
				return parse_value(p, i, value);
		} else if (operand->bare && find_symbol(operand, w) >= 0) {
			return parse_value(p, i, w);
		}
	}
	return unknown_operand(p, w);
}

static bool parse_key_value(struct parser *p)
{
	struct word w = next_word(p), key = w, value = split(&key);

	if (!value.s)
		return fail(p, "%s: expected %s=value, got %s", p->info->name,
			    p->info->operand[0].name, w.len ? QUOTE(w) : "nothing");
	if (!parse_value(p, 0, key) || !parse_value(p, 1, value))
		return false;
	w = next_word(p);
	if (w.len)
		return fail(p, "%s: unexpected %s; it takes one %s=value a line", p->info->name,
			    QUOTE(w), p->info->operand[0].name);
	return true;
}

static bool parse_slot(struct parser *p)
{
	struct word w = next_word(p), number = w;

	if (number.len) {
		number.s++;
		number.len--;
	}
	if (!w.len || *w.s != 'a' || !parse_number(number, PF_NR_SLOTS - 1, &p->op->slot))
		return fail(p, "%s: expected a slot a0..a%u, got %s", p->info->name,
			    PF_NR_SLOTS - 1, w.len ? QUOTE(w) : "nothing");
	return true;
}

/* Edit distance of a short word and a name, for "did you mean". */
static unsigned distance(struct word w, const char *name)
{
	unsigned row[QUOTE_MAX + 1], diagonal, above, best;

	if (w.len > QUOTE_MAX)
		return ~0u;
	for (size_t i = 0; i <= w.len; i++)
		row[i] = i;
	for (; *name; name++) {
		diagonal = row[0]++;
		for (size_t i = 1; i <= w.len; i++) {
			above = row[i];
			best = above < row[i - 1] ? above + 1 : row[i - 1] + 1;
			diagonal += w.s[i - 1] != *name;
			row[i] = diagonal < best ? diagonal : best;
			diagonal = above;
		}
	}
	return row[w.len];
}

static bool unknown_operation(struct parser *p, struct word w)
{
	unsigned best = 3, d;
	const char *near = NULL;

	for (unsigned kind = 0; kind < PF_NR_OPS; kind++) {
		d = distance(w, pf_op_info[kind].name);
		if (d < best && d < w.len) {
			best = d;
			near = pf_op_info[kind].name;
		}
	}
	if (near)
		return fail(p, "unknown operation %s; did you mean '%s'?", QUOTE(w), near);
	return fail(p, "unknown operation %s; expected one such as 'alloc a3 order=2'", QUOTE(w));
}

/* Parse the operation that begins with the word `name`; the rest is in p->line. */
static bool parse_op(struct parser *p, struct word name)
{
	unsigned kind = find_kind(name);
	struct word w;

	if (kind == PF_NR_OPS)
		return unknown_operation(p, name);
	p->info = &pf_op_info[kind];
	p->seen = 0;
	memset(p->op, 0, sizeof(*p->op));
	p->op->kind = kind;
	if (!pf_op_is_config(kind) && !p->first_other)
		p->first_other = p->err->line;
	else if (pf_op_is_config(kind) && p->first_other)
		return fail(p,
			    "%s is configuration: it must stand before the operation in line %zu",
			    p->info->name, p->first_other);
	if (p->info->has_slot && !parse_slot(p))
		return false;
	if (is_key_value(kind))
		return parse_key_value(p);
	while ((w = next_word(p)).len)
		if (!parse_operand(p, w))
			return false;
	return true;
}

/* Cut the comment off; what is left is ASCII. */
static bool check_characters(struct parser *p)
{
	const char *comment = memchr(p->line.s, '#', p->line.len);

	if (memchr(p->line.s, '\0', p->line.len))
		return fail(p, "a NUL character; is this a text file?");
	if (comment)
		p->line.len = comment - p->line.s;
	for (size_t i = 0; i < p->line.len; i++) {
		unsigned char c = p->line.s[i];

		if (c >= PF_OPCODE)
			return fail(p,
				    "byte 0x%02x; outside comments text is plain ASCII: write it "
				    "so, or put it behind a '#'",
				    c);
	}
	return true;
}

bool pf_parse(const char *text, size_t len, struct pf_op *ops, size_t cap, size_t *n,
	      struct pf_text_error *err)
{
	struct parser p = {.err = err};
	const char *end = len ? text + len : text;

	*n = 0;
	err->message[0] = '\0';
	text = skip_mark((struct word){text, len}).s;
	for (err->line = 1; text < end; err->line++) {
		const char *newline = memchr(text, '\n', end - text);
		struct word name;

		p.line = (struct word){text, (newline ? newline : end) - text};
		text = newline ? newline + 1 : end;
		if (!check_characters(&p))
			return false;
		name = next_word(&p);
		if (!name.len)
			continue;
		if (*n == cap)
			return fail(&p, "too many operations; there is room for %zu", cap);
		p.op = &ops[*n];
		if (!parse_op(&p, name))
			return false;
		++*n;
	}
	return true;
}
