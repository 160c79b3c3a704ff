#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""kill_steps.py - SIGKILL at the steps of one message, with real processes.

    kill_steps.py BINDIR killat.so PART [--every]

A first message shows which steps a role takes (writes, syncs and truncations
of files; packets and bytes sent and had); then each message ends the role at
another of them.  In a row of writes the first, the last and every fourth are
chosen; --every takes them all.

receive   the mbo's store, net and vault end while a Python partner sends it
          a dossier
send      the vo's store, net and vault end while it sends the mbo a dossier,
          net also while it connects
evaluate  the holder ends while it evaluates a pseudonym
restart   the mbo's store ends in the middle of a dossier, and again at the
          steps of the start after it
full      the mbo's disk is full from one of the writes of a dossier on
"""
import http.client
import json
import os
import shutil
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import test_system  # noqa: E402
from region import Trouble  # noqa: E402
from kill_shim import World  # noqa: E402
from test_interop import content  # noqa: E402
from partner import verify_export  # noqa: E402
from wire import Refused, b64u  # noqa: E402
import oprf  # noqa: E402

PGN, BORN = "123456782", "2008-02-29"
FOREVER = 20
test_system.PUPILS = 180


def check(good, what):
    if not good:
        raise Trouble(what)


def choose(trace, every):
    """The points to end at: (kind, 1), (kind, 2), ..."""
    out, count = [], {}
    for i, kind in enumerate(trace):
        count[kind] = count.get(kind, 0) + 1
        run = len(trace[:i + 1]) - len(trace[:i + 1].rstrip(kind)) - 1
        if every or kind != "p" or run % 4 == 0 or (
                trace[i + 1:i + 2] != "p"):
            out.append((kind, count[kind]))
    return out


class Tally:
    """What was tried, and what it hit."""

    def __init__(self):
        self.lines = []
        self.total = 0

    def add(self, name, role, trace, points, hit, share=0.7):
        # One may take a step less than another: what the daemon does by itself
        # meanwhile (a checkpoint, the directory of a partner) is in the trace.
        check(points, "%s %s: no step" % (name, role))
        check(len(hit) >= len(points) * share,
              "%s %s: only %d of %d points were reached"
              % (name, role, len(hit), len(points)))
        kinds = " ".join("%s %d" % (k, hit.count(k)) for k in "pftudsr"
                         if k in hit)
        self.lines.append("%s %s: %d steps, ended at %d of them (%s)"
                          % (name, role, len(trace), len(hit), kinds))
        self.total += len(hit)


def settle(shim, role, quiet=0.12, longest=3):
    """Until the role does nothing for a moment, or has ended."""
    end, last, since = time.monotonic() + longest, None, 0
    while time.monotonic() < end and not shim.fired(role):
        now = len(shim.trace(role))
        if now != last:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > quiet:
            return
        time.sleep(0.01)


def one_seal(r, receiver, partner):
    """Each number once and no gap, one leaf each, at the receiver."""
    rows = r.sql(receiver, "SELECT b.seq FROM bericht b JOIN partner p"
                 " ON p.id=b.partner WHERE p.oin=? ORDER BY b.seq", partner)
    n = len(rows)
    check([s for (s,) in rows] == list(range(1, n + 1)),
          "numbers at the receiver: %r" % rows[-5:])
    seen = r.sql(receiver, "SELECT count(*), count(DISTINCT bericht) FROM"
                 " gezien g JOIN partner p ON p.id=g.partner WHERE p.oin=?",
                 partner)[0]
    check(seen == (n, n), "one line of memory each: %r of %d" % (seen, n))
    leaves = r.leaves(receiver, "soort ontvangst", "partij " + partner)
    check(leaves == n, "%d leaves of %d messages" % (leaves, n))
    return n


def sound(r, name):
    check(r.ask(name, "log.verify")[1]["goed"], "the log of " + name)
    bad = r.sql(name, "PRAGMA integrity_check")
    check(bad == [("ok",)], "the database of %s: %r" % (name, bad))


# ---- receiving --------------------------------------------------------------

class Inbound:
    """Dossiers of the Python partner to the mbo."""

    def __init__(self, r):
        self.r = r
        self.me = r.partners["school"]
        self.mbo = r.members["mbo"].oin
        name = os.path.join(r.folder, "aanmelders.csv")
        with open(name, "w", encoding="utf-8") as f:
            f.write("eigenReferentie;pgn;geboortedatum;schoolVerlaten\n"
                    "M1;%s;%s;25PU\n" % (PGN, BORN))
        r.ov("mbo", "pupils", "load", name)
        self.pid = self.me.pid(self.mbo, PGN)
        self.n = 0
        self.before = 0
        self.said = None
        for _ in range(2):  # what only the first one asks for
            m, body = self.new()
            self.deliver(m, body, None)

    def new(self):
        self.n += 1
        m = self.me.sign(self.mbo, self.me.claims(
            self.mbo, "overstapdossier", content(
                "dossier-minimaal.json", geboortedatum=BORN), self.pid))
        return m, self.me.seal(self.mbo, m)

    def post(self, body):
        """The receipt's bytes; None: no answer, or to be tried again."""
        con = self.me.connection(self.mbo, 5)
        self.said = None
        try:
            a = self.me.post(self.mbo, body, None, con)
        except (OSError, http.client.HTTPException, Refused):
            return None
        finally:
            con.close()
        if a.status in (200, 201):
            return a.body
        check(a.status >= 500, "a good message: %d %s" % (a.status, a.code))
        self.said = (a.status, a.code)
        return None

    def deliver(self, m, body, answered):
        """It is repeated until it is answered, and once more."""
        first = self.r.wait_until(lambda: self.post(body), FOREVER,
                                  "it is answered after the start", 0.05)
        check(answered in (None, first), "another receipt after the restart")
        check(self.post(body) == first, "another receipt for a repetition")
        self.me.receipt_in(self.mbo, m, first.decode())
        n = one_seal(self.r, "mbo", self.me.oin)
        check(n == self.n, "%d rows of %d messages" % (n, self.n))
        self.before += answered is not None

    def trace(self, role):
        shim = self.r.shims["mbo"]
        settle(shim, role)
        shim.watch(role)
        m, body = self.new()
        got = self.post(body)
        settle(shim, role)
        out = shim.trace(role)
        self.deliver(m, body, got)
        return out

    def end_at(self, role, n):
        shim = self.r.shims["mbo"]
        m, body = self.new()
        settle(shim, role)
        shim.arm(role, n)
        got = self.post(body)
        settle(shim, role)
        kind = shim.fired(role)
        if kind:
            self.r.again("mbo")
        shim.watch(role)
        self.deliver(m, body, got)
        return kind

    def close(self):
        r = self.r
        sound(r, "mbo")
        r.wait_until(lambda: r.sql(
            "mbo", "SELECT DISTINCT b.stand FROM bericht b JOIN partner p ON"
            " p.id=b.partner WHERE p.oin=?", self.me.oin) == [("GEKOPPELD",)],
            FOREVER, "each is linked")


