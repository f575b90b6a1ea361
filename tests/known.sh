#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# known.sh - the registry of known divergences: each entry's program must still
# show it, and its day must not be past.
. "$(dirname "$0")/lib.sh"

today=$(date +%F)
cat >"$tmp/list.c" <<'END'
#include "oracle/oracle.h"
int main(void)
{
	for (size_t i = 0; i < pf_nr_known; i++)
		printf("%s\t%s\t%s\n", pf_known[i].signature, pf_known[i].expires, pf_known[i].example);
	return 0;
}
END
check "the registry can be listed" cc -std=gnu11 -I. -o "$tmp/list" "$tmp/list.c" build/libpagefuzz.a
"$tmp/list" >"$tmp/known"
while IFS=$'\t' read -r signature expires example; do
	if [[ $today < $expires ]]; then ok "$signature is good until $expires"
	else not_ok "$signature: past its day, $expires"; fi
	# Which lineup, if not the usual one, says the program as a minimised one does.
	lineup=$(sed -n 's/^# on //p' "$example" | head -n 1)
	if [[ $lineup == source:* && ! -e build/source/${lineup#source:}/plain.so ]]; then
		skip "$lineup is not compiled: $signature"
	elif build/pagefuzz run -q ${lineup:+-i "$lineup"} "$example" | grep -qxF "finding   $signature"; then
		ok "$signature is shown by $example"
	else
		not_ok "$signature: $example does not show it any more, remove the entry"
	fi
done <"$tmp/known"
finish
