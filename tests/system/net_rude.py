#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""net_rude.py - rude clients against the real overstapd-net.

    net_rude.py PATH-OF-OVERSTAPD-NET

The other end of net's socket is a small store in this process.  While each
kind of rudeness goes on, a polite partner must be served; afterwards the
rude connections are gone and the memory of the process has not grown.
"""
import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

N_PEER, N_REQUEST, N_ANSWER, N_STATE, N_GONE = 0x101, 0x102, 0x103, 0x108, 0x109
REPLY = 0x8000
RUDE = "127.0.0.2"  # another source address than the polite partner's


def packet(kind, ref, record, bulk=b""):
    return struct.pack(">HHIQ", kind, 1, 1, ref) + record + bulk


class Store(threading.Thread):
    """Answers what net asks: 200 to every request of a known key."""

    def __init__(self, listener, port):
        super().__init__(daemon=True)
        self.port = port
        self.early = None
        self.listener = listener
        self.known = set()
        self.delay = 0.0
        self.requests = 0
        self.refused = {}  # by source
        self.fault = None

    def run(self):
        try:
            self.sock, _ = self.listener.accept()
            # Before it knows whom to trust, net listens to nobody.
            time.sleep(0.5)
            with socket.socket() as s:
                self.early = s.connect_ex(("127.0.0.1", self.port)) == 0
            self.limit(10**6, 10**6)
            while self.one():
                pass
        except OSError as e:
            self.fault = e

    def limit(self, rate, burst):
        """What a key may ask, a second and at once."""
        self.sock.send(packet(N_STATE, 0, struct.pack(">III", 42, rate, burst)))

    def one(self):
        data, fds, _, _ = socket.recv_fds(self.sock, 256 * 1024, 4)
        if not data:
            return False
        if fds:
            with os.fdopen(fds[0], "rb") as f:
                data = f.read()
        kind, _, _, ref = struct.unpack(">HHIQ", data[:16])
        if kind == N_PEER:
            known = data[24:56] in self.known
            self.sock.send(packet(N_PEER | REPLY, ref, struct.pack(">I", 0 if known else 6)))
        elif kind == N_REQUEST:
            self.requests += 1
            if self.delay:
                time.sleep(self.delay)
            where = data[16:32]
            head = where + struct.pack(">HBIBII", 200, 4, 0, 0, 16 + 32, 2)
            self.sock.send(packet(N_ANSWER, ref, head, b"{}"))
        elif kind == N_GONE:
            conn, refused = struct.unpack(">QI", data[16:28])
            if conn == 0:
                source = data[28:44]
                self.refused[source] = self.refused.get(source, 0) + refused
        return True


class Net:
    """The process, its folder and its keys."""

    def __init__(self, program, folder):
        self.folder = folder
        for name in ("run", "credentials/net"):
            os.makedirs(os.path.join(folder, name), 0o700)
        self.key("credentials/net/tls.key", "tls.crt")
        self.member = self.key("member.key", "member.crt")
        self.eager = self.key("eager.key", "eager.crt")
        self.stranger = self.key("stranger.key", "stranger.crt")
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        with open(self.path("overstap.conf"), "w", encoding="ascii") as f:
            f.write("oin = 00000099000000001000\nregio = test\nnaam = Test\n"
                    "logdomein = overstap.example\n"
                    f"listen = 127.0.0.1:{self.port}\n")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(self.path("run/net.sock"))
        listener.listen(1)
        self.store = Store(listener, self.port)
        self.store.known.update((self.member[2], self.eager[2]))
        self.store.start()
        self.log = open(self.path("net.log"), "wb")
        self.process = subprocess.Popen([program, "-c", self.path("overstap.conf")],
                                        stderr=self.log)
        deadline = time.monotonic() + 20
        while True:
            try:
                self.tcp("127.0.0.1").close()
                return
            except ConnectionRefusedError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def path(self, name):
        return os.path.join(self.folder, name)

    def key(self, key, crt):
        key, crt = self.path(key), self.path(crt)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", crt,
                        "-days", "2", "-subj", "/CN=test"],
                       check=True, stderr=subprocess.DEVNULL)
        os.chmod(key, 0o600)
        pem = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"],
                             check=True, stdout=subprocess.PIPE).stdout
        return crt, key, hashlib.sha256(pem).digest()

    def tcp(self, source=RUDE):
        return socket.create_connection(("127.0.0.1", self.port), 10, (source, 0))

    def tls(self, who=None, source=RUDE, alpn=None):
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        ctx.check_hostname = False
        ctx.verify_mode = ssl.CERT_NONE
        if who:
            ctx.load_cert_chain(who[0], who[1])
        if alpn:
            ctx.set_alpn_protocols([alpn])
        return ctx.wrap_socket(self.tcp(source))

    def rss(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as f:
            for line in f:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        raise RuntimeError("no VmRSS")

    def polite(self):
        """A partner's request is answered, and soon."""
        start = time.monotonic()
        with self.tls(self.member, "127.0.0.1") as s:
            s.sendall(b"GET /v1/status HTTP/1.1\r\nHost: h\r\n\r\n")
            answer = s.recv(4096)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer
        took = time.monotonic() - start
        assert took < 3, f"a polite request took {took:.1f} s"


