#!/usr/bin/env python3
"""Random and recorded output, through our server and Debian's mosh-client into tmux, compared with the same bytes in tmux directly.

Both ends of the comparison are terminals of one tmux version; random programs keep to what the stock client's vocabulary and tmux can both
show. A failure prints the seed: differential.py --one random_output with SALLYPORT_SEED=N repeats it.
"""

import fcntl
import os
import pty
import random
import select
import shutil
import struct
import subprocess
import sys
import termios
import time

from capture import rows
from harness import IS_STOCK, main, test


COLUMNS, ROWS = 80, 24
START = b"\033c\033[0m\033[2J\033[H"

# Plays DIR/1, DIR/2, ... as they appear, as raw bytes, and ignores what the terminal answers.
PLAYER = r'''
import os, sys, termios, time, tty
tty.setraw(0)
folder, tag, n = sys.argv[1], sys.argv[2], 1
while True:
    path = os.path.join(folder, str(n))
    if not os.path.exists(path):
        time.sleep(0.005)
        continue
    data = open(path, "rb").read()
    while data:
        data = data[os.write(1, data):]
    termios.tcdrain(1)
    open(path + "." + tag, "w").close()
    n += 1
'''


class Stage:
    """Two terminals that show the same bytes: one through us, one directly."""

    def __init__(self, t):
        self.t, self.count = t, 0
        self.folder = os.path.join(t.temp, "plays")
        os.mkdir(self.folder)
        player = t.write("player.py", PLAYER)
        session = t.server(sys.executable, player, self.folder, "ours")
        self.ours = t.mosh_client(session, COLUMNS, ROWS)
        self.reference = t.tmux(f"{sys.executable} {player} {self.folder} direct", COLUMNS, ROWS)
        self.session, self.client = session, None

    def play(self, data):
        """Shows these bytes in both; waits until both programs have written them."""
        self.count += 1
        path = os.path.join(self.folder, str(self.count))
        with open(path + ".new", "wb") as file:
            file.write(data)
        os.rename(path + ".new", path)
        self.t.eventually(lambda: os.path.exists(path + ".ours") and os.path.exists(path + ".direct"), "the bytes were not written", 20, 0.005)

    def screens(self):
        def capture(terminal):
            return list(rows(terminal.run("capture-pane", "-p", "-e", "-N"))), terminal.cursor()
        return capture(self.ours), capture(self.reference)

    def agree(self, timeout=3.0):
        """None when both show the same, else what differs."""
        end = time.monotonic() + timeout
        while True:
            (ours, our_cursor), (reference, cursor) = self.screens()
            if ours == reference and (our_cursor == cursor):
                return None
            if time.monotonic() > end:
                break
            time.sleep(0.03)
        words = [f"row {row}: {shown(a)} / {shown(b)}" for row, (a, b) in enumerate(zip(ours, reference), 1) if a != b]
        if our_cursor != cursor:
            words.append(f"cursor {our_cursor} / {cursor}")
        return "; ".join(words[:4])


def shown(row):
    return repr("".join(char for char, _ in row)) + (" (attributes)" if any(pen for _, pen in row) else "")


WORDS = ["hello", "x", "the quick brown fox", "漢字", "e\u0301", "äöü", "──┼──", "0123456789" * 9, "かな", " ", "tab\there", "한글 text"]


def random_program(generator, length):
    """Bytes of a program that uses what both terminals understand alike."""
    out = [START]

    def number(limit):
        return generator.choice([1, 1, 2, 3, generator.randint(1, limit), limit])

    def colour():
        kind = generator.randrange(4)
        base = generator.choice([30, 40])
        if kind == 0:
            return f"\033[{base + generator.randrange(8)}m"
        if kind == 1:
            return f"\033[{base + 60 + generator.randrange(8)}m"
        if kind == 2:
            return f"\033[{base + 8};5;{generator.randrange(16, 256)}m"
        return f"\033[{base + 8};2;{generator.randrange(256)};{generator.randrange(256)};{generator.randrange(256)}m"

    choices = [
        (12, lambda: generator.choice(WORDS)),
        (3, lambda: "\r\n"), (1, lambda: "\n"), (1, lambda: "\r"), (1, lambda: "\b"), (1, lambda: "\t"),
        (6, lambda: f"\033[{number(ROWS)};{number(COLUMNS)}H"),
        (3, lambda: f"\033[{number(30)}{generator.choice('ABCD')}"),
        (1, lambda: f"\033[{number(COLUMNS)}G"), (1, lambda: f"\033[{number(ROWS)}d"),
        (2, lambda: f"\033[{generator.choice(['', '0', '1', '2'])}K"), (1, lambda: f"\033[{generator.choice(['', '0', '1'])}J"),
        (1, lambda: f"\033[{number(20)}X"), (1, lambda: f"\033[{number(20)}@"), (1, lambda: f"\033[{number(20)}P"),
        (1, lambda: f"\033[{number(6)}L"), (1, lambda: f"\033[{number(6)}M"),
        (1, lambda: f"\033[{number(4)}S"), (1, lambda: "\033M"), (1, lambda: "\033D"), (1, lambda: "\033E"),
        (6, lambda: generator.choice(["\033[0m", "\033[1m", "\033[4m", "\033[7m", "\033[3m", "\033[22m", "\033[24m", "\033[27m", "\033[39;49m"])),
        (5, colour),
        (1, lambda: generator.choice(["\0337", "\0338"])),
        (1, lambda: f"\033[{number(10)};{generator.randint(12, ROWS)}r"), (1, lambda: "\033[r"),
        (1, lambda: generator.choice(["\033[?25l", "\033[?25h", "\033[?1h", "\033[?1l", "\033[?2004h", "\033[?2004l"])),
    ]
    if not IS_STOCK:    # what the stock server lacks
        choices += [(1, lambda: generator.choice(["\033[?1049h", "\033[?1049l"])), (1, lambda: f"\033(0{generator.choice(['lqqk', 'x  x', 'mqqj'])}\033(B"),
                    (1, lambda: f"X\033[{number(10)}b"), (1, lambda: f"\033[{number(4)}T")]
    weights = [weight for weight, _ in choices]
    for _ in range(length):
        out.append(generator.choices(choices, weights)[0][1]().encode())
    return b"".join(out)


