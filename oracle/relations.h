/* SPDX-License-Identifier: GPL-2.0-only */
/* relations.h - what holds between implementations that ran the same program. */
#ifndef PAGEFUZZ_RELATIONS_H
#define PAGEFUZZ_RELATIONS_H

#include "world.h"

void pf_relations_start(struct pf_oracle *run);
/* Before a request for so many pages: who treats it differently by policy leaves the group. */
void pf_relation_request(struct pf_oracle *run, const struct pf_request *req, uint32_t pages);
/* pfn[lane]: the answers to one request. */
void pf_relation_same_log(struct pf_oracle *run, const pf_pfn *pfn);
void pf_relation_leave(struct pf_oracle *run); /* all leave */
void pf_relation_totals(struct pf_oracle *run);
void pf_relation_mirrored(struct pf_oracle *run);
/* After everything was freed and drained. */
void pf_relations_end(struct pf_oracle *run);

#endif /* PAGEFUZZ_RELATIONS_H */
