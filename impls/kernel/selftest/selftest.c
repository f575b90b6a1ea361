// SPDX-License-Identifier: GPL-2.0-only
/*
 * selftest.c - is the laboratory sound? Boots the kernel twice, runs the same
 * batches on both, keeps its own books of who owns which page, and checks every
 * answer and dump against them; at the end both boots must have said the same.
 *
 *     selftest KERNEL INITRD FOLDER-FOR-CONSOLES
 */
#define _POSIX_C_SOURCE 200809L

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qemu.h"
#include "reply.h"

#define MAX_PAGES     (1u << 16)
#define MAX_BATCHES   512
#define MAX_SETS      8192 /* blocks of a pristine zone */
#define BATCH_SECONDS 60

/* What an allocation with no help of reclaim or compaction asks for. */
#define PLAIN LAB_GFP_NORETRY

struct owned {
	uint32_t pfn; /* LAB_NONE: empty */
	uint8_t order;
};

struct batch {
	struct lab_request request[LAB_MAX_REQUESTS];
	uint32_t nr;
	/* Filled by run(). */
	uint32_t answer[LAB_MAX_REQUESTS];
	struct lab_replies replies;
};

static struct lab lab;
static struct lab_hello hello;
static struct batch b;
static struct owned owned[LAB_NR_SLOTS];
static uint32_t owner[MAX_PAGES]; /* slot + 1 of the page at start_pfn + i */
static uint32_t owned_pages, pinned_pages;
static uint32_t nr_moves, nr_refused;
static unsigned boot, failures, number;
static uint64_t hashes[2][MAX_BATCHES];
static unsigned nr_hashes[2];
static uint64_t random_state;

/* --------------------------------------------------------------- output -- */

