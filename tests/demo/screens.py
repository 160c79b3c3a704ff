# SPDX-License-Identifier: EUPL-1.2
"""screens.py - after the summary: one pupil's way, what the files hold of
him, four refusals, and how to look around."""
import csv
import json
import os
import shutil
import ssl
import subprocess

import partner
import wire
from region import Refused, search_files
from year import GEM, MBO, VO


def show(y):
    pupil = choose(y)
    good = way(y, pupil)
    good = disk(y, pupil) and good
    return refusals(y) and good


def head(text):
    print("\n%s\n%s" % (text, "=" * 73))


def row(good, text, what=""):
    print("  %-6s %s" % ("goed" if good else "FOUT", text))
    if what:
        print("         " + what)
    return good


def read_csv(path):
    with open(path, encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f, delimiter=";"))


def choose(y):
    """The first pupil with support (part C) who was linked; the mbo's
    reference is found by the number, as the mbo itself would."""
    status = {r["pgn"]: r for r in read_csv(y.file("mbo/overstapstatus.csv"))}
    rows = [r for r in read_csv(y.file("vo/overstapdossier.csv"))
            if r["pgn"] in status]
    best = [r for r in rows if r["heeftOndersteuningsbehoefte"] == "ja"]
    r = (best or rows)[0]
    r["mbo"] = status[r["pgn"]]["eigenReferentie"]
    return r


# ---- 1. the way of one pupil ----

def way(y, pupil):
    r = y.region
    name = " ".join(x for x in (pupil["roepnaam"], pupil["voorvoegsel"],
                                pupil["geslachtsnaam"]) if x)
    head("De weg van een verzonnen leerling: %s" % name)
    out = [x for x in r.ask(VO, "outbox.list", {"srt": "overstapdossier"})[0]
           if x["eigenReferentie"] == pupil["eigenReferentie"]]
    inn = [x for x in r.ask(MBO, "inbox.list", {"srt": "overstapdossier"})[0]
           if x.get("eigenReferentie") == pupil["mbo"]]
    back = [x for x in r.ask(MBO, "outbox.list", {"srt": "overstapstatus"})[0]
            if x["eigenReferentie"] == pupil["mbo"]]
    if not (len(out) == 1 and len(inn) == 1 and len(back) == 1):
        return row(False, "het dossier staat niet een keer aan elke kant")
    sent = r.ask(VO, "way", {"nr": out[0]["nr"]})[0][0]
    reply = r.ask(MBO, "way", {"nr": back[0]["nr"]})[0][0]
    seen = [x for x in r.ask(VO, "case.show", {"zaak": sent["zaak"]})[0]
            if x["richting"] == "in" and x["srt"] == "overstapstatus"]
    steps = [(sent["opgesteld"], "vo   dossier verzonden door de medewerker"),
             (sent["ondertekend"], "vo   ondertekend en verzegeld, nummer %s "
              "aan dit mbo" % sent["seq"]),
             (inn[0]["ontvangen"], "mbo  ontvangen, gecontroleerd, opgeslagen"),
             (sent["ontvangstbewijs"], "mbo  ontvangstbewijs getekend, plaats "
              "%s in zijn logboek" % sent["logplaats"]),
             (sent["afgeleverd"], "vo   bewijs nagerekend en bewaard"),
             (reply["opgesteld"], "mbo  gekoppeld als %s; status terug"
              % inn[0]["eigenReferentie"]),
             (seen[0]["tijd"] if seen else "", "vo   status ontvangen, zelfde "
              "zaak")]
    for moment, text in steps:
        print("   %-20s  %s" % (moment, text))
    return row(all(m for m, _ in steps) and sent["zaak"] == inn[0]["zaak"],
               "elke stap heeft zijn moment, aan beide kanten dezelfde zaak")


# ---- 2. what lies on disk ----

