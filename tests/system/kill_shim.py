# SPDX-License-Identifier: EUPL-1.2
"""kill_shim.py - a region with one Python partner, whose roles end at the
step that a test chooses (killat.c counts the steps).

    with World(folder, bindir, library) as r:
        r.up()
        shim = r.shims["mbo"]
        shim.watch("store")         record what the store does
        shim.arm("store", ("f", 2)) SIGKILL at its second sync from now
        shim.fired("store")         the kind of that step, or None
"""
import mmap
import os
import sqlite3
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "interop"))

from region import Trouble, alive  # noqa: E402
from test_interop import Mixed  # noqa: E402
from test_system import Small  # noqa: E402

PAGE = 4096
HEAD = 36
# A page each, in the order of the file: the roles, and the command line.
PROGRAMS = ("net", "store", "vault", "houder", "overstap")


class Shim:
    """The shared file of one member; its layout is in killat.c."""

    def __init__(self, path):
        self.path = path
        with open(path, "wb") as f:
            for name in PROGRAMS:
                if name != "overstap":
                    name = "overstapd-" + name
                f.write(name.encode().ljust(PAGE, b"\0"))
        with open(path, "r+b") as f:
            self.map = mmap.mmap(f.fileno(), 0)

    def _put(self, role, *words):
        struct.pack_into("=5I", self.map, PROGRAMS.index(role) * PAGE + 16,
                         *words)

    def _get(self, role):
        return struct.unpack_from("=5I", self.map,
                                  PROGRAMS.index(role) * PAGE + 16)

    def watch(self, role):
        """Forget the steps so far; there is room again."""
        self._put(role, 0, 0, 0, 0, 0)

    def arm(self, role, point, full=False):
        """SIGKILL at the n-th step of a kind, or a full disk from there on;
        point is (kind, n)."""
        self._put(role, point[1], ord(point[0]), int(full), 0, 0)

    def trace(self, role):
        at = PROGRAMS.index(role) * PAGE + HEAD
        return bytes(self.map[at:at + self._get(role)[4]]).decode()

    def fired(self, role):
        kind = self._get(role)[3]
        return chr(kind) if kind else None


def preload(library, shim):
    """What a program is started with, so that it can be ended."""
    return {"LD_PRELOAD": library, "KILLAT": shim.path,
            # The library stands before that of the sanitizer.
            "ASAN_OPTIONS": os.environ.get(
                "ASAN_OPTIONS", "detect_leaks=0") +
            ":verify_asan_link_order=0"}


class World(Mixed, Small):
    """A vo school, an mbo and a municipality of real daemons, and a school
    that is a Python partner.  overstapd runs with --once, so that a test
    need not wait for its back-off."""

    def __init__(self, folder, bindir, library=""):
        self.partners, self.servers, self.shims = {}, {}, {}
        Small.__init__(self, folder, bindir)
        self.add("school", oin="00000099000000001500", naam="School",
                 rol=["vo"], brin=["25PU/00"], python=True)
        for name, m in self.members.items():
            if library and not m.python:
                shim = Shim(os.path.join(self.folder, name + ".killat"))
                self.shims[name] = shim
                m.env = preload(library, shim)

    def up(self):
        caps = {(a, b): 5000 for a in self.members for b in self.members}
        self.make(figures={"dag": caps, "jaar": caps})
        return self

    def start(self, name, wait=20):
        m = self.members[name]
        if m.python:
            return
        with open(os.path.join(m.dir, "overstapd.log"), "ab") as log:
            m.launcher = subprocess.Popen(
                [os.path.join(self.bin, "overstapd"), "--once", "-i", m.dir],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **m.env}, start_new_session=True)
        self.wait_until(lambda: self.answers(name), wait,
                        "%s answers" % name, 0.03)

    def again(self, name):
        """The launcher ends when a role does; everything starts anew.  (What
        a launcher without --once does is in launcher.py and kill_*.)"""
        m = self.members[name]
        pids = [p for p in (self.pid(name, x) for x in m.roles()) if p]
        try:
            m.launcher.wait(15)
        except subprocess.TimeoutExpired as e:
            raise Trouble("%s: the launcher goes on without a role"
                          % name) from e
        m.launcher = None
        self.wait_until(lambda: not any(map(alive, pids)), 10,
                        "%s is gone" % name, 0.02)
        self.start(name)

    def sql(self, name, text, *args):
        """Rows of a member's main.db, read beside the daemon."""
        path = os.path.join(self.members[name].dir, "state", "main.db")
        db = sqlite3.connect("file:%s?mode=ro" % path, uri=True, timeout=10)
        try:
            return db.execute(text, args).fetchall()
        finally:
            db.close()

    def leaves(self, name, kind, oin):
        """How many leaves of a kind about a partner the log has."""
        return sum(1 for (text,) in self.sql(name, "SELECT tekst FROM blad")
                   if kind in text.decode().split("\n")
                   and oin in text.decode().split("\n"))
