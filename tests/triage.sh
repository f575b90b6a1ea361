#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# triage.sh - ten faults planted in copies of buddy, each a plug-in, twenty crashers of
# each in a folder as another engine leaves it: a line for each cause, and the right one;
# crash states that agree within a cause and differ between causes; a minimiser that
# does not drift; bisecting.
. "$(dirname "$0")/lib.sh"

pf=$PWD/build/pagefuzz
target=$PWD/build/fuzz-address-undefined/fuzz_lockstep
command=$(make -s print-COMMAND | tr ' ' '\n' | sed 's,^,build/plain/,; s,c$,o,')
libs=$(make -s print-TRACE_LIBS)
cc=${CC:-cc}
unset ASAN_OPTIONS

# fault  what its causes may be about. The compaction of compact-pinned never says success, so
# that a request may fail beside the block that was made for it.
faults="
compact-pinned       moves/|refusal/
compact-onto-used    overlap/
contig-too-short     bounds/|overlap/|refusal/|answer/|count/
endless-scan         endless/
free-count-drift     count/
reserved-handed-out  overlap/|count/|isolation/
merge-forgotten      merging/
not-unlinked         overlap/
split-freed-whole    overlap/|count/
upper-half           policy/
"

# A name has 15 characters at most.
name_of() { sed "s/^\(.\{15\}\).*/\1/; s/-$//" <<<"$1"; }

