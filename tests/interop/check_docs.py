#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""check_docs.py ROOT - the sources name sections of docs/*.md; each must exist.
docs/protocol.md names every code and reason of data/fouten.txt with its status;
every row of docs/threat-model.md names a test, and each test exists;
docs/mapping.md has each field of data/types.json.  Standard library only.
"""
import json
import os
import re
import sys

KINDS = (".c", ".h", ".py", ".sql", ".json", ".txt", ".md", ".cmake", ".1",
         ".5", ".8")
FOLDERS = ("base", "protocol", "crypto", "store", "daemon", "tools", "tests",
           "data", "docs", "man", "cmake")
MENTION = re.compile(r"docs/([a-z-]+)\.md[,:]?\s*\(?\"([^\"]{3,60})\"")
PLAIN = re.compile(r"docs/([a-z-]+)\.md")


def files(root):
    for folder in FOLDERS:
        for here, _, names in os.walk(os.path.join(root, folder)):
            for name in names:
                if name.endswith(KINDS):
                    yield os.path.join(here, name)
    for name in os.listdir(root):
        if name.endswith(".md"):
            yield os.path.join(root, name)


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def headings(root):
    """{page: its section titles, without number or code marks}."""
    out = {}
    docs = os.path.join(root, "docs")
    for name in os.listdir(docs):
        if name.endswith(".md"):
            out[name[:-3]] = {
                re.sub(r"^\d+\. ", "", h.replace("`", ""))
                for h in re.findall(r"^#+ (.+)$",
                                    read(os.path.join(docs, name)), re.M)}
    return out


def is_test(root, name):
    """Does ctest have a test of this name?  As tests/ makes them: a source, or
    a name in the list of its folder."""
    kind, _, rest = name.partition("_")
    folder = os.path.join(root, "tests", kind)
    for file in ("test_%s.c" % rest, name + ".c", kind + ".c"):
        if kind in ("unit", "fuzz", "sim") and \
                os.path.exists(os.path.join(folder, file)):
            return True
    lists = os.path.join(folder, "CMakeLists.txt")
    return os.path.exists(lists) and re.search(
        r"\b(?:%s_)?%s\b" % (kind, rest or kind), read(lists)) is not None


def threats(root):
    for row in re.findall(r"^\| \d+ \|.*\|$", read(os.path.join(
            root, "docs", "threat-model.md")), re.M):
        number, shown = row.split(" | ")[0], row.split(" | ")[-1]
        tests = re.findall(r"`((?:unit|fuzz|sim|system|interop|links|demo)_"
                           r"[a-z0-9_]+|vectors)`", shown)
        if not tests:
            yield "docs/threat-model.md %s: no test" % number
        for name in tests:
            if not is_test(root, name):
                yield "docs/threat-model.md %s: no test %s" % (number, name)


def check(root):
    titles, faults, seen = headings(root), [], 0
    own = os.path.abspath(__file__)
    for path in files(root):
        if os.path.abspath(path) == own:
            continue
        # A comment may break a mention over two lines.
        text = re.sub(r"\n\s*(\*|#|--|//|\.\\\")?[ \t]*", " ", read(path))
        where = os.path.relpath(path, root)
        for page in set(PLAIN.findall(text)):
            if page not in titles:
                faults.append("%s: no docs/%s.md" % (where, page))
        for page, title in MENTION.findall(text):
            seen += 1
            if title not in titles.get(page, ()):
                faults.append("%s: docs/%s.md has no section \"%s\""
                              % (where, page, title))
    protocol = read(os.path.join(root, "docs", "protocol.md"))
    for line in read(os.path.join(root, "data", "fouten.txt")).split("\n"):
        parts = line.split("|")
        if line.startswith("#") or len(parts) != 4:
            continue
        code, status = parts[0], parts[1]
        rows = [r for r in protocol.split("\n") if r.startswith("|")
                and "`%s`" % code.removeprefix("reden/") in r]
        if code.startswith("reden/") and not rows:
            faults.append("docs/protocol.md lacks the reason " + code)
        if status != "0" and not any(status in r for r in rows):
            faults.append("docs/protocol.md lacks %s %s" % (status, code))
    return faults + list(threats(root)), seen


def leaves(tables, fields, before=""):
    """The pointers of all fields that hold a value, through their groups."""
    for f in fields:
        name = before + f["naam"]
        if f["soort"] == "groep":
            group = tables["groepen"][f["groep"]]["velden"]
            yield from leaves(tables, group, name + "/")
        else:
            yield name


def mapping(root):
    """docs/mapping.md has a row for each field of each type, and no other."""
    tables = json.loads(read(os.path.join(root, "data", "types.json")))
    want = {"Common members": list(leaves(tables, tables["gemeen"]))}
    for kind in tables["typen"]:
        want["`%s`" % kind["srt"]] = list(leaves(tables, kind["velden"]))
    have = {}
    for part in read(os.path.join(root, "docs", "mapping.md")).split("\n## "):
        title, _, rest = part.partition("\n")
        have[title] = re.findall(r"^\| `([^`]+)` \|.*\|.*\|.*\|$", rest, re.M)
    faults = []
    for title, fields in want.items():
        rows = have.get(title, [])
        for name in sorted(set(fields) ^ set(rows)):
            faults.append("docs/mapping.md, %s: %s %s" % (
                title, name, "lacks a row" if name in fields else
                "is no field"))
        if len(rows) != len(set(rows)):
            faults.append("docs/mapping.md, %s: a row twice" % title)
    return faults


def main(argv):
    if len(argv) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    faults, seen = check(argv[1])
    faults += mapping(argv[1])
    for fault in faults:
        print(fault)
    print("docs: %d mentions of a section, %d faults" % (seen, len(faults)))
    return 1 if faults or seen < 20 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
