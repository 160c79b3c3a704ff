#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""spool.py - the folders in/ and out/ with real daemons, as a school system
over a file share would use them (docs/control.md, "Folders").

    spool.py BINDIR

A file NAME.deel is left alone; renamed, it is imported.  A bad file is put
aside with its faults, and nothing of it counts.  What links at the other side
appears there as JSON and as CSV, read lines first; what does not, does not.
"""
import csv
import glob
import io
import json
import os
import shutil
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from region import Trouble  # noqa: E402
from test_system import PUPILS, Small, check  # noqa: E402

LOOKS = 5  # seconds between two looks in the folder


def spool(r, name, *path):
    return os.path.join(r.members[name].dir, "spool", *path)


def put(r, name, profile, file, data):
    """Write as a school system does: under .deel, then its own name."""
    folder = spool(r, name, "in", profile)
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, file)
    with open(path + ".deel", "wb") as f:
        f.write(data)
    os.rename(path + ".deel", path)


def gone_to(r, name, where, file):
    """Wait until the file lies in in/verwerkt or in/fout; its path there."""
    mask = spool(r, name, "in", where, "*." + file)
    return r.wait_until(lambda: glob.glob(mask), 40,
                        "%s: %s goes to in/%s" % (name, file, where))[0]


def read(path, mode="rb"):
    with open(path, mode) as f:
        return f.read()


def exported(r):
    """How many dossiers the mbo has read to write them out."""
    return r.count("mbo")["gelezen"].get("export", 0)


def pupils_in(r):
    """The suffix .deel holds a file back, and nothing else does."""
    data = read(r.file("mbo/leerlingen.csv"))
    folder = spool(r, "mbo", "in", "leerlingen")
    os.makedirs(folder)
    part = os.path.join(folder, "leerlingen.csv.deel")
    with open(part, "wb") as f:
        f.write(data)
    time.sleep(LOOKS + 2)
    check(os.path.exists(part), "a .deel file stays where it is")
    check(r.count("mbo")["leerlingen"].get("aantal", 0) == 0,
          "a .deel file is not read")
    os.rename(part, part[:-len(".deel")])
    gone_to(r, "mbo", "verwerkt", "leerlingen.csv")
    n = data.count(b"\n") - 1
    rows = r.rows("mbo", "pupils", "list")
    check(len(rows) == n, "%d of %d pupils are there" % (len(rows), n))


def dossiers_in(r):
    """Drafts, and nothing that is sent by itself; the same again is nothing
    new."""
    data = read(r.file("vo/overstapdossier.csv"))
    for name in ("een.csv", "twee.csv"):
        put(r, "vo", "overstapdossier", name, data)
        gone_to(r, "vo", "verwerkt", name)
        drafts = r.rows("vo", "drafts", "list")
        check(len(drafts) == PUPILS, "%s: %d drafts" % (name, len(drafts)))
    time.sleep(2)
    check(r.count("vo")["outbox"].get("aantal", 0) == 0,
          "nothing is sent without a send")


def bad_in(r):
    """Every fault with row, column and reason; nothing is taken."""
    text = read(r.file("vo/overstapdossier.csv")).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))[:9]
    head = rows[0]
    ref = head.index("eigenReferentie")
    born = head.index("geboortedatum")
    kind = head.index("soortOverstap")
    for i, row in enumerate(rows[1:]):
        row[ref] = "slecht-%d" % i
    rows[3][born] = "31-02-2008"
    rows[6][kind] = "VOXX"
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(rows)
    put(r, "vo", "overstapdossier", "slecht.csv",
        out.getvalue().encode("cp1252"))
    kept = gone_to(r, "vo", "fout", "slecht.csv")
    check(os.stat(kept + ".fouten.txt").st_mode & 0o777 == 0o600,
          "a folder of one user stays that")
    told = read(gone_to(r, "vo", "fout", "slecht.csv.fouten.txt"),
                "r").splitlines()
    check(read(kept) == out.getvalue().encode("cp1252"),
          "the bad file is as it was")
    check(told[0].startswith("Niets van dit bestand is ingelezen"),
          "the list says so: %r" % told[:1])
    faults = [line for line in told if line.startswith("rij ")]
    for want in ("rij 4, kolom geboortedatum (%d): " % (born + 1),
                 "rij 7, kolom soortOverstap (%d): " % (kind + 1)):
        check(any(f.startswith(want) and len(f) > len(want) + 5
                  for f in faults), "%r is not in %r" % (want, faults))
    check(len(faults) == 2, "two faults: %r" % faults)
    put(r, "vo", "overstapdossier", "half.json", b'[{"eigenReferentie": "x"')
    gone_to(r, "vo", "fout", "half.json.fouten.txt")
    check(len(r.rows("vo", "drafts", "list")) == PUPILS,
          "nothing of the bad files is a draft")


def dossiers_out(r):
    """Two files for every linked dossier, none for another."""
    before = exported(r)
    r.ov("vo", "send", "--all")
    n = r.want["gekoppeld"]
    folder = spool(r, "mbo", "out", "overstapdossier")
    os.makedirs(folder)
    os.chmod(folder, 0o2750)
    linked = {x["nr"]: x for x in r.wait_until(
        lambda: [x for x in r.rows("mbo", "inbox")
                 if x["stand"] == "GEKOPPELD"][n - 1:] and
        [x for x in r.rows("mbo", "inbox") if x["stand"] == "GEKOPPELD"],
        60, "%d dossiers link" % n, every=1)}
    r.wait_until(lambda: exported(r) == before + n, 40,
                 "%d dossiers are written" % n)
    r.wait_until(lambda: len(os.listdir(folder)) >= 2 * n, 10,
                 "their files are there")
    time.sleep(LOOKS + 2)
    names = sorted(os.listdir(folder))
    check(names == sorted("%d.%s" % (nr, end) for nr in linked
                          for end in ("csv", "json")),
          "out/ has the linked ones: %d of %d" % (len(names), 2 * n))
    check(exported(r) == before + n,
          "and writes them once")
    modes = {os.stat(os.path.join(folder, x)).st_mode & 0o777 for x in names}
    check(modes == {0o640}, "for whom the folder is: %s"
          % " ".join("%o" % m for m in modes))
    same = {x["nr"]: x for x in
            r.ov("mbo", "export", "overstapdossier")["rows"]}
    text = r.run("-i", r.members["mbo"].dir, "export", "overstapdossier")
    check(text.startswith("\ufeffeigenReferentie;"),
          "export begins with one BOM and the header: %r" % text[:40])
    lines = text.splitlines(keepends=True)
    for nr, row in linked.items():
        one = json.loads(read(os.path.join(folder, "%d.json" % nr)))
        check(one == same[nr], "%d.json is what export gives" % nr)
        raw = read(os.path.join(folder, "%d.csv" % nr))
        check(raw.startswith(b"\xef\xbb\xbfeigenReferentie;") and raw.endswith(b"\r\n"),
              "%d.csv has a BOM and ends its lines as Excel does" % nr)
        check(raw.decode().splitlines()[0] == lines[0].rstrip("\r\n"),
              "%d.csv has the header of export" % nr)
        table = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig")),
                                    delimiter=";"))
        check(len(table) == 1 and
              table[0]["eigenReferentie"] == row["eigenReferentie"] and
              table[0]["geslachtsnaam"].lstrip("'") ==
              one["inhoud"]["geslachtsnaam"],
              "%d.csv holds the same dossier" % nr)


def main(argv):
    if len(argv) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    folder = tempfile.mkdtemp(prefix="overstap-test-")
    r = Small(folder, argv[1])
    for name in ("vo", "mbo"):
        r.members[name].conf = {"spool": "spool"}
        os.makedirs(spool(r, name, "in"))
    try:
        with r:
            r.up()
            for step in (pupils_in, dossiers_in, bad_in, dossiers_out):
                step(r)
    except Trouble as e:
        print("FAILED: %s" % e)
        for name, m in r.members.items():
            if os.path.exists(os.path.join(m.dir, "overstapd.log")):
                print("--- %s\n%s" % (name, r.journal(name, 25)))
        return 1
    finally:
        r.close()
        shutil.rmtree(folder, ignore_errors=True)
    print("good: files in, faults beside them, linked dossiers out")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
