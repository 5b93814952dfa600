"""A scripted client of the Mosh wire protocol, written from docs/spec/wire-protocol.md.

Test code: it can be honest (connect, type, read the screen) and it can be crafted (any datagram, fragment, instruction or
diff that holds the key). AES-128-OCB is OpenSSL's, by ctypes; protobuf is written by hand; the screen is a small emulator of the
vocabulary of section 7.8, which is all that a server may send. One thread; nothing happens except in pump() and the send_ functions.
"""

import base64
import ctypes
import ctypes.util
import os
import select
import socket
import struct
import time
import unicodedata
import zlib

from harness import PATIENCE

U64MAX = 2**64 - 1
U16NONE = 0xFFFF
TO_CLIENT = 1 << 63
MTU = 1252
MAX_DIFF = 4194304 - 100
SLICE = MTU - 12 - 16 - 10


# --- AES-128-OCB3 (section 2.3) ---------------------------------------------------------------------------------------

def _load_libcrypto():
    for name in ("libcrypto.so.3", ctypes.util.find_library("crypto") or "libcrypto.so"):
        try:
            lib = ctypes.CDLL(name)
            break
        except OSError:
            continue
    else:
        raise RuntimeError("no libcrypto (install libssl3)")
    pointer, integer = ctypes.c_void_p, ctypes.c_int
    lib.EVP_CIPHER_CTX_new.restype = pointer
    lib.EVP_aes_128_ocb.restype = pointer
    for name in ("EVP_EncryptInit_ex", "EVP_DecryptInit_ex"):
        getattr(lib, name).argtypes = [pointer, pointer, pointer, ctypes.c_char_p, ctypes.c_char_p]
    for name in ("EVP_EncryptUpdate", "EVP_DecryptUpdate"):
        getattr(lib, name).argtypes = [pointer, ctypes.c_char_p, ctypes.POINTER(integer), ctypes.c_char_p, integer]
    for name in ("EVP_EncryptFinal_ex", "EVP_DecryptFinal_ex"):
        getattr(lib, name).argtypes = [pointer, ctypes.c_char_p, ctypes.POINTER(integer)]
    lib.EVP_CIPHER_CTX_ctrl.argtypes = [pointer, integer, integer, ctypes.c_char_p]
    return lib


class Ocb:
    """Seals and opens with one key. open() gives None when the tag does not match."""

    _lib = None

    def __init__(self, key):
        assert len(key) == 16
        if Ocb._lib is None:
            Ocb._lib = _load_libcrypto()
        lib = self._lib
        self._enc, self._dec = lib.EVP_CIPHER_CTX_new(), lib.EVP_CIPHER_CTX_new()
        for ctx, init in ((self._enc, lib.EVP_EncryptInit_ex), (self._dec, lib.EVP_DecryptInit_ex)):
            assert init(ctx, lib.EVP_aes_128_ocb(), None, None, None) == 1
            assert lib.EVP_CIPHER_CTX_ctrl(ctx, 0x9, 12, None) == 1     # IV length
            assert init(ctx, None, None, key, None) == 1

    def seal(self, nonce, plaintext):
        lib, out, n = self._lib, ctypes.create_string_buffer(len(plaintext) + 32), ctypes.c_int(0)
        assert lib.EVP_EncryptInit_ex(self._enc, None, None, None, nonce) == 1
        total = 0
        if plaintext:
            assert lib.EVP_EncryptUpdate(self._enc, out, ctypes.byref(n), plaintext, len(plaintext)) == 1
            total = n.value
        tail = ctypes.create_string_buffer(32)
        assert lib.EVP_EncryptFinal_ex(self._enc, tail, ctypes.byref(n)) == 1
        tag = ctypes.create_string_buffer(16)
        assert lib.EVP_CIPHER_CTX_ctrl(self._enc, 0x10, 16, tag) == 1   # get tag
        return out.raw[:total] + tail.raw[:n.value] + tag.raw

    def open(self, nonce, sealed):
        if len(sealed) < 16:
            return None
        lib, n = self._lib, ctypes.c_int(0)
        body, tag = sealed[:-16], sealed[-16:]
        out = ctypes.create_string_buffer(len(body) + 32)
        assert lib.EVP_DecryptInit_ex(self._dec, None, None, None, nonce) == 1
        assert lib.EVP_CIPHER_CTX_ctrl(self._dec, 0x11, 16, ctypes.create_string_buffer(tag, 16)) == 1
        total = 0
        if body:
            if lib.EVP_DecryptUpdate(self._dec, out, ctypes.byref(n), body, len(body)) != 1:
                return None
            total = n.value
        tail = ctypes.create_string_buffer(32)
        if lib.EVP_DecryptFinal_ex(self._dec, tail, ctypes.byref(n)) != 1:
            return None
        return out.raw[:total] + tail.raw[:n.value]


