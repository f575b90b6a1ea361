// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_kernel_host.c - the host side of the kernel lab, without a kernel: what it
 * makes of replies that make no sense, and of a QEMU that dies or never answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "impls/kernel/kernel.h"
#include "impls/kernel/qemu.h"
#include "impls/kernel/reply.h"

/* -------------------------------------------------------------- replies -- */

static uint32_t words[4096];
static uint32_t nr_words;

static void put_record(uint16_t kind, uint32_t index, const void *payload, uint32_t n)
{
	const struct lab_record_head head = {kind, LAB_PING, index, n};

	memcpy(words + nr_words, &head, sizeof(head));
	nr_words += sizeof(head) / 4;
	memcpy(words + nr_words, payload, n * 4);
	nr_words += n;
}

/* A dump of two orders, two types, one per-cpu list; list i holds i pfns. */
static void put_dump(uint32_t expire)
{
	struct {
		struct lab_dump_head head;
		uint32_t lists[64];
	} dump = {.head = {.max_order = 1, .nr_types = 2, .nr_pcp_lists = 1, .pcp_expire = expire}};
	uint32_t n = 0;

	/* One per-cpu list, the pageblocks, four free lists, others' pages, the LRU batch. */
	for (uint32_t list = 0; list < 8; list++) {
		dump.lists[n++] = list;
		for (uint32_t i = 0; i < list; i++)
			dump.lists[n++] = 100 * list + i;
	}
	put_record(LAB_REC_DUMP, 0, &dump, sizeof(dump.head) / 4 + n);
}

static void test_records(void **state)
{
	const uint32_t answer = 4711;
	struct lab_reader reader;
	struct lab_record r;

	(void)state;
	nr_words = 0;
	put_record(LAB_REC_ANSWER, 0, &answer, 1);
	put_record(LAB_REC_PAGES, 1, &answer, 0);
	reader = (struct lab_reader){words, nr_words, 0};
	assert_true(lab_next(&reader, &r));
	assert_int_equal(r.kind, LAB_REC_ANSWER);
	assert_int_equal(r.words[0], 4711);
	assert_true(lab_next(&reader, &r));
	assert_int_equal(r.index, 1);
	assert_int_equal(r.nr_words, 0);
	assert_false(lab_next(&reader, &r));
	assert_int_equal(reader.at, nr_words);
	assert_int_not_equal(lab_reply_hash(words, nr_words), 0);
}

static void test_nonsense(void **state)
{
	const uint32_t answer = 1;
	struct lab_record r;

	(void)state;
	/* Cut off anywhere, no record is read and nothing behind the end touched. */
	nr_words = 0;
	put_record(LAB_REC_ANSWER, 0, &answer, 1);
	for (uint32_t n = 0; n < nr_words; n++) {
		uint32_t *copy = malloc(n * 4 + 1);
		struct lab_reader reader = {copy, n, 0};

		memcpy(copy, words, n * 4);
		assert_false(lab_next(&reader, &r));
		free(copy);
	}
	/* Kinds that are not there, and lengths beyond the end. */
	for (uint32_t kind = 0; kind < 300; kind++) {
		struct lab_record_head head = {(uint16_t)kind, 0, 0, 0xfffffff0u};
		struct lab_reader reader = {words, 100, 0};

		memcpy(words, &head, sizeof(head));
		assert_false(lab_next(&reader, &r));
	}
	assert_int_equal(lab_reply_hash(words, 100), 0);
}

static void test_dump(void **state)
{
	static struct lab_dump dump;
	struct lab_reader reader;
	struct lab_record r;
	uint64_t hash;

	(void)state;
	nr_words = 0;
	put_dump(1);
	hash = lab_reply_hash(words, nr_words);
	reader = (struct lab_reader){words, nr_words, 0};
	assert_true(lab_next(&reader, &r));
	assert_true(lab_read_dump(&r, &dump));
	assert_int_equal(dump.pcp[0].nr, 0);
	assert_int_equal(dump.blocks.nr, 1);
	assert_int_equal(dump.free[0][0].nr, 2);
	assert_int_equal(dump.free[1][1].nr, 5);
	assert_int_equal(dump.free[1][1].pfns[4], 504);
	/* A word too few, a word too many, too many lists. */
	r.nr_words--;
	assert_false(lab_read_dump(&r, &dump));
	r.nr_words += 2;
	assert_false(lab_read_dump(&r, &dump));
	r.nr_words--;
	assert_int_equal(dump.lru_add.nr, 7);
	assert_int_equal(dump.lru_add.pfns[6], 706);
	/* Others' pages come in pairs. */
	assert_int_equal(dump.others.nr, 6);
	words[nr_words - 15] = 5;
	words[nr_words - 9] = 8;
	assert_false(lab_read_dump(&r, &dump));
	words[nr_words - 15] = 6;
	words[nr_words - 9] = 605;
	assert_true(lab_read_dump(&r, &dump));
	((struct lab_dump_head *)(uintptr_t)r.words)->nr_types = LAB_MAX_TYPES + 1;
	assert_false(lab_read_dump(&r, &dump));
	/* The hash looks away from the clock, and at all else. */
	nr_words = 0;
	put_dump(3);
	assert_true(lab_reply_hash(words, nr_words) == hash);
	words[nr_words - 1]++;
	assert_true(lab_reply_hash(words, nr_words) != hash);
}

