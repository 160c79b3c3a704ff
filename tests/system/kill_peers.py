#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""kill_peers.py - partners that are wrong, slow or live in another time, with
real processes.

    kill_peers.py BINDIR

Certificates that do not fit are refused and counted, a partner that accepts
and never answers costs the others nothing and opens the breaker, and clocks
that differ are told so and mended.
"""
import datetime
import os
import shutil
import socket
import ssl
import sys
import tempfile
import threading
import time
import types

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import test_system  # noqa: E402
from region import Trouble  # noqa: E402
from kill_shim import World  # noqa: E402
from test_interop import content  # noqa: E402
from wire import Refused  # noqa: E402
import listener  # noqa: E402

from cryptography import x509  # noqa: E402
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID  # noqa: E402

PGN, BORN = "123456782", "2008-02-29"
check = test_system.check


def pem(path):
    with open(path, "rb") as f:
        return f.read()


def certificate(r, name, out, host="localhost", oin=None, start=-1, days=30,
                other_ca=False):
    """A certificate of the region's CA, or of one of the same name, for a
    member's own key."""
    m = r.members[name]
    ca = x509.load_pem_x509_certificate(pem(os.path.join(r.dir, "ca.crt")))
    ca_key = serialization.load_pem_private_key(
        pem(os.path.join(r.dir, "ca.key")), None)
    if other_ca:
        ca_key = ec.generate_private_key(ec.SECP256R1())
    csr = x509.load_pem_x509_csr(pem(os.path.join(m.dir, "tls.csr")))
    begin = datetime.datetime.now(
        datetime.timezone.utc) + datetime.timedelta(days=start)
    crt = x509.CertificateBuilder().subject_name(x509.Name([
        x509.NameAttribute(NameOID.COMMON_NAME, "proef"),
        x509.NameAttribute(NameOID.SERIAL_NUMBER, oin or m.oin)])).issuer_name(
        ca.subject).public_key(csr.public_key()).serial_number(
        x509.random_serial_number()).not_valid_before(begin).not_valid_after(
        begin + datetime.timedelta(days=days)).add_extension(
        x509.SubjectAlternativeName([x509.DNSName(host)]),
        False).add_extension(x509.ExtendedKeyUsage(
            [ExtendedKeyUsageOID.CLIENT_AUTH,
             ExtendedKeyUsageOID.SERVER_AUTH]), False).sign(
        ca_key, hashes.SHA256())
    with open(out, "wb") as f:
        f.write(crt.public_bytes(serialization.Encoding.PEM))


def refused(r):
    """Refusals the mbo counted since its start."""
    since = r.count("mbo")["sinds_start"]
    return since["handdrukken_geweigerd"] + since["vreemden"]


def strangers(r, reden):
    """How often the mbo refused 127.0.0.1 for this reason, by its table."""
    rows = [x for x in r.ask("mbo", "partners.strangers")[0]
            if (x["bron"], x["reden"]) == ("127.0.0.1", reden)]
    check(len(rows) <= 1, "one row for a source and a reason")
    return sum(x["aantal"] for x in rows)


def told(r, words, doe):
    """check says it, with what to do."""
    rows = r.ask("mbo", "check", {"net": False})[0]
    check(any(x["punt"] == "strangers" and x["staat"] == "let-op"
              and words in x["tekst"] and "127.0.0.1" in x["tekst"]
              and doe in x["doe"] for x in rows), "check says: " + words)


def clients(r):
    """No certificate, a key of no member, expired, not yet valid, another
    organisation's name, another CA: refused, each counted under its source;
    the good certificate is served before and after."""
    m = r.members["vo"]
    key = os.path.join(m.dir, "credentials", "net", "tls.key")
    good, bad = os.path.join(m.dir, "tls.crt"), os.path.join(r.folder, "x.crt")
    check(test_system.ask_status(r, good, key).startswith("200"), "served")
    own = test_system.certificate(r, "vreemd", -1, 30, False)
    for what, reden, args in (
            ("no certificate", "geen-handdruk", None),
            ("unknown key", "geen-lid", own),
            ("expired", "verlopen", {"start": -30, "days": 10}),
            ("not yet valid", "verlopen", {"start": 5}),
            ("another's name", "andere-naam", {"oin": r.members["mbo"].oin}),
            ("another CA", "andere-uitgever", {"other_ca": True})):
        before = refused(r), strangers(r, reden)
        if args is None:
            pair = None, None
        elif args is own:
            pair = own
        else:
            certificate(r, "vo", bad, **args)
            pair = bad, key
        got = test_system.ask_status(r, *pair)
        check(got == ("handshake" if args is None else "403 partij-onbekend"),
              "%s: %s" % (what, got))
        r.wait_until(
            lambda b=before, w=reden: (refused(r), strangers(r, w))
            == (b[0] + 1, b[1] + 1), 10, "%s is counted" % what)
    told(r, "keys of no member: refused 1 time,", "block the source")
    told(r, "expired or not valid yet: refused 2 times", "tell this partner")
    told(r, "another's OIN: refused 1 time,", "tell this partner")
    told(r, "another CA: refused 1 time,", "tell this partner")
    out = r.run("-i", r.members["mbo"].dir, "partners", "strangers")
    check("127.0.0.1" in out and "andere-naam" in out
          and max(map(len, out.splitlines())) <= 80, "strangers: " + out)
    out = r.ov("mbo", "partners", "strangers")
    check(len(out["rows"]) == 5, "--json: %r" % out)
    check(test_system.ask_status(r, good, key).startswith("200"),
          "still served")


