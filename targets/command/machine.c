// SPDX-License-Identifier: GPL-2.0-only
/* machine.c - opens the machines of a lineup; see machine.h. */
#include "machine.h"
#include "../engines/beside.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../oracle/layout.h"
#include "../../oracle/layout_check.h"
#include "cmd.h"

bool pf_machine_named(const char *name)
{
	size_t len = strcspn(name, ",:=");

	return (len >= 6 && !strncmp(name, "kernel", 6) && (len == 6 || name[6] == '-')) ||
	       (len == 8 && !strncmp(name, "recorded", 8));
}

static bool parse_place(const char *text, struct pf_kernel_config *config)
{
	static const char *const place[] = {
		[PF_KERNEL_DIMM] = "dimm", [PF_KERNEL_BOOT] = "boot", [PF_KERNEL_SPLIT] = "split"};
	size_t len = strcspn(text, "=");
	unsigned long mb;

	for (unsigned i = 0; i < sizeof(place) / sizeof(place[0]); i++) {
		if (strlen(place[i]) != len || strncmp(place[i], text, len))
			continue;
		config->place = i;
		if (!text[len])
			return true;
		if (!pf_number(text + len + 1, "kernel:PLACE=", 2048, &mb))
			return false;
		/* Memory is plugged in by blocks of 128 MB (x86-64's memory_block_size_bytes()). */
		if (mb < 128 || (i == PF_KERNEL_DIMM && mb % 128)) {
			pf_complain("kernel:%s: %s MB from 128 to 2048", text,
				    i == PF_KERNEL_DIMM ? "a multiple of 128" : "a number of");
			return false;
		}
		config->node_mb = (unsigned)mb;
		return true;
	}
	pf_complain("the kernel has no place '%s' (there are: dimm, boot, split)", text);
	return false;
}

/* ----------------------------------------------------------- laboratory -- */

/* A folder with a kernel in it: FOLDER/lab, and -6.12 behind that for kernel-6.12. */
static bool is_lab(char *folder, size_t size, const char *lab, const char *suffix)
{
	char kernel[PATH_MAX];
	int n = snprintf(folder, size, "%s%s", lab, suffix);

	return n > 0 && (size_t)n < size &&
	       snprintf(kernel, sizeof(kernel), "%s/kernel", folder) < (int)sizeof(kernel) &&
	       !access(kernel, R_OK);
}

struct sought {
	char *folder;
	size_t size;
	const char *suffix;
};

static bool is_sought(void *arg, const char *path)
{
	const struct sought *s = arg;

	return is_lab(s->folder, s->size, path, s->suffix);
}

/* False: complained. */
static bool find_lab(char *folder, size_t size, const char *suffix)
{
	struct sought sought = {folder, size, suffix};
	const char *told = getenv("PAGEFUZZ_LAB");

	if (told && *told) {
		if (is_lab(folder, size, told, suffix))
			return true;
		pf_complain("there is no kernel in %s%s (PAGEFUZZ_LAB)", told, suffix);
		return false;
	}
	if (pf_beside("lab", is_sought, &sought))
		return true;
	pf_complain("there is no kernel in build/lab%s: run %s first", suffix,
		    *suffix ? "scripts/lab --kernel VERSION" : "make lab");
	return false;
}

/* Is that what the machine starts from, a start that a run can begin with? */
static bool start_valid(const struct pf_machine *m, char *why, size_t size)
{
	return pf_layout_valid(&m->start.layout, why, size) &&
	       pf_dump_valid(&m->start.layout, &m->start.dump, why, size);
}

static bool open_kernel(struct pf_machine *m, const char *suffix, const char *place,
			const char *name)
{
	char folder[PATH_MAX - 128], kernel[PATH_MAX], initrd[PATH_MAX], console[PATH_MAX];
	struct pf_kernel_config config = {
		.name = name, .kernel = kernel, .initrd = initrd, .console = console};
	char error[4096];

	if ((place && !parse_place(place, &config)) || !find_lab(folder, sizeof(folder), suffix))
		return false;
	snprintf(kernel, sizeof(kernel), "%s/kernel", folder);
	snprintf(initrd, sizeof(initrd), "%s/initrd.gz", folder);
	/* Two of one laboratory have a console each. */
	snprintf(console, sizeof(console), "%s/console-%s.log", folder, name ? name : "run");
	m->kernel = pf_kernel_open(&config, &m->start.layout, &m->start.dump, error, sizeof(error));
	if (!m->kernel) {
		pf_complain("%s", error);
		return false;
	}
	if (!start_valid(m, error, sizeof(error))) {
		pf_complain("the kernel's start makes no sense: %s", error);
		pf_machine_close(m);
		return false;
	}
	m->impl = pf_kernel_impl(m->kernel);
	snprintf(m->version, sizeof(m->version), "%s", pf_kernel_version(m->kernel));
	return true;
}

