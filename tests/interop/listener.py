# SPDX-License-Identifier: EUPL-1.2
"""The endpoints of the independent partner, over HTTP/1.1 and mutual TLS:
the receiver's checks in their order, receipts, and what others ask.
"""

import datetime
import http.server
import os
import re
import socketserver
import ssl
import threading
import time
import urllib.parse

import inhoud
import wire
from partner import spki_digest
from wire import Refused, b64u, json_in, json_out, un_b64u

REGIO = os.path.join(inhoud.DATA, "..", "tests", "data", "tabellen",
                     "regio.json")
JOSE, NOTE = "application/jose", "text/plain; charset=utf-8"
ROUTES = [(re.compile(p + r"\Z"), methods) for p, methods in (
    (r"/v1/berichten", "POST"),
    (r"/v1/berichten/([A-Za-z0-9_-]{22})/ontvangstbewijs", "GET"),
    (r"/v1/sleutels", "GET"), (r"/v1/contacten", "GET"),
    (r"/v1/adresboek", "GET, POST"), (r"/v1/adresboek/([1-9]\d{0,9})", "GET"),
    (r"/v1/afstemming", "GET"), (r"/v1/log/checkpoint", "GET"),
    (r"/v1/log/tile/(.+)", "GET"), (r"/v1/status", "GET"))]
CLAIMS = ("v", "iss", "aud", "jti", "iat", "exp", "seq", "ep", "pid", "srt",
          "inhoud", "bijlagen")


class Problem(Exception):
    """A refusal, with its code and further members."""

    def __init__(self, code, **members):
        super().__init__(code)
        self.code, self.members = code, members


def sentences():
    out = {}
    with open(os.path.join(inhoud.DATA, "fouten.txt"), encoding="utf-8") as f:
        for line in f:
            parts = line.rstrip("\n").split("|")
            if len(parts) == 4 and not line.startswith("#"):
                out[parts[0]] = (int(parts[1]), parts[2], parts[3])
    return out


