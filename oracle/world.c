// SPDX-License-Identifier: GPL-2.0-only
/*
 * world.c - the owners of pages: contents, attributes, and what an
 * implementation may ask of the outside (moves, evictions, work accounting).
 */
#include <string.h>

#include "asan.h"
#include "world.h"

/*
 * Contents of free pages are poisoned where the oracle itself is compiled with ASan:
 * in a fuzz target of ours it is not, as twice for each page costs too much there.
 */
#ifdef PF_HAVE_ASAN
#define POISONS 1
#else
#define POISONS 0
#endif

PF_HOT_INLINE struct pf_lane *lane_of(struct pf_world *w)
{
	return (struct pf_lane *)w;
}

PF_HOT_INLINE uint32_t to_index(const struct pf_lane *lane, pf_pfn pfn)
{
	return pfn - lane->run->layout.base_pfn; /* wraps to a large value below the base */
}

/* The words of page idx, of which there are 1 << page_shift. */
PF_HOT_INLINE uint64_t *page_words(const struct pf_lane *lane, uint32_t idx)
{
	return lane->contents + ((size_t)idx << lane->page_shift);
}

/* What word `offset` of a unit holds: who, which word, which generation. */
PF_HOT_INLINE uint64_t stamp(const struct pf_slot *slot, uint32_t unit, uint32_t offset)
{
	return (uint64_t)slot->generation << 44 ^ (uint64_t)(unit + 1) << 20 ^ offset;
}

static void poison(struct pf_lane *lane, uint32_t idx, uint32_t nr)
{
	if (POISONS && !(lane->impl->features & PF_F_INPAGE))
		pf_poison(page_words(lane, idx), nr * sizeof(uint64_t));
}

static void unpoison(struct pf_lane *lane, uint32_t idx, uint32_t nr)
{
	if (POISONS)
		pf_unpoison(page_words(lane, idx), (nr << lane->page_shift) * sizeof(uint64_t));
}

/* Not-live pages in isolated or offline pageblocks are in no free list and not in the mirror. */
PF_HOT static void mirror_change(struct pf_lane *lane, uint32_t idx, unsigned order, bool put)
{
	const struct pf_oracle *run = lane->run;
	unsigned pb = run->layout.pageblock_order, zone = pf_zone_of(&run->layout, idx);
	enum pf_block_state state = PF_BLOCK_NORMAL;

	if (lane->has_ranges) {
		if (order > pb) {
			for (uint32_t i = 0; i < 1u << order; i += 1u << pb)
				mirror_change(lane, idx + i, pb, put);
			return;
		}
		state = lane->block_state[pf_block_of(run, idx)];
	}
	if (state == PF_BLOCK_ISOLATED)
		lane->isolated[zone] += put ? 1u << order : -(1u << order);
	else if (state >= PF_BLOCK_OFFLINE)
		lane->offline[zone] += put ? 1u << order : -(1u << order);
	else if (put)
		pf_mirror_put(&lane->mirror, zone, idx, order);
	else
		pf_mirror_take(&lane->mirror, zone, idx, order);
}

PF_HOT static void write_unit(struct pf_lane *lane, uint32_t unit, uint32_t idx, unsigned order)
{
	uint64_t s = stamp(pf_unit_slot(lane->run, unit), unit, 0);
	uint32_t n = 1u << order;

	uint64_t *word = page_words(lane, idx);
	uint32_t *owner = &lane->owner[idx];

	unpoison(lane, idx, n);
	for (uint32_t i = 0; i < n; i++)
		owner[i] = unit + 1;
	for (uint32_t i = 0; i < n << lane->page_shift; i++)
		word[i] = s ^ i;
	lane->unit_pfn[unit] = lane->run->layout.base_pfn + idx;
}

PF_HOT void pf_world_place(struct pf_lane *lane, uint32_t unit, uint32_t idx, unsigned order)
{
	lane->waited[unit] = 0;
	mirror_change(lane, idx, order, false);
	lane->live[pf_zone_of(&lane->run->layout, idx)] += 1u << order;
	write_unit(lane, unit, idx, order);
}

