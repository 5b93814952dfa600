"""A client on a pseudoterminal of the test's own: what it writes is judged byte by byte, and what it needs is measured.

TerminalOutput is the judge. It is written from docs/spec/terminal.md (section 6: what a display diff may contain; 6.8: what a client adds)
and from what a terminal could be made to do, and knows nothing of the client's own filter: anything that it does not know is an
objection. It also knows which modes are on, so that a test can ask what is left behind.
"""

import fcntl
import os
import re
import resource
import select
import signal
import struct
import subprocess
import termios
import time

from harness import LIBEXEC, SERVER, Failed, alive, cpu_seconds, descendants_of, memory_kib, name_of, status_of

CLIENT = os.path.abspath(os.environ.get("SALLYPORT_CLIENT") or os.path.join(os.path.dirname(SERVER), "sallyport-client"))
STOCK_CLIENT = "/usr/bin/mosh-client"

# --- the judge --------------------------------------------------------------------------------------------------------

MOUSE = {9, 1000, 1001, 1002, 1003, 1005, 1006, 1015}
# Application cursor keys, reverse video, cursor, focus, alternate scroll, alternate screen, bracketed paste, synchronised output.
MODES = MOUSE | {1, 5, 25, 1004, 1007, 1049, 2004, 2026}
OFF_AT_END = MODES - {25}
# A number of cells or a place: never more than the largest side of a window that the client knew.
ONE_NUMBER = set("ABCDEFGSTXLMP@bd`aej")
# Separators of lines.
FORBIDDEN = re.compile("[\u2028\u2029]")
# In a title, which stands among the terminal's own words: what turns the direction of writing. (On the screen they
# are what a program prints: every line is the session's own or, overlaid, ours.)
FORBIDDEN_IN_TITLES = re.compile("[\u202a-\u202e\u2066-\u2069]")
# What restores the terminal begins so when it may come after half a sequence.
RESTORE = b"\x18\x1b\\"
MAX_TITLE = 300         # code points: 256 and the prefix
MAX_CLIPBOARD = 16384   # what a stock client keeps of a whole OSC string
MAX_LINK = 4200         # parameters and address


