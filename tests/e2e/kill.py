#!/usr/bin/env python3
"""What happens when a process of a session is killed, crashed or stopped at a random moment under load: nothing may be left behind.

SALLYPORT_KILLS: how many instants (default 1000, over the three processes); SALLYPORT_SEED: another thousand.
"""

import os
import signal
import sys
import time

from fault_tools import fail_on_any, missing_supervisor, read_file, run_cases
from harness import PATIENCE, alive, descendants_of, main, name_of, ours_only, stat_of, test
from kill_rounds import kill_round

ONLY_OURS = ours_only("is one process")
ROUNDS = int(os.environ.get("SALLYPORT_KILLS", "1000"))     # over all three processes
SEED = os.environ.get("SALLYPORT_SEED", "1")
LOAD = "echo START; (while :; do seq 1 2000; sleep 0.01; done) & while read x; do echo got-$x.; done"

# The same in one row, so that what else is printed stays on the screen.
CALM_LOAD = r"""stty -echo; printf '\n\n'; (n=0; while :; do n=$((n+1)); printf '\0337\033[1;1Hload-%d-1999 ======\0338' $n; sleep 0.005; done) &
while read x; do [ "$x" = typed ] || echo got-$x.; done"""


def busy_session(t, load=LOAD):
    """A session that prints all the time while its client types all the time."""
    session = t.server("/bin/sh", "-c", load)
    client = t.client(session)
    # START itself may have scrolled off unseen, and of a row only the cells that differ are sent.
    t.check(client.pump(PATIENCE, lambda: b"1999" in client.raw or client.shows("1999")), "the program did not start")
    shell = session.shell()
    with open(f"/proc/{shell}/stat") as file:
        number = int(file.read().rpartition(")")[2].split()[4])
    pty = f"/dev/pts/{(number & 0xFF) | (number >> 12 & 0xFFF00)}"
    t.check(os.path.exists(pty), f"no {pty}")
    return session, client, shell, pty


