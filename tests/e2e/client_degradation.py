#!/usr/bin/env python3
"""The client on hosts that lack something: every layer of the confinement denied, alone and in pairs, as root and as a user.

As degradation.py for the server. Without a mandatory layer nothing starts: one line says which, status 70, and the terminal was not touched.
Without an optional one the session works, and -v says which compartment lacks it; with --require-sandbox=full it does not start.
`sandbox-report` says the same of the host beforehand.
"""

import itertools
import json
import os
import re
import shutil
import subprocess
import sys

from harness import CLIENT, IS_ROOT, main, our_client_only, root_only, test
from pty_terminal import GENEROUS, PtyTerminal
from sandbox_layers import MANDATORY, MECHANISMS, OPTIONAL, UNCONFINED, USER, mechanism, pairs, singles, words_of

BUILD = os.path.dirname(os.path.dirname(CLIENT))
DENY = os.path.join(BUILD, "tests/deny")
SKIP = our_client_only("has no layers") or ("" if os.access(DENY, os.X_OK) else f"{DENY} is not built")
COMPARTMENTS = ("tty", "net", "screen")
ECHO = "stty -echo; echo START; while read x; do echo got-$x.; done"
NO_SESSION = "AAAAAAAAAAAAAAAAAAAAAA", 60000     # a key and a port of nobody's, for a client that must not get so far


class Host:
    """The client's programs where its user can read them, and how to start them as that user."""

    def __init__(self, t, as_root):
        self.t, self.become = t, []
        os.chmod(t.temp, 0o755)
        prefix = os.path.join(t.temp, "prefix")
        for folder, names in (("bin", ["sallyport-client"]), ("libexec/sallyport", [f"client-{name}" for name in COMPARTMENTS])):
            os.makedirs(os.path.join(prefix, folder))
            for name in names:
                shutil.copy(os.path.join(BUILD, folder, name), os.path.join(prefix, folder))
        shutil.copy(DENY, t.temp)
        self.client = os.path.join(prefix, "bin/sallyport-client")
        if IS_ROOT and not as_root:
            if not shutil.which("setpriv"):
                t.skip("setpriv is not installed")
            self.become = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups"]

    def words(self, denied, *options):
        return [*self.become, os.path.join(self.t.temp, "deny"), *denied, "--", self.client, *options]

    def terminal(self, denied, key, port, *options):
        return PtyTerminal(self.t, words=self.words(denied, *options, "127.0.0.1", str(port)), env={"MOSH_KEY": key})

    def report(self, denied):
        done = subprocess.run(self.words(denied, "sandbox-report", "--json"), stdin=subprocess.DEVNULL, env=self.t.environment(), timeout=30,
                              capture_output=True, text=True)
        self.t.equal(done.returncode, 0, f"{denied}: status of sandbox-report ({done.stderr!r})")
        return {name for name, entry in json.loads(done.stdout)["mechanisms"].items() if entry["state"] == "missing"}


def refuses(host, denied, names, *options):
    """It does not start, for the lack of one of `names`, and has said nothing else to the terminal."""
    t, what = host.t, f"{denied} {options}"
    terminal = host.terminal(denied, *NO_SESSION, *options)
    t.equal(terminal.ended(), UNCONFINED, f"{what}: status; it said {terminal.raw()!r}")
    lines = terminal.raw().decode(errors="replace").splitlines()
    t.check(len(lines) == 1 and "cannot be confined on this host" in lines[0] and "sandbox-report" in lines[0], f"{what}: it said {lines!r}")
    t.check(any(f"sandbox: {name}" in lines[0] or (name == "namespaces" and "namespaces are not available" in lines[0]) for name in names),
            f"{what}: {lines[0]!r} names none of {names}")
    t.check("\x1b" not in lines[0], f"{what}: the terminal was touched")
    t.equal(terminal.modes(), terminal.cooked, f"{what}: the terminal's settings")
    terminal.check_restored(what)


