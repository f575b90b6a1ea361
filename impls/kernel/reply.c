// SPDX-License-Identifier: GPL-2.0-only
/* reply.c - from the words in the shared memory to records and lists. */
#include "reply.h"

#include <stddef.h>
#include <string.h>

#define HEAD_WORDS (sizeof(struct lab_record_head) / 4)
#define DUMP_WORDS (sizeof(struct lab_dump_head) / 4)

/* Words that a record of a kind must have at least. */
static uint32_t least_words(unsigned kind)
{
	switch (kind) {
	case LAB_REC_ANSWER:
		return 1;
	case LAB_REC_MOVE:
		return sizeof(struct lab_move) / 4;
	case LAB_REC_HELLO:
		return sizeof(struct lab_hello) / 4;
	case LAB_REC_DUMP:
		return DUMP_WORDS;
	case LAB_REC_STATE:
		return sizeof(struct lab_state_record) / 4;
	}
	return 0;
}

bool lab_next(struct lab_reader *reader, struct lab_record *record)
{
	struct lab_record_head head;
	uint32_t left = reader->nr_words - reader->at;

	if (left < HEAD_WORDS)
		return false;
	memcpy(&head, reader->words + reader->at, sizeof(head));
	if (!head.kind || head.kind >= LAB_NR_RECORD_KINDS || head.nr_words > left - HEAD_WORDS ||
	    head.nr_words < least_words(head.kind))
		return false;
	*record = (struct lab_record){
		.kind = (enum lab_record_kind)head.kind,
		.op = (enum lab_op)head.op,
		.index = head.index,
		.words = reader->words + reader->at + HEAD_WORDS,
		.nr_words = head.nr_words,
	};
	reader->at += HEAD_WORDS + head.nr_words;
	return true;
}

static bool read_list(const struct lab_record *record, uint32_t *at, struct lab_list *list)
{
	if (*at >= record->nr_words || record->words[*at] > record->nr_words - *at - 1)
		return false;
	list->nr = record->words[*at];
	list->pfns = record->words + *at + 1;
	*at += 1 + list->nr;
	return true;
}

bool lab_read_dump(const struct lab_record *record, struct lab_dump *dump)
{
	uint32_t at = DUMP_WORDS;
	const struct lab_dump_head *h;

	if (record->kind != LAB_REC_DUMP || record->nr_words < DUMP_WORDS)
		return false;
	h = dump->head = (const struct lab_dump_head *)record->words;
	if (h->nr_pcp_lists > LAB_MAX_LISTS || h->nr_types > LAB_MAX_TYPES ||
	    h->max_order >= LAB_MAX_ORDERS)
		return false;
	for (uint32_t i = 0; i < h->nr_pcp_lists; i++)
		if (!read_list(record, &at, &dump->pcp[i]))
			return false;
	if (!read_list(record, &at, &dump->blocks))
		return false;
	for (uint32_t order = 0; order <= h->max_order; order++)
		for (uint32_t type = 0; type < h->nr_types; type++)
			if (!read_list(record, &at, &dump->free[order][type]))
				return false;
	return read_list(record, &at, &dump->others) && dump->others.nr % 2 == 0 &&
	       read_list(record, &at, &dump->lru_add) && at == record->nr_words;
}

bool lab_read_hello(const struct lab_record *record, struct lab_hello *hello)
{
	if (record->kind != LAB_REC_HELLO || record->nr_words != sizeof(*hello) / 4)
		return false;
	memcpy(hello, record->words, sizeof(*hello));
	hello->release[sizeof(hello->release) - 1] = '\0';
	hello->zone[sizeof(hello->zone) - 1] = '\0';
	return true;
}

bool lab_read_state(const struct lab_record *record, struct lab_state_record *state)
{
	if (record->kind != LAB_REC_STATE || record->nr_words != sizeof(*state) / 4)
		return false;
	memcpy(state, record->words, sizeof(*state));
	return state->nr_zones <= LAB_MAX_ZONES;
}

uint64_t lab_reply_hash(const uint32_t *words, uint32_t nr_words)
{
	const uint32_t expire = offsetof(struct lab_dump_head, pcp_expire) / 4;
	struct lab_reader reader = {words, nr_words, 0};
	uint64_t hash = 0xcbf29ce484222325u;
	struct lab_record r;

	while (lab_next(&reader, &r)) {
		hash = (hash ^ (uint64_t)r.kind) * 0x100000001b3u;
		hash = (hash ^ r.index) * 0x100000001b3u;
		for (uint32_t i = 0; i < r.nr_words; i++) {
			uint32_t word = r.kind == LAB_REC_DUMP && i == expire ? 0 : r.words[i];

			hash = (hash ^ word) * 0x100000001b3u;
			hash ^= hash >> 29;
		}
	}
	return reader.at == nr_words ? hash | 1 : 0;
}
