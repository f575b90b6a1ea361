#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# report.sh - run --report and run --ftrace: what they say about a program agrees
# with what else is known about it, and a trace can be imported again.
. "$(dirname "$0")/lib.sh"
pf=build/gcc/pagefuzz

# file_of NAME: one of the files in a report.
file_of() {
	awk -v name="/proc/$1" '/^==> / {on = $(NF - 1) == name; next} on'
}

# Orders of the allocations of a program, counted.
orders() {
	awk '$1 == "alloc" {o = "order=0"; for (i = 3; i <= NF; i++) if ($i ~ /^order=/) o = $i; n[o]++}
		END {for (o in n) print o, n[o]}' "$1" | sort
}

# mistake NAME PATTERN ARGUMENT...: exit 2, one line on stderr that matches, nothing on stdout.
mistake() {
	local name=$1 pattern=$2 status
	shift 2
	"$pf" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
	if [ $status = 2 ] && [ "$(wc -l <"$tmp/err")" = 1 ] && grep -qE "$pattern" "$tmp/err" &&
		[ ! -s "$tmp/out" ]; then
		ok "mistake: $name"
	else
		not_ok "mistake: $name (status $status)"
		head -n 5 "$tmp/err" | sed 's/^/# /'
	fi
}

# ------------------------------------------------------------------ --report --
# Two zones, two cpus, memory in use, and nothing cached at the end.
{
	echo "config cpus=2"
	echo "zone normal node=0 pages=4100 gap=3 min=127"
	echo "zone movable node=0 pages=2048 gap=0 min=127"
	for i in $(seq 1 60); do
		echo "alloc a$i order=$((i % 4)) mobility=$((i % 3)) cpu=$((i % 2))"
	done
	for i in $(seq 1 2 60); do echo "free a$i cpu=$((i % 2))"; done
	echo "drain"
} >"$tmp/drained.txt"
check "a report" "$pf" run --report -i linux "$tmp/drained.txt"
cp "$tmp/check.out" "$tmp/report"
unused=$(awk '/pages unused/ {print $2}' "$tmp/report")
sum=$(file_of buddyinfo <"$tmp/report" | awk '{for (i = 5; i <= NF; i++) n += $i * 2 ^ (i - 5)} END {print n}')
if [ "${unused:-0}" -gt 0 ] && [ "$sum" = "$unused" ]; then
	ok "buddyinfo has the unused pages"
else
	not_ok "buddyinfo has $sum pages, $unused are unused"
fi
types=$(file_of pagetypeinfo <"$tmp/report" |
	awk '/, type / {for (i = 7; i <= NF; i++) n += $i * 2 ^ (i - 7)} END {print n}')
if [ "$types" = "$unused" ]; then ok "pagetypeinfo too"; else not_ok "pagetypeinfo has $types pages"; fi
zones=$(file_of zoneinfo <"$tmp/report" | grep -c '^Node 0, zone')
if [ "$zones" = 4 ]; then ok "zoneinfo has all zones"; else not_ok "zoneinfo has $zones zones"; fi
zones=$(file_of buddyinfo <"$tmp/report" | awk '{print $4}' | paste -sd' ')
if [ "$zones" = "Normal Movable" ]; then ok "buddyinfo has those with memory"; else not_ok "buddyinfo has $zones"; fi
# NR_FREE_PAGES without what cpus have not added yet: off by less than all thresholds.
off=$(file_of zoneinfo <"$tmp/report" |
	awk -v u="$unused" '/nr_free_pages/ {n += $2} /threshold/ {t += $4} END {d = n - u; print (d < 0 ? -d : d) <= t}')
if [ "$off" = 1 ]; then ok "nr_free_pages is near it"; else not_ok "nr_free_pages is far off"; fi

# Cached pages are in the pagesets instead.
grep -v drain "$tmp/drained.txt" >"$tmp/cached.txt"
"$pf" run --report -i linux "$tmp/cached.txt" >"$tmp/report"
sum=$(file_of buddyinfo <"$tmp/report" | awk '{for (i = 5; i <= NF; i++) n += $i * 2 ^ (i - 5)} END {print n}')
cached=$(file_of zoneinfo <"$tmp/report" | awk '/count:/ {n += $2} END {print n}')
unused=$(awk '/pages unused/ {print $2}' "$tmp/report")
if [ "$cached" -gt 0 ] && [ $((sum + cached)) = "$unused" ]; then
	ok "cached pages are in the pagesets"
