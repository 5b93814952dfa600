#!/usr/bin/env python3
"""Interoperability: Debian's mosh-client, directly and through the stock mosh wrapper over a real sshd on loopback, driven under tmux."""

import getpass
import hashlib
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

from capture import cells
from harness import PATIENCE, SERVER, UTF8, Failed, alive, descendants_of, main, name_of, need, quote, root_only, stat_of, test
from relay import Relay

PROMPT = "ready$"


def shell_session(t, **options):
    """Debian's client on a plain shell with a known prompt."""
    session = t.server("/bin/sh", "-i", env=t.environment(PS1=PROMPT + " ", ENV="/dev/null"))
    terminal = t.mosh_client(session, **options)
    terminal.wait_for(PROMPT)
    return session, terminal


def directly(t, command, columns=80, rows=24, env=None):
    """The same program in a terminal of its own, without us: what the screen should be like."""
    return t.tmux(f"export TERM=xterm-256color NCURSES_NO_UTF8_ACS=1; cd {quote(t.home)}; {command}", columns, rows, env)


def both(t, command, columns=80, rows=24, env=None):
    """(through the server and Debian's client, directly)."""
    command = "printf '\\033[H\\033[2J'; " + command     # the stock server begins with an empty line
    session = t.server("/bin/sh", "-c", command, env=env)
    return t.mosh_client(session, columns, rows), directly(t, command, columns, rows, env)


def same_screens(t, what, ours, reference, escapes=False):
    def equal():
        return ours.screen(escapes) == reference.screen(escapes)

    def differences():
        pairs = zip(ours.screen(escapes), reference.screen(escapes))
        return f"{what}: screens differ (row, through us, directly): " + "; ".join(
            f"{row}: {a!r} / {b!r}" for row, (a, b) in enumerate(pairs, 1) if a != b)
    t.eventually(equal, differences, pause=0.1)


@test("wire 56")
def typing_and_exit(t):
    session, terminal = shell_session(t)
    terminal.type("echo $((6*7))-answer\n")
    terminal.wait_for("42-answer")
    for _ in range(3):
        terminal.type("printf '%s\\n' \"type more\"\n")
    terminal.type("exit\n")
    terminal.wait_for("client-status=0")
    t.gone(session)
    t.no_leftovers()


@test("wire 56; terminal 334")
def scroll_of_300_lines(t):
    ours, reference = both(t, "seq 1 300; printf done; sleep 60")
    reference.wait_for("done")
    same_screens(t, "seq", ours, reference)


@test("wire 40", timeout=60)
def paste_of_100_kb_arrives_whole(t):
    generator = random.Random(7)
    data = "".join(generator.choice("abcdefghijklmnopqrstuvwxyz0123456789 \n\t;:-_漢é") for _ in range(97000)).encode()
    data += b"x" * (100_000 - len(data)) if len(data) < 100_000 else b""
    wanted = hashlib.sha256(data).hexdigest()
    session = t.server("/bin/sh", "-c", f"stty raw -echo; printf GO; head -c {len(data)} | sha256sum; sleep 60")
    terminal = t.mosh_client(session, columns=100)
    terminal.wait_for("GO")
    terminal.paste(data)
    terminal.wait_for(wanted)


@test()
def bracketed_paste_is_passed_on(t):
    session = t.server("/bin/sh", "-c", "stty raw -echo; printf 'GO\\033[?2004h'; head -c 21 | od -An -c; sleep 60")
    terminal = t.mosh_client(session)
    terminal.wait_for("GO")
    time.sleep(0.5)
    terminal.paste(b"pasted\ntext"[:9], bracketed=True)
    terminal.wait_for("2   0   0   ~")


