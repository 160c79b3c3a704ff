#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""geen_ontvanger.py - a notice for a gemeente that nobody serves, with real
daemons (docs/protocol.md, "The life of a message").

    geen_ontvanger.py BINDIR

It waits through a kill -9, is exported for sending otherwise, and goes by
itself when a second address book has a route to a member.
"""
import json
import os
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from region import Trouble, search_files  # noqa: E402
from test_system import ROOT, Small, check  # noqa: E402

PGN = "999990007"
GEMEENTE = "0193"


def notice(n):
    with open(os.path.join(ROOT, "tests", "data", "uitschrijving.json"),
              encoding="utf-8") as f:
        content = json.load(f)
    del content["vervangt"]
    content["soort"] = "verwijdering"
    return {"eigenReferentie": "geen-%d" % n, "pgn": PGN, "inhoud": content}


def waits(r, n):
    rows = r.rows("vo", "outbox", "list", "--state", "GEEN-ONTVANGER")
    check(len(rows) == n, "%d of %d wait: %r" % (len(rows), n, rows))


def scenario(r):
    r.up()
    path = r.file("geen.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump([notice(i) for i in range(3)], f)
    out = r.ov("vo", "import", "uitschrijving", path)["end"]
    check(out["goed"] == 3 and out["fout"] == 0, "import: %r" % out)
    end = r.ov("vo", "send", "--all")["end"]
    check(end["geen_ontvanger"] == 3 and end["opgesteld"] == 0,
          "send says so: %r" % end)
    waits(r, 3)
    r.kill_all("vo")
    r.start("vo")
    waits(r, 3)
    found = search_files(r.members["vo"].dir, {PGN.encode(), b"Jansen"})
    check(not found, "nothing of them is readable: %r" % found[:2])
    lines = [x for x in r.ov("vo", "check", code=None)["rows"]
             if x["punt"] == "no receiver"]
    check(len(lines) == 1 and lines[0]["staat"] == "let-op",
          "check says so: %r" % lines)
    rows = r.ov("vo", "export", "uitschrijving", "--geen-ontvanger")["rows"]
    check([x["inhoud"]["geslachtsnaam"] for x in rows] == ["Jansen"] * 3,
          "exported: %r" % rows)
    text = r.run("-i", r.members["vo"].dir, "export", "uitschrijving",
                 "--geen-ontvanger")
    check(text.count("Jansen") == 3 and PGN not in text, "as CSV")
    check(r.count("vo")["gelezen"].get("export", 0) == 6, "both were logged")
    r.ov("vo", "outbox", "withdraw", rows[2]["nr"])
    waits(r, 2)

    r.run("region", "route", r.dir, "add", GEMEENTE, "--rol", "leerplicht",
          "--to", r.members["gemeente"].oin, "--van", "2020-08-01")
    diff = r.run("region", "diff", r.dir)
    check("route added: every type of gemeente %s" % GEMEENTE in diff,
          "the administrators see it: %s" % diff)
    r.note = r.sign()
    check(GEMEENTE in r.run("region", "show", r.dir), "and in the book")
    for name in ("gemeente", "vo"):
        r.join(r.members[name])
    r.wait_until(lambda: r.count("vo")["outbox"].get("AFGELEVERD") == 2, 90,
                 "two went by themselves: %r" % r.count("vo")["outbox"])
    waits(r, 0)
    got = r.rows("gemeente", "inbox", "list")
    check(len(got) == 2 and {x["srt"] for x in got} == {"uitschrijving"},
          "and arrived: %r" % got)
    row = r.ov("vo", "outbox", "show", rows[0]["nr"])["rows"][0]
    check(row.get("ontvangerGevonden"), "it is told: %r" % row)


def main(argv):
    if len(argv) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    folder = tempfile.mkdtemp(prefix="overstap-test-")
    r = Small(folder, argv[1])
    r.members["gemeente"].gemeenten = []
    try:
        with r:
            scenario(r)
    except Trouble as e:
        print("FAILED: %s" % e)
        for name, m in r.members.items():
            if os.path.exists(os.path.join(m.dir, "overstapd.log")):
                print("--- %s\n%s" % (name, r.journal(name, 25)))
        return 1
    finally:
        r.close()
        shutil.rmtree(folder, ignore_errors=True)
    print("good: waited, exported, and went when the book had a receiver")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
