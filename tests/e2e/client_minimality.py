#!/usr/bin/env python3
"""Minimality of the client: each system call that one of its four processes may make is needed, with each descriptor that it is pinned to.

As minimality.py for the server: the release's own objects, linked once more so that a policy can lack one permission (see
tests/sandbox/taken_away.cc). NEEDED says for each permission which of the functions below fails without it; each must pass with nothing taken
away. A permission that is not in the table, or that nothing fails without, fails this suite: then it has to leave the policy.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

from client_terminal import ClientOnTerminal
from harness import PATIENCE as GENEROUS, CLIENT, SOURCE, Failed, Skipped, alive, main, our_client_only, stat_of, test

PROGRAMS = os.path.join(os.path.dirname(os.path.dirname(CLIENT)), "tests/taken_away_client")
SKIP = our_client_only("has no policies") or ("" if os.path.isdir(PROGRAMS) else "the programs of tests/sandbox/taken_away.cc are not built")
ECHO = "stty -echo; echo START; while read x; do echo got-$x.; done"
COMPARTMENTS = ("guard", "tty", "net", "screen")


# --- what a session does for its user: each raises Failed when it does not ---------------------------------------------------------------

def until(t, client, condition, why, timeout=GENEROUS):
    """Goes on until condition() holds; gives up as soon as the client has ended."""
    client.pump(timeout, lambda: condition() or client.ended())
    t.check(condition(), lambda: f"{why}: {bytes(client.raw[-300:])!r}")


def started(t, program, command=ECHO, address="127.0.0.1", **options):
    server = t.server("/bin/sh", "-c", command, options=("-i", address, "-p", "0", "-c", "256"))
    client = ClientOnTerminal(t, server.port, server.key, program=program, address=address, **options)
    client.server = server
    until(t, client, lambda: client.shows("START"), "the program is not seen")
    return client


def echo(t, client, word):
    client.type(word.encode() + b"\r")
    until(t, client, lambda: client.shows(f"got-{word}."), "no echo")


def typing_is_echoed(t, program):
    echo(t, started(t, program), "typed")


def typing_is_echoed_over_ipv6(t, program):
    try:
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).bind(("::1", 0))
    except OSError:
        t.skip("::1 is not there")
    echo(t, started(t, program, address="::1"), "typed")


def the_window_size_reaches_the_program(t, program):
    client = started(t, program, "echo START; while read x; do stty size; done")
    client.resize(91, 33)
    os.kill(client.pid, signal.SIGWINCH)    # as the kernel does for the foreground job
    client.type(b"\r")
    until(t, client, lambda: client.shows("33 91"), "another size")


def a_colourful_screen_is_drawn(t, program):
    """Of more than a mebibyte, with many states on the way."""
    colours = r"""BEGIN { for (i = 0; i < 62000; ++i) printf "\033[38;5;%d;48;5;%dmx", i % 256, i * 7 % 256 }"""
    client = started(t, program, f"stty -echo; echo START; read x; awk '{colours}'; printf '\\033[mE''ND'; read x", columns=250, rows=250)
    client.type(b"\r")
    until(t, client, lambda: client.shows("END"), "no colourful screen")


def ended(t, client, status, words, timeout=GENEROUS):
    """It ends so, says so, and leaves the terminal as it was and nobody behind."""
    pids = client.processes()
    client.pump(timeout, client.ended)
    t.equal(client.process.poll(), status, f"exit status; it said {bytes(client.raw[-300:])!r}")
    client.pump(0.05)
    t.check(client.shows(words), lambda: f"it did not say {words!r}: {bytes(client.raw[-500:])!r}")
    client.restored("the end")
    t.eventually(lambda: not any(client.runs(pid) for pid in pids), "somebody is left")


def ctrl_caret_dot_ends_the_session(t, program):
    client = started(t, program)
    client.type(b"\x1e.")
    ended(t, client, 0, "[mosh is exiting.]")


def killed(t, program, part, words):
    client = started(t, program)
    os.kill(client.compartments()[part], signal.SIGKILL)
    ended(t, client, 1, f"{words}, ended unexpectedly (killed by signal 9)")


def a_killed_tty_is_told_and_the_terminal_restored(t, program):
    killed(t, program, "tty", "tty, which owns the terminal")


def a_killed_net_is_told(t, program):
    killed(t, program, "net", "net, which owns the connection")


def a_killed_screen_is_told(t, program):
    killed(t, program, "screen", "screen, which draws")


def hung(t, program, part, status, words):
    client = started(t, program)
    os.kill(client.compartments()[part], signal.SIGSTOP)
    client.type(b"\x1e.")
    ended(t, client, status, words)


def a_hung_net_is_ended(t, program):
    hung(t, program, "net", 1, "mosh did not shut down cleanly")


def a_hung_screen_is_ended(t, program):
    hung(t, program, "screen", 0, "[mosh is exiting.]")


def an_end_that_the_server_does_not_answer(t, program):
    client = started(t, program)
    for pid in client.server.own_processes():
        os.kill(pid, signal.SIGSTOP)
    client.type(b"\x1e.")
    ended(t, client, 1, "mosh did not shut down cleanly")


def suspended_and_continued(t, program):
    client = started(t, program)
    client.type(b"\x1e\x1a")
    until(t, client, lambda: (stat_of(client.pid) or "-")[0] == "T", "it does not stop")
    os.killpg(client.pid, signal.SIGCONT)
    echo(t, client, "continued")


def continued_in_the_foreground(t, program):
    client = started(t, program)
    before = client.raw.count(b"\x1b[?1h")
    os.kill(client.pid, signal.SIGCONT)
    until(t, client, lambda: client.raw.count(b"\x1b[?1h") > before, "the terminal is not taken again")
    echo(t, client, "continued")


def every_process_ends_by_itself(t, program):
    client = started(t, program)
    parts = client.compartments()
    os.kill(client.pid, signal.SIGSTOP)     # it would end the others before they do
    client.type(b"\x1e.")
    others = [parts[part] for part in COMPARTMENTS[1:]]
    gone = lambda: all((stat_of(pid) or "Z")[0] in "ZX" for pid in others)
    t.check(client.pump(GENEROUS, gone), "a compartment goes on")
    os.kill(client.pid, signal.SIGCONT)
    t.equal(client.process.wait(GENEROUS), 0, "how guard ended")
    for part, pid in zip(COMPARTMENTS[1:], others):
        t.equal(os.waitpid(pid, 0)[1], 0, f"how {part} ended")


# --- another port, after ten seconds of silence: all at the same time ---------------------------------------------------------------------

def sockets_to(port):
    """How many UDP sockets are connected to this port."""
    count = 0
    for name in ("udp", "udp6"):
        if os.path.exists(f"/proc/net/{name}"):
            with open(f"/proc/net/{name}") as file:
                count += sum(line.split()[2].endswith(f":{port:04X}") for line in file)
    return count


def roams(t, programs, address):
    """For each of these programs whether its session goes on from another port."""
    clients = [started(t, program, address=address) for program in programs]
    stopped = [[client.server.find("net"), client] for client in clients]
    for net, _ in stopped:
        os.kill(net, signal.SIGSTOP)
    for client in clients:
        client.type(b"roamed\r")
    hopped = lambda client: client.ended() or sockets_to(client.server.port) > 1
    t.eventually(lambda: all([client.pump(0.02) or hopped(client) for client in clients]), "no other port is taken")
    for net, _ in stopped:
        os.kill(net, signal.SIGCONT)
    results = []
    for client in clients:
        client.pump(GENEROUS, lambda client=client: client.shows("got-roamed.") or client.ended())
        if client.shows("got-roamed.") and not client.ended():
            client.type(b"again\r")
            client.pump(GENEROUS, lambda client=client: client.shows("got-again.") or client.ended())
        results.append(client.shows("got-again."))
    clean(t)
    return results


# --- what fails without what -------------------------------------------------------------------------------------------------------------

# Permission as CALL, CALL=VALUE (one of several rows of the call), and @DESCRIPTOR if it is pinned to some; then words that make the host
# so that the call is needed (see taken_away.cc). None: see each_permission_of_nets_other_ports_is_needed.
COMMON = {
    "ppoll": typing_is_echoed,
    "exit_group": every_process_ends_by_itself,
}
HEAP = {
    "brk": a_colourful_screen_is_drawn,
    "mmap+short-heap": a_colourful_screen_is_drawn,
}
CHANNELS = {
    "recvmsg@3": typing_is_echoed, "recvmsg@4": typing_is_echoed, "recvmsg@5": typing_is_echoed,
    "sendmsg@3": typing_is_echoed, "sendmsg@4": typing_is_echoed,
}
OTHER_PORTS = {f"{call}@{number}": None for call in ("recvmsg", "sendmsg", "connect") for number in (6, 8)}
NEEDED = {
    "client-guard": {
        **COMMON, "clock_gettime+no-vdso": ctrl_caret_dot_ends_the_session,
        "read@3": the_window_size_reaches_the_program,
        "write@1": ctrl_caret_dot_ends_the_session, "write@2": a_killed_net_is_told,
        "ioctl=5402@0": a_killed_tty_is_told_and_the_terminal_restored,
        "ioctl=540f@0": continued_in_the_foreground,
        "recvmsg@4": ctrl_caret_dot_ends_the_session, "recvmsg@5": the_window_size_reaches_the_program,
        "recvmsg@6": the_window_size_reaches_the_program,
        "sendmsg@4": typing_is_echoed,
        "kill": suspended_and_continued,
        "pidfd_send_signal@7": a_killed_tty_is_told_and_the_terminal_restored,
        "pidfd_send_signal@8": a_hung_net_is_ended, "pidfd_send_signal@9": a_hung_screen_is_ended,
        "waitid@7": a_killed_tty_is_told_and_the_terminal_restored,
        "waitid@8": a_killed_net_is_told, "waitid@9": a_killed_screen_is_told,
    },
    "client-tty": {
        **COMMON, **CHANNELS, "clock_gettime+no-vdso": typing_is_echoed, "sendmsg@5": typing_is_echoed,
        "read@0": typing_is_echoed, "write@1": typing_is_echoed,
        "ioctl=5413@0": typing_is_echoed, "ioctl=5401@0": typing_is_echoed, "ioctl=5402@0": typing_is_echoed,
        "ioctl=5411@4": an_end_that_the_server_does_not_answer,
    },
    "client-net": {
        **COMMON, **CHANNELS, **HEAP, "clock_gettime+no-vdso": typing_is_echoed, "sendmsg@5": typing_is_echoed,
        "recvmsg@7": typing_is_echoed, "sendmsg@7": typing_is_echoed, "connect@7": typing_is_echoed,
        "recvmsg@9": typing_is_echoed_over_ipv6, "sendmsg@9": typing_is_echoed_over_ipv6, "connect@9": typing_is_echoed_over_ipv6,
        **OTHER_PORTS,
    },
    "client-screen": {
        **COMMON, **CHANNELS, **HEAP, "clock_gettime=1+no-vdso": typing_is_echoed, "clock_gettime=0+no-vdso": typing_is_echoed,
    },
}


def permissions(compartment):
    """All that its policy's dump permits, named as in the table."""
    with open(os.path.join(SOURCE, "sandbox/policies", compartment.replace("-", "_") + ".dump")) as file:
        rows = re.findall(r"^allow (\w+)\((?:fd arg\d in \{([\d ]+)\})?(.*)\)$", file.read(), re.M)
    calls, found = [call for call, _, _ in rows], set()
    for call, numbers, rules in rows:
        name = call
        if calls.count(call) > 1:
            name += "=" + re.search(r"== (?:0x)?(\w+)", rules)[1]
        found |= {f"{name}@{number}" for number in numbers.split()} or {name}
    return found


