# SPDX-License-Identifier: GPL-2.0-only
"""
builder.py - programs with a changed impls/linux in them, from the objects that make has built, and
how they are run: with a bound on their CPU time.
"""
import hashlib
import os
import resource
import shutil
import subprocess
import tempfile

PORT = "impls/linux"


def make_value(name):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    words = subprocess.run(["make", "-s", "print-" + name], env=env, check=True,
                           capture_output=True, text=True).stdout
    return subprocess.run(["sh", "-c", "echo " + words.replace('"', '\\"')], check=True,
                          capture_output=True, text=True).stdout.split()


class Builder:
    """Only what is changed is compiled, as the rest was, which is kept as it is now."""

    def __init__(self, folder, kind, sources, compiler, flags, link):
        self.compiler, self.link = compiler, link
        self.flags = make_value("COMMON") + ["-w"] + flags
        self.objects = {s: "build/%s/%s.o" % (kind, s[:-2]) for s in dict.fromkeys(sources)}
        self.port = [s for s in self.objects if s.startswith(PORT + "/")]
        digest = hashlib.sha256()
        for o in sorted(self.objects.values()):
            if not o.startswith("build/%s/%s" % (kind, PORT)):
                digest.update(open(o, "rb").read())
        self.version = digest.hexdigest()[:16]
        # What is built from now on is of this moment, whatever make does meanwhile.
        self.kept = os.path.join(folder, "objects-" + self.version)
        for s, o in self.objects.items():
            kept = os.path.join(self.kept, o)
            os.makedirs(os.path.dirname(kept), exist_ok=True)
            shutil.copy(o, kept)
            self.objects[s] = kept

    def build(self, files, out, define=()):
        """files: {path in the tree: text}. An error message, or None."""
        os.makedirs(out, exist_ok=True)
        for path, text in files.items():
            target = os.path.join(out, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "w", encoding="latin-1") as f:
                f.write(text)
        header = any(p.endswith(".h") for p in files)
        objects = dict(self.objects)
        for source in self.port if header else [p for p in files if p.endswith(".c")]:
            here = os.path.join(out, source)
            if not os.path.exists(here):
                shutil.copy(source, here)
            objects[source] = here[:-2] + ".o"
            r = subprocess.run([*self.compiler, *self.flags, *define,
                                "-I" + os.path.join(out, PORT), "-I" + PORT,
                                "-c", "-o", objects[source], here],
                               capture_output=True, text=True)
            if r.returncode:
                return r.stderr.splitlines()[0]
        r = subprocess.run([*self.compiler, "-o", out + "/pagefuzz", *objects.values(),
                            *self.link], capture_output=True, text=True)
        return r.stderr.splitlines()[0] if r.returncode else None


def run(argv, cpu_limit, environment=None):
    """Status, output, CPU seconds. Who uses more CPU than that is ended."""
    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_limit, cpu_limit + 2))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryFile() as out:
        p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out,
                             stderr=subprocess.STDOUT, preexec_fn=limit,
                             env={**os.environ, **(environment or {})})
        _, status, usage = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        return (p.returncode, out.read(1 << 20).decode("utf-8", "replace"),
                usage.ru_utime + usage.ru_stime)
