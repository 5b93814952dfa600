#!/usr/bin/env python3
"""What is typed at a password prompt that was reached by Enter is never drawn by the client: real programs that ask, the real client, and
a relay that delays. Every frame that the client writes is looked at, not a sample of them."""

import os
import subprocess
import sys
import time

from harness import IS_ROOT, Skipped, main, need, quote, test
from pty_terminal import PtyTerminal
from relay import Relay
from sshd import Sshd

SECRET = "~{Ж|}~Щ{"     # nothing else on the screen has any of these
PATHS = [(0.4, "adaptive"), (0.2, "always"), (0.02, "always")]
# sudo, su and passwd ask no root for a password: then it is somebody else who runs them.
AS_USER = "setpriv --reuid=65534 --regid=65534 --clear-groups " if IS_ROOT else ""


class Asked:
    """A session at a line editor behind a relay, where `ask` is the program that asks."""

    def __init__(self, t, script, rtt, mode):
        self.t, self.rtt, self.name = t, rtt, f"round trip {rtt} s, {mode}"
        rc = t.write(f"rc-{rtt}-{mode}", f"PS1='$ '\nHISTFILE=/dev/null\nask() {{ {script}; }}\n")
        session = t.server("bash", "--noprofile", "--rcfile", rc, "-i", env=t.environment(LC_ALL="C.UTF-8", TERM="xterm"))
        self.relay = Relay(session.port, delay=rtt / 2, spread=0.0)
        self.terminal = PtyTerminal(t, session, port=self.relay.port, env={"MOSH_PREDICTION_DISPLAY": mode})
        self.terminal.wait_for("$")

    def settle(self):
        time.sleep(2 * self.rtt + 0.2)

    def type(self, keys, pause=0.06):
        for key in keys:
            self.terminal.type(key)
            time.sleep(pause)

    def predicted(self, typed):
        """The session shows trusted letters early: the test would see a leak."""
        shown = self.terminal.first_time(lambda screen: any("$ ask" in line for line in screen.text()), typed)
        self.t.check(shown and shown - typed < 0.9 * self.rtt, f"{self.name}: the command itself was not shown early")

    def no_secret(self, since=0.0, until=float("inf")):
        for at, screen in self.terminal.history(since):
            if at >= until:
                return
            leaked = set(SECRET) & set("".join(screen.text()))
            self.t.check(not leaked, f"{self.name}: {leaked} on the screen {at - since:.3f} s after:\n" + "\n".join(screen.text()[:8]))


def call_all(sessions):
    """`ask` in all of them, letter by letter, so that the epoch is trusted. Gives each with when its last letter was typed."""
    slowest = max(sessions, key=lambda session: session.rtt)
    typed = []
    for key in "ask":
        typed = [session.terminal.type(key) for session in sessions]
        slowest.settle()
    for session in sessions:
        session.terminal.wait_for("$ ask")
    return list(zip(sessions, typed))


def at_the_prompt(t, script, prompt, after):
    sessions = [Asked(t, script, rtt, mode) for rtt, mode in PATHS]
    starts = []
    for session, typed in call_all(sessions):
        if session.rtt >= 0.4:
            session.predicted(typed)
        session.terminal.type("\r")
    for session in sessions:
        session.terminal.wait_for(prompt)
        starts.append(time.monotonic())
        session.type(SECRET, 0.05)
    sessions[0].settle()
    for session in sessions:
        session.terminal.type("\r")
    for session, start in zip(sessions, starts):
        session.terminal.wait_for(after)
        session.settle()
        session.no_secret()
        frames = sum(1 for _ in session.terminal.history(start))
        t.note(f"{session.name}: {frames} frames")


@test(timeout=120)
def read_s(t):
    at_the_prompt(t, "read -s -p 'Password: ' x; echo; echo got ${#x}", "Password:", "got 8")


@test(timeout=120)
def getpass(t):
    script = t.write("ask.py", "import getpass\nprint('got', len(getpass.getpass()))\n")
    at_the_prompt(t, f"LC_ALL=C.UTF-8 {quote(sys.executable)} {quote(script)}", "Password:", "got 8")


@test(timeout=120)
def sudo(t):
    need("sudo")
    need("setpriv")
    if subprocess.run([*AS_USER.split(), "sudo", "-kn", "true"], stderr=subprocess.DEVNULL, timeout=20).returncode == 0:
        raise Skipped("sudo asks this user for no password")
    at_the_prompt(t, AS_USER + "sudo -k -p 'Password for sudo: ' true", "Password for sudo:", "Sorry, try again")


@test(timeout=120)
def su(t):
    need("su")
    need("setpriv")
    at_the_prompt(t, AS_USER + "su -c true root", "Password:", "uthentication fail")


@test(timeout=120)
def passwd(t):
    need("passwd")
    need("setpriv")
    at_the_prompt(t, AS_USER + "passwd", "urrent password:", "uthentication")


@test(timeout=120)
def ssh(t):
    daemon = Sshd(t)
    daemon.stop()
    daemon.server_lines = [line.replace("PasswordAuthentication no", "PasswordAuthentication yes") for line in daemon.server_lines]
    daemon.start()
    options = "-o PasswordAuthentication=yes -o PubkeyAuthentication=no -o PreferredAuthentications=password"
    at_the_prompt(t, f"{daemon.ssh} {options} {daemon.host} true", "'s password:", "Permission denied")


@test(timeout=120)
def typed_ahead_of_the_prompt(t):
    """Straight after Enter. What shows before a round trip is over is not the server's."""
    script = "sleep 0.2; read -s -p 'Password: ' x; echo; echo got"
    # The client sends what follows Enter half a round trip behind it: so long `stty` has, before the kernel would echo it.
    silent = [Asked(t, "stty -echo; " + script, 1.2, mode) for mode in ("adaptive", "always")]
    echoed = [Asked(t, script, 1.2, mode) for mode in ("adaptive", "always")]       # by the kernel, until `read`
    typed = {session: session.terminal.type("\r") for session, _ in call_all(silent + echoed)}
    for key in SECRET + "\r":
        for session in typed:
            session.terminal.type(key)
        time.sleep(0.03)
    for session, since in typed.items():
        session.terminal.wait_for("got")
        session.settle()
        session.no_secret(since, since + 0.95 * session.rtt)
        if session in silent:
            session.no_secret()


@test(timeout=120)
def the_experimental_mode_does_show_it_so_that_these_tests_would_see_it(t):
    session = Asked(t, "read -s -p 'Password: ' x", 0.4, "experimental")
    call_all([session])
    session.terminal.type("\r")
    session.terminal.wait_for("Password:")
    session.type(SECRET)
    session.settle()
    shown = session.terminal.first_time(lambda screen: any(set(SECRET) & set(line) for line in screen.text()))
    t.check(shown, "nothing of the secret was ever on the screen")


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    sys.exit(main())
