// SPDX-License-Identifier: GPL-2.0-only
/*
 * import_ftrace.c - lines of ftrace text (trace, trace_pipe, trace-cmd report)
 * to events, and the reading of files, plain or gzipped.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "../../impls/impl.h"
#include "import.h"

static const char *const kind_name[PF_NR_TRACE_KINDS] = {
#define X(id, name) #name,
	PF_TRACE_KINDS(X)
#undef X
};

struct span {
	const char *s;
	size_t len;
};

static bool span_is(struct span a, const char *text)
{
	return a.len == strlen(text) && !memcmp(a.s, text, a.len);
}

static bool starts_with(struct span a, const char *text)
{
	return a.len >= strlen(text) && !memcmp(a.s, text, strlen(text));
}

/* Names of kernels before 3.3. */
static const struct {
	const char *name;
	enum pf_trace_kind kind;
} former[] = {
	{"mm_page_free_direct", PF_TRACE_FREE},
	{"mm_pagevec_free", PF_TRACE_FREE_BATCHED},
};

enum pf_trace_kind pf_trace_kind(const char *name, size_t len)
{
	for (int i = 0; i < PF_NR_TRACE_KINDS; i++)
		if (span_is((struct span){name, len}, kind_name[i]))
			return i;
	for (size_t i = 0; i < sizeof(former) / sizeof(former[0]); i++)
		if (span_is((struct span){name, len}, former[i].name))
			return former[i].kind;
	return PF_TRACE_OTHER;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct span trim(struct span a)
{
	while (a.len && is_space(a.s[0]))
		a.s++, a.len--;
	while (a.len && is_space(a.s[a.len - 1]))
		a.len--;
	return a;
}

/* Takes the next word off the rest. */
static struct span next_word(struct span *rest)
{
	struct span w;

