// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab_cache.c - pages of the page cache: a file system of the module's own, units that
 * enter and leave its files, and the probes that see how the kernel moves them.
 *
 * A unit with LAB_PAGE_LRU is in the page cache, as a page of a file, and so on an
 * LRU list; the cache's reference is the only one but for that of a pin. The kernel
 * decides about its moves itself, and probes write them down.
 */
#include "internal.h"

#include <linux/fs.h>
#include <linux/kprobes.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/pseudo_fs.h>

/* From 6.2 on migration takes them another way. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)

static struct vfsmount *cache_mount;
static struct address_space *caches[2]; /* of pages that reclaim may not take, and may */
static pgoff_t next_index;		/* never used again, so that no shadow is ever met */
static enum migrate_mode mode_now;

bool in_cache(const struct page *page)
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
	const struct lab_move wait = {page_to_pfn(page), page_to_pfn(page), LAB_NR_SLOTS,
				      attr >> LAB_WAITED_SHIFT, LAB_WAITED};

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
u32 missed_probes(void)
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

void close_cache(void)
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
void open_cache(void)
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
void leave_cache(struct page *page)
{
	p_lru_add_drain();
	show_attrs(page, 0);
	get_page(page);
	lock_page(page);
	p_filemap_remove_folio(page_folio(page));
	unlock_page(page);
}

/* Begins and ends with an empty batch: the page is on its list when this returns. */
int set_cache_attrs(struct page *page, u16 attrs)
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

bool cache_wanted(const struct page *page, u16 attrs)
{
	const u16 needed = LAB_PAGE_LRU | LAB_PAGE_MOVABLE;

	return in_cache(page) || (symbols >> LAB_SYM_LRU_PAGES & 1 && !unit_of(page)->order &&
				  (attrs & needed) == needed);
}

#else

void open_cache(void)
{
	pr_warn("no LRU pages: this kernel moves them another way\n");
}

void close_cache(void)
{
}

bool in_cache(const struct page *page)
{
	return false;
}

void leave_cache(struct page *page)
{
}

int set_cache_attrs(struct page *page, u16 attrs)
{
	return 0;
}

bool cache_wanted(const struct page *page, u16 attrs)
{
	return false;
}

u32 missed_probes(void)
{
	return 0;
}

#endif
