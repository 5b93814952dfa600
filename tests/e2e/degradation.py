#!/usr/bin/env python3
"""The server on hosts that lack something: every layer of the confinement denied, alone and in all pairs, as root and as a user.

A small program (tests/sandbox/deny.cc) makes the system calls of a layer fail for the server that it then runs. Without a mandatory
layer nothing starts: one line says which, status 70, and no program has run. Without an optional one the session works and says so in
its log; with --require-sandbox=full it does not start. `sandbox-report` says the same of the host beforehand.
"""

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys

from harness import IS_ROOT, LIBEXEC, PATIENCE, SERVER, Session, main, ours_only, root_only, test
from sandbox_layers import MANDATORY, MECHANISMS, OPTIONAL, ROOT_OPTIONAL, UNCONFINED, USER, mechanism, pairs, singles, words_of

BUILD = os.path.dirname(os.path.dirname(SERVER))
DENY = os.path.join(BUILD, "tests/deny")
SKIP = ours_only("has no layers") or ("" if os.access(DENY, os.X_OK) else f"{DENY} is not built")
PROCESSES = ("monitor", "net", "terminal")


class Host:
    """The programs where the session's user can read them, and how to start them as that user."""

    def __init__(self, t, as_root):
        self.t, self.as_root, self.count = t, as_root, 0
        os.chmod(t.temp, 0o755)
        for source, target in ((os.path.dirname(SERVER), "bin"), (LIBEXEC, "libexec/sallyport")):
            os.makedirs(os.path.join(t.temp, "prefix", target))
            for name in ("sallyport-server", "net", "terminal", "login-record"):
                if os.path.exists(os.path.join(source, name)):
                    shutil.copy(os.path.join(source, name), os.path.join(t.temp, "prefix", target))
        shutil.copy(DENY, t.temp)
        self.server = os.path.join(t.temp, "prefix/bin/sallyport-server")
        self.become = []
        if IS_ROOT and not as_root:
            if not shutil.which("setpriv"):
                t.skip("setpriv is not installed")
            self.become = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups"]
            os.chown(t.home, USER, USER)

    def run(self, denied, *words, **options):
        return subprocess.run([*self.become, os.path.join(self.t.temp, "deny"), *denied, "--", self.server, *words], stdin=subprocess.DEVNULL,
                              env=self.t.environment(), timeout=PATIENCE, **options)

    def start(self, denied, *options):
        """A session that leaves a trace when its program runs. Gives it, the file of its messages, and the trace's path."""
        self.count += 1
        trace = os.path.join(self.t.home, f"ran-{self.count}")
        path = os.path.join(self.t.temp, f"messages-{self.count}")
        # -v keeps both outputs open for the session's life: they go on writing at their ends while we read.
        with open(path + "-out", "ab") as out, open(path, "ab") as messages:
            done = self.run(denied, "new", "-v", "-i", "127.0.0.1", "-p", "0", *options, "--", "/bin/sh", "-c",
                            f"touch {trace}; while read x; do echo got-$x.; done", stdout=out, stderr=messages)
        session = Session(None, content(path + "-out"), content(path), done.returncode)
        if session.pid:
            self.t.sessions.append(session)
        return session, path, trace

    def report(self, denied):
        done = self.run(denied, "sandbox-report", "--json", capture_output=True, text=True)
        self.t.equal(done.returncode, 0, f"{denied}: status of sandbox-report ({done.stderr!r})")
        return {name: entry["state"] for name, entry in json.loads(done.stdout)["mechanisms"].items()}

    def lacking(self):
        """What this very host lacks, so that it cannot be expected of it."""
        return {name for name, state in self.report([]).items() if state == "missing"}


def content(path):
    with open(path, errors="replace") as file:
        return file.read()


def refuses(host, denied, names, *options):
    """It does not start, for the lack of one of `names`."""
    t = host.t
    session, _, trace = host.start(denied, *options)
    t.equal((session.returncode, session.port, session.pid), (UNCONFINED, None, None),
            f"{denied} {options}: status, port and pid ({session.stderr!r})")
    lines = [line for line in session.stderr.split("\n") if "cannot be confined on this host" in line]
    t.check(len(lines) == 1, f"{denied} {options}: messages are {session.stderr!r}")
    t.check(any(f"sandbox: {name}" in lines[0] or (name == "namespaces" and "namespaces are not available" in lines[0]) for name in names),
            f"{denied} {options}: {lines[0]!r} names none of {names}")
    t.check(not os.path.exists(trace), f"{denied} {options}: the program ran")


def log_line(path, process):
    """(layers, missing) of the line in which a process says how it is confined."""
    found = re.search(rf"{process}: sandbox: layers (\d+), Landlock ABI \d+, missing (\d+)", content(path))
    return (int(found[1]), int(found[2])) if found else None


