# SPDX-License-Identifier: EUPL-1.2
"""waves.py - the second act of the demo: a region of nine organisations and
its year in four waves.  What each school system would export comes from
overstap-generate --region; what must come of it stands in its manifest before
a daemon starts; what did come of it is asked of the daemons that received it.
"""
import collections
import csv
import datetime
import json
import os
import time

from play import Play
from region import Trouble

FAULTS = "birth-dates,late,two-numbers,unasked"
LATER = 21  # days from now for which a worklist is asked as well
HOLDERS = {"mbo": 1, "gemeente": 2}
# A case goes through its states in this order, and a wave has files of some.
STATUSES = ("keuze", "aanmelding-ontvangen", "aangemeld", "niet-ingeschreven",
            "ovk-aangeboden", "ingetrokken", "ingeschreven", "gestart",
            "niet-gestart", "uitgevallen", "geswitcht")
OTHERS = ("uitschrijving.csv", "verzuimmelding.json", "warme-overdracht.json")
UNDER_WAY = ("OPGESTELD", "KLAAR", "ONDERWEG", "WACHT-OP-PSEUDONIEM")
# Whose choice a school must tell: Stcrt. 2020, 36712.
CHOOSERS = ("Vmbo 3-4", "Lwoo 3-4", "Vavo-vmbo")
WAVES = {0: "het jaar ervoor", 1: "najaar en winter",
         2: "keuze en dossiers, voor 1 april",
         3: "aanmeldingen en plaatsing, tot en met juli",
         4: "start, zomerlek en terugkoppeling, vanaf augustus"}


def read_csv(path):
    with open(path, encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f, delimiter=";"))


