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
FIRST_SEED = int(os.environ.get("SALLYPORT_FIRST_SEED", "1"))  # the same programs in every run; another number tries others
START = b"\033[?1049l\033c\033[0m\033[2J\033[H"        # tmux does not leave the alternate screen on RIS

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
        # tmux does not capture erased cells that have a background. A second tmux around it, whose terminal type cannot erase in
        # colour, makes the inner one write them out, as mosh-client does for ours.
        inner = t.write("inner.conf", "set -g status off\nset -g default-terminal tmux-256color\nset -s escape-time 0\n"
                                      "set -ga terminal-features ',tmux-256color:RGB'\nset -g set-titles on\nset -g set-titles-string '#T'\n")
        self.inner = os.path.join(t.temp, "inner")
        self.reference = t.tmux(f"tmux -u -S {self.inner} -f {inner} new-session {sys.executable} {player} {self.folder} direct", COLUMNS, ROWS)
        self.session, self.client = session, None

    def play(self, data, marked=True):
        """Shows these bytes in both; waits until both programs have written them and (by a title at the end) both screens show them."""
        self.count += 1
        mark = f"play-{self.count}"
        data += f"\033]2;{mark}\007".encode() if marked else b""
        path = os.path.join(self.folder, str(self.count))
        with open(path + ".new", "wb") as file:
            file.write(data)
        os.rename(path + ".new", path)
        self.t.eventually(lambda: os.path.exists(path + ".ours") and os.path.exists(path + ".direct"), "the bytes were not written", pause=0.005)
        if marked:
            for terminal in (self.ours, self.reference):
                self.t.eventually(lambda: terminal.run("display-message", "-p", "#{pane_title}").rstrip().endswith(mark), "the title does not come", pause=0.01)

    def screens(self):
        def capture(terminal):
            x, y = terminal.cursor()    # a cursor that waits to wrap is at column 80 for tmux, unless it was put there
            return list(rows(terminal.run("capture-pane", "-p", "-e", "-N"))), (min(x, COLUMNS - 1), y)
        return capture(self.ours), capture(self.reference)

    def agree(self, timeout=3.0):
        """None when both show the same, else what differs."""
        end = time.monotonic() + timeout
        redrawn = False
        while True:
            (ours, our_cursor), (reference, cursor) = self.screens()
            if ours == reference and (our_cursor == cursor):
                return None
            if time.monotonic() > end:
                break
            if not redrawn and time.monotonic() > end - timeout / 2:
                # The inner tmux draws its own updates wrongly at times (half a wide character after a scroll): what it holds counts.
                subprocess.run(["tmux", "-S", self.inner, "refresh-client"], stderr=subprocess.DEVNULL)
                redrawn = True
            time.sleep(0.03)
        words = [f"row {row}: {differing(a, b)}" for row, (a, b) in enumerate(zip(ours, reference), 1) if a != b]
        if our_cursor != cursor:
            words.append(f"cursor {our_cursor} / {cursor}")
        return "; ".join(words[:4])


def differing(ours, reference):
    """The first cell that differs, with what is around it."""
    at = next((i for i, (a, b) in enumerate(zip(ours, reference)) if a != b), min(len(ours), len(reference)))
    return " / ".join(f"{''.join(char for char, _ in row)[max(at - 12, 0):at + 12]!r} at {at + 1}: {row[at] if at < len(row) else 'end'}"
                      for row in (ours, reference))


NARROW = ["hello", "x", "the quick brown fox", "e\u0301", "äöü", "──┼──", "0123456789" * 9, " ", "  ", "tab\there"]
WIDE = NARROW + ["漢字", "かな", "한글 text", "漢字かな" * 12]


