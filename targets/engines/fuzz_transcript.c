// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_transcript.c - transcripts and the dumps in them, from anybody: read or refused with
 * one line; what is read is started from and played. What the laws say of such a
 * machine does not count, only that nothing breaks.
 *
 * An input is the raw bytes of a transcript: the file around them is made here; packing and
 * checksums are left out (standin/zlib.h). One that begins as a file does is taken as it is.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "../../impls/recorded/recorded.h"
#include "../../impls/linux/linux.h"
#include "../../oracle/layout_check.h"
#include "../../oracle/oracle.h"
#include "../language/codec.h"

/* Larger machines are for the command. */
#define MAX_PAGES 32768
#define MAX_BYTES (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(uint8_t *to, uint64_t number, int bytes)
{
	for (int i = 0; i < bytes; i++)
		to[i] = (uint8_t)(number >> 8 * i);
}

/* The length; 0: no room. */
static size_t wrap(const uint8_t *data, size_t size, uint8_t *file, size_t room)
{
	static const char head[] = "pagefuzz transcript 2 linux 6.1\n";
	size_t n = sizeof(head) - 1;
	uLongf packed = room - n - 20;

	memcpy(file, head, n);
	if (compress2(file + n + 20, &packed, data, size, 1) != Z_OK)
		return 0;
	put(file + n, size, 8);
	put(file + n + 8, packed, 8);
	put(file + n + 16, crc32(0, data, size), 4);
	return n + 20 + packed;
}

static void play(const struct pf_transcript *t)
{
	struct pf_recorded *player = pf_recorded_play(t, "recorded");
	struct pf_op *ops = malloc((t->program_size + 1) * sizeof(*ops));
	const struct pf_impl *lineup[2] = {&pf_impl_linux};
	struct pf_start_point start = {t->layout, t->start};
	struct pf_oracle *o = NULL;
	struct pf_verdict v;

	if (player && ops) {
		lineup[1] = pf_recorded_impl(player);
		o = pf_oracle_new(lineup, 2);
	}
	if (o) {
		pf_oracle_options(o, &(struct pf_options){.start = &start,
							  .dumps = true,
							  .dump_every = t->dump_every,
							  .max_pages = MAX_PAGES});
		pf_oracle_run(o, ops, pf_decode(t->program, t->program_size, ops, t->program_size),
			      &v);
		pf_oracle_free(o);
	}
	pf_recorded_free(player);
	free(ops);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t room = compressBound(size) + 100, len;
	uint8_t *file = size <= MAX_BYTES ? malloc(room) : NULL;
	struct pf_transcript t;
	char error[512] = "";
	FILE *f = NULL;

	if (!file)
		return 0;
	if (size > 9 && !memcmp(data, "pagefuzz ", 9))
		memcpy(file, data, len = size);
	else
		len = wrap(data, size, file, room);
	if (len)
		f = fmemopen(file, len, "rb");
	if (f && pf_transcript_read_from(&t, f, "input", error, sizeof(error))) {
		if (t.layout.end_pfn - t.layout.base_pfn <= MAX_PAGES &&
		    pf_layout_valid(&t.layout, error, sizeof(error)) &&
		    pf_dump_valid(&t.layout, &t.start, error, sizeof(error)))
			play(&t);
		pf_transcript_free(&t);
	} else if (f && (!error[0] || strchr(error, '\n'))) {
		abort(); /* a refusal is one line */
	}
	if (f)
		fclose(f);
	free(file);
	return 0;
}
