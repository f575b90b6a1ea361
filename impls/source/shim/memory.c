// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory.c - where a machine lives, and what it allocates for itself. In the state block:
 * the memmap, an entry for each page of the layout, and the arena for the rest: nodes,
 * per-cpu areas, pageblock flags, slab objects. The arena's own pages come behind the
 * layout's in the memmap, since some objects are looked up there. Pages have no contents
 * here: the world has those.
 */
#include "shim.h"
#include <linux/cpumask.h>
#include <linux/list_lru.h>
#include <linux/memblock.h>
#include <linux/percpu.h>

unsigned long page_offset_base, vmemmap_base, vmalloc_base;

/* ----------------------------------------------------------- the state --- */

extern char __kdata_start[], __kdata_end[], __per_cpu_start[], __per_cpu_end[];

/* Zones have a pageset and counters for each cpu, nodes have counters. */
static unsigned long percpu_unit(const struct pf_layout *l)
{
	unsigned long zone = sizeof(struct per_cpu_pages) + sizeof(struct per_cpu_zonestat) + 128;
	unsigned long node = sizeof(struct per_cpu_nodestat) + 64;

	return ALIGN(__per_cpu_end - __per_cpu_start + l->nr_zones * zone + l->nr_nodes * node +
			     1024,
		     64);
}

/* Blocks around the last page may reach that far. */
static unsigned long padded_end(const struct pf_layout *l)
{
	return ALIGN((unsigned long)l->end_pfn, 1ul << l->max_order);
}

static unsigned long arena_bytes(const struct pf_layout *l)
{
	unsigned long sections =
		(padded_end(l) >> PFN_SECTION_SHIFT) - (l->base_pfn >> PFN_SECTION_SHIFT) + 1;
	unsigned long flags = (PAGES_PER_SECTION >> l->pageblock_order) * NR_PAGEBLOCK_BITS / 8;
	unsigned long roots = NR_SECTION_ROOTS * sizeof(void *) +
			      (sections / SECTIONS_PER_ROOT + 2) * 2 * PAGE_SIZE;

	return PAGE_ALIGN(roots + sections * (flags + sizeof(struct mem_section_usage) + 128) +
			  l->nr_nodes * (sizeof(pg_data_t) + 64) + l->nr_cpus * percpu_unit(l) +
			  PAGE_SIZE + shim_ranges_bytes(l) +
			  /* Tree nodes of the page cache, 64 pages each. */
			  (pf_layout_pages(l) / 64 + 8) * 1100 + 32768);
}

/*
 * The arena's first page, behind all others. It lies in one section: the kernel looks at
 * the section of what it allocates at boot if that is not so.
 */
static unsigned long arena_start(const struct pf_layout *l)
{
	unsigned long pfn = padded_end(l), next = ALIGN(pfn + 1, PAGES_PER_SECTION);

	return pfn + (arena_bytes(l) >> PAGE_SHIFT) > next ? next : pfn;
}

size_t shim_place_memory(const struct pf_layout *l, size_t *memmap, size_t *arena)
{
	unsigned long bytes = arena_bytes(l);
	unsigned long pages = arena_start(l) - l->base_pfn + (bytes >> PAGE_SHIFT);

	*memmap = PF_GUARD_BYTES;
	*arena = *memmap + ALIGN(pages * sizeof(struct page), 64) + PF_GUARD_BYTES;
	return *arena + bytes;
}

static char *arena, *arena_end;
static unsigned long arena_used;
/* Pieces that were given back, by size. */
static void *arena_free[32];

void shim_setup_memory(void *state, const struct pf_layout *l)
{
	size_t memmap, at, size = shim_place_memory(l, &memmap, &at);
	unsigned long arena_pfn = arena_start(l);

	memset(state, 0, size);
	pf_guard(shim_world, state, PF_GUARD_BYTES);
	pf_guard(shim_world, state + at - PF_GUARD_BYTES, PF_GUARD_BYTES);
	arena = state + at;
	arena_end = state + size;
	vmemmap_base = (unsigned long)(state + memmap) - l->base_pfn * sizeof(struct page);
	page_offset_base = (unsigned long)arena - PFN_PHYS(arena_pfn);
	high_memory = __va(PFN_PHYS(l->end_pfn));
	min_low_pfn = l->base_pfn;
	max_pfn = max_low_pfn = l->end_pfn;
}

/* The kernel has a memmap by whole sections. */
int shim_pfn_valid(unsigned long pfn)
{
	return pfn >= shim_layout->base_pfn && pfn < padded_end(shim_layout) &&
	       valid_section(__pfn_to_section(pfn));
}

