// SPDX-License-Identifier: GPL-2.0-only
/*
 * reduce.c - the reducer; see reduce.h. A stage is a pair of functions: one
 * makes the next candidate from r->best and its cursor, one moves the cursor
 * when the verdict is in. Stages go from what removes much to what polishes.
 */
#include <string.h>

#include "codec.h"
#include "reduce.h"

static bool has_slot(const struct pf_op *op)
{
	return pf_op_info[op->kind].has_slot;
}

static size_t nr_config(const struct pf_reduce *r)
{
	return pf_program_config(r->best, r->nr_best);
}

static void copy_best(struct pf_reduce *r)
{
	memcpy(r->candidate, r->best, r->nr_best * sizeof(*r->best));
	r->nr_candidate = r->nr_best;
}

/* The candidate is the best program without [at, at + len). */
static void cut_best(struct pf_reduce *r, size_t at, size_t len)
{
	memcpy(r->candidate, r->best, at * sizeof(*r->best));
	memcpy(r->candidate + at, r->best + at + len, (r->nr_best - at - len) * sizeof(*r->best));
	r->nr_candidate = r->nr_best - len;
}

/*
 * Drop the tail: a binary search for the shortest prefix. r->size operations
 * are known to be too few.
 */
static bool tail_next(struct pf_reduce *r)
{
	if (!r->entered)
		r->size = 0;
	if (r->nr_best - r->size <= 1)
		return false;
	copy_best(r);
	r->nr_candidate = r->size + (r->nr_best - r->size) / 2;
	return true;
}

static void tail_done(struct pf_reduce *r, bool kept)
{
	if (!kept)
		r->size = r->nr_candidate;
}

/* Shorter programs have no need of the stages for long ones. */
#define LONG 256

/* It puts something into its slot, and frees what was there. */
static bool fills(const struct pf_op *op)
{
	return op->kind == PF_OP_ALLOC || op->kind == PF_OP_BULK || op->kind == PF_OP_EXACT ||
	       op->kind == PF_OP_RUN || op->kind == PF_OP_TAKE || op->kind == PF_OP_CONTIG;
}

/*
 * Of a long program, drop what came and went: all operations on slots that were filled in
 * a window of r->size operations at r->at and emptied later. First of all of it, then of
 * halves, and so on. It leaves the memory as full as it was. What is marked lies in scratch.
 */
#define LIVES_MIN 32

static bool drop_lives(struct pf_reduce *r)
{
	const size_t n = r->nr_best;
	struct pf_op *mark = r->scratch; /* .slot: 1 for what goes */
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		mark[i].slot = 0;
	for (size_t i = r->at; i < n && i < r->at + r->size; i++) {
		size_t end = i + 1;

		if (!fills(&r->best[i]))
			continue;
		while (end < n && !(r->best[end].slot == r->best[i].slot &&
				    (r->best[end].kind == PF_OP_FREE || fills(&r->best[end]))))
			end++;
		if (end == n)
			continue;
		mark[i].slot = 1;
		for (size_t k = i + 1; k < end; k++)
			mark[k].slot |= has_slot(&r->best[k]) && r->best[k].slot == r->best[i].slot;
		mark[end].slot |= r->best[end].kind == PF_OP_FREE;
	}
	for (size_t i = 0; i < n; i++)
		if (!mark[i].slot)
			r->candidate[kept++] = r->best[i];
	r->nr_candidate = kept;
	return kept && kept < n;
}

static bool lives_next(struct pf_reduce *r)
{
	if (!r->entered) {
		r->size = r->nr_best;
		r->at = 0;
	}
	if (r->nr_best < LONG)
		return false;
	for (; r->size >= LIVES_MIN; r->size /= 2, r->at = 0)
		while (r->at < r->nr_best) {
			bool found = drop_lives(r);

			r->at += r->size;
			if (found)
				return true;
		}
	return false;
}

static void lives_done(struct pf_reduce *r, bool kept)
{
	/* What is behind the window has come nearer. */
	if (kept)
		r->at -= r->size;
}

/*
 * Drop all operations on a bucket of 2^r->size neighbouring slots, first on
 * many, in the end on one slot at a time. r->at is the first slot not tried at
 * this size, r->goal the greatest size.
 */