_Noreturn static void blame_contents(struct pf_lane *lane, uint32_t unit)
{
	const struct pf_slot *slot = pf_unit_slot(lane->run, unit);
	uint32_t idx = to_index(lane, lane->unit_pfn[unit]), i = 0;
	uint64_t s = stamp(slot, unit, 0);

	while (page_words(lane, idx)[i] == (s ^ i))
		i++;
	pf_broken(lane, PF_LAW_CONTENTS,
		  "page %u of a%u, at pfn %u, holds other contents (%#llx) than its owner wrote "
		  "(%#llx)",
		  i >> lane->page_shift, slot->name, lane->unit_pfn[unit] + (i >> lane->page_shift),
		  (unsigned long long)page_words(lane, idx)[i], (unsigned long long)(s ^ i));
}

PF_HOT void pf_world_verify(struct pf_lane *lane, uint32_t unit)
{
	const struct pf_slot *slot = pf_unit_slot(lane->run, unit);
	const uint64_t *word = page_words(lane, to_index(lane, lane->unit_pfn[unit]));
	uint64_t s = stamp(slot, unit, 0), wrong = 0;
	uint32_t n = 1u << slot->order << lane->page_shift;

	/* No early exit: the compiler can take several pages at a time. */
	for (uint32_t i = 0; i < n; i++)
		wrong |= word[i] ^ s ^ i;
	if (wrong)
		blame_contents(lane, unit);
}

PF_HOT static void forget(struct pf_lane *lane, uint32_t unit, unsigned order)
{
	uint32_t idx = to_index(lane, lane->unit_pfn[unit]), n = 1u << order;

	memset(&lane->owner[idx], 0, n * sizeof(lane->owner[0]));
	poison(lane, idx, n);
	mirror_change(lane, idx, order, true);
	lane->live[pf_zone_of(&lane->run->layout, idx)] -= n;
	lane->unit_pfn[unit] = PF_NO_PFN;
}

void pf_world_release(struct pf_lane *lane, uint32_t unit)
{
	pf_world_verify(lane, unit);
	forget(lane, unit, pf_unit_slot(lane->run, unit)->order);
}

void pf_world_split(struct pf_lane *lane, uint32_t unit, uint32_t first)
{
	uint32_t idx = to_index(lane, lane->unit_pfn[unit]);
	uint32_t n = 1u << pf_unit_slot(lane->run, unit)->order;

	pf_world_verify(lane, unit);
	lane->unit_pfn[unit] = PF_NO_PFN;
	memset(&lane->waited[first], lane->waited[unit], n);
	for (uint32_t i = 0; i < n; i++)
		write_unit(lane, first + i, idx + i, 0);
}

PF_HOT void pf_world_exclusive(struct pf_lane *lane, uint32_t idx, unsigned order)
{
	const struct pf_oracle *run = lane->run;
	pf_pfn base = run->layout.base_pfn;

	pf_checked(lane, PF_LAW_EXCLUSIVE);
	if (order <= run->layout.max_order && pf_mirror_test(&lane->mirror, idx, order))
		return;
	for (uint32_t i = idx; i < idx + (1u << order); i++) {
		if (lane->owner[i])
			pf_broken(lane, PF_LAW_EXCLUSIVE, "pfn %u belongs to %s already", base + i,
				  pf_owner_name(lane, i).s);
		if (!pf_mirror_test(&run->valid, i, 0))
			pf_broken_as(lane, PF_LAW_EXCLUSIVE, PF_ABOUT_OVERLAP_HOLE,
				     "pfn %u is reserved or no memory at all", base + i);
		if (lane->block_state[pf_block_of(run, i)])
			pf_broken_as(lane, PF_LAW_EXCLUSIVE, PF_ABOUT_ISOLATION_PAGEBLOCK,
				     "pfn %u lies in an %s pageblock", base + i,
				     lane->block_state[pf_block_of(run, i)] == PF_BLOCK_ISOLATED
					     ? "isolated"
					     : "offline");
	}
	pf_broken(lane, PF_LAW_PLACEMENT, "block at pfn %u, order %u, spans two zones", base + idx,
		  order);
}

/* ------------------------------------------------- isolated pageblocks -- */

