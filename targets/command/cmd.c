// SPDX-License-Identifier: GPL-2.0-only
/* cmd.c - what the subcommands share; see cmd.h. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "../language/codec.h"
#include "machine.h"
#include "progress.h"
#include "../language/text.h"

int pf_complain(const char *fmt, ...)
{
	va_list ap;

	pf_progress_clear();
	fprintf(stderr, "pagefuzz: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return PF_EXIT_USAGE;
}

bool pf_load_data(struct pf_program *p, const char *name, const unsigned char *data, size_t len)
{
	struct pf_text_error err;
	bool ok = true;
	size_t cap;

	if (!len) {
		pf_complain("%s: is empty, a program has at least one operation", name);
		return false;
	}
	/* A line of text holds at most one operation and takes at least 4 bytes. */
	cap = len;
	p->ops = malloc(cap * sizeof(*p->ops));
	if (!p->ops) {
		ok = false;
		pf_complain("%s: too large for the memory of this machine", name);
	} else if (!pf_is_text(data, len)) {
		p->nr = pf_decode(data, len, p->ops, cap);
	} else if (!pf_parse((const char *)data, len, p->ops, cap, &p->nr, &err)) {
		ok = false;
		pf_complain("%s:%zu: %s", name, err.line, err.message);
	}
	if (ok && !p->nr) {
		ok = false;
		pf_complain("%s: holds no operation", name);
	}
	if (!ok)
		free(p->ops);
	return ok;
}

bool pf_load(struct pf_program *p, const char *path)
{
	unsigned char *data;
	size_t len;
	bool ok;

	data = pf_read_file(path, &len);
	ok = data && pf_load_data(p, pf_input_name(path), data, len);
	free(data);
	return ok;
}

bool pf_open_lineup(const char *names, struct pf_lineup *lineup, struct pf_options *options)
{
	char error[512];

	if (!names) {
		pf_lineup_all(lineup);
	} else if (options) {
		return pf_machine_lineup(lineup, names, options);
	} else if (!pf_lineup_parse(lineup, names, error, sizeof(error))) {
		pf_complain("%s", error);
		return false;
	}
	return true;
}

struct pf_oracle *pf_open_oracle(const char *names, struct pf_lineup *lineup,
				 struct pf_options *options)
{
	struct pf_oracle *o;

	if (!pf_open_lineup(names, lineup, options))
		return NULL;
	o = pf_oracle_new(lineup->impl, lineup->nr);
	if (!o) {
		pf_complain("%s", pf_lineup_wrong(lineup->impl, lineup->nr));
		pf_lineup_free(lineup);
	}
	return o;
}

void pf_print_op_to(FILE *out, const struct pf_op *op)
{
	char line[PF_TEXT_LINE_MAX];

	pf_print_op(op, line, sizeof(line));
	fputs(line, out);
}

void pf_write_text(FILE *out, const struct pf_op *ops, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		pf_print_op_to(out, &ops[i]);
		fputc('\n', out);
	}
}

bool pf_write_bytes(FILE *out, const struct pf_op *ops, size_t n)
{
	uint8_t *buf = malloc(n * PF_OP_BYTES_MAX);
	size_t len;

	if (!buf)
		return false;
	len = pf_encode(ops, n, buf, n * PF_OP_BYTES_MAX, NULL);
	fwrite(buf, 1, len, out);
	free(buf);
	return true;
}

/* ---------------------------------------------------------------- table -- */

static uint64_t sum(const uint64_t *v)
{
	uint64_t s = 0;

	for (unsigned o = 0; o < PF_NR_ORDERS; o++)
		s += v[o];
	return s;
}

