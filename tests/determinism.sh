#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# determinism.sh - a run is a function of its input: the same seed twice in one
# process (behind another seed, so that nothing is left over) and once in a fresh
# one gives equal hashes; so do two compilers.
. "$(dirname "$0")/lib.sh"

hash_of() {
	awk -v path="$1" '$2 == path {print $1}'
}

# Another path to a seed, so that it does not count as one of the runs.
previous=$(echo ./corpus/seeds/*.txt | cut -d" " -f1)
for seed in corpus/seeds/*.txt corpus/regressions/*.txt; do
	[ -e "$seed" ] || continue
	twice=$(build/pagefuzz run -q --hash "$seed" "$previous" "$seed" | hash_of "$seed" | sort -u)
	fresh=$(build/gcc/pagefuzz run -q --hash "$seed" | hash_of "$seed")
	other=$(build/clang/pagefuzz run -q --hash "$seed" | hash_of "$seed")
	if [ -n "$twice" ] && [ "$twice" = "$fresh" ] && [ "$twice" = "$other" ]; then
		ok "$(basename "$seed") $twice"
	else
		not_ok "$(basename "$seed"): twice '$twice', fresh '$fresh', other compiler '$other'"
	fi
	previous=./$seed
done
finish
