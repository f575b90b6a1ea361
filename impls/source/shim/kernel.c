// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel.c - the rest of the kernel for mm/: cpus, messages and ends, locks, waiting,
 * other tasks. All of it on one thread: nobody waits for anybody, and who would have to
 * is stuck. What is missing here becomes a stub that says its name (tree/stubs).
 */
#include "shim.h"
#include <linux/backing-dev.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/oom.h>
#include <linux/pagemap.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sched/prio.h>
#include <linux/sched/signal.h>
#include <linux/swait.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/writeback.h>

struct pf_world *shim_world;
const struct pf_layout *shim_layout;
const struct pf_source_self *shim_self;
bool shim_booted;
unsigned int shim_nr_orders;

/* ------------------------------------------------------------- the cpu --- */

unsigned long shim_cpu_offset, shim_eflags = X86_EFLAGS_IF;
int shim_preempt_count;
static struct signal_struct signal;
/* Priority 0 would be a real-time task, which may use reserves. */
static struct task_struct task = {.signal = &signal, .prio = DEFAULT_PRIO};
struct task_struct *shim_current = &task;

struct cpumask __cpu_possible_mask, __cpu_online_mask, __cpu_present_mask;
atomic_t __num_online_cpus;
unsigned int nr_cpu_ids = NR_CPUS;
unsigned long __per_cpu_offset[NR_CPUS];
#if SHIM_6_12
DEFINE_PER_CPU_ALIGNED(struct pcpu_hot, pcpu_hot);
#else
DEFINE_PER_CPU_READ_MOSTLY(int, cpu_number);
#endif
cpumask_var_t node_to_cpumask_map[MAX_NUMNODES];
struct pglist_data *node_data[MAX_NUMNODES];
unsigned long phys_base;
unsigned long volatile jiffies;
enum system_states system_state = SYSTEM_RUNNING;
void *high_memory;
unsigned long highest_memmap_pfn;
bool static_key_initialized = true;
struct atomic_notifier_head panic_notifier_list;
struct mutex oom_lock;

void shim_run_on(unsigned int cpu)
{
	shim_cpu_offset = __per_cpu_offset[cpu];
}

/* As the contract has it: near is what has a near number, and the lower one first. */
int __node_distance(int from, int to)
{
	return from == to ? LOCAL_DISTANCE : 20 * abs(from - to) + (to < from ? 0 : 5);
}

/* -------------------------------------------------------------- the world --- */

static unsigned int work;

void shim_spend(unsigned int units)
{
	work += units;
	if (work < 64 || !shim_booted)
		return;
	units = work;
	work = 0;
	shim_world->spent(shim_world, units);
}

int __cond_resched(void)
{
	shim_spend(1);
	return 0;
}

bool shim_hindered(enum pf_inject what)
{
	return shim_world->hindered(shim_world, what);
}

/* Each change of a list is work; and is the list in order? */
bool __list_add_valid(struct list_head *new, struct list_head *prev, struct list_head *next)
{
	shim_spend(1);
	if (next->prev != prev || prev->next != next)
		shim_die("list_add corruption");
	if (new == prev || new == next)
		shim_die("list_add double add");
	return true;
}

bool __list_del_entry_valid(struct list_head *entry)
{
	shim_spend(1);
	if (entry->next == LIST_POISON1 || entry->prev == LIST_POISON2)
		shim_die("list_del corruption: it was deleted before");
	if (entry->prev->next != entry || entry->next->prev != entry)
		shim_die("list_del corruption");
	return true;
}

/* ----------------------------------------------------- messages and ends --- */

/* The last line that somebody printed since the boot, without what differs from run to run. */
static char said[200];

void shim_begin_to_listen(void)
{
	shim_booted = true;
	said[0] = '\0';
}

__printf(1, 0) static void say(const char *fmt, va_list args)
{
	char *end;

	if (fmt[0] == KERN_SOH_ASCII && fmt[1])
		fmt += 2;
	/* Pointers, and what only the kernel's own printf() knows. */
	if (strstr(fmt, "%p") || strstr(fmt, "%*p"))
		return;
	shim_self->format(said, sizeof(said), fmt, args);
	end = said + strlen(said);
	while (end > said && end[-1] == '\n')
		*--end = '\0';
}

void shim_die(const char *fmt, ...)
{
	char text[280];
	va_list args;

	va_start(args, fmt);
	shim_self->format(text, sizeof(text), fmt, args);
	va_end(args);
	if (shim_world->failed)
		shim_world->failed(shim_world, text);
	__builtin_trap();
}

