// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab.c - turns the zones of a memory-only node into a laboratory: runs batches
 * of proto.h's requests on them and writes down what the kernel did.
 *
 * One batch at a time, one cpu. All buffers are taken at load time, so that a
 * batch allocates nothing but what it is told to.
 */
#define pr_fmt(fmt) "lab: " fmt

#include <linux/capability.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/migrate.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/mutex.h>
#include <linux/pageblock-flags.h>
#include <linux/pagemap.h>
#include <linux/pagevec.h>
#include <linux/pseudo_fs.h>
#include <linux/sched/mm.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>
#include <linux/version.h>
#include <linux/vmalloc.h>
#include <linux/vmstat.h>

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

/* Pages of the page cache: from 6.2 on migration takes them another way. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define LAB_HAS_CACHE
#endif

static int node = 1;
module_param(node, int, 0444);
MODULE_PARM_DESC(node, "the node whose zones are the lab");

/* What the owner of a block says of it; at its first page. */
struct unit {
	u16 attrs; /* LAB_PAGE_*; 0: no block begins here */
	u8 order;
};

static struct zone *zones[LAB_MAX_ZONES]; /* lowest first */
static u32 nr_zones;
static unsigned long first_pfn, end_pfn; /* of all zones */
static struct unit *units;		 /* by pfn - first_pfn */
static struct page **slots;
static DEFINE_MUTEX(batch_lock);
static struct lab_request *requests;
static struct page *bulk[LAB_MAX_BULK];

static struct unit *unit_of(const struct page *page)
{
	return &units[page_to_pfn(page) - first_pfn];
}

/* The unit that begins at a pfn of a request, or NULL. */
static struct unit *unit_at(u32 pfn)
{
	if (pfn < first_pfn || pfn >= end_pfn || !units[pfn - first_pfn].attrs)
		return NULL;
	return &units[pfn - first_pfn];
}

/* ------------------------------------------------ what is not exported -- */

static void (*p_drain_all_pages)(struct zone *zone);
static unsigned long (*p_get_pfnblock_flags_mask)(const struct page *page, unsigned long pfn,
						  unsigned long mask);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
static int (*p_compact_node)(pg_data_t *pgdat, bool proactive);
#else
static void (*p_compact_node)(int nid);
#endif
static void (*p_free_unref_page_list)(struct list_head *list);
static void (*p_kswapd_stop)(int nid);
static void *(*p_alloc_pages_exact_nid)(int nid, size_t size, gfp_t gfp);
static void (*p_set_pageblock_migratetype)(struct page *page, int type);
static void (*p_setup_per_zone_wmarks)(void);
static void (*p_reset_isolation_suitable)(pg_data_t *pgdat);
static void (*p_lru_add_drain)(void);
static int (*p_folio_isolate_lru)(struct folio *folio);
static void (*p_filemap_remove_folio)(struct folio *folio);
static int *p_knob[LAB_NR_KNOBS];

/* As mm/swap.c begins it. */
struct cpu_fbatches {
	local_lock_t lock;
	struct folio_batch lru_add;
};
static struct cpu_fbatches __percpu *p_cpu_fbatches;

struct compact_control; /* known to its address only */

/* As the kernel's mm/internal.h has it, which modules do not see. */
struct alloc_context {
	struct zonelist *zonelist;
	nodemask_t *nodemask;
	struct zoneref *preferred_zoneref;
	int migratetype;
	enum zone_type highest_zoneidx;
	bool spread_dirty_pages;
};

static enum compact_result (*p_try_to_compact_pages)(gfp_t gfp, unsigned int order,
						     unsigned int alloc_flags,
						     const struct alloc_context *ac,
						     enum compact_priority prio,
						     struct page **capture);
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
static int (*p_move_freepages_block)(struct zone *zone, struct page *page, int type,
				     int *nr_movable);
#else
static void *p_move_freepages_block;
#endif

static u32 symbols;

static int find_symbols(void)
{
	static const struct {
		const char *name;
		void *pointer;
	} wanted[LAB_NR_SYMBOLS] = {
		[LAB_SYM_DRAIN_ALL_PAGES] = {"drain_all_pages", &p_drain_all_pages},
		[LAB_SYM_GET_PFNBLOCK_FLAGS_MASK] = {"get_pfnblock_flags_mask",
						     &p_get_pfnblock_flags_mask},
		[LAB_SYM_COMPACT_NODE] = {"compact_node", &p_compact_node},
		[LAB_SYM_FREE_UNREF_PAGE_LIST] = {"free_unref_page_list", &p_free_unref_page_list},
		[LAB_SYM_KSWAPD_STOP] = {"kswapd_stop", &p_kswapd_stop},
		[LAB_SYM_TRY_TO_COMPACT_PAGES] = {"try_to_compact_pages", &p_try_to_compact_pages},
		[LAB_SYM_SET_PAGEBLOCK_MIGRATETYPE] = {"set_pageblock_migratetype",
						       &p_set_pageblock_migratetype},
		[LAB_SYM_MOVE_FREEPAGES_BLOCK] = {"move_freepages_block", &p_move_freepages_block},
		[LAB_SYM_SETUP_PER_ZONE_WMARKS] = {"setup_per_zone_wmarks",
						   &p_setup_per_zone_wmarks},
		[LAB_SYM_MIN_FREE_KBYTES] = {"min_free_kbytes", &p_knob[LAB_MIN_FREE_KBYTES]},
		[LAB_SYM_WATERMARK_SCALE_FACTOR] = {"watermark_scale_factor",
						    &p_knob[LAB_WATERMARK_SCALE_FACTOR]},
		[LAB_SYM_WATERMARK_BOOST_FACTOR] = {"watermark_boost_factor",
						    &p_knob[LAB_WATERMARK_BOOST_FACTOR]},
		[LAB_SYM_EXTFRAG_THRESHOLD] = {"sysctl_extfrag_threshold",
					       &p_knob[LAB_EXTFRAG_THRESHOLD]},
		[LAB_SYM_COMPACTION_PROACTIVENESS] = {"sysctl_compaction_proactiveness",
						      &p_knob[LAB_COMPACTION_PROACTIVENESS]},
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
		[LAB_SYM_ALLOC_PAGES_EXACT_NID] = {"alloc_pages_exact_nid_noprof",
						   &p_alloc_pages_exact_nid},
#else
		[LAB_SYM_ALLOC_PAGES_EXACT_NID] = {"alloc_pages_exact_nid",
						   &p_alloc_pages_exact_nid},
#endif
		[LAB_SYM_RESET_ISOLATION_SUITABLE] = {"reset_isolation_suitable",
						      &p_reset_isolation_suitable},
		[LAB_SYM_COMPACT_UNEVICTABLE_ALLOWED] = {"sysctl_compact_unevictable_allowed",
							 &p_knob[LAB_COMPACT_UNEVICTABLE_ALLOWED]},
		[LAB_SYM_LRU_ADD_DRAIN] = {"lru_add_drain", &p_lru_add_drain},
		[LAB_SYM_FOLIO_ISOLATE_LRU] = {"folio_isolate_lru", &p_folio_isolate_lru},
		[LAB_SYM_FILEMAP_REMOVE_FOLIO] = {"filemap_remove_folio", &p_filemap_remove_folio},
		[LAB_SYM_CPU_FBATCHES] = {"cpu_fbatches", &p_cpu_fbatches},
	};
	struct kprobe probe = {.symbol_name = "kallsyms_lookup_name"};
	unsigned long (*lookup)(const char *name);
	int i, rc = register_kprobe(&probe);

	if (rc) {
		pr_err("no kprobe on kallsyms_lookup_name: %d\n", rc);
		return rc;
	}
	lookup = (void *)probe.addr;
	unregister_kprobe(&probe);
	for (i = 0; i < LAB_NR_SYMBOLS; i++) {
		unsigned long address;

		if (!wanted[i].name)
			continue;
		address = lookup(wanted[i].name);
		*(unsigned long *)wanted[i].pointer = address;
		if (address)
			symbols |= 1u << i;
		else
			pr_info("this kernel has no %s\n", wanted[i].name);
	}
	return p_drain_all_pages && p_get_pfnblock_flags_mask ? 0 : -ENOENT;
}

