#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# plugins.sh - implementations in shared libraries: what new scaffolds and build builds
# conforms, globals are part of the state, each mistake is one clear line, and a plug-in that
# harms whoever runs it gets its verdict.
. "$(dirname "$0")/lib.sh"
pf=$PWD/build/pagefuzz
here=$PWD
cd "$tmp" || exit 2

# ----------------------------------------------------------- new and build --

for kind in c cxx; do
	for form in whole zoned run; do
		name=${form}_$kind
		# shellcheck disable=SC2046 # options
		"$pf" new $([ $kind = cxx ] && echo --cxx) $([ $form != whole ] && echo --$form) "$name" >out 2>&1
		# shellcheck disable=SC2086 # a pattern
		check "build: $name" bash -c "'$pf' build --fuzz -o $name.so $name.c* -- -Werror"
		check "check: $name conforms" "$pf" check -n 500 "./$name.so"
	done
done
check "build: what the linker is told" "$pf" build --fuzz -o linked.so zoned_c.c -- -Werror -Wl,-z,now -L. -lm
cat >virtual.cc <<END
struct base {
	virtual ~base() {}
	virtual int say() { return 1; }
};
int say(base *b, int (*other)()) { return b->say() + other(); }
END
"$pf" build --fuzz -o virtual.so zoned_cxx.cc virtual.cc >out 2>&1
check "fuzz: all of C++ can be loaded" "$pf" fuzz --seconds 1 --workers 1 --corpus corpus-virtual ./virtual.so
for compiler in g++ clang++; do
	CXX=$compiler "$pf" build -o other.so zoned_cxx.cc >out 2>&1
	check "check: with $compiler" "$pf" check -n 200 ./other.so
done
touch -d '1 hour ago' zoned_c.fuzz.so
"$pf" build zoned_c.c >out 2>&1
check "build leaves no X.fuzz.so behind that is old" test zoned_c.fuzz.so -nt zoned_c.so
check "new does not write over what is there" bash -c "! '$pf' new whole_c"
check "new refuses names that are none" bash -c "! '$pf' new 2nd && ! '$pf' new Mine && ! '$pf' new a-b"

# ----------------------------------------------------------------- globals --

build() { # NAME SOURCE FLAG...
	local name=$1 source=$2
	shift 2
	"$pf" build -o "$name.so" "$source" -- "$@"
}
check "build: globals" build globals "$here/tests/plugins/globals.c"
cat >one.txt <<END
config max_order=0
config pages=256
bulk a0 count=40 movable
alloc a1 order=0
free a0
alloc a2 order=0 movable
check
END
sed 's/40/41/' one.txt >two.txt
hashes=$("$pf" run -q --hash -i ./globals.so one.txt two.txt one.txt two.txt | cut -d' ' -f1 | paste -sd' ')
read -r a b c d <<<"$hashes"
check "twice in a process is the same" test "$a $b" = "$c $d"
check "and what is asked matters" test "$a" != "$b"
check "and in another process" test "$("$pf" run -q --hash -i ./globals.so one.txt | cut -d' ' -f1)" = "$a"
check "check: globals conforms" "$pf" check -n 2000 ./globals.so
check "run: with others" "$pf" run -q -i buddy,./globals.so one.txt
check "compare" bash -c "'$pf' compare -i buddy,./globals.so one.txt | grep -q globals"
check "a plug-in twice shares its memory" bash -c "! '$pf' run -i ./globals.so,$tmp/globals.so one.txt 2>err && grep -q 'named twice\|in common' err"

# ------------------------------------------------------------- whole blocks --

