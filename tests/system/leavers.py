#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""leavers.py - a vo school from its list of leavers to 1 October, through real
daemons: the choices go to the municipality in one send, dossiers are delivered
and linked, an enrolment comes back, and progress and the report in-beeld say
so, also of an earlier day.

    leavers.py BINDIR
"""
import csv
import os
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from region import Refused, Trouble  # noqa: E402
from test_system import Small, check  # noqa: E402

N = 6  # leavers; the last of them has no choice


def dossiers(r):
    """The first rows of the generator's dossiers, and who they are about."""
    path = r.first_rows("vo/overstapdossier.csv", N, "zes.csv")
    with open(path, encoding="utf-8", newline="") as f:
        return path, list(csv.DictReader(f, delimiter=";"))


def write_list(r, rows, last):
    gemeente = r.members["gemeente"].gemeenten[0]
    path = r.file("schoolverlaters.csv")
    with open(path, "w", encoding="utf-8") as f:
        f.write("eigenReferentie;pgn;klas;mentor;geboortedatum;vervolg;"
                "gemeentecode;keuzeCrebo;keuzeNiveau\n")
        for i, row in enumerate(rows):
            f.write("%s;%s;4%s;Mentor %d;01-02-2010;mbo;%s;%s;3\n" % (
                row["eigenReferentie"], row["pgn"], "AB"[i % 2], i % 2,
                gemeente, "25656" if i < N - 1 or last else ""))
        f.write("X1;;4A;Mentor 0;01-02-2010;anders;;;\n")
    return path


def progress(r, *more):
    out = r.ov("vo", "progress", *more)
    kinds = {}
    for row in out["rows"]:
        kinds.setdefault(row["soort"], []).append(row)
    return kinds, out["end"]


def fits(r, *words):
    text = r.run("-i", r.members["vo"].dir, *words)
    for line in text.splitlines():
        check(len(line) <= 80, "wider than 80: %r" % line)
    return text


