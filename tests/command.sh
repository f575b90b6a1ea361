#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# command.sh - what all subcommands have in common: one vocabulary of options, strict
# values, no lost output, files written in all or not at all, an end on Ctrl-C.
. "$(dirname "$0")/lib.sh"
pf=$PWD/build/gcc/pagefuzz
plain=$PWD/build/pagefuzz
first=$(echo corpus/seeds/*.txt | cut -d" " -f1)
cp "$first" "$tmp/seed.txt"
all="run show asm min emit-c import compare impls new build check generate record golden results fuzz status"

# says STATUS PATTERN COMMAND...: that status, and exactly one line on stderr that matches.
says() {
	local want=$1 pattern=$2 status
	shift 2
	"$@" 2>"$tmp/err" </dev/null
	status=$?
	[ $status = "$want" ] && [ "$(wc -l <"$tmp/err")" = 1 ] && grep -qE -- "$pattern" "$tmp/err" && return
	echo "status $status: $(head -n 3 "$tmp/err")"
	return 1
}
mistake() { # NAME PATTERN ARGUMENT...
	local name=$1 pattern=$2
	shift 2
	check "mistake: $name" says 2 "$pattern" "$pf" "$@"
}

# ---------------------------------------------------------------- options --

for c in $all; do
	"$pf" $c --help | sed -nE 's/^  (-[a-z]), --([a-z-]+).*/\1 \2/p'
done | sort -u >"$tmp/letters"
check "a letter means the same everywhere" bash -c "[ -s $tmp/letters ] && [ -z \"\$(cut -d' ' -f1 $tmp/letters | uniq -d)\" ]"
check "an option has the same letter everywhere" bash -c "[ -z \"\$(cut -d' ' -f2 $tmp/letters | sort | uniq -d)\" ]"
for value in "' 5'" 0 -1 +5 0x10 5x "''" 99999999999999999999999 1.5; do
	eval "mistake \"-n $value\" \"check: --runs wants a number from 1 to\" check -n $value buddy"
done
mistake "--seconds 0" "check: --seconds wants a number from 1 to" check --seconds 0 buddy
mistake "--pages 0" "generate: --pages wants a number from" generate --pages 0 buddy
mistake "--ops 0" "generate: --ops wants a number from" generate --ops 0 buddy
mistake "--seed" "generate: --seed wants a number of 64 bits, not 'x'" generate --seed x buddy
mistake "--timeout 0" "run: --timeout wants a number from" run --timeout 0 "$first"
mistake "--workers 0" "fuzz: --workers wants a number from 1 to 8" fuzz --workers 0
mistake "a value that is missing" "check: '--runs' needs a value" check buddy --runs
mistake "a value for a flag" "run: '--quiet' takes no value" run --quiet=1 "$first"
mistake "an unknown letter among others" "run: '-z' is no option" run -qz "$first"
mistake "a long option cut short" "run: '--impl' is no option" run --impl buddy "$first"
mistake "surplus for results" "results: takes no arguments, not 'x'" results x
mistake "surplus for impls" "impls: takes no arguments, not 'x'" impls x
mistake "surplus for fuzz" "fuzz: at most one lineup is wanted, not 2" fuzz buddy linux
mistake "surplus for generate" "generate: exactly one profile is wanted, not 2" generate buddy pcp
mistake "surplus for compare" "compare: exactly one program is wanted, not 2" compare "$first" "$first"
mistake "an option behind --" "No such file" show -- -o
for c in $all; do
	mistake "$c --frob" "$c: '--frob' is no option" $c --frob
done
for line in "-n 40 --seed 3 buddy" "--seed 3 buddy -n 40" "buddy --seed=3 -n40" "-n 1 -s3 -n 40 buddy --seconds 100" \
	"--seconds 100 buddy --runs=40 -s 3"; do
	"$pf" check $line | cksum
done | sort -u >"$tmp/orders"
check "options in any order" test "$(wc -l <"$tmp/orders")" = 1
check "whichever limit comes first" bash -c "$pf check --seconds 1 -n 1000000000 buddy | grep -q 'conforms: '"

# ----------------------------------------------------------------- output --

printf 'alloc a1 order=3\nalloc a2\n' >"$tmp/p.txt"
sed 's/order=3/order=4/' "$tmp/p.txt" >"$tmp/q.txt"
"$pf" record -i linux -o "$tmp/p.tr" "$tmp/p.txt" >/dev/null
odd="-i linux,recorded:$tmp/p.tr" # shows a finding of q.txt
"$pf" run -q --ftrace "$tmp/trace.txt" -i linux "$tmp/p.txt"
while read -r line; do
	# shellcheck disable=SC2086 # words
	set -- $line
	for way in ">/dev/full" ">&-"; do
		case $way in *full) pattern="No space left" ;; *) pattern="Bad file descriptor" ;; esac
		check "$1 ${2:-} ... $way" bash -c "$(declare -f says); tmp=$tmp; says 2 'pagefuzz: standard output: $pattern' $plain $line $way"
	done