__attribute__((format(printf, 2, 3))) static void check(bool good, const char *format, ...)
{
	va_list args;

	failures += !good;
	printf("%sok %u boot %u: ", good ? "" : "not ", ++number, boot + 1);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

/* The first complaint of a step; later ones follow from it. */
static char complaint[256];

__attribute__((format(printf, 2, 3))) static void expect(bool good, const char *format, ...)
{
	va_list args;

	if (good || *complaint)
		return;
	va_start(args, format);
	vsnprintf(complaint, sizeof(complaint), format, args);
	va_end(args);
}

/* Ends a step: ok, or what was wrong. */
static void step(const char *name)
{
	check(!*complaint, "%s%s%s", name, *complaint ? ": " : "", complaint);
	*complaint = '\0';
}

static void give_up(void)
{
	char *line = strtok(lab.error, "\n");

	check(false, "%s", line);
	while ((line = strtok(NULL, "\n")))
		printf("# %s\n", line);
	lab_kill(&lab);
	exit(1);
}

/* -------------------------------------------------------------- batches -- */

static struct lab_request *add(unsigned op)
{
	struct lab_request *r = &b.request[b.nr++];

	*r = (struct lab_request){.op = (uint8_t)op, .gfp = PLAIN};
	return r;
}

static void add_alloc(uint32_t slot, unsigned order, unsigned mobility)
{
	struct lab_request *r = add(LAB_ALLOC);

	r->slot = slot;
	r->order = (uint8_t)order;
	r->mobility = (uint8_t)mobility;
}

static void add_movable(uint32_t slot)
{
	struct lab_request *r = add(LAB_ALLOC_MOVABLE);

	r->slot = slot;
	r->mobility = 1;
}

static void add_free(uint32_t slot)
{
	add(LAB_FREE)->slot = slot;
}

static void own(uint32_t slot, uint32_t pfn, unsigned order)
{
	uint32_t first = pfn - hello.start_pfn, nr = 1u << order;

	expect(pfn >= hello.start_pfn && pfn + nr <= hello.end_pfn,
	       "pfn %#x, order %u is outside the zone", pfn, order);
	expect(pfn % nr == 0, "pfn %#x is not aligned to order %u", pfn, order);
	if (*complaint)
		return;
	for (uint32_t i = 0; i < nr; i++) {
		expect(!owner[first + i], "pfn %#x was handed out twice", pfn + i);
		owner[first + i] = slot + 1;
	}
	owned[slot] = (struct owned){pfn, (uint8_t)order};
	owned_pages += nr;
}

static void disown(uint32_t slot)
{
	struct owned *o = &owned[slot];

	if (o->pfn == LAB_NONE)
		return;
	for (uint32_t i = 0; i < 1u << o->order; i++)
		owner[o->pfn - hello.start_pfn + i] = 0;
	owned_pages -= 1u << o->order;
	o->pfn = LAB_NONE;
}

static void book_split(const struct lab_request *r)
{
	struct owned was = owned[r->slot];

	disown(r->slot);
	own(r->slot, was.pfn, 0);
	for (uint32_t i = 1; i < 1u << was.order; i++)
		own(r->arg + i - 1, was.pfn + i, 0);
}

static void book_move(const struct lab_move *move)
{
	nr_refused += move->result != LAB_MOVED;
	if (move->slot >= LAB_NR_SLOTS || owned[move->slot].pfn != move->src) {
		expect(false, "slot %u was moved from %#x, where it is not", move->slot, move->src);
		return;
	}
	if (move->result != LAB_MOVED)
		return;
	nr_moves++;
	disown(move->slot);
	own(move->slot, move->dst, 0);
}

static void book_answer(const struct lab_request *r, uint32_t answer)
{
	switch (r->op) {
	case LAB_ALLOC:
	case LAB_ALLOC_MOVABLE:
		expect(answer != LAB_INVALID, "an allocation into slot %u is invalid", r->slot);
		if (answer < LAB_UNSUPPORTED)
			own(r->slot, answer, r->order);
		break;
	case LAB_FREE:
		expect(answer == owned[r->slot].pfn, "slot %u was freed at %#x, but is at %#x",
		       r->slot, answer, owned[r->slot].pfn);
		disown(r->slot);
		break;
	case LAB_BULK_FREE:
		expect(answer == r->arg, "%u of %u pages freed in bulk", answer, r->arg);
		for (uint32_t i = 0; i < r->arg; i++)
			disown(r->slot + i);
		break;
	case LAB_SPLIT:
		expect(answer == 1u << owned[r->slot].order, "split answered %u", answer);
		book_split(r);
		break;
	}
}

/* Runs the batch, keeps the books, and notes the hash of what was said. */
static void run(void)
{
	struct lab_reader reader;
	struct lab_record record;
	uint32_t answers = 0;

	if (!lab_run(&lab, b.request, b.nr, BATCH_SECONDS, &b.replies))
		give_up();
	reader = (struct lab_reader){b.replies.words, b.replies.nr_words, 0};
	while (lab_next(&reader, &record)) {
		const struct lab_request *r = &b.request[record.index];

		if (record.index != answers || record.op != r->op) {
			expect(false, "record for request %u, expected %u", record.index, answers);
			break;
		}
		if (record.kind == LAB_REC_ANSWER) {
			b.answer[answers++] = record.words[0];
			book_answer(r, record.words[0]);
		} else if (record.kind == LAB_REC_MOVE) {
			book_move((const struct lab_move *)record.words);
		} else if (record.kind == LAB_REC_PAGES) {
			for (uint32_t i = 0; i < record.nr_words; i++)
				own(r->slot + i, record.words[i], 0);
		} else if (record.kind == LAB_REC_HELLO) {
			expect(lab_read_hello(&record, &hello), "unreadable hello");
		}
	}
	expect(answers == b.nr, "%u answers to %u requests", answers, b.nr);
	expect(reader.at == reader.nr_words, "the replies make no sense at word %u", reader.at);
	if (nr_hashes[boot] < MAX_BATCHES)
		hashes[boot][nr_hashes[boot]++] =
			lab_reply_hash(b.replies.words, b.replies.nr_words);
	b.nr = 0;
}

/* ---------------------------------------------------------------- dumps -- */

struct block {
	uint32_t pfn;
	uint32_t order;
};

static struct lab_dump dump; /* points into the last replies */
static struct block blocks[MAX_PAGES];
static uint32_t nr_blocks;
static uint8_t taken[MAX_PAGES];

static bool last_dump(void)
{
	struct lab_reader reader = {b.replies.words, b.replies.nr_words, 0};
	struct lab_record record;
	bool found = false;

	while (lab_next(&reader, &record))
		if (record.kind == LAB_REC_DUMP)
			found = lab_read_dump(&record, &dump);
	return found;
}

/* Marks the pages of a free block; each page may be in one place only. */
static void claim(uint32_t pfn, unsigned order, const char *where)
{
	uint32_t first = pfn - hello.start_pfn, nr = 1u << order;

	expect(pfn >= hello.start_pfn && pfn + nr <= hello.end_pfn && pfn % nr == 0,
	       "pfn %#x, order %u on %s: outside the zone or unaligned", pfn, order, where);
	for (uint32_t i = 0; !*complaint && i < nr; i++) {
		expect(!taken[first + i], "pfn %#x on %s is twice in the lists", pfn + i, where);
		expect(!owner[first + i], "pfn %#x on %s has an owner", pfn + i, where);
		taken[first + i] = 1;
	}
}

static void audit_free_lists(void)
{
	const struct lab_dump_head *h = dump.head;
	uint32_t pages = 0;

	nr_blocks = 0;
	for (uint32_t order = 0; order <= h->max_order; order++) {
		uint32_t nr = 0;

		for (uint32_t type = 0; type < h->nr_types; type++) {
			const struct lab_list *list = &dump.free[order][type];

			for (uint32_t i = 0; i < list->nr; i++) {
				claim(list->pfns[i], order, "a free list");
				blocks[nr_blocks++] = (struct block){list->pfns[i], order};
			}
			nr += list->nr;
		}
		expect(nr == h->nr_free[order], "order %u: %u blocks, the kernel counts %u", order,
		       nr, h->nr_free[order]);
		pages += nr << order;
	}
	expect(pages == h->free_exact, "%u pages on the free lists, the kernel counts %u", pages,
	       h->free_exact);
}

/* The last dump against itself and against the books. */
static void audit(void)
{
	uint32_t cached = 0;

	if (!last_dump()) {
		expect(false, "unreadable dump");
		return;
	}
	memset(taken, 0, sizeof(taken));
	audit_free_lists();
	for (uint32_t i = 0; i < dump.head->nr_pcp_lists; i++) {
		unsigned order = i / 3; /* three types an order; the last lists: block_order */

		if (order > 3)
			order = dump.head->block_order;
		for (uint32_t k = 0; k < dump.pcp[i].nr; k++)
			claim(dump.pcp[i].pfns[k], order, "a per-cpu list");
		cached += dump.pcp[i].nr << order;
	}
	expect(cached == dump.head->pcp_count, "%u pages in per-cpu lists, the kernel counts %u",
	       cached, dump.head->pcp_count);
	expect(dump.head->free_exact + cached + owned_pages + pinned_pages == dump.head->managed,
	       "%u free + %u cached + %u owned + %u in use from the start != %u managed",
	       dump.head->free_exact, cached, owned_pages, pinned_pages, dump.head->managed);
	expect(!dump.head->stray_moves, "%u moves outside a batch", dump.head->stray_moves);
}

static int by_pfn(const void *a, const void *b_)
{
	const struct block *x = a, *y = b_;

	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

/* The dump of the drained, empty zone: order and type of the lists set aside. */
static struct block pristine[MAX_SETS];
static uint32_t nr_pristine;

static void expect_pristine(void)
{
	qsort(blocks, nr_blocks, sizeof(*blocks), by_pfn);
	expect(nr_blocks == nr_pristine && !memcmp(blocks, pristine, nr_blocks * sizeof(*blocks)),
	       "%u free blocks, not the %u of the beginning", nr_blocks, nr_pristine);
}

/* ---------------------------------------------------------------- steps -- */

static uint32_t random_below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 33) % n;
}