class TerminalOutput:
    def __init__(self):
        self.objections = []
        self.pending = b""          # an unfinished sequence or character
        self.modes = {25}
        self.largest = (80, 24)     # of the windows so far
        self.titles, self.clipboards = [], []
        self.pen = self.region = ""
        self.link = False
        self.drawn = 0              # bytes

    def resized(self, columns, rows):
        self.largest = max(self.largest[0], columns), max(self.largest[1], rows)

    def object(self, what):
        if len(self.objections) < 20:
            self.objections.append(what)

    def feed(self, data):
        self.drawn += len(data)
        data = self.pending + data
        restore = data.find(RESTORE)
        if restore >= 0:    # what stands before it may be cut off anywhere
            self.judge(data[:restore])
            self.pending, data = b"", data[restore + len(RESTORE):]
        at = self.judge(data)
        self.pending = data[at:]
        if len(self.pending) > 100_000:
            self.object(f"a sequence without an end: {self.pending[:60]!r}")
            self.pending = b""

    def judge(self, data):
        """Judges as much as is complete; gives its length."""
        at = 0
        while at < len(data):
            used = self.one(data, at)
            if used == 0:
                break
            at += used
        return at

    def one(self, data, at):
        """Judges the text or the one control or sequence at `at`. Gives its length, 0 when it is not complete."""
        byte = data[at]
        if RESTORE.startswith(data[at:]):
            return 0
        if byte == 0x1B:
            return self.escape(data, at)
        if byte < 0x20:
            if byte not in b"\a\b\r\n":
                self.object(f"control byte {byte:#04x}")
            return 1
        end = at
        while end < len(data) and data[end] >= 0x20:
            end += 1
        piece = data[at:end]
        if end == len(data):        # the last character may go on
            for cut in range(1, min(4, len(piece)) + 1):
                lead = piece[-cut]
                if lead >= 0xC0:
                    if cut < (2 if lead < 0xE0 else 3 if lead < 0xF0 else 4):
                        piece = piece[:-cut]
                    break
                if lead < 0x80:
                    break
        self.text(piece, "text")
        return len(piece)

    def text(self, piece, where):
        try:
            decoded = piece.decode("utf-8", "strict")
        except UnicodeDecodeError as error:
            self.object(f"{where}: not UTF-8: {piece[max(error.start - 5, 0):error.start + 10]!r}")
            return ""
        for char in decoded:
            if char < " " or "\x7f" <= char <= "\x9f" or FORBIDDEN.match(char):
                self.object(f"{where}: U+{ord(char):04X}")
        return decoded

    def escape(self, data, at):
        if at + 1 >= len(data):
            return 0
        kind = data[at + 1:at + 2]
        if kind == b"[":
            end = at + 2
            while end < len(data) and 0x20 <= data[end] <= 0x3F:
                end += 1
            if end >= len(data):
                return 0
            self.csi(data[at + 2:end].decode("ascii"), chr(data[end]) if data[end] < 0x80 else f"\\x{data[end]:02x}")
            return end + 1 - at
        if kind == b"]":
            end = re.compile(rb"[\x00-\x1f]").search(data, at + 2)
            if not end:
                return 0
            if data[end.start()] == 0x07:
                size = 1
            elif data[end.start()] == 0x1B:
                if end.start() + 1 >= len(data):
                    return 0
                size = 2
                if data[end.start() + 1:end.start() + 2] != b"\\":
                    self.object(f"OSC with an escape in it: {data[at:end.start() + 10]!r}")
            else:
                size = 1
                self.object(f"OSC with a control byte in it: {data[at:end.start() + 2][:80]!r}")
            self.osc(data[at + 2:end.start()])
            return end.start() + size - at
        if kind != b"M":            # reverse index
            self.object(f"ESC {kind!r}")
        return 2

    def csi(self, body, final):
        whole = f"CSI {body} {final}"
        private = body.startswith("?")
        numbers = body[1:] if private else body
        if not re.fullmatch(r"[0-9;]*", numbers) or len(numbers) > 200:
            self.object(whole[:80])
            return
        values = [int(word) if word else 0 for word in numbers.split(";")] if numbers else []
        columns, rows = self.largest
        if private:
            if final not in "hl" or not values or not set(values) <= MODES:
                self.object(whole)
                return
            self.modes = self.modes | set(values) if final == "h" else self.modes - set(values)
        elif final == "H":
            if numbers != "9999" and (len(values) > 2 or any(value > limit for value, limit in zip(values, (rows, columns)))):
                self.object(whole)
        elif final in ONE_NUMBER:
            if len(values) > 1 or any(value > max(columns * rows if final == "b" else 0, columns, rows) for value in values):
                self.object(whole)
        elif final in "JK":
            if len(values) > 1 or any(value > 2 for value in values):
                self.object(whole)
        elif final == "r":
            if len(values) not in (0, 2) or any(value > rows for value in values):
                self.object(whole)
            self.region = numbers
        elif final == "m":
            self.rendition(values, whole)
            self.pen = "" if values in ([], [0]) else numbers
        elif final == "t":          # the title stack, in a terminal's own smcup and rmcup
            if numbers not in ("22;0;0", "23;0;0"):
                self.object(whole)
        else:
            self.object(whole)

    def rendition(self, values, whole):
        at = 0
        while at < len(values):
            value = values[at]
            if value in (38, 48):
                kind = values[at + 1] if at + 1 < len(values) else None
                size = {5: 3, 2: 5}.get(kind)
                if not size or at + size > len(values) or any(component > 255 for component in values[at + 2:at + size]):
                    self.object(whole)
                    return
                at += size
                continue
            if not (value <= 9 and value != 6 or 21 <= value <= 29 and value != 26 or 30 <= value <= 49 or 53 <= value <= 55 and value != 54
                    or 90 <= value <= 107):
                self.object(whole)
                return
            at += 1
        if len(values) > 32:
            self.object(whole)

    def osc(self, body):
        number, _, rest = body.partition(b";")
        if number in (b"0", b"1", b"2"):
            title = self.text(rest, f"OSC {number.decode()}")
            if FORBIDDEN_IN_TITLES.search(title):
                self.object(f"OSC {number.decode()} {title[:60]!a}")
            if len(title) > MAX_TITLE:
                self.object(f"OSC {number.decode()} with {len(title)} characters")
            self.titles.append(title)
        elif number == b"52":
            self.clipboard(rest)
        elif number == b"8":
            if len(rest) > MAX_LINK or not re.fullmatch(rb"[\x20-\x3a\x3c-\x7e]*;[\x20-\x7e]*", rest):
                self.object(f"OSC 8;{rest[:80]!r}, {len(rest)} bytes")
            self.link = not rest.endswith(b";")
        else:
            self.object(f"OSC {body[:80]!r}")

    def clipboard(self, rest):
        selection, _, data = rest.partition(b";")
        good = len(data) <= MAX_CLIPBOARD and re.fullmatch(rb"[A-Za-z0-9+/]*={0,2}", data)
        if selection != b"c" or not good:
            self.object(f"OSC 52;{rest[:60]!r}, {len(rest)} bytes")
        self.clipboards.append(data)

    def left_behind(self):
        """What a terminal would keep of it: modes, rendition, region, link, an unfinished sequence."""
        left = [f"mode {mode}" for mode in sorted(self.modes & OFF_AT_END)]
        if 25 not in self.modes:
            left.append("cursor hidden")
        left += [f"{what} {value!r}" for what, value in (("rendition", self.pen), ("region", self.region), ("unfinished", self.pending)) if value]
        return left + (["a link"] if self.link else [])


