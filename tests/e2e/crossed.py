#!/usr/bin/env python3
"""Both ends crossed: the same battery of sessions through a real sshd, with every combination of our and the stock command, client and
server. All sessions of a battery go on side by side under tmux, with one terminal without any of it beside them: their screens must agree
after every step."""

import os
import re
import shutil
import sys

from capture import rows
from harness import CLIENT, SERVER, WRAPPER, alive, descendants_of, main, quote, started_as, test
from sshd import Sshd

PROMPT = "ready$"
# PS1 ends with a blank; bash is a line editor, which the shell is not.
SHELL = f"env PS1={quote(PROMPT + ' ')} HISTFILE=/dev/null NCURSES_NO_UTF8_ACS=1 LESSHISTFILE=- bash --norc --noprofile -i"
SIDES = ("ours", "stock")
PATIENCE = 30

COLOURS = r"""
for n in 0 1 2 3 4 5 6 7; do printf '\033[3%dmfg%d\033[0m \033[4%dmbg%d\033[0m \033[9%dmbright%d\033[0m\n' $n $n $n $n $n $n; done
printf '\033[1mbold\033[0m \033[3mitalic\033[0m \033[4munderline\033[0m \033[7minverse\033[0m \033[38;5;208mpalette\033[0m\n'
printf '\033[38;2;1;2;3mtrue colour\033[0m \033[48;2;200;100;50mon colour\033[0m \033[1;31;44mall\033[0m\n'
printf '\033[44m\033[K\033[0m\nafter bce\n'
"""
UNICODE = "漢字かな한글 e\u0301a\u0308o\u0302 ✓ ─│┌┐ Ωλ ﾊﾝｶｸ"


class Line:
    """One terminal of the battery."""

    def __init__(self, t, name, server, folder, tmux):
        self.t, self.name, self.server, self.folder, self.tmux = t, name, server, folder, tmux


class Battery:
    def __init__(self, t, wrapper_side, clients=SIDES, servers=SIDES):
        self.t = t
        wrapper = {"ours": WRAPPER, "stock": shutil.which("mosh")}[wrapper_side]
        clients = {"ours": CLIENT, "stock": shutil.which("mosh-client")}, clients
        servers = {"ours": SERVER, "stock": shutil.which("mosh-server")}, servers
        for program in (wrapper, clients[0]["ours"], clients[0]["stock"], servers[0]["stock"]):
            if not program or not os.access(program, os.X_OK):
                t.skip(f"not installed: {program or 'mosh'}")
        self.daemon = Sshd(t, options=("MaxStartups 100",))
        self.lines, self.over = [], 0
        for client in clients[1]:
            for server in servers[1]:
                name = f"{wrapper_side} command, {client} client, {server} server"
                folder = self.folder()
                words = (f"{wrapper} --ssh={quote(self.daemon.ssh)} --client={clients[0][client]} --server={servers[0][server]} "
                         f"{self.daemon.host} -- sh -c {quote(f'cd {folder}; exec {SHELL}')}")
                tmux = t.tmux(f"{words}; echo status=$?; exec sleep 600", env=t.environment())
                self.lines.append(Line(t, name, server, folder, tmux))
        folder = self.folder()
        self.reference = Line(t, "without", "", folder, t.tmux(f"cd {folder}; export TERM=xterm-256color; {SHELL}; echo status=$?; exec sleep 600"))
        for line in self.all():
            line.tmux.wait_for(PROMPT, PATIENCE)
        self.check_programs(clients, servers)
        self.step("clear", "clear\n")

    def check_programs(self, clients, servers):
        """Every program that should run runs, as often as it should."""
        running = [os.path.basename(started_as(pid)) for pid in descendants_of(os.getpid())]
        for (paths, sides), others in ((clients, servers[1]), (servers, clients[1])):
            for side in sides:
                count = running.count(os.path.basename(paths[side]))
                self.t.check(count >= len(others), f"{paths[side]} runs {count} times, not {len(others)}")

    def folder(self):
        path = os.path.join(self.t.temp, "lines", str(len(os.listdir(self.t.temp + "/lines")) if os.path.isdir(self.t.temp + "/lines") else 0))
        os.makedirs(path)
        return path

    def all(self):
        return [*self.lines, self.reference]

    def file(self, name, content):
        for line in self.all():
            with open(os.path.join(line.folder, name), "w") as file:
                file.write(content)

    def do(self, keys):
        """Types into every terminal: text, or a list of tmux's key names."""
        for line in self.all():
            if isinstance(keys, str):
                line.tmux.type(keys)
            else:
                line.tmux.key(*keys)

    def agree(self, what, shows="", escapes=False, lines=None, reference=None):
        """Every screen (or those of some lines) becomes like the one without (or another) once that one shows a text, which must not be
        in what was typed: else a moment before the end would do."""
        reference = reference or self.reference
        if shows:
            reference.tmux.wait_for(shows, PATIENCE)

        def state(line):
            capture = line.tmux.run("capture-pane", "-p", *(["-e"] if escapes else []))
            return (list(rows(capture)) if escapes else [row.rstrip() for row in capture.split("\n")]), line.tmux.cursor()
        for line in lines or self.lines:
            def differences():
                (ours, cursor), (wanted, wanted_cursor) = state(line), state(reference)
                different = [f"row {n}: {a!r} / {b!r}" for n, (a, b) in enumerate(zip(ours, wanted), 1) if a != b]
                return f"{what}: {line.name} / {reference.name}: cursor {cursor} / {wanted_cursor}; " + "; ".join(different)[:3000]
            self.t.eventually(lambda: state(line) == state(reference), differences, PATIENCE, 0.1)

    def step(self, what, keys, **how):
        self.do(keys)
        self.agree(what, **how)

    def resize(self, columns, rows_):
        for line in self.all():
            line.tmux.resize(columns, rows_)
        for line in self.all():
            self.t.eventually(lambda: line.tmux.run("display-message", "-p", "#{pane_width} #{pane_height}").strip() == f"{columns} {rows_}",
                              "tmux does not resize", PATIENCE)

    def clear(self):
        self.step("clear", "\x15clear\n")

    def leave(self, keys):
        """Leaves a program, and waits until the shell has the terminal again."""
        self.do(keys)
        self.over += 1
        for line in self.all():
            line.tmux.wait_for(f"over-{self.over}-", PATIENCE)
        self.clear()

    def enter(self, command):
        """A command that leave() ends."""
        return f"{command}; echo over-$(({self.over}+1))-\n"


