#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""overstapd with roles of this script's own beside it: order of starting,
READY, restart together, orderly stop.

usage: launcher.py BIN    (directory of the programs)
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROLE = '''#!{python}
import os, signal, socket, sys, time
role = os.path.basename(sys.argv[0]).split("-")[1]
assert sys.argv[1] == "-c"
home = os.path.dirname(sys.argv[2])
run = os.path.join(home, "run")
def note(what):
    with open(os.path.join(home, "events"), "a") as f:
        f.write(f"{{role}} {{what}}\\n")
def stop(*a):
    note("term")
    os._exit(0)
signal.signal(signal.SIGTERM, stop)
note("start")
if role == "store":
    time.sleep(0.2)
    keep = []
    for n in ("vault", "net", "houder", "control"):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        p = os.path.join(run, n + ".sock")
        if os.path.exists(p):
            os.unlink(p)
        s.bind(p)
        s.listen()
        keep.append(s)
else:
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect(os.path.join(run, role + ".sock"))
a = os.environ["NOTIFY_SOCKET"]
n = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
n.sendto(b"READY=1", "\\0" + a[1:] if a[0] == "@" else a)
note("ready")
while True:
    time.sleep(100)
'''


def wait(what, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return
        time.sleep(0.02)
    raise AssertionError("did not happen in time")


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Instance:
    def __init__(self, bin_dir, home):
        self.bin, self.home = os.path.join(home, "bin"), home
        os.mkdir(self.bin)
        shutil.copy(os.path.join(bin_dir, "overstapd"), self.bin)
        for r in ("store", "vault", "net", "houder"):
            p = os.path.join(self.bin, "overstapd-" + r)
            with open(p, "w", encoding="ascii") as f:
                f.write(ROLE.format(python=sys.executable))
            os.chmod(p, 0o755)
        with open(os.path.join(home, "overstap.conf"), "w",
                  encoding="ascii") as f:
            f.write("oin = 00000099000000001000\nnaam = X\nregio = voorbeeld\n"
                    "logdomein = overstap.example\nhouder = yes\n")

    def start(self, *more):
        """The process and a socket that hears its READY."""
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        name = os.path.join(self.home, "up.sock")
        if os.path.exists(name):
            os.unlink(name)
        s.bind(name)
        s.settimeout(20)
        p = subprocess.Popen(
            [os.path.join(self.bin, "overstapd"), *more, "-i", self.home],
            env={**os.environ, "NOTIFY_SOCKET": name},
            stderr=subprocess.PIPE, text=True)
        return p, s

    def pid(self, role):
        with open(os.path.join(self.home, "run", role + ".pid"),
                  encoding="ascii") as f:
            return int(f.read())

    def pids(self):
        try:
            return {r: self.pid(r)
                    for r in ("store", "vault", "net", "houder")}
        except (FileNotFoundError, ValueError):
            return {}

    def events(self):
        p = os.path.join(self.home, "events")
        if not os.path.exists(p):
            return []
        with open(p, encoding="ascii") as f:
            return f.read().splitlines()

    def forget(self):
        p = os.path.join(self.home, "events")
        if os.path.exists(p):
            os.unlink(p)


def up(i, *more):
    p, s = i.start(*more)
    try:
        assert s.recv(100) == b"READY=1"
    except socket.timeout:
        p.kill()
        raise AssertionError(p.stderr.read()) from None
    return p


def main(bin_dir):
    home = tempfile.mkdtemp(prefix="ov-launcher-")
    try:
        i = Instance(bin_dir, home)
        p = up(i)
        # A role notes that it is ready after it has said so.
        end = time.monotonic() + 10
        while (sum(e.endswith("ready") for e in i.events()) < 4 and
               time.monotonic() < end):
            time.sleep(0.05)
        ev = i.events()
        assert ev[0] == "store start" and ev.count("store start") == 1
        assert sorted(e for e in ev if e.endswith("ready")) == [
            "houder ready", "net ready", "store ready", "vault ready"], ev
        assert os.stat(os.path.join(home, "run")).st_mode & 0o777 == 0o700

        # One launcher for an instance.
        q = subprocess.run([os.path.join(i.bin, "overstapd"), "-i", home],
                           capture_output=True, text=True, timeout=20)
        assert q.returncode == 1 and "runs already" in q.stderr

        # kill -9 of one: all of them start anew.
        old = i.pids()
        assert len(old) == 4 and all(map(alive, old.values()))
        os.kill(old["vault"], signal.SIGKILL)
        wait(lambda: len(i.pids()) == 4 and
             not set(i.pids().values()) & set(old.values()))
        assert not any(map(alive, old.values()))
        wait(lambda: sum(e.endswith("ready") for e in i.events()) == 8)

        # An orderly stop: net first, the store later; nothing stays behind.
        i.forget()
        last = i.pids()
        p.send_signal(signal.SIGTERM)
        assert p.wait(20) == 0
        assert i.events()[0] == "net term" and len(i.events()) == 4
        assert not any(map(alive, last.values()))
        assert not i.pids()

        # --once ends with a role; and roles end with their launcher.
        p = up(i, "--once")
        os.kill(i.pid("net"), signal.SIGKILL)
        assert p.wait(20) == 1
        p = up(i)
        last = i.pids()
        p.kill()
        p.wait()
        wait(lambda: not any(map(alive, last.values())))

        # A role that is not there: no READY, and an end with --once.
        os.unlink(os.path.join(i.bin, "overstapd-vault"))
        p, s = i.start("--once")
        assert p.wait(20) == 1
        s.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)
    for args, code in (([], 2), (["-x"], 2), (["--help"], 0),
                       (["-c", "/nonexistent"], 1)):
        r = subprocess.run([os.path.join(bin_dir, "overstapd"), *args],
                           capture_output=True, timeout=20)
        assert r.returncode == code, (args, r)
    print("launcher: as expected")


main(sys.argv[1])
