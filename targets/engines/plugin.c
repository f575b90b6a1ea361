// SPDX-License-Identifier: GPL-2.0-only
/*
 * plugin.c - see plugin.h. What of a library is writable is read from its program
 * headers as they are loaded; the file itself says where coverage keeps its counters,
 * which no reset may touch.
 */
#include "plugin.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A member that is opened: its own functions, and its memory. */
struct member {
	struct pf_impl impl; /* the lineup's */
	const struct pf_impl *theirs;
	void *library; /* NULL: linked in */
	struct pf_region region[PF_MAX_REGIONS];
	unsigned nr_regions;
	bool too_many;
};

static bool prefer_fuzz;

void pf_plugin_prefer_fuzz(void)
{
	prefer_fuzz = true;
}

bool pf_is_plugin(const char *name, size_t len)
{
	return len > 3 && memchr(name, '/', len) && !memcmp(name + len - 3, ".so", 3);
}

/* --------------------------------------------------------------- memory -- */

static void add_region(struct member *m, char *start, char *end)
{
	if (start >= end)
		return;
	for (unsigned i = 0; i < m->nr_regions; i++) {
		char *have = m->region[i].start;

		if (start >= have && end <= have + m->region[i].size)
			return;
	}
	if (m->nr_regions == PF_MAX_REGIONS) {
		m->too_many = true;
		return;
	}
	m->region[m->nr_regions++] = (struct pf_region){start, (size_t)(end - start)};
}

/* Parts of a segment that are no state, in ascending order. */
struct holes {
	bool no_globals; /* no variable lies anywhere else: so say the symbols */
	unsigned nr;
	struct {
		char *start, *end;
	} hole[32];
};

static void add_hole(struct holes *h, char *start, char *end)
{
	unsigned i = h->nr;

	if (start >= end || h->nr == sizeof(h->hole) / sizeof(h->hole[0]))
		return;
	for (; i && h->hole[i - 1].start > start; i--)
		h->hole[i] = h->hole[i - 1];
	h->hole[i].start = start;
	h->hole[i].end = end;
	h->nr++;
}

static void add_all_but(struct member *m, char *start, char *end, const struct holes *h)
{
	for (unsigned i = 0; i < h->nr && start < end; i++) {
		if (h->hole[i].end <= start || h->hole[i].start >= end)
			continue;
		add_region(m, start, h->hole[i].start);
		start = h->hole[i].end;
	}
	add_region(m, start, end);
}

static bool is_of_instruments(const char *section)
{
	static const char *const prefix[] = {"__sancov_", "__llvm_", "asan_globals"};

	for (size_t i = 0; i < sizeof(prefix) / sizeof(prefix[0]); i++)
		if (!strncmp(section, prefix[i], strlen(prefix[i])))
			return true;
	return false;
}

static bool in_hole(const struct holes *h, const char *at)
{
	for (unsigned i = 0; i < h->nr; i++)
		if (at >= h->hole[i].start && at < h->hole[i].end)
			return true;
	return false;
}

/* What the compiler puts into every library, and sanitizers into theirs. */
static bool is_of_tools(const char *symbol)
{
	static const char *const prefix[] = {"completed.", "__dso_handle", "__odr_asan", "___asan_",
					     "__asan_"};

	for (size_t i = 0; i < sizeof(prefix) / sizeof(prefix[0]); i++)
		if (!strncmp(symbol, prefix[i], strlen(prefix[i])))
			return true;
	return false;
}