/*
 * Of sections without memory a kernel has no memmap. Where a block of the largest order is
 * larger than a section, which is so in no kernel, buddies are looked at in all of it.
 */
void shim_guard_holes(void)
{
	unsigned long nr = max_t(unsigned long, PAGES_PER_SECTION, 1ul << shim_layout->max_order);
	unsigned long pfn = shim_layout->base_pfn, end = padded_end(shim_layout), next, at;

	for (; pfn < end; pfn = next) {
		next = min(round_down(pfn, nr) + nr, end);
		for (at = pfn; at < next && !valid_section(__pfn_to_section(at));)
			at = round_down(at, PAGES_PER_SECTION) + PAGES_PER_SECTION;
		if (at >= next)
			pf_guard(shim_world, pfn_to_page(pfn), (next - pfn) * sizeof(struct page));
	}
}

/* Past the sanitizer: between the variables are its red zones. */
void shim_put_back_data(const void *fresh)
{
	void *to = __kdata_start;
	unsigned long words = (__kdata_end - __kdata_start) / 8;

	asm volatile("rep movsq" : "+D"(to), "+S"(fresh), "+c"(words) : : "memory");
}

/* ---------------------------------------------------------------- slab --- */

void *shim_alloc(size_t size, size_t align)
{
	char *at = PTR_ALIGN(arena + arena_used, max_t(size_t, align, 16));

	if (at + size > arena_end)
		shim_die("the shim has too little memory for a machine of this layout");
	arena_used = at + size - arena;
	return at;
}

/* Behind a header of two words: the order of the size. */
static void *kalloc(size_t size)
{
	unsigned int order = size <= 16 ? 4 : fls64(size - 1);
	u64 *p = arena_free[order];

	if (p)
		arena_free[order] = (void *)p[2];
	else
		p = shim_alloc((1ul << order) + 16, 16);
	p[0] = order;
	return memset(p + 2, 0, 1ul << order);
}

static void kdrop(const void *what)
{
	u64 *p = (u64 *)what - 2;

	if (ZERO_OR_NULL_PTR(what))
		return;
	p[2] = (u64)arena_free[p[0]];
	arena_free[p[0]] = p;
}

struct kmem_cache {
	unsigned int size;
	void (*ctor)(void *object);
};

#if SHIM_6_12
struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size,
					    struct kmem_cache_args *args, slab_flags_t flags)
{
	struct kmem_cache *s = kalloc(sizeof(*s));

	*s = (struct kmem_cache){size, args->ctor};
	return s;
}
#else
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     slab_flags_t flags, void (*ctor)(void *))
{
	struct kmem_cache *s = kalloc(sizeof(*s));

	*s = (struct kmem_cache){size, ctor};
	return s;
}
#endif

void *kmem_cache_alloc(struct kmem_cache *s, gfp_t flags)
{
	void *p = kalloc(s->size);

	if (s->ctor)
		s->ctor(p);
	return p;
}

void *kmem_cache_alloc_lru(struct kmem_cache *s, struct list_lru *lru, gfp_t flags)
{
	return kmem_cache_alloc(s, flags);
}

void kmem_cache_free(struct kmem_cache *s, void *p)
{
	kdrop(p);
}

void *__kmalloc(size_t size, gfp_t flags)
{
	return kalloc(size);
}

void *__kmalloc_node(size_t size, gfp_t flags, int node)
{
	return kalloc(size);
}

void *kmalloc_trace(struct kmem_cache *s, gfp_t flags, size_t size)
{
	return kalloc(size);
}

void *kmalloc_node_trace(struct kmem_cache *s, gfp_t flags, int node, size_t size)
{
	return kalloc(size);
}

void kfree(const void *p)
{
	kdrop(p);
}

bool slab_is_available(void)
{
	return true;
}

/* --------------------------------------------------- memory of the boot --- */

/* None of it comes from the zones: these begin with all of their pages free. */
void *memblock_alloc_try_nid(phys_addr_t size, phys_addr_t align, phys_addr_t min, phys_addr_t max,
			     int nid)
{
	return shim_alloc(size, align);
}

void *memblock_alloc_try_nid_raw(phys_addr_t size, phys_addr_t align, phys_addr_t min,
				 phys_addr_t max, int nid)
{
	return shim_alloc(size, align);
}

/* A memmap; there is one. */
void *memblock_alloc_exact_nid_raw(phys_addr_t size, phys_addr_t align, phys_addr_t min,
				   phys_addr_t max, int nid)
{
	return NULL;
}

struct page *__populate_section_memmap(unsigned long pfn, unsigned long nr, int nid,
				       struct vmem_altmap *altmap, struct dev_pagemap *pgmap)
{
	return pfn_to_page(pfn);
}

/* ---------------------------------------------------------------- per cpu --- */