def client_without(t, compartment, what):
    """The programs in a folder whose name says what is taken away."""
    folder = os.path.join(t.temp, f"{compartment}.{what}")
    if not os.path.isdir(folder):
        shutil.copytree(PROGRAMS, folder)
    return os.path.join(folder, "bin/sallyport-client")


def clean(t):
    """No session of one try is there in the next."""
    for process in t.processes:
        if process.poll() is None:
            process.kill()
            process.wait()
    t.processes.clear()
    for session in t.sessions:
        if alive(session.pid):
            os.kill(session.pid, signal.SIGKILL)
    t.sessions.clear()


def try_each(t, compartment, table):
    controls, skipped = set(), []
    for name, function in table.items():
        flags = "".join(re.findall(r"\+[\w-]+", name))
        try:
            if (function, flags) not in controls:
                function(t, client_without(t, compartment, "nothing" + flags))
                controls.add((function, flags))
                clean(t)
        except Failed as why:
            t.fail(f"{compartment}: {function.__name__} fails with nothing taken away ({flags}): {why}")
        except Skipped as why:
            skipped.append(f"{name} ({why})")
            continue
        try:
            function(t, client_without(t, compartment, name))
        except (Failed, subprocess.TimeoutExpired):
            pass
        else:
            t.fail(f"{compartment} works without {name}: {function.__name__} passes")
        clean(t)
    tell(t, len(table), skipped)