def read_all(s):
    """Everything until the end, a reset being an end too."""
    data = b""
    with contextlib.suppress(OSError):
        while True:
            piece = s.recv(65536)
            if not piece:
                break
            data += piece
    return data


def send_some(s, data):
    """The other side may close while we write; then False."""
    try:
        s.sendall(data)
        return True
    except OSError:
        return False


# --- HTTP/2 by hand --------------------------------------------------------------

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def hpack(pairs):
    out = b""
    for name, value in pairs:
        out += b"\x00" + bytes([len(name)]) + name.encode()
        assert len(name) < 127 and len(value) < 127
        out += bytes([len(value)]) + value.encode()
    return out


HEAD = [(":method", "GET"), (":scheme", "https"), (":authority", "h"), (":path", "/v1/status")]


def frames(data):
    while len(data) >= 9:
        n = int.from_bytes(data[:3], "big")
        yield data[3], data[4], int.from_bytes(data[5:9], "big"), data[9:9 + n]
        data = data[9 + n:]


def goaway_code(data):
    """Error code of the last GOAWAY, or None."""
    code = None
    for kind, _, _, payload in frames(data):
        if kind == 7 and len(payload) >= 8:
            code = int.from_bytes(payload[4:8], "big")
    return code


def h2(net, who=None):
    s = net.tls(who or net.member, alpn="h2")
    assert s.selected_alpn_protocol() == "h2"
    s.sendall(PREFACE + frame(4, 0, 0))
    return s


# --- rudeness --------------------------------------------------------------------

def rubbish(net):
    for i in range(30):
        with net.tcp() as s:
            send_some(s, bytes((i * 31 + k * 7) % 256 for k in range(2000)))
            read_all(s)
    net.polite()


