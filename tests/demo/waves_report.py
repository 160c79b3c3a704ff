# SPDX-License-Identifier: EUPL-1.2
"""waves_report.py - the summary of the second act: per wave what the manifest
says beside what lies with the receivers, and the reports of the daemons
beside the published table."""
import collections
import csv
import os

from report import Lines


def summary(y, seconds):
    out = Lines()
    print("\n%s" % ("=" * 73))
    print("De regio in vier golven (zaad %d, %d overstappers, convenantjaar "
          "%s)" % (y.seed, y.pupils, y.manifest["convenantjaar"]))
    waves(y, out)
    links(y, out)
    absence(y, out)
    vsv(y, out)
    back(y, out)
    evidence(y, out)
    total = sum(y.counted[max(y.counted)].values())
    print("\n%d berichten tussen %d organisaties; alles samen %.0f s."
          % (total, len(y.orgs), seconds))
    return out.good


def waves(y, out):
    """Per wave and type; where one pair of partners is off, that pair too."""
    last = collections.Counter()
    for g in y.manifest["golven"]:
        nr = g["golf"]
        want = collections.Counter()
        for b in g["berichten"]:
            # Feedback goes by the report of the mbo, further down.
            if b["naar"] and b["srt"] != "terugkoppeling":
                want[b["van"], b["srt"], b["naar"]] += b["aantal"]
        got = collections.Counter(y.counted[nr])
        got.subtract(last)
        last = y.counted[nr]
        out.head("Golf %d: %s" % (nr, y.names[nr]))
        for srt in sorted({k[1] for k in want}):
            out.line(srt, sum(n for k, n in want.items() if k[1] == srt),
                     sum(n for k, n in got.items() if k[1] == srt))
        for k in sorted(set(want) | set(got)):
            if k[1] not in ("ontvangst", "terugkoppeling") and \
                    want[k] != got[k]:
                out.line("   %s van %s aan %s" % (k[1], k[0], k[2]), want[k],
                         got[k])
    out.line("zonder ontvanger, bij de school in de werklijst",
             sum(y.alone.values()), y.waiting)


def links(y, out):
    w = y.want["koppeling"]
    out.head("Dossiers bij de mbo's")
    for what, states in (
            ("gekoppeld", ("GEKOPPELD", "IN-BEOORDELING", "GEACCEPTEERD",
                           "VERWERKT")),
            ("twijfel", ("TWIJFEL",)), ("onbekend", ("ONBEKEND",))):
        out.line(what, w[what], sum(y.dossiers[x] for x in states))
    out.line("overstap van mbo naar mbo", y.want["mboMbo"], y.mbo_mbo)
    out.line("andere opleiding gekozen (geswitcht)",
             y.want["statussen"]["geswitcht"], y.statuses["geswitcht"])
    out.head("Terugkoppeling van de mbo's, in aantallen")
    out.line("verzonden, en ontvangen door de scholen", y.told, y.heard)


def absence(y, out):
    w = y.want["afwezigheid"]
    out.head("Verzuim, uit de gemiste lesuren")
    out.line("16 uur in vier lesweken, of vier weken lang",
             w["16-uur"] + w["16-uur-over-vakantie"] + w["vier-weken"],
             y.signals)


def vsv(y, out):
    """What the two receivers of a gemeente have together."""
    for who in ("normcategorie", "gemeente"):
        out.head("Schoolverlaters per " + who, "tabel", "geteld")
        if who == "normcategorie":
            with open(y.data("ijssel-vecht-2018-2019.csv"),
                      encoding="utf-8") as f:
                for x in csv.DictReader(f):
                    if x["leerweg"] == "TOTAAL" and \
                            x["normcategorie"] in y.vsv["normcategorie"]:
                        out.line(x["normcategorie"], int(x["vsv"]),
                                 y.vsv[who][x["normcategorie"]])
            continue
        for x in y.want["vsvGemeente"]:
            if not x["regio"]:
                continue
            for sector in ("vo", "mbo"):
                out.line("%s, %s" % (x["naam"], sector), x[sector]["vsv"],
                         y.vsv[who][x["gemeente"], sector])
    for sector, n in y.percent.items():
        out.line("%s, %s: percentage" % (y.first["naam"], sector), *n)


def back(y, out):
    w = y.want["terugNaEenJaar"]
    out.head("Een jaar later", "tabel", "geteld")
    out.line("schoolverlaters van het jaar ervoor", w["vsv"], y.back["vsv"])
    out.line("terug in het onderwijs", w["terugInOnderwijs"],
             y.back["terug"])


def evidence(y, out):
    out.head("Bewijs")
    out.line("processen", sum(3 + bool(m.share)
                              for m in y.region.members.values()),
             y.processes)
    good = sum(bool(x["goed"]) for x in y.logs.values())
    out.line("logboeken die kloppen", len(y.orgs), good)