void pf_world_set_block(struct pf_lane *lane, uint32_t block, enum pf_block_state to)
{
	const struct pf_oracle *run = lane->run;
	uint32_t first = block << run->layout.pageblock_order;
	uint32_t n = 1u << run->layout.pageblock_order, pages = pf_layout_pages(&run->layout);
	bool hide = to != PF_BLOCK_NORMAL;

	/* In each direction the pages must be counted by the block's state before or after. */
	lane->has_ranges = true;
	for (uint32_t i = first; i < first + n && i < pages; i++)
		if (!lane->owner[i] && pf_mirror_test(&run->valid, i, 0)) {
			unsigned zone = pf_zone_of(&run->layout, i);
			uint32_t *count = lane->block_state[block] >= PF_BLOCK_OFFLINE ||
							  to >= PF_BLOCK_OFFLINE
						  ? lane->offline
						  : lane->isolated;

			(hide ? pf_mirror_take : pf_mirror_put)(&lane->mirror, zone, i, 0);
			count[zone] += hide ? 1 : -1;
		}
	lane->block_state[block] = to;
}

static void become_own(struct pf_lane *lane, pf_pfn pfn, uint32_t nr)
{
	const struct pf_oracle *run = lane->run;
	uint32_t idx = to_index(lane, pfn), pages = pf_layout_pages(&run->layout);

	if (idx >= pages || nr > pages - idx)
		pf_broken_as(lane, PF_LAW_CENSUS, PF_ABOUT_BOUNDS_ZONE,
			     "keeps pages [%u, %u) for itself: outside memory", pfn, pfn + nr);
	for (uint32_t i = idx; i < idx + nr; i++) {
		if (lane->owner[i] == PF_OWN_SLOT + 1)
			continue;
		pf_world_exclusive(lane, i, 0);
		mirror_change(lane, i, 0, false);
		lane->own[pf_zone_of(&run->layout, i)]++;
		lane->owner[i] = PF_OWN_SLOT + 1;
	}
}

static void own_pages(void *arg, pf_pfn pfn, uint32_t nr)
{
	pf_open(arg);
	become_own(arg, pfn, nr);
	pf_close(arg);
}

void pf_world_ask_own(struct pf_lane *lane)
{
	if (lane->impl->own_pages)
		PF_TELL(lane, own_pages, own_pages, lane);
}

void pf_world_rename(struct pf_lane *lane, uint32_t unit, uint32_t to)
{
	uint32_t idx = to_index(lane, lane->unit_pfn[unit]);

	pf_world_verify(lane, unit);
	lane->unit_pfn[unit] = PF_NO_PFN;
	lane->waited[to] = lane->waited[unit];
	write_unit(lane, to, idx, 0);
}

/* ------------------------------------------------------------ what if -- */

#define WHAT_IF_LIMIT (1u << 20) /* bytes of state worth copying for one question */

bool pf_can_ask_what_if(const struct pf_lane *lane)
{
	return lane->impl->features & PF_F_SNAPSHOT &&
	       lane->state_size + lane->regions_size <= WHAT_IF_LIMIT;
}

void pf_what_if(struct pf_lane *lane)
{
	unsigned char *at = lane->spare_regions;

	lane->muted = true;
	pf_raw_copy(lane->spare, lane->state, lane->state_size);
	for (unsigned i = 0; i < lane->nr_regions; at += lane->region[i++].size)
		pf_raw_copy(at, lane->region[i].start, lane->region[i].size);
}

void pf_what_if_ends(struct pf_lane *lane)
{
	unsigned char *at = lane->spare_regions;

	pf_raw_copy(lane->state, lane->spare, lane->state_size);
	for (unsigned i = 0; i < lane->nr_regions; at += lane->region[i++].size)
		pf_raw_copy(lane->region[i].start, at, lane->region[i].size);
	lane->muted = false;
}

/* --------------------------------------------- what implementations ask -- */

PF_HOT static void spend(struct pf_lane *lane, unsigned units)
{
	struct pf_at *at = lane->at;

	at->work += units;
	if (at->work <= lane->work_limit)
		return;
	pf_open(lane);
	pf_broken(lane, PF_LAW_LIVENESS,
		  "one operation looked at more than %llu pages and list entries",
		  (unsigned long long)lane->work_limit);
}

static void world_spent(struct pf_world *w, unsigned units)
{
	spend(lane_of(w), units);
}

static bool injected(struct pf_lane *lane, enum pf_inject what)
{
	if (!lane->inject[what].count)
		return false;
	if (lane->inject[what].after) {
		lane->inject[what].after--;
		return false;
	}
	lane->inject[what].count--;
	return true;
}

