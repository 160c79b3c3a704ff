#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Rules that a machine can keep over the C sources: licence line, length,
banned functions, who may include whom, and that each header compiles alone;
of the JavaScript that the bench measures against, licence line and length.

usage: sources.py ROOT COMPILER
"""
import os
import re
import subprocess
import sys

BANNED = re.compile(
    r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|alloca|system|"
    r"popen|tmpnam|mktemp|sscanf|rand)\s*\(")

# Layer: the layers whose headers it may include.
MAY = {
    "base": {"base"},
    "protocol": {"protocol", "base"},
    "crypto": {"crypto", "protocol", "base"},
    "store": {"store", "protocol", "base"},
    "daemon": {"daemon", "store", "crypto", "protocol", "base"},
    "tools": {"tools", "store", "crypto", "protocol", "base"},
    "tests": {"tests", "tools", "daemon", "store", "crypto", "protocol",
              "base"},
}

# System headers that open a power, and the folders that may have it.
HEADERS = [
    (re.compile(r"sqlite3\.h"), ("store/", "daemon/store/",
                                 "daemon/houder/", "tests/")),
    (re.compile(r"openssl/(ssl|bio)\.h|curl/|nghttp2/"),
     ("daemon/net/", "tools/load", "tests/")),
    (re.compile(r"jansson\.h"), ("protocol/", "daemon/store/", "tools/",
                                 "tests/", "store/", "daemon/net/")),
    (re.compile(r"sys/(socket|epoll|signalfd)\.h|netinet/|netdb\.h|"
                r"arpa/inet\.h"), ("base/", "daemon/", "tools/", "tests/")),
]

MAX_LINES = 700
SPDX = "SPDX-License-Identifier: EUPL-1.2"


def strip(text):
    """The text without comments and literals; lines stay where they are."""
    def blank(m):
        return re.sub(r"[^\n]", " ", m.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'
                  r"'(?:\\.|[^'\\\n])*'", blank, text, flags=re.S)


def include_faults(path, text):
    layer = path.split("/")[0]
    faults = []
    for m in re.finditer(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', text, re.M):
        kind, name = m.groups()
        to = name.split("/")[0]
        if kind == '"' and to not in MAY[layer]:
            faults.append(f"{path}: {layer} may not include {name}")
        for pattern, folders in HEADERS:
            if pattern.match(name) and not path.startswith(folders):
                faults.append(f"{path}: <{name}> is not for this folder")
    return faults


def file_faults(path, text):
    """The faults of one source file, as sentences."""
    js = path.endswith(".js")
    faults = [] if js else include_faults(path, text)
    if not text.startswith(f"// {SPDX}\n" if js else f"/* {SPDX} */\n"):
        faults.append(f"{path}: no SPDX line")
    lines = text.count("\n")
    if lines > MAX_LINES:
        faults.append(f"{path}: {lines} lines, at most {MAX_LINES}")
    for m in () if js else BANNED.finditer(strip(text)):
        line = text.count("\n", 0, m.start()) + 1
        faults.append(f"{path}:{line}: banned function {m.group(1)}")
    return faults


def sources(root):
    for layer in MAY:
        for folder, _, names in os.walk(os.path.join(root, layer)):
            for name in sorted(names):
                if name.endswith((".c", ".h", ".js")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def header_faults(root, compiler, path):
    """A header must compile as the only thing in a file."""
    r = subprocess.run(
        [compiler, "-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra",
         "-Wpedantic", "-Werror", "-fsyntax-only", "-I", root, "-x", "c",
         "-"], input=f'#include "{path}"\n#include "{path}"\nint ov_alone;\n',
        capture_output=True, text=True)
    return [] if r.returncode == 0 else [f"{path}: {r.stderr}"]


def main(root, compiler):
    faults = []
    count = 0
    for path in sources(root):
        count += 1
        with open(os.path.join(root, path), encoding="utf-8") as f:
            faults += file_faults(path, f.read())
        if path.endswith(".h"):
            faults += header_faults(root, compiler, path)
    print(f"{count} files")
    print(*faults, sep="\n")
    return 1 if faults or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
