#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""tables.py [--check] - write docs/message-types.md from the tables in data/;
with --check say whether the file is what would be written.
"""
import os
import sys

import inhoud

OUT = os.path.join(inhoud.DATA, "..", "docs", "message-types.md")
KINDS = {"tekst": "text", "geheel": "number", "janee": "true or false",
         "datum": "date", "moment": "moment", "decimaal": "decimal",
         "code": "code", "patroon": "shape", "groep": "group",
         "kaart": "map"}
SHAPES = (
    ("schema", "the type's own schema name"),
    ("b64u16, b64u32", "16 or 32 bytes in base64url"),
    ("brin", "two digits, two capitals"), ("vestiging", "two digits"),
    ("gemeente", "CBS code, four digits"), ("crebo", "five digits"),
    ("elementcode", "four digits"), ("oin", "20 of 0-9 A-Z"),
    ("schooljaar", "2024-2025: two years that follow each other"),
    ("postcode", "8011AB: no space, no leading zero"),
    ("letter", "one letter"),
    ("cijfers", "at most 20 digits"),
    ("telefoon", "at most 20 of digits, space, ( ) -, a + only in front; at "
     "least six digits"),
    ("email", "at most 254 visible ASCII, one @, a point behind it"))
INTRO = """# Message types

Made from the tables in `data/` by `tests/interop/tables.py`; do not edit. `docs/protocol.md` says how a message is carried and judged.

A text has 1 to max characters of Unicode, no control character but line feed and tab, and nothing that turns the direction of writing. A
decimal is text: digits, and perhaps a point with one or two more. *Number*: 1 is required, 0..1 may be left out, more is a list. *Part*
and *weight* (N normal, S sensitive, I close to a special category, G special category) are what a legal ground allows; *category* is what
`uitlevering` names. Rules name members of the same object; `@vandaag` is the Dutch date of judgement, `-12` months are subtracted.

