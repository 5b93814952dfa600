#!/usr/bin/env python3
"""A hostile server with the session's key against the client: nothing of it ends, stops, bloats or fools the client.

The server is tests/client_hostile (each of its attacks has a name). After every attack that a session survives it sets a new title; the
test sees it on the terminal and types a key, which must arrive. All that reaches the terminal is judged by client_terminal.py.

SALLYPORT_STOCK_ATTACKS=all: a report of what a stock client makes of every single attack, to see that they are attacks.
"""

import os
import signal
import subprocess
import sys
import termios
import time

from client_terminal import STOCK_CLIENT, ClientOnTerminal
from harness import PATIENCE, SERVER, Failed, main, test

HOSTILE = os.environ.get("SALLYPORT_HOSTILE_SERVER") or os.path.join(os.path.dirname(os.path.dirname(SERVER)), "tests/hostile_server")
MEMORY_KIB = 64 << 10       # the bound that is promised: all processes together
LEAVE_SECONDS = 10          # ten times what is promised
CANARIES = (b"CANARY", b"CA*NARY")


def attacks(*outcomes):
    """Names of the attacks with these outcomes, as the server lists them."""
    if not os.access(HOSTILE, os.X_OK):
        return []
    listed = subprocess.run([HOSTILE, "--list"], stdout=subprocess.PIPE, text=True, timeout=PATIENCE).stdout
    return [name for name, outcome in (line.split() for line in listed.splitlines()) if outcome in outcomes]


class Duel:
    """One hostile server and one client."""

    def __init__(self, t, *names, program=None, window=(80, 24), **options):
        self.t = t
        if not os.access(HOSTILE, os.X_OK):
            t.skip(f"{HOSTILE} is not built")
        self.server = t.background(HOSTILE, *names, stdout=subprocess.PIPE)
        os.set_blocking(self.server.stdout.fileno(), False)
        self.lines, self.partial, self.said_at = [], b"", {}
        self.waits_until(lambda: self.said("MOSH"), "the hostile server did not start")
        _, _, port, key = self.lines[0].split()
        self.client = ClientOnTerminal(t, int(port), key, program, *window, **options)
        self.typed = b""
        self.client.pump(PATIENCE, lambda: self.said("connected") or self.client.ended())
        t.check(self.said("connected"), lambda: f"no session: {bytes(self.client.raw[-300:])!r}")

    def hear(self):
        try:
            data = self.server.stdout.read()
        except BlockingIOError:
            data = None
        if data:
            self.partial += data
            *whole, self.partial = self.partial.split(b"\n")
            for line in whole:
                self.lines.append(line.decode())
                self.said_at[line.decode()] = time.monotonic()

    def said(self, what):
        self.hear()
        return any(line == what or line.split()[:1] == [what] for line in self.lines)

    def waits_until(self, condition, why):
        self.t.eventually(condition, why)

    def plays(self, name, patience=PATIENCE):
        """Waits until this attack is over and the session usable. None, or what went wrong."""
        title, answered = f"ALIVE-{name}", False
        over = (f"passed {name}", f"failed {name}", f"played {name}")
        end = time.monotonic() + patience
        while not any(self.said(line) for line in over):
            self.client.pump(0.01)
            if not answered and any(title in shown for shown in self.client.output.titles[-3:]):
                answered = True
                self.client.type(b"y")
                self.typed += b"y"
            if self.client.ended():
                return f"the client ended with {self.client.process.returncode}: {bytes(self.client.raw[-200:])!r}"
            if time.monotonic() > end:
                return "it did not come to an end" + ("" if answered else ": the new title was not shown")
        return None if not self.said(f"failed {name}") else "the session was not usable afterwards"

    def leave(self, what):
        seconds = self.client.end(patience=LEAVE_SECONDS)
        self.client.restored(what)
        return seconds

    def verdict(self, what):
        self.client.judged(what)
        at = max(bytes(self.client.raw).find(canary) for canary in CANARIES)
        self.t.check(at < 0, lambda: f"{what}: bytes of the server's strings reached the terminal: {bytes(self.client.raw[max(at - 60, 0):at + 40])!r}")
        self.t.check(self.client.peak_kib <= MEMORY_KIB, f"{what}: {self.client.peak_kib} KiB")


