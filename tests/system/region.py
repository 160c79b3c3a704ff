# SPDX-License-Identifier: EUPL-1.2
"""region.py - make a whole region of real daemons in a fresh folder, talk to
it with the command line, and take it down again.

    with Region(folder, bindir) as r:
        r.add("vo", oin=..., naam=..., rol=["vo"], brin=["91ZA/00"])
        r.add("mbo", ..., share=1)
        r.add("gemeente", ..., share=2)
        r.make(figures={"dag": {("vo", "mbo"): 3200}, ...})
        r.ov("vo", "import", "overstapdossier", "file.csv")

Everything is done as people do it: overstap init, region create, add, sign,
holder init and publish, join against the typed fingerprint.  Daemons are
started by overstapd, listen on free ports of 127.0.0.1, and are ended by
process id; nothing stays behind when the block ends, however it ends.

Python standard library only.
"""
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import time

TABLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data",
                      "tabellen")
ROLES = ("net", "store", "vault", "houder")


class Trouble(Exception):
    """Something did not go as it must; the text says what."""


class Refused(Trouble):
    """The command line ended with another code than 0."""

    def __init__(self, args, code, out, err):
        self.code = code
        self.out = out
        self.err = err
        try:
            self.fout = json.loads(out.strip().splitlines()[-1])["fout"]
        except (ValueError, KeyError, IndexError, TypeError):
            self.fout = {}
        text = self.fout.get("tekst") or err.strip() or out.strip()
        super().__init__("overstap %s: exit %d: %s"
                         % (" ".join(args), code, text[:600]))


class Member:
    def __init__(self, name, folder, port, fields):
        self.name = name
        self.dir = folder
        self.port = port
        self.url = "https://localhost:%d" % port
        self.oin = fields["oin"]
        self.naam = fields["naam"]
        self.rol = fields["rol"]
        self.brin = fields.get("brin", [])
        self.gemeenten = fields.get("gemeenten", [])
        self.share = fields.get("share")
        self.conf = fields.get("conf", {})
        self.mag = fields.get("mag", ["alle"])
        self.launcher = None
        self.fingerprint = None
        self.env = {}
        self.limits = None

    def roles(self):
        return ROLES if self.share else ROLES[:3]


