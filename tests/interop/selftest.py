# SPDX-License-Identifier: EUPL-1.2
"""The published vectors (docs/vectors.md, files in tests/data), reproduced by
the partner's own code.  Each line is one sentence that is true or not.
"""

import hashlib
import json
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import inhoud
import oprf
import wire
from wire import Refused, b64, b64u

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")
A, B = "00000099000000001000", "00000099000000002000"
FIGURES = {  # docs/vectors.md, "Pseudonym"
    "k1": "fea0a066607d6829cbdbc6601450e78e93286ce3b6b8ccaabda086ca89fc2206",
    "P1": "087a69e301cf5737d477d63a084a719c90fdcbe4af5d98eb9a9bec5471239042",
    "k2": "aab1b20167c25c2f5203bf395945da63c47eb7dc69fdf1a08b70ffb164644004",
    "P2": "44bee3e83bd3411eefb4114dabc810b8fd89010bebfc51d449be3ef445178356",
    "r": "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706",
    "B": "a064fa17325877aca8d97f94a5b0a6812824e8db2955d9cb058005dfd0c81a66",
    "E1": "50000415ba49670aa040368c646c86996393efea473eec2b33937b472bd75535",
    "E2": "d6b5e30ad0ccdaaa72c70731bf47813c5185898d49910b33d35d32575bd5c220",
    "proof1": "1f647ff51db45cde27313309df9d1eb6c141352f98f8de556d8ffb587f3acb0a"
              "026d9cd9d40e41b11c772617f1839f67dc56908cf043b71d87895ee9b69c6e0b",
    "proof2": "4ed1413a557d5e283ff823fbe9bc36c57e6169f1a85a2f43da69e8856b40ee0a"
              "8cbc6bd910907d63c6b275e7972f34ee4254be4677c68ab40efdfa0c93117e08",
    "Y": "78bdfd3075b7b80a9c1efedd0ce7351ba101a2ba9016b72b464659bd2ed3a7e3"
         "53a53ad3f8396e3faeaac39cab9b437a6c266be9bc3d674738706b71f2775d21",
    "Y2": "7ffa7df10ac702549016ed7d47343168dd2e69efa6dd029c8e5efb0d9e57d7bd"
          "c1ef857c162407c41431e9bdae79eef25e53a7bd7510371ce91d80bba13a8dc6",
    "pkA": "04f5f29162c31a8defa18e6e742224ee806fc1718a278be859ba5620402b8f3a",
    "pkB": "59d9225473451efffe6b36dbcaefdbf7b1895de62084509a7f5b58bf01d06418",
    "Z": "65de4778d964b10ddc1b338f063652e7d8be7bd72c1f7344030b14ce298b8019",
    "K_AB": "88edee94a1b4d73f52209f7c518ee9cde1f4f688032e8b7d20eaf3c7c4a9ab68",
    "pid": "252369908931c417ef4333d13b9a6bdd9678039a2338cf232666ae459d9917b2",
}
SALT = "d7cec85fd9eedabec0af224e4a992af3e41569c1f29f962e2e4d67a5426a5546"
TREE = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f"]
TREE_ROOT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


WITHOUT_PID = ("ontvangst", "verzuimstatus", "terugkoppeling", "correctie",
               "intrekking", "wissing", "afsluitverklaring",
               "afsluitverklaring-blijft")


def load(name):
    with open(os.path.join(DATA, name), encoding="utf-8") as f:
        return json.load(f)


def refused(f, *args):
    try:
        f(*args)
    except Refused:
        return True
    return False


class Book:
    """Counts what was true."""

    def __init__(self):
        self.good = 0
        self.bad = []

    def __call__(self, sentence, truth):
        if truth:
            self.good += 1
        else:
            self.bad.append(sentence)