def parse_key(text):
    key = base64.b64decode(text + "==")
    assert len(text) == 22 and len(key) == 16
    return key


# --- protobuf (sections 5.1, 6.2, 7.2) --------------------------------------------------------------------------------

def varint(value):
    value &= U64MAX     # a negative int32 is a ten-byte varint
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field_number(number, value):
    return varint(number << 3) + varint(value)


def field_bytes(number, value):
    return varint(number << 3 | 2) + varint(len(value)) + value


def parse_message(data):
    """The fields of one message, in order: (number, int or bytes). Raises ValueError on bad data."""
    fields, at = [], 0

    def read_varint():
        nonlocal at
        value = shift = 0
        while True:
            if at >= len(data) or shift > 63:
                raise ValueError("bad varint")
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value & U64MAX

    while at < len(data):
        key = read_varint()
        if key & 7 == 0:
            fields.append((key >> 3, read_varint()))
        elif key & 7 == 2:
            size = read_varint()
            if at + size > len(data):
                raise ValueError("bad length")
            fields.append((key >> 3, data[at:at + size]))
            at += size
        else:
            raise ValueError("unexpected wire type")
    return fields


def instruction(old, new, ack, throwaway, diff=b"", chaff=b"", version=2):
    return (field_number(1, version) + field_number(2, old) + field_number(3, new) + field_number(4, ack)
            + field_number(5, throwaway) + field_bytes(6, diff) + field_bytes(7, chaff))


def keystroke(keys):
    return field_bytes(1, field_bytes(2, field_bytes(4, keys)))


def resize(width, height):
    return field_bytes(1, field_bytes(3, field_number(5, width) + field_number(6, height)))


# --- the screen (sections 7.1, 7.4, 7.8) ------------------------------------------------------------------------------

def char_width(char):
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


