// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab.c - turns the one zone of a memory-only node into a laboratory: runs
 * batches of proto.h's requests on it and writes down what the kernel did.
 *
 * One batch at a time, one cpu. All buffers are taken at load time, so that a
 * batch allocates nothing but what it is told to.
 */
#define pr_fmt(fmt) "lab: " fmt

#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/migrate.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pageblock-flags.h>
#include <linux/pagemap.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>
#include <linux/version.h>
#include <linux/vmalloc.h>
#include <linux/vmstat.h>

#include "lab.h"

/* Inclusive since 6.4, and renamed in 6.8. */
#ifdef MAX_PAGE_ORDER
#define LAB_MAX_ORDER MAX_PAGE_ORDER
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#define LAB_MAX_ORDER MAX_ORDER
#else
#define LAB_MAX_ORDER (MAX_ORDER - 1)
#endif

static int node = 1;
module_param(node, int, 0444);
MODULE_PARM_DESC(node, "the node whose first populated zone is the lab");

struct slot {
	struct page *page;
	u8 order;
	bool movable;
};

static struct zone *zone;
static struct slot *slots;
static DEFINE_SPINLOCK(slots_lock); /* against migrations outside a batch */
static DEFINE_MUTEX(batch_lock);
static struct lab_request *requests;
static struct page *bulk[LAB_MAX_BULK];

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
		unsigned long address = lookup(wanted[i].name);

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
static struct task_struct *runner; /* of the batch, NULL outside one */

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

static u32 refusals;
static enum lab_move_result refusal;

static const struct movable_operations lab_movable_ops;

