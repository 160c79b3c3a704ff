# SPDX-License-Identifier: EUPL-1.2
"""bench_rivals.py - what else could answer the same requests: the same work as
a Node.js service (node_service.js), and nginx that only reads the message and
sends fixed bytes.  Each takes the receiver's port and TLS key while the
receiver's daemons do not run, so that overstap-load is the same client.

Absent is raised, with the reason, where a tool is not installed.

Python standard library only.
"""
import http.client
import json
import os
import re
import signal
import ssl
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "system"))

from region import Trouble  # noqa: E402

GROUP = 256  # messages of one transaction at most, as OV_BATCH_MAX
NGINX = "/usr/sbin/nginx"
ECHO = "/usr/lib/nginx/modules/ngx_http_echo_module.so"

# One connection carries all messages, so one worker answers them all.
NGINX_CONF = """\
daemon off;
worker_processes 1;
pid %(dir)s/nginx.pid;
error_log %(dir)s/error.log warn;
load_module %(echo)s;
%(user)sevents { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path %(dir)s/body;
  proxy_temp_path %(dir)s/proxy;
  fastcgi_temp_path %(dir)s/fastcgi;
  uwsgi_temp_path %(dir)s/uwsgi;
  scgi_temp_path %(dir)s/scgi;
  client_body_buffer_size 64k;
  keepalive_requests 10000000;
  default_type application/jose;
  server {
    listen 127.0.0.1:%(port)d ssl http2;
    ssl_certificate %(cert)s;
    ssl_certificate_key %(key)s;
    ssl_protocols TLSv1.3;
    ssl_verify_client optional_no_ca;
    root %(dir)s;
    location = /v1/sleutels { try_files /sleutels =404; }
    location = /v1/afstemming { try_files /afstemming =404; }
    location = /v1/berichten {
      echo_status 201;
      echo_read_request_body;
      echo -n "%(answer)s";
    }
  }
}
"""


class Absent(Exception):
    """Cannot be measured here; the text says why."""


def node_missing(node):
    """Why this Node.js cannot run the service, or None."""
    try:
        p = subprocess.run([node, "-e", "require('sqlite3')"], timeout=60,
                           capture_output=True, check=False)
    except OSError:
        return "no %s (package nodejs)" % node
    return None if p.returncode == 0 else \
        "%s has no sqlite3 (package node-sqlite3)" % node


def nginx_missing():
    if not os.access(NGINX, os.X_OK):
        return "no nginx (package nginx-light)"
    return None if os.path.exists(ECHO) else \
        "nginx has no echo module (package nginx-light)"


class Server:
    """A process that listens on the receiver's port for the time of a with
    block."""

    def __init__(self, region, argv, folder):
        self.region = region
        self.argv = argv
        self.log = os.path.join(folder, "log.txt")

    def __enter__(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self.region.wait_until(
                lambda: self.process.poll() is not None or
                self.region.listening("mbo"), 30, self.argv[0] + " listens")
            if self.process.poll() is not None:
                with open(self.log, encoding="utf-8", errors="replace") as f:
                    raise Trouble("%s: %s" % (self.argv[0], f.read()[:500]))
        except BaseException:
            self.__exit__()
            raise
        return self.process

    def __exit__(self, *exc):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Rivals:
    def __init__(self, region, folder, node):
        self.r = region
        self.folder = folder
        self.nodejs = node
        self.mbo = region.members["mbo"]
        os.makedirs(folder, exist_ok=True)

    def _keys(self, *names):
        return os.path.join(self.mbo.dir, "credentials", *names)

    # ---- Node.js ----

    def node(self, batch, warm, count):
        """overstap-load's figures against the Node service, with at most
        batch messages in a transaction; from an empty database, after warm
        messages."""
        why = node_missing(self.nodejs)
        if why:
            raise Absent(why)
        conf = os.path.join(self.folder, "node.json")
        db = os.path.join(self.folder, "node.db")
        for end in ("", "-wal", "-shm"):
            if os.path.exists(db + end):
                os.unlink(db + end)
        with open(conf, "w", encoding="utf-8") as f:
            json.dump(self._node_conf(db, batch), f)
        self.r.stop("mbo")
        with Server(self.r, [self.nodejs, os.path.join(
                HERE, "node_service.js"), conf], self.folder):
            self.r.load(warm)
            return self.r.load(count)

    def _node_conf(self, db, batch):
        m = self.mbo
        with open(self.r.note, encoding="utf-8") as f:
            book = json.loads(f.readline())
        return {
            "port": m.port, "cert": os.path.join(m.dir, "tls.crt"),
            "key": self._keys("net", "tls.key"),
            "identity": self._keys("vault", "identity"),
            "log": self._keys("vault", "log"), "db": db, "batch": batch,
            "data": os.path.join(ROOT, "data"), "oin": m.oin,
            "origin": "%s/regio/%s/log/%s" % (book["logdomein"],
                                              book["regio"], m.oin),
            "versie": book["versie"], "epochs": [1], "rol": m.rol,
            "brin": [b.partition("/")[0] for b in m.brin],
            "members": [{
                "oin": x["oin"], "rol": x["rol"], "id": x["id"],
                "mag_naar": x["mag_naar"],
                "pins": [p.partition("//")[2] for p in x["tls_client"]],
            } for x in book["leden"]],
        }

    # ---- nginx ----

    def nginx(self, size, warm, count):
        """overstap-load's figures against an nginx that reads each message
        and answers 201 with size fixed bytes; the receipts are none, so none
        is verified."""
        why = nginx_missing()
        if why:
            raise Absent(why)
        folder = os.path.join(self.folder, "nginx")
        os.makedirs(folder, exist_ok=True)
        self._signed(folder)
        conf = os.path.join(folder, "nginx.conf")
        with open(conf, "w", encoding="ascii") as f:
            f.write(NGINX_CONF % {
                "dir": folder, "port": self.mbo.port, "echo": ECHO,
                "user": "user root;\n" if os.geteuid() == 0 else "",
                "cert": os.path.join(self.mbo.dir, "tls.crt"),
                "key": self._keys("net", "tls.key"), "answer": "x" * size})
        self.r.stop("mbo")
        with Server(self.r, [NGINX, "-p", folder, "-c", conf, "-e",
                             os.path.join(folder, "error.log")], folder):
            self.r.load(warm, verify=0)
            return self.r.load(count, verify=0)

    def _signed(self, folder):
        """What the load generator asks for first and verifies: nginx serves
        what the receiver answered.  Every run sends the same numbers."""
        if not self.r.listening("mbo"):
            self.r.start("mbo")
        load = self.r.members["load"]
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.check_hostname = False  # loopback; the load generator pins
        tls.verify_mode = ssl.CERT_NONE
        tls.load_cert_chain(
            os.path.join(load.dir, "tls.crt"),
            os.path.join(load.dir, "credentials", "net", "tls.key"))
        for name, path in (("sleutels", "/v1/sleutels"),
                           ("afstemming", "/v1/afstemming?van=1&tot=1")):
            c = http.client.HTTPSConnection("127.0.0.1", self.mbo.port,
                                            timeout=30, context=tls)
            try:
                c.request("GET", path)
                a = c.getresponse()
                body = a.read()
            finally:
                c.close()
            if a.status != 200 or not re.fullmatch(rb"[\w.-]+", body):
                raise Trouble("GET %s: %d" % (path, a.status))
            with open(os.path.join(folder, name), "wb") as f:
                f.write(body)
