# SPDX-License-Identifier: GPL-2.0-only
# fix: mm/page_alloc: adjust pcp->high after CPU hotplug events (04f8cfeaed08)
# file: mm/page_alloc.c
# in: page_alloc_cpu_dead(), page_alloc_cpu_online()
# lines: 4
# How many pages a cpu may keep is not divided anew when a cpu comes or goes.
# judge: twin
/^[a-z].* page_alloc_cpu_(dead|online)\(/,/^\}/s/zone_pcp_update\(zone, [01]\);/REVERTED(true);/
