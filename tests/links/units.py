#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""The units of systemd against what they start: installed in a fresh folder,
each names a program that is there, gives it the powers of ARCHITECTURE.md and
no more, and the names of sockets, users and credentials are those the
programs look for.

usage: units.py ROOT BUILD CMAKE
"""
import os
import re
import subprocess
import sys
import tempfile

ROLES = ("store", "vault", "net", "houder")

# What every role gives up.
ALL = {
    "Type": "notify", "Restart": "always", "NoNewPrivileges": "yes",
    "LimitCORE": "0", "UMask": "0077", "ProtectSystem": "strict",
    "ProtectHome": "yes", "ProtectProc": "invisible", "ProcSubset": "pid",
    "ProtectKernelTunables": "yes", "ProtectKernelModules": "yes",
    "ProtectKernelLogs": "yes", "ProtectControlGroups": "yes",
    "ProtectClock": "yes", "ProtectHostname": "yes", "PrivateTmp": "yes",
    "PrivateDevices": "yes", "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes", "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes", "RestrictSUIDSGID": "yes", "RemoveIPC": "yes",
    "SystemCallArchitectures": "native", "SystemCallErrorNumber": "EPERM",
    "SystemCallFilter": "@system-service ~@privileged @resources",
}
OFFLINE = {"PrivateNetwork": "yes", "RestrictAddressFamilies": "AF_UNIX",
           "IPAddressDeny": "any", "CapabilityBoundingSet": "",
           "AmbientCapabilities": ""}
# What differs.  None: must not stand there at all.
OWN = {
    # SO_PEERCRED in a user namespace of its own would name nobody.
    "store": {**OFFLINE, "PrivateUsers": None, "StateDirectory": "overstap/%i",
              "LoadCredentialEncrypted": None},
    "vault": {**OFFLINE, "PrivateUsers": "yes", "StateDirectory": None,
              "LoadCredentialEncrypted": " ".join(
                  n + ":/etc/overstap/%i/sealed/vault/" + n
                  for n in ("identity", "log", "witness", "kek-root"))},
    # A store that fails once must not leave net down.
    "net": {"Requires": "overstapd-net@%i.socket", "PrivateNetwork": None, "StateDirectory": None,
            "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
            "CapabilityBoundingSet": "CAP_NET_BIND_SERVICE",
            "LoadCredentialEncrypted":
                "tls.key:/etc/overstap/%i/sealed/net/tls.key"},
    "houder": {**OFFLINE, "PrivateUsers": "yes",
               "StateDirectory": "overstap-houder/%i",
               "LoadCredentialEncrypted":
                   "houder:/etc/overstap/%i/sealed/houder"},
}


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def parse(text):
    """{key: value}; several lines of one key are one value."""
    out = {}
    for line in text.splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            out[key] = (out[key] + " " if key in out else "") + value
    return out


def differences(have, want):
    return ["%s=%s, not %s" % (k, have.get(k), v) for k, v in want.items()
            if have.get(k) != v]


def service(root, role, unit, program):
    faults = differences(unit, {**ALL, **OWN[role]})
    want = program + " -c /etc/overstap/%i/overstap.conf"
    if unit.get("ExecStart") != want:
        faults.append("ExecStart=" + unit.get("ExecStart", ""))
    if not os.access(os.environ.get("DESTDIR", "") + program, os.X_OK):
        faults.append(program + " is not installed")
    if unit.get("User") != "overstap-" + role:
        faults.append("User=" + unit.get("User", ""))
    main = read(os.path.join(root, "daemon", role, "main.c"))
    if '"READY=1"' not in main:
        faults.append("never ready")
    if ("WatchdogSec" in unit) != ("ov_watchdog_start" in main):
        faults.append("WatchdogSec= and the program differ")
    return faults


def socket(name, unit, groups):
    kind = "ListenStream" if name == "control" else "ListenSequentialPacket"
    group = "overstap" if name == "control" else "overstap-" + name
    faults = differences(unit, {
        kind: "/run/overstap/%i/" + name + ".sock", "FileDescriptorName": name,
        "SocketUser": "overstap-store", "SocketGroup": group,
        "SocketMode": "0660", "Service": "overstapd-store@%i.service"})
    if group not in groups:
        faults.append(group + " is not made by sysusers")
    return faults


def main(root, build, cmake):
    faults = []
    with tempfile.TemporaryDirectory() as tmp:
        os.environ["DESTDIR"] = tmp
        subprocess.run([cmake, "--install", build, "--prefix", "/opt/o"],
                       check=True, stdout=subprocess.DEVNULL)
        units = os.path.join(tmp, "opt/o/lib/systemd/system")
        groups = re.findall(r"^[ug] (\S+)", read(os.path.join(
            tmp, "opt/o/lib/sysusers.d/overstap.conf")), re.M)
        for role in ROLES:
            name = "overstapd-%s@.service" % role
            unit = parse(read(os.path.join(units, name)))
            faults += [name + ": " + f for f in service(
                root, role, unit, "/opt/o/bin/overstapd-" + role)]
        store = parse(read(os.path.join(units, "overstapd-store@.service")))
        for name in ("vault", "net", "houder", "control"):
            file = "overstapd-%s@.socket" % name
            faults += [file + ": " + f for f in socket(
                name, parse(read(os.path.join(units, file))), groups)]
            if file.replace("@", "@%i") not in store["Sockets"].split():
                faults.append("store is not given " + file)
        for role in ROLES:
            if "overstap-" + role not in groups:
                faults.append("sysusers does not make overstap-" + role)
    for fault in faults:
        print(fault)
    print("units: %d faults" % len(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]) if len(sys.argv) == 4 else __doc__)
