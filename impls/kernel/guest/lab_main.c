// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab_main.c - turns the zones of a memory-only node into a laboratory: runs batches
 * of proto.h's requests on them and writes down what the kernel did. Loading and
 * unloading, /dev/lab, the batch and its reply; what a request does is in the other files.
 *
 * One batch at a time, one cpu. All buffers are taken at load time, so that a
 * batch allocates nothing but what it is told to.
 */
#include "internal.h"

#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

int node = 1;
module_param(node, int, 0444);
MODULE_PARM_DESC(node, "the node whose zones are the lab");

struct zone *zones[LAB_MAX_ZONES];
u32 nr_zones;
unsigned long first_pfn, end_pfn;
struct unit *units;
struct page **slots;
static DEFINE_MUTEX(batch_lock);
static struct lab_request *requests;

/* -------------------------------------------------------------- replies -- */

u32 *reply;
u32 reply_words;
bool overflow;
static u16 now_op;
static u32 now_index;
struct task_struct *runner;

void put_word(u32 word)
{
	if (reply_words < LAB_MAX_REPLY_WORDS)
		reply[reply_words++] = word;
	else
		overflow = true;
}

void put_words(const void *words, u32 bytes)
{
	u32 i;

	for (i = 0; i < bytes / 4; i++)
		put_word(((const u32 *)words)[i]);
}

void put_head(u16 kind, u32 nr_words)
{
	const struct lab_record_head head = {kind, now_op, now_index, nr_words};

	put_words(&head, sizeof(head));
}

void put_record(u16 kind, const void *payload, u32 bytes)
{
	put_head(kind, bytes / 4);
	put_words(payload, bytes);
}

/* -------------------------------------------------------------- batches -- */

static u32 do_drain(void)
{
	u32 i;

	for (i = 0; i < nr_zones; i++)
		p_drain_all_pages(zones[i]);
	return 0;
}

/* The host must notice and say so: its tests ask for it. */
static u32 do_break(const struct lab_request *r)
{
	if (!r->flags)
		panic("lab: told to panic\n");
	pr_alert("told to hang\n");
	for (;;)
		cpu_relax();
	return 0;
}

static u32 run_request(const struct lab_request *r)
{
	switch (r->op) {
	case LAB_PING:
		return r->arg;
	case LAB_HELLO:
		return do_hello(r);
	case LAB_ALLOC:
		return do_alloc(r, false);
	case LAB_ALLOC_MOVABLE:
		return do_alloc(r, true);
	case LAB_FREE:
		return do_free(r);
	case LAB_BULK_ALLOC:
		return do_bulk_alloc(r);
	case LAB_BULK_FREE:
		return do_bulk_free(r);
	case LAB_SPLIT:
		return do_split(r);
	case LAB_DRAIN:
		return do_drain();
	case LAB_COMPACT_NODE:
		return do_compact_node();
	case LAB_INJECT:
		return do_inject(r);
	case LAB_DUMP:
		return do_dump(r);
	case LAB_PAGE_ALLOC:
		return do_page_alloc(r);
	case LAB_PAGE_FREE:
		return do_page_free(r);
	case LAB_PAGE_BULK:
		return do_page_bulk(r);
	case LAB_EXACT:
		return do_exact(r);
	case LAB_PAGE_SPLIT:
		return do_page_split(r);
	case LAB_PAGE_ATTRS:
		return do_page_attrs(r);
	case LAB_RETYPE:
		return do_retype(r);
	case LAB_COMPACT:
		return do_compact(r);
	case LAB_TICK:
		return do_tick(r);
	case LAB_TUNE:
		return do_tune(r);
	case LAB_STATE:
		return do_state();
	case LAB_BREAK:
		return do_break(r);
	case LAB_SHUTDOWN:
		return 0;
	}
	return LAB_INVALID;
}

static void run_batch(struct lab_run *run)
{
	u64 start = ktime_get_ns();

	reply_words = 0;
	overflow = false;
	runner = current;
	while (run->nr_done < run->nr_requests && !run->shutdown && !overflow) {
		u32 answer;

		now_index = run->nr_done;
		now_op = requests[now_index].op;
		answer = run_request(&requests[now_index]);
		put_record(LAB_REC_ANSWER, &answer, sizeof(answer));
		run->shutdown = now_op == LAB_SHUTDOWN;
		run->nr_done++;
	}
	runner = NULL;
	run->reply_words = reply_words;
	run->status = overflow ? LAB_OVERFLOW : LAB_OK;
	run->nanoseconds = ktime_get_ns() - start;
}

static long lab_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	struct lab_run run;
	long rc = -EFAULT;

	if (cmd != LAB_RUN)
		return -ENOTTY;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (copy_from_user(&run, user, sizeof(run)))
		return -EFAULT;
	if (run.nr_requests > LAB_MAX_REQUESTS)
		return -EINVAL;
	run.nr_done = 0;
	run.shutdown = 0;
	mutex_lock(&batch_lock);
	if (!copy_from_user(requests, u64_to_user_ptr(run.requests),
			    run.nr_requests * sizeof(*requests))) {
		run_batch(&run);
		if (!copy_to_user(u64_to_user_ptr(run.replies), reply, run.reply_words * 4) &&
		    !copy_to_user(user, &run, sizeof(run)))
			rc = 0;
	}
	mutex_unlock(&batch_lock);
	return rc;
}

static const struct file_operations lab_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = lab_ioctl,
};

static struct miscdevice lab_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "lab",
	.fops = &lab_fops,
};

static void release_buffers(void)
{
	vfree(units);
	vfree(slots);
	vfree(requests);
	vfree(reply);
}

static int __init lab_init(void)
{
	int i, rc = find_symbols();

	if (rc)
		return rc;
	if (node < 0 || node >= MAX_NUMNODES || !node_online(node)) {
		pr_err("no node %d\n", node);
		return -ENODEV;
	}
	for (i = 0; i < MAX_NR_ZONES && nr_zones < LAB_MAX_ZONES; i++)
		if (populated_zone(&NODE_DATA(node)->node_zones[i]))
			zones[nr_zones++] = &NODE_DATA(node)->node_zones[i];
	if (!nr_zones) {
		pr_err("node %d has no memory\n", node);
		return -ENODEV;
	}
	first_pfn = zones[0]->zone_start_pfn;
	end_pfn = zone_end_pfn(zones[nr_zones - 1]);
	units = vzalloc_node((end_pfn - first_pfn) * sizeof(*units), 0);
	slots = vzalloc_node(LAB_NR_SLOTS * sizeof(*slots), 0);
	requests = vzalloc_node(LAB_MAX_REQUESTS * sizeof(*requests), 0);
	reply = vzalloc_node(LAB_MAX_REPLY_WORDS * 4, 0);
	rc = units && slots && requests && reply ? misc_register(&lab_device) : -ENOMEM;
	if (rc) {
		release_buffers();
		return rc;
	}
	open_cache();
	hook_compaction();
	settle();
	do_drain();
	begin_counting();
	for (i = 0; i < (int)nr_zones; i++)
		pr_info("node %d zone %s from pfn %#lx, %lu pages\n", node, zones[i]->name,
			zones[i]->zone_start_pfn, zones[i]->spanned_pages);
	return 0;
}

static void __exit lab_exit(void)
{
	misc_deregister(&lab_device);
	unhook_compaction();
	close_cache();
	release_buffers();
}

module_init(lab_init);
module_exit(lab_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("pagefuzz: the zones of a node as a laboratory");