# plugin FAULT: $tmp/FAULT.so, a faulted buddy by the name of the fault.
plugin() {
	local dir=$tmp/$1.d

	mkdir -p "$dir/impls/zoned" && cp -R impls/buddy impls/*.h "$dir/impls/" &&
		cp impls/zoned/*.h "$dir/impls/zoned/" || return
	[ "$1" = sound ] || patch -d "$dir" -p1 -s -F0 <"tests/faults/buddy/$1.patch" || return
	sed -i "s/\.name = \"buddy\"/.name = \"$(name_of "$1")\"/; \$a PF_PLUGIN(pf_impl_buddy);" \
		"$dir/impls/buddy/buddy.c" || return
	"$pf" build -o "$tmp/$1.so" "$dir/impls/buddy/buddy.c"
}

# shellcheck disable=SC2086 # lists of files and flags
check "a hunter is built" $cc -std=gnu11 -D_GNU_SOURCE -O1 -Wall -Wextra -o "$tmp/hunt" \
	tests/faults/hunt.c $command build/libpagefuzz.a $libs

# As each engine names them.
n=0
lineup=buddy
while read -r fault about; do
	[ -n "$fault" ] || continue
	check "$fault is built" plugin "$fault" || continue
	lineup=$lineup,$tmp/$fault.so
	mkdir "$tmp/raw"
	"$tmp/hunt" 60 "$tmp/raw/" 20 "buddy,$tmp/$fault.so" $((n + 1))
	case $((n % 4)) in
	0) dir=$tmp/crashers/libfuzzer-$n suffix="" prefix=crash- ;;
	1) dir=$tmp/crashers/afl-$n/default/crashes suffix=",src:000000,op:havoc" prefix=id: ;;
	2) dir=$tmp/crashers/honggfuzz-$n suffix=.fuzz prefix=SIGABRT.PC. ;;
	3) dir=$tmp/crashers/clusterfuzz-$n suffix="" prefix=clusterfuzz-testcase-minimized- ;;
	esac
	mkdir -p "$dir"
	for f in "$tmp"/raw/*; do
		mv "$f" "$dir/$prefix$(basename "$f")$suffix"
	done
	rm -r "$tmp/raw"
	n=$((n + 1))
done <<<"$faults"
touch "$tmp/crashers/afl-1/default/crashes/README.txt"
echo 'command line: ...' >"$tmp/crashers/afl-1/default/crashes/README.txt"
mkdir -p "$tmp/crashers/afl-1/default/queue"
echo 'alloc a1' >"$tmp/crashers/afl-1/default/queue/id:000000"
files=$(find "$tmp/crashers" -type f ! -name README.txt ! -path '*/queue/*' | wc -l)
check "200 crashers of 10 faults" test "$files" = 200

# ---------------------------------------------------------------- all in one lineup --
"$pf" triage -i "$lineup" --json "$tmp/all.json" "$tmp/crashers" >"$tmp/all"
check "a finding is status 1" test $? = 1
sed "s,$tmp/,,g; s/^/# /" "$tmp/all"
lines=$(grep -cE '^ +[0-9]+ ' "$tmp/all")
check "at most 15 lines ($lines)" test "$lines" -le 15
# A deep fault may lie behind a shallow one of another member; no line may be wrong.
while read -r cause member; do
	fault=$(grep "^$member" <<<"$faults" | head -n 1)
	check "$cause is what is wrong with $member" grep -qE "^(${fault##* })" <<<"$cause"
done < <(awk '$3 == "B" { print $4, $5 }' "$tmp/all")
counted=$(awk '$3 == "B" { n += $1 } END { print n }' "$tmp/all")
same=$(sed -n "s/.*; \([0-9]*\) files are as others.*/\1/p" "$tmp/all")
check "every crasher is in a line" test $((counted + ${same:-0})) = 200
check "JSON has the same" test "$(grep -c '"cause":' "$tmp/all.json")" = "$lines"
next=$(sed -n 's/^next: pagefuzz //p' "$tmp/all")
# shellcheck disable=SC2086 # a command line
check "the next line works" bash -c "'$pf' $next >'$tmp/next.out'; [ \$? = 1 ]"
check "and says the same cause" grep -qF "$(awk '$3 == "B" { print $4; exit }' "$tmp/all")" "$tmp/next.out"

# ---------------------------------------------------------------- each one alone --
k=0
total=0
while read -r fault about; do
	[ -n "$fault" ] || continue
	"$pf" triage -i "buddy,$tmp/$fault.so" "$tmp"/crashers/*-$k >"$tmp/alone-$k"
	mine=$(awk '$3 == "B" { print $4 }' "$tmp/alone-$k")
	wrong=$(grep -vE "^($about)" <<<"$mine")
	check "$fault alone: ${mine//$'\n'/ }" test -n "$mine" -a -z "$wrong"
	total=$((total + $(wc -l <<<"$mine")))
	k=$((k + 1))
done <<<"$faults"
check "one by one at most 15 lines ($total)" test $total -le 15

# ------------------------------------------------------------------ crash states --
# state FAULT FILE: what triage tools take: the assertion and the first two of our frames.
state() {
	"$target" --impls="buddy,$tmp/$1.so" "$2" 2>&1 |
		sed -n "s/.*Assertion \`\(.*\)' failed.*/\1/p; s/^ *#[0-9]* 0x[0-9a-f]* in \(pf_broken_[a-z_]*\|pf_by_[a-z_]*\) .*/\1/p" |
		head -n 3 | paste -sd' '
}
if [ -x "$target" ]; then
	while read -r fault _; do
		[ -n "$fault" ] || continue
		for f in $(find "$tmp/crashers" -type f | sort | head -n 400); do
			:
		done
	done <<<""
	k=0
	while read -r fault _; do
		[ -n "$fault" ] || continue
		dir=$(find "$tmp/crashers" -maxdepth 1 -name "*-$k")
		find "$dir" -type f ! -name README.txt ! -path '*/queue/*' | sort | sed -n '1p;7p;13p' |
			while read -r f; do
				case $("$pf" triage -i "buddy,$tmp/$fault.so" "$f" | awk '$3 == "B" { print $4 }') in
				crash/* | endless/*) continue ;; # ended by the watchdog, not by a law
				esac
				echo "$fault $(state "$fault" "$f")"
			done >>"$tmp/states"
		k=$((k + 1))
	done <<<"$faults"
	check "states name the cause in all parts" bash -c \
		"! grep -vE '^[a-z-]+ pf_broken|^[a-z-]+ [a-z_]+/[a-z-]+/[a-z_]+ pf_broken_[a-z_]+ pf_by_other\$' '$tmp/states' | grep ."
	states=$(cut -d' ' -f2- "$tmp/states" | sort -u | wc -l)
	causes=$(cut -d' ' -f2 "$tmp/states" | sort -u | wc -l)
	check "a state for each cause ($states, $causes)" test "$states" = "$causes" -a "$states" -gt 5
	# libFuzzer's own minimiser: the token is the cause, so it keeps to it.
	first=$(find "$tmp/crashers" -type f -path '*/libfuzzer-*' | sort | sed -n 1p)
	fault=$(awk -v f="$first" '$6 == f { print $5; exit }' "$tmp/all")
	fault=${fault:-compact-pinned}
	before=$("$pf" triage -i "buddy,$tmp/$fault.so" "$first" | awk '$3 == "B" { print $4 }')
	(cd "$tmp" && timeout 300 "$target" --impls="buddy,$tmp/$fault.so" -minimize_crash=1 -runs=3000 \
		-exact_artifact_path="$tmp/small" "$first" >"$tmp/minimise.log" 2>&1)
	if [ -s "$tmp/small" ]; then
		after=$("$pf" triage -i "buddy,$tmp/$fault.so" "$tmp/small" | awk '$3 == "B" { print $4 }')
		check "-minimize_crash stays with $before ($after)" test "$before" = "$after"
	else
		echo "# -minimize_crash made nothing smaller: $(tail -n 1 "$tmp/minimise.log")"
	fi
