#!/usr/bin/env python3
"""Prediction as a user sees it, with the real client behind a relay: spot checks of docs/spec/prediction.md section 10.

"Early" is what causality decides, not a stop-watch: what shows while the relay holds back all that the server says was guessed; and as it
delays each datagram by half of RTT, what shows only after RTT was not. SALLYPORT_CLIENT=/usr/bin/mosh-client tries the tests themselves."""

import sys
import time

from harness import main, our_client_only, test
from pty_terminal import PtyTerminal
from relay import Relay

PROMPT = "$ "
RTT = 0.4
READY = "ready-now"


class Typist:
    """A session at a line editor behind a relay, and what was on the screen when."""

    def __init__(self, t, rtt=RTT, command=("bash", "--norc", "--noprofile", "-i"), mode="adaptive", ready=PROMPT, **env):
        self.t, self.rtt = t, rtt
        session = t.server(*command, env=t.environment(PS1=PROMPT, HISTFILE="/dev/null", ENV="/dev/null"))
        self.relay = Relay(session.port, delay=rtt / 2, spread=0.0)
        env = {"MOSH_PREDICTION_DISPLAY": mode, **env}
        self.terminal = PtyTerminal(t, session, port=self.relay.port, env=env)
        self.terminal.wait_for(ready.strip())
        self.settle()

    @property
    def screen(self):
        return self.terminal.screen

    def settle(self):
        time.sleep(2 * self.rtt + 0.2)

    def line(self, screen):
        return screen.text()[screen.y]

    def measure(self, keys, text, wanted=None):
        """Types keys; gives when `text` ended the cursor's line first, after the key, and the screen then (None: it never did).

        Waits until everything has settled; by then the line must be `wanted` (default: the same)."""
        start = self.terminal.type(keys)
        return self.settled(start, text, wanted)

    def settled(self, start, text, wanted):
        self.settle()
        final = self.prompt_line()
        wanted = text if wanted is None else wanted
        self.terminal.wait_until(lambda: self.prompt_line() == wanted, lambda: f"the line settles as {self.prompt_line()!r}, not {wanted!r}")
        for at, screen in self.terminal.history(start):
            if self.prompt_line(screen) == text:
                return at - start, screen
        self.t.fail(f"{text!r} was never shown, but {final!r}")

    def prompt_line(self, screen=None):
        """The line of the cursor without the prompt (and without the blanks at its end)."""
        line = self.line(screen or self.screen)
        return line[len(PROMPT):] if line.startswith(PROMPT) else line.removeprefix(PROMPT.strip())

    def guessed(self, keys, shown, why):
        """Types keys; shown(screen) must come true while nothing that the server says gets through. Gives when they were typed."""
        self.relay.held = True
        start = self.terminal.type(keys)
        self.terminal.wait_until(lambda: shown(self.screen) or self.terminal.first_time(shown, start), lambda: f"{keys!r}: {why}")
        self.relay.held = False
        return start

    def early(self, keys, text, underlined=None, wanted=None):
        start = self.guessed(keys, lambda screen: self.prompt_line(screen) == text, f"{text!r} is not shown early")
        _, screen = self.settled(start, text, wanted)
        if underlined is not None:
            marks = "".join("u" if screen.underlined(screen.y, x) else "." for x in range(len(PROMPT), len(PROMPT) + len(text)))
            self.t.equal(marks, underlined, f"{keys!r}: underlines of {text!r} when shown early")
        row = self.screen.y
        self.t.check(not any(self.screen.underlined(row, x) for x in range(80)), f"{keys!r}: underlines stay")

    def late(self, keys, text):
        took, screen = self.measure(keys, text)
        self.t.check(took >= 0.95 * self.rtt, f"{keys!r}: {text!r} was shown after {took:.3f} s, early")
        self.t.check(not any(screen.underlined(screen.y, x) for x in range(80)), f"{keys!r}: underlined")


@test("prediction 1, 2, 3", timeout=60)
def the_first_letter_waits_and_the_next_ones_are_early_and_underlined(t):
    typist = Typist(t)
    typist.late("a", "a")
    typist.early("b", "ab", ".u")
    typist.early("cde", "abcde", "..uuu")


@test("prediction 4", timeout=60)
def on_a_path_of_80_ms_letters_are_early_without_underlines(t):
    typist = Typist(t, rtt=0.08)
    for _ in range(12):         # until the estimate of the round trip has settled
        typist.measure("x", "x")
        typist.measure("\x7f", "")
    typist.measure("a", "a")
    start = typist.terminal.type("b")
    typist.settle()
    shown = typist.terminal.first_time(lambda screen: typist.prompt_line(screen) == "ab", start)
    t.check(shown, "it is not shown")
    took = shown - start
    if took < 0.08:     # 80 ms are close to what a busy machine needs
        t.note(f"shown after {took * 1000:.0f} ms")
    t.check(not any(screen.underlined(screen.y, x) for _, screen in typist.terminal.history(start) for x in range(80)), "underlined")


