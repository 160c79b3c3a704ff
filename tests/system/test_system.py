#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""test_system.py - what must hold with real processes, one scenario a run.

    test_system.py BINDIR SCENARIO

Each scenario makes a region of its own in a temporary folder (a vo school, an
mbo and a municipality; the last two hold a key share) and leaves nothing
behind.  Exit code 77: not possible on this machine, and why.
"""
import collections
import contextlib
import csv
import datetime
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)

from region import Refused, Region, Trouble, search_files  # noqa: E402

SKIP = 77
PUPILS = 60
NOTICES = 80  # of the vo, in the published table


class Skip(Exception):
    pass


def check(good, what):
    if not good:
        raise Trouble(what)


class Small(Region):
    """A region with the files of the generator, PUPILS pupils."""

    def __init__(self, folder, bindir):
        super().__init__(folder, bindir)
        self.gen = os.path.join(folder, "bestanden")
        subprocess.run(
            [os.path.join(self.bin, "overstap-generate"), "--pupils",
             str(PUPILS), "--table", os.path.join(
                 ROOT, "tests", "data", "ijssel-vecht-2018-2019.csv"),
             self.gen], check=True)
        with open(self.file("manifest.json"), encoding="utf-8") as f:
            self.manifest = json.load(f)
        self.want = self.manifest["verwacht"]
        o = self.manifest["organisaties"]
        for name, share in (("vo", None), ("mbo", 1), ("gemeente", 2)):
            x = o[name]
            brin = [x["brin"] + "/" + x["vestiging"]] if "brin" in x else []
            self.add(name, oin=x["oin"], naam=x["naam"], rol=x["rol"],
                     brin=brin, gemeenten=x.get("gemeenten", []), share=share)

    def file(self, name):
        return os.path.join(self.gen, name)

    def up(self):
        caps = {(a, b): 5000 for a, b in (
            ("vo", "mbo"), ("mbo", "mbo"), ("mbo", "vo"), ("vo", "gemeente"),
            ("mbo", "gemeente"))}
        self.make(figures={"dag": caps, "jaar": caps})
        return self

    def states(self, name, box, srt=None):
        """How many messages there are in each state."""
        c = collections.Counter()
        for kind, states in self.ask(name, "count")[1][box + "_srt"].items():
            if srt in (None, kind):
                c.update(states)
        return c

    def first_rows(self, src, n, dst):
        """A file with the first n rows of another."""
        with open(self.file(src), encoding="utf-8-sig", newline="") as f:
            rows = list(csv.reader(f, delimiter=";"))[:n + 1]
        with open(self.file(dst), "w", encoding="utf-8", newline="") as f:
            csv.writer(f, delimiter=";").writerows(rows)
        return self.file(dst)

    def load(self):
        """Everything is imported, nothing sent."""
        self.ov("mbo", "pupils", "load", self.file("mbo/leerlingen.csv"))
        for profile in ("overstapdossier", "uitschrijving"):
            out = self.ov("vo", "import", profile,
                          self.file("vo/%s.csv" % profile))["end"]
            check(out["fout"] == 0, "import %s: %r" % (profile, out))

    def ready(self, name):
        """Until every pseudonym asked for is there: what is tested next is
        delivery, and not the minute after which a holder is asked again."""
        def waiting():
            p = self.ask(name, "count")[1]["pseudoniemen"]
            return p.get("aantal", 0) > 0 and not p.get("wacht", 0)
        self.wait_until(waiting, 90, "%s has its pseudonyms" % name)

    def all_there(self, deadline=50):
        """Everything the vo had is at the other side, once, and in place."""
        n = PUPILS + NOTICES
        self.wait_until(
            lambda: self.states("vo", "outbox")["AFGELEVERD"] == n, deadline,
            "the vo delivered everything (%s)" % self.states("vo", "outbox"))
        w = self.want
        self.wait_until(
            lambda: self.states("mbo", "inbox", "overstapdossier") == {
                "GEKOPPELD": w["gekoppeld"], "TWIJFEL": w["twijfel"],
                "ONBEKEND": w["onbekend"]}, deadline,
            "the mbo linked what it must: %s" % self.states("mbo", "inbox"))
        for name, count in (("mbo", PUPILS), ("gemeente", NOTICES)):
            rows = self.ask(name, "inbox.list")[0]
            check(len(rows) == count, "%s has %d messages, not %d"
                  % (name, len(rows), count))
        for name in self.members:
            check(self.ov(name, "log", "verify")["end"]["goed"],
                  "the log of %s does not verify" % name)


# ---- scenarios --------------------------------------------------------------

def one_message(r):
    """One dossier from file to file, with its receipt."""
    r.up()
    one = r.first_rows("vo/overstapdossier.csv", 1, "een.csv")
    with open(one, encoding="utf-8", newline="") as f:
        row = next(csv.DictReader(f, delimiter=";"))
    with open(r.file("mbo/een.csv"), "w", encoding="utf-8") as f:
        f.write("eigenReferentie;pgn;geboortedatum;schoolVerlaten\n"
                "M1;%s;%s;91ZA\n" % (row["pgn"], row["geboortedatum"]))
    check(r.ov("mbo", "pupils", "load", r.file("mbo/een.csv"))["end"][
        "geladen"] == 1, "one applicant")
    out = r.ov("vo", "import", "overstapdossier", one)["end"]
    check((out["goed"], out["fout"]) == (1, 0), "import: %r" % out)
    again = r.ov("vo", "import", "overstapdossier", one)["end"]
    check((again["goed"], again["gelijk"]) == (0, 1),
          "the same file again is the same draft: %r" % again)
    r.ov("vo", "send", "--all")
    r.wait_until(lambda: r.states("mbo", "inbox")["GEKOPPELD"] == 1, 30,
                 "it arrives and links")
    r.wait_until(lambda: r.states("vo", "outbox")["AFGELEVERD"] == 1, 30,
                 "its receipt arrives")
    mine = r.rows("vo", "outbox")[0]
    theirs = r.rows("mbo", "inbox")[0]
    check(theirs["eigenReferentie"] == "M1", "linked to the applicant")
    shown = r.rows("mbo", "inbox", "show", theirs["nr"])[0]
    check(shown["inhoud"]["geslachtsnaam"] == row["geslachtsnaam"],
          "the content is what was sent")
    exported = r.ov("mbo", "export", "overstapdossier")["rows"]
    check(len(exported) == 1 and exported[0]["inhoud"] == shown["inhoud"],
          "export gives the same")
    kinds = [x["soort"] for x in r.rows("mbo", "log", "show")]
    check(kinds.count("inzien") >= 2, "every reading is in the log: %r"
          % kinds)
    bon = r.file("bon.txt")
    r.run("-i", r.members["vo"].dir, "export", "receipt", mine["nr"], "-o",
          bon)
    r.run("receipt", "verify", bon)
    with open(bon, "rb") as f:
        raw = bytearray(f.read())
    raw[40] ^= 1
    with open(bon, "wb") as f:
        f.write(raw)
    p = subprocess.run([os.path.join(r.bin, "overstap"), "receipt", "verify",
                        bon], capture_output=True, check=False)
    check(p.returncode not in (0, None), "a changed receipt is refused")


def kill(role):
    def scenario(r):
        r.up()
        r.load()
        r.ov("vo", "send", "--all")
        for name in ("mbo", "vo", "gemeente"):
            if role in r.members[name].roles():
                # Only while there is traffic does it say anything.
                r.wait_until(lambda n=name: r.pid(n, role), 20, "it runs")
                r.kill_role(name, role)
                time.sleep(0.3)
        for name in r.members:
            r.wait_until(lambda n=name: r.answers(n), 30,
                         "%s is back" % name)
        r.wait_until(lambda: len(r.processes()) == 11, 30, "all eleven run")
        r.ask("vo", "outbox.retry", {"alles": True})
        r.all_there()
    scenario.__doc__ = ("kill -9 of %s at every member during traffic: "
                        "nothing missing, nothing twice" % role)
    return scenario


def kill_everything(r):
    """kill -9 of the mbo as a whole, and start it again."""
    r.up()
    r.load()
    r.ready("vo")
    r.ready("mbo")
    r.ov("vo", "send", "--all")
    r.kill_all("mbo")
    time.sleep(1)
    r.start("mbo")
    r.ask("vo", "outbox.retry", {"alles": True})
    r.all_there()


@contextlib.contextmanager
def small_disk(r, name):
    """A member keeps its state on a small file system; its folder."""
    disk = os.path.join(r.folder, "klein")
    os.makedirs(disk)
    p = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128m,mode=700",
                        "overstap-test", disk], capture_output=True,
                       check=False)
    if p.returncode != 0:
        raise Skip("a small file system cannot be mounted here")
    try:
        r.members[name].conf["state"] = disk
        r.up()
        yield disk
    finally:
        r.close()
        subprocess.run(["umount", disk], check=False)


def fill(disk):
    """Until nothing fits; the file to remove for room."""
    path = os.path.join(disk, "vulling")
    with open(path, "wb", buffering=0) as f:
        try:
            while f.write(bytes(4096)) == 4096:
                pass
        except OSError:
            pass
    return path


def full_disk_sender(r):
    """A full disk at the sender: import and send refuse and say so, nothing
    is half done, and later it goes on."""
    with small_disk(r, "vo") as disk:
        def full(*argv):
            try:
                r.ov("vo", *argv)
            except Refused as e:
                check((e.code, e.fout.get("code")) == (1, "schijf-vol"),
                      "%s: %s" % (argv[0], e))
            else:
                raise Trouble("%s on a full disk" % argv[0])
        file = r.file("vo/overstapdossier.csv")
        path = fill(disk)
        full("import", "overstapdossier", file)
        check(not r.rows("vo", "drafts"), "nothing is imported")
        os.unlink(path)
        r.ov("vo", "import", "overstapdossier", file)
        r.ready("vo")
        path = fill(disk)
        full("send", "--all")
        check(not r.rows("vo", "outbox"), "nothing is sent")
        os.unlink(path)
        check(r.ov("vo", "send", "--all")["end"]["opgesteld"] == PUPILS,
              "all of it is sent")
        r.wait_until(lambda: r.states("vo", "outbox")["AFGELEVERD"] == PUPILS,
                     40, "all is delivered afterwards", 1)
        check(len(r.ask("mbo", "inbox.list")[0]) == PUPILS, "once each")
        check(r.ov("vo", "log", "verify")["end"]["goed"], "the log")


def full_disk(r):
    """A full disk at the receiver: 507, no receipt, later everything."""
    with small_disk(r, "gemeente") as disk:
        out = r.ov("vo", "import", "uitschrijving",
                   r.file("vo/uitschrijving.csv"))["end"]
        check(out["fout"] == 0, "import: %r" % out)
        r.ready("vo")
        path = fill(disk)
        r.ov("vo", "send", "--all")
        r.wait_until(lambda: any(
            "opslag-vol" in str(x["fout"])
            for x in r.ask("vo", "outbox.list")[0]), 30,
            "the vo is told 507 opslag-vol")
        check(r.states("vo", "outbox")["GEWEIGERD"] == 0,
              "nothing is given up")
        os.unlink(path)
        r.wait_until(lambda: r.answers("gemeente"), 30, "it still runs")

        def delivered():
            r.ask("vo", "outbox.retry", {"alles": True})
            return r.states("vo", "outbox")["AFGELEVERD"] == NOTICES
        r.wait_until(delivered, 40, "all is delivered afterwards", 1)
        check(len(r.ask("gemeente", "inbox.list")[0]) == NOTICES,
              "once each")
        check(r.ov("gemeente", "log", "verify")["end"]["goed"], "the log")


def ask_status(r, crt, key):
    """GET /v1/status of the mbo with some certificate: "handshake", or the
    status and code."""
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname = False
    c.verify_mode = ssl.CERT_NONE
    if crt:
        c.load_cert_chain(crt, key)
    import http.client
    con = http.client.HTTPSConnection("localhost", r.members["mbo"].port,
                                      context=c, timeout=10)
    try:
        con.request("GET", "/v1/status")
        a = con.getresponse()
        body = a.read()
    except (OSError, http.client.HTTPException):
        return "handshake"
    finally:
        con.close()
    code = ""
    if a.headers.get("Content-Type") == "application/problem+json":
        code = json.loads(body)["type"].rpartition(":")[2]
    return "%d %s" % (a.status, code)


def certificate(r, name, start, days, own_key=True):
    """A certificate from the region's CA for the vo's key, or another key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def pem(path):
        with open(path, "rb") as f:
            return f.read()
    m = r.members["vo"]
    ca = x509.load_pem_x509_certificate(pem(os.path.join(r.dir, "ca.crt")))
    ca_key = serialization.load_pem_private_key(
        pem(os.path.join(r.dir, "ca.key")), None)
    key = (serialization.load_pem_private_key(
        pem(os.path.join(m.dir, "credentials", "net", "tls.key")), None)
        if own_key else ec.generate_private_key(ec.SECP256R1()))
    now = datetime.datetime.now(datetime.timezone.utc)
    begin = now + datetime.timedelta(days=start)
    crt = x509.CertificateBuilder().subject_name(x509.Name([
        x509.NameAttribute(NameOID.COMMON_NAME, "proef"),
        x509.NameAttribute(NameOID.SERIAL_NUMBER, m.oin)])).issuer_name(
        ca.subject).public_key(key.public_key()).serial_number(
        x509.random_serial_number()).not_valid_before(
        begin).not_valid_after(
        begin + datetime.timedelta(days=days)).add_extension(
        x509.SubjectAlternativeName([x509.DNSName("localhost")]),
        False).add_extension(x509.ExtendedKeyUsage(
            [ExtendedKeyUsageOID.CLIENT_AUTH,
             ExtendedKeyUsageOID.SERVER_AUTH]), False).sign(
        ca_key, hashes.SHA256())
    paths = [os.path.join(r.folder, name + x) for x in (".crt", ".key")]
    with open(paths[0], "wb") as f:
        f.write(crt.public_bytes(serialization.Encoding.PEM))
    with open(paths[1], "wb") as f:
        f.write(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()))
    return paths