@test("terminal 334")
def colours_and_attributes(t):
    script = t.write("colours.sh", r"""
for n in 0 1 2 3 4 5 6 7; do printf '\033[3%dmfg%d\033[0m \033[4%dmbg%d\033[0m \033[9%dmbright%d\033[0m\n' $n $n $n $n $n $n; done
printf '\033[1mbold\033[0m \033[3mitalic\033[0m \033[4munderline\033[0m \033[7minverse\033[0m \033[38;5;208mpalette\033[0m\n'
printf '\033[38;2;1;2;3mtrue colour\033[0m \033[48;2;200;100;50mon colour\033[0m \033[1;31;44mall\033[0m\n'
printf '\033[44m\033[K\033[0m\nafter bce\n'
sleep 60
""")
    ours, reference = both(t, f"sh {script}")
    reference.wait_for("after bce")
    same_screens(t, "text", ours, reference)
    ours.settle()
    a, b = ours.screen(True), reference.screen(True)
    for row, (ours_row, reference_row) in enumerate(zip(a[:10], b[:10]), 1):
        t.equal(cells(ours_row), cells(reference_row), f"row {row} with attributes")


@test("terminal 334")
def wide_and_combining_characters(t):
    text = "漢字かな한글 e\u0301a\u0308o\u0302 ✓ ─│┌┐ Ωλ ﾊﾝｶｸ"
    script = t.write("utf8.sh", f"printf '%s\\n' '{text}'\n" + "for i in $(seq 30); do printf '漢字%s' $i; done\necho\nprintf '|%s|\\n' 'e\u0301' '漢' 'ab'\n"
                     "printf 'end\\n'\nsleep 60\n")
    ours, reference = both(t, f"sh {script}")
    reference.wait_for("end")
    same_screens(t, "UTF-8", ours, reference)
    t.check(any("e\u0301" in line for line in ours.screen()), "no combining character on the screen")


@test()
def typing_utf8(t):
    _, terminal = shell_session(t)
    terminal.type("printf '%s' 'grüße 漢字' | od -An -tx1\n")
    terminal.wait_for("67 72 c3 bc c3 9f 65 20 e6 bc a2 e5 ad 97")


@test("terminal 334", timeout=60)
def vim_edits_a_file(t):
    need("vim")
    path = t.write("text.c", "".join(f"int variable_{n} = {n}; /* line {n} */\n" for n in range(200)))
    copy = path.replace("text", "copy")
    shutil.copy(path, copy)
    command = "vim -u NONE -N -n -i NONE -c 'set ruler nocp noswapfile t_RV= t_u7= laststatus=2 statusline=%l' "
    session = t.server("/bin/sh", "-c", command + path)
    ours, reference = t.mosh_client(session), directly(t, command + copy)
    for terminal in (ours, reference):
        terminal.wait_for("variable_3 ")
        terminal.type("50Goinserted text\n漢字 second line")
        terminal.key("Escape")
        terminal.type("dd10kyy5pgg/line 120\n")
    same_screens(t, "vim", ours, reference)
    for key in ("C-f", "C-f", "C-b", "C-d", "C-u"):
        ours.key(key)
        reference.key(key)
    ours.key("Up", "Up", "Left", "Down")        # arrows go through the cursor-key filter
    reference.key("Up", "Up", "Left", "Down")
    same_screens(t, "vim after paging", ours, reference)
    for terminal in (ours, reference):
        terminal.type(":wq\n")
    ours.wait_for("client-status=0")
    with open(path) as a, open(copy) as b:
        t.check(a.read() == b.read(), "the files differ")


@test("terminal 334")
def less_pages_and_searches(t):
    need("less")
    path = t.write("lines", "".join(f"line {n} {'x' * (n % 90)}\n" for n in range(1000)))
    ours, reference = both(t, f"less {path}")
    for terminal in (ours, reference):
        terminal.wait_for("line 10 ")
        terminal.key("Space", "Space", "b", "j", "j", "k")
    same_screens(t, "less", ours, reference)
    for terminal in (ours, reference):
        terminal.type("/line 777\n")
    same_screens(t, "less after a search", ours, reference)
    for terminal in (ours, reference):
        terminal.type("G")
    same_screens(t, "less at the end", ours, reference)
    ours.type("q")
    ours.wait_for("client-status=0")


@test()
def top_and_htop_draw_and_leave(t):
    for program in ("top", "htop"):
        if not shutil.which(program):
            t.note(f"no {program}")
            continue
        session = t.server(program, env=t.environment(HOME=t.home))
        terminal = t.mosh_client(session, columns=100, rows=30)
        terminal.wait_for(re.compile(r"PID\s+USER"))
        before = terminal.screen()
        t.eventually(lambda: terminal.screen() != before, f"{program} does not refresh", pause=0.2)
        terminal.type("q")
        terminal.wait_for("client-status=0")
        t.gone(session)


