# SPDX-License-Identifier: EUPL-1.2
"""bench_region.py - the region that tests/bench/run measures in, and the ways
it looks at the processes: CPU and memory from /proc, flushes with strace, a
database that is filled beforehand.

Three members: `load` sends (the load generator has its keys, no daemons run),
`mbo` receives and holds share 1, `gemeente` holds share 2.  The others are
cards in the address book and nothing else.

Python standard library only.
"""
import base64
import concurrent.futures
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "system"))

from region import Region, Trouble  # noqa: E402

RATE = 100000  # requests a second of one partner; 200 in production
TILE = 256


def content(path, size):
    """A valid dossier of about this many bytes of JSON, every part filled."""
    with open(os.path.join(ROOT, "tests", "data", "dossier-volledig.json"),
              encoding="utf-8") as f:
        d = json.load(f)
    d.pop("vervangt", None)
    d["school"] = {"brin": "25PU", "vestiging": "00"}
    d["toelatingsrecht"]["instelling"] = "25LX"
    have = len(compact(d)) - len(d["motivatie"])
    d["motivatie"] = ("Ik wil graag met mensen werken. " * 64)[:size - have]
    with open(path, "w", encoding="utf-8") as f:
        json.dump(d, f)
    return len(compact(d))


def compact(d):
    return json.dumps(d, separators=(",", ":"), ensure_ascii=False).encode()


# ---- processes --------------------------------------------------------------

def cpu(pid):
    """Seconds of CPU a process has used: nanoseconds of the scheduler where
    the kernel counts them, ticks otherwise."""
    try:
        with open("/proc/%d/schedstat" % pid, encoding="ascii") as f:
            return int(f.read().split()[0]) / 1e9
    except (OSError, ValueError, IndexError):
        pass
    with open("/proc/%d/stat" % pid, encoding="ascii") as f:
        field = f.read().rpartition(")")[2].split()
    return (int(field[11]) + int(field[12])) / os.sysconf("SC_CLK_TCK")


def written(pid):
    """Bytes a process has sent to disk."""
    try:
        with open("/proc/%d/io" % pid, encoding="ascii") as f:
            return int(dict(x.split(":") for x in f)["write_bytes"])
    except (OSError, ValueError, KeyError):
        return 0


def memory(pid):
    """(highest RSS, PSS) of a process in bytes."""
    out = {"VmHWM": 0, "Pss": 0}
    for name in ("status", "smaps_rollup"):
        try:
            with open("/proc/%d/%s" % (pid, name), encoding="ascii",
                      errors="replace") as f:
                for line in f:
                    key, _, value = line.partition(":")
                    if key in out:
                        out[key] = int(value.split()[0]) * 1024
        except OSError:
            pass
    return out["VmHWM"], out["Pss"]