@test("prediction 5, 6", timeout=60)
def on_a_quick_path_a_cut_shows_letters_after_250_ms_and_underlines_after_5_s(t):
    typist = Typist(t, rtt=0.002)
    for _ in range(12):
        typist.measure("x", "x")
        typist.measure("\x7f", "")
    typist.measure("a", "a")
    typist.relay.blocked = True
    start = typist.terminal.type("b")
    typist.terminal.wait_until(lambda: typist.prompt_line() == "ab", "the letter does not appear")
    shown = typist.terminal.first_time(lambda screen: typist.prompt_line(screen) == "ab", start) - start
    t.check(0.24 < shown < 3.5, f"shown after {shown:.3f} s")
    t.check(not typist.screen.underlined(typist.screen.y, len(PROMPT) + 1), "underlined at once")
    typist.terminal.wait_until(lambda: typist.screen.underlined(typist.screen.y, len(PROMPT) + 1), "it is not underlined later")
    marked = typist.terminal.first_time(lambda screen: screen.underlined(screen.y, len(PROMPT) + 1), start) - start
    t.check(marked > 4.9, f"underlined after {marked:.2f} s")
    again = typist.terminal.type("c")
    typist.terminal.wait_until(lambda: typist.prompt_line() == "abc", "the next letter does not appear")
    t.check(typist.screen.underlined(typist.screen.y, len(PROMPT) + 2), "the next letter is not underlined")
    took = typist.terminal.first_time(lambda screen: typist.prompt_line(screen) == "abc", again) - again
    t.note(f"shown after {shown * 1000:.0f} ms, underlined after {marked:.2f} s, the next one after {took * 1000:.0f} ms")
    typist.relay.blocked = False
    typist.terminal.wait_until(lambda: typist.prompt_line() == "abc" and not typist.screen.underlined(typist.screen.y, len(PROMPT) + 2),
                               "the underlines stay")


@test("prediction 9, 10, 15", timeout=60)
def arrows_and_insertion_are_early(t):
    typist = Typist(t)
    typist.late("a", "a")
    typist.early("bcde", "abcde")
    typist.guessed("\x1b[D\x1b[D", lambda screen: screen.x == len(PROMPT) + 3, "the cursor does not move early")
    typist.settle()
    typist.early("X", "abcXde", "...uuu")
    typist.early("\x7f", "abcde", "...uu")


@test("prediction 11, 12", timeout=60)
def overwriting_touches_one_cell(t):
    typist = Typist(t, MOSH_PREDICTION_OVERWRITE="yes")
    typist.late("a", "a")
    typist.early("bcde", "abcde")
    typist.terminal.type("\x1b[D\x1b[D")
    typist.settle()
    start = typist.guessed("X", lambda screen: "X" in typist.prompt_line(screen), "not early")
    typist.settle()
    at, screen = next((at, screen) for at, screen in typist.terminal.history(start) if "X" in typist.prompt_line(screen))
    t.equal(typist.prompt_line(screen), "abcXe", "the line at once")
    t.equal([screen.underlined(screen.y, len(PROMPT) + x) for x in range(5)], [False, False, False, True, False], "underlines")
    typist.terminal.wait_until(lambda: typist.prompt_line() == "abcXde", "the line does not settle")


@test("prediction 13, 17", timeout=60)
def a_password_is_never_shown(t):
    """Behind Enter, in every mode but experimental."""
    for mode in ("adaptive", "always"):
        typist = Typist(t, mode=mode)
        typist.late("r", "r")
        typist.measure("ead -s x", "read -s x")
        start = typist.terminal.type("\rhunter2")
        typist.settle()
        typist.terminal.type("hunter3")
        typist.settle()
        typist.settle()
        for _, screen in typist.terminal.history(start):
            # The "r" of the command itself stands in a row above.
            below = "".join(screen.text()[screen.row_of("read -s x") + 1:])
            t.check(not any(letter in below for letter in "hunter23"), f"mode {mode}: a letter was shown: {below!r}")
        typist.terminal.type("\r")
        typist.settle()
        typist.late("k", "k")
        typist.early("l", "kl")


@test("prediction 14", timeout=60)
def keys_that_cannot_be_guessed_end_trust(t):
    typist = Typist(t)
    typist.late("a", "a")
    typist.early("b", "ab")
    for key in ("\x01\x05", "\x1b[A\x1b[B\x15"):
        typist.terminal.type(key)
        typist.settle()
        before = typist.prompt_line()
        typist.late("c", before + "c")
        typist.early("d", before + "cd")