/* -------------------------------------------------------------- replies -- */

static u32 *reply;
static u32 reply_words, moved, stray_moves;
static bool overflow;
static u16 now_op;
static u32 now_index;
static struct task_struct *runner; /* whose migrations belong to the batch; NULL outside one */

static void put_word(u32 word)
{
	if (reply_words < LAB_MAX_REPLY_WORDS)
		reply[reply_words++] = word;
	else
		overflow = true;
}

static void put_words(const void *words, u32 bytes)
{
	u32 i;

	for (i = 0; i < bytes / 4; i++)
		put_word(((const u32 *)words)[i]);
}

static void put_head(u16 kind, u32 nr_words)
{
	const struct lab_record_head head = {kind, now_op, now_index, nr_words};

	put_words(&head, sizeof(head));
}

static void put_record(u16 kind, const void *payload, u32 bytes)
{
	put_head(kind, bytes / 4);
	put_words(payload, bytes);
}

/* -------------------------------------------------------- movable pages -- */

/* Refusals to come, by enum lab_move_result. */
static struct {
	u32 after, count;
} injected[LAB_MOVE_NOMEM + 1];

static const int error_of[] = {
	[LAB_MOVED] = MIGRATEPAGE_SUCCESS,
	[LAB_MOVE_AGAIN] = -EAGAIN,
	[LAB_MOVE_BUSY] = -EBUSY,
	[LAB_MOVE_NOMEM] = -ENOMEM,
};

static const struct movable_operations lab_movable_ops;

static void log_move(struct page *dst, struct page *src, u32 slot, enum migrate_mode mode,
		     u16 result)
{
	const struct lab_move move = {page_to_pfn(src), page_to_pfn(dst), slot, (u16)mode, result};

	if (current != runner) {
		stray_moves++;
		return;
	}
	moved += result == LAB_MOVED;
	put_record(LAB_REC_MOVE, &move, sizeof(move));
}

static bool lab_isolate(struct page *page, isolate_mode_t mode)
{
	return true;
}

static void lab_putback(struct page *page)
{
}

static bool is_injected(enum lab_move_result what)
{
	if (!injected[what].count)
		return false;
	if (injected[what].after) {
		injected[what].after--;
		return false;
	}
	injected[what].count--;
	return true;
}

/* The host's world must come to the same answer: the order of the questions counts. */
static enum lab_move_result wish(const struct page *src)
{
	/* The owner's reference, or the cache's, and that of the isolation. */
	const int plain_references = 2;

	if (!(unit_of(src)->attrs & LAB_PAGE_MOVABLE))
		return LAB_MOVE_BUSY;
	if (page_count(src) > plain_references || is_injected(LAB_MOVE_AGAIN))
		return LAB_MOVE_AGAIN;
	if (is_injected(LAB_MOVE_BUSY))
		return LAB_MOVE_BUSY;
	return is_injected(LAB_MOVE_NOMEM) ? LAB_MOVE_NOMEM : LAB_MOVED;
}

static enum lab_move_result consent(const struct page *src, enum migrate_mode mode)
{
	enum lab_move_result result = wish(src);
	u16 attrs = unit_of(src)->attrs;

	if (result != LAB_MOVED)
		return result;
	if ((attrs & LAB_PAGE_LOCKED && mode == MIGRATE_ASYNC) ||
	    (attrs & LAB_PAGE_WRITEBACK && mode != MIGRATE_SYNC))
		return LAB_MOVE_BUSY;
	return LAB_MOVED;
}

static int lab_migrate(struct page *dst, struct page *src, enum migrate_mode mode)
{
	enum lab_move_result result = consent(src, mode);
	unsigned long slot = page_private(src);

	log_move(dst, src, slot, mode, result);
	if (result != LAB_MOVED)
		return error_of[result];
	get_page(dst);
	set_page_private(dst, slot);
	__SetPageMovable(dst, &lab_movable_ops);
	*unit_of(dst) = *unit_of(src);
	unit_of(src)->attrs = 0;
	if (slot < LAB_NR_SLOTS)
		slots[slot] = dst;
	set_page_private(src, 0);
	__ClearPageMovable(src);
	put_page(src);
	return MIGRATEPAGE_SUCCESS;
}

static const struct movable_operations lab_movable_ops = {
	.isolate_page = lab_isolate,
	.migrate_page = lab_migrate,
	.putback_page = lab_putback,
};

/* From now on compaction may move it. */
static void make_movable(struct page *page, u32 slot)
{
	set_page_private(page, slot);
	lock_page(page);
	__SetPageMovable(page, &lab_movable_ops);
	unlock_page(page);
}

static void make_immovable(struct page *page)
{
	if (!__PageMovable(page))
		return;
	lock_page(page);
	__ClearPageMovable(page);
	set_page_private(page, 0);
	unlock_page(page);
}

/* --------------------------------------------- pages of the page cache -- */

/*
 * A unit with LAB_PAGE_LRU is in the page cache, as a page of a file, and so on an
 * LRU list; the cache's reference is the only one but for that of a pin. The kernel
 * decides about its moves itself, and probes write them down.
 */
#ifdef LAB_HAS_CACHE

static struct vfsmount *cache_mount;
static struct address_space *caches[2]; /* of pages that reclaim may not take, and may */
static pgoff_t next_index;		/* never used again, so that no shadow is ever met */
static enum migrate_mode mode_now;

static bool in_cache(const struct page *page)
{
	return page->mapping && (page->mapping == caches[0] || page->mapping == caches[1]);
}

/* For probes: any page of the machine. */
static bool is_lab_cache(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);

	return pfn >= first_pfn && pfn < end_pfn && in_cache(page);
}

static struct address_space *cache_for(u16 attrs)
{
	return caches[!!(attrs & LAB_PAGE_EVICTABLE)];
}

/* Raw: no accounting of dirty pages, and no tags in the cache. */
static void show_attrs(struct page *page, u16 attrs)
{
	assign_bit(PG_dirty, &page->flags, attrs & LAB_PAGE_DIRTY);
	assign_bit(PG_writeback, &page->flags, attrs & LAB_PAGE_WRITEBACK);
	if (PageLocked(page) && !(attrs & LAB_PAGE_LOCKED))
		unlock_page(page);
	else if (!PageLocked(page) && attrs & LAB_PAGE_LOCKED)
		lock_page(page);
}

/* What the kernel is about to wait for is over at once. */
static void end_wait(struct page *page, u16 attr)
{
	const struct lab_move wait = {page_to_pfn(page), page_to_pfn(page), LAB_NR_SLOTS, attr >> 3,
				      LAB_WAITED};

	if (current != runner || !is_lab_cache(page) || !(unit_of(page)->attrs & attr))
		return;
	unit_of(page)->attrs &= ~attr;
	put_record(LAB_REC_MOVE, &wait, sizeof(wait));
	if (attr == LAB_PAGE_WRITEBACK)
		clear_bit(PG_writeback, &page->flags);
	else if (attr == LAB_PAGE_LOCKED)
		unlock_page(page);
}

static int before_wait_writeback(struct kprobe *probe, struct pt_regs *regs)
{
	end_wait((struct page *)regs->di, LAB_PAGE_WRITEBACK);
	return 0;
}

static int before_lock(struct kprobe *probe, struct pt_regs *regs)
{
	end_wait((struct page *)regs->di, LAB_PAGE_LOCKED);
	return 0;
}

static int before_migration(struct kprobe *probe, struct pt_regs *regs)
{
	mode_now = (enum migrate_mode)regs->r8;
	return 0;
}

/* The kernel has cleared PG_dirty before. */
static int cache_writepage(struct page *page, struct writeback_control *control)
{
	end_wait(page, LAB_PAGE_DIRTY);
	unlock_page(page);
	return 0;
}

/* No migrate_folio: that is what makes dirty pages hard to move. */
static const struct address_space_operations cache_ops = {
	.writepage = cache_writepage,
	.dirty_folio = noop_dirty_folio,
};

struct attempt {
	struct page *dst, *src;
	enum lab_move_result wish;
};