class Receiver:
    """The receiver's side of one partner: request in, answer out."""

    def __init__(self, partner):
        self.me = partner
        self.tables = inhoud.Tables(REGIO)
        self.sentences = sentences()
        self.inbox = []

    def problem(self, p):
        status, title, detail = self.sentences[p.code]
        body = {"type": "urn:overstap:fout:" + p.code, "title": title,
                "status": status, "detail": detail}
        body.update(p.members)
        return status, "application/problem+json", json_out(body)

    # -- the checks, by their numbers --

    def message(self, caller, body, hint):
        me, now = self.me, int(time.time())
        text = body.decode("latin-1")
        try:
            header, apu, apv = wire.jwe_header(text)
        except (Refused, KeyError, TypeError, UnicodeError) as e:
            raise Problem("bericht-ongeldig") from e
        if (apu, apv) != (caller, me.oin):
            raise Problem("partij-komt-niet-overeen")
        key = next((k for k, nbf, exp in me.enc if k.kid == header["kid"]
                    and now < exp + 7 * 86400), None)
        if key is None:
            raise Problem("sleutel-onbekend", sleutels=me.bundle())
        try:
            token = wire.jwe_open(text, key).decode("latin-1")
            jws_header, _ = wire.jws_header(token, "overstap-bericht+jws")
            keys = me.book.identity(caller, now)
            if jws_header["kid"] not in {
                    wire.thumbprint(k, "Ed25519") for k in keys} and (
                    hint > me.book.version):
                raise Problem("tijdelijk-niet-beschikbaar")
            payload = wire.jws_open(token, "overstap-bericht+jws", keys)
        except (Refused, TypeError, UnicodeError) as e:
            raise Problem("bericht-ongeldig") from e
        claims = self.shape(payload)
        if (claims["iss"], claims["aud"]) != (apu, apv):
            raise Problem("partij-komt-niet-overeen")
        with me.lock:
            return self.store(caller, body, token, claims, now)

    def shape(self, payload):
        """Step 9."""
        faults = []
        try:
            c = json_in(payload)
        except Refused as e:
            raise Problem("inhoud-ongeldig", fouten=[
                {"pad": "", "reden": "patroon"}]) from e
        for name in set(c) - set(CLAIMS) - {"zaak"}:
            faults.append(("/" + inhoud.step(name), "onbekend-lid"))
        for name in CLAIMS:
            if name not in c:
                faults.append(("/" + name, "ontbreekt"))
        for name in ("v", "iat", "exp", "seq", "ep"):
            if name in c and (type(c[name]) is not int
                              or not 0 <= c[name] <= wire.INT_MAX):
                faults.append(("/" + name, "type"))
        for name, size in (("jti", 16), ("zaak", 16), ("pid", 32)):
            v = c.get(name)
            if name not in c or (name == "pid" and v == ""):
                continue
            try:
                if un_b64u(v, size) == bytes(32):  # no HMAC is all zero
                    faults.append(("/" + name, "patroon"))
            except (Refused, TypeError):
                faults.append(("/" + name, "patroon"))
        for name in ("iss", "aud"):
            if name in c and (not isinstance(c[name], str)
                              or not wire.OIN.match(c[name])):
                faults.append(("/" + name, "patroon"))
        if "v" in c and c["v"] != 1:
            faults.append(("/v", "code"))
        if "srt" in c and not self.tables.known(c["srt"]):
            faults.append(("/srt", "code"))
        if "inhoud" in c and not isinstance(c["inhoud"], dict):
            faults.append(("/inhoud", "type"))
        if "bijlagen" in c and c["bijlagen"] != []:
            faults.append(("/bijlagen", "te-lang"))
        if faults:
            raise Problem("inhoud-ongeldig", fouten=[
                {"pad": p, "reden": r} for p, r in faults])
        return c

    def store(self, caller, body, token, c, now):
        """Steps 10 to 16."""
        me = self.me
        jti, sha_jws = un_b64u(c["jti"], 16), wire.sha256(token.encode())
        old = me.received.get((caller, jti))
        if old is not None:
            if old["sha_jws"] != sha_jws:
                raise Problem("jti-hergebruikt")
            if old["receipt"] is None:
                raise Problem("vernietigd")
            return 200, JOSE, old["receipt"].encode()
        seqs = [r["seq"] for (iss, _), r in me.received.items()
                if iss == caller]
        if c["seq"] in seqs:
            raise Problem("volgnummer-hergebruikt", hoogste=max(seqs))
        if not (c["iat"] <= now + 300 and c["exp"] > now
                and c["exp"] - c["iat"] <= 14 * 86400):
            raise Problem("tijd-afwijkend", tijd=wire.moment(now))
        if c["ep"] not in [e["ep"] for e in me.book.json["oprf"]["epochs"]
                           if e["status"] in ("actief", "uitlopend")]:
            raise Problem("epoch-gesloten")
        today = dutch_date(now)
        sender, self_ = me.book.member(caller), me.book.member(me.oin)
        role = None
        if me.oin in sender["mag_naar"]:
            role = self.tables.may(c["srt"], sender, self_, c["inhoud"], today,
                                   me.book.json)
        if role is None:
            raise Problem("niet-toegestaan")
        faults = self.tables.faults(c["srt"], c["inhoud"], c["pid"], today)
        if faults:
            raise Problem("inhoud-ongeldig", fouten=faults[:64])
        if not role:
            raise Problem("niet-toegestaan")
        faults = self.tables.about(
            c["srt"], c["inhoud"], today,
            {b64u(j): m.claims["srt"] for (oin, j), m in me.sent.items()
             if oin == caller},
            {b64u(j): r["claims"]["srt"] for (iss, j), r in
             me.received.items() if iss == caller})
        faults = faults or self.tables.earlier(c, [
            r["claims"] for (iss, _), r in me.received.items()
            if iss == caller])
        if faults:
            raise Problem("inhoud-ongeldig", fouten=faults)
        return self.commit(caller, body, c, jti, sha_jws, now)

    def commit(self, caller, body, c, jti, sha_jws, now):
        me, salt = self.me, os.urandom(32)
        sha_jwe = wire.sha256(body)
        leaf, index = me.append("ontvangst", caller,
                                wire.log_ref(salt, sha_jwe, jti))
        proof = wire.proof_out(index, wire.inclusion(me.leaves, index),
                               me.checkpoint)
        receipt = wire.receipt_make(
            me.id, me.oin, caller, os.urandom(16), now, jti, sha_jwe, sha_jws,
            leaf, salt, proof)
        me.received[caller, jti] = {"sha_jws": sha_jws, "seq": c["seq"],
                                    "receipt": receipt, "claims": c}
        self.inbox.append((caller, c))
        return 201, JOSE, receipt.encode()

    # -- the other endpoints --

    def get(self, caller, path, query):
        me = self.me
        for pattern, _ in ROUTES:
            m = pattern.match(path)
            if m:
                arg = m.group(1) if m.groups() else None
                break
        if path == "/v1/sleutels":
            return 200, JOSE, me.bundle().encode()
        if path.endswith("/ontvangstbewijs"):
            try:
                r = me.received.get((caller, un_b64u(arg, 16)))
            except Refused as e:
                raise Problem("niet-gevonden") from e
            if r is None:
                raise Problem("bericht-onbekend")
            if r["receipt"] is None:
                raise Problem("vernietigd")
            return 200, JOSE, r["receipt"].encode()
        if path == "/v1/adresboek":
            return 200, NOTE, me.book.note.encode()
        if path.startswith("/v1/adresboek/"):
            if int(arg) not in me.books:
                raise Problem("adresboek-onbekend")
            return 200, NOTE, me.books[int(arg)].encode()
        if path == "/v1/afstemming":
            return 200, JOSE, self.reconciliation(caller, query).encode()
        if path == "/v1/contacten":
            return 200, JOSE, wire.jws_make(
                me.id, "overstap-contacten+jws", json_out({
                    "v": 1, "iss": me.oin, "versie": int(time.time()),
                    "iat": int(time.time()), "contacten": [{
                        "srt": "*", "naam": "Dora Balie", "functie": "",
                        "telefoon": "0612345678", "email": "",
                        "van": "2026-01-01", "tot": None}]})).encode()
        if path == "/v1/log/checkpoint":
            return 200, NOTE, me.checkpoint.encode()
        if path.startswith("/v1/log/tile/"):
            return 200, "application/octet-stream", self.tile(arg)
        return 200, "application/json", json_out({
            "v": 1, "oin": me.oin, "versie": "1.0.0",
            "adresboek": me.book.version,
            "log": {"oorsprong": 1, "omvang": len(me.leaves)},
            "tijd": wire.moment(int(time.time()))})

    def reconciliation(self, caller, query):
        me = self.me
        q = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        if set(q) != {"van", "tot"} or not all(
                re.match(r"(0|[1-9]\d{0,15})\Z", v) for v in q.values()):
            raise Problem("bereik-ongeldig")
        first, last = int(q["van"]), int(q["tot"])
        if not first <= last <= first + 999:
            raise Problem("bereik-ongeldig")
        with me.lock:
            rows = sorted(((r["seq"], jti, r) for (iss, jti), r in
                           me.received.items() if iss == caller),
                          key=lambda x: x[0])
            return wire.jws_make(me.id, "overstap-afstemming+jws", json_out({
                "v": 1, "iss": me.oin, "aud": caller, "iat": int(time.time()),
                "van": first, "tot": last,
                "hoogste": rows[-1][0] if rows else 0,
                "ontvangen": [{"seq": s, "jti": b64u(jti),
                               "sha256_jws": b64u(r["sha_jws"]),
                               "status": "ontvangen"}
                              for s, jti, r in rows if first <= s <= last],
                "verzonden": {"hoogste": me.seq.get(caller, 0),
                              "vervallen": []},
                "checkpoint": me.seen_checkpoints.get(caller, "")}))

    def tile(self, name):
        """C2SP tlog-tiles, hash tiles only."""
        m = re.match(r"(\d)/((?:x\d{3}/)*\d{3})(?:\.p/(\d{1,3}))?\Z", name)
        if not m:
            raise Problem("niet-gevonden")
        level = int(m[1])
        number = int(m[2].replace("x", "").replace("/", ""))
        row = self.me.leaves
        for _ in range(level):
            row = [wire.root(row[i:i + 256])
                   for i in range(0, len(row) - 255, 256)]
        hashes = row[number * 256:number * 256 + int(m[3] or 256)]
        if len(hashes) != int(m[3] or 256):
            raise Problem("niet-gevonden")
        return b"".join(hashes)

    def new_book(self, body):
        me = self.me
        note = body.decode("utf-8", "replace")
        with me.lock:
            try:
                version = wire.Book(note).version
            except (Refused, KeyError, TypeError) as e:
                raise Problem("adresboek-ongeldig") from e
            if me.books.get(version) == note:
                return 200, None, b""
            if version != me.book.version + 1:
                raise Problem("adresboek-niet-aansluitend")
            try:
                me.accept_book(note)
            except (Refused, KeyError, TypeError) as e:
                raise Problem("adresboek-ongeldig") from e
        return 204, None, b""


