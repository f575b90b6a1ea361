/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report.h - what files of /proc would say about the state of an allocator, in
 * the format of Linux 6.1. Zones that the layout does not have are there, empty;
 * nodes without a zone are not.
 */
#ifndef PAGEFUZZ_REPORT_H
#define PAGEFUZZ_REPORT_H

#include <stdio.h>

#include "../../oracle/oracle.h"

void pf_report_buddyinfo(FILE *out, const struct pf_layout *l, const struct pf_dump *d);
void pf_report_pagetypeinfo(FILE *out, const struct pf_layout *l, const struct pf_dump *d);
/* online: cpus, one bit each. */
void pf_report_zoneinfo(FILE *out, const struct pf_layout *l, const struct pf_dump *d,
			uint32_t online);

#endif /* PAGEFUZZ_REPORT_H */