def tell(t, count, skipped):
    words = f"{count - len(skipped)} permissions, each taken away fails a test"
    if skipped:     # not in silence: then the claim is not shown on this host
        t.skip(f"{words}; not tried: {', '.join(skipped)}")
    t.note(words)


def expect_needed(t, compartment):
    table = NEEDED[compartment]
    t.equal({name.partition("+")[0] for name in table}, permissions(compartment), f"what the table and the policy of {compartment} name")
    try_each(t, compartment, {name: function for name, function in table.items() if function})


@test(timeout=300, skip_if=SKIP)
def each_permission_of_the_guard_is_needed(t):
    expect_needed(t, "client-guard")


@test(timeout=300, skip_if=SKIP)
def each_permission_of_tty_is_needed(t):
    expect_needed(t, "client-tty")


@test(timeout=300, skip_if=SKIP)
def each_permission_of_net_is_needed(t):
    expect_needed(t, "client-net")


@test(timeout=300, skip_if=SKIP)
def each_permission_of_screen_is_needed(t):
    expect_needed(t, "client-screen")


@test(timeout=300, skip_if=SKIP)
def each_permission_of_nets_other_ports_is_needed(t):
    skipped = []
    for address, number in (("127.0.0.1", 6), ("::1", 8)):
        names = [name for name in OTHER_PORTS if name.endswith(f"@{number}")]
        try:
            socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM).bind((address, 0))
        except OSError:
            skipped += [f"{name} ({address} is not there)" for name in names]
            continue
        control, *results = roams(t, [client_without(t, "client-net", name) for name in ("nothing", *names)], address)
        t.check(control, f"no session goes on from another port, with nothing taken away ({address})")
        for name, result in zip(names, results):
            t.check(not result, f"client-net works without {name}: its session goes on from another port")
    tell(t, len(OTHER_PORTS), skipped)


if __name__ == "__main__":
    sys.exit(main())