@test("terminal 334", timeout=60)
def tmux_inside(t):
    inner = os.path.join(t.temp, "inner")
    session = t.server("tmux", "-u", "-S", inner, "-f", "/dev/null", "new-session", "/bin/sh", env=t.environment(PS1=PROMPT, ENV="/dev/null"))
    terminal = t.mosh_client(session, columns=100, rows=30)
    try:
        terminal.wait_for(PROMPT)
        terminal.key("C-b", "%")
        terminal.wait_for(re.compile(r"│"))
        terminal.key("C-b", '"')
        terminal.wait_for(re.compile(r"├─+"))
        terminal.type("echo pane-$((2+3))\n")
        terminal.wait_for("pane-5")
        terminal.resize(80, 24)
        terminal.wait_for(re.compile(r"├─+"))
        terminal.type("exit\n")
        terminal.settle()
    finally:
        subprocess.run(["tmux", "-S", inner, "kill-server"], stderr=subprocess.DEVNULL)
    terminal.wait_for("client-status=0")


@test("wire 56; command-line 20")
def resize_reaches_the_program(t):
    _, terminal = shell_session(t)
    terminal.type("trap 'stty size' WINCH; stty size\n")
    terminal.wait_for("24 80")
    for columns, rows in ((100, 30), (40, 10), (132, 50), (80, 24)):
        terminal.resize(columns, rows)
        time.sleep(0.6)                         # tmux itself resizes a pane a little later
        terminal.type("stty size\n")
        terminal.wait_for(f"{rows} {columns}")


@test("terminal 334", timeout=60)
def resize_in_a_full_screen_program(t):
    need("less")
    path = t.write("lines", "".join(f"line {n} {'x' * (n % 60)}\n" for n in range(1000)))
    ours, reference = both(t, f"less {path}")
    for terminal in (ours, reference):
        terminal.wait_for("line 10 ")
    for columns, rows in ((100, 30), (60, 12), (80, 24)):
        for terminal in (ours, reference):
            terminal.resize(columns, rows)
            time.sleep(0.3)
            terminal.type("r")
        same_screens(t, f"less at {columns}x{rows}", ours, reference)


@test("wire 56, 40", timeout=90)
def loss_of_30_percent(t):
    session = t.server("/bin/sh", "-i", env=t.environment(PS1=PROMPT + " ", ENV="/dev/null"))
    relay = Relay(session.port, loss=0.3, delay=0.02)
    terminal = t.mosh_client(session, port=relay.port)
    terminal.wait_for(PROMPT)
    for n in range(5):
        terminal.type(f"echo line-$(({n}+100)); seq 50 | tail -2\n")
        terminal.wait_for(f"line-{n + 100}")
    data = bytes(random.Random(3).choice(b"abcdefghij\n") for _ in range(20000))
    terminal.type(f"stty raw -echo; printf GO; head -c {len(data)} | md5sum; stty sane\n")
    terminal.wait_for(re.compile(r"^GO|\$ GO|GO$"))
    terminal.paste(data)
    terminal.wait_for(hashlib.md5(data).hexdigest())
    terminal.wait_for(PROMPT)
    t.check(relay.lost > 8, f"the relay lost only {relay.lost}")
    t.note(f"{relay.lost} of {relay.lost + relay.carried} datagrams lost")
    relay.stop()


@test("wire 56, 13", timeout=60)
def roaming_to_another_port(t):
    session = t.server("/bin/sh", "-i", env=t.environment(PS1=PROMPT + " ", ENV="/dev/null"))
    relay = Relay(session.port)
    terminal = t.mosh_client(session, port=relay.port)
    terminal.wait_for(PROMPT)
    for n in range(4):
        relay.roam()
        terminal.type(f"echo moved-$(({n}+10))\n")
        terminal.wait_for(f"moved-{n + 10}")
    relay.stop()


