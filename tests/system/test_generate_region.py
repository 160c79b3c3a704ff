#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""test_generate_region.py - overstap-generate --region: every figure of the
manifest counted again from the files, and the published ones among them; each
fault; and no table that does not add up.

    test_generate_region.py BINDIR
"""
import collections
import csv
import datetime
import glob
import json
import os
import resource
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
DATA = os.path.join(ROOT, "tests", "data")
BIN = sys.argv.pop(1) if len(sys.argv) > 1 else "build/bin"
NORMS = os.path.join(DATA, "ijssel-vecht-2018-2019.csv")
HOMES = os.path.join(DATA, "gemeenten-sectoren.csv")
RETURN = os.path.join(DATA, "ijssel-vecht-return.csv")
GOALS = os.path.join(DATA, "zuid-limburg.csv")
ALLOWED = {None: {"aanmelding-ontvangen"},
           "aanmelding-ontvangen": {"aangemeld", "ingetrokken",
                                    "niet-ingeschreven"},
           "aangemeld": {"ovk-aangeboden", "ingetrokken", "niet-ingeschreven"},
           "ovk-aangeboden": {"ingeschreven", "ingetrokken",
                              "niet-ingeschreven"},
           "ingeschreven": {"gestart", "niet-gestart"},
           "gestart": {"uitgevallen", "geswitcht"}}


def rows(path):
    with open(path, encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(
            f, delimiter="," if os.path.dirname(path) == DATA else ";"))


def nl(text):
    return datetime.datetime.strptime(text, "%d-%m-%Y").date()


def age(born, day):
    return day.year - born.year - ((day.month, day.day) <
                                   (born.month, born.day))


def pct(part, whole):
    x = (part * 20000 + whole) // (2 * whole) if whole else 0
    return "%d.%02d" % (x // 100, x % 100)


def run(out, *args, code=0):
    p = subprocess.run([os.path.join(BIN, "overstap-generate"), "--region",
                        *args, out], capture_output=True, text=True,
                       check=False)
    if p.returncode != code:
        raise AssertionError("%d: %s" % (p.returncode, p.stderr))
    return p.stderr


class Made:
    """What one run wrote, read back."""

    def __init__(self, folder):
        self.folder = folder
        with open(os.path.join(folder, "manifest.json"),
                  encoding="utf-8") as f:
            self.m = json.load(f)
        self.want = self.m["verwacht"]
        self.homes = {h["code"]: h for h in self.m["gemeenten"]}
        self.brin = {o["brin"]: k for k, o in self.m["organisaties"].items()
                     if "brin" in o}

    def each(self, pattern):
        """(organisation, wave, row) of every CSV and JSON file."""
        for path in sorted(glob.glob(os.path.join(self.folder, pattern))):
            parts = os.path.relpath(path, self.folder).split(os.sep)
            wave = int(parts[1][5:]) if len(parts) == 3 else -1
            if path.endswith(".json"):
                with open(path, encoding="utf-8") as f:
                    found = json.load(f)
            else:
                found = rows(path)
            for x in found:
                yield parts[0], wave, x

    def receiver(self, to, born, day):
        if to not in self.homes:
            return self.brin[to]
        role = "leerplicht" if age(born, day) < 18 else "doorstroompunt"
        return self.homes[to].get(role)


class Region(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.tmp.cleanup)
        out = os.path.join(cls.tmp.name, "iv")
        run(out, "--date", "2026-11-24", "--table", NORMS, "--return", RETURN,
            "--goals", GOALS)
        cls.iv = Made(out)
        out = os.path.join(cls.tmp.name, "homes")
        run(out, "--seed", "5", "--date", "2026-02-28", "--faults", "all",
            "--table", HOMES)
        cls.faulty = Made(out)
        # The largest program that this process started.
        cls.peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss

    def out(self, name):
        return os.path.join(self.tmp.name, name)

    # ---- the same from the same ----

    def test_same_seed_same_bytes(self):
        for name, seed in (("a", "7"), ("b", "7"), ("c", "8")):
            run(self.out(name), "--seed", seed, "--pupils", "60", "--date",
                "2026-02-28", "--table", NORMS, "--return", RETURN,
                "--faults", "late,two-numbers")
        differ = same = 0
        for path in glob.glob(self.out("a") + "/**", recursive=True):
            if not os.path.isfile(path):
                continue
            text = []
            for name in "abc":
                p = self.out(name) + path[len(self.out("a")):]
                with open(p, "rb") if os.path.exists(p) else \
                        open(os.devnull, "rb") as f:
                    text.append(f.read())
            self.assertEqual(text[0], text[1], path)
            differ += text[0] != text[2]
            same += text[0] == text[2]
        self.assertGreater(differ, 80)
        self.assertLess(same, 12)  # the holidays are nobody's

    # ---- the published figures ----

    def test_norm_table_is_reproduced(self):
        region = {h for h, x in self.iv.homes.items() if x["regio"]}
        start, left = collections.Counter(), collections.Counter()
        for _, _, x in self.iv.each("gemeente/startpopulatie.csv"):
            self.assertIn(x["gemeente"], region)
            start[x["normcategorie"], x["leerweg"]] += 1
        for _, wave, x in self.iv.each("*/golf-*/uitschrijving.csv"):
            if wave > 0 and x["adresGemeentecode"] in region:
                left[x["opleidingNormcategorie"]] += 1
        printed = rows(NORMS)
        for x in printed:
            cat = x["normcategorie"] if x["leerweg"] != "Onbekend" else ""
            way = x["leerweg"] if cat else ""
            if x["leerweg"] != "TOTAAL":
                self.assertEqual(start[cat, way], int(x["deelnemers"]), x)
            elif x["normcategorie"] in left or x["vsv"] == "0":
                self.assertEqual(left[x["normcategorie"]], int(x["vsv"]), x)
        self.assertEqual((sum(start.values()), sum(left.values())),
                         (39356, 693))
        told = {x["normcategorie"]: x
                for x in self.iv.want["vsvNormcategorie"]}
        for x in printed:
            if x["leerweg"] == "TOTAAL" and x["normcategorie"] in told:
                t = told[x["normcategorie"]]
                self.assertEqual((t["deelnemers"], t["vsv"], t["pct"]), (
                    int(x["deelnemers"]), int(x["vsv"]), x["vsv_pct"]))

    def test_home_table_is_reproduced(self):
        start, left = collections.Counter(), collections.Counter()
        f = self.faulty
        for o, _, x in f.each("*/startpopulatie.csv"):
            if o in f.brin.values():
                sector = "mbo" if x["normcategorie"].startswith("MBO") \
                    else "vo"
                start[x["gemeente"], sector] += 1
        for _, _, x in f.each("*/golf-*/uitschrijving.csv"):
            sector = "mbo" if x["opleidingNormcategorie"].startswith("MBO") \
                else "vo"
            left[x["adresGemeentecode"], sector] += 1
        n = 0
        for x in rows(HOMES):
            if x["sector"] != "TOTAAL" and x["gemeente"] != "TOTAAL":
                key = x["gemeente"], x["sector"]
                self.assertEqual((start[key], left[key]), (
                    int(x["deelnemers"]), int(x["vsv"])), key)
                n += 1
        self.assertEqual(n, 10)
        for x in f.want["vsvGemeente"]:
            for s in ("vo", "mbo"):
                self.assertEqual((x[s]["deelnemers"], x[s]["vsv"]), (
                    start[x["gemeente"], s], left[x["gemeente"], s]))

    def test_return_and_goals_are_reproduced(self):
        last = rows(RETURN)[-1]
        w = self.iv.want["terugNaEenJaar"]
        self.assertEqual((w["vsv"], w["terugInOnderwijs"], w["werkend"]), tuple(
            int(last[k]) for k in ("vsv", "terug_in_onderwijs", "werkend")))
        before = {x["pgn"] for _, _, x in
                  self.iv.each("*/golf-0/uitschrijving.csv")}
        back = {x["pgn"] for o, _, x in self.iv.each(
            "mbo*/golf-1/overstapstatus-ingeschreven.csv")
                if not x["aanmeldingId"]}
        self.assertTrue(back <= before)
        self.assertEqual((len(before), len(back)), (608, 164))
        work = sum(x["pgn"] in before and x["bestemming"] ==
                   "werk-zonder-startkwalificatie"
                   for _, _, x in self.iv.each("*/golf-1/opvolging.csv"))
        self.assertEqual(work, 216)
        o = self.iv.want["overstap"]
        self.assertEqual((o["vertrekkers"], o["inBeeldPct"], o["dddPct"]),
                         (3100, "98.00", "97.00"))

    def test_in_view_and_dossiers_are_counted(self):
        for made in (self.iv, self.faulty):
            brin = {v: k for k, v in made.brin.items()}
            chose = {x["pgn"] for _, _, x in
                     made.each("*/golf-*/overstapstatus-keuze.csv")}
            apps = {x["aanmeldingId"]: x for _, _, x in made.each(
                "mbo*/golf-*/overstapstatus-ingeschreven.csv")
                if x["aanmeldingId"]}
            sent = collections.Counter()
            for o, _, x in made.each("*/golf-*/overstapdossier.csv"):
                if x["soortOverstap"] != "x-MBOMBO":
                    sent["A-%s-%s" % (x["eigenReferentie"].split("-")[0],
                                      x["ontvanger"])] += 1
            for s in made.want["overstap"]["scholen"]:
                mine = [k for k, x in apps.items()
                        if x["latendeSchoolBrin"] == brin[s["school"]]
                        and x["toelatingsrecht"]]
                if s["school"] == "mbo":
                    continue  # mbo to mbo stands between them
                self.assertEqual(len(mine), s["inBeeld"], s)
                self.assertEqual(sum(sent[k] for k in mine), s["ddd"], s)
            self.assertEqual(len(chose), sum(
                s["keuze"] for s in made.want["overstap"]["scholen"]))

    # ---- the manifest ----

    def test_messages_of_every_wave(self):
        for made in (self.iv, self.faulty):
            got = collections.Counter()
            born = {}
            for o, g, x in made.each("*/bevolking.csv"):
                born[x["pgn"]] = nl(x["geboortedatum"])
            for o, g, x in made.each("*/golf-*/nummers.csv"):
                born[x["pgnNieuw"]] = born[x["pgnOud"]]
            for srt, when, names in (
                    ("uitschrijving", "datumUitschrijving",
                     "uitschrijving.csv"),
                    ("overstapdossier", "dossierdatum",
                     "overstapdossier.csv"),
                    ("overstapstatus", "datumStatus", "overstapstatus-*.csv")):
                for o, g, x in made.each("*/golf-*/" + names):
                    day = nl(x[when])
                    b = nl(x["geboortedatum"]) if "geboortedatum" in x else \
                        born.get(x["pgn"])
                    if b is None:
                        # Back after a year: only in the notice before.
                        b = {"tot-18": day, "18-tot-23": datetime.date(
                            day.year - 20, 1, 1)}[x["leeftijdsgroep"]]
                    got[g, o, made.receiver(x["ontvanger"], b, day), srt] += 1
            for srt in ("verzuimmelding", "warme-overdracht",
                        "terugkoppeling"):
                for o, g, x in made.each("*/golf-*/%s.json" % srt):
                    c = x["inhoud"]
                    self.assertEqual(x["srt"], srt)
                    b = c.get("geboortedatum", "2000-01-01")
                    got[g, o, made.receiver(
                        x["ontvanger"], datetime.date.fromisoformat(b),
                        datetime.date.fromisoformat(
                            c.get("begindatum", "2020-01-01"))), srt] += 1
            want = {(w["golf"], b["van"], b["naar"], b["srt"]): b["aantal"]
                    for w in made.m["golven"] for b in w["berichten"]}
            self.assertEqual(got, want)
            self.assertTrue(all(len([1 for k in want if k[0] == g]) > 20
                                for g in range(1, 5)))

    def test_files_and_rows(self):
        for made in (self.iv, self.faulty):
            n = collections.Counter()
            for path in made.m["bestanden"]:
                n[path] = sum(1 for _ in made.each(path))
            self.assertEqual(dict(n), made.m["bestanden"])
            there = {os.path.relpath(p, made.folder) for p in glob.glob(
                made.folder + "/**", recursive=True) if os.path.isfile(p)}
            self.assertEqual(there, set(made.m["bestanden"]) |
                             {"manifest.json"})

    def test_links(self):
        for made in (self.iv, self.faulty):
            known = collections.defaultdict(dict)
            for o, _, x in made.each("mbo*/leerlingen.csv"):
                self.assertNotIn(x["pgn"], known[o])
                known[o][x["pgn"]] = x["geboortedatum"]
            got = collections.Counter()
            for _, _, x in made.each("*/golf-*/overstapdossier.csv"):
                d = known[made.brin[x["ontvanger"]]].get(x["pgn"])
                got["onbekend" if d is None else "gekoppeld"
                    if d == x["geboortedatum"] else "twijfel"] += 1
            for k, v in made.want["koppeling"].items():
                self.assertEqual(got[k], v, k)

    def test_every_application_goes_the_legal_way(self):
        steps = collections.defaultdict(list)
        order = ["aanmelding-ontvangen", "aangemeld", "ovk-aangeboden",
                 "ingeschreven", "niet-ingeschreven", "ingetrokken", "gestart",
                 "niet-gestart", "uitgevallen", "geswitcht"]
        for o, g, x in self.iv.each("mbo*/golf-*/overstapstatus-*.csv"):
            if x["aanmeldingId"] and x["status"] != "keuze":
                steps[o, x["aanmeldingId"]].append(
                    (g, order.index(x["status"]), nl(x["datumStatus"])))
        two = collections.Counter(k[1].rsplit("-", 1)[0] for k in steps)
        self.assertGreater(sum(v == 2 for v in two.values()), 900)
        for key, list_ in steps.items():
            list_.sort()
            last, day = None, datetime.date(1900, 1, 1)
            for _, code, d in list_:
                self.assertIn(order[code], ALLOWED[last], key)
                self.assertLess(day, d, key)
                last, day = order[code], d

    # ---- who lives where ----

    def test_fifteen_percent_live_elsewhere(self):
        at = collections.Counter()
        for _, _, x in self.iv.each("mbo*/startpopulatie.csv"):
            if x["normcategorie"].startswith("MBO"):
                at[x["gemeente"]] += 1
        away = {h: n for h, n in at.items() if not self.iv.homes[h]["regio"]}
        member = sum(n for h, n in away.items()
                     if "doorstroompunt" in self.iv.homes[h])
        self.assertEqual(round(100 * sum(away.values()) / sum(at.values())),
                         15)
        self.assertEqual(round(100 * member / sum(away.values())), 50)

    def test_numbers_are_single(self):
        seen = [x["pgn"] for o, _, x in self.iv.each("*/startpopulatie.csv")
                if o in self.iv.brin.values()]
        self.assertEqual(len(seen), len(set(seen)))
        self.assertEqual(len(seen), sum(
            o["leerlingen"] for k, o in self.iv.want["organisaties"].items()
            if k not in ("pro", "vso")))

    # ---- absence ----

    def test_absence_obliges_to_the_notices(self):
        """The rule counted again: 16 hours in four lesson weeks, under 18;
        four whole weeks from 18 on."""
        for made in (self.iv, self.faulty):
            free = set()
            for _, _, x in made.each("vmbo/vakanties.csv"):
                d = nl(x["van"])
                while d <= nl(x["tot"]):
                    free.add(d)
                    d += datetime.timedelta(1)
            born, lessons = {}, collections.Counter()
            for o, _, x in made.each("*/golf-*/verzuimregels.csv"):
                self.assertNotIn(nl(x["datum"]), free)
                self.assertLess(nl(x["datum"]).weekday(), 5)
                self.assertEqual((x["gemist"], x["totaal"]), ("1", "6"))
                key = o, x["eigenReferentie"]
                born[key] = nl(x["geboortedatum"])
                lessons[key, nl(x["datum"])] += 1
            away = collections.defaultdict(list)
            for (key, day), n in lessons.items():
                away[key].append((day, n))
            told = {(o, x["eigenReferentie"].split("-")[0]): x["inhoud"]
                    for o, _, x in made.each("*/golf-*/verzuimmelding.json")}
            for key, days in away.items():
                days.sort()
                weeks = {}
                for d, _ in days:
                    m = d - datetime.timedelta(d.weekday())
                    weeks[m] = m
                monday, n, lesson = min(weeks), 0, {}
                while monday <= max(weeks):
                    week = {monday + datetime.timedelta(i) for i in range(5)}
                    if not week <= free:
                        lesson[monday] = n
                        n += 1
                    monday += datetime.timedelta(7)
                per = collections.Counter()
                for d, h in days:
                    per[lesson[d - datetime.timedelta(d.weekday())]] += h
                most = max(sum(per[i + k] for k in range(4))
                           for i in range(n))
                adult = age(born[key], days[0][0]) >= 18
                whole = len(days) == 20
                self.assertEqual(key in told,
                                 whole if adult else most >= 16, key)
                if key in told:
                    self.assertEqual(told[key]["begindatum"],
                                     days[0][0].isoformat())
            self.assertEqual(
                len(told), sum(made.want["afwezigheid"][k] for k in (
                    "16-uur", "16-uur-over-vakantie", "vier-weken")))
            self.assertTrue(all(made.want["afwezigheid"].values()))
            self.assertTrue(set(told) <= set(away))

    # ---- faults ----

    def planned(self, made):
        late = collections.Counter()
        for o, g, x in made.each("*/golf-*/planning.csv"):
            days = (nl(x["verzenden"]) - nl(x["gebeurtenis"])).days
            self.assertEqual(x["teLaat"] == "ja", days >= 21)
            self.assertTrue(days >= 21 or days <= 4)
            late[o, x["srt"], x["teLaat"]] += 1
        for t in made.want["tijdigheid"]:
            self.assertEqual((t["teLaat"], t["opTijd"]), tuple(
                late[t["school"], t["srt"], k] for k in ("ja", "nee")))
        return sum(n for k, n in late.items() if k[2] == "ja")

    def test_without_faults(self):
        w = self.iv.want
        self.assertEqual(self.planned(self.iv), 0)
        self.assertEqual((w["koppeling"]["twijfel"],
                          w["koppeling"]["onbekend"], w["tweeNummers"]),
                         (0, 0, 0))
        self.assertEqual(list(self.iv.each("*/golf-*/nummers.csv")), [])

    def test_each_fault(self):
        for name, twijfel, onbekend, nummers, laat in (
                ("birth-dates", 5, 0, 0, False),
                ("unasked", 0, 15, 0, False),
                ("two-numbers", 0, None, 5, False),
                ("late", 0, 0, 0, True)):
            out = self.out("fault-" + name)
            run(out, "--pupils", "500", "--date", "2026-02-28", "--table",
                NORMS, "--faults", name)
            made = Made(out)
            w = made.want
            self.assertEqual(w["koppeling"]["twijfel"], twijfel, name)
            if onbekend is not None:
                self.assertLessEqual(
                    abs(w["koppeling"]["onbekend"] - onbekend), 1, name)
            self.assertEqual(w["tweeNummers"], nummers, name)
            self.assertEqual(self.planned(made) > 20, laat, name)
            for _, _, x in made.each("*/golf-*/nummers.csv"):
                kinds = [p.startswith("10") for p in
                         (x["pgnOud"], x["pgnNieuw"])]
                self.assertNotEqual(kinds[0], kinds[1])

    # ---- tables ----

    def test_broken_tables_are_refused(self):
        other = ["--table", NORMS]
        cases = (
            ("--table", NORMS, "Bbl1,25,3,12.00", "Bbl1,26,3,12.00",
             "row 18 (MBO_1, Bbl1): 12.00 % is not 3 of 26"),
            ("--table", NORMS, "Bbl1,25,3,12.00", "Bbl1,25,4,16.00",
             "row 20 (MBO_1, TOTAAL): 43 leavers is not the sum of its "
             "parts, 44"),
            ("--table", NORMS, "VO,TOTAAL,26481", "VO,TOTAAL,26480",
             "26480 participants is not the sum of its parts, 26481"),
            ("--table", NORMS, "VO_ONDERBOUW,TOTAAL", "VO_X,TOTAAL",
             "no total of the category before it"),
            ("--table", NORMS, "TOTAAL,TOTAAL,39356,693,1.76,\n", "",
             "no last total"),
            ("--table", NORMS, "Bol4", "Bol5", "not known here"),
            ("--table", NORMS, "leerweg", "weg", "column 2 of the header"),
            ("--table", NORMS, "Brug 1-2,10760", "Brug 1-2,veel",
             "no number of participants"),
            ("--table", HOMES, "9901,Hanzebroek,vo,11066", "9901,Hanzebroek,"
             "vo,11067", "15540 participants is not the sum of its parts, "
             "15541"),
            ("--table", HOMES, "TOTAAL,,vo,27666,83", "TOTAAL,,vo,27666,84",
             "84 leavers is not the sum of its parts, 83"),
            ("--table", HOMES, "9904,Stroomdal,mbo", "9904,Stroomdal,po",
             "no sector vo or mbo"),
            ("--table", HOMES, "9904,", "9911,", "elsewhere"),
            ("--table", HOMES, "9904,", "99041,", "no code of four digits"),
            ("--table", HOMES, "9905,", "9901,", "comes twice"),
            ("--return", RETURN, "608,164", "608,264",
             "pct_onderwijs does not follow"),
            ("--return", RETURN, "608,164,216", "308,164,216",
             "more who returned or work than left"),
            ("--goals", GOALS, "VO_TOTAAL,27666", "VO_TOTAAL,27667",
             "is not the sum of its parts"),
            ("--goals", GOALS, "doel_ddd_pct,2019-2020,97",
             "doel_ddd_pct,2019-2020,197", "no percentage"))
        for i, (option, path, old, new, says) in enumerate(cases):
            bad = self.out("bad-%d.csv" % i)
            with open(path, encoding="utf-8") as f:
                text = f.read()
            self.assertIn(old, text)
            with open(bad, "w", encoding="utf-8") as f:
                f.write(text.replace(old, new))
            args = [option, bad] + (other if option != "--table" else [])
            out = self.out("never-%d" % i)
            said = run(out, *args, code=1)
            self.assertIn(says, said)
            self.assertFalse(os.path.exists(out))

    def test_wishes_that_cannot_be(self):
        said = run(self.out("n1"), "--pupils", "9000", "--table", NORMS,
                   code=1)
        self.assertIn("9000 pupils cannot go to the mbo", said)
        for args in (["--faults", "typos", "--table", NORMS], [],
                     ["--pupils", "0", "--table", NORMS]):
            run(self.out("n2"), *args, code=2)
        p = subprocess.run(
            [os.path.join(BIN, "overstap-generate"), "--faults", "late",
             "--table", NORMS, self.out("n3")], capture_output=True,
            check=False)
        self.assertEqual(p.returncode, 2)  # only of a region

    def test_memory_is_flat(self):
        """Forty thousand pupils within 64 MiB (a sanitizer keeps what was
        freed, so its build is not measured)."""
        with open(os.path.join(BIN, "overstap-generate"), "rb") as f:
            if b"__asan_init" in f.read():
                self.skipTest("sanitizer")
        self.assertLess(self.peak, 64 << 10)


if __name__ == "__main__":
    unittest.main()