def survives(t, names, cpu_seconds, window=(80, 24)):
    duel = Duel(t, *names, window=window)
    before = duel.client.processes()
    slowest = (0.0, "")
    for name in names:
        cpu = duel.client.cpu()
        wrong = duel.plays(name)
        t.check(not wrong, lambda: f"{name}: {wrong}")
        duel.verdict(name)
        t.equal(duel.client.processes(), before, f"{name}: processes")
        slowest = max(slowest, (duel.client.cpu() - cpu, name))
    t.check(slowest[0] < cpu_seconds, f"{slowest[1]} took {slowest[0]:.1f} s of CPU")
    seconds = duel.leave("after all of them")
    duel.verdict("at the end")
    t.eventually(lambda: duel.said("typed"), "the hostile server's last word")
    (sent,) = [line for line in duel.lines if line.startswith("typed")]
    t.equal(bytes.fromhex(sent[6:]), duel.typed, "all that the client sent as typing")
    t.note(f"{len(names)} attacks, {duel.client.peak_kib >> 10} MiB, most CPU {slowest[0]:.2f} s ({slowest[1]}), left after {seconds:.2f} s")


def group(*prefixes):
    return [name for name in attacks("goes-on") if name.startswith(prefixes)]


def others(*groups):
    return [name for name in attacks("goes-on") if not any(name in other for other in groups)]


PACKETS = group("payload", "plaintext", "longest", "reflected", "timestamps", "sequence", "fragment", "zlib", "oversize", "junk")
NUMBERS = group("protobuf", "protocol", "old_", "new_", "throwaway", "acks", "the_same", "states", "host_message", "sizes", "echo_ack")
QUERIES = group("query")
HEAVY = group("held_states", "insert", "delete", "everything", "every_", "combining", "bidirectional")


@test("", timeout=120)
def packets_fragments_and_streams_of_every_kind(t):
    survives(t, PACKETS, 20)


@test("", timeout=120)
def numbers_messages_and_sizes_of_every_kind(t):
    survives(t, NUMBERS, 20)


@test("", timeout=120)
def questions_to_the_terminal_reach_it_never_and_are_never_answered(t):
    survives(t, QUERIES, 20)


@test("", timeout=120)
def host_bytes_that_cost_much(t):
    survives(t, HEAVY, 30, window=(200, 60))


@test("", timeout=120)
def host_bytes_of_every_other_kind(t):
    survives(t, others(PACKETS, NUMBERS, QUERIES, HEAVY), 20)


def leaves(t, name, patience=3):
    """The attack plays; Ctrl-^ . ends it and leaves the terminal as it was."""
    duel = Duel(t, name)
    duel.client.pump(patience, lambda: duel.said("played") or duel.client.ended())
    if not duel.said("played"):
        duel.client.pump(0.5)       # an endless one runs
    t.check(not duel.client.ended(), lambda: f"{name}: the client ended: {bytes(duel.client.raw[-300:])!r}")
    seconds = duel.leave(name)
    duel.verdict(name)
    return seconds, duel.client.peak_kib


def ends_what_never_ends(t, names):
    figures = [(name, *leaves(t, name, patience=1)) for name in names]
    slowest, largest = max(figures, key=lambda figure: figure[1]), max(figures, key=lambda figure: figure[2])
    t.note(f"{len(figures)} attacks, slowest end {slowest[1]:.2f} s ({slowest[0]}), {largest[2] >> 10} MiB ({largest[0]})")


ENDLESS = attacks("endless")


@test("", timeout=120)
def ctrl_caret_dot_ends_floods_of_screens(t):
    ends_what_never_ends(t, ENDLESS[:4])


@test("", timeout=120)
def ctrl_caret_dot_ends_floods_of_titles_fragments_and_bombs(t):
    ends_what_never_ends(t, ENDLESS[4:8])


