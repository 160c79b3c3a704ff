#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""An independent partner: everything docs/protocol.md asks of a vendor, in
Python and python3-jwcrypto, written from that page and not from the C.

    partner.py selftest                 reproduce the published vectors
    partner.py verify-receipt FILE...   judge exported receipts, offline

As a module: class Partner is a member of a region (keys, card, address book,
client); listener.py serves its endpoints.
"""

import functools
import http.client
import ipaddress
import json
import os
import re
import secrets
import socket
import ssl
import sys
import threading
import time
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import oprf
import wire
from wire import Refused, b64, b64u, json_in, json_out, un_b64u

ANSWER_MAX = 2 * 1024 * 1024


def spki_digest(der):
    """SHA-256 of the SubjectPublicKeyInfo of a DER certificate."""
    key = x509.load_der_x509_certificate(der).public_key()
    return wire.sha256(key.public_bytes(
        serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo))


class Message:
    """One outgoing message; the same JWS for every attempt."""

    def __init__(self, jti, seq, jws, claims):
        self.jti, self.seq, self.jws, self.claims = jti, seq, jws, claims
        self.sha_jws = wire.sha256(jws.encode())
        self.sha_jwes = []


class Answer:
    """One HTTP answer."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def type(self):
        return self.headers.get("Content-Type", "")

    @property
    def code(self):
        """The code of a problem document, else ""."""
        if self.type != "application/problem+json":
            return ""
        return self.problem["type"].removeprefix("urn:overstap:fout:")

    @property
    def problem(self):
        return json.loads(self.body)


class PinnedConnection(http.client.HTTPSConnection):
    """HTTPS whose server key must be one of the book's pins."""

    def __init__(self, host, port, context, pins, timeout):
        super().__init__(host, port, context=context, timeout=timeout)
        self.pins = pins

    def connect(self):
        super().connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pin = "sha256//" + b64(spki_digest(self.sock.getpeercert(True)))
        if pin not in self.pins:
            self.close()
            raise Refused("server key is not in the address book")