def disk(y, pupil):
    head("Wat staat er van deze leerling op schijf en in net?")
    r = y.region
    words = {"zijn naam": pupil["geslachtsnaam"], "zijn nummer": pupil["pgn"],
             "zijn roepnaam en naam": "%s.%s" % (
                 pupil["roepnaam"].lower(), pupil["geslachtsnaam"].lower()),
             "zijn eigen verhaal": pupil["motivatie"][:60]}
    needles = [w.encode() for w in words.values() if w]
    good = True
    for name in (VO, MBO, GEM):
        m = r.members[name]
        found = search_files(m.dir, needles)
        n, size = volume(m.dir)
        good = row(not found, "%s: %d bestanden, %.1f MB doorzocht"
                   % (m.naam, n, size / 1e6),
                   "gevonden in %s" % found[0][0] if found else "") and good
    # The search itself must find what is there.
    oin = r.members[MBO].oin.encode()
    proof = search_files(os.path.join(r.members[VO].dir, "state"), [oin])
    good = row(bool(proof), "het zoeken zelf werkt: de OIN van de partner "
               "staat er wel") and good
    for name in (VO, MBO, GEM):
        hits = memory(r.pid(name, "net"), needles)
        if hits is None:
            print("  --     geheugen van net (%s): mag deze gebruiker niet "
                  "lezen" % name)
        else:
            good = row(hits == 0, "geheugen van net (%s): niets gevonden"
                       % name) and good
    return good


def volume(folder):
    n = size = 0
    for root, _, files in os.walk(folder):
        for f in files:
            try:
                size += os.path.getsize(os.path.join(root, f))
                n += 1
            except OSError:
                pass
    return n, size


def memory(pid, needles):
    """How often the needles stand in the memory of a process; None where that
    may not be read."""
    hits = 0
    try:
        with open("/proc/%d/maps" % pid, encoding="ascii") as maps, \
                open("/proc/%d/mem" % pid, "rb", 0) as mem:
            for line in maps:
                span, perms = line.split()[:2]
                if not perms.startswith("rw"):
                    continue
                lo, hi = (int(x, 16) for x in span.split("-"))
                if hi - lo > 1 << 30:
                    continue  # reserved, not used: a sanitizer's shadow
                try:
                    mem.seek(lo)
                    data = mem.read(hi - lo)
                except (OSError, ValueError, OverflowError):
                    continue
                hits += sum(data.count(n) for n in needles)
    except (OSError, TypeError):
        return None
    return hits


# ---- 3. four refusals ----

class Clerk(partner.Partner):
    """The vo school's own keys in the hands of another program."""

    def __init__(self, y, folder):
        m = y.region.members[VO]
        self.theirs = m.dir
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with open(os.path.join(m.dir, "credentials", "vault", "identity"),
                  "rb") as f:
            seed = f.read()
        super().__init__(folder, m.oin, y.region.regio, y.region.logdomein,
                         m.naam, m.rol, m.url, seeds={"id": seed})
        with open(y.region.note, encoding="utf-8") as f:
            self.book = wire.Book(f.read())

    def make_tls_key(self):
        for src, dst in (("credentials/net/tls.key", "tls.key"),
                         ("tls.crt", "tls.crt")):
            shutil.copy(os.path.join(self.theirs, src), self.path(dst))


def refusals(y):
    head("Vier weigeringen")
    good = unknown_pupil(y)
    good = stranger(y) and good
    clerk = Clerk(y, os.path.join(y.folder, "proef"))
    good = changed_bit(y, clerk) and good
    return unknown_field(y, clerk) and good


def unknown_pupil(y):
    rows = y.region.ask(MBO, "inbox.list", {"srt": "overstapdossier"})[0]
    closed = [x for x in rows if x["stand"] == "ONBEKEND"]
    if not closed:
        return row(y.want["onbekend"] == 0,
                   "geen dossier van een onbekende leerling om te openen")
    try:
        y.region.ov(MBO, "inbox", "show", closed[0]["nr"])
    except Refused as e:
        return row(e.fout.get("code") == "niet-gekoppeld",
                   "De intake opent het dossier van een onbekende leerling:",
                   e.fout.get("tekst", str(e)))
    return row(False, "De intake kon het dossier van een onbekende openen")