static void log_move(struct page *dst, struct page *src, enum migrate_mode mode, u16 result)
{
	const struct lab_move move = {page_to_pfn(src), page_to_pfn(dst), page_private(src),
				      (u16)mode, result};

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

static int lab_migrate(struct page *dst, struct page *src, enum migrate_mode mode)
{
	unsigned long slot = page_private(src);

	if (refusals) {
		refusals--;
		log_move(dst, src, mode, refusal);
		return refusal == LAB_MOVE_AGAIN ? -EAGAIN : -EBUSY;
	}
	log_move(dst, src, mode, LAB_MOVED);
	get_page(dst);
	set_page_private(dst, slot);
	__SetPageMovable(dst, &lab_movable_ops);
	spin_lock(&slots_lock);
	slots[slot].page = dst;
	spin_unlock(&slots_lock);
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
	if (r->mobility == MIGRATE_MOVABLE)
		gfp |= __GFP_MOVABLE;
	else if (r->mobility == MIGRATE_RECLAIMABLE)
		gfp |= __GFP_RECLAIMABLE;
	return gfp;
}

static bool slots_empty(u32 first, u32 nr)
{
	u32 i;

	if (first >= LAB_NR_SLOTS || nr > LAB_NR_SLOTS - first)
		return false;
	for (i = 0; i < nr; i++)
		if (slots[first + i].page)
			return false;
	return true;
}

static u32 do_alloc(const struct lab_request *r, bool movable)
{
	struct slot *slot = &slots[r->slot];
	struct page *page;

	if (!slots_empty(r->slot, 1) || r->order > LAB_MAX_ORDER || (movable && r->order))
		return LAB_INVALID;
	page = alloc_pages_node(node, to_gfp(r), r->order);
	if (!page)
		return LAB_NONE;
	*slot = (struct slot){page, r->order, movable};
	if (movable) {
		set_page_private(page, r->slot);
		lock_page(page);
		__SetPageMovable(page, &lab_movable_ops);
		unlock_page(page);
	}
	return page_to_pfn(page);
}

/* Takes the page out of the slot; whoever moves it meanwhile is waited for. */
static struct page *take_movable(struct slot *slot)
{
	struct page *page;

	for (;;) {
		spin_lock(&slots_lock);
		page = slot->page;
		get_page(page);
		spin_unlock(&slots_lock);
		lock_page(page);
		if (slot->page == page)
			break;
		unlock_page(page);
		put_page(page);
	}
	__ClearPageMovable(page);
	set_page_private(page, 0);
	slot->page = NULL;
	unlock_page(page);
	put_page(page);
	return page;
}

static struct page *take(struct slot *slot)
{
	struct page *page = slot->page;

	if (slot->movable)
		return take_movable(slot);
	slot->page = NULL;
	return page;
}

static u32 do_free(const struct lab_request *r)
{
	struct slot *slot = &slots[r->slot];
	struct page *page;
	u32 pfn;

	if (r->slot >= LAB_NR_SLOTS)
		return LAB_INVALID;
	if (!slot->page)
		return LAB_NONE;
	page = take(slot);
	pfn = page_to_pfn(page);
	__free_pages(page, slot->order);
	return pfn;
}

static u32 do_bulk_alloc(const struct lab_request *r)
{
	u32 i, nr;

	if (r->order || r->arg > LAB_MAX_BULK || !slots_empty(r->slot, r->arg))
		return LAB_INVALID;
	memset(bulk, 0, sizeof(bulk));
	nr = alloc_pages_bulk_array_node(to_gfp(r), node, r->arg, bulk);
	put_head(LAB_REC_PAGES, nr);
	for (i = 0; i < nr; i++) {
		slots[r->slot + i] = (struct slot){bulk[i], 0, false};
		put_word(page_to_pfn(bulk[i]));
	}
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
		if (slots[r->slot + i].page && slots[r->slot + i].order)
			return LAB_INVALID;
	for (i = 0; i < r->arg; i++) {
		struct page *page;

		if (!slots[r->slot + i].page)
			continue;
		page = take(&slots[r->slot + i]);
		/* Still held by a migration under way: it will free the page. */
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
	struct slot *slot = &slots[r->slot];
	u32 i, nr;

	if (r->slot >= LAB_NR_SLOTS || !slot->page || PageCompound(slot->page))
		return LAB_INVALID;
	nr = 1u << slot->order;
	if (!slots_empty(r->arg, nr - 1))
		return LAB_INVALID;
	if (nr == 1)
		return 1;
	split_page(slot->page, slot->order);
	slot->order = 0;
	for (i = 1; i < nr; i++)
		slots[r->arg + i - 1] = (struct slot){slot->page + i, 0, false};
	return nr;
}

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

static u32 do_set_refusal(const struct lab_request *r)
{
	if (r->flags != LAB_MOVE_AGAIN && r->flags != LAB_MOVE_BUSY)
		return LAB_INVALID;
	refusal = r->flags;
	refusals = r->arg;
	return r->arg;
}

/* --------------------------------------------------------- hello, dump -- */

static struct per_cpu_pages *the_pcp(void)
{
	return per_cpu_ptr(zone->per_cpu_pageset, 0);
}

static int stat_threshold(void)
{
	return per_cpu_ptr(zone->per_cpu_zonestats, 0)->stat_threshold;
}

static u32 do_hello(void)
{
	struct lab_hello hello = {
		.version_code = LINUX_VERSION_CODE,
		.symbols = symbols,
		.node = node,
		.start_pfn = zone->zone_start_pfn,
		.end_pfn = zone_end_pfn(zone),
		.present = zone->present_pages,
		.managed = zone_managed_pages(zone),
		.block_order = pageblock_order,
		.max_order = LAB_MAX_ORDER,
		.nr_types = MIGRATE_TYPES,
		.nr_pcp_lists = NR_PCP_LISTS,
		.watermark = {zone->_watermark[WMARK_MIN], zone->_watermark[WMARK_LOW],
			      zone->_watermark[WMARK_HIGH]},
		.pcp_high = the_pcp()->high,
		.pcp_batch = the_pcp()->batch,
		.stat_threshold = stat_threshold(),
	};

	strscpy(hello.release, init_utsname()->release, sizeof(hello.release));
	strscpy(hello.zone, zone->name, sizeof(hello.zone));
	put_record(LAB_REC_HELLO, &hello, sizeof(hello));
	return 0;
}

static void fill_dump_head(struct lab_dump_head *h)
{
	const struct per_cpu_pages *pcp = the_pcp();
	int order;

	h->start_pfn = zone->zone_start_pfn;
	h->spanned = zone->spanned_pages;
	h->managed = zone_managed_pages(zone);
	h->block_order = pageblock_order;
	h->max_order = LAB_MAX_ORDER;
	h->nr_types = MIGRATE_TYPES;
	h->nr_pcp_lists = NR_PCP_LISTS;
	h->free_global = atomic_long_read(&zone->vm_stat[NR_FREE_PAGES]);
	h->free_exact = h->free_global +
			per_cpu_ptr(zone->per_cpu_zonestats, 0)->vm_stat_diff[NR_FREE_PAGES];
	h->watermark[0] = zone->_watermark[WMARK_MIN];
	h->watermark[1] = zone->_watermark[WMARK_LOW];
	h->watermark[2] = zone->_watermark[WMARK_HIGH];
	h->watermark_boost = zone->watermark_boost;
	h->zone_flags = zone->flags;
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
	h->stat_threshold = stat_threshold();
	h->stray_moves = stray_moves;
	h->refusals_left = refusals;
	for (order = 0; order <= LAB_MAX_ORDER; order++)
		h->nr_free[order] = zone->free_area[order].nr_free;
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

static void put_pageblocks(void)
{
	unsigned long pfn, first = ALIGN_DOWN(zone->zone_start_pfn, pageblock_nr_pages);
	const unsigned long type_and_skip = 0xf;

	put_word((zone_end_pfn(zone) - first + pageblock_nr_pages - 1) / pageblock_nr_pages);
	for (pfn = first; pfn < zone_end_pfn(zone); pfn += pageblock_nr_pages)
		put_word(p_get_pfnblock_flags_mask(pfn_to_page(pfn), pfn, type_and_skip));
}

static u32 do_dump(void)
{
	static struct lab_dump_head head;
	u32 start = reply_words, after_record_head;
	unsigned long flags;
	int i, order, type;

	put_head(LAB_REC_DUMP, 0);
	after_record_head = reply_words;
	spin_lock_irqsave(&zone->lock, flags);
	fill_dump_head(&head);
	put_words(&head, sizeof(head));
	for (i = 0; i < NR_PCP_LISTS; i++)
		put_list(&the_pcp()->lists[i], pcp_list);
	put_pageblocks();
	for (order = 0; order <= LAB_MAX_ORDER; order++)
		for (type = 0; type < MIGRATE_TYPES; type++)
			put_list(&zone->free_area[order].free_list[type], buddy_list);
	spin_unlock_irqrestore(&zone->lock, flags);
	if (!overflow)
		((struct lab_record_head *)&reply[start])->nr_words =
			reply_words - after_record_head;
	return 0;
}

/* -------------------------------------------------------------- batches -- */

static u32 run_request(const struct lab_request *r)
{
	switch (r->op) {
	case LAB_PING:
		return r->arg;
	case LAB_HELLO:
		return do_hello();
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
		p_drain_all_pages(zone);
		return 0;
	case LAB_COMPACT_NODE:
		return do_compact_node();
	case LAB_SET_REFUSAL:
		return do_set_refusal(r);
	case LAB_DUMP:
		return do_dump();
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
	vfree(slots);
	vfree(requests);
	vfree(reply);
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
	for (i = 0; i < MAX_NR_ZONES && !zone; i++)
		if (populated_zone(&NODE_DATA(node)->node_zones[i]))
			zone = &NODE_DATA(node)->node_zones[i];
	if (!zone) {
		pr_err("node %d has no memory\n", node);
		return -ENODEV;
	}
	slots = vzalloc_node(LAB_NR_SLOTS * sizeof(*slots), 0);
	requests = vzalloc_node(LAB_MAX_REQUESTS * sizeof(*requests), 0);
	reply = vzalloc_node(LAB_MAX_REPLY_WORDS * 4, 0);
	rc = slots && requests && reply ? misc_register(&lab_device) : -ENOMEM;
	if (rc) {
		release_buffers();
		return rc;
	}
	pr_info("node %d zone %s from pfn %#lx, %lu pages\n", node, zone->name,
		zone->zone_start_pfn, zone->spanned_pages);
	return 0;
}

static void __exit lab_exit(void)
{
	misc_deregister(&lab_device);
	release_buffers();
}

module_init(lab_init);
module_exit(lab_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("pagefuzz: one zone as a laboratory");