class Partner:
    """A member of a region."""

    def __init__(self, folder, oin, region, domain, name, roles, url,
                 brin=(), municipalities=(), seeds=None):
        self.folder, self.oin, self.region = folder, oin, region
        self.domain, self.name, self.roles = domain, name, list(roles)
        self.url, self.brin = url, list(brin)
        self.municipalities = list(municipalities)
        seeds = seeds or {}
        self.id, self.log_key, self.witness = (
            wire.SignKey(seeds.get(k) or secrets.token_bytes(32))
            for k in ("id", "log", "getuige"))
        now = int(time.time())
        self.enc = [(wire.DhKey(secrets.token_bytes(32)), now - 60,
                     now + 7 * 86400)]
        self.link = {}
        self.book, self.books = None, {}
        self.leaves, self.checkpoint = [], ""
        self.received, self.receipts = {}, {}
        self.sent, self.seq = {}, {}
        self.bundles, self.manifests, self.cache = {}, {}, {}
        self.seen_checkpoints = {}
        self.bundle_version = 0
        self.lock = threading.RLock()
        self.append("start", oin, bytes(32))
        self.make_tls_key()

    # -- joining --

    def path(self, name):
        return os.path.join(self.folder, name)

    def make_tls_key(self):
        """tls.key and tls.csr in the folder; tls.crt comes from the region."""
        key = ec.generate_private_key(ec.SECP256R1())
        host = urllib.parse.urlsplit(self.url).hostname
        subject = x509.Name([
            x509.NameAttribute(NameOID.COMMON_NAME, self.name[:64]),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, self.oin)])
        try:
            san = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            san = x509.DNSName(host)
        csr = x509.CertificateSigningRequestBuilder().subject_name(
            subject).add_extension(x509.SubjectAlternativeName([san]),
                                   False).sign(key, hashes.SHA256())
        with open(self.path("tls.key"), "wb", opener=private) as f:
            f.write(key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption()))
        with open(self.path("tls.csr"), "wb") as f:
            f.write(csr.public_bytes(serialization.Encoding.PEM))
        self.pin = "sha256//" + b64(wire.sha256(
            key.public_key().public_bytes(
                serialization.Encoding.DER,
                serialization.PublicFormat.SubjectPublicKeyInfo)))

    def card(self):
        """The enrolment card, a signed note."""
        text = json_out({
            "type": "overstap-inschrijfkaart", "v": 1, "regio": self.region,
            "logdomein": self.domain, "oin": self.oin, "naam": self.name,
            "rol": self.roles, "url": self.url, "id": b64u(self.id.pk),
            "log": b64u(self.log_key.pk), "getuige": b64u(self.witness.pk),
            "tls_server": [self.pin], "tls_client": [self.pin],
            "pki": "regio", "brin": self.brin,
            "gemeenten": self.municipalities}).decode() + "\n"
        name = "%s/regio/%s/lid/%s" % (self.domain, self.region, self.oin)
        return text + "\n" + wire.note_sign(text, name, 1, self.id)

    def accept_book(self, note, typed=None):
        with self.lock:
            book = wire.book_accept(note, self.book, int(time.time()), typed)
            if book.region != self.region or book.domain != self.domain:
                raise Refused("book of another region")
            self.books[book.version] = note
            self.book = book
            self.append("adresboek", self.oin,
                        wire.sha256(book.text.encode()))
            for ep in book.json["oprf"]["epochs"]:
                self.link.setdefault(
                    ep["ep"], wire.DhKey(secrets.token_bytes(32)))
            return book

    def epoch(self):
        for e in self.book.json["oprf"]["epochs"]:
            if e["status"] == "actief":
                return e
        raise Refused("no active epoch")

    # -- own log --

    def log_name(self):
        return "%s/regio/%s/log/%s" % (self.domain, self.region, self.oin)

    def append(self, kind, oin, ref):
        """Append a leaf and sign the tree with it; (text, its index)."""
        leaf = wire.leaf_text(int(time.time()), kind, oin,
                              ref if isinstance(ref, str) else b64(ref))
        self.leaves.append(wire.leaf_hash(leaf))
        text = "%s\n%d\n%s\n" % (self.log_name(), len(self.leaves),
                                 b64(wire.root(self.leaves)))
        self.checkpoint = text + "\n" + wire.note_sign(
            text, self.log_name(), 1, self.log_key)
        return leaf, len(self.leaves) - 1

    # -- statements --

    def bundle(self):
        with self.lock:
            now = int(time.time())
            self.bundle_version = max(self.bundle_version + 1, now)
            return wire.jws_make(self.id, "overstap-sleutels+jws", json_out({
                "v": 1, "iss": self.oin, "versie": self.bundle_version,
                "iat": now, "exp": now + 7 * 86400,
                "enc": [{"kid": k.kid, "x": b64u(k.pk), "nbf": nbf,
                         "exp": exp} for k, nbf, exp in self.enc],
                "link": [{"ep": ep, "x": b64u(k.pk)}
                         for ep, k in sorted(self.link.items())],
                "oorsprong": 1, "adresboek": self.book.version}))

    # -- client --

    def context(self, member):
        out = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        out.minimum_version = ssl.TLSVersion.TLSv1_3
        if member["pki"] == "pin":
            out.check_hostname = False
            out.verify_mode = ssl.CERT_NONE
        else:
            for der in self.book.json["ca"]:
                out.load_verify_locations(cadata=wire.un_b64(der))
        out.load_cert_chain(self.path("tls.crt"), self.path("tls.key"))
        return out

    def connection(self, oin, timeout=30):
        member = self.book.member(oin)
        url = urllib.parse.urlsplit(member["url"])
        return PinnedConnection(url.hostname, url.port or 443,
                                self.context(member), member["tls_server"],
                                timeout)

    def request(self, oin, method, path, body=None, ctype=None, headers=None,
                connection=None):
        """One request; Answer.  headers may replace our own."""
        own = {"Overstap-Adresboek": str(self.book.version)}
        if ctype:
            own["Content-Type"] = ctype
        own.update(headers or {})
        con = connection or self.connection(oin)
        try:
            try:
                con.request(method, path, body, own)
            except (BrokenPipeError, ConnectionResetError):
                pass  # a refusal may come before all was sent
            r = con.getresponse()
            raw = r.read(ANSWER_MAX + 1)
            if len(raw) > ANSWER_MAX:
                raise Refused("answer too large")
            answer = Answer(r.status, r.headers, raw)
        finally:
            if connection is None:
                con.close()
        if not answer.headers.get("API-Version", "").startswith("1."):
            raise Refused("answer without API-Version 1")
        return answer

    def catch_up(self, oin, version):
        """Fetch the versions of the book that we lack from a member."""
        while self.book.version < version:
            a = self.request(oin, "GET",
                             "/v1/adresboek/%d" % (self.book.version + 1))
            if a.status != 200:
                raise Refused("address book: %d %s" % (a.status, a.code))
            self.accept_book(a.body.decode())

    def bundle_in(self, oin, token):
        """Verify and keep a key bundle of a member."""
        now = int(time.time())
        m = self.book.member(oin)
        b = wire.members(json_in(wire.jws_open(
            token, "overstap-sleutels+jws", [un_b64u(m["id"], 32)])),
            ("v", "iss", "versie", "iat", "exp", "enc", "link", "oorsprong",
             "adresboek"))
        old = self.bundles.get(oin)
        if b["v"] != 1 or b["iss"] != oin or b["exp"] <= now or (
                b["exp"] - b["iat"] > 8 * 86400):
            raise Refused("key bundle")
        for k in b["enc"]:
            wire.members(k, ("kid", "x", "nbf", "exp"))
            if k["kid"] != wire.thumbprint(un_b64u(k["x"], 32), "X25519"):
                raise Refused("kid of an encryption key")
        if old and (b["versie"] < old["versie"] or any(
                x["ep"] == y["ep"] and x["x"] != y["x"]
                for x in b["link"] for y in old["link"])):
            raise Refused("key bundle goes back or changes a link key")
        self.bundles[oin] = b
        return b

    def bundle_of(self, oin):
        b = self.bundles.get(oin)
        if b is None or b["exp"] <= time.time():
            a = self.request(oin, "GET", "/v1/sleutels")
            if a.status != 200 or a.type != "application/jose":
                raise Refused("sleutels: %d %s" % (a.status, a.code))
            b = self.bundle_in(oin, a.body.decode())
        return b

    def enc_key(self, oin):
        now = time.time()
        usable = [k for k in self.bundle_of(oin)["enc"]
                  if k["nbf"] <= now < k["exp"]]
        if not usable:
            raise Refused("no encryption key in force")
        best = max(k["nbf"] for k in usable)
        return next(un_b64u(k["x"], 32) for k in usable if k["nbf"] == best)

    def link_with(self, oin, ep):
        for k in self.bundle_of(oin)["link"]:
            if k["ep"] == ep:
                return wire.link_key(self.link[ep], un_b64u(k["x"], 32),
                                     self.oin, oin, ep)
        raise Refused("no link key of this epoch yet")

    # -- pseudonyms --

    def manifest(self, holder, ep):
        """The manifest whose hash is in the book."""
        want = wire.un_b64(ep["manifesten"][holder], 32)
        if want not in self.manifests:
            a = self.request(holder, "GET", "/v1/oprf/sleutels/%d?sha256=%s"
                             % (ep["ep"], b64u(want)))
            token = a.body.decode("latin-1")
            if a.status != 200 or wire.sha256(a.body) != want:
                raise Refused("manifest: %d %s" % (a.status, a.code))
            m = json_in(wire.jws_open(
                token, "overstap-oprf-sleutels+jws",
                self.book.identity(holder, int(time.time()))))
            if (m["houder"], m["ep"], m["regio"]) != (
                    holder, ep["ep"], self.region):
                raise Refused("manifest of another holder or epoch")
            self.manifests[want] = {(k["domein"], k["deel"]): un_b64u(
                k["pk"], 32) for k in m["sleutels"]}
        return self.manifests[want]

    def oprf_request(self, holder, ep, domain, share, blinded, **change):
        claims = {"v": 1, "iss": self.oin, "aud": holder,
                  "iat": int(time.time()), "regio": self.region, "ep": ep,
                  "domein": domain, "deel": share,
                  "b": [b64u(b) for b in blinded]}
        claims.update(change)
        return wire.jws_make(self.id, "overstap-oprf-vraag+jws",
                             json_out(claims))

    def evaluate(self, holder, ep, domain, share, blinded):
        """Evaluated elements of one share, its proof verified."""
        pk = self.manifest(holder, ep)[domain, share]
        a = self.request(holder, "POST", "/v1/oprf/evalueer", self.oprf_request(
            holder, ep["ep"], domain, share, blinded), "application/jose")
        if a.status != 200:
            raise Refused("evalueer: %d %s" % (a.status, a.code))
        r = wire.members(json_in(a.body), (
            "v", "regio", "ep", "domein", "deel", "pk", "e", "bewijs",
            "resterend"))
        e = [un_b64u(x, 32) for x in r["e"]]
        if un_b64u(r["pk"], 32) != pk or (r["ep"], r["domein"], r["deel"]) != (
                ep["ep"], domain, share):
            raise Refused("evaluation under another key")
        if not oprf.verify(pk, blinded, e, un_b64u(r["bewijs"], 64)):
            raise Refused("oprf-bewijs-ongeldig")
        return e

    def y_of(self, domain, pgns):
        """Y of each PGN in a domain; at most 256 at once."""
        ep = self.epoch()
        todo = [p for p in pgns if (domain, ep["ep"], p) not in self.cache]
        if todo:
            blinds = [secrets.randbelow(oprf.L - 1) + 1 for _ in todo]
            blinded = [oprf.blind(oprf.pgn_input(p), r)
                       for p, r in zip(todo, blinds)]
            shares = [self.evaluate(holders[0], ep, domain, int(share),
                                    blinded)
                      for share, holders in sorted(ep["delen"].items())]
            for i, p in enumerate(todo):
                self.cache[domain, ep["ep"], p] = oprf.finish(
                    oprf.pgn_input(p), blinds[i], [s[i] for s in shares])
        return [self.cache[domain, ep["ep"], p] for p in pgns]

    def pid(self, oin, pgn):
        """The pseudonym of a PGN from us to a partner, 43 characters."""
        ep = self.epoch()["ep"]
        return b64u(oprf.pid(self.link_with(oin, ep), self.oin, oin, ep,
                             self.y_of(oin, [pgn])[0]))

    # -- messages --

    def claims(self, oin, srt, content, pid, case=None):
        """Claims of a message with a fresh jti; seq is the next one."""
        now = int(time.time())
        jti = int(time.time() * 1000).to_bytes(6, "big") + \
            secrets.token_bytes(10)
        out = {"v": 1, "iss": self.oin, "aud": oin, "jti": b64u(jti),
               "iat": now, "exp": now + 7 * 86400,
               "seq": self.seq.get(oin, 0) + 1, "ep": self.epoch()["ep"],
               "pid": pid, "srt": srt}
        if case:
            out["zaak"] = b64u(case)
        out.update({"inhoud": content, "bijlagen": []})
        return out

    def sign(self, oin, claims):
        """Gives out the seq: from here the message exists."""
        with self.lock:
            self.seq[oin] = max(self.seq.get(oin, 0), claims["seq"])
            m = Message(un_b64u(claims["jti"], 16), claims["seq"],
                        wire.jws_make(self.id, "overstap-bericht+jws",
                                      json_out(claims)), claims)
            self.sent[oin, m.jti] = m
            return m

    def seal(self, oin, m):
        """A JWE of a message; its hash is kept before it is sent."""
        body = wire.jwe_make(m.jws, self.oin, oin, self.enc_key(oin))
        m.sha_jwes.append(wire.sha256(body.encode()))
        return body

    def post(self, oin, body, headers=None, connection=None):
        return self.request(oin, "POST", "/v1/berichten", body,
                            "application/jose", headers, connection)

    def deliver(self, oin, m, connection=None):
        """Send; mends an unknown key once.  The verified receipt, or Refused
        with the problem's code as its text."""
        a = self.post(oin, self.seal(oin, m), None, connection)
        if a.code == "sleutel-onbekend":
            self.bundle_in(oin, a.problem["sleutels"])
            a = self.post(oin, self.seal(oin, m), None, connection)
        if a.status not in (200, 201) or a.type != "application/jose":
            raise Refused(a.code or "status %d" % a.status)
        return self.receipt_in(oin, m, a.body.decode())

    def receipt_in(self, oin, m, token):
        lid = self.book.member(oin)
        out = wire.receipt_verify(
            token, oin, self.oin, self.book.identity(oin, int(time.time())),
            self.book.log_name(oin), un_b64u(lid["log"], 32), m.jti,
            m.sha_jws, m.sha_jwes)
        self.receipts[oin, m.jti] = token
        self.seen_checkpoints[oin] = wire.proof_in(
            out["receipt"]["log"]["bewijs"])[2]
        return out

    def send(self, oin, srt, content, pid="", case=None):
        m = self.sign(oin, self.claims(oin, srt, content, pid, case))
        return m, self.deliver(oin, m)

    def reconcile(self, oin, first, last):
        a = self.request(oin, "GET", "/v1/afstemming?van=%d&tot=%d"
                         % (first, last))
        if a.status != 200:
            raise Refused("afstemming: %d %s" % (a.status, a.code))
        return json_in(wire.jws_open(
            a.body.decode(), "overstap-afstemming+jws",
            self.book.identity(oin, int(time.time()))))

    def export_receipt(self, oin, jti):
        """The text of an exported receipt, as verify_export reads it."""
        token = self.receipts[oin, jti]
        r = json_in(un_b64u(token.split(".")[1]))
        return "%s\n\n%s\n%s" % (
            token, self.book.note, wire.proof_in(r["log"]["bewijs"])[2])