def pseudonym(ok):
    f = {k: bytes.fromhex(v) for k, v in FIGURES.items()}
    x = oprf.pgn_input("123456782")
    r = int.from_bytes(f["r"], "little")
    keys = [oprf.derive_key(bytes([s * 17]) * 32,
                            oprf.share_info("voorbeeld", B, 1, s))
            for s in (1, 2)]
    for i, (k, pk) in enumerate(keys, 1):
        ok("share key %d" % i, k.to_bytes(32, "little") == f["k%d" % i])
        ok("public key %d" % i, pk == f["P%d" % i])
        ok("evaluation %d" % i, oprf.evaluate(k, pk, [f["B"]], 7)[0]
           == [f["E%d" % i]])
        ok("published proof %d" % i, oprf.verify(
            pk, [f["B"]], [f["E%d" % i]], f["proof%d" % i]))
        ok("own proof %d" % i, oprf.verify(
            pk, [f["B"]], *oprf.evaluate(k, pk, [f["B"]], 99)))
    ok("blind", oprf.blind(x, r) == f["B"])
    ok("swapped proof refused", not oprf.verify(
        keys[0][1], [f["B"]], [f["E1"]], f["proof2"]))
    s = int.from_bytes(f["proof1"][32:], "little") + oprf.L
    ok("s + L refused", not oprf.verify(
        keys[0][1], [f["B"]], [f["E1"]],
        f["proof1"][:32] + s.to_bytes(32, "little")))
    ok("identity refused", not oprf.verify(
        keys[0][1], [f["B"]], [bytes(32)], f["proof1"]))
    ok("Y", oprf.finish(x, r, [f["E1"], f["E2"]]) == f["Y"])
    x2 = oprf.pgn_input("101222331")
    b2 = oprf.blind(x2, 5)
    ok("Y of an onderwijsnummer", oprf.finish(x2, 5, [
        oprf.evaluate(k, pk, [b2], 3)[0][0] for k, pk in keys]) == f["Y2"])
    a, b = wire.DhKey(b"\x31" * 32), wire.DhKey(b"\x32" * 32)
    ok("link keys", (a.pk, b.pk) == (f["pkA"], f["pkB"]))
    ok("Z", a.shared(b.pk) == b.shared(a.pk) == f["Z"])
    k_ab = wire.link_key(a, b.pk, A, B, 1)
    ok("K_AB", k_ab == f["K_AB"] == wire.link_key(b, a.pk, B, A, 1))
    ok("pid", oprf.pid(k_ab, A, B, 1, f["Y"]) == f["pid"])
    pks, blinded = keys[0], [oprf.blind(x, 11), oprf.blind(x2, 12)]
    e, proof = oprf.evaluate(pks[0], pks[1], blinded, 13)
    ok("batch", oprf.verify(pks[1], blinded, e, proof))
    ok("reordered batch refused", not oprf.verify(
        pks[1], blinded, e[::-1], proof))
    ok("truncated batch refused", not oprf.verify(
        pks[1], blinded[:1], e[:1], proof))


def rfc9497(ok):
    """Blinding and evaluation of RFC 9497 A.1.2 (mode 1)."""
    for case in load("rfc9497.json")["gevallen"]:
        q, a = case["verzoek"], case["antwoord"]
        if q.get("mode") != 1 or not a.get("ok") or "out" not in a:
            continue
        if q["step"] == "derive":
            k, _ = oprf.derive_key(bytes.fromhex(q["seed"]),
                                   bytes.fromhex(q["info"]))
            ok(case["sectie"], k.to_bytes(32, "little").hex() == a["out"])
        elif q["step"] == "blind":
            ok(case["sectie"], a["out"] == ",".join(
                oprf.blind(bytes.fromhex(x), int.from_bytes(
                    bytes.fromhex(r), "little")).hex()
                for x, r in zip(q["input"].split(","),
                                q["blind"].split(","))))


def jwe_by_hand(header, token, key, ephemeral, iv):
    """A JWE with chosen ephemeral key and IV, for the published bytes."""
    z = ephemeral.shared(key)
    apu, apv = (wire.un_b64u(header[k]) for k in ("apu", "apv"))
    kdf = b"\0\0\0\1" + z + b"".join(
        len(p).to_bytes(4, "big") + p for p in (b"A256GCM", apu, apv)
    ) + (256).to_bytes(4, "big")
    first = b64u(wire.json_out(header))
    out = AESGCM(hashlib.sha256(kdf).digest()).encrypt(
        iv, token.encode(), first.encode())
    return ".".join((first, "", b64u(iv), b64u(out[:-16]), b64u(out[-16:])))