/* Where an attempt may still fail: with one reference too many it does. */
static int attempt_begins(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct attempt *attempt = (struct attempt *)instance->data;

	attempt->dst = (struct page *)regs->si;
	attempt->src = (struct page *)regs->dx;
	if (!is_lab_cache(attempt->src))
		return 1; /* not for attempt_ends() */
	attempt->wish = current == runner ? wish(attempt->src) : LAB_MOVED;
	if (attempt->wish != LAB_MOVED)
		get_page(attempt->src);
	return 0;
}

static int attempt_ends(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct attempt *attempt = (struct attempt *)instance->data;
	bool done = (int)regs_return_value(regs) == MIGRATEPAGE_SUCCESS;
	enum lab_move_result result = done ? LAB_MOVED : LAB_MOVE_AGAIN;

	if (attempt->wish != LAB_MOVED)
		put_page(attempt->src);
	/* Another refusal than the kernel's own. */
	if (!done && attempt->wish != LAB_MOVED) {
		result = attempt->wish;
		regs_set_return_value(regs, error_of[result]);
	}
	log_move(attempt->dst, attempt->src, LAB_NR_SLOTS, mode_now, result);
	if (done) {
		*unit_of(attempt->dst) = *unit_of(attempt->src);
		unit_of(attempt->src)->attrs = 0;
	}
	return 0;
}

static struct kprobe wait_writeback_probe = {
	.symbol_name = "folio_wait_writeback",
	.pre_handler = before_wait_writeback,
};
static struct kprobe lock_probe = {
	.symbol_name = "__folio_lock",
	.pre_handler = before_lock,
};
static struct kprobe migration_probe = {
	.symbol_name = "migrate_pages",
	.pre_handler = before_migration,
};
static struct kprobe *probes[] = {&wait_writeback_probe, &lock_probe, &migration_probe};
static struct kretprobe attempt_probe = {
	.kp.symbol_name = "folio_migrate_mapping",
	.entry_handler = attempt_begins,
	.handler = attempt_ends,
	.data_size = sizeof(struct attempt),
};

/* A probe that was passed over leaves moves without a record. */
static u32 missed_probes(void)
{
	u32 i, nr = attempt_probe.nmissed + attempt_probe.kp.nmissed;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		nr += probes[i]->nmissed;
	return nr;
}

static int cache_init_context(struct fs_context *context)
{
	return init_pseudo(context, LAB_MAGIC) ? 0 : -ENOMEM;
}

static struct file_system_type cache_type = {
	.name = "lab",
	.init_fs_context = cache_init_context,
	.kill_sb = kill_anon_super,
};

static void close_cache(void)
{
	u32 i;

	if (symbols >> LAB_SYM_LRU_PAGES & 1) {
		unregister_kretprobe(&attempt_probe);
		unregister_kprobes(probes, ARRAY_SIZE(probes));
	}
	for (i = 0; i < ARRAY_SIZE(caches); i++)
		if (caches[i])
			iput(caches[i]->host);
	if (!IS_ERR_OR_NULL(cache_mount))
		kern_unmount(cache_mount);
}

/* Two files, of which one is out of reclaim's reach. */
static int open_files(void)
{
	u32 i;

	cache_mount = kern_mount(&cache_type);
	if (IS_ERR(cache_mount))
		return PTR_ERR(cache_mount);
	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		struct inode *inode = alloc_anon_inode(cache_mount->mnt_sb);

		if (IS_ERR(inode))
			return PTR_ERR(inode);
		inode->i_mapping->a_ops = &cache_ops;
		caches[i] = inode->i_mapping;
	}
	mapping_set_unevictable(caches[0]);
	return 0;
}

/* Without one of its parts the lab has no LRU pages, but all else. */
static void open_cache(void)
{
	int rc = -ENOENT;

	if (p_lru_add_drain && p_folio_isolate_lru && p_filemap_remove_folio && p_cpu_fbatches)
		rc = open_files();
	if (!rc)
		rc = register_kprobes(probes, ARRAY_SIZE(probes));
	if (!rc) {
		rc = register_kretprobe(&attempt_probe);
		if (rc)
			unregister_kprobes(probes, ARRAY_SIZE(probes));
	}
	if (rc)
		pr_warn("no LRU pages: %d\n", rc);
	else
		symbols |= 1u << LAB_SYM_LRU_PAGES;
}

static int enter_cache(struct page *page, u16 attrs)
{
	int rc;

	make_immovable(page);
	rc = filemap_add_folio(cache_for(attrs), page_folio(page), next_index++, GFP_KERNEL);
	if (rc)
		return rc;
	unlock_page(page);
	put_page(page);
	return 0;
}

/* To the other file, and so to the other kind of list. */
static int change_cache(struct page *page, u16 attrs)
{
	int rc = p_folio_isolate_lru(page_folio(page));

	if (rc)
		return rc;
	lock_page(page);
	p_filemap_remove_folio(page_folio(page));
	rc = filemap_add_folio(cache_for(attrs), page_folio(page), next_index++, GFP_KERNEL);
	unlock_page(page);
	put_page(page);
	return rc;
}

/* The owner's reference is the only one then, but for that of a pin. */
static void leave_cache(struct page *page)
{
	p_lru_add_drain();
	show_attrs(page, 0);
	get_page(page);
	lock_page(page);
	p_filemap_remove_folio(page_folio(page));
	unlock_page(page);
}

/* Begins and ends with an empty batch: the page is on its list when this returns. */
static int set_cache_attrs(struct page *page, u16 attrs)
{
	int rc = 0;

	p_lru_add_drain();
	if (in_cache(page))
		show_attrs(page, 0);
	if (!in_cache(page))
		rc = enter_cache(page, attrs);
	else if (page->mapping != cache_for(attrs))
		rc = change_cache(page, attrs);
	show_attrs(page, attrs);
	p_lru_add_drain();
	return rc;
}

static bool cache_wanted(const struct page *page, u16 attrs)
{
	const u16 needed = LAB_PAGE_LRU | LAB_PAGE_MOVABLE;

	return in_cache(page) || (symbols >> LAB_SYM_LRU_PAGES & 1 && !unit_of(page)->order &&
				  (attrs & needed) == needed);
}

#else

static void open_cache(void)
{
	pr_warn("no LRU pages: this kernel moves them another way\n");
}

static void close_cache(void)
{
}

static bool in_cache(const struct page *page)
{
	return false;
}

static void leave_cache(struct page *page)
{
}

static int set_cache_attrs(struct page *page, u16 attrs)
{
	return 0;
}

static bool cache_wanted(const struct page *page, u16 attrs)
{
	return false;
}

static u32 missed_probes(void)
{
	return 0;
}

#endif

/* ------------------------------------------------------ alloc and free -- */

static gfp_t to_gfp(const struct lab_request *r)
{
	static const struct {
		u32 lab;
		gfp_t kernel;
	} bits[] = {
		{LAB_GFP_HIGH, __GFP_HIGH},
		{LAB_GFP_IO, __GFP_IO},
		{LAB_GFP_FS, __GFP_FS},
		{LAB_GFP_ZERO, __GFP_ZERO},
#ifdef __GFP_ATOMIC
		{LAB_GFP_ATOMIC, __GFP_ATOMIC},
#endif
		{LAB_GFP_DIRECT_RECLAIM, __GFP_DIRECT_RECLAIM},
		{LAB_GFP_KSWAPD_RECLAIM, __GFP_KSWAPD_RECLAIM},
		{LAB_GFP_RETRY_MAYFAIL, __GFP_RETRY_MAYFAIL},
		{LAB_GFP_NORETRY, __GFP_NORETRY},
		{LAB_GFP_MEMALLOC, __GFP_MEMALLOC},
		{LAB_GFP_COMP, __GFP_COMP},
		{LAB_GFP_NOMEMALLOC, __GFP_NOMEMALLOC},
	};
	gfp_t gfp = __GFP_THISNODE | __GFP_NOWARN;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bits); i++)
		if (r->gfp & bits[i].lab)
			gfp |= bits[i].kernel;
	/* A kswapd that is still there would work at times of its own. */
	if (NODE_DATA(node)->kswapd)
		gfp &= ~__GFP_KSWAPD_RECLAIM;
	if (r->mobility == MIGRATE_MOVABLE)
		gfp |= __GFP_MOVABLE;
	else if (r->mobility == MIGRATE_RECLAIMABLE)
		gfp |= __GFP_RECLAIMABLE;
	return gfp;
}