def free_port():
    """A port nobody listens on now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def alive(pid):
    """Does it run (a zombie does not)?"""
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as f:
            return f.read().rpartition(")")[2].split()[0] not in "ZX"
    except (OSError, IndexError):
        return False


class Region:
    def __init__(self, folder, bindir, regio="proef", logdomein="log.example",
                 log=None):
        self.folder = os.path.abspath(folder)
        self.bin = os.path.abspath(bindir)
        self.regio = regio
        self.logdomein = logdomein
        self.log = log or (lambda text: None)
        self.tables = TABLES  # what this region decided
        self.routes = []  # who serves a gemeente, where the card does not say
        self.dir = os.path.join(self.folder, "regio")
        self.members = {}
        self.keep = False
        os.makedirs(self.folder, mode=0o700, exist_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if not self.keep:
            self.close()

    # ---- commands ----

    def run(self, *args, code=0, timeout=120, stdin=None):
        """Run overstap; the text it printed.  Refused on another exit code,
        unless code is None."""
        argv = [os.path.join(self.bin, "overstap"), *map(str, args)]
        try:
            p = subprocess.run(argv, input=stdin, capture_output=True,
                               timeout=timeout, text=True, check=False)
        except subprocess.TimeoutExpired as e:
            raise Trouble("overstap %s: no answer in %d s"
                          % (" ".join(argv[1:]), timeout)) from e
        if code is not None and p.returncode != code:
            raise Refused(argv[1:], p.returncode, p.stdout, p.stderr)
        return p.stdout

    def ov(self, name, *args, code=0, timeout=120):
        """A command of one member with --json: the object it printed."""
        text = self.run("-i", self.members[name].dir, *args, "--json",
                        code=code, timeout=timeout)
        try:
            return json.loads(text)
        except ValueError as e:
            raise Trouble("overstap %s: no JSON: %s"
                          % (" ".join(map(str, args)), text[:300])) from e

    def rows(self, name, *args, **kw):
        return self.ov(name, *args, **kw)["rows"]

    def count(self, name):
        """Numbers of everything by state."""
        return self.ov(name, "count")["end"]

    def ask(self, name, cmd, arg=None, timeout=60):
        """One command straight on the control socket, for loops that would
        start a program a thousand times: (rows, end).  docs/control.md."""
        path = os.path.join(self.members[name].dir, "run", "control.sock")
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(timeout)
            s.connect(path)
            text = json.dumps({"v": 1, "cmd": cmd, "arg": arg or {}}).encode()
            s.sendall(struct.pack(">I", len(text)) + text)
            rows = []
            while True:
                n = struct.unpack(">I", self._exact(s, 4))[0]
                o = json.loads(self._exact(s, n))
                if "fout" in o:
                    raise Refused([cmd], 1, json.dumps(o), "")
                rows += o.get("rows", [])
                if "end" in o:
                    return rows, o["end"]

    @staticmethod
    def _exact(s, n):
        b = b""
        while len(b) < n:
            piece = s.recv(n - len(b))
            if not piece:
                raise Trouble("the control socket closed")
            b += piece
        return b

    # ---- making ----

    def add(self, name, **fields):
        m = Member(name, os.path.join(self.folder, name), free_port(), fields)
        self.members[name] = m
        return m

    def make(self, figures=None, drempel=2, start=True):
        """Everything up to running daemons that have joined.  figures are
        what budgets follow from: {"dag": {("vo", "mbo"): 3200}}."""
        self.create(drempel)
        for m in self.members.values():
            self.init(m)
            self.take_in(m)
        for x in self.routes:
            self.run("region", "route", self.dir, "add", x["gemeente"],
                     "--rol", x["rol"], "--to", x["oin"], "--van", x["van"])
        if figures:
            self.figures(figures)
        holders = sorted((m for m in self.members.values() if m.share),
                         key=lambda m: m.share)
        if holders:
            self.run("region", "epoch", self.dir, "--ep", "1", "--status",
                     "actief", "--houder1", holders[0].oin, "--houder2",
                     holders[-1].oin)
        for m in holders:
            self.start(m.name)
            self.publish(m)
        self.note = self.sign()
        if not start:
            return
        for m in self.members.values():
            if not m.launcher:
                self.start(m.name)
        for m in self.members.values():
            self.join(m)

    def create(self, drempel=2):
        admins = ["anna", "bram", "carla"][:max(drempel, 1) + 1]
        args = []
        for a in admins:
            args += ["--beheerder", a]
        self.run("region", "create", self.dir, "--regio", self.regio,
                 "--logdomein", self.logdomein, "--drempel", drempel,
                 "--getuigen", 2, *args)
        self.admins = admins[:drempel]

    def init(self, m):
        args = ["--naam", m.naam, "--oin", m.oin, "--regio", self.regio,
                "--logdomein", self.logdomein, "--url", m.url, "--listen",
                "127.0.0.1:%d" % m.port]
        for rol in m.rol:
            args += ["--rol", rol]
        for brin in m.brin:
            args += ["--brin", brin]
        for code in m.gemeenten:
            args += ["--gemeente", code]
        if m.share:
            args.append("--houder")
        out = json.loads(self.run("init", m.dir, *args, "--json"))
        m.fingerprint = out["vingerafdruk"]
        if m.share:
            self.run("-i", m.dir, "holder", "init", "--ep", "1", "--share",
                     m.share)
        # What this region decided (regio.json), for every member.
        tables = os.path.join(m.dir, "tables")
        shutil.copytree(self.tables, tables)
        with open(os.path.join(m.dir, "overstap.conf"), "a",
                  encoding="utf-8") as f:
            f.write("tables = tables\n")
        if m.conf:
            with open(os.path.join(m.dir, "overstap.conf"), "a",
                      encoding="utf-8") as f:
                for key, value in m.conf.items():
                    f.write("%s = %s\n" % (key, value))

    def take_in(self, m, days=90):
        """The administrators take in a card, against the fingerprint that was
        read out, and send a certificate back."""
        mag = []
        for oin in m.mag:
            mag += ["--mag-naar", oin]
        self.run("region", "add", self.dir, "--card",
                 os.path.join(m.dir, "kaart.txt"), "--csr",
                 os.path.join(m.dir, "tls.csr"), "--fingerprint",
                 m.fingerprint, "--days", days, "--output",
                 os.path.join(m.dir, "tls.crt"), *mag)

    def figures(self, figures):
        """In one command: a cap per day is judged beside its year."""
        args = []
        for kind, pairs in figures.items():
            for key, n in pairs.items():
                who = [key] if isinstance(key, str) else key
                args += ["--" + kind, "%s=%d" % (
                    ":".join(self.members[w].oin for w in who), n)]
        self.run("region", "budget", self.dir, *args)

    def figure(self, kind, pairs):
        self.figures({kind: pairs})

    def publish(self, m, ep=1):
        jws = os.path.join(m.dir, "manifest.jws")
        if os.path.exists(jws):
            os.unlink(jws)
        cards = []
        for other in self.members.values():
            cards += ["--card", os.path.join(other.dir, "kaart.txt")]
        self.run("-i", m.dir, "holder", "publish", "--ep", ep, "-o", jws,
                 *cards)
        self.run("region", "manifest", self.dir, "--jws", jws)

    def sign(self, days=35):
        """All the administrators that are needed sign; the note's file."""
        out = None
        for a in self.admins:
            out = json.loads(self.run(
                "region", "sign", self.dir, "--key",
                os.path.join(self.dir, "beheer", a + ".key"), "--days", days,
                "--json"))
        if not out["compleet"]:
            raise Trouble("the address book is not complete: %r" % out)
        self.versie = out["versie"]
        self.vinger = out["vingerafdruk"]
        return os.path.join(self.dir, out["bestand"])

    def join(self, m):
        self.run("-i", m.dir, "join", self.note, "--fingerprint", self.vinger)

    # ---- processes ----

    def start(self, name, wait=20):
        """Start a member's daemons; ready when the control socket answers."""
        m = self.members[name]
        log = open(os.path.join(m.dir, "overstapd.log"), "ab")
        limits = m.limits
        m.launcher = subprocess.Popen(
            [os.path.join(self.bin, "overstapd"), "-i", m.dir],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            env={**os.environ, **m.env}, start_new_session=True,
            preexec_fn=limits)
        log.close()
        self.wait_until(lambda: self.answers(name), wait,
                        "%s answers (see %s/overstapd.log)" % (name, m.dir))

    def answers(self, name):
        m = self.members[name]
        if m.launcher and m.launcher.poll() is not None:
            raise Trouble("%s: overstapd ended with %s:\n%s" % (
                name, m.launcher.returncode, self.journal(name, 15)))
        try:
            self.ask(name, "status", timeout=5)
            return True
        except (OSError, Trouble):
            return False

    def journal(self, name, lines=40):
        with open(os.path.join(self.members[name].dir, "overstapd.log"),
                  encoding="utf-8", errors="replace") as f:
            return "".join(f.readlines()[-lines:])

    def pid(self, name, role):
        """The process id of a role, or None."""
        path = os.path.join(self.members[name].dir, "run", role + ".pid")
        try:
            with open(path, encoding="ascii") as f:
                pid = int(f.read())
        except (OSError, ValueError):
            return None
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as f:
                ours = b"overstapd" in f.read()
        except OSError:
            return None
        return pid if ours and alive(pid) else None

    def kill_role(self, name, role):
        """kill -9; the launcher starts the instance anew."""
        pid = self.pid(name, role)
        if pid is None:
            raise Trouble("%s: no process for %s" % (name, role))
        os.kill(pid, signal.SIGKILL)
        return pid

    def kill_all(self, name):
        """kill -9 of every process of a member, the launcher first."""
        m = self.members[name]
        pids = [self.pid(name, r) for r in m.roles()]
        if m.launcher:
            m.launcher.kill()
            m.launcher.wait()
            m.launcher = None
        pids = [p for p in pids if p]
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.wait_until(lambda: not any(map(alive, pids)), 10,
                        "%s is dead" % name)

    def stop(self, name, wait=15):
        """SIGTERM, as an administrator would."""
        m = self.members[name]
        if not m.launcher:
            return
        pids = [p for p in (self.pid(name, r) for r in m.roles()) if p]
        m.launcher.terminate()
        try:
            m.launcher.wait(wait)
        except subprocess.TimeoutExpired:
            m.launcher.kill()
            m.launcher.wait()
        m.launcher = None
        for pid in pids:
            if alive(pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def close(self):
        for name in self.members:
            try:
                self.stop(name)
            except OSError:
                pass

    def processes(self):
        """(member, role) -> process id of all that run."""
        return {(n, r): pid for n, m in self.members.items()
                for r in m.roles() for pid in [self.pid(n, r)] if pid}

    # ---- waiting ----

    @staticmethod
    def wait_until(condition, deadline, what, every=0.1):
        """Wait until condition() is true, and return what it returned."""
        end = time.monotonic() + deadline
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                raise Trouble("after %g s it is not so: %s" % (deadline, what))
            time.sleep(every)


def search_files(folder, needles, skip=()):
    """Which of the byte strings stand in which file below a folder, in the
    raw bytes: [(path, needle)]."""
    found = []
    for root, _, files in os.walk(folder):
        for name in files:
            path = os.path.join(root, name)
            if any(s in path for s in skip) or not os.path.isfile(path):
                continue
            with open(path, "rb") as f:
                data = f.read()
            found += [(path, n) for n in needles if n in data]
    return found
