# SPDX-License-Identifier: EUPL-1.2
"""Steps 13 and 14 of docs/protocol.md "What a receiver checks": who may send
what, and what may stand in a message, read from the published tables in data/.
"""

import calendar
import datetime
import json
import os
import re

import wire

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                    "data")
SHAPES = {
    "brin": r"[0-9][0-9][A-Z][A-Z]\Z", "vestiging": r"\d\d\Z",
    "gemeente": r"\d{4}\Z", "crebo": r"\d{5}\Z", "elementcode": r"\d{4}\Z",
    "oin": r"[0-9A-Z]{20}\Z", "postcode": r"[1-9]\d{3}[A-Z]{2}\Z",
    "letter": r"[A-Za-z]\Z", "cijfers": r"[0-9]{1,20}\Z", "telefoon": r"\+?[0-9 ()-]+\Z",
    "email": r"[^@\s<>()\[\],;:\\\"]{1,64}@[^@\s.][^@\s]*\.[^@\s.]+\Z",
}
NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e"
                      "\u2066-\u2069]")
DECIMAL = re.compile(r"(0|[1-9]\d*)(\.\d{1,2})?\Z")


def table(name):
    with open(os.path.join(DATA, name), encoding="utf-8") as f:
        return json.load(f)


def in_force(row, day):
    return row.get("geldigVan", "") <= day <= row.get("geldigTot", "9999")


def at(obj, path):
    for step in path.strip("/").split("/"):
        if not isinstance(obj, dict) or step not in obj:
            return None
        obj = obj[step]
    return obj


def is_date(text):
    if not isinstance(text, str) or not re.match(r"\d{4}-\d\d-\d\d\Z", text):
        return False
    try:
        return datetime.date.fromisoformat(text).year >= 1000
    except ValueError:
        return False


def add_months(day, months):
    y, m, d = map(int, day.split("-"))
    y, m = divmod(y * 12 + m - 1 + months, 12)
    return "%04d-%02d-%02d" % (
        y, m + 1, min(d, calendar.monthrange(y, m + 1)[1]))


def age_on(born, day):
    return int(day[:4]) - int(born[:4]) - (day[5:] < born[5:])


def below(v, least):
    """A number, or a decimal in text, that is less than a whole number."""
    if isinstance(v, str):
        return int(re.match(r"\d*", v)[0] or 0) < least
    return type(v) is int and v < least


def has_pid(kind, content):
    """A kind whose content decides says so in `pidAls`."""
    if "pidAls" in kind:
        return at(content, kind["pidAls"]["lid"]) in kind["pidAls"]["is"]
    return kind["pid"]


def notice_day(c):
    return c.get("einddatum", c["begindatum"])