def receive(r, tally, every):
    inbound = Inbound(r)
    for role in ("store", "net", "vault"):
        trace = inbound.trace(role)
        points = choose(trace, every)
        hit = [k for k in (inbound.end_at(role, n) for n in points) if k]
        tally.add("receiving", role, trace, points, hit)
        sound(r, "mbo")
    check(inbound.before > 10, "some were answered before the end: %d"
          % inbound.before)
    inbound.close()


def restart(r, tally, every):
    """The start after a crash is a crash point too."""
    inbound, shim = Inbound(r), r.shims["mbo"]
    trace = inbound.trace("store")
    check("f" in trace, "it syncs")

    def crash():
        m, body = inbound.new()
        settle(shim, "store")
        shim.arm("store", ("f", 1))  # the writes are there
        got = inbound.post(body)
        r.wait_until(lambda: shim.fired("store"), 5, "the first end", 0.01)
        return m, body, got

    m, body, got = crash()
    shim.watch("store")
    r.again("mbo")
    settle(shim, "store")
    start = shim.trace("store")
    inbound.deliver(m, body, got)
    points, hit = choose(start, every), []
    for n in points:
        m, body, got = crash()
        shim.arm("store", n)
        try:
            r.again("mbo")
        except Trouble:
            check(shim.fired("store"), "it does not start")
        settle(shim, "store")
        if shim.fired("store"):
            hit.append(shim.fired("store"))
            shim.watch("store")
            r.again("mbo")
        shim.watch("store")
        inbound.deliver(m, body, got)
    tally.add("starting", "store", start, points, hit)
    inbound.close()


