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

#endif /* PAGEFUZZ_NAMES_H */