| Shape | |
| --- | --- |
"""


def limits(f):
    kind = f["soort"]
    out = KINDS[kind]
    if kind in ("tekst", "decimaal"):
        return "%s, max %d" % (out, f["max"])
    if kind == "geheel":
        return "%s %d to %d" % (out, f["min"], f["max"])
    if kind == "code":
        return "code `%s`" % f["lijst"]
    if kind == "kaart":
        return "map `%s` → `%s`" % (f["sleutels"], f["lijst"])
    if kind == "patroon":
        return "shape `%s`" % f["vorm"]
    if kind == "groep":
        return "group `%s`" % f["groep"]
    return out


def fields(out, rows):
    out.append("| Field | Number | What | Part | Weight | Category |")
    out.append("| --- | --- | --- | --- | --- | --- |")
    for f in rows:
        out.append("| `%s` | %s | %s | %s | %s | %s |" % (
            f["naam"], f["aantal"], limits(f), f.get("deel", ""),
            f.get("gevoelig", "N"), f.get("categorie", "")))
    out.append("")


def rule(r):
    kind = r["regel"]
    if kind == "precies-een":
        return "exactly one of `%s` and `%s`" % tuple(r["leden"])
    if kind in ("vereist-als", "verboden-als"):
        word = "required" if kind == "vereist-als" else "forbidden"
        when = "`%s` is there" % r["als"]
        if "is" in r:
            when = "`%s` is %s" % (r["als"], " or ".join(
                {True: "true", False: "false"}.get(x, "`%s`" % x)
                for x in r["is"]))
        unless = ", unless the ground allows a secret address" \
            if "tenzij" in r else ""
        return "`%s` is %s where %s%s" % (r["lid"], word, when, unless)
    if kind == "gelijk":
        return "`%s` is the same as `%s`" % (r["lid"], r["aan"])
    if kind == "minstens":
        return "`%s` is at least %d where `%s` is %s" % (
            r["lid"], r["waarde"], r["als"],
            " or ".join("`%s`" % x for x in r["is"]))
    months = r.get("maanden", 0)
    limit = "`%s`" % r["grens"]
    if months:
        limit += " %s %d months" % (
            "-" if kind == "niet-voor" else "+", months)
    return "`%s` is not %s %s" % (
        r["lid"], "before" if kind == "niet-voor" else "after", limit)


def rules(out, rows):
    for r in rows:
        out.append("* %s" % rule(r))
    if rows:
        out.append("")


def dates(row):
    return "%s to %s" % (row.get("geldigVan", ""), row["geldigTot"]) \
        if "geldigTot" in row else "from %s" % row.get("geldigVan", "")


def condition(r):
    parts = ["`%s` is %s" % (c["lid"], " or ".join(
        {True: "true", False: "false"}.get(x, "`%s`" % x) for x in c["in"]))
        for c in r.get("voorwaarden", [])]
    parts += ["no `%s`" % p for p in r.get("zonder", [])]
    if "leeftijd" in r:
        a = r["leeftijd"]
        if "vanaf" in a:
            parts.append("age from `%s`" % a["vanaf"])
        if "tot" in a:
            parts.append("age below `%s`" % a["tot"])
    if "benoemd" in r:
        parts.append("with `%s`: `%s` is a BRIN of the receiver" % (
            r["benoemd"]["als"], r["benoemd"]["lid"]))
    if "woongemeente" in r:
        parts.append("the receiver serves `%s`" % r["woongemeente"])
    if "onder" in r:
        parts.append("the region decided %s" % " and ".join(
            "`%s`" % s for s in r["onder"]))
    return "; ".join(parts)


def pid(kind):
    if "pidAls" in kind:
        a = kind["pidAls"]
        return "43 characters where `%s` is %s, else empty" % (
            a["lid"], " or ".join("`%s`" % x for x in a["is"]))
    return "43 characters" if kind["pid"] else "empty"


def about(out, kind):
    """Which messages a member may name."""
    for name in ("betreft", "vervolg"):
        if name in kind:
            b = kind[name]
            out.append("* `%s` names one of %s, sent by who %s this one" % (
                b.get("lid", "/betreftBericht"),
                ", ".join("`%s`" % s for s in b["typen"]),
                "sends" if b["van"] == "afzender" else "receives"))


def text():
    t = inhoud.Tables()
    out = [INTRO.rstrip("\n")]
    out += ["| `%s` | %s |" % (n, what) for n, what in SHAPES]
    out += ["", "## Common members", ""]
    fields(out, t.common)
    for kind in t.types:
        out += ["## `%s`" % kind["srt"], "",
                "Schema `%s`, %s. `pid` is %s. %s%s" % (
                    kind["schema"], dates(kind),
                    pid(kind),
                    "Opened only after linking. " if kind["koppeling"] else
                    "", " ".join(filter(None, (
                        "Required of the common members: %s." % ", ".join(
                            "`%s`" % n for n in kind["verplicht"])
                        if kind.get("verplicht") else "",
                        "Without: %s." % ", ".join(
                            "`%s`" % n for n in kind["zonder"])
                        if kind.get("zonder") else "")))), ""]
        fields(out, kind["velden"])
        about(out, kind)
        rules(out, kind.get("regels", []))
        if out[-1]:
            out.append("")
    out += ["## Groups", ""]
    for name, g in t.groups.items():
        out += ["### `%s`" % name, ""]
        fields(out, g["velden"])
        rules(out, g.get("regels", []))
    out += ["## Matrix", "", "Whatever is in no row is `403 niet-toegestaan`.",
            "", "| Type | From | To | Ground | In force | Only if |",
            "| --- | --- | --- | --- | --- | --- |"]
    out += ["| `%s` | %s | %s | %s | %s%s | %s |" % (
        r["srt"], " ".join(r["van"]), " ".join(r["naar"]),
        " ".join(r["grondslagen"]), dates(r),
        ", by `%s`" % r["peildatum"] if "peildatum" in r else "",
        condition(r)) for r in t.rows]
    out += ["", "| Decision of a region | Opens |", "| --- | --- |"]
    out += ["| `%s` | %s |" % x for x in t.subjects.items()]
    out += ["", "| Age limit | Years | In force |", "| --- | --- | --- |"]
    out += ["| `%s` | %d | %s |" % (a["naam"], a["jaren"], dates(a))
            for a in t.ages]
    out += ["", "## Steps of a status", "",
            "| From | To | In force | Source |", "| --- | --- | --- | --- |"]
    out += ["| `%s` | `%s` | %s | %s |" % (
        s["van"], s["naar"], dates(s), s["bron"]) for s in t.steps]
    out += ["", "## Legal grounds", "",
            "| Ground | In force | Source | Type | Parts | Weights |",
            "| --- | --- | --- | --- | --- | --- |"]
    for g in t.grounds:
        for x in g["typen"] or [{"srt": "–", "delen": [], "gevoelig": []}]:
            out.append("| `%s` | %s | %s | %s | %s | %s |" % (
                g["code"], dates(g), g["bron"], x["srt"],
                " ".join(x["delen"]), " ".join(x["gevoelig"])))
    out += ["", "## Code lists", ""]
    for name, codes in t.lists.items():
        out += ["### `%s`" % name, "", "| Code | Dutch |", "| --- | --- |"]
        out += ["| `%s` | %s |" % (c["code"], c["tekst"]) for c in codes]
        out.append("")
    return "\n".join(out).rstrip("\n") + "\n"


def main(argv):
    new = text()
    if argv[1:] == ["--check"]:
        with open(OUT, encoding="utf-8") as f:
            same = f.read() == new
        print("docs/message-types.md is %s" % (
            "what data/ says" if same else
            "old: run tests/interop/tables.py"))
        return 0 if same else 1
    if argv[1:]:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    with open(OUT, "w", encoding="utf-8") as f:
        f.write(new)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
