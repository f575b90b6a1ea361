// SPDX-License-Identifier: GPL-2.0-only
/* source.c - finds and loads the shared object of a tree; see source.h. */
#include <ctype.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source.h"
#include "../dump.h"
#include "abi.h"

#define PREFIX "source:"
/* Different trees that one process ever opens. */
#define PF_MAX_KEPT 64

struct pf_source {
	struct pf_impl impl;
	struct pf_source_self self;
	void *handle, *fresh;
	const struct pf_source_object *object;
	char name[16], summary[96], group[24];
};

bool pf_source_named(const char *spec, size_t len)
{
	return len > strlen(PREFIX) && !strncmp(spec, PREFIX, strlen(PREFIX));
}

/* Is there FOLDER/NAME/KIND.so? */
static bool is_there(char *path, size_t size, const char *folder, const char *name,
		     const char *kind)
{
	int n = snprintf(path, size, "%s/%s/%s.so", folder, name, kind);

	return n > 0 && (size_t)n < size && !access(path, R_OK);
}

/* In the working directory's build/, or beside the program: build/pagefuzz, build/fuzz/x. */
static bool find_object(char *path, size_t size, const char *name, const char *kind)
{
	char self[PATH_MAX - 16], folder[PATH_MAX];
	const char *told = getenv("PAGEFUZZ_SOURCE");
	ssize_t n;

	if (told && *told)
		return is_there(path, size, told, name, kind);
	if (is_there(path, size, "build/source", name, kind))
		return true;
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return false;
	self[n] = '\0';
	for (int up = 0; up < 2; up++) {
		char *end = strrchr(self, '/');

		if (!end)
			return false;
		*end = '\0';
		snprintf(folder, sizeof(folder), "%s/source", self);
		if (is_there(path, size, folder, name, kind))
			return true;
	}
	return false;
}

/* The objects under sanitizers and coverage are for a program that has their libraries. */
static bool program_has(const char *symbol)
{
	return dlsym(RTLD_DEFAULT, symbol) != NULL;
}

static bool load(struct pf_source *s, const char *name, char *error, size_t size)
{
	bool watched = program_has("__asan_init") &&
		       program_has("__sanitizer_cov_8bit_counters_init") &&
		       program_has("__ubsan_handle_out_of_bounds_abort");
	char path[PATH_MAX];

	if (!(watched && find_object(path, sizeof(path), name, "fuzz")) &&
	    !find_object(path, sizeof(path), name, "plain")) {
		snprintf(error, size,
			 "no kernel tree is compiled as '%.40s': run make source (KSRC=tree "
			 "NAME=%s)",
			 name, name);
		return false;
	}
	s->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!s->handle) {
		snprintf(error, size, "%s", dlerror());
		return false;
	}
	s->object = dlsym(s->handle, "pagefuzz_source");
	if (!s->object || s->object->abi != PF_SOURCE_ABI ||
	    s->object->impl_size != sizeof(struct pf_impl) ||
	    s->object->dump_size != sizeof(struct pf_dump)) {
		snprintf(error, size, "%s is of another version of pagefuzz: run make source again",
			 path);
		return false;
	}
	return true;
}

/* Byte by byte past the sanitizer: between the variables are its red zones. */
__attribute__((no_sanitize("address"))) static void copy(char *to, const char *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((volatile char *)to)[i] = from[i];
}

/*
 * Under a fuzzer an object stays when it is closed: its counters are known by address.
 * What it was like when it was loaded is kept with it, for whoever opens it again.
 */
static struct {
	void *handle, *fresh;
} kept[PF_MAX_KEPT];

static bool stays(void)
{
	return program_has("__sanitizer_cov_8bit_counters_init");
}

/* The data of an object just loaded; NULL: no memory, or too many objects. */
static void *fresh_data(struct pf_source *s)
{
	size_t size = (size_t)(s->object->data_end - s->object->data), i = 0;
	void *fresh;

	while (stays() && i < PF_MAX_KEPT && kept[i].handle && kept[i].handle != s->handle)
		i++;
	if (i == PF_MAX_KEPT)
		return NULL;
	if (stays() && kept[i].handle)
		return kept[i].fresh;
	fresh = malloc(size);
	if (!fresh)
		return NULL;
	copy(fresh, s->object->data, size);
	if (stays()) {
		kept[i].handle = s->handle;
		kept[i].fresh = fresh;
	}
	return fresh;
}

/* Names of members are like names of variables, with a '-'. */
static void set_name(struct pf_source *s, const char *name)
{
	int n = snprintf(s->name, sizeof(s->name), "source-%s", name);

	for (char *p = s->name; n > 0 && *p; p++)
		if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && *p != '-')
			*p = '_';
}

/* Of 6.1.192: linux-6.1, as for the kernel in the laboratory. */
static void set_group(struct pf_source *s)
{
	unsigned major = 0, minor = 0;

	sscanf(s->object->release, "%u.%u", &major, &minor);
	snprintf(s->group, sizeof(s->group), "linux-%u.%u", major % 1000, minor % 1000);
}

struct pf_source *pf_source_open(const char *spec, size_t len, char *error, size_t size)
{
	struct pf_source *s = calloc(1, sizeof(*s));
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)(len - strlen(PREFIX)), spec + strlen(PREFIX));
	if (!s || strchr(name, '/')) {
		snprintf(error, size, s ? "'%s' is no name of a tree" : "out of memory", name);
		free(s);
		return NULL;
	}
	if (!load(s, name, error, size)) {
		pf_source_close(s);
		return NULL;
	}
	s->fresh = fresh_data(s);
	if (!s->fresh) {
		snprintf(error, size, "out of memory");
		pf_source_close(s);
		return NULL;
	}
	s->self.fresh = s->fresh;
	s->self.format = vsnprintf;
	set_name(s, name);
	set_group(s);
	snprintf(s->summary, sizeof(s->summary), "mm/ of Linux %s as it is, compiled from source",
		 s->object->release);
	s->impl = *s->object->impl;
	s->impl.self = &s->self;
	s->impl.name = s->name;
	s->impl.summary = s->summary;
	s->impl.group = s->group;
	return s;
}

const struct pf_impl *pf_source_impl(const struct pf_source *source)
{
	return &source->impl;
}

const char *pf_source_release(const struct pf_source *source)
{
	return source->object->release;
}

void pf_source_close(struct pf_source *source)
{
	if (!source)
		return;
	if (!stays()) {
		free(source->fresh);
		if (source->handle)
			dlclose(source->handle);
	}
	free(source);
}
