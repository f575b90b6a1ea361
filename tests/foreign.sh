#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# foreign.sh - wrappers of real allocators (foreign/): each is built from what its package
# holds, conforms, and what was found in it is found again; the kernel's two with a line changed
# are caught. What is not on this machine is skipped.
. "$(dirname "$0")/lib.sh"
export PAGEFUZZ=$PWD/build/pagefuzz
KSRC=$(realpath -m "${KSRC:-build/source/linux-source-6.1}")
export KSRC
seeds=$PWD/corpus/seeds
cp -r tests/foreign "$tmp/foreign"
cd "$tmp/foreign" || exit 2

# build NAME FLAG...: NAME.so and NAME.fuzz.so in NAME/, as a user would.
build() {
	check "build: $*" bash -c 'cd "$1" && shift && ./build.sh "$@"' - "$@"
}

# Faster: what comes is not fuzzed.
no_fuzz() { # NAME
	rm -f "$1/$1.fuzz.so"
	sed -i 's/ --fuzz / /' "$1/build.sh"
}

conforms() { # NAME PROGRAMS
	check "check: $1" timeout 300 "$PAGEFUZZ" check -n "$2" -w buddy --json "$1.json" "$1/$1.so" "$seeds"/*.txt
}

asked() { # NAME LAW...: each was asked, and held
	local law name=$1
	shift
	for law; do
		check "asked: $name, $law" perl -MJSON::PP -0777 -e \
			'my %l = map { $_->{law} => $_ } @{decode_json(<STDIN>)->{laws}}; exit !$l{$ARGV[0]}{asked}' "$law" <"$name.json"
	done
}

# finds NAME SIGNATURE: with the programs that showed it.
finds() {
	timeout 300 "$PAGEFUZZ" check -n 8000 -o "$1.txt" "$1/$1.so" "$seeds"/*.txt >"$1.out" 2>&1
	if [ $? = 1 ] && grep -Eq "^finding   $2\$" "$1.out" && grep -qx "blamed    $1" "$1.out"; then
		ok "found: $(sed -n 's/^finding *//p; s/^what *//p' "$1.out" | paste -sd' ')"
	else
		not_ok "found: $1 is not $2: $(grep -E '^(finding|blamed|what)' "$1.out" | paste -sd' ') $(tail -n 1 "$1.out")"
	fi
}

# again NAME: what it answers does not depend on what ran before it in the process.
again() {
	local there back
	there=$("$PAGEFUZZ" run -q --hash -i "$1/$1.so" "$seeds"/[mnp]*.txt 2>/dev/null | sort)
	# shellcheck disable=SC2046 # a list of files
	back=$("$PAGEFUZZ" run -q --hash -i "$1/$1.so" $(printf '%s\n' "$seeds"/[mnp]*.txt | tac) 2>/dev/null | sort)
	[ "$(wc -l <<<"$there")" -gt 10 ] && [ "$there" = "$back" ] && ok "deterministic: $1" || not_ok "deterministic: $1"
}

campaign() { # NAME
	check "campaign: $1" timeout 100 "$PAGEFUZZ" fuzz --seconds 2 --workers 1 --corpus "corpus-$1" \
		--findings "findings-$1" "buddy,$1/$1.so"
}

# ---------------------------------------------------------- from a kernel tree --

# changed FILE SED: a tree with that file changed, and the rest as it is.
changed() {
	rm -rf tree && mkdir -p tree/drivers/gpu/drm && ln -s "$KSRC/tools" "$KSRC/include" tree/
	cp "$KSRC"/drivers/gpu/drm/drm_{buddy,mm}.c tree/drivers/gpu/drm/
	sed -i "$2" "tree/drivers/gpu/drm/$1"
	! cmp -s "$KSRC/drivers/gpu/drm/$1" "tree/drivers/gpu/drm/$1" || not_ok "nothing was changed in $1: $2"
}

if [ -e "$KSRC/drivers/gpu/drm/drm_buddy.c" ] && [ -e "$KSRC/tools/lib/rbtree.c" ]; then
	build drm_mm && conforms drm_mm 3000
	asked drm_mm placement feasibility coalesced largest mirrored histogram self_check
	again drm_mm
	campaign drm_mm
	no_fuzz drm_mm
	build drm_buddy -DPAST_RANGE=1 && conforms drm_buddy 3000
	asked drm_buddy placement feasibility coalesced histogram
	again drm_buddy
	campaign drm_buddy
	no_fuzz drm_buddy
	build drm_buddy && finds drm_buddy placement/drm_buddy/run
	own=$KSRC
	changed drm_buddy.c 's/if (start + size == end)/if (start + size == end \&\& !IS_ALIGNED(start | end, min_page_size))\n\t\treturn -EINVAL;\n\t&/'
	KSRC=$PWD/tree
	build drm_buddy && conforms drm_buddy 8000
	KSRC=$own changed drm_buddy.c 's/if (!drm_buddy_block_is_free(buddy))/if (drm_buddy_block_order(block) == 3)/'
	build drm_buddy && finds drm_buddy '(coalesced|exclusive|census|crash|assertion)/drm_buddy/.*'
	KSRC=$own changed drm_mm.c 's/adj_end = min(col_end, range_end)/adj_end = col_end/'
	build drm_mm && finds drm_mm placement/drm_mm/run
	KSRC=$own changed drm_mm.c 's/adj_start += alignment/adj_start += 2 * alignment/'
	build drm_mm && finds drm_mm feasibility/drm_mm/.*
else
	skip "drm_buddy and drm_mm: no kernel source (make source)"
fi

# ------------------------------------------------------------- from packages --

if pkg-config --exists jemalloc && [ -e "$(pkg-config --variable=libdir jemalloc)/libjemalloc_pic.a" ]; then
	# Debian's is compiled for a program's start.
	export GLIBC_TUNABLES=glibc.rtld.optional_static_tls=65536
	build jemalloc -DMAX_ORDER=0 && conforms jemalloc 500
	asked jemalloc placement feasibility self_check free_set
	campaign jemalloc
	no_fuzz jemalloc
	build jemalloc && again jemalloc && finds jemalloc feasibility/jemalloc/alloc
	unset GLIBC_TUNABLES
else
	skip "jemalloc: no libjemalloc-dev"
fi

if [ -e /usr/include/foonathan_memory/foonathan/memory/memory_pool.hpp ]; then
	build foonathan -DPOOL_BEHIND=1 && conforms foonathan 2000
	asked foonathan placement feasibility free_set
	again foonathan
	campaign foonathan
	no_fuzz foonathan
	build foonathan && finds foonathan 'crash/foonathan/(alloc|free|run|bulk|end)'
	if c++ -std=gnu++17 -isystem/usr/include/foonathan_memory \
		"-isystem/usr/include/$(cc -print-multiarch)/foonathan_memory" \
		-o below foonathan/below.cc -lfoonathan_memory >out 2>&1; then
		./below 2>/dev/null
		[ $? = 139 ] && ok "below.cc shows it without pagefuzz" || not_ok "below.cc does not crash: another version?"
	else
		not_ok "below.cc does not compile: $(head -n 3 out)"
	fi
else
	skip "foonathan: no libfoonathan-memory-dev"
fi
finish