@test("wire 56, 15", timeout=80)
def a_long_break_of_the_path_is_survived(t):
    session = t.server("/bin/sh", "-i", env=t.environment(PS1=PROMPT + " ", ENV="/dev/null"))
    relay = Relay(session.port)
    terminal = t.mosh_client(session, port=relay.port)
    terminal.wait_for(PROMPT)
    terminal.type("(sleep 5; echo meanwhile-$((4+4))) &\n")
    time.sleep(0.5)
    relay.blocked = True
    time.sleep(44)      # more than the 40 s after which the server forgets the address
    before = relay.lost
    time.sleep(2)
    relay.blocked = False
    terminal.wait_for("meanwhile-8")
    terminal.type("echo back-$((5+5))\n")
    terminal.wait_for("back-10")
    t.check(before > 0, "nothing was lost")
    relay.stop()


@test("wire 56, 13; command-line 29", timeout=60, skip_if=root_only("makes network namespaces"))
def roaming_to_another_address(t):
    names = [f"sally{os.getpid()}{side}" for side in "cs"]
    client_ns, server_ns = names

    def ip(*words):
        done = subprocess.run(["ip", *words], stderr=subprocess.PIPE, text=True)
        return done
    try:
        for name in names:
            made = ip("netns", "add", name)
            if made.returncode:
                t.skip(f"network namespaces cannot be made here: {made.stderr.strip()}")
        veth = f"v{os.getpid() % 100000}"
        made = ip("link", "add", veth + "c", "netns", client_ns, "type", "veth", "peer", "name", veth + "s", "netns", server_ns)
        if made.returncode:
            t.skip(f"no veth pair: {made.stderr.strip()}")
        for name, side, address in ((client_ns, "c", "10.231.7.2/24"), (server_ns, "s", "10.231.7.1/24")):
            ip("-n", name, "addr", "add", address, "dev", veth + side)
            ip("-n", name, "link", "set", veth + side, "up")
            ip("-n", name, "link", "set", "lo", "up")
        started = subprocess.run(["ip", "netns", "exec", server_ns, SERVER, "new", "-i", "10.231.7.1", "-p", "0", "-c", "256", "--", "/bin/sh", "-i"],
                                 env=t.environment(PS1=PROMPT + " ", ENV="/dev/null"), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
        from harness import Session
        session = Session(None, started.stdout, started.stderr, started.returncode)
        t.check(session.port, f"no server: {started.stderr}")
        terminal = t.mosh_client(session, address="10.231.7.1", prefix=("ip", "netns", "exec", client_ns))
        terminal.wait_for(PROMPT)
        for n, address in enumerate(("10.231.7.3", "10.231.7.4", "10.231.7.5")):
            ip("-n", client_ns, "addr", "flush", "dev", veth + "c")
            ip("-n", client_ns, "addr", "add", address + "/24", "dev", veth + "c")
            terminal.type(f"echo at-$(({n}+20))\n")
            terminal.wait_for(f"at-{n + 20}")
        # What the program prints on its own must find the client at an address from which it has not typed.
        terminal.type("(sleep 6; echo alone-$((3*11))) &\n")
        time.sleep(1)
        ip("-n", client_ns, "addr", "flush", "dev", veth + "c")
        ip("-n", client_ns, "addr", "add", "10.231.7.9/24", "dev", veth + "c")
        terminal.wait_for("alone-33")
        terminal.type("exit\n")
        terminal.wait_for("client-status=0")
    finally:
        for name in names:
            ip("netns", "del", name)


@test("wire 56", timeout=60)
def a_stopped_client_resumes(t):
    session, terminal = shell_session(t)
    client = next(pid for pid in descendants_of(terminal.pane_pid()) if name_of(pid) == "mosh-client")
    terminal.type("for i in 1 2 3 4 5 6; do sleep 1; echo tick-$((i+30)); done\n")
    time.sleep(1)
    os.kill(client, signal.SIGSTOP)
    time.sleep(7)
    os.kill(client, signal.SIGCONT)
    terminal.wait_for("tick-36")
    terminal.type("echo resumed-$((8*8))\n")
    terminal.wait_for("resumed-64")


@test("wire 36", timeout=60)
def a_program_that_ends_while_the_client_is_away_says_goodbye_later(t):
    session = t.server("/bin/sh", "-c", "read x; sleep 2; echo last-words")
    terminal = t.mosh_client(session)
    time.sleep(1)
    client = next(pid for pid in descendants_of(terminal.pane_pid()) if name_of(pid) == "mosh-client")
    terminal.type("\n")
    time.sleep(0.5)
    os.kill(client, signal.SIGSTOP)
    time.sleep(5)       # the program ended 3 s ago: the stock server would have given up
    os.kill(client, signal.SIGCONT)
    if os.path.basename(SERVER) == "mosh-server":
        t.skip("stock server: gives up after 0.4 s")
    terminal.wait_for("client-status=0")
    t.gone(session)


@test()
def a_killed_client_leaves_the_session_alive(t):
    session, terminal = shell_session(t)
    client = next(pid for pid in descendants_of(terminal.pane_pid()) if name_of(pid) == "mosh-client")
    os.kill(client, signal.SIGKILL)
    time.sleep(1.5)
    t.check(alive(session.pid), "the session ended with its client")
    os.kill(session.pid, signal.SIGTERM)
    t.gone(session)
    t.no_leftovers()


@test("wire 37, 56")
def the_quit_key_ends_the_session(t):
    session, terminal = shell_session(t)
    shell = session.shell()
    terminal.key("C-^")
    terminal.type(".")
    terminal.wait_for("[mosh is exiting.]")
    terminal.wait_for("client-status=0")
    t.gone(session)
    # It gets its hang-up when the last of the server closes the terminal, and may be a moment behind it.
    t.eventually(lambda: not alive(shell), "the shell is still there")
    t.no_leftovers()


@test("command-line 26")
def term_makes_the_client_say_goodbye(t):
    session, terminal = shell_session(t)
    os.kill(session.pid, signal.SIGTERM)
    terminal.wait_for("client-status=0")
    t.gone(session)
    t.no_leftovers()


@test("command-line 22", timeout=30)
def exec_failure_is_visible_at_the_client(t):
    terminal = t.mosh_client(t.server("/no/such/program"))
    terminal.wait_for("/no/such/program")
    terminal.wait_for("client-status=0")


@test()
def a_background_job_that_holds_the_terminal_does_not_hold_the_session(t):
    if os.path.basename(SERVER) == "mosh-server":
        t.skip("stock server: hangs on until the job ends")
    session, terminal = shell_session(t)
    terminal.type("trap '' HUP; (trap '' HUP; exec sleep 25) & exit\n")
    terminal.wait_for("client-status=0")
    t.gone(session)


@test()
def title_and_clipboard_reach_the_terminal(t):
    session = t.server("/bin/sh", "-c", "printf '\\033]2;a title\\007\\033]52;c;aGVsbG8=\\007done'; sleep 60")
    terminal = t.mosh_client(session)
    terminal.wait_for("done")
    t.eventually(lambda: "a title" in terminal.run("display-message", "-p", "#{pane_title}"), "no title")
    t.eventually(lambda: "hello" in terminal.run("show-buffer", check=False), "no clipboard")


# --- through the stock wrapper and sshd -------------------------------------------------------------------------------

class Sshd:
    """An sshd of the test's own: a high port on loopback, its own host key, one authorized key.

    Run by the current user, or, when it must hand out terminals (which takes root), through sudo.
    """

    def __init__(self, t, terminals=True):
        need("mosh")
        need("ssh")
        sshd = shutil.which("sshd") or "/usr/sbin/sshd"
        if not os.access(sshd, os.X_OK):
            t.skip("sshd is not installed")
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{t.temp}/{name}"], check=True)
        shutil.copy(f"{t.temp}/user.pub", f"{t.temp}/authorized")
        as_root, locked = [], False
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
            with open("/etc/shadow") as file:       # sshd refuses locked accounts unless PAM decides
                locked = any(line.startswith(f"{getpass.getuser()}:!") for line in file)
        elif terminals:
            if subprocess.run(["sudo", "-n", "mkdir", "-p", "/run/sshd"], capture_output=True).returncode:
                t.skip("the sshd of an ordinary user cannot hand out terminals, and sudo does not work without a password")
            as_root, locked = ["sudo", "-n"], True
            os.chmod(t.temp, 0o755)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        config = t.write("sshd_config", f"""
Port {self.port}
ListenAddress 127.0.0.1
HostKey {t.temp}/host
AuthorizedKeysFile {t.temp}/authorized
PidFile none
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM {'yes' if locked else 'no'}
PermitRootLogin yes
PermitUserEnvironment no
X11Forwarding no
AcceptEnv LANG LC_*
""")
        self.log = os.path.join(t.temp, "sshd.log")
        self.process = t.background(*as_root, sshd, "-D", "-f", config, "-E", self.log, stdin=subprocess.DEVNULL)
        self.temp, self.user = t.temp, getpass.getuser()

        def listening():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        t.eventually(listening, "sshd does not listen")
        self.options = (f"-p {self.port} -i {t.temp}/user -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes "
                        f"-o LogLevel=ERROR -o IdentitiesOnly=yes -F none")
        probe = subprocess.run(["ssh", *self.options.split(), f"{self.user}@127.0.0.1", "echo", "in"], capture_output=True, text=True,
                               timeout=PATIENCE, stdin=subprocess.DEVNULL)
        if probe.stdout.strip() != "in":
            t.skip(f"this account cannot log in by sshd: {probe.stderr.strip()[-200:]}")


def by_wrapper(t, sshd, options="", command=""):
    """The stock mosh command in a terminal."""
    server = f"env HOME={t.home} PS1='{PROMPT} ' ENV=/dev/null {SERVER}"
    words = (f"mosh --ssh={quote('ssh ' + sshd.options)} --server={quote(server)} {options} {sshd.user}@127.0.0.1 {command}")
    env = dict(t.environment(), HOME=t.home)
    return t.tmux(f"{words}; echo wrapper-status=$?; sleep 60", env=env)


@test("wire 56; command-line 1, 3", timeout=60)
def the_stock_wrapper_over_sshd(t):
    sshd = Sshd(t)
    terminal = by_wrapper(t, sshd, command="-- /bin/sh -i")
    terminal.wait_for(PROMPT)
    terminal.type("echo $((11*11))-$TERM-$LANG; stty size\n")
    terminal.wait_for("121-xterm")
    terminal.wait_for("24 80")
    terminal.type("exit\n")
    terminal.wait_for("[mosh is exiting.]")
    terminal.wait_for("wrapper-status=0")
    t.no_leftovers()


@test("command-line 4", timeout=60)
def the_stock_wrapper_without_a_pty(t):
    sshd = Sshd(t, terminals=False)
    terminal = by_wrapper(t, sshd, "--no-ssh-pty", "-- /bin/sh -c 'echo started-$((3+4)); read x'")
    terminal.wait_for("started-7")
    terminal.type("\n")
    terminal.wait_for("wrapper-status=0")


@test("command-line 8, 9", timeout=60)
def the_stock_wrapper_with_ports(t):
    sshd = Sshd(t)
    low = random.randrange(20000, 30000)
    terminal = by_wrapper(t, sshd, f"-p {low}:{low + 50}", "-- /bin/sh -c 'echo started; read x'")
    terminal.wait_for("started")
    client = next(pid for pid in descendants_of(terminal.pane_pid()) if name_of(pid) == "mosh-client")
    with open(f"/proc/{client}/cmdline") as file:
        port = int(file.read().split("\0")[-2])
    t.check(low <= port <= low + 50, f"port {port}")
    terminal.type("\n")
    terminal.wait_for("wrapper-status=0")


@test("command-line 18", timeout=60)
def the_stock_wrapper_gives_a_login_shell(t):
    sshd = Sshd(t)
    terminal = by_wrapper(t, sshd)
    terminal.wait_for(re.compile(r"[$#>%] ?$"))
    terminal.type("echo shell-$((20+2))-$0\n")
    terminal.wait_for(re.compile(r"shell-22--"))
    terminal.key("C-^")
    terminal.type(".")
    terminal.wait_for("wrapper-status=0")


@test(timeout=60)
def remote_ip_modes_of_the_wrapper(t):
    sshd = Sshd(t)
    for mode in ("remote", "local"):
        terminal = by_wrapper(t, sshd, f"--experimental-remote-ip={mode}", f"-- /bin/sh -c 'echo {mode}-$((1+1)); read x'")
        terminal.wait_for(f"{mode}-2")
        terminal.type("\n")
        terminal.wait_for("wrapper-status=0")


if __name__ == "__main__":
    sys.exit(main())
