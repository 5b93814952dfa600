#!/usr/bin/env python3
"""What happens when a process of the client is killed, crashes or stops: the terminal is as before, somebody says why, and nothing is left
running."""

import os
import signal
import sys
import time

from client_terminal import ClientOnTerminal
from harness import PATIENCE, alive, main, name_of, test

PARTS = ("guard", "tty", "net", "screen")
LOAD = "stty -echo; echo START; printf '\\033[?1003h\\033[?1006h\\033[?2004h\\033[?1004h\\033[?25l\\033[7m'; while :; do seq 1 500; sleep 0.05; done"
# A word of why; the guard cannot say anything of its own end, the shell does.
SAID = {"tty": ("terminal",), "net": ("network", "net"), "screen": ("screen",)}


def session(t):
    server = t.server("/bin/sh", "-c", LOAD)
    client = ClientOnTerminal(t, server.port, server.key)
    t.check(client.pump(PATIENCE, lambda: {1003, 2004, 1004} <= client.output.modes), lambda: f"no session: {bytes(client.raw[-300:])!r}")
    parts = client.compartments()
    t.equal(sorted(parts), sorted(PARTS), "the processes")
    return client, parts


def gone(t, client, pids, what):
    start = time.monotonic()
    t.check(client.pump(PATIENCE, lambda: not any(client.runs(pid) for pid in pids)),
            lambda: f"{what}: left: {[(pid, name_of(pid)) for pid in pids if client.runs(pid)]}")
    client.pump(0.2)
    return time.monotonic() - start


def dies(t, part, number):
    client, parts = session(t)
    what = f"{part}, {signal.Signals(number).name}"
    pids = client.processes()
    before = len(client.raw)
    os.kill(parts[part], number)
    seconds = gone(t, client, pids, what)
    client.restored(what)
    client.judged(what)
    status = client.process.returncode
    t.check(status != 0, f"{what}: exit status {status}")
    words = bytes(client.raw[before:]).rpartition(b"\x1b")[2].decode(errors="replace")
    if part != "guard":
        t.check(any(word in words.lower() for word in SAID[part]), f"{what}: it only said {words!r}")
    t.note(f"{what}: gone after {seconds:.2f} s, status {status}")


@test("command-line 35", timeout=60)
def a_killed_net_is_told_and_the_terminal_restored(t):
    dies(t, "net", signal.SIGKILL)


@test("command-line 35", timeout=60)
def a_killed_screen_is_told_and_the_terminal_restored(t):
    dies(t, "screen", signal.SIGKILL)


@test("command-line 35", timeout=60)
def a_killed_tty_is_told_and_the_terminal_restored(t):
    dies(t, "tty", signal.SIGKILL)


@test("command-line 35", timeout=60)
def a_killed_guard_leaves_a_restored_terminal(t):
    dies(t, "guard", signal.SIGKILL)


@test("command-line 35", timeout=60)
def a_crashed_guard_leaves_a_restored_terminal(t):
    # The others are the first processes of their namespaces: the kernel keeps a crash's signal that is only sent from them.
    dies(t, "guard", signal.SIGSEGV)


@test("command-line 35", timeout=60)
def a_signal_ends_it_while_tty_is_stopped(t):
    client, parts = session(t)
    pids = client.processes()
    os.kill(parts["tty"], signal.SIGSTOP)
    os.kill(parts["guard"], signal.SIGTERM)
    seconds = gone(t, client, pids, "tty stopped")
    client.restored("tty stopped")
    client.judged("tty stopped")
    t.note(f"gone after {seconds:.2f} s")


@test("command-line 35", timeout=120)
def ctrl_caret_dot_ends_it_while_one_of_them_is_stopped(t):
    for part in ("net", "screen", "guard"):
        client, parts = session(t)
        pids = client.processes()
        os.kill(parts[part], signal.SIGSTOP)
        client.pump(0.3)
        client.type(b"\x1e.")
        if part == "guard":         # which the shell's job control would continue
            t.check(client.pump(PATIENCE, lambda: not alive(parts["tty"])), "tty is still there while the guard is stopped")
            os.kill(parts["guard"], signal.SIGCONT)
        seconds = gone(t, client, pids, f"{part} stopped")
        client.restored(f"{part} stopped")
        client.judged(f"{part} stopped")
        t.note(f"{part} stopped: gone after {seconds:.2f} s")


@test("command-line 35", timeout=60)
def every_signal_that_ends_a_program_ends_it_in_order(t):
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE):
        client, _ = session(t)
        pids = client.processes()
        os.kill(client.pid, number)
        gone(t, client, pids, number.name)
        client.restored(number.name)
        client.judged(number.name)
        t.equal(client.process.returncode, 0, f"{number.name}: exit status")


if __name__ == "__main__":
    sys.exit(main())
