#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""The command line against a daemon of this script's own: framing, rows in
both directions, refusals, and answers that no daemon should give.

usage: cli_control.py BIN    (directory of the programs)
"""
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading

OV = os.path.join(sys.argv[1], "overstap")
PASSED = 0


def frame(o):
    b = json.dumps(o).encode()
    return struct.pack(">I", len(b)) + b


def recv_exact(c, n):
    b = b""
    while len(b) < n:
        k = c.recv(n - len(b))
        if not k:
            raise EOFError
        b += k
    return b


def recv(c):
    return json.loads(recv_exact(c, struct.unpack(">I", recv_exact(c, 4))[0]))


class Daemon:
    """Serves one command with handler(conn, question), then ends."""

    def __init__(self, folder, handler, before=None):
        """before: serves a command that comes before it."""
        path = os.path.join(folder, "run", "control.sock")
        if os.path.exists(path):
            os.unlink(path)
        self.handler, self.question, self.fault = handler, None, None
        self.before = before
        self.s = socket.socket(socket.AF_UNIX)
        self.s.bind(path)
        self.s.listen(1)
        self.t = threading.Thread(target=self.serve, daemon=True)
        self.t.start()

    def serve(self):
        try:
            if self.before:
                c, _ = self.s.accept()
                with c:
                    self.before(c, recv(c))
            c, _ = self.s.accept()
            with c:
                self.question = recv(c)
                self.handler(c, self.question)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            pass
        except Exception as x:  # shown by ask()
            self.fault = x
        finally:
            self.s.close()


def ask(folder, handler, *argv, code=0, before=None):
    global PASSED
    d = Daemon(folder, handler, before)
    r = subprocess.run([OV, "-i", folder, *argv], capture_output=True,
                       text=True, timeout=120)
    if d.question is not None:
        d.t.join(60)
    else:
        d.s.close()
    if d.fault:
        raise d.fault
    assert r.returncode == code, (argv, r.returncode, r.stdout, r.stderr)
    assert "Sanitizer" not in r.stderr, (argv, r.stderr)
    PASSED += 1
    return d.question, r.stdout, r.stderr


def answer(*frames):
    return lambda c, q: c.sendall(b"".join(frame(f) for f in frames))


def refuse(code):
    return answer({"fout": {"code": code, "tekst": "Zo gaat het niet.",
                            "fouten": ["/inhoud/naam: ontbreekt"]}})


def importer(got, faults=(), end=None):
    """A daemon that takes rows."""
    def run(c, q):
        c.sendall(frame({"go": True}))
        while True:
            f = recv(c)
            if f == {"end": True}:
                break
            assert list(f) == ["rows"] and f["rows"]
            got.extend(f["rows"])
        if faults:
            c.sendall(frame({"rows": list(faults)}))
        c.sendall(frame({"end": end or {"goed": len(got), "fout": 0,
                                        "klaar": 1, "wacht": len(got) - 1,
                                        "laatste_datum": "2026-11-27",
                                        "reden": "jaarbudget"}}))
    return run


def lists(w):
    rows = [{"nr": i, "srt": "overstapdossier", "eigenReferentie": f"r{i}",
             "ontvanger": "ROC " + "é" * (i % 60), "stand": "ONVOLLEDIG",
             "ontbreekt": ["inzage"]} for i in range(500)]
    h = answer({"rows": rows[:250]}, {"progress": {"done": 1, "total": 2}},
               {"rows": rows[250:]}, {"end": {"aantal": 500}})
    q, out, _ = ask(w, h, "drafts", "--state", "ONVOLLEDIG")
    assert q == {"v": 1, "cmd": "drafts.list", "arg": {"stand": "ONVOLLEDIG"}}
    lines = out.splitlines()
    assert len(lines) == 2 * 500 + 2 and lines[-1] == "aantal 500"
    assert lines[2] == "    Ontbreekt: inzage"
    assert max(map(len, lines)) <= 80
    q, out, _ = ask(w, h, "drafts", "--json")
    j = json.loads(out)
    assert j["rows"] == rows and j["end"] == {"aantal": 500}
    q, _, _ = ask(w, answer({"end": {"opgesteld": 2}}), "send", "4", "7")
    assert q["arg"] == {"nr": [4, 7]}
    q, _, _ = ask(w, answer({"end": {}}), "send", "--all", "--type",
                  "uitschrijving")
    assert q["arg"] == {"alles": True, "srt": "uitschrijving"}
    q, _, _ = ask(w, answer({"end": {}}), "inbox", "link", "3", "9")
    assert q["arg"] == {"nr": 3, "leerling": 9}
    q, _, _ = ask(w, answer({"end": {}}), "way", "A" * 22)
    assert q["arg"] == {"jti": "A" * 22}
    # Types are told apart, own references are whole; the name gives way.
    rows = [{"nr": 1234, "srt": srt, "partner": "Samenwerkingsverband " * 3,
             "stand": "WACHT-OP-PSEUDONIEM", "pogingen": 12,
             "opgesteld": "2026-09-01T08:00:00Z", "fout": "",
             "eigenReferentie": "2026-01234"}
            for srt in ("overstapdossier", "overstapstatus")]
    _, out, _ = ask(w, answer({"rows": rows}, {"end": dict.fromkeys(
        ("OPGESTELD", "WACHT-OP-PSEUDONIEM", "KLAAR", "ONDERWEG",
         "AFGELEVERD", "GEWEIGERD", "VERLOPEN", "INGETROKKEN"), 12)}), "outbox")
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80 and len(lines) == 5, out
    assert "2026-01234" in lines[1], out
    assert lines[1].split()[1] != lines[2].split()[1], out
    # A hostile value does not reach the terminal.
    _, out, _ = ask(w, answer({"rows": [{"nr": 1, "naam": "x\x1b[2Jy"}]},
                              {"end": {}}), "partners", "show", "x")
    assert "\x1b" not in out


def refusals(w):
    _, _, err = ask(w, refuse("niet-gekoppeld"), "inbox", "show", "5", code=1)
    assert "Zo gaat het niet. (niet-gekoppeld)" in err
    assert "/inhoud/naam: ontbreekt" in err
    # A fault in the content is told in words, not as it travels.
    _, _, err = ask(w, answer({"fout": {
        "code": "inhoud-ongeldig", "tekst": "Klopt niet.", "fouten": [
            {"pad": "/inhoud/reden", "reden": "code"}]}}), "outbox",
        "withdraw", "1", "--reason", "x", code=1)
    assert "  /inhoud/reden: Onbekende code. De waarde staat niet" in err, err
    _, out, _ = ask(w, refuse("geen-toegang"), "inbox", "--json", code=1)
    assert json.loads(out)["fout"]["code"] == "geen-toegang"
    for h in (lambda c, q: None,
              lambda c, q: c.sendall(b"\xff\xff\xff\xff{}"),
              lambda c, q: c.sendall(struct.pack(">I", 2) + b"{{"),
              lambda c, q: c.sendall(struct.pack(">I", 500) + b"{"),
              lambda c, q: c.sendall(struct.pack(">I", 100) + b"[" * 100)):
        ask(w, h, "inbox", code=3)


def check(w):
    point = {"punt": "clock", "staat": "goed", "tekst": "fine", "doe": ""}
    bad = {"punt": "disk", "staat": "fout", "tekst": "full", "doe": "empty it"}
    _, out, _ = ask(w, answer({"rows": [point, bad]}, {"end": {}}), "check",
                    "--json", code=1)
    j = json.loads(out)
    assert j["rows"][-2:] == [point, bad] and j["end"]["fout"] >= 1
    _, out, _ = ask(w, answer({"rows": [bad]}, {"end": {}}), "check",
                    "--offline", code=1)
    assert "-> empty it" in out


def imports(w):
    csv = os.path.join(w, "aanmeldingen.csv")
    with open(csv, "w", encoding="utf-8") as f:
        f.write("eigenReferentie;pgn;geboortedatum\r\n")
        for i in range(20000):
            f.write(f"r{i};;01-02-2008\r\n")
    got = []
    _, out, _ = ask(w, importer(got), "pupils", "load", csv)
    assert len(got) == 20000 and got[17]["eigenReferentie"] == "r17"
    assert got[17]["geboortedatum"] == "2008-02-01"
    assert "Het budget van dit schooljaar is te klein." in out
    assert "laatste op 27-11-2026" in out

    # One bad row: the daemon only judges the others, so that all faults are
    # seen at once; with --skip-bad it takes them, and the bad
    # row comes back as a file that can be mended and loaded.
    with open(csv, "w", encoding="utf-8") as f:
        f.write("eigenReferentie;pgn;geboortedatum\r\n"
                "a;;01-02-2008\r\nb;123456789;01-02-2008\r\nc;;\r\n"
                "d;;01-02-2008\r\n")
    got = []
    q, out, _ = ask(w, importer(got, [{"rij": 2, "kolom": "/pgn",
                                       "reden": "pgn-dubbel",
                                       "tekst": "Twee keer."}]),
                    "pupils", "load", csv, code=4)
    assert q["arg"]["proef"] is True and "Niets is ingelezen" in out
    assert [r["rij"] for r in got] == [2, 5], got
    rows = [s.split()[:2] for s in out.splitlines() if s[:3].strip().isdigit()]
    assert rows == [["2", "pgn"], ["3", "pgn"], ["4", "geboortedatum"]], out
    # Each says what to do, too.
    assert "leerlingadministratie" in out and "Vul" in out, out
    assert max(map(len, out.splitlines())) <= 80, out

    # The rows go while the file is judged.  A bad one far behind: the daemon
    # sees no end and keeps nothing, then it judges the good ones.
    late = os.path.join(w, "laat.csv")
    with open(late, "w", encoding="utf-8") as f:
        f.write("eigenReferentie;pgn;geboortedatum\r\n")
        for i in range(9000):
            f.write(f"r{i};{123456789 if i == 8999 else ''};01-02-2008\r\n")
    first, got = [], []

    def cut_off(c, q):
        assert "proef" not in q["arg"]
        c.sendall(frame({"go": True}))
        try:
            while True:
                f = recv(c)
                assert list(f) == ["rows"], "an end of a bad file"
                first.extend(f["rows"])
        except (EOFError, ConnectionResetError):
            pass

    q, out, _ = ask(w, importer(got), "pupils", "load", late, code=4,
                    before=cut_off)
    assert 0 < len(first) < 9000 and len(got) == 8999, (len(first), len(got))
    assert q["arg"]["proef"] is True and "9001" in out, out

    # An unknown column is told by its own name and place, and a file that
    # cannot be read in Dutch; the daemon is not asked.
    other = os.path.join(w, "anders.csv")
    for text, wanted in (
            ("eigenReferentie;kleur\r\n1;blauw\r\n", "kleur (2)"),
            ("eigenReferentie\r\n\"a\"b\r\n", "Dit bestand is niet te lezen"),
            ("PK\003\004\000\000", "Sla het uit Excel op als CSV UTF-8"),
            ("", "Dit bestand is niet te lezen")):
        with open(other, "w", encoding="utf-8") as f:
            f.write(text)
        r = subprocess.run([OV, "-i", w, "pupils", "load", other],
                           capture_output=True, text=True, timeout=120)
        told = r.stdout + r.stderr
        assert r.returncode == 4 and wanted in told, (text, told)
        assert "blauw" not in told
    got = []
    h = importer(got, [{"rij": 5, "kolom": "eigenReferentie",
                        "reden": "referentie-dubbel", "tekst": "Dubbel."}])
    _, out, _ = ask(w, h, "pupils", "load", csv, "--skip-bad", "--json")
    faults = json.loads(out)["rows"]
    sent = [r["eigenReferentie"] for r in got]
    assert "a" in sent and "b" not in sent and "d" in sent
    assert [r["rij"] for r in got if r["eigenReferentie"] == "d"] == [5]
    assert {3, 5} <= {f["rij"] for f in faults}, faults
    with open(csv + ".fout.csv", encoding="utf-8-sig") as f:
        text = f.read()
    assert "\nb;" in text and "\nd;" in text and "\na;" not in text
    assert "# rij 3" in text and "# rij 5, eigenReferentie: Dubbel." in text
    mended = text.replace("123456789", "123456782")
    with open(os.path.join(w, "mended.csv"), "w", encoding="utf-8") as f:
        f.write(mended)
    got = []
    ask(w, importer(got), "pupils", "load", os.path.join(w, "mended.csv"),
        "--skip-bad")
    assert {"rij": 2, "eigenReferentie": "b", "pgn": "123456782",
            "geboortedatum": "2008-02-01"} in got, got
    # It is never overwritten.
    _, _, err = ask(w, importer([]), "pupils", "load", csv, "--skip-bad",
                    code=2)
    assert "Dit bestand bestaat al." in err, err
    no_good_row(w)
    # A daemon that goes away in the middle is told as such.
    big = os.path.join(w, "big.csv")
    with open(big, "w", encoding="utf-8") as f:
        f.write("eigenReferentie;geboortedatum\r\n" + "".join(
            f"r{i};01-02-2008\r\n" for i in range(200000)))

    def vanish(c, q):
        c.sendall(frame({"go": True}))
        recv(c)
    ask(w, vanish, "pupils", "load", big, code=3)

    def stop(c, q):
        c.sendall(frame({"go": True}))
        recv(c)
        c.sendall(frame({"fout": {"code": "opslag-vol", "tekst": "Vol."}}))
        c.shutdown(socket.SHUT_WR)
        while c.recv(65536):
            pass
    _, _, err = ask(w, stop, "pupils", "load", big, code=1)
    assert "opslag-vol" in err


def no_good_row(w):
    """With --skip-bad and no good row nothing was read, and that is no
    success: the daemon is not asked (with --replace an empty list would
    remove everybody), or refused every row."""
    csv = os.path.join(w, "slecht.csv")
    with open(csv, "w", encoding="utf-8") as f:
        f.write("eigenReferentie;pgn;geboortedatum\r\na;1;\r\nb;;\r\n")
    q, out, _ = ask(w, importer([]), "pupils", "load", csv, "--replace",
                    "--skip-bad", code=4)
    assert q is None, q
    assert "2 van 2 rijen met fouten. Niets is ingelezen." in out
    assert csv + ".fout.csv" in out
    with open(csv + ".fout.csv", encoding="utf-8-sig") as f:
        assert "# rij 3" in f.read()
    os.unlink(csv + ".fout.csv")
    q, out, _ = ask(w, importer([]), "pupils", "load", csv, "--skip-bad",
                    "--json", code=4)
    told = json.loads(out)
    assert q is None and told["end"] == {"gelezen": 2, "goed": 0, "fout": 2}
    assert len(told["rows"]) == 3
    path = os.path.join(w, "geweigerd.csv")
    with open(path, "w", encoding="utf-8") as f:
        f.write("eigenReferentie;geboortedatum\r\na;01-02-2008\r\n")
    q, out, _ = ask(w, importer([], [{"rij": 2, "kolom": "eigenReferentie",
                                      "reden": "referentie-dubbel"}]),
                    "pupils", "load", path, "--skip-bad", code=4)
    assert q["cmd"] == "pupils.load" and "Niets is ingelezen" in out
    # A file that is not there is told in Dutch too, whichever it is.
    for argv in (["pupils", "load", path + "x"],
                 ["import", "overstapdossier", path + "x"],
                 ["import", "overstapdossier", path, "--mapping", path + "x"],
                 ["report", "duo", "--month", "2026-02", "--csv", "--pgn",
                  path + "x"],
                 ["import", "startpopulatie", path + "x", "--source", "x",
                  "--date", "2026-01-01"]):
        _, _, err = ask(w, importer([]), *argv, code=4)
        assert "Dit bestand is niet te openen." in err, (argv, err)
        assert path + "x" in err and "No such" not in err, err


def exports(w):
    row = {"nr": 1, "eigenReferentie": "0012", "partner": "x",
           "srt": "uitschrijving", "ontvangen": "2026-09-01T08:00:00Z",
           "stand": "GEACCEPTEERD", "inhoud": {}}
    h = answer({"rows": [row, row]}, {"end": {"aantal": 2}})
    q, out, _ = ask(w, h, "export", "uitschrijving", "--json", "--since",
                    "2026-08-01")
    assert q["arg"] == {"profiel": "uitschrijving", "sinds": "2026-08-01"}
    assert json.loads(out) == {"rows": [row, row], "end": {"aantal": 2}}
    path = os.path.join(w, "uit.csv")
    ask(w, h, "export", "uitschrijving", "-o", path)
    with open(path, "rb") as f:
        text = f.read()
    assert text.startswith(b"\xef\xbb\xbf") and text.count(b"\r\n") == 3
    assert b'="0012"' in text or b'"=""0012"""' in text, text
    ask(w, h, "export", "uitschrijving", "-o", path, code=1)  # it is there
    ask(w, refuse("log-niet-beschikbaar"), "export", "uitschrijving", "-o",
        path + "2", code=1)
    assert not os.path.exists(path + "2")
    ask(w, answer({"end": {"tekst": "a\n"}}), "export", "receipt", "1", "-o",
        path + "3")
    with open(path + "3", encoding="ascii") as f:
        assert f.read() == "a\n"