/* The unit whose first page is at pfn, or PF_NO_UNIT. */
PF_HOT static uint32_t unit_at(const struct pf_lane *lane, pf_pfn pfn)
{
	uint32_t idx = to_index(lane, pfn);

	if (idx >= pf_layout_pages(&lane->run->layout) || !lane->owner[idx] ||
	    lane->unit_pfn[lane->owner[idx] - 1] != pfn)
		return PF_NO_UNIT;
	return lane->owner[idx] - 1;
}

/* What the owner says, but for what this lane has waited for. */
PF_HOT_INLINE unsigned attrs_of(const struct pf_lane *lane, uint32_t unit)
{
	return pf_unit_slot(lane->run, unit)->attrs & ~(unsigned)lane->waited[unit];
}

static enum pf_migrate_result refuse(struct pf_lane *lane, enum pf_migrate_result why)
{
	lane->figures.refused++;
	lane->hash = lane->hash * 31 + why;
	return why;
}

/* Ranges and runs are asked for where they are. */
static bool never_moves(const struct pf_slot *slot)
{
	return slot->state == PF_SLOT_CONTIG || slot->state == PF_SLOT_RUN;
}

bool pf_world_may_move(const struct pf_lane *lane, uint32_t unit)
{
	return (attrs_of(lane, unit) & (PF_PAGE_MOVABLE | PF_PAGE_PINNED)) == PF_PAGE_MOVABLE &&
	       !never_moves(pf_unit_slot(lane->run, unit));
}

/*
 * How often one compaction may move one unit. Of a free block that it has taken for its
 * targets Linux 6.12 hands out the lowest page first (6.1 the highest), and there the other
 * scanner comes first: once for each pageblock that the block is made of.
 */
static uint32_t max_moves(const struct pf_layout *l)
{
	return 16 + (1u << (l->max_order - l->pageblock_order));
}

/*
 * Compaction of Linux takes free pages of any pageblock, an isolated one too, if it has the
 * highest priority (cc->ignore_block_suitable), and before 6.12 also if a direct one finds
 * nothing better in its fast search. Whoever wants a pageblock empty has to begin again.
 */
static bool fills_isolated(const struct pf_lane *lane, uint32_t idx, unsigned order)
{
	return !order && lane->impl->features & PF_F_FILLS_ISOLATED && !lane->owner[idx] &&
	       lane->block_state[pf_block_of(lane->run, idx)] == PF_BLOCK_ISOLATED;
}

static enum pf_migrate_result move_unit(struct pf_world *w, pf_pfn src, pf_pfn dst,
					enum pf_mode mode)
{
	struct pf_lane *lane = lane_of(w);
	const struct pf_oracle *run = lane->run;
	const struct pf_layout *l = &run->layout;
	uint32_t unit = unit_at(lane, src), from = to_index(lane, src), to = to_index(lane, dst);
	const struct pf_slot *slot;
	unsigned attrs;
	uint32_t n;

	spend(lane, 1);
	lane->moved = true;
	lane->asked++;
	if (unit == PF_NO_UNIT)
		pf_broken_as(lane, PF_LAW_CONSENT, PF_ABOUT_MOVES_NOBODY,
			     "asks to move pfn %u, where no allocated unit begins", src);
	slot = pf_unit_slot(lane->run, unit);
	attrs = attrs_of(lane, unit);
	n = 1u << slot->order;
	if (to >= pf_layout_pages(l) || (to & (n - 1)) || to + n > pf_layout_pages(l))
		pf_broken(lane, PF_LAW_PLACEMENT,
			  "moves a%u (order %u) to pfn %u: outside memory or unaligned", slot->name,
			  slot->order, dst);
	if (!fills_isolated(lane, to, slot->order))
		pf_world_exclusive(lane, to, slot->order);
	if (!(attrs & PF_PAGE_MOVABLE) || never_moves(slot))
		return refuse(lane, PF_MIGRATE_BUSY);
	if (attrs & PF_PAGE_PINNED || injected(lane, PF_INJECT_MIGRATE_AGAIN))
		return refuse(lane, PF_MIGRATE_AGAIN);
	if (injected(lane, PF_INJECT_MIGRATE_BUSY))
		return refuse(lane, PF_MIGRATE_BUSY);
	if (injected(lane, PF_INJECT_MIGRATE_NOMEM))
		return refuse(lane, PF_MIGRATE_NOMEM);
	/*
	 * As Linux's mode table: a locked page is waited for in sync modes, writeback
	 * in SYNC. For pages of the cache that is up to whoever moves them.
	 */
	if (attrs & PF_PAGE_LRU ? attrs & (PF_PAGE_LOCKED | PF_PAGE_WRITEBACK | PF_PAGE_DIRTY)
				: (attrs & PF_PAGE_LOCKED && mode == PF_MODE_ASYNC) ||
					  (attrs & PF_PAGE_WRITEBACK && mode != PF_MODE_SYNC))
		return refuse(lane, PF_MIGRATE_BUSY);

