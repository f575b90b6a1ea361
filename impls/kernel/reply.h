/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reply.h - reads the guest's replies. Nothing is believed: a record or a dump
 * that does not fit into what holds it is refused.
 */
#ifndef LAB_REPLY_H
#define LAB_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "proto.h"

struct lab_record {
	enum lab_record_kind kind;
	enum lab_op op;
	uint32_t index; /* of the request */
	const uint32_t *words;
	uint32_t nr_words;
};

struct lab_reader {
	const uint32_t *words;
	uint32_t nr_words;
	uint32_t at;
};

/* False at the end, or at a record that makes no sense (then at < nr_words). */
bool lab_next(struct lab_reader *reader, struct lab_record *record);

#define LAB_MAX_LISTS  256u
#define LAB_MAX_TYPES  8u
#define LAB_MAX_ORDERS 16u

/* One list of a dump, in order. */
struct lab_list {
	const uint32_t *pfns;
	uint32_t nr;
};

struct lab_dump {
	const struct lab_dump_head *head;
	struct lab_list pcp[LAB_MAX_LISTS];
	struct lab_list others;	 /* pairs of words as in impls/dump.h */
	struct lab_list lru_add; /* of all zones, in the dump of zone 0 */
	struct lab_list blocks;	 /* a value per pageblock: type, and 8 for the skip bit */
	struct lab_list free[LAB_MAX_ORDERS][LAB_MAX_TYPES];
};

bool lab_read_dump(const struct lab_record *record, struct lab_dump *dump);
bool lab_read_hello(const struct lab_record *record, struct lab_hello *hello);
bool lab_read_state(const struct lab_record *record, struct lab_state_record *state);

/*
 * Hash of all replies but what the clock changes (pcp_expire): equal for equal
 * batches after equal boots. 0: the replies make no sense.
 */
uint64_t lab_reply_hash(const uint32_t *words, uint32_t nr_words);

#endif /* LAB_REPLY_H */