static bool slots_next(struct pf_reduce *r)
{
	uint32_t slot, bucket;
	bool sibling;

	if (!r->entered) {
		slot = 0;
		for (size_t i = 0; i < r->nr_best; i++)
			slot = r->best[i].slot > slot ? r->best[i].slot : slot;
		for (r->size = 0; slot >> r->size > 1; r->size++)
			;
		r->goal = r->size;
		r->at = 0;
	}
	for (;;) {
		slot = PF_NR_SLOTS;
		for (size_t i = 0; i < r->nr_best; i++)
			if (has_slot(&r->best[i]) && r->best[i].slot >= r->at &&
			    r->best[i].slot < slot)
				slot = r->best[i].slot;
		if (slot == PF_NR_SLOTS) {
			if (!r->size)
				return false;
			r->size--;
			r->at = 0;
			continue;
		}
		bucket = slot >> r->size;
		r->at = (size_t)(bucket + 1) << r->size;
		r->nr_candidate = 0;
		sibling = r->size == r->goal;
		for (size_t i = 0; i < r->nr_best; i++) {
			const struct pf_op *op = &r->best[i];

			if (!has_slot(op) || op->slot >> r->size != bucket)
				r->candidate[r->nr_candidate++] = *op;
			if (has_slot(op) && op->slot >> r->size == (bucket ^ 1))
				sibling = true;
		}
		/* Without a sibling, the bucket twice the size was the same candidate. */
		if (r->nr_candidate && sibling)
			return true;
	}
}

/*
 * Drop chunks of r->size operations behind the configuration, half as many in
 * each pass down to single ones; from the back, since later operations need the
 * earlier ones. r->at is the end of what this pass has yet to try.
 */
static bool chunks_next(struct pf_reduce *r)
{
	size_t config = nr_config(r), end;

	if (!r->entered) {
		r->size = (r->nr_best - config) / 2;
		r->size = r->size ? r->size : 1;
		r->at = r->nr_best;
	}
	/* A prefix may have been enough. */
	r->at = r->at < r->nr_best ? r->at : r->nr_best;
	for (;;) {
		if (r->at <= config) {
			if (r->size == 1)
				return false;
			r->size /= 2;
			r->at = r->nr_best;
		}
		end = r->at;
		r->at = end - config > r->size ? end - r->size : config;
		if (end - r->at == 0 || end - r->at == r->nr_best)
			continue;
		cut_best(r, r->at, end - r->at);
		return true;
	}
}

/* Drop all configuration, then each from the last one on. r->at: what was tried last. */
static bool config_next(struct pf_reduce *r)
{
	size_t config = nr_config(r);

	if (!r->entered) {
		r->at = config;
		if (config > 1 && config < r->nr_best) {
			cut_best(r, 0, config);
			return true;
		}
	}
	/* After a success with all of them there are none. */
	if (!config || !r->at || r->nr_best == 1)
		return false;
	cut_best(r, --r->at, 1);
	return true;
}

/* May an operand shrink? What a value belongs to may not become something else. */
static bool may_shrink(const struct pf_op *op, unsigned arg)
{
	return op->arg[arg] && !((op->kind == PF_OP_CONFIG || op->kind == PF_OP_TUNE) && arg == 0);
}

#define UNTRIED UINT32_MAX

static bool is_bits(const struct pf_op *op, unsigned arg)
{
	return arg < pf_op_info[op->kind].nr_operands && pf_op_info[op->kind].operand[arg].hex;
}

/*
 * The next smaller value to try for an operand, in r->goal; false if there is none.
 * First 0, then by binary search: r->low is the greatest value known to be too small.
 * Of a set of bits each one instead, from the highest on: all from r->low on are tried.
 */
static bool shrink(struct pf_reduce *r, const struct pf_op *op, unsigned arg)
{
	uint32_t value = op->arg[arg];

	if (r->low == UNTRIED) {
		r->goal = 0;
		return true;
	}
	if (!is_bits(op, arg)) {
		r->goal = r->low + (value - r->low) / 2;
		return value - r->low > 1;
	}
	while (r->low && !(value >> (r->low - 1) & 1))
		r->low--;
	if (!r->low--)
		return false;
	r->goal = value & ~(1u << r->low);
	return true;
}

