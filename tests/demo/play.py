# SPDX-License-Identifier: EUPL-1.2
"""play.py - what both acts of the demo do: tell, wait, and ask the daemons
how far they are."""
import collections
import json
import os
import subprocess
import sys
import time

from region import Region, Trouble


class Play:
    def __init__(self, folder, bindir, root, seed, pupils):
        self.folder = os.path.abspath(folder)
        os.makedirs(self.folder, exist_ok=True)
        self.root = root
        self.seed, self.pupils = seed, pupils
        self.region = Region(os.path.join(self.folder, "regio"), bindir,
                             regio="ijsseloevers", logdomein="demo.example")
        self.gen = os.path.join(self.folder, "bestanden")
        self.began = time.monotonic()
        self.manifest = None
        self.traffic = 0.0  # seconds in which messages moved

    # ---- telling ----

    def say(self, text):
        print("[%5.1f s] %s" % (time.monotonic() - self.began, text),
              flush=True)

    def progress(self, text):
        if sys.stdout.isatty():
            print("\r          %-66s" % text, end="", flush=True)

    def progress_end(self):
        if sys.stdout.isatty():
            print("\r%78s\r" % "", end="", flush=True)

    # ---- what it works on ----

    def data(self, name):
        return os.path.join(self.root, "tests", "data", name)

    def file(self, name):
        return os.path.join(self.gen, name)

    def make_files(self, *args):
        """The files of the organisations, and what must come of them, before
        a daemon starts."""
        argv = [os.path.join(self.region.bin, "overstap-generate"), "--seed",
                str(self.seed), "--pupils", str(self.pupils), *args, self.gen]
        try:
            p = subprocess.run(argv, capture_output=True, text=True,
                               check=False)
        except FileNotFoundError as e:
            raise Trouble("%s is er niet; eerst ./dev build" % argv[0]) from e
        if p.returncode != 0:
            raise Trouble(p.stderr.strip())
        with open(self.file("manifest.json"), encoding="utf-8") as f:
            self.manifest = json.load(f)
        self.want = self.manifest["verwacht"]

    def decisions(self):
        """What the region opened, from the file that every member has."""
        with open(os.path.join(self.region.tables, "regio.json"),
                  encoding="utf-8") as f:
            for b in json.load(f)["besluiten"]:
                self.say("De regio heeft %s opengezet:\n          %s, %s, %s."
                         % (b["onderwerp"], b["besluit"], b["datum"],
                            b["naam"]))

    # ---- how far they are ----

    def states(self, name, box):
        """How many messages of each (type, state), and of (None, state)."""
        end = self.region.ask(name, "count")[1]
        c = collections.Counter()
        for srt, states in end[box + "_srt"].items():
            for state, n in states.items():
                c[srt, state] += n
                c[None, state] += n
        return c

    def delivered(self, name):
        return self.states(name, "outbox")[None, "AFGELEVERD"]

    def wait(self, number, want, total, what, deadline=180):
        end = time.monotonic() + deadline
        last, since = -1, time.monotonic()
        while True:
            n = number()
            if n >= want:
                self.progress_end()
                return
            if n != last:
                last, since = n, time.monotonic()
            self.progress("%d van %d" % (n, total))
            if time.monotonic() > end or time.monotonic() - since > 60:
                self.progress_end()
                raise Trouble("het duurt te lang: %s (%d van %d)"
                              % (what, n, want))
            time.sleep(0.3)
