# SPDX-License-Identifier: GPL-2.0-only
# What a person types; `make help` lists it. Everything built goes to build/.

CC      ?= cc
CLANG   ?= clang
AFL_CC  ?= afl-clang-fast
# Sanitizers of the fuzz target: address,undefined - memory - or nothing.
SAN     ?= address,undefined
FUZZ_SECONDS ?= 60
AFL_SECONDS  ?= 60

COMMON  := -std=gnu11 -D_GNU_SOURCE -g -Wall -Wextra -I.

# Which sources make what. Here and nowhere else: `make -s print-NAME` tells scripts.
ORACLE   := $(wildcard oracle/*.c)
# What the fuzz targets do not hold: QEMU, transcripts.
REMOTE   := $(wildcard impls/kernel/*.c impls/recorded/*.c)
IMPLS    := impls/builtin.c impls/dump_diff.c $(filter-out $(REMOTE),$(wildcard impls/*/*.c))
LANGUAGE := $(wildcard targets/language/*.c)
# Names to implementations; the figures that a target leaves for its campaign.
SHARED   := targets/engines/beside.c targets/engines/lineup.c targets/engines/plugin.c targets/engines/stats.c
# A transcript in one's tests needs no more than the library.
PLAYER   := $(wildcard impls/recorded/*.c)
CORE     := $(ORACLE) $(IMPLS) $(LANGUAGE) $(SHARED)
IMPORT   := $(wildcard targets/import/*.c)
MAIN     := targets/command/pagefuzz.c
COMMAND  := $(filter-out $(MAIN),$(wildcard targets/command/*.c targets/workloads/*.c)) $(IMPORT) $(REMOTE)
TARGET   := targets/engines/fuzz_lockstep.c
# Every fuzz target, and what it is made of; .clusterfuzzlite/build.sh builds them all.
FUZZ_TARGETS := fuzz_lockstep fuzz_port fuzz_source fuzz_language fuzz_import fuzz_transcript fuzz_plugin
fuzz_lockstep_SOURCES   := $(CORE) $(TARGET)
fuzz_port_SOURCES       := $(CORE) $(TARGET) targets/engines/fuzz_port.c
fuzz_source_SOURCES     := $(CORE) $(TARGET) targets/engines/fuzz_source.c
fuzz_language_SOURCES   := targets/engines/fuzz_language.c oracle/op.c targets/language/codec.c targets/language/text.c
fuzz_import_SOURCES     := targets/engines/fuzz_import.c $(filter-out %_dat.c,$(IMPORT)) oracle/op.c oracle/layout.c targets/language/codec.c
fuzz_transcript_SOURCES := targets/engines/fuzz_transcript.c $(PLAYER) $(CORE)
# An example of a plug-in, linked in.
fuzz_plugin_SOURCES     := $(CORE) $(TARGET) tests/plugins/summary.c
# Translating programs needs no more of the oracle than the table of operations.
TRANSLATE := oracle/op.c targets/language/codec.c targets/language/text.c
AFL_LIB  := targets/engines/afl_mutator.c oracle/op.c oracle/layout.c $(LANGUAGE)
SEEDS    := $(wildcard corpus/seeds/*.txt) $(wildcard corpus/regressions/*.txt)
# What users include as <pagefuzz/NAME>; what emit-c's tests include besides.
CONTRACT := impls/impl.h impls/dump.h impls/names.h impls/zoned/zoned.h
HEADERS  := $(CONTRACT) $(addprefix oracle/,arena.h blame.h figures.h op.h options.h oracle.h) \
	targets/engines/lineup.h targets/engines/plugin.h targets/language/codec.h \
	impls/recorded/recorded.h impls/recorded/transcript.h
UNIT     := $(patsubst tests/%.c,%,$(wildcard tests/test_*.c))
TRACE_CFLAGS = $$(pkg-config --cflags libtracecmd libtraceevent)
TRACE_LIBS   = $$(pkg-config --libs libtracecmd libtraceevent) -lz -ljson-c

print-%:
	@echo $($*)

# What is being compiled, in one line that the next one overwrites; on a terminal only.
TTY  := $(shell test -t 2 && echo yes)
NOTE  = $(if $(TTY),printf '\r\033[K  CC  %s' $@ >&2; )
DONE  = $(if $(TTY),printf '\r\033[K' >&2; )

comma := ,
SAN_DIR := fuzz$(if $(SAN),-$(subst $(comma),-,$(SAN)),-plain)
SAN_FLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all)

.SECONDARY:
.PHONY: all help fuzz test afl demo bench lab source source-diff source-bugs bugbench mutants golden coverage results check-impl setup clean format install \
	do-fuzz do-test do-afl do-demo do-bench do-golden do-coverage do-results fuzz-targets all-targets afl-targets tools units counted

all: help

help:
	@echo "make fuzz     install what is missing, build, fuzz all implementations with libFuzzer"
	@echo "              (FUZZ_SECONDS=60, SAN=address,undefined | memory | empty)"
	@echo "make test     install what is missing, build and run every test"
	@echo "make afl      the same campaign with AFL++ (AFL_SECONDS=60)"
	@echo "make demo     a recorded kernel workload on all implementations, as a table"
	@echo "make bench    speed: executions, operations, cost of the checks (build/bench.json)"
	@echo "make lab      boot the real Linux 6.1 in QEMU as an allocator laboratory and test it"
	@echo "              (KDIR=build tree KERNEL=bzImage: another kernel)"
	@echo "make source   compile Linux 6.1's own mm/ as a member of lineups, source:6.1"
	@echo "              (KSRC=/path/to/linux NAME=name: your tree as source:name;"
	@echo "              KVER=6.12: Debian's Linux 6.12 as source:6.12)"
	@echo "make source-diff BASE=/tree1 MINE=/tree2"
	@echo "              are they the same? random and fuzzed programs on both (SECONDS=60, LAWS=1)"
	@echo "make source-bugs  are real bugs found? fixes taken out of Linux 6.1 again, a table"
	@echo "              (FIXES=\"bulk-nothing ...\" SECONDS=60 RUNS=3 JOBS=1 JUDGE=1)"
	@echo "make bugbench historic bugs put back into the port: who notices them? a table"
	@echo "              (BUGS=\"fast-negative ...\" SECONDS=60 RUNS=5 JUDGES=laws,twin,golden,libfuzzer,afl)"
	@echo "make mutants  small faults put into the port: how many does somebody notice? a table"
	@echo "              (COUNT=360 SECONDS=10 JOBS=2 SURVIVORS=1 JUDGE=1)"
	@echo "make golden   hold the port of Linux to what the real kernel said (corpus/golden/)"
	@echo "make coverage lines that the corpus reaches, as HTML; of a kernel's source too (make source)"
	@echo "              (CORPUS=folder of inputs, beside the seeds)"
	@echo "make results  published results about parts of Linux's allocator, measured again"
	@echo "make tools    build/pagefuzz and build/libpagefuzz.a only"
	@echo "make install  PREFIX=/usr/local DESTDIR=: command, headers, library, fuzz target"
	@echo "make setup    install all packages that any of the above needs"
	@echo "make format   clang-format over the tree"
	@echo "make clean    remove build/ (findings/ and corpus/work/ stay)"
	@echo "Then: build/pagefuzz --help"

# Goals that need packages install them first, then build in a second make.
fuzz:
	@scripts/setup fuzz
	@+$(MAKE) --no-print-directory do-fuzz
test:
	@scripts/setup test
	@+$(MAKE) --no-print-directory do-test
afl:
	@scripts/setup afl
	@+$(MAKE) --no-print-directory do-afl
demo:
	@scripts/setup build
	@+$(MAKE) --no-print-directory do-demo
bench:
	@scripts/setup fuzz
	@+$(MAKE) --no-print-directory do-bench
lab:
	@scripts/lab
source-diff:
	@scripts/source-diff BASE="$(BASE)" MINE="$(MINE)" $(if $(KSRC),KSRC="$(KSRC)") \
		$(if $(SECONDS),SECONDS=$(SECONDS)) $(if $(LAWS),LAWS=$(LAWS))
source-bugs:
	@scripts/source-bugs $(if $(SECONDS),SECONDS=$(SECONDS)) $(if $(RUNS),RUNS=$(RUNS)) \
		$(if $(JOBS),JOBS=$(JOBS)) $(if $(JUDGE),JUDGE=$(JUDGE)) $(FIXES)
bugbench:
	@scripts/setup prove
	@scripts/prove/bugbench $(foreach v,SECONDS RUNS JOBS JUDGES JUDGE README PROGRAMS,$(if $($(v)),$(v)="$($(v))")) $(BUGS)
mutants:
	@scripts/setup prove
	@scripts/prove/mutants $(foreach v,COUNT SECONDS JOBS SAMPLE JUDGES JUDGE SURVIVORS README,$(if $($(v)),$(v)="$($(v))"))
source:
	@scripts/source $(if $(KVER),KVER=$(KVER)) $(if $(KSRC),KSRC=$(KSRC)) $(if $(NAME),NAME=$(NAME))
golden:
	@scripts/setup build
	@+$(MAKE) --no-print-directory do-golden
coverage:
	@scripts/setup build
	@+$(MAKE) --no-print-directory do-coverage
results:
	@scripts/setup build
	@+$(MAKE) --no-print-directory do-results
setup:
	@scripts/setup all

# ------------------------------------------------------------- variants --
# $(call variant,NAME,COMPILER,FLAGS FOR IMPLEMENTATIONS,FLAGS FOR THE REST,COMPILER
# FOR IMPLEMENTATIONS if another)
define variant
build/$(1)/impls/%.o: impls/%.c
	@$$(NOTE)mkdir -p $$(@D)
	@$(or $(5),$(2)) $(COMMON) $(3) -MMD -MP -c $$< -o $$@
build/$(1)/targets/import/%.o: targets/import/%.c
	@$$(NOTE)mkdir -p $$(@D)
	@$(2) $(COMMON) $(4) $$(TRACE_CFLAGS) -MMD -MP -c $$< -o $$@
build/$(1)/%.o: %.c
	@$$(NOTE)mkdir -p $$(@D)
	@$(2) $(COMMON) $(4) -MMD -MP -c $$< -o $$@
-include $$(shell find build/$(1) -name '*.d' 2>/dev/null)
endef
objects = $(patsubst %.c,build/$(1)/%.o,$(2))

# The command: plain and fast, and of libpagefuzz.a a plug-in takes what it needs. Tests:
# everything watched, the oracle too.
PLAIN   := -O2 -fPIC -fvisibility=hidden
CHECKED := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -DPF_HOT=
$(eval $(call variant,plain,$(CC),$(PLAIN),$(PLAIN)))
$(eval $(call variant,gcc,gcc,$(CHECKED),$(CHECKED)))
$(eval $(call variant,clang,$(CLANG),$(CHECKED),$(CHECKED)))
# The fuzz target: sanitizers and coverage watch the implementations; the
# oracle has its own tests. MSan must see everything.
# No comparison tracing: the mutator knows the format, and it costs half the speed.
COVERAGE  := -fsanitize-coverage=inline-8bit-counters,pc-table
FUZZ_IMPL := -O2 -fno-omit-frame-pointer $(SAN_FLAGS) $(COVERAGE)
FUZZ_REST := -O3 -fno-omit-frame-pointer $(if $(findstring memory,$(SAN)),$(SAN_FLAGS))
$(eval $(call variant,$(SAN_DIR),$(CLANG),$(FUZZ_IMPL),$(FUZZ_REST)))
AFL_FLAGS := -O2 -fno-omit-frame-pointer $(SAN_FLAGS)
# As for libFuzzer: AFL++ sees the implementations (and main() that talks to it).
$(eval $(call variant,afl,$(CLANG),$(AFL_FLAGS),$(FUZZ_REST),AFL_QUIET=1 $(AFL_CC)))
# For instances beside the first one: without sanitizers, and with what cmplog wants to see.
AFL_FAST   := -O2 -fno-omit-frame-pointer
AFL_CMPLOG := AFL_QUIET=1 AFL_LLVM_CMPLOG=1 $(AFL_CC)
$(eval $(call variant,afl-fast,$(CLANG),$(AFL_FAST),$(FUZZ_REST),AFL_QUIET=1 $(AFL_CC)))
$(eval $(call variant,afl-cmplog,$(CLANG),$(AFL_FAST),$(FUZZ_REST),$(AFL_CMPLOG)))
define afl_target
build/$(1)/targets/engines/afl_lockstep.o: targets/engines/afl_lockstep.c
	@mkdir -p $$(@D)
	@$(2) $(COMMON) $(3) -MMD -MP -c $$< -o $$@
build/$(1)/afl_lockstep: $$(call objects,$(1),targets/engines/afl_lockstep.c $(TARGET) $(CORE))
	@$(2) $(4) -o $$@ $$^
endef
$(eval $(call afl_target,afl,AFL_QUIET=1 $(AFL_CC),$(AFL_FLAGS),$(SAN_FLAGS)))
$(eval $(call afl_target,afl-fast,AFL_QUIET=1 $(AFL_CC),$(AFL_FAST)))
$(eval $(call afl_target,afl-cmplog,$(AFL_CMPLOG),$(AFL_FAST)))
$(eval $(call variant,pic,$(CC),-O2 -fPIC,-O2 -fPIC))
# llvm-cov's counters, in all of it.
COUNTED := -O1 -fprofile-instr-generate -fcoverage-mapping
$(eval $(call variant,coverage,$(CLANG),$(COUNTED),$(COUNTED)))

# Pages for a browser are in the objects.
$(foreach v,plain gcc clang coverage,build/$(v)/targets/command/page.o): targets/command/story.html
$(foreach v,plain gcc clang coverage,build/$(v)/targets/command/index.o): targets/command/index.html

# ---------------------------------------------------------------- tools --
tools: build/pagefuzz build/libpagefuzz.a build/include/pagefuzz/.done
	@$(DONE)true

build/libpagefuzz.a: $(call objects,plain,$(CORE) $(PLAYER))
	@rm -f $@
	@ar rcs $@ $^

build/pagefuzz: $(call objects,plain,$(MAIN) $(COMMAND)) build/libpagefuzz.a
	@$(CC) -o $@ $^ $(TRACE_LIBS)

# <pagefuzz/impl.h> and the others, as an installation has them.
build/include/pagefuzz/.done: Makefile
	@mkdir -p $(@D)
	@for h in $(CONTRACT); do \
		echo "#include \"../../../$$h\"" >$(@D)/$$(basename $$h); done
	@touch $@

build/gcc/pagefuzz: $(call objects,gcc,$(MAIN) $(COMMAND) $(CORE))
	@gcc $(CHECKED) -o $@ $^ $(TRACE_LIBS)
build/clang/pagefuzz: $(call objects,clang,$(MAIN) $(COMMAND) $(CORE))
	@$(CLANG) $(CHECKED) -o $@ $^ $(TRACE_LIBS)

build/seeds_to_bytes: $(call objects,plain,targets/engines/seeds_to_bytes.c) build/libpagefuzz.a
	@$(CC) -o $@ $^
build/make_dict: $(call objects,plain,targets/engines/make_dict.c) build/libpagefuzz.a
	@$(CC) -o $@ $^
build/fuzz_lockstep.dict: build/make_dict
	@build/make_dict >$@.tmp && mv $@.tmp $@
build/seeds-bytes/.done: build/seeds_to_bytes $(SEEDS)
	@rm -rf $(@D) && mkdir -p $(@D)
	@build/seeds_to_bytes $(@D) $(SEEDS)
	@touch $@

# -------------------------------------------------------------- engines --
fuzz-targets: build/$(SAN_DIR)/fuzz_lockstep build/$(SAN_DIR)/replay_lockstep \
		build/seeds-bytes/.done build/fuzz_lockstep.dict
FUZZ_OBJECTS = $(call objects,$(SAN_DIR),$(TARGET) $(CORE))

build/$(SAN_DIR)/fuzz_lockstep: $(FUZZ_OBJECTS)
	@$(CLANG) $(SAN_FLAGS) -fsanitize=fuzzer -o $@ $^
build/$(SAN_DIR)/replay_lockstep: $(FUZZ_OBJECTS) $(call objects,$(SAN_DIR),targets/engines/replay.c)
	@$(CLANG) $(SAN_FLAGS) -fsanitize=fuzzer-no-link -o $@ $^

build/coverage/replay_lockstep: $(call objects,coverage,$(TARGET) $(CORE) targets/engines/replay.c)
	@$(CLANG) $(COUNTED) -o $@ $^

afl-targets: build/afl/afl_lockstep build/afl/libpagefuzz_mutator.so
build/afl/libpagefuzz_mutator.so: $(call objects,pic,$(AFL_LIB))
	@mkdir -p $(@D)
	@$(CC) -shared -o $@ $^

do-fuzz: build/pagefuzz fuzz-targets
	@$(DONE)build/pagefuzz fuzz --seconds $(FUZZ_SECONDS) --target build/$(SAN_DIR)/fuzz_lockstep \
		--seeds build/seeds-bytes --dict build/fuzz_lockstep.dict --corpus corpus/work/libfuzzer \
		--findings findings

# The objects that several instances want are built for those only.
AFL_JOBS ?= 1
do-afl: build/pagefuzz afl-targets $(if $(filter-out 1,$(AFL_JOBS)),build/afl-fast/afl_lockstep build/afl-cmplog/afl_lockstep) build/seeds-bytes/.done build/fuzz_lockstep.dict
	@AFL_SECONDS=$(AFL_SECONDS) AFL_JOBS=$(AFL_JOBS) scripts/afl

# The other targets, for libFuzzer. Parsers are what is watched in the last three, and no checksum is in the way.
PARSERS := $(FUZZ_IMPL) -Itargets/engines/standin
$(eval $(call variant,$(SAN_DIR)/parsers,$(CLANG),$(PARSERS),$(PARSERS)))
PARSER_TARGETS := fuzz_language fuzz_import fuzz_transcript
define target
build/$(SAN_DIR)/$(1): $(call objects,$(SAN_DIR)$(if $(filter $(1),$(PARSER_TARGETS)),/parsers),$($(1)_SOURCES))
	@$(CLANG) $(SAN_FLAGS) -fsanitize=fuzzer -o $$@ $$^
endef
$(foreach t,$(filter-out fuzz_lockstep,$(FUZZ_TARGETS)),$(eval $(call target,$(t))))
build/$(SAN_DIR)/tests/plugins/summary.o: tests/plugins/summary.c build/include/pagefuzz/.done
	@mkdir -p $(@D)
	@$(CLANG) $(COMMON) -Ibuild/include $(FUZZ_IMPL) -MMD -MP -c $< -o $@
all-targets: $(FUZZ_TARGETS:%=build/$(SAN_DIR)/%)

# -------------------------------------------------------------- install --
# The fuzz target: as a program that opens plug-ins, and as an object to link with one.
# Relative to itself the command finds all of it, so the folder may be moved.
PREFIX  ?= /usr/local
ROOT     = $(DESTDIR)$(PREFIX)
install: tools fuzz-targets build/afl/libpagefuzz_mutator.so build/fuzz_lockstep.dict \
		build/seeds-bytes/.done \
		$(call objects,plain,$(TARGET) targets/engines/replay.c targets/engines/no_mutate.c)
	@$(DONE)install -D -t $(ROOT)/bin build/pagefuzz
	@for h in $(HEADERS); do install -D -m 644 -t $(ROOT)/include/pagefuzz/$$(dirname $$h) $$h; done
	@for h in $(CONTRACT); do \
		printf '/* The contract is in %s. */\n#include "%s"\n' $$h $$h \
			>$(ROOT)/include/pagefuzz/$$(basename $$h); done
	@install -D -m 644 -t $(ROOT)/lib build/libpagefuzz.a
	@install -D -t $(ROOT)/lib/pagefuzz build/$(SAN_DIR)/fuzz_lockstep \
		build/afl/libpagefuzz_mutator.so
	@install -m 644 -t $(ROOT)/lib/pagefuzz $(filter %.o,$^)
	@sed 's,@PREFIX@,$(PREFIX),' targets/command/pagefuzz.pc.in >build/pagefuzz.pc
	@install -D -m 644 -t $(ROOT)/lib/pkgconfig build/pagefuzz.pc
	@install -D -m 644 -t $(ROOT)/share/pagefuzz build/fuzz_lockstep.dict
	@install -D -m 644 -t $(ROOT)/share/pagefuzz/seeds $(SEEDS)
	@install -D -m 644 -t $(ROOT)/share/pagefuzz/worlds $(wildcard corpus/worlds/*.txt)
	@install -D -m 644 -t $(ROOT)/share/pagefuzz/seeds-bytes build/seeds-bytes/*
	@install -D -m 644 -t $(ROOT)/share/pagefuzz/new targets/command/new/*.c
	@install -D -m 644 -t $(ROOT)/share/man/man1 targets/command/pagefuzz.1
	@install -D -m 644 targets/command/completion.bash \
		$(ROOT)/share/bash-completion/completions/pagefuzz
	@install -D -m 644 -t $(ROOT)/share/doc/pagefuzz LICENSE
	@echo "installed in $(ROOT)"
	@case ":$$PATH:" in *":$(PREFIX)/bin:"*) ;; \
	*) echo "pagefuzz is not in PATH yet: export PATH=$(PREFIX)/bin:\$$PATH";; esac

# ---------------------------------------------------------------- tests --
define unit
build/$(1)/test_%: build/$(1)/tests/test_%.o $(patsubst %.c,build/$(1)/%.o,$(CORE) $(COMMAND) targets/engines/afl_mutator.c)
	@$(2) $(or $(3),$(CHECKED)) -o $$@ $$^ -lcmocka $$(TRACE_LIBS)
endef
$(eval $(call unit,gcc,gcc))
$(eval $(call unit,clang,$(CLANG)))
$(eval $(call unit,coverage,$(CLANG),$(COUNTED)))
units: $(UNIT:%=build/gcc/%) $(UNIT:%=build/clang/%) build/gcc/pagefuzz build/clang/pagefuzz

do-test: tools units counted fuzz-targets afl-targets build/seeds-bytes/.done build/fuzz_lockstep.dict
	@$(DONE)tests/run

# ----------------------------------------------------------- the others --
do-demo: build/pagefuzz
	@$(DONE)scripts/demo

do-golden: build/pagefuzz
	@$(DONE)build/pagefuzz golden corpus/golden/*.tr

counted: build/coverage/replay_lockstep $(UNIT:%=build/coverage/%)

do-coverage: counted build/seeds-bytes/.done
	@$(DONE)scripts/coverage $(if $(CORPUS),CORPUS="$(CORPUS)")

do-results: build/pagefuzz
	@$(DONE)build/pagefuzz results

# libFuzzer's driver without its main().
FUZZER_NO_MAIN = $$($(CLANG) -print-runtime-dir 2>/dev/null)/libclang_rt.fuzzer_no_main-$$(uname -m).a
build/$(SAN_DIR)/tests/bench.o: tests/bench.c
	@mkdir -p $(@D)
	@$(CLANG) $(COMMON) $(FUZZ_IMPL) -MMD -MP -c $< -o $@
build/bench: $(call objects,$(SAN_DIR),tests/bench.c $(CORE))
	@$(CLANG) $(SAN_FLAGS) -fsanitize=fuzzer-no-link -o $@ $^ $(FUZZER_NO_MAIN) -lstdc++ -lm
build/bench_alloc: $(call objects,plain,tests/bench_alloc.c) build/libpagefuzz.a
	@$(CC) -o $@ $^
build/bench_source: $(call objects,plain,tests/bench_source.c) build/libpagefuzz.a
	@$(CC) -o $@ $^
build/bench_source_watched: $(call objects,$(SAN_DIR),tests/bench_source.c $(CORE))
	@$(CLANG) $(SAN_FLAGS) -fsanitize=fuzzer-no-link -o $@ $^ $(FUZZER_NO_MAIN) -lstdc++ -lm
# A kernel's source takes part if it is there (make source).
BENCHED := $(if $(wildcard build/source/6.1/fuzz.so),source:6.1)
do-bench: build/bench build/bench_alloc $(if $(BENCHED),build/bench_source build/bench_source_watched)
	@$(DONE)build/bench build/bench.json
	@build/bench_alloc linux linux-plain $(BENCHED)
ifneq ($(BENCHED),)
	@build/bench_source $(BENCHED) plain
	@build/bench_source_watched $(BENCHED) "sanitizers and coverage"
else
	@echo "source:6.1 is not there (make source): not measured"
endif

format:
	@clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	@rm -rf build