/* impl.h's numbers of zone types; the highest that the request may use. */
static gfp_t zone_gfp(const struct lab_request *r)
{
	switch (r->flags) {
	case 0:
		return __GFP_DMA;
	case 1:
		return __GFP_DMA32;
	case 3:
		return r->mobility == MIGRATE_MOVABLE ? __GFP_HIGHMEM : 0;
	}
	return 0;
}

/*
 * A request that may reclaim gets its direct compaction, but neither reclaim nor
 * the OOM killer: the slow path stops short of both for a task that reclaims
 * already. Such a task would get at the reserves as well, unless it says no.
 */
static unsigned int forbid_reclaim(gfp_t *gfp)
{
	if (!(*gfp & __GFP_DIRECT_RECLAIM))
		return current->flags & PF_MEMALLOC;
	if (!(*gfp & __GFP_MEMALLOC))
		*gfp |= __GFP_NOMEMALLOC;
	return memalloc_noreclaim_save();
}

static struct page *take_pages(const struct lab_request *r, gfp_t gfp)
{
	unsigned int saved = forbid_reclaim(&gfp);
	struct page *page = alloc_pages_node(node, gfp, r->order);

	memalloc_noreclaim_restore(saved);
	return page;
}

/* Notes the owner of a new block; `slot` is LAB_NR_SLOTS for one that has none. */
static void own(struct page *page, u8 order, bool movable, u32 slot)
{
	*unit_of(page) = (struct unit){LAB_PAGE_LIVE | (movable ? LAB_PAGE_MOVABLE : 0), order};
	if (slot < LAB_NR_SLOTS)
		slots[slot] = page;
	if (movable && !order)
		make_movable(page, slot);
}

/* The owner lets go; the caller frees. */
static void disown(struct page *page)
{
	struct unit *unit = unit_of(page);

	if (in_cache(page))
		leave_cache(page);
	else
		make_immovable(page);
	if (unit->attrs & LAB_PAGE_PINNED)
		put_page(page);
	unit->attrs = 0;
}

static bool slots_empty(u32 first, u32 nr)
{
	u32 i;

	if (first >= LAB_NR_SLOTS || nr > LAB_NR_SLOTS - first)
		return false;
	for (i = 0; i < nr; i++)
		if (slots[first + i])
			return false;
	return true;
}

static u32 do_alloc(const struct lab_request *r, bool movable)
{
	struct page *page;

	if (!slots_empty(r->slot, 1) || r->order > LAB_MAX_ORDER || (movable && r->order))
		return LAB_INVALID;
	page = take_pages(r, to_gfp(r));
	if (!page)
		return LAB_NONE;
	own(page, r->order, movable, r->slot);
	return page_to_pfn(page);
}

static u32 do_free(const struct lab_request *r)
{
	struct page *page;

	if (r->slot >= LAB_NR_SLOTS)
		return LAB_INVALID;
	page = slots[r->slot];
	if (!page)
		return LAB_NONE;
	slots[r->slot] = NULL;
	disown(page);
	__free_pages(page, unit_of(page)->order);
	return page_to_pfn(page);
}

/* Fills bulk[], writes the PAGES record. */
static u32 take_bulk(const struct lab_request *r, gfp_t gfp)
{
	unsigned int saved = forbid_reclaim(&gfp);
	u32 i, nr;

	memset(bulk, 0, sizeof(bulk));
	nr = alloc_pages_bulk_array_node(gfp, node, r->arg, bulk);
	memalloc_noreclaim_restore(saved);
	put_head(LAB_REC_PAGES, nr);
	for (i = 0; i < nr; i++)
		put_word(page_to_pfn(bulk[i]));
	return nr;
}

static u32 do_bulk_alloc(const struct lab_request *r)
{
	u32 i, nr;

	if (r->order || r->arg > LAB_MAX_BULK || !slots_empty(r->slot, r->arg))
		return LAB_INVALID;
	nr = take_bulk(r, to_gfp(r));
	for (i = 0; i < nr; i++)
		own(bulk[i], 0, false, r->slot + i);
	return nr;
}

/* The way of release_pages() and truncation: one list, freed in runs. */
static u32 do_bulk_free(const struct lab_request *r)
{
	LIST_HEAD(list);
	u32 i, nr = 0;

	if (!p_free_unref_page_list)
		return LAB_UNSUPPORTED;
	if (r->arg > LAB_MAX_BULK || r->slot >= LAB_NR_SLOTS || r->arg > LAB_NR_SLOTS - r->slot)
		return LAB_INVALID;
	for (i = 0; i < r->arg; i++)
		if (slots[r->slot + i] && unit_of(slots[r->slot + i])->order)
			return LAB_INVALID;
	for (i = 0; i < r->arg; i++) {
		struct page *page = slots[r->slot + i];

		if (!page)
			continue;
		slots[r->slot + i] = NULL;
		disown(page);
		if (!put_page_testzero(page))
			continue;
		list_add_tail(&page->lru, &list);
		nr++;
	}
	p_free_unref_page_list(&list);
	return nr;
}

static u32 do_split(const struct lab_request *r)
{
	struct page *page;
	u32 i, nr;

	if (r->slot >= LAB_NR_SLOTS || !slots[r->slot] || PageCompound(slots[r->slot]))
		return LAB_INVALID;
	page = slots[r->slot];
	nr = 1u << unit_of(page)->order;
	if (!slots_empty(r->arg, nr - 1))
		return LAB_INVALID;
	if (nr == 1)
		return 1;
	split_page(page, unit_of(page)->order);
	unit_of(page)->order = 0;
	for (i = 1; i < nr; i++)
		own(page + i, 0, false, r->arg + i - 1);
	return nr;
}

/* ------------------------------------------------------- blocks by pfn -- */

static u32 do_page_alloc(const struct lab_request *r)
{
	struct page *page;

	if (r->order > LAB_MAX_ORDER)
		return LAB_NONE;
	page = take_pages(r, to_gfp(r) | zone_gfp(r));
	if (!page)
		return LAB_NONE;
	own(page, r->order, r->mobility == MIGRATE_MOVABLE, LAB_NR_SLOTS);
	return page_to_pfn(page);
}

static u32 do_page_free(const struct lab_request *r)
{
	struct unit *unit = unit_at(r->slot);
	struct page *page;
	bool cached;

	if (!unit || unit->order != r->order)
		return LAB_INVALID;
	page = pfn_to_page(r->slot);
	cached = in_cache(page);
	disown(page);
	if (cached)
		put_page(page); /* which also takes it off its LRU list */
	else
		__free_pages(page, r->order);
	return r->slot;
}

static u32 do_page_bulk(const struct lab_request *r)
{
	u32 i, nr;

	if (r->arg > LAB_MAX_BULK)
		return LAB_INVALID;
	nr = take_bulk(r, to_gfp(r) | zone_gfp(r));
	for (i = 0; i < nr; i++)
		own(bulk[i], 0, r->mobility == MIGRATE_MOVABLE, LAB_NR_SLOTS);
	return nr;
}

static u32 do_exact(const struct lab_request *r)
{
	/* The kernel leaves both away itself, with a warning. */
	gfp_t gfp = (to_gfp(r) | zone_gfp(r)) & ~(__GFP_COMP | __GFP_HIGHMEM);
	size_t size = (size_t)r->arg << PAGE_SHIFT;
	unsigned int saved;
	struct page *page;
	void *address;
	u32 i;

	if (!p_alloc_pages_exact_nid)
		return LAB_UNSUPPORTED;
	if (!r->arg)
		return LAB_INVALID;
	if (get_order(size) > LAB_MAX_ORDER)
		return LAB_NONE;
	saved = forbid_reclaim(&gfp);
	address = p_alloc_pages_exact_nid(node, size, gfp);
	memalloc_noreclaim_restore(saved);
	if (!address)
		return LAB_NONE;
	page = virt_to_page(address);
	for (i = 0; i < r->arg; i++)
		own(page + i, 0, r->mobility == MIGRATE_MOVABLE, LAB_NR_SLOTS);
	return page_to_pfn(page);
}

