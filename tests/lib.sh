# SPDX-License-Identifier: GPL-2.0-only
# lib.sh - for the shell tests: TAP-like lines and a scratch folder.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2
failures=0
number=0
tmp=$(mktemp -d)
[ -n "${KEEP:-}" ] || trap 'rm -rf "$tmp"' EXIT

ok() {
	number=$((number + 1))
	echo "ok $number $*"
}

not_ok() {
	number=$((number + 1))
	failures=$((failures + 1))
	echo "not ok $number $*"
}

# skip WHY: what can't be tried on this machine; has not passed, is counted apart.
skip() {
	ok "# skip $*"
}

# check NAME COMMAND...: the command must succeed; returns whether it did.
check() {
	local name=$1
	shift
	if "$@" >"$tmp/check.out" 2>&1; then
		ok "$name"
		return 0
	fi
	not_ok "$name"
	tail -n 20 "$tmp/check.out" | sed 's/^/# /'
	return 1
}

finish() {
	exit $((failures != 0))
}
