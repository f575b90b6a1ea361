# SPDX-License-Identifier: GPL-2.0-only
"""
judge.py - builds pagefuzz with a changed impls/linux in it and asks who notices:

    laws     seeds, then random programs, on the lineup of every campaign; if that finds
             nothing, longer programs, then once more watched by ASan, as campaigns are
    twin     the same beside a kernel's own source (make source)
    golden   what the booted kernel said (corpus/golden)

What is judged stays judged, in FOLDER/NAME.json, until the change or pagefuzz is another.
"""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from builder import Builder, make_value, run
from engines import ENGINES, Engine

LAWS_WITH = "bitmap,buddy,mobility,linux-plain"
JUDGES = ("laws", "twin", "golden")
SOURCE = "source:6.1"


def glob_sorted(folder, ending):
    return sorted(os.path.join(folder, f) for f in os.listdir(folder) if f.endswith(ending))


def command_builder(folder, kind):
    """The command, watched by UBSan, or all of it by ASan and UBSan."""
    watched = ["-fsanitize=" + {"plain": "undefined", "gcc": "address,undefined"}[kind]]
    return Builder(folder, kind,
                   make_value("MAIN") + make_value("COMMAND") + make_value("CORE"),
                   [os.environ.get("CC", "gcc")],
                   ["-O1", "-fPIC", *watched, "-fno-sanitize-recover=all"],
                   watched + make_value("TRACE_LIBS"))


def check(binary, scratch, lineup, seconds, seed, ops=64, files=(), apart=False, minimise=False):
    """One judge that makes programs: {signature, cpu, programs, program if that is asked}."""
    found = os.path.join(scratch, "found.txt")
    table = os.path.join(scratch, "found.json")
    for f in (found, table):
        if os.path.exists(f):
            os.unlink(f)
    argv = [binary, "check", "linux", *lineup, "--seconds", str(seconds), "--seed", str(seed),
            "--ops", str(ops), "-q", "-o", found, "--json", table, *files]
    status, out, cpu = run(argv + ([] if apart else ["--in-process"]),
                           seconds * (6 if apart else 2) + 20)
    if status == 1 and os.path.exists(table):
        result = json.load(open(table))
        return {"signature": result["finding"]["signature"], "cpu": cpu,
                "programs": result["programs"],
                "program": smallest(binary, scratch, found) if minimise else None}
    if status == 0:
        return {"signature": None, "cpu": cpu,
                "programs": json.load(open(table))["programs"]}
    if apart:
        # Not even a child could be judged.
        return {"signature": "hang/linux/?" if status < 0 else "crash/linux/?", "cpu": cpu,
                "programs": 0, "says": out[-300:]}
    # It crashed or hangs: once more where that becomes a verdict.
    again = check(binary, scratch, lineup, seconds, seed, ops, files, True, minimise)
    if again["signature"] is None:
        again["signature"] = "hang/linux/?" if status == -24 else "crash/linux/?"
    again["cpu"] = cpu
    m = re.search(r"runtime error: (.*)", out)
    if m:
        again["says"] = "UBSan: " + m[1]
    return again


def smallest(binary, scratch, found):
    """The minimised program as text, or None: it could not be minimised in a minute."""
    small = os.path.join(scratch, "small.txt")
    status, _, _ = run([binary, "min", "-o", small, "--seconds", "50", found], 60)
    return open(small).read() if status == 0 else None


def golden(binary, transcripts):
    """One after the other: the first that differs is enough."""
    spent = 0
    for t in transcripts:
        status, out, cpu = run([binary, "golden", "-q", "--timeout", "2", t], 60)
        spent += cpu
        if status == 0:
            continue
        if status == 2:
            raise OSError(out.strip().splitlines()[-1] if out.strip() else t)
        m = re.search(r"\b([a-z_]+/linux[^\s:]*)", out)
        return {"signature": m[1] if m else "golden/linux/?", "cpu": spent, "transcript": t,
                "says": out.strip().splitlines()[-1][:200] if out.strip() else str(status)}
    return {"signature": None, "cpu": spent}