def scenario(r):
    path, rows = dossiers(r)
    with open(r.file("mbo/zes.csv"), "w", encoding="utf-8") as f:
        f.write("eigenReferentie;pgn;geboortedatum;schoolVerlaten\n")
        for i, row in enumerate(rows[:-1]):
            f.write("M%d;%s;%s;%s\n" % (i, row["pgn"], row["geboortedatum"],
                                        r.members["vo"].brin[0][:4]))
    r.ov("mbo", "pupils", "load", r.file("mbo/zes.csv"))

    kinds, end = progress(r)
    check(end["verlaters"] == 0 and len(end["let_op"]) == 1,
          "without a list nothing is counted: %r" % end)
    leavers = write_list(r, rows, False)
    end = r.ov("vo", "import", "schoolverlaters", leavers)["end"]
    check((end["geladen"], end["keuzes"], end["zonder_keuze"], end["fout"]) ==
          (N + 1, N - 1, 1, 0), "the list: %r" % end)
    end = r.ov("vo", "import", "schoolverlaters", leavers)["end"]
    check(end["gewijzigd"] == 0, "the same file again: %r" % end)
    check(r.count("vo")["outbox"].get("aantal", 0) == 0, "nothing is sent")

    out = r.ov("vo", "send", "--keuze")
    check(out["end"]["opgesteld"] == N - 1, "one send: %r" % out["end"])
    check([x["eigenReferentie"] for x in out["rows"]] ==
          [rows[-1]["eigenReferentie"]], "who has none: %r" % out["rows"])
    r.wait_until(lambda: r.states("vo", "outbox", "overstapstatus")[
        "AFGELEVERD"] == N - 1, 60, "the choices are delivered")
    got = r.states("gemeente", "inbox", "overstapstatus")
    check(sum(got.values()) == N - 1, "at the municipality: %r" % got)

    end = r.ov("vo", "import", "overstapdossier", path)["end"]
    check(end["fout"] == 0, "dossiers: %r" % end)
    r.ov("vo", "send", "--all", "--type", "overstapdossier")
    r.wait_until(lambda: r.states("mbo", "inbox", "overstapdossier")[
        "GEKOPPELD"] == N - 1, 60, "they link")
    r.wait_until(lambda: r.states("vo", "outbox", "overstapdossier")[
        "AFGELEVERD"] == N, 60, "and are receipted")
    case = r.rows("mbo", "case")[0]
    today = r.ov("mbo", "worklist")["end"]["op"]
    for status in ("aangemeld", "ovk-aangeboden", "ingeschreven"):
        r.ov("mbo", "case", "set", case["zaak"], "--status", status, "--date",
             today)
    r.wait_until(lambda: sum(r.states("vo", "inbox", "overstapstatus")
                             .values()) == 3, 60, "the enrolment comes back")

    kinds, end = progress(r)
    check((end["verlaters"], end["naarMbo"], end["keuze"], end["gemeld"],
           end["dossier"], end["afgeleverd"], end["ingeschreven"]) ==
          (N + 1, N, N - 1, N - 1, N, N, 1), "how far: %r" % end)
    check(end["buiten_lijst"] == 0, "%r" % end)
    check([k["klas"] for k in kinds["klas"]] == ["4A", "4B"], "%r" % kinds)
    check(sum(k["naarMbo"] for k in kinds["klas"]) == N, "per class")
    check([k["eigenReferentie"] for k in kinds["zonder-keuze"]] ==
          [rows[-1]["eigenReferentie"]], "%r" % kinds["zonder-keuze"])
    check("nergens" not in kinds or end["op"][5:7] in ("08", "09"),
          "not before August")
    later = "%d-08-15" % (int(end["schooljaar"][:4]) + 1)
    kinds, august = progress(r, "--at", later, "--schooljaar",
                             end["schooljaar"])
    check(len(kinds["nergens"]) == N - 1, "zomerlek: %r" % kinds)
    kinds, past = progress(r, "--at", "2020-01-01")
    check(past["verlaters"] == 0, "what was not there then")

    goals = r.ov("vo", "report", "in-beeld")["rows"]
    total = [g for g in goals if g["vestiging"] == "TOTAAL"]
    check([(g["maat"], g["teller"], g["noemer"]) for g in total][0] ==
          ("in-beeld", 1, N), "the goals: %r" % goals)
    check(total[0]["uitkomst"] == "16.7", "half up: %r" % total[0])
    text = fits(r, "progress")
    for words in ("Per klas en mentor", "Doelen van het jaar"):
        check(words in text, "%s: %s" % (words, text))
    fits(r, "report", "in-beeld")
    page = r.run("-i", r.members["vo"].dir, "report", "in-beeld", "--html")
    check("<table>" in page and "Zuid-Limburg" in page, "a page with source")
    sheet = r.run("-i", r.members["vo"].dir, "report", "in-beeld", "--csv")
    check("16,7" in sheet, "a sheet with commas: %s" % sheet)

    effect = r.ov("gemeente", "report", "effectrapportage")["rows"]
    check({x["lijst"] for x in effect} >= {"3A", "3A.2", "3E", "3F"},
          "every list: %r" % effect)
    for shape in ("--html", "--csv"):
        check(r.run("-i", r.members["gemeente"].dir, "report",
                    "effectrapportage", shape), "the report as %s" % shape)

    # A later choice goes with the next send; who was sent is not sent again.
    end = r.ov("vo", "import", "schoolverlaters",
               write_list(r, rows, True))["end"]
    check(end["gewijzigd"] == 1, "a choice later: %r" % end)
    out = r.ov("vo", "send", "--keuze")
    check((out["end"]["opgesteld"], out["end"]["zonder_keuze"]) == (1, 0),
          "only that one: %r" % out["end"])
    with open(r.file("fout.csv"), "w", encoding="utf-8") as f:
        f.write("eigenReferentie;geboortedatum;vervolg\nA;01-02-2010;wo\n")
    try:
        r.ov("vo", "import", "schoolverlaters", r.file("fout.csv"))
        check(False, "a code that does not exist")
    except Refused:
        pass
    journal = r.journal("vo", 4000)
    check(rows[0]["eigenReferentie"] not in journal and
          rows[0]["pgn"] not in journal, "no reference in the journal")


def main(argv):
    if len(argv) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    folder = tempfile.mkdtemp(prefix="overstap-test-")
    r = Small(folder, argv[1])
    try:
        with r:
            r.up()
            scenario(r)
    except Trouble as e:
        print("FAILED: %s" % e)
        print("--- vo\n%s" % r.journal("vo", 25))
        return 1
    finally:
        r.close()
        shutil.rmtree(folder, ignore_errors=True)
    print("good: choices in one send, progress and goals of a year")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
