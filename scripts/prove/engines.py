# SPDX-License-Identifier: GPL-2.0-only
"""
engines.py - the same question to a fuzzing engine: how long until libFuzzer or AFL++ stops at a
changed impls/linux, on the lineup of every campaign, with coverage and sanitizers. What they
start from is the judge's seeds.
"""
import os
import re
import shutil
import subprocess
import time

from builder import Builder, make_value, run

ENGINES = ("libfuzzer", "afl")
MAX_LEN = "4096"


def kind_of(engine):
    return make_value("SAN_DIR")[0] if engine == "libfuzzer" else "afl"


def wanted(engine):
    """What make has to build before a judge can begin."""
    target = "fuzz_lockstep" if engine == "libfuzzer" else "afl_lockstep"
    more = ["build/afl/libpagefuzz_mutator.so"] if engine == "afl" else []
    return ["build/%s/%s" % (kind_of(engine), target), "build/fuzz_lockstep.dict",
            "build/seeds_to_bytes", *more]


class Engine:
    def __init__(self, engine, folder, seeds):
        san = make_value("SAN_FLAGS")
        self.engine, self.seeds = engine, os.path.join(folder, "seeds-bytes")
        sources = make_value("TARGET") + make_value("CORE")
        if engine == "libfuzzer":
            self.builder = Builder(folder, kind_of(engine), sources, make_value("CLANG"),
                                   make_value("FUZZ_IMPL"), san + ["-fsanitize=fuzzer"])
        else:
            self.builder = Builder(folder, kind_of(engine),
                                   ["targets/engines/afl_lockstep.c", *sources],
                                   make_value("AFL_CC"), make_value("AFL_FLAGS"), san)
            self.mutator = os.path.join(self.builder.kept, "mutator.so")
            shutil.copy("build/afl/libpagefuzz_mutator.so", self.mutator)
        shutil.rmtree(self.seeds, ignore_errors=True)
        os.makedirs(self.seeds)
        subprocess.run(["build/seeds_to_bytes", self.seeds, *seeds], check=True)

    def argv(self, target, scratch, seconds, seed):
        if self.engine == "libfuzzer":
            os.makedirs(scratch + "/corpus", exist_ok=True)
            return [target, "-seed=%d" % seed, "-artifact_prefix=%s/" % scratch,
                    "-max_len=" + MAX_LEN, "-dict=build/fuzz_lockstep.dict", "-timeout=20",
                    scratch + "/corpus", self.seeds]
        return ["afl-fuzz", "-V", str(seconds), "-s", str(seed), "-i", self.seeds, "-o",
                scratch + "/afl", "-G", MAX_LEN, "-t", "2000+", "-x", "build/fuzz_lockstep.dict",
                "--", target]

    def environment(self):
        return {"AFL_NO_UI": "1", "AFL_SKIP_CPUFREQ": "1", "AFL_NO_AFFINITY": "1",
                "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1", "AFL_BENCH_UNTIL_CRASH": "1",
                "AFL_EXIT_ON_SEED_ISSUES": "1",
                "AFL_CUSTOM_MUTATOR_LIBRARY": os.path.abspath(self.mutator)} \
            if self.engine == "afl" else {}

    def artifact(self, scratch):
        folder = scratch + ("/afl/default/crashes" if self.engine == "afl" else "")
        names = [f for f in sorted(os.listdir(folder)) if re.match(r"crash-|timeout-|oom-|id", f)] \
            if os.path.isdir(folder) else []
        return os.path.join(folder, names[0]) if names else None

    def one(self, out, seconds, seed):
        """{signature, cpu}. AFL++'s time is wall time: its forkserver's children are many."""
        target, scratch = out + "/pagefuzz", os.path.join(out, "run-%d" % seed)
        os.makedirs(scratch)
        began = time.monotonic()
        status, said, cpu = run(self.argv(target, scratch, seconds, seed),
                                seconds if self.engine == "libfuzzer" else 2 * seconds + 60,
                                self.environment())
        if self.engine == "afl":
            cpu = time.monotonic() - began
        found = self.artifact(scratch)
        if not found and self.engine == "afl" and status:
            # A seed that crashes is where it ends: AFL++ would only leave it out.
            m = re.search(r"orig:([^']+)'", said)
            found = os.path.join(self.seeds, m[1]) if m else None
        if not found:
            if self.engine == "afl" and status:
                raise OSError("afl-fuzz: " + said.strip()[-300:])
            return {"signature": None, "cpu": cpu}
        if self.engine == "afl":
            _, said, _ = run([target, found], 60)
        m = re.search(r"^finding +(\S+)", said, re.M)
        summary = re.search(r"^SUMMARY: (.*)", said, re.M)
        return {"signature": m[1] if m else "crash/linux/?", "cpu": cpu,
                "says": summary[1][:200] if summary else ""}

    def judge(self, files, define, out, seconds, runs):
        error = self.builder.build(files, out, define)
        if error:
            raise OSError("%s: %s" % (self.engine, error))
        return [self.one(out, seconds, seed) for seed in range(1, runs + 1)]
