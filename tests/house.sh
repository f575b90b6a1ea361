#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# house.sh - the order of the house: three floors and no arrow up, a license line
# in each file, a README in each folder, formatted code, sizes.
. "$(dirname "$0")/lib.sh"

# includes FOLDER ALLOWED-REGEX: every quoted include of the folder's files.
includes() {
	local bad
	bad=$(git ls-files "$1" | grep -E '\.[ch]$' | xargs grep -Hn '#include "' | grep -vE "$2")
	if [ -z "$bad" ]; then
		ok "includes of $1"
	else
		not_ok "includes of $1 go where they may not"
		echo "$bad" | head | sed 's/^/# /'
	fi
}

for impl in impls/*/; do
	name=$(basename "$impl")
	case $name in
	kernel | linux | recorded) contract='impl|dump' ;;
	# Part of it is compiled with a kernel tree, whose files it names in angle brackets.
	source) contract='impl|dump|\.\./impl|\.\./dump|abi' ;;
	*) contract='impl' ;;
	esac
	includes "impls/$name" "\"(\.\./($contract)\.h|\.\./zoned/zoned\.h|[a-z_0-9]+\.h)\""
done
includes oracle '"(\.\./impls/(impl|dump|names)\.h|[a-z_0-9]+\.h)"'
# targets/: the language knows operations and the layout they configure, nothing else; engines and import stand on it;
# the command on all of them.
of_impls='impl|dump|names|builtin|kernel/kernel|recorded/[a-z_]+|linux/linux'
includes targets/language '"(\.\./\.\./impls/impl\.h|\.\./\.\./oracle/(op|layout)\.h|[a-z_0-9]+\.h)"'
includes targets/engines '"(\.\./\.\./impls/(impl|builtin|linux/linux|source/source|recorded/recorded)\.h|\.\./\.\./oracle/(oracle|op|layout|layout_check)\.h|\.\./(language|import)/[a-z_]+\.h|[a-z_0-9]+\.h)"'
includes targets/import '"(\.\./\.\./impls/impl\.h|\.\./\.\./oracle/op\.h|\.\./language/[a-z_]+\.h|[a-z_0-9]+\.h)"'
includes targets/workloads '"(\.\./\.\./impls/impl\.h|\.\./\.\./oracle/op\.h|\.\./language/[a-z_]+\.h|[a-z_0-9]+\.h)"'
includes targets/command "\"(\.\./\.\./impls/($of_impls)\.h|\.\./\.\./oracle/(oracle|op|layout|layout_check|cpus)\.h|\.\./(language|engines|import|workloads)/[a-z_]+\.h|[a-z_0-9]+\.h)\""

missing=$(git ls-files '*.c' '*.h' '*.sh' Makefile scripts tests .ci | grep -vE '\.(md|txt|patch)$' |
	while read -r f; do head -n 3 "$f" | grep -q 'SPDX-License-Identifier: ' || echo "$f"; done)
if [ -z "$missing" ]; then ok "license lines"; else not_ok "no license line:" $missing; fi

for f in impls/impl.h impls/dump.h impls/zoned/zoned.h; do
	check "$f is MIT" grep -q 'SPDX-License-Identifier: MIT' $f
done

for dir in targets oracle impls corpus scripts tests impls/*/ corpus/*/; do
	dir=${dir%/}
	case $dir in corpus/work) continue ;; esac
	check "README of $dir" test -s "$dir/README.md"
done

if command -v clang-format >/dev/null 2>&1; then
	check "formatted" bash -c 'git ls-files "*.c" "*.h" | xargs clang-format --dry-run -Werror'
fi

# All that an implementation keeps is in its state block, or in an object of its maker's:
# no variable of a file or a function that could be written to.
statics() { # OBJECT...
	nm -f sysv "$@" | awk -F'|' '$4 ~ /OBJECT|TLS|COMMON/ && $7 !~ /^ *(\.rodata|\.data\.rel\.ro|\*UND\*)/ {print $1}'
}
echo 'static int calls; int next(void) { return ++calls; }' >"$tmp/static.c"
gcc -O2 -c -o "$tmp/static.o" "$tmp/static.c"
check "a writable static would be seen" test -n "$(statics "$tmp/static.o")"
objects=$(make -s print-IMPLS print-REMOTE | tr ' ' '\n' | sed 's,^,build/plain/,; s,c$,o,')
# shellcheck disable=SC2086 # a list of files
bad=$(statics $objects 2>&1)
if [ -z "$bad" ]; then ok "no writable static in impls/"; else not_ok "writable statics in impls/:" $bad; fi

# A guest in somebody's tree: the folder of an implementation compiles alone.
for impl in bitmap buddy granule mobility linux; do
	mkdir -p "$tmp/$impl" && cp -r impls/impl.h impls/dump.h impls/zoned "impls/$impl" "$tmp/$impl/"
	check "impls/$impl can be lifted out" \
		bash -c "cd $tmp/$impl && gcc -std=c11 -Wall -Wextra -Werror -c $impl/*.c"
done

size=$(git ls-files -z | xargs -0 -I '{}' stat -c %s '{}' 2>/dev/null | awk '{n += $1} END {print int(n / 1048576)}')
if [ "$size" -lt 30 ]; then ok "the tree is $size MB"; else not_ok "the tree is $size MB"; fi
finish
