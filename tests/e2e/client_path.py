#!/usr/bin/env python3
"""The client's path: no server, cuts, bars, roaming, sleep, what it costs meanwhile. docs/spec/command-line.md section 4, items 41 and 42;
docs/spec/prediction.md section 10, M44 to M48. SALLYPORT_CLIENT=/usr/bin/mosh-client tries the tests themselves."""

import hashlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time

from harness import CLIENT, CLIENT_IS_STOCK, IS_STOCK, SERVER, cpu_seconds, main, our_client_only, root_only, test
from pty_terminal import GENEROUS, PtyTerminal
from relay import Relay

PROMPT = "ready$"
KEY = "AAAAAAAAAAAAAAAAAAAAAA"


def shell(t, **options):
    """A shell behind a relay."""
    session = t.server("/bin/sh", "-i", env=t.environment(PS1=PROMPT + " ", ENV="/dev/null"))
    relay = Relay(session.port, **options)
    terminal = PtyTerminal(t, session, port=relay.port)
    terminal.wait_for(PROMPT)
    return session, relay, terminal


def answers(terminal, number, timeout=GENEROUS):
    start = terminal.type(f"echo sum-$(({number}+1000))\r")
    terminal.wait_for(f"sum-{number + 1000}", timeout)
    return time.monotonic() - start


class Silent:
    """A UDP port where somebody listens and says nothing."""

    def __enter__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        return self.socket.getsockname()[1]

    def __exit__(self, *_):
        self.socket.close()


# --- nobody there -----------------------------------------------------------------------------------------------------

def no_server(t, port, wanted):
    terminal = PtyTerminal(t, words=[CLIENT, "127.0.0.1", str(port)], env={"MOSH_KEY": KEY})
    terminal.wait_bar(wanted)
    shown = terminal.first_time(lambda screen: wanted in screen.bar()) - terminal.started
    t.check(shown < 6, f"the bar came after {shown:.2f} s")
    early = next(screen.bar() for _, screen in terminal.history() if screen.bar())
    t.check("[To quit: Ctrl-^ .]" in early, f"no hint: {early!r}")
    status = terminal.ended(60)
    took = time.monotonic() - terminal.started
    t.equal(status, 1, "status")
    t.check(14 < took < 40, f"it ended after {took:.1f} s")
    t.note(f"bar after {shown * 1000:.0f} ms, end after {took:.1f} s")
    terminal.check_restored("no server")
    words = terminal.raw().decode(errors="replace")
    t.check(f"{port}" in words.rsplit("\x1b[?1049l", 1)[-1], f"last words: {words[-400:]!r}")
    return words


@test("command-line 41", timeout=90)
def a_server_that_says_nothing_is_given_up(t):
    with Silent() as port:
        no_server(t, port, f"mosh: Nothing received from server on UDP port {port}.")


@test("command-line 41", timeout=90)
def a_closed_port_is_given_up_too(t):
    with Silent() as port:
        pass
    no_server(t, port, f"UDP port {port}.")


@test("command-line 41", timeout=60)
def quitting_while_nobody_answers_takes_no_wait(t):
    with Silent() as port:
        terminal = PtyTerminal(t, words=[CLIENT, "127.0.0.1", str(port)], env={"MOSH_KEY": KEY})
        terminal.wait_bar("Nothing received")
        start = terminal.type("\x1e.")
        t.equal(terminal.ended(), 1, "status")
        took = time.monotonic() - start
        t.note(f"{took:.1f} s")
        t.check(CLIENT_IS_STOCK or took < 10, f"it took {took:.1f} s")   # ours: 1 s wanted; stock: 4 s
        terminal.check_restored("quit")


@test("command-line 33", timeout=60)
def a_wrong_key_never_connects(t):
    session = t.server("/bin/sh", "-c", "echo secret; exec sleep 60")
    terminal = PtyTerminal(t, session, env={"MOSH_KEY": KEY})
    terminal.wait_bar("Nothing received")
    terminal.type("\x1e.")
    t.equal(terminal.ended(), 1, "status")
    t.check(b"secret" not in terminal.raw(), "the session was shown")
    terminal.check_restored("wrong key")


# --- a path that is cut -----------------------------------------------------------------------------------------------

