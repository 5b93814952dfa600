#!/usr/bin/env python3
"""Minimality: each system call that a compartment may make is needed, and so is each descriptor that it is pinned to.

The programs under test are the release's own objects, linked once more so that a policy can lack one permission (see
tests/sandbox/taken_away.cc). NEEDED says for each permission which of the functions below fails without it; each of these functions
must pass with nothing taken away. A permission that is not in the table, or that nothing fails without, fails this suite: then it has
to leave the policy.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time

from harness import IS_ROOT, LIBEXEC, PATIENCE, SERVER, SOURCE, Failed, Session, alive, main, ours_only, test

PROGRAMS = os.path.join(os.path.dirname(os.path.dirname(SERVER)), "tests/taken_away")
SKIP = ours_only("has no policies") or ("" if os.path.isdir(PROGRAMS) else "the programs of tests/sandbox/taken_away.cc are not built")
ECHO = "echo START; while read x; do echo got-$x.; done"


# --- what a session does for its user: each raises Failed when it does not ---------------------------------------------------------------

def start(t, server, command=ECHO, options=()):
    session = t.run_server("new", "-i", "127.0.0.1", "-p", "0", *options, "--", "/bin/sh", "-c", command, server=server)
    t.check(session.returncode == 0 and session.port and session.pid, f"it did not start: {session.returncode} {session.stderr!r}")
    return session


def until(t, session, client, condition, why):
    """Goes on with the session until condition() holds; gives up as soon as the session is gone."""
    t.check(client.pump(PATIENCE, lambda: condition() or not alive(session.pid)) and condition(), why)


def connected(t, server, command=ECHO):
    session = start(t, server, command)
    client = t.client(session, connect=False)
    client.set_size(80, 24)
    until(t, session, client, lambda: client.shows("START"), "the program did not start")
    return session, client


def echo(t, session, client, word):
    client.type(word.encode() + b"\n")
    until(t, session, client, lambda: client.shows(f"got-{word}."), "no echo")


def typing_is_echoed(t, server):
    session, client = connected(t, server)
    echo(t, session, client, "typed")


def the_window_size_reaches_the_program(t, server):
    session, client = connected(t, server, "echo START; while read x; do stty size; done")
    client.set_size(91, 33)
    client.type(b"\n")
    until(t, session, client, lambda: client.shows("33 91"), "another size")


def a_client_that_roams_is_followed(t, server):
    session, client = connected(t, server)
    client.hop()
    echo(t, session, client, "roamed")


def a_large_screen_is_drawn(t, server):
    session, client = connected(t, server, "echo START; read x; for i in $(seq 390); do seq -s' ' $i $((i + 120)); done; echo END; read x")
    client.set_size(600, 400)
    client.type(b"\n")
    until(t, session, client, lambda: client.shows("END"), "no large screen")


def a_colourful_screen_is_drawn(t, server):
    """A frame of more than a mebibyte."""
    colours = r"""BEGIN { for (i = 0; i < 62000; ++i) printf "\033[38;5;%d;48;5;%dmx", i % 256, i * 7 % 256 }"""
    session, client = connected(t, server, f"echo START; read x; awk '{colours}'; printf '\\033[mEND'; read x")
    client.set_size(250, 250)
    client.type(b"\n")
    until(t, session, client, lambda: client.shows("END"), "no colourful screen")


def the_programs_end_reaches_the_client(t, server):
    session, client = connected(t, server, "echo START; read x")
    client.type(b"\n")
    until(t, session, client, lambda: client.shutdown_seen, "no goodbye")


def a_signal_ends_the_session_with_a_goodbye(t, server):
    session, client = connected(t, server)
    os.kill(session.pid, signal.SIGTERM)
    until(t, session, client, lambda: client.shutdown_seen, "no goodbye")


def status_of_end(t, pid, what):
    """How a process ended that is, or has become, this one's child."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            found, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            found = 0       # its parent has not ended yet
        if found:
            return status
        time.sleep(0.01)
    raise Failed(f"{what} has not ended")


def every_process_ends_by_itself(t, server):
    session, client = connected(t, server)
    processes = {"net": session.find("net"), "terminal": session.find("terminal")}
    os.kill(session.pid, signal.SIGSTOP)    # it would end the others before they do
    client.shutdown()
    client.pump(1.5, lambda: client.sent[0][0] == 2**64 - 1)
    t.eventually(lambda: not any(alive(pid) for pid in processes.values()), "a compartment goes on")
    os.kill(session.pid, signal.SIGCONT)
    for name, pid in {"monitor": session.pid, **processes}.items():
        t.equal(status_of_end(t, pid, name), 0, f"how {name} ended")


