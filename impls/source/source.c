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

static void tree_name(char *name, size_t size, const char *spec, size_t len)
{
	snprintf(name, size, "%.*s", (int)(len - strlen(PREFIX)), spec + strlen(PREFIX));
}

/* Is there FOLDER/NAME/KIND.so? */
static bool is_there(char *path, size_t size, const char *folder, const char *name,
		     const char *kind)
{
	int n = snprintf(path, size, "%s/%s/%s.so", folder, name, kind);

	return n > 0 && (size_t)n < size && !access(path, R_OK);
}

bool pf_source_is_in(const char *folder, const char *spec, size_t len)
{
	char path[PATH_MAX], name[64];

	tree_name(name, sizeof(name), spec, len);
	return is_there(path, sizeof(path), folder, name, "plain");
}

/* The objects under sanitizers and coverage are for a program that has their libraries. */
static bool program_has(const char *symbol)
{
	return dlsym(RTLD_DEFAULT, symbol) != NULL;
}

static bool load(struct pf_source *s, const char *folder, const char *name, char *error,
		 size_t size)
{
	bool watched = program_has("__asan_init") &&
		       program_has("__sanitizer_cov_8bit_counters_init") &&
		       program_has("__ubsan_handle_out_of_bounds_abort");
	char path[PATH_MAX];

	if (!folder || (!(watched && is_there(path, sizeof(path), folder, name, "fuzz")) &&
			!is_there(path, sizeof(path), folder, name, "plain"))) {
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

/* Under a fuzzer an object stays when it is closed: its counters are known by address. */
static bool stays(void)
{
	return program_has("__sanitizer_cov_8bit_counters_init");
}

/*
 * The data of an object as they were when it was loaded; who stays keeps them for whoever
 * opens it again. NULL: no memory.
 */
static void *fresh_data(const struct pf_source_object *object)
{
	size_t size = (size_t)(object->data_end - object->data);
	void *fresh = *object->kept;

	if (fresh)
		return fresh;
	fresh = malloc(size);
	if (!fresh)
		return NULL;
	copy(fresh, object->data, size);
	if (stays())
		*object->kept = fresh;
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

/*
 * 6.1 is a twin of the port and of the kernel in the laboratory. Others are twins of trees
 * of their version only: from 6.8 on refills of per-cpu lists go by pcp->alloc_factor, which
 * no dump has, so that a machine can't start from what the laboratory says.
 */
static void set_group(struct pf_source *s)
{
	unsigned major = 0, minor = 0;

	sscanf(s->object->release, "%u.%u", &major, &minor);
	snprintf(s->group, sizeof(s->group), "%s-%u.%u",
		 major == 6 && minor == 1 ? "linux" : "source", major % 1000, minor % 1000);
}

struct pf_source *pf_source_open(const char *folder, const char *spec, size_t len, char *error,
				 size_t size)
{
	struct pf_source *s = calloc(1, sizeof(*s));
	char name[64], rules[PATH_MAX];

	tree_name(name, sizeof(name), spec, len);
	if (!s || strchr(name, '/')) {
		snprintf(error, size, s ? "'%s' is no name of a tree" : "out of memory", name);
		free(s);
		return NULL;
	}
	if (!load(s, folder, name, error, size)) {
		pf_source_close(s);
		return NULL;
	}
	s->fresh = fresh_data(s->object);
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
	/* Somebody's tree may mean to change a rule; ours doesn't. */
	snprintf(rules, sizeof(rules), "%s/%s/rules", folder, name);
	if (!access(rules, F_OK))
		s->impl.features |= PF_F_RULES;
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