@test("command-line 42; prediction 44, 45, 47", timeout=90)
def a_cut_path_is_told_after_6_5_seconds(t):
    _, relay, terminal = shell(t)
    answers(terminal, 1)
    time.sleep(0.5)             # until the guess about Enter is settled, 50 ms after it
    terminal.type("abc")        # now letters in this epoch are trusted
    terminal.wait_for("$ abc")
    time.sleep(0.5)
    relay.blocked = True
    cut = time.monotonic()
    typed = terminal.type("defg")
    terminal.wait_bar("Last contact")
    heard = relay.last_down
    shown = terminal.first_time(lambda screen: "Last contact" in screen.bar(), cut)
    t.check(shown - heard > 6.2, f"the bar came {shown - heard:.1f} s after the last word")
    t.check(shown - cut < 7.6 + 8, f"the bar came {shown - cut:.1f} s after the cut")
    early = terminal.first_time(lambda screen: screen.row_of("abcdefg") is not None, cut)
    t.check(early, "what is typed into a cut path is not shown")
    t.note(f"bar {shown - heard:.2f} s after the last word; letters shown after {(early - typed) * 1000:.0f} ms")
    t.check(terminal.screen.modes.get(25), "the cursor is hidden though it is not below the bar")
    count = [re.search(r"Last contact (\d+) seconds ago\. \[To quit: Ctrl-\^ \.\]", terminal.screen.bar())]
    t.check(count[0], f"bar {terminal.screen.bar()!r}")
    terminal.wait_bar(f"Last contact {int(count[0][1]) + 2} seconds ago.")
    relay.blocked = False
    terminal.wait_no_bar()
    terminal.type("\x15echo mended-$((7*7))\r")
    terminal.wait_for("mended-49")
    t.check("mosh:" not in "".join(terminal.screen.text()[:1]), "the bar stays")


@test("command-line 42; prediction 45", timeout=90)
def a_path_that_is_cut_upwards_is_told_after_10_seconds(t):
    session = t.server("/bin/sh", "-c", "stty -echo; printf UP; (while sleep 0.5; do printf .; done) & read x; exec sleep 60")
    relay = Relay(session.port)
    terminal = PtyTerminal(t, session, port=relay.port)
    terminal.wait_for("UP")
    terminal.type("x")
    time.sleep(1)
    acknowledged = time.monotonic()
    relay.up = False
    cut = relay.last_up
    terminal.wait_bar("Last reply")
    shown = terminal.first_time(lambda screen: screen.bar(), acknowledged)
    t.check(9.8 < shown - cut < 13.2 + 8, f"the bar came {shown - cut:.1f} s after the cut")
    t.check(re.search(r"mosh: Last reply 1\d seconds ago\. \[To quit", terminal.screen.bar()), f"bar {terminal.screen.bar()!r}")
    t.check(not any("Last contact" in screen.bar() for _, screen in terminal.history(acknowledged)), "contact is said to be lost")
    t.note(f"bar {shown - cut:.2f} s after the last datagram that went through")
    relay.up = True
    terminal.wait_no_bar()


@test("prediction 47", timeout=60)
def the_bar_hides_the_cursor_of_its_row_only(t):
    session = t.server("/bin/sh", "-c", "stty -echo; printf '\\033[2J\\033[Htop'; read x; printf '\\033[5;1Hbelow'; exec sleep 60")
    relay = Relay(session.port)
    terminal = PtyTerminal(t, session, port=relay.port)
    terminal.wait_for("top")
    terminal.wait_until(lambda: terminal.screen.modes.get(25), "the cursor is hidden from the beginning")
    terminal.type("\x1e")
    terminal.wait_bar("Commands")
    t.check(not terminal.screen.modes.get(25), "the cursor shows in the bar")
    terminal.type("^\r")
    terminal.wait_for("below")
    terminal.wait_until(lambda: terminal.screen.modes.get(25), "the cursor does not come back")
    terminal.type("\x1e")
    terminal.wait_bar("Commands")
    t.check(terminal.screen.modes.get(25), "the cursor is hidden elsewhere too")
    terminal.type("^")


@test("prediction 48", timeout=60)
def the_title_keeps_its_prefix_under_the_bar(t):
    session = t.server("/bin/sh", "-c", "printf '\\033]0;hello\\007up'; exec sleep 60")
    relay = Relay(session.port)
    terminal = PtyTerminal(t, session, port=relay.port)
    terminal.wait_until(lambda: terminal.screen.title == "[mosh] hello", lambda: f"title {terminal.screen.title!r}")
    relay.blocked = True
    terminal.wait_bar("Last contact")
    t.equal(terminal.screen.title, "[mosh] hello", "title under the bar")
    relay.blocked = False
    terminal.wait_no_bar()
    terminal.type("\x1e.")
    t.equal(terminal.ended(), 0, "status")
    t.check("[mosh]" not in (terminal.screen.title or ""), f"title after the end {terminal.screen.title!r}")


# --- roaming, sleep ---------------------------------------------------------------------------------------------------