def stranger(y):
    """A certificate of somebody who is not in the address book."""
    folder = os.path.join(y.folder, "vreemde")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    key, crt = (os.path.join(folder, x) for x in ("tls.key", "tls.crt"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                    "-out", crt, "-days", "1", "-subj",
                    "/CN=Vreemde/serialNumber=" + y.region.members[VO].oin],
                   check=True, capture_output=True)
    text = "Een vreemde met een eigen certificaat op naam van het vo:"
    status, code = None, None
    try:
        con = partner.PinnedConnection(
            "localhost", y.region.members[MBO].port, bare_context(crt, key),
            partner_pins(y), 10)
        con.request("GET", "/v1/status")
        a = con.getresponse()
        answer = partner.Answer(a.status, a.headers, a.read())
        status, code = answer.status, answer.code
    except (ssl.SSLError, ConnectionError, OSError):
        return row(True, text, "afgewezen in de handdruk")
    return row(status == 403 and code == "partij-onbekend", text,
               "%s %s" % (status, code))


def bare_context(crt, key):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname = False
    c.verify_mode = ssl.CERT_NONE
    c.load_cert_chain(crt, key)
    return c


def partner_pins(y):
    with open(y.region.note, encoding="utf-8") as f:
        return wire.Book(f.read()).member(
            y.region.members[MBO].oin)["tls_server"]


def message(y, clerk):
    """A valid message of the vo to the mbo, not yet sealed."""
    with open(os.path.join(y.root, "tests", "data", "dossier-minimaal.json"),
              encoding="utf-8") as f:
        content = json.load(f)
    oin = y.region.members[MBO].oin
    clerk.seq[oin] = 10_000_000
    return oin, clerk.claims(oin, "overstapdossier", content,
                             wire.b64u(os.urandom(32)))


def changed_bit(y, clerk):
    oin, claims = message(y, clerk)
    parts = clerk.seal(oin, clerk.sign(oin, claims)).split(".")
    raw = bytearray(wire.un_b64u(parts[3]))
    raw[len(raw) // 2] ^= 1
    parts[3] = wire.b64u(bytes(raw))
    a = clerk.post(oin, ".".join(parts))
    return row(a.status == 400 and a.code == "bericht-ongeldig",
               "Een echt bericht waarin een enkele bit is omgezet:",
               "%d %s" % (a.status, a.code))


def unknown_field(y, clerk):
    oin, claims = message(y, clerk)
    claims["inhoud"]["diagnose"] = "hoort hier niet"
    a = clerk.post(oin, clerk.seal(oin, clerk.sign(oin, claims)))
    faults = a.problem.get("fouten", []) if a.code else []
    return row(a.status == 422 and {"pad": "/inhoud/diagnose",
                                    "reden": "onbekend-lid"} in faults,
               "Een veld dat niet op de lijst staat (diagnose):",
               "%d %s %s" % (a.status, a.code, faults))


# ---- --keep ----

def look_around(y, waves):
    m = {n: y.region.members[n].dir for n in (VO, MBO, GEM)}
    ov = os.path.join(y.region.bin, "overstap")
    head("De regio blijft draaien; kijk rond")
    big = {n: x.dir for n, x in waves.region.members.items()}
    for text in ("-i %s check" % m[VO],
                 "-i %s inbox list --state TWIJFEL" % m[MBO],
                 "-i %s export uitschrijving -o /tmp/uitschrijving.csv"
                 % m[GEM],
                 "-i %s worklist --at %s" % (big["leerplicht"],
                                             waves.later()),
                 "-i %s report vsv --per-gemeente --schooljaar %s"
                 % (big["gemeente"], waves.manifest["convenantjaar"])):
        print("  %s %s" % (ov, text))
    pids = " ".join(str(x.launcher.pid) for act in (y, waves)
                    for x in act.region.members.values())
    print("\nStoppen: kill %s\nBestanden: %s" % (
        pids, os.path.dirname(y.folder)))
