#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""kill_first.py - SIGKILL while an instance is made and while it starts for
the first time.

    kill_first.py BINDIR killat.so [--every]

`overstap init` ends at one of its steps: it has said nothing, and a second one
makes a whole instance, in which no key was replaced and none is there twice.
Then store and vault end at steps of the very first start: a second start makes
a database, a log and keys that are whole.  Of all steps some are chosen, by a
fixed seed; --every takes them all.
"""
import base64
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from kill_deeds import choose  # noqa: E402
from kill_shim import Shim, World, preload  # noqa: E402
from kill_steps import Tally, check, settle  # noqa: E402
from region import Trouble  # noqa: E402
import wire  # noqa: E402

from cryptography import x509  # noqa: E402
from cryptography.hazmat.primitives import serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: E402

DER = (serialization.Encoding.DER,
       serialization.PublicFormat.SubjectPublicKeyInfo)
RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
KEYS = ["vault/identity", "vault/log", "vault/witness", "vault/kek-root",
        "net/tls.key"]


def read(*path):
    with open(os.path.join(*path), "rb") as f:
        return f.read()


def some(trace, every, most):
    """Half of what is tried changes what stays, half is in between."""
    points = choose(trace, len(trace), 0)
    if every:
        return points
    stays = [p for p in points if p[0] in "ftud"]
    others = [p for p in points if p[0] not in "ftud"]
    chance = random.Random(1)
    n = max(most // 2, most - len(stays))
    out = chance.sample(others, min(len(others), n))
    return out + chance.sample(stays, min(len(stays), most - len(out)))


# ---- overstap init ----------------------------------------------------------

def init(r, folder, env=None):
    """Its exit code and what it printed."""
    p = subprocess.run(
        [os.path.join(r.bin, "overstap"), "init", folder, "--naam", "Proef",
         "--oin", "00000099000000007000", "--regio", "proef", "--logdomein",
         "log.example", "--rol", "vo", "--brin", "25PU/00", "--url",
         "https://localhost:8443", "--houder", "--json"],
        env={**os.environ, **(env or {})}, capture_output=True, timeout=60,
        text=True, check=False)
    return p.returncode, p.stdout


def keys(folder):
    """The keys that are there by their own names."""
    out = {}
    for name in KEYS:
        path = os.path.join(folder, "credentials", name)
        if os.path.exists(path):
            out[name] = read(path)
    return out


def whole(folder, said):
    """Card, request, keys and configuration belong together."""
    cred = os.path.join(folder, "credentials")
    note = read(folder, "kaart.txt").decode()
    text = wire.note_split(note)[0]
    card = json.loads(text)
    if said:
        check(json.loads(said)["vingerafdruk"] == wire.fingerprint(text),
              "the fingerprint that was said")
    for name, field in (("identity", "id"), ("log", "log"),
                        ("witness", "getuige")):
        pk = ed25519.Ed25519PrivateKey.from_private_bytes(read(
            cred, "vault", name)).public_key().public_bytes(*RAW)
        check(wire.b64u(pk) == card[field], "the card's " + field)
    check(len(read(cred, "vault", "kek-root")) == 32, "the root key")
    tls = serialization.load_pem_private_key(
        read(cred, "net", "tls.key"), None).public_key().public_bytes(*DER)
    pin = "sha256//" + base64.b64encode(hashlib.sha256(tls).digest()).decode()
    check(card["tls_server"] == card["tls_client"] == [pin], "the card's pin")
    csr = x509.load_pem_x509_csr(read(folder, "tls.csr"))
    check(csr.public_key().public_bytes(*DER) == tls, "the request's key")
    check(read(folder, "overstap.conf").endswith(b"houder = yes\n"),
          "the configuration")
    for root, _, files in os.walk(folder):
        for x in files:
            check(not x.startswith(".tmp."), "left behind: " + x)
    for x in KEYS:
        check(os.stat(os.path.join(cred, x)).st_mode & 0o777 == 0o400,
              "the mode of " + x)
    for x in ("credentials/houder", "credentials/store", "state", "run"):
        check(os.stat(os.path.join(folder, x)).st_mode & 0o777 == 0o700,
              "the mode of " + x)


def inits(r, library, tally, every):
    shim = Shim(os.path.join(r.folder, "init.killat"))
    env = preload(library, shim)
    shim.watch("overstap")
    folder = os.path.join(r.folder, "init0")
    code, out = init(r, folder, env)
    check(code == 0, "init: exit %d" % code)
    whole(folder, out)
    trace, hit = shim.trace("overstap"), []
    points = some(trace, every, 24)
    for i, point in enumerate(points):
        folder = os.path.join(r.folder, "init%d" % (i + 1))
        shim.arm("overstap", point)
        code, out = init(r, folder, env)
        check(code == -9 and not out and shim.fired("overstap"),
              "%r: exit %d" % (point, code))
        hit.append(shim.fired("overstap"))
        shim.watch("overstap")
        named = os.path.exists(os.path.join(folder, "overstap.conf"))
        had = keys(folder)
        code, out = init(r, folder)
        # The last steps are behind the name: it is whole, and is not touched.
        check(code == 0 or named, "a second init: exit %d %s" % (code, out))
        now = keys(folder)
        check(all(now[x] == had[x] for x in had), "a key was replaced")
        whole(folder, out if code == 0 else None)
        shutil.rmtree(folder)
    tally.add("init", "overstap", trace, points, hit)
    check(len(hit) == len(points), "every step was reached")


# ---- the first start --------------------------------------------------------

def good(r):
    """What a first start must have made, once and whole."""
    check(r.ask("vo", "log.verify")[1]["goed"], "the log")
    check(r.sql("vo", "PRAGMA integrity_check") == [("ok",)], "the database")
    starts = [t.decode() for (t,) in r.sql("vo", "SELECT tekst FROM blad")]
    check(sum("soort start" in t.split("\n") for t in starts) == 1
          and "soort start" in starts[0].split("\n"), "one beginning")
    rows = r.sql("vo", "SELECT soort, count(*) FROM sleutel_naam GROUP BY 1")
    check((1, 1) in rows, "one key to encrypt to: %r" % rows)
    state = os.path.join(r.members["vo"].dir, "state", "sleutels")
    check(sorted(os.listdir(state)) == ["CACHEDIR.TAG", "kek.1"],
          "the folder of keys: %r" % os.listdir(state))
    card = r.ask("vo", "card")[1]["vingerafdruk"]
    check(card == r.members["vo"].fingerprint, "its card")


def wait_end(r, role):
    """Until it ended, or answers."""
    m, shim = r.members["vo"], r.shims["vo"]
    try:
        r.start("vo")
    except Trouble:
        check(shim.fired(role), "it does not start")
    settle(shim, role, 0.05, 0.4)
    if not shim.fired(role):
        return None
    m.launcher.wait(15)
    return shim.fired(role)


def end(r):
    """As fast as can be: what is there is thrown away."""
    r.kill_all("vo")


def starts(r, tally, every):
    m, shim = r.members["vo"], r.shims["vo"]
    fresh = m.dir + ".nieuw"
    shutil.copytree(m.dir, fresh, symlinks=True)

    def renew():
        shutil.rmtree(m.dir)
        shutil.copytree(fresh, m.dir, symlinks=True)

    for role, most in (("store", 12), ("vault", 2)):
        renew()
        shim.watch(role)
        r.start("vo")
        settle(shim, role, 0.05, 0.4)
        trace = shim.trace(role)
        good(r)
        end(r)
        points, hit = some(trace, every, most), []
        for point in points:
            renew()
            shim.arm(role, point)
            kind = wait_end(r, role)
            if kind:
                hit.append(kind)
                shim.watch(role)
                m.launcher = None
                r.start("vo")
            good(r)
            end(r)
        tally.add("first start", role, trace, points, hit)
    r.start("vo")
    r.join(m)
    check(r.ask("vo", "status")[1]["adresboek"] == r.versie, "it joins")


def main(argv):
    every = "--every" in argv
    argv = [a for a in argv if a != "--every"]
    if len(argv) != 3:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    folder, begin = tempfile.mkdtemp(prefix="overstap-first-"), time.monotonic()
    library, tally = os.path.abspath(argv[2]), Tally()
    region = World(folder, argv[1], library)
    try:
        with region:
            region.make(start=False)
            inits(region, library, tally, every)
            starts(region, tally, every)
    except Exception as e:
        print("FAILED: %s: %s" % (type(e).__name__, e))
        if os.path.exists(os.path.join(region.members["vo"].dir,
                                       "overstapd.log")):
            print(region.journal("vo", 25))
        if not isinstance(e, Trouble):
            raise
        return 1
    finally:
        region.close()
        if not os.environ.get("KEEP"):
            shutil.rmtree(folder, ignore_errors=True)
    for line in tally.lines:
        print(line)
    print("good: first, ended at %d points in %.0f s" % (
        tally.total, time.monotonic() - begin))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