def private(path, flags):
    return os.open(path, flags, 0o600)


# ---- receipts, offline ------------------------------------------------------

def verify_export(text, typed=None):
    """Judge an exported receipt: receipt JWS, address book, checkpoint (with
    the hashes of its consistency proof where its size is another).  Returns
    what it proves; Refused otherwise.  typed: the fingerprint of that book,
    known from elsewhere; without it the book vouches for itself only."""
    blocks = re.split("\n{2,}", text.strip("\n"))
    if len(blocks) not in (3, 5, 6):
        raise Refused("not an exported receipt")
    token = blocks[0]
    book = export_book(blocks[1] + "\n\n" + blocks[2] + "\n")
    if typed and not wire.same_fingerprint(book.text, typed):
        raise Refused("another address book")
    claims = json_in(un_b64u(token.split(".")[1]))
    lid = book.members.get(claims["iss"])
    if lid is None:
        raise Refused("signer is not in the address book")
    keys = [un_b64u(lid["id"], 32)]
    if lid["id_vorige"]:
        keys.append(un_b64u(lid["id_vorige"]["id"], 32))
    out = wire.receipt_verify(token, claims["iss"], claims["aud"], keys,
                              book.log_name(lid["oin"]),
                              un_b64u(lid["log"], 32))
    later, good = out["size"], ()
    if len(blocks) > 3:
        origin, later, top, good = export_checkpoint(
            blocks[3] + "\n\n" + blocks[4] + "\n", book, lid["oin"])
        path = [wire.un_b64(h, 32) for b in blocks[5:] for h in b.split("\n")]
        if origin != out["origin"] or not wire.verify_consistency(
                out["size"], later, out["root"], top, path):
            raise Refused("checkpoint does not continue the receipt's")
    out.update({"book": book.version, "fingerprint": wire.fingerprint(
        book.text), "checkpoint": later, "witnesses": len(good)})
    return out


