#!/usr/bin/env python3
"""The client with one of its compartments taken over: the real guard and the others, with a program of the attacker's in the place of screen,
net or tty (tests/hostile/stand_ins/evil_client.cc). Nothing outside the output language reaches the terminal, which is restored; the client
says what broke and ends, and nothing is left running.

Environment: SALLYPORT_HOSTILE_RECORDS (default 100000), records of output that an evil screen sends over all its runs.
"""

import os
import re
import shutil
import signal
import sys

from client_terminal import ClientOnTerminal, TerminalOutput
from harness import CLIENT, main, our_client_only, stat_of, test

BUILD = os.path.dirname(os.path.dirname(CLIENT))
EVIL = os.path.join(BUILD, "tests/evil_client")
SKIP = our_client_only("has no compartments") or ("" if os.access(EVIL, os.X_OK) else f"{EVIL} is not built")
COMPARTMENTS = ("tty", "net", "screen")
RECORDS = int(os.environ.get("SALLYPORT_HOSTILE_RECORDS", "100000"))
RUNS = 16
GENEROUS = 60
MAX_SIDE = 4096
TTY, NET, SCREEN = "tty, which owns the terminal", "net, which owns the connection", "screen, which draws"


class DocumentedOutput(TerminalOutput):
    """The judge, for one who uses the whole of what client/tty/output_filter.h documents: an honest screen keeps within narrower bounds."""

    def text(self, piece, where):
        try:
            decoded = piece.decode("utf-8", "strict")
        except UnicodeDecodeError as error:
            self.object(f"{where}: not UTF-8: {piece[max(error.start - 5, 0):error.start + 10]!r}")
            return ""
        if re.search("[\0-\x1f\x7f-\x9f]", decoded):
            self.object(f"{where}: a control in {decoded[:60]!a}")
        return decoded

    def rendition(self, values, whole):
        super().rendition([0 if value in (6, 26) else value for value in values], whole)

    def osc(self, body):
        number, _, rest = body.partition(b";")
        if number in (b"0", b"1", b"2"):
            self.text(rest, "title")
            if len(rest) > 254 * 4 + 7:
                self.object(f"title of {len(rest)} bytes")
        elif number == b"52":
            self.clipboard(rest)
        else:
            self.object(f"OSC {body[:80]!r}")


class Evil:
    """The programs, one of them the attacker's."""

    def __init__(self, t, role):
        self.t, self.role = t, role
        prefix = os.path.join(t.temp, role)
        self.folder = os.path.join(prefix, "libexec/sallyport")
        os.makedirs(self.folder)
        os.mkdir(os.path.join(prefix, "bin"))
        self.program = shutil.copy(CLIENT, os.path.join(prefix, "bin/sallyport-client"))
        for name in COMPARTMENTS:
            shutil.copy(EVIL if name == role else os.path.join(BUILD, "libexec/sallyport", f"client-{name}"),
                        os.path.join(self.folder, f"client-{name}"))

    def run(self, attack, seed=1, records=0):
        """One session until its end. Gives the client, which has been judged."""
        t, what = self.t, f"{self.role}: {attack}, seed {seed}"
        with open(os.path.join(self.folder, "plan"), "w") as plan:
            plan.write(f"{self.role} {attack} {seed} {records}\n")
        server = t.server("/bin/sh", "-c", "exec sleep 600")
        client = ClientOnTerminal(t, server.port, server.key, program=self.program)
        # An evil screen chooses the numbers itself: what the filter lets pass is the bound.
        client.output = DocumentedOutput()
        client.output.resized(MAX_SIDE, MAX_SIDE)
        pids = set()

        def over():
            pids.update(client.processes())
            if (stat_of(client.pid) or "-")[0] == "T":      # as often as the user brings it back
                os.killpg(client.pid, signal.SIGCONT)
            return client.ended() or client.output.objections
        ended = client.pump(GENEROUS, over)
        client.judged(what)
        t.check(ended, f"{what}: the client does not end")
        t.eventually(lambda: client.read() is None or not any(client.runs(pid) for pid in pids), f"{what}: somebody is left")
        client.restored(what)
        client.judged(what)
        t.check(client.shows("[mosh is exiting.]"), f"{what}: no last words: {bytes(client.raw[-300:])!r}")
        os.kill(server.pid, signal.SIGKILL)
        return client

    def fails(self, attack, words, seed=1, records=0):
        """It ends with status 1 and says which compartment it was."""
        client = self.run(attack, seed, records)
        self.t.equal(client.process.returncode, 1, f"{self.role}: {attack}, seed {seed}: status")
        self.t.check(client.shows(f"sallyport-client: {words}, ended unexpectedly"),
                     f"{self.role}: {attack}, seed {seed}: it said {bytes(client.raw[-400:])!r}")
        return client

    def works(self, words):
        """Without an attack the session goes on until the user ends it."""
        with open(os.path.join(self.folder, "plan"), "w") as plan:
            plan.write(f"{self.role} none 1 0\n")
        server = self.t.server("/bin/sh", "-c", "exec sleep 600")
        client = ClientOnTerminal(self.t, server.port, server.key, program=self.program)
        self.t.check(client.pump(GENEROUS, lambda: client.shows("innocent") or client.ended()) and not client.ended(),
                     f"{self.role}: no session without an attack: {bytes(client.raw[-300:])!r}")
        client.type(b"\x1e.")
        self.t.check(client.pump(GENEROUS, client.ended), f"{self.role}: it cannot be ended")
        client.restored(self.role)
        client.judged(self.role)
        self.t.check(client.shows(words), f"{self.role}: it said {bytes(client.raw[-300:])!r}")