/* Without globals there is nothing to put back, and `mirrored` can be asked, too. */
static void find_globals(struct holes *h, const char *file, size_t size, char *base,
			 const ElfW(Shdr) * table, const ElfW(Shdr) * text)
{
	const ElfW(Sym) *sym = (const void *)(file + table->sh_offset);

	if (table->sh_offset > size || table->sh_size > size - table->sh_offset ||
	    table->sh_offset % sizeof(void *) || table->sh_entsize != sizeof(*sym) ||
	    text->sh_offset > size || text->sh_size > size - text->sh_offset || !text->sh_size ||
	    file[text->sh_offset + text->sh_size - 1])
		return;
	h->no_globals = true;
	for (size_t i = 0; i < table->sh_size / sizeof(*sym); i++) {
		/* The type is in the low four bits, in both sizes of ELF. */
		unsigned type = sym[i].st_info & 15;

		/* Without a size it is a mark in the file, such as the linker's __TMC_END__. */
		if ((type != STT_OBJECT && type != STT_TLS && type != STT_COMMON) ||
		    !sym[i].st_size || sym[i].st_shndx == SHN_UNDEF ||
		    sym[i].st_name >= text->sh_size)
			continue;
		if (type == STT_TLS || (!in_hole(h, base + sym[i].st_value) &&
					!is_of_tools(file + text->sh_offset + sym[i].st_name)))
			h->no_globals = false;
	}
}

/* Sections that sanitizers and coverage have in a loaded file of `size` bytes; read-only ones. */
static void find_instruments(struct holes *h, const char *file, size_t size, char *base)
{
	const ElfW(Ehdr) *e = (const void *)file;
	const ElfW(Shdr) * s, *names;

	if (size < sizeof(*e) || memcmp(e->e_ident, ELFMAG, SELFMAG) ||
	    e->e_shentsize != sizeof(*s) || e->e_shoff > size || e->e_shoff % sizeof(void *) ||
	    e->e_shnum > (size - e->e_shoff) / sizeof(*s) || e->e_shstrndx >= e->e_shnum)
		return;
	s = (const void *)(file + e->e_shoff);
	names = &s[e->e_shstrndx];
	if (names->sh_offset > size || names->sh_size > size - names->sh_offset ||
	    !names->sh_size || file[names->sh_offset + names->sh_size - 1])
		return;
	for (unsigned i = 0; i < e->e_shnum; i++)
		if (s[i].sh_flags & SHF_WRITE && s[i].sh_name < names->sh_size &&
		    is_of_instruments(file + names->sh_offset + s[i].sh_name))
			add_hole(h, base + s[i].sh_addr, base + s[i].sh_addr + s[i].sh_size);
	for (unsigned i = 0; i < e->e_shnum; i++)
		if (s[i].sh_type == SHT_SYMTAB && s[i].sh_link < e->e_shnum)
			find_globals(h, file, size, base, &s[i], &s[s[i].sh_link]);
}

static void read_sections(struct holes *h, const char *path, char *base)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *file;

	if (fd < 0)
		return;
	if (!fstat(fd, &st) && st.st_size > 0) {
		file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (file != MAP_FAILED) {
			find_instruments(h, file, (size_t)st.st_size, base);
			munmap(file, (size_t)st.st_size);
		}
	}
	close(fd);
}

struct search {
	struct member *member;
	const char *inside; /* an address in the library */
	bool first;	    /* the first one that is visited is the program itself */
};

static bool holds(const struct dl_phdr_info *info, const char *at)
{
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		const char *start = (const char *)info->dlpi_addr + p->p_vaddr;

		if (p->p_type == PT_LOAD && at >= start && at < start + p->p_memsz)
			return true;
	}
	return false;
}

/* This thread's copy of a library's thread-locals; the dynamic linker makes it on demand. */
struct tls_index {
	unsigned long module, offset;
};
extern void *__tls_get_addr(struct tls_index *index) __attribute__((weak));

static char *thread_locals(const struct dl_phdr_info *info)
{
	struct tls_index index = {info->dlpi_tls_modid, 0};

	if (info->dlpi_tls_data || !info->dlpi_tls_modid || !__tls_get_addr)
		return info->dlpi_tls_data;
	return __tls_get_addr(&index);
}