def full(r, tally, every):
    """No receipt without a row, and each in its turn when there is room."""
    inbound, shim = Inbound(r), r.shims["mbo"]
    # A checkpoint or what the start still has to do may fall into one.
    trace = min((inbound.trace("store") for _ in range(3)), key=len)
    points = [n for n in choose(trace, every) if n[0] == "p"]
    hit, said = [], []
    for n in points:
        m, body = inbound.new()
        settle(shim, "store")
        shim.arm("store", n, full=True)
        got = inbound.post(body)
        settle(shim, "store")
        if shim.fired("store"):
            hit.append(shim.fired("store"))
        if got is None:
            said.append(inbound.said)
            check(inbound.post(body) is None, "a receipt on a full disk")
            said.append(inbound.said)
            rows = r.sql("mbo", "SELECT count(*) FROM bericht")[0][0]
            check(rows == inbound.n - 1, "%d rows" % rows)
        shim.watch("store")
        if r.members["mbo"].launcher.poll() is not None:
            r.again("mbo")
        inbound.deliver(m, body, got)
    check(len(said) >= 6 and set(said) == {(507, "opslag-vol")},
          "what the sender is told: %r" % said)
    tally.add("full disk", "store", trace, points, hit)
    inbound.close()


# ---- sending ----------------------------------------------------------------

class Outbound:
    """Dossiers of the vo to the mbo."""

    def __init__(self, r):
        self.r = r
        self.vo, self.mbo = r.members["vo"].oin, r.members["mbo"].oin
        out = r.ov("vo", "import", "overstapdossier",
                   r.file("vo/overstapdossier.csv"))["end"]
        check(out["fout"] == 0, "import: %r" % out)
        r.ready("vo")
        self.drafts = [x["nr"] for x in r.ask("vo", "drafts.list")[0]]
        self.n = 0
        for _ in range(2):
            self.deliver(self.give())

    def rows(self):
        return self.r.sql("vo", "SELECT count(*) FROM uitgaand")[0][0]

    def give(self):
        """The next draft is sent; its number."""
        self.n += 1
        check(self.drafts, "there are drafts left")
        nr = self.drafts.pop(0)
        try:
            self.r.ov("vo", "send", nr, code=None, timeout=15)
        except Trouble:
            pass  # the daemon ended before it said so
        return nr

    def done(self):
        try:
            return self.r.sql("vo", "SELECT count(*) FROM uitgaand WHERE"
                              " stand='AFGELEVERD'")[0][0] == self.n
        except Exception as e:
            raise Trouble("the vo's outbox cannot be read: %s" % e) from e

    def deliver(self, nr):
        r = self.r
        if self.rows() < self.n:  # not queued: who sent it was not told so
            r.ov("vo", "send", nr)
        check(self.rows() == self.n, "one message of one draft: %d of %d"
              % (self.rows(), self.n))

        def done():
            if self.done():
                return True
            r.ask("vo", "outbox.retry", {"alles": True})
            return False
        r.wait_until(done, FOREVER, "it is delivered", 0.1)
        rows = r.sql("vo", "SELECT seq, jti FROM uitgaand ORDER BY seq")
        check([s for s, _ in rows] == list(range(1, self.n + 1)),
              "numbers at the sender: %r" % [s for s, _ in rows][-5:])
        check(len({j for _, j in rows}) == self.n, "a jti twice")
        n = one_seal(r, "mbo", self.vo)
        check(n == self.n, "%d rows of %d messages" % (n, self.n))
        for kind in ("verzending", "ontvangstbewijs"):
            k = r.leaves("vo", "soort " + kind, "partij " + self.mbo)
            check(k == n, "%d leaves %s of %d messages" % (k, kind, n))

    def start(self, role):
        """The vo anew, as after an accident; False: it ended while it
        started."""
        try:
            self.r.again("vo")
        except Trouble:
            check(self.r.shims["vo"].fired(role), "it does not start")
            return False
        return True

    def trace(self, role, fresh):
        """fresh: with the steps of the start and the connection."""
        shim = self.r.shims["vo"]
        settle(shim, role)
        shim.watch(role)
        if fresh:
            self.r.kill_role("vo", role)
            self.start(role)
        nr = self.give()
        self.r.wait_until(self.done, FOREVER, "it is delivered", 0.02)
        settle(shim, role)
        out = shim.trace(role)
        self.deliver(nr)
        return out

    def end_at(self, role, n, fresh):
        shim = self.r.shims["vo"]
        settle(shim, role)
        if fresh:
            self.r.kill_role("vo", role)
        shim.arm(role, n)
        if fresh and not self.start(role):
            self.start(role)
        nr = self.give()
        end = time.monotonic() + 5
        while not shim.fired(role) and not self.done() and (
                time.monotonic() < end):
            time.sleep(0.01)
        settle(shim, role)
        kind = shim.fired(role)
        shim.watch(role)
        if kind and self.r.members["vo"].launcher.poll() is None and (
                self.r.pid("vo", role)):
            pass  # it ended while it started, and runs again
        elif kind:
            self.start(role)
        self.deliver(nr)
        return kind

    def close(self):
        r = self.r
        sound(r, "vo")
        sound(r, "mbo")
        bon = os.path.join(r.folder, "bon.txt")
        numbers = [n for (n,) in r.sql("vo", "SELECT nr FROM uitgaand")]
        for nr in numbers[::8]:
            r.run("-i", r.members["vo"].dir, "export", "receipt", nr, "-o",
                  bon)
            with open(bon, encoding="utf-8") as f:
                verify_export(f.read(), r.vinger)
            os.unlink(bon)


