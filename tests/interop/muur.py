# SPDX-License-Identifier: EUPL-1.2
"""The wall of refusals: everything a message or a request can be wrong in,
with the answer docs/protocol.md gives it.  The same wall stands before the
Python partner (test_partner.py) and the real daemons (test_interop.py).
"""

import copy
import os
import socket
import time

import wire
from wire import b64u, json_out, un_b64u

BAD = (400, "bericht-ongeldig")
OTHER = (403, "partij-komt-niet-overeen")
CONTENT = (422, "inhoud-ongeldig")
TIME = (409, "tijd-afwijkend")
STRANGER = "00000099000000777000"


class Wall:
    """me: a Partner that may send a dossier to oin; content: a valid one;
    pid: its pseudonym.  results: [(what, wanted, got)] of what went wrong."""

    def __init__(self, me, oin, content, pid):
        self.me, self.oin, self.content, self.pid = me, oin, content, pid
        self.done, self.wrong = 0, []

    def expect(self, what, want, answer, extra=True):
        self.done += 1
        got = (answer.status, answer.code)
        if got != want or not extra:
            self.wrong.append((what, want, got, answer.body[:300]))
        if answer.code and not {"type", "title", "status", "detail"} <= set(
                answer.problem):
            self.wrong.append((what, "RFC 9457 members", answer.body[:300]))

    # -- messages made wrong --

    def claims(self, **change):
        """Claims of a new message; None takes a member away.  Nothing here
        is ever stored, so every one has the next seq."""
        c = self.me.claims(self.oin, "overstapdossier",
                           copy.deepcopy(self.content), self.pid)
        for k, v in change.items():
            if v is None:
                del c[k]
            else:
                c[k] = v
        return c

    def jws(self, payload, header=None, key=None):
        """A JWS by hand, so that header and payload can be anything."""
        key = key or self.me.id
        first = b64u(header if header is not None else json_out(
            {"alg": "Ed25519", "kid": key.kid,
             "typ": "overstap-bericht+jws"}))
        text = first + "." + b64u(payload)
        return text + "." + b64u(key.sign(text.encode()))

    def seal(self, token, sender=None, receiver=None, pk=None, kid=None):
        return wire.jwe_make(token, sender or self.me.oin,
                             receiver or self.oin,
                             pk or self.me.enc_key(self.oin), kid)

    def sealed(self, **change):
        return self.seal(self.jws(json_out(self.claims(**change))))

    def post(self, body, headers=None):
        return self.me.post(self.oin, body, headers)

    def content_fault(self, what, path, why, change, srt="overstapdossier"):
        c = self.claims(srt=srt)
        change(c["inhoud"])
        a = self.post(self.seal(self.jws(json_out(c))))
        self.expect(what, CONTENT, a, {"pad": path, "reden": why}
                    in a.problem.get("fouten", []) if a.code else False)

    def header(self, body, change, raw=None):
        """A JWE with another protected header (it will not open)."""
        parts = body.split(".")
        h = wire.json_in(un_b64u(parts[0]))
        change(h)
        return ".".join([b64u(raw or json_out(h))] + parts[1:])

    def envelope(self):
        good = self.sealed()
        parts = good.split(".")
        flip = bytearray(un_b64u(parts[3]))
        flip[len(flip) // 2] ^= 1
        spare = parts[4][:-1] + chr(ord(parts[4][-1]) + 1) \
            if parts[4][-1] in "AQgw" else parts[4]
        for what, body in (
                ("one changed bit", ".".join(parts[:3] + [
                    b64u(bytes(flip)), parts[4]])),
                ("a spare bit in base64url", ".".join(parts[:4] + [spare])),
                ("padding in base64url", good + "=="),
                ("four parts", ".".join(parts[:4])),
                ("six parts", good + ".AA"),
                ("an encrypted key", ".".join([parts[0], "AA"] + parts[2:])),
                ("not JOSE at all", "hallo"),
                ("zip", self.header(good, lambda h: h.update(zip="DEF"))),
                ("crit", self.header(good, lambda h: h.update(
                    crit=["exp"]))),
                ("jku", self.header(good, lambda h: h.update(jku="x"))),
                ("another alg", self.header(good, lambda h: h.update(
                    alg="dir"))),
                ("another enc", self.header(good, lambda h: h.update(
                    enc="A128GCM"))),
                ("no typ", self.header(good, lambda h: h.pop("typ"))),
                ("a header of 2,049 characters", "A" * 2049 + "." + ".".join(
                    parts[1:])),
                ("duplicate name in the header", self.header(
                    good, lambda h: None, un_b64u(parts[0])[:-1]
                    + b',"alg":"ECDH-ES"}')),
        ):
            self.expect(what, BAD, self.post(body))
        token = self.jws(json_out(self.claims()))
        self.expect("apu of another", OTHER, self.post(
            self.seal(token, sender=STRANGER)))
        self.expect("apv of another", OTHER, self.post(
            self.seal(token, receiver=STRANGER)))
        a = self.post(self.seal(token, pk=wire.DhKey(os.urandom(32)).pk))
        self.expect("an unknown encryption key", (409, "sleutel-onbekend"), a)
        if a.code == "sleutel-onbekend":
            self.me.bundle_in(self.oin, a.problem["sleutels"])

    def signature(self):
        good = self.jws(json_out(self.claims()))
        parts = good.split(".")
        sig = bytearray(un_b64u(parts[2]))
        sig[7] ^= 1
        order = int.from_bytes(un_b64u(parts[2])[32:], "little") + wire.ORDER
        malleable = un_b64u(parts[2])[:32] + order.to_bytes(32, "little")
        kid = self.me.id.kid
        other = wire.SignKey(os.urandom(32))
        body = json_out(self.claims())
        for what, token in (
                ("a changed signature", ".".join(parts[:2] + [
                    b64u(bytes(sig))])),
                ("S + L", ".".join(parts[:2] + [b64u(malleable)])),
                ("alg none", self.jws(body, json_out(
                    {"alg": "none", "kid": kid,
                     "typ": "overstap-bericht+jws"}))),
                ("alg HS256", self.jws(body, json_out(
                    {"alg": "HS256", "kid": kid,
                     "typ": "overstap-bericht+jws"}))),
                ("typ of a receipt", self.jws(body, json_out(
                    {"alg": "Ed25519", "kid": kid,
                     "typ": "overstap-ontvangst+jws"}))),
                ("a member too many in the JWS header", self.jws(
                    body, json_out({"alg": "Ed25519", "kid": kid, "jwk": {},
                                    "typ": "overstap-bericht+jws"}))),
                ("an unknown key", self.jws(body, key=other)),
                ("another's signature under our kid", self.jws(
                    body, json_out({"alg": "Ed25519", "kid": kid,
                                    "typ": "overstap-bericht+jws"}), other)),
                ("two parts", ".".join(parts[:2]))):
            self.expect(what, BAD, self.post(self.seal(token)))

    def reencrypted(self, theirs):
        """theirs: a JWS that another member signed for the same receiver."""
        self.expect("re-encrypted from another member", BAD,
                    self.post(self.seal(theirs)))

    def shape(self):
        self.expect("iss of another", OTHER, self.post(
            self.sealed(iss=STRANGER)))
        self.expect("aud of another", OTHER, self.post(
            self.sealed(aud=STRANGER)))
        body = json_out(self.claims())
        self.expect("duplicate name in the claims", CONTENT, self.post(
            self.seal(self.jws(body[:-1] + b',"v":1}'))))
        self.expect("claims that are no JSON", CONTENT, self.post(
            self.seal(self.jws(b"{"))))
        deep = self.claims()
        deep["inhoud"]["x"] = [[[[[[[1]]]]]]]
        self.expect("nine levels deep", CONTENT, self.post(
            self.seal(self.jws(json_out(deep)))))
        for what, path, why, change in (
                ("an unknown claim", "/naam", "onbekend-lid", {"naam": "x"}),
                ("no seq", "/seq", "ontbreekt", {"seq": None}),
                ("no bijlagen", "/bijlagen", "ontbreekt",
                 {"bijlagen": None}),
                ("seq as text", "/seq", "type", {"seq": "1"}),
                ("iat below zero", "/iat", None, {"iat": -1}),
                ("seq above 2^53-1", "/seq", None, {"seq": 2**53}),
                ("v 2", "/v", None, {"v": 2}),
                ("jti of 15 bytes", "/jti", "patroon",
                 {"jti": b64u(bytes(15))}),
                ("jti with a spare bit", "/jti", "patroon",
                 {"jti": "A" * 21 + "B"}),
                ("zaak of 17 bytes", "/zaak", "patroon",
                 {"zaak": b64u(bytes(17))}),
                ("an unknown srt", "/srt", "code", {"srt": "verhuisbericht"}),
                ("inhoud as a list", "/inhoud", "type", {"inhoud": []}),
                ("an attachment", None, None, {"bijlagen": [{"n": 0}]})):
            a = self.post(self.sealed(**change))
            found = a.problem.get("fouten", []) if a.code else []
            self.expect(what, CONTENT, a, any(
                (path is None or f["pad"] == path)
                and (why is None or f["reden"] == why) for f in found))

    def time_and_epoch(self):
        now = int(time.time())
        for what, change in (
                ("from the future", {"iat": now + 1000,
                                     "exp": now + 86400}),
                ("expired", {"iat": now - 86400, "exp": now - 1}),
                ("valid for 15 days", {"exp": now + 15 * 86400})):
            a = self.post(self.sealed(**change))
            self.expect(what, TIME, a, bool(a.code) and abs(wire.un_moment(
                a.problem.get("tijd", "")) - now) < 300)
        self.expect("an epoch that is not open", (409, "epoch-gesloten"),
                    self.post(self.sealed(ep=99)))

    def not_allowed(self, srt, content):
        self.expect("not allowed by the matrix", (403, "niet-toegestaan"),
                    self.post(self.sealed(srt=srt, inhoud=content)))

    def fields(self):
        self.content_fault("an unknown field", "/inhoud/religie",
                           "onbekend-lid", lambda i: i.update(religie="x"))
        self.content_fault("an unknown field inside", "/inhoud/school/pgn",
                           "onbekend-lid", lambda i: i["school"].update(
                               pgn="123456782"))
        self.content_fault("a missing field", "/inhoud/geslachtsnaam",
                           "ontbreekt", lambda i: i.pop("geslachtsnaam"))
        self.content_fault("no inzage", "/inhoud/inzage", "ontbreekt",
                           lambda i: i.pop("inzage"))
        self.content_fault("a field too long", "/inhoud/geslachtsnaam",
                           "te-lang", lambda i: i.update(
                               geslachtsnaam="x" * 201))
        self.content_fault("an unknown code", "/inhoud/soortOverstap", "code",
                           lambda i: i.update(soortOverstap="VOXXX"))
        self.content_fault("another type", "/inhoud/geslachtsnaam", "type",
                           lambda i: i.update(geslachtsnaam=7))
        self.content_fault("a null", "/inhoud/geslachtsnaam", "type",
                           lambda i: i.update(geslachtsnaam=None))
        self.content_fault("no such date", "/inhoud/dossierdatum", "patroon",
                           lambda i: i.update(dossierdatum="2025-02-30"))
        self.content_fault("a category that was forbidden",
                           "/inhoud/geslachtsnaam", "verboden",
                           lambda i: i.update(uitlevering={
                               "leerling": "VERBODEN"}))
        self.content_fault("an empty list that needs one",
                           "/inhoud/keuzevervolgopleiding", "ontbreekt",
                           lambda i: i.update(keuzevervolgopleiding=[]))
        a = self.post(self.sealed(pid=b64u(bytes(32))))
        self.expect("a pid of nothing but zeros", CONTENT, a, {
            "pad": "/pid", "reden": "patroon"}
            in a.problem.get("fouten", []) if a.code else False)
        a = self.post(self.sealed(pid=""))
        self.expect("no pid in a dossier", CONTENT, a, bool(a.code) and
                    "/pid" in [f["pad"] for f in a.problem.get("fouten", [])])

    def again(self, stored):
        """stored: a Message that was accepted."""
        first = self.post(self.me.seal(self.oin, stored))
        self.expect("the same message again", (200, ""), first)
        second = self.post(self.me.seal(self.oin, stored))
        self.expect("and again, the same bytes", (200, ""), second,
                    first.body == second.body == self.me.receipts[
                        self.oin, stored.jti].encode())
        self.expect("jti with other content", (409, "jti-hergebruikt"),
                    self.post(self.sealed(jti=b64u(stored.jti))))
        a = self.post(self.sealed(seq=stored.seq))
        self.expect("seq used again", (409, "volgnummer-hergebruikt"), a,
                    bool(a.code) and a.problem.get("hoogste", -1)
                    >= stored.seq)
        path = "/v1/berichten/%s/ontvangstbewijs"
        a = self.me.request(self.oin, "GET", path % b64u(stored.jti))
        self.expect("the receipt is there", (200, ""), a,
                    a.body == first.body)
        self.expect("a receipt of nothing", (404, "bericht-onbekend"),
                    self.me.request(self.oin, "GET", path % b64u(bytes(16))))

    def http(self):
        body = self.sealed()
        for what, headers in (
                ("media type", {"Content-Type": "application/json"}),
                ("media type with a parameter",
                 {"Content-Type": "application/jose; charset=utf-8"}),
                ("compression", {"Content-Encoding": "gzip"})):
            self.expect(what, (415, "media-type"), self.post(body, headers))
        self.expect("too large", (413, "te-groot"),
                    self.post("A" * (512 * 1024 + 1)))
        self.expect("chunked", (411, "lengte-nodig"),
                    self.me.request(self.oin, "POST", "/v1/berichten",
                                    iter([body.encode()]),
                                    "application/jose"))
        for method, path, want in (
                ("DELETE", "/v1/berichten", (405, "methode")),
                ("GET", "/v1/berichten", (405, "methode")),
                ("GET", "/v1/niets", (404, "niet-gevonden")),
                ("GET", "/v1/berichten/", (404, "niet-gevonden")),
                ("GET", "/v1/log/tile/entries/000", (404, "niet-gevonden")),
                ("GET", "/v1/adresboek/999", (404, "adresboek-onbekend")),
                ("GET", "/v1/afstemming", (400, "bereik-ongeldig")),
                ("GET", "/v1/afstemming?van=1&tot=1001",
                 (400, "bereik-ongeldig")),
                ("GET", "/v1/afstemming?van=9&tot=1",
                 (400, "bereik-ongeldig")),
                ("GET", "/v1/afstemming?van=01&tot=9",
                 (400, "bereik-ongeldig"))):
            a = self.me.request(self.oin, method, path)
            self.expect(method + " " + path, want, a, want[0] != 405
                        or a.headers.get("Allow") == "POST")
        self.expect("rubbish for an address book",
                    (422, "adresboek-ongeldig"), self.book("hallo\n"))
        self.expect("the address book it has", (200, ""),
                    self.book(self.me.book.note))

    def book(self, note):
        return self.me.request(self.oin, "POST", "/v1/adresboek",
                               note.encode(), "text/plain; charset=utf-8")

    def two_lengths(self):
        """Two Content-Lengths: no second request may be read out of it."""
        con = self.me.connection(self.oin)
        con.connect()
        con.sock.settimeout(10)
        con.sock.sendall(b"POST /v1/berichten HTTP/1.1\r\nHost: x\r\n"
                         b"Content-Type: application/jose\r\n"
                         b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n"
                         b"AAAAAGET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n")
        got = b""
        try:
            while part := con.sock.recv(65536):
                got += part
        except (socket.timeout, OSError):
            pass
        con.close()
        self.done += 1
        if b" 200 " in got or b" 201 " in got:
            self.wrong.append(("two Content-Lengths", "closed", got[:200]))

    def all(self, stored, elsewhere=None):
        """stored: a Message already accepted; elsewhere: (srt, content) the
        matrix forbids between these two."""
        before = self.me.reconcile(self.oin, 1, 1000)
        self.envelope()
        self.signature()
        self.shape()
        self.time_and_epoch()
        self.fields()
        if elsewhere:
            self.not_allowed(*elsewhere)
        self.http()
        self.two_lengths()
        self.again(stored)
        after = self.me.reconcile(self.oin, 1, 1000)
        self.done += 1
        if before["ontvangen"] != after["ontvangen"]:
            self.wrong.append(("nothing of this was stored", before, after))
        return self.wrong