# --- the client -------------------------------------------------------------------------------------------------------

class ClientOnTerminal:
    """One client, started on a new pseudoterminal as its session's leader. `t`: the test's Tools."""

    def __init__(self, t, port, key, program=None, columns=80, rows=24, env=None, address="127.0.0.1", words=(), address_space=None):
        self.t, self.program = t, program or CLIENT
        if not os.access(self.program, os.X_OK):
            t.skip(f"{self.program} is not built")
        self.output, self.raw, self.peak_kib, self.seen_pids = TerminalOutput(), bytearray(), 0, set()
        self.master, self.slave = os.openpty()
        self.resize(columns, rows)
        self.settings = termios.tcgetattr(self.slave)
        environment = t.environment(MOSH_KEY=key, **(env or {}))
        slave = self.slave

        def take_terminal():
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            if address_space:
                resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
        self.process = subprocess.Popen([self.program, *words, address, str(port)], stdin=slave, stdout=slave, stderr=slave, env=environment,
                                        start_new_session=True, preexec_fn=take_terminal)
        self.pid = self.process.pid
        os.set_blocking(self.master, False)
        t.processes.append(self.process)
        self.next_sample = 0.0

    def resize(self, columns, rows):
        self.output.resized(max(columns, 80), max(rows, 24))
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def runs(self, pid):
        # alive() would collect our own child, and its status with it.
        return self.process.poll() is None if pid == self.pid else alive(pid)

    def processes(self):
        return [pid for pid in [self.pid] + descendants_of(self.pid) if self.runs(pid)]

    def compartments(self):
        """guard, tty, net and screen to their ids. (An ordinary user sees no more of them than their short names.)"""
        found = {"guard": self.pid}
        for pid in descendants_of(self.pid):
            name = name_of(pid)
            part = next((ours for end, ours in (("tty", "tty"), ("net", "net"), ("screen", "screen"), ("scrn", "screen")) if name.endswith(end)), name)
            found[part] = pid
        return found

    def sample(self):
        """Memory so far: the high-water marks of all its processes together."""
        pids = self.processes()
        self.seen_pids |= set(pids)
        total = 0
        for pid in pids:
            words = status_of(pid).get("VmHWM", "0 kB").split()
            total += int(words[0])
        self.peak_kib = max(self.peak_kib, total)

    def cpu(self):
        return cpu_seconds(self.processes())

    def read(self):
        """What the terminal was sent, if anything. False at its end."""
        while True:
            try:
                data = os.read(self.master, 65536)
            except BlockingIOError:
                return True
            except OSError:
                return False
            if not data:
                return False
            self.output.feed(data)
            self.raw += data
            if len(self.raw) > 1 << 22:
                del self.raw[:1 << 21]

    def pump(self, seconds, until=None, reading=True):
        """Is the terminal for that long, or until until() is true; gives until()'s last value."""
        end = time.monotonic() + seconds
        while True:
            if reading:
                self.read()
            now = time.monotonic()
            if now >= self.next_sample:
                self.sample()
                self.next_sample = now + 0.1
            if until and until():
                return True
            if now >= end or (not until and self.ended()):
                return False
            if reading:
                select.select([self.master], [], [], 0.01)
            else:
                time.sleep(0.01)

    def type(self, keys):
        os.write(self.master, keys)

    def ended(self):
        return self.process.poll() is not None

    def shows(self, text):
        return (text if isinstance(text, bytes) else text.encode()) in self.raw

    def end(self, keys=b"\x1e.", patience=10.0, reading=True):
        """Ctrl-^ . : gives the seconds until all its processes are gone."""
        start = time.monotonic()
        self.type(keys)
        gone = lambda: self.ended() and not self.processes()
        if not self.pump(patience, gone, reading=reading):
            raise Failed(f"still there {patience:g} s after Ctrl-^ .: {[(pid, name_of(pid)) for pid in self.processes()]}")
        seconds = time.monotonic() - start
        self.read()
        return seconds

    def restored(self, what):
        """The terminal is as before."""
        self.t.eventually(lambda: self.read() is None or termios.tcgetattr(self.slave) == self.settings, f"{what}: the terminal's settings are not restored")
        self.read()
        self.t.equal(self.output.left_behind(), [], f"{what}: left in the terminal")

    def judged(self, what):
        self.t.equal(self.output.objections, [], f"{what}: what reached the terminal")

    def kill(self):
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass


def libexec_client(name):
    return os.path.join(LIBEXEC, f"client-{name}")
