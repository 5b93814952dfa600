"""A terminal for the client under test: a pseudoterminal that this process reads, byte for byte and with the time of each piece, and what
a screen would show of it at any moment. For what tmux hides: sequences, modes, times."""

import bisect
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import time

from capture import apply_sgr
from harness import PATIENCE as GENEROUS, CLIENT, alive, descendants_of, quote, started_as
from wire_client import Screen



class ShownScreen(Screen):
    """What a real terminal shows: sequences may arrive in pieces, and renditions add up."""

    def __init__(self, columns, rows):
        super().__init__(columns, rows)
        self.rest, self.rendition = b"", ()

    def feed(self, data):
        data = self.rest + data
        whole = len(data)
        unfinished = re.search(rb"\x1b(\[[\x30-\x3f]*|\][^\x07\x1b]*\x1b?)?$", data)
        if unfinished:
            whole = unfinished.start()
        else:
            partial = re.search(rb"([\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})$", data)
            whole = partial.start() if partial else whole
        self.rest = data[whole:]
        super().feed(data[:whole])

    def _csi(self, body, final):
        if final == "m" and re.fullmatch(r"[\d;:]*", body):
            self.rendition = apply_sgr(self.rendition, body)
            self.pen = self.rendition or ""
        elif final in "Gd" and re.fullmatch(r"\d*", body):
            self.pending_wrap, place = False, int(body or 1)
            self.x, self.y = (min(place, self.columns) - 1, self.y) if final == "G" else (self.x, min(place, self.rows) - 1)
        elif final != "t":      # in smcup and rmcup: the title is kept
            super()._csi(body, final)

    def underlined(self, row, column):
        return dict(self.pens[row][column] or ()).get(4, False)

    def row_of(self, text):
        """The first row that contains text, or None."""
        return next((row for row, line in enumerate(self.text()) if text in line), None)

    def bar(self):
        """The notification bar's text: bold white on blue in row 0, or nothing."""
        pen = dict(self.pens[0][0] or ())
        return self.text()[0] if pen.get("bg") == (5, 4) and self.text()[0].startswith("mosh: ") else ""


class PtyTerminal:
    """Runs words (by default the client on a session) below a small shell that records `stty -a` before and after, and the status."""

    def __init__(self, t, session=None, words=None, columns=80, rows=24, env=None, address="127.0.0.1", port=None, options=(), prefix=()):
        self.t, self.size = t, (columns, rows)
        self.folder = os.path.join(t.temp, f"pty{len(t.processes)}")
        os.mkdir(self.folder)
        environment = t.environment(**(env or {}))
        if session is not None:
            environment.setdefault("MOSH_KEY", session.key)
            words = words or [*prefix, CLIENT, *options, address, str(port or session.port)]
        self.master, self.slave = pty.openpty()
        self.set_size(columns, rows)
        self.cooked = self.modes()
        files = {name: quote(os.path.join(self.folder, name)) for name in ("before", "status", "after")}
        script = f'stty -a >{files["before"]}; "$@"; echo $? >{files["status"]}; stty -a >{files["after"]}'
        self.chunks, self.times = [], []
        self.screen = ShownScreen(columns, rows)
        self.started = time.monotonic()
        self.process = t.background("/bin/sh", "-c", script, "sh", *words, stdin=self.slave, stdout=self.slave, stderr=self.slave,
                                    env=environment, preexec_fn=self.own_terminal)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    @staticmethod
    def own_terminal():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def read(self):
        while True:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                return
            self.times.append(time.monotonic())
            self.chunks.append(data)
            self.screen.feed(data)

    # The terminal's user.

    def type(self, keys):
        """Gives the time just before the keys went in."""
        now = time.monotonic()
        os.write(self.master, keys.encode() if isinstance(keys, str) else keys)
        return now

    def set_size(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns, rows):
        self.size = columns, rows
        self.screen.resize(columns, rows)
        self.set_size(columns, rows)

    # What it shows.

    def raw(self, since=0.0):
        """Every byte that came after a time."""
        first = bisect.bisect_left(self.times, since)
        return b"".join(self.chunks[first:len(self.times)])

    def shows(self, text):
        return any(text.search(line) if hasattr(text, "search") else text in line for line in self.screen.text())

    def wait_until(self, condition, why, timeout=GENEROUS):
        return self.t.eventually(condition, lambda: f"{why() if callable(why) else why}; the screen:\n" + "\n".join(self.screen.text()),
                                 timeout, 0.01)

    def wait_for(self, text, timeout=GENEROUS):
        self.wait_until(lambda: self.shows(text), f"{text!r} is not on the screen", timeout)

    def wait_bar(self, text, timeout=GENEROUS):
        self.wait_until(lambda: text in self.screen.bar(), f"no bar with {text!r}", timeout)

    def wait_no_bar(self, timeout=GENEROUS):
        self.wait_until(lambda: not self.screen.bar(), "the bar stays", timeout)

    def history(self, since=0.0):
        """(time, the screen then) for each piece that came, from a time on. For sessions whose window did not change."""
        screen = ShownScreen(*self.size)
        for at, data in list(zip(self.times, self.chunks)):
            screen.feed(data)
            if at >= since:
                yield at, screen

    def first_time(self, condition, since=0.0):
        """When the screen first met the condition after a time; None if it never did."""
        return next((at for at, screen in self.history(since) if condition(screen)), None)

    # Processes and the end.

    def pids(self):
        """The client's processes (the shell above it is not one)."""
        return [pid for pid in descendants_of(self.process.pid) if alive(pid)]

    def client(self):
        """The process that the user's shell knows."""
        return self.t.eventually(lambda: next((pid for pid in self.pids() if started_as(pid) == CLIENT), None), "the client is not running", GENEROUS)

    def ended(self, timeout=GENEROUS):
        """Waits for the client's end; gives its status as a shell sees it."""
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.t.fail(f"the client does not end within {timeout} s; the screen:\n" + "\n".join(self.screen.text()))
        # What was still on its way through the pseudoterminal.
        self.t.eventually(lambda: not self.reading(), "output does not end", GENEROUS)
        return int(self.file("status"))

    def reading(self):
        import select
        return bool(select.select([self.master], [], [], 0.02)[0])

    def file(self, name):
        with open(os.path.join(self.folder, name)) as file:
            return file.read()

    def modes(self):
        """The driver's settings now, without the window's size."""
        return termios.tcgetattr(self.master)

    def is_raw(self):
        return not self.modes()[3] & (termios.ICANON | termios.ECHO)

    def check_restored(self, what=""):
        """The terminal is as it was: driver settings, cursor, modes, rendition, the main screen."""
        t, modes = self.t, self.screen.modes
        t.equal(self.file("after"), self.file("before"), f"{what}: stty -a")
        t.check(modes.get(25, True), f"{what}: the cursor is hidden")
        for mode in (1, 9, 1000, 1001, 1002, 1003, 1005, 1006, 1015):
            t.check(not modes.get(mode), f"{what}: mode {mode} is on")
        t.check(not modes.get(1049), f"{what}: still on the alternate screen")
        t.equal(self.screen.rendition, (), f"{what}: rendition")
        t.equal(self.screen.unknown, [], f"{what}: sequences that no client should send")
