# SPDX-License-Identifier: EUPL-1.2
"""The codecs and rules of docs/protocol.md, written from that page alone:
encodings, JSON, notes, the log, JOSE suite OS1, address book, receipts.

Nothing here does input or output.  Needs python3-jwcrypto (Debian 12), and
the python3-cryptography it stands on.
"""

import base64
import binascii
import datetime
import hashlib
import hmac
import json
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding, NoEncryption, PrivateFormat, PublicFormat)
from jwcrypto import jwe, jwk, jws
from jwcrypto.jwa import JWA

JOSE_MAX = 512 * 1024
OIN = re.compile(r"[0-9A-Z]{20}\Z")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")
INT_MAX = 2**53 - 1


class Refused(Exception):
    """A check failed; step names it where the protocol numbers its checks."""

    def __init__(self, why, step=0):
        super().__init__(why)
        self.step = step


# ---- the algorithm name Ed25519 (RFC 9864) ---------------------------------

class Ed25519Alg(JWA.algorithms_registry["EdDSA"]):
    """The same operation under the name this protocol emits."""
    name = "Ed25519"


JWA.algorithms_registry["Ed25519"] = Ed25519Alg
SIGN_ALGS = ["Ed25519", "EdDSA"]


# ---- encodings --------------------------------------------------------------

def b64u(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def un_b64u(text, length=None):
    if not re.match(r"[A-Za-z0-9_-]*\Z", text) or len(text) % 4 == 1:
        raise Refused("not base64url")
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if b64u(raw) != text:
        raise Refused("base64url with spare bits")
    if length is not None and len(raw) != length:
        raise Refused("base64url of another length")
    return raw


def b64(raw):
    return base64.b64encode(raw).decode()


def un_b64(text, length=None):
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as e:
        raise Refused("not base64") from e
    if b64(raw) != text or (length is not None and len(raw) != length):
        raise Refused("base64 not canonical or of another length")
    return raw


def sha256(raw):
    return hashlib.sha256(raw).digest()


def unique(pairs):
    out = dict(pairs)
    if len(out) != len(pairs):
        raise Refused("duplicate JSON name")
    return out


def depth(value):
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


def no_number(_):
    raise Refused("a number that is not whole")


def json_in(raw):
    """Strict JSON: one object, UTF-8, names once, whole numbers, depth 8."""
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=unique,
                           parse_constant=no_number, parse_float=no_number)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as e:
        raise Refused("not JSON") from e
    if not isinstance(value, dict) or depth(value) > 8:
        raise Refused("not an object of at most 8 levels")
    return value


def json_out(value):
    return json.dumps(value, ensure_ascii=False,
                      separators=(",", ":")).encode("utf-8")


def members(obj, required, optional=()):
    """Exactly these members, no others."""
    if not isinstance(obj, dict):
        raise Refused("not an object")
    have = set(obj)
    if have - set(required) - set(optional) or set(required) - have:
        raise Refused("members " + " ".join(sorted(
            have ^ set(required) - set(optional)))[:80])
    return obj


