// SPDX-License-Identifier: GPL-2.0-only
/* shown.c - the dump of a lane: what an implementation shows of itself, for laws, rules and twins. */
#include <string.h>

#include "world.h"

/* As many words as a dump can have: a block a page, and the pageblocks. */
static void make_room(struct pf_lane *lane)
{
	uint32_t room = 2 * pf_layout_pages(&lane->run->layout) + 64;

	if (!lane->dump)
		lane->dump = memset(pf_arena_resize(NULL, NULL, sizeof(*lane->dump)), 0,
				    sizeof(*lane->dump));
	/* What is too long must be so whatever ran before, in a larger memory. */
	lane->dump->room = room;
	if (lane->dump_room >= room)
		return;
	lane->dump->word = pf_arena_resize(NULL, lane->dump->word, room * sizeof(uint32_t));
	lane->dump_room = room;
}

void pf_dump_lane(struct pf_lane *lane)
{
	struct pf_dump *d;

	make_room(lane);
	d = lane->dump;
	d->nr_words = 0;
	d->lists_absent = false;
	PF_TELL(lane, dump, d);
	if (d->nr_words > d->room)
		pf_broken(lane, PF_LAW_CENSUS, "a dump of %u words for %u pages", d->nr_words,
			  pf_layout_pages(&lane->run->layout));
}