int _printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
	/* After that the kernel goes on without the page. */
	if (!strncmp(said, "BUG: Bad page", 13))
		shim_die("%s", said);
	return 0;
}

void __warn_printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
}

void shim_bug(const char *file, int line)
{
	shim_die("BUG at %s:%d%s%s", file, line, said[0] ? ": " : "", said);
}

bool shim_overhear_warnings;

void shim_warn(const char *file, int line)
{
	if (shim_overhear_warnings)
		return;
	shim_die("WARNING at %s:%d%s%s", file, line, said[0] ? ": " : "", said);
}

__noreturn void shim_trap(const char *name)
{
	shim_die("there is no %s() outside of a kernel", name);
}

void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
	shim_die("panic: %s", said);
}

void refcount_warn_saturate(refcount_t *r, enum refcount_saturation_type t)
{
	shim_die("refcount_t: saturated or below 0 (%d)", t);
}

void dump_stack(void)
{
}

void add_taint(unsigned int flag, enum lockdep_ok ok)
{
}

int ___ratelimit(struct ratelimit_state *rs, const char *func)
{
	return 1;
}

void dump_mapping(const struct address_space *mapping)
{
}

void print_hex_dump(const char *level, const char *prefix, int type, int row, int group,
		    const void *buf, size_t len, bool ascii)
{
}

void __printk_safe_enter(void)
{
}

void __printk_safe_exit(void)
{
}

void __printk_deferred_enter(void)
{
}

void __printk_deferred_exit(void)
{
}

/* ------------------------------------------------------------------ locks --- */

void queued_spin_lock_slowpath(struct qspinlock *lock, u32 val)
{
	shim_die("deadlock: a spinlock is taken that is held");
}

void queued_read_lock_slowpath(struct qrwlock *lock)
{
	shim_die("deadlock: a rwlock is taken that is held");
}

void queued_write_lock_slowpath(struct qrwlock *lock)
{
	shim_die("deadlock: a rwlock is taken that is held");
}

void __mutex_init(struct mutex *m, const char *name, struct lock_class_key *k)
{
	memset(m, 0, sizeof(*m));
}

int mutex_trylock(struct mutex *m)
{
	if (atomic_long_read(&m->owner))
		return 0;
	atomic_long_set(&m->owner, 1);
	return 1;
}

void mutex_lock(struct mutex *m)
{
	if (!mutex_trylock(m))
		shim_die("deadlock: a mutex is taken that is held");
}

void mutex_unlock(struct mutex *m)
{
	atomic_long_set(&m->owner, 0);
}

void __init_rwsem(struct rw_semaphore *s, const char *name, struct lock_class_key *k)
{
}

void down_read(struct rw_semaphore *s)
{
}

int down_read_trylock(struct rw_semaphore *s)
{
	return 1;
}

void up_read(struct rw_semaphore *s)
{
}

void down_write(struct rw_semaphore *s)
{
}

void up_write(struct rw_semaphore *s)
{
}

void __local_bh_enable_ip(unsigned long ip, unsigned int cnt)
{
	shim_preempt_count -= cnt;
}

void cpus_read_lock(void)
{
}

void cpus_read_unlock(void)
{
}

void synchronize_rcu(void)
{
}

void synchronize_rcu_expedited(void)
{
}

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	func(head);
}

/* ------------------------------------------------ waiting and other tasks --- */

void __init_waitqueue_head(struct wait_queue_head *wq, const char *name, struct lock_class_key *k)
{
	spin_lock_init(&wq->lock);
	INIT_LIST_HEAD(&wq->head);
}

void __init_swait_queue_head(struct swait_queue_head *q, const char *name,
			     struct lock_class_key *key)
{
}

/* 6.1 returns nothing, later ones the number of those woken. */
int __wake_up(struct wait_queue_head *wq, unsigned int mode, int nr, void *key)
{
	return 0;
}

int wake_up_process(struct task_struct *t)
{
	return 1;
}

void init_wait_entry(struct wait_queue_entry *e, int flags)
{
	INIT_LIST_HEAD(&e->entry);
}

long prepare_to_wait_event(struct wait_queue_head *wq, struct wait_queue_entry *e, int state)
{
	return 0;
}

void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *e, int state)
{
}

bool prepare_to_wait_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *e, int state)
{
	return true;
}

void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *e)
{
}