def moment(seconds):
    return datetime.datetime.fromtimestamp(
        seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def un_moment(text):
    if not isinstance(text, str) or not MOMENT.match(text):
        raise Refused("not a moment")
    try:
        parsed = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError as e:
        raise Refused("no such moment") from e
    return int(parsed.replace(tzinfo=datetime.timezone.utc).timestamp())


# ---- Ed25519, strict --------------------------------------------------------

FIELD = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
SMALL_Y = {0, 1, FIELD - 1} | {int.from_bytes(bytes.fromhex(h), "little") for h in (
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")}


def ed25519_odd(pk, sig):
    """An encoding on which verifiers disagree: refused before they are asked."""
    if len(pk) != 32 or len(sig) != 64:
        return True
    if int.from_bytes(sig[32:], "little") >= ORDER:
        return True
    ys = [int.from_bytes(point, "little") & (2**255 - 1)
          for point in (pk, sig[:32])]
    return any(y >= FIELD or y in SMALL_Y for y in ys)


def ed25519_verify(pk, text, sig):
    """What every RFC 8032 verifier says once the odd encodings are out."""
    if ed25519_odd(pk, sig):
        return False
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(pk).verify(sig, text)
    except (InvalidSignature, ValueError):
        return False
    return True


class SignKey:
    """An Ed25519 key from its seed."""

    def __init__(self, seed):
        self.seed = seed
        self.key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        self.pk = self.key.public_key().public_bytes(
            Encoding.Raw, PublicFormat.Raw)
        self.kid = thumbprint(self.pk, "Ed25519")
        self.jwk = jwk.JWK(kty="OKP", crv="Ed25519", d=b64u(seed),
                           x=b64u(self.pk))

    def sign(self, text):
        return self.key.sign(text)


class DhKey:
    """An X25519 key from its seed."""

    def __init__(self, seed):
        self.key = x25519.X25519PrivateKey.from_private_bytes(seed)
        self.sk = self.key.private_bytes(Encoding.Raw, PrivateFormat.Raw,
                                         NoEncryption())
        self.pk = self.key.public_key().public_bytes(
            Encoding.Raw, PublicFormat.Raw)
        self.kid = thumbprint(self.pk, "X25519")
        self.jwk = jwk.JWK(kty="OKP", crv="X25519", d=b64u(self.sk),
                           x=b64u(self.pk))

    def shared(self, peer):
        try:
            return self.key.exchange(
                x25519.X25519PublicKey.from_public_bytes(peer))
        except ValueError as e:
            raise Refused("shared secret is zero") from e


def thumbprint(pk, crv):
    return b64u(sha256(json_out({"crv": crv, "kty": "OKP", "x": b64u(pk)})))


def link_key(own, peer_pk, oin, peer_oin, epoch):
    """K_AB of docs/protocol.md "Pseudonyms"."""
    (lo, pk_lo), (hi, pk_hi) = sorted([(oin, own.pk), (peer_oin, peer_pk)])
    info = (b"overstapd/link/v1\x00" + lo.encode() + hi.encode() + pk_lo
            + pk_hi + epoch.to_bytes(4, "big"))
    return HKDF(hashes.SHA256(), 32, None, info).derive(own.shared(peer_pk))


# ---- JOSE, suite OS1 --------------------------------------------------------

def jws_make(key, typ, payload):
    token = jws.JWS(payload)
    token.allowed_algs = SIGN_ALGS
    token.add_signature(key.jwk, None, json_out(
        {"alg": "Ed25519", "kid": key.kid, "typ": typ}).decode())
    return token.serialize(compact=True)


def jws_header(token, typ):
    """The three parts of a JWS whose header is exactly ours."""
    parts = token.split(".")
    if len(parts) != 3 or len(parts[0]) > 2048:
        raise Refused("not a JWS of three parts")
    header = members(json_in(un_b64u(parts[0])), ("alg", "kid", "typ"))
    if header["alg"] not in SIGN_ALGS or header["typ"] != typ:
        raise Refused("JWS header")
    return header, parts


def jws_open(token, typ, keys):
    """Payload of a JWS signed by one of keys (public keys, 32 bytes)."""
    header, parts = jws_header(token, typ)
    by_kid = {thumbprint(pk, "Ed25519"): pk for pk in keys}
    pk = by_kid.get(header["kid"])
    if pk is None:
        raise Refused("JWS by another key")
    if ed25519_odd(pk, un_b64u(parts[2], 64)):
        raise Refused("JWS signature of an odd encoding")
    check = jws.JWS()
    check.allowed_algs = SIGN_ALGS
    try:
        check.deserialize(token, jwk.JWK(kty="OKP", crv="Ed25519", x=b64u(pk)))
    except Exception as e:
        raise Refused("JWS signature") from e
    return check.payload


JWE_FIXED = {"alg": "ECDH-ES", "enc": "A256GCM", "cty": "overstap-bericht+jws",
             "typ": "overstap-bericht+jwe"}
JWE_MEMBERS = (*JWE_FIXED, "apu", "apv", "epk", "kid")


def jwe_make(token, sender, receiver, enc_pk, kid=None):
    header = {**JWE_FIXED, "apu": b64u(sender.encode()),
              "apv": b64u(receiver.encode()),
              "kid": kid or thumbprint(enc_pk, "X25519")}
    out = jwe.JWE(token.encode("ascii"), json_out(header).decode(),
                  algs=["ECDH-ES", "A256GCM"])
    out.add_recipient(jwk.JWK(kty="OKP", crv="X25519", x=b64u(enc_pk)))
    return out.serialize(compact=True)


def jwe_header(body):
    """Steps 3 and 4: (header, apu, apv), or Refused."""
    parts = body.split(".")
    if len(parts) != 5 or parts[1] or len(parts[0]) > 2048:
        raise Refused("not a JWE of five parts, the second empty")
    header = members(json_in(un_b64u(parts[0])), JWE_MEMBERS)
    epk = members(header["epk"], ("crv", "kty", "x"))
    if any(header[k] != v for k, v in JWE_FIXED.items()) or (
            epk["crv"], epk["kty"]) != ("X25519", "OKP"):
        raise Refused("JWE header")
    un_b64u(epk["x"], 32)
    un_b64u(header["kid"], 32)
    un_b64u(parts[2], 12)
    un_b64u(parts[3])
    un_b64u(parts[4], 16)
    return (header, un_b64u(header["apu"]).decode("latin-1"),
            un_b64u(header["apv"]).decode("latin-1"))


def jwe_open(body, key):
    out = jwe.JWE(algs=["ECDH-ES", "A256GCM"])
    try:
        out.deserialize(body, key.jwk)
    except Exception as e:
        raise Refused("JWE does not open") from e
    return out.payload


# ---- notes ------------------------------------------------------------------

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
SIG_LINE = re.compile("\u2014 ([^ +\n]+) ([A-Za-z0-9+/=]+)\\Z")


def key_id(name, kind, pk):
    return sha256(name.encode() + b"\n" + bytes([kind]) + pk)[:4]


def vkey_in(text):
    """vkey -> (name, key id, type, public key)."""
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise Refused("vkey")
    raw = un_b64(parts[2], 33)
    if key_id(parts[0], raw[0], raw[1:]).hex() != parts[1]:
        raise Refused("vkey with another key id")
    return parts[0], bytes.fromhex(parts[1]), raw[0], raw[1:]


def vkey_out(name, kind, pk):
    return "%s+%s+%s" % (name, key_id(name, kind, pk).hex(),
                         b64(bytes([kind]) + pk))


def note_split(note):
    """A note -> (text with its last LF, [(name, key id, signature bytes)])."""
    text, sep, tail = note.rpartition("\n\n")
    if not sep or not tail.endswith("\n"):
        raise Refused("not a note")
    text += "\n"
    if CONTROL.search(note):
        raise Refused("control character in a note")
    lines = tail[:-1].split("\n")
    if not 1 <= len(lines) <= 16:
        raise Refused("number of signature lines")
    out = []
    for line in lines:
        m = SIG_LINE.match(line)
        if not m:
            raise Refused("signature line")
        raw = un_b64(m.group(2))
        if len(raw) < 5:
            raise Refused("short signature line")
        out.append((m.group(1), raw[:4], raw[4:]))
    return text, out


def note_sign(text, name, kind, key):
    sig = b64(key_id(name, kind, key.pk) + key.sign(text.encode()))
    return "\u2014 %s %s\n" % (name, sig)


def note_verify(note, vkeys):
    """Text and the public keys that signed.  A known key with a bad
    signature rejects the note; unknown ones are passed over."""
    text, lines = note_split(note)
    known = {(n, i): (kind, pk) for n, i, kind, pk in vkeys}
    seen, good = {}, set()
    for name, kid, sig in lines:
        if (name, kid) not in known:
            continue
        kind, pk = known[name, kid]
        if seen.setdefault((name, kid), sig) != sig:
            raise Refused("two signatures of one key")
        if kind == 4 and len(sig) == 72:
            signed = "cosignature/v1\ntime %d\n%s" % (
                int.from_bytes(sig[:8], "big"), text)
            ok = ed25519_verify(pk, signed.encode(), sig[8:])
        else:
            ok = kind == 1 and ed25519_verify(pk, text.encode(), sig)
        if not ok:
            raise Refused("bad signature of a known key")
        good.add(pk)
    return text, good


def fingerprint(text):
    """26 characters of Crockford base32 over SHA-256, in five groups."""
    bits = int.from_bytes(sha256(text.encode()), "big") >> (256 - 130)
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    s = "".join(alphabet[bits >> 5 * i & 31] for i in range(25, -1, -1))
    return "-".join((s[:5], s[5:10], s[10:15], s[15:20], s[20:]))


def same_fingerprint(text, typed):
    plain = typed.upper().replace("-", "").replace(" ", "")
    for a, b in (("O", "0"), ("I", "1"), ("L", "1")):
        plain = plain.replace(a, b)
    return plain == fingerprint(text).replace("-", "")


# ---- the log ----------------------------------------------------------------

def node(left, right):
    return sha256(b"\x01" + left + right)


def leaf_hash(leaf):
    return sha256(b"\x00" + leaf.encode())


def root(hashes_):
    if not hashes_:
        return sha256(b"")
    if len(hashes_) == 1:
        return hashes_[0]
    k = 1 << (len(hashes_) - 1).bit_length() - 1
    return node(root(hashes_[:k]), root(hashes_[k:]))


def inclusion(hashes_, index):
    if len(hashes_) < 2:
        return []
    k = 1 << (len(hashes_) - 1).bit_length() - 1
    if index < k:
        return inclusion(hashes_[:k], index) + [root(hashes_[k:])]
    return inclusion(hashes_[k:], index - k) + [root(hashes_[:k])]


def verify_inclusion(index, size, leaf, path, want):
    """RFC 9162 2.1.3.2."""
    if index >= size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == want


def verify_consistency(old, new, old_root, new_root, path):
    """RFC 9162 2.1.4.2."""
    if old > new or old == 0:
        return False
    if old == new:
        return not path and old_root == new_root
    path = list(path)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old_root and sr == new_root


def log_ref(salt, sha_jwe, jti):
    return b64(hmac.new(salt, b"overstapd/logref/v1\x00" + sha_jwe + jti,
                        hashlib.sha256).digest())


def leaf_text(seconds, kind, oin, ref):
    return "overstap-log/v1\ntijd %s\nsoort %s\npartij %s\nref %s\n" % (
        moment(seconds)[:13], kind, oin, ref)


LEAF = re.compile(r"overstap-log/v1\ntijd (\d{4}-\d\d-\d\dT\d\d)\n"
                  r"soort ([a-z]+)\npartij ([0-9A-Z]{20})\nref (\S{44})\n\Z")
CHECKPOINT = re.compile(r"([^\n]+)\n(0|[1-9]\d*)\n(\S{44})\n\Z")


def checkpoint_in(note):
    """(origin, size, root) of a checkpoint, its signatures not yet judged."""
    text, _ = note_split(note)
    m = CHECKPOINT.match(text)
    if not m:
        raise Refused("not a checkpoint")
    return m.group(1), int(m.group(2)), un_b64(m.group(3), 32)


def origin_suffix(origin, name):
    """The oorsprong number of an origin of this log, or Refused."""
    if origin == name:
        return 1
    m = re.match(re.escape(name) + r"/([1-9]\d*)\Z", origin)
    if not m or int(m.group(1)) < 2:
        raise Refused("origin of another log")
    return int(m.group(1))


def checkpoint_verify(note, name, log_pk, others=()):
    origin, size, top = checkpoint_in(note)
    origin_suffix(origin, name)
    vkey = (origin, key_id(origin, 1, log_pk), 1, log_pk)
    _, good = note_verify(note, [vkey, *others])
    if log_pk not in good:
        raise Refused("checkpoint without the signature of its log")
    return origin, size, top


PROOF = re.compile(r"c2sp\.org/tlog-proof@v1\nindex (0|[1-9]\d*)\n"
                   r"((?:[A-Za-z0-9+/=]{44}\n){0,63})\n(.*)\Z", re.S)


def proof_in(text):
    """(index, path, checkpoint note) of a tlog-proof."""
    m = PROOF.match(text)
    if not m:
        raise Refused("not a tlog-proof")
    path = [un_b64(h, 32) for h in m.group(2).split()]
    return int(m.group(1)), path, m.group(3)


def proof_out(index, path, checkpoint):
    return "c2sp.org/tlog-proof@v1\nindex %d\n%s\n%s" % (
        index, "".join(b64(h) + "\n" for h in path), checkpoint)


# ---- the address book -------------------------------------------------------

BOOK_MEMBERS = ("type", "v", "regio", "versie", "vorige", "uitgegeven",
                "geldig_tot", "logdomein", "drempel", "beheerders", "leden",
                "ca", "oprf", "log", "ingetrokken", "route")


class Book:
    """One version of the address book, read from its note."""

    def __init__(self, note):
        self.note = note
        self.text, _ = note_split(note)
        if len(self.text.encode()) > 2 * 1024 * 1024:
            raise Refused("book too large")
        self.json = b = {"route": [], **json_in(self.text.encode())}
        members(b, BOOK_MEMBERS)
        if b["type"] != "overstap-adresboek" or b["v"] != 1:
            raise Refused("not an address book")
        self.version, self.region = b["versie"], b["regio"]
        self.domain = b["logdomein"]
        self.members = {m["oin"]: m for m in b["leden"]}
        self.issued = un_moment(b["uitgegeven"])
        self.expires = un_moment(b["geldig_tot"])
        self.vkeys = [vkey_in(v) for v in b["beheerders"]]
        self.check_unique()

    def check_unique(self):
        leden = self.json["leden"]
        for what in ("oin", "id", "log", "getuige"):
            if len({m[what] for m in leden}) != len(leden):
                raise Refused("two members share " + what)
        owner = {}
        for m in leden:
            for pin in m["tls_server"] + m["tls_client"]:
                un_b64(pin.removeprefix("sha256//"), 32)
                if owner.setdefault(pin, m["oin"]) != m["oin"]:
                    raise Refused("two members share a pin")
        keys = {v[3] for v in self.vkeys}
        n = self.json["drempel"]
        if len(keys) != len(self.vkeys) or not 1 <= n <= len(keys) or (
                n == 1 and len(keys) > 1):
            raise Refused("administrators and threshold")

    def signed_by(self, keys_of):
        """Enough of keys_of's administrators signed this version."""
        vkeys = {(v[0], v[1]): v for v in self.vkeys + keys_of.vkeys}
        _, good = note_verify(self.note, list(vkeys.values()))
        mine = {v[3] for v in keys_of.vkeys}
        return len(good & mine) >= keys_of.json["drempel"]

    def member(self, oin):
        m = self.members.get(oin)
        if m is None or m["status"] != "actief":
            raise Refused("not an active member")
        return m

    def by_pin(self, digest, side="tls_client"):
        pin = "sha256//" + b64(digest)
        for m in self.members.values():
            if pin in m[side] and m["status"] == "actief":
                return m["oin"]
        return None

    def identity(self, oin, now):
        """Public keys that may have signed for a member at this moment."""
        m = self.member(oin)
        keys = [un_b64u(m["id"], 32)]
        old = m["id_vorige"]
        if old is not None and now < un_moment(old["tot"]):
            keys.append(un_b64u(old["id"], 32))
        gone = {r["id"] for r in self.json["ingetrokken"]
                if r["oin"] == oin and un_moment(r["sinds"]) <= now}
        return [k for k in keys if b64u(k) not in gone]

    def log_name(self, oin):
        return "%s/regio/%s/log/%s" % (self.domain, self.region, oin)


def book_accept(note, stored, now, typed=None):
    """A version that may take the place of stored (None: the first)."""
    new = Book(note)
    if stored is None:
        if typed is None or not same_fingerprint(new.text, typed):
            raise Refused("fingerprint", 0)
    else:
        if new.region != stored.region:
            raise Refused("another region", 1)
        if new.version != stored.version + 1 or new.json["vorige"] != b64(
                sha256(stored.text.encode())) or new.issued < stored.issued:
            raise Refused("does not follow the stored version", 2)
        if not new.signed_by(stored):
            raise Refused("too few signatures of the stored version", 3)
    if not new.signed_by(new):
        raise Refused("too few signatures of the new version", 3)
    if new.issued > now + 600 or new.expires - new.issued > 60 * 86400:
        raise Refused("dates of the book", 4)
    return new


# ---- receipts ---------------------------------------------------------------

RECEIPT = ("v", "iss", "aud", "jti", "iat", "ref", "sha256_jwe", "sha256_jws",
           "status", "log")


def receipt_make(key, iss, aud, jti, now, ref, sha_jwe, sha_jws, leaf, salt,
                 proof):
    return jws_make(key, "overstap-ontvangst+jws", json_out({
        "v": 1, "iss": iss, "aud": aud, "jti": b64u(jti), "iat": now,
        "ref": b64u(ref), "sha256_jwe": b64u(sha_jwe),
        "sha256_jws": b64u(sha_jws), "status": "ontvangen",
        "log": {"blad": leaf, "zout": b64u(salt), "bewijs": proof}}))


def receipt_verify(token, partner, own, keys, log_name, log_pk, jti=None,
                   sha_jws=None, sha_jwes=None):
    """The nine checks of docs/protocol.md "Receipts".  Refused.step 1-5: none of
    this message; 6-9: delivered, its place in the log in doubt.  Without jti
    and hashes (a receipt shown later) 4 and 5 look at its shape."""
    step = 1
    try:
        header, parts = jws_header(token, "overstap-ontvangst+jws")
        step = 2
        if header["kid"] not in {thumbprint(k, "Ed25519") for k in keys}:
            raise Refused("kid is not the receiver's")
        step = 3
        r = json_in(jws_open(token, "overstap-ontvangst+jws", keys))
        step = 4
        members(r, RECEIPT)
        log = members(r["log"], ("blad", "zout", "bewijs"))
        ref = un_b64u(r["ref"], 16)
        un_b64u(r["jti"], 16)
        if r["v"] != 1 or r["iss"] != partner or r["aud"] != own or (
                r["status"] not in ("ontvangen", "compleet")) or (
                jti is not None and ref != jti):
            raise Refused("not a receipt of this message")
        step = 5
        got_jwe = un_b64u(r["sha256_jwe"], 32)
        got_jws = un_b64u(r["sha256_jws"], 32)
        if (sha_jws is not None and got_jws != sha_jws) or (
                sha_jwes is not None and got_jwe not in sha_jwes):
            raise Refused("hashes of another message")
        step = 6
        m = LEAF.match(log["blad"])
        if not m or m.group(2) != "ontvangst" or m.group(3) != own or (
                m.group(4) != log_ref(un_b64u(log["zout"], 32), got_jwe, ref)):
            raise Refused("leaf of another message")
        step = 7
        index, path, note = proof_in(log["bewijs"])
        origin, size, top = checkpoint_in(note)
        origin_suffix(origin, log_name)
        step = 8
        if not verify_inclusion(index, size, leaf_hash(log["blad"]), path, top):
            raise Refused("inclusion proof")
        step = 9
        checkpoint_verify(note, log_name, log_pk)
    except Refused as e:
        raise Refused(str(e), step) from e
    return {"receipt": r, "index": index, "size": size, "root": top,
            "origin": origin}