static void run_dump(void)
{
	add(LAB_DUMP);
	run();
	audit();
}

/* Frees all that is owned, drains, and compares with the beginning. */
static void clear(void)
{
	for (uint32_t slot = 0; slot < LAB_NR_SLOTS; slot++)
		if (owned[slot].pfn != LAB_NONE)
			add_free(slot);
	add(LAB_DRAIN);
	run_dump();
	expect_pristine();
}

static void test_beginning(void)
{
	uint32_t large = 0;

	add(LAB_PING)->arg = 4711;
	add(LAB_HELLO);
	add(LAB_DRAIN);
	run();
	expect(b.answer[0] == 4711, "ping answered %u", b.answer[0]);
	expect(hello.end_pfn - hello.start_pfn <= MAX_PAGES, "a zone of this size is too large");
	printf("# Linux %s, node %u zone %s, pfn %#x to %#x, %u managed, marks %u/%u/%u, "
	       "pcp high %u batch %u\n",
	       hello.release, hello.node, hello.zone, hello.start_pfn, hello.end_pfn, hello.managed,
	       hello.watermark[0], hello.watermark[1], hello.watermark[2], hello.pcp_high,
	       hello.pcp_batch);
	step("ping and hello");

	add(LAB_DUMP);
	run();
	expect(last_dump(), "unreadable dump");
	if (!*complaint)
		pinned_pages = dump.head->managed - dump.head->free_exact;
	audit();
	qsort(blocks, nr_blocks, sizeof(*blocks), by_pfn);
	nr_pristine = nr_blocks < MAX_SETS ? nr_blocks : MAX_SETS;
	memcpy(pristine, blocks, nr_pristine * sizeof(*blocks));
	for (uint32_t i = 0; i < nr_blocks; i++) {
		large += blocks[i].order == hello.max_order;
		expect(!i || blocks[i].order == hello.max_order ||
			       blocks[i].order != blocks[i - 1].order ||
			       (blocks[i].pfn ^ 1u << blocks[i].order) != blocks[i - 1].pfn,
		       "unmerged buddies at %#x", blocks[i].pfn);
	}
	expect(pinned_pages <= 64, "%u pages are in use from the start", pinned_pages);
	expect((large + 1) << hello.max_order >= hello.managed, "only %u blocks of the top order",
	       large);
	printf("# %u pages in use from the start, %u free blocks, %u of order %u\n", pinned_pages,
	       nr_blocks, large, hello.max_order);
	step("the zone is pristine");
}