@test(timeout=120, skip_if=SKIP)
def one_that_is_taken_over_and_does_no_wrong_is_not_ended(t):
    Evil(t, "screen").works("[mosh is exiting.]")
    Evil(t, "net").works("mosh did not shut down cleanly")


@test(timeout=300, skip_if=SKIP)
def frames_of_an_evil_screen_never_leave_the_output_language(t):
    evil, records, drawn = Evil(t, "screen"), 0, 0
    for seed in range(1, RUNS + 1):
        wanted = 0 if seed % 2 else RECORDS // (RUNS // 2)      # half of the runs begin with a wrong one
        sent = os.path.join(evil.folder, "sent")
        if os.path.exists(sent):
            os.remove(sent)
        drawn += evil.fails("frames", SCREEN, seed, wanted).output.drawn
        with open(sent) as file:
            right = int(file.readline())
        t.check(right >= wanted, f"seed {seed}: after {right} right records it had to stop")
        records += right
    t.note(f"{RUNS} runs, {records} records, {drawn} bytes at the terminal")


@test(timeout=120, skip_if=SKIP)
def what_an_evil_screen_sends_against_the_rules_ends_it(t):
    evil = Evil(t, "screen")
    for attack in ("oversized-record", "oversized-frame", "frame-before-shown", "descriptor", "empty-record", "only-a-type", "wrong-flag",
                   "unfinished", "question"):
        client = evil.fails(attack, SCREEN)
        for words in (b"innocent", b"too early"):
            t.check(words not in client.raw, f"{attack}: {words!r} reached the terminal")
    for kind in (0x00, 0x31, 0x51, 0x55, 0xB1, 0xD0, 0xD2, 0xE3, 0xFF):
        evil.fails("wrong-type", SCREEN, kind)


@test(timeout=120, skip_if=SKIP)
def what_an_evil_net_sends_to_tty_against_the_rules_ends_it(t):
    evil = Evil(t, "net")
    for attack in ("over-credit", "descriptor-to-tty"):
        evil.fails(attack, NET)
    for kind in (0x00, 0x31, 0x41, 0xB0, 0xB3, 0xD1, 0xE3, 0xFF):
        evil.fails("wrong-type-to-tty", NET, kind)
    t.equal(evil.run("ended-twice").process.returncode, 0, "status of a session that net said twice to have ended")


@test(timeout=120, skip_if=SKIP)
def what_an_evil_net_sends_to_screen_against_the_rules_ends_it(t):
    evil = Evil(t, "net")
    for attack in ("unknown-base", "diff-in-a-diff", "bytes-in-no-diff", "keys-in-a-diff", "state-twice", "too-many-states",
                   "descriptor-to-screen"):
        evil.fails(attack, SCREEN)
    for kind in (0x00, 0x31, 0x40, 0x49, 0x51, 0xD1, 0xE3, 0xFF):
        evil.fails("wrong-type-to-screen", SCREEN, kind)


@test(timeout=120, skip_if=SKIP)
def random_records_of_any_compartment_end_the_session_in_good_order(t):
    for role, attacks in (("screen", ("random",)), ("net", ("random-to-tty", "random-to-screen")), ("tty", ("random-to-guard", "random-to-net"))):
        evil = Evil(t, role)
        for attack in attacks:
            for seed in range(1, 7):
                evil.run(attack, seed)


@test(timeout=120, skip_if=SKIP)
def an_evil_tty_ends_the_session_and_no_more(t):
    evil = Evil(t, "tty")
    for attack in ("done-of-no-reason", "done-of-no-end", "done-too-short", "descriptor", "suspend-flood"):
        evil.fails(attack, TTY)
    for kind in (0x00, 0x31, 0x62, 0xE0, 0xE4, 0xFF):
        evil.fails("wrong-type", TTY, kind)
    for attack in ("typed-before-the-size", "size-of-nothing", "over-credit"):
        client = evil.run(attack)
        t.equal(client.process.returncode, 1, f"{attack}: status")
    for kind in (0x00, 0x34, 0xB1, 0xFF):
        evil.run("wrong-type-to-net", kind)


if __name__ == "__main__":
    sys.exit(main())