@test("prediction 23, 24", timeout=60)
def other_letters(t):
    typist = Typist(t)
    typist.late("a", "a")
    typist.early("ü", "aü", ".u")
    typist.measure("日", "aü日")
    typist.measure("z", "aü日z")
    typist.early("y", "aü日zy")


@test("prediction 26", timeout=60)
def a_paste_is_not_predicted(t):
    typist = Typist(t)
    typist.late("a", "a")
    typist.early("b", "ab")
    start = typist.terminal.type("x" * 150)
    typist.settle()
    first = typist.terminal.first_time(lambda screen: any("xx" in line for line in screen.text()), start)
    t.check(first and first - start >= 0.95 * RTT, "a paste of 150 bytes was shown early")


@test("prediction 28", timeout=60)
def a_resize_ends_trust(t):
    typist = Typist(t)
    typist.late("a", "a")
    typist.early("b", "ab")
    typist.terminal.resize(90, 24)
    typist.settle()
    typist.late("c", "abc")
    typist.early("d", "abcd")


@test("prediction 29, 52", timeout=60)
def never_means_never(t):
    typist = Typist(t, mode="never")
    typist.measure("\r", "")     # out of the bar's row
    for n, letter in enumerate("abcd", 1):
        typist.late(letter, "abcd"[:n])
    typist.relay.blocked = True
    typist.terminal.type("x")
    typist.terminal.wait_bar("Last contact")
    t.equal(typist.prompt_line(), "abcd", "the line of a cut path")


@test("prediction 30, 51", timeout=60)
def always_shows_on_quick_paths_too_but_not_before_trust(t):
    typist = Typist(t, rtt=0.08, mode="always")
    for _ in range(12):
        typist.measure("x", "x")
        typist.measure("\x7f", "")
    typist.terminal.type("true\r")
    typist.settle()
    took, _ = typist.measure("a", "a")
    t.check(took >= 0.95 * typist.rtt, f"the first letter of an epoch was shown after {took:.3f} s")
    typist.relay.blocked = True     # what shows now is a guess
    start = typist.terminal.type("b")
    typist.terminal.wait_until(lambda: typist.prompt_line() == "ab", "the letter does not appear")
    took = typist.terminal.first_time(lambda screen: typist.prompt_line(screen) == "ab", start) - start
    t.note(f"shown after {took * 1000:.0f} ms")
    t.check(not typist.screen.underlined(typist.screen.y, len(PROMPT) + 1), "underlined")
    typist.relay.blocked = False


@test("prediction 31", timeout=60)
def experimental_shows_the_very_first_letter(t):
    typist = Typist(t, mode="experimental")
    typist.early("a", "a", "u")


@test("prediction 33", timeout=60)
def a_program_that_echoes_stars_shows_none_of_the_letters_for_long(t):
    program = "import sys, os, tty; tty.setraw(0); os.write(1, b'$ ')\nwhile (b := os.read(0, 1)) != b'q': os.write(1, b if b in b'ab' else b'*')"
    typist = Typist(t, command=(sys.executable, "-c", program))
    typist.late("a", "a")
    typist.early("b", "ab", ".u")
    typist.guessed("s", lambda screen: typist.prompt_line(screen) == "abs", "the first one is not guessed")
    typist.settle()
    typist.terminal.wait_until(lambda: typist.prompt_line() == "ab*", "the guess stays")
    for n, letter in enumerate("tuv", 2):
        start = typist.terminal.type(letter)
        typist.settle()
        typist.terminal.wait_until(lambda: typist.prompt_line() == "ab" + "*" * n, "the line does not settle")
        t.check(not any(letter in typist.prompt_line(screen) for _, screen in typist.terminal.history(start)), f"{letter!r} was shown")


@test("prediction 44", timeout=60)
def what_is_typed_into_a_cut_path_is_shown_and_comes_true(t):
    typist = Typist(t)
    typist.late("a", "a")
    typist.early("b", "ab")
    typist.relay.blocked = True
    for letter in "cdefgh":
        typist.terminal.type(letter)
        time.sleep(0.15)
    typist.terminal.wait_until(lambda: typist.prompt_line() == "abcdefgh", "the letters are not shown")
    t.check(typist.screen.underlined(typist.screen.y, len(PROMPT) + 4), "not underlined")
    typist.relay.blocked = False
    row = typist.screen.y
    typist.terminal.wait_until(lambda: typist.prompt_line() == "abcdefgh" and not any(typist.screen.underlined(row, x) for x in range(80)),
                               "it does not come true")


if __name__ == "__main__":
    sys.exit(main())