static void test_orders(void)
{
	for (unsigned order = 0; order <= hello.max_order; order++) {
		for (uint32_t i = 0; i < 6; i++)
			add_alloc(i, order, i % 3);
		run_dump();
		for (uint32_t i = 0; i < 6; i++)
			expect(b.answer[i] < LAB_UNSUPPORTED, "order %u: no block", order);
		for (uint32_t i = 0; i < 6; i += 2)
			add_free(i);
		run_dump();
		for (uint32_t i = 1; i < 6; i += 2)
			add_free(i);
		run_dump();
	}
	clear();
	step("orders 0 to the largest: aligned, in the zone, conserved; all back at the end");
}

static void test_bad_requests(void)
{
	add_alloc(0, 0, 0);
	add_alloc(0, 0, 0);
	add_alloc(1, hello.max_order + 1, 0);
	add(LAB_NR_OPS);
	add_free(1);
	b.request[1].slot = LAB_NR_SLOTS;
	run();
	/* The books complain of invalid allocations: here they are what is wanted. */
	*complaint = '\0';
	expect(b.answer[1] == LAB_INVALID && b.answer[2] == LAB_INVALID &&
		       b.answer[3] == LAB_INVALID && b.answer[4] == LAB_NONE,
	       "answers %x %x %x %x", b.answer[1], b.answer[2], b.answer[3], b.answer[4]);
	clear();
	step("requests that make no sense are refused");
}

static void test_exhaustion(void)
{
	uint32_t got;
	double rate;

	for (uint32_t i = 0; i < hello.managed; i++)
		add_alloc(i, 0, 1);
	run();
	got = owned_pages;
	rate = (double)hello.managed * 1e3 / (double)b.replies.nanoseconds;
	run_dump();
	expect(got < hello.managed && got + 2 * hello.watermark[2] + hello.pcp_high > hello.managed,
	       "%u of %u pages", got, hello.managed);
	expect(dump.head->free_global >= hello.watermark[0] - hello.stat_threshold,
	       "%u free, min is %u", dump.head->free_global, hello.watermark[0]);
	printf("# %u of %u pages before the first failure, %.2f M allocations/s\n", got,
	       hello.managed, rate);
	clear();
	step("exhaustion stops at the watermark");
}