	*rest = trim(*rest);
	w = (struct span){rest->s, 0};
	while (w.len < rest->len && !is_space(w.s[w.len]))
		w.len++;
	rest->s += w.len;
	rest->len -= w.len;
	return w;
}

/* Decimal, 0x hexadecimal, or -1 as all ones; the whole span. */
static bool number(struct span a, uint64_t *out)
{
	uint64_t v = 0;
	unsigned base = 10;
	bool negative = a.len && a.s[0] == '-';

	if (negative)
		a.s++, a.len--;
	if (a.len > 2 && a.s[0] == '0' && (a.s[1] | 0x20) == 'x') {
		base = 16;
		a.s += 2;
		a.len -= 2;
	}
	if (!a.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		char c = a.s[i];
		unsigned d = is_digit(c) ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a') + 10;

		if (d >= base || v > (UINT64_MAX - d) / base)
			return false;
		v = v * base + d;
	}
	*out = negative ? -v : v;
	return true;
}

/* ------------------------------------------------------------------ gfp -- */

static const struct {
	const char *name;
	uint32_t bits;
} gfp_names[] = {
	{"GFP_KERNEL", PF_TRACE_GFP_KERNEL},
	{"GFP_KERNEL_ACCOUNT", PF_TRACE_GFP_KERNEL | PF_TRACE_GFP_ACCOUNT},
	{"GFP_USER", PF_TRACE_GFP_USER},
	{"GFP_HIGHUSER", PF_TRACE_GFP_HIGHUSER},
	{"GFP_HIGHUSER_MOVABLE", PF_TRACE_GFP_HIGHUSER_MOVABLE},
	{"GFP_TRANSHUGE_LIGHT", PF_TRACE_GFP_THP_LIGHT},
	{"GFP_TRANSHUGE", PF_TRACE_GFP_THP_LIGHT | PF_GFP_DIRECT_RECLAIM},
	{"GFP_NOFS", PF_TRACE_GFP_RECLAIM | PF_GFP_IO},
	{"GFP_NOIO", PF_TRACE_GFP_RECLAIM},
	{"GFP_ATOMIC", PF_GFP_HIGH | PF_GFP_ATOMIC | PF_GFP_KSWAPD_RECLAIM},
	{"GFP_NOWAIT", PF_GFP_KSWAPD_RECLAIM},
	{"GFP_DMA", PF_TRACE_GFP_DMA},
	{"__GFP_DMA", PF_TRACE_GFP_DMA},
	{"GFP_DMA32", PF_TRACE_GFP_DMA32},
	{"__GFP_DMA32", PF_TRACE_GFP_DMA32},
	{"__GFP_HIGHMEM", PF_TRACE_GFP_HIGHMEM},
	{"__GFP_MOVABLE", PF_TRACE_GFP_MOVABLE},
	{"__GFP_RECLAIMABLE", 0}, /* the migratetype says it */
	{"__GFP_HIGH", PF_GFP_HIGH},
	{"__GFP_ATOMIC", PF_GFP_ATOMIC},
	{"__GFP_IO", PF_GFP_IO},
	{"__GFP_FS", PF_GFP_FS},
	{"__GFP_ZERO", PF_GFP_ZERO},
	{"__GFP_RECLAIM", PF_TRACE_GFP_RECLAIM},
	{"__GFP_DIRECT_RECLAIM", PF_GFP_DIRECT_RECLAIM},
	{"__GFP_KSWAPD_RECLAIM", PF_GFP_KSWAPD_RECLAIM},
	{"__GFP_NOWARN", PF_GFP_NOWARN},
	{"__GFP_RETRY_MAYFAIL", PF_GFP_RETRY_MAYFAIL},
	{"__GFP_NOFAIL", PF_GFP_NOFAIL},
	{"__GFP_NORETRY", PF_GFP_NORETRY},
	{"__GFP_COMP", PF_GFP_COMP},
	{"__GFP_MEMALLOC", PF_GFP_MEMALLOC},
	{"__GFP_NOMEMALLOC", PF_GFP_NOMEMALLOC},
	{"__GFP_THISNODE", PF_GFP_THISNODE},
	{"__GFP_HARDWALL", PF_TRACE_GFP_HARDWALL},
	{"__GFP_ACCOUNT", PF_TRACE_GFP_ACCOUNT},
	{"__GFP_WRITE", PF_TRACE_GFP_WRITE},
	{"__GFP_ZEROTAGS", 0},
	{"__GFP_SKIP_ZERO", 0},
	{"__GFP_SKIP_KASAN", 0},
	{"__GFP_SKIP_KASAN_POISON", 0},
	{"__GFP_SKIP_KASAN_UNPOISON", 0},
	{"__GFP_NOLOCKDEP", 0},
	/* Before 4.4 a flag had the name of a set; most of these were renamed or taken out. */
	{"GFP_WAIT", PF_TRACE_GFP_RECLAIM},
	{"GFP_TEMPORARY", PF_TRACE_GFP_KERNEL},
	{"GFP_IOFS", PF_GFP_IO | PF_GFP_FS},
	{"GFP_IO", PF_GFP_IO},
	{"GFP_FS", PF_GFP_FS},
	{"GFP_HIGH", PF_GFP_HIGH},
	{"GFP_ZERO", PF_GFP_ZERO},
	{"GFP_NOWARN", PF_GFP_NOWARN},
	{"GFP_NOFAIL", PF_GFP_NOFAIL},
	{"GFP_NORETRY", PF_GFP_NORETRY},
	{"GFP_COMP", PF_GFP_COMP},
	{"GFP_MEMALLOC", PF_GFP_MEMALLOC},
	{"GFP_NOMEMALLOC", PF_GFP_NOMEMALLOC},
	{"GFP_THISNODE", PF_GFP_THISNODE},
	{"GFP_HARDWALL", PF_TRACE_GFP_HARDWALL},
	{"GFP_MOVABLE", PF_TRACE_GFP_MOVABLE},
	{"GFP_RECLAIMABLE", 0},
	{"GFP_REPEAT", 0},
	{"__GFP_REPEAT", 0},
	{"GFP_COLD", 0},
	{"__GFP_COLD", 0},
	{"GFP_NOTRACK", 0},
	{"__GFP_NOTRACK", 0},
	{"GFP_NO_KSWAPD", 0},
	{"GFP_OTHER_NODE", 0},
	{"__GFP_OTHER_NODE", 0},
	{"(null)", 0},
	{"none", 0},
};

static uint32_t parse_gfp(struct span a, unsigned *unknown)
{
	uint32_t gfp = 0;

	while (a.len) {
		const char *bar = memchr(a.s, '|', a.len);
		struct span name = {a.s, bar ? (size_t)(bar - a.s) : a.len};
		size_t i = 0, nr = sizeof(gfp_names) / sizeof(gfp_names[0]);
		uint64_t v;

		while (i < nr && !span_is(name, gfp_names[i].name))
			i++;
		if (i < nr)
			gfp |= gfp_names[i].bits;
		else if (number(name, &v))
			gfp |= v;
		else
			++*unknown;
		a.s += name.len + !!bar;
		a.len -= name.len + !!bar;
	}
	return gfp;
}

/* ---------------------------------------------------------------- lines -- */

/* Seconds with a point to ns; ticks without one. The colon is behind it. */
static bool parse_time(struct span a, uint64_t *ns)
{
	uint64_t v = 0, unit = 0;

	if (a.len < 2 || a.s[a.len - 1] != ':' || !is_digit(a.s[0]))
		return false;
	for (size_t i = 0; i + 1 < a.len; i++) {
		if (a.s[i] == '.' && !unit) {
			unit = 1000000000;
		} else if (!is_digit(a.s[i])) {
			return false;
		} else if (!unit) {
			v = v * 10 + (unsigned)(a.s[i] - '0');
		} else if (unit > 1) {
			v = v * 10 + (unsigned)(a.s[i] - '0');
			unit /= 10;
		}
	}
	*ns = unit ? v * unit : v;
	return true;
}

/* The event's name and what it says. */
static bool parse_name(struct span rest, struct pf_trace_event *ev, struct span *info)
{
	struct span w = next_word(&rest);

	/* trace-cmd report --ts-diff. */
	if (starts_with(w, "(+") && w.s[w.len - 1] == ')')
		w = next_word(&rest);
	if (!w.len)
		return false;
	if (w.s[w.len - 1] == ':')
		w.len--;
	/* perf puts the system in front. */
	for (size_t i = 0; i < w.len; i++)
		if (w.s[i] == ':') {
			w.s += i + 1;
			w.len -= i + 1;
			i = -1;
		}
	ev->name = w.s;
	ev->name_len = w.len;
	ev->kind = pf_trace_kind(w.s, w.len);
	*info = rest;
	return w.len > 0;
}

/* Everything behind "[cpu]". */
static bool parse_tail(struct span rest, struct pf_trace_event *ev, struct span *info)
{
	struct span w = next_word(&rest);

	/* Flags such as "d..3.", in some formats in two words, or none. */
	for (int i = 0; i < 2 && w.len && !parse_time(w, &ev->time); i++) {
		if (w.len > 8)
			return false;
		if (!i && w.len >= 4)
			ev->in_irq = memchr("hsHzZ", w.s[2], 5) != NULL;
		w = next_word(&rest);
	}
	if (!parse_time(w, &ev->time))
		return false;
	return parse_name(rest, ev, info);
}

/* "comm-pid" or "comm-pid (tgid)": the number behind the last dash. */
static int parse_pid(struct span task)
{
	uint64_t pid = 0;
	size_t i;

	task = trim(task);
	if (task.len && task.s[task.len - 1] == ')') {
		while (task.len && task.s[task.len - 1] != '(')
			task.len--;
		task.len -= task.len > 0;
		task = trim(task);
	}
	for (i = task.len; i && is_digit(task.s[i - 1]); i--)
		;
	number((struct span){task.s + i, task.len - i}, &pid);
	return (int)pid;
}

enum { HAVE_PFN = 1, HAVE_ORDER = 2, HAVE_TYPE = 4, HAVE_GFP = 8 };

static bool parse_info(struct span info, struct pf_trace_event *ev)
{
	static const unsigned char need[PF_NR_TRACE_KINDS] = {
		[PF_TRACE_ALLOC] = HAVE_PFN | HAVE_ORDER | HAVE_TYPE | HAVE_GFP,
		[PF_TRACE_FREE] = HAVE_PFN | HAVE_ORDER,
		[PF_TRACE_FREE_BATCHED] = HAVE_PFN,
	};
	unsigned have = 0;
	struct span w;

	while ((w = next_word(&info)).len) {
		const char *eq = memchr(w.s, '=', w.len);
		struct span key, value;
		uint64_t v = 0;
		bool ok;

		if (!eq)
			continue;
		key = (struct span){w.s, eq - w.s};
		value = (struct span){eq + 1, w.len - key.len - 1};
		if (span_is(key, "gfp_flags")) {
			ev->gfp = parse_gfp(value, &ev->bad_gfp);
			have |= HAVE_GFP;
			continue;
		}
		ok = number(value, &v);
		if (span_is(key, "pfn") && ok) {
			ev->pfn = v;
			have |= HAVE_PFN;
		} else if (span_is(key, "order") && ok) {
			ev->order = (int64_t)v < -1 || (int64_t)v > 63 ? 63 : (int)v;
			have |= HAVE_ORDER;
		} else if (span_is(key, "migratetype") && ok) {
			ev->migratetype = v > 63 ? 63 : (int)v;
			have |= HAVE_TYPE;
		} else if (span_is(key, "zone_start") && ok) {
			ev->zone_start = v;
		} else if (span_is(key, "nr_reclaimed") && ok) {
			ev->nr = v;
		} else if (span_is(key, "mode")) {
			ev->sync = span_is(value, "sync");
		} else if (span_is(key, "page")) {
			ev->failed |= span_is(value, "(null)") || span_is(value, "NULL");
		}
	}
	/* -1 of an unsigned long, of 32 or of 64 bits. */
	ev->failed |= ev->pfn == 0 || ev->pfn == UINT32_MAX || ev->pfn == UINT64_MAX;
	ev->failed &= ev->kind == PF_TRACE_ALLOC;
	if (need[ev->kind] && (ev->order < 0 || ev->order > PF_TRACE_MAX_ORDER))
		return false;
	if (ev->pfn >= PF_TRACE_MAX_PFN && !ev->failed)
		return false;
	return (have & need[ev->kind]) == need[ev->kind];
}

/* "CPU:3 [LOST 45 EVENTS]", of trace-cmd report "CPU:3 [45 EVENTS DROPPED]". */
static enum pf_line parse_lost(struct span a, struct pf_trace_event *ev)
{
	bool lost = false;
	struct span w;
	uint64_t v;

