# SPDX-License-Identifier: EUPL-1.2
"""report.py - the demo's summary: what the manifest says beside what the
daemons say, in words a director understands."""
import collections

from year import GEM, MBO, VO

# How a track of the published table is found again in the notices.
TRACKS = {
    "Brug 1-2": ("brug",), "Brug 3": ("brug",), "Havo 3": ("havo",),
    "Vwo 3": ("vwo",), "Lwoo 1-2": ("lwoo",), "Lwoo 3-4": ("lwoo",),
    "Vavo-vmbo": ("vavo-vmbo",), "Havo 4-5": ("havo",),
    "Vmbo 3-4": ("vmbo-bb", "vmbo-kb", "vmbo-gl", "vmbo-tl"),
    "Vavo-havo": ("vavo-havo",), "Vavo-vwo": ("vavo-vwo",),
    "Vwo 4-6": ("vwo",)}


class Lines:
    def __init__(self):
        self.good = True

    def head(self, text, left="verwacht", right="geteld"):
        print("\n%-46s %10s %10s" % (text, left, right))
        print("-" * 73)

    def line(self, text, want, got):
        ok = want == got
        self.good = self.good and ok
        print("%-46s %10s %10s%s" % (text, want, got, "" if ok else "  FOUT"))


def summary(y, seconds):
    w, c, out = y.want, y.counted, Lines()
    print("\n%s" % ("=" * 73))
    print("Schooljaar van een verzonnen regio (zaad %d, %d leerlingen, "
          "convenantjaar %s)" % (y.seed, y.pupils,
                                 y.manifest["convenantjaar"]))
    dossiers(y, out, w, c)
    notices(y, out, w, c)
    norms(y, out)
    evidence(y, out, w, c)
    total = sum(n for (kind, _), n in (c[VO, "in"] + c[MBO, "in"] +
                                       c[GEM, "in"]).items() if kind is None)
    print("\n%d berichten in %.0f seconden verkeer: %.0f per seconde; alles "
          "samen %.0f s." % (total, y.traffic, total / max(y.traffic, 0.1),
                             seconds))
    print("Het mbo is midden in het verkeer gedood (kill -9, %d processen) en "
          "opnieuw\ngestart; er is niets kwijt en niets dubbel."
          % len(y.killed) if out.good else "")
    return out.good


def dossiers(y, out, w, c):
    kind = "overstapdossier"
    box = c[MBO, "in"]
    got = sum(n for (k, _), n in box.items() if k == kind)
    linked = sum(box[kind, s] for s in ("GEKOPPELD", "IN-BEOORDELING",
                                        "GEACCEPTEERD"))
    out.head("Dossiers van het vo naar het mbo")
    out.line("verzonden en afgeleverd", w["dossiers"],
             c[VO, "uit"][kind, "AFGELEVERD"])
    out.line("ontvangen door het mbo", w["dossiers"], got)
    out.line("gekoppeld aan een aanmelder", w["gekoppeld"], linked)
    out.line("twijfel: geboortedatum wijkt af", w["twijfel"],
             box[kind, "TWIJFEL"])
    out.line("onbekend: gesloten voor iedereen", w["onbekend"],
             box[kind, "ONBEKEND"])
    out.line("aanmelders die het mbo heeft geladen", w["aanmelders"],
             c["leerlingen"]["aantal"])
    out.head("Terug van het mbo naar het vo")
    for status, n in sorted(w["statussen"].items()):
        out.line("status " + status, n, c["statussen"][status])
    out.line("dossiers geaccepteerd", y.accepted, c["geaccepteerd"])


def notices(y, out, w, c):
    role = collections.Counter()
    sender = collections.Counter()
    for (_, _, _, rol, partner), n in c["notities"].items():
        role[rol] += n
        sender[partner] += n
    names = {name: y.region.members[name] for name in (VO, MBO)}

    def sent_by(name):
        m = names[name]
        return sum(sender[x] for x in {m.oin, m.naam})

    out.head("Schoolverlaters gemeld aan de gemeente")
    out.line("door het vo", w["uitschrijvingenVo"], sent_by(VO))
    out.line("door het mbo", w["uitschrijvingenMbo"], sent_by(MBO))
    out.line("ontvangen als leerplicht (jonger dan 18)", w["leerplicht"],
             role["leerplicht"])
    out.line("ontvangen als doorstroompunt (18 en ouder)",
             w["doorstroompunt"], role["doorstroompunt"])


def track_count(norm, counted):
    cat, name = norm["normcategorie"], norm["leerweg"]
    if name[:3] in ("Bbl", "Bol"):
        kinds, level = (name[:3].upper(),), int(name[3:])
    else:
        kinds, level = TRACKS[name], None
    return sum(n for (c, leerweg, niveau, _, _), n in counted.items()
               if c == cat and leerweg in kinds and niveau == level)


def norms(y, out):
    counted = y.counted["notities"]
    out.head("Schoolverlaters per normcategorie", "tabel", "geteld")
    last, total, seen = None, 0, 0
    for norm in y.want["normen"]:
        if norm["normcategorie"] != last:
            last = norm["normcategorie"]
            out.line(last, sum(
                n["vsv"] for n in y.want["normen"]
                if n["normcategorie"] == last), sum(
                    n for key, n in counted.items() if key[0] == last))
        got = track_count(norm, counted)
        out.line("   " + norm["leerweg"], norm["vsv"], got)
        total += norm["vsv"]
        seen += got
    out.line("TOTAAL", total, seen)
    print("(tabel: %s)" % y.manifest["normrij"])


def evidence(y, out, w, c):
    sent = (w["dossiers"] + w["uitschrijvingenVo"] + w["uitschrijvingenMbo"] +
            sum(w["statussen"].values()) + y.accepted + c["koppeling"])
    good, total = c["bewijzen"]
    out.head("Bewijs")
    out.line("processen", sum(3 + bool(m.share)
                              for m in y.region.members.values()),
             c["processen"])
    out.line("ontvangstbewijzen", sent, total)
    out.line("nagerekend door een andere partner", sent, good)
    for name in (VO, MBO, GEM):
        v = c["log"][name]
        out.line("logboek klopt: " + y.region.members[name].naam, "ja",
                 "ja" if v["goed"] else "nee")