def easter(year):
    """Sunday, after Meeus."""
    a, (b, c) = year % 19, divmod(year, 100)
    h = (19 * a + b - b // 4 - (8 * b + 13) // 25 + 15) % 30
    n = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    month, day = divmod(h + n - 7 * ((a + 11 * h + 22 * n) // 451) + 114, 31)
    return datetime.date(year, month, day + 1)


def working_day(day):
    """No Saturday, Sunday or public holiday of data/kalender.json."""
    def falls(f):
        if "pasen" in f:
            return easter(day.year) + datetime.timedelta(f["pasen"])
        d = datetime.date(day.year, f["maand"], f["dag"])
        return d + datetime.timedelta(
            f.get("zondag", 0) if d.weekday() == 6 else 0)
    return day.weekday() < 5 and not any(
        in_force(f, day.isoformat()) and falls(f) == day
        for f in table("kalender.json")["feestdagen"])


def too_soon(a, b):
    """Two notices of one absence, less than 7 days apart: in between lies
    no working day."""
    date = datetime.date.fromisoformat
    if abs((date(notice_day(a)) - date(notice_day(b))).days) >= 7:
        return False
    a, b = sorted((a, b), key=lambda c: c["begindatum"])
    if "einddatum" not in a:
        return True
    day = date(a["einddatum"]) + datetime.timedelta(1)
    while day < date(b["begindatum"]):
        if working_day(day):
            return False
        day += datetime.timedelta(1)
    return True


def serves(book, code, role, srt, day):
    """The OIN that receives messages of a type about inhabitants of a
    gemeente: a route of the book, for this type before one for every type,
    else the member whose own gemeente it is."""
    routes = {r["srt"]: r["oin"] for r in book["route"]
              if r["gemeente"] == code and r["rol"] == role
              and r["van"] <= day <= r.get("tot", "9999")}
    own = [m["oin"] for m in book["leden"]
           if role in m["rol"] and code in m["gemeenten"]]
    return routes.get(srt) or routes.get("*") or (
        own[0] if len(own) == 1 else None)


class Check:
    """One walk over one content."""

    def __init__(self, tables, kind, today):
        self.tables, self.kind, self.today = tables, kind, today
        self.faults, self.seen = [], set()
        self.banned, self.parts, self.weights = set(), None, None
        self.secret_address = False

    def fault(self, path, why):
        self.faults.append({"pad": path, "reden": why})

    def code(self, name, value):
        return any(c["code"] == value and in_force(c, self.today)
                   for c in self.tables.lists[name])

    def text(self, f, v, path):
        kind = f["soort"]
        if not isinstance(v, str):
            return self.fault(path, "type")
        why = None
        if kind == "tekst":
            if not v or NOT_TEXT.search(v):
                why = "patroon"
            elif len(v) > f["max"]:
                why = "te-lang"
        elif kind == "datum":
            why = None if is_date(v) else "patroon"
        elif kind == "moment":
            try:
                wire.un_moment(v)
            except wire.Refused:
                why = "patroon"
        elif kind == "decimaal":
            why = "te-lang" if len(v) > f["max"] else (
                None if DECIMAL.match(v) else "patroon")
        elif kind == "code":
            why = None if self.code(f["lijst"], v) else "code"
        elif kind == "patroon":
            why = self.shape(f["vorm"], v)
        if why:
            self.fault(path, why)

    def shape(self, vorm, v):
        if vorm == "schema":
            return None if v == self.kind["schema"] else "code"
        if vorm in ("b64u16", "b64u32"):
            try:
                wire.un_b64u(v, int(vorm[4:]))
                return None
            except wire.Refused:
                return "patroon"
        if vorm == "schooljaar":
            m = re.match(r"(\d{4})-(\d{4})\Z", v)
            return None if m and int(m[2]) == int(m[1]) + 1 else "patroon"
        if len(v) > {"telefoon": 20, "cijfers": 20,
                     "email": 254}.get(vorm, 254):
            return "te-lang"
        if vorm == "telefoon" and len(re.findall(r"\d", v)) < 6:
            return "patroon"
        return None if re.match(SHAPES[vorm], v) else "patroon"

    def value(self, f, v, path, part):
        kind = f["soort"]
        if kind == "geheel":
            if type(v) is not int:
                self.fault(path, "type")
            elif not f["min"] <= v <= f["max"]:
                self.fault(path, "patroon")
        elif kind == "janee":
            if not isinstance(v, bool):
                self.fault(path, "type")
        elif kind in ("groep", "kaart"):
            if not isinstance(v, dict):
                self.fault(path, "type")
            elif kind == "groep":
                g = self.tables.groups[f["groep"]]
                self.object(g["velden"], g.get("regels", []), v, path, part)
            else:
                self.map(f, v, path)
        else:
            self.text(f, v, path)

    def map(self, f, v, path):
        for key, val in v.items():
            here = path + "/" + step(key)
            if not self.code(f["sleutels"], key):
                self.fault(here, "onbekend-lid")
            elif not isinstance(val, str):
                self.fault(here, "type")
            elif not self.code(f["lijst"], val):
                self.fault(here, "code")

    def permitted(self, f, part):
        if "categorie" in f:
            self.seen.add(f["categorie"])
            if f["categorie"] in self.banned:
                return False
        if self.parts is None:
            return True
        return part in self.parts and (
            f["soort"] == "groep" or f.get("gevoelig", "N") in self.weights)

    def object(self, fields, rules, obj, path, part):
        by_name = {f["naam"]: f for f in fields}
        for key, v in obj.items():
            here, f = path + "/" + step(key), by_name.get(key)
            if f is None:
                self.fault(here, "onbekend-lid")
                continue
            p = f.get("deel", part)
            low, _, high = f["aantal"].partition("..")
            if not self.permitted(f, p):
                self.fault(here, "verboden")
            elif high and int(high) > 1:
                self.list(f, v, here, p, int(low), int(high))
            else:
                self.value(f, v, here, p)
        for f in fields:
            if f["aantal"][0] != "0" and f["naam"] not in obj:
                self.fault(path + "/" + f["naam"], "ontbreekt")
        for r in rules:
            self.rule(r, obj, path)

    def list(self, f, v, path, part, low, high):
        if not isinstance(v, list):
            return self.fault(path, "type")
        if len(v) < low:
            self.fault(path, "ontbreekt")
        if len(v) > high:
            self.fault(path, "te-lang")
        for i, item in enumerate(v[:high]):
            self.value(f, item, "%s/%d" % (path, i), part)

    def rule(self, r, obj, path):
        kind = r["regel"]
        if kind == "precies-een":
            have = [m for m in r["leden"] if m in obj]
            if not have:
                self.fault(path + "/" + r["leden"][0], "ontbreekt")
            if len(have) > 1:
                self.fault(path + "/" + r["leden"][1], "verboden")
            return
        here = path + "/" + r["lid"]
        if kind == "gelijk":
            a, b = at(obj, r["lid"]), at(obj, r["aan"])
            if a is not None and b is not None and not (
                    isinstance(a, str) and a == b):
                self.fault(here, "patroon")
            return
        if kind in ("vereist-als", "verboden-als", "minstens"):
            if r.get("tenzij") == "geheimAdres" and self.secret_address:
                return
            v = at(obj, r["als"])
            hit = v is not None and ("is" not in r or any(
                v == x and type(v) is type(x) for x in r["is"]))
            have = at(obj, r["lid"]) is not None
            if kind == "minstens":
                if hit and below(at(obj, r["lid"]), r["waarde"]):
                    self.fault(here, "patroon")
                return
            if hit and kind == "vereist-als" and not have:
                self.fault(here, "ontbreekt")
            if hit and kind == "verboden-als" and have:
                self.fault(here, "verboden")
            return
        limit = self.today if r["grens"] == "@vandaag" else at(obj, r["grens"])
        have, months = at(obj, r["lid"]), r.get("maanden", 0)
        if not is_date(limit) or not is_date(have):
            return
        if kind == "niet-voor" and have < add_months(limit, -months):
            self.fault(here, "patroon")
        if kind == "niet-na" and have > add_months(limit, months):
            self.fault(here, "patroon")


def step(name):
    return name.replace("~", "~0").replace("/", "~1")


class Tables:
    """The tables of data/, read once."""

    def __init__(self, regio=None):
        """regio: file with what a region decided, in place of data/."""
        types = table("types.json")
        self.common, self.groups = types["gemeen"], types["groepen"]
        self.types = types["typen"]
        self.lists = {x["naam"]: x["codes"]
                      for x in table("codelijsten.json")["lijsten"]}
        self.grounds = table("grondslagen.json")["grondslagen"]
        matrix = table("matrix.json")
        self.rows, self.ages = matrix["rijen"], matrix["leeftijden"]
        self.subjects = matrix["onderwerpen"]
        self.steps = table("overgangen.json")["overgangen"]
        self.decisions = table(regio or "regio.json")["besluiten"]

    def known(self, srt):
        return any(t["srt"] == srt for t in self.types)

    def ground(self, code, srt, day):
        """The line of a ground about a type, None: not in force."""
        for g in self.grounds:
            if g["code"] == code and in_force(g, day):
                for t in g["typen"]:
                    if t["srt"] == srt:
                        return g, t
        return None

    def faults(self, srt, content, pid, today):
        """Step 14: the list for `fouten`; empty means accepted."""
        kind = next((t for t in self.types
                     if t["srt"] == srt and in_force(t, today)), None)
        if kind is None:
            return [{"pad": "/srt", "reden": "code"}]
        k = Check(self, kind, today)
        want = has_pid(kind, content)
        if bool(pid) != want:
            k.fault("/pid", "verboden" if pid else "ontbreekt")
        code = content.get("grondslag")
        if isinstance(code, str) and k.code("grondslag", code):
            found = self.ground(code, srt, today)
            if found is None:
                k.fault("/inhoud/grondslag", "verboden")
            else:
                if want and not found[0]["pgn"]:
                    k.fault("/inhoud/grondslag", "verboden")
                k.secret_address = found[0]["geheimAdres"]
                k.parts = found[1]["delen"]
                k.weights = found[1]["gevoelig"]
        asked = content.get("uitlevering")
        asked = asked if isinstance(asked, dict) else {}
        k.banned = {c for c, v in asked.items() if v in ("VERBODEN", "OPT-UIT")}
        common = [dict(f) for f in self.common
                  if f["naam"] not in kind.get("zonder", [])]
        for f in common:
            if f["naam"] in kind.get("verplicht", []):
                f["aantal"] = "1"
        k.object(common + kind["velden"], kind.get("regels", []), content,
                 "/inhoud", "algemeen")
        for c, v in asked.items():
            if v == "VERPLICHT" and c not in k.seen:
                k.fault("/inhoud/uitlevering/" + step(c), "ontbreekt")
        return k.faults

    def age_limit(self, name, day):
        return next((a["jaren"] for a in self.ages
                     if a["naam"] == name and in_force(a, day)), None)

    def about(self, srt, content, today, sent, received):
        """Step 14, last part: a message that names another names one of a
        type that may be, which went that way.  sent: {jti: srt} that the
        receiver of this one sent to its sender, received: what it has from
        it; the list for `fouten`."""
        kind = next(t for t in self.types
                    if t["srt"] == srt and in_force(t, today))
        for name in ("betreft", "vervolg"):
            b = kind.get(name)
            path = b and b.get("lid", "/betreftBericht")
            jti = b and at(content, path)
            if jti is not None and (
                    sent if b["van"] == "ontvanger" else received
                    ).get(jti) not in b["typen"]:
                return [{"pad": "/inhoud" + path, "reden": "code"}]
        return []

    def follows(self, old, new, day):
        """May one status come after another, in one step or more?"""
        if old == new:
            return True
        seen, todo = set(), {old}
        while todo:
            at_ = todo.pop()
            for s in self.steps:
                if s["van"] == at_ and in_force(s, day) and (
                        s["naar"] not in seen):
                    seen.add(s["naar"])
                    todo.add(s["naar"])
        return new in seen

    def earlier(self, c, before):
        """What the same sender sent before decides; before: its claims.  The
        list for `fouten`."""
        body = c["inhoud"]
        gone = {x["inhoud"].get("vervangt") for x in before + [c]} | {
            x["inhoud"]["betreftBericht"] for x in before
            if x["srt"] == "intrekking"}
        old = [x for x in before
               if x["srt"] == c["srt"] and x["jti"] not in gone]
        if c["jti"] in gone:
            return []
        if c["srt"] == "overstapstatus" and "zaak" in c:
            old = sorted((x["seq"], x["inhoud"]["status"]) for x in old
                         if x.get("zaak") == c["zaak"])
            low = [s for n, s in old if n < c["seq"]][-1:]
            high = [s for n, s in old if n > c["seq"]][:1]
            chain = low + [body["status"]] + high
            if not all(self.follows(a, b, body["datumStatus"])
                       for a, b in zip(chain, chain[1:])):
                return [{"pad": "/inhoud/status", "reden": "code"}]
        if c["srt"] == "verzuimmelding" and any(
                x["pid"] == c["pid"] and too_soon(x["inhoud"], body)
                for x in old):
            return [{"pad": "/inhoud/" + (
                "einddatum" if "einddatum" in body else "begindatum"),
                "reden": "binnen-7-dagen"}]
        return []

    def may(self, srt, sender, receiver, content, today, book=None):
        """Step 13: the role it is received in, "" where the content lacks
        what the row looks at, None for no.  book (its text, read): who
        serves a gemeente is judged too."""
        unreadable = False
        for r in self.rows:
            to = [x for x in r["naar"] if x in receiver["rol"]]
            if r["srt"] != srt or not to or not set(r["van"]) & set(
                    sender["rol"]):
                continue
            verdict = self.row(r, srt, receiver, content, today, book and (
                lambda code, day: receiver["oin"] in [
                    serves(book, code, x, srt, day) for x in to]))
            if verdict:
                return to[0]
            unreadable = unreadable or verdict is None
        return "" if unreadable else None

    def decided(self, subject, day):
        return any(d["onderwerp"] == subject and d["datum"] <= day
                   for d in self.decisions)

    def row(self, r, srt, receiver, content, today, home):
        day = today
        if "peildatum" in r:
            day = at(content, r["peildatum"])
            if not is_date(day):
                return None
        if not in_force(r, day):
            return False
        for c in r.get("voorwaarden", []):
            v = at(content, c["lid"])
            if v is None:
                return None
            if not any(v == x and type(v) is type(x) for x in c["in"]):
                return False
        if any(at(content, p) is not None for p in r.get("zonder", [])):
            return False
        if "leeftijd" in r:
            born = at(content, r["leeftijd"]["geboren"])
            if not is_date(born):
                return None
            age = age_on(born, day)
            low = self.age_limit(r["leeftijd"].get("vanaf", ""), day) or 0
            high = self.age_limit(r["leeftijd"].get("tot", ""), day) or 999
            if not low <= age < high:
                return False
        # A region decides for what is judged from then on.
        if not all(self.decided(s, today) for s in r.get("onder", [])):
            return False
        if home and "woongemeente" in r:
            code = at(content, r["woongemeente"])
            if not isinstance(code, str):
                return None
            if not home(code, day):
                return False
        code = content.get("grondslag")
        if not isinstance(code, str):
            return None
        if code not in r["grondslagen"] or not self.ground(code, srt, day):
            return False
        named = r.get("benoemd")
        if named and at(content, named["als"]) is not None:
            return at(content, named["lid"]) in [
                b["brin"] for b in receiver["brin"]]
        return True