@test("terminal 334", timeout=150)
def random_output(t):
    seed = os.environ.get("SALLYPORT_SEED")
    seeds = [int(seed)] if seed else [random.randrange(2**32) for _ in range(int(os.environ.get("SALLYPORT_ROUNDS", "60")))]
    stage = Stage(t)
    for index, seed in enumerate(seeds):
        generator = random.Random(seed)
        stage.play(random_program(generator, generator.choice([5, 20, 80, 300])))
        difference = stage.agree()
        t.check(difference is None, lambda: f"round {index}, SALLYPORT_SEED={seed} (through us / directly): {difference}")
    t.note(f"{len(seeds)} random programs")


@test("terminal 334", timeout=150)
def random_output_piece_by_piece(t):
    """The same, but looked at again and again: diffs between many states, not only full repaints."""
    stage = Stage(t)
    for _ in range(6):
        seed = random.randrange(2**32)
        generator = random.Random(seed)
        pieces = [START] + [random_program(generator, generator.choice([1, 3, 10]))[len(START):] for _ in range(12)]
        for index, piece in enumerate(pieces):
            stage.play(piece)
            difference = stage.agree()
            t.check(difference is None, lambda: f"seed {seed}, piece {index} {piece!r} (through us / directly): {difference}")


def record(t, command, keys, env=None):
    """What a real program writes to an 80x24 terminal while these keys are typed."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    process = t.background("/bin/sh", "-c", command, stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
                           preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), env=t.environment(**(env or {})))
    os.close(follower)
    pieces, pending = [], list(keys)
    quiet, end = time.monotonic(), time.monotonic() + 12
    current = b""
    while time.monotonic() < end:
        if select.select([leader], [], [], 0.05)[0]:
            try:
                data = os.read(leader, 65536)
            except OSError:
                break
            if not data:
                break
            current += data
            quiet = time.monotonic()
        elif time.monotonic() - quiet > 0.3:
            pieces.append(current)
            current = b""
            if not pending:
                break
            os.write(leader, pending.pop(0))
            quiet = time.monotonic()
    pieces.append(current)
    process.kill()
    process.wait()
    os.close(leader)
    return [piece for piece in pieces if piece]


@test("terminal 334", timeout=100)
def recorded_programs(t):
    lines = t.write("lines.c", "".join(f"static int value_{n} = {n * n};\t/* {'=' * (n % 50)} */\n" for n in range(300)))
    programs = {
        "ls": ("ls -la --color=always /usr/bin /etc | head -200", []),
        "less": (f"less {lines}", [b" ", b" ", b"b", b"/value_77\r", b"G", b"g", b"j", b"j", b"k"]),
        "vim": (f"vim -u NONE -N -n -i NONE -c 'syntax on' -c 'set nu hlsearch t_RV= t_u7=' {lines}", [b"50G", b"o\xe6\xbc\xa2 new\x1b", b"yy5p", b"\x06", b"\x02", b":split\r", b"/value_12\r", b"dd"]),
        "top": ("top -d 0.4", [b"", b"", b"c", b""]),
        "htop": ("htop", [b"", b"", b"\x1b[B"]),
        "tmux": (f"tmux -u -S {t.temp}/rec -f /dev/null new-session /bin/sh", [b"ls -la /\r", b"\x02%", b"ls /etc\r", b"\x02\"", b"seq 50\r"]),
        "dialog of colours": ("for i in $(seq 0 255); do printf '\\033[48;5;%dm %3d \\033[0m' $i $i; done; printf '\\n'", []),
    }
    stage = Stage(t)
    played = []
    for name, (command, keys) in programs.items():
        if name in ("less", "vim", "htop", "tmux") and not shutil.which(name):
            t.note(f"no {name}")
            continue
        # Stock has no alternate screen: what remains after leaving it differs, so it is compared while drawn.
        pieces = record(t, command, keys, env={"NCURSES_NO_UTF8_ACS": "1"})
        if name == "tmux":
            subprocess.run(["tmux", "-S", f"{t.temp}/rec", "kill-server"], stderr=subprocess.DEVNULL)
        t.check(pieces, f"{name} printed nothing")
        stage.play(START)
        for index, piece in enumerate(pieces):
            stage.play(piece)
            difference = stage.agree()
            t.check(difference is None, lambda: f"{name}, piece {index} {piece[:120]!r} (through us / directly): {difference}")
        played.append(f"{name} {sum(map(len, pieces))} bytes")
    t.note(", ".join(played))


@test(timeout=60)
def bytes_of_no_meaning(t):
    """Random bytes: no comparison, but the session lives and is usable afterwards."""
    stage = Stage(t)
    for _ in range(20):
        stage.play(os.urandom(20000))
    stage.play(b"\030\033\\" + START + b"\033(B\017usable again")
    stage.ours.wait_for("usable again")


if __name__ == "__main__":
    sys.exit(main())