def reports(w):
    rows = [{"normcategorie": "MBO_2", "teller": 180, "noemer": 2105,
             "uitkomst": "8.55"},
            {"normcategorie": "<b>", "teller": 0, "noemer": None,
             "uitkomst": ""}]
    end = {"lijst": "vsv", "titel": "Uitval & meer", "periode": "2018-2019",
           "op": "2026-11-28", "aantal": 2,
           "kolommen": [
               {"naam": "normcategorie", "kop": "Soort", "soort": "tekst"},
               {"naam": "noemer", "kop": "Deelnemers", "soort": "aantal"},
               {"naam": "teller", "kop": "Vsv", "soort": "aantal"},
               {"naam": "uitkomst", "kop": "Vsv %", "soort": "pct"}],
           "formules": [{"code": "vsv", "tekst": "a gedeeld door b",
                         "bron": "bijlage 1", "teller": "a",
                         "noemer": "b"}],
           "let_op": ["Let hierop."]}
    h = answer({"rows": rows}, {"end": end})
    q, out, _ = ask(w, h, "report", "vsv", "--at", "2026-11-28",
                    "--schooljaar", "2018-2019", "--norm", "duo-2024",
                    "--per-gemeente")
    assert q == {"v": 1, "cmd": "report",
                 "arg": {"lijst": "vsv", "op": "2026-11-28",
                         "schooljaar": "2018-2019", "norm": "duo-2024",
                         "gemeente": True}}, q
    for part in ("Uitval & meer", "Periode 2018-2019", "MBO_2", "2105",
                 "a gedeeld door b", "Bron: bijlage 1", "Let hierop."):
        assert part in out, (part, out)
    _, out, _ = ask(w, h, "report", "vsv", "--json")
    assert json.loads(out) == {"rows": rows, "end": end}
    path = os.path.join(w, "vsv.csv")
    ask(w, h, "report", "vsv", "--csv", "-o", path)
    with open(path, "rb") as f:
        text = f.read()
    assert text == ("\ufeffSoort;Deelnemers;Vsv;Vsv %\r\n"
                    "MBO_2;2105;180;\"8,55\"\r\n"
                    "<b>;;0;\r\n").encode(), text
    ask(w, h, "report", "vsv", "--csv", "-o", path, code=1)  # it is there
    _, out, _ = ask(w, h, "report", "vsv", "--html")
    assert out.startswith("<!DOCTYPE html>") and "Uitval &amp; meer" in out
    assert "<td>&lt;b&gt;</td>" in out and "<b>" not in out
    assert '<td class="n">8,55</td>' in out and "Bron: bijlage 1." in out
    for bad in (["--csv", "--html"], ["--csv", "--json"]):
        r = subprocess.run([OV, "-i", w, "report", "vsv", *bad],
                           capture_output=True, text=True, timeout=60)
        assert r.returncode == 2, (bad, r)
    pgn_join(w)
    population(w)


