# SPDX-License-Identifier: EUPL-1.2
"""ristretto255 (RFC 9496) and the client of its VOPRF (RFC 9497) in plain
integers, as docs/protocol.md "Pseudonyms" describes it.

Slow (some milliseconds for each multiplication) and not constant in time: it
is a second opinion for tests, not something to keep secrets with.
"""

import hashlib
import hmac

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
A = P - 1
BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
BASE_Y = 4 * pow(5, P - 2, P) % P
CONTEXT = b"OPRFV1-\x01-ristretto255-SHA512"


class OprfError(Exception):
    """A value of the other side that does not hold."""


def sqrt_ratio(u, v):
    """RFC 9496 4.2: (was_square, sqrt(u/v) or sqrt(i*u/v))."""
    r = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * r * r % P
    correct, flipped = check == u % P, check == -u % P
    flipped_i = check == -u * SQRT_M1 % P
    if flipped or flipped_i:
        r = r * SQRT_M1 % P
    return correct or flipped, absolute(r)


def absolute(x):
    x %= P
    return P - x if x & 1 else x


INVSQRT_A_MINUS_D = sqrt_ratio(1, (A - D) % P)[1]
SQRT_AD_MINUS_ONE = absolute(sqrt_ratio((A * D - 1) % P, 1)[1])
ONE_MINUS_D_SQ = (1 - D * D) % P
D_MINUS_ONE_SQ = (D - 1) * (D - 1) % P
# RFC 9496 4.1 fixes the odd root here.
if SQRT_AD_MINUS_ONE != 25063068953384623474111414158702152701244531502492656460079210482610430750235:
    SQRT_AD_MINUS_ONE = P - SQRT_AD_MINUS_ONE


class Element:
    """A group element in extended coordinates."""

    __slots__ = ("x", "y", "z", "t")

    def __init__(self, x, y, z, t):
        self.x, self.y, self.z, self.t = x, y, z, t

    @staticmethod
    def decode(raw):
        """32 bytes -> Element; refuses what is not canonical, and zero."""
        if len(raw) != 32:
            raise OprfError("element of another length")
        s = int.from_bytes(raw, "little")
        if s >= P or s & 1:
            raise OprfError("element not canonical")
        ss = s * s % P
        u1, u2 = (1 - ss) % P, (1 + ss) % P
        u2_sqr = u2 * u2 % P
        v = (-(D * u1 * u1) - u2_sqr) % P
        square, invsqrt = sqrt_ratio(1, v * u2_sqr % P)
        den_x = invsqrt * u2 % P
        den_y = invsqrt * den_x * v % P
        x = absolute(2 * s * den_x)
        y = u1 * den_y % P
        t = x * y % P
        if not square or t & 1 or y == 0:
            raise OprfError("element not on the curve")
        if s == 0:
            raise OprfError("identity element")
        return Element(x, y, 1, t)

    def encode(self):
        u1 = (self.z + self.y) * (self.z - self.y) % P
        u2 = self.x * self.y % P
        _, invsqrt = sqrt_ratio(1, u1 * u2 * u2 % P)
        den1, den2 = invsqrt * u1 % P, invsqrt * u2 % P
        z_inv = den1 * den2 * self.t % P
        ix, iy = self.x * SQRT_M1 % P, self.y * SQRT_M1 % P
        if self.t * z_inv % P & 1:
            x, y, den_inv = iy, ix, den1 * INVSQRT_A_MINUS_D % P
        else:
            x, y, den_inv = self.x, self.y, den2
        if x * z_inv % P & 1:
            y = -y % P
        return absolute(den_inv * (self.z - y)).to_bytes(32, "little")

    def __add__(self, o):
        a = (self.y - self.x) * (o.y - o.x) % P
        b = (self.y + self.x) * (o.y + o.x) % P
        c = 2 * self.t * o.t * D % P
        d = 2 * self.z * o.z % P
        e, f, g, h = b - a, d - c, d + c, b + a
        return Element(e * f % P, g * h % P, f * g % P, e * h % P)

    def __mul__(self, k):
        out, base = IDENTITY, self
        while k:
            if k & 1:
                out = out + base
            base = base + base
            k >>= 1
        return out


