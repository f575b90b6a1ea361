#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
mutate.py - the places where a C file can be made wrong by one small change, from clang's
own syntax tree (python3-clang). A mutant is an operator at a place; of no change it is known
whether it matters.

usage: mutate.py FILE...                  all mutants, one a line: name, tab, what changes
       mutate.py --apply NAME FILE        FILE with that one change, to standard output

A mutant's name is FILE:FUNCTION:OPERATOR:HASH, the hash that of the line before and after and
of how many equal changes of the function come before it: other edits of the file don't rename it.

Operators, with those of bug catalogues that they stand for in brackets:
    rel     < <= > >= == != replaced by the one beside it         [off by one, inverted]
    arith   + -, << >>, * / exchanged                             [wrong sign, wrong unit]
    const   an integer literal is one more                        [thresholds]
    logic   && || exchanged; one operand left out                 [dropped test]
    if      a condition negated, always false, always true        [dropped branch]
    call    a call whose answer nobody wants is left out          [forgotten putback, mark, drain]
    set     an assignment, ++ or -- is left out                   [forgotten update]
    sign    += -=, ++ -- exchanged                                [wrong sign]
    name    an enumerator or flag, the next one of its kind       [wrong type, list, result]
    member  another member of the same type                       [wrong one of a pair]
    pair    one of two functions that go together: min max, start end, head tail
    jump    break left out, continue for break and the reverse    [early stop]
    answer  return true, return false exchanged                   [success on failure]
