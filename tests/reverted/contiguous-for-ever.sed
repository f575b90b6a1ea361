# SPDX-License-Identifier: GPL-2.0-only
# fix: mm/memory_hotplug: shrink zones when offlining memory (its clear_zone_contiguous())
# file: mm/memory_hotplug.c
# in: remove_pfn_range_from_zone(), move_pfn_range_to_zone()
# lines: 4
# A zone that had no hole counts as without one for ever, and scanners go into the hole that
# memory has left.
# judge: laws, twin
/^[a-z].* (remove_pfn_range_from_zone|move_pfn_range_to_zone)\(/,/^\}/s/clear_zone_contiguous\(zone\);/REVERTED(true);/
