#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tutorial.sh - the pages for newcomers are true: every block of C in impls/README.md and
# impls/WRAPPING.md goes into the file that its first line names, every block of commands is
# run, and every line of an output that is shown is printed.
. "$(dirname "$0")/lib.sh"
root=$PWD
mkdir "$tmp/bin" && ln -s "$root/build/pagefuzz" "$tmp/bin/pagefuzz"
export PATH=$tmp/bin:$PATH

# Blocks as files NUMBER.LANGUAGE.
blocks() { # PAGE FOLDER
	awk -v dir="$2" '
		/^```[a-z]+$/ {file = sprintf("%s/%03d.%s", dir, ++n, substr($0, 4)); next}
		/^```$/ {close(file); file = ""; next}
		file {print >file}' "$1"
}

follow() { # PAGE
	local page=$1 name block dir=$tmp/blocks-$1 file status

	name=$(basename "$page" .md)
	dir=$tmp/blocks-$name
	mkdir -p "$dir" "$tmp/$name"
	blocks "$page" "$dir"
	cd "$tmp/$name" || exit 2
	for block in "$dir"/*; do
		case $block in
		*.c)
			file=$(sed -n '1s,^/\* \([a-z_]*\.[ch]\) - .*,\1,p' "$block")
			if [ -n "$file" ]; then ok "$name: $file" && cp "$block" "$file"; else not_ok "$name: a block of C names no file"; fi
			;;
		*.sh)
			bash -u "$block" >"$tmp/said" 2>&1
			status=$?
			if [ $status -le 1 ]; then
				ok "$name: $(head -n 1 "$block")"
			else
				not_ok "$name: $(head -n 1 "$block"): status $status"
				tail -n 8 "$tmp/said" | sed 's/^/# /'
			fi
			;;
		*.text)
			while IFS= read -r line; do
				if grep -qF -- "$line" "$tmp/said"; then ok "$name: says $line"; else not_ok "$name: does not say $line"; fi
			done <"$block"
			;;
		*) not_ok "$name: a block of another kind: $block" ;;
		esac
	done
	cd "$root" || exit 2
}
follow "$root/impls/README.md"
[ -e impls/WRAPPING.md ] && follow "$root/impls/WRAPPING.md"
check "there was something to do" test "$number" -gt 20
finish
