#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Run test vectors through overstap-vectors and compare every answer.

usage: run.py ADAPTER [DATA-FOLDER]

Always: each file in tests/data whose cases are requests to the adapter with
the answer they must get.  With OVERSTAP_VECTORS in the environment also the
published sets in that folder, of which none may be missing.  One adapter
process answers everything.  Ends with "N passed, N failed"; status 1 when
anything failed or nothing ran.
"""

import base64
import json
import os
import subprocess
import sys


class Adapter:
    def __init__(self, program):
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def line(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit("run.py: the adapter ended")
        return json.loads(answer)

    def ask(self, op, **members):
        return self.line(json.dumps(dict(op=op, **members)))

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


class Count:
    """What passed and failed of one file."""

    def __init__(self, name):
        self.name, self.passed, self.failed = name, 0, 0

    def check(self, what, good, answer=None):
        if good:
            self.passed += 1
            return
        self.failed += 1
        if self.failed <= 10:
            print(f"FAIL {self.name}: {what}: {json.dumps(answer)[:200]}")


def contains(answer, wanted):
    return all(
        name in answer and answer[name] == value
        for name, value in wanted.items()
    )


def refused(answer):
    return answer.get("ok") is False


def good(answer, out=None):
    return answer.get("ok") is True and (out is None or answer["out"] == out)


def unb64u(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def tests(document):
    for group in document["testGroups"]:
        for test in group["tests"]:
            yield group, test, f"tcId {test['tcId']} {test['comment']}"


# --- our own files -----------------------------------------------------------


def own(adapter, count, document):
    for case in document["gevallen"]:
        answer = adapter.line(json.dumps(case["verzoek"]))
        count.check(case["sectie"], contains(answer, case["antwoord"]), answer)


def is_own(document):
    cases = document.get("gevallen") if isinstance(document, dict) else None
    return (
        isinstance(cases, list)
        and bool(cases)
        and isinstance(cases[0], dict)
        and "verzoek" in cases[0]
    )


def cut_tokens(adapter, count, document):
    """Every token of ours is refused with a character less at its end."""
    for case in document["gevallen"]:
        request = case["verzoek"]
        name = {"jws-verify": "token", "message-open": "jwe"}.get(request["op"])
        if name is None or case["antwoord"]["ok"] is not True:
            continue
        for end in range(len(request[name])):
            answer = adapter.line(
                json.dumps(dict(request, **{name: request[name][:end]}))
            )
            count.check(f"{case['sectie']} cut at {end}", refused(answer), answer)


def rude(adapter, count):
    """Bad input is refused, and the adapter answers what comes after it."""
    for text in (
        "", "{", "[]", "null", '"x25519"', "{}", '{"op":1}', '{"op":null}',
        '{"op":"x25519"}', '{"op":"x25519","sk":1,"pk":2}',
        '{"op":"x25519","op":"x25519"}', '{"op":"pid","ep":-1}',
        '{"op":"pid","ep":99999999999999999999}',
        '{"op":"voprf","mode":2,"step":"derive"}',
        '{"op":"voprf","mode":1,"step":"onbekend"}',
        '{"op":"jws-verify","jwk":[],"token":"a.b.c"}',
        '{"op":"jws-verify","jwk":{},"token":""}',
        '{"op":"merkle-inclusion","leafIdx":"1e3","treeSize":"0x1"}',
        '{"op":"json","text":"e30"}', '{"op":"json","text":"e30=\\n"}',
        "[" * 5000, '{"op":"json","text":"' + "A" * 300001 + '"}',
    ):
        answer = adapter.line(text)
        count.check(f"bad line {text[:40]}", answer == {"ok": False}, answer)
    answer = adapter.ask("no-such-operation")
    count.check(
        "unknown operation",
        answer == {"ok": False, "unsupported": True},
        answer,
    )
    for text, wanted in (
        ('{"a":1}', True), ("[]", True), ('{"a":1,"a":1}', False),
        ('{"a":1}{}', False), ("[" * 8 + "]" * 8, True),
        ("[" * 9 + "]" * 9, False), ('{"a":"\\u0000"}', False),
        ('{"a":01}', False), ('{"a":1,}', False), ("", False),
        ('\ufeff{"a":1}', False), ("{'a':1}", False), ("[NaN]", False),
    ):
        encoded = base64.b64encode(text.encode()).decode()
        answer = adapter.ask("json", text=encoded)
        count.check(f"json {text[:40]}", answer == {"ok": wanted}, answer)
    answer = adapter.ask("json", text=base64.b64encode(b'["\xff"]').decode())
    count.check("json that is not UTF-8", refused(answer), answer)


def round_trips(adapter, count):
    """What is made with fresh randomness opens again, and differs each time."""
    jwk = {
        "kty": "OKP", "crv": "X25519",
        "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08",
        "d": "XasIfmJKikt54X-Lg4AO5m87sSkmGLb9HC-LJ_-I4Os",
    }
    seen = set()
    for payload in ("", "00", "ff" * 1000):
        for _ in range(3):
            made = adapter.ask("jwe-encrypt", jwk=jwk, payload=payload)
            count.check("jwe-encrypt", good(made), made)
            token = made.get("token", "")
            seen.add(token)
            count.check("compact", token.count(".") == 4 and ".." in token)
            opened = adapter.ask("jwe-decrypt", jwk=jwk, token=token)
            count.check("jwe-decrypt", good(opened, payload), opened)
            tail = "A" if token[-2:-1] != "A" else "B"
            bad = adapter.ask(
                "jwe-decrypt", jwk=jwk, token=token[:-2] + tail + token[-1:]
            )
            count.check("jwe-decrypt, other tag", refused(bad), bad)
    count.check("fresh key and iv", len(seen) == 9)
    key = adapter.ask(
        "voprf", mode=1, step="derive", seed="a3" * 32, info="74657374"
    )
    count.check("derive", good(key), key)
    members = dict(input="00,0102,", blind=",".join(["07" + "00" * 31] * 3))
    element = adapter.ask("voprf", mode=1, step="blind", **members)
    count.check("blind, a batch of three", good(element), element)
    made = [
        adapter.ask(
            "voprf", mode=1, step="evaluate", sk=key["out"], pk=key["pk"],
            element=element["out"],
        )
        for _ in range(2)
    ]
    count.check("evaluate", all(good(one) for one in made), made)
    count.check("no seed was used", all("seeded" not in one for one in made))
    count.check("fresh nonce", made[0]["proof"] != made[1]["proof"])
    for one in made:
        answer = adapter.ask(
            "voprf", mode=1, step="finalize", pk=key["pk"], proof=one["proof"],
            evaluated=one["out"], element=element["out"], **members,
        )
        count.check("finalize", good(answer), answer)


# --- published sets ----------------------------------------------------------


def aes_gcm(adapter, count, document):
    for group, test, what in tests(document):
        answer = adapter.ask(
            "aes256gcm-open", key=test["key"], iv=test["iv"],
            aad=test["aad"], ct=test["ct"], tag=test["tag"],
        )
        ours = (group["keySize"], group["ivSize"], group["tagSize"])
        if test["result"] == "valid" and ours == (256, 96, 128):
            count.check(what, good(answer, test["msg"]), answer)
        else:
            count.check(what, refused(answer), answer)


def xchacha(adapter, count, document):
    for group, test, what in tests(document):
        answer = adapter.ask(
            "xchacha20poly1305-open", key=test["key"], iv=test["iv"],
            aad=test["aad"], ct=test["ct"], tag=test["tag"],
        )
        ours = (group["keySize"], group["ivSize"], group["tagSize"])
        if test["result"] == "valid" and ours == (256, 192, 128):
            count.check(what, good(answer, test["msg"]), answer)
        else:
            count.check(what, refused(answer), answer)


def ed25519(adapter, count, document):
    for group, test, what in tests(document):
        answer = adapter.ask(
            "ed25519-verify", pk=group["publicKey"]["pk"],
            msg=test["msg"], sig=test["sig"],
        )
        wanted = test["result"] == "valid"
        count.check(what, answer.get("ok") is wanted, answer)


def x25519(adapter, count, document):
    for _, test, what in tests(document):
        answer = adapter.ask("x25519", sk=test["private"], pk=test["public"])
        if set(test["shared"]) == {"0"}:
            count.check(what, refused(answer), answer)
        else:
            count.check(what, good(answer, test["shared"]), answer)


def hkdf(adapter, count, document):
    for _, test, what in tests(document):
        answer = adapter.ask(
            "hkdf-sha256", salt=test["salt"], ikm=test["ikm"],
            info=test["info"], size=test["size"],
        )
        if test["result"] == "valid":
            count.check(what, good(answer, test["okm"]), answer)
        else:
            count.check(what, refused(answer), answer)


def hmac(adapter, count, document):
    for group, test, what in tests(document):
        answer = adapter.ask("hmac-sha256", key=test["key"], msg=test["msg"])
        same = (
            good(answer)
            and answer["out"][: group["tagSize"] // 4] == test["tag"]
        )
        count.check(what, same is (test["result"] == "valid"), answer)


def refused_tokens(op, member):
    """Sets without keys of ours: everything in them must be refused."""

    def run(adapter, count, document):
        for group, test, what in tests(document):
            token = test[member]
            if not isinstance(token, str):
                token = json.dumps(token)
            for half in ("private", "public"):
                if half in group:
                    answer = adapter.ask(op, jwk=group[half], token=token)
                    count.check(f"{what} ({half})", refused(answer), answer)

    return run


def cookbook_jws(adapter, count, document):
    key, token = document["input"]["key"], document["output"]["compact"]
    payload = document["input"]["payload"].encode().hex()
    answer = adapter.ask("jws-verify", jwk=key, token=token)
    count.check("verify", good(answer, payload), answer)
    signed, signature = token.rsplit(".", 1)
    answer = adapter.ask(
        "ed25519-sign", seed=unb64u(key["d"]).hex(), msg=signed.encode().hex()
    )
    count.check("signature", good(answer, unb64u(signature).hex()), answer)
    made = adapter.ask("jws-sign", jwk=key, payload=payload)
    count.check("sign", good(made), made)
    header = json.loads(unb64u(made["token"].split(".")[0]))
    count.check("header says Ed25519", header.get("alg") == "Ed25519", header)
    answer = adapter.ask("jws-verify", jwk=key, token=made["token"])
    count.check("verify what we signed", good(answer, payload), answer)
    for at in range(len(made["token"])):
        text = made["token"]
        other = "A" if text[at] != "A" else "B"
        answer = adapter.ask(
            "jws-verify", jwk=key, token=text[:at] + other + text[at + 1 :]
        )
        count.check(f"character {at} changed", refused(answer), answer)


def cookbook_ecdh(adapter, count, document):
    # Its content encryption is A128GCM, which suite OS1 does not have.
    key, token = document["input"]["key"], document["output"]["compact"]
    answer = adapter.ask("jwe-decrypt", jwk=key, token=token)
    count.check("A128GCM is refused", refused(answer), answer)
    payload = document["input"]["plaintext"].encode().hex()
    made = adapter.ask("jwe-encrypt", jwk=key, payload=payload)
    count.check("encrypt", good(made), made)
    answer = adapter.ask("jwe-decrypt", jwk=key, token=made["token"])
    count.check("decrypt", good(answer, payload), answer)


def voprf(adapter, count, document):
    for suite in document:
        mode = suite["mode"]
        step = lambda name, **m: adapter.ask("voprf", mode=mode, step=name, **m)
        answer = step("derive", seed=suite["seed"], info=suite["keyInfo"])
        count.check(f"mode {mode} key", good(answer, suite["skSm"]), answer)
        for number, v in enumerate(suite["vectors"], 1):
            what = f"mode {mode} vector {number}"
            answer = step("blind", input=v["Input"], blind=v["Blind"])
            count.check(
                f"{what} blind", good(answer, v["BlindedElement"]), answer
            )
            proof, nonce = {}, {}
            if mode == 1:
                nonce = dict(pk=suite["pkSm"], proof_random=v["Proof"]["r"])
                proof = dict(pk=suite["pkSm"], proof=v["Proof"]["proof"])
            answer = step(
                "evaluate", sk=suite["skSm"], element=v["BlindedElement"],
                **nonce,
            )
            same = good(answer, v["EvaluationElement"]) and (
                mode == 0
                or (answer["proof"] == proof["proof"] and answer["seeded"])
            )
            count.check(f"{what} evaluate", same, answer)
            last = dict(
                input=v["Input"], blind=v["Blind"],
                evaluated=v["EvaluationElement"],
                element=v["BlindedElement"], **proof,
            )
            answer = step("finalize", **last)
            count.check(f"{what} finalize", good(answer, v["Output"]), answer)
            for at in range(0, len(proof.get("proof", "")), 2):
                text = proof["proof"]
                flipped = f"{int(text[at : at + 2], 16) ^ 1:02x}"
                answer = step(
                    "finalize",
                    **dict(last, proof=text[:at] + flipped + text[at + 2 :]),
                )
                count.check(
                    f"{what} proof byte {at // 2}", refused(answer), answer
                )


def merkle(adapter, count, document):
    for kind, members in (
        ("inclusion", ("leafIdx", "treeSize", "root", "leafHash", "proof")),
        ("consistency", ("size1", "size2", "root1", "root2", "proof")),
    ):
        for case in document[kind]:
            request = {name: case[name] for name in members}
            wanted = not case["wantErr"]
            for text in (False, True):
                if text:
                    for name in members[:2]:
                        if isinstance(request[name], int):
                            request[name] = str(request[name])
                answer = adapter.ask("merkle-" + kind, **request)
                what = f"{kind} {case['file']} {case['desc']}"
                count.check(what, answer.get("ok") is wanted, answer)


PUBLISHED = {
    "rfc9497-ristretto255.json": voprf,
    "wycheproof-aes_gcm.json": aes_gcm,
    "wycheproof-xchacha20_poly1305.json": xchacha,
    "wycheproof-ed25519.json": ed25519,
    "wycheproof-x25519.json": x25519,
    "wycheproof-hkdf_sha256.json": hkdf,
    "wycheproof-hmac_sha256.json": hmac,
    "wycheproof-json_web_signature.json": refused_tokens("jws-verify", "jws"),
    "wycheproof-json_web_encryption.json": refused_tokens("jwe-decrypt", "jwe"),
    "cookbook-jws.json": cookbook_jws,
    "cookbook-ecdh-es.json": cookbook_ecdh,
    "merkle-proofs.json": merkle,
}


def run_own(adapter, counts, folder):
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".json"):
            continue
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            document = json.load(file)
        if not is_own(document):
            continue
        count = Count(name)
        own(adapter, count, document)
        cut_tokens(adapter, count, document)
        counts.append(count)
    for name, function in (("bad input", rude), ("round trips", round_trips)):
        count = Count(name)
        function(adapter, count)
        counts.append(count)


def run_published(adapter, counts, folder):
    for name, function in PUBLISHED.items():
        count = Count(name)
        try:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                document = json.load(file)
        except FileNotFoundError:
            count.check("the file is missing", False)
        else:
            function(adapter, count, document)
        counts.append(count)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    here = os.path.dirname(os.path.abspath(__file__))
    data = sys.argv[2] if len(sys.argv) == 3 else os.path.join(here, "../data")
    published = os.environ.get("OVERSTAP_VECTORS")
    adapter, counts = Adapter(sys.argv[1]), []
    run_own(adapter, counts, data)
    if published:
        run_published(adapter, counts, published)
    else:
        print("OVERSTAP_VECTORS is not set: only our own figures are run")
    ending = Count("the adapter")
    status = adapter.close()
    ending.check(f"ends with status {status}", status == 0)
    counts.append(ending)
    for count in counts:
        print(f"{count.name}: {count.passed} passed, {count.failed} failed")
    passed = sum(count.passed for count in counts)
    failed = sum(count.failed for count in counts)
    failed += sum(1 for count in counts if count.passed + count.failed == 0)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
