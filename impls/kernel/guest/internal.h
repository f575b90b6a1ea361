/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * internal.h - what the files of the module share: the lab's zones and blocks, the
 * reply, the kernel's functions that are not exported, and what each file offers
 * to the others. For the agent there is lab.h.
 */
#ifndef LAB_INTERNAL_H
#define LAB_INTERNAL_H

/* Before the kernel's headers: include this one first. */
#define pr_fmt(fmt) "lab: " fmt

#include <linux/gfp.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/pagevec.h>
#include <linux/version.h>

/* It does not stand by itself. */
#include <linux/compaction.h>

#include "lab.h"

/* Inclusive since 6.4, and renamed in 6.8. */
#ifdef MAX_PAGE_ORDER
#define LAB_MAX_ORDER MAX_PAGE_ORDER
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#define LAB_MAX_ORDER MAX_ORDER
#else
#define LAB_MAX_ORDER (MAX_ORDER - 1)
#endif

/* ------------------------------------------------------------ lab_main.c -- */

/* What the owner of a block says of it; at its first page. */
struct unit {
	u16 attrs; /* LAB_PAGE_*; 0: no block begins here */
	u8 order;
};

extern int node;
extern struct zone *zones[LAB_MAX_ZONES]; /* lowest first */
extern u32 nr_zones;
extern unsigned long first_pfn, end_pfn; /* of all zones */
extern struct unit *units;		 /* by pfn - first_pfn */
extern struct page **slots;

static inline struct unit *unit_of(const struct page *page)
{
	return &units[page_to_pfn(page) - first_pfn];
}

extern u32 *reply;
extern u32 reply_words;
extern bool overflow;
extern struct task_struct *runner; /* whose migrations belong to the batch; NULL outside one */

void put_word(u32 word);
void put_words(const void *words, u32 bytes);
void put_head(u16 kind, u32 nr_words);
void put_record(u16 kind, const void *payload, u32 bytes);

/* --------------------------------------------------------- lab_symbols.c -- */

/* As mm/swap.c begins it. */
struct cpu_fbatches {
	local_lock_t lock;
	struct folio_batch lru_add;
};

/* As the kernel's mm/internal.h has it, which modules do not see. */
struct alloc_context {
	struct zonelist *zonelist;
	nodemask_t *nodemask;
	struct zoneref *preferred_zoneref;
	int migratetype;
	enum zone_type highest_zoneidx;
	bool spread_dirty_pages;
};

extern u32 symbols; /* bits of enum lab_symbol: those that are there */

extern void (*p_drain_all_pages)(struct zone *zone);
extern unsigned long (*p_get_pfnblock_flags_mask)(const struct page *page, unsigned long pfn,
						  unsigned long mask);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
extern int (*p_compact_node)(pg_data_t *pgdat, bool proactive);
#else
extern void (*p_compact_node)(int nid);
#endif
extern void (*p_free_unref_page_list)(struct list_head *list);
extern void (*p_kswapd_stop)(int nid);
extern void *(*p_alloc_pages_exact_nid)(int nid, size_t size, gfp_t gfp);
extern void (*p_set_pageblock_migratetype)(struct page *page, int type);
extern void (*p_setup_per_zone_wmarks)(void);
extern void (*p_reset_isolation_suitable)(pg_data_t *pgdat);
extern void (*p_lru_add_drain)(void);
extern int (*p_folio_isolate_lru)(struct folio *folio);
extern void (*p_filemap_remove_folio)(struct folio *folio);
extern int *p_knob[LAB_NR_KNOBS];
extern struct cpu_fbatches __percpu *p_cpu_fbatches;
extern enum compact_result (*p_try_to_compact_pages)(gfp_t gfp, unsigned int order,
						     unsigned int alloc_flags,
						     const struct alloc_context *ac,
						     enum compact_priority prio,
						     struct page **capture);
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
extern int (*p_move_freepages_block)(struct zone *zone, struct page *page, int type,
				     int *nr_movable);
#else
extern void *p_move_freepages_block;
#endif

/* Fills in all of the above; an error if the lab can't do without what is missing. */
int find_symbols(void);

/* ----------------------------------------------------------- lab_pages.c -- */

extern u32 moved, stray_moves;
extern const int error_of[LAB_MOVE_NOMEM + 1]; /* by enum lab_move_result */

/* The owner's answer to an attempt to move one of its pages. */
enum lab_move_result wish(const struct page *src);
void log_move(struct page *dst, struct page *src, u32 slot, enum migrate_mode mode, u16 result);
void make_immovable(struct page *page);
u32 refusals_left(void);

u32 do_alloc(const struct lab_request *r, bool movable);
u32 do_free(const struct lab_request *r);
u32 do_bulk_alloc(const struct lab_request *r);
u32 do_bulk_free(const struct lab_request *r);
u32 do_split(const struct lab_request *r);
u32 do_page_alloc(const struct lab_request *r);
u32 do_page_free(const struct lab_request *r);
u32 do_page_bulk(const struct lab_request *r);
u32 do_exact(const struct lab_request *r);
u32 do_page_split(const struct lab_request *r);
u32 do_page_attrs(const struct lab_request *r);
u32 do_inject(const struct lab_request *r);

/* ----------------------------------------------------------- lab_cache.c -- */

/* Without a cache all of these are there, and no page is ever wanted in it. */
void open_cache(void);
void close_cache(void);
bool in_cache(const struct page *page);
bool cache_wanted(const struct page *page, u16 attrs);
int set_cache_attrs(struct page *page, u16 attrs);
void leave_cache(struct page *page);
u32 missed_probes(void);

/* --------------------------------------------------------- lab_compact.c -- */

/* When the module is loaded, and unloaded. */
void hook_compaction(void);
void unhook_compaction(void);
void settle(void);

u32 do_compact_node(void);
u32 do_compact(const struct lab_request *r);
u32 do_tick(const struct lab_request *r);
u32 do_retype(const struct lab_request *r);
u32 do_tune(const struct lab_request *r);

/* ------------------------------------------------------------ lab_dump.c -- */

/* Totals of events are counted from here on. */
void begin_counting(void);

u32 do_hello(const struct lab_request *r);
u32 do_dump(const struct lab_request *r);
u32 do_state(void);

#endif /* LAB_INTERNAL_H */
