// SPDX-License-Identifier: GPL-2.0-only
/*
 * cache.c - owners of pages that can be moved: movable_ops, and two files in the page
 * cache, of which one's pages are unevictable. Their file system cannot migrate: it has a
 * writepage and no migrate_folio. All they know is what the world says.
 */
#include "shim.h"
#include <linux/backing-dev.h>
#include <linux/fs.h>
#include <linux/migrate.h>
#include <linux/pagemap.h>
#include <linux/radix-tree.h>
#include <linux/swap.h>
#include <linux/writeback.h>
#include <mm/internal.h>

/* --------------------------------------------------------- movable_ops --- */

int shim_ask_migrate(unsigned long src, unsigned long dst, int mode)
{
	switch (shim_world->migrate(shim_world, src, dst, (enum pf_mode)mode)) {
	case PF_MIGRATED:
		return 0;
	case PF_MIGRATE_AGAIN:
		return -EAGAIN;
	case PF_MIGRATE_NOMEM:
		return -ENOMEM;
	case PF_MIGRATE_BUSY:
		break;
	}
	return -EBUSY;
}

static const struct movable_operations shim_movable_ops;

static bool isolate_page(struct page *page, isolate_mode_t mode)
{
	return true;
}

static void putback_page(struct page *page)
{
}

static int migrate_page(struct page *dst, struct page *src, enum migrate_mode mode)
{
	int error = shim_ask_migrate(page_to_pfn(src), page_to_pfn(dst), mode);

	if (error)
		return error;
	get_page(dst);
	__SetPageMovable(dst, &shim_movable_ops);
	__ClearPageMovable(src);
	put_page(src);
	return MIGRATEPAGE_SUCCESS;
}

static const struct movable_operations shim_movable_ops = {
	.isolate_page = isolate_page,
	.migrate_page = migrate_page,
	.putback_page = putback_page,
};

void shim_set_movable(unsigned long pfn, bool movable)
{
	struct page *page = pfn_to_page(pfn);

	if (movable == !!__PageMovable(page))
		return;
	lock_page(page);
	if (movable)
		__SetPageMovable(page, &shim_movable_ops);
	else
		__ClearPageMovable(page);
	unlock_page(page);
}

/* -------------------------------------------------------------- the files --- */

static struct inode inode[2]; /* [1]: unevictable */
static struct super_block sb;
static struct backing_dev_info bdi;
/* Never used again. */
static unsigned long next_index;

static int write_page(struct page *page, struct writeback_control *wbc)
{
	shim_world->wait(shim_world, page_to_pfn(page), PF_PAGE_DIRTY);
	unlock_page(page);
	return 0;
}

static const struct address_space_operations shim_aops = {
	.writepage = write_page,
	.dirty_folio = filemap_dirty_folio,
};

struct backing_dev_info *inode_to_bdi(struct inode *i)
{
	return &bdi;
}

void inode_add_lru(struct inode *i)
{
}

void shim_boot_caches(void)
{
	unsigned int i;

	radix_tree_init();
	pagecache_init();
	swap_setup();
	shim_workingset_init();
	for (i = 0; i < ARRAY_SIZE(inode); i++) {
		struct address_space *mapping = &inode[i].i_data;

		inode[i].i_sb = &sb;
		inode[i].i_mode = S_IFREG;
		inode[i].i_mapping = mapping;
		spin_lock_init(&inode[i].i_lock);
		xa_init_flags(&mapping->i_pages, XA_FLAGS_LOCK_IRQ | XA_FLAGS_ACCOUNT);
		mapping->host = &inode[i];
		mapping->a_ops = &shim_aops;
		mapping_set_gfp_mask(mapping, GFP_HIGHUSER_MOVABLE);
	}
	mapping_set_unevictable(&inode[1].i_data);
}

/* -------------------------------------------------- waiting for an owner --- */

/* In place of the page cache's own: who holds the lock gives it to us. */
void __folio_lock(struct folio *folio)
{
	shim_world->wait(shim_world, folio_pfn(folio), PF_PAGE_LOCKED);
}

void folio_wait_writeback(struct folio *folio)
{
	if (!folio_test_writeback(folio))
		return;
	shim_world->wait(shim_world, folio_pfn(folio), PF_PAGE_WRITEBACK);
	clear_bit(PG_writeback, folio_flags(folio, 0));
}

/* -------------------------------------------------------- pages of a file --- */

static struct address_space *mapping_of(struct folio *folio)
{
	struct address_space *mapping = folio->mapping;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(inode); i++)
		if (mapping == &inode[i].i_data)
			return mapping;
	return NULL;
}

bool shim_in_cache(unsigned long pfn)
{
	return mapping_of(page_folio(pfn_to_page(pfn)));
}

/* It may be in the batch of another cpu. */
static void drain_for(struct folio *folio)
{
	lru_add_drain();
	if (mapping_of(folio) && !folio_test_lru(folio))
		lru_add_drain_all();
}

static void set_flag(struct folio *folio, int flag, bool on)
{
	if (on)
		set_bit(flag, folio_flags(folio, 0));
	else
		clear_bit(flag, folio_flags(folio, 0));
}

/* Flags of the page and nothing else: there is no writeback that would account for them. */
static void set_flags(struct folio *folio, unsigned int attrs)
{
	set_flag(folio, PG_locked, attrs & PF_PAGE_LOCKED);
	set_flag(folio, PG_dirty, attrs & PF_PAGE_DIRTY);
	set_flag(folio, PG_writeback, attrs & PF_PAGE_WRITEBACK);
}

/* The caller has a reference more. */
static void remove_from_file(struct folio *folio)
{
	set_flags(folio, 0);
	folio_lock(folio);
	filemap_remove_folio(folio);
	folio_unlock(folio);
}

void shim_cache(unsigned long pfn, unsigned int attrs)
{
	struct folio *folio = page_folio(pfn_to_page(pfn));
	struct address_space *mapping = &inode[!(attrs & PF_PAGE_EVICTABLE)].i_data;

	drain_for(folio);
	if (mapping_of(folio) != mapping) {
		if (mapping_of(folio)) {
			if (!SHIM_ISOLATE_LRU(folio))
				shim_die("a page of the cache is on no list");
			remove_from_file(folio);
		} else {
			shim_set_movable(pfn, false);
			folio->mapping = NULL;
		}
		if (filemap_add_folio(mapping, folio, next_index++, GFP_KERNEL))
			shim_die("a page can't be added to the page cache");
		folio_mark_uptodate(folio);
		folio_unlock(folio);
		/* The cache's reference is the only one. */
		folio_put(folio);
		lru_add_drain();
	}
	set_flags(folio, attrs);
}

void shim_uncache(unsigned long pfn)
{
	struct folio *folio = page_folio(pfn_to_page(pfn));

	drain_for(folio);
	folio_get(folio);
	remove_from_file(folio);
	folio_put(folio);
}