def points(r, name):
    """What check says: {point: state}, the worst of each."""
    out = {}
    for x in r.ov(name, "check", code=None)["rows"]:
        if out.get(x["punt"]) != "fout":
            out[x["punt"]] = x["staat"]
    return out


def own_expired(r, path):
    """A member whose own certificate is past: its check says so and what to
    do, a partner counts it per source, and a new one mends it."""
    with open(path, "rb") as f:
        kept = f.read()
    crt = certificate(r, "eigen", -30, 10)[0]
    r.stop("vo")
    shutil.copy(crt, path)
    r.start("vo")
    check(points(r, "vo")["certificate"] == "fout", "check of its holder")
    seen = [x for x in r.rows("mbo", "partners", "strangers")
            if x["reden"] == "verlopen"]
    check(len(seen) == 1 and seen[0]["bron"] == "127.0.0.1" and
          seen[0]["partner"] == r.members["vo"].naam and
          seen[0]["aantal"] >= 2, "counted: %r" % seen)
    check(points(r, "mbo")["strangers"] == "let-op", "check of the partner")
    r.stop("vo")
    with open(path, "wb") as f:
        f.write(kept)
    r.start("vo")
    check("fout" not in points(r, "vo").values(), "all is well again")


def certificates(r):
    """No certificate, a stranger's, an expired one, that of a suspended
    member: refused; the good one is served before and after."""
    r.up()
    good = [os.path.join(r.members["vo"].dir, "tls.crt"),
            os.path.join(r.members["vo"].dir, "credentials", "net",
                         "tls.key")]
    check(ask_status(r, *good).startswith("200"), "the vo is served")
    check(ask_status(r, None, None) == "handshake", "without a certificate")
    for name, args in (("vreemd", (-1, 30, False)),
                       ("verlopen", (-30, 10)), ("later", (5, 30))):
        got = ask_status(r, *certificate(r, name, *args))
        check(got in ("handshake", "403 partij-onbekend"),
              "%s: %s" % (name, got))
    check(ask_status(r, *good).startswith("200"), "the vo is still served")
    own_expired(r, good[0])
    r.run("region", "remove", r.dir, r.members["vo"].oin, "--suspend")
    r.note = r.sign()
    r.run("-i", r.members["mbo"].dir, "join", r.note, "--fingerprint",
          r.vinger)
    got = ask_status(r, *good)
    check(got == "403 partij-onbekend", "suspended: %s" % got)