@test(timeout=60)
def the_client_tries_other_ports_by_itself(t):
    """As on a path whose address translator has forgotten the client's port."""
    _, relay, terminal = shell(t)
    answers(terminal, 1)
    first = relay.client
    end = time.monotonic() + 40
    relay.up = False
    while relay.client == first and time.monotonic() < end:
        terminal.type("x")
        time.sleep(0.2)
    relay.up = True
    t.check(relay.client != first, "the client stays on its port for 40 s without an answer")
    terminal.type("\x15")
    answers(terminal, 5)


@test(timeout=60)
def the_session_survives_every_change_of_the_outer_port(t):
    _, relay, terminal = shell(t, loss=0.1, delay=0.01)
    for n in range(6):
        relay.roam()
        answers(terminal, n + 20)


@test(timeout=60)
def a_client_that_slept_goes_on_where_it_was(t):
    _, _, terminal = shell(t)
    answers(terminal, 1)
    terminal.type("(sleep 3; echo meanwhile-$((4+4))) &\r")
    time.sleep(0.5)
    pids = terminal.pids()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(9)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    terminal.wait_for("meanwhile-8")
    answers(terminal, 2)
    terminal.wait_no_bar()
    t.check(terminal.is_raw(), "the driver is not in raw mode")


@test(timeout=60)
def ipv6_works(t):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            t.skip("no IPv6 here")
    session = t.server("/bin/sh", "-i", options=("-i", "::1", "-p", "0"), env=t.environment(PS1=PROMPT + " ", ENV="/dev/null"))
    terminal = PtyTerminal(t, session, address="::1")
    terminal.wait_for(PROMPT)
    answers(terminal, 6)
    terminal.type("exit\r")
    t.equal(terminal.ended(), 0, "status")


BIG_SCREEN = "import random, sys; r = random.Random(4)\nfor row in range(2, 24): print('\\033[%d;1H' % row + ''.join('\\033[38;5;%dm%c' % (r.randrange(256), r.randrange(33, 127)) for _ in range(80)), end='')\nprint('\\033[0m\\033[24;1Hbig-%d' % (3 * 7), end='', flush=True); sys.stdin.readline()"


@test(timeout=90, skip_if=our_client_only("stalls"))
def a_path_that_loses_long_datagrams_is_got_through(t):
    """Its size shrinks in the middle of a session, in either direction, and no word tells so."""
    script = t.write("big.py", BIG_SCREEN)
    _, relay, terminal = shell(t)
    answers(terminal, 1)
    for longest in (1000, 600):
        relay.longest_up, relay.longest_down = longest, 65536
        start = time.monotonic()
        data = "".join(chr(random.Random(longest).randrange(33, 127)) for _ in range(6000))
        terminal.type(f"stty raw -echo; printf GO$((2+2)); head -c {len(data)} | md5sum; stty sane\r")
        terminal.wait_for("GO4")
        before = relay.lost
        for at in range(0, len(data), 3000):
            terminal.type(data[at:at + 3000])
            time.sleep(0.2)
        terminal.wait_for(hashlib.md5(data.encode()).hexdigest())
        up = time.monotonic() - start
        t.note(f"{relay.lost - before} datagrams lost upwards")    # ours: none, for it sends a paste in pieces
        # The stock server is not asked to do what it cannot.
        relay.longest_up, relay.longest_down = 65536, 65536 if IS_STOCK else longest
        before = relay.lost
        start = terminal.type(f"clear; {sys.executable} {script}\r")
        terminal.wait_for("big-21")
        down = time.monotonic() - start
        t.note(f"{relay.lost - before} datagrams lost downwards")
        relay.longest_down = 65536
        terminal.type("\r\x15clear\r")
        answers(terminal, longest)
        t.note(f"{longest} bytes: {up:.1f} s up, {down:.1f} s down")