def message(ok):
    d = load("bijlage-a.json")
    a, b = wire.SignKey(b"\x41" * 32), wire.SignKey(b"\x42" * 32)
    enc, eph = wire.DhKey(b"\x52" * 32), wire.DhKey(b"\x61" * 32)
    ok("kid A", a.kid == d["kid_A"])
    ok("kid B", b.kid == d["kid_B"])
    ok("kid enc B", enc.kid == d["kid_encB"])
    token = wire.jwe_open(d["A.2 jwe"], enc).decode()
    ok("JWE opens", token == d["A.2 jws"])
    payload = wire.jws_open(token, "overstap-bericht+jws", [a.pk])
    ok("JWS reproduced", wire.jws_make(
        a, "overstap-bericht+jws", payload) == d["A.2 jws"])
    header, apu, apv = wire.jwe_header(d["A.2 jwe"])
    ok("apu and apv", (apu, apv) == (A, B))
    ok("JWE reproduced", jwe_by_hand(
        header, token, enc.pk, eph, b"\x81" * 12) == d["A.2 jwe"])
    ok("sha256_jwe", b64u(wire.sha256(d["A.2 jwe"].encode()))
       == d["A.2 sha256_jwe"])
    ok("sha256_jws", b64u(wire.sha256(token.encode())) == d["A.2 sha256_jws"])
    for name in ("zip", "crit", "jku", "x5c"):
        bad = dict(header)
        bad[name] = "DEF"
        ok(name + " refused", refused(wire.jwe_header, jwe_by_hand(
            bad, token, enc.pk, eph, b"\x81" * 12)))
    eddsa = wire.json_out({"alg": "EdDSA", "kid": a.kid,
                           "typ": "overstap-bericht+jws"})
    signed = b64u(eddsa) + "." + b64u(payload)
    ok("EdDSA accepted", wire.jws_open(
        signed + "." + b64u(a.sign(signed.encode())),
        "overstap-bericht+jws", [a.pk]) == payload)
    last = token[-1]
    other = next(c for c in "ABCDEFGHIJKLMNOP" if c != last)
    ok("spare bits refused", refused(
        wire.jws_open, token[:-1] + other, "overstap-bericht+jws", [a.pk]))


def dossier(ok):
    """A complete valid message, from its claims to the verdict."""
    d = load("dossier-vector.json")
    a, enc = wire.SignKey(b"\x41" * 32), wire.DhKey(b"\x52" * 32)
    token = wire.jws_make(a, "overstap-bericht+jws", d["claims"].encode())
    ok("dossier: JWS reproduced", token == d["jws"])
    header, _, _ = wire.jwe_header(d["jwe"])
    ok("dossier: JWE reproduced", jwe_by_hand(
        header, token, enc.pk, wire.DhKey(b"\x62" * 32), b"\x82" * 12)
        == d["jwe"])
    ok("dossier: hashes", (b64u(wire.sha256(token.encode())), b64u(
        wire.sha256(d["jwe"].encode()))) == (d["sha256_jws"],
                                             d["sha256_jwe"]))
    claims = wire.json_in(wire.jws_open(
        wire.jwe_open(d["jwe"], enc).decode(), "overstap-bericht+jws",
        [a.pk]))
    ok("dossier: pid", claims["pid"] == b64u(bytes.fromhex(FIGURES["pid"])))
    tables = inhoud.Tables()
    ok("dossier: content", tables.faults(
        claims["srt"], claims["inhoud"], claims["pid"], d["vandaag"]) == []
        and claims["inhoud"] == load("dossier-volledig.json"))
    for brin, role in ((d["ontvanger_brin"], "mbo"), ("99ZZ", None)):
        ok("dossier: matrix, " + brin, tables.may(
            claims["srt"], {"rol": ["vo"]}, {
                "rol": ["mbo"], "brin": [{"brin": brin}]},
            claims["inhoud"], d["vandaag"]) == role)