	while ((w = next_word(&a)).len) {
		if (w.s[0] == '[')
			w.s++, w.len--;
		if (starts_with(w, "LOST") || starts_with(w, "DROPPED"))
			lost = true;
		else if (number(w, &v))
			ev->nr = v;
	}
	return lost ? PF_LINE_LOST : PF_LINE_COMMENT;
}

/* "120000us", "29671us+" and the like: of the latency format, since it began. */
static bool parse_us(struct span a, uint64_t *ns)
{
	uint64_t v = 0;
	size_t i = 0;

	while (i < a.len && i < 18 && is_digit(a.s[i]))
		v = v * 10 + (unsigned)(a.s[i++] - '0');
	if (!i || a.len - i < 2 || a.s[i] != 'u' || a.s[i + 1] != 's')
		return false;
	*ns = v * 1000;
	return true;
}

/*
 * Forms without "[cpu]". Latency format, which a dump on an oops has, too: "comm-pid 3d..1.
 * 120000us : name: ...". perf script without its field cpu: "comm pid 1840.33: kmem:name: ...".
 * tp_printk: "name: ..." behind the time of a kernel message. Comments of function graphs:
 * " 0)   |  COMMENT", where COMMENT holds "name: ...".
 */
static enum pf_line parse_other(struct span a, struct pf_trace_event *ev)
{
	struct span rest = a, before = {a.s, 0}, w, info;
	uint64_t cpu = 0, message = 0;
	const char *graph;
	size_t cpu_len = 0;
	bool printed = false;