/*
 * Shrink operands. r->at is the operation, r->arg what is shrunk: 0 all operands
 * at once, i operand i - 1.
 */
static bool operands_next(struct pf_reduce *r)
{
	if (!r->entered) {
		r->at = r->arg = 0;
		r->low = UNTRIED;
	}
	for (; r->at < r->nr_best; r->at++, r->arg = 0) {
		const struct pf_op *op = &r->best[r->at];
		unsigned shrinkable = 0;

		for (unsigned i = 0; i < PF_OP_ARGS; i++)
			shrinkable += may_shrink(op, i);
		if (r->arg == 0) {
			r->arg = 1;
			r->low = UNTRIED;
			if (shrinkable > 1) {
				copy_best(r);
				for (unsigned i = 0; i < PF_OP_ARGS; i++)
					if (may_shrink(op, i))
						r->candidate[r->at].arg[i] = 0;
				r->goal = UNTRIED;
				return true;
			}
		}
		for (; r->arg <= PF_OP_ARGS; r->arg++, r->low = UNTRIED) {
			unsigned i = r->arg - 1;

			if (!may_shrink(op, i) || !shrink(r, op, i))
				continue;
			copy_best(r);
			r->candidate[r->at].arg[i] = r->goal;
			return true;
		}
	}
	return false;
}

static void operands_done(struct pf_reduce *r, bool kept)
{
	if (kept || r->goal == UNTRIED)
		return;
	if (!is_bits(&r->best[r->at], r->arg - 1))
		r->low = r->goal;
	else if (r->low == UNTRIED)
		r->low = 32;
}

/* Write the distinct slots in use to r->scratch in ascending order; returns their number. */
static size_t sort_slots(const struct pf_reduce *r)
{
	struct pf_op *s = r->scratch, op;
	size_t n = 0, distinct = 0, gap, i, j;

	for (i = 0; i < r->nr_best; i++)
		if (has_slot(&r->best[i]))
			s[n++] = r->best[i];
	/* Shell sort: no recursion, no memory. */
	for (gap = 1; gap < n / 3; gap = 3 * gap + 1)
		;
	for (; gap; gap /= 3) {
		for (i = gap; i < n; i++) {
			op = s[i];
			for (j = i; j >= gap && s[j - gap].slot > op.slot; j -= gap)
				s[j] = s[j - gap];
			s[j] = op;
		}
	}
	for (i = 0; i < n; i++)
		if (!distinct || s[distinct - 1].slot != s[i].slot)
			s[distinct++] = s[i];
	return distinct;
}

static size_t rank_of_slot(const struct pf_op *sorted, size_t n, uint32_t slot)
{
	size_t low = 0, high = n, mid;

	while (high - low > 1) {
		mid = low + (high - low) / 2;
		if (sorted[mid].slot <= slot)
			low = mid;
		else
			high = mid;
	}
	return low;
}

/*
 * Renumber slots: all to 0, 1, 2, ... in their order, then one at a time to the
 * smallest number that is free. r->low is the slot tried last.
 */
static bool renumber_next(struct pf_reduce *r)
{
	size_t n = sort_slots(r), gap, i;
	uint32_t slot;

	for (gap = 0; gap < n && r->scratch[gap].slot == gap; gap++)
		;
	if (gap == n)
		return false;
	copy_best(r);
	if (!r->entered) {
		r->low = 0;
		r->goal = UNTRIED;
		for (i = 0; i < r->nr_best; i++)
			if (has_slot(&r->best[i]))
				r->candidate[i].slot = rank_of_slot(r->scratch, n, r->best[i].slot);
		return true;
	}
	for (i = gap; i < n && r->scratch[i].slot <= r->low; i++)
		;
	if (i == n)
		return false;
	slot = r->scratch[i].slot;
	for (i = 0; i < r->nr_best; i++)
		if (has_slot(&r->best[i]) && r->best[i].slot == slot)
			r->candidate[i].slot = gap;
	r->goal = slot;
	return true;
}