done <<END
--help
run $first
run $odd $tmp/q.txt
run --hash -q $first
run -t $first
run --ftrace - -i linux $first
show $first
asm $first
import -q $tmp/trace.txt
compare -n 1 $first
impls
check -n 20 buddy
generate --ops 10 buddy
golden $tmp/p.tr
record -i linux -o - $tmp/p.txt
record -i linux -o $tmp/p2.tr $tmp/p.txt
results --quick
$(for c in $all; do echo "$c --help"; done)
END

"$plain" min $odd "$tmp/q.txt" >/dev/full 2>"$tmp/err"
[ $? = 2 ] && [ "$(tail -n 1 "$tmp/err")" = "pagefuzz: standard output: No space left on device" ] &&
	ok "min ... >/dev/full" || not_ok "min ... >/dev/full: $(cat "$tmp/err")"

# A file is there in all or not at all.
left() { # nothing but what is expected
	! find "$tmp" -name '.*.??????' | grep .
}
echo old >"$tmp/keep"
"$pf" generate --ops 2000 -o "$tmp/large.txt" buddy
check "a file that can't be written is as it was" bash -c "
	trap '' XFSZ; ulimit -f 1; $(declare -f says); tmp=$tmp
	says 2 'keep: File too large' $plain show -o $tmp/keep $tmp/large.txt && grep -qx old $tmp/keep"
check "nothing is left beside it" left
check "output onto the input: show" bash -c "cp $first $tmp/x && $pf show -o $tmp/x $tmp/x && [ -s $tmp/x ]"
check "output onto the input: min" bash -c "cp $tmp/q.txt $tmp/x && $pf min $odd -o $tmp/x $tmp/x && grep -q alloc $tmp/x"
check "output onto the input: run --ftrace" bash -c "
	cp $tmp/p.txt $tmp/x && $pf run -q -i linux --ftrace $tmp/x $tmp/x && grep -q mm_page_alloc $tmp/x"
chmod 640 "$tmp/keep" && ln -sf keep "$tmp/link"
check "mode and link are kept" bash -c "$pf show -o $tmp/link $first && [ -L $tmp/link ] && [ \$(stat -c %a $tmp/keep) = 640 ]"
check "a device is written directly" bash -c "$pf show -o /dev/null $first && [ -c /dev/null ]"
mkfifo "$tmp/fifo"
cat "$tmp/fifo" >"$tmp/through" &
check "and a pipe" "$pf" show -o "$tmp/fifo" "$first"
wait $!
check "with everything in it" bash -c "$pf show $first | cmp - $tmp/through"
for c in "show $first" "asm $first" "generate --ops 5 pcp" "import -q $tmp/trace.txt" "min $odd $tmp/q.txt"; do
	check "${c%% *} -o - is standard output" bash -c "cd $tmp && p=\$PWD && cd - >/dev/null && $pf $c -o - 2>/dev/null | cmp - <($pf $c 2>/dev/null) && [ ! -e - ]"
done
check "no output file without its input" bash -c "! $pf show -o $tmp/none $tmp/missing 2>/dev/null && [ ! -e $tmp/none ]"
: >"$tmp/file"
mistake "findings into a file" "file: (is no folder|File exists|Not a directory)" \
	fuzz --target "$pf" --corpus "$tmp/corpus" --findings "$tmp/file"
mistake "check can't save" "No such file" check -n 5 -o "$tmp/no/where" buddy

# ------------------------------------------------------------------ input --

gzip -c "$tmp/seed.txt" >"$tmp/seed.gz"
check "a gzipped program" bash -c "$pf show $tmp/seed.gz | cmp - <($pf show $tmp/seed.txt)"
check "from standard input" bash -c "$pf show - <$tmp/seed.gz | cmp - <($pf show $tmp/seed.txt)"
cat "$tmp/seed.gz" "$tmp/seed.gz" >"$tmp/twice.gz"
check "in two parts" bash -c "$pf show $tmp/twice.gz >$tmp/out 2>&1 || grep -q 'twice.gz:[0-9]*: ' $tmp/out"
head -c 60 "$tmp/seed.gz" >"$tmp/cut.gz"
mistake "a gzipped file cut short" "cut.gz: is gzipped, but broken" show "$tmp/cut.gz"
(head -c 30 "$tmp/seed.gz"; echo garbage; tail -c +40 "$tmp/seed.gz") >"$tmp/bad.gz"
mistake "a gzipped file that is broken" "bad.gz: is gzipped, but broken" show "$tmp/bad.gz"
check "standard input has a name" bash -c "$(declare -f says); tmp=$tmp; echo frob >$tmp/frob
	p() { $pf show - <$tmp/frob; }; ! p 2>$tmp/err && grep -q '^pagefuzz: standard input:1: ' $tmp/err"