	/*
	 * The real kernel does move a page twice in one compaction, also down:
	 * its search of the free lists takes targets that the other scanner has
	 * yet to come to. But pages that change places for ever are no progress.
	 */
	if (run->compaction && lane->unit_moved[unit] >> 32 == run->compaction) {
		if ((uint32_t)++lane->unit_moved[unit] >= max_moves(&run->layout))
			pf_broken(lane, PF_LAW_PROGRESS, "a%u was moved %u times by one compaction",
				  slot->name, max_moves(&run->layout));
	} else {
		lane->unit_moved[unit] = (uint64_t)run->compaction << 32;
	}
	pf_world_verify(lane, unit);
	forget(lane, unit, slot->order);
	mirror_change(lane, to, slot->order, false);
	lane->live[pf_zone_of(l, to)] += n;
	write_unit(lane, unit, to, slot->order);
	lane->migrated_pages += n;
	lane->figures.migrations++;
	lane->hash = (lane->hash * 31 + from) * 31 + to;
	return PF_MIGRATED;
}

static enum pf_migrate_result world_migrate(struct pf_world *w, pf_pfn src, pf_pfn dst,
					    enum pf_mode mode)
{
	struct pf_lane *lane = lane_of(w);
	enum pf_migrate_result result;

	/* Only a question: what would it ask? */
	if (lane->muted) {
		spend(lane, 1);
		lane->asked++;
		return PF_MIGRATE_BUSY;
	}
	result = move_unit(w, src, dst, mode);

	if (lane->run->witness)
		lane->run->witness->moved(lane, src, dst, mode, result);
	if (lane->rules.observer)
		lane->rules.observer->moved(lane, src, dst, result);
	return result;
}

static enum pf_evict_result keep(struct pf_lane *lane, enum pf_evict_result why)
{
	lane->hash = lane->hash * 31 + why;
	return why;
}

static void note_evicted(struct pf_oracle *run, uint32_t slot)
{
	for (uint32_t i = 0; i < run->nr_evicted; i++)
		if (run->evicted[i] == slot)
			return;
	run->evicted[run->nr_evicted++] = slot;
}

static enum pf_evict_result world_evict(struct pf_world *w, pf_pfn pfn, enum pf_mode mode)
{
	struct pf_lane *lane = lane_of(w);
	struct pf_oracle *run = lane->run;
	uint32_t unit = unit_at(lane, pfn);
	struct pf_slot *slot;
	unsigned attrs;

	spend(lane, 1);
	lane->moved = true;
	if (unit == PF_NO_UNIT)
		pf_broken_as(lane, PF_LAW_CONSENT, PF_ABOUT_MOVES_NOBODY,
			     "asks to evict pfn %u, where no allocated unit begins", pfn);
	slot = pf_unit_slot(run, unit);
	attrs = attrs_of(lane, unit);
	/* Only slots of a single block: a part of a slot has no name to be freed by elsewhere. */
	if (slot->state != PF_SLOT_BLOCK || !(attrs & PF_PAGE_EVICTABLE) ||
	    attrs & (PF_PAGE_PINNED | PF_PAGE_LOCKED | PF_PAGE_WRITEBACK) ||
	    injected(lane, PF_INJECT_EVICT_KEPT))
		return keep(lane, PF_EVICT_KEPT);
	if (lane->seen_accesses[unit] != slot->accesses) {
		lane->seen_accesses[unit] = slot->accesses; /* second chance */
		return keep(lane, PF_EVICT_KEPT);
	}
	if ((attrs & PF_PAGE_DIRTY && mode != PF_MODE_SYNC) ||
	    injected(lane, PF_INJECT_EVICT_DIRTY))
		return keep(lane, PF_EVICT_DIRTY);

	pf_world_release(lane, unit);
	note_evicted(run, unit);
	lane->evicted_pages += 1u << slot->order;
	lane->figures.evictions++;
	lane->hash = (lane->hash * 31 + slot->name) * 31 + pfn;
	return PF_EVICTED;
}