static void renumber_done(struct pf_reduce *r, bool kept)
{
	(void)kept;
	if (r->goal != UNTRIED)
		r->low = r->goal;
}

/*
 * Move single operations to slot 0, then to the slot below theirs: what an
 * occupied slot is filled with frees it, so this can make other operations
 * needless. r->at is the operation tried last, r->arg which of the two.
 */
static bool merge_next(struct pf_reduce *r)
{
	if (!r->entered) {
		r->at = 0;
		r->arg = 0;
	} else {
		r->at += r->arg;
		r->arg ^= 1;
	}
	for (; r->at < r->nr_best; r->at++, r->arg = 0) {
		const struct pf_op *op = &r->best[r->at];

		/* From slot 1 both lead to 0. */
		if (!has_slot(op) || !op->slot || (r->arg && op->slot == 1))
			continue;
		copy_best(r);
		r->candidate[r->at].slot = r->arg ? op->slot - 1 : 0;
		return true;
	}
	return false;
}

/*
 * Compact whole nodes in place of for an order: it needs no memory that is so full that
 * somebody would compact. r->at is the operation to come. What is written has to be less.
 */
static bool whole_next(struct pf_reduce *r)
{
	if (!r->entered)
		r->at = 0;
	while (r->at < r->nr_best) {
		const struct pf_op *op = &r->best[r->at++];

		if (op->kind != PF_OP_COMPACT || op->arg[PF_COMPACT_WHOLE] ||
		    op->arg[PF_COMPACT_ORDER] < 2)
			continue;
		copy_best(r);
		r->candidate[r->at - 1].arg[PF_COMPACT_WHOLE] = 1;
		r->candidate[r->at - 1].arg[PF_COMPACT_ORDER] = 0;
		return true;
	}
	return false;
}

/*
 * Gather: requests in a window of r->size operations at r->at become one, of all their
 * pages or another number; r->arg says of how many, and whether what named their slots
 * names its slot then. It is what a count of many is for.
 */
enum { ALL_PAGES, ROUNDED_UP, HALF, TWICE, AS_BLOCK, NR_AMOUNTS };
#define NR_GATHERS (2 * NR_AMOUNTS)

static uint32_t pages_of(const struct pf_op *op)
{
	if (op->kind == PF_OP_BULK || op->kind == PF_OP_EXACT)
		return op->arg[PF_BULK_COUNT];
	return op->kind == PF_OP_ALLOC ? 1u << op->arg[PF_ALLOC_ORDER] : 0;
}

static unsigned order_above(uint32_t pages)
{
	unsigned order = 0;

	while (order < PF_MAX_ORDER && 1u << order < pages)
		order++;
	return order;
}

/* What alloc and bulk say beside how much is the same, so one can become the other. */
static bool make_request(struct pf_op *op, uint32_t pages, unsigned amount)
{
	uint32_t rounded = 1u << order_above(pages);

	if ((amount == ROUNDED_UP && rounded == pages) || (amount == AS_BLOCK && pages < 2))
		return false;
	if (amount == AS_BLOCK) {
		op->kind = PF_OP_ALLOC;
		op->arg[PF_ALLOC_ORDER] = order_above(pages);
		return true;
	}
	if (amount == ROUNDED_UP)
		pages = rounded;
	else if (amount == HALF)
		pages /= 2;
	else if (amount == TWICE)
		pages *= 2;
	op->kind = PF_OP_BULK;
	op->arg[PF_BULK_COUNT] = pages;
	return pages && pages <= PF_MAX_BULK_COUNT;
}

/* False: nothing to gather there, or not so. */
static bool gather(struct pf_reduce *r, unsigned amount, bool rename)
{
	size_t first = r->nr_best, n = 0;
	unsigned requests = 0;
	uint32_t pages = 0;

	for (size_t i = r->at; i < r->at + r->size; i++) {
		if (!pages_of(&r->best[i]))
			continue;
		pages += pages_of(&r->best[i]);
		first = requests++ ? first : i;
	}
	/* Otherwise a smaller window does the same. */
	if (requests < 2 || !pages_of(&r->best[r->at]) || pages > UINT32_MAX / 2)
		return false;
	for (size_t i = 0; i < r->nr_best; i++) {
		struct pf_op *op = &r->candidate[n];

		if (i > first && i < r->at + r->size && pages_of(&r->best[i]))
			continue;
		*op = r->best[i];
		n++;
		if (i == first && !make_request(op, pages, amount))
			return false;
		for (size_t k = r->at; rename && has_slot(op) && k < r->at + r->size; k++)
			if (pages_of(&r->best[k]) && r->best[k].slot == r->best[i].slot)
				op->slot = r->best[first].slot;
	}
	r->nr_candidate = n;
	return true;
}