def works_and_says_so(host, denied, expected):
    """A session comes up, echoes what is typed, and its log says that exactly `expected` is missing."""
    t = host.t
    session, path, trace = host.start(denied)
    t.check(session.pid and session.returncode == 0, f"{denied}: it did not start: status {session.returncode}, {session.stderr!r}")
    client = t.client(session)
    client.type(b"key\n")
    t.check(client.wait_for("got-key."), f"{denied}: no echo")
    t.check(os.path.exists(trace), f"{denied}: no trace of the program")
    t.eventually(lambda: all(log_line(path, process) for process in PROCESSES), f"{denied}: the log does not say how it is confined")
    of_all = set()
    for process in PROCESSES:
        layers, missing = log_line(path, process)
        names = {name for number, name in enumerate(MECHANISMS) if missing >> number & 1}
        t.check(names <= expected, f"{denied}: {process} says that {names} are missing, expected at most {expected}")
        of_all |= names
        if process == "monitor" and not layers >> 16:
            of_all.add("namespaces")    # of the compartments' namespaces only the monitor knows
    t.equal(of_all, expected, f"{denied}: what the log says to be missing")
    os.kill(session.pid, signal.SIGKILL)
    client.close()


def degrade(t, as_root, combinations):
    host = Host(t, as_root)
    mandatory, _ = words_of(as_root)
    lacking = host.lacking()
    t.check(not lacking & set(mandatory), f"this host itself cannot run a session: {lacking}")
    count = 0
    for denied in combinations:
        hard = [mechanism(word) for word in denied if word.partition(":")[0] in mandatory]
        soft = {mechanism(word) for word in denied if word.partition(":")[0] not in mandatory}
        said = host.report(denied)
        if hard:    # the report's try ends at the first of them
            t.check(any(said[name] == "missing" for name in hard), f"{denied}: sandbox-report says {said}")
            refuses(host, denied, hard)
        else:
            t.equal({name for name, state in said.items() if state == "missing"}, soft | lacking, f"{denied}: sandbox-report")
            works_and_says_so(host, denied, soft | lacking)
            refuses(host, denied, soft | lacking, "--require-sandbox=full")
        count += 1
    t.note(f"{count} combinations")
    t.no_leftovers()


@test(timeout=120, skip_if=SKIP)
def each_layer_denied_to_a_user(t):
    degrade(t, False, singles(False))


@test(timeout=120, skip_if=SKIP or root_only("starts sessions of root"))
def each_layer_denied_to_root(t):
    degrade(t, True, singles(True))


@test(timeout=120, skip_if=SKIP)
def each_pair_of_layers_denied_to_a_user(t):
    degrade(t, False, pairs(False))


@test(timeout=120, skip_if=SKIP or root_only("starts sessions of root"))
def each_pair_of_layers_denied_to_root(t):
    degrade(t, True, pairs(True))


def combinations_of(words):
    """Of three or more, for singles and pairs have tests of their own."""
    return [some for count in range(3, len(words) + 1) for some in itertools.combinations(words, count)]


@test(timeout=120, skip_if=SKIP)
def all_combinations_of_optional_layers_denied_to_a_user(t):
    degrade(t, False, combinations_of(OPTIONAL))


@test(timeout=120, skip_if=SKIP or root_only("starts sessions of root"))
def all_combinations_of_optional_layers_denied_to_root(t):
    degrade(t, True, combinations_of(OPTIONAL + ROOT_OPTIONAL))


@test(timeout=120, skip_if=SKIP)
def each_layer_refused_in_other_ways(t):
    """Old kernels, containers and limits each have an errno of their own."""
    words = [word for word in MANDATORY + OPTIONAL if word != "memory-deny-write-execute"]
    degrade(t, False, [(f"{word}:{error}",) for word in words for error in ("EPERM", "ENOSYS", "EINVAL")] +
            [(f"namespaces:{error}",) for error in ("ENOSPC", "EUSERS")] +
            [("landlock:EOPNOTSUPP",), ("memory-deny-write-execute:EPERM",)])


@test(skip_if=SKIP)
def nothing_denied_starts_with_everything_required(t):
    host = Host(t, False)
    lacking = host.lacking()
    if lacking:
        refuses(host, [], lacking, "--require-sandbox=full")
        t.skip(f"this host lacks {', '.join(sorted(lacking))}")
    session, _, trace = host.start([], "--require-sandbox=full")
    t.check(session.pid, f"it did not start: {session.stderr!r}")
    client = t.client(session)
    client.type(b"key\n")
    t.check(client.wait_for("got-key.") and os.path.exists(trace), "no echo")


@test(skip_if=SKIP)
def core_dumps_that_cannot_be_switched_off_stop_the_start(t):
    session, _, trace = Host(t, False).start(["core-limit"])
    t.equal((session.returncode, session.port), (1, None), "status and port")
    t.check("cannot switch off core dumps: Operation not permitted" in session.stderr, session.stderr)
    t.check(not os.path.exists(trace), "the program ran")


@test(skip_if=SKIP)
def key_memory_is_locked_where_it_cannot_be_secret_and_never_dumped(t):
    host = Host(t, False)
    for denied in (("key-memory", "locked-memory"), ("locked-memory",)):
        works_and_says_so(host, denied, host.lacking() | ({"key-memory"} & set(denied)))
    session, _, trace = host.start(["undumped-memory"])
    t.equal((session.returncode, session.port), (1, None), "status and port without MADV_DONTDUMP")
    t.check("no memory for the session's key" in session.stderr, session.stderr)
    t.check(not os.path.exists(trace), "the program ran")


if __name__ == "__main__":
    sys.exit(main())
