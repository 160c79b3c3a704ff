#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""kill_deeds.py - SIGKILL at the steps of what a person does, with real
processes.

    kill_deeds.py BINDIR killat.so [--every]

The store ends while it carries out a command.  What was answered is there
after the restart; what was not is there as a whole or not at all (own
applicants: a part of them), and doing it again completes it.  Nothing is
there twice.

A first command of each kind shows its steps.  Syncs, truncations and removals
are all taken; of the last writes before them and of the other steps some,
chosen by a fixed seed; --every takes all.

import    66 drafts, more than a batch, and one that takes another's place
pupils    66 own applicants; and three that replace the three before them
link      a doubt that is linked by hand; a dossier that is linked by itself
book      a newer address book
inzage    what came of showing a draft to the pupil
terug     the aggregated terugkoppeling to a school, sent once a day
"""
import http.client
import json
import os
import random
import shutil
import socket
import sqlite3
import struct
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import test_system  # noqa: E402
from kill_steps import FOREVER, Tally, check, settle, sound  # noqa: E402
from region import Refused, Trouble  # noqa: E402
from kill_shim import World  # noqa: E402
from test_interop import content  # noqa: E402
import wire  # noqa: E402

test_system.PUPILS = 10
BORN, OTHER = "2008-02-29", "2008-03-01"
BATCH = 66
DOUBTED, LINKED, STARTED = 90000, 91000, range(92000, 92012)


def pgn(n):
    """A made-up number that passes the elfproef."""
    for last in range(10):
        digits = "%08d%d" % (10000000 + n * 3, last)
        total = sum((9 - i) * int(c) for i, c in enumerate(digits[:8]))
        if not (total - last) % 11:
            return digits
    return pgn(n + 100000)


def choose(trace, most, seed):
    """The points to end at: (kind, 1), (kind, 2), ..."""
    out, more, rest, count = [], [], [], {}
    for i, kind in enumerate(trace):
        count[kind] = count.get(kind, 0) + 1
        point = (kind, count[kind])
        if kind in "ftud":
            out.append(point)
        elif kind == "p" and trace[i + 1:i + 2] != "p":
            more.append(point)
        else:
            rest.append(point)
    chance = random.Random(seed)
    for some in (more, rest):
        out += chance.sample(some, min(len(some), max(most - len(out), 2)))
    return out


def calm(shim):
    """Pseudonyms may be on their way for long: not until they are there."""
    settle(shim, "store", 0.05, 0.4)


def feed(r, name, cmd, arg, rows):
    """A command that takes rows (docs/control.md): what its end says."""
    path = os.path.join(r.members[name].dir, "run", "control.sock")
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(20)
        s.connect(path)

        def say(o):
            text = json.dumps(o).encode()
            s.sendall(struct.pack(">I", len(text)) + text)

        def hear():
            n = struct.unpack(">I", r._exact(s, 4))[0]
            return json.loads(r._exact(s, n))

        say({"v": 1, "cmd": cmd, "arg": arg})
        check(hear() == {"go": True}, cmd + " takes no rows")
        say({"rows": rows})
        say({"end": True})
        while True:
            o = hear()
            if "fout" in o:
                raise Refused([cmd], 1, json.dumps(o), "")
            check(not o.get("rows"), "%s: %r" % (cmd, o))
            if "end" in o:
                return o["end"]


class Deed:
    """One kind of command.  fresh() prepares another, go() does it and may
    be repeated, there() says how much of it is there: 0 nothing, 1 all, a
    part otherwise.  once() fails when something is there twice."""
    member = "vo"
    parts = False  # may it be there in part?
    most = 7       # points, without those of a sync and two of each other

    def __init__(self, r):
        self.r = r
        self.n = 0

    def fresh(self):
        raise NotImplementedError

    def go(self):
        raise NotImplementedError

    def there(self):
        raise NotImplementedError

    def once(self):
        pass

    def sql(self, text, *args):
        return self.r.sql(self.member, text, *args)

    def one(self, text, *args):
        return self.sql(text, *args)[0][0]

    # ---- being ended ----

    def answer(self):
        """True: it was answered.  False: the role ended before."""
        try:
            self.go()
            return True
        except Refused:
            raise
        except (OSError, Trouble):
            return False

    def trace(self):
        shim = self.r.shims[self.member]
        self.fresh()
        calm(shim)
        shim.watch("store")
        self.go()
        out = shim.trace("store")
        self.done()
        return out

    def done(self):
        self.r.wait_until(lambda: self.there() == 1, FOREVER,
                          "%s is there" % type(self).__name__, 0.05)
        self.once()

    def end_at(self, point):
        shim = self.r.shims[self.member]
        self.fresh()
        check(self.there() == 0, "it is there before it was done")
        calm(shim)
        shim.arm("store", point)
        said = self.answer()
        kind = shim.fired("store")
        if kind:
            self.r.again(self.member)
        elif not said:
            raise Trouble("no answer, and nothing ended")
        shim.watch("store")
        if said:
            self.done()
        else:
            check(self.parts or self.there() in (0, 1),
                  "half of it is there: %r" % self.there())
            self.once()
        # Who was told nothing does it again; so may anybody.
        self.r.wait_until(self.answer, FOREVER, "it is done again", 0.05)
        self.done()
        return kind

    def all(self, tally, every):
        self.trace()  # what only the first one asks for
        # The shorter of two: pseudonyms and linking may fall into one.
        trace = min(self.trace(), self.trace(), key=len)
        points = choose(trace, len(trace) if every else self.most,
                        type(self).__name__)
        hit = [k for k in map(self.end_at, points) if k]
        tally.add(type(self).__name__.lower(), "store", trace, points, hit,
                  0.5)
        sound(self.r, self.member)


# ---- drafts -----------------------------------------------------------------

def dossier(r, nr, **change):
    vo = r.members["vo"]
    brin, vestiging = vo.brin[0].split("/")
    return {"rij": nr, "pgn": pgn(nr), "ontvanger": r.members["mbo"].oin,
            "zaak": "", "klas": "4B", "mentor": "K. Smit",
            "inhoud": content("dossier-minimaal.json", school={
                "brin": brin, "vestiging": vestiging}, **change)}


class Import(Deed):
    last = None

    def fresh(self):
        self.n += 1
        self.rows = [dict(dossier(self.r, i), eigenReferentie="I%d-%d" % (
            self.n, i)) for i in range(1, BATCH + 1)]
        if self.last:  # another content under a reference that is there
            self.rows.append(dict(
                dossier(self.r, BATCH + 1, geslachtsnaam="Naam%d" % self.n),
                eigenReferentie=self.last))
        self.want = len(self.rows)
        self.replaced, self.last = self.last, "I%d-1" % self.n

    def go(self):
        out = feed(self.r, "vo", "import", {
            "profiel": "overstapdossier", "bestand": "i%d" % self.n,
            "overslaan": False}, self.rows)
        check(out["fout"] == 0 and out["goed"] + out["gelijk"] == self.want,
              "import: %r" % out)

    def there(self):
        return self.one(
            "SELECT count(*) FROM concept c JOIN import i ON i.nr=c.import"
            " WHERE i.compleet=1 AND i.bestand=?", "i%d" % self.n) / self.want

    def once(self):
        rows = self.r.ask("vo", "drafts.list")[0]
        refs = {x["eigenReferentie"]: x["nr"] for x in rows}
        check(len(refs) == len(rows), "a draft twice")
        check(self.one("SELECT count(*) FROM concept") == len(rows)
              and self.one("SELECT count(*) FROM concept WHERE vervangt IS"
                           " NOT NULL") == 0
              and self.one("SELECT count(*) FROM import WHERE compleet=0")
              == 0, "rests of an import")
        check(self.one("SELECT count(*) FROM concept WHERE id NOT IN"
                       " (SELECT id FROM sleutel_jong)") == 0,
              "a draft without its key")
        if self.replaced:
            got = self.r.ask("vo", "drafts.show", {
                "nr": refs[self.replaced]})[0][0]["inhoud"]["geslachtsnaam"]
            check(got == ("Naam%d" % self.n if self.there() else "Jansen"),
                  "the one that was replaced: " + got)


class Inzage(Deed):
    def fresh(self):
        self.n += 1
        if self.n == 1:
            rows = [dict(dossier(self.r, 1), eigenReferentie="Z1")]
            feed(self.r, "vo", "import", {
                "profiel": "overstapdossier", "bestand": "z",
                "overslaan": False}, rows)
            self.nr = next(x["nr"] for x in self.r.ask(
                "vo", "drafts.list")[0] if x["eigenReferentie"] == "Z1")
        self.arg = {"nr": self.nr, "akkoord": "nee", "door": "ouder",
                    "datum": "2025-03-14", "reden": "Reden %d" % self.n}
        self.old = self.block()

    def go(self):
        self.r.ask("vo", "drafts.inzage", self.arg)

    def block(self):
        x = self.r.ask("vo", "drafts.show", {"nr": self.nr})[0][0]
        return x["inhoud"]["inzage"]

    def there(self):
        now = self.block()
        if now == self.old:
            return 0
        return 1 if now.get("redenNietAkkoord") == self.arg["reden"] else 0.5


# ---- own applicants and links -----------------------------------------------

def pupil(ref, number, born=BORN):
    return {"eigenReferentie": ref, "pgn": number, "geboortedatum": born,
            "schoolVerlaten": "25PU"}


def load(r, rows, replace=False):
    out = feed(r, "mbo", "pupils.load", {"vervang": replace}, [
        dict(x, rij=i + 1) for i, x in enumerate(rows)])
    check(out["fout"] == 0, "pupils load: %r" % out)


def applicants(r):
    """Those whose links are tested: their pseudonyms are there."""
    load(r, [pupil("H", pgn(DOUBTED), OTHER), pupil("S", pgn(LINKED))] + [
        pupil("T%d" % x, pgn(x)) for x in STARTED])
    r.ready("mbo")


class Pupils(Deed):
    member = "mbo"
    parts = True
    most = 4

    def fresh(self):
        self.n += 1
        self.rows = [pupil("P%d-%d" % (self.n, i), pgn(
            1000 + self.n * BATCH + i)) for i in range(BATCH)]

    def go(self):
        load(self.r, self.rows)

    def refs(self):
        return [x["eigenReferentie"]
                for x in self.r.ask("mbo", "pupils.list")[0]]

    def there(self):
        now = set(self.refs())
        return sum(x["eigenReferentie"] in now for x in self.rows) / len(
            self.rows)

    def once(self):
        now = self.refs()
        check(len(set(now)) == len(now), "a pupil twice")
        check(self.one("SELECT count(*) FROM leerling WHERE eigen=1") ==
              len(now), "rows of pupils that are not listed")


class Replace(Pupils):
    def fresh(self):
        self.n += 1
        self.rows = [pupil("R%d-%d" % (self.n, i), pgn(50000 + self.n * 3 + i))
                     for i in range(3)]
        # Who was loaded in the second in which it begins is not old.
        time.sleep(1.05 - time.time() % 1)

    def go(self):
        load(self.r, self.rows, True)

    def there(self):
        # Who has a dossier here stays.
        now = {x for x in self.refs() if x[0] in "PR"}
        want = {x["eigenReferentie"] for x in self.rows}
        if now == want:
            return 1
        return len(now & want) / 6


class Link(Deed):
    """Of what is linked there is one leaf, one state and one content that
    can be opened."""
    member = "mbo"

    def send(self, number):
        me, mbo = self.r.partners["school"], self.r.members["mbo"].oin
        was = {x["nr"] for x in self.r.ask("mbo", "inbox.list")[0]}
        me.send(mbo, "overstapdossier", content(
            "dossier-minimaal.json", geboortedatum=BORN), me.pid(
                mbo, number), os.urandom(16))
        self.nr = next(x["nr"] for x in self.r.ask("mbo", "inbox.list")[0]
                       if x["nr"] not in was)
        self.leaves = self.count()

    def count(self):
        return self.r.leaves("mbo", "soort koppeling", "partij " +
                             self.r.members["school"].oin)

    def stand(self):
        return self.one("SELECT stand FROM bericht WHERE nr=?", self.nr)

    def there(self):
        return int(self.stand() == "GEKOPPELD")

    def once(self):
        n = self.there()
        check(self.count() == self.leaves + n, "%d leaves of %d links" % (
            self.count() - self.leaves, n))
        check(self.one("SELECT count(*) FROM bericht_stand WHERE bericht=?"
                       " AND stand='GEKOPPELD'", self.nr) == n,
              "its states")
        try:
            row = self.r.ask("mbo", "inbox.show", {"nr": self.nr})[0][0]
            check(n and row["inhoud"]["geboortedatum"] == BORN,
                  "its content")
        except Refused as e:
            check(not n, "it cannot be opened: %s" % e)


class Hand(Link):
    def fresh(self):
        self.send(pgn(DOUBTED))
        self.r.wait_until(lambda: self.stand() == "TWIJFEL", FOREVER,
                          "it is doubted", 0.03)

    def go(self):
        try:
            self.r.ask("mbo", "inbox.link", {"nr": self.nr})
        except Refused as e:
            check(self.there() == 1 and e.fout, "inbox link: %s" % e)


class Itself(Link):
    """It arrives when its pupil is there; the receipt does not wait for it."""

    def fresh(self):
        me, mbo = self.r.partners["school"], self.r.members["mbo"].oin
        m = me.sign(mbo, me.claims(mbo, "overstapdossier", content(
            "dossier-minimaal.json", geboortedatum=BORN), me.pid(
                mbo, pgn(LINKED)), os.urandom(16)))
        self.jti, self.body = m.jti, me.seal(mbo, m)
        self.leaves = self.count()

    def go(self):
        me, mbo = self.r.partners["school"], self.r.members["mbo"].oin
        shim, con = self.r.shims["mbo"], me.connection(mbo, 5)
        try:
            a = me.post(mbo, self.body, None, con)
            check(a.status in (200, 201) or a.status >= 500,
                  "a good message: %d %s" % (a.status, a.code))
        except (http.client.HTTPException, wire.Refused) as e:
            raise Trouble("no answer: %s" % e) from e
        finally:
            con.close()
        if a.status >= 500:
            raise Trouble("not now: %s" % a.code)
        self.r.wait_until(lambda: shim.fired("store") or self.there() == 1,
                          FOREVER, "it is linked by itself", 0.02)

    def there(self):
        rows = self.sql("SELECT b.nr, b.stand FROM bericht b JOIN gezien g"
                        " ON g.bericht=b.nr WHERE g.jti=?", self.jti)
        check(len(rows) < 2, "a message twice")
        self.nr = rows[0][0] if rows else 0
        return int(bool(rows) and rows[0][1] == "GEKOPPELD")


# ---- the address book -------------------------------------------------------

class Book(Deed):
    def fresh(self):
        r = self.r
        with open(r.sign(), encoding="utf-8") as f:
            self.note = f.read()
        self.leaves = self.count()

    def go(self):
        try:
            self.r.ask("vo", "join", {"note": self.note})
        except Refused as e:
            check(self.there() == 1, "join: %s" % e)

    def count(self):
        return self.r.leaves("vo", "soort adresboek", "partij " +
                             self.r.members["vo"].oin)

    def there(self):
        versie = self.r.versie
        rows = self.one("SELECT count(*) FROM adresboek WHERE versie=?"
                        " AND vervangen=0", versie)
        used = self.one("SELECT waarde FROM waarde WHERE naam='adresboek'")
        says = self.r.ask("vo", "status")[1]["adresboek"]
        return (rows + (used == versie) + (says == versie)
                + self.count() - self.leaves) / 4


# ---- feedback ---------------------------------------------------------------

class Terug(Deed):
    member = "mbo"

    def __init__(self, r):
        super().__init__(r)
        me, mbo = r.partners["school"], r.members["mbo"].oin
        numbers = [pgn(x) for x in STARTED]
        me.y_of(mbo, numbers)
        cases = []
        for x in numbers:
            m, _ = me.send(mbo, "overstapdossier", content(
                "dossier-minimaal.json", geboortedatum=BORN), me.pid(mbo, x),
                os.urandom(16))
            cases.append(m.claims["zaak"])
        r.wait_until(lambda: self.one(
            "SELECT count(*) FROM bericht WHERE stand='GEKOPPELD' AND"
            " nr>(SELECT max(nr)-12 FROM bericht)") == 12, FOREVER, "linked")
        for zaak in cases:
            r.ask("mbo", "case.set", {"zaak": zaak, "status": "gestart"})

    def fresh(self):
        # As if the one before was sent in another year.
        self.n += 1
        db = sqlite3.connect(os.path.join(
            self.r.members["mbo"].dir, "state", "main.db"), timeout=10)
        with db:
            db.execute("UPDATE teruggekoppeld SET schooljaar=? WHERE"
                       " schooljaar>2000", (self.n,))
        db.close()
        self.was = self.queued(), self.noted()

    def queued(self):
        return self.one("SELECT count(*) FROM uitgaand WHERE"
                        " srt='terugkoppeling'")

    def noted(self):
        return self.one("SELECT count(*) FROM teruggekoppeld t JOIN uitgaand"
                        " u ON u.nr=t.uitgaand")

    def go(self):
        rows = self.r.ask("mbo", "report", {"lijst": "terugkoppeling",
                                            "verzend": True})[0]
        check([x["stand"] for x in rows] in (["opgesteld"], [
            "al-verzonden"]), "terugkoppeling: %r" % rows)

    def there(self):
        return (self.queued() - self.was[0] + self.noted() - self.was[1]) / 2


DEEDS = (Import, Inzage, Book, Hand, Itself, Terug, Pupils, Replace)


def main(argv):
    every = "--every" in argv
    argv = [a for a in argv if a != "--every"]
    names = [a for a in argv[3:]]
    if len(argv) < 3:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    folder, begin = tempfile.mkdtemp(prefix="overstap-deeds-"), time.monotonic()
    region, tally = World(folder, argv[1], os.path.abspath(argv[2])), Tally()
    try:
        with region:
            region.up()
            applicants(region)
            for deed in DEEDS:
                if not names or deed.__name__.lower() in names:
                    t = time.monotonic()
                    deed(region).all(tally, every)
                    tally.lines[-1] += ", %.1f s" % (time.monotonic() - t)
    except Exception as e:
        for line in tally.lines:
            print(line)
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
    print("good: deeds, ended at %d points in %.0f s" % (
        tally.total, time.monotonic() - begin))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
