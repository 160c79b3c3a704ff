# SPDX-License-Identifier: EUPL-1.2
"""year.py - the steps of the demo's school year, and what is asked of the
daemons afterwards.  Every figure that is shown is counted here from what the
daemons answer, or read from the generator's manifest; none is a constant.
"""
import collections
import concurrent.futures
import csv
import json
import os
import time

import partner
from play import Play
from region import Trouble

VO, MBO, GEM = "vo", "mbo", "gemeente"
READ_AND_TAKEN = 100  # so many dossiers are accepted by hand at the mbo


def proves(text, fingerprint):
    """The code of another partner, and nothing but this text."""
    try:
        partner.verify_export(text, fingerprint)
        return True
    except (partner.Refused, KeyError, TypeError, ValueError):
        return False


def prove_all(texts, fingerprint):
    return sum(proves(t, fingerprint) for t in texts)


class Year(Play):
    def __init__(self, *args):
        super().__init__(*args)
        self.counted = {}
        self.killed = []

    # ---- the year ----

    def run(self):
        self.generate()
        self.make_region()
        self.access()
        self.load()
        self.ask_access()
        t = time.monotonic()
        self.send()
        self.traffic = time.monotonic() - t
        t = time.monotonic()
        self.answers()
        self.traffic += time.monotonic() - t
        self.count()

    def generate(self):
        self.make_files("--table", self.data("ijssel-vecht-2018-2019.csv"))
        self.say("Verzonnen leerlingen en bestanden zijn gemaakt, en wat eruit "
                 "moet komen staat vast.")

    def make_region(self):
        o = self.manifest["organisaties"]
        for name, share in ((VO, None), (MBO, 1), (GEM, 2)):
            x = o[name]
            brin = ([x["brin"] + "/" + x["vestiging"]] if "brin" in x else [])
            # Three busy partners on one machine look like a flood.
            self.region.add(name, oin=x["oin"], naam=x["naam"], rol=x["rol"],
                            brin=brin, gemeenten=x.get("gemeenten", []),
                            share=share, conf={"rate": 5000, "burst": 5000,
                                  "accounts": "accounts.json"})
        self.decisions()
        w = self.want
        # So many pseudonyms a day, in the signed book itself.  A killed
        # daemon asks again for what it had under way, hence twice.
        need = {(VO, MBO): w["dossiers"], (MBO, MBO): w["aanmelders"],
                (MBO, VO): w["gekoppeld"],
                (VO, GEM): w["uitschrijvingenVo"],
                (MBO, GEM): w["uitschrijvingenMbo"]}
        caps = {pair: 2 * n + 500 for pair, n in need.items()}
        self.region.make(figures={"dag": caps, "jaar": caps})
        n = len(self.region.processes())
        self.counted["processen"] = n
        self.say("De regio staat: %d processen, adresboek %d getekend en "
                 "aangenomen." % (n, self.region.versie))

    def access(self):
        """Who may what in each house: whoever runs this demo works there in
        several functions; the others are there to be asked about."""
        own = {VO: ["decaan", "zorgcoördinator", "verzuimcoördinator"],
               MBO: ["intaker", "verzuimcoördinator"],
               GEM: ["leerplichtambtenaar", "consulent"]}
        for name, functions in own.items():
            accounts = [{"account": str(os.geteuid()),
                         "functies": [{"functie": f} for f in
                                      functions + ["beheerder", "fg"]]},
                        {"account": "pvisser", "functies": [
                            {"functie": "mentor", "klas": ["4KB1"],
                             "van": "2020-08-01"}]},
                        {"account": "systeembeheer", "functies": [
                            {"functie": "beheerder"}]}]
            path = os.path.join(self.region.members[name].dir,
                                "accounts.json")
            with open(path, "w", encoding="utf-8") as f:
                json.dump({"versie": 1, "accounts": accounts}, f)
            rows = self.region.ov(name, "access", "list")["rows"]
            if len({x["account"] for x in rows}) != len(accounts):
                raise Trouble("%s: access list: %r" % (name, rows))
        self.say("In elk huis staat wie wat mag zien; wie de computer beheert "
                 "ziet standen en aantallen, geen inhoud.")

    def ask_access(self):
        """What two others would see of the first dossier."""
        r = self.region
        nr = r.ov(VO, "drafts", "list")["rows"][0]["nr"]
        for who, why in (("pvisser", "toegang-bereik"),
                         ("systeembeheer", "toegang-functie")):
            rows = r.ov(VO, "access", "test", who, "--draft", str(nr))["rows"]
            see = next(x for x in rows if x["mag"] == "inzien")
            if see["ja"] or see["reden"] != why:
                raise Trouble("access test %s: %r" % (who, see))
            self.say("%s mag concept %d niet inzien: %s"
                     % (who, nr, see["tekst"]))

    def load(self):
        r = self.region
        out = r.ov(MBO, "pupils", "load", self.file("mbo/leerlingen.csv"))
        self.say("Het mbo kent zijn aanmelders: %d geladen."
                 % out["end"]["geladen"])
        for name, profile in ((VO, "overstapdossier"), (VO, "uitschrijving"),
                              (MBO, "uitschrijving")):
            out = r.ov(name, "import", profile,
                       self.file("%s/%s.csv" % (name, profile)))["end"]
            if out.get("fout"):
                raise Trouble("%s: import %s: %r" % (name, profile, out))
            self.say("%s: %d keer %s als concept klaargezet."
                     % (r.members[name].naam, out["goed"], profile))

    def send(self):
        r = self.region
        total = (self.want["dossiers"] + self.want["uitschrijvingenVo"] +
                 self.want["uitschrijvingenMbo"])
        for name in (VO, MBO):
            out = r.ov(name, "send", "--all")["end"]
            if out.get("geweigerd"):
                raise Trouble("%s: send: %r" % (name, out))
        self.say("Verzenden: %d berichten zijn onderweg." % total)
        half = self.want["dossiers"] // 2
        self.wait(lambda: self.delivered(VO), half, total,
                  "de helft van de dossiers is afgeleverd")
        self.killed = sorted(r.processes())
        r.kill_all(MBO)
        self.killed = [x for x in self.killed if x[0] == MBO]
        self.say("kill -9: de %d processen van het mbo zijn weg, midden in het "
                 "verkeer." % len(self.killed))
        time.sleep(1)
        r.start(MBO)
        self.say("Het mbo is weer gestart en laat het de partners weten; het "
                 "vo biedt opnieuw aan\n          wat nog niet bevestigd was.")
        self.wait(lambda: self.delivered(VO) + self.delivered(MBO), total,
                  total, "alles is afgeleverd", 300)
        self.wait(self.judged, self.want["dossiers"], self.want["dossiers"],
                  "het mbo heeft elk dossier met zijn aanmelders vergeleken")
        self.say("Alles is afgeleverd, met bewijs van ontvangst.")

    def judged(self):
        s = self.states(MBO, "inbox")
        return sum(s["overstapdossier", x] for x in (
            "GEKOPPELD", "TWIJFEL", "ONBEKEND")) if self.loaded() else 0

    def loaded(self):
        return not self.region.ask(MBO, "count")[1]["leerlingen"].get("wacht")

    # ---- what flows back ----

    def answers(self):
        r = self.region
        self.set_statuses()
        out = r.ov(MBO, "import", "overstapstatus",
                   self.file("mbo/overstapstatus-zaak.csv"))["end"]
        if out.get("fout"):
            raise Trouble("import overstapstatus: %r" % out)
        r.ov(MBO, "send", "--all", "--type", "overstapstatus")
        linked = [x for x in r.ask(MBO, "inbox.list", {
            "srt": "overstapdossier"})[0] if x["stand"] == "GEKOPPELD"]
        for x in linked[:READ_AND_TAKEN]:
            r.ask(MBO, "inbox.accept", {"nr": x["nr"]})
        self.accepted = min(READ_AND_TAKEN, self.want["gekoppeld"])
        want = sum(self.want["statussen"].values())
        self.say("Terug naar het vo: %d statussen, en van %d dossiers dat ze "
                 "geaccepteerd zijn." % (want, self.accepted))
        self.wait(self.back, want + self.accepted, want + self.accepted,
                  "de statussen zijn terug bij het vo")
        self.say("De statussen zijn terug.")

    def back(self):
        """What the mbo has delivered to the vo; 0 short of that while
        anything is still under way."""
        s = self.states(MBO, "outbox")
        waiting = sum(s[None, x] for x in ("OPGESTELD", "KLAAR", "ONDERWEG",
                                           "WACHT-OP-PSEUDONIEM"))
        n = (s["overstapstatus", "AFGELEVERD"] +
             min(s["ontvangst", "AFGELEVERD"], self.accepted))
        return n - 1 if waiting and n else n

    def set_statuses(self):
        """What the mbo's own system does: put the zaak of the dossier beside
        the status of its applicant."""
        zaken = {x["eigenReferentie"]: x["zaak"]
                 for x in self.region.ask(MBO, "case.list")[0]
                 if x.get("eigenReferentie")}
        src = self.file("mbo/overstapstatus.csv")
        dst = self.file("mbo/overstapstatus-zaak.csv")
        with open(src, encoding="utf-8-sig", newline="") as f:
            rows = list(csv.reader(f, delimiter=";"))
        ref, zaak = rows[0].index("eigenReferentie"), rows[0].index("zaak")
        for row in rows[1:]:
            if row[ref] not in zaken:
                raise Trouble("geen zaak bij aanmelder %s" % row[ref])
            row[zaak] = zaken[row[ref]]
        with open(dst, "w", encoding="utf-8", newline="") as f:
            csv.writer(f, delimiter=";", lineterminator="\r\n").writerows(rows)

    # ---- counting: what the daemons say ----

    def count(self):
        r, c = self.region, self.counted
        for name in (VO, MBO, GEM):
            c[name, "uit"] = self.states(name, "outbox")
            c[name, "in"] = self.states(name, "inbox")
        c["leerlingen"] = r.count(MBO)["leerlingen"]
        c["notities"] = self.notices()
        self.vsv()
        c["statussen"] = collections.Counter(
            x["inhoud"]["status"]
            for x in r.ov(VO, "export", "overstapstatus")["rows"])
        said = [x["inhoud"] for x in r.ask(VO, "export", {
            "profiel": "ontvangst"})[0]]
        c["geaccepteerd"] = sum(x.get("functioneel") == "geaccepteerd"
                                for x in said)
        # The daily run of the mbo tells which dossiers are linked; whether
        # its hour falls within the demo depends on the time of day.
        c["koppeling"] = sum("koppeling" in x for x in said)
        c["log"] = {n: r.ov(n, "log", "verify")["end"]
                    for n in (VO, MBO, GEM)}
        self.say("Logboeken nagerekend.")
        c["bewijzen"] = self.receipts()
        self.say("Ontvangstbewijzen nagerekend door de code van een andere "
                 "partner.")

    def notices(self):
        """Per (norm category, track, role): counted from the content that the
        municipality received."""
        rows = self.region.ov(GEM, "export", "uitschrijving")["rows"]
        return collections.Counter(
            (o["normcategorie"], o.get("leerweg"), o.get("niveau"),
             x["rol"], x["partner"])
            for x in rows for o in [x["inhoud"]["opleiding"]])

    def vsv(self):
        """The municipality's own report, with the participants of the table
        as its start population, gives back every figure that was printed."""
        with open(self.data("ijssel-vecht-2018-2019.csv"),
                  encoding="utf-8") as f:
            table = list(csv.DictReader(f))
        left = [x["inhoud"]["datumUitschrijving"] for x in
                self.region.ov(GEM, "export", "uitschrijving")["rows"]]
        first = int(min(left)[:4]) - (min(left)[5:] < "10-01")
        year = "%d-%d" % (first, first + 1)
        path = os.path.join(self.folder, "startpopulatie.csv")
        with open(path, "w", encoding="utf-8", newline="") as f:
            w = csv.writer(f, delimiter=";")
            w.writerow(["schooljaar", "normcategorie", "leerweg",
                        "deelnemers"])
            w.writerows([year, x["normcategorie"], x["leerweg"],
                         x["deelnemers"]] for x in table
                        if x["leerweg"] != "TOTAAL")
        self.region.ov(GEM, "import", "startpopulatie", path, "--source",
                       "de tabel", "--date", "%d-10-01" % first)
        rows = {x["normcategorie"]: x for x in self.region.ov(
            GEM, "report", "vsv", "--schooljaar", year)["rows"]}
        for x in table:
            if x["leerweg"] != "TOTAAL":
                continue
            got = rows.get(x["normcategorie"], {})
            if [str(got.get("noemer")), str(got.get("teller")),
                    got.get("uitkomst")] != [x["deelnemers"], x["vsv"],
                                             x["vsv_pct"]]:
                raise Trouble("report vsv: %r, but printed is %r" % (got, x))
        self.say("Het vsv-rapport van de gemeente geeft de gepubliceerde "
                 "percentages terug, op de afgedrukte decimaal.")

    def receipts(self):
        """Every receipt of everything that was sent, exported and verified
        with nothing but the file: (good, all)."""
        good = total = 0
        with concurrent.futures.ProcessPoolExecutor(
                max_workers=os.cpu_count()) as pool:
            work = []
            for name in (VO, MBO):
                rows, _ = self.region.ask(name, "outbox.list")
                for i in range(0, len(rows), 100):
                    texts = [self.region.ask(name, "export.receipt",
                                             {"nr": x["nr"]})[1]["tekst"]
                             for x in rows[i:i + 100]]
                    total += len(texts)
                    work.append(pool.submit(prove_all, texts,
                                            self.region.vinger))
            for n, w in enumerate(work):
                good += w.result()
                self.progress("%d bewijzen nagerekend" % (100 * n))
        self.progress_end()
        return good, total