PF_HOT static unsigned world_attrs(struct pf_world *w, pf_pfn pfn)
{
	struct pf_lane *lane = lane_of(w);
	uint32_t idx = to_index(lane, pfn), unit;
	const struct pf_slot *slot;
	unsigned attrs;

	if (idx >= pf_layout_pages(&lane->run->layout) || !lane->owner[idx])
		return 0;
	unit = lane->owner[idx] - 1;
	slot = pf_unit_slot(lane->run, unit);
	attrs = attrs_of(lane, unit) | PF_PAGE_LIVE;
	if (lane->unit_pfn[unit] == pfn)
		attrs |= PF_PAGE_HEAD;
	if (slot->state == PF_SLOT_BLOCK && lane->seen_accesses[unit] != slot->accesses)
		attrs |= PF_PAGE_REFERENCED;
	return attrs;
}

static void world_wait(struct pf_world *w, pf_pfn pfn, unsigned attr)
{
	struct pf_lane *lane = lane_of(w);
	uint32_t unit = unit_at(lane, pfn);

	spend(lane, 1);
	lane->asked++;
	if (unit == PF_NO_UNIT || !(attrs_of(lane, unit) & attr))
		pf_broken_as(lane, PF_LAW_CONSENT, PF_ABOUT_MOVES_NOBODY,
			     "waits at pfn %u, whose owner does nothing", pfn);
	if (lane->muted)
		return;
	lane->waited[unit] |= attr;
	lane->hash = (lane->hash * 31 + pfn) * 31 + attr;
	if (lane->run->witness)
		lane->run->witness->moved(lane, pfn, pfn, attr, PF_WAITED);
}

/*
 * Whoever is hindered looks again, so hindrance for ever would be work for ever, and
 * not the implementation's fault: others are through after some time.
 */
#define MAX_HINDRANCES 1024 /* in one operation */

static bool world_hindered(struct pf_world *w, enum pf_inject what)
{
	struct pf_lane *lane = lane_of(w);

	if (lane->muted || lane->hindered == MAX_HINDRANCES || !injected(lane, what))
		return false;
	lane->hindered++;
	lane->asked++;
	return true;
}

PF_HOT static unsigned world_unit_order(struct pf_world *w, pf_pfn pfn)
{
	struct pf_lane *lane = lane_of(w);
	uint32_t idx = to_index(lane, pfn);

	if (idx >= pf_layout_pages(&lane->run->layout) || !lane->owner[idx])
		return 0;
	return pf_unit_slot(lane->run, lane->owner[idx] - 1)->order;
}

static void world_event(struct pf_world *w, const struct pf_event *ev)
{
	struct pf_lane *lane = lane_of(w);

	if (ev->type >= PF_NR_EVENTS || lane->muted)
		return;
	lane->figures.events[ev->type]++;
	pf_probe_event(&lane->figures, ev);
	if (lane->run->options.event)
		lane->run->options.event(lane->run->options.event_arg, lane->index, ev);
	if (lane->rules.observer)
		lane->rules.observer->event(lane, ev);
	lane->told[ev->type].nr++;
	for (unsigned i = 0; i < ev->nr_fields && i < 8; i++) {
		lane->hash = lane->hash * 31 + (uint64_t)ev->field[i];
		lane->told[ev->type].hash = lane->told[ev->type].hash * 31 + (uint64_t)ev->field[i];
	}
	/* Below pageblock_order stealing is a matter of policy. */
	if (ev->type == PF_EV_EXTFRAG && ev->field[2] < lane->run->layout.pageblock_order)
		lane->grouped = false;
}

static void *world_contents(struct pf_world *w, pf_pfn pfn)
{
	struct pf_lane *lane = lane_of(w);
	uint32_t idx = to_index(lane, pfn);

	return idx < pf_layout_pages(&lane->run->layout) ? page_words(lane, idx) : NULL;
}

_Noreturn static void world_lost(struct pf_world *w, const char *why)
{
	struct pf_lane *lane = lane_of(w);

	lane->run->blame.report[0] = '\0';
	pf_tell(&lane->run->blame, "%s", why);
	pf_broken(lane, PF_LAW_ALIVE, "%.*s", (int)strcspn(why, "\n"), why);
}