def plain_http(net):
    with net.tcp() as s:
        send_some(s, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        assert b"HTTP" not in read_all(s)
    net.polite()


def no_certificate(net):
    with contextlib.suppress(ssl.SSLError, OSError):
        with net.tls() as s:
            s.sendall(b"GET /v1/status HTTP/1.1\r\nHost: h\r\n\r\n")
            assert s.recv(100) == b""
    net.polite()


def stranger(net):
    before = net.store.requests
    with net.tls(net.stranger) as s:
        s.sendall(b"POST /v1/berichten HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n")
        assert b"partij-onbekend" in read_all(s)
    with h2(net, net.stranger) as s:
        s.sendall(frame(1, 5, 1, hpack(HEAD)))
        data = read_all(s)
        assert b"partij-onbekend" in data and goaway_code(data) == 0, data
    assert net.store.requests == before


def many_headers(net):
    with net.tls(net.member) as s:
        send_some(s, b"GET /v1/status HTTP/1.1\r\nHost: h\r\n" +
                  b"".join(b"X-%d: y\r\n" % i for i in range(10000)) + b"\r\n")
        assert read_all(s).startswith(b"HTTP/1.1 431 ")
    with h2(net) as s:
        s.sendall(frame(1, 5, 1, hpack(HEAD + [("x-%d" % i, "y") for i in range(110)])))
        s.sendall(frame(1, 5, 3, hpack(HEAD)))
        time.sleep(0.3)
        s.settimeout(0.5)
        data = read_all(s)
        assert b"431" in data and b"{}" in data, data
    net.polite()


def continuation_flood(net):
    with h2(net) as s:
        send_some(s, frame(1, 1, 1, hpack(HEAD)))
        block = hpack([("x-%d" % i, "y" * 100) for i in range(100)])
        for _ in range(100):
            send_some(s, frame(9, 0, 1, block))
        read_all(s)
    net.polite()


def two_lengths(net):
    for second in (b"5", b"6"):
        with net.tls(net.member) as s:
            s.sendall(b"POST /v1/berichten HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"
                      b"Content-Length: " + second + b"\r\n\r\nabcde")
            assert read_all(s).startswith(b"HTTP/1.1 400 ")


def rapid_reset(net):
    before = net.store.requests
    net.store.delay = 0.002
    with h2(net) as s:
        for i in range(1, 4000, 2):
            send_some(s, frame(1, 5, i, hpack(HEAD)) + frame(3, 0, i, struct.pack(">I", 8)))
        net.polite()
        data = read_all(s)
    net.store.delay = 0.0
    assert goaway_code(data) in (11, None), goaway_code(data)
    # A request that was cancelled counts until it is answered.
    assert net.store.requests - before < 300, net.store.requests - before
    net.polite()


def ping_flood(net):
    s = h2(net)
    s.settimeout(5)
    assert not all([send_some(s, frame(6, 0, 0, b"12345678") * 500) for _ in range(1000)])
    net.polite()
    s.close()


def settings_flood(net):
    with h2(net) as s:
        assert not all([send_some(s, frame(4, 0, 0) * 500) for _ in range(1000)])
        net.polite()


def too_large(net):
    head = b"POST /v1/berichten HTTP/1.1\r\nHost: h\r\nContent-Type: application/jose\r\n"
    with net.tls(net.member) as s:
        send_some(s, head + b"Content-Length: 800000\r\n\r\n" + b"x" * 800000)
        s.settimeout(2)
        assert read_all(s).startswith(b"HTTP/1.1 413 ")
    with net.tls(net.member) as s:
        send_some(s, head + b"Content-Length: 80000000\r\n\r\n")
        for _ in range(100):
            send_some(s, b"x" * 100000)
        read_all(s)
    with h2(net) as s:
        fields = [(":method", "POST")] + HEAD[1:3] + [(":path", "/v1/berichten"),
                  ("content-type", "application/jose"), ("content-length", "800000")]
        s.sendall(frame(1, 4, 1, hpack(fields)) + frame(0, 0, 1, b"x" * 16384))
        s.settimeout(0.5)
        data = read_all(s)
        assert b"te-groot" in data, data
    net.polite()


def more_than_said(net):
    with h2(net) as s:
        fields = [(":method", "POST")] + HEAD[1:3] + [(":path", "/v1/berichten"),
                  ("content-type", "application/jose"), ("content-length", "5")]
        s.sendall(frame(1, 4, 1, hpack(fields)) + frame(0, 1, 1, b"sixsix"))
        s.settimeout(0.5)
        data = read_all(s)
        assert any(kind == 3 for kind, _, _, _ in frames(data)), data


def h2_limits(net):
    """What HTTP/1.1 is refused for, HTTP/2 is refused for."""
    post = [(":method", "POST")] + HEAD[1:3] + [(":path", "/v1/berichten")]
    jose = ("content-type", "application/jose")
    fat = hpack(HEAD + [("x" * 100 + "%02d" % i, "y" * 120) for i in range(80)])
    assert 16384 < len(fat) < 32768
    for what, block, want in (
            ("no length", hpack(post + [jose]), b"lengte-nodig"),
            ("media type", hpack(post + [("content-type", "text/html"), ("content-length", "5")]), b"media-type"),
            ("compression", hpack(post + [jose, ("content-length", "5"), ("content-encoding", "gzip")]), b"media-type"),
            ("a body for GET", hpack(HEAD + [("content-length", "5")]), b"te-groot"),
            ("method", hpack([(":method", "PATCH")] + HEAD[1:]), b"methode"),
            ("path", hpack(HEAD[:3] + [(":path", "/v1/../etc")]), b"niet-gevonden"),
            ("header block", fat, b"431")):
        with h2(net) as s:
            s.sendall(frame(1, 0, 1, block[:16000]) + frame(9, 4, 1, block[16000:]) + frame(0, 1, 1, b"abcde"))
            s.settimeout(0.5)
            data = read_all(s)
            assert want in data, (what, data)
    with h2(net) as s:  # streams at once: one more than the 64
        begun = hpack(post + [jose, ("content-length", "5")])
        s.sendall(b"".join(frame(1, 4, 2 * i + 1, begun) for i in range(65)))
        s.settimeout(0.5)
        data = read_all(s)
        refused = [stream for kind, _, stream, payload in frames(data) if kind == 3 and payload == struct.pack(">I", 7)]
        assert refused == [129] or goaway_code(data), (refused, data)
    net.polite()


def answers(s, n):
    """stream -> (header block, body) of n streams that were answered."""
    data, out, done = b"", {}, set()
    s.settimeout(10)
    while len(done) < n:
        piece = s.recv(65536)
        assert piece, (n, out)
        data += piece
        while len(data) >= 9 and len(data) >= 9 + int.from_bytes(data[:3], "big"):
            size = 9 + int.from_bytes(data[:3], "big")
            kind, flags, stream, payload = next(frames(data[:size]))
            head, body = out.get(stream, (b"", b""))
            if kind == 1:
                out[stream] = head + payload, body
            elif kind == 0:
                out[stream] = head, body + payload
            if kind in (0, 1) and flags & 1:
                done.add(stream)
            data = data[size:]
    return out


def too_many(net):
    """Over the rate of a key: 429 with Retry-After and a problem document
    (docs/protocol.md, 7), on a connection that goes on; others are
    served, and so is he when he waited."""
    net.store.limit(1, 5)
    time.sleep(0.1)
    before = net.store.requests
    with h2(net, net.eager) as s:
        s.sendall(b"".join(frame(1, 5, 2 * i + 1, hpack(HEAD)) for i in range(40)))
        got = answers(s, 40)
        limited = [x for x in got.values() if x[1] != b"{}"]
        assert 33 <= len(limited) <= 35, len(limited)
        assert net.store.requests - before == 40 - len(limited), "store saw what was refused"
        for _, body in limited:
            problem = json.loads(body)
            assert problem["status"] == 429 and problem["type"].endswith(":te-veel"), problem
            assert problem["title"] and len(body) < 1000, problem
        # The first spells its fields out (RFC 7541, appendix A): 8 is
        # :status, 53 retry-after.
        first = min(got.items(), key=lambda x: (x[1][1] == b"{}", x[0]))[1][0]
        assert b"\x48\x03429" in first and b"\x75\x011" in first, first
        net.polite()
        time.sleep(1.2)
        s.sendall(frame(1, 5, 81, hpack(HEAD)))
        assert answers(s, 1)[81][1] == b"{}", "not served after Retry-After"
        net.polite()
    net.store.limit(10**6, 10**6)
    time.sleep(0.1)


def pipelining(net):
    with net.tls(net.member) as s:
        s.settimeout(10)
        s.sendall(b"GET /v1/status HTTP/1.1\r\nHost: h\r\n\r\n" * 1000)
        data = b""
        while data.count(b"\r\n\r\n{}") < 1000:
            piece = s.recv(65536)
            assert piece, data[-300:]
            data += piece
    net.polite()


def does_not_read(net):
    """Asks and never takes an answer."""
    s = net.tls(net.member)
    s.settimeout(1)
    ask = b"GET /v1/status HTTP/1.1\r\nHost: h\r\n\r\n" * 400
    assert not all(send_some(s, ask) for _ in range(10000))
    net.polite()
    s.close()


ROUND = [rubbish, plain_http, no_certificate, stranger, many_headers, continuation_flood,
         two_lengths, rapid_reset, ping_flood, settings_flood, too_large, more_than_said,
         h2_limits, pipelining, does_not_read]


def closed(s, within):
    s.settimeout(within)
    try:
        return s.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def run(net, sanitized):
    net.polite()
    assert net.store.early is False, "net listened before store was there"
    # Slow ones: they hold on while the others have their say.
    silent = [net.tcp("127.0.0.3") for _ in range(100)]
    slow = [net.tls(net.member, "127.0.0.4") for _ in range(20)]
    for s in slow:
        s.sendall(b"GET /v1/status HTTP/1.1\r\nHost:")
    started = time.monotonic()
    net.polite()
    sizes = []
    for i in range(3):
        for rudeness in ROUND + ([too_many] if i == 1 else []):
            begin = time.monotonic()
            rudeness(net)
            assert net.process.poll() is None, f"{rudeness.__name__}: net has stopped"
            assert net.store.fault is None, net.store.fault
            print(f"{rudeness.__name__}: {time.monotonic() - begin:.1f} s", flush=True)
        sizes.append(net.rss())
    print("VmRSS in KiB after each round:", sizes)
    # A sanitizer keeps freed memory on purpose.
    limit = 200 * 1024 if sanitized else 4 * 1024
    assert sizes[2] - sizes[0] < limit, sizes
    left = max(0.0, 11 - (time.monotonic() - started))
    for s in silent + slow:
        assert closed(s, left + 1), "a slow connection is still open"
        s.close()
    time.sleep(5.5)
    # Counted under the address each came from; that of the polite one has
    # the look whether the listener is there.
    mapped = {x: bytes(10) + b"\xff\xff" + socket.inet_aton(x)
              for x in (RUDE, "127.0.0.1", "127.0.0.3")}
    assert net.store.refused.get(mapped[RUDE], 0) > 30, net.store.refused
    assert net.store.refused.get(mapped["127.0.0.3"], 0) == 100, net.store.refused
    assert net.store.refused.get(mapped["127.0.0.1"], 0) == 1, net.store.refused
    net.polite()
    net.process.send_signal(signal.SIGTERM)
    assert net.process.wait(10) == 0


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    with open(program, "rb") as f:
        sanitized = b"__asan_init" in f.read()
    folder = tempfile.mkdtemp(prefix="net-rude.")
    net = None
    try:
        net = Net(program, folder)
        run(net, sanitized)
    except BaseException:
        with open(os.path.join(folder, "net.log"), encoding="utf-8") as f:
            sys.stderr.write(f.read()[-5000:])
        raise
    finally:
        if net and net.process.poll() is None:
            net.process.kill()
            net.process.wait()
        shutil.rmtree(folder)
    print("net_rude: all served, none grown")


if __name__ == "__main__":
    main()
