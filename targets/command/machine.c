// SPDX-License-Identifier: GPL-2.0-only
/* machine.c - opens the machines of a lineup; see machine.h. */
#include "machine.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../oracle/layout.h"
#include "../../impls/kernel/kernel.h"
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
		config->node_mb = (unsigned)mb;
		return true;
	}
	pf_complain("the kernel has no place '%s' (there are: dimm, boot, split)", text);
	return false;
}

/* The folder's name goes on as that of the machine: build/lab, build/lab-6.12. */
static bool open_kernel(struct pf_machine *m, const char *suffix, const char *place)
{
	char kernel[128], initrd[128], console[128];
	struct pf_kernel_config config = {.kernel = kernel, .initrd = initrd, .console = console};
	int len = (int)strcspn(suffix, ":");
	char error[4096];

	if (place && !parse_place(place, &config))
		return false;
	snprintf(kernel, sizeof(kernel), "build/lab%.*s/kernel", len, suffix);
	snprintf(initrd, sizeof(initrd), "build/lab%.*s/initrd.gz", len, suffix);
	snprintf(console, sizeof(console), "build/lab%.*s/console-run.log", len, suffix);
	if (access(kernel, R_OK)) {
		pf_complain("there is no kernel in build/lab%.*s: run %s first", len, suffix,
			    len ? "scripts/lab --kernel VERSION" : "make lab");
		return false;
	}
	if (!pf_kernel_open(&config, &m->start.layout, &m->start.dump, error, sizeof(error))) {
		pf_complain("%s", error);
		return false;
	}
	m->kernel = true;
	m->impl = pf_kernel_impl();
	snprintf(m->version, sizeof(m->version), "%s", pf_kernel_version());
	return true;
}

static bool open_transcript(struct pf_machine *m, const char *path)
{
	char error[512];

	if (!path) {
		pf_complain("recorded: which transcript? (recorded:FILE)");
		return false;
	}
	if (!pf_transcript_read(&m->transcript, path, error, sizeof(error))) {
		pf_complain("%s", error);
		return false;
	}
	m->start.layout = m->transcript.layout;
	m->start.dump = m->transcript.start;
	m->impl = pf_recorded_play(&m->transcript);
	snprintf(m->version, sizeof(m->version), "%s", m->transcript.version);
	return true;
}

bool pf_machine_open(struct pf_machine *m, const char *name)
{
	char spec[512];
	char *rest;

	snprintf(spec, sizeof(spec), "%.*s", (int)strcspn(name, ","), name);
	memset(m, 0, sizeof(*m));
	rest = strchr(spec, ':');
	if (rest)
		rest++;
	return spec[0] == 'k' ? open_kernel(m, spec + strlen("kernel"), rest)
			      : open_transcript(m, rest);
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
	if (m->kernel)
		pf_kernel_close();
	if (!m->transcript.start.word)
		free(m->start.dump.word);
	pf_transcript_free(&m->transcript);
	memset(m, 0, sizeof(*m));
}