class BenchRegion(Region):
    def __init__(self, folder, bindir, members):
        super().__init__(folder, bindir, regio="meting")
        self.content = os.path.join(folder, "inhoud.json")
        self.content_bytes = content(self.content, 6144)
        conf = {"rate": RATE, "burst": RATE, "log-level": "warn"}
        oin = "0000000%d999999990000"
        self.add("gemeente", oin=oin % 3, naam="Gemeente Meting",
                 rol=["leerplicht", "doorstroompunt"], gemeenten=["0193"],
                 share=2, mag=[oin % 2], conf=conf)
        self.add("mbo", oin=oin % 2, naam="Mbo Meting", rol=["mbo"],
                 brin=["25LX/00"], share=1, mag=[oin % 3, oin % 1], conf=conf)
        self.add("load", oin=oin % 1, naam="School Meting", rol=["vo"],
                 brin=["25PU/00"], mag=[oin % 2, oin % 3], conf=conf)
        for i in range(members - 3):
            name = "lid%04d" % i
            m = self.add(name, oin="00000009%012d" % i,
                         naam="School %04d" % i, rol=["vo"],
                         brin=["%02d%c%c/00" % (i % 100, 65 + i // 100 % 26,
                                                65 + i // 2600)],
                         mag=[oin % 3])
            m.url = "https://%s.example" % name

    def up(self):
        """Everything up to two running members that have joined."""
        self.create()
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(self.init, self.members.values()))
        for m in self.members.values():
            self.take_in(m)
        caps = {("load", "mbo"): 50000, ("mbo", "mbo"): 50000}
        self.figures({"dag": caps, "jaar": caps})
        mbo, gemeente = self.members["mbo"], self.members["gemeente"]
        self.run("region", "epoch", self.dir, "--ep", "1", "--status",
                 "actief", "--houder1", mbo.oin, "--houder2", gemeente.oin)
        # Only these three ever have a pupil of their own.
        everybody = self.members
        for m in (mbo, gemeente):
            self.start(m.name)
            self.members = {k: everybody[k] for k in ("gemeente", "mbo",
                                                      "load")}
            self.publish(m)
            self.members = everybody
        self.note = self.sign()
        for m in (mbo, gemeente):
            self.join(m)

    # ---- the load generator ----

    def load(self, count, in_flight=64, rate=0, verify=64, wait=0):
        """Fire messages; its JSON.  Anything not accepted ends the bench."""
        m = self.members["load"]
        argv = [os.path.join(self.bin, "overstap-load"), "-i", m.dir,
                "--book", self.note, "--to", self.members["mbo"].oin,
                "--content", self.content, "--count", count, "--in-flight",
                in_flight, "--verify", verify, "--wait", wait]
        if rate:
            argv += ["--rate", rate]
        p = subprocess.run([str(a) for a in argv], capture_output=True,
                           text=True, timeout=900, check=False)
        try:
            out = json.loads(p.stdout)
        except ValueError as e:
            raise Trouble("overstap-load: " + p.stderr[:500]) from e
        if p.returncode != 0:
            raise Trouble("overstap-load: %s %s" % (p.stdout[:800],
                                                    p.stderr[:300]))
        return out

    def pids(self, *names):
        """Process ids of all roles of these members."""
        return [p for n in names for r in self.members[n].roles()
                for p in [self.pid(n, r)] if p]

    def launch(self, name):
        """Start a member without waiting for anything."""
        m = self.members[name]
        with open(os.path.join(m.dir, "overstapd.log"), "ab") as log:
            m.launcher = subprocess.Popen(
                [os.path.join(self.bin, "overstapd"), "-i", m.dir],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)

    def listening(self, name):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.members[name].port)) == 0

    # ---- every run from the same, nearly empty store ----

    def snapshot(self):
        state = os.path.join(self.members["mbo"].dir, "state")
        self.stop("mbo")
        shutil.copytree(state, state + ".leeg")

    def restore(self):
        """The mbo is stopped, and its store is as it was at snapshot()."""
        state = os.path.join(self.members["mbo"].dir, "state")
        self.stop("mbo")
        shutil.rmtree(state)
        shutil.copytree(state + ".leeg", state)
        os.sync()

    def fresh(self):
        self.restore()
        self.start("mbo")

    # ---- the same code in one process ----

    def one_process(self, run):
        """run() while one process serves the mbo's instance; the mbo is
        stopped before and after."""
        m = self.members["mbo"]
        with open(os.path.join(m.dir, "one.log"), "ab") as log:
            p = subprocess.Popen([os.path.join(self.bin, "bench-one"),
                                  os.path.join(m.dir, "overstap.conf")],
                                 stdin=subprocess.DEVNULL, stdout=log,
                                 stderr=log)
        try:
            self.wait_until(lambda: self.listening("mbo"), 20,
                            "bench-one listens (%s/one.log)" % m.dir)
            before = cpu(p.pid)
            out = run()
            out["cpu"] = cpu(p.pid) - before
        finally:
            p.send_signal(signal.SIGTERM)
            try:
                p.wait(20)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
        return out

    # ---- flushes ----

    def flushes(self, count):
        """Calls that force data to disk in all roles of the mbo while count
        lone messages come in, one after the other: (calls, those of them
        that a WAL checkpoint made).  None where strace is missing or may not
        attach.  A checkpoint flushes the WAL once more and then main.db."""
        pids = self.pids("mbo")
        out = os.path.join(self.folder, "strace.txt")
        argv = ["strace", "-f", "-y", "-qq", "-o", out, "-e",
                "trace=fsync,fdatasync,sync_file_range,msync,sync,syncfs"]
        for pid in pids:
            argv += ["-p", str(pid)]
        try:
            p = subprocess.Popen(argv, stderr=subprocess.PIPE)
        except OSError:
            return None
        try:
            self.wait_until(lambda: p.poll() is not None or all(
                self.traced(pid) for pid in pids), 10, "strace attached")
            if p.poll() is not None:
                return None
            self.load(1, in_flight=1)  # the partner's row is up to date
            before = len(self.sync_lines(out))
            self.load(count, in_flight=1)
        finally:
            if p.poll() is None:
                p.send_signal(signal.SIGINT)
            p.communicate()
        lines = self.sync_lines(out)[before:]
        return len(lines), 2 * sum("/main.db>" in x for x in lines)

    @staticmethod
    def sync_lines(path):
        with open(path, encoding="ascii", errors="replace") as f:
            return [x for x in f if "sync" in x]

    @staticmethod
    def traced(pid):
        with open("/proc/%d/status" % pid, encoding="ascii",
                  errors="replace") as f:
            return not re.search(r"^TracerPid:\s+0$", f.read(), re.M)

    # ---- a store that is not empty ----

    def fill(self, count):
        """Add rows to the mbo's main.db (its daemons do not run) as if count
        messages had been accepted: message, key, repetition row, case, leaf
        and tiles; sizes are those of the newest real one."""
        path = os.path.join(self.members["mbo"].dir, "state", "main.db")
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("PRAGMA synchronous=OFF")
        db.execute("PRAGMA cache_size=-200000")
        nr, partner, seq, body, proof, ep = db.execute(
            "SELECT nr,partner,(SELECT max(seq) FROM bericht b WHERE"
            " b.partner=a.partner),length(inhoud),length(bewijs),ep"
            " FROM bericht a WHERE inhoud IS NOT NULL AND bewijs IS NOT NULL"
            " ORDER BY nr DESC LIMIT 1").fetchone()
        wrap, = db.execute("SELECT length(wrap) FROM sleutel_jong").fetchone()
        db.execute("BEGIN")
        ms = int(time.time() * 1000)
        for i in range(1, count + 1):
            rnd = secrets.token_bytes(96)
            ident, jti, zaak = ((ms - (count - i) // 8).to_bytes(6, "big") +
                                rnd[k:k + 10] for k in (0, 10, 20))
            db.execute(
                "INSERT INTO bericht(nr,id,partner,seq,ep,srt,rol,zaak,"
                "ontvangen,stand,gesloten,versie,inhoud,bewijs,tag16)"
                " VALUES(?,?,?,?,?,'overstapdossier','mbo',?,?,'ONBEKEND',1,1,"
                "randomblob(?),randomblob(?),?)",
                (nr + i, ident, partner, seq + i, ep, zaak,
                 ms // 1000, body, proof, rnd[32:48]))
            db.execute("INSERT INTO sleutel_jong VALUES(?,randomblob(?),1)",
                       (ident, wrap))
            db.execute("INSERT INTO gezien VALUES(?,?,?,?,?,0)",
                       (partner, jti, seq + i, nr + i, rnd[64:]))
            db.execute("INSERT INTO zaak(zaak,partner) VALUES(?,?)",
                       (zaak, partner))
        db.execute("UPDATE partner SET seq_in=? WHERE id=?",
                   (seq + count, partner))
        self.fill_log(db, count)
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
        os.sync()

    @staticmethod
    def fill_log(db, count):
        """Leaves and their hash tiles (RFC 9162, C2SP tlog-tiles)."""
        size, = db.execute("SELECT max(idx)+1 FROM blad").fetchone()
        text, = db.execute("SELECT tekst FROM blad WHERE idx=?",
                           (size - 1,)).fetchone()
        text = bytes(text)
        ref = max(re.findall(rb"[A-Za-z0-9+/_=-]{43,44}", text), key=len)
        for i in range(count):
            own = base64.b64encode(secrets.token_bytes(32))
            db.execute("INSERT INTO blad VALUES(?,?)",
                       (size + i, text.replace(ref, own[:len(ref)])))
        level = [hashlib.sha256(b"\0" + bytes(t)).digest() for t, in
                 db.execute("SELECT tekst FROM blad ORDER BY idx")]
        db.execute("DELETE FROM tegel")
        depth = 0
        while level:
            db.executemany(
                "INSERT INTO tegel VALUES(?,?,?)",
                ((depth, k // TILE, b"".join(level[k:k + TILE]))
                 for k in range(0, len(level), TILE)))
            full = [level[k:k + TILE] for k in
                    range(0, len(level) - TILE + 1, TILE)]
            level = [tree(t) for t in full]
            depth += 1


def tree(hashes):
    """Root over a power of two of hashes."""
    while len(hashes) > 1:
        hashes = [hashlib.sha256(b"\1" + hashes[i] + hashes[i + 1]).digest()
                  for i in range(0, len(hashes), 2)]
    return hashes[0]
