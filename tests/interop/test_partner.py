#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""The independent partner against itself: two of them over real mutual TLS in
a region made here, and the wall of refusals before one.  Shows that partner
and wall agree with each other before either meets the daemons.
"""

import datetime
import json
import os
import ssl
import sys
import tempfile
import time
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import muur
import oprf
import wire
from listener import Server, dutch_date
from partner import Partner, verify_export, verify_receipts
from wire import Refused, b64, b64u, json_out

VO, MBO, GEM, STRANGER = ("00000099000000%06d" % n for n in (
    1000, 2000, 9000, 777000))
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")
ROLES = {VO: ["vo"], MBO: ["mbo"], GEM: ["leerplicht", "doorstroompunt"]}


def content(name):
    with open(os.path.join(DATA, name), encoding="utf-8") as f:
        return json.load(f)


class World:
    """A region of Python partners with a CA and two of three administrators
    of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.ca_key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "proef")])
        now = datetime.datetime.utcnow()
        self.ca = x509.CertificateBuilder().subject_name(name).issuer_name(
            name).public_key(self.ca_key.public_key()).serial_number(
            1).not_valid_before(now - datetime.timedelta(hours=1)
                                ).not_valid_after(
            now + datetime.timedelta(days=9)).add_extension(
            x509.BasicConstraints(True, 0), True).sign(
            self.ca_key, hashes.SHA256())
        self.admins = [wire.SignKey(os.urandom(32)) for _ in range(3)]
        self.names = ["log.example/regio/proef/beheerder/" + n
                      for n in ("anna", "bram", "carla")]
        self.partners, self.servers = {}, {}
        for i, oin in enumerate((VO, MBO, GEM, STRANGER)):
            os.mkdir(os.path.join(folder, oin))
            self.partners[oin] = Partner(
                os.path.join(folder, oin), oin, "proef", "log.example",
                "Partner %d" % i, ROLES.get(oin, ["vo"]),
                "https://localhost:%d" % (41000 + i),
                [{"brin": "%02dAA" % i, "vestigingen": ["00"]}])
            self.issue(self.partners[oin])
        self.note, self.text = None, None
        self.publish(1)

    def issue(self, p):
        with open(p.path("tls.csr"), "rb") as f:
            csr = x509.load_pem_x509_csr(f.read())
        now = datetime.datetime.utcnow()
        san = csr.extensions.get_extension_for_class(
            x509.SubjectAlternativeName).value
        crt = x509.CertificateBuilder().subject_name(csr.subject).issuer_name(
            self.ca.subject).public_key(csr.public_key()).serial_number(
            x509.random_serial_number()).not_valid_before(
            now - datetime.timedelta(hours=1)).not_valid_after(
            now + datetime.timedelta(days=5)).add_extension(
            san, False).sign(self.ca_key, hashes.SHA256())
        with open(p.path("tls.crt"), "wb") as f:
            f.write(crt.public_bytes(serialization.Encoding.PEM))

    def members(self):
        out = []
        for oin in (VO, MBO, GEM):
            card = json.loads(self.partners[oin].card().split("\n")[0])
            for k in ("type", "v", "regio", "logdomein"):
                del card[k]
            card.update(status="actief", id_vorige=None, suites=["OS1"],
                        mag_naar=[o for o in (VO, MBO, GEM) if o != oin],
                        url="https://localhost:%d" % (
                            self.servers[oin].server_address[1]
                            if oin in self.servers else 41000))
            out.append(card)
        return out

    def publish(self, version, signers=(0, 1), **change):
        """Version n of the book, signed; nobody has it yet."""
        der = self.ca.public_bytes(serialization.Encoding.DER)
        now = int(time.time())
        book = {
            "type": "overstap-adresboek", "v": 1, "regio": "proef",
            "versie": version, "vorige": b64(wire.sha256(
                self.text.encode())) if version > 1 else "",
            "uitgegeven": wire.moment(now),
            "geldig_tot": wire.moment(now + 30 * 86400),
            "logdomein": "log.example", "drempel": 2,
            "beheerders": [wire.vkey_out(n, 1, k.pk) for n, k in zip(
                self.names, self.admins)],
            "leden": self.members(), "ca": [b64(der)],
            "oprf": {"epochs": [{"ep": 1, "status": "actief",
                                 "van": wire.moment(now), "delen": {},
                                 "manifesten": {}}], "budget": {}},
            "log": {"minimum_getuigen": 2}, "ingetrokken": []}
        book.update(change)
        text = json_out(book).decode() + "\n"
        return text, text + "\n" + "".join(
            wire.note_sign(text, self.names[i], 1, self.admins[i])
            for i in signers)

    def start(self):
        self.text, self.note = self.publish(1)
        for p in self.partners.values():
            p.accept_book(self.note, wire.fingerprint(self.text))
        for oin in (VO, MBO, GEM):
            self.servers[oin] = Server(self.partners[oin], ("127.0.0.1", 0))
        self.text, self.note = self.publish(2)
        for p in self.partners.values():
            p.accept_book(self.note)

    def close(self):
        for s in self.servers.values():
            s.close()


class PartnerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.world = World(cls.folder.name)
        cls.world.start()
        cls.vo, cls.mbo = (cls.world.partners[o] for o in (VO, MBO))
        # Nobody holds shares here: Y as the two holders would give it.
        keys = [oprf.derive_key(bytes([s]) * 32, oprf.share_info(
            "proef", MBO, 1, s))[0] for s in (1, 2)]
        x = oprf.pgn_input("123456782")
        r = 12345
        b = oprf.Element.decode(oprf.blind(x, r))
        cls.vo.cache[MBO, 1, "123456782"] = oprf.finish(
            x, r, [(b * k).encode() for k in keys])
        cls.pid = cls.vo.pid(MBO, "123456782")

    @classmethod
    def tearDownClass(cls):
        cls.world.close()
        cls.folder.cleanup()

    def test_send_and_wall(self):
        m, receipt = self.vo.send(MBO, "overstapdossier",
                                  content("dossier-volledig.json")
                                  | {"toelatingsrecht": {
                                      "aanmelddatum": "2025-03-01",
                                      "instelling": "01AA"}}, self.pid)
        self.assertEqual(receipt["receipt"]["status"], "ontvangen")
        wall = muur.Wall(self.vo, MBO, content("dossier-minimaal.json"),
                         self.pid)
        gem = self.world.partners[GEM]
        theirs = gem.sign(MBO, gem.claims(MBO, "overstapdossier", {}, ""))
        wall.reencrypted(theirs.jws)
        wrong = wall.all(m, ("uitschrijving", content("uitschrijving.json")))
        self.assertEqual(wrong, [])
        self.assertGreater(wall.done, 85)

    def test_part_c_only_to_the_named_institution(self):
        c = content("dossier-volledig.json")
        c["toelatingsrecht"]["instelling"] = "99ZZ"
        with self.assertRaisesRegex(Refused, "niet-toegestaan"):
            self.vo.send(MBO, "overstapdossier", c, self.pid)

    def test_answer_to_a_message(self):
        m, _ = self.vo.send(MBO, "overstapdossier",
                            content("dossier-minimaal.json"), self.pid)
        answer = content("ontvangst.json")
        answer["betreftBericht"] = b64u(m.jti)
        self.mbo.send(VO, "ontvangst", answer)
        answer["betreftBericht"] = b64u(bytes(16))
        with self.assertRaisesRegex(Refused, "inhoud-ongeldig"):
            self.mbo.send(VO, "ontvangst", answer)

    def test_reconciliation_and_log(self):
        m, _ = self.vo.send(MBO, "overstapdossier",
                            content("dossier-minimaal.json"), self.pid)
        r = self.vo.reconcile(MBO, m.seq, m.seq)
        self.assertEqual([(x["seq"], x["jti"], x["sha256_jws"])
                          for x in r["ontvangen"]],
                         [(m.seq, b64u(m.jti), b64u(m.sha_jws))])
        note = self.vo.request(MBO, "GET", "/v1/log/checkpoint").body.decode()
        _, size, top = wire.checkpoint_verify(
            note, self.vo.book.log_name(MBO), self.mbo.log_key.pk)
        tile = self.vo.request(
            MBO, "GET", "/v1/log/tile/0/000.p/%d" % size).body
        leaves = [tile[i:i + 32] for i in range(0, len(tile), 32)]
        self.assertEqual(wire.root(leaves), top)

    def test_strangers(self):
        stranger = self.world.partners[STRANGER]
        a = stranger.request(MBO, "GET", "/v1/status")
        self.assertEqual((a.status, a.code), (403, "partij-onbekend"))
        self.world.issue(stranger)
        plain = ssl.create_default_context(cadata=wire.un_b64(
            self.vo.book.json["ca"][0]))
        con = self.vo.connection(MBO)
        con._context = plain
        with self.assertRaises(OSError):
            con.request("GET", "/v1/status")
            con.getresponse()
        con.close()

    def test_export(self):
        m, _ = self.vo.send(MBO, "overstapdossier",
                            content("dossier-minimaal.json"), self.pid)
        text = self.vo.export_receipt(MBO, m.jti)
        finger = wire.fingerprint(self.vo.book.text)
        self.assertEqual(verify_export(text, finger)["receipt"]["ref"],
                         b64u(m.jti))
        name = os.path.join(self.folder.name, "bon.txt")
        for i in (10, len(text) // 3, len(text) - 60, len(text) - 150):
            with open(name, "w", encoding="utf-8") as f:
                f.write(text[:i] + ("A" if text[i] != "A" else "B")
                        + text[i + 1:])
            self.assertEqual(verify_receipts([name])[0], 0, i)
        with open(name, "w", encoding="utf-8") as f:
            f.write(text)
        self.assertEqual(verify_receipts([name, name]), (2, []))
        with self.assertRaises(Refused):
            verify_export(text, "00000-00000-00000-00000-000000")

    def test_books_that_are_refused(self):
        w, vo = self.world, self.vo
        n = vo.book.version + 1
        now = int(time.time())
        for why, args, change in (
                ("one signature", (n, (0,)), {}),
                ("a gap", (n + 1,), {}),
                ("another past", (n,), {"vorige": b64(bytes(32))}),
                ("too long", (n,), {"geldig_tot": wire.moment(
                    now + 61 * 86400)}),
                ("from the future", (n,), {
                    "uitgegeven": wire.moment(now + 3600),
                    "geldig_tot": wire.moment(now + 7200)}),
                ("a shared key", (n,), {
                    "leden": [dict(m, id=b64u(bytes(32)))
                              for m in w.members()]}),
                ("an unknown member", (n,), {"extra": 1})):
            _, note = w.publish(*args, **change)
            with self.assertRaises(Refused, msg=why):
                wire.book_accept(note, vo.book, now)
        text, note = w.publish(n)
        self.assertEqual(wire.book_accept(note, vo.book, now).version, n)
        with self.assertRaises(Refused):
            wire.book_accept(note, None, now, wire.fingerprint(text + "x"))
        self.assertEqual(wire.book_accept(
            note, None, now, wire.fingerprint(text)).version, n)

    def test_dutch_dates(self):
        for moment, day in (("2026-03-31T22:30:00Z", "2026-04-01"),
                            ("2026-01-31T22:59:59Z", "2026-01-31"),
                            ("2026-01-31T23:00:00Z", "2026-02-01"),
                            ("2026-10-25T22:30:00Z", "2026-10-25")):
            self.assertEqual(dutch_date(wire.un_moment(moment)), day)


if __name__ == "__main__":
    sys.exit(not unittest.main(exit=False).result.wasSuccessful())