def book_travels(r):
    """A new version, given to one member, reaches the others by the header
    of ordinary traffic."""
    r.up()
    r.figure("dag", {("vo", "gemeente"): 4000})
    r.note = r.sign()
    check(r.versie == 2, "a second version")
    r.run("-i", r.members["gemeente"].dir, "join", r.note, "--fingerprint",
          r.vinger)
    check(r.ov("gemeente", "status")["end"]["adresboek"] == 2, "joined")
    r.load()
    r.ov("vo", "send", "--all")
    for name in ("vo", "mbo"):
        r.wait_until(lambda n=name: r.ov(n, "status")["end"]["adresboek"] == 2,
                     40, "version 2 reached " + name, 0.5)
    r.all_there()


def nothing_on_disk(r):
    """After everything has its pseudonym no PGN, and never a name, stands in
    any file of any member."""
    r.up()
    r.load()
    r.ov("vo", "send", "--all")
    r.all_there()
    needles = set()
    for name in ("vo/overstapdossier.csv", "vo/uitschrijving.csv"):
        with open(r.file(name), encoding="utf-8-sig", newline="") as f:
            for row in csv.DictReader(f, delimiter=";"):
                needles |= {row["pgn"].encode(), row["geslachtsnaam"].encode()}
    with open(r.file("mbo/leerlingen.csv"), encoding="utf-8-sig",
              newline="") as f:
        needles |= {x["pgn"].encode() for x in csv.DictReader(f,
                                                               delimiter=";")}
    check(len(needles) > 200, "there is something to look for")
    for name, m in r.members.items():
        found = search_files(m.dir, needles)
        check(not found, "%s: %r" % (name, found[:3]))
    oin = r.members["mbo"].oin.encode()
    check(search_files(os.path.join(r.members["vo"].dir, "state"), [oin]),
          "the search finds what is there")