def pgn_join(w):
    """The column of numbers is filled from a file of one's own, and only
    there."""
    col = "PERSOONSGEBONDENNUMMER"
    h = answer({"rows": [{"eigenReferentie": "a", col: ""},
                         {"eigenReferentie": "b", col: ""},
                         {"eigenReferentie": "", col: ""}]},
               {"end": {"kolommen": [{"naam": col, "kop": col,
                                      "soort": "tekst"}]}})
    path = os.path.join(w, "nummers.csv")

    def numbers(text, **kw):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return ask(w, h, "report", "duo", "--month", "2026-02", "--csv",
                   "--pgn", path, **kw)

    q, out, _ = numbers("pgn;eigenReferentie\n999990019;a\n999990020;c\n"
                        "999990007;\n")
    assert q["arg"] == {"lijst": "duo", "maand": "2026-02"}  # stays here
    assert out.splitlines() == ["\ufeff" + col, "999990019", '""', '""'], out
    _, out, _ = ask(w, h, "report", "duo", "--month", "2026-02", "--csv")
    assert out.splitlines() == ["\ufeff" + col, '""', '""', '""'], out
    for text in ("eigenReferentie\na\n", "pgn;eigenReferentie\n123;a\n",
                 "pgn;eigenReferentie\n999990018;a\n"):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        r = subprocess.run([OV, "-i", w, "report", "duo", "--month",
                            "2026-02", "--pgn", path],
                           capture_output=True, text=True, timeout=60)
        assert r.returncode == 4, (text, r)
        assert "99999" not in r.stderr and "123" not in r.stderr, r.stderr