@functools.lru_cache(maxsize=4)
def export_book(note):
    """A book that stands on its own: signed by its own threshold."""
    book = wire.Book(note)
    if not book.signed_by(book):
        raise Refused("address book without enough signatures")
    return book


@functools.lru_cache(maxsize=4)
def export_checkpoint(note, book, oin):
    """(origin, size, root, keys of the witnesses that signed)."""
    witnesses = []
    for m in book.members.values():
        name = "%s/regio/%s/getuige/%s" % (book.domain, book.region, m["oin"])
        pk = un_b64u(m["getuige"], 32)
        witnesses.append((name, wire.key_id(name, 4, pk), 4, pk))
    origin, size, top = wire.checkpoint_verify(
        note, book.log_name(oin), un_b64u(book.members[oin]["log"], 32),
        witnesses)
    return origin, size, top, wire.note_verify(note, witnesses)[1]


def verify_receipts(files, typed=None):
    """For many files: (number good, [(file, why not)])."""
    good, bad = 0, []
    for name in files:
        try:
            with open(name, encoding="utf-8") as f:
                verify_export(f.read(), typed)
            good += 1
        except (Refused, OSError, UnicodeError, KeyError, TypeError) as e:
            bad.append((name, str(e)))
    return good, bad


def main(argv):
    if argv[1:] == ["selftest"]:
        import selftest
        return selftest.run()
    if len(argv) > 2 and argv[1] == "verify-receipt":
        good, bad = verify_receipts(argv[2:])
        for name, why in bad:
            print("%s: refused: %s" % (name, why))
        print("%d good, %d refused" % (good, len(bad)))
        return 1 if bad else 0
    print(__doc__.strip(), file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv))