void pf_print_figures(FILE *out, const char *const *name, const struct pf_figures *f, unsigned nr)
{
	fprintf(out, "%-10s %12s %11s %9s %10s %8s %10s %12s %12s\n", "", "operations", "allocated",
		"failed", "migrated", "evicted", "fallbacks", "scanned", "checks");
	for (unsigned i = 0; i < nr; i++)
		fprintf(out, "%-10s %12llu %11llu %9llu %10llu %8llu %10llu %12llu %12llu\n",
			name[i], (unsigned long long)(f[i].ops - f[i].skipped),
			(unsigned long long)sum(f[i].alloc_ok),
			(unsigned long long)sum(f[i].alloc_failed),
			(unsigned long long)f[i].migrations, (unsigned long long)f[i].evictions,
			(unsigned long long)f[i].events[PF_EV_EXTFRAG],
			(unsigned long long)(f[i].migrate_scanned + f[i].free_scanned),
			(unsigned long long)f[i].checks);
	fprintf(out, "successes by order\n");
	for (unsigned i = 0; i < nr; i++) {
		int last = PF_MAX_ORDER;

		while (last > 0 && !f[i].alloc_ok[last])
			last--;
		fprintf(out, "%-10s", name[i]);
		for (int o = 0; o <= last; o++)
			fprintf(out, " %d:%llu", o, (unsigned long long)f[i].alloc_ok[o]);
		fputc('\n', out);
	}
}

void pf_print_packing(FILE *out, const char *const *name, const struct pf_figures *f, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		if (f[i].packable)
			fprintf(out,
				"%-10s made a free pageblock in %llu of %llu whole compactions "
				"that could, moving %.2f pages for each that had to be\n",
				name[i], (unsigned long long)f[i].packed,
				(unsigned long long)f[i].packable,
				(double)f[i].packing_moves / (double)f[i].least_moves);
}

void pf_print_probes(FILE *out, const struct pf_figures *f, unsigned nr)
{
	uint64_t met[PF_NR_PROBES] = {0}, runs = 0, any = 0;

	for (unsigned i = 0; i < nr; i++) {
		runs = f[i].runs > runs ? f[i].runs : runs;
		for (unsigned p = 0; p < PF_NR_PROBES; p++) {
			met[p] += f[i].met[p];
			any += f[i].met[p];
		}
	}
	if (!any)
		return;
	fprintf(out, "conditions met, in a thousand programs\n");
	for (unsigned p = 0; p < PF_NR_PROBES; p++)
		fprintf(out, "%10.1f  %s%s\n", 1000.0 * (double)met[p] / (double)runs,
			pf_probe_text[p], met[p] ? "" : ": NEVER");
}

void pf_print_ends(FILE *out, const char *const *name, const struct pf_figures *f, unsigned nr)
{
	fprintf(out, "at the end\n");
	for (unsigned i = 0; i < nr; i++) {
		if (!f[i].runs) {
			fprintf(out, "%-10s does not support %s\n", name[i],
				f[i].refused_runs > 1 ? "any of these layouts" : "this layout");
			continue;
		}
		fprintf(out,
			"%-10s %u pages unused, largest block of order %d, unusable index "
			"%u.%03u\n",
			name[i], f[i].free_pages, f[i].largest_free_order,
			f[i].unusable_index / 1000, f[i].unusable_index % 1000);
		if (f[i].refused_runs)
			fprintf(out, "%-10s could not run %llu of %llu programs: their layouts\n",
				"", (unsigned long long)f[i].refused_runs,
				(unsigned long long)(f[i].refused_runs + f[i].runs));
	}
}

void pf_print_table(FILE *out, const struct pf_oracle *o)
{
	const char *name[PF_MAX_LANES] = {NULL};
	struct pf_figures f[PF_MAX_LANES] = {0};
	unsigned nr = pf_oracle_lanes(o);

	for (unsigned i = 0; i < nr; i++) {
		name[i] = pf_oracle_impl(o, i)->name;
		f[i] = *pf_oracle_figures(o, i);
	}
	pf_print_figures(out, name, f, nr);
	pf_print_ends(out, name, f, nr);
}

bool pf_finding_path(const char *who, const struct pf_verdict *v, char *path, size_t size)
{
	static const char folder[] = "findings/";

	if (!pf_make_folders("findings"))
		return false;
	snprintf(path, size, "%s%s-%s.txt", folder, who, v->signature);
	for (char *s = path + strlen(folder); *s; s++)
		if (*s == '/')
			*s = '-';
	return true;
}
