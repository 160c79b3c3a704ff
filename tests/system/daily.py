#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""daily.py - what people type in a year, against real daemons: a row in the
template of every profile, files as other programs write them, the way of a
received dossier, what a municipality with two roles gets, and what is refused,
each with the exit code of overstap(1).

    daily.py BINDIR
"""
import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from region import Refused, Trouble  # noqa: E402
from test_system import ROOT, Small, check  # noqa: E402

NAME = "=1+1;Ján \"de\nLange\""


def refused(r, who, code, fout, *argv):
    try:
        r.ov(who, *argv)
    except Refused as e:
        check((e.code, e.fout.get("code")) == (code, fout),
              "%s: exit %s %s, not %s %s" % (" ".join(map(str, argv)), e.code,
                                             e.fout, code, fout))
        return
    raise Trouble("%s is not refused" % " ".join(map(str, argv)))


def write(path, text, code="utf-8"):
    with open(path, "w", encoding=code, newline="") as f:
        f.write(text)
    return path


def table(path):
    with open(path, encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f, delimiter=";"))


def as_csv(rows):
    out = io.StringIO()
    w = csv.DictWriter(out, list(rows[0]), delimiter=";")
    w.writeheader()
    w.writerows(rows)
    return out.getvalue()


def templates(r):
    """The example row of every template, with a receiver that exists, is a
    row that imports."""
    with open(os.path.join(ROOT, "data", "profielen.json"),
              encoding="utf-8") as f:
        names = [p["naam"] for p in json.load(f)["profielen"]]
    check(len(names) >= 9, "profiles: %r" % names)
    to = {"uitschrijving": "gemeente", "verzuimmelding": "gemeente",
          "overstapstatus": "vo"}
    load = {"overstapstatus": ("mbo", "import", "overstapstatus"),
            "jongeren": ("gemeente", "import", "jongeren"),
            "leerlingen": ("mbo", "pupils", "load"),
            "vakanties": ("vo", "calendar", "load")}
    # Between municipalities, and closed until a region decides.
    for name in set(names) - {"overdracht", "terugkoppeling"}:
        path = r.file(name + ".csv")
        r.run("import", "--template", name, "-o", path)
        check(r.run("import", "--template", name, "-o", path, code=None) == ""
              and len(table(path)) == 2, "a template has two notes")
        with open(path, encoding="utf-8", newline="") as f:
            text = f.read().replace("# voorbeeld: ", "")
        rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff")),
                                   delimiter=";"))
        if "ontvanger" in rows[1]:
            there = r.members[to.get(name, "mbo")]
            rows[1]["ontvanger"] = there.oin
            # Support is for the school of the application alone.
            if "toelatingInstelling" in rows[1]:
                rows[1]["toelatingInstelling"] = there.brin[0][:4]
            # And a notice is for the municipality where the pupil lives.
            if to.get(name) == "gemeente":
                rows[1]["adresGemeentecode"] = there.gemeenten[0]
        write(path, "\ufeff" + as_csv(rows))
        who, *verb = load.get(name, ("vo", "import", name))
        end = r.ov(who, *verb, path)["end"]
        check(end["fout"] == 0 and 1 in end.values(), "%s: %r" % (name, end))


def odd_files(r):
    """Windows-1252, a quoted line break, a cell that a spreadsheet would run:
    as it was in the draft, and after export and import once more."""
    rows = table(r.file("vo/overstapdossier.csv"))[:3]
    for i, row in enumerate(rows):
        row["geslachtsnaam"] = NAME.replace("\n", " ")
        row["motivatie"] = "-2 regels\nen nog een"
        row["eigenReferentie"] = "raar-%d" % i
    path = write(r.file("raar.csv"), as_csv(rows), "cp1252")
    r.ov("vo", "import", "overstapdossier", path)
    nrs = [x["nr"] for x in r.rows("vo", "drafts")
           if x["eigenReferentie"].startswith("raar-")]
    check(len(nrs) == 3, "three drafts")
    inhoud = r.rows("vo", "drafts", "show", nrs[0])[0]["inhoud"]
    check(inhoud["geslachtsnaam"] == NAME.replace("\n", " ") and
          inhoud["motivatie"] == "-2 regels\nen nog een", "as it was")
    with open(r.file("een.csv"), "w", encoding="utf-8") as f:
        f.write("eigenReferentie;pgn;geboortedatum\n")
        for i, row in enumerate(rows):
            born = row["geboortedatum"] if i != 1 else "01-01-2009"
            f.write("M%d;%s;%s\n" % (i, row["pgn"], born))
    r.ov("mbo", "pupils", "load", r.file("een.csv"))
    r.ov("vo", "send", *nrs)
    r.wait_until(lambda: r.states("mbo", "inbox") == {
        "GEKOPPELD": 2, "TWIJFEL": 1}, 60, "they arrive and link")
    out = r.file("uit.csv")
    r.run("-i", r.members["mbo"].dir, "export", "overstapdossier", "-o", out)
    first = table(out)[0]
    check(first["geslachtsnaam"] == "'" + NAME.replace("\n", " ") and
          first["motivatie"].startswith("'-2"), "written as text")
    r.ov("mbo", "import", "overstapdossier", out)
    again = r.rows("mbo", "drafts")
    shown = r.rows("mbo", "drafts", "show", again[0]["nr"])[0]["inhoud"]
    check(shown["geslachtsnaam"] == inhoud["geslachtsnaam"] and
          shown["motivatie"] == inhoud["motivatie"], "our import undoes it")


def inbox(r):
    """Doubt, undone and decided; accepted, rejected, processed."""
    by = {x["eigenReferentie"]: x["nr"] for x in r.rows("mbo", "inbox")
          if x["stand"] == "GEKOPPELD"}
    doubt = [x["nr"] for x in r.rows("mbo", "inbox")
             if x["stand"] == "TWIJFEL"][0]
    refused(r, "mbo", 1, "twijfel", "inbox", "show", doubt)
    refused(r, "mbo", 1, "nummer-onbekend", "inbox", "link", doubt, "--ref",
            "nergens")
    check(r.ov("mbo", "inbox", "link", doubt, "--ref", "M1")["end"]["stand"]
          == "GEKOPPELD", "linked by one's own reference")
    r.ov("mbo", "inbox", "show", doubt)
    r.ov("mbo", "inbox", "unlink", doubt, "--reason", "ander kind")
    r.ov("mbo", "inbox", "breach", doubt)
    check(r.ov("mbo", "inbox", "link", doubt, "--no")["end"]["stand"] ==
          "ONBEKEND", "decided for ever")
    refused(r, "mbo", 1, "niet-gekoppeld", "inbox", "show", doubt)
    r.ov("mbo", "inbox", "accept", by["M0"])
    refused(r, "mbo", 1, "stand-past-niet", "inbox", "accept", by["M0"])
    refused(r, "mbo", 1, "code-onbekend", "inbox", "reject", by["M2"],
            "--reason", "zomaar")
    r.ov("mbo", "inbox", "reject", by["M2"], "--reason", "dubbel")
    r.ov("mbo", "inbox", "process", by["M0"])
    states = {x["nr"]: x["stand"] for x in r.rows("mbo", "inbox")}
    check(states == {by["M0"]: "VERWERKT", by["M2"]: "AFGEWEZEN",
                     doubt: "ONBEKEND"}, "states: %r" % states)
    zaak = r.rows("mbo", "inbox", "show", by["M0"])[0]["zaak"]
    check(any(x["srt"] == "overstapdossier"
              for x in r.rows("mbo", "case", "show", zaak)), "its case")
    r.ov("mbo", "case", "set", zaak, "--eersteContact", "2026-09-01")
    refused(r, "mbo", 1, "code-onbekend", "case", "set", zaak, "--status",
            "onzin")


def roles(r):
    """One municipality, one OIN, two roles: each notice keeps the role it was
    received in."""
    path = r.first_rows("vo/uitschrijving.csv", 20, "twintig.csv")
    r.ov("vo", "import", "uitschrijving", path)
    r.ov("vo", "send", "--all", "--type", "uitschrijving")
    rows = r.wait_until(
        lambda: len(r.rows("gemeente", "inbox")) >= 20 and
        r.rows("gemeente", "inbox"), 60, "twenty notices arrive")
    check({x["rol"] for x in rows} == {"leerplicht", "doorstroompunt"},
          "both roles")
    partner = r.rows("vo", "partners", "show", r.members["gemeente"].oin)[0]
    check({"leerplicht", "doorstroompunt"} <= set(partner["rol"].split()),
          "partners show: %r" % partner["rol"])


def refusals(r):
    """Numbers that do not exist, what is too late, and who may not."""
    for argv in (("outbox", "withdraw"), ("outbox", "retry"),
                 ("outbox", "renew"), ("outbox", "show"), ("inbox", "show"),
                 ("inbox", "accept"), ("drafts", "show"),
                 ("drafts", "remove"), ("pupils", "remove")):
        refused(r, "vo", 1, "nummer-onbekend", *argv, 99999)
    sent = [x["nr"] for x in r.rows("vo", "outbox")
            if x["stand"] == "AFGELEVERD"][0]
    refused(r, "vo", 1, "reden-nodig", "outbox", "withdraw", sent)
    refused(r, "vo", 2, "gebruik", "send")
    if os.getuid() != 0:
        return
    # The socket itself refuses, not only the folders around it.
    m = r.members["vo"]
    opened = [r.folder, m.dir, os.path.join(m.dir, "run")]
    for path in opened:
        os.chmod(path, 0o755)
    os.chmod(os.path.join(m.dir, "run", "control.sock"), 0o666)
    os.chmod(os.path.join(m.dir, "overstap.conf"), 0o644)
    p = subprocess.run(
        ["/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534",
         "--clear-groups", os.path.join(r.bin, "overstap"), "-i", m.dir,
         "drafts", "--json"], capture_output=True, text=True, check=False)
    check(p.returncode == 1 and
          json.loads(p.stdout)["fout"]["code"].startswith("geen-toegang"),
          "nobody: exit %d %s %s" % (p.returncode, p.stdout, p.stderr))


def json_only(r):
    """Every list with --json is one value and nothing else."""
    for who in r.members:
        for argv in ("status", "count", "partners", "pupils", "drafts",
                     "drafts totals", "outbox", "inbox", "case", "calendar",
                     "absence", "worklist", "access", "log", "log verify",
                     "partners strangers", "report vsv", "version", "check",
                     "holder test"):
            p = subprocess.run(
                [os.path.join(r.bin, "overstap"), "-i", r.members[who].dir,
                 *argv.split(), "--json"], capture_output=True, text=True,
                timeout=60, check=False)
            check(p.returncode in (0, 1 if argv == "check" else 0) and
                  not p.stderr and isinstance(json.loads(p.stdout), dict),
                  "%s %s: exit %d %s" % (who, argv, p.returncode, p.stderr))
            text = r.run("-i", r.members[who].dir, *argv.split(), code=None)
            wide = [x for x in text.splitlines() if len(x) > 80]
            check(not wide, "%s %s: %r" % (who, argv, wide[:1]))


def main(argv):
    if len(argv) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    folder = tempfile.mkdtemp(prefix="overstap-test-")
    r = Small(folder, argv[1])
    try:
        with r:
            r.up()
            for step in (odd_files, inbox, templates, roles, refusals,
                         json_only):
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
    print("good: a year of commands")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