"""
import hashlib
import os
import re
import sys

from clang import cindex
from clang.cindex import CursorKind as K

FLAGS = ["-std=gnu11", "-D_GNU_SOURCE", "-I."]
REL = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
ARITH = {"+": "-", "-": "+", "<<": ">>", ">>": "<<", "*": "/", "/": "*"}
LOGIC = {"&&": "||", "||": "&&"}
PAIRS = [("min_pfn_of", "max_pfn_of"), ("pageblock_start_pfn", "pageblock_end_pfn"),
         ("list_add", "list_add_tail"), ("zone_start", "zone_end"), ("list_del", None)]
PAIR = {a: b for p in PAIRS for a, b in (p, p[::-1]) if a and b}
# Reports of what was done are no part of what is done; the watchdog is the framework's.
NOT_THE_CODE = re.compile(r"(spent|lx_event|trace_\w+)\(")
SWITCH = re.compile(r"!?\w+(->|\.)off\.\w+|!?off->\w+")
# Enumerators that count or mask are no members of their family.
NO_MEMBER = re.compile(r"(^NR_|_MASK$|_TYPES$|_PCPTYPES$|_SHIFT$|_MAX$)")


class Mutants:
    def __init__(self, path):
        self.path = path
        self.text = open(path, "rb").read().decode("latin-1")
        # libclang places what is inside a macro call at its beginning: no likely() for it.
        plain = re.sub(r"\b(un)?likely\(", lambda m: " " * (len(m[0]) - 1) + "(", self.text)
        unit = cindex.Index.create().parse(
            path, args=FLAGS, unsaved_files=[(path, plain)],
            options=cindex.TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD)
        errors = [d for d in unit.diagnostics if d.severity >= cindex.Diagnostic.Error]
        if errors:
            sys.exit("mutate: %s" % errors[0])
        self.found = []
        self.names = self.families(unit.cursor)
        for c in unit.cursor.get_children():
            if c.kind == K.FUNCTION_DECL and c.is_definition() and self.here(c):
                self.function = c.spelling
                body = [b for b in c.get_children() if b.kind == K.COMPOUND_STMT]
                self.walk(body[0], c)

    def here(self, c):
        return c.location.file and c.location.file.name == self.path

    def families(self, root):
        """Macros that are numbers, by prefix, in the order of their definition."""
        family = {}
        for c in root.get_children():
            if c.kind != K.MACRO_DEFINITION or not c.location.file:
                continue
            if os.path.dirname(c.location.file.name) != os.path.dirname(self.path):
                continue
            words = [t.spelling for t in c.get_tokens()]
            if len(words) == 2 and "_" in words[0] and not NO_MEMBER.search(words[0]):
                family.setdefault(words[0].split("_")[0], []).append(words[0])
        return {a: f[(i + 1) % len(f)] for f in family.values() if len(f) > 1
                for i, a in enumerate(f)}

    def span(self, c):
        return c.extent.start.offset, c.extent.end.offset

    def add(self, operator, start, end, new):
        if start >= end or self.text[start:end] == new:
            return
        self.found.append((start, end, new, operator, self.function))

    # ------------------------------------------------------------- places --
    def walk(self, c, parent):
        getattr(self, "at_" + c.kind.name.lower(), lambda *_: None)(c, parent)
        self.statement(c, parent)
        for child in c.get_children():
            self.walk(child, c)

    def operator(self, c):
        """Where the operator of a binary expression stands."""
        left, right = list(c.get_children())[:2]
        start, end = left.extent.end.offset, right.extent.start.offset
        m = re.fullmatch(r"\s*([^\s\w()]+)\s*", self.text[start:end])
        # Operands in parentheses: those belong to the operand, but for a cast.
        if not m or start > end:
            return None, 0, 0, left, right
        return m[1], start + m.start(1), start + m.end(1), left, right

    def at_binary_operator(self, c, parent):
        op, start, end, left, right = self.operator(c)
        if op in REL:
            self.add("rel", start, end, REL[op])
            if op in ("<", "<=", ">", ">="):
                self.add("rel", start, end, {"<": ">", ">": "<", "<=": ">=", ">=": "<="}[op])
        elif op in ARITH:
            self.add("arith", start, end, ARITH[op])
        elif op in LOGIC:
            self.add("logic", start, end, LOGIC[op])
            none = "1" if op == "&&" else "0"
            for side in (left, right):
                # linux-PART's switches are off in the port itself.
                if not SWITCH.fullmatch(self.text[slice(*self.span(side))]):
                    self.add("logic", *self.span(side), none)

    def at_compound_assignment_operator(self, c, parent):
        op, start, end, _, _ = self.operator(c)
        if op in ("+=", "-="):
            self.add("sign", start, end, "-=" if op == "+=" else "+=")

    def at_unary_operator(self, c, parent):
        start, end = self.span(c)
        for a, b in (("++", "--"), ("--", "++")):
            if self.text[start:start + 2] == a:
                self.add("sign", start, start + 2, b)
            elif self.text[end - 2:end] == a:
                self.add("sign", end - 2, end, b)

    def at_integer_literal(self, c, parent):
        start, end = self.span(c)
        m = re.fullmatch(r"(0x[0-9a-fA-F]+|\d+)([uUlL]*)", self.text[start:end])
        if m:
            self.add("const", start, end, "%d%s" % (int(m[1], 0) + 1, m[2]))

    def at_decl_ref_expr(self, c, parent):
        start, end = self.span(c)
        decl = c.referenced
        if decl is None or self.text[start:end] != c.spelling:
            return
        if decl.kind == K.ENUM_CONSTANT_DECL:
            kin = [e.spelling for e in decl.semantic_parent.get_children()
                   if e.kind == K.ENUM_CONSTANT_DECL and not NO_MEMBER.search(e.spelling)]
            if c.spelling in kin and len(kin) > 1:
                self.add("name", start, end, kin[(kin.index(c.spelling) + 1) % len(kin)])
        elif c.spelling in PAIR:
            self.add("pair", start, end, PAIR[c.spelling])

    def at_member_ref_expr(self, c, parent):
        decl = c.referenced
        end = c.extent.end.offset
        if decl is None or decl.kind != K.FIELD_DECL or not c.spelling:
            return
        start = end - len(c.spelling)
        if self.text[start:end] != c.spelling:
            return
        kin = [f.spelling for f in decl.semantic_parent.get_children()
               if f.kind == K.FIELD_DECL and f.type.spelling == decl.type.spelling]
        if len(kin) > 1 and not SWITCH.fullmatch(self.text[slice(*self.span(c))]):
            self.add("member", start, end, kin[(kin.index(c.spelling) + 1) % len(kin)])

    def at_if_stmt(self, c, parent):
        at = c.extent.start.offset
        start, end = self.span(list(c.get_children())[0])
        # One that a macro is made of has no place here.
        if self.text[at:at + 2] != "if" or not at < start < end:
            return
        for new in ("(!%s)", "(0)", "(1)") if self.text[start] == "(" else ("!(%s)", "0", "1"):
            self.add("if", start, end, new % self.text[start:end] if "%" in new else new)

    def at_conditional_operator(self, c, parent):
        start, end = self.span(list(c.get_children())[0])
        self.add("if", start, end, "!(%s)" % self.text[start:end])

    def at_return_stmt(self, c, parent):
        start, end = self.span(c)
        m = re.fullmatch(r"return (true|false)", self.text[start:end])
        if m:
            self.add("answer", start + 7, end, "false" if m[1] == "true" else "true")

    def at_break_stmt(self, c, parent):
        if parent.kind != K.CASE_STMT and parent.kind != K.SWITCH_STMT:
            self.add("jump", *self.span(c), ";")
            self.add("jump", *self.span(c), "continue")

    def at_continue_stmt(self, c, parent):
        self.add("jump", *self.span(c), "break")

    def statement(self, c, parent):
        """A whole statement that may be left out."""
        if parent.kind not in (K.COMPOUND_STMT, K.IF_STMT, K.FOR_STMT, K.WHILE_STMT, K.DO_STMT):
            return
        start, end = self.span(c)
        # The heads of if and for are expressions without one.
        if self.text[end:end + 1] != ";":
            return
        if parent.kind == K.FOR_STMT and c != list(parent.get_children())[-1]:
            return
        if c.kind == K.CALL_EXPR and not NOT_THE_CODE.match(self.text, start):
            self.add("call", start, end, "(void)0")
        elif c.kind == K.COMPOUND_ASSIGNMENT_OPERATOR or c.kind == K.UNARY_OPERATOR or (
                c.kind == K.BINARY_OPERATOR and self.operator(c)[0] == "="):
            self.add("set", start, end, "(void)0")

    def macros(self):
        """Flags are macros, whose places are those of their tokens."""
        for m in re.finditer(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b", self.text):
            if m[0] in self.names:
                yield m.start(), m.end(), self.names[m[0]]

    def all(self):
        """NAME, line before, line after, start, end, new."""
        functions = {}
        found = list(self.found)
        for s, e, _, _, f in found:
            lo, hi = functions.get(f, (s, e))
            functions[f] = (min(lo, s), max(hi, e))
        for s, e, new in self.macros():
            for f, (lo, hi) in functions.items():
                if lo <= s < hi:
                    found.append((s, e, new, "name", f))
        seen = {}
        for s, e, new, operator, function in sorted(set(found)):
            begin = self.text.rfind("\n", 0, s) + 1
            stop = self.text.find("\n", e)
            before = " ".join(self.text[begin:stop].split())
            after = " ".join((self.text[begin:s] + new + self.text[e:stop]).split())
            key = (function, operator, before, after)
            seen[key] = seen.get(key, 0) + 1
            digest = hashlib.sha256(repr(key + (seen[key],)).encode()).hexdigest()[:8]
            name = "%s:%s:%s:%s" % (os.path.basename(self.path), function, operator, digest)
            yield name, before, after, s, e, new

    def applied(self, name):
        for n, _, _, s, e, new in self.all():
            if n == name:
                return self.text[:s] + new + self.text[e:]
        return None


def main():
    args = sys.argv[1:]
    if not args or args[0] in ("-h", "--help") or (args[0] == "--apply" and len(args) != 3):
        print(__doc__.strip())
        sys.exit(0 if args and args[0] != "--apply" else 2)
    if args[0] == "--apply":
        text = Mutants(args[2]).applied(args[1])
        if text is None:
            sys.exit("mutate: there is no mutant %s" % args[1])
        sys.stdout.write(text)
        return
    for path in args:
        for name, before, after, *_ in Mutants(path).all():
            print("%s\t%s  =>  %s" % (name, before, after))


if __name__ == "__main__":
    main()