else
	not_ok "buddyinfo $sum, pagesets $cached, unused $unused"
fi

{
	echo "config cpus=2"
	echo "alloc a1"
	echo "cpu cpu=0 offline" # on x86 it stays
	echo "cpu cpu=1 offline"
} >"$tmp/cpu.txt"
cpus=$("$pf" run --report -i linux "$tmp/cpu.txt" | file_of zoneinfo | grep -o 'cpu: .*' | paste -sd' ')
if [ "$cpus" = "cpu: 0" ]; then ok "cpus that are gone have no pageset"; else not_ok "pagesets of $cpus"; fi

heads=$("$pf" run -q --report -i buddy,linux "$tmp/cpu.txt" "$tmp/cached.txt" | grep -c '^==> .*/proc/.* <==$')
if [ "$heads" = 6 ]; then ok "of all that can tell, for each program"; else not_ok "$heads files"; fi
hash=$("$pf" run -q --hash "$tmp/cached.txt")
check "a report changes no answer" bash -c \
	"$pf run -q --hash --report $tmp/cached.txt | grep -qxF '$hash'"

# ------------------------------------------------------------------ --ftrace --
# back NAME PROGRAM: the trace of it gives a program with the same allocations.
back() {
	if check "trace of $1" "$pf" run -q --ftrace "$tmp/trace.txt" -i linux "$2" &&
		check "import of $1" "$pf" import -o "$tmp/back.txt" "$tmp/trace.txt"; then
		cp "$tmp/check.out" "$tmp/import.out"
		orders "$2" >"$tmp/orders"
		orders "$tmp/back.txt" >"$tmp/orders.back"
		check "same allocations in $1" diff "$tmp/orders" "$tmp/orders.back"
		check "every line of $1 is known" bash -c \
			"! grep -E 'are no event|unknown gfp|going back' $tmp/import.out"
	fi
}

for seed in compact-units-of-all-orders fragment-checkerboard long-churn-mixed-types reclaim-direct zones-limit-fallback; do
	"$pf" show -o "$tmp/$seed.txt" corpus/seeds/$seed.txt
	back $seed "$tmp/$seed.txt"
done
moving=$tmp/compact-units-of-all-orders.txt
"$pf" run -q --ftrace "$tmp/trace.txt" -i linux "$moving"
for event in mm_page_alloc mm_page_free mm_page_pcpu_drain mm_compaction_begin mm_compaction_end mm_migrate_pages; do
	check "there is $event" grep -qE "^        pagefuzz-1       \[000\] \.{5}     0\.000[0-9]{3}: $event: [a-z_]+=" "$tmp/trace.txt"
done
check "events inside the program only" bash -c \
	"[ \$(grep -c ': mm_page_alloc: ' $tmp/trace.txt) = \$(grep -c '^alloc' $moving) ]"
check "cpus" bash -c "$pf run --ftrace - -i linux $tmp/cached.txt | grep -q '\[001\] .*: mm_page_free: '"
"$pf" run -q --ftrace "$tmp/again.txt" -i linux "$moving"
check "twice the same" cmp "$tmp/trace.txt" "$tmp/again.txt"
check "standard output has nothing else" bash -c \
	"$pf run --ftrace - -i linux $moving | cmp - $tmp/trace.txt"
check "a pipe" bash -c "$pf run --ftrace - -i linux $moving | $pf import -q -o $tmp/piped.txt -"
check "another implementation" bash -c \
	"$pf run --ftrace - -i mobility corpus/seeds/steal-half-movable.txt | grep -q ': mm_page_alloc_extfrag: '"

mistake "a trace of all implementations" "exactly one implementation, not [0-9]" \
	run --ftrace "$tmp/none" "$tmp/cpu.txt"
mistake "a trace of two programs" "exactly one program, not 2" \
	run --ftrace "$tmp/none" -i linux "$tmp/cpu.txt" "$tmp/cpu.txt"
mistake "a trace into a missing folder" "No such file" \
	run --ftrace "$tmp/no/where" -i linux "$tmp/cpu.txt"
mistake "a trace without a name" "'--ftrace' needs a value" run --ftrace
mistake "a report of who can't tell" "no implementation of these can tell" \
	run --report -i bitmap,buddy "$tmp/cpu.txt"
if [ -w /dev/full ]; then
	mistake "full disk" "No space left" run -q --ftrace /dev/full -i linux "$tmp/cpu.txt"
fi
[ ! -e "$tmp/none" ] && ok "no file after a mistake" || not_ok "a file after a mistake"
finish