/* What freeing does to a compound page: split_page() takes none. */
static void dissolve(struct page *page, unsigned int nr)
{
	unsigned int i;

	for (i = 1; i < nr; i++) {
		page[i].mapping = NULL;
		clear_compound_head(&page[i]);
		set_page_private(&page[i], 0);
	}
#ifdef PAGE_FLAGS_SECOND
	/* The order lies there after 6.1. */
	page[1].flags &= ~PAGE_FLAGS_SECOND;
#endif
	__ClearPageHead(page);
}

static u32 do_page_split(const struct lab_request *r)
{
	struct unit *unit = unit_at(r->slot);
	struct page *page;
	u32 i, nr;
	u16 attrs;

	if (!unit)
		return LAB_INVALID;
	page = pfn_to_page(r->slot);
	nr = 1u << unit->order;
	attrs = unit->attrs;
	if (nr == 1)
		return 1;
	if (attrs & LAB_PAGE_PINNED)
		put_page(page);
	if (PageHead(page))
		dissolve(page, nr);
	split_page(page, unit->order);
	for (i = 0; i < nr; i++) {
		own(page + i, 0, attrs & LAB_PAGE_MOVABLE, LAB_NR_SLOTS);
		unit_of(page + i)->attrs = attrs;
		if (attrs & LAB_PAGE_PINNED)
			get_page(page + i);
	}
	return nr;
}

static u32 do_page_attrs(const struct lab_request *r)
{
	struct unit *unit = unit_at(r->slot);
	u16 attrs = (u16)r->arg | LAB_PAGE_LIVE;
	struct page *page;

	if (!unit)
		return LAB_INVALID;
	page = pfn_to_page(r->slot);
	if (in_cache(page))
		attrs |= LAB_PAGE_LRU;
	if (cache_wanted(page, attrs) && set_cache_attrs(page, attrs))
		return LAB_NONE;
	if (attrs & ~unit->attrs & LAB_PAGE_PINNED)
		get_page(page);
	if (~attrs & unit->attrs & LAB_PAGE_PINNED)
		put_page(page);
	unit->attrs = attrs;
	return 0;
}

/* ------------------------------------------- compaction, types, knobs -- */

static u32 do_compact_node(void)
{
	if (!p_compact_node)
		return LAB_UNSUPPORTED;
	moved = 0;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
	p_compact_node(NODE_DATA(node), false);
#else
	p_compact_node(node);
#endif
	return moved;
}

static u32 to_lab_result(enum compact_result result)
{
	switch (result) {
	case COMPACT_SKIPPED:
		return LAB_COMPACT_SKIPPED;
	case COMPACT_DEFERRED:
		return LAB_COMPACT_DEFERRED;
	case COMPACT_COMPLETE:
		return LAB_COMPACT_COMPLETE;
	case COMPACT_PARTIAL_SKIPPED:
		return LAB_COMPACT_PARTIAL_SKIPPED;
	case COMPACT_CONTENDED:
		return LAB_COMPACT_CONTENDED;
	case COMPACT_SUCCESS:
		return LAB_COMPACT_SUCCESS;
	default:
		return LAB_INVALID;
	}
}

/* Direct compaction as the allocator's slow path starts it, without the allocation. */
static u32 do_compact(const struct lab_request *r)
{
	static const enum compact_priority priority[] = {
		[MIGRATE_ASYNC] = COMPACT_PRIO_ASYNC,
		[MIGRATE_SYNC_LIGHT] = COMPACT_PRIO_SYNC_LIGHT,
		[MIGRATE_SYNC] = COMPACT_PRIO_SYNC_FULL,
	};
	const unsigned int alloc_cpuset = 0x40; /* and the min watermark, which is 0 */
	gfp_t gfp = GFP_KERNEL | __GFP_THISNODE | __GFP_NOWARN;
	struct alloc_context ac = {.migratetype = r->mobility};
	struct page *captured = NULL;
	enum compact_result result;
	unsigned int saved;

	if (!p_try_to_compact_pages)
		return LAB_UNSUPPORTED;
	if (r->flags >= ARRAY_SIZE(priority) || r->mobility >= MIGRATE_PCPTYPES)
		return LAB_INVALID;
	/* The kernel would look behind the end of its free areas. */
	if (r->order > LAB_MAX_ORDER)
		return LAB_COMPACT_SKIPPED;
	if (r->mobility == MIGRATE_MOVABLE)
		gfp |= __GFP_MOVABLE | __GFP_HIGHMEM;
	else if (r->mobility == MIGRATE_RECLAIMABLE)
		gfp |= __GFP_RECLAIMABLE;
	ac.highest_zoneidx = gfp_zone(gfp);
	ac.zonelist = node_zonelist(node, gfp);
	ac.preferred_zoneref = ac.zonelist->_zonerefs;
	while (zonelist_zone_idx(ac.preferred_zoneref) > (int)ac.highest_zoneidx)
		ac.preferred_zoneref++;
	saved = memalloc_noreclaim_save();
	result = p_try_to_compact_pages(gfp, r->order, alloc_cpuset, &ac, priority[r->flags],
					&captured);
	memalloc_noreclaim_restore(saved);
	if (captured) {
		/* Taken from under the allocator's hands: nobody has a reference yet. */
		set_page_private(captured, 0);
		init_page_count(captured);
		__free_pages(captured, r->order);
	}
	return to_lab_result(result);
}

static int proactiveness = 20; /* of ticks; the kernel's own value is 0 all other time */

static bool kcompactd_works(const pg_data_t *pgdat)
{
	return READ_ONCE(pgdat->kcompactd_max_order) ||
	       READ_ONCE(pgdat->proactive_compact_trigger) ||
	       !(READ_ONCE(pgdat->kcompactd->__state) & TASK_INTERRUPTIBLE);
}

/*
 * One round of kcompactd, by its own thread. It has no work at any other time:
 * nobody wakes it, and with a proactiveness of 0 its timer does nothing.
 */
static u32 do_tick(const struct lab_request *r)
{
	pg_data_t *pgdat = NODE_DATA(node);
	u64 end = ktime_get_ns() + 10 * NSEC_PER_SEC;

	if (r->flags == LAB_KSWAPD) {
		if (!p_reset_isolation_suitable)
			return LAB_UNSUPPORTED;
		p_reset_isolation_suitable(pgdat);
		return 0;
	}
	if (!pgdat->kcompactd || !p_knob[LAB_COMPACTION_PROACTIVENESS])
		return LAB_UNSUPPORTED;
	if (r->flags == LAB_KCOMPACTD) {
		if (!r->order || r->order > LAB_MAX_ORDER)
			return 0;
		WRITE_ONCE(pgdat->kcompactd_max_order, r->order);
	} else {
		if (!proactiveness)
			return 0;
		WRITE_ONCE(*p_knob[LAB_COMPACTION_PROACTIVENESS], proactiveness);
		WRITE_ONCE(pgdat->proactive_compact_trigger, true);
	}
	runner = pgdat->kcompactd;
	wake_up_interruptible(&pgdat->kcompactd_wait);
	while (kcompactd_works(pgdat) && ktime_get_ns() < end)
		usleep_range(20, 40);
	runner = current;
	WRITE_ONCE(*p_knob[LAB_COMPACTION_PROACTIVENESS], 0);
	return kcompactd_works(pgdat) ? LAB_INVALID : 0;
}

static struct zone *zone_of(u32 pfn)
{
	u32 i;

	for (i = 0; i < nr_zones; i++)
		if (zone_spans_pfn(zones[i], pfn))
			return zones[i];
	return NULL;
}

static u32 do_retype(const struct lab_request *r)
{
	struct zone *zone = zone_of(r->slot);

	/* In a hole there may be no memmap to keep the type in. */
	if (!zone || !pfn_valid(r->slot) || r->arg >= MIGRATE_PCPTYPES)
		return LAB_INVALID;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
	if (p_set_pageblock_migratetype && p_move_freepages_block) {
		struct page *page = pfn_to_page(r->slot);
		unsigned long flags;

		spin_lock_irqsave(&zone->lock, flags);
		p_set_pageblock_migratetype(page, r->arg);
		p_move_freepages_block(zone, page, r->arg, NULL);
		spin_unlock_irqrestore(&zone->lock, flags);
		return 0;
	}
#endif
	return LAB_UNSUPPORTED;
}