def with_log(t, server, prefix=()):
    """A session whose log goes to a file, too."""
    path = os.path.join(t.temp, f"log-{time.monotonic_ns()}")
    with open(path, "ab") as log:       # the session goes on writing at its end while we read
        done = subprocess.run([*prefix, server, "new", "-v", "-i", "127.0.0.1", "-p", "0", "--", "/bin/sh", "-c", ECHO], stdin=subprocess.DEVNULL,
                              stdout=log, stderr=subprocess.STDOUT, env=t.environment(), timeout=PATIENCE)
    text = content(path)
    session = Session(None, text, text, done.returncode)
    t.check(session.pid and session.port, f"it did not start: {text!r}")
    return session, path


def content(path):
    with open(path, errors="replace") as file:
        return file.read()


def all_said(session, path):
    """The session is over, and what hands its log on, too, which says so."""
    return not alive(session.pid) and "[mosh-server is exiting.]" in content(path)


def killed_and_named(t, server, which):
    session, path = with_log(t, server)
    os.kill(session.find(which), signal.SIGKILL)
    t.eventually(lambda: f"{which} died: signal 9" in content(path) or all_said(session, path), "nothing happens")
    t.check(f"{which} died: signal 9" in content(path), f"no word of the end of {which}: {content(path)!r}")


def the_log_says_how_net_died(t, server):
    killed_and_named(t, server, "net")


def the_log_says_how_the_terminal_died(t, server):
    killed_and_named(t, server, "terminal")


def log_lines_reach_the_users_terminal(t, server):
    session, path = with_log(t, server)
    t.eventually(lambda: "monitor: sandbox: layers" in content(path) or all_said(session, path), "nothing happens")
    t.check("monitor: sandbox: layers" in content(path), "no line of the monitor")


SYSTEM_LOG = r"""
import os, socket, sys, time
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("/dev/log")
open(sys.argv[1], "w").close()
log.settimeout(20)
with open(sys.argv[2], "ab", 0) as file:
    while True:
        file.write(log.recv(65536) + b"\n")
"""


def log_lines_reach_the_system_log(t, server):
    if not IS_ROOT or not shutil.which("unshare"):
        t.skip("needs root, for a mount namespace with a system log of its own")
    # A /dev of our own, in which nobody else logs: the devices that are needed, and a socket.
    dev, ready, lines = (os.path.join(t.temp, f"{name}-{time.monotonic_ns()}") for name in ("dev", "ready", "lines"))
    os.mkdir(dev)
    make = (f"mount -t tmpfs tmpfs {dev} && mkdir {dev}/pts && mount --bind /dev/pts {dev}/pts && "
            f"for d in null tty urandom; do touch {dev}/$d && mount --bind /dev/$d {dev}/$d || exit 1; done; "
            f"ln -s pts/ptmx {dev}/ptmx && mount --rbind {dev} /dev && exec {sys.executable} -c '{SYSTEM_LOG}' {ready} {lines}")
    holder = t.background("unshare", "-m", "sh", "-c", make, stderr=subprocess.DEVNULL)
    t.eventually(lambda: os.path.exists(ready) or holder.poll() is not None, "no system log")
    if holder.poll() is not None:
        t.skip("no mount namespace with a /dev of its own can be made here")
    session, _ = with_log(t, server, ("nsenter", "-t", str(holder.pid), "-m"))
    said = "monitor: sandbox: layers"
    t.eventually(lambda: (os.path.exists(lines) and said in content(lines)) or not alive(session.pid), "nothing happens")
    t.check(os.path.exists(lines) and said in content(lines), "no line in the system's log")


# --- what fails without what -------------------------------------------------------------------------------------------------------------

