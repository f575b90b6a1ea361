# SPDX-License-Identifier: GPL-2.0-only
# completion.bash - bash completion of pagefuzz: subcommands, their options as --help
# lists them, implementations, files.
_pagefuzz()
{
	local cur=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]:-}
	local prev=${COMP_WORDS[COMP_CWORD - 1]} words

	if [ "$COMP_CWORD" = 1 ]; then
		words=$(pagefuzz --help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p')
	elif [ "${cur#-}" != "$cur" ]; then
		words=$(pagefuzz "$command" --help 2>/dev/null | grep -oE -- '^ .*--[a-z-]+' |
			grep -oE -- '--[a-z-]+' | sort -u)
	elif [ "$prev" = -i ] || [ "$prev" = --impls ] || [ "$prev" = -w ] || [ "$prev" = --with ] ||
		{ [ "$command" = check ] && [ "$COMP_CWORD" = 2 ]; }; then
		words=$(pagefuzz impls 2>/dev/null | sed -n 's/^\([a-z][a-z0-9_-]*\) .*/\1/p')
	fi
	mapfile -t COMPREPLY < <(compgen -W "${words:-}" -- "$cur")
	[ ${#COMPREPLY[@]} -gt 0 ] || compopt -o default 2>/dev/null
}
complete -F _pagefuzz pagefuzz