def dutch_date(now):
    """The civil date in the Netherlands: summer time from the last Sunday of
    March to that of October, 01:00 UTC."""
    def switch(month):
        last = datetime.datetime(year, month, 31, 1,
                                 tzinfo=datetime.timezone.utc)
        return last - datetime.timedelta(days=(last.weekday() + 1) % 7)
    t = datetime.datetime.fromtimestamp(now, datetime.timezone.utc)
    year = t.year
    summer = switch(3) <= t < switch(10)
    return (t + datetime.timedelta(hours=2 if summer else 1)).strftime(
        "%Y-%m-%d")


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = 75

    def setup(self):
        self.request.settimeout(5)
        self.request.do_handshake()
        super().setup()

    def log_message(self, *args):
        pass

    def version_string(self):
        return "overstap-partner"

    def answer(self, status, ctype, body, headers=()):
        self.send_response(status)
        self.send_header("API-Version", "1.0.0")
        self.send_header("Overstap-Adresboek",
                         str(self.server.receiver.me.book.version))
        for name, value in headers:
            self.send_header(name, value)
        if ctype:
            self.send_header("Content-Type", ctype)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def caller(self):
        """Asked of the book for every request."""
        der = self.request.getpeercert(True)
        oin = self.server.receiver.me.book.by_pin(spki_digest(der))
        if oin is None:
            raise Problem("partij-onbekend")
        return oin

    def body(self, limit, ctype):
        lengths = self.headers.get_all("Content-Length", [])
        length = lengths[0] if len(lengths) == 1 else ""
        if "Transfer-Encoding" in self.headers or not length.isdigit():
            self.drop(65536)
            raise Problem("lengte-nodig")
        if int(length) > limit:
            self.drop(min(int(length), 1024 * 1024))
            raise Problem("te-groot")
        raw = self.rfile.read(int(length))
        if self.headers.get("Content-Type") != ctype or self.headers.get(
                "Content-Encoding", "identity") != "identity":
            raise Problem("media-type")
        return raw

    def drop(self, left):
        """Read what the client still sends, so that it sees the answer and
        no reset; the connection ends after that."""
        self.close_connection = True
        self.request.settimeout(0.3)
        try:
            while left > 0 and (part := self.rfile.read1(min(left, 65536))):
                left -= len(part)
        except OSError:
            pass
        self.request.settimeout(self.timeout)

    def dispatch(self):
        r = self.server.receiver
        path, _, query = self.path.partition("?")
        hint = self.headers.get("Overstap-Adresboek", "")
        hint = int(hint) if re.match(r"[1-9]\d{0,9}\Z", hint) else 0
        caller = self.caller()
        methods = next((m for p, m in ROUTES if p.match(path)), None)
        if methods is None:
            raise Problem("niet-gevonden")
        if self.command not in methods.split(", "):
            raise Problem("methode", allow=methods)
        if self.command == "GET":
            return r.get(caller, path, query)
        if path == "/v1/adresboek":
            return r.new_book(self.body(2 * 1024 * 1024, NOTE))
        return r.message(caller, self.body(wire.JOSE_MAX, JOSE), hint)

    def handle_any(self):
        headers = []
        try:
            status, ctype, body = self.dispatch()
        except Problem as p:
            if "allow" in p.members:
                headers.append(("Allow", p.members.pop("allow")))
            if p.code == "tijdelijk-niet-beschikbaar":
                headers.append(("Retry-After", "30"))
            status, ctype, body = self.server.receiver.problem(p)
        self.answer(status, ctype, body, headers)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Listens for one Receiver until close()."""

    daemon_threads = True

    def __init__(self, partner, address):
        self.receiver = Receiver(partner)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.context.num_tickets = 0
        self.context.verify_mode = ssl.CERT_REQUIRED
        for der in partner.book.json["ca"]:
            self.context.load_verify_locations(cadata=wire.un_b64(der))
        self.context.load_cert_chain(partner.path("tls.crt"),
                                     partner.path("tls.key"))
        super().__init__(address, Handler)
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    def get_request(self):
        sock, peer = self.socket.accept()
        return self.context.wrap_socket(
            sock, server_side=True, do_handshake_on_connect=False), peer

    def handle_error(self, request, client_address):
        """A failed handshake or a peer that went away is no event here."""

    def close(self):
        self.shutdown()
        self.server_close()
        self.thread.join()