bool pf_machine_play(struct pf_machine *m, const char *path, const char *name, char *error,
		     size_t size)
{
	char why[200];

	memset(m, 0, sizeof(*m));
	if (!pf_transcript_read(&m->transcript, path, error, size))
		return false;
	m->start.layout = m->transcript.layout;
	m->start.dump = m->transcript.start;
	if (!start_valid(m, why, sizeof(why))) {
		snprintf(error, size, "%s: is corrupt: %s", path, why);
		pf_machine_close(m);
		return false;
	}
	m->player = pf_recorded_play(&m->transcript, name);
	if (!m->player) {
		snprintf(error, size, "out of memory");
		pf_machine_close(m);
		return false;
	}
	m->impl = pf_recorded_impl(m->player);
	snprintf(m->version, sizeof(m->version), "%s", m->transcript.version);
	return true;
}

bool pf_machine_open(struct pf_machine *m, const char *spec, const char *name)
{
	const char *rest = strchr(spec, ':');
	char error[PATH_MAX + 256], suffix[64];

	memset(m, 0, sizeof(*m));
	if (spec[0] == 'k') {
		snprintf(suffix, sizeof(suffix), "%.*s", (int)strcspn(spec + strlen("kernel"), ":"),
			 spec + strlen("kernel"));
		return open_kernel(m, suffix, rest ? rest + 1 : NULL, name);
	}
	if (!rest || !rest[1]) {
		pf_complain("recorded: which transcript? (recorded:FILE)");
		return false;
	}
	if (pf_machine_play(m, rest + 1, name, error, sizeof(error)))
		return true;
	pf_complain("%s", error);
	return false;
}

/* --------------------------------------------------------------- lineup -- */

#define NAME_MAX_LEN 15

/* What the machine is called as a member; a number where that is taken. */
static void member_name(char name[NAME_MAX_LEN + 1], const struct pf_lineup *lineup,
			const char *spec)
{
	char base[NAME_MAX_LEN + 1];
	size_t len = strcspn(spec, ",:=");

	snprintf(base, sizeof(base), "%.*s", (int)len, spec);
	for (char *p = base; *p; p++)
		*p = islower((unsigned char)*p) || isdigit((unsigned char)*p) || *p == '-'
			     ? *p
			     : (char)(isupper((unsigned char)*p) ? tolower((unsigned char)*p)
								 : '_');
	snprintf(name, NAME_MAX_LEN + 1, "%s", base);
	for (unsigned i = 2; pf_lineup_has(lineup, name, strlen(name)); i++)
		snprintf(name, NAME_MAX_LEN + 1, "%.*s%u", NAME_MAX_LEN - (i > 9 ? 2 : 1), base, i);
}

/* A machine of the lineup, and what the user calls it. */
struct named {
	const struct pf_machine *machine;
	char spec[256];
};

/* What differs first between the memory that two machines start from; false: nothing does. */
static bool other_start(const struct named *a, const struct named *b, char *what, size_t size)
{
	const struct pf_start_point *x = &a->machine->start, *y = &b->machine->start;
	struct pf_dump_diff d;

	if (!pf_layout_same(&x->layout, &y->layout)) {
		snprintf(what, size, "the layout");
		return true;
	}
	if (pf_dump_diff(&d, &x->layout, &x->dump, &y->dump))
		return false;
	pf_dump_diff_text(&d, a->spec, b->spec, what, size);
	return true;
}

/* A transcript has answers to what it was asked, and to nothing else. False: complained. */
static bool asked_alike(const struct named *first, const struct named *now)
{
	const struct pf_transcript *a = &first->machine->transcript, *b = &now->machine->transcript;

	if (a->program_size != b->program_size || memcmp(a->program, b->program, a->program_size))
		pf_complain("%s holds another program than %s", now->spec, first->spec);
	else if (a->dump_every != b->dump_every)
		pf_complain("%s has a dump every %u operations, %s every %u", now->spec,
			    b->dump_every, first->spec, a->dump_every);
	else if (a->functions != b->functions)
		pf_complain("%s was asked for other functions than %s: %#x and %#x", now->spec,
			    first->spec, b->functions, a->functions);
	else
		return true;
	return false;
}

static void release(void *machine)
{
	pf_machine_close(machine);
	free(machine);
}

struct opening {
	struct pf_lineup *lineup;
	struct pf_options *options;
	struct named first, recorded; /* the first machine, the first transcript */
};