def population(w):
    path = os.path.join(w, "pop.csv")
    told = ("--source", "DUO", "--date", "2018-10-01")

    def load(text, got, *argv, faults=(), code=0):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return ask(w, importer(got, faults, {"geladen": len(got)}), "import",
                   "startpopulatie", path, *argv, code=code)

    head = "schooljaar;normcategorie;deelnemers\n"
    got = []
    q, _, _ = load(head + "#uitleg;;\n2018-2019;VO_ONDERBOUW;14.278\n"
                   "2018-2019;MBO_1;240\n", got, *told)
    assert q["arg"] == {"bron": "DUO", "datum": "2018-10-01",
                        "bestand": "pop.csv"}
    assert [(r["rij"], r["normcategorie"], r["gemeente"], r["deelnemers"])
            for r in got] == [(3, "VO_ONDERBOUW", "", 14278),
                              (4, "MBO_1", "", 240)], got
    fault = {"rij": 2, "kolom": "sector", "reden": "reden/code",
             "tekst": "Onbekende code."}
    _, out, _ = load(head + "2018-2019;X;1\n", [], *told, faults=[fault],
                     code=4)
    assert "Onbekende code." in out
    for text in ("a;b\n", "schooljaar;schooljaar;deelnemers\n",
                 "schooljaar;sector\n", head + "2018-2019;X;twee\n",
                 head + "2018-2019;X;1.5\n", head + "2018-2019;X;-1\n",
                 head + "2018-2019;X;9999999999\n"):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        r = subprocess.run([OV, "-i", w, "import", "startpopulatie", path,
                            *told], capture_output=True, text=True, timeout=60)
        assert r.returncode == 4, (text, r)
    r = subprocess.run([OV, "-i", w, "import", "startpopulatie", path],
                       capture_output=True, text=True, timeout=60)
    assert r.returncode == 2, r