@test("", timeout=120)
def ctrl_caret_dot_ends_floods_without_the_key_and_silence(t):
    ends_what_never_ends(t, ENDLESS[8:])


@test("", timeout=120)
def ctrl_caret_dot_ends_what_can_say_no_more(t):
    figures = [(name, *leaves(t, name)) for name in attacks("deaf")]
    t.note(", ".join(f"{name} {seconds:.2f} s" for name, seconds, _ in figures))


@test("", timeout=120)
def an_end_in_an_odd_phase_is_an_end(t):
    for name in attacks("ends"):
        duel = Duel(t, name)
        t.check(duel.client.pump(PATIENCE, duel.client.ended), f"{name}: the client did not end")
        duel.client.restored(name)
        duel.verdict(name)
        t.eventually(lambda: not duel.client.processes(), f"{name}: processes are left")


# --- the terminal and the environment -----------------------------------------------------------------------------------

NOISE = "stty -echo; echo START; (sleep 1; while :; do seq 1 3000; done) & while read x; do echo got-$x >> %s; done"


class Session:
    """A client with an honest server whose program prints all the time and writes down what is typed."""

    def __init__(self, t, **options):
        self.t, self.typed = t, os.path.join(t.temp, "typed")
        self.server = t.server("/bin/sh", "-c", NOISE % self.typed)
        self.client = ClientOnTerminal(t, self.server.port, self.server.key, **options)
        t.check(self.client.pump(PATIENCE, lambda: self.client.shows("START")), lambda: f"no session: {bytes(self.client.raw[-300:])!r}")

    def arrived(self, what):
        try:
            with open(self.typed) as file:
                return what in file.read()
        except OSError:
            return False

    def stopped_terminal(self):
        """Nobody reads the terminal any more, and its buffer is full of noise."""
        self.client.pump(1.5, reading=False)

    def types_all_the_same(self):
        self.client.type(b"typed\n")
        self.t.check(self.client.pump(PATIENCE, lambda: self.arrived("typed"), reading=False), "what is typed does not arrive")


@test("", timeout=60)
def keys_go_out_while_nobody_reads_the_terminal(t):
    session = Session(t)
    session.stopped_terminal()
    session.types_all_the_same()
    seconds = session.client.end(reading=False)
    t.note(f"left after {seconds:.2f} s")
    session.client.pump(1)
    t.equal(session.client.output.objections, [], "what reached the terminal")


@test("", timeout=60)
def a_signal_ends_it_while_nobody_reads_the_terminal(t):
    session = Session(t)
    session.stopped_terminal()
    start = time.monotonic()
    os.kill(session.client.pid, signal.SIGTERM)
    t.check(session.client.pump(PATIENCE, lambda: not session.client.processes(), reading=False), "it is still there after SIGTERM")
    t.note(f"gone after {time.monotonic() - start:.2f} s")
    t.eventually(lambda: session.client.read() is None or termios.tcgetattr(session.client.slave) == session.client.settings, "the settings are not restored")


@test("", timeout=60)
def keys_go_out_while_output_is_stopped_by_flow_control(t):
    session = Session(t)
    termios.tcflow(session.client.slave, termios.TCOOFF)
    session.client.pump(1)
    session.types_all_the_same()
    os.kill(session.client.pid, signal.SIGTERM)
    gone = lambda: not session.client.processes()
    t.check(session.client.pump(PATIENCE, gone), "it is still there after SIGTERM")
    termios.tcflow(session.client.slave, termios.TCOON)
    session.client.pump(0.5)


@test("command-line 47", timeout=60)
def a_window_of_no_size_is_a_window(t):
    for columns, rows in ((0, 0), (0, 24), (80, 0)):
        session = Session(t, columns=columns, rows=rows)
        session.client.resize(0, 0)
        session.client.resize(1, 1)
        session.client.resize(columns, rows)
        session.types_all_the_same()
        session.client.end()
        session.client.restored(f"{columns}x{rows}")