def work(client, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        client.type(b"typed\n")
        client.pump(min(0.02, max(end - time.monotonic(), 0)))


def all_gone(t, session, processes, pty, what):
    t.eventually(lambda: not any(alive(pid) for pid in processes),
                 lambda: f"{what}: left: {[(pid, name_of(pid), stat_of(pid)) for pid in processes if alive(pid)]}")
    # Another session may get the same number at once; ours is gone when no process of it is there, and nobody else took it.
    if os.path.exists(pty):
        users = [pid for pid in descendants_of(os.getpid()) if pty in open_files(pid)]
        t.check(not users, f"{what}: {pty} is still there and used by {users}")


def open_files(pid):
    found = set()
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            try:
                found.add(os.readlink(f"/proc/{pid}/fd/{name}"))
            except OSError:
                pass
    except OSError:
        pass
    return found


def instants(which):
    """(process, what happens to it, seed) for each round, the same in every run."""
    count = (ROUNDS + 2) // 3
    deeds = ("kill", "stop") + (() if missing_supervisor() else ("crash",))
    return [(which, deeds[number % len(deeds)], f"{SEED}-{which}-{number}") for number in range(count)]


def at_random_instants(t, which):
    results = run_cases(t, kill_round, instants(which))
    fail_on_any(t, results)
    deeds = [case[1] for case, _ in results]
    records = [kept for _, kept in results if kept is not None]
    t.note(f"{len(results)} instants ({', '.join(f'{deeds.count(deed)} {deed}' for deed in sorted(set(deeds)))}), seed {SEED}")
    if records:
        t.check(any(records), "no login record was ever seen: their removal shows nothing")
        t.note(f"login record seen in {sum(records)} sessions, left in none")
    else:
        t.note("login records not looked at: needs root and utempter")
    if missing_supervisor():
        t.note(f"no SIGSEGV: {missing_supervisor()}")


@test(timeout=1200, skip_if=ONLY_OURS)
def killing_the_monitor_leaves_nothing(t):
    at_random_instants(t, "monitor")


@test(timeout=1200, skip_if=ONLY_OURS)
def killing_net_leaves_nothing(t):
    at_random_instants(t, "net")


@test(timeout=1200, skip_if=ONLY_OURS)
def killing_the_terminal_leaves_nothing(t):
    at_random_instants(t, "terminal")


@test(timeout=90)
def killing_a_session_before_contact_leaves_nothing(t):
    for which in ("monitor", "net", "terminal"):
        if which != "monitor" and ONLY_OURS:
            continue
        path = os.path.join(t.temp, "ran-" + which)
        session = t.server("/bin/sh", "-c", f"touch {path}")
        processes = session.processes()
        os.kill(session.pid if which == "monitor" else session.find(which), signal.SIGKILL)
        t.eventually(lambda: not any(alive(pid) for pid in processes), f"{which}: something is left")
        t.check(not os.path.exists(path), f"{which}: its death released the program")
    t.no_leftovers()


@test(timeout=90, skip_if=ONLY_OURS)
def killing_the_login_record_does_not_end_the_session(t):
    session, client, _, _ = busy_session(t, CALM_LOAD)
    os.kill(session.find("login-record"), signal.SIGKILL)
    client.pump(0.3)
    t.check(alive(session.pid), "the monitor is gone")
    client.type(b"after\n")
    t.check(client.wait_for_bytes(b"got-after."), "no echo")


@test(timeout=90, skip_if=ONLY_OURS)
def a_dead_compartment_is_named_in_the_log(t):
    import subprocess
    from harness import SERVER, Session
    for which in ("net", "terminal"):
        path = os.path.join(t.temp, f"log-{which}")
        with open(path, "ab") as log:       # the session goes on writing at its end while we read
            started = subprocess.run([SERVER, "new", "-v", "-i", "127.0.0.1", "-p", "0", "--", "/bin/sh", "-c", "sleep 60"], stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL, stderr=log, env=t.environment(), timeout=PATIENCE)
        session = Session(None, "", read_file(path), started.returncode)
        os.kill(session.find(which), signal.SIGKILL)
        t.gone(session)

        def named():
            return any(which in line and ("signal" in line or "killed" in line) for line in read_file(path).split("\n"))
        t.eventually(named, lambda: f"no line names {which} and how it died: {read_file(path)!r}")


@test(timeout=90, skip_if=ONLY_OURS)
def stopping_a_process_stops_nothing_for_good(t):
    for which in ("net", "terminal", "monitor"):
        session, client, shell, pty = busy_session(t, CALM_LOAD)
        victim = session.pid if which == "monitor" else session.find(which)
        work(client, 0.2)
        os.kill(victim, signal.SIGSTOP)
        work(client, 1.5)
        os.kill(victim, signal.SIGCONT)
        client.type(f"after-{which}\n".encode())
        t.check(client.wait_for_bytes(f"got-after-{which}.".encode()), f"no echo after {which} was stopped for 1.5 s")
        os.kill(session.pid, signal.SIGTERM)
        t.check(client.pump(PATIENCE, lambda: client.shutdown_seen), f"no goodbye after {which} was stopped")
        t.gone(session, client=client)


@test(timeout=90, skip_if=ONLY_OURS)
def typing_passes_while_the_terminal_is_stopped(t):
    path = os.path.join(t.temp, "typed")
    session = t.server("/bin/sh", "-c", f"echo START; while read x; do echo $x >>{path}; done")
    client = t.client(session)
    t.check(client.wait_for_bytes(b"START"), "the program did not start")
    terminal = session.find("terminal")
    os.kill(terminal, signal.SIGSTOP)
    client.type(b"through\n")
    t.eventually(lambda: client.pump(0.05) or (os.path.exists(path) and "through" in open(path).read()), "typing did not reach the program")
    t.check(client.pump(PATIENCE, lambda: client.acknowledged), "typing is not acknowledged while the terminal is stopped")
    os.kill(terminal, signal.SIGCONT)


@test(timeout=90)
def sessions_end_cleanly_many_times(t):
    for _ in range(10):
        session, client, shell, pty = busy_session(t)
        processes = session.processes()
        work(client, 0.05)
        t.check(client.close_session(), "the shutdown is not acknowledged")
        all_gone(t, session, processes, pty, "after an orderly end")
        client.close()
    t.no_leftovers()


if __name__ == "__main__":
    sys.exit(main())