def write_csv(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as f:
        w = csv.DictWriter(f, rows[0].keys(), delimiter=";",
                           lineterminator="\r\n")
        w.writeheader()
        w.writerows(rows)


def iso(text):
    """A Dutch date as the daemon wants it; anything else as it is."""
    part = text.split("-")
    return "-".join(reversed(part)) if len(part) == 3 and \
        len(part[2]) == 4 and part[2].isdigit() else text


def person(ref):
    """The pupil of a reference: a message of his has a number behind it."""
    return ref.split("-")[0]


class Waves(Play):
    def __init__(self, *args):
        super().__init__(*args)
        self.region.tables = os.path.join(self.root, "tests", "demo",
                                          "tabellen")
        self.sent = collections.Counter()      # (van, srt, naar) expected
        self.counted = {}                      # the same, by the receivers
        self.alone = collections.Counter()     # van: without a receiver

    # ---- the year ----

    def run(self):
        self.make_files("--region", "--faults", FAULTS, "--table",
                        self.data("ijssel-vecht-2018-2019.csv"), "--return",
                        self.data("ijssel-vecht-return.csv"))
        self.orgs = self.manifest["organisaties"]
        self.senders = [n for n, x in self.orgs.items() if "brin" in x]
        self.read_people()
        self.choosers = {x["pgn"] for x in read_csv(
            self.file("gemeente/startpopulatie.csv"))
                         if x["leerweg"] in CHOOSERS}
        self.say("De regio in het groot: %d organisaties, %d gemeenten; wat "
                 "eruit moet komen staat vast."
                 % (len(self.orgs), len(self.manifest["gemeenten"])))
        self.make_region()
        self.load()
        for g in self.manifest["golven"]:
            self.wave(g)
        self.feedback()
        self.reports()

    def make_region(self):
        r = self.region
        for name, x in self.orgs.items():
            brin = [x["brin"] + "/" + x["vestiging"]] if "brin" in x else []
            r.add(name, oin=x["oin"], naam=x["naam"], rol=x["rol"], brin=brin,
                  gemeenten=x["gemeenten"], share=HOLDERS.get(name),
                  conf={"rate": 5000, "burst": 5000})
        r.routes = self.manifest["routes"]
        self.decisions()
        caps = self.caps()
        r.make(figures={"dag": caps, "jaar": caps})
        self.say("De regio staat: %d processen, adresboek %d."
                 % (len(r.processes()), r.versie))

    def caps(self):
        """So many pseudonyms a day: each message once, and everybody that an
        organisation knows of its own."""
        n = collections.Counter()
        for g in self.manifest["golven"]:
            for b in g["berichten"]:
                if b["naar"]:
                    n[b["van"], b["naar"]] += b["aantal"]
        for file, rows in self.manifest["bestanden"].items():
            name, what = file.split("/", 1)
            if what in ("leerlingen.csv", "bevolking.csv"):
                n[name, name] += rows
        return {pair: 2 * x + 500 for pair, x in n.items()}

    # ---- what they know beforehand ----

    def load(self):
        r = self.region
        for name in self.orgs:
            path = self.file(name + "/leerlingen.csv")
            if not os.path.exists(path):
                path = self.population(name)
            if path:
                n = r.ov(name, "pupils", "load", path)["end"]["geladen"]
                self.say("%s heeft %d %s geladen." % (
                    r.members[name].naam, n, "aanmelders"
                    if "mbo" in self.orgs[name]["rol"] else "inwoners"))

    def population(self, name):
        """Of its inhabitants a municipality loads those whose choice a school
        must tell (Stcrt. 2020, 36712: last years of vmbo, vavo, pro, vso),
        and those who left school the year before; with references of its
        own."""
        src = self.file(name + "/bevolking.csv")
        if not os.path.exists(src):
            return None
        left = {x["pgn"] for n in self.senders for x in self.rows(
            n + "/golf-0/uitschrijving.csv")}
        special = {x["brin"] for x in self.orgs.values()
                   if {"pro", "vso"} & set(x["rol"])}
        rows = [{"eigenReferentie": "I%06d" % i, "pgn": x["pgn"],
                 "geboortedatum": x["geboortedatum"]}
                for i, x in enumerate(read_csv(src), 1)
                if x["brin"] in special or x["pgn"] in self.choosers
                or x["pgn"] in left]
        if not rows:
            return None
        path = self.file(name + "/inwoners.csv")
        write_csv(path, rows)
        return path

    # ---- a wave ----

    def wave(self, g):
        start = time.monotonic()
        nr = g["golf"]
        for b in g["berichten"]:
            if b["naar"]:
                self.sent[b["van"], b["srt"], b["naar"]] += b["aantal"]
            else:
                self.alone[b["van"]] += b["aantal"]
        # A school knows the case of a choice before its dossier goes, and an
        # mbo that of a dossier before its first answer.
        steps = [["overstapstatus-keuze.csv"], ["overstapdossier.csv"]]
        steps += [["overstapstatus-%s.csv" % s] for s in STATUSES[1:]]
        for files in steps + [OTHERS]:
            n = sum(self.bring(name, nr, files) for name in self.orgs)
            if n and files in steps[:2]:
                self.arrived(nr)
        self.absence(nr)
        self.arrived(nr)
        self.traffic += time.monotonic() - start
        self.counted[nr] = self.count()
        self.say("Golf %d, %s: %d berichten verzonden, %d in totaal ontvangen."
                 % (nr, WAVES[nr], sum(b["aantal"] for b in g["berichten"]
                                       if b["naar"]),
                    sum(n for k, n in self.counted[nr].items()
                        if k[1] != "ontvangst")))
        if nr > 0:
            self.lists()
        done = self.follow(nr), self.judge() if nr == 3 else 0
        self.say("Vastgelegd: opvolging van %d schoolverlaters, %d dossiers "
                 "geaccepteerd." % done)

    def bring(self, name, nr, files):
        """Import and send what there is of these files: how many."""
        r, n = self.region, 0
        for file in files:
            path = self.file("%s/golf-%d/%s" % (name, nr, file))
            if not os.path.exists(path):
                continue
            srt = file.split(".")[0]
            if srt.startswith("overstapstatus"):
                srt = "overstapstatus"
            if srt in ("overstapstatus", "overstapdossier"):
                path = self.cases(name, path)
            out = r.ov(name, "import", srt, path)["end"]
            if out.get("fout"):
                raise Trouble("%s: import %s: %r" % (name, file, out))
            out = r.ov(name, "send", "--all", "--type", srt)
            if out["end"]["geweigerd"]:
                raise Trouble("%s: send %s: %r" % (name, file, out))
            n += out["end"]["opgesteld"]
        return n

    def cases(self, name, path):
        """What a school system does: put the case of this pupil with this
        partner beside the row."""
        rows = read_csv(path)
        known = {}
        for x in self.region.ask(name, "case.list")[0]:
            if x.get("eigenReferentie"):
                known[person(x["eigenReferentie"]), x["partner"]] = x["zaak"]
        for x in rows:
            x["zaak"] = known.get((person(x["eigenReferentie"]),
                                   self.partner(x["ontvanger"])), "")
        path = path.replace(".csv", "-zaak.csv")
        write_csv(path, rows)
        return path

    def partner(self, to):
        for x in self.orgs.values():
            if to == x.get("brin"):
                return x["naam"]
        return to

    def arrived(self, nr):
        """Wait until nothing is under way any more."""
        def waiting():
            n = 0
            for name in self.senders:
                s = self.states(name, "outbox")
                n += sum(s[None, x] for x in UNDER_WAY)
            return -n
        self.wait(waiting, 0, 0, "golf %d is afgeleverd" % nr, 120)

    # ---- what people do with it ----

    def judge(self):
        """The intake accepts every dossier that it may open."""
        n = 0
        for name in self.orgs:
            if "mbo" not in self.orgs[name]["rol"]:
                continue
            for x in self.region.ask(name, "inbox.list", {
                    "srt": "overstapdossier", "stand": "GEKOPPELD"})[0]:
                self.region.ask(name, "inbox.accept", {"nr": x["nr"]})
                n += 1
        return n

    def follow(self, nr):
        """What leerplicht and Doorstroompunt record; a person is found again
        by name and birth date, as they would."""
        n = 0
        for name in self.orgs:
            path = self.file("%s/golf-%d/opvolging.csv" % (name, nr))
            if not os.path.exists(path):
                continue
            found = {(x["inhoud"]["geslachtsnaam"], x["inhoud"]["roepnaam"],
                      x["inhoud"]["geboortedatum"]): x["zaak"]
                     for x in self.region.ask(name, "export", {
                         "profiel": "uitschrijving"})[0]}
            for x in read_csv(path):
                zaak = found.get(self.people.get(x.pop("pgn")))
                if not zaak:
                    raise Trouble("%s: opvolging zonder melding" % name)
                arg = {k: iso(v) for k, v in x.items() if v}
                self.region.ask(name, "case.set", {"zaak": zaak, **arg})
                n += 1
        return n

    def rows(self, name):
        """The rows of a file of the generator; none where it made none."""
        path = self.file(name)
        return read_csv(path) if os.path.exists(path) else []

    def read_people(self):
        """Number -> name and birth date, from what the schools exported."""
        self.people = {x["pgn"]: (x["geslachtsnaam"], x["roepnaam"],
                                  iso(x["geboortedatum"]))
                       for name in self.senders
                       for g in self.manifest["golven"]
                       for x in self.rows("%s/golf-%d/uitschrijving.csv"
                                          % (name, g["golf"]))}

    def absence(self, nr):
        """Missed lessons of a wave: the daemon finds who must be notified."""
        for name in self.senders:
            if nr == 1:
                self.region.ov(name, "calendar", "load",
                               self.file(name + "/vakanties.csv"))
            path = self.file("%s/golf-%d/verzuimregels.csv" % (name, nr))
            if os.path.exists(path):
                self.region.ov(name, "import", "verzuimregels", path)

    def feedback(self):
        """What became of last year's leavers, in counts, to their schools."""
        self.told = sum(
            x["stand"] == "opgesteld" for name in self.orgs
            if "mbo" in self.orgs[name]["rol"]
            for x in self.region.ov(name, "report", "terugkoppeling",
                                    "--send")["rows"])
        self.arrived(4)
        self.heard = sum(n for k, n in self.count().items()
                         if k[1] == "terugkoppeling")
        self.say("Terugkoppeling: %d berichten met aantallen." % self.told)

    # ---- what was received, and what is to be done ----

    def count(self):
        """(from, type, to) of everything that lies with a receiver."""
        c = collections.Counter()
        who = {x["naam"]: n for n, x in self.orgs.items()}
        for name in self.orgs:
            for x in self.region.ask(name, "inbox.list")[0]:
                c[who[x["partner"]], x["srt"], name] += 1
        return c

    @staticmethod
    def later():
        return (datetime.date.today() +
                datetime.timedelta(days=LATER)).isoformat()

    def lists(self):
        """The worklist of every role, today and on a later day if nobody does
        anything."""
        day = self.later()
        print("\n  Werklijst%37s vandaag   te laat op %s" % ("", day))
        for name in self.orgs:
            now = self.region.ov(name, "worklist", "--digest")["end"]
            then = self.region.ov(name, "worklist", "--digest", "--at",
                                  day)["end"]
            if not now["soorten"] and not then["soorten"]:
                continue
            print("  %s (%s)" % (self.orgs[name]["naam"],
                                 ", ".join(self.orgs[name]["rol"])))
            for kind in sorted(set(now["soorten"]) | set(then["soorten"])):
                print("     %-41s %9d %13d" % (
                    kind, now["soorten"].get(kind, {}).get("aantal", 0),
                    then["soorten"].get(kind, {}).get("telaat", 0)))
            for srt, n in now["onbekend"].items():
                print("     %-41s %9d" % ("over niemand die hier bekend is: "
                                          + srt, n))
        print(flush=True)

    # ---- the reports ----

    def reports(self):
        r = self.region
        self.names = WAVES
        self.processes = len(r.processes())
        self.waiting = sum(self.states(n, "outbox")[None, "GEEN-ONTVANGER"]
                           for n in self.senders)
        self.dossiers, self.statuses = collections.Counter(), \
            collections.Counter()
        self.mbo_mbo = 0
        for name in self.orgs:
            for x in r.ask(name, "inbox.list",
                           {"srt": "overstapdossier"})[0]:
                self.dossiers[x["stand"]] += 1
            for x in r.ask(name, "export", {"profiel": "overstapstatus"})[0]:
                self.statuses[x["inhoud"]["status"]] += 1
            if "mbo" in self.orgs[name]["rol"]:
                self.mbo_mbo += sum(
                    x["inhoud"]["soortOverstap"] == "x-MBOMBO" for x in r.ask(
                        name, "export", {"profiel": "overstapdossier"})[0])
        self.signals = sum(
            x["signaal"] == "GEMELD" or bool(x["soortVerzuim"])
            for name in self.senders
            for x in r.ask(name, "absence.list")[0])
        self.leavers()
        self.logs = {n: r.ov(n, "log", "verify")["end"] for n in self.orgs}
        self.say("Rapporten gevraagd, logboeken nagerekend.")

    def population_table(self, name, year):
        """The participants of the table, per gemeente and sector."""
        path = self.file(name + "/deelnemers.csv")
        write_csv(path, [{"schooljaar": year, "gemeente": x["gemeente"],
                          "sector": sector,
                          "deelnemers": x[sector]["deelnemers"]}
                         for x in self.want["vsvGemeente"] if x["regio"]
                         for sector in ("vo", "mbo")])
        self.region.ov(name, "import", "startpopulatie", path, "--source",
                       "de tabel", "--date", year[:4] + "-10-01")

    def leavers(self):
        """Each receiver has its part of a gemeente, so their reports are put
        together; the first gemeente has both roles in one hand, and of it the
        percentage is the daemon's own."""
        r, year = self.region, self.manifest["convenantjaar"]
        before = "%d-%s" % (int(year[:4]) - 1, year[:4])
        self.first = self.want["vsvGemeente"][0]
        region = {x["gemeente"] for x in self.want["vsvGemeente"]
                  if x["regio"]}
        self.vsv = {"normcategorie": collections.Counter(),
                    "gemeente": collections.Counter()}
        self.percent = {}
        self.back = collections.Counter()
        for name in ("gemeente", "leerplicht"):
            for x in r.ov(name, "report", "vsv", "--schooljaar",
                          year)["rows"]:
                self.vsv["normcategorie"][x["normcategorie"]] += x["teller"]
            self.population_table(name, year)
            for x in r.ov(name, "report", "vsv", "--per-gemeente",
                          "--schooljaar", year)["rows"]:
                key = x["gemeente"], x["sector"]
                if x["gemeente"] in region:
                    self.vsv["gemeente"][key] += x["teller"]
                if key[0] == self.first["gemeente"] and name == "gemeente":
                    self.percent[key[1]] = (
                        pct(self.first[key[1]]), x["uitkomst"])
            for x in r.ov(name, "report", "terugkeer", "--schooljaar",
                          before)["rows"]:
                self.back["vsv"] += x["noemer"]
                self.back["terug"] += x["teller"]


def pct(x):
    """vsv / deelnemers in percent, two decimals, rounded half up."""
    n = (x["vsv"] * 20000 + x["deelnemers"]) // (2 * x["deelnemers"])
    return "%d.%02d" % divmod(n, 100)