def log(ok):
    d = load("bijlage-a.json")
    sha_jwe = wire.un_b64u(d["A.2 sha256_jwe"])
    jti = b"\x71" * 16
    leaf0 = "overstap-log/v1\ntijd 2026-09-01T00\nsoort start\npartij %s\n" \
        "ref %s\n" % (B, b64(bytes(32)))
    leaf1 = wire.leaf_text(wire.un_moment("2026-09-01T08:00:00Z"),
                           "ontvangst", A, wire.log_ref(
                               bytes.fromhex(SALT), sha_jwe, jti))
    ok("leaf text", leaf1 == d["A.4 blad1"])
    leaves = [wire.leaf_hash(leaf0), wire.leaf_hash(leaf1)]
    ok("leaf hashes", [b64(h) for h in leaves]
       == [d["A.4 leaf0"], d["A.4 leaf1"]])
    ok("root", b64(wire.root(leaves)) == d["A.4 root2"])
    name, wname = ("overstap.nl/regio/voorbeeld/%s/%s" % x for x in (
        ("log", B), ("getuige", A)))
    log_key, wit = wire.SignKey(b"\xa2" * 32), wire.SignKey(b"\xb1" * 32)
    ok("log vkey", wire.vkey_out(name, 1, log_key.pk) == d["A.4 log_vkey"])
    ok("witness vkey", wire.vkey_out(wname, 4, wit.pk)
       == d["A.4 witness_vkey"])
    text = "%s\n2\n%s\n" % (name, b64(wire.root(leaves)))
    t = 1788249660
    cosig = t.to_bytes(8, "big") + wit.sign(
        ("cosignature/v1\ntime %d\n%s" % (t, text)).encode())
    note = text + "\n" + wire.note_sign(text, name, 1, log_key) + \
        "\u2014 %s %s\n" % (wname, b64(wire.key_id(wname, 4, wit.pk) + cosig))
    ok("proof", wire.proof_out(1, wire.inclusion(leaves, 1), note)
       == d["A.4 bewijs"])
    wkey = wire.vkey_in(d["A.4 witness_vkey"])
    ok("checkpoint verifies", wire.checkpoint_verify(
        note, name, log_key.pk, [wkey]) == (name, 2, wire.root(leaves)))
    i = note.rindex(" ") + 20
    bad = note[:i] + ("A" if note[i] != "A" else "B") + note[i + 1:]
    ok("bad cosignature rejects the note", refused(
        wire.checkpoint_verify, bad, name, log_key.pk, [wkey]))
    ok("unknown cosignature passed over", wire.checkpoint_verify(
        bad, name, log_key.pk)[1] == 2)
    receipt(ok, d, leaf1, note, name, log_key.pk, jti, sha_jwe)
    tree = [wire.sha256(b"\0" + bytes.fromhex(x)) for x in TREE]
    ok("RFC 6962 tree", wire.root(tree).hex() == TREE_ROOT)
    for size in range(1, 9):
        for i in range(size):
            path = wire.inclusion(tree[:size], i)
            top = wire.root(tree[:size])
            ok("inclusion %d of %d" % (i, size), wire.verify_inclusion(
                i, size, tree[i], path, top))
            ok("inclusion of another leaf", not wire.verify_inclusion(
                i, size, tree[i][::-1], path, top))
            ok("path too long", not wire.verify_inclusion(
                i, size, tree[i], path + [tree[0]], top))
    top5 = wire.root(tree[4:5])
    ok("consistency 4 of 5", wire.verify_consistency(
        4, 5, wire.root(tree[:4]), wire.root(tree[:5]), [top5]))
    ok("another consistency refused", not wire.verify_consistency(
        4, 5, wire.root(tree[:4])[::-1], wire.root(tree[:5]), [top5]))