class Namespaces:
    """Two network namespaces with a veth pair, removed at the end."""

    def __init__(self, t):
        self.t = t
        self.names = [f"sally{os.getpid()}{side}" for side in "cs"]
        self.link = f"v{os.getpid() % 100000}"

    def __enter__(self):
        for name in self.names:
            self.ip("netns", "add", name)
        client, server = self.names
        self.ip("link", "add", self.link + "c", "netns", client, "type", "veth", "peer", "name", self.link + "s", "netns", server)
        for name, side in ((client, "c"), (server, "s")):
            self.ip("-n", name, "link", "set", self.link + side, "up")
            self.ip("-n", name, "link", "set", "lo", "up")
        return self

    def ip(self, *words):
        done = subprocess.run(["ip", *words], capture_output=True, text=True)
        if done.returncode:
            self.t.skip(f"no network namespaces here: ip {' '.join(words)}: {done.stderr.strip()}")

    def address(self, side, *addresses):
        name, link = self.names["cs".index(side)], self.link + side
        self.ip("-n", name, "addr", "flush", "dev", link)
        for address in addresses:
            self.ip("-n", name, "addr", "add", address, "dev", link, *(["nodad"] if ":" in address else []))

    def server(self, bind, *command):
        t = self.t
        session = t.run_server("netns", "exec", self.names[1], SERVER, "new", "-i", bind, "-p", "0", "-c", "256", "--", *command, server="ip",
                               env=t.environment(PS1=PROMPT + " ", ENV="/dev/null"))
        t.check(session.port, f"no server: {session.stderr}")
        return session

    def client(self, session, address):
        return PtyTerminal(self.t, session, address=address, prefix=("ip", "netns", "exec", self.names[0]))

    def __exit__(self, *_):
        for name in self.names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


NEEDS_ROOT = root_only("network namespaces with veth pairs")


@test(timeout=90, skip_if=NEEDS_ROOT)
def the_session_follows_the_clients_address(t):
    with Namespaces(t) as net:
        net.address("s", "10.231.9.1/24")
        net.address("c", "10.231.9.2/24")
        terminal = net.client(net.server("10.231.9.1", "/bin/sh", "-i"), "10.231.9.1")
        terminal.wait_for(PROMPT)
        for n in range(3, 6):
            net.address("c", f"10.231.9.{n}/24")
            answers(terminal, n)
        terminal.type("exit\r")
        t.equal(terminal.ended(), 0, "status")


@test(timeout=90, skip_if=NEEDS_ROOT or our_client_only("takes one address"))
def the_session_changes_between_ipv4_and_ipv6(t):
    with Namespaces(t) as net:
        net.address("s", "10.231.9.1/24", "fd09::1/64")
        net.address("c", "10.231.9.2/24", "fd09::2/64")
        terminal = net.client(net.server("::", "/bin/sh", "-i"), "fd09::1,10.231.9.1")
        terminal.wait_for(PROMPT)
        for n, addresses in enumerate((["10.231.9.2/24"], ["fd09::3/64"], ["10.231.9.4/24"], ["10.231.9.5/24", "fd09::5/64"], ["fd09::6/64"])):
            net.address("c", *addresses)
            t.note(f"{addresses[0]}: {answers(terminal, n):.1f} s")
        terminal.type("exit\r")
        t.equal(terminal.ended(), 0, "status")


@test(timeout=90, skip_if=NEEDS_ROOT, alone=True)
def a_network_that_is_down_costs_nothing_and_is_told(t):
    with Namespaces(t) as net:
        net.address("s", "10.231.9.1/24")
        net.address("c", "10.231.9.2/24")
        terminal = net.client(net.server("10.231.9.1", "/bin/sh", "-i"), "10.231.9.1")
        terminal.wait_for(PROMPT)
        answers(terminal, 1)
        client, _ = net.names
        net.ip("-n", client, "link", "set", net.link + "c", "down")
        terminal.type("x")
        terminal.wait_bar("unreachable")
        pids = [pid for pid in terminal.pids()]
        before, start = cpu_seconds(pids), time.monotonic()
        time.sleep(8)
        used, took = cpu_seconds(pids) - before, time.monotonic() - start
        t.note(f"{used * 1000:.0f} ms of CPU in {took:.0f} s; bar {terminal.screen.bar()!r}")
        t.check(used < 0.1 * took, f"{used:.2f} s of CPU in {took:.1f} s without a network")
        net.ip("-n", client, "link", "set", net.link + "c", "up")
        terminal.type("\x15")
        answers(terminal, 2)
        terminal.wait_no_bar()
        # Down and up again and again.
        for n in range(3, 6):
            net.ip("-n", client, "link", "set", net.link + "c", "down")
            time.sleep(0.7)
            net.ip("-n", client, "link", "set", net.link + "c", "up")
            answers(terminal, n)


@test(timeout=60, alone=True)
def an_idle_client_costs_nothing(t):
    _, _, terminal = shell(t)
    answers(terminal, 1)
    time.sleep(1)
    pids = terminal.pids()
    before, drawn = cpu_seconds(pids), len(terminal.raw())
    time.sleep(6)
    used = cpu_seconds(pids) - before
    t.note(f"{used * 1000:.0f} ms of CPU in 6 s")
    t.check(used < 0.3, f"{used:.2f} s of CPU in 6 s")
    t.equal(len(terminal.raw()), drawn, "bytes drawn while nothing happened")


if __name__ == "__main__":
    sys.exit(main())
