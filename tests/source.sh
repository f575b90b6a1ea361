#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# source.sh - a kernel's own mm/ as a member: it compiles, is the twin of the port, and a
# changed tree is noticed. Without the kernel's source it is skipped.
. "$(dirname "$0")/lib.sh"

skip_all() {
	skip "$*"
	finish
}

if [ ! -e build/source/linux-source-6.1/.unpacked ]; then
	command -v apt-get >/dev/null || skip_all "no Debian, no kernel's source"
	apt-cache show linux-source-6.1 >/dev/null 2>&1 || skip_all "apt knows no linux-source-6.1"
fi
for tool in clang ld.lld flex bison bc; do
	command -v $tool >/dev/null || skip_all "the kernel's build needs $tool (scripts/setup source)"
done
if ! scripts/source KINDS=plain >"$tmp/source.log" 2>&1; then
	grep -q 'could not download' "$tmp/source.log" && skip_all "linux-source-6.1 can't be downloaded"
	not_ok "make source"
	tail -n 20 "$tmp/source.log" | sed 's/^/# /'
	finish
fi
ok "make source"

one_symbol() { [ "$(nm -D --defined-only build/source/6.1/plain.so | awk '{print $3}')" = pagefuzz_source ]; }
check "one visible symbol" one_symbol
nothing_to_do() { ! scripts/source KINDS=plain | grep -q '^  CC'; }
check "nothing is compiled twice" nothing_to_do
check "all seeds: twins" build/pagefuzz run -i linux,source:6.1 corpus/seeds/*.txt corpus/regressions/*.txt
check "random programs: twins" build/pagefuzz check --in-process -w linux source:6.1 --seconds 10
check "long random programs: twins" build/pagefuzz check --in-process -w linux source:6.1 --seconds 10 --ops 512 --seed 9
check "what the real kernel said" build/pagefuzz golden -q -i source:6.1 corpus/golden/*.tr
check "alone: laws, with contiguous ranges and isolation" build/pagefuzz check --in-process source:6.1 --seconds 8 \
	corpus/seeds/contig-*.txt corpus/seeds/isolate-*.txt

events() { # IMPL FILE
	build/pagefuzz run -i "$1" --ftrace "$2" corpus/seeds/compact-direct.txt
}
same_scans() {
	events linux "$tmp/linux.txt" && events source:6.1 "$tmp/source.txt" &&
		diff <(grep -v gfp_mask "$tmp/linux.txt") <(grep -v gfp_mask "$tmp/source.txt")
}
check "tracepoints as of the port" same_scans

unknown() { ! build/pagefuzz run -i source:none corpus/seeds/compact-direct.txt 2>"$tmp/err" && grep -q 'make source' "$tmp/err"; }
check "a tree that is not there says what to do" unknown
no_tree() { ! scripts/source KSRC="$tmp" NAME=none 2>"$tmp/err" && grep -q 'is it a kernel tree' "$tmp/err"; }
check "a folder that is no tree" no_tree

# A tree with one line changed: blocks are never put at the end of a list. Most is links.
tree=$PWD/build/source/changed-tree
[ -e "$tree/Makefile" ] || cp -as "$PWD/build/source/linux-source-6.1" "$tree"
changed=$tree/mm/page_alloc.c
cp --remove-destination build/source/linux-source-6.1/mm/page_alloc.c "$changed"
sed -i 's/to_tail = buddy_merge_likely(.*;/to_tail = false;/' "$changed"
finds() { scripts/source-diff BASE=build/source/linux-source-6.1 MINE="$tree" FUZZ=0 SECONDS=10 >"$tmp/diff.log" 2>&1; [ $? = 1 ] && grep -q 'they part' "$tmp/diff.log"; }
check "a changed line is noticed" finds
sed -i 's/to_tail = false;/to_tail = !!buddy_merge_likely(pfn, buddy_pfn, page, order);/' "$changed"
same() { scripts/source-diff BASE=build/source/linux-source-6.1 MINE="$tree" FUZZ=0 SECONDS=10 >"$tmp/diff.log" 2>&1 && grep -q 'equal over' "$tmp/diff.log"; }
check "a changed line without effect is not" same
broken() {
	echo 'static int broken = undeclared;' >>"$changed"
	! scripts/source KSRC="$tree" NAME=mine KINDS=plain >"$tmp/err" 2>&1 &&
		grep -q "undeclared identifier 'undeclared'" "$tmp/err" && grep -q 'run this again' "$tmp/err"
}
check "a tree that does not compile" broken

# Linux 6.12, if somebody has asked for it before: make source KVER=6.12.
if [ ! -e build/source/linux-source-6.12/.unpacked ]; then
	skip "Linux 6.12 is not unpacked"
	finish
fi
check "make source KVER=6.12" scripts/source KVER=6.12 KINDS=plain
check "6.12: all seeds" build/pagefuzz run -i buddy,source:6.12 corpus/seeds/*.txt corpus/regressions/*.txt
check "6.12: random programs, laws" build/pagefuzz check source:6.12 --seconds 20
no_twin() { build/pagefuzz run -i source:6.1,source:6.12 corpus/seeds/compact-direct.txt corpus/seeds/fallback-*.txt; }
check "6.12 is no twin of 6.1" no_twin
# Where its policy parts from 6.1 (impls/source/README.md): what each says, and the other does not.
parts() { # FILE
	local own other
	for own in 6.1 6.12; do
		other=6.1
		[ $own != 6.1 ] || other=6.12
		build/pagefuzz run -t -m --report -i source:$own "$1" >"$tmp/$own.txt" || return 1
		grep -qF -- "$(sed -n "s/^# $own: //p" "$1")" "$tmp/$own.txt" || return 1
		! grep -qF -- "$(sed -n "s/^# $other: //p" "$1")" "$tmp/$own.txt" || return 1
	done
}
for f in tests/source/parts/*.txt; do check "6.12 parts: $(basename "$f" .txt)" parts "$f"; done
finish