def shell_battery(battery):
    """Prompt and typing, line editing, colours, UTF-8, long output, resize."""
    battery.step("typing", "echo typed-$((6*7)) \"$TERM\"\n", shows="typed-42")
    battery.do("echo abc def ghi")
    battery.do(["C-a", "Right", "Right", "BSpace", "x", "C-e", "Left", "Left", "y"])
    battery.agree("line editing", shows="exho abc def gyhi")
    battery.do(["C-w", "C-u", "Up"])
    battery.agree("history", shows="ready$ echo typed")
    battery.clear()
    battery.file("colours.sh", COLOURS)
    battery.step("colours", "sh colours.sh\n", shows="after bce", escapes=True)
    battery.clear()
    battery.file("text", UNICODE + "\n" + "漢字x" * 40 + "\n|e\u0301|漢|ab|\n")
    battery.step("UTF-8", "cat text\n", shows="|ab|")
    battery.step("typed UTF-8", "echo grüße 漢字\n", shows=re.compile("^grüße 漢字$"))
    battery.clear()
    battery.step("long output", "seq 1 4000\n", shows=re.compile("^4000$"))
    battery.clear()
    for columns, rows_ in ((100, 30), (60, 15), (80, 24)):
        battery.resize(columns, rows_)
        # tmux tells a program of a new size a little later
        battery.do(f"until [ \"$(stty size)\" = '{rows_} {columns}' ]; do sleep 0.1; done; clear; stty size\n")
        battery.agree(f"resize to {columns}x{rows_}", shows=re.compile(f"^{rows_} {columns}$"))