def random_program(generator, length):
    """Pieces of the output of a program that uses what both terminals understand alike.

    Kept out, because tmux goes its own way where we follow xterm: IL and DL leave its cursor where it is (so a CR follows), inserted,
    scrolled and alternate rows do not take the background (so it is reset before), ?1049l alone does nothing, ?1049h and ESC 7 save to
    different places, REP stops at the margin, erasing while a wrap is pending spares the last column (so a move comes before), ICH works
    outside the region and does nothing when it is to insert as many as there are cells to the right. Halves of wide characters that are overwritten are the affair of the unit tests: where wide ones are printed,
    rows are only begun anew. Programs with backgrounds do not scroll.
    """
    wide = generator.random() < 0.3
    backgrounds = generator.random() < 0.5
    words = WIDE if wide else NARROW
    out = [START]
    alternate = False

    def number(limit):
        return generator.choice([1, 1, 2, 3, generator.randint(1, limit), limit])

    def at(columns=COLUMNS):
        return f"\033[{number(ROWS)};1H\033[2K" if wide else f"\033[{number(ROWS)};{number(columns)}H"

    def switch():
        nonlocal alternate
        alternate = not alternate
        return f"\033[0m\033[?1049{'h' if alternate else 'l'}"

    def colour():
        kind = generator.randrange(4)
        base = generator.choice([30, 40] if backgrounds else [30])
        if kind == 0:
            return f"\033[{base + generator.randrange(8)}m"
        if kind == 1:
            return f"\033[{base + 60 + generator.randrange(8)}m"
        if kind == 2:
            return f"\033[{base + 8};5;{generator.randrange(16, 256)}m"
        return f"\033[{base + 8};2;{generator.randrange(256)};{generator.randrange(256)};{generator.randrange(256)}m"

    choices = [
        (12, lambda: (f"\033[{generator.randint(1, ROWS - 2)};1H" + ("\033[2K" if wide else "") if backgrounds else "") + generator.choice(words)),
        (0 if backgrounds else 3, lambda: "\r\n"), (1, lambda: "\r" + ("\033[2K" if wide else "")), (6, at), (1, lambda: at() + "\033[2K"), (1, lambda: at() + "\033[2K\033[J"),
        (1, lambda: f"\033[49m\033[r{at()}\033[{number(6)}{generator.choice('LM')}\r" + ("\033[2K" if wide else "")),
        (1, lambda: f"\033[49m\033[{number(4)}S" + at()), (1, lambda: "\033[49m\r\033M" + ("\033[2K" if wide else "")), (1, lambda: "\033[49m\033E"),
        (6, lambda: generator.choice(["\033[0m", "\033[1m", "\033[4m", "\033[7m", "\033[3m", "\033[22m", "\033[24m", "\033[27m", "\033[39;49m"])),
        (5, colour),
        (0 if backgrounds else 1, lambda: f"\033[{number(10)};{generator.randint(12, ROWS)}r" + at()), (1, lambda: "\033[r" + at()),
        (1, lambda: generator.choice(["\033[?25l", "\033[?25h", "\033[?1h", "\033[?1l", "\033[?2004h", "\033[?2004l"])),
    ]
    if not wide:
        choices += [
            (1, lambda: "\033[49m\n"), (1, lambda: f"\033[{number(ROWS)};5Hq\b"), (1, lambda: "\t"),
            (3, lambda: f"{at()}\033[{number(30)}{generator.choice('ABCD')}"),
            (1, lambda: f"\033[{number(COLUMNS)}G"), (1, lambda: f"\033[{number(ROWS)}d"),
            (2, lambda: f"{at()}\033[{generator.choice(['', '0', '1', '2'])}K"), (1, lambda: f"{at()}\033[{generator.choice(['', '0', '1'])}J"),
            (1, lambda: f"{at()}\033[{number(20)}{generator.choice('XP')}"), (1, lambda: f"\033[49m\033[r{at(COLUMNS - 20)}\033[{number(20)}@"),
            (1, lambda: f"\0337\033[{number(ROWS)};7Hsaved\033[31m\0338"),
        ]
    if not IS_STOCK:    # what the stock server lacks
        choices += [(1, switch), (1, lambda: f"\033[49m\033[{number(4)}T" + at())]
        if not wide:
            choices += [(1, lambda: f"\r\033(0{generator.choice(['lqqk', 'x  x', 'mqqj'])}\033(B"), (1, lambda: f"\rX\033[{number(10)}b")]
    weights = [weight for weight, _ in choices]
    for _ in range(length):
        out.append(generator.choices(choices, weights)[0][1]().encode())
    return out


@test("terminal 334", timeout=150)
def random_output(t):
    seed = os.environ.get("SALLYPORT_SEED")
    seeds = [int(seed)] if seed else range(FIRST_SEED, FIRST_SEED + int(os.environ.get("SALLYPORT_ROUNDS", "60")))
    stage = Stage(t)
    for index, seed in enumerate(seeds):
        generator = random.Random(seed)
        stage.play(b"".join(random_program(generator, generator.choice([5, 20, 80, 300]))))
        difference = stage.agree()
        t.check(difference is None, lambda: f"round {index}, SALLYPORT_SEED={seed} (through us / directly): {difference}")
    t.note(f"{len(seeds)} random programs")


@test("terminal 334", timeout=150)
def random_output_piece_by_piece(t):
    """The same, but looked at again and again: diffs between many states, not only full repaints."""
    stage = Stage(t)
    fixed = os.environ.get("SALLYPORT_SEED")
    for seed in [int(fixed)] if fixed else range(FIRST_SEED, FIRST_SEED + int(os.environ.get("SALLYPORT_ROUNDS", "60")) // 10):
        generator = random.Random(seed)
        written = random_program(generator, 80)
        pieces = []
        while written:
            size = generator.choice([1, 2, 5, 15])
            pieces.append(b"".join(written[:size]))
            del written[:size]
        for index, piece in enumerate(pieces):
            stage.play(piece)
            difference = stage.agree()
            t.check(difference is None, lambda: f"SALLYPORT_SEED={seed}, piece {index} {piece!r} (through us / directly): {difference}")


def record(t, command, keys, columns):
    """What a real program writes to a terminal of that width while these keys are typed."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    process = t.background("/bin/sh", "-c", command, stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
                           preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), env=t.environment(NCURSES_NO_UTF8_ACS="1"))
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
        # top fills its rows and then erases to the end of the line: with a wrap pending, tmux spares the last column and xterm does not.
        pieces = record(t, command, keys, COLUMNS - 1 if name == "top" else COLUMNS)
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
        stage.play(os.urandom(20000), marked=False)
    stage.play(b"\030\033\\" + START + b"\033(B\017usable again")
    stage.ours.wait_for("usable again")


if __name__ == "__main__":
    sys.exit(main())