else
	echo "ok - # skip crash states: $target is not built"
fi

# ------------------------------------------------------------------------ bisect --
check "a sound copy is built" plugin sound
bad=$(find "$tmp/crashers" -type f -path '*/libfuzzer-0/*' | sort | head -n 1)
"$pf" run -q -i "buddy,$tmp/compact-pinned.so" "$bad" >"$tmp/bad.out"
signature=$(sed -n 's/^finding *//p' "$tmp/bad.out")
cause=$(sed -n 's/^cause *\([^:]*\):.*/\1/p' "$tmp/bad.out")
expect() { # STATUS WHAT EXPECT PLUGIN
	"$pf" run -q --expect "$3" -i "buddy,$tmp/$4.so" "$bad" >/dev/null 2>"$tmp/err"
	got=$?
	check "--expect: $2 is $1" test $got = "$1"
}
expect 1 "the signature" "$signature" compact-pinned
expect 1 "the cause" "$cause" compact-pinned
expect 1 "the law alone" "${signature%%/*}" compact-pinned
expect 0 "the sound one" "$cause" sound
expect 125 "another cause" merging/buddy compact-pinned
expect 125 "a part of a word" "${signature%%/*}x" compact-pinned
expect 125 "what can't be opened" "$cause" nowhere


# A history of five commits, the third of which has the fault; the page's own commands.
page=$PWD/impls/BISECT.md
git init -q "$tmp/repo"
(
	cd "$tmp/repo" || exit
	git config user.name nobody
	git config user.email nobody@localhost
	cp -R "$tmp/sound.d/impls" . && sed -i 's/\.name = "sound"/.name = "mine"/' impls/buddy/buddy.c
	echo '#include "impls/buddy/buddy.c"' >wrapper.c
	git add -A && git commit -qm one && git tag v1.0
	echo 'this is no C' >>wrapper.c && git commit -qam two
	git checkout -q HEAD~ -- wrapper.c && git commit -qam three
	patch -p1 -s -F0 <"$OLDPWD/tests/faults/buddy/merge-forgotten.patch" && git commit -qam four
	echo '/* more */' >>wrapper.c && git commit -qam five
) >"$tmp/history" 2>&1
block() { # N: of the page's blocks of code
	awk -v n="$1" '/^ *```sh/ { k++; next } /^ *```/ { next } { sub(/^   /, "") } k == n && !/^[^ ]*[0-9]\. / { print }' "$page" |
		sed '/^$/q'
}
block 1 >"$tmp/ask.sh"
printf 'config pages=256\nalloc a1 order=5\nfree a1\n' >"$tmp/small.txt"
check "the history is there" test "$(git -C "$tmp/repo" log --oneline | wc -l)" = 5
(cd "$tmp/repo" && PATH=$PWD/../bin:$(dirname "$pf"):$PATH && export PATH && eval "$(block 2)") >"$tmp/bisect.out" 2>&1
check "bisecting names the commit" bash -c "grep -q 'is the first bad commit' '$tmp/bisect.out' && grep -qx '    four' '$tmp/bisect.out'"
# ---------------------------------------------------------------------- mistakes --
mkdir "$tmp/empty"
for args in "$tmp/empty" "$tmp/nowhere" "-i nobody $tmp/crashers" ""; do
	# shellcheck disable=SC2086 # words
	"$pf" triage $args >"$tmp/out" 2>"$tmp/err"
	check "triage ${args/$tmp/.}: one line, status 2" test $? = 2 -a "$(wc -l <"$tmp/err")" = 1
done
"$pf" triage --json /dev/full "$bad" >/dev/null 2>&1
check "a full disk is status 2" test $? = 2
finish
