#!/usr/bin/env python3
"""`sallyport doctor` through a real sshd on loopback, and over a relay that drops datagrams of one direction, both, or large ones."""

import json
import os
import select
import socket
import subprocess
import sys
import threading

from harness import SERVER, alive, all_processes, main, name_of, test
from sshd import SYSTEM_PATH, Sshd

BIN = os.path.dirname(SERVER)
SALLYPORT = os.environ.get("SALLYPORT_COMMAND") or os.path.join(BIN, "sallyport")


def doctor(t, daemon, *words, host=None, timeout=100):
    """(exit status, the report, what it said on standard error)."""
    if not os.access(SALLYPORT, os.X_OK):
        t.skip(f"{SALLYPORT} is not built")
    done = subprocess.run([SALLYPORT, "doctor", "--json", *words, f"--ssh={daemon.ssh}", host or daemon.host], env=t.environment(),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, start_new_session=True)
    report = json.loads(done.stdout) if done.stdout.startswith("{") else None
    return done.returncode, report, done.stderr


def check(t, report, name):
    found = [one for one in report["checks"] if one["check"] == name]
    t.check(found, lambda: f"no check of {name}: {[one['check'] for one in report['checks']]}")
    return found[0]


def verdict(t, report, name, wanted, *words):
    one = check(t, report, name)
    t.check(one["verdict"] == wanted and all(word in one["words"] for word in words), lambda: f"{name}: {one}, wanted {wanted} with {words}")
    return one


def no_server_left(t):
    t.eventually(lambda: not [pid for pid in all_processes() if name_of(pid) == "sallyport-server" and alive(pid) and ours(t, pid)],
                 "a server is left")


def ours(t, pid):
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return t.home.encode() in file.read()
    except OSError:
        return False


def daemon_with_server(t):
    return Sshd(t, path=f"{BIN}:{SYSTEM_PATH}")


class Relay:
    """A server command whose port is the relay's: `passes(to_server, size)` says which datagrams go on."""

    def __init__(self, t, passes):
        self.passes, self.place = passes, os.path.join(t.temp, "place")
        self.outside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.outside.bind(("127.0.0.1", 0))
        self.inside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        port = self.outside.getsockname()[1]
        self.command = t.write("server", f"""#!/bin/sh
case $1 in new) ;; *) exec {SERVER} "$@";; esac
shift
{SERVER} new -p 0 "$@" | while read -r a b c d; do
  case $a in MOSH) echo "$c" > {self.place}.new; mv {self.place}.new {self.place}; echo "$a $b {port} $d";; *) echo "$a $b $c $d";; esac
done
""", 0o755)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        client = None
        while True:
            for ready in select.select([self.outside, self.inside], [], [])[0]:
                data, source = ready.recvfrom(65536)
                if ready is self.outside:
                    client = source
                    if self.passes(True, len(data)):
                        with open(self.place) as file:
                            self.inside.sendto(data, ("127.0.0.1", int(file.read())))
                elif client and self.passes(False, len(data)):
                    self.outside.sendto(data, client)


@test("", timeout=120)
def all_is_well_on_a_good_path(t):
    status, report, errors = doctor(t, daemon_with_server(t))
    t.check(report, lambda: f"no report: {errors}")
    for name in ("host", "ssh", "server", "session", "UDP", "round trip", "datagrams to the server", "datagrams from the server"):
        verdict(t, report, name, "ok")
    verdict(t, report, "round trip", "ok", "0 of 50")
    t.equal((status, errors), (0, ""), "status and standard error")
    no_server_left(t)
    t.note(f"{report['seconds']} s")


def through_relay(t, passes):
    relay = Relay(t, passes)
    status, report, errors = doctor(t, daemon_with_server(t), f"--server={relay.command}")
    t.check(report, lambda: f"no report: {errors}")
    no_server_left(t)
    return status, report


@test("", timeout=120)
def udp_that_does_not_reach_the_server_is_told_with_firewall_commands(t):
    status, report = through_relay(t, lambda to_server, size: False)
    found = verdict(t, report, "UDP", "failed", "do not arrive")
    for word in ("nft add rule", "ufw allow", "firewall-cmd"):
        t.check(any(word in remedy for remedy in found["remedies"]), f"no {word} in {found['remedies']}")
    t.equal(status, 1, "exit status")


@test("", timeout=120)
def udp_that_does_not_come_back_is_told_apart(t):
    status, report = through_relay(t, lambda to_server, size: to_server)
    verdict(t, report, "UDP", "failed", "reach the server", "do not come back")
    t.equal(status, 1, "exit status")


@test("", timeout=120)
def large_datagrams_that_are_lost_are_told_for_each_direction(t):
    _, report = through_relay(t, lambda to_server, size: not to_server or size <= 1100)
    verdict(t, report, "UDP", "ok")
    verdict(t, report, "datagrams to the server", "warning", "1000 bytes", "lost")
    _, report = through_relay(t, lambda to_server, size: to_server or size <= 1100)
    verdict(t, report, "datagrams to the server", "ok")
    # Our server notices, and goes on with shorter ones.
    verdict(t, report, "datagrams from the server", "warning", "longer ones are lost")
    _, report = through_relay(t, lambda to_server, size: to_server or size <= 300)
    verdict(t, report, "datagrams from the server", "failed")


@test("", timeout=120)
def a_host_without_a_server_is_told(t):
    folder = os.path.join(t.temp, "bin")
    os.mkdir(folder)
    for program in ("sh", "uname", "locale", "grep", "head", "tr", "id", "mktemp", "rm", "sed", "ss"):
        for place in ("/usr/bin", "/bin"):
            if os.path.exists(os.path.join(place, program)) and not os.path.exists(os.path.join(folder, program)):
                os.symlink(os.path.join(place, program), os.path.join(folder, program))
    status, report, errors = doctor(t, Sshd(t, path=folder))
    t.check(report, lambda: f"no report: {errors}")
    verdict(t, report, "server", "failed", "neither")
    t.equal(status, 1, "exit status")


@test("", timeout=120)
def no_way_by_ssh_and_no_such_host_are_told(t):
    daemon = daemon_with_server(t)
    daemon.stop()
    status, report, _ = doctor(t, daemon)
    verdict(t, report, "ssh", "failed", "could not reach")
    t.equal(status, 1, "exit status")
    status, report, _ = doctor(t, daemon, host="no-such-host.invalid")
    verdict(t, report, "host", "failed", "cannot find host")
    t.equal(status, 1, "exit status")


@test("", timeout=60)
def wrong_words_are_a_usage_error(t):
    daemon = daemon_with_server(t)
    for words in (("--no-such-option",), ("-p", "99999999")):
        status, report, errors = doctor(t, daemon, *words)
        t.check(status == 2 and not report and "Usage: sallyport doctor" in errors, f"{words}: {status}, {errors!r}")


if __name__ == "__main__":
    sys.exit(main())
