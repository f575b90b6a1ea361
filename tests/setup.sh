#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# setup.sh - scripts/setup on machines that it meets: everything there, something
# missing with and without root, an old package list, no Debian. Stand-ins for
# dpkg-query, apt-get, id and sudo come first in PATH; nothing is installed.
. "$(dirname "$0")/lib.sh"

bin=$tmp/bin
mkdir "$bin"
stub() {
	printf '#!/bin/sh\n%s\n' "$2" >"$bin/$1"
	chmod +x "$bin/$1"
}
setup() {
	PATH=$bin:$PATH sh scripts/setup "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
}

stub dpkg-query 'echo install ok installed'
stub apt-get "echo called >>$tmp/apt"
setup all
[ $status = 0 ] && [ ! -s "$tmp/out" ] && [ ! -e "$tmp/apt" ] && ok "nothing missing: silent" || not_ok "nothing missing"

stub dpkg-query 'case "$*" in *afl++*|*patch*) exit 1 ;; esac; echo install ok installed'
stub id 'echo 1000'
stub sudo 'exit 1'
setup test
[ $status = 2 ] && [ "$(wc -l <"$tmp/err")" = 1 ] && grep -q 'apt-get install afl++ patch$' "$tmp/err" &&
	[ ! -e "$tmp/apt" ] && ok "no root: one line with the packages" || not_ok "no root: $(cat "$tmp/err")"

stub id 'echo 0'
stub apt-get "echo \"\$*\" >>$tmp/apt"
setup test
[ $status = 0 ] && head -n 1 "$tmp/out" | grep -qx 'setup: installing afl++ patch' &&
	grep -qx 'install -y --no-install-recommends afl++ patch' "$tmp/apt" &&
	ok "root: says what, then installs" || not_ok "root: $(cat "$tmp/out" "$tmp/err")"

rm -f "$tmp/apt"
stub apt-get "echo \"\$1\" >>$tmp/apt; [ \$1 = update ] || [ -e $tmp/fresh ] || { touch $tmp/fresh; exit 100; }"
setup test
[ $status = 0 ] && [ "$(tr '\n' ' ' <"$tmp/apt")" = "install update install " ] &&
	ok "old package list: refreshed once" || not_ok "old package list: $(cat "$tmp/apt")"

stub apt-get 'echo "E: no such thing"; exit 100'
setup test
[ $status = 2 ] && grep -q 'could not install: afl++ patch' "$tmp/err" && ok "apt fails: says so" || not_ok "apt fails"

setup nonsense
[ $status = 2 ] && [ "$(wc -l <"$tmp/err")" = 1 ] && ok "unknown goal" || not_ok "unknown goal"

# No Debian: only what the script itself calls, and no compiler.
mkdir "$tmp/bare"
for tool in sh tr sort; do ln -s "$(command -v $tool)" "$tmp/bare/$tool"; done
PATH=$tmp/bare sh scripts/setup test >"$tmp/out" 2>"$tmp/err"
[ $? = 2 ] && [ "$(wc -l <"$tmp/err")" = 1 ] && grep -q 'no Debian.*afl++.*gcc' "$tmp/err" &&
	ok "no Debian: one line with the packages" || not_ok "no Debian: $(cat "$tmp/err")"
finish