def send(r, tally, every):
    outbound = Outbound(r)
    for name, role, fresh in (
            ("sending", "store", False), ("sending", "vault", False),
            ("sending", "net", False), ("starting and sending", "net",
                                        True)):
        trace = outbound.trace(role, fresh)
        points = choose(trace, every)
        hit = [k for k in (outbound.end_at(role, n, fresh) for n in points)
               if k]
        tally.add(name, role, trace, points, hit)
        sound(r, "vo")
    outbound.close()


# ---- evaluating -------------------------------------------------------------

def evaluate(r, tally, every):
    """A request that is repeated is debited once, whenever it ended."""
    me, gem = r.partners["school"], r.members["gemeente"].oin
    mbo, shim = r.members["mbo"].oin, r.shims["gemeente"]
    share = next(int(s) for s, h in me.epoch()["delen"].items() if h == [gem])
    me.pid(mbo, PGN)

    def used():
        a = me.request(gem, "GET", "/v1/oprf/gebruik?ep=1")
        return sum(d["aantal"] for d in json.loads(a.body)["dagen"]
                   if d["domein"] == mbo and d["deel"] == share)

    def leaves():
        return len(r.ask("gemeente", "log.show", {"soort": "oprf"})[0])

    def ask(token):
        con = me.connection(gem, 5)
        try:
            a = me.request(gem, "POST", "/v1/oprf/evalueer", token,
                           "application/jose", None, con)
        except (OSError, http.client.HTTPException, Refused):
            return None
        finally:
            con.close()
        if a.status == 200:
            return json.loads(a.body)["e"]
        check(a.status >= 500, "a good request: %d %s" % (a.status, a.code))
        return None

    serial = [1000]

    def fresh():
        serial[0] += 1
        return me.oprf_request(gem, 1, mbo, share, [oprf.blind(
            oprf.pgn_input(PGN), serial[0])])

    for role in ("houder", "store", "net"):
        check(ask(fresh()), "it is evaluated")  # what only the first asks
        was, logged = used(), leaves()
        settle(shim, role)
        shim.watch(role)
        check(ask(fresh()), "it is evaluated")
        settle(shim, role)
        trace = shim.trace(role)
        points, hit = choose(trace, every), []
        for i, n in enumerate(points):
            token = fresh()
            settle(shim, role)
            shim.arm(role, n)
            got = ask(token)
            settle(shim, role)
            if shim.fired(role):
                hit.append(shim.fired(role))
                r.again("gemeente")
            shim.watch(role)
            again = r.wait_until(lambda t=token: ask(t), FOREVER,
                                 "it is evaluated", 0.05)
            check(got in (None, again), "another element")
            check(used() == was + i + 2, "%d debits of %d requests"
                  % (used() - was, i + 2))
            check(leaves() == logged + i + 2, "%d leaves of %d requests"
                  % (leaves() - logged, i + 2))
        tally.add("evaluating", role, trace, points, hit)
    sound(r, "gemeente")


PARTS = {"receive": receive, "send": send, "evaluate": evaluate,
         "restart": restart, "full": full}


def main(argv):
    every = "--every" in argv
    argv = [a for a in argv if a != "--every"]
    if len(argv) != 4 or argv[3] not in PARTS:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    folder, begin = tempfile.mkdtemp(prefix="overstap-kill-"), time.monotonic()
    region, tally = World(folder, argv[1], os.path.abspath(argv[2])), Tally()
    try:
        with region:
            region.up()
            PARTS[argv[3]](region, tally, every)
    except Exception as e:
        print("FAILED: %s: %s" % (type(e).__name__, e))
        for name, m in region.members.items():
            if os.path.exists(os.path.join(m.dir, "overstapd.log")):
                print("--- %s\n%s" % (name, region.journal(name, 25)))
        if not isinstance(e, Trouble):
            raise
        return 1
    finally:
        region.close()
        if not os.environ.get("KEEP"):
            shutil.rmtree(folder, ignore_errors=True)
    for line in tally.lines:
        print(line)
    print("good: %s, ended at %d points in %.0f s" % (
        argv[3], tally.total, time.monotonic() - begin))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