/* Windows of all sizes, but of the larger ones not at all places. */
#define SMALL_WINDOW 4

static bool gather_next(struct pf_reduce *r)
{
	size_t config = nr_config(r);

	if (!r->entered) {
		r->size = r->nr_best - config;
		r->at = config;
		r->arg = 0;
	}
	for (; r->size >= 2; r->size = r->size > SMALL_WINDOW ? r->size / 2 : r->size - 1) {
		size_t step = r->size > SMALL_WINDOW ? r->size / 2 : 1;

		for (; r->at + r->size <= r->nr_best; r->at += step, r->arg = 0)
			while (r->arg < NR_GATHERS) {
				unsigned arg = r->arg++;

				if (gather(r, arg / 2, arg % 2))
					return true;
			}
		r->at = config;
	}
	return false;
}

/*
 * Of a long program: windows side by side, the largest first, and only what is likely. Many
 * small requests that stay are mostly there to fill the memory.
 */
#define GATHER_LONG_MIN 8

static bool gather_long_next(struct pf_reduce *r)
{
	static const unsigned amount[] = {ALL_PAGES, AS_BLOCK, ROUNDED_UP};
	size_t config = nr_config(r);

	if (!r->entered) {
		for (r->size = GATHER_LONG_MIN; 2 * r->size < r->nr_best - config; r->size *= 2)
			;
		r->at = config;
		r->arg = 0;
	}
	for (; r->size >= GATHER_LONG_MIN; r->size /= 2) {
		for (; r->nr_best >= LONG && r->at + r->size <= r->nr_best;
		     r->at += r->size, r->arg = 0)
			while (r->arg < 6) {
				unsigned arg = r->arg++;

				if (gather(r, amount[arg / 2], !(arg % 2)))
					return true;
			}
		r->at = config;
	}
	return false;
}

static void gather_done(struct pf_reduce *r, bool kept)
{
	if (kept)
		r->arg = 0;
}

/* Drop two operations, whatever is between them: r->size before r->at, both behind the configuration. */
#define PAIRS_MAX 64

static bool pairs_next(struct pf_reduce *r)
{
	size_t config = nr_config(r);

	if (!r->entered) {
		r->at = r->nr_best - 1;
		r->size = r->nr_best - 1;
	}
	if (r->nr_best - config < 3 || r->nr_best - config > PAIRS_MAX)
		return false;
	for (; r->at > config; r->at--, r->size = r->at) {
		if (r->size <= config)
			continue;
		r->size--;
		cut_best(r, r->at, 1);
		memmove(r->candidate + r->size, r->candidate + r->size + 1,
			(r->nr_candidate - r->size - 1) * sizeof(*r->candidate));
		r->nr_candidate--;
		return true;
	}
	return false;
}

static void pairs_done(struct pf_reduce *r, bool kept)
{
	if (!kept)
		return;
	r->at = r->at >= 2 ? r->at - 2 : 0;
	r->at = r->at < r->nr_best ? r->at : r->nr_best - 1;
	r->size = r->at;
}

static const struct stage {
	bool (*next)(struct pf_reduce *r);
	void (*done)(struct pf_reduce *r, bool kept);
	enum pf_reduce_effort from; /* it is part of that and all above */
} stages[] = {
	{.next = tail_next, .done = tail_done, .from = PF_REDUCE_TRIM},
	{.next = lives_next, .done = lives_done, .from = PF_REDUCE_DEEP},
	{.next = gather_long_next, .done = gather_done, .from = PF_REDUCE_DEEP},
	{.next = slots_next, .from = PF_REDUCE_TRIM},
	{.next = chunks_next, .from = PF_REDUCE_TRIM},
	{.next = config_next, .from = PF_REDUCE_TRIM},
	{.next = whole_next, .from = PF_REDUCE_DEEP},
	{.next = operands_next, .done = operands_done, .from = PF_REDUCE_FULL},
	{.next = renumber_next, .done = renumber_done, .from = PF_REDUCE_FULL},
	{.next = merge_next, .from = PF_REDUCE_FULL},
	{.next = gather_next, .done = gather_done, .from = PF_REDUCE_DEEP},
	{.next = pairs_next, .done = pairs_done, .from = PF_REDUCE_DEEP},
};