def receipt(ok, d, leaf, note, name, log_pk, jti, sha_jwe):
    b = wire.SignKey(b"\x42" * 32)
    leaves = [wire.un_b64(d["A.4 leaf0"]), wire.leaf_hash(leaf)]
    sha_jws = wire.un_b64u(d["A.2 sha256_jws"])
    token = wire.receipt_make(
        b, B, A, b"\x72" * 16, 1788249661, jti, sha_jwe, sha_jws, leaf,
        bytes.fromhex(SALT), wire.proof_out(1, wire.inclusion(leaves, 1),
                                            note))
    ok("receipt reproduced", token == d["A.4 bon"])
    ok("receipt hash", b64u(wire.sha256(token.encode())) == d["A.4 sha256_bon"])
    good = [d["A.4 bon"], B, A, [b.pk], name, log_pk, jti, sha_jws, [sha_jwe]]
    ok("receipt verifies", wire.receipt_verify(*good)["index"] == 1)
    other = bytes(32)
    for step, i, value in ((2, 3, [log_pk]), (4, 1, A), (4, 2, B),
                           (4, 6, bytes(16)), (5, 7, other), (5, 8, [other]),
                           (7, 4, name + "x"), (9, 5, b.pk)):
        args = list(good)
        args[i] = value
        try:
            wire.receipt_verify(*args)
            got = 0
        except Refused as e:
            got = e.step
        ok("receipt fails at check %d" % step, got == step)


def rest(ok):
    k = load("kaart.json")
    text, _ = wire.note_split(k["kaart"])
    ok("fingerprint of the card", wire.fingerprint(text) == k["vingerafdruk"])
    ok("typed fingerprint", wire.same_fingerprint(text, k["getypt"]))
    card = wire.json_in(text.encode())
    name = "overstap.example/regio/voorbeeld/lid/" + card["oin"]
    pk = wire.un_b64u(card["id"])
    ok("card signature", wire.note_verify(k["kaart"], [
        (name, wire.key_id(name, 1, pk), 1, pk)])[1] == {pk})
    n = load("ed25519-negatief.json")
    for g in n["gevallen"]:
        ok("Ed25519: " + g["waarom"], not wire.ed25519_verify(
            bytes.fromhex(g["pk"]), g["tekst"].encode(),
            bytes.fromhex(g["sig"])))
    sig = wire.SignKey(b"\x41" * 32).sign(b"")
    for c in n["coderingen"]:
        ok("encoding " + c, not wire.ed25519_verify(
            bytes.fromhex(c), b"", sig))
    tables = inhoud.Tables()
    for f, srt in (("dossier-minimaal", "overstapdossier"),
                   ("dossier-volledig", "overstapdossier"),
                   ("status", "overstapstatus"), ("ontvangst", "ontvangst"),
                   ("uitschrijving", "uitschrijving"),
                   ("verzuimmelding", "verzuimmelding"),
                   ("verzuimstatus", "verzuimstatus"),
                   ("terugkoppeling", "terugkoppeling"),
                   ("terugkoppeling-leerling", "terugkoppeling"),
                   ("warme-overdracht", "warme-overdracht"),
                   ("correctie", "correctie"), ("intrekking", "intrekking"),
                   ("wissing", "wissing"),
                   ("afsluitverklaring", "afsluitverklaring"),
                   ("afsluitverklaring-blijft", "afsluitverklaring"),
                   ("pgn-wijziging", "pgn-wijziging"),
                   ("overdracht", "overdracht")):
        pid = "" if f in WITHOUT_PID else "x" * 43
        content = load(f + ".json")
        ok(f + " is valid", tables.faults(srt, content, pid, "2026-11-24")
           == [])
        content["naam"] = 1
        ok(f + " with a foreign member is not", tables.faults(
            srt, content, pid, "2026-11-24") == [
                {"pad": "/inhoud/naam", "reden": "onbekend-lid"}])
    for text in (b'{"a":1,"a":1}', b'{"a":1.5}', b'[1]', b'{"a":NaN}',
                 b'{"a":"\\ud800"}', b'{"a":' + b"[" * 8 + b"]" * 8 + b"}",
                 b'{"a":"\xff"}', b"{}x"):
        ok("JSON refused: %r" % text, refused(wire.json_in, text))
    for text in ("YR", "Y=", "Y", "YQ==", "Y+8", "YQ\n"):
        ok("base64url refused: %r" % text, refused(wire.un_b64u, text))