	graph = memmem(a.s, a.len, "/* ", 3);
	if (graph && a.len > 2 && !memcmp(a.s + a.len - 2, "*/", 2)) {
		while (cpu_len < a.len && is_digit(a.s[cpu_len]))
			cpu_len++;
		ev->no_cpu = cpu_len == a.len || a.s[cpu_len] != ')' ||
			     !number((struct span){a.s, cpu_len}, &cpu);
		ev->cpu = (unsigned)cpu;
		rest = (struct span){graph + 3, a.len - 2 - (size_t)(graph + 3 - a.s)};
		return parse_name(rest, ev, &info) && ev->kind != PF_TRACE_OTHER &&
				       parse_info(info, ev)
			       ? PF_LINE_EVENT
			       : PF_LINE_BAD;
	}
	if (a.s[0] == '[') {
		rest.s++, rest.len--;
		w = next_word(&rest);
		if (w.len < 2 || w.s[w.len - 1] != ']')
			return PF_LINE_BAD;
		/* parse_time() wants the colon that is not there. */
		printed = is_digit(w.s[0]);
		for (size_t i = 0; i + 1 < w.len; i++)
			message = is_digit(w.s[i]) ? message * 10 + (unsigned)(w.s[i] - '0')
						   : message;
		before = rest = trim(rest);
		ev->time = message * 1000;
	}
	for (struct span last = {rest.s, 0}; (w = next_word(&rest)).len; last = w) {
		size_t digits = 0;

		if (printed && w.s == before.s && w.s[w.len - 1] == ':' &&
		    pf_trace_kind(w.s, w.len - 1) != PF_TRACE_OTHER) {
			ev->no_cpu = true;
			rest = before;
			break;
		}
		if (parse_us(w, &ev->time)) {
			while (digits < last.len && is_digit(last.s[digits]))
				digits++;
			if (!digits || !number((struct span){last.s, digits}, &cpu))
				return PF_LINE_BAD;
			ev->cpu = (unsigned)cpu;
			ev->in_irq =
				last.len >= digits + 3 && memchr("hsHzZ", last.s[digits + 2], 5);
			ev->pid = parse_pid((struct span){before.s, (size_t)(last.s - before.s)});
			/* A mark for a long delay, then a colon, in one word or two. */
			rest = trim(rest);
			if (w.s[w.len - 1] != ':' && rest.len && rest.s[0] == ':')
				rest.s++, rest.len--;
			break;
		}
		if (parse_time(w, &ev->time) && last.len && is_digit(last.s[0])) {
			ev->pid = parse_pid(last);
			ev->no_cpu = true;
			break;
		}
	}
	if (!w.len || !parse_name(rest, ev, &info) || ev->kind == PF_TRACE_OTHER)
		return PF_LINE_BAD;
	return parse_info(info, ev) ? PF_LINE_EVENT : PF_LINE_BAD;
}

enum pf_line pf_ftrace_parse(const char *line, size_t len, struct pf_trace_event *ev)
{
	struct span a = trim((struct span){line, len});