def works_and_says_so(host, denied, expected):
    """A session echoes what is typed; -v has said that exactly `expected` is missing."""
    t = host.t
    session = t.server("/bin/sh", "-c", ECHO)
    terminal = host.terminal(denied, session.key, session.port, "-v")
    terminal.wait_until(lambda: terminal.shows("START") or terminal.process.poll() is not None, f"{denied}: no session", 2 * GENEROUS)
    said = terminal.raw().decode(errors="replace")
    t.check(terminal.shows("START"), f"{denied}: it did not start: {said!r}")
    missing = set()
    for part in COMPARTMENTS:
        line = re.search(rf"^{part}: namespaces (\S+); .*; missing (\S+)\r?$", said, re.M)
        t.check(line, f"{denied}: no word of how {part} is confined: {said[:500]!r}")
        names = set(line[2].split(",")) - {"nothing"} | ({"namespaces"} if line[1] == "none" else set())
        t.check(names <= expected, f"{denied}: {part} says that {names} are missing, expected at most {expected}")
        missing |= names
    t.equal(missing, expected, f"{denied}: what -v says to be missing")
    terminal.type("key\r")
    terminal.wait_for("got-key.")
    terminal.type("\x1e.")
    t.equal(terminal.ended(), 0, f"{denied}: status")
    terminal.check_restored(denied)


def degrade(t, as_root, combinations):
    host = Host(t, as_root)
    mandatory, _ = words_of(as_root)
    lacking = host.report([])
    t.check(not lacking & set(mandatory), f"this host itself cannot run a session: {lacking}")
    for denied in combinations:
        hard = [mechanism(word) for word in denied if word in mandatory]
        soft = {mechanism(word) for word in denied if word not in mandatory} | lacking
        said = host.report(denied)
        t.check(said <= set(MECHANISMS), f"{denied}: sandbox-report names {said}")
        if hard:    # the report's try ends at the first of them
            t.check(said & set(hard), f"{denied}: sandbox-report says that {said} are missing")
            refuses(host, denied, hard)
        else:
            t.equal(said, soft, f"{denied}: sandbox-report")
            works_and_says_so(host, denied, soft)
            refuses(host, denied, soft, "--require-sandbox=full")
    t.note(f"{len(combinations)} combinations")
    t.no_leftovers(GENEROUS)


def some_pairs(as_root):
    """Of optional layers all; of each mandatory one with an optional one."""
    mandatory, optional = words_of(as_root)
    both = [pair for pair in pairs(as_root) if not set(pair) & set(mandatory)]
    return both + list(zip(mandatory, itertools.cycle(optional)))


@test(timeout=200, skip_if=SKIP)
def each_layer_denied_to_a_user(t):
    degrade(t, False, singles(False))


@test(timeout=200, skip_if=SKIP or root_only("starts clients of root"))
def each_layer_denied_to_root(t):
    degrade(t, True, singles(True))


@test(timeout=200, skip_if=SKIP)
def pairs_of_layers_denied_to_a_user(t):
    degrade(t, False, some_pairs(False))


@test(timeout=300, skip_if=SKIP or root_only("starts clients of root"))
def pairs_of_layers_denied_to_root(t):
    degrade(t, True, some_pairs(True))


@test(timeout=120, skip_if=SKIP)
def all_optional_layers_denied_at_once(t):
    degrade(t, False, [OPTIONAL])


@test(timeout=120, skip_if=SKIP)
def all_mandatory_layers_denied_at_once(t):
    host = Host(t, False)
    refuses(host, MANDATORY, MANDATORY)
    t.no_leftovers(GENEROUS)


@test(timeout=60, skip_if=SKIP)
def nothing_denied_starts_with_everything_required(t):
    host = Host(t, False)
    lacking = host.report([])
    if lacking:
        refuses(host, [], lacking, "--require-sandbox=full")
        t.skip(f"this host lacks {', '.join(sorted(lacking))}")
    session = t.server("/bin/sh", "-c", ECHO)
    terminal = host.terminal([], session.key, session.port, "--require-sandbox=full")
    terminal.wait_for("START", 2 * GENEROUS)
    terminal.type("key\r")
    terminal.wait_for("got-key.")


@test(timeout=60, skip_if=SKIP)
def core_dumps_that_cannot_be_switched_off_stop_the_start(t):
    terminal = Host(t, False).terminal(["core-limit"], *NO_SESSION)
    t.equal(terminal.ended(), 1, "status")
    said = terminal.raw().decode(errors="replace")
    t.check("cannot switch off core dumps" in said and len(said.splitlines()) == 1, f"it said {said!r}")
    terminal.check_restored("core dumps")


@test(timeout=60, skip_if=SKIP)
def key_memory_is_never_dumped(t):
    terminal = Host(t, False).terminal(["undumped-memory"], *NO_SESSION)
    t.equal(terminal.ended(), 1, "status without MADV_DONTDUMP")
    t.check(b"no memory for it" in terminal.raw() and b"\x1b" not in terminal.raw(), f"it said {terminal.raw()!r}")
    terminal.check_restored("key memory")


if __name__ == "__main__":
    sys.exit(main())