class Judge:
    def __init__(self, folder, seconds, runs, judges=JUDGES, minimise=False, asan=False):
        self.folder, self.seconds, self.runs, self.judges = folder, seconds, runs, judges
        self.minimise = minimise
        os.makedirs(folder, exist_ok=True)
        self.builder = command_builder(folder, "plain")
        self.asan = command_builder(folder, "gcc") if asan else None
        # Programs that were made for these bugs would be no proof.
        self.seeds = glob_sorted("corpus/seeds", ".txt") + [
            f for f in glob_sorted("corpus/regressions", ".txt")
            if not os.path.basename(f).startswith("bug-")]
        self.transcripts = glob_sorted("corpus/golden", ".tr")
        self.engines = {j: Engine(j, folder, self.seeds) for j in judges if j in ENGINES}
        if "twin" in judges and not os.path.exists("build/source/6.1/plain.so"):
            sys.exit("%s: there is no %s (make source)" % (os.path.basename(sys.argv[0]), SOURCE))

    def watched(self, files, define, scratch):
        """The laws once more, under ASan."""
        out = os.path.join(scratch, "asan")
        error = self.asan.build(files, out, define)
        if error:
            sys.exit("%s: under ASan: %s" % (os.path.basename(sys.argv[0]), error))
        r = check(out + "/pagefuzz", scratch, ["-w", "buddy"], self.seconds, 1, files=self.seeds,
                  minimise=self.minimise)
        return dict(r, long=True, asan=True)

    def one(self, judge, binary, scratch, files=None, define=()):
        """All runs of one judge: the first that finds nothing is followed by a last one, of
        programs eight times as long."""
        if judge in self.engines:
            out = tempfile.mkdtemp(prefix=judge + "-", dir=scratch)
            return self.engines[judge].judge(files, define, out, self.seconds, self.runs)
        if judge == "golden":
            return [golden(binary, self.transcripts)]
        lineup = ["-w", LAWS_WITH if judge == "laws" else SOURCE]
        results = []
        for seed in range(1, self.runs + 1):
            results.append(check(binary, scratch, lineup, self.seconds, seed, files=self.seeds,
                                 minimise=self.minimise and seed == 1))
            if results[-1]["signature"] is None:
                results.append(check(binary, scratch, lineup, self.seconds, seed, 512,
                                     minimise=self.minimise and seed == 1))
                results[-1]["long"] = True
                break
        return results

    def control(self):
        """What the port itself shows, as it is: a false alarm would be counted as a hit."""
        out = tempfile.mkdtemp(prefix="control-", dir=self.folder)
        try:
            error = self.builder.build({}, out)
            if error:
                return error
            for judge in self.judges:
                for r in self.one(judge, out + "/pagefuzz", out, {}):
                    if r["signature"]:
                        return r["signature"]
            return None
        finally:
            shutil.rmtree(out, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name.replace("/", "_").replace(":", "-") + ".json")

    def known(self, name, files):
        """What is known of this change and still holds."""
        try:
            r = json.load(open(self.path(name)))
        except (OSError, ValueError):
            return None
        return r if r["change"] == digest(files) else None

    def due(self, judge, result):
        r = result["judges"].get(judge)
        if not r:
            return True
        if any(x["signature"] for x in r["runs"]):
            return False
        return r["version"] != self.builder.version or r["seconds"] < self.seconds

    def judge(self, name, files, define=()):
        result = self.known(name, files) or {"name": name, "change": digest(files), "judges": {}}
        due = [j for j in self.judges if self.due(j, result)]
        if not due or result.get("error"):
            return result
        out = tempfile.mkdtemp(prefix="judge-", dir=self.folder)
        try:
            error = self.builder.build(files, out, define)
            if error:
                result["error"] = error
            else:
                for j in due:
                    runs = self.one(j, out + "/pagefuzz", out, files, define)
                    if j == "laws" and self.asan and not any(r["signature"] for r in runs):
                        runs.append(self.watched(files, define, out))
                    result["judges"][j] = {"version": self.builder.version,
                                           "seconds": self.seconds, "runs": runs}
            with open(out + "/result", "w") as f:
                json.dump(result, f, indent=1)
            os.rename(out + "/result", self.path(name))
        finally:
            shutil.rmtree(out, ignore_errors=True)
        return result


def digest(files):
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:16]


def hit(result, judge):
    """The first run of that judge that found something, or None."""
    for r in result["judges"].get(judge, {"runs": []})["runs"]:
        if r["signature"]:
            return r
    return None


def cpu_median(result, judge):
    cpu = sorted(r["cpu"] for r in result["judges"][judge]["runs"] if r["signature"])
    return cpu[(len(cpu) - 1) // 2] if cpu else None


class Progress:
    def __init__(self, what, total):
        self.what, self.total, self.done, self.began = what, total, 0, time.monotonic()

    def step(self, text):
        self.done += 1
        line = "%s: %d of %d: %s" % (self.what, self.done, self.total, text)
        if sys.stderr.isatty():
            print("\r\033[K" + line[:110], end="\n" if self.done == self.total else "",
                  file=sys.stderr, flush=True)
        else:
            print(line, file=sys.stderr, flush=True)


def machine():
    name = "unknown processor"
    try:
        name = re.search(r"model name\s*: (.*)", open("/proc/cpuinfo").read())[1]
    except (OSError, TypeError):
        pass
    return "%d cpus, %s" % (os.cpu_count(), name)


def put_into_readme(what, lines):
    """Between the marks of that name in oracle/bugs/README.md."""
    path = "oracle/bugs/README.md"
    text = open(path).read()
    begin, end = "<!-- %s -->\n" % what, "<!-- end of %s -->\n" % what
    i, j = text.index(begin) + len(begin), text.index(end)
    with open(path + ".new", "w") as f:
        f.write(text[:i] + "\n".join(lines) + "\n" + text[j:])
    os.rename(path + ".new", path)