# Permission as `CALL` or `CALL@DESCRIPTOR`; then words that make the host so that the call is needed (see taken_away.cc).
COMMON = {
    "recvmsg": typing_is_echoed,
    "sendmsg": typing_is_echoed,
    "ppoll": typing_is_echoed,
    "clock_gettime+no-vdso": typing_is_echoed,
    "exit_group": every_process_ends_by_itself,
}
HEAP = {
    "brk": a_large_screen_is_drawn,
    "mmap+short-heap": a_large_screen_is_drawn,
}
NEEDED = {
    "net": {
        **COMMON, "brk": a_colourful_screen_is_drawn, "mmap+short-heap": a_colourful_screen_is_drawn,
        "recvmsg@3": the_programs_end_reaches_the_client, "recvmsg@4": typing_is_echoed, "recvmsg@5": a_client_that_roams_is_followed,
        "recvmsg@6": typing_is_echoed, "sendmsg@3": typing_is_echoed, "sendmsg@4": typing_is_echoed,
        "sendmsg@5": a_client_that_roams_is_followed, "sendmsg@6": typing_is_echoed,
        "connect": a_client_that_roams_is_followed,
        "connect@6": a_client_that_roams_is_followed,
    },
    "terminal": {
        **COMMON, **HEAP,
        "recvmsg@3": typing_is_echoed, "recvmsg@4": typing_is_echoed,
        "sendmsg@3": typing_is_echoed, "sendmsg@4": typing_is_echoed,
    },
    "monitor": {
        **COMMON,
        "recvmsg@5": typing_is_echoed, "recvmsg@6": typing_is_echoed,
        "sendmsg@5": the_programs_end_reaches_the_client, "sendmsg@6": typing_is_echoed, "sendmsg@12": log_lines_reach_the_system_log,
        "read": typing_is_echoed,
        "read@3": typing_is_echoed, "read@4": a_signal_ends_the_session_with_a_goodbye,
        "write": typing_is_echoed,
        "write@3": typing_is_echoed, "write@10": typing_is_echoed, "write@11": typing_is_echoed,
        "write@13": log_lines_reach_the_users_terminal, "write@14": typing_is_echoed,
        "ioctl": the_window_size_reaches_the_program,
        "ioctl@3": the_window_size_reaches_the_program,
        "waitid": the_programs_end_reaches_the_client,
        "waitid@7": the_programs_end_reaches_the_client, "waitid@8": the_log_says_how_net_died, "waitid@9": the_log_says_how_the_terminal_died,
        "pidfd_send_signal": every_process_ends_by_itself,
        "pidfd_send_signal@8": every_process_ends_by_itself, "pidfd_send_signal@9": every_process_ends_by_itself,
        "close": typing_is_echoed,
        "close@3": every_process_ends_by_itself, "close@10": typing_is_echoed, "close@11": every_process_ends_by_itself,
        "close@14": typing_is_echoed,
    },
}


def permissions(compartment):
    """All that its policy's dump permits: calls, and calls with each descriptor."""
    with open(os.path.join(SOURCE, "sandbox/policies", compartment + ".dump")) as file:
        found = re.findall(r"^allow (\w+)\((?:fd arg\d in \{([\d ]+)\})?", file.read(), re.M)
    return {call for call, _ in found} | {f"{call}@{number}" for call, numbers in found for number in numbers.split()}


def server_without(t, compartment, what):
    """The programs in a folder whose name says what is taken away."""
    folder = os.path.join(t.temp, f"{compartment}.{what}")
    if not os.path.isdir(folder):
        shutil.copytree(PROGRAMS, folder)
        shutil.copy(os.path.join(LIBEXEC, "login-record"), os.path.join(folder, "libexec/sallyport"))
    return os.path.join(folder, "bin/sallyport-server")


def clean(t):
    """No session of one try is there in the next."""
    for client in t.clients:
        client.close()
    t.clients.clear()
    for session in t.sessions:
        if alive(session.pid):
            os.kill(session.pid, signal.SIGKILL)
    t.sessions.clear()


def expect_needed(t, compartment):
    table = NEEDED[compartment]
    t.equal({name.partition("+")[0] for name in table}, permissions(compartment), f"what the table and the policy of {compartment} name")
    controls, skipped = {}, []
    for name, function in table.items():
        flags = "".join(re.findall(r"\+[\w-]+", name))
        try:
            if (function, flags) not in controls:
                controls[function, flags] = function(t, server_without(t, compartment, "nothing" + flags))
                clean(t)
        except Failed as why:
            t.fail(f"{function.__name__} fails with nothing taken away ({flags}): {why}")
        except Exception as why:
            if type(why).__name__ != "Skipped":
                raise
            skipped.append(f"{name} ({why})")
            continue
        try:
            function(t, server_without(t, compartment, name))
        except Failed:
            pass
        else:
            t.fail(f"{compartment} works without {name}: {function.__name__} passes")
        clean(t)
    words = f"{len(table) - len(skipped)} permissions, each taken away fails a test"
    if skipped:     # not in silence: then the claim is not shown on this host
        t.skip(f"{words}; not tried: {', '.join(skipped)}")
    t.note(words)


@test(timeout=120, skip_if=SKIP)
def each_permission_of_net_is_needed(t):
    expect_needed(t, "net")


@test(timeout=120, skip_if=SKIP)
def each_permission_of_the_terminal_is_needed(t):
    expect_needed(t, "terminal")


@test(timeout=120, skip_if=SKIP)
def each_permission_of_the_monitor_is_needed(t):
    expect_needed(t, "monitor")


if __name__ == "__main__":
    sys.exit(main())