static bool is_lab_zone(const struct zone *zone)
{
	return zone->zone_pgdat == NODE_DATA(node);
}

/*
 * The kernel's own formula, as if the lab's node were the whole machine: the other
 * zones have no share in it and keep their marks, so that the guest lives on.
 */
static void set_watermarks(void)
{
	static struct {
		struct zone *zone;
		long managed;
		unsigned long marks[NR_WMARK];
		unsigned long boost;
	} other[MAX_NR_ZONES * 4];
	unsigned int nr = 0, i;
	int nid;

	for_each_online_node(nid)
	{
		for (i = 0; i < MAX_NR_ZONES && nr < ARRAY_SIZE(other); i++) {
			struct zone *zone = &NODE_DATA(nid)->node_zones[i];

			if (is_lab_zone(zone) || !populated_zone(zone))
				continue;
			other[nr].zone = zone;
			other[nr].managed = atomic_long_read(&zone->managed_pages);
			other[nr].boost = zone->watermark_boost;
			memcpy(other[nr].marks, zone->_watermark, sizeof(other[nr].marks));
			atomic_long_set(&zone->managed_pages, 0);
			nr++;
		}
	}
	p_setup_per_zone_wmarks();
	for (i = 0; i < nr; i++) {
		atomic_long_set(&other[i].zone->managed_pages, other[i].managed);
		memcpy(other[i].zone->_watermark, other[i].marks, sizeof(other[i].marks));
		other[i].zone->watermark_boost = other[i].boost;
	}
}

static u32 do_tune(const struct lab_request *r)
{
	/* What the sysctls take. */
	static const struct {
		u32 least, most;
	} range[LAB_NR_KNOBS] = {
		[LAB_WATERMARK_SCALE_FACTOR] = {1, 3000},
		[LAB_MIN_FREE_KBYTES] = {0, INT_MAX},
		[LAB_WATERMARK_BOOST_FACTOR] = {0, INT_MAX},
		[LAB_EXTFRAG_THRESHOLD] = {0, 1000},
		[LAB_COMPACTION_PROACTIVENESS] = {0, 100},
		[LAB_COMPACT_UNEVICTABLE_ALLOWED] = {0, 1},
	};

	if (r->flags >= LAB_NR_KNOBS || r->arg < range[r->flags].least ||
	    r->arg > range[r->flags].most)
		return 0;
	if (!p_knob[r->flags] || !p_setup_per_zone_wmarks)
		return LAB_UNSUPPORTED;
	if (r->flags == LAB_COMPACTION_PROACTIVENESS) {
		proactiveness = r->arg;
		return 1;
	}
	*p_knob[r->flags] = r->arg;
	if (r->flags == LAB_WATERMARK_SCALE_FACTOR || r->flags == LAB_MIN_FREE_KBYTES)
		set_watermarks();
	return 1;
}

/*
 * Compaction compares how many pages are isolated with how many are on LRU lists.
 * What cpus have not added yet would make it wait, for ever: they never add it.
 */
static void make_node_counters_exact(void)
{
	pg_data_t *pgdat = NODE_DATA(node);
	int cpu, i;

	for_each_online_cpu(cpu)
	{
		struct per_cpu_nodestat *stat = per_cpu_ptr(pgdat->per_cpu_nodestats, cpu);

		stat->stat_threshold = 0;
		for (i = 0; i < NR_VM_NODE_STAT_ITEMS; i++) {
			node_page_state_add(stat->vm_node_stat_diff[i], pgdat, i);
			stat->vm_node_stat_diff[i] = 0;
		}
	}
}

/* The daemons of the node work only when told to; watermarks are the lab's alone. */
static void settle(void)
{
	unsigned long min = 0;
	u32 i;

	make_node_counters_exact();

	if (p_kswapd_stop)
		p_kswapd_stop(node);
	if (p_knob[LAB_COMPACTION_PROACTIVENESS])
		*p_knob[LAB_COMPACTION_PROACTIVENESS] = 0;
	if (!p_knob[LAB_MIN_FREE_KBYTES] || !p_setup_per_zone_wmarks)
		return;
	for (i = 0; i < nr_zones; i++)
		min += zones[i]->_watermark[WMARK_MIN];
	*p_knob[LAB_MIN_FREE_KBYTES] = min << (PAGE_SHIFT - 10);
	set_watermarks();
}

static u32 do_inject(const struct lab_request *r)
{
	if (r->flags < LAB_MOVE_AGAIN || r->flags > LAB_MOVE_NOMEM)
		return LAB_INVALID;
	injected[r->flags].after = r->slot;
	injected[r->flags].count = r->arg;
	return r->arg;
}

/* --------------------------------------------------------- hello, dump -- */

static struct per_cpu_pages *pcp_of(const struct zone *zone)
{
	return per_cpu_ptr(zone->per_cpu_pageset, 0);
}

static struct per_cpu_zonestat *stat_of(const struct zone *zone)
{
	return per_cpu_ptr(zone->per_cpu_zonestats, 0);
}

static u32 lru_pages(struct zone *zone)
{
	u32 nr = 0;
	int i;

	for (i = NR_ZONE_LRU_BASE; i <= NR_ZONE_UNEVICTABLE; i++)
		nr += zone_page_state(zone, i);
	return nr;
}

static u32 do_hello(const struct lab_request *r)
{
	struct zone *zone = r->arg < nr_zones ? zones[r->arg] : NULL;
	struct lab_hello hello = {
		.version_code = LINUX_VERSION_CODE,
		.symbols = symbols,
		.node = node,
		.nr_zones = nr_zones,
		.block_order = pageblock_order,
		.max_order = LAB_MAX_ORDER,
		.nr_pcp_lists = NR_PCP_LISTS,
	};
	int i;

	if (!zone)
		return LAB_INVALID;
	hello.lru_pages = lru_pages(zone);
	hello.start_pfn = zone->zone_start_pfn;
	hello.end_pfn = zone_end_pfn(zone);
	hello.present = zone->present_pages;
	hello.managed = zone_managed_pages(zone);
	for (i = 0; i < 3; i++)
		hello.watermark[i] = zone->_watermark[i];
	hello.pcp_high = pcp_of(zone)->high;
	hello.pcp_batch = pcp_of(zone)->batch;
	hello.stat_threshold = stat_of(zone)->stat_threshold;
	strscpy(hello.release, init_utsname()->release, sizeof(hello.release));
	strscpy(hello.zone, zone->name, sizeof(hello.zone));
	put_record(LAB_REC_HELLO, &hello, sizeof(hello));
	return 0;
}

static u32 free_exact(const struct zone *zone)
{
	return atomic_long_read(&zone->vm_stat[NR_FREE_PAGES]) +
	       stat_of(zone)->vm_stat_diff[NR_FREE_PAGES];
}

