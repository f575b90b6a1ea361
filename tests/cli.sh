#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# cli.sh - the pagefuzz command as a person uses it: results, and mistakes, each
# of which gets one clear line on stderr and exit status 2.
. "$(dirname "$0")/lib.sh"
pf=build/gcc/pagefuzz
first=$(echo corpus/seeds/*.txt | cut -d" " -f1)

# mistake NAME PATTERN [--lab FOLDER] ARGUMENT...: exit 2, one line on stderr that matches.
mistake() {
	local name=$1 pattern=$2 lab="" status
	shift 2
	if [ "$1" = --lab ]; then
		lab=$2
		shift 2
	fi
	PAGEFUZZ_LAB=$lab "$pf" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
	if [ $status = 2 ] && [ "$(wc -l <"$tmp/err")" = 1 ] && grep -qE "$pattern" "$tmp/err"; then
		ok "mistake: $name"
	else
		not_ok "mistake: $name (status $status)"
		head -n 5 "$tmp/err" | sed 's/^/# /'
	fi
}

mistake "unknown command" "'frobnicate' is no command" frobnicate
mistake "unknown long option" "'--frob' is no option" run --frob x
mistake "unknown short option" "'-z' is no option" min -z x
mistake "option without value" "needs a value" run -i
mistake "no program" "at least one program is wanted, not 0" run
mistake "missing file" "nosuchfile: No such file" run nosuchfile
mistake "directory in place of a file" "is a directory" run corpus
: >"$tmp/empty"
mistake "empty file" "is empty" run "$tmp/empty"
printf '# nothing\n\n' >"$tmp/comment"
mistake "only comments" "holds no operation" run "$tmp/comment"
printf 'alloc a1 order=99\n' >"$tmp/range"
mistake "operand out of range" ":1: .*order" run "$tmp/range"
printf 'alloc a1\nfrobnicate a2\n' >"$tmp/unknown"
mistake "unknown operation" ":2: .*frobnicate" run "$tmp/unknown"
printf 'alloc a1\nconfig pages=10\n' >"$tmp/late"
mistake "late configuration" ":2: " run "$tmp/late"
printf '0000' >"$tmp/digits"
mistake "digits without an operation" "" run "$tmp/digits"
printf '\xff\xfd' >"$tmp/noops"
mistake "bytes without an operation" "holds no operation" run "$tmp/noops"
printf 'alloc a1\nfr\xe9e a1 # \xe9\n' >"$tmp/latin"
mistake "an accent in text" ":2: byte 0xe9; outside comments text is plain ASCII" run "$tmp/latin"
mistake "unknown implementation" "no implementation is called 'slub'" run -i slub "$first"
mistake "implementation named twice" "named twice" run -i buddy,buddy "$first"
mistake "empty name" "no implementation is called ''" run -i buddy, "$first"
mistake "two programs for show" "exactly one program" show a b
mistake "output into a missing folder" "No such file" show -o "$tmp/no/where" "$first"
mistake "nothing to minimise" "shows no finding" min "$first"
mistake "nothing to test" "shows no finding" emit-c "$first"
mistake "check without a name" "the name of an implementation is wanted" check
mistake "bad number" "check: --runs wants a number from 1 to [0-9]*, not .many." check -n many buddy
mistake "arguments for impls" "takes no arguments" impls x
mistake "import of a missing file" "No such file" import nosuchfile
mistake "import of a directory" "directory" import corpus
mistake "import of an empty file" "empty" import "$tmp/empty"
mistake "import of something else" "" import Makefile
mistake "campaign without a target" "No such file" fuzz --target "$tmp/nothing"
mistake "compare without a program" "" compare

"$pf" >"$tmp/out" 2>"$tmp/err"
[ $? = 2 ] && grep -q usage "$tmp/err" && ok "no command" || not_ok "no command"
for c in run show asm min emit-c import compare impls check generate record golden results fuzz status; do
	check "$c --help" bash -c "$pf $c --help | grep -q '^usage: pagefuzz $c'"
done
check "help" bash -c "$pf --help | grep -q 'Exit status'"

# Full disk: what can't be written is said.
if [ -w /dev/full ]; then
	mistake "full disk" "No space left" show -o /dev/full "$first"
fi

# Both forms, both ways, for every seed.
bad=
for seed in corpus/seeds/*.txt; do
	$pf asm -o "$tmp/1.bin" "$seed" && $pf show -o "$tmp/1.txt" "$tmp/1.bin" &&
		$pf asm -o "$tmp/2.bin" "$tmp/1.txt" && cmp -s "$tmp/1.bin" "$tmp/2.bin" || bad="$bad $seed"
done
if [ -z "$bad" ]; then ok "text and bytes of all seeds"; else not_ok "text and bytes:$bad"; fi

# The seeds are the regression tests.
for seed in corpus/seeds/*.txt corpus/regressions/*.txt; do
	[ -e "$seed" ] || continue
	check "$seed" $pf run -q "$seed"
	check "$seed says what it provokes" bash -c "head -n 1 '$seed' | grep -q '^# ..........'"
done
kinds=$(cat corpus/seeds/*.txt | grep -v '^ *#' | awk 'NF {print $1}' | sort -u | wc -l)
all=$(grep -c '^	X(' oracle/op.h)
if [ "$kinds" = "$all" ]; then ok "the seeds use all $all operations"; else not_ok "the seeds use $kinds operations of $all"; fi

check "standard input" bash -c "echo 'alloc a1 order=3' | $pf run -q -"
check "trace shows answers" bash -c "echo 'alloc a1 order=3' | $pf run -t - | grep -q 'linux *pfn'"
check "maps" bash -c "echo 'alloc a1 order=3 movable' | $pf run -m - | grep -q '####'"
check "one lineup" bash -c "echo 'alloc a1' | $pf run -i buddy - | grep -q '^buddy'"
check "impls lists all" bash -c "[ \$($pf impls | grep -cE '^(bitmap|buddy|mobility|linux) ') = 4 ]"
for impl in bitmap buddy mobility linux; do
	check "check $impl" $pf check -n 1500 $impl corpus/seeds/*.txt
done
# Transcripts: by path, to standard output, several at a time.
echo 'alloc a1 order=3' >"$tmp/one.txt"
printf 'alloc a1 order=3\nfree a1\n' >"$tmp/two.txt"
printf 'config pages=2048\nalloc a1 order=3\n' >"$tmp/larger.txt"
for name in one two larger; do
	$pf record -i linux -o "$tmp/$name.tr" "$tmp/$name.txt" >/dev/null
done
cp "$tmp/one.tr" "$tmp/o,n,e.tr"
check "golden takes a path" $pf golden -q "$tmp/o,n,e.tr"
check "record to standard output" bash -c "$pf record -i linux -o - $tmp/one.txt | cmp - $tmp/one.tr"
check "no file is called -" test ! -e -
check "record from a path with a comma" \
	bash -c "$pf record -i 'recorded:$tmp/o,n,e.tr' -o $tmp/again.tr $tmp/one.txt"
check "two transcripts in a lineup" \
	bash -c "$pf run -i linux,recorded:$tmp/one.tr,recorded:$tmp/one.tr $tmp/one.txt | grep -q '^recorded2 '"
printf 'free a9\ncheck\nalloc a1\n' >"$tmp/quiet.txt"
check "a program that begins with no call is recorded" \
	$pf record -i linux -o "$tmp/quiet.tr" "$tmp/quiet.txt"
check "and played" $pf golden -q "$tmp/quiet.tr"
mistake "transcripts of two programs" "two.tr holds another program than recorded:.*one.tr" \
	run -i "linux,recorded:$tmp/one.tr,recorded:$tmp/two.tr" "$tmp/one.txt"
check "a transcript of other memory takes no part" \
	bash -c "$pf run -i linux,recorded:$tmp/one.tr,recorded:$tmp/larger.tr $tmp/one.txt 2>&1 >/dev/null |
		grep -q 'larger.tr starts from other memory than recorded:.*one.tr .*takes no part$'"
sed '1s/built-in/6.12.3/' "$tmp/one.tr" >"$tmp/other.tr"
mistake "golden of another group" "nothing was compared: it is of group linux-6.12, linux of" \
	golden -q "$tmp/other.tr"
mistake "no laboratory" "no kernel in /nowhere .PAGEFUZZ_LAB." \
	--lab /nowhere run -i kernel "$tmp/one.txt"
check "check all together" $pf check -n 3000 -w bitmap,buddy,mobility linux corpus/seeds/*.txt
check "replay without an engine" build/fuzz-address-undefined/replay_lockstep build/seeds-bytes
finish