/* False: complained. */
static bool add_machine(struct opening *o, const char *spec)
{
	struct pf_machine *m = malloc(sizeof(*m));
	char name[NAME_MAX_LEN + 1], error[512];
	struct named now = {.machine = m};
	char what[400];

	if (!m) {
		pf_complain("out of memory");
		return false;
	}
	member_name(name, o->lineup, spec);
	snprintf(now.spec, sizeof(now.spec), "%s", spec);
	if (!pf_machine_open(m, spec, name)) {
		free(m);
		return false;
	}
	if (!o->first.machine) {
		o->first = now;
		o->options->start = &m->start;
	}
	if (other_start(&o->first, &now, what, sizeof(what))) {
		pf_complain("%s starts from other memory than %s (%s) and takes no part", now.spec,
			    o->first.spec, what);
		release(m);
		return true;
	}
	if (m->player && !o->recorded.machine) {
		o->recorded = now;
		o->options->dump_every = m->transcript.dump_every;
		o->options->dumps = true;
	}
	if (m->player && !asked_alike(&o->recorded, &now)) {
		release(m);
		return false;
	}
	if (pf_lineup_take(o->lineup, m->impl, m, release, error, sizeof(error)))
		return true;
	pf_complain("%s", error);
	release(m);
	return false;
}

bool pf_machine_lineup(struct pf_lineup *lineup, const char *names, struct pf_options *options)
{
	struct opening o = {.lineup = lineup, .options = options};
	char error[512], *spec = NULL;

	memset(lineup, 0, sizeof(*lineup));
	for (const char *p = names;; p++) {
		size_t len = strcspn(p, ",");
		bool ok;

		if (pf_machine_named(p)) {
			spec = strndup(p, len);
			ok = spec && add_machine(&o, spec);
			free(spec);
		} else {
			ok = pf_lineup_add(lineup, p, len, error, sizeof(error));
			if (!ok)
				pf_complain("%s", error);
		}
		if (!ok)
			break;
		p += len;
		if (!*p)
			return true;
	}
	pf_lineup_free(lineup);
	return false;
}

/* ------------------------------------------- built-in implementations -- */

static enum pf_migrate_result no_migrate(struct pf_world *w, pf_pfn src, pf_pfn dst,
					 enum pf_mode mode)
{
	(void)w;
	(void)src;
	(void)dst;
	(void)mode;
	return PF_MIGRATE_BUSY;
}

static enum pf_evict_result no_evict(struct pf_world *w, pf_pfn pfn, enum pf_mode mode)
{
	(void)w;
	(void)pfn;
	(void)mode;
	return PF_EVICT_KEPT;
}

static unsigned nothing_there(struct pf_world *w, pf_pfn pfn)
{
	(void)w;
	(void)pfn;
	return 0;
}

static void no_spent(struct pf_world *w, unsigned units)
{
	(void)w;
	(void)units;
}

static void no_event(struct pf_world *w, const struct pf_event *ev)
{
	(void)w;
	(void)ev;
}

bool pf_machine_of(struct pf_machine *m, const struct pf_impl *impl, const struct pf_op *ops,
		   size_t n)
{
	struct pf_world world = {
		.migrate = no_migrate,
		.evict = no_evict,
		.attrs = nothing_there,
		.unit_order = nothing_there,
		.spent = no_spent,
		.event = no_event,
	};
	struct pf_dump *d = &m->start.dump;
	struct pf_layout *l = &m->start.layout;
	size_t size;
	void *state;

	memset(m, 0, sizeof(*m));
	m->impl = impl;
	if (!impl->dump || !impl->load) {
		pf_complain("%s can't write down its state", impl->name);
		return false;
	}
	pf_layout_build(l, ops, n);
	size = impl->footprint(impl->self, l);
	if (!size) {
		pf_complain("%s does not support this layout", impl->name);
		return false;
	}
	d->room = 2 * pf_layout_pages(l) + 64;
	d->word = malloc(d->room * sizeof(uint32_t));
	state = aligned_alloc(64, (size + 63) & ~(size_t)63);
	if (!d->word || !state) {
		free(state);
		pf_complain("out of memory");
		return false;
	}
	impl->init(impl->self, state, l, &world);
	impl->dump(state, d);
	free(state);
	snprintf(m->version, sizeof(m->version), "built-in");
	return true;
}

void pf_machine_close(struct pf_machine *m)
{
	pf_kernel_close(m->kernel);
	pf_recorded_free(m->player);
	if (!m->transcript.start.word)
		free(m->start.dump.word);
	pf_transcript_free(&m->transcript);
	memset(m, 0, sizeof(*m));
}