def drafts(w):
    """The page that is read before sending, and what came of it."""
    row = {"nr": 3, "srt": "overstapdossier", "eigenReferentie": "r3",
           "ontvanger": "ROC <Noord>", "inhoud": {"motivatie": "x"},
           "regels": [
               {"diepte": 0, "kop": "Algemene gegevens", "waarde": ""},
               {"diepte": 1, "kop": "Achternaam", "waarde": "Jansen"},
               {"diepte": 1, "kop": "Motivatie",
                "waarde": "<script>\x1b[2J " + "lang verhaal " * 30}]}
    q, out, _ = ask(w, answer({"rows": [row]}, {"end": {}}), "drafts",
                    "print", "3")
    assert q == {"v": 1, "cmd": "drafts.print", "arg": {"nr": 3}}
    assert "Algemene gegevens" in out and "Achternaam: Jansen" in out
    assert "\x1b" not in out and max(map(len, out.splitlines())) <= 80
    assert "niet het hele dossier" not in out
    row["weggelaten"] = ["ondersteuning"]
    _, out, _ = ask(w, answer({"rows": [row]}, {"end": {}}), "drafts",
                    "print", "3", "--html")
    assert out.startswith("<!DOCTYPE html>") and "<script>" not in out
    assert "&lt;script&gt;" in out and "ROC &lt;Noord&gt;" in out
    assert "niet het hele dossier" in out
    q, out, _ = ask(w, answer({"end": {"nr": 3, "akkoord": "nee"}}), "drafts",
                    "inzage", "3", "--akkoord", "nee", "--door", "leerling",
                    "--datum", "2026-03-10", "--reden", "Te veel zorg.")
    assert q == {"v": 1, "cmd": "drafts.inzage", "arg": {
        "nr": 3, "akkoord": "nee", "door": "leerling", "datum": "2026-03-10",
        "reden": "Te veel zorg."}}
    full = {"nr": 12345, "eigenReferentie": "2026-04171", "klas": "4KB1",
            "mentor": "P. Visser", "stand": "ONVOLLEDIG", "algemeen": "7/8",
            "A": "2/4", "B": "5/5", "C": "-",
            "ontbreekt": "/inhoud/inzage,/inhoud/contactpersoon,"
                         "/inhoud/keuzevervolgopleiding/0/leerweg",
            "ontbreektDeel": "/motivatie,/sterkePunten,/" + "x" * 90}
    _, out, _ = ask(w, answer({"rows": [full] * 3}, {"end": {"aantal": 3}}),
                    "drafts")
    assert max(map(len, out.splitlines())) <= 80 and "2/4" in out
    # Every pointer stands whole on a line, unless no line has room for it.
    for pointer in (full["ontbreekt"].split(",") +
                    full["ontbreektDeel"].split(",")[:2]):
        assert any(pointer in line for line in out.splitlines()), out
    total = {"klas": "4KB1", "mentor": "P. Visser", "aantal": 28,
             "algemeen": 28, "A": 20, "B": 25, "C": 28, "AenB": 19,
             "verzonden": 0}
    q, out, _ = ask(w, answer({"rows": [total]}, {"end": {"aantal": 28}}),
                    "drafts", "totals")
    assert q["cmd"] == "drafts.totals"
    assert max(map(len, out.splitlines())) <= 80 and "19" in out
    q, _, _ = ask(w, answer({"end": {}}), "access", "test", "pvisser",
                  "--draft", "3")
    assert q == {"v": 1, "cmd": "access.test",
                 "arg": {"account": "pvisser", "concept": 3}}
    # A file of one part is told as such.
    path = os.path.join(w, "deel.csv")
    with open(path, "w", encoding="utf-8") as f:
        f.write("eigenReferentie;ontvanger;keuze1Crebo;motivatie\n"
                "a;ROC;25656;Koken\n")
    got = []
    q, _, _ = ask(w, importer(got), "import", "overstapdossier-a", path)
    assert q["arg"]["profiel"] == "overstapdossier"
    assert q["arg"]["deel"] == "A"
    inhoud = got[0]["inhoud"]
    inhoud = {k: v for k, v in inhoud.items() if k not in ("schema", "grondslag")}
    assert inhoud == {
        "keuzevervolgopleiding": [{"crebo": "25656"}],
        "motivatie": "Koken"}, inhoud


def main():
    with tempfile.TemporaryDirectory() as t:
        w = os.path.join(t, "vo")
        subprocess.run([OV, "init", w, "--naam", "Vo", "--oin",
                        "00000099000000001000", "--regio", "voorbeeld",
                        "--rol", "vo", "--url", "https://localhost:18441",
                        "--logdomein", "overstap.example"], check=True,
                       stdout=subprocess.DEVNULL)
        lists(w)
        drafts(w)
        refusals(w)
        check(w)
        imports(w)
        exports(w)
        reports(w)
    print(f"cli_control: {PASSED} commands as expected")


main()
