// SPDX-License-Identifier: GPL-2.0-only
/*
 * migrate.c - the tree's file of that name. Before it takes a page of the page cache out
 * of its place, the page's owner is asked.
 */
#include "shim.h"
#include "events.h"
#include <linux/migrate.h>
#include <trace/events/migrate.h>

/* The callers are functions of file systems: `mode` is a parameter of theirs. */
#if SHIM_6_12
/* They and nobody else call it with these names, and have counted references before. */
#define SHIM_TYPE_dst ~, ASK_AND_MIGRATE,
#define ASK_AND_MIGRATE(mapping, dst, src, refs)                \
	(shim_ask_migrate(folio_pfn(src), folio_pfn(dst), mode) \
		 ?: (__folio_migrate_mapping)(mapping, dst, src, refs))
#define __folio_migrate_mapping(mapping, dst, ...) \
	SHIM_PICK(SHIM_TYPE_##dst, (__folio_migrate_mapping), ~)(mapping, dst, __VA_ARGS__)
#else
static int ask_and_migrate_mapping(enum migrate_mode mode, struct address_space *mapping,
				   struct folio *dst, struct folio *src, int extra_count)
{
	int error = shim_ask_migrate(folio_pfn(src), folio_pfn(dst), mode);

	return error ? error : folio_migrate_mapping(mapping, dst, src, extra_count);
}

#define SHIM_TYPE_struct			 ~, DEFINE_MAPPING,
#define DEFINE_MAPPING(mapping, dst, src, extra) folio_migrate_mapping(mapping, dst, src, extra)
#define CALL_MAPPING(...)			 ask_and_migrate_mapping(mode, __VA_ARGS__)
#define folio_migrate_mapping(mapping, ...) \
	SHIM_PICK(SHIM_TYPE_##mapping, CALL_MAPPING, ~)(mapping, __VA_ARGS__)
#endif

/* There are more numbers in between, about huge pages. */
#define trace_mm_migrate_pages(moved, failed, ...) \
	SHIM_EVENT(PF_EV_MIGRATE_PAGES, moved, failed, mode, reason)

#include <mm/migrate.c>
