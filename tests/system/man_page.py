#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""man/overstap.1 against the program: every command stands in the page, its
section "Options of each command" says what --help says, and nowhere does the
page name a command or option that the program does not know.

usage: man_page.py BIN MAN [--fix]    (directory of the programs; the page;
    --fix writes that section anew)
"""
import os
import re
import subprocess
import sys
import textwrap

OV = os.path.join(sys.argv[1], "overstap")
GLOBAL = {"instance", "json", "progress", "help"}
SECTION = ".Ss Options of each command\n"


def help_of(*argv):
    return subprocess.run([OV, *argv, "--help"], capture_output=True,
                          text=True, timeout=60, check=True).stdout


def options(text):
    """[[name, value, help]] of one --help, without the global ones."""
    out = []
    for line in text.split("\noptions:\n")[1].splitlines():
        m = re.match(r"  --(\S+)(?: (\S+))?(?:  +(.*))?$", line)
        if m:
            out.append([m[1], m[2] or "", m[3] or ""])
        else:
            out[-1][2] = (out[-1][2] + " " + line.strip()).strip()
    return [o for o in out if o[0] not in GLOBAL]


def commands():
    """{group: {verb or "": its options}}, as the program tells them."""
    out = {}
    for line in re.findall(r"^  (\S.*)$", help_of(), re.M):
        words = line.split("  ")[0].split()
        verb = words[1] if len(words) > 1 and words[1].islower() else ""
        argv = [words[0], verb] if verb else [words[0]]
        text = help_of(*argv)
        assert text.startswith("usage: overstap"), (argv, text)
        out.setdefault(words[0], {})[verb] = options(text)
    return out


def section(known):
    """The section as it must stand in the page."""
    out = SECTION + ".Bl -tag -width Ds\n"
    for group, verbs in known.items():
        for verb, opts in verbs.items():
            if not opts:
                continue
            out += ".It Cm %s\n" % (group + " " + verb).strip()
            out += ".Bl -tag -compact -width --fingerprintTYPED\n"
            for name, value, text in opts:
                out += ".It Fl -%s%s\n" % (name, value and " Ar " + value)
                out += textwrap.fill(text, 79) + "\n"
            out += ".El\n"
    return out + ".El\n"


def page(text):
    """{group: what the items about it say}."""
    out = {}
    text = text.split(".Sh DESCRIPTION")[1].split(SECTION)[0]
    for item in re.split(r"^\.It ", text, flags=re.M)[1:]:
        item = re.split(r"^\.El$", item, flags=re.M)[0]
        head = item.split("\n")[0]
        if not head.startswith("Cm "):
            continue
        words = head[3:].split(" ")
        # "card , status , version" are groups without verbs.
        many = words[1:2] == [","]
        for group in words if many else words[:1]:
            if group != ",":
                out[group] = out.get(group, "") + item
    return out


def faults(known, text):
    told = page(text)
    for group, verbs in known.items():
        if group not in told:
            yield "the page lacks " + group
            continue
        for verb in verbs:
            if not re.search(r"\b%s\b" % verb, told[group]):
                yield "the page lacks %s %s" % (group, verb)
        every = {o[0] for opts in verbs.values() for o in opts} | GLOBAL
        for line in re.findall(r"^.*Fl.*$", told[group], re.M):
            for o in re.findall(r"(?:^| )-([a-zA-Z][a-zA-Z0-9-]+)", line):
                if o not in every:
                    yield "%s has no option --%s" % (group, o)
    for group in told:
        if group not in known:
            yield "there is no command " + group
    if section(known) not in text:
        yield "options are not as --help tells them: man_page.py --fix"


def main():
    known = commands()
    with open(sys.argv[2], encoding="ascii") as f:
        text = f.read()
    if sys.argv[3:] == ["--fix"]:
        head, rest = text.split(SECTION)
        text = head + section(known) + rest[rest.index(".Sh "):]
        with open(sys.argv[2], "w", encoding="ascii") as f:
            f.write(text)
    wrong = list(faults(known, text))
    for fault in wrong:
        print(fault)
    n = sum(1 + len(o) for v in known.values() for o in v.values())
    print("man_page: %d commands and options, %d faults" % (n, len(wrong)))
    return 1 if wrong or n < 150 else 0


if __name__ == "__main__":
    sys.exit(main())