def closed_dossier(r):
    """No command shows or exports a dossier that is not linked."""
    r.up()
    r.load()
    r.ov("vo", "send", "--all")
    r.all_there()
    for state, code in (("ONBEKEND", "niet-gekoppeld"),
                        ("TWIJFEL", "twijfel")):
        rows = [x for x in r.rows("mbo", "inbox") if x["stand"] == state]
        check(rows, "there are dossiers " + state)
        try:
            r.ov("mbo", "inbox", "show", rows[0]["nr"])
            raise Trouble("a dossier %s was shown" % state)
        except Refused as e:
            check(e.fout.get("code") == code, str(e))
    check(len(r.ov("mbo", "export", "overstapdossier")["rows"]) ==
          r.want["gekoppeld"], "export holds the linked ones only")


SCENARIOS = {
    "one_message": one_message, "kill_net": kill("net"),
    "kill_store": kill("store"), "kill_vault": kill("vault"),
    "kill_houder": kill("houder"), "kill_everything": kill_everything,
    "full_disk": full_disk, "full_disk_sender": full_disk_sender,
    "certificates": certificates,
    "book_travels": book_travels, "nothing_on_disk": nothing_on_disk,
    "closed_dossier": closed_dossier}


def main(argv):
    if len(argv) != 3 or argv[2] not in SCENARIOS:
        print(__doc__.strip() + "\n\nScenarios: " + " ".join(SCENARIOS),
              file=sys.stderr)
        return 2
    folder = tempfile.mkdtemp(prefix="overstap-test-")
    region = Small(folder, argv[1])
    try:
        with region:
            SCENARIOS[argv[2]](region)
    except Skip as e:
        print("skipped: %s" % e)
        return SKIP
    except Trouble as e:
        print("FAILED: %s" % e)
        for name, m in region.members.items():
            if os.path.exists(os.path.join(m.dir, "overstapd.log")):
                print("--- %s\n%s" % (name, region.journal(name, 25)))
        return 1
    finally:
        region.close()
        shutil.rmtree(folder, ignore_errors=True)
    print("good: %s" % (SCENARIOS[argv[2]].__doc__ or "").split("\n")[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