static int visit(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct search *s = arg;
	char *base = (char *)info->dlpi_addr, *tls = NULL;
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct holes h = {0};
	bool program = s->first;

	(void)size;
	s->first = false;
	if (!holds(info, s->inside))
		return 0;
	/* A program's own memory is the engine's and the framework's, too. */
	if (program)
		return 1;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		char *start = base + p->p_vaddr, *end = start + p->p_memsz;

		if (p->p_type == PT_GNU_RELRO)
			add_hole(&h, start, (char *)((uintptr_t)end & ~(page - 1)));
		if (p->p_type == PT_LOAD && !(p->p_flags & PF_W))
			add_hole(&h, start, end);
	}
	read_sections(&h, info->dlpi_name, base);
	if (h.no_globals)
		return 1;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_TLS)
			tls = thread_locals(info);
		if (p->p_type == PT_TLS && tls)
			add_region(s->member, tls, tls + p->p_memsz);
	}
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		char *start = base + p->p_vaddr;

		if (p->p_type == PT_LOAD && p->p_flags & PF_W)
			add_all_but(s->member, start, start + p->p_memsz, &h);
	}
	return 1;
}

/* The library's segments, and what it names itself. */
static void find_regions(struct member *m, const struct pf_plugin *plugin)
{
	struct search s = {.member = m, .inside = (const char *)plugin, .first = true};
	struct pf_region own[PF_MAX_REGIONS];
	unsigned nr;

	dl_iterate_phdr(visit, &s);
	if (!m->theirs->regions)
		return;
	nr = m->theirs->regions(m->theirs->self, own, PF_MAX_REGIONS);
	if (nr > PF_MAX_REGIONS)
		m->too_many = true;
	for (unsigned i = 0; i < nr && i < PF_MAX_REGIONS; i++)
		add_region(m, own[i].start, (char *)own[i].start + own[i].size);
}

/* ------------------------------------------------------------ functions -- */

static size_t member_footprint(const void *self, const struct pf_layout *layout)
{
	const struct member *m = self;

	return m->theirs->footprint(m->theirs->self, layout);
}

static void member_init(const void *self, void *state, const struct pf_layout *layout,
			struct pf_world *world)
{
	const struct member *m = self;

	m->theirs->init(m->theirs->self, state, layout, world);
}

static unsigned member_regions(const void *self, struct pf_region *r, unsigned max)
{
	const struct member *m = self;

	for (unsigned i = 0; i < m->nr_regions && i < max; i++)
		r[i] = m->region[i];
	return m->nr_regions;
}

/* ---------------------------------------------------------------- check -- */

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	return len && len <= 15 && *name >= 'a' && *name <= 'z' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

/* What impl.h requires and is not there, or NULL. */
static const char *missing(const struct pf_impl *impl)
{
	const struct {
		bool there;
		const char *what;
	} required[] = {
		{impl->summary, "summary"},	{impl->footprint, "footprint()"},
		{impl->init, "init()"},		{impl->alloc, "alloc()"},
		{impl->free, "free()"},		{impl->census, "census()"},
		{impl->counters, "counters()"},
	};

	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++)
		if (!required[i].there)
			return required[i].what;
	return NULL;
}

static bool is_good(const struct pf_plugin *p, const char *path, char *error, size_t size)
{
	const struct pf_impl *impl = p->impl;

	if (p->version != PF_CONTRACT_VERSION || p->size != sizeof(*impl)) {
		snprintf(error, size,
			 "%s: made for version %u of the contract, this is version %d%s: compile "
			 "it again",
			 path, p->version, PF_CONTRACT_VERSION,
			 p->version == PF_CONTRACT_VERSION ? " with another struct pf_impl" : "");
	} else if (!impl) {
		snprintf(error, size, "%s: PF_PLUGIN() names no implementation", path);
	} else if (!impl->name || !is_name(impl->name)) {
		snprintf(error, size,
			 "%s: its name '%.20s' is none: a letter, then letters, digits, _ and -, "
			 "at most 15 in all",
			 path, impl->name ? impl->name : "");
	} else if (missing(impl)) {
		snprintf(error, size, "%s: %s has no %s, which impl.h requires", path, impl->name,
			 missing(impl));
	} else if (impl->features & PF_F_REMOTE) {
		snprintf(error, size, "%s: a plug-in can't be remote", path);
	} else {
		return true;
	}
	return false;
}

