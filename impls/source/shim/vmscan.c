// SPDX-License-Identifier: GPL-2.0-only
/* vmscan.c - the tree's file of that name, its wake-ups as events. */
#include "shim.h"
#include "events.h"
#include <trace/events/vmscan.h>

#define trace_mm_vmscan_wakeup_kswapd(nid, zid, order, gfp) \
	SHIM_EVENT(PF_EV_WAKEUP_KSWAPD, nid, zid, order)

#include <mm/vmscan.c>