_Noreturn static void world_failed(struct pf_world *w, const char *text)
{
	pf_broken(lane_of(w), PF_LAW_ASSERTION, "it says: %.300s", text);
}

static void world_guard(struct pf_world *w, void *start, size_t size)
{
	struct pf_lane *lane = lane_of(w);
	size_t at = (size_t)((char *)start - (char *)lane->state);
	struct pf_guards *g = lane->guards;

	/* A second state, for a question, goes without. */
	if (!g || g->nr == PF_MAX_GUARDS || at >= lane->state_size || size > lane->state_size - at)
		return;
	g->guard[g->nr].at = (uint32_t)at;
	g->guard[g->nr++].size = (uint32_t)size;
}

/*
 * With an arena, what an implementation asks opens it, and closes it again. The
 * names of the functions behind are those of the world's.
 */
#define OPENED(type, name, params, ...)                           \
	static type opened_##name params                          \
	{                                                         \
		const struct pf_arena *arena = lane_of(w)->arena; \
		type answer;                                      \
                                                                  \
		pf_arena_protect(arena, false);                   \
		answer = world_##name(__VA_ARGS__);               \
		pf_arena_protect(arena, true);                    \
		return answer;                                    \
	}
#define OPENED_VOID(name, params, ...)                            \
	static void opened_##name params                          \
	{                                                         \
		const struct pf_arena *arena = lane_of(w)->arena; \
                                                                  \
		pf_arena_protect(arena, false);                   \
		world_##name(__VA_ARGS__);                        \
		pf_arena_protect(arena, true);                    \
	}
OPENED(enum pf_migrate_result, migrate,
       (struct pf_world * w, pf_pfn src, pf_pfn dst, enum pf_mode mode), w, src, dst, mode)
OPENED(enum pf_evict_result, evict, (struct pf_world * w, pf_pfn pfn, enum pf_mode mode), w, pfn,
       mode)
OPENED_VOID(wait, (struct pf_world * w, pf_pfn pfn, unsigned attr), w, pfn, attr)
OPENED(bool, hindered, (struct pf_world * w, enum pf_inject what), w, what)
OPENED_VOID(event, (struct pf_world * w, const struct pf_event *ev), w, ev)
OPENED_VOID(guard, (struct pf_world * w, void *start, size_t size), w, start, size)

/* These two do not come back. */
_Noreturn static void opened_lost(struct pf_world *w, const char *why)
{
	pf_arena_protect(lane_of(w)->arena, false);
	world_lost(w, why);
}

_Noreturn static void opened_failed(struct pf_world *w, const char *text)
{
	pf_arena_protect(lane_of(w)->arena, false);
	world_failed(w, text);
}

void pf_world_init(struct pf_lane *lane)
{
	bool opens = lane->arena;

#define FUNCTION(name) .name = opens ? opened_##name : world_##name
	lane->world = (struct pf_world){
		FUNCTION(migrate),
		FUNCTION(evict),
		FUNCTION(wait),
		FUNCTION(hindered),
		FUNCTION(event),
		FUNCTION(failed),
		FUNCTION(guard),
		FUNCTION(lost),
		/* These write nothing there. */
		.spent = world_spent,
		.attrs = world_attrs,
		.unit_order = world_unit_order,
		.contents = world_contents,
	};
#undef FUNCTION
}

void pf_world_poison(struct pf_lane *lane)
{
	poison(lane, 0, lane->run->room_pages);
}

void pf_world_unpoison(struct pf_lane *lane)
{
	if (lane->contents)
		unpoison(lane, 0, lane->run->room_pages);
}

/* Back to "nothing is live"; after a finding the tables are in any state. */
void pf_world_reset(struct pf_lane *lane)
{
	const struct pf_oracle *run = lane->run;
	uint32_t pages = pf_layout_pages(&run->layout);

	memset(lane->owner, 0, pages * sizeof(lane->owner[0]));
	memset(lane->block_state, 0, (pages >> run->layout.pageblock_order) + 1);
	memset(lane->live, 0, sizeof(lane->live));
	memset(lane->isolated, 0, sizeof(lane->isolated));
	memset(lane->offline, 0, sizeof(lane->offline));
	memset(lane->own, 0, sizeof(lane->own));
	lane->has_ranges = false;
	pf_mirror_copy(&lane->mirror, &run->valid);
	unpoison(lane, 0, pages);
	poison(lane, 0, pages);
}