	*ev = (struct pf_trace_event){.kind = PF_TRACE_OTHER};
	if (!a.len || a.s[0] == '#' || starts_with(a, "=>") || starts_with(a, "cpus=") ||
	    starts_with(a, "version ="))
		return PF_LINE_COMMENT;
	if (starts_with(a, "CPU:") || starts_with(a, "CPU "))
		return parse_lost(a, ev);
	/* The first "[cpu]" that a timestamp follows: commands may hold brackets, too. */
	for (size_t i = 0; i < a.len; i++) {
		struct span cpu = {a.s + i + 1, 0}, info;
		uint64_t v;

		if (a.s[i] != '[' || (i && !is_space(a.s[i - 1])))
			continue;
		while (i + 1 + cpu.len < a.len && is_digit(cpu.s[cpu.len]))
			cpu.len++;
		if (i + 1 + cpu.len >= a.len || cpu.s[cpu.len] != ']' || !number(cpu, &v))
			continue;
		ev->in_irq = false;
		if (!parse_tail((struct span){cpu.s + cpu.len + 1, a.len - i - cpu.len - 2}, ev,
				&info))
			continue;
		ev->cpu = (unsigned)v;
		ev->pid = parse_pid((struct span){a.s, i});
		if (ev->kind != PF_TRACE_OTHER && !parse_info(info, ev))
			return PF_LINE_BAD;
		return PF_LINE_EVENT;
	}
	return parse_other(a, ev);
}

/* ---------------------------------------------------------------- files -- */

#define BUFFER (1u << 17)

static bool fail(char *error, size_t size, const char *path, const char *why)
{
	snprintf(error, size, "%s: %s", strcmp(path, "-") ? path : "standard input", why);
	return false;
}

/* Lines from `buf`; what is left behind the last newline moves to its start. */
static size_t feed(struct pf_import *im, char *buf, size_t len, bool *overlong, bool *more)
{
	char *p = buf, *end = buf + len, *nl;

	while (*more && (nl = memchr(p, '\n', end - p))) {
		if (!*overlong)
			*more = pf_import_line(im, p, nl - p);
		*overlong = false;
		p = nl + 1;
	}
	if (p == buf && len == BUFFER) {
		/* No event is that long: note it once, drop it up to its newline. */
		if (!*overlong)
			*more = pf_import_line(im, p, len);
		*overlong = true;
		return 0;
	}
	memmove(buf, p, end - p);
	return end - p;
}

static bool read_text(struct pf_import *im, gzFile f, const char *path, char *error, size_t size)
{
	char *buf = malloc(BUFFER);
	bool overlong = false, more = true;
	size_t left = 0;
	int got = 0, code;
	const char *why;

	if (!buf)
		return fail(error, size, path, "out of memory");
	while (more && (got = gzread(f, buf + left, BUFFER - left)) > 0)
		left = feed(im, buf, left + got, &overlong, &more);
	if (more && left)
		pf_import_note(im, PF_NOTE_CUT_OFF, 1);
	free(buf);
	if (!more)
		return true;
	why = gzerror(f, &code);
	if (code == Z_BUF_ERROR || (got >= 0 && code != Z_OK && code != Z_STREAM_END))
		return fail(error, size, path, "the gzip file ends too early: it was cut off");
	if (code == Z_ERRNO)
		return fail(error, size, path, strerror(errno));
	if (got < 0)
		return fail(error, size, path,
			    code == Z_DATA_ERROR ? "the gzip file is damaged" : why);
	return true;
}

bool pf_import_file(struct pf_import *im, const char *path, char *error, size_t size)
{
	static const char dat_magic[] = "\x17\x08\x44tracing";
	bool is_stdin = !strcmp(path, "-"), ok;
	char head[sizeof(dat_magic) - 1];
	struct stat st;
	gzFile f;

	if (!is_stdin && stat(path, &st))
		return fail(error, size, path, strerror(errno));
	if (!is_stdin && S_ISDIR(st.st_mode))
		return fail(error, size, path, "is a directory, a trace file is wanted");
	if (!is_stdin && S_ISREG(st.st_mode)) {
		FILE *raw = fopen(path, "rb");
		size_t n;

		if (!raw)
			return fail(error, size, path, strerror(errno));
		n = fread(head, 1, sizeof(head), raw);
		fclose(raw);
		if (!n)
			return fail(error, size, path, "is empty, a trace is wanted");
		if (n == sizeof(head) && !memcmp(head, dat_magic, n))
			return pf_import_dat(im, path, error, size);
	}
	f = is_stdin ? gzdopen(dup(STDIN_FILENO), "rb") : gzopen(path, "rb");
	if (!f)
		return fail(error, size, path, errno ? strerror(errno) : "out of memory");
	ok = read_text(im, f, path, error, size);
	gzclose(f);
	return ok;
}