static void fill_dump_head(struct lab_dump_head *h, struct zone *zone)
{
	const struct per_cpu_pages *pcp = pcp_of(zone);
	int i, order;

	h->start_pfn = zone->zone_start_pfn;
	h->spanned = zone->spanned_pages;
	h->present = zone->present_pages;
	h->managed = zone_managed_pages(zone);
	h->block_order = pageblock_order;
	h->max_order = LAB_MAX_ORDER;
	h->nr_types = LAB_NR_TYPES;
	h->nr_pcp_lists = NR_PCP_LISTS;
	h->free_global = atomic_long_read(&zone->vm_stat[NR_FREE_PAGES]);
	h->free_exact = free_exact(zone);
	for (i = 0; i < 3; i++)
		h->watermark[i] = zone->_watermark[i];
	h->watermark_boost = zone->watermark_boost;
	h->lowmem_reserve[0] = zone->lowmem_reserve[ZONE_DMA];
	h->lowmem_reserve[1] = zone->lowmem_reserve[ZONE_DMA32];
	h->lowmem_reserve[2] = zone->lowmem_reserve[ZONE_NORMAL];
	h->lowmem_reserve[3] = zone->lowmem_reserve[ZONE_MOVABLE];
	h->boosted = test_bit(ZONE_BOOSTED_WATERMARK, &zone->flags);
	h->reclaim_active = test_bit(ZONE_RECLAIM_ACTIVE, &zone->flags);
	h->nr_reserved_highatomic = zone->nr_reserved_highatomic;
	h->nr_isolate_pageblock = zone->nr_isolate_pageblock;
	h->contiguous = zone->contiguous;
	h->compact_cached_free_pfn = zone->compact_cached_free_pfn;
	h->compact_cached_migrate_pfn[0] = zone->compact_cached_migrate_pfn[0];
	h->compact_cached_migrate_pfn[1] = zone->compact_cached_migrate_pfn[1];
	h->compact_init_free_pfn = zone->compact_init_free_pfn;
	h->compact_init_migrate_pfn = zone->compact_init_migrate_pfn;
	h->compact_considered = zone->compact_considered;
	h->compact_defer_shift = zone->compact_defer_shift;
	h->compact_order_failed = zone->compact_order_failed;
	h->compact_blockskip_flush = zone->compact_blockskip_flush;
	h->pcp_count = pcp->count;
	h->pcp_high = pcp->high;
	h->pcp_batch = pcp->batch;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	h->pcp_free_factor = pcp->free_factor;
#else
	h->pcp_free_factor = pcp->free_count;
#endif
	h->pcp_expire = pcp->expire;
	h->stat_threshold = stat_of(zone)->stat_threshold;
	h->stray_moves = stray_moves;
	h->refusals_left = injected[LAB_MOVE_AGAIN].count + injected[LAB_MOVE_BUSY].count +
			   injected[LAB_MOVE_NOMEM].count;
	for (order = 0; order <= LAB_MAX_ORDER; order++)
		h->nr_free[order] = zone->free_area[order].nr_free;
}

/* The kernel's number of a type has holes where it was built without one. */
static int kernel_type(int type)
{
	switch (type) {
	case 3:
		return MIGRATE_HIGHATOMIC;
	case 4:
#ifdef CONFIG_CMA
		return MIGRATE_CMA;
#else
		return -1;
#endif
	case 5:
#ifdef CONFIG_MEMORY_ISOLATION
		return MIGRATE_ISOLATE;
#else
		return -1;
#endif
	}
	return type;
}

static u32 lab_type(u32 kernel)
{
	u32 type;

	for (type = 0; type < LAB_NR_TYPES; type++)
		if (kernel_type(type) == (int)kernel)
			return type;
	return 7;
}

/* The count is known behind the list only, and goes in front of it. */
#define put_list(head, member)                            \
	do {                                              \
		u32 count_at = reply_words;               \
		struct page *page;                        \
                                                          \
		put_word(0);                              \
		list_for_each_entry(page, head, member) { \
			put_word(page_to_pfn(page));      \
			if (overflow)                     \
				break;                    \
			reply[count_at]++;                \
		}                                         \
	} while (0)

static void put_pageblocks(const struct zone *zone)
{
	unsigned long pfn, first = ALIGN_DOWN(zone->zone_start_pfn, pageblock_nr_pages);
	const unsigned long type = 0x7, skip = 0x8;

	put_word((zone_end_pfn(zone) - first + pageblock_nr_pages - 1) / pageblock_nr_pages);
	for (pfn = first; pfn < zone_end_pfn(zone); pfn += pageblock_nr_pages) {
		unsigned long bits;

		if (!pfn_valid(pfn)) {
			put_word(LAB_BLOCK_HOLE);
			continue;
		}
		bits = p_get_pfnblock_flags_mask(pfn_to_page(pfn), pfn, type | skip);
		put_word(lab_type(bits & type) | (bits & skip));
	}
}

static bool in_zone(unsigned long pfn, const struct zone *zone)
{
	return pfn_valid(pfn) && page_zone(pfn_to_page(pfn)) == zone;
}

/* Holes and compound blocks, as long as the lab has no pages of its own. */
static void put_others(const struct zone *zone)
{
	unsigned long pfn = zone->zone_start_pfn, end = zone_end_pfn(zone), from;
	u32 count_at = reply_words;

	put_word(0);
	while (pfn < end && !overflow) {
		for (from = pfn; pfn < end && !in_zone(pfn, zone);)
			pfn++;
		if (pfn != from) {
			put_word(from);
			put_word(LAB_OTHERS_HOLE | (pfn - from));
			reply[count_at] += 2;
		} else if (PageHead(pfn_to_page(pfn))) {
			put_word(pfn);
			put_word(compound_order(pfn_to_page(pfn)));
			reply[count_at] += 2;
			pfn += 1ul << compound_order(pfn_to_page(pfn));
		} else {
			pfn++;
		}
	}
}

/* Those of the lab among the pages that the cpu has not yet added to an LRU list. */
static void put_lru_add(void)
{
	const struct folio_batch *batch;
	u32 i, count_at = reply_words;

	put_word(0);
	if (!p_cpu_fbatches)
		return;
	batch = &per_cpu_ptr(p_cpu_fbatches, 0)->lru_add;
	for (i = 0; i < batch->nr; i++) {
		if (folio_nid(batch->folios[i]) != node)
			continue;
		put_word(folio_pfn(batch->folios[i]));
		if (!overflow)
			reply[count_at]++;
	}
}

static u32 do_dump(const struct lab_request *r)
{
	static struct lab_dump_head head;
	struct zone *zone = r->arg < nr_zones ? zones[r->arg] : NULL;
	u32 start = reply_words, after_record_head;
	unsigned long flags;
	int i, order, type;

	if (!zone)
		return LAB_INVALID;
	put_head(LAB_REC_DUMP, 0);
	after_record_head = reply_words;
	spin_lock_irqsave(&zone->lock, flags);
	fill_dump_head(&head, zone);
	put_words(&head, sizeof(head));
	for (i = 0; i < NR_PCP_LISTS; i++)
		put_list(&pcp_of(zone)->lists[i], pcp_list);
	put_pageblocks(zone);
	for (order = 0; order <= LAB_MAX_ORDER; order++)
		for (type = 0; type < LAB_NR_TYPES; type++)
			if (kernel_type(type) >= 0)
				put_list(&zone->free_area[order].free_list[kernel_type(type)],
					 buddy_list);
			else
				put_word(0);
	spin_unlock_irqrestore(&zone->lock, flags);
	if (r->flags)
		put_others(zone);
	else
		put_word(0);
	if (!r->arg)
		put_lru_add();
	else
		put_word(0);
	if (!overflow)
		((struct lab_record_head *)&reply[start])->nr_words =
			reply_words - after_record_head;
	return 0;
}

static const enum vm_event_item events[] = {
	COMPACTMIGRATE_SCANNED,
	COMPACTFREE_SCANNED,
	COMPACTISOLATED,
	COMPACTSTALL,
	COMPACTFAIL,
	COMPACTSUCCESS,
	KCOMPACTD_WAKE,
	KCOMPACTD_MIGRATE_SCANNED,
	KCOMPACTD_FREE_SCANNED,
	PGMIGRATE_SUCCESS,
	PGMIGRATE_FAIL,
};
static unsigned long events_before[ARRAY_SIZE(events)];

static unsigned long event_count(enum vm_event_item event)
{
	unsigned long sum = 0;
	int cpu;

	for_each_online_cpu(cpu) sum += per_cpu(vm_event_states, cpu).event[event];
	return sum;
}

static u32 do_state(void)
{
	struct lab_state_record state = {.nr_zones = nr_zones,
					 .stray_moves = stray_moves + missed_probes()};
	u32 i;

	BUILD_BUG_ON(ARRAY_SIZE(events) != ARRAY_SIZE(state.total));
	for (i = 0; i < nr_zones; i++) {
		state.zone[i].free_exact = free_exact(zones[i]);
		state.zone[i].pcp_count = pcp_of(zones[i])->count;
		state.zone[i].wmark_min = zones[i]->_watermark[WMARK_MIN];
		state.zone[i].watermark_boost = zones[i]->watermark_boost;
		state.zone[i].nr_reserved_highatomic = zones[i]->nr_reserved_highatomic;
	}
	for (i = 0; i < ARRAY_SIZE(events); i++)
		state.total[i] = event_count(events[i]) - events_before[i];
	put_record(LAB_REC_STATE, &state, sizeof(state));
	return 0;
}