def program_battery(battery):
    """vim, less, top and htop, the alternate screen."""
    t = battery.t
    battery.file("text.c", "".join(f"int variable_{n} = {n}; /* line {n} */\n" for n in range(200)))
    if shutil.which("vim"):
        options = "-u NONE -N -n -i NONE -c 'set ruler nocp noswapfile t_RV= t_u7= laststatus=2 statusline=%l'"
        battery.step("vim", battery.enter(f"vim {options} text.c"), shows="variable_3 ")
        battery.do("50Goinserted text\n漢字 second line")
        battery.do(["Escape"])
        battery.step("vim's edit", "dd10kyy5pgg/line 120\n", shows="line 120")
        battery.do(["C-f", "C-b", "C-d", "Up", "Up", "Left", "Down"])
        battery.agree("vim's paging")
        battery.leave(":wq\n")
        contents = {open(os.path.join(line.folder, "text.c")).read() for line in battery.all()}
        t.equal(len(contents), 1, "different files that vim wrote")
        t.check("inserted text" in contents.pop(), "vim saved nothing")
    if shutil.which("less"):
        battery.step("less", battery.enter("less text.c"), shows="variable_10 ")
        battery.do(["Space", "Space", "b", "j", "j", "k"])
        battery.agree("less's paging")
        battery.step("less's search", "/line 17\n", escapes=True)
        battery.step("less's end", "G", shows="(END)")
        battery.leave("q")
    # Our server has the alternate screen that a real terminal has; the stock server has none, whoever draws it.
    battery.do("printf '\\033[?1049h\\033[2J\\033[Hother side'; read -sn1 x; printf '\\033[?1049l\\033[10;1H'; echo back-$((1+1))\n")
    battery.agree("alternate screen", shows=re.compile("^other side$"))
    battery.do("x")
    for server in SIDES:
        lines = [line for line in battery.lines if line.server == server]
        reference = battery.reference if server == "ours" else lines[0]
        battery.agree("after the alternate screen", shows="back-2", lines=lines, reference=reference)
        stays = any(row == "other side" for row in lines[0].tmux.screen())
        t.equal(stays, server == "stock", f"{server} server: the other screen stays")
    battery.clear()
    for program in ("htop", "top"):
        if shutil.which(program):
            battery.do(battery.enter(program))
            for line in battery.all():
                line.tmux.wait_for(re.compile(r"PID\s+USER"), PATIENCE)
            battery.leave("q")


def ends(battery):
    """Titles, last words and the status."""
    t = battery.t
    battery.do("printf '\\033]0;a title\\007'\n")
    for line in battery.lines:
        t.eventually(lambda: line.tmux.run("display-message", "-p", "#{pane_title}").strip() == "[mosh] a title",
                     lambda: f"{line.name}: title {line.tmux.run('display-message', '-p', '#{pane_title}')!r} at {line.tmux.screen()[:6]}", PATIENCE)
    battery.do("exit 7\n")
    for line in battery.lines:
        line.tmux.wait_for("status=0", PATIENCE)
        screen = [row for row in line.tmux.screen() if row]
        t.check(screen[-2:] == ["[mosh is exiting.]", "status=0"], f"{line.name}: last words {screen[-4:]}")
        t.check(not any("a title" in row or PROMPT in row for row in screen), f"{line.name}: the session is still shown: {screen}")
    battery.reference.tmux.wait_for("status=7", PATIENCE)

    def left():
        programs = {os.path.basename(program) for program in (CLIENT, SERVER)} | {"mosh-server", "mosh-client"}
        return [name for pid in descendants_of(os.getpid()) if alive(pid) and (name := os.path.basename(started_as(pid))) in programs]
    t.eventually(lambda: not left(), lambda: f"left: {left()}", PATIENCE)


ITEMS = "wire 56; command-line 58"


@test(ITEMS, timeout=150)
def shells_by_the_stock_command(t):
    battery = Battery(t, "stock")
    shell_battery(battery)
    ends(battery)


@test(ITEMS, timeout=150)
def programs_by_the_stock_command(t):
    battery = Battery(t, "stock")
    program_battery(battery)
    ends(battery)


@test(ITEMS, timeout=150)
def shells_by_our_command(t):
    battery = Battery(t, "ours")
    shell_battery(battery)
    ends(battery)


@test(ITEMS, timeout=150)
def programs_by_our_command(t):
    battery = Battery(t, "ours")
    program_battery(battery)
    ends(battery)


@test(ITEMS, timeout=90)
def the_quit_keys_end_every_combination(t):
    for side in SIDES:
        battery = Battery(t, side)
        for line in battery.lines:
            line.tmux.key("C-^")
            line.tmux.type(".")
        for line in battery.lines:
            line.tmux.wait_for("[mosh is exiting.]", PATIENCE)
            line.tmux.wait_for("status=0", PATIENCE)


if __name__ == "__main__":
    sys.exit(main())