def rules(ok):
    """What holds between members, and between a message and what was
    exchanged before."""
    t, day, pid = inhoud.Tables(), "2026-11-24", "x" * 43
    for f, path, value, where, why in (
            ("verzuimmelding", "verzuim/urenTotaal", "15.9", None, "patroon"),
            ("verzuimmelding", "verzuim/urenTotaal", "16", None, None),
            ("verzuimmelding", "verzuim/urenTotaal", "16.0", None, None),
            ("verzuimmelding", "duoMeldingsnummer", "1" * 20, None, None),
            ("verzuimmelding", "duoMeldingsnummer", "1" * 21, None,
             "te-lang"),
            ("verzuimmelding", "duoMeldingsnummer", "1a", None, "patroon"),
            ("correctie", "vervangt", "A" * 22, None, "patroon"),
            ("terugkoppeling-leerling", "grondslag", "AGGREGAAT", None,
             "verboden"),
            ("terugkoppeling", "soort", "individueel", "pid", "ontbreekt"),
            ("afsluitverklaring", "moment", "2025-03-28", None, "patroon"),
            ("verzuimstatus", "status", "in-behandeling", "redenAfgesloten",
             "verboden")):
        content = load(f + ".json")
        at, _, name = path.rpartition("/")
        (inhoud.at(content, at) if at else content)[name] = value
        have = t.faults(content["schema"].split("/")[0], content,
                        "" if f in WITHOUT_PID else pid, day)
        place = "/pid" if where == "pid" else "/inhoud/" + (where or path)
        ok("%s: %s = %s" % (f, path, value), have == [] if why is None
           else {"pad": place, "reden": why} in have)
    x, wrong = "cXFxcXFxcXFxcXFxcXFxcQ", [
        {"pad": "/inhoud/betreftBericht", "reden": "code"}]
    for f, sent, received, want in (
            ("verzuimstatus", {x: "verzuimmelding"}, {}, []),
            ("verzuimstatus", {}, {x: "verzuimmelding"}, wrong),
            ("verzuimstatus", {x: "uitschrijving"}, {}, wrong),
            ("intrekking", {}, {x: "verzuimmelding"}, []),
            ("intrekking", {x: "verzuimmelding"}, {}, wrong),
            ("afsluitverklaring", {x: "wissing"}, {}, []),
            ("afsluitverklaring", {x: "ontvangst"}, {}, wrong),
            ("verzuimmelding", {}, {x: "verzuimmelding"}, []),
            ("verzuimmelding", {}, {}, [
                {"pad": "/inhoud/vervolgVan", "reden": "code"}]),
            ("overdracht", {}, {}, [])):
        content = load(f + ".json")
        ok("%s about %r %r" % (f, sent, received), t.about(
            content["schema"].split("/")[0], content, day, sent, received)
            == want)
    matrix(ok, t)
    earlier(ok, t)


def claims(seq, srt, change, **more):
    body = load({"overstapstatus": "status"}.get(srt, srt) + ".json")
    for name in ("vervangt", "vervolgVan"):
        body.pop(name, None)
    body.update(change)
    return {"srt": srt, "seq": seq, "jti": "j%d" % seq, "pid": "p",
            "zaak": "z", "inhoud": body, **more}


