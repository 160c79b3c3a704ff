#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""accept_cli.py - what somebody meets who works with a running region and
makes mistakes: files with faults of every kind, a dossier without inzage, a
mistyped fingerprint, a record that was damaged on disk.

    accept_cli.py BINDIR

Exit code 0 when all is as it must be.
"""
import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from test_system import Small, check  # noqa: E402


def run(r, name, *args):
    """Exit code and what a person sees."""
    p = subprocess.run([os.path.join(r.bin, "overstap"), "-i",
                        r.members[name].dir, *args], capture_output=True,
                       text=True, timeout=60, check=False)
    return p.returncode, p.stdout + p.stderr


def read(path):
    with open(path, encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f, delimiter=";"))


def write(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as f:
        w = csv.DictWriter(f, rows[0].keys(), delimiter=";")
        w.writeheader()
        w.writerows(rows)
    return path


def all_faults_at_once(r):
    """Ours and the daemon's, in order; nothing is taken; the bad rows come
    back in a file that is good once it is mended."""
    rows = [dict(x) for x in read(r.file("vo/overstapdossier.csv"))[:5]]
    good = [dict(x) for x in rows]
    rows[0]["geboortedatum"] = "31-02-2008"
    rows[1]["ontvanger"] = "99ZZ"
    rows[3]["eigenReferentie"] = rows[2]["eigenReferentie"]
    path = write(r.file("vo/fout.csv"), rows)
    out = json.loads(r.run("-i", r.members["vo"].dir, "import",
                           "overstapdossier", path, "--json", code=4))
    seen = [(f["rij"], f["kolom"], f["reden"]) for f in out["rows"]]
    check(seen == [(2, "geboortedatum", "datum-ongeldig"),
                   (3, "ontvanger", "ontvanger-onbekend"),
                   (5, "eigenReferentie", "referentie-dubbel")],
          "faults: %r" % seen)
    check(out["end"]["fout"] == 3, "three rows are bad: %r" % out["end"])
    check(r.ov("vo", "drafts")["end"]["aantal"] == 0, "nothing is taken")
    code, text = run(r, "vo", "import", "overstapdossier", path)
    check(code == 4 and max(map(len, text.splitlines())) <= 80 and
          "…" not in text, "the reasons are whole, in 80 columns:\n" + text)
    out = r.ov("vo", "import", "overstapdossier", path, "--skip-bad")
    check(out["end"]["goed"] == 2 and out["end"]["fout"] == 3,
          "--skip-bad: %r" % out["end"])
    with open(path + ".fout.csv", encoding="utf-8-sig", newline="") as f:
        bad = [x for x in csv.DictReader(f, delimiter=";")
               if not x["eigenReferentie"].startswith("#")]
    check(len(bad) == 3, "three rows come back")
    bad[0]["geboortedatum"] = good[0]["geboortedatum"]
    bad[1]["ontvanger"] = good[1]["ontvanger"]
    bad[2]["eigenReferentie"] = good[3]["eigenReferentie"]
    out = r.ov("vo", "import", "overstapdossier",
               write(r.file("vo/beter.csv"), bad))["end"]
    check(out["goed"] == 3 and out["fout"] == 0, "mended: %r" % out)
    out = r.ov("vo", "import", "overstapdossier",
               write(r.file("vo/goed.csv"), good))["end"]
    check(out["gelijk"] == 5 and out["goed"] == 0, "the same: %r" % out)


def refused_drafts(r):
    """Without inzage it is not sent: exit code 1 and a sentence."""
    row = dict(read(r.file("vo/overstapdossier.csv"))[6])
    for k in row:
        if k.startswith("inzage"):
            row[k] = ""
    r.ov("vo", "import", "overstapdossier",
         write(r.file("vo/zonder.csv"), [row]))
    nr = r.rows("vo", "drafts", "--state", "ONVOLLEDIG")[0]["nr"]
    code, text = run(r, "vo", "send", str(nr))
    check(code == 1 and "Het blok inzage ontbreekt." in text,
          "send without inzage: %d %s" % (code, text))


def applicants(r):
    """A number that another reference has: nothing of the file is loaded,
    with --skip-bad all but that row."""
    rows = read(r.file("mbo/leerlingen.csv"))
    write(r.file("mbo/eerst.csv"), rows[:5])
    check(r.ov("mbo", "pupils", "load",
               r.file("mbo/eerst.csv"))["end"]["geladen"] == 5, "five loaded")
    again = [dict(rows[10]), dict(rows[0], eigenReferentie="ander"),
             dict(rows[11], geboortedatum="1-13-2008")]
    path = write(r.file("mbo/dubbel.csv"), again)
    out = json.loads(r.run("-i", r.members["mbo"].dir, "pupils", "load", path,
                           "--json", code=4))
    seen = [(f["rij"], f["kolom"]) for f in out["rows"]]
    check(seen == [(3, "pgn"), (4, "geboortedatum")], "faults: %r" % seen)
    check(r.ov("mbo", "pupils")["end"]["aantal"] == 5, "still five")
    out = r.ov("mbo", "pupils", "load", path, "--skip-bad")["end"]
    check(out["geladen"] == 1 and out["fout"] == 2, "--skip-bad: %r" % out)
    check(r.ov("mbo", "pupils")["end"]["aantal"] == 6, "now six")


def fingerprint(r):
    """A newer version is accepted by its signatures, and yet not when what
    was typed is not its fingerprint."""
    other = os.path.join(r.folder, "andere")
    shutil.copytree(r.dir, other)
    r.figure("dag", {("vo", "mbo"): 4000})
    note = r.sign()
    code, text = run(r, "vo", "join", note, "--fingerprint",
                     "AAAAA-AAAAA-AAAAA-AAAAA-AAAAAA")
    check(code == 1 and "vingerafdruk-klopt-niet" in text, text)
    check(r.ov("vo", "status")["rows"] == [] and
          r.ov("vo", "status")["end"]["adresboek"] == r.versie - 1,
          "the old version stays")
    r.run("-i", r.members["vo"].dir, "join", note, "--fingerprint", r.vinger)
    check(r.ov("vo", "status")["end"]["adresboek"] == r.versie, "joined")
    # Another version of the same number: an alarm, and nothing changes.
    ours, r.dir = r.dir, other
    r.figure("dag", {("vo", "mbo"): 4001})
    fork = r.sign()
    code, text = run(r, "vo", "join", fork, "--fingerprint", r.vinger)
    check(code == 1 and "(adresboek-splitsing)" in text, text)
    check("adresboek-splitsing (1 times)" in
          run(r, "vo", "check", "--offline")[1], "the fork is an alarm")
    r.dir = ours


def damaged(r):
    """A damaged record is set aside with its reason; export, send and the
    lists go on with the others."""
    r.ready("vo")
    r.ov("vo", "send", "--all")
    r.wait_until(lambda: r.states("mbo", "inbox")["GEKOPPELD"] >= 3, 90,
                 "some are linked: %r" % r.states("mbo", "inbox"))
    rows = r.rows("mbo", "inbox", "--state", "GEKOPPELD")
    nr = rows[0]["nr"]
    r.stop("mbo")
    db = sqlite3.connect(os.path.join(r.members["mbo"].dir, "state",
                                      "main.db"))
    blob = bytearray(db.execute("SELECT inhoud FROM bericht WHERE nr=?",
                                (nr,)).fetchone()[0])
    blob[len(blob) // 2] ^= 1
    db.execute("UPDATE bericht SET inhoud=? WHERE nr=?", (bytes(blob), nr))
    db.commit()
    db.close()
    r.start("mbo")
    out = r.ov("mbo", "export", "overstapdossier")
    check([x["nr"] for x in out["rows"]] == [x["nr"] for x in rows[1:]],
          "the others are exported")
    code, text = run(r, "mbo", "inbox", "show", str(nr))
    check(code == 1 and "(onleesbaar)" in text, text)
    row = [x for x in r.rows("mbo", "inbox") if x["nr"] == nr][0]
    check(row["stand"] == "TERZIJDE" and row["reden"] == "onleesbaar",
          "set aside: %r" % row)
    code, text = run(r, "mbo", "check", "--offline")
    check(code == 1 and "1 records that cannot be read" in text, text)


def main():
    with tempfile.TemporaryDirectory(prefix="overstap-") as folder:
        with Small(folder, sys.argv[1]) as r:
            r.up()
            for part in (all_faults_at_once, refused_drafts, applicants,
                         fingerprint, damaged):
                part(r)
                print("ok", part.__name__, flush=True)


if __name__ == "__main__":
    main()
