#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The oracle must prove itself: build implementations with a seeded fault each, and
# see that it finds the fault, by the right law, and blames the right one.
#
# usage: tests/faults.sh [IMPL | IMPL/NAME]...      (default: all faults)
#
# A fault is a patch, tests/faults/IMPL/NAME.patch, to a copy of impls/IMPL. Lines
# before the diff say what is wrong and which signatures are right (an extended
# regular expression):
#
#	fault: a freed block of the second-largest order is never merged
#	expect: ^coalesced/buddy/
#
# Environment: CC (cc), BUILD (build/faults), SECONDS_EACH (20) for a fault that the
# seeds don't show, SECONDS_CONTROL (3) for the tree without a fault, JOBS (2).
set -eu

cd "$(dirname "$0")/.."
CC=${CC:-cc}
BUILD=${BUILD:-build/faults}
SECONDS_EACH=${SECONDS_EACH:-20}
SECONDS_CONTROL=${SECONDS_CONTROL:-3}
JOBS=${JOBS:-2}
export CC BUILD SECONDS_EACH SECONDS_CONTROL JOBS

FLAGS="-std=gnu11 -D_GNU_SOURCE -O1 -Wall -Wextra -Wno-unused-parameter"
CORE=$(make -s print-CORE)
COMMAND=$(make -s print-COMMAND)
LIBS=$(make -s print-TRACE_LIBS)
TRACE_CFLAGS=$(make -s print-TRACE_CFLAGS)

compile() { # SOURCE OBJECT
	# shellcheck disable=SC2086 # the flags are words
	$CC $FLAGS $TRACE_CFLAGS -c -o "$2" "$1"
}

object_of() { # SOURCE: where the core keeps its object
	echo "$BUILD/core/$(echo "$1" | tr / _ | sed 's/\.c$/.o/')"
}

sources() {
	# shellcheck disable=SC2086 # lists of files
	printf '%s\n' tests/faults/hunt.c $CORE $COMMAND
}

# Hunt in a binary; prints "SIGNATURE<tab>how". A crash or a hang is an answer as well.
hunt() { # BINARY SECONDS OUTPUT
	status=0
	timeout -k 5 $(($2 + 30)) "$1" "$2" "$3" corpus/seeds/*.txt 2>"$3.err" || status=$?
	case $status in
	0) ;;
	124 | 137) printf 'hang\tno answer in %s s\n' $(($2 + 30)) ;;
	*) printf 'crash\texit status %s, see %s.err\n' "$status" "$3" ;;
	esac
}

# ------------------------------------------------------------- one fault --
try_fault() { # NUMBER IMPL/NAME
	impl=${2%%/*}
	patch=tests/faults/$2.patch
	dir=$BUILD/work/$2
	expect=$(sed -n '1,/^---/s/^expect: //p' "$patch")

	rm -rf "$dir"
	mkdir -p "$dir/impls/zoned"
	cp -R "impls/$impl" "$dir/impls/"
	cp impls/*.h "$dir/impls/"
	cp impls/zoned/*.h "$dir/impls/zoned/"
	if ! patch -d "$dir" -p1 -s -F0 <"$patch" >"$dir/patch.log" 2>&1; then
		echo "not ok $1 $2: the patch does not apply, see $dir/patch.log"
		return
	fi
	objects=
	for src in $(sources); do
		case $src in
		impls/"$impl"/*) ;;
		*) objects="$objects $(object_of "$src")" ;;
		esac
	done
	for src in "$dir/impls/$impl"/*.c; do
		if ! compile "$src" "${src%.c}.o" 2>"$dir/cc.log" || [ -s "$dir/cc.log" ]; then
			echo "not ok $1 $2: does not compile without warnings, see $dir/cc.log"
			return
		fi
		objects="$objects ${src%.c}.o"
	done
	# shellcheck disable=SC2086 # a list of files
	$CC -o "$dir/hunt" $objects $LIBS
	answer=$(hunt "$dir/hunt" "$SECONDS_EACH" "$dir/found.txt" | tail -n 1)
	signature=$(printf '%s\n' "$answer" | cut -f 1)
	how=$(printf '%s\n' "$answer" | cut -f 2)
	if printf '%s\n' "$signature" | grep -Eq -- "$expect"; then
		echo "ok $1 $2: $signature ($how)"
	else
		echo "not ok $1 $2: $signature ($how), expected $expect"
	fi
	rm -f "$dir/hunt"
}

try_control() { # NUMBER
	# shellcheck disable=SC2046 # a list of files
	$CC -o "$BUILD/control" $(for src in $(sources); do object_of "$src"; done) $LIBS
	answer=$(hunt "$BUILD/control" "$SECONDS_CONTROL" "$BUILD/control.txt" | tail -n 1)
	case $answer in
	clean*) echo "ok $1 control: $answer" ;;
	*) echo "not ok $1 control: $answer, expected clean; see $BUILD/control.txt" ;;
	esac | tr '\t' ' '
}

# Called again by the loops below, two at a time.
case ${1-} in
--compile)
	object=$(object_of "$2")
	mkdir -p "$BUILD/core"
	compile "$2" "$object"
	exit
	;;
--try)
	if [ "$3" = control ]; then
		try_control "$2"
	else
		try_fault "$2" "$3"
	fi | tee "$BUILD/out/$2"
	exit
	;;
esac

# ------------------------------------------------------------- all faults --
names() (
	cd tests/faults
	if [ $# = 0 ]; then
		printf '%s\n' */*.patch
	fi
	for n in "$@"; do
		case $n in
		*/*) printf '%s\n' "$n" ;;
		*) printf '%s\n' "$n"/*.patch ;;
		esac
	done
)

rm -rf "$BUILD/out" "$BUILD/work" "$BUILD/core"
mkdir -p "$BUILD/out"
list=$(names "$@" | sed 's/\.patch$//')
for n in $list; do
	if [ ! -f "tests/faults/$n.patch" ]; then
		echo "faults.sh: there is no tests/faults/$n.patch" >&2
		exit 2
	fi
done
sources | xargs -n 1 -P "$JOBS" sh tests/faults.sh --compile

number=1
{
	echo "1 control"
	for n in $list; do
		number=$((number + 1))
		echo "$number $n"
	done
} | xargs -n 2 -P "$JOBS" sh tests/faults.sh --try

good=$(cat "$BUILD"/out/* | grep -c '^ok' || true)
bad=$(cat "$BUILD"/out/* | grep -c '^not ok' || true)
echo "1..$((good + bad))"
echo "# $good ok, $bad not ok"
if [ "$bad" != 0 ] || [ $((good + bad)) != $(($(echo "$list" | wc -w) + 1)) ]; then
	exit 1
fi