static void test_bulk_split_drain(void)
{
	struct lab_request *r = add(LAB_BULK_ALLOC);

	r->slot = 100;
	r->arg = 200;
	r->mobility = 1;
	run_dump();
	expect(b.answer[0] == 200 && owned_pages == 200, "%u pages", b.answer[0]);
	step("bulk allocation");

	/* Gone after 6.1. */
	if (hello.symbols >> LAB_SYM_FREE_UNREF_PAGE_LIST & 1) {
		r = add(LAB_BULK_FREE);
		r->slot = 100;
		r->arg = 200;
	} else {
		for (uint32_t i = 0; i < 200; i++)
			add_free(100 + i);
	}
	run_dump();
	expect(!owned_pages, "%u pages are left", owned_pages);
	step("bulk free");

	add_alloc(0, 4, 0);
	r = add(LAB_SPLIT);
	r->slot = 0;
	r->arg = 10;
	for (uint32_t i = 0; i < 15; i += 2)
		add_free(10 + i);
	run_dump();
	expect(owned_pages == 8, "%u pages are owned, not 8", owned_pages);
	expect(dump.head->pcp_count, "freed pages did not go to the per-cpu lists");
	step("split, and the pieces freed one by one");

	add(LAB_DRAIN);
	run_dump();
	expect(!dump.head->pcp_count, "%u pages are left", dump.head->pcp_count);
	step("drain empties the per-cpu lists");
	clear();
	step("all is back");
}

/* Movable pages with gaps all over the zone's lower part. */
static void scatter(uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		add_movable(i);
	for (uint32_t i = 0; i < nr; i += 2)
		add_free(i);
	add(LAB_DRAIN);
	run_dump();
}

static void test_migration(void)
{
	uint32_t before;

	nr_moves = nr_refused = 0;
	scatter(4096);
	before = dump.head->nr_free[hello.max_order];
	add(LAB_COMPACT_NODE);
	add(LAB_DUMP);
	run();
	audit();
	expect(nr_moves && b.answer[0] == nr_moves, "%u moves logged, %u counted", nr_moves,
	       b.answer[0]);
	expect(!nr_refused, "%u moves refused", nr_refused);
	printf("# %u moves; order %u: %u blocks before, %u after\n", nr_moves, hello.max_order,
	       before, dump.head->nr_free[hello.max_order]);
	clear();
	step("compaction moves pages, and the log says where to");
}

static void test_refusal(unsigned kind, const char *name)
{
	struct lab_request *r;

	nr_moves = nr_refused = 0;
	scatter(2048);
	r = add(LAB_INJECT);
	r->flags = (uint8_t)kind;
	r->arg = 7;
	add(LAB_COMPACT_NODE);
	add(LAB_DUMP);
	run();
	audit();
	expect(nr_refused == 7, "%u moves refused, not 7", nr_refused);
	expect(!dump.head->refusals_left, "%u refusals left", dump.head->refusals_left);
	expect(nr_moves, "nothing moved afterwards");
	clear();
	step(name);
}

static void test_random(void)
{
	static bool asked[1000];

	memset(asked, 0, sizeof(asked));
	random_state = 88172645463325252u;
	for (uint32_t i = 0; i < 200000; i++) {
		uint32_t slot = random_below(1000), order = random_below(hello.max_order + 1);

		/* Small orders are frequent, as in life. */
		if (order > 7 && random_below(4))
			order = 0;
		if (asked[slot])
			add_free(slot);
		else
			add_alloc(slot, order, random_below(3));
		asked[slot] = !asked[slot];
	}
	run_dump();
	clear();
	step("random allocations and frees, all orders");
}

