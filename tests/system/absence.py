#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""absence.py - 40,000 rows of missed lessons through a real daemon: the
holidays are asked for, the signals become drafts and nothing is sent, the
second time nothing changes, the calendar tells what is due, and the tables
fit a screen.

    absence.py BINDIR
"""
import datetime
import os
import re
import shutil
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from region import Refused, Trouble  # noqa: E402
from test_system import Small, check  # noqa: E402

PUPILS = 1000
DAYS = 40
HEAVY = 100  # of them miss four hours a day


def first_monday():
    """DAYS school days from here lie in the past, within one school year."""
    d = datetime.date.today() - datetime.timedelta(days=77)
    if d.month < 8 <= datetime.date.today().month:
        d = datetime.date(d.year - 1, 9, 1)
    while d.weekday() != 0:
        d += datetime.timedelta(days=1)
    return d


def write_rows(path):
    d = first_monday()
    days = [d + datetime.timedelta(days=7 * (i // 5) + i % 5)
            for i in range(DAYS)]
    with open(path, "w", encoding="utf-8") as f:
        f.write("eigenReferentie;datum;gemist;totaal\n")
        for p in range(PUPILS):
            for day in days:
                f.write("P%04d;%s;%s;7\n" % (
                    p, day.strftime("%d-%m-%Y"),
                    "4" if p < HEAVY else "0,3"))
    return days


def write_holidays(path, days):
    y = days[0].year if days[0].month >= 8 else days[0].year - 1
    with open(path, "w", encoding="utf-8") as f:
        f.write("regio;schooljaar;naam;van;tot\n")
        for regio in ("noord", "midden"):
            f.write("%s;%d-%d;zomer;1-8-%d;20-8-%d\n"
                    % (regio, y, y + 1, y, y))
    return y


def memory(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        return int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1)) // 1024


def sanitized(r):
    """A build whose memory says nothing."""
    with open(os.path.join(r.bin, "overstapd-store"), "rb") as f:
        return b"__asan_init" in f.read()


def fits(text, what):
    for line in text.splitlines():
        check(len(line) <= 80, "%s: wider than 80: %r" % (what, line))


def judged(r):
    def done():
        end = r.ov("vo", "absence")["end"]
        return end["nog_te_beoordelen"] == 0
    r.wait_until(done, 60, "the absence is judged", 0.3)


def scenario(r):
    rows = r.file("verzuim.csv")
    days = write_rows(rows)
    pid = r.pid("vo", "store")
    before = memory(pid)
    start = time.monotonic()
    end = r.ov("vo", "import", "verzuimregels", rows)["end"]
    took = time.monotonic() - start
    check(end["regels"] == PUPILS * DAYS, "%r" % end)
    check(end["leerlingen"] == PUPILS, "%r" % end)
    judged(r)
    end = r.ov("vo", "absence")["end"]
    check(end["aantal"] == 0 and end["wacht_op_vakanties"] == PUPILS,
          "without holidays nothing is guessed: %r" % end)
    due = r.rows("vo", "calendar")
    check(due[0]["naam"] == "vakanties-ontbreken", "%r" % due[:1])
    holidays = r.file("vakanties.csv")
    year = write_holidays(holidays, days)
    check("%d-%d" % (year, year + 1) in due[0]["tekst"], "%r" % due[0])
    try:
        r.ov("vo", "calendar", "load", holidays)
        check(False, "two regions in one file overlap")
    except Refused:
        pass
    start = time.monotonic()
    r.ov("vo", "calendar", "load", holidays, "--region", "midden")
    judged(r)
    took_judge = time.monotonic() - start
    found = r.rows("vo", "absence")
    check({s["eigenReferentie"] for s in found} ==
          {"P%04d" % p for p in range(HEAVY)}, "who missed 16 hours, only")
    check(all(float(s["uren"]) >= 16 for s in found), "16 hours each")
    check(r.count("vo")["outbox"].get("aantal", 0) == 0, "nothing is sent")
    drafts = len(r.rows("vo", "drafts", "list"))
    check(drafts == len(found), "%d drafts of %d" % (drafts, len(found)))
    end = r.ov("vo", "import", "verzuimregels", rows)["end"]
    judged(r)
    check(end["gewijzigd"] == 0, "the same file again: %r" % end)
    check(len(r.rows("vo", "drafts", "list")) == drafts, "no draft twice")
    due = r.rows("vo", "calendar")
    check(due[0]["naam"] == "verzuimmelding", "%r" % due[:1])
    check(any(d["naam"] == "dossiers-compleet" for d in due), "1 April")
    past = r.rows("vo", "calendar", "--at", "2024-02-29")
    check(any(d["naam"] == "dossiers-compleet" and d["datum"] == "2024-04-01"
              and d["dagen"] == 32 for d in past), "as on 29 February 2024")
    check(not any(d["naam"] == "verzuimmelding" for d in past), "not then")
    for words in (["calendar"], ["absence"], ["drafts", "list"]):
        fits(r.run("-i", r.members["vo"].dir, *words), " ".join(words))
    after = memory(pid)
    print("40,000 rows read and kept in %.1f s, judged in %.1f s, "
          "%d drafts; store at most %d MiB above what it was"
          % (took, took_judge, drafts, after - before))
    if not sanitized(r):
        check(after - before <= 64, "memory: %d MiB" % (after - before))
    text = r.journal("vo", 4000)
    check("P0001" not in text, "no reference in the journal")
    check("event=due" in text, "what is due stands in the journal")


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
    print("good: absence in, drafts made, nothing sent")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