static void test_state(void **state)
{
	const struct lab_state_record sent = {.nr_zones = 2,
					      .zone = {{.free_exact = 100}, {.free_exact = 200}},
					      .total = {[10] = 77}};
	struct lab_state_record bad = sent, read;
	struct lab_reader reader = {words, 0, 0};
	struct lab_record r;

	(void)state;
	nr_words = 0;
	put_record(LAB_REC_STATE, 0, &sent, sizeof(sent) / 4);
	bad.nr_zones = LAB_MAX_ZONES + 1;
	put_record(LAB_REC_STATE, 1, &bad, sizeof(bad) / 4);
	/* A word too few for what it says to be. */
	put_record(LAB_REC_STATE, 2, &sent, sizeof(sent) / 4 - 1);
	reader.nr_words = nr_words;
	assert_true(lab_next(&reader, &r));
	assert_true(lab_read_state(&r, &read));
	assert_int_equal(read.zone[1].free_exact, 200);
	assert_int_equal(read.total[10], 77);
	r.nr_words++;
	assert_false(lab_read_state(&r, &read));
	assert_true(lab_next(&reader, &r));
	assert_false(lab_read_state(&r, &read));
	assert_false(lab_next(&reader, &r));
}

/* ----------------------------------------------------------------- QEMU -- */

static char folder[] = "/tmp/pagefuzz-lab-XXXXXX";
static char fake[64], console[64];

/* Starts a shell script in place of QEMU. */
static bool start(struct lab *lab, const char *script)
{
	const struct lab_config config = {
		.qemu = fake,
		.kernel = "/dev/null",
		.initrd = "/dev/null",
		.console = console,
		.boot_seconds = 1,
	};
	FILE *f = fopen(fake, "w");

	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", script);
	fclose(f);
	chmod(fake, 0700);
	return lab_start(lab, &config);
}

static void test_dies(void **state)
{
	struct lab lab;

	(void)state;
	assert_false(start(&lab, "echo 'Kernel panic: no lab today'; exit 1"));
	assert_non_null(strstr(lab.error, "QEMU ended while the kernel booted"));
	assert_non_null(strstr(lab.error, "no lab today"));
	assert_int_equal(lab.pid, 0);
	assert_null(lab.shared);
}

static void test_never_answers(void **state)
{
	const struct lab_request request = {.op = LAB_PING};
	struct lab_replies replies;
	struct lab lab;

	(void)state;
	assert_false(start(&lab, "echo booting; exec sleep 1000"));
	assert_non_null(strstr(lab.error, "did not boot in time"));
	assert_non_null(strstr(lab.error, "booting"));
	assert_int_equal(lab.pid, 0);
	assert_false(lab_run(&lab, &request, 1, 1, &replies));
	assert_int_equal(replies.nr_words, 0);
}

/* The end of the console, and before it the line that says why. */
static void test_last_words(void **state)
{
	struct lab lab;

	(void)state;
	assert_false(start(&lab, "echo 'Kernel panic - not syncing: because'\n"
				 "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo register $i; done\n"
				 "exit 1"));
	assert_non_null(strstr(lab.error, "not syncing: because"));
	assert_non_null(strstr(lab.error, "register 12"));
	assert_null(strstr(lab.error, "register 2\n"));
}

static void test_missing(void **state)
{
	const struct lab_config no_kernel = {
		.kernel = "/nowhere/bzImage", .initrd = "/dev/null", .console = console};
	const struct lab_config no_qemu = {.qemu = "/nowhere/qemu",
					   .kernel = "/dev/null",
					   .initrd = "/dev/null",
					   .console = console};
	struct lab lab;

	(void)state;
	assert_false(lab_start(&lab, &no_kernel));
	assert_non_null(strstr(lab.error, "/nowhere/bzImage"));
	assert_false(lab_start(&lab, &no_qemu));
	assert_non_null(strstr(lab.error, "cannot start /nowhere/qemu"));
}

/* -------------------------------------------------------- the pf_impl -- */

static void test_closed(void **state)
{
	const struct pf_kernel_config config = {
		.kernel = "/nowhere/bzImage", .initrd = "/dev/null", .console = console};
	struct pf_layout layout = {.nr_zones = 1};
	struct pf_dump dump;
	char error[200];

	(void)state;
	assert_null(pf_kernel_open(&config, &layout, &dump, error, sizeof(error)));
	assert_non_null(strstr(error, "/nowhere/bzImage"));
	pf_kernel_close(NULL);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(fake, sizeof(fake), "%s/qemu", folder);
	snprintf(console, sizeof(console), "%s/console", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(fake);
	unlink(console);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),	      cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_dump),	      cmocka_unit_test(test_dies),
		cmocka_unit_test(test_never_answers), cmocka_unit_test(test_missing),
		cmocka_unit_test(test_state),	      cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_closed),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