class Screen:
    """What a client's emulator holds for one state: enough for the vocabulary of section 7.8."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.lines = [[" "] * columns for _ in range(rows)]
        self.pens = [[""] * columns for _ in range(rows)]
        self.x = self.y = 0
        self.pending_wrap = False
        self.top, self.bottom = 0, rows - 1
        self.pen = ""
        self.modes = {25: True}
        self.title = self.icon = self.clipboard = None
        self.bells = 0
        self.echo_ack = 0
        self.unknown = []           # sequences outside the vocabulary: a test may require that there are none

    def copy(self):
        other = Screen.__new__(Screen)
        other.__dict__.update(self.__dict__)
        other.lines = [row[:] for row in self.lines]
        other.pens = [row[:] for row in self.pens]
        other.modes = dict(self.modes)
        other.unknown = list(self.unknown)
        return other

    def text(self):
        return [("".join(row)).replace("\u00a0", " ").rstrip() for row in self.lines]

    def resize(self, columns, rows):
        if columns < 1 or rows < 1:
            return
        if columns * rows > 100_000:    # a test of sizes reads the raw bytes; a screen of Python lists would only be slow
            columns, rows = min(columns, 400), min(rows, 200)
        for grid, blank in ((self.lines, " "), (self.pens, "")):
            for row in grid:
                del row[columns:]
                row.extend([blank] * (columns - len(row)))
            del grid[rows:]
            grid.extend([blank] * columns for _ in range(rows - len(grid)))
        self.columns, self.rows = columns, rows
        self.top, self.bottom = 0, rows - 1
        self.x, self.y = min(self.x, columns - 1), min(self.y, rows - 1)
        self.pending_wrap = False

    def _line_feed(self):
        if self.y == self.bottom:
            for grid, blank in ((self.lines, " "), (self.pens, "")):
                grid.insert(self.bottom + 1, [blank] * self.columns)
                del grid[self.top]
        elif self.y < self.rows - 1:
            self.y += 1

    def _print(self, char):
        width = char_width(char)
        if width == 0:
            x = self.x if self.pending_wrap else self.x - 1
            while x > 0 and self.lines[self.y][x] == "":
                x -= 1
            if x >= 0:
                self.lines[self.y][x] += char
            return
        if self.pending_wrap or self.x + width > self.columns:
            self.x = 0
            self.pending_wrap = False
            self._line_feed()
        row, pens = self.lines[self.y], self.pens[self.y]
        row[self.x], pens[self.x] = char, self.pen
        if width == 2 and self.x + 1 < self.columns:
            row[self.x + 1], pens[self.x + 1] = "", self.pen
        self.x += width
        if self.x >= self.columns:
            self.x, self.pending_wrap = self.columns - 1, True

    def _erase(self, y, x0, x1):
        for x in range(x0, min(x1, self.columns)):
            self.lines[y][x], self.pens[y][x] = " ", ""

    def _csi(self, body, final):
        private = body.startswith("?")
        words = body.lstrip("?").split(";") if body.lstrip("?") else []
        try:
            numbers = [int(word) if word else 0 for word in words]
        except ValueError:
            self.unknown.append("CSI " + body + final)
            return
        first = numbers[0] if numbers else 0
        if private and final in "hl":
            for number in numbers:
                self.modes[number] = final == "h"
            return
        if final == "m":
            self.pen = "" if numbers in ([], [0]) else body
            return
        self.pending_wrap = False
        if final in "Hf":
            self.y = min(max(first, 1), self.rows) - 1
            self.x = min(max(numbers[1] if len(numbers) > 1 else 1, 1), self.columns) - 1
        elif final == "r":
            self.top = max(first, 1) - 1
            self.bottom = min(numbers[1] if len(numbers) > 1 and numbers[1] else self.rows, self.rows) - 1
            self.x = self.y = 0
        elif final == "J" and first == 2:
            for y in range(self.rows):
                self._erase(y, 0, self.columns)
        elif final == "K" and first == 0:
            self._erase(self.y, self.x, self.columns)
        elif final == "X":
            self._erase(self.y, self.x, self.x + max(first, 1))
        elif final in "ABCD":
            step = max(first, 1)
            self.y = min(max(self.y + {"A": -step, "B": step}.get(final, 0), 0), self.rows - 1)
            self.x = min(max(self.x + {"C": step, "D": -step}.get(final, 0), 0), self.columns - 1)
        elif final in "LMST":
            count = max(first, 1)
            top = self.y if final in "LM" else self.top
            for _ in range(min(count, self.rows)):
                for grid, blank in ((self.lines, " "), (self.pens, "")):
                    new = [blank] * self.columns
                    if final in "LT":
                        del grid[self.bottom]
                        grid.insert(top, new)
                    else:
                        grid.insert(self.bottom + 1, new)
                        del grid[top]
        else:
            self.unknown.append("CSI " + body + final)

    def feed(self, data):
        text, at = data.decode("utf-8", "replace"), 0
        while at < len(text):
            char = text[at]
            at += 1
            if char == "\x1b":
                kind = text[at:at + 1]
                at += 1
                if kind == "[":
                    end = at
                    while end < len(text) and not "@" <= text[end] <= "~":
                        end += 1
                    self._csi(text[at:end], text[end:end + 1])
                    at = end + 1
                elif kind == "]":
                    ends = [(text.find(mark, at), len(mark)) for mark in ("\a", "\x1b\\") if text.find(mark, at) >= 0]
                    end, size = min(ends) if ends else (len(text), 0)
                    self._osc(text[at:end])
                    at = end + size
                elif kind == "M":
                    self.pending_wrap = False
                    if self.y == self.top:
                        for grid, blank in ((self.lines, " "), (self.pens, "")):
                            del grid[self.bottom]
                            grid.insert(self.top, [blank] * self.columns)
                    elif self.y > 0:
                        self.y -= 1
                else:
                    self.unknown.append("ESC " + kind)
            elif char == "\r":
                self.x, self.pending_wrap = 0, False
            elif char == "\n":
                self.pending_wrap = False
                self._line_feed()
            elif char == "\b":
                self.x, self.pending_wrap = max(self.x - 1, 0), False
            elif char == "\a":
                self.bells += 1
            elif char < " ":
                self.unknown.append(repr(char))
            else:
                self._print(char)

    def _osc(self, body):
        number, _, rest = body.partition(";")
        if number in ("0", "1"):
            self.icon = rest
        if number in ("0", "2"):
            self.title = rest
        elif number == "52":
            self.clipboard = rest
        elif number not in ("1", "8"):
            self.unknown.append("OSC " + body[:40])


# --- the client -------------------------------------------------------------------------------------------------------

class WireClient:
    """One protocol client on one UDP socket.

    Honest use: WireClient(address, port, key), connect(), type(b"..."), wait_for("text"). `auto_ack` False makes it silent:
    it receives, and neither acknowledges nor sends heartbeats unless told.
    """

    def __init__(self, address, port, key, columns=80, rows=24, auto_ack=True):
        self.server = (address, port)
        self.key = key if isinstance(key, bytes) else parse_key(key)
        self.ocb = Ocb(self.key)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.family = family
        self.socket = self._new_socket()
        self.sequence = 0
        self.fragment_id = 0
        self.auto_ack = auto_ack
        self.sent = [(0, 0)]                    # (state number, number of events), first = newest acknowledged
        self.events = []                        # serialized inner instructions, oldest first
        self.forgotten = 0                      # events dropped from the front of `events`
        self.columns, self.rows = columns, rows
        self.states = {0: Screen(columns, rows)}
        self.newest = 0                         # highest server state held: what we acknowledge
        self.assembly = (None, {}, None)
        self.expected = 0
        self.saved_timestamp = None
        self.pending_ack_at = None
        self.last_sent_at = 0.0
        self.srtt = None
        self.datagrams = 0                      # authentic ones received
        self.bytes = 0
        self.first_datagram_at = None
        self.last_datagram_at = None
        self.instructions = []                  # (time, old, new, ack, throwaway, diff) of every complete one, when kept
        self.keep_instructions = False
        self.raw = b""                          # the last host bytes of accepted states, as they came
        self.shutdown_seen = False
        self.peer_addresses = set()
        self.on_datagram = None                 # called with "C" or "S" and each datagram sent or received

    def _new_socket(self):
        sock = socket.socket(self.family, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.setblocking(False)
        return sock

    def hop(self):
        """Sends from a new local port from now on, as a client that roams."""
        self.socket.close()
        self.socket = self._new_socket()

    def close(self):
        self.socket.close()

    # Sending, from the outside in. Each layer can be used on its own with any content.

    def send_datagram(self, data):
        if self.on_datagram:
            self.on_datagram("C", data)
        try:
            self.socket.sendto(data, self.server)
        except OSError:
            pass                                # a closed port answers with ICMP; the protocol does not care
        self.last_sent_at = time.monotonic()

    def seal_packet(self, plaintext, direction=0, sequence=None):
        if sequence is None:
            sequence = self.sequence
            self.sequence += 1
        wire = struct.pack(">Q", sequence | (TO_CLIENT if direction else 0))
        return wire + self.ocb.seal(bytes(4) + wire, plaintext)

    def timestamps(self):
        now = int(time.monotonic() * 1000)
        reply = U16NONE
        if self.saved_timestamp:
            value, at = self.saved_timestamp
            if now - at < 1000:
                reply = (value + now - at) & 0xFFFF
            self.saved_timestamp = None
        return struct.pack(">HH", 0 if now & 0xFFFF == U16NONE else now & 0xFFFF, reply)

    def send_packet(self, payload, timestamps=None):
        self.send_datagram(self.seal_packet((timestamps or self.timestamps()) + payload))

    def send_fragment(self, fragment_id, number, final, data):
        self.send_packet(struct.pack(">QH", fragment_id, (0x8000 if final else 0) | number) + data)

    def send_compressed(self, data):
        """`data` is what would be the zlib stream: cut into fragments and sent."""
        self.fragment_id += 1
        slices = [data[i:i + SLICE] for i in range(0, len(data), SLICE)] or [b""]
        for number, piece in enumerate(slices):
            self.send_fragment(self.fragment_id, number, number == len(slices) - 1, piece)
            if number % 32 == 31:
                time.sleep(0.002)               # loopback drops what overruns the receiver's socket buffer

    def send_instruction(self, old, new, ack=None, throwaway=None, diff=b"", version=2):
        ack = self.newest if ack is None else ack
        throwaway = self.sent[0][0] if throwaway is None else throwaway
        chaff = os.urandom(os.urandom(1)[0] % 17)
        self.send_compressed(zlib.compress(instruction(old, new, ack, throwaway, diff, chaff, version)))
        self.pending_ack_at = None

    # The honest sender: every transmission starts from the newest acknowledged state.

    def _add_events(self, *serialized):
        self.events.extend(serialized)

    def flush(self, number=None, base=0):
        """Sends everything after a state (the acknowledged one; -1: the last sent), or an empty ack, as a new state."""
        base_number, base_events = self.sent[base]
        total = self.forgotten + len(self.events)
        last_number, last_events = self.sent[-1]
        if number is None:
            number = last_number if total == last_events and total != base_events else last_number + 1
        if number != last_number:
            self.sent.append((number, total))
            if len(self.sent) > 32:
                del self.sent[16]
        diff = b"".join(self.events[base_events - self.forgotten:])
        if len(diff) > MAX_DIFF:        # an instruction may not be larger: repeat an earlier state that fits
            for earlier, events in reversed(self.sent):
                diff = b"".join(self.events[base_events - self.forgotten:events - self.forgotten])
                if earlier > base_number and diff and len(diff) <= MAX_DIFF:
                    number = earlier
                    break
        self.send_instruction(base_number, number, diff=diff)

    def type(self, keys):
        self._add_events(keystroke(keys))
        self.flush()

    def set_size(self, columns, rows):
        self.columns, self.rows = columns, rows
        self._add_events(resize(columns, rows))
        self.flush()

    def shutdown(self):
        self.flush(U64MAX)

    # Receiving.

    def receive(self):
        """One datagram, if there is one. Returns True when something authentic came."""
        try:
            data, address = self.socket.recvfrom(65536)
        except (BlockingIOError, ConnectionRefusedError):
            return False
        if len(data) < 28:
            return False
        plaintext = self.ocb.open(bytes(4) + data[:8], data[8:])
        (wire,) = struct.unpack(">Q", data[:8])
        if plaintext is None or len(plaintext) < 4 or not wire & TO_CLIENT:
            return False
        if self.on_datagram:
            self.on_datagram("S", data)
        self.datagrams += 1
        self.bytes += len(data)
        self.last_datagram_at = time.monotonic()
        self.first_datagram_at = self.first_datagram_at or self.last_datagram_at
        self.peer_addresses.add(address)
        sequence = wire & ~TO_CLIENT
        timestamp, reply = struct.unpack(">HH", plaintext[:4])
        if sequence >= self.expected:
            self.expected = sequence + 1
            now = int(time.monotonic() * 1000)
            if timestamp != U16NONE:
                self.saved_timestamp = (timestamp, now)
            if reply != U16NONE and (now - reply) & 0xFFFF < 5000:
                sample = (now - reply) & 0xFFFF
                self.srtt = sample if self.srtt is None else self.srtt * 7 / 8 + sample / 8
        self._fragment(plaintext[4:])
        return True

    def _fragment(self, payload):
        assert len(payload) >= 10, "the server sent a short fragment"
        fragment_id, word = struct.unpack(">QH", payload[:10])
        current, held, total = self.assembly
        if fragment_id != current:
            current, held, total = fragment_id, {}, None
        held.setdefault(word & 0x7FFF, payload[10:])
        if word & 0x8000:
            total = (word & 0x7FFF) + 1
        if total is not None and len(held) == total:
            self.assembly = (current, {}, None)
            self._instruction(zlib.decompress(b"".join(held[i] for i in range(total))))
        else:
            self.assembly = (current, held, total)

    def _instruction(self, data):
        fields = {number: value for number, value in parse_message(data)}
        assert fields.get(1) == 2, "wrong protocol version"
        assert all(number in fields for number in range(1, 6)), "a field of 1 to 5 is missing"
        assert len(fields.get(7, b"")) <= 16, "chaff is too long"
        old, new, ack, throwaway = (fields.get(i, 0) for i in range(2, 6))
        diff = fields.get(6, b"")
        assert old >= throwaway, "throwaway_num above old_num: a stock client would use freed memory"
        if self.keep_instructions:
            self.instructions.append((time.monotonic(), old, new, ack, throwaway, diff))
        self._process_ack(ack)
        if new in self.states or old not in self.states:
            return
        screen = self.states[old].copy()
        self._apply(screen, diff)
        for number in [n for n in self.states if n < throwaway]:
            del self.states[number]
        self.states[new] = screen
        if new > self.newest:
            self.newest = new
            if new == U64MAX:
                self.shutdown_seen = True
            if diff and self.pending_ack_at is None:
                self.pending_ack_at = time.monotonic() + 0.1

    def _process_ack(self, ack):
        for index, (number, events) in enumerate(self.sent):
            if number == ack:
                del self.sent[:index]
                drop = events - self.forgotten
                if drop > 0:
                    del self.events[:drop]
                    self.forgotten = events
                return

    def _apply(self, screen, diff):
        for number, inner in parse_message(diff):
            assert number == 1, "unknown field in HostMessage"
            for kind, body in parse_message(inner):
                fields = dict(parse_message(body))
                if kind == 2:
                    self.raw = (self.raw + fields.get(4, b""))[-(1 << 20):]
                    screen.feed(fields.get(4, b""))
                elif kind == 3:
                    screen.resize(fields.get(5, 0), fields.get(6, 0))
                elif kind == 7:
                    assert fields.get(8, 0) >= screen.echo_ack, "the echo ack decreased"
                    screen.echo_ack = fields.get(8, 0)

    # Driving.

    @property
    def screen(self):
        return self.states[self.newest]

    @property
    def acknowledged(self):
        """True when the server has acknowledged all that was typed."""
        return self.sent[0][1] == self.forgotten + len(self.events)

    def pump(self, seconds=0.0, until=None):
        """Receives, acknowledges, retransmits and beats for that long, or until until() is true. Returns until()'s last value."""
        end = time.monotonic() + seconds
        while True:
            while self.receive():
                if until and until():
                    return True
            now = time.monotonic()
            if self.auto_ack:
                pace = 0.25 if not self.acknowledged else 3.0
                if (self.pending_ack_at and now >= self.pending_ack_at) or now - self.last_sent_at >= pace:
                    self.flush(U64MAX if self.sent[-1][0] == U64MAX else None)
            if until and until():
                return True
            if now >= end:
                return False
            wait = min(end - now, 0.02)
            select.select([self.socket], [], [], wait)

    def connect(self, timeout=PATIENCE):
        """Sends the window size and waits for the server's first state."""
        self.set_size(self.columns, self.rows)
        return self.pump(timeout, lambda: self.newest > 0)

    def shows(self, text):
        return any(text in line for line in self.screen.text())

    def wait_for_bytes(self, data, timeout=PATIENCE):
        return self.pump(timeout, lambda: data in self.raw)

    def wait_for(self, text, timeout=PATIENCE):
        return self.pump(timeout, lambda: self.shows(text))

    def close_session(self, timeout=PATIENCE):
        """An orderly end: true when the server acknowledged it."""
        self.shutdown()
        return self.pump(timeout, lambda: self.sent[0][0] == U64MAX)


def self_test():
    """The datagram vectors of section 2.5."""
    key = parse_key("AAECAwQFBgcICQoLDA0ODw")
    ocb = Ocb(key)
    nonce = bytes(12)
    assert ocb.seal(nonce, b"").hex() == "a5a7ac886f721925ed1b023829a078f9"
    assert ocb.seal(nonce, bytes.fromhex("0001ffff")).hex() == "2b372b583afce860a2d311b4e15e51485a6f9f4b"
    sealed = ocb.seal(bytes(11) + b"\1", bytes(range(40)))
    assert ocb.open(bytes(11) + b"\1", sealed) == bytes(range(40))
    assert ocb.open(bytes(11) + b"\2", sealed) is None
    assert instruction(0, 1, 0, 0, resize(80, 24)).hex() == "0802100018012000280032080a061a04285030183a00"


if __name__ == "__main__":
    self_test()
    print("vectors pass")