static void test_speed(void)
{
	const uint32_t nr = 200000, dumps = 50;
	uint64_t ns;

	for (uint32_t i = 0; i < nr; i += 2) {
		add_alloc(0, 0, 1);
		add_free(0);
	}
	run();
	ns = b.replies.nanoseconds;
	printf("# order 0: %.2f M operations/s in the guest\n", (double)nr * 1e3 / (double)ns);
	for (uint32_t i = 0; i < dumps; i++)
		add(LAB_DUMP);
	run();
	printf("# a dump of the empty zone: %.1f us\n",
	       (double)b.replies.nanoseconds / 1e3 / (double)dumps);
	scatter(32000);
	for (uint32_t i = 0; i < dumps; i++)
		add(LAB_DUMP);
	run();
	printf("# a dump with 16000 free pages scattered: %.1f us\n",
	       (double)b.replies.nanoseconds / 1e3 / (double)dumps);
	clear();
	step("speed");
}

/* Nothing may change the zone while nobody asks for anything. */
static void test_silence(void)
{
	static struct lab_dump_head before;
	uint64_t hash;

	/* Odd pages on the per-cpu lists, and counts not yet added up. */
	for (uint32_t i = 0; i < 20; i++)
		add_alloc(i, 0, 1);
	add_free(3);
	run();
	run_dump();
	hash = lab_reply_hash(b.replies.words, b.replies.nr_words);
	before = *dump.head;
	sleep(2);
	run_dump();
	before.pcp_expire = dump.head->pcp_expire;
	for (uint32_t i = 0; i < sizeof(before) / 4; i++) {
		uint32_t was = ((const uint32_t *)&before)[i],
			 is = ((const uint32_t *)dump.head)[i];

		expect(was == is, "word %u of the dump went from %u to %u", i, was, is);
	}
	expect(hash == lab_reply_hash(b.replies.words, b.replies.nr_words), "a list changed");
	clear();
	step("two seconds of silence");
}

static void test_boot(const struct lab_config *config)
{
	if (!lab_start(&lab, config))
		give_up();
	check(true, "up in %.1f s", lab.boot_seconds);
	memset(owner, 0, sizeof(owner));
	memset(owned, 0xff, sizeof(owned));
	owned_pages = pinned_pages = 0;
	test_beginning();
	test_orders();
	test_bad_requests();
	test_bulk_split_drain();
	test_migration();
	test_refusal(LAB_MOVE_AGAIN, "a page that refuses to move with -EAGAIN is asked again");
	test_refusal(LAB_MOVE_BUSY, "a page that refuses to move with -EBUSY stays");
	test_random();
	test_exhaustion();
	test_speed();
	test_silence();
}

static void test_death(void)
{
	const struct lab_request request = {.op = LAB_PING};
	struct lab_replies replies;

	kill(lab.pid, SIGKILL);
	check(!lab_run(&lab, &request, 1, 10, &replies) && !lab.pid,
	      "a guest that dies is an error: %.40s", lab.error);
}

int main(int argc, char **argv)
{
	struct lab_config config = {0};
	char console[2][200];
	unsigned same = 0;
	uint64_t all = 0;

	if (argc != 4) {
		fprintf(stderr, "usage: selftest KERNEL INITRD FOLDER-FOR-CONSOLES\n");
		return 2;
	}
	config.kernel = argv[1];
	config.initrd = argv[2];
	for (boot = 0; boot < 2; boot++) {
		snprintf(console[boot], sizeof(console[boot]), "%s/console-%u.log", argv[3],
			 boot + 1);
		config.console = console[boot];
		test_boot(&config);
		if (!boot) {
			bool stopped = lab_stop(&lab, 20);

			check(stopped, "shut down%s%s", stopped ? "" : ": ", lab.error);
		} else {
			test_death();
		}
	}
	boot = 1;
	while (same < nr_hashes[0] && same < nr_hashes[1] && hashes[0][same] &&
	       hashes[0][same] == hashes[1][same])
		same++;
	check(nr_hashes[0] == nr_hashes[1] && same == nr_hashes[0],
	      "both boots gave the same answers, %u of %u batches", same, nr_hashes[0]);
	for (unsigned i = 0; i < nr_hashes[0]; i++)
		all = all * 31 + hashes[0][i];
	printf("# all answers of boot 1: %016llx\n", (unsigned long long)all);
	return failures != 0;
}