static unsigned long percpu_used, percpu_end;

static void __percpu *alloc_percpu_area(size_t size, size_t align)
{
	unsigned long at = ALIGN(percpu_used, align);

	if (at + size > percpu_end)
		shim_die("the shim has too little per-cpu memory");
	percpu_used = at + size;
	return (void __percpu *)(__per_cpu_start + at);
}

#if SHIM_6_12
void __percpu *pcpu_alloc_noprof(size_t size, size_t align, bool reserved, gfp_t gfp)
{
	return alloc_percpu_area(size, align);
}
#else
void __percpu *__alloc_percpu(size_t size, size_t align)
{
	return alloc_percpu_area(size, align);
}

void __percpu *__alloc_percpu_gfp(size_t size, size_t align, gfp_t gfp)
{
	return alloc_percpu_area(size, align);
}
#endif

void free_percpu(void __percpu *p)
{
}

/* Not seen by ASan: red zones may be in between. */
static void copy_word(void *to, const void *from)
{
	unsigned long v;

	asm volatile("mov (%1), %0\n\tmov %0, (%2)" : "=&r"(v) : "r"(from), "r"(to) : "memory");
}

void shim_setup_cpus(unsigned int nr)
{
	unsigned long size = __per_cpu_end - __per_cpu_start, i, cpu;
	unsigned long unit = percpu_unit(shim_layout);
	char *area = shim_alloc(unit * nr, 64);

	percpu_used = size;
	percpu_end = unit;
	nr_cpu_ids = nr;
	atomic_set(&__num_online_cpus, nr);
	for (cpu = 0; cpu < nr; cpu++) {
		for (i = 0; i < size; i += 8)
			copy_word(area + cpu * unit + i, __per_cpu_start + i);
		__per_cpu_offset[cpu] = (unsigned long)(area + cpu * unit - __per_cpu_start);
		per_cpu(SHIM_CPU_NUMBER, cpu) = cpu;
		cpumask_set_cpu(cpu, &__cpu_possible_mask);
		cpumask_set_cpu(cpu, &__cpu_present_mask);
		cpumask_set_cpu(cpu, &__cpu_online_mask);
	}
	/* As in a machine whose nodes are emulated: they have all cpus in common. */
	for (i = 0; i < MAX_NUMNODES; i++)
		cpumask_copy(node_to_cpumask_map[i], &__cpu_online_mask);
	shim_run_on(0);
}

void shim_set_online(unsigned int cpu, bool online)
{
	unsigned int nid;

	if (online)
		cpumask_set_cpu(cpu, &__cpu_online_mask);
	else
		cpumask_clear_cpu(cpu, &__cpu_online_mask);
	atomic_set(&__num_online_cpus, cpumask_weight(&__cpu_online_mask));
	for (nid = 0; nid < MAX_NUMNODES; nid++)
		cpumask_copy(node_to_cpumask_map[nid], &__cpu_online_mask);
}

/* --------------------------------------------------------------- contents --- */

/* Called from the inline asm of clear_page(). The world has the contents. */
asm(".pushsection .text\n"
    ".globl clear_page_orig\n"
    ".hidden clear_page_orig\n"
    "clear_page_orig: ret\n"
    ".popsection");

void copy_page(void *to, void *from)
{
}

unsigned long copy_mc_to_kernel(void *to, const void *from, unsigned int len)
{
	return 0;
}

/* ---------------------------------------------------------------- strings --- */

#undef memcpy
#undef memset
#undef memmove
#undef memcmp
#undef strlen

void *memcpy(void *to, const void *from, size_t n)
{
	void *d = to;

	asm volatile("rep movsb" : "+D"(d), "+S"(from), "+c"(n) : : "memory");
	return to;
}

void *memset(void *to, int c, size_t n)
{
	void *d = to;

	asm volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(c) : "memory");
	return to;
}

void *memmove(void *to, const void *from, size_t n)
{
	char *d = to;
	const char *s = from;

	if (d <= s || d >= s + n)
		return memcpy(to, from, n);
	while (n--)
		d[n] = s[n];
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

/* The compiler takes it for a memcmp() that asks for equality. */
#undef bcmp
int bcmp(const void *a, const void *b, size_t n)
{
	return memcmp(a, b, n);
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++)
		if (*a != *b || !*a)
			return (unsigned char)*a - (unsigned char)*b;
	return 0;
}

char *strstr(const char *where, const char *what)
{
	size_t n = strlen(what);

	for (; *where; where++)
		if (!strncmp(where, what, n))
			return (char *)where;
	return NULL;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = shim_self->format(buf, size, fmt, args);
	va_end(args);
	return n < size ? n : size ? size - 1 : 0;
}