static u32 do_drain(void)
{
	u32 i;

	for (i = 0; i < nr_zones; i++)
		p_drain_all_pages(zones[i]);
	return 0;
}

/* The host must notice and say so: its tests ask for it. */
static u32 do_break(const struct lab_request *r)
{
	if (!r->flags)
		panic("lab: told to panic\n");
	pr_alert("told to hang\n");
	for (;;)
		cpu_relax();
	return 0;
}

/* -------------------------------------------------------------- batches -- */

static u32 run_request(const struct lab_request *r)
{
	switch (r->op) {
	case LAB_PING:
		return r->arg;
	case LAB_HELLO:
		return do_hello(r);
	case LAB_ALLOC:
		return do_alloc(r, false);
	case LAB_ALLOC_MOVABLE:
		return do_alloc(r, true);
	case LAB_FREE:
		return do_free(r);
	case LAB_BULK_ALLOC:
		return do_bulk_alloc(r);
	case LAB_BULK_FREE:
		return do_bulk_free(r);
	case LAB_SPLIT:
		return do_split(r);
	case LAB_DRAIN:
		return do_drain();
	case LAB_COMPACT_NODE:
		return do_compact_node();
	case LAB_INJECT:
		return do_inject(r);
	case LAB_DUMP:
		return do_dump(r);
	case LAB_PAGE_ALLOC:
		return do_page_alloc(r);
	case LAB_PAGE_FREE:
		return do_page_free(r);
	case LAB_PAGE_BULK:
		return do_page_bulk(r);
	case LAB_EXACT:
		return do_exact(r);
	case LAB_PAGE_SPLIT:
		return do_page_split(r);
	case LAB_PAGE_ATTRS:
		return do_page_attrs(r);
	case LAB_RETYPE:
		return do_retype(r);
	case LAB_COMPACT:
		return do_compact(r);
	case LAB_TICK:
		return do_tick(r);
	case LAB_TUNE:
		return do_tune(r);
	case LAB_STATE:
		return do_state();
	case LAB_BREAK:
		return do_break(r);
	case LAB_SHUTDOWN:
		return 0;
	}
	return LAB_INVALID;
}

static void run_batch(struct lab_run *run)
{
	u64 start = ktime_get_ns();

	reply_words = 0;
	overflow = false;
	runner = current;
	while (run->nr_done < run->nr_requests && !run->shutdown && !overflow) {
		u32 answer;

		now_index = run->nr_done;
		now_op = requests[now_index].op;
		answer = run_request(&requests[now_index]);
		put_record(LAB_REC_ANSWER, &answer, sizeof(answer));
		run->shutdown = now_op == LAB_SHUTDOWN;
		run->nr_done++;
	}
	runner = NULL;
	run->reply_words = reply_words;
	run->status = overflow ? LAB_OVERFLOW : LAB_OK;
	run->nanoseconds = ktime_get_ns() - start;
}

static long lab_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	struct lab_run run;
	long rc = -EFAULT;

	if (cmd != LAB_RUN)
		return -ENOTTY;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (copy_from_user(&run, user, sizeof(run)))
		return -EFAULT;
	if (run.nr_requests > LAB_MAX_REQUESTS)
		return -EINVAL;
	run.nr_done = 0;
	run.shutdown = 0;
	mutex_lock(&batch_lock);
	if (!copy_from_user(requests, u64_to_user_ptr(run.requests),
			    run.nr_requests * sizeof(*requests))) {
		run_batch(&run);
		if (!copy_to_user(u64_to_user_ptr(run.replies), reply, run.reply_words * 4) &&
		    !copy_to_user(user, &run, sizeof(run)))
			rc = 0;
	}
	mutex_unlock(&batch_lock);
	return rc;
}

static const struct file_operations lab_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = lab_ioctl,
};

static struct miscdevice lab_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "lab",
	.fops = &lab_fops,
};

static void release_buffers(void)
{
	vfree(units);
	vfree(slots);
	vfree(requests);
	vfree(reply);
}

/* ---------------------------------------------------------- nobody else -- */

/*
 * ASYNC compaction ends between two zones when another task should run, and
 * which one should is a matter of the clock. So others wait for the next tick,
 * from the last events before the kernel looks. (As SCHED_FIFO the agent would
 * be left alone as well, but a real-time task may use the reserves.)
 */
static void let_others_wait(void)
{
	if (current != runner)
		return;
	clear_tsk_need_resched(current);
	clear_preempt_need_resched();
}

static void at_compaction_end(void *data, struct compact_control *cc, unsigned long zone_start,
			      unsigned long zone_end, bool sync, int status)
{
	let_others_wait();
}

static void at_compaction_suitable(void *data, struct zone *zone, int order, int ret)
{
	let_others_wait();
}

static struct {
	const char *name;
	void *function;
	struct tracepoint *tracepoint;
} hooks[] = {
	{"mm_compaction_end", at_compaction_end},
	{"mm_compaction_suitable", at_compaction_suitable},
};

static void hook_if_wanted(struct tracepoint *tracepoint, void *data)
{
	int i;

	for (i = 0; i < (int)ARRAY_SIZE(hooks); i++)
		if (!strcmp(tracepoint->name, hooks[i].name) &&
		    !tracepoint_probe_register(tracepoint, hooks[i].function, NULL))
			hooks[i].tracepoint = tracepoint;
}

static void hook(void)
{
	int i;

	for_each_kernel_tracepoint(hook_if_wanted, NULL);
	for (i = 0; i < (int)ARRAY_SIZE(hooks); i++)
		if (!hooks[i].tracepoint)
			pr_warn("no tracepoint %s: compaction may end early\n", hooks[i].name);
}

static void unhook(void)
{
	int i;

	for (i = 0; i < (int)ARRAY_SIZE(hooks); i++)
		if (hooks[i].tracepoint)
			tracepoint_probe_unregister(hooks[i].tracepoint, hooks[i].function, NULL);
	tracepoint_synchronize_unregister();
}

static int __init lab_init(void)
{
	int i, rc = find_symbols();

	if (rc)
		return rc;
	if (node < 0 || node >= MAX_NUMNODES || !node_online(node)) {
		pr_err("no node %d\n", node);
		return -ENODEV;
	}
	for (i = 0; i < MAX_NR_ZONES && nr_zones < LAB_MAX_ZONES; i++)
		if (populated_zone(&NODE_DATA(node)->node_zones[i]))
			zones[nr_zones++] = &NODE_DATA(node)->node_zones[i];
	if (!nr_zones) {
		pr_err("node %d has no memory\n", node);
		return -ENODEV;
	}
	first_pfn = zones[0]->zone_start_pfn;
	end_pfn = zone_end_pfn(zones[nr_zones - 1]);
	units = vzalloc_node((end_pfn - first_pfn) * sizeof(*units), 0);
	slots = vzalloc_node(LAB_NR_SLOTS * sizeof(*slots), 0);
	requests = vzalloc_node(LAB_MAX_REQUESTS * sizeof(*requests), 0);
	reply = vzalloc_node(LAB_MAX_REPLY_WORDS * 4, 0);
	rc = units && slots && requests && reply ? misc_register(&lab_device) : -ENOMEM;
	if (rc) {
		release_buffers();
		return rc;
	}
	open_cache();
	hook();
	settle();
	do_drain();
	for (i = 0; i < (int)ARRAY_SIZE(events); i++)
		events_before[i] = event_count(events[i]);
	for (i = 0; i < (int)nr_zones; i++)
		pr_info("node %d zone %s from pfn %#lx, %lu pages\n", node, zones[i]->name,
			zones[i]->zone_start_pfn, zones[i]->spanned_pages);
	return 0;
}

static void __exit lab_exit(void)
{
	misc_deregister(&lab_device);
	unhook();
	close_cache();
	release_buffers();
}

module_init(lab_init);
module_exit(lab_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("pagefuzz: the zones of a node as a laboratory");
