#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# story.sh - pages for a browser: of clean programs, findings, crashes and hangs; names that
# want to be markup; thousands of operations. Each is opened in headless Chromium, if there
# is one, which drives the slider and says what went wrong.
. "$(dirname "$0")/lib.sh"

pf=$PWD/build/pagefuzz
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || :)
cp -r corpus/seeds "$tmp/seeds"
include=$PWD
cd "$tmp" || exit

# Opened, driven, and no error. No traffic: the page may load nothing (its policy), and
# the browser itself has no services.
drive() { # FILE
	if [ -z "$browser" ]; then
		skip "no Chromium: $1 is not opened"
		return
	fi
	rm -rf "$tmp/profile"
	timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
		--disable-background-networking --disable-component-update --disable-sync --disable-extensions \
		--disable-dev-shm-usage --user-data-dir="$tmp/profile" --dump-dom \
		"file://$PWD/$(sed 's/%/%25/g; s/#/%23/g; s/?/%3f/g' <<<"$1")#selftest" >dom.html 2>browser.log
	[ $? = 124 ] && { echo "# the browser came to its limit of 120 s"; skip "$1 is not judged"; return; }
	said=$(grep -o 'selftest \(ok\|failed\):.*' dom.html | head -n 1)
	check "$1 in a browser: ${said%</pre>}" grep -q '^selftest ok: .*errors: none' <<<"$said"
}
# Of what is between <script id="data"> and </script>: JSON without a character that markup begins with.
data() { sed -n '/<script id="data"/,/<\/script>/p' "$1" | sed 's,<script id="data" type="application/json">,,; $ s,</script>,,'; }
plain() { check "$1: the data are no markup" bash -c "! grep -q '[<&]' <<<\"\$0\"" "$(data "$1" | sed '/^$/d')"; }

"$pf" story -i linux,mobility,buddy -o clean.html seeds/compact-compound.txt >out 2>&1
check "a clean program: status 0" test $? = 0 -a -s clean.html
plain clean.html
check "moves and lists are in it" bash -c "grep -q '\"moved\":17' clean.html && grep -q '\"listed\":true' clean.html"
drive clean.html

# An allocator that breaks a law, crashes, hangs; and whose words are hostile.
cat >bad.c <<'EOF'
#include <stdlib.h>
#include "impls/buddy/buddy.c"
static pf_pfn bad_alloc(void *state, const struct pf_request *req)
{
	if (req->order == 5)
		abort();
	if (req->order == 6)
		for (volatile int i = 0;; i++)
			;
	return pf_impl_buddy.alloc(state, req);
}
static const char *bad_check(void *state)
{
	return pf_impl_buddy.self_check(state) ? "broken" : "</script><img src=x onerror=alert(1)>\033[2J\xff\xe2\x80\xa8";
}
static struct pf_impl bad;
__attribute__((constructor)) static void make(void)
{
	bad = pf_impl_buddy;
	bad.name = "bad";
	bad.alloc = bad_alloc;
	bad.self_check = bad_check;
}
PF_PLUGIN(bad);
EOF
check "a bad plug-in is built" "$pf" build -o bad.so bad.c -- -I"$include"
name='x<script>alert(1)</script>"&#.txt'
printf 'alloc a1 order=1\ncheck\n' >"${name//\//_}"
name=${name//\//_}
"$pf" story -i buddy,./bad.so "$name" >out 2>&1
check "a finding: status 1" test $? = 1 -a -s "$name.html"
plain "$name.html"
check "an ugly name and ugly words are in it, as text" grep -q 'x\\u003cscript\\u003ealert(1)\\u003c_script\\u003e\\u0022\\u0026#.txt' "$name.html"
cp "$name.html" ugly.html
drive ugly.html
[ -z "$browser" ] || check "and nothing of them became an element" bash -c "! grep -q '<img' dom.html"
printf 'alloc a1 order=1\nfree a1\nalloc a2 order=5\nfree a2\n' >crash.txt
"$pf" story -i buddy,./bad.so crash.txt >out 2>&1
check "a crash: status 1, and what was before" bash -c "[ $? = 1 ] && grep -q '\"s\":1,\"op\":\"free a1\"' crash.txt.html && grep -q '\"begin\":2' crash.txt.html"
drive crash.txt.html
sed 's/order=5/order=6/' crash.txt >hang.txt
"$pf" story --timeout 1 -i buddy,./bad.so hang.txt >out 2>&1
check "a hang: status 1, and what was before" bash -c "[ $? = 1 ] && grep -q 'hang/bad/alloc' hang.txt.html && grep -q '\"s\":1,' hang.txt.html"
drive hang.txt.html

{
	echo "config pages=16383"
	for i in $(seq 1250); do
		echo "alloc a$((i % 300)) order=$((i % 4)) movable"
		echo "free a$((i * 7 % 300))"
		echo "bulk a$((300 + i % 50)) count=8 movable"
		[ $((i % 10)) = 0 ] && echo "compact order=5 sync" || echo "pin a$((i % 300))"
	done
} >long.txt
"$pf" story -o long.html long.txt >out 2>&1
check "5,000 operations: $(stat -c %s long.html) bytes" test $? = 0 -a "$(stat -c %s long.html)" -lt 8000000
drive long.html
printf 'config pages=16383\nconfig scale=6\nalloc a1 order=3\n' >huge.txt
for i in $(seq 400); do echo "alloc a$i order=2 movable"; done >>huge.txt
"$pf" story -i linux,buddy -o huge.html huge.txt >out 2>&1
check "a large machine: $(stat -c %s huge.html) bytes" test $? = 0 -a "$(stat -c %s huge.html)" -lt 8000000

# A campaign's page.
mkdir -p f/coalesced-bad-end f/odd
printf '# coalesced/bad/end\n# cause merging/bad/free_lists\nalloc a1\n' >f/coalesced-bad-end/input.txt
printf 'x' >f/coalesced-bad-end/input.bin
printf 'met 12 times, first 2026-01-01T00:00:00Z, last 2026-01-02T00:00:00Z\n' >f/coalesced-bad-end/met.txt
printf '# <b>&"x"\nalloc a1\n' >f/odd/input.txt
printf '{"at": "x", "ended": true, "seconds": 1}' >f/status.json
printf 'date,seconds,executions,operations,edges,corpus,findings\n2026-01-01T00:00:00Z,1,2,3,4,5,6\n2026-01-01T00:00:10Z,10,20,30,40,50,6\nhalf a li' >f/figures.csv
check "the page of a campaign" "$pf" status --html index.html f
plain index.html
drive index.html
[ -z "$browser" ] || check "two findings, and how often" bash -c "grep -q '2 findings of 2 causes' dom.html && grep -q '>12</td>' dom.html"

for args in "nowhere.txt" "" "-i nobody crash.txt" "-o /nowhere/x.html crash.txt" "-"; do
	# shellcheck disable=SC2086 # words
	"$pf" story $args >out 2>err </dev/null
	check "story $args: one line, status 2" test $? = 2 -a "$(wc -l <err)" = 1
done
"$pf" story -o /dev/full crash.txt >out 2>err
check "a full disk: status 2" test $? = 2
finish