enum {
	TAIL,
	LIVES,
	GATHER_LONG,
	SLOTS,
	CHUNKS,
	CONFIG,
	WHOLE,
	OPERANDS,
	RENUMBER,
	MERGE,
	GATHER,
	PAIRS,
	NR_STAGES
};
_Static_assert(sizeof(stages) / sizeof(stages[0]) == NR_STAGES, "one name each");

void pf_reduce_init(struct pf_reduce *r, enum pf_reduce_effort effort, struct pf_op *work,
		    const struct pf_op *ops, size_t n)
{
	memset(r, 0, sizeof(*r));
	r->effort = effort;
	r->best = work;
	r->candidate = work + n;
	r->scratch = work + 2 * n;
	r->nr_best = n;
	if (n)
		memcpy(r->best, ops, n * sizeof(*ops));
	else
		r->stage = NR_STAGES;
}

bool pf_reduce_next(struct pf_reduce *r, const struct pf_op **ops, size_t *n)
{
	if (r->pending)
		pf_reduce_report(r, false);
	while (r->stage < NR_STAGES) {
		const struct stage *stage = &stages[r->stage];

		if (r->effort >= stage->from && stage->next(r)) {
			r->entered = r->pending = true;
			*ops = r->candidate;
			*n = r->nr_candidate;
			return true;
		}
		r->entered = false;
		r->stage++;
		if (r->stage == NR_STAGES && r->progress && r->effort >= PF_REDUCE_FULL) {
			r->stage = 0;
			r->progress = false;
		}
	}
	return false;
}

void pf_reduce_report(struct pf_reduce *r, bool kept)
{
	struct pf_op *old = r->best;

	if (!r->pending)
		return;
	r->pending = false;
	if (kept) {
		r->best = r->candidate;
		r->nr_best = r->nr_candidate;
		r->candidate = old;
		r->progress = true;
	}
	if (stages[r->stage].done)
		stages[r->stage].done(r, kept);
}

void pf_reduce_report_prefix(struct pf_reduce *r, size_t n)
{
	if (r->pending && n && n < r->nr_candidate)
		r->nr_candidate = n;
	pf_reduce_report(r, true);
}

void pf_reduce_no_tail(struct pf_reduce *r)
{
	if (r->stage == TAIL)
		r->stage = LIVES;
}

/* Halvings until nothing is left. */
static size_t bits(size_t v)
{
	size_t n = 0;

	for (; v; v >>= 1)
		n++;
	return n;
}

size_t pf_reduce_steps(const struct pf_reduce *r)
{
	size_t n = r->nr_best, slots, shrinks = 0, todo = 0;

	if (r->stage >= NR_STAGES)
		return 0;
	slots = sort_slots(r);
	for (size_t i = 0; i < n; i++) {
		for (unsigned arg = 0; arg < PF_OP_ARGS; arg++)
			if (may_shrink(&r->best[i], arg))
				shrinks += bits(r->best[i].arg[arg]);
	}
	switch (r->stage) {
	case TAIL:
		todo += bits(n);
		/* fall through */
	case LIVES:
	case GATHER_LONG:
	case SLOTS:
		todo += 2 * slots;
		/* fall through */
	case CHUNKS:
		todo += 2 * n;
		/* fall through */
	case CONFIG:
		todo += nr_config(r);
		/* fall through */
	default:
		if (r->effort >= PF_REDUCE_FULL)
			todo += shrinks + slots + 2 * n;
	}
	if (r->effort >= PF_REDUCE_DEEP)
		todo += NR_GATHERS * n;
	return todo ? todo : 1;
}