def earlier(ok, t):
    """What this sender sent before."""
    def status(seq, word, **more):
        return claims(seq, "overstapstatus", {"status": word, **more})

    bad = [{"pad": "/inhoud/status", "reden": "code"}]
    for new, before, want in (
            (status(1, "gestart"), [], []),
            (status(2, "aangemeld"), [status(1, "keuze")], []),
            (status(2, "gestart"), [status(1, "keuze")], []),
            (status(2, "keuze"), [status(1, "aangemeld")], bad),
            (status(1, "keuze"), [status(2, "aangemeld")], []),
            (status(1, "gestart"), [status(2, "aangemeld")], bad),
            (status(2, "niet-gestart"), [status(1, "keuze"),
                                         status(3, "gestart")], bad),
            (status(2, "aangemeld"), [status(1, "aangemeld")], []),
            (status(2, "aangemeld", vervangt="j1"), [status(1, "gestart")],
             []),
            (status(1, "gestart"), [status(2, "aangemeld", vervangt="j1")],
             []),
            (status(3, "aangemeld"), [
                status(1, "gestart"), claims(2, "intrekking", {
                    "betreftBericht": "j1"})], []),
            (status(2, "keuze"), [dict(status(1, "gestart"), zaak="y")],
             [])):
        ok("step to %s" % new["inhoud"]["status"],
           t.earlier(new, before) == want)

    def absence(seq, begin, end=None, **more):
        c = claims(seq, "verzuimmelding", {"begindatum": begin}, **more)
        del c["inhoud"]["einddatum"]
        if end:
            c["inhoud"]["einddatum"] = end
        return c

    first = absence(1, "2025-03-03", "2025-03-07")
    for new, member in (
            (absence(2, "2025-03-03", "2025-03-13"), "einddatum"),
            (absence(2, "2025-03-03", "2025-03-14"), None),
            (absence(2, "2025-03-10", "2025-03-11"), "einddatum"),
            (absence(2, "2025-03-11", "2025-03-12"), None),
            (absence(2, "2025-03-08"), "begindatum"),
            (absence(2, "2025-03-10", "2025-03-11", pid="q"), None)):
        ok("absence of %r" % new["inhoud"]["begindatum"],
           t.earlier(new, [first]) == ([] if member is None else [
               {"pad": "/inhoud/" + member, "reden": "binnen-7-dagen"}]))
    easter = absence(1, "2025-04-14", "2025-04-17")
    for day, soon in (("2025-04-22", True), ("2025-04-23", False)):
        ok("absence over Easter, %s" % day, t.earlier(
            absence(2, day, day), [easter]) == ([] if not soon else [
                {"pad": "/inhoud/einddatum", "reden": "binnen-7-dagen"}]))


def matrix(ok, shipped):
    """What a region must have decided, and who serves a gemeente."""
    opened = inhoud.Tables(os.path.join(DATA, "tabellen", "regio.json"))
    school, gem = {"rol": ["vo"], "oin": A, "gemeenten": []}, {
        "rol": ["leerplicht"], "oin": B, "gemeenten": ["0193"]}
    content = load("uitschrijving.json")
    for kind, t, role in (("uitschrijving", shipped, None),
                          ("uitschrijving", opened, "leerplicht"),
                          ("verwijdering", shipped, "leerplicht")):
        content["soort"] = kind
        ok("%s, %s" % (kind, role), t.may(
            "uitschrijving", school, gem, content, "2025-04-01") == role)
    ok("before the decision", opened.may(
        "uitschrijving", school, gem, load("uitschrijving.json"),
        "2020-08-31") is None)
    book = {"leden": [school, gem], "route": []}
    away = {"gemeente": "0193", "srt": "*", "rol": "leerplicht", "oin": A,
            "van": "2025-01-01"}
    for route, role in (
            ([], "leerplicht"), ([away], None),
            ([{**away, "tot": "2025-02-02"}], "leerplicht"),
            ([{**away, "srt": "uitschrijving"}], None),
            ([{**away, "srt": "verzuimmelding"}], "leerplicht"),
            ([away, {**away, "srt": "uitschrijving", "oin": B}],
             "leerplicht")):
        book["route"] = route
        ok("route %r" % route, opened.may(
            "uitschrijving", school, gem, load("uitschrijving.json"),
            "2025-04-01", book) == role)


def run():
    ok = Book()
    for part in (pseudonym, rfc9497, message, dossier, log, rest, rules):
        part(ok)
    for sentence in ok.bad:
        print("not so: " + sentence)
    print("selftest: %d of %d" % (ok.good, ok.good + len(ok.bad)))
    return 1 if ok.bad or ok.good < 317 else 0