@test("", timeout=60)
def windows_that_change_without_end_are_survived(t):
    session = Session(t)
    for number in range(300):
        session.client.resize(1 + number * 7 % 300, 1 + number * 5 % 100)
        session.client.pump(0.003)
    session.types_all_the_same()
    session.client.end()
    session.client.restored("resized")
    session.client.judged("resized")
    t.check(session.client.peak_kib <= MEMORY_KIB, f"{session.client.peak_kib} KiB")


@test("", timeout=60)
def the_key_is_in_nobodys_environment_or_arguments(t):
    session = Session(t)
    key = session.server.key.encode()
    looked = 0
    for pid in session.client.processes():
        for name in ("environ", "cmdline"):
            try:
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    t.check(key not in file.read(), f"the key is in {name} of {pid}")
                looked += 1
            except OSError:
                pass            # not dumpable: only root may look
    t.check(looked >= 4, "nothing could be looked at")
    session.client.end()
    session.client.restored("at the end")


@test("", timeout=60)
def asking_twice_leaves_a_server_that_does_not_answer(t):
    duel = Duel(t, "silence")
    duel.client.pump(0.5)
    duel.client.type(b"\x1e.")
    duel.client.pump(0.3)
    seconds = duel.leave("asked twice")
    duel.verdict("asked twice")
    t.note(f"left {seconds:.2f} s after the second time")


# --- the control: what a stock client makes of them ---------------------------------------------------------------------

STOCK_ADDRESS_SPACE = 3 << 30       # it would take more than ten
QUICK = ("query_device_attributes", "fragment_conflicting_copy", "sizes_zero_and_below", "echo_ack_that_goes_back", "throwaway_above_everything",
         "query_clipboard")


def against_stock(t, name):
    """One word: what became of a stock client."""
    try:
        duel = Duel(t, name, program=STOCK_CLIENT, window=(200, 60), address_space=STOCK_ADDRESS_SPACE)
    except Failed as why:
        return f"no session ({why})"
    client = duel.client
    outcomes, start = [], time.monotonic()
    wrong = duel.plays(name, patience=25)
    if client.ended():
        outcomes.append(f"ended with {client.process.returncode}")
    elif wrong and name in attacks("goes-on"):
        outcomes.append("unusable: " + wrong)
    elif time.monotonic() - start > 5:
        outcomes.append(f"stops for {time.monotonic() - start:.1f} s")
    cpu = client.cpu()
    if cpu > 2:
        outcomes.append(f"{cpu:.1f} s of CPU")
    if not client.ended():
        try:
            seconds = client.end(patience=LEAVE_SECONDS)
            if seconds > 1:
                outcomes.append(f"leaves after {seconds:.1f} s")
        except Failed:
            outcomes.append("does not leave")
            client.kill()
    if client.peak_kib > MEMORY_KIB:
        outcomes.append(f"{client.peak_kib >> 10} MiB")
    if client.output.objections:
        outcomes.append(f"writes {client.output.objections[0]}")
    if client.output.left_behind():
        outcomes.append("leaves " + ", ".join(client.output.left_behind())[:60])
    duel.server.kill()
    return "; ".join(outcomes)


@test("", timeout=1500)
def stock_is_broken_by_them(t):
    """Reports only: a stock client may become better."""
    if not os.access(STOCK_CLIENT, os.X_OK):
        t.skip("mosh-client is not installed")
    names = attacks("goes-on", "deaf", "ends", "endless") if os.environ.get("SALLYPORT_STOCK_ATTACKS") == "all" else QUICK
    found = {name: against_stock(t, name) for name in names}
    broken = [name for name, what in found.items() if what]
    if os.environ.get("SALLYPORT_STOCK_ATTACKS"):
        t.note("\n" + "\n".join(f"  {name}: {what or '-'}" for name, what in found.items()) + "\n")
    t.note(f"{len(broken)} of {len(names)} attacks break a stock client")


if __name__ == "__main__":
    sys.exit(main())