static void release(void *owned)
{
	struct member *m = owned;

	if (m->library)
		dlclose(m->library);
	free(m);
}

static bool add(struct pf_lineup *lineup, const struct pf_plugin *plugin, void *library,
		const char *path, char *error, size_t size)
{
	struct member *m;

	if (!is_good(plugin, path, error, size))
		return false;
	m = calloc(1, sizeof(*m));
	if (!m) {
		snprintf(error, size, "out of memory");
		return false;
	}
	m->theirs = plugin->impl;
	m->impl = *plugin->impl;
	m->impl.self = m;
	m->impl.footprint = member_footprint;
	m->impl.init = member_init;
	find_regions(m, plugin);
	m->impl.regions = m->nr_regions ? member_regions : NULL;
	if (m->too_many)
		snprintf(error, size, "%s: more than %d regions, its segments among them", path,
			 PF_MAX_REGIONS);
	else if (pf_lineup_take(lineup, &m->impl, m, release, error, size))
		return m->library = library, true;
	free(m);
	return false;
}

bool pf_plugin_add_linked(struct pf_lineup *lineup, const struct pf_plugin *plugin,
			  const char *path, char *error, size_t size)
{
	return add(lineup, plugin, NULL, path, error, size);
}

/* dlopen() tells of the library itself, and of one symbol that it lacks. */
static void explain(const char *path, const char *why, char *error, size_t size)
{
	size_t len = strlen(path);

	if (!strncmp(why, path, len) && why[len] == ':')
		why += len + 1 + strspn(why + len + 1, " ");
	if (!prefer_fuzz && (strstr(why, "__asan_") || strstr(why, "__ubsan_") ||
			     strstr(why, "__msan_") || strstr(why, "__sanitizer_")))
		snprintf(error, size,
			 "%s: is compiled with a sanitizer, which only the fuzz target can load: "
			 "X.so is to be without, X.fuzz.so beside it with one",
			 path);
	else if (strstr(why, "static TLS"))
		snprintf(error, size,
			 "%s: its thread-locals are for a program's start (initial-exec) and too "
			 "many; "
			 "GLIBC_TUNABLES=glibc.rtld.optional_static_tls=65536 in the environment "
			 "makes "
			 "room",
			 path);
	else
		snprintf(error, size, "%s: %s%s", path, why,
			 strstr(why, "undefined symbol")
				 ? "; name the source or the library that has it, too"
				 : "");
}

bool pf_plugin_add(struct pf_lineup *lineup, const char *name, size_t len, char *error, size_t size)
{
	const struct pf_plugin *plugin;
	char path[PATH_MAX], other[PATH_MAX + 8];
	void *library;

	if (len >= sizeof(path)) {
		snprintf(error, size, "a path of %zu bytes is too long", len);
		return false;
	}
	snprintf(path, sizeof(path), "%.*s", (int)len, name);
	snprintf(other, sizeof(other), "%.*s.fuzz.so", (int)len - 3, name);
	if (prefer_fuzz && !access(other, R_OK))
		snprintf(path, sizeof(path), "%.*s.fuzz.so", (int)len - 3, name);
	if (access(path, R_OK)) {
		snprintf(error, size, "%s: no such plug-in, or not to be read", path);
		return false;
	}
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		explain(path, dlerror(), error, size);
		return false;
	}
	plugin = dlsym(library, "pf_plugin");
	if (!plugin)
		snprintf(error, size,
			 "%s: is no plug-in, there is no line PF_PLUGIN(...); in it (see impl.h)",
			 path);
	else if (add(lineup, plugin, library, path, error, size))
		return true;
	dlclose(library);
	return false;
}
