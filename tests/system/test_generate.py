#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""test_generate.py - overstap-generate: the same from the same seed, the
figures that it promises, and no table that does not add up.

    test_generate.py BINDIR
"""
import collections
import csv
import datetime
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
TABLE = os.path.join(ROOT, "tests", "data", "ijssel-vecht-2018-2019.csv")
BIN = sys.argv.pop(1) if len(sys.argv) > 1 else "build/bin"
FILES = ("vo/overstapdossier.csv", "vo/uitschrijving.csv",
         "mbo/leerlingen.csv", "mbo/uitschrijving.csv",
         "mbo/overstapstatus.csv", "manifest.json")


def weight(pgn):
    d = [int(x) for x in pgn]
    return (sum(a * b for a, b in zip(d[:8], range(9, 1, -1))) - d[8]) % 11


class Generate(unittest.TestCase):
    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        self.dir = tmp.name

    def make(self, name, *args, table=TABLE, code=0):
        out = os.path.join(self.dir, name)
        p = subprocess.run([os.path.join(BIN, "overstap-generate"), "--table",
                            table, *args, out], capture_output=True, text=True,
                           check=False)
        self.assertEqual(p.returncode, code, p.stderr)
        return out if code == 0 else p.stderr

    def read(self, *path):
        with open(os.path.join(*path), "rb") as f:
            return f.read()

    def rows(self, *path):
        with open(os.path.join(*path), encoding="utf-8-sig", newline="") as f:
            return list(csv.DictReader(f, delimiter=";"))

    def test_same_seed_same_bytes(self):
        args = ("--seed", "7", "--pupils", "40", "--date", "2026-02-28")
        a, b = self.make("a", *args), self.make("b", *args)
        other = self.make("c", "--seed", "8", *args[2:])
        for f in FILES:
            self.assertEqual(self.read(a, f), self.read(b, f), f)
            self.assertNotEqual(self.read(a, f), self.read(other, f), f)

    def test_counts_of_the_issue(self):
        out = self.make("a", "--date", "2026-11-24")
        w = json.loads(self.read(out, "manifest.json"))["verwacht"]
        self.assertEqual(
            [w[k] for k in ("dossiers", "uitschrijvingenVo",
                            "uitschrijvingenMbo", "aanmelders", "gekoppeld",
                            "twijfel", "onbekend")],
            [3100, 80, 613, 3007, 2976, 31, 93])
        born = {x["pgn"]: x["geboortedatum"]
                for x in self.rows(out, "vo/overstapdossier.csv")}
        known = self.rows(out, "mbo/leerlingen.csv")
        same = sum(born[x["pgn"]] == x["geboortedatum"] for x in known)
        self.assertEqual((len(born), len(known), same), (3100, 3007, 2976))
        self.assertEqual(sum(w["statussen"].values()), 2976)

    def test_table_is_reproduced(self):
        out = self.make("a", "--pupils", "1", "--date", "2026-11-24")
        got = collections.Counter()
        for who in ("vo", "mbo"):
            for x in self.rows(out, who, "uitschrijving.csv"):
                got[x["opleidingNormcategorie"]] += 1
        want = collections.Counter()
        with open(TABLE, encoding="utf-8", newline="") as f:
            for x in csv.DictReader(f):
                if x["leerweg"] == "TOTAAL" and (
                        x["normcategorie"] not in ("VO", "MBO", "TOTAAL")):
                    want[x["normcategorie"]] = int(x["vsv"])
        self.assertEqual(got, want)

    def test_dates_and_ages(self):
        for day, first in (("2026-09-30", 2024), ("2026-10-01", 2025),
                           ("2027-02-01", 2025)):
            out = self.make(day, "--pupils", "1", "--date", day)
            ages = set()
            for x in (self.rows(out, "vo/uitschrijving.csv") +
                      self.rows(out, "mbo/uitschrijving.csv")):
                born, event = (datetime.datetime.strptime(
                    x[k], "%d-%m-%Y").date()
                    for k in ("geboortedatum", "datumUitschrijving"))
                self.assertTrue(datetime.date(first, 10, 1) <= event <=
                                datetime.date(first + 1, 9, 30))
                age = event.year - born.year - (
                    (event.month, event.day) < (born.month, born.day))
                ages.add(age)
                self.assertEqual(x["grondslag"], "UITSCHRIJVING-LPW"
                                 if age < 18 else "VERWIJDERING-18PLUS")
            self.assertEqual((min(ages), max(ages)), (12, 22))

    def test_numbers_are_valid_and_single(self):
        out = self.make("a", "--pupils", "2000")
        pgns = [x["pgn"] for f in ("vo/overstapdossier.csv",
                                   "vo/uitschrijving.csv",
                                   "mbo/uitschrijving.csv")
                for x in self.rows(out, f)]
        self.assertEqual(len(pgns), len(set(pgns)))
        own = [p for p in pgns if p.startswith("10")]
        self.assertTrue(20 < len(own) < 300)
        for p in pgns:
            self.assertRegex(p, re.compile(r"\d{9}\Z"))
            self.assertEqual(weight(p), 5 if p.startswith("10") else 0)

    def test_table_that_does_not_add_up(self):
        text = self.read(TABLE).decode()
        for old, new in ((",3,12.00", ",4,12.00"), ("MBO,TOTAAL,12875,613",
                                                    "MBO,TOTAAL,12875,614"),
                         ("Bol4", "Bol5")):
            bad = os.path.join(self.dir, "bad.csv")
            with open(bad, "w", encoding="utf-8") as f:
                f.write(text.replace(old, new))
            self.assertNotEqual(text, text.replace(old, new))
            self.assertIn("the table", self.make(new.replace(
                ",", ""), table=bad, code=1))

    def test_refuses_an_existing_folder_with_files(self):
        out = self.make("a", "--pupils", "1")
        p = subprocess.run([os.path.join(BIN, "overstap-generate"), "--table",
                            TABLE, out], capture_output=True, check=False)
        self.assertEqual(p.returncode, 1)


if __name__ == "__main__":
    unittest.main()
