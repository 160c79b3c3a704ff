#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Reads from each executable which libraries it needs and compares them with
the table of powers in docs: what a role must not do, it does not link.

usage: libraries.py PROGRAM...
"""
import os
import re
import subprocess
import sys

# The C library, and what sanitizers add.
ALWAYS = {"libc.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1",
          "libm.so.6", "libgcc_s.so.1", "libasan.so", "libubsan.so",
          "libpthread.so.0", "libdl.so.2"}

# program: (must need, may need); everything else is forbidden.
POWERS = {
    "overstapd-net": ({"libssl", "libcrypto", "libcurl", "libnghttp2"},
                      {"libsodium", "libjansson"}),
    "overstapd-store": ({"libsqlite3", "libsodium", "libcrypto",
                         "libjansson"}, set()),
    "overstapd-vault": ({"libsodium", "libcrypto"}, set()),
    "overstapd-houder": ({"libsodium", "libsqlite3"}, {"libcrypto"}),
    "overstapd": (set(), set()),
    "overstap": ({"libjansson", "libsodium"}, {"libcrypto"}),
    "overstap-vectors": ({"libjansson", "libsodium", "libcrypto"}, set()),
    "overstap-load": (set(), {"libssl", "libcrypto", "libnghttp2",
                              "libsodium", "libjansson"}),
    "overstap-generate": (set(), {"libjansson", "libsodium", "libcrypto"}),
}


def needed(path):
    """Names on the NEEDED lines of the dynamic section."""
    out = subprocess.run(["readelf", "-dW", path], check=True,
                         capture_output=True, text=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.+?)\]", out)


def judge(program, names):
    """The faults in what one program needs, as sentences."""
    if program not in POWERS:
        return [f"{program}: not in the table of powers"]
    must, may = POWERS[program]
    short = set()
    for name in names:
        base = name.split(".so")[0]
        if name not in ALWAYS and base + ".so" not in ALWAYS:
            short.add(base)
    return ([f"{program}: must not link {x}" for x in
             sorted(short - must - may)] +
            [f"{program}: does not link {x}" for x in sorted(must - short)])


def main(paths):
    if not paths:
        print("no programs given")
        return 1
    faults = []
    for path in paths:
        names = needed(path)
        print(os.path.basename(path), *sorted(names))
        faults += judge(os.path.basename(path), names)
    print(*faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
