/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shim.h - between the files of the shim: the world that a machine is in, and what one
 * file has for the others. In front of the kernel's own headers, some of whose names
 * are the contract's as well.
 */
#ifndef SHIM_H
#define SHIM_H

/* The kernel has macros of these names. */
#pragma push_macro("guard")
#pragma push_macro("PF_KSWAPD")
#pragma push_macro("PF_KCOMPACTD")
#undef guard
#undef PF_KSWAPD
#undef PF_KCOMPACTD
#include "../../impl.h"
#include "../../dump.h"
#include "../abi.h"
enum { SHIM_TICK_KSWAPD = PF_KSWAPD, SHIM_TICK_KCOMPACTD = PF_KCOMPACTD };
#pragma pop_macro("PF_KCOMPACTD")
#pragma pop_macro("PF_KSWAPD")
#pragma pop_macro("guard")

#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/slab.h>
#include "version.h"

/* Largest order, inclusive. */
#define SHIM_MAX_ORDER (shim_nr_orders - 1)

extern struct pf_world *shim_world;
extern const struct pf_layout *shim_layout;
extern const struct pf_source_self *shim_self;
extern struct zone *shim_zones[PF_MAX_ZONES];
extern bool shim_booted;

/* A list with more entries is a loop; and a dump with so many words is too long to be one. */
static inline unsigned int shim_most_pages(void)
{
	return 2 * pf_layout_pages(shim_layout) + 64;
}

/* --------------------------------------------------------------- kernel.c -- */

/* The cpu that runs from now on. */
void shim_run_on(unsigned int cpu);
void shim_setup_cpus(unsigned int nr);
void shim_set_online(unsigned int cpu, bool online);
/* Give an account of work. */
void shim_spend(unsigned int units);
/* The boot is over: from now on work counts. */
void shim_begin_to_listen(void);
/* What is asked is known to be complained about. */
extern bool shim_overhear_warnings;
bool shim_hindered(enum pf_inject what);
__printf(1, 2) __noreturn void shim_die(const char *fmt, ...);

/* --------------------------------------------------------------- memory.c -- */

/* How much a machine of that layout needs, and where in its block the memmap begins. */
size_t shim_place_memory(const struct pf_layout *layout, size_t *memmap, size_t *arena);
void shim_setup_memory(void *state, const struct pf_layout *layout);
void shim_guard_holes(void);
void *shim_alloc(size_t size, size_t align);
void shim_put_back_data(const void *fresh);

/* ---------------------------------------------------------------- cache.c -- */

void shim_boot_caches(void);
void shim_set_movable(unsigned long pfn, bool movable);
bool shim_in_cache(unsigned long pfn);
/* The owner's attributes of a page that is or becomes one of the page cache. */
void shim_cache(unsigned long pfn, unsigned int attrs);
/* It leaves the cache, and is free. */
void shim_uncache(unsigned long pfn);
/* The owner's word on a move: 0 or a negative errno. */
int shim_ask_migrate(unsigned long src, unsigned long dst, int mode);
int shim_migrate_mapping(struct address_space *mapping, struct folio *dst, struct folio *src,
			 int extra_count);

/* ----------------------------------------------------------------- dump.c -- */

void shim_dump(void *state, struct pf_dump *d);
unsigned int shim_block_type(unsigned int migratetype);
int shim_migratetype(unsigned int block_type);
unsigned int shim_block_word(unsigned long pfn);
/* Of all cpus, enum vm_event_item; and those of a dump. */
u64 shim_event_total(unsigned int item);
void shim_load_totals(const u32 *total);

/* ---------------------------------------------------------------- check.c -- */

/* NULL, or what is wrong. */
const char *shim_self_check(void);

/* ----------------------------------------------------------------- load.c -- */

/* False: it can't be, and the machine is of no use any more. */
bool shim_load(const struct pf_dump *dump);

/* --------------------------------------------------------------- ranges.c -- */

/* For the types of pageblocks that are isolated. */
size_t shim_ranges_bytes(const struct pf_layout *layout);
void shim_setup_ranges(void);
bool shim_isolate(unsigned long block);
void shim_undo_isolate(unsigned long block);
bool shim_alloc_contig(unsigned long pfn, unsigned long nr);

/* ------------------------- files around one of mm/, for its static functions -- */

/* Variables that are static in one version or the other. */
extern int *const shim_watermark_scale_factor, *const shim_watermark_boost_factor;
extern int *const shim_extfrag_threshold, *const shim_compact_unevictable_allowed;
extern unsigned int *const shim_compaction_proactiveness;

void shim_boot(const struct pf_layout *layout);
void shim_zone_pcp_update(struct zone *zone, int cpu_online);
void shim_refresh_thresholds(void);
void *shim_make_exact(unsigned long addr, unsigned int order, size_t size);
void shim_cpu_dead(unsigned int cpu);
void shim_cpu_online(unsigned int cpu);
bool shim_may_be_contig(unsigned long pfn, unsigned long nr);
void shim_retype(struct page *page, int migratetype);
void shim_compact_node(int nid);
void shim_kcompactd(pg_data_t *pgdat, unsigned int order);
void shim_kcompactd_proactive(pg_data_t *pgdat);
void shim_workingset_init(void);
unsigned int shim_lru_add_batch(unsigned int cpu, struct folio ***folios);

/*
 * A name for another function where one is called, and the tree's own where it is
 * defined: the first word of a definition's parameters is a type, for which a file has
 * a macro SHIM_TYPE_word, that of a call is a variable.
 */
#define SHIM_SECOND(a, b, ...) b
#define SHIM_PICK(...)	       SHIM_SECOND(__VA_ARGS__)

#endif
