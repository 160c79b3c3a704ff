#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""worklist.py - what each side has to do, with real daemons: a vo, an mbo and
a municipality with its own population.

    worklist.py BINDIR

A notice comes late and is followed up; who should begin and of whom nobody said
anything stands in the list of August, until a status comes; a list of an
earlier day says what it said, and a mail names nobody.
"""
import datetime
import json
import os
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from region import Refused, Trouble, search_files  # noqa: E402
from test_system import ROOT, Small, check  # noqa: E402

PGN = ("999990007", "999990019", "999990020")
TODAY = datetime.date.today()


def on(days):
    return (TODAY + datetime.timedelta(days=days)).isoformat()


def content(name):
    with open(os.path.join(ROOT, "tests", "data", name + ".json"),
              encoding="utf-8") as f:
        j = json.load(f)
    for lid in ("vervangt", "vervolgVan", "schema", "grondslag", "bewaarTot",
                "verblijfadres", "afwijkendAdres"):
        j.pop(lid, None)
    return j


def send(r, name, profile, rows):
    path = r.file("%s-%s.json" % (name, profile))
    with open(path, "w", encoding="utf-8") as f:
        json.dump(rows, f)
    out = r.ov(name, "import", profile, path)
    check(out["end"]["fout"] == 0, "import %s: %r" % (profile, out))
    return r.ov(name, "send", "--all")["end"]


def dropout(r):
    """Left three weeks ago: the school is late before we hear of it."""
    j = content("uitschrijving")
    j.update(soort="verwijdering", datumUitschrijving=on(-21),
             datumInschrijving="2024-08-01",
             geboortedatum=on(-17 * 365), geslachtsnaam="Zeldzaamheid")
    j.pop("nieuweInschrijving", None)
    j["adres"]["gemeentecode"] = r.members["gemeente"].gemeenten[0]
    end = send(r, "vo", "uitschrijving",
               [{"eigenReferentie": "U-1", "pgn": PGN[0], "inhoud": j}])
    check(end["opgesteld"] == 1, "a notice goes: %r" % end)


def kind(r, name, soort, *words):
    return [x for x in r.rows(name, "worklist", *words)
            if x["soort"] == soort]


def population(r, year):
    path = r.file("jongeren.csv")
    with open(path, "w", encoding="utf-8") as f:
        f.write("eigenReferentie;pgn;geboortedatum;woongemeente;instroom\n")
        for i, pgn in enumerate(PGN):
            f.write("LP-%d;%s;01-02-2009;%s;%s\n" % (
                i, pgn, r.members["gemeente"].gemeenten[0],
                year if i > 0 else ""))
    end = r.ov("gemeente", "import", "jongeren", path)["end"]
    check(end["geladen"] == 3, "the population: %r" % end)


def status(r):
    """The mbo says of one of the population that he applied."""
    j = content("status")
    j.pop("aanmeldingId")
    j.pop("reden")
    j.update(status="aangemeld", datumStatus=on(-1))
    end = send(r, "mbo", "overstapstatus", [
        {"eigenReferentie": "S-1", "pgn": PGN[1], "inhoud": j,
         "ontvanger": r.members["gemeente"].oin}])
    check(end["opgesteld"] == 1, "a status goes: %r" % end)


def follow(r, row):
    for veld, waarde, code in (("eersteContact", on(1), "datum-ongeldig"),
                               ("bestemming", "maan", "code-onbekend")):
        try:
            r.ov("gemeente", "case", "set", row["zaak"], "--" + veld, waarde)
            check(False, "%s %s was taken" % (veld, waarde))
        except Refused as e:
            check(e.fout.get("code") == code, "%s: %r" % (code, e.fout))
    for veld, waarde in (("signaalbron", "school"), ("eersteContact", on(0)),
                         ("intakeDatum", on(0)), ("trajectStart", on(0)),
                         ("trajectEinde", on(0)), ("bestemming", "overig")):
        r.ov("gemeente", "case", "set", row["zaak"], "--" + veld, waarde)
    end = r.ov("gemeente", "case", "show", row["zaak"])["end"]
    check(end["verloop"]["bestemming"] == "overig" and
          end["verloop"]["trajectStart"] == on(0), "follow-up: %r" % end)


def scenario(r):
    r.up()
    year = TODAY.year + (1 if TODAY.month >= 8 else 0)
    august = "%d-08-20" % year
    population(r, year)
    dropout(r)
    r.wait_until(lambda: kind(r, "gemeente", "eerste-contact"), 60,
                 "the notice stands in the list")
    r.wait_until(
        lambda: kind(r, "gemeente", "eerste-contact")[0]["eigenReferentie"]
        == "LP-0", 60, "and its pupil is known there")
    row = kind(r, "gemeente", "eerste-contact")[0]
    check(row["schoolDagenTeLaat"] > 10, "how late the school was: %r" % row)
    check(row["uiterlijk"] == on(14), "our own term: %r" % row)
    check(not kind(r, "gemeente", "eerste-contact", "--at", on(-1)),
          "the day before there was nothing")
    late = kind(r, "gemeente", "eerste-contact", "--at", on(15))
    check(late and late[0]["telaat"], "in fifteen days we are late")

    text = r.run("-i", r.members["gemeente"].dir, "worklist", "--digest")
    check("LP-0" in text, "own references for a mail: %s" % text)
    for word in ("Zeldzaamheid", PGN[0], "2009"):
        check(word not in text, "no %s in the mail: %s" % (word, text))

    follow(r, row)
    check(not kind(r, "gemeente", "eerste-contact"), "it was done")
    check(kind(r, "gemeente", "geen-status", "--at", august),
          "who should begin, and of whom nobody said anything")
    refs = {x["eigenReferentie"] for x in
            kind(r, "gemeente", "geen-status", "--at", august)}
    check(refs == {"LP-1", "LP-2"}, "they are two: %r" % refs)
    check(not kind(r, "gemeente", "geen-status", "--at",
                   "%d-07-31" % year), "not before 1 August")
    check(not kind(r, "mbo", "geen-status", "--at", august), "nor at the mbo")

    status(r)
    r.wait_until(lambda: {x["eigenReferentie"] for x in
                          kind(r, "gemeente", "geen-status", "--at", august)}
                 == {"LP-2"}, 60, "a status came of one of them")
    row = kind(r, "gemeente", "zomerlek", "--at", august)
    check([x["eigenReferentie"] for x in row] == ["LP-1"] and
          row[0]["status"] == "aangemeld", "he is not enrolled: %r" % row)
    r.kill_all("gemeente")
    r.start("gemeente")
    check(not kind(r, "gemeente", "eerste-contact"), "kept through a kill")
    found = search_files(r.members["gemeente"].dir,
                         {p.encode() for p in PGN} | {b"Zeldzaamheid"},
                         skip=("overstapd.log",))
    check(not found, "nothing of it is readable: %r" % found[:2])
    check("LP-0" not in r.journal("gemeente", 4000), "nor in the journal")
    check(r.ov("gemeente", "log", "verify")["end"]["goed"], "the log")


def main(argv):
    if len(argv) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    folder = tempfile.mkdtemp(prefix="overstap-test-")
    r = Small(folder, argv[1])
    try:
        with r:
            scenario(r)
    except Trouble as e:
        print("FAILED: %s" % e)
        for name, m in r.members.items():
            if os.path.exists(os.path.join(m.dir, "overstapd.log")):
                print("--- %s\n%s" % (name, r.journal(name, 12)))
        return 1
    finally:
        r.close()
        shutil.rmtree(folder, ignore_errors=True)
    print("good: a notice, its follow-up, a mail, a population, a summer")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
