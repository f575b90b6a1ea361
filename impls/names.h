/* SPDX-License-Identifier: MIT */
/*
 * names.h - what people call the values of impl.h: zones and pageblock types as
 * /proc/zoneinfo and /proc/pagetypeinfo spell them, results as the kernel's
 * tracepoints do. Out of range: "?".
 */
#ifndef PAGEFUZZ_NAMES_H
#define PAGEFUZZ_NAMES_H

#include "impl.h"

#define PF_NAME_TABLE(function, ...)                                               \
	static inline const char *function(unsigned value)                         \
	{                                                                          \
		static const char *const name[] = {__VA_ARGS__};                   \
                                                                                   \
		return value < sizeof(name) / sizeof(name[0]) ? name[value] : "?"; \
	}

/* enum pf_zone_type */
#define PF_ZONE_TYPE_NAMES "DMA", "DMA32", "Normal", "Movable"
PF_NAME_TABLE(pf_zone_type_name, PF_ZONE_TYPE_NAMES)
/* enum pf_mobility, pageblock types included */
PF_NAME_TABLE(pf_block_type_name, "Unmovable", "Movable", "Reclaimable", "HighAtomic", "CMA",
	      "Isolate")
/* enum pf_compact_result */
PF_NAME_TABLE(pf_compact_result_name, "skipped", "deferred", "complete", "partial_skipped",
	      "contended", "success")
/* enum pf_migrate_result */
PF_NAME_TABLE(pf_migrate_result_name, "moved", "-EAGAIN", "-EBUSY", "-ENOMEM")

#undef PF_NAME_TABLE

/*
 * Request flags that belong together, X(ID, name, PF_GFP_*): the kernel's GFP_KERNEL,
 * GFP_ATOMIC, ... and what its callers add to them. Append-only: programs name them.
 */
#define PF_GFP_KERNEL (PF_GFP_IO | PF_GFP_FS | PF_GFP_DIRECT_RECLAIM | PF_GFP_KSWAPD_RECLAIM)
#define PF_GFP_URGENT (PF_GFP_HIGH | PF_GFP_ATOMIC | PF_GFP_KSWAPD_RECLAIM) /* GFP_ATOMIC */
/* clang-format off */
#define PF_GFP_SETS(X) \
	X(KERNEL, kernel, PF_GFP_KERNEL) \
	X(ATOMIC, atomic, PF_GFP_URGENT) \
	X(NOWAIT, nowait, PF_GFP_KSWAPD_RECLAIM) \
	X(NONE, none, 0) \
	X(HIGH, high, PF_GFP_KERNEL | PF_GFP_HIGH) \
	X(MEMALLOC, memalloc, PF_GFP_KERNEL | PF_GFP_MEMALLOC) \
	X(NORETRY, noretry, PF_GFP_KERNEL | PF_GFP_NORETRY | PF_GFP_NOWARN) \
	X(MAYFAIL, mayfail, PF_GFP_KERNEL | PF_GFP_RETRY_MAYFAIL) \
	X(THISNODE, thisnode, PF_GFP_KERNEL | PF_GFP_THISNODE) \
	X(COMP, comp, PF_GFP_KERNEL | PF_GFP_COMP) \
	X(ZERO, zero, PF_GFP_KERNEL | PF_GFP_ZERO) \
	X(NOFS, nofs, PF_GFP_KERNEL & ~PF_GFP_FS) \
	X(NOIO, noio, PF_GFP_KERNEL & ~(PF_GFP_FS | PF_GFP_IO)) \
	X(EMERGENCY, emergency, PF_GFP_URGENT | PF_GFP_MEMALLOC) \
	X(ATOMIC_COMP, atomic_comp, PF_GFP_URGENT | PF_GFP_COMP) \
	X(THP, thp, (PF_GFP_KERNEL & ~PF_GFP_KSWAPD_RECLAIM) | PF_GFP_COMP | \
		PF_GFP_NOMEMALLOC | PF_GFP_NOWARN)
/* clang-format on */

/* All flags that impl.h knows. */
#define PF_GFP_ALL                                                                            \
	(PF_GFP_KERNEL | PF_GFP_URGENT | PF_GFP_ZERO | PF_GFP_NOWARN | PF_GFP_RETRY_MAYFAIL | \
	 PF_GFP_NOFAIL | PF_GFP_NORETRY | PF_GFP_MEMALLOC | PF_GFP_COMP | PF_GFP_NOMEMALLOC | \
	 PF_GFP_THISNODE)

enum pf_gfp_set {
#define PF_GFP_SET_ENUM(id, name, flags) PF_GFP_SET_##id,
	PF_GFP_SETS(PF_GFP_SET_ENUM)
#undef PF_GFP_SET_ENUM
		PF_NR_GFP_SETS,
};

#endif /* PAGEFUZZ_NAMES_H */