check "build: whole" build whole "$here/tests/plugins/whole.c" -Werror
check "a library that frees whole blocks only conforms" "$pf" check -n 4000 -w buddy ./whole.so "$here"/corpus/seeds/*.txt
cat >split.txt <<END
alloc a0 order=3 movable
split a0
free a0
bulk a1 count=9
free a1
exact a2 count=5
free a2
check
END
check "its split pages are kept and come back" "$pf" run -q -i buddy,./whole.so split.txt
build parts "$here/tests/plugins/whole.c" -DTAKES_PARTS=1 >/dev/null
"$pf" run -i ./parts.so split.txt >out 2>&1
[ $? = 1 ] && grep -q '^finding   assertion/whole/' out && ok "without that it would complain" || not_ok "parts: $(grep '^finding' out)"

# ------------------------------------------------------------ a newcomer's --

summary() { # FAULT OPTION...
	local fault=$1
	shift
	"$pf" build "$@" -o "summary$fault.so" "$here/tests/plugins/summary.c" -- -DFAULT="$fault" >out 2>&1
}
summary 0
check "a bitmap of two levels conforms" "$pf" check -q ./summary0.so
summary 1 --fuzz
"$pf" check -o summary.txt ./summary1.so >out
check "what shows from page 2048 on only is found" grep -q '^finding   feasibility/summary/' out
check "the story tells what is freed on the way" grep -q '(what was there is freed first)' out
check "and whether watermarks count" grep -q 'it promises none, no PF_F_WATERMARKS' out
cat >shift.txt <<END
# crash-undefined-behavior-somewhere
# on ./summary1.so
config pages=4096
config max_order=0
bulk a0 count=500
bulk a1 count=512
bulk a2 count=512
bulk a3 count=512
alloc a4 order=0
free a3
END
"$pf" run -q -i ./summary1.so shift.txt
check "no law sees that a shift is undefined" test $? = 0
"$pf" run --in-target -i ./summary1.so shift.txt >out
[ $? = 1 ] && grep -q 'runtime error: left shift' out && ok "run --in-target shows it" || not_ok "in the target: $(head -n 3 out)"
"$pf" min -o small.txt shift.txt 2>err
[ $? = 0 ] && grep -q '^# crash-undefined-behavior-.*summary.c-' small.txt && [ "$(grep -vc '^#' small.txt)" -lt 8 ] &&
	ok "min: $(tail -n 1 err)" || not_ok "min in the target: $(cat err)"
check "emit-c says why not" bash -c "! '$pf' emit-c small.txt 2>err && grep -q 'sanitizers of the fuzz target' err"
summary 2
"$pf" check -o summary.txt ./summary2.so >out
grep -q '^finding   crash/summary/' out && grep -q '^before it$' out && ok "the story of a crash in free" || not_ok "crash: $(head out)"
printf 'alloc a0 order=3\n' >large.txt
check "whose limits a program is beyond" bash -c "! '$pf' run -i ./summary0.so large.txt 2>err && grep -q 'max_order=.* only up to 0 is taken' err"

# ------------------------------------------------------------------- report --

"$pf" check -n 500 -w buddy --json report.json ./run_c.so >out
row() { # LAW TEXT
	if grep -Eq "^$1 +$2" out; then ok "report: $1"; else not_ok "report: $1: $(grep "^$1 " out)"; fi
}
row placement '[1-9][0-9]*  held$'
row liveness '[1-9][0-9]*  held, in all operations$'
row totals '[1-9][0-9]*  held$'
row largest '[1-9][0-9]*  held$'
row reserves '-  never: it promises no watermarks'
row settled '-  never: it has no compact'
row exact '-  never: it is nobody'
row mirrored '-  never: it has no claim'
"$pf" check -n 500 -w buddy ./whole.so >out
row mirrored '[1-9][0-9]*  held$'
"$pf" check -n 500 -w buddy --json report.json ./run_c.so >out
laws=$(sed -n '/PF_LAWS(X)/,/clang-format on/p' "$here/oracle/blame.h" | grep -c 'X([A-Z_]*, [a-z_]*, [A-Z_]*, "')
check "report: all $laws laws" test "$(grep -Ec '(held|never: .*|held, .*)$' out)" = "$laws"
json() { # FILE FIELD...: as a program sees it
	perl -MJSON::PP -0777 -e 'my $o = decode_json(<STDIN>); $o = ref $o eq "ARRAY" ? $o->[$_] : $o->{$_} for @ARGV; print $o // "null"' "${@:2}" <"$1"
}
check "json: conforms" test "$(json report.json conforms) $(json report.json implementation) $(json report.json laws 0 result)" = "1 ./run_c.so held"
"$pf" check -n 500 --json - ./run_c.so >stdout.json
check "json: and nothing else" test "$(json stdout.json programs)" = 500

build shy "$here/tests/plugins/globals.c" -DWRONG=7 >/dev/null
"$pf" check -n 3000 ./shy.so >out
check "layouts are made simpler until they are taken" grep -q 'refused most layouts, so that simpler ones were made' out
check "and then it is judged" bash -c "sed -n 's/.*conforms: \([0-9]*\) programs.*/\1/p' out | grep -qxE '[12][0-9]{3}'"

# ---------------------------------------------------------------- mistakes --

wrong=0
mistake() { # TEXT PATH
	"$pf" run -i "buddy,$2" one.txt >out 2>err
	if [ $? = 2 ] && [ "$(wc -l <err)" = 1 ] && [ ! -s out ] && grep -q "$1" err; then
		ok "mistake: $(cat err)"
	else
		not_ok "mistake: $2 is not '$1'"
		sed 's/^/# /' out err | head
	fi
}
for text in 'globals has no census(), which impl.h requires' 'made for version 1 of the contract, this is version 2' \
	"its name 'Globals, and much mo' is none" 'no line PF_PLUGIN' 'undefined symbol: nobody_has_this' \
	'could not be opened.*signal'; do
	wrong=$((wrong + 1))
	build "wrong$wrong" "$here/tests/plugins/globals.c" -DWRONG=$wrong >/dev/null 2>&1
	mistake "$text" "./wrong$wrong.so"