IDENTITY = Element(0, 1, 1, 0)
BASE = Element(BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def element_map(raw):
    """RFC 9496 4.3.4, MAP."""
    t = int.from_bytes(raw, "little") & (2**255 - 1)
    r = SQRT_M1 * t * t % P
    u = (r + 1) * ONE_MINUS_D_SQ % P
    v = (-1 - r * D) * (r + D) % P
    square, s = sqrt_ratio(u, v)
    if not square:
        s, c = -absolute(s * t) % P, r
    else:
        c = P - 1
    n = (c * (r - 1) * D_MINUS_ONE_SQ - v) % P
    w0 = 2 * s * v % P
    w1 = n * SQRT_AD_MINUS_ONE % P
    w2, w3 = (1 - s * s) % P, (1 + s * s) % P
    return Element(w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P)


def expand(message, dst):
    """RFC 9380 5.3.1 with SHA-512, 64 bytes."""
    tail = dst + bytes([len(dst)])
    b0 = hashlib.sha512(bytes(128) + message + b"\x00\x40\x00" + tail)
    return hashlib.sha512(b0.digest() + b"\x01" + tail).digest()


def hash_to_group(message):
    w = expand(message, b"HashToGroup-" + CONTEXT)
    return element_map(w[:32]) + element_map(w[32:])


def hash_to_scalar(message, dst=b"HashToScalar-" + CONTEXT):
    return int.from_bytes(expand(message, dst), "little") % L


def derive_key(seed, info):
    """RFC 9497 3.2.1: (scalar, public key bytes)."""
    base = seed + len(info).to_bytes(2, "big") + info
    for counter in range(256):
        k = hash_to_scalar(base + bytes([counter]),
                           b"DeriveKeyPair" + CONTEXT)
        if k:
            return k, (BASE * k).encode()
    raise OprfError("no key")


def blind(message, r):
    return (hash_to_group(message) * r).encode()


def framed(raw):
    return len(raw).to_bytes(2, "big") + raw


def composites(pk, blinded, evaluated, k=None):
    """RFC 9497 2.2.1 and 2.2.2: (M, Z)."""
    seed = hashlib.sha512(
        framed(pk) + framed(b"Seed-" + CONTEXT)).digest()
    m = z = IDENTITY
    for i, (b, e) in enumerate(zip(blinded, evaluated)):
        d = hash_to_scalar(framed(seed) + i.to_bytes(2, "big") + framed(b)
                           + framed(e) + b"Composite")
        m = m + Element.decode(b) * d
        if k is None:
            z = z + Element.decode(e) * d
    return m, (z if k is None else m * k)


def challenge(pk, m, z, t2, t3):
    return hash_to_scalar(b"".join(
        framed(x) for x in (pk, m.encode(), z.encode(), t2.encode(),
                            t3.encode())) + b"Challenge")


def verify(pk, blinded, evaluated, proof):
    """One batched proof over one share; anything wrong is False."""
    if len(proof) != 64 or len(blinded) != len(evaluated) or not blinded:
        return False
    c = int.from_bytes(proof[:32], "little")
    s = int.from_bytes(proof[32:], "little")
    if c >= L or s >= L:
        return False
    try:
        key = Element.decode(pk)
        m, z = composites(pk, blinded, evaluated)
    except OprfError:
        return False
    t2 = BASE * s + key * c
    t3 = m * s + z * c
    return c == challenge(pk, m, z, t2, t3)


def evaluate(k, pk, blinded, r):
    """What a holder does; here for tests of the partner against itself."""
    evaluated = [(Element.decode(b) * k).encode() for b in blinded]
    m, z = composites(pk, blinded, evaluated, k)
    c = challenge(pk, m, z, BASE * r, m * r)
    s = (r - c * k) % L
    return evaluated, c.to_bytes(32, "little") + s.to_bytes(32, "little")


def finish(message, r, shares):
    """One evaluated element of each share -> Y, 64 bytes."""
    total = IDENTITY
    for e in shares:
        total = total + Element.decode(e)
    n = (total * pow(r, L - 2, L)).encode()
    return hashlib.sha512(
        framed(message) + framed(n) + b"Finalize").digest()


def pgn_input(pgn):
    return b"overstapd/pgn/v1\x00" + pgn.encode("ascii")


def pid(k_ab, sender, receiver, epoch, y):
    text = (b"overstapd/pid/v1\x00" + sender.encode() + receiver.encode()
            + epoch.to_bytes(4, "big") + y)
    return hmac.new(k_ab, text, hashlib.sha512).digest()[:32]


def share_info(region, domain, epoch, share):
    return (b"overstapd/oprf-share/v1\x00" + bytes([len(region)])
            + region.encode() + domain.encode() + epoch.to_bytes(4, "big")
            + bytes([share]))