# -------------------------------------------------------------- interrupts --

# interrupted NAME STATUS PATTERN ARGUMENT...: SIGINT, then SIGTERM to another run.
interrupted() {
	local name=$1 want=$2 pattern=$3 status signal
	shift 3
	for signal in INT TERM; do
		(cd "$tmp" && exec "$plain" "$@" >"$tmp/out" 2>"$tmp/err") &
		sleep 2
		kill -$signal $!
		wait $!
		status=$?
		if [ $status = "$want" ] && grep -qE "$pattern" "$tmp/out" "$tmp/err"; then
			ok "SIG$signal to $name"
		else
			not_ok "SIG$signal to $name: status $status"
			tail -n 3 "$tmp/out" "$tmp/err" | sed 's/^/# /'
		fi
	done
}
"$plain" generate --ops 800000 -o "$tmp/long.txt" mixed
"$plain" generate --ops 2000000 -o "$tmp/longer.txt" mixed
interrupted check 0 '^interrupted: linux so far: [1-9][0-9]* programs' check -n 100000000 linux
interrupted "check of what takes long" 0 '^interrupted: linux so far: [0-4] programs' check -n 1 -w buddy,mobility,linux-plain linux \
	"$tmp/long.txt" "$tmp/long.txt" "$tmp/long.txt" "$tmp/long.txt"
for signal in INT TERM; do
	"$plain" run -q -i linux --ftrace "$tmp/cut.trace" "$tmp/longer.txt" >/dev/null 2>"$tmp/err" &
	for ((i = 0; i < 100; i++)); do
		[ -n "$(find "$tmp" -name '.cut.trace.*')" ] && break
		sleep 0.1
	done
	kill -$signal $!
	wait $!
	if [ $? = 2 ] && grep -q 'run: interrupted in ' "$tmp/err"; then ok "SIG$signal to run"; else not_ok "SIG$signal to run: $(cat "$tmp/err")"; fi
done
check "which is not there then" test ! -e "$tmp/cut.trace"
interrupted compare 2 'compare: interrupted' compare -n 1000 -i buddy,linux --no-check "$tmp/long.txt"
"$plain" record -i linux -o "$tmp/long.tr" "$tmp/long.txt" >/dev/null
interrupted golden 2 'golden: interrupted in .*, number [0-9]+ of 60' golden $(printf "$tmp/long.tr %.0s" {1..60})
interrupted results 2 'results: interrupted, [0-9]+ of 50' results -n 50
check "nothing is left of them" left

# --------------------------------------------------------------- progress --

# A terminal of its own, whose output both streams are.
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
	script -qec "$plain check --seconds 4 buddy" /dev/null </dev/null >"$tmp/terminal" 2>&1
	check "progress on a terminal" grep -q 'check buddy: [0-9]* programs, [0-9]* s' "$tmp/terminal"
else
	skip "progress on a terminal: this machine gives none (no /dev/pts?)"
fi
"$plain" check --seconds 4 buddy >"$tmp/out" 2>"$tmp/err"
check "none into a file" test ! -s "$tmp/err"

# Sizes that no machine can have, in one line, whether there is a laboratory or not.
for place in dimm=100 dimm=0 boot=64 split=4096 cellar; do
	! "$plain" run -i "linux,kernel:$place" corpus/seeds/compact-simple.txt >/dev/null 2>"$tmp/err"
	check "kernel:$place in one line" test "$(wc -l <"$tmp/err")" = 1
done

# -------------------------------------------------------------- workloads --

# Transcripts are named after workload, length and seed: these never change.
for profile in $("$plain" generate --help | sed -n '/^profiles/,$p' | awk 'NR > 1 && $1 != "fuzzer" {print $1}'); do
	for seed in 1 7; do
		echo "$profile $seed $("$plain" generate --ops 4000 --seed $seed --pages 4096 --bytes "$profile" | cksum)"
	done
done >"$tmp/workloads"
check "workloads are as they were" diff tests/workloads.txt "$tmp/workloads"
finish