def server(r, drafts):
    """The mbo's certificate is for another host: nobody sends to it."""
    path = os.path.join(r.members["mbo"].dir, "tls.crt")
    shutil.copy(path, path + ".goed")
    certificate(r, "mbo", path, host="elders.example")
    r.stop("mbo")
    r.start("mbo")
    r.ov("vo", "send", drafts.pop())
    r.wait_until(lambda: state(r, "vo", "mbo")["fouten"] > 0, 20,
                 "the vo does not like it")
    check(r.states("vo", "outbox")["AFGELEVERD"] == 0, "nothing was sent")
    check(not r.ask("mbo", "inbox.list")[0], "nothing arrived")
    os.replace(path + ".goed", path)
    r.stop("mbo")
    r.start("mbo")
    delivered(r, "vo", 1)


def state(r, name, other):
    """What a member says of another."""
    return next(x for x in r.ask(name, "partners.list")[0]
                if x["oin"] == r.members[other].oin)


def delivered(r, name, n, deadline=30):
    def done():
        if r.states(name, "outbox")["AFGELEVERD"] == n:
            return True
        r.ask(name, "outbox.retry", {"alles": True})
        return False
    r.wait_until(done, deadline, "%s delivers %d" % (name, n), 0.5)


def future(r, me, pid):
    """A partner whose clock is ahead is told so, and nothing is kept."""
    mbo = r.members["mbo"].oin
    before = len(r.ask("mbo", "inbox.list")[0])
    claims = me.claims(mbo, "overstapdossier", content(
        "dossier-minimaal.json", geboortedatum=BORN), pid)
    claims["iat"] += 1000
    body = me.seal(mbo, me.sign(mbo, claims))
    a = me.post(mbo, body)
    check((a.status, a.code) == (409, "tijd-afwijkend"),
          "from the future: %d %s" % (a.status, a.code))
    check(len(r.ask("mbo", "inbox.list")[0]) == before, "nothing is stored")
    me.seq[mbo] -= 1


def dossiers(r, me, pid, n):
    """n dossiers of the Python partner, whose answers are still to be sent;
    their numbers in the mbo's inbox."""
    for _ in range(n):
        me.send(r.members["mbo"].oin, "overstapdossier", content(
            "dossier-minimaal.json", geboortedatum=BORN), pid, os.urandom(16))

    def linked():
        rows = [x["nr"] for x in r.ask("mbo", "inbox.list")[0]
                if x["stand"] == "GEKOPPELD"]
        return rows if len(rows) >= n else None
    return r.wait_until(linked, 20, "they are linked")


def other_clock(r, nr):
    """A receiver whose clock is behind: the mbo says so, keeps the message
    and delivers it when the clock is right."""
    late = types.SimpleNamespace(**vars(time))
    late.time = lambda: time.time() - 1000
    listener.time = late
    try:
        r.ov("mbo", "inbox", "accept", nr)
        r.wait_until(lambda: any(
            x["fout"] == "tijd-afwijkend" for x in r.ask(
                "mbo", "outbox.list")[0]), 20, "it hears tijd-afwijkend")
        check(r.states("mbo", "outbox")["GEWEIGERD"] == 0, "it is kept")
    finally:
        listener.time = time
    delivered(r, "mbo", 1)