int autoremove_wake_function(struct wait_queue_entry *e, unsigned int mode, int sync, void *key)
{
	return 1;
}

/* Time passes for who sleeps; who does nothing else never comes to an end. */
static long sleep_for(long timeout)
{
	jiffies += timeout == MAX_SCHEDULE_TIMEOUT ? 1 : timeout;
	shim_spend(1);
	return 0;
}

long schedule_timeout(long timeout)
{
	return sleep_for(timeout);
}

long schedule_timeout_uninterruptible(long timeout)
{
	return sleep_for(timeout);
}

long schedule_timeout_killable(long timeout)
{
	return sleep_for(timeout);
}

long io_schedule_timeout(long timeout)
{
	return sleep_for(timeout);
}

void io_schedule(void)
{
	sleep_for(1);
}

void schedule(void)
{
	sleep_for(1);
}

int set_cpus_allowed_ptr(struct task_struct *p, const struct cpumask *m)
{
	return 0;
}

bool kthread_should_stop(void)
{
	return false;
}

bool kthread_freezable_should_stop(bool *was_frozen)
{
	if (was_frozen)
		*was_frozen = false;
	return false;
}

bool kthread_should_park(void)
{
	return false;
}

bool freezing_slow_path(struct task_struct *t)
{
	return false;
}

bool out_of_memory(struct oom_control *oc)
{
	return false;
}

struct workqueue_struct *system_wq;

struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags, int max, ...)
{
	return (void *)&system_wq;
}

/* At once, on its cpu. */
bool queue_work_on(int cpu, struct workqueue_struct *wq, struct work_struct *w)
{
	unsigned long here = shim_cpu_offset;

	if (cpu < nr_cpu_ids)
		shim_run_on(cpu);
	w->func(w);
	shim_cpu_offset = here;
	return true;
}

bool flush_work(struct work_struct *w)
{
	return true;
}

int schedule_on_each_cpu(work_func_t fn)
{
	unsigned long here = shim_cpu_offset;
	int cpu;

	for_each_online_cpu(cpu) {
		shim_run_on(cpu);
		fn(NULL);
	}
	shim_cpu_offset = here;
	return 0;
}

void init_timer_key(struct timer_list *t, void (*fn)(struct timer_list *), unsigned int flags,
		    const char *name, struct lock_class_key *key)
{
}

int mod_timer(struct timer_list *t, unsigned long expires)
{
	return 0;
}

unsigned int jiffies_to_usecs(const unsigned long j)
{
	return j * 1000;
}

/* ---------------------------------------- what is not there, and says so --- */

int __cpuhp_setup_state(enum cpuhp_state state, const char *name, bool invoke,
			int (*up)(unsigned int), int (*down)(unsigned int), bool multi)
{
	return 0;
}

void khugepaged_min_free_kbytes_update(void)
{
}

#if !SHIM_6_12
int PageHuge(struct page *page)
{
	return 0;
}

int PageHeadHuge(struct page *page)
{
	return 0;
}
#endif

int isolate_or_dissolve_huge_page(struct page *page, struct list_head *list)
{
	return -EBUSY;
}

bool has_bh_in_lru(int cpu, void *dummy)
{
	return false;
}

void invalidate_bh_lrus_cpu(void)
{
}

void invalidate_bh_lrus(void)
{
}

bool need_mlock_page_drain(int cpu)
{
	return false;
}

void mlock_page_drain_local(void)
{
}

void mlock_page_drain_remote(int cpu)
{
}

atomic_long_t nr_swap_pages;
long total_swap_pages;
bool numa_demotion_enabled;

void blk_start_plug(struct blk_plug *plug)
{
}

void blk_finish_plug(struct blk_plug *plug)
{
}

void __blk_flush_plug(struct blk_plug *plug, bool async)
{
}

void wakeup_flusher_threads(enum wb_reason reason)
{
}

void swap_write_unplug(struct swap_iocb *sio)
{
}

const struct address_space_operations shmem_aops;

bool shmem_mapping(struct address_space *mapping)
{
	return false;
}

int next_demotion_node(int node)
{
	return NUMA_NO_NODE;
}

void node_get_allowed_targets(pg_data_t *pgdat, nodemask_t *t)
{
	*t = NODE_MASK_NONE;
}

/* Nobody has mapped anything. */
struct vm_area_struct *vma_interval_tree_iter_first(struct rb_root_cached *root,
						    unsigned long first, unsigned long last)
{
	return NULL;
}

void wait_for_freed_hugetlb_folios(void)
{
}
