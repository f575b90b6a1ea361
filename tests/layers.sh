#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# layers.sh - the oracle's files stand in layers, and every arrow between them
# points down: what an object file lacks is found in those below it alone. So there
# is no circle. And nothing in the oracle reaches into targets/ or an implementation.
. "$(dirname "$0")/lib.sh"

# From the bottom: values, blame, world, laws, relations, operations, run, what tells of it.
layers=(
	"arena op figures answer known"
	"mirror layout layout_check blame"
	"owners"
	"world"
	"shown packing"
	"laws"
	"relations twin"
	"rules_note"
	"rules_lists"
	"rules_daemons"
	"rules_compact"
	"rules"
	"consensus start"
	"ops_owner ops_memory ops_runs ops_system"
	"ops"
	"lockstep"
	"maps"
	"story"
)

dir=build/plain/oracle
for i in "${!layers[@]}"; do
	for file in ${layers[i]}; do
		echo "$file $i"
	done
done >"$tmp/layers"

# FILE SYMBOL for all that is defined, then for all that is wanted.
symbols() { # TYPES
	local f
	for f in oracle/*.c; do
		f=$(basename "$f" .c)
		nm "$dir/$f.o" | awk -v f="$f" -v t="$1" '$(NF - 1) ~ t {print f, $NF}'
	done
}
symbols '^[TDBRC]$' >"$tmp/defined"
symbols '^U$' >"$tmp/wanted"

missing=$(for f in oracle/*.c; do
	f=$(basename "$f" .c)
	grep -q "^$f " "$tmp/layers" || echo "$f"
done)
if [ -z "$missing" ]; then ok "every file of the oracle has its layer"; else not_ok "no layer is named for $missing"; fi

bad=$(awk '
	FILENAME ~ /layers$/ {layer[$1] = $2; next}
	FILENAME ~ /defined$/ {home[$2] = $1; next}
	$2 in home && home[$2] != $1 && layer[home[$2]] >= layer[$1] {
		print $1 " (" layer[$1] ") calls " $2 " of " home[$2] " (" layer[home[$2]] ")"
	}' "$tmp/layers" "$tmp/defined" "$tmp/wanted")
if [ -z "$bad" ]; then
	ok "$(wc -l <"$tmp/layers") files in ${#layers[@]} layers, all arrows point down"
else
	not_ok "arrows that do not point down"
	head <<<"$bad" | sed 's/^/# /'
fi

# A canary: the same question about layers upside down must be answered otherwise.
awk '{print $1, 20 - $2}' "$tmp/layers" >"$tmp/upside"
up=$(awk 'FILENAME ~ /upside$/ {layer[$1] = $2; next} FILENAME ~ /defined$/ {home[$2] = $1; next}
	$2 in home && home[$2] != $1 && layer[home[$2]] >= layer[$1]' "$tmp/upside" "$tmp/defined" "$tmp/wanted" | wc -l)
if [ "$up" -gt 50 ]; then ok "an arrow up would be seen ($up of them)"; else not_ok "arrows up are not seen"; fi

foreign=$(symbols '^U$' | awk '{print $2}' | sort -u | grep '^pf_' | grep -vxFf <(awk '{print $2}' "$tmp/defined"))
if [ "$(grep -vE '^pf_dump_diff(_text)?$' <<<"$foreign")" = "" ]; then
	ok "the oracle wants nothing from elsewhere but dump.h's comparison"
else
	not_ok "the oracle wants $foreign"
fi
finish