class Silent:
    """Accepts connections and handshakes, and never says a word."""

    def __init__(self, partner, port):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(partner.path("tls.crt"),
                                     partner.path("tls.key"))
        self.sock = socket.create_server(("127.0.0.1", port))
        self.open, self.n = [], 0
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                plain = self.sock.accept()[0]
            except OSError:
                return
            self.n += 1
            try:
                plain.settimeout(5)
                self.open.append(self.context.wrap_socket(
                    plain, server_side=True))
            except OSError:
                plain.close()

    def close(self):
        self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
        for s in self.open:
            s.close()


def slow(r, numbers, drafts):
    """A partner that never answers: others are served, the breaker opens,
    and when he answers everything arrives."""
    r.servers.pop("school").close()
    school = r.members["school"]
    silent = Silent(r.partners["school"], school.port)
    try:
        r.stop("mbo")  # a connection that is kept would go on answering
        r.start("mbo")
        for nr in numbers:
            r.ov("mbo", "inbox", "accept", nr)
        r.wait_until(lambda: silent.open, 20, "the mbo connects")
        begin = time.monotonic()
        n = r.states("vo", "outbox")["AFGELEVERD"]
        for _ in range(10):
            r.ov("vo", "send", drafts.pop())
        delivered(r, "vo", n + 10, 15)
        check(r.ask("mbo", "status", timeout=2), "the control socket")
        check(state(r, "mbo", "school")["wachtend"] == len(numbers),
              "all of his are waiting: %r" % state(r, "mbo", "school"))
        check(time.monotonic() - begin < 20, "others had to wait")
        r.wait_until(lambda: state(r, "mbo", "school")["fouten"] >= 5, 60,
                     "the breaker opens")
        time.sleep(1.5)
        was = silent.n
        time.sleep(6)
        check(silent.n == was, "it goes on trying: %d" % (silent.n - was))
        check(r.states("mbo", "outbox")["GEWEIGERD"] == 0, "nothing is lost")
    finally:
        silent.close()
    r.servers["school"] = listener.Server(r.partners["school"],
                                          ("127.0.0.1", school.port))
    delivered(r, "mbo", len(numbers) + 1)
    check(state(r, "mbo", "school")["fouten"] == 0, "the breaker closes")


def suspended(r, me):
    """A member that the region suspends is refused and counted."""
    r.run("region", "remove", r.dir, me.oin, "--suspend")
    r.note = r.sign()
    r.run("-i", r.members["mbo"].dir, "join", r.note, "--fingerprint",
          r.vinger)
    before = refused(r)
    try:
        a = me.request(r.members["mbo"].oin, "GET", "/v1/status")
        check((a.status, a.code) == (403, "partij-onbekend"),
              "suspended: %d %s" % (a.status, a.code))
    except (OSError, Refused) as e:
        raise Trouble("suspended: no answer: %s" % e) from e
    r.wait_until(lambda: refused(r) == before + 1, 10, "it is counted")
    check(strangers(r, "ingetrokken") == 1, "under its source")
    told(r, "suspended or gone: refused 1 time,", "administrators")


def scenario(r):
    me = r.partners["school"]
    r.ov("vo", "import", "overstapdossier", r.file("vo/overstapdossier.csv"))
    name = os.path.join(r.folder, "aanmelders.csv")
    with open(name, "w", encoding="utf-8") as f:
        f.write("eigenReferentie;pgn;geboortedatum;schoolVerlaten\n"
                "M1;%s;%s;25PU\n" % (PGN, BORN))
    r.ov("mbo", "pupils", "load", name)
    r.ready("vo")
    drafts = [x["nr"] for x in r.ask("vo", "drafts.list")[0]
              if x["srt"] == "overstapdossier"]
    pid = me.pid(r.members["mbo"].oin, PGN)
    clients(r)
    server(r, drafts)
    future(r, me, pid)
    numbers = dossiers(r, me, pid, 8)
    other_clock(r, numbers.pop())
    slow(r, numbers, drafts)
    suspended(r, me)
    for name in ("vo", "mbo"):
        check(r.ask(name, "log.verify")[1]["goed"], "the log of " + name)


def main(argv):
    if len(argv) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    folder = tempfile.mkdtemp(prefix="overstap-peers-")
    region = World(folder, argv[1])
    try:
        with region:
            scenario(region.up())
    except Exception as e:
        print("FAILED: %s: %s" % (type(e).__name__, e))
        for name, m in region.members.items():
            if os.path.exists(os.path.join(m.dir, "overstapd.log")):
                print("--- %s\n%s" % (name, region.journal(name, 25)))
        if not isinstance(e, Trouble):
            raise
        return 1
    finally:
        region.close()
        shutil.rmtree(folder, ignore_errors=True)
    print("good: wrong certificates, other clocks, a partner that is silent")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