done
mistake 'name the source or the library that has it, too' ./wrong5.so
build tls "$here/tests/plugins/globals.c" -DWRONG=8 >/dev/null 2>&1
mistake 'GLIBC_TUNABLES=glibc.rtld.optional_static_tls' ./tls.so
check "and with that it runs" env GLIBC_TUNABLES=glibc.rtld.optional_static_tls=65536 "$pf" run -q -i ./tls.so one.txt
mistake 'no such plug-in' ./nothing.so
mistake 'a path with a slash in it: ./globals.so' globals.so
mistake 'a path with a slash in it: ./globals.so' globals
mistake 'is no plug-in: that is a file whose name ends in .so' ./one.txt
echo 'no library' >text.so
mistake 'invalid ELF header\|file too short' ./text.so
mistake 'only the fuzz target can load' ./zoned_c.fuzz.so
# ------------------------------------------------------------ those that harm --

# verdict MEMBER SIGNATURE: what check says, and min goes on with; then a campaign.
verdict() {
	local status
	build "$1" "$here/tests/broken/broken.c" -DBROKEN_PLUGIN="$1" -Wno-infinite-recursion -Wno-unused >out 2>&1 ||
		{ not_ok "build: $1" && head out && return; }
	timeout 300 "$pf" check --timeout 1 -n 3000 -o "found-$1.txt" "./$1.so" >out 2>err
	status=$?
	if [ $status = 1 ] && grep -Eq "^finding   $2\$" out && grep -qx "# on ./$1.so" "found-$1.txt"; then
		ok "check: $(sed -n 's/^finding *//p' out)"
	else
		not_ok "check: $1, status $status: $(grep '^finding' out) $(head -n 2 err)"
		return
	fi
	timeout 300 "$pf" min --timeout 1 --seconds 40 -o small.txt "found-$1.txt" 2>err &&
		[ "$(grep -vc '^#' small.txt)" -le 6 ] && ok "min: $(tail -n 1 err)" || not_ok "min: $1: $(tail -n 1 err)"
}
verdict crash crash/crash/alloc
verdict loop hang/loop/alloc
verdict abort_ crash/abort_/alloc
verdict exit_ crash/exit_/alloc
verdict wild crash/wild/alloc
verdict leak '(conservation|coalesced)/leak/free'
verdict census census/census/'[a-z]+'
verdict unaligned placement/unaligned/alloc
verdict double_ exclusive/double_/alloc
verdict stack crash/stack/alloc
verdict fork_ crash/fork_/alloc
verdict asserts assertion/asserts/alloc
verdict shoots crash/shoots/alloc

mkdir own && cd own || exit 2
"$pf" check -w buddy --json - ../leak.so >report.json
check "check exits with 1" test $? = 1
saved=findings/check-conservation-leak-free
check "json: the finding" test "$(json report.json conforms) $(json report.json finding signature) $(json report.json finding program)" = \
	"0 conservation/leak/free $saved.txt"
check "made small without being asked" test "$(json report.json finding smallest) $(grep -vc '^#' $saved-small.txt)" = "$saved-small.txt 4"
"$pf" check -w buddy ../leak.so >../out
cd ..
row conservation '[0-9]+  BROKEN  4 operations, in findings/check-conservation-leak-free-small.txt'

"$pf" emit-c -o test.c found-double_.txt
check "emit-c names the path" grep -qF '"./double_.so"' test.c
check "its test builds" cc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -I"$here" -o test test.c "$here/build/libpagefuzz.a"
./test >out
[ $? = 1 ] && grep -q '^exclusive/double_/alloc' out && ok "and fails with the finding" || not_ok "the test says $(cat out)"

# Who forks or is killed by signal 9 leaves libFuzzer nothing to save.
for member in crash exit_ leak wild loop abort_ census unaligned double_ stack asserts; do
	"$pf" build --fuzz -o "$member.so" "$here/tests/broken/broken.c" -- -DBROKEN_PLUGIN="$member" \
		-Wno-infinite-recursion >out 2>&1
	"$pf" fuzz --seconds 6 --timeout 2 --workers 1 --corpus "corpus-$member" --findings "findings-$member" \
		"buddy,./$member.so" >out 2>&1
	status=$?
	saved=$(cd "findings-$member" 2>/dev/null && ls -d */ 2>/dev/null | head -n 1 | tr -d /)
	if [ $status = 1 ] && [ -s "findings-$member/$saved/input.bin" ] && grep -q "$member" <<<"$saved" &&
		grep -qx "# on buddy,./$member.so" "findings-$member/$saved/input.txt"; then
		ok "campaign: $saved"
	else
		not_ok "campaign: $member, status $status, saved '$saved'"
		tail -n 8 out | sed 's/^/# /'
	fi
done
cd "$here" || exit 2
finish
